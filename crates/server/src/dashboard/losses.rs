//! Losses: each with its waterfall as a picture and a table, who shared it, and what happened.

use maud::{Markup, PreEscaped, html};
use rhodian_core::ids::{AssetId, LossId};
use rhodian_core::loss::Loss;
use rhodian_report::picture::{OTHER_BOOKS, RowKind};
use rhodian_report::svg::{Bar, Chart, Waterfall};

use super::overview::link;
use super::{Shown, show};
use crate::access::Level;
use crate::answer::Numbered;
use crate::api::endpoint::Ask;
use crate::api::queries::claims_of;
use crate::problem::Problem;

/// The events of the story of a loss.
pub(super) const STORY: usize = 300;
/// The shares on a page.
const SHARES: usize = 200;

fn asset_of(ask: &Ask<'_>, loss: &Loss) -> AssetId {
    ask.state.domains.domain(loss.domain).map(|found| found.asset).unwrap_or_default()
}

pub(super) fn list(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let mut all: Vec<(LossId, &Loss)> = ask.state.losses.losses().collect();
    all.reverse();
    let body = html! {
        h1 { "Losses" }
        @if all.is_empty() { p { "None was detected so far." } } @else {
            div class="scroll" tabindex="0" role="region" aria-label="Losses" {
                table {
                    caption { "Every loss, the latest first" }
                    thead { tr {
                        th scope="col" { "Loss" } th scope="col" { "Domain" }
                        th scope="col" { "Cause" } th scope="col" { "Stage" }
                        th scope="col" { "Detected" }
                        th scope="col" class="number" { "Close-out loss" }
                        th scope="col" class="number" { "Deficit" }
                        th scope="col" class="number" { "Uncovered" }
                    } }
                    tbody {
                        @for (id, of) in all {
                            @let asset = asset_of(ask, of);
                            @let money = |a: rhodian_core::units::Amount| {
                                show::money(ask, asset, a.atoms().cast_signed())
                            };
                            tr {
                                th scope="row" { (link(id)) }
                                td { (show::domain(ask, of.domain)) }
                                td { (of.cause) } td { (show::word(&of.stage)) }
                                td { (show::time(of.detected)) }
                                td class="number" { (money(of.close_out)) }
                                td class="number" { (money(of.deficit)) }
                                td class="number" { (money(of.uncovered)) }
                            }
                        }
                    }
                }
            }
        }
        (super::bounties::terms(ask))
    };
    Ok(Shown { title: "Losses".to_owned(), body })
}

pub(super) fn one(ask: &Ask<'_>, id: LossId, story: &[Numbered]) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let loss = ask.state.losses.loss(id).ok_or_else(|| Problem::not_found("loss", id))?;
    let asset = asset_of(ask, loss);
    let body = html! {
        h1 { "Loss " (id) }
        p {
            (loss.cause) ", in " (show::domain(ask, loss.domain)) ", detected "
            (show::time(loss.detected)) ". Stage: " strong { (show::word(&loss.stage)) } "."
            @if let Some(account) = loss.failed {
                " Failed: " (show::account(ask, account)) "."
            }
            @if let Some(episode) = loss.episode {
                " " a href={ "/v1/episodes/" (episode) "/incident?form=html" } {
                    "The incident report of its episode"
                } "."
            }
        }
        figure {
            (PreEscaped(Chart::Waterfall(picture(ask, id, loss, asset)).svg("loss")))
        }
        (steps(ask, loss, asset))
        (shares(ask, id, asset))
        @if !story.is_empty() {
            (show::events(ask, "What happened", story.iter()))
        }
    };
    Ok(Shown { title: format!("Loss {id}"), body })
}

