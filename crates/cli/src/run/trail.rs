//! What a run leaves behind, gathered from its events alone: every division with the claims as
//! they stood then, and how each layer stood when a loss was settled.
//!
//! `share` gathers while the engine runs, `explain` while it replays `events.ndjson`: both see
//! the same trail, so both say the same.

use std::collections::{BTreeMap, BTreeSet};

use rhodian_core::domain::Source;
use rhodian_core::engine::{Event, Purse, State};
use rhodian_core::ids::{AccountId, AssetId, EpisodeId, LayerId, LiableSetId, LossId, OwnerId};
use rhodian_core::ledger::{Holder, Transfer};
use rhodian_core::loss::{Event as LossEvent, Member, OwnMeans, PoolHolder, RemainderTo};
use rhodian_core::units::{Amount, Fraction};

use super::stakes::Stakes;
use super::vaults::Holdings;

/// The asset of every amount: a run has one.
pub const ASSET: AssetId = AssetId(0);

/// How a division came about, and so what its shares are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Shares taken from accounts by the layer's rule.
    Members,
    /// Calls by the layer's rule; a share is what came in.
    Call,
    /// Stakes in a pot, drawn in proportion.
    Stakes,
}

/// One account's part of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The account.
    pub account: AccountId,
    /// Its frozen weight; of stakes, what it had staked at the start of the episode.
    pub weight: Amount,
    /// Its frozen cap; of stakes, the same as the weight.
    pub cap: Amount,
    /// The most it could pay in the episode as it stood at the division.
    pub cap_then: Amount,
    /// Its frozen place in a queue.
    pub score: i64,
    /// Its frozen risk factor, in millionths.
    pub risk: u64,
    /// Its frozen priority class.
    pub class: u32,
    /// What it had paid before under the same liable set.
    pub before: Amount,
    /// What it paid for this loss.
    pub share: Amount,
}

/// One loss divided over the members of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The loss.
    pub loss: LossId,
    /// Its episode.
    pub episode: EpisodeId,
    /// The step, from 1.
    pub step: u16,
    /// The layer.
    pub layer: LayerId,
    /// The liable set; nothing for stakes.
    pub set: Option<LiableSetId>,
    /// How it came about.
    pub way: Way,
    /// What the members owe in the episode with this division, in all.
    pub cumulative: Amount,
    /// The level of each class.
    pub levels: Vec<Option<Fraction>>,
    /// Its members, in account order.
    pub parts: Vec<Part>,
}

impl Division {
    /// The part of `account`.
    #[must_use]
    pub fn part(&self, account: AccountId) -> Option<&Part> {
        let place = self.parts.binary_search_by_key(&account, |part| part.account).ok()?;
        self.parts.get(place)
    }

    /// What the members paid for this loss.
    #[must_use]
    pub fn paid(&self) -> u128 {
        self.parts.iter().map(|part| part.share.atoms()).sum()
    }
}

/// How a layer stood when a loss was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The step, from 1.
    pub step: u16,
    /// The layer.
    pub layer: LayerId,
    /// What it had left before its caps: a pot's balance, its members' caps less what they paid.
    pub left: u128,
    /// How many members stood in its liable set, where it has members.
    pub members: Option<usize>,
}

/// The trail of a run.
#[derive(Debug, Default)]
pub struct Trail {
    /// What the failed owners' own means paid: the loss, the account, how much.
    pub own_means: Vec<(LossId, AccountId, Amount)>,
    /// Every division, in order.
    pub divisions: Vec<Division>,
    /// How the layers stood at the settlement of each loss, in paying order.
    pub standings: BTreeMap<LossId, Vec<Standing>>,
    /// What came back for each loss, a fund's payment of its debt included.
    pub recovered: BTreeMap<LossId, u128>,
    /// What of it paid uncovered debt.
    pub repaid_uncovered: BTreeMap<LossId, u128>,
    /// What came back for each loss to gains of other books.
    pub repaid_results: BTreeMap<LossId, u128>,
    /// The uncovered debt that moved the domain to settlement.
    pub settlement_entered: Option<Amount>,
    /// What was taken by rank: the loss, then each account and how much, in account order.
    pub ranked: Vec<(LossId, Vec<(AccountId, Amount)>)>,
    /// What was staked, and what became of it.
    pub stakes: Stakes,
    /// What was held of vaults.
    pub holdings: Holdings,
    /// Balances of accounts, by dense id.
    accounts: Vec<i128>,
    /// Balances of pots, by dense id.
    pots: Vec<i128>,
    /// What each member paid under a liable set, by place.
    paid: BTreeMap<(LiableSetId, LayerId), Vec<Amount>>,
    /// What the members are called for and have not paid, by place, while the draw is open.
    calls: BTreeMap<(LiableSetId, LayerId, LossId), Vec<Amount>>,
    /// What each staker bore in an episode.
    borne: BTreeMap<(EpisodeId, LayerId, AccountId), Amount>,
    /// The owners that failed in each episode.
    failed: BTreeMap<EpisodeId, BTreeSet<OwnerId>>,
}

