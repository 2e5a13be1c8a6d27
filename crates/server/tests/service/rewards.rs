//! What stakers earn, through the door: who may give and take, what is refused and in which words,
//! and what the account's page and queries say of it. And the shape of a body that was once right.

use serde_json::{Value, json};

use super::venue::Venue;

/// Ann has 300 staked and Bob 100 in the tranche between the fund and the winners.
fn staked() -> Venue {
    let venue = Venue::start();
    venue.world();
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    let spec = json!({ "name": "Stakers", "kind": "tranche", "asset": 0, "source": "pot",
        "caps": caps, "attachment": null });
    venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
    let steps = [side(0), side(2), side(1)];
    let set = json!({ "do": "set-waterfall", "domain": 0, "class": "default", "steps": steps });
    venue.must("domain", set);
    for (account, amount) in [(0, "30000"), (1, "10000")] {
        let stake = json!({ "do": "stake", "layer": 2, "account": account, "number": 2,
            "amount": amount });
        venue.must("domain", stake);
    }
    venue
}

fn reward(number: u64, amount: &str) -> Value {
    json!({ "do": "reward", "layer": 2, "number": number, "from": "outside", "amount": amount })
}

fn take(account: u32, number: u64) -> Value {
    json!({ "do": "take-reward", "layer": 2, "account": account, "number": number })
}

/// What the query of an account's exposure says of its only stake.
fn stake_of(venue: &Venue, account: u32) -> (Value, Value) {
    let stake = venue.get(&format!("/v1/accounts/{account}/exposure"))["data"]["stakes"][0].take();
    (stake["amount"].clone(), stake["earned"].clone())
}

/// What is asked in words, by whose key, and the status and code where it is refused.
type Row<'a> = (&'a str, &'a str, Value, Option<(u16, &'a str)>);

/// Each row in turn: who asks for what, and the answer: nothing, or the status and the code. An
/// owner takes his own and no other's, nobody gives but the venue, and a number counts once.
#[test]
fn who_may_give_and_take_rewards_and_what_is_refused() {
    let venue = staked();
    let (ann, bob) = (venue.key("participant", Some(0)), venue.key("participant", Some(1)));
    let auditor = venue.key("auditor", None);
    let fees = |amount: Value| json!({ "do": "reward", "layer": 2, "number": 1, "from": { "fees": 0 }, "amount": amount });
    let cases: [Row<'_>; 14] = [
        ("an owner gives", &ann, reward(1, "40"), Some((403, "not-for-actor"))),
        ("an auditor gives", &auditor, reward(1, "40"), Some((403, "not-for-role"))),
        ("nothing", &venue.venue, reward(1, "0"), Some((422, "zero-amount"))),
        ("no amount in text", &venue.venue, reward(1, "4.0"), Some((400, "body-not-read"))),
        ("more than was booked", &venue.venue, fees(json!("1")), Some((422, "above-fees"))),
        ("all of no fees", &venue.venue, fees(Value::Null), Some((422, "zero-amount"))),
        ("before anything was given", &ann, take(0, 3), Some((422, "nothing-earned"))),
        ("forty", &venue.venue, reward(1, "40"), None),
        ("forty again by its number", &venue.venue, reward(1, "40"), Some((409, "number-not-new"))),
        ("another's", &ann, take(1, 3), Some((403, "not-owner"))),
        ("his own", &bob, take(1, 3), None),
        ("his own once more", &bob, take(1, 4), Some((422, "nothing-earned"))),
        ("who is not staked", &venue.venue, take(2, 2), Some((422, "nothing-earned"))),
        (
            "no such layer",
            &venue.venue,
            json!({ "do": "take-reward", "layer": 9, "account": 0,
            "number": 3 }),
            Some((422, "unknown-layer")),
        ),
    ];
    for (text, key, command, refused) in cases {
        let reply =
            venue.post("/v1/commands", key, &json!({ "area": "domain", "command": command }));
        let told = (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned());
        let expected = refused.map_or((200, String::new()), |(status, code)| (status, code.into()));
        assert_eq!(told, expected, "{text}: {reply:?}");
    }
    assert_eq!(stake_of(&venue, 0), (json!("30000"), json!("30")));
    assert_eq!(stake_of(&venue, 1), (json!("10000"), json!("0")));
    // No loss nor close-out stands near it: it is told all the same.
    let own = venue.get_as("/v1/accounts/1/events", &bob).json();
    let taken = own["items"].as_array().unwrap().iter();
    let taken: Vec<_> =
        taken.filter(|of| of["what"] == "what the stake earned was taken").collect();
    assert_eq!(taken.len(), 1, "{own}");
    assert_eq!(taken[0]["amount"], "10");
}

/// A refusal of a take says what was asked, in the words of the field.
#[test]
fn a_take_of_nothing_says_that_nothing_was_earned() {
    let venue = staked();
    let reply = venue.command("domain", take(0, 3));
    let told = reply.json();
    assert_eq!(told["code"], "nothing-earned", "{told}");
    assert!(told.to_string().contains("earned nothing in layer"), "{told}");
    assert!(!told.to_string().contains("amount is zero"), "{told}");
}

/// The brake on liquidations was once `rate_limit` and `window`. Each row: what stands in place of
/// `breaker`, and the status, code and word of the answer. Nothing of an old body is taken in
/// silence: a venue that thinks it set a limit must not run without.
#[test]
fn an_old_body_of_the_rate_limit_is_refused_whole() {
    let venue = staked();
    let right = json!({ "limits": [{ "value": "1000", "window": 1000 }], "stages": [] });
    let cases: [(&str, Value, u16, &str); 6] = [
        ("the old keys alone", json!({ "rate_limit": "1000", "window": 1000 }), 400, "rate_limit"),
        (
            "old and new",
            json!({ "rate_limit": "1000", "window": 1000, "breaker": right }),
            400,
            "rate_limit",
        ),
        ("no breaker", json!({}), 400, "breaker"),
        (
            "a number for an amount",
            json!({ "breaker": { "limits": [{ "value": 1000, "window": 1000 }], "stages": [] } }),
            400,
            "",
        ),
        ("half a breaker", json!({ "breaker": { "limits": [] } }), 400, "stages"),
        ("as it is now", json!({ "breaker": right }), 200, ""),
    ];
    for (text, part, status, word) in cases {
        let mut routes = json!({ "buffer": 0, "penalty": 0, "slippage": 0, "fund": 0,
            "list": [{ "route": { "route": "market" }, "time": 1000, "budget": "1000" }] });
        routes.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let set = json!({ "do": "set-routes", "asset": 0, "routes": routes });
        let reply = venue.command("close-out", set);
        assert_eq!(reply.status, status, "{text}: {reply:?}");
        assert!(reply.body.contains(word), "{text}: {word} in {reply:?}");
    }
}
