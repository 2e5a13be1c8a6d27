//! What a vault is worth, by the book and for real: reads for other areas and doors.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::Serialize;

use super::{Holding, Shares, Side, Vault};
use crate::engine::{Purse, State};
use crate::ids::{AccountId, AssetId, DomainId, VaultId};
use crate::ledger::Holder;
use crate::loss::Losses;
use crate::margin;
use crate::market::{self, RATE_UNIT};
use crate::oracle::Purpose;
use crate::units::Amount;
use crate::wide::{mul_div_ceil, mul_div_floor};

/// What a vault is worth, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "VaultWorth"))]
pub struct Worth {
    /// By the book: the equity of its account at the marks, at least zero.
    pub book: Amount,
    /// What its account lacks to zero.
    pub owed: Amount,
    /// What closing its legs may cost under stress: the stress rate of their domains on their gross
    /// value, rounded up (for those who stay).
    pub closing: Amount,
    /// What is held of its account for losses.
    pub lien: Amount,
}

impl Worth {
    /// What it would fetch now: the book less the stressed cost of closing, at least zero. What
    /// holders are liable by.
    #[must_use]
    pub const fn claimable(&self) -> Amount {
        self.book.less_or_zero(self.closing)
    }

    /// The realisable value: what it would fetch now, less what is held for losses.
    #[must_use]
    pub const fn realisable(&self) -> Amount {
        self.claimable().less_or_zero(self.lien)
    }
}

/// What an exit is paid with now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "VaultLeaves"))]
pub struct Leaves {
    /// What leaves the vault.
    pub amount: Amount,
    /// For how many shares.
    pub shares: Shares,
    /// The entry cost that goes with them.
    pub cost: Amount,
    /// What of the amount is the fund's.
    pub fee: Amount,
    /// The part of the high-water mark that goes with the shares.
    pub high_water: Amount,
}

/// The part of a holding's entry cost or high-water mark that goes with `shares` of it, rounded up
/// (for him: what he gets above it is less).
fn part_ceil(of: Amount, holding: &Holding, shares: Shares) -> Amount {
    let part = mul_div_ceil(of.atoms(), shares.count(), holding.shares.count());
    part.and_then(|part| Amount::new(part).ok()).unwrap_or_default().min(of)
}

/// The performance fee of a gain, `rate` of it in millionths, rounded down (for him who gained).
pub(super) fn fee_floor(gain: Amount, rate: u32) -> Amount {
    let fee = mul_div_floor(gain.atoms(), u128::from(rate), u128::from(RATE_UNIT));
    fee.and_then(|fee| Amount::new(fee).ok()).unwrap_or_default()
}

/// What `rows` pay and the shares they give for it, at what they are worth by the book: rounded up
/// (for the others). So a share's worth by the book stays, and many payments are as one.
///
/// What is kept back for closing is not taken from who pays: of shares that pay all they would
/// fetch, so large a part stays his as that is of the book.
pub(crate) fn given(
    state: &State,
    vault: &Vault,
    rows: &[(AccountId, Amount)],
) -> Vec<(AccountId, Amount, Shares)> {
    let side = Side { total: state.fetched(vault).book, shares: vault.shares };
    let given = |(account, amount): &(AccountId, Amount)| {
        (*account, *amount, side.given(vault.holding(*account).shares, *amount))
    };
    rows.iter().filter(|(_, amount)| !amount.is_zero()).map(given).collect()
}

impl State {
    /// The asset of a vault.
    pub(crate) fn vault_asset(&self, vault: &Vault) -> AssetId {
        self.domains.asset_of(vault.spec.domain).unwrap_or_default()
    }

    /// What a vault is worth now.
    #[must_use]
    pub fn vault_worth(&self, vault: &Vault) -> Worth {
        let lien = self.lien(vault.account, self.vault_asset(vault));
        Worth { lien, ..self.fetched(vault) }
    }

    /// What exits are paid by, and fees: the realisable value without what the vault gained in the
    /// session, which a loss may still take.
    pub(super) fn matured(&self, vault: &Vault, worth: &Worth) -> Side {
        let gain = Amount::new(margin::session_gain(self, vault.account)).unwrap_or(Amount::MAX);
        Side { total: worth.realisable().less_or_zero(gain), shares: vault.shares }
    }

    /// The same without what is held for losses.
    fn fetched(&self, vault: &Vault) -> Worth {
        let equity = self.settled_equity(vault.account, self.vault_asset(vault));
        let amount = |atoms: u128| Amount::new(atoms).unwrap_or(Amount::MAX);
        let legs = &self.markets.position(vault.account).legs;
        let domain_of = |leg: &market::Leg| self.markets.market(leg.market).map(|m| m.spec.domain);
        let domains: BTreeSet<DomainId> = legs.iter().filter_map(domain_of).collect();
        let cost = |domain: DomainId| {
            let legs = self.markets.legs_in(vault.account, domain);
            margin::stressed_cost(self, domain, &legs)
        };
        Worth {
            book: amount(equity.max(0).unsigned_abs()),
            owed: amount(equity.min(0).unsigned_abs()),
            closing: amount(domains.into_iter().map(cost).sum()),
            lien: Amount::ZERO,
        }
    }

    /// All shares of a vault and what they would fetch, without what is held for losses.
    fn claimable(&self, vault: &Vault) -> Side {
        Side { total: self.fetched(vault).claimable(), shares: vault.shares }
    }

