//! What those who hold lots of a market pay for the losses that are expected of it.

use crate::world::acts::word;
use crate::world::incentive::{
    BTC, DAY, FUND, TREASURY, YEAR, by_table, charged, fees, give, measure, of_domain, of_market,
    premium, set_fees, set_premium, table,
};
use crate::world::venue::perpetual;
use crate::world::{ASSET, DOMAIN, World, amount, collateral, layer, members, name};
use rhodian_core::account::AccountKind;
use rhodian_core::allocation::Rule;
use rhodian_core::control::{Command as Control, Parameter, Status};
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Event as Any};
use rhodian_core::ids::{CheckpointId, DomainId, LossId, MarketId};
use rhodian_core::incentive::{Command, Event, FeeTable, Figure, PremiumNow, PremiumTerms, Shut};
use rhodian_core::incentive::{Premium, Subject};
use rhodian_core::loss;
use rhodian_core::market::{self, Instrument, MarketSpec, StepLimits};
use rhodian_core::units::Price;

/// 36,500 a year, so 100 a day: Alice holds 3 lots long, Bob 2 and Carol 1 short.
fn six_lots(expected: u128) -> World {
    let mut world = charged(expected);
    world.fill("BTC", "alice", "bob", 2, 1_000);
    world.fill("BTC", "alice", "carol", 1, 1_000);
    world
}

fn of(world: &World) -> Premium {
    *world.engine.state().incentives.premium(BTC).unwrap()
}

fn now(world: &World) -> PremiumNow {
    world.engine.state().premium_now(BTC).unwrap()
}

/// What Alice, Bob and Carol have less than 100,000.
fn paid(world: &World) -> [i128; 3] {
    ["alice", "bob", "carol"].map(|text| 100_000 - world.equity(text))
}

#[test]
fn every_lot_of_both_sides_pays_the_same() {
    let mut world = six_lots(36_500);
    world.tick(DAY - 1);
    assert_eq!((paid(&world), fees(&world)), ([0, 0, 0], 0));
    world.tick(1);
    // 100 over 6 lots: 16 each, and 4 are due with the next charge.
    assert_eq!((paid(&world), fees(&world)), ([48, 32, 16], 96));
    assert_eq!((of(&world).due, of(&world).forgone), (4, 0));
    world.tick(DAY);
    assert_eq!((paid(&world), fees(&world)), ([48 + 51, 32 + 34, 16 + 17], 198));
    assert_eq!((of(&world).counted, of(&world).charged, of(&world).due), (200, 198, 2));
}

#[test]
fn the_premium_is_the_expected_loss_by_share_and_load() {
    let check = |expected, share, load, per_year| {
        let mut world = charged(expected);
        measure(&mut world, of_market(share)).unwrap();
        set_premium(&mut world, Some(PremiumTerms { load, ..premium() })).unwrap();
        assert_eq!(now(&world).per_year, per_year, "{expected}, {share}, {load}");
    };
    check(40_000, 1_000_000, 0, 40_000);
    check(40_000, 250_000, 0, 10_000);
    check(40_000, 250_000, 500_000, 15_000);
    check(40_000, 0, 500_000, 0);
    // Rounded up, for those who bear the losses.
    check(3, 500_000, 0, 2);
    check(rhodian_core::incentive::MAX_EXPECTED, 1_000_000, 9_000_000, 10u128.pow(29));
}

/// 1,000 a day over 6 lots is more than a fiftieth of their value, 20: the rest falls on nobody.
#[test]
fn a_charge_takes_no_more_than_its_part_of_a_lot() {
    let mut world = six_lots(365_000);
    world.tick(DAY);
    assert_eq!(paid(&world), [60, 40, 20]);
    assert_eq!((of(&world).charged, of(&world).forgone, of(&world).due), (120, 880, 0));
    // A long time at once is one charge.
    world.tick(30 * DAY);
    assert_eq!(paid(&world), [120, 80, 40]);
    assert_eq!((of(&world).counted, of(&world).forgone), (31_000, 30_760));
}

