//! What is sold moves the price: a book of orders with a depth, which withdraws under stress.
//!
//! A market's displacement is kept as a volume: `sold`, what was sold and not made up, counted in
//! depths. One depth is the lots that move the price by one per cent. The price is
//!
//! ```text
//! mark = fair x (1 - f(sold))      linear: f(s) = s / 100     square root: f(s) = sqrt(s) / 100
//! ```
//!
//! with `fair` the price of the path, which nothing that is sold reaches, and f odd: buying lifts
//! the price as selling lowers it. A sale from s to s' gets the mean of f between them, so a sale
//! in parts gets what it gets in one, and selling and buying back at once costs nothing but the
//! spread.
//!
//! Each tick the part `recovery` of `sold` is made up. Depth withdraws with a market's *stress*,
//! the sum of its moves either way, of which half is forgotten every `refill` ticks: of the calm
//! depth `1 - thinning (1 - 2^(-stress / 5 %))` is there, so `thinning` is gone at the worst and
//! half of that after a move of five per cent. Whoever sells then moves the price further; what
//! was sold before is not counted again.
//!
//! Where a price that falls by one per cent brings a volume of so many depths to be sold, the
//! *branching* m, a shock comes to `shock / (1 - m)` by the linear law, and to no end from m = 1
//! on.
//!
//! Sources: the linear law is Kyle's (1985); that of the square root is what large orders were
//! measured to do (Torre 1997; Toth and others 2011), and 2/3 of the move is what they pay for it.
//! Depth that withdraws is what perpetuals are reported to have shown (Garcia Seuma, arXiv
//! 2608.03616, read at second hand): in seven cascades from 2022 to 2025 the branching was 0.1 to
//! 0.2, far from one, and how bad they were followed the shock, its path and the withdrawal of
//! liquidity. **So calibrate how depth withdraws, and no explosive branching.**
//!
//! **When it is false**: depth is a part of each market's open interest, which thin markets do not
//! have; what one market sells moves no other, though makers of one stand in all; the books of
//! other venues stand behind this one's, and arbitrage brings them; whether what is sold comes
//! back, and how soon, nobody knows; and that depth follows the last minutes' moves, and no news,
//! is chosen.

use crate::error::{LabError, require};

/// How the price follows what is sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// In proportion to it: a book that is as deep everywhere.
    #[default]
    Linear,
    /// With its square root: the first lots move it most.
    SquareRoot,
}

/// Depth and what becomes of it. Parts are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact {
    /// How the price follows.
    pub shape: Shape,
    /// What moves a market's price by one per cent when all is calm, of its open interest at the
    /// start.
    pub depth: u32,
    /// The part of what was sold that is made up each tick.
    pub recovery: u32,
    /// The part of the depth that is gone at the worst; half of it after a move of five per cent.
    pub thinning: u32,
    /// In how many ticks half of a market's stress is forgotten.
    pub refill: u32,
}

impl Impact {
    /// A linear book of such a depth that neither withdraws nor recovers.
    #[must_use]
    pub const fn linear(depth: u32) -> Self {
        Self { shape: Shape::Linear, depth, recovery: 0, thinning: 0, refill: 12 }
    }

    pub(super) fn check(&self) -> Result<(), LabError> {
        require((1_000..=10_000_000).contains(&self.depth), "depth", "0.1 to 1,000 %")?;
        require(self.recovery <= 1_000_000, "recovery", "0 to 100 %")?;
        require(self.thinning <= 990_000, "thinning", "0 to 99 %")?;
        require((1..=1_000).contains(&self.refill), "refill", "1 to 1,000 ticks")
    }
}

/// A price is pushed to no less than half of what it would be and to no more than twice: there is
/// the end of this book, and others trade.
const DOWN: f64 = 0.5;
const UP: f64 = 1.0;
/// The move after which half of what withdraws is gone.
const HALF_GONE: f64 = 0.05;

/// One market's orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Orders {
    of: Impact,
    /// The lots that move the price by one per cent when all is calm; zero where nothing is open.
    calm: f64,
    /// What was sold and is not made up, in depths; below zero where more was bought.
    sold: f64,
    /// The sum of the last moves either way, as logarithms.
    stress: f64,
}

impl Orders {
    /// Orders of a market with so many lots open.
    #[must_use]
    pub fn of(of: Impact, open: f64) -> Self {
        Self { of, calm: open * f64::from(of.depth) / 1e6, sold: 0.0, stress: 0.0 }
    }

