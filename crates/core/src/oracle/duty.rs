//! When prices do not come back: the domain goes down the status ladder, first to where nothing
//! widens risk, then to settlement at the last good value. Only a command of the venue moves it
//! back up, because only people can say that the sources are sound again.

use super::{Duty, Feed, Quality, answer};
use crate::control::{Parameter, Status};
use crate::engine::State;
use crate::ids::DomainId;

/// The first domain, by feed, that is due to go down.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.oracle.feeds().find_map(|(feed, found)| {
        // The least that the parameter may be: most feeds are done with here.
        if waited(state, found) < LEAST_WAIT {
            return None;
        }
        let mut domains = found.spec.domains.iter();
        let domain = domains.find(|domain| tighter(state, found, **domain).is_some())?;
        Some(Duty::Tighten { feed, domain: *domain })
    })
}

const LEAST_WAIT: u64 = {
    let declared = Parameter::ReduceOnlyAfter.declared();
    assert!(declared.min <= Parameter::SettleAfter.declared().min && declared.min == 60_000);
    60_000
};

/// How long no report has led `feed` to settlement quality.
fn waited(state: &State, feed: &Feed) -> u64 {
    state.now().0 - feed.confirmed.0
}

/// The status that `domain` is due for because of `feed`, if that is further down. A domain that
/// never had a good value has nothing to settle at, and stays where nothing widens risk.
pub(super) fn tighter(state: &State, feed: &Feed, domain: DomainId) -> Option<Status> {
    if !feed.spec.domains.contains(&domain) {
        return None;
    }
    let waited = waited(state, feed);
    let over = |parameter| waited >= state.control.millis(domain, parameter);
    let due = if feed.last_good.is_some() && over(Parameter::SettleAfter) {
        Status::Settling
    } else if over(Parameter::ReduceOnlyAfter) {
        Status::ReduceOnly
    } else {
        return None;
    };
    let lost = || answer::answer(&state.oracle, feed, state.now()).quality != Quality::Settlement;
    (due > state.control.domain_status(domain) && lost()).then_some(due)
}
