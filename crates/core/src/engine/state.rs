//! The state of everything, and what may be read of it.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::touched::{are_touched, note, traders};
use super::{Event, Events, Watch};
use crate::account::Accounts;
use crate::closeout::CloseOuts;
use crate::collateral::{self, Collaterals};
use crate::control::{Control, Status};
use crate::domain::{Domain, Domains};
use crate::ids::{
    AccountId, AssetId, CheckpointId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, Name,
    OwnerId, Time,
};
use crate::incentive::Incentives;
use crate::issuance::Issuances;
use crate::ledger::{Holder, Ledger};
use crate::loss::{self, Episode, Level, Loss, Losses, MemberCap, Phase, Stage};
use crate::margin;
use crate::market::{self, Markets, Party};
use crate::oracle::{self, Oracle, Purpose};
use crate::pools::clearing::Clearing;
use crate::pools::cover::Covers;
use crate::pools::lending::Lending;
use crate::pools::liquidity::Vaults;
use crate::pools::protection::Protections;
use crate::units::Amount;

/// The state. Areas own their parts; money is in the ledger; what is only there for speed is in
/// the watch, which is no part of the digest.
#[derive(Clone, Debug, Default, BorshSerialize, BorshDeserialize)]
pub struct State {
    now: Time,
    /// Every balance.
    pub ledger: Ledger,
    /// Owners and accounts.
    pub accounts: Accounts,
    /// Assets, domains, layers, waterfalls, stakes.
    pub domains: Domains,
    /// Losses, episodes, liable sets, claims.
    pub losses: Losses,
    /// Parameters and statuses.
    pub control: Control,
    /// Markets and what accounts hold in them.
    pub markets: Markets,
    /// How open books are brought to nothing.
    pub closeouts: CloseOuts,
    /// Feeds: reports, prices and their quality.
    pub oracle: Oracle,
    /// What counts as collateral, and what of it was taken of failed accounts.
    pub collaterals: Collaterals,
    /// Lending pools.
    pub lending: Lending,
    /// Cover pools.
    pub covers: Covers,
    /// Vaults: liquidity pools.
    pub vaults: Vaults,
    /// Clearing funds.
    pub clearing: Clearing,
    /// Protections against impermanent loss.
    pub protections: Protections,
    /// Issuances of tokens, and how far pots may be drawn on.
    pub issuances: Issuances,
    /// Risk figures, what stakers are paid, where fees go.
    pub incentives: Incentives,
    #[borsh(skip)]
    pub(super) watch: Watch,
}

impl State {
    /// An empty state. `watch` says whether the indices are kept; results are the same.
    #[must_use]
    pub fn new(watch: bool) -> Self {
        Self { watch: Watch::new(watch), ..Self::default() }
    }

