//! The fast way: 64-bit words with 128-bit products, tables made by the slow way.
//!
//! Fraction bits, each the most that its range leaves in a signed word: logarithms 59 (below 16),
//! standard deviations and arguments of the normal distribution 56 (below 18), probabilities 63.

use super::exact::{self, NODES, Node, TAIL_NODES};

/// Fraction bits of a logarithm.
pub(super) const LN_BITS: u32 = 59;
/// Fraction bits of a total standard deviation and of d1 and d2.
pub(super) const STDEV_BITS: u32 = 56;
/// Fraction bits of a probability.
pub(super) const TAIL_BITS: u32 = 63;
/// Certainty.
pub(super) const CERTAIN: u64 = 1 << TAIL_BITS;

/// Logarithms count from 2^40, so that a level from 2^23 to 2^56 stays within 12 of zero.
const LN_ORIGIN: i64 = 40;

/// A word that the caller knows to fit.
pub(super) const fn narrow(value: i128) -> i64 {
    value as i64 // style-ok: the bound that makes it fit stands at each call
}

/// As [`narrow`], without a sign.
pub(super) const fn narrow_unsigned(value: u128) -> u64 {
    value as u64 // style-ok: the bound that makes it fit stands at each call
}

/// One row of the logarithm's table: a factor with 10 fraction bits that brings a mantissa to
/// within 2^-7 of one, and what it takes off the logarithm, with 59.
#[derive(Clone, Copy, Debug)]
struct LnRow {
    inverse: u64,
    ln: i64,
}

static LN_ROWS: [LnRow; 128] = ln_rows();

const fn ln_rows() -> [LnRow; 128] {
    let mut rows = [LnRow { inverse: 0, ln: 0 }; 128];
    let mut i = 0;
    let mut middle = 257; // The middle of the row's mantissas, in 256ths.
    while i < rows.len() {
        let inverse = (2 * 256 * 1024 + middle) / (2 * middle);
        let ln = exact::ln_ratio(1024, inverse);
        rows[i] = LnRow { inverse, ln: narrow((ln + (1 << 60)) >> (120 - LN_BITS)) };
        middle += 2;
        i += 1;
    }
    rows
}

/// (ln(1 + r) - r) / r^2 as a polynomial of r / 2: -1/2, 2/3, -4/4, .. with 60 fraction bits. What
/// is left out of ln(1 + r) is below 2^-66.
const LN_SERIES: [i64; 7] = {
    let one: i128 = 1 << 60;
    [
        narrow(-one / 2),
        narrow(2 * one / 3),
        narrow(-one),
        narrow(8 * one / 5),
        narrow(-16 * one / 6),
        narrow(32 * one / 7),
        narrow(-8 * one),
    ]
};

/// The product less 64 bits, rounded down.
#[inline(always)]
fn high(a: i64, b: i64) -> i64 {
    // Below 2^63 x 2^63, so the high word fits.
    narrow((i128::from(a) * i128::from(b)) >> 64)
}

/// A polynomial, constant first, of half of `t`, by Horner's scheme: as a word keeps one bit for
/// the sign, the high half of a product is half of it, and the coefficients make up for that.
/// Rounded down by less than 1 + 1/2 + 1/4 + .. = 2 units of the last place.
#[inline(always)]
fn horner(coefficients: &[i64], t: i64) -> i64 {
    let add = |sum, coefficient: &i64| {
        coefficient.wrapping_add(high(sum, t)) // style-ok: far below 2^63; a check costs much
    };
    coefficients.iter().rev().fold(0, add)
}

