//! Sixteen paths over all accounts at once.

use crate::instructions::{Instructions, by_instructions};

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
        (screen, instructions): (Screen, Instructions),
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
            lack(instructions, class, reached, &rows, &mut sums);
        }
        for ((_, path), sum) in paths.iter().zip(&mut sums) {
            *sum += self.wide.iter().map(|account| account.lacks(moves.path(*path))).sum::<u128>();
        }
        sums
    }
}

by_instructions! {
    /// Adds what the first accounts of a class lack on each path.
    lack(class: &Class, reached: usize, rows: &[Row], sums: &mut [u128; LANES]) = lack_first
}

#[inline(always)]
fn lack_first(class: &Class, reached: usize, rows: &[Row], sums: &mut [u128; LANES]) {
    let each = class.legs_each;
    let mut from = 0;
    // Sums of doubles are taken out where they could become inexact.
    for end in &class.ends {
        let to = reached.min(*end);
        if from == to {
            break;
        }
        let (equity, legs) = (&class.equity[from..to], &class.legs[from * each..to * each]);
        // The number of legs is known when it is compiled, where it is common.
        let lacked = match each {
            1 => lacked_of::<1>(equity, legs, rows),
            2 => lacked_of::<2>(equity, legs, rows),
            3 => lacked_of::<3>(equity, legs, rows),
            4 => lacked_of::<4>(equity, legs, rows),
            each => lacked(equity.iter().zip(legs.chunks_exact(each)), rows),
        };
        for (sum, part) in sums.iter_mut().zip(lacked) {
            // Whole, from zero to 2^53.
            *sum += part as u128;
        }
        from = to;
    }
}

#[inline(always)]
fn lacked_of<const LEGS: usize>(equity: &[f64], legs: &[Weight], rows: &[Row]) -> Row {
    let (legs, _) = legs.as_chunks::<LEGS>();
    lacked(equity.iter().zip(legs.iter().map(<[Weight; LEGS]>::as_slice)), rows)
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
