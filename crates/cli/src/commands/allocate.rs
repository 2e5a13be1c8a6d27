//! `rhodian allocate`: one loss over one file of claims.

use std::path::PathBuf;

use clap::Args;
use rhodian_core::allocation::{AllocationError, Rule, divide};
use rhodian_core::units::Amount;

use crate::allocation_picture;
use crate::allocation_report::AllocationReport;
use crate::amount_text::{AmountFormat, ExcessDigits, FaultKind, MAX_DECIMALS};
use crate::claims_file::{ClaimsFile, ColumnNames};
use crate::diagnostic::{Diagnostic, Excerpt, Exit};
use crate::out_folder::{self, OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::rules::{rule_info, rule_parser};
use crate::table::{Role, Table};
use crate::terminal::{self, Progress};

const EXAMPLES: &str = "\
Examples:
  rhodian allocate --rule proportional --loss 12000 --claims winners.csv
  rhodian allocate --rule proportional --loss 12000.00 --decimals 2 --claims - < winners.csv
  rhodian allocate --rule queue --loss 500 --claims book.csv --id user --score leverage
  rhodian allocate --rule equal-awards --loss 500 --claims book.csv --format json
  rhodian allocate --rule talmud --loss 500 --claims book.csv --out result --fail-on-uncovered

Claims are CSV with a header (UTF-8, commas) or Parquet: one row for each claimant. Only `id` and
`cap` must be there, `score` for queue and `risk` for risk-weighted. The order of the rows changes nothing:
the last atoms go by the byte order of the ids.

JSON: rule, loss, allocated, residual, water_level, shares. Amounts are strings. The water level
is a reduced fraction {num, den}: atoms for each atom of weight (times risk) in proportional and
risk-weighted, atoms lost in equal-losses, atoms kept in equal-awards; with --decimals still in
atoms. It is null when all capacity is taken or the rule has none, and a list in the order of the
classes when there is a class column. ndjson: one line for each share, then one for the rest.

Exit: 0 done, 1 uncovered with --fail-on-uncovered, 2 bad input, 3 input/output.";

/// Divide a loss over claims by a rule, exactly
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AllocateArgs {
    /// How the loss is divided
    #[arg(long, value_name = "RULE", value_parser = rule_parser())]
    pub rule: Rule,
    /// The loss: above zero, in whole atoms or with --decimals
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub loss: String,
    /// The claims: a CSV or Parquet file, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub claims: PathBuf,
    /// Column of the claimant's id [default: id]
    #[arg(long, value_name = "COL", help_heading = "Columns")]
    pub id: Option<String>,
    /// Column of the most he may pay [default: cap]
    #[arg(long, value_name = "COL", help_heading = "Columns")]
    pub cap: Option<String>,
    /// Column of his weight, read by proportional and risk-weighted [default: weight, or the cap]
    #[arg(long, value_name = "COL", help_heading = "Columns")]
    pub weight: Option<String>,
    /// Column of his place in the queue, a whole number, highest pays first [default: score]
    #[arg(long, value_name = "COL", help_heading = "Columns", allow_hyphen_values = true)]
    pub score: Option<String>,
    /// Column of his risk factor, a decimal, read by risk-weighted [default: risk]
    #[arg(long, value_name = "COL", help_heading = "Columns")]
    pub risk: Option<String>,
    /// Column of his priority class, a whole number, lowest pays first [default: class, or one]
    #[arg(long, value_name = "COL", help_heading = "Columns")]
    pub class: Option<String>,
    /// Amounts are decimal numbers of at most D places; without it, whole atoms
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u8).range(0..=30))]
    pub decimals: Option<u8>,
    /// What to do with digits beyond the decimals
    #[arg(long, value_enum, value_name = "WAY", default_value = "refuse")]
    pub excess_digits: ExcessDigits,
    /// Exit 1 where the claims cannot pay all of the loss
    #[arg(long)]
    pub fail_on_uncovered: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,
}

const _: () = assert!(MAX_DECIMALS == 30);

/// Reads, divides, writes the folder, then the result.
pub fn run(args: &AllocateArgs) -> Result<Exit, Diagnostic> {
    let format = AmountFormat { decimals: args.decimals.unwrap_or(0), excess: args.excess_digits };
    let loss = read_loss(&args.loss, format)?;
    if let Some(target) = &args.out() {
        out_folder::check(target, args.output.force, Results::Shares)?;
    }
    let mut progress = Progress::new(args.output.quiet);
    let table = Table::read(&args.claims)?;
    let file = ClaimsFile::read(table, &args.column_names(), args.rule, format, &mut progress)?;
    progress.doing("dividing over", file.len());
    let division = divide(args.rule, loss, &file.claims())
        .map_err(|error| refused(error, &file, args.rule))?;
    let report = AllocationReport::new(args.rule, format, loss, &file, division);
    progress.doing("writing", file.len());
    write_folder(&report, &args.output)?;
    progress.done();
    write_result(&report, args.output.format)?;
    remarks(args, &report);
    if args.fail_on_uncovered && !report.residual.is_zero() {
        return Err(uncovered(&report));
    }
    Ok(Exit::Done)
}

