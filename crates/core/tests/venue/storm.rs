//! A storm: options, a hedge, two domains, a second asset, collateral that is seized and bought,
//! auctions, a backstop and deleveraging, in random orders. What a test world checks after every
//! command is the test: the watch on and off give the same events, every law holds in both forms,
//! what is due is accepted, everybody can leave with what is free, and every loss settles.

use crate::world::collateral::{USDC, accept, ask, usdc};
use crate::world::feeds::{open_feed, say_of};
use crate::world::venue::{backstop, perpetual, routes};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::account;
use rhodian_core::closeout::{self, AuctionCourse, Route};
use rhodian_core::collateral;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::engine::{Action, Actor, Event, Role};
use rhodian_core::ids::{AccountId, AssetId, DomainId, FeedId, LossId, SourceId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec, Party, Right};
use rhodian_core::oracle::{self, FeedSpec, Params, SourceWeight, Value};
use rhodian_core::units::Price;
use rhodian_core::waterfall::{Side, Step};

const HOUR: u64 = 3_600_000;
const ALTS: DomainId = DomainId(1);
const DOLLARS: DomainId = DomainId(2);
const TRADERS: [&str; 7] = ["alice", "alice-2", "bob", "carol", "dan", "backstop", "whale"];
/// The feed of the token, where it has one: the first is that of volatility.
const TOKEN_FEED: FeedId = FeedId(1);
const MARKETS: [&str; 5] = ["BTC", "ETH", "TWIN", "CALL", "PUT"];

/// A sequence that depends on nothing but its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.0 >> 33) % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// What a storm met.
#[derive(Debug, Default)]
struct Met {
    losses: usize,
    in_dollars: usize,
    settled: usize,
    bought: usize,
    bids: usize,
    deleveraged: usize,
    withdrawals: usize,
    converted: usize,
    token_marks: usize,
    token_marks_by_feed: usize,
    /// How often, after a command, call and put were worth different forwards.
    broken: usize,
}

