//! The published contract of determinism: one file of commands, its events, its digest; and the
//! bytes of every kind of event and command. The same file runs in the wasm build.

mod world;

use std::collections::BTreeMap;
use std::{env, fs, path::PathBuf};

use borsh::BorshSerialize;
use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{self, Attachment, CauseClass, Kind, MemberRule, PeriodCap, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{FeedId, LossId, RiskId, SourceId};
use rhodian_core::loss::{self, Rank, RankedClaim};
use rhodian_core::oracle::{self, FeedSpec, Params, SourceWeight, Value};
use rhodian_core::pools::cover::{Command, RiskSpec, Trigger};
use rhodian_core::pools::liquidity::VaultSpec;
use rhodian_core::units::Price;
use serde::Serialize;
use world::feeds::{FEED, open_feed, say_all};
use world::lending::{self, Ask};
use world::liquidity;
use world::protection;
use world::{ASSET, DOMAIN, World, amount, layer, members, name};
use world::{bounty, clearing, cover, incentive, issuance};

/// A story that uses every command and makes every event.
fn story() -> World {
    let mut world = World::new("USD", 2);
    layers(&mut world);
    people(&mut world);
    defaults(&mut world);
    reports(&mut world);
    after(&mut world);
    world
}

fn layers(world: &mut World) {
    world.fund("fund", 5_000, Some(3_000));
    world.tranche("tranche");
    let on_touch = MemberRule { on_touch: true, ..members(Rule::Proportional) };
    let mut gains = layer("gains", Kind::GainsHaircut, Source::Members(on_touch));
    gains.caps.per_event = Some(amount(2_000));
    world.add(gains);
    let called = MemberRule { cap_of_weight: Some(500_000), ..members(Rule::EqualLosses) };
    let source = Source::Call { members: called, deadline: 50 };
    let mut call = layer("assessment", Kind::Assessment, source);
    call.caps.per_period = Some(PeriodCap { amount: amount(4_000), millis: 1_000 });
    world.add(call);
    let mut capital = layer("capital", Kind::OperatorCapital, Source::Pot);
    capital.attachment = Some(Attachment { attach: amount(0), detach: amount(700) });
    world.add(capital);
    world.pay_into("capital", 900);
    let classes = MemberRule { classes: true, ..members(Rule::Talmud) };
    world.add(layer("deposits", Kind::Deposits, Source::Members(classes)));
    world.waterfall(&["fund", "tranche", "gains", "assessment"]);
    let steps = vec![world.step(&[("capital", 1)]), world.step(&[("deposits", 2)])];
    world.waterfall_of(CauseClass::Custody, steps);
}

fn people(world: &mut World) {
    for (text, cash) in [("alice", 1_000), ("bob", 9_000), ("carol", 7_000), ("sam", 4_000)] {
        world.account(text, cash);
    }
    world.account_of("alice-iso", "alice", 300);
    world.stake("sam", "tranche", 2_500);
    world.stake("alice", "tranche", 200);
    let (layer, account) = (world.layer_id("tranche"), world.id("sam"));
    let (number, taken) = (800, amount(500));
    world.set(Parameter::StakeCooldown, 0);
    world.domain_do(domain::Command::Unstake { layer, account, number, amount: taken });
    world.set(Parameter::StakeCooldown, 10);
    world.domain_do(domain::Command::Unstake {
        layer,
        account,
        number: number + 1,
        amount: amount(100),
    });
    world.tick(10);
    for (text, weight) in [("alice-iso", 250), ("bob", 3_001), ("carol", 2_002)] {
        world.claim("gains", text, weight, weight);
    }
    for text in ["bob", "carol"] {
        world.claim("assessment", text, 4_000, 3_000);
        world.claim("deposits", text, 1, 2_000);
    }
    let (from, to, number) = (world.id("bob"), world.id("carol"), 900);
    let amount = amount(77);
    world.account_do(account::Command::Transfer { from, to, number, asset: ASSET, amount });
    world.withdraw("carol", 0).unwrap_err();
}

fn defaults(world: &mut World) {
    // Below zero: detected, taken over, set off, drawn, divided on touch, called.
    world.result("alice", "bob", 9_500);
    let loss = LossId(0);
    let (layer, account) = (world.layer_id("assessment"), Some(world.id("bob")));
    let amount = amount(100);
    world.loss_do(loss::Command::PayDraw { loss, layer, account, number: 901, amount });
    world.tick(60);
    world.withdraw("carol", 10).unwrap();
    world.loss_do(loss::Command::TakeShares { loss });
    // Declared, with a remainder: nothing is lost.
    let (account, set_off) = (world.id("sam"), Vec::new());
    world.loss_do(loss::Command::DeclareDefault {
        domain: DOMAIN,
        number: 7,
        account,
        cause: name("winding down"),
        set_off,
    });
}

fn reports(world: &mut World) {
    world.set(Parameter::ChallengeTime, 30);
    world.set(Parameter::IncomeToClaims, 500_000);
    for text in ["stolen", "mistaken"] {
        world.try_report(text, CauseClass::Custody, 1_500, None, 0, &[]).unwrap();
    }
    let second = Actor { role: Role::Governance, id: 1 };
    for text in ["stolen", "mistaken"] {
        let loss = world.loss_id(text);
        world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    }
    let loss = world.loss_id("mistaken");
    world.give(second, Action::Loss(loss::Command::DismissLoss { loss })).unwrap();
    world.tick(30);
}

fn after(world: &mut World) {
    let (loss, number) = (LossId(0), 1);
    world.loss_do(loss::Command::Recover { loss, number, amount: amount(150) });
    world.income("fund", 4_000);
    world.set(Parameter::UncoveredThreshold, 0);
    world.report_failed("beyond", 60_000, "carol", 10, &[]);
    world.tick(60);
    let parts = [("bob", Rank::Principal), ("bob", Rank::SessionGains), ("carol", Rank::Principal)];
    let claims = parts.map(|(text, rank)| RankedClaim {
        account: world.id(text),
        rank,
        amount: amount(300),
    });
    let claims = claims.into();
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims });
    let guardian = Actor { role: Role::Guardian, id: 0 };
    let (domain, status, cause) = (None, Status::ReduceOnly, name("after a loss"));
    let action = control::Command::SetStatus { domain, status, cause };
    world.give(guardian, Action::Control(action)).unwrap();
    let (status, cause) = (Status::Halted, name("a fault"));
    world.set(Parameter::HaltLength, 25);
    let action = control::Command::SetStatus { domain, status, cause };
    world.give(guardian, Action::Control(action)).unwrap();
    world.tick(25);
}

