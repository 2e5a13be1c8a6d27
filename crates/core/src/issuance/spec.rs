//! What an issuance is: the token, the ladder its price goes down, how much may be issued, and what
//! buys it back.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::MAX_PENDING;
use crate::ids::{AssetId, LayerId, Name, Time};
use crate::units::Amount;

/// The unit of parts: one million is the whole.
pub const WHOLE: u32 = 1_000_000;

/// The most times that an auction may begin anew.
pub const MAX_RESTARTS: u32 = 1_000;

/// A price that goes down by steps. It is stated beforehand and asks no oracle.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PriceLadder"))]
pub struct Ladder {
    /// What a lot costs first.
    pub start: Amount,
    /// By how much it goes down at a time.
    pub step: Amount,
    /// How long each price stands, in milliseconds.
    pub every: u64,
    /// The least it comes to: above zero, at most `start`.
    pub floor: Amount,
}

impl Ladder {
    /// The steps from the first price to the least.
    const fn steps(&self) -> u128 {
        let fall = self.start.less_or_zero(self.floor).atoms();
        if self.step.is_zero() { 0 } else { fall.div_ceil(self.step.atoms()) }
    }

    /// How long it takes until the least price has stood its time: one round. Nothing where that
    /// passes 2^128, as for no ladder that is valid.
    #[must_use]
    pub fn length(&self) -> Option<u128> {
        (self.steps() + 1).checked_mul(u128::from(self.every))
    }

    /// Whether it goes down to something above zero, and a round ends within 30 days.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let falls = self.floor < self.start && !self.step.is_zero();
        let stands = self.floor == self.start;
        let ends = |length| self.every > 0 && length <= u128::from(MAX_PENDING);
        !self.floor.is_zero() && (falls || stands) && self.length().is_some_and(ends)
    }

    /// What a lot costs after so many milliseconds of a round.
    ///
    /// ```
    /// use rhodian_core::issuance::Ladder;
    /// use rhodian_core::units::Amount;
    /// let [start, step, floor] = [100, 30, 25].map(|atoms| Amount::new(atoms).unwrap());
    /// let ladder = Ladder { start, step, every: 10, floor };
    /// let prices = [0, 9, 10, 20, 30, 39].map(|at| ladder.price(at).atoms());
    /// assert_eq!(prices, [100, 100, 70, 40, 25, 25]);
    /// assert_eq!(ladder.length(), Some(40));
    /// ```
    #[must_use]
    pub fn price(&self, elapsed: u64) -> Amount {
        let steps = u128::from(elapsed / self.every.max(1));
        if steps >= self.steps() {
            return self.floor;
        }
        // Fewer steps than to the floor: the product is below the start.
        let fallen = Amount::new(self.step.atoms() * steps).unwrap_or(self.start);
        self.start.less_or_zero(fallen)
    }

    /// Whether a round that began so long ago is over.
    #[must_use]
    pub fn is_over(&self, elapsed: u64) -> bool {
        self.length().is_some_and(|length| u128::from(elapsed) >= length)
    }
}

/// How many tokens there are, as the venue states it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outstanding {
    /// How many atoms of the token are outstanding.
    pub amount: Amount,
    /// Who says so.
    pub source: Name,
    /// As of when.
    pub at: Time,
}

/// The most that is issued.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dilution {
    /// Of the tokens outstanding, in millionths.
    pub part: u32,
    /// Within any span of so many milliseconds, over all auctions.
    pub window: u64,
}

/// What a fund holds above its target buys tokens back, which are burned.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Buyback {
    /// The fund: a pot without stakes, in the asset the tokens are sold for.
    pub fund: LayerId,
    /// What stays in it.
    pub target: Amount,
    /// The atoms of money in a lot.
    pub lot: Amount,
    /// What a lot of money costs, in atoms of the token.
    pub ladder: Ladder,
}

