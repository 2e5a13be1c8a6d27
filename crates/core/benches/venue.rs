//! Commands a second through the engine with a margin check on both sides of every fill.
//! `cargo bench -p rhodian-core --bench venue [-- ACCOUNTS]`

use std::env;
use std::hint::black_box;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Name, OwnerId, Time};
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_core::waterfall::{Side, Step};

const MARKETS: u32 = 50;
const ROUNDS: usize = 5;
/// Groups of accounts that trade the same markets.
const GROUPS: u32 = 16;
const DOMAIN: DomainId = DomainId(0);
const ASSET: AssetId = AssetId(0);

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn give(engine: &mut Engine, action: Action) {
    let envelope = Envelope { at: Time(1), actor: Actor::VENUE, action };
    match engine.execute(envelope) {
        Outcome::Accepted(records) => drop(black_box(records)),
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

/// A seeded sequence: the same numbers in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = (self.0 >> 33) as u32;
        ((u64::from(high) * u64::from(bound)) >> 31) as u32
    }
}

fn set_up(accounts: u32) -> Engine {
    let mut engine = Engine::new();
    give(&mut engine, Action::Domain(domain::Command::AddAsset { name: name("USD"), decimals: 2 }));
    give(
        &mut engine,
        Action::Domain(domain::Command::OpenDomain { name: name("Majors"), asset: ASSET }),
    );
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
    give(&mut engine, Action::Domain(domain::Command::AddLayer { spec }));
    let steps = vec![Step { layers: vec![Side { layer: LayerId(0), weight: 1 }] }];
    let class = CauseClass::Default;
    give(
        &mut engine,
        Action::Domain(domain::Command::SetWaterfall { domain: DOMAIN, class, steps }),
    );
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
        give(&mut engine, Action::Market(market::Command::List { spec }));
        let marks = vec![(MarketId(market), Price::new(10_000).unwrap())];
        give(&mut engine, Action::Market(market::Command::Mark { marks }));
    }
    for id in 0..accounts {
        give(
            &mut engine,
            Action::Account(account::Command::OpenOwner { name: name(&format!("o{id}")) }),
        );
        let open = account::Command::OpenAccount {
            name: name(&format!("a{id}")),
            owner: OwnerId(id),
            kind: AccountKind::Cross,
        };
        give(&mut engine, Action::Account(open));
        let amount = Amount::new(100_000_000_000).unwrap();
        let deposit =
            account::Command::Deposit { account: AccountId(id), number: 1, asset: ASSET, amount };
        give(&mut engine, Action::Account(deposit));
    }
    engine
}

fn fills(engine: &mut Engine, draws: &mut Draws, accounts: u32, numbers: &mut [u64], count: u32) {
    for _ in 0..count {
        // Accounts of one group share four markets, so legs stay at four an account.
        let group = draws.below(GROUPS);
        let market = (group * 3 + draws.below(4)) % MARKETS;
        let (buyer, other) = (draws.below(accounts / GROUPS), draws.below(accounts / GROUPS - 1));
        let seller = if other >= buyer { other + 1 } else { other };
        let (buyer, seller) = (buyer * GROUPS + group, seller * GROUPS + group);
        numbers[market as usize] += 1;
        give(
            engine,
            Action::Market(market::Command::Fill {
                market: MarketId(market),
                number: numbers[market as usize],
                buyer: Party::Account(AccountId(buyer)),
                seller: Party::Account(AccountId(seller)),
                lots: Quantity::new(i64::from(1 + draws.below(100))).unwrap(),
                price: Price::new(9_900 + u64::from(draws.below(200))).unwrap(),
                buyer_fee: Amount::from(5),
                seller_fee: Amount::from(5),
            }),
        );
    }
}

/// What a period boundary costs, and what a fill costs whose two accounts were not yet touched in
/// the period, in nanoseconds.
fn period(
    engine: &mut Engine,
    draws: &mut Draws,
    accounts: u32,
    numbers: &mut [u64],
) -> (f64, f64) {
    let began = thread_seconds();
    for _ in 0..ROUNDS {
        give(engine, Action::Market(market::Command::EndPeriod));
    }
    let boundary = (thread_seconds() - began) * 1e9 / ROUNDS as f64;
    let count = accounts / 8;
    let began = thread_seconds();
    fills(engine, draws, accounts, numbers, count);
    (boundary, (thread_seconds() - began) * 1e9 / f64::from(count))
}

/// CPU time of this thread: other work on the machine does not count.
fn thread_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() {
    let asked = env::args().skip(1).find_map(|word| word.parse().ok());
    let accounts: u32 = asked.unwrap_or(10_000);
    let mut engine = set_up(accounts);
    let mut draws = Draws(1);
    let mut numbers = vec![0; MARKETS as usize];
    // About four legs an account before the clock starts.
    fills(&mut engine, &mut draws, accounts, &mut numbers, accounts * 2);
    let count = 400_000;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = thread_seconds();
        fills(&mut engine, &mut draws, accounts, &mut numbers, count);
        times.push((thread_seconds() - began) * 1e9 / f64::from(count));
    }
    times.sort_by(f64::total_cmp);
    let median = times[ROUNDS / 2];
    println!("{accounts} accounts, {MARKETS} markets, median of {ROUNDS} runs of {count} fills");
    let (boundary, first) = period(&mut engine, &mut draws, accounts, &mut numbers);
    println!("fill with both margin checks {median:8.1} ns, {:.2} M commands/s", 1e3 / median);
    println!("period boundary              {boundary:8.1} ns, whatever the number of accounts");
    println!("first fills after it         {first:8.1} ns, {:.2} x a fill", first / median);
}
