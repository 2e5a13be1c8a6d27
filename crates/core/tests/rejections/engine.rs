//! The engine itself: before an area sees a command, who gives it, when, and in which status.

use rhodian_core::account::Command;
use rhodian_core::control::{self, Status};
use rhodian_core::engine::{Action, Actor, Rejection, Role, evolve};
use rhodian_core::ids::Time;

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::{ASSET, DOMAIN, World, amount, name};
use crate::{ALICE, CAROL, NEXT, owner};

/// A fund of 100; Alice and Bob have 100 each, Carol nothing. It is 1,000.
fn floor() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 100, None);
    world.waterfall(&["fund"]);
    for (text, cash) in [("alice", 100), ("bob", 100), ("carol", 0)] {
        world.account(text, cash);
    }
    world
}

fn deposit() -> Action {
    let (account, number, asset, amount) = (ALICE, NEXT, ASSET, amount(1));
    Action::Account(Command::Deposit { account, number, asset, amount })
}

fn withdraw() -> Action {
    let (account, number, asset, amount) = (ALICE, NEXT, ASSET, amount(1));
    Action::Account(Command::Withdraw { account, number, asset, amount })
}

const CASES: &[Case] = &[
    ("time-before", |w| {
        w.at = Time(999);
        let why = Rejection::TimeBefore { at: Time(999), now: Time(1_000) };
        Refused::new(Actor::VENUE, deposit(), why)
    }),
    ("not-for-actor", |_| {
        Refused::new(owner(0), deposit(), Rejection::NotForActor { role: Role::Owner })
    }),
    ("clock-behind", |w| {
        // The machine moves the clock first; who decides without it must do so himself.
        w.at = Time(1_001);
        let why = Rejection::ClockBehind { at: Time(1_001), now: Time(1_000) };
        Refused::new(Actor::VENUE, deposit(), why).between(w.engine.state().clone())
    }),
    ("status", |w| {
        let (domain, status, cause) = (None, Status::WithdrawOnly, name("stop"));
        w.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
        let why = Rejection::Status { status, furthest: Status::ReduceOnly };
        Refused::new(Actor::VENUE, deposit(), why)
    }),
    ("status", |w| {
        // Where a command is about a domain, that one's status counts.
        let (domain, status, cause) = (Some(DOMAIN), Status::Halted, name("stop"));
        w.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
        let (number, amount, loser, winner) = (NEXT, amount(1), CAROL, ALICE);
        let result = Command::SettleResult { domain: DOMAIN, number, loser, winner, amount };
        let why = Rejection::Status { status, furthest: Status::ReduceOnly };
        Refused::new(Actor::VENUE, Action::Account(result), why)
    }),
    ("duties-due", |w| {
        // Carol's balance is below zero, and nobody has looked yet.
        let mut state = w.engine.state().clone();
        let (number, amount, loser, winner) = (NEXT, amount(1), CAROL, ALICE);
        let domain = DOMAIN;
        let records = w.account_do(Command::SettleResult { domain, number, loser, winner, amount });
        assert!(records.len() > 1, "duties follow");
        records[0].events.iter().for_each(|event| evolve(&mut state, event));
        Refused::new(Actor::VENUE, withdraw(), Rejection::DutiesDue).between(state)
    }),
];

/// Areas whose refusals the engine passes on; each has a table.
const AREAS: [&str; 15] = [
    "Account",
    "Clearing",
    "CloseOut",
    "Collateral",
    "Control",
    "Cover",
    "Domain",
    "Incentive",
    "Issuance",
    "Lending",
    "Liquidity",
    "Loss",
    "Market",
    "Oracle",
    "Protection",
];

#[test]
fn every_refusal_has_a_case() {
    let (own, areas): (Vec<_>, Vec<_>) = arms(include_str!("../../src/engine/message.rs"))
        .into_iter()
        .partition(|(_, code)| code.is_some());
    let areas: Vec<_> = areas.into_iter().map(|(area, _)| area).collect();
    assert_eq!(areas, AREAS, "an area without a table");
    let arms = own.into_iter().collect();
    Table { within: "", arms, cases: &[(floor, CASES)], unreachable: &[] }.check();
}
