//! How much a mechanism takes at a wave: by rules that know the hole, by rules that guess it from
//! what they see and what they were told of earlier waves, and by waiting.
//!
//! What a wave came to is known when its books are flat, so a rule that learns hears of it then and
//! no earlier: with slow sales several waves pass before it learns of the first. The sources give
//! their controllers the answer right after each wave, which no venue has.

/// How much is taken at a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// What the wave will come to, which nobody knows when it decides.
    Told,
    /// Nothing before it is known.
    Measured,
    /// The hole at the marks.
    Seen,
    /// A part of it that shrinks with every wave, as backstops decay. **When it is false**: those
    /// who know the schedule wait for its end.
    Backoff,
    /// A part of it that moves against the last miss by a projected gradient, its step one over
    /// the root of the squares so far (arXiv 2602.15182, proposition 1; Duchi and others 2011).
    Gradient,
    /// A mean of parts, each weighted by how it would have done, and by a price on what it lacks
    /// that rises while something lacks: mirror descent, primal and dual (arXiv 2512.01112).
    PrimalDual,
    /// What the last wave that is known came to.
    Last,
    /// The middle of all that are known.
    Median,
}

/// What a part of the hole at the marks is at most: three times it.
const MOST: f64 = 3.0;
/// The parts that [`Amount::PrimalDual`] weighs: quarters from nothing to the most.
const PARTS: usize = 13;
/// What [`Amount::Backoff`] takes of each wave, of what it took of the one before.
const DECAY: f64 = 0.9;

/// A rule in the middle of a crisis.
#[derive(Clone, Debug)]
pub struct Controller {
    amount: Amount,
    part: f64,
    squares: f64,
    weights: [f64; PARTS],
    price: f64,
    largest: f64,
    /// What waves came to, in the order in which it was known.
    known: Vec<u128>,
}

fn part_of(seen: u128, part: f64) -> u128 {
    libm::round(seen as f64 * part) as u128
}

impl Controller {
    /// A rule before a crisis: it takes what it sees, and one of many parts the middle of them, 1.5
    /// times as much.
    #[must_use]
    pub const fn new(amount: Amount) -> Self {
        Self {
            amount,
            part: 1.0,
            squares: 0.0,
            weights: [1.0; PARTS],
            price: 0.0,
            largest: 0.0,
            known: Vec::new(),
        }
    }

    /// What it takes at a wave that lacks `seen` at the marks. Only the rules that are told, or
    /// wait, read what it `lacked` in the end.
    pub fn takes(&mut self, seen: u128, lacked: u128) -> u128 {
        match self.amount {
            Amount::Told | Amount::Measured => lacked,
            Amount::Seen => seen,
            Amount::Gradient => part_of(seen, self.part),
            Amount::Backoff => {
                let taken = part_of(seen, self.part);
                self.part *= DECAY;
                taken
            }
            Amount::PrimalDual => part_of(seen, self.mean()),
            Amount::Last => self.known.last().copied().unwrap_or(seen),
            Amount::Median => {
                let mut sorted = self.known.clone();
                sorted.sort_unstable();
                sorted.get(sorted.len() / 2).copied().unwrap_or(seen)
            }
        }
    }

    /// Hears what a wave came to, of which it saw so much.
    pub fn hears(&mut self, seen: u128, lacked: u128) {
        self.known.push(lacked);
        let (seen, lacked) = (seen as f64, lacked as f64);
        match self.amount {
            Amount::Gradient if seen > 0.0 => {
                // The slope of |part x seen - lacked| in the part.
                let miss = self.part * seen - lacked;
                let slope = if miss > 0.0 {
                    seen
                } else if miss < 0.0 {
                    -seen
                } else {
                    0.0
                };
                self.squares += slope * slope;
                if self.squares > 0.0 {
                    let step = MOST / core::f64::consts::SQRT_2 / self.squares.sqrt();
                    self.part = (self.part - step * slope).clamp(0.0, MOST);
                }
            }
            Amount::PrimalDual => self.descend(seen, lacked),
            _ => {}
        }
    }

    fn mean(&self) -> f64 {
        let all: f64 = self.weights.iter().sum();
        let places = self.weights.iter().zip(0..PARTS);
        places.map(|(weight, place)| weight * at(place)).sum::<f64>() / all
    }

