//! What was staked in layers, by whom, and what became of it: what came back, what losses drew,
//! what it earned. Gathered from the events; what stands is the state's.

use std::collections::BTreeMap;

use rhodian_core::domain;
use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, LayerId};
use rhodian_core::units::Amount;
use serde::Serialize;

/// What went in and out of one stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flows {
    put_in: u128,
    came_back: u128,
    rewards: u128,
}

/// Every stake there ever was.
#[derive(Debug, Default)]
pub struct Stakes(BTreeMap<(LayerId, AccountId), Flows>);

/// How the stake of an account in a layer stands. `put_in` is `came_back`, `drawn` and `staked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StakeRow {
    /// The layer.
    pub layer: String,
    /// The account.
    #[serde(skip)]
    pub account: AccountId,
    /// What is staked now.
    pub staked: Amount,
    /// What of it was asked for and has not left.
    pub leaving: Amount,
    /// What was staked in all.
    pub put_in: Amount,
    /// What came back.
    pub came_back: Amount,
    /// What losses took of it.
    pub drawn: Amount,
    /// What it earned and was taken.
    pub rewards_taken: Amount,
    /// What it earned and was not taken.
    pub earned: Amount,
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap_or(Amount::MAX)
}

impl Stakes {
    /// Takes the next event.
    pub fn follow(&mut self, event: &Event) {
        use domain::Event as D;
        let Event::Domain(event) = event else { return };
        match event {
            D::Staked { layer, account, amount, .. } => {
                self.of_one(*layer, *account).put_in += amount.atoms();
            }
            D::Unstaked { layer, account, amount, .. }
            | D::ExitPaid { layer, account, amount, .. } => {
                self.of_one(*layer, *account).came_back += amount.atoms();
            }
            D::RewardTaken { layer, account, amount, .. } => {
                self.of_one(*layer, *account).rewards += amount.atoms();
            }
            _ => {}
        }
    }

    fn of_one(&mut self, layer: LayerId, account: AccountId) -> &mut Flows {
        self.0.entry((layer, account)).or_default()
    }

    /// Every stake, by layer and then by account.
    #[must_use]
    pub fn rows(&self, state: &State) -> Vec<StakeRow> {
        self.0.iter().map(|(of, flows)| row(state, *of, *flows)).collect()
    }

    /// The stakes of one account, by layer.
    #[must_use]
    pub fn of(&self, state: &State, account: AccountId) -> Vec<StakeRow> {
        let his = self.0.iter().filter(|((_, staker), _)| *staker == account);
        his.map(|(of, flows)| row(state, *of, *flows)).collect()
    }
}

fn row(state: &State, (layer, account): (LayerId, AccountId), flows: Flows) -> StakeRow {
    let staked = state.domains.stake(layer, account);
    let exits = state.domains.exits(layer).into_iter().flat_map(|exits| exits.of(account));
    let stands = flows.came_back + staked.atoms();
    StakeRow {
        layer: state.domains.layer(layer).map_or("", |of| of.spec.name.as_str()).to_owned(),
        account,
        staked,
        leaving: amount(exits.map(|(_, asked)| asked.atoms()).sum()),
        put_in: amount(flows.put_in),
        came_back: amount(flows.came_back),
        // Of what was put in and neither came back nor stands; only a file that someone changed
        // has less.
        drawn: amount(flows.put_in).less_or_zero(amount(stands)),
        rewards_taken: amount(flows.rewards),
        earned: state.domains.reward(layer, account),
    }
}
