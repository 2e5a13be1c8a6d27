//! The models of crises against the engine: each does what it says, each is off unless asked for,
//! and none depends on the number of threads.

use rhodian_lab::crisis::behaviour::Behaviour;
use rhodian_lab::crisis::flow::Flow;
use rhodian_lab::crisis::impact::{Impact, Shape};
use rhodian_lab::crisis::model::{Course, CrisisModel, Shock};
use rhodian_lab::crisis::oracle::{Failure, Mode};
use rhodian_lab::crisis::{Crisis, Stage};
use rhodian_lab::path::climate::Climate;
use rhodian_lab::seed::Seed;

const CRISES: usize = 24;

fn small() -> CrisisModel {
    CrisisModel { accounts: 60, markets: 2, ..CrisisModel::default() }
}

fn played(model: CrisisModel) -> Vec<Crisis> {
    let stage = Stage::of(model, Seed(1)).unwrap();
    let on = |threads: usize| stage.play_all(CRISES, threads, &|of| of.crisis, &|_| {}).unwrap();
    let one = on(1);
    assert_eq!(one, on(3), "the same at any number of threads");
    one
}

fn sum(of: &[Crisis]) -> u128 {
    of.iter().map(|crisis| crisis.deficit).sum()
}

/// Figures of before there were models, to the atom.
#[test]
fn what_is_off_changes_nothing() {
    let crises = played(small());
    let figures: Vec<(u128, u32)> = crises[..3].iter().map(|of| (of.deficit, of.failed)).collect();
    assert_eq!(figures, BEFORE);
    assert!(crises.iter().all(|of| (of.pushed, of.withdrawn, of.capped) == (0, 0, 0)));
    // A book of ten times what is open is moved by a thousandth: next to nothing more is lost.
    let deep = Impact::linear(10_000_000);
    let near = played(CrisisModel { impact: Some(deep), ..small() });
    let off = sum(&near) as f64 / sum(&crises) as f64;
    assert!((1.0..1.05).contains(&off), "{off}");
}

const BEFORE: [(u128, u32); 3] =
    [(123_094_952_650, 10), (49_974_224_537, 8), (121_028_047_779, 14)];

/// What is sold lowers prices and costs more: the more so, the shallower the book.
#[test]
fn a_shallower_book_falls_further_and_loses_more() {
    let plain = sum(&played(small()));
    let mut before = (0, plain);
    for depth in [400_000, 100_000, 50_000] {
        let impact = Some(Impact::linear(depth));
        let of = played(CrisisModel { impact, ..small() });
        let pushed: i32 = of.iter().map(|of| of.pushed).sum();
        assert!(
            of.iter().any(|of| of.sold_part > 0) && of.iter().all(|of| of.sold_part < 1_000_000)
        );
        assert!(pushed < before.0 && sum(&of) > before.1, "{depth}: {pushed}, {}", sum(&of));
        before = (pushed, sum(&of));
    }
    let of = |impact: Impact| sum(&played(CrisisModel { impact: Some(impact), ..small() }));
    let linear = Impact::linear(100_000);
    let plain = of(linear);
    let thin = of(Impact { thinning: 500_000, ..linear });
    assert!(thin > plain, "withdrawn depth costs more: {thin} and {plain}");
    let back = of(Impact { recovery: 200_000, ..linear });
    assert!(back < plain, "what comes back costs less: {back} and {plain}");
    assert_ne!(of(Impact { shape: Shape::SquareRoot, ..linear }), plain);
}

/// Who must buy where nobody sells pays twice the mark at most, and what that hides is counted; a
/// sale hides nothing.
#[test]
fn what_no_fill_pays_is_counted() {
    let capped = |depth: u32, shift: f64| {
        let impact = Some(Impact::linear(depth));
        let stage = Stage::of(CrisisModel { impact, ..small() }, Seed(1)).unwrap();
        stage.play_shock(3, Shock { shift, course: Course::Gap(0.5) }).unwrap().crisis.capped
    };
    assert!(capped(1_000, 0.5) > 0);
    assert_eq!((capped(400_000, 0.5), capped(400_000, -0.5)), (0, 0));
}

/// Followers deepen a fall that nobody in the book sells in.
#[test]
fn followers_push_prices_by_themselves() {
    let shock = Shock { shift: -0.05, course: Course::Gap(1.0) };
    let stage = |flow: Flow| {
        let impact = Some(Impact::linear(200_000));
        // Leverage so low that nobody is liquidated: what moves prices are followers alone.
        let calm = CrisisModel { impact, flow, leverage: 100_000, ..small() };
        Stage::of(calm, Seed(1)).unwrap().play_shock(3, shock).unwrap().crisis
    };
    let alone = stage(Flow::default());
    let stops = stage(Flow { stops: 800_000, gamma: 0 });
    let gamma = stage(Flow { stops: 0, gamma: 50_000 });
    for of in [stops, gamma] {
        assert!(of.pushed < alone.pushed - 3_000, "{of:?} beside {alone:?}");
    }
}

