//! Which worlds are compared, by what, and which figures few crises do not back.

use super::binary::folder;
use super::{WORLD, experiment, run, told, value};

/// Accounts and markets are another draw of who is there: told side by side, and not compared.
#[test]
fn worlds_with_other_books_are_not_compared() {
    for (case, text) in [
        ("accounts", "[sweep]\nparameter = \"accounts\"\nvalues = [60, 70]\n"),
        ("markets", "[sweep]\nparameter = \"markets\"\nvalues = [2, 3]\n"),
        ("ab", "[b]\naccounts = 70\ncost = \"8 %\"\n"),
        (
            "map",
            "[map]\nacross = { parameter = \"cost\", values = [\"1 %\", \"8 %\"] }\n\
             down = { parameter = \"markets\", values = [1, 2] }\n",
        ),
    ] {
        let kind = if text.starts_with("[sweep]") { "sweep" } else { case };
        let told = told(&format!("kind = \"{kind}\"\ncrises = 40\n{WORLD}{text}"), &[]);
        let answer = told["answer"].as_str().unwrap();
        assert!(answer.contains("another draw of who is there"), "{case}: {answer}");
        assert!(!answer.contains("takes more") && !answer.contains("least at"), "{case}: {answer}");
        assert!(!told["figures"].to_string().contains("more-than-first"), "{case}: {told}");
        if kind != "map" {
            let refused = told["refused"].to_string();
            assert!(refused.contains("deficit-more-than-first"), "{case}: {refused}");
        }
        assert!(told["assumes"].to_string().contains("this one drawn book"), "{case}: {told}");
    }
}

/// Few crises take anything, and few differ: no mean, no verdict and no cell of them.
#[test]
fn a_mean_of_few_that_are_not_nothing_is_not_said() {
    let mild = "[world]\naccounts = 60\nmarkets = 2\nfall = \"0 %\"\nbeyond = \"0.5 %\"\n";
    let of = |kind: &str, rest: &str| {
        told(&format!("kind = \"{kind}\"\ncrises = 40\n{mild}{rest}"), &[])
    };
    let sweep = "[sweep]\nparameter = \"cost\"\nvalues = [\"1 %\", \"2 %\"]\n";
    let map = "[map]\nacross = { parameter = \"cost\", values = [\"1 %\", \"2 %\"] }\n\
               down = { parameter = \"fall\", values = [\"0 %\", \"0.1 %\"] }\n";
    for (kind, rest, answer, refused) in [
        ("monte-carlo", "", "too few for a mean", "crises take anything"),
        ("sweep", sweep, "too little for a mean", "crises differ"),
        ("ab", "[b]\ncost = \"2 %\"\n", "do not tell b from a", "crises differ"),
        ("map", map, "Too few crises of each cell", "crises take anything"),
    ] {
        let told = of(kind, rest);
        assert!(told["answer"].as_str().unwrap().contains(answer), "{kind}: {}", told["answer"]);
        let figures = told["figures"].to_string();
        assert!(!figures.contains("deficit-mean") && !figures.contains("more-than"), "{kind}");
        assert!(told["refused"].to_string().contains(refused), "{kind}: {}", told["refused"]);
    }
}

/// A fund changes nothing in a crisis: what is compared is what is beyond it.
#[test]
fn worlds_that_differ_in_their_fund_are_compared_beyond_it() {
    let of = |kind: &str, rest: &str| {
        told(&format!("kind = \"{kind}\"\ncrises = 60\n{WORLD}{rest}"), &[])
    };
    let sweep = of("sweep", "[sweep]\nparameter = \"fund\"\nvalues = [\"0\", \"5000\"]\n");
    let beyond = |side: &str| value(&sweep, side, "beyond-fund-mean");
    let more = value(&sweep, "5000", "beyond-fund-more-than-first");
    assert!(more < 0.0 && (beyond("5000") - beyond("0") - more).abs() < 1e-6 * -more, "{sweep}");
    assert!(sweep["answer"].as_str().unwrap().contains("beyond the fund"), "{sweep}");
    let two = of("ab", "fund = \"0\"\n[b]\nfund = \"5000\"\n");
    let answer = two["answer"].as_str().unwrap();
    assert!(answer.contains("b takes less than a: beyond the fund"), "{answer}");
    let map = "[map]\nacross = { parameter = \"fund\", values = [\"0\", \"5000\"] }\n\
               down = { parameter = \"cost\", values = [\"1 %\", \"8 %\"] }\n";
    let map = of("map", map);
    let cell = |name: &str| value(&map, name, "beyond-fund-mean");
    assert_eq!(cell("0 / 1 %"), beyond("0"));
    assert_eq!(cell("5000 / 1 %"), beyond("5000"));
    assert!(cell("5000 / 8 %") > cell("5000 / 1 %"), "{map}");
}

/// Where noise moves markets as far as the factor does, chances would be told too low.
#[test]
fn a_deviation_beside_which_noise_is_large_is_refused() {
    let here = folder();
    let with = |deviation: &str| {
        let text = format!(
            "kind = \"rare\"\ncrises = 30\n{WORLD}fund = \"20000\"\n\
             [rare]\ndeviation = \"{deviation}\"\n"
        );
        experiment(here.path(), &text);
        run(here.path(), &[])
    };
    let refused = with("1 %");
    assert_ne!(refused.status, 0, "{}", refused.stdout);
    for words in ["0.77 %", "1.00 %", "deviation must be 3.86 % or more"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    assert_ne!(with("3.8 %").status, 0);
    assert_eq!(with("3.9 %").status, 0);
    let falls =
        format!("kind = \"rare\"\ncrises = 30\n{WORLD}fund = \"20000\"\nbeyond = \"3 %\"\n");
    experiment(here.path(), &falls);
    let refused = run(here.path(), &["--out", "result"]);
    let left = std::fs::read_dir(here.path()).unwrap().count();
    assert_eq!(left, 1, "the experiment alone: nothing was written");
    assert!(refused.stderr.contains("beyond must be 3.26 % or more"), "{}", refused.stderr);
}
