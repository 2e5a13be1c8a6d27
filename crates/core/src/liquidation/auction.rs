//! A Dutch auction of a failing account: the price falls with time until someone takes a part.
//!
//! *Solvent*, equity above zero: a bidder who takes the part `f` of every leg and of the balance
//! pays a share `d` of that part's equity, falling from near one, fast and then slowly, to zero.
//! *Insolvent*: equity is at or below zero and the bidder is paid: from the hole alone to the hole
//! and the maintenance requirement of what he takes over.
//!
//! **How much he may take.** Let `M` be equity, `R` the target requirement, `B = M - R` below zero
//! and `S` the cash set aside from earlier bids, which is not for sale. After he took `f` the
//! account has `M - f (M - S)(1 - d)` and must hold `(1 - f) R`. So
//!
//! ```text
//! f = B / (B - M d - S (1 - d))
//! ```
//!
//! rounded up and at most the whole (the form Derive publishes, derived again).

use crate::wide::{U256, mul_div_ceil, mul_div_floor};

/// Shares and parts are in millionths.
const MILLION: u128 = 1_000_000;

/// The course of an auction, in milliseconds and millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// What a bidder pays of equity at the start; at most 10^6.
    pub first: u32,
    /// What he pays when the fast phase ends; at most `first`.
    pub knee: u32,
    /// How long the fast phase takes.
    pub fast: u64,
    /// How long the slow phase takes, from the knee to nothing.
    pub slow: u64,
    /// How long the payment takes from the hole to the hole and the requirement.
    pub insolvent: u64,
}

impl Course {
    /// Whether the shares fall and every phase has a length of at most 30 days.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        let most = crate::bounds::MAX_PENDING;
        let lengths = 0 < self.fast && self.fast <= most && 0 < self.slow && self.slow <= most;
        let last = 0 < self.insolvent && self.insolvent <= most;
        self.knee <= self.first && self.first <= 1_000_000 && lengths && last
    }

    /// The share of equity a bidder pays after so many milliseconds, in millionths; never rises.
    /// Rounded up, for the account. Zero from the end on.
    ///
    /// ```
    /// use rhodian_core::liquidation::auction::Course;
    /// // 98 % to 80 % in fifteen minutes, to nothing in two hours more.
    /// let course = Course {
    ///     first: 980_000, knee: 800_000, fast: 900_000, slow: 7_200_000, insolvent: 600_000,
    /// };
    /// let shares = [0, 450_000, 900_000, 4_500_000, 8_100_000].map(|at| course.share_paid(at));
    /// assert_eq!(shares, [980_000, 890_000, 800_000, 400_000, 0]);
    /// ```
    #[must_use]
    pub fn share_paid(&self, elapsed: u64) -> u32 {
        if elapsed < self.fast {
            falling_ceil(self.first, self.knee, elapsed, self.fast)
        } else {
            let slow = (elapsed - self.fast).min(self.slow);
            falling_ceil(self.knee, 0, slow, self.slow)
        }
    }

    /// What a bidder for the whole is paid after so many milliseconds of the insolvent phase:
    /// `hole + requirement x elapsed / length`, atoms, at most 10^30 each; never falls. Rounded
    /// down, for the venue.
    ///
    /// ```
    /// use rhodian_core::liquidation::auction::Course;
    /// let course = Course {
    ///     first: 980_000, knee: 800_000, fast: 900_000, slow: 7_200_000, insolvent: 600_000,
    /// };
    /// assert_eq!([0, 300_000, 600_000, 900_000].map(|at| course.bidder_gets(70, 101, at)),
    ///     [70, 120, 171, 171]);
    /// ```
    #[must_use]
    pub fn bidder_gets(&self, hole: u128, requirement: u128, elapsed: u64) -> u128 {
        let (elapsed, length) = (elapsed.min(self.insolvent), self.insolvent.max(1));
        let part = mul_div_floor(requirement, u128::from(elapsed), u128::from(length));
        hole + part.unwrap_or(requirement)
    }
}

/// From `first` to `last` over `length`, rounded up.
fn falling_ceil(first: u32, last: u32, elapsed: u64, length: u64) -> u32 {
    let fallen = u128::from(first - last) * u128::from(elapsed) / u128::from(length.max(1));
    first - u32::try_from(fallen).unwrap_or(first)
}

