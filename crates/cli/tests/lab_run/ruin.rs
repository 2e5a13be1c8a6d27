//! A fund with an income, and whether it is ever emptied.

use super::{WORLD, experiment, figure, refused, rows, run, told, value};
use crate::binary::folder;

fn text(crises: u32, more: &str) -> String {
    format!(
        "kind = \"ruin\"\ncrises = {crises}\n{WORLD}fund = \"200000\"\n[ruin]\n\
         income = \"400000\"\na_year = 2\nyears = 3\n{more}"
    )
}

/// What the figures say is what histories walked by another hand say.
#[test]
fn histories_of_another_hand_empty_the_fund_as_often() {
    let here = folder();
    experiment(here.path(), &text(300, ""));
    let ran = run(here.path(), &["--out", "out"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let read = |file: &str| std::fs::read_to_string(here.path().join("out").join(file)).unwrap();
    let told: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    let kept = rows(&here.path().join("out/runs.csv"));
    let losses: Vec<f64> =
        kept.iter().map(|row| row["deficit"].parse::<f64>().unwrap() / 1e6).collect();
    let mean = losses.iter().sum::<f64>() / 300.0;
    assert!((value(&told, "", "taken") - 2.0 * mean).abs() < 1e-6 * mean);
    // A generator that is nobody's: the low bits of it are never used.
    let mut state = 12_345_u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut emptied = |years: f64| {
        let count = 20_000;
        let empties = |_: &u32| {
            let (mut when, mut held) = (0.0, 200_000.0);
            loop {
                let wait = -unit().ln() / 2.0;
                when += wait;
                held += 400_000.0 * wait - losses[(unit() * 300.0) as usize];
                if when > years {
                    return false;
                }
                if held < 0.0 {
                    return true;
                }
            }
        };
        (0..count).filter(empties).count() as f64 / f64::from(count)
    };
    for (name, years) in [("ruined-within", 3.0), ("ruined", 60.0)] {
        let (ours, theirs) = (value(&told, "", name), emptied(years));
        // Four deviations of the two together.
        assert!((ours - theirs).abs() < 4.0 * (0.25_f64 * 1.5e-4).sqrt(), "{ours} {theirs}");
        let [low, high] = [0, 1].map(|end| figure(&told, "", name)["between"][end].as_f64());
        assert!(low < Some(ours) && Some(ours) < high, "{told}");
    }
    assert!(read("report.html").contains("How likely a fund is to be emptied"));
    assert!(read("ruin.svg").contains("within 3 years"));
}

/// More income empties a fund more rarely, and a size is larger than a fund that is emptied too
/// often; what cannot be known is not said.
#[test]
fn more_income_empties_a_fund_more_rarely() {
    let of = |income: &str| told(&text(200, "").replace("400000", income), &[]);
    let (some, more) = (of("400000"), of("800000"));
    assert!(value(&some, "", "ruined") > value(&more, "", "ruined"), "{some} {more}");
    assert!(value(&some, "", "size") > value(&more, "", "size"));
    let little = of("100000");
    assert!((value(&little, "", "ruined") - 1.0).abs() < 1e-12, "{little}");
    let answer = little["answer"].as_str().unwrap();
    assert!(answer.contains("every fund is emptied some time"), "{answer}");
    let refused = little["refused"].to_string();
    assert!(refused.contains("no fund is large enough"), "{refused}");
    let large = told(&text(200, "").replace("\"200000\"", "\"6000000\""), &[]);
    let refused = large["refused"].to_string();
    assert!(refused.contains("within 3 years: 0 of 10,000 histories do"), "{refused}");
    assert!(refused.contains("its chance is below 1e-12"), "{refused}");
    let size = value(&large, "", "size");
    assert_eq!(size, value(&some, "", "size"), "whatever fund is asked about beside");
    let far = told(&text(60, "").replace("\"200000\"", "\"1500000\""), &[]);
    let refused = far["refused"].to_string();
    assert!(refused.contains("the fund is emptied some time: these crises leave it"), "{refused}");
    let scarce = told(&text(60, "").replace("400000", "215000"), &[]);
    let answer = scarce["answer"].as_str().unwrap();
    assert!(answer.contains("Whether the income is enough"), "{answer}");
    let calm = text(30, "").replace("[ruin]", "fall = \"1 %\"\nbeyond = \"0 %\"\n[ruin]");
    let calm = told(&calm, &[]);
    assert!(calm["answer"].as_str().unwrap().contains("Too few crises"), "{calm}");
}

#[test]
fn what_a_fund_cannot_be_asked_is_refused_where_it_stands() {
    let of = |from: &str, to: &str| text(60, "").replace(from, to);
    for (case, text, code, line, allowed) in [
        (
            "no table",
            of("ruin]", "tail]")
                .replace("income = \"400000\"\na_year = 2\nyears = 3\n", "")
                .replace("[tail]\n", ""),
            "experiment-no-table",
            1,
            "a table [ruin]",
        ),
        ("no fund", of("fund = \"200000\"\n", ""), "experiment-no-fund", 3, "a fund"),
        ("nothing", of("\"200000\"", "\"0\""), "experiment-no-fund", 6, "a fund"),
        ("no income", of("\"400000\"", "\"0\""), "income-zero", 8, "10^"),
        ("often", of("a_year = 2", "a_year = 101"), "a-year-out-of-bounds", 9, "1 to 100"),
        (
            "far",
            of("a_year = 2", "a_year = 100").replace("years = 3", "years = 6"),
            "ruin-many-crises",
            10,
            "5 years",
        ),
        ("never", text(60, "target = \"0 %\"\n"), "target-zero", 11, "0.0001 %"),
        ("always", text(60, "target = \"51 %\"\n"), "target-out-of-bounds", 11, "50 %"),
    ] {
        refused(case, &text, code, line, allowed);
    }
}
