//! A price that was wrong, from the wrong mark to the last atom: it is declared, what it cost is a
//! loss of its own class with its own waterfall, those who gained by it are held for it, and who
//! lost by it is paid. Nothing that happened is edited: the trade stays, and the records replay.
//!
//! Alice is liquidated at a wrong price, Bob and Carol gain by it. How money reaches Alice: a
//! reported loss leaves the vault when it is measured, as money the venue has in hand from then on;
//! the venue deposits to her what was absorbed. Where the wrong price made a default, what others
//! bore of it comes back as its recovery. A result settled between Bob and Alice pays her, too, but
//! nobody else is asked and nothing says why.

use crate::world::feeds::{self, FEED, stay};
use crate::world::venue::{perpetual, routes};
use crate::world::{ASSET, World, amount, layer, members};
use rhodian_core::allocation::Rule;
use rhodian_core::closeout::{self, Route};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Engine, Event, Rejection};
use rhodian_core::ids::Time;
use rhodian_core::ledger::{Holder, Ledger};
use rhodian_core::loss::{self, Origin, Stage};
use rhodian_core::units::Quantity;
use rhodian_core::{market, oracle};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// What the operator has set aside, and what it can bring by a deadline.
const SET_ASIDE: u128 = 3_000;
const PLEDGED: u128 = 4_000;
const EVIDENCE: [u8; 32] = [7; 32];
const SECOND: Actor = Actor { id: 1, ..Actor::VENUE };

/// The waterfall of price errors: `steps` of the operator's money, what it brings until a deadline,
/// and what was gained, in the session or, as the venue reports it, by the wrong price. No fund
/// that stands behind defaults is in it.
fn own_waterfall(world: &mut World, deadline: u64, steps: &[&str]) {
    world.add(layer("operator", Kind::OperatorCapital, Source::Pot));
    world.pay_into("operator", SET_ASIDE);
    let mut pledge = layer("pledge", Kind::Treasury, Source::Proceeds { deadline });
    pledge.caps.per_event = Some(amount(PLEDGED));
    world.add(pledge);
    world.add(layer("by it", Kind::GainsHaircut, Source::Members(members(Rule::Proportional))));
    let steps = steps.iter().map(|text| world.step(&[(text, 1)])).collect();
    world.waterfall_of(CauseClass::PriceError, steps);
}

fn report(world: &mut World, atoms: u128) {
    world.try_report("wrong price", CauseClass::PriceError, atoms, None, 0, &[]).unwrap();
}

fn approve(world: &mut World, actor: Actor) -> Result<(), Rejection> {
    let loss = world.loss_id("wrong price");
    world.give(actor, Action::Loss(loss::Command::ApproveLoss { loss })).map(drop)
}

fn dismiss(world: &mut World) -> Result<(), Rejection> {
    let loss = world.loss_id("wrong price");
    world.give(SECOND, Action::Loss(loss::Command::DismissLoss { loss })).map(drop)
}

fn stage(world: &World) -> Stage {
    world.loss("wrong price").stage
}

/// Why a withdrawal is refused.
fn withdrawal(world: &mut World, text: &str, atoms: u128) -> &'static str {
    world.withdraw(text, atoms).unwrap_err().code()
}

/// Every balance of the asset, together.
fn sum(world: &World) -> i128 {
    world.engine.state().ledger.holders(ASSET).map(|(_, balance)| balance.atoms()).sum()
}

/// What a world was like at a moment: how many records there were, and the state.
struct Then {
    records: usize,
    ledger: Ledger,
    digest: [u8; 32],
}

fn now(world: &World) -> Then {
    let state = world.engine.state();
    Then { records: world.records.len(), ledger: state.ledger.clone(), digest: state.digest() }
}

/// What came after `then` is of errors, losses and money paid in: no trade and no close-out is
/// among it. And the records of before, replayed, are what they were.
fn nothing_is_edited(world: &World, then: &Then) {
    let (before, after) = world.records.split_at(then.records);
    let mut engine = Engine::new();
    before.iter().for_each(|record| engine.replay(record));
    assert_eq!(engine.state().digest(), then.digest, "the past is what it was");
    after.iter().for_each(|record| engine.replay(record));
    assert_eq!(engine.state().digest(), world.engine.state().digest(), "and leads here");
    for event in after.iter().flat_map(|record| &record.events) {
        let moves_legs = match event {
            Event::Market(event) => {
                !matches!(event, market::Event::Marked { .. } | market::Event::PeriodEnded { .. })
            }
            Event::CloseOut(_) => true,
            _ => false,
        };
        assert!(!moves_legs, "nothing moves legs: {event:?}");
    }
}

