//! Taking before the loss is known: what a venue that deleverages while books are open decides, wave
//! by wave, from what it has seen; and what it misses.
//!
//! The first knows nothing but the hole at the marks; the second corrects itself by each wave's end;
//! the third is told the loss beforehand, which nobody is; the last measures first.

use std::cmp::Ordering;

use crate::crisis::aftermath::Wave;

/// How the amount of a wave is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The name: lower-case words with hyphens.
    pub name: &'static str,
    /// What it takes, in a few words.
    pub about: &'static str,
    /// Whether it decides by what is known when it decides.
    pub honest: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What is seen at the marks.
    Seen,
    /// A part of it that moves by a step against the last miss, from one on.
    Learned,
    /// What the wave will come to.
    Told,
    /// Nothing until it is known.
    Measured,
}

/// Every forecast that is scored.
pub const FORECASTS: [Forecast; 4] = [
    Forecast { name: "seen", about: "takes the hole at the marks", honest: true, kind: Kind::Seen },
    Forecast {
        name: "learned",
        about: "a part of it, corrected wave by wave",
        honest: true,
        kind: Kind::Learned,
    },
    Forecast {
        name: "told",
        about: "is told what the wave will come to",
        honest: false,
        kind: Kind::Told,
    },
    Forecast {
        name: "measured",
        about: "divides when it is known, as here",
        honest: true,
        kind: Kind::Measured,
    },
];

/// What a forecast missed over a crisis, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Taken too much, summed over waves.
    pub over: u128,
    /// Taken too little.
    pub under: u128,
}

/// The step of the learned part, in millionths: a tenth.
const STEP: u128 = 100_000;
const ONE: u128 = 1_000_000;

impl Forecast {
    /// What it misses over `waves`.
    #[must_use]
    pub fn score(&self, waves: &[Wave]) -> Missed {
        let (mut missed, mut part) = (Missed::default(), ONE);
        for wave in waves {
            let taken = match self.kind {
                Kind::Seen => wave.seen,
                Kind::Learned => wave.seen * part / ONE,
                Kind::Told | Kind::Measured => wave.lacked,
            };
            missed.over += taken.saturating_sub(wave.lacked);
            missed.under += wave.lacked.saturating_sub(taken);
            part = match taken.cmp(&wave.lacked) {
                Ordering::Greater => part.saturating_sub(STEP),
                Ordering::Equal => part,
                Ordering::Less => part + STEP,
            };
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::{FORECASTS, Missed};
    use crate::crisis::aftermath::Wave;
    use rhodian_core::ids::Time;

    #[test]
    fn misses_by_hand() {
        let wave = |seen, lacked| {
            let (at, settled) = (Time(0), Time(0));
            Wave { at, seen, lacked, largest: lacked, settled }
        };
        // Seen 100, lacked 130; then seen 100, lacked 90.
        let waves = [wave(100, 130), wave(100, 90)];
        let [seen, learned, told, measured] = FORECASTS.map(|of| of.score(&waves));
        assert_eq!(seen, Missed { over: 10, under: 30 });
        assert_eq!(learned, Missed { over: 20, under: 30 }, "it learned to take 110");
        assert_eq!((told, measured), (Missed::default(), Missed::default()));
    }
}
