//! Each rule on published vectors, and the engine's own edges. The independent model and the
//! exhaustive worlds are in the crate's `tests` folder.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::bounds::{MAX_AMOUNT, MAX_RISK};

fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

fn amounts(atoms: &[u128]) -> Vec<Amount> {
    atoms.iter().copied().map(amount).collect()
}

fn atoms(amounts: &[Amount]) -> Vec<u128> {
    amounts.iter().map(|a| a.atoms()).collect()
}

fn level(num: u128, den: u128) -> Option<Fraction> {
    Some(Fraction { num, den })
}

/// Exact shares as text, `whole` or `num/den`.
fn exact_text(rule: Rule, loss: u128, claims: &Claims) -> Vec<String> {
    let division = exact(rule, amount(loss), claims).unwrap();
    let text = |i| match division.fraction_text(i) {
        (num, den) if den == "1" => num,
        (num, den) => num + "/" + &den,
    };
    (0..division.len()).map(text).collect()
}

/// The exact awards of an estate, which the classical vectors state.
#[track_caller]
fn check_awards(rule: Rule, caps: &[u128], estate: u128, expected: &[(u128, u128)]) {
    let loss = caps.iter().sum::<u128>() - estate;
    let columns = amounts(caps);
    let claims = Claims { caps: &columns, weights: &columns, ..Claims::default() };
    let division = exact(rule, amount(loss), &claims).unwrap();
    for (i, (cap, (num, den))) in caps.iter().zip(expected).enumerate() {
        let (whole, fraction, below) = division.share(i);
        let share = whole * below + fraction;
        assert_eq!(
            (cap * below - share) * den,
            num * below,
            "{rule:?} of {estate}: claim {i} loses {share}/{below}, award should be {num}/{den}"
        );
    }
}

#[test]
fn the_three_wives_of_the_talmud() {
    use Rule::*;
    let d = [100, 200, 300];
    let thirds = [(100, 3), (100, 3), (100, 3)];
    check_awards(Proportional, &d, 100, &[(50, 3), (100, 3), (50, 1)]);
    for rule in [EqualAwards, Talmud, Piniles, RandomArrival, AdjustedProportional] {
        check_awards(rule, &d, 100, &thirds);
    }
    check_awards(EqualLosses, &d, 100, &[(0, 1), (0, 1), (100, 1)]);
    check_awards(Proportional, &d, 200, &[(100, 3), (200, 3), (100, 1)]);
    check_awards(EqualAwards, &d, 200, &[(200, 3), (200, 3), (200, 3)]);
    check_awards(EqualLosses, &d, 200, &[(0, 1), (50, 1), (150, 1)]);
    check_awards(Talmud, &d, 200, &[(50, 1), (75, 1), (75, 1)]);
    check_awards(Piniles, &d, 200, &[(50, 1), (75, 1), (75, 1)]);
    check_awards(RandomArrival, &d, 200, &[(100, 3), (250, 3), (250, 3)]);
    check_awards(AdjustedProportional, &d, 200, &[(40, 1), (80, 1), (80, 1)]);
    check_awards(MinimalOverlap, &d, 200, &[(100, 3), (250, 3), (250, 3)]);
    for rule in [Proportional, Talmud, Piniles, RandomArrival, AdjustedProportional] {
        check_awards(rule, &d, 300, &[(50, 1), (100, 1), (150, 1)]);
    }
    check_awards(EqualAwards, &d, 300, &[(100, 1), (100, 1), (100, 1)]);
    check_awards(EqualLosses, &d, 300, &[(0, 1), (100, 1), (200, 1)]);
    check_awards(MinimalOverlap, &d, 300, &[(100, 3), (250, 3), (550, 3)]);
}