/// New tokens that are sold into a hole, and bought back of a surplus.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IssuanceSpec {
    /// Its name.
    pub name: Name,
    /// The layer whose draws tokens are sold for: of kind issuance.
    pub layer: LayerId,
    /// The token: an asset in which no domain measures losses, and which is nobody's collateral.
    pub token: AssetId,
    /// The atoms of the token in a lot.
    pub lot: Amount,
    /// What a lot costs, in atoms of the layer's asset.
    pub ladder: Ladder,
    /// How often an auction begins anew at the first price, where its hole is not filled.
    pub restarts: u32,
    /// What a lot would fetch under stress: what a forecast counts. From the floor to the start.
    pub stressed: Amount,
    /// The most that is issued.
    pub dilution: Dilution,
    /// How many tokens there are.
    pub outstanding: Outstanding,
    /// What buys them back; nothing where none are.
    pub buyback: Option<Buyback>,
}

/// What can never be right about an issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IssuanceFlaw"))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
pub enum Flaw {
    /// A lot of nothing.
    ZeroLot,
    /// A ladder that does not go down to something above zero within 30 days.
    Ladder,
    /// More restarts than an auction may have.
    Restarts,
    /// A stressed price above the first or below the least.
    Stressed,
    /// A part of nothing or above the whole, or a window of no time or above 30 days.
    Dilution,
    /// Nothing is outstanding.
    NothingOutstanding,
    /// A depletion limit that never binds: a part of nothing or above the whole, or a span of no
    /// time or above 30 days.
    Depletion,
}

impl Flaw {
    /// What is wrong.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ZeroLot => "a lot is at least one atom",
            Self::Ladder => {
                "a ladder goes from its start by steps of at least one atom down to a floor of at \
                 least one, within 30 days"
            }
            Self::Restarts => "an auction begins anew at most 1,000 times",
            Self::Stressed => "the stressed price is from the floor to the start",
            Self::Dilution => {
                "at most a part above zero of what is outstanding is issued, within a window of at \
                 most 30 days"
            }
            Self::NothingOutstanding => "a part of no tokens outstanding is none",
            Self::Depletion => {
                "a pot is depleted by a part above zero, at most all of it, and within a span of \
                 at most 30 days"
            }
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

const fn is_part(part: u32) -> bool {
    part > 0 && part <= WHOLE
}

const fn is_span(millis: u64) -> bool {
    millis > 0 && millis <= MAX_PENDING
}

impl IssuanceSpec {
    /// Whether it can be right at all.
    ///
    /// # Errors
    ///
    /// What can never be right about it.
    pub fn check(&self) -> Result<(), Flaw> {
        let back = self.buyback.as_ref();
        if self.lot.is_zero() || back.is_some_and(|of| of.lot.is_zero()) {
            return Err(Flaw::ZeroLot);
        }
        if !self.ladder.is_valid() || back.is_some_and(|of| !of.ladder.is_valid()) {
            return Err(Flaw::Ladder);
        }
        if self.restarts > MAX_RESTARTS {
            return Err(Flaw::Restarts);
        }
        if self.stressed < self.ladder.floor || self.stressed > self.ladder.start {
            return Err(Flaw::Stressed);
        }
        if !is_part(self.dilution.part) || !is_span(self.dilution.window) {
            return Err(Flaw::Dilution);
        }
        if self.outstanding.amount.is_zero() {
            return Err(Flaw::NothingOutstanding);
        }
        Ok(())
    }
}

/// How far a pot may be drawn on, as a part of what it held.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Depletion {
    /// Within one episode, in millionths.
    pub per_episode: Option<u32>,
    /// Within any span of a length, over episodes.
    pub per_period: Option<PeriodPart>,
}

/// A part over any span of a length.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeriodPart {
    /// The part, in millionths.
    pub part: u32,
    /// The span, in milliseconds.
    pub millis: u64,
}

impl Depletion {
    /// Whether it can bind.
    ///
    /// # Errors
    ///
    /// That it never would.
    pub fn check(&self) -> Result<(), Flaw> {
        let period = self.per_period.is_none_or(|of| is_part(of.part) && is_span(of.millis));
        if self.per_episode.is_none_or(is_part) && period { Ok(()) } else { Err(Flaw::Depletion) }
    }
}
