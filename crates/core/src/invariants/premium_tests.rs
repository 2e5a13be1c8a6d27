//! What breaks the law of premia.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, amount, given, name, run, set_up, state_of};
use super::{Broken, PREMIUM, check};
use crate::control::{self, Status};
use crate::domain::{self, CauseClass};
use crate::engine::{Action, Event, evolve};
use crate::ids::{AccountId, AssetId, DomainId, MarketId, Time};
use crate::incentive::{self, Command, Figure, Measured, PremiumRow, PremiumTerms};
use crate::market::{self, Party};
use crate::pools::YEAR;
use crate::units::{Price, Quantity};
use crate::waterfall::{Side, Step};

const MARKET: MarketId = MarketId(0);
const DOMAIN: DomainId = DomainId(1);
const ASSET: AssetId = AssetId(0);
const DAY: u64 = 86_400_000;

fn listed() -> Vec<Action> {
    let price = Price::new(100).unwrap();
    let spec = market::MarketSpec {
        name: name("BTC"),
        domain: DOMAIN,
        instrument: market::Instrument::Perpetual,
        unit: 1,
        max_price: price,
        max_position: 100,
        max_open: 100,
        band: 1,
        tiers: vec![market::Tier { above: amount(0), initial: 50_000, maintenance: 50_000 }],
        steps: None,
    };
    let steps = vec![Step { layers: vec![Side { layer: FUND, weight: 1 }] }];
    let (domain, class) = (DOMAIN, CauseClass::Default);
    vec![
        Action::Domain(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET }),
        Action::Domain(domain::Command::SetWaterfall { domain, class, steps }),
        Action::Market(market::Command::List { spec: Box::new(spec) }),
        Action::Market(market::Command::Mark { marks: vec![(MARKET, price)] }),
    ]
}

fn measured(figure: Figure) -> Action {
    let (source, at, until) = (name("lab"), Time(0), Time(YEAR));
    Action::Incentive(Command::Measure { measured: Measured { figure, source, at, until } })
}

/// Alice is 2 long of Bob's; a half of 14,600 a year is 20 a day.
fn held() -> Vec<Event> {
    let fill = market::Command::Fill {
        market: MARKET,
        number: 1,
        buyer: Party::Account(AccountId(0)),
        seller: Party::Account(AccountId(1)),
        lots: Quantity::new(2).unwrap(),
        price: Price::new(100).unwrap(),
        buyer_fee: amount(0),
        seller_fee: amount(0),
    };
    let terms = PremiumTerms { period: DAY, load: 0, most: 50_000 };
    let mut actions = set_up();
    actions.extend(listed());
    actions.extend([
        Action::Market(fill),
        measured(Figure::DomainLoss { domain: DOMAIN, amount: amount(14_600) }),
        measured(Figure::MarketShare { market: MARKET, share: 500_000 }),
        Action::Incentive(Command::SetPremium { market: MARKET, terms: Some(terms) }),
    ]);
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

fn began() -> Time {
    state_of(&held()).incentives.premium(MARKET).unwrap().since
}

fn later(millis: u64) -> Event {
    Event::TimePassed { at: began().after(millis) }
}

fn counted(per_year: u128, amount: u128, rest: u64) -> Event {
    let (market, since) = (MARKET, began());
    let event = incentive::Event::PremiumCounted { market, since, per_year, amount, rest };
    Event::Incentive(event)
}

/// Of `due`, `per_lot` from each of four lots.
fn charged(due: u128, per_lot: u64, (all, forgone, left): (u128, u128, u128)) -> Event {
    let (market, lots, charged) = (MARKET, 4, amount(all));
    let event =
        incentive::Event::PremiumCharged { market, lots, per_lot, due, charged, forgone, left };
    Event::Incentive(event)
}

fn paid(rows: &[(u32, u128)]) -> Event {
    let row = |(account, atoms): &(u32, u128)| PremiumRow {
        account: AccountId(*account),
        amount: amount(*atoms),
    };
    let (market, domain, asset) = (MARKET, DOMAIN, ASSET);
    let rows = rows.iter().map(row).collect();
    Event::Incentive(incentive::Event::PremiumPaid { market, domain, asset, rows })
}

fn set(most: u32) -> Event {
    let terms = Some(PremiumTerms { period: DAY, load: 0, most });
    Event::Incentive(incentive::Event::PremiumSet { market: MARKET, terms })
}

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = held();
    assert_eq!(run(&events), Ok(()));
    assert_eq!(law(check(&state_of(&events))), Ok(()));
    let cases: [(&str, Vec<Event>); 2] = [
        ("parts that are more than an atom", vec![counted(7_300, 0, YEAR)]),
        ("counted ahead", vec![later(DAY), counted(0, 0, 0), Event::TimePassed { at: Time(1) }]),
    ];
    for (text, forged) in cases {
        let mut state = state_of(&events);
        forged.iter().for_each(|event| evolve(&mut state, event));
        assert_eq!(law(check(&state)), Err(PREMIUM), "{text}");
    }
    let mut state = state_of(&events);
    state.incentives.spoil_premium(MARKET, 3);
    assert_eq!(law(check(&state)), Err(PREMIUM), "forgone and not counted");
    let mut state = state_of(&events);
    for event in [later(DAY), counted(7_300, 20, 0), charged(20, 5, (20, 0, 0)), paid(&[(0, 10)])] {
        evolve(&mut state, &event);
    }
    assert_eq!(law(check(&state)), Ok(()));
    state.markets.outside[DOMAIN.index()].fees -= 1;
    assert_eq!(law(check(&state)), Err(PREMIUM), "charged and no fee");
}

