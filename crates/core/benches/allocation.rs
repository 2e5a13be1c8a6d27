//! How much faster a division is than the same result by full sort and plain division, and how
//! its time grows with the number of claims.
//!
//! `cargo bench -p rhodian-core --bench allocation [-- filter]` prints two tables. Each ratio
//! compares two ways in the same process, alternating, on the same seeded claims, after checking
//! that they agree on every share. Times are the thread's own processor time; ratios are medians
//! over the rounds, and a machine's load moves them less than times.

use std::cmp::Reverse;
use std::hint::black_box;

use rhodian_core::allocation::{Claims, divide};
use rhodian_core::units::Amount;
use rhodian_core::wide::{compare_ratios, mul_div_rem};
use rustix::time::{ClockId, clock_gettime};

mod memory;
mod worlds;

use worlds::World;

/// A way to divide: the whole atoms each claim bears.
type Way = fn(&World) -> Vec<Amount>;

/// Makes a world of so many claims.
type Worlds = fn(usize) -> World;

const MILLION: usize = 1_000_000;

fn main() {
    if !memory::keeps_memory() {
        return;
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    ratios(&filter);
    growth(&filter);
}

fn ratios(filter: &str) {
    let table: [(&str, f64, World, Way); 8] = [
        ("rounding, 40 bits", 5.0, World::rounding(40, MILLION), sorted_proportional),
        ("rounding, 60 bits", 2.5, World::rounding(60, MILLION), sorted_proportional),
        ("rounding, 96 bits", 2.5, World::rounding(96, MILLION), sorted_proportional),
        ("capped, 60 bits", 3.0, World::capped(60, MILLION), sorted_capped),
        ("capped, 96 bits", 3.0, World::capped(96, MILLION), sorted_capped),
        ("capped, ladder", 3.0, World::ladder(MILLION), sorted_capped),
        ("equal awards", 3.5, World::equal_awards(MILLION), sorted_equal_awards),
        ("queue, head of 0.1 %", 8.0, World::queue(MILLION), sorted_queue),
    ];
    println!(
        "{:<25} {:>9} {:>9} {:>7} {:>7} {:>5}",
        "1,000,000 claims", "reference", "engine", "ratio", "least", "goal"
    );
    for (name, goal, world, reference) in table {
        if !name.contains(filter) {
            continue;
        }
        assert!(reference(&world) == engine(&world), "{name}: the two ways differ");
        let rounds: Vec<(f64, f64)> =
            (0..9).map(|_| (time(&world, reference), time(&world, engine))).collect();
        let mut quotients: Vec<f64> = rounds.iter().map(|(slow, fast)| slow / fast).collect();
        quotients.sort_by(f64::total_cmp);
        println!(
            "{name:<25} {:>6.1} ns {:>6.1} ns {:>6.1}x {:>6.1}x {goal:>4.1}x",
            median(rounds.iter().map(|r| r.0)) / world.len(),
            median(rounds.iter().map(|r| r.1)) / world.len(),
            quotients[quotients.len() / 2],
            quotients[0],
        );
    }
}

fn growth(filter: &str) {
    let table: [(&str, Worlds, Way); 6] = [
        ("rounding, 40 bits", |n| World::rounding(40, n), engine),
        ("capped, 60 bits", |n| World::capped(60, n), engine),
        ("capped, ladder", World::ladder, engine),
        ("equal awards", World::equal_awards, engine),
        ("equal awards, bare passes", World::equal_awards, bare_passes),
        ("queue, head of 0.1 %", World::queue, engine),
    ];
    println!("\n{:<25} {:>9} {:>9} {:>9} {:>9}", "ns a claim", "100 k", "1 M", "10 M", "exponent");
    for (name, world, way) in table.into_iter().filter(|(name, ..)| name.contains(filter)) {
        let times = [100_000, MILLION, 10 * MILLION].map(|claims| {
            let world = world(claims);
            let rounds = 5 * MILLION / claims + 5;
            median((0..rounds).map(|_| time(&world, way))) / world.len()
        });
        let exponent = 1.0 + (times[2] / times[0]).log(100.0);
        println!(
            "{name:<25} {:>6.1} ns {:>6.1} ns {:>6.1} ns {exponent:>9.3}",
            times[0], times[1], times[2]
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds of the thread's own processor time in one run.
fn time(world: &World, way: Way) -> f64 {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let start = now();
    black_box(way(black_box(world)));
    let end = now();
    (end.tv_sec - start.tv_sec) as f64 * 1e9 + (end.tv_nsec - start.tv_nsec) as f64
}

fn engine(world: &World) -> Vec<Amount> {
    divide(world.rule, world.loss, &world.claims()).unwrap().shares
}

/// What no division of awards can do without, and nothing else: one pass that reads every cap for
/// the sum, one that reads it again and writes a share. How its time grows is the memory's part.
fn bare_passes(world: &World) -> Vec<Amount> {
    let Claims { caps, .. } = world.claims();
    let sum: u128 = caps.iter().map(|cap| cap.atoms()).sum();
    let level = Amount::new(black_box(sum / caps.len() as u128)).unwrap();
    caps.iter().map(|cap| cap.less_or_zero(level)).collect()
}

fn amounts(atoms: Vec<u128>) -> Vec<Amount> {
    atoms.into_iter().map(|a| Amount::new(a).unwrap()).collect()
}

/// Gives the units left over to the largest remainders by sorting all of them.
fn give_sorted(whole: &mut [u128], remainders: &[u128], loss: u128) {
    let mut order: Vec<(Reverse<u128>, u32)> =
        remainders.iter().map(|r| Reverse(*r)).zip(0..).collect();
    order.sort_unstable();
    let left = loss - whole.iter().sum::<u128>();
    for (_, place) in &order[..left as usize] {
        whole[*place as usize] += 1;
    }
}

fn sorted_proportional(world: &World) -> Vec<Amount> {
    let Claims { weights, .. } = world.claims();
    let loss = world.loss.atoms();
    let total: u128 = weights.iter().map(|w| w.atoms()).sum();
    let divided = weights.iter().map(|w| mul_div_rem(w.atoms(), loss, total).unwrap());
    let (mut whole, remainders): (Vec<u128>, Vec<u128>) = divided.unzip();
    give_sorted(&mut whole, &remainders, loss);
    amounts(whole)
}

fn sorted_capped(world: &World) -> Vec<Amount> {
    let Claims { caps, weights, .. } = world.claims();
    let ratios = caps.iter().zip(weights);
    let mut order: Vec<(u128, u128)> = ratios.map(|(c, w)| (c.atoms(), w.atoms())).collect();
    order.sort_unstable_by(|a, b| compare_ratios(a.0, a.1, b.0, b.1));
    let mut num = world.loss.atoms();
    let mut den: u128 = weights.iter().map(|w| w.atoms()).sum();
    for (cap, weight) in order {
        if compare_ratios(cap, weight, num, den).is_gt() {
            break;
        }
        num -= cap;
        den -= weight;
    }
    let divided = caps.iter().zip(weights).map(|(cap, weight)| {
        let (floor, rem) = mul_div_rem(weight.atoms(), num, den).unwrap();
        if cap.atoms() <= floor { (cap.atoms(), 0) } else { (floor, rem) }
    });
    let (mut whole, remainders): (Vec<u128>, Vec<u128>) = divided.unzip();
    give_sorted(&mut whole, &remainders, world.loss.atoms());
    amounts(whole)
}

fn sorted_equal_awards(world: &World) -> Vec<Amount> {
    let Claims { caps, .. } = world.claims();
    let mut sorted: Vec<u128> = caps.iter().map(|c| c.atoms()).collect();
    let mut estate = sorted.iter().sum::<u128>() - world.loss.atoms();
    let mut claims = sorted.len() as u128;
    sorted.sort_unstable();
    for claim in sorted {
        if claim * claims > estate {
            break;
        }
        estate -= claim;
        claims -= 1;
    }
    let (level, rem) = (estate / claims, estate % claims);
    // Of an award of level + rem / claims each loses the rest of his claim; all fractions tie.
    let mut left = if rem > 0 { claims - rem } else { 0 };
    let shares = caps.iter().map(|cap| {
        let cap = cap.atoms();
        if cap <= level {
            return 0;
        }
        let unit = u128::from(left > 0);
        left -= unit;
        cap - level - u128::from(rem > 0) + unit
    });
    amounts(shares.collect())
}

fn sorted_queue(world: &World) -> Vec<Amount> {
    let Claims { caps, scores, .. } = world.claims();
    let mut order: Vec<(Reverse<i64>, u32)> = scores.iter().map(|s| Reverse(*s)).zip(0..).collect();
    order.sort_unstable();
    let mut left = world.loss.atoms();
    let mut whole = vec![0; caps.len()];
    for (_, place) in order {
        if left == 0 {
            break;
        }
        let pays = caps[place as usize].atoms().min(left);
        whole[place as usize] = pays;
        left -= pays;
    }
    amounts(whole)
}
