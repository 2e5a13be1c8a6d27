//! Published examples: what the literature says of claims, clearing funds and stability pools,
//! said again by the engine and by the model.

mod against;
mod model;

use against::{Columns, amount, atoms, engine_exact, rule};
use model::{Claim, Exact, Method, World, fraction};
use rhodian_core::allocation;

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// One world, one loss, and what everyone bears as `(num, den)`.
struct Case {
    name: &'static str,
    world: World,
    loss: u128,
    shares: Vec<(i64, i64)>,
}

impl Case {
    fn check(&self) {
        let expected: Vec<Exact> =
            self.shares.iter().map(|&(num, den)| fraction(num, den)).collect();
        assert_eq!(self.world.exact(self.loss), expected, "{}, by the model", self.name);
        let columns = Columns::of(&self.world.claims);
        let said = engine_exact(&self.world, &columns, self.loss);
        assert_eq!(said, expected, "{}, by the engine", self.name);
        against::check(&self.world, self.loss);
    }
}

/// The problem of the three widows (Talmud, Ketubot 93a), scaled by ten, by awards.
#[test]
fn three_widows() {
    use Method::*;
    type Awards = [(i64, i64); 3];
    let caps = [1_000, 2_000, 3_000];
    let equal: Awards = [(1_000, 3), (1_000, 3), (1_000, 3)];
    let halves: Awards = [(500, 1), (750, 1), (750, 1)];
    let contested: Awards = [(500, 1), (1_000, 1), (1_500, 1)];
    let cases: [(u128, &[Method], Awards); 12] = [
        (1_000, &[Proportional], [(500, 3), (1_000, 3), (500, 1)]),
        (1_000, &[EqualAwards, Talmud, Piniles, RandomArrival, AdjustedProportional], equal),
        (1_000, &[EqualLosses], [(0, 1), (0, 1), (1_000, 1)]),
        (2_000, &[Proportional], [(1_000, 3), (2_000, 3), (1_000, 1)]),
        (2_000, &[EqualAwards], [(2_000, 3), (2_000, 3), (2_000, 3)]),
        (2_000, &[EqualLosses], [(0, 1), (500, 1), (1_500, 1)]),
        (2_000, &[Talmud, Piniles], halves),
        (2_000, &[RandomArrival], [(1_000, 3), (2_500, 3), (2_500, 3)]),
        (2_000, &[AdjustedProportional], [(400, 1), (800, 1), (800, 1)]),
        (3_000, &[EqualAwards], [(1_000, 1), (1_000, 1), (1_000, 1)]),
        (3_000, &[EqualLosses], [(0, 1), (1_000, 1), (2_000, 1)]),
        (3_000, &[Proportional, Talmud, Piniles, RandomArrival, AdjustedProportional], contested),
    ];
    for (estate, methods, awards) in cases {
        for &method in methods {
            let lost = |((num, den), cap): ((i64, i64), i64)| (cap * den - num, den);
            Case {
                name: "three widows",
                world: World::of_caps(method, &caps),
                loss: 6_000 - estate,
                shares: awards.into_iter().zip([1_000, 2_000, 3_000]).map(lost).collect(),
            }
            .check();
        }
    }
}

/// Claims of 2, 4, 7 and 8 with 10 left: the loss is 11.
#[test]
fn four_claims() {
    use Method::*;
    type Shares = [(i64, i64); 4];
    let cases: [(&[Method], Shares); 5] = [
        (&[Proportional], [(22, 21), (44, 21), (11, 3), (88, 21)]),
        (&[EqualAwards], [(0, 1), (4, 3), (13, 3), (16, 3)]),
        (&[EqualLosses], [(2, 1), (3, 1), (3, 1), (3, 1)]),
        (&[Talmud, Piniles], [(1, 1), (2, 1), (7, 2), (9, 2)]),
        (&[RandomArrival], [(1, 1), (13, 6), (11, 3), (25, 6)]),
    ];
    for (methods, shares) in cases {
        for &method in methods {
            let world = World::of_caps(method, &[2, 4, 7, 8]);
            Case { name: "four claims", world, loss: 11, shares: shares.to_vec() }.check();
        }
    }
}

