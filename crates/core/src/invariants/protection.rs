//! The law of protections, in both forms.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;

use super::{Broken, PROTECTION};
use crate::engine::State;
use crate::ids::{AccountId, AssetId, LayerId, ProtectedId, ProtectionId, Time};
use crate::ledger::Holder;
use crate::pools::protection::{Event, Measured, Position, PriceRange, ProtectionSpec, Stage};
use crate::units::{Amount, Price};
use crate::wide::{U256, times_root_ceil};

fn broken(position: ProtectedId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: PROTECTION, detail: format!("protected position {position}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    let mut exposed: BTreeMap<LayerId, u128> = BTreeMap::new();
    let mut ends: BTreeSet<(ProtectionId, Time, ProtectedId)> = BTreeSet::new();
    let mut claims: BTreeSet<(ProtectionId, ProtectedId)> = BTreeSet::new();
    for (id, position) in state.protections.positions() {
        paid(id, position)?;
        match position.stage {
            Stage::Standing => drop(ends.insert((position.protection, position.until, id))),
            Stage::Claiming => drop(claims.insert((position.protection, id))),
            Stage::Over => continue,
        }
        let Some(of) = state.protections.protection(position.protection) else {
            return broken(id, "it is of no protection");
        };
        *exposed.entry(of.spec.fund).or_default() += position.cap.atoms();
    }
    let kept = &state.protections.exposed;
    let kept: BTreeMap<LayerId, u128> = kept.iter().map(|(of, sum)| (*of, sum.atoms())).collect();
    if kept != exposed {
        let detail = format!("funds may owe {kept:?}, positions say {exposed:?}");
        return Err(Broken { law: PROTECTION, detail });
    }
    for (id, of) in state.protections.protections() {
        let his = ends.iter().filter(|(at, ..)| *at == id).map(|(_, until, of)| (*until, *of));
        let due = claims.iter().filter(|(at, _)| *at == id).map(|(_, of)| *of);
        if !of.ends.iter().copied().eq(his) || !of.claims.iter().copied().eq(due) {
            let detail = format!("protection {id}: its queues are not of its positions");
            return Err(Broken { law: PROTECTION, detail });
        }
    }
    Ok(())
}

/// What a position was paid is within its claim, and that within its cap and its loss.
fn paid(id: ProtectedId, position: &Position) -> Result<(), Broken> {
    let Position { stage, exit, paid, cap, .. } = position;
    let (claim, loss) = exit.map_or_else(Default::default, |of| (of.claim, of.loss));
    let stands = match stage {
        Stage::Standing => exit.is_none() && paid.is_zero(),
        Stage::Claiming => paid.is_zero() && !claim.is_zero(),
        Stage::Over => exit.is_some(),
    };
    if stands && *paid <= claim && claim <= *cap && claim <= loss {
        return Ok(());
    }
    broken(
        id,
        &format!("{stage:?}: {paid} paid, {claim} claimed, a loss of {loss}, a cap of {cap}"),
    )
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    specs: BTreeMap<ProtectionId, ProtectionSpec>,
    open: BTreeMap<ProtectedId, Open>,
    exposed: BTreeMap<LayerId, u128>,
}

/// What the events said of a position that is not over.
#[derive(Clone, Copy, Debug)]
struct Open {
    account: AccountId,
    deposit: Amount,
    cap: Amount,
    fund: LayerId,
    entry: PriceRange,
    since: Time,
    claim: Option<Amount>,
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        match *event {
            Event::Opened { protection, ref spec } => {
                self.specs.insert(protection, (**spec).clone());
            }
            Event::Protected { position, account, deposit, cap, fund, entry, .. } => {
                let since = state.now();
                let claim = None;
                let open = Open { account, deposit, cap, fund, entry, since, claim };
                if self.open.insert(position, open).is_some() {
                    return broken(position, "it began again");
                }
                *self.exposed.entry(fund).or_default() += cap.atoms();
            }
            Event::Ended { protection, position, measured, .. } => {
                self.ended(state, (protection, position), measured)?;
            }
            Event::Paid { position, account, asset, fund, amount, .. } => {
                let Some(open) = self.open.get(&position).copied() else {
                    return broken(position, "it is paid when it is over");
                };
                let within = open.claim.is_some_and(|claim| amount <= claim);
                if !within || open.account != account || open.fund != fund {
                    return broken(position, &format!("{amount} paid of {open:?}"));
                }
                self.pays(state, (position, open), asset, amount)?;
                self.over(position, open);
            }
        }
        let kept = &state.protections.exposed;
        let kept = kept.iter().map(|(fund, sum)| (*fund, sum.atoms()));
        if kept.eq(self.exposed.iter().map(|(fund, sum)| (*fund, *sum))) {
            return Ok(());
        }
        let detail = format!("funds may owe other than what events say: {:?}", self.exposed);
        Err(Broken { law: PROTECTION, detail })
    }

    fn over(&mut self, id: ProtectedId, open: Open) {
        self.open.remove(&id);
        let sum = self.exposed.entry(open.fund).or_default();
        *sum -= open.cap.atoms().min(*sum);
        self.exposed.retain(|_, sum| *sum > 0);
    }

    /// What is claimed of a position that ends is within its loss, its cap and what is vested.
    fn ended(
        &mut self,
        state: &State,
        (protection, id): (ProtectionId, ProtectedId),
        measured: Measured,
    ) -> Result<(), Broken> {
        let (Some(spec), Some(open)) = (self.specs.get(&protection), self.open.get_mut(&id)) else {
            return broken(id, "it ends when it is over");
        };
        let Measured { exit, loss, claim } = measured;
        if open.claim.is_some() || !is_lost(open, exit, loss) {
            return broken(id, &format!("a loss of {loss} at {exit:?}, of {open:?}"));
        }
        // Time never goes back.
        let now = state.now().0;
        let elapsed = now - open.since.0.min(now);
        let (vested, all) = match elapsed < spec.cliff {
            true => (0, 1),
            false => (elapsed.min(spec.vesting), spec.vesting),
        };
        let most = U256::product(loss.min(open.cap).atoms(), u128::from(vested));
        if U256::product(claim.atoms(), u128::from(all)) > most {
            return broken(id, &format!("{claim} claimed after {elapsed} of {open:?}"));
        }
        open.claim = Some(claim);
        let open = *open;
        if claim.is_zero() {
            self.over(id, open);
        }
        Ok(())
    }

    /// What is paid is within the position's part of the fund as it was before.
    fn pays(
        &self,
        state: &State,
        (id, open): (ProtectedId, Open),
        asset: AssetId,
        amount: Amount,
    ) -> Result<(), Broken> {
        let left = state.ledger.balance(asset, Holder::Layer(open.fund)).atoms();
        let held = left.max(0).unsigned_abs() + amount.atoms();
        let all = self.exposed.get(&open.fund).copied().unwrap_or_default();
        if U256::product(amount.atoms(), all) > U256::product(held, open.cap.atoms()) {
            let cap = open.cap;
            return broken(id, &format!("{amount} of {held} paid by a cap of {cap} of {all}"));
        }
        Ok(())
    }
}

/// Whether no pair of prices of the two ranges makes a smaller loss than `loss`: what was held less
/// what is there, at the nearest of their ends.
fn is_lost(open: &Open, exit: PriceRange, loss: Amount) -> bool {
    let Open { entry, deposit, .. } = *open;
    let meet = entry.low <= exit.high && exit.low <= entry.high;
    let pairs = [(entry.low, exit.low), (entry.low, exit.high), (entry.high, exit.low)];
    let mut pairs = pairs.into_iter().chain([(entry.high, exit.high)]);
    loss.is_zero() || !meet && pairs.all(|(from, to)| has_lost(deposit, from, to, loss))
}

/// `2 x from x loss + 2 x deposit x sqrt(from x to) <= deposit x (from + to)`.
fn has_lost(deposit: Amount, from: Price, to: Price, loss: Amount) -> bool {
    let (from, to) = (u128::from(from.ticks()), u128::from(to.ticks()));
    let pool = times_root_ceil(2 * deposit.atoms(), from * to);
    let both = pool.and_then(|pool| pool.checked_add(U256::product(2 * from, loss.atoms())));
    both.is_some_and(|both| both <= U256::product(deposit.atoms(), from + to))
}
