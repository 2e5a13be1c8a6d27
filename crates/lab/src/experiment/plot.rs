//! Where figures stand in a picture: places from 0 to ten thousand along an axis, whole numbers, so
//! that whoever draws needs no floats.

/// The far end of an axis.
pub const FULL: u32 = 10_000;

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// An axis from `low` to `high` in equal steps.
    #[must_use]
    pub fn linear(low: f64, high: f64) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, logarithmic: false }
    }

    /// An axis on which every doubling is as long, of values above zero.
    ///
    /// ```
    /// use rhodian_lab::experiment::plot::Scale;
    /// let scale = Scale::logarithmic(1.0, 10_000.0);
    /// assert_eq!((scale.place(100.0), scale.place(0.0), scale.place(1e9)), (5_000, 0, 10_000));
    /// assert_eq!(scale.marks(), vec![1.0, 10.0, 100.0, 1_000.0, 10_000.0]);
    /// ```
    #[must_use]
    pub fn logarithmic(low: f64, high: f64) -> Self {
        let low = low.max(f64::MIN_POSITIVE);
        Self { low, high: if high > low { high } else { 10.0 * low }, logarithmic: true }
    }

    /// The place of a value; what lies outside stands at the end.
    #[must_use]
    pub fn place(&self, value: f64) -> u32 {
        let part = if self.logarithmic {
            libm::log(value.max(f64::MIN_POSITIVE) / self.low) / libm::log(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        // Between 0 and 1, so at most ten thousand.
        libm::round(part.clamp(0.0, 1.0) * f64::from(FULL)) as u32
    }

    /// Round values along it: powers of ten, or about five steps of 1, 2 or 5.
    #[must_use]
    pub fn marks(&self) -> Vec<f64> {
        if self.logarithmic {
            let first = libm::ceil(libm::log10(self.low) - 1e-9) as i32;
            let last = libm::floor(libm::log10(self.high) + 1e-9) as i32;
            let power = |exponent: i32| libm::pow(10.0, f64::from(exponent));
            if last - first < 2 {
                // Few powers of ten: steps between them, too.
                let steps = |exponent: i32| [1.0, 2.0, 5.0].map(|times| times * power(exponent));
                let within = |of: &f64| (self.low * 0.999..=self.high * 1.001).contains(of);
                return (first - 1..=last).flat_map(steps).filter(within).collect();
            }
            let every = ((last - first) / 6 + 1).max(1) as usize;
            return (first..=last).step_by(every).map(power).collect();
        }
        let raw = (self.high - self.low) / 5.0;
        let power = libm::pow(10.0, libm::floor(libm::log10(raw)));
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
        let step = step.into_iter().find(|step| *step >= raw * 0.999).unwrap_or(raw);
        let first = libm::ceil(self.low / step - 1e-9);
        let last = libm::floor(self.high / step + 1e-9);
        let count = (last - first).clamp(0.0, 20.0) as u32;
        (0..=count).map(|number| (first + f64::from(number)) * step).collect()
    }

    /// So many values along it, as far apart on it.
    #[must_use]
    pub fn along(&self, count: u32) -> Vec<f64> {
        let at = |number: u32| {
            let part = f64::from(number) / f64::from(count.max(2) - 1);
            if self.logarithmic {
                self.low * libm::pow(self.high / self.low, part)
            } else {
                self.low + (self.high - self.low) * part
            }
        };
        (0..count.max(2)).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{FULL, Scale};

    #[test]
    fn marks_are_round_and_few() {
        for (low, high) in [(0.0, 1.0), (0.0, 0.37), (3.0, 17.0), (0.0, 123_456.0), (-2.0, 2.0)] {
            let marks = Scale::linear(low, high).marks();
            assert!((3..=7).contains(&marks.len()), "{low} to {high}: {marks:?}");
            assert!(marks.iter().all(|mark| (low - 1e-9..=high + 1e-9).contains(mark)));
        }
        assert_eq!(Scale::linear(0.0, 1.0).marks().len(), 6);
        assert!(Scale::logarithmic(1e-9, 1e9).marks().len() <= 8);
        assert_eq!(Scale::logarithmic(150.0, 900.0).marks(), vec![200.0, 500.0]);
    }

    #[test]
    fn an_empty_axis_has_a_length() {
        for scale in [Scale::linear(3.0, 3.0), Scale::logarithmic(0.0, 0.0)] {
            assert!(scale.place(0.0) <= FULL && !scale.marks().is_empty());
            assert_eq!(scale.along(3).len(), 3);
        }
    }
}
