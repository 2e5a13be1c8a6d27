//! One account's margin at the end of a run.
