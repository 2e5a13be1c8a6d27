//! The fee of those who stay. Once a period each holder pays it of what his shares gained above his
//! high-water mark: the highest value at which a fee was taken of him, at first his entry cost. The
//! mark is not the entry cost, by which profit pays for losses before principal does.
//!
//! A gain is measured as an exit would be paid: by the realisable value that is matured, so that
//! no fee is taken of what a loss may still take as a gain of the session. It is paid as a loss is:
//! by shares at the book, since who pays stays, and has no reason to leave to others what is kept
//! back for closing or matures later. So by the book he bears the fee and the others nothing.
//!
//! All pay at once, or nobody: where the vault's margin leaves less than the sum, all of it waits.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::value::fee_floor;
use super::{Duty, Event, Holding, Shares, Side, Vault};
use crate::control::Status;
use crate::engine::{Events, State};
use crate::ids::{AccountId, VaultId};
use crate::ledger::Holder;
use crate::loss;
use crate::market::RATE_UNIT;
use crate::units::Amount;
use crate::wide::mul_div_ceil;

/// How long a fee waits that the vault's margin does not allow before it is looked at again, in
/// milliseconds: an hour, which no period is shorter than. To find it takes a look at every holder.
const AGAIN: u64 = super::MIN_FEE_PERIOD;

/// The fee of a holder who stays.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "HolderFee"))]
pub struct HolderFee {
    /// Who pays it.
    pub account: AccountId,
    /// How much, above zero.
    pub fee: Amount,
    /// The shares he gives for it.
    pub shares: Shares,
    /// His high-water mark from then on.
    pub high_water: Amount,
}

/// The first vault whose period is over, where nothing stands against taking fees.
pub(super) fn duty(state: &State) -> Option<Duty> {
    let (vault, _) = state.vaults.vaults().find(|(_, vault)| is_due(state, vault))?;
    Some(Duty::TakeFees { vault })
}

/// Nothing is over in a settlement: should one be called off, that event ends what is known of
/// duties.
fn is_over(state: &State, vault: &Vault) -> bool {
    vault.next_fees().is_some_and(|next| next.has_come(state.now()))
        && !vault.shares.is_zero()
        && state.control.domain_status(vault.spec.domain) < Status::Settling
}

/// Whether fees may be taken now: of nobody who may have to bear a loss that is known, by no price
/// that money may not go by, and not before who waits to be paid out.
fn is_due(state: &State, vault: &Vault) -> bool {
    let waits = || vault.queue.first().is_some_and(|(until, _)| *until <= state.now());
    is_over(state, vault)
        && state.control.domain_status(vault.spec.domain) < Status::Halted
        && !waits()
        && !state.vault_loss_known(vault)
        && state.vault_prices_fit(vault)
}

/// Takes the fees of a vault, which are due; or puts them off, where its margin or the fund has no
/// room for all of them.
pub(super) fn take(state: &State, id: VaultId, events: &mut Events) -> Option<()> {
    let vault = state.vaults.vault(id)?;
    let (from, fund, asset) = (vault.account, vault.spec.fund, state.vault_asset(vault));
    let rows = state.holder_fees(vault);
    let amount = sum(&rows);
    let held = state.ledger.held(asset, Holder::Layer(fund));
    let room = state.free(from, asset).min(Amount::MAX.less_or_zero(held));
    if amount > room {
        let next = state.now().after(AGAIN);
        events.push(Event::FeesPutOff { vault: id, from, asset, amount, room, next });
        return Some(());
    }
    let next = state.now().after(vault.spec.fee_period);
    if !rows.is_empty() {
        state.touch(from, events);
    }
    events.push(Event::FeesTaken { vault: id, from, asset, fund, next, rows });
    loss::pay_debts_of(state, fund, asset, amount, events);
    Some(())
}

/// What rows of fees come to.
pub(crate) fn sum(rows: &[HolderFee]) -> Amount {
    Amount::sum(rows.iter().map(|row| row.fee))
}

/// What of `due` a holder pays, and the shares he gives for it: all of it, by shares rounded up
/// (for the others), which costs him less than an atom more.
///
/// Where a share is worth more than an atom that would cost him up to a whole one. So the shares
/// are rounded down, and he pays what they are worth, rounded down (for the others): nothing where
/// that is below a share.
fn payable_floor(book: &Side, held: Shares, due: Amount) -> Option<(Amount, Shares)> {
    if book.total.atoms() <= book.shares.count() {
        return Some((due, book.given(held, due)));
    }
    let shares = book.shares_floor(due)?;
    Some((book.worth_floor(shares), shares))
}

/// The fee of a holder of a vault that takes `rate` of gains; nothing where it is below an atom.
///
/// Of his gain only so much counts as he pays for: what is left stays above his mark. So a fee
/// that is taken often comes to what it is where it is taken once.
fn of_holder(
    (matured, book): (&Side, &Side),
    rate: u32,
    account: AccountId,
    holding: &Holding,
) -> Option<HolderFee> {
    let gain = matured.worth_floor(holding.shares).less_or_zero(holding.high_water);
    let (fee, shares) = payable_floor(book, holding.shares, fee_floor(gain, rate))?;
    if fee.is_zero() {
        return None;
    }
    // At most the gain, and more than the fee of it: a rate is less than the whole.
    let counted = mul_div_ceil(fee.atoms(), u128::from(RATE_UNIT), u128::from(rate))?;
    let rises = Amount::new(counted).ok()?.less_or_zero(fee);
    let high_water = holding.high_water.checked_add(rises).ok()?;
    Some(HolderFee { account, fee, shares, high_water })
}

impl State {
    /// What the holders of `vault` would pay now if its period were over, in account order.
    #[must_use]
    pub fn holder_fees(&self, vault: &Vault) -> Vec<HolderFee> {
        let Some(sides) = self.fee_sides(vault) else { return Vec::new() };
        let of = |(account, holding): (AccountId, &Holding)| {
            of_holder((&sides.0, &sides.1), vault.spec.fee, account, holding)
        };
        vault.holders().filter_map(of).collect()
    }

    /// What `account` would pay now if the period of `vault` were over.
    #[must_use]
    pub fn holder_fee(&self, vault: &Vault, account: AccountId) -> Option<HolderFee> {
        let (matured, book) = self.fee_sides(vault)?;
        of_holder((&matured, &book), vault.spec.fee, account, &vault.holding(account))
    }

    /// What gains are measured by, and what shares are given at, where fees are taken of who stays.
    fn fee_sides(&self, vault: &Vault) -> Option<(Side, Side)> {
        let worth = self.vault_worth(vault);
        let book = Side { total: worth.book, shares: vault.shares };
        (vault.spec.fee_period > 0).then(|| (self.matured(vault, &worth), book))
    }

    /// Whether a period is over in which holders may have gained: it may wait for a loss.
    pub(crate) fn has_vault_fees_to_take(&self) -> bool {
        self.vaults.vaults().any(|(_, vault)| is_over(self, vault))
    }
}
