//! Webhooks, at receivers that fail, hang, die and come back: nothing is lost, nothing reordered.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use rhodian_server::webhooks::Settings;
use rhodian_server::{Config, Error};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use super::certificates::Certificate;
use super::receiver::{Do, Heard, Receiver, TAKE};
use super::venue::{Venue, config};

const PAGE: &str = include_str!("../../../../docs/webhooks.md");

/// A folder with a secret in it, apart from the service's.
struct Desk {
    folder: TempDir,
    secret: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let secret =
            format!("whsec_{}", Base64::encode_string(b"a secret of thirty-two bytes..!!"));
        fs::write(folder.path().join("secret"), format!("{secret}\n")).expect("written");
        Self { folder, secret }
    }

    fn webhook(&self, to: SocketAddr) -> Settings {
        Settings {
            name: "desk".to_owned(),
            url: format!("http://{to}/told?token=shall-not-show"),
            events: vec!["account".to_owned(), "episodes".to_owned(), "statuses".to_owned()],
            secret_file: Some(self.folder.path().join("secret")),
            secret_variable: None,
            authority: None,
            timeout: 10_000,
            retry_after: 10,
            retry_at_most: 40,
        }
    }

    /// A service that tells `to`.
    fn venue(&self, to: SocketAddr) -> Venue {
        Venue::start_with(|config| config.webhook = vec![self.webhook(to)])
    }

    /// Whether the signature of a request is right.
    fn signed(&self, heard: &Heard) -> bool {
        let key = Base64::decode_vec(&self.secret["whsec_".len()..]).expect("a secret");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        let stamp = heard.header("webhook-timestamp");
        mac.update(format!("{}.{stamp}.{}", heard.id(), heard.body).as_bytes());
        let right = format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()));
        heard.header("webhook-signature") == right
    }
}

/// The events of the journal after `sequence` that the webhook of [`Desk`] tells.
fn told_after(venue: &Venue, sequence: u64) -> Vec<Value> {
    let events = venue.get(&format!("/v1/events?after={sequence}&limit=1000"))["items"].clone();
    let events = events.as_array().expect("a list").clone();
    let chosen = |event: &Value| {
        let kind = event["fact"]["event"].as_str().unwrap_or_default();
        event["area"] == "account"
            || ["status-set", "halt-begun", "halt-ended"].contains(&kind)
            || kind.contains("episode")
            || ["default-found", "loss-measured", "deficit-recognised", "uncovered-booked"]
                .contains(&kind)
            || ["loss-detected", "loss-settled"].contains(&kind)
    };
    events.into_iter().filter(chosen).collect()
}

fn last(venue: &Venue) -> u64 {
    told_after(venue, 0).last().expect("something")["sequence"].as_u64().expect("a number")
}

fn webhook(venue: &Venue) -> Value {
    let reply = venue.get_as("/v1/webhooks", &venue.admin);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()[0].clone()
}

fn metric(venue: &Venue, name: &str) -> u64 {
    let text = venue.get_as("/metrics", &venue.venue).body;
    let line = format!("rhodian_webhook_{name}{{webhook=\"desk\"}} ");
    let found = text.lines().find_map(|of| of.strip_prefix(line.as_str()));
    found.expect("the metric").parse().expect("a number")
}

/// Waits until the metric is what it should be.
fn until(venue: &Venue, name: &str, is: impl Fn(u64) -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is(metric(venue, name)) {
        assert!(Instant::now() < end, "{name} is {}", metric(venue, name));
        thread::sleep(Duration::from_millis(5));
    }
}

/// That what was taken is what the journal has: in order, each once, signed.
fn complete(desk: &Desk, taken: &[Heard], expected: &[Value]) {
    let bodies: Vec<Value> = taken.iter().map(|heard| heard.json()["data"].clone()).collect();
    assert_eq!(bodies, expected);
    for heard in taken {
        assert!(desk.signed(heard), "{heard:?}");
        assert_eq!(heard.id(), format!("desk-{}", heard.sequence()));
        let (json, area) = (heard.json(), heard.json()["data"]["area"].clone());
        let kind = json["data"]["fact"]["event"].as_str().expect("a kind");
        assert_eq!(json["type"], format!("{}.{kind}", area.as_str().expect("an area")));
    }
}

/// A crash with a loss, so that episodes open and close.
fn crash(venue: &Venue) {
    venue.trade();
    venue.must("market", json!({ "do": "end-period" }));
    venue.mark(820);
}

