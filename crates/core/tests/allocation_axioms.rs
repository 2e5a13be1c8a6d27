//! The axioms each rule has, on random problems, and those it lacks, each with a smallest
//! witness. The literature states them on awards: an estate `E` is left of claims `d`, a rule
//! says what everyone keeps; the loss divided is the sum of `d` less `E`.
//!
//! Thomson, "Axiomatic and game-theoretic analysis of bankruptcy and taxation problems: an
//! update" (2015) defines them; which rule has which was computed again for this table.

mod against;
mod model;

use against::{Columns, engine_exact};
use model::{Exact, Method, World, integer};
use num_traits::{One, Signed, ToPrimitive, Zero};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// An axiom that a rule has or lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axiom {
    /// Awards sum to the estate; nobody keeps less than nothing or more than his claim.
    BalanceAndBounds,
    /// Equal claims keep the same.
    EqualTreatment,
    /// Who claims more keeps no less, and loses no less.
    OrderPreservation,
    /// A larger estate lowers nobody's award.
    ResourceMonotonicity,
    /// An estate that turns out larger: keep the first awards, then divide the increase over what
    /// is still claimed.
    CompositionUp,
    /// An estate that turns out smaller: divide it over the first awards.
    CompositionDown,
    /// If some leave with their awards, the rule gives the others the same again.
    Consistency,
    /// Dividing what is kept and dividing what is lost come to the same.
    SelfDuality,
    /// A claim that is split in parts keeps in sum what it would keep whole.
    SplitAndMergeProof,
}

use Axiom::*;
use Method::*;

/// Claims, an estate, and a smaller estate for the axioms that ask for two.
#[derive(Clone, Debug)]
struct Problem {
    claims: Vec<Exact>,
    estate: Exact,
    smaller: Exact,
}

impl Problem {
    fn new(claims: &[u128], estate: u128, smaller: u128) -> Self {
        let claims = claims.iter().map(|&claim| integer(claim)).collect();
        Self { claims, estate: integer(estate), smaller: integer(smaller) }
    }
}

/// What everyone keeps, by the engine. The engine divides whole atoms and every rule scales, so
/// the problem is scaled until all of it is whole.
fn awards(method: Method, estate: &Exact, claims: &[Exact]) -> Vec<Exact> {
    if claims.iter().all(Zero::is_zero) {
        return claims.to_vec();
    }
    let mut scale = Exact::one();
    for value in claims.iter().chain([estate]) {
        let scaled = value * &scale;
        scale *= Exact::from_integer(scaled.denom().clone());
    }
    let atoms = |value: &Exact| {
        (value * &scale).to_integer().to_u128().expect("scaled claims are whole and not negative")
    };
    let caps: Vec<u128> = claims.iter().map(atoms).collect();
    let loss = caps.iter().sum::<u128>() - atoms(estate);
    let world = World::of_caps(method, &caps);
    let shares = engine_exact(&world, &Columns::of(&world.claims), loss);
    claims.iter().zip(shares).map(|(claim, share)| claim - share / &scale).collect()
}

fn minus(left: &[Exact], right: &[Exact]) -> Vec<Exact> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

