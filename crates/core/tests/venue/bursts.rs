//! Many accounts at one mark: each is deleveraged on its own, and those who give are ranked once.
//! The world gives every command to an engine without a watch, too, which looks at everyone each
//! time, and asks after each that all rankings are what a scan finds.

use std::collections::BTreeSet;

use crate::world::World;
use crate::world::venue::routes;
use rhodian_core::closeout::{self, Route};
use rhodian_core::engine::Event;
use rhodian_core::market;
use rhodian_core::units::Price;

const LONGS: u64 = 12;
const MARKETS: [&str; 2] = ["BTC", "ETH"];

/// Every other long is long Bitcoin, against shorts of its own.
fn market_of(long: u64) -> &'static str {
    MARKETS[usize::from(long % 2 == 1)]
}

/// Twelve longs fall below maintenance together; of twenty-four shorts the poorest give, in
/// several markets, and the richest are not reached.
#[test]
fn twelve_are_deleveraged_at_one_mark_and_the_most_leveraged_give() {
    let mut world = World::venue(1_000, 1_000);
    world.list(crate::world::venue::perpetual("ETH"));
    world.mark("ETH", 1_000);
    for place in 0..LONGS {
        world.account(&format!("long-{place}"), 2_000);
        for short in [2 * place, 2 * place + 1] {
            // Of unlike leverage, and in no order of their ids.
            let rank = u128::from(short * 7 % 24);
            let cash = 1_100 + 200 * rank * rank;
            world.account(&format!("short-{short}"), cash);
            let (buyer, seller) = (format!("long-{place}"), format!("short-{short}"));
            world.fill(market_of(place), &buyer, &seller, 10, 1_000);
        }
    }
    let routes = routes(&world, "fund", &[Route::Deleverage]);
    world.set_routes(routes).unwrap();
    world.records.clear();
    let price = Price::new(940).unwrap();
    let marks = MARKETS.map(|market| (world.market_id(market), price)).to_vec();
    world.market_do(market::Command::Mark { marks }).unwrap();
    let from = |event: &Event| match event {
        Event::CloseOut(closeout::Event::Deleveraged { from, market, .. }) => {
            Some((*market, *from))
        }
        _ => None,
    };
    let events = world.records.iter().flat_map(|record| &record.events);
    let each: BTreeSet<_> = events.filter_map(from).collect();
    assert_eq!(each.len() as u64, LONGS, "every long, in its market: {each:?}");
    for market in MARKETS {
        let shorts: Vec<String> = (0..2 * LONGS)
            .filter(|place| market_of(place / 2) == market)
            .map(|place| format!("short-{place}"))
            .collect();
        let longs: i64 = (0..LONGS).map(|of| world.lots(&format!("long-{of}"), market)).sum();
        let held = |name: &String| -world.lots(name, market);
        assert_eq!(longs, shorts.iter().map(held).sum::<i64>(), "{market}");
        let (whole, gave): (Vec<&String>, Vec<&String>) =
            shorts.iter().partition(|name| held(name) == 10);
        assert!(whole.len() > 2 && gave.len() > 5, "{market}: {whole:?}, {gave:?}");
        // With the last lot back, who gave is as leveraged as anyone who gave none.
        for (giver, other) in gave.iter().flat_map(|one| whole.iter().map(move |of| (one, of))) {
            let of_giver = i128::from(held(giver) + 1) * world.equity(other);
            let of_other = i128::from(held(other)) * world.equity(giver);
            assert!(of_giver >= of_other, "{market}: {giver} gave before {other}");
        }
    }
}
