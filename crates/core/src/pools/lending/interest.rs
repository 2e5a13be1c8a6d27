//! Interest: simple between two accruals, at the rate of the utilisation that stood, in whole atoms
//! with the rest carried. So who asks often loses nothing to rounding.

use super::{Books, Event, Pool};
use crate::engine::{self, Events, State};
use crate::ids::{PoolId, Time};
use crate::market::RATE_UNIT;
use crate::pools::RATE_TIME;
use crate::units::Amount;
use crate::wide::{mul_div_floor, mul_div_rem};

/// Accrues a pool before it changes, once in a command: its events are of one moment.
pub(crate) fn accrue_once(state: &State, id: PoolId, pool: &Pool, events: &mut Events) {
    let done = events.as_slice().iter().any(
        |event| matches!(event, engine::Event::Lending(Event::Accrued { pool, .. }) if *pool == id),
    );
    if let Some(of) = pool.accrual(state.now()).filter(|_| !done) {
        let Accrual { interest, fee, rest } = of;
        events.push(Event::Accrued { pool: id, interest, fee, rest });
    }
}

/// What is accrued at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accrual {
    /// What borrowers owe more.
    pub interest: Amount,
    /// What of it is the house's.
    pub fee: Amount,
    /// What is carried.
    pub rest: u64,
}

impl Books {
    /// How much of the pool is lent, in millionths, rounded down.
    #[must_use]
    pub fn utilisation(&self) -> u32 {
        let (lent, all) = (self.debt.total.atoms(), self.assets().atoms());
        let part = mul_div_floor(lent, u128::from(RATE_UNIT), all).unwrap_or(0);
        u32::try_from(part).unwrap_or(RATE_UNIT)
    }

    pub(super) fn accrue(&mut self, of: Accrual) {
        let add = |sum: Amount, more| sum.checked_add(more).unwrap_or(Amount::MAX);
        self.debt.total = add(self.debt.total, of.interest);
        self.fees = add(self.fees, of.fee);
        self.supply.total = add(self.supply.total, of.interest.less_or_zero(of.fee));
        self.rest = of.rest;
    }
}

impl Pool {
    /// What is to be accrued at `now`; nothing where no time passed or nobody owes anything.
    ///
    /// A pool whose balance reaches 10^30 atoms earns no more interest.
    pub(super) fn accrual(&self, now: Time) -> Option<Accrual> {
        let millis = now.0.checked_sub(self.accrued.0).filter(|millis| *millis > 0)?;
        let books = &self.books;
        if books.debt.total.is_zero() {
            return None;
        }
        let rate = u128::from(self.spec.rates.at(books.utilisation())) * u128::from(millis);
        let whole = mul_div_rem(books.debt.total.atoms(), rate, u128::from(RATE_TIME));
        let room = Amount::MAX.atoms() - books.assets().atoms();
        let (due, rest) = match whole {
            Some((due, rest)) => {
                let rest = rest + u128::from(books.rest);
                // What is due is cut first: an atom more of it is still in bounds.
                (due.min(room) + rest / u128::from(RATE_TIME), rest % u128::from(RATE_TIME))
            }
            None => (room, 0),
        };
        let due = due.min(room);
        let fee = u128::from(self.spec.fee);
        let fee = mul_div_floor(due, fee, u128::from(RATE_UNIT)).unwrap_or(0);
        Some(Accrual {
            interest: Amount::new(due).unwrap_or(Amount::MAX),
            fee: Amount::new(fee).unwrap_or(Amount::MAX),
            rest: u64::try_from(rest).unwrap_or(0),
        })
    }

    /// The books at `now`, interest included.
    #[must_use]
    pub fn books_at(&self, now: Time) -> Books {
        let mut books = self.books;
        if let Some(accrual) = self.accrual(now) {
            books.accrue(accrual);
        }
        books
    }
}
