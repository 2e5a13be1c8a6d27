//! Fills, marks and funding: what is booked, and every reason to refuse one. Alice and Bob trade;
//! Carol stands by.

use crate::world::venue::perpetual;
use crate::world::{DOMAIN, World, amount};
use rhodian_core::control::{self, Status};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::market::{self, Instrument, MarketSpec};
use rhodian_core::units::{Price, Quantity};

fn floor() -> World {
    let mut world = World::venue(1_000, 1_000);
    for name in ["alice", "bob", "carol"] {
        world.account(name, 100_000);
    }
    world
}

/// Alice buys 100 lots of Bob at 1,000: her cash pays for them, her equity stays.
#[test]
fn a_fill_moves_lots_one_way_and_cash_the_other() {
    let mut world = floor();
    world.fill("BTC", "alice", "bob", 100, 1_000);
    assert_eq!((world.lots("alice", "BTC"), world.lots("bob", "BTC")), (100, -100));
    assert_eq!((world.cash("alice"), world.cash("bob")), (0, 200_000));
    assert_eq!((world.equity("alice"), world.equity("bob")), (100_000, 100_000));
    world.mark("BTC", 1_050);
    assert_eq!((world.equity("alice"), world.equity("bob")), (105_000, 95_000));
    assert_eq!(world.cash("alice"), 0, "a mark moves no balance");
}

#[test]
fn funding_moves_no_balance_and_is_zero_sum() {
    let mut world = floor();
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.fund_lots("BTC", 7);
    assert_eq!((world.equity("alice"), world.equity("bob")), (99_300, 100_700));
    // Carol takes Alice's place: what she pays for the lots is without the funding Alice owes.
    world.fill("BTC", "carol", "alice", 100, 1_000);
    assert_eq!((world.equity("alice"), world.equity("carol")), (99_300, 100_000));
    assert_eq!(world.cash("alice"), 99_300);
    world.fund_lots("BTC", -20);
    assert_eq!((world.equity("carol"), world.equity("bob")), (102_000, 98_700));
}

#[test]
fn fees_go_to_the_venue() {
    let mut world = floor();
    world.try_fill_with_fees("BTC", ("alice", 30), ("bob", 20), 10, 1_000).unwrap();
    assert_eq!((world.equity("alice"), world.equity("bob")), (99_970, 99_980));
    assert_eq!(world.balance(rhodian_core::ledger::Holder::Fees(DOMAIN)), 50);
}

/// Prices in ticks, and what the refusal says.
fn check(case: &str, change: impl FnOnce(&mut World) -> crate::world::acts::Given, code: &str) {
    let mut world = floor();
    let given = change(&mut world);
    let rejection = given.expect_err(case);
    assert_eq!(rejection.code(), code, "{case}: {rejection}");
}

#[test]
fn every_reason_to_refuse_a_fill() {
    check(
        "no such account",
        |w| {
            w.account("dora", 0);
            let mut other = World::venue(1, 1_000);
            other.account("alice", 100_000);
            other.try_fill("BTC", "alice", "alice", 1, 1_000)
        },
        "same-party",
    );
    check("nothing traded", |w| w.try_fill("BTC", "alice", "bob", 0, 1_000), "zero-lots");
    check("a negative quantity", |w| w.try_fill("BTC", "alice", "bob", -5, 1_000), "zero-lots");
    check("a price of nothing", |w| w.try_fill("BTC", "alice", "bob", 1, 0), "price-out-of-range");
    check(
        "above the largest price",
        |w| w.try_fill("BTC", "alice", "bob", 1, 1_000_001),
        "price-out-of-range",
    );
    check("too far from the mark", |w| w.try_fill("BTC", "alice", "bob", 1, 1_501), "outside-band");
    check(
        "below initial margin",
        |w| w.try_fill("BTC", "alice", "bob", 1_001, 1_000),
        "below-initial-margin",
    );
    check(
        "no mark yet",
        |w| {
            w.list(perpetual("ETH"));
            w.try_fill("ETH", "alice", "bob", 1, 1_000)
        },
        "no-mark",
    );
}

#[test]
fn every_limit_refuses_a_fill() {
    check(
        "more than one may hold",
        |w| {
            w.list(MarketSpec { max_position: 10, ..perpetual("ETH") });
            w.mark("ETH", 10);
            w.try_fill("ETH", "alice", "bob", 11, 10)
        },
        "position-above-limit",
    );
    check(
        "more than may be open",
        |w| {
            w.list(MarketSpec { max_open: 10, ..perpetual("ETH") });
            w.mark("ETH", 10);
            w.fill("ETH", "alice", "bob", 10, 10);
            w.try_fill("ETH", "carol", "bob", 1, 10)
        },
        "open-above-limit",
    );
    check(
        "the status lets nothing grow",
        |w| {
            w.fill("BTC", "alice", "bob", 10, 1_000);
            let (status, domain) = (Status::ReduceOnly, Some(DOMAIN));
            let cause = crate::world::name("stop");
            let command = control::Command::SetStatus { domain, status, cause };
            w.must(Action::Control(command));
            w.fill("BTC", "bob", "alice", 4, 1_000);
            w.try_fill("BTC", "bob", "alice", 7, 1_000)
        },
        "only-reduces",
    );
    check(
        "a fill repeated",
        |w| {
            let fill = market::Command::Fill {
                market: w.market_id("BTC"),
                number: 1_000_000,
                buyer: w.party("alice"),
                seller: w.party("bob"),
                lots: Quantity::new(1).unwrap(),
                price: Price::new(1_000).unwrap(),
                buyer_fee: amount(0),
                seller_fee: amount(0),
            };
            w.market_do(fill.clone()).unwrap();
            w.market_do(fill)
        },
        "fill-number-not-new",
    );
}

