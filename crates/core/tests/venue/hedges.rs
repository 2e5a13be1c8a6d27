//! Liquidation of a hedged account: no leg goes before the others.

use crate::world::venue::{perpetual, routes};
use crate::world::{World, amount};
use rhodian_core::closeout::{self, Route, Routes};
use rhodian_core::liquidation::breaker::{Breaker, Limit};
use rhodian_core::units::Amount;

/// Bob stands against everybody.
fn floor() -> World {
    let mut world = World::venue(1_000, 1_000);
    world.account("bob", 100_000);
    world
}

#[test]
fn hedged_legs_are_closed_in_proportion() {
    let mut world = floor();
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    world.account("dora", 62_000);
    world.fill("BTC", "dora", "bob", 300, 1_000);
    world.fill("ETH", "bob", "dora", 300, 1_000);
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    world.close_outs();
    // Her short rises: 62,000 - 33,000 = 29,000 against 5 % of 633,000.
    world.mark("ETH", 1_110);
    let plan = world.close_outs().into_iter().find_map(|event| match event {
        closeout::Event::LiquidationBegun { plan, .. } => Some(plan),
        _ => None,
    });
    let plan = plan.expect("a liquidation");
    assert_eq!(plan.len(), 2);
    assert_eq!(plan[0].1.lots(), -plan[1].1.lots(), "the hedge survives: {plan:?}");
}

/// Auto-deleveraging is one market a command: every leg of the plan goes before another is made.
/// What closing would cost in a market does not count: the mark is the price.
#[test]
fn a_hedge_goes_to_the_other_side_in_proportion() {
    for slippage in [0, 30_000] {
        let (world, plans) = deleveraged(slippage, Amount::MAX);
        let left = ["BTC", "ETH", "SOL"].map(|market| world.lots("dora", market));
        assert_eq!((left[0], left[2], plans), (-left[1], -left[1], 1), "{left:?}");
        assert!((1..300).contains(&left[0]), "{left:?}");
        assert!(!world.engine.state().is_below_maintenance(world.id("dora")));
    }
}

/// So much as the rate limit lets go now, of every leg the same part.
#[test]
fn a_limit_takes_a_part_of_every_leg() {
    let (world, _) = deleveraged(0, amount(138_000));
    let left = ["BTC", "ETH", "SOL"].map(|market| world.lots("dora", market));
    // 43 lots of each are 137,600; no lot is worth 400.
    assert_eq!(left, [257, -257, 257]);
    // Less than a lot of each: none goes before there is room for all, unless there never is.
    let (world, _) = deleveraged(0, amount(3_199));
    assert_eq!(world.lots("dora", "BTC"), 297, "a limit below a lot of each takes what fits");
}

/// Dora, long BTC and SOL and short ETH, 300 each, after ETH rose to 1,200; how many plans there
/// were.
fn deleveraged(slippage: u32, rate_limit: Amount) -> (World, usize) {
    let mut world = floor();
    for text in ["ETH", "SOL"] {
        world.list(perpetual(text));
        world.mark(text, 1_000);
    }
    world.account("dora", 100_000);
    world.deposit("bob", 1_000_000);
    world.fill("BTC", "dora", "bob", 300, 1_000);
    world.fill("ETH", "bob", "dora", 300, 1_000);
    world.fill("SOL", "dora", "bob", 300, 1_000);
    let of = routes(&world, "fund", &[Route::Deleverage]);
    let limits = vec![Limit { value: rate_limit, window: 3_600_000 }];
    let breaker = Breaker { limits, stages: vec![] };
    world.set_routes(Routes { slippage, breaker, ..of }).unwrap();
    world.close_outs();
    // Her short rises: 100,000 - 60,000 = 40,000 against 5 % of 960,000.
    world.mark("ETH", 1_200);
    let happened = world.close_outs();
    let planned =
        |event: &&closeout::Event| matches!(event, closeout::Event::DeleveragingPlanned { .. });
    let plans = happened.iter().filter(planned).count();
    (world, plans)
}
