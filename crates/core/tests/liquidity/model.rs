//! Random vaults: the engine and an independent slow model in fractions must say the same of every
//! step: what an entry buys, what an exit is paid, what each holder bears of a loss by profit and
//! by principal, what fee who stays pays, and what is left of everybody's claim, entry cost and
//! high-water mark, to the atom.
//!
//! The model knows no shares. It keeps each holder's part of the vault as a fraction of unbounded
//! numbers, and takes the engine's state before a step as its own.

use std::collections::BTreeMap;

use crate::world::liquidity::*;
use crate::world::{World, amount};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use proptest::prelude::*;
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor, Event};
use rhodian_core::ids::LayerId;
use rhodian_core::ledger::Holder;
use rhodian_core::pools::liquidity::{self, VaultSpec};
use rhodian_core::units::Amount;

const WHO: [&str; 4] = ["ann", "bob", "cid", "dan"];
/// The stress rate: what closing costs, of gross value.
const RATE: i128 = 20_000;
const FEE: i128 = 150_000;

fn ratio(num: i128, den: i128) -> BigRational {
    BigRational::new(BigInt::from(num), BigInt::from(den))
}

fn whole(of: &BigRational) -> i128 {
    of.floor().to_integer().to_i128().expect("small numbers")
}

/// What a vault is, without shares.
#[derive(Clone, Debug)]
struct Model {
    equity: i128,
    closing: i128,
    parts: Vec<BigRational>,
    costs: Vec<i128>,
    marks: Vec<i128>,
}

impl Model {
    /// As the engine's state says it: equity and legs from the books, parts from counts.
    fn of(world: &World) -> Self {
        let vault = vault(world);
        let all = i128::try_from(vault.shares.count()).unwrap();
        let part = |text: &&str| {
            let held = i128::try_from(shares(world, text)).unwrap();
            if all == 0 { BigRational::zero() } else { ratio(held, all) }
        };
        let cost = |text: &&str| holding(world, text).cost.atoms() as i128;
        let mark = |text: &&str| holding(world, text).high_water.atoms() as i128;
        let price = world.engine.state().markets.markets().next().unwrap().1.mark.unwrap();
        let gross = i128::from(world.lots("vault", "BTC").abs()) * i128::from(price.ticks());
        let cost_of = (gross * RATE + 999_999) / 1_000_000;
        Self {
            equity: world.equity("vault"),
            closing: cost_of,
            parts: WHO.iter().map(part).collect(),
            costs: WHO.iter().map(cost).collect(),
            marks: WHO.iter().map(mark).collect(),
        }
    }

    fn fetches(&self) -> i128 {
        (self.equity - self.closing).max(0)
    }

    fn claim(&self, who: usize, of: i128) -> BigRational {
        self.parts[who].clone() * ratio(of, 1)
    }

    /// Claims of who gets something: what each has then, of what there is then.
    fn claims_become(&mut self, claims: Vec<BigRational>) {
        let sum: BigRational = claims.iter().sum();
        let part = |claim: BigRational| {
            if sum.is_zero() { BigRational::zero() } else { claim / sum.clone() }
        };
        self.parts = claims.into_iter().map(part).collect();
    }

    /// Each pays for a loss, and gives what that is of his part by the book, all where nothing
    /// whole would be left: what is kept back for closing stays his.
    fn gives(&mut self, paid: &[i64]) {
        let given = |who: usize, paid: i64| {
            let claim = self.claim(who, self.equity);
            match i128::from(paid) {
                0 => BigRational::zero(),
                paid if paid >= whole(&claim) => ratio(1, 1),
                paid => ratio(paid, 1) / claim,
            }
        };
        let left = |(who, paid): (usize, &i64)| {
            self.parts[who].clone() * (ratio(1, 1) - given(who, *paid))
        };
        let parts: Vec<BigRational> = paid.iter().enumerate().map(left).collect();
        self.claims_become(parts);
        self.equity -= i128::from(paid.iter().sum::<i64>());
    }

    fn enters(&mut self, who: usize, atoms: i128) {
        let stands = self.equity > 0 && self.parts.iter().any(|part| !part.is_zero());
        if !stands {
            self.parts = vec![BigRational::zero(); WHO.len()];
            self.costs = vec![0; WHO.len()];
            self.marks = vec![0; WHO.len()];
            self.equity = 0;
        }
        // At the book: his part of the whole is what he puts in.
        let mut claims: Vec<BigRational> =
            (0..WHO.len()).map(|i| self.claim(i, self.equity)).collect();
        claims[who] += ratio(atoms, 1);
        self.claims_become(claims);
        self.equity += atoms;
        self.costs[who] += atoms;
        self.marks[who] += atoms;
    }

