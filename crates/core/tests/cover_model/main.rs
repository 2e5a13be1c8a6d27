//! Random cover pools: the engine and an independent slow model must say the same after every
//! command: every balance, cover, claim, premium earned and price, to the atom and to the part of
//! one, and every refusal.
//!
//! The model keeps fractions of unbounded numbers and rounds where design and docs say so: prices
//! up, the area below each line of rates down, premia in whole atoms with the rest carried, claims
//! to the largest fractions. It shares no code with the engine but the commands it is fed.
//! Triggers are not in it: what they pay is claimed as any report.

mod asks;
mod model;
#[path = "../slow/mod.rs"]
mod slow;
mod steps;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use model::{CASH, Found, Model, Stage, WHO, down, whole};
use proptest::prelude::*;
use rhodian_core::control::Parameter;
use rhodian_core::ids::{CoverId, LayerId, LossId, RiskId};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::Rates;
use rhodian_core::pools::cover::{self, Command, Experience, PoolSpec, RiskSpec, VoteTerms};
use steps::{Step, asked, kind, step};
use world::cover::{DAY, YEAR, bridge, domain, give, spec};
use world::{DOMAIN, World, amount};

type Seen = BTreeMap<&'static str, u32>;

/// How a case begins.
#[derive(Clone, Debug)]
struct Start {
    fund: u128,
    premia: u32,
    leverage: u32,
    cap: Option<u128>,
    quorum: Option<u32>,
    challenge: u64,
    stakes: [u128; 3],
    risks: Vec<RiskSpec>,
}

impl Start {
    fn spec(&self) -> PoolSpec {
        let terms = |quorum| VoteTerms { length: DAY, quorum };
        PoolSpec {
            premia: vec![(LayerId(2), self.premia)],
            leverage: self.leverage,
            max_covered: amount(400_000),
            max_period: 30 * DAY,
            waiting: 3_600_000,
            claim_time: 5 * DAY,
            incident_cap: self.cap.map(amount),
            vote: self.quorum.map(terms),
            ..spec()
        }
    }
}

fn risk() -> impl Strategy<Value = RiskSpec> {
    let rates = (0..300_000u32, 0..300_000u32, 0..400_000u32, 1..1_000_000u32);
    let concentration = prop_oneof![1 => 1..1_000_000u32, 1 => Just(1_000_000u32)];
    let retention = prop_oneof![1 => Just(0u32), 1 => 0..500_000u32];
    let experience = prop::option::of((1..300_000u32, 500_000..900_000u32, 1..40 * DAY));
    let of = (rates, concentration, retention, experience);
    of.prop_map(|(rates, concentration, retention, experience)| {
        let (at_zero, more, most, kink) = rates;
        let (at_kink, at_full) = (at_zero + more, at_zero + more + most);
        let rates = Rates { at_zero, kink, at_kink, at_full };
        let experience = experience.map(|(step, most, window)| Experience { step, most, window });
        RiskSpec { rates, expected_loss: 0, concentration, retention, experience, ..bridge() }
    })
}

fn start() -> impl Strategy<Value = Start> {
    let pool = (
        prop_oneof![Just(0u128), 0..20_000u128],
        prop_oneof![Just(1_000_000u32), 0..1_000_000u32],
        prop_oneof![1 => Just(1_000_000u32), 1 => 300_000..8_000_000u32, 1 => Just(20_000_000u32)],
        prop::option::weighted(0.3, 1..40_000u128),
        prop::option::weighted(0.5, 0..600_000u32),
        prop_oneof![Just(0u64), Just(DAY)],
    );
    let stakes = prop_oneof![0..60_000u128, 0..60_000u128, 0..3_000u128];
    let stakes = prop::array::uniform3(stakes);
    (pool, stakes, prop::collection::vec(risk(), 3)).prop_map(|(pool, stakes, risks)| {
        let (fund, premia, leverage, cap, quorum, challenge) = pool;
        Start { fund, premia, leverage, cap, quorum, challenge, stakes, risks }
    })
}

