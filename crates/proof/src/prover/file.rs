//! The committed episode: what was committed for its losses, with places in the log.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rhodian_core::ids::{EpisodeId, LiableSetId};

use super::{Logged, Prover};
use crate::commit::AccountsCommitment;
use crate::division::DivisionCommitment;
use crate::episode::{self, CommittedDivision, CommittedSet, EpisodeFile};
use crate::head::SignedHead;

impl Prover {
    /// All that was committed in an episode: every leaf of every liable set and of every division.
    /// A settlement by rank that paid for a loss of it is in it whole: what others paid for counts.
    /// It names nobody, but tells every gain and every share.
    #[must_use]
    pub fn episode(&self, episode: EpisodeId, head: &SignedHead) -> Option<EpisodeFile> {
        let (size, form) = (head.head.size, episode::FORM.into());
        let mut of_members: BTreeMap<LiableSetId, Vec<CommittedDivision>> = BTreeMap::new();
        let mut pots = Vec::new();
        let divided = |of: &Logged<DivisionCommitment>| of.of.header.episode == episode;
        let mut settled = None;
        for (id, of) in self.divisions.iter().filter(|(_, of)| divided(of)) {
            if self.holders.contains_key(id) {
                settled = Some(of.of.header.domain);
                continue;
            }
            let division = self.committed(of, size)?;
            match self.pots.get(id) {
                Some(stakers) => pots.push(self.under(stakers, Vec::from([division]), size)?),
                None => of_members.entry(id.0).or_default().push(division),
            }
        }
        let fixed = self.sets.iter().filter(|(_, of)| of.of.header.episode == Some(episode));
        let sets = fixed.map(|(id, of)| {
            let divisions = of_members.remove(id).unwrap_or_default();
            self.under(of, divisions, size)
        });
        let sets = sets.collect::<Option<Vec<_>>>()?;
        let ranked = match settled {
            Some(domain) => self.settlement(domain, size)?,
            None => Vec::new(),
        };
        let some = !sets.is_empty() || !pots.is_empty() || !ranked.is_empty();
        some.then(|| EpisodeFile { form, sets, pots, ranked, head: head.clone() })
    }

    /// A division as it stands in files, in a log of `size` entries.
    pub(super) fn committed(
        &self,
        found: &Logged<DivisionCommitment>,
        size: u32,
    ) -> Option<CommittedDivision> {
        let log = self.log.path(found.index, size)?;
        let (header, leaves) = (found.of.header.clone(), found.of.leaves.clone());
        Some(CommittedDivision { header, leaves, log })
    }

    /// Accounts as they stand in files, with the divisions over them.
    pub(super) fn under(
        &self,
        stood: &Logged<AccountsCommitment>,
        divisions: Vec<CommittedDivision>,
        size: u32,
    ) -> Option<CommittedSet> {
        let log = self.log.path(stood.index, size)?;
        let (header, leaves) = (stood.of.header.clone(), stood.of.leaves.clone());
        Some(CommittedSet { header, leaves, log, divisions })
    }
}