/// Losses of one episode over shares taken on touch, then at once: what counts on balances waits
/// until those shares are taken, and what rounding up collected pays what it left short.
fn waves() -> World {
    let mut world = World::new("USD", 2);
    let on_touch = MemberRule { on_touch: true, ..members(Rule::Proportional) };
    world.add(layer("gains", Kind::GainsHaircut, Source::Members(on_touch)));
    world.add(layer("deposits", Kind::Deposits, Source::Members(members(Rule::EqualLosses))));
    world.waterfall(&["gains", "deposits"]);
    for text in ["bob", "carol", "dan"] {
        world.account(text, 100);
        world.claim("gains", text, 10, 10);
        world.claim("deposits", text, 10, 10);
    }
    world.hold_episode_open();
    world.report("first", 1);
    world.report("second", 1);
    world.report("third", 40);
    world
}

/// A feed that is opened, changed, reported on, lost and declared wrong.
fn prices() -> World {
    let mut world = World::new("USD", 2);
    let spec = FeedSpec {
        name: name("BTC"),
        kind: oracle::Kind::Price,
        domains: vec![DOMAIN],
        sources: vec![SourceWeight { source: SourceId(7), weight: 1 }],
        min_sources: 1,
        params: Params::of(oracle::Kind::Price),
    };
    let of_oracle = Action::Oracle;
    world.must(of_oracle(oracle::Command::OpenFeed { spec: Box::new(spec.clone()) }));
    let (feed, source, time) = (FeedId(0), SourceId(7), world.at);
    let spec = FeedSpec { name: name("BTC index"), ..spec };
    world.must(of_oracle(oracle::Command::SetFeed { feed, spec: Box::new(spec) }));
    let units = |units| Value::new(units).unwrap();
    let (value, confidence) = (units(60_000), units(3));
    let report = oracle::Command::Report { feed, source, number: 1, value, confidence, time };
    world.give(Actor { role: Role::Source, id: 7 }, of_oracle(report)).unwrap();
    world.tick(600_000);
    let (from, to, evidence) = (time, time, [9; 32]);
    world.must(of_oracle(oracle::Command::DeclarePriceError { feed, from, to, evidence }));
    world
}

