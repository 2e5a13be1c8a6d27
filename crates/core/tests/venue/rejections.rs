//! Every reason for which markets and close-outs refuse a command, each met by a case of its own.
//! Alice and Bob trade, Carol stands by. The codes are read from the source, so that a new one
//! without a case fails.

use std::collections::BTreeSet;

use crate::codes::codes;
use crate::world::acts::Given;
use crate::world::venue::{perpetual, routes};
use crate::world::{ASSET, DOMAIN, World, layer, name};
use rhodian_core::closeout::{self, AuctionCourse, Route};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Rejection, Role};
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, FeedId, LayerId, LossId, MarketId, SourceId, Time,
};
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Party, StepLimits};
use rhodian_core::oracle::{self, FeedSpec, Params, SourceWeight};
use rhodian_core::units::{Amount, Price, Quantity};

const HOUR: u64 = 3_600_000;

/// BTC at 1,000; Alice is long 400 lots against Bob and keeps 20,000 at 950.
fn floor() -> World {
    let mut world = World::venue(1_000, 1_000);
    for (text, cash) in [("alice", 40_000), ("bob", 200_000), ("carol", 100_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world
}

type Case = (&'static str, fn(&mut World) -> Given);

fn fill(world: &World, text: &str, buyer: Party, seller: Party, lots: i64) -> market::Command {
    market::Command::Fill {
        market: world.market_id(text),
        number: 1_000_000,
        buyer,
        seller,
        lots: Quantity::new(lots).unwrap(),
        price: Price::new(1_000).unwrap(),
        buyer_fee: Amount::ZERO,
        seller_fee: Amount::ZERO,
    }
}

fn list(world: &mut World, change: impl FnOnce(&mut MarketSpec)) -> Given {
    let mut spec = perpetual("ETH");
    change(&mut spec);
    world.market_do(market::Command::List { spec: Box::new(spec) })
}

const STEPS: StepLimits = StepLimits { price: 30_000, funding: 1_000, penalty: 10_000 };

fn listed_with(world: &mut World, change: impl FnOnce(&mut MarketSpec)) {
    let mut spec = perpetual("ETH");
    change(&mut spec);
    world.list(spec);
    world.mark("ETH", 1_000);
}

/// A domain of another asset, with a waterfall and the market `EUR-BTC`.
fn other_asset(world: &mut World) {
    world.domain_do(domain::Command::AddAsset { name: name("EUR"), decimals: 2 });
    let asset = AssetId(1);
    world.domain_do(domain::Command::OpenDomain { name: name("Euros"), asset });
    let spec = layer("euro fund", Kind::InsuranceFund, Source::Pot);
    world.add(domain::LayerSpec { asset, ..spec });
    let (domain, class) = (DomainId(1), CauseClass::Default);
    let steps = vec![world.step(&[("euro fund", 1)])];
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    world.list(MarketSpec { domain, ..perpetual("EUR-BTC") });
    world.mark("EUR-BTC", 1_000);
}

/// Alice fails: her book holds 400 lots.
fn failed(world: &mut World) -> Party {
    world.set(Parameter::CloseOutTime, u128::from(10 * HOUR));
    world.mark("BTC", 890);
    world.loss_of("L1", "alice");
    world.party("book/L1")
}

/// BTC on a price feed that nobody reported to.
fn on_feed(world: &mut World) -> Given {
    let spec = FeedSpec {
        name: name("index"),
        kind: oracle::Kind::Price,
        domains: vec![DOMAIN],
        sources: vec![SourceWeight { source: SourceId(0), weight: 1 }],
        min_sources: 1,
        params: Params::of(oracle::Kind::Price),
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    attach(world, Feeds { price: Some(FeedId(0)), ..Feeds::default() })
}

/// Three sources say 1,100 of ETH, which is marked at 1,000.
fn far_away(world: &mut World) {
    let (feed, market) = (FeedId(0), world.market_id("ETH"));
    let spec = FeedSpec {
        name: name("ETH index"),
        kind: oracle::Kind::Price,
        domains: vec![DOMAIN],
        sources: (0..3).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params::of(oracle::Kind::Price),
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    let feeds = Feeds { price: Some(feed), ..Feeds::default() };
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    for id in 0..3 {
        let report = oracle::Command::Report {
            feed,
            source: SourceId(id),
            number: 1,
            value: oracle::Value::new(1_100).unwrap(),
            confidence: oracle::Value::new(0).unwrap(),
            time: world.at,
        };
        world.give(Actor { role: Role::Source, id }, Action::Oracle(report)).unwrap();
    }
}

fn attach(world: &mut World, feeds: Feeds) -> Given {
    let market = world.market_id("BTC");
    world.market_do(market::Command::AttachFeeds { market, feeds })
}

fn from_feeds(world: &mut World) -> Given {
    let markets = vec![world.market_id("BTC")];
    world.market_do(market::Command::MarkFromFeeds { markets })
}

const OF_MARKETS: &[Case] = &[
    ("has-feed", |w| {
        on_feed(w).unwrap();
        w.try_mark("BTC", 1_000)
    }),
    ("no-feed", from_feeds),
    ("price-unfit", |w| {
        on_feed(w).unwrap();
        from_feeds(w)
    }),
    ("mark-strayed", |w| {
        let steps = Some(StepLimits { price: 35_000, funding: 0, penalty: 10_000 });
        listed_with(w, |spec| spec.steps = steps);
        far_away(w);
        w.try_fill("ETH", "carol", "bob", 1, 1_000)
    }),
    ("wrong-feed", |w| {
        on_feed(w).unwrap();
        attach(w, Feeds { depth: Some(FeedId(0)), ..Feeds::default() })
    }),
    ("unknown-market", |w| {
        let market = MarketId(9);
        w.market_do(market::Command::Fund { market, atoms_per_lot: 1 })
    }),
    ("unknown-domain", |w| list(w, |spec| spec.domain = DomainId(9))),
    ("domain-of-pool", |w| {
        let domain = crate::world::lending::pool_beside(w);
        list(w, |spec| spec.domain = domain)
    }),
    ("unknown-account", |w| {
        let command = fill(w, "BTC", Party::Account(AccountId(99)), w.party("bob"), 1);
        w.market_do(command)
    }),
    ("unknown-book", |w| {
        let command = fill(w, "BTC", Party::Book(LossId(99)), w.party("bob"), 1);
        w.market_do(command)
    }),
    ("no-waterfall", |w| {
        w.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
        list(w, |spec| spec.domain = DomainId(1))
    }),
    ("name-in-use", |w| list(w, |spec| spec.name = name("BTC"))),
    ("flaw", |w| list(w, |spec| spec.unit = 0)),
    ("no-underlying", |w| {
        // A future that would converge to a future.
        let future = |underlying| Instrument::Future { expiry: Time(10_000_000), underlying };
        listed_with(w, |spec| spec.instrument = future(None));
        let other = w.market_id("ETH");
        list(w, |spec| (spec.name, spec.instrument) = (name("SOL"), future(Some(other))))
    }),
    ("market-twice", |w| {
        let mark = (w.market_id("BTC"), Price::new(1_001).unwrap());
        w.market_do(market::Command::Mark { marks: vec![mark, mark] })
    }),
    ("price-out-of-range", |w| w.try_mark("BTC", 0)),
    ("penalty-above-limit", |w| {
        let of = routes(w, "fund", &[Route::Market]);
        w.set_routes(of).unwrap();
        list(w, |spec| spec.steps = Some(StepLimits { penalty: 9_999, ..STEPS }))
    }),
    ("step-above-limit", |w| {
        listed_with(w, |spec| spec.steps = Some(STEPS));
        w.try_mark("ETH", 1_031)
    }),
    ("funding-step-above-limit", |w| {
        listed_with(w, |spec| spec.steps = Some(STEPS));
        let market = w.market_id("ETH");
        w.market_do(market::Command::Fund { market, atoms_per_lot: -2 })
    }),
    ("fill-number-not-new", |w| {
        let command = fill(w, "BTC", w.party("carol"), w.party("bob"), 1);
        w.market_do(command.clone()).unwrap();
        w.market_do(command)
    }),
    ("zero-lots", |w| w.try_fill("BTC", "carol", "bob", 0, 1_000)),
    ("same-party", |w| w.try_fill("BTC", "bob", "bob", 1, 1_000)),
    ("no-mark", |w| {
        w.list(perpetual("ETH"));
        w.try_fill("ETH", "carol", "bob", 1, 1_000)
    }),
    ("outside-band", |w| w.try_fill("BTC", "carol", "bob", 1, 499)),
    ("other-asset", |w| {
        other_asset(w);
        w.try_fill("EUR-BTC", "bob", "carol", 1, 1_000)
    }),
    ("position-above-limit", |w| {
        listed_with(w, |spec| spec.max_position = 5);
        w.try_fill("ETH", "carol", "bob", 6, 1_000)
    }),
    ("open-above-limit", |w| {
        listed_with(w, |spec| spec.max_open = 5);
        w.try_fill("ETH", "carol", "bob", 6, 1_000)
    }),
    ("book-would-grow", |w| {
        let book = failed(w);
        let command = fill(w, "BTC", book, w.party("carol"), 1);
        w.market_do(command)
    }),
    ("exit-queue-above-limit", |w| {
        w.tranche("tranche");
        w.waterfall(&["fund", "tranche", "gains"]);
        w.account("sam", 1_000_000);
        w.stake("sam", "tranche", 1_000_000);
        w.try_unstake("sam", "tranche", 900_000).unwrap();
        w.try_fill("BTC", "carol", "bob", 1, 1_000)
    }),
    ("first-loss-short", |w| {
        let operator = w.add(layer("operator", Kind::OperatorCapital, Source::Pot));
        w.waterfall(&["operator", "fund", "gains"]);
        let fund = w.layer_id("fund");
        crate::world::incentive::gated(w, fund, operator, 7);
        w.try_fill("BTC", "carol", "bob", 1, 1_000)
    }),
    ("only-reduces", |w| {
        let (status, domain, cause) = (Status::ReduceOnly, Some(DOMAIN), name("stop"));
        w.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
        w.try_fill("BTC", "carol", "bob", 1, 1_000)
    }),
    ("below-initial-margin", |w| w.try_fill("BTC", "carol", "bob", 1_001, 1_000)),
    ("deepens-shortfall", |w| {
        w.mark("BTC", 950);
        w.try_fill("BTC", "carol", "alice", 100, 750)
    }),
    ("loan-above-limit", |w| {
        // Erin's loss on BTC is more than her cash; only her unrealised profit on ETH carries it.
        listed_with(w, |_| {});
        w.mark("ETH", 1_000);
        w.account("dora", 10_000_000);
        w.account("erin", 100_000);
        w.fill("ETH", "erin", "dora", 300, 1_000);
        w.mark("ETH", 1_400);
        w.fill("BTC", "erin", "dora", 500, 1_000);
        w.mark("BTC", 700);
        w.fill("BTC", "dora", "erin", 500, 700);
        w.try_fill("BTC", "erin", "dora", 1, 700)
    }),
    ("balance-above-bound", |w| {
        w.deposit("bob", 10u128.pow(30) - 600_000);
        w.try_fill("BTC", "carol", "bob", 900, 1_000)
    }),
    ("already-settled", |w| {
        listed_with(w, |spec| {
            spec.instrument = Instrument::Future { expiry: Time(0), underlying: None }
        });
        let (market, price) = (w.market_id("ETH"), Price::new(1_000).unwrap());
        w.market_do(market::Command::Settle { market, price }).unwrap();
        w.market_do(market::Command::Settle { market, price })
    }),
    ("not-expired", |w| {
        let (market, price) = (w.market_id("BTC"), Price::new(1_000).unwrap());
        w.market_do(market::Command::Settle { market, price })
    }),
    ("not-due", |w| {
        let market = w.market_id("BTC");
        w.give(Actor::ENGINE, Action::MarketDuty(market::Duty::PayOut { market }))
    }),
    ("funding-above-bound", |w| {
        let market = w.market_id("BTC");
        w.market_do(market::Command::Fund { market, atoms_per_lot: i64::MIN })
    }),
];

fn bid(world: &mut World, actor: Actor, from: Party, bidder: &str, part: u32) -> Given {
    let bidder = world.id(bidder);
    let command = closeout::Command::Bid { from, bidder, part };
    world.give(actor, Action::CloseOut(command))
}

/// Alice stands below maintenance and in auction.
fn in_auction(world: &mut World) -> Party {
    let course =
        AuctionCourse { first: 980_000, knee: 800_000, fast: 900_000, slow: HOUR, insolvent: HOUR };
    let of = routes(world, "fund", &[Route::Auction { course }]);
    world.set_routes(of).unwrap();
    world.mark("BTC", 945);
    world.party("alice")
}

const OF_CLOSE_OUTS: &[Case] = &[
    ("unknown-asset", |w| {
        let routes = routes(w, "fund", &[Route::Market]);
        let command = closeout::Command::SetRoutes { asset: AssetId(9), routes };
        w.give(Actor::VENUE, Action::CloseOut(command))
    }),
    ("unknown-account", |w| {
        let (from, bidder) = (w.party("alice"), AccountId(99));
        let command = closeout::Command::Bid { from, bidder, part: 1 };
        w.give(Actor::VENUE, Action::CloseOut(command))
    }),
    ("not-owner", |w| {
        let (from, mallory) = (in_auction(w), Actor { role: Role::Owner, id: 99 });
        bid(w, mallory, from, "carol", 1_000)
    }),
    ("no-pot", |w| {
        let mut of = routes(w, "fund", &[Route::Market]);
        of.fund = LayerId(99);
        w.set_routes(of)
    }),
    ("flaw", |w| {
        let of = routes(w, "fund", &[]);
        w.set_routes(of)
    }),
    ("penalty-above-limit", |w| {
        listed_with(w, |spec| spec.steps = Some(STEPS));
        let mut of = routes(w, "fund", &[Route::Market]);
        w.set_routes(of.clone()).unwrap();
        of.penalty = STEPS.penalty + 1;
        w.set_routes(of)
    }),
    ("no-auction", |w| {
        let from = w.party("alice");
        bid(w, Actor::VENUE, from, "carol", 100_000)
    }),
    ("own-auction", |w| {
        let from = in_auction(w);
        bid(w, Actor::VENUE, from, "alice", 100_000)
    }),
    ("nothing-to-take", |w| {
        let from = in_auction(w);
        bid(w, Actor::VENUE, from, "carol", 1)
    }),
    ("part-above-most", |w| {
        let from = in_auction(w);
        bid(w, Actor::VENUE, from, "carol", 1_000_000)
    }),
    ("below-initial-margin", |w| {
        w.account("dora", 1);
        let from = in_auction(w);
        w.tick(900_000);
        bid(w, Actor::VENUE, from, "dora", 100_000)
    }),
    ("not-due", |w| {
        let (loss, market) = (LossId(0), w.market_id("BTC"));
        let duty = closeout::Duty::Deleverage { loss, market };
        w.give(Actor::ENGINE, Action::CloseOutDuty(duty))
    }),
];

fn check(area: &str, cases: &[Case], codes: BTreeSet<&str>, is_of: fn(&Rejection) -> bool) {
    for (code, case) in cases {
        let rejection = case(&mut floor()).expect_err(code);
        assert!(is_of(&rejection), "{area} {code}: another area refused: {rejection}");
        assert_eq!(rejection.code(), *code, "{area}: {rejection}");
        assert!(rejection.to_string().len() > 10, "{area} {code}: {rejection}");
    }
    let met: BTreeSet<&str> = cases.iter().map(|(code, _)| *code).collect();
    let missing: Vec<_> = codes.difference(&met).collect();
    assert!(missing.is_empty(), "{area}: no case for {missing:?}");
}

#[test]
fn every_rejection_of_markets_has_a_case() {
    let mut codes = codes(include_str!("../../src/market/command.rs"));
    // Four billion markets do not fit into a test.
    assert!(codes.remove("too-many"));
    assert!(codes.len() > 25);
    check("markets", OF_MARKETS, codes, |rejection| matches!(rejection, Rejection::Market(_)));
}

#[test]
fn every_rejection_of_close_outs_has_a_case() {
    let codes = codes(include_str!("../../src/closeout/command.rs"));
    assert!(codes.len() > 10);
    let is_of = |rejection: &Rejection| matches!(rejection, Rejection::CloseOut(_));
    check("close-outs", OF_CLOSE_OUTS, codes, is_of);
}

/// A flaw says what would go wrong, and at which size.
#[test]
fn every_flaw_of_steps_is_named() {
    let option = Instrument::Option {
        underlying: MarketId(0),
        strike: Price::new(1_000).unwrap(),
        expiry: Time(5_000),
        right: market::Right::Call,
    };
    let cases: [(&str, StepLimits, Instrument); 5] = [
        ("the limit of price steps is 0", StepLimits { price: 0, ..STEPS }, Instrument::Perpetual),
        (
            "the limit of funding steps is 1000001",
            StepLimits { funding: 1_000_001, ..STEPS },
            Instrument::Perpetual,
        ),
        (
            "the limit of penalties is 1000001",
            StepLimits { penalty: 1_000_001, ..STEPS },
            Instrument::Perpetual,
        ),
        ("an option's price", STEPS, option),
        (
            "a leg of 1000 atoms can lose 51 in one step and holds 50",
            StepLimits { price: 39_000, ..STEPS },
            Instrument::Perpetual,
        ),
    ];
    for (words, steps, instrument) in cases {
        let mut world = floor();
        let flawed = |spec: &mut MarketSpec| {
            (spec.steps, spec.instrument, spec.unit) = (Some(steps), instrument, 1_000);
        };
        let refused = list(&mut world, flawed).expect_err(words);
        assert_eq!(refused.code(), "flaw");
        assert!(refused.to_string().starts_with(words), "{refused}");
    }
}
