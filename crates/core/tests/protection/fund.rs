//! Protections: from a premium to a claim that a fund pays, and what it is measured by.

use crate::world::acts::Given;
use crate::world::amount;
use crate::world::protection::*;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rhodian_core::control::Status;
use rhodian_core::engine::Event;
use rhodian_core::ids::{LayerId, Time};
use rhodian_core::pools::protection::{self, ProtectionSpec, Stage, loss_floor};
use rhodian_core::units::Price;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

fn price(ticks: u64) -> Price {
    Price::new(ticks).unwrap()
}

/// The loss of who held it, as a part of what he would have: in thousandths of a per cent, rounded
/// to the nearest.
fn of_holding(entry: u64, exit: u64) -> u64 {
    let deposit = 10u128.pow(24);
    let loss = loss_floor(amount(deposit), price(entry), price(exit)).atoms();
    let held = deposit * u128::from(entry + exit) / (2 * u128::from(entry));
    let part = BigRational::new(BigInt::from(loss) * 100_000, BigInt::from(held));
    part.round().to_integer().to_u64().unwrap()
}

/// `2 sqrt(k) / (1 + k) - 1`, to the digits given.
#[test]
fn the_losses_on_record() {
    let cases = [
        ("a quarter up", (1_000, 1_250), 619),
        ("half up", (1_000, 1_500), 2_020),
        ("double", (1_000, 2_000), 5_719),
        ("four times", (1_000, 4_000), 20_000),
        ("half", (1_000, 500), 5_719),
        ("a quarter", (1_000, 250), 20_000),
        ("nowhere", (1_000, 1_000), 0),
        ("in finer ticks", (60_000_000, 120_000_000), 5_719),
    ];
    for (name, (entry, exit), expected) in cases {
        assert_eq!(of_holding(entry, exit), expected, "{name}");
    }
}

/// Of what was put in, at prices that make the root whole; and to the atom below where it is not.
#[test]
fn losses_are_exact_and_rounded_down() {
    let cases = [
        ("four times", 1_000_000, (100, 400), 500_000),
        ("a quarter", 1_000_000, (400, 100), 125_000),
        ("nine times", 10, (1, 9), 20),
        ("to nothing", 1_001, (5, 0), 500),
        ("a tick", 10u128.pow(30), (10u64.pow(15) - 1, 10u64.pow(15)), 0),
        ("the bound of an amount", 10u128.pow(30), (1, 10u64.pow(15)), 10u128.pow(30)),
        ("from nothing", 10u128.pow(30), (0, 10u64.pow(15)), 0),
        ("of nothing", 0, (1, 4), 0),
        // 10^6 (3 - 2 sqrt(2)) / 2 = 85,786.4376...
        ("double", 1_000_000, (100, 200), 85_786),
        ("double, of more", 10u128.pow(30), (100, 200), 85_786_437_626_904_951_198_311_275_790),
    ];
    for (name, deposit, (entry, exit), expected) in cases {
        let found = loss_floor(amount(deposit), price(entry), price(exit));
        assert_eq!(found.atoms(), expected, "{name}");
    }
}

#[test]
fn a_premium_buys_what_moving_prices_take() {
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    let of = position(&world, 0).clone();
    assert_eq!((of.cap, of.premium, of.stage), (amount(20_000), amount(1_000), Stage::Standing));
    assert_eq!((world.cash("alice"), world.pot("fund")), (99_000, 51_000));
    assert_eq!(coverage(&world).exposed, amount(20_000));
    days(&mut world, 10, 2_000);
    close(&mut world, 0).unwrap();
    // 40,000 x (3 - 2 sqrt(2)) / 2.
    assert_eq!(figures(&world, 0), [3_431, 3_431, 3_431]);
    assert_eq!((world.cash("alice"), world.pot("fund")), (102_431, 47_569));
    assert_eq!((stage(&world, 0), coverage(&world).exposed), (Stage::Over, amount(0)));
    assert_eq!(code(close(&mut world, 0)), "ended");
    assert_eq!(world.cash("alice"), 102_431, "once");
}

