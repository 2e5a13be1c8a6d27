//! What somebody would try with an auction of new tokens, and with the money of a surplus.

use crate::world::acts::word;
use crate::world::issuance::{
    DEADLINE, FUND, ISSUANCE, WINDOW, give, ladder, of, outstanding, own, put_in, sale, sell_back,
    sell_back_at, spec, spec_back, take, take_at, take_out, tokens, venue, venue_of,
};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::account;
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::issuance::{Command, Depletion, IssuanceSpec};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::units::Amount;
use rhodian_core::waterfall::plan;

/// One bidder who takes all at the first step pays the first price for the whole hole, and gets no
/// token more than the cap admits.
#[test]
fn one_bidder_takes_all_at_the_first_price() {
    let mut world = venue();
    world.report("L", 1_500);
    take(&mut world, "alice", "L", 10u128.pow(30)).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_000, 100));
    assert_eq!(
        (world.loss("L").uncovered, of(&world).issuable(world.at)),
        (amount(500), Amount::ZERO)
    );
}

/// Takes at the edges of time: at the last moment of a price, at its change, at the very end.
#[test]
fn prices_change_at_their_moment() {
    for (millis, code, paid) in [
        (99, "accepted", 100),
        (100, "accepted", 80),
        (499, "accepted", 20),
        // The second round begins as the first ends.
        (500, "accepted", 100),
    ] {
        let mut world = venue();
        world.report("L", 400);
        world.at = world.at.after(millis);
        assert_eq!(word(take(&mut world, "alice", "L", 1)), code, "{millis}");
        assert_eq!(world.cash("alice"), 10_000 - paid, "{millis}");
    }
    let mut world = venue();
    world.report("L", 400);
    world.tick(500);
    world.at = world.at.after(500);
    assert_eq!(word(take(&mut world, "alice", "L", 1)), "no-auction", "the last round is over");
    assert_eq!(world.loss("L").uncovered, amount(400));
}

/// Many takes cost what one does, and the cut of the last is nobody's gain: never fewer atoms for
/// more tokens.
#[test]
fn split_takes_are_no_cheaper_than_one() {
    for (hole, splits) in [(730, &[1, 1, 1, 5][..]), (333, &[2, 9]), (399, &[3, 1]), (57, &[1])] {
        let bought = |splits: &[u128]| {
            let mut world = venue_of(IssuanceSpec { lot: amount(7), ..spec() }, 0);
            world.report("L", hole);
            for lots in splits {
                let _ = take(&mut world, "alice", "L", *lots);
            }
            (10_000 - world.cash("alice"), tokens(&world, "alice"))
        };
        let (one, many) = (bought(&[99]), bought(splits));
        assert_eq!(one.0, many.0, "{hole}: the hole is full");
        assert!(many.1 <= one.1, "{hole}: {many:?} for {one:?}");
    }
}

/// A hole that is no whole number of lots: its last buys less, rounded down.
#[test]
fn the_last_lot_is_cut_to_the_hole() {
    for (hole, price_steps, expected) in
        [(99, 0, 9), (101, 0, 10), (109, 0, 10), (110, 0, 11), (19, 4, 9)]
    {
        let mut world = venue();
        world.report("L", hole);
        world.tick(100 * price_steps);
        take(&mut world, "alice", "L", 99).unwrap();
        assert_eq!(
            (world.cash("alice"), tokens(&world, "alice")),
            (10_000 - hole as i128, expected)
        );
        assert_eq!(world.loss("L").stage, Stage::Settled);
    }
}

/// What is left of the hole and buys no atom even at the least price holds nobody up.
#[test]
fn dust_of_a_hole_waits_for_nobody() {
    let mut world = venue_of(IssuanceSpec { lot: amount(1), ..spec() }, 0);
    world.report("L", 119);
    take(&mut world, "alice", "L", 1).unwrap();
    assert_eq!((world.loss("L").stage, world.loss("L").uncovered), (Stage::Settled, amount(19)));
}

