//! Parquet files: refused with a code, or a table whose every row has the fields of its header; and
//! what a few bytes unfold to is bounded, which the memory limit of the fuzzer sees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rhodian_cli::parquet;
use rhodian_cli::source::Source;
use rhodian_cli::table::Table;

mod edits;

macro_rules! made {
    ($name:literal) => {
        include_bytes!(concat!("../../crates/cli/tests/parquet/", $name, ".parquet"))
    };
}

const FILES: [&[u8]; 6] = [
    made!("pyarrow"),
    made!("pyarrow-v2"),
    made!("pyarrow-delta"),
    made!("polars"),
    made!("duckdb"),
    made!("duckdb-v2"),
];

fuzz_target!(|data: &[u8]| {
    let bytes = edits::edited(&FILES, data);
    match parquet::csv("fuzz.parquet", &bytes) {
        Err(error) => assert!(error.code.starts_with("parquet-"), "{error}"),
        Ok(text) => {
            assert!(text.ends_with(b"\n"), "a line is not ended");
            // Texts of any bytes may be no UTF-8, which the door refuses as in CSV.
            let Ok(table) = Source::table("fuzz.parquet", bytes).and_then(Table::new) else {
                return;
            };
            let mut rows = table.rows();
            while let Some(row) = rows.next().expect("the text is well formed") {
                assert!(row.is_ok(), "a row has other fields than the header");
            }
        }
    }
});
