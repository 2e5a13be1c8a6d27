//! What happens to vaults, in words.

use rhodian_core::ids::AssetId;
use rhodian_core::pools::liquidity::Event;
use rhodian_core::units::Amount;

use crate::money::count;
use crate::names::{MoneyOf, Names};

/// The sentence of an event of a vault. A vault is named by its account.
pub(super) fn of_liquidity(names: &dyn Names, event: &Event) -> Option<String> {
    let of = |asset: AssetId, amount| names.money_with_unit(MoneyOf::Asset(asset), amount);
    Some(match *event {
        Event::Opened { .. } => return None,
        Event::Restarted { account, asset, fund, amount, .. } => {
            let begins = format!("{} begins anew", names.account(account));
            if amount.is_zero() {
                return Some(format!("{begins}: its shares were worth nothing"));
            }
            let (amount, fund) = (of(asset, amount), names.layer(fund));
            format!("{begins}: {amount} that nobody has a share of go to {fund}")
        }
        Event::Entered { into, account, asset, amount, .. } => format!(
            "{} puts {} into {}",
            names.account(account),
            of(asset, amount),
            names.account(into)
        ),
        Event::LeaveAsked { account, .. } => {
            format!("{} asks to leave a vault: liable until it is paid", names.account(account))
        }
        Event::Left { from, account, asset, amount, fee, .. } => {
            let (his, vault) = (of(asset, amount.less_or_zero(fee)), names.account(from));
            let fee = match fee.is_zero() {
                true => String::new(),
                false => format!(", and {} are a fee on what was gained", of(asset, fee)),
            };
            format!("{} leaves {vault} with {his}{fee}", names.account(account))
        }
        Event::FeesTaken { ref rows, .. } if rows.is_empty() => return None,
        Event::FeesTaken { from, asset, fund, ref rows, .. } => {
            let sum = rows.iter().map(|row| row.fee.atoms()).sum();
            let sum = of(asset, Amount::new(sum).unwrap_or(Amount::MAX));
            let who = if rows.len() == 1 { "holder gives" } else { "holders give" };
            let (vault, fund) = (names.account(from), names.layer(fund));
            let count = count(rows.len());
            format!(
                "{count} {who} shares of {vault} for {sum}, a fee on what was gained, to {fund}"
            )
        }
        Event::FeesPutOff { from, asset, amount, room, .. } => format!(
            "A fee of {} on what {} gained waits: there is room for {}",
            of(asset, amount),
            names.account(from),
            of(asset, room)
        ),
        Event::ValueTaken { loss, from, asset, ref rows, .. } => {
            let sum = rows.iter().map(|(_, amount, _)| amount.atoms()).sum();
            let sum = of(asset, Amount::new(sum).unwrap_or(Amount::MAX));
            let holders = if rows.len() == 1 { "holder" } else { "holders" };
            let (vault, count) = (names.account(from), count(rows.len()));
            format!("{count} {holders} of {vault} give shares for {sum} of {}", names.loss(loss))
        }
    })
}
