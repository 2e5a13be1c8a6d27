//! What breaks the law of cover pools.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, TRANCHE, amount, given, name, run, set_up, state_of};
use super::{Broken, COVER, check};
use crate::domain::{self, CauseClass};
use crate::engine::{Action, Actor, Event, State};
use crate::ids::{
    AccountId, AssetId, CoverId, CoverPoolId, DomainId, LayerId, LossId, RiskId, Time,
};
use crate::loss::{self, Origin};
use crate::pools::Rates;
use crate::pools::cover::{self, Command, PoolSpec, RiskSpec};
use crate::waterfall::{Side, Step};

const DOMAIN: DomainId = DomainId(1);
const POOL: CoverPoolId = CoverPoolId(0);

fn spec() -> PoolSpec {
    PoolSpec {
        name: name("pool"),
        domain: DOMAIN,
        fund: FUND,
        premia: vec![(TRANCHE, 500_000)],
        leverage: 100_000_000,
        max_covered: amount(10_000),
        min_cover: amount(1_000),
        max_period: 1_000,
        waiting: 0,
        claim_time: 1_000,
        incident_cap: Some(amount(100)),
        tail_index: 0,
        source: name("nobody"),
        estimated: Time(0),
        vote: None,
    }
}

/// Alice is covered for 1,000, lost more, and the 10 of the fund and 20 that are staked pay some of
/// the 100 that an incident pays at most.
fn covered() -> Vec<Event> {
    let class = CauseClass::Default;
    let side = |layer: LayerId| Step { layers: vec![Side { layer, weight: 1 }] };
    let steps = vec![side(FUND), side(TRANCHE)];
    let rates = Rates { at_zero: 0, kink: 1, at_kink: 0, at_full: 0 };
    let risk = RiskSpec {
        name: name("bridge"),
        pool: POOL,
        class,
        rates,
        expected_loss: 0,
        load: 0,
        source: name("nobody"),
        estimated: Time(0),
        concentration: 1_000_000,
        retention: 0,
        experience: None,
        trigger: None,
    };
    let (account, max_premium) = (AccountId(0), amount(0));
    let buy = Command::Buy {
        risk: RiskId(0),
        account,
        number: 3,
        amount: amount(1_000),
        period: 1_000,
        max_premium,
    };
    let losses = vec![cover::Lost { cover: CoverId(0), amount: amount(5_000) }];
    let report = Command::Report {
        risk: RiskId(0),
        number: 1,
        cause: name("drained"),
        evidence: Box::new([0; 32]),
        happened: Time(5),
        losses,
    };
    let mut actions = set_up();
    actions.extend([
        Action::Domain(domain::Command::OpenDomain { name: name("Cover"), asset: AssetId(0) }),
        Action::Domain(domain::Command::SetWaterfall { domain: DOMAIN, class, steps }),
        Action::Cover(Command::Open { spec: Box::new(spec()) }),
        Action::Cover(Command::AddRisk { spec: Box::new(risk) }),
        Action::Domain(domain::Command::AcceptTerms { domain: DOMAIN, account }),
        Action::Cover(buy),
        Action::Cover(report),
    ]);
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

type Spoil = fn(&mut State);

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = covered();
    assert_eq!(run(&events), Ok(()));
    let cases: [(&str, Spoil); 7] = [
        ("kept of nobody", |state| state.covers.pools[0].standing.clear()),
        ("an event twice", |state| {
            // It was reported on evidence, and stands for two of its incidents.
            let found = &mut state.losses.losses[0];
            found.origin = Origin::Reported { by: Actor::VENUE, evidence: [7; 32] };
            let mut again = found.clone();
            again.number += 1;
            state.losses.losses.push(again);
            state.losses.numbers.insert((DOMAIN, 2), LossId(1));
            let pool = &mut state.covers.pools[0];
            let mut incident = pool.incidents[&LossId(0)].clone();
            incident.claims[0].due = amount(500);
            incident.due = amount(500);
            let of_first = pool.incidents.get_mut(&LossId(0)).unwrap();
            of_first.claims[0].due = amount(500);
            of_first.due = amount(500);
            pool.standing.insert((incident.risk, incident.happened, LossId(1)));
            pool.open.insert(LossId(1));
            pool.incidents.insert(LossId(1), incident);
        }),
        ("covered of nobody", |state| state.covers.pools[0].covered = amount(1)),
        ("earned by nobody", |state| state.covers.pools[0].rate = 1),
        ("a part of an atom", |state| state.covers.pools[0].rest = 1),
        ("claimed beyond", |state| state.covers.covers[0].claimed = amount(1_001)),
        ("paid before", |state| {
            let incident = state.covers.pools[0].incidents.get_mut(&LossId(0)).unwrap();
            incident.paid[0] = amount(1);
        }),
    ];
    for (text, spoil) in cases {
        let mut state = state_of(&events);
        assert_eq!(law(check(&state)), Ok(()), "{text}");
        spoil(&mut state);
        assert_eq!(law(check(&state)), Err(COVER), "{text}");
    }
}

#[test]
fn the_running_form_sees_what_is_not_due() {
    let events = covered();
    let paid = |loss, cover, account| cover::Event::Paid {
        pool: POOL,
        loss,
        asset: AssetId(0),
        rows: vec![(cover, account, amount(1))],
    };
    let owed = |atoms| cover::Event::Owed {
        pool: POOL,
        loss: LossId(0),
        asset: AssetId(0),
        amount: amount(atoms),
    };
    let (loss, alice, bob) = (LossId(0), AccountId(0), AccountId(1));
    let cases = [
        ("for another loss", paid(LossId(1), CoverId(0), alice)),
        ("for no cover", paid(loss, CoverId(1), alice)),
        ("to somebody else", paid(loss, CoverId(0), bob)),
        ("more than claimed", owed(101)),
    ];
    for (text, forged) in cases {
        let mut events = events.clone();
        events.push(Event::Cover(forged));
        assert_eq!(law(run(&events)), Err(COVER), "{text}");
    }
    // Owed as it should be, it is paid once.
    let mut events = events;
    let approved = loss::Event::LossApproved { loss, by: Actor::VENUE, until: Time(5) };
    events.extend([Event::Loss(approved), Event::Cover(owed(100))]);
    events.extend((0..100).map(|_| Event::Cover(paid(loss, CoverId(0), alice))));
    assert_eq!(law(run(&events)), Ok(()));
    events.push(Event::Cover(paid(loss, CoverId(0), alice)));
    assert_eq!(law(run(&events)), Err(COVER), "twice");
}
