//! Accounts near liquidation, and the page of one participant.

use maud::{Markup, html};
use rhodian_core::ids::{AccountId, AssetId};
use rhodian_core::margin::Level as Margin;
use rhodian_core::units::Amount;

use super::overview::link;
use super::{Shown, show};
use crate::api::each_rule::EachRuleView;
use crate::api::endpoint::Ask;
use crate::api::own_events::OwnEvent;
use crate::api::queries::{account_view, exposure_of, own_account, position_views};
use crate::api::views::{AccountView, ExposureView, PositionView, StakeIn};
use crate::problem::Problem;

/// The accounts on the page of all.
const MOST: usize = 200;
/// The events of one account that are looked for.
pub(super) const HAPPENED: usize = 1_000;

/// An account and how near it is: its equity less its maintenance margin.
struct Near {
    account: AccountId,
    asset: AssetId,
    equity: i128,
    maintenance: i128,
    initial: u128,
}

/// The accounts the caller may read, the nearest to liquidation first.
fn nearest(ask: &Ask<'_>) -> Vec<Near> {
    let state = ask.state;
    let all = state.accounts.accounts();
    let own = all.filter(|(_, of)| ask.caller.may_read_of(of.owner).is_ok());
    let near = own.filter_map(|(account, _)| {
        let position = state.markets.position(account);
        let asset = position.asset.filter(|_| !position.legs.is_empty())?;
        let lien = state.lien(account, asset).atoms().cast_signed();
        Some(Near {
            account,
            asset,
            equity: state.equity(account, asset) - lien,
            maintenance: state.requirement(account, Margin::Maintenance).cast_signed(),
            initial: state.requirement(account, Margin::Initial),
        })
    });
    let mut near: Vec<Near> = near.collect();
    near.sort_by_key(|one| one.equity - one.maintenance);
    near
}

pub(super) fn list(ask: &Ask<'_>) -> Result<Shown, Problem> {
    let near = nearest(ask);
    let all = ask.state.accounts.accounts();
    let flat = all.filter(|(id, of)| {
        ask.caller.may_read_of(of.owner).is_ok() && !near.iter().any(|one| one.account == *id)
    });
    let body = html! {
        h1 { "Accounts" }
        div class="scroll" tabindex="0" role="region" aria-label="Accounts with positions" {
            table {
                caption { "Accounts with positions, the nearest to liquidation first" }
                thead { tr {
                    th scope="col" { "Account" }
                    th scope="col" class="number" { "Equity less lien" }
                    th scope="col" class="number" { "Maintenance margin" }
                    th scope="col" class="number" { "Initial margin" }
                    th scope="col" class="number" { "Above maintenance" }
                    th scope="col" { "State" }
                } }
                tbody {
                    @for one in near.iter().take(MOST) {
                        tr {
                            th scope="row" { (show::account_link(ask, one.account)) }
                            td class="number" { (show::money(ask, one.asset, one.equity)) }
                            td class="number" { (show::money(ask, one.asset, one.maintenance)) }
                            td class="number" {
                                (show::money(ask, one.asset, one.initial.cast_signed()))
                            }
                            td class="number" {
                                (show::money(ask, one.asset, one.equity - one.maintenance))
                            }
                            td { (standing(ask, one)) }
                        }
                    }
                }
            }
        }
        h2 { "Without positions" }
        ul class="inline" {
            @for (id, _) in flat.take(MOST) { li { (show::account_link(ask, id)) } }
        }
    };
    Ok(Shown { title: "Accounts".to_owned(), body })
}

fn standing(ask: &Ask<'_>, one: &Near) -> Markup {
    let liquidated = ask.state.closeouts.liquidation(one.account).is_some();
    html! {
        @if one.equity < 0 { strong class="bad" { "below zero" } }
        @else if liquidated { strong class="bad" { "in liquidation" } }
        @else if one.equity < one.maintenance { strong class="bad" { "below maintenance" } }
        @else if one.equity.unsigned_abs() < one.initial { "below initial margin" }
        @else { "sound" }
    }
}

pub(super) fn one(
    ask: &Ask<'_>,
    happened: &[OwnEvent],
    each_rule: &[EachRuleView],
) -> Result<Shown, Problem> {
    let account = own_account(ask)?;
    let view = account_view(ask, account);
    let view = view.ok_or_else(|| Problem::not_found("account", account))?;
    let exposure = exposure_of(ask, account);
    let body = html! {
        h1 { "Account " (view.name) }
        (standing_of(ask, &view))
        (positions(ask, &position_views(ask, account)))
        (could_lose(ask, &exposure))
        (bore(ask, account, &exposure, each_rule))
        (show::own_events(ask, account, happened))
    };
    Ok(Shown { title: format!("Account {}", view.name), body })
}

