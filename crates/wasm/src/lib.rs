//! The shim that runs the core in node and in the browser. The only crate with `unsafe`: memory
//! is handed over by pointer and length.
//!
//! A caller reserves room with [`rhodian_reserve`], writes a file of commands (one JSON object a
//! line) into it, and calls [`rhodian_run`]. The answer is text behind [`rhodian_answer`] and
//! [`rhodian_answer_len`]: the digests, or what was wrong and in which line.

mod run;

use std::cell::RefCell;

pub use run::{Digests, run};

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
#[unsafe(no_mangle)]
pub extern "C" fn rhodian_run() -> u32 {
    let result = INPUT.with_borrow(|input| match core::str::from_utf8(input) {
        Ok(text) => run(text),
        Err(error) => Err(format!("not UTF-8: {error}")),
    });
    let (code, answer) = match result {
        Ok(digests) => (0, digests.to_string()),
        Err(error) => (1, error),
    };
    ANSWER.set(answer);
    code
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
