//! The liable set: who stood at a detection, with weights and caps frozen then. Who comes later
//! is not liable, and no weight moves afterwards, whatever is reported.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use super::Episode;
use crate::allocation::{self, Claims, UnderRule};
use crate::basis::{self, BasisClaim};
use crate::domain::{Basis, Kind};
use crate::engine::{Purse, State};
use crate::ids::{AccountId, AssetId, DomainId, EpisodeId, LayerId, LossId, OwnerId, Time};
use crate::recovery::Bearer;
use crate::units::{Amount, Fraction};

/// A member of a liable set, in one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// Its frozen weight.
    pub weight: Amount,
    /// Its frozen cap, or less: what a division found it could pay in all, if that was less.
    pub cap: Amount,
    /// Its frozen score.
    pub score: i64,
    /// Its frozen risk factor, in millionths.
    pub risk: u64,
    /// Its frozen priority class.
    pub class: u32,
    /// What it paid under this set.
    pub paid: Amount,
    /// What it is called for and has not paid, over all open draws.
    pub called: Amount,
    /// How many waves it has settled: all of them, unless shares are taken on touch.
    pub waves: u32,
}

/// One division of a layer under a liable set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wave {
    /// The loss divided.
    pub loss: LossId,
    /// What the members had paid in all after it.
    pub cumulative: Amount,
    /// The level, where shares are taken on touch; nothing when all capacity is taken.
    pub level: Option<Fraction>,
}

/// The members of one layer in one liable set, in claim order.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LayerSet {
    /// The members.
    pub members: Vec<Member>,
    /// The divisions so far.
    pub waves: Vec<Wave>,
    /// How many members have yet to be touched, where shares are taken on touch.
    pub untouched: u32,
}

impl LayerSet {
    /// What the divisions so far amount to.
    #[must_use]
    pub fn cumulative(&self) -> Amount {
        self.waves.last().map_or(Amount::ZERO, |wave| wave.cumulative)
    }

    /// What the member at `place` would have paid in all under each rule: of what the divisions
    /// so far amount to, or of what the members paid and are called for, over the frozen weights
    /// and the caps as they stand. Priority classes count where the layer reads them.
    ///
    /// Where an account paid under a later set of the same episode, its cap here is the smaller
    /// for it. The cost is a division over all members by each rule.
    #[must_use]
    pub fn under_each_rule(&self, place: usize, with_classes: bool) -> Vec<UnderRule> {
        let columns = Columns::of(&self.members);
        allocation::under_each_rule(self.borne(), &columns.claims(with_classes), place)
    }

    /// What the members bear under the set: divided, or called for.
    #[must_use]
    pub fn borne(&self) -> Amount {
        if !self.waves.is_empty() {
            return self.cumulative();
        }
        Amount::sum(self.members.iter().flat_map(|member| [member.paid, member.called]))
    }

    /// The place of `account` among the members.
    #[must_use]
    pub fn place(&self, account: AccountId) -> Option<usize> {
        self.members.binary_search_by_key(&account, |member| member.account).ok()
    }
}

/// Who stood at a detection.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiableSet {
    /// Its episode.
    pub episode: EpisodeId,
    /// When it was fixed.
    pub fixed: Time,
    /// Until when a detection joins it.
    pub until: Time,
    /// The members, by layer.
    pub layers: BTreeMap<LayerId, LayerSet>,
}

/// The columns of a layer set as the allocation rules read them.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
    pub(crate) paid: Vec<Amount>,
}

impl Columns {
    /// The members as they stand.
    fn of(members: &[Member]) -> Self {
        Self {
            caps: members.iter().map(|member| member.cap).collect(),
            weights: members.iter().map(|member| member.weight).collect(),
            scores: members.iter().map(|member| member.score).collect(),
            risks: members.iter().map(|member| member.risk).collect(),
            classes: members.iter().map(|member| member.class).collect(),
            paid: Vec::new(),
        }
    }

    /// The claims, with priority classes only where the layer reads them.
    pub(crate) fn claims(&self, with_classes: bool) -> Claims<'_> {
        Claims {
            caps: &self.caps,
            weights: &self.weights,
            scores: &self.scores,
            risks: &self.risks,
            classes: if with_classes { &self.classes } else { &[] },
        }
    }
}

/// The members' columns with the caps as they stand now: the smaller of the frozen cap and what
/// was paid plus what the purse holds then, before the lien. A failed owner pays no more. What
/// members are called for and may still pay counts as paid: it is not asked for twice.
pub(crate) fn columns(
    state: &State,
    episode: &Episode,
    asset: AssetId,
    set: &LayerSet,
    purse: Purse,
) -> Columns {
    let paid = |member: &Member| {
        let called = matches!(purse, Purse::Outside | Purse::Assessed(_));
        let reserved = if called { member.called } else { Amount::ZERO };
        member.paid.checked_add(reserved).unwrap_or(Amount::MAX)
    };
    let cap = |member| cap_now(state, episode, asset, member, purse).max(paid(member));
    Columns {
        caps: set.members.iter().map(cap).collect(),
        paid: set.members.iter().map(paid).collect(),
        ..Columns::of(&set.members)
    }
}

