//! All pairs of boundary values through a waterfall of a capped fund and two members: what each
//! pays is the least of what limits it, at the edges of every bound. The laws are checked after
//! every event by the world.

use crate::world::{World, amount, layer};
use rhodian_core::domain::{Kind, Source};

const MOST: u128 = 10u128.pow(30);
const EDGES: [u128; 6] = [1, 2, (1 << 63) - 1, 1 << 64, MOST - 1, MOST];

/// One world: what the fund holds and may pay, what each member may pay, and the loss.
#[derive(Clone, Copy, Debug)]
struct Case {
    pot: u128,
    cap: u128,
    members: [u128; 2],
    loss: u128,
}

const MIDDLE: Case = Case { pot: 5, cap: 4, members: [3, 3], loss: 9 };

fn check(case: Case) {
    let mut world = World::new("USD", 0);
    let mut fund = layer("fund", Kind::InsuranceFund, Source::Pot);
    fund.caps.per_event = Some(amount(case.cap));
    world.add(fund);
    world.pay_into("fund", case.pot);
    world.gains("gains", None);
    world.waterfall(&["fund", "gains"]);
    for (text, cap) in ["bob", "carol"].into_iter().zip(case.members) {
        world.account(text, cap);
        world.claim("gains", text, cap, cap);
    }
    world.report("L", case.loss);

    let fund = case.loss.min(case.pot).min(case.cap);
    let capacity: u128 = case.members.iter().sum();
    let gains = (case.loss - fund).min(capacity);
    assert_eq!(world.received("L", "fund"), fund, "{case:?}");
    assert_eq!(world.received("L", "gains"), gains, "{case:?}");
    assert_eq!(world.loss("L").uncovered.atoms(), case.loss - fund - gains, "{case:?}");
    for (text, cap) in ["bob", "carol"].into_iter().zip(case.members) {
        let paid = cap - world.cash(text).unsigned_abs();
        // The exact share is gains x cap / capacity: both products are below 2^200, so compare
        // by quotient and rest.
        let (whole, rest) = (gains / capacity, gains % capacity);
        let low = whole * cap + share_floor(rest, cap, capacity);
        assert!(paid == low || paid == low + 1, "{case:?}: {text} paid {paid}, exact from {low}");
        assert!(paid <= cap, "{case:?}: {text}");
    }
}

/// `rest x cap / capacity`, rounded down, by long division bit by bit.
fn share_floor(rest: u128, cap: u128, capacity: u128) -> u128 {
    let (mut quotient, mut remainder) = (0u128, 0u128);
    for bit in (0..128).rev() {
        quotient <<= 1;
        remainder <<= 1;
        if remainder >= capacity {
            remainder -= capacity;
            quotient += 1;
        }
        if cap >> bit & 1 == 1 {
            remainder += rest;
            if remainder >= capacity {
                remainder -= capacity;
                quotient += 1;
            }
        }
    }
    quotient
}

#[test]
fn every_pair_of_edges() {
    type Set = fn(&mut Case, u128);
    let fields: [Set; 5] = [
        |case, edge| case.pot = edge,
        |case, edge| case.cap = edge,
        |case, edge| case.members[0] = edge,
        |case, edge| case.members[1] = edge,
        |case, edge| case.loss = edge,
    ];
    let mut cases = 0;
    for (first, set_first) in fields.iter().enumerate() {
        for set_second in &fields[first + 1..] {
            for one in EDGES {
                for other in EDGES {
                    let mut case = MIDDLE;
                    set_first(&mut case, one);
                    set_second(&mut case, other);
                    check(case);
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 10 * 36);
}
