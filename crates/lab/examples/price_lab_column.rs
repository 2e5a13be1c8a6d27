//! Times the lab's prices and sensitivities over columns read from standard input, for
//! `bench/pricing_vs_numpy.py`.
//!
//! Input, little-endian 64-bit words: the number of runs, the number of options; then, as floats,
//! the columns of forwards, strikes, logarithms of forward over strike, volatilities and roots of
//! the years left. Output, likewise: of each run the nanoseconds of processor time of prices alone
//! and with sensitivities, at the baseline, by AVX2 and by the best instructions; then, option by
//! option, call, call's delta, gamma, vega, vanna and theta.

use std::hint::black_box;
use std::io::{Read, Write};

use rhodian_lab::instructions::Instructions;
use rhodian_lab::options::columns::{BLOCK, Columns, Row};
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
    let [runs, count, words @ ..] = words.as_slice() else {
        return Err("two words and five columns are read".into());
    };
    let count = usize::try_from(*count)?;
    if words.len() != 5 * count {
        return Err("each of the five columns has one word an option".into());
    }
    let at = |column: usize, row: usize| f64::from_bits(words[column * count + row]);
    let mut columns = Columns::default();
    for row in 0..count {
        columns.push(Row {
            forward: at(0, row),
            strike: at(1, row),
            log: at(2, row),
            volatility: at(3, row),
            root: at(4, row),
        });
    }
    let (mut prices, mut all) = (Vec::new(), Vec::new());
    // Before the runs, because a comparison between them would empty the caches.
    let mut results = Vec::new();
    for instructions in [Instructions::Baseline, Instructions::Avx2, Instructions::Best] {
        columns.sensitivities_into(instructions, &mut all);
        results.push((columns.prices(instructions), all.clone()));
    }
    if results.iter().any(|result| *result != results[0]) {
        return Err("the instructions give other bits".into());
    }
    drop(results);
    let mut output = Vec::new();
    for _ in 0..*runs {
        for instructions in [Instructions::Baseline, Instructions::Avx2, Instructions::Best] {
            let start = now();
            black_box(&columns).prices_into(instructions, &mut prices);
            let middle = now();
            black_box(&columns).sensitivities_into(instructions, &mut all);
            let end = now();
            output.extend((middle - start).to_le_bytes());
            output.extend((end - middle).to_le_bytes());
            black_box((&prices, &all));
        }
    }
    for row in 0..count {
        let (block, i) = (&all[row / BLOCK], row % BLOCK);
        let (call, delta) = (block.call[i], block.call_delta[i]);
        for value in [call, delta, block.gamma[i], block.vega[i], block.vanna[i], block.theta[i]] {
            output.extend(value.to_le_bytes());
        }
    }
    std::io::stdout().write_all(&output)?;
    Ok(())
}
