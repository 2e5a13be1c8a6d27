//! Auto-deleveraging over large books: leverage draining against a full sort by leverage, and the
//! venue queue against a full sort by score.
//!
//! `cargo bench -p rhodian-core --bench adl` prints one table. Both ways run in one process,
//! alternating, on the same seeded book, after checking that they agree on every lot. Times are
//! the thread's own processor time.

use std::cmp::Reverse;
use std::hint::black_box;

use rhodian_core::liquidation::adl::draining::{Candidate, drain};
use rhodian_core::liquidation::adl::orders::{Holder, Order, VenueScore, assign};
use rhodian_core::wide::mul_div_rem;
use rustix::time::{ClockId, clock_gettime};

/// A lot of 0.01 BTC at 60,000, in cents.
const LOT_VALUE: u64 = 60_000;

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One-sided holders with leverage from 0.2 to 50, a third of them hedged in part.
fn book(accounts: usize) -> Vec<Candidate> {
    let mut random = Random(20_251_010);
    let mut account = || {
        let bits = 1 + random.below(14);
        let lots = 1 + random.below(1 << bits);
        let value = i128::from(lots * LOT_VALUE);
        let net = if random.below(3) == 0 { value / 2 } else { value };
        let bits = 1 + random.below(12);
        let per_mille = u128::from(20 + random.below(1 << bits));
        let equity = 1 + value.unsigned_abs() * per_mille / 1_000;
        Candidate { lots, easing: lots, room: None, net, equity }
    };
    (0..accounts).map(|_| account()).collect()
}

/// The same lots by sorting every candidate's two ends of giving and walking down.
fn sorted_draining(book: &[Candidate], needed: u64) -> Vec<u64> {
    let value = i128::from(LOT_VALUE);
    let mut ends: Vec<(i128, u128, usize, bool)> = Vec::with_capacity(2 * book.len());
    for (place, candidate) in book.iter().enumerate() {
        ends.push((candidate.net, candidate.equity, place, true));
        let after = candidate.net - i128::from(candidate.lots) * value;
        ends.push((after, candidate.equity, place, false));
    }
    // Values and equities of this book are below 2^60.
    ends.sort_unstable_by(|a, b| (b.0 * a.1 as i128).cmp(&(a.0 * b.1 as i128)));
    let (mut net, mut equity, mut full) = (0i128, 0i128, 0i128);
    let mut level = (0, 1);
    for (num, den, place, starts) in ends {
        // What is given at this end, in atoms times its denominator.
        let given = (net + full * value) * den as i128 - num * equity;
        if given >= i128::from(needed) * value * den as i128 {
            level = (net - (i128::from(needed) - full) * value, equity);
            break;
        }
        let candidate = &book[place];
        let sign = if starts { 1 } else { -1 };
        net += sign * candidate.net;
        equity += sign * candidate.equity as i128;
        full += if starts { 0 } else { i128::from(candidate.lots) };
    }
    round_sorted(book, level, needed)
}

/// Floors, and the lots left over by a full sort of the fractions.
fn round_sorted(book: &[Candidate], level: (i128, i128), needed: u64) -> Vec<u64> {
    let mut rest: Vec<(Reverse<u128>, usize)> = Vec::new();
    let mut lots = vec![0; book.len()];
    for (place, candidate) in book.iter().enumerate() {
        let num = candidate.net * level.1 - level.0 * candidate.equity as i128;
        if num <= 0 {
            continue;
        }
        let den = level.1 as u128 * u128::from(LOT_VALUE);
        let (whole, fraction) = mul_div_rem(num as u128, 1, den).unwrap();
        if whole >= u128::from(candidate.lots) {
            lots[place] = candidate.lots;
        } else {
            lots[place] = whole as u64;
            rest.push((Reverse(fraction), place));
        }
    }
    rest.sort_unstable();
    let left = needed - lots.iter().sum::<u64>();
    for (_, place) in &rest[..left as usize] {
        lots[*place] += 1;
    }
    lots
}

fn holders(book: &[Candidate]) -> Vec<Holder> {
    let holder = |(place, c): (usize, &Candidate)| {
        let mark_value = u128::from(c.lots * LOT_VALUE);
        let entry_value = mark_value * (500 + (place as u128 * 7_919) % 1_000) / 1_000;
        Holder {
            lots: c.lots,
            long: true,
            mark_value,
            entry_value,
            notional: mark_value,
            equity: c.equity,
        }
    };
    book.iter().enumerate().map(holder).collect()
}

fn sorted_queue(holders: &[Holder], venue: VenueScore, needed: u64) -> Vec<u64> {
    let scores = holders.iter().map(|holder| Reverse(venue.of(holder)));
    let mut order: Vec<(Reverse<i64>, usize)> = scores.zip(0..).collect();
    order.sort_unstable();
    let mut lots = vec![0; holders.len()];
    let mut left = needed;
    for (_, place) in order {
        lots[place] = holders[place].lots.min(left);
        left -= lots[place];
        if left == 0 {
            break;
        }
    }
    lots
}

/// Nanoseconds of the thread's own processor time in one run.
fn time<T>(way: impl FnOnce() -> T) -> f64 {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let start = now();
    black_box(way());
    let end = now();
    (end.tv_sec - start.tv_sec) as f64 * 1e9 + (end.tv_nsec - start.tv_nsec) as f64
}

fn row(name: &str, reference: impl Fn() -> Vec<u64>, engine: impl Fn() -> Vec<u64>) {
    let found = engine();
    assert!(reference() == found, "{name}: the two ways differ");
    let fills = found.iter().filter(|lots| **lots > 0).count();
    let rounds: Vec<(f64, f64)> = (0..9).map(|_| (time(&reference), time(&engine))).collect();
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{name:<34} {fills:>8} {:>9.2} ms {:>9.2} ms {:>6.1}x",
        median(rounds.iter().map(|r| r.0).collect()) / 1e6,
        median(rounds.iter().map(|r| r.1).collect()) / 1e6,
        median(rounds.iter().map(|r| r.0 / r.1).collect()),
    );
}

fn main() {
    println!("{:<34} {:>8} {:>12} {:>12} {:>7}", "", "fills", "full sort", "engine", "ratio");
    for accounts in [10_000, 100_000, 437_723, 1_000_000] {
        let book = book(accounts);
        let all: u64 = book.iter().map(|candidate| candidate.lots).sum();
        for (part, words) in [(1_000, "0.1 % of lots"), (20, "5 %"), (2, "half")] {
            let needed = all / part;
            let name = format!("draining, {accounts} accounts, {words}");
            let engine = || drain(&book, LOT_VALUE, needed).unwrap().lots;
            row(&name, || sorted_draining(&book, needed), engine);
        }
        let holders = holders(&book);
        let needed = all / 1_000;
        let name = format!("queue, {accounts} accounts, 0.1 %");
        let order = Order::Queue(VenueScore::Bitmex);
        let engine = || assign(order, &holders, needed).unwrap().lots;
        row(&name, || sorted_queue(&holders, VenueScore::Bitmex, needed), engine);
    }
}
