//! The law of incentives, in both forms.

use alloc::collections::BTreeMap;
use alloc::format;

use super::{Broken, INCENTIVE};
use crate::domain::{self, RewardFrom};
use crate::engine::State;
use crate::ids::{AssetId, DomainId, LayerId, Time};
use crate::incentive::{
    Event, FeeRow, FeeTable, FeeTo, Figure, Measured, PayTerms, Subject, WHOLE,
};
use crate::ledger::Holder;
use crate::pools::YEAR;
use crate::units::Amount;
use crate::wide::U256;

fn broken(detail: &str) -> Result<(), Broken> {
    Err(Broken { law: INCENTIVE, detail: detail.into() })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for (layer, found) in state.domains.layers() {
        let held = state.ledger.balance(found.spec.asset, Holder::Pay(layer)).atoms();
        let pay = state.incentives.pay(layer);
        let counted = pay.map_or(0, |pay| pay.put.cast_signed() - pay.paid.cast_signed());
        if held != counted || held < 0 {
            let detail = format!("layer {layer}: {held} to be paid, {counted} put in and not paid");
            return broken(&detail);
        }
        if pay.is_some_and(|pay| pay.rest >= YEAR || pay.since > state.now()) {
            return broken(&format!("layer {layer}: paid ahead of time"));
        }
    }
    for (domain, fees) in state.incentives.tables() {
        let funds = fees.table.funds.iter().map(|of| of.part);
        let tranches = fees.table.tranches.iter().map(|of| of.part);
        let house = fees.table.house.map(|of| of.part);
        let parts: u128 = funds.chain(tranches).chain(house).map(u128::from).sum();
        if parts != u128::from(WHOLE) || fees.divided > state.now() {
            return broken(&format!("domain {domain}: parts of {parts}"));
        }
    }
    Ok(())
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    terms: BTreeMap<LayerId, PayTerms>,
    /// What of an atom each layer's stakers earned beyond what was paid.
    rests: BTreeMap<LayerId, u64>,
    /// Until when it is booked.
    booked_until: BTreeMap<LayerId, Time>,
    /// What is in each pot of pay.
    pots: BTreeMap<LayerId, u128>,
    tables: BTreeMap<DomainId, FeeTable>,
    figures: BTreeMap<Subject, Measured>,
    /// What was booked and is not given yet.
    booked: Option<(LayerId, Amount)>,
}

impl Running {
    /// Follows what happens to domains: the reward that moves what was booked.
    pub(super) fn of_domain(&mut self, event: &domain::Event) -> Result<(), Broken> {
        if let domain::Event::Rewarded { layer, from: RewardFrom::Pay, amount, .. } = event
            && self.booked.take() != Some((*layer, *amount))
        {
            return broken(&format!("layer {layer}: {amount} paid, and not booked"));
        }
        self.nothing_booked()
    }

