//! Commands out of random bytes on a venue with a market, a lending pool and a cover pool: covers
//! are bought, end and lapse while the same stakers stand behind trades; losses are reported, voted
//! on, shown by a price, approved, dismissed and paid. Nothing panics, a rejection changes nothing,
//! what is due is accepted, the laws hold after every event, and two engines agree to the bit.

use std::collections::BTreeMap;

use crate::commands::{Bytes, drawn};
use crate::world::acts::Given;
use crate::world::collateral::price;
use crate::world::cover::{bridge, spec};
use crate::world::feeds::say_of;
use crate::world::lending::{ETH, by_supply, eth, flat};
use crate::world::venue::perpetual;
use crate::world::{ASSET, World, amount, layer, name};
use proptest::prelude::*;
use rhodian_core::collateral;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Event, Role};
use rhodian_core::ids::{
    AccountId, CoverId, CoverPoolId, DomainId, FeedId, LayerId, LossId, RiskId, SourceId, Time,
};
use rhodian_core::loss;
use rhodian_core::oracle::{self, FeedSpec, Params, SourceWeight};
use rhodian_core::pools::cover::{self, Command, Lost, PoolSpec, RiskSpec, Trigger, VoteTerms};
use rhodian_core::pools::lending;
use rhodian_core::units::{Amount, Price};

const COVERS: DomainId = DomainId(2);
const FEED: FeedId = FeedId(0);
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const ACCOUNTS: [&str; 5] = ["a0", "a1", "a2", "a3", "a4"];

/// A market in the first domain, loans in the second, covers in the third: the stakers stand behind
/// the first and the third. Whether they vote and what an incident pays is said.
fn venue(votes: bool, cap: Option<u128>) -> World {
    let mut world = World::new("USD", 0);
    world.domain_do(domain::Command::AddAsset { name: name("ETH"), decimals: 0 });
    world.must(Action::Collateral(collateral::Command::Accept { spec: Box::new(eth()) }));
    let mark = collateral::Command::Mark { asset: ETH, settled: ASSET, price: price(100) };
    world.must(Action::Collateral(mark));
    for text in ["Loans", "Covers"] {
        world.domain_do(domain::Command::OpenDomain { name: name(text), asset: ASSET });
    }
    world.fund("Fund", 500, None);
    world.gains("Winners", None);
    world.tranche("Stakers");
    world.waterfall(&["Fund", "Stakers", "Winners"]);
    let loan_fund = world.add(layer("Loan fund", Kind::InsuranceFund, Source::Pot));
    world.add(layer("Lenders", Kind::LenderSupply, Source::Members(by_supply())));
    world.add(layer("Operator", Kind::OperatorCapital, Source::Pot));
    world.pay_into("Operator", 50);
    world.fund("Cover fund", 100, None);
    waterfall(&mut world, DomainId(1), CauseClass::Default, &["Loan fund", "Lenders"]);
    waterfall(&mut world, COVERS, CauseClass::Custody, &["Operator", "Cover fund", "Stakers"]);
    let loans = lending::PoolSpec { domain: DomainId(1), fund: loan_fund, ..flat(1_000_000) };
    crate::world::lending::give(&mut world, lending::Command::Open { spec: Box::new(loans) })
        .unwrap();
    for (parameter, value) in
        [(Parameter::ChallengeTime, u128::from(HOUR)), (Parameter::StakeCooldown, 0)]
    {
        set(&mut world, parameter, value);
    }
    feed(&mut world);
    covers(&mut world, votes, cap);
    world.list(perpetual("m0"));
    world.mark("m0", 100);
    for (place, text) in ACCOUNTS.iter().enumerate() {
        let account = world.account_of(text, &format!("o{}", place % 4), 20_000);
        for domain in [DomainId(1), COVERS] {
            world.domain_do(domain::Command::AcceptTerms { domain, account });
        }
        crate::world::lending::deposit_eth(&mut world, text, 300);
    }
    world.stake("a0", "Stakers", 6_000);
    world.stake("a1", "Stakers", 4_000);
    said(&mut world, 1_000).unwrap();
    world
}

