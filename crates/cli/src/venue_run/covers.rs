//! The covers of a run as a table, as a few lines of text, and for the page.

use rhodian_core::units::Amount;
use rhodian_report::money::Money;
use rhodian_report::safe::{fitted, printable};
use rhodian_report::{Report, csv, run as figures};

use super::driver::Run;
use super::lines::grid;
use crate::run::covers::{self, CoverRow};
use crate::run::driver::account_name;
use crate::run::summary::kebab;

/// The covers listed on the terminal.
const MOST_COVERS: usize = 10;

/// `covers.csv`: a row for each cover, in the order in which they were bought.
#[must_use]
pub fn covers_csv(report: &Report, run: &Run) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let rows: Vec<Vec<String>> = covers::rows(&run.state)
        .into_iter()
        .map(|of| {
            let names = [
                of.cover.to_string(),
                account_name(&run.state, of.account).to_owned(),
                of.risk.clone(),
                kebab(&of.stage),
                of.from.to_string(),
                of.until.to_string(),
            ];
            let amounts = [of.amount, of.premium, of.lost, of.due, of.paid];
            let amounts = amounts.map(|amount| money.plain(amount.atoms()));
            names.into_iter().chain(amounts).collect()
        })
        .collect();
    let header = [
        "cover", "account", "risk", "stage", "from_ms", "until_ms", "amount", "premium", "lost",
        "due", "paid",
    ];
    csv::table(&header, &rows)
}

/// The covers, those that were paid most first.
fn most_paid(run: &Run) -> Vec<CoverRow> {
    let mut rows = covers::rows(&run.state);
    rows.sort_by_key(|of| std::cmp::Reverse((of.paid, of.due, of.amount)));
    rows
}

/// The covers that were paid most; nothing where none was bought.
#[must_use]
pub fn text(report: &Report, run: &Run) -> String {
    let mut rows = most_paid(run);
    if rows.is_empty() {
        return String::new();
    }
    rows.truncate(MOST_COVERS);
    let money = Money::new(report.summary.asset.decimals);
    let places = money.places([0]);
    let write = |amount: Amount| match amount.atoms() {
        0 => "-".to_owned(),
        atoms => money.with_places(atoms, places),
    };
    let head = ["cover of", "against", "up to", "premium", "lost", "due", "paid"];
    let body: Vec<Vec<String>> = rows
        .into_iter()
        .map(|of| {
            let name = fitted(&printable(account_name(&run.state, of.account)), 20, "…");
            let risk = fitted(&printable(&of.risk), 20, "…");
            let amounts = [of.amount, of.premium, of.lost, of.due, of.paid];
            [name, risk].into_iter().chain(amounts.map(write)).collect()
        })
        .collect();
    let asset = printable(&report.summary.asset.name);
    format!("Covers and what was paid for them ({asset})\n{}\n", grid(&head, &body))
}

/// The covers for the page, at most so many, and how many there are.
#[must_use]
pub fn for_page(run: &Run, most: usize) -> (Vec<figures::CoverRow>, usize) {
    let mut rows = most_paid(run);
    let all = rows.len();
    rows.truncate(most);
    let one = |of: CoverRow| figures::CoverRow {
        account: account_name(&run.state, of.account).to_owned(),
        risk: of.risk,
        amount: of.amount.atoms(),
        premium: of.premium.atoms(),
        lost: of.lost.atoms(),
        due: of.due.atoms(),
        paid: of.paid.atoms(),
    };
    (rows.into_iter().map(one).collect(), all)
}
