//! The settlement by rank of a committed episode, held against itself: one moment, what is left of
//! each claim from division to division, and that a rank pays only where those before it are used
//! up.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use rhodian_core::ids::{AccountId, LayerId};
use rhodian_core::units::Amount;

use crate::episode::{CommittedDivision, CommittedSet};
use crate::leaf::AccountLeaf;
use crate::ranked::rules;
use crate::report::Report;
use crate::sum::Sum;
use crate::verify::claims_of;
use crate::waves::in_turn;

/// What is left of claims, by rank in the order in which they pay, and by account.
type Left = BTreeMap<LayerId, BTreeMap<AccountId, Amount>>;

/// Checks all that was committed when ranks were settled.
pub(crate) fn settled(report: &mut Report, ranked: &[CommittedSet]) {
    let Some(first) = ranked.first() else { return };
    let ranks = rules();
    let one = ranked.iter().all(|of| same_moment(first, of) && of.header.layers == ranks);
    let one = one && ranked.is_sorted_by(|one, two| one.log.index < two.log.index);
    let why = format!("{} lists of who held what, of one moment and under all ranks", ranked.len());
    report.check("ranks/moment", one, why);
    let fits = ranked.iter().flat_map(|of| &of.leaves).all(fits);
    report.check("ranks/claims", fits, "nobody's claims are together above what he held");
    let mut divisions: Vec<(&CommittedSet, &CommittedDivision)> = Vec::new();
    for set in ranked {
        divisions.extend(set.divisions.iter().map(|division| (set, division)));
    }
    divisions.sort_by_key(|(_, division)| division.log.index);
    let why = format!("{} divisions, each once, from the first of each rank on", divisions.len());
    report.check("ranks/waves", each_once(&divisions), why);
    let (follows, ordered) = walk(first, &divisions);
    report.check("ranks/left", follows, "each division is over what the ones before it left");
    report.check("ranks/order", ordered, "a rank pays where those before it are used up");
    beyond(report, first);
}

fn same_moment(one: &CommittedSet, other: &CommittedSet) -> bool {
    let (one, other) = (&one.header, &other.header);
    let stood = (one.domain, one.asset, one.at, one.count, one.root.sums, &one.terms);
    stood == (other.domain, other.asset, other.at, other.count, other.root.sums, &other.terms)
}

/// Whether an account's claims are of a rank each, whole, and together what it held at most.
fn fits(leaf: &AccountLeaf) -> bool {
    let whole = leaf.claims.iter().all(|claim| claim.weight == claim.cap);
    let once = leaf.claims.is_sorted_by(|one, two| one.layer < two.layer);
    let all = claims_of(leaf);
    whole && once && all == Some(leaf.netted) && leaf.netted <= leaf.gain
}

/// Whether the divisions of each rank are there from the first on, and each loss once in it.
fn each_once(divisions: &[(&CommittedSet, &CommittedDivision)]) -> bool {
    let mut waves: BTreeMap<LayerId, Vec<&CommittedDivision>> = BTreeMap::new();
    let mut losses = BTreeSet::new();
    let mut once = true;
    for (_, division) in divisions {
        once &= losses.insert((division.header.loss, division.header.layer));
        waves.entry(division.header.layer).or_default().push(division);
    }
    once && waves.values().all(|waves| in_turn(waves))
}

/// Whether each division is over what is left of everybody's claims, and whether every rank before
/// it was used up.
fn walk(first: &CommittedSet, divisions: &[(&CommittedSet, &CommittedDivision)]) -> (bool, bool) {
    let mut left = Left::new();
    for leaf in &first.leaves {
        for claim in &leaf.claims {
            left.entry(claim.layer).or_default().insert(leaf.account, claim.weight);
        }
    }
    let (mut follows, mut ordered) = (true, true);
    for (set, division) in divisions {
        let layer = division.header.layer;
        let mut before = left.range(..layer).flat_map(|(_, of)| of.values());
        ordered &= before.all(|left| left.is_zero());
        let Some(of) = left.get_mut(&layer) else { return (false, ordered) };
        follows &= take(of, set, division);
    }
    (follows, ordered)
}

/// Takes a division off what is left. Whether it is over just that.
fn take(
    left: &mut BTreeMap<AccountId, Amount>,
    set: &CommittedSet,
    division: &CommittedDivision,
) -> bool {
    let layer = division.header.layer;
    let claims = set.leaves.iter().filter_map(|leaf| Some((leaf.account, leaf.claim(layer)?)));
    let weights: BTreeMap<AccountId, Amount> =
        claims.map(|(account, claim)| (account, claim.weight)).collect();
    let mut rest = BTreeMap::new();
    let mut follows = true;
    for leaf in &division.leaves {
        let weight = weights.get(&leaf.account).copied().unwrap_or_default();
        let stood = weight.checked_sub(leaf.paid).ok();
        follows &= leaf.cap == weight;
        follows &= stood.is_some() && left.remove(&leaf.account) == stood;
        let then = stood.and_then(|stood| stood.checked_sub(leaf.share).ok());
        follows &= then.is_some();
        rest.insert(leaf.account, then.unwrap_or_default());
    }
    // Whoever has no share in it has nothing left.
    follows &= left.values().all(|left| left.is_zero());
    *left = rest;
    follows
}

/// How many held more than they had claims for: that it was not free, no file shows.
fn beyond(report: &mut Report, first: &CommittedSet) {
    let more = first.leaves.iter().filter_map(|leaf| leaf.gain.checked_sub(leaf.netted).ok());
    let (mut count, mut sum) = (0u32, Some(Sum::ZERO));
    for more in more.filter(|more| !more.is_zero()) {
        count += 1;
        sum = sum.and_then(|sum| sum.plus(more.into()));
    }
    if count > 0 {
        let sum = sum.unwrap_or_default();
        let why = format!(
            "{count} accounts held {sum} more than their claims: not free, or of no terms accepted"
        );
        report.trust("ranks/beyond", why);
    }
}
