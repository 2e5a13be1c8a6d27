//! The engine with a book in it, and what is done to it in a crisis.

mod outside;
mod play;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::closeout::{self, Route, RouteSpec, Routes};
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Caps, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Rejection};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Name, OwnerId, Time};
use rhodian_core::liquidation::breaker::Breaker;
use rhodian_core::market::{self, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_core::waterfall::{Side, Step};

use super::behaviour::Behaviour;
use super::model::CrisisModel;
use crate::world::World;
use outside::Outside;

pub(super) use play::{Found, Progress, Watcher};

const ASSET: AssetId = AssetId(0);
const DOMAIN: DomainId = DomainId(0);
const FUND: LayerId = LayerId(0);
/// Fills are admitted so far from the mark: as far as a market may admit them, to twice the mark.
const BAND: u32 = 1_000_000;
/// What nobody runs out of, in atoms: the fund, and the outside that buys.
const PLENTY: u128 = 1_000_000_000_000_000_000_000_000;
const MILLION: u64 = 1_000_000;
const DAY: u64 = 86_400_000;

/// What the engine refused, in its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the engine refuses: {}", self.0)
    }
}

/// A venue before a crisis.
#[derive(Clone, Debug)]
pub(super) struct Venue {
    engine: Engine,
    /// Who takes what is closed.
    outside: AccountId,
    cost: u32,
    /// In how many ticks a book is sold.
    close: u32,
    fills: u64,
    /// Where what is closed is sold, where that is more than a cost.
    market: Option<Outside>,
    behaviour: Behaviour,
    /// What purchases would have paid above twice the mark, in atoms.
    capped: u128,
    /// What each account withdrew in the crisis; nothing before anyone did.
    withdrawn: Vec<u128>,
    /// When the crisis begins.
    pub(super) at: Time,
    /// The marks then.
    pub(super) starts: Vec<Price>,
    pub(super) equity: u128,
    pub(super) open_value: u128,
}

fn name(text: &str) -> Result<Name, Refused> {
    Name::new(text).ok_or_else(|| Refused(format!("the name {text}")))
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap_or(Amount::MAX)
}

/// The market as the model's venue lists it.
fn listed(spec: MarketSpec, maintenance: u32) -> MarketSpec {
    let tier = |tier: &Tier| {
        let raised = u64::from(tier.maintenance) * u64::from(maintenance) / MILLION;
        let maintenance = u32::try_from(raised).unwrap_or(u32::MAX).min(1_000_000);
        Tier { maintenance, initial: tier.initial.max(maintenance), ..*tier }
    };
    MarketSpec { tiers: spec.tiers.iter().map(tier).collect(), ..spec }
}

impl Venue {
    pub(super) fn of(world: &World, model: &CrisisModel) -> Result<Self, Refused> {
        let population = &world.population;
        let places = u32::try_from(population.accounts.len()).unwrap_or(u32::MAX);
        let mut venue = Self {
            engine: Engine::new(),
            outside: AccountId(places),
            cost: model.cost,
            close: model.close,
            fills: 0,
            market: None,
            behaviour: model.behaviour,
            capped: 0,
            withdrawn: Vec::new(),
            at: Time(0),
            starts: Vec::new(),
            equity: 0,
            open_value: 0,
        };
        venue.open_domain()?;
        for market in &world.markets {
            let spec =
                market.spec(DOMAIN, BAND).ok_or_else(|| Refused("a market's name".into()))?;
            let spec = listed(spec, model.maintenance);
            venue.must(Action::Market(market::Command::List { spec: Box::new(spec) }))?;
        }
        for owner in 0..=population.owners {
            let name = name(&format!("owner-{owner}"))?;
            venue.must(Action::Account(account::Command::OpenOwner { name }))?;
        }
        for round in &population.rounds {
            venue.mark(round.at, (0..).map(MarketId).zip(round.marks.iter().copied()).collect())?;
            for place in round.accounts.clone() {
                let of = population.accounts[place as usize];
                venue.open(place, of.owner, of.kind, of.deposit)?;
            }
            for fill in &population.fills[round.fills.clone()] {
                let of = |place: u32| Party::Account(AccountId(place));
                venue.fill(fill.market, of(fill.buyer), of(fill.seller), fill.lots, fill.price)?;
            }
        }
        venue.open(places, population.owners, AccountKind::Cross, amount(PLENTY))?;
        venue.set_routes()?;
        let start = world.start();
        venue.mark(start.at(), (0..).map(MarketId).zip(start.marks().iter().copied()).collect())?;
        (venue.at, venue.starts) = (start.at(), start.marks().to_vec());
        venue.measure(places);
        let markets: Vec<_> = venue.engine.state().markets.markets().collect();
        let of = |(_, market): &(MarketId, &market::Market)| {
            let value =
                Quantity::new(market.open.cast_signed()).map_or(0, |lots| market.gross(lots));
            (market.mark.unwrap_or_default(), market.open, value)
        };
        let opened: Vec<_> = markets.iter().map(of).collect();
        venue.market = Outside::of(model, &opened);
        Ok(venue)
    }

