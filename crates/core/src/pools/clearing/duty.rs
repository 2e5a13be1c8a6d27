//! What follows of itself: a period that is over, clients that nobody took in time, auctions whose
//! time is up.

use super::{Duty, Fund, Rejection, auction, clients, decide};
use crate::engine::{Events, State};

/// The next duty: funds in the order of their ids.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.clearing.funds().find_map(|(fund, found)| {
        if let Some(account) = clients::due(state, found) {
            return Some(Duty::CloseOut { fund, account });
        }
        if let Some(loss) = auction::due(state, found) {
            return Some(Duty::EndAuction { fund, loss });
        }
        is_over(state, found).then_some(Duty::Size { fund })
    })
}

/// Whether a period is over; while a loss is open contributions stay as they are.
fn is_over(state: &State, fund: &Fund) -> bool {
    let next = fund.sized.after(fund.spec.period);
    next.has_come(state.now()) && !state.has_open_episode(fund.spec.domain)
}

pub(crate) fn decide_duty(
    state: &State,
    duty_: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if duty(state).as_ref() != Some(duty_) {
        return Err(Rejection::NotDue);
    }
    match *duty_ {
        Duty::Size { fund } => decide::sized(state, fund, events),
        Duty::CloseOut { fund, account } => {
            let found = decide::fund(state, fund)?;
            clients::close_out(state, (fund, found), account, events)
        }
        Duty::EndAuction { fund, loss } => {
            let found = decide::fund(state, fund)?;
            auction::end(state, (fund, found), loss, events)
        }
    }
}
