//! Columns of options, priced as a whole.
//!
//! Columns lie in blocks, each of which fits in the nearest cache together with its results.

use super::kernel;
use crate::instructions::Instructions;

/// Options in one block.
pub const BLOCK: usize = 64;

/// A block of options, as they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub forward: [f64; BLOCK],
    pub strike: [f64; BLOCK],
    pub log: [f64; BLOCK],
    pub volatility: [f64; BLOCK],
    pub root: [f64; BLOCK],
}

impl Inputs {
    const EMPTY: Self = Self {
        forward: [1.0; BLOCK],
        strike: [1.0; BLOCK],
        log: [0.0; BLOCK],
        volatility: [0.0; BLOCK],
        root: [0.0; BLOCK],
    };
}

/// The prices of a block, in the unit of its forwards.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceBlock {
    /// Of calls.
    pub call: [f64; BLOCK],
    /// Of puts.
    pub put: [f64; BLOCK],
}

impl PriceBlock {
    const EMPTY: Self = Self { call: [0.0; BLOCK], put: [0.0; BLOCK] };
}

/// The prices of a block and their sensitivities, all in the unit of its forwards: as the engine's
/// own, `rhodian_core::pricing::Greeks`, a delta of F dV/dF and a gamma of F^2 d2V/dF2.
///
/// Without deviation, delta is that of exercise (half of it at the strike), and the others are
/// zero.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityBlock {
    /// The call.
    pub call: [f64; BLOCK],
    /// The put.
    pub put: [f64; BLOCK],
    /// F dC/dF.
    pub call_delta: [f64; BLOCK],
    /// F dP/dF.
    pub put_delta: [f64; BLOCK],
    /// F^2 d2V/dF2, of either.
    pub gamma: [f64; BLOCK],
    /// dV/dv, of either.
    pub vega: [f64; BLOCK],
    /// F d2V/dFdv, of either.
    pub vanna: [f64; BLOCK],
    /// dV/dt for one year passed, of either.
    pub theta: [f64; BLOCK],
}

impl SensitivityBlock {
    const EMPTY: Self = Self {
        call: [0.0; BLOCK],
        put: [0.0; BLOCK],
        call_delta: [0.0; BLOCK],
        put_delta: [0.0; BLOCK],
        gamma: [0.0; BLOCK],
        vega: [0.0; BLOCK],
        vanna: [0.0; BLOCK],
        theta: [0.0; BLOCK],
    };
}

/// What is known of one option, with its logarithm and root taken, which is done once for many
/// prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The forward, zero or above.
    pub forward: f64,
    /// The strike, above zero, in the forward's unit.
    pub strike: f64,
    /// The logarithm of forward over strike. An error of it is one of the price, of as many parts
    /// of the forward; sensitivities divide it by the total deviation.
    pub log: f64,
    /// Volatility a year.
    pub volatility: f64,
    /// The square root of the years left.
    pub root: f64,
}

/// Columns of European options, priced by Black's formula of 1976 without interest. Every row has
/// a price: below a total deviation of 10^-12, or where it is not a number, what exercise gives.
///
/// ```
/// use rhodian_lab::instructions::Instructions;
/// use rhodian_lab::options::columns::{Columns, Row};
/// let mut columns = Columns::default();
/// let money = Row { forward: 100.0, strike: 100.0, log: 0.0, volatility: 0.2, root: 1.0 };
/// let over = Row { strike: 90.0, log: (100.0f64 / 90.0).ln(), volatility: 0.0, ..money };
/// columns.push(money);
/// columns.push(over);
/// let prices = columns.prices(Instructions::Best);
/// assert!((prices[0].call[0] - 7.965_567_455_405_804).abs() < 1e-12);
/// assert_eq!((prices[0].call[1], prices[0].put[1]), (10.0, 0.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Columns {
    blocks: Vec<Inputs>,
    rows: usize,
}

impl Columns {
    /// Appends one option.
    pub fn push(&mut self, row: Row) {
        let place = self.rows % BLOCK;
        if place == 0 {
            self.blocks.push(Inputs::EMPTY);
        }
        if let Some(block) = self.blocks.last_mut() {
            block.forward[place] = row.forward;
            block.strike[place] = row.strike;
            block.log[place] = row.log;
            block.volatility[place] = row.volatility;
            block.root[place] = row.root;
        }
        self.rows += 1;
    }

    /// How many options there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The prices, row r at r modulo [`BLOCK`] of block r / [`BLOCK`].
    #[must_use]
    pub fn prices(&self, instructions: Instructions) -> Vec<PriceBlock> {
        let mut outputs = Vec::new();
        self.prices_into(instructions, &mut outputs);
        outputs
    }

    /// The prices, into what held others before.
    pub fn prices_into(&self, instructions: Instructions, outputs: &mut Vec<PriceBlock>) {
        outputs.resize(self.blocks.len(), PriceBlock::EMPTY);
        kernel::prices(instructions, &self.blocks, outputs);
    }

    /// The prices and sensitivities, into what held others before.
    pub fn sensitivities_into(
        &self,
        instructions: Instructions,
        outputs: &mut Vec<SensitivityBlock>,
    ) {
        outputs.resize(self.blocks.len(), SensitivityBlock::EMPTY);
        kernel::sensitivities(instructions, &self.blocks, outputs);
    }
}
