//! New tokens are sold into a hole, down a ladder, and a surplus buys them back.

use crate::world::acts::word;
use crate::world::issuance::{
    FUND, SALE, WINDOW, give, of, outstanding, put_in, sale, sell_back, spec, spec_back, take,
    take_out, token_of, tokens, venue, venue_of,
};
use crate::world::{DOMAIN, World, amount, layer};
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::issuance::{Command, Depletion, Dilution, IssuanceSpec, PeriodPart};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::waterfall::plan;

/// The loss is as it should be: what layers gave, what is uncovered, and whether it is settled.
fn check(world: &World, text: &str, (fund, sale, uncovered): (u128, u128, u128)) {
    let loss = world.loss(text);
    let found = (world.received(text, "fund"), world.received(text, "sale"));
    assert_eq!((found, loss.uncovered), ((fund, sale), amount(uncovered)));
    assert_eq!(loss.stage, Stage::Settled, "{text}");
}

/// Two lots at 100 and, a step later, the rest at 80: 200 buy 25 tokens.
#[test]
fn a_hole_is_filled_down_the_ladder() {
    let mut world = venue_of(spec(), 100);
    world.report("L", 500);
    let now = sale(&world, "L").unwrap();
    let figures = [now.price, now.wanted, now.lots].map(|of| of.atoms());
    assert_eq!((figures, now.next.0 - world.at.0), ([100, 400, 4], 100));
    take(&mut world, "alice", "L", 2).unwrap();
    world.tick(100);
    take(&mut world, "bob", "L", 99).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_800, 20));
    assert_eq!((world.cash("bob"), tokens(&world, "bob")), (9_800, 25));
    assert_eq!((token_of(&world, Holder::Issued), of(&world).issued), (-45, 45));
    check(&world, "L", (100, 400, 0));
    assert_eq!(sale(&world, "L"), None, "it is over");
}

/// The price at each moment: two rounds, then nothing is for sale and the rest goes on.
#[test]
fn prices_go_down_and_begin_anew() {
    let mut world = venue();
    world.report("L", 400);
    let mut prices = Vec::new();
    for _ in 0..11 {
        prices.push(sale(&world, "L").map_or(0, |now| now.price.atoms()));
        world.tick(100);
    }
    assert_eq!(prices, [100, 80, 60, 40, 20, 100, 80, 60, 40, 20, 0]);
    check(&world, "L", (0, 0, 400));
}

/// Where the time of the draw is up in a round the auction is over with it.
#[test]
fn the_deadline_of_the_draw_ends_it() {
    let mut world = venue_of(IssuanceSpec { restarts: 9, ..spec() }, 0);
    world.report("L", 400);
    for millis in [500, 500, 199] {
        world.tick(millis);
    }
    assert_eq!(sale(&world, "L").unwrap().price, amount(80), "a third round");
    take(&mut world, "alice", "L", 1).unwrap();
    world.tick(1);
    assert_eq!(word(take(&mut world, "bob", "L", 1)), "no-auction");
    check(&world, "L", (0, 80, 320));
}

/// A hundred tokens may be issued: at 60 a lot they bring 600, and the rest goes on at once.
#[test]
fn the_cap_on_dilution_ends_it() {
    let mut world = venue();
    world.report("L", 2_000);
    assert_eq!(world.loss("L").draws[0].planned, amount(1_000), "ten lots at the first price");
    world.tick(200);
    take(&mut world, "alice", "L", 99).unwrap();
    check(&world, "L", (0, 600, 1_400));
    assert_eq!(tokens(&world, "alice"), 100);
    // Nothing is asked of it within the window, and all of it after that.
    world.report("M", 50);
    check(&world, "M", (0, 0, 50));
    world.tick(WINDOW - 1);
    world.report("N", 50);
    check(&world, "N", (0, 0, 50));
    world.tick(1);
    world.report("O", 50);
    assert_eq!(sale(&world, "O").unwrap().lots, amount(1));
}

/// What a forecast counts of it is ten lots at 40, the price under stress.
#[test]
fn a_forecast_counts_the_stressed_price() {
    let mut world = venue_of(spec(), 100);
    let found = plan(world.engine.state(), DOMAIN, CauseClass::Default, amount(5_000)).unwrap();
    let planned = found.rounds.iter().map(|round| round.draws[0].planned.atoms());
    assert_eq!((planned.collect::<Vec<_>>(), found.uncovered), (vec![100, 400], amount(4_500)));
    // Of 50 tokens half the lots are left.
    world.report("L", 600);
    take(&mut world, "alice", "L", 5).unwrap();
    let found = plan(world.engine.state(), DOMAIN, CauseClass::Default, amount(5_000)).unwrap();
    assert_eq!(found.rounds[1].draws[0].planned, amount(200));
}

