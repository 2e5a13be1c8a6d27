//! Passes over a book given in columns, for comparison with other programs
//! (`bench/risk_vs_numpy.py`).
//!
//! Reads 64-bit little-endian words from standard input: runs, markets, accounts, legs; then the
//! columns gross value of a lot and rate by market, cash and end of its legs by account, market and
//! lots by leg. Writes nanoseconds of processor time for each run, then the ids of those below.

use std::io::{Read, Write};

use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::margin::watch::{Bracket, MarketRates, RiskBook, Standing};
use rustix::time::{ClockId, clock_gettime};

fn now() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn main() -> std::io::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let words = bytes.chunks_exact(8).map(|word| i64::from_le_bytes(word.try_into().unwrap()));
    let words: Vec<i64> = words.collect();
    let [runs, markets, accounts, legs] = [0, 1, 2, 3].map(|place| words[place] as usize);
    let mut rest = &words[4..];
    let mut column = |len: usize| {
        let (column, after) = rest.split_at(len);
        rest = after;
        column
    };
    let (gross, rate) = (column(markets), column(markets));
    let (cash, ends) = (column(accounts), column(accounts));
    let (market, lots) = (column(legs), column(legs));

    let mut book = RiskBook::new();
    for (id, rate) in rate.iter().enumerate() {
        let bracket = Bracket { above: 0, rate: u32::try_from(*rate).expect("a rate") };
        book.add_market(MarketId(id as u32), &[bracket]).expect("a market");
    }
    let rates = |(id, gross): (usize, &i64)| {
        (MarketId(id as u32), MarketRates { gross: *gross, funding: 0 })
    };
    let prices: Vec<_> = gross.iter().enumerate().map(rates).collect();
    book.set_prices(&prices, |_| Standing::Sound).expect("prices in bounds");
    let mut begin = 0;
    for (id, end) in ends.iter().enumerate() {
        let of = begin..*end as usize;
        let legs: Vec<_> = of.map(|leg| (MarketId(market[leg] as u32), lots[leg])).collect();
        let fits = || panic!("every account of the comparison fits a slab");
        book.set_account(AccountId(id as u32), i128::from(cash[id]), &legs, fits);
        begin = *end as usize;
    }
    let mut out: Vec<i64> = Vec::new();
    for _ in 0..runs {
        let start = now();
        book.pass();
        out.push(now() - start);
    }
    out.extend(book.below().map(|account| i64::from(account.0)));
    let bytes: Vec<u8> = out.into_iter().flat_map(i64::to_le_bytes).collect();
    std::io::stdout().write_all(&bytes)
}
