//! What somebody would try to be paid for watching.

use crate::world::acts::word;
use crate::world::bounty::*;
use crate::world::cover::{self, DAY, YEAR};
use crate::world::{DOMAIN, World, name};
use rhodian_core::control::{self, Status};
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::BountyTerms;

/// Who fails tells of it from another account of his, or has himself challenged: he is not wrong,
/// and gets nothing for it.
#[test]
fn the_failed_party_reports_his_own_loss() {
    let mut world = venue();
    let other = world.account_of("alice-2", "alice", 500);
    assert_eq!(world.id("alice-2"), other);
    notice(&mut world, "alice-2", 1).unwrap();
    lose(&mut world, 1, 3_000, Some("alice"));
    assert_eq!(world.pot("Pot"), 5_000, "no bounty");
    // What he gets back is for those who bore his loss.
    assert_eq!((world.cash("alice-2"), world.pot("Fund")), (400, 7_100));
    assert_eq!(bonds(&world), 0);
}

/// An insured who claims has reason enough to tell of his loss.
#[test]
fn an_insured_is_not_paid_for_his_claim() {
    let mut world = cover::pool_of(cover::voted(500_000), cover::bridge());
    cover::buy(&mut world, "carol", 40_000, YEAR).unwrap();
    world.account("wendy", 1_000);
    world.account("carla", 1_000);
    world.tick(DAY);
    let mut terms = BountyTerms { wait: 20 * DAY, ..terms(&world, "Operator") };
    terms.pot = world.layer_id("Fund");
    set(&mut world, Some(terms)).unwrap();
    let fund = world.pot("Fund");
    for (event, who) in [(1, "carol"), (2, "wendy")] {
        let before = world.cash(who);
        notice(&mut world, who, event).unwrap();
        let loss = u32::from(event - 1);
        let at = world.at;
        cover::report_of(&mut world, [event; 32], at, &[(0, 900)]).unwrap();
        cover::vote(&mut world, "ann", loss, true).unwrap();
        world.tick(3 * DAY);
        world.tick(DAY);
        let claimed = if who == "carol" { 900 } else { 0 };
        let bounty = if who == "carol" { 0 } else { 90 };
        assert_eq!(world.cash(who), before + claimed + bounty, "{who}");
    }
    assert!(world.pot("Fund") < fund, "the fund pays what the operator does not, and the bounty");
}

/// A loss in ten pieces, each with a notice of its own, pays what one would at most.
#[test]
fn a_loss_that_is_split_pays_no_more() {
    let mut world = venue();
    for event in 1..=9 {
        notice(&mut world, "alice", event).unwrap();
    }
    for event in 1..=9 {
        report(&mut world, event, 1_000, None).unwrap();
        approve(&mut world, u32::from(event) - 1).unwrap();
    }
    world.tick(DAY);
    // A tenth of each is 100: four of them, and the window is full.
    assert_eq!(have(&world), [1_400, 1_000, 1_000, 4_600]);
    // When it is over there is room again.
    world.tick(10 * DAY);
    world.income("Fund", 1_000);
    notice(&mut world, "alice", 10).unwrap();
    lose(&mut world, 10, 1_000, None);
    assert_eq!(have(&world), [1_500, 1_000, 1_000, 4_500]);
}

/// Who copies a notice comes second, in the same moment, too; and who waits for the report comes
/// too late.
#[test]
fn the_first_number_counts() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    assert_eq!(word(notice(&mut world, "bob", 1)), "already-noticed");
    report(&mut world, 2, 3_000, None).unwrap();
    assert_eq!(word(notice(&mut world, "bob", 2)), "event-reported");
    let zeros = notice(&mut world, "bob", 0);
    assert_eq!(word(zeros), "no-evidence");
    lose(&mut world, 1, 3_000, None);
    assert_eq!(have(&world), [1_300, 1_000, 1_000, 4_700]);
}

