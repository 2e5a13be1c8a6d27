//! Bases: who shares a mutualised loss and by what weight. A pool meets a loss here: it states
//! its claims in account order, and nothing else of it is known to the waterfall.

use alloc::vec::Vec;

use crate::allocation::{self, Claims, Rule};
use crate::bounds::RISK_UNIT;
use crate::domain::{Basis, MemberRule};
use crate::engine::State;
use crate::ids::{AccountId, CheckpointId, DomainId, LayerId, OwnerId};
use crate::units::Amount;

/// One account's claim on one layer, as its basis states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasisClaim {
    /// The account.
    pub account: AccountId,
    /// Its weight.
    pub weight: Amount,
    /// The most it may pay.
    pub cap: Amount,
    /// Its place in a queue.
    pub score: i64,
    /// Its risk factor, in millionths.
    pub risk: u64,
    /// Its priority class.
    pub class: u32,
}

/// The unit of [`MemberRule::cap_of_weight`].
const MILLION: u128 = 1_000_000;

/// The claims of `layer` in `domain` now, in account order: what was reported for accounts that
/// accepted the domain's terms, or what stands in the domain's markets. Each cap is the smaller
/// of its own and the layer's part of the weight.
#[must_use]
pub fn claims(
    state: &State,
    domain: DomainId,
    layer: LayerId,
    rule: &MemberRule,
) -> Vec<BasisClaim> {
    claims_before(state, domain, layer, rule, &|_| Amount::ZERO)
}

/// The claims of `layer` as they would stand had nobody paid what `paid` says: who subtracts it
/// from weights and caps does so once, though it left the balances already.
pub(crate) fn claims_before(
    state: &State,
    domain: DomainId,
    layer: LayerId,
    rule: &MemberRule,
    paid: &dyn Fn(AccountId) -> Amount,
) -> Vec<BasisClaim> {
    let mut claims = match rule.basis {
        Basis::Reported => reported(state, domain, layer),
        Basis::SessionGains => session_gains(state, domain, paid),
        Basis::Supply => supply(state, domain, paid),
        Basis::HolderProfit => holder_profit(state, domain, paid),
        Basis::PoolShares => pool_shares(state, domain, paid),
        Basis::Contribution => state.assessable(domain, layer, paid),
    };
    for claim in &mut claims {
        claim.cap = claim.cap.min(part_of_weight_floor(claim.weight, rule.cap_of_weight));
    }
    claims
}

fn reported(state: &State, domain: DomainId, layer: LayerId) -> Vec<BasisClaim> {
    let reported = state.losses.reported.get(&layer).into_iter().flatten();
    let standing = reported.filter(move |(account, _)| state.domains.accepted(domain, **account));
    let claims = standing.map(move |(account, claim)| BasisClaim {
        account: *account,
        weight: claim.weight,
        cap: claim.cap,
        score: claim.score,
        risk: claim.risk,
        class: claim.class,
    });
    claims.collect()
}

/// The supply of the domain's lending pool: what each lender may claim is his weight and his cap.
fn supply(state: &State, domain: DomainId, paid: &dyn Fn(AccountId) -> Amount) -> Vec<BasisClaim> {
    let Some((_, pool)) = state.lending.in_domain(domain) else { return Vec::new() };
    let claims = pool.positions().filter_map(|(account, _)| {
        let held = pool.supply_floor(account);
        let weight = held.checked_add(paid(account)).unwrap_or(Amount::MAX);
        let claim =
            BasisClaim { account, weight, cap: weight, score: 0, risk: RISK_UNIT, class: 0 };
        (!weight.is_zero()).then_some(claim)
    });
    claims.collect()
}

/// What each holder of the domain's vault would get above his own entry cost: his weight and his
/// cap.
fn holder_profit(
    state: &State,
    domain: DomainId,
    paid: &dyn Fn(AccountId) -> Amount,
) -> Vec<BasisClaim> {
    holders(state, domain, &|account, worth, cost| {
        let profit = worth.less_or_zero(cost).checked_add(paid(account)).unwrap_or(Amount::MAX);
        (profit, profit)
    })
}

/// What the shares of each holder of the domain's vault would fetch: his weight. His cap is what of
/// it is not profit.
fn pool_shares(
    state: &State,
    domain: DomainId,
    paid: &dyn Fn(AccountId) -> Amount,
) -> Vec<BasisClaim> {
    holders(state, domain, &|account, worth, cost| {
        let add = |sum: Amount| sum.checked_add(paid(account)).unwrap_or(Amount::MAX);
        (add(worth), add(worth.min(cost)))
    })
}

/// The holders of the domain's vault: weight and cap by what the shares of each would fetch and
/// what he paid for them.
fn holders(
    state: &State,
    domain: DomainId,
    of: &dyn Fn(AccountId, Amount, Amount) -> (Amount, Amount),
) -> Vec<BasisClaim> {
    let Some((_, vault)) = state.vaults.in_domain(domain) else { return Vec::new() };
    let claims = state.liable_holders(vault).into_iter().filter_map(|(account, worth, holding)| {
        let (weight, cap) = of(account, worth, holding.cost);
        let claim = BasisClaim { account, weight, cap, score: 0, risk: RISK_UNIT, class: 0 };
        (!weight.is_zero()).then_some(claim)
    });
    claims.collect()
}

