//! Each rule by its most obvious textbook definition, in exact fractions.
//!
//! Symbols: `d` the claims (caps), `D` their sum, `L` the loss, `E = D - L` the estate that is
//! left, an *award* what a claimant keeps, a *share* what he loses: share = claim - award. The
//! classical rules are stated on awards, so they are computed on awards here and turned around
//! at the end.

use num_traits::Zero;

use super::{Claim, Exact, Method, World, integer};

/// Up to this many claimants, random arrival walks through every order of arrival.
const ORDERS_WALKED: usize = 7;

/// What each claim of one class bears of `loss`, which is at most the class's capacity.
pub fn shares(world: &World, loss: u128) -> Vec<Exact> {
    let claims: Vec<Exact> = world.claims.iter().map(|claim| integer(claim.cap)).collect();
    let loss = integer(loss);
    let of_awards = |rule: fn(&Exact, &[Exact]) -> Vec<Exact>| -> Vec<Exact> {
        let estate = sum(&claims) - &loss;
        let awards = rule(&estate, &claims);
        claims.iter().zip(awards).map(|(claim, award)| claim - award).collect()
    };
    match world.method {
        Method::Proportional | Method::RiskWeighted => {
            let weights: Vec<Exact> =
                world.claims.iter().map(|claim| claim.effective_weight(world.method)).collect();
            capped_proportional(&loss, &claims, &weights)
        }
        Method::Queue => queue(&loss, &world.claims),
        Method::EqualLosses => of_awards(equal_losses),
        Method::EqualAwards => of_awards(equal_awards),
        Method::Talmud => of_awards(talmud),
        Method::ReverseTalmud => of_awards(reverse_talmud),
        Method::Piniles => of_awards(piniles),
        Method::AdjustedProportional => of_awards(adjusted_proportional),
        Method::RandomArrival => of_awards(random_arrival),
        Method::MinimalOverlap => of_awards(minimal_overlap),
    }
}

/// The sum.
pub fn sum(values: &[Exact]) -> Exact {
    values.iter().sum()
}

/// Half of each.
fn halves(values: &[Exact]) -> Vec<Exact> {
    values.iter().map(|value| value / integer(2)).collect()
}