/// Two losses at once share one cap: the first who takes has it, and the other loss goes on.
#[test]
fn two_auctions_share_one_cap() {
    let mut world = venue();
    world.report("L", 700);
    world.report("M", 700);
    take(&mut world, "alice", "L", 7).unwrap();
    assert_eq!(sale(&world, "M").unwrap().lots, amount(3));
    take(&mut world, "bob", "M", 99).unwrap();
    assert_eq!((tokens(&world, "alice"), tokens(&world, "bob")), (70, 30));
    assert_eq!((world.loss("M").uncovered, world.loss("M").stage), (amount(400), Stage::Settled));
    // Nor does a window that slides admit more than a hundred in any ten seconds.
    world.tick(WINDOW / 2);
    world.report("N", 100);
    assert_eq!(world.loss("N").uncovered, amount(100));
}

/// Money that is held for losses, or lent out as margin, buys nothing.
#[test]
fn a_lien_bids_for_nothing() {
    let mut world = venue();
    world.gains("gains", None);
    world.waterfall(&["fund", "sale", "gains"]);
    world.account("carol", 250);
    world.claim("gains", "carol", 200, 200);
    world.report("L", 400);
    assert_eq!((world.lien("carol"), world.free("carol")), (200, 50));
    assert_eq!(word(take(&mut world, "carol", "L", 1)), "withdrawal-above-free");
    world.tick(300);
    take(&mut world, "carol", "L", 1).unwrap();
    assert_eq!((world.cash("carol"), tokens(&world, "carol")), (210, 10));
}

/// Who failed may bid like anybody, with what he has left, which is nothing.
#[test]
fn the_failed_owner_has_nothing_to_bid() {
    let mut world = venue();
    let carol = world.account("carol", 150);
    world.account_of("carol-2", "carol", 1_000);
    world.report_failed("L", 400, "carol", 150, &[("carol-2", 1_000)]);
    // His own means pay first: 150 of margin, then 250 of what he has elsewhere.
    assert_eq!((world.loss("L").stage, world.cash("carol-2")), (Stage::Settled, 750));
    world.report_failed("M", 1_200, "carol", 0, &[("carol-2", 1_000)]);
    assert_eq!((world.cash("carol-2"), sale(&world, "M").unwrap().wanted), (0, amount(450)));
    assert_eq!(word(take(&mut world, "carol-2", "M", 1)), "withdrawal-above-free");
    assert_eq!(world.engine.state().ledger.balance(ASSET, Holder::Account(carol)).atoms(), 0);
}

/// Somebody else's account takes nothing, and a number counts once.
#[test]
fn nobody_bids_with_anothers_money() {
    let mut world = venue();
    world.report("L", 400);
    let (account, loss) = (world.id("alice"), world.loss_id("L"));
    let number = world.next_number();
    let (lots, most) = (amount(1), amount(100));
    let command = Command::Take { issuance: ISSUANCE, loss, account, number, lots, most };
    assert_eq!(word(own(&mut world, "bob", command.clone())), "not-owner");
    let guardian = Actor { role: Role::Guardian, id: 0 };
    assert_eq!(word(world.give(guardian, Action::Issuance(command.clone()))), "not-for-actor");
    give(&mut world, command.clone()).unwrap();
    assert_eq!(word(give(&mut world, command)), "number-not-new");
    assert_eq!(word(take_at(&mut world, "alice", "L", 1, 99)), "price-above-most");
}

/// Terms may not change under a hole: neither the ladder, nor the count, nor the limit of a pot.
#[test]
fn terms_stand_while_a_loss_is_known() {
    let mut world = venue();
    world.report("L", 400);
    let cheap = IssuanceSpec { ladder: ladder(1, 1, 1, 1), stressed: amount(1), ..spec() };
    let depletion = Some(Depletion { per_episode: Some(1), per_period: None });
    for command in [
        Command::Specify { spec: Box::new(cheap) },
        Command::Count { issuance: ISSUANCE, outstanding: outstanding(10u128.pow(30), 0) },
        Command::Limit { layer: FUND, depletion },
    ] {
        assert_eq!(word(give(&mut world, command)), "loss-known");
    }
    // What the engine sells the venue does not report.
    assert_eq!(word(world.pay_draw("L", "sale", None, 400)), "wrong-payer");
}

