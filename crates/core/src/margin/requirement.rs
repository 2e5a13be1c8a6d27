//! Requirements: tiers over each leg's gross value at the mark, summed exactly and rounded up
//! once (against the trader).

use super::portfolio::required;
use crate::control::Parameter;
use crate::engine::State;
use crate::ids::{AccountId, DomainId};
use crate::market::{Instrument, Leg, Market, Markets, RATE_UNIT, Tier};
use crate::units::Quantity;

/// Which of the two rates of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// To open.
    Initial,
    /// To keep.
    Maintenance,
}

const UNIT: u128 = RATE_UNIT as u128; // style-ok: a constant u32 widened where no From is const

/// A sum of rates times values, exactly: whole atoms and millionths of one, which are carried over
/// only where they would pass 128 bits, since a division costs more than all the rest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exact {
    whole: u128,
    millionths: u128,
}

/// Millionths are carried from here on: a product more, at most 10^36, stays below 2^128.
const CARRY: u128 = 1 << 127;

impl Exact {
    /// Adds `value x rate`. Values are at most 10^30 atoms, rates at most one.
    pub(crate) fn add(&mut self, value: u128, rate: u32) {
        self.millionths += match u64::try_from(value) {
            Ok(value) => u128::from(value) * u128::from(rate),
            Err(_) => value * u128::from(rate),
        };
        if self.millionths >= CARRY {
            self.whole += self.millionths / UNIT;
            self.millionths %= UNIT;
        }
    }

    /// Whole atoms, rounded up.
    pub(crate) fn ceil(self) -> u128 {
        self.whole
            + match u64::try_from(self.millionths) {
                Ok(millionths) => u128::from(millionths.div_ceil(u64::from(RATE_UNIT))),
                Err(_) => self.millionths.div_ceil(UNIT),
            }
    }
}

/// The requirement for a leg of `gross` atoms under `tiers`, rounded up.
///
/// ```
/// use rhodian_core::margin::{Level, tiered};
/// use rhodian_core::market::Tier;
/// use rhodian_core::units::Amount;
///
/// let tier = |above: u32, initial, maintenance| {
///     Tier { above: Amount::from(above), initial, maintenance }
/// };
/// let tiers = [tier(0, 20_000, 10_000), tier(1_000, 100_000, 50_000)];
/// // 1 % of the first thousand, 5 % of the five hundred above it.
/// assert_eq!(tiered(&tiers, 1_500, Level::Maintenance), 35);
/// ```
#[must_use]
pub fn tiered(tiers: &[Tier], gross: u128, level: Level) -> u128 {
    let mut exact = Exact::default();
    add_tiers(&mut exact, tiers, gross, level);
    exact.ceil()
}

#[inline]
fn add_tiers(exact: &mut Exact, tiers: &[Tier], gross: u128, level: Level) {
    for (place, tier) in tiers.iter().enumerate() {
        let above = tier.above.atoms();
        if gross <= above {
            break;
        }
        let to = tiers.get(place + 1).map_or(gross, |next| gross.min(next.above.atoms()));
        exact.add(to - above, tier.rate(level));
    }
}

/// Adds what `leg` requires by tiers. Whether that is what it requires: not of an option.
pub(crate) fn add_leg(exact: &mut Exact, markets: &Markets, leg: &Leg, level: Level) -> bool {
    markets.market(leg.market).is_none_or(|market| add_lots(exact, market, leg.lots, level))
}

/// [`add_leg`], of lots whose market was found before.
#[inline]
pub(super) fn add_lots(exact: &mut Exact, market: &Market, lots: Quantity, level: Level) -> bool {
    if matches!(market.spec.instrument, Instrument::Option { .. }) {
        return false;
    }
    add_tiers(exact, &market.spec.tiers, market.gross(lots), level);
    true
}

impl Tier {
    const fn rate(&self, level: Level) -> u32 {
        match level {
            Level::Initial => self.initial,
            Level::Maintenance => self.maintenance,
        }
    }
}

/// The highest rate that a leg of `gross` atoms meets, in millionths: rates never fall from tier to
/// tier. Nothing of an option.
#[inline(always)]
pub(super) fn highest_rate(market: &Market, gross: u64, level: Level) -> Option<u32> {
    if matches!(market.spec.instrument, Instrument::Option { .. }) {
        return None;
    }
    let mut rate = 0;
    for tier in &market.spec.tiers {
        if u128::from(gross) <= tier.above.atoms() {
            break;
        }
        rate = tier.rate(level);
    }
    Some(rate)
}

/// What `legs` require, in atoms.
pub(crate) fn of_legs(state: &State, legs: &[Leg], level: Level) -> u128 {
    required(state, legs.iter().copied(), level)
}

/// What `account` must hold to open, in atoms.
pub(crate) fn initial(state: &State, account: AccountId) -> u128 {
    of_legs(state, &state.markets.position(account).legs, Level::Initial)
}

/// `rate` millionths of `value`, rounded up.
pub(crate) fn part_ceil(value: u128, rate: u32) -> u128 {
    let mut exact = Exact::default();
    exact.add(value, rate);
    exact.ceil()
}

/// What `account` must hold to keep its legs, in atoms.
pub(crate) fn maintenance(state: &State, account: AccountId) -> u128 {
    of_legs(state, &state.markets.position(account).legs, Level::Maintenance)
}

/// What `account` must hold to keep its legs in the markets of `domain`, in atoms.
pub(crate) fn maintenance_in(state: &State, account: AccountId, domain: DomainId) -> u128 {
    of_legs(state, &state.markets.legs_in(account, domain), Level::Maintenance)
}

/// What closing `legs` may cost under stress: the domain's rate of their gross value, rounded up
/// (for those who would bear it: more is held for them).
pub(crate) fn stressed_cost(state: &State, domain: DomainId, legs: &[Leg]) -> u128 {
    let rate = state.control.value(domain, Parameter::StressRate);
    let mut exact = Exact::default();
    for leg in legs {
        exact.add(state.markets.gross(leg), u32::try_from(rate).unwrap_or(RATE_UNIT));
    }
    exact.ceil()
}
