//! What an opponent would try with a protection.

use crate::world::acts::Given;
use crate::world::feeds::{FEED, say_all};
use crate::world::protection::*;
use crate::world::{World, amount, name};
use rhodian_core::ids::{FeedId, LayerId, ProtectionId};
use rhodian_core::oracle::Purpose;
use rhodian_core::pools::protection::{Command, ProtectionSpec, Stage, loss_floor};
use rhodian_core::units::Price;

/// A price that walks by at most a hundredth a second, and a slow one beside it; Mallory has money,
/// and days passed at 1,000.
fn walking(fund: u128) -> World {
    let mut world = protection_of(
        ProtectionSpec { fee: 0, cliff: HOUR, vesting: HOUR, ..spec() },
        fund,
        slow(),
    );
    world.account("mallory", 10_000);
    days(&mut world, 2, 1_000);
    world
}

/// For so many seconds the sources say a price, each second.
fn holds(world: &mut World, seconds: u64, ticks: u64) {
    for _ in 0..seconds {
        say_all(world, FEED, ticks);
        world.tick(1_000);
    }
}

fn mark(world: &World) -> u64 {
    let now = world.engine.state().now();
    world.engine.state().oracle.for_action(FEED, Purpose::Settle, now).unwrap().ticks()
}

/// He protects a position at an honest price and holds the price at double for ten minutes, until
/// the oracle believes it: the slow price stands near where it was, and he is paid for that.
#[test]
fn a_pump_before_the_end_is_not_cashed() {
    let mut world = walking(100_000);
    protect(&mut world, "mallory", 40_000).unwrap();
    days(&mut world, 5, 1_000);
    holds(&mut world, 600, 2_000);
    assert_eq!(mark(&world), 2_000, "everything else is done at it");
    close(&mut world, 0).unwrap();
    let [loss, ..] = figures(&world, 0);
    let full = loss_floor(amount(40_000), Price::new(1_000).unwrap(), Price::new(2_000).unwrap());
    assert_eq!(full.atoms(), 3_431);
    assert_eq!(loss, 177);
    let at = measured(&world, 0).exit;
    assert!(at.low.ticks() < 1_300 && at.high.ticks() == 2_000, "{at:?}");
}

/// The other way round: he pumps first, protects at the false price, and lets go.
#[test]
fn a_pump_before_the_beginning_is_not_cashed() {
    let mut world = walking(100_000);
    holds(&mut world, 600, 2_000);
    protect(&mut world, "mallory", 40_000).unwrap();
    holds(&mut world, 600, 1_000);
    days(&mut world, 5, 1_000);
    assert_eq!(mark(&world), 1_000);
    close(&mut world, 0).unwrap();
    // The slow price went up by a fifth in ten minutes.
    let [loss, ..] = figures(&world, 0);
    let full = loss_floor(amount(40_000), Price::new(2_000).unwrap(), Price::new(1_000).unwrap());
    assert_eq!((full.atoms(), loss), (1_715, 147));
}

/// While the price walks to a jump nobody begins or ends: there is no price to settle by.
#[test]
fn nobody_begins_or_ends_on_the_way_to_a_jump() {
    let mut world = walking(100_000);
    protect(&mut world, "mallory", 20_000).unwrap();
    holds(&mut world, 3, 2_000);
    for given in [close(&mut world, 0), protect(&mut world, "mallory", 20_000)] {
        assert_eq!(given.unwrap_err().code(), "price-unfit");
    }
}

/// In and out at once, at whatever price: nothing, and the premium is gone.
#[test]
fn in_and_out_within_the_cliff_is_paid_nothing() {
    let mut world = providers(spec(), 50_000);
    for ticks in [1_000, 4_000, 250, 1_000_000] {
        protect(&mut world, "alice", 10_000).unwrap();
        says(&mut world, ticks);
        let last = world.engine.state().protections.positions().count() as u32 - 1;
        close(&mut world, last).unwrap();
        assert_eq!(figures(&world, last)[1..], [0, 0]);
    }
    assert_eq!((world.cash("alice"), world.pot("fund")), (99_000, 51_000), "four premia");
}

/// Who splits a position into many pays no less for them and is paid no more.
#[test]
fn splitting_gains_nothing() {
    let odd = ProtectionSpec { cap: 333_333, fee: 77_777, leverage: 100_000_000, ..spec() };
    let run = |parts: &[u128], fund: u128| {
        let mut world = providers(odd.clone(), fund);
        world.checked = false;
        for part in parts {
            protect(&mut world, "alice", *part).unwrap();
        }
        days(&mut world, 7, 2_345);
        for id in 0..parts.len() {
            close(&mut world, id as u32).unwrap();
        }
        world.cash("alice")
    };
    for fund in [1_000, 3_000, 100_000] {
        let whole = run(&[37_000], fund);
        for parts in [vec![1_000; 37], vec![1_001; 36], vec![18_500; 2], vec![1_000, 36_000]] {
            assert!(run(&parts, fund) <= whole, "{fund}, {parts:?}");
        }
    }
}

