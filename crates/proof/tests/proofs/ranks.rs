//! Whom a rank took from in a settlement has a receipt for each loss and rank, over all who held
//! the asset then.

use proptest::prelude::*;
use rhodian_core::allocation::Rule;
use rhodian_core::domain::MemberRule;
use rhodian_core::engine::Event;
use rhodian_core::loss::{self, Rank};
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::header::Basis;
use rhodian_proof::ranked::{RANKS, layer_of, name_of};
use rhodian_proof::receipt::Receipt;
use rhodian_proof::report::{Report, Verdict};
use rhodian_proof::sum::Sum;
use rhodian_proof::verify;

use crate::pots::signed;
use crate::receipts::check;
use crate::refusals::{Lie, failed, made_up};
use crate::stories::{PARTS, Proved, policy, settle, settled, uncovered, waves};
use crate::world::{World, amount, members};

/// What `name` paid by rank for `loss`, in the order in which ranks pay.
fn paid(proved: &Proved, loss: &str, name: &str) -> Vec<(&'static str, u128)> {
    let rank = |receipt: &Receipt| {
        let rank = RANKS.into_iter().find(|rank| layer_of(*rank) == receipt.division.layer);
        (name_of(rank.expect("a rank")), receipt.share.share.atoms())
    };
    proved.receipts(loss, name).iter().map(rank).collect()
}

#[test]
fn each_checks_what_each_rank_took() {
    let proved = check(settled());
    // 25 of 33 session gains; then the other 8, 10 matured gains, and 22 of 187 principal.
    assert_eq!(paid(&proved, "L1", "alice"), [("session-gains", 15)]);
    assert_eq!(paid(&proved, "L1", "bob"), [("session-gains", 10)]);
    assert_eq!(paid(&proved, "L1", "carol"), []);
    assert_eq!(paid(&proved, "L2", "alice"), [("session-gains", 5), ("principal", 9)]);
    let bob = [("session-gains", 3), ("matured-gains", 10), ("principal", 9)];
    assert_eq!(paid(&proved, "L2", "bob"), bob);
    assert_eq!(paid(&proved, "L2", "carol"), [("principal", 4)]);
    assert_eq!(paid(&proved, "L3", "dan"), [], "he accepted no terms");
    let receipt = proved.receipt("L3", "bob");
    let report = verify::receipt(&receipt, &policy());
    assert_eq!(report.verdict("weight"), Some(Verdict::Passed), "no more than he held");
    assert_eq!(report.verdict("rank"), Some(Verdict::Trusted));
    assert_eq!((receipt.account.gain, receipt.account.netted), (amount(100), amount(100)));
    let of = &receipt.division;
    assert_eq!((of.amount, of.before, of.wave), (amount(30), amount(22), 2), "of principal");
    let ranks: Vec<_> = receipt.accounts.layers.iter().map(|of| (&*of.name, of.basis)).collect();
    assert_eq!(ranks, RANKS.map(|rank| (name_of(rank), Basis::Rank)), "in the order they pay");
    let said = receipt.accounts.terms.iter();
    let said = said.map(|term| (term.name.as_str(), term.gain.atoms(), term.loss.atoms()));
    // The fund's 10 are paid; 310 were paid in by all four, and 95 are owed.
    assert_eq!(said.collect::<Vec<_>>(), [("outside", 0, 215), ("uncovered", 0, 95)]);
    let first = proved.receipt("L1", "bob");
    assert_ne!(first.account.identity, receipt.account.identity, "each set has its own salts");
}

/// A settlement pays for losses of several episodes: each file has it whole.
#[test]
fn an_episode_has_the_whole_settlement() {
    let proved = check(settled());
    for episode in 0..3 {
        let file = proved.prover.episode(rhodian_core::ids::EpisodeId(episode), &proved.head);
        let file = file.expect("an episode");
        assert_eq!((file.sets.len(), file.ranked.len()), (1, 3));
        let report = file.verify(Some(&policy()));
        assert!(report.is_good(), "{:?}", report.failed().collect::<Vec<_>>());
        assert_eq!(report.verdict("ranks/beyond"), Some(Verdict::Trusted), "Carol's 10, Dan's 40");
    }
}

