//! Settlement by rank: what a domain in settlement still owes is taken from the claims on it,
//! session gains before matured gains, those before principal, that before what is held apart;
//! pro rata inside a rank. Whoever pays has a claim to later recoveries. One list serves a domain:
//! a second could let a better rank pay before one that the first left out.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Event, RankedClaim, Rejection};
use crate::account;
use crate::allocation::{self, Claims, Rule};
use crate::control::Status;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LossId};
use crate::ledger::Holder;
use crate::units::Amount;

/// What a settlement takes for one loss: of which claims, and how much of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedDraw {
    /// The loss.
    pub loss: LossId,
    /// What is taken, in all.
    pub amount: Amount,
    /// The claims that are divided over, by account and rank: as they were given, or what was left
    /// of them where more was taken than one division holds.
    pub claims: Vec<RankedClaim>,
    /// What each of them paid before.
    pub paid: Vec<Amount>,
    /// What each of them pays now.
    pub shares: Vec<Amount>,
}

/// Tells `each` what a settlement of `domain` over `claims` takes, loss by loss. The claims need
/// not be in order.
///
/// # Errors
///
/// What no division takes, which a settlement is refused for.
pub fn rank_terms(
    state: &State,
    domain: DomainId,
    claims: &[RankedClaim],
    each: impl FnMut(RankedDraw),
) -> Result<(), Rejection> {
    draws(state, domain, &sorted(claims), each)
}

pub(super) fn settle(
    state: &State,
    domain: DomainId,
    claims: &[RankedClaim],
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = super::detect::asset_of(state, domain)?;
    if state.control.domain_status(domain) != Status::Settling {
        return Err(Rejection::NotSettling { domain });
    }
    if state.losses.ranked.contains(&domain) {
        return Err(Rejection::RanksSettled { domain });
    }
    let claims = sorted(claims);
    check(state, domain, asset, &claims)?;
    let asked = |id: AccountId| claims.binary_search_by_key(&id, |claim| claim.account).is_ok();
    super::touch::touch_where(state, &asked, events);
    draws(state, domain, &claims, |draw| {
        let rows = by_account(&draw);
        let RankedDraw { loss, amount, .. } = draw;
        events.push(Event::RanksSettled { loss, domain, asset, amount, rows });
    })
}

fn sorted(claims: &[RankedClaim]) -> Vec<RankedClaim> {
    let mut claims = claims.to_vec();
    claims.sort_unstable_by_key(|claim| (claim.account, claim.rank));
    claims
}

/// What is taken of `claims`, which are sorted, for each debt of the domain.
fn draws(
    state: &State,
    domain: DomainId,
    claims: &[RankedClaim],
    mut each: impl FnMut(RankedDraw),
) -> Result<(), Rejection> {
    let mut amounts: Vec<Amount> = claims.iter().map(|claim| claim.amount).collect();
    // Lowest class pays first, and the lowest rank (the highest number) is to pay first.
    let classes: Vec<u32> = claims.iter().map(|claim| LAST_CLASS - class_of(claim)).collect();
    let mut paid: Vec<Amount> = claims.iter().map(|_| Amount::ZERO).collect();
    for (loss, found) in state.debts().filter(|(_, loss)| loss.domain == domain) {
        let debt = found.debt();
        let mut before = Amount::sum(paid.iter().copied());
        if before.checked_add(debt).is_err() {
            // A division goes up to 10^30. What is left of the claims, in the same proportions, is
            // divided from here on.
            for (amount, paid) in amounts.iter_mut().zip(&mut paid) {
                *amount = amount.less_or_zero(core::mem::take(paid));
            }
            before = Amount::ZERO;
        }
        if amounts == paid {
            break;
        }
        let cumulative = before.checked_add(debt).unwrap_or(Amount::MAX);
        let columns =
            Claims { caps: &amounts, weights: &amounts, classes: &classes, ..Claims::default() };
        let wave = allocation::next_wave(Rule::Proportional, cumulative, &columns, &paid)?;
        if wave.allocated.is_zero() {
            continue;
        }
        let of = claims.iter().zip(&amounts).map(|(of, left)| RankedClaim { amount: *left, ..*of });
        let draw = RankedDraw {
            loss,
            amount: wave.allocated,
            claims: of.collect(),
            paid: paid.clone(),
            shares: wave.shares,
        };
        for (paid, share) in paid.iter_mut().zip(&draw.shares) {
            *paid = paid.checked_add(*share).unwrap_or(Amount::MAX);
        }
        each(draw);
    }
    Ok(())
}

const LAST_CLASS: u32 = 4;

fn class_of(claim: &RankedClaim) -> u32 {
    match claim.rank {
        super::Rank::Segregated => 1,
        super::Rank::Principal => 2,
        super::Rank::MaturedGains => 3,
        super::Rank::SessionGains => 4,
    }
}

/// Every account exists and accepted the domain's terms, no part stands twice, the parts are
/// above zero and within what is free of balance and of equity.
fn check(
    state: &State,
    domain: DomainId,
    asset: AssetId,
    claims: &[RankedClaim],
) -> Result<(), Rejection> {
    let mut asked: BTreeMap<AccountId, Amount> = BTreeMap::new();
    let mut last = None;
    for claim in claims {
        let account = claim.account;
        if state.accounts.account(account).is_none() {
            return Err(account::Rejection::UnknownAccount { account }.into());
        }
        if !state.domains.accepted(domain, account) {
            return Err(Rejection::NotMember { account });
        }
        if last.replace((account, claim.rank)) == Some((account, claim.rank)) {
            return Err(Rejection::AccountTwice { account });
        }
        if claim.amount.is_zero() {
            return Err(Rejection::ZeroAmount);
        }
        let sum = asked.entry(account).or_default();
        *sum = sum.checked_add(claim.amount).unwrap_or(Amount::MAX);
    }
    for (account, asked) in asked {
        // No more than he has, were his legs closed at the marks: what he owes on them is not his.
        let held = state.ledger.held(asset, Holder::Account(account));
        let held = held.min(state.means(account, asset));
        let free = held.less_or_zero(state.losses.lien(state, account, asset));
        if asked > free {
            return Err(Rejection::RanksAboveFree { account, asked, free });
        }
    }
    Ok(())
}

/// What each account pays over its ranks, those who pay nothing left out.
fn by_account(draw: &RankedDraw) -> Vec<(AccountId, Amount)> {
    let mut rows: BTreeMap<AccountId, Amount> = BTreeMap::new();
    for (claim, share) in draw.claims.iter().zip(&draw.shares).filter(|(_, of)| !of.is_zero()) {
        let sum = rows.entry(claim.account).or_default();
        *sum = sum.checked_add(*share).unwrap_or(Amount::MAX);
    }
    rows.into_iter().collect()
}
