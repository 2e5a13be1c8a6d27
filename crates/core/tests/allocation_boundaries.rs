//! Worlds at the edges of the numbers: around 2^63, 2^64, 2^96 and the largest amount, for caps,
//! weights, risks and losses together, every pair of them at least once; and the largest number
//! of claimants a rule divides. Each result is the model's.

mod against;
mod model;

use against::{Columns, amount, rule};
use model::{Claim, Method, World};
use rhodian_core::allocation::{self, AllocationError, Claims, MAX_COALITIONS, Rule};
use rhodian_core::bounds::{MAX_AMOUNT, MAX_RISK, MAX_TOTAL};

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// Where integers change: nothing, the smallest, the words' ends, the bound.
const EDGES: [u128; 12] = [
    0,
    1,
    2,
    (1 << 63) - 1,
    1 << 63,
    (1 << 63) + 1,
    (1 << 64) - 1,
    1 << 64,
    (1 << 64) + 1,
    1 << 96,
    MAX_AMOUNT - 1,
    MAX_AMOUNT,
];

/// Risk factors from nothing to the largest, in millionths.
const RISKS: [u64; 5] = [0, 1, 1_000_000, 3_333_333, MAX_RISK];

/// Rows of choices in which every pair of columns takes every pair of values: for each pair the
/// other columns are filled from a fixed sequence, `fills` times.
fn all_pairs(sizes: &[usize], fills: usize) -> Vec<Vec<usize>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = move |size: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % size as u64).expect("a choice is small")
    };
    let mut rows = Vec::new();
    for left in 0..sizes.len() {
        for right in left + 1..sizes.len() {
            for choice in 0..sizes[left] * sizes[right] {
                for _ in 0..fills {
                    let mut row: Vec<usize> = sizes.iter().map(|&size| draw(size)).collect();
                    row[left] = choice / sizes[right];
                    row[right] = choice % sizes[right];
                    rows.push(row);
                }
            }
        }
    }
    rows
}

/// The losses that matter to `world`: the edges, and one around its caps and its capacity.
fn losses(world: &World) -> Vec<u128> {
    let mut around: Vec<u128> = world.claims.iter().map(|claim| claim.cap).collect();
    around.push(world.capacity());
    around.push(world.capacity() / 2);
    let near = around.into_iter().flat_map(|at| [at.saturating_sub(1), at, at + 1]);
    let mut losses: Vec<u128> = EDGES.into_iter().chain(near).collect();
    losses.retain(|&loss| loss <= MAX_AMOUNT);
    losses.sort_unstable();
    losses.dedup();
    losses
}

fn check_losses(world: &World) {
    for loss in losses(world) {
        against::check(world, loss);
    }
}

/// One of the losses that matter, by an index that goes around.
fn check_loss(world: &World, index: usize) {
    let losses = losses(world);
    against::check(world, losses[index % losses.len()]);
}

/// More than the losses that matter to any world of three.
const LOSSES: usize = 31;

/// The smaller of two losses, then the larger as their sum.
fn check_waves(world: &World, one: u128, other: u128) {
    let paid = against::check_wave(world, one.min(other), &vec![0; world.claims.len()]);
    against::check_wave(world, one.max(other), &paid);
}

#[test]
fn two_caps_every_rule() {
    for method in Method::ALL {
        for first in EDGES {
            for second in EDGES {
                check_losses(&World::of_caps(method, &[first, second]));
            }
        }
    }
}

#[test]
fn three_caps_every_rule() {
    let size = EDGES.len();
    for method in Method::ALL {
        for row in all_pairs(&[size, size, size, LOSSES], 1) {
            let caps: Vec<u128> = row[..3].iter().map(|&at| EDGES[at]).collect();
            check_loss(&World::of_caps(method, &caps), row[3]);
        }
    }
}

#[test]
fn waves_every_rule() {
    for method in Method::ALL {
        for row in all_pairs(&[EDGES.len(); 5], 1) {
            let caps: Vec<u128> = row[..3].iter().map(|&at| EDGES[at]).collect();
            check_waves(&World::of_caps(method, &caps), EDGES[row[3]], EDGES[row[4]]);
        }
    }
}

#[test]
fn caps_against_weights() {
    for row in all_pairs(&[EDGES.len(); 8], 3) {
        let edge = |at: usize| EDGES[row[at]];
        let claims: Vec<Claim> =
            (0..3).map(|i| Claim::of(edge(2 * i)).weighing(edge(2 * i + 1))).collect();
        let world = World::new(Method::Proportional, claims);
        against::check(&world, edge(6));
        check_waves(&world, edge(6), edge(7));
    }
}

