//! Sentences of the design that a reader found the engine to contradict, each mended and kept as
//! a plain test: what is divided and not taken is no equity, a gain pays once, a lien is held for
//! what may be asked, and what is frozen stays frozen.

use crate::world::acts::Given;
use crate::world::venue::perpetual;
use crate::world::{ASSET, World, amount, layer, lending, members, name};
use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, Basis, CauseClass, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::DomainId;
use rhodian_core::loss;
use rhodian_core::market::MarketSpec;

const ALTS: DomainId = DomainId(1);

/// A layer of session gains whose shares wait for a touch.
fn touched_gains(world: &mut World, text: &str, per_event: Option<u128>) {
    let rule =
        MemberRule { basis: Basis::SessionGains, on_touch: true, ..members(Rule::Proportional) };
    let mut of = layer(text, Kind::GainsHaircut, Source::Members(rule));
    of.caps.per_event = per_event.map(amount);
    world.add(of);
}

/// Bob paid in 1,000 and won 100, and is flat; whoever else trades is even or lost.
fn bob_won_a_hundred() -> World {
    let mut world = World::new("USD", 2);
    touched_gains(&mut world, "gains", None);
    world.waterfall(&["gains"]);
    world.set(Parameter::OpeningProfit, 1_000_000);
    world.list(perpetual("BTC"));
    world.mark("BTC", 100);
    for text in ["bob", "carol", "dan"] {
        world.account(text, 1_000);
    }
    wins(&mut world, "BTC", "bob");
    world
}

/// `text` buys ten at 100 and sells them at 110.
fn wins(world: &mut World, market: &str, text: &str) {
    world.mark(market, 100);
    world.fill(market, text, "carol", 10, 100);
    world.mark(market, 110);
    world.fill(market, "dan", text, 10, 110);
}

/// A share of 60 that waits is no equity of the next episode: Bob pays 100 in all for his 100,
/// never of what he paid in.
#[test]
fn a_share_that_waits_is_no_equity_of_the_next_set() {
    let mut world = bob_won_a_hundred();
    world.report("L", 60);
    assert_eq!((world.cash("bob"), world.lien("bob")), (1_100, 60), "60 wait");
    world.report("M", 100);
    world.take_shares("M");
    assert_eq!((world.cash("bob"), world.uncovered()), (1_000, -60));
}

/// Nor is it equity that a period begins with: a gain of the next session is liable whole.
#[test]
fn a_share_that_waits_is_no_principal_of_the_next_period() {
    let mut world = bob_won_a_hundred();
    world.set(Parameter::ReferenceAge, 0);
    world.report("L", 60);
    world.boundary();
    assert_eq!(world.cash("bob"), 1_040, "it is taken before the period ends");
    world.tick(1);
    wins(&mut world, "BTC", "bob");
    world.report("M", 100);
    world.take_shares("M");
    assert_eq!((world.cash("bob"), world.uncovered()), (1_040, 0));
}

/// Alice's other account won 100 in Alts and pays 60 there; then she fails here, and 40 more of
/// it are divided there. They wait, and are no means for what she lacks here.
#[test]
fn a_share_that_waits_is_no_own_means() {
    let mut world = World::venue(10_000, 100);
    touched_gains(&mut world, "gains of Alts", Some(60));
    // What is sold for stays pending, and holds the episode with its liable set open.
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 3_600_000 });
    sale.caps.per_event = Some(amount(1));
    world.add(sale);
    let steps = ["gains of Alts", "sale"].map(|text| world.step(&[(text, 1)])).to_vec();
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain: ALTS, class, steps });
    world.list(MarketSpec { domain: ALTS, ..perpetual("SOL") });
    for text in ["bob", "carol", "dan"] {
        world.account(text, 10_000);
    }
    world.account("alice", 200);
    world.account_of("alice-iso", "alice", 1_000);
    wins(&mut world, "SOL", "alice-iso");
    lost_in_alts(&mut world, 1, 61);
    assert_eq!(
        (world.cash("alice-iso"), world.lien("alice-iso")),
        (1_100, 61),
        "60 wait, 1 is open"
    );
    world.fill("BTC", "alice", "bob", 10, 100);
    world.mark("BTC", 70);
    world.find_loss("L");
    assert_eq!(world.cash("alice-iso"), 1_040, "what waits is taken when she fails");
    lost_in_alts(&mut world, 2, 40);
    assert_eq!(world.cash("alice-iso"), 1_040);
    world.fill("BTC", "bob", "book/L", 10, 70);
    assert_eq!((world.loss("L").own_means, world.cash("alice-iso")), (amount(0), 1_000));
}

fn lost_in_alts(world: &mut World, number: u64, atoms: u128) {
    world.loss_do(loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: ALTS,
        number,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [7; 32],
        amount: amount(atoms),
        failed: None,
        margin: amount(0),
        set_off: Vec::new(),
    })));
}

/// Carol stands behind thefts, Bob behind defaults. While a default is open Carol's money is free.
#[test]
fn a_lien_is_held_for_what_the_layer_may_be_drawn_on() {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(10));
    world.add(sale);
    world.waterfall(&["sale", "gains"]);
    world.add(layer("capital", Kind::OperatorCapital, Source::Pot));
    for (text, rule) in [("deposits", Rule::Proportional), ("cover", Rule::Talmud)] {
        let mut of = layer(text, Kind::Deposits, Source::Members(members(rule)));
        of.caps.per_episode = Some(amount(1_000));
        world.add(of);
    }
    let steps = ["capital", "deposits", "cover"].map(|text| world.step(&[(text, 1)])).to_vec();
    world.waterfall_of(CauseClass::Custody, steps);
    for text in ["bob", "carol", "cat"] {
        world.account(text, 500);
    }
    world.claim("gains", "bob", 500, 500);
    world.claim("deposits", "carol", 500, 500);
    world.claim("cover", "cat", 500, 500);
    world.report("L", 400);
    assert_eq!(["bob", "carol", "cat"].map(|text| world.lien(text)), [400, 0, 0]);
}

