//! Keys that may be left out, each with what counts then.

use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::Rates;
use rhodian_core::units::Amount;

use super::shape::RatesShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};
use crate::loss_file::words::Words;

impl Words<'_> {
    /// A part in millionths, at most `most`.
    pub(super) fn part_or(
        &self,
        at: &Option<At<PercentText>>,
        key: &str,
        otherwise: u32,
        most: u32,
    ) -> Result<u32, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.percent(at, key, "", most))
    }

    /// An amount above zero.
    pub(super) fn amount_or(
        &self,
        at: &Option<At<AmountText>>,
        key: &str,
        otherwise: Amount,
    ) -> Result<Amount, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.amount(at, key, 1))
    }

    /// A length of time in milliseconds.
    pub(super) fn span_or(
        &self,
        at: &Option<At<DurationText>>,
        key: &str,
        otherwise: u64,
    ) -> Result<u64, Diagnostic> {
        self.length_or(at, key, otherwise, (0, MAX_SPAN))
    }

    /// The same within bounds of its own.
    pub(super) fn length_or(
        &self,
        at: &Option<At<DurationText>>,
        key: &str,
        otherwise: u64,
        bounds: (u64, u64),
    ) -> Result<u64, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.duration(at, key, bounds))
    }

    /// Rates of a year by utilisation, each at most `most`.
    pub(super) fn rates(&self, shape: &RatesShape, most: u32) -> Result<Rates, Diagnostic> {
        let rate = |at: &At<PercentText>, key| self.percent(at, key, "", most);
        Ok(Rates {
            at_zero: rate(&shape.at_zero, "at_zero")?,
            kink: self.percent(&shape.kink, "kink", "", RATE_UNIT)?,
            at_kink: rate(&shape.at_kink, "at_kink")?,
            at_full: rate(&shape.at_full, "at_full")?,
        })
    }
}
