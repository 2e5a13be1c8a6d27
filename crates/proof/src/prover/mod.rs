//! The prover: it follows the engine's records, commits what is to be committed before and after
//! each division, and hands out receipts. It reads core's public state only; fed with the same
//! records it makes the same log, so it need not be stored.

mod file;
mod settlement;

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use rhodian_core::engine::{Action, Event, Record, State};
use rhodian_core::ids::{AccountId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Time};
use rhodian_core::loss::{self, DivisionTerms, StakePart};
use rhodian_core::market;
use rhodian_core::units::Amount;

use crate::commit::{AccountsCommitment, Flaw, Moment, Under, Venue};
use crate::division::{Divided, DivisionCommitment, by_size};
use crate::hash::Digest;
use crate::head::{Head, SignedHead};
use crate::header::AccountsHeader;
use crate::leaf::ShareLeaf;
use crate::log::{Consistency, Log};
use crate::receipt::{FORM, Receipt, TRUSTED};
use crate::rounding::Way;
use crate::standing::{self, Standing, TRUSTED_OF_STANDING};

/// A commitment and its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged<T> {
    /// Its place in the log.
    pub index: u32,
    /// It.
    pub of: T,
}

/// A division: its liable set, its layer, and which one of the layer under the set, from 1. A draw
/// on a pot is one, and two where some of the stakes are junior. A settlement by rank is one for
/// each loss and rank, and they are counted from 1 over its losses.
pub type DivisionId = (LiableSetId, LayerId, u32);

/// What makes commitments of a run.
#[derive(Clone, Debug)]
pub struct Prover {
    venue: Venue,
    log: Log,
    /// Whether checkpoints are committed.
    checkpoints: bool,
    sets: BTreeMap<LiableSetId, Logged<AccountsCommitment>>,
    divisions: BTreeMap<DivisionId, Logged<DivisionCommitment>>,
    /// The stakers of each draw on a pot: of the other divisions the liable set says who stood.
    pots: BTreeMap<DivisionId, Logged<AccountsCommitment>>,
    /// Who held what when ranks were settled, once for each liable set whose losses were.
    ranked: Vec<Logged<AccountsCommitment>>,
    /// Which of these each division by rank is over.
    holders: BTreeMap<DivisionId, usize>,
    /// The headers committed at checkpoints.
    periods: Vec<Logged<AccountsHeader>>,
    /// By domain: the last checkpoint whole; the trees of those before are not kept.
    last: BTreeMap<DomainId, Logged<AccountsCommitment>>,
}

impl Prover {
    /// A prover that has seen nothing. `checkpoints` says whether all accounts are committed at
    /// each checkpoint too: one pass over all accounts and two hashes for each.
    #[must_use]
    pub fn new(venue: Venue, checkpoints: bool) -> Self {
        Self {
            venue,
            log: Log::default(),
            checkpoints,
            sets: BTreeMap::new(),
            divisions: BTreeMap::new(),
            pots: BTreeMap::new(),
            ranked: Vec::new(),
            holders: BTreeMap::new(),
            periods: Vec::new(),
            last: BTreeMap::new(),
        }
    }

