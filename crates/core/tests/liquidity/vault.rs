//! Vaults: from an entry to a loss that holders bear by their shares, and back.

use crate::world::acts::Given;
use crate::world::liquidity::*;
use crate::world::venue::{backstop, routes};
use crate::world::{World, amount};
use rhodian_core::control::Parameter;
use rhodian_core::ids::LayerId;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Stage};
use rhodian_core::pools::liquidity::VaultSpec;
use rhodian_core::units::Amount;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Ann and Bob put in 60,000 and 40,000; Tom has 20,000 to trade with.
fn two_holders(spec: VaultSpec, fund: u128) -> World {
    let mut world = vault_of(spec, fund);
    holder(&mut world, "ann", 60_000);
    holder(&mut world, "bob", 40_000);
    world.account("tom", 20_000);
    world
}

#[test]
fn money_goes_in_and_comes_out() {
    let mut world = two_holders(spec(), 0);
    assert_eq!(shares(&world, "ann"), 60_000_000_000, "a million to the atom");
    assert_eq!((vault_cash(&world), worth(&world).book), (100_000, amount(100_000)));
    try_leave(&mut world, "ann", Some(15_000_000_000)).unwrap();
    assert_eq!((world.cash("ann"), fetches(&world, "ann")), (15_000, 45_000));
    assert_eq!(holding(&world, "ann").cost, amount(45_000), "a quarter of it went with her");
    try_leave(&mut world, "ann", None).unwrap();
    try_leave(&mut world, "bob", None).unwrap();
    assert_eq!((world.cash("ann"), world.cash("bob"), vault_cash(&world)), (60_000, 40_000, 0));
    assert_eq!(vault(&world).shares.count(), 0);
}

/// The vault takes the other side of Tom and gains what he loses: holders have it by their shares,
/// and who comes later pays for it.
#[test]
fn what_the_vault_gains_is_its_holders() {
    let mut world = two_holders(spec(), 0);
    world.fill("BTC", "tom", "vault", 100, 1_000);
    world.mark("BTC", 900);
    assert_eq!(worth(&world).book, amount(110_000));
    assert_eq!((fetches(&world, "ann"), fetches(&world, "bob")), (66_000, 44_000));
    holder(&mut world, "cid", 11_000);
    assert_eq!(shares(&world, "cid"), 10_000_000_000, "at 1.1 atoms");
    world.mark("BTC", 1_000);
    assert_eq!(worth(&world).book, amount(111_000));
    let worths = ["ann", "bob", "cid"].map(|text| fetches(&world, text));
    assert_eq!(worths, [60_545, 40_363, 10_090], "the loss is all of theirs, rounded down");
}

/// Who enters again has both as his cost; who leaves takes his part along.
#[test]
fn entry_costs_are_averaged() {
    let mut world = two_holders(spec(), 0);
    world.result("tom", "vault", 10_000);
    holder(&mut world, "ann", 22_000);
    assert_eq!(holding(&world, "ann").cost, amount(82_000));
    assert_eq!((shares(&world, "ann"), fetches(&world, "ann")), (80_000_000_000, 88_000));
    try_leave(&mut world, "ann", Some(20_000_000_000)).unwrap();
    assert_eq!((holding(&world, "ann").cost, world.cash("ann")), (amount(61_500), 22_000));
    assert_eq!(vault(&world).cost, amount(101_500));
}

/// Tom is long 150 of Eve's at 1,000, and fails with a hole of 16,000 at 760.
fn tom_fails(world: &mut World) {
    if !world.knows("eve") {
        world.account("eve", 100_000);
    }
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 760);
    world.loss_of("tom's", "tom");
    world.fill("BTC", "eve", "book/tom's", 150, 760);
}

fn bore(world: &World, layer: &str) -> [u128; 3] {
    let rows = world.bore("tom's", layer);
    let of = |text: &str| world.knows(text).then(|| rows.get(&world.id(text)).copied());
    ["ann", "bob", "cid"].map(|text| of(text).flatten().unwrap_or(0))
}

