//! Who falls if one falls that others stand on: institutions (venues, pools, funds) that owe each
//! other, and what each of them pays of it.
//!
//! Institution `i` has assets `e` outside and owes `d` in all, to the outside and to others;
//! `P(j,i)` is the part of what `j` owes that it owes to `i`. Who has less than he owes pays what
//! he has, to all alike (Eisenberg and Noe, 2001). Where failing costs, he pays a part `a` of what
//! he has outside and a part `b` of what others pay him (Rogers and Veraart, 2013):
//!
//! ```text
//! p(i) = d(i)                              where  e(i) + sum P(j,i) p(j) >= d(i)
//! p(i) = a e(i) + b sum P(j,i) p(j)        where it is less
//! ```
//!
//! Of the payments that solve this the greatest are taken: nobody fails who need not. [`clearing`]
//! finds them by fictitious default, [`shock`] draws what outside assets lose, [`alone`] lets each
//! fail by himself.
//!
//! **When it is false**: everything is due at once and in one asset, what is owed ranks alike,
//! nobody sells into a market that the others hold, too, and nobody runs before he is told. Who
//! falls later, or by the fire sale of another, is not counted.

pub mod alone;
pub mod clearing;
pub mod shock;
mod solve;

use crate::error::{LabError, require};

/// So many institutions a network has at most.
pub const MOST: usize = 200;

/// One of those that owe each other. Amounts are atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Institution {
    /// What it has outside the network.
    pub assets: u128,
    /// What it owes outside the network.
    pub debts: u128,
}

/// What is left for creditors where one fails, of its means: 1 and 1 where failing costs nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovered {
    /// Of what it has outside.
    pub assets: f64,
    /// Of what others pay it.
    pub claims: f64,
}

impl Default for Recovered {
    fn default() -> Self {
        Self { assets: 1.0, claims: 1.0 }
    }
}

/// Institutions with what they owe. Amounts are atoms, as floats: a what-if, and nobody's money.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What each has outside before any shock.
    assets: Vec<f64>,
    /// What each owes outside.
    debts: Vec<f64>,
    /// What the first owes the second.
    owed: Vec<Vec<f64>>,
    /// What each owes in all.
    totals: Vec<f64>,
    recovered: Recovered,
}

impl Network {
    /// A network of `institutions` that owe each other `(from, to, amount)`. What stands twice
    /// adds up.
    ///
    /// # Errors
    ///
    /// Too many institutions, a place that has none, an institution that owes itself, parts
    /// outside 0 to 1.
    pub fn new(
        institutions: &[Institution],
        owed: &[(usize, usize, u128)],
        recovered: Recovered,
    ) -> Result<Self, LabError> {
        let count = institutions.len();
        require((1..=MOST).contains(&count), "institutions", "1 to 200")?;
        let parts = [recovered.assets, recovered.claims];
        let whole = parts.iter().all(|part| (0.0..=1.0).contains(part));
        require(whole, "what is recovered", "0 to 100 %")?;
        let mut matrix = vec![vec![0.0; count]; count];
        for (from, to, amount) in owed {
            let known = *from < count && *to < count && from != to;
            require(known, "what is owed", "from one institution to another")?;
            matrix[*from][*to] += *amount as f64;
        }
        let debts: Vec<f64> = institutions.iter().map(|of| of.debts as f64).collect();
        let total = |(owed, debts): (&Vec<f64>, &f64)| debts + owed.iter().sum::<f64>();
        let totals = matrix.iter().zip(&debts).map(total).collect();
        let assets = institutions.iter().map(|of| of.assets as f64).collect();
        Ok(Self { assets, debts, owed: matrix, totals, recovered })
    }

    /// How many institutions there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.assets.len()
    }

    /// What each has outside before any shock, in atoms.
    #[must_use]
    pub fn assets(&self) -> &[f64] {
        &self.assets
    }

    /// What each owes in all, in atoms.
    #[must_use]
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// The part of what `from` owes that it owes to `to`.
    fn part(&self, from: usize, to: usize) -> f64 {
        if self.totals[from] > 0.0 { self.owed[from][to] / self.totals[from] } else { 0.0 }
    }

    /// The part of what `from` owes that it owes to the outside.
    fn outside_part(&self, from: usize) -> f64 {
        if self.totals[from] > 0.0 { self.debts[from] / self.totals[from] } else { 0.0 }
    }

    /// What others pay `to` where each pays `paid`.
    fn received(&self, to: usize, paid: &[f64]) -> f64 {
        paid.iter().enumerate().map(|(from, paid)| self.part(from, to) * paid).sum()
    }
}