/// The check of `--fail-on-uncovered`, failed. The result is written by then.
fn uncovered(report: &AllocationReport<'_>) -> Diagnostic {
    let residual = report.format.write(report.residual);
    let message = format!("{residual} of the loss is uncovered");
    let help = "the shares are right; the claims cannot pay more.";
    Diagnostic::new(Exit::CheckFailed, "uncovered", message, help)
}

impl AllocateArgs {
    fn out(&self) -> Option<&PathBuf> {
        self.output.out.as_ref()
    }

    fn column_names(&self) -> ColumnNames {
        ColumnNames {
            id: self.id.clone(),
            cap: self.cap.clone(),
            weight: self.weight.clone(),
            score: self.score.clone(),
            risk: self.risk.clone(),
            class: self.class.clone(),
        }
    }

    /// Columns that were asked for by name and that the rule does not read.
    fn unread(&self) -> Vec<Role> {
        let (weighs, queues, risks) = rule_info(self.rule).reads;
        let asked = [
            (Role::Weight, self.weight.is_some() && !weighs),
            (Role::Score, self.score.is_some() && !queues),
            (Role::Risk, self.risk.is_some() && !risks),
        ];
        asked.iter().filter(|(_, unread)| *unread).map(|(role, _)| *role).collect()
    }
}

/// Reads `--loss`: above zero.
fn read_loss(text: &str, format: AmountFormat) -> Result<Amount, Diagnostic> {
    let mark = |error: Diagnostic, span| {
        error.at("--loss").marking(Excerpt::new(text.as_bytes(), span, format.allowed(1)))
    };
    let loss = format.read(text.as_bytes()).map_err(|fault| {
        let help = match fault.kind {
            FaultKind::Negative => "give the size of the loss, without a sign.",
            FaultKind::Empty => "give the loss.",
            kind => kind.help(),
        };
        let code = format!("loss-{}", fault.kind.slug());
        let message = format!("loss {}", fault.kind.words());
        mark(Diagnostic::bad_input(code, message, help), fault.span)
    })?;
    if loss.is_zero() {
        let help = "a loss of nothing needs no division.";
        let error = Diagnostic::bad_input("loss-zero", "loss is zero", help);
        return Err(mark(error, 0..text.len()));
    }
    Ok(loss)
}

/// What the core refused, in the words of the door.
fn refused(error: AllocationError, file: &ClaimsFile, rule: Rule) -> Diagnostic {
    let name = rule_info(rule).name;
    match error {
        AllocationError::NoWeight => {
            let help = format!("{name} divides by weight: give someone a weight above zero.");
            Diagnostic::bad_input("claims-no-weight", "every weight is zero", help).at(file.name())
        }
        AllocationError::TooManyClaims { found, max } => {
            let message =
                format!("{name} is exact up to {max} claims of a class, here are {found}");
            let help = "divide by another rule.";
            Diagnostic::bad_input("claims-too-many-for-rule", message, help).at(file.name())
        }
        AllocationError::TooManyCoalitions { claims, max } => {
            let message = format!(
                "{name} over {claims} claims of a class and this loss has to go through more than \
                 {max} coalitions"
            );
            let help = "divide by another rule; up to 23 claims of a class always work.";
            Diagnostic::bad_input("claims-too-many-coalitions", message, help).at(file.name())
        }
        AllocationError::WeightsAboveBound => file.weights_above_bound(),
        AllocationError::ColumnLength { .. }
        | AllocationError::RiskAboveBound { .. }
        | AllocationError::PaidAboveCap { .. }
        | AllocationError::PaidAboveCumulative => {
            unreachable!("the file was read within the bounds and nothing was paid, yet {error}")
        }
    }
}

fn write_folder(report: &AllocationReport<'_>, output: &OutputArgs) -> Result<(), Diagnostic> {
    let Some(target) = &output.out else { return Ok(()) };
    let folder = OutFolder::begin(target, output.force, Results::Shares)?;
    folder.write("shares.csv", |out| report.write_csv(out))?;
    folder.write("summary.json", |out| report.write_summary(out))?;
    folder.commit()
}

fn write_result(report: &AllocationReport<'_>, format: Format) -> Result<(), Diagnostic> {
    match format {
        Format::Csv => data_to_stdout(|out| report.write_csv(out)),
        Format::Json => data_to_stdout(|out| report.write_json(out)),
        Format::Ndjson => data_to_stdout(|out| report.write_ndjson(out)),
        Format::Text => to_stdout(|out| allocation_picture::write(report, terminal::width(), out)),
    }
}

fn remarks(args: &AllocateArgs, report: &AllocationReport<'_>) {
    let output = &args.output;
    if let Some(ignored) = report.file.ignored_columns() {
        output.remark(format!("{ignored} by {}", rule_info(args.rule).name));
    }
    for role in args.unread() {
        let role = role.name();
        output.remark(format!("--{role} has no effect: {} reads none", rule_info(args.rule).name));
    }
    if !report.residual.is_zero() && !args.fail_on_uncovered {
        let residual = report.format.write(report.residual);
        output.remark(format!("{residual} of the loss is uncovered: all capacity is taken"));
    }
    if let Some(target) = args.out() {
        let target = target.display().to_string();
        let target = terminal::visible(&target);
        output.remark(format!("wrote shares.csv and summary.json into {target}"));
    }
}
