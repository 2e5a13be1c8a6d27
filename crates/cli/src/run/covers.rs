//! What was covered, for whom, and what became of it: what was claimed, what of it is due, and
//! what was paid. All of it is the state's.

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, CoverId};
use rhodian_core::loss::{Loss, Stage as LossStage};
use rhodian_core::pools::cover::{Cover, Stage};
use rhodian_core::units::Amount;
use serde::Serialize;

/// How a cover stands. Of claims that were dismissed nothing counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverRow {
    /// The cover, as events number it.
    pub cover: u32,
    /// Who bought it.
    #[serde(skip)]
    pub account: AccountId,
    /// The risk.
    pub risk: String,
    /// Up to how much it covers.
    pub amount: Amount,
    /// What was paid for it.
    pub premium: Amount,
    /// From when it covers, in milliseconds.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Where it stands.
    pub stage: Stage,
    /// What was lost by its risk, as it was reported.
    pub lost: Amount,
    /// What of it the pool owes, or owed.
    pub due: Amount,
    /// What of that was paid.
    pub paid: Amount,
}

/// Every cover, in the order in which they were bought.
#[must_use]
pub fn rows(state: &State) -> Vec<CoverRow> {
    state.covers.covers().map(|(id, cover)| row(state, id, cover)).collect()
}

/// The covers of one account.
#[must_use]
pub fn of(state: &State, account: AccountId) -> Vec<CoverRow> {
    let his = state.covers.covers().filter(|(_, cover)| cover.account == account);
    his.map(|(id, cover)| row(state, id, cover)).collect()
}

fn row(state: &State, id: CoverId, cover: &Cover) -> CoverRow {
    let (mut lost, mut due, mut paid) = (0, 0, 0);
    let pool = state.covers.pool_of(cover.risk);
    for (loss, incident) in pool.into_iter().flat_map(|(_, pool)| &pool.incidents) {
        let stands = |found: &Loss| found.stage != LossStage::Dismissed;
        if !state.losses.loss(*loss).is_some_and(stands) {
            continue;
        }
        for (claim, got) in incident.claims.iter().zip(&incident.paid) {
            if claim.cover == id {
                lost += claim.lost.atoms();
                due += claim.due.atoms();
                paid += got.atoms();
            }
        }
    }
    // What is shown of several claims of one cover; only reports beyond all money reach the bound.
    let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
    let risk = state.covers.risk(cover.risk).map_or("", |risk| risk.spec.name.as_str());
    CoverRow {
        cover: id.0,
        account: cover.account,
        risk: risk.to_owned(),
        amount: cover.amount,
        premium: cover.premium,
        from: cover.from.0,
        until: cover.until.0,
        stage: cover.stage,
        lost: amount(lost),
        due: amount(due),
        paid: amount(paid),
    }
}
