//! The routes of liquidation: partial closes that keep hedges, market fills, auctions, a backstop,
//! and auto-deleveraging, each inside its limits. Alice falls below maintenance; Bob and Carol
//! stand on the other side; the backstop buys.

use crate::world::acts::Given;
use crate::world::venue::perpetual;
use crate::world::{ASSET, World, amount};
use rhodian_core::closeout::{self, AuctionCourse, Route, RouteSpec, Routes};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::engine::{Action, Actor, Event};
use rhodian_core::liquidation::breaker::{Breaker, Limit};
use rhodian_core::units::Amount;

const HOUR: u64 = 3_600_000;

fn spec(route: Route) -> RouteSpec {
    RouteSpec { route, time: HOUR, budget: Amount::MAX }
}

fn at_most(value: u128, window: u64) -> Breaker {
    Breaker { limits: vec![Limit { value: amount(value), window }], stages: vec![] }
}

fn routes(world: &World, list: Vec<RouteSpec>) -> Routes {
    Routes {
        buffer: 200_000,
        penalty: 10_000,
        slippage: 10_000,
        fund: world.layer_id("fund"),
        breaker: Breaker::default(),
        list,
    }
}

fn set(world: &mut World, routes: Routes) -> Given {
    let command = closeout::Command::SetRoutes { asset: ASSET, routes };
    world.give(Actor::VENUE, Action::CloseOut(command))
}

fn backstop(world: &World, budget: u128) -> Route {
    Route::Backstop {
        account: world.id("backstop"),
        base: 10_000,
        impact: 0,
        volatility: 0,
        depth: 1_000,
        band: 100_000,
        budget: amount(budget),
    }
}

const COURSE: AuctionCourse =
    AuctionCourse { first: 980_000, knee: 800_000, fast: 900_000, slow: HOUR, insolvent: HOUR };

/// Alice is long 400 lots against Bob and Carol, 200 each, at 1,000, with equity 24,000 after a
/// fall to 960 once the mark moves: margin to keep is 5 %.
fn floor() -> World {
    let mut world = World::venue(1_000, 1_000);
    world.account("backstop", 1_000_000);
    world.account("alice", 40_000);
    world.account("bob", 100_000);
    world.account("carol", 30_000);
    world.fill("BTC", "alice", "bob", 200, 1_000);
    world.fill("BTC", "alice", "carol", 200, 1_000);
    world
}

/// The close-out events since the last call.
fn events(world: &mut World) -> Vec<closeout::Event> {
    let records = std::mem::take(&mut world.records);
    let events = records.into_iter().flat_map(|record| record.events);
    let ours = events.filter_map(|event| match event {
        Event::CloseOut(event) => Some(event),
        _ => None,
    });
    ours.collect()
}

#[test]
fn the_market_comes_first_and_pays_the_penalty_it_was_charged() {
    let mut world = floor();
    let list = vec![spec(Route::Market)];
    let routes = routes(&world, list);
    set(&mut world, routes).unwrap();
    events(&mut world);
    world.mark("BTC", 945);
    // 40,000 - 22,000 = 18,000 against 5 % of 378,000 = 18,900.
    assert_eq!(world.equity("alice"), 18_000);
    let begun = events(&mut world);
    let [closeout::Event::LiquidationBegun { maintenance, plan, .. }] = begun.as_slice() else {
        panic!("{begun:?}")
    };
    assert_eq!(maintenance.atoms(), 18_900);
    // Target 6 % of the value that is left; closing costs 2 %: 4,680 / (22,680 - 7,560).
    assert_eq!(plan[0].1.lots(), 124, "0.30952 of 400 lots, rounded up");
    world.fill("BTC", "bob", "alice", 124, 945);
    let ended = events(&mut world);
    let charged = 124 * 945 / 100;
    assert_eq!(world.pot("fund"), 1_000 + charged, "the fund has what was charged");
    assert_eq!(world.equity("alice"), 18_000 - charged);
    assert!(matches!(ended.last(), Some(closeout::Event::LiquidationEnded { .. })), "{ended:?}");
}

