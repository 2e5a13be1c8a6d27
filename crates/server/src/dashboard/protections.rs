//! The page of protections: what each fund may owe against what it holds, and the positions; a
//! participant sees his own.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, ProtectedId, ProtectionId};
use rhodian_core::pools::protection::{Position, Protection, Stage};
use rhodian_core::units::Amount;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

/// The positions of a protection that are listed: those that began last.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let protections = || ask.state.protections.protections();
    let body = html! {
        h1 { "Protections" }
        @if protections().next().is_none() {
            p { "There are no protections against impermanent loss." }
        } @else {
            p {
                "What a position in a pool lost against holding what was put in is paid by a fund, "
                "up to a cap, and as far as the fund reaches: each position has its part of it, by "
                "its cap."
            }
            (funds(ask))
        }
        @for (id, of) in protections() { (positions(ask, id, of)) }
    };
    Ok(Shown { title: "Protections".to_owned(), body })
}

fn money(ask: &Ask<'_>, of: &Protection, amount: Amount) -> String {
    let domain = ask.state.domains.domain(of.spec.domain);
    let asset = domain.map(|found| found.asset).unwrap_or_default();
    show::money(ask, asset, amount.atoms().cast_signed())
}

fn funds(ask: &Ask<'_>) -> Markup {
    let rows = html! {
        @for (_, of) in ask.state.protections.protections() {
            @let coverage = ask.state.protection_coverage(of);
            @let short = coverage.held < coverage.exposed;
            tr {
                th scope="row" { (of.spec.name) }
                td class=(if short { "number bad" } else { "number" }) {
                    (money(ask, of, coverage.held))
                }
                td class="number" { (money(ask, of, coverage.exposed)) }
                td class="number" { (money(ask, of, coverage.room)) }
                td class="number" { (of.standing()) }
                td class="number" { (of.claims().count()) }
            }
        }
    };
    let head =
        ["Protection", "In the fund", "Owed at most", "Room for more", "Positions", "Claims"];
    show::table("Protections", &head, &[], &rows)
}

/// Whether the caller may read what the account has.
fn is_readable(ask: &Ask<'_>, account: AccountId) -> bool {
    let found = ask.state.accounts.account(account);
    found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
}

fn positions(ask: &Ask<'_>, id: ProtectionId, of: &Protection) -> Markup {
    let all = ask.state.protections.positions();
    let his = all.filter(|(_, found)| found.protection == id && is_readable(ask, found.account));
    let mut found: Vec<(ProtectedId, &Position)> = his.collect();
    found.reverse();
    found.truncate(MOST);
    if found.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (_, position) in &found {
            @let stands = position.stage == Stage::Standing;
            @let now = stands.then(|| ask.state.protection_measured(of, position).ok()).flatten();
            @let ended = position.exit.or(now);
            tr {
                th scope="row" { (show::account_link(ask, position.account)) }
                td class="number" { (money(ask, of, position.deposit)) }
                td class="number" { (money(ask, of, position.cap)) }
                td class="number" {
                    @if let Some(measured) = ended { (money(ask, of, measured.loss)) }
                }
                td class="number" {
                    @if let Some(measured) = ended { (money(ask, of, measured.claim)) }
                }
                td class="number" { (money(ask, of, position.paid)) }
                td {
                    (match position.stage {
                        Stage::Standing => "stands",
                        Stage::Claiming => "to be paid",
                        Stage::Over => "over",
                    })
                }
            }
        }
    };
    let head = ["Account", "Put in", "Paid at most", "Lost", "Claimed", "Paid", "State"];
    show::table(&format!("Positions of {}", of.spec.name), &head, &["State"], &rows)
}
