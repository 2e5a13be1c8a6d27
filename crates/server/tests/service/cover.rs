//! A cover pool through the door: an owner buys cover with his own key, stakers vote with theirs, a
//! claim is approved, paid, and shown.

use std::thread;
use std::time::{Duration, Instant};

use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::{self, Policy};
use serde_json::{Value, json};

use super::client::Reply;
use super::receipts::public_key;
use super::venue::Venue;

/// The pool's domain and its layers, after the world's.
const DOMAIN: u32 = 1;
const HOUSE: u32 = 2;
const STAKERS: u32 = 3;

/// How long a vote or a challenge lasts, in milliseconds.
const SHORT: u64 = 400;

const YEAR: u64 = 31_536_000_000;

/// The world with a pool that covers a bridge at ten per cent a year, whose claims stakers vote on
/// for so long, if at all. Bob has 60,000 staked and Carol 40,000; each atom covers two.
fn opened(vote: Option<u64>) -> Venue {
    let venue = Venue::start_with(|config| config.tick = 20);
    venue.world();
    venue.must("domain", json!({ "do": "open-domain", "name": "bridges", "asset": 0 }));
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    for (name, kind) in [("House", "operator-capital"), ("Stakers", "tranche")] {
        let spec = json!({ "name": name, "kind": kind, "asset": 0, "source": "pot", "caps": caps,
            "attachment": null });
        venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    }
    let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
    venue.must(
        "domain",
        json!({ "do": "set-waterfall", "domain": DOMAIN, "class": "custody",
                "steps": [side(HOUSE), side(STAKERS)] }),
    );
    venue.must(
        "control",
        json!({ "do": "set-parameter", "domain": DOMAIN, "parameter": "challenge-time",
                "value": SHORT.to_string() }),
    );
    let vote = vote.map(|length| json!({ "length": length, "quorum": 500_000 }));
    let spec = json!({ "name": "Bridges", "domain": DOMAIN, "fund": HOUSE,
        "premia": [[STAKERS, 500_000]], "leverage": 2_000_000, "max_covered": "10000000",
        "min_cover": "1000", "max_period": YEAR, "waiting": 0, "claim_time": 86_400_000,
        "incident_cap": null, "tail_index": 1_500_000, "source": "risk team", "estimated": 0,
        "vote": vote });
    venue.must("cover", json!({ "do": "open", "spec": spec }));
    let spec = json!({ "name": "Bridge", "pool": 0, "class": "custody",
        "rates": { "at_zero": 100_000, "kink": 500_000, "at_kink": 100_000, "at_full": 100_000 },
        "expected_loss": 50_000, "load": 500_000, "source": "risk team", "estimated": 0,
        "concentration": 500_000, "retention": 0, "experience": null, "trigger": null });
    venue.must("cover", json!({ "do": "add-risk", "spec": spec }));
    for (account, number, stake) in [(0, 0, 0), (1, 2, 60_000), (2, 2, 40_000)] {
        venue.must("domain", json!({ "do": "accept-terms", "domain": DOMAIN, "account": account }));
        if stake > 0 {
            let stake = json!({ "do": "stake", "layer": STAKERS, "account": account,
                "number": number, "amount": stake.to_string() });
            venue.must("domain", stake);
        }
    }
    venue
}

fn asked(venue: &Venue, key: &str, command: Value) -> Reply {
    venue.post("/v1/commands", key, &json!({ "area": "cover", "command": command }))
}

/// What an account buys: 40,000 for a year.
fn buy(account: u32, number: u32) -> Value {
    json!({ "do": "buy", "risk": 0, "account": account, "number": number, "amount": "40000",
        "period": YEAR, "max_premium": "5000" })
}

/// The venue reports that the bridge was drained just now: what was lost of the first cover.
fn report(venue: &Venue, number: u32, lost: &str) -> Reply {
    let now = venue.get("/v1/status")["now"].clone();
    venue.command(
        "cover",
        json!({ "do": "report", "risk": 0, "number": number, "cause": "bridge drained",
                "evidence": vec![7; 32], "happened": now,
                "losses": [{ "cover": 0, "amount": lost }] }),
    )
}