#[test]
fn what_falls_on_nobody_is_said() {
    let mut world = charged(36_500);
    world.tick(DAY);
    assert_eq!((of(&world).forgone, of(&world).due, fees(&world)), (100, 0, 0));
    // Who comes then pays for no time before.
    world.fill("BTC", "alice", "bob", 1, 1_000);
    world.tick(DAY);
    assert_eq!(paid(&world), [20, 20, 0], "50 each, at most 20");
}

/// Half a day at 100 a day, half a day at 300 and at half of that.
#[test]
fn figures_and_terms_count_from_when_they_are_said() {
    let mut world = six_lots(36_500);
    world.tick(DAY / 2);
    measure(&mut world, of_domain(3 * 36_500)).unwrap();
    world.tick(DAY / 4);
    measure(&mut world, of_market(500_000)).unwrap();
    assert_eq!(of(&world).counted, 125);
    world.tick(DAY / 4);
    // 50 + 75 + 37.5: 162 over 6 lots are 27, at most 20.
    assert_eq!((of(&world).counted, fees(&world)), (162, 120));
    world.tick(DAY / 2);
    set_premium(&mut world, Some(PremiumTerms { load: 1_000_000, ..premium() })).unwrap();
    assert_eq!(of(&world).counted, 237, "half an atom of before, and 75");
    world.tick(DAY / 2);
    assert_eq!(of(&world).counted, 387);
}

#[test]
fn a_figure_out_of_date_still_charges_and_shuts_the_house_out() {
    let mut world = six_lots(36_500);
    by_table(&mut world, FUND);
    let mut of = table();
    (of.first_loss, of.tranches) = (None, vec![]);
    (of.funds[0].target, of.funds[0].part) = (amount(0), 750_000);
    assert_eq!(of.house.unwrap().layer, TREASURY);
    give(&mut world, set_fees(FeeTable { period: DAY, ..of })).unwrap();
    world.tick(DAY);
    assert_eq!((world.pot("fund"), world.pot("treasury")), (72, 24), "96, in date");
    measure(&mut world, of_domain(36_500)).unwrap();
    world.tick(YEAR - DAY);
    let before = fees(&world) + world.pot("fund") + world.pot("treasury");
    assert_eq!(before, 96 + 120, "at most 20 a lot for all the time");
    let plan = world.engine.state().fee_plan(DOMAIN).unwrap();
    assert_eq!(plan.shut, Some(Shut::Figure(Subject::Market(BTC))));
    world.tick(DAY);
    assert_eq!(fees(&world) + world.pot("fund") + world.pot("treasury"), before + 96);
}

/// A premium was charged by a figure out of date. Its terms end before fees are divided: the house
/// gets nothing of it, and its part again of what comes after.
#[test]
fn terms_that_end_bring_the_house_nothing_by_old_figures() {
    let mut world = six_lots(36_500);
    by_table(&mut world, FUND);
    let mut table = table();
    (table.first_loss, table.tranches, table.period) = (None, vec![], DAY);
    (table.funds[0].target, table.funds[0].part) = (amount(0), 750_000);
    world.tick(YEAR - DAY);
    world.tick(DAY / 2);
    give(&mut world, set_fees(table)).unwrap();
    measure(&mut world, of_domain(36_500)).unwrap();
    let house = |world: &World| world.engine.state().fee_plan(DOMAIN).unwrap().shut;
    world.tick(DAY / 2);
    assert!(fees(&world) > 0, "charged, and divided half a day later");
    assert_eq!(house(&world), Some(Shut::Figure(Subject::Market(BTC))));
    set_premium(&mut world, None).unwrap();
    assert_eq!(house(&world), Some(Shut::Figure(Subject::Market(BTC))));
    world.tick(DAY / 2);
    assert_eq!((world.pot("treasury"), fees(&world)), (0, 0));
    assert_eq!(house(&world), None);
}

/// Pay and funds get what premia brought in the same moment.
#[test]
fn fees_are_divided_with_the_premium() {
    let mut world = six_lots(36_500);
    by_table(&mut world, FUND);
    world.tick(DAY);
    assert_eq!((fees(&world), world.pot("fund")), (0, 96));
}

