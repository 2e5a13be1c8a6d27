//! The lab's option prices against the engine's, which are correctly rounded integers; their laws;
//! and the same bits by every instruction set.

use rhodian_core::pricing::{
    Greeks, Level, Prices, TimeToExpiry, Vanilla, Volatility as Millionths, YEAR,
};
use rhodian_lab::instructions::Instructions;
use rhodian_lab::options::columns::{BLOCK, Columns, PriceBlock, Row, SensitivityBlock};

/// Units of the engine's forward; half of one is the reference's own error, 5e-16 of it.
const FORWARD: u64 = 1_000_000_000_000_000;

fn row(forward: f64, strike: f64, volatility: f64, years: f64) -> Row {
    Row { forward, strike, log: libm::log(forward / strike), volatility, root: years.sqrt() }
}

/// Strikes to a factor of 64 and deviations up to 8: the whole of what the engine admits.
fn admitted() -> Vec<(Row, Prices, Greeks)> {
    let mut options = Vec::new();
    let near = [1, 3, 10, 30, 100].map(f64::from);
    let near = near.iter().flat_map(|step| [-step / 1e3, -step / 1e6, step / 1e6, step / 1e3]);
    let moneyness = (-41..=41).map(|step| f64::from(step) / 10.0).chain(near);
    for ratio in moneyness.map(f64::exp) {
        let strike = (FORWARD as f64 * ratio) as u64;
        for millionths in [100, 10_000, 100_000, 300_000, 800_000, 2_500_000, 10_000_000] {
            for millis in [1, 1000, 60_000, 86_400_000, YEAR / 12, YEAR / 2, YEAR, 10 * YEAR] {
                let option = Vanilla {
                    forward: Level::new(FORWARD).unwrap(),
                    strike: Level::new(strike).unwrap(),
                    volatility: Millionths::new(millionths).unwrap(),
                    time: TimeToExpiry::from_millis(millis).unwrap(),
                };
                let Ok((prices, greeks)) = option.prices_and_greeks() else { continue };
                let years = millis as f64 / YEAR as f64;
                let row = row(FORWARD as f64, strike as f64, f64::from(millionths) / 1e6, years);
                options.push((row, prices, greeks));
            }
        }
    }
    assert!(options.len() > 5_000, "{} options", options.len());
    options
}

fn columns(rows: impl IntoIterator<Item = Row>) -> Columns {
    let mut columns = Columns::default();
    rows.into_iter().for_each(|row| columns.push(row));
    columns
}

fn sensitivities(columns: &Columns, instructions: Instructions) -> Vec<SensitivityBlock> {
    let mut outputs = Vec::new();
    columns.sensitivities_into(instructions, &mut outputs);
    outputs
}

/// Call and put of every row.
fn prices(rows: &[Row]) -> Vec<(f64, f64)> {
    let blocks = columns(rows.iter().copied()).prices(Instructions::Best);
    let pair = |block: &PriceBlock, i: usize| (block.call[i], block.put[i]);
    (0..rows.len()).map(|place| pair(&blocks[place / BLOCK], place % BLOCK)).collect()
}

/// The worst error of a value, in parts of the scale given with each, and where.
struct Worst {
    name: &'static str,
    error: f64,
    place: String,
}

impl Worst {
    fn new(name: &'static str) -> Self {
        Self { name, error: 0.0, place: String::new() }
    }

    fn see(&mut self, got: f64, truth: f64, scale: f64, row: &Row) {
        let error = (got - truth).abs() / scale;
        assert!(error.is_finite(), "{} is {got} at {row:?}", self.name);
        if error > self.error {
            (self.error, self.place) = (error, format!("{row:?}"));
        }
    }

    fn check(&self, most: f64) {
        println!("{}: {:.1e} at {}", self.name, self.error, self.place);
        assert!(self.error <= most, "{} errs by {:e} at {}", self.name, self.error, self.place);
    }
}

/// With the logarithm of the ratio, as the lab takes it, and with the difference of two, as a venue
/// keeps them.
#[test]
fn prices_are_the_engines() {
    let options = admitted();
    for is_difference in [false, true] {
        let rows: Vec<Row> = options.iter().map(|(row, ..)| *row).collect();
        let difference = |row: Row| libm::log(row.forward) - libm::log(row.strike);
        let rows: Vec<Row> = if is_difference {
            rows.into_iter().map(|row| Row { log: difference(row), ..row }).collect()
        } else {
            rows
        };
        let mut worst = [Worst::new("call"), Worst::new("put")];
        for ((row, (call, put)), (_, truth, _)) in rows.iter().zip(prices(&rows)).zip(&options) {
            worst[0].see(call, truth.call as f64, row.forward, row);
            worst[1].see(put, truth.put as f64, row.forward, row);
        }
        worst.iter().for_each(|worst| worst.check(2e-14));
    }
}

