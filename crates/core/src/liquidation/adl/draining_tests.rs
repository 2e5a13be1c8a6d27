//! Draining: the acceptance trace's two assignments, the published vector, its properties.

use std::vec;
use std::vec::Vec;

use super::draining::{
    AdlError, Candidate, Draining, Level, by_leverage, drain, drain_with, suffice,
};
use crate::bounds::{MAX_AMOUNT, MAX_LOTS};
use crate::units::Fraction;

/// A holder whose requirement is on gross value.
fn holder(lots: u64, net: i128, equity: u128) -> Candidate {
    Candidate { lots, easing: lots, room: None, net, equity }
}

/// One leg only: its net value is its lots'.
fn single(lots: u64, equity: u128) -> Candidate {
    holder(lots, lots.into(), equity)
}

fn leverage(drained: &Draining) -> (u128, u128) {
    let level = drained.level.unwrap();
    assert!(!level.turned);
    (level.leverage.num, level.leverage.den)
}

#[test]
fn trace_line_20_drains_btc_to_the_lot() {
    // alice-iso, bob, dan, gina: short lots, net exposure, equity less lien at 500.00 a lot.
    let shorts = [
        holder(30, 1_500_000, 815_600),
        holder(200, 10_000_000, 7_766_765),
        holder(70, 9_810_000, 3_301_400),
        holder(100, 5_000_000, 1_456_924),
    ];
    let drained = drain(&shorts, 50_000, 140).unwrap();
    assert_eq!(drained.lots, [8, 0, 70, 62]);
    assert_eq!(leverage(&drained), (250_000, 189_377));
    assert_eq!((drained.rounded_up, drained.unassigned), (1, 0));
    // 8.4662 and 61.5338 lots, as the trace's exact fractions, times 50,000 atoms.
    let exact = |i: usize| drained.exact_value(i, &shorts[i], 50_000);
    for (i, num) in [(0, 1_603_310u128), (3, 11_653_080)] {
        let (whole, rest) = exact(i);
        assert_eq!((whole * rest.den + rest.num) * 189_377, num * 50_000 * rest.den);
    }
    assert_eq!((exact(1).0, exact(2).0), (0, 3_500_000));
}

#[test]
fn trace_line_21_drains_eth_to_the_lot() {
    let shorts = [holder(320, 7_840_000, 4_288_748), holder(100, 6_310_000, 3_301_400)];
    let drained = drain(&shorts, 24_500, 180).unwrap();
    assert_eq!(drained.lots, [95, 85]);
    assert_eq!(leverage(&drained), (2_435_000, 1_897_537));
    assert_eq!((drained.rounded_up, drained.unassigned), (1, 0));
    for (i, num) in [(0, 8_867_177_400u128), (1, 7_869_098_940)] {
        let (whole, rest) = drained.exact_value(i, &shorts[i], 24_500);
        assert_eq!((whole * rest.den + rest.num) * 92_979_313, num * 24_500 * rest.den);
    }
}

#[test]
fn the_published_vector_and_its_two_steps() {
    // q = (100, 60, 50), E = (10, 20, 50), 80 to remove: 220/3, 20/3, 0 at leverage 8/3. Lots of
    // a third each make it whole.
    let book = [single(300, 30), single(180, 60), single(150, 150)];
    let once = drain(&book, 1, 240).unwrap();
    assert_eq!((once.lots.as_slice(), leverage(&once)), (&[220, 20, 0][..], (8, 3)));
    assert_eq!(once.rounded_up, 0);
    // 30 and then 50 are the same.
    let first = drain(&book, 1, 90).unwrap();
    assert_eq!(first.lots, [90, 0, 0]);
    let left: Vec<Candidate> = book
        .iter()
        .zip(&first.lots)
        .map(|(c, given)| Candidate { lots: c.lots - given, net: c.net - i128::from(*given), ..*c })
        .collect();
    assert_eq!(drain(&left, 1, 150).unwrap().lots, [130, 20, 0]);
    // Splitting the first account in two changes nothing.
    let split = [single(150, 15), single(150, 15), book[1], book[2]];
    assert_eq!(drain(&split, 1, 240).unwrap().lots, [110, 110, 20, 0]);
    // In whole lots of one: 73 and 7, the larger fraction up.
    let coarse = [single(100, 10), single(60, 20), single(50, 50)];
    assert_eq!(drain(&coarse, 1, 80).unwrap().lots, [73, 7, 0]);
}

