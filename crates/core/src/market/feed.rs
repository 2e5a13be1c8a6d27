//! Where a market's mark comes from. A market without a feed is marked by its venue, who answers
//! for the price. One with a feed takes the oracle's, and every purpose needs the quality that the
//! feed asks for it: without it nothing opens, nobody is liquidated, nothing settles.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Event, Instrument, Leg, Market, RATE_UNIT, Rejection};
use crate::collateral;
use crate::control::{Parameter, Status};
use crate::engine::{Events, State};
use crate::ids::{FeedId, MarketId, Time};
use crate::oracle::{Kind, Purpose, Value};
use crate::units::Price;

/// The feeds of a market, each where it has one.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Feeds {
    /// Of its mark, in its ticks.
    pub price: Option<FeedId>,
    /// Of the lots that stand near its mark: unrealised profit beyond them does not count for
    /// opening.
    pub depth: Option<FeedId>,
    /// Of the volatility its options are valued at; of an option, of its own.
    pub volatility: Option<FeedId>,
}

/// Attaches feeds, each of its kind.
pub(super) fn attach(
    state: &State,
    market: MarketId,
    feeds: Feeds,
    events: &mut Events,
) -> Result<(), Rejection> {
    if state.markets.market(market).is_none() {
        return Err(Rejection::UnknownMarket { market });
    }
    for (feed, kind) in [
        (feeds.price, Kind::Price),
        (feeds.depth, Kind::Depth),
        (feeds.volatility, Kind::Volatility),
    ] {
        let Some(feed) = feed else { continue };
        if state.oracle.feed(feed).is_none_or(|found| found.spec.kind != kind) {
            return Err(Rejection::WrongFeed { market, feed });
        }
    }
    events.push(Event::FeedsAttached { market, feeds });
    Ok(())
}

/// New marks from the markets' feeds: all of them count at once, and with them those of every
/// collateral that its feed moved. A market with limits of steps follows its feed by one admitted
/// step at a time: the next command takes it further.
pub(super) fn mark(
    state: &State,
    markets: &[MarketId],
    events: &mut Events,
) -> Result<(), Rejection> {
    let mut marks: Vec<(MarketId, Price)> = Vec::new();
    for market in markets.iter().copied() {
        let found = super::decide::unsettled(state, market)?;
        if marks.iter().any(|(before, _)| *before == market) {
            return Err(Rejection::MarketTwice { market });
        }
        let feed = found.feeds.price.ok_or(Rejection::NoFeed { market })?;
        let price = state
            .oracle
            .for_action(feed, Purpose::Mark, state.now())
            .map_err(|unfit| Rejection::Unfit { market, unfit })?;
        super::decide::in_range(market, price, found.spec.max_price)?;
        marks.push((market, found.step_toward(price)));
    }
    let moves = |market| marks.iter().any(|(of, _)| *of == market);
    super::decide::touch_exposed(state, &moves, events);
    events.push(Event::Marked { marks });
    collateral::mark_all(state, events);
    Ok(())
}

/// Whether the price of `market` serves `purpose` now. A venue answers for its own marks; a feed
/// answers for its value, and money moves at the mark, so that a mark a jump away from the value
/// serves nothing until it is marked again. A market with limits of steps is liquidated on its
/// way there: that is what the limits are for.
pub(crate) fn fits(state: &State, market: &Market, purpose: Purpose) -> bool {
    stands(state, market, purpose).is_some()
}

/// Where the mark stands that serves a purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Where the feed is, or where the venue says.
    There,
    /// A jump away, and on its way by steps.
    OnItsWay,
}

/// Where the mark of `market` stands, if it serves `purpose` now.
fn stands(state: &State, market: &Market, purpose: Purpose) -> Option<Stands> {
    let Some(feed) = market.feeds.price else { return Some(Stands::There) };
    let value = state.oracle.for_action(feed, purpose, state.now()).ok()?;
    if is_near(state, market, feed, value) {
        return Some(Stands::There);
    }
    let walks = market.spec.steps.is_some() && purpose == Purpose::Liquidate;
    walks.then_some(Stands::OnItsWay)
}

/// Whether the mark is within what the feed takes for no jump from its value, as far as the market
/// has prices for it. One that expired waits for its last price, which no spot price is.
fn is_near(state: &State, market: &Market, feed: FeedId, value: Price) -> bool {
    if is_over(state, market) {
        return true;
    }
    let (Some(mark), Some(found)) = (market.mark, state.oracle.feed(feed)) else { return false };
    let value = value.min(market.spec.max_price);
    let apart = u128::from(mark.ticks().abs_diff(value.ticks()));
    let jump = u128::from(found.spec.params.jump);
    // Prices are at most 10^15, and so is a part in millionths.
    apart * u128::from(RATE_UNIT) <= u128::from(value.ticks()) * jump
}

