//! `rhodian allocate` as a person uses it: the program runs, its output is the expected text.

#[path = "../support/mod.rs"]
mod support;

mod folders;
mod formats;
mod reading;
mod rules;
mod streams;

use support::{Ran, World};

/// Three claims of 100, 200 and 300, as in the Mishnah, with every column there is.
const MISHNAH: &str = "id,cap,weight,score,risk\n\
                       a,100,100,1,3\n\
                       b,200,200,-3,1\n\
                       c,300,300,2,1.0\n";

/// Divides claims and expects the shares as CSV, nothing else, and status 0.
fn check_shares(name: &str, arguments: &str, claims: &str, expected: &str) {
    let words = format!("allocate {arguments} --claims claims.csv --format csv --quiet");
    let ran = World::with_claims(claims).run(&words);
    let stdout = format!("id,share\n{expected}");
    assert_eq!(ran, Ran { status: 0, stdout, stderr: String::new() }, "{name}");
}

/// The value of a member of the JSON summary.
fn summary(arguments: &str, claims: &str) -> serde_json::Value {
    let words = format!("allocate {arguments} --claims claims.csv --format json --quiet");
    let ran = World::with_claims(claims).run(&words);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    serde_json::from_str(&ran.stdout).unwrap()
}
