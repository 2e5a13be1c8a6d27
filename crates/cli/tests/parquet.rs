//! Tables as Parquet files: what the usual programs write, at every door that takes CSV.

mod binary;

use std::fs;
use std::path::{Path, PathBuf};

use binary::{done, folder, rhodian_in, scenarios};
use rhodian_cli::parquet::{csv, file};
use rhodian_cli::source::Source;
use rhodian_cli::table::Table;

/// The files of `tests/parquet/make.py`.
fn made(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/parquet/{name}.parquet"))
}

fn text(name: &str) -> String {
    String::from_utf8(csv(name, &made(name)).unwrap()).unwrap()
}

/// The rows of `make.py`, each number in all its digits.
const ROWS: &str = "id,cap,part,exact,at,on,long,large\n\
    alice,1000000000000000001,0.1,0.01,1760130900000,2025-10-10,true,18446744073709551615\n\
    bob,0,0.0000001,1.5,1760130900015,2025-10-10,false,0\n\
    \"carol, the third\",7,-2.5,99999999999999999999.99,1760130900030,2025-10-10,,\n\
    \"dave \"\"d\"\"\",,,-3,1760130900045,2025-10-10,true,1\n\
    erin,4611686018427387904,123456.789,7,1760130900060,2025-10-10,true,2\n";

/// The programs' own choices of pages, encodings and compression.
const ALIKE: [&str; 8] = [
    "pyarrow",
    "pyarrow-none",
    "pyarrow-zstd",
    "pyarrow-v2",
    "pyarrow-delta",
    "polars",
    "duckdb",
    "duckdb-v2",
];

#[test]
fn what_every_program_writes_is_read_alike() {
    for name in ALIKE {
        assert_eq!(text(name), ROWS, "{name}");
    }
    // pandas makes floats of whole numbers where one is missing: what a float may not hold is
    // no number.
    let floats = ROWS
        .replace("1000000000000000001", "~1e18")
        .replace("4611686018427387904", "~4.611686018427388e18")
        .replace("18446744073709551615", "~1.8446744073709552e19");
    assert_eq!(text("pandas"), floats);
    let row = |row: u64| {
        let cap = if row % 7 == 3 { String::new() } else { (row * row).to_string() };
        let side = ["long", "short", "flat"][usize::try_from(row % 3).unwrap()];
        format!("account-{row:05},{cap},{},{side}\n", row / 1_000)
    };
    let many: String = (0..3_000).map(row).collect();
    for name in ["many-delta", "many-duckdb", "many-polars"] {
        assert!(text(name) == format!("id,cap,class,side\n{many}"), "{name}");
    }
}

#[test]
fn what_is_not_read_is_named_with_its_column() {
    for (name, what, column) in [
        ("nested", "a list or columns within a column", "legs"),
        ("int96", "values of a type that is old or unknown", "at"),
        ("gzip", "pages compressed by gzip", "id"),
        ("brotli", "pages compressed by Brotli", "id"),
        ("lz4", "pages compressed by LZ4", "id"),
    ] {
        let error = csv("a.parquet", &made(name)).unwrap_err();
        assert_eq!(error.code, "parquet-not-read", "{name}");
        assert_eq!(error.message, format!("the Parquet file has {what}, which is not read"));
        assert_eq!(error.place, Some(format!("a.parquet, column {column}")));
    }
}

/// Every row of what a file stands for has the fields of its header. A text may be none that the
/// door takes, as one with a zero byte.
fn well_formed(bytes: Vec<u8>) {
    let Ok(table) = Source::table("changed", bytes).and_then(Table::new) else { return };
    let mut rows = table.rows();
    while let Some(row) = rows.next().unwrap() {
        assert!(row.is_ok());
    }
}

/// No file, however cut or changed, stops the program or unfolds to what it does not hold.
#[test]
fn damaged_files_are_refused_or_read() {
    for name in ["pyarrow", "duckdb-v2"] {
        let whole = made(name);
        for length in 0..whole.len() {
            let error = csv("cut", &whole[..length]).unwrap_err();
            assert_eq!(error.code, "parquet-damaged", "{name} cut to {length}");
        }
        for at in 4..whole.len() - 4 {
            for value in [whole[at] ^ 1, 255] {
                let mut changed = whole.clone();
                changed[at] = value;
                match csv("changed", &changed) {
                    Ok(read) => {
                        assert!(read.len() < 1 << 20, "{name} at {at}: {}", read.len());
                        well_formed(changed);
                    }
                    Err(error) => assert!(error.code.starts_with("parquet-"), "{error}"),
                }
            }
        }
    }
}

