//! Prices and sizes as decimal texts, in ticks and lots and back, exactly.

use rhodian_core::bounds::{MAX_LOTS, MAX_TICKS};
use rhodian_core::units::{Price, Quantity};

use crate::amount_text::{AmountFormat, ExcessDigits, FaultKind};

/// The decimals in which ticks, lots, prices and sizes are read.
pub const DECIMALS: u8 = 12;
/// One, in those.
const ONE: u128 = 1_000_000_000_000;
/// The most a price or a size is read as: 10^15 units.
const MOST: u128 = ONE * 1_000_000_000_000_000;

const FORMAT: AmountFormat = AmountFormat { decimals: DECIMALS, excess: ExcessDigits::Refuse };

/// Why a text is no price or size of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffGrid {
    /// It is no decimal number.
    Fault(FaultKind),
    /// It lies between two steps.
    Between,
    /// More steps than the engine counts.
    TooMany,
}

/// The ticks and lots of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// One tick, in 10^-12 units.
    tick: u128,
    /// One lot, in 10^-12 units.
    lot: u128,
    /// One tick times one lot, in atoms of the asset.
    pub unit: u64,
}

/// Reads a decimal number above zero in 10^-12 units.
///
/// Refused: what is no decimal number, more than 12 decimals, more than 10^15.
pub fn read_step(text: &str) -> Result<u128, FaultKind> {
    FORMAT.read_atoms(text.as_bytes(), MOST).map_err(|fault| fault.kind)
}

/// The greatest common divisor.
pub(super) const fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Grid {
    /// A grid of a tick and a lot above zero, in 10^-12 units, for an asset of some decimals.
    /// Nothing where one tick times one lot is no whole number of atoms, or too many.
    ///
    /// ```
    /// use rhodian_cli::venue_file::numbers::{Grid, read_step};
    /// let grid = |tick, lot| Grid::new(read_step(tick).unwrap(), read_step(lot).unwrap(), 2);
    /// assert_eq!(grid("0.1", "0.1").unwrap().unit, 1);
    /// assert_eq!(grid("0.01", "0.1"), None);
    /// ```
    #[must_use]
    pub fn new(tick: u128, lot: u128, decimals: u8) -> Option<Self> {
        // tick x lot x 10^decimals / 10^24, common factors taken out first.
        let (mut below, mut parts) = (ONE, [tick, lot]);
        for part in &mut parts {
            let common = gcd(*part, below);
            (*part, below) = (*part / common, below / common);
        }
        let scale = 10u128.checked_pow(u32::from(decimals))?;
        let above = parts[0].checked_mul(parts[1])?;
        let common = gcd(above, ONE);
        let (above, rest) = (above / common, ONE / common);
        let common = gcd(scale, below);
        let (scale, below) = (scale / common, below / common);
        let common = gcd(scale, rest);
        let (scale, rest) = (scale / common, rest / common);
        let common = gcd(above, below);
        let (above, below) = (above / common, below / common);
        if below != 1 || rest != 1 {
            return None;
        }
        let unit = u64::try_from(above.checked_mul(scale)?).ok()?;
        (unit > 0).then_some(Self { tick, lot, unit })
    }

    /// Reads a price in ticks; with `nearest`, one between two ticks as the nearer (a half as the
    /// higher).
    pub fn price(&self, text: &str, nearest: bool) -> Result<Price, OffGrid> {
        let read = read_step(text).map_err(OffGrid::Fault)?;
        let ticks = match (read % self.tick, nearest) {
            (0, _) => read / self.tick,
            (rest, true) => read / self.tick + u128::from(rest >= self.tick - rest),
            (_, false) => return Err(OffGrid::Between),
        };
        let ticks = u64::try_from(ticks).ok().filter(|ticks| *ticks <= MAX_TICKS);
        ticks.and_then(|ticks| Price::new(ticks).ok()).ok_or(OffGrid::TooMany)
    }

    /// Reads a size in lots.
    pub fn lots(&self, text: &str) -> Result<Quantity, OffGrid> {
        let read = read_step(text).map_err(OffGrid::Fault)?;
        if read % self.lot != 0 {
            return Err(OffGrid::Between);
        }
        let lots = i64::try_from(read / self.lot).ok();
        let lots = lots.filter(|lots| lots.unsigned_abs() <= MAX_LOTS);
        lots.and_then(|lots| Quantity::new(lots).ok()).ok_or(OffGrid::TooMany)
    }

    /// Lots in a size of one: nothing where that is no whole number.
    #[must_use]
    pub const fn lots_of_one(&self) -> Option<u128> {
        if ONE.is_multiple_of(self.lot) { Some(ONE / self.lot) } else { None }
    }

    /// How prices of the market are written.
    #[must_use]
    pub fn price_text(&self, price: Price) -> String {
        written_price(price, self.tick)
    }

    /// One tick, as it is read.
    #[must_use]
    pub fn tick_text(&self) -> String {
        plain(self.tick)
    }

    /// One lot, as it is read.
    #[must_use]
    pub fn lot_text(&self) -> String {
        plain(self.lot)
    }

    /// How sizes of the market are written, without a sign.
    #[must_use]
    pub fn size_text(&self, lots: u64) -> String {
        written(u128::from(lots) * self.lot, 0)
    }
}