/// Nothing before the cliff, then by the time, then all: of what is lost up to the cap.
#[test]
fn claims_vest() {
    let cases = [
        ("at once", 0, 2_000, [3_431, 0, 0]),
        ("a day but a second", DAY - 1_000, 2_000, [3_431, 0, 0]),
        ("a day", DAY, 2_000, [3_431, 343, 343]),
        ("five days and a half", 11 * DAY / 2, 2_000, [3_431, 1_887, 1_887]),
        ("ten days", 10 * DAY, 2_000, [3_431, 3_431, 3_431]),
        ("twenty days", 20 * DAY, 2_000, [3_431, 3_431, 3_431]),
        // A loss of five caps is not paid five times as fast.
        ("a day, beyond the cap", DAY, 25_000, [320_000, 2_000, 2_000]),
        ("ten days, beyond the cap", 10 * DAY, 25_000, [320_000, 20_000, 20_000]),
    ];
    for (name, after, ticks, expected) in cases {
        let mut world = providers(spec(), 50_000);
        protect(&mut world, "alice", 40_000).unwrap();
        let until = position(&world, 0).since.0 + after;
        while world.at.0 + DAY < until {
            days(&mut world, 1, 1_000);
        }
        // The price comes in three seconds; where there is no time for it, the clock is past it.
        world.tick((until - world.at.0).saturating_sub(3_000));
        says(&mut world, ticks);
        close(&mut world, 0).unwrap();
        assert_eq!(figures(&world, 0), expected, "{name}");
    }
}

/// Who does not close is measured at the end of the term, or at the first price after it.
#[test]
fn a_term_ends_by_itself() {
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    protect(&mut world, "bob", 10_000).unwrap();
    days(&mut world, 29, 1_000);
    assert_eq!(stage(&world, 0), Stage::Standing);
    days(&mut world, 1, 4_000);
    let paid = [figures(&world, 0), figures(&world, 1)];
    assert_eq!(paid, [[20_000, 20_000, 20_000], [5_000, 5_000, 5_000]]);
    protect(&mut world, "carol", 10_000).unwrap();
    world.tick(31 * DAY);
    assert_eq!(stage(&world, 2), Stage::Standing, "there is no price");
    says(&mut world, 1_000);
    assert_eq!((stage(&world, 2), figures(&world, 2)), (Stage::Over, [1_250, 1_250, 1_250]));
}

/// A fund that holds less than all caps pays each its part, whoever comes first.
#[test]
fn a_short_fund_is_divided_by_caps() {
    let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]];
    for order in orders {
        let mut world = providers(ProtectionSpec { fee: 0, leverage: 4_000_000, ..spec() }, 10_000);
        for (text, deposit) in [("alice", 40_000), ("bob", 20_000), ("carol", 20_000)] {
            protect(&mut world, text, deposit).unwrap();
        }
        days(&mut world, 10, 4_000);
        for id in order {
            close(&mut world, id).unwrap();
        }
        let paid = [0, 1, 2].map(|id| figures(&world, id)[2]);
        assert_eq!(paid, [5_000, 2_500, 2_500], "{order:?}");
        assert_eq!(world.pot("fund"), 0);
    }
}