fn line(name: &str, value: &str, note: &str) -> Markup {
    html! { tr { th scope="row" { (name) } td class="number" { (value) } td { (note) } } }
}

fn standing_of(ask: &Ask<'_>, view: &AccountView) -> Markup {
    html! {
        @for balance in &view.balances {
            p {
                "Balance " strong { (show::money(ask, balance.asset, balance.balance.atoms())) }
                ", free " strong {
                    (show::money(ask, balance.asset, balance.free.atoms().cast_signed()))
                }
                ", held for losses " strong {
                    (show::money(ask, balance.asset, balance.lien.atoms().cast_signed()))
                } "."
            }
        }
        @if let Some(of) = &view.margin {
            @let money = |text: &str| show::digits(ask, of.asset, text);
            table {
                caption { "Equity and margin" }
                thead { tr {
                    th scope="col" { "What" } th scope="col" class="number" { "How much" }
                    th scope="col" { "Why" }
                } }
                tbody {
                    (line("Maintenance equity", &money(&of.maintenance_equity),
                        "all profit counted, less the lien"))
                    (line("Opening equity", &money(&of.opening_equity),
                        "profit not realised counts in part"))
                    (line("Withdrawable equity", &money(&of.withdrawable_equity),
                        "profit counts once realised and matured"))
                    (line("Initial margin", &money(&of.initial_margin), "to open"))
                    (line("Maintenance margin", &money(&of.maintenance_margin),
                        "below it, positions are closed"))
                }
            }
        }
    }
}

fn positions(ask: &Ask<'_>, views: &[PositionView]) -> Markup {
    html! {
        @if !views.is_empty() {
            table {
                caption { "Positions, and their place in auto-deleveraging" }
                thead { tr {
                    th scope="col" { "Market" } th scope="col" class="number" { "Lots" }
                    th scope="col" class="number" { "Mark, in ticks" } th scope="col" { "Place" }
                } }
                tbody {
                    @for of in views {
                        tr {
                            th scope="row" { (show::market(ask, of.market)) }
                            td class="number" { (of.lots.lots()) }
                            td class="number" { (of.mark.map_or(0, |mark| mark.ticks())) }
                            td { @if let Some(place) = &of.place {
                                (place.lights) " of 5 lights: " (place.ahead) " accounts and "
                                (place.lots_before) " of " (place.lots_in_all) " lots before it"
                            } @else { "not reached" } }
                        }
                    }
                }
            }
        }
    }
}

fn could_lose(ask: &Ask<'_>, of: &ExposureView) -> Markup {
    html! {
        h2 { "What could I lose now?" }
        p { "To the failure of others, in an episode that begins now: never more than these caps, "
            "layer by layer." }
        @if of.caps.is_empty() && of.stakes.is_empty() {
            p { "Nothing: no layer reaches this account." }
        } @else {
            table {
                caption { "The most this account would pay" }
                thead { tr {
                    th scope="col" { "Through" } th scope="col" { "Domain" }
                    th scope="col" class="number" { "At most" } th scope="col" { "Because" }
                } }
                tbody {
                    @for cap in &of.caps {
                        @let asset = ask.state.domains.layer(cap.layer).map(|l| l.spec.asset);
                        tr {
                            th scope="row" { (cap.name) }
                            td { (show::domain(ask, cap.domain)) }
                            td class="number" { (show::money(ask, asset.unwrap_or_default(),
                                cap.cap.atoms().cast_signed())) }
                            td { (show::word(&cap.rule.basis)) " of " (show::money(ask,
                                asset.unwrap_or_default(), cap.weight.atoms().cast_signed()))
                                ", divided " (show::word(&cap.rule.rule)) }
                        }
                    }
                    @for stake in &of.stakes {
                        @let asset = ask.state.domains.layer(stake.layer).map(|l| l.spec.asset);
                        tr {
                            th scope="row" { (stake.name) }
                            td { "every domain whose waterfall names it" }
                            td class="number" { (show::money(ask, asset.unwrap_or_default(),
                                stake.amount.atoms().cast_signed())) }
                            td { (why_staked(ask, asset.unwrap_or_default(), stake)) }
                        }
                    }
                }
            }
        }
    }
}

