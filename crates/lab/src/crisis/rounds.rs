//! A crisis wave by wave, as a venue meets it that divides losses while it lasts: who stands when
//! losses are found, and what is held of him until it is known what they came to.

use rhodian_core::ids::Time;

use super::Crisis;
use super::aftermath::{Aftermath, Wave, Winner};
use super::venue::{Found, Progress, Venue, Watcher};

/// The losses of one tick, and who stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The losses.
    pub wave: Wave,
    /// Who had won by then, by account.
    pub winners: Vec<Winner>,
}

/// What is held from a moment on for losses that are not known yet: what open books lack at the
/// marks, and what selling the rest of them costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// From when on, to the next.
    pub at: Time,
    /// How much, in atoms.
    pub amount: u128,
}

/// A crisis wave by wave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// What it came to.
    pub crisis: Crisis,
    /// Its waves.
    pub rounds: Vec<Round>,
    /// What was held, tick by tick.
    pub held: Vec<Held>,
    /// Everyone who had anything when it was over.
    pub holders: Vec<Winner>,
}

/// Keeps who stood.
#[derive(Default)]
pub(super) struct Rounds {
    standing: Vec<Vec<Winner>>,
    held: Vec<Held>,
    holders: Vec<Winner>,
}

impl Watcher for Rounds {
    fn found(&mut self, before: &Venue, now: &Venue, _: &Found) {
        self.standing.push(before.standing(now).filter(|of| of.gain > 0).collect());
    }

    fn ended(&mut self, now: &Venue, at: Time, _: Progress) {
        let of = |loss| now.hole(loss) + now.selling(now.book_value(loss));
        self.held.push(Held { at, amount: now.open_losses().map(of).sum() });
    }

    fn over(&mut self, before: &Venue, now: &Venue) {
        self.holders = before.standing(now).collect();
    }
}

impl Rounds {
    pub(super) fn episode(self, after: Aftermath) -> Episode {
        let rounds = after.waves.into_iter().zip(self.standing);
        Episode {
            crisis: after.crisis,
            rounds: rounds.map(|(wave, winners)| Round { wave, winners }).collect(),
            held: self.held,
            holders: self.holders,
        }
    }
}