/// A pool that is lent from, repaid to, liquidated in, and left with a loan that goes bad.
fn lent() -> World {
    let mut world = lending::pool_of(lending::flat(100_000), 500);
    lending::lender(&mut world, "ann", 100_000);
    lending::borrower(&mut world, "dan", 40, 20_000);
    world.tick(lending::YEAR / 100);
    world.deposit("dan", 2_000);
    Ask(&mut world, "dan").repay(Some(1_000)).unwrap();
    Ask(&mut world, "dan").release(2).unwrap();
    Ask(&mut world, "ann").redeem(Some(500)).unwrap();
    world.account("liz", 10_000);
    lending::mark(&mut world, 620);
    Ask(&mut world, "liz").liquidate("dan", 1_000).unwrap();
    lending::mark(&mut world, 400);
    let (id, _) = lending::only_loss(&world);
    lending::sell(&mut world, id, 20, 8_000).unwrap();
    lending::no_buyer(&mut world);
    lending::sell(&mut world, id, 3, 1_200).unwrap();
    world
}

/// What comes back to Bob and to Dan, who failed: it pays for Bob's loss; Dan's lacks nothing.
fn ceded() -> World {
    let mut world = lending::pool_of(lending::spec(), 0);
    world.tranche("Stakers");
    world.waterfall(&["Stakers", "Lenders"]);
    lending::lender(&mut world, "ann", 100_000);
    lending::borrower(&mut world, "dan", 40, 20_000);
    world.account("bob", 100);
    world.deposit("dan", 100);
    for text in ["dan", "bob"] {
        world.stake(text, "Stakers", 100);
    }
    world.report("first", 90);
    world.report_failed("bobs", 90, "bob", 0, &[]);
    world.account_of("dan-iso", "dan", 0);
    lending::mark(&mut world, 400);
    world.recover("first", 60);
    let dans = world.loss_of("dans", "dan");
    world.report_failed("isos", 40, "dan-iso", 0, &[]);
    lending::sell(&mut world, dans, 40, 25_000).unwrap();
    world
}

/// A market that is traded, funded and brought to the end of a period; its fees go to the fund.
fn traded() -> World {
    let mut world = World::venue(0, 1_000);
    for text in ["alice", "bob"] {
        world.account(text, 100_000);
    }
    world.try_fill_with_fees("BTC", ("alice", 40), ("bob", 30), 10, 1_000).unwrap();
    world.fund_lots("BTC", 1);
    world.boundary();
    let (layer, number) = (world.layer_id("fund"), world.next_number());
    let (domain, amount) = (DOMAIN, Some(amount(60)));
    world.loss_do(loss::Command::FundFees { domain, layer, number, amount });
    world
}

/// Covers against a bridge and a peg, with votes: claims that are paid, and a trigger.
fn covered() -> World {
    let mut world = cover::pool_of(cover::voted(1), cover::bridge());
    open_feed(&mut world, "DAI index", oracle::Kind::Price);
    let below = Price::new(900).unwrap();
    let trigger = Some(Trigger { feed: FEED, below, window: 60_000 });
    let spec = RiskSpec { name: name("DAI"), trigger, retention: 100_000, ..cover::bridge() };
    cover::give(&mut world, Command::AddRisk { spec: Box::new(spec.clone()) }).unwrap();
    let risk = RiskId(1);
    cover::give(&mut world, Command::SetRisk { risk, spec: Box::new(spec) }).unwrap();
    cover::buy(&mut world, "carol", 40_000, cover::YEAR).unwrap();
    for _ in 0..20 {
        say_all(&mut world, FEED, 1_000);
        world.tick(10_000);
    }
    cover::buy_of(&mut world, risk, "dan", 20_000, 10 * cover::DAY).unwrap();
    world.tick(2 * cover::DAY);
    let at = world.at;
    cover::report_of(&mut world, [7; 32], at, &[(0, 10_000)]).unwrap();
    cover::vote(&mut world, "ann", 0, true).unwrap();
    world.tick(3 * cover::DAY);
    world.tick(cover::DAY);
    for _ in 0..20 {
        say_all(&mut world, FEED, 850);
        world.tick(10_000);
    }
    cover::trigger(&mut world, risk, "dan").unwrap();
    world.tick(cover::DAY);
    world.tick(40 * cover::DAY);
    world
}