#[test]
fn a_fill_below_initial_margin_stands_where_it_lowers_the_requirement() {
    let mut world = floor();
    world.fill("BTC", "alice", "bob", 900, 1_000);
    world.mark("BTC", 960);
    assert_eq!(world.equity("alice"), 64_000, "initial margin is 86,400");
    world.fill("BTC", "carol", "alice", 100, 960);
    assert_eq!(world.lots("alice", "BTC"), 800);
    let refused = world.try_fill("BTC", "alice", "carol", 1, 960).unwrap_err();
    assert_eq!(refused.code(), "below-initial-margin");
}

/// The exploit: a pair of one owner trades at a pushed mark; the winner's profit is real only
/// when somebody pays it, so nothing of it can be taken out before it matured.
#[test]
fn a_pair_cannot_take_out_other_peoples_cash() {
    let mut world = floor();
    world.account_of("mallory-long", "mallory", 100_000);
    world.account_of("mallory-short", "mallory", 100_000);
    world.fill("BTC", "mallory-long", "mallory-short", 900, 1_000);
    world.mark("BTC", 1_110);
    assert_eq!(world.equity("mallory-long"), 199_000);
    assert!(world.equity("mallory-short") <= 1_000 || world.lots("mallory-short", "BTC") == 0);
    // Unrealised: only the principal above the margin is free.
    let refused = world.withdraw("mallory-long", 100_000).unwrap_err();
    assert_eq!(refused.code(), "withdrawal-above-free");
    // Realised against Alice at the pushed mark: still not matured.
    world.fill("BTC", "alice", "mallory-long", 100, 1_110);
    let refused = world.withdraw("mallory-long", 100_001).unwrap_err();
    assert_eq!(refused.code(), "withdrawal-above-free");
    assert!(world.free("mallory-long") <= 100_000, "never more than came in");
    assert!(world.free("mallory-short") <= 100_000);
}

#[test]
fn a_market_that_can_never_be_right_is_refused() {
    type Spoil = fn(&mut MarketSpec);
    let flawed: &[(&str, Spoil)] = &[
        ("no unit", |spec| spec.unit = 0),
        ("a lot worth more than the bound", |spec| spec.unit = 1_000_000_000_000),
        ("no tiers", |spec| spec.tiers.clear()),
        ("maintenance above initial", |spec| spec.tiers[0].maintenance = 200_000),
        ("no band", |spec| spec.band = 0),
        ("tiers that fall", |spec| {
            let mut second = spec.tiers[0];
            second.above = amount(10);
            second.initial = 90_000;
            spec.tiers.push(second);
        }),
    ];
    for (case, flaw) in flawed {
        let mut world = floor();
        let mut spec = perpetual("ETH");
        flaw(&mut spec);
        let refused =
            world.market_do(market::Command::List { spec: Box::new(spec) }).expect_err(case);
        assert_eq!(refused.code(), "flaw", "{case}: {refused}");
    }
}

#[test]
fn a_future_settles_at_its_last_price() {
    let mut world = floor();
    let expiry = rhodian_core::ids::Time(2_000);
    world.list(MarketSpec {
        instrument: Instrument::Future { expiry, underlying: None },
        ..perpetual("BTC-DEC")
    });
    world.mark("BTC-DEC", 1_000);
    world.fill("BTC-DEC", "alice", "bob", 50, 1_000);
    let (market, price) = (world.market_id("BTC-DEC"), Price::new(1_100).unwrap());
    let early = world.market_do(market::Command::Settle { market, price }).unwrap_err();
    assert_eq!(early.code(), "not-expired");
    world.tick(1_000);
    world.market_do(market::Command::Settle { market, price }).unwrap();
    assert_eq!((world.cash("alice"), world.cash("bob")), (105_000, 95_000));
    assert_eq!((world.lots("alice", "BTC-DEC"), world.lots("bob", "BTC-DEC")), (0, 0));
    let refused = world.try_fill("BTC-DEC", "alice", "bob", 1, 1_100).unwrap_err();
    assert_eq!(refused.code(), "already-settled");
    let _ = Actor::VENUE;
}