#[test]
fn every_chosen_event_is_told_once_in_order_and_signed() {
    let (desk, receiver) = (Desk::new(), Receiver::start(|_| TAKE));
    let venue = desk.venue(receiver.address);
    venue.world();
    crash(&venue);
    receiver.until(last(&venue));
    let expected = told_after(&venue, 0);
    assert!(expected.iter().any(|event| event["fact"]["event"] == "loss-settled"));
    complete(&desk, &receiver.taken(), &expected);
    until(&venue, "lag", |lag| lag == 0);
    assert_eq!(metric(&venue, "delivered_total"), expected.len() as u64);
    assert_eq!((metric(&venue, "failed_total"), metric(&venue, "failing")), (0, 0));
}

#[test]
fn a_receiver_that_fails_in_every_way_gets_everything_in_order_at_last() {
    let elsewhere = Receiver::start(|_| TAKE);
    let place = format!("http://{}/", elsewhere.address);
    let (desk, receiver) = (
        Desk::new(),
        Receiver::start(move |number| match number % 7 {
            0 => Do::Say(500, None),
            1 => Do::Close,
            2 => Do::Say(307, Some(place.clone())),
            3 => Do::Say(410, None),
            5 => Do::Say(400, None),
            _ => TAKE,
        }),
    );
    let venue = desk.venue(receiver.address);
    venue.world();
    crash(&venue);
    receiver.until(last(&venue));
    complete(&desk, &receiver.taken(), &told_after(&venue, 0));
    let heard = receiver.heard();
    assert!(heard.iter().all(|one| desk.signed(one)), "a retry is signed like a first attempt");
    for pair in heard.windows(2) {
        let same = pair[0].id() == pair[1].id();
        assert_eq!(same, !pair[0].taken, "what was not taken comes again, before all others");
        assert!(!same || pair[0].body == pair[1].body, "and is the same");
    }
    assert!(elsewhere.heard().is_empty(), "a redirect was followed");
    assert!(metric(&venue, "failed_total") > 5);
}

#[test]
fn a_receiver_that_hangs_slows_nobody_and_loses_nothing() {
    let desk = Desk::new();
    let receiver = Receiver::start(|_| Do::Late(Duration::from_millis(400)));
    let quick = |config: &mut Config| {
        config.webhook = vec![Settings { timeout: 100, ..desk.webhook(receiver.address) }];
    };
    let venue = Venue::start_with(quick);
    let began = Instant::now();
    venue.world();
    for number in 2..102 {
        venue.deposit(0, number, 1);
    }
    // Told one after the other to this receiver, the events alone would take over ten seconds.
    assert!(began.elapsed() < Duration::from_secs(8), "commands waited for the receiver");
    until(&venue, "failing", |failing| failing > 0);
    assert!(metric(&venue, "lag") > 100, "{}", metric(&venue, "lag"));
    let shown = webhook(&venue);
    assert_eq!(shown["why"], "no answer within 100 ms", "{shown}");
    assert_eq!(venue.get_as("/health/ready", &venue.venue).json()["failing_webhooks"], 1);
    assert_eq!(
        venue.get_as("/health/ready", &venue.venue).status,
        200,
        "commands are taken all the same"
    );
    receiver.behave(|_| TAKE);
    receiver.until(last(&venue));
    complete(&desk, &receiver.taken(), &told_after(&venue, 0));
    until(&venue, "failing", |failing| failing == 0);
    assert_eq!(webhook(&venue)["why"], Value::Null);
    assert_eq!(venue.get_as("/health/ready", &venue.venue).json()["failing_webhooks"], 0);
}

#[test]
fn a_receiver_that_is_gone_over_a_restart_gets_what_it_missed() {
    let (desk, receiver) = (Desk::new(), Receiver::start(|_| TAKE));
    let (address, mut venue) = (receiver.address, desk.venue(receiver.address));
    venue.world();
    receiver.until(last(&venue));
    until(&venue, "lag", |lag| lag == 0);
    let mut taken = receiver.die();
    venue.deposit(0, 2, 5);
    until(&venue, "failing", |failing| failing > 1);
    assert!(metric(&venue, "lag") >= 1);
    venue.restart_with(|config| config.webhook = vec![desk.webhook(address)]);
    // What came before this start is not in memory: it is read from the journal.
    for number in 3..40 {
        venue.deposit(0, number, 5);
    }
    let receiver = Receiver::on(address, None, |_| TAKE);
    receiver.until(last(&venue));
    let missed = receiver.taken().len();
    taken.extend(receiver.taken());
    complete(&desk, &taken, &told_after(&venue, 0));
    // What was taken before a stop in order does not come again.
    until(&venue, "lag", |lag| lag == 0);
    venue.restart_with(|config| config.webhook = vec![desk.webhook(address)]);
    venue.deposit(0, 40, 5);
    receiver.until(last(&venue));
    taken.extend(receiver.taken().into_iter().skip(missed));
    complete(&desk, &taken, &told_after(&venue, 0));
}

