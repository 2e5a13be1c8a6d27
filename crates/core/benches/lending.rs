//! A lending pool of many: what supplies cost, what finding nobody who fails among the borrowers
//! costs after a mark, and what a loss over all lenders costs, each share with its event.
//! `cargo bench -p rhodian-core --bench lending [-- LENDERS]`

use std::env;
use std::time::Instant;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::collateral::{self, CollateralSpec, WeightTier};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, Name, OwnerId, PoolId};
use rhodian_core::pools::lending::{Command, PoolSpec, Rates};
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Side, Step};

const ROUNDS: usize = 5;
const USD: AssetId = AssetId(0);
const ETH: AssetId = AssetId(1);
const POOL: PoolId = PoolId(0);
/// One of so many lenders borrows, too.
const BORROWS: u32 = 10;

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// At the engine's own time.
fn give(engine: &mut Engine, action: Action) {
    let envelope = Envelope { at: engine.state().now(), actor: Actor::VENUE, action };
    if let Outcome::Rejected(_, rejection) = engine.execute(envelope) {
        panic!("{rejection}");
    }
}

/// The clock moves by a millisecond: interest grows, and so who fails is asked again.
fn tick(engine: &mut Engine) {
    let at = engine.state().now().after(1);
    let envelope = Envelope { at, actor: Actor::ENGINE, action: Action::Tick };
    assert!(matches!(engine.execute(envelope), Outcome::Accepted(_)));
}

fn mark(engine: &mut Engine, ticks: u64) {
    let price = Price::new(ticks).unwrap();
    give(engine, Action::Collateral(collateral::Command::Mark { asset: ETH, settled: USD, price }));
}

/// The domain, its waterfall and the pool.
fn pool() -> Engine {
    let mut engine = Engine::new();
    let domain = DomainId(0);
    let of = |command| Action::Domain(command);
    give(&mut engine, of(domain::Command::AddAsset { name: name("USD"), decimals: 2 }));
    give(&mut engine, of(domain::Command::AddAsset { name: name("ETH"), decimals: 0 }));
    give(&mut engine, of(domain::Command::OpenDomain { name: name("Loans"), asset: USD }));
    let (rule, basis) = (Rule::Proportional, Basis::Supply);
    let members = MemberRule { rule, classes: false, cap_of_weight: None, on_touch: false, basis };
    for (text, kind, source) in [
        ("Fund", Kind::InsuranceFund, Source::Pot),
        ("Lenders", Kind::LenderSupply, Source::Members(members)),
    ] {
        let (name, caps) = (name(text), Caps::default());
        let spec = LayerSpec { name, kind, asset: USD, source, caps, attachment: None };
        give(&mut engine, of(domain::Command::AddLayer { spec: Box::new(spec) }));
    }
    let step = |layer| Step { layers: vec![Side { layer: LayerId(layer), weight: 1 }] };
    let (class, steps) = (CauseClass::Default, vec![step(0), step(1)]);
    give(&mut engine, of(domain::Command::SetWaterfall { domain, class, steps }));
    let tiers = vec![WeightTier { above: amount(0), initial: 750_000, maintenance: 800_000 }];
    let spec = CollateralSpec {
        asset: ETH,
        settled: USD,
        num: 1,
        den: 1,
        tiers,
        max_counted: Amount::MAX,
        max_held: Amount::MAX,
        wrong_way: None,
        own_token: false,
        peg: None,
        sale_discount: 100_000,
    };
    give(&mut engine, Action::Collateral(collateral::Command::Accept { spec: Box::new(spec) }));
    mark(&mut engine, 1_000);
    let spec = PoolSpec {
        name: name("pool"),
        domain,
        collateral: vec![ETH],
        rates: Rates { at_zero: 0, kink: 800_000, at_kink: 40_000, at_full: 600_000 },
        fee: 100_000,
        fund: LayerId(0),
        max_supply: amount(10u128.pow(24)),
        max_debt: amount(10u128.pow(24)),
        min_debt: amount(1_000),
        bonus: 50_000,
        target: 1_250_000,
    };
    give(&mut engine, Action::Lending(Command::Open { spec: Box::new(spec) }));
    engine
}

