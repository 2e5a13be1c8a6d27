//! Random clearing funds: the engine and an independent slow model must say the same after every
//! command: what each is to contribute and until when, every stake, every call, the debt, and every
//! refusal. The model keeps small whole numbers and shares no code with the engine.

mod model;
#[path = "../slow/mod.rs"]
mod slow;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use model::{DAY, MEMBERS, Model, Terms};
use proptest::prelude::*;
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::Rejection;
use rhodian_core::pools::clearing::{Assessment, Command, FundSpec};
use world::acts::Given;
use world::clearing::{TERMS, give, house, join, leave, scenario, size, spec, the_fund};
use world::{World, amount};

const WHO: [&str; MEMBERS] = ["alice", "bob", "carol", "dan"];

type Seen = BTreeMap<String, u32>;

#[derive(Clone, Debug)]
enum Step {
    Trade(usize, usize, i64),
    Size,
    /// A member contributes so many, or exactly what he lacks.
    Stake(usize, Option<i64>),
    Unstake(usize, i64),
    Leave(usize),
    Lose(i64),
    /// A member pays so many for one of the losses, or exactly what he is called for.
    Pay(usize, usize, Option<i64>),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..MEMBERS;
    prop_oneof![
        4 => (who.clone(), 1..MEMBERS, 1..200i64)
            .prop_map(|(buyer, by, lots)| Step::Trade(buyer, (buyer + by) % MEMBERS, lots)),
        2 => Just(Step::Size),
        4 => (who.clone(), prop::option::weighted(0.3, 1..5_000i64))
            .prop_map(|(who, atoms)| Step::Stake(who, atoms)),
        1 => (who.clone(), 1..3_000i64).prop_map(|(who, atoms)| Step::Unstake(who, atoms)),
        1 => who.clone().prop_map(Step::Leave),
        3 => (1..60_000i64).prop_map(Step::Lose),
        4 => (0..6usize, who, prop::option::weighted(0.3, 1..5_000i64))
            .prop_map(|(loss, who, atoms)| Step::Pay(loss, who, atoms)),
        2 => prop_oneof![3 => 1..3u64, 1 => 5..40u64].prop_map(Step::Wait),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    let moves = prop::collection::vec(prop_oneof![-600..-50i64, 50..600i64], 1..4);
    let sizes = (prop_oneof![Just(1i64), 1..50_000i64], 1..2_000i64, 0..5_000i64);
    let caps = (1..1_500i64, 0..1_500i64, 1..40u64, 1..40u64);
    (1..4usize, moves, sizes, caps).prop_map(|(cover, scenarios, sizes, caps)| {
        let (least, least_contribution, house) = sizes;
        let (per_event, more, window, notice) = caps;
        Terms {
            cover,
            scenarios,
            least,
            least_contribution,
            per_event,
            per_window: per_event + more,
            window: window * DAY,
            notice: notice * DAY,
            house,
        }
    })
}

fn atoms(of: i64) -> u128 {
    u128::try_from(of).unwrap()
}

fn spec_of(terms: &Terms) -> FundSpec {
    let moves = terms.scenarios.iter().enumerate();
    let thousands = |of: i64| u32::try_from(of * 1_000).unwrap();
    FundSpec {
        cover: u16::try_from(terms.cover).unwrap(),
        scenarios: moves
            .map(|(place, by)| scenario(&format!("s{place}"), i32::try_from(by * 1_000).unwrap()))
            .collect(),
        least: amount(atoms(terms.least)),
        least_contribution: amount(atoms(terms.least_contribution)),
        notice: terms.notice,
        assessment: Some(Assessment {
            per_event: thousands(terms.per_event),
            per_window: thousands(terms.per_window),
            window: terms.window,
            ..TERMS
        }),
        ..spec(1)
    }
}

/// The engine and the model, side by side.
struct Both {
    world: World,
    model: Model,
    losses: usize,
}

impl Both {
    fn new(terms: &Terms) -> Self {
        let mut world = house(atoms(terms.house));
        // Without gains: what is called and not paid is owed.
        world.waterfall(&["House", "Fund", "Calls"]);
        give(&mut world, Command::Open { spec: Box::new(spec_of(terms)) }).unwrap();
        for text in WHO {
            world.account(text, 10_000_000);
            join(&mut world, text).unwrap();
        }
        let model = Model::new(terms.clone(), world.at.0);
        Self { world, model, losses: 0 }
    }

