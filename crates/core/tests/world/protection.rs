//! What a world with a protection can do and show: a fund that stands behind `Majors`, and a feed
//! of the price whose values are believed within seconds, unless it is said otherwise.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{LayerId, ProtectedId, ProtectionId};
use rhodian_core::oracle::{self, FeedSpec, Kind, Needs, Params, SourceWeight};
use rhodian_core::pools::protection::{
    Command, Coverage, Measured, Position, Protection, ProtectionSpec, Stage,
};

use super::acts::Given;
use super::feeds::{FEED, say_all};
use super::{DOMAIN, World, amount, name};

pub const PROTECTION: ProtectionId = ProtectionId(0);
pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

/// Up to half of what was put in, at 5 % of that, all of what the fund holds; nothing for a day,
/// all after ten, for thirty.
pub fn spec() -> ProtectionSpec {
    ProtectionSpec {
        name: name("BTC pool"),
        domain: DOMAIN,
        fund: LayerId(0),
        feed: FEED,
        cap: 500_000,
        fee: 50_000,
        leverage: 1_000_000,
        least: amount(1_000),
        cliff: DAY,
        vesting: 10 * DAY,
        term: 30 * DAY,
    }
}

/// A feed that believes what it is told, for a day.
pub fn believing() -> Params {
    Params {
        max_age: DAY,
        stuck_after: None,
        step_cap: 1_000_000_000_000,
        jump: 1_000_000_000_000,
        stable_cap: 1_000_000_000_000,
        stable_band: 1_000_000_000_000,
        delay_cap: 1_000_000_000_000,
        ..Params::of(Kind::Price)
    }
}

/// The same as the defaults have it, but for a silence of a day: a slow price beside the other.
pub fn slow() -> Params {
    Params { max_age: DAY, stuck_after: None, ..Params::of(Kind::Price) }
}

/// A fund of so much behind the domain, and a feed at `ticks`.
pub fn market_of(fund: u128, ticks: u64, params: Params) -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", fund, None);
    world.waterfall(&["fund"]);
    let sources =
        (0..3).map(|id| SourceWeight { source: rhodian_core::ids::SourceId(id), weight: 1 });
    let spec = FeedSpec {
        name: name("BTC index"),
        kind: Kind::Price,
        domains: Vec::new(),
        sources: sources.collect(),
        min_sources: 2,
        params: Params { needs: Needs::SAFE, ..params },
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    says(&mut world, ticks);
    world
}

/// The same with a protection.
pub fn protection_of(spec: ProtectionSpec, fund: u128, params: Params) -> World {
    let mut world = market_of(fund, 1_000, params);
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    world
}

/// The same with Alice, Bob and Carol, who have 100,000 each, and a price that is believed.
pub fn providers(spec: ProtectionSpec, fund: u128) -> World {
    let mut world = protection_of(spec, fund, believing());
    for text in ["alice", "bob", "carol"] {
        world.account(text, 100_000);
    }
    world
}

/// All sources say a price, and seconds pass.
pub fn says(world: &mut World, ticks: u64) {
    say_all(world, FEED, ticks);
    world.tick(3_000);
}

/// Days pass at a price that is said each day.
pub fn days(world: &mut World, days: u64, ticks: u64) {
    for _ in 0..days {
        world.tick(DAY - 3_000);
        says(world, ticks);
    }
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Protection(command))
}

pub fn protect(world: &mut World, text: &str, deposit: u128) -> Given {
    protect_by(world, PROTECTION, text, deposit)
}

pub fn protect_by(world: &mut World, id: ProtectionId, text: &str, deposit: u128) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    let deposit = amount(deposit);
    give(world, Command::Protect { protection: id, account, number, deposit })
}

pub fn close(world: &mut World, position: u32) -> Given {
    give(world, Command::Close { position: ProtectedId(position) })
}

pub fn protection(world: &World) -> &Protection {
    world.engine.state().protections.protection(PROTECTION).unwrap()
}

pub fn position(world: &World, id: u32) -> &Position {
    world.engine.state().protections.position(ProtectedId(id)).unwrap()
}

pub fn stage(world: &World, id: u32) -> Stage {
    position(world, id).stage
}

pub fn measured(world: &World, id: u32) -> Measured {
    position(world, id).exit.unwrap()
}

/// The loss, the claim and what was paid, of a position that ended.
pub fn figures(world: &World, id: u32) -> [u128; 3] {
    let of = measured(world, id);
    [of.loss.atoms(), of.claim.atoms(), position(world, id).paid.atoms()]
}

pub fn coverage(world: &World) -> Coverage {
    world.engine.state().protection_coverage(protection(world))
}
