//! What a world with a cover pool can do and show: stakers stand behind a bridge and a peg, each
//! atom covers two; the operator pays first, then a fund, then stakes.

use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{CoverId, CoverPoolId, LayerId, LossId, RiskId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Loss};
use rhodian_core::pools::Rates;
use rhodian_core::pools::cover::{
    Command, Cover, Incident, Lost, Pool, PoolSpec, RiskSpec, VoteTerms,
};

use super::acts::Given;
use super::{DOMAIN, World, amount, layer, name};

pub const POOL: CoverPoolId = CoverPoolId(0);
pub const BRIDGE: RiskId = RiskId(0);
pub const DAY: u64 = 86_400_000;
pub const YEAR: u64 = 365 * DAY;

/// Half of the premia go to the junior stakers.
pub fn spec() -> PoolSpec {
    PoolSpec {
        name: name("Bridges"),
        domain: DOMAIN,
        fund: LayerId(1),
        premia: vec![(LayerId(2), 500_000)],
        leverage: 2_000_000,
        max_covered: amount(10_000_000),
        min_cover: amount(1_000),
        max_period: YEAR,
        waiting: DAY,
        claim_time: 30 * DAY,
        incident_cap: None,
        tail_index: 1_500_000,
        source: name("risk team"),
        estimated: Time(0),
        vote: None,
    }
}

pub fn voted(quorum: u32) -> PoolSpec {
    PoolSpec { vote: Some(VoteTerms { length: 3 * DAY, quorum }), ..spec() }
}

/// Ten per cent a year, however much is covered.
pub fn bridge() -> RiskSpec {
    RiskSpec {
        name: name("Bridge"),
        pool: POOL,
        class: CauseClass::Custody,
        rates: Rates { at_zero: 100_000, kink: 500_000, at_kink: 100_000, at_full: 100_000 },
        expected_loss: 50_000,
        load: 500_000,
        source: name("risk team"),
        estimated: Time(0),
        concentration: 1_000_000,
        retention: 0,
        experience: None,
        trigger: None,
    }
}

/// The pool's domain: the operator has 1,000, the fund as much as is said, nobody is staked.
pub fn domain(fund: u128) -> World {
    let mut world = World::new("USD", 0);
    world.add(layer("Operator", Kind::OperatorCapital, Source::Pot));
    world.pay_into("Operator", 1_000);
    world.fund("Fund", fund, None);
    world.tranche("Stakers");
    let steps = ["Operator", "Fund", "Stakers"].map(|text| world.step(&[(text, 1)])).into();
    world.waterfall_of(CauseClass::Custody, steps);
    world.set(Parameter::ChallengeTime, u128::from(DAY));
    world.set(Parameter::StakeCooldown, 0);
    world
}

/// A pool on which Ann has 60,000 and Ben 40,000 staked, with the bridge as its risk.
pub fn pool_of(spec: PoolSpec, risk: RiskSpec) -> World {
    let mut world = domain(5_000);
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    give(&mut world, Command::AddRisk { spec: Box::new(risk) }).unwrap();
    staker(&mut world, "ann", 60_000);
    staker(&mut world, "ben", 40_000);
    world
}

pub fn staker(world: &mut World, text: &str, atoms: u128) {
    world.account(text, atoms);
    world.stake(text, "Stakers", atoms);
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Cover(command))
}

/// The owner of an account asks.
pub fn own(world: &mut World, text: &str, command: Command) -> Given {
    let owner = world.engine.state().accounts.account(world.id(text)).unwrap().owner;
    world.give(Actor { role: Role::Owner, id: owner.0 }, Action::Cover(command))
}

/// An account with `cash` buys cover; returns what is next to be bought.
pub fn buy(world: &mut World, text: &str, atoms: u128, period: u64) -> Given {
    buy_of(world, BRIDGE, text, atoms, period)
}

pub fn buy_of(world: &mut World, risk: RiskId, text: &str, atoms: u128, period: u64) -> Given {
    if !world.knows(text) {
        world.account(text, 10_000);
    }
    let (account, number) = (world.id(text), world.next_number());
    let (amount, max_premium) = (amount(atoms), amount(10_000));
    own(world, text, Command::Buy { risk, account, number, amount, period, max_premium })
}

/// The venue reports what happened now: the account of each cover, what was lost.
pub fn report(world: &mut World, losses: &[(u32, u128)]) -> Given {
    let happened = world.at;
    report_at(world, happened, losses)
}

pub fn report_at(world: &mut World, happened: Time, losses: &[(u32, u128)]) -> Given {
    report_of(world, [0; 32], happened, losses)
}

/// The same of the event that the hash of its evidence names.
pub fn report_of(
    world: &mut World,
    evidence: [u8; 32],
    happened: Time,
    losses: &[(u32, u128)],
) -> Given {
    let lost = |(id, atoms): &(u32, u128)| Lost { cover: CoverId(*id), amount: amount(*atoms) };
    let command = Command::Report {
        risk: BRIDGE,
        number: world.next_number(),
        cause: name("bridge drained"),
        evidence: Box::new(evidence),
        happened,
        losses: losses.iter().map(lost).collect(),
    };
    give(world, command)
}

/// Somebody else approves the loss, and nobody challenges it.
pub fn approve(world: &mut World, loss: u32) {
    let approver = Actor { id: 1, ..Actor::VENUE };
    let command = loss::Command::ApproveLoss { loss: LossId(loss) };
    world.give(approver, Action::Loss(command)).unwrap();
    world.tick(DAY);
}

pub fn dismiss(world: &mut World, loss: u32) -> Given {
    let command = loss::Command::DismissLoss { loss: LossId(loss) };
    world.give(Actor::VENUE, Action::Loss(command))
}

pub fn vote(world: &mut World, text: &str, loss: u32, accept: bool) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    own(world, text, Command::Vote { loss: LossId(loss), account, number, accept })
}

pub fn trigger(world: &mut World, risk: RiskId, text: &str) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    own(world, text, Command::Trigger { risk, account, number })
}

pub fn pool(world: &World) -> &Pool {
    world.engine.state().covers.pool(POOL).unwrap()
}

pub fn cover(world: &World, id: u32) -> &Cover {
    world.engine.state().covers.cover(CoverId(id)).unwrap()
}

pub fn held(world: &World) -> i128 {
    world.balance(Holder::Cover(POOL))
}

pub fn earned(world: &World, text: &str) -> u128 {
    world.engine.state().domains.reward(LayerId(2), world.id(text)).atoms()
}

pub fn incident(world: &World, loss: u32) -> &Incident {
    world.engine.state().covers.incident(LossId(loss)).unwrap().1
}

pub fn loss_of(world: &World, loss: u32) -> &Loss {
    world.engine.state().losses.loss(LossId(loss)).unwrap()
}