/// T5, T25: a penalty never takes what is not there, and never makes a deficit.
#[test]
fn t25_a_penalty_never_makes_a_deficit() {
    let mut world = floor();
    let mut routes = routes(&world, vec![spec(Route::Market)]);
    routes.penalty = 500_000;
    set(&mut world, routes).unwrap();
    world.mark("BTC", 945);
    world.fill("BTC", "bob", "alice", 400, 945);
    assert_eq!(world.equity("alice"), 0, "all she had, and no more");
    assert_eq!(world.pot("fund"), 19_000, "asked 189,000, charged 18,000");
    assert_eq!(world.engine.state().losses.losses().count(), 0, "no loss came of it");
}

#[test]
fn a_backstop_buys_at_its_quote_inside_margin_and_budget() {
    let mut world = floor();
    let list = vec![spec(backstop(&world, 1_000_000_000)), spec(Route::Deleverage)];
    let of = routes(&world, list);
    set(&mut world, of).unwrap();
    events(&mut world);
    world.mark("BTC", 945);
    let happened = events(&mut world);
    let sold = happened.iter().find_map(|event| match event {
        closeout::Event::LegsSold { legs, bonus, .. } => Some((legs[0].2.lots(), bonus.atoms())),
        _ => None,
    });
    // 1 % of 945, rounded for the pool: it buys at 935.
    assert_eq!(sold, Some((124, 124 * 10)));
    // The discount is a little more than was reckoned: two lots more bring her to the target.
    assert_eq!(world.lots("backstop", "BTC"), 126);
    assert_eq!(world.equity("backstop"), 1_001_260);
    assert_eq!(world.lots("alice", "BTC"), 274);
    assert!(matches!(happened.last(), Some(closeout::Event::LiquidationEnded { .. })));
}

#[test]
fn a_backstop_with_no_budget_leaves_it_to_the_next_route() {
    let mut world = floor();
    let list = vec![spec(backstop(&world, 10)), spec(Route::Deleverage)];
    let of = routes(&world, list);
    set(&mut world, of).unwrap();
    world.mark("BTC", 945);
    assert_eq!(world.lots("backstop", "BTC"), 0);
    assert!(world.lots("alice", "BTC") < 400, "the other side took them at the mark");
    assert!(!world.engine.state().is_below_maintenance(world.id("alice")));
}

#[test]
fn a_bidder_takes_a_part_at_the_price_of_the_moment() {
    let mut world = floor();
    world.account("bidder", 500_000);
    let list = vec![spec(Route::Auction { course: COURSE })];
    let of = routes(&world, list);
    set(&mut world, of).unwrap();
    world.mark("BTC", 945);
    world.tick(900_000);
    let bid = |world: &mut World, from: &str, part| {
        let (from, bidder) = (world.party(from), world.id("bidder"));
        let command = closeout::Command::Bid { from, bidder, part };
        world.give(Actor::VENUE, Action::CloseOut(command))
    };
    // At 80 %: 4,680 / (4,680 + 14,400) of everything may be taken.
    let refused = bid(&mut world, "alice", 245_285).unwrap_err();
    assert_eq!(refused.code(), "part-above-most", "{refused}");
    bid(&mut world, "alice", 245_000).unwrap();
    assert_eq!((world.lots("alice", "BTC"), world.lots("bidder", "BTC")), (302, 98));
    // 24.5 % of 18,000 is worth 4,410; he pays 3,528 of it.
    assert_eq!(world.equity("bidder"), 500_882);
    assert_eq!(bid(&mut world, "bob", 100_000).unwrap_err().code(), "no-auction");
    assert_eq!(bid(&mut world, "alice", 1).unwrap_err().code(), "nothing-to-take");
}

/// What bidders left of the equity in what they took is hers: in many bids or in one, the same part
/// costs her the same.
#[test]
fn many_bids_take_no_more_of_the_equity_than_one() {
    let lost = |bids: &[u32]| {
        let mut world = floor();
        world.account("bidder", 500_000);
        let list = vec![spec(Route::Auction { course: COURSE })];
        let of = Routes { penalty: 0, ..routes(&world, list) };
        set(&mut world, of).unwrap();
        world.mark("BTC", 945);
        world.tick(900_000);
        let before = world.equity("alice");
        for part in bids {
            let (from, bidder) = (world.party("alice"), world.id("bidder"));
            let command = closeout::Command::Bid { from, bidder, part: *part };
            world.give(Actor::VENUE, Action::CloseOut(command)).unwrap();
        }
        (world.lots("alice", "BTC"), before - world.equity("alice"))
    };
    // 80 of 400, then a quarter less of what is left each time: 40 and 40.
    let (lots, one) = lost(&[200_000]);
    let (same, two) = lost(&[100_000, 111_112]);
    assert_eq!((lots, same), (320, 320));
    // A fifth of 18,000 was for sale, and he pays four fifths of it.
    assert_eq!((one, two), (720, 719), "each bid rounds for her");
}