/// Term by term.
fn plus(left: &[Exact], right: &[Exact]) -> Vec<Exact> {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

/// Repeated capping: divide what is open in proportion; whoever would pay his cap or more pays
/// his cap; again with the others, until nobody new is capped.
fn capped_proportional(loss: &Exact, caps: &[Exact], weights: &[Exact]) -> Vec<Exact> {
    let mut capped = vec![false; caps.len()];
    loop {
        let mut rest = loss.clone();
        let mut weight = Exact::zero();
        for i in 0..caps.len() {
            if capped[i] {
                rest -= &caps[i];
            } else {
                weight += &weights[i];
            }
        }
        let level = if weight.is_zero() { Exact::zero() } else { rest / weight };
        let over: Vec<usize> = (0..caps.len())
            .filter(|&i| !capped[i] && !weights[i].is_zero() && &level * &weights[i] >= caps[i])
            .collect();
        if over.is_empty() {
            return (0..caps.len())
                .map(|i| if capped[i] { caps[i].clone() } else { &level * &weights[i] })
                .collect();
        }
        for i in over {
            capped[i] = true;
        }
    }
}

/// One after the other, each up to his cap: the highest score first, then claim order.
fn queue(loss: &Exact, claims: &[Claim]) -> Vec<Exact> {
    let mut shares = vec![Exact::zero(); claims.len()];
    let mut waiting: Vec<usize> = (0..claims.len()).collect();
    let mut left = loss.clone();
    while !waiting.is_empty() {
        let mut next = 0;
        for at in 1..waiting.len() {
            if claims[waiting[at]].score > claims[waiting[next]].score {
                next = at;
            }
        }
        let head = waiting.remove(next);
        let pays = left.clone().min(integer(claims[head].cap));
        left -= &pays;
        shares[head] = pays;
    }
    shares
}

/// The level at which `total` meets `target`. `total` is monotone, and linear between
/// neighbours of 0 and `breakpoints`: walk through them and interpolate.
fn level_of(breakpoints: &[Exact], target: &Exact, total: impl Fn(&Exact) -> Exact) -> Exact {
    let mut points = breakpoints.to_vec();
    points.push(Exact::zero());
    points.sort();
    for pair in points.windows(2) {
        let (low, high) = (total(&pair[0]), total(&pair[1]));
        let between = (low <= *target && *target <= high) || (high <= *target && *target <= low);
        if between {
            if low == high {
                return pair[0].clone();
            }
            let part = (target - &low) / (high - low);
            return &pair[0] + (&pair[1] - &pair[0]) * part;
        }
    }
    assert_eq!(total(&points[0]), *target, "the target lies outside of what the rule divides");
    points[0].clone()
}

/// What is over `level`, at least nothing.
fn above(value: &Exact, level: &Exact) -> Exact {
    if value > level { value - level } else { Exact::zero() }
}

/// Constrained equal awards: everyone keeps `min(d, level)`.
pub fn equal_awards(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let award = |claim: &Exact, level: &Exact| claim.min(level).clone();
    let total = |level: &Exact| claims.iter().map(|claim| award(claim, level)).sum::<Exact>();
    let level = level_of(claims, estate, total);
    claims.iter().map(|claim| award(claim, &level)).collect()
}

/// Constrained equal losses: everyone keeps `max(0, d - level)`.
pub fn equal_losses(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let total = |level: &Exact| claims.iter().map(|claim| above(claim, level)).sum::<Exact>();
    let level = level_of(claims, estate, total);
    claims.iter().map(|claim| above(claim, &level)).collect()
}

/// The Talmud rule: equal awards of half claims while the estate is at most half of all claims,
/// then equal losses: half claims again, taken from the full ones.
fn talmud(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let half = halves(claims);
    if *estate <= sum(&half) {
        equal_awards(estate, &half)
    } else {
        let lost = equal_awards(&(sum(claims) - estate), &half);
        claims.iter().zip(lost).map(|(claim, lost)| claim - lost).collect()
    }
}

/// The reverse Talmud rule: equal losses of half claims, then equal awards on top of the halves.
fn reverse_talmud(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let half = halves(claims);
    if *estate <= sum(&half) {
        equal_losses(estate, &half)
    } else {
        plus(&half, &equal_awards(&(estate - sum(&half)), &half))
    }
}

/// Piniles' rule: equal awards of half claims, twice.
fn piniles(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let half = halves(claims);
    if *estate <= sum(&half) {
        equal_awards(estate, &half)
    } else {
        plus(&half, &equal_awards(&(estate - sum(&half)), &half))
    }
}

/// The adjusted proportional rule: each first keeps what the others leave him even when they are
/// paid in full; the rest is divided in proportion to what he still claims, cut off at that rest.
fn adjusted_proportional(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let all = sum(claims);
    let rights: Vec<Exact> = claims.iter().map(|claim| above(estate, &(&all - claim))).collect();
    let rest = estate - sum(&rights);
    let open: Vec<Exact> = claims
        .iter()
        .zip(&rights)
        .map(|(claim, right)| (claim - right).min(rest.clone()))
        .collect();
    let open_sum = sum(&open);
    if open_sum.is_zero() {
        return rights;
    }
    let part: Vec<Exact> = open.iter().map(|open| &rest * open / &open_sum).collect();
    plus(&rights, &part)
}

/// The random arrival rule: the average over all orders of arrival, each claimant taking what he
/// can on arrival.
fn random_arrival(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    if claims.len() > ORDERS_WALKED {
        return random_arrival_by_subsets(estate, claims);
    }
    let mut taken = vec![Exact::zero(); claims.len()];
    let mut orders = 0;
    let mut absent: Vec<usize> = (0..claims.len()).collect();
    arrive(estate, claims, &mut absent, &mut Vec::new(), &mut |order| {
        orders += 1;
        for (claimant, takes) in order {
            taken[*claimant] += takes;
        }
    });
    taken.into_iter().map(|taken| taken / integer(orders)).collect()
}

/// Lets each of the absent arrive next in turn, and reports every complete order.
fn arrive(
    left: &Exact,
    claims: &[Exact],
    absent: &mut Vec<usize>,
    order: &mut Vec<(usize, Exact)>,
    report: &mut impl FnMut(&[(usize, Exact)]),
) {
    if absent.is_empty() {
        report(order);
        return;
    }
    for at in 0..absent.len() {
        let claimant = absent.remove(at);
        let takes = left.min(&claims[claimant]).clone();
        let rest = left - &takes;
        order.push((claimant, takes));
        arrive(&rest, claims, absent, order, report);
        order.pop();
        absent.insert(at, claimant);
    }
}

/// The same average by who has arrived before: a set of `s` others comes first in `s!(n-1-s)!` of
/// the `n!` orders, and only a set that leaves something matters.
fn random_arrival_by_subsets(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let n = claims.len();
    let factorial = |k: usize| (1..=k).map(|i| integer(i as u128)).product::<Exact>();
    let mut before =
        Before { claims, arrived: vec![false; n], awards: vec![vec![Exact::zero(); n]; n] };
    before.decide(0, 0, estate);
    let all = factorial(n);
    let average = |by_size: Vec<Exact>| {
        let orders = |size: usize| factorial(size) * factorial(n - 1 - size);
        by_size.into_iter().enumerate().map(|(size, sum)| sum * orders(size)).sum::<Exact>() / &all
    };
    before.awards.into_iter().map(average).collect()
}

/// The sets that may have arrived before a claimant.
struct Before<'a> {
    claims: &'a [Exact],
    arrived: Vec<bool>,
    /// For each claimant and number of others before him, the sum of what he can then take.
    awards: Vec<Vec<Exact>>,
}