    fn nothing_booked(&self) -> Result<(), Broken> {
        match self.booked {
            Some((layer, amount)) => broken(&format!("layer {layer}: {amount} booked, not paid")),
            None => Ok(()),
        }
    }

    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        self.nothing_booked()?;
        match *event {
            Event::Measured { ref measured } => {
                self.figures.insert(measured.figure.subject(), measured.clone());
            }
            Event::PaySet { layer, pay } => {
                let before = match pay {
                    Some(terms) => self.terms.insert(layer, terms),
                    None => self.terms.remove(&layer),
                };
                if before.is_none() {
                    self.rests.remove(&layer);
                    self.booked_until.insert(layer, state.now());
                }
            }
            Event::PayFunded { layer, amount, .. } => self.put(layer, amount),
            Event::Accrued { .. } => return self.accrued(event, state),
            Event::FeesSet { domain, ref table } => {
                match table {
                    Some(table) => self.tables.insert(domain, (**table).clone()),
                    None => self.tables.remove(&domain),
                };
            }
            Event::FeesDivided { domain, asset, booked, ref rows, .. } => {
                return self.divided(state, (domain, asset), booked, rows);
            }
            Event::PayReturned { layer, amount, .. } => return self.returned(layer, amount),
            Event::TakenOut { layer, asset, .. } => return self.taken(state, layer, asset),
            // Another law's.
            Event::PremiumSet { .. }
            | Event::PremiumCounted { .. }
            | Event::PremiumCharged { .. }
            | Event::PremiumPaid { .. } => {}
        }
        Ok(())
    }

    fn put(&mut self, layer: LayerId, amount: Amount) {
        *self.pots.entry(layer).or_default() += amount.atoms();
    }

    /// Only what nobody can earn any more leaves a pot for fees.
    fn returned(&mut self, layer: LayerId, amount: Amount) -> Result<(), Broken> {
        let pot = self.pots.entry(layer).or_default();
        let left = pot.checked_sub(amount.atoms()).filter(|_| !self.terms.contains_key(&layer));
        let Some(left) = left else {
            return broken(&format!("layer {layer}: {amount} returned of its pay of {pot}"));
        };
        *pot = left;
        Ok(())
    }

    /// What was booked is what the terms pay for the time, to the part of an atom, or the pot.
    fn accrued(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let Event::Accrued { layer, since, per_year, amount, rest } = *event else { return Ok(()) };
        let asset = state.domains.asset_of_layer(layer).unwrap_or_default();
        let staked = state.ledger.held(asset, Holder::Layer(layer));
        if per_year > self.most_per_year(layer, staked)
            || per_year < self.least_per_year(layer, staked)
        {
            return broken(&format!("layer {layer}: {per_year} a year for stakes of {staked}"));
        }
        if self.booked_until.insert(layer, state.now()) != Some(since) {
            return broken(&format!("layer {layer}: paid since {since}, not since it was booked"));
        }
        let pot = self.pots.entry(layer).or_default();
        if amount.atoms() > *pot {
            return broken(&format!("layer {layer}: {amount} paid of a pot of {pot}"));
        }
        let before = self.rests.insert(layer, rest).unwrap_or(0);
        let sum =
            |product: U256, rest: u64| product.checked_add(U256 { hi: 0, lo: u128::from(rest) });
        let due = sum(U256::product(per_year, u128::from(state.now().0 - since.0)), before);
        let given = sum(U256::product(amount.atoms(), u128::from(YEAR)), rest);
        // Where the pot was short all of it is given; with nobody staked, or the index full,
        // nothing is. Nothing is carried then.
        let whole = amount.atoms() == *pot;
        let none = amount.is_zero() && (staked.is_zero() || is_full(state, layer, due, *pot));
        let short = rest == 0 && given <= due && (whole || none);
        if given != due && !short {
            return broken(&format!("layer {layer}: {amount} and {rest} parts paid since {since}"));
        }
        *pot -= amount.atoms();
        self.booked = Some((layer, amount)).filter(|_| !amount.is_zero());
        Ok(())
    }

    /// The most that the terms of `layer` pay in a year for stakes of `staked`: never above the
    /// peak, nor twice the straight line to it, or the premium.
    fn most_per_year(&self, layer: LayerId, staked: Amount) -> u128 {
        let Some(terms) = self.terms.get(&layer) else { return 0 };
        let of = |product: U256, den: u128| product.div_rem(den).map_or(0, |(whole, _)| whole.lo);
        let line = of(U256::product(2 * terms.most.atoms(), staked.atoms()), terms.target.atoms());
        let peak = line.min(terms.most.atoms());
        let Some(Measured { figure: Figure::LayerLoss { rate, .. }, .. }) =
            self.figures.get(&Subject::Layer(layer))
        else {
            return peak;
        };
        let (unit, load) = (u128::from(WHOLE), u128::from(terms.load));
        let premium = U256::product(staked.atoms(), u128::from(*rate) * (unit + load));
        let up = premium.checked_add(U256 { hi: 0, lo: unit * unit - 1 });
        peak.max(up.map_or(u128::MAX, |premium| of(premium, unit * unit)))
    }

    /// All that was booked is given, and the house gets something only where all else is full.
    fn divided(
        &mut self,
        state: &State,
        (domain, asset): (DomainId, AssetId),
        booked: Amount,
        rows: &[FeeRow],
    ) -> Result<(), Broken> {
        let given: u128 = rows.iter().map(|row| row.amount.atoms()).sum();
        let left = state.ledger.balance(asset, Holder::Fees(domain)).atoms();
        if given.cast_signed() + left != booked.atoms().cast_signed() || left < 0 {
            return broken(&format!("domain {domain}: {given} given of {booked}, {left} left"));
        }
        for row in rows {
            if let FeeTo::Pay(layer) = row.to {
                self.put(layer, row.amount);
            }
        }
        let house = rows.iter().any(|row| matches!(row.to, FeeTo::House(_)));
        let Some(table) = self.tables.get(&domain).filter(|_| house) else {
            return if house { broken(&format!("domain {domain} has no table")) } else { Ok(()) };
        };
        let held = |layer| state.ledger.held(asset, Holder::Layer(layer));
        let behind = |layer| state.domains.behind(layer).any(|(id, _)| id == domain);
        let owed = state.ledger.owed(asset, Holder::Uncovered(domain));
        let of_house = table.house.map(|of| of.layer);
        let mut before = table.layers().filter(|layer| Some(*layer) != of_house);
        if before.any(|layer| !behind(layer)) || state.repays_claims(domain) {
            return broken(&format!("domain {domain}: the house is paid before all who bear"));
        }
        let known = state.has_open_episode(domain) || state.has_reported_loss(domain);
        if !owed.is_zero() || known {
            return broken(&format!("domain {domain}: the house is paid, {owed} is owed"));
        }
        if let Some(fund) = table.funds.iter().find(|of| held(of.layer) < of.target) {
            return broken(&format!("domain {domain}: the house is paid before {}", fund.layer));
        }
        let pot = |layer| self.pots.get(&layer).copied().unwrap_or(0);
        let mut tranches = table.tranches.iter();
        let funded = |layer, staked| {
            let needed = self.least_per_year(layer, staked);
            let pot = U256::product(pot(layer), u128::from(YEAR));
            pot >= U256::product(needed, u128::from(table.ahead))
        };
        if let Some(of) = tranches.find(|of| !funded(of.layer, held(of.layer))) {
            return broken(&format!("domain {domain}: the house is paid before {}", of.layer));
        }
        match table.first_loss {
            Some(first) if held(first.layer) < self.required(first.layer) => {
                broken(&format!("domain {domain}: the house is paid before {}", first.layer))
            }
            _ => Ok(()),
        }
    }

    /// What stakers of `layer` are paid in a year at least: their expected loss.
    fn least_per_year(&self, layer: LayerId, staked: Amount) -> u128 {
        let rate = match self.figures.get(&Subject::Layer(layer)).map(|of| of.figure) {
            Some(Figure::LayerLoss { rate, .. }) => u128::from(rate),
            _ => 0,
        };
        let product = U256::product(staked.atoms(), rate).div_rem(u128::from(WHOLE));
        product.map_or(0, |(whole, _)| whole.lo)
    }

    /// What `layer` must hold as the operator's first loss in all domains together.
    fn required(&self, layer: LayerId) -> Amount {
        let mut sum = 0;
        for (domain, table) in &self.tables {
            let Some(first) = table.first_loss.filter(|of| of.layer == layer) else { continue };
            let expected = match self.figures.get(&Subject::Domain(*domain)).map(|of| of.figure) {
                Some(Figure::DomainLoss { amount, .. }) => amount,
                _ => Amount::ZERO,
            };
            // At most 10^30 each, of fewer than 2^24 domains.
            sum += first.required(expected).atoms();
        }
        Amount::new(sum).unwrap_or(Amount::MAX)
    }

    /// What the house left of its first loss is no less than it must hold.
    fn taken(&self, state: &State, layer: LayerId, asset: AssetId) -> Result<(), Broken> {
        let held = state.ledger.held(asset, Holder::Layer(layer));
        let required = self.required(layer);
        if held < required {
            return broken(&format!("layer {layer} is left {held} of {required}"));
        }
        let known = |id| state.has_open_episode(id) || state.has_reported_loss(id);
        match state.domains.behind(layer).find(|(id, _)| known(*id)) {
            Some((id, _)) => broken(&format!("layer {layer} is taken from in a loss of {id}")),
            None => Ok(()),
        }
    }
}

/// Whether the index of `layer`, or what it holds for its stakers, takes no more: `due` parts of a
/// year's milliseconds, and at most its pot.
fn is_full(state: &State, layer: LayerId, due: Option<U256>, pot: u128) -> bool {
    let asset = state.domains.asset_of_layer(layer).unwrap_or_default();
    let held = |holder| state.ledger.held(asset, holder);
    let due = due.and_then(|due| due.div_rem(u128::from(YEAR))).filter(|(whole, _)| whole.hi == 0);
    let due = due.map_or(pot, |(whole, _)| whole.lo.min(pot));
    let Ok(due) = Amount::new(due) else { return true };
    let index = state.domains.rewards(layer).map(domain::Rewards::index).unwrap_or_default();
    held(Holder::Rewards(layer)).checked_add(due).is_err()
        || index.after(due, held(Holder::Layer(layer))).is_none()
}
