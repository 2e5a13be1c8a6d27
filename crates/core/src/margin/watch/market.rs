//! What a lot of a market is worth and requires: exactly, and as a bound for a whole size class.
//!
//! With `n` the gross value of a lot at the mark and `F` cumulative funding, a leg of `l` lots adds
//! `c(n, F) = l (n - F) - r(|l| n)` to an account's health, where the requirement `r` is piecewise
//! linear and convex, with slopes from the first rate to the last one, `R <= 1`. So `c` is concave
//! in `n`: it rises for a long leg (slope between `l (1 - R)` and `l`) and falls for a short one
//! (slope between `|l|` and `|l| (1 + R)`). Everything below rests on these slopes.

use alloc::vec::Vec;
use core::ops::Range;

use super::held::Held;
use super::queue::Queue;
use crate::bounds::{MAX_AMOUNT, MAX_LOT_VALUE};

/// Millionths in one: the unit of rates, and of health inside this module.
pub(super) const MILLION: i64 = 1_000_000;

/// Size classes of a market with several brackets.
pub(super) const CLASSES: usize = 8;

/// Bits after the point of a coefficient: 3 x 10^15 atoms a lot x 2^11 is below 2^63.
pub(super) const POINT: u32 = 11;

/// Bits after the point of an average rate.
const RATE_POINT: u32 = 32;

/// A part of a leg's gross value with its own maintenance rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The part above this many atoms; the first bracket's is zero; at most 10^30.
    pub above: u128,
    /// Maintenance margin in millionths of that part: at most 10^6, never falling.
    pub rate: u32,
}

/// What one lot of a market is worth now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketRates {
    /// Gross value at the mark, in atoms: mark x atoms per tick and lot, 0 to 10^15.
    pub gross: i64,
    /// Cumulative funding, in atoms, at most 10^15 either way. A lot is worth `gross - funding`.
    pub funding: i64,
}

impl MarketRates {
    pub(super) const fn in_bounds(self) -> bool {
        self.gross >= 0
            && self.gross.unsigned_abs() <= MAX_LOT_VALUE
            && self.funding.unsigned_abs() <= MAX_LOT_VALUE
    }

    const fn value(self) -> i64 {
        self.gross - self.funding
    }
}

/// Where a bracket begins, and by how much the rate rises there.
#[derive(Clone, Copy, Debug)]
struct Step {
    above: i128,
    rate: i64,
    rise: i64,
}

/// What a threshold guards. The first letter is the side of the leg; a sound account is guarded
/// against losses, one below maintenance against gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    LongLoss,
    ShortLoss,
    LongGain,
    ShortGain,
}

impl Guard {
    pub(super) const ALL: [Self; 4] =
        [Self::LongLoss, Self::ShortLoss, Self::LongGain, Self::ShortGain];

    pub(super) const fn of(lots: i64, sound: bool) -> Self {
        match (lots > 0, sound) {
            (true, true) => Self::LongLoss,
            (false, true) => Self::ShortLoss,
            (true, false) => Self::LongGain,
            (false, false) => Self::ShortGain,
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::LongLoss => 0,
            Self::ShortLoss => 1,
            Self::LongGain => 2,
            Self::ShortGain => 3,
        }
    }

    /// Whether it is a fall of the mark that crosses it.
    const fn falls(self) -> bool {
        matches!(self, Self::LongLoss | Self::ShortGain)
    }
}

/// One market: its brackets, what a lot is worth, its size classes and its thresholds.
#[derive(Clone, Debug)]
pub(super) struct Market {
    steps: Vec<Step>,
    pub(super) rates: MarketRates,
    /// The row of the coefficient table where its size classes begin; two rows for each class.
    first_row: usize,
    /// The most lots of each size class but the last.
    class_lots: [u64; CLASSES - 1],
    /// The gross value at which the classes were drawn.
    drawn_at: i64,
    /// A bound of requirement over gross value by class, in 2^-32.
    class_rates: [u64; CLASSES],
    /// The gross values between which `class_rates` is in use.
    rates_within: (i64, i64),
    /// Its coefficients are of a price before, or of other classes.
    pub(super) stale: bool,
    pub(super) queues: [Queue; 4],
    /// Who holds it short, and who long.
    pub(super) held: [Held; 2],
}

