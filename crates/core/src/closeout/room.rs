//! What a party on the other side of a close-out can give.
//!
//! Requirements on gross value fall with every lot given. Where options are held, a leg may hedge
//! them: what is required is then the worst loss of a grid, a largest of lines in the lots given,
//! so it falls up to a number of lots and rises from there. Lots up to that number ease the
//! account; beyond it, it gives no more than leaves it at maintenance, or as far below as it stood.

use crate::engine::State;
use crate::ids::{AccountId, AssetId, DomainId, MarketId};
use crate::margin::{self, Keeping};
use crate::market::{Market, Trade};

/// One account's lots on the side that is needed, in a market where its options count.
pub(super) struct Portfolio<'a> {
    state: &'a State,
    account: AccountId,
    asset: AssetId,
    market: MarketId,
    domain: DomainId,
    /// What a lot is worth, in atoms.
    value: i128,
    /// What it holds, with its side.
    lots: i64,
    /// How it keeps what it holds as it stands.
    stands: Keeping,
}

impl<'a> Portfolio<'a> {
    /// The portfolio of `account` that its leg in `market` is of; nothing where no option counts
    /// beside it, so that every lot given lowers the requirement.
    pub(super) fn of(
        state: &'a State,
        account: AccountId,
        asset: AssetId,
        market: MarketId,
    ) -> Option<Self> {
        let position = state.markets.position(account);
        let leg = position.leg(market)?;
        if !margin::with_an_option(state, &position.legs, market) {
            return None;
        }
        let found: &Market = state.markets.market(market)?;
        let (domain, value, lots) = (found.spec.domain, found.lot_value()?, leg.lots.lots());
        let nothing = Trade { market, domain, ..Trade::default() };
        let stands = margin::keeping_after(state, account, asset, &nothing);
        Some(Self { state, account, asset, market, domain, value, lots, stands })
    }

    /// How it keeps what it holds after giving `lots` at the mark.
    fn after(&self, lots: u64) -> Keeping {
        let lots = -self.lots.signum() * i64::try_from(lots).unwrap_or(i64::MAX);
        let cost = i128::from(lots) * self.value;
        let (market, domain) = (self.market, self.domain);
        let trade = Trade { market, domain, lots, cost, fee: 0 };
        margin::keeping_after(self.state, self.account, self.asset, &trade)
    }

    /// Whether it may give `lots`: it stays at maintenance, or no further below than it stands.
    pub(super) fn may_give(&self, lots: u64) -> bool {
        let above = |of: Keeping| of.equity - of.maintenance;
        above(self.after(lots)) >= above(self.stands).min(0)
    }

    /// How many lots it can give before its requirement rises.
    pub(super) fn easing(&self) -> u64 {
        let rises = |lots| self.after(lots + 1).maintenance > self.after(lots).maintenance;
        let easing = first(self.lots.unsigned_abs(), rises);
        // Sums that are rounded up can hide a slope: no lots that raise it are called easing.
        let falls = self.after(easing).maintenance <= self.stands.maintenance;
        if falls { easing } else { 0 }
    }

    /// The most lots it may give.
    pub(super) fn room(&self, easing: u64) -> u64 {
        if !self.may_give(1) {
            return 0;
        }
        let rest = self.lots.unsigned_abs() - easing;
        easing + first(rest, |more| !self.may_give(easing + more + 1))
    }
}

/// The first number from zero for which `turns` is true, and true for all after it; `most` where
/// there is none below it.
fn first(most: u64, turns: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if turns(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
