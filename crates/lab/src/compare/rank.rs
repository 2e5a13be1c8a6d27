//! Whether those who bear most of one wave bear most of the next.

/// Spearman's coefficient of burdens, two for each who stood at both waves: the correlation
/// of their ranks, those that are alike sharing a rank. One where all are alike in both; nothing
/// for fewer than three.
pub(super) fn stability(pairs: &[(u32, u32)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let one = ranks(&pairs.iter().map(|of| of.0).collect::<Vec<_>>());
    let other = ranks(&pairs.iter().map(|of| of.1).collect::<Vec<_>>());
    let (a, b) = (spread(&one, &one), spread(&other, &other));
    if a == 0.0 && b == 0.0 {
        return Some(1.0);
    }
    // Where all are alike once and not twice, nothing is kept of the order.
    if a == 0.0 || b == 0.0 {
        return Some(0.0);
    }
    Some(spread(&one, &other) / (a * b).sqrt())
}

fn spread(a: &[f64], b: &[f64]) -> f64 {
    let middle = (a.len() as f64 - 1.0) / 2.0;
    a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum()
}

fn ranks(of: &[u32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by_key(|place| of[*place]);
    let mut ranks = vec![0.0; of.len()];
    let mut first = 0;
    for alike in order.chunk_by(|a, b| of[*a] == of[*b]) {
        let rank = first as f64 + (alike.len() as f64 - 1.0) / 2.0;
        alike.iter().for_each(|place| ranks[*place] = rank);
        first += alike.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::stability;

    #[test]
    fn orders_by_hand() {
        for (pairs, expected) in [
            (&[(1, 10), (2, 20), (3, 30)][..], Some(1.0)),
            (&[(1, 30), (2, 20), (3, 10)], Some(-1.0)),
            (&[(5, 7), (5, 7), (5, 7)], Some(1.0)),
            (&[(5, 1), (5, 2), (5, 3)], Some(0.0)),
            (&[(1, 1), (2, 3), (3, 2)], Some(0.5)),
            (&[(1, 1), (2, 2)], None),
        ] {
            let found = stability(pairs);
            let near = found.zip(expected).is_some_and(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near || found == expected, "{pairs:?}: {found:?}");
        }
    }
}