/// Alice gives a false notice and has Bob, who is hers, challenge it: his bounty is half of her
/// bond at most, and the other half is the pot's. With her own account she may not.
#[test]
fn who_challenges_his_own_notice_gains_nothing() {
    let mut world = venue();
    world.account_of("alice-2", "alice", 1_000);
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 9_000, None).unwrap();
    assert_eq!(word(challenge(&mut world, "alice-2", 0)), "own-report");
    challenge(&mut world, "bob", 0).unwrap();
    dismiss(&mut world, SECOND, 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([900, 1_050, 1_000, 5_050], 0));
    // A small report pays a tenth of what it claimed, and the pot gets the rest of the bond.
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 300, None).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    dismiss(&mut world, SECOND, 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([900, 1_030, 1_000, 5_070], 0));
    // And of a notice that is right both get what they are due, and one bond is lost.
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 3_000, None).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    approve(&mut world, 0).unwrap();
    world.tick(DAY);
    assert_eq!((have(&world), bonds(&world)), ([1_300, 900, 1_000, 4_800], 0));
}

/// A report that its reporter withdraws pays nobody, however it is challenged: the venue's key
/// cannot make bounties alone.
#[test]
fn a_false_report_that_is_withdrawn_pays_nobody() {
    let mut world = venue();
    report(&mut world, 1, 9_000, None).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    dismiss(&mut world, Actor::VENUE, 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([1_000, 1_000, 1_000, 5_000], 0));
}

/// Two keys of the venue and an account can make bounties: no more than the most of a window.
#[test]
fn a_venue_that_colludes_is_bounded_by_the_window() {
    let mut world = venue();
    for loss in 0..20 {
        report(&mut world, u8::try_from(loss).unwrap() + 1, 9_000, None).unwrap();
        challenge(&mut world, "bob", loss).unwrap();
        dismiss(&mut world, SECOND, loss).unwrap();
    }
    assert_eq!((have(&world), bonds(&world)), ([1_000, 1_400, 1_000, 4_600], 0));
}

/// The venue's first key reports what Alice gave notice of and withdraws it, so that Bob may give
/// notice anew: hers stands, and the next report answers it.
#[test]
fn a_report_that_is_withdrawn_voids_no_notice() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    world.tick(4 * DAY);
    report(&mut world, 1, 3_000, None).unwrap();
    dismiss(&mut world, Actor::VENUE, 0).unwrap();
    assert_eq!(word(notice(&mut world, "bob", 1)), "already-noticed");
    world.tick(5 * DAY - 1);
    assert_eq!(word(notice(&mut world, "bob", 1)), "already-noticed", "it waits anew");
    lose(&mut world, 1, 3_000, None);
    assert_eq!((have(&world), bonds(&world)), ([1_300, 1_000, 1_000, 4_700], 0));
    // Nor does he get rid of it by a second report, before or after that is a loss.
    for first in [true, false] {
        let mut world = venue();
        notice(&mut world, "alice", 1).unwrap();
        report(&mut world, 1, 9, None).unwrap();
        report(&mut world, 1, 3_000, None).unwrap();
        if first {
            dismiss(&mut world, Actor::VENUE, 0).unwrap();
        }
        approve(&mut world, 1).unwrap();
        world.tick(DAY);
        if !first {
            dismiss(&mut world, Actor::VENUE, 0).unwrap();
        }
        assert_eq!((have(&world), bonds(&world)), ([1_300, 1_000, 1_000, 4_700], 0));
    }
}

