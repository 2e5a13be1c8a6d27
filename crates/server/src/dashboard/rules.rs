//! Layers, markets and prices, parameters, kinds of events.

use maud::{Markup, html};
use rhodian_core::control::PARAMETERS;
use rhodian_core::domain::Source;
use rhodian_core::ids::LayerId;
use rhodian_core::market::{Instrument, Market};
use rhodian_core::oracle::{Feed, Quality, Why};
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Capacity, plan};

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::api::queries::stress_of;
use crate::kinds as all_kinds;
use crate::problem::Problem;

fn shown(title: &str, body: Markup) -> Result<Shown, Problem> {
    Ok(Shown { title: title.to_owned(), body })
}

/// A loss larger than any: what a layer can pay of it is what it can pay of one.
fn largest() -> Amount {
    Amount::new(Amount::MAX.atoms() / 2).unwrap_or_default()
}

/// What a layer could pay of one loss that came now, in words what it has and what binds it.
fn coverage(capacity: &Capacity, source: &Source) -> String {
    let has = match source {
        Source::Pot => "in its pot",
        Source::Members(_) => "caps of its members",
        Source::Call { .. } | Source::Proceeds { .. } => "when it is called",
    };
    if capacity.capped { format!("{has}, held by its own cap") } else { has.to_owned() }
}

/// What of a layer's stakes was asked for: who stood behind is leaving.
fn exit_queue(ask: &Ask<'_>, layer: LayerId) -> Markup {
    let domains = &ask.state.domains;
    let asset = domains.layer(layer).map(|found| found.spec.asset).unwrap_or_default();
    html! {
        @if let Some(exits) = domains.exits(layer) {
            br;
            (show::money(ask, asset, exits.total().atoms().cast_signed()))
            " of the stakes asked for"
        }
    }
}

