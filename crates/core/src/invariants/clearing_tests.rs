//! What breaks the law of clearing funds.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{amount, given, name, run, set_up, state_of};
use super::{Broken, CLEARING, check};
use crate::allocation::Rule;
use crate::control::{self, Parameter};
use crate::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use crate::engine::{Action, Event, State};
use crate::ids::{AccountId, AssetId, ClearingId, DomainId, LayerId, LossId, Time};
use crate::loss;
use crate::margin::scenario::VolMove;
use crate::pools::clearing::{
    Assessment, Client, Command, FundSpec, Scenario, SizedMember, {self},
};
use crate::waterfall::{Side, Step};

const DOMAIN: DomainId = DomainId(1);
const FUND: ClearingId = ClearingId(0);
const ALICE: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);

fn layer(text: &str, kind: Kind, source: Source) -> Action {
    let spec = LayerSpec {
        name: name(text),
        kind,
        asset: AssetId(0),
        source,
        caps: Caps::default(),
        attachment: None,
    };
    Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) })
}

/// The layers of the fund: the first two after those that `set_up` added.
fn layers() -> [LayerId; 2] {
    let state = state_of(&given(set_up()));
    let count = u32::try_from(state.domains.layers().count()).unwrap();
    [LayerId(count), LayerId(count + 1)]
}

fn spec() -> FundSpec {
    let [layer, calls] = layers();
    FundSpec {
        name: name("fund"),
        domain: DOMAIN,
        layer,
        cover: 1,
        scenarios: vec![Scenario {
            name: name("crash"),
            moves: vec![],
            others: -1,
            vol: VolMove::None,
        }],
        least: amount(4),
        least_contribution: amount(2),
        period: 1_000_000,
        deadline: 1_000,
        notice: 1_000,
        porting: 1_000,
        bidding: 1_000,
        juniority: 0,
        assessment: Some(Assessment {
            layer: calls,
            per_event: 1_000_000,
            per_window: 1_500_000,
            window: 1_000,
        }),
    }
}

/// Alice is a member who is to contribute four, and called for four more by a loss of eight.
fn cleared() -> Vec<Event> {
    let rule = MemberRule {
        rule: Rule::Proportional,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
        basis: Basis::Contribution,
    };
    let [fund, calls] = layers();
    let steps = [fund, calls].map(|layer| Step { layers: vec![Side { layer, weight: 1 }] });
    let class = CauseClass::Default;
    let report = |number| {
        Action::Loss(loss::Command::ReportLoss(Box::new(loss::LossReport {
            domain: DOMAIN,
            number,
            class,
            cause: name("gone"),
            evidence: [0; 32],
            amount: amount(8),
            failed: None,
            margin: amount(0),
            set_off: vec![],
        })))
    };
    let challenge = Parameter::ChallengeTime;
    let mut actions = set_up();
    actions.extend([
        Action::Domain(domain::Command::OpenDomain { name: name("House"), asset: AssetId(0) }),
        layer("fund", Kind::DefaultFund, Source::Pot),
        layer("calls", Kind::Assessment, Source::Call { members: rule, deadline: 1_000 }),
        Action::Domain(domain::Command::SetWaterfall {
            domain: DOMAIN,
            class,
            steps: steps.to_vec(),
        }),
        Action::Control(control::Command::SetParameter {
            domain: DOMAIN,
            parameter: challenge,
            value: 0,
        }),
        Action::Clearing(Command::Open { spec: Box::new(spec()) }),
        Action::Domain(domain::Command::AcceptTerms { domain: DOMAIN, account: ALICE }),
        Action::Domain(domain::Command::AcceptTerms { domain: DOMAIN, account: BOB }),
        Action::Clearing(Command::Join { fund: FUND, account: ALICE, number: 50 }),
        Action::Clearing(Command::Size { fund: FUND }),
        Action::Clearing(Command::Clear { fund: FUND, account: BOB, member: ALICE }),
        report(77),
    ]);
    given(actions)
}

fn law(of: Result<(), Broken>) -> Result<(), &'static str> {
    of.map_err(|broken| broken.law)
}

type Spoil = fn(&mut State);

fn alice(state: &mut State) -> &mut clearing::Member {
    state.clearing.funds[0].members.get_mut(&ALICE).unwrap()
}

#[test]
fn the_full_form_sees_what_does_not_add_up() {
    let events = cleared();
    assert_eq!(run(&events), Ok(()));
    let cases: [(&str, Spoil); 6] = [
        ("a size of nobody", |state| state.clearing.funds[0].size = amount(5)),
        ("called for nothing", |state| {
            state.clearing.funds[0].size = amount(0);
            alice(state).required = amount(0);
        }),
        ("failed and called", |state| {
            alice(state).failed = Some(Time(1));
        }),
        ("a client of nobody", |state| {
            let client = Client { member: BOB, until: None };
            state.clearing.funds[0].clients.insert(BOB, client);
        }),
        ("a client who is a member", |state| {
            let client = Client { member: ALICE, until: None };
            state.clearing.funds[0].clients.insert(ALICE, client);
        }),
        ("assessed above a window", |state| {
            alice(state).assessed = vec![(Time(1), amount(3)), (Time(2), amount(4))];
        }),
    ];
    for (text, spoil) in cases {
        let mut state = state_of(&events);
        assert_eq!(law(check(&state)), Ok(()), "{text}");
        spoil(&mut state);
        assert_eq!(law(check(&state)), Err(CLEARING), "{text}");
    }
}

#[test]
fn the_running_form_sees_what_was_not_asked() {
    let events = cleared();
    let loss = state_of(&events).losses.losses().last().unwrap().0;
    let [fund, calls] = layers();
    let sized = |size, required| {
        let row = SizedMember {
            account: ALICE,
            stressed: amount(0),
            required: amount(required),
            called: amount(required),
        };
        Event::Clearing(clearing::Event::Sized {
            fund: FUND,
            asset: AssetId(0),
            uncovered: vec![amount(0)],
            size: amount(size),
            due: Time(9),
            members: vec![row],
        })
    };
    let paid = |loss: LossId, account, atoms| {
        Event::Loss(loss::Event::DrawPaid {
            loss,
            layer: calls,
            asset: AssetId(0),
            account: Some(account),
            number: 60,
            amount: amount(atoms),
        })
    };
    let fixed = |layer, account| {
        let claim = loss::ReportedClaim {
            account,
            weight: amount(1),
            cap: amount(1),
            score: 0,
            risk: 1_000_000,
            class: 0,
        };
        let set =
            crate::ids::LiableSetId(u32::try_from(state_of(&events).losses.sets.len()).unwrap());
        let episode = state_of(&events).losses.loss(loss).unwrap().episode.unwrap();
        let layers = vec![(layer, vec![claim])];
        Event::Loss(loss::Event::LiableSetFixed { set, episode, until: Time(9), layers })
    };
    let cases = [
        ("more than its members give", sized(5, 4)),
        ("less than its least", sized(3, 3)),
        ("a client in a set", fixed(fund, BOB)),
        ("above the cap for a loss", paid(loss, ALICE, 5)),
    ];
    for (text, forged) in cases {
        let mut events = events.clone();
        events.push(forged);
        assert_eq!(law(run(&events)), Err(CLEARING), "{text}");
    }
    // As it was asked, it is paid.
    let mut events = events;
    events.push(paid(loss, ALICE, 4));
    assert_eq!(law(run(&events)), Ok(()));
}