/// One event in two reports is one event: who gave notice of it challenges neither, and the pot
/// pays nobody for the second while the notice stands.
#[test]
fn a_second_report_of_an_event_is_of_the_same() {
    let mut world = venue();
    world.account_of("alice-2", "alice", 1_000);
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 3_000, None).unwrap();
    report(&mut world, 1, 9_000, None).unwrap();
    assert_eq!(word(challenge(&mut world, "alice-2", 1)), "own-report");
    challenge(&mut world, "bob", 1).unwrap();
    dismiss(&mut world, SECOND, 1).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([900, 1_000, 1_000, 5_000], 100));
    approve(&mut world, 0).unwrap();
    world.tick(DAY);
    assert_eq!((have(&world), bonds(&world)), ([1_300, 1_000, 1_000, 4_700], 0));
    // And who failed by the second is who failed by the event.
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 3_000, None).unwrap();
    report(&mut world, 1, 500, Some("alice")).unwrap();
    approve(&mut world, 0).unwrap();
    world.tick(DAY);
    assert_eq!((have(&world), bonds(&world)), ([1_000, 1_000, 1_000, 5_000], 0));
}

/// A bounty waits for its pot; whoever gives notice of the event meanwhile does not take it away.
#[test]
fn a_late_notice_takes_no_bounty() {
    let mut world = paying(2_000, "Fund");
    lose(&mut world, 1, 3_000, None);
    report(&mut world, 2, 3_000, None).unwrap();
    challenge(&mut world, "bob", 1).unwrap();
    dismiss(&mut world, SECOND, 1).unwrap();
    notice(&mut world, "carol", 2).unwrap();
    assert_eq!((world.cash("bob"), world.uncovered()), (900, -1_000), "it waits");
    world.income("Fund", 2_500);
    assert_eq!((world.cash("bob"), world.pot("Fund")), (1_150, 1_350));
}

/// A cover pool that votes, and an operator who pays bounties.
fn voting() -> World {
    let mut world = cover::pool_of(cover::voted(500_000), cover::bridge());
    cover::buy(&mut world, "carol", 40_000, YEAR).unwrap();
    for text in ["wendy", "bob"] {
        world.account(text, 1_000);
    }
    world.tick(DAY);
    let terms = BountyTerms { wait: 20 * DAY, ..terms(&world, "Operator") };
    set(&mut world, Some(terms)).unwrap();
    world
}

/// The venue's first key reports a great incident that never was, Bob, who is his, challenges it,
/// and the stakers do what they should: no second key decided, and the pot pays nothing.
#[test]
fn a_vote_makes_no_bounty_of_the_pot() {
    let mut world = voting();
    let (at, pot) = (world.at, world.pot("Operator"));
    cover::report_of(&mut world, [1; 32], at, &[(0, 40_000)]).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    cover::vote(&mut world, "ann", 0, false).unwrap();
    world.tick(3 * DAY);
    assert_eq!((world.cash("bob"), world.pot("Operator"), bonds(&world)), (1_000, pot, 0));
    // Of a notice's bond a vote pays half, and the pot gets the rest.
    notice(&mut world, "wendy", 2).unwrap();
    let at = world.at;
    cover::report_of(&mut world, [2; 32], at, &[(0, 40_000)]).unwrap();
    challenge(&mut world, "bob", 1).unwrap();
    cover::vote(&mut world, "ann", 1, false).unwrap();
    world.tick(3 * DAY);
    assert_eq!((world.cash("wendy"), world.cash("bob"), bonds(&world)), (900, 1_050, 0));
    assert_eq!(world.pot("Operator"), pot + 50);
}

/// A vote to which too few come decides nothing: nobody loses a bond by it.
#[test]
fn a_vote_without_a_quorum_takes_no_bond() {
    for votes in [false, true] {
        let mut world = voting();
        let (at, pot) = (world.at, world.pot("Operator"));
        notice(&mut world, "wendy", 1).unwrap();
        cover::report_of(&mut world, [1; 32], at, &[(0, 900)]).unwrap();
        challenge(&mut world, "bob", 0).unwrap();
        if votes {
            cover::vote(&mut world, "ben", 0, false).unwrap();
        }
        world.tick(3 * DAY);
        assert_eq!((world.cash("wendy"), world.cash("bob"), bonds(&world)), (900, 1_000, 100));
        world.tick(20 * DAY);
        assert_eq!((world.cash("wendy"), world.pot("Operator"), bonds(&world)), (1_000, pot, 0));
    }
}

