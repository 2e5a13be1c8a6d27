//! Times prices and sensitivities over columns read from standard input, for
//! `bench/pricing_vs_numpy.py`.
//!
//! Input, little-endian 64-bit words: the number of runs, the number of options; then the columns
//! of forwards and strikes in units, volatilities in millionths and times in milliseconds. Output,
//! likewise: the nanoseconds of processor time of each run, prices alone, then with sensitivities;
//! then, option by option, call, delta, gamma, vega, vanna and theta.

use std::hint::black_box;
use std::io::{Read, Write};

use rhodian_core::pricing::{Greeks, Level, Prices, TimeToExpiry, Vanilla, Volatility};
use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the thread's own processor time.
fn now() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let words: Vec<u64> =
        bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("8 bytes"))).collect();
    let [runs, count, columns @ ..] = words.as_slice() else {
        return Err("two words and four columns are read".into());
    };
    let count = usize::try_from(*count)?;
    if columns.len() != 4 * count {
        return Err("each of the four columns has one word an option".into());
    }
    let mut options = Vec::with_capacity(count);
    for i in 0..count {
        let outside = |why| format!("option {i}: {why}");
        options.push(Vanilla {
            forward: Level::new(columns[i]).map_err(outside)?,
            strike: Level::new(columns[count + i]).map_err(outside)?,
            volatility: Volatility::new(columns[2 * count + i].try_into()?).map_err(outside)?,
            time: TimeToExpiry::from_millis(columns[3 * count + i]).map_err(outside)?,
        });
    }
    let mut prices: Vec<Prices> = Vec::with_capacity(count);
    let mut all: Vec<(Prices, Greeks)> = Vec::with_capacity(count);
    let mut output = Vec::new();
    for _ in 0..*runs {
        let start = now();
        prices.clear();
        for option in black_box(&options) {
            prices.push(option.prices().map_err(|why| why.to_string())?);
        }
        let middle = now();
        all.clear();
        for option in black_box(&options) {
            all.push(option.prices_and_greeks().map_err(|why| why.to_string())?);
        }
        let end = now();
        output.extend((middle - start).to_le_bytes());
        output.extend((end - middle).to_le_bytes());
        black_box((&prices, &all));
    }
    for (prices, greeks) in all {
        output.extend(prices.call.to_le_bytes());
        output.extend(greeks.call_delta.to_le_bytes());
        for greek in [greeks.gamma, greeks.vega, greeks.vanna, greeks.theta] {
            output.extend(i64::try_from(greek)?.to_le_bytes());
        }
    }
    std::io::stdout().write_all(&output)?;
    Ok(())
}
