//! Who bore what of a loss, kept as claims to what comes back.

use alloc::vec::Vec;

use super::{Loss, Member};
use crate::ids::{AccountId, DomainId, LayerId};
use crate::recovery::{Bearer, Claim, ClaimPool};
use crate::units::Amount;

/// Adds what a pot or the outside bore to the loss's claims.
pub(super) fn bear(loss: &mut Loss, layer: LayerId, bearer: Bearer, amount: Amount) {
    let step = loss.draws.iter().find(|draw| draw.layer == layer).map_or(0, |draw| draw.step);
    bear_at_step(loss, step, bearer, amount);
}

/// The same at a step: what a fund bore as a layer and what it repaid others later stand apart.
pub(super) fn bear_at_step(loss: &mut Loss, step: u16, bearer: Bearer, amount: Amount) {
    let same = |pool: &&mut ClaimPool| pool.step == step && pool.bearer == bearer;
    match loss.pools.iter_mut().find(same) {
        Some(pool) => pool.borne = pool.borne.checked_add(amount).unwrap_or(Amount::MAX),
        None => {
            loss.pools.push(ClaimPool { step, bearer, borne: amount, repaid: Amount::ZERO });
        }
    }
}

/// What was sold for a draw: the pot `to` is repaid, or nobody.
pub(super) fn bear_proceeds(loss: &mut Loss, layer: LayerId, to: Option<LayerId>, amount: Amount) {
    bear(loss, layer, to.map_or(Bearer::Outside(layer), Bearer::Layer), amount);
}

/// Adds what participants bore through `layer` to the loss's claims. Rows come in account order,
/// so that each is found or added at the end.
pub(super) fn bear_members(
    loss: &mut Loss,
    through: LayerId,
    shares: impl Iterator<Item = (AccountId, Amount)>,
) {
    let of = |pool: &ClaimPool| is_through(pool, through);
    let mut shares = shares.filter(|(_, share)| !share.is_zero()).peekable();
    if shares.peek().is_none() {
        return;
    }
    if !loss.pools.iter().any(of) {
        let bearer = Bearer::Members { layer: through, rows: Vec::new() };
        bear(loss, through, bearer, Amount::ZERO);
    }
    let Some(pool) = loss.pools.iter_mut().find(|pool| of(pool)) else { return };
    let Some(rows) = pool.bearer.rows_mut() else { return };
    for (account, share) in shares {
        pool.borne = pool.borne.checked_add(share).unwrap_or(Amount::MAX);
        let claim = Claim { account, borne: share, repaid: Amount::ZERO };
        if rows.last().is_none_or(|last| last.account < account) {
            rows.push(claim);
            continue;
        }
        match rows.binary_search_by_key(&account, |row| row.account) {
            Ok(place) => {
                let row = &mut rows[place];
                row.borne = row.borne.checked_add(share).unwrap_or(Amount::MAX);
            }
            Err(place) => rows.insert(place, claim),
        }
    }
}

fn is_through(pool: &ClaimPool, through: LayerId) -> bool {
    matches!(&pool.bearer, Bearer::Members { layer, .. } if *layer == through)
}

/// Shares through `layer` will be taken on touch, in any order: a row for each member from the
/// start, so that none has to make room among the others.
pub(super) fn wait_for(loss: &mut Loss, layer: LayerId, members: &[Member]) {
    if loss.pools.iter().any(|pool| is_through(pool, layer)) {
        return;
    }
    let (borne, repaid) = (Amount::ZERO, Amount::ZERO);
    let rows = members.iter().map(|member| Claim { account: member.account, borne, repaid });
    let bearer = Bearer::Members { layer, rows: rows.collect() };
    bear(loss, layer, bearer, Amount::ZERO);
}

/// Adds what the member at `place` bore, where each has a row.
pub(super) fn bear_at(loss: &mut Loss, layer: LayerId, place: u32, share: Amount) {
    let pool = loss.pools.iter_mut().find(|pool| is_through(pool, layer));
    let (Some(pool), Ok(place)) = (pool, usize::try_from(place)) else { return };
    let Some(row) = pool.bearer.rows_mut().and_then(|rows| rows.get_mut(place)) else { return };
    row.borne = row.borne.checked_add(share).unwrap_or(Amount::MAX);
    pool.borne = pool.borne.checked_add(share).unwrap_or(Amount::MAX);
}

pub(super) fn repaid(
    loss: &mut Loss,
    pool: u32,
    amount: Amount,
    rows: &[(u32, AccountId, Amount)],
) {
    let Some(pool) = usize::try_from(pool).ok().and_then(|place| loss.pools.get_mut(place)) else {
        return;
    };
    pool.repaid = pool.repaid.checked_add(amount).unwrap_or(Amount::MAX);
    let Some(claims) = pool.bearer.rows_mut() else { return };
    for (place, _, amount) in rows {
        if let Some(claim) = usize::try_from(*place).ok().and_then(|p| claims.get_mut(p)) {
            claim.repaid = claim.repaid.checked_add(*amount).unwrap_or(Amount::MAX);
        }
    }
}

/// An uncovered debt was paid: the claim on the failed party is now his who paid it.
pub(super) fn debt_moves(loss: &mut Loss, domain: DomainId, amount: Amount, bearer: Bearer) {
    let uncovered = loss.pools.iter_mut().find(|pool| pool.bearer == Bearer::Uncovered(domain));
    let Some(pool) = uncovered else { return };
    pool.borne = pool.borne.less_or_zero(amount);
    let step = pool.step;
    // Participants have rows of their own in each settlement, equal ones too: they do not merge.
    let merges = matches!(bearer, Bearer::Layer(_));
    let mut pools = loss.pools.iter_mut();
    let same = pools.find(|pool| merges && pool.step == step && pool.bearer == bearer);
    match same {
        Some(pool) => pool.borne = pool.borne.checked_add(amount).unwrap_or(Amount::MAX),
        None => loss.pools.push(ClaimPool { step, bearer, borne: amount, repaid: Amount::ZERO }),
    }
}
