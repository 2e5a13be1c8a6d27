//! Lending pools: from a supply to a loss that lenders bear by it, and back.

use crate::world::acts::Given;
use crate::world::lending::*;
use crate::world::{World, amount};
use rhodian_core::engine::{Action, Event, Record};
use rhodian_core::ids::LayerId;
use rhodian_core::incentive::{self, PayTerms};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Stage};
use rhodian_core::pools::lending::{self, Command, Rates};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Ann, Bob and Cid lend 50,000, 30,000 and 20,000; Dan borrowed 7,000 against ten ether at 1,000.
fn three_lenders(fund: u128) -> World {
    let mut world = pool_of(spec(), fund);
    for (text, atoms) in [("ann", 50_000), ("bob", 30_000), ("cid", 20_000)] {
        lender(&mut world, text, atoms);
    }
    borrower(&mut world, "dan", 10, 7_000);
    world
}

#[test]
fn a_loan_goes_out_and_comes_back() {
    let mut world = three_lenders(0);
    assert_eq!((world.balance(Holder::Pool(POOL)), owes(&world, "dan")), (93_000, 7_000));
    assert_eq!(eth_of(&world, Holder::Pool(POOL)), 10);
    assert_eq!(code(Ask(&mut world, "dan").release(1)), "above-borrowable", "7,000 of 6,750");
    world.deposit("dan", 7_000);
    assert_eq!(code(Ask(&mut world, "dan").repay(Some(6_500))), "below-least-debt");
    Ask(&mut world, "dan").repay(Some(2_000)).unwrap();
    Ask(&mut world, "dan").release(3).unwrap();
    Ask(&mut world, "dan").repay(None).unwrap();
    Ask(&mut world, "dan").release(7).unwrap();
    assert!(pool(&world).position(world.id("dan")).is_none(), "he has nothing in it any more");
    Ask(&mut world, "ann").redeem(None).unwrap();
    assert_eq!((supply(&world, "ann"), world.cash("ann")), (0, 50_000));
}

#[test]
fn what_is_lent_is_not_there_to_redeem_or_to_borrow() {
    let mut world = pool_of(spec(), 0);
    lender(&mut world, "ann", 10_000);
    borrower(&mut world, "dan", 12, 9_000);
    assert_eq!(code(Ask(&mut world, "ann").redeem(Some(1_001))), "not-liquid");
    Ask(&mut world, "ann").redeem(None).unwrap();
    assert_eq!((world.cash("ann"), supply(&world, "ann")), (1_000, 9_000));
    deposit_eth(&mut world, "dan", 10);
    Ask(&mut world, "dan").pledge(10).unwrap();
    assert_eq!(code(Ask(&mut world, "dan").borrow(1)), "not-liquid");
}

/// What his stake earned until his loan failed is his, and pays for it: a day's 1,000.
#[test]
fn a_borrower_is_paid_as_a_staker_until_he_fails() {
    let mut world = domain(0);
    world.tranche("Tranche");
    world.waterfall(&["Fund", "Tranche", "Lenders"]);
    give(&mut world, Command::Open { spec: Box::new(spec()) }).unwrap();
    lender(&mut world, "alice", 50_000);
    world.account("dan", 1_000);
    world.stake("dan", "Tranche", 1_000);
    borrower(&mut world, "dan", 10, 7_000);
    let layer = LayerId(2);
    let pay = Some(PayTerms { target: amount(1_000), most: amount(365_000), load: 0 });
    world.must(Action::Incentive(incentive::Command::SetPay { layer, pay }));
    let (number, pot) = (world.next_number() + 1_000, amount(9_000));
    world.must(Action::Incentive(incentive::Command::FundPay { layer, number, amount: pot }));
    world.tick(24 * crate::world::collateral::HOUR);
    mark(&mut world, 500);
    assert_eq!(only_loss(&world).1.stage, Stage::Detected);
    let earned = world.engine.state().domains.reward(layer, world.id("dan"));
    assert_eq!(earned, amount(1_000));
}

