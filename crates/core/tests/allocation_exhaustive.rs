//! Small worlds, all of them: up to four claimants with weights and caps to six, every loss from
//! nothing to one above capacity, every rule; then waves, classes and queues. Each result is the
//! model's, to the exact fraction and to the atom.

mod against;
mod model;

use against::{Columns, Trial, engine_exact, rule};
use model::{Claim, Method, World};
use rhodian_core::allocation;

/// Small worlds have small fractions.
type Whole = i64;

/// Every multiset of up to `most` of `kinds`, in the order of `kinds`.
fn multisets(kinds: &[Claim], most: usize) -> Vec<Vec<Claim>> {
    let mut all: Vec<Vec<Claim>> = kinds.iter().map(|&kind| vec![kind]).collect();
    let mut start = 0;
    for _ in 1..most {
        let end = all.len();
        for smaller in start..end {
            let last = *all[smaller].last().expect("no multiset is empty");
            for &kind in kinds.iter().filter(|&&kind| kind >= last) {
                let mut larger = all[smaller].clone();
                larger.push(kind);
                all.push(larger);
            }
        }
        start = end;
    }
    all
}

/// Claims with every cap to `cap` and every weight to `weight`.
fn kinds(cap: u128, weight: u128) -> Vec<Claim> {
    let mut kinds: Vec<Claim> = (0..=cap)
        .flat_map(|cap| (0..=weight).map(move |weight| Claim::of(cap).weighing(weight)))
        .collect();
    kinds.sort_unstable();
    kinds
}

/// Claims with every cap to `cap`; the weight is left as the cap's, which no rule by caps reads.
fn caps(cap: u128) -> Vec<Claim> {
    (0..=cap).map(Claim::of).collect()
}

/// The largest loss of a small world: one above all its caps.
fn one_above(claims: &[Claim]) -> u128 {
    claims.iter().map(|claim| claim.cap).sum::<u128>() + 1
}

/// Every loss of `claims` under `method`.
fn check_losses(method: Method, claims: Vec<Claim>) {
    let largest = one_above(&claims);
    let trial = Trial::upto(World::new(method, claims), largest);
    for loss in 0..=largest {
        trial.check(loss);
    }
}

/// As claimed, and the other way round: ties go by claim order, exact shares do not.
fn check_both_orders(method: Method, claims: &[Claim]) {
    check_losses(method, claims.to_vec());
    check_losses(method, claims.iter().rev().copied().collect());
}

#[test]
fn rules_by_caps() {
    for method in Method::BY_CAPS {
        for claims in multisets(&caps(6), 4) {
            check_both_orders(method, &claims);
        }
    }
}

#[test]
fn proportional() {
    for claims in multisets(&kinds(6, 6), 4) {
        check_losses(Method::Proportional, claims);
    }
}

#[test]
fn proportional_in_reverse_claim_order() {
    for claims in multisets(&kinds(6, 6), 3) {
        check_losses(Method::Proportional, claims.iter().rev().copied().collect());
    }
}

/// Each place has its own risk. Without weight a cap does not matter: two of them stand for all,
/// as every one was seen under `proportional`.
#[test]
fn risk_weighted_with_risks_by_place() {
    let mut kinds = kinds(6, 6);
    kinds.retain(|claim| claim.weight > 0 || claim.cap % 6 == 0);
    for mut claims in multisets(&kinds, 4) {
        for (claim, risk) in claims.iter_mut().zip([1_000_000, 500_000, 2_000_000, 250_000]) {
            claim.risk = risk;
        }
        check_losses(Method::RiskWeighted, claims);
    }
}

#[test]
fn risk_weighted_with_every_risk() {
    let kinds: Vec<Claim> = kinds(4, 3)
        .into_iter()
        .flat_map(|claim| [0, 1, 500_000, 3_000_000].map(|risk| Claim { risk, ..claim }))
        .collect();
    for claims in multisets(&kinds, 2) {
        check_both_orders(Method::RiskWeighted, &claims);
    }
}

#[test]
fn queue_with_every_score() {
    let mut kinds: Vec<Claim> = caps(6)
        .into_iter()
        .flat_map(|claim| [-1, 0, 1, 7].map(|score| Claim { score, ..claim }))
        .collect();
    kinds.sort_unstable();
    for claims in multisets(&kinds, 4) {
        check_both_orders(Method::Queue, &claims);
    }
}

#[test]
fn classes_with_every_rule() {
    let mut kinds: Vec<Claim> = kinds(4, 2)
        .into_iter()
        .flat_map(|claim| [0, 1, 9].map(|class| Claim { class, ..claim }))
        .collect();
    kinds.sort_unstable();
    for method in Method::ALL {
        let by_weight = method.reads_weights();
        let read = |claim: &&Claim| by_weight || claim.weight == 1;
        let kinds: Vec<Claim> = kinds.iter().filter(read).copied().collect();
        for claims in multisets(&kinds, 3) {
            check_losses(method, claims.iter().rev().copied().collect());
        }
    }
}

