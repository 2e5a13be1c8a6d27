//! What somebody would try to be paid for watching.

use crate::world::acts::word;
use crate::world::bounty::*;
use crate::world::cover::{self, DAY, YEAR};
use crate::world::{DOMAIN, World};
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::Actor;
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

/// Alice gives a false notice and has Bob, who is hers, challenge it: his bounty is her bond, and
/// the pot loses nothing. With her own account she may not.
#[test]
fn who_challenges_his_own_notice_gains_nothing() {
    let mut world = venue();
    world.account_of("alice-2", "alice", 1_000);
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 9_000, None).unwrap();
    assert_eq!(word(challenge(&mut world, "alice-2", 0)), "own-report");
    challenge(&mut world, "bob", 0).unwrap();
    dismiss(&mut world, SECOND, 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([900, 1_100, 1_000, 5_000], 0));
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
