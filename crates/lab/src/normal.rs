//! The normal distribution: its function and the inverse of it.
//!
//! The inverse is Wichura's rational approximation (Algorithm AS 241, Applied Statistics 37,
//! 1988), good to about sixteen digits. It uses the four operations, a square root and, in the
//! tails, a logarithm from `libm`, which is plain Rust: no result depends on a platform's own
//! mathematical library.

/// The probability that a standard normal number is at most `x`.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
}

/// The number below which a standard normal one falls with probability `p`, strictly between 0
/// and 1.
///
/// ```
/// use rhodian_lab::normal::normal_quantile;
/// assert_eq!(normal_quantile(0.5), 0.0);
/// assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
/// ```
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE_ABOVE, r) / polynomial(&CENTRE_BELOW, r);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let size = if r <= 5.0 {
        polynomial(&NEAR_ABOVE, r - 1.6) / polynomial(&NEAR_BELOW, r - 1.6)
    } else {
        polynomial(&FAR_ABOVE, r - 5.0) / polynomial(&FAR_BELOW, r - 5.0)
    };
    if centred < 0.0 { -size } else { size }
}

/// The polynomial with these coefficients, constant first, at `x`, by Horner's rule.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const CENTRE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const NEAR_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const NEAR_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::{normal_cdf, normal_quantile};

    /// The function and its inverse share no code, so each is the other's witness. A relative error
    /// e of a quantile x is one of about x^2 e in the probability: so the bound grows with x^2.
    #[test]
    fn the_inverse_undoes_the_function() {
        let middle = (1..4_000u32).map(|step| f64::from(step) / 4_000.0);
        let tail = (4..300u32).map(|exponent| libm::pow(10.0, -f64::from(exponent)));
        let error = |p: f64| {
            let x = normal_quantile(p);
            (normal_cdf(x) / p - 1.0).abs() / (1.0 + x * x)
        };
        let worst = middle.chain(tail).map(error).fold(0.0, f64::max);
        assert!(worst < 1e-15, "worst relative error {worst:e}");
    }

    #[test]
    fn published_quantiles() {
        for (p, x) in [
            (0.999, 3.090_232_306_167_813_5),
            (0.99, 2.326_347_874_040_841),
            (0.1, -1.281_551_565_544_600_4),
            (1e-6, -4.753_424_308_822_899),
        ] {
            assert!((normal_quantile(p) - x).abs() < 2e-15 * x.abs() * 2.0, "{p}");
        }
    }
}
