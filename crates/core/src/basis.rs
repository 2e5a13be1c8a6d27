//! Bases: who shares a mutualised loss and by what weight. A pool meets a loss here: it states
//! its claims in account order, and nothing else of it is known to the waterfall.

use crate::domain::MemberRule;
use crate::engine::State;
use crate::ids::{AccountId, DomainId, LayerId};
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
/// accepted the domain's terms, each cap the smaller of the reported one and the layer's part of
/// the weight.
pub(crate) fn claims<'a>(
    state: &'a State,
    domain: DomainId,
    layer: LayerId,
    rule: &'a MemberRule,
) -> impl Iterator<Item = BasisClaim> + 'a {
    let reported = state.losses.reported.get(&layer).into_iter().flatten();
    let standing = reported.filter(move |(account, _)| state.domains.accepted(domain, **account));
    standing.map(move |(account, claim)| BasisClaim {
        account: *account,
        weight: claim.weight,
        cap: claim.cap.min(part_of_weight_floor(claim.weight, rule.cap_of_weight)),
        score: claim.score,
        risk: claim.risk,
        class: claim.class,
    })
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
