//! What finding everyone below maintenance costs: a pass over all slabs beside a bare read of
//! memory, ticks beside passes, and the slow list of accounts beside both.
//!
//! `cargo bench -p rhodian-core --bench risk_book [-- PART]` runs the parts `pass`, `growth`,
//! `ticks`, `fills`, or all. Both sides of a ratio run in one process, in turn, on one shuffled
//! book; times are the thread's own processor time, results medians. 10 M accounts need 4 GB.

mod books;

use std::hint::black_box;

use books::slow::SlowBook;
use books::{Held, Rng, Shape, World};
use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::margin::watch::{RiskBook, Standing};
use rustix::time::{ClockId, clock_gettime};

const MILLION: usize = 1_000_000;

fn main() {
    let part = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {}", load.trim());
    let parts: [(&str, fn()); 4] =
        [("pass", pass), ("growth", growth), ("ticks", ticks), ("fills", fills)];
    for (name, run) in parts {
        if name.contains(&part) {
            run();
        }
    }
}

/// Nanoseconds of the thread's own processor time.
fn time<T>(work: impl FnOnce() -> T) -> f64 {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let start = now();
    black_box(work());
    let end = now();
    (end.tv_sec - start.tv_sec) as f64 * 1e9 + (end.tv_nsec - start.tv_nsec) as f64
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: Vec<f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}

/// Reads memory with eight sums, so that none waits for the other.
fn read(words: &[u64]) -> u64 {
    let mut sums = [0u64; 8];
    for chunk in words.chunks_exact(8) {
        for (sum, word) in sums.iter_mut().zip(chunk) {
            *sum = sum.wrapping_add(*word);
        }
    }
    sums.iter().fold(0, |sum, part| sum.wrapping_add(*part))
}

/// A book whose accounts stand in shuffled order, with a certificate each if so wished.
fn book(world: &World, certified: bool) -> RiskBook {
    let mut book = RiskBook::new();
    for (id, brackets) in world.brackets.iter().enumerate() {
        book.add_market(MarketId(id as u32), brackets).unwrap();
    }
    book.set_prices(&world.prices(), |_| Standing::Sound).unwrap();
    let mut order: Vec<u32> = (0..world.accounts.len() as u32).collect();
    let mut rng = Rng::new(77);
    for place in (1..order.len()).rev() {
        order.swap(place, rng.below(place as u64 + 1) as usize);
    }
    for id in order {
        let held = &world.accounts[id as usize];
        book.set_account(AccountId(id), held.cash, &held.legs, || panic!("it fits a slab"));
    }
    if certified {
        book.certify_all();
    }
    book
}

/// P1 and P19: a pass over 1 M accounts beside a read of as many bytes; the slow book at 100 k.
fn pass() {
    for accounts in [100_000, MILLION] {
        let world = World::new(Shape::usual(accounts), 1);
        let mut book = book(&world, false);
        let words = vec![1u64; book.bytes() / 8];
        let slow = SlowBook::new(&world);
        book.pass();
        assert!(book.below().eq(slow.below(&world.brackets, &world.rates)));
        let rounds = 21;
        let [mut of_pass, mut of_read, mut of_slow] = [const { Vec::new() }; 3];
        for round in 0..rounds {
            of_pass.push(time(|| book.pass()));
            of_read.push(time(|| read(black_box(&words))));
            if round < 3 {
                of_slow.push(time(|| slow.below(&world.brackets, &world.rates)));
            }
        }
        let (pass, read, slow) = (median(of_pass), median(of_read), median(of_slow));
        let each = accounts as f64;
        println!(
            "{accounts} accounts, {:.1} bytes each, {} below\n\
             pass             {:8.2} ns an account, {:5.1} GB/s\n\
             bare read        {:8.2} ns an account, {:5.1} GB/s; the pass is at {:.0} % (goal 50)\n\
             slow book        {:8.2} ns an account, {:.0}x the pass (goal 20)",
            book.bytes() as f64 / each,
            book.below().count(),
            pass / each,
            book.bytes() as f64 / pass,
            read / each,
            book.bytes() as f64 / read,
            100.0 * read / pass,
            slow / each,
            slow / pass,
        );
    }
}

