//! What a world that pays for watching can do and show: a fund of 10,000 bears losses of any kind,
//! a pot of 5,000 that bears none pays bounties. Alice, Bob and Carol have 1,000 each.

use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::LossId;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{BountyTerms, Command, LossReport};

use super::acts::Given;
pub use super::cover::DAY;
use super::{DOMAIN, World, amount, layer, name};

/// The second key of the venue.
pub const SECOND: Actor = Actor { id: 1, ..Actor::VENUE };

/// A tenth of what was found, at most 400 in ten days and a tenth of the pot; a bond of 100.
pub fn terms(world: &World, pot: &str) -> BountyTerms {
    BountyTerms {
        pot: world.layer_id(pot),
        part: 100_000,
        most: amount(400),
        window: 10 * DAY,
        pot_part: 100_000,
        bond: amount(100),
        wait: 5 * DAY,
    }
}

/// No terms are set.
pub fn bare(fund: u128) -> World {
    let mut world = World::new("USD", 0);
    world.fund("Fund", fund, None);
    world.add(layer("Pot", Kind::Treasury, Source::Pot));
    world.pay_into("Pot", 5_000);
    for class in [CauseClass::Default, CauseClass::PriceError] {
        let steps = vec![world.step(&[("Fund", 1)])];
        world.waterfall_of(class, steps);
    }
    for text in ["alice", "bob", "carol"] {
        world.account(text, 1_000);
    }
    world.set(Parameter::ChallengeTime, u128::from(DAY));
    world.set(Parameter::ApprovalTime, u128::from(2 * DAY));
    world
}

pub fn set(world: &mut World, terms: Option<BountyTerms>) -> Given {
    let command = Command::SetBounty { domain: DOMAIN, terms };
    world.give(Actor::VENUE, Action::Loss(command))
}

/// `pot` pays.
pub fn paying(fund: u128, pot: &str) -> World {
    let mut world = bare(fund);
    let terms = terms(&world, pot);
    set(&mut world, Some(terms)).unwrap();
    world
}

pub fn venue() -> World {
    paying(10_000, "Pot")
}

pub fn own(world: &mut World, text: &str, command: Command) -> Given {
    let owner = world.engine.state().accounts.account(world.id(text)).unwrap().owner;
    world.give(Actor { role: Role::Owner, id: owner.0 }, Action::Loss(command))
}

pub fn notice(world: &mut World, text: &str, event: u8) -> Given {
    let (account, number, evidence) = (world.id(text), world.next_number(), [event; 32]);
    own(world, text, Command::GiveNotice { domain: DOMAIN, account, number, evidence })
}

pub fn challenge(world: &mut World, text: &str, loss: u32) -> Given {
    let (account, number, evidence) = (world.id(text), world.next_number(), [99; 32]);
    own(world, text, Command::Challenge { loss: LossId(loss), account, number, evidence })
}

/// The venue's first key reports a wrong price.
pub fn report(world: &mut World, event: u8, atoms: u128, failed: Option<&str>) -> Given {
    report_class(world, CauseClass::PriceError, event, atoms, failed)
}

pub fn report_class(
    world: &mut World,
    class: CauseClass,
    event: u8,
    atoms: u128,
    failed: Option<&str>,
) -> Given {
    let command = Command::ReportLoss(Box::new(LossReport {
        domain: DOMAIN,
        number: world.next_number(),
        class,
        cause: name("wrong price"),
        evidence: [event; 32],
        amount: amount(atoms),
        failed: failed.map(|text| world.id(text)),
        margin: amount(0),
        set_off: vec![],
    }));
    world.give(Actor::VENUE, Action::Loss(command))
}

pub fn approve(world: &mut World, loss: u32) -> Given {
    world.give(SECOND, Action::Loss(Command::ApproveLoss { loss: LossId(loss) }))
}

pub fn dismiss(world: &mut World, by: Actor, loss: u32) -> Given {
    world.give(by, Action::Loss(Command::DismissLoss { loss: LossId(loss) }))
}

/// It is reported and agreed to, and nobody challenges it.
pub fn lose(world: &mut World, event: u8, atoms: u128, failed: Option<&str>) {
    let loss = u32::try_from(world.engine.state().losses.losses().count()).unwrap();
    report(world, event, atoms, failed).unwrap();
    approve(world, loss).unwrap();
    world.tick(DAY);
}

/// What is held for bonds.
pub fn bonds(world: &World) -> i128 {
    world.balance(Holder::Bonds(DOMAIN))
}

/// What Alice, Bob and Carol have, and the pot.
pub fn have(world: &World) -> [i128; 4] {
    [world.cash("alice"), world.cash("bob"), world.cash("carol"), world.pot("Pot")]
}
