//! A book from its accounts, with the bounds that make doubles exact.

use super::{Book, Class, Leg, Mark, Weight, Wide, pass};
use crate::error::{LabError, require};

/// Whole numbers up to this are doubles, and so is every sum of them up to this.
const EXACT: u128 = 1 << 53;
/// No account may be worth more than this under any admitted move, in atoms.
const MOST_WORTH: u128 = 1 << 104;
/// So many accounts there are at most: what all lack together is below 2^128.
const MOST_ACCOUNTS: usize = 1 << 24;
/// So many legs an account has at most.
const MOST_LEGS: usize = 1_000;

/// An account of doubles, before it is put among its kind.
struct Narrow {
    reach: f64,
    /// No sum on the way to its equity is larger.
    bound: u128,
    equity: i128,
    legs: Vec<Leg>,
}

impl Book {
    /// A book of accounts, each with its equity in atoms and what it holds.
    ///
    /// # Errors
    ///
    /// A market that is not there, a price of nothing, more than a thousand legs, or an account
    /// that an admitted move makes worth more than 2^104 atoms.
    pub fn of(
        marks: Vec<Mark>,
        accounts: impl IntoIterator<Item = (i128, Vec<Leg>)>,
    ) -> Result<Self, LabError> {
        require(marks.iter().all(|mark| mark.ticks > 0), "mark", "one tick or more")?;
        let (mut narrow, mut wide, mut flat) = (Vec::new(), Vec::new(), 0u128);
        for (place, (equity, legs)) in accounts.into_iter().enumerate() {
            require(place < MOST_ACCOUNTS, "accounts", "2^24 at most")?;
            let (bound, gross) = bounds(&marks, equity, &legs)?;
            if legs.is_empty() {
                flat += if equity < 0 { equity.unsigned_abs() } else { 0 };
            } else if bound > EXACT {
                wide.push(Wide { equity, legs });
            } else {
                let reach = if gross == 0 { f64::INFINITY } else { equity as f64 / gross as f64 };
                // Below nothing already: on every path.
                let reach = if equity < 0 { f64::NEG_INFINITY } else { reach * pass::DOWN };
                narrow.push(Narrow { reach, bound, equity, legs });
            }
        }
        narrow.sort_by(|a, b| {
            a.legs.len().cmp(&b.legs.len()).then_with(|| a.reach.total_cmp(&b.reach))
        });
        let alike = narrow.chunk_by(|a, b| a.legs.len() == b.legs.len());
        Ok(Self { classes: alike.map(class).collect(), marks, wide, flat })
    }
}

/// What no sum of an account passes under an admitted move, and its gross value, in atoms.
fn bounds(marks: &[Mark], equity: i128, legs: &[Leg]) -> Result<(u128, u128), LabError> {
    require(legs.len() <= MOST_LEGS, "legs", "a thousand of an account at most")?;
    let (mut bound, mut gross) = (equity.unsigned_abs(), 0u128);
    for leg in legs {
        let mark = marks.get(leg.market as usize);
        require(mark.is_some(), "market", "one of the book")?;
        let Some(mark) = mark else { continue };
        let size = leg.a_tick.unsigned_abs();
        let moved = size.checked_mul(u128::from(mark.most));
        let value = size.checked_mul(u128::from(mark.ticks));
        let fits = |sum: u128, more: Option<u128>| {
            more.and_then(|more| sum.checked_add(more)).filter(|sum| *sum <= MOST_WORTH)
        };
        let found = fits(bound, moved).zip(fits(gross, value));
        require(found.is_some(), "account", "2^104 atoms under any admitted move")?;
        (bound, gross) = found.unwrap_or_default();
    }
    require(bound <= MOST_WORTH, "account", "2^104 atoms under any admitted move")?;
    Ok((bound, gross))
}

/// Accounts with as many legs, in order of their reach. Their numbers are below 2^53: doubles have
/// them exactly.
fn class(accounts: &[Narrow]) -> Class {
    let (mut ends, mut sum) = (Vec::new(), 0);
    for (place, account) in accounts.iter().enumerate() {
        if sum + account.bound > EXACT {
            ends.push(place);
            sum = 0;
        }
        sum += account.bound;
    }
    ends.push(accounts.len());
    let weight = |leg: &Leg| Weight { a_tick: leg.a_tick as f64, market: leg.market };
    Class {
        legs_each: accounts.first().map_or(0, |account| account.legs.len()),
        reach: accounts.iter().map(|account| account.reach).collect(),
        equity: accounts.iter().map(|account| account.equity as f64).collect(),
        legs: accounts.iter().flat_map(|account| account.legs.iter().map(weight)).collect(),
        ends,
    }
}
