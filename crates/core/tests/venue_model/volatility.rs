//! A volatility of the option's own that nobody says: while its feed is attached nothing opens in
//! it, and nothing of those who hold it is let out. What it requires is the same as without a feed.

use rhodian_core::engine::Action;
use rhodian_core::ids::{FeedId, MarketId, SourceId};
use rhodian_core::market::{self, Feeds};
use rhodian_core::oracle::{self, FeedSpec, Kind, Params, SourceWeight};

use crate::model::{Market, Model};
use crate::setup::{Case, id, name};
use crate::venue::Who;

impl Model {
    /// Whether a market is an option whose volatility nobody says.
    pub fn is_unsaid(&self, market: usize) -> bool {
        let found = &self.markets[market];
        found.unsaid && found.expiry.is_some_and(|expiry| expiry > self.now)
    }

    /// Whether nothing of an account is let out for want of a volatility.
    pub fn is_held(&self, account: usize) -> bool {
        self.venue.legs_of(Who::Account(account)).any(|(market, _)| self.is_unsaid(market))
    }
}

impl Case {
    /// The place of the option, if there is one that goes on.
    fn option(&self) -> Option<usize> {
        let now = self.model.now;
        let goes_on = |of: &Market| of.expiry.is_some_and(|expiry| expiry > now);
        self.model.markets.iter().position(|of| of.option.is_some() && goes_on(of))
    }

    pub fn open_volatility(&mut self) {
        if self.option().is_none() {
            return;
        }
        let kind = Kind::Volatility;
        let spec = FeedSpec {
            name: name("volatility"),
            kind,
            domains: Vec::new(),
            sources: vec![SourceWeight { source: SourceId(0), weight: 1 }],
            min_sources: 1,
            params: Params::of(kind),
        };
        self.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    }

    /// Attaches the silent feed, or leaves it.
    pub fn turn_volatility(&mut self) -> Result<(), String> {
        let Some(place) = self.option() else { return Ok(()) };
        let unsaid = !self.model.markets[place].unsaid;
        self.model.markets[place].unsaid = unsaid;
        let feeds = Feeds { volatility: unsaid.then_some(FeedId(0)), ..Feeds::default() };
        let market = MarketId(id(place));
        if (0..self.model.venue.accounts.len()).any(|account| self.model.is_held(account)) {
            self.model.note("held for a volatility");
        }
        self.give(Action::Market(market::Command::AttachFeeds { market, feeds }), Ok(()))
    }

    /// At its expiry an option needs no volatility, and is worth what it pays: that is another
    /// model's. Here the feed is left before.
    pub fn leave_volatility_by(&mut self, at: u64) -> Result<(), String> {
        let over = |place: usize| {
            let found = &self.model.markets[place];
            found.unsaid && found.expiry.is_some_and(|expiry| expiry <= at)
        };
        if self.option().is_some_and(over) { self.turn_volatility() } else { Ok(()) }
    }
}
