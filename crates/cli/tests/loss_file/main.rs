//! Loss files: what is read of a good one, and what is said of a bad one.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rhodian_cli::commands::init::LOSS_TEMPLATE;
use rhodian_cli::diagnostic::{Diagnostic, Exit};
use rhodian_cli::json_shape::mismatch;
use rhodian_cli::loss_file::model::{Later, Paid};
use rhodian_cli::loss_file::toml_text::TomlText;
use rhodian_cli::loss_file::{LossFile, from_text};
use rhodian_cli::schemas::{SchemaName, schema};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::units::Amount;

mod faults;

const WINNERS: &str = "user,closed_pnl,equity,side,note\n\
    bob,30000.00,100.005,long,x\n\
    carol,3000.00,-7,short,\"a, b\"\n\
    erin,-500.00,1e-05,long,x\n";

fn read_in(folder: &Path, text: &str) -> Result<LossFile, Diagnostic> {
    from_text(TomlText::new("LOSS.toml", folder, text.as_bytes().to_vec())?)
}

fn read(text: &str) -> Result<LossFile, Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("winners.csv"), WINNERS).unwrap();
    read_in(folder.path(), text)
}

/// A file with an asset, a loss and the given rest.
fn with(rest: &str) -> String {
    format!(
        "asset = {{ name = \"USD\", decimals = 2 }}\n[[loss]]\nid = \"a\"\ncause = \"x\"\n\
         amount = \"10\"\n{rest}\n"
    )
}

const FUND: &str = "[[step]]\nlayer = \"F\"\nkind = \"insurance-fund\"\ncapacity = \"5\"\n";

fn step(kind: &str, rest: &str) -> String {
    with(&format!("[[step]]\nlayer = \"L\"\nkind = \"{kind}\"\n{rest}"))
}

fn claims(rest: &str) -> String {
    step("gains-haircut", &format!("claims = {{ file = \"winners.csv\", id = \"user\", {rest} }}"))
}

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

#[test]
fn the_issue_example_is_read() {
    let file = read(
        r#"
# Who bears the 12,000 USD that Alice could not pay?
asset = { name = "USD", decimals = 2 }   # amounts are strings; floats are refused

[[loss]]
id     = "alice-1"                       # listed twice, recognised once
class  = "default"
cause  = "market move"                   # free text
amount = "12000.00"

[[step]]                                 # file order is paying order
layer    = "Insurance fund"
kind     = "insurance-fund"
capacity = "5000.00"

[[step]]
layer    = "Junior stakers"
kind     = "tranche"
capacity = "3000.00"

[[step]]
layer  = "Winners"
kind   = "gains-haircut"
rule   = "proportional"
claims = { file = "winners.csv", id = "user", weight = "closed_pnl", keep = "closed_pnl > 0" }
cap    = "30 % of weight"                # per episode

[[recovery]]
loss   = "alice-1"
amount = "1000.00"                       # repays the winners first
"#,
    )
    .unwrap();
    assert_eq!(file.asset.decimals, 2);
    assert_eq!((file.losses.len(), file.losses[0].number), (1, 1));
    assert_eq!(file.losses[0].amount, amount(1_200_000));
    assert_eq!(file.losses[0].class, CauseClass::Default);
    let layers: Vec<_> = file.layers().map(|layer| (layer.kind, layer.capacity)).collect();
    let expected = [
        (Kind::InsuranceFund, amount(500_000)),
        (Kind::Tranche, amount(300_000)),
        (Kind::GainsHaircut, Amount::ZERO),
    ];
    assert_eq!(layers, expected);
    let winners = file.layers().last().unwrap();
    assert_eq!(winners.source.members().unwrap().cap_of_weight, Some(300_000));
    let claims = winners.claims.as_ref().unwrap();
    let kept: Vec<_> = claims.kept.iter().map(|c| (c.id.as_str(), c.weight, c.cap)).collect();
    let (bob, carol) = (amount(3_000_000), amount(300_000));
    assert_eq!((claims.rows, kept), (3, vec![("bob", bob, bob), ("carol", carol, carol)]));
    assert_eq!(file.recoveries[0].amount, amount(100_000));
    assert_eq!(file.line(&winners.place), 21);
    assert!(file.remarks.is_empty());
}