/// Engine and model side by side.
struct Case {
    world: World,
    model: Model,
    seen: Seen,
}

impl Case {
    fn new(start: &Start) -> Self {
        let mut world = domain(start.fund);
        world.set(Parameter::ChallengeTime, start.challenge.into());
        world.set(Parameter::IncomeToClaims, 0);
        // What is not covered closes nothing here.
        for parameter in [Parameter::UncoveredThreshold, Parameter::UncoveredDeadline] {
            world.set(parameter, parameter.declared().max);
        }
        give(&mut world, Command::Open { spec: Box::new(start.spec()) }).unwrap();
        for spec in &start.risks {
            give(&mut world, Command::AddRisk { spec: Box::new(spec.clone()) }).unwrap();
        }
        for text in WHO {
            world.account(text, CASH);
        }
        world.checked = false;
        let (spec, risks) = (start.spec(), start.risks.clone());
        let model = Model::new(spec, risks, start.challenge, start.fund, world.at.0);
        let mut case = Self { world, model, seen: Seen::new() };
        for (who, atoms) in start.stakes.into_iter().enumerate() {
            case.step(&Step::Stake(who, atoms));
        }
        case
    }

    /// One step: accepted by both or refused by both, for the same reason.
    fn step(&mut self, step: &Step) {
        let given = asked(&mut self.world, &self.model, step);
        let given = given.map(|_| ()).map_err(|refused| refused.code());
        let mut next = self.model.clone();
        if let Step::Wait(millis) = step {
            next.now += millis;
        }
        let said = next.say(step);
        assert_eq!(given, said, "{step:?}");
        if said.is_ok() {
            next.settle();
            self.model = next;
        }
        *self.seen.entry(said.err().unwrap_or(kind(step))).or_default() += 1;
        self.compare(step);
    }

    fn compare(&self, step: &Step) {
        let (world, model) = (&self.world, &self.model);
        for (who, text) in WHO.iter().enumerate() {
            let reward = world.engine.state().domains.reward(LayerId(2), world.id(text)).atoms();
            let stands = (world.cash(text).unsigned_abs(), world.stake_of(text, "Stakers"), reward);
            let said = (model.cash[who], model.stake[who], down(&model.reward[who]));
            assert_eq!(stands, said, "{text}: cash, stake, reward after {step:?}");
        }
        let pots = ["Operator", "Fund"].map(|text| world.pot(text).unsigned_abs());
        let held = world::cover::held(world).unsigned_abs();
        assert_eq!((pots, held), ([model.operator, model.fund], model.held), "{step:?}");
        assert_eq!(world.uncovered().unsigned_abs(), model.debt(), "{step:?}");
        assert_eq!(world.balance(Holder::Fees(DOMAIN)), 0, "{step:?}");
        let pool = world::cover::pool(world);
        let rest = whole(pool.rest) / whole(u128::from(YEAR) * 1_000_000);
        assert_eq!((pool.earned.0, &rest), (model.booked, &model.rest), "{step:?}");
        self.covers(step);
        self.incidents(step);
    }

    fn covers(&self, step: &Step) {
        let (state, model) = (self.world.engine.state(), &self.model);
        let capacity = state.cover_capacity(world::cover::pool(&self.world));
        let stands = (capacity.most.atoms(), capacity.covered.atoms());
        assert_eq!(stands, (model.most(), model.covered(None) - model.claimed()), "{step:?}");
        for id in 0..model.risks.len() {
            let risk = RiskId(u32::try_from(id).unwrap());
            let price = state.cover_price(risk, amount(12_345), 7 * DAY + 1).unwrap();
            let (rate, _, premium) = model.price(id, 12_345, 7 * DAY + 1);
            assert_eq!((price.rate, price.premium.atoms()), (rate, premium), "{step:?}");
        }
        assert_eq!(state.covers.covers().count(), model.covers.len());
        for (id, said) in (0..).map(CoverId).zip(&model.covers) {
            let cover = state.covers.cover(id).unwrap();
            let stage = match cover.stage {
                cover::Stage::Standing => Stage::Standing,
                cover::Stage::Ended => Stage::Ended,
                cover::Stage::Lapsed => Stage::Lapsed,
            };
            let stands = (cover.left.atoms(), cover.claimed.atoms(), cover.rate, stage);
            assert_eq!(stands, (said.left, said.claimed, said.rate, said.stage), "{id} {step:?}");
        }
    }