/// The first to leave a fund that is short leaves the last as much for an atom of his cap.
#[test]
fn the_first_comer_does_not_drain_the_fund() {
    let mut world = providers(ProtectionSpec { fee: 0, leverage: 10_000_000, ..spec() }, 10_000);
    protect(&mut world, "alice", 99_000).unwrap();
    protect(&mut world, "bob", 1_000).unwrap();
    days(&mut world, 10, 4_000);
    close(&mut world, 0).unwrap();
    close(&mut world, 1).unwrap();
    let paid = [0, 1].map(|id| figures(&world, id)[2]);
    assert_eq!(paid, [9_900, 100]);
}

/// A premium of nothing moves no money, and protects as any other.
#[test]
fn a_premium_of_nothing() {
    let mut world = providers(ProtectionSpec { fee: 0, ..spec() }, 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    assert_eq!((world.cash("alice"), world.pot("fund")), (100_000, 50_000));
    days(&mut world, 10, 4_000);
    close(&mut world, 0).unwrap();
    assert_eq!((world.cash("alice"), world.pot("fund")), (120_000, 30_000));
}

/// Two protections of one fund cannot promise it twice.
#[test]
fn a_fund_is_promised_once() {
    let mut world = providers(spec(), 20_000);
    give(
        &mut world,
        Command::Open { spec: Box::new(ProtectionSpec { name: name("ETH pool"), ..spec() }) },
    )
    .unwrap();
    protect(&mut world, "alice", 40_000).unwrap();
    let second = protect_by(&mut world, ProtectionId(1), "bob", 4_000).unwrap_err();
    assert_eq!(second.code(), "above-fund", "1,000 of the premium are room, 2,000 were asked");
    protect_by(&mut world, ProtectionId(1), "bob", 2_000).unwrap();
}

/// Nor does one with more leverage dilute what one with less promised: Alice's 10,000 are there.
#[test]
fn a_higher_leverage_does_not_dilute_a_lower_one() {
    let free = ProtectionSpec { fee: 0, ..spec() };
    let mut world = providers(free.clone(), 20_000);
    let name = name("ETH pool");
    let spec = ProtectionSpec { name, leverage: 10_000_000, ..free };
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    protect(&mut world, "alice", 20_000).unwrap();
    let code = |given: Given| given.unwrap_err().code().to_owned();
    assert_eq!(code(protect_by(&mut world, ProtectionId(1), "bob", 40_000)), "above-fund");
    protect_by(&mut world, ProtectionId(1), "bob", 20_000).unwrap();
    days(&mut world, 10, 4_000);
    close(&mut world, 0).unwrap();
    assert_eq!(figures(&world, 0)[2], 10_000);
    // Nobody of the first stands any more: the second may take on ten times the fund.
    protect_by(&mut world, ProtectionId(1), "bob", 100_000).unwrap();
}

/// However long the pump lasts within a day, the slow price stays within its band of the mean of a
/// day ago: a quarter by the defaults. After two days a moved price is as good as a real one.
#[test]
fn a_pump_of_hours_is_bounded_by_the_mean_of_a_day_ago() {
    for (minutes, lost) in [(10, 177), (40, 278), (600, 278), (2 * 24 * 60, 3_431)] {
        let mut world = walking(100_000);
        world.checked = false;
        protect(&mut world, "mallory", 40_000).unwrap();
        days(&mut world, 5, 1_000);
        holds(&mut world, 600, 2_000);
        for _ in 10..minutes {
            say_all(&mut world, FEED, 2_000);
            world.tick(60_000);
        }
        close(&mut world, 0).unwrap();
        assert_eq!(figures(&world, 0)[0], lost, "{minutes}");
    }
}

/// The largest deposit there is, from one end of prices to the other: no number passes its bound.
#[test]
fn prices_and_deposits_at_their_bounds() {
    let (most, bound) = (10u128.pow(30), 10u64.pow(15));
    for (text, entry, exit) in [("up", 1, bound), ("down", bound, 1)] {
        let mut world = market_of(most - 10u128.pow(20), entry, believing());
        give(&mut world, Command::Open { spec: Box::new(ProtectionSpec { fee: 0, ..spec() }) })
            .unwrap();
        world.account("mallory", 1);
        protect(&mut world, "mallory", most).unwrap();
        assert_eq!(position(&world, 0).cap.atoms(), most / 2);
        days(&mut world, 9, entry);
        // The feed takes a factor of a million at a time.
        days(&mut world, 1, exit.min(1_000_000));
        for ticks in [exit.min(1_000_000_000_000), exit, exit] {
            says(&mut world, ticks);
        }
        close(&mut world, 0).unwrap();
        let [loss, claim, paid] = figures(&world, 0);
        assert!(loss > most / 10 && claim > most / 10 && paid == claim, "{text}: {loss} {claim}");
    }
}

/// A price that was never said, or is of something else, protects nobody.
#[test]
fn no_feed_no_protection() {
    let mut world = market_of(1_000, 1_000, believing());
    for feed in [FeedId(1), FeedId(u32::MAX)] {
        let given =
            give(&mut world, Command::Open { spec: Box::new(ProtectionSpec { feed, ..spec() }) });
        assert_eq!(given.unwrap_err().code(), "no-feed");
    }
}

/// Nobody says himself what he put into a pool outside, or when he took it out.
#[test]
fn only_the_venue_says_who_provides() {
    use rhodian_core::engine::{Action, Actor, Role};
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 20_000).unwrap();
    let (account, number, deposit) = (world.id("alice"), world.next_number(), amount(20_000));
    let own = Actor { role: Role::Owner, id: 0 };
    let protect = Command::Protect { protection: PROTECTION, account, number, deposit };
    let position = rhodian_core::ids::ProtectedId(0);
    for command in [protect, Command::Close { position }, Command::Open { spec: Box::new(spec()) }]
    {
        let given = world.give(own, Action::Protection(command));
        assert_eq!(given.unwrap_err().code(), "not-for-actor");
    }
}

