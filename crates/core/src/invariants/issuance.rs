//! The law of issuance, in both forms.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Broken, ISSUANCE};
use crate::basis::part_of_weight_floor;
use crate::engine::State;
use crate::ids::{AccountId, AssetId, IssuanceId, LayerId, LossId, Time};
use crate::issuance::{Event, Issuance, IssuanceSpec};
use crate::ledger::Holder;
use crate::loss;
use crate::units::Amount;
use crate::wide::compare_ratios;

fn broken(detail: &str) -> Result<(), Broken> {
    Err(Broken { law: ISSUANCE, detail: detail.into() })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
        let stands = state.ledger.balance(asset, Holder::Issued).atoms();
        let of = state.issuances.of_token(asset).map(|(_, of)| of);
        let counted = of.map_or(0, |of| of.burned.cast_signed() - of.issued.cast_signed());
        if stands != counted {
            let detail = format!("asset {asset}: {stands} issued by the ledger, {counted} counted");
            return broken(&detail);
        }
    }
    state.issuances.issuances().try_for_each(|(id, of)| auctions(state, id, of))
}

/// What an auction brought is what its draw received, and all that was issued was sold in one.
fn auctions(state: &State, id: IssuanceId, of: &Issuance) -> Result<(), Broken> {
    for (loss, auction) in &of.auctions {
        let draws = state.losses.loss(*loss).map_or(&[][..], |found| &found.draws);
        let draw = draws.iter().find(|draw| draw.layer == of.spec.layer);
        let received = draw.map_or(Amount::ZERO, |draw| draw.received);
        if received != auction.paid {
            let paid = auction.paid;
            let detail = format!("issuance {id}: {paid} paid for loss {loss}, {received} received");
            return broken(&detail);
        }
        if auction.end.is_none() != draw.is_some_and(|draw| !draw.closed) {
            return broken(&format!(
                "issuance {id}: its auction for loss {loss} outlives the draw"
            ));
        }
    }
    let sold: u128 = of.auctions.values().map(|auction| auction.tokens.atoms()).sum();
    if sold != of.issued {
        return broken(&format!("issuance {id}: {} issued, {sold} sold", of.issued));
    }
    Ok(())
}

/// What was paid for tokens that are not issued yet: by whom, for which loss, how much.
type Payment = (AccountId, LossId, Amount);

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    specs: BTreeMap<IssuanceId, IssuanceSpec>,
    sold: BTreeMap<IssuanceId, Vec<(Time, u128)>>,
    /// What the ledger of each token has of it.
    issued: BTreeMap<AssetId, i128>,
    paid: Option<Payment>,
}

impl Running {
    /// Follows what happens to losses: what is paid for tokens.
    pub(super) fn of_loss(&mut self, event: &loss::Event) -> Result<(), Broken> {
        self.nothing_paid()?;
        if let loss::Event::ProceedsPaid { loss, account, amount, .. } = event {
            self.paid = Some((*account, *loss, *amount));
        }
        Ok(())
    }

    fn nothing_paid(&self) -> Result<(), Broken> {
        match self.paid {
            Some((account, loss, paid)) => {
                broken(&format!("account {account} paid {paid} for loss {loss} and got nothing"))
            }
            None => Ok(()),
        }
    }

    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        match event {
            Event::Specified { issuance, spec } => {
                self.specs.insert(*issuance, (**spec).clone());
            }
            Event::Counted { issuance, outstanding } => {
                if let Some(spec) = self.specs.get_mut(issuance) {
                    spec.outstanding = outstanding.clone();
                }
            }
            Event::Sold { .. } => return self.sold(event, state),
            Event::BoughtBack { .. } => return self.bought(event, state),
            _ => {}
        }
        self.nothing_paid()
    }

    fn sold(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let Event::Sold { issuance, loss, account, token, tokens, price, paid, .. } = *event else {
            return Ok(());
        };
        if self.paid.take() != Some((account, loss, paid)) {
            return broken(&format!("{tokens} issued to account {account}, and nothing for it"));
        }
        let Some(spec) = self.specs.get(&issuance) else {
            return broken(&format!("issuance {issuance} is not known"));
        };
        let cheaper = compare_ratios(tokens.atoms(), spec.lot.atoms(), paid.atoms(), price.atoms());
        if cheaper == Ordering::Greater || price < spec.ladder.floor {
            return broken(&format!("{tokens} issued for {paid}, below {price} a lot"));
        }
        let now = state.now();
        let sold = self.sold.entry(issuance).or_default();
        sold.push((now, tokens.atoms()));
        let since = now.0.checked_sub(spec.dilution.window).filter(|since| *since > 0);
        let inside = sold.iter().filter(|(at, _)| since.is_none_or(|since| at.0 > since));
        let sum: u128 = inside.map(|(_, atoms)| atoms).sum();
        let cap = part_of_weight_floor(spec.outstanding.amount, Some(spec.dilution.part));
        if sum > cap.atoms() {
            return broken(&format!("issuance {issuance}: {sum} issued in a window of {cap}"));
        }
        self.stands(state, token, tokens, -1)
    }

    fn bought(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        self.nothing_paid()?;
        let Event::BoughtBack { issuance, fund, asset, token, tokens, .. } = *event else {
            return Ok(());
        };
        let back = self.specs.get(&issuance).and_then(|spec| spec.buyback);
        let target = back.map_or(Amount::MAX, |back| back.target);
        let target = target.max(state.protections.exposed(fund));
        let left = state.ledger.held(asset, Holder::Layer(fund));
        if left < target {
            return broken(&format!("layer {fund} holds {left} of its {target} after it bought"));
        }
        if let Some(domain) = in_need(state, fund) {
            return broken(&format!("layer {fund} bought while domain {domain} has a loss"));
        }
        self.stands(state, token, tokens, 1)
    }

    fn stands(
        &mut self,
        state: &State,
        token: AssetId,
        tokens: Amount,
        sign: i128,
    ) -> Result<(), Broken> {
        let counted = self.issued.entry(token).or_default();
        *counted += sign * tokens.atoms().cast_signed();
        let stands = state.ledger.balance(token, Holder::Issued).atoms();
        if stands == *counted {
            return Ok(());
        }
        broken(&format!("asset {token}: {stands} issued by the ledger, the events say {counted}"))
    }
}

/// A domain that `fund` stands behind, with an episode open or a debt.
pub(super) fn in_need(state: &State, fund: LayerId) -> Option<crate::ids::DomainId> {
    let mut behind = state.domains.behind(fund);
    let needs = |(id, of): &(_, &crate::domain::Domain)| {
        let owed = state.ledger.owed(of.asset, Holder::Uncovered(*id));
        state.has_open_episode(*id) || !owed.is_zero()
    };
    behind.find(needs).map(|(id, _)| id)
}
