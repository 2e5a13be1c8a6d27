//! Risk figures, pay and fees in a run: what is said and asked, what is counted, and refusals in
//! money.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{DomainId, LayerId, MarketId, Time};
use rhodian_core::incentive::{Command, Event, Figure, FirstLossGap, Measured, Rejection};
use rhodian_core::ledger::Holder;

use super::commands::{ASSET, GOVERNANCE, NoSuch, Words, dense};
use super::driver::Driver;
use super::figures::Figures;
use super::open::at;
use super::refusal::In;
use crate::diagnostic::Diagnostic;
use crate::venue_file::VenueFile;
use crate::venue_file::incentive::{Of, Pay};

/// Figures first: pay and tables stand on them.
pub(super) fn open(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    let of = &file.incentives;
    for (measured, place) in &of.figures {
        let measure = Command::Measure { measured: measured.clone() };
        driver.must(GOVERNANCE, Action::Incentive(measure), &at(place))?;
    }
    for (layer, terms, pot, place) in &of.pays {
        let (layer, pay) = (*layer, Some(*terms));
        driver.must(GOVERNANCE, Action::Incentive(Command::SetPay { layer, pay }), &at(place))?;
        if !pot.is_zero() {
            let number = last_number(driver, layer) + 1;
            let fund = Command::FundPay { layer, number, amount: *pot };
            driver.must(Actor::VENUE, Action::Incentive(fund), &at(place))?;
        }
    }
    for (domain, table, place) in &of.tables {
        let (domain, table) = (*domain, Some(Box::new(table.clone())));
        driver.must(
            GOVERNANCE,
            Action::Incentive(Command::SetFees { domain, table }),
            &at(place),
        )?;
    }
    for (market, terms, place) in &of.premia {
        let (market, terms) = (*market, Some(*terms));
        let command = Command::SetPremium { market, terms };
        driver.must(GOVERNANCE, Action::Incentive(command), &at(place))?;
    }
    Ok(())
}

fn last_number(driver: &Driver<'_>, layer: LayerId) -> u64 {
    driver.state.domains.layer(layer).map_or(0, |found| found.last_number)
}

impl Words<'_> {
    /// The command that an event of pay, fees or figures stands for.
    pub(super) fn pay(&self, pay: &Pay) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let next = |layer| self.state.domains.layer(layer).map_or(0, |found| found.last_number) + 1;
        let command = match pay {
            Pay::Fund { layer, amount } => {
                let (layer, amount) = (self.layer(layer)?, *amount);
                Command::FundPay { layer, number: next(layer), amount }
            }
            Pay::TakeOut { layer, amount } => {
                let (layer, amount) = (self.layer(layer)?, *amount);
                Command::TakeOut { layer, number: next(layer), amount }
            }
            Pay::End { layer } => return Ok(self.end_pay(self.layer(layer)?)),
            Pay::Measure { of, source, serves } => {
                let figure = match of {
                    Of::Layer(layer, rate) => {
                        Figure::LayerLoss { layer: self.layer(layer)?, rate: *rate }
                    }
                    Of::Domain(domain, amount) => {
                        Figure::DomainLoss { domain: dense(*domain, DomainId), amount: *amount }
                    }
                    Of::Market(market, share) => {
                        Figure::MarketShare { market: dense(*market, MarketId), share: *share }
                    }
                };
                let (at, source) = (self.state.now(), source.clone());
                let until = at.after(*serves);
                Command::Measure { measured: Measured { figure, source, at, until } }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Incentive(command))])
    }

    /// Pay ends; what its stakers have not earned by then is returned.
    fn end_pay(&self, layer: LayerId) -> Vec<(Actor, Action)> {
        let number = self.state.domains.layer(layer).map_or(0, |found| found.last_number) + 1;
        let end = Command::SetPay { layer, pay: None };
        let mut all = vec![(GOVERNANCE, Action::Incentive(end))];
        if self.state.pay_now(layer).is_some_and(|now| !now.left.is_zero()) {
            let rest = Command::ReturnPay { layer, number };
            all.push((Actor::VENUE, Action::Incentive(rest)));
        }
        all
    }
}

impl Driver<'_> {
    /// When a period is over in which fees were booked, while the file goes on.
    pub(super) fn fees_end(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        let booked = |domain| !self.state.ledger.held(ASSET, Holder::Fees(domain)).is_zero();
        let tables = self.state.incentives.tables().filter(move |(domain, _)| booked(*domain));
        let ends = tables.map(|(_, fees)| fees.divided.after(fees.table.period));
        ends.filter(move |at| *at <= end)
    }

    /// When a premium is due, while the file goes on.
    pub(super) fn premia_end(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        let stands =
            |market| self.state.markets.market(market).is_some_and(|of| of.settlement.is_none());
        let premia = self.state.incentives.premia().filter(move |(market, _)| stands(*market));
        premia.filter_map(|(_, premium)| premium.next()).filter(move |at| *at <= end)
    }
}

impl Figures {
    pub(super) fn of_incentive(&mut self, event: &Event) {
        match event {
            Event::Measured { .. } => self.counted("risk figures"),
            Event::FeesDivided { .. } => self.counted("divisions of fees"),
            Event::TakenOut { .. } => self.counted("times the house took money out"),
            Event::PremiumCharged { .. } => self.counted("charges of premia"),
            Event::PremiumPaid { rows, .. } => {
                for row in rows {
                    self.account(row.account).fees += row.amount.atoms();
                }
            }
            Event::PayReturned { .. } => self.counted("pots of pay returned to fees"),
            Event::PaySet { .. }
            | Event::PayFunded { .. }
            | Event::Accrued { .. }
            | Event::FeesSet { .. }
            | Event::PremiumSet { .. }
            | Event::PremiumCounted { .. } => {}
        }
    }
}

impl In<'_> {
    /// The operator's first loss, against what it must hold.
    pub(super) fn first_loss(&self, gap: &FirstLossGap) -> String {
        format!(
            "the operator's first loss, {}, holds {} of {}: no fill that widens and no new loan \
             until it is full",
            self.layer_name(gap.layer),
            self.money(&gap.held),
            self.money(&gap.required)
        )
    }

    /// Of pay, fees and figures.
    pub(super) fn incentive(&self, rejection: &Rejection) -> Option<String> {
        use Rejection as I;
        Some(match rejection {
            I::AboveSurplus { layer, asked, room } => format!(
                "{} asked of {}, {} is above what it must hold",
                self.money(asked),
                self.layer_name(*layer),
                self.money(room)
            ),
            I::DomainOwes { domain, owed } => format!(
                "{} owes {}: that is paid before the house takes any",
                self.domain_name(*domain),
                self.money(owed)
            ),
            I::LossKnown { layer } => format!(
                "a loss that may draw on {} is known: its terms stay",
                self.layer_name(*layer)
            ),
            I::NotStaked { layer } => format!("{} takes no stakes", self.layer_name(*layer)),
            I::PayUnset { layer } => {
                format!("nothing says how {} is paid: add a [[pay]]", self.layer_name(*layer))
            }
            I::WrongPlace { layer } => format!(
                "{} is of another kind than its place in the table is for",
                self.layer_name(*layer)
            ),
            I::NotBehind { layer, domain } => format!(
                "the steps of {} do not name {}",
                self.domain_name(*domain),
                self.layer_name(*layer)
            ),
            I::MarketSettled { market } => {
                format!("{} has its last price", self.market_name(*market))
            }
            I::NotTheHouses { layer } => {
                format!("{} is not the house's by the tables of fees", self.layer_name(*layer))
            }
            _ => return None,
        })
    }
}
