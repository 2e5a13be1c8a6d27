//! A loan past its limit: collateral is sold for what the account trades in, until the loan is back
//! to where the account may widen again.
//!
//! The limit is a part of what the collateral counts for: by weights to open it says who may widen
//! or take collateral out, by weights to keep whose collateral may be sold, so that nobody is sold
//! out by the trade that brought him to the edge. Who buys pays the mark less the sale discount, as
//! for what was taken of a failed account. A sale never lowers what the account stands at.

use super::value::counted;
use super::{Collateral, Event, Rejection, feed};
use crate::account;
use crate::control::Parameter;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId};
use crate::ledger::Holder;
use crate::margin::Level;
use crate::market::RATE_UNIT;
use crate::oracle::Purpose;
use crate::units::{Amount, Price};

/// How much of what its collateral counts for `account` may owe, in millionths: the least of the
/// domains it traded in; nothing where it never did.
pub(crate) fn loan_rate(state: &State, account: AccountId) -> Option<u128> {
    let flows = &state.markets.position(account).totals.flows;
    let limits = flows.iter().map(|flow| state.control.value(flow.domain, Parameter::LoanLimit));
    limits.min()
}

/// The most that `account` may owe where its collateral counts for `counted`, rounded down.
pub(crate) fn loan_limit(state: &State, account: AccountId, counted: u128) -> u128 {
    // What counts may be near 10^38: whole millions first, so that no product passes 128 bits.
    let rate = loan_rate(state, account).unwrap_or(0);
    let whole = counted / u128::from(RATE_UNIT) * rate;
    whole + counted % u128::from(RATE_UNIT) * rate / u128::from(RATE_UNIT)
}

/// A collateral of an account whose loan is past its limit.
pub(super) struct Conversion<'a> {
    state: &'a State,
    account: AccountId,
    settled: AssetId,
    asset: AssetId,
    found: &'a Collateral,
    mark: Price,
    loan: u128,
    /// What is held of it and no lien holds.
    held: Amount,
}

impl<'a> Conversion<'a> {
    /// Refused: the account's loan is within its limit, or the collateral has no price to be sold
    /// at.
    pub(super) fn of(
        state: &'a State,
        account: AccountId,
        asset: AssetId,
    ) -> Result<Self, Rejection> {
        if state.accounts.account(account).is_none() {
            return Err(account::Rejection::UnknownAccount { account }.into());
        }
        let whole = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let nothing = Amount::ZERO;
        let within = Rejection::WithinLimit { account, loan: nothing, max: nothing };
        let settled = state.markets.position(account).asset.ok_or(within)?;
        let found = feed::accepted(state, asset, settled)?;
        let (loan, max) = (state.loan(account, settled), state.loan_limit(account, settled));
        if loan <= max {
            let (loan, max) = (whole(loan), whole(max));
            return Err(Rejection::WithinLimit { account, loan, max });
        }
        let mark = found.mark.filter(|mark| *mark != Price::ZERO);
        let mark = mark.ok_or(Rejection::NoMark { asset })?;
        let serves = feed::serves(state, found, Purpose::Liquidate);
        serves.map_err(|unfit| Rejection::Unfit { asset, unfit })?;
        let held = state.ledger.held(asset, Holder::Account(account));
        let held = held.less_or_zero(state.lien(account, asset));
        Ok(Self { state, account, settled, asset, found, mark, loan, held })
    }

    pub(super) fn decide(
        &self,
        (buyer, number): (AccountId, u64),
        amount: Amount,
        events: &mut Events,
    ) -> Result<(), Rejection> {
        let Self { state, account, settled, asset, .. } = *self;
        let owner = |id| state.accounts.account(id).map(|found| found.owner);
        if owner(buyer) == owner(account) {
            return Err(Rejection::OwnCollateral { account: buyer });
        }
        if amount.is_zero() {
            return Err(Rejection::ZeroAmount);
        }
        if amount > self.held {
            return Err(Rejection::AboveHeld { asked: amount, held: self.held });
        }
        let most = self.most();
        if amount > most {
            return Err(Rejection::AboveConversion { asked: amount, most });
        }
        let whole = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let counts =
            self.counts(Level::Maintenance, Amount::ZERO) - self.counts(Level::Maintenance, amount);
        let proceeds = whole(self.proceeds(amount));
        if proceeds.atoms() < counts {
            return Err(Rejection::CountsForMore { proceeds, counts: whole(counts) });
        }
        account::free_above(state, buyer, settled, proceeds)?;
        account::room_above(state, buyer, asset, amount)?;
        state.touch(account, events);
        state.touch(buyer, events);
        events.push(Event::Converted { account, buyer, number, settled, asset, amount, proceeds });
        Ok(())
    }

    /// What `amount` is sold for: the mark less the discount, rounded up (for the account).
    fn proceeds(&self, amount: Amount) -> u128 {
        self.found.spec.floor(self.mark, amount)
    }

    /// What all collateral of the account counts for at the marks without `sold` of this one.
    fn counts(&self, level: Level, sold: Amount) -> u128 {
        let Self { state, account, asset, .. } = *self;
        let legs = &state.markets.position(account).legs;
        let values = state.collaterals.collaterals(self.settled).map(|(of, found)| {
            let held = state.ledger.held(of, Holder::Account(account));
            let held = if of == asset { held.less_or_zero(sold) } else { held };
            counted(state, &found.spec, found.mark, held, (legs, level))
        });
        values.sum()
    }

    /// Whether the loan is back within its limit, by weights to open, once `sold` is.
    fn suffices(&self, sold: Amount) -> bool {
        let left = self.loan - self.loan.min(self.proceeds(sold));
        let counted = self.counts(Level::Initial, sold);
        left <= loan_limit(self.state, self.account, counted)
    }

    /// The most that may be sold: an amount that suffices where an atom less does not, found by
    /// halving; all that is held where all does not suffice.
    fn most(&self) -> Amount {
        if !self.suffices(self.held) {
            return self.held;
        }
        let (mut short, mut enough) = (0, self.held.atoms());
        while short + 1 < enough {
            let middle = short + (enough - short) / 2;
            if self.suffices(Amount::new(middle).unwrap_or(self.held)) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        Amount::new(enough).unwrap_or(self.held)
    }
}
