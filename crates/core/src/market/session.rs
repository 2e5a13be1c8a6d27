//! Session gains: what an account gained since a reference checkpoint, and how far its equity
//! stands above its principal of then. Nothing is written for it at a boundary: an account's
//! snapshot is kept at its first touch in a period, and prices of the boundary do the rest.

use alloc::vec::Vec;

use super::{Markets, Position};
use crate::ids::{AccountId, CheckpointId, DomainId, MarketId};

/// An account since a reference checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// By domain in which it held or traded: profit realised and unrealised, funding included,
    /// less fees, since the reference; in atoms, negative for a loss.
    pub gains: Vec<(DomainId, i128)>,
    /// Equity now, in atoms.
    pub equity: i128,
    /// Protected principal: equity at the reference plus deposits and transfers in, less those
    /// out, since; at least zero.
    pub principal: i128,
    /// Profit realised since, less losses and fees; in atoms.
    pub realised: i128,
}

impl Session {
    /// The gain in `domain`; negative for a loss.
    #[must_use]
    pub fn gain(&self, domain: DomainId) -> i128 {
        self.gains.iter().find(|(of, _)| *of == domain).map_or(0, |(_, gain)| *gain)
    }

    /// The gain over all domains.
    #[must_use]
    pub fn total(&self) -> i128 {
        self.gains.iter().map(|(_, gain)| gain).sum()
    }

    /// How far equity stands above the protected principal, at least zero.
    #[must_use]
    pub fn above_principal(&self) -> u128 {
        (self.equity - self.principal).max(0).unsigned_abs()
    }
}

impl Markets {
    /// How `account`, whose balance is `cash` now, fared since `reference`.
    #[must_use]
    pub fn session(&self, account: AccountId, reference: CheckpointId, cash: i128) -> Session {
        let position = self.position(account);
        let equity = cash + self.value(&position.legs);
        let then = position.at(reference);
        let totals_then = then.map_or(&position.totals, |snapshot| &snapshot.totals);
        let mut gains: Vec<(DomainId, i128)> = Vec::new();
        let mut add = |domain: DomainId, amount: i128| match gains
            .binary_search_by_key(&domain, |(of, _)| *of)
        {
            Ok(place) => gains[place].1 += amount,
            Err(place) => gains.insert(place, (domain, amount)),
        };
        let mut equity_then = then.map_or(cash, |snapshot| snapshot.cash);
        for (market, value) in self.legs_at(position, reference) {
            equity_then += value;
            if let Some(found) = self.market(market) {
                add(found.spec.domain, -value);
            }
        }
        for leg in &position.legs {
            if let Some(found) = self.market(leg.market) {
                add(found.spec.domain, self.leg_value(leg));
            }
        }
        for flow in &position.totals.flows {
            add(flow.domain, flow.cash - totals_then.flow(flow.domain));
        }
        let moved = position.totals.transfers - totals_then.transfers;
        Session {
            gains,
            equity,
            principal: (equity_then + moved).max(0),
            realised: position.totals.realised - totals_then.realised,
        }
    }

    /// What `account` gained in `domain` alone since `reference`, in atoms: [`Session::gain`] of
    /// its session, read without the rest of it.
    #[must_use]
    pub fn gain_in(&self, account: AccountId, domain: DomainId, reference: CheckpointId) -> i128 {
        let position = self.position(account);
        let counts = |market| self.market(market).is_some_and(|of| of.spec.domain == domain);
        let now = position.legs.iter().filter(|leg| counts(leg.market));
        let now: i128 = now.map(|leg| self.leg_value(leg)).sum();
        let then = self.legs_at(position, reference).filter(|(market, _)| counts(*market));
        let then: i128 = then.map(|(_, value)| value).sum();
        let totals = position.at(reference).map_or(&position.totals, |snapshot| &snapshot.totals);
        now - then + position.totals.flow(domain) - totals.flow(domain)
    }

    /// The legs of `position` at `reference`, with what they were worth then, in atoms.
    fn legs_at<'a>(
        &'a self,
        position: &'a Position,
        reference: CheckpointId,
    ) -> impl Iterator<Item = (MarketId, i128)> + 'a {
        let then = position.at(reference);
        let kept = then.into_iter().flat_map(|snapshot| snapshot.legs.iter().copied());
        let same = then.is_none().then_some(&position.legs).into_iter().flatten();
        let legs = kept.chain(same.map(|leg| (leg.market, leg.lots)));
        let values = self.checkpoints.get(&reference);
        legs.map(move |(market, lots)| {
            let value = values.and_then(|c| c.lot_values.get(market.index()).copied().flatten());
            (market, i128::from(lots.lots()) * i128::from(value.unwrap_or(0)))
        })
    }

    /// Sum over the legs of the positive part of unrealised profit: value at the mark less entry.
    #[must_use]
    pub fn unrealised_profit(&self, position: &Position) -> u128 {
        let profit = |leg: &super::Leg| (self.leg_value(leg) - leg.entry).max(0).unsigned_abs();
        position.legs.iter().map(profit).sum()
    }
}