/// A vault that is entered, pays for a loss, is left, and begins anew.
fn held() -> World {
    let spec = VaultSpec { cooldown: 10, fee: 100_000, ..liquidity::spec() };
    let mut world = liquidity::vault_of(spec, 0);
    liquidity::holder(&mut world, "ann", 60_000);
    liquidity::holder(&mut world, "bob", 40_000);
    world.account("eve", 100_000);
    world.result("eve", "vault", 10_000);
    world.report("first", 12_000);
    for text in ["ann", "bob"] {
        liquidity::try_leave(&mut world, text, None).unwrap();
    }
    world.tick(10);
    world.result("eve", "vault", 700);
    liquidity::holder(&mut world, "cid", 5_000);
    world
}

/// Holders who stay: a fee that the vault's margin does not allow, and takes an hour later.
fn stayed() -> World {
    let mut world = liquidity::vault_of(liquidity::daily(), 0);
    liquidity::holder(&mut world, "ann", 60_000);
    world.account("eve", 200_000);
    world.result("eve", "vault", 10_000);
    world.fill("BTC", "eve", "vault", 690, 1_000);
    world.tick(liquidity::DAY);
    world.fill("BTC", "vault", "eve", 690, 1_000);
    world.tick(liquidity::HOUR);
    world
}

/// A clearing fund: members who come, are called and leave, a book that is put up, clients that are
/// ported and closed out.
fn cleared() -> World {
    let mut world = clearing::funded();
    world.set(Parameter::CloseOutBudget, 1_000_000);
    for text in ["clara", "cleo"] {
        world.account(text, 10_000);
        clearing::clear(&mut world, text, "alice").unwrap();
    }
    world.fill("BTC", "clara", "bob", 10, 1_000);
    clearing::release(&mut world, "cleo").unwrap();
    clearing::clear(&mut world, "cleo", "alice").unwrap();
    clearing::port(&mut world, "cleo", "dan").unwrap();
    world.declare("gone", "alice", &[]);
    let loss = world.loss_id("gone");
    clearing::auction(&mut world, loss, 5_000).unwrap();
    clearing::bid(&mut world, loss, "bob", 1_000).unwrap();
    world.tick(clearing::HOUR);
    clearing::leave(&mut world, "carol").unwrap();
    world.tick(clearing::DAY);
    world.tick(30 * clearing::DAY);
    world
}

/// A position that is protected, measured and paid.
fn protected() -> World {
    let mut world = protection::providers(protection::spec(), 50_000);
    protection::protect(&mut world, "alice", 40_000).unwrap();
    protection::protect(&mut world, "bob", 40_000).unwrap();
    protection::days(&mut world, 10, 2_000);
    protection::close(&mut world, 0).unwrap();
    protection::days(&mut world, 20, 2_000);
    world
}

/// New tokens: sold, the auction begun anew, a count, a limit; a surplus that buys back, anew, and
/// not any more.
fn issued() -> World {
    use rhodian_core::issuance::{Command, Depletion, PeriodPart};
    let mut world = issuance::venue_of(issuance::spec_back(), 100);
    let outstanding = issuance::outstanding(2_000, 500);
    let count = Command::Count { issuance: issuance::ISSUANCE, outstanding };
    issuance::give(&mut world, count).unwrap();
    let per_period = Some(PeriodPart { part: 900_000, millis: 1_000 });
    let depletion = Some(Depletion { per_episode: Some(900_000), per_period });
    let layer = issuance::FUND;
    issuance::give(&mut world, Command::Limit { layer, depletion }).unwrap();
    world.report("L", 590);
    issuance::take(&mut world, "alice", "L", 3).unwrap();
    world.tick(500);
    issuance::take(&mut world, "bob", "L", 9).unwrap();
    world.pay_into("fund", 600);
    world.tick(500);
    issuance::sell_back(&mut world, "alice", 1).unwrap();
    world.report("M", 700);
    world
}

