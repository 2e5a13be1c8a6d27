//! Vaults: what can never be right about one, who may enter and leave, and when.

use crate::world::venue::perpetual;
use rhodian_core::account::Rejection as OfAccount;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, CauseClass, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, DomainId, LayerId, VaultId};
use rhodian_core::market::{self, Feeds, MarketSpec};
use rhodian_core::oracle::Kind;
use rhodian_core::pools::liquidity::{
    Command, Duty, Flaw, MAX_COOLDOWN, MAX_FEE_PERIOD, MIN_FEE_PERIOD, Rejection, Shares, VaultSpec,
};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::feeds::{FEED, open_feed};
use crate::world::liquidity::{
    VAULT, holder, market_of_providers, open, spec, try_leave, vault_of,
};
use crate::world::{ASSET, DOMAIN, World, amount, layer};
use crate::{ALICE, BOB, FULL, NEXT, owner};

/// A market and no vault yet; Alice, Bob and Carol have 50,000.
fn no_vault() -> World {
    let mut world = market_of_providers(0);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 50_000);
    }
    world
}

/// The same with a vault of 100,000 at most, in which Alice has 20,000.
fn vault() -> World {
    let mut world = no_vault();
    open(&mut world, VaultSpec { max: amount(100_000), ..spec() }).unwrap();
    crate::world::liquidity::try_enter(&mut world, "alice", 20_000).unwrap();
    world
}

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Liquidity(command), Refusal::Liquidity(why))
}

fn not_opened(spec: VaultSpec, why: Rejection) -> Refused {
    refused(Command::Open { spec: Box::new(spec) }, why)
}

fn enter(account: AccountId, atoms: u128) -> Command {
    Command::Enter { vault: VAULT, account, number: NEXT, amount: amount(atoms) }
}

fn leave(account: AccountId, shares: Option<u128>) -> Command {
    let shares = shares.and_then(Shares::new);
    Command::Leave { vault: VAULT, account, number: NEXT, shares }
}

const OF_VAULTS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        not_opened(VaultSpec { domain, ..spec() }, Rejection::UnknownDomain { domain })
    }),
    ("domain-taken", |w| {
        open(w, spec()).unwrap();
        not_opened(spec(), Rejection::DomainTaken { domain: DOMAIN, vault: VAULT })
    }),
    ("domain-in-use", |w| {
        w.fill("BTC", "alice", "bob", 400, 1_000);
        w.mark("BTC", 800);
        not_opened(spec(), Rejection::DomainInUse { domain: DOMAIN })
    }),
    ("not-a-fund", |w| {
        w.add(layer("stakers", domain::Kind::Tranche, Source::Pot));
        let fund = w.layer_id("stakers");
        not_opened(VaultSpec { fund, ..spec() }, Rejection::NotAFund { layer: fund })
    }),
    ("name-in-use", |_| {
        let name = crate::world::name("alice");
        let why = OfAccount::NameInUse { name: name.clone() };
        not_opened(VaultSpec { name, ..spec() }, Rejection::Account(why))
    }),
];

const OF_HOLDERS: &[Case] = &[
    ("unknown-vault", |_| {
        let vault = VaultId(7);
        let command = Command::Leave { vault, account: ALICE, number: NEXT, shares: None };
        refused(command, Rejection::UnknownVault { vault })
    }),
    ("not-owner", |_| {
        let why = OfAccount::NotOwner { account: ALICE, owner: rhodian_core::ids::OwnerId(1) };
        let why = Refusal::Liquidity(Rejection::Account(why));
        Refused::new(owner(1), Action::Liquidity(leave(ALICE, None)), why)
    }),
    ("terms-not-accepted", |w| {
        let account = w.stranger("dan", 10_000);
        let domain = DOMAIN;
        refused(enter(account, 5_000), Rejection::TermsNotAccepted { account, domain })
    }),
    ("below-least", |_| {
        let (amount, least) = (amount(999), amount(1_000));
        refused(enter(BOB, 999), Rejection::BelowLeast { amount, least })
    }),
    ("loss-known", |w| {
        w.fill("BTC", "bob", "carol", 400, 1_000);
        w.mark("BTC", 800);
        refused(enter(BOB, 5_000), Rejection::LossKnown { vault: VAULT })
    }),
    ("price-unfit", |w| {
        w.fill("BTC", "bob", "vault", 10, 1_000);
        open_feed(w, "BTC index", Kind::Price);
        let feeds = Feeds { price: Some(FEED), ..Feeds::default() };
        let market = w.market_id("BTC");
        w.market_do(market::Command::AttachFeeds { market, feeds }).unwrap();
        refused(enter(BOB, 5_000), Rejection::PriceUnfit { vault: VAULT })
    }),
    ("above-most", |_| {
        let (asked, room) = (amount(80_001), amount(80_000));
        refused(enter(BOB, 80_001), Rejection::AboveMost { asked, room })
    }),
    ("below-a-share", |w| {
        try_leave(w, "alice", Some(19_999_999_999)).unwrap();
        w.result("carol", "vault", 40_000);
        refused(enter(BOB, 5_000), Rejection::BelowAShare { amount: amount(5_000) })
    }),
    ("withdrawal-above-free", |_| {
        let why = OfAccount::WithdrawalAboveFree {
            asked: amount(50_001),
            free: amount(50_000),
            held: amount(50_000),
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        refused(enter(BOB, 50_001), Rejection::Account(why))
    }),
    ("above-shares", |_| {
        let (asked, stays) = (Shares::new(20_000_000_001).unwrap(), Shares::new(20_000_000_000));
        let stays = stays.unwrap();
        refused(leave(ALICE, Some(20_000_000_001)), Rejection::AboveShares { asked, stays })
    }),
    ("above-shares", |_| {
        let (asked, stays) = (Shares::ZERO, Shares::ZERO);
        refused(leave(BOB, None), Rejection::AboveShares { asked, stays })
    }),
    ("fund-full", |w| {
        try_leave(w, "alice", None).unwrap();
        w.result("carol", "vault", 1);
        w.pay_into("fund", Amount::MAX.atoms());
        refused(enter(BOB, 5_000), Rejection::FundFull { layer: LayerId(0) })
    }),
    ("not-due", |_| {
        let duty = Duty::PayExit { vault: VAULT, account: ALICE };
        let why = Refusal::Liquidity(Rejection::NotDue);
        Refused::new(Actor::ENGINE, Action::LiquidityDuty(duty), why)
    }),
    ("not-due", |_| {
        let duty = Action::LiquidityDuty(Duty::TakeFees { vault: VAULT });
        Refused::new(Actor::ENGINE, duty, Refusal::Liquidity(Rejection::NotDue))
    }),
];

/// The vault is worth 20,000, and nothing is known of it.
fn small() -> World {
    let mut world = vault_of(spec(), 0);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 50_000);
    }
    holder(&mut world, "ann", 20_000);
    world.set(Parameter::StressRate, 0);
    world
}

