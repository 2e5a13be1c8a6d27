//! The picture of a loss for a terminal, and the tables below it.
//!
//! ```text
//! alice-1   12,000.00 USD   market move
//! Insurance fund  5,000.00 ████████  42 %  exhausted
//! Junior stakers  3,000.00 █████     25 %  exhausted
//! Winners         4,000.00 ██████▌   33 %  9.52 % of each gain, 3 accounts
//! Uncovered           0.00          5,000 + 3,000 + 4,000 + 0 = 12,000
//! ```
//!
//! Bars are drawn to the nearest half cell, relative to the largest row: half blocks line up in
//! every font that has them. Something never looks like nothing: a bar too short for half a
//! cell is an eighth.

use crate::model::{RankedShare, Report, Settlement, Summary};
use crate::money::{self, Money};
use crate::picture::{Picture, Row, RowKind};
use crate::safe::{columns, fitted, left, printable, right};
use crate::size::{AccountShare, SizeTable};

/// The losses drawn one by one; the rest are in the total.
const MOST_PICTURES: usize = 8;
/// The layers whose size classes are listed.
const MOST_TABLES: usize = 4;
/// The largest shares listed.
const MOST_SHARES: usize = 10;
/// The cells of the longest bar, unless the terminal is wide.
const BAR: usize = 8;
/// The cells of the longest bar on a wide terminal.
const WIDE_BAR: usize = 24;
/// The columns of a terminal that is not wide.
const USUAL_WIDTH: usize = 80;

/// How text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns to stay within where the content can; amounts are never cut to fit in a picture.
    pub width: usize,
    /// Whether to colour with ANSI codes.
    pub color: bool,
    /// Whether to write ASCII only; other characters of names are escaped.
    pub ascii: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: USUAL_WIDTH, color: false, ascii: false }
    }
}

/// The colours used, by what they say.
#[derive(Clone, Copy)]
enum Ink {
    Strong,
    Faint,
    Paid,
    Open,
}

impl Style {
    fn paint(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Paid => "36",
            Ink::Open => "31",
        };
        if self.color && !text.trim().is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A name from the input, safe for the terminal.
    fn name(self, text: &str) -> String {
        let shown = printable(text);
        if self.ascii && !shown.is_ascii() {
            let escape = |c: char| {
                if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }
            };
            return shown.chars().map(escape).collect();
        }
        shown
    }

    const fn mark(self) -> &'static str {
        if self.ascii { ".." } else { "…" }
    }

    /// A bar of `part / whole` of `cells` cells, padded with spaces to all of them.
    fn bar(self, part: u128, whole: u128, cells: usize) -> String {
        let halves = u32::try_from(cells * 2).unwrap_or(u32::MAX);
        let (floor, remainder) = money::scaled(part, halves, whole);
        let up = remainder > 0 && remainder >= whole - remainder;
        let filled = usize::try_from(floor).unwrap_or(0) + usize::from(up);
        let bar = match (part, self.ascii, filled) {
            (0, _, _) => String::new(),
            (_, true, _) => "#".repeat(filled.div_ceil(2).max(1)),
            (_, false, 0) => "▏".to_owned(),
            _ => format!("{}{}", "█".repeat(filled / 2), "▌".repeat(filled % 2)),
        };
        left(&bar, cells)
    }
}

/// The whole report: the picture of each loss, who pays by size class, the largest shares, and
/// what does not add up or should be known.
#[must_use]
pub fn report(report: &Report, style: Style) -> String {
    let mut blocks = picture_blocks(&report.summary, style);
    let summary = &report.summary;
    for table in summary.size_tables.iter().take(MOST_TABLES) {
        blocks.push(size_classes(table, summary, style));
    }
    if summary.size_tables.len() > MOST_TABLES {
        let more = summary.size_tables.len() - MOST_TABLES;
        blocks.push(format!("and {} more layers with accounts\n", money::count(more)));
    }
    if !summary.largest.is_empty() {
        blocks.push(largest_shares(summary, style));
    }
    blocks.extend(summary.settlement.as_ref().map(|found| settlement(found, summary, style)));
    let wrong: String = summary
        .sums
        .iter()
        .filter(|sum| !sum.holds())
        .map(|sum| style.paint(Ink::Open, &format!("does not add up: {}", style.name(&sum.what))))
        .map(|line| line + "\n")
        .collect();
    if !wrong.is_empty() {
        blocks.push(wrong);
    }
    blocks.join("\n")
}