fn plus(a: Amount, b: Amount) -> Amount {
    a.checked_add(b).unwrap_or(Amount::MAX)
}

impl Trail {
    /// Takes the next event. `state` is the engine's after it: of what later events change, only
    /// the legs and marks are read, so where there are markets it is the state right after it.
    pub fn follow(&mut self, event: &Event, state: &State) {
        if let Event::Loss(event) = event {
            self.before_transfers(event, state);
        }
        self.stakes.follow(event);
        self.holdings.follow(event);
        event.transfers(&mut |transfer| self.moved(&transfer));
        if let Event::Loss(event) = event {
            self.after_transfers(event, state);
        }
    }

    fn moved(&mut self, transfer: &Transfer) {
        let atoms = i128::try_from(transfer.amount.atoms()).unwrap_or(i128::MAX);
        for (holder, atoms) in [(transfer.from, -atoms), (transfer.to, atoms)] {
            let (column, place) = match holder {
                Holder::Account(id) => (&mut self.accounts, id.index()),
                Holder::Layer(id) => (&mut self.pots, id.index()),
                _ => continue,
            };
            if column.len() <= place {
                column.resize(place + 1, 0);
            }
            column[place] += atoms;
        }
    }

    fn before_transfers(&mut self, event: &LossEvent, state: &State) {
        match event {
            LossEvent::LossDetected { episode, owner, .. } => {
                self.failed.entry(*episode).or_default().extend(*owner);
            }
            LossEvent::LossDivided { loss, layer, set, cumulative, levels, .. } => {
                let (loss, layer, set) = (*loss, *layer, *set);
                self.divided(state, (loss, layer, set), Way::Members, *cumulative, levels);
            }
            LossEvent::CallsMade { loss, layer, set, calls } => {
                self.calls.insert((*set, *layer, *loss), calls.clone());
                let first = LossId(0);
                let open =
                    self.calls.range((*set, *layer, first)..=(*set, *layer, LossId(u32::MAX)));
                let open = open.flat_map(|(_, calls)| calls);
                let paid = self.paid.get(&(*set, *layer)).into_iter().flatten();
                let owed = paid.chain(open).fold(Amount::ZERO, |sum, one| plus(sum, *one));
                self.divided(state, (*loss, *layer, *set), Way::Call, owed, &[]);
            }
            LossEvent::DrawClosed { loss, layer, .. } => {
                self.calls.retain(|(_, of, by), _| (of, by) != (layer, loss));
            }
            LossEvent::PotDrawn { loss, layer, stakes, .. } if !stakes.is_empty() => {
                self.staked(state, *loss, *layer, stakes);
            }
            _ => {}
        }
    }

    fn after_transfers(&mut self, event: &LossEvent, state: &State) {
        match event {
            LossEvent::SharesTaken { loss, layer, set, first, shares, .. } => {
                let first = usize::try_from(*first).unwrap_or(usize::MAX);
                for (place, (_, share)) in (first..).zip(shares) {
                    self.took((*loss, *layer, *set), place, *share);
                }
            }
            LossEvent::ShareTouched { loss, layer, set, place, amount, .. } => {
                let place = usize::try_from(*place).unwrap_or(usize::MAX);
                self.took((*loss, *layer, *set), place, *amount);
            }
            LossEvent::DrawPaid { loss, layer, account: Some(account), amount, .. } => {
                let set = state.losses.loss(*loss).and_then(|found| found.set);
                let place = set.and_then(|set| {
                    members(state, set, *layer).binary_search_by_key(account, |m| m.account).ok()
                });
                if let Some((set, place)) = set.zip(place) {
                    let calls = self.calls.get_mut(&(set, *layer, *loss));
                    if let Some(called) = calls.and_then(|calls| calls.get_mut(place)) {
                        *called = called.less_or_zero(*amount);
                    }
                    self.took((*loss, *layer, set), place, *amount);
                }
            }
            LossEvent::MarginTaken { loss, from, amount, .. }
            | LossEvent::OwnMeansTaken { loss, from, amount, .. } => match from {
                OwnMeans::Account(account)
                | OwnMeans::Stake { account, .. }
                | OwnMeans::Reward { account, .. } => {
                    self.own_means.push((*loss, *account, *amount));
                }
                OwnMeans::Ceded => self.ceded(state, *loss, *amount),
                OwnMeans::Book => {}
            },
            // What came back to him and paid for his loss is own means, too.
            LossEvent::CededPaid { loss, amount, to: RemainderTo::Suspense, .. } => {
                self.ceded(state, *loss, *amount);
            }
            LossEvent::SettlementEntered { uncovered, .. } => {
                self.settlement_entered = Some(*uncovered);
            }
            LossEvent::RanksSettled { loss, rows, .. } => self.ranked.push((*loss, rows.clone())),
            LossEvent::LossSettled { loss } => {
                let standings = self.standings_of(state, *loss);
                self.standings.insert(*loss, standings);
            }
            LossEvent::RecoveryReceived { loss, amount, .. }
            | LossEvent::IncomeToClaims { loss, amount, .. }
            | LossEvent::ResultToClaims { loss, amount, .. }
            | LossEvent::RemainderMoved { other: loss, amount, to: RemainderTo::Claims, .. }
            | LossEvent::CededPaid { loss, amount, to: RemainderTo::Claims, .. } => {
                *self.recovered.entry(*loss).or_default() += amount.atoms();
            }
            LossEvent::DebtPaid { loss, amount, .. } => {
                *self.recovered.entry(*loss).or_default() += amount.atoms();
                *self.repaid_uncovered.entry(*loss).or_default() += amount.atoms();
            }
            LossEvent::PoolRepaid { loss, to, amount, .. } => {
                let repaid = match to {
                    PoolHolder::Uncovered(_) => &mut self.repaid_uncovered,
                    PoolHolder::Results(_) => &mut self.repaid_results,
                    PoolHolder::Members | PoolHolder::Layer(_) => return,
                };
                *repaid.entry(*loss).or_default() += amount.atoms();
            }
            _ => {}
        }
    }

