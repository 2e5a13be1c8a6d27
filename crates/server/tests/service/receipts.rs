//! Receipts: fetched at the door, checked by the verifier, still good after a restart.

use rhodian_proof::hash::Digest;
use rhodian_proof::log::HeadFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::{self, Policy};

use super::client::Reply;
use super::venue::Venue;

fn public_key(venue: &Venue) -> Digest {
    let text = venue.get_as("/v1/public-key", &venue.venue).body;
    let bytes = rhodian_server::signature::from_hex(text.trim()).expect("hexadecimal");
    Digest(bytes.try_into().expect("32 bytes"))
}

fn fetch(venue: &Venue, account: u32, key: &str) -> Reply {
    venue.get_as(&format!("/v1/losses/0/receipts/{account}"), key)
}

fn head(venue: &Venue, from: u32) -> HeadFile {
    let reply = venue.get_as(&format!("/v1/head?from={from}"), &venue.venue);
    serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

#[test]
fn a_share_is_proved_and_stays_proved() {
    let mut venue = Venue::start();
    venue.world();
    venue.trade();
    venue.mark(820);
    let bob = venue.key("participant", Some(1));
    let reply = fetch(&venue, 1, &bob);
    assert_eq!((reply.status, reply.header("rhodian-receipts")), (200, Some("1")), "{reply:?}");
    let receipt = Receipt::from_json(&reply.body).expect("the file is canonical");
    let shares = venue.get("/v1/accounts/1/exposure")["data"]["shares"].clone();
    let paid = shares[0]["paid"].as_str().expect("he paid").to_owned();
    assert!(paid != "0" && reply.body.contains(&format!("\"{paid}\"")), "{shares}: {reply:?}");
    let key = public_key(&venue);
    let policy = |head: Option<HeadFile>| Policy {
        key,
        witnesses: Vec::new(),
        needed: 0,
        head,
        since: None,
    };
    let report = verify::receipt(&receipt, &policy(None));
    assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
    // Another's receipt is another's.
    assert_eq!(fetch(&venue, 0, &bob).code(), "not-own");
    assert_eq!(fetch(&venue, 2, &venue.venue).status, 404, "Carol shared nothing");
    // A second head, after a restart, continues the first.
    venue.restart();
    assert_eq!(public_key(&venue), key);
    let later = head(&venue, receipt.head.head.size);
    assert_eq!(later.head.head.root, receipt.head.head.root, "the same records, the same log");
    let report = verify::receipt(&receipt, &policy(Some(later)));
    assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
    let mut wrong = receipt;
    wrong.share.share = rhodian_core::units::Amount::ZERO;
    assert!(!verify::receipt(&wrong, &policy(None)).is_good());
}
