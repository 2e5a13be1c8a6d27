//! Attacks on cover pools: what an opponent tried, and what came of it.

use crate::world::acts::Given;
use crate::world::cover::*;
use crate::world::feeds::{FEED, open_feed, say_all};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, CauseClass, Source};
use rhodian_core::engine::{Action, Actor, Event, Role};
use rhodian_core::ids::{DomainId, LayerId, LossId, RiskId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, OwnMeans};
use rhodian_core::oracle::Kind;
use rhodian_core::pools::Rates;
use rhodian_core::pools::cover::{self, Command, PoolSpec, RiskSpec, Trigger};
use rhodian_core::units::Price;

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

fn two_covers(spec: PoolSpec) -> World {
    let mut world = pool_of(spec, bridge());
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

/// A claim that has no room waits, and is paid as soon as there is some, watched or not: with the
/// watch nobody looked until something else was due.
#[test]
fn a_claim_without_room_is_paid_when_there_is_some() {
    let mut world = two_covers(spec());
    let all = 10i128.pow(30);
    world.deposit("carol", all.unsigned_abs() - 6_000);
    report(&mut world, &[(0, 20_001), (1, 10_000)]).unwrap();
    approve(&mut world, 0);
    assert_eq!((world.cash("carol"), world.cash("dan")), (all, 18_000));
    world.withdraw("carol", 1_000).unwrap();
    assert_eq!(world.cash("carol"), all, "a thousand of it");
    world.tick(DAY);
    world.withdraw("carol", 100_000).unwrap();
    assert_eq!(world.cash("carol"), all - 100_000 + 19_001);
}

/// A cover that would outlive time was paid for in full and could not be earned in full.
#[test]
fn a_cover_ends_before_time_does() {
    let mut world = pool_of(spec(), bridge());
    world.at = Time(u64::MAX - 10 * DAY);
    world.must(Action::Tick);
    assert_eq!(code(buy(&mut world, "carol", 40_000, 10 * DAY + 1)), "period");
    buy(&mut world, "carol", 40_000, 10 * DAY).unwrap();
    world.tick(10 * DAY);
    assert_eq!((held(&world), cover(&world, 0).stage), (0, cover::Stage::Lapsed));
}

/// What a risk costs may change, and not what was bought: the venue raised the retention to all
/// but an atom, and nobody who was insured before had anything to claim.
#[test]
fn the_retention_of_a_risk_stays() {
    let mut world = two_covers(spec());
    let spec = RiskSpec { retention: 999_999, ..bridge() };
    assert_eq!(
        code(give(&mut world, Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) })),
        "stays"
    );
    let spec = RiskSpec { rates: rates(200_000), ..bridge() };
    give(&mut world, Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) }).unwrap();
}

const fn rates(of: u32) -> Rates {
    Rates { at_zero: of, kink: 500_000, at_kink: of, at_full: of }
}

const PEG: RiskId = RiskId(1);

/// The sources say `ticks`, a tick more or less, for twenty minutes.
fn said(world: &mut World, ticks: u64) {
    said_for(world, ticks, 120);
}

/// The same for some tens of seconds; the domain opens again after a silence before.
fn said_for(world: &mut World, ticks: u64, tens: u64) {
    for step in 0..tens {
        say_all(world, FEED, ticks + step % 2);
        world.tick(10_000);
    }
    if world.engine.state().control.domain_status(DOMAIN) != Status::Open {
        let (domain, status, cause) = (Some(DOMAIN), Status::Open, name("prices are back"));
        world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    }
}

