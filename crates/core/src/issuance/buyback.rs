//! The surplus auction back: money of a fund above its target for tokens, which are burned.

use serde::Serialize;

use super::{Buyback, Event, Issuance, Rejection};
use crate::account;
use crate::bounds::MAX_TOTAL;
use crate::domain;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, IssuanceId, Time};
use crate::ledger::Holder;
use crate::units::Amount;

/// What a fund pays for tokens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "BuybackNow"))]
pub struct BuybackSale {
    /// What a lot of money costs, in atoms of the token.
    pub price: Amount,
    /// The atoms of money in a lot.
    pub lot: Amount,
    /// How many lots there are above the target.
    pub lots: Amount,
    /// When the price changes.
    pub next: Time,
}

/// The lots of money that `back`'s fund holds above its target, and above what it may owe those
/// whom it protects. (Covers stand on stakes, and no fund that buys has any.)
fn lots(state: &State, back: &Buyback, asset: AssetId) -> u128 {
    let held = state.ledger.held(asset, Holder::Layer(back.fund));
    let kept = back.target.max(state.protections.exposed(back.fund));
    held.less_or_zero(kept).atoms() / back.lot.atoms().max(1)
}

/// What may be bought with now: nothing where nothing may be spent.
pub(super) fn spendable(state: &State, of: &Issuance) -> Option<(Buyback, AssetId, u128)> {
    let back = of.spec.buyback?;
    let asset = state.domains.asset_of_layer(back.fund)?;
    let lots = lots(state, &back, asset);
    let rests = [back.fund, of.spec.layer].into_iter().all(|of| domain::is_at_rest(state, of));
    (lots > 0 && rests).then_some((back, asset, lots))
}

impl State {
    /// What the fund of issuance `id` pays for tokens now; nothing where it buys none.
    #[must_use]
    pub fn buyback(&self, id: IssuanceId) -> Option<BuybackSale> {
        let of = self.issuances.issuance(id)?;
        let since = of.buying?;
        let (back, _, lots) = spendable(self, of)?;
        let (elapsed, every) = (self.now().0 - since.0, back.ladder.every);
        let next = since.after((elapsed / every.max(1) + 1) * every);
        let price = back.ladder.price(elapsed);
        Some(BuybackSale { price, lot: back.lot, lots: Amount::new(lots).ok()?, next })
    }

    /// Whether a fund holds a surplus that is not offered yet.
    pub(crate) fn has_buyback_to_open(&self) -> bool {
        let opens = |of: &Issuance| of.buying.is_none() && spendable(self, of).is_some();
        self.issuances.issuances.iter().any(opens)
    }
}

/// An account gives tokens for at most `lots` of money, if a lot costs at most `most`. Whole lots
/// cost whole atoms: nothing is rounded.
pub(super) fn sell(
    state: &State,
    id: IssuanceId,
    (account, number): (AccountId, u64),
    (lots, most): (Amount, Amount),
    events: &mut Events,
) -> Result<(), Rejection> {
    let of = super::decide::issuance(state, id)?;
    let (none, token) = (Rejection::NoBuyback { issuance: id }, of.spec.token);
    let (now, back) = state.buyback(id).zip(of.spec.buyback).ok_or(none.clone())?;
    if lots.is_zero() {
        return Err(Rejection::ZeroLots);
    }
    if now.price > most {
        return Err(Rejection::PriceAbove { asset: token, price: now.price, most });
    }
    let asset = state.domains.asset_of_layer(back.fund).ok_or(none)?;
    let lots = lots.min(now.lots).atoms();
    let amount = |each: Amount| lots.checked_mul(each.atoms()).and_then(|of| Amount::new(of).ok());
    let above = Rejection::TotalAboveBound { asset: token };
    // Of money there is as much: lots are counted by what the fund holds.
    let (paid, tokens) = amount(now.lot).zip(amount(now.price)).ok_or(above.clone())?;
    account::free_above(state, account, token, tokens)?;
    account::room_above(state, account, asset, paid)?;
    if of.burned + tokens.atoms() > MAX_TOTAL {
        return Err(above);
    }
    state.touch(account, events);
    state.earn_premia(back.fund, events);
    let (fund, price) = (back.fund, now.price);
    events.push(Event::BoughtBack {
        issuance: id,
        account,
        number,
        fund,
        asset,
        paid,
        token,
        tokens,
        price,
    });
    Ok(())
}