impl Before<'_> {
    /// Goes through every set of those from `next` on, after `size` others who have left `left`.
    fn decide(&mut self, next: usize, size: usize, left: &Exact) {
        if next < self.claims.len() {
            self.decide(next + 1, size, left);
            if self.claims[next] < *left {
                self.arrived[next] = true;
                self.decide(next + 1, size + 1, &(left - &self.claims[next]));
                self.arrived[next] = false;
            }
            return;
        }
        for i in (0..self.claims.len()).filter(|&i| !self.arrived[i]) {
            self.awards[i][size] += left.min(&self.claims[i]);
        }
    }
}

/// The minimal overlap rule: the claimants lay their claims onto the estate so that as little as
/// possible of it is claimed by many, and each layer is split equally between those who claim it.
///
/// A claim on all of the estate leaves no choice: all claims (cut off at the estate) are nested,
/// each from the left end. Otherwise the first `depth` of the estate holds nested claims, cut off
/// there, and the rest is claimed once: whoever claims more than `depth` has the excess alone.
fn minimal_overlap(estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    let largest = claims.iter().max().cloned().unwrap_or_else(Exact::zero);
    let depth = if largest >= *estate {
        estate.clone()
    } else {
        let length =
            |depth: &Exact| depth + claims.iter().map(|claim| above(claim, depth)).sum::<Exact>();
        level_of(claims, estate, length)
    };
    let mut layers = nested_layers(&depth, claims);
    if depth < *estate {
        for (i, claim) in claims.iter().enumerate() {
            layers.push((above(claim, &depth), vec![i]));
        }
    }
    let laid: Exact = layers.iter().map(|(width, _)| width).sum();
    assert_eq!(laid, *estate, "the layers cover the estate once");
    let mut awards = vec![Exact::zero(); claims.len()];
    for (width, claimants) in layers {
        for &claimant in &claimants {
            awards[claimant] += &width / integer(claimants.len() as u128);
        }
    }
    awards
}

/// The first `depth` of the estate, cut where a claim ends: each layer's width and who claims it.
fn nested_layers(depth: &Exact, claims: &[Exact]) -> Vec<(Exact, Vec<usize>)> {
    let mut cuts: Vec<Exact> = claims.iter().map(|claim| claim.min(depth).clone()).collect();
    cuts.push(Exact::zero());
    cuts.sort();
    cuts.dedup();
    cuts.windows(2)
        .map(|cut| {
            let claimants = (0..claims.len()).filter(|&i| claims[i] >= cut[1]).collect();
            (&cut[1] - &cut[0], claimants)
        })
        .collect()
}