/// Nothing is issued while the fund could pay, and nothing is bought back while a loss is known:
/// the offer ends with the report, whether or not the fund is drawn on.
#[test]
fn a_surplus_is_not_spent_past_a_loss() {
    let mut world = venue_of(spec_back(), 1_000);
    put_in(&mut world, "alice", 300).unwrap();
    sell_back(&mut world, "alice", 1).unwrap();
    world.hold_episode_open();
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "no-buyback");
    assert_eq!(of(&world).buying, None);
    world.report("L", 1_000);
    assert_eq!((world.received("L", "fund"), sale(&world, "L").unwrap().wanted), (950, amount(50)));
    take(&mut world, "bob", "L", 1).unwrap();
    // With a debt that stands nothing is bought either, whatever comes into the fund.
    world.tick(3_600_000);
    world.report("M", 5_000);
    world.tick(500);
    world.tick(500);
    assert_eq!(world.loss("M").stage, Stage::Settled);
    assert!(world.uncovered() < 0);
    world.pay_into("fund", 2_000);
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "no-buyback");
}

/// An episode draws by the waterfalls that were frozen for it: a fund that one names since is
/// spent for nobody until it is over.
#[test]
fn a_fund_that_is_named_in_an_episode_buys_nothing_in_it() {
    let mut world = venue_of(spec_back(), 1_000);
    put_in(&mut world, "alice", 300).unwrap();
    world.fund("other", 10, None);
    world.waterfall(&["other"]);
    world.hold_episode_open();
    world.waterfall(&["fund", "sale"]);
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "no-buyback");
    // Nobody bought in the auction that held it open: what it left uncovered is paid by income.
    world.tick(3_600_000);
    world.income("fund", 1);
    sell_back(&mut world, "alice", 1).unwrap();
}

/// The target is never touched, and a lot is whole or none.
#[test]
fn a_surplus_never_goes_below_its_target() {
    for (fund, lots) in [(499, 0), (500, 0), (549, 0), (550, 1), (649, 2)] {
        let mut world = venue_of(spec_back(), fund);
        put_in(&mut world, "alice", 900).unwrap();
        let expected = if lots == 0 { "no-buyback" } else { "accepted" };
        assert_eq!(word(sell_back(&mut world, "alice", 99)), expected, "{fund}");
        assert_eq!(world.pot("fund"), fund as i128 - 50 * lots, "{fund}");
        assert_eq!(word(sell_back(&mut world, "alice", 1)), "no-buyback", "{fund}");
    }
    let mut world = venue_of(spec_back(), 600);
    put_in(&mut world, "alice", 29).unwrap();
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "withdrawal-above-free");
    assert_eq!(word(sell_back_at(&mut world, "alice", 1, 29)), "price-above-most");
    // A round after the other, while nobody comes.
    world.tick(499);
    assert_eq!(world.engine.state().buyback(ISSUANCE).unwrap().price, amount(10));
    world.tick(1);
    assert_eq!(world.engine.state().buyback(ISSUANCE).unwrap().price, amount(30));
}

