//! What a charge of a market's premium costs for each who holds lots, in a moment of its own, as a
//! record and to look for maintenance after it.
//! `cargo bench -p rhodian-core --bench premium [-- HOLDERS]`

#![allow(clippy::cast_precision_loss, reason = "times and sizes, to be read")]

#[path = "venues/mod.rs"]
mod venues;

use std::env;

use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Record};
use rhodian_core::ids::{AccountId, DomainId, MarketId, Time};
use rhodian_core::incentive::{Command, Figure, Measured, PremiumTerms};
use rhodian_core::market::{self, Party};
use rhodian_core::pools::YEAR;
use rhodian_core::units::{Price, Quantity};
use venues::{amount, give, name, set_up, thread_seconds};

const ROUNDS: u64 = 7;
const PERIOD: u64 = 60_000;
const MARKET: MarketId = MarketId(0);

/// So many accounts, each with a lot of one market, long or short.
fn held(holders: u32) -> Engine {
    let mut engine = set_up(holders);
    for pair in 0..holders / 2 {
        let fill = market::Command::Fill {
            market: MARKET,
            number: u64::from(pair) + 1,
            buyer: Party::Account(AccountId(2 * pair)),
            seller: Party::Account(AccountId(2 * pair + 1)),
            lots: Quantity::new(1).unwrap(),
            price: Price::new(10_000).unwrap(),
            buyer_fee: amount(0),
            seller_fee: amount(0),
        };
        give(&mut engine, Action::Market(fill));
    }
    let measure = |figure| {
        let (source, at, until) = (name("lab"), Time(1), Time(YEAR));
        Action::Incentive(Command::Measure { measured: Measured { figure, source, at, until } })
    };
    let domain = DomainId(0);
    give(&mut engine, measure(Figure::DomainLoss { domain, amount: amount(10u128.pow(15)) }));
    give(&mut engine, measure(Figure::MarketShare { market: MARKET, share: 1_000_000 }));
    let terms = Some(PremiumTerms { period: PERIOD, load: 0, most: 100 });
    give(&mut engine, Action::Incentive(Command::SetPremium { market: MARKET, terms }));
    engine
}

/// The records of the next charge, and its milliseconds.
fn charge(engine: &mut Engine) -> (Vec<Record>, f64) {
    let at = engine.state().now().after(PERIOD);
    let began = thread_seconds();
    let outcome = engine.execute(Envelope { at, actor: Actor::VENUE, action: Action::Tick });
    let took = (thread_seconds() - began) * 1e3;
    match outcome {
        Outcome::Accepted(records) => (records, took),
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let asked = env::args().skip(1).find_map(|text| text.parse().ok());
    let most: u32 = asked.unwrap_or(1_000_000);
    println!(
        "{:>10} {:>12} {:>10} {:>22} {:>10} {:>14} {:>14}",
        "holders",
        "ms a charge",
        "ns each",
        "after a boundary, ms",
        "ns each",
        "bytes each",
        "state, more"
    );
    for holders in [most / 1_000, most / 10, most] {
        let mut engine = held(holders);
        let (records, _) = charge(&mut engine);
        let paid = engine.state().incentives.premium(MARKET).map_or(0, |of| of.charged);
        assert_eq!(paid, 10 * u128::from(holders), "at most 10 of a lot of 100,000");
        let bytes = borsh::to_vec(&records).expect("records are written").len();
        drop(records);
        let mut times = |boundary: bool| {
            let rounds = (0..ROUNDS).map(|_| {
                if boundary {
                    end_period(&mut engine);
                }
                charge(&mut engine).1
            });
            median(rounds.collect())
        };
        let (same, first) = (times(false), times(true));
        let each = |millis: f64| millis * 1e6 / f64::from(holders);
        let before = size(&engine);
        end_period(&mut engine);
        let _ = charge(&mut engine);
        let more = (size(&engine) - before) as f64 / f64::from(holders);
        let bytes = bytes as f64 / f64::from(holders);
        println!(
            "{holders:>10} {same:>12.2} {:>10.0} {first:>22.2} {:>10.0} {bytes:>14.1} {more:>14.1}",
            each(same),
            each(first)
        );
    }
}

fn end_period(engine: &mut Engine) {
    let at = engine.state().now();
    let action = Action::Market(market::Command::EndPeriod);
    let outcome = engine.execute(Envelope { at, actor: Actor::VENUE, action });
    assert!(matches!(outcome, Outcome::Accepted(_)), "a period ends");
}

/// The bytes of a snapshot.
fn size(engine: &Engine) -> i64 {
    i64::try_from(borsh::to_vec(engine.state()).expect("a state is written").len()).unwrap_or(0)
}
