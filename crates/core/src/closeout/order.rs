//! In which order auto-deleveraging takes lots of accounts: leverage draining, or the order of
//! another venue where a domain is bound to one. And where an account stands in it.

use alloc::vec::Vec;

use super::adl::candidates;
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{AccountId, DomainId, MarketId};
use crate::liquidation::adl::draining::{self, Candidate, Level};
use crate::liquidation::adl::orders::{self, Holder, Order, VenueScore};
use crate::liquidation::adl::place::{Place, in_draining, in_queue};
use crate::market::Leg;
use crate::units::Quantity;

/// The order of a domain, with its number in the registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum DeleveragingOrder {
    /// The most leveraged give until all that gave stand at one leverage.
    #[default]
    Draining = 0,
    /// A queue by leverage times mark over bankruptcy price.
    QueueByBankruptcy = 1,
    /// A queue by mark over entry price times leverage.
    QueueByEntry = 2,
    /// A queue by profit times effective leverage.
    QueueByProfit = 3,
    /// In proportion to lots.
    Contracts = 4,
    /// In proportion to unrealised profit.
    Profit = 5,
    /// All lots from one account on, in id order; the clock and the market draw it.
    RandomStart = 6,
}

impl DeleveragingOrder {
    /// Every order, by its number.
    pub const ALL: [Self; 7] = [
        Self::Draining,
        Self::QueueByBankruptcy,
        Self::QueueByEntry,
        Self::QueueByProfit,
        Self::Contracts,
        Self::Profit,
        Self::RandomStart,
    ];

    /// The order in force in `domain`.
    #[must_use]
    pub fn of(state: &State, domain: DomainId) -> Self {
        let number = state.control.value(domain, Parameter::DeleveragingOrder);
        let place = usize::try_from(number).unwrap_or(0);
        Self::ALL.get(place).copied().unwrap_or_default()
    }

    /// Its number in the registry.
    #[must_use]
    pub fn number(self) -> u128 {
        let place = Self::ALL.iter().position(|order| *order == self);
        place.and_then(|place| u128::try_from(place).ok()).unwrap_or(0)
    }

    /// As the rule for holders; nothing for draining. `seed` draws a random start.
    const fn rule(self, seed: u64) -> Option<Order> {
        Some(match self {
            Self::Draining => return None,
            Self::QueueByBankruptcy => Order::Queue(VenueScore::Binance),
            Self::QueueByEntry => Order::Queue(VenueScore::Hyperliquid),
            Self::QueueByProfit => Order::Queue(VenueScore::Bitmex),
            Self::Contracts => Order::Contracts,
            Self::Profit => Order::Profit,
            Self::RandomStart => Order::RandomStart(seed),
        })
    }
}

/// What each of `accounts` gives of `needed` lots, and the level where they are drained. What
/// another order leaves (nobody has a profit) is drained: once begun, it runs to the end. Nothing
/// where it cannot be divided.
pub(super) fn assign(
    state: &State,
    (market, domain, side): (MarketId, DomainId, i64),
    accounts: &[AccountId],
    of: &[Candidate],
    lot_value: u64,
    needed: u64,
) -> Option<(Vec<u64>, Option<Level>)> {
    let order = DeleveragingOrder::of(state, domain);
    let Some(rule) = order.rule(state.now().0 ^ u64::from(market.0)) else {
        let drained = draining::drain(of, lot_value, needed).ok()?;
        return Some((drained.lots, drained.level));
    };
    let holders = holders(state, market, side, accounts, of);
    let mut ordered = orders::assign(rule, &holders, needed).ok()?;
    if ordered.unassigned > 0 {
        let rest: Vec<Candidate> =
            of.iter().zip(&ordered.lots).map(|(of, gave)| without(of, *gave)).collect();
        let drained = draining::drain(&rest, lot_value, ordered.unassigned).ok()?;
        ordered.lots.iter_mut().zip(drained.lots).for_each(|(lots, more)| *lots += more);
    }
    Some((ordered.lots, None))
}

/// A candidate that gave lots already: at most those it has.
fn without(of: &Candidate, gave: u64) -> Candidate {
    let left = |lots: u64| lots - gave.min(lots);
    Candidate { lots: left(of.lots), easing: left(of.easing), room: of.room.map(left), ..*of }
}

/// Accounts as the orders of other venues see them; a book of `side` is on the other side. What
/// they may give is bounded as under draining.
fn holders(
    state: &State,
    market: MarketId,
    side: i64,
    accounts: &[AccountId],
    of: &[Candidate],
) -> Vec<Holder> {
    let holder = |(account, of): (&AccountId, &Candidate)| {
        let legs = &state.markets.position(*account).legs;
        let flat = Leg { market, lots: Quantity::ZERO, entry: 0 };
        let leg = legs.iter().find(|leg| leg.market == market).unwrap_or(&flat);
        let mark_value = state.markets.gross(leg);
        let profit = state.markets.leg_value(leg) - leg.entry;
        let long = side < 0;
        let entry = mark_value.cast_signed() + if long { -profit } else { profit };
        Holder {
            lots: of.gives_at_most(),
            long,
            mark_value,
            entry_value: entry.max(0).unsigned_abs(),
            notional: legs.iter().map(|leg| state.markets.gross(leg)).sum(),
            equity: of.equity,
        }
    };
    accounts.iter().zip(of).map(holder).collect()
}

/// Where `account` stands among those who give lots of `market` when a book on the other side is
/// deleveraged; nothing where it holds none there, can give none, or the domain's order has no
/// places: in proportion all give at once, and a random start is not known before.
#[must_use]
pub fn place(state: &State, account: AccountId, market: MarketId) -> Option<Place> {
    let found = state.markets.market(market)?;
    let domain = found.spec.domain;
    let asset = state.domains.domain(domain)?.asset;
    let side = -state.markets.position(account).lots(market).lots().signum();
    if side == 0 {
        return None;
    }
    let (accounts, of) = candidates(state, market, asset, side);
    let index = accounts.binary_search(&account).ok()?;
    let order = DeleveragingOrder::of(state, domain);
    match order.rule(0) {
        None => {
            let lot = u64::try_from(found.value_at(found.mark?)).ok()?;
            in_draining(&of, lot, index).ok()?
        }
        Some(Order::Queue(venue)) => {
            let holders = holders(state, market, side, &accounts, &of);
            let lots: Vec<u64> = holders.iter().map(|holder| holder.lots).collect();
            let scores: Vec<i64> = holders.iter().map(|holder| venue.of(holder)).collect();
            in_queue(&lots, &scores, index)
        }
        Some(Order::Contracts | Order::Profit | Order::RandomStart(_)) => None,
    }
}
