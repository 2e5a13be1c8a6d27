//! Who pays an atom more or less than his exact share rounded down. A division publishes who was
//! the last to get an atom (his fraction and his place); with it everyone can tell whether he was
//! to get one, and the sums of the tree say how many did.

use borsh::{BorshDeserialize, BorshSerialize};
use core::cmp::Ordering;
use rhodian_core::units::{Amount, Fraction};
use rhodian_core::wide::compare_ratios;
use serde::{Deserialize, Serialize};

use crate::fixed;
use crate::leaf::ShareLeaf;

/// How shares became whole atoms.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Way {
    /// Rounded down; the atoms left over went one each to the largest fractions.
    Given = 1,
    /// Rounded down, which came to too much, because some had paid more than their share: atoms
    /// came off one by one where the smallest fraction stood.
    Taken = 2,
    /// Rounded up, each alone: what that brought too much is residue.
    Up = 3,
}

/// A member by what decides who gets an atom: his fraction, then his place.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// His fraction.
    pub rest: Fraction,
    /// His place.
    pub place: u32,
}

impl Key {
    /// That of a share: nothing counts of a fraction where more was paid than the whole part.
    #[must_use]
    pub fn of(leaf: &ShareLeaf) -> Self {
        let owes = leaf.whole >= leaf.paid;
        let rest = if owes { leaf.rest } else { Fraction { num: 0, den: 1 } };
        Self { rest, place: leaf.place }
    }

    /// The order in which atoms are given: the largest fraction first, then the first place.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let (one, two) = (self.rest, other.rest);
        // Denominators that are zero come from forged files only: they are refused before.
        let by_rest = compare_ratios(two.num, two.den, one.num, one.den);
        by_rest.then(self.place.cmp(&other.place))
    }
}

/// How a division was rounded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Which way.
    pub way: Way,
    /// How many atoms were given or taken so.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub units: Amount,
    /// Full rounds in which everyone who still paid gave up an atom; only where atoms were taken.
    #[borsh(serialize_with = "fixed::write", deserialize_with = "fixed::read")]
    pub rounds: Amount,
    /// The last who got an atom, or the last who gave one up in the round that was not full.
    pub last: Option<Key>,
}

impl Rounding {
    /// What the member pays whose exact share less what he paid, rounded down, is `leaf.floor`;
    /// nothing where that is no amount.
    #[must_use]
    pub fn share(&self, leaf: &ShareLeaf) -> Option<Amount> {
        let one = Amount::from(1u32);
        let key = Key::of(leaf);
        match self.way {
            Way::Given => {
                let gets = self.last.is_some_and(|last| key.order(&last).is_le());
                if gets { leaf.floor.checked_add(one).ok() } else { Some(leaf.floor) }
            }
            Way::Taken => {
                let left = leaf.floor.less_or_zero(self.rounds);
                let gives = self.last.is_some_and(|last| key.order(&last).is_ge());
                Some(if gives { left.less_or_zero(one) } else { left })
            }
            Way::Up => Some(leaf.floor),
        }
    }

    /// How `leaves` were rounded, of which each has its share; `up` where each was rounded up
    /// alone.
    #[must_use]
    pub fn of(leaves: &[ShareLeaf], up: bool) -> Option<Self> {
        let none = Self { way: Way::Given, units: Amount::ZERO, rounds: Amount::ZERO, last: None };
        if up {
            return Some(Self { way: Way::Up, ..none });
        }
        let sum = |of: fn(&ShareLeaf) -> Amount| {
            leaves.iter().try_fold(Amount::ZERO, |sum, leaf| sum.checked_add(of(leaf)).ok())
        };
        let (floors, shares) = (sum(|leaf| leaf.floor)?, sum(|leaf| leaf.share)?);
        if floors <= shares {
            let got = leaves.iter().filter(|leaf| leaf.share > leaf.floor).map(Key::of);
            let last = got.max_by(Key::order);
            return Some(Self { units: shares.checked_sub(floors).ok()?, last, ..none });
        }
        let given = |leaf: &ShareLeaf| leaf.floor.less_or_zero(leaf.share);
        // Who still pays gave up every round, and one more if he was in the last.
        let still = leaves.iter().filter(|leaf| !leaf.share.is_zero());
        let most = leaves.iter().map(given).max().unwrap_or_default();
        let rounds = still.clone().map(given).min().unwrap_or(most);
        let gave = leaves.iter().filter(|leaf| given(leaf) > rounds).map(Key::of);
        let last = gave.min_by(Key::order);
        let units = floors.checked_sub(shares).ok()?;
        Some(Self { way: Way::Taken, units, rounds, last })
    }
}
