//! Dividing a draw over a layer's members: one header with level and root, then the shares in
//! chunks. Taken at once, or when each account is next touched.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::absorb::{absorbing, open_draw};
use super::{Event, LayerSet, Member, Rejection, liable};
use crate::allocation::{self, Division};
use crate::bounds::MAX_CLAIMS;
use crate::domain::{MemberRule, Source};
use crate::engine::{Events, Purse, State};
use crate::ids::{AccountId, AssetId, LayerId, LiableSetId, LossId};
use crate::units::Amount;

/// The most shares in one event: an event stays under 100 kB.
pub const SHARES_PER_EVENT: usize = 4096;

/// What a division that is due rests on: its shares follow from it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisionTerms {
    /// The liable set.
    pub set: LiableSetId,
    /// How it divides.
    pub rule: MemberRule,
    /// What the members paid under the set before, in all.
    pub before: Amount,
    /// That and what is asked of them now.
    pub asked: Amount,
    /// The members in claim order, each with the cap he has now and what he paid before: shares
    /// that wait for a touch count as paid.
    pub members: Vec<Member>,
}

/// What the division of `loss` over `layer` rests on; nothing where none is due.
#[must_use]
pub fn division_terms(state: &State, loss: LossId, layer: LayerId) -> Option<DivisionTerms> {
    Some(open(state, loss, layer).ok()?.terms(state, layer))
}

/// What calls rest on that ask the members of `layer` for `planned` more now; nothing where its
/// members are not called.
#[must_use]
pub fn call_terms(
    state: &State,
    loss: LossId,
    layer: LayerId,
    planned: Amount,
) -> Option<DivisionTerms> {
    Some(open_call(state, loss, layer, planned).ok()?.terms(state, layer))
}

/// A division that is due.
struct Open<'a> {
    set: LiableSetId,
    of: &'a LayerSet,
    rule: &'a MemberRule,
    asset: AssetId,
    purse: Purse,
    columns: liable::Columns,
    before: Amount,
    asked: Amount,
}

impl Open<'_> {
    fn terms(&self, state: &State, layer: LayerId) -> DivisionTerms {
        let columns = self.columns.caps.iter().zip(&self.columns.paid);
        let members = self.of.members.iter().zip(columns).enumerate();
        let members = members.map(|(place, (member, (cap, paid)))| {
            let untaken = state.losses.untaken(state, self.set, layer, place);
            let paid = paid.checked_add(untaken).unwrap_or(Amount::MAX);
            Member { cap: *cap, paid, ..*member }
        });
        DivisionTerms {
            set: self.set,
            rule: *self.rule,
            before: self.before,
            asked: self.asked,
            members: members.collect(),
        }
    }
}

fn open(state: &State, loss: LossId, layer: LayerId) -> Result<Open<'_>, Rejection> {
    let (found, _) = absorbing(state, loss)?;
    let draw = open_draw(found, layer).ok_or(Rejection::NotDue)?;
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    let Source::Members(rule) = &spec.source else { return Err(Rejection::NotDue) };
    over_members(state, loss, (layer, rule), draw.planned)
}

fn open_call(
    state: &State,
    loss: LossId,
    layer: LayerId,
    planned: Amount,
) -> Result<Open<'_>, Rejection> {
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    let Source::Call { members, .. } = &spec.source else { return Err(Rejection::NotDue) };
    over_members(state, loss, (layer, members), planned)
}

fn over_members<'a>(
    state: &'a State,
    loss: LossId,
    (layer, rule): (LayerId, &'a MemberRule),
    planned: Amount,
) -> Result<Open<'a>, Rejection> {
    let (found, against) = absorbing(state, loss)?;
    let asset = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec.asset;
    let (Some(set), Some(of)) = (found.set, against.set.layers.get(&layer)) else {
        return Err(Rejection::NotDue);
    };
    let purse = state.purse(found.domain, layer);
    let columns = liable::columns(state, against.episode, asset, of, purse);
    let before =
        if rule.on_touch { of.cumulative() } else { Amount::sum(columns.paid.iter().copied()) };
    let asked = before.checked_add(planned).unwrap_or(Amount::MAX);
    Ok(Open { set, of, rule, asset, purse, columns, before, asked })
}

