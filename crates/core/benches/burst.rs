//! The October burst: 437,723 accounts, one vector of prices, and every duty that follows from it:
//! ten thousand liquidations by a backstop in one domain, and in another the failures of large
//! accounts whose legs go to thousands of accounts by auto-deleveraging. Seeded by nothing: the
//! book is the same in every run.
//! `cargo bench -p rhodian-core --bench burst [-- ACCOUNTS LIQUIDATIONS [deleverage]]`; with the
//! last word the liquidations go to auto-deleveraging, too, one by one.

mod memory;
mod venues;

use std::env;
use std::hint::black_box;

use rhodian_core::closeout::{self, Route, RouteSpec, Routes};
use rhodian_core::control::{self, Parameter};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Event, Outcome, Record};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Time};
use rhodian_core::liquidation::breaker::{Breaker, Limit};
use rhodian_core::units::{Amount, Price};
use rhodian_core::{loss, market};
use venues::{MARKETS, Traders, Trading, amount, give, open_account, thread_seconds};

/// Bursts from the same book; the median counts.
const ROUNDS: usize = 9;
/// The accounts of 10 October 2025.
const ACCOUNTS: u32 = 437_723;
const LIQUIDATIONS: u32 = 10_200;
/// Accounts that fail, each long against its own thousand.
const FAILING: u32 = 10;
const SHORTS_EACH: u32 = 1_100;
const ALTS: MarketId = MarketId(MARKETS);
/// Lots of one stretched account.
const LOTS: i64 = 40;
/// A lot is worth 100,000 atoms at the first mark.
const LOT: u128 = 100_000;

fn main() {
    if !memory::keeps_memory() {
        return;
    }
    let mut asked = env::args().skip(1).filter_map(|word| word.parse().ok());
    let accounts: u32 = asked.next().unwrap_or(ACCOUNTS);
    let stretched: u32 = asked.next().unwrap_or(LIQUIDATIONS);
    let deleverages = env::args().any(|word| word == "deleverage");
    let before = book(accounts, stretched, deleverages);
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| burst(&before)).collect();
    let found = &rounds[0].found;
    println!(
        "{accounts} accounts, {} records of one vector of {} prices",
        found.records,
        MARKETS + 1
    );
    println!("liquidations begun {}, ended {}, sales {}", found.begun, found.ended, found.sales);
    println!(
        "failures {}, deleveragings {}, fills of them {}, shares of the losses {}",
        found.failed, found.adl, found.fills, found.shares
    );
    let median = |of: fn(&Round) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (duties, hashing) = (median(|round| round.duties), median(|round| round.hashing));
    println!(
        "duties {:9.1} ms, {:.2} us a liquidation or fill; the first {:.1} ms",
        duties * 1e3,
        { duties * 1e6 / f64::from(found.begun + found.fills) },
        rounds[0].duties * 1e3
    );
    println!("encoded and hashed {:9.1} ms", hashing * 1e3);
}

/// One burst from the book as it stood.
struct Round {
    duties: f64,
    hashing: f64,
    found: Found,
}

fn burst(before: &Engine) -> Round {
    let mut engine = before.clone();
    let fall = Price::new(9_330).unwrap();
    let marks = (0..=MARKETS).map(|market| (MarketId(market), fall)).collect();
    let action = Action::Market(market::Command::Mark { marks });
    let envelope = Envelope { at: Time(2), actor: Actor::VENUE, action };
    let began = thread_seconds();
    let Outcome::Accepted(records) = engine.execute(envelope) else { panic!("a mark is refused") };
    let duties = thread_seconds() - began;
    let began = thread_seconds();
    let mut hash = blake3::Hasher::new();
    for record in &records {
        hash.update(&borsh::to_vec(record).unwrap());
    }
    black_box(hash.finalize());
    let hashing = thread_seconds() - began;
    Round { duties, hashing, found: count(&records) }
}

#[derive(Default)]
struct Found {
    records: usize,
    begun: u32,
    ended: u32,
    sales: u32,
    failed: u32,
    adl: u32,
    fills: u32,
    shares: u32,
}

