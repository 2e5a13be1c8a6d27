//! The same needs, measured first and divided then: by the rule of the core, over the accounts that
//! were deleveraged that evening, in one episode with one liable set.

use rhodian_core::allocation::{AllocationError, Claims, Rule, next_wave};
use rhodian_core::units::{Amount, OutOfBounds};

use super::Wave;

/// Atoms in a dollar: amounts are millionths.
pub const UNIT: f64 = 1_000_000.0;

/// An account that was deleveraged: what it won, and the most that may be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Its positive realised profit.
    pub weight: Amount,
    /// The smaller of it and what the account is worth.
    pub cap: Amount,
}

/// How the division of one wave did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OurWave {
    /// The wave.
    pub number: u32,
    /// What it needed, in dollars.
    pub needed: f64,
    /// What was taken, in dollars.
    pub taken: f64,
    /// The level of the episode after it: the part of each gain that is taken, at most.
    pub level: f64,
}

/// How all of them did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ours {
    /// Wave by wave.
    pub waves: Vec<OurWave>,
    /// How many accounts were liable.
    pub winners: usize,
    /// The most by which a wave took more or less than it needed, in dollars.
    pub tracking: f64,
    /// What was taken of anybody beyond the level, rounding to a whole atom a wave left out, in
    /// dollars: the one-sided excess over the fairest division there is.
    pub excess: f64,
    /// Pairs, next to each other by gain, of which the one who won more paid less by more than an
    /// atom a wave, caps apart.
    pub inversions: usize,
}

/// Why the waves cannot be divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A need is no amount.
    Amount(OutOfBounds),
    /// The rule refuses the claims.
    Rule(AllocationError),
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Amount(bounds) => bounds.fmt(f),
            Self::Rule(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// Divides what each of `waves` needed over `winners`, wave by wave.
///
/// # Errors
///
/// A need beyond the bound of amounts, or claims that the rule refuses: none, or all of weight zero.
pub fn divide(waves: &[Wave], winners: &[Winner]) -> Result<Ours, Refused> {
    let caps: Vec<Amount> = winners.iter().map(|winner| winner.cap).collect();
    let weights: Vec<Amount> = winners.iter().map(|winner| winner.weight).collect();
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    let mut paid: Vec<Amount> = winners.iter().map(|_| Amount::ZERO).collect();
    let (mut cumulative, mut rows) = (Amount::ZERO, Vec::new());
    for wave in waves {
        let needed = atoms(wave.needed)?;
        cumulative = cumulative.checked_add(needed).map_err(Refused::Amount)?;
        let division =
            next_wave(Rule::Proportional, cumulative, &claims, &paid).map_err(Refused::Rule)?;
        for (paid, share) in paid.iter_mut().zip(&division.shares) {
            *paid = paid.checked_add(*share).map_err(Refused::Amount)?;
        }
        let level = division.levels.first().copied().flatten();
        let level = level.map_or(1.0, |level| level.num as f64 / level.den as f64);
        let taken = dollars(division.allocated);
        rows.push(OurWave { number: wave.number, needed: wave.needed, taken, level });
    }
    let apart = |row: &OurWave| (row.taken - row.needed).abs();
    Ok(Ours {
        winners: winners.len(),
        tracking: rows.iter().map(apart).fold(0.0, f64::max),
        excess: excess(&rows, winners, &paid),
        inversions: inversions(rows.len(), winners, &paid),
        waves: rows,
    })
}

fn atoms(dollars: f64) -> Result<Amount, Refused> {
    Amount::new(libm::rint(dollars * UNIT) as u128).map_err(Refused::Amount)
}

fn dollars(amount: Amount) -> f64 {
    amount.atoms() as f64 / UNIT
}

/// Rounding gives each account at most an atom a wave.
fn excess(rows: &[OurWave], winners: &[Winner], paid: &[Amount]) -> f64 {
    let level = rows.last().map_or(0.0, |row| row.level);
    let beyond = |(winner, paid): (&Winner, &Amount)| {
        let exact = (winner.weight.atoms() as f64 * level).min(winner.cap.atoms() as f64);
        (paid.atoms() as f64 - exact - rows.len() as f64).max(0.0)
    };
    winners.iter().zip(paid).map(beyond).fold(0.0, |sum, one| sum + one) / UNIT
}

fn inversions(waves: usize, winners: &[Winner], paid: &[Amount]) -> usize {
    let free = |(winner, paid): (&Winner, &Amount)| {
        let capped = *paid == winner.cap;
        (!capped).then_some((winner.weight, paid.atoms()))
    };
    let mut free: Vec<(Amount, u128)> = winners.iter().zip(paid).filter_map(free).collect();
    free.sort_unstable();
    let less =
        |pair: &&[(Amount, u128)]| pair[0].0 < pair[1].0 && pair[1].1 + (waves as u128) < pair[0].1;
    free.windows(2).filter(less).count()
}
