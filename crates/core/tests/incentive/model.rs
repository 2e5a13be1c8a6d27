//! An independent, slow model of pay and of fees: fractions without a bound, one stretch of time
//! after the other, and divisions by what is lacking with the largest remainders. What the engine
//! books, moves and leaves over is the model's, to the atom, over random worlds.

use crate::world::acts::word;
use crate::world::incentive::{
    DAY, FUND, OPERATOR, TRANCHE, TREASURY, YEAR, fees, first_loss, fund_pay, give, house, measure,
    of_domain, of_layer, pay_fees, pay_pot, set_fees, take_out,
};
use crate::world::{DOMAIN, World, amount};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::collection::vec;
use proptest::prelude::*;
use rhodian_core::incentive::{Command, FeeTable, FundFees, HouseFees, PayTerms, TrancheFees};

fn int(value: u128) -> BigInt {
    BigInt::from(value)
}

fn ratio(num: BigInt, den: BigInt) -> BigRational {
    BigRational::new(num, den)
}

fn floor(of: &BigRational) -> BigInt {
    of.floor().to_integer()
}

fn ceil(of: &BigRational) -> BigInt {
    of.ceil().to_integer()
}

/// What is asked of a world.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Wait(u64),
    Stake(bool, u128),
    Leave(bool, u128),
    Take(bool),
    PutIn(u128),
    Pay(u128),
    Expect(u32),
    Lose(u128),
    Out(u128),
    /// Pay and the table end, or are said again.
    Switch,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        5 => (0..40 * DAY).prop_map(Ask::Wait),
        2 => (any::<bool>(), 1..9_000u128).prop_map(|(who, atoms)| Ask::Stake(who, atoms)),
        1 => (any::<bool>(), 1..9_000u128).prop_map(|(who, atoms)| Ask::Leave(who, atoms)),
        2 => any::<bool>().prop_map(Ask::Take),
        2 => (1..900u128).prop_map(Ask::PutIn),
        4 => (1..2_500u128).prop_map(Ask::Pay),
        1 => (0..200_000u32).prop_map(Ask::Expect),
        1 => (0..500u128).prop_map(Ask::Lose),
        1 => (1..300u128).prop_map(Ask::Out),
        1 => Just(Ask::Switch),
    ]
}

/// The model. Stakes and rewards are those of Alice and Bob.
struct Model {
    now: u64,
    since: u64,
    divided: u64,
    terms: PayTerms,
    table: FeeTable,
    /// Whether both are said.
    on: bool,
    rate: u32,
    expected: BigInt,
    stakes: [BigInt; 2],
    earned: [BigRational; 2],
    /// What was earned beyond what was booked, of an atom.
    rest: BigRational,
    pot: BigInt,
    fees: BigInt,
    operator: BigInt,
    fund: BigInt,
    treasury: BigInt,
}

impl Model {
    fn staked(&self) -> BigInt {
        &self.stakes[0] + &self.stakes[1]
    }

    /// The curve rounded down twice, or the premium rounded up.
    fn per_year(&self) -> BigInt {
        let (staked, target) = (self.staked(), int(self.terms.target.atoms()));
        let most = int(self.terms.most.atoms());
        let curve = if staked <= target {
            let linear = floor(&ratio(&most * &staked, target.clone()));
            floor(&ratio(linear * (int(2) * &target - &staked), target))
        } else {
            let fifth = ceil(&ratio(target.clone(), int(5)));
            let over = (staked.clone() - &target).min(fifth);
            let less = ceil(&ratio(&most * over, target));
            &most - less.min(ceil(&ratio(most.clone(), int(5))))
        };
        let load = int(1_000_000 + u128::from(self.terms.load));
        let premium = ratio(staked * int(u128::from(self.rate)) * load, int(10u128.pow(12)));
        curve.max(ceil(&premium))
    }

    /// What is earned since it was last booked: whole atoms, and the rest.
    fn due(&self) -> (BigInt, BigRational) {
        let millis = int(u128::from(self.now - self.since));
        let exact = ratio(self.per_year() * millis, int(u128::from(YEAR))) + &self.rest;
        let whole = floor(&exact);
        if whole > self.pot {
            return (self.pot.clone(), BigRational::zero());
        }
        let rest = exact - BigRational::from(whole.clone());
        (whole, rest)
    }

    fn book(&mut self) {
        if !self.on || self.since == self.now {
            return;
        }
        let (whole, rest) = self.due();
        (self.since, self.rest) = (self.now, rest);
        let staked = self.staked();
        if staked.is_zero() {
            self.rest = BigRational::zero();
            return;
        }
        self.pot -= &whole;
        for (earned, stake) in self.earned.iter_mut().zip(&self.stakes) {
            *earned += ratio(&whole * stake, staked.clone());
        }
    }

    fn required(&self) -> BigInt {
        let first = self.table.first_loss.unwrap();
        let part = ratio(&self.expected * int(u128::from(first.factor)), int(1_000_000));
        ceil(&part).max(int(first.floor.atoms()))
    }

