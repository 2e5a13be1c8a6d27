//! Collateral in another asset: what it counts for, who may take it out, and what becomes of it
//! when its owner fails. Alice and Bob post USDC, a dollar token; Carol stands on the other side
//! with cash. A thousand ticks are par; nine tenths count to open, 95 % to keep.

use crate::world::collateral::{
    HOUR, NEXT, accept, counts, depeg, fall, free, mark, price, sell, take_out, tier, trader, usdc,
    usdc_of, venue,
};
use crate::world::{ASSET, World, amount, layer, members, name};
use proptest::prelude::*;
use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::closeout::{self, Route, RouteSpec, Routes};
use rhodian_core::collateral::{CollateralSpec, Event as Happened, WrongWay};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Event, Rejection};
use rhodian_core::ids::MarketId;
use rhodian_core::ledger::Holder;
use rhodian_core::liquidation::breaker::Breaker;
use rhodian_core::loss::Stage;
use rhodian_core::margin::Level;
use rhodian_core::market;
use rhodian_core::units::Amount;

#[test]
fn collateral_opens_and_keeps_at_its_weights() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 0, 10_000);
    trader(&mut world, "bob", 0, 4_000);
    world.fill("BTC", "alice", "carol", 50, 1_000);
    assert_eq!(counts(&world, "alice", Level::Initial), 9_000);
    assert_eq!(world.equity("alice"), 9_500);
    let refused = world.try_fill("BTC", "bob", "carol", 50, 1_000).unwrap_err();
    let Rejection::Market(market::Rejection::BelowInitialMargin { equity, initial, .. }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!((equity.atoms(), initial.atoms()), (3_600, 5_000));
    // Dead collateral counts for nothing; Alice stands at zero, and stands.
    mark(&mut world, 0);
    assert_eq!(world.equity("alice"), 0);
}

#[test]
fn concentration_caps_and_wrong_way_legs_count_for_less() {
    let tiers = vec![tier(0, 900_000, 950_000), tier(5_000, 500_000, 600_000)];
    let mut world = venue(CollateralSpec { tiers: tiers.clone(), ..usdc() });
    trader(&mut world, "alice", 0, 10_000);
    assert_eq!(counts(&world, "alice", Level::Initial), 4_500 + 2_500);
    assert_eq!(counts(&world, "alice", Level::Maintenance), 4_750 + 3_000);
    let max_counted = amount(6_000);
    accept(&mut world, CollateralSpec { tiers, max_counted, ..usdc() }).unwrap();
    assert_eq!(counts(&world, "alice", Level::Initial), 6_000);
    // Half off for what falls with her own long legs; short, it does not fall with them.
    let wrong_way = Some(WrongWay { market: world.market_id("BTC"), discount: 500_000 });
    accept(&mut world, CollateralSpec { wrong_way, ..usdc() }).unwrap();
    trader(&mut world, "bob", 0, 10_000);
    world.fill("BTC", "alice", "carol", 5, 1_000);
    world.fill("BTC", "carol", "bob", 50, 1_000);
    assert_eq!(counts(&world, "alice", Level::Initial), 9_000 - 2_250);
    assert_eq!(counts(&world, "bob", Level::Initial), 9_000);
    let refused = world.try_fill("BTC", "alice", "carol", 41, 1_000).unwrap_err();
    assert_eq!(refused.code(), "below-initial-margin", "46 lots: 4,600 of 4,500");
    world.fill("BTC", "alice", "carol", 40, 1_000);
}

#[test]
fn revaluation_is_nobodys_gain_and_pays_no_share() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 100, 10_000);
    world.fill("BTC", "alice", "carol", 50, 1_000);
    let alice = world.id("alice");
    let state = world.engine.state();
    let before = (state.session(alice, state.reference(crate::world::DOMAIN, state.now())), 100);
    mark(&mut world, 2_000);
    let state = world.engine.state();
    let after = state.session(alice, state.reference(crate::world::DOMAIN, state.now()));
    assert_eq!((after, state.means(alice, ASSET).atoms()), before);
    assert_eq!(world.free("alice"), 100, "cash only");
    assert_eq!(world.equity("alice"), 19_100);
}

#[test]
fn cash_and_collateral_cannot_both_leave() {
    let mut world = venue(usdc());
    trader(&mut world, "bob", 5_000, 10_000);
    world.fill("BTC", "bob", "carol", 50, 1_000);
    // Either covers the initial margin of 5,000 alone.
    assert_eq!((world.free("bob"), free(&world, "bob")), (5_000, 10_000));
    let mut other = world.clone();
    take_out(&mut other, "bob", NEXT, 10_000).unwrap();
    assert_eq!((other.free("bob"), free(&other, "bob")), (0, 0));

    let (account, amount) = (world.id("bob"), amount(5_000));
    let command = account::Command::Withdraw { account, number: NEXT, asset: ASSET, amount };
    world.account_do(command);
    // 9/10 of 5,556 covers 5,000, of 5,555 it does not.
    assert_eq!((world.free("bob"), free(&world, "bob")), (0, 4_444));
    let refused = take_out(&mut world, "bob", NEXT + 1, 4_445).unwrap_err();
    assert_eq!(refused.code(), "withdrawal-above-free");
    take_out(&mut world, "bob", NEXT + 1, 4_444).unwrap();
    assert_eq!(counts(&world, "bob", Level::Initial), 5_000);
    // A mark in his favour frees no collateral: profit that is not realised is not withdrawable.
    world.mark("BTC", 1_100);
    assert_eq!(free(&world, "bob"), 0);
}

