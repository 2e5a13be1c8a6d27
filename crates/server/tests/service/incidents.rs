//! The report of an episode at the door: in every form, for whom it is, and of what is there.

use std::sync::Barrier;
use std::thread;

use super::client::{Reply, call};
use super::venue::Venue;

fn crashed() -> Venue {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    venue.trade();
    venue.mark(1_150);
    venue
}

#[test]
fn an_episode_is_told_in_every_form() {
    let venue = crashed();
    let incident = venue.get("/v1/episodes/0/incident");
    assert_eq!(incident["format"], "rhodian-incident/1");
    let loss = &incident["losses"][0];
    assert_eq!(loss["adds_up"], true);
    let number = |name: &str| loss[name].as_str().expect("a string").parse::<u128>().unwrap();
    let draws = loss["draws"].as_array().expect("draws").iter();
    let drawn: u128 =
        draws.map(|draw| draw["received"].as_str().unwrap().parse::<u128>().unwrap()).sum();
    assert!(number("close_out") > 0);
    if loss["stage"] == "settled" {
        assert_eq!(number("own_means") + drawn + number("uncovered"), number("close_out"));
    }
    let timeline = incident["timeline"].as_array().expect("lines");
    // Every line names an event that the stream has at that place.
    let first = &timeline[0];
    let sequence = first["sequence"].as_u64().expect("a number");
    let events = venue.get(&format!("/v1/events?after={}&limit=1", sequence - 1));
    assert_eq!(events["items"][0]["sequence"], sequence);
    assert_eq!(events["items"][0]["fact"]["event"], "default-found");
    let at = first["at"]["text"].as_str().expect("a moment");
    assert!(at.starts_with("20") && at.ends_with('Z'), "in UTC: {at}");
    for (form, kind, part) in [
        ("html", "text/html; charset=utf-8", "incident report of episode 1</title>"),
        ("payers", "text/csv; charset=utf-8", "loss,layer,account,weight,cap,paid,repaid"),
        ("timeline", "text/csv; charset=utf-8", "sequence,millis,at,loss,what"),
    ] {
        let path = format!("/v1/episodes/0/incident?form={form}");
        let reply = call(venue.address, "GET", &path, &[], b"");
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{form}");
        assert!(reply.body.contains(part), "{form}: {}", reply.body);
    }
}

/// Reads that cost the size of the journal or of the state do not take the machine: two at once,
/// one more is told to ask again, and all are served in the end.
#[test]
fn few_reports_are_made_at_once() {
    let venue = crashed();
    for path in ["/v1/episodes/0/incident", "/v1/stress?move=-200000", "/v1/digest"] {
        let ask = || call(venue.address, "GET", path, &[], b"");
        let mut busy = 0;
        for _ in 0..40 {
            let barrier = Barrier::new(12);
            let replies: Vec<Reply> = thread::scope(|scope| {
                let together = || {
                    barrier.wait();
                    ask()
                };
                let threads: Vec<_> = (0..12).map(|_| scope.spawn(together)).collect();
                threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
            });
            for reply in &replies {
                if reply.status == 503 {
                    assert_eq!(reply.code(), "busy");
                    assert!(reply.header("retry-after").is_some());
                    busy += 1;
                } else {
                    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
                }
            }
            if busy > 0 || path != "/v1/episodes/0/incident" {
                break;
            }
        }
        assert!(busy > 0 || path != "/v1/episodes/0/incident", "{path} was never busy");
        assert_eq!(ask().status, 200, "{path} is free again");
    }
}

#[test]
fn what_is_not_there_or_no_form_is_refused() {
    let venue = crashed();
    for (path, status) in [
        ("/v1/episodes/77/incident", 404),
        ("/v1/episodes/0/incident?form=pdf", 400),
        ("/v1/episodes/x/incident", 400),
    ] {
        let reply = call(venue.address, "GET", path, &[], b"");
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
}
