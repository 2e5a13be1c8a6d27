//! INV-10 on traces, by name: free equity leaves in every status but Halted, a halt ends by
//! itself and is not followed by another at once, and every loss settles.

use crate::world::{DOMAIN, World, amount, layer, members, name};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{CauseClass, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Record, Rejection, Role};
use rhodian_core::ids::{DomainId, Time};
use rhodian_core::loss::Stage;

const GUARDIAN: Actor = Actor { role: Role::Guardian, id: 0 };
const GOVERNANCE: Actor = Actor { role: Role::Governance, id: 0 };

fn set(
    world: &mut World,
    actor: Actor,
    domain: Option<DomainId>,
    status: Status,
) -> Result<Vec<Record>, Rejection> {
    let cause = name("test");
    world.give(actor, Action::Control(control::Command::SetStatus { domain, status, cause }))
}

fn venue(world: &World) -> Status {
    world.engine.state().control.venue_status()
}

/// A venue with money in it and a halt of 100.
fn halting() -> World {
    let mut world = World::new("USD", 2);
    world.account("ann", 100);
    world.set(Parameter::HaltLength, 100);
    world
}

#[test]
fn a_halt_ends_by_itself() {
    let mut world = halting();
    let at = world.at;
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    assert_eq!(world.engine.state().control.halted_until(None), Some(at.after(100)));
    assert_eq!(world.withdraw("ann", 1).unwrap_err().code(), "status");
    world.tick(99);
    assert_eq!((venue(&world), world.withdraw("ann", 1).is_ok()), (Status::Halted, false));
    world.tick(1);
    assert_eq!(venue(&world), Status::WithdrawOnly);
    world.withdraw("ann", 100).unwrap();
}

/// The command that comes after the end finds the venue open, whatever the clock jumped over.
#[test]
fn the_end_comes_before_the_next_command() {
    let mut world = halting();
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    world.at = world.at.after(1_000_000);
    world.withdraw("ann", 100).unwrap();
}

/// A halt that is lifted and asked for again goes on with what was left of it; once it is used
/// up, a rest as long as a halt comes first, for every role.
#[test]
fn halts_cannot_follow_each_other() {
    let mut world = halting();
    let until = world.at.after(100);
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    world.tick(40);
    set(&mut world, GOVERNANCE, None, Status::Open).unwrap();
    world.tick(10);
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    assert_eq!(world.engine.state().control.halted_until(None), Some(until));
    world.tick(50);
    assert_eq!(venue(&world), Status::WithdrawOnly);
    for actor in [GUARDIAN, GOVERNANCE, Actor::VENUE] {
        let refused = set(&mut world, actor, None, Status::Halted).unwrap_err();
        assert_eq!(refused.code(), "halt-spent");
        assert_eq!(refused.to_string(), "the last halt ended by 1100, the next may begin at 1200");
    }
    world.tick(99);
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap_err();
    world.tick(1);
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    assert_eq!(world.engine.state().control.halted_until(None), Some(Time(1_300)));
}

/// A longer length set meanwhile serves the next halt, not the one that stands.
#[test]
fn a_halt_keeps_its_end() {
    let mut world = halting();
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    world.set(Parameter::HaltLength, 5_000);
    world.tick(100);
    assert_eq!(venue(&world), Status::WithdrawOnly);
    let max = Parameter::HaltLength.declared().max;
    let (domain, parameter, value) = (DOMAIN, Parameter::HaltLength, max + 1);
    let action = control::Command::SetParameter { domain, parameter, value };
    let refused = world.give(GOVERNANCE, Action::Control(action)).unwrap_err();
    assert_eq!(refused.code(), "parameter-out-of-bounds");
}

/// The venue's halt holds everybody, so the shortest length binds it; a domain has its own.
#[test]
fn the_shortest_length_binds_the_venue() {
    let mut world = halting();
    let open = rhodian_core::domain::Command::OpenDomain {
        name: name("Alts"),
        asset: crate::world::ASSET,
    };
    world.domain_do(open);
    let (second, at) = (DomainId(1), world.at);
    set(&mut world, GUARDIAN, Some(second), Status::Halted).unwrap();
    set(&mut world, GUARDIAN, None, Status::Halted).unwrap();
    let until = |world: &World, of| world.engine.state().control.halted_until(of);
    let default = u64::try_from(Parameter::HaltLength.declared().default).unwrap();
    assert_eq!(until(&world, None), Some(at.after(100)));
    assert_eq!(until(&world, Some(second)), Some(at.after(default)));
    world.tick(100);
    let status = |world: &World| world.engine.state().control.domain_status(second);
    assert_eq!((venue(&world), status(&world)), (Status::WithdrawOnly, Status::Halted));
    world.withdraw("ann", 100).unwrap();
    world.tick(default);
    assert_eq!(status(&world), Status::WithdrawOnly);
}

/// A settlement entered while a domain is halted is not undone by the end of the halt.
#[test]
fn settlement_ends_a_halt() {
    let mut world = halting();
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    set(&mut world, GUARDIAN, Some(DOMAIN), Status::Halted).unwrap();
    set(&mut world, GOVERNANCE, Some(DOMAIN), Status::Settling).unwrap();
    world.tick(1_000);
    assert_eq!(world.engine.state().control.domain_status(DOMAIN), Status::Settling);
}

/// From every state of an open loss, held liens and shares untaken, in every status, everybody
/// leaves with all that is free, and the loss settles when nobody pays.
#[test]
fn from_every_state_of_a_loss() {
    for on_touch in [false, true] {
        let mut world = World::new("USD", 2);
        let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
        sale.caps.per_event = Some(amount(20));
        world.add(sale);
        let rule = MemberRule { on_touch, ..members(Rule::Proportional) };
        world.add(layer("gains", Kind::GainsHaircut, Source::Members(rule)));
        let call = Source::Call { members: members(Rule::Proportional), deadline: 500 };
        world.add(layer("call", Kind::Assessment, call));
        world.waterfall(&["sale", "gains", "call"]);
        world.set(Parameter::HaltLength, 10);
        for (text, cash) in [("ann", 300), ("ben", 160), ("cat", 130)] {
            world.account(text, cash);
            world.claims("gains", &[(text, 3, 30)]);
            world.claims("call", &[(text, 1, 40)]);
        }
        world.report("L", 130);
        let met = world.probe();
        assert!(met.left >= 2 * 5 && met.halts == 1 && met.settled == 1, "{met:?}");
        world.tick(1_000);
        assert_eq!(world.loss("L").stage, Stage::Absorbing, "the call has time to answer");
        assert_eq!(world.probe().settled, 1);
        world.report("M", 50);
        assert_eq!(world.probe().settled, 2);
        world.tick(1_000);
        world.tick(500);
        let met = world.probe();
        assert!(met.left > 0 && met.settled == 0, "{met:?}");
    }
}

/// A report that waits for its challenge to end is run out too.
#[test]
fn a_challenge_ends() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall_of(CauseClass::PriceError, vec![world.step(&[("fund", 1)])]);
    world.try_report("wrong", CauseClass::PriceError, 25, None, 0, &[]).unwrap();
    assert_eq!(world.probe().settled, 0, "it waits for a second approver, holding nobody");
    let loss = world.loss_id("wrong");
    let approve = Action::Loss(rhodian_core::loss::Command::ApproveLoss { loss });
    world.give(GOVERNANCE, approve).unwrap();
    assert_eq!(world.probe().settled, 1);
}