/// While a loss is open that the fund pays first, claims wait; then they are paid of what it left.
#[test]
fn claims_wait_for_losses_that_the_fund_pays_first() {
    let mut world = providers(ProtectionSpec { fee: 0, ..spec() }, 30_000);
    protect(&mut world, "alice", 40_000).unwrap();
    protect(&mut world, "bob", 20_000).unwrap();
    days(&mut world, 10, 4_000);
    world.hold_episode_open();
    assert_eq!(code(protect(&mut world, "carol", 1_000)), "fund-held");
    close(&mut world, 0).unwrap();
    assert_eq!((stage(&world, 0), figures(&world, 0)), (Stage::Claiming, [20_000, 20_000, 0]));
    assert_eq!(coverage(&world).exposed, amount(30_000), "it is still owed");
    world.report("first", 21_000);
    assert_eq!((world.pot("fund"), figures(&world, 0)[2]), (9_000, 0));
    world.pay_draw("held", "auction", None, 1).unwrap();
    world.tick(4 * HOUR);
    assert_eq!((stage(&world, 0), figures(&world, 0)), (Stage::Over, [20_000, 20_000, 6_000]));
    says(&mut world, 4_000);
    close(&mut world, 1).unwrap();
    assert_eq!((figures(&world, 1)[2], world.pot("fund")), (3_000, 0), "as much for each atom");
}

/// A debt that nobody pays holds the fund back as well: what comes in pays it first.
#[test]
fn claims_wait_for_a_debt_that_the_fund_answers_for() {
    let mut world = providers(ProtectionSpec { fee: 0, ..spec() }, 30_000);
    protect(&mut world, "alice", 40_000).unwrap();
    days(&mut world, 10, 4_000);
    world.report("first", 31_000);
    assert_eq!((world.pot("fund"), world.uncovered()), (0, -1_000));
    close(&mut world, 0).unwrap();
    assert_eq!(stage(&world, 0), Stage::Claiming);
    world.tick(5 * HOUR);
    assert_eq!(code(protect(&mut world, "carol", 1_000)), "fund-held");
    assert_eq!(stage(&world, 0), Stage::Claiming, "the debt stands");
    world.income("fund", 8_000);
    assert_eq!((world.uncovered(), figures(&world, 0)[2], world.pot("fund")), (0, 7_000, 0));
}

/// The money of a claim is nobody's gain: it is as a deposit.
#[test]
fn claims_are_no_session_gain() {
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    days(&mut world, 10, 4_000);
    close(&mut world, 0).unwrap();
    assert_eq!((world.cash("alice"), world.free("alice")), (119_000, 119_000));
    assert_eq!(world.session_gain("alice"), 0);
}

/// In a halt nothing is paid.
#[test]
fn claims_wait_for_the_end_of_a_halt() {
    use rhodian_core::control::Command;
    use rhodian_core::engine::{Action, Actor};
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    days(&mut world, 29, 4_000);
    let cause = crate::world::name("a fault");
    let halt = Command::SetStatus { domain: None, status: Status::Halted, cause };
    world.give(Actor::VENUE, Action::Control(halt)).unwrap();
    world.tick(DAY - 1);
    assert_eq!(stage(&world, 0), Stage::Standing);
    world.tick(1);
    says(&mut world, 4_000);
    assert_eq!(figures(&world, 0)[2], 20_000, "the halt lasts a day");
}

/// What is said beside the commands: the prices on both ends, the premium, the claim.
#[test]
fn events_say_all_that_was_reckoned_with() {
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    days(&mut world, 10, 2_000);
    close(&mut world, 0).unwrap();
    let events = world.records.iter().flat_map(|record| &record.events);
    let events: Vec<&protection::Event> = events
        .filter_map(|event| match event {
            Event::Protection(event) => Some(event),
            _ => None,
        })
        .collect();
    let [
        protection::Event::Opened { .. },
        protection::Event::Protected { entry, premium, fund, until, .. },
        protection::Event::Ended { measured, .. },
        protection::Event::Paid { amount: paid, claim, .. },
    ] = events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((entry.low, entry.high, *premium), (price(1_000), price(1_000), amount(1_000)));
    assert_eq!((*fund, *until), (LayerId(0), Time(position(&world, 0).since.0 + 30 * DAY)));
    assert_eq!((measured.exit.low, measured.exit.high), (price(2_000), price(2_000)));
    assert_eq!((*paid, *claim), (amount(3_431), amount(3_431)));
}