struct Storm {
    world: World,
    dice: Dice,
    marks: [u64; 5],
    token: u64,
    /// Whether sources say the token's price: every second storm.
    fed: bool,
    /// The feed of the call's own volatility, in half of the storms.
    own: Option<FeedId>,
    expired: bool,
    met: Met,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut world = World::venue(20_000, 1_000);
        let expiry = Time(world.at.0 + 40 * HOUR);
        world.domain_do(domain::Command::AddAsset { name: name("USDC"), decimals: 2 });
        world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
        world.domain_do(domain::Command::OpenDomain { name: name("Dollars"), asset: USDC });
        world.session_gains("alt gains");
        let class = CauseClass::Default;
        let steps = vec![world.step(&[("alt gains", 1)])];
        world.domain_do(domain::Command::SetWaterfall { domain: ALTS, class, steps });
        let spec = LayerSpec { asset: USDC, ..layer("dollars", Kind::InsuranceFund, Source::Pot) };
        let steps = vec![Step { layers: vec![Side { layer: world.add(spec), weight: 1 }] }];
        world.domain_do(domain::Command::SetWaterfall { domain: DOLLARS, class, steps });
        world.list(MarketSpec { domain: ALTS, max_position: 200, ..perpetual("ETH") });
        let instrument = Instrument::Future { expiry, underlying: None };
        world.list(MarketSpec { instrument, ..perpetual("TWIN") });
        for (text, right) in [("CALL", Right::Call), ("PUT", Right::Put)] {
            let strike = Price::new(1_000).unwrap();
            let underlying = world.market_id("BTC");
            let instrument = Instrument::Option { underlying, strike, expiry, right };
            world.list(MarketSpec { instrument, ..perpetual(text) });
        }
        volatility_feed(&mut world, "BTC");
        let marks = [1_000, 1_000, 1_000, 90, 90];
        for (text, mark) in MARKETS.iter().zip(marks) {
            world.mark(text, mark);
        }
        accept(&mut world, usdc()).unwrap();
        for text in TRADERS {
            let owner = if text == "alice-2" { "alice" } else { text };
            let account =
                world.account_of(text, owner, if text == "whale" { 3_000_000 } else { 7_000 });
            let (number, amount, asset) = (world.next_number(), amount(4_000), USDC);
            world.account_do(account::Command::Deposit { account, number, asset, amount });
        }
        let course = AuctionCourse {
            first: 980_000,
            knee: 800_000,
            fast: HOUR / 4,
            slow: HOUR,
            insolvent: HOUR,
        };
        let list = [Route::Auction { course }, backstop(&world, "backstop"), Route::Deleverage];
        let first = usize::try_from(seed % 3).unwrap();
        let of = routes(&world, "fund", &list[first..]);
        world.set_routes(of).unwrap();
        world.set(Parameter::CloseOutTime, u128::from(2 * HOUR));
        world.set(Parameter::LoanLimit, 100_000);
        world.set(Parameter::DeleveragingOrder, u128::from(seed / 3 % 7));
        let (token, fed, expired) = (1_000, seed % 2 == 1, false);
        if fed {
            token_feed(&mut world);
        }
        let own = (seed / 2 % 2 == 1).then(|| volatility_feed(&mut world, "CALL"));
        Self { world, dice: Dice(seed), marks, token, fed, own, expired, met: Met::default() }
    }

    fn act(&mut self) {
        match self.dice.below(16) {
            0..=4 => self.fill(),
            5..=7 => self.mark(),
            8 => self.mark_token(),
            9 => self.money(),
            10 => self.leave(),
            11 => self.buy_collateral(),
            12 => self.bid(),
            13 => self.result(),
            14 => {
                let _ = self.world.market_do(market::Command::EndPeriod);
            }
            _ => self.wait(),
        }
    }

    fn fill(&mut self) {
        let place = usize::try_from(self.dice.below(5)).unwrap();
        let (buyer, seller) = (self.dice.one(&TRADERS), self.dice.one(&TRADERS));
        let lots = i64::try_from(1 + self.dice.below(80)).unwrap();
        let price = (self.marks[place] * (90 + self.dice.below(21)) / 100).max(1);
        let _ = self.world.try_fill(MARKETS[place], buyer, seller, lots, price);
        // A book is closed in the market, where someone wants it.
        let books = self.world.engine.state().losses.losses();
        let open = books.filter(|(_, loss)| loss.stage == Stage::Detected);
        if let Some((loss, _)) = open.last() {
            self.world.alias("open", loss);
            let held = self.world.lots("book/open", MARKETS[place]);
            let (buyer, seller) =
                if held > 0 { (buyer, "book/open") } else { ("book/open", buyer) };
            let part = (held.abs() / 2).max(1);
            let _ = self.world.try_fill(MARKETS[place], buyer, seller, part, price);
        }
    }

    fn mark(&mut self) {
        let place = usize::try_from(self.dice.below(5)).unwrap();
        let moved = self.marks[place] * (75 + self.dice.below(52)) / 100;
        let moved = moved.clamp(5, 5_000);
        if self.world.try_mark(MARKETS[place], moved).is_ok() {
            self.marks[place] = moved;
        }
    }

    fn mark_token(&mut self) {
        self.token = (self.token * (80 + self.dice.below(40)) / 100).clamp(300, 1_500);
        if self.fed {
            return self.report_token();
        }
        let price = Price::new(self.token).unwrap();
        let command = collateral::Command::Mark { asset: USDC, settled: ASSET, price };
        ask(&mut self.world, command).unwrap();
        self.met.token_marks += 1;
    }

    /// One source in three says anything, or nothing; the venue marks where it may.
    fn report_token(&mut self) {
        for id in 0..3 {
            let lies = self.dice.below(6) == 0;
            let units = if lies { self.dice.below(3_000) } else { self.token + u64::from(id) };
            if units > 0 {
                let _ = say_of(&mut self.world, TOKEN_FEED, id, units);
            }
        }
        let command = collateral::Command::MarkFromFeed { asset: USDC, settled: ASSET };
        let _ = ask(&mut self.world, command);
        let is_token =
            |event: &Event| matches!(event, Event::Collateral(collateral::Event::Marked { .. }));
        let records = self.world.records.iter().rev().take(8);
        let marked = records.flat_map(|record| &record.events).any(is_token);
        self.met.token_marks_by_feed += usize::from(marked);
    }

    fn account_do(&mut self, command: account::Command) -> bool {
        self.world.give(Actor::VENUE, Action::Account(command)).is_ok()
    }

    fn asset(&mut self) -> AssetId {
        [ASSET, USDC][usize::try_from(self.dice.below(2)).unwrap()]
    }

    fn money(&mut self) {
        let (text, asset) = (self.dice.one(&TRADERS), self.asset());
        let (account, number) = (self.world.id(text), self.world.next_number());
        let amount = amount(1 + u128::from(self.dice.below(6_000)));
        self.account_do(account::Command::Deposit { account, number, asset, amount });
    }

    fn leave(&mut self) {
        let (text, other, asset) = (self.dice.one(&TRADERS), self.dice.one(&TRADERS), self.asset());
        let (account, number) = (self.world.id(text), self.world.next_number());
        let amount = self.world.engine.state().free(account, asset);
        let left = match self.dice.below(2) {
            0 => self.account_do(account::Command::Withdraw { account, number, asset, amount }),
            _ => {
                let (from, to) = (account, self.world.id(other));
                self.account_do(account::Command::Transfer { from, to, number, asset, amount })
            }
        };
        self.met.withdrawals += usize::from(left);
    }

    fn taken(&self) -> Option<(LossId, u128)> {
        let state = self.world.engine.state();
        let mut losses = state.losses.losses().map(|(loss, _)| loss);
        losses.find_map(|loss| {
            let held = state.collaterals.taken(loss)?.held.get(&USDC)?;
            Some((loss, held.atoms()))
        })
    }

    /// Somebody buys of the first who owes too much, or of anybody: refused where nobody does.
    fn convert(&mut self) {
        let state = self.world.engine.state();
        let past = |text: &&&str| {
            let account = self.world.id(text);
            state.loan(account, ASSET) > state.loan_limit(account, ASSET)
        };
        let past = TRADERS.iter().find(past).copied();
        let (of, by) = (self.dice.one(&TRADERS), self.dice.one(&TRADERS));
        let (account, buyer) = (self.world.id(past.unwrap_or(of)), self.world.id(by));
        let (asset, number) = (USDC, self.world.next_number());
        let amount = amount(u128::from(1 + self.dice.below(200)));
        let command = collateral::Command::Convert { account, buyer, number, asset, amount };
        self.met.converted += usize::from(ask(&mut self.world, command).is_ok());
    }

    fn buy_collateral(&mut self) {
        self.convert();
        let Some((loss, held)) = self.taken() else { return };
        let atoms = 1 + u128::from(self.dice.below(u64::try_from(held).unwrap()));
        let buyer = self.dice.one(&TRADERS);
        let command = collateral::Command::Sell {
            loss,
            number: self.world.next_number(),
            asset: USDC,
            amount: amount(atoms),
            buyer: (self.dice.below(4) > 0).then(|| self.world.id(buyer)),
            proceeds: amount(atoms * u128::from(self.token) / 1_000 + 1),
        };
        self.met.bought += usize::from(ask(&mut self.world, command).is_ok());
    }

    fn bid(&mut self) {
        let bidder = self.world.id(self.dice.one(&TRADERS));
        let part = u32::try_from(1 + self.dice.below(1_000_000)).unwrap();
        let losses = self.world.engine.state().losses.losses();
        let books = losses.filter(|(_, loss)| loss.stage == Stage::Detected);
        let books = books.map(|(loss, _)| Party::Book(loss));
        let accounts = self.world.engine.state().closeouts.liquidations();
        let accounts = accounts.map(|(account, _)| Party::Account(account));
        let from: Vec<Party> = books.chain(accounts).collect();
        for from in from {
            let command = closeout::Command::Bid { from, bidder, part };
            let taken = self.world.give(Actor::VENUE, Action::CloseOut(command)).is_ok();
            self.met.bids += usize::from(taken);
        }
    }

    fn result(&mut self) {
        let (loser, winner) = (self.dice.one(&TRADERS), self.dice.one(&TRADERS));
        let domain = [DOMAIN, ALTS, DOLLARS][usize::try_from(self.dice.below(3)).unwrap()];
        let (loser, winner) = (self.world.id(loser), self.world.id(winner));
        let number = self.world.next_number();
        let amount = amount(1 + u128::from(self.dice.below(2_000)));
        self.account_do(account::Command::SettleResult { domain, number, loser, winner, amount });
    }

    fn wait(&mut self) {
        self.world.tick(1 + self.dice.below(6 * HOUR));
        if self.dice.below(3) > 0 {
            let said = 400_000 + self.dice.below(800_000);
            say_volatility(&mut self.world, FeedId(0), said);
            if let Some(own) = self.own {
                let said = if self.dice.below(2) == 0 { 400_000 } else { said };
                say_volatility(&mut self.world, own, said);
            }
        }
        let over = self.world.at.0 > 1_000 + 40 * HOUR;
        if over && !self.expired {
            self.expired = true;
            for text in ["CALL", "PUT", "TWIN"] {
                let market = self.world.market_id(text);
                let price = Price::new(self.marks[0]).unwrap();
                self.world.market_do(market::Command::Settle { market, price }).unwrap();
            }
        }
    }

    fn run(mut self) -> Met {
        for _ in 0..90 {
            self.act();
            let answer = self.own.and_then(|own| self.world.engine.state().feed_answer(own));
            let reasons = answer.into_iter().flat_map(|answer| answer.reasons);
            let of_surface = |why: &oracle::Why| matches!(why, oracle::Why::Arbitrage { .. });
            self.met.broken += reasons.filter(of_surface).count();
        }
        let state = self.world.engine.state();
        let losses: Vec<_> = state.losses.losses().map(|(_, loss)| loss).collect();
        self.met.losses = losses.len();
        self.met.in_dollars = losses.iter().filter(|loss| loss.domain == DOLLARS).count();
        self.met.settled = losses.iter().filter(|loss| loss.stage == Stage::Settled).count();
        let moved = self.world.close_outs();
        let given = |event: &&closeout::Event| matches!(event, closeout::Event::Deleveraged { .. });
        self.met.deleveraged = moved.iter().filter(given).count();
        for account in TRADERS.map(|text| self.world.id(text)) {
            self.stands(account);
        }
        self.met
    }

    /// Nobody stays below zero in what no price is needed for.
    fn stands(&self, account: AccountId) {
        let state = self.world.engine.state();
        let balance = state.ledger.balance(USDC, Holder::Account(account));
        assert!(!balance.is_negative(), "account {account} owes {balance} unseen");
    }
}

