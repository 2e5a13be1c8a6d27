//! A vault as it is opened, and what can never be right about one.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{DomainId, LayerId, Name};
use crate::market::RATE_UNIT;
use crate::units::Amount;

/// The most that a vault may take in: 10^24 atoms, so that shares stay in their bounds.
pub const MAX_VAULT: u128 = 1_000_000_000_000_000_000_000_000;

/// The least that the least entry may be, in atoms: rounding must be small beside it.
pub const MIN_ENTRY: u128 = 1_000;

/// The longest cooldown: a year, in milliseconds.
pub const MAX_COOLDOWN: u64 = super::super::YEAR;

/// The shortest period in which a fee is taken of who stays: an hour, in milliseconds. Each period
/// takes a look at every holder.
pub const MIN_FEE_PERIOD: u64 = 3_600_000;

/// The longest: a year, in milliseconds.
pub const MAX_FEE_PERIOD: u64 = super::super::YEAR;

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VaultSpec {
    /// Its name, its owner's and its account's: nobody else has it.
    pub name: Name,
    /// The domain it trades in, whose losses its holders may bear. Its asset is what is put in.
    pub domain: DomainId,
    /// The fund that gets the performance fee, and what nobody has a share of: a pot of the house,
    /// in the vault's asset.
    pub fund: LayerId,
    /// Up to which value somebody may enter, in atoms.
    pub max: Amount,
    /// The least that is put in at once, and the least part in which an exit is paid, in atoms.
    pub min_entry: Amount,
    /// How long who asks to leave waits, in milliseconds.
    pub cooldown: u64,
    /// The house's part of what a holder gains above his high-water mark, in millionths: of what
    /// he gets where he leaves, and of what his shares are worth where a period ends.
    pub fee: u32,
    /// How often the fee is taken of who stays, in milliseconds: an hour to a year; 0 for never.
    #[serde(default)]
    pub fee_period: u64,
}

/// What can never be right about a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "VaultFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum Flaw {
    /// The most it takes is nothing, or above the bound.
    Most { amount: Amount },
    /// The least entry is below its bound, or above the most.
    LeastEntry { amount: Amount },
    /// Who leaves would wait longer than a year.
    Cooldown { millis: u64 },
    /// The house takes all of a profit or more.
    Fee { fee: u32 },
    /// The fee of who stays is taken too often or too rarely, or there is none to take.
    FeePeriod { millis: u64 },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most { amount } => {
                write!(f, "the most it takes is {amount}, allowed: 1 to {MAX_VAULT} atoms")
            }
            Self::LeastEntry { amount } => write!(
                f,
                "the least entry is {amount}, allowed: {MIN_ENTRY} atoms to the most it takes"
            ),
            Self::Cooldown { millis } => {
                write!(f, "the cooldown is {millis}, allowed: 0 to {MAX_COOLDOWN} milliseconds")
            }
            Self::Fee { fee } => {
                write!(f, "the fee is {fee}, allowed: 0 to {} millionths", RATE_UNIT - 1)
            }
            Self::FeePeriod { millis } => write!(
                f,
                "the fee period is {millis}, allowed: 0, and with a fee {MIN_FEE_PERIOD} to \
                 {MAX_FEE_PERIOD} milliseconds"
            ),
        }
    }
}

impl VaultSpec {
    /// What is wrong with the vault, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub const fn check(&self) -> Result<(), Flaw> {
        let Self { max, min_entry, cooldown, fee, fee_period, .. } = *self;
        if max.is_zero() || max.atoms() > MAX_VAULT {
            return Err(Flaw::Most { amount: max });
        }
        if min_entry.atoms() < MIN_ENTRY || min_entry.atoms() > max.atoms() {
            return Err(Flaw::LeastEntry { amount: min_entry });
        }
        if cooldown > MAX_COOLDOWN {
            return Err(Flaw::Cooldown { millis: cooldown });
        }
        if fee >= RATE_UNIT {
            return Err(Flaw::Fee { fee });
        }
        let bounded = fee_period >= MIN_FEE_PERIOD && fee_period <= MAX_FEE_PERIOD;
        if fee_period != 0 && (!bounded || fee == 0) {
            return Err(Flaw::FeePeriod { millis: fee_period });
        }
        Ok(())
    }
}
