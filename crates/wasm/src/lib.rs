//! The shim that runs the core in node and in the browser. The only crate with `unsafe`: memory
//! is handed over by pointer and length.
//!
//! A caller reserves room with [`rhodian_reserve`], writes into it, and calls [`rhodian_run`] with
//! a file of commands (one JSON object a line), or [`rhodian_verify`] with a question about a
//! receipt. The answer is text behind [`rhodian_answer`] and [`rhodian_answer_len`]: the digests,
//! or what was wrong and in which line; the checks.
//!
//! Without the feature `run` the engine is left out, and what remains is the verifier that a
//! browser loads from the dashboard: `crates/wasm/verifier` builds it.

#[cfg(feature = "run")]
mod run;
mod verify;

use std::cell::RefCell;

#[cfg(feature = "run")]
pub use run::{Digests, run};
pub use verify::verify;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Room for `len` bytes of input; what was there before is dropped.
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_reserve(len: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(len, 0);
        input.as_mut_ptr()
    })
}

/// Runs the commands in the reserved room: 0 when they ran, 1 when they could not be read.
#[cfg(feature = "run")]
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_run() -> u32 {
    answer(|text| Ok((0, run(text)?.to_string())))
}

/// Checks the receipt in the reserved room, a line that says what is known and then the receipt as
/// it is: 0 when it is proven, 1 when it could not be read, 2 when a check failed.
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_verify() -> u32 {
    answer(|text| {
        let (proven, report) = verify(text)?;
        Ok((if proven { 0 } else { 2 }, report))
    })
}

/// Answers what stands in the reserved room: with a status, or 1 and what was wrong.
fn answer(of: impl FnOnce(&str) -> Result<(u32, String), String>) -> u32 {
    let result = INPUT.with_borrow(|input| match core::str::from_utf8(input) {
        Ok(text) => of(text),
        Err(error) => Err(format!("not UTF-8: {error}")),
    });
    let (status, text) = result.unwrap_or_else(|error| (1, error));
    ANSWER.set(text);
    status
}

/// Where the answer begins. It stays until the next run.
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_answer() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// How many bytes the answer has.
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_answer_len() -> usize {
    ANSWER.with_borrow(String::len)
}
