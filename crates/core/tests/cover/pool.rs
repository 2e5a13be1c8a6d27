//! Cover pools: from a premium to a claim that stakers pay, and back.

use crate::world::acts::Given;
use crate::world::bounty;
use crate::world::cover::*;
use crate::world::feeds::{FEED, open_feed, say_all};
use crate::world::{DOMAIN, World, amount, name};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Action, Event};
use rhodian_core::ids::{LossId, RiskId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Stage};
use rhodian_core::oracle::Kind;
use rhodian_core::pools::Rates;
use rhodian_core::pools::cover::{self, Command, Experience, PoolSpec, RiskSpec, Trigger};
use rhodian_core::units::Price;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// Carol covers 40,000 and Dan 20,000 for a year, at ten per cent; a day later both covers stand.
fn two_covers(spec: PoolSpec) -> World {
    let mut world = pool_of(spec, bridge());
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

/// A premium is earned day by day: half of it is the stakers', by stake, the rest is the fund's,
/// and who is staked later has no part of what was earned before.
#[test]
fn a_premium_is_earned_over_the_time_of_its_cover() {
    let mut world = pool_of(spec(), bridge());
    buy(&mut world, "carol", 36_500, YEAR).unwrap();
    assert_eq!((world.cash("carol"), held(&world)), (10_000 - 3_650, 3_650));
    world.tick(100 * DAY);
    // Ten atoms a day, five of them to stakers.
    assert_eq!((held(&world), world.pot("Fund")), (2_650, 5_500));
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (300, 200));
    staker(&mut world, "eve", 100_000);
    world.tick(100 * DAY);
    let of = ["ann", "ben", "eve"].map(|text| earned(&world, text));
    assert_eq!(of, [450, 300, 250], "half of the second five hundred is Eve's");
    world.tick(165 * DAY);
    assert_eq!((held(&world), world.pot("Fund")), (0, 5_000 + 1_825), "all of it, to the atom");
    assert_eq!(cover(&world, 0).stage, cover::Stage::Ended);
    world.tick(30 * DAY);
    assert_eq!((cover(&world, 0).stage, pool(&world).covered), (cover::Stage::Lapsed, amount(0)));
}

/// The operator pays first, then the fund, then stakers by stake; the insured are made whole, up to
/// their covers.
#[test]
fn the_insured_are_made_whole_up_to_their_cover() {
    let mut world = two_covers(spec());
    // A day of 16.44 a day, of which 8 were the stakers' and 8 the fund's.
    assert_eq!((held(&world), world.pot("Fund")), (5_984, 5_008));
    report(&mut world, &[(0, 25_000), (1, 90_000)]).unwrap();
    assert_eq!((incident(&world, 0).due, pool(&world).claimed), (amount(45_000), amount(45_000)));
    approve(&mut world, 0);
    let loss = loss_of(&world, 0);
    assert_eq!((loss.stage, loss.class), (Stage::Settled, CauseClass::Custody));
    assert_eq!((loss.deficit, loss.uncovered), (amount(45_000), amount(0)));
    assert_eq!((world.pot("Operator"), world.pot("Fund")), (0, 0));
    // What is left of 45,000 less 1,000 and the fund's 5,016: six tenths of it Ann's.
    let stakes = ["ann", "ben"].map(|text| world.stake_of(text, "Stakers"));
    assert_eq!(stakes[0] + stakes[1], 100_000 - 38_984);
    assert_eq!(stakes, [60_000 - 23_390, 40_000 - 15_594]);
    assert_eq!((world.cash("carol"), world.cash("dan")), (6_000 + 25_000, 8_000 + 20_000));
    // What was paid is covered no more; what was not still is.
    assert_eq!((cover(&world, 0).left, cover(&world, 1).left), (amount(15_000), amount(0)));
    assert_eq!(pool(&world).covered, amount(15_000));
}

