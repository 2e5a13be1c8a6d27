//! The price at which one leg on an isolated account is due for liquidation, or bankrupt, and how
//! far a portfolio of linear legs is from zero equity.

use super::tiers::{MILLION, Tiers};
use crate::bounds::MAX_TICKS;
use crate::wide::mul_div_floor;

/// One leg, alone on its account.
#[derive(Clone, Copy, Debug)]
pub struct IsolatedLeg<'a> {
    /// The account's ledger balance in atoms, within 10^30; a long's holds what it paid, below
    /// zero.
    pub cash: i128,
    /// Lots, long above zero, within 10^15; not zero.
    pub lots: i64,
    /// Atoms of one tick of one lot; times the largest price at most 10^15.
    pub tick_lot: u64,
    /// The market's cumulative funding in atoms a lot, within 10^15.
    pub funding: i64,
    /// What it must hold.
    pub tiers: &'a Tiers,
}

/// The last price at which a condition holds, coming from the side where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPrice {
    /// It holds at every admitted price.
    Always,
    /// It holds at none.
    Never,
    /// For a long the lowest price in ticks, for a short the highest, at which it still holds:
    /// rounded to the account's safe side, and one tick further it fails.
    At(u64),
}

impl IsolatedLeg<'_> {
    /// Equity in atoms at a price: cash + lots x (price x atoms of a tick - funding).
    #[must_use]
    pub fn equity_at(&self, ticks: u64) -> i128 {
        // A lot's value and funding are at most 10^15 each, times 10^15 lots.
        let lot = (u128::from(ticks) * u128::from(self.tick_lot)).cast_signed();
        self.cash + i128::from(self.lots) * (lot - i128::from(self.funding))
    }

    /// Whether the leg is at or above its maintenance requirement, exactly.
    #[must_use]
    pub fn maintained_at(&self, ticks: u64) -> bool {
        let lot = u128::from(ticks) * u128::from(self.tick_lot);
        let required = self.tiers.millionths(lot * u128::from(self.lots.unsigned_abs()));
        let equity = self.equity_at(ticks);
        equity >= 0 && equity.unsigned_abs() * MILLION >= required
    }

    /// The last price, up to `highest` ticks, at which equity is not below zero.
    ///
    /// ```
    /// use rhodian_core::liquidation::price::{IsolatedLeg, LastPrice};
    /// use rhodian_core::liquidation::tiers::Tiers;
    /// // 10 lots bought at 100 with 95 of own money: cash 95 - 1,000.
    /// let tiers = Tiers::flat(50_000).unwrap();
    /// let leg = IsolatedLeg { cash: -905, lots: 10, tick_lot: 1, funding: 0, tiers: &tiers };
    /// assert_eq!(leg.bankruptcy_price(1_000), LastPrice::At(91)); // 90.5 rounded up
    /// // 5 % of 10 x 96 = 48 <= 960 - 905 = 55; at 95 it is 47.5 against 45.
    /// assert_eq!(leg.liquidation_price(1_000), LastPrice::At(96));
    /// ```
    #[must_use]
    pub fn bankruptcy_price(&self, highest: u64) -> LastPrice {
        self.last_price(highest, |ticks| self.equity_at(ticks) >= 0)
    }

    /// The last price, up to `highest` ticks, at which the leg is maintained.
    #[must_use]
    pub fn liquidation_price(&self, highest: u64) -> LastPrice {
        self.last_price(highest, |ticks| self.maintained_at(ticks))
    }

    /// By halving: rates are at most 100 %, so what a long has above its requirement never falls
    /// as the price rises, and a short's never rises. About fifty steps.
    fn last_price(&self, highest: u64, holds: impl Fn(u64) -> bool) -> LastPrice {
        let highest = highest.min(MAX_TICKS);
        let long = self.lots > 0;
        let (safe, worst) = if long { (highest, 0) } else { (0, highest) };
        if !holds(safe) {
            return LastPrice::Never;
        }
        if holds(worst) {
            return LastPrice::Always;
        }
        let (mut safe, mut failed) = (safe, worst);
        while safe.abs_diff(failed) > 1 {
            let middle = safe.min(failed) + safe.abs_diff(failed) / 2;
            if holds(middle) {
                safe = middle;
            } else {
                failed = middle;
            }
        }
        LastPrice::At(safe)
    }
}

