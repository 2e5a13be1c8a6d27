//! What fees wait for, and what shuts the house out: layers that left, losses that are known,
//! claims that are open, debts of other domains, a domain's end.

use crate::world::acts::word;
use crate::world::incentive::{
    DAY, FUND, OPERATOR, TREASURY, fees, give, house, measure, of_domain, pay_fees, set_fees,
    table, take_out, venue,
};
use crate::world::{ASSET, DOMAIN, World, amount, name};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, CauseClass};
use rhodian_core::engine::{Action, Actor, Event as Any};
use rhodian_core::ids::DomainId;
use rhodian_core::incentive::{Command, Event, FeeTable, Shut};
use rhodian_core::ledger::Holder;
use rhodian_core::loss;

fn shut(world: &World) -> Option<Shut> {
    let events = world.records.iter().flat_map(|record| &record.events).rev();
    let mut shuts = events.filter_map(|event| match event {
        Any::Incentive(Event::FeesDivided { shut, .. }) => Some(*shut),
        _ => None,
    });
    shuts.next().expect("fees were divided")
}

/// The venue with a table of the fund and the house alone, half each, and nothing lacking.
fn halves() -> World {
    let mut world = house();
    let mut of = FeeTable { first_loss: None, tranches: vec![], ..table() };
    of.funds[0].target = amount(0);
    of.house.as_mut().unwrap().part = 500_000;
    give(&mut world, set_fees(of)).unwrap();
    world
}

#[test]
fn a_layer_that_left_the_waterfall_shuts_the_house_out() {
    let mut world = halves();
    pay_fees(&mut world, 100);
    world.tick(DAY);
    assert_eq!((world.pot("fund"), world.pot("treasury"), shut(&world)), (50, 50, None));
    world.waterfall(&["operator", "tranche", "gains"]);
    pay_fees(&mut world, 100);
    world.tick(DAY);
    // Nobody else is there: they stay.
    assert_eq!((fees(&world), world.pot("treasury")), (100, 50));
    assert_eq!(shut(&world), Some(Shut::NotBehind(FUND)));
    world.waterfall(&["operator", "fund", "tranche", "gains"]);
    world.tick(DAY);
    assert_eq!((world.pot("fund"), world.pot("treasury"), fees(&world)), (100, 100, 0));
}

/// The first loss left: its part of the table is not the house's.
#[test]
fn a_first_loss_that_left_leaves_the_rest_to_the_funds() {
    let mut world = venue();
    world.waterfall(&["fund", "tranche", "gains"]);
    pay_fees(&mut world, 2_000);
    world.tick(DAY);
    assert_eq!((world.pot("fund"), world.pot("treasury")), (1_700, 0));
    assert_eq!(shut(&world), Some(Shut::NotBehind(OPERATOR)));
}

#[test]
fn the_house_takes_nothing_while_a_loss_is_reported() {
    let mut world = halves();
    let mut of = table();
    (of.tranches, of.house) = (vec![], None);
    of.funds[0].part = 1_000_000;
    measure(&mut world, of_domain(20)).unwrap();
    give(&mut world, set_fees(of)).unwrap();
    world.pay_into("operator", 1_000);
    world.waterfall_of(CauseClass::PriceError, vec![world.step(&[("operator", 1)])]);
    take_out(&mut world, OPERATOR, 100).unwrap();
    pay_fees(&mut world, 100);
    world.try_report("wrong", CauseClass::PriceError, 900, None, 0, &[]).unwrap();
    assert_eq!(world.loss("wrong").stage, loss::Stage::Reported);
    assert_eq!(word(take_out(&mut world, OPERATOR, 100)), "loss-known");
    world.set(Parameter::ApprovalTime, u128::from(2 * DAY));
    world.tick(DAY);
    assert_eq!(fees(&world), 100, "they wait for it");
    // Nobody approved it: it is none.
    world.tick(DAY);
    take_out(&mut world, OPERATOR, 100).unwrap();
    assert_eq!((fees(&world), world.pot("fund")), (0, 100));
}

