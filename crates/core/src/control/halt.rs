//! The length of a halt. While the venue is halted nobody can leave, so a halt ends by itself, and
//! halts cannot follow each other without a rest: in any time twice as long as a halt may last,
//! money may leave for at least half of it.

use super::{Event, Parameter, Rejection, Status};
use crate::engine::{Events, State};
use crate::ids::{DomainId, Time};

/// How long a halt of `of` may last, in milliseconds. The venue's halt holds the participants of
/// every domain, so that the shortest of their lengths binds it; without domains, the default.
fn length(state: &State, of: Option<DomainId>) -> u64 {
    let millis = |domain| state.control.millis(domain, Parameter::HaltLength);
    match of {
        Some(domain) => millis(domain),
        None => {
            let shortest = state.domains.domains().map(|(id, _)| millis(id)).min();
            // A domain nobody opened has the default.
            shortest.unwrap_or_else(|| millis(DomainId(u32::MAX)))
        }
    }
}

/// Until when a halt that is asked for now lasts. One that is asked for again before its end goes
/// on with what is left of it; after its end as long a rest comes first.
pub(super) fn until(state: &State, of: Option<DomainId>) -> Result<Time, Rejection> {
    let (now, length) = (state.now(), length(state, of));
    match state.control.halted_until(of) {
        Some(until) if now < until => Ok(until.min(now.after(length))),
        Some(until) if now < until.after(length) => {
            Err(Rejection::HaltSpent { until, again: until.after(length) })
        }
        _ => Ok(now.after(length)),
    }
}

/// The first halt, the venue's before those of domains, that stands and has lasted its length.
pub(crate) fn halt_over(state: &State) -> Option<Option<DomainId>> {
    let stands = |of| state.control.own_status(of) == Status::Halted;
    let mut halts = state.control.halts.iter();
    halts.find(|(of, until)| **until <= state.now() && stands(**of)).map(|(of, _)| *of)
}

/// The duty: back to the last status in which money may leave. False where it is not due.
pub(crate) fn end_halt(state: &State, domain: Option<DomainId>, events: &mut Events) -> bool {
    let due = halt_over(state) == Some(domain);
    if due {
        events.push(Event::HaltEnded { domain });
    }
    due
}
