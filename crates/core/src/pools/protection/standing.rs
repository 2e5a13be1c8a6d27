//! What a protection may owe and what there is for it: reads for the area and for doors.

use serde::Serialize;

use super::{Command, Measured, Position, PriceRange, Protection};
use crate::engine::State;
use crate::ids::{AssetId, DomainId, LayerId};
use crate::ledger::Holder;
use crate::loss::Losses;
use crate::market::RATE_UNIT;
use crate::oracle::{Purpose, Unfit};
use crate::units::Amount;
use crate::wide::mul_div_floor;

/// What a protection's fund may owe at most, against what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "ProtectionCoverage")
)]
pub struct Coverage {
    /// What the fund holds.
    pub held: Amount,
    /// The caps of all positions that stand or claim, of every protection that the fund pays.
    pub exposed: Amount,
    /// How much more caps this protection takes on.
    pub room: Amount,
}

impl State {
    /// The domain whose status counts for `command`.
    pub(crate) fn domain_of_protection(&self, command: &Command) -> Option<DomainId> {
        let of = match *command {
            Command::Open { ref spec } => return Some(spec.domain),
            Command::Protect { protection, .. } => protection,
            Command::Close { position } => self.protections.position(position)?.protection,
        };
        self.protections.protection(of).map(|found| found.spec.domain)
    }

    /// The asset of a protection.
    pub(crate) fn protection_asset(&self, of: &Protection) -> AssetId {
        self.domains.asset_of(of.spec.domain).unwrap_or_default()
    }

    /// What a protection's fund may owe, and what it holds.
    ///
    /// The room is by the least leverage of all protections of the fund that have positions: what
    /// was promised to one of them is not diluted by another.
    #[must_use]
    pub fn protection_coverage(&self, of: &Protection) -> Coverage {
        let fund = of.spec.fund;
        let held = self.ledger.held(self.protection_asset(of), Holder::Layer(fund));
        let promises = |other: &&Protection| other.spec.fund == fund && other.promises();
        let others = self.protections.protections().map(|(_, other)| other).filter(promises);
        let least = others.map(|other| other.spec.leverage).fold(of.spec.leverage, u32::min);
        let (leverage, unit) = (u128::from(least), u128::from(RATE_UNIT));
        let most = mul_div_floor(held.atoms(), leverage, unit);
        let most = most.and_then(|most| Amount::new(most).ok()).unwrap_or(Amount::MAX);
        let exposed = self.protections.exposed(fund);
        Coverage { held, exposed, room: most.less_or_zero(exposed) }
    }

    /// The part of what a position's fund holds that is there for it, by its cap, rounded down (for
    /// the others): all of the cap where the fund holds no less than all caps.
    ///
    /// Whoever is paid no more than that leaves the others as much for each atom of their caps as
    /// there was.
    #[must_use]
    pub fn protection_share(&self, of: &Protection, position: &Position) -> Amount {
        let Coverage { held, exposed, .. } = self.protection_coverage(of);
        let part = mul_div_floor(held.atoms(), position.cap.atoms(), exposed.atoms());
        let part = part.and_then(|part| Amount::new(part).ok()).unwrap_or(Amount::MAX);
        part.min(position.cap)
    }

    /// What ending a position now would claim.
    ///
    /// # Errors
    ///
    /// The price is not good enough to settle by.
    pub fn protection_measured(
        &self,
        of: &Protection,
        position: &Position,
    ) -> Result<Measured, Unfit> {
        let now = self.now();
        let exit = PriceRange::of(&self.oracle, of.spec.feed, Purpose::Settle, now)?;
        let loss = position
            .entry
            .nearest(exit)
            .map_or(Amount::ZERO, |(entry, exit)| super::loss_floor(position.deposit, entry, exit));
        // It began before: time never goes back.
        let elapsed = now.0 - position.since.0.min(now.0);
        let claim = of.spec.vested_floor(loss.min(position.cap), elapsed);
        Ok(Measured { exit, loss, claim })
    }

    /// A domain of whose losses some is known that `fund` pays first, or a debt: while there is
    /// one, the fund pays no provider and protects nobody more.
    pub(crate) fn fund_held_by(&self, fund: LayerId) -> Option<DomainId> {
        let draws = |waterfalls| self.domains.names(waterfalls, fund);
        let mut open = self.open_episodes().map(|(_, episode)| episode);
        if let Some(episode) = open.find(|of| draws(&of.rules.waterfalls)) {
            return Some(episode.domain);
        }
        let mut behind = self.domains.behind(fund);
        let held = behind.find(|(id, domain)| {
            !self.ledger.owed(domain.asset, Holder::Uncovered(*id)).is_zero()
                || Losses::approved(self).any(|loss| loss.domain == *id)
                || self.unseen_failures().any(|of| of == *id)
        });
        held.map(|(id, _)| id)
    }
}
