//! Commands out of random bytes on a venue with a market and a pool, whose accounts trade, lend,
//! borrow and fail in both: nothing panics, a rejection changes nothing, what is due is accepted,
//! the laws hold after every event, and two engines agree to the bit.

use std::collections::BTreeMap;

use crate::commands::{Bytes, drawn};
use crate::world::acts::word;
use crate::world::collateral::price;
use crate::world::lending::{ETH, POOL, by_supply, eth, flat, give};
use crate::world::venue::perpetual;
use crate::world::{ASSET, World, amount, layer, name};
use proptest::prelude::*;
use rhodian_core::collateral;
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{AccountId, DomainId, LossId};
use rhodian_core::pools::lending::{Command, PoolSpec};
use rhodian_core::units::Amount;

/// A market in one domain, a pool in another, and five accounts of four owners in both.
fn venue() -> World {
    let mut world = World::new("USD", 0);
    world.domain_do(domain::Command::AddAsset { name: name("ETH"), decimals: 0 });
    let accept = collateral::Command::Accept { spec: Box::new(eth()) };
    world.must(Action::Collateral(accept));
    mark(&mut world, 100).unwrap();
    world.domain_do(domain::Command::OpenDomain { name: name("Loans"), asset: ASSET });
    world.fund("Fund", 500, None);
    world.gains("Winners", None);
    world.waterfall(&["Fund", "Winners"]);
    let fund = world.add(layer("Loan fund", Kind::InsuranceFund, Source::Pot));
    world.add(layer("Lenders", Kind::LenderSupply, Source::Members(by_supply())));
    let (domain, class) = (DomainId(1), CauseClass::Default);
    let steps = vec![world.step(&[("Loan fund", 1)]), world.step(&[("Lenders", 1)])];
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let spec = PoolSpec { domain, fund, ..flat(1_000_000) };
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    world.list(perpetual("m0"));
    world.mark("m0", 100);
    for (place, text) in ["a0", "a1", "a2", "a3", "a4"].iter().enumerate() {
        let account = world.account_of(text, &format!("o{}", place % 4), 20_000);
        world.domain_do(domain::Command::AcceptTerms { domain, account });
        crate::world::lending::deposit_eth(&mut world, text, 300);
    }
    world
}

fn mark(world: &mut World, ticks: u64) -> crate::world::acts::Given {
    let command = collateral::Command::Mark { asset: ETH, settled: ASSET, price: price(ticks) };
    world.give(Actor::VENUE, Action::Collateral(command))
}

fn money(bytes: &mut Bytes<'_>) -> Amount {
    let of = [0, 1, 37, 999, 1_000, 1_500, 4_000, 9_000, 15_000, 10u128.pow(30)];
    amount(of[usize::from(bytes.byte()) % of.len()])
}

fn ether(bytes: &mut Bytes<'_>) -> Amount {
    Amount::from(u32::from(bytes.byte()) * 2)
}

fn account(bytes: &mut Bytes<'_>) -> AccountId {
    AccountId(u32::from(bytes.byte() % 6))
}

/// What somebody asks of the pool; most numbers are new.
fn of_pool(bytes: &mut Bytes<'_>, world: &mut World) -> Command {
    let pool = POOL;
    let (of, account) = (bytes.byte(), account(bytes));
    let number = if bytes.byte() < 250 { world.next_number() } else { 1 };
    let all = |bytes: &mut Bytes<'_>| (bytes.byte() < 150).then(|| money(bytes));
    let asset = if bytes.byte() < 250 { ETH } else { ASSET };
    match of % 8 {
        0 => Command::Supply { pool, account, number, amount: money(bytes) },
        1 => Command::Redeem { pool, account, number, amount: all(bytes) },
        2 => Command::Pledge { pool, account, number, asset, amount: ether(bytes) },
        3 => Command::Release { pool, account, number, asset, amount: ether(bytes) },
        4 | 5 => Command::Borrow { pool, account, number, amount: money(bytes) },
        6 => Command::Repay { pool, account, number, amount: all(bytes) },
        _ => Command::Liquidate {
            pool,
            borrower: AccountId(u32::from(bytes.byte() % 6)),
            liquidator: account,
            number,
            asset,
            amount: money(bytes),
        },
    }
}

/// A price, or a sale of what was taken.
fn of_collateral(bytes: &mut Bytes<'_>, world: &mut World) -> collateral::Command {
    if bytes.byte() < 100 {
        let ticks = [0, 1, 40, 60, 80, 90, 100, 100, 130][usize::from(bytes.byte()) % 9];
        return collateral::Command::Mark { asset: ETH, settled: ASSET, price: price(ticks) };
    }
    let taken = &world.engine.state().collaterals;
    let losses = world.engine.state().losses.losses().count();
    let found = (0..losses).filter_map(LossId::at).find(|loss| taken.taken(*loss).is_some());
    let loss = found.unwrap_or(LossId(0));
    let held = taken.taken(loss).and_then(|taken| taken.held.get(&ETH)).copied();
    let (number, half) = (world.next_number(), bytes.byte() < 100);
    let held = held.map_or(0, |held| held.atoms());
    let sold = if half { held.div_ceil(2) } else { held };
    let buyer = (bytes.byte() > 200).then(|| account(bytes));
    let proceeds = amount(sold * u128::from(bytes.byte()));
    collateral::Command::Sell { loss, number, asset: ETH, amount: amount(sold), buyer, proceeds }
}

/// One command of the bytes; its code.
fn step(bytes: &mut Bytes<'_>, world: &mut World) -> String {
    let given = match bytes.byte() {
        0..=139 => {
            let command = of_pool(bytes, world);
            let owner = bytes.byte() > 230;
            let id = u32::from(bytes.byte() % 4);
            let actor = if owner { Actor { role: Role::Owner, id } } else { Actor::VENUE };
            world.give(actor, Action::Lending(command))
        }
        140..=199 => {
            let command = of_collateral(bytes, world);
            world.give(Actor::VENUE, Action::Collateral(command))
        }
        200..=209 => {
            world.at = world.at.after(u64::from(bytes.byte()) * 3_000_000);
            world.give(Actor::VENUE, Action::Tick)
        }
        _ => {
            let (actor, _, action) = crate::commands::command(bytes);
            world.give(actor, action)
        }
    };
    word(given)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_commands(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut world = venue();
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            step(&mut bytes, &mut world);
        }
        world.probe();
    }
}

/// The bytes reach something.
#[test]
fn the_bytes_reach_loans_that_fail() {
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    let (mut seed, mut failed) = (7u64, 0);
    for _ in 0..400 {
        let bytes = drawn(&mut seed, 600);
        let mut world = venue();
        world.checked = false;
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            *codes.entry(step(&mut bytes, &mut world)).or_default() += 1;
        }
        let losses = world.engine.state().losses.losses();
        failed += losses.filter(|(_, loss)| loss.domain == DomainId(1)).count();
    }
    assert!(failed > 20, "{failed}: {codes:?}");
    for code in ["above-borrowable", "not-liquid", "healthy", "above-free", "below-floor"] {
        assert!(codes.contains_key(code), "{code}: {codes:?}");
    }
}
