//! The four output forms, amounts with decimals, the picture.

use super::{MISHNAH, check_shares, summary};
use crate::support::{Ran, World};

const LOSS: &str = "allocate --rule proportional --loss 400 --claims claims.csv";

fn check_output(name: &str, words: &str, claims: &str, expected: &str) {
    let ran = World::with_claims(claims).run(words);
    let stdout = expected.strip_prefix('\n').unwrap_or(expected).to_owned();
    assert_eq!(ran, Ran { status: 0, stdout, stderr: String::new() }, "{name}");
}

#[test]
fn each_format() {
    let claims = "id,cap\nb,200\n\"a, \"\"the first\"\"\",100\nc\\d,300\n";
    let csv = "id,share\nb,133\n\"a, \"\"the first\"\"\",67\nc\\d,200\n";
    check_output("csv", &format!("{LOSS} --format csv"), claims, csv);
    let json = r#"
{
  "rule": "proportional",
  "loss": "400",
  "allocated": "400",
  "residual": "0",
  "water_level": {"num": "2", "den": "3"},
  "shares": [
    {"id": "b", "share": "133"},
    {"id": "a, \"the first\"", "share": "67"},
    {"id": "c\\d", "share": "200"}
  ]
}
"#;
    check_output("json", &format!("{LOSS} --format json"), claims, json);
    let ndjson = r#"
{"id": "b", "share": "133"}
{"id": "a, \"the first\"", "share": "67"}
{"id": "c\\d", "share": "200"}
{"rule": "proportional", "loss": "400", "allocated": "400", "residual": "0", "water_level": {"num": "2", "den": "3"}}
"#;
    check_output("ndjson", &format!("{LOSS} --format ndjson"), claims, ndjson);
    let text = r#"
proportional  400 over 3 claims

paid       400  ████████████████████████████████  100.00 %
uncovered    0                                      0.00 %
sum        400 + 0 = 400
level      2/3 ≈ 0.666666 of each weight

3 of 3 pay, 0 up to the cap
  c\d             200  ████████████████████████████████   50.00 %
  b               133  █████████████████████▎             33.25 %
  a, "the first"   67  ██████████▋                        16.75 %
"#;
    check_output("text", LOSS, claims, text);
    check_output("text is the default", &format!("{LOSS} --format text"), claims, text);
}