#[test]
fn four_claims_on_ten() {
    use Rule::*;
    let d = [2, 4, 7, 8];
    check_awards(Proportional, &d, 10, &[(20, 21), (40, 21), (10, 3), (80, 21)]);
    check_awards(EqualAwards, &d, 10, &[(2, 1), (8, 3), (8, 3), (8, 3)]);
    check_awards(EqualLosses, &d, 10, &[(0, 1), (1, 1), (4, 1), (5, 1)]);
    check_awards(Talmud, &d, 10, &[(1, 1), (2, 1), (7, 2), (7, 2)]);
    check_awards(Piniles, &d, 10, &[(1, 1), (2, 1), (7, 2), (7, 2)]);
    check_awards(RandomArrival, &d, 10, &[(1, 1), (11, 6), (10, 3), (23, 6)]);
    check_awards(MinimalOverlap, &d, 10, &[(1, 2), (7, 6), (11, 3), (14, 3)]);
    // Equal losses of 1/8 on the half claims, and beyond half of all claims the dual.
    check_awards(ReverseTalmud, &d, 10, &[(7, 8), (15, 8), (27, 8), (31, 8)]);
    check_awards(ReverseTalmud, &d, 11, &[(9, 8), (17, 8), (29, 8), (33, 8)]);
    check_awards(Talmud, &d, 15, &[(1, 1), (7, 3), (16, 3), (19, 3)]);
    check_awards(Piniles, &d, 15, &[(2, 1), (19, 6), (14, 3), (31, 6)]);
}

#[test]
fn minimal_overlap_of_eight_creditors() {
    let caps = [10, 10, 15, 15, 180, 80, 40, 42];
    let expected = [(5, 4), (5, 4), (25, 12), (25, 12), (451, 3), (151, 3), (31, 3), (37, 3)];
    check_awards(Rule::MinimalOverlap, &caps, 230, &expected);
}

#[test]
fn largest_remainders_ties_by_claim_order() {
    for (loss, weights, shares) in
        [(100, [1, 1, 1], [34, 33, 33]), (7, [5, 3, 1], [4, 2, 1]), (2, [1, 1, 1], [1, 1, 0])]
    {
        let (caps, weights) = (amounts(&[1000; 3]), amounts(&weights));
        let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
        let division = divide(Rule::Proportional, amount(loss), &claims).unwrap();
        assert_eq!(atoms(&division.shares), shares);
    }
}

#[test]
fn both_waves_of_the_acceptance_trace() {
    let weights = amounts(&[1_408_000, 1_408_000, 930_000, 688_000]);
    let caps = amounts(&[1_408_000, 1_408_000, 90_000, 688_000]);
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    let first = divide(Rule::Proportional, amount(825_000), &claims).unwrap();
    assert_eq!(atoms(&first.shares), [295_343, 295_342, 90_000, 144_315]);
    assert_eq!(first.levels, [level(245, 1168)]);
    let exact = ["21560000/73", "21560000/73", "90000", "10535000/73"];
    assert_eq!(exact_text(Rule::Proportional, 825_000, &claims), exact);

    let second = next_wave(Rule::Proportional, amount(875_000), &claims, &first.shares).unwrap();
    assert_eq!(atoms(&second.shares), [20_091, 20_092, 0, 9_817]);
    assert_eq!((second.allocated.atoms(), second.residual.atoms()), (50_000, 0));
    let exact = ["69080000/219", "69080000/219", "90000", "33755000/219"];
    assert_eq!(exact_text(Rule::Proportional, 875_000, &claims), exact);
}

#[test]
fn risk_weighted_minimises_quadratic_disutility() {
    // Weights 10 and 10, risks 3 and 1: fractions 0.375 and 0.125, as theory has it.
    let (caps, weights) = (amounts(&[1000, 1000]), amounts(&[1000, 1000]));
    let risks = [3_000_000, 1_000_000];
    let claims = Claims { caps: &caps, weights: &weights, risks: &risks, ..Claims::default() };
    let division = divide(Rule::RiskWeighted, amount(500), &claims).unwrap();
    assert_eq!(atoms(&division.shares), [375, 125]);
    assert_eq!(division.levels, [level(1, 8)]);
}

#[test]
fn the_queue_pays_from_the_top() {
    let caps = amounts(&[20, 40, 5, 7]);
    let scores = [1, 2, 2, i64::MIN];
    let claims = Claims { caps: &caps, scores: &scores, ..Claims::default() };
    for (loss, shares) in
        [(0, [0, 0, 0, 0]), (42, [0, 40, 2, 0]), (66, [20, 40, 5, 1]), (80, [20, 40, 5, 7])]
    {
        let division = divide(Rule::Queue, amount(loss), &claims).unwrap();
        assert_eq!(atoms(&division.shares), shares);
        assert_eq!(division.residual.atoms(), if loss == 80 { 8 } else { 0 });
    }
}