    /// Own means out of what came back to the failed account's owner.
    fn ceded(&mut self, state: &State, loss: LossId, amount: Amount) {
        let failed = state.losses.loss(loss).and_then(|found| found.failed);
        self.own_means.extend(failed.map(|account| (loss, account, amount)));
    }

    /// A division over a frozen set. A second round of one loss on one layer joins the first.
    fn divided(
        &mut self,
        state: &State,
        (loss, layer, set): (LossId, LayerId, LiableSetId),
        way: Way,
        cumulative: Amount,
        levels: &[Option<Fraction>],
    ) {
        let Some(found) = state.losses.loss(loss) else { return };
        let Some(episode) = found.episode else { return };
        let members = members(state, set, layer);
        let paid = self.paid.entry((set, layer)).or_default();
        paid.resize(members.len(), Amount::ZERO);
        let paid = paid.clone();
        let purse = match way {
            Way::Members => state.purse(found.domain, layer),
            _ => Purse::Outside,
        };
        let parts = members.iter().zip(&paid).map(|(member, paid)| Part {
            account: member.account,
            weight: member.weight,
            cap: member.cap,
            cap_then: self.cap_then(state, episode, member, *paid, purse),
            score: member.score,
            risk: member.risk,
            class: member.class,
            before: *paid,
            share: Amount::ZERO,
        });
        let mut parts: Vec<Part> = parts.collect();
        let earlier = self.divisions.iter().rposition(|d| d.loss == loss && d.layer == layer);
        if let Some(earlier) = earlier {
            for (part, first) in parts.iter_mut().zip(&self.divisions[earlier].parts) {
                (part.before, part.share) = (first.before, first.share);
            }
            self.divisions.remove(earlier);
        }
        let step = step_of(state, loss, layer);
        let (set, levels) = (Some(set), levels.to_vec());
        self.divisions.push(Division {
            loss,
            episode,
            step,
            layer,
            set,
            way,
            cumulative,
            levels,
            parts,
        });
    }

    /// The cap of a member now: less than the frozen one where his owner failed or his account
    /// holds less.
    fn cap_then(
        &self,
        state: &State,
        episode: EpisodeId,
        member: &Member,
        paid: Amount,
        purse: Purse,
    ) -> Amount {
        let owner = state.accounts.account(member.account).map(|account| account.owner);
        let failed = self.failed.get(&episode);
        match purse {
            // What his own loss left of a failed lender's supply, or of a holder's shares, is
            // liable as everybody's.
            Purse::Supply(_) | Purse::Profit(_) | Purse::Shares(_) => {
                let held = state.purse_means(purse, member.account, AssetId::default());
                return member.cap.min(plus(paid, held));
            }
            _ if owner.zip(failed).is_some_and(|(owner, failed)| failed.contains(&owner)) => {
                return paid;
            }
            Purse::Outside | Purse::Assessed(_) => return member.cap,
            Purse::Account => {}
        }
        let held = self.accounts.get(member.account.index()).copied().unwrap_or(0);
        let legs = state.markets.value(&state.markets.position(member.account).legs);
        let held = (held + legs).max(0);
        let held = Amount::new(held.unsigned_abs()).unwrap_or(Amount::MAX);
        member.cap.min(plus(paid, held))
    }