#[test]
fn caps_against_weights_and_risks() {
    let size = EDGES.len();
    for row in all_pairs(&[size, size, RISKS.len(), size, size, RISKS.len(), size], 3) {
        let claim = |at: usize| Claim {
            risk: RISKS[row[at + 2]],
            ..Claim::of(EDGES[row[at]]).weighing(EDGES[row[at + 1]])
        };
        let world = World::new(Method::RiskWeighted, vec![claim(0), claim(3)]);
        let loss = EDGES[row[6]];
        if weighs_too_much(&world) {
            let columns = Columns::of(&world.claims);
            let result = allocation::divide(Rule::RiskWeighted, amount(loss), &columns.claims());
            assert_eq!(result, Err(AllocationError::WeightsAboveBound), "{world:?}");
        } else {
            against::check(&world, loss);
        }
    }
}

/// Weights times risks, in millionths, sum above 10^38.
fn weighs_too_much(world: &World) -> bool {
    let sum = world.claims.iter().try_fold(0_u128, |sum, claim| {
        sum.checked_add(claim.weight.checked_mul(claim.risk.into())?)
    });
    sum.is_none_or(|sum| sum > MAX_TOTAL)
}

#[test]
fn classes_at_the_edges() {
    for method in Method::ALL {
        for row in all_pairs(&[EDGES.len(), EDGES.len(), EDGES.len(), 3, 3, LOSSES], 1) {
            let classes = [[7, 0, u32::MAX], [1, 1, 0], [0, u32::MAX, u32::MAX]][row[3]];
            let scores = [[i64::MIN, i64::MAX, 0], [0, 0, 0], [-1, i64::MIN, i64::MIN]][row[4]];
            let claims = (0..3)
                .map(|i| Claim { class: classes[i], score: scores[i], ..Claim::of(EDGES[row[i]]) })
                .collect();
            check_loss(&World::new(method, claims), row[5]);
        }
    }
}

/// Caps that repeat, differ by one atom and span the words.
fn crowd(size: usize) -> Vec<u128> {
    (0..size).map(|i| EDGES[i % EDGES.len()].saturating_sub(i as u128 / 3)).collect()
}

#[test]
fn the_largest_crowds() {
    struct Case {
        method: Method,
        size: usize,
        losses: [u128; 3],
    }
    let cases = [
        Case { method: Method::RandomArrival, size: 9, losses: [1 << 63, 1 << 97, MAX_AMOUNT] },
        Case { method: Method::MinimalOverlap, size: 64, losses: [7, 1 << 97, MAX_AMOUNT] },
        Case { method: Method::Talmud, size: 200, losses: [7, 1 << 97, MAX_AMOUNT] },
        Case { method: Method::Proportional, size: 200, losses: [7, 1 << 97, MAX_AMOUNT] },
    ];
    for Case { method, size, losses } in cases {
        let world = World::of_caps(method, &crowd(size));
        for loss in losses {
            against::check(&world, loss);
        }
    }
}

#[test]
fn random_arrival_of_sixteen() {
    let caps: Vec<u128> = (0..16).map(|i| 1_000_003 * (i + 1)).collect();
    against::check(&World::of_caps(Method::RandomArrival, &caps), 77_000_001);
}

/// Beyond sixteen claimants, from either side: a small loss and a small rest reach few coalitions.
#[test]
fn random_arrival_of_a_crowd() {
    let check = |caps: &[u128], loss: u128| {
        against::check(&World::of_caps(Method::RandomArrival, caps), loss);
    };
    let rising: Vec<u128> = (0..17).map(|i| 1_000_003 * (i + 1)).collect();
    check(&rising, 9_000_001);
    check(&rising, rising.iter().sum::<u128>() - 9_000_001);
    let zeros_between: Vec<u128> = (0..24).map(|i| u128::from(i % 4 != 0) * (i + 1)).collect();
    check(&zeros_between, zeros_between.iter().sum::<u128>() - 40);
}

/// The widest denominator, lcm(1..64), beside the largest caps and the largest loss. Of a loss as
/// large as the other claims, whoever claims one atom bears it only when he comes first.
#[test]
fn random_arrival_of_sixty_four() {
    let mut caps = [amount(MAX_AMOUNT); 64];
    caps[7] = amount(1);
    let claims = Claims { caps: &caps, ..Claims::default() };
    let shares = allocation::exact(Rule::RandomArrival, amount(MAX_AMOUNT), &claims)
        .expect("two coalitions leave something");
    assert_eq!(shares.share(7), (0, 1, 64));
    let others = (64 * MAX_AMOUNT - 1, 64 * 63);
    for place in (0..64).filter(|place| *place != 7) {
        let (whole, num, den) = shares.share(place);
        assert_eq!(whole, others.0 / others.1);
        assert_eq!(num * others.1, others.0 % others.1 * den);
    }
}

