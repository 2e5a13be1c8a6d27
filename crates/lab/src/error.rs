//! Why a world cannot be made. Each message names what was wrong and what would be right.

use std::fmt;

use rhodian_core::ids::Time;
use rhodian_core::units::OutOfBounds;

/// A refusal of a model, a file or a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabError {
    /// A line of a candle file is not a candle.
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A candle file has no candle, or no single spacing of time.
    Spacing(String),
    /// A symbol that is asked for is not in the file.
    UnknownSymbol(String),
    /// A symbol has no candle where the file begins, so that there is no price to start from.
    StartsLate {
        /// The symbol.
        symbol: String,
        /// How many candles of the file come before its first.
        candles: usize,
    },
    /// A symbol lacks more candles in a row than the rule for gaps allows.
    Gap {
        /// The symbol.
        symbol: String,
        /// The opening time of the first that is missing, in milliseconds.
        at: u64,
        /// How many are missing.
        candles: usize,
        /// How many the rule allows.
        allowed: u32,
    },
    /// A symbol ends before the file does, and the rule for gaps does not allow it.
    EndsEarly {
        /// The symbol.
        symbol: String,
        /// The opening time of the first that is missing, in milliseconds.
        at: u64,
    },
    /// A price is below half a tick of its market: rounding would make it nothing.
    BelowTick {
        /// The market.
        market: String,
        /// The tick, as a decimal.
        tick: String,
    },
    /// A path's time does not grow, or a tick of it is empty or out of order.
    Path {
        /// The moment.
        at: Time,
        /// What is wrong there.
        reason: &'static str,
    },
    /// The population is smaller than its model needs.
    TooFewAccounts {
        /// How many the model needs.
        needed: u32,
        /// How many were asked for.
        given: u32,
    },
    /// A model's parameter is outside what it may be.
    Model {
        /// The parameter.
        parameter: &'static str,
        /// What it may be.
        allowed: String,
    },
    /// The noise that all markets share is too large beside the moves that are asked about: near
    /// their modes most of what happens would be missed.
    Noise {
        /// What says how far they move.
        parameter: &'static str,
        /// The deviation of the noise over a crisis, in per cent.
        noise: String,
        /// What was asked for, in per cent.
        given: String,
        /// The least that would do, in per cent.
        least: String,
    },
    /// A number is outside the engine's bounds.
    Bounds(OutOfBounds),
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, reason } => write!(f, "line {line}: {reason}"),
            Self::Spacing(reason) => f.write_str(reason),
            Self::UnknownSymbol(symbol) => write!(f, "the file has no symbol {symbol}"),
            Self::StartsLate { symbol, candles } => {
                write!(
                    f,
                    "{symbol} begins {candles} candles after the file: no price to start from"
                )
            }
            Self::Gap { symbol, at, candles, allowed } => write!(
                f,
                "{symbol} lacks {candles} candles in a row from {at} on, allowed: at most {allowed}"
            ),
            Self::EndsEarly { symbol, at } => write!(
                f,
                "{symbol} has no candle from {at} to the end, which the rule for gaps refuses"
            ),
            Self::BelowTick { market, tick } => {
                write!(f, "a price of {market} rounds to zero at a tick of {tick}")
            }
            Self::Path { at, reason } => write!(f, "path at {at} ms: {reason}"),
            Self::TooFewAccounts { needed, given } => {
                write!(f, "{given} accounts are too few for this model, allowed: at least {needed}")
            }
            Self::Model { parameter, allowed } => {
                write!(f, "{parameter} is out of range, allowed: {allowed}")
            }
            Self::Noise { parameter, noise, given, least } => write!(
                f,
                "the noise that all markets share has a deviation of {noise} over a crisis, beside \
                 a {parameter} of {given}: chances would be told too low. {parameter} must be \
                 {least} or more, or ask with kind = \"monte-carlo\""
            ),
            Self::Bounds(bounds) => bounds.fmt(f),
        }
    }
}

impl std::error::Error for LabError {}

impl From<OutOfBounds> for LabError {
    fn from(bounds: OutOfBounds) -> Self {
        Self::Bounds(bounds)
    }
}

/// Refuses a parameter outside its range.
pub(crate) fn require(holds: bool, parameter: &'static str, allowed: &str) -> Result<(), LabError> {
    if holds { Ok(()) } else { Err(LabError::Model { parameter, allowed: allowed.into() }) }
}
