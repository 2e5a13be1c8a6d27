//! Traces, at a collector in the test's own process: what is told of a call, and what is not.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rhodian_server::Error;
use rhodian_server::traces::Settings;
use serde_json::{Value, json};

use super::client::{Reply, call};
use super::receiver::{Do, Receiver, TAKE};
use super::venue::{self, Venue, config};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn settings(to: &Receiver, one_in: u64) -> Settings {
    Settings {
        url: format!("http://{}/v1/traces", to.address),
        one_in,
        authorization_file: None,
        authority: None,
        timeout: 10_000,
    }
}

fn traced(to: &Receiver, one_in: u64) -> Venue {
    Venue::start_with(|config| config.traces = Some(settings(to, one_in)))
}

/// Calls in a trace of the caller's.
fn within(venue: &Venue, path: &str, key: &str, body: Option<&Value>, flags: &str) -> Reply {
    let (bearer, parent) = (format!("Bearer {key}"), format!("00-{TRACE}-{SPAN}-{flags}"));
    let headers = [("authorization", bearer.as_str()), ("traceparent", parent.as_str())];
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(ToString::to_string).unwrap_or_default();
    call(venue.address, method, path, &headers, body.as_bytes())
}

/// Every span that was taken.
fn spans(collector: &Receiver) -> Vec<Value> {
    let of = |body: Value| body["resourceSpans"][0]["scopeSpans"][0]["spans"].clone();
    let taken = collector.taken();
    let all = taken.iter().flat_map(|heard| of(heard.json()).as_array().cloned().unwrap());
    all.collect()
}

/// The spans, once there are so many that begin a call.
fn until(collector: &Receiver, calls: usize) -> Vec<Value> {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let found = spans(collector);
        if found.iter().filter(|span| span["kind"] == 2).count() >= calls {
            return found;
        }
        assert!(Instant::now() < end, "{found:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let all = span["attributes"].as_array().expect("attributes");
    all.iter().find(|one| one["key"] == key).map_or(&Value::Null, |one| &one["value"])
}

fn nanos(span: &Value, key: &str) -> u64 {
    span[key].as_str().expect("64 bits are text").parse().expect("a number")
}

fn metric(venue: &Venue, name: &str) -> u64 {
    let text = venue.get_as("/metrics", &venue.venue).body;
    let line = format!("rhodian_traces_{name}_total ");
    let found = text.lines().find_map(|of| of.strip_prefix(line.as_str()));
    found.expect("the metric").parse().expect("a number")
}

/// A deposit of Ann's: the call's body.
fn deposit(number: u64) -> Value {
    json!({ "area": "account", "command": venue::deposit(0, number, 5) })
}

#[test]
fn a_command_is_told_stage_by_stage_in_the_trace_of_its_caller() {
    let collector = Receiver::start(|_| TAKE);
    let venue = traced(&collector, 1_000_000_000);
    venue.world();
    let reply = within(&venue, "/v1/commands", &venue.venue, Some(&deposit(2)), "01");
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = until(&collector, 1);
    let ours = |span: &&Value| span["traceId"] == TRACE;
    let all: Vec<&Value> = body.iter().filter(ours).collect();
    let names: Vec<&str> = all.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["POST /v1/commands", "read", "queue", "decide", "commit"]);
    let root = all[0];
    assert_eq!((&root["parentSpanId"], &root["kind"]), (&json!(SPAN), &json!(2)));
    assert_eq!(attribute(root, "http.route")["stringValue"], "/v1/commands");
    assert_eq!(attribute(root, "http.response.status_code")["intValue"], "200");
    let ids: std::collections::BTreeSet<&str> =
        all.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "each has an id of its own");
    // One stage begins where the one before ends, and all lie within the call.
    let mut from = nanos(root, "startTimeUnixNano");
    for part in &all[1..] {
        assert_eq!(part["parentSpanId"], root["spanId"]);
        assert_eq!(nanos(part, "startTimeUnixNano"), from, "{part}");
        from = nanos(part, "endTimeUnixNano");
        assert!(from > nanos(part, "startTimeUnixNano"), "{part}");
    }
    assert!(from <= nanos(root, "endTimeUnixNano"));
    let resource = &collector.taken()[0].json()["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "rhodian.venue")["stringValue"], "Test");
}

