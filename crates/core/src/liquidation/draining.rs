//! Stand-in until the branch with the real one is merged.
use crate::units::Fraction;
use alloc::vec::Vec;
/// A candidate.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    pub lots: u64,
    pub net: u128,
    pub equity: u128,
    pub room: Option<u64>,
    pub eases: bool,
}
/// The result.
#[derive(Debug, Clone)]
pub struct Drained {
    pub lots: Vec<u64>,
    pub level: Option<Fraction>,
    pub left: u64,
}
/// Drains.
pub fn drain(_c: &[Candidate], _lot: u128, _need: u64) -> Drained {
    Drained { lots: Vec::new(), level: None, left: _need }
}