#[test]
fn a_pair_is_not_torn_apart() {
    // Alice is long 100 and short the twin; Bob long 60 on much equity. Bob gives all he has,
    // Alice only what is left.
    let book = [holder(100, 0, 10), holder(60, 60, 1_000)];
    let drained = drain(&book, 1, 60).unwrap();
    assert_eq!(drained.lots, [0, 60]);
    let drained = drain(&book, 1, 70).unwrap();
    assert_eq!(drained.lots, [10, 60]);
    assert_eq!(drained.level, Some(Level { turned: true, leverage: Fraction { num: 1, den: 1 } }));
    // Under a requirement on net value her lots hedge, and wait for everyone else's.
    let book = [Candidate { easing: 0, ..holder(100, 100, 10) }, holder(60, 60, 1_000)];
    let drained = drain(&book, 1, 60).unwrap();
    assert_eq!((drained.lots.as_slice(), drained.hedges_reached), (&[0, 60][..], false));
    assert_eq!(drained.level, None);
    let drained = drain(&book, 1, 61).unwrap();
    assert_eq!((drained.lots.as_slice(), drained.hedges_reached), (&[1, 60][..], true));
}

#[test]
fn nobody_gives_beyond_his_room() {
    // Alice, the most leveraged, has room for 3; the rest falls on Bob, and 1 on nobody.
    let alice = Candidate { room: Some(3), ..single(50, 1) };
    let bob = single(10, 100);
    let drained = drain(&[alice, bob], 1, 8).unwrap();
    assert_eq!((drained.lots.as_slice(), drained.unassigned), (&[3, 5][..], 0));
    let drained = drain(&[alice, bob], 1, 14).unwrap();
    assert_eq!((drained.lots.as_slice(), drained.unassigned), (&[3, 10][..], 1));
    assert_eq!(drained.level, None);
}

#[test]
fn ties_go_to_the_lower_index() {
    let book = [single(10, 10), single(10, 10), single(10, 10)];
    let drained = drain(&book, 1, 4).unwrap();
    assert_eq!((drained.lots.as_slice(), drained.rounded_up), (&[2, 1, 1][..], 1));
    assert_eq!(leverage(&drained), (13, 15));
}

#[test]
fn where_several_levels_serve_the_highest_is_published() {
    // Alice gives all her 10 from leverage 5 down; Bob starts at 3.
    let book = [holder(10, 60, 10), holder(30, 30, 10)];
    assert_eq!(leverage(&drain(&book, 1, 10).unwrap()), (5, 1));
    assert_eq!(leverage(&drain_with(&book, 1, 10, 0).unwrap()), (5, 1));
}

#[test]
fn refusals_name_what_is_wrong() {
    let ok = single(1, 1);
    assert_eq!(drain(&[ok], 0, 1), Err(AdlError::LotValue(0)));
    assert_eq!(drain(&[ok, single(1, 0)], 1, 1), Err(AdlError::NoEquity(1)));
    assert_eq!(drain(&[single(MAX_LOTS + 1, 1)], 1, 1), Err(AdlError::OutOfBounds(0)));
    assert_eq!(drain(&[single(1, MAX_AMOUNT + 1)], 1, 1), Err(AdlError::OutOfBounds(0)));
    let words = std::string::ToString::to_string(&AdlError::NoEquity(1));
    assert_eq!(words, "candidate 1 has no equity to stand on");
    assert_eq!(drain(&[], 1, 5).unwrap().unassigned, 5);
}

#[test]
fn values_at_the_edges_of_every_bound() {
    let most = Candidate {
        lots: MAX_LOTS,
        easing: MAX_LOTS / 2,
        room: None,
        net: MAX_AMOUNT.cast_signed(),
        equity: MAX_AMOUNT,
    };
    let broke = Candidate { equity: 1, ..most };
    let turned = Candidate { net: -most.net, ..most };
    let book = vec![most, broke, turned, Candidate { equity: 1, ..turned }];
    for needed in [1, 2, MAX_LOTS / 2, MAX_LOTS, 2 * MAX_LOTS, 3 * MAX_LOTS, 4 * MAX_LOTS] {
        let fast = drain(&book, 1_000_000_000_000_000, needed).unwrap();
        assert_eq!(fast.lots.iter().sum::<u64>(), needed);
        assert_eq!(Ok(fast), drain_with(&book, 1_000_000_000_000_000, needed, 0));
    }
}

