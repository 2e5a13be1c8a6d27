//! What stakers earn: in proportion to stake and to nothing else, to the last part of an atom,
//! whoever comes, goes, is drawn on or wiped out meanwhile.

use std::collections::BTreeMap;

use crate::world::acts::Given;
use crate::world::{DOMAIN, World, amount};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{Command, RewardFrom, RewardIndex};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ledger::Holder;
use rhodian_core::units::Amount;

fn reward(world: &mut World, from: RewardFrom, atoms: Option<u128>) -> Given {
    let (layer, number) = (world.layer_id("pool"), world.next_number());
    let command = Command::Reward { layer, number, from, amount: atoms.map(amount) };
    world.give(Actor::VENUE, Action::Domain(command))
}

fn give(world: &mut World, atoms: u128) {
    reward(world, RewardFrom::Outside, Some(atoms)).unwrap();
}

fn take(world: &mut World, text: &str) -> Given {
    let (layer, account, number) = (world.layer_id("pool"), world.id(text), world.next_number());
    let command = Command::TakeReward { layer, account, number };
    let owner = world.engine.state().accounts.account(account).unwrap().owner;
    let actor = Actor { role: Role::Owner, id: owner.0 };
    world.give(actor, Action::Domain(command))
}

fn earned(world: &World, text: &str) -> u128 {
    world.engine.state().domains.reward(world.layer_id("pool"), world.id(text)).atoms()
}

fn held(world: &World) -> i128 {
    world.balance(Holder::Rewards(world.layer_id("pool")))
}

/// Ann has 300 staked, Ben 100.
fn two_stakers() -> World {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    world.set(Parameter::StakeCooldown, 0);
    for (text, stake) in [("ann", 300), ("ben", 100)] {
        world.account(text, stake + 100);
        world.stake(text, "pool", stake);
    }
    world
}

#[test]
fn a_reward_is_by_stake_and_taken_when_one_likes() {
    let mut world = two_stakers();
    give(&mut world, 40);
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (30, 10));
    assert_eq!(world.cash("ann"), 100, "nobody's balance is written");
    take(&mut world, "ann").unwrap();
    assert_eq!((world.cash("ann"), earned(&world, "ann"), held(&world)), (130, 0, 10));
    assert_eq!(take(&mut world, "ann").unwrap_err().code(), "nothing-earned");
    // Carol comes later: of what was earned before nothing is hers.
    world.account("carol", 1_000);
    world.stake("carol", "pool", 400);
    give(&mut world, 8);
    let of = ["ann", "ben", "carol"].map(|text| earned(&world, text));
    assert_eq!(of, [3, 11, 4]);
    // Who leaves takes what he earned later.
    world.try_unstake("ben", "pool", 100).unwrap();
    give(&mut world, 7);
    assert_eq!(earned(&world, "ben"), 11);
    take(&mut world, "ben").unwrap();
    assert_eq!(world.cash("ben"), 211);
}

/// An atom among three: a third of an atom each is nobody's yet, and nobody's loss.
#[test]
fn parts_of_atoms_add_up() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    for text in ["ann", "ben", "carol"] {
        world.account(text, 1);
        world.stake(text, "pool", 1);
    }
    for step in 1..=6 {
        give(&mut world, 1);
        let of = ["ann", "ben", "carol"].map(|text| earned(&world, text));
        assert_eq!(of, [step / 3; 3], "after {step}");
    }
}

/// A draw takes stake, not what it earned; a tranche that is wiped out keeps what is to be taken,
/// and who stakes anew begins with nothing.
#[test]
fn draws_and_wipe_outs_leave_what_was_earned() {
    let mut world = two_stakers();
    give(&mut world, 40);
    world.report("L1", 200);
    assert_eq!((world.stake_of("ann", "pool"), earned(&world, "ann")), (150, 30));
    give(&mut world, 40);
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (60, 20));
    world.report("L2", 200);
    assert_eq!(world.pot("pool"), 0, "wiped out");
    assert_eq!(
        reward(&mut world, RewardFrom::Outside, Some(5)).unwrap_err().code(),
        "nobody-staked"
    );
    world.account("carol", 100);
    world.stake("carol", "pool", 100);
    assert_eq!((earned(&world, "carol"), earned(&world, "ann")), (0, 60));
    give(&mut world, 5);
    assert_eq!((earned(&world, "carol"), earned(&world, "ann")), (5, 60));
    for text in ["ann", "ben", "carol"] {
        take(&mut world, text).unwrap();
    }
    assert_eq!(held(&world), 0);
}

