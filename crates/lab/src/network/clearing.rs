//! What everybody pays: the greatest payments that solve the equations of [`super`], by fictitious
//! default.
//!
//! Everybody pays in full at first. Whoever then has less than he owes fails, and what those who
//! failed pay each other and the rest is solved for exactly, as linear equations; that may let more
//! of them fail. At most as many rounds as there are institutions, since each adds one.
//!
//! The equations have an answer: were there none, some who fail would owe only each other, with
//! nothing from elsewhere, and one of them could pay in full.
//!
//! **Error.** Floats: [`Cleared::error`] says by how much the payments miss their own equations, of
//! the largest total. Against exact fractions they were within 10^-14 of it (`tests/network.rs`).
//! Who lacks less than 10^-9 of what he owes pays in full, so that no rounding makes anybody fail,
//! nor anybody of a circle that owes so little outside that its equations have no digit left.

use super::Network;
use crate::error::LabError;

/// Who lacks no more than this of what he owes does not fail: ten times the least pivot, so that
/// equal members of a circle fail only where their equations can be solved.
const NOTHING: f64 = 10.0 * super::solve::LEAST_PIVOT;

/// What everybody pays, and what that leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleared {
    /// What each pays, in atoms.
    pub paid: Vec<f64>,
    /// Who fails.
    pub failed: Vec<bool>,
    /// Who would fail even if everybody else paid in full.
    pub first: Vec<bool>,
    /// What each would leave unpaid if everybody else paid in full.
    pub unpaid_first: Vec<f64>,
    /// What each leaves unpaid.
    pub unpaid: Vec<f64>,
    /// Of what each leaves unpaid, what the outside lacks.
    pub outside: Vec<f64>,
    /// What is left to the owners of each, nothing where it failed.
    pub worth: Vec<f64>,
    /// What failing itself cost, of everybody together.
    pub destroyed: f64,
    /// How often somebody failed of those who failed before him.
    pub rounds: usize,
    /// By how much the payments miss their equations at most, of the largest total.
    pub error: f64,
}

impl Cleared {
    /// How many fail.
    #[must_use]
    pub fn count(&self) -> usize {
        self.failed.iter().filter(|failed| **failed).count()
    }

    /// How many would fail even if everybody else paid in full.
    #[must_use]
    pub fn count_first(&self) -> usize {
        self.first.iter().filter(|failed| **failed).count()
    }
}

impl Network {
    /// What everybody pays where they have such `assets` outside, in atoms, one for each.
    ///
    /// ```
    /// use rhodian_lab::network::{Institution, Network, Recovered};
    /// // A pool has lost all but 40 of its 100 and owes the venue 70 and its own lenders 30.
    /// let pool = Institution { assets: 40, debts: 30 };
    /// let venue = Institution { assets: 50, debts: 100 };
    /// let network = Network::new(&[pool, venue], &[(0, 1, 70)], Recovered::default()).unwrap();
    /// let cleared = network.clear(network.assets()).unwrap();
    /// assert_eq!(cleared.failed, [true, true], "28 of 70 are too few for the venue");
    /// assert_eq!(cleared.first, [true, false], "it would stand if the pool paid");
    /// assert_eq!(cleared.paid, [40.0, 78.0]);
    /// assert!(network.clear(&[40.0]).is_err(), "one for each");
    /// ```
    ///
    /// # Errors
    ///
    /// Another number of assets than there are institutions, or one that is below zero.
    pub fn clear(&self, assets: &[f64]) -> Result<Cleared, LabError> {
        let whole = assets.len() == self.count() && assets.iter().all(|of| *of >= 0.0);
        crate::error::require(whole, "assets", "one for each institution, none below zero")?;
        let mut paid = self.totals.clone();
        let mut failed = vec![false; self.count()];
        let mut first = None;
        let mut rounds = 0;
        loop {
            let fails = |of: usize| {
                let lacks = self.totals[of] - assets[of] - self.received(of, &paid);
                failed[of] || lacks > NOTHING * self.totals[of]
            };
            let now: Vec<bool> = (0..self.count()).map(fails).collect();
            first.get_or_insert_with(|| now.clone());
            if now == failed {
                break;
            }
            failed = now;
            rounds += 1;
            self.pay(&failed, assets, &mut paid)?;
        }
        Ok(self.told(assets, paid, failed, first.unwrap_or_default(), rounds))
    }

    /// What those who failed pay, where all others pay in full.
    fn pay(&self, failed: &[bool], assets: &[f64], paid: &mut [f64]) -> Result<(), LabError> {
        let places: Vec<usize> = (0..self.count()).filter(|of| failed[*of]).collect();
        let claims = self.recovered.claims;
        let row = |to: &usize| {
            let of =
                |from: &usize| f64::from(u8::from(from == to)) - claims * self.part(*from, *to);
            places.iter().map(of).collect()
        };
        let matrix: Vec<Vec<f64>> = places.iter().map(row).collect();
        let others: Vec<f64> = (self.totals.iter().zip(failed))
            .map(|(total, failed)| if *failed { 0.0 } else { *total })
            .collect();
        let right =
            |to: &usize| self.recovered.assets * assets[*to] + claims * self.received(*to, &others);
        let right: Vec<f64> = places.iter().map(right).collect();
        let Some(found) = super::solve::solve(&matrix, &right) else {
            let allowed = "debts that leave something outside, or to whoever does not fail".into();
            return Err(LabError::Model { parameter: "what is owed", allowed });
        };
        places.iter().zip(found).for_each(|(of, found)| paid[*of] = found);
        Ok(())
    }

    fn told(
        &self,
        assets: &[f64],
        paid: Vec<f64>,
        failed: Vec<bool>,
        first: Vec<bool>,
        rounds: usize,
    ) -> Cleared {
        let each = || 0..self.count();
        let fails = |of: usize, received: f64| {
            self.recovered.assets * assets[of] + self.recovered.claims * received
        };
        let received: Vec<f64> = each().map(|of| self.received(of, &paid)).collect();
        let largest = self.totals.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let missed = |of: usize| {
            let due = if failed[of] { fails(of, received[of]) } else { self.totals[of] };
            (paid[of] - due).abs() / largest
        };
        let unpaid: Vec<f64> = each().map(|of| self.totals[of] - paid[of]).collect();
        let unpaid_first = |of: usize| {
            let received = self.received(of, &self.totals);
            if first[of] { self.totals[of] - fails(of, received) } else { 0.0 }
        };
        let worth = |of: usize| {
            // What is missing below rounding is no loss of anybody.
            let left = assets[of] + received[of] - self.totals[of];
            if failed[of] { 0.0 } else { left.max(0.0) }
        };
        let means = |of: usize| assets[of] + received[of] - fails(of, received[of]);
        Cleared {
            unpaid_first: each().map(unpaid_first).collect(),
            outside: each().map(|of| unpaid[of] * self.outside_part(of)).collect(),
            worth: each().map(worth).collect(),
            destroyed: each().filter(|of| failed[*of]).map(means).sum(),
            error: each().map(missed).fold(0.0, f64::max),
            rounds,
            unpaid,
            paid,
            failed,
            first,
        }
    }
}
