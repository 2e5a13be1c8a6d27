//! Times one division over columns read from standard input, for `bench/allocation_vs_numpy.py`.
//!
//! Input, little-endian 64-bit words: the rule (1 proportional, 3 equal-awards, 5 queue), the
//! loss, the number of runs, the number of claims; then the caps, the weights and the scores, a
//! column each. Output, likewise: the nanoseconds of processor time of each run, then the shares.

use std::hint::black_box;
use std::io::{Read, Write};

use rhodian_core::allocation::{Claims, Rule, divide};
use rhodian_core::units::Amount;
use rustix::time::{ClockId, clock_gettime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let words: Vec<u64> =
        bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("8 bytes"))).collect();
    let [rule, loss, runs, claims, columns @ ..] = words.as_slice() else {
        return Err("four words and three columns are read".into());
    };
    let rule = match rule {
        1 => Rule::Proportional,
        3 => Rule::EqualAwards,
        5 => Rule::Queue,
        _ => return Err("the rule is 1, 3 or 5".into()),
    };
    let amount =
        |word: &u64| Amount::new(u128::from(*word)).expect("64 bits are inside the bounds");
    let count = usize::try_from(*claims)?;
    if columns.len() != 3 * count {
        return Err("each of the three columns has one word a claim".into());
    }
    let caps: Vec<Amount> = columns[..count].iter().map(amount).collect();
    let weights: Vec<Amount> = columns[count..2 * count].iter().map(amount).collect();
    let scores: Vec<i64> = columns[2 * count..].iter().map(|word| word.cast_signed()).collect();
    let claims = Claims { caps: &caps, weights: &weights, scores: &scores, ..Claims::default() };
    let mut output = Vec::new();
    let mut shares = Vec::new();
    for _ in 0..*runs {
        let start = clock_gettime(ClockId::ThreadCPUTime);
        let division = divide(rule, amount(loss), black_box(&claims))?;
        let end = clock_gettime(ClockId::ThreadCPUTime);
        let time = (end.tv_sec - start.tv_sec) * 1_000_000_000 + (end.tv_nsec - start.tv_nsec);
        output.extend(time.to_le_bytes());
        shares = division.shares;
    }
    for share in shares {
        output.extend(u64::try_from(share.atoms())?.to_le_bytes());
    }
    std::io::stdout().write_all(&output)?;
    Ok(())
}
