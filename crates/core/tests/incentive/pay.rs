//! What those who stand behind losses are paid: pay by time, the division of fees, the operator's
//! first loss.

use crate::world::acts::word;
use crate::world::incentive::{
    DAY, FUND, OPERATOR, TRANCHE, TREASURY, YEAR, earned, fees, first_loss, fund_pay, give, house,
    measure, of_domain, of_layer, pay_fees, pay_pot, return_pay, set_fees, table, take_out, terms,
    venue,
};
use crate::world::{ASSET, DOMAIN, World, amount, name};
use rhodian_core::domain::{self, CauseClass};
use rhodian_core::engine::Event as Any;
use rhodian_core::ids::{DomainId, Time};
use rhodian_core::incentive::{
    Command, Event, FeeTable, FeeTo, Figure, FirstLoss, MAX_EXPECTED, Measured, PayTerms, Shut,
    Subject,
};
use rhodian_core::ledger::Holder;

fn pay(world: &mut World, terms: PayTerms) {
    give(world, Command::SetPay { layer: TRANCHE, pay: Some(terms) }).unwrap();
}

/// 10,000 staked of a target of 10,000: 1,000 a year, so 200 in 73 days.
#[test]
fn stakers_are_paid_by_time_out_of_their_pot() {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    pay(&mut world, terms());
    fund_pay(&mut world, 500).unwrap();
    world.tick(73 * DAY);
    let before = world.cash("alice");
    world.take_reward("alice", "tranche").unwrap();
    assert_eq!(world.cash("alice") - before, 200);
    assert_eq!(pay_pot(&world), 300);
    // Nothing is left of what she took, and a moment is less than an atom.
    world.tick(1);
    assert_eq!(word(world.take_reward("alice", "tranche")), "nothing-earned");
}

/// The curve, per year, at stakes below, at and above the target of 10,000.
#[test]
fn the_curve_peaks_at_the_target() {
    let check = |staked, expected| {
        assert_eq!(terms().curve_floor(amount(staked)).atoms(), expected, "staked: {staked}");
    };
    check(0, 0);
    check(1, 0);
    check(2_500, 437); // 1,000 x 2,500 x 17,500 / 10^8 = 437.5
    check(5_000, 750);
    check(9_999, 999);
    check(10_000, 1_000);
    check(10_001, 999);
    check(11_000, 900);
    check(12_000, 800);
    check(12_001, 800);
    check(10u128.pow(30), 800);
}

#[test]
fn the_pay_is_never_below_the_expected_loss_with_its_load() {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    pay(&mut world, terms());
    let per_year = |world: &World| world.engine.state().pay_now(TRANCHE).unwrap().per_year;
    assert_eq!(per_year(&world), 1_000);
    // A hundredth of the stakes is expected to go: 100, and half more; the curve pays more.
    measure(&mut world, of_layer(10_000)).unwrap();
    assert_eq!(per_year(&world), 1_000);
    // A tenth: 1,000, and half more.
    measure(&mut world, of_layer(100_000)).unwrap();
    assert_eq!(per_year(&world), 1_500);
    // What was measured serves no more, and still holds for those who bear the loss.
    world.tick(YEAR + 1);
    assert_eq!(per_year(&world), 1_500);
}

/// Who comes for the last day of a year is paid for a day, not for the year.
#[test]
fn who_comes_late_is_paid_from_then_on() {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    pay(&mut world, PayTerms { most: amount(36_500), ..terms() });
    fund_pay(&mut world, 100_000).unwrap();
    world.tick(364 * DAY);
    world.stake("bob", "tranche", 10_000);
    world.tick(DAY);
    fund_pay(&mut world, 1).unwrap();
    // 364 days at 100, then a day at 80 between the two.
    assert_eq!((earned(&world, "alice"), earned(&world, "bob")), (36_440, 40));
}

