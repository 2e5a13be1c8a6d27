//! A liquidation: somebody repays for a borrower below his threshold and gets collateral worth that
//! and a bonus. It ends at a target, and the bonus is never more than the collateral exceeds the
//! debt by: a liquidation leaves no less collateral for each atom of debt than it found.

use alloc::collections::BTreeMap;

use super::decide::{Asked, above_zero};
use super::health::Pledge;
use super::{Event, Rejection};
use crate::account;
use crate::collateral::{self, CollateralSpec};
use crate::engine::Events;
use crate::ids::{AccountId, AssetId};
use crate::loss;
use crate::market::RATE_UNIT;
use crate::oracle::Purpose;
use crate::units::{Amount, Price};
use crate::wide::{compare_ratios, mul_div_floor};

/// What a liquidator asks for.
pub(super) struct Liquidation {
    pub(super) borrower: AccountId,
    pub(super) collateral: AssetId,
    pub(super) amount: Amount,
}

/// The loan before it, and what a repayment buys.
struct Loan<'a> {
    asked: &'a Asked<'a>,
    held: &'a BTreeMap<AssetId, Amount>,
    debt: Amount,
    bonus: u128,
    spec: &'a CollateralSpec,
    mark: Price,
    collateral: AssetId,
}

impl Liquidation {
    pub(super) fn decide(&self, asked: &Asked<'_>, events: &mut Events) -> Result<(), Rejection> {
        let Self { borrower, collateral, amount } = *self;
        above_zero(amount)?;
        let loan = self.loan(asked)?;
        let most = loan.most();
        if amount > most {
            return Err(Rejection::AboveTarget { asked: amount, most });
        }
        asked.worth_owing(loan.debt.less_or_zero(amount))?;
        let (seized, pledged) = (loan.buys(amount), loan.pledged());
        above_zero(seized)?;
        if seized > pledged {
            return Err(Rejection::AbovePledged { asked: seized, pledged });
        }
        loan.leaves_cover(amount, seized)?;
        let (state, liquidator) = (asked.state, asked.account);
        account::free_above(state, liquidator, asked.asset, amount)?;
        account::room_above(state, liquidator, collateral, seized)?;
        asked.begin(events);
        let held = asked.pool.position(borrower).map(|of| of.debt).unwrap_or_default();
        let shares = asked.freed(held, loan.debt, amount);
        let (fund, fee) = asked.fee(amount);
        events.push(Event::Liquidated {
            pool: asked.id,
            borrower,
            liquidator,
            number: asked.number,
            asset: asked.asset,
            amount,
            shares,
            collateral,
            seized,
            fund,
            fee,
        });
        loss::pay_debts_of(state, fund, asked.asset, fee, events);
        Ok(())
    }

    /// The loan may be liquidated by who asks.
    fn loan<'a>(&self, asked: &'a Asked<'a>) -> Result<Loan<'a>, Rejection> {
        let (state, account) = (asked.state, self.borrower);
        let owner = |id| state.accounts.account(id).map(|found| found.owner);
        if owner(account).is_none() {
            return Err(account::Rejection::UnknownAccount { account }.into());
        }
        if owner(account) == owner(asked.account) {
            return Err(Rejection::OwnLoan { account: asked.account });
        }
        let debt = asked.debt_of(account);
        let position = asked.pool.position(account);
        let Some(held) = position.map(|of| &of.pledged).filter(|_| !debt.is_zero()) else {
            return Err(Rejection::Healthy { debt, counted: Amount::ZERO });
        };
        let pledge = Pledge { state, asset: asked.asset, held };
        let whole = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
        let (counted, cover) = (whole(pledge.counted(Purpose::Mark)), whole(pledge.cover()));
        if counted >= debt {
            return Err(Rejection::Healthy { debt, counted });
        }
        if cover < debt {
            return Err(Rejection::Failing { debt, cover });
        }
        let collateral = self.collateral;
        let found = state.collaterals.collateral(asked.asset, collateral);
        let found = found.ok_or(Rejection::NotPledgeable { asset: collateral })?;
        let mark = found.mark.filter(|mark| mark.ticks() > 0);
        let mark = mark.ok_or(Rejection::NoMark { asset: collateral })?;
        collateral::serves(state, found, Purpose::Liquidate)
            .map_err(|unfit| Rejection::Unfit { asset: self.collateral, unfit })?;
        let unit = u128::from(RATE_UNIT);
        let above = pledge.gross() - pledge.gross().min(debt.atoms());
        let bonus = mul_div_floor(above, unit, debt.atoms()).unwrap_or(unit);
        let bonus = bonus.min(u128::from(asked.pool.spec.bonus));
        Ok(Loan { asked, held, debt, bonus, spec: &found.spec, mark, collateral })
    }
}

impl Loan<'_> {
    fn pledged(&self) -> Amount {
        self.held.get(&self.collateral).copied().unwrap_or(Amount::ZERO)
    }

    /// The collateral that a repayment buys, rounded down (for the borrower).
    fn buys(&self, repaid: Amount) -> Amount {
        let unit = u128::from(RATE_UNIT);
        let worth = mul_div_floor(repaid.atoms(), unit + self.bonus, unit).unwrap_or_default();
        self.spec.bought_floor(self.mark, worth)
    }

    /// A repayment that reaches the target where an atom less does not, found by halving: where
    /// atoms of collateral are dear there are several. All of the debt where none does, or where
    /// less than the least debt would be left.
    fn most(&self) -> Amount {
        let (mut short, mut enough) = (0, self.debt.atoms());
        while short + 1 < enough {
            let middle = short + (enough - short) / 2;
            if self.reaches(Amount::new(middle).unwrap_or(self.debt)) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        let most = Amount::new(enough).unwrap_or(self.debt);
        if self.asked.worth_owing(self.debt.less_or_zero(most)).is_ok() { most } else { self.debt }
    }

    /// What is left of the collateral covers what is left of the debt: of two collaterals the
    /// better may not be taken away.
    fn leaves_cover(&self, repaid: Amount, seized: Amount) -> Result<(), Rejection> {
        let held = self.less(seized);
        let left = Pledge { state: self.asked.state, asset: self.asked.asset, held: &held };
        let (debt, cover) = (self.debt.less_or_zero(repaid), left.cover());
        if cover < debt.atoms() {
            let cover = Amount::new(cover).unwrap_or(Amount::MAX);
            return Err(Rejection::LeavesFailing { debt, cover });
        }
        Ok(())
    }

    /// What is pledged, less what is taken of the collateral that is wanted.
    fn less(&self, seized: Amount) -> BTreeMap<AssetId, Amount> {
        let mut held = self.held.clone();
        held.insert(self.collateral, self.pledged().less_or_zero(seized));
        held
    }

    fn reaches(&self, repaid: Amount) -> bool {
        let held = self.less(self.buys(repaid));
        let left = Pledge { state: self.asked.state, asset: self.asked.asset, held: &held };
        let counted = left.counted(Purpose::Mark);
        let debt = self.debt.less_or_zero(repaid).atoms();
        let (target, unit) = (u128::from(self.asked.pool.spec.target), u128::from(RATE_UNIT));
        compare_ratios(counted, target, debt.max(1), unit).is_ge() || debt == 0
    }
}