/// Whoever is full is not paid and loses nothing: he waits, and holds nobody else up.
#[test]
fn who_has_no_room_waits() {
    let mut world = providers(spec(), 50_000);
    for text in ["alice", "bob"] {
        protect(&mut world, text, 20_000).unwrap();
    }
    let room = 10u128.pow(30) - world.cash("alice").unsigned_abs();
    world.deposit("alice", room);
    days(&mut world, 10, 4_000);
    close(&mut world, 0).unwrap();
    close(&mut world, 1).unwrap();
    assert_eq!((stage(&world, 0), stage(&world, 1)), (Stage::Claiming, Stage::Over));
    world.withdraw("alice", 10_000).unwrap();
    assert_eq!((stage(&world, 0), figures(&world, 0)[2]), (Stage::Over, 10_000));
}

/// The fund of another's domain is not promised behind his back: a loss that is known there holds
/// it, whichever domain the protection is of.
#[test]
fn a_fund_of_two_domains_waits_for_both() {
    use rhodian_core::domain::{self, CauseClass};
    use rhodian_core::ids::DomainId;
    let mut world = providers(spec(), 50_000);
    let open = domain::Command::OpenDomain { name: name("Minors"), asset: crate::world::ASSET };
    world.domain_do(open);
    let domain = DomainId(1);
    world.add(crate::world::layer("other", domain::Kind::InsuranceFund, domain::Source::Pot));
    world.pay_into("other", 40_000);
    let steps = vec![world.step(&[("fund", 1)])];
    world.domain_do(domain::Command::SetWaterfall { domain, class: CauseClass::Default, steps });
    give(&mut world, Command::Open { spec: Box::new(ProtectionSpec { domain, ..spec() }) })
        .unwrap();
    world.domain_do(domain::Command::AcceptTerms { domain, account: world.id("carol") });
    world.hold_episode_open();
    let refused = protect_by(&mut world, ProtectionId(1), "carol", 2_000).unwrap_err();
    assert_eq!(refused.code(), "fund-held", "the loss is of the first domain");
    let aside = ProtectionSpec { fund: LayerId(1), ..spec() };
    give(&mut world, Command::Open { spec: Box::new(aside) }).unwrap();
    protect_by(&mut world, ProtectionId(2), "carol", 2_000).unwrap();
}

/// Alice takes her money out and fails; what her position lost is hers, and for those who bore her
/// loss first: what she is paid repays the fund, and only the rest is hers.
#[test]
fn a_claim_of_who_failed_is_for_his_creditors() {
    for waits in [false, true] {
        let mut world = providers(spec(), 50_000);
        protect(&mut world, "alice", 20_000).unwrap();
        days(&mut world, 10, 4_000);
        let cash = world.cash("alice").unsigned_abs();
        world.withdraw("alice", cash).unwrap();
        if waits {
            // Another loss holds the fund: the claim waits as she fails.
            world.hold_episode_open();
            close(&mut world, 0).unwrap();
            assert_eq!(stage(&world, 0), Stage::Claiming);
        }
        world.report_failed("L", 6_000, "alice", 0, &[]);
        let fund = world.pot("fund");
        if waits {
            // What is left of that one is a debt, which the fund pays first.
            world.tick(HOUR);
            world.income("fund", 1);
        } else {
            close(&mut world, 0).unwrap();
        }
        assert_eq!((stage(&world, 0), figures(&world, 0)[2]), (Stage::Over, 10_000), "{waits}");
        assert_eq!((world.cash("alice"), world.pot("fund")), (4_000, fund - 4_000), "{waits}");
    }
}
