//! Random protections: the engine and an independent slow model in fractions must say the same of
//! every step: the cap, the premium, what was lost, what is claimed of it and what the fund pays,
//! to the atom.
//!
//! The model knows no roots. It asks of a whole number whether it is at most a loss, by comparing
//! squares of unbounded numbers, and finds the largest by halving. It keeps its own fund and its
//! own positions, and never looks at the engine's.

use crate::world::protection::*;
use crate::world::{World, amount};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use proptest::prelude::*;
use rhodian_core::ids::ProtectedId;
use rhodian_core::pools::protection::{ProtectionSpec, Stage, loss_floor};
use rhodian_core::units::Price;

const WHO: [&str; 3] = ["alice", "bob", "carol"];

fn ratio(num: u128, den: u128) -> BigRational {
    BigRational::new(BigInt::from(num), BigInt::from(den))
}

fn whole(of: &BigRational) -> u128 {
    of.floor().to_integer().to_u128().expect("small numbers")
}

/// Whether `atoms` are at most what `deposit` lost: `deposit (1 + k) / 2 - deposit sqrt(k)`, with
/// `k` the price now of the price then.
fn is_lost(deposit: u128, entry: u64, exit: u64, atoms: &BigRational) -> bool {
    let k = ratio(exit.into(), entry.into());
    let deposit = ratio(deposit, 1);
    let held = deposit.clone() * (ratio(1, 1) + k.clone()) / ratio(2, 1);
    let pool = held - atoms;
    !pool.is_negative() && pool.clone() * pool >= deposit.clone() * deposit * k
}

fn lost(deposit: u128, entry: u64, exit: u64) -> u128 {
    let (mut least, mut above) = (0u128, 1u128);
    while is_lost(deposit, entry, exit, &ratio(above, 1)) {
        above *= 2;
    }
    while above - least > 1 {
        let middle = least + (above - least) / 2;
        if is_lost(deposit, entry, exit, &ratio(middle, 1)) {
            least = middle;
        } else {
            above = middle;
        }
    }
    least
}

/// A position as the model has it.
#[derive(Clone, Debug)]
struct Held {
    who: usize,
    deposit: u128,
    cap: u128,
    entry: u64,
    since: u64,
    /// What was lost and what is claimed of it, once it ended.
    ended: Option<[u128; 2]>,
    paid: Option<[u128; 3]>,
}

#[derive(Debug)]
struct Model {
    spec: ProtectionSpec,
    fund: u128,
    cash: [u128; 3],
    held: Vec<Held>,
}

impl Model {
    fn exposed(&self) -> u128 {
        self.held.iter().filter(|of| of.paid.is_none()).map(|of| of.cap).sum()
    }

    /// Whether the engine is to take it.
    fn protects(&mut self, who: usize, deposit: u128, price: u64, now: u64) -> bool {
        let unit = ratio(1_000_000, 1);
        let of = |part: u32, amount: u128| ratio(amount, 1) * ratio(part.into(), 1) / unit.clone();
        let cap = whole(&of(self.spec.cap, deposit));
        let premium = of(self.spec.fee, cap).ceil().to_integer().to_u128().unwrap();
        let most = of(self.spec.leverage, self.fund);
        let fits = ratio(cap + self.exposed(), 1) <= most;
        if deposit < self.spec.least.atoms() || !fits || premium > self.cash[who] {
            return false;
        }
        self.cash[who] -= premium;
        self.fund += premium;
        self.held.push(Held {
            who,
            deposit,
            cap,
            entry: price,
            since: now,
            ended: None,
            paid: None,
        });
        true
    }