/// Two waves: every split of every loss.
fn check_two_waves(method: Method, claims: Vec<Claim>) {
    let largest = one_above(&claims);
    let nothing = vec![0; claims.len()];
    let trial = Trial::upto(World::new(method, claims), largest);
    for first in 0..=largest {
        let paid = trial.check_wave(first, &nothing);
        for second in first..=largest {
            check_near(&trial, second, &trial.check_wave(second, &paid), 2);
        }
    }
}

/// Three waves: every split of every loss.
fn check_three_waves(method: Method, claims: Vec<Claim>) {
    let largest = one_above(&claims);
    let nothing = vec![0; claims.len()];
    let trial = Trial::upto(World::new(method, claims), largest);
    for first in 0..=largest {
        let paid = trial.check_wave(first, &nothing);
        for second in first..=largest {
            let paid = trial.check_wave(second, &paid);
            for third in second..=largest {
                check_near(&trial, third, &trial.check_wave(third, &paid), 3);
            }
        }
    }
}

/// After `waves` waves everyone has paid what he bears of the whole, within one atom per wave.
fn check_near(trial: &Trial, cumulative: u128, paid: &[u128], waves: u128) {
    for (exact, &paid) in trial.exact(cumulative).iter().zip(paid) {
        let off = model::integer(paid) - exact;
        let bound = model::integer(waves);
        assert!(off < bound && off > -bound, "{off} after {waves} waves: {:?}", trial.world);
    }
}

#[test]
fn two_waves_of_every_rule() {
    for method in Method::ALL {
        let kinds = if method.reads_weights() { kinds(5, 4) } else { caps(6) };
        for claims in multisets(&kinds, 3) {
            check_two_waves(method, claims.iter().rev().copied().collect());
        }
    }
}

#[test]
fn three_waves_of_every_rule() {
    for method in Method::ALL {
        let kinds = if method.reads_weights() { kinds(3, 3) } else { caps(6) };
        for claims in multisets(&kinds, 3) {
            check_three_waves(method, claims.iter().rev().copied().collect());
        }
    }
}

/// Waves over classes: the class that the first wave left open is finished by the second.
#[test]
fn three_waves_over_classes() {
    let mut kinds: Vec<Claim> = caps(3)
        .into_iter()
        .flat_map(|claim| [0, 1].map(|class| Claim { class, ..claim }))
        .collect();
    kinds.sort_unstable();
    for method in Method::ALL {
        for claims in multisets(&kinds, 3) {
            check_three_waves(method, claims.iter().rev().copied().collect());
        }
    }
}

/// Caps shrink between waves, so what was paid need not be what this division would have asked:
/// everything that can have been paid under these caps, and every loss that is not less.
#[test]
fn waves_after_any_payments() {
    for method in Method::ALL {
        let kinds = if method.reads_weights() { kinds(3, 2) } else { caps(4) };
        for claims in multisets(&kinds, 3) {
            let largest = one_above(&claims);
            let world = World::new(method, claims);
            let trial = Trial::upto(world, largest);
            for paid in payments(&trial.world) {
                for cumulative in paid.iter().sum()..=largest {
                    trial.check_wave(cumulative, &paid);
                }
            }
        }
    }
}

/// Every way to have paid up to what one can be made to pay.
fn payments(world: &World) -> Vec<Vec<u128>> {
    let mut all = vec![Vec::new()];
    for claim in &world.claims {
        all = all
            .into_iter()
            .flat_map(|paid: Vec<u128>| {
                (0..=world.reach(claim)).map(move |last| {
                    let mut paid = paid.clone();
                    paid.push(last);
                    paid
                })
            })
            .collect();
    }
    all
}

/// A column that a rule does not read may be empty and changes nothing.
#[test]
fn unread_columns_may_be_empty() {
    for method in Method::ALL {
        for claims in multisets(&kinds(3, 2), 2) {
            let world = World::new(method, claims);
            if world.has_no_weight() {
                continue;
            }
            let full = Columns::of(&world.claims);
            let bare = Columns::read_by(&world.claims, method);
            for loss in 0..=one_above(&world.claims) {
                let divide = |columns: &Columns| {
                    allocation::divide(rule(method), against::amount(loss), &columns.claims())
                };
                assert_eq!(divide(&bare), divide(&full), "loss {loss} of {world:?}");
                let exact = engine_exact(&world, &bare, loss);
                assert_eq!(exact, world.exact(loss), "loss {loss} of {world:?}");
            }
        }
    }
}
