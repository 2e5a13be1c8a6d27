//! What a newcomer and an opponent tried first.

use serde_json::{Value, json};

use super::client::call;
use super::venue::{Venue, deposit};

/// Bob gained and pays a share of Ann's loss; his lots are taken over at the mark.
fn crashed() -> (Venue, String) {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    venue.mark(820);
    let bob = venue.key("participant", Some(1));
    (venue, bob)
}

fn items(venue: &Venue, path: &str, key: &str) -> Vec<Value> {
    let reply = venue.get_as(path, key);
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.json()["items"].as_array().expect("a list").clone()
}

#[test]
fn a_participant_learns_what_happened_to_him_and_nothing_else() {
    let (venue, bob) = crashed();
    let all = items(&venue, "/v1/accounts/1/events", &bob);
    let find = |word: &str| all.iter().find(|of| of["what"].as_str().unwrap().contains(word));
    let taken = find("deleveraged").unwrap_or_else(|| panic!("no lots: {all:?}"));
    let fact = venue.get("/v1/events?limit=1000")["items"].clone();
    let fact = fact.as_array().unwrap().iter().find(|e| e["fact"]["event"] == "deleveraged");
    let fact = &fact.expect("it happened")["fact"];
    assert_eq!(taken["price"], fact["price"]);
    assert_eq!((&taken["market"], &taken["loss"]), (&json!(0), &json!(0)));
    assert!(taken["lots"].as_str().is_some_and(|lots| lots != "0"), "{taken}");
    let share = find("a share was taken").unwrap_or_else(|| panic!("no share: {all:?}"));
    let exposure = venue.get("/v1/accounts/1/exposure")["data"]["shares"].clone();
    assert_eq!(share["amount"], exposure[0]["paid"]);
    assert!(all.iter().all(|of| of.get("account").is_none() && of.get("taken").is_none()));
    // Page by page it is the same.
    let (mut paged, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/v1/accounts/1/events?limit=1&after={after}");
        let reply = venue.get_as(&path, &bob).json();
        paged.extend(reply["items"].as_array().unwrap().clone());
        let Some(next) = reply["next"].as_u64() else { break };
        after = next;
    }
    assert_eq!(paged, all);
    assert_eq!(venue.get_as("/v1/accounts/0/events", &bob).status, 403);
    let ann = items(&venue, "/v1/accounts/0/events", &venue.venue);
    assert!(ann.iter().any(|of| of["what"] == "the account failed"), "{ann:?}");
    let carol = items(&venue, "/v1/accounts/2/events", &venue.venue);
    assert_eq!(carol, Vec::<Value>::new(), "Carol had no part in it");
}

/// Which batches are worth a look is known of those that the service saw, at a start or since: what
/// is told is the same where it saw none of them, and after more has happened.
#[test]
fn what_happened_is_told_alike_whatever_the_service_saw() {
    let (mut venue, bob) = crashed();
    let told = |venue: &Venue| {
        let own = items(venue, "/v1/accounts/1/events", &bob);
        (own, items(venue, "/v1/losses/0/events", &venue.venue))
    };
    let first = told(&venue);
    let is_whole = first.0.len() > 1
        && first.1.first().is_some_and(|of| of["fact"]["event"] == "default-found")
        && first.1.last().is_some_and(|of| of["fact"]["event"] == "loss-settled");
    assert!(is_whole, "{first:?}");
    for receipts in [true, false, false] {
        venue.restart_with(|config| config.receipts = receipts);
        assert_eq!(told(&venue), first, "receipts: {receipts}");
        let number = venue.get("/v1/status")["sequence"].as_u64().unwrap() + 100;
        venue.deposit(2, number, 5);
        assert_eq!(told(&venue), first, "receipts: {receipts}, after a deposit");
    }
}

#[test]
fn pages_lead_to_the_receipt_and_to_what_happened() {
    let (venue, bob) = crashed();
    let form = format!("key={bob}");
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = call(venue.address, "POST", "/login", &kind, form.as_bytes());
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let get = |path: &str| call(venue.address, "GET", path, &[("cookie", &cookie)], b"").body;
    let receipt = "href=\"/v1/losses/0/receipts/1\"";
    for (path, parts) in [
        (
            "/accounts/1",
            vec![
                receipt,
                "href=\"/v1/head\"",
                "href=\"/v1/public-key\"",
                "What happened to me",
                "href=\"/v1/accounts/1/events\"",
                "deleveraged: lots",
            ],
        ),
        ("/losses/0", vec![receipt, "rhodian verify receipt"]),
    ] {
        let page = get(path);
        for part in parts {
            assert!(page.contains(part), "{path} lacks {part}: {page}");
        }
    }
    assert!(get("/v1/losses/0/receipts/1").starts_with('{'));
}

