//! A venue to ask: a service on a folder of its own, with keys for everyone and a small world.

use std::net::SocketAddr;
use std::path::Path;

use rhodian_server::{Config, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Reply, call};

/// A service and its keys.
pub struct Venue {
    pub folder: TempDir,
    pub running: Option<Running>,
    pub address: SocketAddr,
    pub admin: String,
    pub venue: String,
}

pub fn config(folder: &Path) -> Config {
    Config {
        data: folder.to_path_buf(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        venue: Some("Test".to_owned()),
        tick: 0,
        ..Config::default()
    }
}

impl Venue {
    /// A service on an empty folder.
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(change: impl Fn(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(folder.path());
        change(&mut config);
        let running = rhodian_server::start(config).expect("the service starts");
        Self::on(folder, running)
    }

    /// With the keys of a service that was just started for the first time.
    pub fn on(folder: TempDir, running: Running) -> Self {
        let (address, admin) = (running.address, running.first_key.clone());
        let admin = admin.expect("a first start gives a key");
        let mut venue =
            Self { folder, running: Some(running), address, admin, venue: String::new() };
        venue.venue = venue.key("venue", None);
        venue
    }

    /// A new key's secret.
    pub fn key(&self, role: &str, subject: Option<u32>) -> String {
        let asked = json!({ "name": role, "role": role, "subject": subject });
        let reply = self.post("/v1/keys", &self.admin, &asked);
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["secret"].as_str().expect("a secret").to_owned()
    }

    pub fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {key}");
        let body = body.to_string();
        call(self.address, "POST", path, &[("authorization", &bearer)], body.as_bytes())
    }

    pub fn get_as(&self, path: &str, key: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        call(self.address, "GET", path, &[("authorization", &bearer)], b"")
    }

    /// Reads as the venue; it must be there.
    pub fn get(&self, path: &str) -> Value {
        let reply = self.get_as(path, &self.venue);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// A command of the venue.
    pub fn command(&self, area: &str, command: Value) -> Reply {
        let action = json!({ "area": area, "command": command });
        self.post("/v1/commands", &self.venue, &action)
    }

    /// A command of the venue that must be accepted.
    pub fn must(&self, area: &str, command: Value) -> Value {
        let shown = command.to_string();
        let reply = self.command(area, command);
        assert_eq!(reply.status, 200, "{shown}: {reply:?}");
        reply.json()
    }

    /// With an idempotency key.
    pub fn keyed(&self, retry: &str, area: &str, command: Value) -> Reply {
        let bearer = format!("Bearer {}", self.venue);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", retry)];
        let body = json!({ "area": area, "command": command }).to_string();
        call(self.address, "POST", "/v1/commands", &headers, body.as_bytes())
    }

    /// Stops and starts again on the same folder.
    pub fn restart(&mut self) {
        self.restart_with(|_| {});
    }

    pub fn restart_with(&mut self, change: impl Fn(&mut Config)) {
        self.running.take().expect("it runs").stop().expect("it stops well");
        let mut config = config(self.folder.path());
        change(&mut config);
        let running = rhodian_server::start(config).expect("it starts again");
        assert!(running.first_key.is_none(), "the first key is given once");
        self.address = running.address;
        self.running = Some(running);
    }

    /// An asset, a domain with a fund and a haircut of gains, and Ann, Bob and Carol with money.
    pub fn world(&self) {
        self.must("domain", json!({ "do": "add-asset", "name": "USD", "decimals": 2 }));
        self.must("domain", json!({ "do": "open-domain", "name": "majors", "asset": 0 }));
        for (name, kind) in [("Fund", "insurance-fund"), ("Winners", "gains-haircut")] {
            let members = json!({ "members": {
                "rule": "proportional", "classes": false, "cap_of_weight": null,
                "on_touch": false, "basis": "session-gains",
            } });
            let source = if kind == "gains-haircut" { members } else { json!("pot") };
            let caps = json!({ "per_event": null, "per_episode": null, "per_period": null });
            let spec = json!({
                "name": name, "kind": kind, "asset": 0, "source": source, "caps": caps,
                "attachment": null,
            });
            self.must("domain", json!({ "do": "add-layer", "spec": spec }));
        }
        let pay = json!({ "do": "pay-into-layer", "layer": 0, "number": 1, "amount": "100000" });
        self.must("domain", pay);
        let side = |layer: u32| json!({ "layers": [{ "layer": layer, "weight": 1 }] });
        self.must(
            "domain",
            json!({
                "do": "set-waterfall", "domain": 0, "class": "default", "steps": [side(0), side(1)],
            }),
        );
        for (id, name) in ["ann", "bob", "carol"].into_iter().enumerate() {
            self.must("account", json!({ "do": "open-owner", "name": name }));
            self.must(
                "account",
                json!({
                    "do": "open-account", "name": name, "owner": id, "kind": "cross",
                }),
            );
            self.must("domain", json!({ "do": "accept-terms", "domain": 0, "account": id }));
            self.deposit(id, 1, 1_000_000);
        }
    }

    pub fn deposit(&self, account: usize, number: u64, atoms: u64) {
        self.must("account", deposit(account, number, atoms));
    }

    /// A market of Bitcoin at 600, and Ann long five against Bob.
    pub fn trade(&self) {
        let set = |parameter: &str, value: &str| {
            self.must(
                "control",
                json!({
                    "do": "set-parameter", "domain": 0, "parameter": parameter, "value": value,
                }),
            );
        };
        set("reference-age", "0");
        set("close-out-budget", "0");
        self.must(
            "market",
            json!({ "do": "list", "spec": {
            "name": "BTC", "domain": 0, "instrument": { "instrument": "perpetual" }, "unit": 1000,
            "max_price": "1000000", "max_position": 1000, "max_open": 10000, "band": 1_000_000,
            "tiers": [{ "above": "0", "initial": 100_000, "maintenance": 50_000 }], "steps": null,
        } }),
        );
        self.mark(1_000);
        self.must(
            "market",
            json!({
                "do": "fill", "market": 0, "number": 1, "buyer": { "account": 0 },
                "seller": { "account": 1 }, "lots": "9", "price": "1000", "buyer_fee": "0",
                "seller_fee": "0",
            }),
        );
    }

    pub fn mark(&self, price: u32) {
        self.must("market", json!({ "do": "mark", "marks": [[0, price.to_string()]] }));
    }
}

pub fn deposit(account: usize, number: u64, atoms: u64) -> Value {
    json!({
        "do": "deposit", "account": account, "number": number, "asset": 0,
        "amount": atoms.to_string(),
    })
}
