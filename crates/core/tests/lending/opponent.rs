//! What an opponent tried on lending pools, each as a plain test.

use crate::world::acts::Given;
use crate::world::collateral::{price, tier};
use crate::world::lending::*;
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::allocation::Rule;
use rhodian_core::collateral::{self, CollateralSpec};
use rhodian_core::domain::{self, CauseClass, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AssetId, LayerId, LossId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::pools::lending::{Command, PoolSpec};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

fn three_lenders(mut world: World) -> World {
    for (text, atoms) in [("ann", 50_000), ("bob", 30_000), ("cid", 20_000)] {
        lender(&mut world, text, atoms);
    }
    world
}

fn last_loss(world: &World) -> LossId {
    world.engine.state().losses.losses().last().expect("there is one").0
}

/// A lender with a small loan of her own that fails at the same price is liable all the same.
#[test]
fn a_small_loan_that_fails_frees_nobody() {
    let mut world = three_lenders(pool_of(spec(), 0));
    borrower(&mut world, "dan", 10, 7_000);
    borrower(&mut world, "ann", 2, 1_500);
    mark(&mut world, 500);
    let of_dan = world.loss_of("dan", "dan");
    let of_ann = world.loss_of("ann", "ann");
    sell(&mut world, of_ann, 2, 900).unwrap();
    sell(&mut world, of_dan, 10, 4_500).unwrap();
    // 600 are her own; of 2,500 she bears what 49,400 of 99,400 say, as she lent that when it was
    // found.
    let left = ["ann", "bob", "cid"].map(|text| supply(&world, text));
    assert_eq!(left.iter().sum::<u128>(), 100_000 - 600 - 2_500);
    assert!(left[0] < 49_400 - 1_200, "{left:?}");
}

/// To lend what one gained is to take it out: it lowers no cap.
#[test]
fn what_is_lent_left_the_account_as_what_is_withdrawn() {
    let gains = |lent: bool| {
        let mut world = World::venue(1_000, 1_000);
        let domain = pool_beside(&mut world);
        world.account("tom", 10_000);
        world.account("zed", 10_000);
        let account = world.id("tom");
        world.domain_do(domain::Command::AcceptTerms { domain, account });
        world.fill("BTC", "tom", "zed", 5, 1_000);
        world.mark("BTC", 1_200);
        if lent {
            Ask(&mut world, "tom").supply(8_000).unwrap();
        } else {
            world.withdraw("tom", 8_000).unwrap();
        }
        let state = world.engine.state();
        let session = state.session(account, state.reference(DOMAIN, state.now())).unwrap();
        (session.principal, session.equity - session.principal)
    };
    assert_eq!(gains(true), gains(false));
}

/// T18, T23 (MetaMorpho): a lenders' layer that is capped leaves a debt. Book value is not what the
/// pool could pay: who leaves while the debt stands leaves at the realisable one, and as much is
/// left for each of the others.
#[test]
fn t23_who_leaves_over_a_debt_leaves_at_the_realisable_value() {
    let mut world = domain(0);
    let capped = MemberRule { cap_of_weight: Some(100_000), ..by_supply() };
    world.add(layer("Capped", Kind::LenderSupply, Source::Members(capped)));
    world.waterfall(&["Fund", "Capped"]);
    give(&mut world, Command::Open { spec: Box::new(spec()) }).unwrap();
    let mut world = three_lenders(world);
    borrower(&mut world, "dan", 40, 30_000);
    mark(&mut world, 0);
    // Before it is settled: what the lenders' cap leaves of the hole is not there either.
    assert_eq!(code(Ask(&mut world, "ann").redeem(Some(35_001))), "above-free");
    world.account("fay", 5_000);
    assert_eq!(code(Ask(&mut world, "fay").supply(5_000)), "domain-owes");
    no_buyer(&mut world);
    assert_eq!(world.balance(Holder::Uncovered(DOMAIN)), -20_000);
    let realisable = |world: &World| world.engine.state().realisable(pool(world)).total.atoms();
    assert_eq!((supply(&world, "ann"), realisable(&world)), (45_000, 70_000));
    // Seven ninths of what each may claim, whoever is first.
    for (text, free) in [("ann", 35_000), ("bob", 21_000)] {
        assert_eq!(code(Ask(&mut world, text).redeem(Some(free + 1))), "above-free");
        Ask(&mut world, text).redeem(None).unwrap();
        assert_eq!(code(Ask(&mut world, text).redeem(None)), "zero-amount", "nothing is left");
        assert_eq!(world.cash(text), free.try_into().unwrap());
    }
    assert_eq!(realisable(&world), 14_000, "Cid's, as before");
    world.account("eve", 5_000);
    assert_eq!(code(Ask(&mut world, "eve").supply(5_000)), "domain-owes");
    Ask(&mut world, "cid").redeem(None).unwrap();
    assert_eq!(world.cash("cid"), 14_000);
}

/// Supply that moved to another account after one loss is liable for the next.
#[test]
fn supply_that_hops_is_asked_again() {
    let mut world = three_lenders(pool_of(spec(), 0));
    borrower(&mut world, "eva", 2, 1_500);
    borrower(&mut world, "dan", 20, 7_000);
    mark(&mut world, 800);
    assert_eq!(last_loss(&world), LossId(0), "eva alone fails");
    Ask(&mut world, "ann").redeem(Some(49_000)).unwrap();
    world.withdraw("ann", 49_000).unwrap();
    world.account_of("ann-2", "ann", 49_000);
    Ask(&mut world, "ann-2").supply(49_000).unwrap();
    world.tick(60_000);
    mark(&mut world, 300);
    let of_dan = world.loss_of("dan", "dan");
    sell(&mut world, of_dan, 20, 5_400).unwrap();
    // 1,600 over some 100,000: half of it is hers, wherever it is.
    let hers = supply(&world, "ann-2");
    assert!(hers <= 49_000 - 780, "{hers}");
}

/// What a failed borrower still holds in cash pays before any lender.
#[test]
fn what_was_borrowed_and_kept_pays_first() {
    let mut world = three_lenders(pool_of(spec(), 0));
    world.account("dan", 0);
    deposit_eth(&mut world, "dan", 10);
    Ask(&mut world, "dan").pledge(10).unwrap();
    Ask(&mut world, "dan").borrow(7_000).unwrap();
    world.withdraw("dan", 5_500).unwrap();
    mark(&mut world, 500);
    assert!(world.withdraw("dan", 1).is_err(), "it is held");
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 10, 4_500).unwrap();
    let (_, loss) = only_loss(&world);
    assert_eq!(loss.deficit, amount(1_000));
    assert_eq!(world.cash("dan"), 0);
}