/// Carol covers 40,000 of a peg; an incident pays 10,000.
fn pegged() -> World {
    let mut world = pool_of(PoolSpec { incident_cap: Some(amount(10_000)), ..spec() }, bridge());
    open_feed(&mut world, "DAI index", Kind::Price);
    let trigger = Trigger { feed: FEED, below: Price::new(900).unwrap(), window: 600_000 };
    let peg = RiskSpec { name: name("DAI"), trigger: Some(trigger), ..bridge() };
    give(&mut world, Command::AddRisk { spec: Box::new(peg) }).unwrap();
    said(&mut world, 1_000);
    buy_of(&mut world, PEG, "carol", 40_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

/// A price that stays low is one incident: who showed it again was paid the cap again, until
/// nothing of the cover was left.
#[test]
fn a_price_that_stays_low_pays_its_cap_once() {
    let mut world = pegged();
    said(&mut world, 850);
    trigger(&mut world, PEG, "carol").unwrap();
    world.tick(DAY);
    assert_eq!(world.cash("carol"), 6_000 + 10_000);
    said(&mut world, 850);
    assert_eq!(code(trigger(&mut world, PEG, "carol")), "nothing-due");
    assert_eq!(cover(&world, 0).left, amount(30_000), "what is reported may still be claimed");
}

/// Nobody buys what he sees: at a price below the trigger a cover of 20,000 for 2,000 would have
/// paid as soon as it began, a day later.
#[test]
fn nobody_buys_below_the_trigger() {
    let mut world = pegged();
    said(&mut world, 950);
    buy_of(&mut world, PEG, "dan", 1_000, YEAR).unwrap();
    world.account("eve", 10_000);
    said_for(&mut world, 850, 12);
    assert_eq!(code(buy_of(&mut world, PEG, "eve", 20_000, YEAR)), "no-mean", "on its way");
    said(&mut world, 850);
    assert_eq!(code(buy_of(&mut world, PEG, "eve", 20_000, YEAR)), "price-low");
    said_for(&mut world, 950, 12);
    assert_eq!(code(buy_of(&mut world, PEG, "eve", 20_000, YEAR)), "no-mean", "on its way back");
    said(&mut world, 950);
    buy_of(&mut world, PEG, "eve", 1_000, YEAR).unwrap();
    buy(&mut world, "frank", 1_000, YEAR).unwrap();
}

/// Who stands behind the pool no more earns none of its premia: else they passed by what it owes.
#[test]
fn who_stands_behind_nothing_earns_nothing() {
    let mut world = two_covers(spec());
    // All that is covered is paid; the premia of both covers are still earned.
    report(&mut world, &[(0, 40_000), (1, 20_000)]).unwrap();
    approve(&mut world, 0);
    assert_eq!(pool(&world).covered, amount(0));
    let before = (earned(&world, "ann"), world.pot("Fund"));
    let steps = ["Operator", "Fund"].map(|text| world.step(&[(text, 1)])).into();
    world.waterfall_of(CauseClass::Custody, steps);
    world.tick(10 * DAY);
    assert_eq!(
        (earned(&world, "ann"), world.pot("Fund")),
        (before.0, before.1 + 165),
        "with 0.9 carried"
    );
}

/// Hundreds of covers that were bought in one millisecond end in one: each premium is earned to the
/// atom, with what rounding added to it.
#[test]
fn many_covers_begin_and_end_at_one_moment() {
    let mut world = pool_of(PoolSpec { leverage: 10_000_000, ..spec() }, bridge());
    let before = world.pot("Fund");
    let mut paid = 0;
    for place in 0..200 {
        buy(&mut world, "carol", 1_001 + place % 7, 3 * DAY + u64::try_from(place).unwrap() % 2)
            .unwrap();
        paid = 10_000 - world.cash("carol");
    }
    assert_eq!(held(&world), paid, "nothing is earned in no time");
    world.tick(3 * DAY);
    world.tick(1);
    assert_eq!(held(&world), 0);
    let earned = earned(&world, "ann") + earned(&world, "ben");
    let given = world.balance(Holder::Rewards(LayerId(2)));
    assert_eq!(world.pot("Fund") - before + given, paid);
    assert!(given.unsigned_abs() - earned <= 1, "an atom may wait for the next reward");
    world.tick(30 * DAY);
    assert_eq!(pool(&world).covered, amount(0));
}

/// Two incidents claim one cover, which lapses before either is decided: one is dismissed, the
/// other is paid, in either order.
#[test]
fn claims_outlive_their_cover() {
    for first in [0, 1] {
        let mut world = two_covers(spec());
        report(&mut world, &[(0, 10_000)]).unwrap();
        report(&mut world, &[(0, 25_000), (1, 5_000)]).unwrap();
        world.tick(YEAR + 30 * DAY);
        assert_eq!(pool(&world).covered, amount(40_000), "what is claimed");
        if first == 0 {
            dismiss(&mut world, 0).unwrap();
            approve(&mut world, 1);
        } else {
            approve(&mut world, 1);
            dismiss(&mut world, 0).unwrap();
        }
        assert_eq!((world.cash("carol"), world.cash("dan")), (31_000, 13_000));
        let stands = (pool(&world).covered, pool(&world).claimed, held(&world));
        assert_eq!(stands, (amount(0), amount(0), 0));
        assert_eq!(cover(&world, 0).left, amount(15_000));
    }
}

/// Where nothing is left to draw on, a loss settles at once with nothing drawn: nobody is paid
/// until there is money, and then everybody in proportion.
#[test]
fn an_incident_that_nobody_pays_for_waits() {
    let free = RiskSpec { rates: rates(0), expected_loss: 0, ..bridge() };
    let mut world = pool_of(spec(), free);
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "dan", 20_000, YEAR).unwrap();
    world.tick(DAY);
    world.try_report("theft", CauseClass::Custody, 106_000, None, 0, &[]).unwrap();
    report(&mut world, &[(0, 30_000), (1, 15_000)]).unwrap();
    approve(&mut world, 0);
    assert_eq!((world.pot("Stakers"), world.uncovered()), (0, 0));
    approve(&mut world, 1);
    assert_eq!((loss_of(&world, 1).stage, world.uncovered()), (loss::Stage::Settled, -45_000));
    assert_eq!((world.cash("carol"), world.cash("dan"), held(&world)), (10_000, 10_000, 45_000));
    world.income("Fund", 3_000);
    assert_eq!((world.cash("carol"), world.cash("dan"), held(&world)), (12_000, 11_000, 42_000));
}

/// Who comes when premia are about to be booked has no part of what was earned before he came, and
/// who leaves takes his part of what was.
#[test]
fn who_comes_for_the_premia_of_others_gets_none() {
    let mut world = pool_of(spec(), bridge());
    buy(&mut world, "carol", 87_600, YEAR).unwrap();
    world.account("eve", 900_000);
    // Of 23 atoms that are booked 11 are the stakers', of the 24th none: a part is rounded down
    // whenever premia are booked, for the fund.
    for _ in 0..20 {
        world.tick(DAY - 1);
        world.stake("eve", "Stakers", 900_000);
        world.tick(1);
        world.try_unstake("eve", "Stakers", 900_000).unwrap();
    }
    assert_eq!(earned(&world, "eve"), 0);
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (132, 88));
}

