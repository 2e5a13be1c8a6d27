//! The solvency envelope: a market is refused where one admitted step of price and funding, with
//! the penalty, could eat more than the maintenance requirement, at any admitted size.
//!
//! An account that is exactly at maintenance before the step is the worst case that liquidation
//! can meet in time. With a pair of accounts on both sides of one such step, the winner takes out
//! what the loser did not have; a market that admits it can be drained on purpose.
//!
//! At value `N` the step costs `N x (price + funding)`, the penalty is a rate of the value after
//! the step between a least and a most amount, the requirement is a table with a least amount.
//! Everything is piecewise linear in `N`, so its worst sizes are ends and kinks: they are checked
//! exactly, and then the smallest offending size of the first bad piece is found by halving.

use alloc::vec::Vec;
use core::fmt;

use super::tiers::{MILLION, Tiers};
use crate::bounds::MAX_AMOUNT;
use crate::wide::{U256, mul_div_floor};

/// The unit of a rate of a rate.
const TRILLION: u128 = MILLION * MILLION;

/// What a market admits. Rates in millionths of a leg's value, amounts in atoms.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The maintenance requirement.
    pub tiers: &'a Tiers,
    /// The least requirement of a leg.
    pub least_requirement: u128,
    /// The largest admitted move of the price in one step; at most 10^6.
    pub price_step: u32,
    /// The largest admitted funding in one step; at most 10^6.
    pub funding_step: u32,
    /// The penalty of a liquidation; at most 10^6.
    pub penalty: u32,
    /// The least penalty.
    pub least_penalty: u128,
    /// The most penalty.
    pub most_penalty: u128,
    /// The smallest and the largest admitted size of a leg, in atoms of value, at least 1.
    pub sizes: (u128, u128),
}

/// The size at which the envelope breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The smallest offending value of a leg, in atoms.
    pub size: u128,
    /// What one step can cost there, rounded up.
    pub loss: u128,
    /// What is required there, rounded down.
    pub requirement: u128,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, loss, requirement } = self;
        write!(f, "a leg of {size} atoms can lose {loss} in one step and holds {requirement}")
    }
}

