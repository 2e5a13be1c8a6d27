//! Vaults: what each is worth by the book and for real, who holds it, who leaves it.

use rhodian_core::ids::{AccountId, AssetId, Time, VaultId};
use rhodian_core::pools::liquidity::{Holding, Leaves, Shares, Side, Vault, VaultSpec, Worth};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::Row;
use super::accounts::own_account;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list("/v1/vaults", "Every vault, with both its values.", Level::Public, &[], vaults),
        one(
            "/v1/vaults/{vault}",
            "A vault: its value by the book, and what it would fetch now.",
            Level::Public,
            &[],
            the_vault,
        ),
        list(
            "/v1/vaults/{vault}/holders",
            "Who holds a vault: shares, entry cost, high-water mark, value, profit, fee, lien.",
            Level::Everyone,
            &[],
            holders,
        ),
        list(
            "/v1/vaults/{vault}/exits",
            "The exits of a vault in the order in which they are paid.",
            Level::Everyone,
            &[],
            exits,
        ),
        list(
            "/v1/accounts/{account}/vaults",
            "What an account holds of vaults, and what is held of it for losses.",
            Level::Public,
            &[],
            of_account,
        ),
    ]
}

/// A vault now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct VaultView {
    /// As it was opened.
    #[serde(flatten)]
    spec: VaultSpec,
    /// What is put in.
    asset: Option<AssetId>,
    /// Its account.
    account: AccountId,
    /// How often it began anew.
    epoch: u32,
    /// All shares.
    shares: Shares,
    /// What those who hold them paid.
    cost: Amount,
    /// From when on the fee is taken next of those who stay; nothing where it is not.
    next_fees: Option<Time>,
    /// How many accounts hold shares.
    holders: u64,
    /// What it is worth, part by part.
    worth: Worth,
    /// What holders are liable by: the book less the stressed cost of closing.
    claimable: Amount,
    /// The realisable value: that, less what is held for losses. Who leaves is paid by it.
    realisable: Amount,
}

fn view(ask: &Ask<'_>, vault: &Vault) -> VaultView {
    let worth = ask.state.vault_worth(vault);
    VaultView {
        spec: vault.spec.clone(),
        asset: ask.state.domains.domain(vault.spec.domain).map(|found| found.asset),
        account: vault.account,
        epoch: vault.epoch,
        shares: vault.shares,
        cost: vault.cost,
        next_fees: vault.next_fees(),
        holders: vault.holders().count() as u64,
        worth,
        claimable: worth.claimable(),
        realisable: worth.realisable(),
    }
}

fn vaults(ask: &Ask<'_>) -> Result<Page<Row<VaultView>>, Problem> {
    let rows = ask.state.vaults.vaults();
    page(ask, rows.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: view(ask, of) })))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(VaultId, &'a Vault), Problem> {
    let vault = id(ask.args, "vault", VaultId)?;
    let found = ask.state.vaults.vault(vault);
    Ok((vault, found.ok_or_else(|| Problem::not_found("vault", vault))?))
}

fn the_vault(ask: &Ask<'_>) -> Result<Row<VaultView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(Row { id: id.0, of: view(ask, of) })
}

/// What an account holds of a vault, in atoms, each rounded down.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct HoldingView {
    /// The vault.
    vault: VaultId,
    /// The account.
    account: AccountId,
    /// Shares, entry cost, exit, high-water mark.
    #[serde(flatten)]
    holding: Holding,
    /// What its shares are worth by the book.
    book: Amount,
    /// What they would fetch now.
    realisable: Amount,
    /// What it is liable by above its entry cost: it pays before any holder's principal.
    profit: Amount,
    /// The fee it would pay now if the period were over: of what is matured above its high-water
    /// mark.
    fee: Amount,
    /// What is held for losses.
    lien: Amount,
}

fn holding(ask: &Ask<'_>, (id, vault): (VaultId, &Vault), account: AccountId) -> HoldingView {
    let (holding, worth) = (vault.holding(account), ask.state.vault_worth(vault));
    let of = |total| Side { total, shares: vault.shares }.worth_floor(holding.shares);
    HoldingView {
        vault: id,
        account,
        holding,
        book: of(worth.book),
        realisable: of(worth.realisable()),
        profit: of(worth.claimable()).less_or_zero(holding.cost),
        fee: ask.state.holder_fee(vault, account).map_or(Amount::ZERO, |of| of.fee),
        lien: ask.state.shares_lien(id, account),
    }
}

fn holders(ask: &Ask<'_>) -> Result<Page<HoldingView>, Problem> {
    let of = found(ask)?;
    let rows = of.1.holders();
    page(ask, rows.map(|(account, _)| (u64::from(account.0), holding(ask, of, account))))
}

fn of_account(ask: &Ask<'_>) -> Result<Page<HoldingView>, Problem> {
    let account = own_account(ask)?;
    let held = ask.state.vaults.vaults();
    let held = held.filter(|(_, vault)| !vault.holding(account).shares.is_zero());
    page(ask, held.map(|(id, vault)| (u64::from(id.0), holding(ask, (id, vault), account))))
}

/// An exit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ExitView {
    /// The account.
    account: AccountId,
    /// How many shares.
    shares: Shares,
    /// The end of its cooldown.
    until: Time,
    /// What it would be paid with now, if it may be: in parts where the vault's margin allows no
    /// more.
    now: Option<Leaves>,
}

fn exits(ask: &Ask<'_>) -> Result<Page<ExitView>, Problem> {
    let (_, vault) = found(ask)?;
    let rows = vault.exits().zip(0..);
    let view = |(account, exit): (AccountId, rhodian_core::pools::liquidity::Exit)| ExitView {
        account,
        shares: exit.shares,
        until: exit.until,
        now: ask.state.leaves(vault, account),
    };
    page(ask, rows.map(|(exit, place)| (place, view(exit))))
}
