//! What comes back to an owner who failed is for those who bore his own loss, before it is his: his
//! claims are own means, though no money yet when his loss is measured.

use crate::world::lending::{self, Ask};
use crate::world::venue::perpetual;
use crate::world::{DOMAIN, World, amount, layer};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::Event;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, OwnMeans, Stage};

/// Bob and Carol held 100 each and bore 30 each of a loss of 60; what Bob has left is his margin.
fn bore_sixty() -> World {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.waterfall(&["gains"]);
    for text in ["bob", "carol"] {
        world.account(text, 100);
        world.claim("gains", text, 100, 100);
    }
    world.report("first", 60);
    assert_eq!((world.cash("bob"), world.cash("carol")), (70, 70));
    world
}

/// Money that stands between what was repaid and what it is for.
fn ceded(world: &World, text: &str) -> i128 {
    world.balance(Holder::Ceded(world.loss_id(text)))
}

/// Bob fails with 80 where he has 70; Carol bears the ten. Half of the first loss comes back: what
/// is Bob's of it is hers until she lacks nothing more, and then his.
#[test]
fn what_comes_back_to_who_failed_repays_those_who_bore_his_loss() {
    let mut world = bore_sixty();
    world.report_failed("bobs", 80, "bob", 70, &[]);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 60));
    world.recover("first", 16);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 76), "8 of hers, 8 of his");
    assert_eq!(world.loss("bobs").pools.iter().map(|of| of.open().atoms()).sum::<u128>(), 2);
    world.recover("first", 20);
    assert_eq!((world.cash("bob"), world.cash("carol")), (8, 88), "she lacked 2 more");
    world.recover("first", 24);
    assert_eq!((world.cash("bob"), world.cash("carol")), (20, 100), "whole again, the rest his");
    assert_eq!(ceded(&world, "bobs"), 0);
}

/// The failed account is another of the same owner's: the owner's claims count.
#[test]
fn the_owners_claims_count_whichever_of_his_accounts_failed() {
    let mut world = bore_sixty();
    world.account_of("bob-iso", "bob", 5);
    world.report_failed("bobs", 15, "bob-iso", 5, &[]);
    assert_eq!((world.cash("bob"), world.cash("carol")), (70, 60), "only Carol is liable");
    world.recover("first", 60);
    assert_eq!((world.cash("bob"), world.cash("carol")), (90, 100));
}

/// While a call of his loss is open, what comes back to him lowers what is still to absorb.
#[test]
fn what_comes_back_while_his_loss_is_absorbed_pays_before_its_next_layer() {
    let mut world = bore_sixty();
    let mut spec = layer("auction", Kind::Treasury, Source::Proceeds { deadline: 1_000 });
    spec.caps.per_event = Some(amount(30));
    world.add(spec);
    world.waterfall(&["auction", "gains"]);
    world.report_failed("bobs", 100, "bob", 70, &[]);
    assert_eq!(world.loss("bobs").stage, Stage::Absorbing);
    world.recover("first", 20);
    assert_eq!(ceded(&world, "bobs"), 0, "it does not wait");
    let found = world.loss("bobs");
    assert_eq!((found.own_means, found.deficit), (amount(80), amount(20)));
    world.tick(1_000);
    assert_eq!(world.loss("bobs").stage, Stage::Settled);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 60), "70 + 10 repaid - 20");
    // All that is left of the first loss: 20 each, and his are hers.
    world.recover("first", 40);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 100));
}

/// Alice bore a loss by her stake; then her legs fail, and while her book is open that loss is
/// repaid: her part is held, and is the last of her own means when the book is flat.
#[test]
fn what_comes_back_while_his_book_is_open_is_own_means() {
    for (case, recovered, price, expected) in [
        ("a part of what she lacks", 40, 700, (0, 20_000 - 40)),
        ("her book lacks nothing", 40, 1_000, (40, 0)),
    ] {
        let mut world = open_book();
        world.recover("first", recovered);
        assert_eq!(ceded(&world, "alices"), 40, "{case}: held");
        assert_eq!(world.cash("alice"), 0, "{case}");
        world.fill("BTC", "carol", "book/alices", 100, price);
        let events = world.records.iter().flat_map(|record| &record.events);
        let taken = events.filter_map(|event| match event {
            Event::Loss(loss::Event::OwnMeansTaken { from: OwnMeans::Ceded, amount, .. }) => {
                Some(amount.atoms())
            }
            _ => None,
        });
        let (cash, lacking) = expected;
        let own: u128 = taken.sum();
        assert_eq!(own, if lacking == 0 { 0 } else { 40 }, "{case}");
        assert_eq!(world.loss("alices").deficit.atoms(), lacking, "{case}");
        assert_eq!((world.cash("alice"), ceded(&world, "alices")), (cash, 0), "{case}");
    }
}

/// Alice lacked 40 beyond her margin, of Bob and Carol; Bob lacked 30 beyond his, of Alice and, if
/// she is there, Carol.
fn each_others(carol: bool) -> World {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.waterfall(&["gains"]);
    let all = ["alice", "bob", "carol"];
    for text in all.into_iter().take(if carol { 3 } else { 2 }) {
        world.account(text, 100);
        world.claim("gains", text, 100, 100);
    }
    world.report_failed("alices", 140, "alice", 100, &[]);
    world.deposit("alice", 100);
    let margin = world.cash("bob").unsigned_abs();
    world.report_failed("bobs", margin + 30, "bob", margin, &[]);
    world
}

