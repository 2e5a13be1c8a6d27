//! What the grid does not see: basis, size, and short options whose loss lies beyond it.

use alloc::vec::Vec;

use super::{Fault, MILLION, Portfolio};
use crate::wide::mul_div_ceil;

/// The delta of one expiry, or of the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenor {
    /// The place of the expiry; none for the spot.
    pub expiry: Option<usize>,
    /// Its delta, in atoms.
    pub delta: i128,
}

/// A hedge across two expiries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasisPair {
    /// The expiry that is long; none for the spot.
    pub long: Option<usize>,
    /// The expiry that is short; none for the spot.
    pub short: Option<usize>,
    /// The delta on each side that the other hedges, in atoms.
    pub hedged: u128,
    /// What it is charged, in atoms; rounded up.
    pub charge: u128,
}

/// The hedges across expiries: longs and shorts are matched in the order of the expiries, spot
/// first. How they are matched changes the pairs, not the sum that is hedged, which is the smaller
/// of all longs and all shorts.
pub(super) fn basis_pairs(tenors: &[Tenor], part: u32) -> Result<Vec<BasisPair>, Fault> {
    let side = |sign: i128| {
        let of = move |tenor: &Tenor| {
            let size = tenor.delta.unsigned_abs();
            (tenor.delta.signum() == sign).then_some((tenor.expiry, size))
        };
        tenors.iter().filter_map(of)
    };
    let (mut longs, mut shorts) = (side(1), side(-1));
    let (mut long, mut short) = (longs.next(), shorts.next());
    let mut pairs = Vec::new();
    while let (Some((bought, up)), Some((sold, down))) = (long, short) {
        let hedged = up.min(down);
        let charge = mul_div_ceil(hedged, u128::from(part), MILLION).ok_or(Fault::TooLarge)?;
        pairs.push(BasisPair { long: bought, short: sold, hedged, charge });
        long = if up > hedged { Some((bought, up - hedged)) } else { longs.next() };
        short = if down > hedged { Some((sold, down - hedged)) } else { shorts.next() };
    }
    Ok(pairs)
}

/// The charge on size: part x gross^2 / depth, where gross is the sum over expiries of the deltas'
/// sizes; rounded up, and never more than gross.
pub(super) fn concentration(
    tenors: &[Tenor],
    depth: Option<u128>,
    part: u32,
) -> Result<u128, Fault> {
    let Some(depth) = depth else { return Ok(0) };
    let sizes = tenors.iter().map(|tenor| tenor.delta.unsigned_abs());
    let charge = |gross: u128| {
        let squared = mul_div_ceil(gross, gross, depth);
        let charge = squared.and_then(|sum| mul_div_ceil(sum, u128::from(part), MILLION));
        // Beyond 128 bits it is more than all of it.
        charge.map_or(gross, |charge| charge.min(gross))
    };
    let gross = sizes.into_iter().try_fold(0u128, u128::checked_add).ok_or(Fault::TooLarge)?;
    Ok(if part == 0 { 0 } else { charge(gross) })
}

/// The least that short options need: a part of the forward's value for each lot sold; rounded up.
pub(super) fn short_minimum(portfolio: &Portfolio<'_>, part: u32) -> Result<u128, Fault> {
    let mut sum = 0u128;
    for leg in portfolio.options.iter().filter(|leg| leg.lots < 0) {
        let Some(expiry) = portfolio.expiries.get(leg.expiry) else { continue };
        let atoms = u128::from(leg.lots.unsigned_abs()) * u128::from(leg.atoms_per_tick);
        sum = atoms
            .checked_mul(u128::from(expiry.forward))
            .and_then(|value| sum.checked_add(value))
            .ok_or(Fault::TooLarge)?;
    }
    let value = sum.div_ceil(u128::from(portfolio.units_per_tick));
    mul_div_ceil(value, u128::from(part), MILLION).ok_or(Fault::TooLarge)
}
