//! Issuances in a run: what is said and asked, what is counted, and refusals in money.

use rhodian_core::domain::Command as DomainCommand;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{IssuanceId, Time};
use rhodian_core::issuance::{Command, Event, Ladder, Rejection};
use rhodian_core::units::Amount;
use rhodian_report::names::{MoneyOf, Names as _, StateNames};

use super::commands::{GOVERNANCE, NoSuch, Words};
use super::driver::Driver;
use super::figures::Figures;
use super::open::{at, pay_in};
use super::refusal::In;
use crate::diagnostic::Diagnostic;
use crate::venue_file::VenueFile;
use crate::venue_file::issuance::Issue;

/// The tokens: assets after those that are collateral.
pub(super) fn tokens(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for of in &file.issuances {
        let (name, decimals) = (of.token.name.clone(), of.token.decimals);
        let add = DomainCommand::AddAsset { name, decimals };
        driver.must(Actor::VENUE, Action::Domain(add), &at(&of.place))?;
    }
    Ok(())
}

/// Issuances, who holds tokens, and limits of depletion.
pub(super) fn open(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for of in &file.issuances {
        let (origin, spec) = (at(&of.place), of.spec.clone());
        let token = spec.token;
        driver.must(
            GOVERNANCE,
            Action::Issuance(Command::Specify { spec: Box::new(spec) }),
            &origin,
        )?;
        for (account, amount) in &of.holders {
            let known = driver.words().account(account);
            known.map_err(|none| driver.nothing(&none, &origin))?;
            pay_in(driver, account, (token, *amount), &origin)?;
        }
    }
    for of in &file.depletions {
        let limit = Command::Limit { layer: of.layer, depletion: Some(of.depletion) };
        driver.must(GOVERNANCE, Action::Issuance(limit), &at(&of.place))?;
    }
    Ok(())
}

impl Words<'_> {
    /// The issuance of the layer that is named, or the first.
    fn issuance(&self, layer: Option<&String>) -> Result<IssuanceId, NoSuch> {
        let Some(name) = layer else { return Ok(IssuanceId(0)) };
        let found = self.state.issuances.of_layer(self.layer(name)?);
        let what = "issuance";
        found.map(|(id, _)| id).ok_or_else(|| NoSuch { what, name: name.clone() })
    }

    /// The command that an event of an issuance stands for.
    pub(super) fn issue(&self, issue: &Issue) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let any = |most: Option<Amount>| most.unwrap_or(Amount::MAX);
        let command = match issue {
            Issue::Take { layer, loss, account, lots, most } => {
                let (account, loss) = (self.account(account)?, self.loss(loss)?);
                Command::Take {
                    issuance: self.issuance(layer.as_ref())?,
                    loss,
                    account,
                    number: self.next_number(account),
                    lots: *lots,
                    most: any(*most),
                }
            }
            Issue::Sell { layer, account, lots, most } => {
                let account = self.account(account)?;
                Command::SellBack {
                    issuance: self.issuance(layer.as_ref())?,
                    account,
                    number: self.next_number(account),
                    lots: *lots,
                    most: any(*most),
                }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Issuance(command))])
    }
}

/// When a round that began at `since` is over.
fn round_end(ladder: &Ladder, since: Time) -> Option<Time> {
    let length = ladder.length().and_then(|length| u64::try_from(length).ok());
    length.map(|length| since.after(length))
}

impl Driver<'_> {
    /// When a round of an auction is over, and, while the file goes on, one of buying back.
    pub(super) fn rounds_end(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        self.state.issuances.issuances().flat_map(move |(_, of)| {
            let open = of.auctions.values().filter(|auction| auction.end.is_none());
            let rounds = open.filter_map(|auction| round_end(&of.spec.ladder, auction.since));
            let back = of.buying.zip(of.spec.buyback);
            let back = back.and_then(|(since, back)| round_end(&back.ladder, since));
            rounds.chain(back.filter(|at| *at <= end)).collect::<Vec<_>>()
        })
    }
}

impl Figures {
    pub(super) fn of_issuance(&mut self, event: &Event) {
        match event {
            Event::Opened { .. } => self.counted("auctions of new tokens"),
            Event::Restarted { .. } => self.counted("auctions begun anew"),
            Event::Sold { .. } => self.counted("takes of new tokens"),
            Event::BoughtBack { .. } => self.counted("tokens bought back"),
            Event::Specified { .. }
            | Event::Counted { .. }
            | Event::Limited { .. }
            | Event::BuybackOpened { .. }
            | Event::BuybackRestarted { .. }
            | Event::BuybackClosed { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of an issuance.
    pub(super) fn issuance(&self, rejection: &Rejection) -> Option<String> {
        use Rejection as I;
        let money =
            |asset, amount| StateNames(self.state).money_with_unit(MoneyOf::Asset(asset), amount);
        Some(match rejection {
            I::NoAuction { .. } => "no new tokens are for sale for the loss now".to_owned(),
            I::NoBuyback { .. } => "nothing is bought back now".to_owned(),
            I::LossKnown { layer } => format!(
                "a loss that may draw on {} is known: its terms stay",
                self.layer_name(*layer)
            ),
            I::NotAnIssuance { layer } => {
                format!("{} is not of kind issuance", self.layer_name(*layer))
            }
            I::NotAFund { layer } => {
                format!("{} is no pot without stakes", self.layer_name(*layer))
            }
            I::FundNotBefore { layer, domain } => format!(
                "the steps of {} name the tokens before {}",
                self.domain_name(*domain),
                self.layer_name(*layer)
            ),
            I::PriceAbove { asset, price, most } => {
                let (price, most) = (money(*asset, *price), money(*asset, *most));
                format!("a lot costs {price} now, at most {most} is given")
            }
            I::BelowAtom { asset, left, price } => {
                let (left, price) = (money(*asset, *left), money(*asset, *price));
                format!("{left} is left: less than an atom of the token at {price} a lot")
            }
            I::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