/// The vault gained 60,000 of Bob's in another domain, where he lacks 10,000.
fn elsewhere() -> World {
    let mut world = small();
    let (domain, class) = (DomainId(1), CauseClass::Default);
    world.domain_do(domain::Command::OpenDomain { name: crate::world::name("Alts"), asset: ASSET });
    world.session_gains("gains");
    let sides = vec![Side { layer: world.layer_id("gains"), weight: 1 }];
    let steps = vec![Step { layers: sides }];
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let (parameter, value) = (Parameter::StressRate, 0);
    let set = control::Command::SetParameter { domain, parameter, value };
    world.must(Action::Control(set));
    world.list(MarketSpec { domain, ..perpetual("ETH") });
    world.mark("ETH", 1_000);
    world.fill("ETH", "bob", "vault", 150, 1_000);
    world.mark("ETH", 600);
    world
}

const OF_LIENS: &[Case] = &[("held", |_| {
    let (vault, number, amount_of) = (VAULT, NEXT, amount(5_000));
    let command = Command::Enter { vault, account: AccountId(3), number, amount: amount_of };
    refused(command, Rejection::Held { lien: amount(10_000) })
})];

const OF_LEGS: &[Case] = &[("has-legs", |w| {
    // Its equity is nothing, not below: it is not found, and has legs.
    w.fill("BTC", "vault", "bob", 100, 1_000);
    w.mark("BTC", 800);
    refused(
        Command::Enter { vault: VAULT, account: AccountId(3), number: NEXT, amount: amount(5_000) },
        Rejection::HasLegs { vault: VAULT },
    )
})];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Liquidity(",
        arms: arms(include_str!("../../src/pools/liquidity/rejection.rs")),
        cases: &[
            (no_vault, OF_VAULTS),
            (no_vault, FLAWS),
            (vault, OF_HOLDERS),
            (small, OF_LEGS),
            (elsewhere, OF_LIENS),
        ],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}

fn flawed(spec: VaultSpec, flaw: Flaw) -> Refused {
    not_opened(spec, Rejection::Flaw { flaw })
}

const FLAWS: &[Case] = &[
    ("the most it takes is 0", |_| {
        let max = Amount::ZERO;
        flawed(VaultSpec { max, ..spec() }, Flaw::Most { amount: max })
    }),
    ("the least entry is 999", |_| {
        let min_entry = amount(999);
        flawed(VaultSpec { min_entry, ..spec() }, Flaw::LeastEntry { amount: min_entry })
    }),
    ("the cooldown is 31536000001", |_| {
        let cooldown = MAX_COOLDOWN + 1;
        flawed(VaultSpec { cooldown, ..spec() }, Flaw::Cooldown { millis: cooldown })
    }),
    ("the fee is 1000000", |_| {
        let fee = 1_000_000;
        flawed(VaultSpec { fee, ..spec() }, Flaw::Fee { fee })
    }),
    ("the fee period is 3599999", |_| {
        let millis = MIN_FEE_PERIOD - 1;
        let spec = VaultSpec { fee: 100_000, fee_period: millis, ..spec() };
        flawed(spec, Flaw::FeePeriod { millis })
    }),
    ("the fee period is 31536000001", |_| {
        let millis = MAX_FEE_PERIOD + 1;
        let spec = VaultSpec { fee: 100_000, fee_period: millis, ..spec() };
        flawed(spec, Flaw::FeePeriod { millis })
    }),
    ("the fee period is 3600000", |_| {
        let spec = VaultSpec { fee: 0, fee_period: MIN_FEE_PERIOD, ..spec() };
        flawed(spec, Flaw::FeePeriod { millis: MIN_FEE_PERIOD })
    }),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Liquidity(Flaw { flaw: ",
        arms: variants(include_str!("../../src/pools/liquidity/spec.rs"), "Flaw"),
        cases: &[(no_vault, FLAWS)],
        unreachable: &[],
    };
    table.check();
}