/// The number of the division that comes next.
fn wave_of(of: &LayerSet) -> u32 {
    u32::try_from(of.waves.len()).unwrap_or(MAX_CLAIMS) + 1
}

pub(super) fn divide(
    state: &State,
    loss: LossId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Open { set, of, rule, asset, purse, columns, before, asked } = open(state, loss, layer)?;
    let claims = columns.claims(rule.classes);
    let division = if rule.on_touch {
        on_touch(rule, asked, before, &claims)?
    } else {
        allocation::next_wave(rule.rule, asked, &claims, &columns.paid)?
    };
    let header = Header { loss, layer, set, asset, purse, before };
    header.push(of, rule, &division, events);
    if !rule.on_touch {
        push_shares(state, &header, of, &division.shares, events);
    }
    events.push(Event::DrawClosed { loss, layer, received: division.allocated });
    Ok(())
}

/// Calls the members of `layer` for `planned`, where it is a layer whose members are called.
pub(super) fn call(
    state: &State,
    loss: LossId,
    layer: LayerId,
    planned: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Ok(Open { set, rule, columns, asked, .. }) = open_call(state, loss, layer, planned) else {
        return Ok(());
    };
    let claims = columns.claims(rule.classes);
    let division = allocation::next_wave(rule.rule, asked, &claims, &columns.paid)?;
    events.push(Event::CallsMade { loss, layer, set, calls: division.shares });
    Ok(())
}

/// Only the level is found; nothing is written per account.
fn on_touch(
    rule: &MemberRule,
    asked: Amount,
    before: Amount,
    claims: &allocation::Claims<'_>,
) -> Result<Division, Rejection> {
    let total = allocation::capacity(rule.rule, claims);
    let capacity = Amount::new(total).unwrap_or(Amount::MAX);
    let reached = asked.min(capacity);
    Ok(Division {
        allocated: reached.less_or_zero(before),
        residual: asked.less_or_zero(reached),
        shares: Vec::new(),
        levels: Vec::from([allocation::level_for(reached, claims)?]),
    })
}

/// What is common to the events of one division.
struct Header {
    loss: LossId,
    layer: LayerId,
    set: LiableSetId,
    asset: AssetId,
    purse: Purse,
    before: Amount,
}

impl Header {
    fn push(&self, of: &LayerSet, rule: &MemberRule, division: &Division, events: &mut Events) {
        let amount = division.allocated;
        events.push(Event::LossDivided {
            loss: self.loss,
            layer: self.layer,
            set: self.set,
            wave: wave_of(of),
            asset: self.asset,
            amount,
            cumulative: self.before.checked_add(amount).unwrap_or(Amount::MAX),
            levels: division.levels.clone(),
            members: u32::try_from(of.members.len()).unwrap_or(MAX_CLAIMS),
            root: Box::new(root(of, &division.shares)),
            on_touch: rule.on_touch,
        });
    }
}

/// blake3 over the members' accounts and shares, in claim order: 4 and 16 bytes each,
/// little-endian. It commits to the division before the shares are taken.
fn root(of: &LayerSet, shares: &[Amount]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (member, share) in of.members.iter().zip(shares) {
        hasher.update(&member.account.0.to_le_bytes());
        hasher.update(&share.atoms().to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn push_shares(
    state: &State,
    header: &Header,
    of: &LayerSet,
    shares: &[Amount],
    events: &mut Events,
) {
    let rows: Vec<(AccountId, Amount)> =
        of.members.iter().zip(shares).map(|(member, share)| (member.account, *share)).collect();
    let mut first = 0;
    for chunk in rows.chunks(SHARES_PER_EVENT) {
        state.open_purse(header.purse, (header.loss, header.asset), chunk, events);
        events.push(Event::SharesTaken {
            loss: header.loss,
            layer: header.layer,
            set: header.set,
            asset: header.asset,
            first,
            shares: chunk.to_vec(),
        });
        first += u32::try_from(chunk.len()).unwrap_or(MAX_CLAIMS);
    }
}
