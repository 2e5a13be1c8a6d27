//! The ways a known loss can be divided over winners. Each is a rule of the engine with weights,
//! scores or risks; nobody pays more than he won, nor more than he has.

use rhodian_core::allocation::{AllocationError, Claims, Rule, divide};
use rhodian_core::units::Amount;

use crate::crisis::aftermath::Winner;

/// A way to divide, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The name: lower-case words with hyphens.
    pub name: &'static str,
    /// Whose it is, or what is true of it, in a few words.
    pub about: &'static str,
    rule: Rule,
    by: By,
}

/// What a rule reads of a winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// What he won.
    Gain,
    /// What his account is worth.
    Equity,
    /// The value of his legs.
    Open,
    /// His place in a venue's queue, by the score of this number.
    Score(usize),
    /// What he won, times his leverage.
    Leverage,
    /// What he won, times the square of his leverage.
    SquaredLeverage,
}

const fn way(name: &'static str, about: &'static str, rule: Rule, by: By) -> Way {
    Way { name, about, rule, by }
}

/// Every way that is compared, the engine's default first.
pub const WAYS: [Way; 11] = [
    way("proportional", "by what was won: the default here", Rule::Proportional, By::Gain),
    way("by-equity", "by what accounts are worth", Rule::Proportional, By::Equity),
    way("by-contracts", "by open value: Drift, Paradex", Rule::Proportional, By::Open),
    way("leverage-weighted", "by what was won times leverage", Rule::RiskWeighted, By::Leverage),
    way(
        "risk-aware",
        "by what was won times squared leverage",
        Rule::RiskWeighted,
        By::SquaredLeverage,
    ),
    way("equal-losses", "the same from everyone", Rule::EqualLosses, By::Gain),
    way("equal-awards", "everyone keeps the same", Rule::EqualAwards, By::Gain),
    way("talmud", "halves, Aumann and Maschler 1985", Rule::Talmud, By::Gain),
    way("queue-binance", "leverage times profit first", Rule::Queue, By::Score(0)),
    way("queue-hyperliquid", "profit part times leverage first", Rule::Queue, By::Score(1)),
    way("queue-bitmex", "profit part times effective leverage", Rule::Queue, By::Score(2)),
];

/// Leverage counts from nothing to this, in millionths: a million times.
const MOST: u128 = 1_000_000_000_000;

/// Open value over equity, in millionths, rounded down.
fn leverage(of: &Winner) -> u128 {
    (of.open * 1_000_000 / of.equity.max(1)).min(MOST)
}

impl Way {
    /// What each of `winners` pays of `loss`, in their order.
    #[must_use]
    pub fn divide(&self, loss: Amount, winners: &[Winner]) -> Vec<u128> {
        let amount = |atoms: u128| Amount::new(atoms).unwrap_or(Amount::MAX);
        let caps: Vec<Amount> = winners.iter().map(|of| amount(of.gain.min(of.equity))).collect();
        let weight = |of: &Winner| match self.by {
            By::Equity => of.equity,
            By::Open => of.open,
            _ => of.gain,
        };
        let weights: Vec<Amount> = winners.iter().map(|of| amount(weight(of))).collect();
        let score = |of: &Winner| match self.by {
            By::Score(number) => of.scores[number],
            _ => 0,
        };
        let scores: Vec<i64> = winners.iter().map(score).collect();
        let risk = |of: &Winner| match self.by {
            By::SquaredLeverage => (leverage(of) * leverage(of) / 1_000_000).min(MOST) as u64,
            _ => leverage(of) as u64,
        };
        let risks: Vec<u64> = winners.iter().map(risk).collect();
        let claims =
            Claims { caps: &caps, weights: &weights, scores: &scores, risks: &risks, classes: &[] };
        match divide(self.rule, loss, &claims) {
            Ok(division) => division.shares.iter().map(|share| share.atoms()).collect(),
            Err(AllocationError::NoWeight) => vec![0; winners.len()],
            // Columns are of one length, and the lab's amounts far below every bound.
            Err(refused) => unreachable!("{refused}"),
        }
    }
}
