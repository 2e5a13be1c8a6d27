//! The debt auction: new tokens for money that goes into a hole.

use core::cmp::Ordering;

use serde::Serialize;

use super::{Auction, Event, Issuance, Rejection};
use crate::account;
use crate::bounds::MAX_TOTAL;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, IssuanceId, LayerId, LossId, Time};
use crate::ledger::Holder;
use crate::loss;
use crate::units::Amount;
use crate::wide::{compare_ratios, mul_div_ceil, mul_div_floor};

/// What is for sale now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DebtAuctionNow"))]
pub struct Sale {
    /// What a lot costs.
    pub price: Amount,
    /// What the hole still takes.
    pub wanted: Amount,
    /// How many lots may be taken: the last is cut to the hole.
    pub lots: Amount,
    /// When the price changes, if nothing ends the auction before.
    pub next: Time,
}

impl Issuance {
    /// The auction for `loss`, if it has not ended.
    #[must_use]
    pub fn auction(&self, loss: LossId) -> Option<&Auction> {
        self.auctions.get(&loss).filter(|auction| auction.end.is_none())
    }

    /// What at most `lots` at `price` cost of the hole, and the tokens they are, rounded down (for
    /// those who hold tokens already); nothing where these pass the bound of an amount.
    fn bought_floor(
        &self,
        (wanted, price): (Amount, Amount),
        lots: u128,
    ) -> Option<(Amount, Amount)> {
        let needed = wanted.atoms().div_ceil(price.atoms().max(1));
        if lots < needed {
            // Fewer lots than fill the hole: they cost less than it.
            let times = |each: Amount| Amount::new(lots.checked_mul(each.atoms())?).ok();
            return Some((times(price)?, times(self.spec.lot)?));
        }
        let tokens = mul_div_floor(wanted.atoms(), self.spec.lot.atoms(), price.atoms().max(1))?;
        Some((wanted, Amount::new(tokens).ok()?))
    }

    /// What `tokens` cost at `price` a lot, rounded up (for the hole).
    fn cost_ceil(&self, tokens: Amount, price: Amount) -> Option<Amount> {
        let cost = mul_div_ceil(tokens.atoms(), price.atoms(), self.spec.lot.atoms());
        cost.and_then(|cost| Amount::new(cost).ok())
    }

    /// Whether `tokens` for `paid` cost more than `most` a lot.
    fn is_dearer(&self, (paid, tokens): (Amount, Amount), most: Amount) -> bool {
        let lot = self.spec.lot.atoms();
        compare_ratios(paid.atoms(), tokens.atoms(), most.atoms(), lot) == Ordering::Greater
    }
}

impl State {
    /// What issuance `id` sells into the hole of `loss` now; nothing where no auction is open.
    #[must_use]
    pub fn sale(&self, id: IssuanceId, loss: LossId) -> Option<Sale> {
        let of = self.issuances.issuance(id)?;
        let auction = of.auction(loss)?;
        let wanted = loss::wanted(self, loss, of.spec.layer)?;
        let elapsed = self.now().0 - auction.since.0;
        let price = of.spec.ladder.price(elapsed);
        let needed = wanted.atoms().div_ceil(price.atoms().max(1));
        let lots = Amount::new(needed.min(of.lots(self.now()))).ok()?;
        let every = of.spec.ladder.every;
        let next = auction.since.after((elapsed / every.max(1) + 1) * every);
        Some(Sale { price, wanted, lots, next })
    }

    /// What a layer of proceeds may bring: as much as it is asked for where the venue sells; where
    /// tokens are issued, what the cap on dilution admits of them, in whole lots, at the first
    /// price for a draw, and `stressed` for a forecast, which counts what they would fetch then.
    pub(crate) fn proceeds(&self, layer: LayerId, stressed: bool) -> Amount {
        let Some((_, of)) = self.issuances.of_layer(layer) else { return Amount::MAX };
        let lots = of.lots(self.now());
        if !stressed {
            return Issuance::worth(lots, of.spec.ladder.start);
        }
        // What open auctions want is not there for another loss as well.
        let price = of.spec.stressed;
        let open = of.auctions.iter().filter(|(_, auction)| auction.end.is_none());
        let wanted = open.filter_map(|(loss, _)| loss::wanted(self, *loss, layer));
        // Amounts of losses, of which there are fewer than 2^32.
        let taken: u128 = wanted.map(|of| of.atoms().div_ceil(price.atoms().max(1))).sum();
        Issuance::worth(lots - taken.min(lots), price)
    }