    fn incidents(&self, step: &Step) {
        let state = self.world.engine.state();
        for (id, said) in (0..).map(LossId).zip(&self.model.incidents) {
            let (_, incident) = state.covers.incident(id).unwrap();
            let dues: Vec<u128> = incident.claims.iter().map(|of| of.due.atoms()).collect();
            let paid: Vec<u128> = incident.paid.iter().map(|of| of.atoms()).collect();
            let due = said.claims.iter().map(|(_, due)| *due).collect();
            let said_paid = said.paid.iter().map(|of| of.unsigned_abs().into()).collect();
            assert_eq!((dues, paid), (due, said_paid), "{id} after {step:?}");
            let debt = state.losses.loss(id).unwrap().debt().atoms();
            assert_eq!(debt, said.debt, "{id} after {step:?}");
        }
    }

    /// What became of it all.
    fn note(&mut self) {
        let mut note = |what, count: usize| {
            *self.seen.entry(what).or_default() += u32::try_from(count).unwrap();
        };
        let of = &self.model;
        note("lapsed", of.covers.iter().filter(|of| of.stage == Stage::Lapsed).count());
        let settled = || of.incidents.iter().filter(|of| of.stage == Found::Settled);
        note("settled", settled().count());
        note("bore more", settled().map(|of| of.raised).sum());
        note("drawn on stakes", settled().filter(|of| of.stakers.0.iter().any(|s| *s > 0)).count());
        note("uncovered", settled().filter(|of| of.debt + of.fund_later.0 > 0).count());
        note("paid later", settled().filter(|of| of.fund_later.0 > 0).count());
        note("came back", settled().filter(|of| of.stakers.1.iter().any(|s| *s > 0)).count());
        let out = |of: &&model::Incident| of.stage == Found::Dismissed && of.claims.len() > 1;
        note("dismissed together", of.incidents.iter().filter(out).count());
    }
}

/// Runs a case; what was seen in it.
fn run(start: &Start, steps: &[Step]) -> Seen {
    let mut case = Case::new(start);
    steps.iter().for_each(|step| case.step(step));
    let state = case.world.engine.state();
    rhodian_core::invariants::check(state).unwrap_or_else(|broken| panic!("{broken}"));
    case.note();
    case.seen
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn engine_and_model_agree(
        start in start(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        run(&start, &steps);
    }
}

/// What must be reached, or agreement says little.
#[test]
fn everything_is_reached() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut seen = Seen::new();
    for _ in 0..200 {
        let steps = prop::collection::vec(step(), 120);
        let (start, steps) = (start(), steps).new_tree(&mut runner).unwrap().current();
        for (what, count) in run(&start, &steps) {
            *seen.entry(what).or_default() += count;
        }
    }
    let wanted = [
        "bought",
        "staked",
        "unstaked",
        "took",
        "reported",
        "voted",
        "approved",
        "dismissed",
        "income",
        "recovered",
        "lapsed",
        "settled",
        "bore more",
        "drawn on stakes",
        "uncovered",
        "paid later",
        "came back",
        "dismissed together",
        "period",
        "below-least-cover",
        "domain-owes",
        "incident-open",
        "above-capacity",
        "above-concentration",
        "premium-above-most",
        "withdrawal-above-free",
        "cover-twice",
        "unknown-cover",
        "not-covered",
        "nothing-due",
        "no-vote",
        "own-claim",
        "not-staked",
        "voted-on",
        "loss-known",
        "backs-cover",
        "recovery-above-claims",
    ];
    for what in wanted {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "{what} was not reached: {seen:?}");
    }
}
