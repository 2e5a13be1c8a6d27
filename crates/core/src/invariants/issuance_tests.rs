//! What breaks the law of issuance.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{amount, given, name, run, set_up, state_of};
use super::{Broken, ISSUANCE, check};
use crate::control::{self, Parameter};
use crate::domain::{self, Caps, CauseClass, Kind, LayerSpec, Source};
use crate::engine::{Action, Event, State};
use crate::ids::{AccountId, AssetId, DomainId, IssuanceId, LayerId, LossId, Time};
use crate::issuance::{Buyback, Command, Dilution, IssuanceSpec, Ladder, Outstanding};
use crate::ledger::Holder;
use crate::waterfall::{Side, Step};
use crate::{issuance, loss};

const DOMAIN: DomainId = DomainId(1);
const OF: IssuanceId = IssuanceId(0);
const ALICE: AccountId = AccountId(0);
/// After those of `set_up`.
const TOKEN: AssetId = AssetId(2);

/// The layers of the house: the first two after those that `set_up` added.
fn layers() -> [LayerId; 2] {
    let state = state_of(&given(set_up()));
    let count = u32::try_from(state.domains.layers().count()).unwrap();
    [LayerId(count), LayerId(count + 1)]
}

fn add(text: &str, kind: Kind, source: Source) -> Action {
    let caps = Caps { per_event: Some(amount(100)), ..Caps::default() };
    let (name, asset) = (name(text), AssetId(0));
    let spec = LayerSpec { name, kind, asset, source, caps, attachment: None };
    Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) })
}

/// Alice took a lot of two tokens for three of a hole of nine, which is open.
fn sold() -> Vec<Event> {
    let [fund, sale] = layers();
    let ladder = Ladder { start: amount(3), step: amount(1), every: 10, floor: amount(1) };
    let spec = IssuanceSpec {
        name: name("tokens"),
        layer: sale,
        token: TOKEN,
        lot: amount(2),
        ladder,
        restarts: 0,
        stressed: amount(1),
        dilution: Dilution { part: 500_000, window: 1_000 },
        outstanding: Outstanding { amount: amount(20), source: name("chain"), at: Time(0) },
        buyback: Some(Buyback { fund, target: amount(5), lot: amount(1), ladder }),
    };
    let steps = [fund, sale].map(|layer| Step { layers: vec![Side { layer, weight: 1 }] });
    let (class, steps) = (CauseClass::Default, steps.to_vec());
    let (parameter, value) = (Parameter::ChallengeTime, 0);
    let report = loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: DOMAIN,
        number: 77,
        class,
        cause: name("gone"),
        evidence: [0; 32],
        amount: amount(9),
        failed: None,
        margin: amount(0),
        set_off: vec![],
    }));
    let mut actions = set_up();
    actions.extend([
        Action::Domain(domain::Command::AddAsset { name: name("GOV"), decimals: 0 }),
        Action::Domain(domain::Command::OpenDomain { name: name("House"), asset: AssetId(0) }),
        add("reserve", Kind::InsuranceFund, Source::Pot),
        add("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 }),
        Action::Domain(domain::Command::SetWaterfall { domain: DOMAIN, class, steps }),
        Action::Control(control::Command::SetParameter { domain: DOMAIN, parameter, value }),
        Action::Issuance(Command::Specify { spec: Box::new(spec) }),
        Action::Loss(report),
    ]);
    let loss = state_of(&given(actions.clone())).losses.losses().last().unwrap().0;
    let (lots, most, number) = (amount(1), amount(3), 50);
    actions.push(Action::Issuance(Command::Take {
        issuance: OF,
        loss,
        account: ALICE,
        number,
        lots,
        most,
    }));
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

type Spoil = fn(&mut State);

fn issuance(state: &mut State) -> &mut issuance::Issuance {
    &mut state.issuances.issuances[0]
}

fn auction(state: &mut State) -> &mut issuance::Auction {
    issuance(state).auctions.values_mut().next().unwrap()
}

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = sold();
    assert_eq!(run(&events), Ok(()));
    let cases: [(&str, Spoil); 5] = [
        ("more counted than the ledger has", |state| issuance(state).issued += 1),
        ("burned and not", |state| issuance(state).burned += 1),
        ("issued and not sold", |state| auction(state).tokens = amount(1)),
        ("paid and not received", |state| auction(state).paid = amount(4)),
        ("an auction that is over, and its draw not", |state| auction(state).end = Some(Time(5))),
    ];
    for (text, spoil) in cases {
        let mut state = state_of(&events);
        assert_eq!(law(check(&state)), Ok(()), "{text}");
        spoil(&mut state);
        assert_eq!(law(check(&state)), Err(ISSUANCE), "{text}");
    }
    // Tokens out of nowhere, in an asset that nobody issues.
    let mut state = state_of(&events);
    state.ledger.spoil(AssetId(0), Holder::Issued, amount(1));
    state.ledger.spoil(AssetId(0), Holder::World, amount(0));
    assert!(law(check(&state)).is_err());
}

#[test]
fn the_running_form_sees_what_was_not_paid_for() {
    let events = sold();
    let loss = state_of(&events).losses.losses().last().unwrap().0;
    let [fund, layer] = layers();
    let paid = |loss: LossId, atoms| {
        let (asset, account, to) = (AssetId(0), ALICE, None);
        Event::Loss(loss::Event::ProceedsPaid {
            loss,
            layer,
            asset,
            account,
            amount: amount(atoms),
            to,
        })
    };
    let issued = |tokens, price, paid| {
        Event::Issuance(issuance::Event::Sold {
            issuance: OF,
            loss,
            account: ALICE,
            number: 60,
            token: TOKEN,
            tokens: amount(tokens),
            price: amount(price),
            asset: AssetId(0),
            paid: amount(paid),
        })
    };
    let bought = |paid| {
        Event::Issuance(issuance::Event::BoughtBack {
            issuance: OF,
            account: ALICE,
            number: 60,
            fund,
            asset: AssetId(0),
            paid: amount(paid),
            token: TOKEN,
            tokens: amount(1),
            price: amount(1),
        })
    };
    let cases: [(&str, Vec<Event>); 7] = [
        ("paid, and nothing issued", vec![paid(loss, 3), paid(loss, 1)]),
        ("issued, and nothing paid", vec![issued(2, 3, 3)]),
        ("issued for less than was paid", vec![paid(loss, 3), issued(2, 3, 2)]),
        ("issued below the price that stands", vec![paid(loss, 3), issued(3, 3, 3)]),
        ("issued below the least price", vec![paid(loss, 0), issued(2, 0, 0)]),
        // Two of the ten were issued, and here are nine more.
        ("issued above the cap", vec![paid(loss, 5), issued(10, 1, 5)]),
        ("bought back below the target, with a loss open", vec![bought(1)]),
    ];
    for (text, forged) in cases {
        let all: Vec<Event> = events.iter().chain(&forged).cloned().collect();
        assert_eq!(law(run(&all)), Err(ISSUANCE), "{text}");
    }
    let fine: Vec<Event> = events.iter().cloned().chain([paid(loss, 3), issued(2, 3, 3)]).collect();
    assert_eq!(run(&fine), Ok(()));
}
