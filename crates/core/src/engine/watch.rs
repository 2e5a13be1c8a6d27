//! What is only there for speed: indices and measured levels that can be rebuilt from the state.
//! Left out of digest and snapshot; with it off, every query scans and gives the same.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::ranks::{Ranking, Ranks};
use super::ready::Ready;
use super::{Event, State};
use crate::account;
use crate::ids::{AccountId, EpisodeId, LayerId, LiableSetId, LossId, MarketId, Name, OwnerId};
use crate::loss::{self, Level, Loss, Phase, Stage};
use crate::margin::watch::RiskBook;
use crate::market::{self, Market, Options};

/// The indices.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    on: bool,
    owners: BTreeMap<Name, OwnerId>,
    accounts: BTreeMap<Name, AccountId>,
    /// By owner: his accounts, in id order.
    of_owner: BTreeMap<OwnerId, Vec<AccountId>>,
    /// Who stands below zero.
    negative: BTreeSet<AccountId>,
    /// The accounts that failed and are not taken over, with their losses.
    failing: BTreeSet<(AccountId, LossId)>,
    /// The accounts that failed, with their losses.
    failed: BTreeSet<(AccountId, LossId)>,
    /// The health of all who hold legs; absent where the watch is off, and while it is lent out.
    risk: Option<Box<RiskBook>>,
    /// Nothing is due, and nothing happened since that could have made something due.
    quiet: bool,
    /// Who is next in liquidation, where it is known.
    ready: Option<Ready>,
    /// Who is drained first, where it is known.
    ranks: Ranks,
    /// Memory that events use again.
    touched: Vec<AccountId>,
    open_losses: BTreeSet<LossId>,
    /// The same, by what comes next for them.
    phases: BTreeSet<(Phase, LossId)>,
    open_episodes: BTreeSet<EpisodeId>,
    /// The losses of which an uncovered debt is open.
    debts: BTreeSet<LossId>,
    /// By underlying: the options on it.
    options: BTreeMap<MarketId, Options>,
    /// The levels that liens are read from, as they were measured last.
    levels: BTreeMap<(LiableSetId, LayerId), Level>,
}

const NO_OPTIONS: &Options = &Options::new();

impl Watch {
    pub(super) fn new(on: bool) -> Self {
        Self { on, risk: on.then(Box::default), ..Self::default() }
    }

    /// The indices of `state`; levels are measured by the next command.
    pub(super) fn of(state: &State) -> Self {
        let mut watch = Self::new(true);
        for (id, name) in (0..).map(OwnerId).zip(&state.accounts.owners) {
            watch.owners.insert(name.clone(), id);
        }
        for (id, account) in state.accounts.accounts() {
            watch.opened(id, account.owner, &account.name);
            watch.set_negative(id, state.is_negative(id));
        }
        for (id, loss) in state.losses.losses() {
            if !matches!(loss.stage, Stage::Settled | Stage::Dismissed) {
                watch.open_losses.insert(id);
            }
            watch.set_debt(id, !loss.debt().is_zero());
            watch.set_failing(id, loss);
            watch.set_phase(id, loss);
        }
        for (id, market) in state.markets.markets() {
            watch.listed(id, market);
        }
        let open = state.losses.episodes().filter(|(_, episode)| !episode.closed);
        watch.open_episodes.extend(open.map(|(id, _)| id));
        watch.risk = Some(Box::new(state.risk_book()));
        watch
    }

    /// Whether the indices are the same; levels are measured when they are read, and who could be
    /// below maintenance is known as too many, never as too few.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.on == other.on
            && self.owners == other.owners
            && self.accounts == other.accounts
            && self.of_owner == other.of_owner
            && self.negative == other.negative
            && self.open_losses == other.open_losses
            && self.phases == other.phases
            && self.open_episodes == other.open_episodes
            && self.debts == other.debts
            && self.failing == other.failing
            && self.failed == other.failed
            && self.options == other.options
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// The account named so, if the watch is on: the outer option says whether it knows.
    pub(super) fn account(&self, name: &Name) -> Option<Option<AccountId>> {
        self.on.then(|| self.accounts.get(name).copied())
    }

