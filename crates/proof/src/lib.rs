//! Commitments, receipts and their verifier: everyone can check his share of a loss.
//!
//! Read in the order of one proof: [`hash`] says what is hashed and how trees are told apart;
//! [`tree`] is the tree of RFC 9162, its inclusion and consistency proofs; [`sum`] the same tree
//! with sums in its nodes; [`leaf`] and [`header`] what is committed; [`rounding`] who got the
//! atoms that were left over; [`commit`], [`division`], [`ranked`] and [`prover`] make commitments from core's
//! public state;
//! [`log`] and [`head`] are the append-only log of commitments and its signed heads; [`receipt`],
//! [`standing`] and [`episode`] are the files that leave the venue; [`verify`] checks them and
//! reports each check by name.
//!
//! Four laws of the formats: every number is a whole number with a stated bound, and in JSON a
//! string; one value has one encoding, and a file that is not in it is refused; what is hashed
//! is canonical bytes (Borsh) under a tag of their own; nothing is checked that is not recomputed.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod commit;
pub mod division;
pub mod episode;
mod fixed;
pub mod hash;
pub mod head;
pub mod header;
pub mod leaf;
pub mod log;
pub mod prover;
pub mod ranked;
pub mod receipt;
pub mod report;
pub mod rounding;
mod settled;
pub mod standing;
pub mod sum;
pub mod tree;
pub mod verify;
mod waves;
