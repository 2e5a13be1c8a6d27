//! What holds for the formula holds for the integers.

use proptest::prelude::*;
use rhodian_core::pricing::{
    MAX_FORWARD, MAX_TIME, MAX_VOLATILITY, MIN_FORWARD, OutsideDomain, Vanilla,
};

use crate::{Plain, Words, corners};

/// The option of a seed, and how far to its neighbours: from one unit to a part of the forward.
fn options() -> impl Strategy<Value = (Plain, u64)> {
    (any::<u64>(), 0u32..40).prop_map(|(seed, bits)| (Words(seed).option(), 1 << bits))
}

proptest! {
    /// From an option to one whose forward, strike, volatility or time is a little larger.
    #[test]
    fn prices_are_monotone_between_neighbours((low, step) in options()) {
        never_falls(low, step);
    }

    #[test]
    fn prices_stand_between_their_bounds((option, _) in options()) {
        within_bounds(option);
    }
}

fn never_falls(low: Plain, step: u64) {
    let small = u32::try_from(step.min(1 << 20)).unwrap();
    let forward = Plain { forward: low.forward + step, ..low };
    let strike = Plain { strike: low.strike + step, ..low };
    let volatility = Plain { volatility: low.volatility + small, ..low };
    let time = Plain { millis: low.millis + step, ..low };
    if forward.admitted() {
        let rise = forward.call() - low.call();
        assert!(rise <= step, "{low:?} {forward:?}");
        assert!(forward.put() <= low.put(), "{low:?} {forward:?}");
    }
    if strike.admitted() {
        assert!(strike.call() <= low.call(), "{low:?} {strike:?}");
        assert!(strike.put() >= low.put(), "{low:?} {strike:?}");
    }
    for longer in [volatility, time].into_iter().filter(|longer| longer.admitted()) {
        assert!(longer.call() >= low.call(), "{low:?} {longer:?}");
        assert!(longer.put() >= low.put(), "{low:?} {longer:?}");
    }
}

fn within_bounds(option: Plain) {
    let Plain { forward, strike, .. } = option;
    let (call, put) = (option.call(), option.put());
    assert!(call <= forward && put <= strike, "{option:?}");
    assert!(call >= forward.saturating_sub(strike), "{option:?}");
    assert!(put >= strike.saturating_sub(forward), "{option:?}");
    assert_eq!(i128::from(call) - i128::from(put), i128::from(forward) - i128::from(strike));
}

#[test]
fn corners_keep_the_laws() {
    let corners = corners();
    assert!(corners.len() > 1_000);
    for corner in corners {
        within_bounds(corner);
        for step in [1, 1 << 10, 1 << 20] {
            never_falls(corner, step);
        }
    }
}

/// Where the fast way cannot decide: the largest forward has units far below its error, so a walk
/// in single units meets the slow way many times, and every step must still be lawful.
#[test]
fn walks_in_single_units_never_fall() {
    let starts = [
        Plain {
            forward: MAX_FORWARD / 2,
            strike: MAX_FORWARD / 2,
            volatility: 400_000,
            millis: 1 << 33,
        },
        Plain {
            forward: MAX_FORWARD / 2,
            strike: MAX_FORWARD,
            volatility: 300_000,
            millis: 1 << 33,
        },
        Plain {
            forward: MAX_FORWARD / 2,
            strike: MAX_FORWARD,
            volatility: 300_000,
            millis: 1 << 31,
        },
        Plain {
            forward: MIN_FORWARD,
            strike: 2 * MIN_FORWARD,
            volatility: 300_000,
            millis: 1 << 32,
        },
    ];
    for start in starts {
        let mut last = (start.call(), start.put());
        for i in 1..3_000 {
            let next = Plain { forward: start.forward + i, ..start };
            let (call, put) = (next.call(), next.put());
            assert!(last.0 <= call && call <= last.0 + 1 && put <= last.1, "{next:?}");
            last = (call, put);
        }
    }
}

#[test]
fn no_time_or_no_volatility_leaves_the_payoff() {
    let forward = 3 * MIN_FORWARD;
    for strike in [forward / 64, forward - 1, forward, forward + 1, 64 * forward] {
        for (volatility, millis) in [(0, MAX_TIME), (0, 0), (800_000, 0), (MAX_VOLATILITY, 0)] {
            let option = Plain { forward, strike, volatility, millis };
            assert_eq!(option.call(), forward.saturating_sub(strike), "{option:?}");
            assert_eq!(option.put(), strike.saturating_sub(forward), "{option:?}");
            let (_, greeks) = option.option().unwrap().prices_and_greeks().unwrap();
            let delta = [0, forward.div_ceil(2), forward]
                [usize::from(forward >= strike) + usize::from(forward > strike)];
            assert_eq!(greeks.call_delta, i64::try_from(delta).unwrap(), "{option:?}");
            assert_eq!((greeks.gamma, greeks.vega, greeks.vanna, greeks.theta), (0, 0, 0, 0));
        }
    }
}

#[test]
fn outside_the_domain_every_bound_is_named() {
    let inside = Plain {
        forward: MIN_FORWARD,
        strike: MIN_FORWARD,
        volatility: 1_000_000,
        millis: 31_536_000_000,
    };
    let why = |plain: Plain| plain.option().and_then(|option| option.prices()).unwrap_err();
    let cases = [
        (Plain { strike: 1, ..inside }, OutsideDomain::Level { units: 1 }),
        (Plain { forward: u64::MAX, ..inside }, OutsideDomain::Level { units: u64::MAX }),
        (Plain { volatility: 99, ..inside }, OutsideDomain::Volatility { millionths: 99 }),
        (
            Plain { volatility: MAX_VOLATILITY + 1, ..inside },
            OutsideDomain::Volatility { millionths: MAX_VOLATILITY + 1 },
        ),
        (Plain { millis: MAX_TIME + 1, ..inside }, OutsideDomain::Time { millis: MAX_TIME + 1 }),
        (
            Plain { forward: MIN_FORWARD - 1, ..inside },
            OutsideDomain::Forward { units: MIN_FORWARD - 1 },
        ),
        (
            Plain { forward: MAX_FORWARD + 1, strike: MAX_FORWARD, ..inside },
            OutsideDomain::Forward { units: MAX_FORWARD + 1 },
        ),
        (
            Plain { strike: 64 * MIN_FORWARD + 1, ..inside },
            OutsideDomain::Moneyness { forward: MIN_FORWARD, strike: 64 * MIN_FORWARD + 1 },
        ),
        (
            Plain { volatility: 8_000_001, ..inside },
            OutsideDomain::TotalStdev { volatility: 8_000_001, millis: 31_536_000_000 },
        ),
    ];
    for (outside, expected) in cases {
        assert_eq!(why(outside), expected);
        assert!(!expected.to_string().is_empty());
        let greeks = outside.option().and_then(|option| Vanilla::prices_and_greeks(&option));
        assert_eq!(greeks.unwrap_err(), expected);
    }
    for edge in [8_000_000, 100] {
        assert!(Plain { volatility: edge, ..inside }.admitted());
    }
}
