//! How cover pools stand: reads for other areas and doors.

use alloc::vec::Vec;

use serde::Serialize;

use super::price::{self, part_floor};
use super::{CauseClass, Command, Pool, Price, Risk};
use crate::engine::State;
use crate::ids::{CoverPoolId, DomainId, LayerId, RiskId};
use crate::ledger::Holder;
use crate::units::Amount;
use crate::waterfall::Step;

/// What a pool may cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CoverCapacity"))]
pub struct Capacity {
    /// What is staked behind the pool.
    pub staked: Amount,
    /// What of it was asked for: no new cover stands on it.
    pub leaving: Amount,
    /// What is claimed by incidents that are not detected: it stands for each atom of them.
    pub claimed: Amount,
    /// What covers of other pools need of the same stakes.
    pub shared: Amount,
    /// What may be covered in all: the rest times the leverage, up to the pool's most.
    pub most: Amount,
    /// What is covered and not claimed.
    pub covered: Amount,
}

impl Capacity {
    /// What may be covered more.
    #[must_use]
    pub const fn room(&self) -> Amount {
        self.most.less_or_zero(self.covered)
    }
}

impl State {
    /// The layers whose stakes stand behind a cover pool: those that waterfalls of its domain name.
    pub(super) fn cover_layers(&self, pool: &Pool) -> impl Iterator<Item = LayerId> + '_ {
        let domain = self.domains.domain(pool.spec.domain);
        let layers = domain.map(|found| self.domains.layers_of(&found.waterfalls));
        let staked = |layer: &LayerId| {
            self.domains.layer(*layer).is_some_and(|found| found.spec.kind.is_staked())
        };
        layers.into_iter().flatten().filter(staked)
    }

    /// The domain that a command is about, if it is about one.
    pub(crate) fn domain_of_cover(&self, command: &Command) -> Option<DomainId> {
        let of_risk = |risk| self.covers.pool_of(risk).map(|(_, pool)| pool.spec.domain);
        match command {
            Command::Open { .. } | Command::AddRisk { .. } => None,
            Command::SetRisk { risk, .. }
            | Command::Buy { risk, .. }
            | Command::Report { risk, .. }
            | Command::Trigger { risk, .. } => of_risk(*risk),
            Command::Vote { loss, .. } => self.losses.loss(*loss).map(|found| found.domain),
        }
    }

    fn staked_behind(&self, pool: &Pool) -> Amount {
        let asset = self.domains.asset_of(pool.spec.domain).unwrap_or_default();
        let held = |layer| self.ledger.held(asset, Holder::Layer(layer)).atoms();
        // Each pot is at most 10^30, and layers are fewer than 2^32.
        let sum = self.cover_layers(pool).map(held).sum();
        Amount::new(sum).unwrap_or(Amount::MAX)
    }

    /// What `pool` may cover, and covers.
    #[must_use]
    pub fn cover_capacity(&self, pool: &Pool) -> Capacity {
        let asked = |layer| self.domains.exits(layer).map_or(0, |exits| exits.total().atoms());
        let leaving = Amount::new(self.cover_layers(pool).map(asked).sum()).unwrap_or(Amount::MAX);
        let (staked, claimed) = (self.staked_behind(pool), pool.claimed);
        let id = self.covers.in_domain(pool.spec.domain).map(|(id, _)| id);
        let shared = id.map_or(Amount::ZERO, |id| self.needed_by_others(id, pool));
        let taken = [leaving, claimed, shared];
        let stands = taken.into_iter().fold(staked, Amount::less_or_zero);
        let most = part_floor(stands, pool.spec.leverage).min(pool.spec.max_covered);
        let covered = pool.covered.less_or_zero(claimed);
        Capacity { staked, leaving, claimed, shared, most, covered }
    }

    /// The most that may be covered of `risk`.
    #[must_use]
    pub fn cover_most(&self, pool: &Pool, risk: &Risk) -> Amount {
        part_floor(self.cover_capacity(pool).most, risk.spec.concentration)
    }

    /// The rate of a year that cover of `risk` begins at now, in millionths: by what is covered of
    /// the most that may be, rounded down (for the buyer).
    #[must_use]
    pub fn cover_rate_floor(&self, pool: &Pool, risk: &Risk) -> u32 {
        risk.spec.rates.at(price::used_floor(risk.covered, self.cover_most(pool, risk)))
    }

    /// What `amount` of cover of `risk` for `millis` costs now; beyond the room at the rate where
    /// all is covered. Nothing where it is no amount.
    ///
    /// See [`Price`] for units and rounding.
    #[must_use]
    pub fn cover_price(&self, risk: RiskId, amount: Amount, millis: u64) -> Option<Price> {
        let (found, (_, pool)) = (self.covers.risk(risk)?, self.covers.pool_of(risk)?);
        let most = self.cover_most(pool, found);
        price::price(&found.spec.rates, (found.covered, most), amount, millis)
    }

    /// What of the stakes behind cover pools may leave `layer`: what stands behind each pool less
    /// what covers need of it, its own and those of pools that share it; nothing where the layer
    /// stands behind none.
    pub(crate) fn may_leave_cover(&self, layer: LayerId) -> Option<Amount> {
        let behind =
            |(_, pool): &(CoverPoolId, &Pool)| self.cover_layers(pool).any(|found| found == layer);
        let pools = self.covers.pools().filter(behind);
        let room = |(id, pool): (CoverPoolId, &Pool)| {
            let others = self.needed_by_others(id, pool);
            self.staked_behind(pool).less_or_zero(needed(pool)).less_or_zero(others)
        };
        pools.map(room).min()
    }

    /// What other pools need of stakes that stand behind `pool`, too: of a layer that they share
    /// all that they need, since any of it may come to be drawn.
    fn needed_by_others(&self, id: CoverPoolId, pool: &Pool) -> Amount {
        let layers: Vec<LayerId> = self.cover_layers(pool).collect();
        let shares = |of: &Pool| self.cover_layers(of).any(|layer| layers.contains(&layer));
        let others = self.covers.pools().filter(|(other, of)| *other != id && shares(of));
        // Each is at most 10^30, and pools are fewer than 2^32: the sum fits, and a pot does not.
        let sum = others.map(|(_, of)| needed(of).atoms()).sum();
        Amount::new(sum).unwrap_or(Amount::MAX)
    }

    /// What a waterfall of `steps` for `class` would take from behind the covers of `domain`: a
    /// staked layer or the fund that no waterfall would name, or a staked layer that a class of its
    /// risks would not draw on.
    pub(crate) fn leaves_covers(
        &self,
        domain: DomainId,
        class: CauseClass,
        steps: &[Step],
    ) -> Option<LayerId> {
        let (id, pool) = self.covers.in_domain(domain)?;
        let found = self.domains.domain(domain)?;
        let named = |of: CauseClass| -> Vec<LayerId> {
            let sides = || steps.iter().flat_map(|step| &step.layers);
            let stands = found.waterfalls.get(&of).filter(|_| of != class);
            match stands {
                Some(waterfall) => self.domains.layers_of(&[(of, *waterfall)].into()),
                None if of == class => sides().map(|side| side.layer).collect(),
                None => Vec::new(),
            }
        };
        let all: Vec<LayerId> = CauseClass::ALL.into_iter().flat_map(named).collect();
        let staked = |layer: &LayerId| {
            self.domains.layer(*layer).is_some_and(|found| found.spec.kind.is_staked())
        };
        let stands = self.cover_layers(pool).filter(|_| !pool.covered.is_zero());
        let mut stands = stands.chain([pool.spec.fund]);
        if let Some(layer) = stands.find(|layer| !all.contains(layer)) {
            return Some(layer);
        }
        let risks = self.covers.risks().filter(|(_, risk)| risk.spec.pool == id);
        let mut drawn = risks.map(|(_, risk)| named(risk.spec.class));
        drawn.find_map(|of| all.iter().find(|layer| staked(layer) && !of.contains(layer)).copied())
    }
}

/// What the covers of a pool need of what stands behind it: claims for each atom, the rest by the
/// leverage, rounded up (for the insured).
fn needed(pool: &Pool) -> Amount {
    let covered = pool.covered.less_or_zero(pool.claimed);
    let needed = price::needed_ceil(covered, pool.spec.leverage);
    needed.checked_add(pool.claimed).unwrap_or(Amount::MAX)
}
