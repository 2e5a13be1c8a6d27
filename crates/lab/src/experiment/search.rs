//! Where the least of something is looked for, over one number or a few: a grid over their bounds
//! first, then again and again around the best so far, each time at half the distance.
//!
//! What is tried is a function of the bounds and of which was best, so whoever plays it again tries
//! the same. **When it misses**: a least between two points of the first grid, behind a hill, is
//! not seen; a finer first grid sees it.

/// A number with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub from: u32,
    /// The most; above the least.
    pub to: u32,
    /// So many values the first grid has, two at least.
    pub steps: u32,
    /// What is tried is the least and so many times this.
    pub unit: u32,
}

impl Range {
    /// So many values the first grid has at most, none of them twice: two at least, `steps` at most.
    ///
    /// ```
    /// use rhodian_lab::experiment::search::Range;
    /// assert_eq!(Range { from: 1, to: 4, steps: 9, unit: 1 }.most_steps(), 4);
    /// assert_eq!(Range { from: 0, to: 35, steps: 9, unit: 10 }.most_steps(), 4, "0, 10, 20 and 35");
    /// ```
    #[must_use]
    pub fn most_steps(&self) -> u32 {
        let fits = |steps: &u32| {
            let count = Self { steps: *steps, ..*self }.grid().len();
            u32::try_from(count) == Ok(*steps)
        };
        (2..=self.steps).rev().find(fits).unwrap_or(2)
    }

    /// The distance of values after so many halvings, in whole units; nothing where it is below
    /// one.
    fn distance(&self, halvings: u32) -> u32 {
        let whole = (self.to - self.from) / (self.steps.max(2) - 1);
        let distance = whole.checked_shr(halvings).unwrap_or(0);
        distance - distance % self.unit.max(1)
    }

    /// The values of the first grid, the bounds among them.
    fn grid(&self) -> Vec<u32> {
        let last = self.steps.max(2) - 1;
        let (span, unit) = (u64::from(self.to - self.from), u64::from(self.unit.max(1)));
        let at = |number: u32| {
            let exact = span * u64::from(number) / u64::from(last);
            // Below the span, which is a u32.
            self.from + u32::try_from(exact - exact % unit).unwrap_or(0)
        };
        let mut values: Vec<u32> = (0..last).map(at).chain([self.to]).collect();
        values.dedup();
        values
    }
}

/// Every point of the first grid, the last number changing fastest.
///
/// ```
/// use rhodian_lab::experiment::search::{Range, around, grid};
/// let of = Range { from: 0, to: 100, steps: 5, unit: 5 };
/// let first = grid(&[of]);
/// assert_eq!(first, [[0], [25], [50], [75], [100]]);
/// assert_eq!(around(&[of], &[25], 1, &first), [[15], [35]], "12 is ten in whole fives");
/// assert!(around(&[of], &[25], 9, &first).is_empty(), "nothing is nearer than a unit");
/// ```
#[must_use]
pub fn grid(ranges: &[Range]) -> Vec<Vec<u32>> {
    ranges.iter().fold(vec![Vec::new()], |points, range| {
        let with = |point: Vec<u32>| {
            range.grid().into_iter().map(move |value| [point.as_slice(), &[value]].concat())
        };
        points.into_iter().flat_map(with).collect()
    })
}

/// The points around the best after so many halvings that are within the bounds and not `tried`.
#[must_use]
pub fn around(ranges: &[Range], best: &[u32], halvings: u32, tried: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let near = |(range, at): (&Range, &u32)| {
        let distance = range.distance(halvings);
        let values = [at.checked_sub(distance), Some(*at), at.checked_add(distance)];
        let mut values: Vec<u32> = values
            .into_iter()
            .flatten()
            .filter(|value| (range.from..=range.to).contains(value))
            .collect();
        values.dedup();
        values
    };
    let each: Vec<Vec<u32>> = ranges.iter().zip(best).map(near).collect();
    let points = each.iter().fold(vec![Vec::new()], |points: Vec<Vec<u32>>, values| {
        let with = |point: Vec<u32>| {
            values.iter().map(move |value| [point.as_slice(), &[*value]].concat())
        };
        points.into_iter().flat_map(with).collect()
    });
    points.into_iter().filter(|point| !tried.contains(point)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Range, around, grid};

    const A: Range = Range { from: 10, to: 90, steps: 5, unit: 1 };
    const B: Range = Range { from: 1, to: 4, steps: 9, unit: 1 };

    #[test]
    fn grids_have_their_bounds_and_no_point_twice() {
        let points = grid(&[A, B]);
        assert_eq!(points.len(), 5 * 4, "of nine steps over four whole numbers four are left");
        assert_eq!((points[0].clone(), points[19].clone()), (vec![10, 1], vec![90, 4]));
        let mut sorted = points.clone();
        sorted.dedup();
        assert_eq!(sorted, points);
    }

    #[test]
    fn what_is_around_is_new_and_within() {
        let tried = grid(&[A, A]);
        let near = around(&[A, A], &[10, 50], 1, &tried);
        assert_eq!(near, [[10, 40], [10, 60], [20, 40], [20, 50], [20, 60]], "none below ten");
        let all = [tried, near].concat();
        assert!(around(&[A, A], &[10, 50], 1, &all).is_empty());
    }

    /// Of a valley it finds the bottom to the last distance.
    #[test]
    fn the_bottom_of_a_valley_is_found() {
        let ranges = [Range { from: 0, to: 1_000, steps: 5, unit: 1 }; 2];
        let height = |of: &Vec<u32>| {
            let (a, b) = (f64::from(of[0]) - 333.0, f64::from(of[1]) - 707.0);
            a * a + b * b + 0.5 * a * b
        };
        let best = |tried: &[Vec<u32>]| {
            tried.iter().min_by(|a, b| height(a).total_cmp(&height(b))).cloned().unwrap()
        };
        let mut tried = grid(&ranges);
        for halvings in 1..=7 {
            tried.extend(around(&ranges, &best(&tried), halvings, &tried));
        }
        let found = best(&tried);
        assert!(found[0].abs_diff(333) <= 2 && found[1].abs_diff(707) <= 2, "{found:?}");
        assert!(tried.len() <= 25 + 7 * 8, "{}", tried.len());
    }
}
