//! Money that comes in for losses: payments into pending draws, recoveries, a fund's income.

use alloc::vec::Vec;

use super::absorb::{absorbing, open_draw};
use super::ceded;
use super::touch::{touch_all, touch_where};
use super::{Event, Loss, PoolHolder, Rejection, Stage};
use crate::account;
use crate::control::{Parameter, Status};
use crate::domain::{self, Source};
use crate::engine::{self, Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LossId, Time};
use crate::ledger::Holder;
use crate::recovery::{self, Bearer, ClaimPool};
use crate::units::Amount;

/// A payment into a pending draw.
#[derive(Clone, Copy)]
pub(super) struct Payment {
    /// A member; nothing for the outside.
    pub(super) payer: Option<AccountId>,
    /// His next number; from outside, the loss's.
    pub(super) number: u64,
    pub(super) amount: Amount,
}

pub(super) fn pay_draw(
    state: &State,
    loss: LossId,
    layer: LayerId,
    Payment { payer, number, amount }: Payment,
    events: &mut Events,
) -> Result<(), Rejection> {
    let not_pending = Rejection::NotPending { loss, layer };
    let (found, against) = absorbing(state, loss).map_err(|_| not_pending.clone())?;
    let draw = open_draw(found, layer).ok_or(not_pending)?;
    match payer {
        Some(account) => account::numbered(state, account, number)?,
        None if number <= found.last_payment => {
            return Err(Rejection::NumberNotNew { number, last: found.last_payment });
        }
        None => {}
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    // What was paid otherwise since, as by the failed account itself, is not asked for.
    let open = draw.planned.less_or_zero(draw.received).min(found.remaining());
    if amount > open {
        return Err(Rejection::AboveDraw { asked: amount, open });
    }
    let spec = &state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?.spec;
    match (&spec.source, payer) {
        // What the engine sells nobody else reports.
        (Source::Proceeds { .. }, None) if state.issuances.of_layer(layer).is_none() => {}
        (Source::Call { .. }, Some(account)) => {
            let of = against.set.layers.get(&layer).ok_or(Rejection::NotMember { account })?;
            let place = of.place(account).ok_or(Rejection::NotMember { account })?;
            let called = draw.called.get(place).copied().unwrap_or(Amount::ZERO);
            // His cap may have been spent under another set since he was called.
            let member = &of.members[place];
            let open = called.min(member.cap.less_or_zero(member.paid));
            if amount > open {
                return Err(Rejection::AboveCall { asked: amount, open });
            }
            account::free_above(state, account, spec.asset, amount)?;
            state.touch(account, events);
        }
        _ => return Err(Rejection::WrongPayer { layer }),
    }
    let asset = spec.asset;
    events.push(Event::DrawPaid { loss, layer, asset, account: payer, number, amount });
    Ok(())
}

/// What the open draw of `loss` on `layer` may still take; nothing where none is open.
pub(crate) fn wanted(state: &State, loss: LossId, layer: LayerId) -> Option<Amount> {
    let (found, _) = absorbing(state, loss).ok()?;
    let draw = open_draw(found, layer)?;
    Some(draw.planned.less_or_zero(draw.received).min(found.remaining()))
}

/// When the open draw of `loss` on `layer` closes at the latest.
pub(crate) fn answers_until(state: &State, loss: LossId, layer: LayerId) -> Option<Time> {
    open_draw(state.losses.loss(loss)?, layer)?.deadline
}

/// An account pays `amount`, at most what is wanted, into the draw of `loss` on `layer` for what it
/// is sold; a later recovery repays `to`, if anyone.
pub(crate) fn pay_proceeds(
    state: &State,
    (loss, layer): (LossId, LayerId),
    account: AccountId,
    amount: Amount,
    to: Option<LayerId>,
    events: &mut Events,
) -> Option<()> {
    wanted(state, loss, layer).filter(|wanted| amount <= *wanted)?;
    let asset = state.domains.asset_of_layer(layer)?;
    events.push(Event::ProceedsPaid { loss, layer, asset, account, amount, to });
    Some(())
}

/// What is still to be repaid of `loss`, once it is settled.
pub(crate) fn recoverable(state: &State, loss: LossId) -> Amount {
    state.losses.loss(loss).map_or(Amount::ZERO, |found| open_claims(&found.pools))
}

/// Whether it is known who is to be repaid for `loss`: it is settled, and every share is taken.
pub(crate) fn is_recoverable(state: &State, loss: LossId) -> bool {
    let settled = state.losses.loss(loss).is_some_and(|found| found.stage == Stage::Settled);
    settled && !state.losses.waits_for_touch(loss)
}

pub(crate) fn recover(
    state: &State,
    loss: LossId,
    number: u64,
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    if found.stage != Stage::Settled {
        return Err(Rejection::Stage { loss, needs: "settled" });
    }
    if number <= found.last_recovery {
        return Err(Rejection::NumberNotNew { number, last: found.last_recovery });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    if state.losses.waits_for_touch(loss) {
        // Who bore what is known only when every share is taken; the recovery comes after.
        return Err(Rejection::Stage { loss, needs: "taken from every account" });
    }
    let asset = super::detect::asset_of(state, found.domain)?;
    let open = open_claims(&found.pools);
    if amount > open {
        return Err(Rejection::RecoveryAboveClaims { asked: amount, open });
    }
    touch_where(state, &|_| true, events);
    events.push(Event::RecoveryReceived { loss, number, asset, amount });
    repay(state, (loss, asset), &found.pools, amount, Receivers::Cede, events)
}

pub(super) fn take_shares(
    state: &State,
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    state.losses.loss(loss).ok_or(Rejection::UnknownLoss { loss })?;
    touch_all(state, loss, events);
    Ok(())
}

pub(super) fn open_claims(pools: &[ClaimPool]) -> Amount {
    Amount::sum(pools.iter().map(ClaimPool::open))
}

/// What those who are repaid do with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receivers {
    /// Whoever failed himself cedes it to those who bear his loss.
    Cede,
    /// It was ceded already: it is theirs.
    AsTheyAre,
}

pub(super) fn repay(
    state: &State,
    (loss, asset): (LossId, AssetId),
    pools: &[ClaimPool],
    amount: Amount,
    receivers: Receivers,
    events: &mut Events,
) -> Result<(), Rejection> {
    for repayment in recovery::repay(pools, amount)? {
        let pool = u32::try_from(repayment.pool).map_err(|_| Rejection::NotDue)?;
        let (to, rows) = match &pools[repayment.pool].bearer {
            Bearer::Layer(layer) => {
                domain::room_in_pot(state, *layer, asset, repayment.amount)?;
                (PoolHolder::Layer(*layer), Vec::new())
            }
            Bearer::Uncovered(domain) => (PoolHolder::Uncovered(*domain), Vec::new()),
            Bearer::Results(domain) => (PoolHolder::Results(*domain), Vec::new()),
            Bearer::Outside(_) => continue,
            Bearer::Members { rows, .. } | Bearer::Ranked { rows } => {
                let shares = (0..).zip(rows).zip(&repayment.rows);
                let paid = shares.filter(|(_, share)| !share.is_zero());
                let rows: Vec<_> =
                    paid.map(|((place, row), share)| (place, row.account, *share)).collect();
                for (_, account, share) in &rows {
                    account::room_above(state, *account, asset, *share)?;
                }
                (PoolHolder::Members, rows)
            }
        };
        let amount = repayment.amount;
        let cede = receivers == Receivers::Cede;
        let ceding: Vec<_> = rows.iter().filter(|_| cede).copied().collect();
        events.push(Event::PoolRepaid { loss, pool, asset, to, amount, rows });
        for (_, account, share) in ceding {
            ceded::cede(state, (loss, pool, asset), (account, share), events);
        }
    }
    Ok(())
}

/// Ordinary income of a fund: first the uncovered debts of the domains it stands behind, in the
/// order of the losses; the rest splits by a parameter between open claims and the fund.
pub(super) fn fund_income(
    state: &State,
    (layer, number): (LayerId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = fund_of(state, (layer, number), amount)?;
    events.push(Event::IncomeReceived { layer, number, asset, amount });
    pay_on(state, (layer, asset), amount, events)
}

/// The same of what was booked as fees of a domain's trades.
pub(super) fn fund_fees(
    state: &State,
    domain: DomainId,
    (layer, number): (LayerId, u64),
    amount: Option<Amount>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let of_domain = super::detect::asset_of(state, domain)?;
    let booked = state.ledger.held(of_domain, Holder::Fees(domain));
    let amount = amount.unwrap_or(booked);
    let asset = fund_of(state, (layer, number), amount)?;
    // A table rests in settlement: what is booked goes by hand again.
    let divided = state.control.domain_status(domain) < Status::Settling;
    if divided && state.incentives.fees(domain).is_some() {
        return Err(Rejection::FeesDivided { domain });
    }
    // Else they would pass by what the domain owes.
    if !domains_behind(state, layer, asset).contains(&domain) {
        return Err(Rejection::NotBehind { layer, domain });
    }
    if amount > booked {
        return Err(Rejection::AboveFees { asked: amount, booked });
    }
    events.push(Event::FeesReceived { domain, layer, number, asset, amount });
    pay_on(state, (layer, asset), amount, events)
}

/// The asset of a fund that may earn `amount` under `number`.
fn fund_of(
    state: &State,
    (layer, number): (LayerId, u64),
    amount: Amount,
) -> Result<AssetId, Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if found.spec.source != Source::Pot || found.spec.kind.is_staked() {
        return Err(domain::Rejection::NotPaidInto { layer }.into());
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    let asset = found.spec.asset;
    domain::room_in_pot(state, layer, asset, amount)?;
    Ok(asset)
}

fn pay_on(
    state: &State,
    (layer, asset): (LayerId, AssetId),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let behind: Vec<DomainId> = domains_behind(state, layer, asset);
    let left = pay_debts(state, layer, asset, &behind, amount, events);
    pay_claims(state, layer, asset, &behind, left, events)
}

/// The domains whose waterfalls in force name `layer`.
fn domains_behind(state: &State, layer: LayerId, asset: AssetId) -> Vec<DomainId> {
    let behind = state.domains.behind(layer).filter(|(_, domain)| domain.asset == asset);
    behind.map(|(id, _)| id).collect()
}

/// What `layer` got by the way, penalties and what books gained, pays the uncovered debts it
/// stands behind; the rest stays in it, since no fill may hang on whether every claimant has room.
pub(crate) fn pay_debts_of(
    state: &State,
    layer: LayerId,
    asset: AssetId,
    amount: Amount,
    events: &mut Events,
) {
    if state.debts().next().is_some() {
        let behind = domains_behind(state, layer, asset);
        pay_debts(state, layer, asset, &behind, amount, events);
    }
}

/// What `layer` got of the fees of `domain` pays what that domain owes, and no other.
pub(crate) fn pay_debts_in(
    state: &State,
    domain: DomainId,
    (layer, asset): (LayerId, AssetId),
    amount: Amount,
    events: &mut Events,
) {
    pay_debts(state, layer, asset, &[domain], amount, events);
}

fn pay_debts(
    state: &State,
    layer: LayerId,
    asset: AssetId,
    behind: &[DomainId],
    amount: Amount,
    events: &mut Events,
) -> Amount {
    let mut left = amount;
    for (loss, found) in state.debts() {
        let domain = found.domain;
        let debt = found.debt().less_or_zero(paid_now(events, loss)).min(left);
        if behind.contains(&domain) && !debt.is_zero() {
            events.push(Event::DebtPaid { loss, layer, domain, asset, amount: debt });
            left = left.less_or_zero(debt);
        }
    }
    left
}

/// What earlier events of the same command paid of the uncovered debt of `of`.
fn paid_now(events: &Events, of: LossId) -> Amount {
    Amount::sum(events.as_slice().iter().filter_map(|event| match *event {
        engine::Event::Loss(Event::DebtPaid { loss, amount, .. })
        | engine::Event::Loss(Event::PoolRepaid {
            loss,
            to: PoolHolder::Uncovered(_),
            amount,
            ..
        }) => (loss == of).then_some(amount),
        _ => None,
    }))
}

/// One million: the unit of the parameter that splits income.
const MILLION: u128 = 1_000_000;

impl State {
    /// Whether income of `domain` is to repay those who bore its losses, and some are not repaid.
    pub(crate) fn repays_claims(&self, domain: DomainId) -> bool {
        let open = |pool: &ClaimPool| match pool.bearer {
            Bearer::Members { .. } | Bearer::Ranked { .. } => !pool.open().is_zero(),
            _ => false,
        };
        let settled = |of: &Loss| of.domain == domain && of.stage == Stage::Settled;
        let waits = |of: &Loss| settled(of) && of.pools.iter().any(open);
        self.control.value(domain, Parameter::IncomeToClaims) > 0
            && self.losses.losses().any(|(_, of)| waits(of))
    }
}

fn pay_claims(
    state: &State,
    layer: LayerId,
    asset: AssetId,
    behind: &[DomainId],
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    if amount.is_zero() {
        return Ok(());
    }
    // The domain the fund served first sets the split: a fund's income is split once.
    let Some(domain) = behind.first() else { return Ok(()) };
    let part = state.control.value(*domain, Parameter::IncomeToClaims);
    let whole = amount.atoms() / MILLION * part;
    let rest = amount.atoms() % MILLION * part / MILLION;
    let mut left = Amount::new(whole + rest).unwrap_or(amount);
    if !left.is_zero() {
        touch_where(state, &|_| true, events);
    }
    for (loss, found) in state.losses.losses() {
        let settled = behind.contains(&found.domain)
            && found.stage == Stage::Settled
            && !state.losses.waits_for_touch(loss);
        let pools: Vec<ClaimPool> =
            found.pools.iter().map(|pool| without_own(pool, layer)).collect();
        let coming = ceded::on_its_way(state, loss, events);
        let paid = open_claims(&pools).less_or_zero(coming).min(left);
        if settled && !paid.is_zero() {
            events.push(Event::IncomeToClaims { loss, layer, asset, amount: paid });
            repay(state, (loss, asset), &pools, paid, Receivers::Cede, events)?;
            left = left.less_or_zero(paid);
        }
    }
    Ok(())
}

/// The pool as another's claim: a fund does not repay itself nor what books gained, and debts are
/// paid already.
fn without_own(pool: &ClaimPool, layer: LayerId) -> ClaimPool {
    match pool.bearer {
        Bearer::Layer(own) if own == layer => pool.closed(),
        Bearer::Uncovered(_) | Bearer::Results(_) => pool.closed(),
        _ => pool.clone(),
    }
}
