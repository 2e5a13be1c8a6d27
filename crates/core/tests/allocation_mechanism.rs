//! What the rules promise a venue, beyond the table of axioms: what waves, splitting, merging,
//! queues and risk factors do to shares.

mod against;
mod model;

use against::{Columns, amount, amounts, atoms, engine_exact, rule};
use model::{Claim, Exact, Method, World, fraction, integer};
use num_traits::Zero;
use proptest::prelude::*;
use rhodian_core::allocation;

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// What everyone bears, by the engine.
fn shares(world: &World, loss: u128) -> Vec<Exact> {
    engine_exact(world, &Columns::of(&world.claims), loss)
}

/// A claim of this weight and cap.
fn weighed(weight: u128, cap: u128) -> Claim {
    Claim::of(cap).weighing(weight)
}

/// Everything paid after these cumulative losses, by the engine.
fn paid_after(world: &World, cumulative: &[u128]) -> Vec<u128> {
    let columns = Columns::of(&world.claims);
    let mut paid = vec![0; world.claims.len()];
    for &loss in cumulative {
        let wave = allocation::next_wave(
            rule(world.method),
            amount(loss),
            &columns.claims(),
            &amounts(&paid),
        );
        let now = atoms(&wave.expect("the engine divides every wave").shares);
        paid = paid.iter().zip(now).map(|(paid, now)| paid + now).collect();
    }
    paid
}

/// Claims with anything in every column that matters to some rule.
fn claims(most: usize) -> impl Strategy<Value = Vec<Claim>> {
    let claim = (0_u128..5_000, 1_u128..5_000, 1_u64..4_000_000, -3_i64..3)
        .prop_map(|(cap, weight, risk, score)| Claim { risk, score, ..weighed(weight, cap) });
    prop::collection::vec(claim, 1..=most)
}