/// All sources say 830 for a minute where 1,000 was right. Alice, long 100 lots, falls below
/// maintenance with 3,000 of 4,150, and the market takes 60 of her lots: Bob closes 40 of his
/// shorts, Carol opens 20. Then the price is right again. Returns the first and last wrong moment.
fn wrong_feed() -> (World, [Time; 2]) {
    let mut world = feeds::floor();
    own_waterfall(&mut world, 5 * MINUTE, &["operator", "pledge", "gains"]);
    world.set(Parameter::ChallengeTime, u128::from(5 * MINUTE));
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    let from = world.at.after(10_000);
    stay(&mut world, 830, 70);
    let to = world.at;
    let plan = closeout::planned(world.engine.state(), world.id("alice"));
    assert_eq!(plan, [(world.market_id("BTC"), Quantity::new(60).unwrap())]);
    world.fill("BTC", "bob", "alice", 40, 830);
    world.fill("BTC", "carol", "alice", 20, 830);
    stay(&mut world, 1_000, 70);
    (world, [from, to])
}

/// What each gained in the session.
fn gained(world: &World) -> [i128; 3] {
    ["alice", "bob", "carol"].map(|text| world.session_gain(text))
}

#[test]
fn a_wrong_feed_is_answered_by_new_events() {
    let (mut world, [from, to]) = wrong_feed();
    // 60 lots at 170 below the price, and 1 % of what they went for as a penalty.
    let damage = 60 * 170 + 60 * 830 / 100;
    assert_eq!(gained(&world), [-60 * 170, 40 * 170, 20 * 170]);
    assert_eq!((world.equity("alice"), world.pot("fund")), (20_000 - 10_698, 1_498));
    let (then, vault) = (now(&world), world.balance(Holder::World));

    // Declared, reported with evidence, approved by a second one, open to challenge: it moves no
    // money.
    let (feed, evidence) = (FEED, EVIDENCE);
    let declare = oracle::Command::DeclarePriceError { feed, from, to, evidence };
    world.must(Action::Oracle(declare));
    report(&mut world, damage);
    let by = Actor::VENUE;
    assert_eq!(world.loss("wrong price").origin, Origin::Reported { by, evidence });
    assert_eq!(approve(&mut world, by).unwrap_err().code(), "same-approver");
    approve(&mut world, SECOND).unwrap();
    assert_eq!(stage(&world), Stage::Challengeable { until: world.at.after(5 * MINUTE) });
    assert_eq!(world.engine.state().ledger, then.ledger);

    // Unchallenged: the operator's own money goes first, and it has time to bring what it pledged.
    stay(&mut world, 1_000, 310);
    assert_eq!((stage(&world), world.pot("operator")), (Stage::Absorbing, 0));
    assert_eq!(world.balance(Holder::World), vault + damage.cast_signed(), "it left the vault");
    // Who gained is held for what is still to be absorbed, 7,698, by gain.
    assert_eq!(["alice", "bob", "carol"].map(|text| world.lien(text)), [0, 5_132, 2_566]);
    let free = world.free("bob");
    assert_eq!(withdrawal(&mut world, "bob", free + 1), "withdrawal-above-free");
    world.pay_draw("wrong price", "pledge", None, 1_000).unwrap();
    stay(&mut world, 1_000, 310);

    // Settled: the waterfall of price errors paid, the fund of defaults did not.
    let paid = ["operator", "pledge", "gains"].map(|text| world.received("wrong price", text));
    assert_eq!((stage(&world), paid), (Stage::Settled, [3_000, 1_000, 6_698]));
    world.check_paid("wrong price", &[("bob", 4_465), ("carol", 2_233)]);
    assert_eq!((world.pot("fund"), world.uncovered(), world.lien("bob")), (1_498, 0, 0));
    world.deposit("alice", damage);
    assert_eq!(["alice", "bob", "carol"].map(|text| world.equity(text)), [20_000, 22_335, 21_167]);
    // All that came in beside what was there is what the operator brought.
    assert_eq!(world.balance(Holder::World), vault - 1_000);
    assert_eq!(sum(&world), 0);
    nothing_is_edited(&world, &then);
    assert_eq!(gained(&world), [-60 * 170, 40 * 170, 20 * 170], "the trade stays as it was");
    let wrong = |at| world.engine.state().oracle.was_wrong(FEED, at).is_some();
    assert!(wrong(from) && wrong(to) && !wrong(to.after(1)));
}