/// Bob bore Alice's loss and Alice bore Bob's. What comes back to him is hers, and stays hers:
/// passed on again it would go to and fro, an atom at a time, for as long as claims are open.
#[test]
fn what_was_ceded_is_not_ceded_again() {
    for carol in [true, false] {
        for recovered in 1..=40 {
            let mut world = each_others(carol);
            let before = world.cash("alice");
            let records = world.records.len();
            world.recover("alices", recovered);
            assert!(world.records.len() - records <= 3, "one duty, whatever is open");
            let his = if carol { recovered / 2 + recovered % 2 } else { recovered };
            let hers = if carol { (his / 2, his.div_ceil(2)) } else { (his.min(30), his.min(30)) };
            let got = (world.cash("alice") - before).unsigned_abs();
            assert!((hers.0..=hers.1).contains(&got), "{recovered}: {got} of {hers:?}");
            assert_eq!(
                world.cash("bob"),
                i128::from(!carol && recovered > 30) * (recovered.cast_signed() - 30)
            );
            assert_eq!((ceded(&world, "alices"), ceded(&world, "bobs")), (0, 0), "{recovered}");
        }
    }
}

/// Carol's part of Bob's loss waits for a touch when the first loss is repaid: it is a claim all
/// the same.
#[test]
fn shares_that_wait_for_a_touch_are_claims() {
    let mut world = bore_sixty();
    world.touched("deposits", true);
    world.waterfall(&["deposits"]);
    world.claims("deposits", &[("carol", 100, 100)]);
    world.report_failed("bobs", 80, "bob", 70, &[]);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 70), "10 wait");
    world.recover("first", 16);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 76));
}

/// Alice bore a loss of 100 by her stake, then failed with 100 lots whose book is open. She has an
/// isolated account of 50.
fn open_book() -> World {
    let mut world = World::new("USD", 2);
    world.tranche("tranche");
    world.waterfall(&["tranche"]);
    world.list(perpetual("BTC"));
    world.mark("BTC", 1_000);
    for (text, cash) in [("alice", 10_100), ("bob", 100_000), ("carol", 100_000)] {
        world.account(text, cash);
    }
    world.account_of("alice-iso", "alice", 50);
    world.stake("alice", "tranche", 100);
    world.report("first", 100);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.mark("BTC", 800);
    world.loss_of("alices", "alice");
    assert_eq!(world.loss("alices").stage, Stage::Detected);
    world
}

/// A loss whose bearers are known takes what comes back before a book that is open, though it is
/// the younger.
#[test]
fn a_book_that_is_open_takes_what_others_do_not_lack() {
    let mut world = open_book();
    world.report_failed("isos", 60, "alice-iso", 50, &[]);
    assert_eq!(world.uncovered(), -10);
    world.recover("first", 25);
    assert_eq!((world.uncovered(), ceded(&world, "alices")), (0, 15));
}

/// What a book was ceded and does not need goes to the owner's other losses before it is hers.
#[test]
fn what_a_book_does_not_need_goes_to_the_owners_other_losses() {
    let mut world = open_book();
    world.recover("first", 40);
    world.report_failed("isos", 60, "alice-iso", 50, &[]);
    assert_eq!((world.uncovered(), ceded(&world, "alices")), (-10, 40), "all of it is held");
    world.fill("BTC", "carol", "book/alices", 100, 1_000);
    assert_eq!((world.uncovered(), world.cash("alice")), (0, 30));
    assert_eq!((ceded(&world, "alices"), ceded(&world, "isos")), (0, 0));
}

/// A fund whose income goes to claims does not pay for Bob's loss what was ceded to it by the same
/// income.
#[test]
fn income_pays_no_claim_twice() {
    let mut world = bore_sixty();
    world.report_failed("bobs", 72, "bob", 70, &[]);
    assert_eq!((world.cash("bob"), world.cash("carol")), (0, 68));
    world.fund("fund", 0, None);
    world.waterfall(&["fund", "gains"]);
    world.set(Parameter::IncomeToClaims, 1_000_000);
    world.income("fund", 16);
    assert_eq!((world.cash("bob"), world.cash("carol")), (6, 78), "8 and 8, and 2 of his are hers");
    assert_eq!(world.pot("fund"), 0);
}

/// Alice bore Dan's loan by her supply. What comes back of it left her as a transfer and would come
/// back as one; where it goes to those who bear her own loss, nothing of it is principal that her
/// later gains would hide behind.
#[test]
fn what_is_ceded_of_a_supply_is_no_principal() {
    let mut world = World::venue(0, 1_000);
    let domain = lending::pool_beside(&mut world);
    lending::mark(&mut world, 1_000);
    for (text, cash) in [("alice", 10_000), ("bob", 10_000), ("dan", 0)] {
        let account = world.account(text, cash);
        world.domain_do(domain::Command::AcceptTerms { domain, account });
    }
    world.fill("BTC", "alice", "bob", 1, 1_000);
    Ask(&mut world, "alice").supply(5_000).unwrap();
    lending::borrower(&mut world, "dan", 8, 4_000);
    lending::mark(&mut world, 250);
    let dans = world.loss_of("dans", "dan");
    lending::sell(&mut world, dans, 8, 2_000).unwrap();
    assert_eq!(lending::supply(&world, "alice"), 3_000, "she bore 2,000");
    world.report_failed("alices", 3_000, "alice", 0, &[]);
    let principal = |world: &World| {
        let state = world.engine.state();
        let reference = state.reference(DOMAIN, state.now());
        state.session(world.id("alice"), reference).map(|of| (of.equity, of.principal))
    };
    let before = principal(&world);
    world.recover("dans", 1_500);
    assert_eq!(world.uncovered(), -1_500);
    assert_eq!(principal(&world), before, "neither richer nor poorer, nor more of it protected");
    world.recover("dans", 500);
    assert_eq!((world.uncovered(), principal(&world)), (-1_000, before));
}
