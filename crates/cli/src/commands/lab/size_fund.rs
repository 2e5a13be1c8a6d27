//! `rhodian lab size-fund`: how large the insurance fund must be.

use std::fmt::Write as _;

use clap::Args;
use rhodian_lab::crisis::Crisis;
use rhodian_lab::crisis::fund::{self, Point, Size};
use rhodian_report::{csv, money};
use serde::Serialize;

use super::crises::{CrisesArgs, Played, dollars, percent, target};
use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::OutputArgs;
use crate::terminal::bar;

const EXAMPLES: &str = "\
Examples:
  rhodian lab size-fund
  rhodian lab size-fund --target 1/100 --cost 3%
  rhodian lab size-fund --fall 30% --accounts 1000 --crises 5000 --out fund

Each crisis is the venue's whole book run through the engine: marks fall in steps, accounts below
maintenance are closed in part at a cost, accounts below nothing are taken over and their books
sold. What their losses lack beyond own means is what a fund in front of everyone would pay.

The same seed gives the same crises at any number of threads. Where fewer crises are asked for than
can back the target, the answer is refused: nothing would bound it from above.

The files of --out: fund.txt, for the eye; fund.csv, fund against the chance that a crisis passes it;
fund.json, all of it. Amounts of CSV and JSON are US dollars.

Exit: 0 done, 2 bad input, 3 input/output.";

/// Size the insurance fund: what one crisis in so many takes
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SizeFundArgs {
    /// How often a crisis may pass the fund
    #[arg(long, value_name = "PART", default_value = "1/1000", value_parser = target)]
    pub target: f64,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub world: CrisesArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Plays the crises, sizes the fund, tells it.
pub fn run(args: &SizeFundArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::Fund)?;
    }
    let (crises, least) = (args.world.count(args.target), fund::least_crises(args.target));
    if crises < least {
        return Err(too_few(args.target, crises, least));
    }
    let played = args.world.play(args.world.model(), crises, output.quiet)?;
    let deficits = played.deficits();
    let size = fund::size(&deficits, args.target);
    let size = size.ok_or_else(|| too_few(args.target, crises, least))?;
    let eighths = [0, 1, 2, 4, 6, 8, 10, 12];
    let curve = fund::curve(&deficits, &eighths.map(|part| size.size / 8 * part));
    let answer = Answer { args, played: &played, size, curve: &curve };
    let forms = Forms {
        name: "fund",
        text: answer.text(),
        csv: answer.csv(),
        json: pretty(&answer.shown()),
        ndjson: answer.ndjson(),
    };
    forms.publish(output, Results::Fund)?;
    Ok(Exit::Done)
}

fn too_few(target: f64, crises: usize, least: usize) -> Diagnostic {
    let message = format!("{crises} crises do not back a target of one in {:.0}", 1.0 / target);
    let help = format!("ask for at least {least} crises, or for a target that is met more often.");
    Diagnostic::bad_input("lab-too-few-crises", message, help).at("--crises")
}

struct Answer<'a> {
    args: &'a SizeFundArgs,
    played: &'a Played<Crisis>,
    size: Size,
    curve: &'a [Point],
}

#[derive(Serialize)]
struct Shown {
    target: f64,
    crises: usize,
    seed: u64,
    accounts: u32,
    markets: u32,
    equity: String,
    open_value: String,
    fund: String,
    fund_between: [String; 2],
    mean_deficit: String,
    largest_deficit: String,
    curve: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    fund: String,
    passed: f64,
    passed_between: [f64; 2],
}

impl Answer<'_> {
    fn plain(atoms: u128) -> String {
        money::Money::new(6).plain(atoms)
    }

    fn mean(&self) -> u128 {
        let crises = &self.played.kept;
        crises.iter().map(|crisis| crisis.deficit).sum::<u128>() / (crises.len().max(1) as u128)
    }

    fn largest(&self) -> u128 {
        self.played.kept.iter().map(|crisis| crisis.deficit).max().unwrap_or(0)
    }

    fn text(&self) -> String {
        let (world, stage) = (&self.args.world, &self.played.stage);
        let mut out = String::new();
        let crises = money::count(self.played.kept.len());
        let of = |atoms: u128, whole: u128| atoms as f64 / whole.max(1) as f64;
        let size = self.size.size;
        let _ = writeln!(
            out,
            "{crises} crises of a venue with {} accounts in {} markets: {} USD of equity, {} USD open.\n\
             Markets fall by {} at least and {} on average; closing costs {}.\n",
            money::count(world.accounts as usize),
            world.markets,
            dollars(stage.equity()),
            dollars(stage.open_value()),
            percent(world.fall),
            percent(world.fall + world.beyond),
            percent(world.cost),
        );
        let _ = writeln!(
            out,
            "One crisis in {:.0} takes more than {} USD, {} of all equity\n\
             (95 times of 100 the true size is from {} to {}).\n",
            1.0 / self.args.target,
            dollars(size),
            percent(of(size, stage.equity())),
            dollars(self.size.between.0),
            dollars(self.size.between.1),
        );
        let _ =
            writeln!(out, "{:>14}  {:>10}  {:>19}", "fund, USD", "passed by", "95 times of 100");
        for point in self.curve {
            let (low, high) = point.between;
            let filled = format!("{:.0}", 1000.0 * point.passed).parse().unwrap_or(0);
            let between = format!("{} to {}", percent(low), percent(high));
            let line = format!(
                "{:>14}  {:>10}  {between:>19}  {}",
                dollars(point.fund),
                percent(point.passed),
                bar(filled, 1000, 40)
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let _ = writeln!(
            out,
            "\nA crisis takes {} on average, the largest of these took {}.",
            dollars(self.mean()),
            dollars(self.largest())
        );
        out
    }

    fn rows(&self) -> Vec<Row> {
        let row = |point: &Point| Row {
            fund: Self::plain(point.fund),
            passed: point.passed,
            passed_between: [point.between.0, point.between.1],
        };
        self.curve.iter().map(row).collect()
    }

    fn shown(&self) -> Shown {
        let (world, stage) = (&self.args.world, &self.played.stage);
        Shown {
            target: self.args.target,
            crises: self.played.kept.len(),
            seed: world.seed,
            accounts: world.accounts,
            markets: world.markets,
            equity: Self::plain(stage.equity()),
            open_value: Self::plain(stage.open_value()),
            fund: Self::plain(self.size.size),
            fund_between: [self.size.between.0, self.size.between.1].map(Self::plain),
            mean_deficit: Self::plain(self.mean()),
            largest_deficit: Self::plain(self.largest()),
            curve: self.rows(),
        }
    }

    fn csv(&self) -> String {
        let row = |row: Row| {
            let [low, high] = row.passed_between.map(|part| format!("{part:.6}"));
            vec![row.fund, format!("{:.6}", row.passed), low, high]
        };
        let rows: Vec<Vec<String>> = self.rows().into_iter().map(row).collect();
        csv::table(&["fund", "passed", "passed_low", "passed_high"], &rows)
    }

    fn ndjson(&self) -> String {
        let line = |row: &Row| serde_json::to_string(row).unwrap_or_default() + "\n";
        self.rows().iter().map(line).collect()
    }
}
