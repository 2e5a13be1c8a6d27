//! What a named stress would cost: every account valued after one move of prices and volatility,
//! the holes of those that would stand below zero summed by domain, and what the domain's waterfall
//! would pay of them. A pure read, for coverage shown beside layers: nothing is liquidated on the
//! way, no price is impacted, and nobody adds money, so it is neither the best nor the worst case.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::equity::legs_after_all;
use super::portfolio::{Together, profit_at, together};
use super::requirement::initial;
use super::scenario::VolMove;
use crate::domain::CauseClass;
use crate::engine::{Parts, State};
use crate::ids::{AccountId, DomainId, MarketId};
use crate::market::{Leg, Trade};
use crate::units::Amount;
use crate::waterfall::{self, Plan};

/// One move of everything.
///
/// ```
/// use rhodian_core::ids::MarketId;
/// use rhodian_core::margin::Shock;
/// // Everything falls by a fifth, the first market by two fifths.
/// let shock = Shock { others: -200_000, ..Shock::default() }.with(MarketId(0), -400_000);
/// assert_eq!(shock.of(MarketId(0)), -400_000);
/// assert_eq!(shock.of(MarketId(7)), -200_000);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shock {
    /// By underlying: by how much its price moves, in millionths of the mark, above -1,000,000.
    pub moves: BTreeMap<MarketId, i32>,
    /// How the others move.
    pub others: i32,
    /// How volatility moves, by the part of the grid of scenario margin.
    pub vol: VolMove,
}

impl Shock {
    /// The shock with one market moved otherwise.
    #[must_use]
    pub fn with(mut self, market: MarketId, millionths: i32) -> Self {
        self.moves.insert(market, millionths);
        self
    }

    /// How far `market` moves, in millionths of its mark.
    #[must_use]
    pub fn of(&self, market: MarketId) -> i32 {
        self.moves.get(&market).copied().unwrap_or(self.others)
    }
}

/// What a stress would do in one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stressed {
    /// The domain.
    pub domain: DomainId,
    /// How many accounts would stand below zero with a part of their hole in it.
    pub failing: u32,
    /// The sum of these parts: at most 10^30 atoms.
    pub hole: Amount,
    /// What the waterfall for defaults would pay of it today; nothing where there is none to pay
    /// or no waterfall.
    pub plan: Option<Plan>,
}

/// What a stress would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stress {
    /// By domain, in id order.
    pub domains: Vec<Stressed>,
    /// Accounts whose options cannot be valued now: they are in no sum.
    pub unknown: u32,
}

/// What `shock` would do to everyone now. The cost is a pass over all accounts.
#[must_use]
pub fn stress(state: &State, shock: &Shock) -> Stress {
    let mut holes: BTreeMap<DomainId, (u32, u128)> = BTreeMap::new();
    let mut found = Stress::default();
    for account in (0..state.markets.positions.len()).filter_map(AccountId::at) {
        match parts(state, account, shock) {
            None => found.unknown += 1,
            Some(parts) => {
                for (domain, hole) in parts {
                    let (failing, sum) = holes.entry(domain).or_default();
                    *failing += 1;
                    *sum += hole;
                }
            }
        }
    }
    let of = |(domain, _)| {
        let (failing, hole) = holes.get(&domain).copied().unwrap_or_default();
        // What would pass the bound of an amount is shown as the bound: it is no ledger's.
        let hole = Amount::new(hole).unwrap_or(Amount::MAX);
        let class = CauseClass::Default;
        let plan = (!hole.is_zero()).then(|| waterfall::plan(state, domain, class, hole)).flatten();
        Stressed { domain, failing, hole, plan }
    };
    found.domains = state.domains.domains().map(of).collect();
    found
}

