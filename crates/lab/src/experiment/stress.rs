//! Reverse stress: the mildest shock under which losses lack more than some sum.
//!
//! What losses lack is asked on a grid of growing shocks first. In the first cell whose far end
//! breaks it, the shock is halved in until it is known well enough. Nothing makes losses grow with
//! the shock: a gentler fall may liquidate what a harder one leaves to fail. So the grid says
//! whether they did, and whether what broke stays broken beyond.

/// Where shocks are looked for: from none to the largest, all above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// The largest shock.
    pub most: f64,
    /// Into how many steps it is cut.
    pub steps: u32,
    /// How often the cell that breaks it is halved.
    pub halvings: u32,
}

/// What was found of one sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broken {
    /// The mildest shock known to break it; nothing where the largest does not.
    pub at: Option<f64>,
    /// Whether every shock of the grid beyond breaks it, too.
    pub stays: bool,
}

/// The mildest shocks for several sums, by what `lacks` says losses lack under a shock. Also on how
/// many steps of the grid losses lacked less than on the step before.
///
/// ```
/// use rhodian_lab::experiment::stress::{Search, mildest};
/// let search = Search { most: 8.0, steps: 8, halvings: 10 };
/// let lacks = |shock: f64| Ok::<_, ()>((shock * shock) as u128);
/// let (found, falls) = mildest(search, &[8, 1_000], lacks).unwrap();
/// assert!((found[0].at.unwrap() - 3.0).abs() < 2e-3, "more than 8 from 3 on");
/// assert_eq!((found[1].at, falls), (None, 0));
/// ```
///
/// # Errors
///
/// That of `lacks`.
pub fn mildest<E>(
    search: Search,
    sums: &[u128],
    mut lacks: impl FnMut(f64) -> Result<u128, E>,
) -> Result<(Vec<Broken>, usize), E> {
    let step = |number: u32| search.most * f64::from(number) / f64::from(search.steps);
    let grid: Result<Vec<u128>, E> = (0..=search.steps).map(|number| lacks(step(number))).collect();
    let grid = grid?;
    let falls = grid.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let mut found = Vec::with_capacity(sums.len());
    for sum in sums {
        let Some(first) = grid.iter().position(|lacked| lacked > sum) else {
            found.push(Broken { at: None, stays: true });
            continue;
        };
        let stays = grid[first..].iter().all(|lacked| lacked > sum);
        // It is broken by no shock at all.
        if first == 0 {
            found.push(Broken { at: Some(0.0), stays });
            continue;
        }
        let end = first as f64 * search.most / f64::from(search.steps);
        let (mut low, mut high) = (end - search.most / f64::from(search.steps), end);
        for _ in 0..search.halvings {
            let middle = 0.5 * (low + high);
            if lacks(middle)? > *sum {
                high = middle;
            } else {
                low = middle;
            }
        }
        found.push(Broken { at: Some(high), stays });
    }
    Ok((found, falls))
}

#[cfg(test)]
mod tests {
    use super::{Search, mildest};

    const SEARCH: Search = Search { most: 10.0, steps: 10, halvings: 20 };

    #[test]
    fn what_is_not_monotone_is_said() {
        // Breaks from 2.5 to 4, heals, and breaks again from 7 on.
        let lacks = |x: f64| Ok::<_, ()>(u128::from((2.5..4.5).contains(&x) || x >= 7.0) * 10);
        let (found, falls) = mildest(SEARCH, &[5], lacks).unwrap();
        assert!((found[0].at.unwrap() - 2.5).abs() < 1e-5, "{found:?}");
        assert_eq!((found[0].stays, falls), (false, 1));
    }

    #[test]
    fn nothing_at_all_and_never() {
        let (found, _) = mildest(SEARCH, &[0, 9], |_| Ok::<_, ()>(1)).unwrap();
        assert_eq!((found[0].at, found[1].at), (Some(0.0), None));
        assert_eq!(mildest(SEARCH, &[1], |_| Err::<u128, _>("refused")), Err("refused"));
    }
}
