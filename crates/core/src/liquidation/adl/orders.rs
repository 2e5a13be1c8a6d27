//! The rules of other venues, for comparison and for venues bound to them.
//!
//! | order | lots | known from |
//! |---|---|---|
//! | queue by a score | highest score first, in full | Binance, Hyperliquid, BitMEX |
//! | contracts | in proportion to lots | Drift, Paradex (for losses) |
//! | profit | in proportion to unrealised profit | studies of 10 October 2025 |
//! | random start | all lots, from a random account on in id order | dYdX |
//!
//! What each lacks is known: queues concentrate and tear hedges apart; shares by contracts reach
//! accounts without any profit or leverage; a random start answers to no one's risk. Lots are
//! divided by [`crate::allocation`]: rounding and ties are those of every division.

use alloc::vec;
use alloc::vec::Vec;

use crate::allocation::{AllocationError, Claims, Rule, divide};
use crate::units::Amount;
use crate::wide::mul_div_floor;

/// Scores are in millionths.
const UNIT: u128 = 1_000_000;

/// A factor of a score counts at most a million.
const MAX_FACTOR: u128 = UNIT * UNIT;

/// One holder of lots on the side that is needed; values in atoms, at most 10^30.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Lots it holds, at most 10^15.
    pub lots: u64,
    /// Whether they are long.
    pub long: bool,
    /// What the lots are worth at the mark.
    pub mark_value: u128,
    /// What they were worth at their entry prices.
    pub entry_value: u128,
    /// Gross value of all legs of the account.
    pub notional: u128,
    /// The account's equity.
    pub equity: u128,
}

/// What a queue is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VenueScore {
    /// Leverage times mark over bankruptcy price (the reverse for shorts), as arXiv 2512.01112
    /// states it; zero for an account that no price bankrupts.
    Binance,
    /// Mark over entry price (the reverse for shorts) times notional over account value.
    Hyperliquid,
    /// Profit over entry value, times effective leverage where it is a profit, over it where it
    /// is a loss. Effective leverage: mark value over the distance to bankruptcy.
    Bitmex,
}

impl VenueScore {
    /// The score in millionths, rounded towards zero. Each factor is rounded so, and counts at
    /// most a million; an account without equity has the greatest leverage.
    ///
    /// ```
    /// use rhodian_core::liquidation::adl::orders::{Holder, VenueScore};
    /// // Long, bought at 100 and marked at 120, with an equity of 40.
    /// let holder = Holder {
    ///     lots: 1, long: true, mark_value: 120, entry_value: 100, notional: 120, equity: 40,
    /// };
    /// assert_eq!(VenueScore::Binance.of(&holder), 4_500_000); // 3 x 120 / 80
    /// assert_eq!(VenueScore::Hyperliquid.of(&holder), 3_600_000); // 1.2 x 3
    /// assert_eq!(VenueScore::Bitmex.of(&holder), 600_000); // 20 % x 3
    /// ```
    #[must_use]
    pub fn of(self, holder: &Holder) -> i64 {
        let Holder { long, mark_value: mark, entry_value: entry, notional, equity, .. } = *holder;
        let leverage = factor(notional, equity);
        let (better, worse) = if long { (mark, entry) } else { (entry, mark) };
        match self {
            Self::Binance => match (long, mark.checked_sub(equity)) {
                (true, None | Some(0)) => 0,
                (true, Some(bankrupt)) => score(leverage, factor(mark, bankrupt)),
                (false, _) => score(leverage, factor(mark + equity, mark)),
            },
            Self::Hyperliquid => score(leverage, factor(better, worse)),
            Self::Bitmex if better >= worse => {
                score(factor(mark, equity), factor(better - worse, entry))
            }
            Self::Bitmex => -score(factor(equity, mark), factor(worse - better, entry)),
        }
    }
}

/// `a / b` in millionths, rounded down, at most a million.
fn factor(a: u128, b: u128) -> u128 {
    // Most books fit one word, where dividing takes a quarter of the time.
    if let (Ok(a), Ok(b @ 1..)) = (u64::try_from(a), u64::try_from(b))
        && let Some(a) = a.checked_mul(1_000_000)
    {
        return u128::from(a / b).min(MAX_FACTOR);
    }
    mul_div_floor(a, UNIT, b).map_or(MAX_FACTOR, |factor| factor.min(MAX_FACTOR))
}

