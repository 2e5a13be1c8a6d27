//! Resampled paths against eight years of daily prices: what they keep of the record's moments,
//! and what they do not.

use std::io::Read as _;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::garch::Garch;
use rhodian_lab::path::resample::Resample;
use rhodian_lab::seed::Seed;

/// The daily candles of a symbol, or nothing with a line that says so.
fn daily(symbol: &str) -> Option<Candles> {
    let folder = std::env::var_os("RHODIAN_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("prices").join(format!("{symbol}_1d.csv.gz"));
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    // The file is of one symbol, and has no column of it.
    let mut lines = text.lines();
    let mut named = format!("symbol,{}\n", lines.next().unwrap());
    for line in lines {
        named += &format!("{symbol},{line}\n");
    }
    Some(Candles::parse(&named).unwrap())
}

/// Log returns from close to close.
fn returns(of: &Candles) -> Vec<f64> {
    let closes: Vec<f64> =
        of.series[0].candles.iter().map(|candle| candle.unwrap().close.units() as f64).collect();
    closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
}

struct Moments {
    deviation: f64,
    kurtosis: f64,
    worst: f64,
    /// The correlation of the absolute value of a return with that of the next.
    cluster: f64,
}

fn moments(of: &[f64]) -> Moments {
    let n = of.len() as f64;
    let mean = of.iter().sum::<f64>() / n;
    let power = |k: i32| of.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / n;
    let sizes: Vec<f64> = of.iter().map(|x| (x - mean).abs()).collect();
    let middle = sizes.iter().sum::<f64>() / n;
    let variance = sizes.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / n;
    let next = sizes.windows(2).map(|pair| (pair[0] - middle) * (pair[1] - middle)).sum::<f64>();
    let worst = of.iter().copied().fold(0.0, f64::min);
    Moments {
        deviation: power(2).sqrt(),
        kurtosis: power(4) / power(2).powi(2),
        worst: worst.exp() - 1.0,
        cluster: next / n / variance,
    }
}

/// Means over sixty resamples.
fn resampled(record: &Candles, by: Resample) -> Moments {
    let all: Vec<Moments> =
        (0..60).map(|seed| moments(&returns(&by.draw(record, Seed(seed)).unwrap()))).collect();
    let mean = |of: fn(&Moments) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    Moments {
        deviation: mean(|of| of.deviation),
        kurtosis: mean(|of| of.kurtosis),
        worst: mean(|of| of.worst),
        cluster: mean(|of| of.cluster),
    }
}

/// Every way keeps how far prices move, and how storms cluster where it means to; shuffled candles
/// keep the heavy tail and lose the storms, and normal moves lose the tail: no day of them is as bad.
#[test]
fn paths_keep_the_moments_of_eight_years() {
    let Some(record) = daily("BTCUSDT") else { return };
    let of = moments(&returns(&record));
    // As published for this record.
    assert!((of.deviation - 0.0359).abs() < 5e-5, "{}", of.deviation);
    assert!((of.kurtosis - 18.6).abs() < 0.05, "{}", of.kurtosis);
    assert!((of.worst + 0.395).abs() < 5e-4, "{}", of.worst);
    assert!(of.cluster > 0.15, "{}", of.cluster);
    for (by, kurtosis, worst, cluster) in [
        (Resample::Blocks(1), 9.0..20.0, -0.40..-0.20, -0.02..0.02),
        (Resample::Blocks(20), 11.0..23.0, -0.40..-0.24, 0.12..0.20),
        (Resample::Filtered, 11.0..26.0, -0.40..-0.22, 0.10..0.20),
        (Resample::Garch, 3.3..5.0, -0.20..-0.12, 0.10..0.20),
    ] {
        let of = resampled(&record, by);
        assert!((of.deviation / 0.0359 - 1.0).abs() < 0.08, "{by:?}: {}", of.deviation);
        assert!(kurtosis.contains(&of.kurtosis), "{by:?}: {}", of.kurtosis);
        assert!(worst.contains(&of.worst), "{by:?}: {}", of.worst);
        assert!(cluster.contains(&of.cluster), "{by:?}: {}", of.cluster);
    }
}

/// What the fit says of each record: storms last for weeks, and a day's shock is a tenth of the next
/// day's variance.
#[test]
fn storms_of_days_last_for_weeks() {
    for symbol in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        let Some(record) = daily(symbol) else { return };
        let law = Garch::fit(&returns(&record)).unwrap();
        println!("{symbol}: {law:?}");
        assert!((0.04..0.2).contains(&law.shock), "{symbol}: {law:?}");
        assert!((0.9..0.995).contains(&(law.shock + law.memory)), "{symbol}: {law:?}");
    }
}
