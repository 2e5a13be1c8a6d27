//! Whether an account surely stands, by bounds that take a fraction of the exact sums: each leg
//! requires the highest rate it meets, collateral counts for nothing, and for opening no profit
//! does. Most accounts stand far enough from their margin for that. Whoever does not, holds options
//! or has numbers beyond 64 bits is looked at exactly: a bound refuses nobody.

use super::requirement::{Level, highest_rate};
use crate::engine::State;
use crate::ids::{AccountId, AssetId};
use crate::ledger::Holder;
use crate::market::{Leg, Market, Position, RATE_UNIT, Trade};
use crate::units::Quantity;

/// Whether `account` surely keeps its initial margin after all of `trades`, without a loan.
pub(crate) fn surely_opens(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trades: &[Trade],
) -> bool {
    // Who may hold a lien is looked at exactly.
    if state.may_hold_liens() || state.control.is_any_settling() {
        return false;
    }
    let balance = state.ledger.balance(asset, Holder::Account(account)).atoms();
    let paid: i128 = trades.iter().map(|trade| trade.cost + trade.fee).sum();
    let mut bound = Bound { level: Level::Initial, equity: 0, settled: 0, required: 0 };
    let position = state.markets.position(account);
    let added =
        bound.add_cash(balance - paid).and_then(|()| bound.add_all(state, position, trades));
    added.is_some() && bound.settled >= 0 && bound.stands()
}

/// Whether `account` surely keeps its maintenance margin with so much `cash`, its liens gone.
pub(crate) fn surely_keeps(state: &State, account: AccountId, cash: i128) -> bool {
    let mut bound = Bound { level: Level::Maintenance, equity: 0, settled: 0, required: 0 };
    let position = state.markets.position(account);
    let added = bound.add_cash(cash).and_then(|()| bound.add_all(state, position, &[]));
    added.is_some() && bound.stands()
}

/// Bounds of what an account comes to.
struct Bound {
    level: Level,
    /// At most its equity: to open, a leg counts at its value or its entry cost, whichever is less.
    equity: i64,
    /// Its balance and the entry costs of its legs.
    settled: i64,
    /// At least its margin, in millionths.
    required: u128,
}

impl Bound {
    fn stands(&self) -> bool {
        let equity = i128::from(self.equity) * i128::from(RATE_UNIT);
        equity >= self.required.cast_signed()
    }

    fn add_cash(&mut self, cash: i128) -> Option<()> {
        let cash = i64::try_from(cash).ok()?;
        (self.equity, self.settled) = (cash, cash);
        Some(())
    }

    /// Adds the legs of `position` as `trades` leave them.
    fn add_all(&mut self, state: &State, position: &Position, trades: &[Trade]) -> Option<()> {
        let mut met = 0;
        for leg in &position.legs {
            let market = state.markets.market(leg.market)?;
            let mut after = *leg;
            for trade in trades.iter().filter(|trade| trade.market == leg.market) {
                after = after.after(trade).0;
                met += 1;
            }
            self.add(market, &after)?;
        }
        if met < trades.len() {
            self.add_new(state, position, trades)?;
        }
        Some(())
    }

    /// Adds the legs that begin with `trades`, each in a market of its own.
    fn add_new(&mut self, state: &State, position: &Position, trades: &[Trade]) -> Option<()> {
        for (place, trade) in trades.iter().enumerate() {
            let market = trade.market;
            if position.leg(market).is_some() {
                continue;
            }
            if trades[..place].iter().any(|before| before.market == market) {
                return None;
            }
            let flat = Leg { market, lots: Quantity::ZERO, entry: 0 };
            self.add(state.markets.market(market)?, &flat.after(trade).0)?;
        }
        Some(())
    }

    #[inline(always)]
    fn add(&mut self, market: &Market, leg: &Leg) -> Option<()> {
        let lot = i64::try_from(market.value_at(market.mark?)).ok()?;
        let worth = leg.lots.lots().checked_mul(lot - market.funding)?;
        let gross = leg.lots.size().checked_mul(lot.unsigned_abs())?;
        let entry = i64::try_from(leg.entry).ok()?;
        let counts = match self.level {
            Level::Initial => worth.min(entry),
            Level::Maintenance => worth,
        };
        self.equity = self.equity.checked_add(counts)?;
        self.settled = self.settled.checked_add(entry)?;
        let rate = highest_rate(market, gross, self.level)?;
        // Below 2^84 for each leg.
        self.required += u128::from(gross) * u128::from(rate);
        Some(())
    }
}