fn waterfall(world: &mut World, domain: DomainId, class: CauseClass, layers: &[&str]) {
    let steps = layers.iter().map(|text| world.step(&[(text, 1)])).collect();
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
}

fn set(world: &mut World, parameter: Parameter, value: u128) {
    let command = control::Command::SetParameter { domain: COVERS, parameter, value };
    world.must(Action::Control(command));
}

/// Three sources that may stand still, and count for half a day.
fn feed(world: &mut World) {
    let source = |id| SourceWeight { source: SourceId(id), weight: 1 };
    let kind = oracle::Kind::Price;
    let params = Params { max_age: 12 * HOUR, stuck_after: None, ..Params::of(kind) };
    let spec = FeedSpec {
        name: name("DAI index"),
        kind,
        domains: vec![],
        sources: (0..3).map(source).collect(),
        min_sources: 2,
        params,
    };
    world.must(Action::Oracle(oracle::Command::OpenFeed { spec: Box::new(spec) }));
}

fn covers(world: &mut World, votes: bool, cap: Option<u128>) {
    let (fund, stakers) = (world.layer_id("Cover fund"), world.layer_id("Stakers"));
    let pool = PoolSpec {
        domain: COVERS,
        fund,
        premia: vec![(stakers, 700_001)],
        leverage: 3_000_000,
        max_period: 30 * DAY,
        waiting: HOUR,
        claim_time: DAY,
        incident_cap: cap.map(amount),
        vote: votes.then_some(VoteTerms { length: 6 * HOUR, quorum: 300_000 }),
        ..spec()
    };
    cover(world, Command::Open { spec: Box::new(pool) }).unwrap();
    let trigger = Trigger { feed: FEED, below: Price::new(900).unwrap(), window: 60_000 };
    let peg = RiskSpec { name: name("DAI"), trigger: Some(trigger), retention: 10, ..bridge() };
    for spec in [RiskSpec { retention: 50_000, ..bridge() }, peg] {
        cover(world, Command::AddRisk { spec: Box::new(spec) }).unwrap();
    }
}

fn cover(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Cover(command))
}

fn one<T: Copy>(bytes: &mut Bytes<'_>, of: &[T]) -> T {
    of[usize::from(bytes.byte()) % of.len()]
}

fn money(bytes: &mut Bytes<'_>) -> Amount {
    let of = [0, 1, 999, 1_000, 1_001, 2_500, 5_000, 9_000, 15_000, 10u128.pow(30)];
    amount(one(bytes, &of))
}

fn account(bytes: &mut Bytes<'_>) -> AccountId {
    AccountId(u32::from(bytes.byte() % 6))
}

/// The last loss that is an incident, most often.
fn incident(bytes: &mut Bytes<'_>, world: &World) -> LossId {
    let pool = world.engine.state().covers.pool(CoverPoolId(0)).unwrap();
    let back = usize::from(bytes.byte() % 3);
    let found = pool.incidents.keys().rev().nth(back);
    found.copied().unwrap_or(LossId(u32::from(bytes.byte() % 8)))
}

/// A report of what happened a while ago, of covers that are there, most often.
fn report(bytes: &mut Bytes<'_>, world: &mut World) -> Command {
    let all = world.engine.state().covers.covers().count();
    let lost = |bytes: &mut Bytes<'_>| {
        // Late ones stand still; one in thirty is none.
        let back = usize::from(bytes.byte() % 4).min(all.saturating_sub(1));
        let cover = if bytes.byte() < 248 { all.saturating_sub(1) - back } else { all };
        Lost { cover: CoverId(u32::try_from(cover).unwrap()), amount: money(bytes) }
    };
    let losses = (0..=bytes.byte() % 3).map(|_| lost(bytes)).collect();
    let ago = [0, 0, 0, HOUR, DAY, 5 * DAY];
    let happened = Time(world.at.0.saturating_sub(one(bytes, &ago)));
    Command::Report {
        risk: RiskId(u32::from(bytes.byte() % 10 / 6)),
        number: world.next_number(),
        cause: name("drained"),
        evidence: Box::new([one(bytes, &[0, 0, 0, 0, 9]); 32]),
        happened,
        losses,
    }
}

