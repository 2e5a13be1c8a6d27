//! What is asked of both, at random.

use proptest::prelude::*;
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{CoverId, LossId, RiskId, Time};
use rhodian_core::loss;
use rhodian_core::pools::cover::{Command, Lost};

use super::model::{Model, WHO};
use super::world::acts::Given;
use super::world::cover::{DAY, give, own, vote};
use super::world::{World, amount, name};

/// Something that somebody asks, or that happens. Incidents are counted from the last.
#[derive(Clone, Debug)]
pub enum Step {
    /// Who, of which risk, how much, for how long, and at most for what.
    Buy(usize, usize, u128, u64, u128),
    Stake(usize, u128),
    Unstake(usize, u128),
    Take(usize),
    /// Of which risk, how long ago, of which event (zero for one of its own), and which covers lost
    /// what.
    Report(usize, u64, u8, Vec<(usize, u128)>),
    Vote(usize, usize, bool),
    Approve(usize),
    Dismiss(usize),
    Income(u128),
    Recover(usize, u128),
    /// Milliseconds pass.
    Wait(u64),
}

pub fn step() -> impl Strategy<Value = Step> {
    let who = || 0..WHO.len();
    let atoms = || prop_oneof![0..20u128, 0..5_000u128, 0..60_000u128];
    let cover = prop_oneof![900..3_000u128, 900..30_000u128, 30_000..150_000u128];
    let period = prop_oneof![0..DAY * 3, DAY..DAY * 40, Just(DAY * 10)];
    let most = prop_oneof![1 => 0..2_000u128, 3 => Just(100_000u128)];
    let ago = prop_oneof![4 => Just(0u64), 1 => 0..DAY * 30];
    let event = prop_oneof![3 => Just(0u8), 1 => 1..3u8];
    let lost = || (0..1_000usize, prop_oneof![1 => 0..3_000u128, 2 => 0..200_000u128]);
    let back = || prop_oneof![4 => Just(0usize), 1 => 0..4usize];
    let wait =
        prop_oneof![0..5_000u64, 0..3_600_000u64, 0..DAY, 0..DAY * 3, Just(DAY), 0..DAY * 30];
    prop_oneof![
        7 => (who(), 0..3usize, cover, period, most)
            .prop_map(|(who, risk, of, period, most)| Step::Buy(who, risk, of, period, most)),
        3 => (who(), atoms()).prop_map(|(who, of)| Step::Stake(who, of)),
        3 => (who(), atoms()).prop_map(|(who, of)| Step::Unstake(who, of)),
        1 => who().prop_map(Step::Take),
        6 => (0..3usize, ago, event, prop::collection::vec(lost(), 1..5))
            .prop_map(|(risk, ago, event, rows)| Step::Report(risk, ago, event, rows)),
        4 => (who(), back(), prop::bool::weighted(0.8))
            .prop_map(|(who, back, accept)| Step::Vote(who, back, accept)),
        4 => back().prop_map(Step::Approve),
        1 => back().prop_map(Step::Dismiss),
        1 => atoms().prop_map(Step::Income),
        1 => (back(), atoms()).prop_map(|(back, of)| Step::Recover(back, of)),
        6 => wait.prop_map(Step::Wait),
    ]
}

/// What a step asks of the engine; the model says which covers and incidents are meant.
pub fn asked(world: &mut World, model: &Model, step: &Step) -> Given {
    let loss = |back: usize| {
        LossId(u32::try_from(model.back(back).unwrap_or(model.incidents.len())).unwrap())
    };
    match *step {
        Step::Buy(who, risk, atoms, period, most) => {
            let (account, number) = (world.id(WHO[who]), world.next_number());
            let (amount, max_premium) = (amount(atoms), amount(most));
            let risk = RiskId(u32::try_from(risk).unwrap());
            let command = Command::Buy { risk, account, number, amount, period, max_premium };
            own(world, WHO[who], command)
        }
        Step::Stake(who, atoms) => world.try_stake(WHO[who], "Stakers", atoms),
        Step::Unstake(who, atoms) => world.try_unstake(WHO[who], "Stakers", atoms),
        Step::Take(who) => world.take_reward(WHO[who], "Stakers"),
        Step::Report(risk, ago, event, ref rows) => {
            let lost = |(place, atoms): &(usize, u128)| {
                let cover = CoverId(u32::try_from(model.meant(risk, *place)).unwrap());
                Lost { cover, amount: amount(*atoms) }
            };
            let command = Command::Report {
                risk: RiskId(u32::try_from(risk).unwrap()),
                number: world.next_number(),
                cause: name("drained"),
                evidence: Box::new([event; 32]),
                happened: Time(model.happened(ago, event)),
                losses: rows.iter().map(lost).collect(),
            };
            give(world, command)
        }
        Step::Vote(who, back, accept) => vote(world, WHO[who], loss(back).0, accept),
        Step::Approve(back) => {
            let command = loss::Command::ApproveLoss { loss: loss(back) };
            world.give(Actor { id: 1, ..Actor::VENUE }, Action::Loss(command))
        }
        Step::Dismiss(back) => {
            let command = loss::Command::DismissLoss { loss: loss(back) };
            world.give(Actor::VENUE, Action::Loss(command))
        }
        Step::Income(atoms) => {
            let (layer, number) = (world.layer_id("Fund"), world.next_number());
            let command = loss::Command::FundIncome { layer, number, amount: amount(atoms) };
            world.give(Actor::VENUE, Action::Loss(command))
        }
        Step::Recover(back, atoms) => {
            let (loss, number) = (loss(back), world.next_number());
            let command = loss::Command::Recover { loss, number, amount: amount(atoms) };
            world.give(Actor::VENUE, Action::Loss(command))
        }
        Step::Wait(millis) => {
            world.tick(millis);
            Ok(Vec::new())
        }
    }
}

pub const fn kind(step: &Step) -> &'static str {
    match step {
        Step::Buy(..) => "bought",
        Step::Stake(..) => "staked",
        Step::Unstake(..) => "unstaked",
        Step::Take(_) => "took",
        Step::Report(..) => "reported",
        Step::Vote(..) => "voted",
        Step::Approve(_) => "approved",
        Step::Dismiss(_) => "dismissed",
        Step::Income(_) => "income",
        Step::Recover(..) => "recovered",
        Step::Wait(_) => "waited",
    }
}