    /// Fees that are due, in their order.
    fn divide(&mut self) {
        if !self.on || self.now < self.divided + self.table.period || self.fees.is_zero() {
            return;
        }
        self.divided = self.now;
        let mut left = std::mem::take(&mut self.fees);
        let mut full = true;
        let mut fill = |held: &mut BigInt, wanted: BigInt| {
            let lack = (wanted - &*held).max(BigInt::zero());
            full &= lack <= left;
            let given = lack.min(left.clone());
            left -= &given;
            *held += given;
        };
        let required = self.required();
        fill(&mut self.operator, required);
        // The pot as it is when what was earned is taken off.
        let per_year = self.per_year();
        let ahead = ratio(per_year * int(u128::from(self.table.ahead)), int(u128::from(YEAR)));
        let earned = if self.staked().is_zero() { BigInt::zero() } else { self.due().0 };
        let mut pot = &self.pot - &earned;
        let before = pot.clone();
        fill(&mut pot, ceil(&ahead));
        fill(&mut self.fund, int(self.table.funds[0].target.atoms()));
        let parts = [self.table.funds[0].part, self.table.tranches[0].part];
        let parts = [parts[0], parts[1], self.table.house.unwrap().part];
        let shares = if full { largest(&left, parts) } else { largest(&left, [1, 0, 0]) };
        let [fund, pay, house] = shares;
        self.fund += fund;
        self.treasury += house;
        let given = pot - before + pay;
        if given > BigInt::zero() {
            self.book();
            self.pot += given;
        }
    }
}

/// `amount` by parts, floored, with what is left over to the largest remainders, the first of
/// those that are the same.
fn largest(amount: &BigInt, parts: [u32; 3]) -> [BigInt; 3] {
    let sum: u32 = parts.iter().sum();
    let exact = parts.map(|part| ratio(amount * int(u128::from(part)), int(u128::from(sum))));
    let mut shares = exact.clone().map(|exact| floor(&exact));
    let mut left = amount - shares.iter().sum::<BigInt>();
    let mut order = [0, 1, 2];
    order.sort_by_key(|place| {
        let place: usize = *place;
        -(&exact[place] - BigRational::from(shares[place].clone()))
    });
    for place in order {
        if left.is_positive() {
            shares[place] += 1;
            left -= 1;
        }
    }
    shares
}

const NAMES: [&str; 2] = ["alice", "bob"];

fn same(world: &World, model: &Model, asked: &[Ask]) {
    let state = world.engine.state();
    let pots = [pay_pot(world), fees(world), world.pot("operator"), world.pot("fund")];
    let pots = [pots[0], pots[1], pots[2], pots[3], world.pot("treasury")].map(BigInt::from);
    let wanted = [&model.pot, &model.fees, &model.operator, &model.fund, &model.treasury];
    assert_eq!(pots.each_ref(), wanted, "pay, fees, operator, fund, treasury after {asked:?}");
    for (who, text) in NAMES.iter().enumerate() {
        // The index rounds down in parts of 10^-19 atoms: less than one atom in all.
        let booked = int(state.domains.reward(TRANCHE, world.id(text)).atoms());
        let exact = floor(&model.earned[who]);
        let less = &exact - &booked;
        assert!(less.is_zero() || less == int(1), "{text}: {booked} of {exact} after {asked:?}");
        assert!(!less.is_positive() || is_whole(&model.earned[who]), "{text} after {asked:?}");
    }
    let per_year = state.pay_now(TRANCHE).map(|now| int(now.per_year));
    assert_eq!(per_year, model.on.then(|| model.per_year()), "after {asked:?}");
}

/// Whether `of` is a whole number, or less than 10^-9 above one: what the index may round off.
fn is_whole(of: &BigRational) -> bool {
    of - of.floor() < ratio(int(1), int(1_000_000_000))
}

fn start(terms: PayTerms, table: &FeeTable) -> (World, Model) {
    let mut world = house();
    world.set(rhodian_core::control::Parameter::StakeCooldown, 0);
    measure(&mut world, of_layer(30_000)).unwrap();
    measure(&mut world, of_domain(200)).unwrap();
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: Some(terms) }).unwrap();
    give(&mut world, set_fees(table.clone())).unwrap();
    let zero = BigInt::zero;
    let none = BigRational::zero;
    let now = world.at.0;
    let model = Model {
        now,
        since: now,
        divided: now,
        terms,
        table: table.clone(),
        on: true,
        rate: 30_000,
        expected: int(200),
        stakes: [zero(), zero()],
        earned: [none(), none()],
        rest: none(),
        pot: zero(),
        fees: zero(),
        operator: zero(),
        fund: zero(),
        treasury: zero(),
    };
    (world, model)
}

