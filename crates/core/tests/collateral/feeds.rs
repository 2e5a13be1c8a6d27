//! Collateral that is marked from a feed of three sources, of which two must count. Alice is long
//! 50 lots on 10,000 USDC and no cash, Bob holds USDC and trades nothing yet, Carol stands on the
//! other side with cash. A thousand ticks are par; nine tenths count to open, 95 % to keep.

use crate::world::acts::Given;
use crate::world::collateral::{
    NEXT, USDC, accept, ask, counts, free, post, price, sell, take_out, trader, usdc, usdc_of,
    venue,
};
use crate::world::feeds::{open_feed, say_all, say_of};
use crate::world::lending::{Ask, borrower, lender, only_loss, pool_of, spec};
use crate::world::{ASSET, World};
use rhodian_core::account;
use rhodian_core::collateral::{CollateralSpec, Command, Event as Happened, Rejection as Why};
use rhodian_core::engine::{Event, Rejection};
use rhodian_core::ids::FeedId;
use rhodian_core::ledger::Holder;
use rhodian_core::margin::Level;
use rhodian_core::market;
use rhodian_core::oracle::{self, Kind, Quality};

/// The feed of USDC: the first.
const FEED: FeedId = FeedId(0);

fn attach(world: &mut World, feed: Option<FeedId>) -> Given {
    ask(world, Command::AttachFeed { asset: USDC, settled: ASSET, feed })
}

fn refresh(world: &mut World) -> Given {
    ask(world, Command::MarkFromFeed { asset: USDC, settled: ASSET })
}

fn marked_at(world: &World) -> Option<u64> {
    let found = world.engine.state().collaterals.collateral(ASSET, USDC)?;
    found.mark.map(|mark| mark.ticks())
}

fn anyone_failed(world: &World) -> bool {
    world.engine.state().losses.losses().next().is_some()
}

fn quality(world: &World) -> Quality {
    let state = world.engine.state();
    state.oracle.answer(FEED, state.now()).unwrap().quality
}

/// A venue whose USDC is marked from a feed; all sources say par.
fn fed(spec: CollateralSpec) -> World {
    let mut world = venue(spec);
    open_feed(&mut world, "USDC index", Kind::Price);
    attach(&mut world, Some(FEED)).unwrap();
    say_all(&mut world, FEED, 1_000);
    world
}

fn floor() -> World {
    let mut world = fed(usdc());
    trader(&mut world, "alice", 0, 10_000);
    trader(&mut world, "bob", 0, 10_000);
    world.fill("BTC", "alice", "carol", 50, 1_000);
    world
}

/// All sources say `ticks` every second, a tick more in every second one of them.
fn all_say(world: &mut World, ticks: u64, seconds: u64) {
    for second in 0..seconds {
        world.tick(1_000);
        say_all(world, FEED, ticks + second % 2);
    }
}

/// What sources do for how long; what then stands, and what may be done. Of Alice: what her
/// collateral counts for to open and to keep, and whether she failed.
struct Case {
    name: &'static str,
    /// By second: what each source says, nothing where it is silent.
    says: fn(u64) -> [Option<u64>; 3],
    seconds: u64,
    quality: Quality,
    mark: u64,
    opens: u128,
    keeps: u128,
    /// What Bob, who holds 10,000 and trades one lot, may take out.
    bobs: u128,
}

fn check(case: &Case) {
    let mut world = floor();
    world.fill("BTC", "bob", "carol", 1, 1_000);
    for second in 1..=case.seconds {
        world.tick(1_000);
        for (id, said) in (0..).zip((case.says)(second)) {
            if let Some(units) = said {
                say_of(&mut world, FEED, id, units).unwrap();
            }
        }
    }
    let name = case.name;
    assert_eq!(quality(&world), case.quality, "{name}: quality");
    assert_eq!(marked_at(&world), Some(case.mark), "{name}: mark");
    assert_eq!(counts(&world, "alice", Level::Initial), case.opens, "{name}: to open");
    assert_eq!(counts(&world, "alice", Level::Maintenance), case.keeps, "{name}: to keep");
    assert_eq!(free(&world, "bob"), case.bobs, "{name}: free");
    assert!(!anyone_failed(&world), "{name}: nobody fails");
}

