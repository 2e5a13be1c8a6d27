//! The stakes of a run as a table, and as a few lines of text.

use rhodian_core::units::Amount;
use rhodian_report::money::Money;
use rhodian_report::safe::{fitted, printable};
use rhodian_report::{Report, csv};

use super::driver::Run;
use super::lines::grid;
use crate::run::driver::account_name;
use crate::run::stakes::StakeRow;

/// The stakes listed on the terminal.
const MOST_STAKES: usize = 10;

/// `stakes.csv`: a row for each stake there was, by layer and account.
#[must_use]
pub fn stakes_csv(report: &Report, run: &Run) -> String {
    let money = Money::new(report.summary.asset.decimals);
    let rows: Vec<Vec<String>> = run
        .trail
        .stakes
        .rows(&run.state)
        .into_iter()
        .map(|of| {
            let amounts = [
                of.put_in,
                of.came_back,
                of.drawn,
                of.staked,
                of.leaving,
                of.rewards_taken,
                of.earned,
            ];
            let names = [of.layer, account_name(&run.state, of.account).to_owned()];
            let amounts = amounts.map(|amount| money.plain(amount.atoms()));
            names.into_iter().chain(amounts).collect()
        })
        .collect();
    let header = [
        "layer",
        "account",
        "put_in",
        "came_back",
        "drawn",
        "staked",
        "leaving",
        "rewards_taken",
        "rewards_not_taken",
    ];
    csv::table(&header, &rows)
}

/// Whether there is more to tell of a stake than that it stands.
fn is_news(of: &StakeRow) -> bool {
    let idle = [of.leaving, of.drawn, of.came_back, of.rewards_taken, of.earned];
    idle.iter().any(|amount| !amount.is_zero())
}

/// The stakes that were drawn on, asked for or earned, the largest first; nothing where none was.
#[must_use]
pub fn text(report: &Report, run: &Run) -> String {
    let mut rows = run.trail.stakes.rows(&run.state);
    rows.retain(is_news);
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|of| std::cmp::Reverse(of.put_in));
    rows.truncate(MOST_STAKES);
    let money = Money::new(report.summary.asset.decimals);
    let places = money.places([0]);
    let write = |amount: Amount| match amount.atoms() {
        0 => "-".to_owned(),
        atoms => money.with_places(atoms, places),
    };
    let head = ["stake", "in", "put in", "drawn", "staked now", "leaving", "taken", "not taken"];
    let body: Vec<Vec<String>> = rows
        .into_iter()
        .map(|of| {
            let name = fitted(&printable(account_name(&run.state, of.account)), 20, "…");
            let layer = fitted(&printable(&of.layer), 20, "…");
            let amounts = [of.put_in, of.drawn, of.staked, of.leaving, of.rewards_taken, of.earned];
            [name, layer].into_iter().chain(amounts.map(write)).collect()
        })
        .collect();
    let asset = printable(&report.summary.asset.name);
    format!("Stakes and what they earned ({asset})\n{}\n", grid(&head, &body))
}