/// The same table as CSV and as Parquet; no field of it has a comma.
fn both(here: &Path, name: &str, text: &str) {
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let rows: Vec<String> = lines.map(str::to_owned).collect();
    fs::write(here.join(format!("{name}.csv")), text).unwrap();
    fs::write(here.join(format!("{name}.parquet")), file(header, &rows, &[])).unwrap();
}

/// Runs the command with files that end in `.csv` and in `.parquet`; both say the same.
fn same(here: &Path, words: &str) {
    let run = |end: &str| {
        let words = words.replace("END", end);
        done(here, &words.split(' ').collect::<Vec<_>>()).stdout.replace(end, "END")
    };
    let (first, second) = (run("csv"), run("parquet"));
    assert!(!first.is_empty(), "{words}");
    assert_eq!(first, second, "{words}");
}

fn replay(end: &str) -> String {
    format!(
        "kind = \"replay\"\ncrises = 30\n[world]\naccounts = 40\nfund = \"2000\"\n\
         [replay]\nfile = \"candles.{end}\"\n"
    )
}

const VENUE: &str = r#"
asset = { name = "USD", decimals = 2 }
[[domain]]
name = "majors"
[[domain.step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "3000.00"
[[domain.step]]
layer = "Winners"
kind = "gains-haircut"
[[market]]
name = "BTC"
tick = "0.01"
lot = "1"
mark = "60000.00"
max_position = "100"
max_open = "100"
tiers = [{ above = "0", initial = "10 %", maintenance = "5 %" }]
[[account]]
id = "ann"
deposit = "21000.00"
[[account]]
id = "bob"
deposit = "40000.00"
"#;

/// Two markets that fall by four per cent a minute for a while.
fn candles() -> String {
    let mut text = "symbol,open_time_ms,open,high,low,close,quote_volume\n".to_owned();
    for (symbol, start) in [("AAA", 60_000.0), ("BBB", 3_000.0)] {
        let mut open: f64 = start;
        for minute in 0..9u64 {
            let close = (if minute < 6 { 96.0 * open } else { 100.0 * open }).round() / 100.0;
            let at = 1_700_000_000_000 + 60_000 * minute;
            text += &format!("{symbol},{at},{open:.2},{open:.2},{close:.2},{close:.2},1000.5\n");
            open = close;
        }
    }
    text
}

#[test]
fn every_door_that_takes_csv_takes_parquet() {
    let here = folder();
    let here = here.path();
    both(here, "claims", "id,cap,score\nalice,30,-3\nbob,20,7\ncarol,0,9\n");
    same(here, "allocate --claims claims.END --loss 25 --rule queue");
    same(here, "check claims.END");
    both(here, "candles", &candles());
    both(
        here,
        "events",
        "at,do,market,buyer,seller,size,price\n\
         1 min,fill,BTC,ann,bob,2,60000.00\n\
         2 min,mark,BTC,,,,51500.50\n",
    );
    both(here, "prices", "time,market,price\n120000,BTC,51500.50\n180000,DOGE,1.25\n");
    for end in ["csv", "parquet"] {
        let write = |name: &str, text: String| fs::write(here.join(name), text).unwrap();
        write(&format!("events-{end}.toml"), format!("events = \"events.{end}\"\n{VENUE}"));
        let prices = format!("prices = {{ file = \"prices.{end}\" }}\n{VENUE}");
        write(&format!("prices-{end}.toml"), prices);
        write(&format!("replay-{end}.toml"), replay(end));
        let crowd =
            format!("population = {{ accounts = 40, seed = 1, candles = \"candles.{end}\" }}");
        let venue = VENUE.split("[[market]]").next().unwrap().replace("= 2 }", "= 6 }");
        write(&format!("crowd-{end}.toml"), format!("{crowd}\n{venue}"));
    }
    same(here, "run events-END.toml --quiet --format ndjson");
    same(here, "run prices-END.toml --quiet --format ndjson");
    same(here, "run crowd-END.toml --quiet --format ndjson");
    same(here, "lab run replay-END.toml --format csv");
}

#[test]
fn a_loss_of_a_scenario_is_shared_alike() {
    let here = folder();
    let here = here.path();
    for (scenario, claims) in [("alice", "winners"), ("october", "october")] {
        let read = |name: String| fs::read_to_string(scenarios().join(name)).unwrap();
        both(here, claims, &read(format!("{claims}.csv")));
        let loss = read(format!("{scenario}.toml"));
        for end in ["csv", "parquet"] {
            let loss = loss.replace(&format!("{claims}.csv"), &format!("{claims}.{end}"));
            assert!(loss.contains(&format!("{claims}.{end}")), "{scenario}");
            fs::write(here.join(format!("{scenario}-{end}.toml")), loss).unwrap();
        }
        same(here, &format!("share {scenario}-END.toml --format csv"));
    }
}

/// A float from 2^53 on is no amount, whatever a loss file says of exponents; in CSV, where the
/// digits are those that were written, the same text is one.
#[test]
fn floats_that_may_have_lost_an_atom_are_no_amounts() {
    let here = folder();
    let here = here.path();
    let share = |claim: &str, end: &str| {
        both(here, "winners", &format!("user,closed_pnl\nalice,{claim}\nbob,0.5\n"));
        let loss = fs::read_to_string(scenarios().join("alice.toml")).unwrap();
        let file = format!("exponents = true, file = \"winners.{end}\"");
        let loss = loss.replace("file = \"winners.csv\"", &file);
        fs::write(here.join("loss.toml"), loss).unwrap();
        rhodian_in(here, &["share", "loss.toml"])
    };
    for (claim, end, code) in [
        ("9007199254740991e0", "parquet", ""),
        ("9007199254740992e0", "csv", ""),
        ("9007199254740992e0", "parquet", "not-a-number"),
        ("1e18", "parquet", "not-a-number"),
    ] {
        let ran = share(claim, end);
        assert_eq!(ran.status, if code.is_empty() { 0 } else { 2 }, "{claim}: {}", ran.stderr);
        assert!(ran.stderr.contains(code), "{claim}: {}", ran.stderr);
    }
}

#[test]
fn a_published_record_is_scored_alike() {
    let here = folder();
    let here = here.path();
    let policies = ["prod", "contract_pr", "vector", "fixed_point_ilp_integer", "pr"];
    let of = |prefix: &str| policies.map(|policy| format!(",{prefix}_{policy}")).concat();
    let header =
        format!("wave,budget_needed,deficit_usd,max_loss_usd{}{}", of("budget"), of("max_pct"));
    let waves = format!("{header}\n1,100.5,500,400,150,100,100,100,100,1,0.2,0.2,0.5,0.1\n");
    let accounts = "user,closed_pnl,account_value_realtime\nann,600.25,1000\nbob,200,20\n";
    for end in ["csv", "parquet"] {
        fs::create_dir(here.join(end)).unwrap();
        for (name, text) in [("policy_per_wave_metrics", waves.as_str()), ("adl_by_user", accounts)]
        {
            both(here, name, text);
            let name = format!("{name}.{end}");
            fs::rename(here.join(&name), here.join(end).join(&name)).unwrap();
        }
    }
    same(here, "lab october --data END --format json");
}

#[test]
fn a_fault_is_told_by_row() {
    let here = folder();
    let here = here.path();
    let allocate =
        ["allocate", "--rule", "proportional", "--claims", "claims.parquet", "--loss", "5"];
    both(here, "claims", "id,cap\nalice,30\nbob,-20\n");
    let ran = rhodian_in(here, &allocate);
    assert_eq!(ran.status, 2);
    let expected = "error[claims-negative-cap]: cap is below zero\n \
                    --> claims.parquet, row 2, column 2 (cap), id bob\n  \
                    | bob,-20\n  |     ^^^ allowed: 0 to 10^30 atoms\n\
                    help: drop accounts without a claim. Nothing was written.\n";
    assert_eq!(ran.stderr, expected);
    both(here, "claims", "id,cap\nalice,30\nbob,1\nalice,2\n");
    let ran = rhodian_in(here, &allocate);
    assert!(ran.stderr.contains("row 3, column 1 (id)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("it is on row 1 already"), "{}", ran.stderr);
    let here = folder();
    let here = here.path();
    fs::write(here.join("events.toml"), format!("events = \"events.parquet\"\n{VENUE}")).unwrap();
    fs::write(here.join("replay.toml"), replay("parquet")).unwrap();
    both(here, "events", "at,do,market,price\n1 min,mark,BTC,51500.50\n2 min,mark,BTC,0.001\n");
    both(here, "candles", &candles().replace("1700000060000,", "now,"));
    for (words, place) in [
        (["run", "events.toml", "--quiet"], "events.parquet, row 2"),
        (["lab", "run", "replay.toml"], "row 2: now is not a time in milliseconds"),
    ] {
        let ran = rhodian_in(here, &words);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(place), "{}", ran.stderr);
    }
}
