//! Close-out: how legs that cannot stay where they are find new holders. An account below
//! maintenance is closed in part, by the routes in the venue's order; an account that failed is
//! taken over whole, and its book is brought to nothing. The market comes first; when that gets too
//! dear or takes too long, the rest is assigned to accounts on the other side by
//! auto-deleveraging: quantity only, at the mark, and no money.

mod adl;
mod command;
mod decide;
mod event;
mod liquidate;
mod order;
mod room;
mod routes;
mod sale;
mod waits;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

pub(crate) use adl::candidate;
pub use command::{Command, Duty, Rejection};
pub(crate) use decide::{decide, decide_duty, next_duty};
pub use event::{Event, Why};
pub(crate) use liquidate::{begins, is_over, penalties_pay_debts, penalty, takeover_penalty};
pub use order::{DeleveragingOrder, place};
pub use routes::{AuctionCourse, Route, RouteFlaw, RouteSpec, Routes};
pub(crate) use sale::{award, could_take};
pub use waits::{Waits, waits};

use crate::engine::State;
use crate::ids::{AccountId, AssetId, LossId, MarketId, Time};
use crate::market::Party;
use crate::units::{Amount, Quantity};

/// The liquidation of an account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Liquidation {
    /// The place of its route in the venue's order.
    pub route: usize,
    /// Since when that route is tried.
    pub since: Time,
    /// The account's equity then, in atoms.
    pub equity: i128,
    /// What bidders left of its equity in what they took: it is not for sale again.
    pub set_aside: Amount,
    /// What is still to go to the other side of the plan made last, and when it was made.
    pub plan: (Time, Vec<(MarketId, Quantity)>),
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CloseOuts {
    /// The losses whose rest goes to auto-deleveraging, and why. Once begun it runs to the end.
    pub(crate) deleveraging: BTreeMap<LossId, Why>,
    /// The routes of accounts that trade in an asset.
    pub(crate) routes: BTreeMap<AssetId, Routes>,
    /// The liquidations that are open.
    pub(crate) liquidations: BTreeMap<AccountId, Liquidation>,
    /// By asset: the gross value backstops took under the routes, in atoms.
    pub(crate) taken: BTreeMap<AssetId, u128>,
    /// By asset: what the engine's own routes closed of accounts, summed by the moment; as far as
    /// the longest window of the breaker reaches.
    pub(crate) closed: BTreeMap<AssetId, VecDeque<(Time, u128)>>,
}

/// What `account`, whose liquidation is open, should close of each leg now, with the leg's side;
/// nothing where it need not.
#[must_use]
pub fn planned(state: &State, account: AccountId) -> Vec<(MarketId, Quantity)> {
    let asset = state.markets.position(account).asset;
    let routes = asset.and_then(|asset| state.closeouts.routes.get(&asset));
    let open = state.closeouts.liquidations.contains_key(&account);
    let plan = routes.filter(|_| open).and_then(|routes| liquidate::plan(state, account, routes));
    plan.unwrap_or_default()
}

impl CloseOuts {
    /// Why what is left of `loss` goes to auto-deleveraging, if it does.
    #[must_use]
    pub fn deleveraging(&self, loss: LossId) -> Option<Why> {
        self.deleveraging.get(&loss).copied()
    }

    /// The liquidation of `account`, if one is open.
    #[must_use]
    pub fn liquidation(&self, account: AccountId) -> Option<&Liquidation> {
        self.liquidations.get(&account)
    }

    /// The liquidations that are open, in the order of the accounts.
    pub fn liquidations(&self) -> impl Iterator<Item = (AccountId, &Liquidation)> {
        self.liquidations.iter().map(|(account, of)| (*account, of))
    }

    /// The routes of accounts that trade in `asset`.
    #[must_use]
    pub fn routes(&self, asset: AssetId) -> Option<&Routes> {
        self.routes.get(&asset)
    }

    /// The gross value backstops took in `asset` since the routes were set, in atoms.
    #[must_use]
    pub fn taken(&self, asset: AssetId) -> u128 {
        self.taken.get(&asset).copied().unwrap_or(0)
    }

    /// The gross value that the engine's own routes may close now of legs in `markets`, which go
    /// together, in atoms.
    pub(crate) fn room(
        &self,
        state: &State,
        asset: AssetId,
        markets: impl Iterator<Item = MarketId>,
    ) -> u128 {
        let Some(routes) = self.routes.get(&asset) else { return u128::MAX };
        let closed = |window| {
            let recent = self.closed.get(&asset).into_iter().flatten().rev();
            let recent = recent.take_while(|(at, _)| at.after(window) > state.now());
            recent.map(|(_, value)| value).sum()
        };
        routes.breaker.room(routes.allowed(state, markets), closed)
    }

    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match event {
            Event::DeleveragingBegun { loss, why } => {
                self.deleveraging.insert(*loss, *why);
            }
            Event::RoutesSet { asset, routes } => {
                self.routes.insert(*asset, routes.clone());
                self.taken.remove(asset);
            }
            Event::LiquidationBegun { account, equity, .. } => {
                let (equity, set_aside) = (equity.atoms(), Amount::ZERO);
                let plan = (now, Vec::new());
                let of = Liquidation { route: 0, since: now, equity, set_aside, plan };
                self.liquidations.insert(*account, of);
            }
            Event::RouteTaken { account, route, equity } => {
                if let Some(of) = self.liquidations.get_mut(account) {
                    (of.route, of.since) = (usize::from(*route), now);
                    of.equity = equity.atoms();
                }
            }
            Event::LiquidationEnded { account } => {
                self.liquidations.remove(account);
            }
            Event::LegsSold { from, asset, value, paid, backstop, .. } => {
                if let Party::Account(account) = from
                    && let Some(of) = self.liquidations.get_mut(account)
                {
                    of.set_aside = of.set_aside.checked_add(*paid).unwrap_or(Amount::MAX);
                }
                if *backstop {
                    *self.taken.entry(*asset).or_default() += value.atoms();
                    self.closed_more(*from, *asset, value.atoms(), now);
                }
            }
            Event::DeleveragingPlanned { account, plan } => {
                if let Some(of) = self.liquidations.get_mut(account) {
                    of.plan = (now, plan.clone());
                }
            }
            Event::Deleveraged { from, market, asset, value, taken, .. } => {
                if let Party::Account(account) = from {
                    self.went(*account, *market, taken);
                }
                self.closed_more(*from, *asset, value.atoms(), now);
            }
            Event::PenaltyCharged { .. } => {}
        }
    }

    /// Lots of an account went to `taken`: so much less of its plan is left.
    fn went(&mut self, account: AccountId, market: MarketId, taken: &[(Party, Quantity)]) {
        let Some(of) = self.liquidations.get_mut(&account) else { return };
        let went: i64 = taken.iter().map(|(_, lots)| lots.lots()).sum();
        for (_, lots) in of.plan.1.iter_mut().filter(|(of, _)| *of == market) {
            *lots = Quantity::new(lots.lots() - went).unwrap_or_default();
        }
    }

    fn closed_more(&mut self, from: Party, asset: AssetId, value: u128, now: Time) {
        let Party::Account(_) = from else { return };
        let window = self.routes.get(&asset).map_or(0, |routes| routes.breaker.longest());
        let closed = self.closed.entry(asset).or_default();
        match closed.back_mut().filter(|(at, _)| *at == now) {
            Some((_, sum)) => *sum += value,
            None => closed.push_back((now, value)),
        }
        while closed.front().is_some_and(|(at, _)| at.after(window) <= now) {
            closed.pop_front();
        }
    }
}