#[test]
fn a_layer_shows_what_it_could_pay_of_one_loss() {
    let venue = Venue::start();
    venue.must("domain", json!({ "do": "add-asset", "name": "USD", "decimals": 2 }));
    venue.must("domain", json!({ "do": "open-domain", "name": "majors", "asset": 0 }));
    let caps = json!({ "per_event": "300000", "per_episode": null, "per_period": null });
    let spec = json!({ "name": "Fund", "kind": "insurance-fund", "asset": 0, "source": "pot",
        "caps": caps, "attachment": null });
    venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    let pay = json!({ "do": "pay-into-layer", "layer": 0, "number": 1, "amount": "600000" });
    venue.must("domain", pay);
    let steps = json!([{ "layers": [{ "layer": 0, "weight": 1 }] }]);
    let set = json!({ "do": "set-waterfall", "domain": 0, "class": "default", "steps": steps });
    venue.must("domain", set);
    let form = format!("key={}", venue.venue);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = call(venue.address, "POST", "/login", &kind, form.as_bytes());
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = call(venue.address, "GET", "/layers", &[("cookie", &cookie)], b"").body;
    assert!(page.contains("held by its own cap"), "{page}");
    assert!(page.contains("3,000") || page.contains("3000"), "{page}");
    assert!(!page.contains("6,000") && !page.contains("6000"), "it overstates: {page}");
}

#[test]
fn odd_calls_are_refused_and_plain_ones_are_not() {
    let (venue, _) = crashed();
    let bearer = format!("Bearer {}", venue.venue);
    let body = json!({ "area": "account", "command": deposit(0, 2, 7) });
    let post = |headers: &[(&str, &str)], body: &Value| {
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        let text = body.to_string();
        call(venue.address, "POST", "/v1/commands", &all, text.as_bytes())
    };
    for headers in [
        vec![("idempotency-key", "")],
        vec![("idempotency-key", "a"), ("idempotency-key", "b")],
        vec![("idempotency-key", "a"), ("idempotency-key", "a")],
    ] {
        let reply = post(&headers, &body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "key-not-read"), "{headers:?}");
    }
    let mut more = body.clone();
    more["idempotency_key"] = json!("a");
    let reply = post(&[], &more);
    assert_eq!((reply.status, reply.code().as_str()), (400, "body-not-read"), "{reply:?}");
    assert_eq!(post(&[], &body).status, 200);
    let reply = venue.get_as("/v1/head?from=99", &venue.venue);
    assert_eq!((reply.status, reply.code().as_str()), (400, "parameter-not-read"), "{reply:?}");
    for scheme in ["bearer", "BEARER", "Bearer"] {
        let shown = format!("{scheme} {}", venue.venue);
        let reply = call(venue.address, "GET", "/v1/status", &[("authorization", &shown)], b"");
        assert_eq!(reply.status, 200, "{scheme}");
    }
    let shown = format!("Basic {}", venue.venue);
    let reply = call(venue.address, "GET", "/v1/status", &[("authorization", &shown)], b"");
    assert_eq!(reply.status, 401);
}

#[test]
fn the_api_says_how_to_give_a_command() {
    let venue = Venue::start();
    let document = call(venue.address, "GET", "/openapi.json", &[], b"").json();
    let post = &document["paths"]["/v1/commands"]["post"];
    let names: Vec<&str> =
        post["parameters"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, ["Idempotency-Key", "Rhodian-Signature"]);
    let example = &post["requestBody"]["content"]["application/json"]["example"];
    assert_eq!(venue.post("/v1/commands", &venue.venue, example).status, 200, "{example}");
    let docs = call(venue.address, "GET", "/docs", &[], b"").body;
    assert!(docs.contains("docs/connect-a-matching-engine.md"), "{docs}");
}

#[test]
fn marks_are_told_with_market_and_price() {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    venue.trade();
    let page = call(venue.address, "GET", "/", &[], b"").body;
    assert!(page.contains("The marks moved: BTC "), "{page}");
}
