//! Bases: who shares a mutualised loss and by what weight. A pool meets a loss here: it states
//! its claims in account order, and nothing else of it is known to the waterfall.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::bounds::RISK_UNIT;
use crate::domain::{Basis, MemberRule};
use crate::engine::State;
use crate::ids::{AccountId, DomainId, LayerId, OwnerId};
use crate::units::Amount;
use crate::wide;

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
    let mut claims = match rule.basis {
        Basis::Reported => reported(state, domain, layer),
        Basis::SessionGains => session_gains(state, domain),
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

/// Session gains by owner: what his accounts gained in the domain since its reference checkpoint,
/// netted; the cap is that gain, or how far his equity stands above his protected principal, if
/// that is less. An owner's weight and cap divide over his accounts by positive gain.
fn session_gains(state: &State, domain: DomainId) -> Vec<BasisClaim> {
    let reference = state.reference(domain, state.now());
    let asset = state.domains.domain(domain).map(|found| found.asset);
    let mut owners: BTreeMap<OwnerId, Owner> = BTreeMap::new();
    for (account, of) in state.accounts.accounts() {
        // An account trades in one asset: where it is another's, it has no gain here.
        let same = state.markets.position(account).asset == asset;
        let Some(session) = state.session(account, reference).filter(|_| same) else { continue };
        let owner = owners.entry(of.owner).or_default();
        let gain = session.gain(domain);
        owner.gain += gain;
        owner.above += session.equity - session.principal;
        if gain > 0 {
            owner.accounts.push((account, gain.unsigned_abs()));
        }
    }
    let mut claims: Vec<BasisClaim> = owners.values().flat_map(Owner::claims).collect();
    claims.sort_unstable_by_key(|claim| claim.account);
    claims
}

/// An owner's session in one domain, over all his accounts.
#[derive(Default)]
struct Owner {
    /// His net gain, in atoms.
    gain: i128,
    /// His equity less his protected principal, in atoms.
    above: i128,
    /// His accounts with a gain, and it.
    accounts: Vec<(AccountId, u128)>,
}

impl Owner {
    fn claims(&self) -> Vec<BasisClaim> {
        let weight = self.gain.max(0).unsigned_abs();
        let cap = weight.min(self.above.max(0).unsigned_abs());
        let (weights, caps) = (self.parts(weight), self.parts(cap));
        let rows = self.accounts.iter().zip(weights.into_iter().zip(caps));
        let claims = rows.map(|((account, _), (weight, cap))| BasisClaim {
            account: *account,
            weight,
            cap,
            score: 0,
            risk: RISK_UNIT,
            class: 0,
        });
        claims.filter(|claim| !claim.weight.is_zero()).collect()
    }

    /// `total` over the accounts by gain: floors, then the atoms left one each to the largest
    /// fractions, ties by account.
    fn parts(&self, total: u128) -> Vec<Amount> {
        let sum: u128 = self.accounts.iter().map(|(_, gain)| gain).sum();
        let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let divided =
            |(_, gain): &(AccountId, u128)| wide::mul_div_rem(total, *gain, sum).unwrap_or((0, 0));
        let floors: Vec<(u128, u128)> = self.accounts.iter().map(divided).collect();
        let mut left = total - floors.iter().map(|(floor, _)| floor).sum::<u128>();
        let mut order: Vec<usize> = (0..floors.len()).collect();
        order.sort_by_key(|place| Reverse(floors[*place].1));
        let mut parts: Vec<Amount> = floors.iter().map(|(floor, _)| amount(*floor)).collect();
        for place in order {
            if left == 0 {
                break;
            }
            parts[place] = amount(floors[place].0 + 1);
            left -= 1;
        }
        parts
    }
}

/// `weight x millionths / 10^6`, rounded down (for the participant); no limit without a part.
fn part_of_weight_floor(weight: Amount, millionths: Option<u32>) -> Amount {
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
