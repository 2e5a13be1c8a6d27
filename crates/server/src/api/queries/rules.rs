//! Domains, layers, waterfalls, parameters, routes, collateral.

use rhodian_core::basis;
use rhodian_core::collateral::{Collateral, CollateralSpec};
use rhodian_core::control::PARAMETERS;
use rhodian_core::domain::{CauseClass, Domain, Waterfall};
use rhodian_core::ids::{DomainId, FeedId, LayerId, WaterfallId};
use rhodian_core::ledger::Holder;
use rhodian_core::oracle::FEED_PARAMETERS;
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Plan, Warning, plan, warnings};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, Param, list, one, page};
use super::super::views::{
    FeedParameterView, LayerCaps, LayerView, ParameterView, RoutesView, Row, StakeRow,
};
use super::{asset_ids, id, leaving};
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    let amount = Param { name: "amount", about: "Of so many atoms.", required: true };
    let class = Param { name: "class", about: "Of this class of causes.", required: false };
    vec![
        list("/v1/domains", "Every loss domain.", Level::Public, &[], domains),
        one("/v1/domains/{domain}", "A loss domain.", Level::Public, &[], domain),
        list(
            "/v1/domains/{domain}/parameters",
            "The parameters of a domain, with their bounds and reasons.",
            Level::Public,
            &[],
            parameters,
        ),
        one(
            "/v1/domains/{domain}/plan",
            "What the waterfall would pay for a loss that came now, step by step.",
            Level::Public,
            &[amount, class],
            planned,
        ),
        list("/v1/feed-parameters", "What a feed may say.", Level::Public, &[], feed_parameters),
        list("/v1/layers", "Every layer, with what it holds.", Level::Public, &[], layers),
        one("/v1/layers/{layer}", "A layer, its stakes and its caps.", Level::Public, &[], layer),
        list("/v1/waterfalls", "Every version of every waterfall.", Level::Public, &[], waterfalls),
        one(
            "/v1/waterfalls/{waterfall}",
            "A version of a waterfall, and what is odd about it.",
            Level::Public,
            &[],
            waterfall,
        ),
        list("/v1/routes", "The routes of liquidation, by asset.", Level::Public, &[], routes),
        list("/v1/collateral", "What counts as collateral.", Level::Public, &[], collateral),
    ]
}

fn domains(ask: &Ask<'_>) -> Result<Page<Row<Domain>>, Problem> {
    let rows = ask.state.domains.domains();
    page(ask, rows.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: of.clone() })))
}

fn the_domain<'a>(ask: &Ask<'a>) -> Result<(DomainId, &'a Domain), Problem> {
    let domain = id(ask.args, "domain", DomainId)?;
    let found = ask.state.domains.domain(domain);
    Ok((domain, found.ok_or_else(|| Problem::not_found("domain", domain))?))
}

fn domain(ask: &Ask<'_>) -> Result<Row<Domain>, Problem> {
    let (id, of) = the_domain(ask)?;
    Ok(Row { id: id.0, of: of.clone() })
}

fn parameters(ask: &Ask<'_>) -> Result<Page<ParameterView>, Problem> {
    let (domain, _) = the_domain(ask)?;
    let rows = (1..).zip(PARAMETERS).map(|(place, of)| {
        let view = ParameterView {
            name: of.name,
            value: ask.state.control.value(domain, of.parameter).to_string(),
            unit: of.unit,
            min: of.min.to_string(),
            max: of.max.to_string(),
            default: of.default.to_string(),
            reason: of.reason,
        };
        (place, view)
    });
    page(ask, rows)
}

fn feed_parameters(ask: &Ask<'_>) -> Result<Page<FeedParameterView>, Problem> {
    let rows = (1..).zip(FEED_PARAMETERS).map(|(place, of)| {
        let (name, unit, min, max, reason) = (of.name, of.unit, of.min, of.max, of.reason);
        (place, FeedParameterView { name, unit, min, max, defaults: of.defaults, reason })
    });
    page(ask, rows)
}

fn planned(ask: &Ask<'_>) -> Result<Plan, Problem> {
    let (domain, _) = the_domain(ask)?;
    let atoms: u128 = ask.args.must("amount")?;
    let amount = Amount::new(atoms)
        .map_err(|error| Problem::new("parameter-not-read", error.to_string()))?;
    let text: Option<String> = ask.args.maybe("class")?;
    let class = match text {
        Some(text) => serde_json::from_value(text.into()).map_err(|_| {
            Problem::new("parameter-not-read", "class is default, price-error or custody")
        })?,
        None => CauseClass::Default,
    };
    let found = plan(ask.state, domain, class, amount);
    found.ok_or_else(|| Problem::not_found("waterfall of this class in domain", domain))
}