/// Whether the market expired, or its domain settles: what comes is its last price.
pub(super) fn is_over(state: &State, market: &Market) -> bool {
    market.spec.instrument.expiry().is_some_and(|expiry| expiry <= state.now())
        || state.control.domain_status(market.spec.domain) >= Status::Settling
}

/// The markets that are marked from feeds, go on, and whose value is good enough to liquidate at.
fn followed(state: &State) -> impl Iterator<Item = (MarketId, &Market, FeedId, Price)> {
    state.markets.markets().filter_map(|(id, market)| {
        let feed = market.feeds.price?;
        if is_over(state, market) || market.settlement.is_some() || market.mark.is_none() {
            return None;
        }
        let value = state.oracle.for_action(feed, Purpose::Liquidate, state.now()).ok()?;
        (value != Price::ZERO).then_some((id, market, feed, value))
    })
}

/// Whether a mark is a jump away from a value that is good enough to liquidate at, in a market that
/// follows its feed at once, or of a collateral.
pub(super) fn has_strayed(state: &State) -> bool {
    let mut followed = followed(state).filter(|(_, market, ..)| market.spec.steps.is_none());
    followed.any(|(_, market, feed, value)| !is_near(state, market, feed, value))
        || collateral::has_strayed(state)
}

/// Where one strayed all are marked: a hedge never stands for a moment with one leg alone.
pub(super) fn mark_strayed(state: &State, events: &mut Events) -> Result<(), Rejection> {
    if !has_strayed(state) {
        return Err(Rejection::NotDue);
    }
    let near = |market: &Market, value: Price| market.step_toward(value.min(market.spec.max_price));
    let marks: Vec<(MarketId, Price)> =
        followed(state).map(|(id, market, _, value)| (id, near(market, value))).collect();
    if !marks.is_empty() {
        let moves = |market| marks.iter().any(|(of, _)| *of == market);
        super::decide::touch_exposed(state, &moves, events);
        events.push(Event::Marked { marks });
    }
    collateral::mark_all(state, events);
    Ok(())
}

/// Whether the prices of all `legs` serve `purpose` now. Where some marks are on their way, step by
/// step, and others are there at once, they wait for each other.
pub(crate) fn all_fit(state: &State, legs: &[Leg], purpose: Purpose) -> bool {
    let (mut at_once, mut on_its_way) = (false, false);
    for market in legs.iter().filter_map(|leg| state.markets.market(leg.market)) {
        let Some(stands) = stands(state, market, purpose) else { return false };
        at_once |= market.spec.steps.is_none();
        on_its_way |= stands == Stands::OnItsWay;
    }
    !(at_once && on_its_way)
}

/// The lots of `market` whose unrealised profit counts for opening: those that its depth could
/// take; none where depth is not known; all without a feed of it.
#[inline]
pub(crate) fn countable_lots(state: &State, market: &Market) -> u64 {
    market.feeds.depth.map_or(u64::MAX, |feed| depth_lots(state, feed))
}

/// Apart, since most markets have no feed of depth.
#[inline(never)]
fn depth_lots(state: &State, feed: FeedId) -> u64 {
    let depth = state.oracle.depth_for(feed, Purpose::Open, state.now());
    depth.map_or(0, |lots| lots.size())
}

/// The slow price that the mark of `market` is held against: none where it has no feed of its
/// price, zero where that feed has not said enough.
pub(crate) fn slow_price(state: &State, market: &Market) -> Option<Price> {
    let answer = state.oracle.answer(market.feeds.price?, state.now());
    let stable = answer.and_then(|answer| answer.stable).map(Value::price);
    Some(stable.unwrap_or(Price::ZERO).min(market.spec.max_price))
}

/// The market of whose price feed `market` settles: an option's underlying, else itself.
fn settles_by(state: &State, market: MarketId) -> Option<(MarketId, FeedId)> {
    let found = state.markets.market(market)?;
    let of = match found.spec.instrument {
        Instrument::Option { underlying, .. } => underlying,
        Instrument::Perpetual | Instrument::Future { .. } => market,
    };
    Some((of, state.markets.market(of)?.feeds.price?))
}

/// The last price that `market` settles at now, where its feed says one: at expiry the mean over
/// the window before it; where its domain is in settlement, the last good price.
pub(super) fn last_price(state: &State, market: MarketId) -> Option<Price> {
    let found = state.markets.market(market).filter(|found| found.settlement.is_none())?;
    let (_, feed) = settles_by(state, market)?;
    let domain = found.spec.domain;
    if let Some(expiry) = found.spec.instrument.expiry().filter(|at| *at <= state.now()) {
        let length = state.control.millis(domain, Parameter::ExpiryWindow);
        let from = Time(expiry.0.checked_sub(length)?);
        let mean = state.oracle.window_average_floor(feed, (from, expiry), state.now());
        if let Ok(mean) = mean {
            return Some(mean.value.price());
        }
    }
    let ending = state.control.domain_status(domain) >= Status::Settling;
    let good = state.oracle.last_good(feed).filter(|_| ending)?;
    Some(good.value.price())
}