/// The duel of 23 equal claims over half of all is the most that is always divided: 2^22
/// coalitions leave something. Of 24 there are more, and the bound of coalitions refuses them,
/// whether the class stands alone or after another; a smaller loss is divided again.
#[test]
fn random_arrival_stops_at_the_bound_of_coalitions() {
    let divide = |claims: &[Claim], loss: u128| {
        allocation::divide(Rule::RandomArrival, amount(loss), &Columns::of(claims).claims())
    };
    let shares = divide(&[Claim::of(2); 23], 23).expect("2^22 coalitions").shares;
    assert!(shares.iter().all(|share| share.atoms() == 1));
    let refused = Err(AllocationError::TooManyCoalitions { claims: 24, max: MAX_COALITIONS });
    let mut claims = vec![Claim::of(2); 24];
    assert_eq!(divide(&claims, 24), refused);
    claims.extend(vec![Claim::of(0); 9]);
    assert_eq!(divide(&claims, 24), refused, "claims of zero do not count");
    claims.extend(vec![Claim { class: 1, ..Claim::of(5) }; 3]);
    claims.iter_mut().for_each(|claim| claim.class = 1 - claim.class);
    assert_eq!(divide(&claims, 24 + 15), refused, "the second class");
    let divided = divide(&claims, 2 + 15).expect("one member at most leaves something");
    assert_eq!(divided.allocated, amount(17));
    assert!(divide(&claims, 48 + 15).is_ok(), "everything is lost");
}

#[test]
fn one_claimant_too_many() {
    for (method, max) in [(Method::RandomArrival, 64), (Method::MinimalOverlap, 64)] {
        let mut claims = vec![Claim::of(3); max + 1];
        let divide = |claims: &[Claim]| {
            allocation::divide(rule(method), amount(5), &Columns::of(claims).claims())
        };
        let refused = Err(AllocationError::TooManyClaims { found: max + 1, max });
        assert_eq!(divide(&claims), refused);
        claims[max].class = 1;
        assert!(divide(&claims).is_ok(), "{method:?} divides one class at a time");
    }
}

#[test]
fn no_claimants() {
    for method in Method::ALL {
        against::check(&World::of_caps(method, &[]), 0);
        against::check(&World::of_caps(method, &[]), 7);
    }
}

#[test]
fn payments_that_cannot_have_been() {
    use AllocationError::{ColumnLength, PaidAboveCap, PaidAboveCumulative};
    type Case = (Method, [u128; 2], u128, &'static [u128], AllocationError);
    let length = ColumnLength { column: "paid", found: 1, expected: 2 };
    let cases: [Case; 5] = [
        (Method::EqualLosses, [5, 5], 9, &[6, 0], PaidAboveCap { index: 0 }),
        (Method::EqualLosses, [5, 5], 9, &[0, 6], PaidAboveCap { index: 1 }),
        (Method::Proportional, [0, 5], 9, &[1, 0], PaidAboveCap { index: 0 }),
        (Method::EqualLosses, [5, 5], 3, &[2, 2], PaidAboveCumulative),
        (Method::EqualLosses, [5, 5], 3, &[2], length),
    ];
    for (method, weights, cumulative, paid, expected) in cases {
        let columns = Columns::of(&weights.map(|weight| Claim::of(5).weighing(weight)));
        let paid = against::amounts(paid);
        let wave =
            allocation::next_wave(rule(method), amount(cumulative), &columns.claims(), &paid);
        assert_eq!(wave, Err(expected), "{method:?}, {cumulative} after {paid:?}");
    }
}

#[test]
fn a_risk_above_its_bound() {
    let claim = Claim { risk: MAX_RISK + 1, ..Claim::of(1) };
    let columns = Columns::of(&[Claim::of(1), claim]);
    let result = allocation::divide(Rule::RiskWeighted, amount(1), &columns.claims());
    assert_eq!(result, Err(AllocationError::RiskAboveBound { index: 1 }));
}

#[test]
fn a_column_too_short() {
    type Shorten = fn(&mut Claims<'_>);
    let cases: [(Method, &str, Shorten); 5] = [
        (Method::Proportional, "weight", |claims| claims.weights = &claims.weights[1..]),
        (Method::RiskWeighted, "weight", |claims| claims.weights = &claims.weights[1..]),
        (Method::RiskWeighted, "risk", |claims| claims.risks = &[]),
        (Method::Queue, "score", |claims| claims.scores = &claims.scores[1..]),
        (Method::Talmud, "class", |claims| claims.classes = &claims.classes[1..]),
    ];
    for (method, column, shorten) in cases {
        let columns = Columns::of(&[Claim::of(1), Claim::of(2), Claim::of(3)]);
        let mut claims = columns.claims();
        shorten(&mut claims);
        match allocation::divide(rule(method), amount(2), &claims) {
            Err(AllocationError::ColumnLength { column: named, expected: 3, .. }) => {
                assert_eq!(named, column);
            }
            other => panic!("{method:?} without {column}: {other:?}"),
        }
    }
}