/// Fees of trades go to stakers when the venue says so; a domain that owes pays its debts first.
#[test]
fn fees_are_given_and_debts_come_first() {
    let mut world = World::venue(0, 1_000);
    world.tranche("pool");
    world.waterfall(&["fund", "pool"]);
    for text in ["ann", "ben", "alice", "bob"] {
        world.account(text, 10_000);
    }
    world.stake("ann", "pool", 30);
    world.stake("ben", "pool", 10);
    world.try_fill_with_fees("BTC", ("alice", 25), ("bob", 15), 1, 1_000).unwrap();
    reward(&mut world, RewardFrom::Fees(DOMAIN), Some(12)).unwrap();
    reward(&mut world, RewardFrom::Fees(DOMAIN), None).unwrap();
    assert_eq!((earned(&world, "ann"), earned(&world, "ben")), (30, 10));
    world.report("L", 45);
    let refused = reward(&mut world, RewardFrom::Outside, Some(1)).unwrap_err();
    assert_eq!(refused.code(), "domain-owes", "{refused}");
}

/// What a failed owner earned and did not take pays for his loss before others do.
#[test]
fn rewards_are_own_means() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    for (text, stake) in [("alice", 10), ("bob", 30)] {
        world.account(text, stake);
        world.stake(text, "pool", stake);
    }
    give(&mut world, 40);
    world.result("alice", "bob", 25);
    world.find_loss("L");
    let loss = world.loss("L");
    // Ten that she earned and the ten that she staked; five are the tranche's, and so Bob's.
    assert_eq!((loss.close_out.atoms(), loss.own_means.atoms()), (25, 20));
    assert_eq!((earned(&world, "alice"), world.stake_of("alice", "pool")), (0, 0));
    assert_eq!((earned(&world, "bob"), world.stake_of("bob", "pool")), (30, 25));
}

/// While his loss is on its way he takes nothing of what is to pay for it, from any of his
/// accounts; when it is paid for, what is left is his again.
#[test]
fn who_fails_takes_nothing_meanwhile() {
    let mut world = World::venue(0, 1_000);
    world.tranche("pool");
    world.waterfall(&["fund", "pool"]);
    for (text, owner, cash) in
        [("alice", "alice", 40_000), ("hers", "alice", 50), ("bob", "bob", 100_000)]
    {
        world.account_of(text, owner, cash);
    }
    world.stake("hers", "pool", 10);
    world.stake("bob", "pool", 30);
    give(&mut world, 4_000);
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world.mark("BTC", 899);
    world.loss_of("L", "alice");
    assert_eq!(take(&mut world, "hers").unwrap_err().code(), "loss-known", "the book is open");
    take(&mut world, "bob").unwrap();
    world.fill("BTC", "bob", "book/L", 400, 899);
    assert_eq!(world.loss("L").own_means.atoms(), 400, "of her thousand");
    take(&mut world, "hers").unwrap();
    assert_eq!((world.cash("hers"), world.stake_of("hers", "pool")), (40 + 600, 10));
}