#[test]
fn the_running_form_sees_what_the_terms_do_not_say() {
    let events = held();
    let day = || vec![later(DAY), counted(7_300, 20, 0)];
    let after = |more: Vec<Event>| [day(), more].concat();
    let pays = [(0, 10), (1, 10)];
    let figure = |share| {
        let figure = Figure::MarketShare { market: MARKET, share };
        let (source, at, until) = (name("lab"), Time(0), Time(YEAR));
        let measured = Measured { figure, source, at, until };
        Event::Incentive(incentive::Event::Measured { measured })
    };
    let full = || charged(20, 5, (20, 0, 0));
    let cases: [(&str, Vec<Event>); 15] = [
        ("more a year than the share", vec![later(DAY), counted(7_301, 20, 0)]),
        ("less a year than the share", vec![later(DAY), counted(7_299, 20, 0)]),
        ("more than the time brings", vec![later(DAY), counted(7_300, 21, 0)]),
        ("a figure moves first", vec![later(DAY), figure(1)]),
        ("terms move first", vec![later(DAY), set(1)]),
        ("charged and not counted", vec![later(DAY), charged(0, 0, (0, 0, 0))]),
        ("more than is due", after(vec![charged(24, 5, (20, 0, 4))])),
        ("less than is due, below the cap", after(vec![charged(20, 4, (16, 4, 0))])),
        ("a rest of whole atoms a lot", after(vec![charged(20, 4, (16, 0, 4))])),
        ("above the cap", after(vec![set(40_000), full()])),
        ("lots that are not there", after(vec![full(), paid(&[(0, 10), (1, 10), (2, 0)])])),
        ("one pays less than he has", after(vec![full(), paid(&[(0, 10), (1, 9)])])),
        ("one pays twice", after(vec![full(), paid(&[(0, 10), (0, 10)])])),
        ("paid and not charged", after(vec![paid(&pays)])),
        ("charged and not paid", after(vec![full(), later(DAY + 1)])),
    ];
    for (text, forged) in cases {
        let all: Vec<Event> = events.iter().chain(&forged).cloned().collect();
        assert!(matches!(run(&all), Err(of) if of.law == PREMIUM), "{text}: {:?}", run(&all));
    }
    let fine = after(vec![full(), paid(&pays), later(DAY + 1)]);
    let all: Vec<Event> = events.iter().cloned().chain(fine).collect();
    assert_eq!(run(&all), Ok(()));
}

/// In a halt, and where money may only leave, nobody could close a lot before he is charged.
#[test]
fn the_running_form_sees_a_charge_where_nobody_may_close_lots() {
    let check = |status, broken| {
        let (domain, cause) = (None, name("test"));
        let stands = control::Event::StatusSet { domain, status, cause };
        let mut events = held();
        events.extend([Event::Control(stands), counted(7_300, 0, 0), charged(0, 0, (0, 0, 0))]);
        let found = matches!(run(&events), Err(of) if of.law == PREMIUM);
        assert_eq!(found, broken, "{status:?}: {:?}", run(&events));
    };
    check(Status::ReduceOnly, false);
    check(Status::WithdrawOnly, true);
    check(Status::Halted, true);
}

/// At 61 Alice has 2 left, less than the 6 of her lots: they make no deficit.
#[test]
fn the_running_form_sees_a_charge_that_makes_a_deficit() {
    let check = |pays: u128, broken| {
        let marks = vec![(MARKET, Price::new(61).unwrap())];
        let mut events = held();
        events.extend([later(DAY), Event::Market(market::Event::Marked { marks })]);
        let all = pays + 6;
        events.extend([counted(7_300, 20, 0), charged(20, 3, (all, 20 - all, 0))]);
        events.extend([paid(&[(0, pays), (1, 6)]), later(DAY + 1)]);
        let found = matches!(run(&events), Err(of) if of.law == PREMIUM);
        assert_eq!(found, broken, "{pays}: {:?}", run(&events));
    };
    check(2, false);
    check(1, true);
    check(6, true);
}