#[test]
fn nothing_is_paid_to_nobody_nor_out_of_nothing() {
    let mut world = house();
    pay(&mut world, terms());
    fund_pay(&mut world, 500).unwrap();
    world.tick(YEAR);
    world.stake("alice", "tranche", 10_000);
    assert_eq!((earned(&world, "alice"), pay_pot(&world)), (0, 500), "nobody was staked");
    world.tick(YEAR);
    fund_pay(&mut world, 700).unwrap();
    // The pot was dry after half a year: what came in then pays for nothing before.
    assert_eq!((earned(&world, "alice"), pay_pot(&world)), (500, 700));
    world.tick(73 * DAY);
    fund_pay(&mut world, 1).unwrap();
    assert_eq!((earned(&world, "alice"), pay_pot(&world)), (700, 501));
}

#[test]
fn pay_that_is_ended_and_said_again_pays_for_no_time_between() {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    pay(&mut world, terms());
    fund_pay(&mut world, 2_000).unwrap();
    world.tick(73 * DAY);
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: None }).unwrap();
    assert_eq!((earned(&world, "alice"), pay_pot(&world)), (200, 1_800));
    world.tick(YEAR);
    pay(&mut world, terms());
    world.tick(73 * DAY);
    fund_pay(&mut world, 1).unwrap();
    assert_eq!((earned(&world, "alice"), pay_pot(&world)), (400, 1_601));
}

fn rows(world: &World) -> (Vec<(FeeTo, u128)>, Option<Shut>) {
    let events = world.records.iter().flat_map(|record| &record.events).rev();
    let mut divided = events.filter_map(|event| match event {
        Any::Incentive(Event::FeesDivided { rows, shut, .. }) => Some((rows, *shut)),
        _ => None,
    });
    let (rows, shut) = divided.next().unwrap();
    (rows.iter().map(|row| (row.to, row.amount.atoms())).collect(), shut)
}

/// The first loss lacks 300, the pot of pay 1,500 x 73 / 365 = 300, the fund 500. Each is full
/// before the next gets anything, and the house gets something when all are.
#[test]
fn fees_fill_first_loss_pay_and_fund_before_the_house_gets_any() {
    use FeeTo::{FirstLoss, Fund, House, Pay};
    let check = |paid: u128, expected: &[(FeeTo, u128)], shut: Option<Shut>| {
        let mut world = venue();
        pay_fees(&mut world, paid);
        world.tick(DAY);
        assert_eq!(rows(&world), (expected.to_vec(), shut), "{paid} paid");
        assert_eq!(fees(&world), 0, "{paid} paid");
    };
    check(299, &[(FirstLoss(OPERATOR), 299)], Some(Shut::FirstLoss));
    check(300, &[(FirstLoss(OPERATOR), 300)], Some(Shut::Pay(TRANCHE)));
    let pay = [(FirstLoss(OPERATOR), 300), (Pay(TRANCHE), 200)];
    check(500, &pay, Some(Shut::Pay(TRANCHE)));
    let fund = [(FirstLoss(OPERATOR), 300), (Pay(TRANCHE), 300), (Fund(FUND), 400)];
    check(1_000, &fund, Some(Shut::Fund(FUND)));
    let full = [(FirstLoss(OPERATOR), 300), (Pay(TRANCHE), 300), (Fund(FUND), 500)];
    check(1_100, &full, None);
    // 101 by 2, 1, 1 quarters: 50.5, 25.25, 25.25; the atom left over goes to the largest part.
    let [first, _, _] = full;
    let rest = [first, (Pay(TRANCHE), 325), (Fund(FUND), 551), (House(TREASURY), 25)];
    check(1_201, &rest, None);
}

#[test]
fn a_figure_out_of_date_leaves_the_rest_to_the_funds() {
    use FeeTo::{FirstLoss, Fund, Pay};
    let mut world = venue();
    world.tick(YEAR);
    pay_fees_while_short(&mut world);
    pay_fees(&mut world, 2_000);
    world.tick(DAY);
    let (rows, shut) = rows(&world);
    assert_eq!(rows, [(FirstLoss(OPERATOR), 0), (Pay(TRANCHE), 300), (Fund(FUND), 1_700)][1..]);
    assert_eq!(shut, Some(Shut::Figure(Subject::Domain(DOMAIN))));
    assert_eq!(word(take_out(&mut world, OPERATOR, 1)), "figure-old");
    // Nothing of what was there before is the house's by a new figure alone.
    measure(&mut world, of_domain(100)).unwrap();
    assert_eq!(word(take_out(&mut world, OPERATOR, 151)), "above-surplus");
    take_out(&mut world, OPERATOR, 150).unwrap();
    assert_eq!(world.pot("operator"), 150, "one and a half times 100");
}

