//! What breaks the law of watching.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, amount, given, name, run, set_up, state_of};
use super::{BOUNTY, Broken, check};
use crate::domain::{self, Caps, CauseClass, Kind, LayerSpec, Source};
use crate::engine::{Action, Event, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LossId};
use crate::loss::{self, BountyTerms};

const ALICE: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);
const DOMAIN: DomainId = DomainId(0);
const POT: LayerId = LayerId(5);

/// Alice gave notice of two events, with bonds of 10.
fn noticed(pot: LayerId) -> Vec<Action> {
    let spec = LayerSpec {
        name: name("pot"),
        kind: Kind::Treasury,
        asset: AssetId(0),
        source: Source::Pot,
        caps: Caps::default(),
        attachment: None,
    };
    let (part, pot_part) = (1_000_000, 1_000_000);
    let (window, wait) = (1_000, 1_000);
    let (most, bond) = (amount(30), amount(10));
    let terms = BountyTerms { pot, part, most, window, pot_part, bond, wait };
    let mut actions = set_up();
    let pays = domain::Command::PayIntoLayer { layer: POT, number: 1, amount: amount(50) };
    actions.extend([
        Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }),
        Action::Domain(pays),
        Action::Loss(loss::Command::SetBounty { domain: DOMAIN, terms: Some(terms) }),
    ]);
    for event in [1, 2] {
        let (account, number, evidence) = (ALICE, 50 + u64::from(event), [event; 32]);
        let domain = DOMAIN;
        let notice = loss::Command::GiveNotice { domain, account, number, evidence };
        actions.push(Action::Loss(notice));
    }
    actions
}

/// A default of 20 is reported on the evidence of an event.
fn report(event: u8, failed: Option<AccountId>) -> Action {
    Action::Loss(loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: DOMAIN,
        number: 70 + u64::from(event),
        class: CauseClass::Default,
        cause: name("gone"),
        evidence: [event; 32],
        amount: amount(20),
        failed,
        margin: amount(0),
        set_off: vec![],
    })))
}

fn settled(pot: LayerId, failed: Option<AccountId>) -> Vec<Event> {
    let mut actions = noticed(pot);
    actions.push(report(1, failed));
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

type Spoil = fn(&mut State);
type Change = fn(&mut loss::Event);

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = given(noticed(POT));
    assert_eq!(run(&events), Ok(()));
    let cases: [(&str, Spoil); 4] = [
        ("a bond that nobody holds", |state| {
            state.losses.bounties.notices.values_mut().next().unwrap().bond = amount(11);
        }),
        ("a notice that waits for ever", |state| state.losses.bounties.waits.clear()),
        ("a loss of no notice", |state| {
            state.losses.bounties.reported.insert(LossId(0), (DOMAIN, [1; 32]));
        }),
        ("a notice of a bond that is gone", |state| {
            state.losses.bounties.notices.clear();
            state.losses.bounties.waits.clear();
        }),
    ];
    for (text, spoil) in cases {
        let mut state = state_of(&events);
        assert_eq!(law(check(&state)), Ok(()), "{text}");
        spoil(&mut state);
        assert_eq!(law(check(&state)), Err(BOUNTY), "{text}");
    }
}

/// The place of the settled notice in the events.
fn place(events: &[Event]) -> usize {
    let of = |event: &Event| matches!(event, Event::Loss(loss::Event::NoticeSettled { .. }));
    events.iter().position(of).unwrap()
}

/// The notice is settled with another bounty, or another bond.
fn forged(mut events: Vec<Event>, change: Change) -> Vec<Event> {
    let place = place(&events);
    if let Event::Loss(event) = &mut events[place] {
        change(event);
    }
    events.truncate(place + 1);
    events
}

fn pays(event: &mut loss::Event, atoms: u128) {
    if let loss::Event::NoticeSettled { bounty, .. } = event {
        *bounty = amount(atoms);
    }
}

#[test]
fn the_running_form_sees_what_is_not_due() {
    let events = settled(POT, None);
    assert_eq!(run(&events), Ok(()));
    // A second one could have agreed: then all of what was lacking may be paid, and no more.
    assert_eq!(law(run(&forged(events.clone(), |event| pays(event, 20)))), Ok(()));
    let cases: [(&str, Change); 5] = [
        ("more than was found", |event| pays(event, 21)),
        ("a bond of somebody else", |event| {
            if let loss::Event::NoticeSettled { account, .. } = event {
                *account = BOB;
            }
        }),
        ("a part of the bond", |event| {
            if let loss::Event::NoticeSettled { returned, .. } = event {
                *returned = amount(9);
            }
        }),
        ("of another event", |event| {
            if let loss::Event::NoticeSettled { evidence, .. } = event {
                *evidence = [3; 32];
            }
        }),
        ("for what nobody decided", |event| {
            if let loss::Event::NoticeSettled { loss, bounty, .. } = event {
                (*loss, *bounty) = (None, amount(1));
            }
        }),
    ];
    for (text, change) in cases {
        assert_eq!(law(run(&forged(events.clone(), change))), Err(BOUNTY), "{text}");
    }
    let own = forged(settled(POT, Some(ALICE)), |event| pays(event, 1));
    assert_eq!(law(run(&own)), Err(BOUNTY), "to who failed");
}

#[test]
fn a_window_holds_and_a_pot_rests() {
    // Two of twenty are above thirty.
    let mut actions = noticed(POT);
    actions.extend([report(1, None), report(2, None)]);
    let mut events = given(actions);
    for event in &mut events {
        if let Event::Loss(event @ loss::Event::NoticeSettled { .. }) = event {
            pays(event, 20);
        }
    }
    assert_eq!(law(run(&events)), Err(BOUNTY), "above the most of the window");
    // Twice for one loss.
    let mut events = settled(POT, None);
    let at = place(&events);
    let mut again = events[at].clone();
    if let Event::Loss(loss::Event::NoticeSettled { evidence, .. }) = &mut again {
        *evidence = [2; 32];
    }
    events.truncate(at + 1);
    events.push(again);
    for event in &mut events {
        if let Event::Loss(event) = event {
            pays(event, 5);
        }
    }
    assert_eq!(law(run(&events)), Err(BOUNTY), "twice");
    // The fund pays while its episode is open.
    let mut events = forged(settled(FUND, None), |event| pays(event, 1));
    let last = events.pop().unwrap();
    let closed = |event: &Event| matches!(event, Event::Loss(loss::Event::EpisodeClosed { .. }));
    let at = events.iter().position(closed).unwrap();
    events.insert(at, last);
    assert_eq!(law(run(&events)), Err(BOUNTY), "while a loss is open");
}
