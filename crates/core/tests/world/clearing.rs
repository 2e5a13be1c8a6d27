//! What a world with a clearing fund can do and show: the house pays first, then contributions,
//! then assessments, then gains. Prices fall or rise by three tenths under stress.

use rhodian_core::allocation::Rule;
use rhodian_core::domain::{Basis, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{ClearingId, LayerId, LossId};
use rhodian_core::margin::scenario::VolMove;
use rhodian_core::pools::clearing::{
    Assessment, Client, Command, Fund, FundSpec, Member, Scenario,
};

use super::acts::Given;
use super::venue::perpetual;
use super::{DOMAIN, World, amount, layer, members, name};

pub const FUND: ClearingId = ClearingId(0);
pub const FOUR: [&str; 4] = ["alice", "bob", "carol", "dan"];
pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;
/// What each may be assessed for: as much as he is to contribute for a loss, twice in a window.
pub const TERMS: Assessment =
    Assessment { layer: LayerId(2), per_event: 1_000_000, per_window: 2_000_000, window: 20 * DAY };

pub fn scenario(text: &str, others: i32) -> Scenario {
    Scenario { name: name(text), moves: Vec::new(), others, vol: VolMove::None }
}

pub fn spec(cover: u16) -> FundSpec {
    FundSpec {
        name: name("Members"),
        domain: DOMAIN,
        layer: LayerId(1),
        cover,
        scenarios: vec![scenario("crash", -300_000), scenario("rally", 300_000)],
        least: amount(1),
        least_contribution: amount(1_000),
        period: 30 * DAY,
        deadline: 2 * DAY,
        notice: 20 * DAY,
        porting: DAY,
        bidding: HOUR,
        juniority: 500_000,
        assessment: Some(TERMS),
    }
}

/// House, contributions, assessments and gains, in this order; a market at 1,000.
pub fn house(capital: u128) -> World {
    let mut world = World::new("USD", 0);
    world.add(layer("House", Kind::OperatorCapital, Source::Pot));
    world.pay_into("House", capital);
    world.add(layer("Fund", Kind::DefaultFund, Source::Pot));
    let rule = MemberRule { basis: Basis::Contribution, ..members(Rule::Proportional) };
    let source = Source::Call { members: rule, deadline: 2 * DAY };
    world.add(layer("Calls", Kind::Assessment, source));
    world.session_gains("Gains");
    world.waterfall(&["House", "Fund", "Calls", "Gains"]);
    for (parameter, value) in [
        (rhodian_core::control::Parameter::OpeningProfit, 1_000_000),
        (rhodian_core::control::Parameter::StakeCooldown, 0),
        (rhodian_core::control::Parameter::ChallengeTime, 0),
    ] {
        world.set(parameter, value);
    }
    world.list(perpetual("BTC"));
    world.mark("BTC", 1_000);
    world
}

/// A fund with members who have `cash` each and contributed the least.
pub fn fund_of(spec: FundSpec, names: &[&str], cash: u128) -> World {
    let mut world = house(1_000);
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    for text in names {
        world.account(text, cash);
        join(&mut world, text).unwrap();
        world.stake(text, "Fund", 1_000);
    }
    world
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Clearing(command))
}

pub fn own(world: &mut World, text: &str, command: Command) -> Given {
    let owner = world.engine.state().accounts.account(world.id(text)).unwrap().owner;
    world.give(Actor { role: Role::Owner, id: owner.0 }, Action::Clearing(command))
}

pub fn join(world: &mut World, text: &str) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    own(world, text, Command::Join { fund: FUND, account, number })
}

pub fn leave(world: &mut World, text: &str) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    own(world, text, Command::Leave { fund: FUND, account, number })
}

pub fn size(world: &mut World) -> Given {
    give(world, Command::Size { fund: FUND })
}

pub fn clear(world: &mut World, client: &str, member: &str) -> Given {
    let (account, member) = (world.id(client), world.id(member));
    give(world, Command::Clear { fund: FUND, account, member })
}

pub fn release(world: &mut World, client: &str) -> Given {
    let account = world.id(client);
    give(world, Command::Release { fund: FUND, account })
}

pub fn port(world: &mut World, client: &str, member: &str) -> Given {
    let (account, member) = (world.id(client), world.id(member));
    give(world, Command::Port { fund: FUND, account, member })
}

pub fn auction(world: &mut World, loss: LossId, most: u128) -> Given {
    give(world, Command::Auction { fund: FUND, loss, most: amount(most) })
}

pub fn bid(world: &mut World, loss: LossId, text: &str, asks: u128) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    own(world, text, Command::Bid { fund: FUND, loss, account, number, asks: amount(asks) })
}

pub fn the_fund(world: &World) -> &Fund {
    world.engine.state().clearing.fund(FUND).unwrap()
}

pub fn member<'a>(world: &'a World, text: &str) -> &'a Member {
    &the_fund(world).members[&world.id(text)]
}

pub fn client(world: &World, text: &str) -> Option<Client> {
    the_fund(world).clients.get(&world.id(text)).copied()
}

pub fn required<const N: usize>(world: &World, names: [&str; N]) -> [u128; N] {
    names.map(|text| member(world, text).required.atoms())
}

/// Alice holds 100 lots that Bob sold, Carol 40 that Dan sold: at three tenths up or down one of
/// each pair loses 20,000 and 8,000 beyond his margin of a tenth.
pub fn traded(spec: FundSpec) -> World {
    let mut world = fund_of(spec, &FOUR, 40_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.fill("BTC", "carol", "dan", 40, 1_000);
    world
}

/// The same, sized for two members and paid in.
pub fn funded() -> World {
    funded_by(spec(2))
}

pub fn funded_by(spec: FundSpec) -> World {
    let mut world = traded(spec);
    size(&mut world).unwrap();
    contribute(&mut world, &FOUR);
    world
}

/// Everyone contributes what he is called for.
pub fn contribute(world: &mut World, names: &[&str]) {
    for text in names {
        let lacks = member(world, text).required.atoms() - world.stake_of(text, "Fund");
        if lacks > 0 {
            world.stake(text, "Fund", lacks);
        }
    }
}