    /// `paid` leaves for a part of what `who` has: so much of it as that is of what it would fetch.
    fn leaves(&mut self, who: usize, paid: i128, part: &BigRational) {
        let given = self.parts[who].clone() * part;
        let rest = ratio(1, 1) - given.clone();
        self.parts[who] -= given;
        let left = |of: &BigRational| {
            if rest.is_zero() { BigRational::zero() } else { of / rest.clone() }
        };
        self.parts = self.parts.iter().map(left).collect();
        self.equity -= paid;
    }

    /// What each who stays owes of what his claim would fetch above his mark.
    fn owes(&self) -> Vec<i128> {
        let gain = |who: usize| (whole(&self.claim(who, self.fetches())) - self.marks[who]).max(0);
        (0..WHO.len()).map(|who| whole(&ratio(gain(who) * FEE, 1_000_000))).collect()
    }

    /// Each pays it as he pays for a loss, and his mark rises by the least gain that pays so much,
    /// less what he paid.
    fn pays_fees(&mut self, paid: &[i64]) {
        self.gives(paid);
        for (mark, paid) in self.marks.iter_mut().zip(paid) {
            let paid = i128::from(*paid);
            *mark += (paid * 1_000_000 + FEE - 1) / FEE - paid;
        }
    }

    /// What each bears of a loss: by profit, then by principal.
    fn bears(&self, atoms: i128) -> [Vec<i64>; 2] {
        let worths: Vec<i128> =
            (0..WHO.len()).map(|i| whole(&self.claim(i, self.fetches()))).collect();
        let profits = worths.iter().zip(&self.costs).map(|(worth, cost)| (worth - cost).max(0));
        let profits: Vec<i64> = profits.map(|of| i64::try_from(of).unwrap()).collect();
        let by_profit = divided(atoms, &profits, &profits);
        let left = atoms - i128::from(by_profit.iter().sum::<i64>());
        let caps = worths.iter().zip(&self.costs).map(|(worth, cost)| *worth.min(cost));
        let caps: Vec<i64> = caps.map(|of| i64::try_from(of).unwrap()).collect();
        let weights: Vec<i64> = worths.iter().map(|of| i64::try_from(*of).unwrap()).collect();
        [by_profit, divided(left, &weights, &caps)]
    }
}

/// `atoms` by weight, each up to his cap: the slow model of a division.
fn divided(atoms: i128, weights: &[i64], caps: &[i64]) -> Vec<i64> {
    let caps: Vec<i64> =
        caps.iter().zip(weights).map(|(cap, of)| if *of == 0 { 0 } else { *cap }).collect();
    let amount = i64::try_from(atoms).unwrap().min(caps.iter().sum());
    crate::slow::wave(amount, weights, &caps, &vec![0; caps.len()])
}

#[derive(Clone, Debug)]
enum Step {
    Enter(usize, u128),
    Leave(usize, u32),
    Result(i64),
    Mark(u64),
    Trade(i64),
    Loss(u32),
    Day,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..WHO.len();
    prop_oneof![
        (who.clone(), 1_000u128..30_000).prop_map(|(who, atoms)| Step::Enter(who, atoms)),
        (who, 1u32..=100).prop_map(|(who, part)| Step::Leave(who, part)),
        (-20_000i64..20_000).prop_map(Step::Result),
        (800u64..1_200).prop_map(Step::Mark),
        (-120i64..120).prop_map(Step::Trade),
        (1u32..40_000).prop_map(Step::Loss),
        Just(Step::Day),
        Just(Step::Day),
    ]
}

/// Engine and model side by side.
struct Case {
    world: World,
    losses: u32,
    seen: BTreeMap<&'static str, u32>,
}

impl Case {
    fn new() -> Self {
        let fee = u32::try_from(FEE).unwrap();
        let mut world = vault_of(VaultSpec { fee, ..daily() }, 0);
        world.set(Parameter::StressRate, u128::try_from(RATE).unwrap());
        // A loss is over at once, and what was gained is matured at once.
        world.set(Parameter::ReferenceAge, 0);
        for text in WHO {
            world.account(text, 1_000_000);
        }
        world.account("eve", 100_000_000);
        world.checked = false;
        Self { world, losses: 0, seen: BTreeMap::new() }
    }

    fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn step(&mut self, step: &Step) {
        // The vault failed: its book is closed out before anything else is compared.
        if self.world.engine.state().losses.episodes().any(|(_, episode)| !episode.closed) {
            self.world.tick(24 * 3_600_000);
            self.saw("failure");
            return;
        }
        let mut model = Model::of(&self.world);
        match *step {
            Step::Enter(who, atoms) => {
                let Ok(records) = try_enter(&mut self.world, WHO[who], atoms) else { return };
                // What comes may let out who waits.
                let events = || records.iter().flat_map(|record| &record.events);
                let left = |e: &Event| matches!(e, Event::Liquidity(liquidity::Event::Left { .. }));
                if !events().any(left) {
                    model.enters(who, i128::try_from(atoms).unwrap());
                    self.agrees(&model, "entry");
                }
            }
            Step::Leave(who, percent) => self.leave(model, who, percent),
            Step::Result(atoms) => self.result(atoms),
            Step::Mark(ticks) => {
                self.world.mark("BTC", ticks);
                self.world.boundary();
            }
            Step::Trade(lots) => self.trade(lots),
            Step::Loss(atoms) => self.loss(model, i128::from(atoms)),
            Step::Day => self.day(model),
        }
    }

    fn result(&mut self, atoms: i64) {
        let size = u128::from(atoms.unsigned_abs());
        let held = u128::try_from(self.world.equity("vault").max(0)).unwrap();
        match atoms {
            0 => {}
            1.. => self.world.result("eve", "vault", size),
            _ if size <= held => self.world.result("vault", "eve", size),
            _ => {}
        }
        self.world.boundary();
    }

    fn trade(&mut self, lots: i64) {
        let state = self.world.engine.state();
        let price = state.markets.markets().next().unwrap().1.mark.unwrap().ticks();
        let (buyer, seller) = if lots > 0 { ("eve", "vault") } else { ("vault", "eve") };
        if lots != 0 {
            let _ = self.world.try_fill("BTC", buyer, seller, lots.abs(), price);
        }
    }

    /// A day passes: who stays pays, all of them or nobody.
    fn day(&mut self, mut model: Model) {
        use liquidity::Event as L;
        let free = self.world.free("vault");
        let waits = vault(&self.world).exits().count() > 0;
        self.world.at = self.world.at.after(DAY);
        let records = self.world.give(Actor::ENGINE, Action::Tick).unwrap();
        let ours = records.iter().flat_map(|record| &record.events);
        let ours: Vec<&L> = ours
            .filter_map(|event| match event {
                Event::Liquidity(event) => Some(event),
                _ => None,
            })
            .collect();
        let owes = model.owes();
        match ours[..] {
            [L::FeesTaken { rows, .. }] => {
                let fee = |who: &&str| {
                    let row = rows.iter().find(|row| row.account == self.world.id(who));
                    row.map_or(0, |row| i64::try_from(row.fee.atoms()).unwrap())
                };
                let paid: Vec<i64> = WHO.iter().map(fee).collect();
                for (paid, owes) in paid.iter().zip(&owes) {
                    assert!(i128::from(*paid).abs_diff(*owes) <= 1, "{paid} paid of {owes}");
                }
                let sum = paid.iter().sum::<i64>();
                assert!(u128::try_from(sum).unwrap() <= free, "{sum} paid of {free} that are free");
                model.pays_fees(&paid);
                self.agrees(&model, if rows.is_empty() { "no fee" } else { "fee" });
            }
            [L::FeesPutOff { amount, room, .. }] => {
                let owed = i128::try_from(amount.atoms()).unwrap();
                assert!(owed.abs_diff(owes.iter().sum()) <= 4, "{owed}: {owes:?}");
                assert!(room.atoms() == free && amount.atoms() > free, "{owed} of {free}");
                self.agrees(&model, "fee put off");
            }
            // Who waits to be paid out goes first, and nobody pays while a failure is known.
            _ => {
                let held = model.parts.iter().any(|part| !part.is_zero());
                assert!(waits || !held || model.equity < 0, "a day without a fee: {ours:?}");
            }
        }
    }

