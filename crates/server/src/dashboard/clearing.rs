//! The page of clearing funds: how large each is and why, its members, and auctions of books; a
//! participant sees how he stands himself.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, ClearingId};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::clearing::{Fund, Member};
use rhodian_core::units::Amount;

use super::overview::link;
use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::api::queries::clearing_asset;
use crate::problem::Problem;

/// The members and auctions of a fund that are listed.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let funds = || ask.state.clearing.funds();
    let body = html! {
        h1 { "Clearing" }
        @if funds().next().is_none() {
            p { "There are no clearing funds." }
        } @else {
            p {
                "Each fund holds for the largest losses that its members could have beyond their "
                "margins in the worst scenario. The failed member's own contribution pays first."
            }
            (sizes(ask))
        }
        @for (id, fund) in funds() {
            h2 { (fund.spec.name) }
            (scenarios(ask, fund))
            (members(ask, id, fund))
            (auctions(ask, fund))
        }
    };
    Ok(Shown { title: "Clearing".to_owned(), body })
}

fn money(ask: &Ask<'_>, fund: &Fund, amount: Amount) -> String {
    let asset = clearing_asset(ask.state, fund).unwrap_or_default();
    show::money(ask, asset, amount.atoms().cast_signed())
}

fn sizes(ask: &Ask<'_>) -> Markup {
    let rows = html! {
        @for (_, fund) in ask.state.clearing.funds() {
            @let asset = clearing_asset(ask.state, fund).unwrap_or_default();
            @let holds = ask.state.ledger.held(asset, Holder::Layer(fund.spec.layer));
            tr {
                th scope="row" { (fund.spec.name) }
                td class="number" { (fund.spec.cover) }
                td class="number" { (money(ask, fund, fund.size)) }
                td class=(if holds < fund.size { "number bad" } else { "number" }) {
                    (money(ask, fund, holds))
                }
                td class="number" { (fund.members.len()) }
                td class="number" { (fund.clients.len()) }
                td class="when" { (show::time(fund.sized)) }
                td class="when" { (show::time(fund.sized.after(fund.spec.period))) }
            }
        }
    };
    let head = [
        "Fund",
        "Members that may fail",
        "Size",
        "Holds",
        "Members",
        "Clients",
        "Sized",
        "Sized next",
    ];
    show::table("Clearing funds", &head, &["Sized", "Sized next"], &rows)
}

fn scenarios(ask: &Ask<'_>, fund: &Fund) -> Markup {
    let rows = html! {
        @for (place, scenario) in fund.spec.scenarios.iter().enumerate() {
            @let cost = fund.uncovered.get(place).copied();
            tr {
                th scope="row" { (scenario.name) }
                td class="number" {
                    @if let Some(cost) = cost { (money(ask, fund, cost)) } @else { "not sized yet" }
                }
                td { @if fund.worst() == Some(place) { "asks most" } }
            }
        }
    };
    let caption = format!("What each scenario would cost {} beyond margins", fund.spec.name);
    show::table(&caption, &["Scenario", "Cost", "Worst"], &["Worst"], &rows)
}

/// Whether the caller may read what the account has.
fn is_readable(ask: &Ask<'_>, account: AccountId) -> bool {
    let found = ask.state.accounts.account(account);
    found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
}

fn members(ask: &Ask<'_>, id: ClearingId, fund: &Fund) -> Markup {
    let own = fund.members.iter().filter(|(account, _)| is_readable(ask, **account));
    let found: Vec<(&AccountId, &Member)> = own.collect();
    if found.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (account, member) in found.iter().take(MOST) {
            @let room = ask.state.assessment_room(id, **account, member.required);
            tr {
                td { (show::account_link(ask, **account)) }
                td { (standing(member)) }
                td class="number" { (money(ask, fund, member.stressed)) }
                td class="number" { (money(ask, fund, member.required)) }
                td class="number" { (money(ask, fund, ask.state.contributed(fund, **account))) }
                td class="number" { (money(ask, fund, room)) }
                td class="number" {
                    (fund.clients.values().filter(|client| client.member == **account).count())
                }
            }
        }
    };
    let head = [
        "Member",
        "State",
        "Mean loss beyond margin",
        "Is to contribute",
        "Contributed",
        "May be called for",
        "Clients",
    ];
    let name = &fund.spec.name;
    let caption = match found.len() {
        all if all > MOST => format!("Members of {name}, the first {MOST} of {all}"),
        _ => format!("Members of {name}"),
    };
    show::table(&caption, &head, &["State"], &rows)
}

/// How a member stands, in words.
fn standing(of: &Member) -> String {
    match (of.failed, of.due, of.notice) {
        (Some(at), ..) => format!("in default since {}", show::time(at)),
        (None, Some(due), _) => format!("called until {}", show::time(due)),
        (None, None, Some(notice)) => format!("leaves, answers until {}", show::time(notice.until)),
        (None, None, None) => "stands".to_owned(),
    }
}

fn auctions(ask: &Ask<'_>, fund: &Fund) -> Markup {
    if fund.auctions.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (loss, of) in fund.auctions.iter().rev().take(MOST) {
            tr {
                th scope="row" { (link(*loss)) }
                td class="number" { (money(ask, fund, of.most)) }
                td class="when" { (show::time(of.until)) }
                td class="number" { (of.bids.len()) }
                td {
                    @match of.end.as_ref().map(|end| end.winner) {
                        None => "runs",
                        Some(None) => "nobody took the book",
                        Some(Some((_, asks))) => {
                            "taken for " (money(ask, fund, asks))
                        }
                    }
                }
            }
        }
    };
    let words = ["Until", "State"];
    let head = ["Book", "At most", words[0], "Bids", words[1]];
    let caption = format!("Auctions among the members of {}, the latest first", fund.spec.name);
    show::table(&caption, &head, &words, &rows)
}
