//! European options by Black's formula of 1976, in integers.
//!
//! With forward F, strike K, volatility v a year and time T in years (of 365 days), total standard
//! deviation s = v sqrt T, and N, n the normal distribution and its density:
//!
//! ```text
//! d1 = ln(F / K) / s + s / 2        call = F N(d1) - K N(d2)
//! d2 = d1 - s                       put  = call - F + K
//! ```
//!
//! (F. Black, The pricing of commodity contracts, Journal of Financial Economics 3, 1976.) There is
//! no discounting: premium and payoff are in the settlement asset, whose rate is taken as zero.
//!
//! **Units.** Forward, strike and price are whole numbers of one unit, and the caller chooses it:
//! an atom per lot, or a fraction of it where a forward is worth fewer than 10^9 atoms. The domain
//! is a forward from 10^9 to 10^15 units, a strike within a factor of 64 of it, a volatility of
//! zero or from 0.01 % to 1000 %, a time from zero to ten years and a total standard deviation up
//! to 8. Anything else is refused with [`OutsideDomain`].
//!
//! **The price is correctly rounded.** First s is rounded down to 56 fraction bits; then the
//! out-of-the-money one of call and put is the true value of the formula, rounded to the nearest
//! unit. So the error is at most half a unit (and 2^-54 of the forward for the rounding of s),
//! which is below 10^-9 of the forward; and everything that holds for the formula holds for the
//! integers: the price never falls as volatility or time grows, a call never falls as the forward
//! grows and never rises with the strike, it stands between max(F - K, 0) and F, and no machine or
//! compiler gives another number. The other of the pair follows from parity, exactly. A caller who
//! must err to one side adds or takes one unit.
//!
//! How: a fast way in 64-bit words knows the value within a bound. When both ends of that bound
//! round alike, as they nearly always do, the rounding is decided; else a slow way with 120
//! fraction bits decides. It could leave a value undecided that lies within 2^-104 of the forward
//! of a half unit; then its estimate is taken.

mod domain;
mod exact;
mod fast;
mod surface;
#[cfg(test)]
mod tests;

pub use domain::{
    Level, MAX_FORWARD, MAX_MONEYNESS, MAX_TIME, MAX_TOTAL_STDEV, MAX_VOLATILITY, MIN_FORWARD,
    MIN_VOLATILITY, OutsideDomain, TimeToExpiry, Volatility, YEAR,
};
pub use surface::{Arbitrage, Fault, Quoted, Smile, check_surface, faults, faults_of};

use crate::market::Right;
use crate::wide::{U256, mul_div_floor};
use domain::Scaled;
use fast::{STDEV_BITS, TAIL_BITS, narrow_unsigned};

/// A European option pair of one strike and expiry, and what the market says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanilla {
    /// The forward of the expiry.
    pub forward: Level,
    /// The strike.
    pub strike: Level,
    /// The volatility of this strike and expiry.
    pub volatility: Volatility,
    /// The time to expiry.
    pub time: TimeToExpiry,
}

/// The prices of a call and a put, in units; call - put = forward - strike exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// The call.
    pub call: u64,
    /// The put.
    pub put: u64,
}

impl Prices {
    /// The price of one of them.
    #[must_use]
    pub const fn of(self, right: Right) -> u64 {
        match right {
            Right::Call => self.call,
            Right::Put => self.put,
        }
    }
}

/// The sensitivities of a call and a put, all in units of the price. A relative move is one of the
/// forward's own size, so 1 % of it changes the value by about delta / 100 + gamma / 20,000.
///
/// Each is within 2^-38 + 2^-54 / s of the size it has at the money (and half a unit for rounding):
/// 10^-11 of it down to an s of 10^-5, which a volatility of 10 % has for a third of a second.
///
/// With no time or no volatility left, delta is that of the payoff (half of it at the strike), and
/// the others are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// F dC/dF, for one relative move of the forward: from 0 to F.
    pub call_delta: i64,
    /// F dP/dF, which is `call_delta` - F exactly: from -F to 0.
    pub put_delta: i64,
    /// F^2 d2V/dF2, the change of delta for one relative move, beside its own growth with F.
    pub gamma: i128,
    /// dV/dv, for volatility higher by one, that is by 100 percentage points.
    pub vega: i128,
    /// F d2V/dFdv: the change of delta for volatility higher by one, or of vega for a move.
    pub vanna: i128,
    /// dV/dt, for one year passed; never positive, as there is no discounting.
    pub theta: i128,
}

impl Greeks {
    /// The delta of one of them.
    #[must_use]
    pub const fn delta(&self, right: Right) -> i64 {
        match right {
            Right::Call => self.call_delta,
            Right::Put => self.put_delta,
        }
    }
}

