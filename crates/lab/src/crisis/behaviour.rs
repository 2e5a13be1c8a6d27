//! What people do about losses: who leaves when one is known, and who came because others bear
//! them.
//!
//! **After a loss** everyone who is solvent takes out the part `withdraws` of his equity, as far
//! as it is free, at the end of the first tick after that in which the first loss was found;
//! whoever has lost in the crisis takes out `aversion` times that part (Kahneman and Tversky 1992
//! found that a loss counts 2.25 times a gain). What leaves is no margin for the rest of the
//! crisis, and nothing that could be asked of its winners. Chosen because it has one number for
//! how many run and one for how much worse losers take it. **When it is false**: people leave by
//! their fear of the next loss and not by a fixed part; they come back; a venue that halts
//! withdrawals keeps them; and what is free is reckoned in one way here, by the engine, which is
//! the point.
//!
//! **Before any loss**: *adverse selection*, where those who borrow least leave first, because
//! they would pay for the losses of others (Akerlof 1970; the death spiral of pro-rata haircuts):
//! the `selection` part of lowest leverage is gone, and their places are taken by people like
//! those who stay. *Moral hazard*, where people borrow more because losses are shared (Arrow
//! 1963): everyone's leverage is `hazard` higher. **When they are false**: both are states and no
//! paths to them; who leaves takes his size with him, where here the new ones have it; and nobody
//! has measured either at a venue.

use crate::error::{LabError, require};
use crate::population::model::LeverageModel;

/// What people do, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// What is taken out of equity after a loss.
    pub withdraws: u32,
    /// How much more of it whoever has lost takes out: 1,000,000 is as much as anyone.
    pub aversion: u32,
    /// The part of people, those of lowest leverage, who are gone.
    pub selection: u32,
    /// How much higher everyone's leverage is.
    pub hazard: u32,
}

impl Default for Behaviour {
    /// Nobody does anything.
    fn default() -> Self {
        Self { withdraws: 0, aversion: 1_000_000, selection: 0, hazard: 0 }
    }
}

impl Behaviour {
    pub(super) fn check(&self) -> Result<(), LabError> {
        require(self.withdraws <= 1_000_000, "withdrawals after a loss", "0 to 100 %")?;
        require((1_000_000..=10_000_000).contains(&self.aversion), "aversion", "100 to 1,000 %")?;
        require(self.selection <= 900_000, "selection", "0 to 90 %")?;
        require(self.hazard <= 2_000_000, "hazard", "0 to 200 %")
    }

    /// The part of his equity that one takes out, in millionths.
    #[must_use]
    pub fn part(&self, lost: bool) -> u32 {
        let times = if lost { self.aversion } else { 1_000_000 };
        let part = u64::from(self.withdraws) * u64::from(times) / 1_000_000;
        u32::try_from(part.min(1_000_000)).unwrap_or(1_000_000)
    }

    /// The leverage of those who are there.
    #[must_use]
    pub fn chosen(&self, of: LeverageModel) -> LeverageModel {
        let part = |millionths: u32| f64::from(millionths) / 1e6;
        let stay = if self.selection == 0 { of } else { of.without_lowest(part(self.selection)) };
        if self.hazard == 0 { stay } else { stay.scaled(1.0 + part(self.hazard)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Behaviour;
    use crate::population::model::LeverageModel;
    use crate::seed::Seed;

    fn drawn(of: &LeverageModel) -> Vec<u32> {
        let mut stream = Seed(1).stream("leverages");
        let mut all: Vec<u32> = (0..20_000).map(|_| of.draw(&mut stream)).collect();
        all.sort_unstable();
        all
    }

    /// Without its lowest fifth, the law is its own upper four fifths.
    #[test]
    fn who_leaves_first_has_the_lowest_leverage() {
        let mixed = LeverageModel::mixed();
        let all = drawn(&mixed);
        let stay = Behaviour { selection: 200_000, ..Behaviour::default() };
        let left = drawn(&stay.chosen(mixed.clone()));
        for part in [0.0, 0.1, 0.25, 0.5, 0.75, 0.9] {
            let at = |of: &[u32], part: f64| f64::from(of[(part * 19_999.0) as usize]);
            let (found, expected) = (at(&left, part), at(&all, 0.2 + 0.8 * part));
            assert!((found / expected - 1.0).abs() < 0.12, "{part}: {found} and {expected}");
        }
        let more = Behaviour { hazard: 500_000, ..Behaviour::default() };
        let raised = drawn(&more.chosen(mixed.clone()));
        let times = f64::from(raised[10_000]) / f64::from(all[10_000]);
        assert!((times - 1.5).abs() < 0.02, "{times}");
        assert!(Behaviour::default().chosen(mixed.clone()) == mixed);
    }

    #[test]
    fn whoever_lost_takes_out_more() {
        let of = |withdraws, aversion| Behaviour { withdraws, aversion, ..Behaviour::default() };
        for (withdraws, aversion, won, lost) in [
            (0, 2_250_000, 0, 0),
            (300_000, 1_000_000, 300_000, 300_000),
            (300_000, 2_250_000, 300_000, 675_000),
            (600_000, 2_250_000, 600_000, 1_000_000),
        ] {
            let of = of(withdraws, aversion);
            assert_eq!((of.part(false), of.part(true)), (won, lost), "{of:?}");
        }
        assert!(of(1_000_001, 1_000_000).check().is_err() && of(0, 900_000).check().is_err());
    }
}
