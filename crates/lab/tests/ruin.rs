//! Ruin against a formula, against histories walked one by one, and against itself.

use rhodian_lab::ruin::{Losses, Ruin, Terms, within};
use rhodian_lab::seed::{Seed, Stream};

/// Losses like those of crises: many small ones, few large.
fn crises(count: usize) -> Vec<f64> {
    let mut stream = Seed(9).stream("losses");
    (0..count).map(|_| libm::exp(1.2 * stream.normal())).collect()
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
        let found = Ruin::of(&losses, &terms, 5.0, 0.01, Seed(1));
        let ruined = found.hits[0] as f64 / within::COUNT as f64;
        // Four deviations of a part of ten thousand.
        let away = 4.0 * (ruined * (1.0 - ruined) / within::COUNT as f64).sqrt();
        assert!((1.0 - survives - ruined).abs() < away, "{income}: {survives} and {ruined}");
    }
}

/// Long histories empty a fund as often as there is a chance that it is ever emptied.
#[test]
fn long_histories_empty_a_fund_as_often_as_it_is_ever_emptied() {
    let losses = crises(300);
    let load = Losses::of(losses.clone()).mean();
    for (part, fund) in [(0.5, 4.0), (0.6, 10.0), (0.7, 20.0)] {
        let terms = Terms { a_year: 2.0, income: 2.0 * load / part, years: 100.0 };
        let found = Ruin::of(&losses, &terms, fund, 0.01, Seed(5));
        let ever = found.ever[found.fund];
        let ruined = found.hits[found.fund] as f64 / within::COUNT as f64;
        let away = 4.0 * (ever.value * (1.0 - ever.value) / within::COUNT as f64).sqrt();
        assert!((ever.value - ruined).abs() < away, "{part}: {ever:?} {ruined}");
        assert!((found.cell * found.fund as f64 - fund).abs() < 1e-9);
        assert!(ever.between[0] < ever.value && ever.value < ever.between[1]);
    }
}

/// A larger fund is emptied no more often, ever no less often than within some years, and the size
/// for a target is where the curve meets it.
#[test]
fn curves_fall_and_the_size_is_where_the_target_is_met() {
    let losses = crises(1_000);
    let mean = Losses::of(losses.clone()).mean();
    let terms = Terms { a_year: 1.0, income: 1.5 * mean, years: 5.0 };
    let found = Ruin::of(&losses, &terms, 10.0, 0.01, Seed(2));
    for (curve, name) in [(&found.ever, "ever"), (&found.within, "within")] {
        assert!(curve.windows(2).all(|pair| pair[0].value >= pair[1].value), "{name}");
    }
    assert!((found.ever[0].value - 1.0 / 1.5).abs() < 0.01, "with nothing: the load");
    let later = found.ever.iter().zip(&found.within).all(|(ever, within)| {
        within.value <= ever.value + 4.0 * (0.25 / within::COUNT as f64).sqrt()
    });
    assert!(later);
    let size = found.size(0.01).unwrap();
    let at = (size.value / found.cell).round() as usize;
    assert!(found.ever[at].value <= 0.01 && found.ever[at - 1].value > 0.01);
    assert!(size.between[0] < size.value && size.value < size.between[1], "{size:?}");
    assert_eq!(found.size(1e-9), None, "the curve ends before");
}

/// Without enough income ruin is certain; where crises drawn again have enough, that is said.
#[test]
fn too_small_an_income_ruins_for_certain() {
    let losses = crises(200);
    let mean = Losses::of(losses.clone()).mean();
    for (part, low) in [(0.5, 1.0), (0.98, 0.9)] {
        let terms = Terms { a_year: 1.0, income: part * mean, years: 5.0 };
        let found = Ruin::of(&losses, &terms, 1.0, 0.01, Seed(2));
        let ever = found.ever[found.fund];
        assert_eq!((ever.value, ever.between[1]), (1.0, 1.0));
        assert!(ever.between[0] <= low + 0.1 && (part < 0.9) == (ever.between[0] == 1.0));
        assert_eq!(found.size(0.01), None);
    }
}

/// Of a hundred samples of a law whose chance is known, nearly all intervals hold it.
#[test]
fn intervals_hold_the_chance_of_the_law() {
    let (load, fund) = (0.6, 3.0);
    let chance = load * libm::exp(-(1.0 - load) * fund);
    let mut held = 0;
    for seed in 0..60 {
        let mut stream = Seed(seed).stream("sample");
        let losses: Vec<f64> = (0..300).map(|_| -libm::log(stream.unit())).collect();
        let terms = Terms { a_year: 1.0, income: 1.0 / load, years: 1.0 };
        let found = Ruin::of(&losses, &terms, fund, 0.05, Seed(seed));
        let [low, high] = found.ever[found.fund].between;
        held += u32::from((low..=high).contains(&chance));
    }
    // 95 of 100 are meant: fewer than 52 of 60 would be one in a thousand.
    assert!(held >= 52, "{held} of 60");
}