    /// Displacement by such a volume in depths, as a part of the price: above zero where it falls.
    fn pushed_by(&self, sold: f64) -> f64 {
        let size = match self.of.shape {
            Shape::Linear => sold.abs(),
            Shape::SquareRoot => sold.abs().sqrt(),
        };
        let pushed = (size / 100.0).copysign(sold);
        pushed.clamp(-UP, DOWN)
    }

    /// Its integral from zero: even, since displacement is odd.
    fn area(&self, sold: f64) -> f64 {
        let size = sold.abs();
        let (end, rest) = self.end(sold);
        let within = size.min(end);
        let below = match self.of.shape {
            Shape::Linear => within * within / 2.0,
            Shape::SquareRoot => within * within.sqrt() * 2.0 / 3.0,
        };
        below / 100.0 + (size - within) * rest
    }

    /// From which volume on a price is pushed no further, and how far that is.
    fn end(&self, sold: f64) -> (f64, f64) {
        let rest = if sold < 0.0 { UP } else { DOWN };
        let size = 100.0 * rest;
        let end = match self.of.shape {
            Shape::Linear => size,
            Shape::SquareRoot => size * size,
        };
        (end, rest)
    }

    /// How far the price is pushed, as a part of it: above zero where it is lower.
    #[must_use]
    pub fn pushed(&self) -> f64 {
        self.pushed_by(self.sold)
    }

    /// The lots that move the price by one per cent now.
    #[must_use]
    pub fn depth(&self) -> f64 {
        let gone = 1.0 - libm::pow(0.5, self.stress / HALF_GONE);
        self.calm * (1.0 - f64::from(self.of.thinning) / 1e6 * gone)
    }

    /// How far a sale of `lots` (a purchase where below zero) finds the price pushed on average.
    #[must_use]
    pub fn met_by(&self, lots: f64) -> f64 {
        let depth = self.depth();
        if depth <= 0.0 || lots == 0.0 {
            return self.pushed();
        }
        let after = self.sold + lots / depth;
        // Displacement below zero has an area as above it, in the other direction.
        (self.area(after) - self.area(self.sold)) / (after - self.sold)
    }

    /// Sells `lots`; buys where below zero.
    pub fn sell(&mut self, lots: f64) {
        let depth = self.depth();
        if depth > 0.0 {
            let sold = self.sold + lots / depth;
            // A book that is at its end has nobody in it to be pushed further.
            self.sold = sold.clamp(-self.end(-1.0).0, self.end(1.0).0);
        }
    }

    /// A tick goes by: what was sold is made up in part.
    pub fn recover(&mut self) {
        self.sold *= 1.0 - f64::from(self.of.recovery) / 1e6;
    }

    /// Over a tick the price moved by such a logarithm.
    pub fn moved(&mut self, by: f64) {
        let kept = libm::pow(0.5, 1.0 / f64::from(self.of.refill.max(1)));
        self.stress = self.stress * kept + by.abs();
    }
}

#[cfg(test)]
mod tests {
    use super::{DOWN, Impact, Orders, Shape};

    /// Depth of 1,000 lots for each unit of price at 98.5, as a book: 985 lots move it by 1 %.
    fn book() -> Orders {
        Orders::of(Impact::linear(1_000_000), 985.0)
    }

    /// The published ladder of a cascade: depth 1,000 lots a dollar, a shock from 100 to 98.5, and
    /// positions that are sold at their liquidation prices: it stops at 97.2.
    #[test]
    fn the_ladder_of_a_cascade_stops_where_it_is_published_to() {
        let mut ladder =
            vec![(99.0, 500.0), (98.0, 800.0), (97.0, 1_200.0), (95.0, 2_000.0), (90.0, 4_000.0)];
        let (mut orders, fair, mut rounds) = (book(), 98.5, Vec::new());
        loop {
            let price = fair * (1.0 - orders.pushed());
            let (hit, left): (Vec<_>, Vec<_>) =
                ladder.into_iter().partition(|(at, _): &(f64, f64)| price <= *at + 1e-9);
            ladder = left;
            let lots: f64 = hit.iter().map(|(_, lots)| lots).sum();
            if lots == 0.0 {
                break;
            }
            orders.sell(lots);
            rounds.push((lots, (fair * (1.0 - orders.pushed()) * 1e6).round() / 1e6));
        }
        assert_eq!(rounds, [(500.0, 98.0), (800.0, 97.2)]);
        assert_eq!(ladder.len(), 3, "nobody below 97.2 is reached");
    }

