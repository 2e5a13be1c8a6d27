//! Traps that real venues fell into, T13 to T28: prices, deleveraging, the backstop, who leaves and
//! who waits. T1 to T7 stand in `traps`.

use crate::world::World;
use crate::world::venue::{backstop, perpetual, routes};
use rhodian_core::closeout::{self, Route};
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::LossId;
use rhodian_core::loss::Stage;
use rhodian_core::market::{self, MarketSpec, Party, StepLimits};
use rhodian_core::units::Price;

const HOUR: u64 = 3_600_000;
/// 3.5 % of price, 0.1 % of funding and 1 % of penalty: 4.635 % against 5 % of maintenance.
const STEPS: StepLimits = StepLimits { price: 35_000, funding: 1_000, penalty: 10_000 };

/// The gross lots that deleveraging moved, and to whom.
fn taken(events: &[closeout::Event]) -> Vec<(Party, i64)> {
    let moved = events.iter().filter_map(|event| match event {
        closeout::Event::Deleveraged { taken, .. } => Some(taken.clone()),
        _ => None,
    });
    moved.flatten().map(|(party, lots)| (party, lots.lots())).collect()
}

/// T13 (Drift, September 2025): users were liquidated on a single wrong print. In a market with
/// steps a mark beyond one is refused before anything changes; what the oracle makes of prints is
/// tested with the oracle.
#[test]
fn t13_a_single_wrong_mark_is_refused() {
    let mut world = World::venue(0, 1_000);
    world.list(MarketSpec { steps: Some(STEPS), ..perpetual("LINK") });
    world.mark("LINK", 20_880);
    world.account("alice", 100_000);
    world.account("bob", 100_000);
    world.fill("LINK", "alice", "bob", 40, 20_880);
    let (digest, market) = (world.engine.state().digest(), world.market_id("LINK"));
    for wrong in [6_020, 1, 20_149, 21_611, 1_000_000] {
        let marks = vec![(world.market_id("BTC"), Price::new(999).unwrap())];
        let marks = [marks, vec![(market, Price::new(wrong).unwrap())]].concat();
        let refused = world.market_do(market::Command::Mark { marks }).unwrap_err();
        assert_eq!(refused.code(), "step-above-limit", "{refused}");
        assert_eq!(world.engine.state().digest(), digest, "nor does any other market's mark");
    }
    for right in [20_150, 20_800, 21_528] {
        world.mark("LINK", right);
    }
    assert_eq!(world.lots("alice", "LINK"), 40);
}

/// T13: a real fall of two thirds takes as many marks as it has steps, and after each of them who
/// fell below maintenance is closed out in part: Alice comes out of it above zero.
#[test]
fn t13_a_real_fall_is_a_staircase() {
    let mut world = World::venue(0, 1_000);
    world.list(MarketSpec { steps: Some(STEPS), ..perpetual("LINK") });
    world.mark("LINK", 20_880);
    world.account("alice", 100_000);
    world.account("bob", 1_000_000);
    let of = routes(&world, "fund", &[Route::Deleverage]);
    world.set_routes(of).unwrap();
    world.fill("LINK", "alice", "bob", 45, 20_880);
    let (mut price, mut marks) = (20_880, 0);
    while price > 6_020 {
        price = (price - price * 35 / 1_000).max(6_020);
        world.mark("LINK", price);
        marks += 1;
    }
    assert!(marks >= 35, "{marks} marks");
    assert_eq!(world.engine.state().losses.losses().count(), 0);
    assert!(world.equity("alice") > 0 && world.lots("alice", "LINK") < 45);
}

