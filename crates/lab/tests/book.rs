//! A standing book under nights: those drawn near its modes against those drawn by their law.

use rhodian_lab::book::night::Night;
use rhodian_lab::book::standing::Standing;
use rhodian_lab::book::tilt::{Tilted, modes};
use rhodian_lab::book::{Moves, Screen};
use rhodian_lab::crisis::model::CrisisModel;
use rhodian_lab::experiment::rare::Rare;
use rhodian_lab::mean::DEVIATIONS;
use rhodian_lab::seed::Seed;

fn by_law() -> Tilted {
    Tilted::of(1.0, Vec::new())
}

fn drawn(accounts: u32, markets: u32) -> Standing {
    let model = CrisisModel { accounts, markets, ..CrisisModel::default() };
    Standing::drawn(&model, Seed(11)).unwrap().0
}

/// Each night's weight and deficit.
fn nights(of: &Standing, night: &Night, by: &Tilted, seed: u64, count: u64) -> Vec<(f64, u128)> {
    let (mut moves, mut weights) = (Moves::of(of.marks.len()), Vec::new());
    for number in 0..count {
        let drawn = by.draw(&mut Seed(seed).stream_at("night", number), of.marks.len() + 1);
        moves.push(&night.path(&of.marks, &drawn.drivers)).unwrap();
        weights.push(drawn.weight);
    }
    weights.into_iter().zip(of.book.deficits(&moves, Screen::Near, 2).unwrap()).collect()
}

fn rare(nights: &[(f64, u128)], fund: u128) -> Rare {
    Rare::of(&nights.iter().map(|(weight, lacks)| (*weight, *lacks > fund)).collect::<Vec<_>>())
}

/// Of nights by the law: the fund that a part passes, and how often that is.
fn passed(nights: &[(f64, u128)], part: f64) -> (u128, Rare) {
    let mut sums: Vec<u128> = nights.iter().map(|(_, lacks)| *lacks).collect();
    sums.sort_unstable();
    let fund = sums[sums.len() - 1 - (sums.len() as f64 * part) as usize];
    (fund, rare(nights, fund))
}

fn compare(accounts: u32, nights_by_law: u64, near: u64, part: f64) -> f64 {
    let (of, night) = (drawn(accounts, 8), Night { deviation: 0.05, correlation: 0.8 });
    let (fund, truth) = passed(&nights(&of, &night, &by_law(), 1, nights_by_law), part);
    let by = Tilted::of(0.1, modes(&of, &night, fund).unwrap());
    let found = rare(&nights(&of, &night, &by, 2, near), fund);
    let deviation = |of: &Rare| (of.between[1] - of.probability) / DEVIATIONS;
    let apart = (found.probability - truth.probability).abs();
    let both = deviation(&found).hypot(deviation(&truth));
    assert!(apart < 3.0 * both, "{found:?}, by the law {truth:?}");
    assert_eq!(found.backed(), Ok(()));
    println!("{accounts} accounts: {found:?}, by the law {truth:?}, {} modes", by.modes().len());
    found.gain
}

#[test]
fn nights_near_a_mode_say_what_nights_by_their_law_say() {
    assert!(compare(400, 100_000, 4_000, 1e-3) > 50.0);
}

/// At one in ten thousand against a million: at least 300 times fewer.
#[test]
#[ignore = "millions of nights: asked for by name"]
fn one_in_ten_thousand_takes_300_times_fewer_nights() {
    for accounts in [400, 10_000] {
        assert!(compare(accounts, 1_000_000, 20_000, 1e-4) > 300.0);
    }
}

/// However little markets have in common: intervals hold what is true, which is what a hundred
/// experiments say together, and what nights by their law say.
#[test]
#[ignore = "millions of nights: asked for by name when the law changes"]
fn intervals_hold_what_is_true() {
    for correlation in [1.0, 0.8, 0.5, 0.2, 0.0] {
        let (of, night) = (drawn(400, 8), Night { deviation: 0.05, correlation });
        let (fund, by_law) = passed(&nights(&of, &night, &by_law(), 1, 1_000_000), 3e-4);
        let by = Tilted::of(0.1, modes(&of, &night, fund).unwrap());
        let one = |seed: u64| rare(&nights(&of, &night, &by, 100 + seed, 2_000), fund);
        let told: Vec<Rare> = (0..100).map(one).filter(|of| of.backed().is_ok()).collect();
        let truth = told.iter().map(|of| of.probability).sum::<f64>() / told.len() as f64;
        let holds = |of: &&Rare| (of.between[0]..=of.between[1]).contains(&truth);
        let held = told.iter().filter(holds).count();
        println!("{correlation}: {held} of {} hold {truth:e}", told.len());
        assert!(told.len() > 95 && 100 * held >= 90 * told.len(), "{correlation}");
        let deviation = (by_law.between[1] - by_law.probability) / DEVIATIONS;
        assert!((truth - by_law.probability).abs() < 3.0 * deviation, "{correlation}: {by_law:?}");
    }
}