#[test]
fn a_refusal_says_its_code_and_no_span_names_an_account() {
    let collector = Receiver::start(|_| TAKE);
    let venue = traced(&collector, 1_000_000_000);
    venue.world();
    // The reference was used: decided, and refused.
    let again = venue.command("account", deposit(2)["command"].clone());
    assert_eq!(again.status, 200);
    let refused = within(&venue, "/v1/commands", &venue.venue, Some(&deposit(2)), "01");
    let read = within(&venue, "/v1/accounts/0", &venue.venue, None, "01");
    let nowhere = within(&venue, "/v1/nowhere", &venue.venue, None, "01");
    assert_eq!((read.status, nowhere.status), (200, 404));
    let all = until(&collector, 3);
    let called = |name: &str| all.iter().find(|span| span["name"] == name).expect("a span");
    let root = called("POST /v1/commands");
    assert_eq!(attribute(root, "error.type")["stringValue"], refused.code());
    assert_eq!(root["status"], Value::Null, "a refusal is no fault of the service");
    called("decide");
    called("commit");
    assert_eq!(attribute(called("GET /v1/accounts/{account}"), "error.type"), &Value::Null);
    assert_eq!(attribute(called("GET"), "error.type")["stringValue"], "not-found");
    let told: String = collector.taken().into_iter().map(|heard| heard.body).collect();
    assert!(!told.contains("/accounts/0") && !told.contains("nowhere"), "{told}");
}

#[test]
fn one_call_in_so_many_is_told_and_the_caller_may_say_no() {
    let collector = Receiver::start(|_| TAKE);
    let mut venue = traced(&collector, 10);
    venue.world();
    let calls = 200;
    for _ in 0..calls {
        venue.get("/v1/status");
        assert_eq!(within(&venue, "/v1/status", &venue.venue, None, "00").status, 200);
    }
    // Nobody who is not known makes it tell anything.
    let parent = format!("00-{TRACE}-{SPAN}-01");
    call(venue.address, "GET", "/v1/status", &[("traceparent", &parent)], b"");
    call(venue.address, "GET", "/health/live", &[("traceparent", &parent)], b"");
    // What waits is told at a stop.
    venue.running.take().expect("it runs").stop().expect("it stops well");
    let all = spans(&collector);
    assert!(all.iter().all(|span| span["traceId"] != TRACE), "{all:?}");
    let told = all.iter().filter(|span| span["name"] == "GET /v1/status").count();
    assert_eq!(told, calls / 10);
}

#[test]
fn a_collector_that_is_gone_costs_spans_and_nothing_else() {
    let collector = Receiver::start(|_| Do::Close);
    let venue = traced(&collector, 1);
    venue.world();
    let began = Instant::now();
    for number in 0..50 {
        assert_eq!(venue.command("account", deposit(2 + number)["command"].clone()).status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    let end = Instant::now() + Duration::from_secs(30);
    while metric(&venue, "dropped") == 0 {
        assert!(Instant::now() < end, "nothing is counted as lost");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(metric(&venue, "told"), 0);
    collector.behave(|_| TAKE);
    while metric(&venue, "told") == 0 {
        assert!(Instant::now() < end, "it is never told again");
        venue.get("/v1/status");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_collectors_secret_is_read_from_a_file_and_sent() {
    let collector = Receiver::start(|_| TAKE);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authorization");
    let with = |config: &mut rhodian_server::Config| {
        let authorization_file = Some(file.clone());
        config.traces = Some(Settings { authorization_file, ..settings(&collector, 1) });
    };
    let data = tempfile::tempdir().expect("a folder");
    for (text, word) in [(None, "cannot be read"), (Some(" \n"), "holds no line")] {
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
        }
        let mut config = config(data.path());
        with(&mut config);
        let refused = rhodian_server::start(config).err().expect("refused");
        assert!(matches!(&refused, Error::Config(what) if what.contains(word)), "{refused}");
        assert_eq!(fs::read_dir(data.path()).expect("the folder").count(), 0, "nothing is written");
    }
    fs::write(&file, "Bearer of-the-collector\n").expect("written");
    let venue = Venue::start_with(with);
    venue.world();
    until(&collector, 1);
    assert_eq!(collector.taken()[0].header("authorization"), "Bearer of-the-collector");
}
