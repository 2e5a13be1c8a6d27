//! What waiting costs: a loss that is divided when it is known is divided later, and until then
//! money of those who are liable is held.
//!
//! Held is what open books lack at the marks and what selling the rest of them costs, from the end
//! of a tick to the next. **When it is false**: the engine measures again after every command, and
//! stresses what selling costs; books that sell by an auction are held for as long as that takes.
//! Whoever is liable asks to leave at a constant rate while a book is open: in a panic more do, and
//! at once.

use crate::crisis::aftermath::Wave;
use crate::crisis::rounds::{Episode, Held, Round};

/// What waiting came to in a crisis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waiting {
    /// How long a unit of the loss waits from its detection until it is known, in seconds.
    pub delay: f64,
    /// The longest that any wave waits, in seconds.
    pub longest: f64,
    /// The most that is held at a time, in atoms.
    pub most: u128,
    /// How long the most would have to be held to come to what is held over time, in seconds.
    pub held: f64,
    /// The part of the loss that would be left to others, where nothing were held and those who
    /// leave while books are open took their shares along.
    pub carried: f64,
}

/// What waiting comes to in `of` behind `fund`, where a part `leave` of those who are liable would
/// leave within an hour, 0 to below 1. What the fund pays nobody waits for, and nothing is held for
/// it.
#[must_use]
pub fn waiting(of: &Episode, fund: u128, leave: f64) -> Waiting {
    let seconds = |wave: &Wave| (wave.settled.0.saturating_sub(wave.at.0)) as f64 / 1e3;
    let mut left = fund;
    let behind = of.rounds.iter().map(|Round { wave, .. }| {
        let paid = left.min(wave.lacked);
        left -= paid;
        Wave { lacked: wave.lacked - paid, ..*wave }
    });
    let behind: Vec<Wave> = behind.collect();
    let waves = || behind.iter().filter(|wave| wave.lacked > 0);
    let loss = waves().map(|wave| wave.lacked as f64).sum::<f64>().max(1.0);
    let by_loss = |figure: &dyn Fn(&Wave) -> f64| {
        waves().map(|wave| wave.lacked as f64 * figure(wave)).sum::<f64>() / loss
    };
    // What the waves whose books are flat came to is paid of the fund by then.
    let held = |held: &Held| {
        let flat = of.rounds.iter().filter(|round| round.wave.settled <= held.at);
        let paid: u128 = flat.map(|round| round.wave.lacked).sum();
        held.amount.saturating_sub(fund.saturating_sub(paid))
    };
    // Per second.
    let rate = -libm::log1p(-leave) / 3_600.0;
    let most = of.held.iter().map(&held).max().unwrap_or(0);
    let over_time: f64 = of
        .held
        .windows(2)
        .map(|pair| held(&pair[0]) as f64 * (pair[1].at.0 - pair[0].at.0) as f64 / 1e3)
        .sum();
    Waiting {
        delay: by_loss(&seconds),
        longest: waves().map(seconds).fold(0.0, f64::max),
        most,
        held: over_time / (most as f64).max(1.0),
        carried: by_loss(&|wave| -libm::expm1(-rate * seconds(wave))),
    }
}

#[cfg(test)]
mod tests {
    use super::waiting;
    use crate::crisis::aftermath::Wave;
    use crate::crisis::rounds::{Episode, Held, Round};
    use rhodian_core::ids::Time;

    #[test]
    fn waiting_by_hand() {
        // 100 that wait a minute and 300 that wait none; 80 held for 60 s, 40 for another 30.
        let round = |at: u64, settled: u64, lacked| Round {
            wave: Wave { at: Time(at), seen: 0, lacked, largest: lacked, settled: Time(settled) },
            winners: Vec::new(),
        };
        let held = |at: u64, amount| Held { at: Time(at), amount };
        let of = Episode {
            rounds: vec![round(0, 60_000, 100), round(90_000, 90_000, 300)],
            held: vec![held(0, 80), held(60_000, 40), held(90_000, 0)],
            ..Episode::default()
        };
        let found = waiting(&of, 0, 0.5);
        assert_eq!((found.delay, found.longest, found.most), (15.0, 60.0, 80));
        assert_eq!(found.held, 75.0, "80 x 60 + 40 x 30 over 80");
        // Half leave in an hour, 1 - 2^(-1/60) in a minute: of a quarter of the loss.
        let minute = 1.0 - 0.5f64.powf(1.0 / 60.0);
        assert!((found.carried - 0.25 * minute).abs() < 1e-12, "{}", found.carried);
        assert_eq!(waiting(&of, 0, 0.0).carried, 0.0);
        assert_eq!(waiting(&Episode::default(), 0, 0.5).delay, 0.0);
        // A fund of 60 pays most of the first wave: 40 wait a minute, and 20 are held meanwhile.
        let behind = waiting(&of, 60, 0.5);
        assert_eq!((behind.most, behind.longest), (40, 60.0));
        assert!((behind.delay - 40.0 * 60.0 / 340.0).abs() < 1e-12, "{}", behind.delay);
        // One of 100 pays all of it: what is left waits none.
        let paid = waiting(&of, 100, 0.5);
        assert_eq!((paid.delay, paid.longest, paid.carried), (0.0, 0.0, 0.0));
    }
}
