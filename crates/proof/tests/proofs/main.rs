//! Proofs, from the published vectors of the trees to receipts of whole worlds: what is true
//! passes, and every way to lie that has a name is refused by name.

#[path = "../../../core/tests/world/mod.rs"]
mod world;

mod files;
mod forged;
mod heads;
mod pots;
mod ranks;
mod receipts;
mod refusals;
mod stories;
mod strict;
mod trees;
mod vectors;
mod waves;