    /// What every holder's shares of a vault would fetch now, in account order, with what he holds:
    /// rounded down (for the others). What he is liable by.
    pub(crate) fn liable_holders(&self, vault: &Vault) -> Vec<(AccountId, Amount, Holding)> {
        let side = self.claimable(vault);
        let worth =
            |(account, of): (AccountId, &Holding)| (account, side.worth_floor(of.shares), *of);
        vault.holders().map(worth).collect()
    }

    /// What all shares of a vault would fetch: what it pays for losses and no more.
    pub(crate) fn vault_room(&self, id: VaultId) -> Amount {
        self.vaults.vault(id).map_or(Amount::ZERO, |vault| self.fetched(vault).claimable())
    }

    /// What `account`'s shares of a vault would fetch now, rounded down (for the others).
    pub(crate) fn share_means(&self, id: VaultId, account: AccountId) -> Amount {
        let of = |vault| self.claimable(vault).worth_floor(vault.holding(account).shares);
        self.vaults.vault(id).map_or(Amount::ZERO, of)
    }

    /// The same above its entry cost.
    pub(crate) fn share_profit(&self, id: VaultId, account: AccountId) -> Amount {
        let cost = self.vaults.vault(id).map(|vault| vault.holding(account).cost);
        self.share_means(id, account).less_or_zero(cost.unwrap_or_default())
    }

    /// What `account`'s shares of a vault are worth by the book, rounded down (for the others).
    /// Who is liable for what they would fetch can always pay that: where others pay, the cost of
    /// closing falls on the shares that are left, and these would fetch less.
    pub(crate) fn share_book(&self, id: VaultId, account: AccountId) -> Amount {
        let of = |vault: &Vault| {
            let side = Side { total: self.fetched(vault).book, shares: vault.shares };
            side.worth_floor(vault.holding(account).shares)
        };
        self.vaults.vault(id).map_or(Amount::ZERO, of)
    }

    /// What of `account`'s shares of `vault` is held for open losses of its domain, in atoms.
    #[must_use]
    pub fn shares_lien(&self, id: VaultId, account: AccountId) -> Amount {
        let Some(vault) = self.vaults.vault(id) else { return Amount::ZERO };
        if !self.may_hold_liens() {
            return Amount::ZERO;
        }
        let asset = self.vault_asset(vault);
        let purses = [Purse::Profit(id), Purse::Shares(id)];
        let liens = purses.map(|purse| self.losses.lien_on(self, account, asset, purse));
        Amount::sum(liens.into_iter())
    }

    /// Whether a loss is known that holders of a vault may have to bear, or its account, in its own
    /// domain or in one that it trades in: one of an open episode, one that was approved and may
    /// still be challenged, an account below zero that waits for a price; or a failure of the vault
    /// that is not settled.
    pub(crate) fn vault_loss_known(&self, vault: &Vault) -> bool {
        let position = self.markets.position(vault.account);
        let of_leg = |leg: &market::Leg| self.markets.market(leg.market).map(|m| m.spec.domain);
        let legs = position.legs.iter().filter_map(of_leg);
        let flows = position.totals.flows.iter().map(|flow| flow.domain);
        let domains: BTreeSet<DomainId> = legs.chain(flows).chain([vault.spec.domain]).collect();
        let own = |id| self.losses.loss(id).is_some_and(|loss| loss.phase().is_some());
        domains.iter().any(|domain| self.has_open_episode(*domain))
            || Losses::approved(self).any(|loss| domains.contains(&loss.domain))
            || self.unseen_failures().any(|of| domains.contains(&of))
            || self.losses_of(vault.account).any(own)
            || self.settled_equity(vault.account, self.vault_asset(vault)) < 0
    }

    /// Whether the prices of all legs of a vault are good enough for money to leave by them.
    pub(crate) fn vault_prices_fit(&self, vault: &Vault) -> bool {
        market::all_fit(self, &self.markets.position(vault.account).legs, Purpose::Withdraw)
    }

    /// What an exit of `account` would be paid with now, as far as the vault's margin allows; less
    /// than he asked for only in parts of the least entry. He is paid for what is matured: of what
    /// the vault gained in the session he has no part. Nothing where he is not paid now.
    #[must_use]
    pub fn leaves(&self, vault: &Vault, account: AccountId) -> Option<Leaves> {
        let holding = vault.holding(account);
        let asked = holding.exit?.shares;
        let worth = self.vault_worth(vault);
        // What a loss may still take as a gain stays with those who stay.
        let side = self.matured(vault, &worth);
        if side.total.is_zero() {
            return None;
        }
        let asset = self.vault_asset(vault);
        let all = side.worth_floor(asked);
        let held = self.ledger.held(asset, Holder::Account(account));
        let room = self.free(vault.account, asset).min(Amount::MAX.less_or_zero(held));
        let amount = all.min(room);
        let shares = match amount == all {
            true => asked,
            false if amount < vault.spec.min_entry => return None,
            false => side.shares_ceil(amount)?.min(asked),
        };
        // What is held of the vault's account is not left to nobody.
        if shares == vault.shares && worth.book > amount {
            return None;
        }
        let part = |of| part_ceil(of, &holding, shares);
        let (cost, high_water) = (part(holding.cost), part(holding.high_water));
        let fund = self.ledger.held(asset, Holder::Layer(vault.spec.fund));
        let fee = fee_floor(amount.less_or_zero(high_water), vault.spec.fee);
        let fee = fee.min(Amount::MAX.less_or_zero(fund));
        Some(Leaves { amount, shares, cost, fee, high_water })
    }
}
