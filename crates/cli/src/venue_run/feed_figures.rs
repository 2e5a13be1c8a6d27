//! How good the feeds were over a run, source by source: gathered at every report.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::{FeedId, Time};
use rhodian_core::oracle::{FeedSpec, Quality, SourceWeight, Why};
use rhodian_core::units::Price;
use serde_json::{Value, json};

use super::commands::dense;
use super::driver::Run;
use crate::run::summary::kebab;
use crate::venue_file::VenueFile;
use crate::venue_file::model::{Feed, Subject};
use crate::venue_file::numbers::{plain, written_price};

/// The quality of no value.
const NONE: &str = "none";
/// The most moments kept of one feed before every second one is dropped.
const MOST_MOMENTS: usize = 4_096;

/// A feed at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: u64,
    /// How good its answer was.
    pub quality: Quality,
    /// The value, in the feed's unit; nothing before the first.
    pub value: Option<u64>,
    /// By place among the feed's sources: why it did not count, by name.
    pub left_out: Vec<Option<&'static str>>,
}

/// One feed over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedFigures {
    /// Its reports.
    pub reports: u64,
    /// How often its answer was of each quality, of all reports.
    pub qualities: BTreeMap<&'static str, u64>,
    /// How often each source was left out, by place and why.
    pub left_out: BTreeMap<(usize, &'static str), u64>,
    /// Moments, thinned evenly.
    pub moments: Vec<Moment>,
    stride: u64,
    seen: u64,
}

/// Every feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feeds {
    /// By feed.
    pub of: BTreeMap<usize, FeedFigures>,
    /// By market or collateral: how often its mark stayed because the value was not good enough.
    pub withheld: BTreeMap<Subject, u64>,
}

impl Feeds {
    /// A report of a feed was taken: while it led to no value, there is none.
    pub fn reported(&mut self, feed: usize) {
        let of = self.of.entry(feed).or_default();
        of.reports += 1;
        *of.qualities.entry(NONE).or_default() += 1;
    }

    /// A report led to a value.
    pub fn told(&mut self, feed: usize, state: &State, now: Time) {
        let id = dense(feed, FeedId);
        let (Some(found), Some(answer)) = (state.oracle.feed(id), state.feed_answer(id)) else {
            return;
        };
        let place = |why: &Why| {
            let (source, name) = left_out(why)?;
            Some((found.spec.sources.iter().position(|of| of.source == source)?, name))
        };
        let mut left = vec![None; found.spec.sources.len()];
        let of = self.of.entry(feed).or_default();
        for (place, name) in answer.reasons.iter().filter_map(place) {
            left[place] = Some(name);
            *of.left_out.entry((place, name)).or_default() += 1;
        }
        if let Some(none) = of.qualities.get_mut(NONE) {
            *none -= 1;
        }
        of.qualities.retain(|_, times| *times > 0);
        *of.qualities.entry(quality(answer.quality)).or_default() += 1;
        if of.seen.is_multiple_of(of.stride.max(1)) {
            let value = answer.value.map(rhodian_core::oracle::Value::units);
            of.moments.push(Moment { at: now.0, quality: answer.quality, value, left_out: left });
        }
        of.seen += 1;
        if of.moments.len() > MOST_MOMENTS {
            super::figures::thin(&mut of.moments);
            of.stride = of.stride.max(1) * 2;
        }
    }

    /// A mark stayed because the value was not good enough.
    pub fn withheld(&mut self, of: Subject) {
        *self.withheld.entry(of).or_default() += 1;
    }
}

/// The name of a quality.
#[must_use]
pub const fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Settlement => "settlement",
        Quality::Liquidation => "liquidation",
        Quality::Mark => "mark",
        Quality::Indicative => "indicative",
        Quality::None => NONE,
    }
}

/// The source that a reason leaves out, and how that is called.
const fn left_out(why: &Why) -> Option<(rhodian_core::ids::SourceId, &'static str)> {
    match why {
        Why::Silent { source } => Some((*source, "silent")),
        Why::Stale { source, .. } => Some((*source, "stale")),
        Why::Stuck { source, .. } => Some((*source, "stuck")),
        Why::LowConfidence { source, .. } => Some((*source, "unsure")),
        Why::DeclaredWrong { source, .. } => Some((*source, "declared wrong")),
        Why::Outlier { source, .. } => Some((*source, "outlier")),
        _ => None,
    }
}

/// A collateral with what its price did, by time in ticks.
#[must_use]
pub fn collateral(asset: &str, decimals: u8, tick: u128, marks: &[(u64, u64)]) -> Value {
    let text = |ticks: Option<u64>| {
        let price = ticks.and_then(|ticks| Price::new(ticks).ok());
        price.map(|price| written_price(price, tick))
    };
    let ticks = || marks.iter().map(|(_, ticks)| *ticks);
    json!({
        "asset": asset,
        "decimals": decimals,
        "tick": plain(tick),
        "first": text(ticks().next()),
        "lowest": text(ticks().min()),
        "highest": text(ticks().max()),
        "last": text(ticks().next_back()),
    })
}

/// The collaterals of a file.
#[must_use]
pub fn collaterals(file: &VenueFile, run: &Run) -> Value {
    let all = file.collaterals.iter().zip(&run.figures.collateral_marks);
    all.map(|(of, marks)| {
        let asset = &of.asset;
        collateral(asset.name.as_str(), asset.decimals, of.tick, marks)
    })
    .collect()
}

/// How good a feed was, and how often each of its sources, named in order, was left out.
#[must_use]
pub fn feed(
    of: Option<&FeedFigures>,
    spec: &FeedSpec,
    (about, name): (&str, &str),
    (sources, withheld): (&[&str], u64),
) -> Value {
    let source = |(at, source): (usize, &SourceWeight)| {
        let left = of.into_iter().flat_map(|of| &of.left_out);
        let left: BTreeMap<&str, u64> = left
            .filter(|((place, _), _)| *place == at)
            .map(|((_, why), times)| (*why, *times))
            .collect();
        json!({ "source": sources.get(at), "weight": source.weight, "left_out": left })
    };
    json!({
        "feed": spec.name.as_str(),
        "kind": kebab(&spec.kind),
        about: name,
        "reports": of.map_or(0, |of| of.reports),
        "qualities": of.map(|of| of.qualities.clone()).unwrap_or_default(),
        "sources": spec.sources.iter().enumerate().map(source).collect::<Vec<_>>(),
        "marks_withheld": withheld,
    })
}

/// The feeds of a file.
#[must_use]
pub fn feeds(file: &VenueFile, run: &Run) -> Value {
    let one = |(place, of): (usize, &Feed)| {
        let figures = &run.figures.feeds;
        let names = of.spec.sources.iter().map(|known| known.source.index());
        let names = names.map(|place| file.sources.get(place).map_or("", |name| name.as_str()));
        let withheld = figures.withheld.get(&of.of).filter(|_| of.marks());
        let said = (&*names.collect::<Vec<_>>(), withheld.copied().unwrap_or(0));
        feed(figures.of.get(&place), &of.spec, file.about(of.of), said)
    };
    file.feeds.iter().enumerate().map(one).collect()
}