/// Dave has 1,000 and 10 lots: at 955 he has 550 of 478 that he must hold; 9 a lot are too many.
#[test]
fn a_charge_that_takes_somebody_below_maintenance_is_seen() {
    let mut world = charged(365_000);
    set_premium(&mut world, Some(PremiumTerms { most: 10_000, ..premium() })).unwrap();
    world.account("dave", 1_000);
    world.fill("BTC", "dave", "bob", 10, 1_000);
    world.mark("BTC", 955);
    assert!(!world.engine.state().is_below_maintenance(world.id("dave")));
    world.tick(DAY);
    assert_eq!(world.equity("dave"), 550 - 90);
    assert!(world.engine.state().is_below_maintenance(world.id("dave")));
    assert!(world.engine.state().is_watch_right());
}

/// With routes, whom a charge takes below maintenance is liquidated in the same moment.
#[test]
fn whom_a_charge_takes_below_maintenance_is_liquidated() {
    let mut world = charged(365_000);
    world.account("dave", 1_000);
    let list = [crate::world::venue::backstop(&world, "alice")];
    let routes = crate::world::venue::routes(&world, "fund", &list);
    world.set_routes(routes).unwrap();
    world.fill("BTC", "dave", "bob", 10, 1_000);
    world.mark("BTC", 955);
    let lots = world.lots("dave", "BTC");
    assert_eq!(lots, 10);
    world.tick(DAY);
    assert!(world.lots("dave", "BTC") < 10, "a part was sold to the backstop");
    assert!(!world.engine.state().is_below_maintenance(world.id("dave")));
}

/// Dave has 40 left: he pays them, and the rest of what his lots would pay falls on nobody. He
/// does not fail by it.
#[test]
fn a_premium_makes_no_deficit() {
    let mut world = charged(365_000);
    world.account("dave", 1_000);
    world.fill("BTC", "dave", "bob", 10, 1_000);
    world.mark("BTC", 904);
    assert_eq!(world.equity("dave"), 40);
    world.tick(DAY);
    assert_eq!((world.equity("dave"), fees(&world)), (0, 40 + 180));
    assert_eq!((of(&world).charged, of(&world).forgone), (220, 780));
    assert_eq!(world.engine.state().losses.losses().count(), 0);
}

/// Dave has 300 of cash, and collateral for his lots. A loss of another domain, which waits for an
/// auction, holds 250 of the cash: 100 is asked of him, and 50 taken. Then he bears all 250.
#[test]
fn a_charge_leaves_what_is_held_for_a_loss_of_another_domain() {
    let mut world = charged(365_000);
    world.domain_do(domain::Command::AddAsset { name: name("USDC"), decimals: 2 });
    collateral::accept(&mut world, collateral::usdc()).unwrap();
    collateral::mark(&mut world, 1_000);
    collateral::trader(&mut world, "dave", 300, 10_000);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let source = Source::Members(members(Rule::Proportional));
    world.add(layer("others", Kind::GainsHaircut, source));
    let deadline = Source::Proceeds { deadline: 3_600_000 };
    let mut auction = layer("auction", Kind::Treasury, deadline);
    auction.caps.per_event = Some(amount(1));
    world.add(auction);
    let steps = vec![world.step(&[("auction", 1)]), world.step(&[("others", 1)])];
    let (domain, class) = (DomainId(1), CauseClass::PriceError);
    let set = Control::SetParameter { domain, parameter: Parameter::ChallengeTime, value: 0 };
    world.must(Action::Control(set));
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let account = world.id("dave");
    world.domain_do(domain::Command::AcceptTerms { domain, account });
    world.claim("others", "dave", 300, 300);
    world.fill("BTC", "dave", "bob", 5, 1_000);
    world.tick(DAY - 1);
    let command = loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain,
        number: 1,
        class,
        cause: name("price"),
        evidence: [7; 32],
        amount: amount(250),
        failed: None,
        margin: amount(0),
        set_off: vec![],
    }));
    world.loss_do(command);
    let approve = Action::Loss(loss::Command::ApproveLoss { loss: LossId(0) });
    world.give(Actor { id: 1, ..Actor::VENUE }, approve).unwrap();
    assert_eq!((world.lien("dave"), world.equity("dave")), (250, 9_800));
    world.tick(1);
    assert_eq!((world.cash("dave") + 5_000, of(&world).charged), (250, 150));
    world.tick(DAY / 2);
    assert_eq!(world.cash("dave") + 5_000, 0);
    assert_eq!(world.lien("dave"), 0, "he bore it");
}

