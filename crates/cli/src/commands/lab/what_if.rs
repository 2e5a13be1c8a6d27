//! `rhodian lab what-if`: what one change does, over the same crises.

use std::fmt::Write as _;

use clap::Args;
use rhodian_lab::crisis::Crisis;
use rhodian_lab::crisis::fund;
use rhodian_lab::crisis::model::CrisisModel;
use rhodian_lab::mean::mean;
use rhodian_report::{csv, money};
use serde::Serialize;

use super::crises::{CrisesArgs, dollars, millionths, part, target};
use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::OutputArgs;

const EXAMPLES: &str = "\
Examples:
  rhodian lab what-if maintenance=+5%
  rhodian lab what-if cost=3%
  rhodian lab what-if maintenance=-10% --target 1/200 --out margin

CHANGE is one of:
  maintenance=+5%   maintenance margin is so much more, or less, than the schedule says
  cost=3%           closing costs so much against the mark
  fall=25%          markets fall by so much at least
  beyond=20%        and by so much beyond it on average

The same crises are played with and without the change, so what differs is the change: the interval
is that of the mean of differences, crisis by crisis.

The files of --out: what-if.txt, for the eye; what-if.csv, a row for each figure; what-if.json, all of
it. Amounts are US dollars.

Exit: 0 done, 2 bad input, 3 input/output.";

/// See what one change does to the fund, to failures and to liquidations, over the same crises
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WhatIfArgs {
    /// What is changed, as maintenance=+5%
    #[arg(value_name = "CHANGE", value_parser = change)]
    pub change: Change,
    /// How often a crisis may pass the fund that is compared
    #[arg(long, value_name = "PART", default_value = "1/100", value_parser = target)]
    pub target: f64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub world: CrisesArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// The mean of so many differences is as good as normal, which its interval assumes.
const LEAST: usize = 30;

/// One change of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    text: String,
    of: Key,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    /// Of the schedule's maintenance, in millionths.
    Maintenance(u32),
    Cost(f64),
    Fall(f64),
    Beyond(f64),
}

fn change(text: &str) -> Result<Change, String> {
    let wrong = || "a change is maintenance=+5%, cost=3%, fall=25% or beyond=20%".to_owned();
    let (key, value) = text.split_once('=').ok_or_else(wrong)?;
    let of = match key.trim() {
        "maintenance" => {
            let (less, size) = match value.trim() {
                of if of.starts_with('+') => (false, &of[1..]),
                of if of.starts_with('-') => (true, &of[1..]),
                _ => return Err("maintenance is changed by +5% or -5%".to_owned()),
            };
            let size = millionths(part(size)?);
            let one = 1_000_000;
            Key::Maintenance(if less { one - size.min(one) } else { one + size })
        }
        "cost" => Key::Cost(part(value)?),
        "fall" => Key::Fall(part(value)?),
        "beyond" => Key::Beyond(part(value)?),
        _ => return Err(wrong()),
    };
    Ok(Change { text: text.to_owned(), of })
}

impl Change {
    fn made(&self, mut model: CrisisModel) -> CrisisModel {
        match self.of {
            Key::Maintenance(part) => model.maintenance = part,
            Key::Cost(part) => model.cost = millionths(part),
            Key::Fall(part) => model.severity.least = part,
            Key::Beyond(part) => model.severity.beyond = part,
        }
        model
    }
}

/// Plays the crises twice, compares them, tells it.
pub fn run(args: &WhatIfArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::WhatIf)?;
    }
    let crises = args.world.count(args.target).max(LEAST);
    if args.world.crises.is_some_and(|asked| asked < LEAST) {
        let message = "a mean difference of so few crises has no interval";
        let help = format!("ask for at least {LEAST} crises.");
        return Err(Diagnostic::bad_input("lab-too-few-crises", message, help).at("--crises"));
    }
    let needed = fund::least_crises(args.target);
    if crises < needed {
        let count = money::count(needed);
        output.remark(format!("the fund is not compared: its target takes {count} crises"));
    }
    let model = args.world.model();
    let now = args.world.play(model, crises, output.quiet)?.kept;
    let then = args.world.play(args.change.made(model), crises, output.quiet)?.kept;
    let shown = Shown::of(args, &now, &then);
    let forms = Forms {
        name: "what-if",
        text: shown.text(),
        csv: shown.csv(),
        json: pretty(&shown),
        ndjson: shown.ndjson(),
    };
    forms.publish(output, Results::WhatIf)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Shown {
    change: String,
    crises: usize,
    target: f64,
    figures: Vec<Figure>,
    /// In how many crises losses took more, and less, with the change.
    more: usize,
    less: usize,
}

/// A figure without and with the change; the difference of means with its interval.
#[derive(Serialize)]
struct Figure {
    what: String,
    money: bool,
    now: f64,
    with_it: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference_between: Option<[f64; 2]>,
}

