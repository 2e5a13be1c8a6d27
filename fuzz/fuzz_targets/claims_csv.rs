//! Claims files: fields as the `csv` crate splits them, refusals with a code, and what is taken
//! is divided to the last atom and comes back from every output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rhodian_cli::amount_text::{AmountFormat, ExcessDigits, MAX_DECIMALS};

#[path = "../../crates/cli/tests/door/mod.rs"]
mod door;
mod edits;

const TEXTS: [&[u8]; 3] = [
    b"id,cap,weight,score,risk,class\nann,30,1,-3,1.5,0\nben,20,2,7,0.000001,1\ncat,0,3,9,2,1\n",
    b"\xEF\xBB\xBFid,\"cap\"\r\n\"a,\"\"b\",12.50\r\n\"c\nd\",0.07\r\n\r\ne,1000000.00\r\n",
    include_bytes!("../../scenarios/winners.csv"),
];

fuzz_target!(|data: &[u8]| {
    let Some((&[rule, decimals, loss], rest)) = data.split_first_chunk() else { return };
    let excess = if loss % 2 == 0 { ExcessDigits::Refuse } else { ExcessDigits::HalfEven };
    let format = AmountFormat { decimals: decimals % (MAX_DECIMALS + 1), excess };
    let text = edits::edited(&TEXTS, rest);
    door::same_fields(&text);
    let outcome = door::allocate(&text, rule.into(), u128::from(loss) << (loss / 4), format);
    door::check_refusal(outcome);
});
