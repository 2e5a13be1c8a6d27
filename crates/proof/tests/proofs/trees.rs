//! Random trees: every true proof holds, and no other leaf, place, size, path or sum does.

use proptest::prelude::*;
use rhodian_core::ids::{AccountId, OwnerId};
use rhodian_core::units::Amount;
use rhodian_proof::hash::{Digest, sha256};
use rhodian_proof::leaf::AccountLeaf;
use rhodian_proof::sum::{Leaf, MAX_SUM, Node, Sum, SumTree};
use rhodian_proof::tree::{Tree, empty_hash, is_consistent, is_included, leaf_hash, node_hash};

/// The tree of RFC 6962 by its definition.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_hash(),
        [leaf] => *leaf,
        _ => {
            let mut split = 1;
            while split * 2 < leaves.len() {
                split *= 2;
            }
            let (left, right) = leaves.split_at(split);
            node_hash(&by_definition(left), &by_definition(right))
        }
    }
}

fn entries(count: usize) -> Vec<Digest> {
    (0..count).map(|n| leaf_hash(&n.to_le_bytes())).collect()
}

#[test]
fn every_proof_of_every_small_log() {
    let leaves = entries(33);
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    for size in 1..=leaves.len() {
        let root = tree.root(size).unwrap();
        assert_eq!(root, by_definition(&leaves[..size]), "{size} entries");
        for (index, leaf) in leaves.iter().enumerate().take(size) {
            let path = tree.inclusion(index, size).unwrap();
            for other in 0..=size {
                let at = (other as u64, size as u64);
                let holds = is_included(at, *leaf, &path, &root);
                assert_eq!(holds, other == index, "entry {index} of {size} at {other}");
            }
            let mut longer = path.clone();
            longer.push(root);
            assert!(!is_included((index as u64, size as u64), *leaf, &longer, &root));
            if let Some((_, shorter)) = path.split_last() {
                assert!(!is_included((index as u64, size as u64), *leaf, shorter, &root));
            }
        }
        for first in 1..=size {
            let (old, path) = (tree.root(first).unwrap(), tree.consistency(first, size).unwrap());
            let check = |first: usize, old: &Digest, path: &[Digest]| {
                is_consistent((first as u64, old), (size as u64, &root), path)
            };
            assert!(check(first, &old, &path), "{first} of {size}");
            let other = sha256(&[b"another log"]);
            assert!(!check(first, &other, &path), "another log of {first} of {size}");
            if first != size {
                assert!(!check(first, &old, &[]), "no proof of {first} of {size}");
                assert!(!check(first + 1, &old, &path), "wrong size of {first} of {size}");
                let cut = &path[..path.len() - 1];
                assert!(!check(first, &old, cut), "cut proof of {first} of {size}");
            }
        }
    }
    assert!(!is_consistent((0, &empty_hash()), (1, &leaves[0]), &[]), "nothing proves nothing");
}

fn leaf(account: u32, gain: u128, loss: u128) -> AccountLeaf {
    AccountLeaf {
        account: AccountId(account),
        owner: OwnerId(account),
        identity: sha256(&[&account.to_le_bytes()]),
        gain: Amount::new(gain).unwrap(),
        loss: Amount::new(loss).unwrap(),
        netted: Amount::new(gain).unwrap(),
        affiliate: false,
        claims: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Sums are sums, each leaf leads to the root from its own place only, and whatever is changed
    /// on the way does not.
    #[test]
    fn sum_trees(
        rows in prop::collection::vec((0u128..=10u128.pow(30), 0u128..=10u128.pow(30)), 1..40),
        pick in 0usize..1000,
        other in 0usize..1000,
        more in 1u128..1000,
    ) {
        let leaves: Vec<AccountLeaf> =
            (0..).zip(&rows).map(|(n, (gain, loss))| leaf(n, *gain, *loss)).collect();
        let tree = SumTree::new(&leaves).unwrap();
        let root = tree.root();
        let sum = |of: fn(&(u128, u128)) -> u128| Sum::new(rows.iter().map(of).sum()).unwrap();
        prop_assert_eq!(root.sums, [sum(|row| row.0), sum(|row| row.1)]);
        let count = leaves.len() as u32;
        let (pick, other) = (pick % leaves.len(), other % leaves.len());
        let path = tree.path(pick).unwrap();
        prop_assert_eq!(path.root(&leaves[pick], count), Some(root));
        prop_assert_eq!(path.root(&leaves[other], count) == Some(root), pick == other);
        let swapped = tree.path(other).unwrap();
        prop_assert_eq!(swapped.root(&leaves[pick], count) == Some(root), pick == other);
        for place in 0..path.path.len() {
            let mut forged = path.clone();
            let node = &mut forged.path[place];
            node.sums[0] = Sum::new(node.sums[0].atoms() + more).unwrap();
            prop_assert!(forged.root(&leaves[pick], count) != Some(root));
            forged.path.remove(place);
            prop_assert!(forged.root(&leaves[pick], count) != Some(root));
        }
    }
}

#[test]
fn a_sum_stays_below_its_bound() {
    let most = Sum::new(MAX_SUM - 1).unwrap();
    assert_eq!(Sum::new(MAX_SUM), None);
    assert_eq!(most.plus(Sum::new(1).unwrap()), None);
    let full = Node { sums: [most, Sum::ZERO], hash: Digest::default() };
    let one = leaf(1, 1, 0).node();
    assert_eq!(Node::above::<rhodian_proof::sum::Accounts>(&full, &one), None);
}

#[test]
fn a_number_is_not_negative_and_within_its_bound() {
    let good = serde_json::to_string(&leaf(1, 7, 0)).unwrap();
    assert!(serde_json::from_str::<AccountLeaf>(&good).is_ok());
    let above = "1000000000000000000000000000001";
    for (name, gain) in [("negative", "-7"), ("above the bound", above), ("padded", "07")] {
        let bad = good.replace("\"gain\":\"7\"", &format!("\"gain\":\"{gain}\""));
        assert_ne!(bad, good);
        assert!(serde_json::from_str::<AccountLeaf>(&bad).is_err(), "{name}");
    }
    for sum in ["-1", "170141183460469231731687303715884105728", "+1", "01"] {
        assert!(serde_json::from_str::<Sum>(&format!("\"{sum}\"")).is_err(), "{sum}");
    }
}
