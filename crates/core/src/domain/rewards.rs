//! What stakers of a layer earn: premia, and fees that the venue gives them. A reward is paid to
//! all who are staked, in proportion, by one number: what an atom of stake has earned since the
//! layer began. Nobody's balance is written; each takes what he earned when he wants to.
//!
//! Everything is kept exactly, in parts of 10^-19 atoms: what stakers earned and what did not
//! divide among them are together what the layer holds for them. Whole atoms are paid, so nobody is
//! paid more than he earned.

use alloc::collections::BTreeMap;
use core::iter;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Domains, Event, Rejection};
use crate::account;
use crate::engine::{self, Events, State};
use crate::ids::{AccountId, DomainId, LayerId};
use crate::ledger::Holder;
use crate::loss::{Loss, Stage};
use crate::units::{Amount, text};
use crate::wide::U256;

/// The parts of an atom that are kept.
const PARTS: u128 = 10_000_000_000_000_000_000;

/// Where a reward comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum RewardFrom {
    /// From outside: a premium that someone paid for the cover.
    Outside = 1,
    /// From what was paid for trades in a domain.
    Fees(DomainId) = 2,
    /// From the premia that a cover pool of a domain earned, which stand among the domain's fees.
    Premia(DomainId) = 3,
    /// From the layer's own pot of pay, as it is earned by time.
    Pay = 4,
}

/// What an atom of stake has earned since the layer began, and what is carried.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RewardIndex {
    /// In parts of 10^-19 atoms for an atom of stake, rounded down (for nobody: the rest is
    /// carried).
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub per_atom: u128,
    /// What did not divide among the stakers of the last reward, in parts: for the next.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub rest: u128,
}

impl RewardIndex {
    /// The index after `amount` among stakes of `staked` together; nothing where nobody is staked,
    /// or it would pass 128 bits.
    ///
    /// ```
    /// use rhodian_core::domain::RewardIndex;
    /// use rhodian_core::units::Amount;
    /// let amount = |atoms| Amount::new(atoms).unwrap();
    /// let first = RewardIndex::default().after(amount(1), amount(3)).unwrap();
    /// assert_eq!((first.per_atom, first.rest), (3_333_333_333_333_333_333, 1));
    /// assert_eq!(first.after(amount(2), amount(3)).unwrap().per_atom, 10_000_000_000_000_000_000);
    /// ```
    #[must_use]
    pub fn after(self, amount: Amount, staked: Amount) -> Option<Self> {
        let parts = U256::product(amount.atoms(), PARTS);
        let parts = parts.checked_add(U256 { hi: 0, lo: self.rest })?;
        let (more, rest) = parts.div_rem(staked.atoms())?;
        let per_atom = self.per_atom.checked_add(more.lo).filter(|_| more.hi == 0)?;
        Some(Self { per_atom, rest })
    }
}

/// What an account earned up to an index, in whole atoms and parts of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Earned {
    since: u128,
    atoms: Amount,
    parts: u64,
}

impl Earned {
    /// With what `stake` earned from `since` to `index`. What is earned is at most what the layer
    /// was ever given and did not pay: it fits.
    fn at(self, index: u128, stake: Amount) -> Self {
        // The index never falls.
        let parts = U256::product(stake.atoms(), index - self.since);
        let parts = parts.checked_add(U256 { hi: 0, lo: u128::from(self.parts) });
        let sum = parts.and_then(|sum| sum.div_rem(PARTS));
        debug_assert!(sum.is_some(), "the law: what is earned is what is held");
        let (atoms, parts) = sum.unwrap_or_default();
        let more = Amount::new(atoms.lo).unwrap_or(Amount::MAX);
        Self {
            since: index,
            atoms: self.atoms.checked_add(more).unwrap_or(Amount::MAX),
            parts: u64::try_from(parts).unwrap_or(0),
        }
    }
}

/// The rewards of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rewards {
    index: RewardIndex,
    /// Whose stake changed after the first reward: what he earned when it last did. Who is staked
    /// as he was then has no row, and earned by his stake since the index began.
    of: BTreeMap<AccountId, Earned>,
}

impl Rewards {
    /// What an atom of stake has earned.
    #[must_use]
    pub const fn index(&self) -> RewardIndex {
        self.index
    }

    fn earned(&self, account: AccountId, stake: Amount) -> Earned {
        self.of.get(&account).copied().unwrap_or_default().at(self.index.per_atom, stake)
    }

    /// What everybody earned who was staked or is, of those who are by `stakes`, both in account
    /// order.
    fn rows(
        &self,
        stakes: impl Iterator<Item = (AccountId, Amount)>,
    ) -> impl Iterator<Item = (AccountId, Earned)> {
        let (mut stakes, mut noted) = (stakes.peekable(), self.of.iter().peekable());
        iter::from_fn(move || {
            let staked = stakes.peek().map(|(account, _)| *account);
            let account = match (staked, noted.peek()) {
                (Some(staked), Some((noted, _))) => staked.min(**noted),
                (staked, noted) => staked.or(noted.map(|(account, _)| **account))?,
            };
            let stake = stakes.next_if(|(of, _)| *of == account).map(|(_, stake)| stake);
            let earned = noted.next_if(|(of, _)| **of == account).map(|(_, earned)| *earned);
            let earned = earned.unwrap_or_default();
            Some((account, earned.at(self.index.per_atom, stake.unwrap_or_default())))
        })
    }