/// So many lenders, of whom some borrow; nanoseconds for each supply.
fn lent(lenders: u32) -> (Engine, f64) {
    let mut engine = pool();
    let (domain, pool) = (DomainId(0), POOL);
    for id in 0..lenders {
        let (text, account, owner) = (format!("a{id}"), AccountId(id), OwnerId(id));
        let (kind, of) = (AccountKind::Cross, |command| Action::Account(command));
        give(&mut engine, of(account::Command::OpenOwner { name: name(&text) }));
        give(&mut engine, of(account::Command::OpenAccount { name: name(&text), owner, kind }));
        give(&mut engine, Action::Domain(domain::Command::AcceptTerms { domain, account }));
        for (number, asset, atoms) in [(1, USD, 1_000_000 + u128::from(id)), (2, ETH, 100)] {
            let amount = amount(atoms);
            give(&mut engine, of(account::Command::Deposit { account, number, asset, amount }));
        }
    }
    let began = Instant::now();
    for id in 0..lenders {
        let (account, number, amount) = (AccountId(id), 3, amount(1_000_000 + u128::from(id)));
        give(&mut engine, Action::Lending(Command::Supply { pool, account, number, amount }));
    }
    let supply = began.elapsed().as_nanos() as f64 / f64::from(lenders);
    for id in (0..lenders).step_by(BORROWS as usize) {
        let (account, asset) = (AccountId(id), ETH);
        let of = [
            Command::Pledge { pool, account, number: 4, asset, amount: amount(100) },
            Command::Borrow { pool, account, number: 5, amount: amount(50_000) },
        ];
        of.into_iter().for_each(|command| give(&mut engine, Action::Lending(command)));
    }
    // The one whose loan fails first.
    let (account, asset) = (AccountId(1), ETH);
    let of = [
        Command::Pledge { pool, account, number: 4, asset, amount: amount(100) },
        Command::Borrow { pool, account, number: 5, amount: amount(74_000) },
    ];
    of.into_iter().for_each(|command| give(&mut engine, Action::Lending(command)));
    let (number, amount) = (6, amount(74_000));
    give(
        &mut engine,
        Action::Account(account::Command::Withdraw { account, number, asset: USD, amount }),
    );
    (engine, supply)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Nanoseconds of what `does` does, for each of so many.
fn each(of: u32, does: impl FnOnce()) -> f64 {
    let began = Instant::now();
    does();
    began.elapsed().as_nanos() as f64 / f64::from(of)
}

fn main() {
    let asked = env::args().skip(1).find_map(|text| text.parse::<u32>().ok());
    for lenders in asked.map_or(vec![1_000, 10_000, 100_000], |count| vec![count]) {
        let (engine, supply) = lent(lenders);
        let borrowers = lenders / BORROWS + 1;
        let (mut marks, mut ticks, mut losses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut engine = engine.clone();
            marks.push(each(borrowers, || mark(&mut engine, 999)));
            ticks.push(each(borrowers, || tick(&mut engine)));
            mark(&mut engine, 700);
            let (loss, number, asset) = (LossId(0), 1, ETH);
            let (amount, proceeds) = (amount(100), amount(63_000));
            let sale =
                collateral::Command::Sell { loss, number, asset, amount, buyer: None, proceeds };
            losses.push(each(lenders, || give(&mut engine, Action::Collateral(sale))));
            assert!(engine.state().losses.loss(loss).is_some_and(|loss| loss.settled.is_some()));
        }
        println!(
            "{lenders} lenders: a supply {supply:.0} ns; after a mark {:.0} ns a borrower, after a \
             millisecond {:.0}; a loss from sale to settlement {:.0} ns a lender",
            median(marks),
            median(ticks),
            median(losses)
        );
    }
}
