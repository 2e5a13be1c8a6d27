//! A vault of many: what the fee of all who stay costs, each holder, with its event; and what it
//! costs to look where nobody gained.
//! `cargo bench -p rhodian-core --bench vaults [-- HOLDERS]`

use std::env;
use std::time::Instant;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::domain::{self, Caps, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Event, Outcome, Record};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, Name, OwnerId, VaultId};
use rhodian_core::pools::liquidity::{self, Command, VaultSpec};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

const ROUNDS: usize = 5;
const DOMAIN: DomainId = DomainId(0);
const USD: AssetId = AssetId(0);
const DAY: u64 = 86_400_000;
/// Who loses to the vault what it gains.
const EVE: AccountId = AccountId(0);
const MAKER: AccountId = AccountId(1);

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn done(engine: &mut Engine, envelope: Envelope) -> Vec<Record> {
    match engine.execute(envelope) {
        Outcome::Accepted(records) => records,
        Outcome::Rejected(_, rejection) => panic!("{rejection}"),
    }
}

/// At the engine's own time.
fn give(engine: &mut Engine, action: Action) {
    let at = engine.state().now();
    done(engine, Envelope { at, actor: Actor::VENUE, action });
}

/// A day passes; the milliseconds it took.
fn day(engine: &mut Engine) -> (f64, Vec<Record>) {
    let at = engine.state().now().after(DAY);
    let envelope = Envelope { at, actor: Actor::ENGINE, action: Action::Tick };
    let began = Instant::now();
    let records = done(engine, envelope);
    (began.elapsed().as_secs_f64() * 1e3, records)
}

fn opened(engine: &mut Engine, id: u32, atoms: u128) {
    let text = format!("a{id}");
    let (account, owner, kind) = (AccountId(id), OwnerId(id), AccountKind::Cross);
    let (asset, number, domain) = (USD, 1, DOMAIN);
    give(engine, Action::Account(account::Command::OpenOwner { name: name(&text) }));
    let name = name(&text);
    give(engine, Action::Account(account::Command::OpenAccount { name, owner, kind }));
    give(engine, Action::Domain(domain::Command::AcceptTerms { domain, account }));
    let amount = amount(atoms);
    give(engine, Action::Account(account::Command::Deposit { account, number, asset, amount }));
}

/// A vault with so many holders.
fn vault(holders: u32) -> Engine {
    let mut engine = Engine::new();
    let of = |command| Action::Domain(command);
    give(&mut engine, of(domain::Command::AddAsset { name: name("USD"), decimals: 2 }));
    give(&mut engine, of(domain::Command::OpenDomain { name: name("Majors"), asset: USD }));
    let (text, kind, source) = (name("Fund"), Kind::InsuranceFund, Source::Pot);
    let caps = Caps::default();
    let spec = LayerSpec { name: text, kind, asset: USD, source, caps, attachment: None };
    give(&mut engine, of(domain::Command::AddLayer { spec: Box::new(spec) }));
    let steps = vec![Step { layers: vec![Side { layer: LayerId(0), weight: 1 }] }];
    let (domain, class) = (DOMAIN, CauseClass::Default);
    give(&mut engine, of(domain::Command::SetWaterfall { domain, class, steps }));
    opened(&mut engine, 0, 10u128.pow(15));
    let spec = VaultSpec {
        name: name("maker"),
        domain,
        fund: LayerId(0),
        max: amount(10u128.pow(24)),
        min_entry: amount(1_000),
        cooldown: 0,
        fee: 200_000,
        fee_period: DAY,
    };
    give(&mut engine, Action::Liquidity(Command::Open { spec: Box::new(spec) }));
    for place in 0..holders {
        let atoms = 1_000_000 + u128::from(place);
        opened(&mut engine, place + 2, atoms);
        let (account, number, amount) = (AccountId(place + 2), 2, amount(atoms));
        let vault = VaultId(0);
        give(&mut engine, Action::Liquidity(Command::Enter { vault, account, number, amount }));
    }
    engine
}

/// The rows of the fee in `records`, and the bytes of its event.
fn fee(records: &[Record]) -> (usize, usize) {
    let mut events = records.iter().flat_map(|record| &record.events);
    let found = events.find_map(|event| match event {
        Event::Liquidity(liquidity::Event::FeesTaken { rows, .. }) => {
            Some((rows.len(), borsh::to_vec(event).unwrap().len()))
        }
        _ => None,
    });
    found.expect("a day is over")
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let asked = env::args().skip(1).find_map(|text| text.parse().ok());
    let sizes = asked.map_or(vec![1_000, 10_000, 100_000], |one| vec![one]);
    println!("holders   all pay, ms   nobody gained, ms   bytes of the event");
    for holders in sizes {
        let mut engine = vault(holders);
        let (mut pay, mut idle, mut bytes) = (Vec::new(), Vec::new(), 0);
        for round in 0..ROUNDS {
            let number = round as u64 + 1;
            let (domain, loser, winner) = (DOMAIN, EVE, MAKER);
            // A hundredth of what each put in.
            let amount = amount(u128::from(holders) * 10_000);
            let result = account::Command::SettleResult { domain, number, loser, winner, amount };
            give(&mut engine, Action::Account(result));
            let (took, records) = day(&mut engine);
            let (rows, of) = fee(&records);
            assert_eq!(rows, holders as usize, "everybody gained");
            bytes = of;
            pay.push(took);
            let (took, records) = day(&mut engine);
            assert_eq!(fee(&records).0, 0, "nobody did");
            idle.push(took);
        }
        println!("{holders:>7}   {:>11.2}   {:>17.2}   {bytes:>18}", median(pay), median(idle));
    }
}
