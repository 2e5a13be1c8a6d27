//! Options at volatilities of their own through the door: desks sign what they say, and a surface
//! that leaves a sure profit is told with its strikes, in the API, on the page and to who trades.

use std::time::{SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signer, SigningKey};
use rhodian_core::ids::{Name, SourceId};
use rhodian_core::oracle::{FeedSpec, Kind, Params, SourceWeight};
use rhodian_server::signature::{message, to_hex};
use serde_json::{Value, json};

use super::client::call;
use super::venue::Venue;

const MONTH: u64 = 30 * 86_400_000;

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A desk with its key and its signature.
pub(super) struct Desk {
    source: u32,
    key: String,
    signing: SigningKey,
}

impl Desk {
    pub(super) fn open(venue: &Venue, source: u32) -> Self {
        let signing = SigningKey::from_bytes(&[7 + u8::try_from(source).unwrap(); 32]);
        let public = to_hex(signing.verifying_key().as_bytes());
        let name = format!("desk {source}");
        let asked =
            json!({ "name": name, "role": "source", "subject": source, "public_key": public });
        let given = venue.post("/v1/keys", &venue.admin, &asked).json();
        Self { source, key: given["secret"].as_str().unwrap().to_owned(), signing }
    }

    fn say(&self, venue: &Venue, feed: u32, percent: u64) {
        self.report(venue, feed, percent * 10_000);
    }

    /// The first report of a feed that a source makes.
    pub(super) fn report(&self, venue: &Venue, feed: u32, units: u64) {
        let body = json!({ "area": "oracle", "command": {
            "do": "report", "feed": feed, "source": self.source, "number": feed + 1,
            "value": units.to_string(), "confidence": "0", "time": now() - 1_000,
        } })
        .to_string();
        let signature = self.signing.sign(&message("Test", body.as_bytes()));
        let (bearer, signature) = (format!("Bearer {}", self.key), to_hex(&signature.to_bytes()));
        let headers =
            [("authorization", bearer.as_str()), ("rhodian-signature", signature.as_str())];
        let reply = call(venue.address, "POST", "/v1/commands", &headers, body.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[test]
fn a_surface_that_leaves_a_profit_is_told_with_its_strikes() {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    venue.trade();
    let desks = [0, 1].map(|source| Desk::open(&venue, source));
    let expiry = now() + MONTH;
    for (feed, strike) in [(0, 900), (1, 1_000), (2, 1_100)] {
        let kind = Kind::Volatility;
        let spec = FeedSpec {
            name: Name::new(&format!("volatility of {strike}")).unwrap(),
            kind,
            domains: Vec::new(),
            sources: (0..2).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect(),
            min_sources: 2,
            params: Params { max_age: 3_600_000, ..Params::of(kind) },
        };
        venue.must("oracle", json!({ "do": "open-feed", "spec": spec }));
        let instrument = json!({ "instrument": "option", "underlying": 0, "right": "call",
            "strike": strike.to_string(), "expiry": expiry });
        option(&venue, feed + 1, &format!("C{strike}"), &instrument);
        let feeds = json!({ "price": null, "depth": null, "volatility": feed });
        let attach = json!({ "do": "attach-feeds", "market": feed + 1, "feeds": feeds });
        venue.must("market", attach);
        let percent = if strike == 1_000 { 110 } else { 60 };
        desks.iter().for_each(|desk| desk.say(&venue, feed, percent));
    }
    let instrument = json!({ "instrument": "option", "underlying": 0, "right": "call",
        "strike": "1000", "expiry": expiry + MONTH });
    option(&venue, 4, "LATER", &instrument);
    let profit = json!({ "between": "butterfly", "expiry": expiry, "low": "900",
        "middle": "1000", "high": "1100" });
    let why = json!({ "why": "arbitrage", "underlying": 0, "profit": profit });
    for feed in 0..3u32 {
        let at = venue.get(&format!("/v1/markets/{}/volatility", feed + 1))["data"].clone();
        assert_eq!(at["feed"], json!(feed), "{at}");
        assert_eq!(at["answer"]["quality"], "mark", "{at}");
        assert_eq!(at["answer"]["reasons"], json!([why]), "{at}");
        let answer = venue.get(&format!("/v1/feeds/{feed}"))["data"]["answer"].clone();
        assert_eq!(answer, at["answer"]);
    }
    let none = venue.get("/v1/markets/4/volatility")["data"].clone();
    assert_eq!((&none["feed"], &none["answer"]), (&Value::Null, &Value::Null));
    let fill = json!({ "area": "market", "command": { "do": "fill", "market": 2, "number": 2,
        "buyer": { "account": 2 }, "seller": { "account": 0 }, "lots": "1", "price": "70",
        "buyer_fee": "0", "seller_fee": "0" } });
    let refused = venue.post("/v1/commands", &venue.venue, &fill);
    assert_eq!(refused.code(), "price-unfit", "{}", refused.body);
    assert!(
        refused.body.contains("butterfly") && refused.body.contains("1100"),
        "{}",
        refused.body
    );
    let page = call(venue.address, "GET", "/markets", &[], b"").body;
    let said = "options on BTC leave a sure profit: the option at 1000 of ";
    assert!(page.contains(said) && page.contains("mix of those at 900 and 1100"), "{page}");
    for from in ["volatility of 900", "its underlying"] {
        assert!(page.contains(&format!("<td>{from}</td>")), "{from}: {page}");
    }
}

fn option(venue: &Venue, market: u32, name: &str, instrument: &Value) {
    venue.must(
        "market",
        json!({ "do": "list", "spec": { "name": name, "domain": 0, "instrument": instrument,
            "unit": 1000, "max_price": "1000000", "max_position": 1000, "max_open": 10000,
            "band": 1_000_000, "tiers": [{ "above": "0", "initial": 100_000,
            "maintenance": 50_000 }], "steps": null } }),
    );
    venue.must("market", json!({ "do": "mark", "marks": [[market, "70"]] }));
}