#[test]
fn a_long_queue_equals_its_sort() {
    let n = 5000u64;
    let caps: Vec<Amount> = (0..n).map(|i| amount(u128::from(i * 31 % 97))).collect();
    let scores: Vec<i64> = (0..n).map(|i| i64::try_from(i * 7919 % 1009).unwrap() - 500).collect();
    let claims = Claims { caps: &caps, scores: &scores, ..Claims::default() };
    let mut order: Vec<usize> = (0..caps.len()).collect();
    order.sort_by_key(|i| core::cmp::Reverse(scores[*i]));
    for loss in [1, 50, 4000, 100_000, 200_000, 239_000] {
        let mut left = loss;
        let mut expected = vec![0; caps.len()];
        for i in &order {
            expected[*i] = caps[*i].atoms().min(left);
            left -= expected[*i];
        }
        let division = divide(Rule::Queue, amount(loss), &claims).unwrap();
        assert_eq!(atoms(&division.shares), expected, "loss {loss}");
    }
}

#[test]
fn classes_pay_lowest_first() {
    let caps = amounts(&[10, 10, 10, 10]);
    let weights = amounts(&[1, 3, 1, 1]);
    let classes = [7, 2, 2, 7];
    let claims = Claims { caps: &caps, weights: &weights, classes: &classes, ..Claims::default() };
    let low = divide(Rule::Proportional, amount(6), &claims).unwrap();
    assert_eq!(atoms(&low.shares), [0, 5, 1, 0]);
    assert_eq!(low.levels, [level(3, 2), level(0, 1)]);
    let high = divide(Rule::Proportional, amount(25), &claims).unwrap();
    assert_eq!(atoms(&high.shares), [3, 10, 10, 2]);
    assert_eq!(high.levels, [None, level(5, 2)]);
    let all = divide(Rule::EqualAwards, amount(41), &claims).unwrap();
    assert_eq!((atoms(&all.shares), all.residual.atoms()), (vec![10; 4], 1));
    let awards = divide(Rule::EqualAwards, amount(5), &claims).unwrap();
    assert_eq!(awards.levels, [level(15, 2), level(10, 1)]);
}

#[test]
fn capacity_and_one_atom_more() {
    use Rule::*;
    let caps = amounts(&[3, 0, 5]);
    let (scores, risks) = ([1, 2, 3], [1, 1, 1]);
    let claims =
        Claims { caps: &caps, weights: &caps, scores: &scores, risks: &risks, classes: &[] };
    for rule in ALL {
        for loss in [8, 9] {
            let division = divide(rule, amount(loss), &claims).unwrap();
            assert_eq!(atoms(&division.shares), [3, 0, 5], "{rule:?}");
            assert_eq!(division.allocated.atoms(), 8);
            assert_eq!(division.residual.atoms(), loss - 8);
            assert_eq!(division.levels, [None]);
        }
        let nothing = divide(rule, Amount::ZERO, &claims).unwrap();
        assert_eq!((atoms(&nothing.shares), nothing.allocated.atoms()), (vec![0; 3], 0));
        let expected = match rule {
            Proportional | EqualLosses | RiskWeighted => level(0, 1),
            EqualAwards => level(5, 1),
            _ => None,
        };
        assert_eq!(nothing.levels, [expected]);
    }
}

const ALL: [Rule; 11] = [
    Rule::Proportional,
    Rule::EqualLosses,
    Rule::EqualAwards,
    Rule::Talmud,
    Rule::Queue,
    Rule::RiskWeighted,
    Rule::RandomArrival,
    Rule::ReverseTalmud,
    Rule::Piniles,
    Rule::AdjustedProportional,
    Rule::MinimalOverlap,
];