/// Notice of an event that is reported, a challenge that fails, a report that nobody decides on,
/// and a bond that goes on to creditors.
fn watched() -> World {
    let mut world = bounty::venue();
    bounty::notice(&mut world, "alice", 1).unwrap();
    bounty::report(&mut world, 1, 3_000, Some("bob")).unwrap();
    bounty::challenge(&mut world, "bob", 0).unwrap();
    bounty::notice(&mut world, "bob", 2).unwrap();
    bounty::approve(&mut world, 0).unwrap();
    bounty::report(&mut world, 3, 10, None).unwrap();
    world.tick(5 * bounty::DAY);
    world
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn same_as(file: &str, text: &str) {
    let path = folder().join(file);
    if env::var_os("RHODIAN_RENDER").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{file} changed: the same commands must give the same bytes on every platform and in \
         every version; a wanted change of rules gets a new file, see RHODIAN_RENDER"
    );
}

fn lines<T: Serialize>(values: impl Iterator<Item = T>) -> String {
    values.map(|value| serde_json::to_string(&value).unwrap() + "\n").collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn commands_events_and_digest() {
    let world = story();
    same_as("commands.ndjson", &lines(world.given.iter()));
    same_as("digest.txt", &(hex(&world.engine.state().digest()) + "\n"));
    let records = borsh::to_vec(&world.records).unwrap();
    let events = blake3::hash(&records);
    same_as("events.txt", &format!("{events}\n"));
}

/// Stakers are paid by time, fees are divided, and the house takes what it may.
fn paid() -> World {
    let mut world = incentive::venue();
    incentive::fund_pay(&mut world, 100).unwrap();
    incentive::pay_fees(&mut world, 2_000);
    world.tick(incentive::DAY);
    incentive::take_out(&mut world, incentive::TREASURY, 10).unwrap();
    world.take_reward("alice", "tranche").unwrap();
    incentive::measure(&mut world, incentive::of_market(1_000_000)).unwrap();
    incentive::set_premium(&mut world, Some(incentive::premium())).unwrap();
    world.fill("BTC", "bob", "carol", 1, 1_000);
    world.tick(4 * incentive::DAY);
    incentive::end_pay(&mut world);
    incentive::return_pay(&mut world).unwrap();
    world
}

/// The area and kind of a tagged value, from its JSON.
fn kind_of<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).unwrap();
    let area = json["area"].as_str().unwrap().to_owned();
    let inner = json.get("fact").or_else(|| json.get("command"));
    let kind = inner.and_then(|inner| ["do", "event", "duty"].iter().find_map(|k| inner.get(k)));
    format!("{area} {}", kind.and_then(|kind| kind.as_str()).unwrap_or("-"))
}

fn first_of_each<T: Serialize + BorshSerialize>(values: impl Iterator<Item = T>) -> String {
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for value in values {
        let bytes = borsh::to_vec(&value).unwrap();
        kinds.entry(kind_of(&value)).or_insert_with(|| hex(&bytes));
    }
    kinds.into_iter().map(|(kind, bytes)| format!("{kind} {bytes}\n")).collect()
}

#[test]
fn the_bytes_of_every_kind() {
    let worlds = [
        story(),
        waves(),
        prices(),
        lent(),
        ceded(),
        traded(),
        covered(),
        held(),
        stayed(),
        cleared(),
        protected(),
        issued(),
        paid(),
        watched(),
    ];
    let records = || worlds.iter().flat_map(|world| &world.records);
    let events = records().flat_map(|record| record.events.iter());
    let text = first_of_each(events);
    same_as("event-bytes.txt", &text);
    let kinds = 6 + 10 + 49 + 4 + 1 + 7 + 11 + 5 + 5 + 13 + 8 + 11 + 4 + 4 + 13 + 11;
    assert_eq!(text.lines().count(), kinds, "every kind of event is made:\n{text}");
    let actions = records().map(|record| &record.envelope.action);
    let text = first_of_each(actions);
    same_as("command-bytes.txt", &text);
    let kinds = 6 + 8 + 1 + 14 + 2 + 19 + 1 + 4 + 1 + 10 + 4 + 5 + 13 + 5 + 12 + 2 + 5 + 10 + 9;
    assert_eq!(text.lines().count(), kinds, "every command is given:\n{text}");
}
