//! Shares of a side of a pool. A share is worth the side's total by its count: the index. Interest
//! raises what a share is worth and touches nobody; a loss takes shares and leaves the worth of the
//! others.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::units::Amount;
use crate::wide::{mul_div_ceil, mul_div_floor};

/// Shares that an atom buys in an empty side. So fine that what rounding moves from one holder to
/// the others is worth less than an atom, however small the side.
pub const SHARES_PER_ATOM: u128 = 1_000_000;

/// A count of shares, at most 10^30.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Shares(Amount);

impl Shares {
    /// None.
    pub const ZERO: Self = Self(Amount::ZERO);

    /// A count, where it is in bounds.
    #[must_use]
    pub fn new(count: u128) -> Option<Self> {
        Amount::new(count).ok().map(Self)
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u128 {
        self.0.atoms()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    pub(in crate::pools) fn plus(self, more: Self) -> Self {
        // Of one side, whose count is in bounds.
        Self(self.0.checked_add(more.0).unwrap_or(Amount::MAX))
    }

    pub(in crate::pools) const fn less(self, less: Self) -> Self {
        Self(self.0.less_or_zero(less.0))
    }
}

/// A side of a pool: what all its shares are worth, and how many they are.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    /// In atoms.
    pub total: Amount,
    /// The count.
    pub shares: Shares,
}

impl Side {
    /// What `shares` are worth, rounded down.
    #[must_use]
    pub fn worth_floor(&self, shares: Shares) -> Amount {
        let worth = mul_div_floor(self.total.atoms(), shares.count(), self.shares.count());
        Self::amount(worth)
    }

    /// What `shares` are worth, rounded up.
    #[must_use]
    pub fn worth_ceil(&self, shares: Shares) -> Amount {
        let worth = mul_div_ceil(self.total.atoms(), shares.count(), self.shares.count());
        Self::amount(worth)
    }

    /// The shares of what is worth `amount`, rounded down; nothing beyond the bounds.
    #[must_use]
    pub fn shares_floor(&self, amount: Amount) -> Option<Shares> {
        let count = match self.total.is_zero() {
            true => amount.atoms().checked_mul(SHARES_PER_ATOM),
            false => mul_div_floor(amount.atoms(), self.shares.count(), self.total.atoms()),
        };
        count.and_then(Shares::new)
    }

    /// The shares of what is worth `amount`, rounded up; nothing beyond the bounds.
    #[must_use]
    pub fn shares_ceil(&self, amount: Amount) -> Option<Shares> {
        let count = match self.total.is_zero() {
            true => amount.atoms().checked_mul(SHARES_PER_ATOM),
            false => mul_div_ceil(amount.atoms(), self.shares.count(), self.total.atoms()),
        };
        count.and_then(Shares::new)
    }

    /// Who takes `amount` of what his `shares` are worth gives so many of them: rounded up (for the
    /// others), and all of them where nothing whole would be left.
    #[must_use]
    pub fn given(&self, shares: Shares, amount: Amount) -> Shares {
        if amount >= self.worth_floor(shares) {
            return shares;
        }
        self.shares_ceil(amount).map_or(shares, |given| given.min(shares))
    }

    pub(in crate::pools) fn add(&mut self, amount: Amount, shares: Shares) {
        self.total = self.total.checked_add(amount).unwrap_or(Amount::MAX);
        self.shares = self.shares.plus(shares);
    }

    pub(in crate::pools) fn take(&mut self, amount: Amount, shares: Shares) {
        self.total = self.total.less_or_zero(amount);
        self.shares = self.shares.less(shares);
    }

    /// No shares are worth nothing; the worth of some is at most the total, which is in bounds.
    fn amount(worth: Option<u128>) -> Amount {
        worth.map_or(Amount::ZERO, |worth| Amount::new(worth).unwrap_or(Amount::MAX))
    }
}
