//! The queries: everything a door needs of the state, each a translation of what core answers.

mod accounts;
mod bounty;
mod clearing;
mod cover;
mod incentive;
mod issuance;
mod losses;
mod pools;
mod prices;
mod protections;
mod rules;
mod stress;
mod vaults;

pub(crate) use accounts::{account_view, claims_of, exposure_of, own_account, position_views};
pub(crate) use clearing::asset_of as clearing_asset;
pub(crate) use cover::{claimed_of, covers_of, risks_of, room_of};
pub(crate) use stress::stress_of;

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, Name};
use rhodian_core::ledger::Holder;

use super::args::Args;
use super::endpoint::{Ask, Endpoint, Page, Param, list, one, page};
use super::views::{DomainStatus, Found, LeavingRow, LedgerRow, LedgerView, Row, VenueView};
use crate::access::Level;
use crate::problem::Problem;

/// What of the stake of `account` in `layer` was asked for.
fn leaving(state: &State, layer: LayerId, account: AccountId) -> Vec<LeavingRow> {
    let exits = state.domains.exits(layer).into_iter();
    let rows = exits.flat_map(|exits| exits.of(account));
    rows.map(|(until, amount)| LeavingRow { until, amount }).collect()
}

/// Every query.
#[must_use]
pub fn table() -> Vec<Endpoint> {
    let mut table = vec![
        one("/v1/status", "How the venue and its domains stand.", Level::Public, &[], status),
        one(
            "/v1/digest",
            "The same, with the hash of the whole state: it costs the size of the state.",
            Level::Audit,
            &[],
            digest,
        )
        .heavy(),
        list("/v1/assets", "Every asset.", Level::Public, &[], assets),
        one("/v1/assets/{asset}", "An asset.", Level::Public, &[], asset),
        one(
            "/v1/ledger/{asset}",
            "The balances of an asset that are not participants', and their trial balance.",
            Level::Public,
            &[],
            ledger,
        ),
        one(
            "/v1/lookup/{kind}/{name}",
            "The dense id of an external name: of an asset, domain, layer, market, feed, owner or \
             account.",
            Level::Public,
            &[],
            lookup,
        ),
    ];
    table.extend(rules::table());
    table.extend(prices::table());
    table.extend(accounts::table());
    table.extend(losses::table());
    table.extend(bounty::table());
    table.extend(pools::table());
    table.extend(cover::table());
    table.extend(vaults::table());
    table.extend(clearing::table());
    table.extend(protections::table());
    table.extend(issuance::table());
    table.extend(incentive::table());
    table.extend(stress::table());
    table
}

/// An id of the path.
fn id<T>(args: &Args, name: &str, make: fn(u32) -> T) -> Result<T, Problem> {
    args.must(name).map(make)
}

fn status(ask: &Ask<'_>) -> Result<VenueView, Problem> {
    let state = ask.state;
    let statuses = state.domains.domains().map(|(id, domain)| DomainStatus {
        domain: id,
        name: domain.name.clone(),
        status: state.control.domain_status(id),
        own: state.control.own_status(Some(id)),
        halted_until: state.control.halted_until(Some(id)),
        uncovered: state.ledger.owed(domain.asset, Holder::Uncovered(id)),
        results: state.ledger.held(domain.asset, Holder::Results(id)),
        episode_open: state.losses.episodes().any(|(_, one)| !one.closed && one.domain == id),
        exits_above_limit: state.exits_above_limit(id),
    });
    let count = |items: usize| items as u64;
    let open_losses = state.losses.losses().filter(|(_, loss)| loss.is_open()).count();
    let open_episodes = state.losses.episodes().filter(|(_, episode)| !episode.closed).count();
    let counts = BTreeMap::from([
        ("accounts", count(state.accounts.accounts().count())),
        ("markets", count(state.markets.markets().count())),
        ("feeds", count(state.oracle.feeds().count())),
        ("layers", count(state.domains.layers().count())),
        ("pools", count(state.lending.pools().count())),
        ("cover-pools", count(state.covers.pools().count())),
        ("covers", count(state.covers.covers().count())),
        ("vaults", count(state.vaults.vaults().count())),
        ("clearing-funds", count(state.clearing.funds().count())),
        ("protections", count(state.protections.protections().count())),
        ("issuances", count(state.issuances.issuances().count())),
        ("losses", count(state.losses.losses().count())),
        ("open-losses", count(open_losses)),
        ("open-episodes", count(open_episodes)),
        ("liquidations", count(state.closeouts.liquidations().count())),
    ]);
    Ok(VenueView {
        venue: ask.venue.to_owned(),
        status: state.control.venue_status(),
        halted_until: state.control.halted_until(None),
        domains: statuses.collect(),
        counts,
        digest: None,
    })
}