#[test]
fn no_claims_and_one_claim() {
    for rule in ALL {
        let none = divide(rule, amount(5), &Claims::default()).unwrap();
        assert_eq!((none.allocated.atoms(), none.residual.atoms()), (0, 5));
        assert_eq!((none.shares, none.levels), (vec![], vec![None]));
        let caps = amounts(&[9]);
        let claims =
            Claims { caps: &caps, weights: &caps, scores: &[4], risks: &[7], classes: &[3] };
        let one = divide(rule, amount(5), &claims).unwrap();
        assert_eq!((atoms(&one.shares), one.residual.atoms()), (vec![5], 0), "{rule:?}");
    }
}

#[test]
fn a_claim_without_weight_is_no_capacity() {
    let (caps, weights) = (amounts(&[50, 10]), amounts(&[0, 1]));
    let risks = [1, 1];
    let claims = Claims { caps: &caps, weights: &weights, risks: &risks, ..Claims::default() };
    for rule in [Rule::Proportional, Rule::RiskWeighted] {
        let division = divide(rule, amount(30), &claims).unwrap();
        assert_eq!((atoms(&division.shares), division.residual.atoms()), (vec![0, 10], 20));
        assert_eq!(capacity(rule, &claims), 10);
        let refused = next_wave(rule, amount(30), &claims, &amounts(&[1, 0]));
        assert_eq!(refused, Err(AllocationError::PaidAboveCap { index: 0 }));
    }
}

#[test]
fn what_is_refused() {
    use AllocationError::*;
    let (one, two) = (amounts(&[1]), amounts(&[1, 1]));
    let base = Claims { caps: &two, weights: &two, ..Claims::default() };
    let found = |rule, claims: Claims| divide(rule, amount(1), &claims).unwrap_err();
    let wrong = |column, found| ColumnLength { column, found, expected: 2 };
    assert_eq!(found(Rule::Proportional, Claims { weights: &one, ..base }), wrong("weight", 1));
    assert_eq!(found(Rule::EqualLosses, Claims { weights: &one, ..base }), wrong("weight", 1));
    assert_eq!(found(Rule::Queue, base), wrong("score", 0));
    assert_eq!(found(Rule::RiskWeighted, base), wrong("risk", 0));
    assert_eq!(found(Rule::Talmud, Claims { classes: &[1], ..base }), wrong("class", 1));
    let zero = amounts(&[0, 0]);
    assert_eq!(found(Rule::Proportional, Claims { weights: &zero, ..base }), NoWeight);
    let risks = Claims { risks: &[0, 0], ..base };
    assert_eq!(found(Rule::RiskWeighted, risks), NoWeight);
    let risks = Claims { risks: &[0, MAX_RISK + 1], ..base };
    assert_eq!(found(Rule::RiskWeighted, risks), RiskAboveBound { index: 1 });
    let heavy = amounts(&[MAX_AMOUNT, 1]);
    for risk in [MAX_RISK, 100_000_000] {
        let claims = Claims { weights: &heavy, risks: &[risk, risk], ..base };
        assert_eq!(found(Rule::RiskWeighted, claims), WeightsAboveBound);
    }
    let many = amounts(&[1; 65]);
    let claims = Claims { caps: &many, ..Claims::default() };
    assert_eq!(found(Rule::MinimalOverlap, claims), TooManyClaims { found: 65, max: 64 });
    assert_eq!(found(Rule::RandomArrival, claims), TooManyClaims { found: 65, max: 64 });
    let again =
        |paid: &[u128]| next_wave(Rule::EqualLosses, amount(1), &base, &amounts(paid)).unwrap_err();
    assert_eq!(again(&[1]), wrong("paid", 1));
    assert_eq!(again(&[0, 2]), PaidAboveCap { index: 1 });
    assert_eq!(again(&[1, 1]), PaidAboveCumulative);
}

