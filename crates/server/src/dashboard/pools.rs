//! The page of lending pools: what each lends and at which rate, what its supply would fetch, and
//! the loans, the unhealthiest first; a participant sees his own.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, AssetId, PoolId};
use rhodian_core::pools::lending::{Health, Pool};
use rhodian_core::units::Amount;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

/// The loans and the supplies of a pool that are listed.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let pools = || ask.state.lending.pools();
    let body = html! {
        h1 { "Pools" }
        @if pools().next().is_none() {
            p { "There are no lending pools." }
        } @else {
            p {
                "What lenders may claim by the books, and what it would fetch now: less while the "
                "domain owes, or an open loss lacks more than lenders are liable for."
            }
            (books(ask))
        }
        @for (id, pool) in pools() {
            (loans(ask, pool))
            (supplies(ask, id, pool))
        }
    };
    Ok(Shown { title: "Pools".to_owned(), body })
}

fn asset(ask: &Ask<'_>, pool: &Pool) -> AssetId {
    ask.state.domains.domain(pool.spec.domain).map(|found| found.asset).unwrap_or_default()
}

fn money(ask: &Ask<'_>, pool: &Pool, amount: Amount) -> String {
    show::money(ask, asset(ask, pool), amount.atoms().cast_signed())
}

fn books(ask: &Ask<'_>) -> Markup {
    let state = ask.state;
    let rows = html! {
        @for (id, pool) in state.lending.pools() {
            @let books = pool.books_at(state.now());
            @let fetches = state.realisable(pool).total;
            @let used = books.utilisation();
            @let bad = fetches < books.supply.total;
            tr {
                th scope="row" { (pool.spec.name) }
                td class="number" { (money(ask, pool, books.supply.total)) }
                td class=(if bad { "number bad" } else { "number" }) { (money(ask, pool, fetches)) }
                td class="number" { (money(ask, pool, books.debt.total)) }
                td class="number" { (show::percent(used)) }
                td class="number" { (show::percent(pool.spec.rates.at(used))) }
                td class="number" { (money(ask, pool, state.liquid(pool, id))) }
            }
        }
    };
    let head =
        ["Pool", "Supply", "Would fetch", "Lent", "Utilisation", "Rate a year", "Can be redeemed"];
    show::table("Lending pools, interest to now", &head, &[], &rows)
}

/// Whether the caller may read what the account has.
fn is_readable(ask: &Ask<'_>, account: AccountId) -> bool {
    let found = ask.state.accounts.account(account);
    found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
}

/// How a loan stands, in words, and whether that is bad.
fn standing(of: &Health) -> (&'static str, bool) {
    let debt = of.debt.atoms();
    match (of.to_keep < debt, of.to_borrow < debt) {
        (true, _) => ("may be liquidated", true),
        (false, true) => ("no more may be borrowed", false),
        (false, false) => ("healthy", false),
    }
}

/// What counts to keep a loan by what is owed, with two places, rounded down.
fn health(of: &Health) -> String {
    let hundredths = (of.to_keep.min(Amount::MAX.atoms()) * 100) / of.debt.atoms().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn loans(ask: &Ask<'_>, pool: &Pool) -> Markup {
    let owing = pool
        .positions()
        .filter(|(account, position)| !position.debt.is_zero() && is_readable(ask, *account));
    let healths =
        owing.filter_map(|(account, _)| Some((account, ask.state.loan_health(pool, account)?)));
    let mut found: Vec<(AccountId, Health)> = healths.collect();
    if found.is_empty() {
        return html! {};
    }
    // What counts is below 2^100: a million times it still fits.
    let worst =
        |of: &Health| of.to_keep.min(Amount::MAX.atoms()) * 1_000_000 / of.debt.atoms().max(1);
    found.sort_by_key(|(account, of)| (worst(of), *account));
    let whole = |atoms: u128| money(ask, pool, Amount::new(atoms).unwrap_or(Amount::MAX));
    let rows = html! {
        @for (account, of) in found.iter().take(MOST) {
            @let (word, bad) = standing(of);
            tr {
                th scope="row" { (show::account_link(ask, *account)) }
                td class="number" { (money(ask, pool, of.debt)) }
                td class="number" { (whole(of.to_keep)) }
                td class="number" { (whole(of.cover)) }
                td class="number" { (health(of)) }
                td class=[bad.then_some("bad")] { (word) }
            }
        }
    };
    let caption = format!("Loans of {}, the least healthy first", pool.spec.name);
    let head = ["Account", "Owed", "Counts to keep it", "Would fetch", "Health", "State"];
    show::table(&caption, &head, &["State"], &rows)
}

fn supplies(ask: &Ask<'_>, id: PoolId, pool: &Pool) -> Markup {
    let lent = pool
        .positions()
        .filter(|(account, position)| !position.supply.is_zero() && is_readable(ask, *account));
    let found: Vec<AccountId> = lent.map(|(account, _)| account).take(MOST).collect();
    if found.is_empty() {
        return html! {};
    }
    let (books, fetches) = (pool.books_at(ask.state.now()).supply, ask.state.realisable(pool));
    let rows = html! {
        @for account in &found {
            @let shares = pool.supply_shares(*account);
            tr {
                th scope="row" { (show::account_link(ask, *account)) }
                td class="number" { (money(ask, pool, books.worth_floor(shares))) }
                td class="number" { (money(ask, pool, fetches.worth_floor(shares))) }
                td class="number" { (money(ask, pool, ask.state.supply_lien(id, *account))) }
            }
        }
    };
    let head = ["Account", "Supply", "Would fetch", "Held for losses"];
    show::table(&format!("Supply of {}", pool.spec.name), &head, &[], &rows)
}
