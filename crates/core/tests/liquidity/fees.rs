//! The fee of holders who stay: of what, when, and how often.

use crate::world::acts::Given;
use crate::world::feeds::{FEED, open_feed};
use crate::world::liquidity::*;
use crate::world::{World, amount, name};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::engine::{Action, Actor, Event};
use rhodian_core::ids::{LayerId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::market::{self, Feeds};
use rhodian_core::oracle::Kind;
use rhodian_core::pools::liquidity::{self, VaultSpec};
use rhodian_core::units::Amount;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Ann and Bob put in 60,000 and 40,000; a fifth of what they gain is the fund's, each day.
fn two_holders() -> World {
    let mut world = vault_of(daily(), 0);
    holder(&mut world, "ann", 60_000);
    holder(&mut world, "bob", 40_000);
    world.account("eve", 1_000_000);
    world
}

/// What the fund has: it begins with nothing.
fn fund(world: &World) -> i128 {
    world.balance(Holder::Layer(LayerId(0)))
}

fn high_water(world: &World, text: &str) -> u128 {
    holding(world, text).high_water.atoms()
}

/// How often the fee of who stays was taken of somebody, and how often it was put off.
fn taken(world: &World) -> (usize, usize) {
    use liquidity::Event as L;
    let events = || world.records.iter().flat_map(|record| &record.events);
    let paid =
        |e: &&Event| matches!(e, Event::Liquidity(L::FeesTaken { rows, .. }) if !rows.is_empty());
    let off = |e: &&Event| matches!(e, Event::Liquidity(L::FeesPutOff { .. }));
    (events().filter(paid).count(), events().filter(off).count())
}

fn status(world: &mut World, status: Status) {
    let (domain, cause) = (None, name("a test"));
    let command = control::Command::SetStatus { domain, status, cause };
    world.give(Actor::VENUE, Action::Control(command)).unwrap();
}

/// A fifth of 6,000 and of 4,000, by shares at 1.10; and not again until there is more.
#[test]
fn who_stays_pays_of_what_he_gained_once_a_period() {
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    world.tick(DAY - 1);
    assert_eq!((fund(&world), fetches(&world, "ann")), (0, 66_000), "her day is not over");
    world.tick(1);
    assert_eq!((fund(&world), vault_cash(&world)), (2_000, 108_000));
    assert_eq!(shares(&world, "ann"), 60_000_000_000 - 1_090_909_091, "1,200 at 1.10, rounded up");
    assert_eq!((fetches(&world, "ann"), fetches(&world, "bob")), (64_800, 43_199));
    assert_eq!((high_water(&world, "ann"), high_water(&world, "bob")), (64_800, 43_200));
    assert_eq!(holding(&world, "ann").cost, amount(60_000), "what profit pays losses by");
    world.tick(DAY);
    assert_eq!(fund(&world), 2_000, "nothing was gained since");
    world.result("eve", "vault", 10_800);
    world.tick(DAY);
    // 6,480 of hers and 4,319 of Bob's above their marks. Of his, 4,315 pay 863, and 4 stay.
    assert_eq!(fund(&world), 2_000 + 1_296 + 863);
    assert_eq!(high_water(&world, "ann"), 64_800 + 6_480 - 1_296);
    assert_eq!(high_water(&world, "bob"), 43_200 + 4_315 - 863);
    assert_eq!(taken(&world), (2, 0));
}

/// What she paid already is not paid again where she leaves, to an atom.
#[test]
fn who_leaves_after_it_pays_only_above_his_mark() {
    let left = |before: bool| {
        let mut world = two_holders();
        world.result("eve", "vault", 10_000);
        world.tick(if before { DAY - 1 } else { DAY });
        try_leave(&mut world, "ann", None).unwrap();
        world.tick(DAY);
        (world.cash("ann"), fund(&world), fetches(&world, "bob"))
    };
    assert_eq!(left(true), (64_800, 2_000, 43_200));
    assert_eq!(left(false), left(true));
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    world.result("eve", "vault", 10_800);
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!((world.cash("ann"), fund(&world)), (71_280 - 1_296, 2_000 + 1_296));
}

/// What the vault lost and earned back is no gain above what was paid on.
#[test]
fn nobody_pays_for_what_is_earned_back() {
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    world.result("vault", "eve", 30_000);
    world.tick(DAY);
    world.result("eve", "vault", 30_000);
    world.tick(DAY);
    assert_eq!((fund(&world), taken(&world)), (2_000, (1, 0)));
    world.result("eve", "vault", 1_000);
    world.tick(DAY);
    assert_eq!(fund(&world), 2_000 + 120 + 79, "600 and 399 above their marks");
}

/// Nor for what was paid for a loss: the mark stays, and so does the entry cost.
#[test]
fn a_mark_stays_where_a_loss_is_paid() {
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    // 2,000 are the fund's fees; of 12,000 what is above entry costs pays 7,999.
    world.report("large", 14_000);
    let bore = |world: &World, layer: &str| world.bore("large", layer).values().sum::<u128>();
    assert_eq!((bore(&world, "profit"), bore(&world, "principal")), (7_999, 4_001));
    assert_eq!((high_water(&world, "ann"), holding(&world, "ann").cost.atoms()), (64_800, 60_000));
    assert_eq!(fetches(&world, "ann"), 57_599);
    world.result("eve", "vault", 12_000);
    world.tick(DAY);
    assert_eq!(fund(&world), 0, "12,000 were lost and earned back");
}

/// Who enters again adds what he puts in to his mark, who leaves in part takes his part along.
#[test]
fn a_mark_follows_what_goes_in_and_out() {
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    holder(&mut world, "ann", 10_000);
    assert_eq!((high_water(&world, "ann"), holding(&world, "ann").cost.atoms()), (74_800, 70_000));
    let half = shares(&world, "ann") / 2;
    try_leave(&mut world, "ann", Some(half)).unwrap();
    assert_eq!((high_water(&world, "ann"), holding(&world, "ann").cost.atoms()), (37_400, 35_000));
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!((fund(&world), high_water(&world, "ann")), (2_000, 0));
}

/// Where it is taken only of who leaves, the mark is the entry cost and nothing is ever due.
#[test]
fn without_a_period_the_mark_is_the_entry_cost() {
    let mut world = vault_of(VaultSpec { fee: 200_000, ..spec() }, 0);
    holder(&mut world, "ann", 60_000);
    world.account("eve", 100_000);
    world.result("eve", "vault", 10_000);
    world.tick(400 * DAY);
    let state = world.engine.state();
    assert!(vault(&world).next_fees().is_none() && state.holder_fees(vault(&world)).is_empty());
    assert_eq!((fund(&world), high_water(&world, "ann")), (0, 60_000));
}

/// All of it or nothing: 69,000 of 70,000 are margin, so a fee of 2,000 waits until it is free, and
/// is then of what was gained by then.
#[test]
fn a_fee_that_the_margin_does_not_allow_waits_whole() {
    let mut world = vault_of(daily(), 0);
    holder(&mut world, "ann", 36_000);
    holder(&mut world, "bob", 24_000);
    world.account("eve", 1_000_000);
    world.result("eve", "vault", 10_000);
    world.fill("BTC", "eve", "vault", 690, 1_000);
    world.tick(DAY);
    assert_eq!((fund(&world), taken(&world), high_water(&world, "ann")), (0, (0, 1), 36_000));
    let next = vault(&world).next_fees();
    assert_eq!(next, Some(Time(world.at.0 + HOUR)));
    world.tick(HOUR);
    assert_eq!(taken(&world), (0, 2));
    world.fill("BTC", "vault", "eve", 690, 1_000);
    assert_eq!(fund(&world), 0, "it is looked at again when the hour is over");
    world.tick(HOUR);
    assert_eq!((fund(&world), taken(&world)), (2_000, (1, 2)));
    assert_eq!(vault(&world).next_fees(), Some(Time(world.at.0 + DAY)), "a period later");
}

/// What stands against it, and what ends that.
#[test]
fn a_fee_waits() {
    type Act = fn(&mut World);
    let waits: [(&str, Act, Act); 5] = [
        (
            "a loss is known",
            |w| {
                w.account("tom", 20_000);
                w.fill("BTC", "tom", "eve", 150, 1_000);
                w.mark("BTC", 860);
                w.loss_of("tom's", "tom");
            },
            |w| w.fill("BTC", "eve", "book/tom's", 150, 860),
        ),
        (
            "a price is not fit",
            |w| {
                w.fill("BTC", "eve", "vault", 1, 1_000);
                open_feed(w, "BTC index", Kind::Price);
                let (market, feeds) =
                    (w.market_id("BTC"), Feeds { price: Some(FEED), ..Feeds::default() });
                w.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
            },
            |w| {
                let market = w.market_id("BTC");
                let feeds = Feeds::default();
                w.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
            },
        ),
        ("nothing moves in a halt", |w| status(w, Status::Halted), |w| w.tick(30 * DAY)),
        (
            "who waits to be paid out goes first",
            |w| {
                w.fill("BTC", "eve", "vault", 1_075, 1_000);
                try_leave(w, "ann", None).unwrap();
            },
            |w| {
                w.fill("BTC", "vault", "eve", 1_075, 1_000);
            },
        ),
        (
            "what was gained is not matured",
            |w| {
                w.result("vault", "eve", 10_000);
                w.fill("BTC", "eve", "vault", 100, 1_000);
                w.mark("BTC", 900);
                w.fill("BTC", "vault", "eve", 100, 900);
            },
            |w| {
                w.set(Parameter::ReferenceAge, 0);
                w.boundary();
                w.tick(DAY);
            },
        ),
    ];
    for (what, before, after) in waits {
        let mut world = two_holders();
        world.result("eve", "vault", 10_000);
        world.tick(DAY - 1);
        before(&mut world);
        let had = fund(&world);
        world.tick(1);
        assert_eq!((fund(&world), taken(&world)), (had, (0, 0)), "{what}");
        after(&mut world);
        assert!(fund(&world) > had && taken(&world) == (1, 0), "{what}: then it is paid");
    }
}

/// Her only share is worth more than the fee, and would be all that she has: she pays where she
/// leaves.
#[test]
fn nobody_pays_what_is_worth_less_than_a_share() {
    let mut world = vault_of(daily(), 0);
    holder(&mut world, "ann", 1_000);
    try_leave(&mut world, "ann", Some(999_999_999)).unwrap();
    world.account("eve", 100_000);
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    assert_eq!((fund(&world), shares(&world, "ann"), taken(&world)), (0, 1, (0, 0)));
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!((fund(&world), world.cash("ann")), (2_000, 999 + 8_001));
}

/// Claims are settled by rank: no fee leaves a vault.
#[test]
fn nothing_is_taken_in_a_settlement() {
    let mut world = two_holders();
    world.result("eve", "vault", 10_000);
    status(&mut world, Status::Settling);
    world.tick(2 * DAY);
    assert_eq!((fund(&world), taken(&world)), (0, (0, 0)));
}

/// A vault that fails begins anew: marks of before are void with the shares.
#[test]
fn a_new_epoch_has_no_mark_of_before() {
    let mut world = vault_of(daily(), 50_000);
    holder(&mut world, "ann", 6_000);
    holder(&mut world, "bob", 4_000);
    world.account("eve", 100_000);
    world.result("eve", "vault", 1_000);
    world.tick(DAY);
    assert_eq!(high_water(&world, "ann"), 6_480);
    world.result("vault", "eve", 10_799);
    world.result("vault", "eve", vault_cash(&world).unsigned_abs());
    world.account("cid", 5_000);
    try_enter(&mut world, "cid", 5_000).unwrap();
    assert_eq!((vault(&world).epoch, high_water(&world, "ann")), (1, 0));
    let before = fund(&world);
    world.result("eve", "vault", 1_000);
    world.tick(DAY);
    assert_eq!((fund(&world) - before, high_water(&world, "cid")), (200, 5_800));
    assert_eq!(code(try_leave(&mut world, "ann", None)), "above-shares");
}

/// The fund has no room for all of it: nobody pays.
#[test]
fn a_fee_waits_for_room_in_the_fund() {
    let mut world = two_holders();
    world.pay_into("fund", Amount::MAX.atoms() - 1_999);
    world.result("eve", "vault", 10_000);
    world.tick(DAY);
    assert_eq!((taken(&world), fetches(&world, "ann")), ((0, 1), 66_000));
}

/// An exit on its way keeps what it asked for as far as there are shares; the fee is of all.
#[test]
fn who_asked_to_leave_pays_until_he_is_paid() {
    let mut world = vault_of(VaultSpec { cooldown: 2 * DAY, ..daily() }, 0);
    holder(&mut world, "ann", 60_000);
    holder(&mut world, "bob", 40_000);
    world.account("eve", 100_000);
    world.result("eve", "vault", 10_000);
    try_leave(&mut world, "ann", None).unwrap();
    world.tick(DAY);
    let held = holding(&world, "ann");
    assert_eq!((fund(&world), held.exit.unwrap().shares), (2_000, held.shares));
    world.tick(DAY);
    assert_eq!((world.cash("ann"), fund(&world)), (64_800, 2_000));
}