/// What nothing pays is uncovered: the insured get what is there in proportion, and the rest as the
/// domain's debt is paid, by the premia that come in first.
#[test]
fn what_is_uncovered_is_paid_as_the_debt_is() {
    let mut world = pool_of(spec(), RiskSpec { rates: free(), expected_loss: 0, ..bridge() });
    buy(&mut world, "carol", 120_000, YEAR).unwrap();
    buy(&mut world, "dan", 60_000, YEAR).unwrap();
    world.tick(DAY);
    report(&mut world, &[(0, 120_000), (1, 60_000)]).unwrap();
    approve(&mut world, 0);
    // 1,000 and 5,000 and 100,000 of 180,000.
    assert_eq!((world.uncovered(), world.pot("Stakers")), (-74_000, 0));
    assert_eq!((world.cash("carol"), world.cash("dan")), (10_000 + 70_667, 10_000 + 35_333));
    assert_eq!(held(&world), 74_000, "owed to them, and not there");
    assert_eq!(code(buy(&mut world, "eve", 1_000, YEAR)), "domain-owes");
    world.income("Fund", 30_000);
    assert_eq!((world.uncovered(), held(&world)), (-44_000, 44_000));
    assert_eq!((world.cash("carol"), world.cash("dan")), (10_000 + 90_667, 10_000 + 45_333));
    world.name_loss("L", LossId(0));
    // The fund paid a part of the debt: what comes back is its and theirs, in proportion.
    world.recover("L", 37_000);
    assert_eq!((held(&world), world.pot("Fund")), (22_000, 15_000));
    world.recover("L", 43_000);
    assert_eq!((world.cash("carol"), world.cash("dan")), (130_000, 70_000));
    // Then stakers, who bore the last step that paid.
    assert_eq!((held(&world), world.pot("Fund")), (0, 30_000));
    assert_eq!((world.cash("ann"), world.cash("ben")), (3_600, 2_400));
}

fn free() -> Rates {
    Rates { at_zero: 0, kink: 1, at_kink: 0, at_full: 0 }
}

/// Nobody buys what he saw happen: a cover begins a day after it was bought, and an incident that
/// is known stops the sale.
#[test]
fn nobody_buys_what_he_saw_happen() {
    let mut world = two_covers(spec());
    let seen = world.at;
    buy(&mut world, "eve", 10_000, YEAR).unwrap();
    assert_eq!(code(report(&mut world, &[(2, 10_000)])), "not-covered");
    report(&mut world, &[(0, 10_000)]).unwrap();
    assert_eq!(code(buy(&mut world, "frank", 10_000, YEAR)), "incident-open");
    world.tick(2 * DAY);
    assert_eq!(code(report_at(&mut world, seen, &[(2, 10_000)])), "not-covered");
    let ahead = Time(world.at.0 + 1);
    assert_eq!(code(report_at(&mut world, ahead, &[(2, 1)])), "not-happened");
    report(&mut world, &[(2, 10_000)]).unwrap();
}

/// What happened before the end of a cover may be reported until the time to claim is over.
#[test]
fn a_claim_may_come_late_and_not_too_late() {
    let mut world = two_covers(spec());
    world.set(Parameter::ApprovalTime, u128::from(30 * DAY));
    world.tick(YEAR - 2 * DAY);
    let last = Time(world.at.0);
    world.tick(20 * DAY);
    assert_eq!(cover(&world, 0).stage, cover::Stage::Ended);
    assert_eq!(code(report(&mut world, &[(0, 1_000)])), "not-covered", "after its end");
    report_at(&mut world, last, &[(0, 1_000)]).unwrap();
    world.tick(20 * DAY);
    assert_eq!(cover(&world, 0).stage, cover::Stage::Lapsed);
    assert_eq!(pool(&world).covered, amount(1_000), "what is claimed is covered still");
    assert_eq!(code(report_at(&mut world, last, &[(1, 1_000)])), "not-covered", "too late");
    dismiss(&mut world, 0).unwrap();
    assert_eq!(pool(&world).covered, amount(0));
}

/// A challenge that succeeds leaves everything as it was, and the cover can be claimed again.
#[test]
fn a_dismissed_claim_leaves_no_trace() {
    let mut world = two_covers(spec());
    report(&mut world, &[(0, 40_000)]).unwrap();
    assert_eq!(code(report(&mut world, &[(0, 1)])), "nothing-due", "all of it is claimed");
    dismiss(&mut world, 0).unwrap();
    assert_eq!((pool(&world).claimed, cover(&world, 0).claimed), (amount(0), amount(0)));
    report(&mut world, &[(0, 40_000)]).unwrap();
    approve(&mut world, 1);
    assert_eq!(world.cash("carol"), 6_000 + 40_000);
}

