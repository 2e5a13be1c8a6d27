//! Options at volatilities of their own: what each requires, and what becomes of those whose
//! volatilities leave a sure profit, at its place and nowhere else. Alice, Bob and Carol trade.

use crate::world::World;
use crate::world::feeds::{say_all, say_of};
use crate::world::surface::{
    DAY, Row, answer, attach_volatility, feed_of, list_option, only_marking, open_volatility,
    profits, say, serves, surface,
};
use crate::world::venue::routes;
use rhodian_core::account::Rejection as OfAccount;
use rhodian_core::closeout::Route;
use rhodian_core::engine::{Rejection, State};
use rhodian_core::ids::{SourceId, Time};
use rhodian_core::margin::Level;
use rhodian_core::market::{self, Right};
use rhodian_core::oracle::{Purpose, Quality, SureProfit, Unfit, Why};
use rhodian_core::units::Price;

use Right::{Call, Put};

fn price(thousands: u64) -> Price {
    Price::new(thousands * 1_000).unwrap()
}

fn expiry(days: u64) -> Time {
    Time(1_000 + days * DAY)
}

/// Three months of five strikes, flat at 60 %, and one month of the same.
const FLAT: [Row<'static>; 10] = [
    ("N80", Call, 80, 30, 60),
    ("N90", Call, 90, 30, 60),
    ("N100", Call, 100, 30, 60),
    ("N110", Call, 110, 30, 60),
    ("N120", Call, 120, 30, 60),
    ("F80", Call, 80, 90, 60),
    ("F90", Call, 90, 90, 60),
    ("F100", Call, 100, 90, 60),
    ("F110", Call, 110, 90, 60),
    ("F120", Call, 120, 90, 60),
];

fn names() -> Vec<&'static str> {
    FLAT.iter().map(|row| row.0).collect()
}

fn required(world: &World, text: &str) -> u128 {
    world.engine.state().requirement(world.id(text), Level::Initial)
}

#[test]
fn each_option_is_valued_at_its_own_volatility() {
    let of = |near: u64, far: u64| {
        let mut world = surface(&[("NEAR", Call, 100, 30, near), ("FAR", Call, 100, 90, far)]);
        world.fill("NEAR", "bob", "alice", 10, 5_000);
        world.fill("FAR", "carol", "bob", 10, 5_000);
        world
    };
    let (low, high, both) = (of(40, 40), of(70, 70), of(40, 70));
    assert_eq!(required(&both, "alice"), required(&low, "alice"), "she sold the near one");
    assert_eq!(required(&both, "carol"), required(&high, "carol"), "she bought the far one");
    assert!(required(&low, "carol") != required(&high, "carol"));
    let vega = |world: &World| {
        let tables = world.engine.state().scenario_tables(world.id("bob"));
        tables[0].1.greeks.vega
    };
    assert!(vega(&both) != vega(&low) && vega(&both) != vega(&high), "he holds both");
    let state = both.engine.state();
    let table = state.what_if(both.id("bob")).tables[0].1.clone();
    let cell = table.cells[table.worst];
    let mixed = state.scenario_tables(both.id("bob"))[0].1.clone();
    assert_eq!(cell, mixed.cells[mixed.worst], "the what-if is of the same table");
}

#[test]
fn an_option_without_a_feed_takes_that_of_its_underlying() {
    let mut world = surface(&[("OWN", Call, 100, 30, 60)]);
    list_option(&mut world, ("PLAIN", Put, 100, 30, 0));
    let state = world.engine.state();
    assert_eq!(state.volatility(world.market_id("PLAIN"), Purpose::Mark), None);
    let feed = open_volatility(&mut world, "BTC");
    attach_volatility(&mut world, "BTC", feed);
    say(&mut world, "BTC", 61);
    assert_eq!(serves(&world, "PLAIN", Purpose::Mark), Ok(610_000));
    assert_eq!(serves(&world, "OWN", Purpose::Mark), Ok(600_000));
    // It may be left again.
    let market = world.market_id("OWN");
    let feeds = market::Feeds::default();
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    assert_eq!(serves(&world, "OWN", Purpose::Mark), Ok(610_000));
}