/// Fees that found no cash are given up to the lenders of the loan that died; what a newcomer's
/// borrower pays is no fee of it.
#[test]
fn fees_of_a_dead_loan_die_with_it() {
    let mut world = pool_of(flat(200_000), 0);
    lender(&mut world, "ann", 50_000);
    borrower(&mut world, "dan", 100, 50_000);
    world.tick(YEAR);
    mark(&mut world, 0);
    no_buyer(&mut world);
    let (id, loss) = only_loss(&world);
    assert_eq!((loss.deficit, loss.uncovered), (amount(60_000), amount(0)));
    assert_eq!(pool(&world).books.assets(), amount(0));
    lender(&mut world, "eve", 5_000);
    mark(&mut world, 1_000);
    borrower(&mut world, "frank", 10, 2_000);
    world.deposit("frank", 2_000);
    Ask(&mut world, "frank").repay(None).unwrap();
    Ask(&mut world, "eve").redeem(None).unwrap();
    assert_eq!(world.cash("eve"), 5_000);
    sell(&mut world, id, 100, 90_000).unwrap();
    assert_eq!(world.cash("ann"), 60_000, "her interest, too");
}

/// Fees go to a fund that stands for the loans they come from, and to no other pot.
#[test]
fn the_fund_of_the_fees_stands_in_the_waterfall() {
    let mut world = domain(0);
    let other = world.add(layer("Treasury", Kind::Treasury, Source::Pot));
    let open = |world: &mut World, fund| {
        give(world, Command::Open { spec: Box::new(PoolSpec { fund, ..flat(200_000) }) })
    };
    assert_eq!(code(open(&mut world, other)), "not-a-fund");
    world.waterfall(&["Fund"]);
    assert_eq!(code(open(&mut world, LayerId(0))), "no-supply-layer");
    world.add(layer("More lenders", Kind::LenderSupply, Source::Members(by_supply())));
    let steps = ["Lenders", "More lenders"].map(|text| world.step(&[(text, 1)]));
    let (domain, class) = (DOMAIN, CauseClass::Default);
    let command = domain::Command::SetWaterfall { domain, class, steps: steps.into() };
    let twice = world.give(Actor::VENUE, Action::Domain(command)).expect_err("it is refused");
    assert!(twice.to_string().contains("takes supply, as one before it does"), "{twice}");
    world.waterfall(&["Fund", "Lenders"]);
    open(&mut world, LayerId(0)).unwrap();
}

