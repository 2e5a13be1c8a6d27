//! The arithmetic of Black's formula of 1976, without interest, for one option after another.
//!
//! Only `+ - * /`, comparisons that select, and shifts of exponents are used, so every instruction
//! set gives the same bits: nothing is fused, nothing comes from a mathematical library. There is
//! no branch, so that the compiler prices 2, 4 or 8 options by the same instructions.
//!
//! With L the smaller of forward F and strike K, H the larger, u = -|ln F/K| and s the total
//! deviation, the option out of the money is worth L N(a) - H N(b), where a = u/s + s/2 and
//! b = a - s, whether it is the call or the put. As L n(a) = H n(b), one exponential gives both
//! tails. The option in the money is worth F - K more or less, which keeps parity and the bounds.

use crate::instructions::by_instructions;

use super::columns::{BLOCK, Inputs, PriceBlock, SensitivityBlock};

/// A smaller total deviation is none: the price is what exercise gives.
pub const LEAST_DEVIATION: f64 = 1e-12;
/// A larger total deviation counts as this one, where a call is long worth the forward.
const MOST_DEVIATION: f64 = 1e9;
const ROOT_TWO_PI_INVERSE: f64 = 0.398_942_280_401_432_7;

/// What price and sensitivities are made of.
struct Parts {
    call: f64,
    put: f64,
    call_delta: f64,
    put_delta: f64,
    /// The forward times the density at d1; zero without deviation.
    mass: f64,
    below: f64,
    deviation_inverse: f64,
}

#[inline(always)]
fn at_least(x: f64, least: f64) -> f64 {
    if x > least { x } else { least }
}

#[inline(always)]
fn at_most(x: f64, most: f64) -> f64 {
    if x < most { x } else { most }
}

/// e to the `x`, for `x` from -700 to 0, within 10^-14 of it: a power of two times Taylor's
/// polynomial of degree 11 on half an octave to each side. Its terms are summed in pairs (Estrin),
/// because a chain of them would be waited for.
#[inline(always)]
fn exp_of_negative(x: f64) -> f64 {
    /// 1.5 times 2^52: added, it leaves the nearest whole number in the lowest bits.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    /// The logarithm of 2: its first 33 bits, whose products are exact, and the rest.
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = x * core::f64::consts::LOG2_E + WHOLE;
    let octaves = shifted - WHOLE;
    let r = (x - octaves * LN_2_HIGH) - octaves * LN_2_LOW;
    let (r_2, t) = (r * r, &TAYLOR);
    let r_4 = r_2 * r_2;
    let low = (t[0] + t[1] * r) + (t[2] + t[3] * r) * r_2;
    let middle = (t[4] + t[5] * r) + (t[6] + t[7] * r) * r_2;
    let high = (t[8] + t[9] * r) + (t[10] + t[11] * r) * r_2;
    let sum = low + (middle + high * r_4) * r_4;
    let exponent = (shifted.to_bits() << 52).wrapping_add(1023 << 52);
    sum * f64::from_bits(exponent)
}

/// One over the factorials.
const TAYLOR: [f64; 12] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
];

/// Numerator and denominator of N(-x) / e^(-x^2/2), for x of 0 or more: Hart's approximation 5666
/// (Computer Approximations, 1968). It is meant for x up to 7.07; beyond, both it and the truth
/// fall as 1/x, and what it multiplies is below 2e-11, so that it errs by less than 1e-20 there.
#[inline(always)]
fn tail(x: f64) -> (f64, f64) {
    let (square, p, q) = (x * x, &ABOVE, &BELOW);
    let even = ((p[6] * square + p[4]) * square + p[2]) * square + p[0];
    let odd = (p[5] * square + p[3]) * square + p[1];
    let above = even + odd * x;
    let even = ((q[6] * square + q[4]) * square + q[2]) * square + q[0];
    let odd = ((q[7] * square + q[5]) * square + q[3]) * square + q[1];
    (above, even + odd * x)
}