/// Alice is long 100 lots of BTC against Bob at 1,000; Carol is long 50 of ETH against the maker,
/// and gains 5,000 honestly. No feed: marks are the venue's.
fn no_feed() -> World {
    let mut world = World::venue(1_000, 1_000);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 20_000);
    }
    world.account("maker", 1_000_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.fill("ETH", "carol", "maker", 50, 1_000);
    world.mark("ETH", 1_100);
    world
}

/// The venue marks 700 where 1,000 was right: Alice fails, and her book sells to Bob. What others
/// bore of a default that was none comes back to them as its recovery; then all of the wrong gain
/// is a price error, and here those who gained by it come first.
#[test]
fn a_default_that_a_wrong_mark_made_is_reversed() {
    let mut world = no_feed();
    own_waterfall(&mut world, HOUR, &["by it", "operator"]);
    world.mark("BTC", 700);
    world.loss_of("L1", "alice");
    world.fill("BTC", "bob", "book/L1", 100, 700);
    assert_eq!(world.loss("L1").deficit.atoms(), 10_000);
    world.check_paid("L1", &[("bob", 7_714), ("carol", 1_286)]);
    world.mark("BTC", 1_000);
    assert_eq!(["alice", "bob", "carol"].map(|t| world.equity(t)), [0, 42_286, 23_714]);
    let (then, vault) = (now(&world), world.balance(Holder::World));

    world.recover("L1", 10_000);
    assert_eq!(
        (world.pot("fund"), world.equity("bob"), world.equity("carol")),
        (1_000, 50_000, 25_000)
    );
    // What Alice lost, and what the venue laid out.
    world.claim("by it", "bob", 30_000, 30_000);
    report(&mut world, 20_000 + 10_000);
    approve(&mut world, SECOND).unwrap();
    world.tick(24 * HOUR);
    assert_eq!(stage(&world), Stage::Settled);
    world.deposit("alice", 20_000);
    // As if the mark had never been wrong; Carol keeps what she gained elsewhere.
    assert_eq!(["alice", "bob", "carol"].map(|t| world.equity(t)), [20_000, 20_000, 25_000]);
    assert_eq!((world.pot("fund"), world.pot("operator")), (1_000, 3_000));
    assert_eq!((world.balance(Holder::World), sum(&world)), (vault, 0));
    nothing_is_edited(&world, &then);
    assert_eq!(world.lots("bob", "BTC"), 0, "what was closed stays closed");
}

/// The venue marks 830 for a moment, and 60 of Alice's lots go to Bob.
fn wrong_mark(gains: &str) -> World {
    let mut world = no_feed();
    own_waterfall(&mut world, 24 * HOUR, &["operator", "pledge", gains]);
    let of = routes(&world, "fund", &[Route::Market]);
    world.set_routes(of).unwrap();
    world.mark("BTC", 830);
    world.fill("BTC", "bob", "alice", 60, 830);
    world.mark("BTC", 1_000);
    world
}

const DAMAGE: u128 = 10_698;

/// A lien stands beside what has not matured, and nothing matured since the approval. And it holds
/// those who gained by the wrong price, by what the venue reports of it, and nobody who gained
/// elsewhere.
#[test]
fn who_gained_by_it_cannot_take_it_out() {
    let mut world = wrong_mark("by it");
    world.boundary();
    world.set(Parameter::ChallengeTime, u128::from(9 * HOUR));
    world.claim("by it", "bob", 10_200, 10_200);
    report(&mut world, DAMAGE);
    approve(&mut world, SECOND).unwrap();
    world.tick(9 * HOUR);
    // 30,200 less 4,000 of margin for 40 lots, 10,200 that did not mature while the report waited,
    // and 7,698 that the operator has not brought yet.
    assert_eq!((world.lien("bob"), world.lien("carol")), (7_698, 0));
    assert_eq!(world.free("bob"), 30_200 - 4_000 - 10_200 - 7_698);
    world.withdraw("bob", 8_302).unwrap();
    assert_eq!(withdrawal(&mut world, "bob", 1), "withdrawal-above-free");
    world.tick(24 * HOUR);
    assert_eq!(stage(&world), Stage::Settled);
    assert_eq!((world.received("wrong price", "by it"), world.uncovered()), (7_698, 0));
    assert_eq!((world.equity("bob"), world.lien("bob")), (14_200, 0));
    assert_eq!(world.equity("carol"), 25_000, "what she gained elsewhere is hers");
}

