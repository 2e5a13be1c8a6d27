//! What a world with markets can do and show: one tick times one lot is one atom, margins are 10 %
//! to open and 5 % to keep, unless a test says otherwise.

use rhodian_core::allocation::Rule;
use rhodian_core::closeout::{self, Route, RouteSpec, Routes};
use rhodian_core::domain::{Basis, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Event};
use rhodian_core::ids::{LossId, MarketId};
use rhodian_core::liquidation::breaker::Breaker;
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};

use super::acts::Given;
use super::{ASSET, DOMAIN, World, amount, layer, members, name};

/// A perpetual as most tests want it.
pub fn perpetual(text: &str) -> MarketSpec {
    MarketSpec {
        name: name(text),
        domain: DOMAIN,
        instrument: Instrument::Perpetual,
        unit: 1,
        max_price: Price::new(1_000_000).unwrap(),
        max_position: 1_000_000,
        max_open: 10_000_000,
        band: 500_000,
        tiers: vec![Tier { above: Amount::ZERO, initial: 100_000, maintenance: 50_000 }],
        steps: None,
    }
}

impl World {
    /// A fund of `fund` atoms, then session gains: a waterfall; and a market `BTC` marked at
    /// `mark`, with opening profit counted in full.
    pub fn venue(fund: u128, mark: u64) -> Self {
        let mut world = Self::new("USD", 2);
        world.fund("fund", fund, None);
        world.session_gains("gains");
        world.waterfall(&["fund", "gains"]);
        world.set(rhodian_core::control::Parameter::OpeningProfit, 1_000_000);
        world.list(perpetual("BTC"));
        world.mark("BTC", mark);
        world
    }

    pub fn session_gains(&mut self, text: &str) {
        let rule = MemberRule { basis: Basis::SessionGains, ..members(Rule::Proportional) };
        self.add(layer(text, Kind::GainsHaircut, Source::Members(rule)));
    }

    pub fn list(&mut self, spec: MarketSpec) {
        let text = spec.name.as_str().to_owned();
        self.must(Action::Market(market::Command::List { spec: Box::new(spec) }));
        let id = MarketId(u32::try_from(self.markets.len()).unwrap());
        self.markets.insert(text, id);
    }

    pub fn market_id(&self, text: &str) -> MarketId {
        self.markets[text]
    }

    pub fn market_do(&mut self, command: market::Command) -> Given {
        self.give(Actor::VENUE, Action::Market(command))
    }

    pub fn mark(&mut self, text: &str, ticks: u64) {
        let marks = vec![(self.markets[text], Price::new(ticks).unwrap())];
        self.market_do(market::Command::Mark { marks }).unwrap();
    }

    pub fn fund_lots(&mut self, text: &str, atoms_per_lot: i64) {
        let market = self.markets[text];
        self.market_do(market::Command::Fund { market, atoms_per_lot }).unwrap();
    }

    pub fn boundary(&mut self) {
        self.market_do(market::Command::EndPeriod).unwrap();
    }

    /// An account, or `book/NAME` for the book of a loss.
    pub fn party(&self, text: &str) -> Party {
        match text.strip_prefix("book/") {
            Some(loss) => Party::Book(self.loss_id(loss)),
            None => Party::Account(self.id(text)),
        }
    }

    /// `buyer` buys `lots` from `seller` at `ticks`, without fees.
    pub fn try_fill(
        &mut self,
        text: &str,
        buyer: &str,
        seller: &str,
        lots: i64,
        ticks: u64,
    ) -> Given {
        self.try_fill_with_fees(text, (buyer, 0), (seller, 0), lots, ticks)
    }

    pub fn try_fill_with_fees(
        &mut self,
        text: &str,
        (buyer, buyer_fee): (&str, u128),
        (seller, seller_fee): (&str, u128),
        lots: i64,
        ticks: u64,
    ) -> Given {
        let command = market::Command::Fill {
            market: self.markets[text],
            number: self.next(),
            buyer: self.party(buyer),
            seller: self.party(seller),
            lots: Quantity::new(lots).unwrap(),
            price: Price::new(ticks).unwrap(),
            buyer_fee: amount(buyer_fee),
            seller_fee: amount(seller_fee),
        };
        self.market_do(command)
    }

    pub fn fill(&mut self, text: &str, buyer: &str, seller: &str, lots: i64, ticks: u64) {
        self.try_fill(text, buyer, seller, lots, ticks).unwrap();
    }

    pub fn lots(&self, party: &str, market: &str) -> i64 {
        let (party, market) = (self.party(party), self.markets[market]);
        self.engine.state().markets.lots_of(party, market).lots()
    }

    pub fn equity(&self, text: &str) -> i128 {
        self.engine.state().equity(self.id(text), ASSET)
    }

    /// What an account gained in the first domain since its reference; negative for a loss.
    pub fn session_gain(&self, text: &str) -> i128 {
        let state = self.engine.state();
        let reference = state.reference(DOMAIN, state.now());
        state.session(self.id(text), reference).map_or(0, |session| session.gain(DOMAIN))
    }

    /// Gives the loss the engine found itself for `account` the name `text`.
    pub fn loss_of(&mut self, text: &str, account: &str) -> LossId {
        let account = self.id(account);
        let found = {
            let mut losses = self.engine.state().losses.losses();
            losses.find(|(_, loss)| loss.failed == Some(account)).map(|(id, _)| id)
        };
        let id = found.expect("a loss of the account");
        self.name_loss(text, id);
        id
    }
}

/// Routes as most tests want them: 1 % of penalty, to a fifth above maintenance, each route tried
/// for an hour.
pub fn routes(world: &World, fund: &str, list: &[Route]) -> Routes {
    let hour = 3_600_000;
    let spec = |route: &Route| RouteSpec { route: *route, time: hour, budget: Amount::MAX };
    Routes {
        buffer: 200_000,
        penalty: 10_000,
        slippage: 10_000,
        fund: world.layer_id(fund),
        breaker: Breaker::default(),
        list: list.iter().map(spec).collect(),
    }
}

/// A backstop that quotes 1 % and takes whatever its margin bears.
pub fn backstop(world: &World, account: &str) -> Route {
    Route::Backstop {
        account: world.id(account),
        base: 10_000,
        impact: 0,
        volatility: 0,
        depth: 1_000,
        band: 100_000,
        budget: Amount::MAX,
    }
}

impl World {
    pub fn set_routes(&mut self, routes: Routes) -> Given {
        let command = closeout::Command::SetRoutes { asset: ASSET, routes };
        self.give(Actor::VENUE, Action::CloseOut(command))
    }

    pub fn try_mark(&mut self, text: &str, ticks: u64) -> Given {
        let marks = vec![(self.markets[text], Price::new(ticks).unwrap())];
        self.market_do(market::Command::Mark { marks })
    }

    /// What close-outs did since the last call.
    pub fn close_outs(&mut self) -> Vec<closeout::Event> {
        let records = std::mem::take(&mut self.records);
        let events = records.into_iter().flat_map(|record| record.events);
        let ours = events.filter_map(|event| match event {
            Event::CloseOut(event) => Some(event),
            _ => None,
        });
        ours.collect()
    }
}