pub(super) fn layers(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let state = ask.state;
    let body = html! {
        h1 { "Layers" }
        p { "What absorbs a loss, in order, and what each layer could pay of one that came now, its caps counted." }
        @if ask.caller.sees_everyone() { (coverage_under_stress(ask)) }
        @for (of_domain, domain) in state.domains.domains() {
            @for (class, id) in &domain.waterfalls {
                @let waterfall = state.domains.waterfall(*id);
                @let caption = format!("{}: waterfall for {}", domain.name, show::word(class));
                div class="scroll" tabindex="0" role="region" aria-label=(caption) {
                    table {
                        caption { (caption) }
                        thead { tr {
                            th scope="col" { "Step" } th scope="col" { "Layer" }
                            th scope="col" { "Kind" } th scope="col" class="number" { "Could pay" }
                            th scope="col" { "How" }
                            th scope="col" class="number" { "Cap an episode" }
                        } }
                        tbody {
                            @let steps = waterfall.iter().flat_map(|found| &found.steps);
                            @let plan = plan(state, of_domain, *class, largest());
                            @let draws = plan.iter().flat_map(|plan| &plan.rounds);
                            @let draws: Vec<_> = draws.flat_map(|round| &round.draws).collect();
                            @for (number, step) in (1..).zip(steps) {
                                @for side in &step.layers {
                                    @let draw = draws.iter().find(|d| d.layer == side.layer);
                                    (layer(ask, number, side.layer, draw.map(|d| d.capacity)))
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    shown("Layers", body)
}

/// The moves that layers are held against, in millionths.
const MOVES: [i32; 4] = [-100_000, -200_000, -400_000, 200_000];

/// What each domain would lack after a move, and what its waterfall would pay of it today.
fn coverage_under_stress(ask: &Ask<'_>) -> Markup {
    let asset = |domain| ask.state.domains.domain(domain).map(|d| d.asset).unwrap_or_default();
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Coverage under stress" {
            table {
                caption { "If every price moved at once: the hole, and what would cover it today" }
                thead { tr {
                    th scope="col" { "All prices" } th scope="col" { "Domain" }
                    th scope="col" class="number" { "Accounts below zero" }
                    th scope="col" class="number" { "Hole" }
                    th scope="col" class="number" { "Not covered" }
                } }
                tbody {
                    @for moved in MOVES {
                        @for of in stress_of(ask, moved).domains {
                            @let asset = asset(of.domain);
                            @let money = |a: Amount| {
                                show::money(ask, asset, a.atoms().cast_signed())
                            };
                            @let left = of.plan.as_ref().map_or(of.hole, |plan| plan.uncovered);
                            tr {
                                th scope="row" { (moved / 10_000) " %" }
                                td { (show::domain(ask, of.domain)) }
                                td class="number" { (of.failing) }
                                td class="number" { (money(of.hole)) }
                                td class=(if left.is_zero() { "number" } else { "number bad" }) {
                                    (money(left))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn layer(ask: &Ask<'_>, step: u32, id: LayerId, able: Option<Capacity>) -> Markup {
    let found = ask.state.domains.layer(id);
    html! {
        @if let Some(found) = found {
            @let cap = found.spec.caps.per_episode;
            tr {
                td class="number" { (step) }
                th scope="row" { (found.spec.name) }
                td { (show::word(&found.spec.kind)) }
                td class="number" { (able.map_or_else(|| "unknown".to_owned(), |able| {
                    show::money(ask, found.spec.asset, able.amount.atoms().cast_signed())
                })) }
                td {
                    (able.map_or_else(String::new, |able| coverage(&able, &found.spec.source)))
                    (exit_queue(ask, id))
                }
                td class="number" { (cap.map_or_else(|| "none".to_owned(), |cap| {
                    show::money(ask, found.spec.asset, cap.atoms().cast_signed())
                })) }
            }
        }
    }
}

pub(super) fn markets(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let body = html! {
        h1 { "Markets and prices" }
        div class="scroll" tabindex="0" role="region" aria-label="Markets" {
            table {
                caption { "Markets" }
                thead { tr {
                    th scope="col" { "Market" } th scope="col" { "Domain" }
                    th scope="col" class="number" { "Mark, in ticks" }
                    th scope="col" class="number" { "Open lots" }
                    th scope="col" class="number" { "Funding a lot, in atoms" }
                    th scope="col" { "Price from" } th scope="col" { "Volatility from" }
                    th scope="col" { "Settled at" }
                } }
                tbody {
                    @for (_, of) in ask.state.markets.markets() {
                        tr {
                            th scope="row" { (of.spec.name) }
                            td { (show::domain(ask, of.spec.domain)) }
                            td class="number" { (of.mark.map_or_else(
                                || "none".to_owned(), |mark| mark.ticks().to_string())) }
                            td class="number" { (of.open) }
                            td class="number" { (of.funding) }
                            td { (of.feeds.price.map_or_else(
                                || "the venue".to_owned(), |feed| format!("feed {feed}"))) }
                            td { (volatility_from(ask, of)) }
                            td { (of.settlement.map_or_else(
                                || "open".to_owned(), |s| s.price.ticks().to_string())) }
                        }
                    }
                }
            }
        }
        h2 { "Feeds" }
        @if ask.state.oracle.feeds().next().is_none() {
            p { "None: the venue answers for its marks." }
        }
        @for (id, of) in ask.state.oracle.feeds() {
            section aria-label=(of.spec.name) {
                h3 { (of.spec.name) }
                (feed(ask, id, of))
            }
        }
    };
    shown("Markets and prices", body)
}

/// The feed whose volatility a market's options are valued at, or an option by its own; nothing for
/// an option that takes its underlying's.
fn volatility_from(ask: &Ask<'_>, of: &Market) -> String {
    let feed = of.feeds.volatility.and_then(|feed| ask.state.oracle.feed(feed));
    match (feed, of.spec.instrument) {
        (Some(feed), _) => feed.spec.name.to_string(),
        (None, Instrument::Option { .. }) => "its underlying".to_owned(),
        (None, _) => String::new(),
    }
}

/// Why an answer is no better; strikes in ticks, as the marks above.
fn reason(ask: &Ask<'_>, why: &Why) -> String {
    let Why::Arbitrage { underlying, profit } = why else { return why.to_string() };
    let name = ask.state.markets.market(*underlying).map(|of| of.spec.name.to_string());
    let strike = |strike: Price| strike.ticks().to_string();
    let what = profit.told(&strike, &show::time);
    format!("options on {} leave a sure profit: {what}", name.unwrap_or_default())
}

fn feed(ask: &Ask<'_>, id: rhodian_core::ids::FeedId, of: &Feed) -> Markup {
    let now = ask.state.now();
    let answer = ask.state.feed_answer(id);
    html! {
        @if let Some(answer) = &answer {
            p class=(if answer.quality.meets(Quality::Settlement) { "" } else { "bad" }) {
                "Quality: " (show::word(&answer.quality)) ". Value: "
                (answer.value.map_or_else(|| "none".to_owned(), |value| value.to_string())) "."
            }
            ul { @for why in &answer.reasons { li { (reason(ask, why)) } } }
        }
        table {
            caption { "What each source said last" }
            thead { tr {
                th scope="col" { "Source" } th scope="col" class="number" { "Value" }
                th scope="col" class="number" { "Give or take" } th scope="col" { "Of" }
                th scope="col" class="number" { "Age, s" }
            } }
            tbody {
                @for report in of.reports() {
                    tr {
                        th scope="row" { "source " (report.source) }
                        td class="number" { (report.value) }
                        td class="number" { (report.confidence) }
                        td { (show::time(report.time)) }
                        td class="number" { (now.0.saturating_sub(report.time.0) / 1_000) }
                    }
                }
            }
        }
    }
}

pub(super) fn parameters(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let body = html! {
        h1 { "Parameters" }
        @for (id, domain) in ask.state.domains.domains() {
            @let caption = format!("Parameters of {}", domain.name);
            div class="scroll" tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead { tr {
                        th scope="col" { "Parameter" } th scope="col" class="number" { "Value" }
                        th scope="col" { "Unit" } th scope="col" class="number" { "From" }
                        th scope="col" class="number" { "To" } th scope="col" { "Why its default" }
                    } }
                    tbody {
                        @for of in PARAMETERS {
                            @let value = ask.state.control.value(id, of.parameter);
                            tr {
                                th scope="row" { (of.name) }
                                td class="number" {
                                    @if value == of.default { (value) } @else { strong { (value) } }
                                }
                                td { (of.unit) } td class="number" { (of.min) }
                                td class="number" { (of.max) } td { (of.reason) }
                            }
                        }
                    }
                }
            }
        }
    };
    shown("Parameters", body)
}

pub(super) fn kinds(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let body = html! {
        h1 { "Every kind of event" }
        p { "What may stand in the journal, and in the stream at " code { "/v1/events" } "." }
        div class="scroll" tabindex="0" role="region" aria-label="Kinds of events" {
            table {
                caption { "Kinds of events" }
                thead { tr {
                    th scope="col" { "Area" } th scope="col" { "Event" } th scope="col" { "Means" }
                } }
                tbody {
                    @for kind in all_kinds::events() {
                        tr {
                            td { (kind.area) }
                            th scope="row" { code { (kind.name) } }
                            td { (kind.about) }
                        }
                    }
                }
            }
        }
    };
    shown("Every kind of event", body)
}
