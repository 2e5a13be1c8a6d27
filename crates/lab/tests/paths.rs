//! What holds on every path, drawn or replayed.

use proptest::prelude::*;
use rhodian_core::ids::Time;
use rhodian_core::units::Price;
use rhodian_lab::decimal::Decimal;
use rhodian_lab::error::LabError;
use rhodian_lab::path::Path;
use rhodian_lab::path::basis::Basis;
use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::replay::{Bridge, ExtremeOrder, GapRule, Replay};
use rhodian_lab::path::simulate::{JumpDiffusion, Jumps, Segment};
use rhodian_lab::seed::Seed;

const HEADER: &str = "symbol,open_time_ms,open,high,low,close\n";

fn monotone_and_positive(path: &Path) -> bool {
    let times: Vec<Time> = path.ticks().map(|tick| tick.at).collect();
    let positive = path.ticks().all(|tick| tick.quotes.iter().all(|q| q.price > Price::ZERO));
    positive && times.windows(2).all(|pair| pair[0] < pair[1])
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn drawn_paths_grow_in_time_and_stay_above_zero(
        seed in any::<u64>(),
        starts in prop::collection::vec(1u64..1_000_000_000_000_000, 1..6),
        volatility in 0.0..20.0f64,
        shift in -5.0..5.0f64,
        correlation in 0.0..1.0f64,
        step_ms in 1u32..60_000,
    ) {
        let common = Jumps { per_year: 10_000.0, mean: -0.5, deviation: 1.0 };
        let segment = Segment { ticks: 40, step_ms, volatility, shift, common, own: common };
        let model = JumpDiffusion { segments: vec![segment; 2], correlation };
        let starts: Vec<Price> = starts.iter().map(|ticks| Price::new(*ticks).unwrap()).collect();
        let path = model.draw(Time(7), &starts, Seed(seed)).unwrap();
        prop_assert_eq!(path.len(), 81);
        prop_assert!(monotone_and_positive(&path));
        let pairs = [(0, starts.len() as u32)];
        let with = Basis::default().beside(&path, &pairs, Seed(seed)).unwrap();
        prop_assert!(monotone_and_positive(&with));
    }

    #[test]
    fn replays_visit_every_extreme_and_nothing_beyond(
        seed in any::<u64>(),
        rows in prop::collection::vec([1u64..10_000, 1..10_000, 1..10_000, 1..10_000], 2..12),
        points in 0u32..6,
        order in prop::sample::select(vec![
            ExtremeOrder::Shorter, ExtremeOrder::LowFirst, ExtremeOrder::HighFirst,
        ]),
    ) {
        let mut text = String::from(HEADER);
        let mut ranges = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let mut sorted = *row;
            sorted.sort_unstable();
            let [low, first, second, high] = sorted;
            let (open, close) = if row[0] < row[1] { (first, second) } else { (second, first) };
            ranges.push((low, high));
            let line = format!("X,{},{open},{high},{low},{close}\n", 1_000 + place * 600);
            text.push_str(&line);
        }
        let candles = Candles::parse(&text).unwrap();
        let bridge = Some(Bridge { points, correlation: 0.3 });
        let replay = Replay { order, bridge, ..Replay::default() };
        let tick = candles.series[0].tick;
        let path = replay.walk(&candles, &[tick], Seed(seed)).unwrap();
        prop_assert!(monotone_and_positive(&path));
        prop_assert_eq!(path.len(), rows.len() * 4 * (points as usize + 1));
        let per_candle = 4 * (points as usize + 1);
        let prices: Vec<u64> = path.ticks().map(|tick| tick.quotes[0].price.ticks()).collect();
        for (candle, (low, high)) in prices.chunks(per_candle).zip(&ranges) {
            // The last leg leads to the next candle's open, which may lie outside this range.
            let inside = &candle[..per_candle - points as usize];
            prop_assert_eq!(inside.iter().min(), Some(low));
            prop_assert_eq!(inside.iter().max(), Some(high));
        }
    }
}

/// The prices of market 0 along a replay without a bridge.
fn walked(text: &str, order: ExtremeOrder) -> Vec<u64> {
    let candles = Candles::parse(&format!("{HEADER}{text}")).unwrap();
    let replay = Replay { order, ..Replay::default() };
    let path = replay.walk(&candles, &[candles.series[0].tick], Seed(0)).unwrap();
    path.ticks().map(|tick| tick.quotes[0].price.ticks()).collect()
}

#[test]
fn the_order_of_extremes_is_as_named() {
    // The first candle closes above its open, the second below, the third where it opened.
    let text = "X,0,10,15,5,12\nX,8,12,13,6,7\nX,16,7,9,4,7\n";
    for (order, prices) in [
        (ExtremeOrder::Shorter, [10, 5, 15, 12, 12, 13, 6, 7, 7, 9, 4, 7]),
        (ExtremeOrder::LowFirst, [10, 5, 15, 12, 12, 6, 13, 7, 7, 4, 9, 7]),
        (ExtremeOrder::HighFirst, [10, 15, 5, 12, 12, 13, 6, 7, 7, 9, 4, 7]),
    ] {
        assert_eq!(walked(text, order), prices, "{order:?}");
    }
}

