//! At which volatility an option is valued, and how good it is.
//!
//! An option may have a volatility feed of its own; one that has none takes its underlying's. The
//! volatilities of all options on one underlying are a surface, and where they leave a sure profit
//! one of them is wrong, nobody knows which. So the options that the profit is made of, and no
//! others, have a volatility of no better quality than to mark: nothing opens in them, nothing of
//! those who hold them is let out, and nobody is liquidated for what they require.
//!
//! What is compared is what would be used: values whose own quality is good enough to liquidate at,
//! at the mark of the underlying, at the moment that is asked about. Nothing is remembered by
//! asking. A value that is no better than to mark by itself accuses nobody; an option that
//! expired, or has no price in the pricer's domain, takes no part. A profit of a tick or less is
//! none: no price of an option can say it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Bound;

use super::{Instrument, Leg, Market};
use crate::engine::State;
use crate::ids::{FeedId, MarketId, Time};
use crate::margin;
use crate::oracle::{Answer, Kind, Purpose, Quality, SureProfit, Unfit, Why};
use crate::pricing::{
    self, Arbitrage, Fault, Level, Quoted, Smile, TimeToExpiry, Vanilla, Volatility,
};
use crate::units::Price;

/// The options on one underlying, by expiry and strike.
pub(crate) type Options = BTreeSet<(Time, Price, MarketId)>;

/// The place of an option among those on its underlying; nothing for another market.
pub(crate) const fn place(
    id: MarketId,
    market: &Market,
) -> Option<(MarketId, (Time, Price, MarketId))> {
    match market.spec.instrument {
        Instrument::Option { underlying, strike, expiry, .. } => {
            Some((underlying, (expiry, strike, id)))
        }
        Instrument::Perpetual | Instrument::Future { .. } => None,
    }
}

/// The feed of the volatility that an option is valued at: its own, else its underlying's.
pub(crate) fn feed_of(state: &State, option: &Market) -> Option<FeedId> {
    let Instrument::Option { underlying, .. } = option.spec.instrument else { return None };
    let of_underlying = || state.markets.market(underlying)?.feeds.volatility;
    option.feeds.volatility.or_else(of_underlying)
}

/// The volatility of an option for `purpose` now, in millionths a year; nothing where it has no
/// feed of one. A surface is looked at only where the purpose needs more than to mark.
pub(crate) fn volatility_for(
    state: &State,
    option: MarketId,
    purpose: Purpose,
) -> Option<Result<u64, Unfit>> {
    let found = state.markets.market(option)?;
    let feed = feed_of(state, found)?;
    let value = state.oracle.volatility_for(feed, purpose, state.now());
    let needed = state.oracle.feed(feed)?.spec.params.needs.of(purpose);
    if value.is_err() || Quality::Mark.meets(needed) {
        return Some(value);
    }
    let (_, Answer { quality, reasons, .. }) = answer_at(state, option)?;
    if quality.meets(needed) {
        return Some(value);
    }
    Some(Err(Unfit::Quality { feed, purpose, needed, found: quality, reasons }))
}

/// The feed of an option's volatility, and what it says there.
pub(crate) fn answer_at(state: &State, option: MarketId) -> Option<(FeedId, Answer)> {
    let found = state.markets.market(option)?;
    let feed = feed_of(state, found)?;
    let answer = state.oracle.answer(feed, state.now())?;
    let goes_on = !super::feed::is_over(state, found);
    let profits = (goes_on && answer.quality.meets(Quality::Liquidation))
        .then(|| profits_at(state, option, found));
    Some((feed, lowered(answer, profits.unwrap_or_default())))
}

/// Whether the volatilities of the options among `legs` serve `purpose` now. One without a feed of
/// it is charged its whole value and waits for nothing.
pub(crate) fn volatilities_fit(state: &State, legs: &[Leg], purpose: Purpose) -> bool {
    legs.iter().all(|leg| serves(state, leg.market, purpose).is_ok())
}