/// The engine's own sensitivities are within 4e-12 and 6e-17 / s of their size at the money; the
/// lab's logarithm errs by some 2e-16, which sensitivities divide by s, too.
#[test]
fn sensitivities_are_the_engines() {
    let options = admitted();
    let columns = columns(options.iter().map(|(row, ..)| *row));
    let blocks = sensitivities(&columns, Instructions::Best);
    let names = ["call delta", "put delta", "gamma", "vega", "vanna", "theta"];
    let mut worst = names.map(Worst::new);
    for (place, (row, _, greeks)) in options.iter().enumerate() {
        let (block, i) = (&blocks[place / BLOCK], place % BLOCK);
        let Row { forward, volatility, root, .. } = *row;
        let deviation = volatility * root;
        let size = forward * (1.0 + 1e-4 / deviation);
        for (worst, (got, truth, scale)) in worst.iter_mut().zip([
            (block.call_delta[i], greeks.call_delta as f64, size),
            (block.put_delta[i], greeks.put_delta as f64, size),
            (block.gamma[i], greeks.gamma as f64, size / deviation),
            (block.vega[i], greeks.vega as f64, size * root),
            (block.vanna[i], greeks.vanna as f64, size / volatility),
            (block.theta[i], greeks.theta as f64, size * volatility / root),
        ]) {
            // The engine rounds by half a unit.
            worst.see(got, truth, scale + 0.5 / 1e-11, row);
        }
    }
    worst.iter().for_each(|worst| worst.check(1e-11));
}

/// Bounds hold to the bit, parity and growth to the rounding of a price.
#[test]
fn prices_keep_the_laws_of_options() {
    let mut rows = Vec::new();
    for step in -400..=400i32 {
        let strike = 100.0 * libm::exp(f64::from(step) / 57.0);
        for deviation in (0..=400u32).map(|step| f64::from(step) / 50.0) {
            rows.push(row(100.0, strike, deviation, 1.0));
        }
    }
    let prices = prices(&rows);
    for (place, (row, (call, put))) in rows.iter().zip(&prices).enumerate() {
        let (forward, strike) = (row.forward, row.strike);
        assert!(*call >= (forward - strike).max(0.0) && *call <= forward, "{call} at {row:?}");
        assert!(*put >= (strike - forward).max(0.0) && *put <= strike, "{put} at {row:?}");
        let parity = (call - put) - (forward - strike);
        assert!(parity.abs() <= 4e-16 * (forward + strike), "{parity} at {row:?}");
        let rounding = 4e-15 * forward;
        if place % 401 > 0 {
            assert!(*call >= prices[place - 1].0 - rounding, "falls with volatility: {row:?}");
        }
        if place >= 401 {
            let (before, lower) = (rows[place - 401].strike, prices[place - 401]);
            assert!(*call <= lower.0 + rounding, "rises with the strike: {row:?}");
            let most = put - lower.1 <= (strike - before) + rounding + 4e-16 * strike;
            assert!(*put >= lower.1 - rounding && most, "put against strike: {row:?}");
        }
    }
}

#[test]
fn the_extremes_are_defined() {
    let money = row(100.0, 100.0, 0.2, 1.0);
    for (name, row, call, put) in [
        ("no volatility", row(100.0, 90.0, 0.0, 1.0), 10.0, 0.0),
        ("no time", row(100.0, 130.0, 0.5, 0.0), 0.0, 30.0),
        ("hardly any deviation", row(100.0, 90.0, 1e-13, 1.0), 10.0, 0.0),
        ("no deviation, at the money", Row { root: 0.0, ..money }, 0.0, 0.0),
        ("far below", row(100.0, 1e-9, 0.5, 1.0), 100.0 - 1e-9, 0.0),
        ("far above", row(100.0, 1e12, 0.5, 1.0), 0.0, 1e12 - 100.0),
        ("endless deviation", row(100.0, 90.0, f64::INFINITY, 1.0), 100.0, 90.0),
        ("a forward of nothing", row(0.0, 90.0, 0.5, 1.0), 0.0, 90.0),
        ("a volatility that is no number", row(100.0, 90.0, f64::NAN, 1.0), 10.0, 0.0),
    ] {
        let got = prices(&[row])[0];
        assert!((got.0 - call).abs() < 1e-300 && got.1 == put, "{name}: {got:?}");
    }
    let half = &sensitivities(&columns([Row { root: 0.0, ..money }]), Instructions::Best)[0];
    assert!((half.call_delta[0] - 50.0).abs() < 1e-13 && half.put_delta[0] < -49.999);
    assert_eq!((half.gamma[0], half.vega[0], half.vanna[0], half.theta[0]), (0.0, 0.0, 0.0, 0.0));
}

/// On a processor without AVX2 or AVX-512, this compares the baseline with itself.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    let mut rows: Vec<Row> = admitted().into_iter().map(|(row, ..)| row).collect();
    for odd in [0.0, -0.0, -1.0, f64::MIN_POSITIVE, 1e300, f64::INFINITY, f64::NAN] {
        let sound = row(100.0, 90.0, 0.3, 0.5);
        rows.push(Row { forward: odd, ..sound });
        rows.push(Row { log: odd, ..sound });
        rows.push(Row { volatility: odd, ..sound });
        rows.push(Row { root: odd, ..sound });
    }
    let columns = columns(rows.iter().copied());
    // What is not a number has no sign or payload that a program may rely on.
    let bits = |value: f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
    let all = |instructions| {
        let priced = columns.prices(instructions).into_iter();
        let mut words: Vec<u64> =
            priced.flat_map(|b| [b.call, b.put]).flatten().map(bits).collect();
        for b in sensitivities(&columns, instructions) {
            let values = [b.call, b.put, b.call_delta, b.put_delta, b.gamma, b.vega, b.vanna];
            words.extend(values.into_iter().flatten().chain(b.theta).map(bits));
        }
        words
    };
    let baseline = all(Instructions::Baseline);
    assert_eq!(baseline.len(), 10 * BLOCK * rows.len().div_ceil(BLOCK));
    assert!(baseline == all(Instructions::Avx2), "AVX2 differs");
    assert!(baseline == all(Instructions::Best), "the best instructions differ");
}
