//! What an event of a loss does beyond its own area: to stakes and what they earned, to books,
//! pools, checkpoints and statuses. And what one of a vault does, whose holders bear them, of a
//! clearing fund, whose members do, of a protection, whose fund does, of lending pools, new tokens
//! and incentives.

use super::State;
use crate::control::Status;
use crate::incentive;
use crate::issuance;
use crate::loss::{self, OwnMeans, RemainderTo};
use crate::pools::{clearing, lending, liquidity, protection};

impl State {
    pub(super) fn evolve_lending(&mut self, event: &lending::Event) {
        self.lending.evolve(event, self.now());
        self.markets.evolve_lending(event);
        if let Some((account, number)) = event.numbered() {
            self.accounts.number(account, number);
        }
    }

    pub(super) fn evolve_liquidity(&mut self, event: &liquidity::Event) {
        self.vaults.evolve(event, self.now());
        self.markets.evolve_liquidity(event);
        if let Some((account, number)) = event.numbered() {
            self.accounts.number(account, number);
        }
    }

    pub(super) fn evolve_clearing(&mut self, event: &clearing::Event) {
        let now = self.now();
        self.clearing.evolve(event, &self.domains, now);
        if let Some((account, number)) = event.numbered() {
            self.accounts.number(account, number);
        }
    }

    pub(super) fn evolve_protection(&mut self, event: &protection::Event) {
        self.protections.evolve(event, self.now());
        self.markets.evolve_protection(event);
        if let Some((account, number)) = event.numbered() {
            self.accounts.number(account, number);
        }
    }

    pub(super) fn evolve_issuance(&mut self, event: &issuance::Event) {
        let now = self.now();
        self.issuances.evolve(event, now);
        self.markets.evolve_issuance(event);
        if let Some((account, number)) = event.numbered() {
            self.accounts.number(account, number);
        }
    }

    pub(super) fn evolve_incentive(&mut self, event: &incentive::Event) {
        let now = self.now();
        self.incentives.evolve(event, now);
        self.markets.evolve_incentive(event);
        if let Some((layer, number)) = event.numbered() {
            self.domains.layers[layer.index()].last_number = number;
        }
    }

    pub(super) fn evolve_loss(&mut self, event: &loss::Event) {
        self.losses.evolve(event, self.now());
        let layers = &self.domains;
        let pots = &self.issuances;
        let period = |layer| {
            let cap = layers.layer(layer)?.spec.caps.per_period.map(|cap| cap.millis);
            cap.max(pots.depletion(layer).and_then(|of| of.per_period).map(|of| of.millis))
        };
        self.losses.pay_in_period(event, self.now(), &period);
        self.shrink_caps(event);
        let stakes = &mut self.domains;
        loss::stakes_left(event, &mut |layer, account, left| {
            stakes.draw_stake(layer, account, left);
        });
        if let Some((account, number)) = event.watching() {
            self.accounts.number(account, number);
        }
        self.markets.evolve_bonds(event);
        match *event {
            loss::Event::DrawPaid { layer, account: Some(account), number, amount, .. } => {
                self.accounts.number(account, number);
                self.clearing.assessed((layer, account), amount, self.now());
            }
            loss::Event::LossDetected { loss, owner: Some(owner), .. } => {
                let domain = self.losses.losses[loss.index()].domain;
                self.clearing.failed(domain, owner, self.now());
            }
            loss::Event::IncomeReceived { layer, number, .. }
            | loss::Event::FeesReceived { layer, number, .. } => {
                self.domains.layers[layer.index()].last_number = number;
            }
            // What a book gets of another's margin is nothing it gained.
            loss::Event::RemainderMoved { other, amount, to: RemainderTo::Book, .. } => {
                if let Some(book) = self.markets.books.get_mut(&other) {
                    book.opened += amount.atoms().cast_signed();
                }
            }
            // Gains since then are to pay for it: none of them matures while it may be challenged.
            loss::Event::LossApproved { loss, .. } => {
                let domain = self.losses.losses[loss.index()].domain;
                let reference = self.reference(domain, self.now());
                self.markets.block_since(domain, reference);
            }
            loss::Event::OwnMeansTaken {
                from: OwnMeans::Reward { layer, account },
                amount,
                ..
            } => self.domains.reward_taken(layer, account, amount),
            loss::Event::StepReached { loss, step } => self.step_left(loss, step),
            loss::Event::ProceedsPaid { loss, layer, amount, .. } => {
                self.issuances.draw_paid(loss, layer, amount);
            }
            loss::Event::DrawClosed { loss, layer, .. } => {
                self.issuances.draw_closed(loss, layer, self.now());
            }
            loss::Event::LossSettled { loss } => self.lending.loss_settled(loss),
            loss::Event::LossDismissed { loss, .. } | loss::Event::LossExpired { loss } => {
                self.covers.loss_dismissed(loss);
            }
            loss::Event::RemainderReturned { .. }
            | loss::Event::PoolRepaid { .. }
            | loss::Event::ClaimCeded { .. } => self.comes_back(event),
            loss::Event::SettlementEntered { domain, .. } => {
                self.control.set_domain(domain, Status::Settling);
            }
            _ => {}
        }
    }
}
