//! What breaks the law of protections.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, amount, name, run, set_up, state_of};
use super::{Broken, PROTECTION, check};
use crate::domain;
use crate::engine::{Action, Actor, Engine, Envelope, Event, Outcome, Role, State};
use crate::ids::{AccountId, DomainId, FeedId, ProtectedId, ProtectionId, SourceId, Time};
use crate::oracle::{self, FeedSpec, Kind, Params, SourceWeight, Value};
use crate::pools::protection::{Command, Event as Protects, MIN_CLIFF, ProtectionSpec, Stage};
use crate::units::Price;

const SOURCES: u32 = 3;

fn spec() -> ProtectionSpec {
    ProtectionSpec {
        name: name("pool"),
        domain: DomainId(0),
        fund: FUND,
        feed: FeedId(0),
        cap: 500_000,
        fee: 0,
        leverage: 2_000_000,
        least: amount(1_000),
        cliff: MIN_CLIFF,
        vesting: 2 * MIN_CLIFF,
        term: 2 * MIN_CLIFF,
    }
}

fn feed() -> FeedSpec {
    let most = 1_000_000_000_000;
    FeedSpec {
        name: name("index"),
        kind: Kind::Price,
        domains: Vec::new(),
        sources: (0..SOURCES).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params {
            step_cap: most,
            jump: most,
            stable_cap: most,
            stable_band: most,
            delay_cap: most,
            ..Params::of(Kind::Price)
        },
    }
}

/// All sources say a price, and the next second begins.
fn said(at: Time, number: u64, ticks: u64) -> Vec<(Time, Actor, Action)> {
    let (value, confidence) = (Value::new(ticks).unwrap(), Value::new(0).unwrap());
    let report = |id| {
        let (feed, source, time) = (FeedId(0), SourceId(id), at);
        let of = oracle::Command::Report { feed, source, number, value, confidence, time };
        (at, Actor { role: Role::Source, id }, Action::Oracle(of))
    };
    let reports = (0..SOURCES).map(report);
    reports.chain([(at.after(2_000), Actor::VENUE, Action::Tick)]).collect()
}

/// Alice and Bob are protected with a cap of 500 each, and the fund has 600. The price goes up
/// four times; Alice's claim is paid, as far as the fund has something for it. Bob stands.
fn protected() -> Vec<Event> {
    let (layer, number) = (FUND, 2);
    let venue = |at: Time, action: Action| (at, Actor::VENUE, action);
    let pay = domain::Command::PayIntoLayer { layer, number, amount: amount(590) };
    let start = Time(5);
    let mut given: Vec<(Time, Actor, Action)> =
        set_up().into_iter().map(|action| venue(start, action)).collect();
    given.extend([
        venue(start, Action::Domain(pay)),
        venue(start, Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(feed()) })),
        venue(start, Action::Protection(Command::Open { spec: Box::new(spec()) })),
    ]);
    given.extend(said(start, 1, 100));
    let now = start.after(2_000);
    for account in [AccountId(0), AccountId(1)] {
        let (protection, deposit) = (ProtectionId(0), amount(1_000));
        let protect = Command::Protect { protection, account, number: 9, deposit };
        given.push(venue(now, Action::Protection(protect)));
    }
    let then = now.after(3 * MIN_CLIFF / 2);
    given.push(venue(then, Action::Tick));
    given.extend(said(then, 2, 400));
    let end = then.after(2_000);
    let position = ProtectedId(0);
    given.push(venue(end, Action::Protection(Command::Close { position })));
    let mut engine = Engine::new();
    let mut events = Vec::new();
    for (at, actor, action) in given {
        match engine.execute(Envelope { at, actor, action }) {
            Outcome::Accepted(records) => {
                events.extend(records.into_iter().flat_map(|record| record.events));
            }
            Outcome::Rejected(_, rejection) => panic!("{rejection}"),
        }
    }
    events
}

/// Both were there; Alice was paid 300 of her claim of 375: her half of the fund.
#[test]
fn both_forms_see_a_protection_that_does_not_add_up() {
    let events = protected();
    let state = state_of(&events);
    assert_eq!((check(&state), run(&events)), (Ok(()), Ok(())), "as it was");
    assert_eq!(state.protections.positions[0].paid, amount(300));
    let measured = state.protections.positions[0].exit.unwrap();
    assert_eq!((measured.loss, measured.claim), (amount(500), amount(375)));
    type Spoil = (&'static str, fn(&mut State));
    let spoils: [Spoil; 7] = [
        ("what funds may owe", |state| {
            state.protections.exposed.clear();
        }),
        ("paid beyond the claim", |state| state.protections.positions[0].paid = amount(376)),
        ("claimed beyond the loss", |state| {
            state.protections.positions[0].exit.as_mut().unwrap().loss = amount(374);
        }),
        ("claimed beyond the cap", |state| state.protections.positions[0].cap = amount(374)),
        ("paid while it stands", |state| state.protections.positions[1].paid = amount(1)),
        ("a queue without its position", |state| {
            state.protections.positions[1].stage = Stage::Over;
            state.protections.positions[1].exit = state.protections.positions[0].exit;
            state.protections.exposed.clear();
        }),
        ("a claim of nobody", |state| {
            state.protections.protections[0].claims.insert(ProtectedId(0));
        }),
    ];
    for (what, spoil) in spoils {
        let mut state = state_of(&events);
        spoil(&mut state);
        assert_eq!(check(&state).map_err(|broken| broken.law), Err(PROTECTION), "{what}");
    }
}

#[test]
fn the_running_form_sees_what_events_make_up() {
    type Forge = (&'static str, fn(&mut Protects));
    let forges: [Forge; 7] = [
        ("an atom more than was lost", |event| {
            if let Protects::Ended { measured, .. } = event {
                measured.loss = amount(501);
            }
        }),
        ("an atom more than is vested", |event| {
            if let Protects::Ended { measured, .. } = event {
                measured.claim = amount(376);
            }
        }),
        ("a loss without a move", |event| {
            if let Protects::Ended { measured, .. } = event {
                measured.exit.low = Price::new(100).unwrap();
            }
        }),
        ("an atom more than the fund has for it", |event| {
            if let Protects::Paid { amount: paid, .. } = event {
                *paid = amount(301);
            }
        }),
        ("another's claim", |event| {
            if let Protects::Paid { account, .. } = event {
                *account = AccountId(1);
            }
        }),
        ("one that stands is paid", |event| {
            if let Protects::Paid { position, .. } = event {
                *position = ProtectedId(1);
            }
        }),
        ("a position that begins again", |event| {
            if let Protects::Protected { position, .. } = event {
                *position = ProtectedId(0);
            }
        }),
    ];
    for (what, forge) in forges {
        let mut events = protected();
        for event in &mut events {
            if let Event::Protection(event) = event {
                forge(event);
            }
        }
        let found: Result<(), Broken> = run(&events);
        assert_eq!(found.map_err(|broken| broken.law), Err(PROTECTION), "{what}");
    }
    let mut events = protected();
    let paid =
        events.iter().find(|event| matches!(event, Event::Protection(Protects::Paid { .. })));
    events.extend(vec![paid.unwrap().clone()]);
    assert_eq!(run(&events).map_err(|broken| broken.law), Err(PROTECTION), "twice");
}