/// The fund pays first; then lenders by what they had when the loss was detected, to the atom. Who
/// came later pays nothing.
#[test]
fn lenders_bear_what_collateral_and_fund_leave() {
    let mut world = three_lenders(1_000);
    world.account("eve", 40_000);
    mark(&mut world, 500);
    let (id, loss) = only_loss(&world);
    assert_eq!((loss.stage, loss.failed), (Stage::Detected, Some(world.id("dan"))));
    assert_eq!(world.balance(Holder::Book(id)), -7_000);
    assert_eq!(eth_of(&world, Holder::Book(id)), 10);
    assert_eq!(owes(&world, "dan"), 0, "what he owes is the loss's now");
    Ask(&mut world, "eve").supply(40_000).unwrap();
    sell(&mut world, id, 10, 4_667).unwrap();
    let (_, loss) = only_loss(&world);
    assert_eq!(
        (loss.stage, loss.deficit, loss.uncovered),
        (Stage::Settled, amount(2_333), amount(0))
    );
    assert_eq!(loss.received(), amount(2_333));
    // 1,333 over 50, 30 and 20 of 100: 666.5, 399.9, 266.6.
    let left = ["ann", "bob", "cid", "eve"].map(|text| supply(&world, text));
    assert_eq!(left, [49_334, 29_600, 19_733, 40_000]);
    assert_eq!(left.iter().sum::<u128>(), 140_000 - 1_333);
    assert_eq!(world.balance(Holder::Pool(POOL)), 140_000 - 1_333);
    for text in ["ann", "bob", "cid", "eve"] {
        Ask(&mut world, text).redeem(None).unwrap();
    }
    assert_eq!(world.balance(Holder::Pool(POOL)), 0);
}

/// T18 (Derive, Morpho, Euler): between detection and settlement the first out left at par, and
/// those who stayed paid for them.
#[test]
fn t18_nobody_leaves_at_par_while_a_loss_is_open() {
    let mut world = three_lenders(0);
    mark(&mut world, 500);
    // The hole is 7,000 less 80 % of 5,000 while the ether is unsold: 3,000, half of it Ann's.
    let lien = |world: &World| world.engine.state().supply_lien(POOL, world.id("ann")).atoms();
    assert_eq!(lien(&world), 1_500);
    assert_eq!(code(Ask(&mut world, "ann").redeem(Some(48_501))), "above-free");
    Ask(&mut world, "ann").redeem(Some(48_500)).unwrap();
    assert_eq!(lien(&world), 1_500, "her supply is her lien now");
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 10, 4_500).unwrap();
    let left = ["ann", "bob", "cid"].map(|text| supply(&world, text));
    assert_eq!(left, [250, 29_250, 19_500], "2,500: as if nobody had tried to leave");
    assert_eq!(lien(&world), 0);
}

/// T19 (Morpho, Euler): with one atom of collateral left the bad debt was never recognised.
#[test]
fn t19_an_atom_of_collateral_hides_no_bad_debt() {
    let mut world = three_lenders(0);
    mark(&mut world, 0);
    let (id, loss) = only_loss(&world);
    assert_eq!(loss.stage, Stage::Detected, "ten ether that nobody wants are still there");
    sell(&mut world, id, 9, 0).unwrap();
    no_buyer(&mut world);
    let (_, loss) = only_loss(&world);
    assert_eq!((loss.stage, loss.deficit), (Stage::Settled, amount(7_000)));
    assert_eq!(eth_of(&world, Holder::Recovery(id)), 1, "the last one stands aside");
    assert_eq!(supply(&world, "ann"), 46_500);
}

/// The borrower's debt stays owed: what his collateral fetches later repays who bore the loss, last
/// step first, and nobody who came later.
#[test]
fn collateral_that_recovers_is_his_creditors() {
    let mut world = three_lenders(1_000);
    mark(&mut world, 0);
    no_buyer(&mut world);
    assert_eq!(supply(&world, "ann"), 47_000);
    lender(&mut world, "eve", 40_000);
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 4, 3_000).unwrap();
    assert_eq!(["ann", "bob", "cid", "eve"].map(|text| world.cash(text)), [1_500, 900, 600, 0]);
    sell(&mut world, id, 3, 3_500).unwrap();
    assert_eq!(["ann", "bob", "cid"].map(|text| world.cash(text)), [3_000, 1_800, 1_200]);
    assert_eq!(world.balance(Holder::Layer(world.layer_id("Fund"))), 500);
    // What is beyond the debt is the borrower's.
    sell(&mut world, id, 3, 900).unwrap();
    assert_eq!(world.balance(Holder::Layer(world.layer_id("Fund"))), 1_000);
    assert_eq!(world.cash("dan"), 400);
}

/// T20 (Injective's guard, many): the first depositor made a share dear, and whoever came next lost
/// to rounding; a donation did the same.
#[test]
fn t20_rounding_of_shares_takes_less_than_an_atom() {
    let mut world = pool_of(spec(), 0);
    lender(&mut world, "mallory", 1);
    for (text, atoms) in [("ann", 999_999), ("bob", 1), ("cid", 7)] {
        lender(&mut world, text, atoms);
        assert_eq!(supply(&world, text), atoms);
    }
    Ask(&mut world, "ann").redeem(Some(999_998)).unwrap();
    Ask(&mut world, "mallory").redeem(None).unwrap();
    assert_eq!(["ann", "bob", "cid"].map(|text| supply(&world, text)), [1, 1, 7]);
    assert_eq!(world.cash("mallory"), 1);
}