/// P4: 100 k to 10 M accounts, each size in turn.
fn growth() {
    let mut times = Vec::new();
    for accounts in [100_000, MILLION, 10 * MILLION] {
        if accounts > MILLION && free_memory() < 6_000_000_000 {
            println!("{accounts} accounts: skipped, less than 6 GB of memory are free");
            continue;
        }
        let world = World::new(Shape::usual(accounts), 1);
        let mut book = book(&world, false);
        drop(world);
        book.pass();
        let rounds = 5 * MILLION / accounts + 7;
        let words = vec![1u64; book.bytes() / 8];
        let each = |times: Vec<f64>| median(times) / accounts as f64;
        let pass = each((0..rounds).map(|_| time(|| book.pass())).collect());
        let bare = each((0..rounds).map(|_| time(|| read(black_box(&words)))).collect());
        println!("{accounts:>8} accounts: pass {pass:6.2} ns an account, bare read {bare:6.2}");
        times.push((accounts as f64, pass, bare));
    }
    let (first, last) = (times[0], times[times.len() - 1]);
    let exponent = |ratio: f64| 1.0 + ratio.ln() / (last.0 / first.0).ln();
    println!(
        "growth exponent {:.3} (goal 1.05); of the bare read {:.3}",
        exponent(last.1 / first.1),
        exponent(last.2 / first.2)
    );
}

fn free_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Ticks of one phase, and full passes made in between, at every eighth tick.
struct Phase {
    ticks: Vec<f64>,
    full: Vec<f64>,
    certified: usize,
    passes: usize,
    found: usize,
}

/// Second ticks at so much deviation and drift; those found below are closed out, and what that
/// costs is not the tick's.
fn phase(
    world: &mut World,
    book: &mut RiskBook,
    ticks: usize,
    deviation: f64,
    drift: f64,
) -> Phase {
    let mut rng = Rng::new(ticks as u64);
    let mut phase =
        Phase { ticks: Vec::new(), full: Vec::new(), certified: 0, passes: 0, found: 0 };
    for tick in 0..ticks {
        world.step(&mut rng, deviation, drift);
        let prices = world.prices();
        let mut done = None;
        phase.ticks.push(time(|| done = book.set_prices(&prices, |_| Standing::Sound).ok()));
        let done = done.expect("the prices are in bounds");
        phase.certified += done.certified;
        phase.passes += usize::from(done.passed);
        let below: Vec<AccountId> = book.below().collect();
        // Not within the phase: the comparison reads so much that the next tick finds cold caches.
        if tick + 1 == ticks {
            assert_eq!(below, world.below(), "missed or wrong at tick {tick}");
        }
        phase.found += below.len();
        if tick % 8 == 7 {
            phase.full.push(time(|| book.pass()));
        }
        for account in below {
            world.accounts[account.index()] = Held::default();
            book.set_account(account, 0, &[], || Standing::Sound);
        }
    }
    phase
}

fn report(name: &str, phase: Phase) {
    let pass = median(phase.full);
    let count = phase.ticks.len();
    let mean = phase.ticks.iter().sum::<f64>() / count as f64;
    let ticks = sorted(phase.ticks);
    println!(
        "{name:<20} pass {:7.1} us; mean {:7.1} us = {:6.3} passes (1/{:.1}), \
         median {:6.3}, p99 {:6.3}, max {:6.3}; \
         {:.1} certified a tick, {} of {count} with a pass, {} found",
        pass / 1e3,
        mean / 1e3,
        mean / pass,
        pass / mean,
        ticks[count / 2] / pass,
        ticks[count * 99 / 100] / pass,
        ticks[count - 1] / pass,
        phase.certified as f64 / count as f64,
        phase.passes,
        phase.found,
    );
}

