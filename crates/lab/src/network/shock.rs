//! What outside assets lose in a crisis: markets fall together, and each institution has a fate of
//! its own.

use crate::crisis::model::Severity;
use crate::seed::Seed;

/// How the assets of an institution move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exposure {
    /// How far they follow markets: 1 for what falls with them, 0 for cash, 2 for what is bought
    /// with as much again of borrowed money, which a fall by half takes whole.
    pub common: f64,
    /// The deviation of their own log return.
    pub own: f64,
}

/// What happens to outside assets: those of one institution become
/// `(1 - common fall) exp(own z - own^2 / 2)` times what they were, and nothing where that is below
/// nothing, where `fall` is the same for all, by the law of [`Severity`], and `z` is a normal number
/// of its own. What borrowed money loses beyond that is the lender's, and is not counted.
///
/// **When it is false**: an exploit or a key that is lost takes all at once, where a normal number
/// takes a little; and who holds the same coin as another falls with him beyond what markets do.
#[derive(Clone, Debug, PartialEq)]
pub struct ShockModel {
    /// How far markets fall.
    pub severity: Severity,
    /// One for each institution.
    pub exposures: Vec<Exposure>,
}

impl ShockModel {
    /// The fall of the crisis number `index`, 0 to 1, and what becomes of each institution's
    /// assets: what they are times. It depends on the seed and the number alone, and the fate of
    /// one institution not on how many come after it.
    ///
    /// ```
    /// use rhodian_lab::crisis::model::Severity;
    /// use rhodian_lab::network::shock::{Exposure, ShockModel};
    /// use rhodian_lab::seed::Seed;
    /// let of = |common| Exposure { common, own: 0.0 };
    /// let exposures = vec![of(0.0), of(1.0)];
    /// let model = ShockModel { severity: Severity::default(), exposures };
    /// let (fall, times) = model.draw(Seed(1), 7);
    /// assert_eq!(times[0], 1.0, "cash stays what it is");
    /// assert!((times[1] - (1.0 - fall)).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn draw(&self, seed: Seed, index: u64) -> (f64, Vec<f64>) {
        let means = -libm::log(seed.stream_at("contagion fall", index).unit());
        let fall = self.severity.at(means);
        let mut stream = seed.stream_at("contagion own", index);
        let times = self.exposures.iter().map(|of| {
            let own = of.own * stream.normal() - 0.5 * of.own * of.own;
            (1.0 - of.common * fall).max(0.0) * libm::exp(own)
        });
        (fall, times.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposure, ShockModel};
    use crate::crisis::model::Severity;
    use crate::seed::Seed;

    /// With three of borrowed money for one of his own a fall by 24 % takes 96 %, and more all.
    #[test]
    fn what_is_bought_with_borrowed_money_falls_as_often_as_it_is_borrowed() {
        let commons = [0.0, 0.5, 1.0, 2.0, 4.0];
        for (fall, times) in
            [(0.24, [1.0, 0.88, 0.76, 0.52, 0.04]), (0.6, [1.0, 0.7, 0.4, 0.0, 0.0])]
        {
            let exposures = commons.map(|common| Exposure { common, own: 0.0 }).to_vec();
            let severity = Severity { least: fall, beyond: 0.0 };
            let (drawn, found) = ShockModel { severity, exposures }.draw(Seed(1), 0);
            assert_eq!(drawn, fall);
            for (common, (found, by_hand)) in commons.iter().zip(found.iter().zip(times)) {
                assert!((found - by_hand).abs() < 1e-12, "{fall}, {common}: {found}");
            }
        }
    }

    /// An own fate neither makes nor takes on average.
    #[test]
    fn assets_of_their_own_fate_keep_their_mean() {
        let exposures = vec![Exposure { common: 0.0, own: 0.3 }; 2];
        let model = ShockModel { severity: Severity::default(), exposures };
        let drawn: Vec<Vec<f64>> = (0..20_000).map(|index| model.draw(Seed(1), index).1).collect();
        let mean = drawn.iter().map(|of| of[0]).sum::<f64>() / 20_000.0;
        // One deviation of the mean is 0.0022.
        assert!((mean - 1.0).abs() < 0.008, "{mean}");
        assert!(drawn.iter().all(|of| of[0] != of[1]), "each has his own");
        let fewer = ShockModel { exposures: model.exposures[..1].to_vec(), ..model.clone() };
        assert_eq!(fewer.draw(Seed(1), 3).1[0], drawn[3][0], "whoever comes after");
    }
}