/// The first loss is paid in by the operator.
fn pay_fees_while_short(world: &mut World) {
    world.pay_into("operator", 300);
}

#[test]
fn what_a_domain_owes_comes_first() {
    let mut world = house();
    world.report("L", 500);
    assert_eq!(world.uncovered(), -500);
    world.stake("alice", "tranche", 10_000);
    measure(&mut world, of_layer(100_000)).unwrap();
    measure(&mut world, of_domain(200)).unwrap();
    pay(&mut world, terms());
    world.tick(YEAR / 2);
    give(&mut world, set_fees(table())).unwrap();
    world.pay_into("operator", 300);
    pay_fees(&mut world, 700);
    world.tick(DAY);
    let pay = (FeeTo::Pay(TRANCHE), 200);
    assert_eq!(rows(&world), (vec![(FeeTo::Debts(FUND), 500), pay], Some(Shut::Owes)));
    assert_eq!((world.uncovered(), world.pot("fund")), (0, 0));
}

/// While a loss is known that may draw on what is filled, the fees wait; afterwards they go.
#[test]
fn fees_wait_for_a_loss_that_is_known() {
    let mut world = venue();
    give(&mut world, set_fees(FeeTable { period: 1_000, ..table() })).unwrap();
    pay_fees(&mut world, 100);
    world.hold_episode_open();
    world.tick(1_000);
    assert_eq!(fees(&world), 100);
    assert_eq!(word(take_out(&mut world, OPERATOR, 1)), "loss-known");
    world.tick(DAY);
    // One was lost, and nothing of it was covered: that is paid first.
    assert_eq!((fees(&world), world.pot("operator"), world.uncovered()), (0, 99, 0));
}

#[test]
fn a_short_first_loss_lets_nobody_widen_a_position() {
    let mut world = house();
    measure(&mut world, of_domain(200)).unwrap();
    world.fill("BTC", "alice", "bob", 2, 1_000);
    let mut of = table();
    of.tranches.clear();
    of.funds[0].part = 750_000;
    of.first_loss = Some(FirstLoss { gates: true, ..first_loss() });
    give(&mut world, set_fees(of)).unwrap();
    let code = |given| word(given);
    assert_eq!(code(world.try_fill("BTC", "alice", "bob", 1, 1_000)), "first-loss-short");
    // Who reduces may.
    world.fill("BTC", "bob", "alice", 1, 1_000);
    world.pay_into("operator", 299);
    assert_eq!(code(world.try_fill("BTC", "alice", "bob", 1, 1_000)), "first-loss-short");
    world.pay_into("operator", 1);
    world.fill("BTC", "alice", "bob", 1, 1_000);
    // More is expected to be lost, and 300 is not enough any more.
    measure(&mut world, of_domain(201)).unwrap();
    assert_eq!(code(world.try_fill("BTC", "alice", "bob", 1, 1_000)), "first-loss-short");
}

#[test]
fn figures_of_the_largest_numbers_hold() {
    let mut world = house();
    measure(&mut world, of_domain(MAX_EXPECTED)).unwrap();
    let mut most = table();
    most.tranches.clear();
    most.funds[0].part = 750_000;
    most.first_loss.as_mut().unwrap().factor = 100_000_000;
    give(&mut world, set_fees(most)).unwrap();
    let required = world.engine.state().first_loss_required(DOMAIN);
    assert_eq!(required, Some(amount(10u128.pow(30))));
    pay_fees(&mut world, 7);
    world.tick(DAY);
    assert_eq!(world.pot("operator"), 7);
}