#[test]
fn interest_is_exact_to_the_atom() {
    let mut world = pool_of(flat(100_000), 0);
    lender(&mut world, "ann", 100_000);
    borrower(&mut world, "dan", 100, 50_000);
    world.tick(YEAR / 2);
    // Half of a tenth of 50,000 is 2,500: 250 for the house, the rest is Ann's.
    assert_eq!(owes(&world, "dan"), 52_500);
    assert_eq!((supply(&world, "ann"), pool(&world).books.fees), (102_250, amount(250)));
    // In cash nobody paid anything yet.
    assert_eq!(world.balance(Holder::Layer(world.layer_id("Fund"))), 0);
    world.deposit("dan", 52_500);
    Ask(&mut world, "dan").repay(Some(10_000)).unwrap();
    assert_eq!(world.balance(Holder::Layer(world.layer_id("Fund"))), 250);
    Ask(&mut world, "dan").repay(None).unwrap();
    Ask(&mut world, "ann").redeem(None).unwrap();
    assert_eq!((world.cash("ann"), world.balance(Holder::Pool(POOL))), (102_250, 0));
}

/// A rest of an atom is carried: who makes the pool accrue every hour takes nothing from anybody.
#[test]
fn interest_asked_for_often_is_no_less() {
    let mut world = pool_of(flat(100_000), 0);
    lender(&mut world, "ann", 100_000);
    borrower(&mut world, "dan", 10, 1_000);
    world.checked = false;
    // A hundredth of an atom an hour.
    for _ in 0..24 * 365 {
        world.tick(3_600_000);
    }
    assert_eq!(owes(&world, "dan"), 1_105, "1,000 by e to the tenth, in steps of whole atoms");
}

#[test]
fn the_rate_rises_to_the_kink_and_then_faster() {
    let rates = Rates { at_zero: 10_000, kink: 800_000, at_kink: 50_000, at_full: 1_000_000 };
    let at = |part| rates.at(part);
    assert_eq!(
        [0, 400_000, 800_000, 900_000, 1_000_000].map(at),
        [10_000, 30_000, 50_000, 525_000, 1_000_000]
    );
    assert_eq!(rates.at(2_000_000), 1_000_000, "no pool lends more than all");
}

/// T22 (Aave Umbrella debate): stakers paid everything while the house kept fees on the loans that
/// went bad. Here the house's part of interest that nobody paid dies with the loan: it is given up
/// to the lenders, as the loan is a part of all debts.
#[test]
fn t22_the_house_keeps_no_fee_on_a_loan_that_went_bad() {
    let mut world = pool_of(flat(200_000), 0);
    lender(&mut world, "ann", 100_000);
    borrower(&mut world, "dan", 100, 30_000);
    borrower(&mut world, "eva", 200, 20_000);
    world.tick(YEAR);
    assert_eq!(pool(&world).books.fees, amount(1_000));
    mark(&mut world, 300);
    let (id, _) = only_loss(&world);
    assert_eq!(pool(&world).books.fees, amount(400), "three fifths were on the loan that failed");
    assert_eq!(supply(&world, "ann"), 109_600);
    sell(&mut world, id, 100, 30_000).unwrap();
    let (_, loss) = only_loss(&world);
    assert_eq!(loss.deficit, amount(6_000));
    assert_eq!(supply(&world, "ann"), 103_600);
    // The rest reaches the fund when the other borrower pays.
    world.deposit("eva", 24_000);
    Ask(&mut world, "eva").repay(None).unwrap();
    assert_eq!(world.balance(Holder::Layer(world.layer_id("Fund"))), 400);
}

/// T25 (Kamino's guard): the bonus of a liquidation made the bad debt it should prevent.
#[test]
fn t25_a_bonus_never_makes_a_bad_debt() {
    let mut world = three_lenders(0);
    world.account("liz", 10_000);
    // 7,780 of collateral for 7,000: it covers the debt at a tenth off, and is below 80 %.
    mark(&mut world, 778);
    assert_eq!(code(Ask(&mut world, "liz").liquidate("ann", 1_000)), "healthy");
    let (held, owed) = (10 * 778, 7_000u128);
    Ask(&mut world, "liz").liquidate("dan", 3_000).unwrap();
    // 3,150 buys four ether of 778, and a part that is not there.
    assert_eq!(eth_of(&world, Holder::Account(world.id("liz"))), 4);
    let (left, owes) = (6 * 778, owes(&world, "dan"));
    assert_eq!(owes, 4_000);
    assert!(left * owed >= held * owes, "an atom of debt is covered no worse than before");
}

