//! Settlement by rank, committed. Every account that holds the asset stands with what it holds, not
//! only those whom a rank takes from: with what stands elsewhere in the ledger the holdings
//! balance, so that a holder who is left out breaks the sum. Each rank is a layer of its own here,
//! in the order in which ranks pay, and divides over its claims by their size.

use alloc::vec::Vec;

use rhodian_core::engine::State;
use rhodian_core::ids::{AssetId, DomainId, LayerId, LiableSetId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{DivisionTerms, Rank, RankedClaim, RankedDraw};
use rhodian_core::units::Amount;

use crate::commit::{Flaw, Row, Venue, salt};
use crate::division::by_size;
use crate::header::{Basis, LayerRule, Term};
use crate::leaf::{AccountLeaf, LayerClaim, identity};
use crate::prover::sum;
use crate::sum::Sum;

/// The ranks in the order in which they pay.
pub const RANKS: [Rank; 4] =
    [Rank::SessionGains, Rank::MaturedGains, Rank::Principal, Rank::Segregated];

/// What stands in files for a rank where else a layer stands: the largest ids, which no layer has,
/// in the order in which ranks pay.
#[must_use]
pub const fn layer_of(rank: Rank) -> LayerId {
    let behind = match rank {
        Rank::SessionGains => 4,
        Rank::MaturedGains => 3,
        Rank::Principal => 2,
        Rank::Segregated => 1,
    };
    LayerId(u32::MAX - behind)
}

/// The rank that `layer` stands for; nothing where it is a layer.
#[must_use]
pub fn rank_of(layer: LayerId) -> Option<Rank> {
    RANKS.into_iter().find(|rank| layer_of(*rank) == layer)
}

/// A rank in words of a file.
#[must_use]
pub const fn name_of(rank: Rank) -> &'static str {
    match rank {
        Rank::SessionGains => "session-gains",
        Rank::MaturedGains => "matured-gains",
        Rank::Principal => "principal",
        Rank::Segregated => "segregated",
    }
}

/// How ranks divide, in the order in which they pay.
#[must_use]
pub fn rules() -> Vec<LayerRule> {
    let rule = |rank| LayerRule::by_size(layer_of(rank), name_of(rank).into(), Basis::Rank);
    RANKS.map(rule).into()
}

/// Every account that holds or owes something of the domain's asset, with what `claims`, which are
/// sorted by account and rank, say of it. `number` tells the commitments of one moment apart.
pub(crate) fn holders(
    venue: &Venue,
    state: &State,
    (domain, asset, number): (DomainId, AssetId, u32),
    claims: &[RankedClaim],
) -> Result<Vec<Row>, Flaw> {
    let mut rows = Vec::new();
    let mut rest = claims;
    for (holder, balance) in state.ledger.holders(asset) {
        let Holder::Account(account) = holder else { continue };
        let size = Amount::new(balance.atoms().unsigned_abs());
        let size = size.map_err(|_| Flaw::OutOfBounds { what: "a balance" })?;
        let holds = balance.atoms() > 0;
        let found = state.accounts.account(account).ok_or(Flaw::Unknown { what: "account" })?;
        let own = rest.partition_point(|claim| claim.account <= account);
        let (of, behind) = rest.split_at(own);
        rest = behind;
        let mut netted = Amount::ZERO;
        let mut parts: Vec<LayerClaim> = Vec::with_capacity(of.len());
        // The last of the ranks by number pays first.
        for RankedClaim { rank, amount, .. } in of.iter().rev().filter(|of| !of.amount.is_zero()) {
            let (layer, weight, cap) = (layer_of(*rank), *amount, *amount);
            parts.push(LayerClaim { layer, weight, cap, score: 0, risk: 1_000_000, class: 0 });
            let sum = netted.checked_add(*amount);
            netted = sum.map_err(|_| Flaw::OutOfBounds { what: "a sum" })?;
        }
        let salt = salt(venue, (state, domain), account, &ranked(number));
        let leaf = AccountLeaf {
            account,
            owner: found.owner,
            identity: identity(&salt, found.name.as_str()),
            gain: if holds { size } else { Amount::ZERO },
            loss: if holds { Amount::ZERO } else { size },
            netted,
            affiliate: venue.affiliates.contains(&found.owner),
            claims: parts,
        };
        rows.push((leaf, salt));
    }
    // Whoever has a claim holds as much: core refuses any other list.
    if rest.is_empty() { Ok(rows) } else { Err(Flaw::Unknown { what: "holder" }) }
}

