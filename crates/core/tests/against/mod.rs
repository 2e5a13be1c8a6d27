//! The engine against the model: hands a world to both and compares all there is to compare.
//!
//! A test that includes this includes `model` beside it; every test uses a part of it.
#![allow(dead_code)]
#![allow(clippy::clone_on_copy, clippy::op_ref, reason = "only some fractions are Copy")]

use rhodian_core::allocation::{self, AllocationError, Claims, Division, Rule};
use rhodian_core::units::{Amount, Fraction};

use crate::model::{Claim, Exact, Method, World, integer, rounding, whole};

/// The engine's rule of the model's name.
pub fn rule(method: Method) -> Rule {
    match method {
        Method::Proportional => Rule::Proportional,
        Method::EqualLosses => Rule::EqualLosses,
        Method::EqualAwards => Rule::EqualAwards,
        Method::Talmud => Rule::Talmud,
        Method::ReverseTalmud => Rule::ReverseTalmud,
        Method::Piniles => Rule::Piniles,
        Method::AdjustedProportional => Rule::AdjustedProportional,
        Method::RandomArrival => Rule::RandomArrival,
        Method::MinimalOverlap => Rule::MinimalOverlap,
        Method::Queue => Rule::Queue,
        Method::RiskWeighted => Rule::RiskWeighted,
    }
}

/// An amount of `atoms`.
pub fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).expect("a test's amounts are within bounds")
}

/// Amounts of `atoms`.
pub fn amounts(atoms: &[u128]) -> Vec<Amount> {
    atoms.iter().map(|&atoms| amount(atoms)).collect()
}

/// The numbers of atoms.
pub fn atoms(amounts: &[Amount]) -> Vec<u128> {
    amounts.iter().map(|amount| amount.atoms()).collect()
}

/// A world's claims as the engine reads them.
#[derive(Debug)]
pub struct Columns {
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
}

impl Columns {
    /// Every column of `claims`.
    pub fn of(claims: &[Claim]) -> Self {
        Self {
            caps: claims.iter().map(|claim| amount(claim.cap)).collect(),
            weights: claims.iter().map(|claim| amount(claim.weight)).collect(),
            scores: claims.iter().map(|claim| claim.score).collect(),
            risks: claims.iter().map(|claim| claim.risk).collect(),
            classes: claims.iter().map(|claim| claim.class).collect(),
        }
    }

    /// The columns `method` reads, every other one empty.
    pub fn read_by(claims: &[Claim], method: Method) -> Self {
        let mut columns = Self::of(claims);
        if !method.reads_weights() {
            columns.weights.clear();
        }
        if method != Method::RiskWeighted {
            columns.risks.clear();
        }
        if method != Method::Queue {
            columns.scores.clear();
        }
        columns
    }

    /// The claims.
    pub fn claims(&self) -> Claims<'_> {
        Claims {
            caps: &self.caps,
            weights: &self.weights,
            scores: &self.scores,
            risks: &self.risks,
            classes: &self.classes,
        }
    }
}

/// A world, its columns, and a note of what the model said of each loss so far.
#[derive(Debug)]
pub struct Trial {
    /// The world.
    pub world: World,
    columns: Columns,
    exact: Vec<Vec<Exact>>,
}

impl Trial {
    /// The world under trial, with its exact shares for every loss to `largest` at hand.
    pub fn upto(world: World, largest: u128) -> Self {
        let columns = Columns::of(&world.claims);
        let exact = (0..=largest).map(|loss| world.exact(loss)).collect();
        Self { world, columns, exact }
    }

    /// What the model says each bears of `loss`.
    pub fn exact(&self, loss: u128) -> &[Exact] {
        &self.exact[usize::try_from(loss).expect("a small world has small losses")]
    }

    /// The engine divides `loss` as the model does.
    pub fn check(&self, loss: u128) {
        check_against(&self.world, &self.columns, loss, self.exact(loss));
    }

    /// The engine's next wave after `paid` is the model's; returns what is paid after it.
    pub fn check_wave(&self, cumulative: u128, paid: &[u128]) -> Vec<u128> {
        let exact = self.exact(cumulative);
        check_wave_against(&self.world, &self.columns, cumulative, paid, exact)
    }
}

/// The engine divides `loss` as the model does: every exact share, every atom, every level.
pub fn check(world: &World, loss: u128) {
    let columns = Columns::of(&world.claims);
    check_against(world, &columns, loss, &world.exact(loss));
}

/// The engine's next wave after `paid` is the model's; returns what is paid after it.
pub fn check_wave(world: &World, cumulative: u128, paid: &[u128]) -> Vec<u128> {
    let columns = Columns::of(&world.claims);
    check_wave_against(world, &columns, cumulative, paid, &world.exact(cumulative))
}

/// What the engine says each claim bears of `loss`, exactly.
pub fn engine_exact(world: &World, columns: &Columns, loss: u128) -> Vec<Exact> {
    let exact = allocation::exact(rule(world.method), amount(loss), &columns.claims())
        .unwrap_or_else(|error| panic!("{error}: loss {loss} of {world:?}"));
    assert_eq!(exact.len(), world.claims.len());
    (0..exact.len())
        .map(|i| {
            let (atoms, num, den) = exact.share(i);
            integer(atoms) + Exact::new(whole(num), whole(den))
        })
        .collect()
}