impl Market {
    /// A market without a mark; nothing when `brackets` are not as [`Bracket`] says.
    pub(super) fn new(brackets: &[Bracket], first_row: usize) -> Option<Self> {
        let begins = brackets.first().is_some_and(|bracket| bracket.above == 0);
        let rises =
            |pair: &[Bracket]| pair[0].above < pair[1].above && pair[0].rate <= pair[1].rate;
        let in_bounds = |b: &Bracket| b.above <= MAX_AMOUNT && i64::from(b.rate) <= MILLION;
        if !begins || !brackets.windows(2).all(rises) || !brackets.iter().all(in_bounds) {
            return None;
        }
        let mut steps = Vec::with_capacity(brackets.len());
        let mut before = 0;
        for bracket in brackets {
            let rate = i64::from(bracket.rate);
            let above = bracket.above.cast_signed();
            steps.push(Step { above, rate, rise: rate - before });
            before = rate;
        }
        Some(Self {
            steps,
            rates: MarketRates::default(),
            first_row,
            class_lots: [u64::MAX; CLASSES - 1],
            drawn_at: 0,
            class_rates: [1 << RATE_POINT; CLASSES],
            rates_within: (0, -1),
            stale: false,
            queues: Default::default(),
            held: Default::default(),
        })
    }

    /// How many rows of the coefficient table so many brackets need: one class where there is one
    /// rate, for long and for short legs.
    pub(super) const fn rows_of(brackets: usize) -> usize {
        if brackets > 1 { 2 * CLASSES } else { 2 }
    }

    /// Its rows.
    pub(super) const fn rows(&self) -> Range<usize> {
        self.first_row..self.first_row + Self::rows_of(self.steps.len())
    }

