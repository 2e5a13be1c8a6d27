//! Liens: what an account is held for while a loss is open, measured again after every command.

use crate::world::{World, amount, layer, members};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{Kind, MemberRule, Source};

/// A sale that has time to answer keeps the loss open; the gains behind it are held.
fn open_loss(rule: MemberRule, accounts: &[(&str, u128, u128, u128)], loss: u128) -> World {
    let mut world = World::new("USD", 2);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(1_000));
    world.add(sale);
    world.add(layer("gains", Kind::GainsHaircut, Source::Members(rule)));
    world.waterfall(&["sale", "gains"]);
    for (text, weight, cap, cash) in accounts {
        world.account(text, *cash);
        world.claims("gains", &[(text, *weight, *cap)]);
    }
    world.account("rich", 100_000);
    world.report("L", loss);
    world
}

/// min(cap, level x weight), rounded up; the rest is free, and no more than that leaves.
#[test]
fn the_share_of_the_hole_rounded_up() {
    let accounts = [("ann", 1, 100, 100), ("ben", 2, 100, 100), ("cat", 4, 10, 100)];
    let mut world = open_loss(members(Rule::Proportional), &accounts, 50);
    let liens = |world: &World| ["ann", "ben", "cat", "rich"].map(|text| world.lien(text));
    assert_eq!(liens(&world), [14, 27, 10, 0]);
    assert_eq!(world.withdraw("ann", 87).unwrap_err().code(), "withdrawal-above-free");
    world.withdraw("ann", 86).unwrap();
    assert_eq!((world.free("ann"), liens(&world)), (0, [14, 27, 10, 0]));
    world.pay_draw("L", "sale", None, 29).unwrap();
    assert_eq!(liens(&world), [4, 8, 10, 0], "21 are left: a level of 11/3");
    world.tick(1_000);
    assert_eq!(liens(&world), [0; 4], "released at settlement");
    assert_eq!(["ann", "ben", "cat"].map(|text| world.cash(text)), [10, 93, 90]);
}

/// Whoever holds his lien can pay his share, whatever the others do meanwhile.
#[test]
fn what_is_held_is_enough() {
    let accounts = [("ann", 3, 70, 70), ("ben", 5, 60, 60), ("cat", 7, 50, 50)];
    for leaves in [&["ann"][..], &["ben", "cat"], &["ann", "ben", "cat"]] {
        let mut world = open_loss(members(Rule::Proportional), &accounts, 120);
        for text in leaves {
            let free = world.free(text);
            if free > 0 {
                world.withdraw(text, free).unwrap();
            }
        }
        world.tick(1_000);
        assert_eq!(world.uncovered(), 0, "{leaves:?}");
    }
}

/// Rules without a common level by weight hold the whole cap.
#[test]
fn other_rules_hold_the_cap() {
    let classes = MemberRule { classes: true, ..members(Rule::Proportional) };
    for rule in [members(Rule::Queue), members(Rule::EqualAwards), classes] {
        let accounts = [("ann", 1, 40, 100), ("ben", 2, 30, 20)];
        let mut world = open_loss(rule, &accounts, 10);
        assert_eq!((world.lien("ann"), world.lien("ben")), (40, 20), "{rule:?}");
        world.tick(1_000);
        assert_eq!((world.lien("ann"), world.lien("ben")), (0, 0));
    }
}

/// A stake is money leaving the account; a result of trading is not held up by a lien.
#[test]
fn what_a_lien_holds_and_what_not() {
    let mut world = open_loss(members(Rule::Proportional), &[("ann", 1, 80, 100)], 80);
    world.tranche("aside");
    assert_eq!(world.try_stake("ann", "aside", 21).unwrap_err().code(), "withdrawal-above-free");
    world.try_stake("ann", "aside", 20).unwrap();
    world.result("ann", "rich", 30);
    assert_eq!((world.cash("ann"), world.free("ann")), (50, 0));
    world.tick(1_000);
    assert_eq!((world.cash("ann"), world.uncovered()), (0, -30), "the cap shrank with the equity");
}

/// Two open losses of one set hold for both.
#[test]
fn two_losses_hold_for_both() {
    let mut world = open_loss(members(Rule::Proportional), &[("ann", 1, 90, 100)], 30);
    world.report("M", 40);
    assert_eq!((world.lien("ann"), world.free("ann")), (70, 30));
    world.pay_draw("L", "sale", None, 30).unwrap();
    assert_eq!(world.lien("ann"), 40);
}
