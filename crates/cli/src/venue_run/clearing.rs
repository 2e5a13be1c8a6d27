//! Clearing funds in a run: what is opened and asked, what is counted, and refusals in money.

use rhodian_core::domain::Command as DomainCommand;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AccountId, ClearingId, Time};
use rhodian_core::pools::clearing::{Bar, Command, Event, Rejection};
use rhodian_report::names::{Names as _, StateNames};

use super::commands::{ASSET, NoSuch, Words, dense};
use super::driver::Driver;
use super::figures::Figures;
use super::open::{at, pay_in};
use super::refusal::In;
use crate::diagnostic::Diagnostic;
use crate::venue_file::VenueFile;
use crate::venue_file::clearing::{Clear, Clearing};

/// Funds, their members with what they contribute, and their clients.
pub(super) fn open(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for (place, fund) in file.clearing.iter().enumerate() {
        let (origin, spec) = (at(&fund.place), fund.spec.clone());
        driver.must(
            Actor::VENUE,
            Action::Clearing(Command::Open { spec: Box::new(spec) }),
            &origin,
        )?;
        join(driver, dense(place, ClearingId), fund)?;
    }
    Ok(())
}

fn join(driver: &mut Driver<'_>, fund: ClearingId, of: &Clearing) -> Result<(), Diagnostic> {
    let origin = at(&of.place);
    let named = |driver: &Driver<'_>, name: &str| {
        driver.words().account(name).map_err(|none| driver.nothing(&none, &origin))
    };
    for (name, amount) in &of.members {
        let account = named(driver, name)?;
        let number = driver.words().next_number(account);
        let join = Command::Join { fund, account, number };
        driver.must(Actor::VENUE, Action::Clearing(join), &origin)?;
        if !amount.is_zero() {
            // What is contributed was paid in for it.
            pay_in(driver, name, (ASSET, *amount), &origin)?;
            let (layer, amount) = (of.spec.layer, *amount);
            let number = driver.words().next_number(account);
            let stake = DomainCommand::Stake { layer, account, number, amount };
            driver.must(Actor::VENUE, Action::Domain(stake), &origin)?;
        }
    }
    for (name, member) in &of.clients {
        let (account, member) = (named(driver, name)?, named(driver, member)?);
        let clear = Command::Clear { fund, account, member };
        driver.must(Actor::VENUE, Action::Clearing(clear), &origin)?;
    }
    Ok(())
}

impl Words<'_> {
    /// The command that an event of a clearing fund stands for.
    pub(super) fn clear(&self, clear: &Clear) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let of = |name: &str| {
            let account = self.account(name)?;
            Ok((account, self.next_number(account)))
        };
        let id = |fund: &usize| dense(*fund, ClearingId);
        let command = match clear {
            Clear::Join { fund, account } => {
                let (account, number) = of(account)?;
                Command::Join { fund: id(fund), account, number }
            }
            Clear::Leave { fund, account } => {
                let (account, number) = of(account)?;
                Command::Leave { fund: id(fund), account, number }
            }
            Clear::Size { fund } => Command::Size { fund: id(fund) },
            Clear::Client { fund, account, to } => {
                let (account, member) = (self.account(account)?, self.account(to)?);
                Command::Clear { fund: id(fund), account, member }
            }
            Clear::Release { fund, account } => {
                Command::Release { fund: id(fund), account: self.account(account)? }
            }
            Clear::Port { fund, account, to } => {
                let (account, member) = (self.account(account)?, self.account(to)?);
                Command::Port { fund: id(fund), account, member }
            }
            Clear::Auction { fund, loss, most } => {
                Command::Auction { fund: id(fund), loss: self.loss(loss)?, most: *most }
            }
            Clear::Bid { fund, loss, account, asks } => {
                let ((account, number), loss) = (of(account)?, self.loss(loss)?);
                Command::Bid { fund: id(fund), loss, account, number, asks: *asks }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Clearing(command))])
    }
}

impl Driver<'_> {
    /// When a fund is sized next, a client's time to be ported or an auction is over, while the
    /// file goes on.
    pub(super) fn clearing_ends(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        let funds = self.state.clearing.funds();
        let ends = funds.flat_map(|(_, fund)| {
            let clients = fund.clients.values().filter_map(|client| client.until);
            let auctions = fund.auctions.values().filter(|auction| auction.end.is_none());
            let auctions = auctions.map(|auction| auction.until);
            let sized = fund.sized.after(fund.spec.period);
            clients.chain(auctions).chain([sized]).collect::<Vec<_>>()
        });
        ends.filter(move |at| *at <= end)
    }
}

impl Figures {
    pub(super) fn of_clearing(&mut self, event: &Event) {
        match event {
            Event::Joined { .. } => self.counted("clearing members"),
            Event::NoticeGiven { .. } => self.counted("notices"),
            Event::Sized { .. } => self.counted("sizings of a clearing fund"),
            Event::Cleared { .. } => self.counted("clients"),
            Event::Ported { .. } => self.counted("clients ported"),
            Event::ClosedOut { .. } => self.counted("clients closed out"),
            Event::AuctionEnded { .. } => self.counted("auctions among members"),
            Event::Opened { .. }
            | Event::Released { .. }
            | Event::AuctionOpened { .. }
            | Event::Bid { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of a clearing fund, whose amounts are of the settled asset.
    pub(super) fn clearing(&self, rejection: &Rejection) -> Option<String> {
        use Rejection as C;
        let name = |account: &AccountId| self.name(*account);
        Some(match rejection {
            C::UnknownMember { account } => format!("{} is no clearing member", name(account)),
            C::MemberFailed { account } => format!("{} is in default", name(account)),
            C::NoticeGiven { account } => format!("{} gave notice", name(account)),
            C::OwnerIsMember { account } => {
                format!("the owner of {} is a member and answers for himself", name(account))
            }
            C::AlreadyClient { account } => {
                format!("a member answers for the owner of {} already", name(account))
            }
            C::UnknownClient { account } => format!("{} is no client", name(account)),
            C::LossOpen { account, .. } => {
                format!("a loss of {} is open: its member answers for it", name(account))
            }
            C::HoldsLegs { account } => {
                format!("{} holds legs: port it, or let it reduce first", name(account))
            }
            C::SameMember { account, member } => {
                format!("{} answers for {} already", name(member), name(account))
            }
            C::NoBook { loss } | C::AuctionTwice { loss } | C::NoAuction { loss } => {
                let loss = StateNames(self.state).loss(*loss);
                match rejection {
                    C::NoBook { .. } => format!("{loss} has no book of legs to put up"),
                    C::AuctionTwice { .. } => format!("the book of {loss} was put up before"),
                    _ => format!("nobody may bid for the book of {loss}, or not any more"),
                }
            }
            C::AboveMost { asks, most } => format!(
                "{} asked for taking the book, the most is {}",
                self.money(asks),
                self.money(most)
            ),
            C::Account(of) => return self.account(of),
            _ => return None,
        })
    }

    /// Why the clearing fund lets an account take on no more risk.
    pub(super) fn bar(&self, account: AccountId, bar: &Bar) -> String {
        let who = self.name(account);
        match bar {
            Bar::NotCleared => format!("no clearing member answers for {who}"),
            Bar::MemberFailed { member } => {
                format!("{who} may only reduce: {} is in default", self.name(*member))
            }
            Bar::MemberLeaves { member } => {
                format!("{who} may only reduce: {} gave notice", self.name(*member))
            }
            Bar::ContributionDue { member, missing, .. } => format!(
                "{who} may only reduce: {} is to contribute {}",
                self.name(*member),
                self.money(missing)
            ),
        }
    }
}