fn set(world: &mut World, class: CauseClass, layers: &[&str]) -> Given {
    let steps = layers.iter().map(|text| world.step(&[(text, 1)])).collect();
    let command = domain::Command::SetWaterfall { domain: crate::world::DOMAIN, class, steps };
    world.give(Actor::VENUE, Action::Domain(command))
}

/// Two layers that take the same session gain would take more than it.
#[test]
fn a_gain_is_taken_through_one_layer() {
    let mut world = World::venue(0, 100);
    world.session_gains("more gains");
    let code = |given: Given| given.expect_err("it is refused").code();
    let (default, price_error) = (CauseClass::Default, CauseClass::PriceError);
    assert_eq!(code(set(&mut world, default, &["gains", "fund", "more gains"])), "gains-twice");
    assert_eq!(code(set(&mut world, price_error, &["more gains"])), "gains-twice");
    set(&mut world, price_error, &["gains"]).unwrap();
    // One class after the other a domain comes to another layer.
    set(&mut world, price_error, &["fund"]).unwrap();
    set(&mut world, default, &["more gains"]).unwrap();
    set(&mut world, price_error, &["more gains"]).unwrap();
}

/// A waterfall that is set while an episode is open changes nothing of who gives own means in it.
#[test]
fn own_means_are_read_from_the_rules_that_are_frozen() {
    let mut world = World::new("USD", 2);
    world.gains("gains", None);
    world.fund("fund", 1_000, None);
    world.waterfall(&["gains", "fund"]);
    world.account("alice", 0);
    world.account_of("alice-2", "alice", 100);
    world.account("bob", 1_000);
    world.claim("gains", "alice-2", 100, 100);
    world.claim("gains", "bob", 900, 900);
    world.hold_episode_open();
    world.waterfall(&["fund"]);
    world.declare("L", "alice", &[]);
    let set_off: Vec<_> = world.loss("L").set_off.iter().map(|off| off.up_to).collect();
    assert_eq!(set_off, [amount(100)]);
}

/// A theft that lenders do not stand behind lacks 500 while a sale is pending; then a loan fails.
/// That lenders can bear the loan does not bring what the theft lacks: nobody leaves at par.
#[test]
fn what_one_class_lacks_is_not_what_lenders_of_another_have() {
    let mut world = lending::domain(0);
    world.add(layer("capital", Kind::OperatorCapital, Source::Pot));
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 3_600_000 });
    sale.caps.per_event = Some(amount(500));
    world.add(sale);
    let steps = ["capital", "sale"].map(|text| world.step(&[(text, 1)])).to_vec();
    world.waterfall_of(CauseClass::Custody, steps);
    world.set(Parameter::ChallengeTime, 0);
    let spec = lending::spec();
    lending::give(&mut world, rhodian_core::pools::lending::Command::Open { spec: Box::new(spec) })
        .unwrap();
    for text in ["ann", "ben"] {
        lending::lender(&mut world, text, 5_000);
    }
    lending::borrower(&mut world, "dan", 2, 1_500);
    world.try_report("theft", CauseClass::Custody, 500, None, 0, &[]).unwrap();
    let loss = world.loss_id("theft");
    let second = Actor { id: 1, ..Actor::VENUE };
    world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    let realisable =
        |world: &World| world.engine.state().realisable(lending::pool(world)).total.atoms();
    assert_eq!(realisable(&world), 9_500);
    // At 800 the least that two ether may be sold for is 1,440.
    lending::mark(&mut world, 800);
    assert_eq!(world.engine.state().losses.losses().count(), 2, "the loan failed");
    assert_eq!(realisable(&world), 9_500);
}

/// Two loans fail one after the other, each with a liable set of its own; lenders bear a tenth of
/// their supply in all. What is beyond that lacks now, and nobody lends into it.
#[test]
fn a_cap_under_two_sets_is_room_once() {
    let mut world = lending::domain(0);
    let tenth = MemberRule { cap_of_weight: Some(100_000), ..lending::by_supply() };
    world.add(layer("a tenth", Kind::LenderSupply, Source::Members(tenth)));
    world.waterfall(&["Fund", "a tenth"]);
    let spec = lending::spec();
    lending::give(&mut world, rhodian_core::pools::lending::Command::Open { spec: Box::new(spec) })
        .unwrap();
    lending::lender(&mut world, "ann", 100_000);
    lending::borrower(&mut world, "dan", 12, 9_000);
    lending::borrower(&mut world, "eva", 20, 9_000);
    lending::mark(&mut world, 800);
    world.tick(1);
    lending::mark(&mut world, 1);
    assert_eq!(world.engine.state().losses.losses().count(), 2, "both failed");
    let realisable = world.engine.state().realisable(lending::pool(&world)).total.atoms();
    assert!((91_900..92_100).contains(&realisable), "18,000 lack, 10,000 are borne: {realisable}");
    world.account("fay", 5_000);
    let refused = lending::Ask(&mut world, "fay").supply(5_000);
    assert_eq!(refused.expect_err("into a hole").code(), "domain-owes");
}
