//! A loss through the engine: what a division over many accounts costs beside the bare rule, at
//! once and on touch. `cargo bench -p rhodian-core --bench engine [-- ACCOUNTS]`

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

fn set_up(accounts: u32, on_touch: bool) -> Engine {
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
    give(&mut engine, Action::Domain(domain::Command::AddLayer { spec }));
    let steps = vec![Step { layers: vec![Side { layer, weight: 1 }] }];
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

fn report(engine: &mut Engine, number: u64, atoms: u128) -> Vec<Record> {
    let command = loss::Command::ReportLoss {
        domain: DomainId(0),
        number,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [0; 32],
        amount: amount(atoms),
        failed: None,
        margin: Amount::ZERO,
        set_off: Vec::new(),
    };
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
    let (mut at_once, mut on_touch) = (set_up(accounts, false), set_up(accounts, true));
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
}
