//! Random lending pools: the engine and an independent slow model must say the same after every
//! command: every balance, claim, debt and share of a loss, to the atom, and every refusal.
//!
//! The model keeps what each has as a fraction of unbounded numbers and rounds where design and
//! docs say so: claims down, debts up, the rest of interest carried, shares of a loss to the
//! largest fractions. It shares no code with the engine but the commands it is fed.

mod model;
mod side;
#[path = "../slow/mod.rs"]
mod slow;
mod steps;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;

use model::{CASH, ETHER, Liable, Model, WHO};
use proptest::prelude::*;
use rhodian_core::ids::LossId;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use steps::{Step, asked, kind, step};
use world::World;
use world::lending::{self, POOL};

/// Engine and model side by side.
struct Case {
    world: World,
    model: Model,
    seen: BTreeMap<&'static str, u32>,
}

impl Case {
    fn new(rate: u32, fund: u128) -> Self {
        let mut spec = lending::flat(rate);
        spec.rates.at_full = rate * 4;
        let mut world = lending::pool_of(spec.clone(), fund);
        for text in WHO {
            world.account(text, CASH);
            lending::deposit_eth(&mut world, text, ETHER);
        }
        world.checked = false;
        Self { world, model: Model::new(spec, fund), seen: BTreeMap::new() }
    }

    /// One step; whether the world goes on.
    fn step(&mut self, step: &Step) -> bool {
        match *step {
            Step::Wait(millis) => {
                self.world.tick(millis);
                self.model.wait(millis);
                self.losses(0)
            }
            Step::Mark(to, sale) => {
                lending::mark(&mut self.world, to);
                self.model.price = to.into();
                self.losses(sale)
            }
            Step::Press(who, at, amount) => {
                let Some((price, borrower)) = self.model.press(at) else { return true };
                let first = Step::Mark(price, 0);
                self.step(&first) && self.step(&Step::Liquidate(who, borrower, amount))
            }
            _ => {
                self.ask(step);
                self.losses(0)
            }
        }
    }

    /// What is asked is accepted by both or refused by both, for the same reason.
    fn ask(&mut self, step: &Step) {
        let given = asked(&mut self.world, step).map(|_| ()).map_err(|refused| refused.code());
        let mut next = self.model.clone();
        next.accrue();
        let said = next.say(step);
        assert_eq!(given, said, "{step:?}");
        if said.is_ok() {
            self.model = next;
        }
        *self.seen.entry(said.err().unwrap_or(kind(step))).or_default() += 1;
    }

    /// Whoever fails does, in both; everything that was taken over is sold at once.
    fn losses(&mut self, sale: u128) -> bool {
        let (failed, weights) = self.model.all_fail();
        let at = self.model.price;
        let mut liable = Liable { paid: vec![0; weights.len()], weights };
        let known = self.world.engine.state().losses.losses().count();
        let first = known - failed.len();
        let mut uncovered = 0;
        for (place, one) in failed.iter().enumerate() {
            let id = LossId(u32::try_from(first + place).unwrap());
            let loss = self.world.engine.state().losses.loss(id).expect("the engine found it");
            assert_eq!(loss.failed, Some(self.world.id(WHO[one.who])));
            let stage = loss.stage;
            let floor = (one.ether * at * 900_000).div_ceil(1_000_000);
            // At the mark at most: what books gain beyond it is another model's.
            let proceeds = (floor + one.ether * at * sale / 1_000).min(one.ether * at);
            if one.ether > 0 {
                assert_eq!(stage, Stage::Detected);
                lending::sell(&mut self.world, id, one.ether, proceeds).unwrap();
            }
            uncovered +=
                self.model.bear(one, if one.ether > 0 { proceeds } else { 0 }, &mut liable);
            let few = if failed.len() > 1 { "failed together" } else { "failed" };
            *self.seen.entry(few).or_default() += 1;
        }
        let losses = self.world.engine.state().losses.losses();
        let debt: u128 = losses.map(|(_, loss)| loss.debt().atoms()).sum();
        assert_eq!(debt, uncovered);
        uncovered == 0
    }

    fn compare(&self, step: &Step) {
        let (world, model) = (&self.world, &self.model);
        for (who, text) in WHO.iter().enumerate() {
            let position = lending::pool(world).position(world.id(text));
            let pledged = position.and_then(|of| of.pledged.get(&lending::ETH)).copied();
            let stands = (
                world.cash(text).unsigned_abs(),
                lending::eth_of(world, Holder::Account(world.id(text))).unsigned_abs(),
                pledged.map_or(0, |of| of.atoms()),
                lending::supply(world, text),
                lending::owes(world, text),
            );
            let said = (
                model.cash[who],
                model.ether[who],
                model.pledged[who],
                model.supplied(who),
                model.owed(who),
            );
            assert_eq!(stands, said, "{text}: cash, ether, pledged, supply, debt after {step:?}");
        }
        let books = lending::pool(world).books;
        let fund = world.balance(Holder::Layer(world.layer_id("Fund")));
        let stands = (books.fees.atoms(), world.balance(Holder::Pool(POOL)).unsigned_abs());
        assert_eq!((stands, fund.unsigned_abs()), ((model.fees, model.pool), model.fund));
    }
}

/// Runs a case; what was seen in it.
fn run(rate: u32, fund: u128, steps: &[Step]) -> BTreeMap<&'static str, u32> {
    let mut case = Case::new(rate, fund);
    for step in steps {
        let goes_on = case.step(step);
        if !goes_on {
            *case.seen.entry("uncovered").or_default() += 1;
            break;
        }
        case.compare(step);
    }
    let state = case.world.engine.state();
    rhodian_core::invariants::check(state).unwrap_or_else(|broken| panic!("{broken}"));
    case.seen
}

proptest! {
    #[test]
    fn engine_and_model_agree(
        rate in 0..1_000_000u32,
        fund in prop_oneof![Just(0u128), 0..50_000u128],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        run(rate, fund, &steps);
    }
}

/// What must be reached, or agreement says little.
#[test]
fn everything_is_reached() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..300 {
        let steps = prop::collection::vec(step(), 120).new_tree(&mut runner).unwrap().current();
        for (what, count) in run(100_000, 10_000, &steps) {
            *seen.entry(what).or_default() += count;
        }
    }
    let wanted = [
        "supplied",
        "redeemed",
        "pledged",
        "released",
        "borrowed",
        "repaid",
        "liquidated",
        "failed",
        "failed together",
        "not-liquid",
        "above-borrowable",
        "below-least-debt",
        "above-target",
        "healthy",
        "own-loan",
    ];
    for what in wanted {
        assert!(seen.contains_key(what), "{what} was not reached: {seen:?}");
    }
}