/// What stands behind the pool may stand behind a market too: while a loss there may take it all,
/// nobody buys cover on it.
#[test]
fn nobody_buys_on_what_another_loss_may_take() {
    let mut world = pool_of(spec(), bridge());
    let (second, class) = (DomainId(1), CauseClass::PriceError);
    world.domain_do(domain::Command::OpenDomain { name: name("Majors 2"), asset: ASSET });
    let mut sale = layer("Sale", domain::Kind::Treasury, Source::Proceeds { deadline: DAY });
    sale.caps.per_event = Some(amount(1));
    world.add(sale);
    let steps = ["Sale", "Stakers"].map(|text| world.step(&[(text, 1)])).into();
    world.domain_do(domain::Command::SetWaterfall { domain: second, class, steps });
    let zero = control::Command::SetParameter {
        domain: second,
        parameter: Parameter::ChallengeTime,
        value: 0,
    };
    world.must(Action::Control(zero));
    world.loss_do(loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: second,
        number: 1,
        class,
        cause: name("wrong print"),
        evidence: [7; 32],
        amount: amount(90_000),
        failed: None,
        margin: amount(0),
        set_off: vec![],
    })));
    let approver = Actor { id: 1, ..Actor::VENUE };
    let loss = LossId(0);
    world.give(approver, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    assert_eq!(world.pot("Stakers"), 100_000, "the sale is asked first, and takes a day");
    assert_eq!(code(buy(&mut world, "carol", 100_000, YEAR)), "episode-open");
    world.tick(DAY);
    assert_eq!(world.pot("Stakers"), 10_000);
    assert_eq!(code(buy(&mut world, "carol", 100_000, YEAR)), "above-capacity");
    buy(&mut world, "carol", 20_000, YEAR).unwrap();
}

/// An account below zero has nothing to buy with, and one whose money stands behind trades neither.
#[test]
fn nobody_buys_with_what_he_does_not_have() {
    let mut world = pool_of(spec(), bridge());
    world.account("carol", 1_000);
    assert_eq!(code(buy(&mut world, "carol", 10_001, YEAR)), "withdrawal-above-free");
    buy(&mut world, "carol", 10_000, YEAR).unwrap();
    assert_eq!(world.cash("carol"), 0);
    assert_eq!(code(buy(&mut world, "ann", 1_000, YEAR)), "withdrawal-above-free");
}

