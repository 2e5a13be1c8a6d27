//! Risk figures, pay and tables of fees of a venue file, and what is asked of them.

use rhodian_core::bounds::MAX_PENDING;
use rhodian_core::ids::{DomainId, LayerId, MarketId, Name, Time};
use rhodian_core::incentive::{
    FeeTable, Figure, FirstLoss, FundFees, HouseFees, MAX_PREMIUM_PERIOD, MIN_PREMIUM_PERIOD,
    Measured, PayTerms, PremiumTerms, TrancheFees,
};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::YEAR;
use rhodian_core::units::Amount;

use super::liquidation;
use super::markets;
use super::model::{Domain, Market};
use super::shape::{
    FeesShape, FigureShape, FileShape, FirstLossShape, PartShape, PayShape, PremiumShape,
};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// The longest that a figure may serve, and how long where nothing is said.
pub const SERVES: u64 = 365 * DAY;
/// The largest load, in millionths.
const MAX_LOAD: u32 = 9 * RATE_UNIT;
/// The largest factor of a first loss, in millionths.
const MAX_FACTOR: u64 = 100 * RATE_UNIT as u64;

/// What of incentives stands at the beginning; layers, domains and markets by their places.
#[derive(Clone, Debug, Default)]
pub struct Incentives {
    /// What was measured.
    pub figures: Vec<(Measured, Place)>,
    /// How stakers are paid, with what is in their pots.
    pub pays: Vec<(LayerId, PayTerms, Amount, Place)>,
    /// Where fees go.
    pub tables: Vec<(DomainId, FeeTable, Place)>,
    /// What holders of lots pay.
    pub premia: Vec<(MarketId, PremiumTerms, Place)>,
}

/// What an event asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Pay {
    /// Money comes into a pot of pay.
    Fund { layer: String, amount: Amount },
    /// Pay ends, and what is left of its pot goes to fees.
    End { layer: String },
    /// The house takes money of its own out.
    TakeOut { layer: String, amount: Amount },
    /// A risk figure is measured anew.
    Measure { of: Of, source: Name, serves: u64 },
}

/// What is measured; domains and markets by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// What a layer loses in a year, in millionths.
    Layer(String, u32),
    /// What a domain loses in a year.
    Domain(usize, Amount),
    /// What a market brings of it, in millionths.
    Market(usize, u32),
}

/// Reads all of it.
pub fn read(
    words: &Words<'_>,
    shape: &FileShape,
    (domains, known): (&[Domain], &[Market]),
) -> Result<Incentives, Diagnostic> {
    let reader = Reader { words, domains, markets: known };
    let figures = shape.figure.iter().map(|at| Ok((reader.figure(at)?, at.place.clone())));
    let pays = shape.pay.iter().map(|at| reader.pay(at));
    let tables = shape.fees.iter().map(|at| reader.table(at));
    let premia = shape.premium.iter().map(|at| reader.premium(at));
    Ok(Incentives {
        figures: figures.collect::<Result<_, Diagnostic>>()?,
        pays: pays.collect::<Result<_, _>>()?,
        tables: tables.collect::<Result<_, _>>()?,
        premia: premia.collect::<Result<_, _>>()?,
    })
}

fn dense<T>(place: usize, make: fn(u32) -> T) -> T {
    make(u32::try_from(place).unwrap_or(u32::MAX))
}

struct Reader<'a> {
    words: &'a Words<'a>,
    domains: &'a [Domain],
    markets: &'a [Market],
}

