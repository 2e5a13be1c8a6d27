//! What options could have cost their holders over a run, at the worst moment of each.

use rhodian_core::engine::State;
use rhodian_core::ids::AccountId;
use rhodian_core::margin::scenario::{Acceleration, Sensitivities};
use rhodian_core::market::{Instrument, Leg};

use super::commands::ASSET;
use super::figures::Figures;

/// The holders of options whose worst moves are watched.
const MOST_HOLDERS: usize = 32;

/// What options could have cost an account at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsAt {
    /// When.
    pub at: u64,
    /// The account's equity then, in atoms.
    pub equity: i128,
    /// The sensitivities then.
    pub greeks: Sensitivities,
    /// The loss at the worst move against delta alone.
    pub acceleration: Acceleration,
}

impl Figures {
    /// What options could cost their holders now, where that is more than before.
    pub(super) fn watch_options(&mut self, at: u64, state: &State) {
        let is_option = |leg: &Leg| {
            let found = state.markets.market(leg.market);
            found.is_some_and(|of| matches!(of.spec.instrument, Instrument::Option { .. }))
        };
        let all = (0..self.accounts.len()).filter_map(AccountId::at);
        let holders = all.filter(|id| state.markets.position(*id).legs.iter().any(is_option));
        for id in holders.take(MOST_HOLDERS).collect::<Vec<_>>() {
            for (market, table) in state.scenario_tables(id) {
                let known = self.options.get(&(id, market));
                if known.is_none_or(|known| known.acceleration.loss < table.acceleration.loss) {
                    let (greeks, acceleration) = (table.greeks, table.acceleration);
                    let equity = state.equity(id, ASSET);
                    let found = OptionsAt { at, equity, greeks, acceleration };
                    self.options.insert((id, market), found);
                }
            }
        }
    }
}