fn view(ask: &Ask<'_>, layer: LayerId, with_stakes: bool) -> Option<LayerView> {
    let state = ask.state;
    let found = state.domains.layer(layer)?.clone();
    let rule = found.spec.source.members().copied();
    let named = state
        .domains
        .domains()
        .filter(|(_, domain)| state.domains.layers_of(&domain.waterfalls).contains(&layer));
    let caps = named.filter_map(|(domain, _)| {
        let claims = basis::claims(state, domain, layer, rule.as_ref()?);
        let able = claims.iter().filter(|claim| !claim.cap.is_zero());
        let sum: u128 = able.clone().map(|claim| claim.cap.atoms()).sum();
        Some(LayerCaps { domain, members: able.count(), sum: sum.to_string() })
    });
    let caps = caps.collect();
    let stakes = state.domains.stakes(layer).filter(|_| with_stakes);
    let own = |account: &rhodian_core::ids::AccountId| {
        let owner = state.accounts.account(*account).map(|found| found.owner);
        owner.is_some_and(|owner| ask.caller.may_read_of(owner).is_ok())
    };
    let stakes = stakes.filter(|(account, _)| own(account));
    let row = |(account, amount)| {
        let earned = state.domains.reward(layer, account);
        StakeRow { account, amount, earned, leaving: leaving(state, layer, account) }
    };
    let stakes = stakes.map(row).collect();
    let exits = state.domains.exits(layer);
    let on_its_way = exits.map(|exits| exits.total()).unwrap_or_default();
    let balance = state.ledger.balance(found.spec.asset, Holder::Layer(layer));
    let cooldown = found.spec.kind.is_staked().then(|| state.stake_cooldown(layer));
    Some(LayerView { layer: found, balance, caps, cooldown, leaving: on_its_way, stakes })
}

fn layers(ask: &Ask<'_>) -> Result<Page<Row<LayerView>>, Problem> {
    let rows =
        ask.state.domains.layers().filter_map(|(id, _)| {
            Some((u64::from(id.0), Row { id: id.0, of: view(ask, id, false)? }))
        });
    page(ask, rows)
}

fn layer(ask: &Ask<'_>) -> Result<Row<LayerView>, Problem> {
    let layer = id(ask.args, "layer", LayerId)?;
    let of = view(ask, layer, true).ok_or_else(|| Problem::not_found("layer", layer))?;
    Ok(Row { id: layer.0, of })
}

/// A waterfall and what is odd about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct WaterfallView {
    #[serde(flatten)]
    waterfall: Waterfall,
    /// What is odd about it and may still be meant.
    warnings: Vec<Warning>,
}

fn waterfalls(ask: &Ask<'_>) -> Result<Page<Row<Waterfall>>, Problem> {
    let domains = &ask.state.domains;
    let rows = (0..).map_while(|id: u32| Some((id, domains.waterfall(WaterfallId(id))?)));
    page(ask, rows.map(|(id, of)| (u64::from(id), Row { id, of: of.clone() })))
}

fn waterfall(ask: &Ask<'_>) -> Result<Row<WaterfallView>, Problem> {
    let waterfall = id(ask.args, "waterfall", WaterfallId)?;
    let state = ask.state;
    let found = state.domains.waterfall(waterfall).cloned();
    let found = found.ok_or_else(|| Problem::not_found("waterfall", waterfall))?;
    let holds = |layer: LayerId| {
        let asset = state.domains.layer(layer)?.spec.asset;
        Some(state.ledger.held(asset, Holder::Layer(layer)))
    };
    let warnings = warnings(&state.domains, &found.steps, &holds);
    Ok(Row { id: waterfall.0, of: WaterfallView { waterfall: found, warnings } })
}

fn routes(ask: &Ask<'_>) -> Result<Page<RoutesView>, Problem> {
    let rows = asset_ids(ask).filter_map(|asset| {
        let routes = ask.state.closeouts.routes(asset)?.clone();
        let taken = ask.state.closeouts.taken(asset).to_string();
        Some((u64::from(asset.0), RoutesView { asset, routes, taken }))
    });
    page(ask, rows)
}

/// A collateral of a settled asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct CollateralView {
    /// What it counts for.
    spec: CollateralSpec,
    /// The last mark; before the first it counts for nothing.
    mark: Option<Price>,
    /// The feed it is marked from; without one the venue marks it.
    feed: Option<FeedId>,
}

fn collateral(ask: &Ask<'_>) -> Result<Page<CollateralView>, Problem> {
    let all = asset_ids(ask).flat_map(|settled| {
        let of_settled = ask.state.collaterals.collaterals(settled);
        let view = |of: &Collateral| CollateralView {
            spec: of.spec.clone(),
            mark: of.mark,
            feed: of.feed,
        };
        of_settled.map(move |(_, of)| view(of))
    });
    page(ask, (1..).zip(all))
}