/// A circle of one: what is bought of the issue and given back never leaves more than was paid in.
#[test]
fn buying_and_giving_back_gains_nothing_at_the_same_prices() {
    let mut world = venue_of(spec_back(), 500);
    world.report("L", 900);
    take(&mut world, "alice", "L", 4).unwrap();
    // Of the loss all comes back: 400 to the fund that buys back, the rest to it as the first step.
    world.recover("L", 900);
    // She has 40 tokens, one lot costs 30: more than she has is refused, not cut.
    assert_eq!(word(sell_back(&mut world, "alice", 2)), "withdrawal-above-free");
    sell_back(&mut world, "alice", 1).unwrap();
    let state = world.engine.state();
    assert_eq!((tokens(&world, "alice"), world.cash("alice")), (10, 9_650));
    let outside = state.ledger.balance(ASSET, Holder::World).atoms();
    assert_eq!(outside, -20_500, "900 were lost outside, and came back");
    assert_eq!(word(take_out(&mut world, "alice", 11)), "withdrawal-above-free");
}

/// Burned tokens are gone: they do not leave a second time by the door of deposits.
#[test]
fn burned_tokens_do_not_leave() {
    let mut world = venue_of(spec_back(), 1_000);
    put_in(&mut world, "alice", 60).unwrap();
    put_in(&mut world, "bob", 40).unwrap();
    sell_back(&mut world, "alice", 2).unwrap();
    assert_eq!(tokens(&world, "alice"), 0);
    take_out(&mut world, "bob", 40).unwrap();
    assert_eq!(world.engine.state().ledger.trial(crate::world::issuance::TOKEN), 0);
    let (account, number) = (world.id("bob"), world.next_number());
    let (asset, amount) = (crate::world::issuance::TOKEN, amount(1));
    let more = account::Command::Withdraw { account, number, asset, amount };
    assert_eq!(word(world.give(Actor::VENUE, Action::Account(more))), "withdrawal-above-free");
}

/// In a halt and beyond nobody gives tokens for a fund's money; a hole is filled even then.
#[test]
fn a_halt_stops_buying_back() {
    use rhodian_core::control::{self, Status};
    let halt = |world: &mut World| {
        let (domain, status, cause) = (None, Status::Halted, name("drill"));
        world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    };
    let mut world = venue_of(spec_back(), 600);
    put_in(&mut world, "alice", 100).unwrap();
    halt(&mut world);
    assert_eq!(word(sell_back(&mut world, "alice", 1)), "status");
    let mut world = venue();
    world.report("L", 100);
    halt(&mut world);
    take(&mut world, "alice", "L", 1).unwrap();
    assert_eq!(world.loss("L").stage, Stage::Settled);
    assert_eq!(world.loss("L").class, CauseClass::Default);
}

/// A lot of a hundred tokens of eighteen decimals, and a floor of next to nothing: what the whole
/// hole would buy there passes every bound, and the auction opens all the same.
#[test]
fn a_low_floor_of_many_decimals_opens() {
    let unit = 10u128.pow(18);
    let spec = IssuanceSpec {
        lot: amount(100 * unit),
        ladder: ladder(100 * unit, 10 * unit, 100, 1),
        stressed: amount(50 * unit),
        outstanding: outstanding(1_000_000_000 * unit, 0),
        ..spec()
    };
    let mut world = World::new("USD", 18);
    world.domain_do(domain::Command::AddAsset { name: name("GOV"), decimals: 18 });
    world.fund("fund", 0, None);
    let mut sells = layer("sale", Kind::Issuance, Source::Proceeds { deadline: DEADLINE });
    sells.caps.per_event = Some(Amount::MAX);
    world.add(sells);
    world.waterfall(&["fund", "sale"]);
    give(&mut world, Command::Specify { spec: Box::new(spec) }).unwrap();
    world.account("alice", 10_000_000 * unit);
    world.report("L", 1_000_000 * unit);
    assert_eq!(sale(&world, "L").map(|sale| sale.wanted), Some(amount(1_000_000 * unit)));
    take(&mut world, "alice", "L", 10_000).unwrap();
    assert_eq!(world.loss("L").uncovered, Amount::ZERO);
}