#[test]
fn a_loan_against_collateral_has_a_limit() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 0, 10_000);
    world.fill("BTC", "alice", "carol", 20, 1_000);
    world.mark("BTC", 800);
    world.fill("BTC", "carol", "alice", 20, 800);
    let loan = |world: &World| world.engine.state().loan(world.id("alice"), ASSET);
    assert_eq!(loan(&world), 4_000);
    // Half of what is left must cover it: 8,000 of initial weight, 8,889 of USDC.
    assert_eq!(free(&world, "alice"), 1_111);
    world.fill("BTC", "alice", "carol", 10, 800);
    world.mark("BTC", 700);
    world.fill("BTC", "carol", "alice", 9, 700);
    assert_eq!(loan(&world), 4_900);
    let refused = world.try_fill("BTC", "alice", "carol", 1, 700).unwrap_err();
    let Rejection::Market(market::Rejection::LoanAboveLimit { loan, max, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((loan.atoms(), max.atoms()), (4_900, 4_500));
    assert_eq!(free(&world, "alice"), 0);
    world.fill("BTC", "carol", "alice", 1, 700);
    world.set(Parameter::LoanLimit, 1_000_000);
    world.fill("BTC", "alice", "carol", 1, 700);
}

#[test]
fn a_loan_older_than_the_reference_fails_where_it_was_lost() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 0, 10_000);
    world.fill("BTC", "alice", "carol", 20, 1_000);
    world.mark("BTC", 700);
    world.fill("BTC", "carol", "alice", 20, 700);
    for _ in 0..3 {
        world.tick(9 * HOUR);
        world.boundary();
    }
    mark(&mut world, 700);
    assert_eq!(world.equity("alice"), 650, "6,000 owed of 95 % of 7,000");
    mark(&mut world, 600);
    let loss = world.loss_of("late", "alice");
    assert_eq!(world.loss("late").cause, name("USDC below its peg"));
    sell(&mut world, loss, 1, 10_000, 5_900).unwrap();
    let found = world.loss("late");
    assert_eq!((found.own_means.atoms(), found.deficit.atoms()), (5_900, 100));
    assert_eq!(world.received("late", "fund"), 100);
}

#[test]
fn a_depeg_is_a_loss_cause_and_collateral_pays_first() {
    let mut world = depeg();
    let loss = world.loss_id("alice");
    assert_eq!(world.loss("alice").stage, Stage::Detected, "collateral is still to sell");
    sell(&mut world, loss, 1, 4_000, 3_500).unwrap();
    sell(&mut world, loss, 2, 6_000, 5_200).unwrap();
    let found = world.loss("alice");
    assert_eq!(found.stage, Stage::Settled);
    let paid = (found.close_out.atoms(), found.own_means.atoms(), found.deficit.atoms());
    assert_eq!(paid, (8_500, 8_500, 0));
    assert_eq!(world.cash("alice"), 200, "what was left over is hers");
}

#[test]
fn unsold_collateral_is_set_aside_and_later_a_recovery() {
    let mut world = depeg();
    let loss = world.loss_id("bob");
    world.tick(HOUR);
    assert_eq!(usdc_of(&world, Holder::Book(loss)), 0);
    assert_eq!(usdc_of(&world, Holder::Recovery(loss)), 10_000);
    let found = world.loss("bob");
    assert_eq!((found.stage, found.deficit.atoms()), (Stage::Settled, 8_500));
    // The other loss, of the same size, was set aside first and took the fund.
    assert_eq!(world.received("bob", "gains"), 8_500);
    let carol = world.cash("carol");
    sell(&mut world, loss, 1, 5_000, 4_500).unwrap();
    assert_eq!(world.cash("carol"), carol + 4_500);
    sell(&mut world, loss, 2, 4_900, 4_300).unwrap();
    assert_eq!(world.cash("carol"), carol + 8_500, "what she paid is repaid");
    assert_eq!(world.cash("bob"), 300, "and the rest is his");
    assert_eq!(usdc_of(&world, Holder::Account(world.id("bob"))), 100, "what was not sold too");
    assert!(world.engine.state().collaterals.taken(loss).is_none());
}

