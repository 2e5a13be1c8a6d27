//! Control: parameters within bounds, and the ladder of statuses.

use rhodian_core::control::{Command, Parameter, Rejection, Status};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal, Role};
use rhodian_core::ids::{DomainId, Time};

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::{DOMAIN, World, amount, name};

const GUARDIAN: Actor = Actor { role: Role::Guardian, id: 0 };

/// A fund of nothing; Alice and Bob have 100 each, Carol nothing.
fn floor() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 0, None);
    world.waterfall(&["fund"]);
    for (text, cash) in [("alice", 100), ("bob", 100), ("carol", 0)] {
        world.account(text, cash);
    }
    world
}

fn refused(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Control(command), Refusal::Control(why))
}

fn parameter(domain: DomainId, parameter: Parameter, value: u128) -> Command {
    Command::SetParameter { domain, parameter, value }
}

fn status(domain: Option<DomainId>, status: Status) -> Command {
    Command::SetStatus { domain, status, cause: name("test") }
}

fn set(world: &mut World, domain: Option<DomainId>, of: Status) {
    world.must(Action::Control(status(domain, of)));
}

const CASES: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        let command = parameter(domain, Parameter::EpisodeLength, 1);
        refused(Actor::VENUE, command, Rejection::UnknownDomain { domain })
    }),
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        let command = status(Some(domain), Status::Halted);
        refused(Actor::VENUE, command, Rejection::UnknownDomain { domain })
    }),
    ("parameter-out-of-bounds", |_| {
        let (name, value, min, max) = ("halt-length", 604_800_001, 1, 604_800_000);
        let why = Rejection::ParameterOutOfBounds { name, value, min, max };
        refused(Actor::VENUE, parameter(DOMAIN, Parameter::HaltLength, value), why)
    }),
    ("parameter-frozen", |w| {
        w.hold_episode_open();
        let why = Rejection::ParameterFrozen { name: "reference-age" };
        refused(Actor::VENUE, parameter(DOMAIN, Parameter::ReferenceAge, 1), why)
    }),
    ("debt-unranked", |w| {
        w.report("L", 10);
        set(w, Some(DOMAIN), Status::Settling);
        let why = Rejection::DebtUnranked { domain: DOMAIN, owed: amount(10) };
        refused(Actor::VENUE, status(Some(DOMAIN), Status::Closed), why)
    }),
    ("status-not-new", |_| {
        let why = Rejection::StatusNotNew { status: Status::Open };
        refused(Actor::VENUE, status(None, Status::Open), why)
    }),
    ("status-not-new", |w| {
        // What is closed stays closed.
        set(w, Some(DOMAIN), Status::Settling);
        set(w, Some(DOMAIN), Status::Closed);
        let why = Rejection::StatusNotNew { status: Status::Closed };
        refused(Actor::VENUE, status(Some(DOMAIN), Status::Open), why)
    }),
    ("guardian-loosens", |w| {
        set(w, None, Status::ReduceOnly);
        let why = Rejection::GuardianLoosens { from: Status::ReduceOnly, to: Status::Open };
        refused(GUARDIAN, status(None, Status::Open), why)
    }),
    ("status-too-far", |_| {
        let why = Rejection::TooFar { from: Status::Open, to: Status::Settling };
        refused(GUARDIAN, status(None, Status::Settling), why)
    }),
    ("status-too-far", |_| {
        let why = Rejection::TooFar { from: Status::Open, to: Status::Closed };
        refused(Actor::VENUE, status(None, Status::Closed), why)
    }),
    ("halt-spent", |w| {
        w.set(Parameter::HaltLength, 100);
        set(w, None, Status::Halted);
        w.tick(100);
        let why = Rejection::HaltSpent { until: Time(1_100), again: Time(1_200) };
        refused(GUARDIAN, status(None, Status::Halted), why)
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Control(",
        arms: arms(include_str!("../../src/control/command.rs")),
        cases: &[(floor, CASES)],
        unreachable: &[],
    };
    table.check();
}