fn picture(ask: &Ask<'_>, id: LossId, loss: &Loss, asset: AssetId) -> Waterfall {
    let money = |atoms: u128| show::money(ask, asset, atoms.cast_signed());
    let mut bars = Vec::new();
    let mut bar = |kind, name: String, amount: u128| {
        bars.push(Bar { kind, name, amount, label: money(amount) });
    };
    if !loss.own_means.is_zero() {
        bar(RowKind::OwnMeans, "Own means".to_owned(), loss.own_means.atoms());
    }
    if !loss.netted.is_zero() {
        bar(RowKind::Results, OTHER_BOOKS.to_owned(), loss.netted.atoms());
    }
    for draw in &loss.draws {
        bar(RowKind::Layer, show::layer(ask, draw.layer), draw.received.atoms());
    }
    bar(RowKind::Uncovered, "Uncovered".to_owned(), loss.uncovered.atoms());
    let open = loss.remaining();
    let total = loss.close_out.atoms();
    let about = format!(
        "Of {}: own means {}, gains of other books {}, layers {}, uncovered {}, still to absorb {}.",
        money(total),
        money(loss.own_means.atoms()),
        money(loss.netted.atoms()),
        money(loss.received().atoms()),
        money(loss.uncovered.atoms()),
        money(open.atoms()),
    );
    Waterfall { title: format!("Who bore loss {id}"), about, total, label: money(total), bars }
}

fn steps(ask: &Ask<'_>, loss: &Loss, asset: AssetId) -> Markup {
    let money = |of: rhodian_core::units::Amount| show::money(ask, asset, of.atoms().cast_signed());
    html! {
        table {
            caption { "The waterfall of this loss" }
            thead { tr {
                th scope="col" { "Step" } th scope="col" { "Who" }
                th scope="col" class="number" { "Planned" }
                th scope="col" class="number" { "Received" } th scope="col" { "State" }
            } }
            tbody {
                tr {
                    td {} th scope="row" { "Own means, margin first" } td {}
                    td class="number" { (money(loss.own_means)) } td {}
                }
                @if !loss.netted.is_zero() {
                    tr {
                        td {} th scope="row" { (OTHER_BOOKS) } td {}
                        td class="number" { (money(loss.netted)) } td {}
                    }
                }
                @for draw in &loss.draws {
                    tr {
                        td class="number" { (draw.step) }
                        th scope="row" { (show::layer(ask, draw.layer)) }
                        td class="number" { (money(draw.planned)) }
                        td class="number" { (money(draw.received)) }
                        td { @if draw.closed { "done" } @else { "open" } }
                    }
                }
                tr {
                    td {} th scope="row" { "Uncovered: a debt of the domain" } td {}
                    td class="number" { (money(loss.uncovered)) }
                    td { @if !loss.debt().is_zero() { "owed: " (money(loss.debt())) } }
                }
            }
        }
        p { "Close-out loss " (money(loss.close_out)) " = own means " (money(loss.own_means))
            @if !loss.netted.is_zero() { " + gains of other books " (money(loss.netted)) }
            " + layers " (money(loss.received())) " + uncovered " (money(loss.uncovered))
            @if !loss.remaining().is_zero() { " + still to absorb " (money(loss.remaining())) }
            "." }
    }
}

fn shares(ask: &Ask<'_>, id: LossId, asset: AssetId) -> Markup {
    let claims = claims_of(ask, None, Some(id));
    let own = claims.iter().filter(|claim| {
        let found = ask.state.accounts.account(claim.account);
        found.is_some_and(|found| ask.caller.may_read_of(found.owner).is_ok())
    });
    let own: Vec<_> = own.collect();
    html! {
        @if !own.is_empty() {
            @if ask.view.proofs.is_some() { (show::how_to_verify()) }
            div class="scroll" tabindex="0" role="region" aria-label="Shares" {
                table {
                    caption { "Who shared it (the first " (SHARES.min(own.len())) " of "
                        (own.len()) ")" }
                    thead { tr {
                        th scope="col" { "Account" } th scope="col" { "Through" }
                        th scope="col" class="number" { "Paid" }
                        th scope="col" class="number" { "Came back" }
                        th scope="col" { "Why" }
                    } }
                    tbody {
                        @for claim in own.iter().take(SHARES) {
                            tr {
                                th scope="row" { (show::account(ask, claim.account)) }
                                td { (claim.layer.map_or_else(
                                    || "by rank".to_owned(), |layer| show::layer(ask, layer))) }
                                td class="number" { (show::money(
                                    ask, asset, claim.borne.atoms().cast_signed())) }
                                td class="number" { (show::money(
                                    ask, asset, claim.repaid.atoms().cast_signed())) }
                                td { a href=(format!("/accounts/{}", claim.account)) {
                                    "why " (show::account(ask, claim.account)) "?"
                                }
                                " " (show::receipts(ask, (id, claim.account), claim.layer))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
