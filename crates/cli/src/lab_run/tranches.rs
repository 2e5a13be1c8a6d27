//! What layers are worth: how often crises reach each, what it loses of its size in a year, and the
//! fund that costs least.

use rhodian_lab::crisis::fund;
use rhodian_lab::experiment::{Estimate, part};
use rhodian_lab::mean::mean;
use rhodian_report::money;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::{add_mean, estimate, notes};
use super::pictures::{self, usd};
use super::work::Work;
use crate::experiment_file::model::{self, Layer, Question};

/// A part that fewer met is not given.
const LEAST_HITS: usize = 5;

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    let Question::Tranches { world, layers, a_year, capital, shortfall } = &work.of.question else {
        return answer;
    };
    let layers = with_fund(world.fund, layers);
    let deficits: Vec<u128> = rows.iter().map(|row| field(row, 4)).collect();
    let asked = Asked {
        deficits: &deficits,
        a_year: f64::from(*a_year),
        capital: model::part(*capital),
        shortfall: f64::from(*shortfall),
    };
    let mut rates = Vec::new();
    let mut from = 0;
    for layer in &layers {
        if let Some(rate) = asked.layer(layer, from, &mut answer) {
            rates.push((layer.name.as_str(), rate.value, rate.between));
        }
        from += layer.size;
    }
    let beyond = deficits.iter().map(|of| usd(of.saturating_sub(from)));
    let names = ("loss-mean", "a crisis takes of it, mean");
    let what = ("beyond all", "crises pass all layers");
    add_mean(what, names, Unit::Dollars, estimate(beyond), &mut answer);
    let least = asked.least(&mut answer);
    answer.lead = lead(&rates, least);
    if !rates.is_empty() {
        answer.pictures.push(("tranches.svg", pictures::rates(&rates)));
    }
    answer
        .pictures
        .push(("survival.svg", pictures::survival(&[("", deficits.clone())], world.fund)));
    answer.notes.push(format!(
        "{a_year} crises a year, each with every layer full; capital costs {} a year, and a \
         dollar that a fund lacks costs {shortfall}.",
        Unit::Part.shown(asked.capital)
    ));
    answer
}

/// Layers in paying order, the world's fund first.
pub(super) fn with_fund(fund: Option<u128>, layers: &[Layer]) -> Vec<Layer> {
    let first = fund.map(|size| Layer { name: "fund".to_owned(), size });
    first.into_iter().chain(layers.iter().cloned()).collect()
}

struct Asked<'a> {
    deficits: &'a [u128],
    a_year: f64,
    capital: f64,
    shortfall: f64,
}