    pub(super) fn owner(&self, name: &Name) -> Option<Option<OwnerId>> {
        self.on.then(|| self.owners.get(name).copied())
    }

    pub(super) fn accounts_of(&self, owner: OwnerId) -> Option<&[AccountId]> {
        self.on.then(|| self.of_owner.get(&owner).map_or(&[][..], Vec::as_slice))
    }

    /// Known only where the watch is on.
    pub(super) const fn negative(&self) -> &BTreeSet<AccountId> {
        &self.negative
    }

    /// Known only where the watch is on.
    pub(super) fn risk(&self) -> Option<&RiskBook> {
        self.risk.as_deref()
    }

    /// The book, to be put back with [`Watch::set_risk`].
    pub(super) const fn take_risk(&mut self) -> Option<Box<RiskBook>> {
        self.risk.take()
    }

    pub(super) fn set_risk(&mut self, risk: Box<RiskBook>) {
        self.risk = Some(risk);
    }

    /// Whether `account` surely is neither below maintenance nor below zero.
    pub(super) fn is_sound(&self, account: AccountId) -> bool {
        let risk = self.risk().is_some_and(|risk| risk.is_sound(account));
        risk && !self.negative.contains(&account)
    }

    /// Whether surely nobody is below maintenance or below zero.
    pub(super) fn is_everyone_sound(&self) -> bool {
        let nobody = |risk: &RiskBook| risk.below().chain(risk.aside()).next().is_none();
        self.risk().is_some_and(nobody) && self.negative.is_empty()
    }

