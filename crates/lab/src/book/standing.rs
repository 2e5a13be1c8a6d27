//! A book as it stands, with what is known of its accounts: a venue's, or that of a drawn population
//! at the start of its world.

use super::night::Night;
use super::{Book, Leg, Mark};
use crate::crisis::model::CrisisModel;
use crate::error::{LabError, require};
use crate::population::Cohort;
use crate::seed::Seed;

/// A book with what is known of its accounts.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The book.
    pub book: Book,
    /// Its markets.
    pub marks: Vec<Mark>,
    /// What all accounts hold together, in atoms.
    pub equity: u128,
    groups: Vec<String>,
    accounts: Vec<Account>,
}

/// An account of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The place of its group: who lacks what is told by groups.
    pub group: usize,
    /// Its equity, in atoms.
    pub equity: i128,
    /// What it holds.
    pub legs: Vec<Leg>,
}

/// What accounts of a group lack on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking<'a> {
    /// Its name.
    pub group: &'a str,
    /// How many there are.
    pub accounts: usize,
    /// How many of them end below nothing.
    pub below: usize,
    /// What those lack, in atoms.
    pub lacked: u128,
}

/// A market whose price stands at so many ticks, on nights.
///
/// # Errors
///
/// A price of more than a ninth of what 64 bits hold.
pub fn mark(ticks: u64) -> Result<Mark, LabError> {
    let most = Night::most(ticks);
    require(most.is_some(), "mark", "a ninth of what 64 bits hold")?;
    Ok(Mark { ticks, most: most.unwrap_or_default() })
}

impl Standing {
    /// The book of accounts in groups, at these marks.
    ///
    /// # Errors
    ///
    /// Those of [`Book::of`]; a group that is not there.
    pub fn of(
        marks: Vec<Mark>,
        groups: Vec<String>,
        accounts: Vec<Account>,
    ) -> Result<Self, LabError> {
        let known = accounts.iter().all(|account| account.group < groups.len());
        require(known, "group", "one of the book")?;
        let held = accounts.iter().map(|account| (account.equity, account.legs.clone()));
        let book = Book::of(marks.clone(), held)?;
        let equity = accounts.iter().map(|account| account.equity.max(0).unsigned_abs()).sum();
        Ok(Self { book, marks, equity, groups, accounts })
    }

    /// The book that a crisis model's venue has before any crisis, in groups by kind, and what all
    /// must hold by the schedule as maintenance margin, in atoms.
    ///
    /// # Errors
    ///
    /// A parameter out of its range.
    pub fn drawn(model: &CrisisModel, seed: Seed) -> Result<(Self, u128), LabError> {
        model.check()?;
        let world = model.world().draw(seed)?;
        let start = world.start();
        let marks: Result<Vec<Mark>, LabError> =
            start.marks().iter().map(|price| mark(price.ticks())).collect();
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
            let cohort = population.accounts[place as usize].cohort;
            let group = Cohort::ALL.iter().position(|of| *of == cohort)?;
            Some(Account { group, equity: standing.equity, legs })
        };
        let accounts = places.filter_map(account).collect();
        let groups = Cohort::ALL.iter().map(|of| of.name().to_owned()).collect();
        Ok((Self::of(marks?, groups, accounts)?, maintenance))
    }

    /// The direction of length one in which drivers make the book lack more fastest; nothing where
    /// nobody is below nothing.
    pub(super) fn steepest(&self, night: &Night, drivers: &[f64]) -> Vec<f64> {
        let path = night.path(&self.marks, drivers);
        let mut held = vec![0i128; self.marks.len()];
        for account in &self.accounts {
            if account.worth(&path) < 0 {
                account.legs.iter().for_each(|leg| held[leg.market as usize] += leg.a_tick);
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

    /// Who lacks what on a path, by group: those that have accounts, in their order.
    #[must_use]
    pub fn lacking(&self, path: &[i64]) -> Vec<Lacking<'_>> {
        let groups = self.groups.iter();
        let mut all: Vec<Lacking<'_>> =
            groups.map(|group| Lacking { group, accounts: 0, below: 0, lacked: 0 }).collect();
        for account in &self.accounts {
            let (group, worth) = (&mut all[account.group], account.worth(path));
            group.accounts += 1;
            if worth < 0 {
                group.below += 1;
                group.lacked += worth.unsigned_abs();
            }
        }
        all.retain(|found| found.accounts > 0);
        all
    }
}

impl Account {
    /// What it is worth after a path.
    fn worth(&self, path: &[i64]) -> i128 {
        let gain = |leg: &Leg| leg.a_tick * i128::from(path[leg.market as usize]);
        self.equity + self.legs.iter().map(gain).sum::<i128>()
    }
}
