//! Writing atoms, ratios and percentages for people: exact, or with the rounding stated.
//!
//! All input is whole atoms up to 10^38 (a total). No floats: every digit comes from integer
//! division, so the same input prints the same on every platform.

/// The fewest decimals shown in a column of money, where the asset has that many.
const LEAST_PLACES: u32 = 2;

/// How amounts of one asset are written.
///
/// ```
/// use rhodian_report::money::Money;
/// let usd = Money::new(2);
/// assert_eq!(usd.full(1_200_000), "12,000.00");
/// assert_eq!(usd.plain(1_200_000), "12000.00");
/// assert_eq!(usd.with_places(1_200_000, 0), "12,000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    decimals: u32,
}

impl Money {
    /// Amounts whose last `decimals` digits stand behind the point.
    #[must_use]
    pub const fn new(decimals: u32) -> Self {
        Self { decimals }
    }

    /// Every decimal of the asset, with thousands separators.
    #[must_use]
    pub fn full(self, atoms: u128) -> String {
        self.with_places(atoms, self.decimals)
    }

    /// Every decimal of the asset, no separators: the form of files.
    #[must_use]
    pub fn plain(self, atoms: u128) -> String {
        let (whole, fraction) = self.split(atoms);
        if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
    }

    /// `places` decimals with thousands separators. Never rounds: where `atoms` needs more
    /// decimals than `places`, all of those are written.
    #[must_use]
    pub fn with_places(self, atoms: u128, places: u32) -> String {
        let (whole, mut fraction) = self.split(atoms);
        let keep = places.min(self.decimals).max(self.needed(atoms));
        fraction.truncate(keep as usize);
        let whole = grouped(&whole);
        if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
    }

    /// The decimals without which `atoms` cannot be written exactly.
    #[must_use]
    pub fn needed(self, atoms: u128) -> u32 {
        let (mut rest, mut zeros) = (atoms, 0);
        while zeros < self.decimals && rest.is_multiple_of(10) {
            if rest == 0 {
                return 0;
            }
            rest /= 10;
            zeros += 1;
        }
        self.decimals - zeros
    }

    /// The decimals of a column that holds `amounts`: what the longest needs, at least two
    /// where the asset has them, so a column of 18-decimal money is no wider than its content.
    #[must_use]
    pub fn places(self, amounts: impl IntoIterator<Item = u128>) -> u32 {
        let most = amounts.into_iter().map(|atoms| self.needed(atoms)).max().unwrap_or(0);
        most.max(LEAST_PLACES.min(self.decimals))
    }

    /// At most four significant digits and a letter (k, M, B, T), cut towards zero, for the
    /// labels of charts; small amounts are written in full.
    ///
    /// ```
    /// use rhodian_report::money::Money;
    /// assert_eq!(Money::new(2).short(123_456_789_00), "123.4 M");
    /// assert_eq!(Money::new(0).short(999), "999");
    /// assert_eq!(Money::new(0).short(10u128.pow(30)), "1.000e30");
    /// ```
    #[must_use]
    pub fn short(self, atoms: u128) -> String {
        let (whole, _) = self.split(atoms);
        let unit = match whole.len() {
            0..=5 => return self.with_places(atoms, LEAST_PLACES),
            6 => " k",
            7..=9 => " M",
            10..=12 => " B",
            13..=15 => " T",
            digits => return format!("{}.{}e{}", &whole[..1], &whole[1..4], digits - 1),
        };
        let head = whole.len() - (whole.len() - 1) / 3 * 3;
        format!("{}.{}{unit}", &whole[..head], &whole[head..4])
    }

    /// The digits before and behind the point, no separators.
    fn split(self, atoms: u128) -> (String, String) {
        let decimals = self.decimals as usize;
        let digits = format!("{atoms:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        (whole.to_owned(), fraction.to_owned())
    }
}

/// A whole number with thousands separators.
///
/// ```
/// assert_eq!(rhodian_report::money::count(19_230), "19,230");
/// ```
#[must_use]
pub fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// Inserts a comma before every third digit from the right.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A signed part in millionths as a percentage, cut to two decimals: `+12.5 %`, `-30 %`.
///
/// ```
/// use rhodian_report::money::percent_of_millionths;
/// assert_eq!(percent_of_millionths(-300_000), "-30 %");
/// assert_eq!(percent_of_millionths(125_400), "+12.54 %");
/// assert_eq!(percent_of_millionths(0), "0 %");
/// ```
#[must_use]
pub fn percent_of_millionths(millionths: i64) -> String {
    let hundredths = millionths.unsigned_abs() / 100;
    let sign = match millionths {
        ..0 => "-",
        0 => "",
        1.. => "+",
    };
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match part {
        0 => format!("{sign}{whole} %"),
        part if part % 10 == 0 => format!("{sign}{whole}.{} %", part / 10),
        part => format!("{sign}{whole}.{part:02} %"),
    }
}

/// `floor(part x times / whole)` and its remainder, without overflow for `part` and `whole` up
/// to 2^127 and a quotient below 2^128. Zero of nothing is zero.
///
/// Binary long multiplication with a reduction at each step: the remainder stays below `whole`,
/// so its double fits in 128 bits.
#[must_use]
pub fn scaled(part: u128, times: u32, whole: u128) -> (u128, u128) {
    if whole == 0 {
        return (0, 0);
    }
    let (unit, over) = (part / whole, part % whole);
    let (mut quotient, mut remainder) = (0u128, 0u128);
    for bit in (0..32).rev() {
        quotient *= 2;
        remainder *= 2;
        if remainder >= whole {
            remainder -= whole;
            quotient += 1;
        }
        if times >> bit & 1 == 1 {
            quotient += unit;
            remainder += over;
            if remainder >= whole {
                remainder -= whole;
                quotient += 1;
            }
        }
    }
    (quotient, remainder)
}

/// Whole percentages of `parts` in their sum that themselves sum to 100: floored, then one more
/// each for the largest remainders, ties to the earlier part. All zero where the sum is zero.
///
/// ```
/// use rhodian_report::money::percentages;
/// assert_eq!(percentages(&[5_000, 3_000, 4_000, 0]), [42, 25, 33, 0]);
/// assert_eq!(percentages(&[1, 1, 1]), [34, 33, 33]);
/// ```
///
/// # Panics
///
/// Never for parts that sum to at most 2^127, which totals of the engine do.
#[must_use]
pub fn percentages(parts: &[u128]) -> Vec<u32> {
    let whole: u128 = parts.iter().sum();
    let mut shares: Vec<(usize, u32, u128)> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let (quotient, remainder) = scaled(*part, 100, whole);
            // At most 100, since no part exceeds the sum.
            (index, u32::try_from(quotient).unwrap_or(100), remainder)
        })
        .collect();
    let given: u32 = shares.iter().map(|share| share.1).sum();
    let missing = if whole == 0 { 0 } else { (100 - given) as usize };
    shares.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
    for share in shares.iter_mut().take(missing) {
        share.1 += 1;
    }
    shares.sort_by_key(|share| share.0);
    shares.into_iter().map(|share| share.1).collect()
}