/// Losses of one liable set are settled over one list of who held what.
#[test]
fn losses_of_one_set_share_a_list() {
    let mut world = waves(members(Rule::Proportional), &[(1, 2, 50), (1, 2, 70)], &[9, 8, 7]);
    settle(&mut world, &[("a0", Rank::Principal, 30), ("a1", Rank::SessionGains, 11)]);
    let proved = check(world);
    let ranked = proved.episode().ranked;
    assert_eq!(ranked.iter().map(|of| of.divisions.len()).collect::<Vec<_>>(), [4]);
    assert_eq!(paid(&proved, "L1", "a0"), [("principal", 2)]);
}

/// Shares that wait for a touch are taken by the same command, before ranks are.
#[test]
fn shares_taken_on_touch_come_first() {
    let rule = MemberRule { on_touch: true, ..members(Rule::Proportional) };
    let mut world = waves(rule, &[(10, 3, 100), (7, 3, 100)], &[11]);
    settle(&mut world, &[("a0", Rank::Principal, 97), ("a1", Rank::Principal, 50)]);
    let proved = check(world);
    assert_eq!(proved.receipts("L0", "a0").len(), 2, "his share, and what the rank took");
}

/// Who owes on his legs stands in the sum of debts, and money elsewhere in the terms: a venue whose
/// markets are open balances as well.
#[test]
fn who_owes_stands_among_the_holders() {
    let mut world = World::venue(1_000, 1_000);
    world.account("alice", 140_000);
    world.account("bob", 100_000);
    world.fill("BTC", "alice", "bob", 200, 1_000);
    world.mark("BTC", 1_300);
    world.report("L", 100_000);
    settle(&mut world, &[("bob", Rank::Principal, 30_000)]);
    let proved = check(world);
    let receipts = proved.receipts("L", "bob");
    let receipt = receipts.last().expect("a receipt");
    assert_eq!((receipt.account.gain, receipt.account.netted), (amount(300_000), amount(30_000)));
    let [held, owed] = receipt.accounts.root.sums;
    assert!(held == amount(300_000).into() && owed > Sum::ZERO, "{held} held, {owed} owed");
}

/// More than 10^30 in all is divided anew over what is left.
#[test]
fn more_than_one_division_holds() {
    const MOST: u128 = 10u128.pow(30);
    let mut world = World::new("USD", 2);
    world.fund("fund", 0, None);
    world.waterfall(&["fund"]);
    for text in ["alice", "bob", "carol"] {
        world.account(text, MOST);
    }
    world.hold_episode_open();
    for text in ["L1", "L2", "L3"] {
        world.report(text, MOST);
    }
    settle(&mut world, &["alice", "bob", "carol"].map(|text| (text, Rank::Principal, MOST)));
    let proved = check(world);
    let episode = proved.world.loss("L3").episode.unwrap();
    let file = proved.prover.episode(episode, &proved.head).unwrap();
    assert_eq!(file.ranked.len(), 3, "one list each: what is left is divided");
    assert!(file.verify(Some(&policy())).is_good());
    assert_eq!(proved.receipt("L3", "bob").division.before, amount(0));
}

#[test]
fn a_receipt_by_rank_that_was_changed_is_refused() {
    type Change = fn(&mut Receipt, &[Receipt]);
    let proved = Proved::of(settled());
    let others = [proved.receipt("L3", "alice"), proved.receipts("L2", "bob").remove(2)];
    let cases: [(&str, Change, &str); 12] = [
        ("another's account", |r, of| r.account = of[0].account.clone(), "identity"),
        ("another's share", |r, of| r.share = of[0].share, "identity"),
        ("a path swapped", |r, of| r.account_path = of[0].account_path.clone(), "account-in-tree"),
        ("a path truncated", |r, _| r.account_path.path.truncate(1), "account-in-tree"),
        ("a share's path truncated", |r, _| r.share_path.path.truncate(0), "share-in-tree"),
        ("a smaller claim", |r, _| r.account.claims[2].weight = amount(1), "account-in-tree"),
        ("less held", |r, _| r.account.gain = amount(1), "account-in-tree"),
        ("a smaller share", |r, _| r.share.share = amount(0), "share-in-tree"),
        ("other ranks", |r, _| r.accounts.layers.swap(0, 3), "accounts-in-log"),
        ("less outside", |r, _| r.accounts.terms[0].loss = Sum::ZERO, "balance"),
        ("another rank", |r, _| r.division.layer = layer_of(Rank::SessionGains), "division-in-log"),
        ("the division of another loss", |r, of| r.division = of[1].division.clone(), "same-loss"),
    ];
    for (name, change, check) in cases {
        let mut receipt = proved.receipt("L3", "bob");
        assert_eq!(failed(&receipt, &policy()), Vec::<String>::new());
        change(&mut receipt, &others);
        let failed = failed(&receipt, &policy());
        assert!(failed.iter().any(|of| of == check), "{name}: {check} is not in {failed:?}");
    }
    let text = proved.receipt("L3", "bob").to_json();
    for (from, to) in [
        ("\"gain\":\"100\"", "\"gain\":\"-100\""),
        ("\"weight\":\"77\"", "\"weight\":\"-77\""),
        ("\"basis\":\"rank\"", "\"basis\":\"ranks\""),
    ] {
        assert!(text.contains(from), "{from} is not in {text}");
        assert!(Receipt::from_json(&text.replace(from, to)).is_err(), "{to}");
    }
}

