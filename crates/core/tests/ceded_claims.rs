//! What comes back to an owner who failed is for those who bore his own loss, before it is his: his
//! claims are own means, though no money yet when his loss is measured.

mod world;

use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::Event;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, OwnMeans, Stage};
use world::lending::{self, Ask};
use world::venue::perpetual;
use world::{DOMAIN, World, amount, layer};

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
        let mut world = World::new("USD", 2);
        world.tranche("tranche");
        world.waterfall(&["tranche"]);
        world.list(perpetual("BTC"));
        world.mark("BTC", 1_000);
        for (text, cash) in [("alice", 10_100), ("bob", 100_000), ("carol", 100_000)] {
            world.account(text, cash);
        }
        world.stake("alice", "tranche", 100);
        world.report("first", 100);
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.mark("BTC", 800);
        world.loss_of("alices", "alice");
        assert_eq!(world.loss("alices").stage, Stage::Detected, "{case}");
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

/// Bob bore Alice's loss and Alice bore Bob's: what comes back goes from one to the other until
/// nobody lacks anything or nothing is left, and never for ever.
#[test]
fn two_who_bore_each_others_losses_settle_it() {
    for recovered in 1..=40 {
        let mut world = World::new("USD", 2);
        world.gains("gains", None);
        world.waterfall(&["gains"]);
        for text in ["alice", "bob", "carol"] {
            world.account(text, 100);
            world.claim("gains", text, 100, 100);
        }
        // 40 beyond her margin: 20 of Bob, 20 of Carol.
        world.report_failed("alices", 140, "alice", 100, &[]);
        world.deposit("alice", 100);
        // 30 beyond his margin: 15 of Alice, 15 of Carol.
        world.report_failed("bobs", 110, "bob", 80, &[]);
        assert_eq!((world.cash("alice"), world.cash("bob"), world.cash("carol")), (85, 0, 65));
        world.recover("alices", recovered);
        let open =
            |text: &str| world.loss(text).pools.iter().map(|of| of.open().atoms()).sum::<u128>();
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|text| world.cash(text));
        assert_eq!(alice + bob + carol, 150 + recovered.cast_signed(), "{recovered}");
        assert_eq!((ceded(&world, "alices"), ceded(&world, "bobs")), (0, 0), "{recovered}");
        if open("bobs") > 0 {
            assert_eq!(bob, 0, "{recovered}: he has nothing while others lack what he owed");
        }
        if open("alices") > 0 {
            assert_eq!(alice, 85, "{recovered}: nor has she more");
        }
    }
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