/// Session gains by owner: what his accounts gained in the domain since its reference checkpoint,
/// netted; the cap is that gain, or how far his equity stands above his protected principal, if
/// that is less. An owner's weight and cap divide over his accounts.
fn session_gains(
    state: &State,
    domain: DomainId,
    paid: &dyn Fn(AccountId) -> Amount,
) -> Vec<BasisClaim> {
    let reference = state.reference(domain, state.now());
    let Some(asset) = state.domains.asset_of(domain) else { return Vec::new() };
    // An account trades in one asset: where it is another's, it has no gain here.
    let trades = |account: &AccountId| state.markets.position(*account).asset == Some(asset);
    let accounts = state.accounts.accounts().filter(|(account, _)| trades(account));
    let gain = |account| state.markets.gain_in(account, domain, reference);
    let mut gains: Vec<(OwnerId, AccountId, i128)> =
        accounts.map(|(account, of)| (of.owner, account, gain(account))).collect();
    gains.sort_by_key(|(owner, _, _)| *owner);
    // Most owners gained nothing: only of those who did is more to be known.
    let owners = gains.chunk_by(|(one, _, _), (other, _, _)| one == other);
    let gained = owners.filter(|his| his.iter().map(|(_, _, gain)| gain).sum::<i128>() > 0);
    let owner = |his: &[(OwnerId, AccountId, i128)]| Owner::of(state, his, reference, paid);
    let mut claims: Vec<BasisClaim> = gained.flat_map(|his| owner(his).claims()).collect();
    claims.sort_unstable_by_key(|claim| claim.account);
    claims
}

/// `atoms` where they are above zero, else nothing.
fn amount(atoms: i128) -> Amount {
    Amount::new(atoms.max(0).unsigned_abs()).unwrap_or(Amount::MAX)
}

/// An owner's session in one domain, over all his accounts that trade in its asset.
#[derive(Default)]
struct Owner {
    /// His net gain, in atoms.
    gain: i128,
    /// His equity less his protected principal, in atoms.
    above: i128,
    /// His accounts, in id order.
    accounts: Vec<AccountId>,
    /// What each gained in the domain.
    gains: Vec<Amount>,
    /// The equity of each.
    means: Vec<Amount>,
    /// What of it stands above the account's own principal.
    beyond: Vec<Amount>,
}

impl Owner {
    fn of(
        state: &State,
        his: &[(OwnerId, AccountId, i128)],
        reference: CheckpointId,
        paid: &dyn Fn(AccountId) -> Amount,
    ) -> Self {
        let mut owner = Self::default();
        for (_, account, gain) in his {
            let Some(session) = state.session(*account, reference) else { continue };
            owner.gain += gain;
            let equity = session.equity + paid(*account).atoms().cast_signed();
            owner.above += equity - session.principal;
            owner.accounts.push(*account);
            owner.gains.push(amount(*gain));
            owner.means.push(amount(equity));
            owner.beyond.push(amount(equity.min(equity - session.principal)));
        }
        owner
    }

    fn claims(&self) -> Vec<BasisClaim> {
        let weight = amount(self.gain);
        let cap = weight.min(amount(self.above));
        let by_gain = |total| parts(total, &[], &self.gains);
        let even = by_gain(cap);
        let fits = even.iter().zip(&self.means).all(|(part, means)| part <= means);
        let (weights, caps) = if fits {
            (by_gain(weight), even)
        } else {
            let caps = self.within_means(cap);
            (parts(weight, &[], &caps), caps)
        };
        let rows = self.accounts.iter().zip(weights.into_iter().zip(caps));
        let claims = rows.map(|(account, (weight, cap))| BasisClaim {
            account: *account,
            weight,
            cap,
            score: 0,
            risk: RISK_UNIT,
            class: 0,
        });
        claims.filter(|claim| !claim.weight.is_zero()).collect()
    }

    /// `cap` over the accounts by gain, each up to its equity; what they cannot pay, over all by
    /// what they hold above their principals: the owner is liable, wherever his gain went. What is
    /// nowhere stays with those that gained.
    fn within_means(&self, cap: Amount) -> Vec<Amount> {
        let mut caps = parts(cap, &self.means, &self.gains);
        let left = |caps: &[Amount]| cap.less_or_zero(Amount::sum(caps.iter().copied()));
        let beyond = self.beyond.iter().zip(&caps).map(|(of, taken)| of.less_or_zero(*taken));
        let beyond: Vec<Amount> = beyond.collect();
        let more = parts(left(&caps), &beyond, &beyond);
        add(&mut caps, &more);
        let rest = parts(left(&caps), &[], &self.gains);
        add(&mut caps, &rest);
        caps
    }
}

/// `total` by weight, each up to its cap where there are caps: floors, then the atoms left one each
/// to the largest fractions, ties by account.
fn parts(total: Amount, caps: &[Amount], weights: &[Amount]) -> Vec<Amount> {
    let even: Vec<Amount> = weights.iter().map(|_| total).collect();
    let caps = if caps.is_empty() { &even } else { caps };
    let claims = Claims { caps, weights, ..Claims::default() };
    // Refused only where nothing weighs.
    let divided = allocation::divide(Rule::Proportional, total, &claims);
    divided.map_or_else(|_| weights.iter().map(|_| Amount::ZERO).collect(), |of| of.shares)
}

fn add(sums: &mut [Amount], more: &[Amount]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = sum.checked_add(*more).unwrap_or(Amount::MAX);
    }
}

/// `weight x millionths / 10^6`, rounded down (for the participant); no limit without a part.
#[must_use]
pub fn part_of_weight_floor(weight: Amount, millionths: Option<u32>) -> Amount {
    match millionths {
        // 10^30 x 2^32 < 2^132 would pass 128 bits: divide the whole and the rest apart.
        Some(part) => {
            let part = u128::from(part);
            let (whole, rest) = (weight.atoms() / MILLION, weight.atoms() % MILLION);
            let atoms = whole * part + rest * part / MILLION;
            Amount::new(atoms).unwrap_or(Amount::MAX)
        }
        None => Amount::MAX,
    }
}
