//! New tokens through the door: the venue says how they are sold, an owner takes some with his own
//! key, and everybody reads what is for sale now.

use serde_json::{Value, json};

use super::venue::Venue;

/// The layer, after the world's.
const LAYER: u32 = 2;

/// A hole of 400 that only tokens may fill: a lot of 10 for 100 first.
fn auctioned() -> Venue {
    let venue = Venue::start();
    venue.world();
    venue.must("domain", json!({ "do": "add-asset", "name": "GOV", "decimals": 0 }));
    let caps = json!({ "per_event": "1000000", "per_episode": null, "per_period": null });
    let spec = json!({ "name": "New tokens", "kind": "issuance", "asset": 0,
        "source": { "proceeds": { "deadline": 86_400_000 } }, "caps": caps, "attachment": null });
    venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    let steps = json!([{ "layers": [{ "layer": LAYER, "weight": 1 }] }]);
    venue.must(
        "domain",
        json!({ "do": "set-waterfall", "domain": 0, "class": "default", "steps": steps }),
    );
    let ladder = json!({ "start": "100", "step": "20", "every": 36_000_000, "floor": "20" });
    let spec = json!({ "name": "Debt auction", "layer": LAYER, "token": 1, "lot": "10",
        "ladder": ladder, "restarts": 0, "stressed": "40",
        "dilution": { "part": 100_000, "window": 86_400_000 },
        "outstanding": { "amount": "1000", "source": "chain", "at": 0 }, "buyback": null });
    venue.must("issuance", json!({ "do": "specify", "spec": spec }));
    let depletion = json!({ "per_episode": 250_000, "per_period": null });
    venue.must("issuance", json!({ "do": "limit", "layer": 0, "depletion": depletion }));
    let evidence = vec![0; 32];
    venue.must(
        "loss",
        json!({ "do": "report-loss", "domain": 0, "number": 1, "class": "default",
            "cause": "gone", "evidence": evidence, "amount": "400", "failed": null,
            "margin": "0", "set_off": [] }),
    );
    venue
}

fn items(venue: &Venue, path: &str) -> Vec<Value> {
    venue.get(path)["data"]["items"].as_array().unwrap().clone()
}

#[test]
fn an_owner_takes_new_tokens_with_his_own_key() {
    let venue = auctioned();
    let open = &items(&venue, "/v1/issuances/0/auctions")[0]["now"];
    assert_eq!(
        (&open["price"], &open["wanted"], &open["lots"]),
        (&json!("100"), &json!("400"), &json!("4"))
    );
    let take = |lots: &str| {
        json!({ "area": "issuance", "command": { "do": "take", "issuance": 0, "loss": 0,
            "account": 1, "number": 10, "lots": lots, "most": "100" } })
    };
    let stranger = venue.key("participant", Some(2));
    let refused = venue.post("/v1/commands", &stranger, &take("1"));
    assert_eq!(refused.status, 403, "{refused:?}");
    let bob = venue.key("participant", Some(1));
    let taken = venue.post("/v1/commands", &bob, &take("3"));
    assert_eq!(taken.status, 200, "{taken:?}");
    let of = venue.get("/v1/issuances/0")["data"].clone();
    assert_eq!(
        (&of["issued"], &of["issuable"], &of["cap"]),
        (&json!("30"), &json!("70"), &json!("100"))
    );
    let auction = &items(&venue, "/v1/issuances/0/auctions")[0];
    assert_eq!((&auction["paid"], &auction["now"]["lots"]), (&json!("300"), &json!("1")));
    let page = venue.get_as("/new-tokens", &bob).body;
    for what in ["Debt auction", "loss 0", "30 GOV", "Still wanted", "25.00 %"] {
        assert!(page.contains(what), "{what}: {page}");
    }
    let limits = items(&venue, "/v1/depletions");
    assert_eq!((&limits[0]["id"], &limits[0]["per_episode"]), (&json!(0), &json!(250_000)));
}
