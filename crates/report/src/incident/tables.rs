//! The tables of an incident for programs and spreadsheets.

use super::Incident;
use crate::csv::table;
use crate::money::Money;

/// Who paid: `loss,layer,account,weight,cap,paid,repaid`, in units of the asset.
#[must_use]
pub fn payers(incident: &Incident) -> String {
    let money = Money::new(incident.asset.decimals);
    let rows = incident.payers.iter().map(|row| {
        let optional = |amount: Option<rhodian_core::units::Amount>| {
            amount.map_or_else(String::new, |amount| money.plain(amount.atoms()))
        };
        vec![
            row.loss.clone(),
            row.layer.clone(),
            row.account.clone(),
            optional(row.weight),
            optional(row.cap),
            money.plain(row.paid.atoms()),
            money.plain(row.repaid.atoms()),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    table(&["loss", "layer", "account", "weight", "cap", "paid", "repaid"], &rows)
}

/// What happened: `sequence,millis,at,loss,what`.
#[must_use]
pub fn timeline(incident: &Incident) -> String {
    let rows = incident.timeline.iter().map(|line| {
        vec![
            line.sequence.to_string(),
            line.at.millis.to_string(),
            line.at.text.clone(),
            line.loss.clone().unwrap_or_default(),
            line.what.clone(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    table(&["sequence", "millis", "at", "loss", "what"], &rows)
}
