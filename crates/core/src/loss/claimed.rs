//! Losses that pools report for those who are insured: what is lost is outside, and what is claimed
//! of it the loss's own book comes to owe the pool.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::detect::{derived_number, new_number, next};
use super::{Event, Rejection, ReportedLoss};
use crate::domain::CauseClass;
use crate::engine::{Actor, Events, State};
use crate::ids::{DomainId, Name, Time};
use crate::units::Amount;

/// A loss that a pool reports: what it is claimed for.
pub(crate) struct NewLoss {
    pub domain: DomainId,
    /// The domain's number for it; nothing where the engine gives one.
    pub number: Option<u64>,
    pub class: CauseClass,
    pub cause: Name,
    pub evidence: [u8; 32],
    pub by: Actor,
    pub amount: Amount,
    /// Until when it may be challenged; nothing where it waits for approval.
    pub challenge: Option<Time>,
}

/// A pool reports a loss: the next one. Its book owes the pool, once it is detected.
pub(crate) fn reported(state: &State, of: NewLoss, events: &mut Events) -> Result<(), Rejection> {
    let NewLoss { domain, class, cause, evidence, by, amount, challenge, .. } = of;
    if let Some(number) = of.number {
        new_number(state, domain, number, class)?;
    }
    let loss = next(state).ok_or(Rejection::TooMany { what: "losses" })?;
    events.push(Event::LossReported(Box::new(ReportedLoss {
        loss,
        domain,
        number: of.number.unwrap_or_else(|| derived_number(state, 0)),
        class,
        cause,
        evidence,
        by,
        amount,
        failed: None,
        margin: Amount::ZERO,
        set_off: Vec::new(),
        challenge,
    })));
    Ok(())
}
