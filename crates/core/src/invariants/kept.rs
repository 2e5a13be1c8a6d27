//! The running form of what is kept for later: the gains of a domain's books, and what came back to
//! owners who failed. Neither pays more than it got.

use alloc::collections::BTreeMap;
use alloc::format;
use core::fmt::Display;

use super::{Broken, REPAID, SETTLED};
use crate::ids::{DomainId, LossId};
use crate::loss::{Event, OwnMeans, PoolHolder};
use crate::units::Amount;

/// What is left of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    results: BTreeMap<DomainId, i128>,
    ceded: BTreeMap<LossId, i128>,
}

const fn more(amount: Amount) -> i128 {
    amount.atoms().cast_signed()
}

const fn less(amount: Amount) -> i128 {
    -more(amount)
}

impl Kept {
    pub(super) fn after(&mut self, event: &Event) -> Result<(), Broken> {
        match event {
            Event::ResultKept { domain, amount, .. }
            | Event::PoolRepaid { to: PoolHolder::Results(domain), amount, .. } => {
                moves(&mut self.results, *domain, more(*amount), SETTLED)
            }
            Event::ResultNetted { domain, amount, .. }
            | Event::ResultToClaims { domain, amount, .. }
            | Event::ResultToFund { domain, amount, .. } => {
                moves(&mut self.results, *domain, less(*amount), SETTLED)
            }
            Event::ClaimCeded { loss, amount, .. } | Event::MeansCeded { loss, amount, .. } => {
                moves(&mut self.ceded, *loss, more(*amount), REPAID)
            }
            Event::CededMoved { loss, other, amount, .. } => {
                moves(&mut self.ceded, *loss, less(*amount), REPAID)?;
                moves(&mut self.ceded, *other, more(*amount), REPAID)
            }
            Event::CededPaid { loss, amount, .. }
            | Event::CededReturned { loss, amount, .. }
            | Event::OwnMeansTaken { loss, from: OwnMeans::Ceded, amount, .. } => {
                moves(&mut self.ceded, *loss, less(*amount), REPAID)
            }
            _ => Ok(()),
        }
    }
}

fn moves<K: Ord + Copy + Display>(
    kept: &mut BTreeMap<K, i128>,
    of: K,
    amount: i128,
    law: &'static str,
) -> Result<(), Broken> {
    let left = kept.entry(of).or_default();
    *left += amount;
    match *left {
        0.. => Ok(()),
        left => Err(Broken { law, detail: format!("of what is kept for {of} is {left} left") }),
    }
}
