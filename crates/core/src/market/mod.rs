//! Markets and what accounts hold in them: listing, marks, fills, funding, periods and expiry.
//!
//! One tick times one lot is a whole number of atoms, so no trade ever divides. A fill moves lots
//! one way and lots x (price - F) atoms the other, where F is the market's cumulative funding per
//! lot: equity is then cash + the sum of lots x (mark - F), with no funding state per account, and
//! profit over a market sums to zero at every mark, exactly.

mod command;
mod decide;
mod evolve;
mod feed;
mod limits;
mod outside;
mod party;
mod position;
mod session;
mod settle;
mod spec;
mod volatility;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use command::{Command, Duty, Event, Rejection};
pub(crate) use decide::{decide, decide_duty, duty, strayed, take_legs};
pub use feed::Feeds;
pub(crate) use feed::{all_fit, countable_lots, fits, slow_price};
pub(crate) use limits::takes;
pub use outside::Outside;
pub use party::Party;
pub(crate) use position::Trade;
pub use position::{Flow, Leg, Position, Snapshot, Totals};
pub use session::Session;
pub use settle::PARTIES_PER_STEP;
pub use spec::{Flaw, Instrument, MarketSpec, RATE_UNIT, Right, StepLimits, Tier};
pub(crate) use volatility::{Options, answer, answer_at, place, volatilities_fit, volatility_for};

use crate::ids::{AccountId, CheckpointId, DomainId, LossId, MarketId, Time};
use crate::units::{Price, Quantity};

/// A market's last price, and how far its legs are paid out at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Settlement {
    /// The settlement price: of an option, its underlying's.
    pub price: Price,
    /// What a lot pays, in atoms, funding included.
    pub lot_value: i64,
    /// The first account that may still hold a leg.
    pub next: AccountId,
    /// The lots paid out so far, long less short: zero when all are.
    pub net: i64,
}

/// A market as it stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Market {
    /// As it was listed.
    pub spec: MarketSpec,
    /// The last mark.
    pub mark: Option<Price>,
    /// Cumulative funding: what one long lot has paid one short lot since listing, in atoms.
    pub funding: i64,
    /// What the funding rates so far would have added beyond whole atoms, in millionths.
    pub funding_rest: i64,
    /// The number of the last fill.
    pub last_fill: u64,
    /// The lots that are open, each side.
    pub open: u64,
    /// Where its prices come from.
    pub feeds: Feeds,
    /// Its last price, once it has one.
    pub settlement: Option<Settlement>,
}

impl Market {
    /// The market whose price a future converges to, where one is named.
    pub(crate) const fn converges_to(&self) -> Option<MarketId> {
        match self.spec.instrument {
            Instrument::Future { underlying, .. } => underlying,
            Instrument::Perpetual | Instrument::Option { .. } => None,
        }
    }

    /// What a lot is worth at `price`, in atoms, before funding.
    #[must_use]
    pub fn value_at(&self, price: Price) -> i128 {
        i128::from(price.ticks()) * i128::from(self.spec.unit)
    }

    /// Checks that the price goes no further than one admitted step from the mark; any first mark
    /// does.
    ///
    /// # Errors
    ///
    /// `StepAboveLimit` with the numbers.
    pub(crate) fn within_step(&self, market: MarketId, to: Price) -> Result<(), Rejection> {
        let (Some(steps), Some(from)) = (self.spec.steps, self.mark) else { return Ok(()) };
        let max = steps.price;
        if StepLimits::admits(max, to.ticks().abs_diff(from.ticks()), from.ticks()) {
            return Ok(());
        }
        Err(Rejection::StepAboveLimit { market, from, to, max })
    }

    /// The price nearest to `to` that one admitted step reaches from the mark.
    pub(crate) fn step_toward(&self, to: Price) -> Price {
        let (Some(steps), Some(from)) = (self.spec.steps, self.mark) else { return to };
        let reach = u128::from(from.ticks()) * u128::from(steps.price) / u128::from(RATE_UNIT);
        let reach = u64::try_from(reach).unwrap_or(0);
        let (low, high) = (from.ticks() - reach, from.ticks() + reach);
        Price::new(to.ticks().clamp(low, high)).unwrap_or(to)
    }

    /// What a lot is worth at the mark, in atoms, before funding; nothing without a mark. Listing
    /// keeps it within 10^15, so that it times lots is one product of 64-bit words.
    fn lot(&self) -> i64 {
        self.mark.map_or(0, |mark| i64::try_from(self.value_at(mark)).unwrap_or(i64::MAX))
    }

    /// The gross value of `lots` at the mark: without funding and side, in atoms.
    #[must_use]
    pub fn gross(&self, lots: Quantity) -> u128 {
        u128::from(lots.size()) * u128::from(self.lot().unsigned_abs())
    }

    /// What `lots` are worth at the mark, funding included, in atoms; nothing without a mark.
    #[must_use]
    pub fn worth(&self, lots: Quantity) -> i128 {
        if self.mark.is_none() {
            return 0;
        }
        // Both are within 10^15.
        i128::from(lots.lots()) * i128::from(self.lot() - self.funding)
    }

    /// What a lot held now is worth at the mark: mark x unit - F. Nothing without a mark.
    #[must_use]
    pub fn lot_value(&self) -> Option<i128> {
        Some(self.value_at(self.mark?) - i128::from(self.funding))
    }
}

/// A period boundary with what a lot of each market was worth then.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checkpoint {
    /// When.
    pub at: Time,
    /// By market: mark x unit - F, in atoms; nothing where it had no mark.
    pub lot_values: Vec<Option<i64>>,
    /// The domains with an open episode then: it is no checkpoint of theirs.
    pub blocked: Vec<DomainId>,
}