const CASES: &[Case] = &[
    Case {
        name: "all agree at par",
        says: |second| [Some(1_000 + second % 2); 3],
        seconds: 10,
        quality: Quality::Settlement,
        mark: 1_000,
        opens: 9_000,
        keeps: 9_500,
        bobs: 9_888,
    },
    Case {
        name: "nobody reports: nothing opens or leaves on it, and it keeps at its last mark",
        says: |_| [None; 3],
        seconds: 40,
        quality: Quality::Indicative,
        mark: 1_000,
        opens: 0,
        keeps: 9_500,
        bobs: 0,
    },
    Case {
        name: "one source prints a tenth, and is left out",
        says: |second| [Some(1_000 + second % 2), Some(1_001 - second % 2), Some(100)],
        seconds: 4,
        quality: Quality::Settlement,
        mark: 1_000,
        opens: 9_000,
        keeps: 9_500,
        bobs: 9_888,
    },
    Case {
        name: "sources lie apart: it only marks, so that nobody is judged at it",
        says: |second| [Some(1_000 + second % 2), Some(960), Some(975)],
        seconds: 4,
        quality: Quality::Mark,
        mark: 1_000,
        opens: 0,
        keeps: 9_500,
        bobs: 0,
    },
    Case {
        name: "all print a tenth for a second: a jump, and the mark stays",
        says: |second| [Some(if second == 3 { 100 } else { 1_000 + second % 2 }); 3],
        seconds: 3,
        quality: Quality::Mark,
        mark: 1_000,
        opens: 0,
        keeps: 9_500,
        bobs: 0,
    },
    Case {
        name: "on its way down: good enough to liquidate at, not to open or let money out",
        says: |second| [Some(if second > 2 { 960 } else { 1_000 + second % 2 }); 3],
        seconds: 3,
        quality: Quality::Liquidation,
        mark: 1_000,
        opens: 0,
        keeps: 9_500,
        bobs: 0,
    },
    Case {
        name: "what it gains counts to keep at once, and to open when it has lasted",
        says: |second| [Some(1_000 + second.min(100) * 2); 3],
        seconds: 110,
        quality: Quality::Settlement,
        mark: 1_170,
        opens: 9_297,
        keeps: 11_115,
        bobs: 9_891,
    },
];

#[test]
fn what_a_feed_says_and_what_then_counts() {
    CASES.iter().for_each(check);
}

/// The peg breaks, all sources follow: the value walks, the mark follows by jumps, and who cannot
/// keep his legs fails by it. He was never judged at a price worse than the feed's.
#[test]
fn a_depeg_that_all_sources_see_is_a_loss() {
    let mut world = floor();
    world.mark("BTC", 830);
    assert_eq!(world.equity("alice"), 1_000);
    all_say(&mut world, 880, 7);
    assert_eq!((quality(&world), marked_at(&world)), (Quality::Mark, Some(1_000)));
    // Once the gap is no jump any more the engine marks what strayed by one; what is nearer the
    // venue marks when it likes.
    all_say(&mut world, 880, 30);
    assert_eq!((marked_at(&world), world.equity("alice")), (Some(922), 259));
    refresh(&mut world).unwrap();
    let loss = world.loss_of("alice", "alice");
    assert_eq!(world.loss("alice").cause, crate::world::name("USDC below its peg"));
    assert_eq!(usdc_of(&world, Holder::Book(loss)), 10_000);
    // Sold at no less than the mark less the discount; the mark is where the feed took it.
    let mark = u128::from(marked_at(&world).unwrap());
    let least = (mark * 10 * 98).div_ceil(100);
    let refused = sell(&mut world, loss, 1, 10_000, least - 1).unwrap_err();
    assert_eq!(refused.code(), "below-floor");
    sell(&mut world, loss, 1, 10_000, least).unwrap();
}

