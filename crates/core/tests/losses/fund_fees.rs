//! Fees of trades become income of a fund: debts first, then open claims, then the fund.

use crate::world::acts::Given;
use crate::world::{DOMAIN, World, amount, layer, name};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, Kind, LayerSpec, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AssetId, DomainId, LayerId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss;

const FEES: Holder = Holder::Fees(DOMAIN);

/// A venue whose fund is empty, with 70 of fees booked.
fn venue() -> World {
    let mut world = World::venue(0, 1_000);
    for text in ["alice", "bob"] {
        world.account(text, 100_000);
    }
    world.try_fill_with_fees("BTC", ("alice", 40), ("bob", 30), 10, 1_000).unwrap();
    assert_eq!(world.balance(FEES), 70);
    world
}

fn fees(world: &mut World, layer: LayerId, number: u64, atoms: Option<u128>) -> Given {
    let (domain, amount) = (DOMAIN, atoms.map(amount));
    let command = loss::Command::FundFees { domain, layer, number, amount };
    world.give(Actor::VENUE, Action::Loss(command))
}

#[test]
fn fees_become_the_funds_a_part_or_all() {
    let mut world = venue();
    let fund = world.layer_id("fund");
    fees(&mut world, fund, 1, Some(20)).unwrap();
    assert_eq!((world.pot("fund"), world.balance(FEES)), (20, 50));
    fees(&mut world, fund, 2, None).unwrap();
    assert_eq!((world.pot("fund"), world.balance(FEES)), (70, 0));
}

/// In the order of all income: what is uncovered, then a part of what is open, then the fund.
#[test]
fn fees_pay_debts_before_claims_and_claims_before_the_fund() {
    let mut world = venue();
    world.set(Parameter::IncomeToClaims, 500_000);
    world.tranche("tranche");
    world.waterfall(&["tranche", "fund"]);
    world.stake("bob", "tranche", 100);
    world.report("lost", 130);
    assert_eq!((world.uncovered(), world.pot("tranche")), (-30, 0));
    let (fund, bob) = (world.layer_id("fund"), world.cash("bob"));
    fees(&mut world, fund, 1, None).unwrap();
    assert_eq!(world.uncovered(), 0, "30 of 70");
    assert_eq!(world.cash("bob") - bob, 20, "half of the rest to who bore it");
    assert_eq!(world.pot("fund"), 20);
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let mut world = venue();
    world.tranche("tranche");
    world.domain_do(domain::Command::AddAsset { name: name("EUR"), decimals: 2 });
    let spec = LayerSpec { asset: AssetId(1), ..layer("euros", Kind::InsuranceFund, Source::Pot) };
    world.add(spec);
    world.fund("another's", 0, None);
    let id = |text: &str| world.layer_id(text);
    let (fund, tranche, euros, nowhere) = (id("fund"), id("tranche"), id("euros"), LayerId(9));
    let beside = id("another's");
    for (layer, number, atoms, code) in [
        (fund, 1, Some(71), "above-fees"),
        (fund, 1, Some(0), "zero-amount"),
        (fund, 0, Some(1), "number-not-new"),
        (tranche, 1, Some(1), "layer-not-paid-into"),
        (euros, 1, Some(1), "layer-not-behind"),
        (beside, 1, Some(1), "layer-not-behind"),
        (nowhere, 1, Some(1), "unknown-layer"),
    ] {
        let refused = fees(&mut world, layer, number, atoms).unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    let command =
        loss::Command::FundFees { domain: DomainId(7), layer: fund, number: 1, amount: None };
    let refused = world.give(Actor::VENUE, Action::Loss(command));
    assert_eq!(refused.unwrap_err().code(), "unknown-domain");
    fees(&mut world, fund, 1, None).unwrap();
    // A command that is repeated changes nothing, and when all is paid there is nothing.
    for (number, code) in [(1, "number-not-new"), (2, "zero-amount")] {
        assert_eq!(fees(&mut world, fund, number, None).unwrap_err().code(), code);
    }
}

/// A loss that Bob bears with what he has, before a fund of nothing, whose income goes to claims in
/// part.
fn bob_bears(cash: u128, loss: u128, to_claims: u128) -> World {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.fund("fund", 0, None);
    world.waterfall(&["gains", "fund"]);
    world.set(Parameter::IncomeToClaims, to_claims);
    world.account("bob", cash);
    world.claim("gains", "bob", cash, cash);
    world.report("lost", loss);
    world
}

/// Whoever failed owes what the fund paid for him, and pays it last: the winners' rest comes first.
#[test]
fn what_a_fund_repaid_is_owed_to_it() {
    let mut world = bob_bears(100, 50, 1_000_000);
    world.income("fund", 30);
    assert_eq!((world.cash("bob"), world.pot("fund")), (80, 0));
    world.recover("lost", 25);
    assert_eq!((world.cash("bob"), world.pot("fund")), (100, 5), "20 were still his");
    world.recover("lost", 25);
    assert_eq!((world.cash("bob"), world.pot("fund")), (100, 30), "and the rest is the fund's");
    // It does not repay itself.
    world.income("fund", 7);
    assert_eq!(world.pot("fund"), 37);
}

/// The same where the fund paid a debt of that loss before: what it is owed for the debt stands at
/// the debt's step, what it repaid the members stands last.
#[test]
fn what_a_fund_repaid_stands_behind_the_members_whatever_else_it_paid() {
    let mut world = bob_bears(60, 100, 500_000);
    world.income("fund", 100);
    assert_eq!((world.uncovered(), world.cash("bob"), world.pot("fund")), (0, 30, 30));
    world.recover("lost", 70);
    assert_eq!((world.cash("bob"), world.pot("fund")), (60, 70), "the debt's 40, then his 30");
    world.recover("lost", 30);
    assert_eq!((world.cash("bob"), world.pot("fund")), (60, 100));
}

/// Bob bore 30 of a loss and failed with another that Carol bears: income that repays both cedes
/// his part of the first to what the second lacks, and that is as much when the fund has repaid it.
#[test]
fn what_income_repaid_is_lacking_still() {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.fund("fund", 0, None);
    world.waterfall(&["gains"]);
    for (text, cash) in [("bob", 0), ("carol", 100)] {
        world.account(text, cash);
        world.claim("gains", text, 100, 100);
    }
    world.report_failed("bobs", 40, "bob", 0, &[]);
    world.deposit("bob", 60);
    world.claim("gains", "carol", 1, 1);
    world.report("second", 31);
    let borne = ["bob", "carol"].map(|text| world.cash(text));
    world.waterfall(&["fund", "gains"]);
    world.set(Parameter::IncomeToClaims, 1_000_000);
    world.income("fund", 71);
    let second = 60 - borne[0];
    assert_eq!(world.cash("bob"), borne[0], "all {second} of his are ceded: the fund is owed 40");
}