    /// What the engine and the model say of a step.
    fn take(&mut self, step: &Step) -> (Given, Result<(), &'static str>) {
        let (world, model) = (&mut self.world, &mut self.model);
        match *step {
            Step::Trade(buyer, seller, lots) => (
                world.try_fill("BTC", WHO[buyer], WHO[seller], lots, 1_000),
                model.trade(buyer, seller, lots),
            ),
            Step::Size => (size(world), model.size()),
            Step::Stake(who, of) => {
                let lacks = model.members[who].required - model.members[who].stake;
                let of = of.unwrap_or(lacks.max(1));
                (world.try_stake(WHO[who], "Fund", atoms(of)), model.stake(who, of))
            }
            Step::Unstake(who, of) => {
                (world.try_unstake(WHO[who], "Fund", atoms(of)), model.unstake(who, of))
            }
            Step::Leave(who) => (leave(world, WHO[who]), model.leave(who)),
            Step::Lose(of) => {
                let (number, text) = (self.losses, format!("l{}", self.losses));
                self.losses += 1;
                model.lose(number, of);
                let class = CauseClass::Default;
                (world.try_report(&text, class, atoms(of), None, 0, &[]), Ok(()))
            }
            Step::Pay(loss, who, of) => {
                if loss >= self.losses {
                    return (Ok(Vec::new()), Ok(()));
                }
                let called = model.calls.get(&loss).map_or(0, |call| call.called[who]);
                let of = of.unwrap_or(called.max(1));
                let text = format!("l{loss}");
                let paid = world.pay_draw(&text, "Calls", Some(WHO[who]), atoms(of));
                (paid, model.pay(loss, who, of))
            }
            Step::Wait(days) => {
                world.tick(days * DAY);
                model.wait(days);
                (Ok(Vec::new()), Ok(()))
            }
        }
    }

    fn compare(&self, step: &Step) {
        let (world, model) = (&self.world, &self.model);
        let fund = the_fund(world);
        assert_eq!(fund.size.atoms(), atoms(model.size), "{step:?}");
        let uncovered: Vec<u128> = fund.uncovered.iter().map(|of| of.atoms()).collect();
        let theirs: Vec<u128> = model.uncovered.iter().map(|of| atoms(*of)).collect();
        assert_eq!(uncovered, theirs, "{step:?}");
        for (text, of) in WHO.iter().zip(&model.members) {
            let stake = world.stake_of(text, "Fund");
            assert_eq!(stake, atoms(of.stake), "{text} after {step:?}");
            let found = fund.members.get(&world.id(text));
            assert_eq!(found.is_some(), of.is_member, "{text} after {step:?}");
            let Some(found) = found else { continue };
            assert_eq!(found.required.atoms(), atoms(of.required), "{text} after {step:?}");
            assert_eq!(found.due.map(|due| due.0), of.due, "{text} after {step:?}");
        }
        assert_eq!(world.pot("House"), i128::from(model.house), "{step:?}");
        for (number, call) in &model.calls {
            let loss = world.loss(&format!("l{number}"));
            let draw = loss.draws.iter().find(|draw| !draw.closed).expect("a call is open");
            assert_eq!(draw.planned.atoms(), atoms(call.planned), "loss {number} after {step:?}");
            let set = loss.set.and_then(|id| world.engine.state().losses.set(id)).unwrap();
            let members = &set.layers[&draw.layer].members;
            let mut called = vec![0; MEMBERS];
            for (member, atoms) in members.iter().zip(&draw.called) {
                let place = WHO.iter().position(|text| world.id(text) == member.account).unwrap();
                called[place] = atoms.atoms();
            }
            let theirs: Vec<u128> = call.called.iter().map(|of| atoms(*of)).collect();
            assert_eq!(called, theirs, "loss {number} after {step:?}");
        }
        // What is asked of nobody is owed when its loss is settled.
        if model.calls.is_empty() {
            assert_eq!(world.uncovered(), -i128::from(model.debt), "{step:?}");
        }
    }
}

fn told(given: Given) -> Result<(), &'static str> {
    given.map(|_| ()).map_err(|rejection: Rejection| rejection.code())
}

fn play(terms: &Terms, steps: &[Step], seen: &mut Seen) {
    let mut both = Both::new(terms);
    for step in steps {
        let (given, said) = both.take(step);
        let given = told(given);
        assert_eq!(given, said, "{step:?}");
        both.compare(step);
        let word = format!("{step:?}");
        let word = word.split('(').next().unwrap();
        *seen.entry(format!("{word} {}", said.err().unwrap_or("done"))).or_default() += 1;
    }
}

/// What the cases have to meet among them, or the test says less than it seems.
const MET: [&str; 16] = [
    "Trade done",
    "Trade contribution-due",
    "Trade member-leaves",
    "Trade not-cleared",
    "Size done",
    "Size episode-open",
    "Stake done",
    "Stake episode-open",
    "Stake not-a-member",
    "Unstake done",
    "Unstake backs-clearing",
    "Leave done",
    "Leave notice-given",
    "Pay done",
    "Pay above-call",
    "Pay draw-not-pending",
];

#[test]
fn the_engine_says_what_the_model_says() {
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::from_seed(
            proptest::test_runner::RngAlgorithm::ChaCha,
            &[7; 32],
        ),
    );
    let seen = std::cell::RefCell::new(Seen::new());
    let cases = (terms(), prop::collection::vec(step(), 8..40));
    runner
        .run(&cases, |(terms, steps)| {
            play(&terms, &steps, &mut seen.borrow_mut());
            Ok(())
        })
        .unwrap();
    let seen = seen.into_inner();
    for met in MET {
        assert!(seen.contains_key(met), "no case met \"{met}\": {seen:?}");
    }
}
