//! Dividing a draw over a layer's members: one header with level and root, then the shares in
//! chunks. Taken at once, or when each account is next touched.

use alloc::vec::Vec;

use super::absorb::{absorbing, open_draw};
use super::{Event, LayerSet, Rejection, liable};
use crate::allocation::{self, Division};
use crate::bounds::MAX_CLAIMS;
use crate::domain::{MemberRule, Source};
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, LayerId, LiableSetId, LossId};
use crate::units::Amount;

/// The most shares in one event: an event stays under 100 kB.
pub const SHARES_PER_EVENT: usize = 4096;

pub(super) fn divide(
    state: &State,
    loss: LossId,
    layer: LayerId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (found, against) = absorbing(state, loss)?;
    let draw = open_draw(found, layer).ok_or(Rejection::NotDue)?;
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    let Source::Members(rule) = &spec.source else { return Err(Rejection::NotDue) };
    let (Some(set), Some(of)) = (found.set, against.set.layers.get(&layer)) else {
        return Err(Rejection::NotDue);
    };
    let columns = liable::columns(state, against.episode, spec.asset, of, true);
    let before =
        if rule.on_touch { of.cumulative() } else { Amount::sum(columns.paid.iter().copied()) };
    let asked = before.checked_add(draw.planned).unwrap_or(Amount::MAX);
    let claims = columns.claims(rule.classes);
    let division = if rule.on_touch {
        on_touch(rule, asked, before, &claims)?
    } else {
        allocation::next_wave(rule.rule, asked, &claims, &columns.paid)?
    };
    let header = Header { loss, layer, set, asset: spec.asset, before };
    header.push(of, rule, &division, events);
    if !rule.on_touch {
        push_shares(&header, of, &division.shares, events);
    }
    events.push(Event::DrawClosed { loss, layer, received: division.allocated });
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
    before: Amount,
}

impl Header {
    fn push(&self, of: &LayerSet, rule: &MemberRule, division: &Division, events: &mut Events) {
        let amount = division.allocated;
        events.push(Event::LossDivided {
            loss: self.loss,
            layer: self.layer,
            set: self.set,
            wave: u32::try_from(of.waves.len()).unwrap_or(MAX_CLAIMS) + 1,
            asset: self.asset,
            amount,
            cumulative: self.before.checked_add(amount).unwrap_or(Amount::MAX),
            levels: division.levels.clone(),
            members: u32::try_from(of.members.len()).unwrap_or(MAX_CLAIMS),
            root: root(of, &division.shares),
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

fn push_shares(header: &Header, of: &LayerSet, shares: &[Amount], events: &mut Events) {
    let rows: Vec<(AccountId, Amount)> =
        of.members.iter().zip(shares).map(|(member, share)| (member.account, *share)).collect();
    let mut first = 0;
    for chunk in rows.chunks(SHARES_PER_EVENT) {
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
