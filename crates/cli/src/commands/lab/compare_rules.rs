//! `rhodian lab compare-rules`: the same losses, divided by one rule after another.

use std::fmt::Write as _;

use clap::Args;
use rhodian_lab::compare::burden::Burden;
use rhodian_lab::compare::forecast::{FORECASTS, Missed};
use rhodian_lab::compare::way::WAYS;
use rhodian_lab::compare::{Compared, compare};
use rhodian_lab::crisis::aftermath::Aftermath;
use rhodian_lab::mean::mean;
use rhodian_report::{csv, money};
use serde::Serialize;

use super::crises::{CrisesArgs, dollars, percent};

use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::OutputArgs;
use crate::terminal::bar;

const EXAMPLES: &str = "\
Examples:
  rhodian lab compare-rules
  rhodian lab compare-rules --fund 100000 --crises 2000
  rhodian lab compare-rules --cost 3% --out rules

Every crisis is played once; what its losses lack beyond own means and the fund is divided over
those who won in it, by each rule, exactly. A burden is what one pays of what he won. The second
table is of amounts taken before a loss is known.

The files of --out: rules.txt, for the eye; rules.csv, a row for each rule and figure; rules.json, all
of it. Amounts are US dollars.

Exit: 0 done, 2 bad input, 3 input/output.";

/// See who pays under which rule, and which takes least from whom, over the same crises
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareRulesArgs {
    /// What a fund pays of each crisis before anybody, in dollars
    #[arg(long, value_name = "USD", default_value_t = 0)]
    pub fund: u64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub world: CrisesArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Crises that are drawn where nobody says how many.
const CRISES: usize = 400;
/// The mean of so many is as good as normal, which its interval assumes.
const LEAST: usize = 30;

/// Plays the crises, divides what they leave, tells it.
pub fn run(args: &CompareRulesArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Rules)?;
    }
    let crises = args.world.crises.unwrap_or(CRISES);
    let fund = u128::from(args.fund) * 1_000_000;
    let divided = |after: Aftermath| compare(&after, fund);
    let played = args.world.play_as(args.world.model(), crises, output.quiet, &divided)?;
    let compared: Vec<Compared> = played.kept.into_iter().flatten().collect();
    if compared.len() < LEAST {
        let message = format!("{} crises leave anything to divide", compared.len());
        let help = format!(
            "a mean of fewer than {LEAST} has no interval: ask for more crises, or a smaller fund."
        );
        return Err(Diagnostic::bad_input("lab-too-few-crises", message, help).at("--crises"));
    }
    let shown = Shown::of(args, crises, &compared);
    let forms = Forms {
        name: "rules",
        text: shown.text(),
        csv: shown.csv(),
        json: pretty(&shown),
        ndjson: shown.ndjson(),
    };
    forms.publish(output, Results::Rules)?;
    Ok(Exit::Done)
}

/// A mean over crises, and between which bounds the true one lies, 95 times of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Mean {
    mean: f64,
    between: [f64; 2],
}

impl Mean {
    fn of(all: impl Iterator<Item = f64> + Clone) -> Self {
        let (mean, between) = mean(all);
        Self { mean, between }
    }

    /// Of what lies between none and all: so does its mean.
    fn of_parts(self) -> Self {
        Self { mean: self.mean, between: self.between.map(|bound| bound.clamp(0.0, 1.0)) }
    }
}

#[derive(Serialize)]
struct Shown {
    crises: usize,
    /// In how many anything was left to divide.
    divided: usize,
    fund: u64,
    seed: u64,
    accounts: u32,
    markets: u32,
    /// What was divided and won in a crisis, in dollars.
    loss: Mean,
    gains: Mean,
    winners: Mean,
    rules: Vec<Row>,
    forecasts: Vec<Forecasted>,
}

/// How one rule falls.
#[derive(Serialize)]
struct Row {
    rule: &'static str,
    about: &'static str,
    largest_burden: Mean,
    inequality: Mean,
    inversions: Mean,
    touched: Mean,
    emptied: Mean,
    by_the_tenth_that_won_most: Mean,
    by_the_half_that_won_least: Mean,
    uncovered: Mean,
}

/// What one forecast missed, in parts of what was lost.
#[derive(Serialize)]
struct Forecasted {
    forecast: &'static str,
    about: &'static str,
    honest: bool,
    over: Mean,
    under: Mean,
}

