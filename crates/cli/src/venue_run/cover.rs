//! Cover pools in a run: what is counted, and refusals in money.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AccountId, CoverId, RiskId, Time};
use rhodian_core::pools::cover::{Command, Cover, Event, Lost, Rejection};
use rhodian_core::units::Amount;
use rhodian_report::names::{Names as _, StateNames};

use super::commands::{NoSuch, Words, dense};
use super::figures::Figures;
use super::refusal::In;
use crate::loss_file::words::written_duration;
use crate::venue_file::cover::Insure;
use crate::venue_file::model::What;

impl Words<'_> {
    /// The command that an event of a cover pool stands for.
    pub(super) fn insure(&self, insure: &Insure) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let of = |name: &str| {
            let account = self.account(name)?;
            Ok((account, self.next_number(account)))
        };
        let command = match insure {
            Insure::Buy { risk, account, amount, period, most } => {
                let (account, number) = of(account)?;
                let (risk, amount, period) = (dense(*risk, RiskId), *amount, *period);
                let max_premium = most.unwrap_or(Amount::MAX);
                Command::Buy { risk, account, number, amount, period, max_premium }
            }
            Insure::Report { risk, cause, since, lost, evidence, .. } => {
                let risk = dense(*risk, RiskId);
                let pool = self.state.covers.pool_of(risk);
                let domain = pool.map_or(0, |(_, pool)| pool.spec.domain.index());
                let happened = since.map_or(self.state.now(), Time);
                let losses = self.lost(risk, happened, lost)?;
                let (number, cause) = (self.next_report(domain), cause.clone());
                let evidence = *evidence;
                Command::Report {
                    risk,
                    number,
                    cause,
                    evidence: Box::new(evidence),
                    happened,
                    losses,
                }
            }
            Insure::Vote { loss, account, accept } => {
                let ((account, number), loss) = (of(account)?, self.loss(loss)?);
                Command::Vote { loss, account, number, accept: *accept }
            }
            Insure::Trigger { risk, account, .. } => {
                let (account, number) = of(account)?;
                Command::Trigger { risk: dense(*risk, RiskId), account, number }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Cover(command))])
    }

    /// The covers that what accounts lost is claimed of: each account's that ran then, the oldest
    /// first, as far as each goes; what is beyond them all is of the last.
    fn lost(
        &self,
        risk: RiskId,
        happened: Time,
        lost: &[(String, Amount)],
    ) -> Result<Vec<Lost>, NoSuch> {
        let mut losses = Vec::with_capacity(lost.len());
        for (name, amount) in lost {
            let account = self.account(name)?;
            let covers = self.covers_of(account, risk, happened);
            let Some(((last, _), before)) = covers.split_last() else {
                let what = "cover";
                return Err(NoSuch { what, name: name.clone() });
            };
            let mut left = *amount;
            for (cover, unclaimed) in before {
                let amount = left.min(*unclaimed);
                left = left.less_or_zero(amount);
                losses.push(Lost { cover: *cover, amount });
            }
            losses.push(Lost { cover: *last, amount: left });
        }
        losses.retain(|lost| !lost.amount.is_zero());
        Ok(losses)
    }

    /// The place of the domain that an event reports a loss in, under its next number.
    pub(super) fn reports_in(&self, what: &What) -> Option<usize> {
        match what {
            What::ReportLoss(report) => Some(report.domain),
            What::DeclareDefault { domain, .. } => Some(*domain),
            What::Insure(Insure::Report { risk, .. }) => {
                let (_, pool) = self.state.covers.pool_of(dense(*risk, RiskId))?;
                Some(pool.spec.domain.index())
            }
            _ => None,
        }
    }

    fn covers_of(&self, account: AccountId, risk: RiskId, at: Time) -> Vec<(CoverId, Amount)> {
        let covers = self.state.covers.covers();
        let his = covers.filter(|(_, cover)| cover.account == account && cover.risk == risk);
        let his: Vec<(CoverId, &Cover)> = his.collect();
        let ran: Vec<_> = his.iter().filter(|(_, cover)| cover.covers(at)).collect();
        // Of one that did not run then the engine says so.
        let of = if ran.is_empty() { his.last().into_iter().collect() } else { ran };
        of.into_iter().map(|(id, of)| (*id, of.unclaimed())).collect()
    }
}

