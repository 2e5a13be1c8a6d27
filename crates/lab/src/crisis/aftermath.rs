//! What a crisis leaves to divide: who won, and wave by wave what was lost.

use rhodian_core::ids::Time;

use super::Crisis;

/// Whoever has more after a crisis than before it. Nobody deposits or trades while it lasts, so
/// this is what prices gave him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// His account's place in the book.
    pub account: u32,
    /// What he won, in atoms, above zero.
    pub gain: u128,
    /// What his account is worth after it.
    pub equity: u128,
    /// The gross value of his legs at the last marks.
    pub open: u128,
    /// The value of his long legs less that of his short ones, or the reverse.
    pub net: u128,
    /// How many lots he holds, over all markets.
    pub lots: u64,
    /// Where he stands in the queues of venues: the highest score of one of his legs, by
    /// [`SCORES`].
    pub scores: [i64; 3],
}

/// The scores of [`Winner::scores`], in order.
pub const SCORES: [rhodian_core::liquidation::adl::orders::VenueScore; 3] = {
    use rhodian_core::liquidation::adl::orders::VenueScore;
    [VenueScore::Binance, VenueScore::Hyperliquid, VenueScore::Bitmex]
};

/// The losses that were detected at one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    /// When.
    pub at: Time,
    /// What they lacked at the marks then: all that anyone can know at that moment.
    pub seen: u128,
    /// What they came to when the books were closed, beyond own means.
    pub lacked: u128,
    /// The most that one of them came to.
    pub largest: u128,
    /// When the last of their books was flat: from then on it is known what they came to.
    pub settled: Time,
}

/// A crisis with all that is to be divided after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// What it came to.
    pub crisis: Crisis,
    /// Who won, by account.
    pub winners: Vec<Winner>,
    /// What was lost, by time.
    pub waves: Vec<Wave>,
}