#[test]
fn the_largest_amounts_divide_exactly() {
    let caps = amounts(&[MAX_AMOUNT; 7]);
    let weights = amounts(&[MAX_AMOUNT, MAX_AMOUNT - 1, 1, 2, 3, MAX_AMOUNT, MAX_AMOUNT]);
    let risks = [1, 2, 3, 4, 5, 6, 7];
    let scores = [0; 7];
    let claims =
        Claims { caps: &caps, weights: &weights, risks: &risks, scores: &scores, classes: &[] };
    for rule in ALL {
        let division = divide(rule, Amount::MAX, &claims).unwrap();
        assert_eq!(division.shares.iter().map(|s| s.atoms()).sum::<u128>(), MAX_AMOUNT);
        assert!(division.residual.is_zero(), "{rule:?}");
    }
    // The heaviest basis that is allowed: effective weights of 10^38 in all.
    let (caps, weights) = (amounts(&[MAX_AMOUNT; 2]), amounts(&[MAX_AMOUNT; 2]));
    let claims = Claims {
        caps: &caps,
        weights: &weights,
        risks: &[40_000_000, 60_000_000],
        ..Claims::default()
    };
    let division = divide(Rule::RiskWeighted, Amount::MAX, &claims).unwrap();
    assert_eq!(atoms(&division.shares), [MAX_AMOUNT / 5 * 2, MAX_AMOUNT / 5 * 3]);
    assert_eq!(division.levels, [level(1, 100)]);
}