fn token_feed(world: &mut World) {
    open_feed(world, "USDC index", oracle::Kind::Price);
    let feed = Some(TOKEN_FEED);
    let attach = collateral::Command::AttachFeed { asset: USDC, settled: ASSET, feed };
    ask(world, attach).unwrap();
    for id in 0..3 {
        say_of(world, TOKEN_FEED, id, 1_000).unwrap();
    }
}

/// A feed of two sources, of an underlying or of an option's own.
fn volatility_feed(world: &mut World, market: &str) -> FeedId {
    let kind = oracle::Kind::Volatility;
    let spec = FeedSpec {
        name: name(&format!("{market} volatility")),
        kind,
        domains: Vec::new(),
        sources: (0..2).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params::of(kind),
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
    let feed = world.engine.state().oracle.feeds().last().unwrap().0;
    let feeds = Feeds { volatility: Some(feed), ..Feeds::default() };
    let market = world.market_id(market);
    world.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
    say_volatility(world, feed, 800_000);
    feed
}

fn say_volatility(world: &mut World, feed: FeedId, millionths: u64) {
    for id in 0..2 {
        let command = oracle::Command::Report {
            feed,
            source: SourceId(id),
            number: world.next_number(),
            value: Value::new(millionths).unwrap(),
            confidence: Value::new(0).unwrap(),
            time: world.at,
        };
        let _ = world.give(Actor { role: Role::Source, id }, Action::Oracle(command));
    }
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn every_law_holds_through_storms_of_options_collateral_and_routes() {
    let mut met = Met::default();
    let cases = (number("PROPTEST_CASES").unwrap_or(0) / 10).max(24);
    let first = number("PROPTEST_RNG_SEED").unwrap_or(1);
    for seed in (0..cases).map(|place| first.wrapping_add(place)) {
        println!("storm {seed}");
        let one = Storm::new(seed).run();
        met.losses += one.losses;
        met.in_dollars += one.in_dollars;
        met.settled += one.settled;
        met.bought += one.bought;
        met.bids += one.bids;
        met.deleveraged += one.deleveraged;
        met.withdrawals += one.withdrawals;
        met.converted += one.converted;
        met.token_marks += one.token_marks;
        met.token_marks_by_feed += one.token_marks_by_feed;
        met.broken += one.broken;
    }
    println!("{cases} storms: {met:?}");
    let few = [met.losses, met.in_dollars, met.settled, met.bought, met.bids, met.deleveraged];
    assert!(few.iter().all(|met| *met > 0) && met.withdrawals > 0, "{met:?}");
    assert!(met.converted > 0 && met.token_marks > 0 && met.token_marks_by_feed > 0, "{met:?}");
    assert!(met.broken > 0, "{met:?}");
}
