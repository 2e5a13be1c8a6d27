//! Every rule on claims whose shares were worked out by hand.

use serde_json::{Value, json};

use super::{MISHNAH, check_shares, summary};
use crate::support::World;

/// A loss of 400 leaves an estate of 200 of the 600 claimed.
#[test]
fn every_rule_divides_400_over_the_claims_of_the_mishnah() {
    let ratio = |num: &str, den: &str| json!({ "num": num, "den": den });
    let cases = [
        // 66 2/3, 133 1/3, 200: the odd atom goes to the largest part of an atom.
        ("proportional", "a,67\nb,133\nc,200\n", ratio("2", "3")),
        ("equal-losses", "a,100\nb,150\nc,150\n", ratio("150", "1")),
        // Each keeps 66 2/3; three equal parts of an atom, so the odd one goes to the first id.
        ("equal-awards", "a,34\nb,133\nc,233\n", ratio("200", "3")),
        // The Mishnah's own second row: 50, 75 and 75 are kept.
        ("talmud", "a,50\nb,125\nc,225\n", Value::Null),
        ("queue", "a,100\nb,0\nc,300\n", Value::Null),
        // Weight x risk is 300, 200, 300: a is capped, 300 over 500 is left.
        ("risk-weighted", "a,100\nb,120\nc,180\n", ratio("3", "5")),
        // Six orders: a keeps 200/6, b and c keep 500/6.
        ("random-arrival", "a,67\nb,117\nc,216\n", Value::Null),
        // Each loses 33 1/3 of half his claim and all of the other half.
        ("reverse-talmud", "a,84\nb,133\nc,183\n", Value::Null),
        ("piniles", "a,50\nb,125\nc,225\n", Value::Null),
        // Claims cut to 200 are 100, 200, 200: two fifths of them are kept.
        ("adjusted-proportional", "a,60\nb,120\nc,220\n", Value::Null),
        // All three contest the first 100, b and c the second.
        ("minimal-overlap", "a,67\nb,117\nc,216\n", Value::Null),
    ];
    for (rule, shares, level) in cases {
        let arguments = format!("--rule {rule} --loss 400");
        check_shares(rule, &arguments, MISHNAH, shares);
        assert_eq!(summary(&arguments, MISHNAH)["water_level"], level, "{rule}");
    }
}

#[test]
fn weights_default_to_caps_and_zero_weight_pays_nothing() {
    let cases = [
        ("no weight column", "id,cap\na,100\nb,300\n", "a,25\nb,75\n"),
        ("weights of their own", "id,cap,weight\na,100,3\nb,300,1\n", "a,75\nb,25\n"),
        ("a cap that binds", "id,cap,weight\na,10,3\nb,300,1\n", "a,10\nb,90\n"),
        ("weight zero", "id,cap,weight\na,100,0\nb,300,1\n", "a,0\nb,100\n"),
    ];
    for (name, claims, shares) in cases {
        check_shares(name, "--rule proportional --loss 100", claims, shares);
    }
    check_shares(
        "the cap of a claim without weight is no capacity",
        "--rule proportional --loss 400",
        "id,cap,weight\na,100,0\nb,300,1\n",
        "a,0\nb,300\n",
    );
    check_shares(
        "other rules ignore the weight, whatever stands there",
        "--rule equal-losses --loss 100",
        "id,cap,weight\na,100,none\nb,300,-1\n",
        "a,50\nb,50\n",
    );
}

#[test]
fn the_lowest_class_pays_first() {
    let claims = "id,cap,class\na,100,7\nb,200,3\nc,300,3\n";
    let level = |loss: u32| {
        summary(&format!("--rule proportional --loss {loss}"), claims)["water_level"].clone()
    };
    check_shares("one class", "--rule proportional --loss 400", claims, "a,0\nb,160\nc,240\n");
    assert_eq!(level(400)[0], json!({ "num": "4", "den": "5" }));
    check_shares("into the next", "--rule proportional --loss 550", claims, "a,50\nb,200\nc,300\n");
    assert_eq!(level(550), json!([null, { "num": "1", "den": "2" }]));
    assert_eq!(level(600), json!([null, null]));
    let one_class = "id,cap,class\na,100,7\nb,300,7\n";
    let found = summary("--rule proportional --loss 100", one_class);
    assert_eq!(found["water_level"], json!([{ "num": "1", "den": "4" }]), "a list all the same");
}