/// The picture of each loss, and of all of them as one.
#[must_use]
pub fn pictures(report: &Report, style: Style) -> String {
    picture_blocks(&report.summary, style).join("\n")
}

fn picture_blocks(summary: &Summary, style: Style) -> Vec<String> {
    let mut blocks: Vec<String> = summary
        .losses
        .iter()
        .take(MOST_PICTURES)
        .map(|loss| picture(&Picture::of(loss), summary, style))
        .collect();
    if summary.losses.len() > MOST_PICTURES {
        let more = summary.losses.len() - MOST_PICTURES;
        blocks.push(format!("and {} more losses\n", money::count(more)));
    }
    if summary.losses.len() > 1 {
        blocks.push(picture(&Picture::of_all(summary), summary, style));
    }
    blocks
}

/// A domain in settlement: what it owed, what claims paid by rank, the accounts that paid most.
fn settlement(settlement: &Settlement, summary: &Summary, style: Style) -> String {
    let money = Money::new(summary.asset.decimals);
    let settled: u128 = summary.losses.iter().map(|loss| loss.settled_by_rank.atoms()).sum();
    let most = largest_ranked(settlement, MOST_SHARES);
    let paid = most.iter().map(|account| account.paid.atoms());
    let places = money.places(paid.chain([settled, settlement.uncovered.atoms()]));
    let written = |atoms| money.with_places(atoms, places);
    let mut out = format!(
        "{}   {} {} uncovered, {} taken by rank from {} accounts\n",
        style.paint(Ink::Strong, "Settlement"),
        written(settlement.uncovered.atoms()),
        style.name(&summary.asset.name),
        written(settled),
        money::count(settlement.accounts.len()),
    );
    let name = |account: &RankedShare| fitted(&style.name(&account.account), 40, style.mark());
    let wide = most.iter().map(|account| columns(&name(account))).max().unwrap_or(0);
    let figures = most.iter().map(|account| written(account.paid.atoms()).len());
    let figure = figures.max().unwrap_or(0);
    for account in &most {
        let mut line = format!(
            "{}  {}",
            left(&name(account), wide),
            right(&written(account.paid.atoms()), figure)
        );
        if !account.repaid.is_zero() {
            line.push_str(&format!("  repaid {}", written(account.repaid.atoms())));
        }
        out.push_str(&line);
        out.push('\n');
    }
    let more = settlement.accounts.len() - most.len();
    if more > 0 {
        out.push_str(&format!("and {} more in summary.json\n", money::count(more)));
    }
    out
}

/// The accounts that paid most by rank, at most `count`; of equal ones the first by id.
pub(crate) fn largest_ranked(settlement: &Settlement, count: usize) -> Vec<&RankedShare> {
    let mut all: Vec<&RankedShare> = settlement.accounts.iter().collect();
    all.sort_by_key(|account| core::cmp::Reverse(account.paid));
    all.truncate(count);
    all
}

/// One loss, or several as one: a heading, a line for each layer, the sum written out.
#[must_use]
pub fn picture(picture: &Picture, summary: &Summary, style: Style) -> String {
    let money = Money::new(summary.asset.decimals);
    let places = money.places(picture.amounts().chain([picture.total]));
    let heading = [
        style.paint(Ink::Strong, &style.name(&picture.name)),
        format!("{} {}", money.with_places(picture.total, places), style.name(&summary.asset.name)),
        style.name(&picture.cause),
    ];
    let heading: Vec<&str> =
        heading.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let mut out = heading.join("   ") + "\n";
    let columns = Columns::of(picture, money, places, style);
    for row in &picture.rows {
        out.push_str(&columns.line(row, picture, style));
    }
    if picture.recovered > 0 {
        let written = |atoms| money.with_places(atoms, places);
        let back: Vec<String> = picture
            .rows
            .iter()
            .filter(|row| row.repaid > 0)
            .map(|row| format!("{} {}", style.name(&row.name), written(row.repaid)))
            .collect();
        let words = format!("repaid {}", back.join(", "));
        let amount = written(picture.recovered);
        out.push_str(&columns.tail("Recovered", &amount, &words, style));
    }
    out
}