    /// Whether it is known that nothing is due.
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) const fn set_quiet(&mut self, quiet: bool) {
        self.quiet = quiet && self.on;
    }

    /// An empty list with the memory of the one before, to be put back with
    /// [`Watch::keep_touched`].
    pub(super) fn take_touched(&mut self) -> Vec<AccountId> {
        let mut touched = core::mem::take(&mut self.touched);
        touched.clear();
        touched
    }

    pub(super) fn keep_touched(&mut self, touched: Vec<AccountId>) {
        self.touched = touched;
    }

    /// Whether a loss or an episode is open.
    pub(super) fn is_anything_open(&self) -> Option<bool> {
        self.on.then_some(!self.open_losses.is_empty() || !self.open_episodes.is_empty())
    }

    pub(super) fn open_losses(&self) -> Option<&BTreeSet<LossId>> {
        self.on.then_some(&self.open_losses)
    }

    /// The open losses of a phase, in id order, where they are known.
    pub(super) fn losses_in(&self, phase: Phase) -> Option<impl Iterator<Item = LossId> + '_> {
        let all = (phase, LossId(0))..=(phase, LossId(u32::MAX));
        self.on.then(|| self.phases.range(all).map(|(_, loss)| *loss))
    }

    pub(super) fn set_phase(&mut self, id: LossId, loss: &Loss) {
        let now = loss.phase();
        for phase in Phase::ALL {
            if now == Some(phase) {
                self.phases.insert((phase, id));
            } else {
                self.phases.remove(&(phase, id));
            }
        }
    }

    /// Whether it is known that an episode is open.
    pub(super) fn has_open_episodes(&self) -> bool {
        self.on && !self.open_episodes.is_empty()
    }

    pub(super) fn open_episodes(&self) -> Option<&BTreeSet<EpisodeId>> {
        self.on.then_some(&self.open_episodes)
    }

    pub(super) fn debts(&self) -> Option<&BTreeSet<LossId>> {
        self.on.then_some(&self.debts)
    }

    pub(super) const fn levels(&self) -> &BTreeMap<(LiableSetId, LayerId), Level> {
        &self.levels
    }

    pub(super) fn set_levels(&mut self, levels: Vec<((LiableSetId, LayerId), Level)>) {
        self.levels.extend(levels);
    }

    pub(super) fn drop_level(&mut self, key: (LiableSetId, LayerId)) {
        self.levels.remove(&key);
    }

    pub(super) fn drop_levels(&mut self) {
        self.levels.clear();
    }

    pub(super) fn set_negative(&mut self, account: AccountId, negative: bool) {
        if negative {
            self.negative.insert(account);
        } else {
            self.negative.remove(&account);
        }
    }

    /// The losses of `account` that are not taken over, where they are known.
    pub(super) fn failing(&self, account: AccountId) -> Option<impl Iterator<Item = LossId> + '_> {
        let losses = self.failing.range((account, LossId(0))..);
        let his = losses.take_while(move |(of, _)| *of == account);
        self.on.then(|| his.map(|(_, loss)| *loss))
    }

    /// The losses of which `account` is the failed one, where they are known.
    pub(super) fn losses_of(
        &self,
        account: AccountId,
    ) -> Option<impl Iterator<Item = LossId> + '_> {
        let his = (account, LossId(0))..=(account, LossId(u32::MAX));
        self.on.then(|| self.failed.range(his).map(|(_, loss)| *loss))
    }

    pub(super) fn set_failing(&mut self, id: LossId, loss: &Loss) {
        let Some(account) = loss.failed else { return };
        self.failed.insert((account, id));
        if loss.is_failing() {
            self.failing.insert((account, id));
        } else {
            self.failing.remove(&(account, id));
        }
    }

    pub(super) const fn ready(&self) -> Option<&Ready> {
        self.ready.as_ref()
    }

    pub(super) const fn take_ready(&mut self) -> Option<Ready> {
        self.ready.take()
    }

    pub(super) fn set_ready(&mut self, ready: Option<Ready>) {
        self.ready = ready;
    }

    pub(super) const fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    pub(super) fn take_ranks(&mut self) -> Ranks {
        core::mem::take(&mut self.ranks)
    }

    pub(super) fn set_ranks(&mut self, ranks: Ranks) {
        self.ranks = ranks;
    }

    pub(super) fn set_ranking(&mut self, of: (MarketId, bool), ranking: Ranking) {
        self.ranks.insert(of, ranking);
    }

    pub(super) fn set_debt(&mut self, loss: LossId, open: bool) {
        if open {
            self.debts.insert(loss);
        } else {
            self.debts.remove(&loss);
        }
    }

    /// The options on `underlying`, where they are known.
    pub(super) fn options_on(&self, underlying: MarketId) -> Option<&Options> {
        self.on.then(|| self.options.get(&underlying).unwrap_or(NO_OPTIONS))
    }

    pub(super) fn listed(&mut self, id: MarketId, market: &Market) {
        if let Some((underlying, place)) = market::place(id, market) {
            self.options.entry(underlying).or_default().insert(place);
        }
    }

    fn opened(&mut self, account: AccountId, owner: OwnerId, name: &Name) {
        self.accounts.insert(name.clone(), account);
        self.of_owner.entry(owner).or_default().push(account);
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::Account(account::Event::OwnerOpened { owner, name }) => {
                self.owners.insert(name.clone(), *owner);
            }
            Event::Account(account::Event::AccountOpened { account, name, owner, .. }) => {
                self.opened(*account, *owner, name);
            }
            Event::Loss(event) => self.evolve_loss(event),
            _ => {}
        }
    }

    fn evolve_loss(&mut self, event: &loss::Event) {
        use loss::Event as E;
        match event {
            E::LossReported(_) | E::DefaultFound { .. } => {
                self.open_losses.extend(event.stands());
            }
            E::LossSettled { loss } | E::LossExpired { loss } | E::LossDismissed { loss, .. } => {
                self.open_losses.remove(loss);
            }
            E::EpisodeOpened { episode, .. } => {
                self.open_episodes.insert(*episode);
            }
            // Owners that failed in it are liable no longer.
            E::LossDetected { .. } => self.drop_levels(),
            E::EpisodeClosed { episode } => {
                self.open_episodes.remove(episode);
                self.drop_levels();
            }
            _ => {}
        }
    }
}
