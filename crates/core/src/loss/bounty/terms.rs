//! What a domain pays to those who watch, and what can never be right about it.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::MAX_PENDING;
use crate::ids::LayerId;
use crate::units::Amount;

/// A whole, in millionths.
const WHOLE: u32 = 1_000_000;

/// What a domain pays to those who watch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BountyTerms {
    /// What pays, and gets the bonds of those who were wrong: a pot of the house in the domain's
    /// asset.
    pub pot: LayerId,
    /// The part of the deficit, or of what was wrongly claimed, in millionths.
    pub part: u32,
    /// The most that is paid within a window, whatever happens in it.
    pub most: Amount,
    /// The window, in milliseconds.
    pub window: u64,
    /// The most that one bounty takes of what the pot holds, in millionths.
    pub pot_part: u32,
    /// What who gives notice or challenges puts down.
    pub bond: Amount,
    /// How long a notice waits for a report, and a bounty for its pot, in milliseconds.
    pub wait: u64,
}

/// What can never be right about the terms of a bounty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum BountyFlaw {
    /// A part of nothing, or of more than all.
    Part { part: u32 },
    /// Nothing would be paid.
    Most,
    /// A window of nothing, or above its bound.
    Window { millis: u64 },
    /// A false notice would cost nothing.
    Bond,
    /// A wait of nothing, or above its bound.
    Wait { millis: u64 },
}

impl fmt::Display for BountyFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part { part } => {
                write!(f, "a part of {part}, allowed: 1 to {WHOLE} millionths")
            }
            Self::Most => f.write_str("the most is nothing, allowed: 1 atom and more"),
            Self::Window { millis } => {
                write!(f, "a window of {millis}, allowed: 1 to {MAX_PENDING} milliseconds")
            }
            Self::Bond => f.write_str("the bond is nothing, allowed: 1 atom and more"),
            Self::Wait { millis } => {
                write!(f, "a wait of {millis}, allowed: 1 to {MAX_PENDING} milliseconds")
            }
        }
    }
}

impl BountyTerms {
    /// What is wrong with the terms, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), BountyFlaw> {
        let parts = [self.part, self.pot_part];
        if let Some(part) = parts.into_iter().find(|part| *part == 0 || *part > WHOLE) {
            return Err(BountyFlaw::Part { part });
        }
        if self.most.is_zero() {
            return Err(BountyFlaw::Most);
        }
        if self.window == 0 || self.window > MAX_PENDING {
            return Err(BountyFlaw::Window { millis: self.window });
        }
        if self.bond.is_zero() {
            return Err(BountyFlaw::Bond);
        }
        if self.wait == 0 || self.wait > MAX_PENDING {
            return Err(BountyFlaw::Wait { millis: self.wait });
        }
        Ok(())
    }
}