/// Two pools stand on one tranche: what one covers the other does not cover again, and both keep
/// who is staked.
#[test]
fn a_stake_stands_behind_what_it_can_pay_once() {
    let mut world = pool_of(spec(), bridge());
    let second = DomainId(1);
    world.domain_do(domain::Command::OpenDomain { name: name("Wallets"), asset: ASSET });
    let steps = ["Operator", "Fund", "Stakers"].map(|text| world.step(&[(text, 1)])).into();
    let class = CauseClass::Custody;
    world.domain_do(domain::Command::SetWaterfall { domain: second, class, steps });
    let spec = PoolSpec { name: name("Wallets"), domain: second, ..spec() };
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    let pool = rhodian_core::ids::CoverPoolId(1);
    let wallet = RiskSpec { name: name("Wallet"), pool, ..bridge() };
    give(&mut world, Command::AddRisk { spec: Box::new(wallet) }).unwrap();
    let (parameter, value) = (Parameter::StakeCooldown, 0);
    let set = control::Command::SetParameter { domain: second, parameter, value };
    let governance = Actor { role: Role::Governance, id: 0 };
    world.give(governance, Action::Control(set)).unwrap();
    for text in ["carol", "dan"] {
        let account = world.account(text, 100_000);
        world.domain_do(domain::Command::AcceptTerms { domain: second, account });
    }
    // 100,000 cover 200,000, once.
    buy(&mut world, "carol", 100_000, YEAR).unwrap();
    let state = world.engine.state();
    let room = |id| state.cover_capacity(state.covers.pool(id).unwrap()).room();
    assert_eq!((room(POOL), room(pool)), (amount(100_000), amount(100_000)));
    let risk = RiskId(1);
    assert_eq!(code(buy_of(&mut world, risk, "dan", 100_001, YEAR)), "above-capacity");
    buy_of(&mut world, risk, "dan", 100_000, YEAR).unwrap();
    assert_eq!(code(buy(&mut world, "carol", 1_000, YEAR)), "above-capacity");
    assert_eq!(code(world.try_unstake("ann", "Stakers", 1)), "backs-cover");
    // Both are drained, and both are paid in full.
    world.tick(DAY);
    report(&mut world, &[(0, 50_000)]).unwrap();
    approve(&mut world, 0);
    assert_eq!((world.uncovered(), world.cash("carol")), (0, 100_000 - 10_000 + 50_000));
}

/// What stands behind covers cannot be taken from behind them by another waterfall.
#[test]
fn a_waterfall_does_not_leave_covers_alone() {
    let mut world = two_covers(spec());
    let class = CauseClass::Custody;
    let set = |world: &mut World, class, layers: &[&str]| {
        let steps = layers.iter().map(|text| world.step(&[(*text, 1)])).collect();
        let command = domain::Command::SetWaterfall { domain: DOMAIN, class, steps };
        world.give(Actor::VENUE, Action::Domain(command))
    };
    world.tranche("Other");
    assert_eq!(code(set(&mut world, class, &["Operator", "Stakers"])), "cover-stands", "the fund");
    assert_eq!(code(set(&mut world, class, &["Operator", "Fund"])), "cover-stands", "the stakes");
    // Stakes that the bridge would not draw on would count as if it did.
    let default = CauseClass::Default;
    assert_eq!(code(set(&mut world, default, &["Fund", "Other"])), "cover-stands");
    set(&mut world, default, &["Fund", "Stakers"]).unwrap();
    set(&mut world, class, &["Operator", "Fund", "Other", "Stakers"]).unwrap();
    // Nothing is covered any more: the stakes may be other ones.
    world.tick(YEAR + 31 * DAY);
    set(&mut world, default, &["Fund"]).unwrap();
    set(&mut world, class, &["Operator", "Fund", "Other"]).unwrap();
}

/// Who fails has earned premia that were not booked yet: they are his means, and not the others'.
#[test]
fn premia_that_a_failed_staker_earned_pay_for_him() {
    let rates = Rates { at_zero: 1_000_000, kink: 1, at_kink: 1_000_000, at_full: 1_000_000 };
    let mut world = pool_of(spec(), RiskSpec { rates, ..bridge() });
    let steps = ["Fund", "Stakers"].map(|text| world.step(&[(text, 1)])).into();
    world.waterfall_of(CauseClass::Default, steps);
    world.account("carol", 1_000_000);
    let (account, number) = (world.id("carol"), world.next_number());
    let (risk, period, max_premium) = (BRIDGE, YEAR, amount(1_000_000));
    let amount = amount(200_000);
    let command = Command::Buy { risk, account, number, amount, period, max_premium };
    own(&mut world, "carol", command).unwrap();
    // 22.4 an hour, half of it the stakers': of 59 minutes Ann has six.
    world.tick(59 * 60_000);
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (0, 0), "not booked");
    world.report_failed("L", 100, "ann", 0, &[]);
    let taken = world.records.iter().flat_map(|record| &record.events).find_map(|event| {
        let Event::Loss(loss::Event::OwnMeansTaken { from, amount, .. }) = event else {
            return None;
        };
        matches!(from, OwnMeans::Reward { .. }).then_some(*amount)
    });
    assert_eq!(taken, Some(crate::world::amount(6)));
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (0, 4));
}