    fn top_rate(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.rate)
    }

    /// What `lots` are worth, in atoms, and require, in millionths of one.
    pub(super) fn weigh(&self, lots: i64) -> (i128, i128) {
        let value = i128::from(lots) * i128::from(self.rates.value());
        (value, self.requirement(self.gross(lots)))
    }

    /// The gross value of a leg: at most 10^30 atoms.
    fn gross(&self, lots: i64) -> i128 {
        i128::from(lots) * i128::from(if lots < 0 { -self.rates.gross } else { self.rates.gross })
    }

    /// The requirement of a leg, in millionths of an atom: at most 10^36.
    fn requirement(&self, gross: i128) -> i128 {
        let mut required = 0;
        for step in &self.steps {
            if gross <= step.above {
                break;
            }
            required += times(gross - step.above, step.rise);
        }
        required
    }

    /// The rate of the bracket that a value just below `gross` is in.
    fn rate_below(&self, gross: i128) -> i64 {
        let inside = self.steps.iter().take_while(|step| step.above < gross).last();
        inside.or(self.steps.first()).map_or(0, |step| step.rate)
    }

    /// A bound of what a leg of `lots` loses (or gains, as `guard` says) for a relative move of
    /// one, in millionths of an atom, while the mark stays within half and double: at most
    /// 2 x 10^36.
    pub(super) fn exposure(&self, lots: i64, guard: Guard) -> i128 {
        let gross = self.gross(lots);
        let slope = match guard {
            // Concave: the slope at the far end bounds a loss, the slope at hand bounds a gain.
            Guard::LongLoss => MILLION - self.rate_below(gross / 2),
            Guard::ShortLoss => MILLION + self.rate_below(gross * 2),
            Guard::LongGain => MILLION - self.rate_below(gross),
            Guard::ShortGain => MILLION + self.rate_below(gross),
        };
        times(gross, slope)
    }

    /// Sets what a lot is worth, and moves the coordinate of each queue: by the change of the mark,
    /// and by the change of the mark that is at least as bad as the change of funding. `None` when
    /// no coordinate can say that: the thresholds must then be made again.
    pub(super) fn advance(&mut self, rates: MarketRates) -> Option<()> {
        let moved = rates.gross - self.rates.gross;
        let funded = rates.funding - self.rates.funding;
        self.rates = rates;
        self.stale = true;
        let mut steps = [0; 4];
        for guard in Guard::ALL {
            let equal = if funded == 0 { 0 } else { self.equal_move(guard, funded)? };
            let rise = moved.checked_sub(equal)?;
            let step = if guard.falls() { rise.checked_neg()? } else { rise };
            steps[guard.index()] = self.queues[guard.index()].at().checked_add(step)?;
        }
        for (queue, at) in self.queues.iter_mut().zip(steps) {
            queue.move_to(at);
        }
        Some(())
    }

    /// The fall of the mark that would be at least as bad for `guard` as `funded` atoms a lot
    /// more funding. With `g` the answer: `c(n, F + funded)` is at least `c(n - g, F)` where the
    /// guard is against losses, at most that where it is against gains.
    fn equal_move(&self, guard: Guard, funded: i64) -> Option<i64> {
        let (long, short) = (MILLION - self.top_rate(), MILLION + self.top_rate());
        let size = funded.unsigned_abs();
        let scaled = u128::from(size) * u128::from(MILLION.unsigned_abs());
        let up = |slope: i64| match u128::from(slope.unsigned_abs()) {
            0 => None,
            slope => i64::try_from(scaled.div_ceil(slope)).ok(),
        };
        let down = |slope: i64| i64::try_from(scaled / u128::from(slope.unsigned_abs())).ok();
        match (guard, funded > 0) {
            (Guard::LongLoss, true) => up(long),
            (Guard::LongGain, false) => up(long).map(|move_| -move_),
            (Guard::ShortLoss, true) => down(short),
            (Guard::ShortGain, false) => down(short).map(|move_| -move_),
            _ => Some(funded),
        }
    }

    /// The row of a leg's coefficient, from the market's first.
    pub(super) fn row(&self, lots: i64) -> usize {
        let size = lots.unsigned_abs();
        let above = |most: &&u64| size > **most;
        let several = self.steps.len() > 1;
        let class = if several { self.class_lots.iter().filter(above).count() } else { 0 };
        self.first_row + 2 * class + usize::from(lots < 0)
    }

    /// Whether the mark went so far that classes drawn now would be much tighter.
    pub(super) fn classes_are_stale(&self) -> bool {
        let (now, then) = (self.rates.gross, self.drawn_at);
        self.steps.len() > 1 && now > 0 && (then == 0 || now / 4 > then || now < then / 4)
    }

    /// Draws size classes around the first bracket's end at the mark of now. All legs must then
    /// be given their rows again.
    pub(super) fn draw_classes(&mut self) {
        let end = self.steps.get(1).map_or(0, |step| step.above.unsigned_abs());
        let lots = end / u128::from(self.rates.gross.unsigned_abs().max(1));
        for (class, quarters) in [1, 2, 4, 8, 16, 64, 256].into_iter().enumerate() {
            let most = (lots * quarters) / 4;
            self.class_lots[class] = u64::try_from(most).unwrap_or(u64::MAX);
        }
        self.drawn_at = self.rates.gross;
        self.rates_within = (0, -1);
        self.stale = true;
    }

    /// The coefficients of now, for long and short legs of each class: `lots x coefficient` is at
    /// most what a leg of that class adds to health, in 2^-11 atoms.
    pub(super) fn coefficients(&mut self) -> impl Iterator<Item = [i64; 2]> + '_ {
        let MarketRates { gross, .. } = self.rates;
        if gross < self.rates_within.0 || gross > self.rates_within.1 {
            self.rates_within = (gross - gross / 16, gross + gross / 64);
            self.class_rates = self.rates_at(self.rates_within.1);
        }
        let classes = Self::rows_of(self.steps.len()) / 2;
        let value = self.rates.value() << POINT;
        let scaled = u128::from(gross.unsigned_abs() << POINT);
        self.class_rates.iter().take(classes).map(move |rate| {
            let required = (scaled * u128::from(*rate)).div_ceil(1 << RATE_POINT);
            // At most 10^15 x 2^11.
            let required = i64::try_from(required).unwrap_or(i64::MAX);
            [value - required, value + required]
        })
    }

    /// By class, a bound of requirement over gross value, while a lot is worth at most `gross`.
    fn rates_at(&self, gross: i64) -> [u64; CLASSES] {
        let whole =
            |rate: i64| (rate.unsigned_abs() << RATE_POINT).div_ceil(MILLION.unsigned_abs());
        let mut rates = [whole(self.top_rate()); CLASSES];
        for (rate, lots) in rates.iter_mut().zip(self.class_lots) {
            // A requirement is convex and zero at zero, so its average rate never falls.
            let largest = u128::from(lots) * u128::from(gross.unsigned_abs());
            if let Ok(largest) = i128::try_from(largest).map(|l| l.min(MAX_AMOUNT.cast_signed())) {
                let required = self.requirement(largest).unsigned_abs();
                let of = largest.unsigned_abs() * u128::from(MILLION.unsigned_abs());
                *rate = average_ceil(required, of)
                    .unwrap_or(whole(self.steps.first().map_or(0, |step| step.rate)));
            }
        }
        rates
    }
}

/// `part / whole` in 2^-32, rounded up, where it is at most one; nothing when `whole` is zero.
fn average_ceil(part: u128, whole: u128) -> Option<u64> {
    // Divisors of 64 bits are many times faster; what is cut off is rounded up.
    let (bits, most) = (u128::BITS - whole.leading_zeros(), u64::BITS - 1);
    let shift = bits.max(most) - most;
    let part = (part >> shift) + u128::from(shift > 0);
    let whole = whole >> shift;
    let quotient = (whole > 0).then(|| (part << RATE_POINT).div_ceil(whole))?;
    u64::try_from(quotient).ok()
}

/// A value of at most 2 x 10^30 atoms times millionths, at most two of one: below 2^127.
pub(super) fn times(value: i128, millionths: i64) -> i128 {
    match i64::try_from(value) {
        Ok(value) => i128::from(value) * i128::from(millionths),
        Err(_) => value * i128::from(millionths),
    }
}
