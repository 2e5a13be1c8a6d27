//! A division, committed: everybody's share, exactly and in whole atoms, by core's own rules.

use alloc::vec::Vec;

use rhodian_core::allocation::{self, Claims, Rule};
use rhodian_core::domain::{Basis, MemberRule};
use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, LayerId, LiableSetId, LossId};
use rhodian_core::loss::{DivisionTerms, Member};
use rhodian_core::units::{Amount, Fraction};

use crate::commit::{AccountsCommitment, Flaw, place_in, places};
use crate::hash::Digest;
use crate::header::{ClassLevel, DivisionHeader, VERSION};
use crate::leaf::ShareLeaf;
use crate::rounding::Rounding;
use crate::sum::{Sum, SumTree};

/// What is divided, and over whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divided {
    /// The loss.
    pub loss: LossId,
    /// The layer that pays.
    pub layer: LayerId,
    /// Which division of the layer under the set it is, from 1.
    pub wave: u32,
    /// How much, now.
    pub amount: Amount,
    /// Over whom, and by which rule.
    pub terms: DivisionTerms,
}

/// One division, committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisionCommitment {
    /// What is signed for.
    pub header: DivisionHeader,
    /// The leaves, in tree order.
    pub leaves: Vec<ShareLeaf>,
    /// The tree.
    pub tree: SumTree<3>,
    /// Where each account stands in the tree, by account.
    places: Vec<(AccountId, usize)>,
}

impl DivisionCommitment {
    /// Commits the division `of` a loss that is due in `state`, whose accounts were committed
    /// before.
    ///
    /// # Errors
    ///
    /// See [`Flaw`].
    pub fn new(state: &State, accounts: &AccountsCommitment, of: &Divided) -> Result<Self, Flaw> {
        let Divided { loss, layer, wave, amount, ref terms } = *of;
        let found = state.losses.loss(loss).ok_or(Flaw::Unknown { what: "loss" })?;
        let (levels, mut leaves) = shares(terms, amount)?;
        for leaf in &mut leaves {
            let place = accounts.place(leaf.account).ok_or(Flaw::Unknown { what: "member" })?;
            leaf.identity = accounts.leaves[place].identity;
        }
        let rounding = Rounding::of(&leaves, terms.rule.on_touch);
        let rounding = rounding.ok_or(Flaw::OutOfBounds { what: "a sum" })?;
        if leaves.iter().any(|leaf| rounding.share(leaf) != Some(leaf.share)) {
            return Err(Flaw::OtherShares);
        }
        leaves.sort_unstable_by_key(|leaf| leaf.identity);
        let tree = SumTree::new(&leaves).ok_or(Flaw::NobodyThere)?;
        let header = DivisionHeader {
            version: VERSION,
            origin: accounts.header.origin.clone(),
            domain: found.domain,
            episode: found.episode.ok_or(Flaw::Unknown { what: "episode" })?,
            set: terms.set,
            accounts: accounts.header.hash(),
            loss,
            number: Sum::new(found.number.into()).unwrap_or_default(),
            layer,
            wave,
            at: state.now(),
            amount,
            before: terms.before,
            levels,
            rounding,
            count: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
            root: tree.root(),
        };
        let places = places(leaves.iter().map(|leaf| leaf.account));
        Ok(Self { header, leaves, tree, places })
    }

    /// The place of `account` in the tree.
    #[must_use]
    pub fn place(&self, account: AccountId) -> Option<usize> {
        place_in(&self.places, account)
    }
}

/// What a division by size rests on, of a part of stakes or of a rank: `amount` more after `before`
/// over accounts, each with his size and what he paid of it.
pub(crate) fn by_size(
    set: LiableSetId,
    (before, amount): (Amount, Amount),
    members: impl Iterator<Item = (AccountId, Amount, Amount)>,
) -> DivisionTerms {
    let member = |(account, size, paid)| Member {
        account,
        weight: size,
        cap: size,
        score: 0,
        risk: 1_000_000,
        class: 0,
        paid,
        called: Amount::ZERO,
        waves: 0,
    };
    DivisionTerms {
        set,
        rule: MemberRule {
            rule: Rule::Proportional,
            classes: false,
            cap_of_weight: None,
            on_touch: false,
            basis: Basis::Reported,
        },
        before,
        asked: before.checked_add(amount).unwrap_or(Amount::MAX),
        members: members.map(member).collect(),
    }
}

