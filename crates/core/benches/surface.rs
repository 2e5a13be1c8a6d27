//! What it costs to ask how good an option's volatility is, and what an option's fill costs with
//! it: a whole surface, and one with a bulge, of so many expiries and strikes; a call and a put at
//! each share a feed of three sources.
//! `cargo bench -p rhodian-core --bench surface`.

mod venues;

use std::hint::black_box;

use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Role};
use rhodian_core::ids::{AccountId, AssetId, DomainId, FeedId, LayerId, MarketId, SourceId, Time};
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Party, Right, Tier};
use rhodian_core::oracle::{self, FeedSpec, Kind, Params, SourceWeight, Value};
use rhodian_core::units::{Amount, Price, Quantity};
use venues::{give, list, name, open_account, open_domain, thread_seconds};

const DAY: u64 = 86_400_000;
const DOMAIN: DomainId = DomainId(0);
const UNDERLYING: MarketId = MarketId(0);
const ROUNDS: u32 = 2_000;

struct Surface {
    engine: Engine,
    feeds: u32,
    number: u64,
}

impl Surface {
    fn new(expiries: u64, strikes: u64, own: bool) -> Self {
        let mut engine = Engine::new();
        open_domain(&mut engine, "Options", AssetId(0), DOMAIN, LayerId(0));
        list(&mut engine, DOMAIN, 0);
        for account in 0..2 {
            open_account(&mut engine, AccountId(account), AssetId(0), 10u128.pow(15));
        }
        let mut surface = Self { engine, feeds: 0, number: 0 };
        surface.underlying(100_000);
        if !own {
            surface.feed(UNDERLYING, 600_000);
        }
        for expiry in 1..=expiries {
            for strike in 0..strikes {
                surface.place(expiry * 30 * DAY, 50_000 + strike * 100_000 / strikes, own);
            }
        }
        surface
    }

    fn underlying(&mut self, ticks: u64) {
        let marks = vec![(UNDERLYING, Price::new(ticks).unwrap())];
        give(&mut self.engine, Action::Market(market::Command::Mark { marks }));
    }

    fn place(&mut self, expiry: u64, strike: u64, own: bool) {
        let strike = Price::new(strike).unwrap();
        for right in [Right::Call, Right::Put] {
            let id = self.engine.state().markets.markets().count();
            let expiry = Time(expiry);
            let instrument = Instrument::Option { underlying: UNDERLYING, strike, expiry, right };
            let spec = MarketSpec {
                name: name(&format!("o{id}")),
                domain: DOMAIN,
                instrument,
                unit: 10,
                max_price: Price::new(1_000_000_000).unwrap(),
                max_position: 1_000_000_000,
                max_open: 1_000_000_000_000,
                band: 100_000,
                tiers: vec![Tier { above: Amount::ZERO, initial: 50_000, maintenance: 25_000 }],
                steps: None,
            };
            give(&mut self.engine, Action::Market(market::Command::List { spec: Box::new(spec) }));
            let market = MarketId(u32::try_from(id).unwrap());
            let marks = vec![(market, Price::new(5_000).unwrap())];
            give(&mut self.engine, Action::Market(market::Command::Mark { marks }));
            if own && right == Right::Call {
                self.feed(market, 600_000);
            } else if own {
                self.attach(market, FeedId(self.feeds - 1));
            }
        }
    }

    fn feed(&mut self, market: MarketId, millionths: u64) {
        let kind = Kind::Volatility;
        let spec = FeedSpec {
            name: name(&format!("f{}", self.feeds)),
            kind,
            domains: Vec::new(),
            sources: (0..3).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
            min_sources: 2,
            params: Params {
                max_age: DAY,
                step_cap: 1_000_000_000_000,
                jump: 1_000_000_000_000,
                ..Params::of(kind)
            },
        };
        give(&mut self.engine, Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
        let feed = FeedId(self.feeds);
        self.feeds += 1;
        self.say(feed, millionths);
        self.attach(market, feed);
    }

    fn attach(&mut self, market: MarketId, feed: FeedId) {
        let feeds = Feeds { volatility: Some(feed), ..Feeds::default() };
        give(&mut self.engine, Action::Market(market::Command::AttachFeeds { market, feeds }));
    }

    fn say(&mut self, feed: FeedId, millionths: u64) {
        for id in 0..3 {
            self.number += 1;
            let report = oracle::Command::Report {
                feed,
                source: SourceId(id),
                number: self.number,
                value: Value::new(millionths).unwrap(),
                confidence: Value::new(0).unwrap(),
                time: Time(1),
            };
            let actor = Actor { role: Role::Source, id };
            let action = Action::Oracle(report);
            let outcome = self.engine.execute(Envelope { at: Time(1), actor, action });
            assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        }
    }

    /// Microseconds of one `what`.
    fn time(&mut self, mut what: impl FnMut(&mut Self)) -> f64 {
        what(self);
        let began = thread_seconds();
        (0..ROUNDS).for_each(|_| what(self));
        (thread_seconds() - began) * 1e6 / f64::from(ROUNDS)
    }

    /// A fill of one lot in an option, back and forth, so that both sides widen and reduce.
    fn fill(&mut self, option: MarketId) {
        self.number += 1;
        let parties = [0, 1].map(|id| Party::Account(AccountId(id)));
        let way = usize::try_from(self.number % 2).unwrap();
        let action = Action::Market(market::Command::Fill {
            market: option,
            number: self.number,
            buyer: parties[way],
            seller: parties[1 - way],
            lots: Quantity::new(1).unwrap(),
            price: Price::new(5_000).unwrap(),
            buyer_fee: Amount::ZERO,
            seller_fee: Amount::ZERO,
        });
        give(&mut self.engine, action);
    }
}

fn main() {
    println!("us of processor time; a fill and its undoing are two");
    for (expiries, strikes) in [(4, 15), (12, 40)] {
        let mut flat = Surface::new(expiries, strikes, false);
        let mut own = Surface::new(expiries, strikes, true);
        let middle = u32::try_from((expiries / 2 * strikes + strikes / 2) * 2 + 1).unwrap();
        let option = MarketId(middle);
        let ask = |of: &mut Surface| drop(black_box(of.engine.state().option_answer(option)));
        let of_flat = flat.time(ask);
        let of_own = own.time(ask);
        let feed = own.engine.state().option_answer(option).unwrap().0;
        let page = own.time(|of| drop(black_box(of.engine.state().feed_answer(feed))));
        let fills = [flat.time(|of| of.fill(option)), own.time(|of| of.fill(option))];
        own.say(feed, 700_000);
        let broken = own.time(ask);
        let reasons = own.engine.state().option_answer(option).unwrap().1.reasons.len();
        println!(
            "{expiries} expiries of {strikes} strikes: one feed {of_flat:.1}, own feeds \
             {of_own:.1}, broken {broken:.1} ({reasons} reasons), a feed's page {page:.1}; fills \
             {:.1} and {:.1}",
            fills[0], fills[1]
        );
    }
}