/// Whether the volatility of `market`, if it is an option that goes on, serves `purpose` now.
pub(super) fn serves(state: &State, market: MarketId, purpose: Purpose) -> Result<(), Unfit> {
    // Most markets are no options: that is known first.
    let asks = |of: &Market| feed_of(state, of).is_some() && !super::feed::is_over(state, of);
    if !state.markets.market(market).is_some_and(asks) {
        return Ok(());
    }
    volatility_for(state, market, purpose).map_or(Ok(()), |value| value.map(|_| ()))
}

/// What `feed` says now, as the options that are valued at it have it: no better than where it
/// stands worst on the surface, and why.
pub(crate) fn answer(state: &State, feed: FeedId) -> Option<Answer> {
    let answer = state.oracle.answer(feed, state.now())?;
    if state.oracle.feed(feed)?.spec.kind != Kind::Volatility
        || !answer.quality.meets(Quality::Liquidation)
    {
        return Some(answer);
    }
    let mut profits: Vec<Why> = Vec::new();
    for (id, market) in state.markets.markets() {
        if feed_of(state, market) == Some(feed) && !super::feed::is_over(state, market) {
            let new = profits_at(state, id, market).into_iter();
            let new: Vec<Why> = new.filter(|profit| !profits.contains(profit)).collect();
            profits.extend(new);
        }
    }
    Some(lowered(answer, profits))
}

fn lowered(mut answer: Answer, profits: Vec<Why>) -> Answer {
    let allowed = profits.iter().map(Why::allows).max().unwrap_or(Quality::Settlement);
    answer.quality = answer.quality.max(allowed);
    answer.reasons.extend(profits);
    answer
}

/// The sure profits that `option` is a leg of.
fn profits_at(state: &State, option: MarketId, found: &Market) -> Vec<Why> {
    let Some((underlying, (expiry, strike, _))) = place(option, found) else { return Vec::new() };
    let options = state.options_on(underlying);
    let profits = || Look::at(state, underlying, &options)?.profits(expiry, strike);
    let why = |profit| Why::Arbitrage { underlying, profit };
    profits().unwrap_or_default().into_iter().map(why).collect()
}

/// A strike of an expiry with the volatilities of its options: one, where all have the same feed.
struct Place {
    strike: Price,
    level: Level,
    volatilities: Vec<Volatility>,
}

impl Place {
    /// What stands on the surface: of several volatilities the first. Where another is worth more
    /// than a tick less or more, it leaves a profit here already.
    fn quoted(&self) -> Option<Quoted> {
        let volatility = *self.volatilities.first()?;
        Some(Quoted { strike: self.level, volatility })
    }
}

/// One expiry with the places that are looked at, by rising strike.
struct Dated {
    expiry: Time,
    time: TimeToExpiry,
    places: Vec<Place>,
}

/// A look at the part of a surface around one place.
struct Look<'a> {
    state: &'a State,
    options: &'a Options,
    forward: Level,
    units_per_tick: u64,
    /// What feeds said that were asked: nothing where one does not serve.
    said: Vec<(FeedId, Option<Volatility>)>,
}

impl<'a> Look<'a> {
    /// Nothing where the underlying has no mark that the pricer takes for a forward.
    fn at(state: &'a State, underlying: MarketId, options: &'a Options) -> Option<Self> {
        let mark = state.markets.market(underlying)?.mark?;
        let units_per_tick = margin::units_per_tick(mark);
        let forward = Level::new(mark.ticks().checked_mul(units_per_tick)?).ok()?;
        Some(Self { state, options, forward, units_per_tick, said: Vec::new() })
    }

