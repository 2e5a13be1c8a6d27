//! What an account may come to hold, by a fill or by a sale of a close-out: its one asset, its
//! position, its balance, its margin with profit beyond the market's depth left out, its loan.

use super::position::Trade;
use super::{Market, RATE_UNIT, Rejection};
use crate::bounds::MAX_AMOUNT;
use crate::collateral;
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{AccountId, AssetId, DomainId};
use crate::margin::{self, Opening};
use crate::units::{Amount, Quantity, SignedAmount};

/// Whether `trade` brings `held` nearer to nothing and not beyond.
pub(super) const fn reduces(held: Quantity, trade: &Trade) -> bool {
    let (held, traded) = (held.lots(), trade.lots);
    held.signum() * traded.signum() < 0 && (held + traded).signum() != traded.signum()
}

/// An account trades in one asset.
pub(super) fn trades_in(
    state: &State,
    account: AccountId,
    asset: AssetId,
) -> Result<(), Rejection> {
    match state.markets.position(account).asset {
        Some(held) if held != asset => Err(Rejection::OtherAsset { account, asset, held }),
        _ => Ok(()),
    }
}

pub(super) fn within_position(
    found: &Market,
    account: AccountId,
    held: Quantity,
    trade: &Trade,
) -> Result<(), Rejection> {
    let (lots, max) = ((held.lots() + trade.lots).unsigned_abs(), found.spec.max_position);
    if !reduces(held, trade) && lots > max {
        return Err(Rejection::PositionAboveLimit { account, lots, max });
    }
    Ok(())
}

pub(super) fn within_balance(account: AccountId, opening: &Opening) -> Result<(), Rejection> {
    if opening.balance.unsigned_abs() > MAX_AMOUNT {
        return Err(Rejection::BalanceAboveBound { account });
    }
    Ok(())
}

pub(super) fn above_initial(account: AccountId, opening: &Opening) -> Result<(), Rejection> {
    if opening.equity < i128::try_from(opening.initial).unwrap_or(i128::MAX) {
        return Err(Rejection::BelowInitialMargin {
            account,
            equity: SignedAmount::new(opening.equity).unwrap_or_default(),
            initial: Amount::new(opening.initial).unwrap_or(Amount::MAX),
        });
    }
    Ok(())
}

/// Who lost more than his cash does not widen while collateral covers too much of it: by the limit
/// of the trade's domain and of all that he traded in, which is the one that sells him out.
pub(super) fn within_loan(
    state: &State,
    account: AccountId,
    domain: DomainId,
    opening: &Opening,
) -> Result<(), Rejection> {
    if opening.loan == 0 {
        return Ok(());
    }
    let limit = state.control.value(domain, Parameter::LoanLimit);
    let limit = collateral::loan_rate(state, account).map_or(limit, |least| limit.min(least));
    // At most 10^30 atoms times 10^6.
    let most = opening.collateral * limit / u128::from(RATE_UNIT);
    if opening.loan <= most {
        return Ok(());
    }
    let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
    Err(Rejection::LoanAboveLimit { account, loan: amount(opening.loan), max: amount(most) })
}

/// Whether `account` may take all of `trades` at once: of a sale, which never takes it below its
/// initial margin.
pub(crate) fn takes(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trades: &[Trade],
) -> Result<(), Rejection> {
    trades_in(state, account, asset)?;
    let held = |trade: &Trade| state.markets.position(account).lots(trade.market);
    for trade in trades {
        let market = trade.market;
        let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
        within_position(found, account, held(trade), trade)?;
    }
    let exactly = || {
        let opening = margin::opening_after_all(state, account, asset, trades);
        within_balance(account, &opening)?;
        above_initial(account, &opening)?;
        for trade in trades.iter().filter(|trade| !reduces(held(trade), trade)) {
            within_loan(state, account, trade.domain, &opening)?;
        }
        Ok(())
    };
    if margin::surely_opens_all(state, account, asset, trades) {
        debug_assert!(exactly().is_ok(), "a bound above opening equity less margin");
        return Ok(());
    }
    exactly()
}
