//! A venue of perpetuals to measure on: everyone funded, seeded fills between groups of accounts.
#![allow(dead_code, reason = "each bench uses a part of it")]

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::Action;
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Name, OwnerId};
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_core::waterfall::{Side, Step};

pub const MARKETS: u32 = 50;
/// Groups of accounts that trade the same markets.
const GROUPS: u32 = 16;
const DOMAIN: DomainId = DomainId(0);
const ASSET: AssetId = AssetId(0);

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A seeded sequence: the same numbers in every run.
#[derive(Debug)]
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = (self.0 >> 33) as u32;
        ((u64::from(high) * u64::from(bound)) >> 31) as u32
    }
}

/// Hands out what sets the venue up, with `accounts` accounts.
pub fn set_up(accounts: u32, give: &mut impl FnMut(Action)) {
    give(Action::Domain(domain::Command::AddAsset { name: name("USD"), decimals: 2 }));
    give(Action::Domain(domain::Command::OpenDomain { name: name("Majors"), asset: ASSET }));
    let members = MemberRule {
        rule: Rule::Proportional,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
        basis: Basis::SessionGains,
    };
    let spec = LayerSpec {
        name: name("gains"),
        kind: Kind::GainsHaircut,
        asset: ASSET,
        source: Source::Members(members),
        caps: Caps::default(),
        attachment: None,
    };
    give(Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
    let steps = vec![Step { layers: vec![Side { layer: LayerId(0), weight: 1 }] }];
    let class = CauseClass::Default;
    give(Action::Domain(domain::Command::SetWaterfall { domain: DOMAIN, class, steps }));
    for market in 0..MARKETS {
        let spec = MarketSpec {
            name: name(&format!("m{market}")),
            domain: DOMAIN,
            instrument: Instrument::Perpetual,
            unit: 10,
            max_price: Price::new(1_000_000_000).unwrap(),
            max_position: 1_000_000_000,
            max_open: 1_000_000_000_000,
            band: 100_000,
            tiers: vec![Tier { above: Amount::ZERO, initial: 50_000, maintenance: 25_000 }],
            steps: None,
        };
        give(Action::Market(market::Command::List { spec: Box::new(spec) }));
        let marks = vec![(MarketId(market), Price::new(10_000).unwrap())];
        give(Action::Market(market::Command::Mark { marks }));
    }
    for id in 0..accounts {
        give(Action::Account(account::Command::OpenOwner { name: name(&format!("o{id}")) }));
        let open = account::Command::OpenAccount {
            name: name(&format!("a{id}")),
            owner: OwnerId(id),
            kind: AccountKind::Cross,
        };
        give(Action::Account(open));
        let amount = Amount::new(100_000_000_000).unwrap();
        let deposit =
            account::Command::Deposit { account: AccountId(id), number: 1, asset: ASSET, amount };
        give(Action::Account(deposit));
    }
}

/// The next fill. Accounts of one group share four markets, so legs stay at four an account.
pub fn fill(draws: &mut Draws, accounts: u32, numbers: &mut [u64]) -> Action {
    let group = draws.below(GROUPS);
    let market = (group * 3 + draws.below(4)) % MARKETS;
    let (buyer, other) = (draws.below(accounts / GROUPS), draws.below(accounts / GROUPS - 1));
    let seller = if other >= buyer { other + 1 } else { other };
    let (buyer, seller) = (buyer * GROUPS + group, seller * GROUPS + group);
    numbers[market as usize] += 1;
    Action::Market(market::Command::Fill {
        market: MarketId(market),
        number: numbers[market as usize],
        buyer: Party::Account(AccountId(buyer)),
        seller: Party::Account(AccountId(seller)),
        lots: Quantity::new(i64::from(1 + draws.below(100))).unwrap(),
        price: Price::new(9_900 + u64::from(draws.below(200))).unwrap(),
        buyer_fee: Amount::from(5),
        seller_fee: Amount::from(5),
    })
}

/// The marks of every market, each within a hundredth of where it began.
pub fn marks(draws: &mut Draws) -> Action {
    let mut mark =
        |market| (MarketId(market), Price::new(u64::from(9_900 + draws.below(200))).unwrap());
    Action::Market(market::Command::Mark { marks: (0..MARKETS).map(&mut mark).collect() })
}
