//! A loss through the engine: what a division over many accounts costs beside the bare rule, at
//! once and on touch; then what reads, withdrawals and touches cost while a loss is open.
//! `cargo bench -p rhodian-core --bench engine [-- ACCOUNTS]`

use std::env;
use std::hint::black_box;
use std::time::Instant;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::{Claims, Rule, divide};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Record};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, Name, OwnerId, Time};
use rhodian_core::loss::{self, ReportedClaim};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

const ROUNDS: usize = 5;

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Weights of a heavy tail, the same in every run.
fn weight(account: u32) -> u128 {
    let spread = u128::from(account.wrapping_mul(2_654_435_761) >> 8);
    1_000 + (1 << 40) / (spread + 1_000)
}

fn give(engine: &mut Engine, action: Action) -> Vec<Record> {
    let envelope = Envelope { at: Time(1), actor: Actor::VENUE, action };
    match engine.execute(envelope) {
        Outcome::Accepted(records) => records,
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

/// `pending`: a sale stands before the gains and has time to answer, so that losses stay open.
fn set_up(accounts: u32, on_touch: bool, pending: bool) -> Engine {
    let mut engine = Engine::new();
    let (domain, asset, layer) = (DomainId(0), AssetId(0), LayerId(0));
    give(&mut engine, Action::Domain(domain::Command::AddAsset { name: name("USD"), decimals: 2 }));
    let open = domain::Command::OpenDomain { name: name("Majors"), asset };
    give(&mut engine, Action::Domain(open));
    let rule = Rule::Proportional;
    let members =
        MemberRule { rule, classes: false, cap_of_weight: None, on_touch, basis: Basis::Reported };
    let spec = LayerSpec {
        name: name("gains"),
        kind: Kind::GainsHaircut,
        asset,
        source: Source::Members(members),
        caps: Caps::default(),
        attachment: None,
    };
    give(&mut engine, Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
    let mut steps = vec![Step { layers: vec![Side { layer, weight: 1 }] }];
    if pending {
        let sale = Side { layer: add_sale(&mut engine), weight: 1 };
        steps.insert(0, Step { layers: vec![sale] });
    }
    let class = CauseClass::Default;
    give(&mut engine, Action::Domain(domain::Command::SetWaterfall { domain, class, steps }));
    give(&mut engine, Action::Account(account::Command::OpenOwner { name: name("all") }));
    for id in 0..accounts {
        let (account, kind) = (AccountId(id), AccountKind::Cross);
        let name = name(&format!("a{id}"));
        let owner = OwnerId(0);
        let open = account::Command::OpenAccount { name, owner, kind };
        give(&mut engine, Action::Account(open));
        let amount = amount(2 * weight(id));
        let deposit = account::Command::Deposit { account, number: 1, asset, amount };
        give(&mut engine, Action::Account(deposit));
        give(&mut engine, Action::Domain(domain::Command::AcceptTerms { domain, account }));
    }
    let claims = (0..accounts).map(|id| ReportedClaim {
        account: AccountId(id),
        weight: amount(weight(id)),
        cap: amount(weight(id)),
        score: 0,
        risk: 0,
        class: 0,
    });
    let claims = claims.collect();
    give(&mut engine, Action::Loss(loss::Command::ReportBasis { layer, number: 1, claims }));
    engine
}

/// A sale of at most one atom: nearly the whole loss stays for the layer behind it.
fn add_sale(engine: &mut Engine) -> LayerId {
    let spec = LayerSpec {
        name: name("sale"),
        kind: Kind::Issuance,
        asset: AssetId(0),
        source: Source::Proceeds { deadline: 3_600_000 },
        caps: Caps { per_event: Some(amount(1)), ..Caps::default() },
        attachment: None,
    };
    give(engine, Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
    LayerId(1)
}

/// Accounts all over the range, in no order, each once.
fn scattered(accounts: u32, count: u32) -> Vec<AccountId> {
    let mut ids: Vec<u32> = (0..accounts).collect();
    ids.sort_unstable_by_key(|id| (id.wrapping_mul(2_654_435_761), *id));
    ids.into_iter().take(count as usize).map(AccountId).collect()
}

/// Seconds each of reads of the lien and of withdrawals, while a loss is open.
fn open_loss(accounts: u32, total: u128) -> [f64; 2] {
    let mut engine = set_up(accounts, false, true);
    report(&mut engine, 1, total / 100);
    let (asset, number, reads) = (AssetId(0), 2, 64.min(accounts));
    let asked = scattered(accounts, reads);
    let began = Instant::now();
    for account in asked.iter().copied() {
        assert!(!black_box(engine.state().lien(account, asset)).is_zero());
    }
    let read = began.elapsed().as_secs_f64() / f64::from(reads);
    let began = Instant::now();
    for account in asked {
        let amount = engine.state().free(account, asset);
        let withdraw = account::Command::Withdraw { account, number, asset, amount };
        give(&mut engine, Action::Account(withdraw));
    }
    [read, began.elapsed().as_secs_f64() / f64::from(reads)]
}

/// Seconds a touch: every share of one division, in no order.
fn touches(accounts: u32, total: u128) -> f64 {
    let mut engine = set_up(accounts, true, false);
    report(&mut engine, 1, total / 100);
    let (asset, number, amount) = (AssetId(0), 2, amount(1));
    let touched = scattered(accounts, accounts);
    let began = Instant::now();
    for account in touched {
        give(
            &mut engine,
            Action::Account(account::Command::Deposit { account, number, asset, amount }),
        );
    }
    began.elapsed().as_secs_f64() / f64::from(accounts)
}

fn report(engine: &mut Engine, number: u64, atoms: u128) -> Vec<Record> {
    let command = loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: DomainId(0),
        number,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [0; 32],
        amount: amount(atoms),
        failed: None,
        margin: Amount::ZERO,
        set_off: Vec::new(),
    }));
    give(engine, Action::Loss(command))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn main() {
    let asked = env::args().skip(1).find_map(|word| word.parse().ok());
    let accounts: u32 = asked.unwrap_or(1_000_000);
    let total: u128 = (0..accounts).map(weight).sum();
    let weights: Vec<Amount> = (0..accounts).map(|id| amount(weight(id))).collect();
    let claims = Claims { caps: &weights, weights: &weights, ..Claims::default() };
    let (mut at_once, mut on_touch) =
        (set_up(accounts, false, false), set_up(accounts, true, false));
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let atoms = total / 100 + round as u128;
        let began = Instant::now();
        black_box(divide(Rule::Proportional, amount(atoms), &claims).unwrap());
        times[0].push(began.elapsed().as_secs_f64());
        for (place, engine) in [(1, &mut at_once), (2, &mut on_touch)] {
            let began = Instant::now();
            black_box(report(engine, round as u64 + 1, atoms));
            times[place].push(began.elapsed().as_secs_f64());
        }
    }
    let [rule, once, touch] = times.map(median);
    let per = |seconds: f64| seconds * 1e9 / f64::from(accounts);
    println!("{accounts} accounts, median of {ROUNDS} losses, ns an account");
    println!("bare rule                 {:8.1}", per(rule));
    println!("engine, shares at once    {:8.1}   {:6.1} x the bare rule", per(once), once / rule);
    println!("engine, shares on touch   {:8.1}   {:6.1} x the bare rule", per(touch), touch / rule);
    drop((at_once, on_touch));
    let [read, withdrawal] = open_loss(accounts, total);
    let touch = touches(accounts, total);
    println!("while a loss is open, us each");
    println!("read of a lien            {:8.2}", read * 1e6);
    println!("withdrawal                {:8.2}", withdrawal * 1e6);
    println!("touch of a share          {:8.2}", touch * 1e6);
}