/// Nobody puts money into bonds, out of the reach of ranks, while a halt or a settlement lasts.
#[test]
fn no_bond_is_put_down_in_a_halt() {
    for domain in [None, Some(DOMAIN)] {
        for status in [Status::Halted, Status::Settling] {
            let mut world = venue();
            report(&mut world, 1, 3_000, None).unwrap();
            let cause = name("a halt");
            let governance = Actor { role: Role::Governance, id: 0 };
            let set = control::Command::SetStatus { domain, status, cause };
            world.give(governance, Action::Control(set)).unwrap();
            assert_eq!(word(notice(&mut world, "alice", 2)), "status", "{status:?}");
            assert_eq!(word(challenge(&mut world, "bob", 0)), "status", "{status:?}");
            assert_eq!((have(&world), bonds(&world)), ([1_000, 1_000, 1_000, 5_000], 0));
        }
    }
}

/// An event that is reported, dismissed and reported again is answered once.
#[test]
fn an_event_pays_once() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 1_000, None).unwrap();
    // A second loss of the same event is none of the notice's.
    report(&mut world, 1, 3_000, None).unwrap();
    approve(&mut world, 0).unwrap();
    approve(&mut world, 1).unwrap();
    world.tick(DAY);
    assert_eq!(have(&world), [1_100, 1_000, 1_000, 4_900]);
}

/// Money in bonds is out of no creditor's reach: it goes back to those who bore the owner's loss.
#[test]
fn a_bond_hides_nothing_from_creditors() {
    let mut world = venue();
    for event in 1..=5 {
        notice(&mut world, "alice", event).unwrap();
    }
    world.withdraw("alice", 500).unwrap();
    lose(&mut world, 9, 450, Some("alice"));
    assert_eq!(world.pot("Fund"), 9_550);
    world.tick(5 * DAY);
    // Five bonds of 100 came back: 450 of them to the fund.
    assert_eq!((world.cash("alice"), world.pot("Fund")), (50, 10_000));
    assert_eq!(world.balance(Holder::Bonds(DOMAIN)), 0);
}

/// A bond is free money: no lien, no margin is put down twice.
#[test]
fn a_bond_is_free_money() {
    let mut world = venue();
    world.withdraw("alice", 950).unwrap();
    assert_eq!(word(notice(&mut world, "alice", 1)), "withdrawal-above-free");
    assert_eq!(bonds(&world), 0);
}

/// A bond is neither lost nor gained in a session: principal that is protected falls with it, and
/// nobody hides a gain behind a bond that comes back, nor is liable for a bounty as for a gain.
#[test]
fn a_bond_is_no_result_of_a_session() {
    let mut world = World::venue(10_000, 1_000);
    let steps = vec![world.step(&[("fund", 1)])];
    world.waterfall_of(CauseClass::PriceError, steps);
    for text in ["alice", "bob"] {
        world.account(text, 10_000);
    }
    let terms = terms(&world, "fund");
    set(&mut world, Some(terms)).unwrap();
    world.fill("BTC", "alice", "bob", 1, 1_000);
    world.boundary();
    let unprotected = |world: &World| {
        let state = world.engine.state();
        let reference = state.reference(DOMAIN, state.now());
        let session = state.session(world.id("alice"), reference).unwrap();
        session.equity - session.principal
    };
    let before = unprotected(&world);
    notice(&mut world, "alice", 1).unwrap();
    assert_eq!(unprotected(&world), before, "the bond left as a transfer does");
    lose(&mut world, 1, 3_000, None);
    assert_eq!(world.cash("alice"), 9_000 + 300, "the fill cost a thousand");
    assert_eq!(unprotected(&world), before, "and came back as one, with the bounty");
}
