//! Whether quoted volatilities leave a sure profit: along the strikes of one expiry (butterfly) and
//! between expiries (calendar).
//!
//! Along one expiry, as the strike grows, calls must not rise, puts must not fall and calls must be
//! convex, beginning at strike zero, where a call is worth the forward. Between expiries, total
//! variance v^2 T at equal moneyness K / F must not fall as time grows; between two strikes of one
//! expiry it is taken as linear in moneyness, and beyond the outer ones it is not compared.
//!
//! Prices are rounded to the nearest unit. That keeps every order, so only the convexity is given
//! its rounding: a surface free of arbitrage is never refused.

use core::cmp::Ordering;
use core::fmt;

use super::{Level, OutsideDomain, Prices, TimeToExpiry, Vanilla, Volatility};
use crate::wide::U256;

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

/// Whether the quotes leave no sure profit; the first fault otherwise, expiry by expiry, then
/// between each expiry and those before it. Expiries come by rising time. Quadratic in the number
/// of expiries.
pub fn check_surface(smiles: &[Smile<'_>]) -> Result<(), Arbitrage> {
    for (expiry, smile) in smiles.iter().enumerate() {
        let before = expiry.checked_sub(1).and_then(|i| smiles.get(i));
        if before.is_some_and(|before| before.time.millis() >= smile.time.millis()) {
            return Err(Arbitrage::ExpiryOrder { expiry });
        }
        check_strikes(smile, expiry)?;
    }
    for (later, smile) in smiles.iter().enumerate() {
        for (earlier, before) in smiles.iter().enumerate().take(later) {
            let fault = |expiry, quote| Arbitrage::Calendar { earlier, later, expiry, quote };
            if let Some(quote) = first_with(before, smile, Ordering::Less) {
                return Err(fault(earlier, quote));
            }
            if let Some(quote) = first_with(smile, before, Ordering::Greater) {
                return Err(fault(later, quote));
            }
        }
    }
    Ok(())
}

/// A strike and its call, as the convexity sees them.
#[derive(Clone, Copy)]
struct Point {
    strike: i128,
    call: i128,
    put: u64,
}

fn check_strikes(smile: &Smile<'_>, expiry: usize) -> Result<(), Arbitrage> {
    let forward = smile.forward.units();
    // At strike zero the call is the forward and the put is nothing.
    let mut last = Point { strike: 0, call: i128::from(forward), put: 0 };
    let mut before_last = None;
    for (quote, quoted) in smile.quotes.iter().enumerate() {
        let Smile { forward, time, .. } = *smile;
        let Quoted { strike, volatility } = *quoted;
        if i128::from(strike.units()) <= last.strike {
            return Err(Arbitrage::StrikeOrder { expiry, quote });
        }
        let Prices { call, put } = Vanilla { forward, strike, volatility, time }
            .prices()
            .map_err(|why| Arbitrage::OutsideDomain { expiry, quote, why })?;
        let point = Point { strike: i128::from(strike.units()), call: i128::from(call), put };
        if point.call > last.call {
            return Err(Arbitrage::CallRises { expiry, quote });
        }
        if point.put < last.put {
            return Err(Arbitrage::PutFalls { expiry, quote });
        }
        if before_last.is_some_and(|before| bulges(before, last, point)) {
            return Err(Arbitrage::Butterfly { expiry, quote: quote - 1 });
        }
        before_last = Some(last);
        last = point;
    }
    Ok(())
}

/// Whether the call in the middle is above the line between its neighbours by more than rounding:
/// half a unit of each of the three, so the distance of the outer strikes. Below 2^57 x 2^57.
fn bulges(left: Point, middle: Point, right: Point) -> bool {
    let mix =
        (right.strike - middle.strike) * left.call + (middle.strike - left.strike) * right.call;
    let width = right.strike - left.strike;
    mix - width * middle.call < -width
}

/// Total variance in millionths squared times milliseconds: below 2^47 x 2^39.
fn variance(smile: &Smile<'_>, quoted: &Quoted) -> u128 {
    let volatility = u128::from(quoted.volatility.millionths());
    volatility * volatility * u128::from(smile.time.millis())
}

/// The first quote of `smile` at whose moneyness the total variance of `other` stands so.
fn first_with(smile: &Smile<'_>, other: &Smile<'_>, fault: Ordering) -> Option<usize> {
    smile.quotes.iter().position(|quoted| compare(other, smile, quoted) == Some(fault))
}

/// The total variance of `smile` at the moneyness of `quoted`, against that of `quoted`; nothing
/// outside its strikes.
fn compare(smile: &Smile<'_>, home: &Smile<'_>, quoted: &Quoted) -> Option<Ordering> {
    // K / F of both, times both forwards: below 2^57 x 2^50.
    let target = u128::from(quoted.strike.units()) * u128::from(smile.forward.units());
    let place = |at: &Quoted| u128::from(at.strike.units()) * u128::from(home.forward.units());
    let above = smile.quotes.iter().position(|at| place(at) >= target)?;
    let wanted = variance(home, quoted);
    let right = smile.quotes.get(above)?;
    if place(right) == target {
        return Some(variance(smile, right).cmp(&wanted));
    }
    let left = smile.quotes.get(above.checked_sub(1)?)?;
    // Products below 2^107 x 2^86; their sum stays far below 2^256.
    let near = U256::product(variance(smile, left), place(right) - target);
    let far = U256::product(variance(smile, right), target - place(left));
    let line = near.checked_add(far)?;
    Some(line.cmp(&U256::product(wanted, place(right) - place(left))))
}
