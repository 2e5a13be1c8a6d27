//! An independent, slow model of premia: fractions without a bound, one stretch of time after the
//! other, each account's money and lots by itself. What the engine counts, charges, leaves and
//! forgoes is the model's, to the atom, over random worlds.

use crate::world::World;
use crate::world::acts::word;
use crate::world::incentive::{
    BTC, DAY, YEAR, fees, house, measure, of_domain, of_market, set_premium,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::collection::vec;
use proptest::prelude::*;
use rhodian_core::incentive::PremiumTerms;

fn int(value: u128) -> BigInt {
    BigInt::from(value)
}

/// What is asked of a world.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Wait(u64),
    /// Who buys of whom.
    Fill(usize, usize, i64),
    Mark(u64),
    Lose(u128),
    Share(u32),
    Terms(Option<PremiumTerms>),
    /// The last account takes out what is free.
    Out,
}

fn terms() -> impl Strategy<Value = PremiumTerms> {
    (60_000..DAY, 0..3_000_000u32, 1_100..50_000u32).prop_map(|(period, load, most)| PremiumTerms {
        period,
        load,
        most,
    })
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        6 => (0..2 * DAY).prop_map(Ask::Wait),
        1 => (0..30 * DAY).prop_map(Ask::Wait),
        6 => (0..3usize, 0..3usize, 1..40i64).prop_map(|(a, b, lots)| Ask::Fill(a, b, lots)),
        2 => (995..1_005u64).prop_map(Ask::Mark),
        2 => (0..300_000u128).prop_map(Ask::Lose),
        1 => (0..1_000_000u32).prop_map(Ask::Share),
        1 => proptest::option::weighted(0.8, terms()).prop_map(Ask::Terms),
        1 => Just(Ask::Out),
    ]
}

/// Alice and Bob have much; Carol has little, and takes out what she can.
const NAMES: [&str; 3] = ["alice", "bob", "carol"];

struct Model {
    now: u64,
    since: u64,
    charged_at: u64,
    terms: Option<PremiumTerms>,
    expected: BigInt,
    share: u32,
    mark: i64,
    cash: [BigInt; 3],
    lots: [i64; 3],
    /// What is counted and not charged: whole atoms, and a part of one.
    due: BigInt,
    rest: BigRational,
    counted: BigInt,
    forgone: BigInt,
    fees: BigInt,
}

impl Model {
    fn count(&mut self) {
        let Some(terms) = self.terms else { return };
        let load = int(1_000_000 + u128::from(terms.load));
        let exact = &self.expected * int(u128::from(self.share)) * load;
        let per_year = BigRational::new(exact, int(10u128.pow(12))).ceil();
        let millis = int(u128::from(self.now - self.since));
        let time = BigRational::new(millis, int(u128::from(YEAR)));
        let all = per_year * time + &self.rest;
        let whole = all.floor().to_integer();
        self.rest = all - BigRational::from(whole.clone());
        self.due += &whole;
        self.counted += whole;
        self.since = self.now;
    }

    fn say(&mut self, terms: Option<PremiumTerms>) {
        self.count();
        if self.terms.is_none() || terms.is_none() {
            self.forgone += std::mem::take(&mut self.due);
            self.rest = BigRational::zero();
            (self.since, self.charged_at) = (self.now, self.now);
        }
        self.terms = terms;
    }

    fn charge(&mut self) {
        let Some(terms) = self.terms else { return };
        if self.now < self.charged_at + terms.period {
            return;
        }
        self.count();
        self.charged_at = self.now;
        let lots: i64 = self.lots.iter().map(|lots| lots.abs()).sum();
        if lots == 0 {
            self.forgone += std::mem::take(&mut self.due);
            return;
        }
        let most = BigInt::from(self.mark) * int(u128::from(terms.most)) / int(1_000_000);
        let even = &self.due / BigInt::from(lots);
        let per_lot = even.clone().min(most);
        let mut got = BigInt::zero();
        for (cash, held) in self.cash.iter_mut().zip(self.lots) {
            let equity = &*cash + BigInt::from(held * self.mark);
            let pays = (&per_lot * BigInt::from(held.abs())).min(equity.max(BigInt::zero()));
            *cash -= &pays;
            got += pays;
        }
        let left = if even == per_lot { &self.due - &per_lot * BigInt::from(lots) } else { int(0) };
        self.forgone += &self.due - &left - &got;
        self.due = left;
        self.fees += got;
    }
}

