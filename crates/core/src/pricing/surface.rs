//! Whether quoted volatilities leave a sure profit: along the strikes of one expiry (butterfly) and
//! between expiries (calendar).
//!
//! Along one expiry, as the strike grows, calls must not rise, puts must not fall and calls must be
//! convex, beginning at strike zero, where a call is worth the forward. Between expiries, total
//! variance v^2 T at equal moneyness K / F must not fall as time grows; between two strikes of one
//! expiry it is taken as linear in moneyness, and beyond the outer ones it is not compared.
//!
//! Prices are rounded to the nearest unit. That keeps every order, so only the convexity is given
//! its rounding: along an expiry, and where strikes meet between two, a surface free of arbitrage
//! is never refused. The line between two strikes is a convention: a steep smile lies below it,
//! and may be refused there without a profit that anyone could take.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::{Level, OutsideDomain, Prices, TimeToExpiry, Vanilla, Volatility};
use crate::wide::{U256, mul_div_ceil, mul_div_floor};

/// A volatility quoted at a strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The strike.
    pub strike: Level,
    /// Its volatility.
    pub volatility: Volatility,
}

/// The quotes of one expiry, by rising strike.
#[derive(Clone, Copy, Debug)]
pub struct Smile<'a> {
    /// The forward of the expiry.
    pub forward: Level,
    /// The time to expiry.
    pub time: TimeToExpiry,
    /// The quotes, by rising strike.
    pub quotes: &'a [Quoted],
}

/// The first fault of a surface: expiries and quotes are named by their places from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arbitrage {
    /// An expiry is not later than the one before it.
    ExpiryOrder {
        /// The expiry.
        expiry: usize,
    },
    /// A strike is not above the one before it.
    StrikeOrder {
        /// The expiry.
        expiry: usize,
        /// The quote.
        quote: usize,
    },
    /// A quote has no price.
    OutsideDomain {
        /// The expiry.
        expiry: usize,
        /// The quote.
        quote: usize,
        /// Why not.
        why: OutsideDomain,
    },
    /// A call costs more than the one at the strike before.
    CallRises {
        /// The expiry.
        expiry: usize,
        /// The quote.
        quote: usize,
    },
    /// A put costs less than the one at the strike before.
    PutFalls {
        /// The expiry.
        expiry: usize,
        /// The quote.
        quote: usize,
    },
    /// A call costs more than what its two neighbours cost in the mix that has its strike.
    Butterfly {
        /// The expiry.
        expiry: usize,
        /// The quote in the middle.
        quote: usize,
    },
    /// Total variance at the moneyness of a quote is lower at a later expiry.
    Calendar {
        /// The earlier expiry.
        earlier: usize,
        /// The later expiry.
        later: usize,
        /// The expiry of the quote whose moneyness it is: one of the two.
        expiry: usize,
        /// The quote.
        quote: usize,
    },
}

impl fmt::Display for Arbitrage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiryOrder { expiry } => {
                write!(f, "expiry {expiry} is not later than the one before")
            }
            Self::StrikeOrder { expiry, quote } => {
                write!(f, "strike {quote} of expiry {expiry} is not above the one before")
            }
            Self::OutsideDomain { expiry, quote, why } => {
                write!(f, "quote {quote} of expiry {expiry} has no price: {why}")
            }
            Self::CallRises { expiry, quote } => {
                write!(
                    f,
                    "call {quote} of expiry {expiry} costs more than the one at a lower strike"
                )
            }
            Self::PutFalls { expiry, quote } => {
                write!(
                    f,
                    "put {quote} of expiry {expiry} costs less than the one at a lower strike"
                )
            }
            Self::Butterfly { expiry, quote } => {
                write!(f, "call {quote} of expiry {expiry} costs more than a mix of its neighbours")
            }
            Self::Calendar { earlier, later, expiry, quote } => write!(
                f,
                "total variance falls from expiry {earlier} to {later} at the moneyness of quote \
                 {quote} of expiry {expiry}"
            ),
        }
    }
}