impl Reader<'_> {
    fn layer(&self, at: &At<String>) -> Result<LayerId, Diagnostic> {
        let layers = || liquidation::layers_of(self.domains);
        let place = layers().position(|layer| layer.name.as_str() == at.value);
        let names: Vec<&str> = layers().map(|layer| layer.name.as_str()).collect();
        let place = place.ok_or_else(|| unknown(self.words, at, "layer", &names))?;
        Ok(dense(place, LayerId))
    }

    fn domain(&self, at: Option<&At<String>>, place: &Place) -> Result<usize, Diagnostic> {
        let names = self.domains.iter().map(|domain| domain.name.as_str().to_owned());
        markets::domain(self.words, at, &names.collect::<Vec<_>>(), place)
    }

    fn figure(&self, at: &At<FigureShape>) -> Result<Measured, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let part = || match &shape.part {
            Some(part) => words.percent(part, "part", "", RATE_UNIT),
            None => Err(self.lacks("part", &at.place)),
        };
        let figure = match (&shape.layer, &shape.domain, &shape.market) {
            (Some(layer), None, None) => {
                Figure::LayerLoss { layer: self.layer(layer)?, rate: part()? }
            }
            (None, Some(domain), None) => {
                let amount =
                    shape.amount.as_ref().ok_or_else(|| self.lacks("amount", &at.place))?;
                let domain = self.domain(Some(domain), &at.place)?;
                let amount = words.amount(amount, "amount", 0)?;
                Figure::DomainLoss { domain: dense(domain, DomainId), amount }
            }
            (None, None, Some(market)) => {
                let market = super::events::market_of(words, self.markets, market)?;
                Figure::MarketShare { market: dense(market, MarketId), share: part()? }
            }
            _ => {
                let message = "a figure is about one thing";
                let help = "name a layer, a domain or a market, and one of them.";
                let allowed = "layer with part, domain with amount, or market with part";
                return Err(words.refuse("figure-of-what", message, help, &at.place, allowed));
            }
        };
        let serves = match &shape.serves {
            Some(at) => words.duration(at, "serves", (1, SERVES))?,
            None => SERVES,
        };
        let source = words.name(&shape.source, "source")?;
        Ok(Measured { figure, source, at: Time(0), until: Time(serves) })
    }

    fn lacks(&self, key: &str, place: &Place) -> Diagnostic {
        let message = format!("the figure has no {key}");
        let help = format!("write how much is expected to be lost: {key}.");
        self.words.refuse(format!("figure-missing-{key}"), message, help, place, key)
    }

    fn pay(&self, at: &At<PayShape>) -> Result<(LayerId, PayTerms, Amount, Place), Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let load = shape.load.as_ref().map(|at| words.percent(at, "load", "", MAX_LOAD));
        let terms = PayTerms {
            target: words.amount(&shape.target, "target", 1)?,
            most: words.amount_or(&shape.most, "most", Amount::ZERO)?,
            load: load.transpose()?.unwrap_or(0),
        };
        let pot = words.amount_or(&shape.pot, "pot", Amount::ZERO)?;
        Ok((self.layer(&shape.layer)?, terms, pot, at.place.clone()))
    }

    fn premium(
        &self,
        at: &At<PremiumShape>,
    ) -> Result<(MarketId, PremiumTerms, Place), Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let market = super::events::market_of(words, self.markets, &shape.market)?;
        let load = shape.load.as_ref().map(|at| words.percent(at, "load", "", MAX_LOAD));
        let periods = (MIN_PREMIUM_PERIOD, MAX_PREMIUM_PERIOD);
        let terms = PremiumTerms {
            period: words.length_or(&shape.period, "period", 8 * HOUR, periods)?,
            load: load.transpose()?.unwrap_or(0),
            most: words.percent(&shape.most, "most", "", RATE_UNIT / 10)?,
        };
        Ok((dense(market, MarketId), terms, at.place.clone()))
    }

    fn table(&self, at: &At<FeesShape>) -> Result<(DomainId, FeeTable, Place), Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let domain = self.domain(shape.domain.as_ref(), &at.place)?;
        let first_loss = shape.first_loss.as_ref().map(|at| self.first_loss(&at.value));
        let funds = shape.fund.iter().map(|at| {
            Ok::<_, Diagnostic>(FundFees {
                layer: self.layer(&at.value.layer)?,
                target: words.amount(&at.value.target, "target", 0)?,
                part: words.percent(&at.value.part, "part", "", RATE_UNIT)?,
            })
        });
        let tranches = shape.tranche.iter().map(|at| {
            let (layer, part) = self.part(&at.value)?;
            Ok::<_, Diagnostic>(TrancheFees { layer, part })
        });
        let house = shape.house.as_ref().map(|at| {
            let (layer, part) = self.part(&at.value)?;
            Ok::<_, Diagnostic>(HouseFees { layer, part })
        });
        let table = FeeTable {
            period: words.length_or(&shape.period, "period", DAY, (1, MAX_PENDING))?,
            ahead: words.length_or(&shape.ahead, "ahead", 30 * DAY, (1, YEAR))?,
            first_loss: first_loss.transpose()?,
            funds: funds.collect::<Result<_, _>>()?,
            tranches: tranches.collect::<Result<_, _>>()?,
            house: house.transpose()?,
        };
        Ok((dense(domain, DomainId), table, at.place.clone()))
    }

    fn part(&self, shape: &PartShape) -> Result<(LayerId, u32), Diagnostic> {
        let part = self.words.percent(&shape.part, "part", "", RATE_UNIT)?;
        Ok((self.layer(&shape.layer)?, part))
    }

    fn first_loss(&self, shape: &FirstLossShape) -> Result<FirstLoss, Diagnostic> {
        let words = self.words;
        let factor = words.factor(&shape.factor, "factor")?;
        let factor = u32::try_from(factor).ok().filter(|of| u64::from(*of) <= MAX_FACTOR);
        let factor = factor.ok_or_else(|| {
            let (message, help) = ("factor is too large", "write 100 or less.");
            words.refuse("factor-above-bound", message, help, &shape.factor.place, "0 to 100")
        })?;
        Ok(FirstLoss {
            layer: self.layer(&shape.layer)?,
            factor,
            floor: words.amount_or(&shape.floor, "floor", Amount::ZERO)?,
            gates: shape.gates,
        })
    }
}
