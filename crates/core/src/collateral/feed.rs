//! Where a collateral's mark comes from. One without a feed is marked by its venue, who answers for
//! the price. One with a feed is marked at the feed's value while that is good enough to liquidate
//! at, and at no other time: so nobody is ever judged at a worse price, and a feed that falls
//! silent leaves the last good mark, which holds up no liquidation and causes none. To open and to
//! let money out the feed is asked again, since a mark that stands says nothing of now.

use super::{Collateral, Event, Rejection};
use crate::engine::{Events, State};
use crate::ids::{AssetId, FeedId};
use crate::market::RATE_UNIT;
use crate::oracle::{Kind, Purpose, Unfit, Value};
use crate::units::Price;

/// Attaches a feed of prices, or takes it away: the venue marks again.
pub(super) fn attach(
    state: &State,
    (asset, settled): (AssetId, AssetId),
    feed: Option<FeedId>,
    events: &mut Events,
) -> Result<(), Rejection> {
    accepted(state, asset, settled)?;
    let is_price = |feed| state.oracle.feed(feed).is_some_and(|of| of.spec.kind == Kind::Price);
    if let Some(feed) = feed.filter(|feed| !is_price(*feed)) {
        return Err(Rejection::WrongFeed { asset, feed });
    }
    events.push(Event::FeedAttached { asset, settled, feed });
    Ok(())
}

pub(super) fn accepted(
    state: &State,
    asset: AssetId,
    settled: AssetId,
) -> Result<&Collateral, Rejection> {
    let found = state.collaterals.collateral(settled, asset);
    found.ok_or(Rejection::NotAccepted { asset, settled })
}

/// A new mark from the collateral's feed.
pub(super) fn mark(
    state: &State,
    (asset, settled): (AssetId, AssetId),
    events: &mut Events,
) -> Result<(), Rejection> {
    let feed = accepted(state, asset, settled)?.feed;
    let feed = feed.ok_or(Rejection::NoFeed { asset, settled })?;
    let price = state.oracle.for_action(feed, Purpose::Liquidate, state.now());
    let price = price.map_err(|unfit| Rejection::Unfit { asset, unfit })?;
    events.push(Event::Marked { asset, settled, price });
    Ok(())
}

/// A collateral that has a feed whose value is good enough to liquidate at.
struct Followed<'a> {
    asset: AssetId,
    settled: AssetId,
    found: &'a Collateral,
    feed: FeedId,
    value: Price,
}

impl Followed<'_> {
    /// Whether the mark is within what the feed takes for no jump from its value.
    fn is_near(&self, state: &State) -> bool {
        let (Some(mark), Some(feed)) = (self.found.mark, state.oracle.feed(self.feed)) else {
            return false;
        };
        let apart = u128::from(mark.ticks().abs_diff(self.value.ticks()));
        // Prices are at most 10^15, and a jump is a part in millionths of 64 bits.
        apart * u128::from(RATE_UNIT)
            <= u128::from(self.value.ticks()) * u128::from(feed.spec.params.jump)
    }
}

fn followed(state: &State) -> impl Iterator<Item = Followed<'_>> {
    let all = state.collaterals.accepted.iter();
    let all = all.flat_map(|(settled, of)| of.iter().map(|(asset, of)| (*settled, *asset, of)));
    all.filter_map(|(settled, asset, found)| {
        let feed = found.feed?;
        let value = state.oracle.for_action(feed, Purpose::Liquidate, state.now()).ok()?;
        (value != Price::ZERO).then_some(Followed { asset, settled, found, feed, value })
    })
}

/// Whether a mark is a jump away from its feed, or lacks: it is taken before anyone is looked at.
pub(crate) fn has_strayed(state: &State) -> bool {
    followed(state).any(|of| !of.is_near(state))
}

/// New marks for every collateral that its feed moved. Markets and collateral are marked together:
/// whoever is short in a market against what he holds of it never stands for a moment on one leg.
pub(crate) fn mark_all(state: &State, events: &mut Events) {
    for Followed { asset, settled, found, value: price, .. } in followed(state) {
        if found.mark != Some(price) {
            events.push(Event::Marked { asset, settled, price });
        }
    }
}

/// Whether the feed of a collateral, where it has one, serves `purpose` now.
pub(crate) fn serves(state: &State, found: &Collateral, purpose: Purpose) -> Result<(), Unfit> {
    match found.feed {
        Some(feed) => state.oracle.for_action(feed, purpose, state.now()).map(|_| ()),
        None => Ok(()),
    }
}

/// The price at which a collateral counts for `purpose`: to keep, its mark; to open or to let money
/// out, where it has a feed, the least of mark, value and slow value, and none where the feed does
/// not serve. What is not known credits nobody, and what the price has just gained counts when it
/// has lasted.
pub(super) fn price_for(state: &State, found: &Collateral, purpose: Purpose) -> Option<Price> {
    let mark = found.mark?;
    let (Some(feed), Purpose::Open | Purpose::Withdraw) = (found.feed, purpose) else {
        return Some(mark);
    };
    let value = state.oracle.for_action(feed, purpose, state.now()).ok()?;
    let slow = state.oracle.answer(feed, state.now())?.stable.map(Value::price)?;
    Some(mark.min(value).min(slow))
}
