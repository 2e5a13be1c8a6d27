//! What an account deposits, from the legs it will hold.

use rhodian_core::units::{Amount, Price};

use super::draw::Draft;
use super::{Cohort, Leg};
use crate::error::LabError;
use crate::market::Market;
use crate::valuation::{LegMargin, Valuation};

/// Room above initial margin when legs are opened, in percent of it: fees are paid from it.
const OPENING_ROOM: u128 = 5;

/// The same for accounts near maintenance, whose adverse move leaves at least this much.
const NEAR_ROOM: u128 = 2;

/// Room above maintenance margin at every later round and at the start, in percent of it, for
/// accounts that are not near it.
const LATER_ROOM: u128 = 10;

/// The margin of `legs` at a valuation, opened at `opened`.
pub(super) fn margin_at(
    legs: &[Leg],
    markets: &[Market],
    opened: &[Price],
    valuation: &Valuation,
) -> LegMargin {
    let mut sum = LegMargin::default();
    for leg in legs {
        let opened = opened[leg.market as usize];
        let one = valuation.margin(markets, leg.market, leg.lots, opened);
        // Values are at most 10^30 each and legs at most as many as markets: sums fit by far.
        sum.gross += one.gross;
        sum.initial += one.initial;
        sum.maintenance += one.maintenance;
        sum.profit += one.profit;
    }
    sum
}

/// The deposit of an account: what puts it at the start where its model wants it, and no less
/// than what opening its legs and every mark until the start need.
///
/// `valuations` are those of its own round, of every later one, and of the start.
pub(super) fn deposit(
    draft: &Draft,
    legs: &[Leg],
    markets: &[Market],
    valuations: &[&Valuation],
) -> Result<Amount, LabError> {
    if legs.is_empty() {
        return Ok(Amount::new(draft.equity.max(1))?);
    }
    let opened = valuations[0].marks();
    let open = margin_at(legs, markets, opened, valuations[0]);
    let at_start = margin_at(legs, markets, opened, valuations[valuations.len() - 1]);
    let near = draft.cohort == Cohort::Near;
    let room = if near { NEAR_ROOM } else { OPENING_ROOM };
    let mut need = signed(with_room(open.initial, room));
    let target = if near {
        at_start.maintenance + at_start.gross * u128::from(draft.band) / 1_000_000
    } else {
        at_start.gross * 100 / u128::from(draft.leverage)
    };
    need = need.max(signed(target) - at_start.profit);
    if !near {
        for later in &valuations[1..] {
            let then = margin_at(legs, markets, opened, later);
            need = need.max(signed(with_room(then.maintenance, LATER_ROOM)) - then.profit);
        }
    }
    // Initial margin of at least one lot is at least an atom, so the need is above zero.
    Ok(Amount::new(need.unsigned_abs())?)
}

fn with_room(atoms: u128, percent: u128) -> u128 {
    (atoms * (100 + percent)).div_ceil(100)
}

/// A sum of values, which the engine's bounds keep far below 2^127.
fn signed(atoms: u128) -> i128 {
    atoms.cast_signed()
}
