//! The page of pay and fees: what those who stand behind losses are paid, where fees go and why the
//! house gets some or none, and which risk figures all that stands on.

use maud::{Markup, html};
use rhodian_core::ids::{AssetId, DomainId, LayerId};
use rhodian_core::incentive::{FeeTo, Figure, Shut, Subject};
use rhodian_core::units::Amount;

use super::{Shown, show};
use crate::access::Level;
use crate::api::endpoint::Ask;
use crate::problem::Problem;

pub(super) fn page(ask: &Ask<'_>) -> Result<Shown, Problem> {
    ask.caller.may_read(Level::Public)?;
    let incentives = &ask.state.incentives;
    let none = incentives.figures().next().is_none() && incentives.tables().next().is_none();
    let body = html! {
        h1 { "Pay and fees" }
        @if none && incentives.pays().next().is_none() {
            p { "Nobody is paid by time, and the venue gives fees by hand." }
        } @else {
            p {
                "Stakers are paid by time out of a pot of their layer. Fees fill what the domain "
                "owes, the operator's first loss, pots of pay and funds, in that order; only of "
                "what all of them leave does the house get a part."
            }
        }
        (pays(ask))
        (premia(ask))
        @for (domain, _) in incentives.tables() { (fees(ask, domain)) }
        (figures(ask))
    };
    Ok(Shown { title: "Pay and fees".to_owned(), body })
}

fn money(ask: &Ask<'_>, asset: Option<AssetId>, atoms: u128) -> String {
    show::money(ask, asset.unwrap_or_default(), atoms.cast_signed())
}

fn asset_of(ask: &Ask<'_>, layer: LayerId) -> Option<AssetId> {
    ask.state.domains.layer(layer).map(|found| found.spec.asset)
}

fn pays(ask: &Ask<'_>) -> Markup {
    if ask.state.incentives.pays().next().is_none() {
        return html! {};
    }
    let rows = html! {
        @for (layer, pay) in ask.state.incentives.pays() {
            @let asset = asset_of(ask, layer);
            @let now = ask.state.pay_now(layer);
            @let terms = pay.terms;
            tr {
                th scope="row" { (show::layer(ask, layer)) }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.staked.atoms())) } }
                td class="number" { @if let Some(of) = terms { (money(ask, asset, of.target.atoms())) } }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.per_year)) } }
                td class="number" { @if let Some(of) = terms { (money(ask, asset, of.most.atoms())) } }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.left.atoms())) } }
                td class="number" { (money(ask, asset, pay.paid)) }
            }
        }
    };
    let head = [
        "Layer",
        "Staked",
        "Target",
        "Paid a year now",
        "At the target",
        "In the pot",
        "Paid ever",
    ];
    show::table("What stakers are paid by time", &head, &[], &rows)
}

fn premia(ask: &Ask<'_>) -> Markup {
    if ask.state.incentives.premia().next().is_none() {
        return html! {};
    }
    let rows = html! {
        @for (market, premium) in ask.state.incentives.premia() {
            @let found = ask.state.markets.market(market);
            @let domain = found.and_then(|of| ask.state.domains.domain(of.spec.domain));
            @let asset = domain.map(|of| of.asset);
            @let now = ask.state.premium_now(market);
            tr {
                th scope="row" { (show::market(ask, market)) }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.per_year)) } }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.due)) } }
                td class="number" { @if let Some(now) = now { (money(ask, asset, now.per_lot.into())) } }
                td class="number" { @if let Some(of) = premium.terms { (show::percent(of.most)) } }
                td { @if let Some(now) = now { (show::time(now.next)) } }
                td class="number" { (money(ask, asset, premium.charged)) }
                td class="number" { (money(ask, asset, premium.forgone)) }
            }
        }
    };
    let head = [
        "Market",
        "A year",
        "Due now",
        "A lot would pay",
        "At most, of its value",
        "Next charge",
        "Charged ever",
        "Fell on nobody",
    ];
    let caption = "What those who hold lots pay for expected losses";
    show::table(caption, &head, &["Next charge"], &rows)
}

fn fees(ask: &Ask<'_>, domain: DomainId) -> Markup {
    let Some(plan) = ask.state.fee_plan(domain) else { return html! {} };
    let found = ask.state.domains.domain(domain);
    let (asset, name) = (found.map(|of| of.asset), found.map(|of| of.name.to_string()));
    let rows = html! {
        @for row in &plan.rows {
            tr {
                th scope="row" { (what(row.to)) }
                td { (show::layer(ask, row.to.layer())) }
                td class="number" { (money(ask, asset, row.amount.atoms())) }
            }
        }
    };
    let booked = money(ask, asset, plan.booked.atoms());
    let caption = format!("Fees of {}: {booked} booked", name.unwrap_or_default());
    let first = ask.state.first_loss_required(domain);
    html! {
        (show::table(&caption, &["Would go to", "Layer", "How much"], &["Layer"], &rows))
        @if let Some(required) = first {
            p { "The operator's first loss must hold " (money(ask, asset, required.atoms())) "." }
        }
        @if let Some(gap) = ask.state.first_loss_short(domain) { p { (gap) } }
        @if let Some(shut) = plan.shut { p { "The house gets nothing: " (why(ask, shut)) "." } }
    }
}

const fn what(to: FeeTo) -> &'static str {
    match to {
        FeeTo::Debts(_) => "what is owed, through",
        FeeTo::FirstLoss(_) => "first loss",
        FeeTo::Pay(_) => "pay of stakers",
        FeeTo::Fund(_) => "fund",
        FeeTo::House(_) => "the house",
    }
}

fn why(ask: &Ask<'_>, shut: Shut) -> Markup {
    html! {
        @match shut {
            Shut::Owes => "the domain owes",
            Shut::FirstLoss => "the operator's first loss is short",
            Shut::Pay(layer) => { "stakers are not paid ahead in " (show::layer(ask, layer)) }
            Shut::Fund(layer) => { "below its target is " (show::layer(ask, layer)) }
            Shut::NotBehind(layer) => { (show::layer(ask, layer)) " stands behind it no more" }
            Shut::Claims => "who bore its losses is not repaid",
            Shut::Figure(subject) => { (subject) " is out of date" }
        }
    }
}

fn figures(ask: &Ask<'_>) -> Markup {
    let incentives = &ask.state.incentives;
    if incentives.figures().next().is_none() {
        return html! {};
    }
    let rows = html! {
        @for of in incentives.figures() {
            @let subject = of.figure.subject();
            tr {
                th scope="row" { (subject) }
                td class="number" { (value(ask, of.figure)) }
                td { (of.source) }
                td { (show::time(of.at)) }
                td {
                    (show::time(of.until))
                    @if !incentives.serves(subject, ask.state.now()) { ", out of date" }
                }
            }
        }
    };
    let head = ["Figure", "In a year", "Measured by", "When", "Serves until"];
    show::table("Risk figures", &head, &["Measured by", "When", "Serves until"], &rows)
}

fn value(ask: &Ask<'_>, figure: Figure) -> String {
    let of = |domain, amount: Amount| {
        money(ask, ask.state.domains.domain(domain).map(|of| of.asset), amount.atoms())
    };
    match (figure, figure.subject()) {
        (Figure::DomainLoss { amount, .. }, Subject::Domain(domain)) => of(domain, amount),
        (Figure::LayerLoss { rate, .. }, _) => show::percent(rate),
        (Figure::MarketShare { share, .. }, _) => show::percent(share),
        (Figure::DomainLoss { amount, .. }, _) => amount.to_string(),
    }
}
