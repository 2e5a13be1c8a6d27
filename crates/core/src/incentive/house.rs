//! The operator's first loss, which scales with the loss that is expected, and what of its own
//! money the house may take out.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Event, Rejection, Subject, WHOLE};
use crate::domain;
use crate::engine::{Events, State};
use crate::ids::{AssetId, DomainId, LayerId};
use crate::ledger::Holder;
use crate::loss::{Phase, Stage};
use crate::units::Amount;
use crate::wide::mul_div_ceil;

/// What the operator's own money in a layer must be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstLoss {
    /// The layer: operator capital, named by the domain's waterfalls.
    pub layer: LayerId,
    /// How many times the domain's expected loss of a year it holds at least, in millionths: at
    /// most a hundred times.
    pub factor: u32,
    /// What it holds at least whatever is expected, in atoms.
    pub floor: Amount,
    /// Whether the domain takes no fill that widens a position and no new loan while it holds less.
    pub gates: bool,
}

/// The largest factor: a hundred times.
pub(super) const MAX_FACTOR: u32 = 100 * WHOLE;

impl FirstLoss {
    /// What it must hold where `expected` is lost in a year: the factor's part rounded up (for
    /// those behind it), and no less than the floor.
    ///
    /// ```
    /// use rhodian_core::ids::LayerId;
    /// use rhodian_core::incentive::FirstLoss;
    /// use rhodian_core::units::Amount;
    /// let amount = |atoms| Amount::new(atoms).unwrap();
    /// let (layer, floor) = (LayerId(0), amount(50));
    /// let first = FirstLoss { layer, factor: 1_500_000, floor, gates: false };
    /// assert_eq!(first.required(amount(101)), amount(152));
    /// assert_eq!(first.required(amount(10)), amount(50));
    /// ```
    #[must_use]
    pub fn required(&self, expected: Amount) -> Amount {
        // At most 10^28 x 10^8 over 10^6: an amount.
        let part = mul_div_ceil(expected.atoms(), u128::from(self.factor), u128::from(WHOLE));
        let part = part.and_then(|atoms| Amount::new(atoms).ok()).unwrap_or(Amount::MAX);
        part.max(self.floor)
    }
}

/// The operator's first loss in a domain, below what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FirstLossGap {
    /// The layer.
    pub layer: LayerId,
    /// What it holds, in atoms.
    pub held: Amount,
    /// What it must hold, in atoms.
    pub required: Amount,
}

impl fmt::Display for FirstLossGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, held, required } = self;
        write!(
            f,
            "the operator's first loss, layer {layer}, holds {held} of {required}: no fill that \
             widens a position and no new loan"
        )
    }
}

impl State {
    /// What the operator's first loss in `domain` must hold, by the last figure measured; nothing
    /// where the domain's table names none.
    #[must_use]
    pub fn first_loss_required(&self, domain: DomainId) -> Option<Amount> {
        let first = self.incentives.fees(domain)?.table.first_loss?;
        let expected = self.incentives.domain_loss(domain).unwrap_or_default();
        Some(first.required(expected))
    }

    /// Whether a loss of `domain` is reported and waits for a second approver, or a vote.
    pub(crate) fn has_reported_loss(&self, domain: DomainId) -> bool {
        let mut waiting = self.losses_in(Phase::Detection).filter_map(|id| self.losses.loss(id));
        waiting.any(|loss| loss.domain == domain && loss.stage == Stage::Reported)
    }

    /// What `layer` must hold as the first loss of all domains whose tables name it as theirs: a
    /// loss of one of them leaves nothing for the next.
    #[must_use]
    pub(crate) fn first_loss_of_layer(&self, layer: LayerId) -> Amount {
        let of = self.incentives.tables().filter(|(_, fees)| {
            let first = fees.table.first_loss;
            first.is_some_and(|first| first.layer == layer)
        });
        let mut all = of.filter_map(|(domain, _)| self.first_loss_required(domain));
        // More than an amount no layer holds.
        all.try_fold(Amount::ZERO, Amount::checked_add).unwrap_or(Amount::MAX)
    }

    /// How far the operator's first loss in `domain` is below what it must be, where that keeps
    /// new risk out.
    #[must_use]
    pub fn first_loss_short(&self, domain: DomainId) -> Option<FirstLossGap> {
        let fees = self.incentives.fees(domain)?;
        let first = fees.table.first_loss.filter(|first| first.gates)?;
        let required = self.first_loss_of_layer(first.layer);
        let asset = self.domains.asset_of(domain)?;
        let (layer, held) = (first.layer, self.ledger.held(asset, Holder::Layer(first.layer)));
        (held < required).then_some(FirstLossGap { layer, held, required })
    }
}

/// The house takes `amount` of its own money out of `layer`.
pub(super) fn take_out(
    state: &State,
    (layer, number): (LayerId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !is_own(state, layer) {
        return Err(Rejection::NotTheHouses { layer });
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    let asset = found.spec.asset;
    let room = room(state, layer, asset)?;
    if amount > room {
        return Err(Rejection::AboveSurplus { layer, asked: amount, room });
    }
    events.push(Event::TakenOut { layer, number, asset, amount });
    Ok(())
}

/// Whether `layer` is one that a table names as the house's, and no domain stands on that does not
/// say so: its participants were told that the money stays.
fn is_own(state: &State, layer: LayerId) -> bool {
    let names = |domain| {
        let table = state.incentives.fees(domain).map(|fees| &fees.table);
        table.is_some_and(|table| table.is_of_house(layer))
    };
    let mut tables = state.incentives.tables();
    tables.any(|(domain, _)| names(domain)) && state.domains.behind(layer).all(|(id, _)| names(id))
}

/// What of `layer` is above all that it must hold: nothing is known that may draw on it, no domain
/// that it stands behind owes anything, and the figures are in date.
fn room(state: &State, layer: LayerId, asset: AssetId) -> Result<Amount, Rejection> {
    domain::knows_no_loss(state, layer).map_err(|_| Rejection::LossKnown { layer })?;
    for (domain, of) in state.domains.behind(layer) {
        // The house would know of it before others do.
        if state.has_reported_loss(domain) {
            return Err(Rejection::LossKnown { layer });
        }
        let owed = state.ledger.owed(of.asset, Holder::Uncovered(domain));
        if !owed.is_zero() {
            return Err(Rejection::DomainOwes { domain, owed });
        }
    }
    for (domain, fees) in state.incentives.tables() {
        if fees.table.first_loss.is_none_or(|first| first.layer != layer) {
            continue;
        }
        let subject = Subject::Domain(domain);
        if !state.incentives.serves(subject, state.now()) {
            return Err(Rejection::FigureOld { subject });
        }
    }
    let kept = state.protections.exposed(layer).max(state.first_loss_of_layer(layer));
    Ok(state.ledger.held(asset, Holder::Layer(layer)).less_or_zero(kept))
}
