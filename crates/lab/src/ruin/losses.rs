//! What crises took, sorted.

use super::Stream;

/// Losses from the smallest on, with their sums.
#[derive(Clone, Debug)]
pub struct Losses {
    sorted: Vec<f64>,
    /// Of the first none, one, two and so on.
    sums: Vec<f64>,
}

impl Losses {
    /// At least one loss, none below zero.
    #[must_use]
    pub fn of(mut all: Vec<f64>) -> Self {
        all.sort_unstable_by(f64::total_cmp);
        Self::sorted(all)
    }

    fn sorted(all: Vec<f64>) -> Self {
        let mut sum = 0.0;
        let sums = all.iter().map(|loss| {
            sum += loss;
            sum
        });
        let sums = std::iter::once(0.0).chain(sums).collect();
        Self { sorted: all, sums }
    }

    /// As many, drawn from these with repetition.
    #[must_use]
    pub(super) fn again(&self, stream: &mut Stream) -> Self {
        let count = self.sorted.len();
        let mut times = vec![0_u32; count];
        for _ in 0..count {
            times[stream.below(count as u64) as usize] += 1;
        }
        let drawn = self.sorted.iter().zip(times);
        Self::sorted(drawn.flat_map(|(loss, times)| (0..times).map(|_| *loss)).collect())
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.limited(f64::INFINITY)
    }

    /// The largest.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(0.0)
    }

    /// As many losses of one size would spread as little: (sum x^2)^2 / sum x^4. Where it is small, a
    /// few of them decide what large ones do.
    ///
    /// ```
    /// use rhodian_lab::ruin::Losses;
    /// assert_eq!(Losses::of(vec![0.0, 5.0, 5.0, 5.0]).effective(), 3.0);
    /// assert!(Losses::of(vec![1.0, 1.0, 1.0, 9.0]).effective() < 1.1);
    /// ```
    #[must_use]
    pub fn effective(&self) -> f64 {
        let largest = self.largest();
        if largest <= 0.0 {
            return 0.0;
        }
        let power = |k: i32| self.sorted.iter().map(|loss| (loss / largest).powi(k)).sum::<f64>();
        power(2) * power(2) / power(4)
    }

    /// What they take up to a limit, on average: the mean of the lesser of each and `most`.
    ///
    /// ```
    /// use rhodian_lab::ruin::Losses;
    /// let losses = Losses::of(vec![0.0, 6.0, 3.0]);
    /// assert_eq!((losses.limited(4.0), losses.mean()), (7.0 / 3.0, 3.0));
    /// ```
    #[must_use]
    pub fn limited(&self, most: f64) -> f64 {
        let below = self.sorted.partition_point(|loss| *loss <= most);
        let above = self.sorted.len() - below;
        let cut = if above == 0 { 0.0 } else { most * above as f64 };
        (self.sums[below] + cut) / self.sorted.len() as f64
    }

    /// The loss of a rank, 0 the smallest, below 1.
    #[must_use]
    pub fn at(&self, rank: f64) -> f64 {
        self.sorted[(rank * self.sorted.len() as f64) as usize]
    }
}