#[test]
fn the_template_can_be_right_as_it_stands_and_with_its_options() {
    let file = read(LOSS_TEMPLATE).unwrap();
    assert!(file.remarks.is_empty(), "{:?}", file.remarks);
    assert_eq!(file.losses[0].set_off[0].amount, amount(20_000));
    assert_eq!(file.steps[1].layers.len(), 2);
    assert_eq!(file.steps[1].layers[0].capacity, amount(200_000));
    assert_eq!((file.steps[1].layers[0].share, file.steps[1].layers[1].share), (2, 1));
    assert_eq!(file.terms.len(), 4);

    let optional = ["per_", "attach", "detach", "settle", "[[income", "layer", "amount", "uncov"];
    let mut uncommented = 0;
    let lines = LOSS_TEMPLATE.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if optional.iter().any(|key| rest.starts_with(key)) => {
            uncommented += 1;
            rest
        }
        _ => line,
    });
    let text: Vec<&str> = lines.collect();
    let file = read(&text.join("\n")).unwrap();
    assert_eq!(uncommented, 10);
    let fund = file.layers().next().unwrap();
    assert_eq!(fund.caps.per_period.unwrap().millis, 7 * 86_400_000);
    assert_eq!(file.layers().nth(1).unwrap().attachment.unwrap().detach, amount(2_000_000));
    assert!(matches!(file.later()[..], [Later::Recovery(_), Later::Income(_)]));
    assert_eq!(file.terms.len(), 5);
}

#[test]
fn the_schema_allows_what_is_read() {
    let schema = schema(SchemaName::Loss);
    let value = |text: &str| toml::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(mismatch(&schema, &value(LOSS_TEMPLATE)), None);
    let bad = with("[[step]]\nlayer = \"F\"\nkind = \"fund\"\n");
    let why = mismatch(&schema, &value(&bad)).unwrap();
    assert!(why.contains("/step/0/kind is \"fund\", not one of"), "{why}");
    let why = mismatch(&schema, &value(&with("x = 1"))).unwrap();
    assert!(why.contains("/x") || why.contains("step"), "{why}");
}

#[test]
fn kinds_read_what_belongs_to_them() {
    let call = step(
        "assessment",
        "deadline = \"48 h\"\nrule = \"queue\"\n\
         claims = [{ id = \"m\", cap = \"7\", score = -3 }]\n\
         paid = [{ account = \"m\", amount = \"1.50\" }]",
    );
    let file = read(&call).unwrap();
    let layer = file.layers().next().unwrap();
    assert_eq!(layer.source.deadline(), Some(172_800_000));
    let claim = &layer.claims.as_ref().unwrap().kept[0];
    assert_eq!((claim.weight, claim.cap, claim.score), (amount(700), amount(700), -3));
    let Paid::Listed(paid) = &layer.paid else { panic!("listed") };
    assert_eq!((paid[0].loss, paid[0].amount), (1, amount(150)));

    let sale = step("issuance", "deadline = \"2 d\"\nper_event = \"9\"\npaid = \"in-full\"");
    let layer = &read(&sale).unwrap().steps[0].layers[0];
    assert_eq!(layer.source, Source::Proceeds { deadline: 172_800_000 });
    assert_eq!(layer.paid, Paid::InFull);

    let members = "claims = [{ id = \"m\", weight = \"10\" }]\ncap = \"200 % of weight\"";
    let layer = &read(&step("gains-haircut", members)).unwrap().steps[0].layers[0];
    assert_eq!(layer.claims.as_ref().unwrap().kept[0].cap, amount(2_000));

    let stakes = "stakes = { file = \"winners.csv\", account = \"user\", amount = \"closed_pnl\", \
                  keep = \"closed_pnl > 0\" }";
    let layer = &read(&step("tranche", stakes)).unwrap().steps[0].layers[0];
    assert_eq!((layer.stakes.len(), layer.capacity), (2, amount(3_300_000)));
}

