//! Every fault of a loss file with its code and its line.

use rhodian_cli::diagnostic::Exit;

use super::{FUND, claims, read, step, with};

/// A text, the code of its fault, and the line; 0 where there is none.
type Fault = (String, &'static str, usize);

/// The shape of the file, and amounts.
fn amounts_and_shape() -> Vec<Fault> {
    let loss = |rest: &str| with(&format!("{rest}\n{FUND}"));
    vec![
        (String::new(), "toml-empty", 0),
        ("\u{FF}\u{FE}".to_owned(), "toml-syntax", 1),
        ("x = [".to_owned(), "toml-syntax", 1),
        ("asset = 3".to_owned(), "toml-wrong-type", 1),
        ("title = \"x\"".to_owned(), "toml-missing-key", 1),
        (with(""), "toml-missing-key", 1),
        (
            with("step = []").replace("amount = \"10\"\n", "amount = \"10\"\n[x]\n"),
            "toml-unknown-key",
            6,
        ),
        (loss("amount = \"3\""), "toml-syntax", 6),
        (loss("").replace("decimals = 2", "decimals = 31"), "decimals-out-of-bounds", 1),
        (loss("").replace("\"USD\"", "\"\""), "name-empty", 1),
        (loss("").replace("\"10\"", "\"0\""), "amount-zero", 5),
        (loss("").replace("\"10\"", "\"-1\""), "amount-negative", 5),
        (loss("").replace("\"10\"", "\"NaN\""), "amount-not-a-number", 5),
        (loss("").replace("\"10\"", "\"1e5\""), "amount-exponent", 5),
        (loss("").replace("\"10\"", "\"0x10\""), "amount-hexadecimal", 5),
        (loss("").replace("\"10\"", "\"1,000\""), "amount-thousands", 5),
        (loss("").replace("\"10\"", "\"1.234\""), "amount-excess-digits", 5),
        (loss("").replace("\"10\"", &format!("\"{}\"", "9".repeat(40))), "amount-too-large", 5),
        (loss("").replace("\"10\"", "10"), "amount-not-a-string", 5),
        (loss("").replace("\"10\"", "inf"), "amount-float", 5),
        (loss("").replace("\"10\"", "2024-01-01"), "amount-not-a-string", 5),
        (loss("").replace("\"a\"", &format!("\"{}\"", "a".repeat(65))), "id-too-long", 3),
        (loss("").replace("\"x\"", "\"a\\u202eb\""), "cause-unprintable", 4),
        (loss("[[recovery]]\nloss = \"a\"\namount = \"10.01\""), "recovery-above-claims", 8),
        (
            loss(&"[[recovery]]\nloss = \"a\"\namount = \"6\"\n".repeat(2)),
            "recovery-above-claims",
            11,
        ),
    ]
}

/// Losses, recoveries, terms.
fn losses_and_terms() -> Vec<Fault> {
    let loss = |rest: &str| with(&format!("{rest}\n{FUND}"));
    vec![
        (loss("class = \"theft\""), "unknown-class", 6),
        (loss("class = \"custody\""), "custody-not-own-money", 7),
        (loss("evidence = \"12\""), "evidence-not-a-hash", 6),
        (loss("at = \"4 hours\""), "at-not-a-duration", 6),
        (loss("margin = \"1\""), "loss-no-failed", 6),
        (loss("failed = \"f\"\nmargin = \"11\""), "margin-above-loss", 7),
        (loss("set_off = [{ account = \"b\", up_to = \"1\" }]"), "loss-no-failed", 6),
        (
            loss("failed = \"f\"\nset_off = [{ account = \"f\", up_to = \"1\" }]"),
            "account-twice",
            7,
        ),
        (loss("[[loss]]\nid = \"a\"\ncause = \"x\"\namount = \"11\""), "loss-id-conflict", 6),
        (
            loss("at = \"2 h\"\n[[loss]]\nid = \"b\"\ncause = \"x\"\namount = \"1\"\nat = \"1 h\""),
            "at-before",
            11,
        ),
        (loss("[[recovery]]\nloss = \"b\"\namount = \"1\""), "unknown-loss", 7),
        (loss("[[income]]\nlayer = \"G\"\namount = \"1\""), "unknown-layer", 7),
        (loss("[terms]\nincome_to_claims = \"101 %\""), "income-to-claims-not-a-part", 7),
        (loss("[terms]\nepisode_length = \"0 ms\""), "episode-length-below-bound", 7),
    ]
}

/// Layers, their kinds and rules.
fn layers_and_rules() -> Vec<Fault> {
    vec![
        (with(&FUND.repeat(2)), "layer-twice", 11),
        (step("insurance-fund", ""), "layer-missing-capacity", 6),
        (step("fund", ""), "unknown-kind", 8),
        (step("insurance-fund", "capacity = \"1\"\nshare = 0"), "share-out-of-bounds", 10),
        (step("insurance-fund", "capacity = \"1\"\nper_event = \"0\""), "per-event-zero", 10),
        (
            step("insurance-fund", "capacity = \"1\"\nattach = \"2\"\ndetach = \"2\""),
            "empty-attachment",
            10,
        ),
        (step("insurance-fund", "stakes = []"), "stakes-not-for-kind", 9),
        (step("tranche", "capacity = \"1\"\nstakes = []"), "stakes-and-capacity", 10),
        (step("gains-haircut", "capacity = \"1\""), "capacity-not-for-kind", 9),
        (step("gains-haircut", ""), "layer-missing-claims", 6),
        (step("gains-haircut", "claims = 3"), "toml-wrong-type", 9),
        (step("gains-haircut", "claims = []\nrule = \"fair\""), "unknown-rule", 10),
        (step("gains-haircut", "claims = []\ncap = \"30 %\""), "cap-not-a-part", 10),
        (step("gains-haircut", "claims = []\ncap = \"0 % of weight\""), "cap-zero", 10),
        (
            step("gains-haircut", "claims = []\nrule = \"queue\"\nsettle = \"on-touch\""),
            "on-touch-rule",
            11,
        ),
        (step("gains-haircut", "claims = [{ id = \"b\" }]"), "claims-missing-weight", 9),
        (
            step("gains-haircut", "rule = \"queue\"\nclaims = [{ id = \"b\", cap = \"1\" }]"),
            "claims-missing-score",
            10,
        ),
        (
            step(
                "gains-haircut",
                "claims = [{ id = \"b\", cap = \"1\" }, { id = \"b\", cap = \"1\" }]",
            ),
            "claims-doubled-id",
            9,
        ),
    ]
}

/// Payments before a deadline, claims files.
fn payments_and_claims() -> Vec<Fault> {
    vec![
        (step("issuance", "deadline = \"1 h\"\npaid = []"), "layer-missing-per-event", 6),
        (step("issuance", "per_event = \"1\"\npaid = []"), "layer-missing-deadline", 6),
        (step("assessment", "claims = []\ndeadline = \"1 h\""), "layer-missing-paid", 6),
        (step("assessment", "claims = []\ndeadline = \"1 h\"\npaid = \"all\""), "paid-unknown", 11),
        (
            step(
                "assessment",
                "claims = []\ndeadline = \"1 h\"\npaid = [{ account = \"b\", amount = \"1\" }]",
            ),
            "not-member",
            11,
        ),
        (
            step("assessment", "claims = []\ndeadline = \"1 h\"\npaid = [{ amount = \"1\" }]"),
            "wrong-payer",
            11,
        ),
        (claims("weight = \"pnl\""), "claims-missing-column-weight", 1),
        (claims("score = \"note\""), "claims-missing-column-weight", 9),
        (claims("weight = \"closed_pnl\", keep = \"pnl > 0\""), "keep-missing-column", 9),
        (claims("weight = \"closed_pnl\", keep = \"closed_pnl\""), "keep-syntax", 9),
        (claims("weight = \"closed_pnl\", keep = \"note > 0\""), "keep-not-a-number", 2),
        (claims("weight = \"closed_pnl\", keep = \"equity > 0\""), "keep-exponent", 4),
        (claims("weight = \"equity\", keep = \"side = long\""), "claims-excess-digits-weight", 2),
    ]
}

#[test]
fn every_fault_has_its_code_and_its_line() {
    let cases =
        [amounts_and_shape(), losses_and_terms(), layers_and_rules(), payments_and_claims()];
    let cases = cases.concat();
    let mut wrong = Vec::new();
    for (text, code, line) in cases {
        let error = read(&text).expect_err(&text);
        let place = error.place.clone().unwrap_or_default();
        let there = line == 0 || place.split([',', ' ']).any(|p| p.ends_with(&format!(":{line}")));
        if (error.code.as_ref(), error.exit) != (code, Exit::BadInput) || !there {
            wrong.push(format!("wanted {code} on line {line}, not\n{}of\n{text}", error.plain()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
