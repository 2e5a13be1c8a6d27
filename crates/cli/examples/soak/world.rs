//! The venue that is soaked: markets for the traders, one that crashes, one that a signed source
//! prices; accounts with money.

use std::io;

use rhodian_core::ids::{FeedId, Name, SourceId};
use rhodian_core::oracle::{FeedSpec, Kind, Params, SourceWeight};
use serde_json::{Value, json};

use crate::http::Client;

/// Accounts of each trader.
pub const ACCOUNTS: u32 = 12;
/// What each account begins with, in atoms.
const MONEY: u64 = 1_000_000_000;
/// The source that reports.
pub const SOURCE: u32 = 1;

/// Where things are, for so many traders: each has a market and accounts of its own.
#[derive(Clone, Copy)]
pub struct World {
    pub traders: u32,
}

impl World {
    /// The market that crashes.
    pub const fn crashing(self) -> u32 {
        self.traders
    }

    /// The market that a source prices.
    pub const fn sourced(self) -> u32 {
        self.traders + 1
    }

    /// Who fails, again and again; who wins by it is the next.
    pub const fn failing(self) -> u32 {
        self.traders * ACCOUNTS
    }

    /// Opens everything.
    pub fn open(self, venue: &mut Client) -> io::Result<()> {
        let mut must = |area: &str, command: Value| must(venue, area, command);
        must("domain", json!({ "do": "add-asset", "name": "USD", "decimals": 2 }))?;
        must("domain", json!({ "do": "open-domain", "name": "majors", "asset": 0 }))?;
        let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
        let members = json!({ "members": { "rule": "proportional", "classes": false,
            "cap_of_weight": null, "on_touch": false, "basis": "session-gains" } });
        for (name, kind, source) in
            [("Fund", "insurance-fund", json!("pot")), ("Winners", "gains-haircut", members)]
        {
            let spec = json!({ "name": name, "kind": kind, "asset": 0, "source": source,
                "caps": caps, "attachment": null });
            must("domain", json!({ "do": "add-layer", "spec": spec }))?;
        }
        let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
        must(
            "domain",
            json!({ "do": "set-waterfall", "domain": 0, "class": "default",
                    "steps": [side(0), side(1)] }),
        )?;
        for market in 0..self.traders + 2 {
            let spec = json!({ "name": format!("M{market}"), "domain": 0,
                "instrument": { "instrument": "perpetual" }, "unit": 1000, "max_price": "1000000",
                "max_position": 1000, "max_open": 100_000, "band": 200_000,
                "tiers": [{ "above": "0", "initial": 100_000, "maintenance": 50_000 }],
                "steps": null });
            must("market", json!({ "do": "list", "spec": spec }))?;
        }
        let spec = FeedSpec {
            name: Name::new("source").ok_or_else(|| io::Error::other("a name"))?,
            kind: Kind::Price,
            domains: Vec::new(),
            sources: vec![SourceWeight { source: SourceId(SOURCE), weight: 1 }],
            min_sources: 1,
            params: Params::of(Kind::Price),
        };
        must("oracle", json!({ "do": "open-feed", "spec": spec }))?;
        let feeds = json!({ "price": FeedId(0), "depth": null, "volatility": null });
        must("market", json!({ "do": "attach-feeds", "market": self.sourced(), "feeds": feeds }))?;
        let marks: Vec<Value> = (0..=self.traders).map(|market| json!([market, "1000"])).collect();
        must("market", json!({ "do": "mark", "marks": marks }))?;
        for who in 0..self.failing() + 2 {
            let name = format!("owner {who}");
            must("account", json!({ "do": "open-owner", "name": name }))?;
            let account =
                json!({ "do": "open-account", "name": name, "owner": who, "kind": "cross" });
            must("account", account)?;
            must("domain", json!({ "do": "accept-terms", "domain": 0, "account": who }))?;
            if who != self.failing() {
                must("account", deposit("deposit", who, 1, MONEY))?;
            }
        }
        must("market", json!({ "do": "end-period" }))
    }
}

/// A deposit or a withdrawal.
pub fn deposit(what: &str, account: u32, number: u64, atoms: u64) -> Value {
    json!({ "do": what, "account": account, "number": number, "asset": 0,
            "amount": atoms.to_string() })
}

fn must(venue: &mut Client, area: &str, command: Value) -> io::Result<()> {
    let body = json!({ "area": area, "command": command }).to_string();
    let answer = venue.call("POST", "/v1/commands", "", &body)?;
    match answer.status {
        200 => Ok(()),
        status => {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            Err(io::Error::other(format!("{body}: {status}: {said}")))
        }
    }
}
