//! The reference vectors of certificate transparency (RFC 6962): the roots of eight entries, and
//! the published inclusion and consistency proofs.

use rhodian_proof::hash::Digest;
use rhodian_proof::tree::{Tree, is_consistent, is_included, leaf_hash};

const ENTRIES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[
        0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
        0x6f,
    ],
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

fn digests(texts: &[&str]) -> Vec<Digest> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn tree() -> Tree {
    let mut tree = Tree::default();
    ENTRIES.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    tree
}

#[test]
fn roots() {
    let tree = tree();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(tree.root(size).unwrap().to_string(), *root, "{size} entries");
    }
    assert_eq!(tree.root(9), None);
}

#[test]
fn inclusion() {
    let cases: [(usize, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (0, 8, &[A, B, C]),
        (5, 8, &[D, E, ROOTS[4]]),
        (2, 3, &[ROOTS[2]]),
        (1, 5, &[ROOTS[1], B, D]),
    ];
    for (index, size, path) in cases {
        let path = digests(path);
        assert_eq!(tree().inclusion(index, size), Some(path.clone()), "entry {index} of {size}");
        let at = (index as u64, size as u64);
        let root = ROOTS[size].parse().unwrap();
        assert!(is_included(at, leaf_hash(ENTRIES[index]), &path, &root), "{index} of {size}");
    }
}

#[test]
fn consistency() {
    let cases: [(usize, usize, &[&str]); 5] = [
        (1, 1, &[]),
        (1, 8, &[A, B, C]),
        (2, 8, &[B, C]),
        (6, 8, &[F, E, ROOTS[4]]),
        (2, 5, &[B, D]),
    ];
    for (first, second, path) in cases {
        let path = digests(path);
        let found = tree().consistency(first, second);
        assert_eq!(found, Some(path.clone()), "{first} of {second}");
        let (small, large) = (ROOTS[first].parse().unwrap(), ROOTS[second].parse().unwrap());
        let (first, second) = ((first as u64, &small), (second as u64, &large));
        assert!(is_consistent(first, second, &path), "{first:?} of {second:?}");
    }
}