/// The mean difference of pairs, within two deviations of it.
fn differs(pairs: &[(f64, f64)]) -> [f64; 2] {
    mean(pairs.iter().map(|(now, then)| then - now)).1
}

impl Shown {
    fn of(args: &WhatIfArgs, now: &[Crisis], then: &[Crisis]) -> Self {
        let mean = |what: &str, money: bool, of: &dyn Fn(&Crisis) -> f64| {
            let pairs: Vec<(f64, f64)> =
                now.iter().zip(then).map(|(now, then)| (of(now), of(then))).collect();
            let n = pairs.len().max(1) as f64;
            let sums = pairs.iter().fold((0.0, 0.0), |(a, b), (now, then)| (a + now, b + then));
            let (now, with_it) = (sums.0 / n, sums.1 / n);
            let difference_between = Some(differs(&pairs));
            Figure { what: what.to_owned(), money, now, with_it, difference_between }
        };
        let unit = 1e6;
        let mut figures = vec![
            mean("losses lack, mean", true, &|of| of.deficit as f64 / unit),
            mean("accounts that fail, mean", false, &|of| f64::from(of.failed)),
            mean("accounts liquidated, mean", false, &|of| f64::from(of.liquidated)),
            mean("closed of them, mean", true, &|of| of.closed as f64 / unit),
        ];
        let size = |of: &[Crisis]| {
            let deficits: Vec<u128> = of.iter().map(|crisis| crisis.deficit).collect();
            fund::size(&deficits, args.target).map(|size| size.size as f64 / unit)
        };
        if let Some((now, with_it)) = size(now).zip(size(then)) {
            let what = format!("fund, one in {:.0}", 1.0 / args.target);
            let none = None;
            figures.insert(0, Figure { what, money: true, now, with_it, difference_between: none });
        }
        let pairs = || now.iter().zip(then);
        Self {
            change: args.change.text.clone(),
            crises: now.len(),
            target: args.target,
            figures,
            more: pairs().filter(|(now, then)| then.deficit > now.deficit).count(),
            less: pairs().filter(|(now, then)| then.deficit < now.deficit).count(),
        }
    }

    fn text(&self) -> String {
        let count = money::count;
        let mut out = format!("{}, over the same {} crises\n\n", self.change, count(self.crises));
        let header = ["now", "with it", "difference, 95 times of 100"];
        let _ = writeln!(out, "{:<26}{:>14}{:>14}{:>32}", "", header[0], header[1], header[2]);
        for of in &self.figures {
            let written = |value: f64| written(value, of.money);
            let between = of.difference_between.map_or_else(
                || written(of.with_it - of.now),
                |[low, high]| format!("{} to {}", written(low), written(high)),
            );
            let (now, with_it) = (written(of.now), written(of.with_it));
            let _ = writeln!(out, "{:<26}{now:>14}{with_it:>14}{between:>32}", of.what);
        }
        let _ = writeln!(
            out,
            "\nLosses lack more in {} crises and less in {}.",
            count(self.more),
            count(self.less)
        );
        out
    }

    fn csv(&self) -> String {
        let row = |of: &Figure| {
            let between = of.difference_between.map(|of| of.map(|one| format!("{one:.6}")));
            let [low, high] = between.unwrap_or_default();
            vec![of.what.clone(), format!("{:.6}", of.now), format!("{:.6}", of.with_it), low, high]
        };
        let header = ["figure", "now", "with_it", "difference_low", "difference_high"];
        csv::table(&header, &self.figures.iter().map(row).collect::<Vec<_>>())
    }

    fn ndjson(&self) -> String {
        let line = |of: &Figure| serde_json::to_string(of).unwrap_or_default() + "\n";
        self.figures.iter().map(line).collect()
    }
}

/// Dollars as whole ones, counts with a decimal.
fn written(value: f64, money: bool) -> String {
    if !money {
        return format!("{value:.2}");
    }
    let atoms: u128 = format!("{:.0}", value.abs() * 1e6).parse().unwrap_or(0);
    let text = dollars(atoms);
    if value < 0.0 && text != "0" { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Key, change, differs};

    #[test]
    fn changes_are_read() {
        for (text, expected) in [
            ("maintenance=+5%", Some(Key::Maintenance(1_050_000))),
            ("maintenance=-5%", Some(Key::Maintenance(950_000))),
            ("cost=3%", Some(Key::Cost(0.03))),
            ("fall=1/4", Some(Key::Fall(0.25))),
            ("maintenance=5%", None),
            ("margin=+5%", None),
            ("cost", None),
        ] {
            assert_eq!(change(text).ok().map(|change| change.of), expected, "{text}");
        }
    }

    #[test]
    fn a_difference_that_is_the_same_everywhere_has_no_spread() {
        assert_eq!(differs(&[(1.0, 3.0), (5.0, 7.0)]), [2.0, 2.0]);
    }
}