/// The product of two factors, in millionths: at most 10^18.
fn score(a: u128, b: u128) -> i64 {
    i64::try_from(a * b / UNIT).unwrap_or(i64::MAX)
}

/// Who gives first, or how it is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Highest score first, in full; ties to the lower index.
    Queue(VenueScore),
    /// In proportion to lots.
    Contracts,
    /// In proportion to unrealised profit, each up to his lots; who has none gives none.
    Profit,
    /// All lots from one account on, in index order and round; the account is drawn by a number
    /// that the caller gives, so a replay gives the same.
    RandomStart(u64),
}

/// Lots by one of the [`Order`]s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Lots each holder gives.
    pub lots: Vec<u64>,
    /// Lots that nobody gives under this order.
    pub unassigned: u64,
}

/// Assigns `needed` lots to the holders, in the order given.
///
/// Refused: what [`divide`] refuses, lots or profits above 10^30.
///
/// ```
/// use rhodian_core::liquidation::adl::orders::{Holder, Order, assign};
/// let holder = |lots, entry_value| Holder {
///     lots, long: true, mark_value: 100, entry_value, notional: 100, equity: 50,
/// };
/// let book = [holder(6, 90), holder(3, 100), holder(3, 120)];
/// assert_eq!(assign(Order::Contracts, &book, 4).unwrap().lots, [2, 1, 1]);
/// let by_profit = assign(Order::Profit, &book, 7).unwrap();
/// assert_eq!((by_profit.lots.as_slice(), by_profit.unassigned), (&[6, 0, 0][..], 1));
/// ```
pub fn assign(order: Order, holders: &[Holder], needed: u64) -> Result<Ordered, AllocationError> {
    let lots = |holder: &Holder| u128::from(holder.lots);
    match order {
        Order::Queue(venue) => {
            let scores: Vec<i64> = holders.iter().map(|holder| venue.of(holder)).collect();
            let caps = amounts(holders.iter().map(lots));
            let claims = Claims { caps: &caps, scores: &scores, ..Claims::default() };
            by_rule(Rule::Queue, &claims, needed)
        }
        Order::Contracts => {
            let caps = amounts(holders.iter().map(lots));
            let claims = Claims { caps: &caps, weights: &caps, ..Claims::default() };
            by_rule(Rule::Proportional, &claims, needed)
        }
        Order::Profit => {
            let weights = amounts(holders.iter().map(profit));
            let winning = |holder: &Holder| if profit(holder) > 0 { lots(holder) } else { 0 };
            let caps = amounts(holders.iter().map(winning));
            let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
            by_rule(Rule::Proportional, &claims, needed)
        }
        Order::RandomStart(seed) => Ok(from_random_start(seed, holders, needed)),
    }
}

/// Unrealised profit, at least zero, and at most 10^30 as values are.
fn profit(holder: &Holder) -> u128 {
    let Holder { long, mark_value, entry_value, .. } = *holder;
    let (better, worse) = if long { (mark_value, entry_value) } else { (entry_value, mark_value) };
    better.checked_sub(worse).map_or(0, |profit| profit)
}

fn amounts(numbers: impl Iterator<Item = u128>) -> Vec<Amount> {
    numbers.map(|number| Amount::new(number).unwrap_or(Amount::MAX)).collect()
}

fn by_rule(rule: Rule, claims: &Claims, needed: u64) -> Result<Ordered, AllocationError> {
    let whole = |lots: &Amount| u64::try_from(lots.atoms()).unwrap_or(u64::MAX);
    if claims.caps.iter().all(|cap| cap.is_zero()) {
        return Ok(Ordered { lots: vec![0; claims.caps.len()], unassigned: needed });
    }
    let needed = Amount::new(u128::from(needed)).unwrap_or(Amount::MAX);
    let division = divide(rule, needed, claims)?;
    let lots = division.shares.iter().map(whole).collect();
    Ok(Ordered { lots, unassigned: whole(&division.residual) })
}

fn from_random_start(seed: u64, holders: &[Holder], needed: u64) -> Ordered {
    let mut lots = vec![0; holders.len()];
    let mut left = needed;
    let start = below(mix(seed), holders.len());
    for place in (start..holders.len()).chain(0..start) {
        lots[place] = holders[place].lots.min(left);
        left -= lots[place];
        if left == 0 {
            break;
        }
    }
    Ordered { lots, unassigned: left }
}