/// Income is to repay claims: while some are open, the house gets none.
#[test]
fn the_house_waits_for_claims_that_income_repays() {
    let mut world = halves();
    world.stake("alice", "tranche", 1_000);
    world.report("L", 300);
    pay_fees(&mut world, 100);
    world.tick(DAY);
    assert_eq!((world.pot("treasury"), shut(&world)), (50, None), "income repays nobody here");
    world.set(Parameter::IncomeToClaims, 500_000);
    pay_fees(&mut world, 100);
    world.tick(DAY);
    assert_eq!((world.pot("treasury"), shut(&world)), (50, Some(Shut::Claims)));
    world.recover("L", 300);
    pay_fees(&mut world, 100);
    world.tick(DAY);
    assert_eq!((world.pot("treasury"), shut(&world)), (100, None));
}

/// Another domain owes, for longer, behind the same fund: these fees are not its.
#[test]
fn fees_pay_the_debts_of_their_own_domain() {
    let mut world = house();
    let other = DomainId(1);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let (class, steps) = (CauseClass::Default, vec![world.step(&[("fund", 1)])]);
    world.domain_do(domain::Command::SetWaterfall { domain: other, class, steps });
    world.loss_do(loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: other,
        number: 1,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [7; 32],
        amount: amount(400),
        failed: None,
        margin: amount(0),
        set_off: vec![],
    })));
    world.report("L", 500);
    let mut of = FeeTable { first_loss: None, tranches: vec![], ..table() };
    of.funds[0].part = 750_000;
    world.tick(200 * DAY);
    give(&mut world, set_fees(of)).unwrap();
    pay_fees(&mut world, 500);
    world.tick(DAY);
    let owed = |domain| world.balance(Holder::Uncovered(domain));
    assert_eq!((owed(DOMAIN), owed(other), world.pot("fund")), (0, -400, 0));
}

#[test]
fn fees_of_a_domain_in_settlement_go_by_hand_again() {
    let mut world = halves();
    pay_fees(&mut world, 100);
    let (domain, layer) = (DOMAIN, FUND);
    let command = loss::Command::FundFees { domain, layer, number: 9, amount: None };
    assert_eq!(word(world.give(Actor::VENUE, Action::Loss(command.clone()))), "fees-divided");
    let (status, cause) = (Status::Settling, name("the end"));
    world.must(Action::Control(control::Command::SetStatus {
        domain: Some(DOMAIN),
        status,
        cause,
    }));
    world.tick(2 * DAY);
    assert_eq!(fees(&world), 100, "a table rests in settlement");
    world.must(Action::Loss(command));
    assert_eq!((fees(&world), world.pot("fund")), (0, 100));
}

/// What one domain's loss takes of it is not there for the other's.
#[test]
fn a_first_loss_of_two_domains_holds_what_both_need() {
    let mut world = house();
    let other = DomainId(1);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let (class, steps) = (CauseClass::Default, vec![world.step(&[("operator", 1), ("fund", 1)])]);
    world.domain_do(domain::Command::SetWaterfall { domain: other, class, steps });
    let mut of = table();
    of.tranches.clear();
    of.funds[0].part = 750_000;
    let first = of.first_loss.as_mut().unwrap();
    (first.factor, first.floor) = (0, amount(300));
    for domain in [DOMAIN, other] {
        let figure = rhodian_core::incentive::Figure::DomainLoss { domain, amount: amount(1) };
        measure(&mut world, figure).unwrap();
        give(&mut world, Command::SetFees { domain, table: Some(Box::new(of.clone())) }).unwrap();
    }
    world.pay_into("operator", 700);
    assert_eq!(word(take_out(&mut world, OPERATOR, 101)), "above-surplus");
    take_out(&mut world, OPERATOR, 100).unwrap();
    assert_eq!((world.pot("operator"), TREASURY.0), (600, 4));
}