#[test]
fn after_a_crash_the_last_events_come_again_under_their_ids() {
    let (desk, receiver) = (Desk::new(), Receiver::start(|_| TAKE));
    let mut venue = desk.venue(receiver.address);
    venue.world();
    receiver.until(last(&venue));
    until(&venue, "lag", |lag| lag == 0);
    let first = receiver.taken();
    venue.running.take().expect("it runs").stop().expect("it stops well");
    // As after a crash before the cursor was written.
    let place = venue.folder.path().join("webhooks/desk");
    let stood: u64 = fs::read_to_string(&place).expect("kept").parse().expect("a number");
    assert!(stood >= first.last().expect("some").sequence(), "{stood}");
    fs::write(&place, "5").expect("written");
    let mut config = config(venue.folder.path());
    config.webhook = vec![desk.webhook(receiver.address)];
    let running = rhodian_server::start(config).expect("it starts again");
    (venue.address, venue.running) = (running.address, Some(running));
    let expected: Vec<&Heard> = first.iter().filter(|heard| heard.sequence() > 5).collect();
    let end = Instant::now() + Duration::from_secs(30);
    while receiver.taken().len() < first.len() + expected.len() {
        assert!(Instant::now() < end, "they did not come again");
        thread::sleep(Duration::from_millis(5));
    }
    let again = &receiver.taken()[first.len()..];
    for (one, before) in again.iter().zip(expected) {
        assert_eq!((one.id(), &one.body), (before.id(), &before.body));
    }
}

#[test]
fn a_new_webhook_begins_where_the_journal_ends() {
    let (desk, receiver) = (Desk::new(), Receiver::start(|_| TAKE));
    let mut venue = Venue::start();
    venue.world();
    let before = venue.get("/v1/status")["sequence"].as_u64().expect("a number");
    venue.restart_with(|config| config.webhook = vec![desk.webhook(receiver.address)]);
    venue.deposit(0, 2, 5);
    receiver.until(last(&venue));
    complete(&desk, &receiver.taken(), &told_after(&venue, before));
}

#[test]
fn a_cursor_that_cannot_be_right_is_refused() {
    let desk = Desk::new();
    let to = SocketAddr::from(([127, 0, 0, 1], 1));
    let mut venue = desk.venue(to);
    venue.world();
    venue.running.take().expect("it runs").stop().expect("it stops well");
    let place = venue.folder.path().join("webhooks/desk");
    let start = || {
        let mut config = config(venue.folder.path());
        config.webhook = vec![desk.webhook(to)];
        rhodian_server::start(config)
    };
    for text in ["", "five", "-1", "99999999", "1.5"] {
        fs::write(&place, text).expect("written");
        match start().err() {
            Some(Error::Folder { code, what, .. }) => {
                assert_eq!(code, "webhook-not-read", "{text:?}: {what}");
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }
    fs::write(&place, "3\n").expect("written");
    start().expect("it is a number").stop().expect("it stops well");
}

/// All that was logged in this process.
fn logged() -> &'static Mutex<Vec<u8>> {
    struct Sink;
    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            logged().lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    static LOG: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    static SET: OnceLock<()> = OnceLock::new();
    let log = LOG.get_or_init(Mutex::default);
    SET.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| Sink)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    });
    log
}

#[test]
fn a_secret_is_shown_nowhere_and_webhooks_to_the_administrator_alone() {
    let log = logged();
    let (desk, receiver) =
        (Desk::new(), Receiver::start(|number| if number < 3 { Do::Say(500, None) } else { TAKE }));
    let mut venue = desk.venue(receiver.address);
    venue.world();
    receiver.until(last(&venue));
    let shown = venue.get_as("/v1/webhooks", &venue.admin).body;
    let metrics = venue.get_as("/metrics", &venue.venue).body;
    for role in ["auditor", "governance", "venue"] {
        let key = venue.key(role, None);
        assert_eq!(venue.get_as("/v1/webhooks", &key).status, 403, "{role}");
    }
    assert_eq!(venue.get_as("/v1/webhooks", "").status, 401);
    assert!(webhook(&venue)["url"].as_str().expect("it").ends_with("/told"), "{shown}");
    venue.running.take().expect("it runs").stop().expect("it stops well");
    let mut places = vec![shown, metrics];
    let seen = log.lock().expect("no panic").clone();
    let seen = String::from_utf8(seen).expect("logs are text");
    assert!(seen.contains("the webhook is not delivered"), "the log was not read");
    places.push(seen);
    for file in ["webhooks/desk", "keys.json", "venue.json"] {
        places.push(fs::read_to_string(venue.folder.path().join(file)).expect("a file"));
    }
    let bare = &desk.secret["whsec_".len()..];
    for place in places {
        assert!(!place.contains(bare) && !place.contains("shall-not-show"), "{place}");
    }
}