impl Vanilla {
    /// The prices, correctly rounded to the nearest unit; refused outside the domain.
    ///
    /// ```
    /// use rhodian_core::pricing::{Level, TimeToExpiry, Vanilla, Volatility, YEAR};
    /// let option = Vanilla {
    ///     forward: Level::new(100_000_000_000).unwrap(),
    ///     strike: Level::new(100_000_000_000).unwrap(),
    ///     volatility: Volatility::new(200_000).unwrap(),
    ///     time: TimeToExpiry::from_millis(YEAR).unwrap(),
    /// };
    /// let prices = option.prices().unwrap();
    /// assert_eq!((prices.call, prices.put), (7_965_567_455, 7_965_567_455));
    ///
    /// let far = Vanilla { strike: Level::new(1_000_000_000).unwrap(), ..option };
    /// assert!(far.prices().is_err());
    /// ```
    #[inline]
    pub fn prices(&self) -> Result<Prices, OutsideDomain> {
        let pair = self.pair()?;
        let arguments = pair.arguments();
        let value = arguments.map_or(0, |(d1, d2)| pair.value(pair.masses(d1, d2)));
        Ok(self.with_parity(value))
    }

    /// Prices as of [`Self::prices`], and the sensitivities.
    #[inline]
    pub fn prices_and_greeks(&self) -> Result<(Prices, Greeks), OutsideDomain> {
        let pair = self.pair()?;
        let Some((d1, d2)) = pair.arguments() else {
            return Ok((self.with_parity(0), self.greeks_of_the_payoff(pair)));
        };
        let masses = pair.masses(d1, d2);
        let prices = self.with_parity(pair.value(masses));
        Ok((prices, self.greeks(pair, d1, d2, masses)))
    }

    #[inline]
    fn pair(&self) -> Result<Pair, OutsideDomain> {
        let (forward, strike) = (self.forward.units(), self.strike.units());
        if !(MIN_FORWARD..=MAX_FORWARD).contains(&forward) {
            return Err(OutsideDomain::Forward { units: forward });
        }
        let low = forward.min(strike);
        let high = forward.max(strike);
        if high > MAX_MONEYNESS * low {
            return Err(OutsideDomain::Moneyness { forward, strike });
        }
        let stdev = domain::total_stdev(self.volatility, self.time)?;
        let ln = (self.forward.ln - self.strike.ln).unsigned_abs();
        let inverse = self.volatility.inverse.times(self.time.inverse_root);
        Ok(Pair { low, high, ln, stdev, inverse })
    }

    /// Both prices from the value of the one out of the money.
    #[inline]
    fn with_parity(&self, value: u64) -> Prices {
        let (forward, strike) = (self.forward.units(), self.strike.units());
        // One of the two differences is zero; which one no predictor would guess.
        let larger = forward.max(strike);
        Prices { call: value + (larger - strike), put: value + (larger - forward) }
    }

    fn greeks_of_the_payoff(&self, pair: Pair) -> Greeks {
        let forward = self.forward.units();
        let call_delta = if pair.low == pair.high {
            forward.div_ceil(2)
        } else if forward > self.strike.units() {
            forward
        } else {
            0
        };
        // A forward is at most 10^15.
        let call_delta = call_delta.cast_signed();
        let put_delta = call_delta - forward.cast_signed();
        Greeks { call_delta, put_delta, gamma: 0, vega: 0, vanna: 0, theta: 0 }
    }

    /// The formulas, where D = F n(d1) = K n(d2): gamma = D / s, vega = D sqrt T, vanna =
    /// -D d2 / v, theta = -D v / (2 sqrt T). The bits at each line are the largest possible
    /// size of its product.
    #[inline(always)]
    fn greeks(&self, pair: Pair, d1: i64, d2: i64, (asset, cash): (u128, u128)) -> Greeks {
        let forward = self.forward.units();
        let mass = u128::from(pair.low) * u128::from(fast::density(d1));
        // What the pair calls d1 belongs to the smaller of the two; seen from a forward above the
        // strike, d1 is -d2, d2 is -d1, and F N(d1) is F less what the pair calls cash.
        let below = forward > self.strike.units();
        let d2 = if below { -d1 } else { d2 };
        let part = if below { (u128::from(forward) << TAIL_BITS) - cash } else { asset };
        let call_delta = narrow_unsigned((part + (1 << 62)) >> TAIL_BITS).cast_signed();
        let put_delta = call_delta - forward.cast_signed();

        // D with 13 fraction bits: 62 bits.
        let mass = narrow_unsigned((mass + (1 << 49)) >> 50);
        let times = |a: u64, b: u64| u128::from(a) * u128::from(b);
        // 62 + 64 bits.
        let gamma = nearest(times(mass, pair.inverse.word), 13 + pair.inverse.bits);
        // 62 + 62 bits, 13 + 60 of them fraction.
        let vega = nearest(times(mass, self.time.root), 73);
        // 62 + 61 bits, 13 + 56 of them fraction, then 62 + 64 bits.
        let turned = narrow_unsigned(times(mass, d2.unsigned_abs()) >> 60);
        let per_vol = self.volatility.inverse;
        let vanna = nearest(times(turned, per_vol.word), 9 + per_vol.bits);
        let vanna = if d2 > 0 { -vanna } else { vanna };
        // v / sqrt T, then 62 + 64 bits, and a half.
        let pace = Scaled { word: self.volatility.fixed, bits: 58 }.times(self.time.inverse_root);
        let theta = -nearest(times(mass, pace.word), 14 + pace.bits);
        Greeks { call_delta, put_delta, gamma, vega, vanna, theta }
    }
}

