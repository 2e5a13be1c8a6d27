//! The watch over accounts' health: after every event it knows who could be below maintenance, and
//! so who could be below zero. Liens count with the most they may hold, so it knows too many and
//! never too few; whoever asks looks exactly.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Event, State};
use crate::collateral;
use crate::ids::{AccountId, AssetId, MarketId};
use crate::ledger::Holder;
use crate::loss;
use crate::margin;
use crate::margin::watch::{Bracket, MarketRates, RiskBook, Standing};
use crate::market::{self, Market, Options};

impl State {
    /// The accounts with equity below zero, in id order.
    pub(crate) fn negative_accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        let watched = self.watch.is_on().then(|| self.watch.negative().iter().copied());
        let scanned = watched.is_none().then(|| self.accounts.accounts().map(|(id, _)| id));
        let accounts = watched.into_iter().flatten().chain(scanned.into_iter().flatten());
        accounts.filter(|id| self.is_negative(*id))
    }

    /// The accounts that stand below maintenance, in id order.
    pub(crate) fn below_maintenance(&self) -> impl Iterator<Item = AccountId> + '_ {
        // What options require moves with time and volatility, which are no marks.
        let watched = self.watch.risk().map(|risk| merged(risk.below(), risk.aside()));
        let scanned =
            watched.is_none().then(|| (0..self.markets.positions.len()).filter_map(AccountId::at));
        let accounts = watched.into_iter().flatten().chain(scanned.into_iter().flatten());
        accounts.filter(|account| self.is_below_maintenance(*account))
    }

    /// The options on `underlying`, by expiry and strike: settled ones among them.
    pub(crate) fn options_on(&self, underlying: MarketId) -> Cow<'_, Options> {
        if let Some(options) = self.watch.options_on(underlying) {
            return Cow::Borrowed(options);
        }
        let places = self.markets.markets().filter_map(|(id, market)| market::place(id, market));
        let on = places.filter(|(of, _)| *of == underlying);
        Cow::Owned(on.map(|(_, place)| place).collect())
    }

    /// The accounts that may hold lots of `market` on a side, long or short, in no order: all who
    /// do among them.
    pub(crate) fn holders(
        &self,
        market: MarketId,
        long: bool,
    ) -> impl Iterator<Item = AccountId> + '_ {
        let watched = self.watch.risk().map(|risk| risk.holders(market, long));
        let positions = self.markets.positions.len();
        let scanned = watched.is_none().then(|| (0..positions).filter_map(AccountId::at));
        watched.into_iter().flatten().chain(scanned.into_iter().flatten())
    }

    pub(super) fn is_negative(&self, account: AccountId) -> bool {
        self.negative_assets(account).next().is_some()
    }

    /// Whether everyone who is below maintenance or below zero is known to the watch.
    pub(super) fn is_health_watched(&self) -> bool {
        let Some(risk) = self.watch.risk() else { return true };
        let below: Vec<AccountId> = merged(risk.below(), risk.aside()).collect();
        let negative = self.watch.negative();
        if !self.are_holders_known(risk) {
            return false;
        }
        self.accounts.accounts().all(|(id, _)| {
            let known = below.binary_search(&id).is_ok();
            (known || !self.is_below_maintenance(id))
                && negative.contains(&id) == self.is_negative(id)
        })
    }

    /// Whether `risk` names everyone who holds lots, market by market and side by side.
    fn are_holders_known(&self, risk: &RiskBook) -> bool {
        self.markets.markets().all(|(market, _)| {
            [false, true].into_iter().all(|long| {
                let mut named: Vec<AccountId> = risk.holders(market, long).collect();
                named.sort_unstable();
                let mut accounts = (0..self.markets.positions.len()).filter_map(AccountId::at);
                accounts.all(|account| {
                    let lots = self.markets.position(account).lots(market).lots();
                    lots == 0 || (lots > 0) != long || named.binary_search(&account).is_ok()
                })
            })
        })
    }

    /// Follows `event`, after it was applied; it touched balances or legs of `touched`.
    pub(super) fn watch_health(&mut self, event: &Event, touched: &[AccountId]) {
        let Some(mut risk) = self.watch.take_risk() else { return };
        match event {
            Event::Market(event) => {
                let moved = self.watch_markets(&mut risk, event);
                if moved {
                    let negative = self.watch.negative().iter().copied();
                    let suspects: Vec<AccountId> = merged(negative, risk.below()).collect();
                    suspects.into_iter().for_each(|account| self.watch_negative(&risk, account));
                }
            }
            Event::Collateral(event) => {
                for account in self.revalued(event) {
                    self.watch_account(&mut risk, account);
                    self.watch_negative(&risk, account);
                }
            }
            Event::Loss(event) => {
                for account in self.liens_began(event) {
                    self.watch_account(&mut risk, account);
                }
            }
            _ => {}
        }
        let traded = match event {
            Event::Market(market::Event::Filled { market, .. }) if !self.is_option(*market) => {
                Some(*market)
            }
            _ => None,
        };
        for account in touched.iter().copied() {
            let in_place = traded.is_some_and(|market| self.watch_leg(&mut risk, account, market));
            if !in_place {
                self.watch_account(&mut risk, account);
            }
            // What else he has did not change.
            if !in_place || !risk.is_sound(account) || !self.watch.negative().is_empty() {
                self.watch_negative(&risk, account);
            }
        }
        self.watch.set_risk(risk);
    }

    /// Follows a trade of `account` in one market, no option's, which changed nothing else of it
    /// than its cash. Whether that could be done in place.
    fn watch_leg(&self, risk: &mut RiskBook, account: AccountId, market: MarketId) -> bool {
        let position = self.markets.position(account);
        let Some(asset) = position.asset else { return false };
        let Some(most) = self.losses.most_lien(self, account) else { return false };
        let balance = self.ledger.balance(asset, Holder::Account(account)).atoms();
        let cash = balance - most.atoms().cast_signed();
        risk.set_leg(account, cash, (market, position.lots(market).lots()))
    }

    fn is_option(&self, market: MarketId) -> bool {
        let found = self.markets.market(market);
        found.is_some_and(|m| matches!(m.spec.instrument, market::Instrument::Option { .. }))
    }

    /// Who is sound by `risk` is not below zero in what his legs are settled in.
    fn watch_negative(&mut self, risk: &RiskBook, account: AccountId) {
        let position = self.markets.position(account);
        let sound = !position.legs.is_empty() && risk.is_sound(account);
        let settled = position.asset.filter(|_| sound);
        let assets = (0..self.ledger.assets()).filter_map(AssetId::at);
        let mut others = assets.filter(|asset| settled != Some(*asset));
        let negative = others.any(|asset| self.equity(account, asset) < 0);
        self.watch.set_negative(account, negative);
    }

    /// The accounts whose collateral counts otherwise than before.
    fn revalued(&self, event: &collateral::Event) -> Vec<AccountId> {
        let (settled, asset) = match event {
            collateral::Event::Accepted { spec } => (spec.settled, spec.asset),
            collateral::Event::Marked { settled, asset, .. } => (*settled, *asset),
            _ => return Vec::new(),
        };
        let accounts = (0..self.markets.positions.len()).filter_map(AccountId::at);
        let holds = |account: &AccountId| {
            let trades = self.markets.position(*account).asset == Some(settled);
            trades && !self.ledger.held(asset, Holder::Account(*account)).is_zero()
        };
        accounts.filter(holds).collect()
    }

    /// The book of the watch anew, from the state.
    pub(super) fn risk_book(&self) -> RiskBook {
        let mut risk = RiskBook::new();
        for (id, market) in self.markets.markets() {
            add_market(&mut risk, id, market);
        }
        let markets: Vec<MarketId> = self.markets.markets().map(|(id, _)| id).collect();
        self.reprice(&mut risk, &markets);
        for account in (0..self.markets.positions.len()).filter_map(AccountId::at) {
            self.watch_account(&mut risk, account);
        }
        risk
    }

    /// Whether prices moved.
    fn watch_markets(&self, risk: &mut RiskBook, event: &market::Event) -> bool {
        match event {
            market::Event::Listed { market, .. } => {
                if let Some(found) = self.markets.market(*market) {
                    add_market(risk, *market, found);
                }
                false
            }
            market::Event::Marked { marks } => {
                let markets: Vec<MarketId> = marks.iter().map(|(market, _)| *market).collect();
                self.reprice(risk, &markets);
                true
            }
            market::Event::Funded { market, .. } | market::Event::PriceSettled { market, .. } => {
                self.reprice(risk, &[*market]);
                true
            }
            _ => false,
        }
    }

    fn reprice(&self, risk: &mut RiskBook, markets: &[MarketId]) {
        let rates = markets.iter().filter_map(|id| {
            let market = self.markets.market(*id)?;
            let gross = i64::try_from(market.value_at(market.mark?)).ok()?;
            Some((*id, MarketRates { gross, funding: market.funding }))
        });
        let rates: Vec<(MarketId, MarketRates)> = rates.collect();
        // Listing and funding keep both within the bounds that the book asks for.
        let refused = risk.set_prices(&rates, |account| self.standing_at_most(account)).is_err();
        debug_assert!(!refused, "a mark or funding out of bounds");
    }

    /// How `account` stands with its liens at the most they may hold.
    fn standing_at_most(&self, account: AccountId) -> Standing {
        let position = self.markets.position(account);
        let Some(asset) = position.asset else { return Standing::Sound };
        let Some(most) = self.losses.most_lien(self, account) else { return Standing::Below };
        let (most, holder) = (most.atoms().cast_signed(), Holder::Account(account));
        if margin::surely_keeps(self, account, self.ledger.balance(asset, holder).atoms() - most) {
            return Standing::Sound;
        }
        let counted = self.equity(account, asset) - most;
        Standing::of(counted, self.requirement(account, margin::Level::Maintenance))
    }

    fn watch_account(&self, risk: &mut RiskBook, account: AccountId) {
        let position = self.markets.position(account);
        let Some(asset) = position.asset.filter(|_| !position.legs.is_empty()) else {
            risk.remove(account);
            return;
        };
        match self.losses.most_lien(self, account).filter(|_| self.is_linear(account)) {
            Some(most) => {
                let balance = self.ledger.balance(asset, Holder::Account(account)).atoms();
                let cash = balance - most.atoms().cast_signed();
                let legs = position.legs.iter().map(|leg| (leg.market, leg.lots.lots()));
                risk.set_legs(account, cash, legs, || self.standing_at_most(account));
            }
            None => risk.set_aside(account, self.standing_at_most(account)),
        }
    }

    /// Whether equity and requirement of the account follow prices leg by leg: it holds no options
    /// and no collateral.
    fn is_linear(&self, account: AccountId) -> bool {
        let position = self.markets.position(account);
        let options = position.legs.iter().any(|leg| self.is_option(leg.market));
        let settled = position.asset.into_iter();
        let mut others = settled.flat_map(|settled| self.collaterals.collaterals(settled));
        let held = |asset| !self.ledger.held(asset, Holder::Account(account)).is_zero();
        !options && !others.any(|(asset, _)| held(asset))
    }

    /// The accounts whose liens began with a detection: what they may hold counts from now on.
    fn liens_began(&self, event: &loss::Event) -> Vec<AccountId> {
        match event {
            loss::Event::LiableSetFixed { layers, .. } => {
                layers.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.account)).collect()
            }
            loss::Event::LossDetected { owner: Some(owner), .. } => {
                self.accounts_of(*owner).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn add_market(risk: &mut RiskBook, id: MarketId, market: &Market) {
    let rows = market.spec.tiers.iter();
    let brackets: Vec<Bracket> =
        rows.map(|tier| Bracket { above: tier.above.atoms(), rate: tier.maintenance }).collect();
    // Listing refuses what the book would refuse; the same market is never listed twice.
    let refused = risk.add_market(id, &brackets).is_err();
    debug_assert!(!refused, "tiers that listing admits");
}

/// Two rising sequences as one, each element once.
fn merged(
    one: impl Iterator<Item = AccountId>,
    other: impl Iterator<Item = AccountId>,
) -> impl Iterator<Item = AccountId> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    core::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if a == b => {
            other.next();
            one.next()
        }
        (Some(a), Some(b)) if a < b => one.next(),
        (Some(_), None) => one.next(),
        _ => other.next(),
    })
}
