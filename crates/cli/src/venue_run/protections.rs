//! Protections in a run: what the venue reports of them as commands, and refusals in money.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{ProtectedId, ProtectionId};
use rhodian_core::pools::protection::{Command, Event, Rejection, Stage};
use rhodian_report::safe::printable;

use super::commands::{NoSuch, Words, dense};
use super::figures::Figures;
use super::refusal::In;
use crate::venue_file::protections::Provide;

impl Words<'_> {
    /// The command that an event of a protection stands for.
    pub(super) fn provide(&self, provide: &Provide) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let command = match provide {
            Provide::Protect { protection, account, deposit } => {
                let (protection, account) =
                    (dense(*protection, ProtectionId), self.account(account)?);
                let (number, deposit) = (self.next_number(account), *deposit);
                Command::Protect { protection, account, number, deposit }
            }
            Provide::End { protection, account } => {
                let position = self.protected(dense(*protection, ProtectionId), account)?;
                Command::Close { position }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Protection(command))])
    }

    /// The account's first position that stands; where none does its last, of which the engine says
    /// that it ended.
    fn protected(&self, of: ProtectionId, name: &str) -> Result<ProtectedId, NoSuch> {
        let account = self.account(name)?;
        let his = self.state.protections.positions();
        let his = his.filter(|(_, found)| found.protection == of && found.account == account);
        let his: Vec<_> = his.collect();
        let stands = his.iter().find(|(_, found)| found.stage == Stage::Standing);
        let found = stands.or(his.last()).map(|(id, _)| *id);
        found.ok_or_else(|| NoSuch { what: "protected position", name: name.to_owned() })
    }
}

impl Figures {
    pub(super) fn of_protection(&mut self, event: &Event) {
        match event {
            Event::Protected { .. } => self.counted("positions protected"),
            Event::Ended { .. } => self.counted("protected positions that ended"),
            Event::Paid { .. } => self.counted("impermanent losses paid"),
            Event::Opened { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of a protection, whose amounts are of the settled asset.
    pub(super) fn protection(&self, rejection: &Rejection) -> Option<String> {
        let money = |amount| self.money(amount);
        Some(match rejection {
            Rejection::Ended { paid, .. } => {
                format!("the position ended before, and {} was paid", money(paid))
            }
            Rejection::BelowLeast { deposit, least } => {
                format!("{} put in, the least is {}", money(deposit), money(least))
            }
            Rejection::Unfit { unfit } => return self.unfit("a price to settle by", unfit),
            Rejection::FundHeld { layer, domain } => {
                let layer = self.state.domains.layer(*layer);
                let layer = layer.map_or("", |found| found.spec.name.as_str());
                let domain = self.state.domains.domain(*domain);
                let domain = domain.map_or("", |found| found.name.as_str());
                format!(
                    "\"{}\" stands behind \"{}\", of which a loss or a debt is open: it pays for \
                     that first",
                    printable(layer),
                    printable(domain)
                )
            }
            Rejection::AboveFund { asked, room } => format!(
                "a cap of {}, what the fund may owe leaves room for {}",
                money(asked),
                money(room)
            ),
            Rejection::NotAFund { .. } => "the fund is no pot of the house".to_owned(),
            Rejection::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