    /// A position ends: where nothing is claimed its cap stands no more.
    fn ends(&mut self, place: usize, price: u64, now: u64) {
        let of = self.held[place].clone();
        let loss = lost(of.deposit, of.entry, price);
        let elapsed = now - of.since;
        let vested = match elapsed {
            early if early < self.spec.cliff => BigRational::zero(),
            late if late >= self.spec.vesting => ratio(1, 1),
            _ => ratio(elapsed.into(), self.spec.vesting.into()),
        };
        let claim = whole(&(ratio(loss.min(of.cap), 1) * vested));
        self.held[place].ended = Some([loss, claim]);
        if claim == 0 {
            self.held[place].paid = Some([loss, 0, 0]);
        }
    }

    /// Claims are paid in the order in which their positions began.
    fn pays(&mut self) {
        for place in 0..self.held.len() {
            let of = self.held[place].clone();
            let (Some([loss, claim]), None) = (of.ended, of.paid) else { continue };
            let share = whole(&(ratio(self.fund, 1) * ratio(of.cap, self.exposed())));
            let paid = claim.min(share);
            self.fund -= paid;
            self.cash[of.who] += paid;
            self.held[place].paid = Some([loss, claim, paid]);
        }
    }

    /// What ends by itself ends together, before any claim is paid.
    fn passes(&mut self, price: u64, now: u64) {
        for place in 0..self.held.len() {
            let of = &self.held[place];
            if of.ended.is_none() && of.since + self.spec.term <= now {
                self.ends(place, price, now);
            }
        }
        self.pays();
    }