    fn leave(&mut self, mut model: Model, who: usize, percent: u32) {
        let exit = holding(&self.world, WHO[who]).exit.is_some();
        let held = shares(&self.world, WHO[who]);
        let asked = held * u128::from(percent) / 100;
        if exit || asked == 0 {
            return;
        }
        let Ok(records) = try_leave(&mut self.world, WHO[who], Some(asked)) else { return };
        let his = self.world.id(WHO[who]);
        let events = records.iter().flat_map(|record| &record.events);
        let paid = events.filter_map(|event| match event {
            Event::Liquidity(event @ liquidity::Event::FeesTaken { .. }) => Some(event),
            Event::Liquidity(event @ liquidity::Event::Left { account, .. }) if *account == his => {
                Some(event)
            }
            _ => None,
        });
        let paid: Vec<_> = paid.collect();
        // Where who waited is paid, fees that waited for him are taken: that is another step.
        let [liquidity::Event::Left { amount, cost, fee, high_water, .. }] = paid[..] else {
            return;
        };
        let atoms = |amount: &Amount| amount.atoms() as i128;
        let (paid, cost, mark) = (atoms(amount), atoms(cost), atoms(high_water));
        let all = model.claim(who, model.fetches()) * ratio(asked as i128, held as i128);
        assert!(paid <= whole(&all), "{paid} of {all}: rounded for those who stay");
        let full = paid == whole(&all);
        let part = match full {
            true => ratio(asked as i128, held as i128),
            false => ratio(paid, 1) / model.claim(who, model.fetches()),
        };
        let exact = part.clone() * ratio(model.costs[who], 1);
        assert!((ratio(cost, 1) - exact).abs() <= ratio(1, 1), "the cost goes with the shares");
        let exact = part.clone() * ratio(model.marks[who], 1);
        assert!((ratio(mark, 1) - exact).abs() <= ratio(1, 1), "and so does the mark");
        let due = whole(&ratio((paid - mark).max(0) * FEE, 1_000_000));
        assert_eq!(atoms(fee), due, "the fee is of his own gain above his mark");
        model.costs[who] -= cost;
        model.marks[who] -= mark;
        model.leaves(who, paid, &part);
        self.agrees(&model, if full { "exit" } else { "part of an exit" });
    }

    fn loss(&mut self, mut model: Model, atoms: i128) {
        self.losses += 1;
        let text = format!("l{}", self.losses);
        let waits = vault(&self.world).exits().count() > 0;
        // Fees stand in it.
        let fund = self.world.balance(Holder::Layer(LayerId(0)));
        self.world.report(&text, u128::try_from(atoms).unwrap());
        let expected = model.bears((atoms - fund).max(0));
        for (layer, expected) in ["profit", "principal"].iter().zip(&expected) {
            let bore = self.world.bore(&text, layer);
            let of = |who: &&str| bore.get(&self.world.id(who)).copied().unwrap_or(0);
            let bore: Vec<i64> = WHO.iter().map(|who| i64::try_from(of(who)).unwrap()).collect();
            for (found, wanted) in bore.iter().zip(expected) {
                assert!(found.abs_diff(*wanted) <= 1, "{layer}: {bore:?}, not {expected:?}");
            }
            let (sum, wanted) = (bore.iter().sum::<i64>(), expected.iter().sum());
            assert!(sum.abs_diff(wanted) <= 4, "{layer}: {bore:?}, {expected:?}");
            model.gives(&bore);
            if sum > 0 {
                self.saw(if *layer == "profit" { "profit paid" } else { "principal paid" });
            }
        }
        if model.fetches() < 4 {
            self.saw("all taken");
        }
        for (place, text) in WHO.iter().enumerate() {
            if shares(&self.world, text) == 0 {
                model.costs[place] = 0;
                model.marks[place] = 0;
            }
        }
        // Who waits for margin may be let out once the loss is over.
        if !waits {
            self.agrees(&model, "loss");
        }
    }

    /// Everybody's claim by the book and for real, and his cost, are the model's within an atom.
    fn agrees(&mut self, model: &Model, what: &'static str) {
        self.saw(what);
        let now = Model::of(&self.world);
        assert_eq!(now.equity, model.equity, "{what}");
        for (place, text) in WHO.iter().enumerate() {
            for of in [now.equity, now.fetches()] {
                let far = now.claim(place, of) - model.claim(place, of);
                assert!(far.abs() <= ratio(2, 1), "{what}: {text} is {far} off of {of}");
            }
            assert!((now.costs[place] - model.costs[place]).abs() <= 1, "{what}: cost of {text}");
            assert!((now.marks[place] - model.marks[place]).abs() <= 1, "{what}: mark of {text}");
        }
        let costs = now.costs.iter().sum::<i128>();
        assert_eq!(vault(&self.world).cost, amount(costs.unsigned_abs()), "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_engine_says_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let mut case = Case::new();
        for step in &steps {
            case.step(step);
        }
    }
}

/// Random steps reach every kind of thing.
#[test]
fn the_steps_reach_everything() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for _ in 0..60 {
        let mut case = Case::new();
        for _ in 0..60 {
            let step = step().new_tree(&mut runner).unwrap().current();
            case.step(&step);
        }
        for (what, times) in case.seen {
            *seen.entry(what).or_default() += times;
        }
    }
    for what in [
        "entry",
        "exit",
        "part of an exit",
        "loss",
        "all taken",
        "failure",
        "profit paid",
        "principal paid",
        "fee",
        "fee put off",
        "no fee",
    ] {
        assert!(seen.get(what).copied().unwrap_or(0) > 1, "{what}: {seen:?}");
    }
}