/// The leaf of Bob, the second to have an account.
fn bob(lie: &mut Lie) -> &mut rhodian_proof::leaf::AccountLeaf {
    lie.account_leaves.iter_mut().find(|leaf| leaf.account.0 == 1).unwrap()
}

#[test]
fn a_venue_that_lies_about_ranks_is_refused_under_its_own_signature() {
    type Make = fn(&mut Lie);
    let cases: [(&str, Make, &[&str]); 7] = [
        ("the truth", |_| {}, &[]),
        (
            "a holder left out",
            |lie| lie.account_leaves.retain(|leaf| leaf.account.0 != 3),
            &["balance"],
        ),
        (
            "a holder said to hold less",
            |lie| lie.account_leaves.iter_mut().for_each(|leaf| leaf.gain = leaf.netted),
            &["balance"],
        ),
        (
            "more claimed than Bob held",
            |lie| {
                let claim = bob(lie).claims.iter_mut().find(|of| of.weight == amount(13)).unwrap();
                (claim.weight, claim.cap) = (amount(14), amount(14));
                bob(lie).netted = amount(101);
            },
            &["weight"],
        ),
        ("claims that are not his sum", |lie| bob(lie).netted = amount(99), &["weight"]),
        ("a cap below the claim", |lie| bob(lie).claims[2].cap = amount(76), &["weight", "cap"]),
        ("more taken than asked", |lie| lie.division.amount = amount(29), &["sums"]),
    ];
    let proved = Proved::of(settled());
    for (name, lie, expected) in cases {
        // The last division is of the highest id of a set: of the third loss, by principal.
        let receipt = made_up(&proved, "bob", lie);
        assert_eq!(receipt.division.loss, proved.world.loss_id("L3"));
        assert_eq!(failed(&receipt, &policy()), expected, "{name}");
    }
}

fn told(left: [u128; 3]) -> EpisodeFile {
    let mut world = uncovered(left);
    settle(&mut world, &PARTS);
    Proved::of(world).episode()
}

fn refused(report: &Report) -> Vec<&str> {
    report.failed().collect()
}