/// `part / whole` as a percentage with two decimals, rounded to nearest (ties up), except that
/// it never says 0 for something or 100 for less than all.
///
/// ```
/// use rhodian_report::money::percent;
/// assert_eq!(percent(4_000, 42_000), "9.52 %");
/// assert_eq!(percent(1, 1_000_000), "< 0.01 %");
/// assert_eq!(percent(999_999, 1_000_000), "> 99.99 %");
/// assert_eq!(percent(7, 7), "100 %");
/// assert_eq!(percent(0, 7), "0 %");
/// ```
#[must_use]
pub fn percent(part: u128, whole: u128) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let (floor, remainder) = scaled(part, 10_000, whole);
    let nearest = if remainder >= whole - remainder { floor + 1 } else { floor };
    if nearest == 0 {
        "< 0.01 %".to_owned()
    } else if part < whole && nearest >= 10_000 {
        "> 99.99 %".to_owned()
    } else {
        format!("{}.{:02} %", nearest / 100, nearest % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_trimmed_per_column_but_never_lost() {
        let eth = Money::new(18);
        let one = 10u128.pow(18);
        assert_eq!(eth.places([one, one / 2]), 2);
        assert_eq!(eth.places([one, 1]), 18);
        assert_eq!(eth.with_places(one + 1, 2), "1.000000000000000001");
        assert_eq!(eth.with_places(one / 4, eth.places([one / 8])), "0.250");
        assert_eq!(Money::new(0).places([5]), 0);
        assert_eq!(Money::new(0).full(1_234_567), "1,234,567");
        assert_eq!(Money::new(2).plain(5), "0.05");
    }

    #[test]
    fn the_largest_amount_is_written_to_the_last_atom() {
        let eth = Money::new(18);
        assert_eq!(eth.full(10u128.pow(30)), "1,000,000,000,000.000000000000000000");
        assert_eq!(eth.with_places(10u128.pow(30) - 1, 2), "999,999,999,999.999999999999999999");
        assert_eq!(eth.short(10u128.pow(30)), "1.000 T");
        assert_eq!(Money::new(40).plain(7), format!("0.{}7", "0".repeat(39)));
    }

    #[test]
    fn scaling_agrees_with_plain_arithmetic_and_survives_totals() {
        for part in 0..40u128 {
            for whole in 1..40u128 {
                for times in [1, 2, 64, 100, 9_999] {
                    let product = part * u128::from(times);
                    assert_eq!(scaled(part, times, whole), (product / whole, product % whole));
                }
            }
        }
        let total = 10u128.pow(38);
        assert_eq!(scaled(total, 10_000, total), (10_000, 0));
        assert_eq!(scaled(total - 1, 100, total), (99, total - 100));
        assert_eq!(scaled(3, 100, 0), (0, 0));
    }

    #[test]
    fn percentages_always_sum_to_a_hundred() {
        let mut seed = 7u128;
        for length in 1..60usize {
            let parts: Vec<u128> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (seed >> 40) % 10u128.pow(30)
                })
                .collect();
            assert_eq!(percentages(&parts).iter().sum::<u32>(), 100, "{parts:?}");
        }
        assert_eq!(percentages(&[0, 0]), [0, 0]);
        assert!(percentages(&[]).is_empty());
    }

    #[test]
    #[allow(clippy::inconsistent_digit_grouping, reason = "the last two digits are cents")]
    fn short_labels_cut_and_never_round_up() {
        let usd = Money::new(2);
        let cases = [
            (99_999_99, "99,999.99"),
            (100_000_00, "100.0 k"),
            (999_999_99, "999.9 k"),
            (1_000_000_00, "1.000 M"),
            (12_345_678_90, "12.34 M"),
            (2_103_000_000_00, "2.103 B"),
        ];
        for (atoms, text) in cases {
            assert_eq!(usd.short(atoms), text);
        }
    }
}
