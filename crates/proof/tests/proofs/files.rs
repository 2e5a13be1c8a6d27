//! The golden files, and the independent verifier that reads them: `docs/verify.py`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use rhodian_core::ids::LossId;
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::log::HeadFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify;

use crate::stories::{
    Proved, called, crash, drawn, lent, policy, public, settled, settled_once, three_waves, touched,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Every golden file with its content.
fn golden() -> Vec<(&'static str, String)> {
    let (crash, waves, touched) =
        (Proved::of(crash()), Proved::of(three_waves()), Proved::of(touched()));
    let (drawn, called) = (Proved::of(drawn()), Proved::of(called()));
    let (lent, settled) = (Proved::of(lent()), Proved::of(settled()));
    let (state, alice) = (lent.world.engine.state(), lent.world.id("alice"));
    let lent = lent.prover.receipts(state, LossId(0), alice, &lent.head).remove(0).to_json();
    let head = HeadFile { head: crate::stories::later(&crash.head), consistency: Vec::new() };
    vec![
        ("crash-bob.json", crash.receipt("L1", "bob").to_json()),
        ("crash-carol.json", crash.receipt("L1", "carol").to_json()),
        ("crash-episode.json", crash.episode().to_json()),
        ("crash-head.json", serde_json::to_string(&head).unwrap() + "\n"),
        ("third-wave.json", waves.receipt("L2", "a3").to_json()),
        ("touched.json", touched.receipt("L1", "a0").to_json()),
        ("staker.json", drawn.receipt("M", "ann").to_json()),
        ("draws-episode.json", drawn.episode().to_json()),
        ("called.json", called.receipt("M", "ben").to_json()),
        ("lender.json", lent),
        ("ranked.json", settled.receipt("L3", "bob").to_json()),
        ("ranked-episode.json", Proved::of(settled_once()).episode().to_json()),
        ("key.txt", format!("{}\n", public(1))),
    ]
}

/// With `RHODIAN_BLESS` set the files are written anew.
#[test]
fn golden_files_are_what_is_made_today() {
    for (name, content) in golden() {
        let path = folder().join(name);
        if env::var_os("RHODIAN_BLESS").is_some() {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, &content).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(found == content, "{name} changed: a receipt's form is a contract");
    }
}

fn receipts() -> Vec<(String, String)> {
    let names = [
        "crash-bob.json",
        "crash-carol.json",
        "third-wave.json",
        "touched.json",
        "staker.json",
        "called.json",
        "lender.json",
        "ranked.json",
    ];
    let read = |name: &str| fs::read_to_string(folder().join(name)).unwrap();
    names.iter().map(|name| ((*name).to_owned(), read(name))).collect()
}

const EPISODES: [&str; 3] = ["crash-episode.json", "draws-episode.json", "ranked-episode.json"];

#[test]
fn golden_files_pass() {
    for (name, text) in receipts() {
        let receipt = Receipt::from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(verify::receipt(&receipt, &policy()).is_good(), "{name}");
    }
    for name in EPISODES {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        let report = EpisodeFile::from_json(&text).unwrap().verify(Some(&policy()));
        assert!(report.is_good(), "{name}");
    }
}

/// The status of `python3 docs/verify.py FILE KEY`; nothing where there is no python3.
fn python(text: &str, key: &str) -> Option<(i32, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let file = env::temp_dir().join(format!(
        "rhodian-verify-{}-{:?}.json",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::write(&file, text).unwrap();
    let run = Command::new("python3").arg(script).arg(&file).arg(key).stdin(Stdio::null()).output();
    drop(fs::remove_file(&file));
    match run {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            Some((output.status.code().unwrap_or(-1), said))
        }
        Err(error) => {
            println!("skipped: python3 is not there ({error}): docs/verify.py was not run");
            None
        }
    }
}

#[test]
fn the_independent_verifier_agrees() {
    let key = public(1).to_string();
    for (name, text) in receipts() {
        let Some((status, said)) = python(&text, &key) else { return };
        assert_eq!(status, 0, "{name}: {said}");
        let receipt = Receipt::from_json(&text).unwrap();
        let share = receipt.share.share.to_string();
        assert!(said.contains(&share), "{name}: the share {share} is said: {said}");
    }
}

#[test]
fn the_independent_verifier_refuses_what_was_changed() {
    let (_, text) = receipts().remove(0);
    let receipt = Receipt::from_json(&text).unwrap();
    let change = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = receipt.clone();
        change(&mut receipt);
        receipt.to_json()
    };
    let other = Receipt::from_json(&receipts()[1].1).unwrap();
    let amount = crate::world::amount;
    let ranked = Receipt::from_json(&receipts()[7].1).unwrap();
    let change_ranked = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = ranked.clone();
        change(&mut receipt);
        receipt.to_json()
    };
    let cases = [
        ("a share", change(&|r| r.share.share = amount(1))),
        ("a gain", change(&|r| r.account.gain = amount(1))),
        ("a name", change(&|r| r.external_id = "carol".into())),
        ("another's path", change(&|r| r.account_path = other.account_path.clone())),
        ("a truncated path", change(&|r| r.share_path.path.truncate(0))),
        ("an amount", change(&|r| r.division.amount = amount(1))),
        ("a price", change(&|r| r.accounts.prices.clear())),
        ("a signature", change(&|r| r.head.by.signature.0[0] ^= 1)),
        ("a root", change(&|r| r.head.head.size += 1)),
        ("a word of trust", change(&|r| drop(r.trusted.remove(3)))),
        ("a negative gain", text.replace("\"gain\":\"13900\"", "\"gain\":\"-13900\"")),
        ("no receipt", "{}\n".to_owned()),
        ("a claim by rank", change_ranked(&|r| r.account.claims[0].weight = amount(1))),
        ("what is held", change_ranked(&|r| r.account.gain = amount(101))),
        ("what is outside", change_ranked(&|r| r.accounts.terms[0].loss = amount(1).into())),
        ("another rank", change_ranked(&|r| r.division.layer = r.accounts.layers[0].layer)),
    ];
    for (name, bad) in cases {
        assert_ne!(bad, text, "{name}");
        let Some((status, said)) = python(&bad, &public(1).to_string()) else { return };
        assert_ne!(status, 0, "{name} passed: {said}");
    }
    let Some((status, _)) = python(&text, &public(2).to_string()) else { return };
    assert_eq!(status, 1, "another's key");
}