/// The fund, then what each holder gained above his own entry, then what they put in, by shares.
/// Cid entered at the top: he gained nothing, and pays only with his principal.
#[test]
fn profit_pays_before_principal() {
    let mut world = two_holders(spec(), 1_000);
    world.account("eve", 110_000);
    world.result("eve", "vault", 10_000);
    holder(&mut world, "cid", 11_000);
    tom_fails(&mut world);
    let found = world.loss("tom's");
    assert_eq!((found.stage, found.deficit), (Stage::Settled, amount(16_000)));
    // 1,000 of the fund; 10,000 of profit, 6,000 of it Ann's; 5,000 of principal over 60, 40, 11.
    assert_eq!(bore(&world, "profit"), [6_000, 4_000, 0]);
    assert_eq!(bore(&world, "principal"), [2_727, 1_818, 455], "by shares: 60, 40 and 10");
    assert_eq!((worth(&world).book, vault_cash(&world)), (amount(106_000), 106_000));
    let worths = ["ann", "bob", "cid"].map(|text| fetches(&world, text));
    assert_eq!(worths, [57_273, 38_182, 10_544], "an atom of Cid's shares stays in fractions");
    assert_eq!(holding(&world, "ann").cost, amount(60_000), "what she paid in stays her cost");
}

/// What paid for a loss is not a profit when it is earned back: it is drawn on as principal again.
#[test]
fn what_is_earned_back_is_no_profit() {
    let mut world = two_holders(spec(), 0);
    tom_fails(&mut world);
    assert_eq!((bore(&world, "profit"), bore(&world, "principal")[0]), ([0, 0, 0], 9_600));
    world.result("eve", "vault", 10_000);
    assert_eq!(fetches(&world, "ann"), 56_400);
    let profit = world.engine.state().purse_means(
        rhodian_core::engine::Purse::Profit(VAULT),
        world.id("ann"),
        crate::world::ASSET,
    );
    assert_eq!(profit, Amount::ZERO, "60,000 went in");
}

/// A loss is of those who stood when it was detected: nobody enters or leaves meanwhile, and who
/// asked to leave before bears it as everybody.
#[test]
fn nobody_comes_or_goes_while_a_loss_is_known() {
    let mut world = two_holders(VaultSpec { cooldown: DAY, ..spec() }, 0);
    try_leave(&mut world, "bob", None).unwrap();
    world.account("cid", 10_000);
    world.account("eve", 100_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 760);
    let loss = world.loss_of("tom's", "tom");
    assert_eq!(code(try_enter(&mut world, "cid", 10_000)), "loss-known");
    let lien = |text: &str| world.engine.state().shares_lien(VAULT, world.id(text)).atoms();
    assert_eq!((lien("ann"), lien("bob")), (9_600, 6_400));
    world.tick(DAY);
    let left = world.cash("bob");
    if world.engine.state().losses.loss(loss).unwrap().stage != Stage::Settled {
        assert_eq!(left, 0, "he waits for the loss");
        world.fill("BTC", "eve", "book/tom's", 150, 760);
    }
    assert_eq!(world.bore("tom's", "principal")[&world.id("bob")], 6_400);
    assert_eq!((world.cash("bob"), shares(&world, "bob")), (33_600, 0), "then he is paid");
    try_enter(&mut world, "cid", 10_000).unwrap();
}

/// The vault itself fails: its margin is own means, its shares are worth nothing, and nobody pays
/// again for what he lost. Whoever enters later has nothing to do with it.
#[test]
fn a_vault_that_fails_costs_its_holders_once() {
    let mut world = vault_of(spec(), 50_000);
    holder(&mut world, "ann", 6_000);
    holder(&mut world, "bob", 4_000);
    world.account("eve", 100_000);
    world.fill("BTC", "vault", "eve", 90, 1_000);
    world.mark("BTC", 800);
    let loss = world.loss_of("vault's", "vault");
    assert_eq!(worth(&world).book, Amount::ZERO);
    world.account("cid", 10_000);
    assert_eq!(code(try_enter(&mut world, "cid", 5_000)), "loss-known");
    world.fill("BTC", "eve", "book/vault's", 90, 800);
    let found = world.engine.state().losses.loss(loss).unwrap();
    assert_eq!((found.stage, found.close_out), (Stage::Settled, amount(8_000)));
    assert_eq!((found.deficit, found.uncovered), (amount(8_000), Amount::ZERO));
    assert_eq!(world.balance(Holder::Layer(LayerId(0))), 42_000, "the fund paid the rest");
    assert_eq!((fetches(&world, "ann"), shares(&world, "ann")), (0, 6_000_000_000));
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!(world.cash("ann"), 0, "nothing is worth nothing");
    try_enter(&mut world, "cid", 5_000).unwrap();
    assert_eq!((vault(&world).epoch, shares(&world, "ann")), (1, 0), "her shares are void");
    assert_eq!((shares(&world, "cid"), fetches(&world, "cid")), (5_000_000_000, 5_000));
}

