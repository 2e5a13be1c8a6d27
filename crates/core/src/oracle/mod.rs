//! The oracle: from the reports of several sources to one value, how good it is, and why.
//!
//! A **feed** says one thing: the price of an asset or market, the depth of a market, or the
//! volatility of an underlying. Its **sources** report; core sees who, what, how sure and when,
//! and never a signature: doors check those.
//!
//! ```text
//! reports -> those that count -> weighted median -> the target
//!                                                      |  at most step-cap a step
//!                                                 effective value -> stable value
//! ```
//!
//! A report counts while it is neither too old, stuck, unsure, declared wrong nor far from the
//! median of the others. The **target** is the weighted median of those that count, where enough
//! do. The **effective value** walks towards it, and is what everything is done at: a wrong print
//! of one second moves it by one step. The **stable value** walks much more slowly and stays near
//! the mean of a day ago: initial margin takes the worse of the two.
//!
//! The answer has a **quality**: the worst that any reason allows. Each purpose names the quality
//! it needs. An answer is a function of the state and of the moment that is asked about, nothing
//! else: no order of questions changes one, and nothing is remembered by asking.
//!
//! ## The walk
//!
//! Time is cut into steps. An **anchor** is where the walk stood at the end of the last step before
//! one in which a report came, so that in the k-th step from there the value is the target, brought
//! into `anchor x (1 +- k x cap)`. Within one step reports may come in any number and order: the
//! bound is the same. Values are kept in millionths of a unit and floored when they are read, so a
//! small cap on a small price still moves. When reports expire without others coming, the walk is
//! the one that would have been seen, expiry by expiry. While too few sources count the value
//! stands, and the steps it did not use are kept for when they count again.

mod answer;
mod command;
mod decide;
mod delay;
mod duty;
mod evolve;
mod feed;
mod median;
mod params;
mod quality;
mod value;
mod walk;
mod window;

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

pub use command::{Command, Duty, Event, Rejection};
pub(crate) use decide::{decide, decide_duty};
pub(crate) use duty::duty;
pub use feed::{
    Feed, FeedSpec, Good, Kind, MAX_ERRORS, MAX_SOURCES, PriceError, Report, SourceWeight,
};
pub use params::{Declared, FEED_PARAMETERS, Needs, Params, Reference};
pub use quality::{Answer, Purpose, Quality, SureProfit, Unfit, Why};
pub use value::Value;
pub use walk::{Anchor, Track, Walk};
pub use window::{Average, NoAverage};

use crate::ids::{FeedId, Time};
use crate::units::{Price, Quantity};

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Oracle {
    feeds: Vec<Feed>,
}

impl Oracle {
    /// The feed `id`.
    #[must_use]
    pub fn feed(&self, id: FeedId) -> Option<&Feed> {
        self.feeds.get(id.index())
    }

    /// Every feed, in id order.
    pub fn feeds(&self) -> impl Iterator<Item = (FeedId, &Feed)> {
        self.feeds.iter().enumerate().filter_map(|(i, feed)| Some((FeedId::at(i)?, feed)))
    }

    /// What `feed` says at `now`; nothing where there is no such feed. `now` is at or after the
    /// feed's last report. The cost grows with the number of its sources.
    #[must_use]
    pub fn answer(&self, feed: FeedId, now: Time) -> Option<Answer> {
        self.feed(feed).map(|found| answer::answer(self, found, now))
    }

    /// The price of `feed` for `purpose` at `now`, in its market's ticks.
    ///
    /// # Errors
    ///
    /// There is no such feed, it is not one of prices, or its quality does not serve the purpose.
    pub fn for_action(&self, feed: FeedId, purpose: Purpose, now: Time) -> Result<Price, Unfit> {
        self.fit(feed, Kind::Price, purpose, now).map(Value::price)
    }

    /// The lots that stand within the feed's band for `purpose` at `now`.
    ///
    /// # Errors
    ///
    /// As [`Oracle::for_action`]. Depth that is not known counts for nothing.
    pub fn depth_for(&self, feed: FeedId, purpose: Purpose, now: Time) -> Result<Quantity, Unfit> {
        self.fit(feed, Kind::Depth, purpose, now).map(Value::lots)
    }

    /// The volatility for `purpose` at `now`, in millionths a year.
    ///
    /// # Errors
    ///
    /// As [`Oracle::for_action`].
    pub fn volatility_for(&self, feed: FeedId, purpose: Purpose, now: Time) -> Result<u64, Unfit> {
        self.fit(feed, Kind::Volatility, purpose, now).map(Value::units)
    }

    fn fit(&self, feed: FeedId, kind: Kind, purpose: Purpose, now: Time) -> Result<Value, Unfit> {
        let found = self.feed(feed).ok_or(Unfit::UnknownFeed { feed })?;
        if found.spec.kind != kind {
            return Err(Unfit::WrongKind { feed, kind: found.spec.kind });
        }
        let Answer { value, quality, reasons, .. } = answer::answer(self, found, now);
        let needed = found.spec.params.needs.of(purpose);
        match value {
            Some(value) if quality.meets(needed) => Ok(value),
            _ => Err(Unfit::Quality { feed, purpose, needed, found: quality, reasons }),
        }
    }

    /// The last value of settlement quality that `feed` had when a report came, and when. It is
    /// what a domain settles at when prices do not come back. Nothing where there was none, or
    /// where it was declared wrong.
    #[must_use]
    pub fn last_good(&self, feed: FeedId) -> Option<Good> {
        self.feed(feed)?.last_good
    }

    /// The declared error that covers `time` on `feed`, if one does: its money consequences are a
    /// loss of the cause class of price errors.
    #[must_use]
    pub fn was_wrong(&self, feed: FeedId, time: Time) -> Option<&PriceError> {
        self.feed(feed)?.error_at(time)
    }

    /// The time-weighted mean of the effective values of settlement quality from `from` to `to`,
    /// rounded down: below the exact mean by less than one unit.
    ///
    /// A value counts from the report that led to it until the next report, and for the feed's
    /// `max-age` at most; what is not covered is left out, and the answer says how much is. Both
    /// ends stand on a cell of the history.
    ///
    /// # Errors
    ///
    /// The window is empty, off the cells, in the future or forgotten; nothing in it counts; a
    /// declared error overlaps it.
    pub fn window_average_floor(
        &self,
        feed: FeedId,
        (from, to): (Time, Time),
        now: Time,
    ) -> Result<Average, NoAverage> {
        self.feed(feed).ok_or(NoAverage::UnknownFeed { feed })?.average(from, to, now)
    }
}
