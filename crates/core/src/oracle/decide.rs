//! Every check of the area's commands. Nothing changes here.

use super::feed::{MAX_ERRORS, MAX_SOURCES};
use super::{
    Command, Duty, Event, FEED_PARAMETERS, Feed, FeedSpec, Kind, PriceError, Purpose, Quality,
    Rejection, Report, answer, duty,
};
use crate::engine::{Envelope, Events, State};
use crate::ids::{FeedId, Time};
use alloc::boxed::Box;

/// The most feeds: one for each of many markets, and three kinds.
const MAX_FEEDS: u32 = 100_000;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::OpenFeed { spec } => {
            let feed = match u32::try_from(state.oracle.feeds.len()) {
                Ok(id) if id < MAX_FEEDS => FeedId(id),
                _ => return Err(Rejection::TooMany { what: "feeds", max: MAX_FEEDS }),
            };
            specified(state, feed, spec)?;
            events.push(Event::FeedOpened { feed, spec: spec.clone() });
            Ok(())
        }
        Command::SetFeed { feed, spec } => {
            let kind = known(state, *feed)?.spec.kind;
            if spec.kind != kind {
                return Err(Rejection::KindFixed { kind });
            }
            specified(state, *feed, spec)?;
            events.push(Event::FeedSet { feed: *feed, spec: spec.clone() });
            Ok(())
        }
        Command::Report { feed, source, number, value, confidence, time } => {
            let (source, actor) = (*source, envelope.actor.id);
            let report = Report {
                source,
                number: *number,
                value: *value,
                confidence: *confidence,
                time: *time,
                since: *time,
            };
            let found = known(state, *feed)?;
            if found.spec.sources.binary_search_by_key(&source, |of| of.source).is_err() {
                return Err(Rejection::UnknownSource { feed: *feed, source });
            }
            if source.0 != actor {
                return Err(Rejection::NotSource { source, actor });
            }
            reported(state, *feed, found, report, events)
        }
        Command::DeclarePriceError { feed, from, to, evidence } => {
            let error = PriceError { from: *from, to: *to, evidence: *evidence };
            declared(state, *feed, error, events)
        }
    }
}

fn known(state: &State, feed: FeedId) -> Result<&Feed, Rejection> {
    state.oracle.feed(feed).ok_or(Rejection::UnknownFeed { feed })
}

/// Whether `feed` may be as `spec` says.
fn specified(state: &State, feed: FeedId, spec: &FeedSpec) -> Result<(), Rejection> {
    for domain in &spec.domains {
        if state.domains.domain(*domain).is_none() {
            return Err(Rejection::UnknownDomain { domain: *domain });
        }
    }
    let most = u32::try_from(MAX_SOURCES).unwrap_or(u32::MAX);
    let sources = match u32::try_from(spec.sources.len()) {
        Ok(sources) if sources <= most => sources,
        _ => return Err(Rejection::TooMany { what: "sources", max: most }),
    };
    let mut others = state.oracle.feeds().filter(|(id, _)| *id != feed);
    if others.any(|(_, other)| other.spec.name == spec.name) {
        return Err(Rejection::NameInUse { name: spec.name.clone() });
    }
    if !spec.domains.is_sorted_by(|a, b| a < b) {
        return Err(Rejection::Unordered { what: "domains" });
    }
    if !spec.sources.is_sorted_by(|a, b| a.source < b.source) {
        return Err(Rejection::Unordered { what: "sources" });
    }
    if let Some(of) = spec.sources.iter().find(|of| of.weight == 0) {
        return Err(Rejection::ZeroWeight { source: of.source });
    }
    if spec.min_sources == 0 || spec.min_sources > sources {
        return Err(Rejection::MinSources { min_sources: spec.min_sources, sources });
    }
    parameters(spec)?;
    if let Some(reference) = spec.params.reference {
        let other = state.oracle.feed(reference.feed);
        if reference.feed == feed || other.is_none_or(|other| other.spec.kind != spec.kind) {
            return Err(Rejection::BadReference { feed: reference.feed });
        }
    }
    needs(spec)
}

fn parameters(spec: &FeedSpec) -> Result<(), Rejection> {
    for declared in FEED_PARAMETERS {
        let (min, max) = (declared.min, declared.max);
        match declared.value(&spec.params) {
            Some(value) if value < min || value > max => {
                let name = declared.name;
                return Err(Rejection::ParameterOutOfBounds { name, value, min, max });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A mark may be shown at indicative quality; nothing else is decided below marking.
fn needs(spec: &FeedSpec) -> Result<(), Rejection> {
    use Purpose::{Liquidate, Mark, Open, Settle, Withdraw};
    for purpose in [Mark, Liquidate, Withdraw, Open, Settle] {
        let needed = spec.params.needs.of(purpose);
        if !needed.meets(Quality::Mark) {
            return Err(Rejection::NeedTooLow { purpose, needed });
        }
    }
    Ok(())
}

fn reported(
    state: &State,
    feed: FeedId,
    found: &Feed,
    mut report: Report,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Report { source, number, value, confidence, time, .. } = report;
    let last = found.report(source);
    let last_number = last.map_or(0, |last| last.number);
    if number <= last_number {
        return Err(Rejection::NumberNotNew { number, last: last_number });
    }
    if value.units() == 0 && found.spec.kind != Kind::Depth {
        return Err(Rejection::ZeroValue { kind: found.spec.kind });
    }
    let now: Time = state.now();
    if time > now {
        return Err(Rejection::TimeAhead { time, now });
    }
    if let Some(last) = last {
        if time < last.time {
            return Err(Rejection::TimeBack { time, last: last.time });
        }
        report.since = super::feed::since(last, &report);
    }
    events.push(Event::Reported { feed, source, number, value, confidence, time });
    let reports = found.with(report);
    if let Some(walk) = answer::after_report(&state.oracle, found, &reports, now) {
        events.push(Event::Moved { feed, walk: Box::new(walk) });
    }
    Ok(())
}

fn declared(
    state: &State,
    feed: FeedId,
    error: PriceError,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = known(state, feed)?;
    let most = u32::try_from(MAX_ERRORS).unwrap_or(u32::MAX);
    if found.errors.len() >= MAX_ERRORS {
        return Err(Rejection::TooMany { what: "declared errors", max: most });
    }
    let PriceError { from, to, .. } = error;
    let now = state.now();
    if to > now {
        return Err(Rejection::TimeAhead { time: to, now });
    }
    if to < from {
        return Err(Rejection::EmptySpan { from, to });
    }
    if found.errors.contains(&error) {
        return Err(Rejection::AlreadyDeclared { from, to });
    }
    events.push(Event::PriceErrorDeclared { feed, error });
    Ok(())
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Duty::Tighten { feed, domain } = *duty;
    let found = known(state, feed)?;
    let Some(to) = duty::tighter(state, found, domain) else { return Err(Rejection::NotDue) };
    let from = state.control.domain_status(domain);
    let (since, last_good) = (found.confirmed, found.last_good.map(|good| good.value));
    events.push(Event::DomainTightened { domain, feed, from, to, since, last_good });
    Ok(())
}