impl Envelope<'_> {
    /// Whether the numbers are within their bounds.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let rates = [self.price_step, self.funding_step, self.penalty];
        let (smallest, largest) = self.sizes;
        let amounts = [self.least_requirement, self.least_penalty, self.most_penalty, largest];
        rates.iter().all(|rate| u128::from(*rate) <= MILLION)
            && amounts.iter().all(|amount| *amount <= MAX_AMOUNT)
            && self.least_penalty <= self.most_penalty
            && (1..=largest).contains(&smallest)
    }

    /// The smallest admitted size at which one step can pass the requirement; nothing where the
    /// market is sound. For valid envelopes. The cost of a step is taken exactly and the
    /// requirement, too: an engine that rounds requirements up and charges down is on the safe
    /// side of both.
    ///
    /// ```
    /// use rhodian_core::liquidation::{envelope::Envelope, tiers::Tiers};
    /// let tiers = Tiers::flat(50_000).unwrap();
    /// let market = Envelope {
    ///     tiers: &tiers, least_requirement: 10, price_step: 35_000, funding_step: 1_000,
    ///     penalty: 10_000, least_penalty: 9, most_penalty: 10_000, sizes: (1, 1_000_000),
    /// };
    /// // Near 30 the least penalty passes the least requirement; the size is named.
    /// let breach = market.breach().unwrap();
    /// assert_eq!((breach.size, breach.requirement, breach.loss), (28, 10, 11));
    /// assert!(Envelope { least_penalty: 1, ..market }.breach().is_none());
    /// ```
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        let mut kinks = self.kinks();
        kinks.sort_unstable();
        kinks.dedup();
        let mut sound = None;
        let broken = kinks.into_iter().find(|kink| {
            let breaks = self.breaks(*kink);
            sound = if breaks { sound } else { Some(*kink) };
            breaks
        })?;
        // Linear between two neighbouring kinks: once it breaks it stays broken up to the next.
        let (mut broken, mut sound) = (broken, sound);
        while let Some(whole) = sound.filter(|sound| broken - sound > 1) {
            let middle = whole + (broken - whole) / 2;
            if self.breaks(middle) {
                broken = middle;
            } else {
                sound = Some(middle);
            }
        }
        let (loss, rest) = self.loss(broken).div_rem(TRILLION)?;
        Some(Breach {
            size: broken,
            loss: loss.lo + u128::from(rest > 0),
            requirement: self.requirement(broken) / MILLION,
        })
    }

    /// Ends and kinks among the admitted sizes, each with its neighbours where it is rounded.
    fn kinks(&self) -> Vec<u128> {
        let mut kinks: Vec<u128> = self.tiers.tiers().iter().map(|tier| tier.from).collect();
        for penalty in [self.least_penalty, self.most_penalty] {
            kinks.extend(mul_div_floor(penalty, TRILLION, self.penalty_rate()));
        }
        // The size up to which the least requirement binds, by halving.
        let (mut low, mut high) = (0, self.sizes.1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.tiers.millionths(middle) <= self.least_requirement * MILLION {
                low = middle;
            } else {
                high = middle;
            }
        }
        kinks.push(low);
        let (smallest, largest) = self.sizes;
        let around = kinks.iter().flat_map(|kink| [*kink, kink + 1]);
        let inside = around.filter(|size| smallest < *size && *size < largest);
        inside.chain([smallest, largest]).collect()
    }

    /// In millionths of an atom, at most 10^36.
    fn requirement(&self, size: u128) -> u128 {
        self.tiers.millionths(size).max(self.least_requirement * MILLION)
    }

    /// The penalty on the value after the step, in 10^-12 of the value before it.
    fn penalty_rate(&self) -> u128 {
        u128::from(self.penalty) * (MILLION + u128::from(self.price_step))
    }

    /// What one step can cost, in 10^-12 atoms: at most 4 x 10^42.
    fn loss(&self, size: u128) -> U256 {
        let step = u128::from(self.price_step) + u128::from(self.funding_step);
        let step = U256::product(size, step * MILLION);
        let [least, most] =
            [self.least_penalty, self.most_penalty].map(|amount| U256::product(amount, TRILLION));
        let penalty = U256::product(size, self.penalty_rate()).clamp(least, most);
        step.checked_add(penalty).unwrap_or(step)
    }

    fn breaks(&self, size: u128) -> bool {
        self.loss(size) > U256::product(self.requirement(size), MILLION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquidation::tiers::Tier;
    use std::string::ToString;

    fn slow(market: &Envelope) -> Option<u128> {
        (market.sizes.0..=market.sizes.1).find(|size| market.breaks(*size))
    }

    #[test]
    fn the_smallest_offending_size_of_every_small_market() {
        let tier = |from, rate| Tier { from, rate };
        let tables = [
            Tiers::flat(50_000).unwrap(),
            Tiers::new(&[tier(0, 20_000), tier(90, 60_000), tier(200, 200_000)]).unwrap(),
        ];
        let (mut sound, mut broken) = (0, 0);
        for tiers in &tables {
            for (price_step, funding_step) in [(10_000, 0), (35_000, 5_000), (19_999, 1)] {
                for penalty in [0, 4_000, 20_000] {
                    for least_penalty in [0, 1, 3] {
                        for most_penalty in [3, 40] {
                            for least_requirement in [0, 1, 2, 6, 13] {
                                for sizes in [(1, 400), (60, 61), (180, 399)] {
                                    let market = Envelope {
                                        tiers,
                                        least_requirement,
                                        price_step,
                                        funding_step,
                                        penalty,
                                        least_penalty,
                                        most_penalty,
                                        sizes,
                                    };
                                    assert!(market.is_valid());
                                    let found = market.breach();
                                    let size = found.map(|breach| breach.size);
                                    assert_eq!(size, slow(&market), "{market:?}");
                                    sound += u32::from(found.is_none());
                                    broken += u32::from(found.is_some());
                                }
                            }
                        }
                    }
                }
            }
        }
        assert!(sound > 100 && broken > 100, "{sound} sound, {broken} broken");
    }

    #[test]
    fn a_wide_step_is_refused_with_the_size_it_breaks_at() {
        // A jump of 64 % against 10 % maintenance: broken at the smallest size already.
        let tiers = Tiers::flat(100_000).unwrap();
        let market = Envelope {
            tiers: &tiers,
            least_requirement: 0,
            price_step: 640_000,
            funding_step: 0,
            penalty: 0,
            least_penalty: 0,
            most_penalty: 0,
            sizes: (1_000, MAX_AMOUNT),
        };
        let breach = market.breach().unwrap();
        assert_eq!(breach, Breach { size: 1_000, loss: 640, requirement: 100 });
        let words = "a leg of 1000 atoms can lose 640 in one step and holds 100";
        assert_eq!(breach.to_string(), words);
        assert_eq!(Envelope { price_step: 100_000, ..market }.breach(), None);
        assert!(!Envelope { sizes: (5, 4), ..market }.is_valid());
        assert!(!Envelope { least_penalty: 1, ..market }.is_valid());
    }
}
