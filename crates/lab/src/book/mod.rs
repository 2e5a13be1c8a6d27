//! What a book would lose as it stands: every account revalued under thousands of drawn moves of
//! prices, and what those below nothing lack summed for each, to the atom.
//!
//! ```text
//! equity    e_i + sum_m  w_im d_m       w the atoms a tick of market m is worth, d its move in ticks
//! deficit   D   = sum_i  max(0, -equity)
//! ```
//!
//! That is a sparse matrix of accounts and markets times a dense one of markets and paths. Accounts
//! with as many legs stand together, so that no branch is guessed, and sixteen paths are taken in
//! one pass over them. Numbers are whole and carried in doubles, whose 53 bits hold them exactly:
//! that no sum passes them is bounded when the book is built, by the most that each market may
//! move, and an account too large for it is reckoned in 128 bits beside the others.
//!
//! [`Screen::Near`] leaves out who cannot be reached: an account whose equity is a part q of its
//! gross value stands as long as no market moves by more than q. Accounts are sorted by it, and
//! paths by their largest move, so that sixteen mild ones look at few. Deficits are the same to the
//! last atom.
//!
//! **When it is false**: prices move at once and nobody is closed on the way, so that it says what
//! a gap takes and not what a crisis does that can be traded in: [`crate::crisis`] does. Legs are
//! worth in proportion to a price: options need a market of their own for each, with its moves.

mod build;
pub mod night;
mod pass;
pub mod standing;
#[cfg(test)]
mod tests;
pub mod tilt;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{LabError, require};
use crate::instructions::Instructions;

/// So many paths are taken in one pass.
const LANES: usize = 16;

/// What an account holds of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The place of the market.
    pub market: u32,
    /// What it gains when the price rises by a tick, in atoms: lots times what a tick of one is.
    pub a_tick: i128,
}

/// A market of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where its price stands, in ticks, above zero.
    pub ticks: u64,
    /// No path moves it by more, in ticks.
    pub most: u64,
}

/// A book as it stands.
#[derive(Clone, Debug)]
pub struct Book {
    marks: Vec<Mark>,
    classes: Vec<Class>,
    /// Accounts that 53 bits do not hold.
    wide: Vec<Wide>,
    /// What accounts without legs lack whatever happens, in atoms.
    flat: u128,
}

/// Accounts with as many legs, by how far they stand from nothing.
#[derive(Clone, Debug)]
struct Class {
    legs_each: usize,
    /// Equity over gross value, rounded down, rising.
    reach: Vec<f64>,
    equity: Vec<f64>,
    legs: Vec<Weight>,
    /// Where a sum over accounts is to be taken out of its doubles.
    ends: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Weight {
    a_tick: f64,
    market: u32,
}

#[derive(Clone, Debug)]
struct Wide {
    equity: i128,
    legs: Vec<Leg>,
}

/// How prices move on each path, in ticks.
#[derive(Clone, Debug)]
pub struct Moves {
    markets: usize,
    ticks: Vec<i64>,
}

impl Moves {
    /// No path yet.
    #[must_use]
    pub const fn of(markets: usize) -> Self {
        Self { markets, ticks: Vec::new() }
    }

    /// Adds a path: a move for each market.
    ///
    /// # Errors
    ///
    /// Another number of markets.
    pub fn push(&mut self, path: &[i64]) -> Result<(), LabError> {
        require(path.len() == self.markets, "path", "a move for each market")?;
        self.ticks.extend_from_slice(path);
        Ok(())
    }

    /// How many paths there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ticks.len().checked_div(self.markets).unwrap_or(0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The moves of a path.
    #[must_use]
    pub fn path(&self, number: usize) -> &[i64] {
        &self.ticks[number * self.markets..][..self.markets]
    }
}

/// Who is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Everyone, on every path.
    All,
    /// Whom the largest move of a path can reach.
    Near,
}

impl Book {
    /// What accounts lack on each path, together, in atoms: the same at any number of threads and
    /// by either screen.
    ///
    /// ```
    /// use rhodian_lab::book::{Book, Leg, Mark, Moves, Screen};
    /// let marks = vec![Mark { ticks: 100, most: 100 }];
    /// let leg = |a_tick| vec![Leg { market: 0, a_tick }];
    /// // Alice is long ten and Bob is short ten; Alice has 150 and Bob has 400.
    /// let book = Book::of(marks, [(150, leg(10)), (400, leg(-10))]).unwrap();
    /// let mut moves = Moves::of(1);
    /// for path in [[-10], [-20], [50]] {
    ///     moves.push(&path).unwrap();
    /// }
    /// assert_eq!(book.deficits(&moves, Screen::Near, 1).unwrap(), [0, 50, 100]);
    /// ```
    ///
    /// # Errors
    ///
    /// Moves of another number of markets, or beyond the most that a market was bounded by.
    pub fn deficits(
        &self,
        moves: &Moves,
        screen: Screen,
        threads: usize,
    ) -> Result<Vec<u128>, LabError> {
        self.deficits_by(moves, screen, threads, Instructions::Best)
    }

    /// The same by other instructions, for comparisons of speed and of bits.
    ///
    /// # Errors
    ///
    /// Those of [`Self::deficits`].
    pub fn deficits_by(
        &self,
        moves: &Moves,
        screen: Screen,
        threads: usize,
        instructions: Instructions,
    ) -> Result<Vec<u128>, LabError> {
        self.admits(moves)?;
        let order = self.order(moves, screen);
        let blocks: Vec<&[(f64, usize)]> = order.chunks(LANES).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Vec::new();
            while let Some(paths) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sums = self.block(moves, paths, (screen, instructions));
                found.extend(paths.iter().map(|(_, path)| *path).zip(sums));
            }
            found
        };
        let mut deficits = vec![0; moves.len()];
        let parts = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let mut parts = vec![work()];
            parts.extend(others.into_iter().map(|other| match other.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            }));
            parts
        });
        for (path, sum) in parts.into_iter().flatten() {
            deficits[path] = sum;
        }
        Ok(deficits)
    }

    /// How many accounts there are that can lack something: those with legs.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.classes.iter().map(|class| class.equity.len()).sum::<usize>() + self.wide.len()
    }

    fn admits(&self, moves: &Moves) -> Result<(), LabError> {
        require(moves.markets == self.marks.len(), "path", "a move for each market of the book")?;
        let within = |path: &[i64]| {
            path.iter().zip(&self.marks).all(|(ticks, mark)| ticks.unsigned_abs() <= mark.most)
        };
        let all = (0..moves.len()).all(|number| within(moves.path(number)));
        require(all, "move", "within the most that its market was bounded by")
    }

    /// The paths with their largest move as a part of the price, rounded up; the mildest first
    /// where that saves something.
    fn order(&self, moves: &Moves, screen: Screen) -> Vec<(f64, usize)> {
        let part = |(ticks, mark): (&i64, &Mark)| {
            ticks.unsigned_abs() as f64 / mark.ticks as f64 * pass::UP
        };
        let largest = |path: &[i64]| path.iter().zip(&self.marks).map(part).fold(0.0, f64::max);
        let mut order: Vec<(f64, usize)> =
            (0..moves.len()).map(|number| (largest(moves.path(number)), number)).collect();
        if screen == Screen::Near {
            order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        order
    }
}
