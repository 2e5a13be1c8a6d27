//! An incident for a terminal.

use core::fmt::Write;

use super::Incident;
use crate::money::{Money, count};
use crate::safe::{fitted, left, printable, right};

/// The lines of the timeline told.
const MOST_LINES: usize = 60;
/// The payers told.
const MOST_PAYERS: usize = 10;
/// The columns of a name.
const NAME: usize = 28;

/// The incident in lines: what happened, the losses with their sums, who paid most, what is due.
#[must_use]
pub fn text(incident: &Incident) -> String {
    let money = Money::new(incident.asset.decimals);
    let unit = printable(&incident.asset.name);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let state = if incident.closed { "settled" } else { "open" };
    let _ = writeln!(
        out,
        "{}, episode {}, opened {}, {state}\n",
        printable(&incident.domain),
        incident.episode,
        incident.opened.text
    );
    for line in incident.timeline.iter().take(MOST_LINES) {
        let _ = writeln!(out, "{}  {}", line.at.text, printable(&line.what));
    }
    let untold = incident.timeline.len().saturating_sub(MOST_LINES);
    if untold > 0 {
        let _ = writeln!(out, "and {} lines more", count(untold));
    }
    out.push('\n');
    for loss in &incident.losses {
        let drawn: u128 = loss.draws.iter().map(|draw| draw.received.atoms()).sum();
        let _ = writeln!(
            out,
            "{} {}  {} {unit} = own means {}{} + layers {} + uncovered {}{}",
            printable(&loss.loss),
            printable(loss.failed.as_deref().unwrap_or(&loss.class)),
            money.full(loss.close_out.atoms()),
            money.full(loss.own_means.atoms()),
            if loss.netted.is_zero() {
                String::new()
            } else {
                format!(" + other books {}", money.full(loss.netted.atoms()))
            },
            money.full(drawn),
            money.full(loss.uncovered.atoms()),
            if loss.adds_up { "" } else { "  which does not add up" }
        );
    }
    payers(&mut out, incident, money);
    due(&mut out, incident, money);
    out
}

fn payers(out: &mut String, incident: &Incident, money: Money) {
    if incident.payers.is_empty() {
        return;
    }
    let mut rows: Vec<_> = incident.payers.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.paid));
    let _ = writeln!(out, "\nwho paid most");
    let paid: Vec<String> = rows.iter().map(|row| money.full(row.paid.atoms())).collect();
    let width = paid.iter().take(MOST_PAYERS).map(String::len).max().unwrap_or(0);
    for (row, paid) in rows.iter().zip(&paid).take(MOST_PAYERS) {
        let name = left(&fitted(&row.account, NAME, "…"), NAME);
        let through = format!("{}, {}", printable(&row.layer), printable(&row.loss));
        let _ = writeln!(out, "  {name} {}  {through}", right(paid, width));
    }
    let more = rows.len().saturating_sub(MOST_PAYERS);
    if more > 0 {
        let _ = writeln!(out, "  and {} more", count(more));
    }
}

fn due(out: &mut String, incident: &Incident, money: Money) {
    let open = incident.recoveries_due.iter().filter(|due| !due.open.is_zero());
    let mut rows = open.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\nwhat may still come back, first in line first");
    for due in rows {
        let (open, borne) = (money.full(due.open.atoms()), money.full(due.borne.atoms()));
        let (loss, bearer) = (printable(&due.loss), printable(&due.bearer));
        let _ = writeln!(out, "  {loss}: {bearer}  {open} of {borne}");
    }
}
