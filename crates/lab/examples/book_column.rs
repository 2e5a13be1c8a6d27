//! Deficits of a book given in columns, for comparison with other programs
//! (`bench/paths_vs_numpy.py`).
//!
//! Reads 64-bit little-endian words from standard input: runs, threads, screen (0 all, 1 near),
//! instructions (0 what every processor has, 1 the widest that this one has), markets, accounts, legs, paths; then the columns price in ticks and most move by market, equity
//! and end of its legs by account, market and atoms a tick by leg, and the moves, path by path.
//! Writes for each run nanoseconds of processor time, of all threads, and of the clock; then the
//! deficit of each path.

use std::io::{Read, Write};
use std::time::Instant;

use rhodian_lab::book::{Book, Leg, Mark, Moves, Screen};
use rhodian_lab::instructions::Instructions;
use rustix::time::{ClockId, clock_gettime};

fn spent() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let (words, _) = bytes.as_chunks();
    let words: Vec<i64> = words.iter().map(|word| i64::from_le_bytes(*word)).collect();
    let head: Vec<usize> = words[..8].iter().map(|word| *word as usize).collect();
    let [runs, threads, screen, wide, markets, accounts, legs, paths] = head[..] else {
        unreachable!()
    };
    let mut rest = &words[8..];
    let mut column = |len: usize| {
        let (column, after) = rest.split_at(len);
        rest = after;
        column
    };
    let (ticks, most) = (column(markets), column(markets));
    let (equity, ends) = (column(accounts), column(accounts));
    let (market, a_tick) = (column(legs), column(legs));
    let mut moves = Moves::of(markets);
    for path in column(paths * markets).chunks(markets) {
        moves.push(path)?;
    }

    let mark = |(ticks, most): (&i64, &i64)| Mark {
        ticks: ticks.unsigned_abs(),
        most: most.unsigned_abs(),
    };
    let begins = std::iter::once(&0).chain(ends);
    let account = |((equity, begin), end): ((&i64, &i64), &i64)| {
        let legs = (*begin as usize..*end as usize)
            .map(|leg| Leg { market: market[leg] as u32, a_tick: i128::from(a_tick[leg]) });
        (i128::from(*equity), legs.collect::<Vec<_>>())
    };
    let marks = ticks.iter().zip(most).map(mark).collect();
    let book = Book::of(marks, equity.iter().zip(begins).zip(ends).map(account))?;
    let screen = if screen == 0 { Screen::All } else { Screen::Near };
    let by = if wide == 0 { Instructions::Baseline } else { Instructions::Best };
    let (mut out, mut deficits) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let (clock, begun) = (Instant::now(), spent());
        deficits = book.deficits_by(&moves, screen, threads, by)?;
        out.push(spent() - begun);
        out.push(i64::try_from(clock.elapsed().as_nanos())?);
    }
    for deficit in deficits {
        out.push(i64::try_from(deficit)?);
    }
    let bytes: Vec<u8> = out.into_iter().flat_map(i64::to_le_bytes).collect();
    std::io::stdout().write_all(&bytes)?;
    Ok(())
}