    fn open_domain(&mut self) -> Result<(), Refused> {
        let fund = LayerSpec {
            name: name("fund")?,
            kind: Kind::InsuranceFund,
            asset: ASSET,
            source: Source::Pot,
            caps: Caps::default(),
            attachment: None,
        };
        let steps = vec![Step { layers: vec![Side { layer: FUND, weight: 1 }] }];
        let class = CauseClass::Default;
        for command in [
            domain::Command::AddAsset { name: name("USD")?, decimals: 6 },
            domain::Command::OpenDomain { name: name("all")?, asset: ASSET },
            domain::Command::AddLayer { spec: Box::new(fund) },
            domain::Command::SetWaterfall { domain: DOMAIN, class, steps },
            domain::Command::PayIntoLayer { layer: FUND, number: 1, amount: amount(PLENTY) },
        ] {
            self.must(Action::Domain(command))?;
        }
        let (parameter, value) = (Parameter::OpeningProfit, u128::from(MILLION));
        let set = control::Command::SetParameter { domain: DOMAIN, parameter, value };
        self.must(Action::Control(set))
    }

    /// Accounts below maintenance are closed in part, in the market and nowhere else.
    fn set_routes(&mut self) -> Result<(), Refused> {
        let list = vec![RouteSpec { route: Route::Market, time: DAY, budget: Amount::MAX }];
        let routes = Routes {
            buffer: 200_000,
            penalty: 0,
            slippage: self.cost,
            fund: FUND,
            breaker: Breaker::default(),
            list,
        };
        self.must(Action::CloseOut(closeout::Command::SetRoutes { asset: ASSET, routes }))
    }

    fn measure(&mut self, accounts: u32) {
        let state = self.engine.state();
        let equity = |place| state.equity(AccountId(place), ASSET).max(0).unsigned_abs();
        self.equity = (0..accounts).map(equity).sum();
        let gross = |place| {
            let legs = &state.markets.position(AccountId(place)).legs;
            legs.iter().map(|leg| state.markets.gross(leg)).sum::<u128>()
        };
        self.open_value = (0..accounts).map(gross).sum();
    }

    fn give(&mut self, action: Action) -> Result<(), Rejection> {
        let envelope = Envelope { at: self.at, actor: Actor::VENUE, action };
        match self.engine.execute(envelope) {
            Outcome::Accepted(_) => Ok(()),
            Outcome::Rejected(_, rejection) => Err(rejection),
        }
    }

    fn must(&mut self, action: Action) -> Result<(), Refused> {
        self.give(action).map_err(|rejection| Refused(rejection.to_string()))
    }

    fn mark(&mut self, at: Time, marks: Vec<(MarketId, Price)>) -> Result<(), Refused> {
        self.at = at;
        self.must(Action::Market(market::Command::Mark { marks }))
    }

    fn open(
        &mut self,
        place: u32,
        owner: u32,
        kind: AccountKind,
        deposit: Amount,
    ) -> Result<(), Refused> {
        let (name, owner) = (name(&format!("account-{place}"))?, OwnerId(owner));
        self.must(Action::Account(account::Command::OpenAccount { name, owner, kind }))?;
        let (account, amount) = (AccountId(place), deposit);
        let deposit = account::Command::Deposit { account, number: 1, asset: ASSET, amount };
        self.must(Action::Account(deposit))
    }

    fn fill_command(
        &self,
        market: u32,
        buyer: Party,
        seller: Party,
        lots: Quantity,
        price: Price,
    ) -> Action {
        Action::Market(market::Command::Fill {
            market: MarketId(market),
            number: self.fills,
            buyer,
            seller,
            lots,
            price,
            buyer_fee: Amount::ZERO,
            seller_fee: Amount::ZERO,
        })
    }

    fn fill(
        &mut self,
        market: u32,
        buyer: Party,
        seller: Party,
        lots: Quantity,
        price: Price,
    ) -> Result<(), Refused> {
        self.fills += 1;
        self.must(self.fill_command(market, buyer, seller, lots, price))
    }

    /// Closes `lots` of a party against the outside, at the cost from the mark. Whether the engine
    /// admits it: it refuses what would take an account below nothing, which then fails instead.
    fn close(&mut self, party: Party, market: MarketId, lots: Quantity) -> bool {
        let mark = self.engine.state().markets.market(market).and_then(|found| found.mark);
        let (Some(mark), Ok(size)) = (mark, i64::try_from(lots.size())) else { return false };
        let Ok(size) = Quantity::new(size) else { return false };
        let long = lots.lots() > 0;
        let (price, above) = match &self.market {
            Some(outside) => outside.price(market, mark, lots.lots(), self.cost),
            None => (self.at_cost(mark, long), 0),
        };
        let outside = Party::Account(self.outside);
        let (buyer, seller) = if long { (outside, party) } else { (party, outside) };
        self.fills += 1;
        let done = self.give(self.fill_command(market.0, buyer, seller, size, price)).is_ok();
        if let Some(outside) = self.market.as_mut().filter(|_| done) {
            outside.sell(market, lots.lots());
            let gross = self.engine.state().markets.market(market).map_or(0, |of| of.gross(lots));
            // No more than the lots are worth at the highest price there is.
            self.capped += gross / u128::from(mark.ticks()) * u128::from(above);
        }
        done
    }

    /// What a sale gets, or a purchase pays, at the cost from the mark.
    fn at_cost(&self, mark: Price, long: bool) -> Price {
        let worse = u128::from(mark.ticks()) * u128::from(self.cost) / u128::from(MILLION);
        let worse = u64::try_from(worse).unwrap_or(0);
        let ticks = if long { mark.ticks() - worse } else { mark.ticks() + worse };
        Price::new(ticks.max(1)).unwrap_or(mark)
    }
}
