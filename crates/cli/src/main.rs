//! The command line of Rhodian.
fn main() {}