/// `value`, below 2^127, less `bits` fraction bits, to nearest.
#[inline(always)]
const fn nearest(value: u128, bits: u32) -> i128 {
    // Rounded in two shifts, as adding a half first could pass 127 bits.
    (((value >> (bits - 1)) + 1) >> 1).cast_signed()
}

/// A pair seen from its out-of-the-money side. A put on F at K is a call on K at F, so this is
/// always a call on the smaller at the larger.
#[derive(Clone, Copy, Debug)]
struct Pair {
    low: u64,
    high: u64,
    /// ln(high / low) with 59 fraction bits.
    ln: u64,
    /// s with 56 fraction bits.
    stdev: u64,
    /// 1 / s, for an s above zero.
    inverse: Scaled,
}

/// Up to this far below zero in d1 the value may show: beyond it, N(d1) is below 2^-69 and the
/// value below a millionth of a unit.
const FURTHEST: i64 = 19 << (STDEV_BITS - 1);

impl Pair {
    /// d1 and d2 with 56 fraction bits; nothing where the value rounds to zero.
    ///
    /// An error in d1 that d2 = d1 - s shares leaves the value alone in first order, since
    /// low n(d1) = high n(d2): of x / s only that of x counts, and by no more than itself. So 1 / s
    /// may be the product of two inverses that were rounded on their own.
    #[inline]
    fn arguments(&self) -> Option<(i64, i64)> {
        if self.stdev == 0 {
            return None;
        }
        // At most 4.2 x 2^59 x 2^64, below 2^126.
        let product = u128::from(self.ln) * u128::from(self.inverse.word);
        let ratio = product >> (self.inverse.bits + 3);
        // s / 2 is at most 4, so above 14 d1 is below -10.
        if ratio > 14 << STDEV_BITS {
            return None;
        }
        let stdev = self.stdev.cast_signed();
        let d1 = stdev / 2 - narrow_unsigned(ratio).cast_signed();
        (d1 > -FURTHEST).then_some((d1, d1 - stdev))
    }

    /// low N(d1) and high N(d2) with 63 fraction bits, below 2^57 x 2^63.
    #[inline(always)]
    fn masses(&self, d1: i64, d2: i64) -> (u128, u128) {
        let mass = |level: u64, d: i64| u128::from(level) * u128::from(fast::tail(-d));
        (mass(self.low, d1), mass(self.high, d2))
    }

    /// low N(d1) - high N(d2), to the nearest unit.
    ///
    /// The fast value is off by low x 2^-57 for the logarithms and (low + high) x 2^-60 for the
    /// tails, and by high x 2^-76 where a tail is cut: within (low + high) x 2^-56.
    #[inline(always)]
    fn value(&self, (asset, cash): (u128, u128)) -> u64 {
        // The difference may come out negative by the error.
        let error = i128::from(self.low + self.high) << (TAIL_BITS - 56);
        let above = asset.cast_signed() - cash.cast_signed() + (1 << (TAIL_BITS - 1));
        let (least, most) = ((above - error) >> TAIL_BITS, (above + error) >> TAIL_BITS);
        if least == most {
            // Both round to the true value's nearest unit, from 0 to `low`.
            narrow_unsigned(least.unsigned_abs())
        } else {
            self.exact_value()
        }
    }

    /// d1 and d2 with 120 fraction bits.
    fn exact_arguments(&self) -> (i128, i128) {
        let ln = exact::ln_ratio(self.high, self.low).unsigned_abs();
        // Called only where the quotient is at most 14, and so always there.
        let ratio = mul_div_floor(ln, 1 << STDEV_BITS, u128::from(self.stdev)).unwrap_or(0);
        let stdev = i128::from(self.stdev) << (120 - STDEV_BITS);
        let d1 = stdev / 2 - ratio.cast_signed();
        (d1, d1 - stdev)
    }

    /// As [`Self::value`], decided with 120 fraction bits.
    #[cold]
    #[inline(never)]
    fn exact_value(&self) -> u64 {
        let (d1, d2) = self.exact_arguments();
        let mass = |d: i128| exact::tail(-d).max(0).unsigned_abs();
        let asset = U256::product(u128::from(self.low), mass(d1));
        let cash = U256::product(u128::from(self.high), mass(d2));
        let half = U256 { hi: 0, lo: 1 << 119 };
        // The value is below 2^50 units, far from 2^256, and at least zero but for the error.
        let value = asset.checked_sub(cash).unwrap_or_default();
        let units = |value: U256| narrow_unsigned((value.hi << 8) | (value.lo >> 120));
        value.checked_add(half).map_or(0, units)
    }
}
