//! What was answered stays; what was not may be asked again; nothing is half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use rhodian_core::engine::State;
use rhodian_core::ids::Time;
use rhodian_journal::{
    Batch, Batches, Entry, Error, Head, History, Journal, Kept, Key, Outcome, Store,
};
use rhodian_server::Config;
use rhodian_server::service::start_on;
use serde_json::json;

use super::venue::{Venue, config, deposit};

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let mut venue = Venue::start();
    venue.world();
    let before = venue.get("/v1/status");
    let accounts = venue.get("/v1/accounts");
    let digest =
        |venue: &Venue| venue.get_as("/v1/digest", &venue.admin).json()["data"]["digest"].clone();
    let (was, sequence) = (digest(&venue), before["sequence"].as_u64().unwrap());
    assert!(sequence > 10, "{before}");
    venue.restart();
    assert_eq!(digest(&venue), was);
    assert_eq!(venue.get("/v1/accounts")["data"], accounts["data"]);
    assert_eq!(venue.get("/v1/status")["sequence"], sequence);
    venue.deposit(0, 2, 5);
}

#[test]
fn a_retry_gets_the_first_answer() {
    let mut venue = Venue::start();
    venue.world();
    let first = venue.keyed("a", "account", deposit(0, 2, 7));
    assert_eq!(first.status, 200, "{first:?}");
    let again = venue.keyed("a", "account", deposit(0, 2, 7));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = venue.keyed("a", "account", deposit(0, 2, 8));
    assert_eq!((other.status, other.code().as_str()), (409, "key-reused"));
    // A refusal is an answer like any other.
    let refused = venue.keyed("b", "account", deposit(0, 2, 9));
    assert_eq!((refused.status, refused.code().as_str()), (409, "number-not-new"));
    assert_eq!(refused.json()["rejection"]["rejected"]["numbers"]["last"], 2);
    assert_eq!(venue.keyed("b", "account", deposit(0, 2, 9)).body, refused.body);
    venue.restart();
    assert_eq!(venue.keyed("a", "account", deposit(0, 2, 7)).body, first.body);
    assert_eq!(venue.keyed("b", "account", deposit(0, 2, 9)).body, refused.body);
    assert_eq!(venue.get("/v1/accounts/0")["data"]["balances"][0]["balance"], "1000007");
}

