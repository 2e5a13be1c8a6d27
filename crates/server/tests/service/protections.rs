//! A protection through the door: the venue says who provides, and a provider reads what is his
//! with his own key, as it stands and as it ended.

use rhodian_core::ids::{Name, SourceId};
use rhodian_core::oracle::{FeedSpec, Kind, Params, SourceWeight};
use serde_json::{Value, json};

use super::surface::Desk;
use super::venue::Venue;

const DAY: u64 = 86_400_000;

/// The world with a protection of the domain's fund, and a price of 1,000 that two desks say.
fn protected() -> Venue {
    let venue = Venue::start();
    venue.world();
    let kind = Kind::Price;
    let spec = FeedSpec {
        name: Name::new("BTC index").unwrap(),
        kind,
        domains: Vec::new(),
        sources: (0..2).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params { max_age: 3_600_000, ..Params::of(kind) },
    };
    venue.must("oracle", json!({ "do": "open-feed", "spec": spec }));
    let spec = json!({ "name": "BTC pool", "domain": 0, "fund": 0, "feed": 0, "cap": 250_000,
        "fee": 40_000, "leverage": 1_000_000, "least": "1000", "cliff": DAY, "vesting": 10 * DAY,
        "term": 60 * DAY });
    venue.must("protection", json!({ "do": "open", "spec": spec }));
    venue
}

fn protect(account: u32, deposit: &str) -> Value {
    json!({ "do": "protect", "protection": 0, "account": account, "number": 2,
        "deposit": deposit })
}

#[test]
fn a_position_from_its_premium_to_its_end() {
    let venue = protected();
    let refused = |command: Value| venue.command("protection", command).code();
    assert_eq!(refused(protect(0, "40000")), "price-unfit", "nobody said a price yet");
    for source in [0, 1] {
        Desk::open(&venue, source).report(&venue, 0, 1_000);
    }
    let ann = venue.key("participant", Some(0));
    let own = json!({ "area": "protection", "command": protect(0, "40000") });
    assert_ne!(venue.post("/v1/commands", &ann, &own).status, 200, "the venue says who provides");
    venue.must("protection", protect(0, "40000"));
    venue.must("protection", protect(1, "8000"));
    assert_eq!(refused(protect(2, "400000")), "above-fund");
    let of = venue.get("/v1/protections/0")["data"].clone();
    let coverage = json!({ "held": "100480", "exposed": "12000", "room": "88480" });
    assert_eq!((&of["coverage"], &of["standing"]), (&coverage, &json!(2)), "{of}");
    let hers = venue.get_as("/v1/accounts/0/protections", &ann).json();
    let hers = hers["data"]["items"][0].clone();
    assert_eq!((&hers["cap"], &hers["premium"]), (&json!("10000"), &json!("400")), "{hers}");
    assert_eq!((&hers["share"], &hers["stage"]), (&json!("10000"), &json!("standing")));
    assert_eq!((&hers["now"]["loss"], &hers["unfit"]), (&json!("0"), &Value::Null), "{hers}");
    // Bob's are not hers to read, and the list is the venue's.
    assert_ne!(venue.get_as("/v1/accounts/1/protections", &ann).status, 200);
    assert_ne!(venue.get_as("/v1/protections/0/positions", &ann).status, 200);
    let all = venue.get("/v1/protections/0/positions")["data"]["items"].clone();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let page = |key: &str| venue.get_as("/protections", key).body;
    let (hers, everyone) = (page(&ann), page(&venue.venue));
    assert!(hers.contains("BTC pool") && hers.contains("Positions of"), "{hers}");
    assert!(!hers.contains("bob") && everyone.contains("bob"), "{hers}");
    venue.must("protection", json!({ "do": "close", "position": 0 }));
    assert_eq!(refused(json!({ "do": "close", "position": 0 })), "ended");
    let ended = venue.get("/v1/protections/0/positions")["data"]["items"][0].clone();
    assert_eq!((&ended["stage"], &ended["exit"]["claim"]), (&json!("over"), &json!("0")));
    let events = venue.get_as("/v1/accounts/0/events", &ann).body;
    for what in ["liquidity was protected", "liquidity was taken out"] {
        assert!(events.contains(what), "{what}: {events}");
    }
}
