//! A pot pays: who is staked in it bears the draw by his stake, to the atom.

use alloc::vec::Vec;

use super::absorb::{absorbing, open_draw};
use super::{Event, Rejection};
use crate::allocation::{self, Claims, Rule};
use crate::domain::Source;
use crate::engine::{Events, State};
use crate::ids::{AccountId, LayerId, LossId};
use crate::units::Amount;

/// A pot pays what was planned; its stakers bear it by stake.
pub(super) fn draw(
    state: &State,
    loss: LossId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (found, _) = absorbing(state, loss)?;
    let draw = open_draw(found, layer).ok_or(Rejection::NotDue)?;
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    if spec.source != Source::Pot {
        return Err(Rejection::NotDue);
    }
    let (asset, amount) = (spec.asset, draw.planned);
    let staked = spec.kind.is_staked();
    let stakes = if staked { reduced(state, (loss, layer), amount)? } else { Vec::new() };
    state.earn_premia(layer, events);
    state.book_pay(layer, events);
    events.push(Event::PotDrawn { loss, layer, asset, amount, stakes });
    events.push(Event::DrawClosed { loss, layer, received: amount });
    Ok(())
}

/// A part of the stakes in a pot, and what a draw takes of it, by their size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakePart {
    /// What is taken.
    pub amount: Amount,
    /// The part of each staker's stake, in account order.
    pub stakes: Vec<(AccountId, Amount)>,
}

/// How the draw on the staked pot of `layer` that is due for `loss` is divided: what of the stakes
/// is junior for the loss, and then the rest of them. Nothing where none is due.
#[must_use]
pub fn pot_terms(state: &State, loss: LossId, layer: LayerId) -> Option<[StakePart; 2]> {
    let (found, _) = absorbing(state, loss).ok()?;
    let draw = open_draw(found, layer)?;
    let spec = &state.domains.layer(layer)?.spec;
    let staked = spec.source == Source::Pot && spec.kind.is_staked();
    staked.then(|| parts(state, (loss, layer), draw.planned))
}

fn parts(state: &State, (loss, layer): (LossId, LayerId), amount: Amount) -> [StakePart; 2] {
    let (accounts, stakes): (Vec<_>, Vec<_>) = state.domains.stakes(layer).unzip();
    let junior = state.junior_parts(loss, layer, &accounts, &stakes);
    let first = Amount::sum(junior.iter().copied()).min(amount);
    let senior = stakes.iter().zip(&junior).map(|(stake, junior)| stake.less_or_zero(*junior));
    let senior = accounts.iter().copied().zip(senior).collect();
    let junior = accounts.iter().copied().zip(junior).collect();
    [(first, junior), (amount.less_or_zero(first), senior)]
        .map(|(amount, stakes)| StakePart { amount, stakes })
}

/// What each staker bears of `amount`, and what is left of his stake: what of the stakes is junior
/// for this loss first, by its size, and then the rest of them by theirs.
fn reduced(
    state: &State,
    of: (LossId, LayerId),
    amount: Amount,
) -> Result<Vec<(AccountId, Amount, Amount)>, Rejection> {
    let [junior, senior] = parts(state, of, amount);
    let shares = by_size(&junior)?.into_iter().zip(by_size(&senior)?);
    let parts = junior.stakes.iter().zip(&senior.stakes);
    let rows = parts.zip(shares).map(|(((account, junior), (_, senior)), (one, other))| {
        let [stake, share] =
            [[*junior, *senior], [one, other]].map(|of| Amount::sum(of.into_iter()));
        (*account, share, stake.less_or_zero(share))
    });
    Ok(rows.collect())
}

/// What a draw takes of a part of the stakes, by their size.
fn by_size(part: &StakePart) -> Result<Vec<Amount>, Rejection> {
    let sizes: Vec<Amount> = part.stakes.iter().map(|(_, stake)| *stake).collect();
    if part.amount.is_zero() {
        return Ok(sizes.iter().map(|_| Amount::ZERO).collect());
    }
    let claims = Claims { caps: &sizes, weights: &sizes, ..Claims::default() };
    Ok(allocation::divide(Rule::Proportional, part.amount, &claims)?.shares)
}
