//! Events of what stands outside the venue's own market: reports of sources, prices and sales of
//! collateral.

use rhodian_core::oracle::{Kind, Value};
use rhodian_core::units::{Amount, Price};

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{At, DecimalText};
use crate::venue_file::model::{Feed, FeedReport, Sale, Subject, What};
use crate::venue_file::{collateral, markets};

/// The highest volatility that a report can say: a thousand percent.
const MOST_VOLATILITY: u32 = 10_000_000;

impl Reader<'_> {
    fn feed(&self) -> Result<usize, Diagnostic> {
        let at = self.need("feed", &self.shape.feed)?;
        let feeds = self.known.feeds;
        feeds.iter().position(|feed| feed.spec.name.as_str() == at.value).ok_or_else(|| {
            let names: Vec<&str> = feeds.iter().map(|feed| feed.spec.name.as_str()).collect();
            unknown(self.words, at, "feed", &names)
        })
    }

    /// What a source says.
    pub(super) fn feed_report(&self) -> Result<What, Diagnostic> {
        let shape = self.shape;
        let feed = self.feed()?;
        let of = &self.known.feeds[feed];
        let at = self.need("source", &shape.source)?;
        let mut found = of.spec.sources.iter().map(|known| known.source.index());
        let name = |place: usize| self.known.sources.get(place).map_or("", |name| name.as_str());
        let source = found.clone().find(|place| name(*place) == at.value).ok_or_else(|| {
            let names: Vec<&str> = found.by_ref().map(name).collect();
            unknown(self.words, at, "source", &names)
        })?;
        let value = self.value(of, self.need("value", &shape.value)?, "value")?;
        let confidence = shape.confidence.as_ref();
        let confidence = confidence.map(|at| self.value(of, at, "confidence")).transpose()?;
        let time = shape.since.as_ref().map(|at| self.when(at, "since")).transpose()?;
        let (confidence, number) = (confidence.unwrap_or_default(), self.number()?);
        Ok(What::Report(FeedReport { feed, source, value, confidence, time, number }))
    }

    /// A value of a feed, in the unit of its kind; only a price and a volatility may not be zero.
    fn value(&self, of: &Feed, at: &At<DecimalText>, key: &str) -> Result<Value, Diagnostic> {
        let words = self.words;
        let zero = || Ok(words.text(at, key, "0")?.trim_matches(['0', '.']).is_empty());
        let units = match (of.spec.kind, of.of) {
            (Kind::Volatility, _) => u64::from(words.percent(at, key, "", MOST_VOLATILITY)?),
            _ if zero()? => 0,
            (_, Subject::Collateral(place)) => {
                let tick = self.known.collaterals[place].tick;
                collateral::price(words, tick, at, key)?.ticks()
            }
            (Kind::Price, Subject::Market(place)) => {
                markets::price(words, &self.known.markets[place].grid, at, key)?.ticks()
            }
            (Kind::Depth, Subject::Market(place)) => {
                markets::size(words, &self.known.markets[place].grid, at, key)?.size()
            }
        };
        // Prices and sizes are within the bound of values.
        Ok(Value::new(units).unwrap_or_default())
    }

    pub(super) fn mark_from_feeds(&self) -> Result<What, Diagnostic> {
        let (at, of) = match (&self.shape.market, &self.shape.asset) {
            (None, None) => return Ok(What::MarkFromFeeds { of: None }),
            (Some(at), _) => (at, Subject::Market(self.market()?)),
            (None, Some(at)) => (at, Subject::Collateral(self.collateral()?)),
        };
        if !self.known.feeds.iter().any(|feed| feed.of == of && feed.marks()) {
            let message = format!("\"{}\" has no feed of its price", at.value);
            let help = "add [[feed]] that speaks of it, or mark it by an event.";
            let (code, allowed) = match of {
                Subject::Market(_) => ("market-no-feed", "a market with a feed"),
                Subject::Collateral(_) => ("asset-no-feed", "a collateral with a feed"),
            };
            return Err(self.words.refuse(code, message, help, &at.place, allowed));
        }
        Ok(What::MarkFromFeeds { of: Some(of) })
    }

    pub(super) fn price_error(&self) -> Result<What, Diagnostic> {
        let (since, until) = (&self.shape.since, &self.shape.until);
        let from = self.when(self.need("since", since)?, "since")?;
        let to = self.when(self.need("until", until)?, "until")?;
        Ok(What::DeclarePriceError { feed: self.feed()?, from, to })
    }

    pub(super) fn collateral(&self) -> Result<usize, Diagnostic> {
        collateral::named(
            self.words,
            self.need("asset", &self.shape.asset)?,
            self.known.collaterals,
        )
    }

    pub(super) fn mark_collateral(&self) -> Result<What, Diagnostic> {
        let collateral = self.collateral()?;
        let tick = self.known.collaterals[collateral].tick;
        let price: Price =
            collateral::price(self.words, tick, self.need("price", &self.shape.price)?, "price")?;
        Ok(What::MarkCollateral { collateral, price })
    }

    pub(super) fn conversion(&self) -> Result<What, Diagnostic> {
        let (account, from) = (&self.shape.account, &self.shape.from);
        let (account, from) = (self.text("account", account)?, self.text("from", from)?);
        let collateral = self.collateral()?;
        let (_, amount): (usize, Amount) = self.money()?;
        Ok(What::ConvertCollateral { from, account, collateral, amount })
    }

    pub(super) fn sale(&self) -> Result<What, Diagnostic> {
        let shape = self.shape;
        let collateral = self.collateral()?;
        let (_, amount): (usize, Amount) = self.money()?;
        let proceeds = self.need("proceeds", &shape.proceeds)?;
        let buyer = shape.account.as_ref().map(|at| self.words.name(at, "account")).transpose()?;
        Ok(What::SellCollateral(Sale {
            loss: self.text("loss", &shape.loss)?,
            collateral,
            amount,
            proceeds: self.words.amount(proceeds, "proceeds", 0)?,
            buyer: buyer.map(|name| name.as_str().to_owned()),
        }))
    }
}
