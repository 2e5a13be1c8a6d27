//! The page of new tokens: how many may be issued now, what is sold into holes and bought back at
//! which price, and how far pots may be drawn on.

use maud::{Markup, html};
use rhodian_core::ids::{IssuanceId, LossId};
use rhodian_core::issuance::{Auction, Issuance};
use rhodian_core::units::Amount;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

/// The auctions of an issuance that are listed: the last.
const MOST: usize = 100;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let issuances = || ask.state.issuances.issuances();
    let body = html! {
        h1 { "New tokens" }
        @if issuances().next().is_none() {
            p { "No layer sells new tokens." }
        } @else {
            p {
                "New tokens are sold into the hole that a loss leaves, at a price that goes down "
                "by steps; whoever takes a lot pays at once. What a fund holds above its target "
                "buys tokens back, and they are burned."
            }
            (terms(ask))
        }
        @for (id, of) in issuances() { (auctions(ask, id, of)) }
        (limits(ask))
    };
    Ok(Shown { title: "New tokens".to_owned(), body })
}

fn tokens(ask: &Ask<'_>, of: &Issuance, atoms: u128) -> String {
    show::money(ask, of.spec.token, atoms.cast_signed())
}

fn money(ask: &Ask<'_>, of: &Issuance, amount: Amount) -> String {
    let asset = ask.state.domains.layer(of.spec.layer).map(|found| found.spec.asset);
    show::money(ask, asset.unwrap_or_default(), amount.atoms().cast_signed())
}

fn terms(ask: &Ask<'_>) -> Markup {
    let rows = html! {
        @for (id, of) in ask.state.issuances.issuances() {
            tr {
                th scope="row" { (of.spec.name) }
                td { (show::layer(ask, of.spec.layer)) }
                td class="number" { (tokens(ask, of, of.issuable(ask.state.now()).atoms())) }
                td class="number" { (tokens(ask, of, of.cap().atoms())) }
                td class="number" { (tokens(ask, of, of.issued)) }
                td class="number" { (tokens(ask, of, of.burned)) }
                td {
                    @if let Some(now) = ask.state.buyback(id) {
                        (money(ask, of, now.lot)) " for " (tokens(ask, of, now.price.atoms()))
                        ", " (now.lots) " lots, until " (show::time(now.next))
                    } @else {
                        "nothing"
                    }
                }
            }
        }
    };
    let head = ["Token", "Layer", "May be issued", "Cap", "Issued", "Burned", "Bought back now"];
    show::table("New tokens", &head, &["Layer", "Bought back now"], &rows)
}

fn auctions(ask: &Ask<'_>, id: IssuanceId, of: &Issuance) -> Markup {
    let last: Vec<(&LossId, &Auction)> = of.auctions.iter().rev().take(MOST).collect();
    if last.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (loss, auction) in &last {
            @let now = ask.state.sale(id, **loss);
            tr {
                th scope="row" { a href=(format!("/losses/{loss}")) { "loss " (loss) } }
                td { (show::time(auction.opened)) }
                td class="number" { (tokens(ask, of, auction.tokens.atoms())) }
                td class="number" { (money(ask, of, auction.paid)) }
                td class="number" { @if let Some(now) = now { (money(ask, of, now.wanted)) } }
                td class="number" { @if let Some(now) = now { (money(ask, of, now.price)) } }
                td class="number" { @if let Some(now) = now { (now.lots) } }
                td { @if let Some(now) = now { (show::time(now.next)) } @else { "over" } }
            }
        }
    };
    let head =
        ["Hole", "Opened", "Sold", "Brought", "Still wanted", "A lot costs", "Lots", "Until"];
    let caption =
        format!("Auctions of {}, {} a lot", of.spec.name, tokens(ask, of, of.spec.lot.atoms()));
    show::table(&caption, &head, &["Opened", "Until"], &rows)
}

fn limits(ask: &Ask<'_>) -> Markup {
    let limit = |layer| Some((layer, ask.state.issuances.depletion(layer)?));
    let limited: Vec<_> = ask.state.domains.layers().filter_map(|(id, _)| limit(id)).collect();
    if limited.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for (layer, of) in &limited {
            tr {
                th scope="row" { (show::layer(ask, *layer)) }
                td class="number" { @if let Some(part) = of.per_episode { (show::percent(part)) } }
                td class="number" {
                    @if let Some(period) = of.per_period { (show::percent(period.part)) }
                }
                td class="number" {
                    @if let Some(period) = of.per_period { (period.millis / 3_600_000) " h" }
                }
            }
        }
    };
    let head = ["Pot", "Most in an episode", "Most in a period", "The period"];
    show::table("How far pots are drawn on, of what they held", &head, &[], &rows)
}