#[test]
fn claims_files_are_filtered_and_mapped() {
    let kept = |rest: &str| -> Vec<(String, u128, u128)> {
        let file = read(&claims(rest)).unwrap();
        let claims = file.layers().next().unwrap().claims.clone().unwrap();
        let row = |c: rhodian_cli::loss_file::model::Claim| (c.id, c.weight.atoms(), c.cap.atoms());
        claims.kept.into_iter().map(row).collect()
    };
    let smallest = "weight = \"closed_pnl\", cap = [\"closed_pnl\", \"equity\"], \
                    keep = \"closed_pnl > 0\", excess_digits = \"half-even\"";
    let bob = ("bob".to_owned(), 3_000_000, 10_000);
    let carol = ("carol".to_owned(), 300_000, 0);
    assert_eq!(kept(smallest), [bob.clone(), carol]);
    let text = "weight = \"closed_pnl\", cap = [\"equity\"], excess_digits = \"half-even\", \
                keep = \"note != 'a, b' and closed_pnl >= 30000\"";
    assert_eq!(kept(text), [bob]);
    let small = "weight = \"equity\", exponents = true, excess_digits = \"half-even\", \
                 keep = \"equity < 0.001 and equity > 0\"";
    assert_eq!(kept(small), [("erin".to_owned(), 0, 0)]);
    assert_eq!(kept("weight = \"closed_pnl\", keep = \"side = none\""), []);
}

