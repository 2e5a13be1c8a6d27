//! How accounts and books stand at the marks: what other areas read of markets.

use super::{Events, State};
use crate::control::Parameter;
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, LossId, Time};
use crate::ledger::{Holder, Ledger};
use crate::loss::SetOff;
use crate::margin::{self, Level, Withdrawable};
use crate::market::{self, Markets, Session};
use crate::units::{Amount, SignedAmount};

/// Equity of `account` in `asset`: its balance and what its legs are worth, in atoms.
fn equity(ledger: &Ledger, markets: &Markets, account: AccountId, asset: AssetId) -> i128 {
    let position = markets.position(account);
    let value = if position.asset == Some(asset) { markets.value(&position.legs) } else { 0 };
    ledger.balance(asset, Holder::Account(account)).atoms() + value
}

/// Equity where it is positive, else nothing.
pub(super) fn means(
    ledger: &Ledger,
    markets: &Markets,
    account: AccountId,
    asset: AssetId,
) -> Amount {
    let equity = equity(ledger, markets, account, asset).max(0).unsigned_abs();
    Amount::new(equity).unwrap_or(Amount::MAX)
}

impl State {
    /// Equity of `account` in `asset` at the marks, in atoms, before liens.
    #[must_use]
    pub fn equity(&self, account: AccountId, asset: AssetId) -> i128 {
        equity(&self.ledger, &self.markets, account, asset)
    }

    /// What `account` must hold to open and to keep its legs, in atoms, rounded up.
    #[must_use]
    pub fn requirement(&self, account: AccountId, level: Level) -> u128 {
        match level {
            Level::Initial => margin::initial(self, account),
            Level::Maintenance => margin::maintenance(self, account),
        }
    }

    /// What `account` may take out of `asset`, and how it comes about.
    #[must_use]
    pub fn withdrawable(&self, account: AccountId, asset: AssetId) -> Withdrawable {
        margin::withdrawable(self, account, asset)
    }

    /// What `account` can pay: its equity where it is positive, else nothing.
    #[must_use]
    pub fn means(&self, account: AccountId, asset: AssetId) -> Amount {
        means(&self.ledger, &self.markets, account, asset)
    }

    /// Equity of a close-out book at the marks, in atoms.
    #[must_use]
    pub fn book_equity(&self, loss: LossId, asset: AssetId) -> i128 {
        let balance = self.ledger.balance(asset, Holder::Book(loss)).atoms();
        balance + self.markets.value(self.markets.book(loss))
    }

    /// Whether nothing is left to close out of `loss`.
    #[must_use]
    pub fn book_is_flat(&self, loss: LossId) -> bool {
        self.markets.book(loss).is_empty()
    }

    /// The hole of a default at the marks: what the failed account, or after takeover its book,
    /// lacks, with the stressed cost of closing its legs; at least zero, in atoms.
    #[must_use]
    pub(crate) fn open_hole(
        &self,
        loss: LossId,
        domain: DomainId,
        failed: Option<AccountId>,
        asset: AssetId,
    ) -> Amount {
        let (equity, legs) = match failed {
            Some(account) => {
                (self.equity(account, asset), self.markets.position(account).legs.as_slice())
            }
            None => (self.book_equity(loss, asset), self.markets.book(loss)),
        };
        let cost = margin::stressed_cost(self, domain, legs).cast_signed();
        Amount::new((cost - equity).max(0).unsigned_abs()).unwrap_or(Amount::MAX)
    }

    /// The legs of a failed account move to its book.
    pub(crate) fn take_legs(
        &self,
        loss: LossId,
        account: AccountId,
        equity: i128,
        events: &mut Events,
    ) {
        let equity = SignedAmount::new(equity).unwrap_or_default();
        market::take_legs(self, loss, account, equity, events);
    }

    /// The reference checkpoint of `domain` at `now`.
    #[must_use]
    pub fn reference(&self, domain: DomainId, now: Time) -> CheckpointId {
        let age = self.control.millis(domain, Parameter::ReferenceAge);
        self.markets.reference(domain, now, age)
    }

    /// How `account` fared since `reference`; nothing where it never traded.
    #[must_use]
    pub fn session(&self, account: AccountId, reference: CheckpointId) -> Option<Session> {
        let asset = self.markets.position(account).asset?;
        let cash = self.ledger.balance(asset, Holder::Account(account)).atoms();
        Some(self.markets.session(account, reference, cash))
    }

    /// What the other accounts of a failed owner are held for: each one's session gain over all
    /// domains, down to its protected principal.
    pub(crate) fn own_gains(
        &self,
        failed: AccountId,
        asset: AssetId,
        reference: CheckpointId,
    ) -> impl Iterator<Item = SetOff> + '_ {
        let owner = self.accounts.account(failed).map(|account| account.owner);
        let others = self
            .accounts
            .accounts()
            .filter(move |(id, account)| Some(account.owner) == owner && *id != failed);
        others.filter_map(move |(account, _)| {
            if self.markets.position(account).asset != Some(asset) {
                return None;
            }
            let session = self.session(account, reference)?;
            let gain = session.total().max(0).unsigned_abs().min(session.above_principal());
            let up_to = Amount::new(gain).unwrap_or(Amount::MAX);
            (!up_to.is_zero()).then_some(SetOff { account, up_to })
        })
    }

    /// The domain that a failing account's loss belongs to: where it lost most since the
    /// reference; the one it last lost a result in, where it holds nothing in markets.
    pub(crate) fn domain_of_failure(&self, account: AccountId) -> Option<DomainId> {
        let position = self.markets.position(account);
        let legs = position.legs.iter().filter_map(|leg| self.markets.market(leg.market));
        let domains = legs.map(|market| market.spec.domain);
        let lost = domains.filter_map(|domain| {
            let reference = self.reference(domain, self.now());
            Some((self.session(account, reference)?.gain(domain), domain))
        });
        let worst = lost.min().map(|(_, domain)| domain);
        worst.or_else(|| self.accounts.account(account)?.last_domain)
    }
}
