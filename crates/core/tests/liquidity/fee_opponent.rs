//! What an opponent tries with the fee of who stays: to split, to give, to come and go at the
//! moment at which it is taken. Nothing of it brings more than an atom, but by what is kept back
//! for closing, which an exit leaves to the others and a fee does not.

use crate::world::World;
use crate::world::liquidity::*;
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{LayerId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::liquidity::VaultSpec;

fn fund(world: &World) -> i128 {
    world.balance(Holder::Layer(LayerId(0)))
}

/// What shares are worth by the book, in atoms.
fn book(world: &World, text: &str) -> u128 {
    let (all, his) = (vault(world).shares.count(), shares(world, text));
    let total = worth(world).book.atoms();
    (total * his).checked_div(all).unwrap_or(0)
}

/// A vault in which Ann has 50,000 and Eve loses what it gains.
fn with_ann() -> World {
    let mut world = vault_of(daily(), 0);
    holder(&mut world, "ann", 50_000);
    world.account("eve", 10_000_000);
    world
}

/// T30: a holding over many accounts pays the same, however often the fee is taken: what is too
/// little for an atom of it stays above each mark.
#[test]
fn t30_splitting_a_holding_pays_no_less() {
    let paid = |parts: &[u128]| {
        let mut world = with_ann();
        for (place, atoms) in parts.iter().enumerate() {
            world.account_of(&format!("bob-{place}"), "bob", *atoms);
            try_enter(&mut world, &format!("bob-{place}"), *atoms).unwrap();
        }
        for round in 0..30u64 {
            world.result("eve", "vault", 37 + u128::from(round % 5));
            world.tick(DAY);
        }
        for place in 0..parts.len() {
            try_leave(&mut world, &format!("bob-{place}"), None).unwrap();
        }
        try_leave(&mut world, "ann", None).unwrap();
        fund(&world)
    };
    let whole = paid(&[30_000]);
    let split: Vec<u128> = (0..20).map(|_| 1_500).collect();
    assert!(whole - paid(&split) <= 20, "{whole}, and over twenty {}", paid(&split));
    assert!(whole > 220, "a fifth of 1,170, less what is left in each account: {whole}");
}

/// Taken each day, or once: the same of the same gain.
#[test]
fn a_fee_that_is_taken_often_is_a_fee_that_is_taken_once() {
    let paid = |fee_period: u64| {
        let mut world = vault_of(VaultSpec { fee_period, ..daily() }, 0);
        holder(&mut world, "ann", 50_000);
        world.account("eve", 10_000_000);
        for round in 0..60u64 {
            world.result("eve", "vault", 1 + u128::from(round % 7));
            world.tick(DAY);
        }
        try_leave(&mut world, "ann", None).unwrap();
        (fund(&world), world.cash("ann"))
    };
    let (once, his) = paid(0);
    assert_eq!(once, 46, "a fifth of 234, rounded down");
    for period in [DAY, 7 * DAY, 30 * DAY] {
        let (often, left) = paid(period);
        assert!(once - often <= 1 && once >= often, "{often} each {period}");
        assert!(his.abs_diff(left) <= 2, "{left} each {period}, {his} once");
    }
}

/// Who gives to the vault by a trade pays more than he gets, before the fee and after it.
#[test]
fn a_gift_brings_its_giver_nothing() {
    let mut world = with_ann();
    holder(&mut world, "mal", 50_000);
    world.account_of("mal-2", "mal", 10_000);
    world.result("mal-2", "vault", 10_000);
    world.tick(DAY);
    assert_eq!(fund(&world), 2_000, "a gift is a gain of all who hold");
    try_leave(&mut world, "mal", None).unwrap();
    assert!(world.cash("mal") <= 54_000, "{}: he gave 10,000", world.cash("mal"));
}

/// Nobody pays with shares for more than the fee: who comes a moment before it is taken finds
/// nothing that payers leave to him, though a fifth of the vault is kept back for closing and half
/// of it is not matured.
#[test]
fn who_comes_at_the_moment_of_the_fee_gains_nothing() {
    let mut world = with_ann();
    world.result("eve", "vault", 50_000);
    world.fill("BTC", "eve", "vault", 200, 1_000);
    world.set(Parameter::StressRate, 50_000);
    world.mark("BTC", 900);
    world.tick(DAY - 1);
    holder(&mut world, "mal", 100_000);
    let before = (book(&world, "mal"), book(&world, "ann"));
    let due = world.engine.state().holder_fee(vault(&world), world.id("ann")).unwrap().fee.atoms();
    world.tick(1);
    assert!(due > 1_000 && fund(&world).unsigned_abs() == due, "{due}");
    assert!(book(&world, "mal").abs_diff(before.0) <= 1, "he has what he put in");
    assert!(book(&world, "ann").abs_diff(before.1 - due) <= 1, "and she bears the fee, no more");
    try_leave(&mut world, "mal", None).unwrap();
    assert!(world.cash("mal") < 100_000, "who leaves at once is paid without what is kept back");
}

/// A price that stands for a moment, when the fee is taken, is a gain of the session: of that there
/// is no fee, and none of the fund's is made by a print.
#[test]
fn a_price_of_a_moment_makes_no_fee() {
    let mut world = with_ann();
    world.fill("BTC", "eve", "vault", 100, 1_000);
    world.boundary();
    world.tick(DAY - 1);
    world.boundary();
    world.mark("BTC", 800);
    world.tick(1);
    world.mark("BTC", 1_000);
    assert_eq!((fund(&world), fetches(&world, "ann")), (0, 50_000));
}

/// Whoever is below his mark and enters anew has a lower one: he pays more by it, not less.
#[test]
fn leaving_and_entering_again_lowers_no_fee() {
    let paid = |anew: bool| {
        let mut world = with_ann();
        holder(&mut world, "mal", 50_000);
        world.result("eve", "vault", 20_000);
        world.tick(DAY);
        world.result("vault", "eve", 40_000);
        if anew {
            try_leave(&mut world, "mal", None).unwrap();
            let cash = world.cash("mal").unsigned_abs();
            try_enter(&mut world, "mal", cash).unwrap();
        }
        world.result("eve", "vault", 60_000);
        world.tick(DAY);
        fund(&world)
    };
    let (stays, anew) = (paid(false), paid(true));
    assert!(anew > stays, "{anew} and {stays}");
}

/// Who leaves in the moment before the fee, or in the one after it, is paid the same; so is who
/// stays, whatever the other does. Nothing is kept back here.
#[test]
fn the_moment_of_leaving_decides_nothing() {
    let after = |early: bool| {
        let mut world = with_ann();
        holder(&mut world, "mal", 33_333);
        world.result("eve", "vault", 12_345);
        world.tick(DAY - 1);
        if early {
            try_leave(&mut world, "mal", None).unwrap();
        }
        world.tick(1);
        if !early {
            try_leave(&mut world, "mal", None).unwrap();
        }
        [world.cash("mal").unsigned_abs(), fetches(&world, "ann"), fund(&world).unsigned_abs()]
    };
    let (early, late) = (after(true), after(false));
    let far = early.iter().zip(late).map(|(one, other)| one.abs_diff(other)).max();
    assert!(far <= Some(2), "{early:?} and {late:?}");
}

/// Whoever is first and leaves a single share makes a share worth an atom, and then more by one of
/// gain. Who puts in money between pays his fee all the same: by whole shares, for what they are
/// worth, and what is below one stays above his mark.
#[test]
fn t30_a_dear_share_keeps_nobody_from_paying() {
    let mut world = vault_of(daily(), 0);
    holder(&mut world, "mal", 1_000);
    try_leave(&mut world, "mal", Some(999_999_999)).unwrap();
    holder(&mut world, "bob", 50_000);
    world.account("eve", 100_000);
    world.result("eve", "vault", 1);
    let (all, total) = (vault(&world).shares.count(), worth(&world).book.atoms());
    assert_eq!((all, total), (50_001, 50_002), "a share is worth more than an atom");
    world.result("eve", "vault", 9_999);
    world.tick(DAY);
    // A fifth of the 9,999 that are his is 1,999; 1,665 shares at 60,001/50,001 are 1,997.99.
    assert_eq!(fund(&world), 1_997, "what is below a share waits");
    assert_eq!(shares(&world, "bob"), 50_000 - 1_665);
    let mark = holding(&world, "bob").high_water.atoms();
    assert_eq!(mark, 50_000 + 5 * 1_997 - 1_997, "what he paid of, less the fee");
    assert!(book(&world, "bob") >= mark, "and he has it: {}", book(&world, "bob"));
    for day in [2, 3] {
        world.tick(DAY);
        assert_eq!(fund(&world), 1_998, "one of them for a share, the other not: day {day}");
    }
    try_leave(&mut world, "bob", None).unwrap();
    assert_eq!(fund(&world), 1_999, "what waited is paid where he leaves");
}

/// At the end of time a fee is taken once more, and then no period begins.
#[test]
fn the_end_of_time_is_quiet() {
    let mut world = with_ann();
    world.result("eve", "vault", 10_000);
    world.checked = false;
    world.at = Time(u64::MAX);
    world.must(Action::Tick);
    assert_eq!((fund(&world), vault(&world).next_fees()), (2_000, Some(Time(u64::MAX))));
    world.result("eve", "vault", 10_000);
    let records = world.give(Actor::VENUE, Action::Tick).map(|records| records.len());
    assert!(records.is_ok_and(|count| count <= 2));
    assert_eq!(fund(&world), 2_000);
}

/// What is measured is one moment: where the price is low in it nobody pays, and what was gained
/// waits a period above the marks. None of it is lost to the fund but where it is lost.
#[test]
fn a_price_of_a_moment_puts_a_fee_off_by_a_period() {
    let mut world = with_ann();
    world.result("eve", "vault", 10_000);
    world.fill("BTC", "eve", "vault", 100, 1_000);
    world.boundary();
    world.tick(DAY - 1);
    world.mark("BTC", 1_100);
    world.tick(1);
    world.mark("BTC", 1_000);
    assert_eq!((fund(&world), fetches(&world, "ann")), (0, 60_000));
    world.boundary();
    world.tick(DAY - 1);
    assert_eq!(fund(&world), 0, "nothing is looked at before the next period is over");
    world.tick(1);
    assert_eq!(fund(&world), 2_000);
}

/// An exit leaves to the others what is kept back for closing, a fee is given at the book. Ann,
/// whose mark is 20,000 of 50,000 by the book, has 333 more by leaving just after the fee than
/// before it, and the fund 83; Bob has 416 less.
#[test]
fn what_is_kept_back_for_closing_makes_a_moment_matter() {
    let after = |early: bool| {
        let mut world = vault_of(daily(), 0);
        holder(&mut world, "ann", 20_000);
        world.account("eve", 10_000_000);
        world.result("eve", "vault", 30_000);
        holder(&mut world, "bob", 50_000);
        world.fill("BTC", "eve", "vault", 400, 1_000);
        world.set(Parameter::StressRate, 50_000);
        world.boundary();
        world.tick(DAY - 1);
        if early {
            try_leave(&mut world, "ann", None).unwrap();
        }
        world.tick(1);
        if !early {
            try_leave(&mut world, "ann", None).unwrap();
        }
        (world.cash("ann"), fund(&world), book(&world, "bob"))
    };
    assert_eq!(after(true), (36_000, 4_000, 60_000));
    assert_eq!(after(false), (36_333, 4_083, 59_584));
}
