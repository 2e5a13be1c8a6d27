//! Mirror descent over the parts that are taken of each (arXiv 2512.01112, arXiv 2602.15182): from
//! where the last wave left them, to the nearest parts that raise the loss.
//!
//! ```text
//! x = clip(y - level w, 0, most)   with   sum w x = B      y the parts of the wave before
//! ```
//!
//! The published benchmark takes one such step along a gradient of zero, and so does this: what is
//! left is the projection, which takes a larger part of whoever won more, and keeps asking those
//! that it asked before.

use crate::crisis::aftermath::Winner;

/// Halvings of the level: parts are then right to some 2^-60 of the most.
const HALVINGS: u32 = 200;

/// What each of `winners` pays of `loss`: `parts` are those of the wave before, and become those of
/// this one. To the atom, where enough can be raised.
pub(super) fn divide(loss: u128, winners: &[Winner], parts: &mut [f64]) -> Vec<u128> {
    let most = |of: &Winner| of.gain.min(of.equity);
    let room: u128 = winners.iter().map(most).sum();
    let loss = loss.min(room);
    let total: f64 = winners.iter().map(|of| of.gain as f64).sum();
    // Weights of one in all, so that a level is about a part.
    let weight = |of: &Winner| of.gain as f64 / total.max(1.0);
    let limit = |of: &Winner| most(of) as f64 / of.gain.max(1) as f64;
    let part =
        |(of, last): (&Winner, &f64), level: f64| (last - level * weight(of)).clamp(0.0, limit(of));
    let raised = |level: f64| {
        let each = winners.iter().zip(parts.iter());
        each.map(|pair| part(pair, level) * pair.0.gain as f64).sum::<f64>()
    };
    // Every part is at its most far below, and nothing far above.
    let least = winners.iter().map(weight).filter(|of| *of > 0.0).fold(1.0, f64::min);
    let (mut low, mut high) = (-2.0 / least, 2.0 / least);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if raised(middle) >= loss as f64 { low = middle } else { high = middle }
    }
    let found: Vec<f64> = winners.iter().zip(parts.iter()).map(|pair| part(pair, low)).collect();
    parts.copy_from_slice(&found);
    let whole =
        |(of, part): (&Winner, &f64)| (libm::floor(of.gain as f64 * part) as u128).min(most(of));
    let mut shares: Vec<u128> = winners.iter().zip(&found).map(whole).collect();
    // Rounding leaves some atoms either way: first of those who pay most, up to what each may.
    let mut order: Vec<usize> = (0..winners.len()).collect();
    order.sort_by(|a, b| found[*b].total_cmp(&found[*a]).then(a.cmp(b)));
    let sum: u128 = shares.iter().sum();
    let (mut lacks, mut beyond) = (loss.saturating_sub(sum), sum.saturating_sub(loss));
    for place in order {
        let (up, down) =
            (lacks.min(most(&winners[place]) - shares[place]), beyond.min(shares[place]));
        shares[place] = shares[place] + up - down;
        (lacks, beyond) = (lacks - up, beyond - down);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::divide;
    use crate::crisis::aftermath::Winner;

    fn winners(gains: &[u128]) -> Vec<Winner> {
        let one = |gain: &u128| Winner {
            account: 0,
            gain: *gain,
            equity: *gain,
            open: 0,
            net: 0,
            lots: 1,
            scores: [0; 3],
        };
        gains.iter().map(one).collect()
    }

    #[test]
    fn projections_by_hand() {
        // From nothing, parts are as the gains: level (8, 4), and 8 x 8 + 4 x 4 = 80 for 1 of it.
        let mut parts = [0.0; 2];
        assert_eq!(divide(50, &winners(&[800, 400]), &mut parts), [40, 10]);
        assert!((parts[0] - 0.05).abs() < 1e-9 && (parts[1] - 0.025).abs() < 1e-9, "{parts:?}");
        // The next wave begins there.
        assert_eq!(divide(50, &winners(&[800, 400]), &mut parts), [40, 10]);
        // Nobody pays more than he won, and all that can be had is raised.
        let mut parts = [0.0; 2];
        assert_eq!(divide(1_150, &winners(&[800, 400]), &mut parts), [800, 350]);
        assert_eq!(divide(9_999, &winners(&[800, 400]), &mut parts), [800, 400]);
        assert_eq!(divide(0, &winners(&[800, 400]), &mut parts), [0, 0]);
        assert_eq!(divide(5, &[], &mut []), [0; 0]);
    }

    #[test]
    fn a_loss_is_raised_to_the_atom() {
        let gains: Vec<u128> = (1..60).map(|place| place * place * 1_234_567 + 1).collect();
        let mut parts = vec![0.0; gains.len()];
        for loss in [1, 999, 123_456_789, 5_000_000_001] {
            let shares = divide(loss, &winners(&gains), &mut parts);
            assert_eq!(shares.iter().sum::<u128>(), loss);
            assert!(shares.iter().zip(&gains).all(|(share, gain)| share <= gain));
        }
    }
}