/// Alice fails against eight shorts of different leverage, opened in the given order: how many
/// lots deleveraging took of each, by name.
fn deleveraged(fund: u128, order: &[usize]) -> Vec<(usize, i64)> {
    let mut world = World::venue(fund, 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.account("alice", 80_000);
    for place in order {
        let text = format!("s{place}");
        world.account(&text, 12_000 + 9_000 * *place as u128);
        world.fill("BTC", "alice", &text, 100, 1_000);
    }
    world.close_outs();
    world.mark("BTC", 890);
    let events = world.close_outs();
    let mut rows: Vec<_> = order
        .iter()
        .map(|place| {
            let party = world.party(&format!("s{place}"));
            let of = taken(&events).into_iter().filter(|(other, _)| *other == party);
            (*place, of.map(|(_, lots)| lots).sum())
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// T14 (dYdX): deleveraging began at a random account while the help page promised a ranking, and
/// an account that gapped went there although the fund was full. Here the order is the published
/// one, leverage first, whoever came first; and how full the fund is changes neither the route nor
/// whom it reaches: the fund pays the hole, the lots go where they go.
#[test]
fn t14_the_order_is_the_published_one() {
    let forth: Vec<usize> = (0..8).collect();
    let back: Vec<usize> = (0..8).rev().collect();
    let mixed = [3, 0, 7, 5, 1, 6, 2, 4];
    let expected = deleveraged(0, &forth);
    assert_eq!(expected.iter().map(|(_, lots)| lots).sum::<i64>(), 800);
    for order in [&forth[..], &back[..], &mixed[..]] {
        for fund in [0, 1, 1_000_000_000] {
            assert_eq!(deleveraged(fund, order), expected, "fund {fund}, order {order:?}");
        }
    }
}

/// T14: an account that gapped goes to the market first, however little the fund holds: assigning
/// lots is for what the market cannot take in time, or too dearly.
#[test]
fn t14_a_gapped_account_goes_to_the_market_first() {
    for fund in [0, 1_000_000_000] {
        let mut world = World::venue(fund, 1_000);
        for (text, cash) in [("alice", 80_000), ("bob", 200_000), ("carol", 100_000)] {
            world.account(text, cash);
        }
        world.fill("BTC", "alice", "bob", 800, 1_000);
        world.mark("BTC", 890);
        world.loss_of("L", "alice");
        let begun = |world: &World| world.engine.state().closeouts.deleveraging(LossId(0));
        assert_eq!((world.lots("book/L", "BTC"), begun(&world)), (800, None), "fund {fund}");
        world.fill("BTC", "carol", "book/L", 500, 888);
        world.tick(HOUR - 1);
        assert_eq!((world.lots("book/L", "BTC"), begun(&world)), (300, None), "fund {fund}");
        world.tick(1);
        assert_eq!(world.lots("book/L", "BTC"), 0, "fund {fund}: its time is out");
        assert!(begun(&world).is_some() && world.lots("bob", "BTC") == -500, "fund {fund}");
    }
}

/// T14: when the need is less than all, the most leveraged give first.
#[test]
fn t14_the_most_leveraged_give_first() {
    let mut world = World::venue(0, 1_000);
    world.account("alice", 22_000);
    world.account("whale", 10_000_000);
    for (text, cash) in [("s0", 12_000), ("s1", 30_000), ("s2", 90_000)] {
        world.account(text, cash);
        world.fill("BTC", "whale", text, 100, 1_000);
    }
    world.fill("BTC", "alice", "whale", 120, 1_000);
    let of = routes(&world, "fund", &[Route::Deleverage]);
    world.set_routes(of).unwrap();
    world.mark("BTC", 859);
    let lots = ["s0", "s1", "s2"].map(|text| -world.lots(text, "BTC"));
    assert!(lots[0] < lots[1] && lots[1] <= lots[2], "{lots:?}");
    assert_eq!(lots[2], 100, "the least leveraged gives nothing: {lots:?}");
}

/// T15 (GMX): a keeper picked whom to deleverage, at any price. Here nobody outside can: the duty
/// is refused of everyone but the engine, of the engine when it is not due, and the price is the
/// mark.
#[test]
fn t15_nobody_chooses_whom_to_deleverage_or_the_price() {
    let mut world = World::venue(0, 1_000);
    world.account("alice", 40_000);
    world.account("bob", 100_000);
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world.mark("BTC", 890);
    world.loss_of("L", "alice");
    let (loss, market, bob) = (LossId(0), world.market_id("BTC"), world.id("bob"));
    for duty in [
        closeout::Duty::BeginDeleveraging { loss },
        closeout::Duty::Deleverage { loss, market },
        closeout::Duty::DeleverageAccount { account: bob, market },
    ] {
        let action = Action::CloseOutDuty(duty);
        let refused = world.give(Actor::VENUE, action.clone()).unwrap_err();
        assert_eq!(refused.code(), "not-for-actor");
        assert_eq!(world.give(Actor::ENGINE, action).unwrap_err().code(), "not-due");
    }
    world.close_outs();
    world.mark("BTC", 885);
    world.tick(HOUR);
    let prices: Vec<u64> = world
        .close_outs()
        .iter()
        .filter_map(|event| match event {
            closeout::Event::Deleveraged { price, .. } => Some(price.ticks()),
            _ => None,
        })
        .collect();
    assert_eq!(prices, [885], "the mark of the moment, once");
}

/// T16 (Hyperliquid, Binance, 10 October 2025): the queue took far more than the hole, from a few,
/// and tore hedged legs apart. Here exactly the lots of the book move, equals give alike, and a
/// hedged pair is reached after them.
#[test]
fn t16_exactly_the_need_and_spread_over_equals() {
    let mut world = World::venue(0, 1_000);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.account("whale", 10_000_000);
    world.account("alice", 40_000);
    for text in ["s0", "s1", "s2", "pair"] {
        world.account(text, 60_000);
        world.fill("BTC", "whale", text, 200, 1_000);
    }
    world.fill("ETH", "pair", "whale", 200, 1_000);
    world.fill("BTC", "alice", "whale", 301, 1_000);
    world.close_outs();
    let marks = ["BTC", "ETH"].map(|text| (world.market_id(text), Price::new(860).unwrap()));
    world.market_do(market::Command::Mark { marks: marks.to_vec() }).unwrap();
    let moved = taken(&world.close_outs());
    assert_eq!(moved.iter().map(|(_, lots)| lots).sum::<i64>(), 301, "no lot more: {moved:?}");
    let left = ["s0", "s1", "s2"].map(|text| -world.lots(text, "BTC"));
    let (least, most) = (left.iter().min().unwrap(), left.iter().max().unwrap());
    assert!(most - least <= 1 && *least < 200, "equals give alike: {left:?}");
    assert_eq!(world.lots("pair", "BTC"), -200, "the hedge stands");
    assert_eq!(world.engine.state().losses.losses().count(), 1);
}

/// T17 (Hyperliquid, March 2025): the backstop vault took a position over, and collateral that it
/// shared with its other business hid the loss until it was the whole vault's. Here the backstop
/// is one account with its own margin: its legs and its loss are its own, it is detected at the
/// mark it fails at, like anyone, and no other account of the venue stands in for it.
#[test]
fn t17_a_backstops_loss_is_its_own() {
    let mut world = World::venue(1_000, 1_000);
    world.account("backstop", 45_000);
    world.account("alice", 40_000);
    world.account("bob", 400_000);
    world.account("dan", 400_000);
    world.fill("BTC", "alice", "bob", 400, 1_000);
    let of = routes(&world, "fund", &[backstop(&world, "backstop")]);
    world.set_routes(of).unwrap();
    world.mark("BTC", 930);
    let took = world.lots("backstop", "BTC");
    assert!(took > 100, "it took {took} lots of Alice's");
    let equity = world.equity("backstop");
    // It may never take more than its own margin bears.
    assert!(equity * 10 >= i128::from(took) * 930, "{equity} for {took} lots");
    let fails_at = 930 - equity / i128::from(took) - 1;
    world.mark("BTC", u64::try_from(fails_at).unwrap() + 2);
    let failed = |world: &World| {
        let losses = world.engine.state().losses.losses();
        let backstop = world.id("backstop");
        losses.filter(|(_, loss)| loss.failed == Some(backstop)).count()
    };
    assert_eq!(failed(&world), 0, "above zero it stands");
    world.mark("BTC", u64::try_from(fails_at).unwrap() - 1);
    assert_eq!((failed(&world), world.lots("backstop", "BTC")), (1, 0), "below, it fails at once");
    assert_eq!(world.equity("dan"), 400_000);
}

/// T18 (Paradex; Derive, Morpho, Euler): only those who withdrew during the shortfall paid, or the
/// first out left at par. Here Bob waits, Carol leaves with all she may before the settlement and
/// again after it, and both bear the same.
#[test]
fn t18_neither_leaving_nor_waiting_dodges() {
    for (leaves, waits) in [(false, 0), (true, 0), (true, HOUR / 2), (false, HOUR / 2)] {
        let mut world = World::venue(0, 1_000);
        for (text, cash) in [("alice", 20_000), ("bob", 50_000), ("carol", 50_000)] {
            world.account(text, cash);
        }
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.fill("BTC", "alice", "carol", 100, 1_000);
        world.tick(1_000);
        world.boundary();
        world.tick(9 * HOUR);
        world.mark("BTC", 860);
        world.loss_of("L", "alice");
        let leave = |world: &mut World| {
            let free = world.free("carol");
            if leaves && free > 0 {
                world.withdraw("carol", free).unwrap();
            }
        };
        leave(&mut world);
        if waits > 0 {
            world.tick(waits);
        }
        leave(&mut world);
        world.account("maker", 1_000_000);
        world.fill("BTC", "maker", "book/L", 200, 860);
        assert_eq!(world.loss("L").stage, Stage::Settled);
        world.check_paid("L", &[("bob", 4_000), ("carol", 4_000)]);
        leave(&mut world);
        assert!(world.equity("carol") >= 0);
    }
}

/// T28 (exchange-core): a position with an unknown price credited margin instead of charging it.
/// Here nothing can be held without a mark: the fill is refused, for either side and for a book,
/// funding a market without one credits nobody, and equity and what is free stay as they are.
#[test]
fn t28_without_a_mark_nothing_is_credited() {
    let mut world = World::venue(0, 1_000);
    world.list(perpetual("NEW"));
    world.account("alice", 100_000);
    world.account("bob", 100_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    let before = ["alice", "bob"].map(|text| (world.equity(text), world.free(text)));
    for (buyer, seller) in [("alice", "bob"), ("bob", "alice")] {
        for price in [1, 1_000, 1_000_000] {
            let refused = world.try_fill("NEW", buyer, seller, 1, price).unwrap_err();
            assert_eq!(refused.code(), "no-mark");
        }
    }
    world.fund_lots("NEW", 5_000);
    world.boundary();
    assert_eq!(["alice", "bob"].map(|text| (world.equity(text), world.free(text))), before);
    // The first mark counts from then on, funding before it charges nobody.
    world.mark("NEW", 1_000);
    world.fill("NEW", "alice", "bob", 10, 1_000);
    assert_eq!(["alice", "bob"].map(|text| world.equity(text)), [100_000; 2]);
}
