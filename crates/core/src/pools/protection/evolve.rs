//! What events do to protections. Nothing here can fail.

use alloc::collections::BTreeSet;

use super::{Event, Position, Protection, Protections, Stage};
use crate::ids::{LayerId, ProtectedId, Time};
use crate::units::Amount;

impl Protections {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match *event {
            Event::Opened { ref spec, .. } => self.protections.push(Protection {
                spec: (**spec).clone(),
                ends: BTreeSet::new(),
                claims: BTreeSet::new(),
            }),
            Event::Protected { .. } => self.protected(event, now),
            Event::Ended { position: id, measured, .. } => {
                let Some(position) = self.positions.get_mut(id.index()) else { return };
                position.exit = Some(measured);
                let (of, until) = (position.protection, position.until);
                if let Some(protection) = self.protections.get_mut(of.index()) {
                    protection.ends.remove(&(until, id));
                    protection.claims.insert(id);
                }
                match measured.claim.is_zero() {
                    true => self.over(id, Amount::ZERO),
                    false => position.stage = Stage::Claiming,
                }
            }
            Event::Paid { position, amount, .. } => self.over(position, amount),
        }
    }

    fn protected(&mut self, event: &Event, now: Time) {
        let Event::Protected {
            protection,
            position,
            account,
            deposit,
            cap,
            fund,
            premium,
            entry,
            until,
            ..
        } = *event
        else {
            return;
        };
        let Some(found) = self.protections.get_mut(protection.index()) else { return };
        found.ends.insert((until, position));
        self.positions.push(Position {
            protection,
            account,
            deposit,
            cap,
            premium,
            entry,
            since: now,
            until,
            stage: Stage::Standing,
            exit: None,
            paid: Amount::ZERO,
        });
        self.expose(fund, |exposed| exposed.checked_add(cap).unwrap_or(Amount::MAX));
    }

    /// Nothing more is paid for a position: its cap is free for others.
    fn over(&mut self, id: ProtectedId, paid: Amount) {
        let Some(position) = self.positions.get_mut(id.index()) else { return };
        (position.stage, position.paid) = (Stage::Over, paid);
        let cap = position.cap;
        let Some(of) = self.protections.get_mut(position.protection.index()) else { return };
        of.claims.remove(&id);
        let fund = of.spec.fund;
        self.expose(fund, |exposed| exposed.less_or_zero(cap));
    }

    fn expose(&mut self, fund: LayerId, change: impl FnOnce(Amount) -> Amount) {
        let exposed = change(self.exposed(fund));
        match exposed.is_zero() {
            true => self.exposed.remove(&fund),
            false => self.exposed.insert(fund, exposed),
        };
    }
}
