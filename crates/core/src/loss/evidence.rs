//! What a report is about: the hash of its evidence names the event. Whoever reports on the same
//! evidence again reports the same event.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Loss, Losses, Origin};
use crate::ids::{DomainId, LossId};

/// The hash of no evidence: reports that give none are each of an event of its own.
pub(super) const NONE: [u8; 32] = [0; 32];

/// The losses that were reported, by their domain and the hash of their evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence(BTreeMap<(DomainId, [u8; 32]), Vec<LossId>>);

impl Evidence {
    /// A loss was found: it counts where it was reported on evidence.
    pub(super) fn insert(&mut self, loss: &Loss, id: LossId) {
        match loss.origin {
            Origin::Reported { evidence, .. } if evidence != NONE => {
                self.0.entry((loss.domain, evidence)).or_default().push(id);
            }
            _ => {}
        }
    }
}

impl Losses {
    /// The event that `loss` was reported for, where its evidence names one.
    #[must_use]
    pub fn event_of(&self, loss: LossId) -> Option<[u8; 32]> {
        match self.loss(loss)?.origin {
            Origin::Reported { evidence, .. } => Some(evidence).filter(|hash| *hash != NONE),
            Origin::Derived => None,
        }
    }

    /// The losses of `domain` that were reported on `evidence`, in id order: none where it is the
    /// hash of thirty-two zeros, which names no event.
    pub fn on_evidence(
        &self,
        domain: DomainId,
        evidence: [u8; 32],
    ) -> impl Iterator<Item = LossId> + '_ {
        self.evidence.0.get(&(domain, evidence)).into_iter().flatten().copied()
    }
}