    /// Whether nothing more can come of the draw of `loss` on `layer`, although its time is not
    /// up: no lot may be issued, the rest of the hole buys no atom even at the least price, or that
    /// price has stood its time for the last time.
    pub(crate) fn sells_no_more(&self, loss: LossId, layer: LayerId) -> bool {
        let Some((_, of)) = self.issuances.of_layer(layer) else { return false };
        let wanted = loss::wanted(self, loss, layer).unwrap_or_default();
        let (lot, floor) = (of.spec.lot.atoms(), of.spec.ladder.floor.atoms());
        // Where the quotient passes 128 bits it is not nothing.
        let nothing = mul_div_floor(wanted.atoms(), lot, floor) == Some(0);
        let last = |auction: &Auction| {
            auction.round >= of.spec.restarts
                && of.spec.ladder.is_over(self.now().0 - auction.since.0)
        };
        of.lots(self.now()) == 0 || nothing || of.auction(loss).is_some_and(last)
    }

    /// What is held of `asset`, as the world and the issue of it have it: in atoms.
    pub(crate) fn held_of(&self, asset: AssetId) -> i128 {
        let of = |holder| self.ledger.balance(asset, holder).atoms();
        -(of(Holder::World) + of(Holder::Issued))
    }

    /// What may leave the vault of `asset`: what came into it, and what was issued into it, less
    /// what was burned.
    pub(crate) fn vault_of(&self, asset: AssetId) -> Amount {
        Amount::new(self.held_of(asset).max(0).unsigned_abs()).unwrap_or(Amount::MAX)
    }
}

pub(super) fn open(
    state: &State,
    (id, of): (IssuanceId, &Issuance),
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let until = loss::answers_until(state, loss, of.spec.layer).ok_or(Rejection::NotDue)?;
    let wanted = loss::wanted(state, loss, of.spec.layer).ok_or(Rejection::NotDue)?;
    let asset = state.domains.asset_of_layer(of.spec.layer).ok_or(Rejection::NotDue)?;
    let (token, tokens) = (of.spec.token, of.issuable(state.now()));
    let price = of.spec.ladder.start;
    events.push(Event::Opened { issuance: id, loss, asset, wanted, token, tokens, price, until });
    Ok(())
}

/// An account takes at most `lots` at the price that stands, if that is at most `most`. It gets
/// what there is: as many as it asks for, as the hole takes, and as may be issued. Whole lots cost
/// whole atoms; the one that fills the hole is cut to it, and rounded against who takes it, unless
/// that would cost him more than `most` a lot: then he pays for the tokens that he gets, to the
/// atom of money that their price is rounded up to, and what is left of the hole waits.
pub(super) fn take(
    state: &State,
    (id, loss): (IssuanceId, LossId),
    (account, number): (AccountId, u64),
    (lots, most): (Amount, Amount),
    events: &mut Events,
) -> Result<(), Rejection> {
    let of = super::decide::issuance(state, id)?;
    let sale = state.sale(id, loss).ok_or(Rejection::NoAuction { issuance: id, loss })?;
    let (layer, token) = (of.spec.layer, of.spec.token);
    let asset = state.domains.asset_of_layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if lots.is_zero() {
        return Err(Rejection::ZeroLots);
    }
    if sale.price > most {
        return Err(Rejection::PriceAbove { asset, price: sale.price, most });
    }
    let lots = lots.atoms().min(sale.lots.atoms());
    let too_many = Rejection::TotalAboveBound { asset: token };
    let bought = of.bought_floor((sale.wanted, sale.price), lots).ok_or(too_many.clone())?;
    let (paid, tokens) = bought;
    if tokens.is_zero() || paid.is_zero() {
        return Err(Rejection::BelowAtom { asset, left: sale.wanted, price: sale.price });
    }
    let paid = if of.is_dearer(bought, most) {
        of.cost_ceil(tokens, sale.price).ok_or(too_many.clone())?
    } else {
        paid
    };
    account::free_above(state, account, asset, paid)?;
    account::room_above(state, account, token, tokens)?;
    let above = |atoms: i128| atoms + tokens.atoms().cast_signed() > MAX_TOTAL.cast_signed();
    let issued = -state.ledger.balance(token, Holder::Issued).atoms();
    let ever = of.issued + tokens.atoms() > MAX_TOTAL;
    if above(state.held_of(token)) || above(issued) || ever {
        return Err(too_many);
    }
    state.touch(account, events);
    let back = of.spec.buyback.map(|of| of.fund);
    loss::pay_proceeds(state, (loss, layer), account, paid, back, events)
        .ok_or(Rejection::NoAuction { issuance: id, loss })?;
    let price = sale.price;
    events.push(Event::Sold {
        issuance: id,
        loss,
        account,
        number,
        token,
        tokens,
        price,
        asset,
        paid,
    });
    Ok(())
}
