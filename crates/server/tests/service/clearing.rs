//! A clearing fund through the door: owners join, contribute and bid with their own keys, the venue
//! sizes, everybody reads sums, and of members each himself.

use serde_json::{Value, json};

use super::client::Reply;
use super::venue::Venue;

/// The fund's layer, after the world's.
const LAYER: u32 = 2;
const DAY: u64 = 86_400_000;

fn asked(venue: &Venue, key: &str, area: &str, command: Value) -> Reply {
    venue.post("/v1/commands", key, &json!({ "area": area, "command": command }))
}

/// The world with a fund whose scenarios move prices by 11 %; Ann, Bob and Carol are
/// members, and Ann is long five of Bitcoin that Bob sold.
fn opened() -> Venue {
    let venue = Venue::start();
    venue.world();
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    let spec = json!({ "name": "Contributions", "kind": "default-fund", "asset": 0,
        "source": "pot", "caps": caps, "attachment": null });
    venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
    venue.must(
        "domain",
        json!({ "do": "set-waterfall", "domain": 0, "class": "default",
                "steps": [side(0), side(LAYER), side(1)] }),
    );
    let scenario = |name: &str, others: i32| json!({ "name": name, "moves": [], "others": others, "vol": "none" });
    let spec = json!({ "name": "Members", "domain": 0, "layer": LAYER, "cover": 1,
        "scenarios": [scenario("crash", -110_000), scenario("rally", 110_000)],
        "least": "1", "least_contribution": "1000", "period": 30 * DAY, "deadline": 2 * DAY,
        "notice": 20 * DAY, "porting": DAY, "bidding": DAY, "juniority": 500_000,
        "assessment": null });
    venue.must("clearing", json!({ "do": "open", "spec": spec }));
    for owner in 0..3 {
        let key = venue.key("participant", Some(owner));
        let join = json!({ "do": "join", "fund": 0, "account": owner, "number": 2 });
        let joined = asked(&venue, &key, "clearing", join);
        assert_eq!(joined.status, 200, "{joined:?}");
        let stake = json!({ "do": "stake", "layer": LAYER, "account": owner, "number": 3,
            "amount": "1000" });
        let staked = asked(&venue, &key, "domain", stake);
        assert_eq!(staked.status, 200, "{staked:?}");
    }
    venue.trade();
    venue
}

fn members(venue: &Venue) -> Vec<Value> {
    let members = venue.get("/v1/clearing-funds/0/members")["data"]["items"].clone();
    members.as_array().unwrap().clone()
}

/// The fund with an auction of Ann's book, for a look at its page.
pub fn auctioned() -> Venue {
    let venue = opened();
    let budget = json!({ "do": "set-parameter", "domain": 0, "parameter": "close-out-budget",
        "value": "1000000000" });
    venue.must("control", budget);
    let declare = json!({ "do": "declare-default", "domain": 0, "number": 9, "account": 0,
        "cause": "did not pay", "set_off": [] });
    venue.must("loss", declare);
    venue.must("clearing", json!({ "do": "auction", "fund": 0, "loss": 0, "most": "5000" }));
    venue
}

#[test]
fn members_are_sized_called_and_read() {
    let venue = opened();
    let ann = venue.key("participant", Some(0));
    // A hundredth of nine million is lost beyond the tenth that is margin.
    venue.must("clearing", json!({ "do": "size", "fund": 0 }));
    let fund = venue.get_as("/v1/clearing-funds/0", &ann).json()["data"].clone();
    assert_eq!((&fund["size"], &fund["holds"]), (&json!("90000"), &json!("3000")), "{fund}");
    assert_eq!((&fund["worst"], &fund["uncovered"]), (&json!(0), &json!(["90000", "90000"])));
    let sized = venue.get("/v1/clearing-funds/0/sizing")["data"].clone();
    assert_eq!((&sized["size"], &sized["uncovered"]), (&fund["size"], &fund["uncovered"]));
    let rows = members(&venue);
    let required: Vec<&Value> = rows.iter().map(|row| &row["required"]).collect();
    assert_eq!(required, [&json!("44500"), &json!("44500"), &json!("1000")]);
    // She sees how she stands; the others' rows are the venue's to read.
    let own = venue.get_as("/v1/accounts/0/clearing", &ann).json()["data"]["funds"][0].clone();
    assert_eq!(own["bar"]["bar"], "contribution-due", "{own}");
    assert_eq!(own["bar"]["missing"], "43500");
    assert_eq!(own["member"]["contributed"], "1000");
    assert_eq!(venue.get_as("/v1/clearing-funds/0/members", &ann).status, 403);
    assert_eq!(venue.get_as("/v1/accounts/1/clearing", &ann).status, 403);
    let stake = json!({ "do": "stake", "layer": LAYER, "account": 0, "number": 4,
        "amount": "43500" });
    assert_eq!(asked(&venue, &ann, "domain", stake).status, 200);
    let own = venue.get_as("/v1/accounts/0/clearing", &ann).json()["data"]["funds"][0].clone();
    assert_eq!((&own["bar"], &own["client"]), (&Value::Null, &Value::Null), "{own}");
    let text = venue.get_as("/metrics", &venue.venue).body;
    assert!(text.contains("rhodian_clearing_calls_open 1"), "{text}");
}

#[test]
fn owners_speak_for_themselves() {
    let venue = opened();
    let bob = venue.key("participant", Some(1));
    let leave = |account: u32| json!({ "do": "leave", "fund": 0, "account": account, "number": 7 });
    assert_eq!(asked(&venue, &bob, "clearing", leave(0)).code(), "not-owner");
    let size = json!({ "do": "size", "fund": 0 });
    assert_eq!(asked(&venue, &bob, "clearing", size).status, 403);
    assert_eq!(asked(&venue, &bob, "clearing", leave(1)).status, 200);
    let events = venue.get_as("/v1/accounts/1/events?limit=1000", &bob).json();
    let items = events["items"].as_array().unwrap();
    let what: Vec<&str> = items.iter().map(|of| of["what"].as_str().unwrap()).collect();
    assert_eq!(
        what,
        ["became a clearing member: a contribution is due", "gave notice as a clearing member"]
    );
}

/// Bids are read when an auction is over; the page shows sums to all, and members to the venue.
#[test]
fn an_auction_is_sealed_while_it_runs() {
    let venue = auctioned();
    let bob = venue.key("participant", Some(1));
    let bid = json!({ "do": "bid", "fund": 0, "loss": 0, "account": 1, "number": 8,
        "asks": "1000" });
    assert_eq!(asked(&venue, &bob, "clearing", bid).status, 200);
    let path = "/v1/clearing-funds/0/auctions";
    let auction = venue.get_as(path, &bob).json()["data"]["items"][0].clone();
    assert_eq!((&auction["bidders"], &auction["bids"]), (&json!(1), &json!([])), "{auction}");
    assert_eq!(auction["end"], Value::Null);
    let page = |key: &str| venue.get_as("/clearing", key).body;
    let (his, all) = (page(&bob), page(&venue.venue));
    for part in ["Clearing funds", "Auctions among the members of Members", "50.00 USD", "runs"] {
        assert!(his.contains(part) && all.contains(part), "{part}: {his}");
    }
    assert!(all.contains(">ann<") && all.contains("in default since"), "{all}");
    assert!(!his.contains(">ann<") && his.contains(">bob<"), "{his}");
}