/// A fault with the quotes that are its legs: whoever trades the sure profit trades options at
/// these places and at no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: Arbitrage,
    /// The quotes: expiry and place in it.
    pub quotes: Vec<(usize, usize)>,
}

/// Whether the quotes leave no sure profit; the first fault otherwise, expiry by expiry, then
/// between each expiry and those before it. Expiries come by rising time. Quadratic in the number
/// of expiries.
pub fn check_surface(smiles: &[Smile<'_>]) -> Result<(), Arbitrage> {
    faults(smiles, 0).into_iter().next().map_or(Ok(()), |first| Err(first.what))
}

/// Every fault of a surface that is worth more than `least` units for one option, in the order of
/// [`check_surface`]: what prices in whole ticks cannot say is no profit. A quote out of order or
/// without a price is a fault by itself and takes no part in others of its expiry.
///
/// ```
/// use rhodian_core::pricing::{Level, Quoted, Smile, TimeToExpiry, Volatility, YEAR, faults};
/// let quote = |units, millionths| Quoted {
///     strike: Level::new(units).unwrap(),
///     volatility: Volatility::new(millionths).unwrap(),
/// };
/// // A bulge in the middle: those who sell it and buy both sides cannot lose.
/// let quotes = [
///     quote(900_000_000_000, 600_000),
///     quote(1_000_000_000_000, 700_000),
///     quote(1_100_000_000_000, 600_000),
/// ];
/// let smile = Smile {
///     forward: Level::new(1_000_000_000_000).unwrap(),
///     time: TimeToExpiry::from_millis(YEAR / 12).unwrap(),
///     quotes: &quotes,
/// };
/// assert_eq!(faults(&[smile], 0)[0].quotes, [(0, 0), (0, 1), (0, 2)]);
/// assert!(faults(&[smile], 10_000_000_000).is_empty(), "less than 1 % of the forward");
/// ```
#[must_use]
pub fn faults(smiles: &[Smile<'_>], least: u64) -> Vec<Fault> {
    let mut found = Vec::new();
    for (expiry, smile) in smiles.iter().enumerate() {
        let before = expiry.checked_sub(1).and_then(|i| smiles.get(i));
        if before.is_some_and(|before| before.time.millis() >= smile.time.millis()) {
            found.push(Fault { what: Arbitrage::ExpiryOrder { expiry }, quotes: Vec::new() });
        }
        along_strikes(smile, expiry, least, &mut found);
    }
    for (later, smile) in smiles.iter().enumerate() {
        for (earlier, before) in smiles.iter().enumerate().take(later) {
            let (near, far) = (Placed { at: earlier, of: before }, Placed { at: later, of: smile });
            between_expiries(&near, &far, false, least, &mut found);
            between_expiries(&far, &near, true, least, &mut found);
        }
    }
    found
}

/// Those of them with a leg at `leg`, an expiry and a quote: its own expiry is looked at, and that
/// against each other one.
#[must_use]
pub fn faults_of(smiles: &[Smile<'_>], leg: (usize, usize), least: u64) -> Vec<Fault> {
    let mut found = Vec::new();
    let Some(of) = smiles.get(leg.0) else { return found };
    along_strikes(of, leg.0, least, &mut found);
    let own = Placed { at: leg.0, of };
    for (at, of) in smiles.iter().enumerate().filter(|(at, _)| *at != leg.0) {
        let other = Placed { at, of };
        let (near, far) = if at < leg.0 { (&other, &own) } else { (&own, &other) };
        between_expiries(near, far, false, least, &mut found);
        between_expiries(far, near, true, least, &mut found);
    }
    found.retain(|fault| fault.quotes.contains(&leg));
    found
}

/// A strike and its prices, as the convexity sees them.
#[derive(Clone, Copy)]
struct Point {
    /// The quote; none at strike zero.
    quote: Option<usize>,
    strike: i128,
    call: i128,
    put: i128,
}

fn along_strikes(smile: &Smile<'_>, expiry: usize, least: u64, found: &mut Vec<Fault>) {
    let forward = smile.forward.units();
    let slack = i128::from(least);
    // At strike zero the call is the forward and the put is nothing.
    let mut last = Point { quote: None, strike: 0, call: i128::from(forward), put: 0 };
    let mut before_last = None;
    for (quote, quoted) in smile.quotes.iter().enumerate() {
        let Smile { forward, time, .. } = *smile;
        let Quoted { strike, volatility } = *quoted;
        let mut fault = |what, legs: &[Option<usize>]| {
            let quotes = legs.iter().flatten().map(|quote| (expiry, *quote)).collect();
            found.push(Fault { what, quotes });
        };
        if i128::from(strike.units()) <= last.strike {
            fault(Arbitrage::StrikeOrder { expiry, quote }, &[Some(quote)]);
            continue;
        }
        let Prices { call, put } = match (Vanilla { forward, strike, volatility, time }).prices() {
            Ok(prices) => prices,
            Err(why) => {
                fault(Arbitrage::OutsideDomain { expiry, quote, why }, &[Some(quote)]);
                continue;
            }
        };
        let (strike, call, put) = (i128::from(strike.units()), i128::from(call), i128::from(put));
        let point = Point { quote: Some(quote), strike, call, put };
        let pair = [last.quote, point.quote];
        if point.call > last.call + slack {
            fault(Arbitrage::CallRises { expiry, quote }, &pair);
        }
        if point.put < last.put - slack {
            fault(Arbitrage::PutFalls { expiry, quote }, &pair);
        }
        if let (Some(before), Some(middle)) = (before_last, last.quote)
            && bulges(before, last, point, slack)
        {
            let legs = [before.quote, last.quote, point.quote];
            fault(Arbitrage::Butterfly { expiry, quote: middle }, &legs);
        }
        before_last = Some(last);
        last = point;
    }
}

/// Whether the call in the middle is above the line between its neighbours by more than `slack`
/// and rounding: half a unit of each of the three, so the distance of the outer strikes. Below
/// 2^57 x 2^57.
fn bulges(left: Point, middle: Point, right: Point, slack: i128) -> bool {
    let mix =
        (right.strike - middle.strike) * left.call + (middle.strike - left.strike) * right.call;
    let width = right.strike - left.strike;
    mix - width * middle.call < -width * (1 + slack)
}

/// A smile and its place among the expiries.
struct Placed<'a> {
    at: usize,
    of: &'a Smile<'a>,
}

/// The faults at the quotes of `home` against the total variance of `other`: where `later` says
/// that home is the later one, the other's may not be higher, else not lower.
fn between_expiries(
    home: &Placed<'_>,
    other: &Placed<'_>,
    later: bool,
    least: u64,
    found: &mut Vec<Fault>,
) {
    let wrong = if later { Ordering::Greater } else { Ordering::Less };
    for (quote, quoted) in home.of.quotes.iter().enumerate() {
        let Some(line) = Line::of(other.of, home.of, quoted) else { continue };
        // Two quotes of one moneyness meet once, from the earlier one.
        if later && line.left.is_none() {
            continue;
        }
        if line.compare(home.of, quoted) != Some(wrong)
            || !line.is_worth(home.of, quoted, later, least)
        {
            continue;
        }
        let (earlier, later) = (home.at.min(other.at), home.at.max(other.at));
        let what = Arbitrage::Calendar { earlier, later, expiry: home.at, quote };
        let ends = [line.left, Some(line.right)];
        let ends = ends.into_iter().flatten().map(|end| (other.at, end));
        found.push(Fault { what, quotes: [(home.at, quote)].into_iter().chain(ends).collect() });
    }
}

/// Total variance in millionths squared times milliseconds: below 2^47 x 2^39.
fn variance(smile: &Smile<'_>, quoted: &Quoted) -> u128 {
    let volatility = u128::from(quoted.volatility.millionths());
    volatility * volatility * u128::from(smile.time.millis())
}

/// The total variance of a smile at a moneyness: that of one quote, or the line between two.
struct Line<'a> {
    smile: &'a Smile<'a>,
    /// The quote below, where the one above is not exactly there.
    left: Option<usize>,
    right: usize,
    /// How far the ends are from the moneyness, as multiples of one number.
    to_left: u128,
    to_right: u128,
}

impl<'a> Line<'a> {
    /// That of `smile` at the moneyness of `quoted`, a quote of `home`; nothing outside its
    /// strikes.
    fn of(smile: &'a Smile<'a>, home: &Smile<'_>, quoted: &Quoted) -> Option<Self> {
        // K / F of both, times both forwards: below 2^57 x 2^50.
        let target = u128::from(quoted.strike.units()) * u128::from(smile.forward.units());
        let place = |at: &Quoted| u128::from(at.strike.units()) * u128::from(home.forward.units());
        let right = smile.quotes.partition_point(|at| place(at) < target);
        let to_right = place(smile.quotes.get(right)?).checked_sub(target)?;
        if to_right == 0 {
            return Some(Self { smile, left: None, right, to_left: 1, to_right });
        }
        let left = right.checked_sub(1)?;
        let to_left = target.checked_sub(place(smile.quotes.get(left)?))?;
        Some(Self { smile, left: Some(left), right, to_left, to_right })
    }

    fn ends(&self) -> Option<(u128, u128)> {
        let right = variance(self.smile, self.smile.quotes.get(self.right)?);
        let left = self.left.and_then(|left| self.smile.quotes.get(left));
        Some((left.map_or(right, |left| variance(self.smile, left)), right))
    }

    /// The total variance, against that of `quoted`.
    fn compare(&self, home: &Smile<'_>, quoted: &Quoted) -> Option<Ordering> {
        let (left, right) = self.ends()?;
        // Products below 2^107 x 2^86; their sum stays far below 2^256.
        let near = U256::product(left, self.to_right);
        let far = U256::product(right, self.to_left);
        let line = near.checked_add(far)?;
        Some(line.cmp(&U256::product(variance(home, quoted), self.to_left + self.to_right)))
    }

    /// Whether the difference to `quoted` is worth more than `least` units of an option. The
    /// volatility that the line is there is rounded towards the quote's, so that the worth is
    /// never more than it is.
    fn is_worth(&self, home: &Smile<'_>, quoted: &Quoted, later: bool, least: u64) -> bool {
        if least == 0 {
            return true;
        }
        let priced = |volatility, time| {
            let (forward, strike) = (home.forward, quoted.strike);
            Some(Vanilla { forward, strike, volatility, time }.prices().ok()?.call)
        };
        let there = || {
            let volatility = self.volatility(later)?;
            let of_line = priced(volatility, self.smile.time)?;
            let of_quote = priced(quoted.volatility, home.time)?;
            let (early, late) = if later { (of_line, of_quote) } else { (of_quote, of_line) };
            early.checked_sub(late)
        };
        there().is_some_and(|worth| worth > least)
    }

    /// The volatility that the line is at: rounded down where the quote is the later one, whose
    /// variance is lower, else up.
    fn volatility(&self, later: bool) -> Option<Volatility> {
        let (left, right) = self.ends()?;
        let (width, time) = (self.to_left + self.to_right, u128::from(self.smile.time.millis()));
        let part = if later { mul_div_floor } else { mul_div_ceil };
        let line = part(left, self.to_right, width)? + part(right, self.to_left, width)?;
        let square = part(line, 1, time)?;
        let root = square.isqrt();
        let exact = later || root * root == square;
        Volatility::new(u32::try_from(root + u128::from(!exact)).ok()?).ok()
    }
}
