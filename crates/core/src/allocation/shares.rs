//! Exact shares: a whole part and a fraction each, all fractions over one denominator.
//!
//! One denominator is enough for a whole division: of its classes only the one in which the
//! amount ends has shares that are not whole.

use alloc::vec::Vec;

use crate::units::Amount;

/// The numerators of the fractional parts, as narrow as the denominator allows.
#[derive(Clone, Debug)]
pub(super) enum Fractions {
    /// Every share is whole.
    None,
    /// All fractions are the same, of the claims that are marked.
    Same(u64, Vec<bool>),
    /// The denominator fits in 64 bits.
    Narrow(Vec<u64>),
    /// It does not.
    Wide(Vec<u128>),
}

impl Fractions {
    /// The numerator of one claim, below the denominator.
    pub(super) fn numerator(&self, index: usize) -> u128 {
        match self {
            Self::None => 0,
            Self::Same(numerator, marked) => u128::from(*numerator) * u128::from(marked[index]),
            Self::Narrow(numerators) => u128::from(numerators[index]),
            Self::Wide(numerators) => numerators[index],
        }
    }
}

/// What of a division is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The exact shares.
    Exact,
    /// Whole atoms. A rule that can round as it writes the shares then does, and gives shares
    /// without fractions; the others give exact ones, to be rounded.
    Whole,
}

/// A number stored in one word or in two. Code that is generic over it is compiled for each, and
/// where every number of a column fits in one word, most of its arithmetic disappears.
pub(super) trait Word: Atoms + Default + Ord {
    /// The stored form of `value`, which must fit.
    fn stored(value: u128) -> Self;
    /// A whole column of numerators.
    fn numerators(numerators: Vec<Self>) -> Fractions;
}

impl Word for u64 {
    #[inline(always)]
    fn stored(value: u128) -> Self {
        low_half(value)
    }
    fn numerators(numerators: Vec<Self>) -> Fractions {
        Fractions::Narrow(numerators)
    }
}

impl Word for u128 {
    #[inline(always)]
    fn stored(value: u128) -> Self {
        value
    }
    fn numerators(numerators: Vec<Self>) -> Fractions {
        Fractions::Wide(numerators)
    }
}

/// The exact shares of claims: `whole + numerator / den`, in atoms.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    /// The shares rounded down.
    pub(super) whole: Vec<Amount>,
    /// What rounding took away.
    pub(super) fractions: Fractions,
    /// What the numerators count, at least 1.
    pub(super) den: u128,
}

impl Shares {
    /// Shares that are all whole.
    pub(super) fn integers(whole: Vec<Amount>) -> Self {
        Self { whole, fractions: Fractions::None, den: 1 }
    }

    /// The units that rounding down has left over, for shares that sum to `total`.
    pub(super) fn units_left(&self, total: u128) -> u128 {
        match &self.fractions {
            Fractions::None => 0,
            Fractions::Same(numerator, marked) => {
                let marked = marked.iter().filter(|marked| **marked).count();
                u128::from(*numerator) * count(marked) / self.den
            }
            // At most 10^8 x 2^64; and there is less to read than of whole parts.
            Fractions::Narrow(numerators) => {
                numerators.iter().map(|numerator| u128::from(*numerator)).sum::<u128>() / self.den
            }
            Fractions::Wide(_) => {
                total - self.whole.iter().map(|whole| whole.atoms()).sum::<u128>()
            }
        }
    }

    /// The shares `cap - award`, for awards of at most the cap.
    pub(super) fn left_by(caps: &[Amount], awards: &Self) -> Self {
        let left = |(place, (cap, award)): (usize, (&Amount, &Amount))| {
            let numerator = awards.fractions.numerator(place);
            let left = cap.atoms() - award.atoms();
            if numerator > 0 {
                (amount(left - 1), awards.den - numerator)
            } else {
                (amount(left), 0)
            }
        };
        let (whole, numerators) = caps.iter().zip(&awards.whole).enumerate().map(left).unzip();
        Self { whole, fractions: Fractions::Wide(numerators), den: awards.den }
    }
}

/// Anything that is a number of atoms, or of weight.
pub(super) trait Atoms: Copy {
    /// The number.
    fn atoms(self) -> u128;
}

impl Atoms for Amount {
    #[inline(always)]
    fn atoms(self) -> u128 {
        Amount::atoms(self)
    }
}

impl Atoms for u64 {
    #[inline(always)]
    fn atoms(self) -> u128 {
        u128::from(self)
    }
}

impl Atoms for u128 {
    #[inline(always)]
    fn atoms(self) -> u128 {
        self
    }
}

/// Atoms that the rule has kept inside the bounds.
#[inline]
pub(super) fn amount(atoms: u128) -> Amount {
    match Amount::new(atoms) {
        Ok(amount) => amount,
        Err(_) => panic!("a share is at most its cap, and a sum at most the amount divided"),
    }
}

/// A number of claims, as an operand.
pub(super) fn count(claims: usize) -> u128 {
    // A length always fits; the bound of claims is checked at the door.
    u128::try_from(claims).unwrap_or(u128::MAX)
}

/// The low 64 bits.
#[inline(always)]
pub(super) fn low_half(value: u128) -> u64 {
    // The mask makes the conversion succeed for every value, and the compiler drops the check.
    u64::try_from(value & LOW).unwrap_or(u64::MAX)
}

/// The low half of a `u128`.
pub(super) const LOW: u128 = (1 << 64) - 1;