#[test]
fn the_picture_of_many_claims_with_decimals_and_a_residual() {
    let mut claims = "id,cap,class\n".to_owned();
    for i in 0..14 {
        claims.push_str(&format!("claimant-{i:02},{}.50,{}\n", (i + 1) * 1000, i / 7));
    }
    let words = "allocate --rule equal-awards --loss 110000 --decimals 2 --claims claims.csv -q";
    let text = r#"
equal-awards  110,000.00 over 14 claims

paid       105,007.00  ██████████████████████████████▌    95.46 %
uncovered    4,993.00  █▍                                  4.54 %
sum        105,007.00 + 4,993.00 = 110,000.00
class 0    all taken
class 1    all taken

14 of 14 pay, 14 up to the cap
  claimant-13  14,000.50  ████████████████████████████████   12.73 %
  claimant-12  13,000.50  █████████████████████████████▋     11.82 %
  claimant-11  12,000.50  ███████████████████████████▍       10.91 %
  claimant-10  11,000.50  █████████████████████████▏         10.00 %
  claimant-09  10,000.50  ██████████████████████▊             9.09 %
  claimant-08   9,000.50  ████████████████████▌               8.18 %
  claimant-07   8,000.50  ██████████████████▎                 7.27 %
  claimant-06   7,000.50  ████████████████                    6.36 %
  claimant-05   6,000.50  █████████████▋                      5.46 %
  claimant-04   5,000.50  ███████████▍                        4.55 %
  and 4 more
"#;
    check_output("a residual", words, &claims, text);
    let level = |rule: &str, loss: &str| {
        let words =
            format!("allocate --rule {rule} --loss {loss} --decimals 2 --claims claims.csv");
        let ran = World::with_claims("id,cap\na,10.00\nb,20.00\nc,30.00\n").run(&words);
        let line = ran.stdout.lines().find(|line| line.starts_with("level"));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(level("equal-losses", "10"), "level      ≈ 3.333333 lost by each, up to the cap");
    assert_eq!(level("equal-awards", "57"), "level      1 kept by each, up to the cap");
    assert_eq!(level("proportional", "15"), "level      1/4 = 0.25 of each weight");
    assert_eq!(level("proportional", "60"), "");
}

#[test]
fn decimals_in_and_out() {
    let claims = "id,cap\na,100\nb,100.0\nc,100.00\n";
    let shares = "a,33.34\nb,33.33\nc,33.33\n";
    check_shares("two", "--rule proportional --loss 100.0 --decimals 2", claims, shares);
    check_shares("one atom", "--rule queue --score cap --loss 1", "id,cap\na,1\n", "a,1\n");
    let bound = "1000000000000.000000000000000000";
    check_shares(
        "18 decimals at the bound",
        &format!("--rule proportional --loss {bound} --decimals 18"),
        &format!("id,cap\na,{bound}\nb,{bound}\nc,{bound}\n"),
        "a,333333333333.333333333333333334\nb,333333333333.333333333333333333\n\
         c,333333333333.333333333333333333\n",
    );
    check_shares(
        "30 decimals",
        "--rule proportional --loss 1 --decimals 30",
        "id,cap\na,1\nb,0.000000000000000000000000000001\n",
        "a,0.999999999999999999999999999999\nb,0.000000000000000000000000000001\n",
    );
    let found = summary("--rule equal-losses --loss 1.01 --decimals 2", claims);
    let in_atoms = serde_json::json!({ "num": "101", "den": "3" });
    assert_eq!(found["water_level"], in_atoms);
    assert_eq!(found["allocated"], "1.01");
}

#[test]
fn digits_beyond_the_decimals_round_half_to_even() {
    let cases = [
        ("2.125", "2.12"),
        ("2.135", "2.14"),
        ("2.1350000000000000000000000000000000000000000001", "2.14"),
        ("2.1250000000000000000000000000000000000000000001", "2.13"),
        ("2.1249999999999999999999999999999999999999999999", "2.12"),
        ("2.995", "3.00"),
        ("0.005", "0.00"),
        ("0.015", "0.02"),
    ];
    for (cap, rounded) in cases {
        check_shares(
            cap,
            "--rule equal-losses --loss 9 --decimals 2 --excess-digits half-even",
            &format!("id,cap\na,{cap}\n"),
            &format!("a,{rounded}\n"),
        );
    }
    let half = "--rule equal-losses --loss 2.5 --excess-digits half-even";
    check_shares("whole atoms too", half, "id,cap\na,9\n", "a,2\n");
    let risk = "--rule risk-weighted --loss 3 --excess-digits half-even";
    check_shares(
        "risks too",
        risk,
        "id,cap,risk\na,9,0.0000025\nb,9,0.0000005\nc,9,0.000001\n",
        "a,2\nb,0\nc,1\n",
    );
}

#[test]
fn remarks_are_said_once_and_not_when_quiet() {
    let claims = MISHNAH.replace("score", "note");
    let run = |flags: &str| {
        let words = "allocate --rule equal-losses --loss 700 --claims claims.csv --format csv";
        World::with_claims(&claims).run(&format!("{words} {flags}")).stderr
    };
    assert_eq!(
        run("--weight weight --score absent"),
        "remark: columns weight, note, risk are not read by equal-losses\n\
         remark: --weight has no effect: equal-losses reads none\n\
         remark: --score has no effect: equal-losses reads none\n\
         remark: 100 of the loss is uncovered: all capacity is taken\n"
    );
    let wide = "id,cap,a,b,c,d,e,f,g,h,i,j\nx,9,,,,,,,,,,\n";
    let ran = World::with_claims(wide).run("allocate --rule talmud --loss 1 --claims claims.csv");
    let many = "remark: columns a, b, c, d, e, f, g, h and 2 more are not read by talmud\n";
    assert_eq!(ran.stderr, many);
    assert_eq!(run("--quiet"), "");
    assert_eq!(run("-q"), "");
}
