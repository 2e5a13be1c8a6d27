//! Linear equations, by elimination with the largest pivot of each column.

/// A pivot smaller than this, beside coefficients of about one, has no digit that can be trusted.
pub(super) const LEAST_PIVOT: f64 = 1e-10;

/// The `x` of `matrix x = right`, with one step of refinement; nothing where the equations do not
/// fix it.
pub(super) fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let mut x = eliminate(matrix, right)?;
    // What the first answer leaves over is solved for once more: most of its rounding goes.
    let left = |(row, right): (&Vec<f64>, &f64)| {
        right - row.iter().zip(&x).map(|(of, x)| of * x).sum::<f64>()
    };
    let left: Vec<f64> = matrix.iter().zip(right).map(left).collect();
    let step = eliminate(matrix, &left)?;
    x.iter_mut().zip(step).for_each(|(x, step)| *x += step);
    Some(x)
}

fn eliminate(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let count = right.len();
    let mut rows: Vec<Vec<f64>> = matrix.to_vec();
    let mut right = right.to_vec();
    for column in 0..count {
        let size = |row: &usize| rows[*row][column].abs();
        let pivot = (column..count).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        if size(&pivot) < LEAST_PIVOT {
            return None;
        }
        rows.swap(column, pivot);
        right.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let first = &above[column];
        for (place, row) in below.iter_mut().enumerate() {
            let times = row[column] / first[column];
            row.iter_mut().zip(first).skip(column).for_each(|(of, first)| *of -= times * first);
            right[column + 1 + place] -= times * right[column];
        }
    }
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count).map(|column| rows[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / rows[row][row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::solve;

    #[test]
    fn equations_by_hand() {
        for (case, matrix, right, expected) in [
            ("one", vec![vec![4.0]], vec![2.0], Some(vec![0.5])),
            ("swapped", vec![vec![0.0, 1.0], vec![2.0, 0.0]], vec![3.0, 8.0], Some(vec![4.0, 3.0])),
            ("singular", vec![vec![1.0, -1.0], vec![-1.0, 1.0]], vec![0.0, 0.0], None),
            ("none", Vec::new(), Vec::new(), Some(Vec::new())),
        ] {
            assert_eq!(solve(&matrix, &right), expected, "{case}");
        }
    }
}
