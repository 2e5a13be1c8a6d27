//! A lending pool through the door: an owner lends and borrows with his own key, a loan fails, and
//! a lender reads what it cost him and has a receipt for it.

use rhodian_core::ids::{Name, SourceId};
use rhodian_core::oracle::{FeedSpec, Kind, Params, SourceWeight};
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::{self, Policy};
use serde_json::{Value, json};

use super::receipts::public_key;
use super::venue::Venue;

/// The pool's domain, after the world's.
const DOMAIN: u32 = 1;

/// The world with a pool that lends USD against ether, of which an atom at one tick is worth an
/// atom; Ann and Bob lend, Carol borrows.
fn lent() -> Venue {
    let venue = Venue::start();
    venue.world();
    venue.must("domain", json!({ "do": "open-domain", "name": "loans", "asset": 0 }));
    venue.must("domain", json!({ "do": "add-asset", "name": "ETH", "decimals": 0 }));
    let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
    let members = json!({ "members": { "rule": "proportional", "classes": false,
        "cap_of_weight": null, "on_touch": false, "basis": "supply" } });
    for (name, kind, source) in
        [("Loan fund", "insurance-fund", json!("pot")), ("Lenders", "lender-supply", members)]
    {
        let spec = json!({ "name": name, "kind": kind, "asset": 0, "source": source,
            "caps": caps, "attachment": null });
        venue.must("domain", json!({ "do": "add-layer", "spec": spec }));
    }
    let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
    venue.must(
        "domain",
        json!({ "do": "set-waterfall", "domain": DOMAIN, "class": "default",
                "steps": [side(2), side(3)] }),
    );
    let spec = json!({ "asset": 1, "settled": 0, "num": 1, "den": 1,
        "tiers": [{ "above": "0", "initial": 750_000, "maintenance": 800_000 }],
        "max_counted": "1000000000000", "max_held": "1000000000000", "wrong_way": null,
        "own_token": false, "peg": null, "sale_discount": 100_000 });
    venue.must("collateral", json!({ "do": "accept", "spec": spec }));
    mark(&venue, 1_000);
    let spec = json!({ "name": "USD against ETH", "domain": DOMAIN, "collateral": [1],
        "rates": { "at_zero": 0, "kink": 800_000, "at_kink": 0, "at_full": 0 },
        "fee": 100_000, "fund": 2, "max_supply": "1000000000", "max_debt": "1000000000",
        "min_debt": "1000", "bonus": 50_000, "target": 1_250_000 });
    venue.must("lending", json!({ "do": "open", "spec": spec }));
    for account in 0..3 {
        venue.must("domain", json!({ "do": "accept-terms", "domain": DOMAIN, "account": account }));
    }
    venue
}

fn mark(venue: &Venue, price: u32) {
    let price = price.to_string();
    let command = json!({ "do": "mark", "asset": 1, "settled": 0, "price": price });
    venue.must("collateral", command);
}