#[test]
fn retries_at_the_same_moment_are_done_once() {
    let venue = Venue::start();
    venue.world();
    let barrier = Barrier::new(8);
    let replies: Vec<(u16, String)> = thread::scope(|scope| {
        let ask = || {
            barrier.wait();
            let reply = venue.keyed("same", "account", deposit(1, 2, 11));
            (reply.status, reply.body)
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    assert_eq!(replies[0].0, 200);
    assert_eq!(venue.get("/v1/accounts/1")["data"]["balances"][0]["balance"], "1000011");
}

/// A refusal that nobody can ask for again is not written: a flood of them does not fill the disk.
/// One with a key is, for its retry.
#[test]
fn refusals_without_a_key_are_not_written() {
    let mut venue = Venue::start();
    venue.world();
    let bob = venue.key("participant", Some(1));
    let stale = json!({ "area": "account", "command": deposit(0, 1, 5) });
    let too_much = json!({ "area": "account", "command": {
        "do": "withdraw", "account": 1, "number": 2, "asset": 0, "amount": "99999999999",
    } });
    for (key, action, code) in [
        (&venue.venue, &stale, "number-not-new"),
        (&bob, &too_much, "withdrawal-above-free"),
        (&bob, &stale, "not-for-actor"),
    ] {
        for _ in 0..5 {
            assert_eq!(venue.post("/v1/commands", key, action).code(), code, "{action}");
        }
    }
    // The door refuses what is not for the role before the journal could keep it under a key.
    let bearer = format!("Bearer {bob}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "mine")];
    let call = |body: &str| {
        super::client::call(venue.address, "POST", "/v1/commands", &headers, body.as_bytes())
    };
    let reply = call(&stale.to_string());
    assert_eq!((reply.status, reply.code().as_str()), (403, "not-for-actor"));
    let noted = venue.get_as("/v1/audit", &venue.admin).json()["items"].clone();
    assert_eq!(noted.as_array().unwrap().len(), 16, "each is noted: {noted}");
    let refused = call(&too_much.to_string());
    assert_eq!(refused.code(), "withdrawal-above-free");
    assert_eq!(call(&too_much.to_string()).body, refused.body);
    venue.running.take().expect("it runs").stop().expect("it stops well");
    let store = Store::open(venue.folder.path()).expect("the journal is whole");
    let batches = store.read_after(0).expect("it reads").map(|batch| batch.expect("it is whole"));
    let written: Vec<Option<String>> = batches
        .flat_map(|batch| batch.entries)
        .filter(|entry| matches!(entry.outcome, Outcome::Rejected { .. }))
        .map(|entry| entry.key.map(|key| key.to_string()))
        .collect();
    assert_eq!(written, [Some("3:mine".to_owned())]);
}

/// The answer is written into the map that the call's headers came in: none of them goes back, not the
/// secret and not the key.
#[test]
fn nothing_of_a_calls_headers_comes_back() {
    let venue = Venue::start();
    venue.world();
    let bearer = format!("Bearer {}", venue.venue);
    let asked = |body: &str| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", "once"),
            ("cookie", "session=mine"),
            ("x-of-the-call", "mine"),
        ];
        super::client::call(venue.address, "POST", "/v1/commands", &headers, body.as_bytes())
    };
    let opened = json!({ "area": "account", "command": { "do": "open-owner", "name": "zoe" } });
    for (body, status) in [(opened.to_string(), 200), (opened.to_string(), 200), ("{}".into(), 400)]
    {
        let reply = asked(&body);
        assert_eq!(reply.status, status, "{reply:?}");
        for (name, value) in &reply.headers {
            let known = ["authorization", "idempotency-key", "cookie", "x-of-the-call", "host"];
            assert!(!known.contains(&name.as_str()), "{name} came back");
            assert!(!value.contains("mine") && !value.contains(&venue.venue), "{name}: {value}");
        }
    }
}

/// A journal that can be slow, or fail.
struct Trouble {
    store: Store,
    fails: Arc<AtomicBool>,
    no_snapshots: bool,
    slow: Duration,
}

impl History for Trouble {
    fn head(&self) -> Result<Head, Error> {
        self.store.head()
    }

    fn batch(&self, number: u64) -> Result<Option<Batch>, Error> {
        self.store.batch(number)
    }

    fn read_after(&self, number: u64) -> Result<Batches<'_>, Error> {
        self.store.read_after(number)
    }

    fn read_from(&self, sequence: u64) -> Result<Batches<'_>, Error> {
        self.store.read_from(sequence)
    }

    fn kept(&self, key: &Key) -> Result<Option<Kept>, Error> {
        self.store.kept(key)
    }

    fn latest_snapshot(&self) -> Result<Option<(Head, State)>, Error> {
        self.store.latest_snapshot()
    }
}

impl Journal for Trouble {
    fn append_if(&mut self, expected: Head, at: Time, entries: Vec<Entry>) -> Result<Batch, Error> {
        thread::sleep(self.slow);
        if self.fails.load(Ordering::SeqCst) {
            return Err(Error::Stopped { place: "the disk".into() });
        }
        self.store.append_if(expected, at, entries)
    }

    fn put_snapshot(&mut self, at: Head, state: &State) -> Result<(), Error> {
        if self.no_snapshots {
            return Err(Error::Stopped { place: "the disk".into() });
        }
        self.store.put_snapshot(at, state)
    }
}

fn in_trouble(slow: Duration, queue: usize) -> (Venue, Arc<AtomicBool>) {
    in_trouble_with(slow, |config| config.queue = queue)
}

fn in_trouble_with(slow: Duration, change: impl Fn(&mut Config)) -> (Venue, Arc<AtomicBool>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(folder.path());
    config.group = 1;
    change(&mut config);
    // Where they come often, they fail.
    let no_snapshots = config.snapshot_every == 1;
    let store = Store::open(folder.path()).expect("a journal");
    let (reader, fails) = (store.reader(), Arc::new(AtomicBool::new(false)));
    let journal = Trouble { store, fails: Arc::clone(&fails), no_snapshots, slow };
    let running = start_on(config, Box::new(journal), reader).expect("it starts");
    (Venue::on(folder, running), fails)
}