#[test]
fn a_table_takes_the_place_of_the_venues_hand() {
    let mut world = venue();
    pay_fees(&mut world, 100);
    let (domain, layer) = (DOMAIN, FUND);
    let command = rhodian_core::loss::Command::FundFees { domain, layer, number: 9, amount: None };
    let action = rhodian_core::engine::Action::Loss(command);
    assert_eq!(word(world.give(rhodian_core::engine::Actor::VENUE, action)), "fees-divided");
    give(&mut world, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
    world.tick(40 * DAY);
    assert_eq!(fees(&world), 100, "nothing is divided without a table");
}

/// A share of a market is stated beside the others of its domain.
#[test]
fn marginal_shares_are_the_whole_at_most() {
    let mut world = house();
    world.list(crate::world::venue::perpetual("ETH"));
    let share = |world: &World, text: &str, share| {
        let figure = Figure::MarketShare { market: world.market_id(text), share };
        let at = world.at;
        let measured = Measured { figure, source: name("lab"), at, until: Time(at.0 + 1) };
        Command::Measure { measured }
    };
    let first = share(&world, "BTC", 700_000);
    give(&mut world, first).unwrap();
    let second = share(&world, "ETH", 300_001);
    assert_eq!(word(give(&mut world, second)), "figure-above-bound");
    let second = share(&world, "ETH", 300_000);
    give(&mut world, second).unwrap();
    // Said anew, it does not count twice.
    let again = share(&world, "BTC", 600_000);
    give(&mut world, again).unwrap();
}

/// What is left of pay that ended goes to fees, and they to whom the table says; before that it is
/// for stakers, and no command takes it.
#[test]
fn what_is_left_of_ended_pay_goes_to_fees() {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    pay(&mut world, terms());
    fund_pay(&mut world, 500).unwrap();
    world.tick(73 * DAY);
    assert_eq!(word(return_pay(&mut world)), "pay-runs");
    give(&mut world, Command::SetPay { layer: TRANCHE, pay: None }).unwrap();
    // 200 are Alice's, whenever she takes them.
    assert_eq!((pay_pot(&world), earned(&world, "alice"), fees(&world)), (300, 200, 0));
    world.tick(YEAR);
    return_pay(&mut world).unwrap();
    assert_eq!((pay_pot(&world), earned(&world, "alice"), fees(&world)), (0, 200, 300));
    assert_eq!(word(return_pay(&mut world)), "zero-amount");
    // Said anew it pays of what comes in from then on.
    pay(&mut world, terms());
    world.tick(73 * DAY);
    fund_pay(&mut world, 100).unwrap();
    world.tick(73 * DAY);
    world.take_reward("alice", "tranche").unwrap();
    assert_eq!((pay_pot(&world), fees(&world)), (0, 300));
}

/// A pot that a table fills is its stakers' as long as the table stands; what is returned is
/// divided by the next table like any fee.
#[test]
fn a_pot_that_a_table_fills_is_not_emptied() {
    let mut world = venue();
    fund_pay(&mut world, 100).unwrap();
    let end = || Command::SetPay { layer: TRANCHE, pay: None };
    assert_eq!(word(give(&mut world, end())), "pay-filled");
    give(&mut world, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
    give(&mut world, end()).unwrap();
    return_pay(&mut world).unwrap();
    assert_eq!((pay_pot(&world), fees(&world)), (0, 100));
    crate::world::incentive::by_table(&mut world, FUND);
    let before = world.pot("fund");
    world.tick(DAY);
    assert_eq!((fees(&world), world.pot("fund") - before), (0, 100));
}

/// A layer behind several domains: the first of them has it, nobody chooses.
#[test]
fn the_first_domain_has_it() {
    let returned = |behind_first: bool| {
        let mut world = house();
        let steps = vec![world.step(&[("tranche", 1)])];
        let (domain, class) = (DomainId(1), CauseClass::Default);
        world.domain_do(domain::Command::OpenDomain { name: name("other"), asset: ASSET });
        world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
        if !behind_first {
            world.waterfall(&["operator", "fund", "gains"]);
        }
        pay(&mut world, terms());
        fund_pay(&mut world, 50).unwrap();
        give(&mut world, Command::SetPay { layer: TRANCHE, pay: None }).unwrap();
        return_pay(&mut world).unwrap();
        (fees(&world), world.balance(Holder::Fees(domain)))
    };
    assert_eq!((returned(true), returned(false)), ((50, 0), (0, 50)));
}
