//! Lending pools: what can never be right about one, and which domain may have it.

use rhodian_core::account::{AccountKind, Command as OfAccount};
use rhodian_core::collateral::{self, CollateralSpec};
use rhodian_core::domain;
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, DomainId, LayerId, OwnerId, PoolId};
use rhodian_core::pools::lending::{Command, Flaw, PoolSpec, Rates, Rejection};
use rhodian_core::units::Amount;

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::collateral::tier;
use crate::world::lending::{
    ETH, POOL, borrower, collateral, domain as of_pool, eth, give, lender, spec,
};
use crate::world::venue::perpetual;
use crate::world::{ASSET, DOMAIN, World, amount, name};
use crate::{FULL, lending_pool};

/// USD may be lent against ETH, of which one is 1,000; there is no pool yet.
fn no_pool() -> World {
    let mut world = of_pool(0);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 0);
    }
    world
}

/// Alice lends 100,000; Bob borrowed 7,000 against ten ETH; Carol has 10,000.
pub fn pool() -> World {
    with_pool(of_pool(0), spec())
}

/// The same with `spec`, in a world that has its domain.
pub fn with_pool(mut world: World, spec: PoolSpec) -> World {
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    lender(&mut world, "alice", 100_000);
    borrower(&mut world, "bob", 10, 7_000);
    world.account("carol", 10_000);
    world
}

/// An account of Carol's that accepted no terms.
pub fn stranger(world: &mut World) -> AccountId {
    let (name, owner, kind) = (name("carol-2"), OwnerId(2), AccountKind::Cross);
    world.account_do(OfAccount::OpenAccount { name, owner, kind });
    AccountId(3)
}

pub fn refused(command: Command, why: Rejection) -> Refused {
    refused_to(Actor::VENUE, command, why)
}

pub fn refused_to(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Lending(command), Refusal::Lending(why))
}

fn not_opened(spec: PoolSpec, why: Rejection) -> Refused {
    refused(Command::Open { spec: Box::new(spec) }, why)
}

const OF_POOLS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        not_opened(PoolSpec { domain, ..spec() }, Rejection::UnknownDomain { domain })
    }),
    ("domain-taken", |w| {
        give(w, Command::Open { spec: Box::new(spec()) }).unwrap();
        not_opened(spec(), Rejection::DomainTaken { domain: DOMAIN, pool: POOL })
    }),
    ("domain-in-use", |w| {
        w.list(perpetual("BTC"));
        not_opened(spec(), Rejection::DomainInUse { domain: DOMAIN })
    }),
    ("no-waterfall", |w| {
        w.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
        let domain = DomainId(1);
        not_opened(PoolSpec { domain, ..spec() }, Rejection::NoWaterfall { domain })
    }),
    ("no-supply-layer", |w| {
        w.waterfall(&["Fund"]);
        not_opened(spec(), Rejection::NoSupplyLayer { domain: DOMAIN })
    }),
    ("not-accepted", |_| {
        let asset = ASSET;
        let spec = PoolSpec { collateral: vec![asset], ..spec() };
        not_opened(spec, Rejection::NotAccepted { asset })
    }),
    ("envelope", |w| {
        // A forced sale may lose a tenth, and the loan is kept up to 95 %.
        let spec_of_eth = CollateralSpec { tiers: vec![tier(0, 750_000, 950_000)], ..eth() };
        collateral(w, collateral::Command::Accept { spec: Box::new(spec_of_eth) }).unwrap();
        let (asset, threshold, most) = (ETH, 950_000, 900_000);
        not_opened(spec(), Rejection::Envelope { asset, threshold, most })
    }),
    ("not-a-fund", |_| {
        // The lenders' own layer.
        let fund = LayerId(1);
        not_opened(PoolSpec { fund, ..spec() }, Rejection::NotAFund { layer: fund })
    }),
    ("flaw", |_| {
        let why = Rejection::Flaw { flaw: Flaw::Kink { kink: 0 } };
        not_opened(PoolSpec { rates: Rates { kink: 0, ..spec().rates }, ..spec() }, why)
    }),
    ("unknown-pool", |w| {
        let (pool, account, number) = (PoolId(9), w.id("alice"), w.next_number());
        let command = Command::Supply { pool, account, number, amount: amount(1) };
        refused(command, Rejection::UnknownPool { pool })
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Lending(",
        arms: arms(include_str!("../../src/pools/lending/rejection.rs")),
        cases: &[
            (no_pool, OF_POOLS),
            (pool, lending_pool::OF_LENDERS),
            (pool, lending_pool::OF_BORROWERS),
            (pool, lending_pool::OF_LIQUIDATORS),
        ],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}

fn flawed(spec: PoolSpec, flaw: Flaw) -> Refused {
    not_opened(spec, Rejection::Flaw { flaw })
}

const FLAWS: &[Case] = &[
    ("rates are 2, 1 and 3", |_| {
        let (at_zero, at_kink, at_full, max) = (2, 1, 3, 10_000_000);
        let rates = Rates { at_zero, kink: 800_000, at_kink, at_full };
        flawed(PoolSpec { rates, ..spec() }, Flaw::Rates { at_zero, at_kink, at_full, max })
    }),
    ("the kink is 1000000", |_| {
        let rates = Rates { kink: 1_000_000, ..spec().rates };
        flawed(PoolSpec { rates, ..spec() }, Flaw::Kink { kink: 1_000_000 })
    }),
    ("the fee is 1000000", |_| {
        let fee = 1_000_000;
        flawed(PoolSpec { fee, ..spec() }, Flaw::Fee { fee })
    }),
    ("the most supplied is 0", |_| {
        let (what, amount) = ("supplied", Amount::ZERO);
        flawed(PoolSpec { max_supply: amount, ..spec() }, Flaw::Most { what, amount })
    }),
    ("the most borrowed is 1000000000000000000000001", |_| {
        let (what, amount) = ("borrowed", amount(10u128.pow(24) + 1));
        flawed(PoolSpec { max_debt: amount, ..spec() }, Flaw::Most { what, amount })
    }),
    ("the least debt is 999", |_| {
        let min_debt = amount(999);
        flawed(PoolSpec { min_debt, ..spec() }, Flaw::LeastDebt { amount: min_debt })
    }),
    ("the bonus is 1000000", |_| {
        let bonus = 1_000_000;
        flawed(PoolSpec { bonus, ..spec() }, Flaw::Bonus { bonus })
    }),
    ("the target is 999999", |_| {
        let target = 999_999;
        flawed(PoolSpec { target, ..spec() }, Flaw::Target { target })
    }),
    ("name at least one collateral", |_| {
        flawed(PoolSpec { collateral: vec![ETH, ETH], ..spec() }, Flaw::Collateral)
    }),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Lending(Flaw { flaw: ",
        arms: variants(include_str!("../../src/pools/lending/spec.rs"), "Flaw"),
        cases: &[(no_pool, FLAWS)],
        unreachable: &[],
    };
    table.check();
}