#[test]
fn a_loss_above_capacity_leaves_a_residual() {
    let found = summary("--rule proportional --loss 700", MISHNAH);
    let expected = json!({
        "rule": "proportional", "loss": "700", "allocated": "600", "residual": "100",
        "water_level": null,
        "shares": [{ "id": "a", "share": "100" }, { "id": "b", "share": "200" },
                   { "id": "c", "share": "300" }],
    });
    assert_eq!(found, expected);
    let world = World::with_claims(MISHNAH);
    let run = |loss, flag| {
        let words = "allocate --rule equal-losses --claims claims.csv --quiet --format csv";
        let ran = world.run(&format!("{words} --loss {loss} {flag}"));
        assert_eq!(ran.stdout, "id,share\na,100\nb,200\nc,300\n");
        ran
    };
    assert_eq!(run(700, "").status, 0);
    assert_eq!(run(600, "--fail-on-uncovered").status, 0);
    let failed = run(700, "--fail-on-uncovered");
    assert_eq!(failed.status, 1);
    assert_eq!(
        failed.stderr,
        "error[uncovered]: 100 of the loss is uncovered\n\
         help: the shares are right; the claims cannot pay more.\n"
    );
}

#[test]
fn the_core_refuses_in_words() {
    let equal = |claims: u32| (0..claims).map(|i| format!("x{i},0.2\n")).collect::<String>();
    let (many, crowd) = (equal(65), equal(50));
    let cases = [
        (
            "no weight",
            "--rule proportional",
            "id,cap,weight\na,5,0\nb,5,0\n".to_owned(),
            "error[claims-no-weight]: every weight is zero\n --> claims.csv\n\
             help: proportional divides by weight: give someone a weight above zero. \
             Nothing was written.\n",
        ),
        (
            "65 claims",
            "--rule random-arrival --decimals 1",
            format!("id,cap\n{many}"),
            "error[claims-too-many-for-rule]: random-arrival is exact up to 64 claims of a class, \
             here are 65\n --> claims.csv\nhelp: divide by another rule. Nothing was written.\n",
        ),
        (
            "orders of arrival without end",
            "--rule random-arrival --decimals 1",
            format!("id,cap\n{crowd}"),
            "error[claims-too-many-coalitions]: random-arrival over 50 claims of a class and this \
             loss has to go through more than 4194304 coalitions\n --> claims.csv\n\
             help: divide by another rule; up to 23 claims of a class always work. \
             Nothing was written.\n",
        ),
        (
            "a sum beyond the bounds",
            "--rule risk-weighted",
            "id,cap,weight,risk\n\
             z,5,1000000000000000000000000000000,1\n\
             b,5,1000000000000000000000000000000,98.999999\n\
             a,5,2000000000000000000000000,1\n\
             c,5,1,1\n"
                .to_owned(),
            "error[claims-weights-above-bound]: weights times risks sum to more than can be \
             divided\n --> claims.csv:4, column 3 (weight), id a\n  \
             | a,5,2000000000000000000000000,1\n  \
             |     ^^^^^^^^^^^^^^^^^^^^^^^^^ allowed: 10^38 in all, in atoms times millionths\n\
             help: scale the risk factors down: only their ratios count. Nothing was written.\n",
        ),
    ];
    for (name, rule, claims, expected) in cases {
        let words = format!("allocate {rule} --loss 5 --claims claims.csv --out out");
        let world = World::with_claims(claims);
        let ran = world.run(&words);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{name}");
        assert_eq!(ran.stderr, expected, "{name}");
        assert_eq!(world.names(), ["claims.csv"], "{name}");
    }
}

/// The order of the rows changes no one's share, odd atoms included.
#[test]
fn shuffling_a_file_changes_nothing() {
    let mut state = 20_251_010u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut rows: Vec<String> = (0..15)
        .map(|i| {
            let (cap, score, class) = (1 + draw(9), draw(3), draw(2));
            format!("{:x},{cap},{},{score},{class},1.5", i * 37 % 101, 1 + draw(4))
        })
        .collect();
    for info in rhodian_cli::rules::RULES {
        let mut first = None;
        for _ in 0..6 {
            for last in (1..rows.len()).rev() {
                rows.swap(last, draw(last + 1));
            }
            let claims = format!("id,cap,weight,score,class,risk\n{}\n", rows.join("\n"));
            let words =
                format!("allocate --rule {} --loss 31 --claims - --format csv --quiet", info.name);
            let ran = World::with_claims("").run_with(&words, claims.as_bytes());
            assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", info.name);
            let order: Vec<_> = ran.stdout.lines().skip(1).map(|l| l.split(',').next()).collect();
            assert!(order.iter().zip(&rows).all(|(id, row)| *id == row.split(',').next()));
            let mut shares: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
            shares.sort();
            assert_eq!(first.get_or_insert_with(|| shares.clone()), &shares, "{}", info.name);
        }
    }
}
