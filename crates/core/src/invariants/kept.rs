//! The running form of what is kept for later: the gains of a domain's books, and what came back to
//! owners who failed. Neither pays more than it got.

use alloc::collections::BTreeMap;
use alloc::format;

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

const fn signed(amount: Amount) -> i128 {
    amount.atoms().cast_signed()
}

impl Kept {
    pub(super) fn after(&mut self, event: &Event) -> Result<(), Broken> {
        self.results(event)?;
        self.ceded(event)
    }

    fn results(&mut self, event: &Event) -> Result<(), Broken> {
        let (domain, amount) = match event {
            Event::ResultKept { domain, amount, .. }
            | Event::PoolRepaid { to: PoolHolder::Results(domain), amount, .. } => {
                (*domain, signed(*amount))
            }
            Event::ResultNetted { domain, amount, .. }
            | Event::ResultToClaims { domain, amount, .. }
            | Event::ResultToFund { domain, amount, .. } => (*domain, -signed(*amount)),
            _ => return Ok(()),
        };
        let left = self.results.entry(domain).or_default();
        *left += amount;
        match *left {
            0.. => Ok(()),
            left => {
                let detail = format!("domain {domain}: results are {left}");
                Err(Broken { law: SETTLED, detail })
            }
        }
    }

    fn ceded(&mut self, event: &Event) -> Result<(), Broken> {
        let (loss, amount) = match event {
            Event::ClaimCeded { loss, amount, .. } => (*loss, signed(*amount)),
            Event::CededPaid { loss, amount, .. }
            | Event::CededReturned { loss, amount, .. }
            | Event::OwnMeansTaken { loss, from: OwnMeans::Ceded, amount, .. } => {
                (*loss, -signed(*amount))
            }
            _ => return Ok(()),
        };
        let left = self.ceded.entry(loss).or_default();
        *left += amount;
        match *left {
            0.. => Ok(()),
            left => {
                let detail = format!("loss {loss}: {left} of what was ceded to it is left");
                Err(Broken { law: REPAID, detail })
            }
        }
    }
}