    /// The profits that options at one place are legs of. Two strikes to each side decide along
    /// its expiry; at the others the strike itself.
    fn profits(mut self, expiry: Time, strike: Price) -> Option<Vec<SureProfit>> {
        let mut own = Dated { expiry, time: self.time_to(expiry)?, places: Vec::new() };
        let here = self.place(&own, strike)?;
        let parity = self.parity(&own, &here);
        own.places.push(here);
        let (mut low, mut at) = (strike, 0);
        while at < 2
            && let Some(below) = self.below(&own, low)
        {
            low = below.strike;
            own.places.insert(0, below);
            at += 1;
        }
        let mut high = strike;
        while own.places.len() < at + 3
            && let Some(above) = self.above(&own, high)
        {
            high = above.strike;
            own.places.push(above);
        }
        let mut surface = Vec::new();
        for date in self.dates().into_iter().filter(|date| *date != expiry) {
            let mut of = Dated { expiry: date, time: self.time_to(date)?, places: Vec::new() };
            of.places.extend(self.place(&of, strike));
            surface.push(of);
        }
        let own_at = surface.partition_point(|of: &Dated| of.expiry < expiry);
        surface.insert(own_at, own);
        let mut profits: Vec<SureProfit> = parity.into_iter().collect();
        if self.said.iter().filter(|(_, said)| said.is_some()).count() > 1 {
            profits.extend(self.faults(&surface, (own_at, at)));
        }
        Some(profits)
    }

    /// The faults with a leg at one place of `surface`.
    fn faults(&self, surface: &[Dated], leg: (usize, usize)) -> Vec<SureProfit> {
        let quotes = surface.iter().map(|of| of.places.iter().filter_map(Place::quoted).collect());
        let quotes: Vec<Vec<Quoted>> = quotes.collect();
        let smiles = surface.iter().zip(&quotes);
        let smiles =
            smiles.map(|(of, quotes)| Smile { forward: self.forward, time: of.time, quotes });
        let smiles: Vec<Smile<'_>> = smiles.collect();
        let found = pricing::faults_of(&smiles, leg, self.units_per_tick).into_iter();
        found.filter_map(|fault| said_of(surface, &fault)).collect()
    }

    /// Options of one strike whose volatilities make their calls worth more than a tick apart: a
    /// call bought at the one and sold at the other is a put and a forward bought for less.
    fn parity(&self, of: &Dated, place: &Place) -> Option<SureProfit> {
        let by_size = |volatility: &&Volatility| volatility.millionths();
        let least = place.volatilities.iter().min_by_key(by_size)?;
        let most = place.volatilities.iter().max_by_key(by_size)?;
        let call = |volatility: &Volatility| self.price(of.time, place.level, *volatility);
        let apart = call(most)?.checked_sub(call(least)?)?;
        let (expiry, strike) = (of.expiry, place.strike);
        (apart > self.units_per_tick).then_some(SureProfit::Parity { expiry, strike })
    }

    fn price(&self, time: TimeToExpiry, strike: Level, volatility: Volatility) -> Option<u64> {
        let option = Vanilla { forward: self.forward, strike, volatility, time };
        option.prices().ok().map(|prices| prices.call)
    }

    fn time_to(&self, expiry: Time) -> Option<TimeToExpiry> {
        let millis = expiry.0.checked_sub(self.state.now().0).filter(|millis| *millis > 0)?;
        TimeToExpiry::from_millis(millis).ok()
    }

    /// The expiries to come, in order.
    fn dates(&self) -> Vec<Time> {
        let (mut dates, mut last) = (Vec::new(), self.state.now());
        while let Some(next) = self.after((last, Price::MAX, MarketId(u32::MAX))) {
            last = next.0;
            dates.push(last);
        }
        dates
    }

    fn after(&self, of: (Time, Price, MarketId)) -> Option<(Time, Price, MarketId)> {
        self.options.range((Bound::Excluded(of), Bound::Unbounded)).next().copied()
    }