/// The widths of a picture's columns.
struct Columns {
    name: usize,
    amount: usize,
    bar: usize,
    money: Money,
    places: u32,
    most: u128,
    sum: String,
}

impl Columns {
    fn of(picture: &Picture, money: Money, places: u32, style: Style) -> Self {
        let widest = picture.rows.iter().map(|row| columns(&style.name(&row.name))).max();
        let name = widest.unwrap_or(0).min((style.width / 3).max(12));
        let longest = picture.amounts().chain([picture.recovered]).max().unwrap_or(0);
        let amount = picture
            .amounts()
            .chain([longest, picture.recovered])
            .map(|atoms| columns(&money.with_places(atoms, places)))
            .max()
            .unwrap_or(0);
        // Half of the columns beyond the usual width go to the bars; a narrow terminal halves
        // them before anything else gives way.
        let bar = match style.width {
            width if width > USUAL_WIDTH => (BAR + (width - USUAL_WIDTH) / 2).min(WIDE_BAR),
            width if width < name + amount + BAR + 11 => BAR / 2,
            _ => BAR,
        };
        let most = picture.amounts().max().unwrap_or(0);
        Self { name, amount, bar, money, places, most, sum: picture.sum_in_words(money) }
    }

    fn start(&self, name: &str, amount: &str, style: Style) -> String {
        let name = left(&fitted(&style.name(name), self.name, style.mark()), self.name);
        format!("{name}  {}", right(amount, self.amount))
    }

    /// A line of the waterfall. The last one, uncovered, carries the sum.
    fn line(&self, row: &Row, picture: &Picture, style: Style) -> String {
        let amount = self.money.with_places(row.amount, self.places);
        let open = row.kind == RowKind::Uncovered;
        if open && row.amount == 0 {
            return self.tail(&row.name, &amount, &self.sum, style);
        }
        let ink = match row.kind {
            RowKind::OwnMeans => Ink::Faint,
            RowKind::Results | RowKind::Layer => Ink::Paid,
            RowKind::Uncovered => Ink::Open,
        };
        let bar = style.paint(ink, &style.bar(row.amount, self.most, self.bar));
        let start = self.start(&row.name, &amount, style);
        let start = if open { style.paint(Ink::Open, &start) } else { start };
        let percent = if picture.total == 0 { String::new() } else { format!("{} %", row.percent) };
        let line = format!("{start} {bar} {}", right(&percent, 5));
        let mut words = if open { self.sum.clone() } else { style.name(&row.words) };
        if row.planned != row.amount && row.kind == RowKind::Layer {
            let planned = self.money.with_places(row.planned, self.places);
            let comma = if words.is_empty() { "" } else { ", " };
            words = format!("{words}{comma}{planned} called");
        }
        let used = self.name + self.amount + self.bar + 9;
        joined(&format!("{line}  "), used + 2, &words, style)
    }

    /// A line without a bar: the words begin where percentages do.
    fn tail(&self, name: &str, amount: &str, words: &str, style: Style) -> String {
        let line = format!("{} {} ", self.start(name, amount, style), " ".repeat(self.bar));
        joined(&line, self.name + self.amount + self.bar + 4, words, style)
    }
}

/// `line`, which takes `used` columns, with `words` behind it, or below it where they are too
/// long.
fn joined(line: &str, used: usize, words: &str, style: Style) -> String {
    if words.is_empty() {
        return format!("{}\n", line.trim_end());
    }
    if used + columns(words) <= style.width {
        return format!("{line}{words}\n");
    }
    let mut out = format!("{}\n", line.trim_end());
    for part in wrapped(words, style.width.saturating_sub(4)) {
        out.push_str("    ");
        out.push_str(&part);
        out.push('\n');
    }
    out
}

fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Who pays by size class in one layer of one episode.
#[must_use]
pub fn size_classes(table: &SizeTable, summary: &Summary, style: Style) -> String {
    let money = Money::new(summary.asset.decimals);
    let title = format!(
        "Who pays by size class: {}{} ({}, {})",
        style.name(&table.layer),
        episode(summary, table.episode),
        table.by.word(),
        style.name(&summary.asset.name),
    );
    let places = money.places(table.classes.iter().flat_map(|class| [class.size, class.paid]));
    let rows = |short: bool| {
        let write =
            |atoms| if short { money.short(atoms) } else { money.with_places(atoms, places) };
        let mut rows: Vec<Vec<String>> = table
            .classes
            .iter()
            .map(|class| {
                vec![
                    class_name(class.from, class.below, money),
                    money::count(class.accounts),
                    write(class.size),
                    write(class.paid),
                    money::percent(class.paid, class.size),
                ]
            })
            .collect();
        rows.push(vec![
            "all".to_owned(),
            money::count(table.accounts),
            write(table.size),
            write(table.paid),
            money::percent(table.paid, table.size),
        ]);
        rows
    };
    let head = ["", "accounts", table.by.word(), "paid", "mean rate"];
    let body = grid(&head, &rows(false));
    let body = if too_wide(&body, style) { grid(&head, &rows(true)) } else { body };
    format!("{}\n{body}", style.paint(Ink::Strong, &title))
}

/// The name of a size class in whole units: `below 1`, `1 to 10`, `1 M to 10 M`, ...
pub(crate) fn class_name(from: u128, below: u128, money: Money) -> String {
    let bound = |atoms| {
        let full = money.with_places(atoms, 0);
        // Bounds are powers of ten: from a million, three zeros each are one letter.
        for (zeros, letter) in [(",000,000,000,000", "T"), (",000,000,000", "B"), (",000,000", "M")]
        {
            if let Some(head) = full.strip_suffix(zeros) {
                return format!("{head} {letter}");
            }
        }
        full
    };
    if from == 0 {
        format!("below {}", bound(below))
    } else {
        format!("{} to {}", bound(from), bound(below))
    }
}

/// `, episode 3` where a report has more than one.
pub(crate) fn episode(summary: &Summary, number: u64) -> String {
    if summary.losses.iter().any(|loss| loss.episode != number) {
        format!(", episode {number}")
    } else {
        String::new()
    }
}

/// The accounts that paid most. The layer is a column where they are of several.
#[must_use]
pub fn largest_shares(summary: &Summary, style: Style) -> String {
    let money = Money::new(summary.asset.decimals);
    let shares = &summary.largest[..summary.largest.len().min(MOST_SHARES)];
    let place =
        |share: &AccountShare| format!("{}{}", share.layer, episode(summary, share.episode));
    let first = shares.first().map(place).unwrap_or_default();
    let one_layer = shares.iter().all(|share| place(share) == first);
    let places = money.places(shares.iter().flat_map(|share| [share.weight.atoms(), share.paid]));
    let rows = |short: bool| -> Vec<Vec<String>> {
        let write = |atoms| {
            if short { money.short(atoms) } else { money.with_places(atoms, places) }
        };
        let row = |share: &AccountShare| {
            let weight = share.weight.atoms();
            let rate = money::percent(share.paid, weight);
            let mut cells = vec![
                fitted(&style.name(&share.account), 20, style.mark()),
                write(weight),
                write(share.paid),
                if weight == 0 { String::new() } else { rate },
            ];
            if !one_layer {
                cells.push(fitted(&style.name(&place(share)), 24, style.mark()));
            }
            cells
        };
        shares.iter().map(row).collect()
    };
    let head = ["account", "weight", "paid", "of weight", "layer"];
    let head = &head[..if one_layer { 4 } else { 5 }];
    let body = grid(head, &rows(false));
    let body = if too_wide(&body, style) { grid(head, &rows(true)) } else { body };
    let of = if one_layer { format!(": {}", style.name(&first)) } else { String::new() };
    let title = format!("Largest shares{of} ({})", style.name(&summary.asset.name));
    format!("{}\n{body}", style.paint(Ink::Strong, &title))
}

fn too_wide(body: &str, style: Style) -> bool {
    body.lines().any(|line| columns(line) > style.width)
}

/// Rows under a heading: the first column and one called `layer` are set left, figures right.
fn grid(head: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            let cells = rows.iter().map(|row| columns(&row[column]));
            cells.chain([columns(head[column])]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let set: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = widths[column];
                let text = column == 0 || head[column] == "layer";
                if text { left(cell, width) } else { right(cell, width) }
            })
            .collect();
        format!("{}\n", set.join("  ").trim_end())
    };
    let mut out = line(head.to_vec());
    for row in rows {
        out.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    out
}
