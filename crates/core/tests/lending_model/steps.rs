//! What is asked of both, at random.

use proptest::prelude::*;

use super::model::WHO;
use super::world::World;
use super::world::acts::Given;
use super::world::lending::{Ask, YEAR};

/// Something that somebody asks, or that happens.
#[derive(Clone, Debug)]
pub enum Step {
    Supply(usize, u128),
    Redeem(usize, Option<u128>),
    Pledge(usize, u128),
    Release(usize, u128),
    Borrow(usize, u128),
    Repay(usize, Option<u128>),
    Liquidate(usize, usize, u128),
    /// The price goes to where a borrower is below his threshold and does not fail, and somebody
    /// liquidates him.
    Press(usize, u128, u128),
    /// Milliseconds pass.
    Wait(u64),
    /// The price, and what of the marks a forced sale fetches beyond its floor, in thousandths.
    Mark(u64, u128),
}

pub fn step() -> impl Strategy<Value = Step> {
    let who = || 0..WHO.len();
    let price = prop_oneof![800..1_200u64, 0..2_000u64];
    let atoms = || prop_oneof![0..200u128, 0..20_000u128, 0..600_000u128];
    let ether = || prop_oneof![0..30u128, 0..1_100u128];
    let some = |of| prop::option::weighted(0.7, of);
    prop_oneof![
        3 => (who(), atoms()).prop_map(|(who, of)| Step::Supply(who, of)),
        2 => (who(), some(atoms())).prop_map(|(who, of)| Step::Redeem(who, of)),
        3 => (who(), ether()).prop_map(|(who, of)| Step::Pledge(who, of)),
        1 => (who(), ether()).prop_map(|(who, of)| Step::Release(who, of)),
        4 => (who(), atoms()).prop_map(|(who, of)| Step::Borrow(who, of)),
        2 => (who(), some(atoms())).prop_map(|(who, of)| Step::Repay(who, of)),
        2 => (who(), who(), 0..9_000u128).prop_map(|(a, b, of)| Step::Liquidate(a, b, of)),
        2 => (who(), 0..120u128, 0..9_000u128).prop_map(|(a, at, of)| Step::Press(a, at, of)),
        2 => prop_oneof![0..5_000u64, 0..YEAR / 4].prop_map(Step::Wait),
        2 => (price, 0..120u128).prop_map(|(to, at)| Step::Mark(to, at)),
    ]
}

/// What a step asks of the engine.
pub fn asked(world: &mut World, step: &Step) -> Given {
    match *step {
        Step::Supply(who, of) => Ask(world, WHO[who]).supply(of),
        Step::Redeem(who, of) => Ask(world, WHO[who]).redeem(of),
        Step::Pledge(who, of) => Ask(world, WHO[who]).pledge(of),
        Step::Release(who, of) => Ask(world, WHO[who]).release(of),
        Step::Borrow(who, of) => Ask(world, WHO[who]).borrow(of),
        Step::Repay(who, of) => Ask(world, WHO[who]).repay(of),
        Step::Liquidate(who, other, of) => Ask(world, WHO[who]).liquidate(WHO[other], of),
        Step::Press(..) | Step::Wait(_) | Step::Mark(..) => Ok(Vec::new()),
    }
}

pub const fn kind(step: &Step) -> &'static str {
    match step {
        Step::Supply(..) => "supplied",
        Step::Redeem(..) => "redeemed",
        Step::Pledge(..) => "pledged",
        Step::Release(..) => "released",
        Step::Borrow(..) => "borrowed",
        Step::Repay(..) => "repaid",
        Step::Liquidate(..) => "liquidated",
        Step::Press(..) | Step::Wait(_) | Step::Mark(..) => "else",
    }
}