    /// One step: weights by what each part would have missed and lacked, the price by what the mean
    /// of them lacked.
    fn descend(&mut self, seen: f64, lacked: f64) {
        self.largest = self.largest.max(seen).max(lacked);
        if self.largest <= 0.0 {
            return;
        }
        let steps = self.known.len() as f64;
        let rate = (libm::log(PARTS as f64) / steps).sqrt();
        let lacks = |part: f64| (lacked - part * seen) / self.largest;
        let mean_lacks = lacks(self.mean());
        for (place, weight) in self.weights.iter_mut().enumerate() {
            let of = lacks(at(place));
            *weight *= libm::exp(-rate * (of.abs() + self.price * of));
        }
        let most = self.weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        self.weights.iter_mut().for_each(|weight| *weight = (*weight / most).max(1e-300));
        self.price = (self.price + mean_lacks / steps.sqrt()).max(0.0);
    }
}

/// A part of the grid.
fn at(place: usize) -> f64 {
    MOST * place as f64 / (PARTS - 1) as f64
}

/// What the best part of the holes at the marks misses over `waves` of seen and lacked, taken
/// afterwards: the middle of lacked over seen, weighted by seen.
#[must_use]
pub fn best_miss(waves: &[(u128, u128)]) -> f64 {
    let mut parts: Vec<(f64, f64)> = waves
        .iter()
        .filter(|(seen, _)| *seen > 0)
        .map(|(seen, lacked)| (*lacked as f64 / *seen as f64, *seen as f64))
        .collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = parts.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let middle = parts.iter().find(|(_, weight)| {
        below += weight;
        2.0 * below >= all
    });
    let part = middle.map_or(0.0, |(part, _)| *part);
    waves.iter().map(|(seen, lacked)| (part * *seen as f64 - *lacked as f64).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::{Amount, Controller, best_miss};

    /// What is taken of waves that lack twice what is seen, each known before the next.
    fn taken(amount: Amount, waves: usize) -> Vec<u128> {
        let mut rule = Controller::new(amount);
        let one = |_| {
            let taken = rule.takes(1_000, 2_000);
            rule.hears(1_000, 2_000);
            taken
        };
        (0..waves).map(one).collect()
    }

    #[test]
    fn each_rule_by_hand() {
        for (amount, expected) in [
            (Amount::Told, [2_000, 2_000, 2_000]),
            (Amount::Measured, [2_000, 2_000, 2_000]),
            (Amount::Seen, [1_000, 1_000, 1_000]),
            (Amount::Backoff, [1_000, 900, 810]),
            (Amount::Last, [1_000, 2_000, 2_000]),
            (Amount::Median, [1_000, 2_000, 2_000]),
            // A step of 3 / sqrt 2 from one passes the most, three; then back by 3 / 2.
            (Amount::Gradient, [1_000, 3_000, 1_500]),
        ] {
            assert_eq!(taken(amount, 3), expected, "{amount:?}");
        }
    }

    #[test]
    fn those_that_learn_come_near_what_lacks() {
        for (amount, waves) in [(Amount::Gradient, 400), (Amount::PrimalDual, 400)] {
            let found = taken(amount, waves);
            let late = found[waves - 100..].iter().sum::<u128>() as f64 / 100.0;
            assert!((late / 2_000.0 - 1.0).abs() < 0.15, "{amount:?}: {late}");
        }
    }

    #[test]
    fn the_best_part_is_the_weighted_middle() {
        // Parts 0.5, 2 and 3 of seen 1, 4 and 2: the middle is 2, and it misses 1.5 and 2.
        let waves = [(2, 6), (1, 0), (4, 8)];
        assert_eq!(best_miss(&waves), 2.0 + 2.0);
        assert_eq!(best_miss(&[(0, 5)]), 5.0, "what nobody saw is missed by every part");
        assert_eq!(best_miss(&[]), 0.0);
        // By a search that knows nothing of middles.
        let waves = [(3, 7), (10, 4), (6, 20), (1, 1), (0, 2)];
        let slow = (0..40_000).map(|step| {
            let part = f64::from(step) / 10_000.0;
            waves.iter().map(|(s, l)| (part * f64::from(*s) - f64::from(*l)).abs()).sum::<f64>()
        });
        let slow = slow.fold(f64::INFINITY, f64::min);
        let wide: Vec<(u128, u128)> = [(3, 7), (10, 4), (6, 20), (1, 1), (0, 2)].to_vec();
        assert!((best_miss(&wide) - slow).abs() < 1e-3, "{slow}");
    }
}
