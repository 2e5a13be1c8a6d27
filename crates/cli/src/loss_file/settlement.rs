//! What accounts hold, by rank, when the domain is settled: rows of a CSV file or of the loss file
//! itself, one for each account.

use std::collections::HashMap;

use rhodian_core::bounds::MAX_AMOUNT;
use rhodian_core::loss::Rank;
use rhodian_core::units::Amount;

use super::claims::{doubled, excess};
use super::columns::{CsvRows, Opening};
use super::model::{Place, RankedPart, Settlement};
use super::shape::{At, HoldingShape, HoldingsFileShape, HoldingsShape, SettlementShape};
use super::words::Words;
use crate::diagnostic::Diagnostic;
use crate::table::Role;
use crate::terminal::visible;

/// The ranks with their keys, in the order they pay.
const RANKS: [(Rank, &str); 4] = [
    (Rank::SessionGains, "session_gains"),
    (Rank::MaturedGains, "matured_gains"),
    (Rank::Principal, "principal"),
    (Rank::Segregated, "segregated"),
];

/// Reads `[settlement]`; `has_threshold` says whether the domain can ever be settled.
pub fn read(
    words: &Words<'_>,
    at: &At<SettlementShape>,
    has_threshold: bool,
) -> Result<Settlement, Diagnostic> {
    if !has_threshold {
        let message = "settlement is given, but nothing moves the domain to it";
        let help = "add uncovered_threshold to [terms]: above it, claims are settled by rank.";
        let allowed = "with uncovered_threshold";
        return Err(words.refuse("settlement-no-threshold", message, help, &at.place, allowed));
    }
    let holdings = &at.value.accounts;
    let parts = match &holdings.value {
        HoldingsShape::Rows(rows) => from_rows(words, rows)?,
        HoldingsShape::File(file) => from_file(words, file, &holdings.place)?,
    };
    let sum: u128 = parts.iter().map(|part| part.amount.atoms()).sum();
    if sum > MAX_AMOUNT {
        let message = "the accounts hold more than there can be";
        let help = "amounts are in units: check the asset's decimals.";
        let allowed = format!("{} in all", words.format.allowed(0));
        return Err(words.refuse("settlement-too-large", message, help, &holdings.place, allowed));
    }
    Ok(Settlement { parts, place: at.place.clone() })
}

fn from_rows(words: &Words<'_>, rows: &[At<HoldingShape>]) -> Result<Vec<RankedPart>, Diagnostic> {
    let mut parts = Vec::new();
    let mut seen = HashMap::new();
    for row in rows {
        let HoldingShape { account: at, session_gains, matured_gains, principal, segregated } =
            &row.value;
        let account = words.name(at, "account")?.as_str().to_owned();
        if let Some(first) = seen.insert(account.clone(), &at.place) {
            return Err(doubled(words, at, first));
        }
        let given = [session_gains, matured_gains, principal, segregated];
        if given.iter().all(|amount| amount.is_none()) {
            let keys = RANKS.map(|(_, key)| key).join(", ");
            let message = "the account holds nothing of any rank";
            let help = format!("give one or more of {keys}, or leave the account out.");
            return Err(words.refuse("settlement-no-rank", message, help, &row.place, keys));
        }
        for ((rank, key), amount) in RANKS.iter().zip(given) {
            let Some(amount) = amount else { continue };
            let amount = words.amount(amount, key, 0)?;
            parts.push(RankedPart { account: account.clone(), rank: *rank, amount });
        }
    }
    parts.retain(|part| !part.amount.is_zero());
    Ok(parts)
}

fn from_file(
    words: &Words<'_>,
    file: &HoldingsFileShape,
    place: &Place,
) -> Result<Vec<RankedPart>, Diagnostic> {
    let opening = Opening {
        file: &file.file,
        keep: file.keep.as_ref(),
        excess: excess(words, file.excess_digits.as_ref())?,
        exponents: file.exponents.as_ref().is_some_and(|at| at.value),
    };
    let rows = CsvRows::open(words, opening)?;
    let id = match &file.account {
        Some(at) => rows.named(&at.value, Role::Id, &at.place)?,
        None => rows.named("account", Role::Id, place)?,
    };
    let asked = [&file.session_gains, &file.matured_gains, &file.principal, &file.segregated];
    let mut columns: Vec<(Rank, usize)> = Vec::new();
    for ((rank, key), asked) in RANKS.iter().zip(asked) {
        let column = match asked {
            Some(at) => Some(rows.named(&at.value, Role::Weight, &at.place)?),
            None => rows.known(key, Role::Weight)?,
        };
        columns.extend(column.map(|column| (*rank, column)));
    }
    if columns.is_empty() {
        let keys = RANKS.map(|(_, key)| key).join(", ");
        let message = format!("{} has no column of any rank", visible(&file.file.value));
        let help = "name one, as principal = \"deposit\".";
        return Err(words.refuse("settlement-no-rank", message, help, &file.file.place, keys));
    }
    let (mut parts, mut accounts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    rows.each(id, &mut |row, line| {
        let account = row.id(id).map_err(|fault| rows.told(row, fault, id))?;
        let account = String::from_utf8_lossy(&account).into_owned();
        for (rank, column) in &columns {
            let amount: Amount = rows.amount(row, Role::Weight, *column, id)?;
            if !amount.is_zero() {
                parts.push(RankedPart { account: account.clone(), rank: *rank, amount });
            }
        }
        lines.push(line);
        accounts.push(account);
        Ok(())
    })?;
    rows.refuse_doubled(id, accounts.iter().map(String::as_str), &lines)?;
    Ok(parts)
}
