//! Every check of the area's commands. Nothing changes here.

use super::health::Pledge;
use super::interest::accrue_once;
use super::liquidate::Liquidation;
use super::{Books, Command, Event, Flaw, Pool, PoolSpec, Rejection, Shares};
use crate::account;
use crate::domain::{Basis, CauseClass, Source};
use crate::engine::{Actor, Envelope, Events, State};
use crate::ids::{AccountId, AssetId, LayerId, PoolId};
use crate::ledger::Holder;
use crate::loss;
use crate::market::RATE_UNIT;
use crate::oracle::Purpose;
use crate::units::Amount;
use alloc::boxed::Box;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    let of = |pool, account, number| Asked::new(state, envelope.actor, pool, account, number);
    match *command {
        Command::Open { ref spec } => open(state, spec, events),
        Command::Supply { pool, account, number, amount } => {
            of(pool, account, number)?.supply(amount, events)
        }
        Command::Redeem { pool, account, number, amount } => {
            of(pool, account, number)?.redeem(amount, events)
        }
        Command::Pledge { pool, account, number, asset, amount } => {
            of(pool, account, number)?.pledge(asset, amount, events)
        }
        Command::Release { pool, account, number, asset, amount } => {
            of(pool, account, number)?.release(asset, amount, events)
        }
        Command::Borrow { pool, account, number, amount } => {
            of(pool, account, number)?.borrow(amount, events)
        }
        Command::Repay { pool, account, number, amount } => {
            of(pool, account, number)?.repay(amount, events)
        }
        Command::Liquidate { pool, borrower, liquidator, number, asset, amount } => {
            let asked = of(pool, liquidator, number)?;
            Liquidation { borrower, collateral: asset, amount }.decide(&asked, events)
        }
    }
}

fn open(state: &State, spec: &PoolSpec, events: &mut Events) -> Result<(), Rejection> {
    let domain = spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if let Some((pool, _)) = state.lending.in_domain(domain) {
        return Err(Rejection::DomainTaken { domain, pool });
    }
    let listed = state.markets.markets().any(|(_, market)| market.spec.domain == domain);
    let covers = state.covers.in_domain(domain).is_some();
    let vault = state.vaults.in_domain(domain).is_some();
    if listed || covers || vault || state.has_open_episode(domain) {
        return Err(Rejection::DomainInUse { domain });
    }
    let default = CauseClass::Default;
    let Some(waterfall) = found.waterfalls.get(&default) else {
        return Err(Rejection::NoWaterfall { domain });
    };
    let of_default = [(default, *waterfall)].into();
    if !state.domains.draws_on(&of_default, Basis::Supply) {
        return Err(Rejection::NoSupplyLayer { domain });
    }
    spec.check().map_err(|flaw: Flaw| Rejection::Flaw { flaw })?;
    for asset in &spec.collateral {
        fits(state, spec, found.asset, *asset)?;
    }
    let layer = spec.fund;
    let fund = state.domains.layer(layer).map(|found| &found.spec);
    let is_fund = fund.is_some_and(|of| {
        of.source == Source::Pot && of.kind.is_house() && of.asset == found.asset
    });
    if !is_fund || !state.domains.layers_of(&of_default).contains(&layer) {
        return Err(Rejection::NotAFund { layer });
    }
    let pools = state.lending.pools().count();
    let pool = PoolId::at(pools).ok_or(Rejection::TooMany { what: "pools" })?;
    events.push(Event::Opened { pool, spec: Box::new(spec.clone()) });
    Ok(())
}

/// At the threshold what is sold, and what is given for a repayment, covers the debt.
fn fits(state: &State, spec: &PoolSpec, lent: AssetId, asset: AssetId) -> Result<(), Rejection> {
    let accepted = state.collaterals.collateral(lent, asset);
    let found = accepted.ok_or(Rejection::NotAccepted { asset })?;
    let threshold = found.spec.tiers.first().map_or(0, |tier| tier.maintenance);
    let sold = RATE_UNIT - found.spec.sale_discount.min(RATE_UNIT);
    let given = u64::from(RATE_UNIT) * u64::from(RATE_UNIT) / u64::from(RATE_UNIT + spec.bonus);
    let most = sold.min(u32::try_from(given).unwrap_or(RATE_UNIT));
    if threshold > most {
        return Err(Rejection::Envelope { asset, threshold, most });
    }
    Ok(())
}

/// Who asks something of which pool, and the pool's books with all interest.
pub(super) struct Asked<'a> {
    pub(super) state: &'a State,
    pub(super) id: PoolId,
    pub(super) pool: &'a Pool,
    pub(super) books: Books,
    pub(super) asset: AssetId,
    pub(super) account: AccountId,
    pub(super) number: u64,
}

