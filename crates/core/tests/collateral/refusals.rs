//! Collateral that can never be right, and sales that cannot be: each refused by name, with its
//! numbers. Alice and Bob post USDC and fail; Carol stands on the other side; Dan buys.

use crate::world::acts::Given;
use crate::world::collateral::{
    NEXT, USDC, accept, ask, depeg, post, price, sell, tier, trader, usdc, usdc_of, venue,
};
use crate::world::{ASSET, amount};
use rhodian_core::collateral::{self, CollateralFlaw, CollateralSpec, Command, WrongWay};
use rhodian_core::engine::{Action, Actor, Rejection, Role};
use rhodian_core::ids::{AccountId, AssetId, LossId, MarketId};
use rhodian_core::ledger::Holder;
use rhodian_core::units::Price;

#[test]
fn what_can_never_be_right_is_refused() {
    let mut world = venue(usdc());
    let mut refused = |spec: CollateralSpec| match accept(&mut world, spec).unwrap_err() {
        Rejection::Collateral(rejection) => rejection,
        other => panic!("{other:?}"),
    };
    let other = AssetId(7);
    let unknown = collateral::Rejection::UnknownAsset { asset: other };
    assert_eq!(refused(CollateralSpec { asset: other, ..usdc() }), unknown);
    let same = collateral::Rejection::SameAsset { asset: ASSET };
    assert_eq!(refused(CollateralSpec { asset: ASSET, ..usdc() }), same);
    let market = MarketId(9);
    let wrong_way = Some(WrongWay { market, discount: 1 });
    let unknown = collateral::Rejection::UnknownMarket { market };
    assert_eq!(refused(CollateralSpec { wrong_way, ..usdc() }), unknown);
    let market = MarketId(0);
    let wrong_way = Some(WrongWay { market, discount: 1 });
    let swapped = CollateralSpec { asset: ASSET, settled: USDC, wrong_way, ..usdc() };
    assert_eq!(refused(swapped), collateral::Rejection::OtherAsset { market, asset: USDC });
    let command = Command::Mark { asset: USDC, settled: USDC, price: price(1) };
    assert_eq!(ask(&mut world, command).unwrap_err().code(), "not-accepted");
}

#[test]
fn a_collateral_with_a_flaw_is_refused() {
    let mut world = venue(usdc());
    let mut refused = |spec: CollateralSpec| match accept(&mut world, spec).unwrap_err() {
        Rejection::Collateral(collateral::Rejection::Flaw { flaw }) => flaw,
        other => panic!("{other:?}"),
    };
    let market = MarketId(0);
    let scale = CollateralFlaw::Scale { num: 1, den: 0, max: collateral::MAX_SCALE };
    assert_eq!(refused(CollateralSpec { den: 0, ..usdc() }), scale);
    for (tiers, expected) in [
        (vec![], CollateralFlaw::NoFirstTier),
        (vec![tier(1, 0, 0)], CollateralFlaw::NoFirstTier),
        (
            vec![tier(0, 900_000, 800_000)],
            CollateralFlaw::Weight { tier: 0, initial: 900_000, maintenance: 800_000 },
        ),
        (
            vec![tier(0, 0, 1_000_000)],
            CollateralFlaw::Weight { tier: 0, initial: 0, maintenance: 1_000_000 },
        ),
        (vec![tier(0, 500, 500), tier(10, 600, 600)], CollateralFlaw::TiersDoNotFall { tier: 1 }),
    ] {
        assert_eq!(refused(CollateralSpec { tiers, ..usdc() }), expected);
    }
    let wrong_way = Some(WrongWay { market, discount: 0 });
    let expected = CollateralFlaw::WrongWay { discount: 0 };
    assert_eq!(refused(CollateralSpec { wrong_way, ..usdc() }), expected);
    let expected = CollateralFlaw::OwnToken { discount: 50_000, least: 500_000 };
    assert_eq!(refused(CollateralSpec { own_token: true, ..usdc() }), expected);
    let peg = Some(Price::ZERO);
    assert_eq!(refused(CollateralSpec { peg, ..usdc() }), CollateralFlaw::Peg);
    let discount = 1_000_001;
    let expected = CollateralFlaw::SaleDiscount { discount };
    assert_eq!(refused(CollateralSpec { sale_discount: discount, ..usdc() }), expected);
    let own = CollateralSpec { tiers: vec![tier(0, 400_000, 500_000)], own_token: true, ..usdc() };
    accept(&mut world, own).unwrap();
}

#[test]
fn the_venue_takes_only_so_much_of_a_collateral() {
    let mut world = venue(CollateralSpec { max_held: amount(12_000), ..usdc() });
    trader(&mut world, "alice", 0, 10_000);
    world.account("bob", 0);
    let refused = post(&mut world, "bob", NEXT, 2_001).unwrap_err();
    assert_eq!(refused.code(), "collateral-above-cap");
    post(&mut world, "bob", NEXT, 2_000).unwrap();
}

#[test]
fn sales_that_cannot_be_right_are_refused() {
    let mut world = depeg();
    let (alice, bob) = (world.loss_id("alice"), world.loss_id("bob"));
    let code = |given: Given| given.unwrap_err().code();
    assert_eq!(code(sell(&mut world, LossId(9), 1, 1, 1)), "unknown-loss");
    sell(&mut world, alice, 5, 1_000, 1_000).unwrap();
    assert_eq!(code(sell(&mut world, alice, 5, 1_000, 1_000)), "number-not-new");
    assert_eq!(code(sell(&mut world, alice, 6, 0, 1_000)), "zero-amount");
    assert_eq!(code(sell(&mut world, alice, 6, 9_001, 9_000)), "above-held");
    assert_eq!(code(sell(&mut world, alice, 6, 1_000, 857)), "below-floor", "98 % of 875, up");
    let to = |buyer: AccountId| Command::Sell {
        loss: alice,
        number: 6,
        asset: USDC,
        amount: amount(1_000),
        buyer: Some(buyer),
        proceeds: amount(900),
    };
    let (own, poor, nobody) = (to(world.id("alice")), to(world.id("bob")), to(AccountId(99)));
    assert_eq!(code(ask(&mut world, own)), "own-collateral");
    let second = to(world.account_of("alice-2", "alice", 900));
    assert_eq!(code(ask(&mut world, second)), "own-collateral", "her other account");
    assert_eq!(code(ask(&mut world, poor)), "withdrawal-above-free");
    assert_eq!(code(ask(&mut world, nobody)), "unknown-account");
    world.account("dan", 900);
    let dan = to(world.id("dan"));
    ask(&mut world, dan).unwrap();
    assert_eq!(usdc_of(&world, Holder::Account(world.id("dan"))), 1_000);
    sell(&mut world, alice, 7, 8_000, 8_000).unwrap();
    assert_eq!(code(sell(&mut world, alice, 8, 1, 1)), "above-held", "all is sold");
    // An owner does not sell what was taken of him, nor does anyone but the venue.
    let owner = Actor { role: Role::Owner, id: 0 };
    let command = Command::Sell {
        loss: bob,
        number: 1,
        asset: USDC,
        amount: amount(1),
        buyer: None,
        proceeds: amount(1),
    };
    assert_eq!(code(world.give(owner, Action::Collateral(command))), "not-for-actor");
}