fn check_against(world: &World, columns: &Columns, loss: u128, exact: &[Exact]) {
    let result = allocation::divide(rule(world.method), amount(loss), &columns.claims());
    if world.has_no_weight() {
        assert_eq!(result, Err(AllocationError::NoWeight), "loss {loss} of {world:?}");
        return;
    }
    let division = result.unwrap_or_else(|error| panic!("{error}: loss {loss} of {world:?}"));
    let said = engine_exact(world, columns, loss);
    assert_eq!(said, exact, "exact shares of loss {loss} of {world:?}");
    let nothing = vec![0; exact.len()];
    let expected = rounding::pay(exact, &nothing);
    assert_eq!(atoms(&division.shares), expected, "shares of loss {loss} of {world:?}");
    let allocated: u128 = atoms(&division.shares).iter().sum();
    assert_eq!(allocated, loss.min(world.capacity()), "sum, loss {loss} of {world:?}");
    assert_eq!(division.allocated.atoms(), allocated, "allocated, loss {loss} of {world:?}");
    assert_eq!(division.residual.atoms(), loss - allocated, "residual, loss {loss} of {world:?}");
    for ((claim, share), exact) in world.claims.iter().zip(atoms(&division.shares)).zip(exact) {
        assert!(share <= claim.cap, "above its cap: {claim:?}, loss {loss} of {world:?}");
        let off = integer(share) - exact;
        assert!(off < integer(1) && off > -integer(1), "{claim:?}, loss {loss} of {world:?}");
    }
    check_levels(world, &division, loss, exact);
}

fn check_wave_against(
    world: &World,
    columns: &Columns,
    cumulative: u128,
    paid: &[u128],
    exact: &[Exact],
) -> Vec<u128> {
    let result = allocation::next_wave(
        rule(world.method),
        amount(cumulative),
        &columns.claims(),
        &amounts(paid),
    );
    let context = || format!("cumulative {cumulative} after {paid:?} of {world:?}");
    if world.has_no_weight() {
        assert_eq!(result, Err(AllocationError::NoWeight), "{}", context());
        return paid.to_vec();
    }
    let division = result.unwrap_or_else(|error| panic!("{error}: {}", context()));
    let pays = atoms(&division.shares);
    assert_eq!(pays, rounding::pay(exact, paid), "payments, {}", context());
    let before: u128 = paid.iter().sum();
    let now: u128 = pays.iter().sum();
    assert_eq!(division.allocated.atoms(), now, "allocated, {}", context());
    assert_eq!(now, cumulative.min(world.capacity()) - before, "sum, {}", context());
    assert_eq!(division.residual.atoms(), cumulative - before - now, "residual, {}", context());
    let after: Vec<u128> = paid.iter().zip(&pays).map(|(paid, now)| paid + now).collect();
    for (claim, after) in world.claims.iter().zip(&after) {
        assert!(*after <= claim.cap, "above its cap: {claim:?}, {}", context());
    }
    after
}

/// Where the engine publishes a level, every share of the class follows from it; it publishes
/// one exactly when the rule has one and the class is not exhausted.
fn check_levels(world: &World, division: &Division, loss: u128, exact: &[Exact]) {
    if world.claims.is_empty() {
        assert_eq!(division.levels, [None], "nobody is one class that is exhausted");
        return;
    }
    let mut classes: Vec<u32> = world.claims.iter().map(|claim| claim.class).collect();
    classes.sort_unstable();
    classes.dedup();
    assert_eq!(division.levels.len(), classes.len(), "levels, loss {loss} of {world:?}");
    for (class, level) in classes.iter().zip(&division.levels) {
        let inside = || world.claims.iter().zip(exact).filter(|(claim, _)| claim.class == *class);
        let members = World::new(world.method, inside().map(|(claim, _)| *claim).collect());
        let taken: Exact = inside().map(|(_, share)| share).sum();
        let exhausted = taken == integer(members.capacity());
        let expected = has_level(world.method) && !exhausted;
        assert_eq!(level.is_some(), expected, "level {level:?}, loss {loss} of {world:?}");
        let Some(level) = level else { continue };
        let level = fraction_of(*level);
        for (claim, share) in inside() {
            let by_level = share_by_level(world.method, claim, &level);
            assert_eq!(by_level, *share, "level {level}, loss {loss} of {world:?}");
        }
    }
}

/// Whether one number says what everyone bears.
fn has_level(method: Method) -> bool {
    method.reads_weights() || matches!(method, Method::EqualLosses | Method::EqualAwards)
}

fn share_by_level(method: Method, claim: &Claim, level: &Exact) -> Exact {
    let cap = integer(claim.cap);
    let millionths = integer(u128::from(claim.risk)) / integer(1_000_000);
    match method {
        Method::Proportional => cap.min(level * integer(claim.weight)),
        Method::RiskWeighted => cap.min(level * integer(claim.weight) * millionths),
        Method::EqualLosses => cap.min(level.clone()),
        Method::EqualAwards => &cap - cap.clone().min(level.clone()),
        other => panic!("{other:?} has no level"),
    }
}

/// The engine's fraction as the model's.
pub fn fraction_of(fraction: Fraction) -> Exact {
    Exact::new(whole(fraction.num), whole(fraction.den))
}
