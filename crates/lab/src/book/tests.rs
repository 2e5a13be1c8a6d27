use proptest::prelude::*;

use super::{Book, Leg, Mark, Moves, Screen};
use crate::instructions::Instructions;

/// The same without anything that makes it fast.
fn slow(accounts: &[(i128, Vec<Leg>)], path: &[i64]) -> u128 {
    let mut lacked = 0;
    for (equity, legs) in accounts {
        let mut worth = *equity;
        for leg in legs {
            worth += leg.a_tick * i128::from(path[leg.market as usize]);
        }
        lacked += if worth < 0 { worth.unsigned_abs() } else { 0 };
    }
    lacked
}

fn moves_of(markets: usize, paths: &[Vec<i64>]) -> Moves {
    let mut moves = Moves::of(markets);
    for path in paths {
        moves.push(path).unwrap();
    }
    moves
}

const MARKETS: usize = 5;

fn an_account() -> impl Strategy<Value = (i128, Vec<Leg>)> {
    let leg = (0..MARKETS as u32, -1_000_000i128..1_000_000, 0u32..3);
    // Some are far too large for 53 bits.
    let leg = leg
        .prop_map(|(market, lots, scale)| Leg { market, a_tick: lots * 1_000_000i128.pow(scale) });
    (-100_000i128..1 << 40, prop::collection::vec(leg, 0..9))
}

proptest! {
    /// Any book, any paths: screened or not, on one thread or three, to the atom.
    #[test]
    fn deficits_are_those_of_the_plain_loop(
        accounts in prop::collection::vec(an_account(), 0..60),
        paths in prop::collection::vec(prop::collection::vec(-1_000i64..1_001, MARKETS), 0..40),
    ) {
        let marks = vec![Mark { ticks: 1_000, most: 1_000 }; MARKETS];
        let book = Book::of(marks, accounts.clone()).unwrap();
        let moves = moves_of(MARKETS, &paths);
        let expected: Vec<u128> = paths.iter().map(|path| slow(&accounts, path)).collect();
        for screen in [Screen::All, Screen::Near] {
            for threads in [1, 3] {
                prop_assert_eq!(&book.deficits(&moves, screen, threads).unwrap(), &expected);
            }
            for instructions in [Instructions::Baseline, Instructions::Avx2] {
                let found = book.deficits_by(&moves, screen, 1, instructions).unwrap();
                prop_assert_eq!(&found, &expected);
            }
        }
    }
}

/// Where doubles would lose an atom: at their bound, and a whole class whose sum passes it.
#[test]
fn nothing_is_lost_at_the_bound_of_doubles() {
    let most = (1i128 << 52) - 1;
    let marks = || vec![Mark { ticks: 1, most: 1 }];
    for (case, equity, a_tick, count) in [
        ("one at the bound", most, -most - 2, 1),
        ("many whose sum passes it", 1, 1 - (1 << 52), 1_000),
        ("odd sums above it", 0, (1 << 53) - 1, 7),
        ("one above it", most + 2, -most - 9, 3),
    ] {
        let accounts = vec![(equity, vec![Leg { market: 0, a_tick }]); count];
        let book = Book::of(marks(), accounts.clone()).unwrap();
        for path in [[1], [-1]] {
            let found = book.deficits(&moves_of(1, &[path.to_vec()]), Screen::Near, 1).unwrap();
            assert_eq!(found, [slow(&accounts, &path)], "{case}, {path:?}");
        }
    }
}

/// Who stands exactly as far away as the price moves lacks nothing, and one atom nearer he does.
#[test]
fn the_edge_of_what_is_screened() {
    let marks = || vec![Mark { ticks: 3, most: 3 }, Mark { ticks: 7, most: 7 }];
    let legs = |a_tick| vec![Leg { market: 0, a_tick }, Leg { market: 1, a_tick: -a_tick }];
    for (equity, lacks) in [(100, 0), (99, 1), (0, 100), (-5, 105)] {
        let book = Book::of(marks(), [(equity, legs(10))]).unwrap();
        let moves = moves_of(2, &[vec![-3, 7]]);
        assert_eq!(book.deficits(&moves, Screen::Near, 1).unwrap(), [lacks], "{equity}");
        let still = moves_of(2, &[vec![0, 0]]);
        let lacks = if equity < 0 { 5 } else { 0 };
        assert_eq!(book.deficits(&still, Screen::Near, 1).unwrap(), [lacks], "{equity}");
    }
}

#[test]
fn what_cannot_be_exact_is_refused() {
    let mark = |ticks, most| vec![Mark { ticks, most }];
    let leg = |market, a_tick| vec![Leg { market, a_tick }];
    for (case, marks, equity, legs, sound) in [
        ("a price of nothing", mark(0, 1), 0, vec![], false),
        ("no such market", mark(1, 1), 0, leg(1, 1), false),
        ("too much equity", mark(1, 1), (1 << 104) + 1, vec![], false),
        ("too large under a move", mark(1, 1 << 52), 0, leg(0, (1 << 52) + 1), false),
        ("too large beyond all bounds", mark(1, u64::MAX), 0, leg(0, i128::MAX), false),
        ("as large as may be", mark(1, 1 << 52), 0, leg(0, 1 << 52), true),
        ("too many legs", mark(1, 1), 0, vec![Leg { market: 0, a_tick: 0 }; 1_001], false),
    ] {
        assert_eq!(Book::of(marks, [(equity, legs)]).is_ok(), sound, "{case}");
    }
    let book = Book::of(mark(100, 10), [(5, leg(0, 1))]).unwrap();
    let of =
        |markets, path: &[i64]| book.deficits(&moves_of(markets, &[path.to_vec()]), Screen::All, 1);
    assert!(of(1, &[11]).is_err() && of(1, &[i64::MIN]).is_err() && of(2, &[1, 1]).is_err());
    assert_eq!(of(1, &[-10]).unwrap(), [5]);
    assert!(Moves::of(2).push(&[1]).is_err());
}
