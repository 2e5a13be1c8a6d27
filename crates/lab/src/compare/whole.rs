//! The integer program of arXiv 2602.15182: whole contracts are taken so that the loss is raised
//! and the largest burden is least.
//!
//! ```text
//! min M   with   sum k_i d_i >= B,   0 <= k_i <= K_i whole,   k_i d_i <= M u_i
//! ```
//!
//! The sources take several kinds of contracts of one account, which makes it hard. Here a lot of
//! an account is worth what he won over how many lots he holds, one kind for each account: then
//! what can be raised under M grows with it, and the least M is found by halving. Then lots that
//! are not needed are given back, the largest first.

use crate::crisis::aftermath::Winner;

/// What each of `winners` pays of `loss`, in whole lots: up to a lot too much in all, and too
/// little only where not enough can be raised.
pub(super) fn divide(loss: u128, winners: &[Winner]) -> Vec<u128> {
    // What a lot gives, rounded up: nobody pays more than he won, since the last lot is cut there.
    let lot = |of: &Winner| of.gain.div_ceil(u128::from(of.lots.max(1))).max(1);
    let most = |of: &Winner| of.gain.min(of.equity);
    // M in parts of 2^64 of what each won.
    let share = |of: &Winner, level: u128| {
        let may = most(of).min(scaled(of.gain, level));
        if level >= FULL { most(of) } else { may / lot(of) * lot(of) }
    };
    let raised = |level: u128| winners.iter().map(|of| share(of, level)).sum::<u128>();
    let (mut low, mut high) = (0, FULL);
    if raised(high) < loss {
        return winners.iter().map(most).collect();
    }
    while low + 1 < high {
        let middle = u128::midpoint(low, high);
        if raised(middle) >= loss { high = middle } else { low = middle }
    }
    let mut shares: Vec<u128> = winners.iter().map(|of| share(of, high)).collect();
    let mut beyond = raised(high) - loss;
    let mut order: Vec<usize> = (0..winners.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(lot(&winners[*place])));
    for place in order {
        let lot = lot(&winners[place]);
        let back = (beyond / lot).min(shares[place] / lot);
        shares[place] -= back * lot;
        beyond -= back * lot;
    }
    shares
}

const FULL: u128 = 1 << 64;

/// `amount` times level / 2^64, rounded down. Amounts of the lab are far below 2^127; what would
/// pass it is cut into two words.
fn scaled(amount: u128, level: u128) -> u128 {
    let (high, low) = (amount >> 64, amount & (FULL - 1));
    high * level + ((low * level) >> 64)
}

#[cfg(test)]
mod tests {
    use super::{divide, scaled};
    use crate::crisis::aftermath::Winner;

    fn winner(gain: u128, lots: u64) -> Winner {
        let (open, net, scores) = (0, 0, [0; 3]);
        Winner { account: 0, gain, equity: gain, open, net, lots, scores }
    }

    #[test]
    fn whole_lots_by_hand() {
        for (case, loss, of, expected) in [
            ("even", 30, vec![(100, 10), (200, 20)], vec![10, 20]),
            ("a lot too much", 25, vec![(100, 10), (200, 20)], vec![10, 20]),
            ("one lot is enough", 5, vec![(100, 10), (200, 20)], vec![0, 10]),
            ("too little", 400, vec![(100, 10), (200, 20)], vec![100, 200]),
            ("large lots of one", 40, vec![(100, 2), (200, 200)], vec![0, 40]),
            ("nobody", 5, vec![], vec![]),
        ] {
            let winners: Vec<Winner> = of.iter().map(|(gain, lots)| winner(*gain, *lots)).collect();
            assert_eq!(divide(loss, &winners), expected, "{case}");
        }
    }

    /// Every choice of lots of small worlds: none that raises the loss has a smaller largest
    /// burden.
    #[test]
    fn no_choice_of_lots_has_a_smaller_largest_burden() {
        for (a, b, c) in
            [((6, 3), (4, 2), (9, 3)), ((8, 2), (3, 3), (5, 1)), ((7, 7), (7, 1), (2, 1))]
        {
            let winners = [a, b, c].map(|(gain, lots)| winner(gain, lots));
            let lot = |of: &Winner| of.gain.div_ceil(u128::from(of.lots));
            let largest = |shares: &[u128]| {
                let part = |(share, of): (&u128, &Winner)| *share as f64 / of.gain as f64;
                shares.iter().zip(&winners).map(part).fold(0.0, f64::max)
            };
            for loss in 1..=winners.iter().map(|of| of.gain).sum::<u128>() {
                let found = divide(loss, &winners);
                assert!(found.iter().sum::<u128>() >= loss, "{loss}: {found:?}");
                let choice = |of: &Winner| {
                    (0..=u128::from(of.lots))
                        .map(|k| (k * lot(of)).min(of.gain))
                        .collect::<Vec<_>>()
                };
                let [x, y, z] = [0, 1, 2].map(|place: usize| choice(&winners[place]));
                let mut least = f64::INFINITY;
                for x in &x {
                    for y in &y {
                        for z in &z {
                            if x + y + z >= loss {
                                least = least.min(largest(&[*x, *y, *z]));
                            }
                        }
                    }
                }
                assert!(largest(&found) <= least + 1e-9, "{loss}: {found:?}, {least} can be had");
            }
        }
    }

    #[test]
    fn scaled_in_two_words() {
        assert_eq!(scaled(100, 1 << 63), 50);
        assert_eq!(scaled(1 << 100, 1 << 63), 1 << 99);
        assert_eq!(scaled(12_345, 1 << 64), 12_345);
    }
}
