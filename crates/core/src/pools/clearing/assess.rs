//! What members may be called for beyond their contributions: for one loss at most a part of what
//! each was to contribute, and within any window at most another. Who gave notice has one window
//! until he is gone: it does not begin again.

use alloc::vec::Vec;

use super::{Assessment, Fund, Member};
use crate::basis::{BasisClaim, part_of_weight_floor};
use crate::bounds::RISK_UNIT;
use crate::engine::State;
use crate::ids::{AccountId, ClearingId, DomainId, LayerId, Time};
use crate::loss;
use crate::units::Amount;

impl Member {
    /// What he paid of assessments that still counts at `now`.
    fn paid_in(&self, window: u64, now: Time) -> Amount {
        let counts = |at: Time| self.counts(at, window, now);
        let paid = self.assessed.iter().filter(|(at, _)| counts(*at));
        Amount::sum(paid.map(|(_, amount)| *amount))
    }

    /// Whether a payment at `at` still counts at `now`: since a window before, or since a window
    /// before his notice.
    fn counts(&self, at: Time, window: u64, now: Time) -> bool {
        let from = self.notice.map_or(now, |notice| notice.given.min(now));
        loss::is_within(at, from, window) || at > from
    }

    /// He paid an assessment now: what counts no more is forgotten.
    pub(super) fn pay(&mut self, amount: Amount, window: u64, now: Time) {
        let mut kept = core::mem::take(&mut self.assessed);
        kept.retain(|(at, _)| self.counts(*at, window, now));
        match kept.last_mut().filter(|(at, _)| *at == now) {
            Some((_, sum)) => *sum = sum.checked_add(amount).unwrap_or(Amount::MAX),
            None => kept.push((now, amount)),
        }
        self.assessed = kept;
    }
}

impl State {
    /// The members that `layer` of `domain` may assess now: each weighs what he is to contribute;
    /// his cap is what a window leaves him. What `paid` says he paid in the same episode is
    /// subtracted by whoever asks, and here only where it is older.
    pub(crate) fn assessable(
        &self,
        domain: DomainId,
        layer: LayerId,
        paid: &dyn Fn(AccountId) -> Amount,
    ) -> Vec<BasisClaim> {
        let found = self.clearing.assessed_by(layer).filter(|(_, of)| of.spec.domain == domain);
        let Some((fund, of)) = found.and_then(|(_, of)| Some((of, of.spec.assessment?))) else {
            return Vec::new();
        };
        let liable = fund.members.iter().filter(|(_, member)| self.is_liable(fund, member));
        let claims = liable.map(|(account, member)| {
            let weight = member.required;
            let most = part_of_weight_floor(weight, Some(of.per_window));
            let before = member.paid_in(of.window, self.now()).less_or_zero(paid(*account));
            let cap = most.less_or_zero(before);
            BasisClaim { account: *account, weight, cap, score: 0, risk: RISK_UNIT, class: 0 }
        });
        claims.filter(|claim| !claim.weight.is_zero()).collect()
    }

    /// What `account` may still be called for by `fund`, weighing `weight`: for one more loss, and
    /// within its window what it neither paid nor is called for.
    #[must_use]
    pub fn assessment_room(&self, fund: ClearingId, account: AccountId, weight: Amount) -> Amount {
        let found = self.clearing.fund(fund);
        let member = found.and_then(|found| found.members.get(&account));
        let terms = found.and_then(|found| found.spec.assessment);
        let (Some(member), Some(Assessment { layer, per_event, per_window, window })) =
            (member, terms)
        else {
            return Amount::ZERO;
        };
        let spent = [member.paid_in(window, self.now()), self.called_for(layer, account)];
        let in_window = part_of_weight_floor(weight, Some(per_window));
        let left = spent.into_iter().fold(in_window, Amount::less_or_zero);
        left.min(part_of_weight_floor(weight, Some(per_event)))
    }

    /// What `account` is called for by `layer` and may still pay, under all open sets.
    fn called_for(&self, layer: LayerId, account: AccountId) -> Amount {
        let sets = self.open_episodes().flat_map(|(_, episode)| &episode.sets);
        let called = sets.filter_map(|id| {
            let of = self.losses.set(*id)?.layers.get(&layer)?;
            Some(of.members.get(of.place(account)?)?.called)
        });
        Amount::sum(called)
    }

    /// Whether a member answers for losses that are detected now.
    pub(super) fn is_liable(&self, fund: &Fund, member: &Member) -> bool {
        member.failed.is_none() && !self.is_gone(fund, member)
    }
}
