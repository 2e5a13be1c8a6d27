//! What a failed owner's other accounts give for his loss: their session gains. Where core knows a
//! session it measures the gain; where it does not, what was reported counts.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{FrozenRules, Loss, Losses, SetOff};
use crate::domain::{CauseClass, Kind};
use crate::engine::State;
use crate::ids::{AccountId, AssetId, DomainId};
use crate::units::Amount;

/// The reported session gains in the owner's other accounts: own means of his loss.
pub(super) fn gains_of_owner(state: &State, domain: DomainId, failed: AccountId) -> Vec<SetOff> {
    let Some(owner) = state.accounts.account(failed).map(|account| account.owner) else {
        return Vec::new();
    };
    // Who fails is found by default; what he lacks is not known yet, and decides only whether a sum
    // passes its bound.
    let class = CauseClass::Default;
    let open = Losses::joinable(state, domain, class, Amount::ZERO);
    let frozen = open.map(|(_, episode)| episode.rules.waterfalls.clone());
    let waterfalls = frozen.unwrap_or_else(|| FrozenRules::now(state, domain).waterfalls);
    let layers = state.domains.layers_of(&waterfalls).into_iter().filter(|layer| {
        state.domains.layer(*layer).is_some_and(|found| found.spec.kind == Kind::GainsHaircut)
    });
    let others: Vec<AccountId> = state.accounts_of(owner).filter(|id| *id != failed).collect();
    let reported = layers.filter_map(|layer| state.losses.reported.get(&layer));
    let gains = reported.flat_map(|claims| others.iter().filter_map(|id| claims.get(id)));
    largest(gains.map(|claim| SetOff { account: claim.account, up_to: claim.weight }).collect())
}

/// What of `stated` counts for a loss in `domain` that is found now: of another account that trades
/// in its asset the session is known, and its principal with it, so that nothing stated counts. A
/// trade that comes later changes nothing of a loss that is found.
pub(super) fn counted(
    state: &State,
    domain: DomainId,
    failed: Option<AccountId>,
    mut stated: Vec<SetOff>,
) -> Vec<SetOff> {
    let asset = state.domains.asset_of(domain);
    let trades = |account| asset.is_some() && state.markets.position(account).asset == asset;
    stated.retain(|off| failed == Some(off.account) || !trades(off.account));
    stated
}

/// What the failed owner's other accounts pay: what was stated for them, and what they gained in
/// markets since the reference of the loss, as it is now.
pub(super) fn of_loss(state: &State, found: &Loss, asset: AssetId) -> Vec<SetOff> {
    let stated = found.set_off.iter().copied();
    largest(stated.chain(own_gains(state, found, asset)).collect())
}

/// Whether one of the failed owner's accounts owes shares that wait for a touch: they are taken
/// before his gains are measured, since what is owed of an equity is no means.
pub(super) fn waits_for(state: &State, found: &Loss) -> bool {
    let owner = found.failed.and_then(|id| state.accounts.account(id)).map(|of| of.owner);
    let (Some(owner), Some(asset)) = (owner, state.domains.asset_of(found.domain)) else {
        return false;
    };
    let owes = |account| !state.losses.untaken_in(state, account, asset).is_zero();
    state.accounts_of(owner).any(owes)
}

/// What the failed owner's other accounts gained in markets since the reference of the loss.
pub(super) fn own_gains<'a>(
    state: &'a State,
    found: &Loss,
    asset: AssetId,
) -> impl Iterator<Item = SetOff> + use<'a> {
    let reference = state.reference(found.domain, found.detected);
    let lent = state.of_pool(found);
    let gains = move |failed| state.own_gains(failed, lent, asset, reference);
    found.failed.into_iter().flat_map(gains)
}

/// One set-off an account, the largest, in account order.
pub(super) fn largest(mut set_off: Vec<SetOff>) -> Vec<SetOff> {
    set_off.sort_unstable_by_key(|off| (off.account, Reverse(off.up_to)));
    set_off.dedup_by_key(|off| off.account);
    set_off
}