#[test]
fn a_book_is_sold_with_a_growing_bonus() {
    let mut world = floor();
    world.account("bidder", 500_000);
    let list = vec![spec(Route::Auction { course: COURSE })];
    let of = routes(&world, list);
    set(&mut world, of).unwrap();
    world.set(Parameter::CloseOutTime, u128::from(10 * HOUR));
    world.mark("BTC", 890);
    world.loss_of("L1", "alice");
    world.tick(HOUR / 2);
    let (from, bidder) = (world.party("book/L1"), world.id("bidder"));
    let command = closeout::Command::Bid { from, bidder, part: 1_000_000 };
    world.give(Actor::VENUE, Action::CloseOut(command)).unwrap();
    // Half of the time has passed: half of 5 % of 356,000 on top of the hole of 4,000.
    assert_eq!(world.equity("bidder"), 508_900);
    assert_eq!(world.loss("L1").close_out.atoms(), 12_900);
}

#[test]
fn the_rate_limit_brakes_the_engines_own_routes() {
    for buys in [true, false] {
        let mut world = floor();
        let route = if buys { backstop(&world, 1_000_000_000) } else { Route::Deleverage };
        let mut of = routes(&world, vec![spec(route)]);
        of.breaker = at_most(40_000, HOUR);
        set(&mut world, of).unwrap();
        let closed = |world: &World| 400 - world.lots("alice", "BTC");
        world.mark("BTC", 945);
        let first = closed(&world);
        assert!(first > 0 && u64::try_from(first).unwrap() * 945 <= 40_000, "{route:?}: {first}");
        world.mark("BTC", 944);
        assert_eq!(closed(&world), first, "{route:?}: the window is full");
        world.tick(HOUR);
        assert!(closed(&world) > first, "{route:?}: and opens again");
    }
}

/// What a bidder takes of his own will uses nothing up of the limit.
#[test]
fn bids_do_not_count_in_the_rate_limit() {
    let mut world = floor();
    let list = vec![spec(Route::Auction { course: COURSE }), spec(backstop(&world, 1_000_000))];
    let of = Routes { breaker: at_most(40_000, 9 * HOUR), ..routes(&world, list) };
    set(&mut world, of).unwrap();
    world.mark("BTC", 945);
    world.tick(900_000);
    bid(&mut world, 245_000).unwrap();
    assert_eq!((world.lots("alice", "BTC"), world.lots("backstop", "BTC")), (302, 98));
    world.tick(HOUR);
    assert!(world.lots("alice", "BTC") < 302, "the backstop buys after the auction");
}

/// Where no lot fits in the limit any more, or nobody stands on the other side, time still passes.
#[test]
fn deleveraging_that_cannot_go_on_leaves_it_to_the_next_route() {
    let mut world = floor();
    let list = vec![spec(Route::Deleverage), spec(Route::Market)];
    let of = Routes { breaker: at_most(944, 9 * HOUR), ..routes(&world, list) };
    set(&mut world, of).unwrap();
    world.mark("BTC", 945);
    world.tick(HOUR);
    let of = world.engine.state().closeouts.liquidation(world.id("alice")).cloned();
    assert_eq!((of.map(|of| of.route), world.lots("alice", "BTC")), (Some(1), 400));
}

/// [`floor`] at 945, where Alice stands at `equity` and owes `share` of a loss, not yet taken.
fn owing(equity: u128, share: u128, penalty: u32, list: fn(&World) -> Vec<RouteSpec>) -> World {
    let mut world = floor();
    world.touched("deposits", true);
    world.waterfall(&["deposits"]);
    world.claim("deposits", "alice", 1, 30_000);
    if equity > 18_000 {
        world.deposit("alice", equity - 18_000);
    }
    let of = Routes { penalty, ..routes(&world, list(&world)) };
    set(&mut world, of).unwrap();
    world.mark("BTC", 945);
    world.report("L", share);
    let stands = (world.equity("alice"), world.lien("alice"));
    assert_eq!(stands, (equity.cast_signed(), share));
    world
}

