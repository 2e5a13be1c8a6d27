//! The rows of `shares.csv`: every member of every division, with the exact share beside the one
//! that was taken.
//!
//! `exact_num / exact_den` is the exact cumulative share, in atoms, of the account in the
//! episode up to and with that loss, before any rounding. Of a pot's stakes it is the stake at
//! the start of the episode in proportion. So the exact share less the sum of the account's
//! shares so far is below one atom for each loss.

use std::sync::Arc;

use rhodian_core::allocation::{AllocationError, Claims, ExactDivision, Rule, exact};
use rhodian_core::engine::State;
use rhodian_core::loss::Loss;
use rhodian_core::recovery::Bearer;
use rhodian_core::units::Amount;
use rhodian_report::ShareRow;

use super::driver::account_name;
use super::trail::{Division, Part, Trail, Way};
use crate::rules::rule_info;

/// The claims of a division as columns, as the core reads them.
#[derive(Debug, Default)]
pub struct Columns {
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
}

impl Columns {
    /// The columns of a division, with priority classes only where the layer reads them.
    #[must_use]
    pub fn of(state: &State, division: &Division) -> Self {
        let mut columns = Self::default();
        let with_classes = reads_classes(state, division);
        for part in &division.parts {
            columns.caps.push(part.cap_then);
            columns.weights.push(part.weight);
            columns.scores.push(part.score);
            columns.risks.push(part.risk);
            if with_classes {
                columns.classes.push(part.class);
            }
        }
        columns
    }

    /// The same for the core.
    #[must_use]
    pub fn claims(&self) -> Claims<'_> {
        Claims {
            caps: &self.caps,
            weights: &self.weights,
            scores: &self.scores,
            risks: &self.risks,
            classes: &self.classes,
        }
    }
}

/// The rule of a division; stakes are drawn in proportion.
#[must_use]
pub fn rule_of(state: &State, division: &Division) -> Rule {
    let found = state.domains.layer(division.layer).and_then(|layer| layer.spec.source.members());
    found.map_or(Rule::Proportional, |members| members.rule)
}

fn reads_classes(state: &State, division: &Division) -> bool {
    let found = state.domains.layer(division.layer).and_then(|layer| layer.spec.source.members());
    found.is_some_and(|members| members.classes)
}

/// The priority class of a member, where the layer reads classes.
#[must_use]
pub fn class_of(state: &State, division: &Division, part: &Part) -> Option<u32> {
    reads_classes(state, division).then_some(part.class)
}

/// The exact cumulative shares of a division, in the order of its parts.
///
/// Refused: what the core refuses of the claims, which it accepted when the engine divided them.
pub fn exact_shares(state: &State, division: &Division) -> Result<ExactDivision, AllocationError> {
    let columns = Columns::of(state, division);
    exact(rule_of(state, division), division.cumulative, &columns.claims())
}

/// Whether a division is of participants that someone named: a pot whose one staker carries the
/// layer's name stands for stakers that the file does not list.
#[must_use]
pub fn is_listed(state: &State, division: &Division) -> bool {
    let layer = state.domains.layer(division.layer).map(|layer| layer.spec.name.as_str());
    match (division.way, division.parts.as_slice()) {
        (Way::Stakes, [only]) => Some(account_name(state, only.account)) != layer,
        _ => true,
    }
}

/// What came back to the members of a division, by place.
#[must_use]
pub fn repaid(state: &State, division: &Division) -> Vec<Amount> {
    let mut repaid = vec![Amount::ZERO; division.parts.len()];
    let loss: Option<&Loss> = state.losses.loss(division.loss);
    for pool in loss.into_iter().flat_map(|loss| &loss.pools) {
        let Bearer::Members { layer, rows } = &pool.bearer else { continue };
        if *layer != division.layer {
            continue;
        }
        // Both are in account order, so one pass joins them.
        let mut place = 0;
        for row in rows {
            while division.parts.get(place).is_some_and(|part| part.account < row.account) {
                place += 1;
            }
            if division.parts.get(place).is_some_and(|part| part.account == row.account) {
                repaid[place] = row.repaid;
            }
        }
    }
    repaid
}

/// Every row, in the order of the divisions, accounts in byte order of their ids.
///
/// `losses` are the external ids of the losses in the engine's order.
pub fn rows(
    state: &State,
    trail: &Trail,
    losses: &[String],
) -> Result<Vec<ShareRow>, AllocationError> {
    let listed = trail.divisions.iter().filter(|division| is_listed(state, division));
    let count = listed.clone().map(|division| division.parts.len()).sum();
    let mut rows = Vec::with_capacity(count);
    for division in listed {
        let exact = exact_shares(state, division)?;
        let repaid = repaid(state, division);
        let loss_id: Arc<str> = losses.get(division.loss.index()).map_or("", |id| id).into();
        let found = state.domains.layer(division.layer);
        let layer: Arc<str> = found.map_or("", |layer| layer.spec.name.as_str()).into();
        let rule: Arc<str> = rule_info(rule_of(state, division)).name.into();
        for (place, part) in division.parts.iter().enumerate() {
            let Part { account, weight, cap, share, .. } = *part;
            let (exact_num, exact_den) = exact.fraction_text(place);
            rows.push(ShareRow {
                loss_id: Arc::clone(&loss_id),
                episode: u64::from(division.episode.0) + 1,
                step: u32::from(division.step),
                layer: Arc::clone(&layer),
                account: account_name(state, account).to_owned(),
                rule: Arc::clone(&rule),
                weight,
                cap,
                share,
                exact_num,
                exact_den,
                class: class_of(state, division, part),
                repaid: repaid[place],
            });
        }
    }
    Ok(rows)
}