/// The largest charge beside the largest funding and step leaves a leg at maintenance what the
/// penalty takes: that is what setting the premium proves.
#[test]
fn a_charge_fits_into_maintenance_with_the_largest_steps() {
    let mut world = charged(36_500);
    let steps = StepLimits { price: 30_000, funding: 5_000, penalty: 10_000 };
    world.list(MarketSpec { steps: Some(steps), ..perpetual("ETH") });
    world.mark("ETH", 1_000);
    let market = MarketId(1);
    measure(&mut world, of_market(0)).unwrap();
    measure(&mut world, Figure::MarketShare { market, share: 1_000_000 }).unwrap();
    let with = |most| Some(PremiumTerms { most, ..premium() });
    let set = |most| Command::SetPremium { market, terms: with(most) };
    assert_eq!(word(give(&mut world, set(4_701))), "incentive-flaw");
    give(&mut world, set(4_700)).unwrap();
    world.account("dave", 10_000);
    world.fill("ETH", "dave", "bob", 100, 1_000);
    measure(&mut world, of_domain(36_500_000)).unwrap();
    for ticks in [970, 948] {
        world.mark("ETH", ticks);
    }
    assert_eq!(world.equity("dave"), 4_800, "of 4,740 that he must hold");
    world.tick(DAY);
    assert_eq!(world.equity("dave"), 4_800 - 400, "4 a lot, of 4.45");
    world.fund_lots("ETH", 4);
    world.mark("ETH", 920);
    assert_eq!(world.equity("dave"), 1_200, "and a penalty of 1 % of 92,000");
}

/// A cap below an atom of a lot would forgo all that is counted.
#[test]
fn a_cap_below_an_atom_is_refused() {
    let mut world = charged(36_500);
    let with = |most| Some(PremiumTerms { most, ..premium() });
    assert_eq!(word(set_premium(&mut world, with(999))), "incentive-flaw");
    assert_eq!(word(set_premium(&mut world, with(1_000))), "accepted");
}

#[test]
fn a_premium_waits_for_a_loss_that_is_known() {
    let mut world = six_lots(36_500);
    world.tick(DAY - 1_000);
    world.hold_episode_open();
    world.tick(1_000);
    assert_eq!((fees(&world), of(&world).counted), (0, 0));
    world.tick(40 * DAY);
    // One charge for all the time, at the cap.
    assert_eq!((fees(&world), of(&world).forgone), (120, 4_100 - 120));
}

/// A halt ends by itself where money may only leave: lots cannot be closed there, nor money added,
/// so nobody pays before the market is open, for less risk or all.
#[test]
fn a_premium_waits_in_a_halt_and_while_money_may_only_leave() {
    let mut world = six_lots(36_500);
    let set = |domain, status| {
        let cause = name("test");
        Action::Control(Control::SetStatus { domain, status, cause })
    };
    world.tick(DAY - 1_000);
    world.give(Actor::VENUE, set(None, Status::Halted)).unwrap();
    world.tick(1_000);
    assert_eq!(fees(&world), 0);
    world.tick(2 * DAY);
    assert_eq!(world.engine.state().control.domain_status(DOMAIN), Status::WithdrawOnly);
    assert!(world.try_fill("BTC", "bob", "alice", 2, 1_000).is_err());
    assert_eq!(fees(&world), 0);
    world.give(Actor::VENUE, set(None, Status::ReduceOnly)).unwrap();
    world.tick(1);
    assert_eq!((fees(&world), of(&world).counted), (120, 300), "once, at most 20 a lot");
}