fn count(records: &[Record]) -> Found {
    use closeout::Event as C;
    use loss::Event as L;
    let mut found = Found { records: records.len(), ..Found::default() };
    for event in records.iter().flat_map(|record| &record.events) {
        match event {
            Event::CloseOut(C::LiquidationBegun { .. }) => found.begun += 1,
            Event::CloseOut(C::LiquidationEnded { .. }) => found.ended += 1,
            Event::CloseOut(C::LegsSold { .. }) => found.sales += 1,
            Event::CloseOut(C::Deleveraged { taken, .. }) => {
                found.adl += 1;
                found.fills += taken.len() as u32;
            }
            Event::Loss(L::DefaultFound { .. }) => found.failed += 1,
            Event::Loss(L::SharesTaken { shares, .. }) => found.shares += shares.len() as u32,
            _ => {}
        }
    }
    found
}

/// Ordinary accounts that trade with each other, stretched ones long against them, and a second
/// domain where few are long against many.
fn book(accounts: u32, stretched: u32, deleverages: bool) -> Engine {
    let others = stretched + FAILING * (SHORTS_EACH + 1) + 1;
    let ordinary = accounts - others;
    let mut engine = venues::set_up(ordinary);
    let mut traders = Traders::new(ordinary);
    traders.fill(&mut engine, ordinary);
    let backstop = AccountId(ordinary);
    open_account(&mut engine, backstop, AssetId(0), 100_000_000_000_000);
    set_routes(&mut engine, backstop, deleverages);
    for place in 0..stretched {
        let account = AccountId(ordinary + 1 + place);
        // 7.5 % of the value: 0.8 % are left after a fall of 6.7 %, and 2.5 % must be held.
        open_account(
            &mut engine,
            account,
            AssetId(0),
            LOT * LOTS.unsigned_abs() as u128 * 75 / 1_000,
        );
        let seller = AccountId(place % ordinary);
        traders.trade(
            &mut engine,
            &Trading { market: place % MARKETS, buyer: account, seller, lots: LOTS },
        );
    }
    alts(&mut engine, ordinary + 1 + stretched);
    engine
}

fn set_routes(engine: &mut Engine, backstop: AccountId, deleverages: bool) {
    let fund = venues::add_fund(engine, AssetId(0), LayerId(1));
    let (base, impact, volatility, depth, band) = (1_000, 0, 0, 1_000, 100_000);
    let budget = Amount::MAX;
    let route = if deleverages {
        Route::Deleverage
    } else {
        Route::Backstop { account: backstop, base, impact, volatility, depth, band, budget }
    };
    let list = vec![RouteSpec { route, time: 3_600_000, budget: Amount::MAX }];
    let limits = vec![Limit { value: Amount::MAX, window: 3_600_000 }];
    let breaker = Breaker { limits, stages: Vec::new() };
    let (buffer, penalty, slippage) = (200_000, 1_000, 1_000);
    let routes = Routes { buffer, penalty, slippage, fund, breaker, list };
    let command = closeout::Command::SetRoutes { asset: AssetId(0), routes };
    give(engine, Action::CloseOut(command));
}

/// One market in an asset of its own: each failing account is long against its own shorts.
fn alts(engine: &mut Engine, first: u32) {
    let (asset, domain) = (AssetId(1), DomainId(1));
    venues::open_domain(engine, "Alts", asset, domain, LayerId(2));
    venues::list(engine, domain, ALTS.0);
    let value = 0;
    let parameter = Parameter::CloseOutBudget;
    let command = control::Command::SetParameter { domain, parameter, value };
    give(engine, Action::Control(command));
    let shorts = FAILING * SHORTS_EACH;
    let mut number = 0;
    for account in (first..first + shorts).map(AccountId) {
        open_account(engine, account, asset, 2 * LOT);
    }
    for place in 0..FAILING {
        let buyer = AccountId(first + shorts + place);
        // 5.5 % of the value: less than the fall.
        open_account(
            engine,
            buyer,
            asset,
            amount(LOT * u128::from(SHORTS_EACH) * 55 / 1_000).atoms(),
        );
        for seller in (first + place * SHORTS_EACH..).take(SHORTS_EACH as usize).map(AccountId) {
            number += 1;
            venues::trade(engine, number, &Trading { market: ALTS.0, buyer, seller, lots: 1 });
        }
    }
}