/// Losses of up to six waves, as cumulative sums.
fn waves() -> impl Strategy<Value = Vec<u128>> {
    prop::collection::vec(prop_oneof![0_u128..4, 0_u128..3_000], 1..=6).prop_map(|losses| {
        let mut cumulative = 0;
        losses
            .into_iter()
            .map(|loss| {
                cumulative += loss;
                cumulative
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the rule, waves of one liable set leave everyone where one loss of their sum
    /// would, within one atom for each wave, and never above his cap.
    #[test]
    fn waves_come_to_one_loss(claims in claims(6), waves in waves()) {
        for method in Method::ALL {
            let world = World::new(method, claims.clone());
            let loss = waves[waves.len() - 1];
            let paid = paid_after(&world, &waves);
            let once = atoms(
                &allocation::divide(rule(method), amount(loss), &Columns::of(&claims).claims())
                    .expect("the engine divides the loss").shares,
            );
            prop_assert_eq!(paid.iter().sum::<u128>(), once.iter().sum::<u128>());
            let exact = world.exact(loss);
            for i in 0..claims.len() {
                prop_assert!(paid[i] <= claims[i].cap);
                prop_assert!(paid[i].abs_diff(once[i]) <= waves.len() as u128);
                let off = integer(paid[i]) - &exact[i];
                let bound = integer(waves.len() as u128);
                prop_assert!(off < bound && off > -bound, "{:?}: {}", method, off);
            }
        }
    }

    /// Caps shrink between waves, so payments need not be what this division would have asked:
    /// the engine still pays as the model, which moves one atom at a time.
    #[test]
    fn waves_after_any_payments(
        claims in claims(7), part in prop::collection::vec(0_u128..=100, 7), loss in 0_u128..9_000,
    ) {
        for method in Method::ALL {
            let world = World::new(method, claims.iter().map(|claim| Claim {
                cap: claim.cap % 300, weight: claim.weight % 50, ..*claim
            }).collect());
            let paid: Vec<u128> = world.claims.iter().zip(&part)
                .map(|(claim, part)| world.reach(claim) * part / 100).collect();
            against::check_wave(&world, loss.max(paid.iter().sum()), &paid);
        }
    }

    /// Two losses, the second divided afresh over what the first left of the caps, weights and
    /// scores unchanged: the same as one loss, for the rules that are free of order.
    #[test]
    fn frozen_weights_make_losses_add(claims in claims(5), first in 0_u128..9_000,
                                      second in 0_u128..9_000) {
        let additive =
            [Method::Proportional, Method::RiskWeighted, Method::EqualLosses,
             Method::EqualAwards, Method::Queue];
        for method in additive {
            let world = World::new(method, claims.clone());
            let (first, second) = (first.min(world.capacity()), second);
            let (now, scale) = whole(&shares(&world, first));
            let rest = claims.iter().zip(&now).map(|(claim, &paid)| {
                Claim { cap: claim.cap * scale - paid, ..*claim }
            });
            let after = World::new(method, rest.collect());
            let then = shares(&after, second * scale);
            let both: Vec<Exact> = now.iter().zip(then)
                .map(|(&now, then)| (integer(now) + then) / integer(scale)).collect();
            prop_assert_eq!(both, shares(&world, first + second), "{:?}", method);
        }
    }

    /// With additive weights, and caps that are one fraction of the weight for all, cutting an
    /// account in pieces or joining two changes nothing.
    #[test]
    fn proportional_is_proof_against_splitting_and_merging(
        weights in prop::collection::vec(1_u128..1_000, 2..6),
        cut in 0_u128..=100, tenths in 1_u128..=10, part in 0_u128..=100,
    ) {
        let claims: Vec<Claim> =
            weights.iter().map(|weight| weighed(weight * 100, weight * 10 * tenths)).collect();
        let loss = claims.iter().map(|claim| claim.cap).sum::<u128>() * part / 100;
        let mut split = claims.clone();
        split[0] = weighed(weights[0] * cut, weights[0] * cut * tenths / 10);
        split.push(weighed(
            claims[0].weight - split[0].weight,
            claims[0].cap - split[0].cap,
        ));
        prop_assume!((weights[0] * cut * tenths).is_multiple_of(10));
        let whole = shares(&World::new(Method::Proportional, claims.clone()), loss);
        let parts = shares(&World::new(Method::Proportional, split), loss);
        prop_assert_eq!(&parts[0] + &parts[claims.len()], whole[0].clone());
        prop_assert_eq!(&parts[1..claims.len()], &whole[1..]);
    }

    /// Over the positive part of a result, splitting an account never lowers what it pays.
    #[test]
    fn over_a_positive_part_splitting_never_helps(
        mine in -500_i64..500, moved in -500_i64..500, other in 1_u128..500, loss in 0_u128..400,
    ) {
        let gains = |results: &[i64]| -> Vec<Claim> {
            let gain = |result: &i64| u128::try_from(*result).unwrap_or(0);
            let all = results.iter().map(gain).chain([other]);
            all.map(|gain| weighed(gain, gain)).collect()
        };
        let joined = World::new(Method::Proportional, gains(&[mine]));
        let split = World::new(Method::Proportional, gains(&[mine - moved, moved]));
        let loss = loss.min(joined.capacity());
        let whole = shares(&joined, loss)[0].clone();
        let parts = shares(&split, loss)[..2].iter().sum::<Exact>();
        prop_assert!(parts >= whole, "{} in parts, {} whole", parts, whole);
    }

    /// Risk-weighted shares minimise the sum of w h^2 / (2 rho), h the fraction of the weight
    /// taken: whoever pays has a marginal cost h / rho no higher than anyone who could pay more.
    #[test]
    fn risk_weighted_minimises_quadratic_disutility(claims in claims(6), loss in 0_u128..9_000) {
        let world = World::new(Method::RiskWeighted, claims.clone());
        let shares = shares(&world, loss);
        let marginal = |i: usize| {
            &shares[i] / integer(claims[i].weight) / integer(u128::from(claims[i].risk))
        };
        for payer in (0..claims.len()).filter(|&i| !shares[i].is_zero()) {
            for other in (0..claims.len()).filter(|&i| shares[i] < integer(claims[i].cap)) {
                prop_assert!(marginal(payer) <= marginal(other));
            }
        }
    }

    /// A queue touches as few as it can: everyone before the last payer pays in full.
    #[test]
    fn a_queue_leaves_one_in_part(claims in claims(8), loss in 0_u128..30_000) {
        let world = World::new(Method::Queue, claims.clone());
        let shares = shares(&world, loss);
        let in_part = (0..claims.len())
            .filter(|&i| !shares[i].is_zero() && shares[i] < integer(claims[i].cap));
        prop_assert!(in_part.count() <= 1);
        for ahead in 0..claims.len() {
            for behind in (0..claims.len()).filter(|&i| claims[i].score < claims[ahead].score) {
                let full = shares[ahead] == integer(claims[ahead].cap);
                prop_assert!(full || shares[behind].is_zero());
            }
        }
    }
}

/// Shares scaled until they are whole, and the scale.
fn whole(shares: &[Exact]) -> (Vec<u128>, u128) {
    let mut scale = integer(1);
    for share in shares {
        scale *= Exact::from_integer((share * &scale).denom().clone());
    }
    let atoms = |value: Exact| u128::try_from(value.to_integer()).expect("shares are small");
    (shares.iter().map(|share| atoms(share * &scale)).collect(), atoms(scale.clone()))
}

/// Why gains are netted by owner: an owner with a gain and a loss in two accounts would pay less
/// if he could merge them, as the weights then fall from 10 to 4.
#[test]
fn over_a_positive_part_merging_helps() {
    let apart =
        World::new(Method::Proportional, vec![weighed(10, 10), weighed(0, 0), weighed(6, 6)]);
    let merged = World::new(Method::Proportional, vec![weighed(4, 4), weighed(6, 6)]);
    assert_eq!(shares(&apart, 8)[0], integer(5));
    assert_eq!(shares(&merged, 8)[0], fraction(16, 5));
}

/// Why a cap is a fraction of the weight: if the first atom of each account is protected, one
/// account of eight pays four, and eight accounts of one pay nothing.
#[test]
fn a_protected_first_atom_invites_splitting() {
    let mine = |claims: &[Claim]| -> Exact {
        let mut all = claims.to_vec();
        all.push(weighed(8, 8));
        shares(&World::new(Method::Proportional, all), 8)[..claims.len()].iter().sum()
    };
    assert_eq!(mine(&[weighed(8, 7)]), integer(4));
    assert_eq!(mine(&[weighed(1, 0); 8]), integer(0));
}

/// What splitting a claim of 300 into three of 100 beside claims of 100 and 200 adds to what its
/// owner keeps, when `estate` is left.
#[test]
fn splitting_a_claim() {
    let kept = |method: Method, caps: &[u128], estate: u128| -> Exact {
        let loss = caps.iter().sum::<u128>() - estate;
        let shares = shares(&World::of_caps(method, caps), loss);
        caps.iter().zip(shares).skip(2).map(|(&cap, share)| integer(cap) - share).sum()
    };
    let cases = [
        (Method::Proportional, (0, 1), (0, 1)),
        (Method::EqualAwards, (160, 3), (80, 1)),
        (Method::EqualLosses, (-90, 1), (-80, 1)),
        (Method::Talmud, (45, 1), (0, 1)),
        (Method::Piniles, (45, 1), (0, 1)),
        (Method::RandomArrival, (65, 3), (0, 1)),
        (Method::AdjustedProportional, (20, 1), (0, 1)),
    ];
    for (method, of_200, of_300) in cases {
        for (estate, (num, den)) in [(200, of_200), (300, of_300)] {
            let gain = kept(method, &[100, 200, 100, 100, 100], estate)
                - kept(method, &[100, 200, 300], estate);
            assert_eq!(gain, fraction(num, den), "{method:?}, {estate} left");
        }
    }
}

/// Under equal losses coalitions gain: claims of 100 and 200 keep 50 more as one of 300.
#[test]
fn merging_under_equal_losses() {
    let apart = shares(&World::of_caps(Method::EqualLosses, &[100, 200, 300]), 400);
    let merged = shares(&World::of_caps(Method::EqualLosses, &[300, 300]), 400);
    assert_eq!(&apart[0] + &apart[1] - &merged[0], integer(50));
}

/// A queue does not treat equals equally: of two equal claims the first in order pays.
#[test]
fn a_queue_has_no_equal_treatment() {
    let shares = shares(&World::of_caps(Method::Queue, &[5, 5]), 5);
    assert_eq!(shares, [integer(5), integer(0)]);
}

/// Risk-weighted shares do not maximise the risk taken away, the sum of rho x share: paying all
/// of it from the riskier account would take 15, they take 12.5 (in hundredths).
#[test]
fn risk_weighted_is_not_greedy() {
    let risky = Claim { risk: 3_000_000, ..Claim::of(1_000) };
    let shares = shares(&World::new(Method::RiskWeighted, vec![risky, Claim::of(1_000)]), 500);
    assert_eq!(shares, [integer(375), integer(125)]);
    assert_eq!(integer(3) * &shares[0] + &shares[1], integer(1_250));
    let disutility = |shares: &[Exact]| {
        let h = |i: usize| &shares[i] / integer(1_000);
        integer(10) * h(0) * h(0) / integer(6) + integer(10) * h(1) * h(1) / integer(2)
    };
    assert_eq!(disutility(&shares), fraction(5, 16));
    assert_eq!(disutility(&[integer(250), integer(250)]), fraction(5, 12));
}