fn buy(bytes: &mut Bytes<'_>, risk: RiskId, (account, number): (AccountId, u64)) -> Command {
    let period = one(bytes, &[HOUR, HOUR + 1, DAY, 10 * DAY, 10 * DAY, 30 * DAY, 31 * DAY]);
    let (amount, max_premium) = (money(bytes), money(bytes).max(amount(1_000)));
    Command::Buy { risk, account, number, amount, period, max_premium }
}

/// What somebody asks of the pool; most numbers are new.
fn of_pool(bytes: &mut Bytes<'_>, world: &mut World) -> Command {
    let (of, account) = (bytes.byte(), account(bytes));
    let number = if bytes.byte() < 250 { world.next_number() } else { 1 };
    let risk = RiskId(u32::from(bytes.byte() % 9 / 4));
    let state = world.engine.state();
    let (covers, losses) = (state.covers.covers().count(), state.losses.losses().count());
    match of % 16 {
        // What there is nothing for yet is rarely asked for.
        6..=15 if covers == 0 && of < 240 => buy(bytes, risk, (account, number)),
        10..=12 if losses == 0 && of < 240 => report(bytes, world),
        0..=5 => buy(bytes, risk, (account, number)),
        6..=9 => report(bytes, world),
        10..=12 => {
            let (loss, accept) = (incident(bytes, world), bytes.byte() < 170);
            let account = if bytes.byte() < 180 { AccountId(account.0 % 2) } else { account };
            Command::Vote { loss, account, number, accept }
        }
        13 | 14 => Command::Trigger { risk: RiskId(1), account, number },
        _ => {
            let concentration = one(bytes, &[0, 200_000, 600_000, 1_000_000]);
            let base = if risk == RiskId(0) { bridge() } else { spec_of(world, RiskId(1)) };
            let retention = spec_of(world, RiskId(0)).retention;
            Command::SetRisk { risk, spec: Box::new(RiskSpec { concentration, retention, ..base }) }
        }
    }
}

fn spec_of(world: &World, risk: RiskId) -> RiskSpec {
    world.engine.state().covers.risk(risk).unwrap().spec.clone()
}

/// Who decides on what was reported, and what comes back of it.
fn of_loss(bytes: &mut Bytes<'_>, world: &mut World) -> Given {
    let loss = incident(bytes, world);
    let approver = Actor { id: 1, ..Actor::VENUE };
    let number = world.next_number();
    let command = match bytes.byte() % 8 {
        0..=3 => loss::Command::ApproveLoss { loss },
        4 => loss::Command::DismissLoss { loss },
        5 | 6 => loss::Command::FundIncome { layer: LayerId(6), number, amount: money(bytes) },
        _ => loss::Command::Recover { loss, number, amount: money(bytes) },
    };
    world.give(approver, Action::Loss(command))
}

fn of_stakes(bytes: &mut Bytes<'_>, world: &mut World) -> Given {
    let (layer, number) = (LayerId(2), world.next_number());
    let account = AccountId(account(bytes).0 % if bytes.byte() < 180 { 2 } else { 6 });
    let command = match bytes.byte() % 4 {
        0 => domain::Command::TakeReward { layer, account, number },
        1 => domain::Command::Unstake { layer, account, number, amount: money(bytes) },
        _ => domain::Command::Stake { layer, account, number, amount: money(bytes) },
    };
    world.give(Actor::VENUE, Action::Domain(command))
}

fn of_sources(bytes: &mut Bytes<'_>, world: &mut World) -> Given {
    let ticks = one(bytes, &[700, 800, 880, 899, 900, 1_000, 1_000]);
    said(world, ticks)
}

/// The sources agree for three minutes.
fn said(world: &mut World, ticks: u64) -> Given {
    for _ in 0..3 {
        for id in 0..3 {
            say_of(world, FEED, id, ticks)?;
        }
        world.at = world.at.after(60_000);
        world.give(Actor::VENUE, Action::Tick)?;
    }
    Ok(Vec::new())
}

