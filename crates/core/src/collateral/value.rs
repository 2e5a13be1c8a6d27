//! What collateral counts for now: of an account, of a close-out book, and what of it an account
//! cannot take out.

use alloc::format;

use super::{Collateral, CollateralSpec, convert, feed};
use crate::engine::State;
use crate::ids::{AccountId, AssetId, Name};
use crate::ledger::Holder;
use crate::margin::{Level, Withdrawable};
use crate::market::{Leg, RATE_UNIT};
use crate::oracle::Purpose;
use crate::units::{Amount, Price};

/// The value at the mark of the long legs among `legs` that lose when the collateral does.
fn long(state: &State, spec: &CollateralSpec, legs: &[Leg]) -> u128 {
    let Some(of) = spec.wrong_way else { return 0 };
    let found = legs.iter().find(|leg| leg.market == of.market && leg.lots.lots() > 0);
    found.map_or(0, |leg| state.markets.gross(leg))
}

/// What one holding counts for beside `legs`, at `price`.
pub(super) fn counted(
    state: &State,
    spec: &CollateralSpec,
    price: Option<Price>,
    amount: Amount,
    (legs, level): (&[Leg], Level),
) -> u128 {
    let Some(price) = price else { return 0 };
    spec.counted(spec.gross(price, amount), long(state, spec, legs), level)
}

/// The weights at which collateral counts for `purpose`.
const fn level(purpose: Purpose) -> Level {
    match purpose {
        Purpose::Open | Purpose::Withdraw => Level::Initial,
        Purpose::Mark | Purpose::Liquidate | Purpose::Settle => Level::Maintenance,
    }
}

/// What holdings count for beside `legs`, in atoms of `settled`: each rounded down, then summed.
/// To open and to withdraw by weights to open, at what each feed then serves for; else by weights
/// to keep, at the marks.
pub(crate) fn of_holdings(
    state: &State,
    settled: AssetId,
    held: &dyn Fn(AssetId) -> Amount,
    legs: &[Leg],
    purpose: Purpose,
) -> u128 {
    let values = state.collaterals.collaterals(settled).map(|(asset, found)| {
        let amount = held(asset);
        if amount.is_zero() {
            return 0;
        }
        let price = feed::price_for(state, found, purpose);
        counted(state, &found.spec, price, amount, (legs, level(purpose)))
    });
    values.sum()
}

/// What holdings count for to keep `legs`, in atoms of `settled`: each rounded down, then summed.
pub(crate) fn kept_by(
    state: &State,
    settled: AssetId,
    held: &dyn Fn(AssetId) -> Amount,
    legs: &[Leg],
) -> u128 {
    of_holdings(state, settled, held, legs, Purpose::Mark)
}

/// What `account`'s balances count for beside `legs`, in atoms of `settled`.
pub(crate) fn of_account(
    state: &State,
    account: AccountId,
    settled: AssetId,
    legs: &[Leg],
    purpose: Purpose,
) -> u128 {
    let held = |asset| state.ledger.held(asset, Holder::Account(account));
    of_holdings(state, settled, &held, legs, purpose)
}

/// How much of its balance in `asset` an account must leave, because what it trades in is short of
/// cash and initial margin by more than its other collateral counts for, or because of its loan;
/// in atoms of `asset`. Nothing where it does not trade.
pub(crate) fn pledged(state: &State, account: AccountId, asset: AssetId) -> u128 {
    let position = state.markets.position(account);
    let Some(settled) = position.asset else { return 0 };
    let Some(found) = state.collaterals.collateral(settled, asset) else { return 0 };
    let held = state.ledger.held(asset, Holder::Account(account));
    let (spec, price) = (&found.spec, feed::price_for(state, found, Purpose::Withdraw));
    let count = |amount| counted(state, spec, price, amount, (&position.legs, Level::Initial));
    let all = of_account(state, account, settled, &position.legs, Purpose::Withdraw);
    let others = all - count(held);
    let needed = needed(state, account, settled);
    let stands = |left: u128| others + Amount::new(left).map_or(0, &count) >= needed;
    if needed <= others {
        return 0;
    }
    // The least that can be left: what counts never falls as more is left.
    let (mut short, mut enough) = (0, held.atoms());
    while short + 1 < enough {
        let middle = short + (enough - short) / 2;
        if stands(middle) {
            enough = middle;
        } else {
            short = middle;
        }
    }
    enough
}

/// What must be counted of an account's collateral to open, in atoms of `settled`: what margin,
/// lien and profit that is not withdrawable leave uncovered, and what its loan asks for.
fn needed(state: &State, account: AccountId, settled: AssetId) -> u128 {
    let of: Withdrawable = state.withdrawable(account, settled);
    let must = of.unrealised + of.unmatured + of.lien + of.initial;
    let short = (must.cast_signed() - of.equity).max(0).unsigned_abs();
    let loan = state.loan(account, settled);
    if loan == 0 {
        return short;
    }
    let limit = convert::loan_rate(state, account).unwrap_or(0).max(1);
    short.max((loan * u128::from(RATE_UNIT)).div_ceil(limit))
}

/// Why `account` stands below zero, where its collateral is why: were one of them at its peg, or
/// all of them, it would not.
pub(crate) fn cause(state: &State, account: AccountId, settled: AssetId) -> Option<Name> {
    let legs = &state.markets.position(account).legs;
    let held = |asset| state.ledger.held(asset, Holder::Account(account));
    let lost = |asset: AssetId, of: &Collateral| -> u128 {
        let (Some(peg), Some(mark)) = (of.spec.peg, of.mark) else { return 0 };
        let at =
            |price| counted(state, &of.spec, Some(price), held(asset), (legs, Level::Maintenance));
        if mark < peg { at(peg) - at(mark) } else { 0 }
    };
    let found = || state.collaterals.collaterals(settled);
    let all: u128 = found().map(|(asset, of)| lost(asset, of)).sum();
    let below = state.equity(account, settled).min(0).unsigned_abs();
    if below == 0 || all < below {
        return None;
    }
    let (asset, _) = found().max_by_key(|(asset, of)| lost(*asset, of))?;
    let named = state.domains.asset(asset).map(|found| format!("{} below its peg", found.name));
    named.and_then(|text| Name::new(&text)).or_else(|| Name::new("collateral below its peg"))
}
