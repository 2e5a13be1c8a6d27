//! What a domain's markets gave to others than accounts: fees, and what close-out books made of
//! what they took over. With it the gains of a domain's accounts sum to zero exactly, since any
//! checkpoint: whoever leaves a winner out of a list of gains breaks that sum.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::Markets;
use crate::ids::{CheckpointId, DomainId, LossId};

/// What a domain's markets gave to others than accounts, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outside {
    /// Fees of trades, and premia of who holds lots.
    pub fees: i128,
    /// What close-out books gained since they took over, at the marks; below zero for a loss.
    pub books: i128,
}

impl Markets {
    /// What the markets of `domain` gave to others than accounts since `reference`. The session
    /// gains of all accounts in the domain since then, and this, sum to zero.
    #[must_use]
    pub fn outside(&self, domain: DomainId, reference: CheckpointId) -> Outside {
        let now = self.outside_now(domain);
        let kept = self.outside_at.get(&reference).and_then(|of| of.get(domain.index()));
        let then = kept.copied().unwrap_or_default();
        Outside { fees: now.fees - then.fees, books: now.books - then.books }
    }

    /// Since the domain began, with what books hold now.
    fn outside_now(&self, domain: DomainId) -> Outside {
        let mut found = self.outside.get(domain.index()).copied().unwrap_or_default();
        let legs = self.books.values().flat_map(|book| &book.legs);
        for leg in legs {
            if self.market(leg.market).is_some_and(|market| market.spec.domain == domain) {
                found.books += self.leg_value(leg);
            }
        }
        found
    }

    /// Keeps how all domains stand as how they stood at `checkpoint`, and forgets what is before
    /// `oldest`.
    pub(super) fn keep_outside(&mut self, checkpoint: CheckpointId, oldest: CheckpointId) {
        let domains = (0..self.outside.len()).filter_map(DomainId::at);
        let kept: Vec<Outside> = domains.map(|domain| self.outside_now(domain)).collect();
        self.outside_at.insert(checkpoint, kept);
        self.outside_at = self.outside_at.split_off(&oldest);
    }

    pub(super) fn outside_mut(&mut self, domain: DomainId) -> &mut Outside {
        if self.outside.len() <= domain.index() {
            self.outside.resize(domain.index() + 1, Outside::default());
        }
        &mut self.outside[domain.index()]
    }

    /// Every close-out book that is not flat, in the order of losses.
    pub fn books(&self) -> impl Iterator<Item = LossId> + '_ {
        self.books.keys().copied()
    }
}
