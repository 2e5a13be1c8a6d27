//! Defaults the venue declares and those the engine finds in the ledger: takeover, own means in
//! their order, the remainder, and what others bear.

use crate::world::{World, amount};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{Origin, Stage};

/// Eve with two accounts, a stake and gains; Ann and Ben who win.
fn eve() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.tranche("tranche");
    world.gains("gains", None);
    world.waterfall(&["fund", "tranche", "gains"]);
    for (text, owner, cash) in
        [("eve", "eve", 100), ("eve-2", "eve", 60), ("ann", "ann", 500), ("ben", "ben", 500)]
    {
        world.account_of(text, owner, cash);
    }
    world.claims("gains", &[("eve-2", 40, 40), ("ann", 30, 300), ("ben", 10, 300)]);
    world
}

/// Below zero is a loss at once: gains of the same owner first, then his stakes, then the steps;
/// he is liable for nothing of it otherwise.
#[test]
fn a_balance_below_zero_is_a_loss() {
    let mut world = eve();
    world.stake("eve-2", "tranche", 15);
    world.stake("ben", "tranche", 20);
    world.result("eve", "ann", 250);
    world.find_loss("L");
    let loss = world.loss("L");
    assert_eq!((loss.origin, loss.stage), (Origin::Derived, Stage::Settled));
    assert_eq!(
        (loss.close_out, loss.own_means, loss.deficit),
        (amount(150), amount(55), amount(95))
    );
    assert_eq!(
        (world.cash("eve"), world.cash("eve-2"), world.stake_of("eve-2", "tranche")),
        (0, 5, 0)
    );
    let received = ["fund", "tranche", "gains"].map(|layer| world.received("L", layer));
    assert_eq!(received, [10, 20, 65]);
    assert_eq!((world.cash("ann"), world.cash("ben")), (750 - 49, 480 - 16));
    assert_eq!(world.bore("L", "gains").get(&world.id("eve-2")), None);
}

/// Own means that suffice leave no deficit, and touch nobody else.
#[test]
fn own_means_that_suffice() {
    let mut world = eve();
    world.result("eve", "ann", 130);
    world.find_loss("L");
    assert_eq!((world.loss("L").own_means, world.loss("L").deficit), (amount(30), amount(0)));
    assert_eq!((world.cash("eve"), world.cash("eve-2")), (0, 30));
    assert_eq!((world.pot("fund"), world.cash("ann"), world.uncovered()), (10, 630, 0));
    assert!(world.loss("L").draws.is_empty());
}

/// What an account holds of gains is taken, what it never gained is not, nor more than it holds.
#[test]
fn set_off_is_gains_up_to_the_balance() {
    for (cash_left, taken) in [(60, 40), (40, 40), (25, 25), (0, 0)] {
        let mut world = eve();
        if cash_left < 60 {
            world.withdraw("eve-2", 60 - cash_left).unwrap();
        }
        world.result("eve", "ann", 300);
        world.find_loss("L");
        assert_eq!(world.loss("L").own_means, amount(taken), "{cash_left}");
        assert_eq!(world.cash("eve-2"), i128::try_from(cash_left - taken).unwrap());
    }
}

/// A declared default takes over the whole balance; a flat book returns it.
#[test]
fn a_declared_default_returns_the_remainder() {
    let mut world = eve();
    world.declare("L", "eve", &[("eve-2", 40)]);
    let loss = world.loss("L");
    assert_eq!((loss.stage, loss.close_out, loss.deficit), (Stage::Settled, amount(0), amount(0)));
    assert_eq!((world.cash("eve"), world.cash("eve-2")), (100, 60));
    assert_eq!(world.balance(Holder::Book(world.loss_id("L"))), 0);
    assert_eq!(world.pot("fund"), 10);
}

/// The same owner's account fails again: another loss, the same episode, no second set-off.
#[test]
fn failing_again_is_another_loss() {
    let mut world = eve();
    world.hold_episode_open();
    world.result("eve", "ann", 150);
    world.find_loss("L");
    assert_eq!(world.loss("L").own_means, amount(40));
    world.result("eve", "ben", 30);
    world.find_loss("M");
    assert_ne!(world.loss_id("L"), world.loss_id("M"));
    assert_eq!(world.loss("M").episode, world.loss("L").episode);
    assert_eq!(world.loss("M").close_out, amount(30));
}

/// Set-offs are of the failed owner's other accounts, each once.
#[test]
fn set_offs_that_are_not_his() {
    use rhodian_core::domain::CauseClass::Default;
    for (set_off, code) in [
        (vec![("ann", 5)], "set-off-not-owners"),
        (vec![("eve", 5)], "set-off-not-owners"),
        (vec![("eve-2", 5), ("eve-2", 5)], "account-twice"),
    ] {
        let mut world = eve();
        let given = world.try_report("L", Default, 50, Some("eve"), 0, &set_off);
        assert_eq!(given.unwrap_err().code(), code);
    }
    let mut world = eve();
    let given = world.try_report("L", Default, 50, None, 0, &[("eve-2", 5)]);
    assert_eq!(given.unwrap_err().code(), "set-off-not-owners");
    let given = world.try_report("L", Default, 50, Some("eve"), 51, &[]);
    assert_eq!(given.unwrap_err().code(), "margin-above-held");
    let given = world.try_report("L", Default, 500, Some("eve"), 101, &[]);
    assert_eq!(given.unwrap_err().code(), "margin-above-held");
}

/// A loss the engine finds has a number that no venue can give.
#[test]
fn found_losses_have_numbers_of_their_own() {
    let mut world = eve();
    world.result("eve", "ann", 130);
    world.find_loss("L");
    assert_eq!(world.loss("L").number, 1 << 63);
}