fn plus(left: &[Exact], right: &[Exact]) -> Vec<Exact> {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

/// Whether `method` meets `axiom` on this problem.
fn holds(axiom: Axiom, method: Method, problem: &Problem) -> bool {
    let Problem { claims, estate, smaller } = problem;
    let kept = awards(method, estate, claims);
    let lost = minus(claims, &kept);
    let everyone = 0..claims.len();
    match axiom {
        BalanceAndBounds => {
            kept.iter().sum::<Exact>() == *estate
                && kept.iter().chain(&lost).all(|value| !value.is_negative())
        }
        EqualTreatment => everyone
            .clone()
            .all(|i| everyone.clone().all(|j| claims[i] != claims[j] || kept[i] == kept[j])),
        OrderPreservation => everyone.clone().all(|i| {
            everyone
                .clone()
                .all(|j| claims[i] > claims[j] || (kept[i] <= kept[j] && lost[i] <= lost[j]))
        }),
        ResourceMonotonicity => {
            awards(method, smaller, claims).iter().zip(&kept).all(|(less, more)| less <= more)
        }
        CompositionUp => {
            let first = awards(method, smaller, claims);
            let rest = awards(method, &(estate - smaller), &minus(claims, &first));
            plus(&first, &rest) == kept
        }
        CompositionDown => awards(method, smaller, claims) == awards(method, smaller, &kept),
        Consistency => (1_usize..1 << claims.len()).all(|stay| {
            let stay: Vec<usize> = everyone.clone().filter(|i| stay >> i & 1 == 1).collect();
            let theirs: Vec<Exact> = stay.iter().map(|&i| kept[i].clone()).collect();
            let claimed: Vec<Exact> = stay.iter().map(|&i| claims[i].clone()).collect();
            awards(method, &theirs.iter().sum(), &claimed) == theirs
        }),
        SelfDuality => {
            let all = claims.iter().sum::<Exact>();
            awards(method, &(all - estate), claims) == lost
        }
        SplitAndMergeProof => everyone.clone().all(|i| {
            let mut split = claims.clone();
            split[i] = &claims[i] / integer(3);
            split.push(&claims[i] - &split[i]);
            let parts = awards(method, estate, &split);
            &parts[i] + &parts[claims.len()] == kept[i]
        }),
    }
}

/// The columns of the table.
const COLUMNS: [Method; 9] = [
    Proportional,
    EqualAwards,
    EqualLosses,
    Talmud,
    ReverseTalmud,
    Piniles,
    RandomArrival,
    AdjustedProportional,
    MinimalOverlap,
];

/// One letter for each column: `Y` has it, `n` lacks it.
const TABLE: [(Axiom, &str); 9] = [
    //                     PRO CEA CEL TAL RTA PIN RA APRO MO
    (BalanceAndBounds, "Y   Y   Y   Y   Y   Y   Y   Y   Y"),
    (EqualTreatment, "Y   Y   Y   Y   Y   Y   Y   Y   Y"),
    (OrderPreservation, "Y   Y   Y   Y   Y   Y   Y   Y   Y"),
    (ResourceMonotonicity, "Y   Y   Y   Y   Y   Y   Y   Y   Y"),
    (CompositionUp, "Y   Y   Y   n   n   n   n   n   n"),
    (CompositionDown, "Y   Y   Y   n   n   n   n   n   n"),
    (Consistency, "Y   Y   Y   Y   Y   Y   n   n   n"),
    (SelfDuality, "Y   n   n   Y   Y   n   Y   Y   n"),
    (SplitAndMergeProof, "Y   n   n   n   n   n   n   n   n"),
];

/// For each axiom, problems of which every rule that lacks it fails one.
fn witnesses(axiom: Axiom) -> Vec<Problem> {
    match axiom {
        BalanceAndBounds | EqualTreatment | OrderPreservation | ResourceMonotonicity => Vec::new(),
        CompositionUp => vec![Problem::new(&[1, 2], 2, 1), Problem::new(&[1, 3], 2, 1)],
        CompositionDown => vec![Problem::new(&[1, 2], 2, 1)],
        Consistency => vec![Problem::new(&[1, 2, 2], 2, 0), Problem::new(&[1, 1, 2], 2, 0)],
        SelfDuality => vec![Problem::new(&[1, 2], 1, 0), Problem::new(&[1, 1, 2], 2, 0)],
        SplitAndMergeProof => vec![Problem::new(&[1, 2], 1, 0)],
    }
}

fn rules_with(letter: &str) -> impl Iterator<Item = (Axiom, Method)> {
    TABLE.into_iter().flat_map(move |(axiom, letters)| {
        let letters: Vec<&str> = letters.split_whitespace().collect();
        assert_eq!(letters.len(), COLUMNS.len(), "{axiom:?}");
        COLUMNS
            .into_iter()
            .zip(letters)
            .filter(move |(_, found)| *found == letter)
            .map(move |(method, _)| (axiom, method))
    })
}

/// One to four claims, often equal ones, and two estates.
fn problems() -> impl Strategy<Value = Problem> {
    let claim = prop_oneof![0_u128..=6, 1_u128..=1_000];
    (prop::collection::vec(claim, 1..=4), 0_u128..=1_000, 0_u128..=1_000).prop_map(
        |(claims, estate, smaller)| {
            let all: u128 = claims.iter().sum();
            let estate = all * estate / 1_000;
            Problem::new(&claims, estate, estate * smaller / 1_000)
        },
    )
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn every_rule_has_its_axioms() {
    for (axiom, method) in rules_with("Y") {
        let result = runner(400).run(&problems(), |problem| {
            prop_assert!(holds(axiom, method, &problem));
            Ok(())
        });
        result.unwrap_or_else(|failure| panic!("{method:?} should have {axiom:?}: {failure}"));
    }
}

#[test]
fn every_rule_lacks_the_others() {
    for (axiom, method) in rules_with("n") {
        let fails = |problem: &Problem| !holds(axiom, method, problem);
        assert!(witnesses(axiom).iter().any(fails), "{method:?} should lack {axiom:?}");
    }
}

/// Equal awards of what is kept is equal losses of what is lost.
#[test]
fn equal_awards_and_equal_losses_are_dual() {
    let check = |problem: Problem| {
        let all = problem.claims.iter().sum::<Exact>();
        let kept = awards(EqualAwards, &problem.estate, &problem.claims);
        let lost = awards(EqualLosses, &(all - &problem.estate), &problem.claims);
        prop_assert_eq!(minus(&problem.claims, &kept), lost);
        Ok(())
    };
    runner(256).run(&problems(), check).unwrap();
}
