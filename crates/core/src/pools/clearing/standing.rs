//! How members stand: reads for other areas and doors.

use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::{Command, Fund, Member, Scenario};
use crate::engine::State;
use crate::ids::{AccountId, DomainId, LayerId, LossId, Time};
use crate::margin::{self, Shock};
use crate::market::Trade;
use crate::units::Amount;

/// Why an account may not take on more risk in a domain with a clearing fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingBar"))]
#[serde(tag = "bar", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain it")]
pub enum Bar {
    /// No member answers for it.
    NotCleared,
    /// The member who answers for it is in default.
    MemberFailed { member: AccountId },
    /// The member who answers for it gave notice.
    MemberLeaves { member: AccountId },
    /// The member who answers for it is called for a contribution.
    ContributionDue { member: AccountId, missing: Amount, due: Time },
}

impl Bar {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotCleared => "not-cleared",
            Self::MemberFailed { .. } => "member-failed",
            Self::MemberLeaves { .. } => "member-leaves",
            Self::ContributionDue { .. } => "contribution-due",
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCleared => f.write_str("no clearing member answers for it"),
            Self::MemberFailed { member } => {
                write!(f, "its clearing member, account {member}, is in default")
            }
            Self::MemberLeaves { member } => {
                write!(f, "its clearing member, account {member}, gave notice")
            }
            Self::ContributionDue { member, missing, due } => write!(
                f,
                "its clearing member, account {member}, is to contribute {missing} until {due}"
            ),
        }
    }
}

impl State {
    /// What `account` has contributed to `fund`: its stake, less what it asked for.
    #[must_use]
    pub fn contributed(&self, fund: &Fund, account: AccountId) -> Amount {
        let layer = fund.spec.layer;
        let asked = self.domains.exits(layer).map_or(Amount::ZERO, |of| of.asked(account));
        self.domains.stake(layer, account).less_or_zero(asked)
    }

    /// Whether a member's notice is over, and he holds nothing in the domain, nor does a client of
    /// his: he answers for nothing that is detected from now on.
    pub(crate) fn is_gone(&self, fund: &Fund, member: &Member) -> bool {
        let over = member.notice.is_some_and(|notice| notice.until <= self.now());
        over && self.is_flat(fund, member)
    }

    /// Whether `account` holds legs in markets of `domain`.
    pub(super) fn holds_in(&self, domain: DomainId, account: AccountId) -> bool {
        let legs = &self.markets.position(account).legs;
        let of = |market| self.markets.market(market).is_some_and(|of| of.spec.domain == domain);
        legs.iter().any(|leg| of(leg.market))
    }

    pub(super) fn is_flat(&self, fund: &Fund, member: &Member) -> bool {
        let his = |account: &AccountId| {
            let found = fund.members.get(account);
            found.is_some_and(|found| found.owner == member.owner)
        };
        !self.accounts_of(member.owner).any(|account| self.holds_in(fund.spec.domain, account))
            && !fund.clients.values().any(|client| his(&client.member))
    }

    /// The member who answers for `account`, with the account that contributes.
    #[must_use]
    pub fn clearing_member<'a>(
        &self,
        fund: &'a Fund,
        account: AccountId,
    ) -> Option<(AccountId, &'a Member)> {
        if let Some(client) = fund.clients.get(&account) {
            return Some((client.member, fund.members.get(&client.member)?));
        }
        fund.member_of(self.accounts.account(account)?.owner)
    }

    /// Whether `account` may take on more risk in `domain`, as far as its clearing fund says.
    ///
    /// # Errors
    ///
    /// What bars it.
    pub fn may_open_risk(&self, domain: DomainId, account: AccountId) -> Result<(), Bar> {
        let Some((_, fund)) = self.clearing.in_domain(domain) else { return Ok(()) };
        let (member, of) = self.clearing_member(fund, account).ok_or(Bar::NotCleared)?;
        if of.failed.is_some() {
            return Err(Bar::MemberFailed { member });
        }
        if of.notice.is_some() {
            return Err(Bar::MemberLeaves { member });
        }
        match of.due {
            Some(due) => {
                let missing = of.required.less_or_zero(self.contributed(fund, member));
                Err(Bar::ContributionDue { member, missing, due })
            }
            None => Ok(()),
        }
    }

    /// Whether `account` may make a trade that does not only reduce: what opens risk, or what
    /// hedges a client whose member is in default, so that the worst scenario costs it less.
    pub(crate) fn may_trade(&self, account: AccountId, trade: &Trade) -> Result<(), Bar> {
        let barred = self.may_open_risk(trade.domain, account);
        let Err(bar @ Bar::MemberFailed { .. }) = barred else { return barred };
        let found = self.clearing.in_domain(trade.domain);
        let fund = found.map(|(_, fund)| fund).filter(|of| of.clients.contains_key(&account));
        let Some(fund) = fund else { return Err(bar) };
        let shocks: Vec<Shock> = fund.spec.scenarios.iter().map(Scenario::shock).collect();
        match margin::worst_before_and_after(self, account, trade, &shocks) {
            Some((before, after)) if after > before => Ok(()),
            _ => Err(bar),
        }
    }

    /// Whether `account` may stake in `layer`: in a clearing fund only members that stand.
    pub(crate) fn may_contribute(&self, layer: LayerId, account: AccountId) -> bool {
        self.clearing.of_layer(layer).is_none_or(|(_, fund)| {
            fund.members.get(&account).is_some_and(|member| member.failed.is_none())
        })
    }

    /// What `account` may ask for of its stake in `layer`, where it contributes to a clearing fund
    /// and answers for its losses; nothing where it is in default and a client still names it.
    pub(crate) fn may_leave_fund(&self, layer: LayerId, account: AccountId) -> Option<Amount> {
        let (_, fund) = self.clearing.of_layer(layer)?;
        let member = fund.members.get(&account)?;
        let names = fund.clients.values().any(|client| client.member == account);
        if member.failed.is_some() && names {
            return Some(Amount::ZERO);
        }
        if !self.is_liable(fund, member) {
            return None;
        }
        Some(self.contributed(fund, account).less_or_zero(member.required))
    }

    /// The contribution that pays for the loss of a client before anybody else's: his member's, by
    /// layer and account.
    pub(crate) fn guarantor(&self, loss: LossId) -> Option<(LayerId, AccountId)> {
        let found = self.losses.loss(loss)?;
        let (_, fund) = self.clearing.in_domain(found.domain)?;
        let client = fund.clients.get(&found.failed?)?;
        Some((fund.spec.layer, client.member))
    }

    /// The domain that a command is about, if it is about one.
    pub(crate) fn domain_of_clearing(&self, command: &Command) -> Option<DomainId> {
        let (Command::Join { fund, .. }
        | Command::Leave { fund, .. }
        | Command::Size { fund }
        | Command::Clear { fund, .. }
        | Command::Release { fund, .. }
        | Command::Port { fund, .. }
        | Command::Auction { fund, .. }
        | Command::Bid { fund, .. }) = command
        else {
            return None;
        };
        self.clearing.fund(*fund).map(|found| found.spec.domain)
    }
}