#[test]
fn a_sync_that_fails_ends_the_service_and_acknowledges_nothing() {
    let (mut venue, fails) = in_trouble(Duration::ZERO, 100);
    venue.world();
    let sequence = venue.get("/v1/status")["sequence"].clone();
    fails.store(true, Ordering::SeqCst);
    let reply = venue.keyed("k", "account", deposit(0, 2, 7));
    assert_eq!((reply.status, reply.code().as_str()), (503, "outcome-unknown"));
    assert_eq!(venue.get("/v1/status")["sequence"], sequence, "nobody sees what was not written");
    assert_eq!(venue.get_as("/health/ready", &venue.venue).status, 503);
    let reply = venue.command("account", deposit(0, 2, 8));
    assert_eq!((reply.status, reply.code().as_str()), (503, "stopping"));
    let running = venue.running.take().expect("it runs");
    let (_never, stop) = std::sync::mpsc::channel();
    let ended = running.wait(&stop, None).expect_err("it cannot go on");
    assert!(ended.to_string().contains("the journal failed"), "{ended}");
    let running = rhodian_server::start(config(venue.folder.path())).expect("the journal is whole");
    (venue.address, venue.running) = (running.address, Some(running));
    let reply = venue.keyed("k", "account", deposit(0, 2, 7));
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn a_snapshot_that_fails_ends_the_service_before_another_command_is_taken() {
    let (mut venue, _) = in_trouble_with(Duration::ZERO, |config| config.snapshot_every = 1);
    let asset = json!({ "do": "add-asset", "name": "USD", "decimals": 2 });
    let first = venue.keyed("a", "domain", asset.clone());
    assert_eq!(first.status, 200, "what was durable before it is answered: {first:?}");
    let ready = || venue.get_as("/health/ready", &venue.venue).status == 200;
    for _ in 0..500 {
        if !ready() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let domain = json!({ "do": "open-domain", "name": "majors", "asset": 0 });
    let reply = venue.keyed("b", "domain", domain);
    assert_eq!((reply.status, reply.code().as_str()), (503, "stopping"));
    let running = venue.running.take().expect("it runs");
    let (_never, stop) = std::sync::mpsc::channel();
    let ended = running.wait(&stop, None).expect_err("it cannot go on");
    assert!(ended.to_string().contains("under a snapshot"), "{ended}");
    let running = rhodian_server::start(config(venue.folder.path())).expect("the journal is whole");
    (venue.address, venue.running) = (running.address, Some(running));
    assert_eq!(venue.keyed("a", "domain", asset).body, first.body);
}

#[test]
fn a_queue_full_of_commands_or_of_bytes_refuses_and_loses_nothing() {
    fills_up("commands", |config| config.queue = 2);
    // Five commands of this test fill it.
    fills_up("bytes", |config| (config.queue_bytes, config.body_limit) = (4_096, 4_096));
}

fn fills_up(what: &str, change: impl Fn(&mut Config)) {
    let (venue, _) = in_trouble_with(Duration::from_millis(20), change);
    venue.world();
    let sequence = venue.get("/v1/status")["sequence"].as_u64().unwrap();
    let replies: Vec<(u16, Option<String>)> = thread::scope(|scope| {
        let open = |who: usize| {
            let name = format!("owner {who}");
            let action = json!({ "area": "account", "command": {
                "do": "open-owner", "name": name,
            } });
            let body = format!("{action}{}", " ".repeat(700));
            let bearer = format!("Bearer {}", venue.venue);
            let headers = [("authorization", bearer.as_str())];
            let body = body.as_bytes();
            let reply = super::client::call(venue.address, "POST", "/v1/commands", &headers, body);
            (reply.status, reply.header("retry-after").map(str::to_owned))
        };
        let threads: Vec<_> = (0..24).map(|who| scope.spawn(move || open(who))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let accepted = replies.iter().filter(|reply| reply.0 == 200).count();
    let busy = replies.iter().filter(|reply| reply.0 == 503 && reply.1.is_some()).count();
    assert_eq!(accepted + busy, 24, "{replies:?}");
    assert!(busy > 0, "the queue was never full of {what}");
    let events = venue.get(&format!("/v1/events?after={sequence}&limit=1000"));
    let opened = events["items"].as_array().unwrap().iter();
    let opened = opened.filter(|event| event["fact"]["event"] == "owner-opened").count();
    assert_eq!(opened, accepted, "each accepted one happened, no refused one did");
}

#[test]
fn a_stop_answers_what_was_taken() {
    let (mut venue, _) = in_trouble(Duration::from_millis(30), 64);
    venue.world();
    let (address, key, running) = (venue.address, venue.venue.clone(), venue.running.take());
    let answers: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|who| {
                let key = &key;
                scope.spawn(move || {
                    let action = json!({ "area": "account", "command": {
                    "do": "open-owner", "name": format!("late {who}"),
                } });
                    let bearer = format!("Bearer {key}");
                    let headers = [("authorization", bearer.as_str())];
                    let body = action.to_string();
                    super::client::call(address, "POST", "/v1/commands", &headers, body.as_bytes())
                        .status
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(60));
        running.expect("it runs").stop().expect("it stops well");
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    let accepted = answers.iter().filter(|status| **status == 200).count();
    let running = rhodian_server::start(config(venue.folder.path())).expect("it starts again");
    (venue.address, venue.running) = (running.address, Some(running));
    let owners = venue.get("/v1/owners?limit=1000")["data"]["items"].as_array().unwrap().len();
    assert_eq!(owners, 3 + accepted);
}