/// The hole of `account` after the shock, by domain: split by what it loses in each. Nothing is
/// listed where it stands; the outer option is nothing where it cannot be valued.
fn parts(state: &State, account: AccountId, shock: &Shock) -> Option<Vec<(DomainId, u128)>> {
    let position = state.markets.position(account);
    let Some(asset) = position.asset.filter(|_| !position.legs.is_empty()) else {
        return Some(Vec::new());
    };
    let (equity, lost) = after(state, &position.legs, state.equity(account, asset), shock)?;
    if equity >= 0 {
        return Some(Vec::new());
    }
    let domains: Vec<DomainId> = lost.iter().map(|(domain, _)| *domain).collect();
    let split = Parts::new(lost);
    let part = |domain: DomainId| (domain, split.of(domain, equity).unsigned_abs());
    Some(domains.into_iter().map(part).filter(|(_, hole)| *hole > 0).collect())
}

/// What `account` would lose in `domain` at the shock beyond its margin: what it holds, at most
/// what its legs require to be opened, since what it holds beyond that may leave at any time.
/// Nothing where it cannot be valued.
pub(crate) fn beyond_margin(
    state: &State,
    account: AccountId,
    domain: DomainId,
    shock: &Shock,
) -> Option<u128> {
    let position = state.markets.position(account);
    let Some(asset) = position.asset.filter(|_| !position.legs.is_empty()) else {
        return Some(0);
    };
    let required = i128::try_from(initial(state, account)).unwrap_or(i128::MAX);
    let margin = state.equity(account, asset).min(required);
    let (left, split) = after(state, &position.legs, margin, shock)?;
    let holds = split.iter().any(|(of, _)| *of == domain);
    if left >= 0 || !holds {
        return Some(0);
    }
    Some(Parts::new(split).of(domain, left).unsigned_abs())
}

/// What the legs of `account` gain at the worst of `shocks`, as they are and after `trade`: nothing
/// where either cannot be valued.
pub(crate) fn worst_before_and_after(
    state: &State,
    account: AccountId,
    trade: &Trade,
    shocks: &[Shock],
) -> Option<(i128, i128)> {
    let position = state.markets.position(account);
    let worst = |legs: &[Leg]| {
        let gains = shocks.iter().map(|shock| {
            let gains = by_underlying(state, legs, shock)?;
            Some(gains.into_iter().map(|(_, gain)| gain).sum::<i128>())
        });
        gains.collect::<Option<Vec<i128>>>()?.into_iter().min()
    };
    let after = legs_after_all(position, core::slice::from_ref(trade));
    Some((worst(&position.legs)?, worst(&after)?))
}

/// What `margin` becomes at the shock, and what the legs lose in each domain.
fn after(
    state: &State,
    legs: &[Leg],
    margin: i128,
    shock: &Shock,
) -> Option<(i128, Vec<(DomainId, u128)>)> {
    let mut profits: BTreeMap<DomainId, i128> = BTreeMap::new();
    for (market, profit) in by_underlying(state, legs, shock)? {
        let domain = state.markets.market(market)?.spec.domain;
        *profits.entry(domain).or_default() += profit;
    }
    let left = margin + profits.values().sum::<i128>();
    let lost = profits.into_iter().map(|(domain, profit)| (domain, profit.min(0).unsigned_abs()));
    Some((left, lost.collect()))
}

/// What the legs of each underlying gain at the shock, rounded down (against the account).
fn by_underlying(state: &State, legs: &[Leg], shock: &Shock) -> Option<Vec<(MarketId, i128)>> {
    let profit = |group: Together| {
        let moved = shock.of(group.of);
        let profit = match group.linear.as_slice() {
            [leg] if group.options.is_empty() => {
                let gross = state.markets.gross(leg).cast_signed() * i128::from(moved);
                (gross * i128::from(leg.lots.lots().signum())).div_euclid(1_000_000)
            }
            _ => profit_at(state, &group, (moved, shock.vol))?,
        };
        Some((group.of, profit))
    };
    together(state, legs.iter().copied()).into_iter().map(profit).collect()
}
