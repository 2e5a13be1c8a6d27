//! What a leg must hold: a rate of its value that grows with its size.

use alloc::vec::Vec;
use core::fmt;

use crate::bounds::MAX_AMOUNT;

/// Rates are in millionths.
pub const MILLION: u128 = 1_000_000;

/// The most legs of an account that one sum of requirements holds.
pub const MAX_LEGS: usize = 128;

/// One step of the table: the part of a leg's value above `from`, up to the next tier, is held at
/// `rate`. So the requirement has no jumps, and one lot more never costs more than its own value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Where it begins, in atoms.
    pub from: u128,
    /// In millionths, at most 10^6.
    pub rate: u32,
}

/// Why a table is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierFlaw {
    /// No tier, or the first does not begin at zero.
    FirstNotZero,
    /// The tier at this index does not begin above the one before, or beyond 10^30.
    NotAscending(usize),
    /// The tier at this index has a rate below the one before, or above 10^6.
    RateFalls(usize),
}

impl fmt::Display for TierFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstNotZero => write!(f, "the first tier must begin at zero"),
            Self::NotAscending(tier) => write!(f, "tier {tier} does not begin above the last one"),
            Self::RateFalls(tier) => write!(f, "tier {tier} has a rate below the last, or over 1"),
        }
    }
}

impl core::error::Error for TierFlaw {}

/// A checked table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers(Vec<Tier>);

impl Tiers {
    /// Checks a table: from zero, ascending, rates that do not fall.
    ///
    /// ```
    /// use rhodian_core::liquidation::tiers::{Tier, TierFlaw, Tiers};
    /// let tier = |from, rate| Tier { from, rate };
    /// let tiers = Tiers::new(&[tier(0, 50_000), tier(1_000, 100_000)]).unwrap();
    /// // 5 % of 1,000 and 10 % of 500.
    /// assert_eq!(tiers.requirement_ceil(1_500), 100);
    /// assert_eq!(Tiers::new(&[tier(1, 50_000)]), Err(TierFlaw::FirstNotZero));
    /// ```
    pub fn new(tiers: &[Tier]) -> Result<Self, TierFlaw> {
        if tiers.first().is_none_or(|first| first.from > 0) {
            return Err(TierFlaw::FirstNotZero);
        }
        let mut last = None;
        for (index, tier) in tiers.iter().enumerate() {
            if tier.from > MAX_AMOUNT || last.is_some_and(|last: Tier| last.from >= tier.from) {
                return Err(TierFlaw::NotAscending(index));
            }
            let falls = last.is_some_and(|last| last.rate > tier.rate);
            if falls || u128::from(tier.rate) > MILLION {
                return Err(TierFlaw::RateFalls(index));
            }
            last = Some(*tier);
        }
        Ok(Self(tiers.to_vec()))
    }

    /// One rate for every size, at most 10^6.
    pub fn flat(rate: u32) -> Result<Self, TierFlaw> {
        Self::new(&[Tier { from: 0, rate }])
    }

    /// The table.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.0
    }

    /// The requirement of a leg worth `value` (at most 10^30) in millionths of an atom, exactly;
    /// at most 10^36.
    #[must_use]
    pub fn millionths(&self, value: u128) -> u128 {
        let (mut sum, mut above) = (0, value);
        for tier in self.0.iter().rev() {
            if above > tier.from {
                sum += (above - tier.from) * u128::from(tier.rate);
                above = tier.from;
            }
        }
        sum
    }

    /// The same in whole atoms, rounded up, for the venue.
    #[must_use]
    pub fn requirement_ceil(&self, value: u128) -> u128 {
        self.millionths(value).div_ceil(MILLION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_refused_by_index() {
        let tier = |from, rate| Tier { from, rate };
        assert_eq!(Tiers::new(&[]), Err(TierFlaw::FirstNotZero));
        assert_eq!(Tiers::new(&[tier(0, 1), tier(0, 2)]), Err(TierFlaw::NotAscending(1)));
        assert_eq!(
            Tiers::new(&[tier(0, 1), tier(MAX_AMOUNT + 1, 2)]),
            Err(TierFlaw::NotAscending(1))
        );
        assert_eq!(Tiers::new(&[tier(0, 2), tier(9, 1)]), Err(TierFlaw::RateFalls(1)));
        assert_eq!(Tiers::flat(1_000_001), Err(TierFlaw::RateFalls(0)));
    }

    #[test]
    fn each_part_is_held_at_its_own_rate() {
        let rows = [(0, 10_000), (100, 20_000), (1_000, 500_000)];
        let rows: Vec<Tier> = rows.map(|(from, rate)| Tier { from, rate }).into();
        let tiers = Tiers::new(&rows).unwrap();
        for value in [0u128, 1, 99, 100, 101, 999, 1_000, 1_001, 5_000] {
            let atom_by_atom = (0..value).map(|atom| match atom {
                0..100 => 10_000,
                100..1_000 => 20_000,
                _ => 500_000,
            });
            assert_eq!(tiers.millionths(value), atom_by_atom.sum::<u128>(), "{value}");
        }
        assert_eq!(Tiers::flat(1_000_000).unwrap().millionths(MAX_AMOUNT), 10u128.pow(36));
    }
}