/// What is not true of a settlement: its name, the change, and the checks that fail.
type Told = (&'static str, fn(&mut EpisodeFile), &'static [&'static str]);

fn check_lies(cases: &[Told]) {
    for (name, lie, expected) in cases {
        let mut file = told([25, 40, 30]);
        lie(&mut file);
        let report = signed(file).verify(Some(&policy()));
        let found = refused(&report);
        for check in *expected {
            assert!(found.contains(check), "{name}: {check} is not among {found:?}");
        }
        assert_eq!(found.is_empty(), expected.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn a_venue_that_lies_about_holders_is_refused() {
    check_lies(&[
        ("the truth", |_| {}, &[]),
        (
            "a holder is left out",
            |file| {
                for of in &mut file.ranked {
                    of.leaves.retain(|leaf| leaf.account.0 != 3);
                }
            },
            &["ranked-0/balance", "ranked-1/balance", "ranked-2/balance"],
        ),
        (
            "a holder is left out of one list",
            |file| {
                let of = &mut file.ranked[1];
                of.leaves.retain(|leaf| leaf.account.0 != 3);
                of.header.terms[0].loss = Sum::new(175).unwrap();
            },
            &["ranks/moment"],
        ),
        (
            "who pays is left out",
            |file| {
                let of = &mut file.ranked[2];
                of.leaves.retain(|leaf| leaf.account.0 != 2);
                of.divisions[0].leaves.retain(|leaf| leaf.account.0 != 2);
            },
            &["ranked-2/balance", "ranks/left"],
        ),
        (
            "a friend's claim is less",
            |file| {
                let leaf = file.ranked[2].leaves.iter_mut().find(|of| of.account.0 == 1).unwrap();
                leaf.claims[2].weight = amount(1);
                leaf.claims[2].cap = amount(1);
            },
            &["ranked-2/loss-2/rank-principal/wave-2/shares", "ranks/claims", "ranks/left"],
        ),
        (
            "a claim twice",
            |file| {
                let leaf = file.ranked[0].leaves.iter_mut().find(|of| of.account.0 == 1).unwrap();
                leaf.claims.push(leaf.claims[2]);
            },
            &["ranks/claims"],
        ),
    ]);
}

#[test]
fn a_venue_that_lies_about_what_ranks_took_is_refused() {
    check_lies(&[
        (
            "a rank before is spared",
            |file| drop(file.ranked[1].divisions.remove(1)),
            &["ranks/order"],
        ),
        (
            "the first of a rank is left out, and the next renumbered",
            |file| {
                file.ranked.remove(0);
                file.ranked[0].divisions[0].header.wave = 1;
            },
            &["ranks/left"],
        ),
        ("a loss is left out", |file| drop(file.ranked.remove(1)), &["ranks/waves", "ranks/left"]),
        (
            "a loss is there twice",
            |file| {
                let again = file.ranked[2].divisions[0].clone();
                file.ranked[2].divisions.push(again);
            },
            &["ranks/waves", "ranks/left"],
        ),
        (
            "ranks in another order",
            |file| file.ranked.iter_mut().for_each(|of| of.header.layers.swap(0, 3)),
            &["ranks/moment"],
        ),
        (
            "another amount was taken before",
            |file| file.ranked[0] = told([24, 40, 30]).ranked[0].clone(),
            &["ranks/left"],
        ),
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever is held by rank, and whatever is owed: every receipt passes, and ranks take what a
    /// slow count says: the first ranks all they have, and one the rest.
    #[test]
    fn whatever_is_settled(
        parts in prop::collection::btree_map((0usize..5, 0usize..4), 1u128..30, 1..12),
        debts in prop::collection::vec(1u128..60, 1..5),
        apart in any::<bool>(),
    ) {
        let mut world = World::new("USD", 2);
        world.fund("fund", 0, None);
        world.waterfall(&["fund"]);
        let names = ["a", "b", "c", "d", "e"];
        for text in names {
            world.account(text, 130);
        }
        if !apart {
            world.hold_episode_open();
        }
        for (number, debt) in debts.iter().enumerate() {
            world.report(&format!("L{number}"), *debt);
        }
        let parts: Vec<_> =
            parts.into_iter().map(|((of, rank), size)| (names[of], RANKS[rank], size)).collect();
        settle(&mut world, &parts);
        let proved = check(world);
        let mut left = RANKS.map(|rank| -> u128 {
            parts.iter().filter(|(_, of, _)| *of == rank).map(|(_, _, size)| size).sum()
        });
        for (number, debt) in debts.iter().enumerate() {
            let mut rest = *debt;
            let loss = proved.world.loss_id(&format!("L{number}"));
            for (rank, left) in RANKS.into_iter().zip(&mut left) {
                let due = rest.min(*left);
                let taken = proved.prover.divisions().filter(|(id, of)| {
                    id.1 == layer_of(rank) && of.of.header.loss == loss
                });
                let taken: u128 = taken.map(|(_, of)| of.of.header.amount.atoms()).sum();
                prop_assert_eq!(taken, due);
                (rest, *left) = (rest - due, *left - due);
            }
        }
        let rows = proved.world.records.iter().flat_map(|record| &record.events);
        let told: u128 = rows.filter_map(|event| match event {
            Event::Loss(loss::Event::RanksSettled { amount, .. }) => Some(amount.atoms()),
            _ => None,
        }).sum();
        let all: u128 = proved.prover.divisions().map(|(_, of)| of.of.header.amount.atoms()).sum();
        prop_assert_eq!(told, all);
    }
}