impl Asked<'_> {
    /// How often a layer is met and used up, and what it loses; its yearly rate where it has one.
    fn layer(&self, layer: &Layer, from: u128, answer: &mut Answer) -> Option<Estimate> {
        let of = layer.name.as_str();
        let met = "crises meet it";
        self.often(of, ("met", met), from, answer);
        self.often(of, ("used-up", "crises use it up"), from + layer.size - 1, answer);
        let loss = |deficit: &u128| usd(deficit.saturating_sub(from).min(layer.size));
        let names = ("loss-mean", "a crisis takes of it, mean");
        let found = estimate(self.deficits.iter().map(loss));
        add_mean((of, met), names, Unit::Dollars, found, answer);
        let found = found.ok()?;
        // Of its size, in a year.
        let scale = self.a_year / usd(layer.size);
        let rate = |value: f64| (value * scale).max(0.0);
        let fair = Estimate { value: rate(found.value), between: found.between.map(rate) };
        let names = ("fair-rate", "a year, of its size: the fair rate");
        answer.figures.push(Figure::of(of, names, Unit::Part, fair));
        let loaded = |value: f64| value + self.capital;
        let loaded = Estimate { value: loaded(fair.value), between: fair.between.map(loaded) };
        let names = ("loaded-rate", "and with what its capital costs");
        answer.figures.push(Figure::of(of, names, Unit::Part, loaded));
        Some(fair)
    }

    /// How many crises take more than an amount.
    fn often(&self, of: &str, (figure, words): (&str, &str), sum: u128, answer: &mut Answer) {
        let hits = self.deficits.iter().filter(|deficit| **deficit > sum).count();
        let found = part(hits, self.deficits.len());
        if hits >= LEAST_HITS {
            answer.figures.push(Figure::of(of, (figure, words), Unit::Part, found));
            return;
        }
        let why = format!(
            "{words}: {hits} of {} did, {LEAST_HITS} back a figure; the chance is below {}, 95 \
             times of 100",
            money::count(self.deficits.len()),
            Unit::Part.shown(found.between[1])
        );
        let (of, figure) = (of.to_owned(), figure.to_owned());
        answer.refused.push(Refused { of, figure, why });
    }

    /// The fund that costs least, capital and what it lacks together: the one that a part
    /// capital / (crises a year x cost of a dollar lacking) of crises pass (the newsvendor's).
    fn least(&self, answer: &mut Answer) -> Option<Estimate> {
        let target = self.capital / (self.a_year * self.shortfall);
        let (of, figure) = ("least cost", "fund");
        let words = format!("a fund that {} of crises pass", Unit::Part.shown(target));
        let refuse = |why: String, answer: &mut Answer| {
            let (of, figure) = (of.to_owned(), figure.to_owned());
            answer.refused.push(Refused { of, figure, why: format!("{words}: {why}") });
        };
        if target >= 1.0 {
            refuse("capital costs more than what it saves, so none costs least".to_owned(), answer);
            return None;
        }
        let Some(size) = fund::size(self.deficits, target) else {
            let needed = money::count(fund::least_crises(target));
            let have = money::count(self.deficits.len());
            refuse(format!("{have} crises do not back it, {needed} would"), answer);
            return None;
        };
        let between = [usd(size.between.0), usd(size.between.1)];
        let found = Estimate { value: usd(size.size), between };
        answer.figures.push(Figure::of(of, (figure, &words), Unit::Dollars, found));
        let cost = |deficit: &u128| {
            let lacks = usd(deficit.saturating_sub(size.size));
            self.capital * usd(size.size) + self.a_year * self.shortfall * lacks
        };
        let passed = self.deficits.iter().filter(|of| **of > size.size).count();
        let names = ("cost", "it costs a year, capital and what it lacks");
        if passed < LEAST_FOR_COST {
            let why = format!(
                "{}: {passed} crises pass it, and a mean of fewer than {LEAST_FOR_COST} that do \
                 has no interval",
                names.1
            );
            let (of, figure) = (of.to_owned(), names.0.to_owned());
            answer.refused.push(Refused { of, figure, why });
        } else {
            let (value, between) = mean(self.deficits.iter().map(cost));
            let costs = Estimate { value, between };
            answer.figures.push(Figure::of(of, names, Unit::Dollars, costs));
        }
        Some(found)
    }
}

/// A cost of fewer crises that pass the fund is no estimate.
const LEAST_FOR_COST: usize = 30;

fn lead(rates: &[(&str, f64, [f64; 2])], least: Option<Estimate>) -> String {
    let one =
        |(name, value, _): &(&str, f64, [f64; 2])| format!("{name} {}", Unit::Part.shown(*value));
    let rates: Vec<String> = rates.iter().map(one).collect();
    let lose = if rates.is_empty() {
        "No layer is met often enough for a rate.".to_owned()
    } else {
        format!("What a layer loses a year, of its size: {}.", rates.join(", "))
    };
    match least {
        None => format!("{lose} The fund that costs least cannot be backed."),
        Some(of) => {
            format!("{lose} A fund of {} USD costs least.", Unit::Dollars.shown(of.value))
        }
    }
}