/// The columns of a division, as the rules read them.
pub(crate) struct Columns {
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
    pub(crate) paid: Vec<Amount>,
}

impl Columns {
    pub(crate) fn of(members: &[Member], with_classes: bool) -> Self {
        let classes = members.iter().map(|m| m.class).filter(|_| with_classes);
        Self {
            caps: members.iter().map(|m| m.cap).collect(),
            weights: members.iter().map(|m| m.weight).collect(),
            scores: members.iter().map(|m| m.score).collect(),
            risks: members.iter().map(|m| m.risk).collect(),
            classes: classes.collect(),
            paid: members.iter().map(|m| m.paid).collect(),
        }
    }

    pub(crate) fn claims(&self) -> Claims<'_> {
        Claims {
            caps: &self.caps,
            weights: &self.weights,
            scores: &self.scores,
            risks: &self.risks,
            classes: &self.classes,
        }
    }

    /// The classes that are read, in order.
    pub(crate) fn classes(&self) -> Vec<u32> {
        let mut classes = self.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        if classes.is_empty() { Vec::from([0]) } else { classes }
    }
}

/// The levels and shares of a division, in claim order, by core's own rules.
fn shares(
    terms: &DivisionTerms,
    amount: Amount,
) -> Result<(Vec<ClassLevel>, Vec<ShareLeaf>), Flaw> {
    let out = |_| Flaw::OutOfBounds { what: "an amount" };
    let columns = Columns::of(&terms.members, terms.rule.classes);
    let cumulative = terms.before.checked_add(amount).map_err(out)?;
    let shares = recompute(terms.rule.rule, terms.rule.on_touch, cumulative, &columns);
    let shares = shares.ok_or(Flaw::OtherShares)?;
    let exact = allocation::exact(terms.rule.rule, cumulative, &columns.claims());
    let exact = exact.map_err(|_| Flaw::OtherShares)?;
    let levels = columns.classes().into_iter().zip(exact.levels());
    let levels = levels.map(|(class, level)| ClassLevel { class, level: *level });
    let mut leaves = Vec::with_capacity(terms.members.len());
    for ((place, member), share) in (0u32..).zip(&terms.members).zip(shares) {
        let index = usize::try_from(place).unwrap_or(usize::MAX);
        let (whole, num, den) = exact.share(index);
        let whole = Amount::new(whole).map_err(out)?;
        let paid = member.paid;
        let floor = if terms.rule.on_touch { share } else { whole.less_or_zero(paid) };
        leaves.push(ShareLeaf {
            account: member.account,
            identity: Digest::default(),
            place,
            cap: member.cap,
            paid,
            whole,
            rest: Fraction { num, den },
            floor,
            share,
        });
    }
    Ok((levels.collect(), leaves))
}

/// What each member pays now, in claim order, by core's own rules; nothing where they refuse.
pub(crate) fn recompute(
    rule: Rule,
    on_touch: bool,
    cumulative: Amount,
    columns: &Columns,
) -> Option<Vec<Amount>> {
    let claims = columns.claims();
    if !on_touch {
        return Some(allocation::next_wave(rule, cumulative, &claims, &columns.paid).ok()?.shares);
    }
    let level = allocation::level_for(cumulative, &claims).ok()?;
    let columns = columns.weights.iter().zip(&columns.caps).zip(&columns.paid);
    let shares = columns.map(|((weight, cap), paid)| {
        allocation::capped_share_ceil(*weight, *cap, level).less_or_zero(*paid)
    });
    Some(shares.collect())
}