/// Another character in the place of one.
fn other(character: u8, step: u8) -> u8 {
    match character {
        b'0'..=b'9' => b'0' + (character - b'0' + step % 9 + 1) % 10,
        b'a'..=b'f' => b'a' + (character - b'a' + step % 5 + 1) % 6,
        b'g'..=b'z' => b'g' + (character - b'g' + step % 19 + 1) % 20,
        b'_' => b'-',
        _ => b'_',
    }
}

/// No character of a receipt or of an episode can be another: the file is refused, or a check
/// fails.
#[test]
fn every_character_counts() {
    for (step, (name, text)) in receipts().into_iter().enumerate() {
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = other(bytes[at], ((at + step) % 251) as u8);
            let changed = String::from_utf8(bytes).unwrap();
            let Ok(receipt) = Receipt::from_json(&changed) else { continue };
            let good = verify::receipt(&receipt, &policy()).is_good();
            assert!(!good, "{name}, {at}: {}", &changed[at.saturating_sub(40)..=at]);
        }
    }
    for name in EPISODES {
        let episode = fs::read_to_string(folder().join(name)).unwrap();
        for at in 0..episode.len() - 1 {
            let mut bytes = episode.clone().into_bytes();
            bytes[at] = other(bytes[at], (at % 251) as u8);
            let changed = String::from_utf8(bytes).unwrap();
            let Ok(file) = EpisodeFile::from_json(&changed) else { continue };
            let good = file.verify(Some(&policy())).is_good();
            assert!(!good, "{name}, {at}: {}", &changed[at.saturating_sub(40)..=at]);
        }
    }
}
