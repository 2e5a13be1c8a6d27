//! What follows of itself: interest that nobody asks for, and the detection of a loss: a borrower
//! whose collateral covers his debt no more.

use super::health::Pledge;
use super::interest::accrue_once;
use super::{Duty, Event, Pool, Position, Rejection, Side};
use crate::collateral;
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, Name, PoolId};
use crate::loss;
use crate::units::Amount;
use crate::wide::mul_div_floor;

/// Interest is accrued once an hour where nobody else asks: debts that grow are seen.
const ACCRUED_EVERY: u64 = 3_600_000;

/// The next duty: pools in the order of their ids, borrowers in that of theirs.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    state.lending.pools().find_map(|(id, pool)| {
        let since = state.now().0.checked_sub(pool.accrued.0);
        let late = since.is_some_and(|millis| millis >= ACCRUED_EVERY);
        if late && !pool.books.debt.total.is_zero() {
            return Some(Duty::Accrue { pool: id });
        }
        let asset = state.domains.asset_of(pool.spec.domain)?;
        let debts = pool.books_at(state.now()).debt;
        let mut borrowers = pool.positions().filter(|(_, position)| !position.debt.is_zero());
        let (account, _) = borrowers.find(|(_, of)| fails(state, asset, debts, of))?;
        Some(Duty::Fail { pool: id, account })
    })
}

/// Whether the collateral of a position would fetch less than it owes of `debts`.
fn fails(state: &State, asset: AssetId, debts: Side, of: &Position) -> bool {
    Pledge { state, asset, held: &of.pledged }.cover() < debts.worth_ceil(of.debt).atoms()
}

pub(crate) fn decide_duty(
    state: &State,
    duty_: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if duty(state).as_ref() != Some(duty_) {
        return Err(Rejection::NotDue);
    }
    let (Duty::Accrue { pool: id } | Duty::Fail { pool: id, .. }) = *duty_;
    let pool = state.lending.pool(id).ok_or(Rejection::NotDue)?;
    accrue_once(state, id, pool, events);
    match *duty_ {
        Duty::Accrue { .. } => Ok(()),
        Duty::Fail { account, .. } => fail(state, id, pool, account, events),
    }
}

/// Debt and collateral go to the book of a new loss; the loss is found, and its account taken over
/// already. It is detected next, among the lenders who stand now.
fn fail(
    state: &State,
    id: PoolId,
    pool: &Pool,
    account: AccountId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let domain = pool.spec.domain;
    let asset = state.domains.asset_of(domain).ok_or(Rejection::NotDue)?;
    let position = pool.position(account).ok_or(Rejection::NotDue)?;
    let loss = loss::next(state).ok_or(Rejection::TooMany { what: "losses" })?;
    let cause = Name::new("collateral does not cover a loan").ok_or(Rejection::NotDue)?;
    let books = pool.books_at(state.now());
    let debt = books.debt.worth_ceil(position.debt);
    let gross = Pledge { state, asset, held: &position.pledged }.gross();
    // What is free in his account is his own means, as what he gained elsewhere is.
    let own = state.free(account, asset).min(debt);
    state.touch(account, events);
    loss::found(state, domain, account, cause, own, events).map_err(|_| Rejection::NotDue)?;
    // What the collateral is worth beyond the debt is his margin: what a sale loses takes it first.
    let above = gross - gross.min(debt.atoms());
    let margin = Amount::new(above).unwrap_or(Amount::MAX);
    let nothing = Amount::ZERO;
    events.push(loss::Event::TakenOver {
        loss,
        account,
        asset,
        held: nothing,
        owed: nothing,
        margin,
        value: nothing,
    });
    // Fees on the loan were never paid, and never will be.
    let part = mul_div_floor(books.fees.atoms(), debt.atoms(), books.debt.total.atoms());
    let waived = Amount::new(part.unwrap_or(0)).unwrap_or(Amount::MAX).min(books.fees);
    events.push(Event::Failed {
        pool: id,
        loss,
        account,
        asset,
        debt,
        shares: position.debt,
        pledged: position.pledged.iter().map(|(asset, amount)| (*asset, *amount)).collect(),
        waived,
    });
    for (of, amount) in &position.pledged {
        let (settled, asset, amount) = (asset, *of, *amount);
        events.push(collateral::Event::Taken { loss, account, settled, asset, amount });
    }
    Ok(())
}
