//! The `rhodian` program: see the library of the same crate.
fn main() {}