impl<'a> Asked<'a> {
    fn new(
        state: &'a State,
        actor: Actor,
        id: PoolId,
        account: AccountId,
        number: u64,
    ) -> Result<Self, Rejection> {
        let pool = state.lending.pool(id).ok_or(Rejection::UnknownPool { pool: id })?;
        account::owned_by(state, actor, account)?;
        account::numbered(state, account, number)?;
        let domain = pool.spec.domain;
        let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
        let books = pool.books_at(state.now());
        Ok(Self { state, id, pool, books, asset, account, number })
    }

    /// Interest is accrued before anything else changes; shares that wait for a touch are taken.
    pub(super) fn begin(&self, events: &mut Events) {
        accrue_once(self.state, self.id, self.pool, events);
        self.state.touch(self.account, events);
    }

    fn accepted(&self) -> Result<(), Rejection> {
        let (account, domain) = (self.account, self.pool.spec.domain);
        match self.state.domains.accepted(domain, account) {
            true => Ok(()),
            false => Err(Rejection::TermsNotAccepted { account, domain }),
        }
    }

    fn supply(&self, amount: Amount, events: &mut Events) -> Result<(), Rejection> {
        self.accepted()?;
        above_zero(amount)?;
        let whole = self.books.supply.total;
        let owed = whole.less_or_zero(self.state.realisable(self.pool).total);
        if !owed.is_zero() {
            return Err(Rejection::DomainOwes { owed });
        }
        let room = self.pool.spec.max_supply.less_or_zero(self.books.supply.total);
        let above = Rejection::SupplyAboveMost { asked: amount, room };
        if amount > room {
            return Err(above);
        }
        let shares = self.books.supply.shares_floor(amount).ok_or(above)?;
        if shares.is_zero() {
            return Err(Rejection::BelowAShare { amount });
        }
        account::free_above(self.state, self.account, self.asset, amount)?;
        self.begin(events);
        let Self { id: pool, account, number, asset, .. } = *self;
        events.push(Event::Supplied { pool, account, number, asset, amount, shares });
        Ok(())
    }

    fn redeem(&self, amount: Option<Amount>, events: &mut Events) -> Result<(), Rejection> {
        let Self { state, id: pool, account, number, asset, .. } = *self;
        let held = self.pool.supply_shares(account);
        let side = state.realisable(self.pool);
        let supply = side.worth_floor(held);
        let lien = state.supply_lien(pool, account);
        let (free, cash) = (supply.less_or_zero(lien), state.liquid(self.pool, pool));
        let asked = amount.unwrap_or_else(|| free.min(cash));
        above_zero(asked)?;
        if asked > free {
            return Err(Rejection::AboveFree { asked, supply, lien });
        }
        if asked > cash {
            return Err(Rejection::NotLiquid { asked, cash });
        }
        account::room_above(state, account, asset, asked)?;
        self.begin(events);
        let shares = side.given(held, asked);
        events.push(Event::Redeemed { pool, account, number, asset, amount: asked, shares });
        Ok(())
    }

    fn pledge(&self, asset: AssetId, amount: Amount, events: &mut Events) -> Result<(), Rejection> {
        self.accepted()?;
        above_zero(amount)?;
        if !self.pool.spec.collateral.contains(&asset) {
            return Err(Rejection::NotPledgeable { asset });
        }
        let Self { state, id: pool, account, number, .. } = *self;
        account::free_above(state, account, asset, amount)?;
        if state.ledger.held(asset, Holder::Pool(pool)).checked_add(amount).is_err() {
            return Err(account::Rejection::BalanceAboveBound { account }.into());
        }
        self.begin(events);
        events.push(Event::Pledged { pool, account, number, asset, amount });
        Ok(())
    }

    fn release(
        &self,
        asset: AssetId,
        amount: Amount,
        events: &mut Events,
    ) -> Result<(), Rejection> {
        above_zero(amount)?;
        let Self { state, id: pool, account, number, .. } = *self;
        let mut held = self.pool.position(account).map(|of| of.pledged.clone()).unwrap_or_default();
        let pledged = held.get(&asset).copied().unwrap_or(Amount::ZERO);
        if amount > pledged {
            return Err(Rejection::AbovePledged { asked: amount, pledged });
        }
        held.insert(asset, pledged.less_or_zero(amount));
        let left = Pledge { state, asset: self.asset, held: &held };
        self.covered(self.debt_of(account), &left, Purpose::Withdraw)?;
        account::room_above(state, account, asset, amount)?;
        self.begin(events);
        events.push(Event::Released { pool, account, number, asset, amount });
        Ok(())
    }

