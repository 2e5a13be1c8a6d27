//! Which reports count at a moment, and their weighted median.
//!
//! The weighted median is the value with at most half of the weight below and at most half above
//! it. Where the weight splits exactly in two between neighbours, it is their mean, rounded down.
//! Sources with less than half of the weight cannot move it beyond what the others say.

use alloc::vec::Vec;

use super::feed::{Feed, Report};
use super::quality::Why;
use super::{SourceWeight, Value};
use crate::bounds::RISK_UNIT;
use crate::ids::Time;

/// A report that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) of: SourceWeight,
    pub(super) value: Value,
    pub(super) confidence: Value,
}

/// The reports that count, sorted by value; why the others do not goes to `reasons`.
pub(super) fn counted(
    feed: &Feed,
    reports: &[Report],
    now: Time,
    reasons: &mut Vec<Why>,
) -> Vec<Counted> {
    let mut counted: Vec<Counted> = Vec::with_capacity(feed.spec.sources.len());
    for of in &feed.spec.sources {
        let place = reports.binary_search_by_key(&of.source, |report| report.source);
        let Some(report) = place.ok().and_then(|at| reports.get(at)) else {
            reasons.push(Why::Silent { source: of.source });
            continue;
        };
        match silenced(feed, report, now) {
            Some(why) => reasons.push(why),
            None => counted.push(Counted {
                of: *of,
                value: report.value,
                confidence: report.confidence,
            }),
        }
    }
    counted.sort_unstable_by_key(|report| (report.value, report.of.source));
    let Some(median) = median(&counted) else { return counted };
    counted.retain(|report| {
        let far = beyond(report.value.distance(median), feed.spec.params.outlier, median);
        if far {
            let (source, value) = (report.of.source, report.value);
            reasons.push(Why::Outlier { source, value, median });
        }
        !far
    });
    counted
}

/// Why a report does not count at `now`, whatever the others say.
fn silenced(feed: &Feed, report: &Report, now: Time) -> Option<Why> {
    let params = &feed.spec.params;
    let source = report.source;
    if let Some(age) = now.0.checked_sub(report.time.0)
        && age > params.max_age
    {
        return Some(Why::Stale { source, age, max: params.max_age });
    }
    if feed.error_at(report.time).is_some() {
        return Some(Why::DeclaredWrong { source, time: report.time });
    }
    if let Some(most) = params.stuck_after
        && report.since.after(most) < now
    {
        return Some(Why::Stuck { source, since: report.since });
    }
    if beyond(report.confidence.units(), params.max_confidence, report.value) {
        let (value, confidence) = (report.value, report.confidence);
        return Some(Why::LowConfidence { source, value, confidence });
    }
    None
}

/// The moments after which a report counts no more without another coming.
pub(super) fn expiries(feed: &Feed, report: &Report) -> [Option<Time>; 2] {
    let params = &feed.spec.params;
    let last = params.stuck_after.map(|most| report.since.after(most));
    [Some(report.time.after(params.max_age).after(1)), last.map(|time| time.after(1))]
}

/// Whether `distance` is more than `share` millionths of `base`.
pub(super) fn beyond(distance: u64, share: u64, base: Value) -> bool {
    // Distances and values are at most 10^15 and shares 10^12: products stay below 2^90.
    u128::from(distance) * u128::from(RISK_UNIT) > u128::from(share) * u128::from(base.units())
}

/// The weighted median of reports sorted by value; nothing of none.
pub(super) fn median(sorted: &[Counted]) -> Option<Value> {
    weighted(sorted.iter().map(|report| (report.value, report.of.weight)))
}

/// Half of the weight says that `target` is within this of the truth: the weighted median of each
/// report's distance from it and own confidence together.
pub(super) fn confidence(counted: &[Counted], target: Value) -> Option<Value> {
    let mut bands: Vec<(Value, u32)> = counted
        .iter()
        .map(|report| {
            let band = report.value.distance(target) + report.confidence.units();
            (Value::at_most(u128::from(band)), report.of.weight)
        })
        .collect();
    bands.sort_unstable();
    weighted(bands.iter().copied())
}

fn weighted(sorted: impl Iterator<Item = (Value, u32)> + Clone) -> Option<Value> {
    // At most 32 sources of weights below 2^32.
    let total: u64 = sorted.clone().map(|(_, weight)| u64::from(weight)).sum();
    let mut below = 0;
    let mut rest = sorted;
    while let Some((value, weight)) = rest.next() {
        below += u64::from(weight);
        if below * 2 > total {
            return Some(value);
        }
        if below * 2 == total {
            let Some((next, _)) = rest.next() else { return Some(value) };
            let mean = (u128::from(value.units()) + u128::from(next.units())) / 2;
            return Some(Value::at_most(mean));
        }
    }
    None
}

/// The source that weighs more than all others that count together.
pub(super) fn dominant(counted: &[Counted]) -> Option<SourceWeight> {
    let total: u64 = counted.iter().map(|report| u64::from(report.of.weight)).sum();
    let heavy = |report: &&Counted| u64::from(report.of.weight) * 2 > total;
    counted.iter().find(heavy).map(|report| report.of)
}
