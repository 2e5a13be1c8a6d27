//! What the published waves say that the published table does not.

use super::{Wave, sum};

/// How often one loss was counted, and what becomes of the table's bound when it counts once.
///
/// The file has no account numbers. That a loss is the same one is inferred from its amount, equal
/// to the last printed digit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The sum of the waves' deficits, as published.
    pub deficits: f64,
    /// The largest loss of one account, and in how many waves it stands.
    pub largest: (f64, usize),
    /// The sum of the deficits with that loss in its first wave only.
    pub once: f64,
    /// The bound on the regret of the paper's controller: its proposition 1 with the deficits as
    /// published, and with each loss once.
    pub bounds: (f64, f64),
}

/// Which wave makes up how much of what production took too much, and where it took too little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Production {
    /// The wave in which it took most beyond need, and how much.
    pub worst: (u32, f64),
    /// That, of all it took beyond need, between 0 and 1.
    pub part: f64,
    /// In how many waves it took less than was needed.
    pub short: usize,
}

/// How often the loss that stands in most waves was counted.
#[must_use]
pub fn counted(waves: &[Wave]) -> Counted {
    let times = |of: f64| waves.iter().filter(|wave| wave.largest == of).count();
    let most = waves.iter().map(|wave| wave.largest);
    let most = most.fold(0.0, |a: f64, b| if times(b) > times(a) { b } else { a });
    let mut seen = false;
    let deficits: Vec<f64> = waves.iter().map(|wave| wave.deficit).collect();
    let once: Vec<f64> = waves
        .iter()
        .map(|wave| {
            let again = wave.largest == most && core::mem::replace(&mut seen, true);
            wave.deficit - if again { most } else { 0.0 }
        })
        .collect();
    Counted {
        deficits: sum(deficits.iter().copied()),
        largest: (most, times(most)),
        once: sum(once.iter().copied()),
        bounds: (bound(waves, &deficits), bound(waves, &once)),
    }
}

/// `sqrt((1 + 2 P) x sum of D^2)`: D the deficit of a wave, P the path length of the part of it
/// that was needed, at most all.
fn bound(waves: &[Wave], deficits: &[f64]) -> f64 {
    let needed = waves.iter().zip(deficits).map(|(wave, deficit)| part(wave.needed, *deficit));
    let needed: Vec<f64> = needed.collect();
    let path = sum(needed.windows(2).map(|pair| (pair[1] - pair[0]).abs()));
    let squares = sum(deficits.iter().map(|deficit| deficit * deficit));
    ((1.0 + 2.0 * path) * squares).sqrt()
}

/// The part of a deficit that was needed, at most all; all where there was none.
fn part(needed: f64, deficit: f64) -> f64 {
    if needed >= deficit { 1.0 } else { needed / deficit }
}

/// Where production took too much and too little; it is the first of the policies.
#[must_use]
pub fn production(waves: &[Wave]) -> Production {
    let beyond = |wave: &Wave| wave.taken[0] - wave.needed;
    let over = sum(waves.iter().map(|wave| beyond(wave).max(0.0)));
    let worst = waves.iter().max_by(|a, b| beyond(a).total_cmp(&beyond(b)));
    let (number, most) = worst.map_or((0, 0.0), |wave| (wave.number, beyond(wave).max(0.0)));
    Production {
        worst: (number, most),
        part: if over > 0.0 { most / over } else { 0.0 },
        short: waves.iter().filter(|wave| beyond(wave) < 0.0).count(),
    }
}
