//! `--out`: a folder is there whole or not at all.

use std::fs;

use super::MISHNAH;
use crate::support::{World, names_in};

const LOSS: &str = "allocate --rule proportional --loss 400 --claims claims.csv";

#[test]
fn a_folder_of_shares_and_a_summary() {
    let world = World::with_claims(MISHNAH);
    let ran = world.run(&format!("{LOSS} --format csv --out made/result"));
    let shares = "id,share\na,67\nb,133\nc,200\n";
    assert_eq!((ran.status, ran.stdout.as_str()), (0, shares));
    assert_eq!(
        ran.stderr,
        "remark: columns score, risk are not read by proportional\n\
         remark: wrote shares.csv and summary.json into made/result\n"
    );
    assert_eq!(names_in(&world.path("made")), ["result"]);
    assert_eq!(names_in(&world.path("made/result")), ["shares.csv", "summary.json"]);
    assert_eq!(world.read("made/result/shares.csv"), shares);
    assert_eq!(
        world.read("made/result/summary.json"),
        "{\n  \"rule\": \"proportional\",\n  \"loss\": \"400\",\n  \"allocated\": \"400\",\n  \
         \"residual\": \"0\",\n  \"water_level\": {\"num\": \"2\", \"den\": \"3\"}\n}\n"
    );
}

#[test]
fn a_folder_that_exists_is_replaced_only_when_forced() {
    let world = World::with_claims(MISHNAH);
    let run = |rest: &str| world.run(&format!("{LOSS} --quiet --format csv --out result {rest}"));
    assert_eq!(run("").status, 0);
    let first = world.read("result/shares.csv");

    let refused = run("--excess-digits half-even");
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
    assert_eq!(
        refused.stderr,
        "error[out-exists]: result exists\n --> --out\nhelp: name another folder, or replace \
         this one with --force. Nothing was written.\n"
    );
    assert_eq!(world.read("result/shares.csv"), first);

    fs::write(world.path("result/shares.csv"), "of before").unwrap();
    fs::write(world.path("result/report.html"), "of before").unwrap();
    assert_eq!(run("--force").status, 0);
    assert_eq!(world.read("result/shares.csv"), first);
    assert_eq!(names_in(&world.path("result")), ["shares.csv", "summary.json"], "replaced whole");

    // Bad input leaves what is there, forced or not.
    let bad = run("--force --cap weights");
    assert_eq!(bad.status, 2);
    assert_eq!(world.read("result/shares.csv"), first);
    assert_eq!(world.names(), ["claims.csv", "result"]);
}

#[test]
fn nothing_of_others_is_ever_replaced() {
    let world = World::with_claims(MISHNAH);
    fs::create_dir(world.path("mine")).unwrap();
    fs::write(world.path("mine/thesis.txt"), "years of work").unwrap();
    fs::create_dir(world.path("page")).unwrap();
    fs::write(world.path("page/report.html"), "a report of someone's own").unwrap();
    let cases = [
        ("mine --force", "error[out-foreign-file]: mine holds thesis.txt, which Rhodian did not"),
        ("page --force", "error[out-foreign-file]: page has no summary.json, so Rhodian did not"),
        (". --force", "error[out-foreign-file]: . holds claims.csv, which Rhodian did not write"),
        ("claims.csv --force", "error[out-not-a-folder]: claims.csv is not a folder"),
    ];
    for (out, expected) in cases {
        let ran = world.run(&format!("{LOSS} --out {out}"));
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{out}");
        assert!(ran.stderr.starts_with(expected), "{out}: {}", ran.stderr);
    }
    assert_eq!(world.read("mine/thesis.txt"), "years of work");
    // An empty folder holds nothing to lose.
    fs::create_dir(world.path("empty")).unwrap();
    assert_eq!(world.run(&format!("{LOSS} --out empty --force")).status, 0);
    assert_eq!(world.read("page/report.html"), "a report of someone's own");
    assert_eq!(world.names(), ["claims.csv", "empty", "mine", "page"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_input_output() {
    let world = World::with_claims(MISHNAH);
    let ran = world.run(&format!("{LOSS} --out claims.csv/result"));
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert_eq!(world.names(), ["claims.csv"]);
}

/// A link keeps pointing where it did, and what it points to is replaced.
#[cfg(unix)]
#[test]
fn a_link_to_a_folder_stays_a_link() {
    let world = World::with_claims(MISHNAH);
    fs::create_dir(world.path("real")).unwrap();
    std::os::unix::fs::symlink("real", world.path("link")).unwrap();
    assert_eq!(world.run(&format!("{LOSS} --out link --force")).status, 0);
    assert!(fs::symlink_metadata(world.path("link")).unwrap().is_symlink());
    assert_eq!(names_in(&world.path("real")), ["shares.csv", "summary.json"]);
}

/// An interrupt at any moment leaves the folder whole or absent, and nothing hidden beside it.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_half_written_folder() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let rows: String = (0..300_000).map(|i| format!("account-{i:07},{}\n", i % 997)).collect();
    let world = World::with_claims(format!("id,cap\n{rows}"));
    let mut interrupted = 0;
    for _ in 0..4 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rhodian"))
            .args(LOSS.split(' '))
            .args(["--out", "result"])
            .current_dir(world.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Wait for the hidden folder, or for the end where writing was quicker than looking.
        let begun = Instant::now();
        while world.names().len() == 1
            && child.try_wait().unwrap().is_none()
            && begun.elapsed() < Duration::from_secs(60)
        {
            std::thread::sleep(Duration::from_micros(200));
        }
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap().code();
        match world.names() {
            names if names == ["claims.csv"] => {
                assert_eq!(status, Some(130));
                interrupted += 1;
            }
            names => {
                assert_eq!(names, ["claims.csv", "result"]);
                assert_eq!(world.read("result/shares.csv").lines().count(), 300_001);
                assert!(world.read("result/summary.json").ends_with("}\n"));
                fs::remove_dir_all(world.path("result")).unwrap();
            }
        }
    }
    println!("{interrupted} of 4 runs were interrupted before the folder had its name");
}
