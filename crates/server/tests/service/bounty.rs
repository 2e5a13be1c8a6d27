//! Watching through the door: the venue says what it pays, an owner gives notice with his own key,
//! and is paid when the loss that he told of is settled.

use serde_json::{Value, json};

use super::venue::Venue;

fn items(venue: &Venue, path: &str) -> Vec<Value> {
    venue.get(path)["data"]["items"].as_array().unwrap().clone()
}

#[test]
fn an_owner_gives_notice_with_his_own_key() {
    let venue = Venue::start();
    venue.world();
    let terms = json!({ "pot": 0, "part": 100_000, "most": "50", "window": 86_400_000,
        "pot_part": 100_000, "bond": "7", "wait": 86_400_000 });
    venue.must("loss", json!({ "do": "set-bounty", "domain": 0, "terms": terms }));
    let notice = |account: u32| {
        json!({ "area": "loss", "command": { "do": "give-notice", "domain": 0,
            "account": account, "number": 100, "evidence": vec![9; 32] } })
    };
    let stranger = venue.key("participant", Some(2));
    assert_eq!(venue.post("/v1/commands", &stranger, &notice(1)).status, 403);
    let bob = venue.key("participant", Some(1));
    let given = venue.post("/v1/commands", &bob, &notice(1));
    assert_eq!(given.status, 200, "{given:?}");
    let again = venue.post("/v1/commands", &stranger, &notice(2));
    assert!(again.body.contains("already-noticed"), "{again:?}");
    let stands = &items(&venue, "/v1/notices")[0];
    assert_eq!((&stands["account"], &stands["bond"]), (&json!(1), &json!("7")));
    assert!(items(&venue, "/v1/challenges").is_empty());
    let of = venue.get("/v1/domains/0/bounty")["data"].clone();
    assert_eq!((&of["terms"]["bond"], &of["room"]), (&json!("7"), &json!("50")));
    let page = venue.get_as("/losses", &bob).body;
    for what in ["Watching", ">10 %", "1 notices and 0 challenges"] {
        assert!(page.contains(what), "{what}: {page}");
    }
    let own = venue.get_as("/v1/accounts/1/events", &bob).body;
    assert!(own.contains("a bond for the notice of an event"), "{own}");
}