#[test]
fn a_liquidation_ends_at_its_target() {
    let mut world = three_lenders(0);
    world.account("liz", 10_000);
    assert_eq!(code(Ask(&mut world, "liz").liquidate("dan", 1_000)), "healthy");
    mark(&mut world, 800);
    assert_eq!(code(Ask(&mut world, "dan").liquidate("dan", 1_000)), "own-loan");
    // 4,952 and 5 % buy six whole ether; 80 % of four at 800 is 1.25 of what is left of the debt.
    let refused = Ask(&mut world, "liz").liquidate("dan", 7_000).expect_err("it is above");
    assert_eq!(refused.to_string(), "7000 repaid, a liquidation goes up to 4952 now");
    Ask(&mut world, "liz").liquidate("dan", 4_952).unwrap();
    assert_eq!((owes(&world, "dan"), eth_of(&world, Holder::Account(world.id("liz")))), (2_048, 6));
}

/// What a borrower lent to the same pool is his own means: it pays before anybody else's.
#[test]
fn a_borrowers_own_supply_pays_first() {
    let mut world = three_lenders(0);
    world.deposit("dan", 1_500);
    Ask(&mut world, "dan").supply(1_500).unwrap();
    mark(&mut world, 500);
    assert_eq!(code(Ask(&mut world, "dan").redeem(None)), "zero-amount", "it is held");
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 10, 4_500).unwrap();
    let (_, loss) = only_loss(&world);
    // What the ether fetched, and what he lent.
    assert_eq!((loss.own_means, loss.deficit), (amount(4_500 + 1_500), amount(1_000)));
    assert_eq!(["dan", "ann"].map(|text| supply(&world, text)), [0, 49_500]);
}

/// Everything is lost: who supplies afterwards shares with nobody who was there before.
#[test]
fn a_pool_that_lost_everything_starts_anew() {
    let mut world = pool_of(spec(), 0);
    lender(&mut world, "ann", 9_000);
    borrower(&mut world, "dan", 12, 9_000);
    mark(&mut world, 0);
    no_buyer(&mut world);
    assert_eq!((supply(&world, "ann"), pool(&world).books.assets()), (0, amount(0)));
    lender(&mut world, "eve", 500);
    assert_eq!(["ann", "eve"].map(|text| supply(&world, text)), [0, 500]);
    let (id, _) = only_loss(&world);
    sell(&mut world, id, 12, 9_000).unwrap();
    assert_eq!(["ann", "eve"].map(|text| world.cash(text)), [9_000, 0]);
}

/// Fractions of an atom that nobody can redeem are the house's, not lost.
#[test]
fn what_nobody_shares_in_is_due_to_the_house() {
    let mut world = pool_of(flat(100_000), 0);
    lender(&mut world, "ann", 100_000);
    lender(&mut world, "bob", 50_001);
    borrower(&mut world, "dan", 100, 50_000);
    world.tick(YEAR / 7);
    world.deposit("dan", 60_000);
    Ask(&mut world, "dan").repay(None).unwrap();
    for text in ["ann", "bob"] {
        Ask(&mut world, text).redeem(None).unwrap();
    }
    let books = pool(&world).books;
    assert_eq!(books.supply, lending::Side::default());
    assert_eq!(world.balance(Holder::Pool(POOL)).unsigned_abs(), books.fees.atoms());
}

/// The records of the same hole, filled by the same two layers, whatever it came from.
#[test]
fn a_default_a_loan_and_an_exploit_run_through_the_same_waterfall() {
    let steps = |records: &[Record]| {
        let events = records.iter().flat_map(|record| &record.events);
        let of_loss = events.filter_map(|event| match event {
            Event::Loss(event) => Some(event),
            _ => None,
        });
        let from = of_loss.skip_while(|e| !matches!(e, loss::Event::DeficitRecognised { .. }));
        from.cloned().collect::<Vec<loss::Event>>()
    };
    let lent = || {
        let mut world = three_lenders(1_000);
        world.account("zed", 0);
        world
    };
    let mut of_loan = lent();
    mark(&mut of_loan, 500);
    let (id, _) = only_loss(&of_loan);
    sell(&mut of_loan, id, 10, 4_667).unwrap();
    let mut of_exploit = lent();
    of_exploit.report("exploit", 2_333);
    let mut of_default = lent();
    of_default.result("zed", "dan", 2_333);
    let all = [&of_loan, &of_exploit, &of_default].map(|world| steps(&world.records));
    assert!(all[0].len() > 8, "the whole of the waterfall: {:?}", all[0]);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}