/// What happened, in words, and what was refused.
type Seen = BTreeMap<String, u32>;

/// One command of the bytes.
fn step(bytes: &mut Bytes<'_>, world: &mut World, seen: &mut Seen) {
    let given = match bytes.byte() {
        0..=124 => {
            let command = of_pool(bytes, world);
            let owner = bytes.byte() > 230;
            let id = u32::from(bytes.byte() % 4);
            let actor = if owner { Actor { role: Role::Owner, id } } else { Actor::VENUE };
            world.give(actor, Action::Cover(command))
        }
        125..=169 => of_loss(bytes, world),
        170..=189 => of_stakes(bytes, world),
        190..=203 => of_sources(bytes, world),
        204..=235 => {
            let hours = one(bytes, &[0, 1, 1, 2, 6, 6, 24, 100, 500]);
            world.at = world.at.after(hours * HOUR + u64::from(bytes.byte()));
            world.give(Actor::VENUE, Action::Tick)
        }
        236..=238 => {
            let (domain, status) = (Some(COVERS), one(bytes, &[Status::Open, Status::Halted]));
            let command = control::Command::SetStatus { domain, status, cause: name("x") };
            world.give(Actor::VENUE, Action::Control(command))
        }
        _ => {
            let (actor, _, action) = crate::commands::command(bytes);
            world.give(actor, action)
        }
    };
    match given {
        Ok(records) => {
            let events = records.iter().flat_map(|record| &record.events);
            events.filter_map(word).for_each(|word| *seen.entry(word.to_owned()).or_default() += 1);
        }
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            *seen.entry(refused.code().to_owned()).or_default() += 1;
        }
    }
}

fn of_bytes(bytes: &mut Bytes<'_>) -> World {
    let of = bytes.byte();
    venue(of & 1 == 1, (of & 2 == 2).then_some(3_000))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_commands(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = Bytes(&bytes);
        let mut world = of_bytes(&mut bytes);
        while !bytes.is_empty() {
            step(&mut bytes, &mut world, &mut Seen::new());
        }
        world.probe();
    }
}

/// What an event says happened, in a word.
fn word(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Cover(cover::Event::Bought { .. }) => "bought",
        Event::Cover(cover::Event::Lapsed { .. }) => "lapsed",
        Event::Cover(cover::Event::Triggered { .. }) => "triggered",
        Event::Cover(cover::Event::Voted { .. }) => "voted",
        Event::Cover(cover::Event::Tallied { accepted: true, .. }) => "accepted by a vote",
        Event::Cover(cover::Event::Tallied { .. }) => "dismissed by a vote",
        Event::Cover(cover::Event::Owed { .. }) => "owed",
        Event::Cover(cover::Event::Paid { .. }) => "paid",
        Event::Loss(loss::Event::DebtPaid { .. }) => "debt paid",
        _ => return None,
    })
}

/// The bytes reach something.
#[test]
fn the_bytes_reach_claims_that_are_paid() {
    let (mut seen, mut seed) = (Seen::new(), 7u64);
    for _ in 0..800 {
        let bytes = drawn(&mut seed, 600);
        let mut bytes = Bytes(&bytes);
        let mut world = of_bytes(&mut bytes);
        world.checked = false;
        while !bytes.is_empty() {
            step(&mut bytes, &mut world, &mut seen);
        }
    }
    let happened = [
        "bought",
        "lapsed",
        "triggered",
        "voted",
        "accepted by a vote",
        "dismissed by a vote",
        "owed",
        "paid",
        "debt paid",
    ];
    let refused = [
        "above-capacity",
        "incident-open",
        "nothing-due",
        "not-covered",
        "own-claim",
        "voted-on",
        "price-low",
        "domain-owes",
        "above-concentration",
    ];
    for what in happened.into_iter().chain(refused) {
        assert!(seen.contains_key(what), "{what}: {seen:?}");
    }
}
