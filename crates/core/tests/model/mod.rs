//! The independent slow model of loss sharing: what is right, decided without the engine.
//!
//! It reads rows where the engine reads columns, computes in unbounded fractions where the engine
//! computes in bounded integers, follows each rule's textbook definition where the engine takes
//! the fast way, and moves single atoms where the engine sorts and counts. It shares no code and
//! no type with the engine, so an error would have to be made twice to go unseen.
//!
//! `rules` says what each claim bears exactly; `rounding` turns that into whole atoms, wave by
//! wave.
//!
//! Who includes the model says what its fractions are made of, as `crate::Whole`: `BigInt`, or
//! for millions of small worlds `i64`, whose overflow stops the test. Everyone uses a part of it.
#![allow(dead_code)]
#![allow(clippy::clone_on_copy, clippy::op_ref, reason = "only some fractions are Copy")]
#![allow(clippy::unnecessary_fallible_conversions, reason = "machine integers can overflow")]

pub mod rounding;
pub mod rules;

use num_rational::Ratio;
use num_traits::{Signed, Zero};

use crate::Whole;

/// An exact number of atoms, or a ratio of them.
pub type Exact = Ratio<Whole>;

/// The rules, under the names of the claims literature where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Losses in proportion to weights, each up to its cap.
    Proportional,
    /// Constrained equal losses.
    EqualLosses,
    /// Constrained equal awards.
    EqualAwards,
    /// The Talmud rule.
    Talmud,
    /// The reverse Talmud rule.
    ReverseTalmud,
    /// Piniles' rule.
    Piniles,
    /// The adjusted proportional rule.
    AdjustedProportional,
    /// The random arrival rule.
    RandomArrival,
    /// The minimal overlap rule.
    MinimalOverlap,
    /// Highest score first, in full.
    Queue,
    /// Losses in proportion to weight times risk, each up to its cap.
    RiskWeighted,
}

impl Method {
    /// Every rule.
    pub const ALL: [Self; 11] = [
        Self::Proportional,
        Self::EqualLosses,
        Self::EqualAwards,
        Self::Talmud,
        Self::ReverseTalmud,
        Self::Piniles,
        Self::AdjustedProportional,
        Self::RandomArrival,
        Self::MinimalOverlap,
        Self::Queue,
        Self::RiskWeighted,
    ];

    /// The rules that read nothing but caps.
    pub const BY_CAPS: [Self; 8] = [
        Self::EqualLosses,
        Self::EqualAwards,
        Self::Talmud,
        Self::ReverseTalmud,
        Self::Piniles,
        Self::AdjustedProportional,
        Self::RandomArrival,
        Self::MinimalOverlap,
    ];

    /// Whether the rule divides by weights, so that a claim without weight has no capacity.
    pub fn reads_weights(self) -> bool {
        matches!(self, Self::Proportional | Self::RiskWeighted)
    }
}

/// One claimant: everything any rule may ask about him.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// The most he may pay, over all waves, in atoms.
    pub cap: u128,
    /// His weight.
    pub weight: u128,
    /// His risk factor, in millionths.
    pub risk: u64,
    /// His place in the queue: highest pays first.
    pub score: i64,
    /// His priority class: lowest pays first.
    pub class: u32,
}

impl Claim {
    /// A claim of `cap` atoms that weighs as much, with unit risk, in the only class.
    pub fn of(cap: u128) -> Self {
        Self { cap, weight: cap, risk: 1_000_000, score: 0, class: 0 }
    }

    /// The same claim with another weight.
    pub fn weighing(self, weight: u128) -> Self {
        Self { weight, ..self }
    }

    /// What a rule by weights multiplies its level with, in atoms times the risk factor.
    fn effective_weight(&self, method: Method) -> Exact {
        match method {
            Method::RiskWeighted => {
                integer(self.weight) * integer(u128::from(self.risk)) / integer(1_000_000)
            }
            _ => integer(self.weight),
        }
    }
}

/// The claimants of one loss in claim order, and the rule they are under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The rule.
    pub method: Method,
    /// The claimants.
    pub claims: Vec<Claim>,
}

impl World {
    /// A world of `claims` under `method`.
    pub fn new(method: Method, claims: Vec<Claim>) -> Self {
        Self { method, claims }
    }

    /// A world where everyone has a cap and weighs as much.
    pub fn of_caps(method: Method, caps: &[u128]) -> Self {
        Self::new(method, caps.iter().map(|&cap| Claim::of(cap)).collect())
    }

    /// Whether the rule divides by weights and nobody has any.
    pub fn has_no_weight(&self) -> bool {
        let weightless = |claim: &Claim| claim.effective_weight(self.method).is_zero();
        self.method.reads_weights() && !self.claims.is_empty() && self.claims.iter().all(weightless)
    }

    /// The most a claim can be made to pay: its cap, or nothing if the rule cannot reach it.
    pub fn reach(&self, claim: &Claim) -> u128 {
        let reached =
            !self.method.reads_weights() || claim.effective_weight(self.method).is_positive();
        if reached { claim.cap } else { 0 }
    }

    /// The most all claims together can be made to pay, in atoms.
    pub fn capacity(&self) -> u128 {
        self.claims.iter().map(|claim| self.reach(claim)).sum()
    }

    /// What each claim bears of `loss`, exactly; what is above capacity nobody bears.
    ///
    /// Classes pay one after the other, lowest first, each to its capacity; the rule divides
    /// inside a class.
    pub fn exact(&self, loss: u128) -> Vec<Exact> {
        let mut shares = vec![Exact::zero(); self.claims.len()];
        let mut left = loss;
        let mut classes: Vec<u32> = self.claims.iter().map(|claim| claim.class).collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            let members: Vec<usize> =
                (0..self.claims.len()).filter(|&i| self.claims[i].class == class).collect();
            let claims: Vec<Claim> = members.iter().map(|&i| self.claims[i]).collect();
            let inside = Self::new(self.method, claims);
            let taken = left.min(inside.capacity());
            left -= taken;
            for (member, share) in members.into_iter().zip(rules::shares(&inside, taken)) {
                shares[member] = share;
            }
        }
        shares
    }

    /// What each claim pays of one loss, in whole atoms.
    pub fn divide(&self, loss: u128) -> Vec<u128> {
        self.next_wave(loss, &vec![0; self.claims.len()])
    }

    /// What each claim pays now, after `paid`, so that all waves together bear `cumulative`.
    pub fn next_wave(&self, cumulative: u128, paid: &[u128]) -> Vec<u128> {
        rounding::pay(&self.exact(cumulative), paid)
    }
}

/// A whole number as a fraction.
pub fn integer(value: u128) -> Exact {
    Exact::from_integer(whole(value))
}

/// The fraction `num / den`.
pub fn fraction(num: i64, den: i64) -> Exact {
    Exact::new(Whole::from(num), Whole::from(den))
}

/// A whole number.
pub fn whole(value: u128) -> Whole {
    Whole::try_from(value).expect("the test chose fractions wide enough")
}