/// How far a portfolio of linear legs is from zero equity, in millionths of every price, rounded
/// down; nothing where no such move gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Every leg moves against the account by the same part: equity over gross value.
    pub each_against: Option<u128>,
    /// All prices move together, in the direction that hurts: equity over net value.
    pub together: Option<u128>,
    /// Whether that direction is up (net short).
    pub up: bool,
}

/// The distance of an account with `equity` whose legs are worth `values`, shorts below zero;
/// atoms, within 10^30 each and 10^38 together. Zero where equity is not above zero.
///
/// ```
/// use rhodian_core::liquidation::price::distance_to_zero;
/// let hedged = distance_to_zero(100, &[1_000, -900]);
/// assert_eq!(hedged.each_against, Some(52_631)); // 100 / 1,900
/// assert_eq!((hedged.together, hedged.up), (Some(1_000_000), false)); // 100 / 100
/// assert_eq!(distance_to_zero(100, &[]).each_against, None);
/// ```
#[must_use]
pub fn distance_to_zero(equity: i128, values: &[i128]) -> Distance {
    let gross: u128 = values.iter().map(|value| value.unsigned_abs()).sum();
    let net: i128 = values.iter().sum();
    let equity = if equity > 0 { equity.unsigned_abs() } else { 0 };
    let part = |of: u128| mul_div_floor(equity, MILLION, of);
    Distance { each_against: part(gross), together: part(net.unsigned_abs()), up: net < 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquidation::tiers::Tier;

    #[test]
    fn the_last_price_is_the_last_of_every_price() {
        let tier = |from, rate| Tier { from, rate };
        let tiers = [
            Tiers::flat(50_000).unwrap(),
            Tiers::new(&[tier(0, 10_000), tier(300, 400_000), tier(900, 1_000_000)]).unwrap(),
        ];
        for tiers in &tiers {
            for lots in [-7, -3, -1, 1, 2, 5] {
                for cash in (-700..700).step_by(13) {
                    for funding in [-4, 0, 9] {
                        let leg = IsolatedLeg { cash, lots, tick_lot: 3, funding, tiers };
                        let scan = |holds: &dyn Fn(u64) -> bool| {
                            let held: Vec<u64> = (0..=90).filter(|ticks| holds(*ticks)).collect();
                            match (held.len(), lots > 0) {
                                (0, _) => LastPrice::Never,
                                (91, _) => LastPrice::Always,
                                (_, true) => LastPrice::At(held[0]),
                                (_, false) => LastPrice::At(held[held.len() - 1]),
                            }
                        };
                        let solvent = scan(&|ticks| leg.equity_at(ticks) >= 0);
                        assert_eq!(leg.bankruptcy_price(90), solvent, "{leg:?}");
                        let maintained = scan(&|ticks| leg.maintained_at(ticks));
                        assert_eq!(leg.liquidation_price(90), maintained, "{leg:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_edges_of_every_bound_fit() {
        let tiers = Tiers::flat(1_000_000).unwrap();
        let (lots, most) = (10i64.pow(15), 10i128.pow(30));
        let leg = IsolatedLeg { cash: -most, lots, tick_lot: 1, funding: 0, tiers: &tiers };
        assert_eq!(leg.bankruptcy_price(u64::MAX), LastPrice::At(MAX_TICKS));
        let leg = IsolatedLeg { cash: most, lots: -lots, funding: -lots, ..leg };
        assert_eq!(leg.bankruptcy_price(MAX_TICKS), LastPrice::At(0));
    }

    #[test]
    fn an_account_below_zero_is_at_distance_zero() {
        assert_eq!(distance_to_zero(-5, &[7]).each_against, Some(0));
        let pair = distance_to_zero(5, &[7, -7]);
        assert_eq!((pair.each_against, pair.together), (Some(357_142), None));
        assert!(distance_to_zero(5, &[-7]).up);
    }

    use std::vec::Vec;
}
