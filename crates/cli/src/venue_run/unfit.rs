//! Why a feed does not serve, in the words of the file.

use rhodian_core::ids::{MarketId, SourceId};
use rhodian_core::oracle::{Kind, SureProfit, Unfit, Value, Why};
use rhodian_core::units::Price;
use rhodian_report::money::percent_of_millionths;
use rhodian_report::run::clock;
use rhodian_report::safe::printable;

use super::feed_figures::quality;
use super::refusal::In;
use crate::venue_file::model::{Feed, Subject};

impl In<'_> {
    /// A value that is not good enough, and why.
    pub(super) fn unfit(&self, name: &str, unfit: &Unfit) -> Option<String> {
        let Unfit::Quality { feed, purpose, needed, found, reasons } = unfit else { return None };
        let of = self.file.feeds.get(feed.index())?;
        let (needed, found) = (quality(*needed), quality(*found));
        let purpose = crate::run::summary::kebab(purpose);
        let why: Vec<String> = reasons.iter().map(|why| self.why(of, why)).collect();
        Some(format!(
            "{}: \"{}\" is of quality {found}, to {purpose} needs {needed}: {}",
            name,
            printable(of.spec.name.as_str()),
            why.join("; ")
        ))
    }

    /// A reason in names and decimals.
    fn why(&self, of: &Feed, why: &Why) -> String {
        let name = |source: &SourceId| {
            let name = self.file.sources.get(source.index());
            printable(name.map_or("", |name| name.as_str()))
        };
        let value = |value: &Value| match (of.spec.kind, of.of) {
            (Kind::Price, of) => self.file.price_text(of, value.price()),
            (Kind::Depth, Subject::Market(place)) => {
                self.file.markets[place].grid.size_text(value.units())
            }
            _ => percent_of_millionths(i64::try_from(value.units()).unwrap_or(i64::MAX))
                .replace('+', ""),
        };
        match why {
            Why::Silent { source } => format!("{} has not reported", name(source)),
            Why::Stale { source, age, max } => {
                format!("{} is {age} ms old, at most {max}", name(source))
            }
            Why::Stuck { source, .. } => format!("{} says the same for too long", name(source)),
            Why::LowConfidence { source, value: says, confidence } => {
                let (says, confidence) = (value(says), value(confidence));
                format!("{} says {says} give or take {confidence}", name(source))
            }
            Why::Outlier { source, value: says, median } => {
                let (says, median) = (value(says), value(median));
                format!("{} says {says}, far from the median {median}", name(source))
            }
            Why::SingleSource { source } => {
                format!("{} alone outweighs the others", name(source))
            }
            Why::Divergent { low, high } => {
                format!("the sources lie from {} to {}", value(low), value(high))
            }
            Why::StepLimited { effective, target } => {
                format!("the value walks from {} to {}", value(effective), value(target))
            }
            Why::Jump { effective, target } => {
                format!("{} is a jump from {}", value(target), value(effective))
            }
            Why::Arbitrage { underlying, profit } => self.sure_profit(*underlying, profit),
            other => other.to_string(),
        }
    }

    /// Which options leave a sure profit, in names and decimals.
    fn sure_profit(&self, underlying: MarketId, profit: &SureProfit) -> String {
        let of = Subject::Market(underlying.index());
        let strike = |strike: Price| self.file.price_text(of, strike);
        let what = profit.told(&strike, &|expiry| clock(expiry.0));
        format!("options on \"{}\" leave a sure profit: {what}", self.market_name(underlying))
    }
}