fn same(world: &World, model: &Model, asked: &[Ask]) {
    let state = world.engine.state();
    for (who, text) in NAMES.iter().enumerate() {
        let held = (BigInt::from(world.cash(text)), world.lots(text, "BTC"));
        assert_eq!(held, (model.cash[who].clone(), model.lots[who]), "{text} after {asked:?}");
    }
    let of = state.incentives.premium(BTC).unwrap();
    let stands = [of.due, of.counted, of.forgone, of.charged].map(int);
    let wanted = [&model.due, &model.counted, &model.forgone, &model.fees];
    assert_eq!(stands.each_ref(), wanted, "due, counted, forgone, charged after {asked:?}");
    assert_eq!(BigInt::from(fees(world)), model.fees, "after {asked:?}");
    // What is read now is what a model that counted now would have.
    let mut ahead = copy(model);
    ahead.count();
    let due = state.premium_now(BTC).map(|now| int(now.due));
    assert_eq!(due, model.terms.map(|_| ahead.due), "after {asked:?}");
}

/// The model again.
fn copy(of: &Model) -> Model {
    Model {
        expected: of.expected.clone(),
        cash: of.cash.clone(),
        due: of.due.clone(),
        rest: of.rest.clone(),
        counted: of.counted.clone(),
        forgone: of.forgone.clone(),
        fees: of.fees.clone(),
        ..*of
    }
}

/// Asks both for the same; false where a run ends: figures serve for a year, from 1,000 on.
fn one(world: &mut World, model: &mut Model, step: Ask) -> bool {
    match step {
        Ask::Wait(millis) => {
            if model.now + millis >= 1_000 + YEAR {
                return false;
            }
            world.tick(millis);
            model.now += millis;
        }
        Ask::Fill(buyer, seller, lots) => {
            let ticks = u64::try_from(model.mark).unwrap();
            let given = world.try_fill("BTC", NAMES[buyer], NAMES[seller], lots, ticks);
            if given.is_ok() {
                for (who, lots) in [(buyer, lots), (seller, -lots)] {
                    model.lots[who] += lots;
                    model.cash[who] -= BigInt::from(lots * model.mark);
                }
            }
        }
        Ask::Mark(ticks) => {
            // Nobody fails here: Carol's lots are as many as keep her above zero.
            let mark = i64::try_from(ticks).unwrap();
            let left = &model.cash[2] + BigInt::from(model.lots[2] * mark);
            if !left.is_negative() {
                world.mark("BTC", ticks);
                model.mark = mark;
            }
        }
        Ask::Lose(atoms) => {
            measure(world, of_domain(atoms)).unwrap();
            model.count();
            model.expected = int(atoms);
        }
        Ask::Share(share) => {
            measure(world, of_market(share)).unwrap();
            model.count();
            model.share = share;
        }
        Ask::Terms(terms) => {
            let given = set_premium(world, terms);
            assert_eq!(word(given), "accepted", "{step:?}");
            model.say(terms);
        }
        Ask::Out => {
            let free = world.free("carol");
            if free > 0 {
                world.withdraw("carol", free).unwrap();
                model.cash[2] -= int(free);
            }
        }
    }
    model.charge();
    true
}

fn play(terms: PremiumTerms, asked: &[Ask]) -> Model {
    let mut world = house();
    measure(&mut world, of_domain(100_000)).unwrap();
    measure(&mut world, of_market(600_000)).unwrap();
    set_premium(&mut world, Some(terms)).unwrap();
    let now = world.at.0;
    let mut model = Model {
        now,
        since: now,
        charged_at: now,
        terms: Some(terms),
        expected: int(100_000),
        share: 600_000,
        mark: 1_000,
        cash: [int(100_000), int(100_000), int(100_000)],
        lots: [0; 3],
        due: int(0),
        rest: BigRational::zero(),
        counted: int(0),
        forgone: int(0),
        fees: int(0),
    };
    for (count, step) in asked.iter().enumerate() {
        if !one(&mut world, &mut model, *step) {
            break;
        }
        same(&world, &model, &asked[..=count]);
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(terms in terms(), asked in vec(ask(), 1..40)) {
        play(terms, &asked);
    }
}

/// One world by hand, so that the model itself is seen to do something: charges, a cap, a rest,
/// one who has not enough, and an end.
#[test]
fn a_world_by_hand() {
    let terms = PremiumTerms { period: DAY, load: 500_000, most: 10_000 };
    let asked = [
        Ask::Wait(DAY),
        Ask::Fill(0, 1, 7),
        Ask::Fill(0, 2, 30),
        Ask::Wait(DAY),
        Ask::Out,
        Ask::Mark(1_004),
        Ask::Lose(290_000),
        Ask::Wait(DAY / 3),
        Ask::Share(1_000_000),
        Ask::Wait(20 * DAY),
        Ask::Terms(Some(PremiumTerms { most: 50_000, ..terms })),
        Ask::Wait(30 * DAY),
        Ask::Wait(30 * DAY),
        Ask::Wait(30 * DAY),
        Ask::Terms(None),
        Ask::Wait(DAY),
    ];
    let model = play(terms, &asked);
    assert!(model.fees > int(1_000) && model.forgone > int(1_000));
    let equity = &model.cash[2] + BigInt::from(model.lots[2] * model.mark);
    assert!(equity.is_zero(), "Carol has nothing left: {equity}");
}
