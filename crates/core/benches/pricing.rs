//! What an option costs to price, and how often and how dear the slow way is.
//!
//! `cargo bench -p rhodian-core --bench pricing` prints nanoseconds of the thread's own processor
//! time an option, medians over the rounds. Against numpy: `bench/pricing_vs_numpy.py`.

use std::hint::black_box;

use rhodian_core::pricing::{Level, TimeToExpiry, Vanilla, Volatility, YEAR};
use rustix::time::{ClockId, clock_gettime};

const OPTIONS: usize = 100_000;
const ROUNDS: usize = 15;

/// A fixed sequence of words.
struct Words(u64);

impl Words {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 11) % end
    }
}

/// Options on forwards of about `forward` units: strikes from half to twice, a day to two years,
/// 10 % to 250 %.
fn book(forward: u64) -> Vec<Vanilla> {
    let mut words = Words(forward);
    let option = |_| {
        let forward = forward - words.below(forward / 2);
        let strike = forward / 2 + words.below(forward * 3 / 2);
        let volatility = 100_000 + u32::try_from(words.below(2_400_000)).expect("it is small");
        let millis = YEAR / 365 + words.below(2 * YEAR);
        Vanilla {
            forward: Level::new(forward).expect("it is inside"),
            strike: Level::new(strike).expect("it is inside"),
            volatility: Volatility::new(volatility).expect("it is inside"),
            time: TimeToExpiry::from_millis(millis).expect("it is inside"),
        }
    };
    (0..OPTIONS).map(option).collect()
}

/// The median over the rounds of the nanoseconds that `run` takes for one of the options.
fn time(options: &[Vanilla], run: impl Fn(&Vanilla) -> i64) -> f64 {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = now();
            let mut sum = 0i64;
            for option in black_box(options) {
                sum = sum.wrapping_add(run(option));
            }
            black_box(sum);
            let end = now();
            let spent = (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec;
            spent as f64 / options.len() as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    println!(
        "{:<24} {:>14} {:>14} {:>14}",
        "ns an option", "call and put", "with Greeks", "all anew"
    );
    for (name, forward) in [
        ("forwards of 10^10 units", 10u64.pow(10)),
        ("forwards of 10^12 units", 10u64.pow(12)),
        ("forwards of 10^15 units", 10u64.pow(15)),
    ] {
        let options = book(forward);
        let prices =
            time(&options, |option| option.prices().expect("it is inside").call.cast_signed());
        let greeks = time(&options, |option| {
            let (prices, greeks) = option.prices_and_greeks().expect("it is inside");
            black_box(greeks);
            prices.call.cast_signed()
        });
        let anew = time(&options, |option| {
            let anew = |level: Level| Level::new(level.units()).expect("it is inside");
            let option = Vanilla {
                forward: anew(option.forward),
                strike: anew(option.strike),
                volatility: Volatility::new(option.volatility.millionths()).expect("it is inside"),
                time: TimeToExpiry::from_millis(option.time.millis()).expect("it is inside"),
            };
            option.prices().expect("it is inside").call.cast_signed()
        });
        println!("{name:<24} {prices:>14.1} {greeks:>14.1} {anew:>14.1}");
    }
}
