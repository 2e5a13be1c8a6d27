//! What a settlement by rank commits: who held what, once for each liable set whose losses it pays
//! for, and for each loss a division of every rank that pays.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rhodian_core::engine::{Event, Record, State};
use rhodian_core::ids::{AccountId, DomainId, LiableSetId, LossId};
use rhodian_core::loss::{self, RankedClaim, RankedDraw};
use rhodian_core::units::Amount;

use super::{Logged, Prover, sum, under};
use crate::commit::{AccountsCommitment, Flaw, Moment};
use crate::division::{Divided, DivisionCommitment};
use crate::episode::CommittedSet;
use crate::ranked::{self, RANKS, layer_of};

/// How far a settlement is committed.
#[derive(Default)]
struct Settlement {
    /// How many divisions each rank has, in the order in which they pay.
    waves: [u32; RANKS.len()],
    /// Of each set: the claims that were committed last, and where.
    holders: BTreeMap<LiableSetId, (Vec<RankedClaim>, usize)>,
}

impl Prover {
    /// Commits who held what when ranks were settled, and what of each was taken.
    pub(super) fn settled(
        &mut self,
        before: &State,
        record: &Record,
        domain: DomainId,
        claims: &[RankedClaim],
    ) -> Result<(), Flaw> {
        let mut settlement = Settlement::default();
        let mut result = Ok(());
        let taken = loss::rank_terms(before, domain, claims, |draw| {
            if result.is_ok() {
                result = self.ranked(before, record, (domain, draw), &mut settlement);
            }
        });
        if taken.is_err() { Err(Flaw::OtherShares) } else { result }
    }

    /// Commits what ranks pay for one loss, over who was committed for an earlier one of its set,
    /// or anew.
    fn ranked(
        &mut self,
        before: &State,
        record: &Record,
        (domain, draw): (DomainId, RankedDraw),
        settlement: &mut Settlement,
    ) -> Result<(), Flaw> {
        let (_, of) = under(before, draw.loss)?;
        let set = of.set;
        let known = settlement.holders.get(&set).filter(|(claims, _)| *claims == draw.claims);
        let known = known.map(|(_, place)| *place);
        let number = u32::try_from(self.ranked.len());
        let number = number.map_err(|_| Flaw::OutOfBounds { what: "the number of settlements" })?;
        let moment = Moment::Ranked { of, number, claims: &draw.claims };
        let new = || AccountsCommitment::new(&self.venue, before, domain, moment);
        let fresh = if known.is_none() { Some(new()?) } else { None };
        let accounts = fresh.as_ref().or_else(|| Some(&self.ranked.get(known?)?.of));
        let accounts = accounts.ok_or(Flaw::Unknown { what: "commitment" })?;
        let mut waves = settlement.waves;
        let mut borne: BTreeMap<AccountId, Amount> = BTreeMap::new();
        let mut divisions = Vec::new();
        for ranked::Part { rank, amount, terms, shares } in ranked::parts(set, &draw)? {
            let layer = layer_of(rank);
            let place = RANKS.iter().position(|of| *of == rank).unwrap_or_default();
            waves[place] += 1;
            let of = Divided { loss: draw.loss, layer, wave: waves[place], amount, terms };
            let division = DivisionCommitment::new(before, accounts, &of)?;
            for leaf in &division.leaves {
                let place = usize::try_from(leaf.place).unwrap_or(usize::MAX);
                if shares.get(place) != Some(&leaf.share) {
                    return Err(Flaw::OtherShares);
                }
                let of = borne.entry(leaf.account).or_default();
                *of = sum(&[*of, leaf.share]).ok_or(Flaw::OutOfBounds { what: "a sum" })?;
            }
            divisions.push(division);
        }
        borne.retain(|_, share| !share.is_zero());
        let rows = rows_of(record, draw.loss).ok_or(Flaw::OtherShares)?;
        if !borne.into_iter().eq(rows.iter().copied()) {
            return Err(Flaw::OtherShares);
        }
        let place = match (fresh, known) {
            (Some(of), _) => {
                let index = self.append(&of.header.hash())?;
                self.ranked.push(Logged { index, of });
                self.ranked.len() - 1
            }
            (None, place) => place.unwrap_or_default(),
        };
        settlement.waves = waves;
        settlement.holders.insert(set, (draw.claims, place));
        for division in divisions {
            let header = &division.header;
            self.holders.insert((header.set, header.layer, header.wave), place);
            self.keep(division)?;
        }
        Ok(())
    }

    /// What was committed when ranks of `domain` were settled, in a log of `size` entries.
    pub(super) fn settlement(&self, domain: DomainId, size: u32) -> Option<Vec<CommittedSet>> {
        let mut divisions: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (id, place) in &self.holders {
            divisions.entry(*place).or_default().push(self.divisions.get(id)?);
        }
        let of_domain = |place: &usize| {
            self.ranked.get(*place).is_some_and(|stood| stood.of.header.domain == domain)
        };
        let mut sets = Vec::new();
        for (place, mut of) in divisions.into_iter().filter(|(place, _)| of_domain(place)) {
            of.sort_unstable_by_key(|division| division.index);
            let of = of.into_iter().map(|division| self.committed(division, size));
            let of = of.collect::<Option<Vec<_>>>()?;
            sets.push(self.under(self.ranked.get(place)?, of, size)?);
        }
        Some(sets)
    }
}

/// What each account paid by rank for a loss, by the same record.
fn rows_of(record: &Record, of: LossId) -> Option<&[(AccountId, Amount)]> {
    record.events.iter().find_map(|event| match event {
        Event::Loss(loss::Event::RanksSettled { loss, rows, .. }) if *loss == of => {
            Some(rows.as_slice())
        }
        _ => None,
    })
}