#[test]
fn a_ladder_of_caps_reaches_the_halving() {
    // Each round of "drop all that are full" drops one claim or a few.
    let n = 20_000u32;
    let caps: Vec<Amount> = (0..n).map(|i| amount(3 * 2u128.pow(i % 60) + 1)).collect();
    let weights: Vec<Amount> = (0..n).map(|i| amount(4u128.pow(i % 40) + u128::from(i))).collect();
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    let total = capacity(Rule::Proportional, &claims);
    for part in [7, 3, 2] {
        for rule in [Rule::Proportional, Rule::EqualLosses, Rule::EqualAwards] {
            let loss = total - total / part;
            let division = exact(rule, amount(loss), &claims).unwrap();
            let Some(x) = division.levels()[0] else { panic!("the loss is below capacity") };
            for i in 0..caps.len() {
                let (whole, num, den) = division.share(i);
                let weight = if rule == Rule::Proportional { weights[i].atoms() } else { 1 };
                let (floor, rem) = crate::wide::mul_div_rem(weight, x.num, x.den).unwrap();
                let level = if floor >= caps[i].atoms() {
                    (caps[i].atoms(), 0, 1)
                } else {
                    let f = Fraction::reduced(rem, x.den).unwrap();
                    (floor, f.num, f.den)
                };
                if rule == Rule::EqualAwards {
                    let kept = level.0 * level.2 + level.1;
                    let share = whole * den + num;
                    assert_eq!((share * level.2 + kept * den), caps[i].atoms() * den * level.2);
                } else {
                    assert_eq!((whole, num, den), level, "{rule:?} {i}");
                }
            }
            let whole = divide(rule, amount(loss), &claims).unwrap();
            assert_eq!(whole.shares.iter().map(|s| s.atoms()).sum::<u128>(), loss);
        }
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The sentence of the design, word by word: one unit at a time.
fn one_by_one(owed: &[(u128, u128, u128)], paid: &[u128], now: u128) -> Vec<u128> {
    // All shares over one denominator, so that what is owed is a whole number of parts.
    let den = owed.iter().fold(1, |den, o| den / greatest_common_divisor(den, o.2) * o.2);
    let parts = |x: u128| i128::try_from(x).unwrap();
    let owes: Vec<i128> = owed
        .iter()
        .zip(paid)
        .map(|((whole, num, d), p)| parts(whole * den + num * (den / d)) - parts(p * den))
        .collect();
    let d = parts(den);
    let mut pays: Vec<i128> = owes.iter().map(|t| t.div_euclid(d).max(0)).collect();
    while pays.iter().sum::<i128>() < parts(now) {
        let i = (0..pays.len()).max_by_key(|&i| (owes[i] - pays[i] * d, core::cmp::Reverse(i)));
        pays[i.unwrap()] += 1;
    }
    while pays.iter().sum::<i128>() > parts(now) {
        let payers = (0..pays.len()).filter(|&i| pays[i] > 0);
        let i = payers.min_by_key(|&i| (owes[i] - pays[i] * d, core::cmp::Reverse(i)));
        pays[i.unwrap()] -= 1;
    }
    pays.into_iter().map(|p| u128::try_from(p).unwrap()).collect()
}

#[test]
fn waves_with_shrinking_caps_follow_the_sentence() {
    let mut state = 1u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u128::from((state >> 33) % below)
    };
    let mut taken_off = 0;
    for _ in 0..3000 {
        let n = 1 + usize::try_from(next(6)).unwrap();
        let weights: Vec<u128> = (0..n).map(|_| 1 + next(9)).collect();
        let mut caps: Vec<u128> = (0..n).map(|_| next(40)).collect();
        let mut paid = vec![0; n];
        let mut cumulative = 0;
        let rule = [Rule::Proportional, Rule::Talmud, Rule::EqualAwards, Rule::Piniles]
            [usize::try_from(next(4)).unwrap()];
        for _ in 0..4 {
            cumulative += next(25);
            let (caps_now, weights_now) = (amounts(&caps), amounts(&weights));
            let claims = Claims { caps: &caps_now, weights: &weights_now, ..Claims::default() };
            let exact = exact(rule, amount(cumulative), &claims).unwrap();
            let owed: Vec<_> = (0..n).map(|i| exact.share(i)).collect();
            let before: u128 = paid.iter().sum();
            let wave = next_wave(rule, amount(cumulative), &claims, &amounts(&paid)).unwrap();
            let expected = one_by_one(&owed, &paid, exact.total() - before);
            assert_eq!(atoms(&wave.shares), expected, "{rule:?} {caps:?} {weights:?} {paid:?}");
            assert_eq!(wave.allocated.atoms() + wave.residual.atoms() + before, cumulative);
            let floors: u128 = owed.iter().zip(&paid).map(|(o, p)| o.0 - o.0.min(*p)).sum();
            taken_off += usize::from(floors > wave.allocated.atoms());
            for i in 0..n {
                paid[i] += wave.shares[i].atoms();
                assert!(paid[i] <= caps[i]);
                // A cap shrinks, but not below what was paid.
                caps[i] = paid[i] + (caps[i] - paid[i]) * (2 + next(2)) / 3;
            }
            cumulative -= wave.residual.atoms();
        }
    }
    assert!(taken_off > 50, "units too many came up {taken_off} times");
}

#[test]
fn many_waves_drift_by_no_more_than_an_atom() {
    let weights: Vec<u128> = (1..=50).map(|i| i * i).collect();
    let caps = amounts(&weights);
    let claims = Claims { caps: &caps, weights: &caps, ..Claims::default() };
    for rule in [Rule::Proportional, Rule::EqualLosses, Rule::EqualAwards] {
        let mut paid = vec![Amount::ZERO; weights.len()];
        for wave in 1..=400 {
            let division = next_wave(rule, amount(wave * 7), &claims, &paid).unwrap();
            assert_eq!(division.allocated.atoms(), 7);
            let exact = exact(rule, amount(wave * 7), &claims).unwrap();
            for (i, paid) in paid.iter_mut().enumerate() {
                *paid = paid.checked_add(division.shares[i]).unwrap();
                let (whole, num, _) = exact.share(i);
                let near = whole..=whole + u128::from(num > 0);
                let off = near.contains(&paid.atoms());
                assert!(off || paid.atoms().abs_diff(whole) <= 1, "{rule:?} wave {wave} claim {i}");
            }
        }
    }
}

#[test]
fn a_lien_is_the_capped_share_rounded_up() {
    let (caps, weights) = (amounts(&[10, 2, 9]), amounts(&[3, 3, 0]));
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    let level = level_for(amount(7), &claims).unwrap();
    assert_eq!(level, Some(Fraction { num: 5, den: 3 }));
    let liens: Vec<u128> =
        (0..3).map(|i| capped_share_ceil(weights[i], caps[i], level).atoms()).collect();
    assert_eq!(liens, [5, 2, 0]);
    assert_eq!(level_for(amount(12), &claims), Ok(None));
    assert_eq!(level_for(Amount::ZERO, &claims), Ok(Some(Fraction { num: 0, den: 1 })));
    let steep = Some(Fraction { num: u128::MAX, den: 1 });
    assert_eq!(capped_share_ceil(weights[0], caps[0], steep), caps[0]);
}
