//! Whatever core can be asked, can do and can say has its place at every door: what is added to
//! core later must pass through, or this fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rhodian_core::control::PARAMETERS;
use rhodian_server::api::{endpoint, openapi};
use rhodian_server::kinds;
use serde_json::Value;

use super::client::call;
use super::venue::Venue;

/// The names behind `pub enum NAME` with `#[borsh(use_discriminant)]` in a file of core: read from
/// the source, apart from any schema.
fn variants(file: &str, name: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let text = fs::read_to_string(root.join(file)).expect("core has the file");
    let from = text.find(&format!("pub enum {name} {{")).expect("the file has the enum");
    let body = &text[from..];
    let body = &body[..body.find("\n}\n").expect("the enum ends")];
    let mut found = Vec::new();
    for line in body.lines().skip(1) {
        // Variants stand four spaces in; their fields further.
        let inner = line.strip_prefix("    ").filter(|rest| rest.starts_with(char::is_uppercase));
        let word = inner.map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
        found.extend(word.flatten().filter(|word| !word.is_empty()).map(kebab));
    }
    found
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The areas of core: the file that holds commands and events, as they are named at the doors.
const AREAS: &[(&str, &str, &str)] = &[
    ("account", "account/command.rs", "account/command.rs"),
    ("domain", "domain/command.rs", "domain/command.rs"),
    ("loss", "loss/command.rs", "loss/event.rs"),
    ("control", "control/command.rs", "control/command.rs"),
    ("oracle", "oracle/command.rs", "oracle/command.rs"),
    ("market", "market/command.rs", "market/command.rs"),
    ("close-out", "closeout/command.rs", "closeout/event.rs"),
    ("collateral", "collateral/command.rs", "collateral/command.rs"),
    ("lending", "pools/lending/command.rs", "pools/lending/command.rs"),
    ("cover", "pools/cover/command.rs", "pools/cover/command.rs"),
    ("liquidity", "pools/liquidity/command.rs", "pools/liquidity/command.rs"),
    ("clearing", "pools/clearing/command.rs", "pools/clearing/command.rs"),
    ("protection", "pools/protection/command.rs", "pools/protection/command.rs"),
    ("issuance", "issuance/command.rs", "issuance/command.rs"),
    ("incentive", "incentive/command.rs", "incentive/command.rs"),
];

#[test]
fn every_command_and_event_of_the_sources_is_known() {
    let areas: BTreeSet<String> = variants("engine/message.rs", "Event").into_iter().collect();
    let named: BTreeSet<String> = AREAS.iter().map(|(area, ..)| (*area).to_owned()).collect();
    let beyond: Vec<&String> = areas.difference(&named).collect();
    assert_eq!(beyond, ["time-passed"], "an area of events is not in the table above");
    let mut seen = 0;
    for (area, commands, events) in AREAS {
        for name in variants(commands, "Command") {
            let known = kinds::commands().iter().any(|k| k.area == *area && k.name == name);
            assert!(known, "the command {area}/{name} is not at the door");
            seen += 1;
        }
        for name in variants(events, "Event") {
            let known = kinds::events().iter().find(|k| k.area == *area && k.name == name);
            let known = known.unwrap_or_else(|| panic!("the event {area}/{name} is not known"));
            assert!(!known.about.is_empty(), "{area}/{name} has no words");
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} were read from the sources");
    let outside = kinds::commands().iter().filter(|k| !openapi::is_internal_area(&k.area));
    let events = kinds::events().len();
    assert_eq!(
        outside.count() + events,
        seen + 1,
        "kinds that no source has; the one is the clock"
    );
}

/// Whether a schema anywhere in `text` names `value` as a constant.
fn names(schema: &Value, value: &str) -> bool {
    match schema {
        Value::Object(of) => {
            of.get("const").is_some_and(|found| found == value)
                || of.values().any(|v| names(v, value))
        }
        Value::Array(of) => of.iter().any(|v| names(v, value)),
        _ => false,
    }
}

#[test]
fn the_openapi_text_has_every_command_event_and_path() {
    let document = openapi::value();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let action = &schemas["Action"];
    for kind in kinds::commands() {
        let internal = openapi::is_internal_area(&kind.area);
        assert_eq!(!names(action, &kind.area), internal, "{kind:?} in the body of commands");
        let known = schemas.values().any(|schema| names(schema, &kind.name));
        assert!(internal || known, "{kind:?} is not in the OpenAPI text");
    }
    for kind in kinds::events() {
        let area = names(&schemas["Event"], &kind.area);
        let known = kind.name.is_empty() || schemas.values().any(|s| names(s, &kind.name));
        assert!(area && known, "{kind:?} is not in the OpenAPI text");
    }
    let paths = document["paths"].as_object().expect("paths");
    for endpoint in endpoint::table() {
        assert!(paths.contains_key(endpoint.path), "{}", endpoint.path);
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().expect("a reference ends");
        assert!(schemas.contains_key(name), "{name} is referred to and not there");
    }
}

/// The keywords under `at` whose value no reader of schemas takes: it says where.
fn misshapen(schema: &Value, at: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(of) => {
            for (name, value) in of {
                let choice = ["oneOf", "anyOf", "allOf"].contains(&name.as_str());
                if choice && value.as_array().is_none_or(Vec::is_empty) {
                    found.push(format!("{at}/{name} is {value}"));
                }
                misshapen(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(of) => of.iter().for_each(|value| misshapen(value, at, found)),
        _ => {}
    }
}

#[test]
fn the_schemas_of_the_openapi_text_are_schemas() {
    let mut found = Vec::new();
    misshapen(&openapi::value(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_key_is_given_with_the_status_that_the_openapi_text_says() {
    let venue = Venue::start();
    let asked = serde_json::json!({ "name": "auditor", "role": "auditor" });
    let reply = venue.post("/v1/keys", &venue.admin, &asked);
    let known = openapi::value()["paths"]["/v1/keys"]["post"]["responses"].clone();
    assert!(known.get(reply.status.to_string()).is_some(), "{} of {known}", reply.status);
}

#[test]
fn every_path_of_the_openapi_text_answers() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    venue.must("market", serde_json::json!({ "do": "end-period" }));
    venue.mark(820);
    let losses = venue.get("/v1/losses")["data"]["items"].as_array().unwrap().len();
    assert_eq!(losses, 1, "the crash made a loss");
    let document = openapi::value();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(get) = operations.get("get") else { continue };
        if path == "/v1/pulse" {
            continue;
        }
        let mut filled = path.replace("{kind}", "account").replace("{name}", "ann");
        // The failed account shared nothing: the receipt is Bob's.
        filled = filled.replace("receipts/{account}", "receipts/1");
        for name in ["asset", "domain", "layer", "waterfall", "market", "account", "owner", "loss"]
        {
            filled = filled.replace(&format!("{{{name}}}"), "0");
        }
        for name in
            ["episode", "set", "feed", "checkpoint", "pool", "risk", "vault", "fund", "issuance"]
        {
            filled = filled.replace(&format!("{{{name}}}"), "0");
        }
        filled = filled.replace("{protection}", "0");
        let required = get["parameters"].as_array().unwrap().iter();
        let required = required.filter(|of| of["in"] == "query" && of["required"] == true);
        let query: Vec<String> =
            required.map(|of| format!("{}=1", of["name"].as_str().unwrap())).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        let asked = format!("{filled}{separator}{}", query.join("&"));
        let reply = venue.get_as(&asked, &venue.admin);
        // The world has no feed, no pool, no risk, no vault, no clearing fund, no protection and no
        // issuance.
        let missing =
            ["{feed}", "{pool}", "{risk}", "{vault}", "{fund}", "{protection}", "{issuance}"];
        let of = missing.iter().any(|name| path.contains(name));
        let expected = if of { 404 } else { 200 };
        assert_eq!(reply.status, expected, "{asked}: {reply:?}");
    }
}

/// What may be read of core, function by function, and the path that answers it.
const READS: &[(&str, &str)] = &[
    ("State::now", "/v1/status"),
    ("State::digest", "/v1/digest"),
    ("State::account_named", "/v1/lookup/{kind}/{name}"),
    ("State::owner_named", "/v1/lookup/{kind}/{name}"),
    ("State::lien", "/v1/accounts/{account}"),
    ("State::free", "/v1/accounts/{account}"),
    ("State::equity", "/v1/accounts/{account}"),
    ("State::settled_equity", "/v1/accounts/{account}"),
    ("State::opening_equity", "/v1/accounts/{account}"),
    ("State::collateral_value", "/v1/accounts/{account}"),
    ("State::loan", "/v1/accounts/{account}"),
    ("State::requirement", "/v1/accounts/{account}"),
    ("State::is_below_maintenance", "/v1/accounts/{account}"),
    ("State::withdrawable", "/v1/accounts/{account}"),
    ("State::in_portfolio", "/v1/accounts/{account}/positions"),
    ("State::what_if", "/v1/accounts/{account}/what-if"),
    ("State::distance_to_zero", "/v1/accounts/{account}/what-if"),
    ("State::last_prices", "/v1/accounts/{account}/what-if"),
    ("State::means", "/v1/accounts/{account}"),
    ("State::book_equity", "/v1/losses/{loss}/book"),
    ("State::book_is_flat", "/v1/losses/{loss}/book"),
    ("Accounts::account", "/v1/accounts/{account}"),
    ("Accounts::accounts", "/v1/accounts"),
    ("Accounts::owner", "/v1/owners/{owner}"),
    ("Domains::asset", "/v1/assets/{asset}"),
    ("Domains::domain", "/v1/domains/{domain}"),
    ("Domains::domains", "/v1/domains"),
    ("Domains::layer", "/v1/layers/{layer}"),
    ("Domains::layers", "/v1/layers"),
    ("Domains::waterfall", "/v1/waterfalls/{waterfall}"),
    ("Domains::stakes", "/v1/layers/{layer}"),
    ("Domains::accepted", "/v1/accounts/{account}"),
    ("Domains::layers_of", "/v1/accounts/{account}/exposure"),
    ("Losses::loss", "/v1/losses/{loss}"),
    ("Losses::losses", "/v1/losses"),
    ("Losses::episode", "/v1/episodes/{episode}"),
    ("Losses::episodes", "/v1/episodes"),
    ("Losses::set", "/v1/liable-sets/{set}"),
    ("Losses::numbered", "/v1/losses"),
    ("Control::value", "/v1/domains/{domain}/parameters"),
    ("Control::millis", "/v1/domains/{domain}/parameters"),
    ("Control::venue_status", "/v1/status"),
    ("Control::domain_status", "/v1/status"),
    ("Control::own_status", "/v1/status"),
    ("Control::halted_until", "/v1/status"),
    ("Markets::market", "/v1/markets/{market}"),
    ("Markets::markets", "/v1/markets"),
    ("Markets::position", "/v1/accounts/{account}/positions"),
    ("Markets::legs_in", "/v1/accounts/{account}/positions"),
    ("Markets::lots_of", "/v1/accounts/{account}/positions"),
    ("Markets::checkpoint", "/v1/checkpoints/{checkpoint}"),
    ("Markets::value", "/v1/accounts/{account}"),
    ("Markets::leg_value", "/v1/accounts/{account}/positions"),
    ("Markets::gross", "/v1/accounts/{account}/positions"),
    ("Markets::book", "/v1/losses/{loss}/book"),
    ("Oracle::feed", "/v1/feeds/{feed}"),
    ("Oracle::feeds", "/v1/feeds"),
    ("Oracle::answer", "/v1/feeds/{feed}"),
    ("State::feed_answer", "/v1/feeds/{feed}"),
    ("State::option_answer", "/v1/markets/{market}/volatility"),
    ("Oracle::last_good", "/v1/feeds/{feed}"),
    ("Oracle::was_wrong", "/v1/feeds/{feed}"),
    ("CloseOuts::deleveraging", "/v1/losses/{loss}/book"),
    ("CloseOuts::liquidation", "/v1/accounts/{account}"),
    ("CloseOuts::liquidations", "/v1/liquidations"),
    ("CloseOuts::routes", "/v1/routes"),
    ("CloseOuts::taken", "/v1/routes"),
    ("Collaterals::collateral", "/v1/collateral"),
    ("Collaterals::collaterals", "/v1/collateral"),
    ("Collaterals::taken", "/v1/losses/{loss}/book"),
    ("Collaterals::in_book", "/v1/losses/{loss}/book"),
    ("Ledger::balance", "/v1/ledger/{asset}"),
    ("Ledger::held", "/v1/layers/{layer}"),
    ("Ledger::owed", "/v1/status"),
    ("Ledger::trial", "/v1/ledger/{asset}"),
    ("Ledger::holders", "/v1/ledger/{asset}"),
    ("Ledger::assets", "/v1/assets"),
    ("Domains::stake", "/v1/layers/{layer}"),
    ("Domains::exits", "/v1/layers/{layer}"),
    ("State::stake_cooldown", "/v1/layers/{layer}"),
    ("State::exits_above_limit", "/v1/status"),
    ("State::liquid", "/v1/pools/{pool}"),
    ("State::realisable", "/v1/pools/{pool}"),
    ("State::supplied", "/v1/accounts/{account}/pools"),
    ("State::supply_lien", "/v1/accounts/{account}/pools"),
    ("State::loan_limit", "/v1/accounts/{account}"),
    ("State::loan_health", "/v1/pools/{pool}/loans"),
    ("State::purse_means", "/v1/accounts/{account}/pools"),
    ("State::cover_retention", "/v1/accounts/{account}/covers"),
    ("Lending::pool", "/v1/pools/{pool}"),
    ("Lending::pools", "/v1/pools"),
    ("Pool::positions", "/v1/pools/{pool}/loans"),
    ("Pool::position", "/v1/accounts/{account}/pools"),
    ("Pool::supply_shares", "/v1/accounts/{account}/pools"),
    ("Pool::supply_floor", "/v1/accounts/{account}/pools"),
    ("Pool::debt_ceil", "/v1/pools/{pool}/loans"),
    ("Pool::books_at", "/v1/pools/{pool}"),
    ("State::vault_worth", "/v1/vaults/{vault}"),
    ("Worth::claimable", "/v1/vaults/{vault}"),
    ("Worth::realisable", "/v1/vaults/{vault}"),
    ("State::shares_lien", "/v1/vaults/{vault}/holders"),
    ("State::leaves", "/v1/vaults/{vault}/exits"),
    ("State::holder_fees", "/v1/vaults/{vault}/holders"),
    ("State::holder_fee", "/v1/accounts/{account}/vaults"),
    ("Vaults::vault", "/v1/vaults/{vault}"),
    ("Vaults::vaults", "/v1/vaults"),
    ("Vault::holders", "/v1/vaults/{vault}/holders"),
    ("Vault::holding", "/v1/accounts/{account}/vaults"),
    ("Vault::exits", "/v1/vaults/{vault}/exits"),
    ("Vault::next_fees", "/v1/vaults/{vault}"),
    ("Covers::pool", "/v1/cover-pools/{pool}"),
    ("Covers::pools", "/v1/cover-pools"),
    ("Covers::risk", "/v1/risks/{risk}/price"),
    ("Covers::risks", "/v1/cover-pools/{pool}/risks"),
    ("Covers::pool_of", "/v1/risks/{risk}/price"),
    ("Covers::cover", "/v1/cover-pools/{pool}/incidents"),
    ("Covers::covers", "/v1/cover-pools/{pool}/covers"),
    ("Covers::incident", "/v1/cover-pools/{pool}/incidents"),
    ("Incident::paid", "/v1/cover-pools/{pool}/incidents"),
    ("Capacity::room", "/v1/cover-pools/{pool}"),
    ("State::cover_capacity", "/v1/cover-pools/{pool}"),
    ("State::cover_most", "/v1/cover-pools/{pool}/risks"),
    ("State::cover_rate_floor", "/v1/cover-pools/{pool}/risks"),
    ("State::cover_price", "/v1/risks/{risk}/price"),
    ("Covers::votes_end", "/v1/cover-pools/{pool}/incidents"),
    ("Covers::ends", "/v1/cover-pools/{pool}/covers"),
    ("State::cover_count", "/v1/cover-pools/{pool}/incidents"),
    ("State::is_voted_on", "/v1/cover-pools/{pool}/incidents"),
    ("Clearing::fund", "/v1/clearing-funds/{fund}"),
    ("Clearing::funds", "/v1/clearing-funds"),
    ("Fund::worst", "/v1/clearing-funds/{fund}"),
    ("State::fund_sizing", "/v1/clearing-funds/{fund}/sizing"),
    ("State::contributed", "/v1/clearing-funds/{fund}/members"),
    ("State::assessment_room", "/v1/clearing-funds/{fund}/members"),
    ("State::may_open_risk", "/v1/accounts/{account}/clearing"),
    ("Protections::protection", "/v1/protections/{protection}"),
    ("Protections::protections", "/v1/protections"),
    ("Protections::position", "/v1/protections/{protection}/positions"),
    ("Protections::positions", "/v1/accounts/{account}/protections"),
    ("Protections::exposed", "/v1/protections/{protection}"),
    ("Protection::standing", "/v1/protections/{protection}"),
    ("Protection::ends", "/v1/protections/{protection}/positions"),
    ("Protection::claims", "/v1/protections/{protection}"),
    ("State::protection_coverage", "/v1/protections/{protection}"),
    ("State::protection_share", "/v1/protections/{protection}/positions"),
    ("State::protection_measured", "/v1/protections/{protection}/positions"),
    ("Issuances::issuance", "/v1/issuances/{issuance}"),
    ("Issuances::issuances", "/v1/issuances"),
    ("Issuances::depletion", "/v1/depletions"),
    ("Issuance::cap", "/v1/issuances/{issuance}"),
    ("Issuance::issuable", "/v1/issuances/{issuance}"),
    ("State::sale", "/v1/issuances/{issuance}/auctions"),
    ("State::buyback", "/v1/issuances/{issuance}"),
    ("Incentives::figures", "/v1/figures"),
    ("Incentives::measured", "/v1/figures"),
    ("Incentives::serves", "/v1/figures"),
    ("Incentives::layer_loss", "/v1/pays"),
    ("Incentives::domain_loss", "/v1/fee-tables"),
    ("Incentives::market_share", "/v1/figures"),
    ("Incentives::pay", "/v1/pays"),
    ("Incentives::pays", "/v1/pays"),
    ("Incentives::fees", "/v1/fee-tables"),
    ("Incentives::tables", "/v1/fee-tables"),
    ("State::pay_now", "/v1/pays"),
    ("State::fee_plan", "/v1/fee-tables"),
    ("Incentives::premium", "/v1/premia"),
    ("Incentives::premia", "/v1/premia"),
    ("Premium::next", "/v1/premia"),
    ("State::premium_now", "/v1/premia"),
    ("State::first_loss_required", "/v1/fee-tables"),
    ("State::first_loss_short", "/v1/fee-tables"),
    ("Losses::bounties", "/v1/notices"),
    ("Losses::approvals_end", "/v1/losses"),
    ("Bounties::terms", "/v1/domains/{domain}/bounty"),
    ("Bounties::notices", "/v1/notices"),
    ("Bounties::challenges", "/v1/challenges"),
    ("Bounties::outcome", "/v1/notices"),
    ("Bounties::paid_within", "/v1/domains/{domain}/bounty"),
    ("Bounties::ends", "/v1/notices"),
];

/// What is read by the engine's own parts and means nothing at a door, each with its reason.
const INNER: &[(&str, &str)] = &[
    ("State::new", "makes a state"),
    ("State::watched", "makes a state"),
    ("State::is_watch_right", "a check of the engine's own indices"),
    ("State::session", "how an account fared since a checkpoint: shown as what is not matured"),
    ("State::reference", "an id of a boundary: shown as what is not matured"),
    ("State::scenario_tables", "Greeks of options, by the command line"),
    ("Markets::latest", "an id of a boundary"),
    ("Markets::reference", "an id of a boundary"),
    ("Oracle::for_action", "the answer at a purpose: quality and needs are in /v1/feeds"),
    ("Oracle::depth_for", "the answer at a purpose: quality and needs are in /v1/feeds"),
    ("Oracle::volatility_for", "the answer at a purpose: quality and needs are in /v1/feeds"),
    ("State::volatility", "the answer at a purpose: /v1/markets/{market}/volatility has it"),
    ("State::purse_room", "what a pool has for a loss: its liquid cash, or what is to come"),
    ("State::purse", "where the shares of a layer come from: its basis says it"),
    ("Lending::in_domain", "the pool of a domain: each pool says its domain"),
    ("Vaults::in_domain", "the vault of a domain: each vault says its domain"),
    ("Vaults::of_account", "the vault of an account: each vault says its account"),
    ("Covers::in_domain", "the pool of a domain: each pool says its domain"),
    ("Cover::unclaimed", "what is left less what is claimed: a cover says both"),
    ("Cover::covers", "whether a cover ran at a moment: it says from when until when"),
    ("Clearing::in_domain", "the fund of a domain: each fund says its domain"),
    ("Clearing::of_layer", "the fund of a layer: each fund says its layer"),
    ("Clearing::assessed_by", "the fund of a layer: each fund says its layers"),
    ("Fund::member_of", "the member that an owner is: members say their owners"),
    ("Issuances::of_layer", "the issuance of a layer: each issuance says its layer"),
    ("Issuances::of_token", "the issuance of a token: each issuance says its token"),
    ("Issuance::lots", "what may be issued, in lots: an issuance says both"),
    ("Issuance::auction", "an auction that has not ended: auctions say it"),
    ("State::clearing_member", "who answers for an account: members and clients say it"),
    ("Oracle::window_average_floor", "the mean that an expiry settles at: an event carries it"),
];

/// The public functions in the `impl` blocks of the areas' states, read from the sources.
fn public_reads() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let files = [
        ("State", "engine/state.rs"),
        ("State", "engine/standing.rs"),
        ("State", "engine/health.rs"),
        ("Accounts", "account/mod.rs"),
        ("Domains", "domain/mod.rs"),
        ("Domains", "domain/exits.rs"),
        ("State", "domain/exits.rs"),
        ("Losses", "loss/mod.rs"),
        ("Bounties", "loss/bounty/mod.rs"),
        ("Control", "control/mod.rs"),
        ("Markets", "market/mod.rs"),
        ("Oracle", "oracle/mod.rs"),
        ("CloseOuts", "closeout/mod.rs"),
        ("Collaterals", "collateral/mod.rs"),
        ("Ledger", "ledger.rs"),
        ("State", "engine/purse.rs"),
        ("State", "pools/lending/standing.rs"),
        ("State", "pools/lending/health.rs"),
        ("Lending", "pools/lending/mod.rs"),
        ("Pool", "pools/lending/mod.rs"),
        ("Pool", "pools/lending/interest.rs"),
        ("Vaults", "pools/liquidity/mod.rs"),
        ("Vault", "pools/liquidity/mod.rs"),
        ("Worth", "pools/liquidity/value.rs"),
        ("State", "pools/liquidity/value.rs"),
        ("State", "pools/liquidity/fees.rs"),
        ("Covers", "pools/cover/mod.rs"),
        ("Cover", "pools/cover/mod.rs"),
        ("Incident", "pools/cover/mod.rs"),
        ("Capacity", "pools/cover/standing.rs"),
        ("State", "pools/cover/standing.rs"),
        ("State", "pools/cover/vote.rs"),
        ("Clearing", "pools/clearing/mod.rs"),
        ("Fund", "pools/clearing/mod.rs"),
        ("State", "pools/clearing/size.rs"),
        ("State", "pools/clearing/standing.rs"),
        ("State", "pools/clearing/assess.rs"),
        ("Protections", "pools/protection/mod.rs"),
        ("Protection", "pools/protection/mod.rs"),
        ("State", "pools/protection/standing.rs"),
        ("State", "pools/cover/incident.rs"),
        ("Issuances", "issuance/mod.rs"),
        ("Issuance", "issuance/mod.rs"),
        ("Issuance", "issuance/sale.rs"),
        ("State", "issuance/sale.rs"),
        ("State", "issuance/buyback.rs"),
        ("Incentives", "incentive/mod.rs"),
        ("State", "incentive/pay.rs"),
        ("State", "incentive/fees.rs"),
        ("State", "incentive/premium.rs"),
        ("Premium", "incentive/premium.rs"),
        ("State", "incentive/house.rs"),
    ];
    let mut found = Vec::new();
    for (name, file) in files {
        let text = fs::read_to_string(root.join(file)).expect("core has the file");
        let head = format!("\nimpl {name} {{");
        let starts = text.match_indices(&head).map(|(at, _)| at);
        for start in starts {
            let body = &text[start + 1..];
            let body = &body[..body.find("\n}\n").expect("the block ends")];
            for line in body.lines() {
                let rest = line.strip_prefix("    pub fn ");
                let rest = rest.or_else(|| line.strip_prefix("    pub const fn "));
                let word = rest.and_then(|rest| rest.split(['(', '<']).next());
                found.extend(word.map(|word| format!("{name}::{word}")));
            }
        }
    }
    found
}

#[test]
fn everything_core_lets_read_has_a_path() {
    let paths: BTreeSet<&str> = endpoint::table().iter().map(|endpoint| endpoint.path).collect();
    let reads = public_reads();
    assert!(reads.len() > 60, "only {} were read from the sources", reads.len());
    for read in &reads {
        let path = READS.iter().find(|(name, _)| name == read).map(|(_, path)| *path);
        let inner = INNER.iter().any(|(name, _)| name == read);
        assert!(path.is_some() || inner, "core lets read {read}, and no path answers it");
        assert!(path.is_none_or(|path| paths.contains(path)), "{read}: there is no such path");
    }
    let named = READS.iter().chain(INNER).map(|(name, _)| *name);
    for name in named {
        assert!(reads.iter().any(|read| read == name), "core has no {name} any more");
    }
}

#[test]
fn parameters_and_events_are_on_the_pages() {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    let page = call(venue.address, "GET", "/kinds", &[], b"").body;
    for kind in kinds::events() {
        let name = if kind.name.is_empty() { &kind.area } else { &kind.name };
        assert!(page.contains(name.as_str()), "{kind:?} is not in the dashboard's list");
    }
    let page = call(venue.address, "GET", "/parameters", &[], b"").body;
    let listed = venue.get("/v1/domains/0/parameters?limit=1000")["data"]["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), PARAMETERS.len());
    for of in PARAMETERS {
        assert!(page.contains(of.name) && page.contains(of.unit), "{}", of.name);
    }
}
