//! A domain in settlement: that it came to it, and what each account paid by rank.

use std::collections::BTreeMap;

use rhodian_core::control::{Parameter, Status};
use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, LossId};
use rhodian_core::recovery::Bearer;
use rhodian_core::units::Amount;
use rhodian_report::{RankedShare, Settlement};

use super::driver::account_name;
use super::trail::Trail;
use super::venue::DOMAIN;
use crate::loss_file::LossFile;

/// What is to be said of the settlement of a run of `file`: that the domain entered it, or why
/// what the file gives for it was not used.
#[must_use]
pub fn remarks(file: &LossFile, state: &State, trail: &Trail) -> Vec<String> {
    let written = |amount: Amount| file.format().write_grouped(amount);
    let threshold = state.control.value(DOMAIN, Parameter::UncoveredThreshold);
    let threshold = Amount::new(threshold).unwrap_or(Amount::MAX);
    let Some(uncovered) = trail.settlement_entered else {
        let unused = file.settlement.as_ref().map(|_| {
            let threshold = written(threshold);
            format!(
                "the uncovered debt never passed uncovered_threshold, {threshold}: no claim was \
                 settled by rank"
            )
        });
        return unused.into_iter().collect();
    };
    let (asked, threshold) = (written(uncovered), written(threshold));
    let passed = format!(
        "the uncovered debt, {asked}, passed uncovered_threshold, {threshold}: the domain entered \
         settlement"
    );
    let settled = state.control.domain_status(DOMAIN) >= Status::Settling;
    let next = (settled && trail.ranked.is_empty()).then(|| {
        "no claim was settled by rank: give [settlement] with what the accounts hold".to_owned()
    });
    std::iter::once(passed).chain(next).collect()
}

/// What settlement by rank took, account by account; nothing where the domain never entered it.
#[must_use]
pub fn summary(state: &State, trail: &Trail) -> Option<Settlement> {
    let uncovered = trail.settlement_entered?;
    let mut accounts: BTreeMap<AccountId, (Amount, Amount)> = BTreeMap::new();
    for (_, loss) in state.losses.losses() {
        for pool in &loss.pools {
            let Bearer::Ranked { rows } = &pool.bearer else { continue };
            for row in rows {
                let (paid, repaid) = accounts.entry(row.account).or_default();
                *paid = paid.checked_add(row.borne).unwrap_or(Amount::MAX);
                *repaid = repaid.checked_add(row.repaid).unwrap_or(Amount::MAX);
            }
        }
    }
    let accounts = accounts.into_iter().map(|(account, (paid, repaid))| RankedShare {
        account: account_name(state, account).to_owned(),
        paid,
        repaid,
    });
    Some(Settlement { uncovered, accounts: accounts.collect() })
}

/// What settlement by rank took for a loss, and what of it came back.
#[must_use]
pub fn of_loss(state: &State, loss: LossId) -> (Amount, Amount) {
    let pools = state.losses.loss(loss).into_iter().flat_map(|found| &found.pools);
    let ranked = pools.filter(|pool| matches!(pool.bearer, Bearer::Ranked { .. }));
    ranked.fold((Amount::ZERO, Amount::ZERO), |(borne, repaid), pool| {
        let plus = |a: Amount, b: Amount| a.checked_add(b).unwrap_or(Amount::MAX);
        (plus(borne, pool.borne), plus(repaid, pool.repaid))
    })
}
