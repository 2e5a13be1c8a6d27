//! Notices and challenges: who is paid for watching, when, and of what.

use crate::world::acts::word;
use crate::world::bounty::*;
use crate::world::cover::DAY;
use crate::world::{World, amount};
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::Actor;
use rhodian_core::ids::LossId;
use rhodian_core::loss::{BountyTerms, Stage};

/// Alice gives notice of a wrong price that the venue then reports, a second one agrees to, and
/// nobody challenges: a tenth of what was lost is hers, and her bond again.
#[test]
fn who_gives_notice_first_is_paid_when_the_loss_is_settled() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([900, 1_000, 1_000, 5_000], 100));
    assert_eq!(word(notice(&mut world, "bob", 1)), "already-noticed");
    report(&mut world, 1, 3_000, None).unwrap();
    assert_eq!(word(notice(&mut world, "bob", 1)), "already-noticed");
    approve(&mut world, 0).unwrap();
    world.tick(DAY - 1);
    assert_eq!(bonds(&world), 100, "it may still be challenged");
    world.tick(1);
    assert_eq!((have(&world), bonds(&world)), ([1_300, 1_000, 1_000, 4_700], 0));
    assert_eq!(world.pot("Fund"), 7_000, "the loss costs the fund what it would have cost");
    assert_eq!(word(notice(&mut world, "bob", 1)), "event-reported");
}

/// A part of what was found, up to the most of a window and to the part of the pot.
#[test]
fn a_bounty_is_bounded_three_times() {
    type Change = fn(&mut BountyTerms);
    let cases: [(&str, u128, Change, i128); 5] = [
        ("its part, rounded down", 2_999, |_| {}, 299),
        ("no more than the most", 9_000, |_| {}, 400),
        ("no more than its part of the pot", 9_000, |of| of.pot_part = 70_001, 350),
        ("nothing of an atom", 9, |_| {}, 0),
        ("all of it", 300, |of| of.part = 1_000_000, 300),
    ];
    for (text, lost, change, paid) in cases {
        let mut world = venue();
        let mut terms = terms(&world, "Pot");
        change(&mut terms);
        set(&mut world, Some(terms)).unwrap();
        notice(&mut world, "alice", 1).unwrap();
        lose(&mut world, 1, lost, None);
        assert_eq!(have(&world), [1_000 + paid, 1_000, 1_000, 5_000 - paid], "{text}");
    }
}

/// What becomes of a bond whose report comes to nothing: it is lost only where another than the
/// reporter dismisses it. Where nobody decided, the notice waits for another report.
#[test]
fn a_bond_is_lost_only_by_another_s_decision() {
    type End = fn(&mut World);
    let cases: [(&str, End, i128); 5] = [
        ("nobody reports it", |w| w.tick(5 * DAY), 0),
        ("another dismisses it", |w| drop(dismiss(w, SECOND, 0).unwrap()), 100),
        ("the reporter withdraws it", |w| drop(dismiss(w, Actor::VENUE, 0).unwrap()), 0),
        ("nobody decides on it", |w| w.tick(2 * DAY), 0),
        (
            "it is dismissed when it was agreed to",
            |w| {
                approve(w, 0).unwrap();
                drop(dismiss(w, SECOND, 0).unwrap());
            },
            100,
        ),
    ];
    for (text, end, lost) in cases {
        let mut world = venue();
        notice(&mut world, "alice", 1).unwrap();
        if text != "nobody reports it" {
            report(&mut world, 1, 3_000, None).unwrap();
        }
        end(&mut world);
        if lost == 0 && text != "nobody reports it" {
            assert_eq!((have(&world)[0], bonds(&world)), (900, 100), "{text}");
            world.tick(5 * DAY);
        }
        assert_eq!((have(&world), bonds(&world)), ([1_000 - lost, 1_000, 1_000, 5_000 + lost], 0));
        // Whoever gave notice in vain may do so again.
        notice(&mut world, "alice", 1).unwrap_or_else(|why| panic!("{text}: {why}"));
    }
}