/// Asks both for the same; false where a run ends: figures serve for a year, from 1,000 on.
fn one(world: &mut World, model: &mut Model, step: Ask) -> bool {
    match step {
        Ask::Wait(millis) => {
            // Figures serve for a year: runs end before.
            if model.now + millis >= 1_000 + YEAR {
                return false;
            }
            world.tick(millis);
            model.now += millis;
        }
        Ask::Stake(who, atoms) => {
            let who = usize::from(who);
            if world.try_stake(NAMES[who], "tranche", atoms).is_ok() {
                model.book();
                model.stakes[who] += atoms;
            }
        }
        Ask::Leave(who, atoms) => {
            let who = usize::from(who);
            let left = int(atoms) <= model.stakes[who];
            let given = world.try_unstake(NAMES[who], "tranche", atoms);
            assert_eq!(given.is_ok(), left, "{step:?}");
            if left {
                model.book();
                model.stakes[who] -= atoms;
            }
        }
        Ask::Take(who) => {
            let who = usize::from(who);
            let before = world.cash(NAMES[who]);
            let given = word(world.take_reward(NAMES[who], "tranche"));
            if given == "accepted" {
                model.book();
                let got = BigInt::from(world.cash(NAMES[who]) - before);
                let less = floor(&model.earned[who]) - &got;
                assert!(less.is_zero() || is_whole(&model.earned[who]), "{step:?}");
                model.earned[who] -= BigRational::from(got);
            }
        }
        Ask::PutIn(atoms) => {
            let given = word(fund_pay(world, atoms));
            assert_eq!(given, if model.on { "accepted" } else { "pay-unset" }, "{step:?}");
            if model.on {
                model.book();
                model.pot += atoms;
            }
        }
        Ask::Pay(atoms) => {
            pay_fees(world, atoms);
            model.fees += atoms;
        }
        Ask::Expect(rate) => {
            measure(world, of_layer(rate)).unwrap();
            model.book();
            model.rate = rate;
        }
        Ask::Lose(atoms) => {
            measure(world, of_domain(atoms)).unwrap();
            model.expected = int(atoms);
        }
        Ask::Out(atoms) => out(world, model, atoms),
        Ask::Switch => switch(world, model),
    }
    model.divide();
    true
}

/// The house takes out what is above what its first loss must hold.
fn out(world: &mut World, model: &mut Model, atoms: u128) {
    let room = &model.operator - model.required();
    let given = word(take_out(world, OPERATOR, atoms));
    let fits = int(atoms) <= room.max(BigInt::zero());
    let expected = match (model.on, fits) {
        (false, _) => "not-the-houses",
        (true, true) => "accepted",
        (true, false) => "above-surplus",
    };
    assert_eq!(given, expected, "{atoms} out");
    if given == "accepted" {
        model.operator -= atoms;
    }
}

/// What is ended and said again pays for no time between.
fn switch(world: &mut World, model: &mut Model) {
    if model.on {
        give(world, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
        give(world, Command::SetPay { layer: TRANCHE, pay: None }).unwrap();
        model.book();
    } else {
        give(world, Command::SetPay { layer: TRANCHE, pay: Some(model.terms) }).unwrap();
        give(world, set_fees(model.table.clone())).unwrap();
        (model.since, model.divided) = (model.now, model.now);
        model.rest = BigRational::zero();
    }
    model.on = !model.on;
}

fn play(terms: PayTerms, table: &FeeTable, asked: &[Ask]) {
    let (mut world, mut model) = start(terms, table);
    for (count, step) in asked.iter().enumerate() {
        if !one(&mut world, &mut model, *step) {
            return;
        }
        same(&world, &model, &asked[..=count]);
    }
}

fn table(parts: [u32; 3], target: u128, period: u64, ahead: u64) -> FeeTable {
    let [fund, tranche, house] = parts;
    FeeTable {
        period,
        ahead,
        first_loss: Some(first_loss()),
        funds: vec![FundFees { layer: FUND, target: amount(target), part: fund }],
        tranches: vec![TrancheFees { layer: TRANCHE, part: tranche }],
        house: Some(HouseFees { layer: TREASURY, part: house }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(
        (target, most, load) in (1..20_000u128, 0..40_000u128, 0..2_000_000u32),
        (fund, tranche) in (1..500_000u32, 0..400_000u32),
        wanted in 0..900u128,
        (period, ahead) in (1..20 * DAY, 1..YEAR),
        asked in vec(ask(), 1..40),
    ) {
        let terms = PayTerms { target: amount(target), most: amount(most), load };
        let parts = [fund, tranche, 1_000_000 - fund - tranche];
        play(terms, &table(parts, wanted, period, ahead), &asked);
    }
}

/// One world by hand, so that the model itself is seen to do something.
#[test]
fn a_world_by_hand() {
    let asked = [
        Ask::Stake(false, 5_000),
        Ask::Pay(2_000),
        Ask::Wait(DAY),
        Ask::Stake(true, 7_000),
        Ask::Wait(30 * DAY),
        Ask::Take(false),
        Ask::Lose(10),
        Ask::Out(250),
        Ask::Leave(true, 7_000),
        Ask::Pay(333),
        Ask::Wait(20 * DAY),
        Ask::Take(true),
    ];
    let terms = PayTerms { target: amount(10_000), most: amount(900), load: 500_000 };
    play(terms, &table([400_000, 300_000, 300_000], 500, DAY, 60 * DAY), &asked);
}
