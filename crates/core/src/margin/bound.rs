//! Whether an account surely stands, by bounds that take a fraction of the exact sums: each leg
//! requires the highest rate it meets, collateral counts for nothing, and for opening no profit
//! does. Most accounts stand far enough from their margin for that. Whoever does not, holds options
//! or has numbers beyond 64 bits is looked at exactly: a bound refuses nobody.

use super::equity::{leg_after, legs_after_all};
use super::requirement::{Level, highest_rate};
use crate::engine::State;
use crate::ids::{AccountId, AssetId};
use crate::ledger::Holder;
use crate::market::{Leg, Market, RATE_UNIT, Trade};

/// Whether `account` surely keeps its initial margin after `trade`, without a loan.
pub(crate) fn surely_opens(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trade: &Trade,
) -> bool {
    let Some(cash) = free_cash(state, account, asset, trade.cost + trade.fee) else { return false };
    let position = state.markets.position(account);
    let others = position.legs.iter().filter(|leg| leg.market != trade.market);
    let traded = [leg_after(position, trade)];
    let bound = Bound::new(cash).with(state, others, Level::Initial);
    let bound = bound.and_then(|bound| bound.with(state, traded.iter(), Level::Initial));
    bound.is_some_and(|bound| bound.settled >= 0 && bound.stands())
}

/// The same after all of `trades`.
pub(crate) fn surely_opens_all(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trades: &[Trade],
) -> bool {
    let paid = trades.iter().map(|trade| trade.cost + trade.fee).sum();
    let Some(cash) = free_cash(state, account, asset, paid) else { return false };
    let legs = legs_after_all(state.markets.position(account), trades);
    let bound = Bound::new(cash).with(state, legs.iter(), Level::Initial);
    bound.is_some_and(|bound| bound.settled >= 0 && bound.stands())
}

/// Whether `account` surely keeps its maintenance margin with so much `cash`, its liens gone.
pub(crate) fn surely_keeps(state: &State, account: AccountId, cash: i128) -> bool {
    let Ok(cash) = i64::try_from(cash) else { return false };
    let legs = state.markets.position(account).legs.iter();
    let bound = Bound::new(cash).with(state, legs, Level::Maintenance);
    bound.is_some_and(|bound| bound.stands())
}

/// The balance of `account` once it `paid`; nothing where it may hold a lien, or 64 bits cannot
/// tell.
fn free_cash(state: &State, account: AccountId, asset: AssetId, paid: i128) -> Option<i64> {
    if state.may_hold_liens() || state.control.is_any_settling() {
        return None;
    }
    let balance = state.ledger.balance(asset, Holder::Account(account)).atoms();
    i64::try_from(balance - paid).ok()
}

/// Bounds of what an account comes to.
struct Bound {
    /// At most its equity: to open, a leg counts at its value or its entry cost, whichever is less.
    equity: i64,
    /// Its balance and the entry costs of its legs.
    settled: i64,
    /// At least its margin, in millionths.
    required: u128,
}

impl Bound {
    const fn new(cash: i64) -> Self {
        Self { equity: cash, settled: cash, required: 0 }
    }

    fn stands(&self) -> bool {
        let equity = i128::from(self.equity) * i128::from(RATE_UNIT);
        equity >= self.required.cast_signed()
    }

    /// With `legs` more; nothing where one is an option's, or 64 bits cannot tell.
    #[inline(always)]
    fn with<'a>(
        mut self,
        state: &State,
        legs: impl Iterator<Item = &'a Leg>,
        level: Level,
    ) -> Option<Self> {
        for leg in legs {
            self.add(state.markets.market(leg.market)?, leg, level)?;
        }
        Some(self)
    }

    #[inline(always)]
    fn add(&mut self, market: &Market, leg: &Leg, level: Level) -> Option<()> {
        let lot = i64::try_from(market.value_at(market.mark?)).ok()?;
        let worth = leg.lots.lots().checked_mul(lot - market.funding)?;
        let gross = leg.lots.size().checked_mul(lot.unsigned_abs())?;
        let entry = i64::try_from(leg.entry).ok()?;
        let counts = match level {
            Level::Initial => worth.min(entry),
            Level::Maintenance => worth,
        };
        self.equity = self.equity.checked_add(counts)?;
        self.settled = self.settled.checked_add(entry)?;
        // Below 2^84 for each leg.
        self.required += u128::from(gross) * u128::from(highest_rate(market, gross, level)?);
        Some(())
    }
}
