//! What watching pays, on the page of losses: the terms of each domain, and how many wait.

use maud::{Markup, html};
use rhodian_core::ids::DomainId;
use rhodian_core::loss::BountyTerms;
use rhodian_core::units::Amount;
use rhodian_report::money::percent_of_millionths;

use super::show;
use crate::api::endpoint::Ask;

/// Nothing where no domain pays.
pub(super) fn terms(ask: &Ask<'_>) -> Markup {
    let bounties = ask.state.losses.bounties();
    let domains = || {
        let all = ask.state.domains.domains();
        all.filter_map(|(id, _)| Some((id, bounties.terms(id)?)))
    };
    if domains().next().is_none() {
        return html! {};
    }
    let rows = html! { @for (id, of) in domains() { (row(ask, id, of)) } };
    let head = ["Domain", "Pot", "Part", "Room", "Most", "Bond"];
    html! {
        h2 { "Watching" }
        p {
            "Who gives notice of an event before it is reported, or shows that a report is wrong, is "
            "paid by the pot, when nothing else may draw on it. Now "
            (bounties.notices().count()) " notices and "
            (bounties.challenges().count()) " challenges stand."
        }
        (show::table("What watching pays", &head, &["Pot"], &rows))
    }
}

fn row(ask: &Ask<'_>, id: DomainId, of: &BountyTerms) -> Markup {
    let asset = ask.state.domains.layer(of.pot).map_or_else(Default::default, |pot| pot.spec.asset);
    let money = |amount: Amount| show::money(ask, asset, amount.atoms().cast_signed());
    let paid = ask.state.losses.bounties().paid_within(id, of.window, ask.state.now());
    html! {
        tr {
            th scope="row" { (show::domain(ask, id)) }
            td { (show::layer(ask, of.pot)) }
            td class="number" { (percent_of_millionths(of.part.into()).trim_start_matches('+')) }
            td class="number" { (money(of.most.less_or_zero(paid))) }
            td class="number" { (money(of.most)) }
            td class="number" { (money(of.bond)) }
        }
    }
}
