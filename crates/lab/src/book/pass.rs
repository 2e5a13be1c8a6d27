//! Sixteen paths over all accounts at once.

use super::{Book, Class, LANES, Moves, Screen, Weight, Wide};

/// A quotient of two numbers times this is no smaller than the true one.
pub(super) const UP: f64 = 1.0 + 1e-12;
/// And times this no larger.
pub(super) const DOWN: f64 = 1.0 - 1e-12;

/// The moves of a market on the paths of a pass.
type Row = [f64; LANES];

impl Book {
    /// What accounts lack on each of up to sixteen paths.
    pub(super) fn block(
        &self,
        moves: &Moves,
        paths: &[(f64, usize)],
        screen: Screen,
    ) -> [u128; LANES] {
        let mut rows = vec![[0.0; LANES]; self.marks.len()];
        for (lane, (_, path)) in paths.iter().enumerate() {
            for (row, ticks) in rows.iter_mut().zip(moves.path(*path)) {
                // Of an account with legs in it they are below 2^53, or the account is wide.
                row[lane] = *ticks as f64;
            }
        }
        let largest = paths.iter().map(|(part, _)| *part).fold(0.0, f64::max);
        let mut sums = [self.flat; LANES];
        for class in &self.classes {
            let reached = match screen {
                Screen::All => class.equity.len(),
                Screen::Near => class.reach.partition_point(|reach| *reach <= largest),
            };
            class.lacks(reached, &rows, &mut sums);
        }
        for ((_, path), sum) in paths.iter().zip(&mut sums) {
            *sum += self.wide.iter().map(|account| account.lacks(moves.path(*path))).sum::<u128>();
        }
        sums
    }
}

impl Class {
    /// Adds what the first accounts of the class lack on each path.
    fn lacks(&self, accounts: usize, rows: &[Row], sums: &mut [u128; LANES]) {
        match self.legs_each {
            1 => self.lacks_of::<1>(accounts, rows, sums),
            2 => self.lacks_of::<2>(accounts, rows, sums),
            3 => self.lacks_of::<3>(accounts, rows, sums),
            4 => self.lacks_of::<4>(accounts, rows, sums),
            _ => self.each_piece(accounts, sums, |from, to| {
                let each = self.legs_each;
                let legs = self.legs[from * each..to * each].chunks_exact(each);
                lacked(self.equity[from..to].iter().zip(legs), rows)
            }),
        }
    }

    /// The same where the number of legs is known when it is compiled.
    fn lacks_of<const LEGS: usize>(&self, accounts: usize, rows: &[Row], sums: &mut [u128; LANES]) {
        self.each_piece(accounts, sums, |from, to| {
            let (legs, _) = self.legs[from * LEGS..to * LEGS].as_chunks::<LEGS>();
            lacked(
                self.equity[from..to].iter().zip(legs.iter().map(<[Weight; LEGS]>::as_slice)),
                rows,
            )
        });
    }

    /// Sums of doubles are taken out where they could become inexact.
    fn each_piece(
        &self,
        accounts: usize,
        sums: &mut [u128; LANES],
        lacked: impl Fn(usize, usize) -> Row,
    ) {
        let mut from = 0;
        for end in &self.ends {
            let to = accounts.min(*end);
            if from == to {
                break;
            }
            for (sum, part) in sums.iter_mut().zip(lacked(from, to)) {
                // Whole, from zero to 2^53.
                *sum += part as u128;
            }
            from = to;
        }
    }
}

/// What accounts lack on each path, together.
#[inline(always)]
fn lacked<'a>(accounts: impl Iterator<Item = (&'a f64, &'a [Weight])>, rows: &[Row]) -> Row {
    let mut lacked = [0.0; LANES];
    for (equity, legs) in accounts {
        let mut worth = [*equity; LANES];
        for leg in legs {
            let row = &rows[leg.market as usize];
            for lane in 0..LANES {
                worth[lane] += leg.a_tick * row[lane];
            }
        }
        for lane in 0..LANES {
            lacked[lane] -= if worth[lane] < 0.0 { worth[lane] } else { 0.0 };
        }
    }
    lacked
}

impl Wide {
    /// What it lacks on a path.
    fn lacks(&self, path: &[i64]) -> u128 {
        let gains = self.legs.iter().map(|leg| leg.a_tick * i128::from(path[leg.market as usize]));
        let worth = self.equity + gains.sum::<i128>();
        if worth < 0 { worth.unsigned_abs() } else { 0 }
    }
}