/// ln(units / 2^40) with 59 fraction bits, for units from 2^23 to 2^57. Within 2^-58: the table,
/// the multiple of ln 2 and the sum are rounded by half a unit each, the series by less.
pub(super) fn ln(units: u64) -> i64 {
    let zeros = units.leading_zeros();
    let mantissa = units << zeros;
    // Of a word whose top bit is set, the next seven bits.
    let row = LN_ROWS[usize::from((mantissa >> 56) as u8 & 0x7f)]; // style-ok: seven bits
    // The factor brings it to 1 + r with 73 fraction bits, |r| < 2^-7; r keeps 63.
    let scaled = u128::from(mantissa) * u128::from(row.inverse);
    let r = narrow((scaled.cast_signed() - (1 << 73)) >> 10);
    // As |r| < 2^-7, r^2 may have 74 fraction bits; its product with the series has 70.
    let series = (r << 7) + high(horner(&LN_SERIES, r), high(r << 6, r << 6));
    let exponent = 63 - LN_ORIGIN - i64::from(zeros);
    let ln_2 = narrow((i128::from(exponent) * exact::LN_2 + (1 << 60)) >> (120 - LN_BITS));
    ln_2 + row.ln + ((series + (1 << 10)) >> 11)
}

/// Nodes at 0, 1/128, .. 10.
const ROWS: usize = 2 * NODES - 1;

/// Coefficients of the tail around each node, as a polynomial of t / 2 for t in [-1, 1], where the
/// argument is the node plus t / 256: 63 fraction bits. What is left out is below 2^-64.
static TAIL_ROWS: [[i64; 7]; ROWS] = tail_rows();

/// Where the tables end, with 56 fraction bits.
const END: u64 = 10 << STDEV_BITS;

const fn tail_rows() -> [[i64; 7]; ROWS] {
    let mut rows = [[0; 7]; ROWS];
    let mut e = 0;
    let mut i = 0;
    while i < ROWS {
        let mut node = TAIL_NODES[i / 2];
        if i % 2 == 1 {
            let (mass, density) = exact::step(node.density, e - exact::ONE / 128, exact::ONE / 128);
            node = Node { tail: node.tail - mass, density };
        }
        rows[i] = tail_row(node, e);
        e += exact::ONE / 128;
        i += 1;
    }
    rows
}

/// The Taylor coefficients at one node, by the recursion that the slow way steps with.
const fn tail_row(node: Node, e: i128) -> [i64; 7] {
    let mut row = [0; 7];
    row[0] = rounded(node.tail);
    let h = exact::ONE / 256;
    let (slope, square) = (exact::product(h, e), exact::product(h, h));
    let (mut before, mut term) = (0, exact::ONE);
    let (mut k, mut order) = (1, 1);
    while k < row.len() {
        let area = exact::product(h, term) / order;
        row[k] = rounded(-exact::product(node.density, area) << k);
        let sum = exact::product(slope, term) + exact::product(square, before);
        before = term;
        term = -sum / order;
        k += 1;
        order += 1;
    }
    row
}

/// A probability with 120 fraction bits, rounded to the 63 of the fast way.
const fn rounded(value: i128) -> i64 {
    narrow((value + (1 << 56)) >> (120 - TAIL_BITS))
}

/// The node nearest to |e|, at most the last, and the place beside it: t with 63 fraction bits.
#[inline(always)]
fn place(e: i64) -> (usize, i64) {
    let size = e.unsigned_abs().min(END);
    let node = (size + (1 << 48)) >> 49;
    // Within 2^48 of the node, so within 2^63 after the shift.
    let t = (size.cast_signed() - (node << 49).cast_signed()) << 15;
    (usize::from(node as u16), t) // style-ok: a node is at most 1280
}

/// P(Z > e) with 63 fraction bits, within 2^-61 (so a tail of nothing may turn to a unit or two of
/// the last place, of either sign, which is dropped). Nothing is left from 10 on, where the true
/// tail is below 2^-76.
#[inline(always)]
pub(super) fn tail(e: i64) -> u64 {
    let (node, t) = place(e);
    let tail = horner(&TAIL_ROWS[node], t).unsigned_abs();
    if e < 0 { CERTAIN - tail } else { tail }
}

/// The normal density with 63 fraction bits, within 2^-52: as t / 256 is what the argument moves
/// by, -256 times the tail's derivative by t, or -128 times that by t / 2.
#[inline(always)]
pub(super) fn density(e: i64) -> u64 {
    let (node, t) = place(e);
    let [_, a, b, c, d, e, f] = TAIL_ROWS[node];
    let slope = horner(&[a, 2 * b, 3 * c, 4 * d, 5 * e, 6 * f], t);
    slope.unsigned_abs() << 7
}