/// An incident pays its cap and no more, in proportion; who brings the loss bears his part of it.
#[test]
fn caps_and_retention_bind() {
    let capped = PoolSpec { incident_cap: Some(amount(10_000)), tail_index: 900_000, ..spec() };
    let mut world = pool_of(capped, RiskSpec { retention: 100_000, ..bridge() });
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    // Nine tenths of 20,001, rounded for the pool, and all of Dan's cover: 18,000 and 20,000.
    report(&mut world, &[(0, 20_001), (1, 90_000)]).unwrap();
    let dues: Vec<u128> = incident(&world, 0).claims.iter().map(|of| of.due.atoms()).collect();
    assert_eq!(dues, [4_737, 5_263], "18,000 and 20,000 of 38,000, of 10,000");
    approve(&mut world, 0);
    assert_eq!((world.cash("carol"), world.cash("dan")), (10_737, 13_263));
    assert_eq!(cover(&world, 0).left, amount(40_000 - 4_737), "the rest is covered again");
}

/// Who was paid before bears more of the next loss, up to a most, and for a while: ten per cent, a
/// quarter after one incident, two fifths after two; by owner, whichever of his covers it was. Who
/// brought none bears what everybody does.
#[test]
fn who_brings_losses_again_bears_more_of_them() {
    let experience = Some(Experience { step: 150_000, most: 400_000, window: 20 * DAY });
    let risk = RiskSpec { retention: 100_000, experience, ..bridge() };
    let mut world = pool_of(spec(), risk);
    for (place, who) in ["carol", "dan", "carol"].into_iter().enumerate() {
        buy(&mut world, who, 20_000, YEAR).unwrap_or_else(|error| panic!("{place}: {error:?}"));
    }
    world.tick(DAY);
    let mut lost = |days: u64, claims: &[(u32, u128)]| {
        world.tick(days * DAY);
        report(&mut world, claims).unwrap();
        let number = u32::try_from(world.engine.state().losses.losses().count() - 1).unwrap();
        let dues = incident(&world, number).claims.iter().map(|of| of.due.atoms()).collect();
        approve(&mut world, number);
        let state = world.engine.state();
        let owner = |who| state.accounts.account(world.id(who)).unwrap().owner;
        let now = |who| state.cover_retention(BRIDGE, owner(who)).unwrap();
        let now = [now("carol"), now("dan")];
        (dues, now)
    };
    let both = |of: &[u128], carol, dan| (of.to_vec(), [carol, dan]);
    assert_eq!(lost(0, &[(0, 1_000), (1, 1_000)]), both(&[900, 900], 250_000, 250_000));
    assert_eq!(lost(0, &[(2, 1_000)]), both(&[750], 400_000, 250_000), "her other cover");
    assert_eq!(lost(1, &[(0, 1_000), (1, 1_001)]), both(&[600, 750], 400_000, 400_000));
    // When the first two no longer count, and the third does.
    assert_eq!(lost(17, &[(0, 1_000)]), both(&[750], 400_000, 250_000));
}

/// Two losses that are reported before either is found right are not both the first, and one that
/// is reported late, of an earlier day, is none either. One that is dismissed counts for nothing.
#[test]
fn losses_that_are_reported_together_count_for_each_other() {
    let experience = Some(Experience { step: 150_000, most: 400_000, window: 20 * DAY });
    let risk = RiskSpec { retention: 100_000, experience, ..bridge() };
    let mut world = pool_of(spec(), risk);
    buy(&mut world, "carol", 20_000, YEAR).unwrap();
    world.tick(5 * DAY);
    let (first, second) = (Time(world.at.0 - 2 * DAY), world.at);
    let due = |world: &World, loss| incident(world, loss).claims[0].due.atoms();
    report_at(&mut world, second, &[(0, 1_000)]).unwrap();
    report_at(&mut world, first, &[(0, 1_000)]).unwrap();
    assert_eq!((due(&world, 0), due(&world, 1)), (900, 750));
    dismiss(&mut world, 0).unwrap();
    report_at(&mut world, second, &[(0, 1_000)]).unwrap();
    assert_eq!(due(&world, 2), 750, "the other stands");
    dismiss(&mut world, 1).unwrap();
    dismiss(&mut world, 2).unwrap();
    report_at(&mut world, second, &[(0, 1_000)]).unwrap();
    assert_eq!(due(&world, 3), 900);
}

