//! Streams: in order, without a gap, resumed where they broke.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

use serde_json::Value;

use super::client::{head, open};
use super::venue::Venue;

/// The data of the next `count` events of a stream.
fn next(from: &mut BufReader<TcpStream>, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        let mut line = String::new();
        assert!(from.read_line(&mut line).expect("the stream goes on") > 0, "it ended: {found:?}");
        if let Some(data) = line.strip_prefix("data: ") {
            found.push(data.trim_end().to_owned());
        }
    }
    found
}

fn listen(venue: &Venue, path: &str, last: Option<&str>) -> BufReader<TcpStream> {
    let bearer = format!("Bearer {}", venue.venue);
    let mut headers = vec![("authorization", bearer.as_str()), ("accept", "text/event-stream")];
    headers.extend(last.map(|last| ("last-event-id", last)));
    let mut from = open(venue.address, "GET", path, &headers, b"");
    let (status, headers) = head(&mut from);
    assert_eq!(status, 200);
    let kind = headers.iter().find(|(name, _)| name == "content-type").map(|(_, kind)| kind);
    assert_eq!(kind.map(String::as_str), Some("text/event-stream"));
    from
}

#[test]
fn a_stream_ends_with_the_key_that_opened_it() {
    let venue = Venue::start();
    venue.world();
    let (taken, stays) = (venue.key("auditor", None), venue.key("auditor", None));
    let listen = |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("accept", "text/event-stream")];
        let mut from = open(venue.address, "GET", "/v1/events?after=0", &headers, b"");
        assert_eq!(head(&mut from).0, 200);
        from
    };
    let (mut ends, mut goes_on) = (listen(&taken), listen(&stays));
    let last = venue.get("/v1/status")["sequence"].as_u64().unwrap();
    let count = usize::try_from(last).unwrap();
    assert_eq!(sequences(&next(&mut ends, count)).last(), Some(&last));
    assert_eq!(sequences(&next(&mut goes_on, count)).last(), Some(&last));
    let bearer = format!("Bearer {}", venue.admin);
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(
        super::client::call(venue.address, "DELETE", "/v1/keys/3", &headers, b"").status,
        200
    );
    venue.deposit(0, 2, 5);
    assert!(sequences(&next(&mut goes_on, 1))[0] > last);
    let mut rest = String::new();
    ends.read_to_string(&mut rest).expect("it ends");
    assert!(!rest.contains("data:"), "a key that was taken heard of it: {rest}");
}

fn sequences(data: &[String]) -> Vec<u64> {
    let number = |text: &String| {
        let event: Value = serde_json::from_str(text).expect("an event is JSON");
        event["sequence"].as_u64().expect("it has a number")
    };
    data.iter().map(number).collect()
}

#[test]
fn a_stream_has_every_event_once_and_resumes() {
    let mut venue = Venue::start();
    venue.world();
    let mut from = listen(&venue, "/v1/events?after=0", None);
    assert_eq!(sequences(&next(&mut from, 20)), (1..=20).collect::<Vec<u64>>());
    drop(from);
    let mut from = listen(&venue, "/v1/events", Some("17"));
    assert_eq!(sequences(&next(&mut from, 3)), [18, 19, 20]);
    // What happens now comes without asking again.
    let last = venue.get("/v1/status")["sequence"].as_u64().unwrap();
    let mut live = listen(&venue, "/v1/events", None);
    venue.deposit(0, 2, 5);
    let event: Value = serde_json::from_str(&next(&mut live, 2)[1]).unwrap();
    assert!(event["sequence"].as_u64().unwrap() > last, "{event}");
    drop((from, live));
    // After a restart memory is empty, and the journal answers.
    venue.restart();
    let mut from = listen(&venue, "/v1/events?after=3", None);
    assert_eq!(sequences(&next(&mut from, 5)), [4, 5, 6, 7, 8]);
}

#[test]
fn a_pulse_tells_numbers_only() {
    let venue = Venue::start();
    venue.world();
    let mut from = listen(&venue, "/v1/pulse?after=4", None);
    assert_eq!(next(&mut from, 2), ["5", "6"]);
}

#[test]
fn pages_follow_each_other() {
    let venue = Venue::start();
    venue.world();
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = venue.get(&format!("/v1/events?after={after}&limit=7"));
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|e| e["sequence"].as_u64().unwrap()),
        );
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    let last = venue.get("/v1/status")["sequence"].as_u64().unwrap();
    assert_eq!(seen, (1..=last).collect::<Vec<u64>>());
    let page = venue.get("/v1/accounts?limit=2")["data"].clone();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (2, &1.into()));
    let page = venue.get("/v1/accounts?limit=2&after=1")["data"].clone();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
}