#[test]
fn a_loss_listed_twice_is_one_loss() {
    let twice = with(&format!("[[loss]]\nid = \"a\"\ncause = \"x\"\namount = \"10.00\"\n{FUND}"));
    let file = read(&twice).unwrap();
    assert_eq!(file.losses.iter().map(|loss| loss.number).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(file.distinct_losses().count(), 1);
    assert_eq!(file.remarks, ["loss \"a\" is listed 2 times: recognised once"]);
}

#[test]
fn what_is_odd_is_a_remark() {
    let text = with(
        "[[step]]\nlayer = \"W\"\nkind = \"lender-supply\"\nclaims = []\n[[step]]\nlayer = \"F\"\n\
         kind = \"insurance-fund\"\ncapacity = \"5\"\nper_event = \"6\"\n\
         [terms]\nliable_window = \"0 ms\"",
    );
    let file = read(&text).unwrap();
    let expected = [
        "layer \"W\" (line 6) pays before the house's layer \"F\" (line 10)",
        "layer \"F\" (line 10) may pay 6.00 but holds 5.00: the cap cannot bind",
    ];
    assert_eq!(file.remarks, expected);
    assert_eq!((file.terms[0].parameter, file.terms[0].value), (Parameter::LiableWindow, 0));
}

#[test]
fn errors_say_where_what_is_allowed_and_what_to_do() {
    let never = with(
        "[[step]]\nlayer = \"All deposits\"\nkind = \"deposits\"\nclaims = []\n\
         [[step]]\nlayer = \"Winners\"\nkind = \"gains-haircut\"\nclaims = []",
    );
    let cases = [
        (
            never,
            "error[layer-never-reached]: layer \"Winners\" can never pay\n \
             --> LOSS.toml:10   step 1 \"All deposits\" (line 6) has no cap\n\
             help: move it last, or give it per_event or per_episode. Nothing was written.\n",
        ),
        (
            with("[[step]]\nlayer = \"F\"\nkind = \"insurance-fund\"\ncapacity = 5.5"),
            "error[capacity-float]: capacity is a float, which is not exact\n --> LOSS.toml:9\n  \
             | capacity = 5.5\n  |            ^^^ allowed: a string\n\
             help: write it in quotes: capacity = \"12000\". Nothing was written.\n",
        ),
        (
            with("[terms]\nepisode_lenght = \"4 h\"").replace("[terms]", &format!("{FUND}[terms]")),
            "error[toml-unknown-key]: there is no key episode_lenght here\n --> LOSS.toml:11\n  \
             | episode_lenght = \"4 h\"\n  | ^^^^^^^^^^^^^^ allowed: episode_length, liable_window, \
             uncovered_threshold, challenge_time, income_to_claims\n\
             help: did you mean episode_length? Nothing was written.\n",
        ),
        (
            claims("weight = \"closed_pnl\""),
            "error[claims-negative-weight]: weight is below zero\n \
             --> winners.csv:4, column 2 (closed_pnl), id erin\n  \
             | erin,-500.00,1e-05,long,x\n  |      ^^^^^^^ allowed: 0 to 10^28 with at most 2 \
             decimals\nhelp: drop accounts without a claim by keep. Nothing was written.\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(&text).unwrap_err().plain(), expected, "{text}");
    }
}

#[test]
fn a_missing_claims_file_is_no_bad_input() {
    let text = step("gains-haircut", "claims = { file = \"none.csv\" }");
    let error = read(&text).unwrap_err();
    assert_eq!((error.code.as_ref(), error.exit), ("io-not-found", Exit::InputOutput));
    assert_eq!(error.place.as_deref(), Some("LOSS.toml:9, file none.csv"));
}

#[test]
fn a_byte_order_mark_and_crlf_are_read() {
    let text = format!("\u{FEFF}{}", with(FUND).replace('\n', "\r\n"));
    assert_eq!(read(&text).unwrap().losses.len(), 1);
}

#[test]
fn october_is_read_as_published() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("RHODIAN_DATA").map_or(default, PathBuf::from).join("oct10");
    if !data.join("adl_by_user.csv").is_file() {
        println!("skipped: no adl_by_user.csv in {}", data.display());
        return;
    }
    let text = step(
        "gains-haircut",
        "claims = { file = \"adl_by_user.csv\", id = \"user\", weight = \"closed_pnl\", \
         cap = [\"closed_pnl\", \"account_value_realtime\"], keep = \"closed_pnl > 0\", \
         excess_digits = \"half-even\", exponents = true }",
    );
    let file = read_in(&data, &text).unwrap();
    let claims = file.layers().next().unwrap().claims.as_ref().unwrap();
    assert_eq!(claims.kept.len(), 19_230);
    assert!(claims.kept.iter().all(|claim| claim.cap <= claim.weight));
    assert!(claims.kept.iter().any(|claim| claim.cap.is_zero()));
}

/// A piece of a loss file, or something else.
fn piece() -> impl Strategy<Value = String> {
    let lines: Vec<&str> = LOSS_TEMPLATE.lines().collect();
    let values = ["\"1\"", "-1", "1.5", "[]", "{}", "\"\"", "true", "[1]", "\"30 %\"", "nan", "\""];
    prop_oneof![
        6 => prop::sample::select(lines.clone()).prop_map(str::to_owned),
        2 => (prop::sample::select(lines), prop::sample::select(values.to_vec())).prop_map(
            |(line, value)| format!("{}= {value}", line.split('=').next().unwrap_or(""))
        ),
        1 => "\\PC{0,20}",
        1 => Just("claims = { file = \"w.csv\", keep = \"a > 0\" }".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_reader_panic(pieces in prop::collection::vec(piece(), 0..40)) {
        let _ = read(&pieces.join("\n"));
    }

    #[test]
    fn a_changed_template_is_read_or_refused(
        at in 0..LOSS_TEMPLATE.len(),
        length in 0usize..20,
        other in "[\\PC\n]{0,8}",
    ) {
        let mut text: Vec<char> = LOSS_TEMPLATE.chars().collect();
        let end = (at + length).min(text.len());
        text.splice(at..end, other.chars());
        let text: String = text.into_iter().collect();
        if let Err(error) = read(&text) {
            prop_assert!(!error.help.is_empty() && !error.code.is_empty());
            prop_assert!(error.place.is_some(), "{}", error.plain());
        }
    }

    #[test]
    fn no_claims_file_makes_the_reader_panic(
        csv in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "id,weight,cap\n([ab\",\n-]|[0-9.e]{1,4}){0,60}".prop_map(String::into_bytes),
        ],
        keep in prop_oneof![Just("weight > 0".to_owned()), "\\PC{0,12}"],
        exponents: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("w.csv"), csv).unwrap();
        let keep = keep.replace(['"', '\\'], " ");
        let text = step("gains-haircut", &format!(
            "claims = {{ file = \"w.csv\", keep = \"{keep}\", exponents = {exponents} }}"
        ));
        let _ = read_in(folder.path(), &text);
    }
}

#[test]
fn a_filter_that_keeps_nobody_is_told() {
    let file = read(&claims("weight = \"closed_pnl\", keep = \"closed_pnl > 30000\"")).unwrap();
    assert_eq!(file.remarks, ["layer \"L\": keep drops every row, 3 in all"]);
    let nobody = step("gains-haircut", "claims = []");
    assert!(read(&nobody).unwrap().remarks.is_empty(), "no rows, none dropped");
}

#[test]
fn times_are_told_in_their_largest_unit() {
    for (at, told) in [("5 h", "5 h or later"), ("90 min", "90 min or later"), ("7 ms", "7 ms or")]
    {
        let later = "[[loss]]\nid = \"b\"\ncause = \"x\"\namount = \"1\"\nat = \"0 ms\"\n";
        let error = read(&with(&format!("at = \"{at}\"\n{later}{FUND}"))).unwrap_err();
        assert_eq!(error.code, "at-before");
        assert!(error.plain().contains(told), "{}", error.plain());
    }
}