/// A domain bears the losses of a pool alone: no market comes to it, and no pool to a market's.
#[test]
fn a_pool_has_a_domain_of_its_own() {
    let mut world = pool_of(spec(), 0);
    let listed = rhodian_core::market::Command::List {
        spec: Box::new(crate::world::venue::perpetual("BTC")),
    };
    assert_eq!(code(world.give(Actor::VENUE, Action::Market(listed))), "domain-of-pool");
    let mut world = domain(0);
    world.list(crate::world::venue::perpetual("BTC"));
    assert_eq!(code(give(&mut world, Command::Open { spec: Box::new(spec()) })), "domain-in-use");
}

/// A failed borrower's cash is held for what he owes, and not all of it.
#[test]
fn no_more_is_held_than_is_owed() {
    let mut world = three_lenders(pool_of(spec(), 0));
    borrower(&mut world, "dan", 2, 1_500);
    world.deposit("dan", 1_000_000);
    mark(&mut world, 500);
    assert!(world.withdraw("dan", 998_501).is_err());
    world.withdraw("dan", 998_500).unwrap();
}

/// T25 (Kamino's guard): of two collaterals a liquidator takes the one that sells well, and what is
/// left covers the debt no more.
#[test]
fn t25_the_better_of_two_collaterals_may_not_be_taken_away() {
    let mut world = domain(0);
    let second = AssetId(2);
    world.domain_do(domain::Command::AddAsset { name: name("JUNK"), decimals: 0 });
    let good = CollateralSpec { tiers: vec![tier(0, 880_000, 900_000)], sale_discount: 0, ..eth() };
    let tiers = vec![tier(0, 440_000, 450_000)];
    let junk = CollateralSpec { asset: second, tiers, sale_discount: 500_000, ..eth() };
    for spec in [good, junk] {
        collateral(&mut world, collateral::Command::Accept { spec: Box::new(spec) }).unwrap();
    }
    let to = |world: &mut World, asset, ticks| {
        let command = collateral::Command::Mark { asset, settled: ASSET, price: price(ticks) };
        collateral(world, command).unwrap();
    };
    to(&mut world, ETH, 1);
    to(&mut world, second, 1);
    let of = PoolSpec { collateral: vec![ETH, second], ..spec() };
    give(&mut world, Command::Open { spec: Box::new(of) }).unwrap();
    let mut world = three_lenders(world);
    world.account("liz", 10_000);
    world.account("dan", 0);
    deposit_eth(&mut world, "dan", 4_000);
    Ask(&mut world, "dan").pledge(4_000).unwrap();
    let (account, number) = (world.id("dan"), world.next_number());
    let deposit = rhodian_core::account::Command::Deposit {
        account,
        number,
        asset: second,
        amount: amount(9_000),
    };
    world.account_do(deposit);
    let number = world.next_number();
    let pledge =
        Command::Pledge { pool: POOL, account, number, asset: second, amount: amount(9_000) };
    give(&mut world, pledge).unwrap();
    Ask(&mut world, "dan").borrow(7_040).unwrap();
    world.withdraw("dan", 7_040).unwrap();
    // 6,100 of junk at half, and four thousand: 7,050 covers 7,040, and counts for 6,345.
    collateral_falls(&mut world, second);
    assert_eq!(code(Ask(&mut world, "liz").liquidate("dan", 3_800)), "leaves-failing");
    assert!(world.engine.state().losses.losses().next().is_none());
}

/// Two thirds of the second collateral's worth go: a tick of 1 becomes 61 of 90.
fn collateral_falls(world: &mut World, asset: AssetId) {
    let spec = CollateralSpec {
        asset,
        num: 61,
        den: 90,
        tiers: vec![tier(0, 440_000, 450_000)],
        sale_discount: 500_000,
        ..eth()
    };
    collateral(world, collateral::Command::Accept { spec: Box::new(spec) }).unwrap();
}