#[test]
fn what_expired_pays_no_more() {
    let mut world = charged(36_500);
    let expiry = world.at.after(DAY);
    let instrument = Instrument::Future { expiry, underlying: None };
    world.list(MarketSpec { instrument, ..perpetual("dated") });
    world.mark("dated", 1_000);
    measure(&mut world, of_market(0)).unwrap();
    let market = MarketId(1);
    measure(&mut world, Figure::MarketShare { market, share: 1_000_000 }).unwrap();
    let terms = Some(PremiumTerms { period: DAY / 2, ..premium() });
    give(&mut world, Command::SetPremium { market, terms }).unwrap();
    world.fill("dated", "alice", "bob", 5, 1_000);
    world.tick(DAY / 2);
    assert_eq!(fees(&world), 50);
    world.tick(DAY / 2);
    assert_eq!(fees(&world), 50);
    // Its terms end with its last price: the house does not wait for figures of what is gone.
    let price = Price::new(1_000).unwrap();
    world.give(Actor::VENUE, Action::Market(market::Command::Settle { market, price })).unwrap();
    let premium = *world.engine.state().incentives.premium(market).unwrap();
    assert_eq!((premium.terms, premium.due), (None, 0));
    assert_eq!((premium.counted, premium.charged, premium.forgone), (100, 50, 50));
    world.tick(DAY);
    assert_eq!(world.engine.state().incentives.premium(market).unwrap().counted, 100);
}

#[test]
fn a_premium_that_ends_is_forgone_and_counts_for_no_time_between() {
    let mut world = six_lots(36_500);
    world.tick(DAY / 2);
    set_premium(&mut world, None).unwrap();
    assert_eq!((of(&world).forgone, of(&world).due), (50, 0));
    world.tick(10 * DAY);
    assert_eq!(fees(&world), 0);
    set_premium(&mut world, Some(premium())).unwrap();
    world.tick(DAY);
    assert_eq!((fees(&world), of(&world).counted), (96, 150));
}

/// A premium is a cost as fees are: gains since a boundary fall by it, principal does not, and the
/// gains of all with what the markets gave to others sum to zero.
#[test]
fn a_premium_lowers_gains_as_a_fee_does() {
    let mut world = six_lots(36_500);
    world.boundary();
    world.tick(DAY);
    let state = world.engine.state();
    let reference = CheckpointId(1);
    let people = ["alice", "bob", "carol"];
    let session = |text: &str| state.session(world.id(text), reference).unwrap();
    assert_eq!(people.map(|text| session(text).gain(DOMAIN)), [-48, -32, -16]);
    assert_eq!(people.map(|text| session(text).realised), [-48, -32, -16]);
    assert_eq!(people.map(|text| session(text).principal), [100_000; 3]);
    assert_eq!(state.markets.outside(DOMAIN, reference).fees, 96);
}

/// What an isolated account holds is charged as any other: it stands behind nobody, but its loss
/// is one of the domain.
#[test]
fn nobody_is_exempt() {
    let mut world = charged(36_500);
    world.account_of_kind("own", "alice", AccountKind::Isolated, 10_000);
    world.fill("BTC", "own", "bob", 5, 1_000);
    world.tick(DAY);
    assert_eq!(10_000 - world.equity("own"), 50);
}