#[test]
fn venues() {
    let score = |cap: u128, score: i64| Claim { score, ..Claim::of(cap) };
    let class = |cap: u128, class: u32| Claim { class, ..Claim::of(cap) };
    let cases = [
        Case {
            name: "two winners of three are taken by queue: 3.5 and 4 of a hole of 7.5",
            world: World::new(Method::Queue, vec![score(80, 1), score(40, 2), score(5, 0)]),
            loss: 75,
            shares: vec![(35, 1), (40, 1), (0, 1)],
        },
        Case {
            name: "the same hole in proportion takes 60 % of each gain",
            world: World::of_caps(Method::Proportional, &[80, 40, 5]),
            loss: 75,
            shares: vec![(48, 1), (24, 1), (3, 1)],
        },
        Case {
            name: "the same hole with half of the first gain protected takes 7/9 of the others",
            world: World::new(
                Method::Proportional,
                vec![Claim::of(40).weighing(80), Claim::of(40), Claim::of(5)],
            ),
            loss: 75,
            shares: vec![(40, 1), (280, 9), (35, 9)],
        },
        Case {
            name: "variation margin gains of 40, 25 and 15 are paid out at 75 %",
            world: World::of_caps(Method::Proportional, &[4_000, 2_500, 1_500]),
            loss: 2_000,
            shares: vec![(1_000, 1), (625, 1), (375, 1)],
        },
        Case {
            name: "a clearing waterfall of 40, 10, 25, 30 and 20 leaves 12 of 137",
            world: World::new(
                Method::EqualLosses,
                vec![class(40, 1), class(10, 2), class(25, 3), class(30, 4), class(20, 5)],
            ),
            loss: 137,
            shares: vec![(40, 1), (10, 1), (25, 1), (30, 1), (20, 1)],
        },
    ];
    for case in &cases {
        case.check();
    }
}

/// Largest remainder, ties by claim order.
#[test]
fn rounding() {
    let cases: [(&str, u128, &[u128], &[u128]); 4] = [
        ("three equal weights", 100, &[1, 1, 1], &[34, 33, 33]),
        ("five, three, one", 7, &[5, 3, 1], &[4, 2, 1]),
        ("one atom goes to the first", 1, &[9, 9], &[1, 0]),
        ("one atom goes to the heaviest", 1, &[9, 10], &[0, 1]),
    ];
    for (name, loss, weights, expected) in cases {
        let claims = weights.iter().map(|&weight| Claim::of(1_000).weighing(weight)).collect();
        let world = World::new(Method::Proportional, claims);
        let columns = Columns::of(&world.claims);
        let division =
            allocation::divide(rule(world.method), amount(loss), &columns.claims()).unwrap();
        assert_eq!(atoms(&division.shares), expected, "{name}");
        assert_eq!(world.divide(loss), expected, "{name}");
    }
}

/// Liquity's stability pool: A holds 100 and B 300; a loss of 100; C joins with 100; a loss of
/// 80. The latecomer bears nothing of the first loss, and A, B, C end with 60, 180 and 80.
#[test]
fn liquity_latecomer() {
    let after = |stakes: &[u128], loss: u128| -> Vec<u128> {
        let world = World::of_caps(Method::Proportional, stakes);
        against::check(&world, loss);
        let columns = Columns::of(&world.claims);
        let shares = allocation::divide(rule(world.method), amount(loss), &columns.claims());
        let shares = atoms(&shares.unwrap().shares);
        stakes.iter().zip(shares).map(|(stake, share)| stake - share).collect()
    };
    let mut stakes = after(&[100, 300], 100);
    assert_eq!(stakes, [75, 225]);
    stakes.push(100);
    assert_eq!(after(&stakes, 80), [60, 180, 80]);
}

/// The minimal overlap rule where the largest claim is all of the estate, and where it is less.
#[test]
fn minimal_overlap() {
    type Shares = &'static [(i64, i64)];
    let cases: [(&[u128], u128, Shares); 2] = [
        (&[1, 2, 3], 3, &[(2, 3), (7, 6), (7, 6)]),
        (&[2, 4, 7, 8], 11, &[(3, 2), (17, 6), (10, 3), (10, 3)]),
    ];
    for (caps, loss, shares) in cases {
        let world = World::of_caps(Method::MinimalOverlap, caps);
        Case { name: "minimal overlap", world, loss, shares: shares.to_vec() }.check();
    }
}