/// Losses without a finite mean need a cap: the pool is refused.
#[test]
fn an_uncapped_pool_needs_losses_with_a_mean() {
    let mut world = domain(0);
    for (tail_index, right) in [(920_000, false), (1_000_000, false), (1_000_001, true)] {
        let spec = PoolSpec { tail_index, ..spec() };
        let capped = PoolSpec { incident_cap: Some(amount(1)), ..spec.clone() };
        assert_eq!((spec.check().is_ok(), capped.check().is_ok()), (right, true), "{tail_index}");
    }
    let heavy = PoolSpec { tail_index: 920_000, ..spec() };
    assert_eq!(code(give(&mut world, Command::Open { spec: Box::new(heavy) })), "flaw");
}

/// The price is at least the expected loss and its load, and rises with what is covered.
#[test]
fn the_price_follows_risk_and_use() {
    let cheap = RiskSpec { expected_loss: 70_000, ..bridge() };
    assert!(matches!(
        cheap.check(),
        Err(cover::Flaw::BelowExpectedLoss { at_zero: 100_000, least: 105_000 })
    ));
    let rates = Rates { at_zero: 100_000, kink: 500_000, at_kink: 100_000, at_full: 300_000 };
    let mut world = pool_of(spec(), RiskSpec { rates, ..bridge() });
    // 200,000 may be covered: the first half at ten per cent, the rest at up to thirty.
    let price = |world: &World, atoms| {
        world.engine.state().cover_price(BRIDGE, amount(atoms), YEAR).unwrap().premium.atoms()
    };
    assert_eq!((price(&world, 100_000), price(&world, 200_000)), (10_000, 30_000));
    buy(&mut world, "carol", 100_000, YEAR).unwrap();
    assert_eq!(price(&world, 100_000), 20_000);
    assert_eq!(code(buy(&mut world, "dan", 100_000, YEAR)), "premium-above-most");
    assert_eq!(code(buy(&mut world, "dan", 100_001, YEAR)), "above-capacity");
    // A change of the price is for those who buy later.
    let spec = RiskSpec { concentration: 600_000, ..bridge() };
    give(&mut world, Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) }).unwrap();
    assert_eq!(price(&world, 1_000), 100);
    assert_eq!(code(buy(&mut world, "dan", 20_001, YEAR)), "above-concentration");
    let other = RiskSpec { class: CauseClass::PriceError, ..bridge() };
    assert_eq!(
        code(give(&mut world, Command::SetRisk { risk: BRIDGE, spec: Box::new(other) })),
        "stays"
    );
}

/// Stake stands behind covers until they lapse; what is asked for covers nobody new.
#[test]
fn stakes_that_cover_somebody_stay() {
    let mut world = two_covers(spec());
    // 60,000 covered twice over need 30,000 of 100,000.
    world.try_unstake("ann", "Stakers", 60_000).unwrap();
    assert_eq!(code(world.try_unstake("ben", "Stakers", 10_001)), "backs-cover");
    world.try_unstake("ben", "Stakers", 10_000).unwrap();
    assert_eq!(code(buy(&mut world, "eve", 1_000, YEAR)), "above-capacity");
    world.tick(YEAR + 30 * DAY);
    world.try_unstake("ben", "Stakers", 30_000).unwrap();
    assert_eq!((world.cash("ben"), world.pot("Stakers")), (40_000, 0));
}

