//! The page of vaults: what each is worth by the book and for real, and who holds it; a participant
//! sees his own part.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, VaultId};
use rhodian_core::pools::liquidity::{Side, Vault};
use rhodian_core::units::Amount;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

/// The holders of a vault that are listed.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let vaults = || ask.state.vaults.vaults();
    let body = html! {
        h1 { "Vaults" }
        @if vaults().next().is_none() {
            p { "There are no vaults." }
        } @else {
            p {
                "What each is worth by the book, its equity at the mark, and what it would fetch "
                "now: less what closing its legs may cost under stress, and what is held of its "
                "account for losses. Who enters pays the one, who leaves gets the other."
            }
            (values(ask))
        }
        @for (id, vault) in vaults() { (holders(ask, id, vault)) }
    };
    Ok(Shown { title: "Vaults".to_owned(), body })
}

fn money(ask: &Ask<'_>, vault: &Vault, amount: Amount) -> String {
    let domain = ask.state.domains.domain(vault.spec.domain);
    let asset = domain.map(|found| found.asset).unwrap_or_default();
    show::money(ask, asset, amount.atoms().cast_signed())
}

fn values(ask: &Ask<'_>) -> Markup {
    let rows = html! {
        @for (_, vault) in ask.state.vaults.vaults() {
            @let worth = ask.state.vault_worth(vault);
            @let bad = worth.realisable() < worth.book;
            tr {
                th scope="row" { (vault.spec.name) }
                td class="number" { (money(ask, vault, worth.book)) }
                td class=(if bad { "number bad" } else { "number" }) {
                    (money(ask, vault, worth.realisable()))
                }
                td class="number" { (money(ask, vault, worth.closing)) }
                td class="number" { (money(ask, vault, worth.lien)) }
                td class="number" { (money(ask, vault, vault.cost)) }
                td class="number" { (vault.holders().count()) }
            }
        }
    };
    let head = [
        "Vault",
        "By the book",
        "Would fetch",
        "Cost of closing",
        "Held for losses",
        "Put in by its holders",
        "Holders",
    ];
    show::table("Vaults", &head, &[], &rows)
}

/// What a holder would pay now if the period were over.
fn fee(ask: &Ask<'_>, vault: &Vault, account: AccountId) -> Amount {
    ask.state.holder_fee(vault, account).map_or(Amount::ZERO, |of| of.fee)
}

/// Whether the caller may read what the account has.
fn is_readable(ask: &Ask<'_>, account: AccountId) -> bool {
    let found = ask.state.accounts.account(account);
    found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
}

fn holders(ask: &Ask<'_>, id: VaultId, vault: &Vault) -> Markup {
    let accounts = vault.holders().map(|(account, _)| account);
    let found: Vec<AccountId> = accounts.filter(|of| is_readable(ask, *of)).take(MOST).collect();
    if found.is_empty() {
        return html! {};
    }
    let worth = ask.state.vault_worth(vault);
    let of = |total| Side { total, shares: vault.shares };
    let rows = html! {
        @for account in &found {
            @let holding = vault.holding(*account);
            @let value = of(worth.claimable()).worth_floor(holding.shares);
            tr {
                th scope="row" { (show::account_link(ask, *account)) }
                td class="number" {
                    (money(ask, vault, of(worth.book).worth_floor(holding.shares)))
                }
                td class="number" {
                    (money(ask, vault, of(worth.realisable()).worth_floor(holding.shares)))
                }
                td class="number" { (money(ask, vault, holding.cost)) }
                td class="number" { (money(ask, vault, value.less_or_zero(holding.cost))) }
                td class="number" { (money(ask, vault, holding.high_water)) }
                td class="number" { (money(ask, vault, fee(ask, vault, *account))) }
                td class="number" { (money(ask, vault, ask.state.shares_lien(id, *account))) }
                td { (if holding.exit.is_some() { "leaves" } else { "stays" }) }
            }
        }
    };
    let head = [
        "Account",
        "By the book",
        "Would fetch",
        "Put in",
        "Profit",
        "High-water mark",
        "Fee to come",
        "Held for losses",
        "State",
    ];
    show::table(&format!("Holders of {}", vault.spec.name), &head, &["State"], &rows)
}