    /// The state with its watch built anew: a state read from its canonical bytes has none.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch = Watch::of(&self);
        self
    }

    /// The clock.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// blake3 over the canonical bytes of the state, without the watch.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut sink = HashSink(blake3::Hasher::new());
        match self.serialize(&mut sink) {
            Ok(()) => *sink.0.finalize().as_bytes(),
            // Writing into a hasher has no way to fail.
            Err(_) => [0; 32],
        }
    }

    /// The account with this external id.
    #[must_use]
    pub fn account_named(&self, name: &Name) -> Option<AccountId> {
        match self.watch.account(name) {
            Some(found) => found,
            None => self.accounts.accounts().find(|(_, a)| a.name == *name).map(|(id, _)| id),
        }
    }

    /// The owner with this external id.
    #[must_use]
    pub fn owner_named(&self, name: &Name) -> Option<OwnerId> {
        match self.watch.owner(name) {
            Some(found) => found,
            None => self.accounts.owners.iter().position(|n| n == name).and_then(OwnerId::at),
        }
    }

    /// What `account` may not take out: its liens for open losses and shares not yet taken; all it
    /// holds while a domain whose terms it accepted is in settlement with a debt that no ranks
    /// were settled for, so that nobody leaves at par before the others pay.
    #[must_use]
    pub fn lien(&self, account: AccountId, asset: AssetId) -> Amount {
        let settling = |(id, domain): (DomainId, &Domain)| {
            domain.asset == asset && self.domains.accepted(id, account) && self.is_settling(id)
        };
        if self.control.is_any_settling() && self.domains.domains().any(settling) {
            return self.means(account, asset);
        }
        self.loss_lien(account, asset)
    }

    /// Whether `domain` is in settlement with a debt that no ranks were settled for.
    pub(crate) fn is_settling(&self, domain: DomainId) -> bool {
        let Some(asset) = self.domains.asset_of(domain) else { return false };
        self.control.domain_status(domain) >= Status::Settling
            && !self.losses.ranked.contains(&domain)
            && !self.ledger.owed(asset, Holder::Uncovered(domain)).is_zero()
    }

    /// What `account` is held for by open losses and shares not taken, without what a settlement
    /// keeps in place until its ranks are paid: that is no reason to liquidate anyone.
    pub(crate) fn loss_lien(&self, account: AccountId, asset: AssetId) -> Amount {
        self.losses.lien(self, account, asset)
    }

    /// [`State::loss_lien`] of many accounts.
    pub(crate) fn loss_liens(&self, asset: AssetId) -> loss::Liens<'_> {
        self.losses.liens(self, asset)
    }

    /// What `account` may take out: equity without unrealised and unmatured profit, less initial
    /// margin and lien, at least zero.
    #[must_use]
    pub fn free(&self, account: AccountId, asset: AssetId) -> Amount {
        let position = self.markets.position(account);
        // Other assets may be what covers the legs.
        let legs = &position.legs;
        if !market::all_fit(self, legs, Purpose::Withdraw)
            || !market::volatilities_fit(self, legs, Purpose::Withdraw)
        {
            return Amount::ZERO;
        }
        let free = margin::withdrawable(self, account, asset).free();
        Amount::new(free).unwrap_or(Amount::MAX)
    }

    /// Takes the shares `account` owes of divisions that wait for a touch. Returns their sum.
    pub(crate) fn touch(&self, account: AccountId, events: &mut Events) -> Amount {
        self.losses.touch(self, account, events)
    }

    /// The accounts of `owner`, in id order.
    pub(crate) fn accounts_of(&self, owner: OwnerId) -> impl Iterator<Item = AccountId> + '_ {
        let watched = self.watch.accounts_of(owner);
        let scanned = watched.is_none().then(|| {
            let accounts = self.accounts.accounts();
            accounts.filter(move |(_, account)| account.owner == owner).map(|(id, _)| id)
        });
        watched.into_iter().flatten().copied().chain(scanned.into_iter().flatten())
    }

    /// The losses that are neither settled nor dismissed, in id order.
    pub(crate) fn open_losses(&self) -> impl Iterator<Item = LossId> + '_ {
        let watched = self.watch.open_losses();
        let scanned = watched.is_none().then(|| {
            let waiting = |stage| !matches!(stage, Stage::Settled | Stage::Dismissed);
            self.losses.losses().filter(move |(_, loss)| waiting(loss.stage)).map(|(id, _)| id)
        });
        watched.into_iter().flatten().copied().chain(scanned.into_iter().flatten())
    }

    /// The open losses for which `phase` comes next, in id order.
    pub(crate) fn losses_in(&self, phase: Phase) -> impl Iterator<Item = LossId> + '_ {
        let watched = self.watch.losses_in(phase);
        let scanned = watched.is_none().then(|| {
            let of_phase =
                move |(id, loss): (LossId, &Loss)| (loss.phase() == Some(phase)).then_some(id);
            self.losses.losses().filter_map(of_phase)
        });
        watched.into_iter().flatten().chain(scanned.into_iter().flatten())
    }

    /// The losses of which `account` is the failed one, in id order.
    pub(crate) fn losses_of(&self, account: AccountId) -> impl Iterator<Item = LossId> + '_ {
        let watched = self.watch.losses_of(account);
        let scanned = watched.is_none().then(|| {
            let his =
                move |(id, loss): (LossId, &Loss)| (loss.failed == Some(account)).then_some(id);
            self.losses.losses().filter_map(his)
        });
        watched.into_iter().flatten().chain(scanned.into_iter().flatten())
    }

    /// Whether a loss or an episode is open or shares wait for a touch: else nobody holds a lien.
    pub(crate) fn may_hold_liens(&self) -> bool {
        let scanned =
            || self.open_losses().next().is_some() || self.open_episodes().next().is_some();
        !self.losses.on_touch.is_empty() || self.watch.is_anything_open().unwrap_or_else(scanned)
    }

    /// Whether somebody may hold a lien now: a loss is open, shares wait for a touch, or a layer of
    /// an open episode takes its shares on touch. What an episode may hold later is not asked.
    pub(crate) fn holds_liens(&self) -> bool {
        let on_touch = |layer: &LayerId| {
            let rule = self.domains.layer(*layer).and_then(|of| of.spec.source.members());
            rule.is_some_and(|rule| rule.on_touch)
        };
        let mut sets = self.open_episodes().flat_map(|(_, episode)| &episode.sets);
        !self.losses.on_touch.is_empty()
            || self.open_losses().next().is_some()
            || sets.any(|id| self.losses.set(*id).is_some_and(|s| s.layers.keys().any(on_touch)))
    }

    /// Whether a failure of `account` in `asset` is known and not taken over yet. A loss that is
    /// settled was taken over, and one that the engine found is not dismissed.
    pub(crate) fn is_failing(&self, account: AccountId, asset: AssetId) -> bool {
        let watched = self.watch.failing(account);
        let scanned = watched.is_none().then(|| self.open_losses());
        let losses = watched.into_iter().flatten().chain(scanned.into_iter().flatten());
        losses.filter_map(|id| self.losses.loss(id)).any(|loss| {
            let his = loss.failed == Some(account) && loss.is_failing();
            his && self.domains.asset_of(loss.domain) == Some(asset)
        })
    }

    /// The episodes that are not closed, in id order.
    pub(crate) fn open_episodes(&self) -> impl Iterator<Item = (EpisodeId, &Episode)> {
        let watched = self
            .watch
            .open_episodes()
            .map(|open| open.iter().filter_map(|id| Some((*id, self.losses.episode(*id)?))));
        let scanned = watched
            .is_none()
            .then(|| self.losses.episodes().filter(|(_, episode)| !episode.closed));
        watched.into_iter().flatten().chain(scanned.into_iter().flatten())
    }

    /// Whether an episode of `domain` is open.
    pub(crate) fn has_open_episode(&self, domain: DomainId) -> bool {
        self.open_episodes().any(|(_, episode)| episode.domain == domain)
    }

    /// The losses of which an uncovered debt is open, in id order, with the debt.
    pub(crate) fn debts(&self) -> impl Iterator<Item = (LossId, &Loss)> {
        let watched = self
            .watch
            .debts()
            .map(|open| open.iter().filter_map(|id| Some((*id, self.losses.loss(*id)?))));
        let scanned = watched
            .is_none()
            .then(|| self.losses.losses().filter(|(_, loss)| !loss.debt().is_zero()));
        watched.into_iter().flatten().chain(scanned.into_iter().flatten())
    }

    /// Whether the watch says what a scan of the state says: every index, every level. True where
    /// it is off. The cost is the size of the state.
    #[must_use]
    pub fn is_watch_right(&self) -> bool {
        !self.watch.is_on()
            || self.watch.agrees_with(&Watch::of(self))
                && loss::levels_hold(self)
                && self.is_health_watched()
                && self.is_quiet_right()
                && self.is_ready_right()
                && self.are_ranks_right()
    }

    /// The level measured last for a layer of a liable set, if none of its caps moved since in a
    /// way that could change it. The amount it divides stands in it.
    pub(crate) fn measured(&self, set: LiableSetId, layer: LayerId) -> Option<&Level> {
        self.watch.levels().get(&(set, layer))
    }

    /// Measures the levels of open sets that are not known any more. Reads give the same without.
    pub(super) fn measure(&mut self) {
        if self.watch.has_open_episodes() {
            let levels = loss::measure(self);
            self.watch.set_levels(levels);
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        let caps = self.caps_before(event);
        let touched = self.move_money(event);
        match event {
            Event::Account(event) => {
                self.accounts.evolve(event);
                self.markets.evolve_account(event);
            }
            Event::Domain(event) => {
                self.domains.evolve(event);
                self.accounts.evolve_domain(event);
                self.clearing.evolve_domain(event, &self.domains);
                self.incentives.evolve_domain(event);
                let domains = &self.domains;
                let asset_of = |layer| domains.layer(layer).map(|found| found.spec.asset);
                self.markets.evolve_domain(event, asset_of);
            }
            Event::Market(event) => {
                self.clearing.evolve_market(event);
                self.markets.evolve(event, self.now);
            }
            Event::CloseOut(event) => {
                self.closeouts.evolve(event, self.now);
                self.markets.evolve_close_out(event);
            }
            Event::Collateral(event) => {
                self.collaterals.evolve(event, self.now);
                self.markets.evolve_collateral(event);
                self.losses.evolve_collateral(event);
                if let collateral::Event::Converted { buyer, number, .. } = *event {
                    self.accounts.number(buyer, number);
                }
            }
            Event::Lending(event) => self.evolve_lending(event),
            Event::Cover(event) => {
                self.covers.evolve(event, self.now);
                self.markets.evolve_cover(event);
                if let Some((account, number)) = event.numbered() {
                    self.accounts.number(account, number);
                }
            }
            Event::Liquidity(event) => self.evolve_liquidity(event),
            Event::Clearing(event) => self.evolve_clearing(event),
            Event::Protection(event) => self.evolve_protection(event),
            Event::Issuance(event) => self.evolve_issuance(event),
            Event::Incentive(event) => self.evolve_incentive(event),
            Event::Loss(event) => self.evolve_loss(event),
            Event::Control(event) => self.control.evolve(event),
            Event::Oracle(event) => {
                self.oracle.evolve(event, self.now);
                if let oracle::Event::DomainTightened { domain, to, .. } = *event {
                    self.control.set_domain(domain, to);
                }
            }
            Event::TimePassed { at } => self.now = *at,
        }
        self.evolve_watch(event, &touched, &caps);
        self.watch.keep_touched(touched);
    }

    /// The caps of the accounts `event` touches, in every layer with a measured level.
    fn caps_before(&mut self, event: &Event) -> Vec<MemberCap> {
        if self.watch.levels().is_empty() {
            return Vec::new();
        }
        let mut touched: Vec<AccountId> = Vec::new();
        event.transfers(&mut |transfer| {
            for holder in [transfer.from, transfer.to] {
                if let Holder::Account(account) = holder {
                    touched.push(account);
                }
            }
        });
        let mut followed = touched.len() <= FOLLOWED;
        match event {
            Event::Market(market::Event::Filled { buyer, seller, .. }) => {
                let account = |party: &Party| match party {
                    Party::Account(account) => Some(*account),
                    Party::Book(_) => None,
                };
                touched.extend([buyer, seller].into_iter().filter_map(account));
            }
            // Marks and funding move the equity of everybody, the rest of many.
            Event::Market(_) | Event::CloseOut(_) | Event::Collateral(_) | Event::Lending(_) => {
                followed = false;
            }
            _ => {}
        }
        // What a vault has is what all its holders pay from.
        followed &= !self.vaults.has_one_of(&touched);
        if !followed {
            self.watch.drop_levels();
        }
        loss::member_caps(self, self.watch.levels().keys(), &touched)
    }

    /// Makes the transfers of `event`. What an account held at the last boundary is kept before its
    /// first change since: of its legs, which may change hands for nothing, or of its money.
    /// Returns the accounts whose legs or money the event touches, in id order.
    fn move_money(&mut self, event: &Event) -> Vec<AccountId> {
        let mut touched = self.watch.take_touched();
        let latest = self.markets.latest();
        traders(event, &mut |account, asset| {
            note(&mut touched, account);
            self.keep_before(latest, account, asset, true);
        });
        if touched.is_empty() {
            event.transfers(&mut |transfer| {
                for holder in [transfer.from, transfer.to] {
                    if let Holder::Account(account) = holder {
                        note(&mut touched, account);
                        self.keep_before(latest, account, Some(transfer.asset), false);
                    }
                }
                self.ledger.apply(&transfer);
            });
        } else {
            // In a trade, money moves between those who trade.
            event.transfers(&mut |transfer| self.ledger.apply(&transfer));
        }
        touched.sort_unstable();
        touched.dedup();
        debug_assert!(are_touched(event, &touched), "money of who is not touched");
        touched
    }

    /// Keeps what `account` held at the checkpoint `latest`, before its first change since: mostly
    /// it is kept already.
    fn keep_before(
        &mut self,
        latest: CheckpointId,
        account: AccountId,
        asset: Option<AssetId>,
        trades: bool,
    ) {
        if self.markets.is_kept(account, latest) {
            return;
        }
        let Some(asset) = asset.or(self.markets.position(account).asset) else { return };
        let cash = self.ledger.balance(asset, Holder::Account(account)).atoms();
        self.markets.before_touch(account, asset, cash, trades);
    }

    fn evolve_watch(&mut self, event: &Event, touched: &[AccountId], caps: &[MemberCap]) {
        if !self.watch.is_on() {
            return;
        }
        self.watch_health(event, touched);
        if let Event::Loss(event) = event
            && let Some((id, loss)) =
                event.stands().and_then(|id| Some((id, self.losses.loss(id)?)))
        {
            self.watch.set_debt(id, !loss.debt().is_zero());
            self.watch.set_failing(id, loss);
            self.watch.set_phase(id, loss);
        }
        for cap in caps {
            if cap.moves_level(self) {
                self.watch.drop_level(cap.of);
            }
        }
        self.watch.evolve(event);
        if let Event::Market(market::Event::Listed { market, .. }) = event
            && let Some(found) = self.markets.market(*market)
        {
            self.watch.listed(*market, found);
        }
        self.follow_ready(event, touched);
        self.follow_ranks(event, touched);
        let quiet = self.watch.is_quiet() && self.stays_quiet(event, touched);
        self.watch.set_quiet(quiet);
    }
}

/// An event that touches more accounts than these is not followed account by account: the levels
/// are measured again.
const FOLLOWED: usize = 64;

/// A hasher that the canonical encoding can be written into.
struct HashSink(blake3::Hasher);

impl borsh::io::Write for HashSink {
    fn write(&mut self, bytes: &[u8]) -> borsh::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> borsh::io::Result<()> {
        Ok(())
    }
}
