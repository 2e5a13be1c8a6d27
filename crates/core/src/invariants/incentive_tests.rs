//! What breaks the law of incentives.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, TRANCHE, amount, given, name, run, set_up, state_of};
use super::{Broken, INCENTIVE, check};
use crate::domain::{self, Caps, Kind, LayerSpec, RewardFrom, Source};
use crate::engine::{Action, Event, State, evolve};
use crate::ids::{AssetId, DomainId, LayerId, Time};
use crate::incentive::{
    self, Command, FeeRow, FeeTable, FeeTo, Figure, FirstLoss, FundFees, HouseFees, Measured,
    PayTerms, TrancheFees,
};
use crate::ledger::Holder;
use crate::pools::YEAR;

const DOMAIN: DomainId = DomainId(0);
const ASSET: AssetId = AssetId(0);

/// The house's layer: the first after those that `set_up` added.
fn house() -> LayerId {
    let state = state_of(&given(set_up()));
    LayerId(u32::try_from(state.domains.layers().count()).unwrap())
}

fn measured(figure: Figure) -> Action {
    let (source, at, until) = (name("lab"), Time(0), Time(YEAR));
    Action::Incentive(Command::Measure { measured: Measured { figure, source, at, until } })
}

fn table() -> FeeTable {
    FeeTable {
        period: 1_000,
        ahead: YEAR,
        first_loss: None,
        funds: vec![FundFees { layer: FUND, target: amount(10), part: 400_000 }],
        tranches: vec![TrancheFees { layer: TRANCHE, part: 300_000 }],
        house: Some(HouseFees { layer: house(), part: 300_000 }),
    }
}

/// Twenty are staked, of which a tenth is lost in a year; the pot of pay has 9.
fn paid() -> Vec<Event> {
    let treasury = LayerSpec {
        name: name("treasury"),
        kind: Kind::Treasury,
        asset: ASSET,
        source: Source::Pot,
        caps: Caps::default(),
        attachment: None,
    };
    let terms = PayTerms { target: amount(20), most: amount(4), load: 0 };
    let mut actions = set_up();
    actions.extend([
        Action::Domain(domain::Command::AddLayer { spec: Box::new(treasury) }),
        measured(Figure::LayerLoss { layer: TRANCHE, rate: 100_000 }),
        measured(Figure::DomainLoss { domain: DOMAIN, amount: amount(6) }),
        Action::Incentive(Command::SetPay { layer: TRANCHE, pay: Some(terms) }),
        Action::Incentive(Command::SetFees { domain: DOMAIN, table: Some(Box::new(table())) }),
        Action::Incentive(Command::FundPay { layer: TRANCHE, number: 1, amount: amount(9) }),
    ]);
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

/// When the pay of the tranche was said.
fn began() -> Time {
    state_of(&paid()).incentives.pay(TRANCHE).unwrap().since
}

fn later(millis: u64) -> Event {
    Event::TimePassed { at: began().after(millis) }
}

fn accrued(per_year: u128, atoms: u128, rest: u64) -> Event {
    let (layer, since) = (TRANCHE, began());
    let event = incentive::Event::Accrued { layer, since, per_year, amount: amount(atoms), rest };
    Event::Incentive(event)
}

fn rewarded(state: &State, atoms: u128) -> Event {
    let (layer, number, from) = (TRANCHE, 1, RewardFrom::Pay);
    let index = state.domains.rewards(layer).map(domain::Rewards::index).unwrap_or_default();
    let index = index.after(amount(atoms), amount(20)).unwrap();
    let amount = amount(atoms);
    Event::Domain(domain::Event::Rewarded { layer, number, from, asset: ASSET, amount, index })
}

fn divided(booked: u128, rows: &[(FeeTo, u128)]) -> Event {
    let rows = rows.iter().map(|(to, atoms)| FeeRow { to: *to, amount: amount(*atoms) });
    let (domain, asset, shut) = (DOMAIN, ASSET, None);
    let (booked, rows) = (amount(booked), rows.collect());
    Event::Incentive(incentive::Event::FeesDivided { domain, asset, booked, rows, shut })
}

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = paid();
    assert_eq!(run(&events), Ok(()));
    let mut state = state_of(&events);
    assert_eq!(law(check(&state)), Ok(()));
    // Money in a pot of pay that nobody put there; taken back from the fund, sums are right.
    state.ledger.spoil(ASSET, Holder::Pay(TRANCHE), amount(1));
    assert!(law(check(&state)).is_err());
    // Booked for a time to come.
    let mut state = state_of(&events);
    evolve(&mut state, &later(YEAR));
    evolve(&mut state, &accrued(4, 0, 0));
    evolve(&mut state, &Event::TimePassed { at: Time(5) });
    assert_eq!(law(check(&state)), Err(INCENTIVE));
    // Parts of an atom that are more than one.
    let mut state = state_of(&events);
    evolve(&mut state, &accrued(4, 0, YEAR));
    assert_eq!(law(check(&state)), Err(INCENTIVE));
    // Parts of fees that are not the whole.
    let mut state = state_of(&events);
    let spoilt = FeeTable { house: None, ..table() };
    let event = incentive::Event::FeesSet { domain: DOMAIN, table: Some(Box::new(spoilt)) };
    evolve(&mut state, &Event::Incentive(event));
    assert_eq!(law(check(&state)), Err(INCENTIVE));
}

