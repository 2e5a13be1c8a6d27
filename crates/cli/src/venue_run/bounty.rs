//! Watching in a run: what is said and asked, and refusals in money.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{DomainId, Time};
use rhodian_core::loss::{Command, Event, Losses, Rejection};

use super::commands::{GOVERNANCE, NoSuch, Words, dense};
use super::driver::Driver;
use super::figures::Figures;
use super::open::at;
use super::refusal::In;
use crate::diagnostic::Diagnostic;
use crate::venue_file::VenueFile;
use crate::venue_file::bounty::Watched;

/// What domains pay to those who watch.
pub(super) fn open(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for of in &file.bounties {
        let (domain, terms) = (dense(of.domain, DomainId), Some(of.terms));
        let set = Command::SetBounty { domain, terms };
        driver.must(GOVERNANCE, Action::Loss(set), &at(&of.place))?;
    }
    Ok(())
}

impl Words<'_> {
    /// The command that an event of watching stands for.
    pub(super) fn watch(&self, watched: &Watched) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let command = match watched {
            Watched::Notice { domain, account, evidence } => {
                let (account, domain) = (self.account(account)?, dense(*domain, DomainId));
                let (number, evidence) = (self.next_number(account), *evidence);
                Command::GiveNotice { domain, account, number, evidence }
            }
            Watched::Challenge { loss, account, evidence } => {
                let (account, loss) = (self.account(account)?, self.loss(loss)?);
                let (number, evidence) = (self.next_number(account), *evidence);
                Command::Challenge { loss, account, number, evidence }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Loss(command))])
    }
}

impl Driver<'_> {
    /// When a report, a notice or a bounty waits no longer, while the file goes on.
    pub(super) fn watching_ends(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        let reports = Losses::approvals_end(&self.state);
        reports.chain(self.state.losses.bounties().ends()).filter(move |at| *at <= end)
    }
}

impl Figures {
    /// What watching brings.
    pub(super) fn of_watching(&mut self, event: &Event) {
        match event {
            Event::LossExpired { .. } => self.counted("reports that nobody decided on"),
            Event::NoticeGiven { .. } => self.counted("notices"),
            Event::Challenged { .. } => self.counted("challenges"),
            Event::NoticeSettled { bounty, .. } | Event::ChallengeSettled { bounty, .. }
                if !bounty.is_zero() =>
            {
                self.counted("bounties paid");
            }
            _ => {}
        }
    }
}

impl In<'_> {
    /// What concerns watching.
    pub(super) fn watching(&self, rejection: &Rejection) -> Option<String> {
        let known = |account| self.name(account);
        Some(match rejection {
            Rejection::AlreadyNoticed { by } => {
                format!("{} gave notice of this event before", known(*by))
            }
            Rejection::AlreadyChallenged { by, .. } => {
                format!("{} challenges this report already", known(*by))
            }
            Rejection::OwnReport { account, .. } => {
                format!("the owner of {} reported it or gave notice of it himself", known(*account))
            }
            _ => return None,
        })
    }
}
