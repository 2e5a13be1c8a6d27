//! Accounts: who may move what, and how much of it.

use rhodian_core::account::{AccountKind, Command, Rejection};
use rhodian_core::collateral::CollateralSpec;
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, AssetId, DomainId, OwnerId};
use rhodian_core::units::Amount;

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::collateral::{USDC, accept, post, usdc};
use crate::world::liquidity::{open, spec};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use crate::{ALICE, BOB, CAROL, NEXT, TOTAL, owner};
use rhodian_core::pools::liquidity::VaultSpec;

/// BTC at 1,000 and a fund of 1,000. Alice has 50,000, Bob 200,000, Carol nothing.
fn floor() -> World {
    let mut world = World::venue(1_000, 1_000);
    for (text, cash) in [("alice", 50_000), ("bob", 200_000), ("carol", 0)] {
        world.account(text, cash);
    }
    world
}

fn refused(command: Command, why: Rejection) -> Refused {
    refused_to(Actor::VENUE, command, why)
}

fn refused_to(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Account(command), Refusal::Account(why))
}

fn deposit(account: AccountId, asset: AssetId, amount: Amount) -> Command {
    Command::Deposit { account, number: NEXT, asset, amount }
}

fn withdraw(account: AccountId, atoms: u128) -> Command {
    Command::Withdraw { account, number: NEXT, asset: ASSET, amount: amount(atoms) }
}

fn transfer(from: AccountId, to: AccountId, atoms: u128) -> Command {
    Command::Transfer { from, to, number: NEXT, asset: ASSET, amount: amount(atoms) }
}

/// Carol loses to Alice.
fn result(domain: DomainId) -> Command {
    let (loser, winner, amount) = (CAROL, ALICE, amount(1));
    Command::SettleResult { domain, number: NEXT, loser, winner, amount }
}

const OF_IDS: &[Case] = &[
    ("unknown-owner", |_| {
        let (name, owner, kind) = (name("alice-2"), OwnerId(9), AccountKind::Cross);
        refused(Command::OpenAccount { name, owner, kind }, Rejection::UnknownOwner { owner })
    }),
    ("unknown-account", |_| {
        let account = AccountId(9);
        refused(deposit(account, ASSET, amount(1)), Rejection::UnknownAccount { account })
    }),
    ("unknown-account", |_| {
        let account = AccountId(9);
        refused(transfer(ALICE, account, 1), Rejection::UnknownAccount { account })
    }),
    ("unknown-asset", |_| {
        let asset = AssetId(9);
        refused(deposit(ALICE, asset, amount(1)), Rejection::UnknownAsset { asset })
    }),
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        refused(result(domain), Rejection::UnknownDomain { domain })
    }),
    ("no-waterfall", |w| {
        w.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
        let domain = DomainId(1);
        refused(result(domain), Rejection::NoWaterfall { domain })
    }),
    ("name-in-use", |_| {
        let name = name("alice");
        refused(Command::OpenOwner { name: name.clone() }, Rejection::NameInUse { name })
    }),
    ("name-in-use", |_| {
        let (name, owner, kind) = (name("alice"), OwnerId(1), AccountKind::Cross);
        let command = Command::OpenAccount { name: name.clone(), owner, kind };
        refused(command, Rejection::NameInUse { name })
    }),
    ("not-owner", |_| {
        let why = Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), withdraw(ALICE, 1), why)
    }),
    ("number-not-new", |w| {
        let command = deposit(ALICE, ASSET, amount(1));
        w.account_do(command.clone());
        refused(command, Rejection::NumberNotNew { number: NEXT, last: NEXT })
    }),
    ("number-not-new", |w| {
        w.account_do(result(DOMAIN));
        refused(result(DOMAIN), Rejection::NumberNotNew { number: NEXT, last: NEXT })
    }),
    ("same-account", |_| {
        refused(transfer(ALICE, ALICE, 1), Rejection::SameAccount { account: ALICE })
    }),
];

const OF_AMOUNTS: &[Case] = &[
    ("zero-amount", |_| refused(transfer(ALICE, BOB, 0), Rejection::ZeroAmount)),
    ("withdrawal-above-free", |w| {
        // A tenth of 400 lots at 1,000 is her margin.
        w.fill("BTC", "alice", "bob", 400, 1_000);
        let why = Rejection::WithdrawalAboveFree {
            asked: amount(10_001),
            free: amount(10_000),
            held: amount(50_000),
            withheld: amount(40_000),
            lien: Amount::ZERO,
        };
        refused(withdraw(ALICE, 10_001), why)
    }),
    ("withdrawal-above-free", |w| {
        // Alice bears what an auction does not bring, and nobody knows yet what it brings.
        let source = Source::Proceeds { deadline: 3_600_000 };
        let mut auction = layer("auction", Kind::Treasury, source);
        auction.caps.per_event = Some(amount(1));
        w.add(auction);
        w.gains("shared", None);
        w.waterfall(&["auction", "shared"]);
        w.claim("shared", "alice", 1, 30_000);
        w.report("L", 20_000);
        let why = Rejection::WithdrawalAboveFree {
            asked: amount(30_001),
            free: amount(30_000),
            held: amount(50_000),
            withheld: Amount::ZERO,
            lien: amount(20_000),
        };
        refused(transfer(ALICE, BOB, 30_001), why)
    }),
    ("vault-short", |w| {
        // The fund pays 1,000 of what Carol owes Alice; nobody has the rest.
        w.result("carol", "alice", 10_000);
        w.withdraw("bob", 200_000).unwrap();
        let why = Rejection::VaultShort { asked: amount(60_000), vault: amount(51_000) };
        refused(withdraw(ALICE, 60_000), why)
    }),
    ("balance-above-bound", |_| {
        let why = Rejection::BalanceAboveBound { account: ALICE };
        refused(deposit(ALICE, ASSET, Amount::MAX), why)
    }),
    ("of-vault", |w| {
        open(w, VaultSpec { fund: w.layer_id("fund"), ..spec() }).unwrap();
        let account = w.id("vault");
        refused(deposit(account, ASSET, amount(1)), Rejection::OfVault { account })
    }),
    ("collateral-above-cap", |w| {
        w.domain_do(domain::Command::AddAsset { name: name("USDC"), decimals: 2 });
        accept(w, CollateralSpec { max_held: amount(12_000), ..usdc() }).unwrap();
        post(w, "bob", NEXT, 10_000).unwrap();
        let (asset, asked, room) = (USDC, amount(2_001), amount(2_000));
        refused(deposit(ALICE, asset, asked), Rejection::CollateralAboveCap { asset, asked, room })
    }),
];

const UNREACHABLE: &[(&str, &str)] = &[
    ("TooMany", "a hundred million owners or accounts do not fit into a test"),
    ("TotalAboveBound", TOTAL),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Account(",
        arms: arms(include_str!("../../src/account/command.rs")),
        cases: &[(floor, OF_IDS), (floor, OF_AMOUNTS)],
        unreachable: UNREACHABLE,
    };
    table.check();
}