#[test]
fn each_process_and_each_failure_is_another_world_of_the_same_crises() {
    let plain = played(small());
    for climate in [Climate::Garch, Climate::Regimes] {
        let of = played(CrisisModel { climate, ..small() });
        assert!(of.iter().zip(&plain).all(|(a, b)| a.fall == b.fall), "the same falls");
        let times = sum(&of) as f64 / sum(&plain) as f64;
        assert!(sum(&of) != sum(&plain) && (0.2..5.0).contains(&times), "{climate:?}: {times}");
    }
    for mode in [Mode::Stale, Mode::Stuck, Mode::Spike, Mode::Drift, Mode::Divergence] {
        let oracle = Some(Failure { mode, error: 100_000, above: false, ticks: 12 });
        let of = played(CrisisModel { oracle, ..small() });
        assert!(of.iter().zip(&plain).all(|(a, b)| a.fall == b.fall));
        let (closed, before) = (of.iter().map(|of| of.closed), plain.iter().map(|of| of.closed));
        assert_ne!((closed.sum::<u128>(), sum(&of)), (before.sum(), sum(&plain)), "{mode:?}");
    }
    // Marks that come late find whoever failed later, and with less.
    let stuck = Some(Failure { mode: Mode::Stuck, error: 0, above: false, ticks: 40 });
    let of = played(CrisisModel { oracle: stuck, ..small() });
    assert!(sum(&of) > sum(&plain), "{} and {}", sum(&of), sum(&plain));
    // So do marks that stand above the price; below it they find him earlier, and others, too.
    let off = |above: bool| {
        let oracle = Some(Failure { mode: Mode::Divergence, error: 100_000, above, ticks: 40 });
        sum(&played(CrisisModel { oracle, ..small() }))
    };
    assert!(off(true) > sum(&plain) && sum(&plain) > off(false), "{} {}", off(true), off(false));
}

/// What leaves is no margin for the rest of the crisis.
#[test]
fn those_who_leave_leave_more_to_others() {
    let of = |behaviour: Behaviour| played(CrisisModel { behaviour, ..small() });
    let taken = |of: &[Crisis]| of.iter().map(|crisis| crisis.withdrawn).sum::<u128>();
    let (plain, half) =
        (of(Behaviour::default()), of(Behaviour { withdraws: 500_000, ..Behaviour::default() }));
    assert!(taken(&plain) == 0 && taken(&half) > 0);
    assert!(sum(&half) >= sum(&plain), "{} and {}", sum(&half), sum(&plain));
    let averse = of(Behaviour { withdraws: 500_000, aversion: 2_250_000, ..Behaviour::default() });
    assert!(taken(&averse) > taken(&half));
    let selected = of(Behaviour { selection: 500_000, ..Behaviour::default() });
    let hazard = of(Behaviour { hazard: 500_000, ..Behaviour::default() });
    assert!(sum(&selected) > sum(&plain) && sum(&hazard) > sum(&plain));
}

#[test]
fn models_out_of_range_are_refused() {
    let refused = |model: CrisisModel| Stage::of(model, Seed(1)).unwrap_err().to_string();
    let flow = Flow { stops: 100_000, gamma: 0 };
    assert!(refused(CrisisModel { flow, ..small() }).contains("stops and gamma"));
    let impact = Some(Impact::linear(10));
    assert!(refused(CrisisModel { impact, ..small() }).contains("depth"));
    let behaviour = Behaviour { selection: 950_000, ..Behaviour::default() };
    assert!(refused(CrisisModel { behaviour, ..small() }).contains("selection"));
    let oracle = Some(Failure { mode: Mode::Spike, error: 0, above: false, ticks: 0 });
    assert!(refused(CrisisModel { oracle, ..small() }).contains("oracle"));
}

/// Every model at once, to the atom: a figure changes only when a model is meant to change, and
/// then the changelog says so.
#[test]
fn crises_with_every_model_are_the_same_everywhere() {
    for (climate, mode, golden) in
        [(Climate::Garch, Mode::Drift, GOLDEN[0]), (Climate::Regimes, Mode::Stale, GOLDEN[1])]
    {
        let impact = Impact { thinning: 600_000, recovery: 20_000, ..Impact::linear(100_000) };
        let impact = Some(Impact { shape: Shape::SquareRoot, ..impact });
        let behaviour = Behaviour {
            withdraws: 200_000,
            aversion: 2_250_000,
            selection: 100_000,
            hazard: 100_000,
        };
        let model = CrisisModel {
            impact,
            flow: Flow { stops: 100_000, gamma: 10_000 },
            climate,
            behaviour,
            oracle: Some(Failure { mode, error: 50_000, above: false, ticks: 6 }),
            ..small()
        };
        let of = Stage::of(model, Seed(1)).unwrap().play(2).unwrap().crisis;
        let found = (of.deficit, of.failed, of.pushed, of.sold_part, of.withdrawn);
        assert_eq!(found, golden, "{climate:?} {mode:?}");
    }
}

const GOLDEN: [(u128, u32, i32, u32, u128); 2] = [
    (260_394_201_467, 18, -42_528, 170_095, 1_165_495_725_771),
    (360_402_612_340, 21, -42_095, 134_571, 1_163_756_904_160),
];
