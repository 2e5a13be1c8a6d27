//! The page of cover pools: what each may cover and covers, its risks and their rates, what was
//! claimed and paid, and the covers, the latest first; a participant sees his own.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, AssetId, CoverId, CoverPoolId, LossId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage as LossStage;
use rhodian_core::pools::cover::{Cover, Incident, Pool, Stage};
use rhodian_core::units::Amount;

use super::overview::link;
use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::api::queries::{claimed_of, covers_of, risks_of, room_of};
use crate::problem::Problem;

/// The incidents and the covers of a pool that are listed.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let pools = || ask.state.covers.pools();
    let body = html! {
        h1 { "Cover" }
        @if pools().next().is_none() {
            p { "There are no cover pools." }
        } @else {
            p {
                "What is staked behind each pool, what it covers, and what it has room for: no new "
                "cover stands on what is leaving, claimed, or needed by other pools of the same stakes."
            }
            (capacities(ask))
        }
        @for (id, pool) in pools() {
            h2 { (pool.spec.name) }
            (risks(ask, id, pool))
            (incidents(ask, pool))
            (covers(ask, id, pool))
        }
    };
    Ok(Shown { title: "Cover".to_owned(), body })
}

fn asset(ask: &Ask<'_>, pool: &Pool) -> AssetId {
    ask.state.domains.domain(pool.spec.domain).map(|found| found.asset).unwrap_or_default()
}

fn money(ask: &Ask<'_>, pool: &Pool, amount: Amount) -> String {
    show::money(ask, asset(ask, pool), amount.atoms().cast_signed())
}

fn capacities(ask: &Ask<'_>) -> Markup {
    let state = ask.state;
    let rows = html! {
        @for (id, pool) in state.covers.pools() {
            @let of = state.cover_capacity(pool);
            @let holds = state.ledger.balance(asset(ask, pool), Holder::Cover(id)).atoms();
            // Rounded down to atoms.
            @let earns = Amount::new(pool.rate / 1_000_000).unwrap_or(Amount::MAX);
            tr {
                th scope="row" { (pool.spec.name) }
                td class="number" { (money(ask, pool, of.staked)) }
                td class="number" { (money(ask, pool, of.leaving)) }
                td class="number" { (money(ask, pool, of.claimed)) }
                td class="number" { (money(ask, pool, of.shared)) }
                td class="number" { (money(ask, pool, of.most)) }
                td class="number" { (money(ask, pool, of.covered)) }
                td class="number" { (money(ask, pool, of.room())) }
                td class="number" { (show::money(ask, asset(ask, pool), holds)) }
                td class="number" { (money(ask, pool, earns)) }
            }
        }
    };
    let head = [
        "Pool",
        "Staked",
        "Leaving",
        "Claimed",
        "Needed elsewhere",
        "May be covered",
        "Covered",
        "Room",
        "Holds",
        "Earns a year",
    ];
    show::table("Cover pools", &head, &[], &rows)
}

fn risks(ask: &Ask<'_>, id: CoverPoolId, pool: &Pool) -> Markup {
    let state = ask.state;
    if risks_of(state, id).next().is_none() {
        return html! { p { "It covers no risk yet." } };
    }
    let rows = html! {
        @for (_, risk) in risks_of(state, id) {
            tr {
                th scope="row" { (risk.spec.name) }
                td { (show::word(&risk.spec.class)) }
                td {
                    @if risk.spec.trigger.is_some() { "a low price, or a report" }
                    @else { "a report" }
                }
                td class="number" { (money(ask, pool, risk.covered)) }
                td class="number" { (money(ask, pool, state.cover_most(pool, risk))) }
                td class="number" { (money(ask, pool, room_of(state, pool, risk))) }
                td class="number" { (show::percent(state.cover_rate_floor(pool, risk))) }
            }
        }
    };
    let words = ["Class", "Claimed by"];
    let head = ["Risk", words[0], words[1], "Covered", "May be covered", "Room", "Rate a year now"];
    show::table(&format!("Risks of {}", pool.spec.name), &head, &words, &rows)
}

