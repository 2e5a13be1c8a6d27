//! What was answered stays; what was not may be asked again; nothing is half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use rhodian_core::engine::State;
use rhodian_core::ids::Time;
use rhodian_journal::{Batch, Batches, Entry, Error, Head, History, Journal, Kept, Key, Store};
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

/// A journal that can be slow, or fail.
struct Trouble {
    store: Store,
    fails: Arc<AtomicBool>,
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
        self.store.put_snapshot(at, state)
    }
}

fn in_trouble(slow: Duration, queue: usize) -> (Venue, Arc<AtomicBool>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(folder.path());
    (config.queue, config.group) = (queue, 1);
    let store = Store::open(folder.path()).expect("a journal");
    let (reader, fails) = (store.reader(), Arc::new(AtomicBool::new(false)));
    let journal = Trouble { store, fails: Arc::clone(&fails), slow };
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
fn a_full_queue_refuses_and_loses_nothing() {
    let (venue, _) = in_trouble(Duration::from_millis(20), 2);
    venue.world();
    let sequence = venue.get("/v1/status")["sequence"].as_u64().unwrap();
    let replies: Vec<(u16, Option<String>)> = thread::scope(|scope| {
        let open = |who: usize| {
            let name = format!("owner {who}");
            let reply = venue.command("account", json!({ "do": "open-owner", "name": name }));
            (reply.status, reply.header("retry-after").map(str::to_owned))
        };
        let threads: Vec<_> = (0..24).map(|who| scope.spawn(move || open(who))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let accepted = replies.iter().filter(|reply| reply.0 == 200).count();
    let busy = replies.iter().filter(|reply| reply.0 == 503 && reply.1.is_some()).count();
    assert_eq!(accepted + busy, 24, "{replies:?}");
    assert!(busy > 0, "the queue of two was never full");
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
