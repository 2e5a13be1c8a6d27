//! What layers with a cap per period paid in it.

use super::{Event, Losses};
use crate::ids::{LayerId, Time};
use crate::units::Amount;

impl Losses {
    /// Keeps what a layer with a cap per period paid, and forgets what is older than the period.
    /// `period` says how many milliseconds a layer's cap counts over.
    pub(crate) fn pay_in_period(
        &mut self,
        event: &Event,
        now: Time,
        period: &dyn Fn(LayerId) -> Option<u64>,
    ) {
        let (Event::PotDrawn { layer, amount, .. }
        | Event::DrawPaid { layer, amount, .. }
        | Event::ProceedsPaid { layer, amount, .. }
        | Event::LossDivided { layer, amount, .. }) = event
        else {
            return;
        };
        let Some(millis) = period(*layer) else { return };
        let paid = self.paid_at.entry(*layer).or_default();
        let old = paid.partition_point(|(at, _)| !is_within(*at, now, millis));
        paid.drain(..old);
        match paid.last_mut() {
            Some((at, sum)) if *at == now => {
                *sum = sum.checked_add(*amount).unwrap_or(Amount::MAX);
            }
            _ => paid.push((now, *amount)),
        }
    }
}

/// Whether a payment at `at` still counts in a period of `millis` that ends `now`. A period that
/// reaches back to the beginning of time has it all.
pub(crate) fn is_within(at: Time, now: Time, millis: u64) -> bool {
    now.0.checked_sub(millis).is_none_or(|since| since == 0 || at.0 > since)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::ids::{AssetId, LossId};

    fn paid(losses: &mut Losses, layer: u32, at: u64, atoms: u32, period: Option<u64>) {
        let (layer, amount) = (LayerId(layer), Amount::from(atoms));
        let (loss, asset) = (LossId(0), AssetId(0));
        let event = Event::DrawPaid { loss, layer, asset, account: None, number: 1, amount };
        losses.pay_in_period(&event, Time(at), &|_| period);
    }

    /// One entry a moment, none older than the period, none where no cap reads them.
    #[test]
    fn only_the_period_is_kept() {
        let mut losses = Losses::default();
        for at in 1..=10_000 {
            paid(&mut losses, 0, at, 1, Some(10));
            paid(&mut losses, 0, at, 2, Some(10));
            paid(&mut losses, 1, at, 1, None);
        }
        let kept = &losses.paid_at[&LayerId(0)];
        let expected: Vec<_> = (9_991..=10_000).map(|at| (Time(at), Amount::from(3))).collect();
        assert_eq!(*kept, expected);
        assert!(!losses.paid_at.contains_key(&LayerId(1)));
        paid(&mut losses, 0, 20_000, 5, Some(10));
        assert_eq!(losses.paid_at[&LayerId(0)], [(Time(20_000), Amount::from(5))]);
    }

    /// A period is open at its far end, and reaches the beginning of time whole.
    #[test]
    fn the_far_end() {
        assert!(!is_within(Time(90), Time(100), 10));
        assert!(is_within(Time(91), Time(100), 10));
        assert!(is_within(Time(0), Time(100), 100) && is_within(Time(0), Time(5), 100));
        assert!(!is_within(Time(1), Time(101), 100));
    }
}
