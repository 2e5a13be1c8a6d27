//! What a feed says at a moment: from the reports that count to value, quality and reasons.

use alloc::vec::Vec;

use super::feed::{Feed, Report};
use super::median::{self, Counted};
use super::quality::{Answer, Quality, Why};
use super::walk::{self, Anchor, Pace, Track, Walk};
use super::{Oracle, Value};
use crate::ids::Time;

pub(super) fn answer(oracle: &Oracle, feed: &Feed, now: Time) -> Answer {
    let seen = See::of(feed, &feed.reports, now);
    let stand = carried(feed, now).map(|walk| stand(feed, walk, seen.target, now));
    seen.judge(oracle, feed, stand, now)
}

/// What `feed` says at `now` with `reports` in place of its own, and where its walk stands then:
/// what a report that just came leads to. No walk while there is no value.
pub(super) fn after_report(
    oracle: &Oracle,
    feed: &Feed,
    reports: &[Report],
    now: Time,
) -> Option<Walk> {
    let seen = See::of(feed, reports, now);
    let stand = match carried(feed, now) {
        Some(walk) => stand(feed, rolled(feed, walk, now), seen.target, now),
        // A walk begins with a report, at the target it leads to.
        None => Walk::begin(seen.target?, pace(feed).start(now), now),
    };
    let quality = seen.judge(oracle, feed, Some(stand), now).quality;
    Some(Walk { quality, ..stand })
}

/// The reports that count at a moment.
struct See {
    counted: Vec<Counted>,
    target: Option<Value>,
    reasons: Vec<Why>,
}

impl See {
    fn of(feed: &Feed, reports: &[Report], now: Time) -> Self {
        let mut reasons = Vec::new();
        let counted = median::counted(feed, reports, now, &mut reasons);
        let enough = number(&counted) >= feed.spec.min_sources;
        let target = median::median(&counted).filter(|_| enough);
        Self { counted, target, reasons }
    }

    /// The answer, where the walk stands at `stand`: its quality is the worst that any reason
    /// allows.
    fn judge(mut self, oracle: &Oracle, feed: &Feed, stand: Option<Walk>, now: Time) -> Answer {
        let params = &feed.spec.params;
        let reasons = &mut self.reasons;
        if let Some(target) = self.target {
            if let Some(heavy) = median::dominant(&self.counted) {
                reasons.push(Why::SingleSource { source: heavy.source });
            }
            if let [first, .., last] = self.counted.as_slice()
                && median::beyond(last.value.distance(first.value), params.max_spread, target)
            {
                reasons.push(Why::Divergent { low: first.value, high: last.value });
            }
            reasons.extend(against_reference(oracle, feed, target, now));
        } else {
            let (counted, needed) = (number(&self.counted), feed.spec.min_sources);
            reasons.push(Why::TooFewSources { counted, needed });
        }
        let value = stand.map(|walk| walk.value());
        match (value, self.target) {
            (None, _) => reasons.push(Why::NoValue),
            (Some(effective), Some(target)) if effective != target => {
                let far = median::beyond(effective.distance(target), params.jump, effective);
                reasons.push(if far {
                    Why::Jump { effective, target }
                } else {
                    Why::StepLimited { effective, target }
                });
            }
            _ => {}
        }
        let quality = self.reasons.iter().map(Why::allows).max().unwrap_or(Quality::Settlement);
        Answer {
            value,
            stable: stand.map(|walk| walk.stable_value()),
            target: self.target,
            confidence: self.target.and_then(|at| median::confidence(&self.counted, at)),
            quality,
            reasons: self.reasons,
        }
    }
}

fn number(counted: &[Counted]) -> u32 {
    // At most 32 sources.
    u32::try_from(counted.len()).unwrap_or(u32::MAX)
}

/// What the reference feed makes of `own`: its target is compared, so that two feeds may refer to
/// each other.
fn against_reference(oracle: &Oracle, feed: &Feed, own: Value, now: Time) -> Option<Why> {
    let reference = feed.spec.params.reference?;
    let id = reference.feed;
    let other = oracle.feed(id).and_then(|other| See::of(other, &other.reports, now).target);
    match other {
        None => Some(Why::NoReference { feed: id }),
        Some(other) if median::beyond(own.distance(other), reference.bound, other) => {
            Some(Why::DivergentFrom { feed: id, own, other })
        }
        Some(_) => None,
    }
}

const fn pace(feed: &Feed) -> Pace {
    Pace { step: feed.spec.params.step, cap: feed.spec.params.step_cap }
}

const fn stable_pace(feed: &Feed) -> Pace {
    Pace { step: feed.spec.params.step, cap: feed.spec.params.stable_cap }
}

/// Where the stable value walks to: `effective`, brought into the band around the delayed mean.
fn stable_goal(feed: &Feed, effective: u128) -> u128 {
    match feed.delays.band(feed.spec.params.stable_band) {
        Some((low, high)) => effective.clamp(low, high),
        None => effective,
    }
}

/// The walk of `feed` from its last report through what expired by `now`.
fn carried(feed: &Feed, now: Time) -> Option<Walk> {
    let mut walk = feed.walk?;
    let mut moments: Vec<Time> = feed
        .reports
        .iter()
        .flat_map(|report| median::expiries(feed, report))
        .flatten()
        .filter(|moment| (walk.at.after(1)..=now).contains(moment))
        .collect();
    moments.sort_unstable();
    moments.dedup();
    for moment in moments {
        walk = rolled(feed, walk, moment);
    }
    Some(walk)
}

/// The walk as it stood just before `moment`, with its anchors where the step of `moment` begins.
///
/// Without a target it stands, and from the step after the one in which it last had one it walks
/// from there: the steps it does not use are kept until there is a target again.
fn rolled(feed: &Feed, walk: Walk, moment: Time) -> Walk {
    let (pace, stable_pace) = (pace(feed), stable_pace(feed));
    let before = Time(moment.0.max(1) - 1).max(walk.at);
    let target = See::of(feed, &feed.reports, before).target;
    let Some(target) = target else {
        let since = pace.next(walk.held);
        let from_there = |track: Track| {
            let micro = track.micro;
            Track { micro, anchor: Anchor { micro, since } }
        };
        return if moment < since {
            walk
        } else {
            let (effective, stable) = (from_there(walk.effective), from_there(walk.stable));
            Walk { effective, stable, ..walk }
        };
    };
    let mut stood = stepped(feed, walk, target, before);
    let (effective, stable) = (&mut stood.effective.anchor, &mut stood.stable.anchor);
    *effective = pace.roll(*effective, walk::micro(target), moment);
    *stable = stable_pace.roll(*stable, stable_goal(feed, effective.micro), moment);
    stood
}

/// The walk at `now`, towards `target`.
fn stepped(feed: &Feed, walk: Walk, target: Value, now: Time) -> Walk {
    let mut stepped = Walk { at: now, held: now, ..walk };
    let (effective, stable) = (&mut stepped.effective, &mut stepped.stable);
    effective.micro = pace(feed).walk(effective.anchor, walk::micro(target), now);
    let goal = stable_goal(feed, effective.micro);
    stable.micro = stable_pace(feed).walk(stable.anchor, goal, now);
    stepped
}

/// The walk at `now`: a step on the way to the target; where it stood when there is none.
fn stand(feed: &Feed, walk: Walk, target: Option<Value>, now: Time) -> Walk {
    match target {
        Some(target) => stepped(feed, walk, target, now),
        None => Walk { at: now, ..walk },
    }
}
