//! Feeds of a venue file: who reports, how reports are read, which market they mark.

use rhodian_core::ids::{DomainId, FeedId, Name, SourceId};
use rhodian_core::oracle::{
    FeedSpec, Kind, MAX_SOURCES, Needs, Params, Quality, Reference, SourceWeight,
};

use super::collateral;
use super::events::market_of;
use super::markets;
use super::model::{Collateral, Feed, Instrument, Market, Subject};
use super::shape::{FeedShape, MarketShape, NeedsShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{At, DurationText, PercentText, Written};
use crate::loss_file::words::Words;

/// The kinds of feeds by their names.
const KINDS: [&str; 3] = ["price", "depth", "volatility"];
/// The qualities that a purpose may need.
const QUALITIES: [(&str, Quality); 3] = [
    ("settlement", Quality::Settlement),
    ("liquidation", Quality::Liquidation),
    ("mark", Quality::Mark),
];
/// The largest part that a file can say: a factor of a thousand.
const MOST_PART: u32 = 1_000_000_000;
const MOST_CELLS: u32 = 10_000;
const MOST_WEIGHT: u32 = 1_000_000;

/// The feeds with the sources they name.
pub type Read = (Vec<Feed>, Vec<Name>);

/// Reads every feed.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<FeedShape>],
    (markets, collaterals): (&[Market], &[Collateral]),
    domains: &[String],
) -> Result<Read, Diagnostic> {
    let (feeds, sources) = (Vec::new(), Vec::new());
    let mut reader = Reader { words, markets, collaterals, domains, feeds, sources };
    for at in shapes {
        let feed = reader.feed(at)?;
        reader.feeds.push(feed);
    }
    Ok((reader.feeds, reader.sources))
}

/// Reads which feed of volatility each option names. It speaks of the option or of its underlying.
pub fn named(
    words: &Words<'_>,
    shapes: &[At<MarketShape>],
    markets: &mut [Market],
    feeds: &[Feed],
) -> Result<(), Diagnostic> {
    for shape in shapes {
        let Some(at) = &shape.value.volatility else { continue };
        let own = |market: &Market| market.name.as_str() == shape.value.name.value;
        let Some(place) = markets.iter().position(own) else { continue };
        let found = feeds.iter().position(|feed| feed.spec.name.as_str() == at.value);
        let found = found.ok_or_else(|| {
            let said = feeds.iter().filter(|feed| feed.spec.kind == Kind::Volatility);
            unknown(
                words,
                at,
                "feed",
                &said.map(|feed| feed.spec.name.as_str()).collect::<Vec<_>>(),
            )
        })?;
        let feed = &feeds[found];
        let of_underlying = match markets[place].instrument {
            Instrument::Option { underlying, .. } => Subject::Market(underlying),
            Instrument::Perpetual | Instrument::Future { .. } => Subject::Market(place),
        };
        let speaks = [Subject::Market(place), of_underlying].contains(&feed.of);
        if feed.spec.kind != Kind::Volatility || !speaks {
            let message = format!("feed \"{}\" says no volatility of this option", at.value);
            let help =
                "name a feed of kind \"volatility\" whose market is the option's underlying.";
            let allowed = "a volatility of its underlying";
            return Err(words.refuse("volatility-of-another", message, help, &at.place, allowed));
        }
        let attached = |other: &&Feed| {
            let of_option = other.of == Subject::Market(place) && other.attached;
            of_option && other.spec.kind == Kind::Volatility && other.spec.name != feed.spec.name
        };
        if let Some(other) = feeds.iter().find(attached) {
            let message =
                format!("the option has a volatility of its own, \"{}\"", other.spec.name);
            let help = "drop this key, or that feed.";
            return Err(words.refuse("volatility-twice", message, help, &at.place, "one feed"));
        }
        markets[place].volatility = Some(found);
    }
    Ok(())
}

struct Reader<'a> {
    words: &'a Words<'a>,
    markets: &'a [Market],
    collaterals: &'a [Collateral],
    domains: &'a [String],
    feeds: Vec<Feed>,
    sources: Vec<Name>,
}

