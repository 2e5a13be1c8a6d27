//! Who held shares of vaults, what went in and out, and what he paid for losses by them. Gathered
//! from the events; what stands is the state's.

use std::collections::BTreeMap;

use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, VaultId};
use rhodian_core::pools::liquidity::{self, Side};
use rhodian_core::units::Amount;
use serde::Serialize;

/// What went in and out of one holding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flows {
    put_in: u128,
    came_back: u128,
    fees: u128,
    given: u128,
}

/// Every holding there ever was.
#[derive(Debug, Default)]
pub struct Holdings(BTreeMap<(VaultId, AccountId), Flows>);

/// How what an account holds of a vault stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldingRow {
    /// The vault.
    pub vault: String,
    /// The account.
    #[serde(skip)]
    pub account: AccountId,
    /// What was put in, in all.
    pub put_in: Amount,
    /// What came back, without fees.
    pub came_back: Amount,
    /// The fees on what was gained.
    pub fees: Amount,
    /// What was paid for losses by shares.
    pub given: Amount,
    /// The entry cost of the shares that are held now.
    pub cost: Amount,
    /// What they are worth by the book, rounded down.
    pub book: Amount,
    /// What they would fetch now, rounded down.
    pub realisable: Amount,
    /// What they must be worth before a fee is taken.
    pub high_water: Amount,
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap_or(Amount::MAX)
}

impl Holdings {
    /// Takes the next event.
    pub fn follow(&mut self, event: &Event) {
        use liquidity::Event as L;
        let Event::Liquidity(event) = event else { return };
        match event {
            L::Entered { vault, account, amount, .. } => {
                self.of_one(*vault, *account).put_in += amount.atoms();
            }
            L::Left { vault, account, amount, fee, .. } => {
                let of = self.of_one(*vault, *account);
                of.came_back += amount.less_or_zero(*fee).atoms();
                of.fees += fee.atoms();
            }
            L::ValueTaken { vault, rows, .. } => {
                for (account, amount, _) in rows {
                    self.of_one(*vault, *account).given += amount.atoms();
                }
            }
            L::FeesTaken { vault, rows, .. } => {
                for row in rows {
                    self.of_one(*vault, row.account).fees += row.fee.atoms();
                }
            }
            L::Opened { .. }
            | L::Restarted { .. }
            | L::LeaveAsked { .. }
            | L::FeesPutOff { .. } => {}
        }
    }

    fn of_one(&mut self, vault: VaultId, account: AccountId) -> &mut Flows {
        self.0.entry((vault, account)).or_default()
    }

    /// Every holding, by vault and then by account.
    #[must_use]
    pub fn rows(&self, state: &State) -> Vec<HoldingRow> {
        self.0.iter().filter_map(|(of, flows)| row(state, *of, *flows)).collect()
    }
}

fn row(state: &State, (id, account): (VaultId, AccountId), flows: Flows) -> Option<HoldingRow> {
    let vault = state.vaults.vault(id)?;
    let (holding, worth) = (vault.holding(account), state.vault_worth(vault));
    let of = |total| Side { total, shares: vault.shares }.worth_floor(holding.shares);
    Some(HoldingRow {
        vault: vault.spec.name.as_str().to_owned(),
        account,
        put_in: amount(flows.put_in),
        came_back: amount(flows.came_back),
        fees: amount(flows.fees),
        given: amount(flows.given),
        cost: holding.cost,
        book: of(worth.book),
        realisable: of(worth.realisable()),
        high_water: holding.high_water,
    })
}
