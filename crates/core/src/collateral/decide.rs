//! Every check of the area's commands. Nothing changes here.

use super::convert::Conversion;
use super::{Collateral, CollateralSpec, Command, Event, Rejection, Taken, feed};
use crate::account;
use crate::bounds::MAX_TOTAL;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, LossId};
use crate::ledger::Holder;
use crate::loss::{self, Loss, Stage};
use crate::units::{Amount, Price};
use alloc::boxed::Box;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::Accept { spec } => accept(state, spec, events),
        Command::Mark { asset, settled, price } => mark(state, *asset, *settled, *price, events),
        Command::Sell { loss, number, asset, amount, buyer, proceeds } => {
            let sale = Sale {
                loss: *loss,
                number: *number,
                asset: *asset,
                amount: *amount,
                buyer: *buyer,
                proceeds: *proceeds,
            };
            sale.decide(state, events)
        }
        Command::AttachFeed { asset, settled, feed } => {
            feed::attach(state, (*asset, *settled), *feed, events)
        }
        Command::MarkFromFeed { asset, settled } => feed::mark(state, (*asset, *settled), events),
        Command::Convert { account, buyer, number, asset, amount } => {
            account::owned_by(state, envelope.actor, *buyer)?;
            account::numbered(state, *buyer, *number)?;
            Conversion::of(state, *account, *asset)?.decide((*buyer, *number), *amount, events)
        }
    }
}

fn accept(state: &State, spec: &CollateralSpec, events: &mut Events) -> Result<(), Rejection> {
    let (asset, settled) = (spec.asset, spec.settled);
    for asset in [asset, settled] {
        if state.domains.asset(asset).is_none() {
            return Err(Rejection::UnknownAsset { asset });
        }
    }
    if asset == settled {
        return Err(Rejection::SameAsset { asset });
    }
    // Else who makes more of it makes margin of nothing, as its price falls.
    if state.issuances.of_token(asset).is_some() {
        return Err(Rejection::AssetIssued { asset });
    }
    if let Some(of) = spec.wrong_way {
        let market = of.market;
        let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
        if state.domains.asset_of(found.spec.domain) != Some(settled) {
            return Err(Rejection::OtherAsset { market, asset: settled });
        }
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    events.push(Event::Accepted { spec: Box::new(spec.clone()) });
    Ok(())
}

fn mark(
    state: &State,
    asset: AssetId,
    settled: AssetId,
    price: Price,
    events: &mut Events,
) -> Result<(), Rejection> {
    if feed::accepted(state, asset, settled)?.feed.is_some() {
        return Err(Rejection::HasFeed { asset });
    }
    events.push(Event::Marked { asset, settled, price });
    Ok(())
}

/// What may still be deposited of `asset`, where it is collateral; the least of what those that
/// count it admit.
pub(crate) fn room(state: &State, asset: AssetId) -> Option<Amount> {
    let accepted = state.collaterals.accepted.values().filter_map(|of| of.get(&asset));
    let most = accepted.map(|found| found.spec.max_held).min()?;
    Some(most.less_or_zero(state.ledger.owed(asset, Holder::World)))
}

/// A sale, as it was reported.
struct Sale {
    loss: LossId,
    number: u64,
    asset: AssetId,
    amount: Amount,
    buyer: Option<AccountId>,
    proceeds: Amount,
}

impl Sale {
    fn decide(&self, state: &State, events: &mut Events) -> Result<(), Rejection> {
        let Self { loss, number, asset, amount, buyer, proceeds } = *self;
        let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
        let taken = self.stands(state, found)?;
        let (settled, aside) = (taken.settled, taken.aside);
        self.money(state, found, taken)?;
        if let Some(account) = buyer {
            state.touch(account, events);
        }
        let owed = if aside { loss::recoverable(state, loss).min(proceeds) } else { proceeds };
        let rest = proceeds.less_or_zero(owed);
        let over = found.failed.filter(|_| !rest.is_zero()).map(|owner| (owner, rest));
        let (of, all) = (settled, proceeds);
        events.push(Event::Sold {
            loss,
            number,
            settled: of,
            asset,
            amount,
            buyer,
            proceeds: all,
            aside,
            over: over.map(Box::new),
        });
        if aside && !owed.is_zero() {
            let back = loss::recover(state, loss, number, owed, events);
            back.map_err(|rejection| Rejection::NotRecoverable { code: rejection.code() })?;
        }
        Ok(())
    }

    /// What the sale says of the loss and of what is held for it is right.
    fn stands<'a>(&self, state: &'a State, found: &Loss) -> Result<&'a Taken, Rejection> {
        let nothing = Rejection::AboveHeld { asked: self.amount, held: Amount::ZERO };
        let taken = state.collaterals.taken(self.loss).ok_or(nothing)?;
        let open = match found.stage {
            Stage::Detected => !taken.aside,
            Stage::Settled => loss::is_recoverable(state, self.loss),
            _ => false,
        };
        if !open {
            return Err(Rejection::BeingAbsorbed { loss: self.loss });
        }
        let (number, last) = (self.number, found.last_recovery);
        if number <= last {
            return Err(Rejection::NumberNotNew { number, last });
        }
        if self.amount.is_zero() {
            return Err(Rejection::ZeroAmount);
        }
        let held = taken.held.get(&self.asset).copied().unwrap_or(Amount::ZERO);
        if self.amount > held {
            return Err(Rejection::AboveHeld { asked: self.amount, held });
        }
        Ok(taken)
    }

    /// The price is not too low, and both sides have what they give and room for what they get.
    fn money(&self, state: &State, found: &Loss, taken: &Taken) -> Result<(), Rejection> {
        let (asset, settled) = (self.asset, taken.settled);
        if let Some(Collateral { spec, mark: Some(mark), .. }) =
            state.collaterals.collateral(settled, asset)
        {
            let least = Amount::new(spec.floor(*mark, self.amount)).unwrap_or(Amount::MAX);
            if self.proceeds < least {
                return Err(Rejection::BelowFloor { proceeds: self.proceeds, least });
            }
        }
        match self.buyer {
            Some(account) if is_owners(state, found, account) => {
                Err(Rejection::OwnCollateral { account })
            }
            Some(account) => self.buyer_can(state, account, settled).map_err(Rejection::Account),
            None => self.world_can(state, settled),
        }
    }

    fn buyer_can(
        &self,
        state: &State,
        account: AccountId,
        settled: AssetId,
    ) -> Result<(), account::Rejection> {
        if state.accounts.account(account).is_none() {
            return Err(account::Rejection::UnknownAccount { account });
        }
        account::free_above(state, account, settled, self.proceeds)?;
        account::room_above(state, account, self.asset, self.amount)
    }

    fn world_can(&self, state: &State, settled: AssetId) -> Result<(), Rejection> {
        let vault = state.ledger.owed(self.asset, Holder::World);
        if self.amount > vault {
            return Err(Rejection::VaultShort { asked: self.amount, vault });
        }
        let outside = state.ledger.balance(settled, Holder::World).atoms();
        if self.proceeds.atoms().cast_signed() - outside > MAX_TOTAL.cast_signed() {
            return Err(Rejection::TotalAboveBound { asset: settled });
        }
        Ok(())
    }
}

/// Whether `buyer` belongs to the failed owner: nobody buys back his own at a discount.
fn is_owners(state: &State, found: &Loss, buyer: AccountId) -> bool {
    let owner = |id| state.accounts.account(id).map(|account| account.owner);
    found.failed.is_some_and(|failed| owner(failed) == owner(buyer))
}