/// A close-out book that is not flat.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Book {
    /// What is left to close.
    pub legs: Vec<Leg>,
    /// The equity it opened with, in atoms.
    pub opened: i128,
    /// When.
    pub since: Time,
}

/// The area's state.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Markets {
    pub(crate) markets: Vec<Market>,
    /// By account; accounts beyond its end hold nothing and never did.
    pub(crate) positions: Vec<Position>,
    /// The legs of close-out books that are not flat.
    pub(crate) books: BTreeMap<LossId, Book>,
    /// The checkpoints kept, by id; the first is the beginning of the venue.
    pub(crate) checkpoints: BTreeMap<CheckpointId, Checkpoint>,
    /// By domain: what its markets gave to others than accounts, without what books still hold.
    pub(crate) outside: Vec<Outside>,
    /// The same at the checkpoints kept, with what books held then.
    pub(crate) outside_at: BTreeMap<CheckpointId, Vec<Outside>>,
}

impl Default for Markets {
    /// No markets yet; the beginning of time is the first checkpoint.
    fn default() -> Self {
        let genesis = (CheckpointId(0), Checkpoint::default());
        Self {
            markets: Vec::new(),
            positions: Vec::new(),
            books: BTreeMap::new(),
            checkpoints: BTreeMap::from([genesis]),
            outside: Vec::new(),
            outside_at: BTreeMap::new(),
        }
    }
}

const NO_POSITION: &Position = &Position {
    asset: None,
    legs: Vec::new(),
    totals: Totals { flows: Vec::new(), realised: 0, transfers: 0 },
    history: Vec::new(),
};

impl Markets {
    /// The market `id`.
    #[must_use]
    pub fn market(&self, id: MarketId) -> Option<&Market> {
        self.markets.get(id.index())
    }

    /// Every market, in id order.
    pub fn markets(&self) -> impl Iterator<Item = (MarketId, &Market)> {
        self.markets.iter().enumerate().filter_map(|(i, m)| Some((MarketId::at(i)?, m)))
    }

    /// What `account` holds; nothing held where it never traded.
    #[must_use]
    pub fn position(&self, account: AccountId) -> &Position {
        self.positions.get(account.index()).unwrap_or(NO_POSITION)
    }

    /// The legs of `account` in the markets of `domain`.
    #[must_use]
    pub fn legs_in(&self, account: AccountId, domain: DomainId) -> Vec<Leg> {
        let inside = |leg: &&Leg| self.market(leg.market).is_some_and(|m| m.spec.domain == domain);
        self.position(account).legs.iter().filter(inside).copied().collect()
    }

    /// The legs of a close-out book.
    #[must_use]
    pub fn book(&self, loss: LossId) -> &[Leg] {
        self.books.get(&loss).map_or(&[], |book| book.legs.as_slice())
    }

    /// The lots `party` holds in `market`.
    #[must_use]
    pub fn lots_of(&self, party: Party, market: MarketId) -> Quantity {
        match party {
            Party::Account(account) => self.position(account).lots(market),
            Party::Book(loss) => {
                let leg = self.book(loss).iter().find(|leg| leg.market == market);
                leg.map_or(Quantity::ZERO, |leg| leg.lots)
            }
        }
    }

    /// What `legs` are worth at the marks, funding included, in atoms. A leg without a mark
    /// cannot exist: a fill needs one.
    #[must_use]
    pub fn value(&self, legs: &[Leg]) -> i128 {
        legs.iter().map(|leg| self.leg_value(leg)).sum()
    }

    /// What one leg is worth at the mark, funding included, in atoms.
    #[must_use]
    pub fn leg_value(&self, leg: &Leg) -> i128 {
        self.market(leg.market).map_or(0, |market| market.worth(leg.lots))
    }

    /// The gross value of a leg at the mark: lots x mark, without funding and side, in atoms.
    #[must_use]
    pub fn gross(&self, leg: &Leg) -> u128 {
        self.market(leg.market).map_or(0, |market| market.gross(leg.lots))
    }

    /// No checkpoint after `reference` is one of `domain` any more.
    pub(crate) fn block_since(&mut self, domain: DomainId, reference: CheckpointId) {
        for (_, checkpoint) in self.checkpoints.iter_mut().filter(|(id, _)| **id > reference) {
            if !checkpoint.blocked.contains(&domain) {
                checkpoint.blocked.push(domain);
            }
        }
    }

    /// The checkpoint `id`, while it is kept.
    #[must_use]
    pub fn checkpoint(&self, id: CheckpointId) -> Option<&Checkpoint> {
        self.checkpoints.get(&id)
    }

    /// The last checkpoint.
    #[must_use]
    pub fn latest(&self) -> CheckpointId {
        self.checkpoints.last_key_value().map_or(CheckpointId(0), |(id, _)| *id)
    }

    /// The reference checkpoint of `domain` at `now`: the last one at least `age` milliseconds
    /// before, with no episode of the domain open then. The beginning where there is none.
    #[must_use]
    pub fn reference(&self, domain: DomainId, now: Time, age: u64) -> CheckpointId {
        let old = |at: Time| at.after(age) <= now;
        let mut found = self.checkpoints.iter().rev();
        let one = found.find(|(_, c)| old(c.at) && !c.blocked.contains(&domain));
        let first = || self.checkpoints.first_key_value().map(|(id, _)| *id);
        one.map(|(id, _)| *id).or_else(first).unwrap_or(CheckpointId(0))
    }
}