/// The cap of a member now. A member who is called pays from outside his account, so only the
/// frozen cap binds him.
pub(crate) fn cap_now(
    state: &State,
    episode: &Episode,
    asset: AssetId,
    member: &Member,
    purse: Purse,
) -> Amount {
    let owner = state.accounts.account(member.account).map(|account| account.owner);
    let failed = owner.is_some_and(|owner| episode.failed.contains(&owner));
    // Whose loan failed may have much left of what he lent, or of his shares: it is liable as
    // everybody's.
    if failed && !purse.is_of_pool() {
        return member.paid;
    }
    if purse == Purse::Outside {
        return member.cap;
    }
    if let Purse::Assessed(fund) = purse {
        let room = state.assessment_room(fund, member.account, member.weight);
        let spent = [member.paid, member.called, room];
        return member.cap.min(Amount::sum(spent.into_iter()));
    }
    let means = state.purse_means(purse, member.account, asset);
    let most = member.paid.checked_add(means).unwrap_or(Amount::MAX);
    member.cap.min(most)
}

/// Fixes the sets of every layer of `domain` that divides over members: what the basis says now,
/// less what each account already paid in the episode; without the owners that failed, but for
/// what they lent.
pub(crate) fn fix(
    state: &State,
    domain: DomainId,
    layers: &[LayerId],
    earlier: Option<&Episode>,
    failing: Option<OwnerId>,
) -> BTreeMap<LayerId, LayerSet> {
    let mut fixed = BTreeMap::new();
    for layer in layers {
        let Some(rule) = state.domains.layer(*layer).and_then(|l| l.spec.source.members()) else {
            continue;
        };
        // Clients share what they gained, and nothing that they deposited.
        let kind = state.domains.layer(*layer).map(|found| found.spec.kind);
        let gains = kind == Some(Kind::GainsHaircut) && rule.basis == Basis::SessionGains;
        // What came back went to accounts: it is not in a supply again.
        let lent = rule.basis.is_of_pool();
        // A contribution weighs as much as before: what was called for is no part of it.
        let stays = rule.basis == Basis::Contribution;
        let paid = |account| {
            let paid = sum_of(state, earlier, *layer, account, &|_, member| member.paid);
            let back = || repaid(state, earlier, *layer, account);
            if lent { paid } else { paid.less_or_zero(back()) }
        };
        let members = basis::claims_before(state, domain, *layer, rule, &paid)
            .into_iter()
            .filter(|claim| lent || stands(state, claim.account, earlier, failing))
            .filter(|claim| gains || lent || !state.is_segregated(domain, claim.account))
            .map(|claim| {
                let of = member(state, earlier, *layer, &claim);
                if stays { Member { weight: claim.weight, ..of } } else { of }
            })
            .filter(|member| !member.cap.is_zero())
            .collect();
        fixed.insert(*layer, LayerSet { members, waves: Vec::new(), untouched: 0 });
    }
    fixed
}

fn stands(
    state: &State,
    account: AccountId,
    earlier: Option<&Episode>,
    failing: Option<OwnerId>,
) -> bool {
    let Some(owner) = state.accounts.account(account).map(|account| account.owner) else {
        return false;
    };
    let failed_before = earlier.is_some_and(|episode| episode.failed.contains(&owner));
    failing != Some(owner) && !failed_before
}

/// What `of` says of `account` and of its shares that wait for a touch, over the layer's earlier
/// sets of the episode.
fn sum_of(
    state: &State,
    earlier: Option<&Episode>,
    layer: LayerId,
    account: AccountId,
    of: &dyn Fn(Amount, &Member) -> Amount,
) -> Amount {
    let sets = earlier.into_iter().flat_map(|episode| episode.sets.iter());
    Amount::sum(sets.filter_map(|id| {
        let set = state.losses.set(*id)?.layers.get(&layer)?;
        let place = set.place(account)?;
        let untaken = state.losses.untaken(state, *id, layer, place);
        Some(of(untaken, &set.members[place]))
    }))
}

/// What came back to `account` for losses of the episode that it bore through `layer`.
fn repaid(state: &State, earlier: Option<&Episode>, layer: LayerId, account: AccountId) -> Amount {
    let losses = earlier.into_iter().flat_map(|episode| &episode.losses);
    let pools = losses.filter_map(|id| state.losses.loss(*id)).flat_map(|loss| &loss.pools);
    Amount::sum(pools.filter_map(|pool| match &pool.bearer {
        Bearer::Members { layer: through, rows } if *through == layer => {
            let place = rows.binary_search_by_key(&account, |row| row.account).ok()?;
            Some(rows[place].repaid)
        }
        _ => None,
    }))
}

fn member(state: &State, earlier: Option<&Episode>, layer: LayerId, claim: &BasisClaim) -> Member {
    let spent = sum_of(state, earlier, layer, claim.account, &|untaken, member| {
        member.paid.checked_add(untaken).unwrap_or(Amount::MAX)
    });
    Member {
        account: claim.account,
        weight: claim.weight.less_or_zero(spent),
        cap: claim.cap.less_or_zero(spent),
        score: claim.score,
        risk: claim.risk,
        class: claim.class,
        paid: Amount::ZERO,
        called: Amount::ZERO,
        waves: 0,
    }
}