#[test]
fn the_running_form_sees_what_the_terms_do_not_say() {
    let events = paid();
    let state = state_of(&events);
    let house = FeeTo::House(house());
    let first = FirstLoss { layer: FUND, factor: 2_000_000, floor: amount(0), gates: false };
    let first = FeeTable { first_loss: Some(first), ..table() };
    let tight = |target| {
        let mut of = table();
        of.funds[0].target = amount(target);
        of
    };
    let mut gone = table();
    gone.tranches[0].layer = LayerId(99);
    let since = |at, atoms| {
        let (layer, per_year, rest) = (TRANCHE, 4, YEAR - 4);
        let (since, amount) = (began().after(at), amount(atoms));
        Event::Incentive(incentive::Event::Accrued { layer, since, per_year, amount, rest })
    };
    let said = |table: FeeTable| {
        let table = Some(Box::new(table));
        Event::Incentive(incentive::Event::FeesSet { domain: DOMAIN, table })
    };
    let taken = |layer| {
        let (number, amount) = (90, amount(0));
        let event = incentive::Event::TakenOut { layer, number, asset: ASSET, amount };
        Event::Incentive(event)
    };
    let half = YEAR / 2;
    let returned = |atoms| {
        let (layer, number, domain, asset) = (TRANCHE, 90, DOMAIN, ASSET);
        let amount = amount(atoms);
        let event = incentive::Event::PayReturned { layer, number, domain, asset, amount };
        Event::Incentive(event)
    };
    let ended = Event::Incentive(incentive::Event::PaySet { layer: TRANCHE, pay: None });
    let cases: [(&str, Vec<Event>); 15] = [
        ("returned while it is paid", vec![returned(1)]),
        ("more returned than is left", vec![ended.clone(), returned(10)]),
        ("more a year than the terms pay", vec![later(YEAR), accrued(5, 5, 0)]),
        ("more than the time brings", vec![later(half), accrued(4, 3, 0)]),
        ("less, with a rest that is not its", vec![later(half), accrued(4, 1, 7)]),
        ("less, with nothing carried", vec![later(half), accrued(4, 1, 0)]),
        ("less than is expected to be lost", vec![later(half), accrued(1, 0, half)]),
        ("from another time", vec![later(half), since(1, 1), rewarded(&state, 1)]),
        ("the house before who left", vec![said(gone), divided(0, &[(house, 0)])]),
        ("more than the pot", vec![later(3 * YEAR), accrued(4, 12, 0)]),
        ("booked and not given", vec![later(half), accrued(4, 2, 0), taken(house.layer())]),
        ("given and not booked", vec![later(half), rewarded(&state, 2)]),
        ("fees that are not there", vec![divided(0, &[(house, 1)])]),
        ("the house before a fund", vec![said(tight(11)), divided(0, &[(house, 0)])]),
        ("taken below the first loss", vec![said(first), taken(FUND)]),
    ];
    for (text, forged) in cases {
        let all: Vec<Event> = events.iter().chain(&forged).cloned().collect();
        assert!(matches!(run(&all), Err(of) if of.law == INCENTIVE), "{text}: {:?}", run(&all));
    }
    let fine = [later(half), accrued(4, 2, 0), rewarded(&state, 2), divided(0, &[(house, 0)])];
    let fine: Vec<Event> = events.iter().cloned().chain(fine).collect();
    assert_eq!(run(&fine), Ok(()));
    let all: Vec<Event> = events.iter().cloned().chain([ended, returned(9)]).collect();
    assert_eq!(run(&all), Ok(()));
}