/// The backstop, as a bidder, takes `part` millionths of Alice.
fn bid(world: &mut World, part: u32) -> Given {
    let (from, bidder) = (world.party("alice"), world.id("backstop"));
    let command = closeout::Command::Bid { from, bidder, part };
    world.give(Actor::VENUE, Action::CloseOut(command))
}

/// What a share that waits will take is not there for a penalty, nor for a bonus.
#[test]
fn penalty_and_bonus_leave_the_shares_that_wait() {
    type Case = (&'static str, u128, fn(&World) -> Vec<RouteSpec>, fn(&mut World), i128);
    let cases: [Case; 5] = [
        (
            "a fill",
            5_000,
            |_| vec![spec(Route::Market)],
            |world| world.fill("BTC", "bob", "alice", 400, 945),
            13_000,
        ),
        (
            "a backstop",
            5_000,
            |world| vec![spec(Route::Market), spec(backstop(world, 1_000_000))],
            |world| world.tick(HOUR),
            9_000,
        ),
        (
            "a backstop that is paid for half of it",
            16_000,
            |world| vec![spec(Route::Market), spec(backstop(world, 1_000_000))],
            |world| world.tick(HOUR),
            0,
        ),
        (
            "deleveraging",
            5_000,
            |_| vec![spec(Route::Market), spec(Route::Deleverage)],
            |world| world.tick(HOUR),
            13_000,
        ),
        (
            "a bid",
            5_000,
            |_| vec![spec(Route::Auction { course: COURSE })],
            // A fifth of 13,000 is worth 2,600, and 98 % of it is paid.
            |world| drop(bid(world, 200_000).unwrap()),
            12_948,
        ),
    ];
    for (case, share, list, act, charged) in cases {
        let mut world = owing(18_000, share, 500_000, list);
        act(&mut world);
        assert_eq!((world.equity("alice"), world.lien("alice")), (0, 0), "{case}");
        assert_eq!(world.pot("fund"), 1_000 + charged, "{case}");
        let losses = world.engine.state().losses.losses().count();
        assert_eq!(losses, 1, "{case}: no loss came of it");
    }
}

/// Who is liquidated because of what he owes is sold like anyone, out of what he has beyond it.
#[test]
fn an_auction_counts_what_the_account_owes() {
    // With 14,000 to 22,680, at 98 %: 8,680 / (8,680 + 13,720); of nothing, all.
    for (share, most, bonus) in [(10_000, 387_500, 108), (24_000, 1_000_000, 0)] {
        let list = |_: &World| vec![spec(Route::Auction { course: COURSE })];
        let mut world = owing(24_000, share, 10_000, list);
        if most < 1_000_000 {
            let refused = bid(&mut world, most + 1).unwrap_err();
            assert_eq!(refused.code(), "part-above-most", "{refused}");
        }
        bid(&mut world, most).unwrap();
        assert_eq!(world.equity("backstop"), 1_000_000 + bonus, "{share}");
        assert!(world.equity("alice") >= 0, "{share}");
    }
}

#[test]
fn every_reason_to_refuse_routes() {
    type Spoil = fn(&mut Routes);
    let cases: &[(&str, Spoil, &str)] = &[
        ("no route", |routes| routes.list.clear(), "flaw"),
        ("a penalty above all", |routes| routes.penalty = 1_000_001, "flaw"),
        ("no time", |routes| routes.list[0].time = 0, "flaw"),
        ("no window", |routes| routes.breaker = at_most(1, 0), "flaw"),
        (
            "a fund that is none",
            |routes| {
                routes.fund = rhodian_core::ids::LayerId(99);
            },
            "no-pot",
        ),
        (
            "an auction that rises",
            |routes| {
                let course = AuctionCourse { first: 1, ..COURSE };
                routes.list[0].route = Route::Auction { course };
            },
            "flaw",
        ),
    ];
    for (case, spoil, code) in cases {
        let mut world = floor();
        let mut of = routes(&world, vec![spec(Route::Market)]);
        spoil(&mut of);
        let refused = set(&mut world, of).expect_err(case);
        assert_eq!(refused.code(), *code, "{case}: {refused}");
    }
}

/// T16: a pair long A and short its twin is not torn apart while others are leveraged.
#[test]
fn t16_a_hedged_pair_is_reached_last() {
    let mut world = floor();
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    world.account("pair", 30_000);
    world.fill("BTC", "backstop", "pair", 50, 1_000);
    world.fill("ETH", "pair", "bob", 50, 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.mark("BTC", 890);
    assert_eq!(world.lots("alice", "BTC"), 0);
    assert_eq!(world.lots("pair", "BTC"), -50, "net exposure is nothing: it gives nothing");
    assert!(world.lots("bob", "BTC") > -200 && world.lots("carol", "BTC") > -200);
}

/// Found by the fuzz: in a domain in settlement everything is held until the ranks are paid, and
/// the hold made healthy accounts look as if they were below maintenance. It liquidates nobody.
#[test]
fn a_settlement_liquidates_nobody() {
    let mut world = floor();
    let of = routes(&world, vec![spec(Route::Deleverage)]);
    set(&mut world, of).unwrap();
    world.report("L", 5_000);
    assert_eq!(world.uncovered(), -4_000);
    let (status, domain, cause) =
        (Status::Settling, Some(crate::world::DOMAIN), crate::world::name("end"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    world.tick(1);
    assert_eq!((world.free("bob"), world.lots("alice", "BTC")), (0, 400), "held, not closed");
    assert!(!world.engine.state().is_below_maintenance(world.id("alice")));
}

/// A book's routes are tried in their order: a backstop that can buy nothing is passed by.
#[test]
fn a_book_goes_to_the_next_backstop_where_the_first_is_used_up() {
    for (budget, buys) in [(1_000_000, "backstop"), (100, "second")] {
        let mut world = floor();
        world.account("second", 1_000_000);
        let (first, mut second) = (backstop(&world, budget), backstop(&world, 1_000_000));
        if let Route::Backstop { account, .. } = &mut second {
            *account = world.id("second");
        }
        let of = routes(&world, vec![spec(first), spec(second)]);
        set(&mut world, of).unwrap();
        world.mark("BTC", 890);
        world.loss_of("L1", "alice");
        for name in ["backstop", "second"] {
            let lots = if name == buys { 400 } else { 0 };
            assert_eq!(world.lots(name, "BTC"), lots, "{name}, budget {budget}");
        }
    }
}

/// Whole lots round down; a bidder is paid for what he takes, so many small bids cost no more than
/// one: the large leg cannot be left behind while its bonus is collected.
#[test]
fn many_small_bids_are_paid_for_what_they_take() {
    let mut world = World::venue(0, 100_000);
    world.list(perpetual("DOGE"));
    world.mark("DOGE", 1);
    world.set(Parameter::CloseOutTime, u128::from(100 * HOUR));
    for (name, cash) in [("alice", 21_000), ("bob", 900_000), ("bidder", 900_000)] {
        world.account(name, cash);
    }
    world.fill("BTC", "alice", "bob", 1, 100_000);
    world.fill("DOGE", "alice", "bob", 1_000, 1);
    let of = routes(&world, vec![spec(Route::Auction { course: COURSE })]);
    set(&mut world, of).unwrap();
    world.mark("BTC", 70_000);
    world.loss_of("L1", "alice");
    world.tick(2 * HOUR);
    for _ in 0..10 {
        let (from, bidder) = (world.party("book/L1"), world.id("bidder"));
        let command = closeout::Command::Bid { from, bidder, part: 500_000 };
        let _ = world.give(Actor::VENUE, Action::CloseOut(command));
    }
    assert_eq!(world.lots("bidder", "BTC"), 0, "half of one lot is none");
    let bonus = world.equity("bidder") - 900_000;
    assert!((0..=50).contains(&bonus), "5 % of the DOGE he took at most: {bonus}");
}

/// Nobody is paid for taking back his own.
#[test]
fn a_failed_owner_does_not_buy_his_own_book() {
    let mut world = floor();
    world.account_of("alice-2", "alice", 500_000);
    let list = vec![spec(Route::Auction { course: COURSE })];
    let of = routes(&world, list);
    set(&mut world, of).unwrap();
    world.mark("BTC", 890);
    world.loss_of("L1", "alice");
    let (from, bidder) = (world.party("book/L1"), world.id("alice-2"));
    let command = closeout::Command::Bid { from, bidder, part: 1_000_000 };
    let refused = world.give(Actor::VENUE, Action::CloseOut(command)).unwrap_err();
    assert_eq!(refused.code(), "own-auction");
}