#[test]
fn what_is_set_aside_waits_while_its_loss_is_absorbed() {
    let mut world = venue(usdc());
    let rule = MemberRule { cap_of_weight: Some(1_000_000), ..members(Rule::Proportional) };
    let source = Source::Call { members: rule, deadline: HOUR };
    world.add(layer("assessment", Kind::Assessment, source));
    world.waterfall(&["fund", "assessment"]);
    world.claim("assessment", "carol", 1_000, 1_000);
    fall(&mut world);
    world.tick(HOUR);
    let loss = world.loss_id("alice");
    assert_eq!(world.loss("alice").stage, Stage::Absorbing);
    let refused = sell(&mut world, loss, 1, 10_000, 9_000).unwrap_err();
    assert_eq!(refused.code(), "being-absorbed");
    world.tick(HOUR);
    assert_eq!(world.loss("alice").stage, Stage::Settled);
    let uncovered = world.uncovered();
    sell(&mut world, loss, 1, 10_000, 9_000).unwrap();
    assert_eq!(world.uncovered(), uncovered + 7_500, "what stayed uncovered is paid first");
    assert_eq!(world.pot("fund"), 1_000, "then the fund");
    assert_eq!(world.cash("alice"), 500);
}

#[test]
fn collateral_that_covers_nothing_goes_back() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 2_000, 10_000);
    world.fill("BTC", "alice", "carol", 50, 1_000);
    world.declare("winding", "alice", &[]);
    let loss = world.loss_id("winding");
    assert_eq!(usdc_of(&world, Holder::Book(loss)), 10_000);
    world.mark("BTC", 990);
    world.fill("BTC", "carol", "book/winding", 50, 990);
    assert_eq!(usdc_of(&world, Holder::Account(world.id("alice"))), 10_000);
    assert_eq!(world.cash("alice"), 1_500);
    assert_eq!(world.loss("winding").close_out.atoms(), 500, "her own, of her own margin");
    let returned = |event: &Event| matches!(event, Event::Collateral(Happened::Returned { .. }));
    assert!(world.records.iter().flat_map(|record| &record.events).any(returned));
}

#[test]
fn a_mark_of_collateral_begins_a_liquidation() {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 0, 10_000);
    world.fill("BTC", "alice", "carol", 50, 1_000);
    world.mark("BTC", 870);
    let routes = Routes {
        buffer: 200_000,
        penalty: 10_000,
        slippage: 10_000,
        fund: world.layer_id("fund"),
        breaker: Breaker::default(),
        list: vec![RouteSpec { route: Route::Market, time: HOUR, budget: Amount::MAX }],
    };
    let command = closeout::Command::SetRoutes { asset: ASSET, routes };
    world.give(Actor::VENUE, Action::CloseOut(command)).unwrap();
    let open =
        |world: &World| world.engine.state().closeouts.liquidation(world.id("alice")).is_some();
    assert!(!open(&world), "3,000 of 2,175");
    mark(&mut world, 900);
    assert!(open(&world), "2,050 of 2,175");
    mark(&mut world, 1_000);
    assert!(!open(&world), "and it ends when the token is back");
}

proptest! {
    /// What counts is at most its weight of what it is worth, never falls when the holding or the
    /// price rises, and never rises with wrong-way legs.
    #[test]
    fn what_counts_is_bounded_and_monotone(
        atoms in 0..=10u128.pow(30),
        more in 0..=10u128.pow(29),
        ticks in 0..=10u64.pow(15),
        num in 1..=10u64.pow(15),
        den in 1..=10u64.pow(15),
        weights in prop::collection::vec((1..=10u128.pow(28), 0..1_000_000u32), 1..5),
        discount in 1..=1_000_000u32,
        long in 0..=10u128.pow(30),
    ) {
        let mut falling: Vec<u32> = weights.iter().map(|(_, weight)| *weight).collect();
        falling.sort_unstable_by(|a, b| b.cmp(a));
        let mut above = 0;
        let rows = weights.iter().zip(&falling).enumerate().map(|(place, ((step, _), weight))| {
            above += if place == 0 { 0 } else { *step };
            tier(above, weight / 2, *weight)
        });
        let wrong_way = Some(WrongWay { market: MarketId(0), discount });
        let spec = CollateralSpec { num, den, tiers: rows.collect(), wrong_way, ..usdc() };
        prop_assert_eq!(spec.check(), Ok(()));
        let worth = |atoms: u128, ticks| spec.gross(price(ticks), amount(atoms));
        let larger = (atoms + more).min(10u128.pow(30));
        for level in [Level::Initial, Level::Maintenance] {
            let gross = worth(atoms, ticks);
            let counted = spec.counted(gross, long, level);
            prop_assert!(counted <= gross * u128::from(falling[0]) / 1_000_000);
            prop_assert!(counted <= spec.counted(gross, 0, level));
            prop_assert!(counted <= spec.counted(worth(larger, ticks), long, level));
            let higher = (ticks + ticks / 3 + 1).min(10u64.pow(15));
            prop_assert!(counted <= spec.counted(worth(atoms, higher), long, level));
            prop_assert!(spec.counted(gross, long.min(gross), level) == counted);
        }
        prop_assert!(
            spec.counted(worth(atoms, ticks), long, Level::Initial)
                <= spec.counted(worth(atoms, ticks), long, Level::Maintenance)
        );
        let floor = spec.floor(price(ticks), amount(atoms));
        prop_assert!(floor <= worth(atoms, ticks));
    }
}
