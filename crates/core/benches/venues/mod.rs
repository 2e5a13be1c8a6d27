//! A venue of one domain, and accounts that trade in it by fills from a seed.

#![allow(dead_code, reason = "each program uses its part")]

use std::hint::black_box;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Name, OwnerId, Time};
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_core::waterfall::{Side, Step};

pub const MARKETS: u32 = 50;
/// Groups of accounts that trade the same markets.
const GROUPS: u32 = 16;
const DOMAIN: DomainId = DomainId(0);
const ASSET: AssetId = AssetId(0);

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn give(engine: &mut Engine, action: Action) {
    let envelope = Envelope { at: Time(1), actor: Actor::VENUE, action };
    match engine.execute(envelope) {
        Outcome::Accepted(records) => drop(black_box(records)),
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

/// A seeded sequence: the same numbers in every run.
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = (self.0 >> 33) as u32;
        ((u64::from(high) * u64::from(bound)) >> 31) as u32
    }
}

pub fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

/// One domain with 50 markets, and so many accounts, each rich.
pub fn set_up(accounts: u32) -> Engine {
    let mut engine = Engine::new();
    open_domain(&mut engine, "Majors", ASSET, DOMAIN, LayerId(0));
    for market in 0..MARKETS {
        list(&mut engine, DOMAIN, market);
    }
    for id in 0..accounts {
        open_account(&mut engine, AccountId(id), ASSET, 100_000_000_000);
    }
    engine
}

/// The next domain, with an asset of its own, whose losses the session gains pay.
pub fn open_domain(
    engine: &mut Engine,
    text: &str,
    asset: AssetId,
    domain: DomainId,
    layer: LayerId,
) {
    let of_domain = |command| Action::Domain(command);
    let add = domain::Command::AddAsset { name: name(&format!("{text} cash")), decimals: 2 };
    give(engine, of_domain(add));
    give(engine, of_domain(domain::Command::OpenDomain { name: name(text), asset }));
    let members = MemberRule {
        rule: Rule::Proportional,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
        basis: Basis::SessionGains,
    };
    add_layer(
        engine,
        &format!("{text} gains"),
        Kind::GainsHaircut,
        asset,
        Source::Members(members),
    );
    let steps = vec![Step { layers: vec![Side { layer, weight: 1 }] }];
    let class = CauseClass::Default;
    give(engine, of_domain(domain::Command::SetWaterfall { domain, class, steps }));
}

fn add_layer(engine: &mut Engine, text: &str, kind: Kind, asset: AssetId, source: Source) {
    let caps = Caps::default();
    let spec = LayerSpec { name: name(text), kind, asset, source, caps, attachment: None };
    give(engine, Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
}

/// The fund that penalties go to: the next layer.
pub fn add_fund(engine: &mut Engine, asset: AssetId, layer: LayerId) -> LayerId {
    add_layer(engine, "fund", Kind::InsuranceFund, asset, Source::Pot);
    layer
}

/// The next market, marked at 10,000.
pub fn list(engine: &mut Engine, domain: DomainId, market: u32) {
    let spec = MarketSpec {
        name: name(&format!("m{market}")),
        domain,
        instrument: Instrument::Perpetual,
        unit: 10,
        max_price: Price::new(1_000_000_000).unwrap(),
        max_position: 1_000_000_000,
        max_open: 1_000_000_000_000,
        band: 100_000,
        tiers: vec![Tier { above: Amount::ZERO, initial: 50_000, maintenance: 25_000 }],
        steps: None,
    };
    give(engine, Action::Market(market::Command::List { spec: Box::new(spec) }));
    let marks = vec![(MarketId(market), Price::new(10_000).unwrap())];
    give(engine, Action::Market(market::Command::Mark { marks }));
}

/// The next account, of the next owner, with a deposit.
pub fn open_account(engine: &mut Engine, account: AccountId, asset: AssetId, atoms: u128) {
    let of_account = |command| Action::Account(command);
    let id = account.0;
    give(engine, of_account(account::Command::OpenOwner { name: name(&format!("o{id}")) }));
    let open = account::Command::OpenAccount {
        name: name(&format!("a{id}")),
        owner: OwnerId(id),
        kind: AccountKind::Cross,
    };
    give(engine, of_account(open));
    let amount = amount(atoms);
    give(engine, of_account(account::Command::Deposit { account, number: 1, asset, amount }));
}

/// Who buys of whom, at the first mark.
pub struct Trading {
    pub market: u32,
    pub buyer: AccountId,
    pub seller: AccountId,
    pub lots: i64,
}

pub fn trade(engine: &mut Engine, number: u64, of: &Trading) {
    let command = market::Command::Fill {
        market: MarketId(of.market),
        number,
        buyer: Party::Account(of.buyer),
        seller: Party::Account(of.seller),
        lots: Quantity::new(of.lots).unwrap(),
        price: Price::new(10_000).unwrap(),
        buyer_fee: Amount::ZERO,
        seller_fee: Amount::ZERO,
    };
    give(engine, Action::Market(command));
}

/// Accounts that trade in groups, fill by fill, from a seed.
pub struct Traders {
    draws: Draws,
    accounts: u32,
    numbers: Vec<u64>,
}

impl Traders {
    pub fn new(accounts: u32) -> Self {
        Self { draws: Draws(1), accounts, numbers: vec![0; MARKETS as usize] }
    }

    /// So many fills between two accounts of one group.
    pub fn fill(&mut self, engine: &mut Engine, count: u32) {
        for _ in 0..count {
            let action = self.next();
            give(engine, action);
        }
    }

    /// One trade in a market of theirs.
    pub fn trade(&mut self, engine: &mut Engine, of: &Trading) {
        let number = &mut self.numbers[of.market as usize];
        *number += 1;
        trade(engine, *number, of);
    }

    fn next(&mut self) -> Action {
        let draws = &mut self.draws;
        // Accounts of one group share four markets, so legs stay at four an account.
        let group = draws.below(GROUPS);
        let market = (group * 3 + draws.below(4)) % MARKETS;
        let size = self.accounts / GROUPS;
        let (buyer, other) = (draws.below(size), draws.below(size - 1));
        let seller = if other >= buyer { other + 1 } else { other };
        let (buyer, seller) = (buyer * GROUPS + group, seller * GROUPS + group);
        let number = &mut self.numbers[market as usize];
        *number += 1;
        Action::Market(market::Command::Fill {
            market: MarketId(market),
            number: *number,
            buyer: Party::Account(AccountId(buyer)),
            seller: Party::Account(AccountId(seller)),
            lots: Quantity::new(i64::from(1 + draws.below(100))).unwrap(),
            price: Price::new(9_900 + u64::from(draws.below(200))).unwrap(),
            buyer_fee: Amount::from(5),
            seller_fee: Amount::from(5),
        })
    }
}

/// Runs the program once more with memory in huge pages, as the service is run. With a million
/// accounts the table of small pages fits no cache, and what is waited for is that table.
pub fn with_huge_pages() {
    if std::env::var_os("GLIBC_TUNABLES").is_some() {
        return;
    }
    println!("with huge pages (GLIBC_TUNABLES=glibc.malloc.hugetlb=1):");
    let myself = std::env::current_exe().expect("a program knows its own path");
    let status = std::process::Command::new(myself)
        .args(std::env::args_os().skip(1))
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
        .status();
    assert!(status.expect("it can be started again").success());
}

/// CPU time of this thread: other work on the machine does not count.
pub fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
