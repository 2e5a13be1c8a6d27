//! What a world with collateral can do and show: USDC, a dollar token; a thousand ticks are par;
//! nine tenths count to open, 95 % to keep, unless a test says otherwise.

use rhodian_core::account;
use rhodian_core::collateral::{CollateralSpec, Command, WeightTier};
use rhodian_core::domain;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AssetId, LossId};
use rhodian_core::ledger::Holder;
use rhodian_core::margin::Level;
use rhodian_core::oracle::Purpose;
use rhodian_core::units::{Amount, Price};

use super::acts::Given;
use super::{ASSET, World, amount, name};

pub const USDC: AssetId = AssetId(1);
pub const HOUR: u64 = 3_600_000;

pub fn tier(above: u128, initial: u32, maintenance: u32) -> WeightTier {
    WeightTier { above: amount(above), initial, maintenance }
}

pub fn usdc() -> CollateralSpec {
    CollateralSpec {
        asset: USDC,
        settled: ASSET,
        num: 1,
        den: 1_000,
        tiers: vec![tier(0, 900_000, 950_000)],
        max_counted: Amount::MAX,
        max_held: Amount::MAX,
        wrong_way: None,
        own_token: false,
        peg: Some(price(1_000)),
        sale_discount: 20_000,
    }
}

pub fn price(ticks: u64) -> Price {
    Price::new(ticks).unwrap()
}

pub fn ask(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Collateral(command))
}

pub fn accept(world: &mut World, spec: CollateralSpec) -> Given {
    ask(world, Command::Accept { spec: Box::new(spec) })
}

pub fn mark(world: &mut World, ticks: u64) {
    let command = Command::Mark { asset: USDC, settled: ASSET, price: price(ticks) };
    ask(world, command).unwrap();
}

pub fn post(world: &mut World, text: &str, number: u64, atoms: u128) -> Given {
    let (account, asset, amount) = (world.id(text), USDC, amount(atoms));
    let command = account::Command::Deposit { account, number, asset, amount };
    world.give(Actor::VENUE, Action::Account(command))
}

pub fn take_out(world: &mut World, text: &str, number: u64, atoms: u128) -> Given {
    let (account, asset, amount) = (world.id(text), USDC, amount(atoms));
    let command = account::Command::Withdraw { account, number, asset, amount };
    world.give(Actor::VENUE, Action::Account(command))
}

pub fn sell(world: &mut World, loss: LossId, number: u64, atoms: u128, proceeds: u128) -> Given {
    let command = Command::Sell {
        loss,
        number,
        asset: USDC,
        amount: amount(atoms),
        buyer: None,
        proceeds: amount(proceeds),
    };
    ask(world, command)
}

pub fn free(world: &World, text: &str) -> u128 {
    world.engine.state().free(world.id(text), USDC).atoms()
}

pub fn usdc_of(world: &World, holder: Holder) -> i128 {
    world.engine.state().ledger.balance(USDC, holder).atoms()
}

pub fn counts(world: &World, text: &str, level: Level) -> u128 {
    let purpose = match level {
        Level::Initial => Purpose::Open,
        Level::Maintenance => Purpose::Mark,
    };
    world.engine.state().collateral_value(world.id(text), ASSET, purpose)
}

/// A venue that takes `spec` as collateral, marked at par; Carol holds 50,000 of cash.
pub fn venue(spec: CollateralSpec) -> World {
    let mut world = World::venue(1_000, 1_000);
    world.domain_do(domain::Command::AddAsset { name: name("USDC"), decimals: 2 });
    accept(&mut world, spec).unwrap();
    mark(&mut world, 1_000);
    world.account("carol", 50_000);
    world
}

/// An account with cash and USDC; numbers of its own are far above the world's.
pub fn trader(world: &mut World, text: &str, cash: u128, posted: u128) {
    world.account(text, cash);
    post(world, text, 1_000, posted).unwrap();
}

/// Numbers of the accounts these tests act on directly lie above the world's own.
pub const NEXT: u64 = 2_000;

/// Alice and Bob are long 50 lots each on 10,000 USDC, and the price is down to 830: they stand at
/// 1,000. Then the token falls by an eighth.
pub fn depeg() -> World {
    let mut world = venue(usdc());
    fall(&mut world);
    world
}

pub fn fall(world: &mut World) {
    for text in ["alice", "bob"] {
        trader(world, text, 0, 10_000);
        world.fill("BTC", text, "carol", 50, 1_000);
    }
    world.mark("BTC", 830);
    assert_eq!((world.equity("alice"), world.equity("bob")), (1_000, 1_000));
    mark(world, 875);
    for text in ["alice", "bob"] {
        let loss = world.loss_of(text, text);
        assert_eq!(world.loss(text).cause, name("USDC below its peg"));
        assert_eq!(usdc_of(world, Holder::Book(loss)), 10_000);
        assert_eq!(usdc_of(world, Holder::Account(world.id(text))), 0);
        let state = world.engine.state();
        assert_eq!(state.book_equity(loss, ASSET), -188, "-8,500 and 95 % of 8,750");
        let book = format!("book/{text}");
        world.fill("BTC", "carol", &book, 50, 830);
    }
}