/// P6 and P7.
fn ticks() {
    let second = (1.0f64 / (365.0 * 86_400.0)).sqrt();
    for accounts in [100_000, MILLION] {
        let mut world = World::new(Shape::usual(accounts), 1);
        let mut book = book(&world, false);
        let build = time(|| book.certify_all());
        book.pass();
        let pass = median((0..21).map(|_| time(|| book.pass())).collect());
        println!(
            "{accounts} accounts: one pass {:.1} us; certificates {:.0} ns an account",
            pass / 1e3,
            build / accounts as f64
        );
        let prices = world.prices();
        let idle = (0..1_001).map(|_| time(|| book.set_prices(&prices, |_| Standing::Sound)));
        println!("no crossing            median {:.2} us (goal 2)", median(idle.collect()) / 1e3);
        let phases = [
            ("calm, 80 % a year", 2_000, 0.8 * second, 0.0),
            ("300 % a year", 600, 3.0 * second, 0.0),
            ("crash, -20 % in 200", 200, 3.0 * second, -0.223 / 200.0),
            ("aftermath, 300 %", 600, 3.0 * second, 0.0),
            ("calm again", 2_000, 0.8 * second, 0.0),
        ];
        for (name, ticks, deviation, drift) in phases {
            let phase = phase(&mut world, &mut book, ticks, deviation, drift);
            report(name, phase);
        }
    }
}

/// A fill on slabs beside one on a list of positions; funding of a market beside its holders.
fn fills() {
    for accounts in [10_000, MILLION] {
        let world = World::new(Shape::usual(accounts), 1);
        let mut book = book(&world, false);
        let mut slow = SlowBook::new(&world);
        let mut holdings = world.accounts.clone();
        let mut rng = Rng::new(5);
        let fills: Vec<(AccountId, MarketId, i64)> = (0..200_000)
            .map(|_| {
                let account = AccountId(rng.below(accounts as u64) as u32);
                let legs = &world.accounts[account.index()].legs;
                let (market, _) = legs[rng.below(legs.len() as u64) as usize];
                (account, market, 1 + rng.below(5) as i64)
            })
            .collect();
        let [mut narrow, mut list] = [const { Vec::new() }; 2];
        for _ in 0..5 {
            let slabs = (&mut book, &mut holdings[..]);
            narrow.push(time(|| fill_slabs(slabs, &fills, &world)) / fills.len() as f64);
            list.push(time(|| fill_list(&mut slow, &fills, &world)) / fills.len() as f64);
        }
        book.certify_all();
        let gross = world.rates[0].gross;
        let [mut index, mut holders] = [const { Vec::new() }; 2];
        for round in 1..=5 {
            let rates = books::rates(gross, round);
            index.push(time(|| book.set_prices(&[(MarketId(0), rates)], |_| Standing::Sound)));
            holders.push(time(|| fund_list(&mut slow, 0, 1)));
        }
        println!(
            "{accounts} accounts: one side of a fill with its health: slab {:.0} ns, \
             list {:.0} ns; funding of the most popular market: index and tick {:.2} us, \
             settled in each list {:.1} us",
            median(narrow),
            median(list),
            median(index) / 1e3,
            median(holders) / 1e3
        );
    }
}

fn fill_slabs(
    (book, accounts): (&mut RiskBook, &mut [Held]),
    fills: &[(AccountId, MarketId, i64)],
    world: &World,
) -> usize {
    let mut done = 0;
    for (account, market, lots) in fills {
        let price = world.rates[market.index()].gross;
        let Held { cash, legs } = &mut accounts[account.index()];
        *cash -= i128::from(lots * price);
        let leg = legs.iter_mut().find(|(of, _)| of == market).unwrap();
        leg.1 += lots;
        // A leg that ended would set the whole account.
        leg.1 += i64::from(leg.1 == 0);
        done += usize::from(book.set_leg(*account, *cash, *leg));
    }
    assert_eq!(done, fills.len());
    done
}

fn fill_list(slow: &mut SlowBook, fills: &[(AccountId, MarketId, i64)], world: &World) -> usize {
    let mut below = 0;
    for (account, market, lots) in fills {
        let of = &mut slow.accounts[account.index()];
        let lots = i128::from(*lots);
        of.cash -= lots * i128::from(world.rates[market.index()].gross);
        let held = of.positions.iter_mut().find(|held| held.market == market.index());
        held.expect("a fill of this bench is in a leg").lots += lots;
        below += usize::from(of.is_below(&world.brackets, &world.rates));
    }
    below
}

fn fund_list(slow: &mut SlowBook, market: usize, atoms: i128) {
    for account in &mut slow.accounts {
        if let Some(held) = account.positions.iter().find(|held| held.market == market) {
            account.cash -= held.lots * atoms;
        }
    }
}