    fn borrow(&self, amount: Amount, events: &mut Events) -> Result<(), Rejection> {
        self.accepted()?;
        above_zero(amount)?;
        let Self { state, id: pool, account, number, asset, .. } = *self;
        if let Some(queue) = state.exits_above_limit(self.pool.spec.domain) {
            return Err(Rejection::ExitQueueAboveLimit { queue });
        }
        if let Some(gap) = state.first_loss_short(self.pool.spec.domain) {
            return Err(Rejection::FirstLossShort { gap });
        }
        let room = self.pool.spec.max_debt.less_or_zero(self.books.debt.total);
        let above = Rejection::DebtAboveMost { asked: amount, room };
        if amount > room {
            return Err(above);
        }
        let shares = self.books.debt.shares_ceil(amount).ok_or(above.clone())?;
        let debt = self.debt_of(account).checked_add(amount).map_err(|_| above)?;
        self.worth_owing(debt)?;
        let nothing = alloc::collections::BTreeMap::new();
        let held = self.pool.position(account).map_or(&nothing, |position| &position.pledged);
        self.covered(debt, &Pledge { state, asset, held }, Purpose::Open)?;
        let cash = state.liquid(self.pool, pool);
        if amount > cash {
            return Err(Rejection::NotLiquid { asked: amount, cash });
        }
        account::room_above(state, account, asset, amount)?;
        self.begin(events);
        events.push(Event::Borrowed { pool, account, number, asset, amount, shares });
        Ok(())
    }

    fn repay(&self, amount: Option<Amount>, events: &mut Events) -> Result<(), Rejection> {
        let Self { state, id: pool, account, number, asset, .. } = *self;
        let held = self.pool.position(account).map(|of| of.debt).unwrap_or_default();
        let debt = self.books.debt.worth_ceil(held);
        let amount = amount.unwrap_or(debt);
        above_zero(amount)?;
        if amount > debt {
            return Err(Rejection::AboveDebt { asked: amount, debt });
        }
        self.worth_owing(debt.less_or_zero(amount))?;
        account::free_above(state, account, asset, amount)?;
        self.begin(events);
        let shares = self.freed(held, debt, amount);
        let (fund, fee) = self.fee(amount);
        events.push(Event::Repaid { pool, account, number, asset, amount, shares, fund, fee });
        loss::pay_debts_of(state, fund, asset, fee, events);
        Ok(())
    }

    /// The shares of debt that a repayment frees: rounded down (for the lenders), all where nothing
    /// is owed any more.
    pub(super) fn freed(&self, held: Shares, debt: Amount, amount: Amount) -> Shares {
        if amount >= debt {
            return held;
        }
        self.books.debt.shares_floor(amount).map_or(held, |freed| freed.min(held))
    }

    /// What of the fees that are due a payment of `paid` into the pool brings to the fund.
    pub(super) fn fee(&self, paid: Amount) -> (LayerId, Amount) {
        let layer = self.pool.spec.fund;
        let held = self.state.ledger.held(self.asset, Holder::Layer(layer));
        let room = Amount::MAX.less_or_zero(held);
        (layer, self.books.fees.min(paid).min(room))
    }

    pub(super) fn debt_of(&self, account: AccountId) -> Amount {
        let held = self.pool.position(account).map(|of| of.debt).unwrap_or_default();
        self.books.debt.worth_ceil(held)
    }

    /// No debt is so small that nobody would care to liquidate it.
    pub(super) fn worth_owing(&self, debt: Amount) -> Result<(), Rejection> {
        let least = self.pool.spec.min_debt;
        if debt.is_zero() || debt >= least {
            return Ok(());
        }
        Err(Rejection::BelowLeastDebt { debt, least })
    }

    fn covered(&self, debt: Amount, by: &Pledge<'_>, purpose: Purpose) -> Result<(), Rejection> {
        if debt.is_zero() {
            return Ok(());
        }
        let counted = by.counted(purpose);
        if debt.atoms() > counted {
            let counted = Amount::new(counted).unwrap_or(Amount::MAX);
            return Err(Rejection::AboveBorrowable { debt, counted });
        }
        // Where a collateral was accepted anew what counts to borrow may be more than covers.
        let cover = by.cover();
        if debt.atoms() > cover {
            let cover = Amount::new(cover).unwrap_or(Amount::MAX);
            return Err(Rejection::Failing { debt, cover });
        }
        Ok(())
    }
}

pub(super) const fn above_zero(amount: Amount) -> Result<(), Rejection> {
    if amount.is_zero() { Err(Rejection::ZeroAmount) } else { Ok(()) }
}
