//! What a liquidation on one of the engine's own routes waits for, where it stands still.

use alloc::vec::Vec;

use super::liquidate;
use super::routes::Route;
use super::sale;
use crate::engine::State;
use crate::ids::AccountId;
use crate::market::RATE_UNIT;
use crate::units::Quantity;

/// Why nothing of an account is closed by now, the first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// A price, or the volatility of an option, that is good enough to liquidate at.
    Price,
    /// Room of the breaker: at this distance from the slow price so many millionths of its limits
    /// may be used, and of those so much value is left, in atoms: less than a lot.
    Breaker {
        /// In millionths.
        allowed: u32,
        /// In atoms.
        room: u128,
    },
    /// Room of the backstop's budget: so much value may it still take, in atoms.
    Budget {
        /// In atoms.
        left: u128,
    },
    /// Margin of the backstop, or of the account for the bonus.
    Backstop,
    /// Somebody on the other side.
    OtherSide,
}

/// What the liquidation of `account` waits for; nothing where none is open, where it is over, and
/// on the routes that others walk: fills and bids.
///
/// A pure read: what it tells holds once the duties of the moment are done.
#[must_use]
pub fn waits(state: &State, account: AccountId) -> Option<Waits> {
    let of = state.closeouts.liquidation(account)?;
    let position = state.markets.position(account);
    let asset = position.asset?;
    let routes = state.closeouts.routes(asset)?;
    let spec = routes.list.get(of.route)?;
    let budget = match spec.route {
        Route::Market | Route::Auction { .. } => return None,
        Route::Backstop { budget, .. } => Some(budget.atoms()),
        Route::Deleverage => None,
    };
    let plan = liquidate::plan(state, account, routes)?;
    let plan: Vec<_> = plan.into_iter().filter(|(_, lots)| !lots.is_flat()).collect();
    if plan.is_empty() {
        return None;
    }
    if !liquidate::fits(state, account) {
        return Some(Waits::Price);
    }
    let lot = Quantity::new(1).unwrap_or_default();
    let lots = || plan.iter().map(|(market, _)| sale::gross(state, *market, lot));
    let markets = || plan.iter().map(|(market, _)| *market);
    let room = state.closeouts.room(state, asset, markets());
    // Legs go to the other side together where a limit ever has room for a lot of each.
    let each: u128 = lots().sum();
    let together = budget.is_none() && each <= routes.breaker.most(RATE_UNIT);
    let least = if together { each } else { lots().min().unwrap_or(0) };
    if room < least {
        return Some(Waits::Breaker { allowed: routes.allowed(state, markets()), room });
    }
    let Some(budget) = budget else { return Some(Waits::OtherSide) };
    let left = budget - state.closeouts.taken(asset).min(budget);
    Some(if left < least { Waits::Budget { left } } else { Waits::Backstop })
}