    /// The nearest place of an expiry below `strike` that has a volatility.
    fn below(&mut self, of: &Dated, mut strike: Price) -> Option<Place> {
        loop {
            let all = (of.expiry, Price::ZERO, MarketId(0))..(of.expiry, strike, MarketId(0));
            strike = self.options.range(all).next_back()?.1;
            if let Some(place) = self.place(of, strike) {
                return Some(place);
            }
        }
    }

    /// The same above `strike`.
    fn above(&mut self, of: &Dated, mut strike: Price) -> Option<Place> {
        loop {
            let next = self.after((of.expiry, strike, MarketId(u32::MAX)))?;
            if next.0 != of.expiry {
                return None;
            }
            strike = next.1;
            if let Some(place) = self.place(of, strike) {
                return Some(place);
            }
        }
    }

    /// The volatilities of the options at one strike that serve and have a price.
    fn place(&mut self, of: &Dated, strike: Price) -> Option<Place> {
        let level = Level::new(strike.ticks().checked_mul(self.units_per_tick)?).ok()?;
        let (state, mut feeds) = (self.state, Vec::new());
        let all = (of.expiry, strike, MarketId(0))..=(of.expiry, strike, MarketId(u32::MAX));
        for (.., option) in self.options.range(all) {
            let market = state.markets.market(*option)?;
            let feed = feed_of(state, market).filter(|feed| !feeds.contains(feed));
            if market.settlement.is_none() {
                feeds.extend(feed);
            }
        }
        let said = feeds.into_iter().filter_map(|feed| self.said_by(feed));
        let mut volatilities: Vec<Volatility> = said.collect();
        volatilities.retain(|volatility| self.price(of.time, level, *volatility).is_some());
        (!volatilities.is_empty()).then_some(Place { strike, level, volatilities })
    }

    /// What a feed says, if that is good enough to liquidate at.
    fn said_by(&mut self, feed: FeedId) -> Option<Volatility> {
        if let Some((_, said)) = self.said.iter().find(|(of, _)| *of == feed) {
            return *said;
        }
        let said = || {
            let answer = self.state.oracle.answer(feed, self.state.now())?;
            let value = answer.value.filter(|_| answer.quality.meets(Quality::Liquidation))?;
            Volatility::new(u32::try_from(value.units()).ok()?).ok()
        };
        let said = said();
        self.said.push((feed, said));
        said
    }
}

/// A fault of `surface` by strikes and expiries.
fn said_of(surface: &[Dated], fault: &Fault) -> Option<SureProfit> {
    let expiry_of = |at: usize| surface.get(at).map(|of| of.expiry);
    let strike_of = |(at, place): (usize, usize)| Some(surface.get(at)?.places.get(place)?.strike);
    let last = || strike_of(*fault.quotes.last()?);
    // The forward is the side at strike zero.
    let from_last = |back: usize| {
        let place = fault.quotes.len().checked_sub(back + 1);
        place.map_or(Some(Price::ZERO), |place| strike_of(*fault.quotes.get(place)?))
    };
    Some(match fault.what {
        Arbitrage::CallRises { expiry, .. } => {
            SureProfit::Calls { expiry: expiry_of(expiry)?, low: from_last(1)?, high: last()? }
        }
        Arbitrage::PutFalls { expiry, .. } => {
            SureProfit::Puts { expiry: expiry_of(expiry)?, low: from_last(1)?, high: last()? }
        }
        Arbitrage::Butterfly { expiry, .. } => SureProfit::Butterfly {
            expiry: expiry_of(expiry)?,
            low: from_last(2)?,
            middle: from_last(1)?,
            high: last()?,
        },
        Arbitrage::Calendar { earlier, later, expiry, quote } => SureProfit::Calendar {
            earlier: expiry_of(earlier)?,
            later: expiry_of(later)?,
            strike: strike_of((expiry, quote))?,
        },
        // Places come in order, and have a price.
        Arbitrage::ExpiryOrder { .. }
        | Arbitrage::StrikeOrder { .. }
        | Arbitrage::OutsideDomain { .. } => return None,
    })
}
