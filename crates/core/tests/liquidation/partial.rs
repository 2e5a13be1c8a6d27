//! Partial liquidation against a slow model: every step from none to all, in fractions.

use num_rational::Ratio;
use rhodian_core::liquidation::partial::{Leg, partial};
use rhodian_core::liquidation::tiers::{Tier, Tiers};

type Exact = Ratio<i128>;

/// One leg of the model: lots, value of a lot, table of (from, rate), cost rate; in millionths.
type Row = (u64, u64, usize, (u32, u32));

const TABLES: [&[(u128, u32)]; 3] =
    [&[(0, 100_000)], &[(0, 60_000), (5, 200_000)], &[(0, 20_000), (3, 50_000), (7, 900_000)]];

/// The requirement of `value` atoms, each at the rate of the last tier that begins at or below.
fn requirement(table: &[(u128, u32)], value: u128) -> Exact {
    let rate = |atom: u128| table.iter().rev().find(|tier| tier.0 <= atom).expect("from zero").1;
    (0..value).map(|atom| Ratio::new(rate(atom).into(), 1_000_000)).sum()
}

/// Lots closed at step `k` of `steps`.
fn closed(rows: &[Row], k: u64, steps: u64) -> Vec<u64> {
    rows.iter().map(|row| (row.0 * k).div_ceil(steps.max(1))).collect()
}

/// Equity after closing those lots, less the target.
fn surplus(rows: &[Row], lots: &[u64], equity: i128, buffer: u32) -> Exact {
    let mut left = Ratio::from_integer(equity);
    for ((all, value, table, (slippage, penalty)), lots) in rows.iter().zip(lots) {
        let rate = Ratio::new(i128::from(slippage + penalty), 1_000_000);
        left -= rate * i128::from(lots * value);
        let required = requirement(TABLES[*table], ((all - lots) * value).into());
        left -= required * Ratio::new(1_000_000 + i128::from(buffer), 1_000_000);
    }
    left
}

/// Checks one account; `unseen` healthy steps may be missed where no leg frees what it costs.
/// Whether it is partly closed.
fn check(rows: &[Row], equity: i128, buffer: u32, unseen: usize) -> bool {
    let tables: Vec<Tiers> = rows
        .iter()
        .map(|row| TABLES[row.2].iter().map(|&(from, rate)| Tier { from, rate }).collect())
        .map(|tiers: Vec<Tier>| Tiers::new(&tiers).unwrap())
        .collect();
    let legs: Vec<Leg> = rows
        .iter()
        .zip(&tables)
        .map(|(&(lots, lot_value, _, (slippage, penalty)), tiers)| Leg {
            lots,
            lot_value,
            tiers,
            slippage,
            penalty,
        })
        .collect();
    let found = partial(&legs, equity, buffer).unwrap();
    let steps = rows.iter().map(|row| row.0).max().unwrap_or(0);
    let healthy = |k: u64| {
        let surplus = surplus(rows, &closed(rows, k, steps), equity, buffer);
        equity >= 0 && surplus >= Ratio::from_integer(0)
    };
    let all: Vec<bool> = (0..=steps).map(healthy).collect();
    let context = format!("{rows:?} {equity} {buffer}: {found:?} {all:?}");
    let step = (0..=steps).find(|k| closed(rows, *k, steps) == found.lots);
    let step = usize::try_from(step.expect("the same part of every leg")).unwrap();
    assert_eq!(found.meets_target, all[step], "{context}");
    // Enough and a step less would not do; or everything, where nothing is enough but what only
    // the rounding of a few lots makes so.
    if found.meets_target {
        assert!(step == 0 || !all[step - 1], "{context}");
    } else {
        let enough = all.iter().filter(|healthy| **healthy).count();
        assert!(step + 1 == all.len() && enough <= unseen, "{context}");
    }
    let value: u64 = rows.iter().zip(&found.lots).map(|(row, lots)| row.1 * lots).sum();
    assert_eq!(found.value, u128::from(value));
    // Where every lot frees more than it costs, the first step that serves.
    let frees = |row: &Row| {
        let (_, _, table, (slippage, penalty)) = row;
        TABLES[*table][0].1 >= slippage + penalty
    };
    if rows.iter().all(frees) {
        let first = all.iter().position(|healthy| *healthy);
        assert_eq!(step, first.unwrap_or(all.len() - 1), "{context}");
    }
    found.meets_target && step > 0
}

#[test]
fn every_small_account() {
    let costs = [(0, 0), (5_000, 10_000), (40_000, 30_000)];
    let mut rows = Vec::new();
    for lots in [0, 1, 3, 4] {
        for value in [1, 3] {
            for table in 0..TABLES.len() {
                for cost in costs {
                    rows.push((lots, value, table, cost));
                }
            }
        }
    }
    let mut partly = 0;
    for first in &rows {
        for second in &rows {
            for equity in [-1, 0, 1, 2, 4] {
                partly += u32::from(check(&[*first, *second], equity, 250_000, 2));
            }
        }
        for equity in -1..9 {
            check(&[*first], equity, 0, 0);
        }
    }
    assert!(partly > 1_000, "{partly} accounts are partly closed");
}

#[test]
fn long_ladders_of_steps() {
    for lots in [57, 100, 313] {
        for other in [1, 40, 312] {
            for table in 0..TABLES.len() {
                for equity in (0..160).step_by(7) {
                    let rows = [(lots, 2, table, (3_000, 2_000)), (other, 5, 0, (9_000, 0))];
                    check(&rows, equity, 100_000, 0);
                }
            }
        }
    }
}