    /// Sees a record *before* it is applied: `before` is the state in which it was decided.
    ///
    /// ```
    /// use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
    /// use rhodian_core::ids::Time;
    /// use rhodian_proof::commit::Venue;
    /// use rhodian_proof::prover::Prover;
    ///
    /// let venue = Venue { origin: "venue".into(), secret: [7; 32], affiliates: vec![] };
    /// let (mut prover, mut follower) = (Prover::new(venue, false), Engine::new());
    /// let mut engine = Engine::new();
    /// let tick = Envelope { at: Time(5), actor: Actor::ENGINE, action: Action::Tick };
    /// let Outcome::Accepted(records) = engine.execute(tick) else { panic!("a tick is accepted") };
    /// for record in &records {
    ///     prover.observe(follower.state(), record).unwrap();
    ///     follower.replay(record);
    /// }
    /// assert_eq!(prover.head(Time(5)).size, 0);
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Flaw`] where something cannot be committed; what the record holds beside it is.
    pub fn observe(&mut self, before: &State, record: &Record) -> Result<(), Flaw> {
        let mut result = Ok(());
        for event in &record.events {
            let seen = match event {
                Event::Loss(event) => self.loss(before, record, event),
                Event::Market(market::Event::PeriodEnded { of, .. }) if self.checkpoints => {
                    self.checkpoint(before, of)
                }
                _ => Ok(()),
            };
            result = result.and(seen);
        }
        if let Action::Loss(loss::Command::SettleRanks { domain, claims }) = &record.envelope.action
        {
            result = result.and(self.settled(before, record, *domain, claims));
        }
        result
    }

    fn loss(&mut self, before: &State, record: &Record, event: &loss::Event) -> Result<(), Flaw> {
        match event {
            loss::Event::LiableSetFixed { set, episode, layers, .. } => {
                let rules = rules_of(before, record, *episode);
                let (domain, rules) = rules.ok_or(Flaw::Unknown { what: "episode" })?;
                let of = Under { set: *set, episode: *episode, rules };
                let moment = Moment::Fixed { of, layers };
                let of = match AccountsCommitment::new(&self.venue, before, domain, moment) {
                    Ok(of) => of,
                    // Where pots alone stand behind a domain, nobody need be in it.
                    Err(Flaw::NobodyThere) if layers.iter().all(|(_, of)| of.is_empty()) => {
                        return Ok(());
                    }
                    Err(flaw) => return Err(flaw),
                };
                let index = self.append(&of.header.hash())?;
                self.sets.insert(*set, Logged { index, of });
                Ok(())
            }
            loss::Event::LossDivided { loss, layer, amount, .. } => {
                let terms = loss::division_terms(before, *loss, *layer);
                let of = self.divided(before, (*loss, *layer), *amount, terms)?;
                is_taken(record, &of)?;
                self.keep(of)
            }
            loss::Event::CallsMade { loss, layer, calls, .. } => {
                let planned = planned(record, *loss, *layer);
                let planned = planned.ok_or(Flaw::Unknown { what: "draw" })?;
                let terms = loss::call_terms(before, *loss, *layer, planned);
                let called = sum(calls).ok_or(Flaw::OutOfBounds { what: "a sum" })?;
                let of = self.divided(before, (*loss, *layer), called, terms)?;
                let due = |leaf: &ShareLeaf| {
                    usize::try_from(leaf.place).ok().and_then(|place| calls.get(place))
                };
                let same = of.leaves.iter().all(|leaf| due(leaf) == Some(&leaf.share));
                if !same || calls.len() != of.leaves.len() {
                    return Err(Flaw::OtherShares);
                }
                self.keep(of)
            }
            loss::Event::PotDrawn { loss, layer, stakes, .. } if !stakes.is_empty() => {
                let parts = loss::pot_terms(before, *loss, *layer);
                let parts = parts.ok_or(Flaw::Unknown { what: "draw" })?;
                let mut borne: BTreeMap<AccountId, Amount> = BTreeMap::new();
                for part in parts.iter().filter(|part| !part.amount.is_zero()) {
                    self.drawn(before, (*loss, *layer), part, &mut borne)?;
                }
                let share = |account| borne.get(account).copied().unwrap_or_default();
                let same = stakes.iter().all(|(account, of, _)| share(account) == *of);
                if same { Ok(()) } else { Err(Flaw::OtherShares) }
            }
            _ => Ok(()),
        }
    }

    /// A division over members of a liable set.
    fn divided(
        &self,
        before: &State,
        (loss, layer): (LossId, LayerId),
        amount: Amount,
        terms: Option<DivisionTerms>,
    ) -> Result<DivisionCommitment, Flaw> {
        let terms = terms.ok_or(Flaw::Unknown { what: "division that is due" })?;
        let accounts = self.sets.get(&terms.set).ok_or(Flaw::Unknown { what: "liable set" })?;
        let wave = self.next_wave(terms.set, layer);
        let of = Divided { loss, layer, wave, amount, terms };
        DivisionCommitment::new(before, &accounts.of, &of)
    }

    /// Commits who is staked in a pot, and what a draw takes of `part` of the stakes.
    fn drawn(
        &mut self,
        before: &State,
        (loss, layer): (LossId, LayerId),
        part: &StakePart,
        borne: &mut BTreeMap<AccountId, Amount>,
    ) -> Result<(), Flaw> {
        let (domain, of) = under(before, loss)?;
        let set = of.set;
        let draw = u32::try_from(self.pots.len());
        let draw = draw.map_err(|_| Flaw::OutOfBounds { what: "the number of draws" })?;
        let moment = Moment::Drawn { of, layer, draw, stakes: &part.stakes };
        let accounts = AccountsCommitment::new(&self.venue, before, domain, moment)?;
        let wave = self.next_wave(set, layer);
        let staked = part.stakes.iter().filter(|(_, stake)| !stake.is_zero());
        let staked = staked.map(|(account, stake)| (*account, *stake, Amount::ZERO));
        let terms = by_size(set, (Amount::ZERO, part.amount), staked);
        let of = Divided { loss, layer, wave, amount: part.amount, terms };
        let division = DivisionCommitment::new(before, &accounts, &of)?;
        for leaf in &division.leaves {
            let of = borne.entry(leaf.account).or_default();
            *of = sum(&[*of, leaf.share]).ok_or(Flaw::OutOfBounds { what: "a sum" })?;
        }
        let index = self.append(&accounts.header.hash())?;
        self.pots.insert((set, layer, wave), Logged { index, of: accounts });
        self.keep(division)
    }

    fn next_wave(&self, set: LiableSetId, layer: LayerId) -> u32 {
        let waves = self.divisions.range((set, layer, 0)..=(set, layer, u32::MAX));
        waves.last().map_or(1, |((_, _, wave), _)| wave + 1)
    }

    fn keep(&mut self, of: DivisionCommitment) -> Result<(), Flaw> {
        let index = self.append(&of.header.hash())?;
        let id = (of.header.set, of.header.layer, of.header.wave);
        self.divisions.insert(id, Logged { index, of });
        Ok(())
    }

    /// Who stood when `division` was made.
    #[must_use]
    pub fn stood(&self, division: &DivisionId) -> Option<&Logged<AccountsCommitment>> {
        match self.holders.get(division) {
            Some(place) => self.ranked.get(*place),
            None => self.pots.get(division).or_else(|| self.sets.get(&division.0)),
        }
    }

    fn checkpoint(&mut self, before: &State, of: &market::Checkpoint) -> Result<(), Flaw> {
        let domains = before.domains.domains().map(|(domain, _)| domain);
        for domain in domains.filter(|domain| !of.blocked.contains(domain)) {
            match AccountsCommitment::new(&self.venue, before, domain, Moment::Checkpoint) {
                Ok(of) => {
                    let index = self.append(&of.header.hash())?;
                    self.periods.push(Logged { index, of: of.header.clone() });
                    self.last.insert(domain, Logged { index, of });
                }
                Err(Flaw::NobodyThere) => {}
                Err(flaw) => return Err(flaw),
            }
        }
        Ok(())
    }

    fn append(&mut self, entry: &Digest) -> Result<u32, Flaw> {
        self.log.append(entry).ok_or(Flaw::OutOfBounds { what: "the length of the log" })
    }

    /// The head of the log now, to be signed.
    #[must_use]
    pub fn head(&self, at: Time) -> Head {
        self.log.head(self.venue.origin.clone(), at)
    }

    /// The proof that the log of `from` entries begins that of `to`.
    #[must_use]
    pub fn consistency(&self, from: u32, to: u32) -> Option<Consistency> {
        self.log.consistency(from, to)
    }

    /// What was committed for a liable set.
    #[must_use]
    pub fn set(&self, set: LiableSetId) -> Option<&Logged<AccountsCommitment>> {
        self.sets.get(&set)
    }

    /// What was committed at checkpoints, in order.
    #[must_use]
    pub fn checkpoints(&self) -> &[Logged<AccountsHeader>] {
        &self.periods
    }

    /// The divisions, in order.
    pub fn divisions(&self) -> impl Iterator<Item = (DivisionId, &Logged<DivisionCommitment>)> {
        self.divisions.iter().map(|(id, of)| (*id, of))
    }

    /// The receipts of `account` for `loss`, one for each division that it was a member of. `state`
    /// says its external id; the head must be of a log that holds the divisions.
    #[must_use]
    pub fn receipts(
        &self,
        state: &State,
        loss: LossId,
        account: AccountId,
        head: &SignedHead,
    ) -> Vec<Receipt> {
        let of_loss = self.divisions().filter(|(_, division)| division.of.header.loss == loss);
        of_loss.filter_map(|(id, _)| self.receipt(state, id, account, head)).collect()
    }

    /// The receipt of `account` for one division; nothing where it was no member, or where the log
    /// of `head` does not hold the division.
    #[must_use]
    pub fn receipt(
        &self,
        state: &State,
        division: DivisionId,
        account: AccountId,
        head: &SignedHead,
    ) -> Option<Receipt> {
        let divided = self.divisions.get(&division)?;
        let stood = self.stood(&division)?;
        let (at, of) = (stood.of.place(account)?, divided.of.place(account)?);
        let size = head.head.size;
        Some(Receipt {
            form: FORM.into(),
            external_id: state.accounts.account(account)?.name.as_str().into(),
            salt: *stood.of.salts.get(at)?,
            account: stood.of.leaves.get(at)?.clone(),
            account_path: stood.of.tree.path(at)?,
            accounts: stood.of.header.clone(),
            accounts_log: self.log.path(stood.index, size)?,
            share: *divided.of.leaves.get(of)?,
            share_path: divided.of.tree.path(of)?,
            division: divided.of.header.clone(),
            division_log: self.log.path(divided.index, size)?,
            head: head.clone(),
            trusted: TRUSTED.iter().map(ToString::to_string).collect(),
        })
    }

    /// The proof that `account` stands among all accounts at the last checkpoint of `domain`.
    #[must_use]
    pub fn standing(
        &self,
        state: &State,
        domain: DomainId,
        account: AccountId,
        head: &SignedHead,
    ) -> Option<Standing> {
        self.standing_in(state, self.last.get(&domain)?, account, head)
    }

    /// The proof that `account` stands among all accounts when a liable set was fixed, whether it
    /// was liable or not.
    #[must_use]
    pub fn standing_at(
        &self,
        state: &State,
        set: LiableSetId,
        account: AccountId,
        head: &SignedHead,
    ) -> Option<Standing> {
        self.standing_in(state, self.sets.get(&set)?, account, head)
    }

    fn standing_in(
        &self,
        state: &State,
        stood: &Logged<AccountsCommitment>,
        account: AccountId,
        head: &SignedHead,
    ) -> Option<Standing> {
        let at = stood.of.place(account)?;
        Some(Standing {
            form: standing::FORM.into(),
            external_id: state.accounts.account(account)?.name.as_str().into(),
            salt: *stood.of.salts.get(at)?,
            account: stood.of.leaves.get(at)?.clone(),
            account_path: stood.of.tree.path(at)?,
            accounts: stood.of.header.clone(),
            accounts_log: self.log.path(stood.index, head.head.size)?,
            head: head.clone(),
            trusted: TRUSTED_OF_STANDING.iter().map(ToString::to_string).collect(),
        })
    }
}

pub(crate) fn sum(of: &[Amount]) -> Option<Amount> {
    of.iter().try_fold(Amount::ZERO, |sum, one| sum.checked_add(*one).ok())
}

/// How much a draw on `layer` was planned to ask, by the same record.
fn planned(record: &Record, of: LossId, on: LayerId) -> Option<Amount> {
    record.events.iter().find_map(|event| match event {
        Event::Loss(loss::Event::DrawPlanned { loss, layer, planned, .. }) => {
            ((*loss, *layer) == (of, on)).then_some(*planned)
        }
        _ => None,
    })
}

/// The domain of a loss, and what it is under.
fn under(state: &State, loss: LossId) -> Result<(DomainId, Under<'_>), Flaw> {
    let found = state.losses.loss(loss).ok_or(Flaw::Unknown { what: "loss" })?;
    let set = found.set.ok_or(Flaw::Unknown { what: "liable set" })?;
    let id = found.episode.ok_or(Flaw::Unknown { what: "episode" })?;
    let episode = state.losses.episode(id).ok_or(Flaw::Unknown { what: "episode" })?;
    Ok((found.domain, Under { set, episode: id, rules: &episode.rules }))
}

/// The domain of an episode and the rules frozen for it: it may have been opened by the same
/// record.
fn rules_of<'a>(
    before: &'a State,
    record: &'a Record,
    id: EpisodeId,
) -> Option<(DomainId, &'a loss::FrozenRules)> {
    let opened = record.events.iter().find_map(|event| match event {
        Event::Loss(loss::Event::EpisodeOpened { episode, domain, rules }) if *episode == id => {
            Some((*domain, rules))
        }
        _ => None,
    });
    let known = before.losses.episode(id);
    opened.or_else(|| known.map(|episode| (episode.domain, &episode.rules)))
}

/// The shares that are taken are those committed; shares taken on touch come later.
fn is_taken(record: &Record, of: &DivisionCommitment) -> Result<(), Flaw> {
    let divided = (of.header.loss, of.header.layer);
    let mut taken: Vec<(AccountId, Amount)> = Vec::new();
    for event in &record.events {
        if let Event::Loss(loss::Event::SharesTaken { loss, layer, shares, .. }) = event
            && (*loss, *layer) == divided
        {
            taken.extend(shares);
        }
    }
    let same = taken.iter().all(|(account, share)| {
        of.place(*account).is_some_and(|place| of.leaves[place].share == *share)
    });
    let waits = of.header.rounding.way == Way::Up;
    let all = taken.len() == of.leaves.len() || waits;
    if same && all { Ok(()) } else { Err(Flaw::OtherShares) }
}