/// A price read in 10^-12 units, in steps of `tick`; nothing between two steps or beyond the bound.
#[must_use]
pub fn price_in(read: u128, tick: u128) -> Option<Price> {
    let ticks = u64::try_from(read / tick).ok().filter(|ticks| *ticks <= MAX_TICKS);
    ticks.filter(|_| read.is_multiple_of(tick)).and_then(|ticks| Price::new(ticks).ok())
}

/// A price in steps of `tick`, in 10^-12 units, as it is written.
#[must_use]
pub fn written_price(price: Price, tick: u128) -> String {
    written(u128::from(price.ticks()) * tick, places(tick))
}

/// The decimals a step has.
fn places(step: u128) -> u32 {
    rhodian_report::money::Money::new(u32::from(DECIMALS)).needed(step)
}

/// Without separators and zeros that say nothing.
#[must_use]
pub fn plain(value: u128) -> String {
    written(value, 0).replace(',', "")
}

fn written(value: u128, least: u32) -> String {
    let money = rhodian_report::money::Money::new(u32::from(DECIMALS));
    money.with_places(value, least.max(money.needed(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(tick: &str, lot: &str, decimals: u8) -> Option<Grid> {
        Grid::new(read_step(tick).unwrap(), read_step(lot).unwrap(), decimals)
    }

    #[test]
    fn one_tick_times_one_lot_is_whole_atoms() {
        for (tick, lot, decimals, unit) in [
            ("0.01", "1", 2, Some(1)),
            ("0.1", "0.1", 2, Some(1)),
            ("0.01", "0.1", 2, None),
            ("0.00000001", "100000000", 6, Some(1_000_000)),
            ("0.000000000001", "1000000000000", 0, Some(1)),
            ("5", "0.2", 0, Some(1)),
            ("3", "0.5", 0, None),
            ("1000000", "1000000", 6, Some(1_000_000_000_000_000_000)),
            ("1000000", "1000000", 12, None),
        ] {
            assert_eq!(grid(tick, lot, decimals).map(|grid| grid.unit), unit, "{tick} {lot}");
        }
    }

    #[test]
    fn prices_and_sizes_are_steps_or_refused() {
        let grid = grid("0.05", "0.5", 6).unwrap();
        assert_eq!(grid.price("1.05", false).unwrap().ticks(), 21);
        assert_eq!(grid.price("1.06", false), Err(OffGrid::Between));
        for (text, ticks) in [("1.06", 21), ("1.07", 21), ("1.075", 22), ("1.08", 22)] {
            assert_eq!(grid.price(text, true).unwrap().ticks(), ticks, "{text}");
        }
        assert_eq!(grid.price("100000000000000", false), Err(OffGrid::TooMany));
        assert_eq!(grid.price("1e5", false), Err(OffGrid::Fault(FaultKind::Exponent)));
        assert_eq!(grid.lots("2.5").unwrap().lots(), 5);
        assert_eq!(grid.lots("0.7"), Err(OffGrid::Between));
        assert_eq!(grid.lots_of_one(), Some(2));
        assert_eq!(grid.price_text(Price::new(1_200_000).unwrap()), "60,000.00");
        assert_eq!((grid.size_text(5), grid.size_text(4)), ("2.5".into(), "2".into()));
    }
}