/// What a salt is made of beside its moment: longer than the number of a draw on a pot.
fn ranked(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_le_bytes();
    [b'r', a, b, c, d]
}

/// What of `asset` stands elsewhere than in accounts: with it holdings and debts balance.
pub(crate) fn terms(state: &State, asset: AssetId) -> Result<Vec<Term>, Flaw> {
    let mut terms: Vec<Term> = Vec::new();
    let out = || Flaw::OutOfBounds { what: "a sum" };
    for (holder, balance) in state.ledger.holders(asset) {
        let Some(name) = elsewhere(holder) else { continue };
        if terms.last().is_none_or(|term| term.name != name) {
            terms.push(Term { name: name.into(), gain: Sum::ZERO, loss: Sum::ZERO });
        }
        let size = Sum::new(balance.atoms().unsigned_abs()).ok_or_else(out)?;
        if let Some(term) = terms.last_mut() {
            let side = if balance.atoms() > 0 { &mut term.gain } else { &mut term.loss };
            *side = side.plus(size).ok_or_else(out)?;
        }
    }
    Ok(terms)
}

/// Where money is that is in no account.
const fn elsewhere(holder: Holder) -> Option<&'static str> {
    Some(match holder {
        Holder::Account(_) => return None,
        Holder::World => "outside",
        Holder::Layer(_) => "layers",
        Holder::Book(_) => "close-out-books",
        Holder::Suspense(_) => "suspense",
        Holder::Recovery(_) => "recoveries",
        Holder::Uncovered(_) => "uncovered",
        Holder::Residue(_) => "residue",
        Holder::Unsettled(_) => "shares-not-taken",
        Holder::Fees(_) => "fees",
        Holder::Clearing(_) => "markets-settling",
        Holder::Results(_) => "results",
        Holder::Pool(_) => "pools",
        Holder::Ceded(_) => "ceded",
        Holder::Rewards(_) => "rewards",
        Holder::Cover(_) => "cover-pools",
        Holder::Issued => "issued",
        Holder::Pay(_) => "pay",
        Holder::Bonds(_) => "bonds",
    })
}

/// What a settlement takes of one rank for a loss.
pub(crate) struct Part {
    /// The rank.
    pub(crate) rank: Rank,
    /// How much is taken.
    pub(crate) amount: Amount,
    /// Over whom.
    pub(crate) terms: DivisionTerms,
    /// How much of each, in claim order.
    pub(crate) shares: Vec<Amount>,
}

/// The ranks that pay in `draw`, in their order.
pub(crate) fn parts(set: LiableSetId, draw: &RankedDraw) -> Result<Vec<Part>, Flaw> {
    let out = || Flaw::OutOfBounds { what: "a sum" };
    let mut parts = Vec::new();
    for rank in RANKS {
        let rows = draw.claims.iter().zip(&draw.paid).zip(&draw.shares);
        let rows = rows.filter(|((claim, _), _)| claim.rank == rank && !claim.amount.is_zero());
        let (members, shares): (Vec<_>, Vec<_>) = rows
            .map(|((claim, paid), share)| ((claim.account, claim.amount, *paid), *share))
            .unzip();
        let amount = sum(&shares).ok_or_else(out)?;
        if amount.is_zero() {
            continue;
        }
        let paid: Vec<Amount> = members.iter().map(|(_, _, paid)| *paid).collect();
        let before = sum(&paid).ok_or_else(out)?;
        let terms = by_size(set, (before, amount), members.into_iter());
        parts.push(Part { rank, amount, terms, shares });
    }
    Ok(parts)
}
