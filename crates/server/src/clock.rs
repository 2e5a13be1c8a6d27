//! What time it is: the wall's clock, as long as it goes as clocks go.
//!
//! Time makes things due: fundings, expiries, the ends of halts. A wall that jumps ahead would do
//! them all at once and for good, so a jump is not followed: a person looks first.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rhodian_core::ids::Time;

/// The clock on the wall, in milliseconds since 1970.
#[must_use]
pub fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The clock of the engine.
#[derive(Debug)]
pub struct Clock {
    wall: fn() -> Time,
    /// How far the wall may be ahead of what a steady clock says, in milliseconds.
    most: u64,
    /// When the wall was last seen, by the wall and by a clock that is never set.
    seen: (Time, Instant),
}

impl Clock {
    /// A clock that follows `wall` from now on, and no jump of more than `most` milliseconds.
    #[must_use]
    pub fn new(wall: fn() -> Time, most: u64) -> Self {
        Self { wall, most, seen: (wall(), Instant::now()) }
    }

    /// The time of the next command of an engine that stands at `engine`: the wall's, and never
    /// before the engine's.
    ///
    /// # Errors
    ///
    /// The wall jumped ahead: in a sentence.
    pub fn now(&mut self, engine: Time) -> Result<Time, String> {
        self.at((self.wall)(), Instant::now(), engine)
    }

    fn at(&mut self, wall: Time, at: Instant, engine: Time) -> Result<Time, String> {
        let (seen, since) = self.seen;
        let passed = at.saturating_duration_since(since).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        // A wall that was set back and comes right again moves nothing.
        let expected = seen.0.saturating_add(passed).max(engine.0);
        let ahead = wall.0.saturating_sub(expected);
        if ahead > self.most {
            return Err(format!(
                "the machine's clock jumped {ahead} ms ahead, clock-jump allows {}: the venue's \
                 time was not moved. Set the clock right and start again",
                self.most
            ));
        }
        self.seen = (wall, at);
        Ok(wall.max(engine))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_follows_the_wall_and_no_jump() {
        let mut clock = Clock::new(|| Time(1_000_000), 5_000);
        let start = clock.seen.1;
        let mut check = |name: &str, wall, passed, engine, expected: Option<u64>| {
            let at = start + Duration::from_millis(passed);
            let found = clock.at(Time(wall), at, Time(engine));
            assert_eq!(found.as_ref().ok().map(|time| time.0), expected, "{name}: {found:?}");
        };
        check("nothing passed", 1_000_000, 0, 0, Some(1_000_000));
        check("a day of quiet", 87_400_000, 86_400_000, 0, Some(87_400_000));
        check("a step within bounds", 87_405_000, 86_400_000, 0, Some(87_405_000));
        check("a jump", 87_410_001, 86_400_000, 0, None);
        check("it is still one", 87_410_001, 86_400_000, 0, None);
        check("set right", 87_405_100, 86_400_100, 0, Some(87_405_100));
        check("set back", 100, 86_400_200, 87_405_100, Some(87_405_100));
        check("right again", 87_405_300, 86_400_300, 87_405_100, Some(87_405_300));
    }
}
