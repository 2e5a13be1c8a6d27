//! Vaults in a run: what is asked of them as commands, and refusals in money.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::VaultId;
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::liquidity::{Command, Event, Rejection, Shares};
use rhodian_core::wide::mul_div_floor;

use super::commands::{NoSuch, Words, dense};
use super::figures::Figures;
use super::refusal::In;
use crate::venue_file::vaults::{Asked, Hold};

impl Words<'_> {
    /// The command that an event of a vault stands for.
    pub(super) fn hold(&self, hold: &Hold) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let (vault, account) = (dense(hold.vault, VaultId), self.account(&hold.account)?);
        let number = self.next_number(account);
        let command = match hold.asked {
            Asked::Enter(amount) => Command::Enter { vault, account, number, amount },
            Asked::Leave(RATE_UNIT) => Command::Leave { vault, account, number, shares: None },
            // A part of the shares that stay, rounded down.
            Asked::Leave(part) => {
                let holding = self.state.vaults.vault(vault).map(|found| found.holding(account));
                let holding = holding.unwrap_or_default();
                let asked = holding.exit.map_or(0, |exit| exit.shares.count());
                let stays = holding.shares.count() - asked;
                let part = mul_div_floor(stays, u128::from(part), u128::from(RATE_UNIT));
                let shares = part.and_then(Shares::new);
                Command::Leave { vault, account, number, shares }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Liquidity(command))])
    }
}

impl Figures {
    pub(super) fn of_liquidity(&mut self, event: &Event) {
        match event {
            Event::Entered { .. } => self.counted("entries into vaults"),
            Event::Left { .. } => self.counted("exits from vaults"),
            Event::Restarted { .. } => self.counted("vaults that began anew"),
            Event::FeesTaken { rows, .. } if !rows.is_empty() => {
                self.counted("fees of holders who stay");
            }
            Event::FeesPutOff { .. } => self.counted("fees of vaults put off"),
            Event::Opened { .. }
            | Event::LeaveAsked { .. }
            | Event::ValueTaken { .. }
            | Event::FeesTaken { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of a vault, whose amounts are of the settled asset.
    pub(super) fn liquidity(&self, rejection: &Rejection) -> Option<String> {
        let money = |amount| self.money(amount);
        let name = |vault: &VaultId| {
            let found = self.state.vaults.vault(*vault);
            rhodian_report::safe::printable(found.map_or("", |of| of.spec.name.as_str()))
        };
        Some(match rejection {
            Rejection::BelowLeast { amount, least } => {
                format!("{} put in, the least is {}", money(amount), money(least))
            }
            Rejection::AboveMost { asked, room } => {
                format!("{} put in, the vault takes {} more", money(asked), money(room))
            }
            Rejection::BelowAShare { amount } => {
                format!("{} put in: rounding to whole shares would take too much", money(amount))
            }
            Rejection::Held { lien } => {
                format!("{} of the vault's account is held for a loss elsewhere", money(lien))
            }
            Rejection::LossKnown { vault } => format!(
                "a loss is known that holders of \"{}\" may have to bear: it takes money when that \
                 is settled",
                name(vault)
            ),
            Rejection::PriceUnfit { vault } => format!(
                "a price of what \"{}\" holds is not good enough to enter by it",
                name(vault)
            ),
            Rejection::HasLegs { vault } => {
                format!("\"{}\" is worth nothing and has legs: close them first", name(vault))
            }
            Rejection::NotAFund { .. } => "the fund is no pot of the house".to_owned(),
            Rejection::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