/// Random rewards, stakes, exits, draws, wipe-outs and takings through the engine, the laws after
/// every event: what each earned and took is what sums of fractions say, less than an atom below
/// and never above.
#[test]
fn random_stakers_earn_what_fractions_say() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    world.set(Parameter::StakeCooldown, 0);
    let names = ["ann", "ben", "carol", "dora", "eve"];
    let mut seed = 5u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut exact: BTreeMap<&str, f64> = BTreeMap::new();
    let mut taken: BTreeMap<&str, u128> = BTreeMap::new();
    for text in names {
        world.account(text, 1_000_000_000);
    }
    let (mut losses, mut done) = (0, [0; 5]);
    for _ in 0..500 {
        let text = names[usize::try_from(random(5)).unwrap()];
        let staked = world.pot("pool").unsigned_abs();
        let which = usize::try_from(random(5)).unwrap();
        done[which] += 1;
        match which {
            0 => {
                let _ = world.try_stake(text, "pool", u128::from(1 + random(1_000_000)));
            }
            1 => {
                let stake = world.stake_of(text, "pool");
                let _ = world.try_unstake(text, "pool", stake / u128::from(1 + random(3)));
            }
            2 if staked > 0 => {
                let atoms = u128::from(1 + random(100_000));
                for text in names {
                    let part = world.stake_of(text, "pool") as f64 / staked as f64;
                    *exact.entry(text).or_default() += atoms as f64 * part;
                }
                give(&mut world, atoms);
            }
            3 if random(4) == 0 => {
                // Up to all of it, and never a debt: that would keep rewards waiting.
                losses += 1;
                let part = u128::from(1 + random(4));
                if staked * part / 4 > 0 {
                    world.report(&format!("L{losses}"), staked * part / 4);
                }
            }
            _ => {
                let earned = earned(&world, text);
                if take(&mut world, text).is_ok() {
                    *taken.entry(text).or_default() += earned;
                }
            }
        }
    }
    assert!(done.iter().all(|times| *times > 50) && losses > 10, "{done:?}, {losses} losses");
    for text in names {
        let all = (taken.get(text).unwrap_or(&0) + earned(&world, text)) as f64;
        let below = exact[text] - all;
        assert!(below > -1e-3 && below < 1.0 + 1e-3, "{text} earned {all} of {}", exact[text]);
    }
}

/// A million random rewards, stakes, draws and wipe-outs on the index alone: all that is owed with
/// what is carried is all that was given, to the part, and what each is owed is near what sums of
/// fractions say.
#[test]
fn the_index_loses_nothing_in_a_million_operations() {
    let operations = 1_000_000;
    const SCALE: u128 = 10_000_000_000_000_000_000;
    let mut seed = 11u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    // By account: its stake, the index it was noted at, and what it earned in parts of 10^-19.
    let mut stakes: BTreeMap<u64, (u128, u128, u128)> = BTreeMap::new();
    // The same in doubles, summed reward by reward: a check by another way.
    let mut near: BTreeMap<u64, f64> = BTreeMap::new();
    let (mut index, mut given, mut wiped) = (RewardIndex::default(), 0u128, 0);
    for _ in 0..operations {
        let total: u128 = stakes.values().map(|(stake, ..)| stake).sum();
        let change = match random(8) {
            0..=3 if total > 0 => {
                let atoms = u128::from(random(1_000_000));
                index = index.after(amount(atoms), amount(total)).unwrap();
                given += atoms;
                for (account, (stake, ..)) in &stakes {
                    *near.entry(*account).or_default() +=
                        atoms as f64 * *stake as f64 / total as f64;
                }
                None
            }
            4 if random(20) == 0 => {
                wiped += 1;
                Some((0..16, 0))
            }
            4 => Some((0..16, 1 + random(9))),
            _ => {
                let account = random(16);
                Some((account..account + 1, 20 + random(1_000_000_000)))
            }
        };
        let Some((accounts, to)) = change else { continue };
        for account in accounts {
            let row = stakes.entry(account).or_default();
            row.2 += row.0 * (index.per_atom - row.1);
            row.1 = index.per_atom;
            // Below 20: what is left of the stake, in tenths; else the stake.
            row.0 = if to < 20 { row.0 * u128::from(to) / 10 } else { u128::from(to) };
        }
    }
    let owed: u128 = stakes.values().map(|row| row.2 + row.0 * (index.per_atom - row.1)).sum();
    assert_eq!(owed + index.rest, given * SCALE, "nothing vanished, to the part");
    for (account, row) in &stakes {
        let parts = row.2 + row.0 * (index.per_atom - row.1);
        let (exact, atoms) = (near[account], parts as f64 / SCALE as f64);
        assert!((exact - atoms).abs() < 1.0 + exact * 1e-9, "{account}: {atoms} of {exact}");
    }
    assert!(wiped * 400 > operations / 16, "{wiped} wipe-outs");
}

#[test]
fn an_index_beyond_its_bound_is_refused() {
    let index = RewardIndex::default();
    assert_eq!(index.after(Amount::MAX, amount(1)), None);
    assert_eq!(index.after(amount(1), Amount::ZERO), None, "nobody is staked");
    let most = index.after(amount(34_000_000_000_000_000_000), amount(1)).unwrap();
    assert_eq!(
        most.after(amount(1_000_000_000_000_000_000), amount(1)),
        None,
        "3.4 x 10^19 atoms for an atom of stake"
    );
}
