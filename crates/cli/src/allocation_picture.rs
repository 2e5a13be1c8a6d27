//! One division for the eye: the sum, the level, who pays most.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use rhodian_core::units::{Amount, Fraction};

use crate::allocation_report::AllocationReport;
use crate::rules::{Level, rule_info};
use crate::terminal::{bar, display_width, fit};

/// How many shares are shown.
const SHOWN: usize = 10;

/// How many classes have their level shown.
const CLASSES_SHOWN: usize = 5;

/// Writes the picture for a page of `width` columns.
pub fn write(report: &AllocationReport<'_>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let money = |amount| report.format.write_grouped(amount);
    let rule = rule_info(report.rule);
    let claims = count(report.file.len(), "claim");
    writeln!(out, "{bold}{}{bold:#}  {} over {claims}", rule.name, money(report.loss))?;
    writeln!(out)?;
    write_sum(report, width, out)?;
    write_levels(report, out)?;
    writeln!(out)?;
    write_largest(report, width, out)
}

/// `1 claim`, `2 claims`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A part of a whole in percent, two decimals, rounded half up: `33.33 %`.
fn percent(part: Amount, whole: Amount) -> String {
    let whole = whole.atoms().max(1);
    // At most 10^30 x 20,000 + 10^30, far below 2^128.
    let hundredths = (part.atoms() * 20_000 + whole) / (2 * whole);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn write_sum(report: &AllocationReport<'_>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let money = |amount| report.format.write_grouped(amount);
    let (paid, left, loss) = (report.allocated, report.residual, report.loss);
    let column = display_width(&money(loss));
    let bars = width.saturating_sub(column + 26).clamp(4, 32);
    let rows = [("paid", paid, AnsiColor::Green), ("uncovered", left, AnsiColor::Red)];
    for (name, amount, colour) in rows {
        let style = Style::new().fg_color(Some(colour.into()));
        let drawn = bar(amount.atoms(), loss.atoms(), bars);
        let gap = " ".repeat(bars - display_width(&drawn));
        let part = percent(amount, loss);
        let money = money(amount);
        writeln!(out, "{name:<10} {money:>column$}  {style}{drawn}{style:#}{gap}  {part:>8}")?;
    }
    let sum = format!("{} + {} = {}", money(paid), money(left), money(loss));
    writeln!(out, "{:<10} {sum}", "sum")
}

fn write_levels(report: &AllocationReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    if rule_info(report.rule).level == Level::None {
        return Ok(());
    }
    if !report.file.has_classes() {
        return match report.levels.first() {
            Some(Some(level)) => writeln!(out, "{:<10} {}", "level", level_words(report, *level)),
            _ => Ok(()),
        };
    }
    let classes = report.file.classes();
    for (class, level) in classes.iter().zip(&report.levels).take(CLASSES_SHOWN) {
        let words = level.map_or_else(|| "all taken".to_owned(), |l| level_words(report, l));
        writeln!(out, "{:<10} {words}", format!("class {class}"))?;
    }
    if classes.len() > CLASSES_SHOWN {
        writeln!(out, "{:<10} and {} more", "", count(classes.len() - CLASSES_SHOWN, "class"))?;
    }
    Ok(())
}

/// A level as a person reads it: a part of each weight, or an amount.
fn level_words(report: &AllocationReport<'_>, level: Fraction) -> String {
    let rule = rule_info(report.rule);
    let decimals = usize::from(report.format.decimals);
    let (shift, what) = match (rule.level, rule.reads) {
        (Level::PerWeight, (_, _, true)) => (0, "of each weight x risk"),
        (Level::PerWeight | Level::None, _) => (0, "of each weight"),
        (Level::Lost, _) => (decimals, "lost by each, up to the cap"),
        (Level::Kept, _) => (decimals, "kept by each, up to the cap"),
    };
    let (decimal, exact) = decimal(level, shift);
    let fraction = match level.den {
        1 => String::new(),
        _ if shift > 0 => String::new(),
        den if display_width(&format!("{}/{den}", level.num)) > 24 => String::new(),
        den => format!("{}/{den} ", level.num),
    };
    let sign = match (fraction.is_empty(), exact) {
        (true, true) => "",
        (false, true) => "= ",
        (_, false) => "≈ ",
    };
    format!("{fraction}{sign}{decimal} {what}")
}

/// A fraction over `10^shift` as decimal text cut after six significant places behind the point,
/// and whether that is all of it.
fn decimal(level: Fraction, shift: usize) -> (String, bool) {
    // Ten times the remainder must stay below 2^128; what is shifted out only blurs the picture.
    let over = u128::BITS - level.den.leading_zeros();
    let blur = over.saturating_sub(u128::BITS - 4);
    let (num, den) = (level.num >> blur, (level.den >> blur).max(1));
    let mut digits = (num / den).to_string();
    digits.insert_str(0, &"0".repeat((shift + 1).saturating_sub(digits.len())));
    let mut fraction = digits.split_off(digits.len() - shift);
    let mut rest = num % den;
    let mut significant = fraction.trim_start_matches('0').len();
    let mut behind = 0;
    while rest > 0 && significant < 6 && behind < 40 {
        let digit = rest * 10 / den;
        rest = rest * 10 % den;
        fraction.push_str(&digit.to_string());
        significant += usize::from(significant > 0 || digit > 0);
        behind += 1;
    }
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    (format!("{digits}{point}{fraction}"), rest == 0 && blur == 0)
}

fn write_largest(
    report: &AllocationReport<'_>,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let payers = report.shares.iter().filter(|share| !share.is_zero()).count();
    let caps = report.file.caps_in_row_order();
    let full = report.shares.iter().zip(&caps).filter(|(s, c)| s == c && !s.is_zero()).count();
    let verb = if payers == 1 { "pays" } else { "pay" };
    writeln!(out, "{payers} of {} {verb}, {full} up to the cap", report.shares.len())?;
    let top = largest(&report.shares);
    let money = |amount| report.format.write_grouped(amount);
    let ids: Vec<String> = top.iter().map(|row| fit(&report.file.id_text(*row), 24)).collect();
    let id_column = ids.iter().map(|id| display_width(id)).max().unwrap_or(0);
    let most = top.first().map_or(Amount::ZERO, |row| report.shares[*row]);
    let column = display_width(&money(most));
    let bars = width.saturating_sub(id_column + column + 16).clamp(4, 32);
    let style = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    for (row, id) in top.iter().zip(&ids) {
        let share = report.shares[*row];
        let drawn = bar(share.atoms(), most.atoms(), bars);
        let gap = " ".repeat(bars - display_width(&drawn));
        let id_gap = " ".repeat(id_column - display_width(id));
        let (part, share) = (percent(share, report.loss), money(share));
        writeln!(out, "  {id}{id_gap}  {share:>column$}  {style}{drawn}{style:#}{gap}  {part:>8}")?;
    }
    match payers - top.len() {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// The rows with the largest shares above nothing, largest first, equal ones in file order.
fn largest(shares: &[Amount]) -> Vec<usize> {
    let mut top: Vec<usize> = Vec::with_capacity(SHOWN + 1);
    for (row, share) in shares.iter().enumerate() {
        let last = top.last().map(|row| shares[*row]);
        if share.is_zero() || (top.len() == SHOWN && last >= Some(*share)) {
            continue;
        }
        let at = top.partition_point(|other| shares[*other] >= *share);
        top.insert(at, row);
        top.truncate(SHOWN);
    }
    top
}
