//! Collateral in other assets than the one an account trades in: what it counts for, at which
//! price, and what becomes of it when the account fails.
//!
//! It counts where health is measured: in equity to keep and to open, at a weight below one. It
//! never counts as a gain, nor as means that a share of another's loss can take: revaluation of
//! collateral is nobody's profit. Of a failed account it is taken into the close-out book and sold;
//! the proceeds are the first of the owner's own means. What covers nothing goes back to him as it
//! is; what found no buyer in time is set aside, and sold later it is a recovery of the loss.

mod command;
mod convert;
mod decide;
mod duty;
mod feed;
mod spec;
mod value;

use alloc::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

pub use command::{Command, Duty, Event, Rejection};
pub(crate) use convert::{loan_limit, loan_rate};
pub(crate) use decide::{decide, room};
pub(crate) use duty::{decide_duty, duty, take};
pub(crate) use feed::{has_strayed, mark_all, serves};
pub use spec::{
    CollateralFlaw, CollateralSpec, MAX_SCALE, OWN_TOKEN_DISCOUNT, WeightTier, WrongWay,
};
pub(crate) use value::{cause, kept_by, of_account, of_holdings, pledged};

use crate::ids::{AssetId, FeedId, LossId, Time};
use crate::ledger::Holder;
use crate::units::{Amount, Price};

/// An accepted collateral and its mark.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Collateral {
    /// What it counts for.
    pub spec: CollateralSpec,
    /// The last mark; before the first it counts for nothing.
    pub mark: Option<Price>,
    /// The feed it is marked from; without one the venue marks it.
    pub feed: Option<FeedId>,
}

/// Collateral that was taken of a failed account and is not sold.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Taken {
    /// The asset of the loss.
    pub settled: AssetId,
    /// When it was taken.
    pub since: Time,
    /// Whether it found no buyer in time: it stands aside for a recovery.
    pub aside: bool,
    /// What is left, by asset.
    pub held: BTreeMap<AssetId, Amount>,
}

impl Taken {
    /// Who holds it.
    #[must_use]
    pub const fn holder(&self, loss: LossId) -> Holder {
        if self.aside { Holder::Recovery(loss) } else { Holder::Book(loss) }
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Collaterals {
    /// By settled asset, then by collateral.
    pub(crate) accepted: BTreeMap<AssetId, BTreeMap<AssetId, Collateral>>,
    /// By loss: what was taken and is not sold.
    pub(crate) taken: BTreeMap<LossId, Taken>,
}

impl Collaterals {
    /// The collateral `asset` of accounts that trade in `settled`.
    #[must_use]
    pub fn collateral(&self, settled: AssetId, asset: AssetId) -> Option<&Collateral> {
        self.accepted.get(&settled)?.get(&asset)
    }

    /// Every collateral of accounts that trade in `settled`, in the order of assets.
    pub fn collaterals(&self, settled: AssetId) -> impl Iterator<Item = (AssetId, &Collateral)> {
        self.accepted.get(&settled).into_iter().flatten().map(|(asset, found)| (*asset, found))
    }

    /// What was taken for `loss` and is not sold.
    #[must_use]
    pub fn taken(&self, loss: LossId) -> Option<&Taken> {
        self.taken.get(&loss)
    }

    /// Whether the close-out book of `loss` holds collateral.
    #[must_use]
    pub fn in_book(&self, loss: LossId) -> bool {
        self.taken.get(&loss).is_some_and(|taken| !taken.aside)
    }

    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match event {
            Event::Accepted { spec } => {
                let of = self.accepted.entry(spec.settled).or_default();
                let before = of.get(&spec.asset).map(|found| (found.mark, found.feed));
                let (mark, feed) = before.unwrap_or_default();
                of.insert(spec.asset, Collateral { spec: (**spec).clone(), mark, feed });
            }
            Event::Marked { asset, settled, price } => {
                let of = self.accepted.get_mut(settled);
                if let Some(found) = of.and_then(|of| of.get_mut(asset)) {
                    found.mark = Some(*price);
                }
            }
            Event::FeedAttached { asset, settled, feed } => {
                let of = self.accepted.get_mut(settled);
                if let Some(found) = of.and_then(|of| of.get_mut(asset)) {
                    found.feed = *feed;
                }
            }
            Event::Taken { loss, settled, asset, amount, .. } => {
                let taken = self.taken.entry(*loss).or_insert_with(|| Taken {
                    settled: *settled,
                    since: now,
                    aside: false,
                    held: BTreeMap::new(),
                });
                taken.held.insert(*asset, *amount);
            }
            Event::Sold { loss, asset, amount, .. }
            | Event::Returned { loss, asset, amount, .. } => {
                self.less(*loss, *asset, *amount);
            }
            // The ledger says who holds what of it.
            Event::Converted { .. } => {}
            Event::SetAside { loss, .. } => {
                if let Some(taken) = self.taken.get_mut(loss) {
                    taken.aside = true;
                }
            }
        }
    }

    fn less(&mut self, loss: LossId, asset: AssetId, amount: Amount) {
        let Some(taken) = self.taken.get_mut(&loss) else { return };
        if let Some(held) = taken.held.get_mut(&asset) {
            *held = held.less_or_zero(amount);
        }
        taken.held.retain(|_, held| !held.is_zero());
        if taken.held.is_empty() {
            self.taken.remove(&loss);
        }
    }
}