    /// What all earned and what is carried, in whole atoms and parts that are left of them; by the
    /// law it is what the layer holds for them.
    pub(crate) fn total(&self, stakes: impl Iterator<Item = (AccountId, Amount)>) -> (u128, u128) {
        let earned = self.rows(stakes).map(|(_, earned)| earned);
        let (atoms, parts) = earned.fold((0, self.index.rest), |(atoms, parts), earned| {
            // At most 10^8 accounts: parts stay below 2^128.
            (atoms + earned.atoms.atoms(), parts + u128::from(earned.parts))
        });
        (atoms + parts / PARTS, parts % PARTS)
    }
}

impl Domains {
    /// The rewards of `layer`; nothing before the first.
    #[must_use]
    pub fn rewards(&self, layer: LayerId) -> Option<&Rewards> {
        self.rewards.get(&layer)
    }

    /// What `account` earned in `layer` and has not taken, in whole atoms.
    #[must_use]
    pub fn reward(&self, layer: LayerId, account: AccountId) -> Amount {
        let stake = self.stake(layer, account);
        let of = |rewards: &Rewards| rewards.earned(account, stake).atoms;
        self.rewards(layer).map_or(Amount::ZERO, of)
    }

    /// The same after `events`, which are of the same command.
    pub(super) fn reward_after(
        &self,
        layer: LayerId,
        account: AccountId,
        events: &Events,
    ) -> Amount {
        let stake = self.stake(layer, account);
        let last = events.as_slice().iter().rev().find_map(|event| match event {
            engine::Event::Domain(Event::Rewarded { layer: of, index, .. }) if *of == layer => {
                Some(index.per_atom)
            }
            _ => None,
        });
        let Some(index) = last else { return self.reward(layer, account) };
        let rewards = self.rewards(layer);
        let earned = rewards.and_then(|rewards| rewards.of.get(&account)).copied();
        earned.unwrap_or_default().at(index, stake).atoms
    }

    /// What each account earned in `layer` and has not taken, in whole atoms, in account order: of
    /// all that are or were staked since its first reward.
    pub fn earned(&self, layer: LayerId) -> impl Iterator<Item = (AccountId, Amount)> + '_ {
        let rewards = self.rewards.get(&layer).into_iter();
        let rows = rewards.flat_map(move |rewards| rewards.rows(self.stakes(layer)));
        rows.map(|(account, earned)| (account, earned.atoms))
    }

    pub(super) fn rewarded(&mut self, layer: LayerId, index: RewardIndex) {
        self.rewards.entry(layer).or_default().index = index;
    }

    /// A stake is about to change: what it earned so far is noted.
    pub(super) fn note_earned(&mut self, layer: LayerId, account: AccountId) {
        let stake = self.stake(layer, account);
        if let Some(rewards) = self.rewards.get_mut(&layer) {
            let earned = rewards.earned(account, stake);
            rewards.of.insert(account, earned);
        }
    }

    pub(crate) fn reward_taken(&mut self, layer: LayerId, account: AccountId, amount: Amount) {
        self.note_earned(layer, account);
        let Some(rewards) = self.rewards.get_mut(&layer) else { return };
        let Some(earned) = rewards.of.get_mut(&account) else { return };
        earned.atoms = earned.atoms.less_or_zero(amount);
    }
}

