//! Close-out: how what was taken over is brought to nothing. The market comes first: the venue
//! reports fills of the book. When that gets too dear or takes too long, the rest is assigned to
//! accounts on the other side by auto-deleveraging: quantity only, at the mark, and no money.

mod adl;
mod event;

use alloc::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

pub(crate) use adl::{decide_duty, duty};
pub use event::{Duty, Event, Rejection, Why};

use crate::ids::LossId;

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CloseOuts {
    /// The losses whose rest goes to auto-deleveraging, and why. Once begun it runs to the end.
    pub(crate) deleveraging: BTreeMap<LossId, Why>,
}

impl CloseOuts {
    /// Why what is left of `loss` goes to auto-deleveraging, if it does.
    #[must_use]
    pub fn deleveraging(&self, loss: LossId) -> Option<Why> {
        self.deleveraging.get(&loss).copied()
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        if let Event::DeleveragingBegun { loss, why } = event {
            self.deleveraging.insert(*loss, *why);
        }
    }
}
