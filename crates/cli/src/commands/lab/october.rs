//! `rhodian lab october`: the published comparison of the 10th of October 2025, scored again.

use std::path::{Path, PathBuf};

use clap::Args;
use rhodian_core::units::Amount;
use rhodian_lab::october::findings::{self, Counted, Production};
use rhodian_lab::october::ours::{self, Ours, Refused, UNIT, Winner};
use rhodian_lab::october::{COUNT, POLICIES, Scores, Wave};
use rhodian_report::csv;
use serde::Serialize;

use super::{october_text, record};
use crate::diagnostic::{Diagnostic, Exit};
use crate::forms::{Forms, pretty};
use crate::out_folder::{self, Results};
use crate::output::OutputArgs;

const EXAMPLES: &str = "\
Examples:
  git clone https://github.com/pluriholonomic/autodeleveraging-analysis
  rhodian lab october --data autodeleveraging-analysis
  rhodian lab october --data oct10 --format json
  rhodian lab october --data oct10 --out october

DIR holds policy_per_wave_metrics.csv, which the authors of arXiv 2512.01112 published under MIT, or
a folder oct10 with it. Either file may be Parquet: policy_per_wave_metrics.parquet. The table is Table 2 of arXiv 2602.15182, to the cent; beside it what the
same file says that the table does not.

With adl_by_user.csv beside it (user, closed_pnl, account_value_realtime: who was deleveraged, what he
won and what he had), the waves' needs are also divided by Rhodian's own rule over those accounts:
each wave measured, then divided, in one episode.

The files of --out: october.txt, for the eye; october.csv, a row for each policy; october.json, all
of it. Amounts are US dollars.

Exit: 0 done, 2 bad input, 3 input/output.";

/// The file that every use needs.
const WAVES: &str = "policy_per_wave_metrics.csv";
/// The file with the accounts that were deleveraged.
const ACCOUNTS: &str = "adl_by_user.csv";

