//! How wrong the pricer is, at its worst point.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::reference::{BITS, Black, Fixed, black, one, over, times, whole};
use crate::{Plain, Words, corners};

/// A fixed-point number as a float, to print.
fn shown(value: &Fixed) -> f64 {
    value.to_f64().unwrap() / 2f64.powi(BITS as i32)
}

/// The largest error seen, and where.
#[derive(Default)]
struct Worst {
    error: Fixed,
    at: Option<Plain>,
}

impl Worst {
    fn take(&mut self, error: Fixed, at: Plain) {
        if error.abs() > self.error {
            *self = Self { error: error.abs(), at: Some(at) };
        }
    }
}

fn sample(count: usize) -> Vec<Plain> {
    let mut words = Words(20_251_010);
    let mut options = corners();
    options.extend((0..count).map(|_| words.option()));
    options
}

/// The error of the call: in units, and relative to the forward. It is below half a unit, but for
/// the rounding of the total standard deviation: 2^-54 of the forward.
#[test]
fn the_price_is_the_nearest_unit_over_the_whole_domain() {
    let (mut units, mut relative) = (Worst::default(), Worst::default());
    let options = sample(10_000);
    for &option in &options {
        let exact = black(option).call;
        let call = whole(option.call());
        let error = (&call - &exact).abs();
        let bound = one() / 2 + (whole(option.forward) >> 54);
        assert!(error <= bound, "{option:?}: {} units off", shown(&error));
        relative.take(over(&error, &whole(option.forward)), option);
        units.take(error, option);
    }
    println!("{} options of the domain", options.len());
    println!("worst in units: {:.6} at {:?}", shown(&units.error), units.at.unwrap());
    let worst = shown(&relative.error);
    println!("worst as a part of the forward: {worst:.3e} at {:?}", relative.at.unwrap());
    assert!(worst <= 1e-9);
}

/// Each sensitivity against the formula, as a part of its size at the money: F for delta, F / s for
/// gamma, F sqrt T for vega, F sqrt T / s for vanna, F v / sqrt T for theta. Half a unit is allowed
/// beside the bound, and the bound grows as s gets so small that its rounding shows.
#[test]
fn the_sensitivities_are_within_their_bound() {
    let names = ["delta", "gamma", "vega", "vanna", "theta"];
    let mut worst: [Worst; 5] = Default::default();
    for option in sample(5_000) {
        let (prices, greeks) = option.option().unwrap().prices_and_greeks().unwrap();
        assert_eq!(prices.call, option.call());
        assert_eq!(greeks.put_delta, greeks.call_delta - option.forward.cast_signed());
        let exact = black(option);
        let forward = whole(option.forward);
        let Black { stdev, root_time, .. } = &exact;
        let vega = times(&forward, root_time);
        let theta = over(&times(&forward, stdev), &times(root_time, root_time));
        let of = |value: i128| BigInt::from(value) << BITS;
        let pairs = [
            (of(i128::from(greeks.call_delta)), &exact.call_delta, forward.clone()),
            (of(greeks.gamma), &exact.gamma, over(&forward, stdev)),
            (of(greeks.vega), &exact.vega, vega.clone()),
            (of(greeks.vanna), &exact.vanna, over(&vega, stdev)),
            (of(greeks.theta), &exact.theta, theta),
        ];
        let bound = (one() >> 38) + over(&(one() >> 54), stdev);
        for (((got, expected, scale), worst), name) in pairs.into_iter().zip(&mut worst).zip(names)
        {
            let beyond: Fixed = (got - expected).abs() - one() / 2;
            let error = over(&beyond.max(BigInt::ZERO), &scale);
            assert!(error <= bound, "{name} {option:?}: {:e} {:e}", shown(&error), shown(&bound));
            if *stdev > one() / 100_000 {
                worst.take(error, option);
            }
        }
    }
    for (name, worst) in names.iter().zip(&worst) {
        println!("{name}: worst {:.3e} at {:?}", shown(&worst.error), worst.at);
        assert!(shown(&worst.error) <= 1e-11, "{name}");
    }
}

/// Values of the reference itself, from elsewhere: Hull's worked example of an option on futures
/// (F = K = 20, 25 %, four months: call before discounting 1.1506 / 1.1507), and the constants
/// ln 2, e and N(1.96) as every table has them.
#[test]
fn the_reference_knows_the_tables() {
    use crate::reference::{exp, ln, normal};
    let close = |value: &Fixed, expected: f64, within: f64| {
        assert!((shown(value) - expected).abs() < within, "{} {expected}", shown(value));
    };
    close(&ln(&whole(2)), std::f64::consts::LN_2, 1e-15);
    close(&exp(&one()), std::f64::consts::E, 1e-15);
    close(&normal(&(whole(196) / 100)), 0.975_002_104_851_780, 1e-14);
    assert!((ln(&exp(&whole(3))) - whole(3)).abs() < one() >> 230);
}

/// Options whose prices stand here in full, from the formula evaluated outside this repository with
/// 60 digits (F. Black, 1976): units, so that anyone can check them with a table and a calculator.
#[test]
fn vectors_of_the_formula() {
    // Forward, strike, volatility, milliseconds; call, put.
    let vectors = [
        // A year at 20 %, at the money: the familiar 7.97 %.
        ((100_000_000_000, 100_000_000_000, 200_000, 31_536_000_000), 7_965_567_455, 7_965_567_455),
        // Hull's: 20, 25 %, four months.
        ((20_000_000_000, 20_000_000_000, 250_000, 10_512_000_000), 1_150_648_252, 1_150_648_252),
        // A month, out of the money.
        (
            (67_250_000_000_000, 80_000_000_000_000, 550_000, 2_592_000_000),
            790_408_944_909,
            13_540_408_944_909,
        ),
        // A week, in the money.
        (
            (3_500_000_000_000, 2_800_000_000_000, 720_000, 604_800_000),
            701_367_132_061,
            1_367_132_061,
        ),
        // A millisecond at 0.01 %.
        ((1_000_000_000_000_000, 1_000_000_000_000_001, 100, 1), 224_650, 224_651),
        // Ten years at 250 %, 64 times out of the money.
        ((1_000_000_000, 64_000_000_000, 2_500_000, 315_360_000_000), 999_454_532, 63_999_454_532),
        // An hour at 1000 %.
        ((123_456_789_012, 123_000_000_000, 10_000_000, 3_600_000), 5_481_586_769, 5_024_797_757),
        // A day, 26 standard deviations out.
        ((1_000_000_000_000, 1_500_000_000_000, 300_000, 86_400_000), 0, 500_000_000_000),
    ];
    for ((forward, strike, volatility, millis), call, put) in vectors {
        let option = Plain { forward, strike, volatility, millis };
        assert_eq!((option.call(), option.put()), (call, put), "{option:?}");
    }
}
