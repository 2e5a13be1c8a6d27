//! Health at a glance.

use maud::{Markup, html};
use rhodian_core::control::Status;
use rhodian_core::engine::Event;
use rhodian_core::ids::LossId;
use rhodian_core::ledger::Holder;
use rhodian_core::oracle::Quality;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

/// The events on the first page.
const LATEST: usize = 30;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let everyone = ask.caller.sees_everyone();
    // The clock alone is no news.
    let news = |told: &&std::sync::Arc<crate::follower::Told>| {
        !matches!(told.event.event, Event::TimePassed { .. })
    };
    let latest = ask.view.tail.iter().rev().filter(news).take(LATEST);
    let body = html! {
        h1 { "How " (ask.venue) " stands" }
        (tiles(ask))
        (domains(ask))
        (open(ask))
        @if everyone {
            (show::events(ask, "The latest events", latest.map(|told| &told.event)))
        } @else if let Some(owner) = ask.caller.subject {
            p {
                "Your accounts are under " a href="/accounts" { "Accounts" } " (owner " (owner) ")."
            }
        }
    };
    Ok(Shown { title: "Overview".to_owned(), body })
}

fn tile(name: &str, value: &str, note: &str, bad: bool) -> Markup {
    html! {
        li class=(if bad { "tile bad" } else { "tile" }) {
            p class="name" { (name) }
            p class="value" { (value) }
            p class="note" { (note) }
        }
    }
}

fn tiles(ask: &Ask<'_>) -> Markup {
    let state = ask.state;
    let status = state.control.venue_status();
    let open = state.losses.losses().filter(|(_, loss)| loss.is_open()).count();
    let episodes = state.losses.episodes().filter(|(_, episode)| !episode.closed).count();
    let accounts = state.accounts.accounts();
    let below = accounts.filter(|(id, _)| state.is_below_maintenance(*id)).count();
    let poor = state.oracle.feeds().filter(|(id, _)| {
        let answer = state.feed_answer(*id);
        answer.is_none_or(|answer| !answer.quality.meets(Quality::Settlement))
    });
    let (poor, feeds) = (poor.count(), state.oracle.feeds().count());
    let domains = state.domains.domains();
    let unpaid = domains
        .filter(|(id, domain)| !state.ledger.owed(domain.asset, Holder::Uncovered(*id)).is_zero());
    let unpaid = unpaid.count();
    html! {
        ul class="tiles" {
            (tile("Status", &show::word(&status), "of the venue", status != Status::Open))
            (tile("Open losses", &open.to_string(), &format!("{episodes} episodes open"), open > 0))
            (tile("Below maintenance", &below.to_string(), "accounts", below > 0))
            @if feeds > 0 {
                (tile("Prices", &format!("{} of {feeds}", feeds - poor), "of settlement quality",
                    poor > 0))
            } @else {
                (tile("Prices", "venue", "answers for its marks: no feeds", false))
            }
            (tile("Uncovered", &unpaid.to_string(), "domains with a debt", unpaid > 0))
            (tile("Event", &ask.view.sequence.to_string(), &show::time(state.now()), false))
        }
    }
}

fn domains(ask: &Ask<'_>) -> Markup {
    let state = ask.state;
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Loss domains" {
            table {
                caption { "Loss domains" }
                thead { tr {
                    th scope="col" { "Domain" } th scope="col" { "Status" }
                    th scope="col" { "Asset" } th scope="col" class="number" { "Uncovered" }
                    th scope="col" class="number" { "Gains of books" }
                    th scope="col" { "Halt until" }
                } }
                tbody {
                    @for (id, of) in state.domains.domains() {
                        @let owed = state.ledger.owed(of.asset, Holder::Uncovered(id));
                        @let kept = state.ledger.held(of.asset, Holder::Results(id));
                        tr {
                            th scope="row" { (of.name) }
                            td {
                                (show::word(&state.control.domain_status(id)))
                                @if let Some(queue) = state.exits_above_limit(id) {
                                    "; no new risk: "
                                    (show::money(ask, of.asset, queue.asked.atoms().cast_signed()))
                                    " of what stands behind it is asked for"
                                }
                            }
                            td { (state.domains.asset(of.asset).map_or("", |a| a.name.as_str())) }
                            td class="number" {
                                (show::money(ask, of.asset, owed.atoms().cast_signed()))
                            }
                            td class="number" { (show::money(ask, of.asset, kept.atoms().cast_signed())) }
                            td { (state.control.halted_until(Some(id)).map_or_else(
                                || "none".to_owned(), show::time)) }
                        }
                    }
                }
            }
        }
    }
}

/// The episodes that are open, each with its losses.
fn open(ask: &Ask<'_>) -> Markup {
    let state = ask.state;
    let open: Vec<_> = state.losses.episodes().filter(|(_, episode)| !episode.closed).collect();
    html! {
        h2 { "Open episodes" }
        @if open.is_empty() { p { "None: every loss that was detected is settled." } }
        ul {
            @for (id, episode) in open {
                li {
                    "Episode " (id) " of " (show::domain(ask, episode.domain)) ", since "
                    (show::time(episode.opened)) ": "
                    @for loss in &episode.losses { (link(*loss)) " " }
                }
            }
        }
    }
}

/// A link to the page of a loss.
pub(super) fn link(loss: LossId) -> Markup {
    html! { a href=(format!("/losses/{loss}")) { "loss " (loss) } }
}