fn asked(venue: &Venue, key: &str, command: Value) -> (u16, Value) {
    let reply = venue.post("/v1/commands", key, &json!({ "area": "lending", "command": command }));
    (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
}

#[test]
fn a_loan_from_supply_to_receipt() {
    let venue = lent();
    let ann = venue.key("participant", Some(0));
    let supply = |account: u32, number: u32, amount: &str| {
        json!({ "do": "supply", "pool": 0, "account": account, "number": number,
                "amount": amount })
    };
    assert_eq!(asked(&venue, &ann, supply(0, 2, "60000")).0, 200);
    // Another's account is not hers to lend from.
    assert_ne!(asked(&venue, &ann, supply(1, 2, "40000")).0, 200);
    venue.must("lending", supply(1, 2, "40000"));
    let deposit = json!({ "do": "deposit", "account": 2, "number": 2, "asset": 1, "amount": "10" });
    venue.must("account", deposit);
    venue.must(
        "lending",
        json!({ "do": "pledge", "pool": 0, "account": 2, "number": 3,
        "asset": 1, "amount": "10" }),
    );
    venue.must(
        "lending",
        json!({ "do": "borrow", "pool": 0, "account": 2, "number": 4,
        "amount": "7000" }),
    );
    let out = json!({ "do": "withdraw", "account": 2, "number": 5, "asset": 0,
        "amount": "1007000" });
    venue.must("account", out);
    let pool = venue.get("/v1/pools/0")["data"].clone();
    assert_eq!((&pool["utilisation"], &pool["cash"]), (&json!(70_000), &json!("93000")));
    mark(&venue, 780);
    let loan = venue.get("/v1/pools/0/loans")["data"]["items"][0].clone();
    assert_eq!(loan["health"]["to_keep"], json!("6240"));
    assert_eq!(loan["health"]["liquidatable"], json!(true));
    // On the page everyone sees the pool, the venue every loan, Ann her own supply.
    let page = |key: &str| venue.get_as("/pools", key).body;
    let (hers, all) = (page(&ann), page(&venue.venue));
    assert!(hers.contains("USD against ETH") && hers.contains("Supply of"), "{hers}");
    assert!(!hers.contains("Loans of") && !hers.contains("carol"), "{hers}");
    assert!(all.contains("may be liquidated") && all.contains("0.89"), "{all}");
    mark(&venue, 500);
    let held = venue.get("/v1/accounts/0/pools")["data"]["items"][0].clone();
    assert_eq!((&held["supply"], &held["lien"]), (&json!("60000"), &json!("1800")));
    let too_much = json!({ "do": "redeem", "pool": 0, "account": 0, "number": 3,
        "amount": "60000" });
    let (status, refused) = asked(&venue, &ann, too_much);
    assert_eq!((status, refused["code"].as_str()), (422, Some("above-free")), "{refused}");
    venue.must(
        "collateral",
        json!({ "do": "sell", "loss": 0, "number": 1, "asset": 1, "amount": "10",
                "buyer": null, "proceeds": "5000" }),
    );
    let held = venue.get("/v1/accounts/0/pools")["data"]["items"][0].clone();
    assert_eq!((&held["supply"], &held["lien"]), (&json!("58800"), &json!("0")));
    let receipt = venue.get_as("/v1/losses/0/receipts/0", &ann);
    assert_eq!(receipt.status, 200, "{receipt:?}");
    assert!(receipt.body.contains("\"1200\""), "3/5 of 2,000: {}", receipt.body);
    let events = venue.get_as("/v1/accounts/0/events?limit=1000", &ann);
    assert!(events.body.contains("\"amount\":\"1200\""), "{}", events.body);
    let receipt = Receipt::from_json(&receipt.body).expect("the file is canonical");
    let (key, witnesses) = (public_key(&venue), Vec::new());
    let policy = Policy { key, witnesses, needed: 0, head: None, since: None };
    let report = verify::receipt(&receipt, &policy);
    assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
}

/// The list says which feed a collateral is marked from; the venue marks it by hand no more, and on a
/// feed that has said nothing nobody borrows.
#[test]
fn collateral_is_priced_by_its_feed() {
    let venue = lent();
    let kind = Kind::Price;
    let spec = FeedSpec {
        name: Name::new("ETH index").unwrap(),
        kind,
        domains: Vec::new(),
        sources: (0..3).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
        min_sources: 2,
        params: Params::of(kind),
    };
    venue.must("oracle", json!({ "do": "open-feed", "spec": spec }));
    let feed = || venue.get("/v1/collateral")["data"]["items"][0]["feed"].clone();
    assert_eq!(feed(), Value::Null);
    let attach = json!({ "do": "attach-feed", "asset": 1, "settled": 0, "feed": 0 });
    venue.must("collateral", attach);
    assert_eq!(feed(), json!(0));
    let refused = |area: &str, command: Value| {
        let command = json!({ "area": area, "command": command });
        venue.post("/v1/commands", &venue.venue, &command).code()
    };
    let by_hand = json!({ "do": "mark", "asset": 1, "settled": 0, "price": "900" });
    assert_eq!(refused("collateral", by_hand), "has-feed");
    let from_feed = json!({ "do": "mark-from-feed", "asset": 1, "settled": 0 });
    assert_eq!(refused("collateral", from_feed), "price-unfit");
    venue.must(
        "lending",
        json!({ "do": "supply", "pool": 0, "account": 0, "number": 2, "amount": "60000" }),
    );
    let deposit = json!({ "do": "deposit", "account": 2, "number": 2, "asset": 1, "amount": "10" });
    venue.must("account", deposit);
    venue.must(
        "lending",
        json!({ "do": "pledge", "pool": 0, "account": 2, "number": 3, "asset": 1,
                "amount": "10" }),
    );
    let borrow = json!({ "do": "borrow", "pool": 0, "account": 2, "number": 4, "amount": "1000" });
    assert_eq!(refused("lending", borrow), "above-borrowable");
    // Who owes nothing is not sold out.
    let convert = json!({ "do": "convert", "account": 0, "buyer": 1, "number": 9, "asset": 1,
        "amount": "1" });
    assert_eq!(refused("collateral", convert), "within-limit");
}