/// The same fall, said by one source alone or by all for one second, takes nobody's legs.
#[test]
fn a_wrong_print_is_not() {
    for all in [false, true] {
        let mut world = floor();
        world.mark("BTC", 830);
        all_say(&mut world, 1_000, 4);
        world.tick(1_000);
        for id in 0..if all { 3 } else { 1 } {
            say_of(&mut world, FEED, id, 200).unwrap();
        }
        let refused = refresh(&mut world);
        assert_eq!(refused.is_err(), all, "the other two still say par");
        all_say(&mut world, 1_000, 5);
        let stands = (marked_at(&world), world.equity("alice"));
        let expected = if all { (Some(1_000), 1_000) } else { (Some(1_001), 1_009) };
        assert_eq!(stands, expected, "all {all}");
        assert!(!anyone_failed(&world), "all {all}");
    }
}

/// An atom of a token whose feed is dead shields nobody from liquidation: what was once good enough
/// to liquidate at still is.
#[test]
fn a_silent_feed_holds_up_no_loss() {
    let mut world = floor();
    world.tick(60_000);
    assert_eq!(quality(&world), Quality::Indicative);
    world.mark("BTC", 810);
    assert_eq!((world.equity("alice"), anyone_failed(&world)), (0, false));
    world.mark("BTC", 809);
    assert!(anyone_failed(&world));
}

/// Who owes takes nothing out while his collateral has no price; who does not trade, or whose cash
/// covers all, takes it out whatever its price.
#[test]
fn what_covers_nothing_leaves_without_a_price() {
    let mut world = floor();
    world.tick(60_000);
    assert_eq!(take_out(&mut world, "alice", NEXT, 1).unwrap_err().code(), "withdrawal-above-free");
    assert_eq!(free(&world, "bob"), 10_000);
    take_out(&mut world, "bob", NEXT, 10_000).unwrap();
    let (account, amount) = (world.id("alice"), crate::world::amount(14_000));
    let number = NEXT + 1;
    world.account_do(account::Command::Deposit { account, number, asset: ASSET, amount });
    assert_eq!(free(&world, "alice"), 10_000, "cash covers the margin of 5,000");
    assert_eq!(world.free("alice"), 9_000, "and nothing beside it covers any");
}

/// What a feed lifts within moments opens and borrows nothing: who pumps his own token is not paid
/// for it.
#[test]
fn a_pump_opens_nothing() {
    let mut world = floor();
    all_say(&mut world, 1_000, 2);
    // A tenth a minute, in steps that the feed takes.
    for minute in 0..6 {
        all_say(&mut world, 1_000 + minute * 100, 60);
    }
    let mark = marked_at(&world).unwrap();
    assert!(mark > 1_400, "{mark}");
    let opens = counts(&world, "bob", Level::Initial);
    assert!(opens < 10_500, "{opens}: the slow value is 11 % up in six minutes");
}