/// Coefficients, constant first.
const ABOVE: [f64; 7] = [
    220.206_867_912_376,
    221.213_596_169_931,
    112.079_291_497_871,
    33.912_866_078_383,
    6.373_962_203_531_65,
    0.700_383_064_443_688,
    0.035_262_496_599_891_1,
];
const BELOW: [f64; 8] = [
    440.413_735_824_752,
    793.826_512_519_948,
    637.333_633_378_831,
    296.564_248_779_674,
    86.780_732_202_946_1,
    16.064_177_579_207,
    1.755_667_163_182_64,
    0.088_388_347_648_318_4,
];

#[inline(always)]
fn parts(forward: f64, strike: f64, log: f64, deviation: f64) -> Parts {
    let is_live = deviation >= LEAST_DEVIATION;
    let deviation = at_most(if is_live { deviation } else { 1.0 }, MOST_DEVIATION);
    let deviation_inverse = 1.0 / deviation;
    let distance = at_most(log, -log);
    let at_end = if distance < 0.0 { -40.0 } else { 0.0 };
    let a = distance * deviation_inverse + 0.5 * deviation;
    let a = if is_live { a } else { at_end };
    let b = if is_live { a - deviation } else { at_end };

    let is_call_out = forward <= strike;
    let low = if is_call_out { forward } else { strike };
    let density = low * exp_of_negative(at_least(-0.5 * a * a, -700.0));
    let ((above_a, below_a), (above_b, below_b)) = (tail(a.abs()), tail(b.abs()));
    let scale = density / (below_a * below_b);
    let (tail_a, tail_b) = (scale * above_a * below_b, scale * above_b * below_a);
    // Shares of the smaller level and of the larger one; b is never above zero.
    let gain = if a > 0.0 { low - tail_a } else { tail_a };
    let out = at_most(at_least(gain - tail_b, 0.0), low);

    let exercise = forward - strike;
    let call = at_most(out + at_least(exercise, 0.0), forward);
    let put = at_most(out + at_least(-exercise, 0.0), strike);
    let call_delta = if is_call_out { gain } else { forward - tail_b };
    let put_delta = if is_call_out { gain - forward } else { -tail_b };
    let mass = if is_live { density * ROOT_TWO_PI_INVERSE } else { 0.0 };
    let below = if is_call_out { b } else { -a };
    Parts { call, put, call_delta, put_delta, mass, below, deviation_inverse }
}

#[inline(always)]
fn all_prices(inputs: &[Inputs], outputs: &mut [PriceBlock]) {
    for (input, output) in inputs.iter().zip(outputs) {
        for i in 0..BLOCK {
            let deviation = input.volatility[i] * input.root[i];
            let parts = parts(input.forward[i], input.strike[i], input.log[i], deviation);
            (output.call[i], output.put[i]) = (parts.call, parts.put);
        }
    }
}

#[inline(always)]
fn all_sensitivities(inputs: &[Inputs], outputs: &mut [SensitivityBlock]) {
    for (input, output) in inputs.iter().zip(outputs) {
        for i in 0..BLOCK {
            let (volatility, root) = (input.volatility[i], input.root[i]);
            let deviation = volatility * root;
            let parts = parts(input.forward[i], input.strike[i], input.log[i], deviation);
            let gamma = parts.mass * parts.deviation_inverse;
            let vega = parts.mass * root;
            (output.call[i], output.put[i]) = (parts.call, parts.put);
            (output.call_delta[i], output.put_delta[i]) = (parts.call_delta, parts.put_delta);
            (output.gamma[i], output.vega[i]) = (gamma, vega);
            output.vanna[i] = -vega * parts.below * parts.deviation_inverse;
            output.theta[i] = -0.5 * gamma * volatility * volatility;
        }
    }
}

by_instructions! {
    /// The prices of blocks.
    prices(inputs: &[Inputs], outputs: &mut [PriceBlock]) = all_prices
}

by_instructions! {
    /// The prices of blocks and their sensitivities.
    sensitivities(inputs: &[Inputs], outputs: &mut [SensitivityBlock]) = all_sensitivities
}
