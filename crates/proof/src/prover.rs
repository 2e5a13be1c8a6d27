//! The prover: it follows the engine's records, commits what is to be committed before and after
//! each division, and hands out receipts. It reads core's public state only; fed with the same
//! records it makes the same log, so it need not be stored.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use rhodian_core::engine::{Event, Record, State};
use rhodian_core::ids::{AccountId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Time};
use rhodian_core::loss;
use rhodian_core::market;
use rhodian_core::units::Amount;

use crate::commit::{AccountsCommitment, DivisionCommitment, Flaw, Moment, Venue};
use crate::episode::{self, CommittedDivision, CommittedSet, EpisodeFile};
use crate::hash::Digest;
use crate::head::{Head, SignedHead};
use crate::header::AccountsHeader;
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

/// A division: its liable set, its layer, and which one of the layer under the set, from 1.
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
        result
    }

    fn loss(&mut self, before: &State, record: &Record, event: &loss::Event) -> Result<(), Flaw> {
        match event {
            loss::Event::LiableSetFixed { set, episode, layers, .. } => {
                let rules = rules_of(before, record, *episode);
                let (domain, rules) = rules.ok_or(Flaw::Unknown { what: "episode" })?;
                let moment = Moment::Fixed { set: *set, episode: *episode, rules, layers };
                let of = AccountsCommitment::new(&self.venue, before, domain, moment)?;
                let index = self.append(&of.header.hash())?;
                self.sets.insert(*set, Logged { index, of });
                Ok(())
            }
            loss::Event::LossDivided { loss, layer, set, wave, amount, .. } => {
                let accounts = self.sets.get(set).ok_or(Flaw::Unknown { what: "liable set" })?;
                let divided = (*loss, *layer);
                let of = DivisionCommitment::new(before, &accounts.of, divided, *amount)?;
                is_taken(record, &of)?;
                let index = self.append(&of.header.hash())?;
                self.divisions.insert((*set, *layer, *wave), Logged { index, of });
                Ok(())
            }
            _ => Ok(()),
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
        let stood = self.sets.get(&division.0)?;
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

    /// All that was committed in an episode: every leaf of every liable set and of every division.
    /// It names nobody, but tells every gain and every share.
    #[must_use]
    pub fn episode(&self, episode: EpisodeId, head: &SignedHead) -> Option<EpisodeFile> {
        let size = head.head.size;
        let of_episode = self.sets.iter().filter(|(_, of)| of.of.header.episode == Some(episode));
        let sets = of_episode.map(|(id, stood)| {
            let divisions = self
                .divisions
                .range((*id, LayerId(0), 0)..)
                .map_while(|(of, found)| (of.0 == *id).then_some(found));
            let divisions = divisions.map(|found| {
                Some(CommittedDivision {
                    header: found.of.header.clone(),
                    leaves: found.of.leaves.clone(),
                    log: self.log.path(found.index, size)?,
                })
            });
            Some(CommittedSet {
                header: stood.of.header.clone(),
                leaves: stood.of.leaves.clone(),
                log: self.log.path(stood.index, size)?,
                divisions: divisions.collect::<Option<_>>()?,
            })
        });
        let sets = sets.collect::<Option<Vec<_>>>()?;
        let form = episode::FORM.into();
        (!sets.is_empty()).then(|| EpisodeFile { form, sets, head: head.clone() })
    }
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