/// One volatility too high: the options around it are the profit, and nothing else is touched.
#[test]
fn a_bulge_lowers_the_three_that_make_it_and_no_other() {
    let mut world = surface(&FLAT);
    assert_eq!(only_marking(&world, &names()), Vec::<&str>::new());
    say(&mut world, "N100", 70);
    let butterfly = SureProfit::Butterfly {
        expiry: expiry(30),
        low: price(90),
        middle: price(100),
        high: price(110),
    };
    for text in ["N90", "N100", "N110"] {
        assert_eq!(profits(&world, text), [butterfly], "{text}");
    }
    assert_eq!(only_marking(&world, &names()), ["N90", "N100", "N110"]);
    // Total variance is still far below that of the later expiry: 0.49 x 30 against 0.36 x 90.
    say(&mut world, "N100", 60);
    assert_eq!(only_marking(&world, &names()), Vec::<&str>::new(), "whole again");
}

#[track_caller]
fn check(name: &str, rows: &[Row<'_>], expected: &[(&str, &[SureProfit])]) {
    let world = surface(rows);
    for (text, ..) in rows {
        let found = expected.iter().find(|(of, _)| of == text).map_or(&[][..], |of| of.1);
        assert_eq!(profits(&world, text), found, "{name}: {text}");
        let quality = if found.is_empty() { Quality::Settlement } else { Quality::Mark };
        assert_eq!(answer(&world, text).quality, quality, "{name}: {text}");
    }
}

#[test]
fn each_profit_is_said_with_its_place() {
    let calls = [SureProfit::Calls { expiry: expiry(30), low: price(100), high: price(105) }];
    check(
        "a call that rises",
        &[("A", Call, 100, 30, 20), ("B", Call, 105, 30, 60)],
        &[("A", &calls), ("B", &calls)],
    );
    let (expiry_30, low, zero) = (expiry(30), price(95), Price::ZERO);
    let puts = [
        SureProfit::Puts { expiry: expiry_30, low, high: price(100) },
        SureProfit::Butterfly { expiry: expiry_30, low: zero, middle: low, high: price(100) },
    ];
    check(
        "a put that falls",
        &[("A", Put, 95, 30, 60), ("B", Put, 100, 30, 20)],
        &[("A", &puts), ("B", &puts)],
    );
    let calendar =
        [SureProfit::Calendar { earlier: expiry(30), later: expiry(60), strike: price(100) }];
    check(
        "total variance that falls",
        &[("A", Call, 100, 30, 80), ("B", Put, 100, 60, 50), ("C", Call, 160, 60, 50)],
        &[("A", &calendar), ("B", &calendar)],
    );
    let parity = [SureProfit::Parity { expiry: expiry(30), strike: price(100) }];
    check(
        "a call and a put of one strike at two volatilities",
        &[("A", Call, 100, 30, 60), ("B", Put, 100, 30, 61)],
        &[("A", &parity), ("B", &parity)],
    );
    // Puts must rise in proportion to the strike at least: the forward itself, a call at zero, is
    // the lower side.
    let low = SureProfit::Butterfly {
        expiry: expiry(365),
        low: Price::ZERO,
        middle: price(40),
        high: price(80),
    };
    check(
        "a bulge against the forward",
        &[("A", Call, 40, 365, 150), ("B", Call, 80, 365, 80)],
        &[("A", &[low]), ("B", &[low])],
    );
}

/// Both are convex and the later one is dearer at every strike they share; the straight line
/// between two strikes of the earlier one lies above the later's 90 and is nothing that one trades.
#[test]
fn a_steep_smile_beside_one_with_more_strikes_is_no_profit() {
    let rows = [
        ("A80", Call, 80, 7, 90),
        ("A100", Call, 100, 7, 50),
        ("A120", Call, 120, 7, 90),
        ("B80", Call, 80, 8, 90),
        ("B90", Call, 90, 8, 60),
        ("B100", Call, 100, 8, 50),
        ("B110", Call, 110, 8, 60),
        ("B120", Call, 120, 8, 90),
    ];
    let world = surface(&rows);
    for (text, ..) in rows {
        assert_eq!(profits(&world, text), [], "{text}");
    }
}

/// Far from the money the calls of a rising smile rise near expiry, by less than any price says.
#[test]
fn less_than_a_tick_is_no_profit() {
    check(
        "a smile an hour from its end",
        &[("A", Call, 150, 1, 60), ("B", Call, 160, 1, 90), ("C", Call, 170, 1, 120)],
        &[],
    );
    check(
        "volatilities that round apart",
        &[("A", Call, 100, 365, 60), ("B", Call, 100, 366, 60)],
        &[],
    );
}

#[test]
fn what_does_not_serve_or_has_no_price_takes_no_part() {
    let rows = [
        ("LOW", Call, 90, 30, 60),
        ("MIDDLE", Call, 100, 30, 60),
        ("HIGH", Call, 110, 30, 60),
        // The pricer has no price for a strike beyond 64 times the forward.
        ("MOON", Call, 7_000, 30, 900),
    ];
    let mut world = surface(&rows);
    assert_eq!(answer(&world, "MOON").quality, Quality::Settlement);
    // The sources disagree: what only marks by itself accuses nobody.
    let middle = feed_of(&world, "MIDDLE");
    for (id, percent) in [(0, 59), (1, 70), (2, 78)] {
        say_of(&mut world, middle, id, percent * 10_000).unwrap();
    }
    let alone = answer(&world, "MIDDLE");
    assert_eq!(alone.quality, Quality::Mark, "{alone:?}");
    assert_eq!(profits(&world, "MIDDLE"), []);
    assert_eq!(only_marking(&world, &["LOW", "HIGH", "MOON"]), Vec::<&str>::new());
    // All agree on what cannot be: now it is a volatility like the others.
    say(&mut world, "MIDDLE", 85);
    assert_eq!(only_marking(&world, &["LOW", "MIDDLE", "HIGH"]), ["LOW", "MIDDLE", "HIGH"]);
    // Nobody says anything for a day: nothing is left that accuses.
    world.tick(DAY + 1);
    for text in ["LOW", "HIGH"] {
        say(&mut world, text, 60);
    }
    assert_eq!(answer(&world, "MIDDLE").quality, Quality::Indicative);
    assert_eq!(only_marking(&world, &["LOW", "HIGH"]), Vec::<&str>::new());
}

/// A feed that stands at many strikes is lowered where the profit is: the options elsewhere on it
/// go on.
#[test]
fn the_underlyings_volatility_serves_where_no_profit_is() {
    let mut world = surface(&[("OWN", Call, 100, 30, 60)]);
    let feed = open_volatility(&mut world, "BTC");
    attach_volatility(&mut world, "BTC", feed);
    for row in [
        ("P80", Put, 80, 30, 0),
        ("P90", Put, 90, 30, 0),
        ("P110", Put, 110, 30, 0),
        ("P120", Put, 120, 30, 0),
        ("FAR", Put, 80, 90, 0),
    ] {
        list_option(&mut world, row);
    }
    say(&mut world, "BTC", 60);
    say(&mut world, "OWN", 75);
    let opens = |text: &str| serves(&world, text, Purpose::Open).is_ok();
    let open: Vec<bool> = ["OWN", "P80", "P90", "P110", "P120", "FAR"].map(opens).to_vec();
    assert_eq!(open, [false, true, false, false, true, true]);
    assert_eq!(answer(&world, "BTC").quality, Quality::Mark, "at its worst");
}

#[test]
fn at_their_expiry_options_need_no_volatility() {
    let mut world = surface(&[("A", Call, 100, 2, 60), ("B", Call, 105, 2, 61)]);
    world.fill("A", "bob", "alice", 10, 5_000);
    say(&mut world, "B", 150);
    assert_eq!(only_marking(&world, &["A", "B"]), ["A", "B"]);
    world.tick(2 * DAY);
    assert_eq!(serves(&world, "A", Purpose::Mark).map_err(|unfit| unfit.code()), Err("quality"));
    assert_eq!(profits(&world, "A"), []);
    let table = world.engine.state().scenario_tables(world.id("alice"));
    assert_eq!(table[0].1.greeks.vega, 0, "what it pays is all it is worth");
}

/// Time and the price move a surface without a report of a volatility.
#[test]
fn the_surface_is_looked_at_when_it_is_asked_about() {
    let rows = [("A", Call, 130, 30, 50), ("B", Call, 140, 30, 68)];
    let mut world = surface(&rows);
    let mut check = |name: &str, mark: u64, days: u64, broken: bool| {
        world.mark("BTC", mark * 1_000);
        world.tick(days * DAY);
        // What was said is said again: a report is a day old at most.
        for (text, _, _, _, percent) in rows {
            say(&mut world, text, percent);
        }
        let lowered = only_marking(&world, &["A", "B"]);
        assert_eq!(lowered.len(), if broken { 2 } else { 0 }, "{name}: {lowered:?}");
    };
    check("the higher call costs 113 ticks more", 115, 0, true);
    check("near the money less", 125, 0, false);
    check("again", 115, 0, true);
    check("ten days later the lower one costs 37 more", 115, 10, false);
    check("further from the money the higher one 59", 100, 0, true);
    check("fifteen days later a fraction of a tick", 100, 15, false);
}

fn unfit_reasons(given: Result<Vec<rhodian_core::engine::Record>, Rejection>) -> Vec<Why> {
    match given.unwrap_err() {
        Rejection::Market(market::Rejection::Unfit {
            unfit: Unfit::Quality { purpose, needed, found, reasons, .. },
            ..
        }) => {
            assert_eq!((purpose, needed), (Purpose::Open, Quality::Settlement));
            assert_eq!(found, Quality::Mark);
            reasons
        }
        other => panic!("{other}"),
    }
}

/// A surface breaks and becomes whole again: who holds what the profit is made of neither opens,
/// nor takes out, nor is liquidated meanwhile; everyone else goes on, and so do they after.
#[test]
fn a_surface_breaks_and_becomes_whole_again() {
    let mut world = surface(&FLAT);
    let list = [Route::Deleverage];
    let of = routes(&world, "fund", &list);
    world.set_routes(of).unwrap();
    world.account("dora", 400_000);
    world.fill("N100", "bob", "dora", 10, 5_000);
    world.fill("F120", "carol", "alice", 10, 5_000);
    let kept = world.engine.state().requirement(world.id("dora"), Level::Maintenance);
    assert!(kept > 200_000, "{kept}");
    // Volatility jumps at one strike first: 60 to 110 %.
    say(&mut world, "N100", 110);
    let broken = ["N90", "N100", "N110", "F100"];
    assert_eq!(only_marking(&world, &names()), broken);
    for text in broken {
        let reasons = unfit_reasons(world.try_fill(text, "alice", "carol", 1, 5_000));
        let of_surface = |why: &Why| matches!(why, Why::Arbitrage { .. });
        assert!(reasons.iter().any(of_surface), "{text}: {reasons:?}");
    }
    world.fill("F120", "carol", "alice", 1, 5_000);
    // Who reduces may.
    world.fill("N100", "dora", "bob", 1, 5_000);
    // Bob holds one of them, Carol none.
    assert_eq!(world.free("bob"), 0);
    assert!(world.free("carol") > 0);
    let refused = world.withdraw("bob", 1).unwrap_err();
    assert!(matches!(refused, Rejection::Account(OfAccount::WithdrawalAboveFree { .. })));
    // The price of the option rises: below maintenance, and nobody is liquidated for it.
    world.mark("N100", 33_000);
    let state = world.engine.state();
    assert!(state.is_below_maintenance(world.id("dora")));
    assert_eq!(world.lots("dora", "N100"), -9);
    // The other strikes and the later dates follow: the surface is whole, and quality returns.
    for (text, ..) in FLAT {
        say(&mut world, text, 110);
    }
    assert_eq!(only_marking(&world, &names()), Vec::<&str>::new());
    assert!(world.lots("dora", "N100") > -9, "liquidated as soon as it may be");
    assert!(world.free("bob") > 0);
    world.fill("N90", "alice", "carol", 1, 5_000);
}

/// Equity needs no volatility: who is below zero at the marks fails, whatever the surface says.
#[test]
fn a_broken_surface_hides_no_failure() {
    let mut world = surface(&FLAT);
    world.account("dora", 400_000);
    world.fill("N100", "bob", "dora", 10, 5_000);
    say(&mut world, "N100", 110);
    world.mark("N100", 50_000);
    world.loss_of("L1", "dora");
    assert_eq!(world.lots("dora", "N100"), 0, "taken over");
}

/// Mallory, long thirty bitcoins with one lot of an option beside them, is liquidated for the
/// bitcoins while the surface of the option is broken.
#[test]
fn one_lot_of_an_option_shields_nothing_else() {
    let mut world = surface(&FLAT);
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    world.account("mallory", 1_000_000);
    world.account("eve", 10_000_000);
    world.fill("N100", "mallory", "bob", 1, 5_000);
    world.fill("BTC", "mallory", "eve", 30, 100_000);
    say(&mut world, "N100", 110);
    assert!(serves(&world, "N100", Purpose::Liquidate).is_err());
    let begun = |world: &World| {
        let id = world.id("mallory");
        (
            world.engine.state().is_below_maintenance(id),
            world.engine.state().closeouts.liquidation(id).is_some(),
        )
    };
    world.mark("BTC", 84_000);
    assert_eq!(begun(&world), (true, false), "the option could still make it good");
    world.mark("BTC", 79_000);
    assert_eq!(begun(&world), (true, true), "whatever the option is worth");
}

/// A walk of one per cent a second: while it is on its way nothing opens, and where it leaves the
/// others behind it only marks.
#[test]
fn one_bad_source_moves_nothing_and_two_walk() {
    let mut world = surface(&FLAT);
    let feed = feed_of(&world, "N100");
    let found = world.engine.state().oracle.feed(feed).unwrap().spec.clone();
    let usual = rhodian_core::oracle::Params::of(found.kind);
    let params = rhodian_core::oracle::Params { max_age: DAY, ..usual };
    let spec = rhodian_core::oracle::FeedSpec { params, ..found };
    let set = rhodian_core::oracle::Command::SetFeed { feed, spec: Box::new(spec) };
    world.must(rhodian_core::engine::Action::Oracle(set));
    world.tick(1_000);
    // One source lies: it is left out, and nothing is lowered.
    say_of(&mut world, feed, 0, 3_000_000).unwrap();
    assert_eq!(answer(&world, "N100").quality, Quality::Settlement);
    let left_out = |why: &Why| matches!(why, Why::Outlier { source: SourceId(0), .. });
    assert!(answer(&world, "N100").reasons.iter().any(left_out));
    // All three say 70 %: it walks there, and the bulge is there when it is high enough.
    world.tick(1_000);
    say_all(&mut world, feed, 700_000);
    assert_eq!(answer(&world, "N100").quality, Quality::Liquidation, "on its way");
    assert_eq!(only_marking(&world, &names()), Vec::<&str>::new());
    world.tick(20_000);
    assert_eq!(only_marking(&world, &names()), ["N90", "N100", "N110"]);
    let value = answer(&world, "N100").value.unwrap().units();
    assert_eq!(value, 700_000, "it marks at what it says");
}

/// What a scan of the markets finds is what the watch knows, before and after a state is read back.
#[test]
fn a_state_without_its_watch_says_the_same() {
    let mut world = surface(&FLAT);
    say(&mut world, "F90", 45);
    say(&mut world, "N120", 66);
    let watched = world.engine.state();
    let bytes = borsh::to_vec(watched).unwrap();
    let bare: State = borsh::from_slice(&bytes).unwrap();
    let mut lowered = 0;
    for text in names() {
        let feed = feed_of(&world, text);
        assert_eq!(bare.feed_answer(feed), watched.feed_answer(feed), "{text}");
        lowered += usize::from(!profits(&world, text).is_empty());
    }
    assert!((1..names().len()).contains(&lowered), "{lowered}");
    assert_eq!(bare.digest(), watched.digest());
}
