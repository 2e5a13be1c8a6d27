//! A settlement by rank over the wire: whom a rank took from fetches a receipt of each rank, and
//! finds them on his pages.

use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::{self, Policy};
use serde_json::{Value, json};

use super::receipts::public_key;
use super::venue::Venue;

fn claim(account: u32, rank: &str, amount: &str) -> Value {
    json!({ "account": account, "rank": rank, "amount": amount })
}

/// The fund bears 100,000 of a loss; the domain is settled, and ranks pay the other 60,000.
fn settled() -> Venue {
    let venue = Venue::start();
    venue.world();
    venue.must(
        "loss",
        json!({ "do": "report-loss", "domain": 0, "number": 1, "class": "default",
                "cause": "gone", "evidence": vec![7; 32], "amount": "160000", "failed": null,
                "margin": "0", "set_off": [] }),
    );
    venue.must(
        "control",
        json!({ "do": "set-status", "domain": 0, "status": "settling", "cause": "the end" }),
    );
    let claims = [
        claim(0, "session-gains", "30000"),
        claim(0, "principal", "970000"),
        claim(1, "principal", "500000"),
    ];
    venue.must("loss", json!({ "do": "settle-ranks", "domain": 0, "claims": claims }));
    venue
}

#[test]
fn each_rank_has_a_receipt() {
    let mut venue = settled();
    let (ann, bob) = (venue.key("participant", Some(0)), venue.key("participant", Some(1)));
    let policy = Policy { key: public_key(&venue), ..Policy::default() };
    let proved = |venue: &Venue, path: &str, key: &str, all: &str| {
        let reply = venue.get_as(path, key);
        assert_eq!((reply.status, reply.header("rhodian-receipts")), (200, Some(all)), "{reply:?}");
        let receipt = Receipt::from_json(&reply.body).expect("the file is canonical");
        let report = verify::receipt(&receipt, &policy);
        assert!(report.is_good(), "{path}: {:?}", report.failed().collect::<Vec<_>>());
        let layer = receipt.accounts.layer(receipt.division.layer).expect("a rank");
        (layer.name.clone(), receipt.share.share.atoms())
    };
    // 30,000 session gains, and 30,000 over 970,000 and 500,000.
    let of = |venue: &Venue| {
        [
            proved(venue, "/v1/losses/0/receipts/0", &ann, "2"),
            proved(venue, "/v1/losses/0/receipts/0?division=2", &ann, "2"),
            proved(venue, "/v1/losses/0/receipts/1", &bob, "1"),
        ]
    };
    let expected = [("session-gains", 30_000), ("principal", 19_796), ("principal", 10_204)];
    assert_eq!(of(&venue), expected.map(|(name, share)| (name.to_owned(), share)));
    // Who was asked for nothing has none, and nobody reads another's.
    let carol = venue.key("participant", Some(2));
    assert_eq!(venue.get_as("/v1/losses/0/receipts/2", &carol).status, 404);
    assert_eq!(venue.get_as("/v1/losses/0/receipts/0", &carol).status, 403);
    for (path, key, links) in [
        ("/losses/0", &ann, ["receipts/0\"", "receipts/0?division=2\"", "(session gains)"]),
        ("/accounts/0", &ann, ["receipts/0\"", "receipts/0?division=2\"", "(principal)"]),
        ("/accounts/1", &bob, ["receipts/1\"", "/verify?loss=0", "(principal)"]),
    ] {
        let page = venue.get_as(path, key).body;
        for link in links {
            assert!(page.contains(link), "{path} has no {link}: {page}");
        }
    }
    let file = venue.get_as("/v1/episodes/0/proof", &venue.venue).body;
    let file = EpisodeFile::from_json(&file).expect("the file is canonical");
    assert_eq!(file.ranked.len(), 1);
    let report = file.verify(Some(&policy));
    assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
    venue.restart();
    assert_eq!(of(&venue), expected.map(|(name, share)| (name.to_owned(), share)));
}