#[test]
fn passes_and_sorting_find_the_same_level() {
    // Doubling leverage makes every pass settle little; the others spread and tie.
    let double = |i: u32| holder(1 << i, 1 << (2 * i), 1 << i);
    let ladder: Vec<Candidate> = (0..45).map(double).collect();
    let spread = |i: u64| {
        let lots = i * 7_919 % 1_009;
        let net = i128::from(lots) * i128::from(i % 5) - 300;
        Candidate { easing: lots / (1 + i % 3), ..holder(lots, net, u128::from(1 + i * i % 97)) }
    };
    let crowd: Vec<Candidate> = (0..9_000).map(spread).collect();
    for book in [ladder, crowd] {
        let all: u64 = book.iter().map(Candidate::gives_at_most).sum();
        for part in 1..40 {
            let needed = all / 40 * part;
            let sorted = drain_with(&book, 3, needed, 0).unwrap();
            for passes in [1, 2, 5] {
                assert_eq!(drain_with(&book, 3, needed, passes).unwrap(), sorted);
            }
            assert_eq!(drain(&book, 3, needed).unwrap(), sorted);
        }
    }
}

#[test]
fn a_guess_that_misleads_costs_time_only() {
    // Sampled accounts have no leverage, and the rest do; and the reverse; and a small head.
    let worlds: [fn(u64) -> u128; 3] = [
        |i| if i % 64 == 0 { 1_000_000 } else { 1 + u128::from(i % 17) },
        |i| if i % 64 == 0 { 1 } else { 1_000 + u128::from(i % 17) },
        |i| u128::from(1 + i * i % 50_021),
    ];
    for equity in worlds {
        for eased in [1, 2, 9] {
            let make = |i: u64| {
                let lots = 1 + i % 23;
                Candidate { easing: lots / eased, ..single(lots, equity(i)) }
            };
            let book: Vec<Candidate> = (0..6_000).map(make).collect();
            let all: u64 = book.iter().map(|c| c.lots).sum();
            let easing: u64 = book.iter().map(|c| c.easing).sum();
            let needs = [1, 40, all / 500, all / 50, all / 4, easing + all / 100, all - 9];
            for needed in needs.into_iter().filter(|needed| *needed < all) {
                let found = drain(&book, 1, needed).unwrap();
                assert_eq!(found.lots.iter().sum::<u64>(), needed);
                // Rotated, other accounts are sampled.
                let turned: Vec<Candidate> = book[7..].iter().chain(&book[..7]).copied().collect();
                assert_eq!(drain(&turned, 1, needed).unwrap().level, found.level);
                assert_eq!(drain_with(&book, 1, needed, 0).unwrap(), found);
                let level = found.level.unwrap();
                assert!(!found.hedges_reached || level.leverage.num > 0 || level.turned);
            }
        }
    }
}

#[test]
fn the_first_that_suffice_give_what_all_give() {
    let worlds: [fn(u64) -> Candidate; 4] = [
        |i| single(1 + i * 7_919 % 101, u128::from(1 + i * i % 97)),
        // Hedged accounts, net exposure on either side, many alike.
        |i| holder(1 + i % 9, i128::from(i % 7) * 5 - 12, u128::from(1 + i % 4)),
        |i| holder(1 << (i % 20), 1 << (2 * (i % 20)), 1 << (i % 20)),
        |i| holder(3, MAX_AMOUNT.cast_signed() - i128::from(i % 5), MAX_AMOUNT - u128::from(i)),
    ];
    let mut told = 0;
    for world in worlds {
        for count in 1..40 {
            let book: Vec<Candidate> = (0..count).map(world).collect();
            let mut order: Vec<usize> = (0..book.len()).collect();
            order.sort_by(|a, b| by_leverage(&book[*a], &book[*b]).then(a.cmp(b)));
            let all: u64 = book.iter().map(|of| of.lots).sum();
            for needed in [1, all / 50 + 1, all / 7 + 1, all / 2, all - 1, all] {
                for first in 1..=book.len() {
                    let mut places = order[..first].to_vec();
                    places.sort_unstable();
                    let some: Vec<Candidate> = places.iter().map(|place| book[*place]).collect();
                    let next = order.get(first).map(|place| &book[*place]);
                    if !suffice(&some, 2, needed, next) {
                        continue;
                    }
                    told += 1;
                    let (all, some) = (drain(&book, 2, needed), drain(&some, 2, needed));
                    let (all, some) = (all.unwrap(), some.unwrap());
                    let mut lots = vec![0; book.len()];
                    places.iter().zip(&some.lots).for_each(|(place, of)| lots[*place] = *of);
                    let same = Draining { lots, ..some };
                    assert_eq!(same, all, "{first} of {count} for {needed}");
                }
            }
        }
    }
    assert!(told > 10_000, "{told}");
}
