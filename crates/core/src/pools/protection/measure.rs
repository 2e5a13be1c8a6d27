//! What a position lost, and what of it is claimed.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::ProtectionSpec;
use crate::ids::{FeedId, Time};
use crate::market::RATE_UNIT;
use crate::oracle::{Oracle, Purpose, Unfit};
use crate::units::{Amount, Price};
use crate::wide::{U256, mul_div_ceil, mul_div_floor, times_root_ceil};

/// The price at one moment, as the oracle's effective value and its slow one have it: the lower and
/// the higher of them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceRange {
    /// The lower.
    pub low: Price,
    /// The higher.
    pub high: Price,
}

impl PriceRange {
    /// The range of `feed` now, for `purpose`.
    pub(super) fn of(
        oracle: &Oracle,
        feed: FeedId,
        purpose: Purpose,
        now: Time,
    ) -> Result<Self, Unfit> {
        let price = oracle.for_action(feed, purpose, now)?;
        // Where there is a value there is a slow one.
        let answer = oracle.answer(feed, now);
        let stable = answer.and_then(|of| of.stable).map_or(price, |stable| stable.price());
        Ok(Self { low: price.min(stable), high: price.max(stable) })
    }

    /// The price of this range and that of `later` that are nearest to each other; nothing where
    /// the ranges meet.
    ///
    /// A loss grows with the distance of the two prices, up or down. So whoever could move a price
    /// for a while, at the beginning or at the end, would move it away: and the slow price stays.
    #[must_use]
    pub fn nearest(self, later: Self) -> Option<(Price, Price)> {
        if self.high < later.low {
            Some((self.high, later.low))
        } else if later.high < self.low {
            Some((self.low, later.high))
        } else {
            None
        }
    }
}

/// How a position ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProtectedExit"))]
pub struct Measured {
    /// The prices it ended at.
    pub exit: PriceRange,
    /// What it lost against holding, rounded down (for the fund).
    pub loss: Amount,
    /// What of it is claimed: up to the cap, and of that what is vested, rounded down (for the
    /// fund).
    pub claim: Amount,
}

/// What a constant-product position of `deposit` lost against holding, from price `entry` to
/// `exit`, rounded down: `deposit x (entry + exit - 2 sqrt(entry x exit)) / (2 entry)`. What passes
/// the bound of an amount is the bound. Nothing where `entry` is zero: it had no sides then.
///
/// The root stands for `deposit x sqrt(exit / entry)`, what the position is worth, without fees.
///
/// ```
/// use rhodian_core::pools::protection::loss_floor;
/// use rhodian_core::units::{Amount, Price};
/// let deposit = Amount::new(1_000_000).unwrap();
/// let (one, four) = (Price::new(100).unwrap(), Price::new(400).unwrap());
/// // Held: 2,500,000. In the pool: 2,000,000.
/// assert_eq!(loss_floor(deposit, one, four).atoms(), 500_000);
/// assert_eq!(loss_floor(deposit, one, one).atoms(), 0);
/// ```
#[must_use]
pub fn loss_floor(deposit: Amount, entry: Price, exit: Price) -> Amount {
    let (from, to) = (u128::from(entry.ticks()), u128::from(exit.ticks()));
    // 2 x 10^30 < 2^101, and 10^15 x 10^15.
    let pool = times_root_ceil(2 * deposit.atoms(), from * to);
    let held = U256::product(deposit.atoms(), from + to);
    let more = pool.and_then(|pool| held.checked_sub(pool));
    // Rounding up the root of a position that lost nothing may pass what was held.
    let Some((loss, _)) = more.and_then(|more| more.div_rem(2 * from)) else {
        return Amount::ZERO;
    };
    match loss.hi {
        0 => Amount::new(loss.lo).unwrap_or(Amount::MAX),
        _ => Amount::MAX,
    }
}

impl ProtectionSpec {
    /// What the fund pays at most for a position of `deposit`, rounded down (for the fund).
    #[must_use]
    pub fn cap_floor(&self, deposit: Amount) -> Amount {
        let cap = mul_div_floor(deposit.atoms(), u128::from(self.cap), u128::from(RATE_UNIT));
        cap.and_then(|cap| Amount::new(cap).ok()).unwrap_or_default()
    }

    /// What protecting a position costs whose cap is `cap`, rounded up (for the fund).
    #[must_use]
    pub fn premium_ceil(&self, cap: Amount) -> Amount {
        let fee = mul_div_ceil(cap.atoms(), u128::from(self.fee), u128::from(RATE_UNIT));
        fee.and_then(|fee| Amount::new(fee).ok()).unwrap_or(Amount::MAX)
    }

    /// What is vested after `elapsed` of what is due in full, rounded down (for the fund): nothing
    /// before the cliff, all from the end of vesting on.
    ///
    /// The cap comes first: a loss of many caps is not paid in full the moment the cliff is over.
    #[must_use]
    pub fn vested_floor(&self, due: Amount, elapsed: u64) -> Amount {
        if elapsed < self.cliff {
            return Amount::ZERO;
        }
        let (elapsed, all) = (u128::from(elapsed.min(self.vesting)), u128::from(self.vesting));
        let part = mul_div_floor(due.atoms(), elapsed, all);
        part.and_then(|part| Amount::new(part).ok()).unwrap_or_default()
    }
}