/// The short way: nobody approves, nobody can challenge, no lien binds it, and Bob alone pays.
#[test]
fn a_settled_result_pays_her_at_once_and_asks_nobody() {
    let mut world = wrong_mark("gains");
    let then = now(&world);
    world.result("bob", "alice", DAMAGE);
    assert_eq!(["alice", "bob", "carol"].map(|t| world.equity(t)), [20_000, 19_502, 25_000]);
    assert_eq!(world.engine.state().losses.losses().count(), 0);
    assert_eq!(gained(&world), [-10_200, 10_200, 5_000], "session gains are of trades alone");
    nothing_is_edited(&world, &then);
}

/// Dismissed, before a second one agreed or after: nothing is different but the report itself.
#[test]
fn a_dismissed_report_leaves_everything_as_it_was() {
    for approved in [false, true] {
        let mut world = wrong_mark("gains");
        let stands = |world: &World| {
            let texts = ["alice", "bob", "carol"];
            let each = texts.map(|t| (world.equity(t), world.free(t), world.lien(t)));
            (each, gained(world), world.engine.state().ledger.clone())
        };
        let before = stands(&world);
        report(&mut world, DAMAGE);
        if approved {
            approve(&mut world, SECOND).unwrap();
        }
        assert_eq!(stands(&world), before, "a report alone holds nobody");
        dismiss(&mut world).unwrap();
        assert_eq!((stage(&world), stands(&world)), (Stage::Dismissed, before.clone()));
        assert_eq!(approve(&mut world, SECOND).unwrap_err().code(), "loss-stage");
        world.tick(24 * HOUR);
        assert_eq!((stage(&world), stands(&world)), (Stage::Dismissed, before));
        assert_eq!(world.engine.state().losses.episodes().count(), 0);
        // Its number is spent: what is wrong after all is a new report.
        let again = world.try_report("wrong price", CauseClass::PriceError, 1, None, 0, &[]);
        assert_eq!(again.unwrap_err().code(), "loss-already-reported");
    }
    let mut world = wrong_mark("gains");
    report(&mut world, DAMAGE);
    approve(&mut world, SECOND).unwrap();
    world.tick(24 * HOUR);
    assert!(world.lien("bob") > 0);
    assert_eq!(dismiss(&mut world).unwrap_err().code(), "loss-stage", "then it is too late");
}

/// The lien begins with the detection, after the challenge: a day, where gains mature in eight
/// hours. Until then no period's end lets them mature.
#[test]
fn gains_do_not_mature_while_an_approved_report_waits() {
    for ends_periods in [true, false] {
        let mut world = wrong_mark("gains");
        if ends_periods {
            // Nor does one between the error and its approval.
            world.tick(HOUR);
            world.boundary();
            world.tick(HOUR);
        }
        report(&mut world, DAMAGE);
        approve(&mut world, SECOND).unwrap();
        for _ in 0..3 {
            if ends_periods {
                world.boundary();
            }
            world.tick(8 * HOUR - 1);
        }
        assert!(matches!(stage(&world), Stage::Challengeable { .. }));
        assert_eq!(world.lien("bob"), 0);
        let free = world.free("bob");
        assert_eq!(free, 16_000, "what he gained stays, ends of periods or not");
        world.withdraw("bob", free).unwrap();
        world.tick(3);
        world.tick(24 * HOUR);
        let paid = world.received("wrong price", "gains");
        assert_eq!((paid, world.uncovered()), (7_698, 0));
        // Session gains do not say what they came of: Carol's 5,000 on ETH count like Bob's.
        world.check_paid("wrong price", &[("bob", 5_166), ("carol", 2_532)]);
    }
}
