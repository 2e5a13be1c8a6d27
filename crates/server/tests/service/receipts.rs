//! Receipts: fetched at the door, checked by the verifier, still good after a restart.

use rhodian_proof::hash::Digest;
use rhodian_proof::log::HeadFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::standing::Standing;
use rhodian_proof::verify::{self, Policy};

use super::client::Reply;
use super::venue::Venue;

pub fn public_key(venue: &Venue) -> Digest {
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

/// Whoever has an account can check that he was counted, before a loss and after one, liable or not;
/// and a log that was begun with checkpoints or without goes on so.
#[test]
fn everybody_can_check_that_he_was_counted() {
    let mut venue = Venue::start();
    venue.world();
    venue.trade();
    let carol = venue.key("participant", Some(2));
    let fetch =
        |venue: &Venue, more: &str| venue.get_as(&format!("/v1/domains/0/standing/{more}"), &carol);
    assert_eq!(fetch(&venue, "2").status, 404, "there was no checkpoint yet");
    venue.must("market", serde_json::json!({ "do": "end-period" }));
    let before = fetch(&venue, "2");
    venue.mark(820);
    let policy = Policy { key: public_key(&venue), ..Policy::default() };
    let counted = |reply: &Reply| {
        let standing = Standing::from_json(&reply.body).expect("the file is canonical");
        let report = verify::standing(&standing, &policy);
        assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
        assert_eq!((standing.external_id.as_str(), standing.account.account.0), ("carol", 2));
        standing.accounts
    };
    assert_eq!(counted(&before).set, None);
    assert!(counted(&fetch(&venue, "2?set=0")).set.is_some(), "she was not liable");
    assert_eq!(fetch(&venue, "1").code(), "not-own");
    assert_eq!(fetch(&venue, "2?sets=0").code(), "parameter-not-read");
    let of = |path: &str| venue.get_as(path, &venue.venue).status;
    let paths = ["/v1/domains/1/standing/2", "/v1/domains/1/standing/2?set=0"];
    assert_eq!(paths.map(of), [404, 404], "there is one domain");
    // Another start without checkpoints would belie the signed heads: the log goes on with them.
    let size = head(&venue, 0).head.head.size;
    venue.restart_with(|config| config.checkpoints = false);
    assert_eq!(head(&venue, 0).head.head.size, size);
    assert_eq!(counted(&fetch(&venue, "2")).hash(), counted(&before).hash());
    let without = Venue::start_with(|config| config.checkpoints = false);
    without.world();
    without.must("market", serde_json::json!({ "do": "end-period" }));
    assert_eq!(without.get_as("/v1/domains/0/standing/2", &without.venue).status, 404);
    assert_eq!(head(&without, 0).head.head.size, 0);
}
