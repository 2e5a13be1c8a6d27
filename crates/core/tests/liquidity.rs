//! Vaults: from an entry to a loss that holders bear by their shares, and back.

mod world;

use rhodian_core::engine::{Event, Record};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::pools::liquidity;
use world::acts::Given;
use world::liquidity::*;
use world::{World, amount};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Ann and Bob put in 60,000 and 40,000; Tom has 20,000 to trade with.
fn two_holders(fund: u128) -> World {
    let mut world = vault_of(spec(), fund);
    holder(&mut world, "ann", 60_000);
    holder(&mut world, "bob", 40_000);
    world.account("tom", 20_000);
    world
}

#[test]
fn money_goes_in_and_comes_out() {
    let mut world = two_holders(0);
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
    let mut world = two_holders(0);
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

/// The fund, then what each holder gained above his own entry, then what they put in, by shares.
/// Cid entered at the top: he gained nothing, and pays only with his principal.
#[test]
fn profit_pays_before_principal() {
    let mut world = two_holders(1_000);
    world.account("eve", 100_000);
    world.fill("BTC", "eve", "vault", 100, 1_000);
    world.fill("BTC", "vault", "eve", 100, 900);
    assert_eq!(worth(&world).book, amount(110_000), "10,000 gained");
    holder(&mut world, "cid", 11_000);
    // Tom is long 150 of Eve's at 1,000, and fails with a hole of 16,000 at 760.
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 760);
    let loss = world.loss_of("tom's", "tom");
    world.fill("BTC", "eve", "book/tom's", 150, 760);
    let found = world.engine.state().losses.loss(loss).unwrap();
    assert_eq!((found.stage, found.deficit), (Stage::Settled, amount(16_000)));
    // 1,000 of the fund; 10,000 of profit, 6,000 of it Ann's; 5,000 of principal over 60, 40, 11.
    let bore = |layer: &str| {
        let rows = world.bore("tom's", layer);
        ["ann", "bob", "cid"].map(|text| rows.get(&world.id(text)).copied().unwrap_or(0))
    };
    assert_eq!(bore("profit"), [6_000, 4_000, 0]);
    assert_eq!(bore("principal"), [2_727, 1_818, 455], "of 66,000, 44,000 and 11,000");
    assert_eq!(worth(&world).book, amount(121_000 - 15_000));
    assert_eq!(vault_cash(&world), 106_000);
    let worths = ["ann", "bob", "cid"].map(|text| fetches(&world, text));
    assert_eq!(worths, [57_273, 38_182, 10_545]);
    assert_eq!(holding(&world, "ann").cost, amount(60_000), "what she paid in stays her cost");
}

/// Who pays gives shares; a share of the others is worth what it was, and a little more.
#[test]
fn who_pays_gives_shares_and_nobody_else_does() {
    let mut world = two_holders(0);
    holder(&mut world, "cid", 11_000);
    world.account("eve", 100_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    let before = shares(&world, "bob");
    world.mark("BTC", 860);
    world.fill("BTC", "eve", "book/tom's", 150, 860);
    let _ = before;
}

fn taken(records: &[Record]) -> usize {
    let events = records.iter().flat_map(|record| &record.events);
    let of =
        |event: &&Event| matches!(event, Event::Liquidity(liquidity::Event::ValueTaken { .. }));
    events.filter(of).count()
}
