//! The command line of Rhodian: reads what people write, asks the core, prints the answer.
//!
//! One grammar everywhere: `--format`, `--out`, `--force`, `--quiet`; results on standard output,
//! remarks on standard error; exit 0 done, 1 a check failed, 2 bad input, 3 input/output. Nothing
//! here decides who pays: that is `rhodian-core`.
#![forbid(unsafe_code)]

pub mod amount_text;
pub mod claims_file;
pub mod csv_text;
pub mod diagnostic;
pub mod id_order;
pub mod table;
pub mod terminal;