/// What a book leaves of the vault's margin comes back to it, and to those who held it.
#[test]
fn what_is_left_of_a_failed_vault_is_its_holders() {
    let mut world = vault_of(spec(), 50_000);
    holder(&mut world, "ann", 6_000);
    holder(&mut world, "bob", 4_000);
    world.account("eve", 100_000);
    world.fill("BTC", "vault", "eve", 90, 1_000);
    let account = world.id("vault");
    world.declare("vault's", "vault", &[]);
    world.fill("BTC", "eve", "book/vault's", 90, 950);
    assert_eq!(world.loss("vault's").stage, Stage::Settled);
    let cash = world.engine.state().ledger.balance(crate::world::ASSET, Holder::Account(account));
    let back = cash.atoms();
    assert!(back > 0 && back <= 5_500, "{back}");
    let worths = ["ann", "bob"].map(|text| fetches(&world, text));
    assert!(worths[0] + worths[1] >= back.unsigned_abs() - 1, "{worths:?} of {back}");
}

/// A failed trader's own shares pay first, as all that is his.
#[test]
fn own_shares_are_own_means() {
    let mut world = two_holders(spec(), 0);
    holder(&mut world, "tom", 10_000);
    tom_fails(&mut world);
    let found = world.loss("tom's");
    assert_eq!((found.own_means, found.deficit), (amount(10_000), amount(6_000)));
    assert_eq!((shares(&world, "tom"), bore(&world, "principal")), (0, [3_600, 2_400, 0]));
}

/// What came back for a loss goes to those who bore it, not to who holds shares now.
#[test]
fn recoveries_go_to_those_who_bore_the_loss() {
    let mut world = two_holders(spec(), 0);
    tom_fails(&mut world);
    try_leave(&mut world, "ann", None).unwrap();
    let before = world.cash("ann");
    holder(&mut world, "cid", 50_000);
    world.try_recover("tom's", 10_000).unwrap();
    assert_eq!(
        (world.cash("ann") - before, world.cash("bob"), world.cash("cid")),
        (6_000, 4_000, 0)
    );
}

/// Margin first: as much as is free leaves, in parts of the least entry, and the rest waits.
#[test]
fn exits_wait_for_the_margin_of_the_vaults_legs() {
    let mut world = two_holders(spec(), 0);
    world.account("eve", 100_000);
    world.fill("BTC", "eve", "vault", 900, 1_000);
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!(
        (world.cash("ann"), worth(&world).book),
        (10_000, amount(90_000)),
        "90,000 are margin"
    );
    assert_eq!(shares(&world, "ann"), 50_000_000_000);
    try_leave(&mut world, "bob", Some(1_000_000_000)).unwrap();
    assert_eq!(world.cash("bob"), 0, "no smaller exit goes round one that waits");
    world.fill("BTC", "vault", "eve", 5, 1_000);
    assert_eq!(world.cash("ann"), 10_000, "500 more are less than the least part");
    world.fill("BTC", "vault", "eve", 895, 1_000);
    assert_eq!((world.cash("ann"), world.cash("bob"), vault_cash(&world)), (60_000, 1_000, 39_000));
}

/// Two figures: by the book, and what it would fetch. Who enters pays the one, who leaves gets the
/// other.
#[test]
fn entries_are_at_the_book_and_exits_at_what_it_would_fetch() {
    let mut world = two_holders(spec(), 0);
    world.set(Parameter::StressRate, 50_000);
    world.account("eve", 100_000);
    world.fill("BTC", "eve", "vault", 400, 1_000);
    let of = worth(&world);
    assert_eq!(
        (of.book, of.closing, of.realisable()),
        (amount(100_000), amount(20_000), amount(80_000))
    );
    holder(&mut world, "cid", 10_000);
    assert_eq!(shares(&world, "cid"), 10_000_000_000);
    try_leave(&mut world, "cid", None).unwrap();
    assert_eq!(world.cash("cid"), 8_181, "of 90,000 for 110, rounded down");
    assert_eq!(worth(&world).book, amount(101_819), "what he left is theirs who stayed");
}

