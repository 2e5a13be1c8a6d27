//! The price at which a backstop pool buys from the close-out book: the mark less a discount that
//! grows with size against depth and with volatility, inside a band.
//!
//! ```text
//! discount = base + (2/3) impact x volatility x sqrt(lots / depth)
//! ```
//!
//! The second part is the mean cost of a trade whose price impact grows with the square root of
//! its size, the form in which impact is usually measured.

/// Rates are in millionths.
const MILLION: u128 = 1_000_000;

/// How a pool quotes, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoting {
    /// The discount for the smallest size.
    pub base: u32,
    /// The factor of impact, 10^6 for one.
    pub impact: u32,
    /// The largest discount: a quote never leaves this band around the mark. Below 10^6.
    pub band: u32,
}

impl Quoting {
    /// The discount for `lots` (up to 10^15) where `depth` lots trade over the horizon of
    /// `volatility`, in millionths, rounded up for the pool; the whole band without depth.
    ///
    /// ```
    /// use rhodian_core::liquidation::quote::Quoting;
    /// let quoting = Quoting { base: 5_000, impact: 1_000_000, band: 100_000 };
    /// // 0.5 % + 2/3 x 6 % x sqrt(1/4) = 2.5 %.
    /// assert_eq!(quoting.discount_ceil(250, 1_000, 60_000), 25_000);
    /// assert_eq!(quoting.discount_ceil(250, 0, 60_000), 100_000);
    /// ```
    #[must_use]
    pub fn discount_ceil(&self, lots: u64, depth: u64, volatility: u32) -> u32 {
        if depth == 0 {
            return self.band;
        }
        // 10^15 lots x 10^12 and its root fit; a root of 3.2 x 10^13 x 2^64 does, too.
        let part = (u128::from(lots) * MILLION * MILLION).div_ceil(u128::from(depth));
        let root = part.isqrt();
        let root = root + u128::from(root * root < part);
        let strength = u128::from(self.impact) * u128::from(volatility);
        let impact = (2 * root * strength).div_ceil(3 * MILLION * MILLION);
        let discount = (u128::from(self.base) + impact).min(u128::from(self.band));
        u32::try_from(discount).unwrap_or(self.band)
    }

    /// The price in ticks for lots that the book sells (`selling`) or buys back, at the mark
    /// `mark`: below or above it by the discount, rounded for the pool, but never out of the
    /// band and never below one tick.
    ///
    /// ```
    /// use rhodian_core::liquidation::quote::Quoting;
    /// let quoting = Quoting { base: 5_000, impact: 1_000_000, band: 100_000 };
    /// assert_eq!(quoting.price(50_001, true, 250, 1_000, 60_000), 48_750); // 48,750.975
    /// assert_eq!(quoting.price(50_001, false, 250, 1_000, 60_000), 51_252); // 51,251.025
    /// ```
    #[must_use]
    pub fn price(&self, mark: u64, selling: bool, lots: u64, depth: u64, volatility: u32) -> u64 {
        let mark = u128::from(mark);
        let moved = |rate: u32, up: bool| {
            let product = mark * u128::from(rate);
            if up { product.div_ceil(MILLION) } else { product / MILLION }
        };
        let discount = moved(self.discount_ceil(lots, depth, volatility), true);
        let discount = discount.min(moved(self.band, false));
        let price = if selling { (mark - discount.min(mark)).max(1) } else { mark + discount };
        // The mark is at most 10^15 ticks, the band at most as much.
        u64::try_from(price).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTING: Quoting = Quoting { base: 5_000, impact: 900_000, band: 80_000 };

    #[test]
    fn discounts_grow_with_size_and_volatility_and_shrink_with_depth() {
        let discount = |lots, depth, volatility| QUOTING.discount_ceil(lots, depth, volatility);
        for size in [0, 1, 10, 99, 100, 5_000] {
            for volatility in [0, 1, 30_000, 900_000] {
                let here = discount(size, 1_000, volatility);
                assert!((5_000..=80_000).contains(&here));
                assert!(here <= discount(size + 1, 1_000, volatility));
                assert!(here <= discount(size, 1_000, volatility + 1));
                assert!(here >= discount(size, 1_001, volatility));
            }
        }
        assert_eq!(discount(0, 1_000, 50_000), 5_000);
        assert_eq!(discount(1_000, 1_000, 50_000), 35_000);
        let most = u32::MAX;
        let wild = Quoting { base: most, impact: most, band: 999_999 };
        assert_eq!(wild.discount_ceil(1_000_000_000_000_000, 1, most), 999_999);
    }

    #[test]
    fn prices_stay_in_the_band() {
        for mark in [1, 2, 13, 100, 52_500, 1_000_000_000_000_000] {
            for lots in [0, 1, 1_000, 1_000_000] {
                let sold = QUOTING.price(mark, true, lots, 1_000, 60_000);
                let bought = QUOTING.price(mark, false, lots, 1_000, 60_000);
                assert!(1 <= sold && sold <= mark && mark <= bought);
                let away = u128::from(bought.abs_diff(mark).max(mark - sold));
                assert!(away * MILLION <= u128::from(mark) * 80_000);
            }
        }
        assert_eq!(QUOTING.price(100, true, 0, 1, 0), 99); // half a tick, for the pool
    }
}