/// The largest part of the account that a bidder may take at the paid share `share`, in
/// millionths, rounded up so that the target is met: `equity` above zero, the target requirement,
/// and the cash `set_aside` from earlier bids (at most the equity), atoms up to 10^30.
///
/// Nothing where the account meets its target, and then nothing is for sale.
///
/// ```
/// use rhodian_core::liquidation::auction::largest_part;
/// // Equity 60, target 100, nobody bid yet, 90 % paid: 40 / (40 + 54) of it.
/// assert_eq!(largest_part(60, 100, 0, 900_000), Some(425_532));
/// assert_eq!(largest_part(100, 100, 0, 900_000), None);
/// assert_eq!(largest_part(60, 100, 0, 0), Some(1_000_000));
/// ```
#[must_use]
pub fn largest_part(equity: u128, target: u128, set_aside: u128, share: u32) -> Option<u32> {
    let short = target.checked_sub(equity).filter(|short| *short > 0)?;
    let share = u128::from(share).min(MILLION);
    // In millionths of an atom: at most 3 x 10^36.
    let kept = equity * share + set_aside.min(equity) * (MILLION - share);
    let part = mul_div_ceil(short * MILLION, MILLION, short * MILLION + kept)?;
    u32::try_from(part.min(MILLION)).ok()
}

/// What a bidder pays for the part `part` of what is for sale, rounded up, for the account:
/// `(equity - set aside) x part x share`, in atoms.
///
/// ```
/// use rhodian_core::liquidation::auction::payment_ceil;
/// assert_eq!(payment_ceil(60, 0, 425_532, 900_000), 23); // 22.98
/// ```
#[must_use]
pub fn payment_ceil(equity: u128, set_aside: u128, part: u32, share: u32) -> u128 {
    let for_sale = equity - set_aside.min(equity);
    let product = U256::product(for_sale, u128::from(part) * u128::from(share));
    match product.div_rem(MILLION * MILLION) {
        Some((whole, rest)) => whole.lo + u128::from(rest > 0),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: Course =
        Course { first: 980_000, knee: 800_000, fast: 7, slow: 50, insolvent: 11 };

    #[test]
    fn time_never_makes_it_dearer() {
        assert!(COURSE.is_valid());
        assert!(!Course { knee: 990_000, ..COURSE }.is_valid());
        assert!(!Course { fast: 0, ..COURSE }.is_valid());
        for at in 0..100 {
            assert!(COURSE.share_paid(at) >= COURSE.share_paid(at + 1));
            assert!(COURSE.bidder_gets(5, 1_000, at) <= COURSE.bidder_gets(5, 1_000, at + 1));
        }
        assert_eq!((COURSE.share_paid(0), COURSE.share_paid(7)), (980_000, 800_000));
        assert_eq!((COURSE.share_paid(57), COURSE.share_paid(u64::MAX)), (0, 0));
        assert_eq!(COURSE.bidder_gets(5, 1_000, u64::MAX), 1_005);
        // The fast phase falls faster.
        assert!(
            COURSE.share_paid(0) - COURSE.share_paid(1)
                > COURSE.share_paid(8) - COURSE.share_paid(9)
        );
    }

    /// Equity and requirement are scaled up so that a millionth of the part is visible.
    #[test]
    fn the_part_restores_the_target_and_one_millionth_less_does_not() {
        let unit = 10u128.pow(12);
        for (equity, target) in [(60, 100), (1, 100), (99, 100), (30, 31)] {
            for set_aside in [0, equity / 3, equity] {
                for share in [0, 1, 500_000, 900_000, 1_000_000] {
                    let [equity, target, aside] = [equity, target, set_aside].map(|x| x * unit);
                    let part = largest_part(equity, target, aside, share).unwrap();
                    let meets = |part: u32| {
                        let part = u128::from(part);
                        let lost = (equity - aside) * part * (MILLION - u128::from(share));
                        equity * MILLION * MILLION >= lost + (MILLION - part) * target * MILLION
                    };
                    assert!(meets(part) && !meets(part - 1), "{equity} {target} {aside} {share}");
                }
            }
        }
    }

    #[test]
    fn payments_round_up_and_fit() {
        let most = 10u128.pow(30);
        assert_eq!(payment_ceil(most, 0, 1_000_000, 1_000_000), most);
        assert_eq!(payment_ceil(1, 0, 1, 1), 1);
        assert_eq!(payment_ceil(5, 7, 1_000_000, 1_000_000), 0);
        assert_eq!(largest_part(most - 1, most, 0, 1_000_000), Some(1));
    }
}