/// A number drawn evenly below `count`, but for one part in 2^64 of each.
fn below(random: u64, count: usize) -> usize {
    let count = u128::try_from(count).unwrap_or(0);
    usize::try_from((u128::from(random) * count) >> 64).unwrap_or(0)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014), modulo 2^64.
fn mix(seed: u64) -> u64 {
    let low = |wide: u128| u64::try_from(wide & u128::from(u64::MAX)).unwrap_or(0);
    let times = |a: u64, b: u64| low(u128::from(a) * u128::from(b));
    let z = low(u128::from(seed) + 0x9e37_79b9_7f4a_7c15);
    let z = times(z ^ (z >> 30), 0xbf58_476d_1ce4_e5b9);
    let z = times(z ^ (z >> 27), 0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(lots: u64, long: bool, mark_value: u128, entry_value: u128, equity: u128) -> Holder {
        Holder { lots, long, mark_value, entry_value, notional: mark_value, equity }
    }

    #[test]
    fn the_three_scores_by_hand() {
        // Alice: short, sold at 150, marked at 100, equity 50: bankrupt at 150.
        let alice = holder(1, false, 100, 150, 50);
        assert_eq!(VenueScore::Binance.of(&alice), 3_000_000); // 2 x 150/100
        assert_eq!(VenueScore::Hyperliquid.of(&alice), 3_000_000); // 150/100 x 2
        assert_eq!(VenueScore::Bitmex.of(&alice), 666_666); // 1/3 x 2, rounded
        // Bob: long, losing: his loss counts less the higher his leverage.
        let bob = holder(1, true, 90, 120, 30);
        assert_eq!(VenueScore::Bitmex.of(&bob), -83_333); // -1/4 x 1/3
        assert_eq!(VenueScore::Hyperliquid.of(&bob), 2_250_000);
        // Carol: more equity than exposure; nothing bankrupts her long.
        assert_eq!(VenueScore::Binance.of(&holder(1, true, 90, 80, 90)), 0);
        // No equity at all: the greatest factor, not a fault.
        assert_eq!(VenueScore::Bitmex.of(&holder(1, true, 90, 45, 0)), 1_000_000_000_000);
        let most = 10u128.pow(30);
        let edge = Holder { entry_value: 1, ..holder(1, true, most, most, 1) };
        assert_eq!(VenueScore::Hyperliquid.of(&edge), 1_000_000_000_000_000_000);
    }

    #[test]
    fn queues_concentrate_and_contracts_spread() {
        let book = [
            holder(50, true, 100, 99, 50),
            holder(50, true, 100, 60, 20),
            holder(20, true, 1, 1, 1),
        ];
        let queue = assign(Order::Queue(VenueScore::Bitmex), &book, 60).unwrap();
        assert_eq!((queue.lots.as_slice(), queue.unassigned), (&[10, 50, 0][..], 0));
        let contracts = assign(Order::Contracts, &book, 60).unwrap();
        assert_eq!(contracts.lots, [25, 25, 10]);
        let short = assign(Order::Contracts, &book, 121).unwrap();
        assert_eq!((short.lots.as_slice(), short.unassigned), (&[50, 50, 20][..], 1));
    }

    #[test]
    fn a_random_start_is_even_and_repeats() {
        // The first output of SplitMix64 from seed 0, as its authors publish it.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        let book = [holder(2, true, 1, 1, 1); 5];
        let mut first = [0; 5];
        for seed in 0..5_000 {
            let given = assign(Order::RandomStart(seed), &book, 3).unwrap();
            let start = given.lots.iter().position(|lots| *lots == 2).unwrap();
            assert_eq!(given.lots[(start + 1) % 5], 1);
            assert_eq!(given, assign(Order::RandomStart(seed), &book, 3).unwrap());
            first[start] += 1;
        }
        assert!(first.iter().all(|count| (900..1100).contains(count)), "{first:?}");
        let losers = [holder(4, true, 1, 2, 1)];
        assert_eq!(assign(Order::Profit, &losers, 3).unwrap().unassigned, 3);
        assert_eq!(assign(Order::RandomStart(1), &[], 3).unwrap().unassigned, 3);
    }
}
