//! One side of a pool, in shares that are counted exactly.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

/// Atoms of supply or debt in a share that is bought first.
pub const FINE: u128 = 1_000_000;

pub fn whole(of: u128) -> BigRational {
    BigRational::from_integer(BigInt::from(of))
}

pub fn down(of: &BigRational) -> u128 {
    of.floor().to_integer().to_u128().unwrap()
}

pub fn up(of: &BigRational) -> u128 {
    of.ceil().to_integer().to_u128().unwrap()
}

/// One side of the pool: what all shares are worth, and who has how many.
#[derive(Clone, Debug, Default)]
pub struct Side {
    pub total: u128,
    pub shares: BTreeMap<usize, u128>,
}

impl Side {
    pub fn count(&self) -> u128 {
        self.shares.values().sum()
    }

    pub fn of(&self, who: usize) -> u128 {
        self.shares.get(&who).copied().unwrap_or(0)
    }

    /// What `shares` are worth, exactly.
    pub fn worth(&self, shares: u128) -> BigRational {
        if self.count() == 0 { BigRational::zero() } else { self.price() * whole(shares) }
    }

    pub fn price(&self) -> BigRational {
        whole(self.total) / whole(self.count())
    }

    /// How many shares `amount` is worth, exactly.
    pub fn buys(&self, amount: u128) -> BigRational {
        if self.total == 0 { whole(amount * FINE) } else { whole(amount) / self.price() }
    }

    pub fn give(&mut self, who: usize, amount: u128, shares: u128) {
        self.total += amount;
        *self.shares.entry(who).or_default() += shares;
    }

    pub fn take(&mut self, who: usize, amount: u128, shares: u128) {
        self.total -= amount;
        *self.shares.get_mut(&who).unwrap() -= shares;
    }
}