/// Bob shows that a report is wrong: a tenth of what it claimed is his. Were it right he would lose
/// his bond as it is detected.
#[test]
fn a_challenge_is_paid_by_the_pot_and_costs_a_bond() {
    let mut world = venue();
    report(&mut world, 1, 3_000, None).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([1_000, 900, 1_000, 5_000], 100));
    assert_eq!(word(challenge(&mut world, "carol", 0)), "already-challenged");
    dismiss(&mut world, SECOND, 0).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([1_000, 1_300, 1_000, 4_700], 0));

    let mut world = venue();
    report(&mut world, 1, 3_000, None).unwrap();
    approve(&mut world, 0).unwrap();
    challenge(&mut world, "bob", 0).unwrap();
    world.tick(DAY);
    assert_eq!(world.engine.state().losses.loss(LossId(0)).unwrap().stage, Stage::Settled);
    assert_eq!((have(&world), bonds(&world)), ([1_000, 900, 1_000, 5_100], 0));
    assert_eq!(word(challenge(&mut world, "carol", 0)), "loss-stage");
}

/// The fund that bears the losses pays, and only when it is at rest: what may still draw on it
/// comes first. After the wait there is no bounty, and the bond is there again.
#[test]
fn what_must_absorb_comes_first() {
    // Another loss is agreed to and may draw on the fund.
    let mut world = paying(10_000, "Fund");
    notice(&mut world, "alice", 1).unwrap();
    report(&mut world, 1, 3_000, None).unwrap();
    approve(&mut world, 0).unwrap();
    world.tick(DAY / 2);
    report(&mut world, 2, 3_000, None).unwrap();
    approve(&mut world, 1).unwrap();
    world.tick(DAY / 2);
    assert_eq!((world.cash("alice"), world.pot("Fund")), (900, 7_000), "it waits");
    world.tick(DAY / 2);
    assert_eq!((world.cash("alice"), world.pot("Fund")), (1_300, 3_700));

    // The loss empties the fund and leaves a debt: nothing pays a bounty.
    let mut world = paying(2_000, "Fund");
    notice(&mut world, "alice", 1).unwrap();
    lose(&mut world, 1, 3_000, None);
    assert_eq!((world.cash("alice"), world.uncovered()), (900, -1_000));
    world.tick(5 * DAY - 1);
    assert_eq!(world.cash("alice"), 900);
    world.tick(1);
    assert_eq!((world.cash("alice"), world.pot("Fund")), (1_000, 0), "her bond, and no more");

    // The debt is paid in time: what the fund has beside it pays.
    let mut world = paying(2_000, "Fund");
    notice(&mut world, "alice", 1).unwrap();
    lose(&mut world, 1, 3_000, None);
    world.income("Fund", 2_500);
    assert_eq!((world.cash("alice"), world.pot("Fund")), (1_150, 1_350), "a tenth of what it has");
}

/// Bonds that are lost are income of the pot: they pay its debts first.
#[test]
fn a_lost_bond_pays_debts_first() {
    let mut world = paying(2_000, "Fund");
    lose(&mut world, 1, 2_040, None);
    assert_eq!(world.uncovered(), -40);
    report(&mut world, 2, 3_000, None).unwrap();
    challenge(&mut world, "bob", 1).unwrap();
    approve(&mut world, 1).unwrap();
    notice(&mut world, "alice", 3).unwrap();
    report(&mut world, 3, 1, None).unwrap();
    dismiss(&mut world, SECOND, 2).unwrap();
    assert_eq!((world.uncovered(), world.pot("Fund")), (0, 60));
}

/// Terms that change do not reach bonds that stand: each is settled by those it was put down on.
#[test]
fn terms_are_those_of_the_moment() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    let mut other = terms(&world, "Pot");
    (other.part, other.bond) = (1, amount(7));
    set(&mut world, Some(other)).unwrap();
    notice(&mut world, "bob", 2).unwrap();
    set(&mut world, None).unwrap();
    assert_eq!(word(notice(&mut world, "carol", 3)), "no-bounty");
    assert_eq!((have(&world), bonds(&world)), ([900, 993, 1_000, 5_000], 107));
    lose(&mut world, 1, 3_000, None);
    lose(&mut world, 2, 3_000, None);
    assert_eq!((have(&world), bonds(&world)), ([1_300, 1_000, 1_000, 4_700], 0));
}

/// A default is the venue's own finding: what nobody else agreed to pays no bounty.
#[test]
fn what_the_venue_finds_alone_pays_nothing() {
    let mut world = venue();
    notice(&mut world, "alice", 1).unwrap();
    report_class(&mut world, CauseClass::Default, 1, 3_000, None).unwrap();
    assert_eq!((have(&world), bonds(&world)), ([1_000, 1_000, 1_000, 5_000], 0));
}