impl Shown {
    fn of(args: &CompareRulesArgs, crises: usize, compared: &[Compared]) -> Self {
        let mean = |of: &dyn Fn(&Compared) -> f64| Mean::of(compared.iter().map(of));
        let row = |place: usize| {
            let of = |figure: fn(&Burden) -> f64| mean(&|one| figure(&one.burdens[place]));
            Row {
                rule: WAYS[place].name,
                about: WAYS[place].about,
                largest_burden: of(|burden| burden.largest).of_parts(),
                inequality: of(|burden| burden.inequality).of_parts(),
                inversions: of(|burden| burden.inversions).of_parts(),
                touched: of(|burden| burden.touched).of_parts(),
                emptied: of(|burden| burden.emptied as f64),
                by_the_tenth_that_won_most: of(|burden| burden.of_most).of_parts(),
                by_the_half_that_won_least: of(|burden| burden.of_least).of_parts(),
                uncovered: of(|burden| burden.uncovered).of_parts(),
            }
        };
        // The fund pays no part of a forecast: it is of the whole loss.
        let whole = |one: &Compared| (one.loss + u128::from(args.fund) * 1_000_000) as f64;
        let forecast = |place: usize| {
            let of = |figure: fn(&Missed) -> u128| {
                mean(&|one| figure(&one.missed[place]) as f64 / whole(one))
            };
            Forecasted {
                forecast: FORECASTS[place].name,
                about: FORECASTS[place].about,
                honest: FORECASTS[place].honest,
                over: of(|missed| missed.over),
                under: of(|missed| missed.under),
            }
        };
        Self {
            crises,
            divided: compared.len(),
            fund: args.fund,
            seed: args.world.seed,
            accounts: args.world.accounts,
            markets: args.world.markets,
            loss: mean(&|one| one.loss as f64 / 1e6),
            gains: mean(&|one| one.gains as f64 / 1e6),
            winners: mean(&|one| one.winners as f64),
            rules: (0..WAYS.len()).map(row).collect(),
            forecasts: (0..FORECASTS.len()).map(forecast).collect(),
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let fund = match self.fund {
            0 => String::new(),
            fund => format!(" beyond a fund of {} USD", money::count(fund as usize)),
        };
        let _ = writeln!(
            out,
            "{} crises of a venue with {} accounts in {} markets, {} with a loss to divide{fund}:\n\
             on average {} USD over {:.0} who won {} USD.\n",
            money::count(self.crises),
            money::count(self.accounts as usize),
            self.markets,
            money::count(self.divided),
            whole(self.loss.mean),
            self.winners.mean,
            whole(self.gains.mean),
        );
        self.largest(&mut out);
        self.falls(&mut out);
        self.forecasts(&mut out);
        out
    }

    /// The picture: the largest burden under each rule.
    fn largest(&self, out: &mut String) {
        let _ =
            writeln!(out, "{:<18}  {:>14}  {:>19}", "rule", "largest burden", "95 times of 100");
        for row in &self.rules {
            let Mean { mean, between: [low, high] } = row.largest_burden;
            let filled = format!("{:.0}", 1000.0 * mean.clamp(0.0, 1.0)).parse().unwrap_or(0);
            let between = format!("{} to {}", percent(low), percent(high));
            let line = format!(
                "{:<18}  {:>14}  {between:>19}  {}",
                row.rule,
                percent(mean),
                bar(filled, 1000, 40)
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out.push_str(
            "\nA burden is what one pays of what he won; the largest is that of whoever is hit hardest.\n\n",
        );
    }

    /// Who pays.
    fn falls(&self, out: &mut String) {
        let of = ["pay", "lose all", "unequal", "inverted", "top tenth", "lower half", "uncovered"];
        let _ = write!(out, "{:<18}", "rule");
        for header in of {
            let _ = write!(out, "  {header:>10}");
        }
        out.push('\n');
        for row in &self.rules {
            let figures = [
                percent(row.touched.mean),
                format!("{:.1}", row.emptied.mean),
                format!("{:.2}", row.inequality.mean),
                percent(row.inversions.mean),
                percent(row.by_the_tenth_that_won_most.mean),
                percent(row.by_the_half_that_won_least.mean),
                percent(row.uncovered.mean),
            ];
            let _ = write!(out, "{:<18}", row.rule);
            for figure in figures {
                let _ = write!(out, "  {figure:>10}");
            }
            out.push('\n');
        }
        out.push_str(
            "\npay: of those who won, the part that pays anything. lose all: how many lose all they won.\n\
             unequal: Gini's coefficient of burdens, 0 where all bear the same part. inverted: of\n\
             neighbours by what they won, the part where the one who won more pays less. top tenth and\n\
             lower half: what those who won most and least pay, of all that is paid.\n\n",
        );
    }

    /// What those miss that take before they know.
    fn forecasts(&self, out: &mut String) {
        out.push_str("Taken before the loss is known, of what is lost:\n");
        let _ = writeln!(out, "{:<18}  {:>10}  {:>10}", "amount", "too much", "too little");
        for row in &self.forecasts {
            let star = if row.honest { "" } else { "*" };
            let _ = writeln!(
                out,
                "{:<18}  {:>10}  {:>10}  {}{star}",
                row.forecast,
                percent(row.over.mean),
                percent(row.under.mean),
                row.about,
            );
        }
        out.push_str("* nobody knows it then\n");
    }

    fn csv(&self) -> String {
        let written =
            |of: &Mean| [of.mean, of.between[0], of.between[1]].map(|x| format!("{x:.9}"));
        let mut rows = Vec::new();
        let mut add = |group: &str, name: &str, figure: &str, of: &Mean| {
            let [mean, low, high] = written(of);
            rows.push(vec![group.to_owned(), name.to_owned(), figure.to_owned(), mean, low, high]);
        };
        for row in &self.rules {
            for (figure, of) in row.figures() {
                add("rule", row.rule, figure, of);
            }
        }
        for row in &self.forecasts {
            add("forecast", row.forecast, "over", &row.over);
            add("forecast", row.forecast, "under", &row.under);
        }
        csv::table(&["of", "name", "figure", "mean", "low", "high"], &rows)
    }

    fn ndjson(&self) -> String {
        let rules = self.rules.iter().map(|row| serde_json::to_string(row).unwrap_or_default());
        let told = self.forecasts.iter().map(|row| serde_json::to_string(row).unwrap_or_default());
        rules.chain(told).map(|line| line + "\n").collect()
    }
}

impl Row {
    fn figures(&self) -> [(&'static str, &Mean); 8] {
        [
            ("largest_burden", &self.largest_burden),
            ("inequality", &self.inequality),
            ("inversions", &self.inversions),
            ("touched", &self.touched),
            ("emptied", &self.emptied),
            ("by_the_tenth_that_won_most", &self.by_the_tenth_that_won_most),
            ("by_the_half_that_won_least", &self.by_the_half_that_won_least),
            ("uncovered", &self.uncovered),
        ]
    }
}

/// Dollars as whole ones.
fn whole(amount: f64) -> String {
    dollars(format!("{:.0}", amount * 1e6).parse().unwrap_or(0))
}
