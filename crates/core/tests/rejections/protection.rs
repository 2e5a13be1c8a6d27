//! Protections: what can never be right about one, and when nobody is protected or measured.

use rhodian_core::account::Rejection as OfAccount;
use rhodian_core::domain::{Kind as LayerKind, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, DomainId, FeedId, LayerId, ProtectedId, ProtectionId};
use rhodian_core::oracle::{Kind, Purpose, Quality, Unfit, Why};
use rhodian_core::pools::protection::{Command, Duty, Flaw, MIN_CLIFF, ProtectionSpec, Rejection};

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::feeds::{FEED, open_feed};
use crate::world::protection::{
    DAY, PROTECTION, believing, close, give, market_of, protect, providers, says, spec,
};
use crate::world::{DOMAIN, World, amount, layer};
use crate::{BOB, FULL, NEXT};

/// A fund and a feed, and no protection yet.
fn no_protection() -> World {
    market_of(50_000, 1_000, believing())
}

/// A protection of Alice's 40,000; the fund holds 51,000.
fn protected() -> World {
    let mut world = providers(spec(), 50_000);
    protect(&mut world, "alice", 40_000).unwrap();
    world
}

/// A fund without room for a premium.
fn full() -> World {
    let mut world = providers(spec(), 10u128.pow(30));
    world.deposit("bob", 1);
    world
}

/// A feed that says nothing.
fn silent() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 50_000, None);
    open_feed(&mut world, "BTC index", Kind::Price);
    give(&mut world, Command::Open { spec: Box::new(spec()) }).unwrap();
    for text in ["alice", "bob"] {
        world.account(text, 100_000);
    }
    world
}

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Protection(command), Refusal::Protection(why))
}

fn not_opened(spec: ProtectionSpec, why: Rejection) -> Refused {
    refused(Command::Open { spec: Box::new(spec) }, why)
}

fn asked(account: AccountId, deposit: u128) -> Command {
    let deposit = amount(deposit);
    Command::Protect { protection: PROTECTION, account, number: NEXT, deposit }
}

const OPENED: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        not_opened(ProtectionSpec { domain, ..spec() }, Rejection::UnknownDomain { domain })
    }),
    ("not-a-fund", |w| {
        w.add(layer("stakers", LayerKind::Tranche, Source::Pot));
        let fund = w.layer_id("stakers");
        not_opened(ProtectionSpec { fund, ..spec() }, Rejection::NotAFund { layer: fund })
    }),
    ("no-feed", |w| {
        open_feed(w, "BTC depth", Kind::Depth);
        let feed = FeedId(1);
        not_opened(ProtectionSpec { feed, ..spec() }, Rejection::NoFeed { feed })
    }),
];

const PROTECTED: &[Case] = &[
    ("unknown-protection", |_| {
        let protection = ProtectionId(7);
        let deposit = amount(1_000);
        let command = Command::Protect { protection, account: BOB, number: NEXT, deposit };
        refused(command, Rejection::UnknownProtection { protection })
    }),
    ("unknown-position", |_| {
        let position = ProtectedId(7);
        refused(Command::Close { position }, Rejection::UnknownPosition { position })
    }),
    ("ended", |w| {
        close(w, 0).unwrap();
        let (position, paid) = (ProtectedId(0), amount(0));
        refused(Command::Close { position }, Rejection::Ended { position, paid })
    }),
    ("terms-not-accepted", |w| {
        let account = w.stranger("dan", 10_000);
        let domain = DOMAIN;
        refused(asked(account, 5_000), Rejection::TermsNotAccepted { account, domain })
    }),
    ("below-least", |_| {
        let (deposit, least) = (amount(999), amount(1_000));
        refused(asked(BOB, 999), Rejection::BelowLeast { deposit, least })
    }),
    ("fund-held", |w| {
        w.hold_episode_open();
        let (layer, domain) = (LayerId(0), DOMAIN);
        refused(asked(BOB, 5_000), Rejection::FundHeld { layer, domain })
    }),
    ("above-fund", |_| {
        let (asked_, room) = (amount(31_001), amount(31_000));
        refused(asked(BOB, 62_002), Rejection::AboveFund { asked: asked_, room })
    }),
    ("number-not-new", |w| {
        let last = 1_000;
        w.account_do(rhodian_core::account::Command::Deposit {
            account: BOB,
            number: last,
            asset: crate::world::ASSET,
            amount: amount(1),
        });
        let why = OfAccount::NumberNotNew { number: NEXT, last };
        refused(asked(BOB, 5_000), Rejection::Account(why))
    }),
    ("not-due", |_| {
        let duty = Duty::End { position: ProtectedId(0) };
        let why = Refusal::Protection(Rejection::NotDue);
        Refused::new(Actor::ENGINE, Action::ProtectionDuty(duty), why)
    }),
];