#[test]
fn ticks_of_a_candle_stand_at_its_quarters() {
    let text = format!("{HEADER}X,100,1,1,1,1\nX,200,1,1,1,1\n");
    let candles = Candles::parse(&text).unwrap();
    let times = |points| {
        let bridge = Some(Bridge { points, correlation: 0.0 });
        let replay = Replay { bridge, ..Replay::default() };
        let path = replay.walk(&candles, &[candles.series[0].tick], Seed(0)).unwrap();
        path.ticks().map(|tick| tick.at.0).collect::<Vec<_>>()
    };
    assert_eq!(times(0), [100, 125, 150, 175, 200, 225, 250, 275]);
    assert_eq!(times(4)[..6], [100, 105, 110, 115, 120, 125]);
}

#[test]
fn missing_candles_are_silent_or_refused() {
    let line = |symbol: &str, at: u64| format!("{symbol},{at},1,1,1,1\n");
    let file = |missing: &[u64]| {
        let mut text = String::from(HEADER);
        for at in (0..60).step_by(10) {
            text.push_str(&line("FULL", at));
            if !missing.contains(&at) {
                text.push_str(&line("HOLES", at));
            }
        }
        Candles::parse(&text).unwrap()
    };
    let walk = |missing: &[u64], gaps: GapRule| {
        let symbols = vec!["FULL".to_owned(), "HOLES".to_owned()];
        let replay = Replay { symbols, gaps, ..Replay::default() };
        replay.walk(&file(missing), &[Decimal::power_of_ten(0).unwrap(); 2], Seed(0))
    };
    let strict = GapRule::default();
    let lenient = GapRule { hold: 2, may_end: true };
    assert!(walk(&[], strict).is_ok());
    let symbol = "HOLES".to_owned();
    for (missing, gaps, refusal) in [
        (&[0][..], lenient, LabError::StartsLate { symbol: symbol.clone(), candles: 1 }),
        (&[20], strict, LabError::Gap { symbol: symbol.clone(), at: 20, candles: 1, allowed: 0 }),
        (
            &[20, 30, 40],
            lenient,
            LabError::Gap { symbol: symbol.clone(), at: 20, candles: 3, allowed: 2 },
        ),
        (
            &[50],
            GapRule { may_end: false, ..lenient },
            LabError::EndsEarly { symbol: symbol.clone(), at: 50 },
        ),
    ] {
        assert_eq!(walk(missing, gaps), Err(refusal));
    }
    let path = walk(&[20, 30, 50], lenient).unwrap();
    let quoted: Vec<usize> = path.ticks().step_by(4).map(|tick| tick.quotes.len()).collect();
    assert_eq!(quoted, [2, 2, 1, 1, 2, 1], "a feed without a candle says nothing");
}

#[test]
fn a_price_below_half_a_tick_is_refused() {
    let candles = Candles::parse(&format!("{HEADER}X,0,9,9,0.4,9\nX,9,9,9,9,9\n")).unwrap();
    let walk = |exponent| {
        let tick = Decimal::power_of_ten(exponent).unwrap();
        Replay::default().walk(&candles, &[tick], Seed(0))
    };
    assert!(walk(-1).is_ok());
    let refusal = walk(0).unwrap_err().to_string();
    assert_eq!(refusal, "a price of X rounds to zero at a tick of 1");
    let none = Replay::default().walk(&candles, &[], Seed(0));
    assert!(none.unwrap_err().to_string().starts_with("ticks"));
}

/// With no noise the twin stands at its mean; a fall of the base widens the basis, and time
/// brings it back.
#[test]
fn a_twin_follows_its_base() {
    let text = format!("{HEADER}X,0,1000,1000,1000,1000\nX,3600000,500,500,500,500\n");
    let mut text = text;
    for hour in 2..12 {
        text.push_str(&format!("X,{},500,500,500,500\n", hour * 3_600_000));
    }
    let candles = Candles::parse(&text).unwrap();
    let tick = Decimal::power_of_ten(-4).unwrap();
    let path = Replay::default().walk(&candles, &[tick], Seed(0)).unwrap();
    let basis = Basis { noise: 0.0, ..Basis::default() };
    let with = basis.beside(&path, &[(0, 1)], Seed(0)).unwrap();
    let at = |place: usize| {
        let tick = with.tick(place).unwrap();
        tick.quotes[1].price.ticks() as f64 / tick.quotes[0].price.ticks() as f64 - 1.0
    };
    assert!((at(0) - 0.001).abs() < 1e-6, "{}", at(0));
    let widened = 0.001 + 0.05 * libm::log(0.5);
    assert!((at(4) - widened).abs() < 1e-6, "{} where {widened} is expected", at(4));
    assert!((at(47) - 0.001).abs() < 1e-4, "{}", at(47));
}