/// Marks of a market and of collateral are taken in one command: who is short in the market against
/// what he holds of it stands on both legs.
#[test]
fn markets_and_collateral_are_marked_together() {
    let mut world = floor();
    let market = world.market_id("BTC");
    open_feed(&mut world, "BTC index", Kind::Price);
    let feeds = market::Feeds { price: Some(FeedId(1)), ..Default::default() };
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    let both = |world: &mut World, ticks| {
        world.tick(1_000);
        say_all(world, FEED, ticks);
        say_all(world, FeedId(1), ticks);
    };
    both(&mut world, 1_000);
    both(&mut world, 1_010);
    let command = market::Command::MarkFromFeeds { markets: vec![market] };
    let records = world.market_do(command).unwrap();
    let events = &records[0].events;
    let [Event::Market(first), Event::Collateral(second)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(matches!(first, market::Event::Marked { .. }));
    let marked = Happened::Marked { asset: USDC, settled: ASSET, price: price(1_010) };
    assert_eq!(*second, marked);
    // Where one strays both are marked: the market is a tenth down, the collateral 2 %.
    for _ in 0..12 {
        world.tick(1_000);
        say_all(&mut world, FEED, 990);
        say_all(&mut world, FeedId(1), 930);
    }
    assert_eq!(marked_at(&world), Some(990));
}

/// Each refusal with what leads to it.
#[test]
fn what_is_refused() {
    let at = |ticks| Command::Mark { asset: USDC, settled: ASSET, price: price(ticks) };
    let mut world = fed(usdc());
    let refused = ask(&mut world, at(900)).unwrap_err();
    assert_eq!(refused, Rejection::Collateral(Why::HasFeed { asset: USDC }));
    open_feed(&mut world, "BTC depth", Kind::Depth);
    for feed in [FeedId(1), FeedId(7)] {
        let refused = attach(&mut world, Some(feed)).unwrap_err();
        assert_eq!(refused, Rejection::Collateral(Why::WrongFeed { asset: USDC, feed }));
    }
    world.tick(60_000);
    let refused = refresh(&mut world).unwrap_err();
    assert_eq!(refused.code(), "price-unfit", "{refused}");
    // Taken away, the venue marks again, and there is nothing to mark from.
    attach(&mut world, None).unwrap();
    ask(&mut world, at(900)).unwrap();
    let refused = refresh(&mut world).unwrap_err();
    assert_eq!(refused, Rejection::Collateral(Why::NoFeed { asset: USDC, settled: ASSET }));
    // Accepted anew, a collateral keeps its feed.
    attach(&mut world, Some(FEED)).unwrap();
    accept(&mut world, usdc()).unwrap();
    assert_eq!(ask(&mut world, at(900)).unwrap_err().code(), "has-feed");
}

/// A collateral without a mark gets its first as soon as its feed is good enough; until then it
/// counts for nothing.
#[test]
fn the_first_mark_comes_from_the_feed() {
    let mut world = World::venue(1_000, 1_000);
    let usdc_asset =
        rhodian_core::domain::Command::AddAsset { name: crate::world::name("USDC"), decimals: 2 };
    world.domain_do(usdc_asset);
    accept(&mut world, usdc()).unwrap();
    open_feed(&mut world, "USDC index", Kind::Price);
    attach(&mut world, Some(FEED)).unwrap();
    world.account("alice", 0);
    post(&mut world, "alice", 1_000, 10_000).unwrap();
    say_of(&mut world, FEED, 0, 1_000).unwrap();
    assert_eq!((marked_at(&world), counts(&world, "alice", Level::Maintenance)), (None, 0));
    say_of(&mut world, FEED, 1, 1_000).unwrap();
    assert_eq!(marked_at(&world), Some(1_000));
    assert_eq!(counts(&world, "alice", Level::Initial), 9_000);
}

/// A time that is declared wrong takes the reports of it with it: nothing counts to open.
#[test]
fn declared_wrong_counts_for_nothing_to_open() {
    let mut world = floor();
    let (from, to) = (world.at, world.at);
    world.tick(1_000);
    let command = oracle::Command::DeclarePriceError { feed: FEED, from, to, evidence: [0; 32] };
    world.must(rhodian_core::engine::Action::Oracle(command));
    assert_eq!(counts(&world, "bob", Level::Initial), 0);
    assert_eq!(counts(&world, "alice", Level::Maintenance), 9_500);
}

/// A pool lends nothing on a price that is not there, gives nothing back for it and lets nobody
/// liquidate at it; a fall that all sources see makes the loan fail.
#[test]
fn loans_follow_the_feed_too() {
    let mut world = pool_of(spec(), 0);
    lender(&mut world, "alice", 50_000);
    lender(&mut world, "carol", 1_000);
    world.deposit("carol", 10_000);
    borrower(&mut world, "bob", 10, 5_000);
    open_feed(&mut world, "ETH index", Kind::Price);
    attach(&mut world, Some(FEED)).unwrap();
    say_all(&mut world, FEED, 1_000);
    Ask(&mut world, "bob").borrow(1_000).unwrap();
    let code = |given: Given| given.unwrap_err().code();

    world.tick(60_000);
    assert_eq!(code(Ask(&mut world, "bob").borrow(1)), "above-borrowable");
    assert_eq!(code(Ask(&mut world, "bob").release(1)), "above-borrowable");

    all_say(&mut world, 700, 60);
    // The steps of a silent minute were kept: the value is there at once.
    assert_eq!(marked_at(&world), Some(700), "8/10 of 7,000 keep 5,600 of 6,000");
    world.tick(60_000);
    assert_eq!(code(Ask(&mut world, "carol").liquidate("bob", 1_000)), "price-unfit");
    all_say(&mut world, 700, 2);
    Ask(&mut world, "carol").liquidate("bob", 1_000).unwrap();

    all_say(&mut world, 500, 90);
    let (_, loss) = only_loss(&world);
    assert_eq!(loss.failed, Some(world.id("bob")));
}