fn digest(ask: &Ask<'_>) -> Result<VenueView, Problem> {
    let digest = Some(crate::signature::to_hex(&ask.state.digest()));
    Ok(VenueView { digest, ..status(ask)? })
}

type AssetRow = Row<rhodian_core::domain::Asset>;

fn asset_ids(ask: &Ask<'_>) -> impl Iterator<Item = AssetId> {
    let domains = &ask.state.domains;
    (0..).map_while(AssetId::at).take_while(|id| domains.asset(*id).is_some())
}

fn assets(ask: &Ask<'_>) -> Result<Page<AssetRow>, Problem> {
    let rows = asset_ids(ask).filter_map(|id| {
        let of = ask.state.domains.asset(id)?.clone();
        Some((u64::from(id.0), Row { id: id.0, of }))
    });
    page(ask, rows)
}

fn asset(ask: &Ask<'_>) -> Result<AssetRow, Problem> {
    let asset = id(ask.args, "asset", AssetId)?;
    let found = ask.state.domains.asset(asset).cloned();
    let of = found.ok_or_else(|| Problem::not_found("asset", asset))?;
    Ok(Row { id: asset.0, of })
}

fn ledger(ask: &Ask<'_>) -> Result<LedgerView, Problem> {
    let asset = asset(ask)?.id;
    let asset = AssetId(asset);
    let holders = ask.state.ledger.holders(asset);
    let ours = holders.filter(|(holder, _)| !matches!(holder, Holder::Account(_)));
    Ok(LedgerView {
        asset,
        trial: ask.state.ledger.trial(asset).to_string(),
        holders: ours.map(|(holder, balance)| LedgerRow { holder, balance }).collect(),
    })
}

/// The place of `name` among named things.
fn named<'a, T: 'a>(
    mut items: impl Iterator<Item = (u32, &'a T)>,
    name_of: fn(&T) -> &Name,
    name: &Name,
) -> Option<u32> {
    items.find(|(_, item)| name_of(item) == name).map(|(id, _)| id)
}

fn lookup(ask: &Ask<'_>) -> Result<Found, Problem> {
    let (kind, text): (String, String) = (ask.args.must("kind")?, ask.args.must("name")?);
    let name = Name::new(&text)
        .ok_or_else(|| Problem::new("parameter-not-read", "a name has 1 to 64 bytes"))?;
    let state = ask.state;
    let found = match kind.as_str() {
        "asset" => {
            let mut ids = asset_ids(ask);
            ids.find(|id| state.domains.asset(*id).is_some_and(|a| a.name == name)).map(|id| id.0)
        }
        "domain" => named(state.domains.domains().map(|(i, d)| (i.0, d)), |d| &d.name, &name),
        "layer" => named(state.domains.layers().map(|(i, l)| (i.0, l)), |l| &l.spec.name, &name),
        "market" => named(state.markets.markets().map(|(i, m)| (i.0, m)), |m| &m.spec.name, &name),
        "feed" => named(state.oracle.feeds().map(|(i, f)| (i.0, f)), |f| &f.spec.name, &name),
        "owner" => {
            let found = state.owner_named(&name);
            found.filter(|id| ask.caller.may_read_of(*id).is_ok()).map(|id| id.0)
        }
        "account" => {
            let found = state.account_named(&name);
            let owner = |id| state.accounts.account(id).map(|account| account.owner);
            let own = |id: &_| owner(*id).is_some_and(|o| ask.caller.may_read_of(o).is_ok());
            found.filter(own).map(|id| id.0)
        }
        _ => {
            let kinds = "asset, domain, layer, market, feed, owner, account";
            let detail = format!("kind is not one of {kinds}");
            return Err(Problem::new("parameter-not-read", detail));
        }
    };
    // Whether a name is another's is nobody's business: it is simply not found.
    found.map(|id| Found { kind: kind.clone(), id }).ok_or_else(|| Problem::not_found(&kind, name))
}

/// The filter by domain that some lists take.
const IN_DOMAIN: Param = Param { name: "domain", about: "Only of this domain.", required: false };

fn in_domain(ask: &Ask<'_>) -> Result<Option<DomainId>, Problem> {
    Ok(ask.args.maybe("domain")?.map(DomainId))
}
