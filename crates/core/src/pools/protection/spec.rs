//! A protection as it is opened, and what can never be right about one.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{DomainId, FeedId, LayerId, Name};
use crate::market::RATE_UNIT;
use crate::units::Amount;

/// The least that the least deposit may be, in atoms: rounding must be small beside it.
pub const MIN_DEPOSIT: u128 = 1_000;

/// The least cap, in millionths of a deposit: that of the least deposit is an atom.
pub const MIN_CAP: u32 = 1_000;

/// The most that all caps may be of what the fund holds, in millionths: a hundred times.
pub const MAX_LEVERAGE: u32 = 100 * RATE_UNIT;

/// The shortest time before a position is paid anything: an hour, in milliseconds. Whoever opens
/// and closes a position around a move that he sees coming gets nothing.
pub const MIN_CLIFF: u64 = 3_600_000;

/// The longest term: a year, in milliseconds.
pub const MAX_TERM: u64 = super::super::YEAR;

/// A protection.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProtectionSpec {
    /// Its name.
    pub name: Name,
    /// The domain whose terms providers accept; it pays in the domain's asset.
    pub domain: DomainId,
    /// The fund that gets the premia and pays: a pot of the house in the domain's asset.
    pub fund: LayerId,
    /// The feed of the price of one side of the pool in the other, which is the domain's asset. Its
    /// unit does not matter, only the ratio of two prices; which of the two is counted in does.
    pub feed: FeedId,
    /// What the fund pays for a position at most, in millionths of its deposit.
    pub cap: u32,
    /// The premium, in millionths of the cap.
    pub fee: u32,
    /// How much all caps may be of what the fund holds when another position is to be protected, in
    /// millionths.
    pub leverage: u32,
    /// The least deposit, in atoms.
    pub least: Amount,
    /// Before so long nothing is paid, in milliseconds.
    pub cliff: u64,
    /// After so long all is paid; in between a part, by the time, in milliseconds.
    pub vesting: u64,
    /// When a position ends that was not closed before, in milliseconds.
    pub term: u64,
}

/// What can never be right about a protection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProtectionFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// A cap of nothing, or above what was put in.
    Cap { cap: u32 },
    /// The premium is more than what is paid at most.
    Fee { fee: u32 },
    /// Nothing could be protected, or too much of what the fund holds.
    Leverage { leverage: u32 },
    /// The least deposit is below its bound.
    Least { least: Amount },
    /// The spans are out of order, too short or too long.
    Spans { cliff: u64, vesting: u64, term: u64 },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cap { cap } => {
                write!(f, "the cap is {cap}, allowed: {MIN_CAP} to {RATE_UNIT} millionths")
            }
            Self::Fee { fee } => {
                write!(f, "the fee is {fee}, allowed: 0 to {RATE_UNIT} millionths")
            }
            Self::Leverage { leverage } => {
                write!(f, "the leverage is {leverage}, allowed: 1 to {MAX_LEVERAGE} millionths")
            }
            Self::Least { least } => {
                write!(f, "the least deposit is {least}, allowed: {MIN_DEPOSIT} atoms and more")
            }
            Self::Spans { cliff, vesting, term } => write!(
                f,
                "cliff {cliff}, vesting {vesting}, term {term}, allowed: {MIN_CLIFF} <= cliff <= \
                 vesting <= term <= {MAX_TERM} milliseconds"
            ),
        }
    }
}

impl ProtectionSpec {
    /// What is wrong with the protection, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub const fn check(&self) -> Result<(), Flaw> {
        let Self { cap, fee, leverage, least, cliff, vesting, term, .. } = *self;
        if cap < MIN_CAP || cap > RATE_UNIT {
            return Err(Flaw::Cap { cap });
        }
        if fee > RATE_UNIT {
            return Err(Flaw::Fee { fee });
        }
        if leverage == 0 || leverage > MAX_LEVERAGE {
            return Err(Flaw::Leverage { leverage });
        }
        if least.atoms() < MIN_DEPOSIT {
            return Err(Flaw::Least { least });
        }
        if cliff < MIN_CLIFF || cliff > vesting || vesting > term || term > MAX_TERM {
            return Err(Flaw::Spans { cliff, vesting, term });
        }
        Ok(())
    }
}
