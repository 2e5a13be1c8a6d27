//! Who pays under which rule: the same losses of the same crises, divided over the same winners.
//!
//! A [`way::Way`] divides a loss that is known over what was won, through the engine's own
//! division; [`burden`] says how it falls. A [`forecast::Forecast`] takes before the loss is known,
//! as venues do that deleverage while books are open; it is scored against what was lost. A
//! [`mechanism::Mechanism`] is both, wave by wave: how much it takes, and of whom.
//!
//! **When it is false**: winners are accounts and not owners, all that they won counts (a venue may
//! protect what was won before the session), and nobody behaves otherwise because of the rule.

pub mod burden;
pub mod controller;
pub mod forecast;
pub mod left;
pub mod mechanism;
mod mirror;
mod rank;
pub mod settlement;
pub mod way;
mod whole;

use rhodian_core::units::Amount;

use crate::crisis::aftermath::Aftermath;
use burden::Burden;
use forecast::{FORECASTS, Missed};
use way::{WAYS, Way};

/// One crisis under every way: what was to be divided, and how each way did it.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What losses lacked beyond own means and the fund, in atoms.
    pub loss: u128,
    /// What all won.
    pub gains: u128,
    /// How many won.
    pub winners: usize,
    /// How the loss falls, in the order of [`WAYS`].
    pub burdens: Vec<Burden>,
    /// What forecasts missed, in the order of [`FORECASTS`].
    pub missed: Vec<Missed>,
}

/// Divides what `after` leaves beyond `fund` in every way; nothing where nothing is left to divide,
/// or nobody won.
#[must_use]
pub fn compare(after: &Aftermath, fund: u128) -> Option<Compared> {
    let loss = after.crisis.deficit.checked_sub(fund).filter(|left| *left > 0)?;
    let winners = after.winners.as_slice();
    if winners.is_empty() {
        return None;
    }
    let amount = Amount::new(loss).unwrap_or(Amount::MAX);
    let burdens = WAYS.iter().map(|way: &Way| {
        let shares = way.divide(amount, winners);
        Burden::of(winners, &shares, loss)
    });
    Some(Compared {
        loss,
        gains: winners.iter().map(|winner| winner.gain).sum(),
        winners: winners.len(),
        burdens: burdens.collect(),
        missed: FORECASTS.iter().map(|forecast| forecast.score(&after.waves)).collect(),
    })
}
