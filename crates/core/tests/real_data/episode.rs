//! The same claims through the engine: accounts that hold their caps, one episode with one liable
//! set, and after every loss other weights reported, which must move nothing.

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, Name, OwnerId, Time};
use rhodian_core::invariants;
use rhodian_core::loss::{self, ReportedClaim, Stage};
use rhodian_core::waterfall::{Side, Step};

use crate::against::amount;
use crate::model::Claim;

const ASSET: AssetId = AssetId(0);
const DOMAIN: DomainId = DomainId(0);
const WINNERS: LayerId = LayerId(0);

fn name(text: &str) -> Name {
    Name::new(text).expect("a short name")
}

struct Venue {
    engine: Engine,
    losses: u32,
    reports: u64,
}

impl Venue {
    fn give(&mut self, actor: Actor, action: Action) {
        let outcome = self.engine.execute(Envelope { at: Time(1), actor, action });
        if let Outcome::Rejected(_, rejection) = outcome {
            panic!("{rejection}");
        }
    }

    fn must(&mut self, action: Action) {
        self.give(Actor::VENUE, action);
    }

    /// Each claim an account with its cap in cash.
    fn of(claims: &[Claim]) -> Self {
        let mut venue = Self { engine: Engine::new(), losses: 0, reports: 0 };
        venue.must(Action::Domain(domain::Command::AddAsset { name: name("USD"), decimals: 6 }));
        let open = domain::Command::OpenDomain { name: name("Majors"), asset: ASSET };
        venue.must(Action::Domain(open));
        for (place, claim) in (0..).zip(claims) {
            let (owner, account, text) = (OwnerId(place), AccountId(place), format!("a{place}"));
            venue.must(Action::Account(account::Command::OpenOwner { name: name(&text) }));
            let kind = AccountKind::Cross;
            let open = account::Command::OpenAccount { name: name(&text), owner, kind };
            venue.must(Action::Account(open));
            venue.must(Action::Domain(domain::Command::AcceptTerms { domain: DOMAIN, account }));
            if claim.cap > 0 {
                let (number, asset, amount) = (1, ASSET, amount(claim.cap));
                let deposit = account::Command::Deposit { account, number, asset, amount };
                venue.must(Action::Account(deposit));
            }
        }
        venue.waterfalls();
        venue
    }

    /// Winners pay; an auction that nobody answers keeps the episode, and with it the liable set,
    /// open.
    fn waterfalls(&mut self) {
        let rule = MemberRule {
            rule: Rule::Proportional,
            classes: false,
            cap_of_weight: None,
            on_touch: false,
            basis: Basis::Reported,
        };
        let auction = Source::Proceeds { deadline: 3_600_000 };
        let one = Caps { per_event: Some(amount(1)), ..Caps::default() };
        for (text, kind, source, caps) in [
            ("winners", Kind::GainsHaircut, Source::Members(rule), Caps::default()),
            ("auction", Kind::Treasury, auction, one),
        ] {
            let (asset, attachment) = (ASSET, None);
            let spec = LayerSpec { name: name(text), kind, asset, source, caps, attachment };
            self.must(Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
        }
        for (layer, class) in [(0, CauseClass::Default), (1, CauseClass::PriceError)] {
            let steps = vec![Step { layers: vec![Side { layer: LayerId(layer), weight: 1 }] }];
            let domain = DOMAIN;
            self.must(Action::Domain(domain::Command::SetWaterfall { domain, class, steps }));
        }
        let (parameter, value) = (Parameter::ChallengeTime, 0);
        let domain = DOMAIN;
        self.must(Action::Control(control::Command::SetParameter { domain, parameter, value }));
    }

    fn basis(&mut self, rows: impl Iterator<Item = (u128, u128)>) {
        let claim = |(place, (weight, cap))| ReportedClaim {
            account: AccountId(place),
            weight: amount(weight),
            cap: amount(cap),
            score: 0,
            risk: 0,
            class: 0,
        };
        self.reports += 1;
        let (layer, number) = (WINNERS, self.reports);
        let claims = (0..).zip(rows).map(claim).collect();
        self.must(Action::Loss(loss::Command::ReportBasis { layer, number, claims }));
    }

    fn report(&mut self, class: CauseClass, atoms: u128) -> LossId {
        let id = LossId(self.losses);
        self.losses += 1;
        self.must(Action::Loss(loss::Command::ReportLoss(Box::new(loss::LossReport {
            domain: DOMAIN,
            number: self.losses.into(),
            class,
            cause: name("market move"),
            evidence: [0; 32],
            amount: amount(atoms),
            failed: None,
            margin: amount(0),
            set_off: Vec::new(),
        }))));
        id
    }
}

/// What each claim paid of `waves` in all, under one liable set, with weights that are reported
/// otherwise after each.
pub fn paid(claims: &[Claim], waves: &[u128]) -> Vec<u128> {
    let mut venue = Venue::of(claims);
    venue.basis(claims.iter().map(|claim| (claim.weight, claim.cap)));
    let held = venue.report(CauseClass::PriceError, 1);
    let second = Actor { id: 1, ..Actor::VENUE };
    venue.give(second, Action::Loss(loss::Command::ApproveLoss { loss: held }));
    for (turn, loss) in waves.iter().enumerate() {
        let id = venue.report(CauseClass::Default, *loss);
        let settled = venue.engine.state().losses.loss(id).expect("it was reported");
        assert_eq!((settled.stage, settled.uncovered), (Stage::Settled, amount(0)));
        // Now everybody is said to have the weight, and the cap, of another.
        let moved = claims.iter().cycle().skip(1 + 997 * turn).take(claims.len());
        venue.basis(moved.map(|claim| (claim.weight + 1, claim.cap)));
    }
    let state = venue.engine.state();
    invariants::check(state).expect("every law holds");
    let mut sets = state.losses.episodes().flat_map(|(_, episode)| &episode.sets);
    let set = sets.next().and_then(|id| state.losses.set(*id)).expect("a liable set");
    assert!(sets.next().is_none(), "one set serves all");
    let members = &set.layers[&WINNERS];
    let of = |place: u32| {
        let member = members.place(AccountId(place)).map(|place| members.members[place].paid);
        member.map_or(0, |paid| paid.atoms())
    };
    (0..).take(claims.len()).map(of).collect()
}
