//! A venue with the operator's first loss, a fund and a tranche behind it, and a pot of the house.

use rhodian_core::domain::{Kind, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{LayerId, MarketId, Time};
use rhodian_core::incentive::{
    Command, FeeTable, Figure, FirstLoss, FundFees, HouseFees, Measured, PayTerms, PremiumTerms,
    TrancheFees,
};
use rhodian_core::ledger::Holder;

use super::acts::Given;
use super::{ASSET, DOMAIN, World, amount, layer, name};

/// The layers, in the order in which they are added.
pub const FUND: LayerId = LayerId(0);
pub const OPERATOR: LayerId = LayerId(2);
pub const TRANCHE: LayerId = LayerId(3);
pub const TREASURY: LayerId = LayerId(4);

pub const DAY: u64 = 86_400_000;
pub const YEAR: u64 = 365 * DAY;

/// The venue without anything said of incentives: Alice, Bob and Carol have 100,000 each.
pub fn house() -> World {
    let mut world = World::venue(0, 1_000);
    world.add(layer("operator", Kind::OperatorCapital, Source::Pot));
    world.tranche("tranche");
    world.add(layer("treasury", Kind::Treasury, Source::Pot));
    world.waterfall(&["operator", "fund", "tranche", "gains"]);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 100_000);
    }
    world
}

/// Most, 1,000 a year, at stakes of 10,000, and half more than the expected loss at least.
pub fn terms() -> PayTerms {
    PayTerms { target: amount(10_000), most: amount(1_000), load: 500_000 }
}

/// Half of the rest for the fund, a quarter each for the tranche's pay and the house.
pub fn table() -> FeeTable {
    FeeTable {
        period: DAY,
        ahead: 73 * DAY,
        first_loss: Some(first_loss()),
        funds: vec![FundFees { layer: FUND, target: amount(500), part: 500_000 }],
        tranches: vec![TrancheFees { layer: TRANCHE, part: 250_000 }],
        house: Some(HouseFees { layer: TREASURY, part: 250_000 }),
    }
}

/// One and a half times the expected loss, and 50 at least.
pub fn first_loss() -> FirstLoss {
    FirstLoss { layer: OPERATOR, factor: 1_500_000, floor: amount(50), gates: false }
}

pub fn of_layer(rate: u32) -> Figure {
    Figure::LayerLoss { layer: TRANCHE, rate }
}

pub fn of_domain(atoms: u128) -> Figure {
    Figure::DomainLoss { domain: DOMAIN, amount: amount(atoms) }
}

/// The venue with 10,000 of Alice's staked, a tenth of it lost in a year and 200 of the domain.
pub fn venue() -> World {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    measure(&mut world, of_layer(100_000)).unwrap();
    measure(&mut world, of_domain(200)).unwrap();
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: Some(terms()) }).unwrap();
    give(&mut world, set_fees(table())).unwrap();
    world
}

/// The market of every venue here.
pub const BTC: MarketId = MarketId(0);

pub fn of_market(share: u32) -> Figure {
    Figure::MarketShare { market: BTC, share }
}

/// Once a day, without a load, and a fiftieth of what a lot is worth at most.
pub fn premium() -> PremiumTerms {
    PremiumTerms { period: DAY, load: 0, most: 20_000 }
}

/// The venue where all that is expected to be lost, `expected` a year, is of its market.
pub fn charged(expected: u128) -> World {
    let mut world = house();
    measure(&mut world, of_domain(expected)).unwrap();
    measure(&mut world, of_market(1_000_000)).unwrap();
    set_premium(&mut world, Some(premium())).unwrap();
    world
}

pub fn set_premium(world: &mut World, terms: Option<PremiumTerms>) -> Given {
    give(world, Command::SetPremium { market: BTC, terms })
}

pub fn set_fees(table: FeeTable) -> Command {
    Command::SetFees { domain: DOMAIN, table: Some(Box::new(table)) }
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Incentive(command))
}

/// What was measured now serves for a year.
pub fn measured(world: &World, figure: Figure) -> Measured {
    let at = world.at;
    Measured { figure, source: name("lab"), at, until: Time(at.0 + YEAR) }
}

pub fn measure(world: &mut World, figure: Figure) -> Given {
    let measured = measured(world, figure);
    give(world, Command::Measure { measured })
}

pub fn fund_pay(world: &mut World, atoms: u128) -> Given {
    let number = next(world, TRANCHE);
    give(world, Command::FundPay { layer: TRANCHE, number, amount: amount(atoms) })
}

pub fn take_out(world: &mut World, layer: LayerId, atoms: u128) -> Given {
    let number = next(world, layer);
    give(world, Command::TakeOut { layer, number, amount: amount(atoms) })
}

/// The fee table that fills the pot of pay goes, and its terms.
pub fn end_pay(world: &mut World) {
    give(world, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
    give(world, Command::SetPay { layer: TRANCHE, pay: None }).unwrap();
}

pub fn return_pay(world: &mut World) -> Given {
    let number = next(world, TRANCHE);
    give(world, Command::ReturnPay { layer: TRANCHE, number })
}

fn next(world: &World, layer: LayerId) -> u64 {
    world.engine.state().domains.layer(layer).unwrap().last_number + 1
}

/// Bob pays so much in fees, and nobody holds a lot more.
pub fn pay_fees(world: &mut World, atoms: u128) {
    world.try_fill_with_fees("BTC", ("bob", atoms), ("carol", 0), 1, 1_000).unwrap();
    world.try_fill_with_fees("BTC", ("carol", 0), ("bob", 0), 1, 1_000).unwrap();
}

/// All fees of the domain go to `fund`, by a table.
pub fn by_table(world: &mut World, fund: LayerId) {
    let (first_loss, tranches, house) = (None, vec![], None);
    let funds = vec![FundFees { layer: fund, target: amount(0), part: 1_000_000 }];
    give(world, set_fees(FeeTable { first_loss, funds, tranches, house, ..table() })).unwrap();
}

/// The same, and no new risk while the operator's first loss `layer` holds less than `floor`.
pub fn gated(world: &mut World, fund: LayerId, layer: LayerId, floor: u128) {
    by_table(world, fund);
    let first_loss = Some(FirstLoss { layer, factor: 0, floor: amount(floor), gates: true });
    let state = world.engine.state();
    let of = FeeTable { first_loss, ..state.incentives.fees(DOMAIN).unwrap().table.clone() };
    give(world, set_fees(of)).unwrap();
}

/// What stands in the pot of pay.
pub fn pay_pot(world: &World) -> i128 {
    world.engine.state().ledger.balance(ASSET, Holder::Pay(TRANCHE)).atoms()
}

pub fn fees(world: &World) -> i128 {
    world.balance(Holder::Fees(DOMAIN))
}

/// What Alice or another earned and has not taken, as it is booked.
pub fn earned(world: &World, text: &str) -> u128 {
    world.engine.state().domains.reward(TRANCHE, world.id(text)).atoms()
}
