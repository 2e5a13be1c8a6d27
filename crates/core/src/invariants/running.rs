//! The running form of each law: totals of its own, kept from the events, and a look at what an
//! event touched.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

use super::kept::Kept;
use super::leave::Halts;
use super::lots::Lots;
use super::passes::Passes;
use super::{
    BOOK, Broken, CAPS, DIVIDED, LEDGER, LIVE, ONCE, ORDER, PROFIT_FIRST, REPAID, SETTLED, STAKES,
};
use super::{
    bounty, clearing, cover, incentive, issuance, lending, liquidity, premium, protection,
};
use crate::domain::{self, Kind};
use crate::engine::{Event, State};
use crate::ids::{AccountId, AssetId, DomainId, EpisodeId, LayerId, LiableSetId, LossId};
use crate::ledger::{Holder, Transfer};
use crate::loss::{self, OwnMeans, RemainderTo};
use crate::units::Amount;
use crate::waterfall::{self, Against};

/// What the events of one loss add up to.
#[derive(Clone, Debug, Default)]
struct Totals {
    close_out: i128,
    own_means: i128,
    netted: i128,
    /// What results paid for it, and what results and income repaid of it: they may be repaid, too.
    by_results: i128,
    draws: i128,
    uncovered: i128,
    divided: i128,
    shares: i128,
    on_touch: bool,
    members: i128,
    repaid: i128,
    on_its_way: i128,
    recognised: bool,
    settled: bool,
}

/// The running totals. Start it with the first event; feed it every event, after it was applied.
#[derive(Clone, Debug, Default)]
pub struct Running {
    balances: BTreeMap<(AssetId, Holder), i128>,
    losses: BTreeMap<LossId, Totals>,
    kept: Kept,
    numbers: BTreeSet<(DomainId, u64)>,
    /// By episode, layer and account: the most it may pay, and what it paid.
    caps: BTreeMap<(EpisodeId, LayerId, AccountId), i128>,
    paid: BTreeMap<(EpisodeId, LayerId, AccountId), i128>,
    episode_of: BTreeMap<LiableSetId, EpisodeId>,
    episodes: BTreeMap<EpisodeId, BTreeSet<LossId>>,
    sets: BTreeMap<LossId, LiableSetId>,
    stakes: BTreeMap<(LayerId, AccountId), i128>,
    rewards: BTreeMap<LayerId, i128>,
    lots: Lots,
    halts: Halts,
    lending: lending::Running,
    cover: cover::Running,
    liquidity: liquidity::Running,
    passes: Passes,
    clearing: clearing::Running,
    protection: protection::Running,
    issuance: issuance::Running,
    incentive: incentive::Running,
    premium: premium::Running,
    bounty: bounty::Running,
}

fn broken(law: &'static str, detail: String) -> Result<(), Broken> {
    Err(Broken { law, detail })
}

const fn signed(amount: Amount) -> i128 {
    amount.atoms().cast_signed()
}

