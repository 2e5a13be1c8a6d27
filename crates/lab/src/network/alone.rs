//! Each institution failing by itself: what it does to the others when all that it has outside is
//! gone.

use super::Network;
use crate::error::LabError;

/// What one institution does to the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Alone {
    /// Who else fails, that stood before: one for each, itself never.
    pub falls: Vec<bool>,
    /// What each of the others loses of what is left to its owners, 0 to 1; all where it fails, and
    /// nothing where it had none.
    pub hit: Vec<f64>,
    /// What the others lose, in atoms: their owners, and whoever they then owe outside.
    pub lost: f64,
}

impl Network {
    /// What happens when `of` has nothing left outside, and all others have all.
    ///
    /// ```
    /// use rhodian_lab::network::{Institution, Network, Recovered};
    /// let pool = Institution { assets: 100, debts: 30 };
    /// let venue = Institution { assets: 60, debts: 100 };
    /// let network = Network::new(&[pool, venue], &[(0, 1, 70)], Recovered::default()).unwrap();
    /// let alone = network.alone(0).unwrap();
    /// assert_eq!(alone.falls, [false, true]);
    /// assert_eq!(alone.lost, 70.0, "30 of the venue's owners, 40 of those whom it owes");
    /// assert_eq!(network.alone(1).unwrap().lost, 0.0, "nobody stands on the venue");
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`Network::clear`].
    pub fn alone(&self, of: usize) -> Result<Alone, LabError> {
        let before = self.clear(&self.assets)?;
        let mut assets = self.assets.clone();
        crate::error::require(of < assets.len(), "institution", "one of the network")?;
        assets[of] = 0.0;
        let after = self.clear(&assets)?;
        let others = || (0..self.count()).filter(|other| *other != of);
        let hit = |other: usize| {
            let had = before.worth[other];
            if other == of || had <= 0.0 { 0.0 } else { (had - after.worth[other]) / had }
        };
        let loses = |other: usize| {
            let outside = after.outside[other] - before.outside[other];
            before.worth[other] - after.worth[other] + outside
        };
        Ok(Alone {
            falls: (0..self.count())
                .map(|other| other != of && after.failed[other] && !before.failed[other])
                .collect(),
            hit: (0..self.count()).map(hit).collect(),
            lost: others().map(loses).sum(),
        })
    }
}
