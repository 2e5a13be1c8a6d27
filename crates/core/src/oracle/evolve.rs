//! Applies the area's events. It cannot fail.

use super::feed::since;
use super::{Event, Feed, Good, Oracle, PriceError, Quality, Report, Walk};
use crate::ids::{FeedId, Time};

impl Oracle {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match event {
            Event::FeedOpened { spec, .. } => self.feeds.push(Feed::open((**spec).clone(), now)),
            Event::FeedSet { feed, spec } => {
                let found = self.at(*feed);
                let (old, new) = (found.spec.params, spec.params);
                let cells = |params: &super::Params| (params.window_cell, params.window_cells);
                if cells(&old) != cells(&new) {
                    found.history = super::window::History::default();
                }
                if old.delay_interval != new.delay_interval
                    && let Some(walk) = found.walk
                {
                    found.delays.begin(walk.value(), now, new.delay_interval);
                }
                found.spec = (**spec).clone();
            }
            Event::Reported { feed, source, number, value, confidence, time } => {
                let found = self.at(*feed);
                let mut report = Report {
                    source: *source,
                    number: *number,
                    value: *value,
                    confidence: *confidence,
                    time: *time,
                    since: *time,
                };
                if let Some(last) = found.report(*source) {
                    report.since = since(last, &report);
                }
                found.reports = found.with(report);
            }
            Event::Moved { feed, walk } => self.at(*feed).moved(**walk),
            Event::PriceErrorDeclared { feed, error } => self.at(*feed).declared(*error),
            // The status is control's.
            Event::DomainTightened { .. } => {}
        }
    }

    fn at(&mut self, feed: FeedId) -> &mut Feed {
        &mut self.feeds[feed.index()]
    }
}

impl Feed {
    /// The value of the last report stood until now, and where it stands now begins.
    fn moved(&mut self, walk: Walk) {
        let params = &self.spec.params;
        match self.walk {
            Some(old) => {
                let until = old.at.after(params.max_age).min(walk.at);
                let limits = (params.delay_interval, params.delay_cap);
                if old.quality.meets(Quality::Mark) {
                    self.delays.stood(old.value(), old.at, until, limits);
                }
                if old.quality == Quality::Settlement {
                    let shape = (params.window_cell, params.window_cells);
                    self.history.stood(old.value(), old.at, until, shape);
                }
            }
            None => self.delays.begin(walk.value(), walk.at, params.delay_interval),
        }
        if walk.quality == Quality::Settlement {
            self.last_good = Some(Good { value: walk.value(), at: walk.at });
            self.confirmed = walk.at;
        }
        self.walk = Some(walk);
    }

    /// What stands in the span counts no more: a walk that is in it starts anew with reports from
    /// after it.
    fn declared(&mut self, error: PriceError) {
        self.errors.push(error);
        if self.walk.is_some_and(|walk| error.covers(walk.at)) {
            self.walk = None;
        }
        if self.last_good.is_some_and(|good| error.covers(good.at)) {
            self.last_good = None;
        }
    }
}