/// Of 1,000 a tenth is there for an episode, and a fifth within an hour, over episodes.
#[test]
fn a_treasury_is_depleted_by_parts() {
    let mut world = World::new("USD", 2);
    let treasury = world.add(layer("treasury", Kind::Treasury, Source::Pot));
    world.pay_into("treasury", 1_000);
    world.waterfall(&["treasury"]);
    let per_period = Some(PeriodPart { part: 200_000, millis: 3_600_000 });
    let depletion = Some(Depletion { per_episode: Some(100_000), per_period });
    give(&mut world, Command::Limit { layer: treasury, depletion }).unwrap();
    // One after another, so that each is an episode: 100, then a tenth of 900, then what is left
    // of the 200 that are a fifth.
    for (text, paid) in [("L", 100), ("M", 90), ("N", 10), ("O", 0)] {
        world.report(text, 500);
        assert_eq!(world.received(text, "treasury"), paid, "{text}");
    }
    world.tick(3_600_000);
    world.report("P", 500);
    assert_eq!((world.received("P", "treasury"), world.pot("treasury")), (80, 720));
    give(&mut world, Command::Limit { layer: treasury, depletion: None }).unwrap();
    world.report("Q", 5_000);
    assert_eq!(world.received("Q", "treasury"), 720);
}

/// Six lots of 50 stand above the target: tokens for them are burned, and no more than those go.
#[test]
fn a_surplus_buys_tokens_back() {
    let mut world = venue_of(spec_back(), 849);
    put_in(&mut world, "alice", 300).unwrap();
    let now = world.engine.state().buyback(crate::world::issuance::ISSUANCE).unwrap();
    assert_eq!([now.price, now.lot, now.lots].map(|of| of.atoms()), [30, 50, 6]);
    sell_back(&mut world, "alice", 1).unwrap();
    world.tick(100);
    sell_back(&mut world, "alice", 2).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (10_150, 220));
    world.tick(300);
    sell_back(&mut world, "alice", 99).unwrap();
    assert_eq!((world.pot("fund"), tokens(&world, "alice")), (549, 190));
    assert_eq!((token_of(&world, Holder::Issued), of(&world).burned), (110, 110));
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "no-buyback");
    // What comes in later opens it again.
    world.pay_into("fund", 1);
    assert_eq!(of(&world).buying, Some(world.at));
}

/// What comes back of a loss that tokens filled is the fund's: it buys them back.
#[test]
fn a_recovery_buys_back_what_was_issued() {
    let mut world = venue_of(spec_back(), 500);
    world.report("L", 900);
    take(&mut world, "alice", "L", 4).unwrap();
    check(&world, "L", (500, 400, 0));
    world.recover("L", 400);
    assert_eq!((world.pot("fund"), tokens(&world, "alice")), (400, 40));
    world.recover("L", 500);
    assert_eq!(
        (world.pot("fund"), word(world.try_recover("L", 1))),
        (900, "recovery-above-claims".into())
    );
    sell_back(&mut world, "alice", 1).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_650, 10));
}

/// Tokens that were issued here may leave, and come back.
#[test]
fn issued_tokens_leave_the_venue() {
    let mut world = venue();
    world.report("L", 300);
    take(&mut world, "alice", "L", 3).unwrap();
    assert_eq!(word(take_out(&mut world, "alice", 31)), "withdrawal-above-free");
    take_out(&mut world, "alice", 30).unwrap();
    assert_eq!((token_of(&world, Holder::World), token_of(&world, Holder::Issued)), (30, -30));
    put_in(&mut world, "bob", 30).unwrap();
    assert_eq!((tokens(&world, "bob"), token_of(&world, Holder::World)), (30, 0));
}

/// A later word stands for the earlier, and what was issued counts on.
#[test]
fn what_was_issued_counts_under_new_terms() {
    let mut world = venue();
    world.report("L", 300);
    take(&mut world, "alice", "L", 3).unwrap();
    let count = |atoms| Command::Count {
        issuance: crate::world::issuance::ISSUANCE,
        outstanding: outstanding(atoms, 0),
    };
    give(&mut world, count(400)).unwrap();
    assert_eq!(of(&world).issuable(world.at), amount(10), "a tenth of 400, less 30");
    let dilution = Dilution { part: 50_000, window: 2 * WINDOW };
    let spec = IssuanceSpec { dilution, ..spec() };
    give(&mut world, Command::Specify { spec: Box::new(spec) }).unwrap();
    assert_eq!(of(&world).issuable(world.at), amount(20), "a twentieth of 1,000, less 30");
    assert_eq!((of(&world).spec.layer, of(&world).issued), (SALE, 30));
    assert_eq!(world.engine.state().issuances.issuances().count(), 1);
    assert!(world.engine.state().issuances.depletion(FUND).is_none());
}