/// Score the policies of 10 October 2025 again: what each took, against what was needed
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OctoberArgs {
    /// The folder of the published record
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

/// Everything that is told.
pub(super) struct Answer {
    /// The waves.
    pub waves: Vec<Wave>,
    /// How each policy did, in the order of [`POLICIES`].
    pub scores: [Scores; COUNT],
    /// One loss, counted often.
    pub counted: Counted,
    /// Where production took too much.
    pub production: Production,
    /// The same waves by our own rule, where the accounts are known.
    pub ours: Option<Ours>,
}

/// Reads the record, scores it, tells it.
pub fn run(args: &OctoberArgs) -> Result<Exit, Diagnostic> {
    let output = &args.output;
    if let Some(target) = &output.out {
        out_folder::check(target, output.force, Results::October)?;
    }
    let folder = record::folder(&args.data);
    let waves = waves(&record::file(&folder, WAVES))?;
    let accounts = record::file(&folder, ACCOUNTS);
    let ours = if accounts.exists() {
        Some(ours::divide(&waves, &winners(&accounts)?).map_err(|why| refused(&why, &accounts))?)
    } else {
        output.remark(format!("no {ACCOUNTS} beside it: our own rule is not shown"));
        None
    };
    let answer = Answer {
        scores: core::array::from_fn(|place| Scores::of(&waves, place)),
        counted: findings::counted(&waves),
        production: findings::production(&waves),
        ours,
        waves,
    };
    let shown = Shown::of(&answer);
    let forms = Forms {
        name: "october",
        text: october_text::text(&answer),
        csv: shown.csv(),
        json: pretty(&shown),
        ndjson: shown.ndjson(),
    };
    forms.publish(output, Results::October)?;
    Ok(Exit::Done)
}

fn waves(path: &Path) -> Result<Vec<Wave>, Diagnostic> {
    let mut names: Vec<String> =
        ["wave", "budget_needed", "deficit_usd", "max_loss_usd"].map(str::to_owned).to_vec();
    for prefix in ["budget", "max_pct"] {
        names.extend(POLICIES.iter().map(|policy| format!("{prefix}_{}", policy.column)));
    }
    let rows = record::numbers(path, &names)?;
    let wave = |row: Vec<f64>| Wave {
        // Numbers of waves are small and whole; another is shown as zero.
        number: format!("{}", row[0]).parse().unwrap_or(0),
        needed: row[1],
        deficit: row[2],
        largest: row[3],
        taken: core::array::from_fn(|place| row[4 + place]),
        burden: core::array::from_fn(|place| row[4 + COUNT + place]),
    };
    Ok(rows.into_iter().map(wave).collect())
}

/// Who won: his profit, and as cap the smaller of it and what the account is worth.
fn winners(path: &Path) -> Result<Vec<Winner>, Diagnostic> {
    let names = ["closed_pnl", "account_value_realtime"].map(str::to_owned);
    let rows = record::numbers(path, &names)?;
    let won = rows.into_iter().filter(|row| row[0] > 0.0);
    let amount = |dollars: f64| {
        let text = format!("{:.0}", (dollars.max(0.0) * UNIT).round_ties_even());
        text.parse().ok().and_then(|atoms: u128| Amount::new(atoms).ok()).unwrap_or(Amount::MAX)
    };
    let winner = |row: Vec<f64>| Winner { weight: amount(row[0]), cap: amount(row[0].min(row[1])) };
    Ok(won.map(winner).collect())
}

fn refused(why: &Refused, path: &Path) -> Diagnostic {
    let help = "take the file as its authors published it.";
    let place = path.display().to_string();
    Diagnostic::bad_input("record-not-divisible", why.to_string(), help).at(place)
}

/// An amount of dollars to the cent.
pub(super) fn cents(dollars: f64) -> String {
    let text = format!("{dollars:.2}");
    // A sum that is zero but for what doubles lose.
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

/// The answer as data; amounts are text, in dollars to the cent.
#[derive(Serialize)]
struct Shown {
    waves: usize,
    needed: String,
    policies: Vec<Row>,
    repeated_loss: Repeated,
    production: Overshoot,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<OwnRule>,
}

#[derive(Serialize)]
struct Row {
    policy: &'static str,
    knows_the_hole: bool,
    tracking: String,
    over: String,
    under: String,
    fairness: String,
    total: String,
    above_program: String,
    above_least: String,
}

#[derive(Serialize)]
struct Repeated {
    loss: String,
    waves: usize,
    deficits_as_published: String,
    deficits_once: String,
    bound_as_published: String,
    bound_once: String,
}

#[derive(Serialize)]
struct Overshoot {
    worst_wave: u32,
    over_in_it: String,
    waves_short: usize,
}

#[derive(Serialize)]
struct OwnRule {
    accounts: usize,
    most_tracking_in_a_wave: String,
    excess: String,
    inversions: usize,
    waves: Vec<OwnWave>,
}

#[derive(Serialize)]
struct OwnWave {
    wave: u32,
    needed: String,
    taken: String,
    level: String,
}

impl Shown {
    fn of(answer: &Answer) -> Self {
        let row = |(policy, of): (&rhodian_lab::october::Policy, &Scores)| Row {
            policy: policy.name,
            knows_the_hole: policy.knows,
            tracking: cents(of.tracking),
            over: cents(of.over),
            under: cents(of.under),
            fairness: cents(of.fairness),
            total: cents(of.total),
            above_program: cents(of.above_program),
            above_least: cents(of.above_least),
        };
        let Answer { waves, scores, counted, production, ours } = answer;
        Self {
            waves: waves.len(),
            needed: cents(waves.iter().map(|wave| wave.needed).sum()),
            policies: POLICIES.iter().zip(scores).map(row).collect(),
            repeated_loss: Repeated {
                loss: cents(counted.largest.0),
                waves: counted.largest.1,
                deficits_as_published: cents(counted.deficits),
                deficits_once: cents(counted.once),
                bound_as_published: cents(counted.bounds.0),
                bound_once: cents(counted.bounds.1),
            },
            production: Overshoot {
                worst_wave: production.worst.0,
                over_in_it: cents(production.worst.1),
                waves_short: production.short,
            },
            ours: ours.as_ref().map(OwnRule::of),
        }
    }

    fn csv(&self) -> String {
        let row = |of: &Row| {
            let knows = if of.knows_the_hole { "yes" } else { "no" };
            let words = [of.policy, knows, &of.tracking, &of.over, &of.under, &of.fairness];
            let more = [&of.total, &of.above_program, &of.above_least].map(String::as_str);
            words.into_iter().chain(more).map(str::to_owned).collect()
        };
        let header = [
            "policy",
            "knows_the_hole",
            "tracking",
            "over",
            "under",
            "fairness",
            "total",
            "above_program",
            "above_least",
        ];
        csv::table(&header, &self.policies.iter().map(row).collect::<Vec<_>>())
    }

    fn ndjson(&self) -> String {
        let line = |row: &Row| serde_json::to_string(row).unwrap_or_default() + "\n";
        self.policies.iter().map(line).collect()
    }
}

impl OwnRule {
    fn of(ours: &Ours) -> Self {
        let wave = |of: &ours::OurWave| OwnWave {
            wave: of.number,
            needed: cents(of.needed),
            taken: cents(of.taken),
            level: format!("{:.6}", of.level),
        };
        Self {
            accounts: ours.winners,
            most_tracking_in_a_wave: format!("{:.6}", ours.tracking),
            excess: cents(ours.excess),
            inversions: ours.inversions,
            waves: ours.waves.iter().map(wave).collect(),
        }
    }
}
