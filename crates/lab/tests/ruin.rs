//! Ruin against a formula, against histories walked one by one, and against itself.

use rhodian_lab::ruin::ever::bounds;
use rhodian_lab::ruin::{LEAST_EFFECTIVE, Losses, Ruin, Terms, within};
use rhodian_lab::seed::{Seed, Stream};

/// Losses like those of crises: many small ones, few large.
fn crises(count: usize) -> Vec<f64> {
    let mut stream = Seed(9).stream("losses");
    (0..count).map(|_| libm::exp(stream.normal())).collect()
}

/// What losses come to in so many years, drawn one by one.
fn lost(losses: &[f64], terms: &Terms, stream: &mut Stream) -> f64 {
    let (mut when, mut sum) = (0.0, 0.0);
    loop {
        when -= libm::log(stream.unit()) / terms.a_year;
        if when > terms.years {
            return sum;
        }
        sum += losses[stream.below(losses.len() as u64) as usize];
    }
}

/// Four deviations of a part of all histories.
fn away(part: f64) -> f64 {
    4.0 * (part * (1.0 - part) / within::COUNT as f64).sqrt()
}

/// A fund that begins with nothing survives so many years with chance E max(0, 1 - S / (c T)), the
/// formula of Prabhu (1961).
#[test]
fn a_fund_of_nothing_survives_as_the_formula_says() {
    let losses = crises(400);
    for (income, years) in [(4.0, 3.0), (2.5, 10.0), (1.0, 5.0)] {
        let terms = Terms { a_year: 1.0, income, years };
        let mut stream = Seed(3).stream("sums");
        let all: Vec<f64> = (0..200_000)
            .map(|_| (1.0 - lost(&losses, &terms, &mut stream) / (income * years)).max(0.0))
            .collect();
        let survives = all.iter().sum::<f64>() / all.len() as f64;
        let found = Ruin::of(&losses, &terms, Seed(1)).within(&[0.0])[0].part.value;
        assert!((1.0 - survives - found).abs() < away(found), "{income}: {survives} and {found}");
    }
}

/// Long histories empty a fund as often as there is a chance that it is ever emptied.
#[test]
fn long_histories_empty_a_fund_as_often_as_it_is_ever_emptied() {
    let losses = crises(300);
    let mean = Losses::of(losses.clone()).mean();
    for (part, fund) in [(0.5, 4.0), (0.6, 10.0), (0.7, 20.0)] {
        let terms = Terms { a_year: 2.0, income: 2.0 * mean / part, years: 100.0 };
        let found = Ruin::of(&losses, &terms, Seed(5));
        let ever = found.curve(fund, 0.01).ever(fund).unwrap();
        let ruined = found.within(&[fund])[0].part.value;
        assert!((ever.value - ruined).abs() < away(ever.value), "{part}: {ever:?} {ruined}");
        assert!(ever.between[0] < ever.value && ever.value < ever.between[1]);
    }
}

/// A larger fund is emptied no more often, ever no less often than within some years; the size for
/// a target is where the curve meets it, whatever fund is asked about beside.
#[test]
fn curves_fall_and_the_size_is_where_the_target_is_met() {
    let losses = crises(1_000);
    let mean = Losses::of(losses.clone()).mean();
    let terms = Terms { a_year: 1.0, income: 1.5 * mean, years: 5.0 };
    let found = Ruin::of(&losses, &terms, Seed(2));
    let curve = found.curve(60.0, 0.01);
    let funds: Vec<f64> = (0..60).map(f64::from).collect();
    let ever: Vec<f64> = funds.iter().map(|fund| curve.ever(*fund).unwrap().value).collect();
    let within: Vec<f64> = found.within(&funds).iter().map(|of| of.part.value).collect();
    for (name, curve) in [("ever", &ever), ("within", &within)] {
        assert!(curve.windows(2).all(|pair| pair[0] >= pair[1]), "{name}");
    }
    assert!((ever[0] - 1.0 / 1.5).abs() < 0.005, "with nothing: the load, {}", ever[0]);
    let later = ever.iter().zip(&within).all(|(ever, within)| *within <= ever + away(*ever));
    assert!(later, "{ever:?} {within:?}");
    let size = curve.size(0.01).unwrap();
    let chance = |fund| curve.ever(fund).unwrap().value;
    assert!(chance(size.value) <= 0.01 && chance(size.value - curve.cell) > 0.01);
    assert!(size.between[0] < size.value && size.value < size.between[1], "{size:?}");
    for fund in [1e-6, 3.0, 700.0, 1e30] {
        assert_eq!(found.curve(fund, 0.01).size(0.01), Some(size), "{fund}");
    }
    assert_eq!(found.curve(1e30, 0.01).ever(1e30), None, "beyond the curve");
}

