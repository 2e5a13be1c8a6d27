//! Vaults of a run as a table, and as a few lines of text: who holds them.

use rhodian_core::units::Amount;
use rhodian_report::money::Money;
use rhodian_report::safe::{fitted, printable};
use rhodian_report::{Report, csv};

use super::driver::Run;
use super::lines::grid;
use crate::run::driver::account_name;
use crate::run::vaults::HoldingRow;

/// The holdings listed on the terminal.
const MOST_HOLDINGS: usize = 10;

fn amounts(of: &HoldingRow) -> [Amount; 7] {
    [of.put_in, of.came_back, of.fees, of.given, of.cost, of.book, of.realisable]
}

/// `vaults.csv`: a row for each holding there was, by vault and account.
#[must_use]
pub fn vaults_csv(report: &Report, run: &Run) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let rows = run.trail.holdings.rows(&run.state).into_iter().map(|of| {
        let amounts = amounts(&of).into_iter().chain([of.high_water]);
        let amounts = amounts.map(|amount| money.plain(amount.atoms()));
        let names = [of.vault.clone(), account_name(&run.state, of.account).to_owned()];
        names.into_iter().chain(amounts).collect()
    });
    let header = [
        "vault",
        "account",
        "put_in",
        "came_back",
        "fees",
        "paid_for_losses",
        "entry_cost",
        "by_the_book",
        "would_fetch",
        "high_water",
    ];
    csv::table(&header, &rows.collect::<Vec<Vec<String>>>())
}

/// The largest holdings; nothing where nobody entered.
#[must_use]
pub fn text(report: &Report, run: &Run) -> String {
    let mut rows = run.trail.holdings.rows(&run.state);
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|of| std::cmp::Reverse(of.put_in));
    rows.truncate(MOST_HOLDINGS);
    let money = Money::new(report.summary.asset.decimals);
    let places = money.places([0]);
    let write = |amount: Amount| match amount.atoms() {
        0 => "-".to_owned(),
        atoms => money.with_places(atoms, places),
    };
    let head = [
        "holder",
        "of",
        "put in",
        "came back",
        "fees",
        "for losses",
        "entry cost",
        "by the book",
        "would fetch",
    ];
    let body = rows.into_iter().map(|of| {
        let name = fitted(&printable(account_name(&run.state, of.account)), 20, "…");
        let vault = fitted(&printable(&of.vault), 20, "…");
        [name, vault].into_iter().chain(amounts(&of).map(write)).collect()
    });
    let body: Vec<Vec<String>> = body.collect();
    let asset = printable(&report.summary.asset.name);
    format!("Vaults and who holds them ({asset})\n{}\n", grid(&head, &body))
}
