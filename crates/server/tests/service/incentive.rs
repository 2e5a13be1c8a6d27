//! Pay and fees through the door: the venue says figures, terms and a table, and everybody reads how
//! they stand, who gets the fees that are booked, and why the house gets none.

use serde_json::{Value, json};

use super::venue::Venue;

/// The layers after the world's.
const TRANCHE: u32 = 2;
const TREASURY: u32 = 3;

const DAY: u64 = 86_400_000;

fn add_layer(venue: &Venue, name: &str, kind: &str) {
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    let spec = json!({ "name": name, "kind": kind, "asset": 0, "source": "pot", "caps": caps,
        "attachment": null });
    venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
}

/// Bob stakes 1,000 of a target of 1,000.
fn paid() -> Venue {
    let venue = Venue::start();
    venue.world();
    add_layer(&venue, "Stakers", "tranche");
    add_layer(&venue, "Treasury", "treasury");
    let steps: Vec<Value> =
        [0, TRANCHE, 1].map(|layer| json!({ "layers": [{ "layer": layer, "weight": 1 }] })).into();
    let set = json!({ "do": "set-waterfall", "domain": 0, "class": "default", "steps": steps });
    venue.must("domain", set);
    let stake = json!({ "do": "stake", "layer": TRANCHE, "account": 1, "number": 2,
        "amount": "1000" });
    venue.must("domain", stake);
    let pay = json!({ "target": "1000", "most": "365", "load": 0 });
    venue.must("incentive", json!({ "do": "set-pay", "layer": TRANCHE, "pay": pay }));
    let fund = json!({ "do": "fund-pay", "layer": TRANCHE, "number": 1, "amount": "730" });
    venue.must("incentive", fund);
    let table = json!({ "period": DAY, "ahead": DAY, "first_loss": null,
        "funds": [{ "layer": 0, "target": "100000", "part": 500_000 }],
        "tranches": [{ "layer": TRANCHE, "part": 250_000 }],
        "house": { "layer": TREASURY, "part": 250_000 } });
    venue.must("incentive", json!({ "do": "set-fees", "domain": 0, "table": table }));
    venue
}

fn items(venue: &Venue, path: &str) -> Vec<Value> {
    venue.get(path)["data"]["items"].as_array().unwrap().clone()
}

#[test]
fn pay_and_fees_are_said_and_read() {
    let venue = paid();
    let pay = &items(&venue, "/v1/pays")[0];
    assert_eq!((&pay["id"], &pay["name"]), (&json!(TRANCHE), &json!("Stakers")));
    assert_eq!(
        (&pay["now"]["staked"], &pay["now"]["per_year"], &pay["terms"]["most"]),
        (&json!("1000"), &json!("365"), &json!("365"))
    );
    let table = &items(&venue, "/v1/fee-tables")[0];
    assert_eq!(table["plan"]["booked"], "0");
    // Nobody measured what stakers are to lose: the house would get nothing.
    assert_eq!(table["plan"]["shut"], json!({ "figure": { "layer": TRANCHE } }));
    let page = venue.get_as("/incentives", &venue.admin).body;
    for what in ["Stakers", "Fees of majors", "The house gets nothing", "out of date"] {
        assert!(page.contains(what), "{what}: {page}");
    }
}

#[test]
fn a_participant_says_nothing_of_pay() {
    let venue = paid();
    let bob = venue.key("participant", Some(1));
    let fund = json!({ "area": "incentive", "command": { "do": "fund-pay", "layer": TRANCHE,
        "number": 9, "amount": "1" } });
    assert_eq!(venue.post("/v1/commands", &bob, &fund).status, 403);
    // By hand no fees are given where a table divides them.
    let fees = json!({ "do": "fund-fees", "domain": 0, "layer": 0, "number": 9, "amount": "1" });
    let refused = venue.command("loss", fees);
    assert!(refused.body.contains("fees-divided"), "{refused:?}");
}

/// Ann is long nine lots against Bob; half of 7,300 and a load of as much are 7,300 a year.
#[test]
fn a_premium_is_said_and_read() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = u64::try_from(now.as_millis()).unwrap() - 60_000;
    let measured = |figure: Value| {
        let measured = json!({ "figure": figure, "source": "lab", "at": at, "until": at + DAY });
        json!({ "do": "measure", "measured": measured })
    };
    let set = |most: u32| {
        let terms = json!({ "period": DAY, "load": 1_000_000, "most": most });
        json!({ "do": "set-premium", "market": 0, "terms": terms })
    };
    let refused = venue.command("incentive", set(10_000));
    assert!(refused.body.contains("figure-old"), "{refused:?}");
    let of_domain = json!({ "kind": "domain-loss", "domain": 0, "amount": "7300" });
    venue.must("incentive", measured(of_domain));
    let of_market = json!({ "kind": "market-share", "market": 0, "share": 500_000 });
    venue.must("incentive", measured(of_market));
    let refused = venue.command("incentive", set(50_001));
    assert!(refused.body.contains("incentive-flaw"), "{refused:?}");
    venue.must("incentive", set(10_000));
    let premium = &items(&venue, "/v1/premia")[0];
    assert_eq!((&premium["name"], &premium["share"]), (&json!("BTC"), &json!(500_000)));
    let stands = ["per_year", "lots", "most_per_lot"].map(|key| premium["now"][key].clone());
    assert_eq!(stands, [json!("7300"), json!(18), json!(10_000)]);
    let page = venue.get_as("/incentives", &venue.admin).body;
    for what in ["What those who hold lots pay", "BTC", "73.00 USD"] {
        assert!(page.contains(what), "{what}: {page}");
    }
}
