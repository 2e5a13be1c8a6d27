//! What is refused before anything is divided.

use alloc::vec::Vec;

use super::{AllocationError, Claims, MAX_ARRIVALS, MAX_OVERLAPS, Rule, arrival};
use crate::bounds::{MAX_CLAIMS, MAX_RISK, MAX_TOTAL};
use crate::units::Amount;

/// Claims that may be divided.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    /// The columns, each of the right length.
    pub(super) claims: &'a Claims<'a>,
    /// Weight times risk in millionths under `RiskWeighted`, else empty.
    pub(super) effective: Vec<u128>,
    rule: Rule,
}

impl Checked<'_> {
    /// Whether a claim can pay at all by its weight.
    fn has_weight(&self, index: usize) -> bool {
        match self.rule {
            Rule::Proportional => !self.claims.weights[index].is_zero(),
            Rule::RiskWeighted => self.effective[index] > 0,
            _ => true,
        }
    }

    /// Refuses what was paid above a claim's own limit or above the cumulative amount; gives its
    /// sum, which then is at most the capacity too.
    pub(super) fn paid_before(
        &self,
        cumulative: Amount,
        paid: &[Amount],
    ) -> Result<u128, AllocationError> {
        let caps = self.claims.caps;
        if paid.len() != caps.len() && !paid.is_empty() {
            let (found, expected) = (paid.len(), caps.len());
            return Err(AllocationError::ColumnLength { column: "paid", found, expected });
        }
        let mut total = 0u128;
        for (index, (paid, cap)) in paid.iter().zip(caps).enumerate() {
            if paid > cap || (!paid.is_zero() && !self.has_weight(index)) {
                return Err(AllocationError::PaidAboveCap { index });
            }
            total += paid.atoms();
        }
        if total > cumulative.atoms() {
            return Err(AllocationError::PaidAboveCumulative);
        }
        Ok(total)
    }
}

/// Refuses claims the rule cannot divide: columns of the wrong length, too many claims, weights
/// that are all zero or too large, and an amount that reaches too many coalitions.
pub(super) fn claims<'a>(
    rule: Rule,
    amount: Amount,
    claims: &'a Claims<'a>,
) -> Result<Checked<'a>, AllocationError> {
    columns(rule, claims)?;
    let effective = match rule {
        Rule::RiskWeighted => effective_weights(claims.weights, claims.risks)?,
        _ => Vec::new(),
    };
    match rule {
        Rule::Proportional => some_weight(claims.weights)?,
        Rule::RandomArrival => arrivals(amount.atoms(), claims)?,
        _ => {}
    }
    Ok(Checked { claims, effective, rule })
}

/// Refuses columns of the wrong length and more claims than the rule divides in one class.
fn columns(rule: Rule, claims: &Claims) -> Result<(), AllocationError> {
    let expected = claims.caps.len();
    let max = usize::try_from(MAX_CLAIMS).unwrap_or(usize::MAX);
    if expected > max {
        return Err(AllocationError::TooManyClaims { found: expected, max });
    }
    let by_weight = matches!(rule, Rule::Proportional | Rule::RiskWeighted);
    for (column, found, read) in [
        ("weight", claims.weights.len(), by_weight),
        ("score", claims.scores.len(), rule == Rule::Queue),
        ("risk", claims.risks.len(), rule == Rule::RiskWeighted),
        ("class", claims.classes.len(), false),
    ] {
        if found != expected && (read || found != 0) {
            return Err(AllocationError::ColumnLength { column, found, expected });
        }
    }
    let max = match rule {
        Rule::RandomArrival => MAX_ARRIVALS,
        Rule::MinimalOverlap => MAX_OVERLAPS,
        _ => return Ok(()),
    };
    let found = largest_class(claims);
    if found > max { Err(AllocationError::TooManyClaims { found, max }) } else { Ok(()) }
}

/// The number of claims in the class that has most.
fn largest_class(claims: &Claims) -> usize {
    if claims.classes.is_empty() {
        return claims.caps.len();
    }
    let mut classes = claims.classes.to_vec();
    classes.sort_unstable();
    classes.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0)
}

/// Refuses an amount that ends in a class where it reaches too many coalitions.
fn arrivals(amount: u128, claims: &Claims) -> Result<(), AllocationError> {
    if claims.classes.is_empty() {
        return arrival::check(claims.caps, amount);
    }
    let mut order: Vec<(u32, Amount)> =
        claims.classes.iter().copied().zip(claims.caps.iter().copied()).collect();
    order.sort_unstable();
    let mut rest = amount;
    for class in order.chunk_by(|a, b| a.0 == b.0) {
        let caps: Vec<Amount> = class.iter().map(|(_, cap)| *cap).collect();
        arrival::check(&caps, rest)?;
        // What is left for the next class; nothing where this one bears it all.
        rest -= rest.min(caps.iter().map(|cap| cap.atoms()).sum());
    }
    Ok(())
}

/// Refuses claims of which every weight is zero. No claims at all are not refused.
fn some_weight(weights: &[Amount]) -> Result<(), AllocationError> {
    if !weights.is_empty() && weights.iter().all(|weight| weight.is_zero()) {
        return Err(AllocationError::NoWeight);
    }
    Ok(())
}

/// Weight times risk for each claim, in millionths: at most 10^38 in all.
fn effective_weights(weights: &[Amount], risks: &[u64]) -> Result<Vec<u128>, AllocationError> {
    if let Some(index) = risks.iter().position(|risk| *risk > MAX_RISK) {
        return Err(AllocationError::RiskAboveBound { index });
    }
    let mut effective = Vec::with_capacity(weights.len());
    let mut total = 0u128;
    for (weight, risk) in weights.iter().zip(risks) {
        // At most 10^42, which may pass 2^128; the running sum stays below 2 x 10^38 < 2^128.
        let product = weight.atoms().checked_mul(u128::from(*risk));
        let product = product.filter(|product| *product <= MAX_TOTAL);
        let product = product.ok_or(AllocationError::WeightsAboveBound)?;
        total += product;
        if total > MAX_TOTAL {
            return Err(AllocationError::WeightsAboveBound);
        }
        effective.push(product);
    }
    if total == 0 && !effective.is_empty() {
        return Err(AllocationError::NoWeight);
    }
    Ok(effective)
}