/// What a path answers, once it is as it should be.
fn until(venue: &Venue, path: &str, is: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let found = venue.get(path)["data"].clone();
        if is(&found) {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{path} stays {found}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A pool with a cover of Ann and an incident that stakers vote on, for a look at its page.
pub fn claimed() -> Venue {
    let venue = opened(Some(3_600_000));
    venue.must("cover", buy(0, 2));
    let reply = report(&venue, 1, "25000");
    assert_eq!(reply.status, 200, "{reply:?}");
    venue
}

#[test]
fn a_cover_from_its_price_to_its_payment() {
    let venue = opened(None);
    let ann = venue.key("participant", Some(0));
    // What it costs, and how much there is room for: half of what the pool covers.
    let price = |query: &str| {
        let path = format!("/v1/risks/0/price?{query}");
        venue.get_as(&path, &ann)
    };
    let costs = price(&format!("amount=40000&period={YEAR}")).json()["data"].clone();
    assert_eq!((&costs["premium"], &costs["room"]), (&json!("4000"), &json!("100000")), "{costs}");
    assert_eq!(costs["rate"], json!("4000000000"));
    for query in ["amount=-1&period=5", "amount=1", "amount=1&period=5&x=1"] {
        assert_eq!(price(query).code(), "parameter-not-read", "{query}");
    }
    let too_much = format!("amount={}&period=5", "9".repeat(31));
    assert_eq!(price(&too_much).code(), "parameter-not-read");
    // She buys with her own key, and not on another's account.
    assert_eq!(asked(&venue, &ann, buy(1, 3)).code(), "not-owner");
    let bought = asked(&venue, &ann, buy(0, 2));
    assert_eq!(bought.status, 200, "{bought:?}");
    let pool = venue.get_as("/v1/cover-pools/0", &ann).json()["data"].clone();
    let capacity = json!({ "staked": "100000", "leaving": "0", "claimed": "0", "shared": "0", "most": "200000",
        "covered": "40000", "room": "160000" });
    assert_eq!((&pool["capacity"], &pool["name"]), (&capacity, &json!("Bridges")));
    assert_eq!((&pool["holds"], &pool["earns"]), (&json!("4000"), &json!("4000000000")), "{pool}");
    let risk = venue.get_as("/v1/cover-pools/0/risks", &ann).json()["data"]["items"][0].clone();
    assert_eq!((&risk["covered"], &risk["most"]), (&json!("40000"), &json!("100000")), "{risk}");
    assert_eq!((&risk["room"], &risk["rate"]), (&json!("60000"), &json!(100_000)), "{risk}");
    // The venue reports a loss, a second approver approves, nobody challenges it.
    let reported = report(&venue, 1, "25000");
    assert_eq!(reported.status, 200, "{reported:?}");
    let own = venue.get_as("/v1/accounts/0/covers", &ann).json()["data"]["items"][0].clone();
    assert_eq!((&own["claimed"], &own["left"]), (&json!("25000"), &json!("40000")), "{own}");
    let approve = json!({ "do": "approve-loss", "loss": 0 });
    assert_eq!(venue.command("loss", approve.clone()).code(), "same-approver");
    let second = venue.key("venue", None);
    let action = json!({ "area": "loss", "command": approve });
    assert_eq!(venue.post("/v1/commands", &second, &action).status, 200);
    let page = venue.get_as("/cover", &venue.venue).body;
    assert!(page.contains("may be challenged until"), "{page}");
    let paid = |of: &Value| of["items"][0]["paid"] == "25000";
    let incident = until(&venue, "/v1/cover-pools/0/incidents", paid)["items"][0].clone();
    assert_eq!((&incident["loss"], &incident["stage"]), (&json!(0), &json!("settled")));
    assert_eq!((&incident["due"], &incident["owed"]), (&json!("25000"), &json!(true)));
    is_told(&venue, &ann);
}

/// What Ann and others see of the claim that was paid.
fn is_told(venue: &Venue, ann: &str) {
    let own = venue.get_as("/v1/accounts/0/covers", ann).json()["data"]["items"][0].clone();
    assert_eq!((&own["paid"], &own["left"]), (&json!("25000"), &json!("15000")), "{own}");
    let claim = json!([{ "loss": 0, "stage": "settled", "lost": "25000", "due": "25000",
        "paid": "25000" }]);
    assert_eq!((&own["claims"], &own["stage"]), (&claim, &json!("standing")));
    let balances = venue.get_as("/v1/accounts/0", ann).json()["data"]["balances"][0].clone();
    assert_eq!(balances["balance"], json!("1021000"), "less the premium, with the claim");
    let events = venue.get_as("/v1/accounts/0/events?limit=1000", ann).json();
    let items = events["items"].as_array().unwrap();
    let what: Vec<&str> = items.iter().map(|of| of["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["cover was bought, for a premium", "a loss was claimed", "claims were paid"]);
    assert_eq!((&items[2]["cover"], &items[2]["amount"]), (&json!(0), &json!("25000")));
    let story = venue.get_as("/v1/losses/0/events", &venue.venue).body;
    for kind in ["reported", "loss-approved", "owed", "loss-settled", "paid"] {
        assert!(story.contains(&format!("\"event\":\"{kind}\"")), "{kind} is missing: {story}");
    }
    // Bob, who paid with his stake, can prove how much, and sees sums and nothing of Ann.
    let bob = venue.key("participant", Some(1));
    let receipt = venue.get_as("/v1/losses/0/receipts/1", &bob).body;
    let receipt = Receipt::from_json(&receipt).expect("the file is canonical");
    let report = verify::receipt(&receipt, &Policy { key: public_key(venue), ..Policy::default() });
    assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
    assert_eq!(receipt.account.gain.atoms(), 60_000, "his stake");
    let link = "href=\"/v1/losses/0/receipts/1\"";
    for path in ["/losses/0", "/accounts/1"] {
        assert!(venue.get_as(path, &bob).body.contains(link), "{path}");
    }
    let incidents = venue.get_as("/v1/cover-pools/0/incidents", &bob).json()["data"].clone();
    let seen = &incidents["items"][0];
    assert_eq!((&seen["paid"], &seen["claims"]), (&json!("25000"), &json!([])), "{seen}");
    assert_eq!(seen["claimed"], json!(1));
    let page = |key: &str| venue.get_as("/cover", key).body;
    let (hers, his, all) = (page(ann), page(&bob), page(&venue.venue));
    for part in ["Cover pools", "Risks of Bridges", "Incidents of Bridges", "250.00 USD"] {
        assert!(hers.contains(part) && his.contains(part) && all.contains(part), "{part}: {his}");
    }
    assert!(hers.contains("Covers of Bridges") && all.contains(">ann<"), "{hers}");
    assert!(!his.contains("Covers of Bridges") && !his.contains("ann"), "{his}");
    let text = venue.get_as("/metrics", &venue.venue).body;
    for line in ["rhodian_covers_standing 1", "rhodian_cover_incidents_open 0"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// Stakers vote with their own keys: by stake, nobody on his own claim, and not for another.
#[test]
fn stakers_vote_with_their_keys() {
    let venue = opened(Some(5 * SHORT));
    let [ann, bob, carol] = [0, 1, 2].map(|owner| venue.key("participant", Some(owner)));
    assert_eq!(asked(&venue, &ann, buy(0, 2)).status, 200);
    assert_eq!(report(&venue, 1, "25000").status, 200);
    let vote = |key: &str, account: u32, number: u32, accept: bool| {
        let command = json!({ "do": "vote", "loss": 0, "account": account, "number": number,
            "accept": accept });
        asked(&venue, key, command)
    };
    assert_eq!(vote(&ann, 0, 3, true).code(), "own-claim");
    assert_eq!(vote(&carol, 1, 3, true).code(), "not-owner");
    assert_eq!(vote(&bob, 1, 3, true).status, 200);
    assert_eq!(vote(&carol, 2, 3, false).status, 200);
    let seen = |key: &str| {
        let found = venue.get_as("/v1/cover-pools/0/incidents", key).json();
        found["data"]["items"][0]["vote"].clone()
    };
    let (all, his, none) = (seen(&venue.venue), seen(&bob), seen(&ann));
    for of in [&all, &his, &none] {
        let count = [&of["accept"], &of["reject"], &of["staked"]];
        assert_eq!(count, [&json!("60000"), &json!("40000"), &json!("100000")], "{of}");
    }
    assert_eq!(all["votes"], json!({ "1": true, "2": false }));
    assert_eq!((&his["votes"], &none["votes"]), (&json!({ "1": true }), &json!({})));
    let page = venue.get_as("/cover", &ann).body;
    for part in ["600.00 USD for, 400.00 USD against", "of 1,000.00 USD staked"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let paid = |of: &Value| of["items"][0]["paid"] == "25000";
    let incident = until(&venue, "/v1/cover-pools/0/incidents", paid)["items"][0].clone();
    assert_eq!(incident["vote"], Value::Null, "it is over");
    let events = venue.get_as("/v1/accounts/2/events?limit=1000", &carol).body;
    assert!(events.contains("voted against the claims"), "{events}");
    assert!(events.contains("a stake paid"), "{events}");
    let bobs = venue.get_as("/v1/accounts/1/events?limit=1000", &bob).body;
    assert!(bobs.contains("voted for the claims") && !bobs.contains("against"), "{bobs}");
}

/// Who may do what: an owner what is of his accounts, the venue the rest.
#[test]
fn an_owner_buys_votes_and_triggers_and_no_more() {
    let venue = claimed();
    let ann = venue.key("participant", Some(0));
    let trigger = |account: u32| {
        json!({ "do": "trigger", "risk": 0, "account": account,
        "number": 9 })
    };
    assert_eq!(asked(&venue, &ann, trigger(0)).code(), "no-trigger", "it is hers to ask");
    assert_eq!(asked(&venue, &ann, trigger(1)).code(), "not-owner");
    let report = json!({ "do": "report", "risk": 0, "number": 2, "cause": "bridge drained",
        "evidence": vec![7; 32], "happened": 1, "losses": [] });
    assert_eq!(asked(&venue, &ann, report).code(), "not-for-actor");
    assert_eq!(asked(&venue, &venue.key("keeper", Some(0)), buy(0, 9)).code(), "not-for-role");
    assert_eq!(asked(&venue, &venue.key("auditor", None), buy(0, 9)).code(), "not-for-role");
    // Stakers vote on it: nobody else approves it.
    let approve = json!({ "area": "loss", "command": { "do": "approve-loss", "loss": 0 } });
    let second = venue.key("venue", None);
    assert_eq!(venue.post("/v1/commands", &second, &approve).code(), "voted-on");
}

/// Who may read what: by role, 200 or 403.
#[test]
fn each_role_reads_of_cover_what_it_may() {
    let venue = claimed();
    let paths = [
        "/v1/cover-pools",
        "/v1/cover-pools/0/risks",
        "/v1/risks/0/price?amount=1000&period=1000",
        "/v1/cover-pools/0/incidents",
        "/v1/cover-pools/0/covers",
        "/v1/accounts/0/covers",
        "/cover",
    ];
    let cases = [
        ("governance", None, [200; 7]),
        ("auditor", None, [200; 7]),
        ("keeper", Some(1), [200, 200, 200, 200, 403, 403, 200]),
        ("participant", Some(0), [200, 200, 200, 200, 403, 200, 200]),
        ("participant", Some(1), [200, 200, 200, 200, 403, 403, 200]),
    ];
    for (role, subject, statuses) in cases {
        let key = venue.key(role, subject);
        let found = paths.map(|path| venue.get_as(path, &key).status);
        assert_eq!(found, statuses, "{role} {subject:?}");
    }
    let cover = venue.get("/v1/cover-pools/0/covers")["data"]["items"][0].clone();
    assert_eq!((&cover["account"], &cover["claimed"]), (&json!(0), &json!("25000")), "{cover}");
    assert_eq!((&cover["stage"], &cover["premium"]), (&json!("standing"), &json!("4000")));
}

#[test]
fn the_page_of_cover_can_be_read_by_a_screen_reader() {
    let venue = claimed();
    let text = venue.get_as("/cover", &venue.venue).body;
    let (tables, captions) = (text.matches("<table").count(), text.matches("<caption").count());
    assert_eq!((tables, captions), (4, 4), "pools, risks, incidents, covers: {text}");
    assert!(!text.contains("<th>") && text.matches("<h1").count() == 1, "{text}");
    assert!(text.contains("href=\"/cover\" aria-current=\"page\""), "no way leads there: {text}");
    assert_eq!(text.matches("tabindex=\"0\" role=\"region\" aria-label").count(), tables);
}

/// A stake that was asked for is told to its owner, as a cover is.
#[test]
fn a_stake_that_was_asked_for_is_told() {
    let venue = opened(None);
    let out = json!({ "do": "unstake", "layer": STAKERS, "account": 1, "number": 3,
        "amount": "1000" });
    venue.must("domain", out);
    let events = venue.get("/v1/accounts/1/events?limit=1000");
    assert!(events.to_string().contains("stake was asked for"), "{events}");
}