    fn agrees(&self, world: &World) {
        assert_eq!(world.pot("fund"), self.fund.cast_signed());
        for (who, text) in WHO.iter().enumerate() {
            assert_eq!(world.cash(text), self.cash[who].cast_signed(), "{text}");
        }
        let state = world.engine.state();
        assert_eq!(state.protections.positions().count(), self.held.len());
        for (id, of) in self.held.iter().enumerate() {
            let found = state.protections.position(ProtectedId(id as u32)).unwrap();
            assert_eq!(
                (found.cap, found.stage == Stage::Over),
                (amount(of.cap), of.paid.is_some())
            );
            if let Some(expected) = of.paid {
                assert_eq!(figures(world, id as u32), expected, "{of:?}");
            }
        }
        assert_eq!(coverage(world).exposed, amount(self.exposed()));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Protect(usize, u128),
    Close(usize),
    Wait(u64, u64),
    Draw(u128),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let deposit = prop_oneof![900u128..1_100, 1_000u128..90_000];
    let price = prop_oneof![Just(1_000), 1u64..5_000, 900u64..1_100];
    let step = prop_oneof![
        3 => (0..3usize, deposit).prop_map(|(who, deposit)| Step::Protect(who, deposit)),
        2 => (0..12usize).prop_map(Step::Close),
        3 => (1u64..24, price).prop_map(|(hours, price)| Step::Wait(hours * HOUR, price)),
        1 => (1u128..4_000).prop_map(Step::Draw),
    ];
    prop::collection::vec(step, 1..40)
}

fn specs() -> impl Strategy<Value = ProtectionSpec> {
    let spans = (1u64..48, 0u64..48, 0u64..48);
    let of = (1_000u32..=1_000_000, 0u32..=1_000_000, 1u32..5_000_000, spans);
    of.prop_map(|(cap, fee, leverage, (cliff, vesting, term))| {
        let cliff = cliff * HOUR;
        let (vesting, term) = (cliff + vesting * HOUR, cliff + (vesting + term) * HOUR);
        ProtectionSpec { cap, fee, leverage, cliff, vesting, term, ..spec() }
    })
}

fn run(spec: ProtectionSpec, fund: u128, steps: &[Step]) -> Model {
    let mut world = providers(spec.clone(), fund);
    let mut model = Model { spec, fund, cash: [100_000; 3], held: Vec::new() };
    let mut price = 1_000;
    let mut draws = 0;
    for step in steps {
        let now = world.at.0;
        match *step {
            Step::Protect(who, deposit) => {
                let taken = protect(&mut world, WHO[who], deposit).is_ok();
                assert_eq!(taken, model.protects(who, deposit, price, now), "{step:?}");
            }
            Step::Close(place) => {
                let stands = model.held.get(place).is_some_and(|of| of.paid.is_none());
                assert_eq!(close(&mut world, place as u32).is_ok(), stands, "{step:?}");
                if stands {
                    model.ends(place, price, now);
                    model.pays();
                }
            }
            Step::Wait(millis, next) => {
                world.tick(millis - 3_000);
                model.passes(price, world.at.0);
                // A price is believed when the step of its reports is over: nothing ends in it.
                says(&mut world, next);
                price = next;
                model.passes(price, world.at.0);
            }
            // A loss elsewhere that the fund pays, as far as it reaches; no debt is left.
            Step::Draw(atoms) => {
                let atoms = atoms.min(model.fund);
                if atoms > 0 {
                    draws += 1;
                    world.report(&format!("loss {draws}"), atoms);
                    model.fund -= atoms;
                    // Until its episode is over the fund is held.
                    world.tick(5 * HOUR);
                    model.passes(price, world.at.0);
                    says(&mut world, price);
                    model.passes(price, world.at.0);
                }
            }
        }
        model.agrees(&world);
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_model_agrees(spec in specs(), fund in 0u128..60_000, steps in steps()) {
        run(spec, fund, &steps);
    }

    #[test]
    fn losses_agree_to_the_atom(
        deposit in prop_oneof![0u128..1_000, 0u128..=10u128.pow(30)],
        entry in prop_oneof![1u64..1_000, 1u64..=10u64.pow(15)],
        exit in prop_oneof![1u64..1_000, 1u64..=10u64.pow(15)],
    ) {
        let [from, to] = [entry, exit].map(|ticks| Price::new(ticks).unwrap());
        let found = loss_floor(amount(deposit), from, to);
        prop_assert_eq!(found.atoms(), lost_or_bound(deposit, entry, exit));
    }
}

/// What passes the bound of an amount is the bound.
fn lost_or_bound(deposit: u128, entry: u64, exit: u64) -> u128 {
    let bound = 10u128.pow(30);
    match is_lost(deposit, entry, exit, &ratio(bound, 1)) {
        true => bound,
        false => lost(deposit, entry, exit),
    }
}

/// The steps reach what is of interest: claims in part, in full, short of the fund, and none.
#[test]
fn the_steps_reach_claims_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let [mut none, mut part, mut short, mut capped] = [0; 4];
    for _ in 0..60 {
        let spec = specs().new_tree(&mut runner).unwrap().current();
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let model = run(spec, 20_000, &steps);
        for of in &model.held {
            let Some([loss, claim, paid]) = of.paid else { continue };
            none += u32::from(claim == 0);
            part += u32::from(claim > 0 && claim < loss.min(of.cap));
            capped += u32::from(loss > of.cap && claim > 0);
            short += u32::from(paid < claim);
        }
    }
    assert!([none, part, short, capped].iter().all(|of| *of > 3), "{none} {part} {short} {capped}");
}

/// What ends in the same moment and claims nothing is behind no claim any more: Alice's, which the
/// fund could not pay beside it, is paid whole.
#[test]
fn who_claims_nothing_leaves_the_fund_to_the_others() {
    let term = 16 * HOUR;
    let of = ProtectionSpec { cap: 275_464, fee: 0, leverage: 1_298_370, ..spec() };
    let of = ProtectionSpec { cliff: term, vesting: term, term, ..of };
    let wait = |hours: u64, price| Step::Wait(hours * HOUR, price);
    let steps =
        [Step::Protect(0, 45_092), wait(1, 3_036), Step::Protect(0, 4_128), wait(17, 1_000)];
    let model = run(of, 13_557, &steps);
    let paid = |place: usize| model.held[place].paid.unwrap();
    assert_eq!((paid(0)[2], paid(1)[2], model.fund), (12_421, 0, 1_136));
}