/// The loss that money of an event pays for: a remainder's is the other one.
const fn paid_for(event: &loss::Event) -> Option<LossId> {
    match event {
        loss::Event::RemainderMoved { other, .. } => Some(*other),
        _ => event.loss(),
    }
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    ///
    /// # Errors
    ///
    /// The first law that the event breaks, with where.
    pub fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        self.ledger(event, state)?;
        self.halts.after(event)?;
        self.passes.after(event)?;
        self.liquidity.any(event);
        self.premium.any(event)?;
        match event {
            Event::Loss(event) => {
                self.totals(event);
                self.once(event)?;
                self.caps(event)?;
                self.book(event)?;
                self.kept.after(event)?;
                self.settled(event)?;
                self.divided(event)?;
                self.repaid(event)?;
                self.live(event)?;
                order(event, state)?;
                profit_first(event, state)?;
                self.clearing.of_loss(event, state)?;
                self.issuance.of_loss(event)?;
                self.bounty.after(event, state)?;
                self.stakes_of_loss(event, state)
            }
            Event::Domain(event) => {
                self.incentive.of_domain(event)?;
                self.stakes_of_domain(event, state)
            }
            Event::Lending(event) => self.lending.after(event, state),
            Event::Cover(event) => self.cover.after(event, state),
            Event::Liquidity(event) => self.liquidity.after(event, state),
            Event::Clearing(event) => self.clearing.after(event, state),
            Event::Protection(event) => self.protection.after(event, state),
            Event::Issuance(event) => self.issuance.after(event, state),
            Event::Incentive(event) => {
                self.incentive.after(event, state)?;
                self.premium.after(event, state)
            }
            Event::Market(_) | Event::CloseOut(_) => self.lots.after(event, state),
            Event::Account(_)
            | Event::Control(_)
            | Event::Oracle(_)
            | Event::Collateral(_)
            | Event::TimePassed { .. } => Ok(()),
        }
    }

    fn ledger(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let mut touched = BTreeSet::new();
        event.transfers(&mut |transfer: Transfer| {
            for (holder, sign) in [(transfer.from, -1), (transfer.to, 1)] {
                let balance = self.balances.entry((transfer.asset, holder)).or_default();
                *balance += sign * signed(transfer.amount);
                touched.insert((transfer.asset, holder));
            }
        });
        for key in touched {
            let (followed, (asset, holder)) = (self.balances[&key], key);
            let stands = state.ledger.balance(asset, holder).atoms();
            if followed != stands {
                let detail = format!("{holder:?} holds {stands}, the events say {followed}");
                return broken(LEDGER, detail);
            }
        }
        Ok(())
    }

    /// Once own means are done the book is empty; only a takeover fills it.
    fn book(&self, event: &loss::Event) -> Result<(), Broken> {
        let loss::Event::OwnMeansClosed { loss, .. } = event else { return Ok(()) };
        let of_loss = |(_, holder): &(AssetId, Holder)| *holder == Holder::Book(*loss);
        let left = self.balances.iter().find(|(key, left)| of_loss(key) && **left != 0);
        match left {
            Some((_, left)) => broken(BOOK, format!("loss {loss}: the book still holds {left}")),
            None => Ok(()),
        }
    }

    fn totals(&mut self, event: &loss::Event) {
        use loss::Event as E;
        let Some(id) = paid_for(event) else { return };
        let totals = self.losses.entry(id).or_default();
        match event {
            E::RemainderMoved { amount, to: RemainderTo::Suspense, .. }
            | E::CededPaid { amount, to: RemainderTo::Suspense, .. } => {
                totals.own_means += signed(*amount);
            }
            E::LossMeasured { close_out, .. } => totals.close_out = signed(*close_out),
            E::MarginTaken { amount, .. } | E::OwnMeansTaken { amount, .. } => {
                totals.own_means += signed(*amount);
            }
            E::PotDrawn { amount, .. }
            | E::DrawPaid { amount, .. }
            | E::ProceedsPaid { amount, .. } => {
                totals.draws += signed(*amount);
            }
            E::LossDivided { amount, members, on_touch, .. } => {
                totals.draws += signed(*amount);
                totals.divided += signed(*amount);
                totals.on_touch |= *on_touch;
                totals.members += i128::from(*members);
            }
            E::SharesTaken { shares, .. } => {
                totals.shares += shares.iter().map(|(_, share)| signed(*share)).sum::<i128>();
            }
            E::ShareTouched { amount, .. } => totals.shares += signed(*amount),
            E::ResultNetted { amount, .. } => {
                totals.netted += signed(*amount);
                totals.by_results += signed(*amount);
            }
            E::ResultToClaims { amount, .. } | E::IncomeToClaims { amount, .. } => {
                totals.by_results += signed(*amount);
            }
            E::UncoveredBooked { amount, .. } => totals.uncovered += signed(*amount),
            E::PoolRepaid { amount, .. } => totals.repaid += signed(*amount),
            _ => {}
        }
    }

    fn numbered(&mut self, domain: DomainId, number: u64) -> Result<(), Broken> {
        if self.numbers.insert((domain, number)) {
            return Ok(());
        }
        broken(ONCE, format!("number {number} again in domain {domain}"))
    }

    fn once(&mut self, event: &loss::Event) -> Result<(), Broken> {
        use loss::Event as E;
        match event {
            E::LossReported(of) => self.numbered(of.domain, of.number),
            E::DefaultFound { domain, number, .. } => self.numbered(*domain, *number),
            E::DeficitRecognised { loss, .. } => {
                let totals = self.losses.entry(*loss).or_default();
                if core::mem::replace(&mut totals.recognised, true) {
                    return broken(ONCE, format!("loss {loss} recognised again"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn caps(&mut self, event: &loss::Event) -> Result<(), Broken> {
        use loss::Event as E;
        match event {
            E::LiableSetFixed { set, episode, layers, .. } => {
                self.episode_of.insert(*set, *episode);
                for (layer, claims) in layers {
                    for claim in claims {
                        let key = (*episode, *layer, claim.account);
                        let paid = self.paid.get(&key).copied().unwrap_or(0);
                        let cap = self.caps.entry(key).or_default();
                        *cap = (*cap).max(paid + signed(claim.cap));
                    }
                }
                Ok(())
            }
            E::LossDetected { loss, set, .. } => {
                self.sets.insert(*loss, *set);
                Ok(())
            }
            E::SharesTaken { set, layer, shares, .. } => shares
                .iter()
                .filter(|(_, share)| !share.is_zero())
                .try_for_each(|(account, share)| self.pays(*set, *layer, *account, *share)),
            E::ShareTouched { set, layer, account, amount, .. } => {
                self.pays(*set, *layer, *account, *amount)
            }
            E::DrawPaid { loss, layer, account: Some(account), amount, .. } => {
                match self.sets.get(loss).copied() {
                    Some(set) => self.pays(set, *layer, *account, *amount),
                    None => broken(CAPS, format!("loss {loss} has no liable set")),
                }
            }
            _ => Ok(()),
        }
    }

    fn pays(
        &mut self,
        set: LiableSetId,
        layer: LayerId,
        account: AccountId,
        share: Amount,
    ) -> Result<(), Broken> {
        let Some(episode) = self.episode_of.get(&set).copied() else {
            return broken(CAPS, format!("set {set} was never fixed"));
        };
        let key = (episode, layer, account);
        let paid = self.paid.entry(key).or_default();
        *paid += signed(share);
        match self.caps.get(&key) {
            Some(cap) if *paid <= *cap => Ok(()),
            Some(cap) => broken(CAPS, format!("account {account} paid {paid} of {cap}")),
            None => broken(CAPS, format!("account {account} is not liable to layer {layer}")),
        }
    }

    fn settled(&mut self, event: &loss::Event) -> Result<(), Broken> {
        let loss::Event::LossSettled { loss } = event else { return Ok(()) };
        let totals = self.losses.entry(*loss).or_default();
        totals.settled = true;
        let sum = totals.own_means + totals.netted + totals.draws + totals.uncovered;
        if totals.close_out == sum {
            return Ok(());
        }
        broken(SETTLED, format!("loss {loss}: {} against {sum}", totals.close_out))
    }

    /// At once: the shares are the amount divided. On touch: they may pass it by the rounding.
    fn divided(&mut self, event: &loss::Event) -> Result<(), Broken> {
        use loss::Event as E;
        let (loss, done) = match event {
            E::DrawClosed { loss, .. } => (*loss, false),
            E::ResidueBooked { loss, .. } => (*loss, true),
            E::ShareTouched { loss, .. } => (*loss, false),
            _ => return Ok(()),
        };
        let totals = self.losses.entry(loss).or_default();
        let over = totals.shares - totals.divided;
        let within = if totals.on_touch {
            over <= totals.members && (!done || over >= 0)
        } else {
            over == 0
        };
        if within {
            return Ok(());
        }
        broken(DIVIDED, format!("loss {loss}: {} of {}", totals.shares, totals.divided))
    }

    fn repaid(&mut self, event: &loss::Event) -> Result<(), Broken> {
        use loss::Event as E;
        let Some(id) = paid_for(event) else { return Ok(()) };
        let totals = self.losses.entry(id).or_default();
        match event {
            E::RecoveryReceived { amount, .. }
            | E::IncomeToClaims { amount, .. }
            | E::ResultToClaims { amount, .. }
            | E::RemainderMoved { amount, to: RemainderTo::Claims, .. }
            | E::CededPaid { amount, to: RemainderTo::Claims, .. } => {
                totals.on_its_way += signed(*amount);
            }
            E::PoolRepaid { amount, .. } => totals.on_its_way -= signed(*amount),
            _ if totals.on_its_way != 0 => {
                return broken(REPAID, format!("loss {id}: {} stays back", totals.on_its_way));
            }
            _ => {}
        }
        let loss = id;
        let rounding = (totals.shares - totals.divided).max(0);
        let borne = totals.draws + totals.uncovered + totals.by_results + rounding;
        if totals.repaid <= borne && totals.on_its_way >= 0 {
            return Ok(());
        }
        broken(REPAID, format!("loss {loss}: {} repaid of {borne}", totals.repaid))
    }

    fn live(&mut self, event: &loss::Event) -> Result<(), Broken> {
        match event {
            loss::Event::LossDetected { loss, episode, .. } => {
                self.episodes.entry(*episode).or_default().insert(*loss);
                Ok(())
            }
            loss::Event::EpisodeClosed { episode } => {
                let losses = self.episodes.entry(*episode).or_default();
                let open = losses.iter().find(|id| !self.losses.get(id).is_some_and(|t| t.settled));
                match open {
                    Some(loss) => broken(LIVE, format!("episode {episode}: loss {loss} is open")),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn stakes_of_domain(&mut self, event: &domain::Event, state: &State) -> Result<(), Broken> {
        match event {
            domain::Event::Staked { layer, account, stake, .. }
            | domain::Event::Unstaked { layer, account, stake, .. }
            | domain::Event::ExitPaid { layer, account, stake, .. } => {
                self.stakes.insert((*layer, *account), signed(*stake));
                self.pot(*layer, state)
            }
            domain::Event::Rewarded { layer, amount, .. } => {
                self.earned(*layer, signed(*amount), state)
            }
            domain::Event::RewardTaken { layer, amount, .. } => {
                self.earned(*layer, -signed(*amount), state)
            }
            _ => Ok(()),
        }
    }

    fn earned(&mut self, layer: LayerId, more: i128, state: &State) -> Result<(), Broken> {
        let Some(found) = state.domains.layer(layer) else { return Ok(()) };
        let sum = self.rewards.entry(layer).or_default();
        *sum += more;
        let held = state.ledger.balance(found.spec.asset, Holder::Rewards(layer)).atoms();
        if *sum == held {
            return Ok(());
        }
        broken(STAKES, format!("layer {layer} holds {held} for its stakers, its events {sum}"))
    }

    fn stakes_of_loss(&mut self, event: &loss::Event, state: &State) -> Result<(), Broken> {
        match event {
            loss::Event::PotDrawn { layer, stakes, .. } if !stakes.is_empty() => {
                for (account, _, left) in stakes {
                    self.stakes.insert((*layer, *account), signed(*left));
                }
                self.pot(*layer, state)
            }
            loss::Event::OwnMeansTaken {
                from: OwnMeans::Stake { layer, account, stake }, ..
            } => {
                self.stakes.insert((*layer, *account), signed(*stake));
                self.pot(*layer, state)
            }
            loss::Event::OwnMeansTaken { from: OwnMeans::Reward { layer, .. }, amount, .. } => {
                self.earned(*layer, -signed(*amount), state)
            }
            _ => Ok(()),
        }
    }

    fn pot(&self, layer: LayerId, state: &State) -> Result<(), Broken> {
        let Some(found) = state.domains.layer(layer) else { return Ok(()) };
        let range = (layer, AccountId(0))..=(layer, AccountId(u32::MAX));
        let staked: i128 = self.stakes.range(range).map(|(_, stake)| *stake).sum();
        let pot = state.ledger.balance(found.spec.asset, Holder::Layer(layer)).atoms();
        if staked == pot {
            return Ok(());
        }
        broken(STAKES, format!("layer {layer} holds {pot}, its events staked {staked}"))
    }
}

/// What one layer could still pay for a loss, in atoms.
fn could_pay(state: &State, against: &Against<'_>, layer: LayerId) -> u128 {
    state
        .domains
        .layer(layer)
        .map_or(0, |found| waterfall::capacity(state, against, layer, found).amount.atoms())
}

fn order(event: &loss::Event, state: &State) -> Result<(), Broken> {
    let loss::Event::StepReached { loss, step } = event else { return Ok(()) };
    let Some(against) = Against::of(state, *loss) else {
        return broken(ORDER, format!("loss {loss} reaches a step outside an episode"));
    };
    // The step before, at the moment it is left; what flows into earlier steps later is for
    // later losses.
    let before = usize::from(*step).checked_sub(2);
    let left = before.and_then(|place| against.steps(state).get(place));
    for side in left.into_iter().flat_map(|step| step.layers.iter()) {
        let left = could_pay(state, &against, side.layer);
        if left > 0 {
            let detail = format!("loss {loss}: layer {} could still pay {left}", side.layer);
            return broken(ORDER, detail);
        }
    }
    Ok(())
}

fn profit_first(event: &loss::Event, state: &State) -> Result<(), Broken> {
    let loss::Event::LossDivided { loss, layer, .. } = event else { return Ok(()) };
    let kind = |layer: LayerId| state.domains.layer(layer).map(|found| found.spec.kind);
    if kind(*layer) != Some(Kind::ProviderPrincipal) {
        return Ok(());
    }
    let Some(against) = Against::of(state, *loss) else { return Ok(()) };
    let reached = against.loss.map_or(0, |loss| usize::from(loss.step));
    let earlier = against.steps(state).iter().take(reached);
    let layers = earlier.flat_map(|step| step.layers.iter().map(|side| side.layer));
    let profits = layers.filter(|layer| kind(*layer) == Some(Kind::ProviderProfit));
    for profit in profits {
        let left = could_pay(state, &against, profit);
        if left > 0 {
            let detail = format!("loss {loss}: layer {profit} could still pay {left}");
            return broken(PROFIT_FIRST, detail);
        }
    }
    Ok(())
}