#[test]
fn a_secret_that_is_none_is_refused_and_not_repeated() {
    let desk = Desk::new();
    let file = desk.folder.path().join("other");
    fs::write(&file, "whsec_c2hvcnQ=").expect("written");
    let to = SocketAddr::from(([127, 0, 0, 1], 1));
    let from = |file: Option<&str>, variable: Option<&str>| Settings {
        secret_file: file.map(|file| desk.folder.path().join(file)),
        secret_variable: variable.map(str::to_owned),
        ..desk.webhook(to)
    };
    for (settings, word) in [
        (from(Some("other"), None), "holds no secret"),
        (from(Some("missing"), None), "cannot be read"),
        (from(None, Some("RHODIAN_TEST_NO_SUCH_SECRET")), "RHODIAN_TEST_NO_SUCH_SECRET is not set"),
        (from(None, Some("PATH")), "PATH holds no secret"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(folder.path());
        config.webhook = vec![settings];
        let error = rhodian_server::start(config).err().expect("it is refused").to_string();
        assert!(error.contains(word) && error.contains("\"desk\""), "{error}");
        let path = std::env::var("PATH").expect("a path");
        assert!(!error.contains("c2hvcnQ") && !error.contains(&path), "{error}");
    }
}

#[test]
fn an_encrypted_receiver_is_told_only_if_its_certificate_is_right() {
    let (desk, good, other) = (Desk::new(), Certificate::new(), Certificate::new());
    let tls = good.server();
    let receiver = Receiver::on(SocketAddr::from(([127, 0, 0, 1], 0)), Some(tls), |_| TAKE);
    let https = |authority: &Certificate| Settings {
        url: format!("https://localhost:{}/", receiver.address.port()),
        authority: Some(authority.certificate()),
        ..desk.webhook(receiver.address)
    };
    let mut venue = Venue::start_with(|config| config.webhook = vec![https(&other)]);
    venue.world();
    until(&venue, "failing", |failing| failing > 1);
    let why = webhook(&venue)["why"].as_str().expect("a reason").to_owned();
    assert!(why.contains("no encrypted connection"), "{why}");
    assert!(receiver.heard().is_empty(), "it was told to someone unknown");
    venue.restart_with(|config| config.webhook = vec![https(&good)]);
    receiver.until(last(&venue));
    complete(&desk, &receiver.taken(), &told_after(&venue, 0));
}

#[test]
fn the_check_of_the_page_takes_what_is_signed_and_refuses_what_is_forged_or_late() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3 here");
        return;
    }
    let (desk, receiver) = (Desk::new(), Receiver::start(|_| TAKE));
    let venue = desk.venue(receiver.address);
    venue.world();
    receiver.until(last(&venue));
    let block = PAGE.split("```python\n").nth(1).expect("the page has a block");
    let block = block.split("```").next().expect("it ends");
    assert!(block.lines().count() <= 13, "it is longer than the page says");
    let heard = receiver.taken()[0].clone();
    let now = heard.header("webhook-timestamp").parse::<u64>().expect("seconds");
    let check = |body: &str, id: &str, stamp: &str, signature: &str, now: u64| {
        let call = json!([{ "webhook-id": id, "webhook-timestamp": stamp,
            "webhook-signature": signature }, body, desk.secret, now]);
        let script = format!(
            "{block}\nimport sys\nh, b, s, now = json.loads(sys.argv[1])\ntime.time = lambda: now\n\
             try:\n    print(verified(h, b.encode(), s)['type'])\n\
             except ValueError:\n    print('refused')\n"
        );
        let done = Command::new("python3").args(["-c", &script, &call.to_string()]).output();
        let done = done.expect("python3 runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    };
    let (id, stamp) = (heard.id(), heard.header("webhook-timestamp"));
    let signature = heard.header("webhook-signature");
    let kind = heard.json()["type"].as_str().expect("a kind").to_owned();
    assert_eq!(check(&heard.body, id, stamp, signature, now), kind);
    let two = format!("v1,{} {signature}", Base64::encode_string(&[1; 32]));
    assert_eq!(check(&heard.body, id, stamp, &two, now), kind, "one of several is enough");
    let altered = heard.body.replace("\"account\"", "\"market\"");
    assert_ne!(altered, heard.body);
    let later = (now + 1).to_string();
    for (name, refused) in [
        ("another body", check(&altered, id, stamp, signature, now)),
        ("another id", check(&heard.body, "desk-999", stamp, signature, now)),
        ("another time", check(&heard.body, id, &later, signature, now)),
        ("replayed later", check(&heard.body, id, stamp, signature, now + 301)),
        ("before its time", check(&heard.body, id, stamp, signature, now - 301)),
        ("no signature", check(&heard.body, id, stamp, "", now)),
        ("another scheme", check(&heard.body, id, stamp, &signature.replace("v1,", "v0,"), now)),
    ] {
        assert_eq!(refused, "refused", "{name}");
    }
}
