//! Experiments against the engine: what is found backwards breaks forwards, and crises drawn near
//! an event say the same of it as crises drawn by their law.

use rhodian_lab::crisis::Stage;
use rhodian_lab::crisis::model::{Course, CrisisModel, Severity, Shock};
use rhodian_lab::experiment::rare::{Law, Proposal, Rare};
use rhodian_lab::experiment::stress::{Search, mildest};
use rhodian_lab::mean::DEVIATIONS;
use rhodian_lab::seed::Seed;

fn stage() -> Stage {
    let model = CrisisModel { accounts: 60, markets: 2, ..CrisisModel::default() };
    Stage::of(model, Seed(1)).unwrap()
}

/// On each path, the shock that is told breaks the sum, and the grid below it does not.
#[test]
fn the_mildest_shock_breaks_and_milder_ones_of_the_grid_do_not() {
    let (stage, sums) = (stage(), [20_000_000_000, 60_000_000_000]);
    let search = Search { most: 1.0, steps: 10, halvings: 6 };
    for (sign, path) in [(-1.0, 0), (-1.0, 1), (1.0, 0), (1.0, 1)] {
        let deficit = |size: f64| {
            let shock = Shock { shift: sign * size, course: Course::Gap(0.5) };
            stage.play_shock(path, shock).map(|of| of.crisis.deficit)
        };
        let (found, _) = mildest(search, &sums, deficit).unwrap();
        for (broken, sum) in found.iter().zip(sums) {
            let at = broken.at.expect("a move by the factor e breaks it");
            assert!(deficit(at).unwrap() > sum, "{sign} {path}: {broken:?}");
            let milder = (0..10).map(|step| f64::from(step) * 0.1).filter(|size| *size < at - 0.1);
            for size in milder {
                assert!(deficit(size).unwrap() <= sum, "{sign} {path}: {size} breaks before {at}");
            }
        }
    }
}

/// By both laws: near the event and by the law itself, within three deviations.
#[test]
fn a_tilted_draw_says_what_the_law_says() {
    let stage = stage();
    for (law, modes, fund) in [
        (Law::Both { deviation: 0.1, gap: 0.5 }, vec![-1.6, 2.5], 100_000_000_000),
        (Law::Falls(Severity::default()), vec![3.0], 190_000_000_000),
    ] {
        let estimate = |modes: Vec<f64>, runs: u64, seed: u64| {
            let proposal = Proposal { law, defensive: 0.2, modes };
            let run = |index: u64| {
                let drawn = proposal.draw(&mut Seed(seed).stream_at("factor", index));
                let played = stage.play_shock(seed + index, law.shock(drawn.factor)).unwrap();
                (drawn.weight, played.crisis.deficit > fund)
            };
            Rare::of(&(0..runs).map(run).collect::<Vec<_>>())
        };
        let (crude, tilted) = (estimate(Vec::new(), 2_000, 10_000), estimate(modes, 600, 90_000));
        let deviation = |of: &Rare| (of.between[1] - of.probability) / DEVIATIONS;
        let apart = (crude.probability - tilted.probability).abs();
        let (a, b) = (deviation(&crude), deviation(&tilted));
        assert!(apart < 3.0 * (a * a + b * b).sqrt(), "{law:?}: {crude:?} and {tilted:?}");
        assert!(crude.hits > 20 && tilted.backed().is_ok(), "{law:?}: {crude:?} and {tilted:?}");
        assert!(tilted.gain > 1.5, "{law:?}: {tilted:?}");
    }
}