impl Figures {
    pub(super) fn of_cover(&mut self, event: &Event) {
        match event {
            Event::Bought { .. } => self.counted("covers bought"),
            Event::Ended { .. } => self.counted("covers that ended"),
            Event::Reported { .. } => self.counted("incidents"),
            Event::Voted { .. } => self.counted("votes"),
            Event::Paid { rows, .. } => rows.iter().for_each(|_| self.counted("claims paid")),
            Event::Opened { .. }
            | Event::RiskAdded { .. }
            | Event::RiskSet { .. }
            | Event::Earned { .. }
            | Event::Lapsed { .. }
            | Event::Triggered { .. }
            | Event::Tallied { .. }
            | Event::Owed { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of a cover pool, whose amounts are of the settled asset.
    pub(super) fn cover(&self, rejection: &Rejection) -> Option<String> {
        use Rejection as C;
        let money = |amount: &Amount| self.money(amount);
        Some(match rejection {
            C::BelowLeastCover { amount, least } => {
                format!("a cover of {}, allowed: {} and more", money(amount), money(least))
            }
            C::DomainOwes { owed } => {
                format!("the pool's domain owes {}: it covers again when that is paid", money(owed))
            }
            C::ExitQueueAboveLimit { queue } => self.exits(queue),
            C::AboveCapacity { asked, room } => format!(
                "a cover of {}, what stands behind the pool covers {} more",
                money(asked),
                money(room)
            ),
            C::AboveConcentration { asked, room } => format!(
                "a cover of {}, the pool covers {} more of the risk",
                money(asked),
                money(room)
            ),
            C::PremiumAboveMost { premium, max } => {
                format!("the cover costs {}, the most is {}", money(premium), money(max))
            }
            C::OwnClaim { account, .. } => {
                let name = StateNames(self.state).account(*account);
                format!("{name} has a claim there: nobody votes on his own")
            }
            C::NotCovered { cover, .. } => {
                let found = self.state.covers.cover(*cover);
                let name = found.map(|of| StateNames(self.state).account(of.account));
                format!(
                    "the cover of {} did not run then, or it is too late to claim",
                    name.unwrap_or_default()
                )
            }
            C::NotStaked { account } => {
                let name = StateNames(self.state).account(*account);
                format!("{name} has no stake behind the pool")
            }
            C::Period { shortest, longest, .. } => format!(
                "the period is not what the pool covers: more than {}, which a cover waits for, up \
                 to {}",
                written_duration(*shortest),
                written_duration(*longest)
            ),
            C::NoTrigger { risk } => {
                format!("{} has no trigger: report the loss", StateNames(self.state).risk(*risk))
            }
            C::IncidentOpen { risk, .. } => {
                format!("an incident of {} is on its way", StateNames(self.state).risk(*risk))
            }
            C::NoMean { feed } => format!(
                "{} has no mean of settlement quality over the whole window of the trigger",
                StateNames(self.state).feed(*feed)
            ),
            C::NotBelow { feed, mean, below } => {
                let (mean, below) = (self.said_price(*feed, *mean), self.said_price(*feed, *below));
                format!("the mean over the window is {mean}, and the trigger is below {below}")
            }
            C::PriceLow { feed, price, below } => {
                let (price, below) =
                    (self.said_price(*feed, *price), self.said_price(*feed, *below));
                format!("it stands at {price}, and the trigger is below {below}: too late to buy")
            }
            C::CoverTwice { cover } => match self.state.covers.cover(*cover) {
                Some(of) => {
                    format!("{} stands there twice", StateNames(self.state).account(of.account))
                }
                None => return None,
            },
            C::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