/// Stakers vote by stake, nobody on his own claim, and nobody comes to vote.
#[test]
fn stakers_decide_by_stake() {
    /// What happens, who votes how, the quorum, and whether the claims are accepted.
    type Case = (&'static str, &'static [(&'static str, bool)], u32, bool);
    let cases: [Case; 6] = [
        ("more accept", &[("ann", true), ("ben", false)], 500_000, true),
        ("more reject", &[("ann", false), ("ben", true)], 500_000, false),
        ("too few", &[("ben", true)], 400_001, false),
        ("just enough", &[("ben", true)], 400_000, true),
        ("nobody", &[], 0, false),
        ("who changes his mind", &[("ann", false), ("ann", true)], 600_000, true),
    ];
    for (text, votes, quorum, accepted) in cases {
        let mut world = two_covers(voted(quorum));
        report(&mut world, &[(0, 10_000)]).unwrap();
        for (staker, accept) in votes {
            vote(&mut world, staker, 0, *accept).unwrap();
        }
        world.tick(3 * DAY);
        let dismissed = loss_of(&world, 0).stage == Stage::Dismissed;
        assert_eq!(dismissed, !accepted, "{text}");
        world.tick(DAY);
        assert_eq!(world.cash("carol"), 6_000 + if accepted { 10_000 } else { 0 }, "{text}");
    }
}

#[test]
fn who_may_not_vote() {
    let mut world = two_covers(voted(1));
    report(&mut world, &[(0, 10_000)]).unwrap();
    world.account("gus", 5_000);
    assert_eq!(code(vote(&mut world, "gus", 0, true)), "not-staked");
    assert_eq!(code(world.try_stake("gus", "Stakers", 5_000)), "loss-known", "only to vote");
    assert_eq!(code(vote(&mut world, "carol", 0, true)), "own-claim");
    // Who knows of the claim does not leave the others to pay for it.
    assert_eq!(code(world.try_unstake("ann", "Stakers", 1)), "loss-known");
    let approver = rhodian_core::engine::Actor { id: 1, ..rhodian_core::engine::Actor::VENUE };
    let loss = LossId(0);
    let command = loss::Command::ApproveLoss { loss };
    let action = Action::Loss(command);
    assert_eq!(code(world.give(approver, action)), "voted-on");
    vote(&mut world, "ann", 0, true).unwrap();
    world.tick(3 * DAY);
    assert_eq!(code(vote(&mut world, "ben", 0, false)), "no-vote", "it is over");
    assert_eq!(code(vote(&mut world, "ben", 7, false)), "unknown-incident");
    dismiss(&mut world, 0).unwrap();
    assert_eq!(world.cash("carol"), 6_000, "the venue challenged it in time");
}

/// One loss at a time is one claim: the losses of a pool run through the waterfall as any other's
/// do, and what is open of one does not pay another.
#[test]
fn two_incidents_take_their_turn() {
    let mut world = two_covers(spec());
    report(&mut world, &[(0, 10_000)]).unwrap();
    report(&mut world, &[(1, 20_000), (0, 30_000)]).unwrap();
    assert_eq!(code(report(&mut world, &[(1, 1)])), "nothing-due");
    approve(&mut world, 1);
    assert_eq!((world.cash("carol"), world.cash("dan")), (36_000, 28_000));
    approve(&mut world, 0);
    assert_eq!((world.cash("carol"), held(&world)), (46_000, 5_951));
    assert_eq!(world.balance(Holder::Cover(POOL)), held(&world));
}

/// A stablecoin that is covered against its price, with three sources, a day's waiting and a
/// trigger: a mean below 900 over ten minutes.
fn pegged() -> World {
    let mut world = pool_of(spec(), bridge());
    open_feed(&mut world, "DAI index", Kind::Price);
    let trigger = Trigger { feed: FEED, below: Price::new(900).unwrap(), window: 600_000 };
    let peg = RiskSpec {
        name: name("DAI"),
        class: CauseClass::Custody,
        trigger: Some(trigger),
        ..bridge()
    };
    give(&mut world, Command::AddRisk { spec: Box::new(peg) }).unwrap();
    assert_eq!(code(buy_of(&mut world, PEG, "carol", 40_000, YEAR)), "no-mean", "nobody says it");
    said(&mut world, 1_000, 1_200);
    buy_of(&mut world, PEG, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

const PEG: RiskId = RiskId(1);

/// All sources say `ticks`, a tick more or less, every ten seconds.
fn said(world: &mut World, ticks: u64, seconds: u64) {
    for step in 0..seconds / 10 {
        say_all(world, FEED, ticks + step % 2);
        world.tick(10_000);
    }
}

fn reopen(world: &mut World) {
    let (domain, status, cause) = (Some(DOMAIN), Status::Open, name("prices are back"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
}

/// A price that is low for ten minutes pays all that is covered of its risk, and of no other; one
/// that dips does not, nor one that nobody knows.
#[test]
fn a_price_that_stays_low_pays_without_a_report() {
    let mut world = pegged();
    assert_eq!(code(trigger(&mut world, BRIDGE, "carol")), "no-trigger");
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "no-mean", "nobody says anything");
    said(&mut world, 1_000, 1_200);
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "not-below");
    said(&mut world, 850, 240);
    said(&mut world, 1_000, 360);
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "no-mean", "a dip, on the way to it");
    said(&mut world, 1_000, 1_200);
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "not-below", "and back");
    reopen(&mut world);
    buy_of(&mut world, PEG, "eve", 10_000, YEAR).unwrap();
    said(&mut world, 850, 1_200);
    world.tick(1_200_000);
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "no-mean", "and then silence");
    said(&mut world, 850, 1_200);
    reopen(&mut world);
    assert_eq!(code(buy_of(&mut world, PEG, "frank", 10_000, YEAR)), "price-low");
    trigger(&mut world, PEG, "dan").unwrap();
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "incident-open");
    assert_eq!(incident(&world, 0).due, amount(40_000), "Eve's cover did not run then");
    let loss = loss_of(&world, 0);
    assert_eq!((loss.cause.as_str().contains("below its trigger"), loss.failed), (true, None));
    world.tick(DAY);
    assert_eq!((world.cash("carol"), world.cash("dan")), (6_000 + 40_000, 8_000));
}

/// What a trigger claims may be challenged as any report.
#[test]
fn a_triggered_claim_may_be_challenged() {
    let mut world = pegged();
    said(&mut world, 850, 1_200);
    trigger(&mut world, PEG, "carol").unwrap();
    dismiss(&mut world, 0).unwrap();
    world.tick(DAY);
    assert_eq!((world.cash("carol"), cover(&world, 0).unclaimed()), (6_000, amount(40_000)));
}

/// Who challenges a trigger that he, or another, brought about alone is paid nothing of the pot.
#[test]
fn a_triggered_claim_makes_no_bounty() {
    let mut world = pegged();
    let terms = bounty::terms(&world, "Fund");
    bounty::set(&mut world, Some(terms)).unwrap();
    said(&mut world, 850, 1_200);
    reopen(&mut world);
    trigger(&mut world, PEG, "carol").unwrap();
    bounty::challenge(&mut world, "dan", 0).unwrap();
    let (cash, fund) = (world.cash("dan"), world.pot("Fund"));
    bounty::dismiss(&mut world, bounty::SECOND, 0).unwrap();
    assert_eq!((world.cash("dan"), world.pot("Fund")), (cash + 100, fund), "his bond");
}

/// The same loss as a default, as a theft and as claims of the insured: the records are the same
/// from recognition on, since the waterfall knows nothing of cover.
#[test]
fn claims_run_through_the_waterfall_of_every_loss() {
    let after = |world: &World| -> Vec<loss::Event> {
        let events = world.records.iter().flat_map(|record| record.events.iter());
        let of_loss = events.filter_map(|event| match event {
            Event::Loss(event) => Some(event.clone()),
            _ => None,
        });
        let recognised =
            |event: &loss::Event| matches!(event, loss::Event::DeficitRecognised { .. });
        of_loss.skip_while(|event| !recognised(event)).collect()
    };
    let free = RiskSpec { rates: free(), expected_loss: 0, ..bridge() };
    let mut insured = pool_of(spec(), free.clone());
    buy(&mut insured, "carol", 30_000, YEAR).unwrap();
    insured.tick(DAY);
    report(&mut insured, &[(0, 30_000)]).unwrap();
    approve(&mut insured, 0);
    let mut theft = pool_of(spec(), free);
    theft.account("carol", 10_000);
    theft.try_report("L", CauseClass::Custody, 30_000, None, 0, &[]).unwrap();
    approve(&mut theft, 0);
    assert_eq!(after(&insured), after(&theft));
    assert!(after(&insured).len() > 8);
}
