//! What those who stand behind losses are paid for it: risk figures that are measured outside, the
//! pay of stakers, where the fees of a domain go, and what the operator puts first.
//!
//! A layer's stakers are paid by time out of a pot of their own. What they are paid in a year
//! follows a curve that peaks where the stakes are at their target, and is never below the loss
//! that is expected of them, with a load. Who comes is paid from then on, and nobody for a time in
//! which he was not there; what is not in the pot is not earned.
//!
//! A domain's fees are divided once a period: what it owes first, then what the operator's first
//! loss lacks, what the pots of pay lack, what the funds lack of their targets. Only what all of
//! them leave is divided by parts, and only then the house gets a part.
//!
//! Who holds lots of a market pays for the losses that are expected of it, by its marginal share:
//! once a period, the same for every lot of both sides, into the fees of the domain.

mod command;
mod decide;
mod fees;
mod figure;
mod house;
mod pay;
mod premium;
mod rejection;

use alloc::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};

pub use command::{Command, Duty, Event};
pub(crate) use decide::{decide, decide_duty, next_duty as duty};
pub use fees::{FeePlan, FeeRow, FeeTable, FeeTo, Fees, FundFees, HouseFees, Shut, TrancheFees};
pub use figure::{Figure, MAX_EXPECTED, Measured, Subject};
pub use house::{FirstLoss, FirstLossGap};
pub use pay::{Pay, PayNow, PayTerms};
pub use premium::{
    MAX_PREMIUM_PERIOD, MIN_PREMIUM_PERIOD, Premium, PremiumNow, PremiumRow, PremiumTerms,
};
pub use rejection::{Flaw, Rejection};

use crate::domain::{self, RewardFrom};
use crate::ids::{DomainId, LayerId, MarketId, Time};
use crate::units::Amount;

/// The unit of parts: one million is the whole.
pub const WHOLE: u32 = 1_000_000;

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Incentives {
    figures: BTreeMap<Subject, Measured>,
    pays: BTreeMap<LayerId, Pay>,
    fees: BTreeMap<DomainId, Fees>,
    premia: BTreeMap<MarketId, Premium>,
}

impl Incentives {
    /// Every risk figure that was measured, the last of each subject.
    pub fn figures(&self) -> impl Iterator<Item = &Measured> {
        self.figures.values()
    }

    /// What was measured last of `subject`.
    #[must_use]
    pub fn measured(&self, subject: Subject) -> Option<&Measured> {
        self.figures.get(&subject)
    }

    /// Whether what was measured of `subject` serves at `now`.
    #[must_use]
    pub fn serves(&self, subject: Subject, now: Time) -> bool {
        self.measured(subject).is_some_and(|of| now < of.until)
    }

    /// What `layer` is expected to lose in a year, in millionths of what it holds.
    #[must_use]
    pub fn layer_loss(&self, layer: LayerId) -> Option<u32> {
        match self.measured(Subject::Layer(layer))?.figure {
            Figure::LayerLoss { rate, .. } => Some(rate),
            _ => None,
        }
    }

    /// What the deficits of `domain` are expected to be in a year.
    #[must_use]
    pub fn domain_loss(&self, domain: DomainId) -> Option<Amount> {
        match self.measured(Subject::Domain(domain))?.figure {
            Figure::DomainLoss { amount, .. } => Some(amount),
            _ => None,
        }
    }

    /// The marginal share of `market` in the expected shortfall of its domain, in millionths.
    #[must_use]
    pub fn market_share(&self, market: MarketId) -> Option<u32> {
        match self.measured(Subject::Market(market))?.figure {
            Figure::MarketShare { share, .. } => Some(share),
            _ => None,
        }
    }

    /// What is said of the pay of `layer`, and what it came to; nothing before anything was said.
    #[must_use]
    pub fn pay(&self, layer: LayerId) -> Option<&Pay> {
        self.pays.get(&layer)
    }

    /// The layers whose pay was ever said, in id order.
    pub fn pays(&self) -> impl Iterator<Item = (LayerId, &Pay)> {
        self.pays.iter().map(|(layer, pay)| (*layer, pay))
    }

    /// Where the fees of `domain` go; nothing where the venue gives them by hand.
    #[must_use]
    pub fn fees(&self, domain: DomainId) -> Option<&Fees> {
        self.fees.get(&domain)
    }

    /// The domains whose fees are divided by a table, in id order.
    pub fn tables(&self) -> impl Iterator<Item = (DomainId, &Fees)> {
        self.fees.iter().map(|(domain, fees)| (*domain, fees))
    }

    /// What is said of the premium of `market`, and what it came to; nothing before anything was
    /// said.
    #[must_use]
    pub fn premium(&self, market: MarketId) -> Option<&Premium> {
        self.premia.get(&market)
    }

    /// The markets of which a premium was ever said, in id order.
    pub fn premia(&self) -> impl Iterator<Item = (MarketId, &Premium)> {
        self.premia.iter().map(|(market, premium)| (*market, premium))
    }

    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match *event {
            Event::Measured { ref measured } => {
                self.figures.insert(measured.figure.subject(), measured.clone());
            }
            Event::PaySet { layer, pay } => self.pay_of(layer, now).set(pay, now),
            Event::PayFunded { layer, amount, .. } => self.pay_of(layer, now).put(amount),
            Event::Accrued { layer, rest, .. } => self.pay_of(layer, now).accrued(now, rest),
            Event::FeesSet { domain, ref table } => match table {
                Some(table) => {
                    let fees = Fees { table: (**table).clone(), divided: now };
                    self.fees.insert(domain, fees);
                }
                None => {
                    self.fees.remove(&domain);
                }
            },
            Event::FeesDivided { domain, ref rows, .. } => {
                if let Some(fees) = self.fees.get_mut(&domain) {
                    fees.divided = now;
                }
                for row in rows {
                    if let FeeTo::Pay(layer) = row.to {
                        self.pay_of(layer, now).put(row.amount);
                    }
                }
            }
            Event::PremiumSet { market, terms } => self.premium_of(market, now).set(terms, now),
            Event::PremiumCounted { market, amount, rest, .. } => {
                self.premium_of(market, now).counted(now, amount, rest);
            }
            Event::PremiumCharged { market, forgone, .. } => {
                self.premium_of(market, now).was_charged(now, forgone);
            }
            Event::PremiumPaid { market, ref rows, .. } => {
                let premium = self.premium_of(market, now);
                rows.iter().for_each(|row| premium.paid(row.amount));
            }
            Event::PayReturned { layer, amount, .. } => self.pay_of(layer, now).paid(amount),
            Event::TakenOut { .. } => {}
        }
    }

    /// Stakers of a layer got what they earned of its pot.
    pub(crate) fn evolve_domain(&mut self, event: &domain::Event) {
        if let domain::Event::Rewarded { layer, from: RewardFrom::Pay, amount, .. } = event
            && let Some(pay) = self.pays.get_mut(layer)
        {
            pay.paid(*amount);
        }
    }

    fn pay_of(&mut self, layer: LayerId, now: Time) -> &mut Pay {
        self.pays.entry(layer).or_insert_with(|| Pay::new(now))
    }

    /// Counts what fell on nobody, so that tests can see the law fire.
    #[cfg(test)]
    pub(crate) fn spoil_premium(&mut self, market: MarketId, atoms: u128) {
        if let Some(premium) = self.premia.get_mut(&market) {
            premium.forgone += atoms;
        }
    }

    fn premium_of(&mut self, market: MarketId, now: Time) -> &mut Premium {
        self.premia.entry(market).or_insert_with(|| Premium::new(now))
    }
}
