//! What breaks the laws of lots.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, amount, given, name, run, set_up, state_of};
use super::{BOOK, Broken, MARKETS, ONCE, Running, check};
use crate::domain::{self, CauseClass};
use crate::engine::{Action, Event, State, evolve};
use crate::ids::{AccountId, AssetId, DomainId, LossId, MarketId};
use crate::market::{self, Party};
use crate::units::{Price, Quantity, SignedAmount};
use crate::waterfall::{Side, Step};

/// Alice, Bob and a market: she buys ten of him.
fn traded() -> Vec<Event> {
    let price = Price::new(1).unwrap();
    let (market, lots) = (MarketId(0), Quantity::new(10).unwrap());
    let spec = market::MarketSpec {
        name: name("BTC"),
        domain: DomainId(1),
        instrument: market::Instrument::Perpetual,
        unit: 1,
        max_price: price,
        max_position: 100,
        max_open: 100,
        band: 1,
        tiers: vec![market::Tier { above: amount(0), initial: 1, maintenance: 1 }],
        steps: None,
    };
    let mut actions = set_up();
    let (domain, class) = (DomainId(1), CauseClass::Default);
    let steps = vec![Step { layers: vec![Side { layer: FUND, weight: 1 }] }];
    let fill = market::Command::Fill {
        market,
        number: 1,
        buyer: Party::Account(AccountId(0)),
        seller: Party::Account(AccountId(1)),
        lots,
        price,
        buyer_fee: amount(0),
        seller_fee: amount(0),
    };
    actions.extend([
        Action::Domain(domain::Command::OpenDomain { name: name("Alts"), asset: AssetId(0) }),
        Action::Domain(domain::Command::SetWaterfall { domain, class, steps }),
        Action::Market(market::Command::List { spec: Box::new(spec) }),
        Action::Market(market::Command::Mark { marks: vec![(market, price)] }),
        Action::Market(fill),
    ]);
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

/// A lot that came from nowhere, and a fill that is told twice.
#[test]
fn both_forms_see_lots_that_do_not_balance() {
    let mut events = traded();
    assert_eq!((run(&events), check(&state_of(&events))), (Ok(()), Ok(())));
    let more = |state: &mut State| {
        state.markets.positions[0].legs[0].lots = Quantity::new(11).unwrap();
    };
    let mut state = state_of(&events);
    more(&mut state);
    assert_eq!(law(check(&state)), Err(MARKETS), "full");
    let mut again = events[events.len() - 1].clone();
    events.push(again.clone());
    assert_eq!(law(run(&events)), Err(ONCE), "a fill is told twice");
    // The lot between two fills.
    let (mut state, mut running) = (State::new(true), Running::default());
    for event in &events[..events.len() - 1] {
        evolve(&mut state, event);
        assert_eq!(running.after(event, &state), Ok(()));
    }
    more(&mut state);
    if let Event::Market(market::Event::Filled { number, .. }) = &mut again {
        *number = 2;
    }
    evolve(&mut state, &again);
    assert_eq!(law(running.after(&again, &state)), Err(MARKETS), "running");
}

/// A close-out book that buys more.
#[test]
fn a_book_that_grows_is_seen() {
    let mut events = traded();
    let (loss, account, market) = (LossId(0), AccountId(0), MarketId(0));
    let fill = events[events.len() - 1].clone();
    let legs = vec![(market, Quantity::new(10).unwrap())];
    let equity = SignedAmount::new(0).unwrap();
    events.push(Event::Market(market::Event::LegsTaken { loss, account, equity, legs }));
    let trade = |by: Party, from: Party, nth: u64| {
        let mut fill = fill.clone();
        if let Event::Market(market::Event::Filled { buyer, seller, number, lots, .. }) = &mut fill
        {
            (*buyer, *seller, *number, *lots) = (by, from, nth, Quantity::new(4).unwrap());
        }
        fill
    };
    let (book, bob) = (Party::Book(loss), Party::Account(AccountId(1)));
    events.push(trade(bob, book, 2));
    assert_eq!(law(run(&events)), Ok(()));
    events.push(trade(book, bob, 3));
    assert_eq!(law(run(&events)), Err(BOOK));
}