/// A charge is one event, and payments of at most 4,096 accounts each, in their order.
#[test]
fn many_holders_pay_in_parts() {
    let mut world = charged(36_500 * 10_000);
    world.checked = false;
    let texts: Vec<String> = (0..4_200).map(|place| format!("{place}")).collect();
    for text in &texts {
        world.account(text, 1_000);
        world.fill("BTC", text, "bob", 1, 1_000);
        if world.lots("bob", "BTC") == -500 {
            world.fill("BTC", "bob", "alice", 500, 1_000);
            world.deposit("alice", 50_000);
        }
    }
    world.at = world.at.after(DAY);
    let records = world.must(Action::Tick);
    let events = records.iter().flat_map(|record| &record.events);
    let sizes = events.filter_map(|event| match event {
        Any::Incentive(Event::PremiumPaid { rows, .. }) => Some(rows.len()),
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [4_096, 106]);
    assert_eq!(fees(&world), 8_400 * 20);
}

/// Bob steps out for the moment of the charge and in again: he pays nothing, and so it costs the
/// fund, or those who stay up to the cap. Two fills of 30 lots at 0.05 % cost him 30; 600 was his
/// part. A charge each hour asks 25 of him, and it does not pay any more.
#[test]
fn who_steps_out_for_the_moment_pays_fills_in_place_of_the_premium() {
    let step = |period: u64, hours: u64| {
        let mut world = charged(36_500 * 12);
        set_premium(&mut world, Some(PremiumTerms { period, ..premium() })).unwrap();
        world.fill("BTC", "bob", "carol", 30, 1_000);
        for hour in 1..=hours {
            let due = (hour * DAY / 24).is_multiple_of(period);
            world.tick(DAY / 24 - 1);
            let fee = if due { 15 } else { 0 };
            if due {
                world.try_fill_with_fees("BTC", ("alice", 0), ("bob", fee), 30, 1_000).unwrap();
            }
            world.tick(1);
            if due {
                world.try_fill_with_fees("BTC", ("bob", fee), ("alice", 0), 30, 1_000).unwrap();
            }
        }
        let [alice, bob, carol] = paid(&world);
        (alice, bob, carol)
    };
    // The time goes on to the boundary within the last millisecond: Alice and Carol hold then.
    let (alice, bob, carol) = step(DAY, 24);
    assert_eq!((bob, alice, carol), (30, 600, 600), "1,200 over 60 lots, 20 each");
    let (alice, bob, carol) = step(DAY / 24, 24);
    assert_eq!(bob, 24 * 30, "more than the 600 that he does not pay");
    assert_eq!(alice + carol, 1_200, "what was due");
}

/// Carol's lots are in a hundred accounts, Dave's in one: they pay the same.
#[test]
fn nobody_gains_by_splitting() {
    let mut world = charged(36_500 * 3);
    let parts: Vec<String> = (0..100).map(|part| format!("carol {part}")).collect();
    world.account("dave", 100_000);
    for part in &parts {
        world.account_of(part, "carol's", 1_000);
        world.fill("BTC", part, "bob", 1, 1_000);
    }
    world.fill("BTC", "dave", "bob", 100, 1_000);
    world.tick(DAY);
    let of_parts: i128 = parts.iter().map(|part| 1_000 - world.equity(part)).sum();
    assert_eq!((of_parts, 100_000 - world.equity("dave")), (0, 0), "300 over 400 lots");
    world.tick(DAY);
    let of_parts: i128 = parts.iter().map(|part| 1_000 - world.equity(part)).sum();
    assert_eq!((of_parts, 100_000 - world.equity("dave")), (100, 100), "600 over 400 lots");
}

/// Alice holds lots against herself for the moment, so that less than an atom falls on each: it
/// stays due. Where it meets the cap with the next charge it is forgone, and less is paid than
/// without her: 120 and not 198.
#[test]
fn who_makes_lots_many_for_a_moment_defers_a_charge_to_the_cap() {
    let mut world = six_lots(36_500);
    world.account_of("other", "alice's", 100_000);
    let mut alone = world.clone();
    alone.tick(DAY);
    alone.tick(DAY);
    world.tick(DAY - 1);
    world.fill("BTC", "other", "alice", 60, 1_000);
    world.tick(1);
    assert_eq!((fees(&world), of(&world).due), (0, 100), "100 over 120 lots");
    world.fill("BTC", "alice", "other", 60, 1_000);
    world.tick(DAY);
    assert_eq!((fees(&world), of(&world).forgone), (120, 80), "at most 20 a lot");
    assert_eq!((fees(&alone), of(&alone).forgone), (198, 0));
}