/// The fee is of what a leaving holder gets above his own entry, and of nothing else: no mark of
/// the vault's is kept.
#[test]
fn the_fee_is_of_each_holders_own_profit() {
    let mut world = two_holders(VaultSpec { fee: 200_000, ..spec() }, 0);
    world.account("eve", 100_000);
    world.result("eve", "vault", 10_000);
    holder(&mut world, "cid", 11_000);
    world.result("vault", "eve", 11_100);
    world.result("eve", "vault", 11_100);
    try_leave(&mut world, "cid", None).unwrap();
    assert_eq!(world.cash("cid"), 11_000, "he gained nothing");
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!((world.cash("ann"), world.balance(Holder::Layer(LayerId(0)))), (64_800, 1_200));
}

/// What reaches the account of a vault that nobody holds is neither those who left nor who comes.
#[test]
fn what_nobody_has_a_share_of_is_the_funds() {
    let mut world = two_holders(spec(), 0);
    for text in ["ann", "bob"] {
        try_leave(&mut world, text, None).unwrap();
    }
    world.result("tom", "vault", 700);
    world.account("cid", 5_000);
    try_enter(&mut world, "cid", 5_000).unwrap();
    assert_eq!(world.balance(Holder::Layer(LayerId(0))), 700);
    assert_eq!((vault(&world).epoch, fetches(&world, "cid")), (1, 5_000));
    assert_eq!(code(try_leave(&mut world, "ann", None)), "above-shares");
}

/// Layers beside: what gains pay of the vault's own account, and what its holders pay, is taken
/// from it once each.
#[test]
fn the_vaults_own_gains_pay_as_any_accounts() {
    let mut world = market_of_providers(0);
    world.session_gains("gains");
    world.waterfall(&["fund", "gains", "profit", "principal"]);
    open(&mut world, spec()).unwrap();
    holder(&mut world, "ann", 100_000);
    world.account("tom", 20_000);
    world.fill("BTC", "tom", "vault", 150, 1_000);
    world.mark("BTC", 760);
    world.loss_of("tom's", "tom");
    world.fill("BTC", "vault", "book/tom's", 150, 760);
    let found = world.loss("tom's");
    assert_eq!((found.stage, found.deficit), (Stage::Settled, amount(16_000)));
    assert_eq!(world.bore("tom's", "gains")[&world.id("vault")], 16_000, "of 36,000 gained");
    assert_eq!((worth(&world).book, bore(&world, "profit")), (amount(120_000), [0, 0, 0]));
    assert!(
        world
            .engine
            .state()
            .losses
            .losses()
            .all(|(_, of)| matches!(of.origin, loss::Origin::Derived))
    );
}

/// A loss took all that the vault would fetch, and with it every share: what was kept back for
/// closing, and was not needed, was nobody's. It stays theirs who paid.
#[test]
fn what_is_kept_back_for_closing_stays_theirs_who_pay() {
    let mut world = two_holders(spec(), 0);
    world.set(Parameter::StressRate, 50_000);
    world.account("eve", 100_000);
    world.fill("BTC", "eve", "vault", 400, 1_000);
    world.report("large", 200_000);
    assert_eq!(world.loss("large").received(), amount(80_000), "all but the cost of closing");
    assert_eq!((shares(&world, "ann"), shares(&world, "bob")), (12_000_000_000, 8_000_000_000));
    world.fill("BTC", "vault", "eve", 400, 1_000);
    assert_eq!((fetches(&world, "ann"), fetches(&world, "bob")), (12_000, 8_000));
}

/// A vault may be the backstop that liquidations sell to: what it takes over is its holders'.
#[test]
fn a_vault_may_be_the_backstop() {
    let mut world = two_holders(spec(), 0);
    world.account("eve", 100_000);
    let of = routes(&world, "fund", &[backstop(&world, "vault")]);
    world.set_routes(of).unwrap();
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 900);
    let taken = world.lots("vault", "BTC");
    assert!(taken > 0 && world.lots("tom", "BTC") == 150 - taken, "{taken}");
    assert!(worth(&world).book > amount(100_000), "at a discount");
}