impl Reader<'_> {
    fn feed(&mut self, at: &At<FeedShape>) -> Result<Feed, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let name = words.name(&shape.name, "name")?;
        if self.feeds.iter().any(|feed| feed.spec.name == name) {
            let message = format!("feed \"{name}\" stands twice");
            let help = "give every feed a name of its own.";
            let place = &shape.name.place;
            return Err(words.refuse("feed-twice", message, help, place, "a new name"));
        }
        let kind = match shape.kind.as_ref().map(|at| (at, at.value.as_str())) {
            None | Some((_, "price")) => Kind::Price,
            Some((_, "depth")) => Kind::Depth,
            Some((_, "volatility")) => Kind::Volatility,
            Some((at, _)) => return Err(unknown(words, at, "kind", &KINDS)),
        };
        let of = self.of(at, kind)?;
        let attached = shape.attach.as_ref().is_none_or(|at| at.value);
        if attached {
            self.once(kind, of, at)?;
        }
        let sources = self.sources_of(shape)?;
        let all = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let least = shape.min_sources.as_ref();
        let least = least.map(|at| words.whole(at, "min_sources", (1, all))).transpose()?;
        let domains = match (&shape.domains, of) {
            (None, Subject::Market(market)) if attached && kind == Kind::Price => {
                vec![self.markets[market].domain]
            }
            (None, _) => Vec::new(),
            (Some(list), _) => {
                let one =
                    |at: &At<String>| markets::domain(words, Some(at), self.domains, &at.place);
                let mut found = list.value.iter().map(one).collect::<Result<Vec<_>, _>>()?;
                found.sort_unstable();
                found.dedup();
                found
            }
        };
        let domain = |place: usize| u32::try_from(place).map(DomainId).unwrap_or_default();
        let params = self.params(shape, kind)?;
        let spec = FeedSpec {
            name,
            kind,
            domains: domains.into_iter().map(domain).collect(),
            sources,
            min_sources: least.unwrap_or(all / 2 + 1),
            params,
        };
        Ok(Feed { spec, of, attached, place: at.place.clone() })
    }

    /// What a feed speaks of: a market, or the price of a collateral.
    fn of(&self, at: &At<FeedShape>, kind: Kind) -> Result<Subject, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        match (&shape.market, &shape.collateral) {
            (Some(market), None) => Ok(Subject::Market(market_of(words, self.markets, market)?)),
            (None, Some(asset)) if kind == Kind::Price => {
                Ok(Subject::Collateral(collateral::named(words, asset, self.collaterals)?))
            }
            (None, Some(asset)) => {
                let message = "a collateral has feeds of its price only";
                let help = "leave out kind, or name a market.";
                Err(words.refuse("feed-kind", message, help, &asset.place, "\"price\""))
            }
            (of, _) => {
                let message = match of {
                    Some(_) => "the feed speaks of a market and of a collateral",
                    None => "the feed speaks of nothing",
                };
                let help = "name one of them: market = \"...\", or collateral = \"...\".";
                let allowed = "a market, or a collateral";
                Err(words.refuse("feed-of", message, help, &at.place, allowed))
            }
        }
    }

    /// What is marked has one feed of a kind.
    fn once(&self, kind: Kind, of: Subject, at: &At<FeedShape>) -> Result<(), Diagnostic> {
        let same = |feed: &&Feed| feed.attached && feed.spec.kind == kind && feed.of == of;
        let Some(first) = self.feeds.iter().find(same) else { return Ok(()) };
        let words = self.words;
        let name = match of {
            Subject::Market(place) => self.markets[place].name.as_str(),
            Subject::Collateral(place) => self.collaterals[place].asset.name.as_str(),
        };
        let message =
            format!("\"{name}\" has a feed of this kind already, \"{}\"", first.spec.name);
        let help = "write attach = false for one that others are only compared with.";
        Err(words.refuse("feed-not-the-only", message, help, &at.place, "one feed of a kind"))
    }

    fn sources_of(&mut self, shape: &FeedShape) -> Result<Vec<SourceWeight>, Diagnostic> {
        let (words, list) = (self.words, &shape.source);
        if list.value.is_empty() || list.value.len() > MAX_SOURCES {
            let message = format!("a feed has {} sources", list.value.len());
            let help = "list those who report: { name = \"...\" }.";
            let allowed = format!("1 to {MAX_SOURCES} sources");
            return Err(words.refuse("feed-sources", message, help, &list.place, allowed));
        }
        let mut found: Vec<SourceWeight> = Vec::with_capacity(list.value.len());
        for at in &list.value {
            let name = words.name(&at.value.name, "name")?;
            let weight = at.value.weight.as_ref();
            let weight = weight.map_or(Ok(1), |at| words.whole(at, "weight", (1, MOST_WEIGHT)))?;
            let place = match self.sources.iter().position(|known| *known == name) {
                Some(place) => place,
                None => {
                    self.sources.push(name.clone());
                    self.sources.len() - 1
                }
            };
            let source = u32::try_from(place).map(SourceId).unwrap_or_default();
            if found.iter().any(|known| known.source == source) {
                let message = format!("source \"{name}\" stands twice in a feed");
                let help = "name each source once; its weight says how much it counts.";
                let place = &at.value.name.place;
                return Err(words.refuse("source-twice", message, help, place, "a new name"));
            }
            found.push(SourceWeight { source, weight });
        }
        found.sort_unstable_by_key(|of| of.source);
        Ok(found)
    }

    fn params(&self, shape: &FeedShape, kind: Kind) -> Result<Params, Diagnostic> {
        let (words, mut params) = (self.words, Params::of(kind));
        let part = |at: &Option<At<PercentText>>, key: &str, into: &mut u64| {
            let Some(at) = at else { return Ok::<(), Diagnostic>(()) };
            *into = u64::from(words.percent(at, key, "", MOST_PART)?);
            Ok(())
        };
        part(&shape.outlier, "outlier", &mut params.outlier)?;
        part(&shape.max_confidence, "max_confidence", &mut params.max_confidence)?;
        part(&shape.max_spread, "max_spread", &mut params.max_spread)?;
        part(&shape.step_cap, "step_cap", &mut params.step_cap)?;
        part(&shape.jump, "jump", &mut params.jump)?;
        part(&shape.stable_cap, "stable_cap", &mut params.stable_cap)?;
        part(&shape.stable_band, "stable_band", &mut params.stable_band)?;
        let time = |at: &Option<At<DurationText>>, key: &str, into: &mut u64| {
            let Some(at) = at else { return Ok::<(), Diagnostic>(()) };
            *into = words.duration(at, key, (1, MAX_SPAN))?;
            Ok(())
        };
        time(&shape.max_age, "max_age", &mut params.max_age)?;
        time(&shape.step, "step", &mut params.step)?;
        time(&shape.window_cell, "window_cell", &mut params.window_cell)?;
        if let Some(at) = &shape.stuck_after {
            let never = matches!(at.value.as_ref(), Written::Text(text) if text == "never");
            let length = || words.duration(at, "stuck_after", (1, MAX_SPAN));
            params.stuck_after = (!never).then(length).transpose()?;
        }
        if let Some(at) = &shape.window_cells {
            params.window_cells = u64::from(words.whole(at, "window_cells", (1, MOST_CELLS))?);
        }
        if let Some(at) = &shape.reference {
            let named = &at.value.feed;
            let place = self.feeds.iter().position(|feed| feed.spec.name.as_str() == named.value);
            let place = place.ok_or_else(|| {
                let names: Vec<&str> =
                    self.feeds.iter().map(|feed| feed.spec.name.as_str()).collect();
                unknown(words, named, "feed", &names)
            })?;
            let feed = u32::try_from(place).map(FeedId).unwrap_or_default();
            let bound = u64::from(words.percent(&at.value.bound, "bound", "", MOST_PART)?);
            params.reference = Some(Reference { feed, bound });
        }
        if let Some(at) = &shape.needs {
            params.needs = needs(words, &at.value)?;
        }
        Ok(params)
    }
}

fn needs(words: &Words<'_>, shape: &NeedsShape) -> Result<Needs, Diagnostic> {
    let mut needs = Needs::SAFE;
    for (at, into) in [
        (&shape.mark, &mut needs.mark),
        (&shape.liquidate, &mut needs.liquidate),
        (&shape.withdraw, &mut needs.withdraw),
        (&shape.open, &mut needs.open),
        (&shape.settle, &mut needs.settle),
    ] {
        let Some(at) = at else { continue };
        let found = QUALITIES.iter().find(|(name, _)| *name == at.value);
        let (_, quality) =
            found.ok_or_else(|| unknown(words, at, "quality", &QUALITIES.map(|known| known.0)))?;
        *into = *quality;
    }
    Ok(needs)
}