    /// What each per cent brings to market moves the price by m per cent more: in all by
    /// 1 / (1 - m).
    #[test]
    fn a_branching_below_one_comes_to_its_sum() {
        for (branching, times) in [(0.2, 1.25), (0.5, 2.0), (0.9, 10.0)] {
            let mut orders = Orders::of(Impact::linear(10_000), 100.0);
            let (shock, mut last) = (0.01, 0.0);
            for _ in 0..400 {
                let fallen = shock + orders.pushed();
                orders.sell(branching * (fallen - last) * 100.0 * orders.depth());
                last = fallen;
            }
            let total = (shock + orders.pushed()) / shock;
            assert!((total / times - 1.0).abs() < 1e-9, "{branching}: {total}");
        }
        // From one on it ends where the book does.
        let mut orders = Orders::of(Impact::linear(10_000), 100.0);
        let mut last = 0.0;
        for _ in 0..400 {
            let fallen = 0.01 + orders.pushed();
            orders.sell(1.2 * (fallen - last) * 100.0 * orders.depth());
            last = fallen;
        }
        assert!((orders.pushed() - DOWN).abs() < 1e-12, "{}", orders.pushed());
    }

    #[test]
    fn a_sale_in_parts_gets_what_it_gets_in_one() {
        for shape in [Shape::Linear, Shape::SquareRoot] {
            let of = Impact { shape, ..Impact::linear(50_000) };
            for lots in [40.0, 700.0, 9_000.0, 90_000.0, -40.0, -9_000.0, -5e6] {
                let whole = Orders::of(of, 1_000.0).met_by(lots);
                let (mut orders, mut sum) = (Orders::of(of, 1_000.0), 0.0);
                for _ in 0..8 {
                    sum += orders.met_by(lots / 8.0) / 8.0;
                    orders.sold += lots / 8.0 / orders.depth();
                }
                assert!(
                    (whole - sum).abs() < 1e-9 * whole.abs(),
                    "{shape:?} {lots}: {whole}, {sum}"
                );
                // And back again: what it paid on the way is what it gets.
                let back = orders.met_by(-lots);
                assert!((whole - back).abs() < 1e-9 * whole.abs(), "{shape:?} {lots}: {back}");
            }
        }
        // Half of a linear move is paid, two thirds of one by the square root.
        let mut linear = Orders::of(Impact::linear(10_000), 1_000.0);
        assert!((linear.met_by(100.0) - 0.05).abs() < 1e-12);
        linear.sell(100.0);
        assert!((linear.pushed() - 0.10).abs() < 1e-12);
        let root = Impact { shape: Shape::SquareRoot, ..Impact::linear(10_000) };
        let mut root = Orders::of(root, 1_000.0);
        assert!((root.met_by(90.0) - 0.02).abs() < 1e-12);
        root.sell(90.0);
        assert!((root.pushed() - 0.03).abs() < 1e-12);
    }

    #[test]
    fn depth_withdraws_with_moves_and_comes_back() {
        let of =
            Impact { thinning: 800_000, refill: 12, recovery: 100_000, ..Impact::linear(50_000) };
        let mut orders = Orders::of(of, 1_000.0);
        assert!((orders.depth() - 50.0).abs() < 1e-12);
        orders.moved(-0.05);
        assert!((orders.depth() - 30.0).abs() < 1e-9, "half of what withdraws after five per cent");
        orders.sell(30.0);
        assert!((orders.pushed() - 0.01).abs() < 1e-12, "fewer lots move it as far");
        let still = |orders: &mut Orders, ticks: u32| {
            (0..ticks).for_each(|_| {
                orders.recover();
                orders.moved(0.0);
            });
        };
        still(&mut orders, 12);
        let gone = 0.8 * (1.0 - 0.5f64.sqrt());
        assert!((orders.depth() - 50.0 * (1.0 - gone)).abs() < 1e-9, "half is forgotten");
        let left = 0.01 * 0.9f64.powi(12);
        assert!((orders.pushed() - left).abs() < 1e-12, "a tenth is made up each tick");
        still(&mut orders, 600);
        assert!((orders.depth() - 50.0).abs() < 1e-6 && orders.pushed() < 1e-12);
        orders.moved(3.0);
        assert!((orders.depth() - 10.0).abs() < 1e-6, "no more than that is ever gone");
        orders.moved(1e9);
        orders.sell(10.0);
        assert!((orders.pushed() - 0.01).abs() < 1e-6, "a book never ends in one without end");
    }

    #[test]
    fn a_market_without_lots_is_not_moved() {
        let mut orders = Orders::of(Impact::linear(50_000), 0.0);
        orders.sell(10.0);
        assert_eq!((orders.pushed(), orders.met_by(5.0)), (0.0, 0.0));
        assert!(Impact::linear(0).check().is_err());
        assert!(Impact { thinning: 1_000_000, ..Impact::linear(50_000) }.check().is_err());
        assert!(Impact { refill: 0, ..Impact::linear(50_000) }.check().is_err());
    }
}