/// Without enough income ruin is certain; where crises drawn again have enough, that is said.
#[test]
fn too_small_an_income_ruins_for_certain() {
    let losses = crises(200);
    let mean = Losses::of(losses.clone()).mean();
    for (part, known) in [(0.5, true), (0.98, false)] {
        let terms = Terms { a_year: 1.0, income: part * mean, years: 5.0 };
        let found = Ruin::of(&losses, &terms, Seed(2));
        let curve = found.curve(1.0, 0.01);
        let ever = curve.ever(1.0).unwrap();
        assert_eq!((ever.value, ever.between[1]), (1.0, 1.0));
        assert_eq!(ever.between[0] == 1.0, known, "{ever:?}");
        assert!(!found.suffices() && curve.size(0.01).is_none());
    }
}

/// How many of so many samples of a law have an interval that holds its chance, and how many one that
/// lies below it.
fn held(samples: u64, loss: fn(&mut Stream) -> f64, mean: f64) -> [u32; 2] {
    let (load, fund) = (0.6, 3.0 * mean);
    let terms = Terms { a_year: 1.0, income: mean / load, years: 1.0 };
    // The chance of the law itself, by a sample so large that it is the law.
    let mut stream = Seed(77).stream("law");
    let law = Losses::of((0..400_000).map(|_| loss(&mut stream)).collect());
    let heights: Vec<f64> =
        (0..=800).map(|of| law.limited(fund * f64::from(of) / 800.0) / law.mean()).collect();
    let [low, high] = *bounds(load, &heights).last().unwrap();
    let chance = low.midpoint(high);
    let mut found = [0; 2];
    for seed in 0..samples {
        let mut stream = Seed(seed).stream("sample");
        let losses: Vec<f64> = (0..300).map(|_| loss(&mut stream)).collect();
        let ruin = Ruin::of(&losses, &terms, Seed(seed));
        let [low, high] = ruin.curve(fund, 0.5).ever(fund).unwrap().between;
        found[0] += u32::from(low <= chance && chance <= high);
        found[1] += u32::from(high < chance);
    }
    found
}

fn exponential(stream: &mut Stream) -> f64 {
    -libm::log(stream.unit())
}

fn heavy(stream: &mut Stream) -> f64 {
    libm::exp(1.2 * stream.normal())
}

/// Of samples whose losses are worth enough equal ones, intervals hold the chance of the law.
#[test]
fn intervals_hold_where_losses_are_worth_enough() {
    let worth = |loss: fn(&mut Stream) -> f64| {
        let mut stream = Seed(1).stream("sample");
        Losses::of((0..300).map(|_| loss(&mut stream)).collect()).effective()
    };
    assert!(worth(exponential) >= LEAST_EFFECTIVE && worth(heavy) < LEAST_EFFECTIVE);
    let [held, below] = held(40, exponential, 1.0);
    // 95 of 100 are meant: fewer than 34 of 40 would be one in three hundred.
    assert!(held >= 34, "{held} of 40, {below} below");
}

/// The same for many; and where a few losses decide, those that do not hold end too low.
#[test]
#[ignore = "minutes: asked for by name when the interval changes"]
fn how_often_intervals_hold() {
    for (name, loss, mean, least) in [
        ("exponential", exponential as fn(&mut Stream) -> f64, 1.0, 180),
        ("lognormal, 1.2", heavy, libm::exp(0.72), 170),
    ] {
        let [held, below] = held(200, loss, mean);
        println!("{name}: {held} of 200 held, {below} below");
        assert!(held >= least, "{name}: {held} of 200 held, {below} below");
        assert!(2 * below >= 200 - held, "{name}: {held} of 200 held, {below} below");
    }
}
