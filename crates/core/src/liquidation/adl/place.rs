//! An account's place in the order, before anything happens: how much would have to be
//! deleveraged in its market until it is reached.

use alloc::vec::Vec;

use super::draining::{AdlError, Candidate, Level, check};
use super::level::Stage;

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The accounts that give something before it.
    pub ahead: usize,
    /// Lots that can be taken before it gives its first, rounded down (so it is told early).
    pub lots_before: u128,
    /// Lots that can be taken in all.
    pub lots_in_all: u128,
    /// The level at which it is reached; nothing in a queue.
    pub reached_at: Option<Level>,
}

impl Place {
    /// The part of the order that stands before it, in millionths, rounded down.
    #[must_use]
    pub const fn part_before(&self) -> u128 {
        match self.lots_in_all {
            0 => 0,
            // Lots in all are at most 10^23.
            all => self.lots_before * 1_000_000 / all,
        }
    }

    /// The same as lights, five where it is next and one in the last fifth.
    #[must_use]
    pub const fn lights(&self) -> u8 {
        match self.part_before() {
            0..200_000 => 5,
            200_000..400_000 => 4,
            400_000..600_000 => 3,
            600_000..800_000 => 2,
            _ => 1,
        }
    }
}

/// The place of the candidate at `index` under leverage draining; nothing where it can give
/// nothing. One pass over the candidates.
///
/// ```
/// use rhodian_core::liquidation::adl::{draining::Candidate, place::in_draining};
/// let short = |lots, equity| {
///     Candidate { lots, easing: lots, room: None, net: i128::from(lots), equity }
/// };
/// // Leverage 10, 3 and 1: the first is drained from 10 to 3 before the second is reached.
/// let book = [short(300, 30), short(180, 60), short(150, 150)];
/// let place = in_draining(&book, 1, 1).unwrap().unwrap();
/// assert_eq!((place.ahead, place.lots_before, place.lots_in_all), (1, 210, 630));
/// assert_eq!((place.part_before(), place.lights()), (333_333, 4));
/// ```
pub fn in_draining(
    candidates: &[Candidate],
    lot_value: u64,
    index: usize,
) -> Result<Option<Place>, AdlError> {
    check(candidates, lot_value)?;
    let Some(own) = candidates.get(index).filter(|own| own.gives_at_most() > 0) else {
        return Ok(None);
    };
    let stage = Stage { value: u128::from(lot_value), rising: own.gives_easing() == 0 };
    let start = stage.start(own);
    let gives_before = |candidate: &&Candidate| {
        let eased = stage.least(candidate) > 0;
        let gives = stage.most(candidate) > stage.least(candidate);
        let from = stage.start(candidate);
        eased || gives && start.compare(from.num, from.den).is_lt()
    };
    Ok(Some(Place {
        ahead: candidates.iter().filter(gives_before).count(),
        lots_before: stage.given_floor(candidates, start),
        lots_in_all: candidates.iter().map(|c| u128::from(c.gives_at_most())).sum(),
        reached_at: start.published(),
    }))
}

/// The place of the account at `index` in a queue: highest score first, ties to the lower index.
/// Nothing where it holds no lots.
#[must_use]
pub fn in_queue(lots: &[u64], scores: &[i64], index: usize) -> Option<Place> {
    let own = *scores.get(index)?;
    if *lots.get(index)? == 0 {
        return None;
    }
    let before = |place: usize, score: i64| score > own || score == own && place < index;
    let rows = lots.iter().zip(scores).enumerate();
    let ahead: Vec<u64> = rows
        .filter(|(place, (lots, score))| **lots > 0 && before(*place, **score))
        .map(|(_, (lots, _))| *lots)
        .collect();
    Some(Place {
        ahead: ahead.len(),
        lots_before: ahead.iter().map(|lots| u128::from(*lots)).sum(),
        lots_in_all: lots.iter().map(|lots| u128::from(*lots)).sum(),
        reached_at: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquidation::adl::draining::drain;

    #[test]
    fn who_is_told_that_he_is_next_is_next() {
        // Two hedged accounts come after all others; the last has no room.
        let make = |lots, easing, net, equity| Candidate { lots, easing, room: None, net, equity };
        let book = [
            make(40, 40, 90, 7),
            make(9, 9, 20, 5),
            make(30, 0, 31, 4),
            make(25, 0, -3, 4),
            make(60, 60, 61, 9),
            Candidate { room: Some(0), ..make(8, 8, 8, 1) },
        ];
        for index in 0..book.len() {
            let place = in_draining(&book, 1, index).unwrap();
            let Some(place) = place else {
                assert_eq!(index, 5);
                continue;
            };
            assert_eq!(place.lots_in_all, 164);
            let before = u64::try_from(place.lots_before).unwrap();
            assert_eq!(drain(&book, 1, before).unwrap().lots[index], 0, "account {index}");
            // Two lots more than are free before him, and one per account ahead for rounding.
            let beyond = before + 2 + u64::try_from(place.ahead).unwrap() + book.len() as u64;
            assert!(drain(&book, 1, beyond).unwrap().lots[index] > 0, "account {index}");
        }
    }

    #[test]
    fn a_queue_counts_who_stands_before() {
        let place = in_queue(&[5, 0, 7, 3], &[9, 9, 9, 20], 2).unwrap();
        assert_eq!((place.ahead, place.lots_before, place.lots_in_all), (2, 8, 15));
        assert_eq!((place.part_before(), place.lights()), (533_333, 3));
        assert_eq!(in_queue(&[5, 0], &[9, 9], 1), None);
        assert_eq!(in_queue(&[5, 0], &[9, 9], 2), None);
    }
}