/// That a stake is drawn on, what it earned, and what of it was asked for.
fn why_staked(ask: &Ask<'_>, asset: AssetId, of: &StakeIn) -> Markup {
    html! {
        "it is staked there"
        @if !of.earned.is_zero() {
            "; earned and not taken: " (show::money(ask, asset, of.earned.atoms().cast_signed()))
        }
        @for row in &of.leaving {
            br;
            (show::money(ask, asset, row.amount.atoms().cast_signed()))
            " was asked for"
            @if row.until > ask.state.now() {
                ", and leaves after " (show::time(row.until))
            } @else {
                ", and waits since " (show::time(row.until)) " for a known loss, or for room"
            }
        }
    }
}

/// The share by the rule in force, and what every other would have made of it.
fn under_each_rule(ask: &Ask<'_>, of: &EachRuleView) -> Markup {
    let asset = ask.state.domains.layer(of.layer).map(|l| l.spec.asset).unwrap_or_default();
    let money = |amount: Amount| show::money(ask, asset, amount.atoms().cast_signed());
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Under each rule" {
            table {
                caption { "Of " (money(of.borne)) " through " (of.name) ", over the same "
                    (of.members) @if of.members == 1 { " account" } @else { " accounts" }
                    " and the same total, this one would pay" }
                thead { tr {
                    th scope="col" { "Rule" } th scope="col" class="number" { "Share" }
                    th scope="col" { "To be known" }
                } }
                tbody {
                    @for under in &of.rules {
                        tr {
                            th scope="row" { (show::word(&under.rule)) }
                            td class="number" {
                                @if let Some(share) = under.share { (money(share)) } @else { "–" }
                            }
                            td {
                                @if under.rule == of.rule { strong { "the rule in force" } " " }
                                (under.remark)
                            }
                        }
                    }
                }
            }
        }
    }
}

fn bore(
    ask: &Ask<'_>,
    account: AccountId,
    of: &ExposureView,
    each_rule: &[EachRuleView],
) -> Markup {
    html! {
        h2 { "What did I bear, and why me?" }
        @if of.shares.is_empty() && of.claims.is_empty() { p { "Nothing so far." } }
        @if !of.shares.is_empty() && ask.view.proofs.is_some() { (show::how_to_verify()) }
        @for share in &of.shares {
            @let asset = ask.state.domains.layer(share.layer).map(|l| l.spec.asset);
            @let asset = asset.unwrap_or_default();
            p {
                "In " (show::layer(ask, share.layer)) " this account stood at place "
                (share.place) " of " (share.members) " when "
                @for loss in &share.losses { (link(*loss)) " " }
                "was detected, with a weight of "
                (show::money(ask, asset, share.weight.atoms().cast_signed())) " of "
                (show::digits(ask, asset, &share.all_weights)) " in all. Of "
                (show::money(ask, asset, share.divided.atoms().cast_signed()))
                " that were divided it paid "
                strong { (show::money(ask, asset, share.paid.atoms().cast_signed())) }
                "; its cap was " (show::money(ask, asset, share.cap.atoms().cast_signed())) "."
                @if ask.view.proofs.is_some() {
                    @for loss in &share.losses {
                        " " (show::receipts(ask, (*loss, account), Some(share.layer)))
                    }
                }
                @if let Some(loss) = share.losses.last() {
                    " " a href=(format!("/accounts/{account}?rules={loss}#each-rule")) {
                        "and under each other rule?"
                    }
                }
            }
        }
        @if !each_rule.is_empty() {
            div id="each-rule" tabindex="-1" {
                @for of in each_rule { (under_each_rule(ask, of)) }
            }
            p { a href=(format!("/accounts/{account}")) { "Back to the page that is kept live" } }
        }
        @if !of.claims.is_empty() {
            table {
                caption { "Claims to recoveries" }
                thead { tr {
                    th scope="col" { "Loss" } th scope="col" { "Layer" }
                    th scope="col" class="number" { "Borne" }
                    th scope="col" class="number" { "Came back" } th scope="col" { "Receipt" }
                } }
                tbody {
                    @for claim in &of.claims {
                        @let domain = ask.state.losses.loss(claim.loss).map(|l| l.domain);
                        @let domain = domain.and_then(|d| ask.state.domains.domain(d));
                        @let asset = domain.map(|d| d.asset).unwrap_or_default();
                        tr {
                            th scope="row" { (link(claim.loss)) }
                            td { (claim.layer.map_or_else(
                                || "by rank".to_owned(), |layer| show::layer(ask, layer))) }
                            td class="number" {
                                (show::money(ask, asset, claim.borne.atoms().cast_signed()))
                            }
                            td class="number" {
                                (show::money(ask, asset, claim.repaid.atoms().cast_signed()))
                            }
                            td { (show::receipts(ask, (claim.loss, account), claim.layer)) }
                        }
                    }
                }
            }
        }
    }
}
