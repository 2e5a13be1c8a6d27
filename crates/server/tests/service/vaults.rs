//! A vault through the door: an owner enters and leaves with his own key, reads both values and what
//! is his, and bears a loss by his shares.

use serde_json::{Value, json};

use super::venue::Venue;

/// The vault's domain, after the world's.
const DOMAIN: u32 = 1;

/// The world with a vault in a domain of its own, whose holders bear its losses.
fn held() -> Venue {
    // A key that came later may be left out.
    held_with(json!({ "fee": 0 }))
}

/// The same with a fee as `fees` say.
fn held_with(fees: Value) -> Venue {
    let venue = Venue::start();
    venue.world();
    venue.must("domain", json!({ "do": "open-domain", "name": "providers", "asset": 0 }));
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    let members = |basis: &str| {
        json!({ "members": { "rule": "proportional", "classes": false, "cap_of_weight": null,
                "on_touch": false, "basis": basis } })
    };
    for (name, kind, source) in [
        ("Vault fund", "insurance-fund", json!("pot")),
        ("Profit", "provider-profit", members("holder-profit")),
        ("Principal", "provider-principal", members("pool-shares")),
    ] {
        let spec = json!({ "name": name, "kind": kind, "asset": 0, "source": source,
            "caps": caps, "attachment": null });
        venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    }
    let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
    let steps = [side(2), side(3), side(4)];
    let set = json!({ "do": "set-waterfall", "domain": DOMAIN, "class": "default",
        "steps": steps });
    venue.must("domain", set);
    let mut spec = json!({ "name": "maker", "domain": DOMAIN, "fund": 2, "max": "1000000000",
        "min_entry": "1000", "cooldown": 0 });
    spec.as_object_mut().unwrap().extend(fees.as_object().unwrap().clone());
    venue.must("liquidity", json!({ "do": "open", "spec": spec }));
    for account in 0..2 {
        let accept = json!({ "do": "accept-terms", "domain": DOMAIN, "account": account });
        venue.must("domain", accept);
    }
    venue
}

fn asked(venue: &Venue, key: &str, command: Value) -> u16 {
    let command = json!({ "area": "liquidity", "command": command });
    venue.post("/v1/commands", key, &command).status
}

#[test]
fn a_vault_from_entry_to_exit() {
    let venue = held();
    let ann = venue.key("participant", Some(0));
    let enter = |account: u32, amount: &str| json!({ "do": "enter", "vault": 0, "account": account, "number": 2, "amount": amount });
    assert_eq!(asked(&venue, &ann, enter(0, "60000")), 200);
    assert_ne!(asked(&venue, &ann, enter(1, "40000")), 200, "another's account is not hers");
    venue.must("liquidity", enter(1, "40000"));
    let vault = venue.get("/v1/vaults/0")["data"].clone();
    let account = vault["account"].clone();
    assert_eq!((&vault["fee_period"], &vault["next_fees"]), (&json!(0), &Value::Null));
    assert_eq!(
        (&vault["worth"]["book"], &vault["realisable"]),
        (&json!("100000"), &json!("100000"))
    );
    let deposit = json!({ "do": "deposit", "account": account, "number": 9, "asset": 0,
        "amount": "1" });
    assert_ne!(venue.command("account", deposit).status, 200, "nobody gives to a vault");
    let report = json!({ "do": "report-loss", "domain": DOMAIN, "number": 1, "class": "default",
        "cause": "market move", "evidence": vec![0; 32], "amount": "10000", "failed": null,
        "margin": "0", "set_off": [] });
    venue.must("loss", report);
    let holders = venue.get("/v1/vaults/0/holders")["data"]["items"].clone();
    let book = |place: usize| holders[place]["book"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(book(0).abs_diff(54_000) <= 1 && book(1).abs_diff(36_000) <= 1, "{holders}");
    assert_eq!(holders[0]["cost"], json!("60000"));
    // Ann sees the vault and what is hers.
    let own = venue.get_as("/v1/accounts/0/vaults", &ann);
    assert!(own.status == 200 && own.body.contains("\"cost\":\"60000\""), "{own:?}");
    assert_ne!(venue.get_as("/v1/accounts/1/vaults", &ann).status, 200);
    assert_ne!(venue.get_as("/v1/vaults/0/holders", &ann).status, 200);
    let page = |key: &str| venue.get_as("/vaults", key).body;
    let (hers, all) = (page(&ann), page(&venue.venue));
    assert!(hers.contains("maker") && hers.contains("Holders of"), "{hers}");
    assert!(!hers.contains("bob") && all.contains("bob"), "{hers}");
    let leave = json!({ "do": "leave", "vault": 0, "account": 0, "number": 3, "shares": null });
    assert_eq!(asked(&venue, &ann, leave), 200);
    assert_eq!(venue.get("/v1/vaults/0/exits")["data"]["items"], json!([]));
    let events = venue.get_as("/v1/accounts/0/events", &ann).body;
    for what in ["put into a vault", "given for a loss", "paid out"] {
        assert!(events.contains(what), "{what}: {events}");
    }
}

/// Marks and the fee to come are read where shares are, and on the page.
#[test]
fn a_fee_of_who_stays_is_seen_before_it_is_taken() {
    let week = 7 * 86_400_000u64;
    let venue = held_with(json!({ "fee": 200_000, "fee_period": week }));
    let ann = venue.key("participant", Some(0));
    let enter = json!({ "do": "enter", "vault": 0, "account": 0, "number": 2, "amount": "60000" });
    assert_eq!(asked(&venue, &ann, enter), 200);
    let vault = venue.get("/v1/vaults/0")["data"].clone();
    assert_eq!(vault["fee_period"], json!(week));
    assert!(vault["next_fees"].as_u64().unwrap() > week, "{vault}");
    let result = json!({ "do": "settle-result", "domain": DOMAIN, "number": 1, "loser": 1,
        "winner": vault["account"], "amount": "10000" });
    venue.must("account", result);
    let own = venue.get_as("/v1/accounts/0/vaults", &ann).body;
    for what in ["\"high_water\":\"60000\"", "\"fee\":\"2000\""] {
        assert!(own.contains(what), "{what}: {own}");
    }
    let page = venue.get_as("/vaults", &ann).body;
    for what in ["High-water mark", "Fee to come", "20.00"] {
        assert!(page.contains(what), "{what}: {page}");
    }
    let often = json!({ "name": "often", "domain": 0, "fund": 0, "max": "1000000000",
        "min_entry": "1000", "cooldown": 0, "fee": 200_000, "fee_period": 1 });
    let refused = venue.command("liquidity", json!({ "do": "open", "spec": often }));
    assert!(refused.body.contains("the fee period is 1, allowed"), "{refused:?}");
}