fn incidents(ask: &Ask<'_>, pool: &Pool) -> Markup {
    if pool.incidents.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (loss, of) in pool.incidents.iter().rev().take(MOST) {
            @let risk = ask.state.covers.risk(of.risk);
            @let stage = ask.state.losses.loss(*loss).map(|found| found.stage);
            tr {
                th scope="row" { (link(*loss)) }
                td { (risk.map_or("", |risk| risk.spec.name.as_str())) }
                td class="when" { (show::time(of.happened)) }
                td { (stands(stage)) }
                td class="when" { (vote(ask, pool, of)) }
                td class="number" { (of.claims.len()) }
                td class="number" { (money(ask, pool, of.due)) }
                td class=(if is_short(of, stage) { "number bad" } else { "number" }) {
                    (money(ask, pool, of.paid()))
                }
            }
        }
    };
    let words = ["Risk", "Happened", "State", "Vote"];
    let [risk, happened, state, vote] = words;
    let head = ["Incident", risk, happened, state, vote, "Claims", "Due", "Paid"];
    let caption = format!("Incidents of {}, the latest first", pool.spec.name);
    show::table(&caption, &head, &words, &rows)
}

/// Whether its loss is settled, and less was paid than is due.
fn is_short(of: &Incident, stage: Option<LossStage>) -> bool {
    stage == Some(LossStage::Settled) && of.paid() < of.due
}

/// Where the loss of an incident stands.
fn stands(stage: Option<LossStage>) -> String {
    match stage {
        Some(LossStage::Challengeable { until }) => {
            format!("may be challenged until {}", show::time(until))
        }
        Some(stage) => show::word(&stage),
        None => String::new(),
    }
}

fn vote(ask: &Ask<'_>, pool: &Pool, of: &Incident) -> Markup {
    html! {
        @if let Some(ballot) = &of.ballot {
            @let count = ask.state.cover_count(pool, of);
            (money(ask, pool, count.accept)) " for, " (money(ask, pool, count.reject))
            " against, " br; "of " (money(ask, pool, count.staked)) " staked, " br; "until "
            (show::time(ballot.until))
        } @else { "none runs" }
    }
}

/// Whether the caller may read what the account has.
fn is_readable(ask: &Ask<'_>, account: AccountId) -> bool {
    let found = ask.state.accounts.account(account);
    found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
}

fn covers(ask: &Ask<'_>, id: CoverPoolId, pool: &Pool) -> Markup {
    let own = covers_of(ask.state, id).filter(|(_, cover)| is_readable(ask, cover.account));
    let mut found: Vec<(CoverId, &Cover)> = own.collect();
    if found.is_empty() {
        return html! {};
    }
    found.reverse();
    let rows = html! {
        @for (id, cover) in found.iter().take(MOST) {
            @let risk = ask.state.covers.risk(cover.risk);
            @let claims: Vec<(LossId, Amount)> =
                claimed_of(pool, *id).map(|(loss, _, paid)| (loss, paid)).collect();
            tr {
                th scope="row" class="when" { "cover " (id) }
                td { (show::account_link(ask, cover.account)) }
                td { (risk.map_or("", |risk| risk.spec.name.as_str())) }
                td { (standing(ask, cover)) }
                td class="when" { (show::time(cover.from)) }
                td class="when" { (show::time(cover.until)) }
                td class="number" { (money(ask, pool, cover.amount)) }
                td class="number" { (money(ask, pool, cover.left)) }
                td class="number" { (money(ask, pool, cover.claimed)) }
                td class="when" {
                    @if claims.is_empty() { "nothing" }
                    @for (place, (loss, paid)) in claims.iter().enumerate() {
                        @if place > 0 { br; }
                        (money(ask, pool, *paid)) " for " (link(*loss))
                    }
                }
            }
        }
    };
    let words = ["Account", "Risk", "State", "From", "Until", "Paid"];
    let [account, risk, state, from, until, paid] = words;
    let head = ["Cover", account, risk, state, from, until, "Bought", "Left", "Claimed", paid];
    let name = &pool.spec.name;
    let caption = match found.len() {
        all if all > MOST => format!("Covers of {name}, the latest {MOST} of {all}"),
        _ => format!("Covers of {name}, the latest first"),
    };
    show::table(&caption, &head, &words, &rows)
}

/// Where a cover stands, in words.
fn standing(ask: &Ask<'_>, of: &Cover) -> &'static str {
    match of.stage {
        Stage::Standing if ask.state.now() < of.from => "bought, not begun",
        Stage::Standing => "stands",
        Stage::Ended => "ended, may be claimed",
        Stage::Lapsed => "lapsed",
    }
}