/// Who says what he pays for a lot pays no more for the last one, which is cut to the hole.
#[test]
fn the_most_bounds_the_last_lot_too() {
    let of = || venue_of(IssuanceSpec { lot: amount(1), ..spec() }, 0);
    let mut world = of();
    world.report("L", 199);
    take_at(&mut world, "alice", "L", 5, 100).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_900, 1), "not 199 for one");
    let mut world = of();
    world.report("L", 119);
    let refused = take_at(&mut world, "alice", "L", 2, 118);
    assert_eq!(word(refused), "accepted", "one whole lot for 100");
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_900, 1));
    let mut world = of();
    world.report("L", 199);
    world.tick(100);
    // Eighty a lot: two whole ones and thirty-nine, for which there is no token.
    take_at(&mut world, "alice", "L", 5, 99).unwrap();
    assert_eq!((world.cash("alice"), tokens(&world, "alice")), (9_840, 2));
    // Of a token with many decimals what rounding takes is no atom of money: the hole is filled by
    // who says the price that stands.
    let fine = 10u128.pow(18);
    let outstanding = outstanding(1_000 * fine, 0);
    let mut world = venue_of(IssuanceSpec { lot: amount(7 * fine), outstanding, ..spec() }, 0);
    world.report("L", 333);
    world.tick(100);
    take_at(&mut world, "alice", "L", 99, 80).unwrap();
    assert_eq!((world.cash("alice"), world.loss("L").stage), (9_667, Stage::Settled));
}

/// What a fund may owe those whom it protects is no surplus.
#[test]
fn what_protects_others_buys_nothing_back() {
    use crate::world::protection;
    let mut world = protection::providers(protection::spec(), 50_000);
    protection::protect(&mut world, "alice", 100_000).unwrap();
    world.domain_do(domain::Command::AddAsset { name: name("GOV"), decimals: 0 });
    let mut sells = layer("sale", Kind::Issuance, Source::Proceeds { deadline: DEADLINE });
    sells.caps.per_event = Some(Amount::MAX);
    let layer = world.add(sells);
    world.waterfall(&["fund", "sale"]);
    give(&mut world, Command::Specify { spec: Box::new(IssuanceSpec { layer, ..spec_back() }) })
        .unwrap();
    put_in(&mut world, "bob", 10_000).unwrap();
    let exposed = world.engine.state().protections.exposed(FUND).atoms();
    assert_eq!(exposed, 50_000);
    let held = world.pot("fund").unsigned_abs();
    sell_back(&mut world, "bob", 99).unwrap();
    let left = world.pot("fund").unsigned_abs();
    assert!(left >= exposed && left < exposed + 50, "{held}, {left}");
    assert_eq!(word(sell_back(&mut world, "bob", 1)), "no-buyback");
}

/// A fund behind two domains buys nothing while either is halted, whichever came first.
#[test]
fn a_halt_of_any_domain_behind_the_fund_stops_buying_back() {
    use rhodian_core::control::{self, Status};
    use rhodian_core::ids::DomainId;
    for halted in [0, 1] {
        let mut world = venue_of(spec_back(), 600);
        world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
        let steps = vec![world.step(&[("fund", 1)]), world.step(&[("sale", 1)])];
        let (domain, class) = (DomainId(1), CauseClass::Default);
        world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
        put_in(&mut world, "alice", 100).unwrap();
        let (domain, cause) = (Some(DomainId(halted)), name("drill"));
        let status = Status::Halted;
        world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
        assert_eq!(word(sell_back(&mut world, "alice", 1)), "status", "{halted}");
    }
}

/// A forecast does not count for another loss what an open auction is to bring.
#[test]
fn a_forecast_counts_no_lot_twice() {
    let mut world = venue();
    let brings = |world: &World| {
        let found = plan(world.engine.state(), DOMAIN, CauseClass::Default, amount(5_000));
        found.unwrap().uncovered.atoms()
    };
    assert_eq!(brings(&world), 5_000 - 400, "ten lots at the stressed price of 40");
    world.report("L", 130);
    assert_eq!(brings(&world), 5_000 - 240, "four of them are the other's");
}