    fn took(&mut self, key: (LossId, LayerId, LiableSetId), place: usize, share: Amount) {
        let (loss, layer, set) = key;
        let of = |d: &&mut Division| d.loss == loss && d.layer == layer;
        if let Some(division) = self.divisions.iter_mut().rev().find(of)
            && let Some(part) = division.parts.get_mut(place)
        {
            part.share = plus(part.share, share);
        }
        if let Some(paid) = self.paid.get_mut(&(set, layer)).and_then(|paid| paid.get_mut(place)) {
            *paid = plus(*paid, share);
        }
    }

    /// A pot's draw, borne by its stakes.
    fn staked(
        &mut self,
        state: &State,
        loss: LossId,
        layer: LayerId,
        stakes: &[(AccountId, Amount, Amount)],
    ) {
        let Some(episode) = state.losses.loss(loss).and_then(|found| found.episode) else { return };
        let earlier = self.divisions.iter().rposition(|d| d.loss == loss && d.layer == layer);
        let earlier = earlier.map(|place| self.divisions.remove(place));
        let mut cumulative = Amount::ZERO;
        let mut parts = Vec::with_capacity(stakes.len());
        for (account, share, left) in stakes {
            let borne = self.borne.entry((episode, layer, *account)).or_default();
            let first = earlier.as_ref().and_then(|division| division.part(*account));
            let before = first.map_or(*borne, |first| first.before);
            let weight = plus(plus(*borne, *share), *left);
            *borne = plus(*borne, *share);
            cumulative = plus(cumulative, *borne);
            let share = first.map_or(*share, |first| plus(first.share, *share));
            let account = *account;
            let (cap, cap_then) = (weight, weight);
            let (score, risk, class) = (0, rhodian_core::bounds::RISK_UNIT, 0);
            parts.push(Part { account, weight, cap, cap_then, score, risk, class, before, share });
        }
        let step = step_of(state, loss, layer);
        let (set, levels, way) = (None, Vec::new(), Way::Stakes);
        self.divisions.push(Division {
            loss,
            episode,
            step,
            layer,
            set,
            way,
            cumulative,
            levels,
            parts,
        });
    }

    fn standings_of(&self, state: &State, loss: LossId) -> Vec<Standing> {
        let Some(found) = state.losses.loss(loss) else { return Vec::new() };
        let Some((episode, set)) = found.episode.zip(found.set) else { return Vec::new() };
        let mut standings = Vec::new();
        for (step, layer) in layers_of(state, loss) {
            let source = state.domains.layer(layer).map(|found| found.spec.source);
            let (left, members) = match source {
                Some(Source::Members(_) | Source::Call { .. }) => {
                    let purse = state.purse(found.domain, layer);
                    let members = members(state, set, layer);
                    let paid = self.paid.get(&(set, layer));
                    let left = members.iter().enumerate().map(|(place, member)| {
                        let paid =
                            paid.and_then(|paid| paid.get(place)).copied().unwrap_or_default();
                        let cap = self.cap_then(state, episode, member, paid, purse);
                        cap.less_or_zero(paid).atoms()
                    });
                    let room = state.purse_room(purse, Some(found)).atoms();
                    (left.sum::<u128>().min(room), Some(members.len()))
                }
                Some(Source::Pot) => {
                    let held = self.pots.get(layer.index()).copied().unwrap_or(0).max(0);
                    (held.unsigned_abs(), None)
                }
                Some(Source::Proceeds { .. }) | None => (0, None),
            };
            standings.push(Standing { step, layer, left, members });
        }
        standings
    }
}

/// The members of a frozen set: what never changes of them after it was fixed is read.
fn members(state: &State, set: LiableSetId, layer: LayerId) -> &[Member] {
    let of = state.losses.set(set).and_then(|found| found.layers.get(&layer));
    of.map_or(&[], |of| &of.members)
}

/// The layers of a loss's frozen waterfall with their steps, in paying order.
#[must_use]
pub fn layers_of(state: &State, loss: LossId) -> Vec<(u16, LayerId)> {
    let found = state.losses.loss(loss);
    let terms = found.and_then(|found| {
        let episode = state.losses.episode(found.episode?)?;
        let id = episode.rules.waterfalls.get(&found.class)?;
        state.domains.waterfall(*id)
    });
    let steps = (1..).zip(terms.into_iter().flat_map(|waterfall| &waterfall.steps));
    steps.flat_map(|(step, of)| of.layers.iter().map(move |side| (step, side.layer))).collect()
}

fn step_of(state: &State, loss: LossId, layer: LayerId) -> u16 {
    let layers = layers_of(state, loss);
    layers.iter().find(|(_, id)| *id == layer).map_or(0, |(step, _)| *step)
}
