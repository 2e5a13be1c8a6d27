//! Heads: who signed them, whether logs are one, and what two of them prove.

use rhodian_core::ids::Time;
use rhodian_proof::hash::sha256;
use rhodian_proof::head::{Equivocation, Signed};
use rhodian_proof::log::{HeadFile, Log};
use rhodian_proof::report::Verdict;
use rhodian_proof::verify::{self, Policy};

use crate::stories::{ORIGIN, Proved, crash, key, later, policy, public};

fn log(names: &[&str]) -> Log {
    let mut log = Log::default();
    for name in names {
        log.append(&sha256(&[name.as_bytes()])).unwrap();
    }
    log
}

fn origin() -> String {
    ORIGIN.to_owned()
}

#[test]
fn two_heads_that_disagree_are_evidence() {
    let one = log(&["a", "b"]).head(origin(), Time(5)).sign(&key(1));
    let same = log(&["a", "b"]).head(origin(), Time(9)).sign(&key(1));
    let other = log(&["a", "c"]).head(origin(), Time(5)).sign(&key(1));
    let longer = log(&["a", "c", "d"]).head(origin(), Time(5)).sign(&key(1));
    let forged = log(&["a", "c"]).head(origin(), Time(5)).sign(&key(2));
    let elsewhere = log(&["a", "c"]).head("another".into(), Time(5)).sign(&key(1));
    for (name, head, evident) in [
        ("the same log later", &same, false),
        ("another log of the same size", &other, true),
        ("a longer log", &longer, false),
        ("another venue's key", &forged, false),
        ("another venue", &elsewhere, false),
    ] {
        let evidence = Equivocation::of(&one, head);
        assert_eq!(evidence.is_some(), evident, "{name}");
        if let Some(evidence) = evidence {
            assert!(evidence.holds(&public(1)) && !evidence.holds(&public(2)), "{name}");
        }
    }
    let mut spoiled = other.clone();
    spoiled.head.root = sha256(&[b"what the venue never signed"]);
    assert_eq!(Equivocation::of(&one, &spoiled), None);
}

/// What a second head says of a receipt.
fn second(proved: &Proved, head: HeadFile) -> Option<Verdict> {
    let policy = Policy { head: Some(head), ..policy() };
    verify::receipt(&proved.receipt("L1", "bob"), &policy).verdict("second-head")
}

#[test]
fn a_second_head_continues_the_first_or_is_refused() {
    let proved = Proved::of(crash());
    let size = proved.head.head.size;
    let mut world = proved.world.clone();
    world.tick(1_000);
    world.boundary();
    let grown = Proved::of(world);
    assert!(grown.head.head.size > size);
    let proof = grown.prover.consistency(size, grown.head.head.size).unwrap();
    let file = |head, consistency| HeadFile { head, consistency };
    let passed = Some(Verdict::Passed);
    let failed = Some(Verdict::Failed);
    assert_eq!(second(&proved, file(proved.head.clone(), vec![])), passed, "the same head");
    assert_eq!(second(&proved, file(later(&proved.head), vec![])), passed, "the same log later");
    assert_eq!(second(&proved, file(grown.head.clone(), vec![proof.clone()])), passed, "grown");
    assert_eq!(second(&proved, file(grown.head.clone(), vec![])), failed, "no proof");
    let mut wrong = proof.clone();
    wrong.path.reverse();
    assert_eq!(second(&proved, file(grown.head.clone(), vec![wrong])), failed, "a wrong proof");
    let mut split = proved.head.head.clone();
    split.root = sha256(&[b"for somebody else"]);
    let split = split.sign(&key(1));
    assert_eq!(second(&proved, file(split.clone(), vec![])), failed, "equivocation");
    assert!(Equivocation::of(&proved.head, &split).is_some());
    // The older head serves against the grown receipt as well.
    let policy = Policy { head: Some(file(proved.head.clone(), vec![proof])), ..policy() };
    let report = verify::receipt(&grown.receipt("L1", "bob"), &policy);
    assert_eq!(report.verdict("second-head"), passed, "an older head");
}

#[test]
fn so_many_witnesses_must_have_signed() {
    let proved = Proved::of(crash());
    let mut receipt = proved.receipt("L1", "bob");
    let head = receipt.head.head.clone();
    receipt.head.witnesses = [2, 2, 3].map(|n| Signed::new(&head, &key(n))).to_vec();
    let mut spoiled = Signed::new(&head, &key(4));
    spoiled.signature.0[0] ^= 1;
    receipt.head.witnesses.push(spoiled);
    for (needed, known, verdict) in [
        (0, vec![], None),
        (1, vec![2], Some(Verdict::Passed)),
        (2, vec![2, 3], Some(Verdict::Passed)),
        (2, vec![2, 2], Some(Verdict::Failed)),
        (2, vec![2, 4], Some(Verdict::Failed)),
        (1, vec![5], Some(Verdict::Failed)),
    ] {
        let witnesses = known.iter().map(|n| public(*n)).collect();
        let policy = Policy { needed, witnesses, ..policy() };
        let report = verify::receipt(&receipt, &policy);
        assert_eq!(report.verdict("witnesses"), verdict, "{needed} of {known:?}");
        assert_eq!(report.is_good(), verdict != Some(Verdict::Failed));
    }
}
