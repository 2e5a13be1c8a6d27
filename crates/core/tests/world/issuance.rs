//! A venue with a fund, and behind it tokens that are sold into what the fund leaves.

use rhodian_core::account;
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{AssetId, IssuanceId, LayerId, Time};
use rhodian_core::issuance::{
    Buyback, Command, Dilution, Issuance, IssuanceSpec, Ladder, Outstanding, Sale,
};
use rhodian_core::ledger::Holder;

use super::acts::Given;
use super::{World, amount, layer, name};

/// The token.
pub const TOKEN: AssetId = AssetId(1);
pub const ISSUANCE: IssuanceId = IssuanceId(0);
/// The layers, in the order in which they are added.
pub const FUND: LayerId = LayerId(0);
pub const SALE: LayerId = LayerId(1);
/// How long a draw on the tokens waits.
pub const DEADLINE: u64 = 1_200;
/// The window of the cap on dilution.
pub const WINDOW: u64 = 10_000;

pub fn ladder(start: u128, step: u128, every: u64, floor: u128) -> Ladder {
    Ladder { start: amount(start), step: amount(step), every, floor: amount(floor) }
}

/// A lot of 10 for 100, 80, 60, 40, 20; at most 100 of 1,000 tokens; two rounds.
pub fn spec() -> IssuanceSpec {
    IssuanceSpec {
        name: name("Debt auction"),
        layer: SALE,
        token: TOKEN,
        lot: amount(10),
        ladder: ladder(100, 20, 100, 20),
        restarts: 1,
        stressed: amount(40),
        dilution: Dilution { part: 100_000, window: WINDOW },
        outstanding: outstanding(1_000, 0),
        buyback: None,
    }
}

pub fn outstanding(atoms: u128, at: u64) -> Outstanding {
    Outstanding { amount: amount(atoms), source: name("chain"), at: Time(at) }
}

/// What the fund holds above 500 buys back: 50 for 30, 25, 20, 15, 10 tokens.
pub fn buyback() -> Buyback {
    Buyback { fund: FUND, target: amount(500), lot: amount(50), ladder: ladder(30, 5, 100, 10) }
}

pub fn spec_back() -> IssuanceSpec {
    IssuanceSpec { buyback: Some(buyback()), ..spec() }
}

/// The venue without an issuance: `fund` in the fund, then the tokens.
pub fn house(fund: u128) -> World {
    let mut world = World::new("USD", 2);
    world.domain_do(domain::Command::AddAsset { name: name("GOV"), decimals: 0 });
    world.fund("fund", fund, None);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: DEADLINE });
    sale.caps.per_event = Some(amount(1_000_000));
    world.add(sale);
    world.waterfall(&["fund", "sale"]);
    world
}

pub fn venue_of(spec: IssuanceSpec, fund: u128) -> World {
    let mut world = house(fund);
    give(&mut world, Command::Specify { spec: Box::new(spec) }).unwrap();
    for text in ["alice", "bob"] {
        world.account(text, 10_000);
    }
    world
}

/// Nothing in the fund, and 10,000 each with Alice and Bob.
pub fn venue() -> World {
    venue_of(spec(), 0)
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Issuance(command))
}

pub fn own(world: &mut World, text: &str, command: Command) -> Given {
    let owner = world.engine.state().accounts.account(world.id(text)).unwrap().owner;
    world.give(Actor { role: Role::Owner, id: owner.0 }, Action::Issuance(command))
}

/// Takes at most so many lots, at whatever price stands.
pub fn take(world: &mut World, text: &str, loss: &str, lots: u128) -> Given {
    take_at(world, text, loss, lots, 10u128.pow(30))
}

pub fn take_at(world: &mut World, text: &str, loss: &str, lots: u128, most: u128) -> Given {
    let (account, loss, number) = (world.id(text), world.loss_id(loss), world.next_number());
    let (issuance, lots, most) = (ISSUANCE, amount(lots), amount(most));
    own(world, text, Command::Take { issuance, loss, account, number, lots, most })
}

pub fn sell_back(world: &mut World, text: &str, lots: u128) -> Given {
    sell_back_at(world, text, lots, 10u128.pow(30))
}

pub fn sell_back_at(world: &mut World, text: &str, lots: u128, most: u128) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    let (issuance, lots, most) = (ISSUANCE, amount(lots), amount(most));
    own(world, text, Command::SellBack { issuance, account, number, lots, most })
}

pub fn put_in(world: &mut World, text: &str, tokens: u128) -> Given {
    let (account, number, amount) = (world.id(text), world.next_number(), amount(tokens));
    let command = account::Command::Deposit { account, number, asset: TOKEN, amount };
    world.give(Actor::VENUE, Action::Account(command))
}

pub fn take_out(world: &mut World, text: &str, tokens: u128) -> Given {
    let (account, number, amount) = (world.id(text), world.next_number(), amount(tokens));
    let command = account::Command::Withdraw { account, number, asset: TOKEN, amount };
    world.give(Actor::VENUE, Action::Account(command))
}

pub fn of(world: &World) -> &Issuance {
    world.engine.state().issuances.issuance(ISSUANCE).unwrap()
}

pub fn sale(world: &World, loss: &str) -> Option<Sale> {
    world.engine.state().sale(ISSUANCE, world.loss_id(loss))
}

pub fn tokens(world: &World, text: &str) -> i128 {
    token_of(world, Holder::Account(world.id(text)))
}

pub fn token_of(world: &World, holder: Holder) -> i128 {
    world.engine.state().ledger.balance(TOKEN, holder).atoms()
}