const OF_FULL: &[Case] =
    &[("fund-full", |_| refused(asked(BOB, 5_000), Rejection::FundFull { layer: LayerId(0) }))];

const OF_PRICES: &[Case] = &[("price-unfit", |_| {
    let source = |id| Why::Silent { source: rhodian_core::ids::SourceId(id) };
    let few = Why::TooFewSources { counted: 0, needed: 2 };
    let unfit = Unfit::Quality {
        feed: FEED,
        purpose: Purpose::Open,
        needed: Quality::Settlement,
        found: Quality::None,
        reasons: vec![source(0), source(1), source(2), few, Why::NoValue],
    };
    refused(asked(BOB, 5_000), Rejection::Unfit { unfit })
})];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Protection(",
        arms: arms(include_str!("../../src/pools/protection/rejection.rs")),
        cases: &[
            (no_protection, OPENED),
            (no_protection, FLAWS),
            (protected, PROTECTED),
            (full, OF_FULL),
            (silent, OF_PRICES),
        ],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}

fn flawed(spec: ProtectionSpec, flaw: Flaw) -> Refused {
    not_opened(spec, Rejection::Flaw { flaw })
}

fn spans(cliff: u64, vesting: u64, term: u64) -> Refused {
    let spec = ProtectionSpec { cliff, vesting, term, ..spec() };
    flawed(spec, Flaw::Spans { cliff, vesting, term })
}

const FLAWS: &[Case] = &[
    ("the cap is 999", |_| {
        let cap = 999;
        flawed(ProtectionSpec { cap, ..spec() }, Flaw::Cap { cap })
    }),
    ("the cap is 1000001", |_| {
        let cap = 1_000_001;
        flawed(ProtectionSpec { cap, ..spec() }, Flaw::Cap { cap })
    }),
    ("the fee is 1000001", |_| {
        let fee = 1_000_001;
        flawed(ProtectionSpec { fee, ..spec() }, Flaw::Fee { fee })
    }),
    ("the leverage is 0", |_| {
        let leverage = 0;
        flawed(ProtectionSpec { leverage, ..spec() }, Flaw::Leverage { leverage })
    }),
    ("the leverage is 100000001", |_| {
        let leverage = 100_000_001;
        flawed(ProtectionSpec { leverage, ..spec() }, Flaw::Leverage { leverage })
    }),
    ("the least deposit is 999", |_| {
        let least = amount(999);
        flawed(ProtectionSpec { least, ..spec() }, Flaw::Least { least })
    }),
    ("cliff 3599999", |_| spans(MIN_CLIFF - 1, DAY, DAY)),
    ("cliff 86400001", |_| spans(DAY + 1, DAY, DAY)),
    ("cliff 86400000, vesting 86400001", |_| spans(DAY, DAY + 1, DAY)),
    ("cliff 86400000, vesting 86400000, term 31622400000", |_| spans(DAY, DAY, 366 * DAY)),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Protection(Flaw { flaw: ",
        arms: variants(include_str!("../../src/pools/protection/spec.rs"), "Flaw"),
        cases: &[(no_protection, FLAWS)],
        unreachable: &[],
    };
    table.check();
}

/// A price that is good enough when it begins is asked for again when it ends.
#[test]
fn who_closes_waits_for_a_price() {
    let mut world = protected();
    world.tick(2 * DAY);
    assert_eq!(close(&mut world, 0).unwrap_err().code(), "price-unfit");
    says(&mut world, 1_000);
    close(&mut world, 0).unwrap();
}