/// The venue gives `amount`, or all fees of a domain, to those who are staked in `layer`. A domain
/// that owes pays its debts first.
pub(super) fn give(
    state: &State,
    (layer, number): (LayerId, u64),
    from: RewardFrom,
    amount: Option<Amount>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !found.spec.kind.is_staked() {
        return Err(Rejection::NotStaked { layer });
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    let asset = found.spec.asset;
    let amount = match from {
        RewardFrom::Outside => amount.unwrap_or(Amount::ZERO),
        RewardFrom::Fees(domain) => of_fees(state, domain, layer, amount)?,
        // What is earned by time is given by itself.
        RewardFrom::Premia(_) | RewardFrom::Pay => return Err(Rejection::NotDue),
    };
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    if let Some((domain, owed)) = debt_behind(state, layer) {
        return Err(Rejection::DomainOwes { domain, owed });
    }
    let staked = state.ledger.held(asset, Holder::Layer(layer));
    if staked.is_zero() {
        return Err(Rejection::NobodyStaked { layer });
    }
    let above = Rejection::RewardsAboveBound { layer };
    let index = state.domains.rewards(layer).map(Rewards::index).unwrap_or_default();
    let index = index.after(amount, staked).ok_or(above.clone())?;
    if state.ledger.held(asset, Holder::Rewards(layer)).checked_add(amount).is_err() {
        return Err(above);
    }
    events.push(Event::Rewarded { layer, number, from, asset, amount, index });
    Ok(())
}

/// What `amount` of the premia that a pool of `domain` earned is to those who are staked in
/// `layer`: it stands among the domain's fees. Nothing where nobody is staked, where the layer does
/// not stand behind the domain any more, where one that it stands behind owes, or where a bound
/// would be passed. `events` are those of the same command.
pub(crate) fn of_premium(
    state: &State,
    (domain, layer): (DomainId, LayerId),
    amount: Amount,
    events: &Events,
) -> Option<Event> {
    let stands_behind = state.domains.behind(layer).any(|(id, _)| id == domain);
    if !stands_behind || debt_behind(state, layer).is_some() {
        return None;
    }
    of_time(state, layer, RewardFrom::Premia(domain), amount, events)
}

/// What `amount` out of the pot of pay of `layer` is to those who are staked in it. Nothing where
/// nobody is, or where a bound would be passed. What they earned is theirs whatever a domain owes.
pub(crate) fn of_pay(
    state: &State,
    layer: LayerId,
    amount: Amount,
    events: &Events,
) -> Option<Event> {
    of_time(state, layer, RewardFrom::Pay, amount, events)
}

/// `amount`, which was earned by time, to those who are staked in `layer`.
fn of_time(
    state: &State,
    layer: LayerId,
    from: RewardFrom,
    amount: Amount,
    events: &Events,
) -> Option<Event> {
    if amount.is_zero() {
        return None;
    }
    let found = state.domains.layer(layer)?;
    let (asset, number) = (found.spec.asset, found.last_number);
    let staked = state.ledger.held(asset, Holder::Layer(layer));
    let mut held = state.ledger.held(asset, Holder::Rewards(layer));
    let mut index = state.domains.rewards(layer).map(Rewards::index).unwrap_or_default();
    for event in events.as_slice() {
        if let engine::Event::Domain(Event::Rewarded { layer: of, amount, index: after, .. }) =
            event
            && *of == layer
        {
            held = held.checked_add(*amount).ok()?;
            index = *after;
        }
    }
    held.checked_add(amount).ok()?;
    let index = index.after(amount, staked)?;
    Some(Event::Rewarded { layer, number, from, asset, amount, index })
}

/// What is asked of the fees that were booked in `domain`: all where nothing is said.
fn of_fees(
    state: &State,
    domain: DomainId,
    layer: LayerId,
    amount: Option<Amount>,
) -> Result<Amount, Rejection> {
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if state.incentives.fees(domain).is_some() {
        return Err(Rejection::FeesDivided { domain });
    }
    // Else they would pass by what the domain owes.
    if !state.domains.behind(layer).any(|(id, _)| id == domain) {
        return Err(Rejection::NotBehind { layer, domain });
    }
    // A staked layer of a waterfall is in its domain's asset.
    let booked = state.ledger.held(found.asset, Holder::Fees(domain));
    let asked = amount.unwrap_or(booked);
    if asked > booked {
        return Err(Rejection::AboveFees { asked, booked });
    }
    Ok(asked)
}

/// The first domain that `layer` stands behind and that owes what no step absorbed.
fn debt_behind(state: &State, layer: LayerId) -> Option<(DomainId, Amount)> {
    state.domains.behind(layer).find_map(|(id, of)| {
        let owed = state.ledger.owed(of.asset, Holder::Uncovered(id));
        (!owed.is_zero()).then_some((id, owed))
    })
}

/// Whether a loss of the account's owner is on its way that what he earned in `layer` is to pay
/// for: found or approved, his own means not taken yet.
fn owner_fails(state: &State, layer: LayerId, account: AccountId) -> bool {
    let owner = |id| state.accounts.account(id).map(|found| found.owner);
    let his = |loss: &Loss| {
        let waits = matches!(loss.stage, Stage::Challengeable { .. } | Stage::Detected);
        let failed = loss.failed.is_some_and(|failed| owner(failed) == owner(account));
        waits && failed && state.domains.behind(layer).any(|(id, _)| id == loss.domain)
    };
    state.open_losses().filter_map(|id| state.losses.loss(id)).any(his)
}

/// An account takes what it earned in `layer`.
pub(super) fn take(
    state: &State,
    layer: LayerId,
    (account, number): (AccountId, u64),
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = state.domains.asset_of_layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    state.book_pay(layer, events);
    let amount = state.domains.reward_after(layer, account, events);
    if amount.is_zero() {
        return Err(Rejection::NothingEarned { layer, account });
    }
    if owner_fails(state, layer, account) {
        return Err(Rejection::LossKnown { layer });
    }
    account::room_above(state, account, asset, amount)?;
    state.touch(account, events);
    events.push(Event::RewardTaken { layer, account, number, asset, amount });
    Ok(())
}