/// An exploit while everything is lent out: lenders pay what cash the pool has, and the rest is a
/// debt of the domain, not money that is not there.
#[test]
fn a_loss_from_outside_takes_no_cash_that_is_lent() {
    let mut world = pool_of(spec(), 0);
    lender(&mut world, "ann", 100_000);
    borrower(&mut world, "dan", 200, 90_000);
    world.account("zed", 60_000);
    world.report("exploit", 100_000);
    assert_eq!(world.loss("exploit").uncovered, amount(90_000));
    assert_eq!(world.balance(Holder::Pool(POOL)), 0);
    assert_eq!(supply(&world, "ann"), 90_000);
    world.withdraw("zed", 60_000).unwrap_err();
}

/// What is held of a supply grows with it.
#[test]
fn held_supply_keeps_its_interest() {
    let mut world = pool_of(flat(100_000), 0);
    lender(&mut world, "ann", 1_000_000);
    borrower(&mut world, "bob", 900, 400_000);
    world.account("dan", 1_000_000);
    Ask(&mut world, "dan").supply(1_000_000).unwrap();
    borrower(&mut world, "dan", 10, 7_000);
    let number = world.next_number();
    let account = world.id("bob");
    world.account_do(rhodian_core::account::Command::Deposit {
        account,
        number,
        asset: ETH,
        amount: amount(900),
    });
    Ask(&mut world, "bob").pledge(900).unwrap();
    mark(&mut world, 700);
    world.tick(59 * 60_000);
    assert_eq!(code(Ask(&mut world, "dan").redeem(Some(1))), "above-free");
}

/// Who lends and who borrows are asked at the same moment: interest that makes a loan fail is seen
/// before anybody takes his own of it out.
#[test]
fn a_loan_fails_by_the_interest_that_others_would_redeem() {
    let mut world = pool_of(flat(1_000_000), 0);
    lender(&mut world, "ann", 100_000);
    lender(&mut world, "bob", 100_000);
    borrower(&mut world, "dan", 100, 70_000);
    mark(&mut world, 778);
    assert!(world.engine.state().losses.losses().next().is_none(), "70,020 covers 70,000");
    world.tick(59 * 60_000);
    assert!(world.engine.state().losses.losses().next().is_none(), "and 70,007 of an hour");
    world.tick(3 * 3_600_000);
    assert_eq!(only_loss(&world).1.stage, Stage::Detected, "and not 70,031");
}

/// At the end of time nothing accrues any more, and nothing is due for ever.
#[test]
fn the_end_of_time_is_quiet() {
    let mut world = pool_of(flat(100_000), 0);
    lender(&mut world, "ann", 100_000);
    borrower(&mut world, "dan", 100, 10_000);
    world.checked = false;
    world.at = Time(u64::MAX);
    world.must(Action::Tick);
    mark(&mut world, 1_000);
    let records = world.give(Actor::VENUE, Action::Tick).map(|records| records.len());
    assert!(records.is_ok_and(|count| count <= 2));
}

/// Any rule divides over supply, as equal losses do; what is taken of accounts, or on touch, is not
/// of supply.
#[test]
fn any_rule_divides_over_supply() {
    let mut world = domain(0);
    let equal = MemberRule { rule: Rule::EqualLosses, ..by_supply() };
    world.add(layer("By losses", Kind::LenderSupply, Source::Members(equal)));
    world.waterfall(&["Fund", "By losses"]);
    give(&mut world, Command::Open { spec: Box::new(spec()) }).unwrap();
    let mut world = three_lenders(world);
    borrower(&mut world, "dan", 10, 7_000);
    mark(&mut world, 500);
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 10, 4_500).unwrap();
    assert_eq!(["ann", "bob", "cid"].map(|text| supply(&world, text)), [49_166, 29_167, 19_167]);
    let refused = layer("On touch", Kind::LenderSupply, {
        Source::Members(MemberRule { on_touch: true, ..by_supply() })
    });
    let command = domain::Command::AddLayer { spec: Box::new(refused) };
    assert_eq!(code(world.give(Actor::VENUE, Action::Domain(command))), "supply-basis");
    let refused = layer("Deposits", Kind::Deposits, Source::Members(by_supply()));
    let command = domain::Command::AddLayer { spec: Box::new(refused) };
    assert_eq!(code(world.give(Actor::VENUE, Action::Domain(command))), "supply-basis");
}
