//! The book of a drawn population, at the start of its world.

use super::night::Night;
use super::{Book, Leg, Mark};
use crate::crisis::model::CrisisModel;
use crate::error::{LabError, require};
use crate::population::Cohort;
use crate::seed::Seed;

/// A book with what is known of its accounts.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The book.
    pub book: Book,
    /// Its markets.
    pub marks: Vec<Mark>,
    /// What all accounts hold together, in atoms.
    pub equity: u128,
    /// What all accounts must hold by the schedule as maintenance margin, in atoms.
    pub maintenance: u128,
    accounts: Vec<(Cohort, i128, Vec<Leg>)>,
}

/// What accounts of a kind lack on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// Their kind.
    pub cohort: Cohort,
    /// How many there are.
    pub accounts: usize,
    /// How many of them end below nothing.
    pub below: usize,
    /// What those lack, in atoms.
    pub lacked: u128,
}

impl Drawn {
    /// The book that a crisis model's venue has before any crisis.
    ///
    /// # Errors
    ///
    /// A parameter out of its range.
    pub fn of(model: &CrisisModel, seed: Seed) -> Result<Self, LabError> {
        model.check()?;
        let world = model.world().draw(seed)?;
        let start = world.start();
        let mut marks = Vec::with_capacity(world.markets.len());
        for price in start.marks() {
            let most = Night::most(price.ticks());
            require(most.is_some(), "mark", "a ninth of what 64 bits hold")?;
            marks.push(Mark { ticks: price.ticks(), most: most.unwrap_or_default() });
        }
        let population = &world.population;
        let places = 0..u32::try_from(population.accounts.len()).unwrap_or(u32::MAX);
        let mut maintenance = 0;
        let account = |place: u32| {
            let standing = population.standing(place, &world.markets, &start)?;
            let leg = |leg: &crate::population::Leg| Leg {
                market: leg.market,
                a_tick: i128::from(leg.lots.lots())
                    * i128::from(world.markets[leg.market as usize].atoms_per_tick_lot),
            };
            let legs = population.legs(place).iter().map(leg).collect();
            maintenance += standing.maintenance;
            Some((population.accounts[place as usize].cohort, standing.equity, legs))
        };
        let accounts: Vec<(Cohort, i128, Vec<Leg>)> = places.filter_map(account).collect();
        let held = accounts.iter().map(|(_, equity, legs)| (*equity, legs.clone()));
        let book = Book::of(marks.clone(), held)?;
        let equity = accounts.iter().map(|(_, equity, _)| equity.max(&0).unsigned_abs()).sum();
        Ok(Self { book, marks, equity, maintenance, accounts })
    }

    /// The direction of length one in which drivers make the book lack more fastest; nothing where
    /// nobody is below nothing.
    pub(super) fn steepest(&self, night: &Night, drivers: &[f64]) -> Vec<f64> {
        let path = night.path(&self.marks, drivers);
        let mut held = vec![0i128; self.marks.len()];
        for (_, equity, legs) in &self.accounts {
            if worth(*equity, legs, &path) < 0 {
                legs.iter().for_each(|leg| held[leg.market as usize] += leg.a_tick);
            }
        }
        let [common, alone] = night.loads();
        let mut slopes = vec![0.0; drivers.len()];
        for (place, (mark, held)) in self.marks.iter().zip(held).enumerate() {
            let price = mark.ticks as f64 * libm::exp(night.shift(drivers[0], drivers[place + 1]));
            let slope = -(held as f64) * price;
            slopes[0] += common * slope;
            slopes[place + 1] = alone * slope;
        }
        let length = slopes.iter().map(|one| one * one).sum::<f64>().sqrt();
        if length > 0.0 {
            slopes.iter_mut().for_each(|one| *one /= length);
        }
        slopes
    }

    /// Who lacks what on a path, by kind: those that are there.
    #[must_use]
    pub fn lacking(&self, path: &[i64]) -> Vec<Lacking> {
        let of = |cohort: Cohort| {
            let alike = self.accounts.iter().filter(|(kind, ..)| *kind == cohort);
            let mut found = Lacking { cohort, accounts: 0, below: 0, lacked: 0 };
            for (_, equity, legs) in alike {
                let gains =
                    legs.iter().map(|leg| leg.a_tick * i128::from(path[leg.market as usize]));
                let worth = equity + gains.sum::<i128>();
                found.accounts += 1;
                if worth < 0 {
                    found.below += 1;
                    found.lacked += worth.unsigned_abs();
                }
            }
            found
        };
        Cohort::ALL.into_iter().map(of).filter(|found| found.accounts > 0).collect()
    }
}

/// What an account is worth after a path.
fn worth(equity: i128, legs: &[Leg], path: &[i64]) -> i128 {
    let gains = legs.iter().map(|leg| leg.a_tick * i128::from(path[leg.market as usize]));
    equity + gains.sum::<i128>()
}
