//! Owners and accounts: what they hold, how they stand, what they could lose.

use rhodian_core::basis;
use rhodian_core::closeout::{self, Liquidation};
use rhodian_core::ids::{AccountId, AssetId, LossId, OwnerId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::LayerSet;
use rhodian_core::margin::Level as Margin;
use rhodian_core::oracle::Purpose;
use rhodian_core::recovery::Bearer;

use super::super::endpoint::{Ask, Endpoint, Page, Param, list, one, page};
use super::super::views::{
    AccountView, BalanceView, CapView, ClaimView, ExposureView, LiquidationView, MarginView,
    OwnerView, PlaceView, PositionView, Row, ShareView, StakeIn,
};
use super::{asset_ids, id, leaving};
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    let owner = Param { name: "owner", about: "Only of this owner.", required: false };
    vec![
        list("/v1/owners", "Every owner; an owner sees himself.", Level::Public, &[], owners),
        one("/v1/owners/{owner}", "An owner and his accounts.", Level::Public, &[], the_owner),
        list(
            "/v1/accounts",
            "Every account with its equities and margin; an owner sees his own.",
            Level::Public,
            &[owner],
            accounts,
        ),
        one(
            "/v1/accounts/{account}",
            "An account: balances, the three equities, margin, lien, what is free.",
            Level::Public,
            &[],
            account,
        ),
        list(
            "/v1/accounts/{account}/positions",
            "What an account holds in markets, with its place in auto-deleveraging.",
            Level::Public,
            &[],
            positions,
        ),
        one(
            "/v1/accounts/{account}/exposure",
            "What an account could lose to others' failures now, and what it bore so far.",
            Level::Public,
            &[],
            exposure,
        ),
        list(
            "/v1/liquidations",
            "The accounts in liquidation, and what is to be closed of each.",
            Level::Liquidations,
            &[],
            liquidations,
        ),
    ]
}

fn owner_view(ask: &Ask<'_>, owner: OwnerId) -> Option<Row<OwnerView>> {
    let state = ask.state;
    let name = state.accounts.owner(owner)?.clone();
    let his = state.accounts.accounts().filter(|(_, account)| account.owner == owner);
    Some(Row { id: owner.0, of: OwnerView { name, accounts: his.map(|(id, _)| id).collect() } })
}

fn owners(ask: &Ask<'_>) -> Result<Page<Row<OwnerView>>, Problem> {
    let accounts = &ask.state.accounts;
    let ids = (0..).map_while(OwnerId::at).take_while(|id| accounts.owner(*id).is_some());
    let own = ids.filter(|id| ask.caller.may_read_of(*id).is_ok());
    page(ask, own.filter_map(|id| Some((u64::from(id.0), owner_view(ask, id)?))))
}

fn the_owner(ask: &Ask<'_>) -> Result<Row<OwnerView>, Problem> {
    let owner = id(ask.args, "owner", OwnerId)?;
    ask.caller.may_read_of(owner)?;
    owner_view(ask, owner).ok_or_else(|| Problem::not_found("owner", owner))
}

/// The account of the path, if the caller may read it. Another's is refused whether it exists or
/// not.
pub(crate) fn own_account(ask: &Ask<'_>) -> Result<AccountId, Problem> {
    let account = id(ask.args, "account", AccountId)?;
    match ask.state.accounts.account(account) {
        Some(found) => ask.caller.may_read_of(found.owner).map(|()| account),
        None if ask.caller.sees_everyone() => Err(Problem::not_found("account", account)),
        None => ask.caller.may_read_of(OwnerId(u32::MAX)).map(|()| account),
    }
}

pub(crate) fn balance(ask: &Ask<'_>, account: AccountId, asset: AssetId) -> BalanceView {
    let balance = ask.state.ledger.balance(asset, Holder::Account(account));
    let (lien, free) = (ask.state.lien(account, asset), ask.state.free(account, asset));
    BalanceView { asset, balance, lien, free }
}

pub(crate) fn margin(ask: &Ask<'_>, account: AccountId) -> Option<MarginView> {
    let state = ask.state;
    let asset = state.markets.position(account).asset?;
    let lien = state.lien(account, asset);
    let out = state.withdrawable(account, asset);
    let held = out.unrealised + out.unmatured + out.lien + out.pledged;
    let counted = |purpose| state.collateral_value(account, asset, purpose).to_string();
    Some(MarginView {
        asset,
        settled_equity: state.settled_equity(account, asset).to_string(),
        maintenance_equity: (state.equity(account, asset) - lien.atoms().cast_signed()).to_string(),
        opening_equity: state.opening_equity(account, asset).to_string(),
        withdrawable_equity: (out.equity - held.cast_signed()).to_string(),
        initial_margin: state.requirement(account, Margin::Initial).to_string(),
        maintenance_margin: state.requirement(account, Margin::Maintenance).to_string(),
        lien,
        unrealised_profit: out.unrealised.to_string(),
        unmatured_profit: out.unmatured.to_string(),
        collateral_initial: counted(Purpose::Open),
        collateral_maintenance: counted(Purpose::Mark),
        loan: state.loan(account, asset).to_string(),
        loan_limit: state.loan_limit(account, asset).to_string(),
        below_maintenance: state.is_below_maintenance(account),
    })
}

pub(crate) fn account_view(ask: &Ask<'_>, account: AccountId) -> Option<AccountView> {
    let state = ask.state;
    let found = state.accounts.account(account)?;
    let held = asset_ids(ask).filter(|asset| {
        let balance = state.ledger.balance(*asset, Holder::Account(account));
        balance.atoms() != 0 || state.markets.position(account).asset == Some(*asset)
    });
    let domains = state.domains.domains().map(|(id, _)| id);
    let liquidation = state.closeouts.liquidation(account);
    Some(AccountView {
        id: account,
        name: found.name.clone(),
        owner: found.owner.0,
        kind: found.kind,
        last_number: found.last_number,
        balances: held.map(|asset| balance(ask, account, asset)).collect(),
        margin: margin(ask, account),
        accepted: domains.filter(|id| state.domains.accepted(*id, account)).collect(),
        liquidation: liquidation.map(|of| liquidation_view(ask, account, of)),
    })
}

fn accounts(ask: &Ask<'_>) -> Result<Page<AccountView>, Problem> {
    let owner = ask.args.maybe("owner")?.map(OwnerId);
    let all = ask.state.accounts.accounts();
    let own = all.filter(|(_, of)| ask.caller.may_read_of(of.owner).is_ok());
    let own = own.filter(|(_, of)| owner.is_none_or(|owner| of.owner == owner));
    // Views cost: only those of the page are made.
    let ids = page(ask, own.map(|(id, _)| (u64::from(id.0), id)))?;
    let items = ids.items.into_iter().filter_map(|id| account_view(ask, id)).collect();
    Ok(Page { items, next: ids.next })
}

fn account(ask: &Ask<'_>) -> Result<AccountView, Problem> {
    let account = own_account(ask)?;
    account_view(ask, account).ok_or_else(|| Problem::not_found("account", account))
}

pub(crate) fn position_views(ask: &Ask<'_>, account: AccountId) -> Vec<PositionView> {
    let state = ask.state;
    let legs = state.markets.position(account).legs.iter();
    let views = legs.filter_map(|leg| {
        let market = state.markets.market(leg.market)?;
        let place = closeout::place(state, account, leg.market).map(|place| PlaceView {
            ahead: place.ahead,
            lots_before: place.lots_before.to_string(),
            lots_in_all: place.lots_in_all.to_string(),
            lights: place.lights(),
        });
        Some(PositionView {
            market: leg.market,
            name: market.spec.name.clone(),
            lots: leg.lots,
            mark: market.mark,
            entry: leg.entry.to_string(),
            value: state.markets.leg_value(leg).to_string(),
            gross: state.markets.gross(leg).to_string(),
            in_portfolio: state.in_portfolio(account, leg.market),
            place,
        })
    });
    views.collect()
}

fn positions(ask: &Ask<'_>) -> Result<Page<PositionView>, Problem> {
    let account = own_account(ask)?;
    let views = position_views(ask, account);
    page(ask, views.into_iter().map(|view| (u64::from(view.market.0), view)))
}

fn liquidation_view(ask: &Ask<'_>, account: AccountId, of: &Liquidation) -> LiquidationView {
    LiquidationView {
        account,
        route: of.route,
        since: of.since,
        equity: of.equity.to_string(),
        planned: closeout::planned(ask.state, account),
    }
}

fn liquidations(ask: &Ask<'_>) -> Result<Page<LiquidationView>, Problem> {
    let all = ask.state.closeouts.liquidations();
    page(ask, all.map(|(id, of)| (u64::from(id.0), liquidation_view(ask, id, of))))
}

fn exposure(ask: &Ask<'_>) -> Result<ExposureView, Problem> {
    Ok(exposure_of(ask, own_account(ask)?))
}

pub(crate) fn exposure_of(ask: &Ask<'_>, account: AccountId) -> ExposureView {
    let state = ask.state;
    let mut caps = Vec::new();
    for (domain, of) in
        state.domains.domains().filter(|(id, _)| state.domains.accepted(*id, account))
    {
        for layer in state.domains.layers_of(&of.waterfalls) {
            let Some(found) = state.domains.layer(layer) else { continue };
            let Some(rule) = found.spec.source.members().copied() else { continue };
            let claims = basis::claims(state, domain, layer, &rule);
            let own = claims.binary_search_by_key(&account, |claim| claim.account).ok();
            let name = found.spec.name.clone();
            let own = own.and_then(|place| claims.get(place));
            let (weight, cap) = own.map(|claim| (claim.weight, claim.cap)).unwrap_or_default();
            caps.push(CapView { domain, layer, name, rule, weight, cap });
        }
    }
    let stakes = state.domains.layers().filter_map(|(layer, found)| {
        let amount = state.domains.stake(layer, account);
        let leaving = leaving(state, layer, account);
        let (name, earned) = (found.spec.name.clone(), state.domains.reward(layer, account));
        let has = !amount.is_zero() || !earned.is_zero();
        has.then_some(StakeIn { layer, name, amount, earned, leaving })
    });
    let liens = asset_ids(ask).map(|asset| balance(ask, account, asset));
    ExposureView {
        account,
        caps,
        stakes: stakes.collect(),
        liens: liens.filter(|balance| !balance.lien.is_zero()).collect(),
        shares: shares(ask, account),
        claims: claims_of(ask, Some(account), None),
    }
}

/// The part of `account` in every liable set it is in.
fn shares(ask: &Ask<'_>, account: AccountId) -> Vec<ShareView> {
    let losses = &ask.state.losses;
    let sets = losses.episodes().flat_map(|(_, episode)| episode.sets.iter().copied());
    let all = sets.filter_map(|id| Some((id, losses.set(id)?)));
    let views = all.flat_map(|(id, set)| {
        set.layers.iter().filter_map(move |(layer, of)| share(id.0, layer.0, of, account))
    });
    views.collect()
}

fn share(set: u32, layer: u32, of: &LayerSet, account: AccountId) -> Option<ShareView> {
    let place = of.place(account)?;
    let member = of.members.get(place)?;
    let all: u128 = of.members.iter().map(|member| member.weight.atoms()).sum();
    Some(ShareView {
        set,
        losses: of.waves.iter().map(|wave| wave.loss).collect(),
        layer: rhodian_core::ids::LayerId(layer),
        place: place + 1,
        members: of.members.len(),
        weight: member.weight,
        all_weights: all.to_string(),
        divided: of.cumulative(),
        cap: member.cap,
        paid: member.paid,
        called: member.called,
    })
}

/// The claims to recoveries, of one account or of one loss.
pub(crate) fn claims_of(
    ask: &Ask<'_>,
    account: Option<AccountId>,
    loss: Option<LossId>,
) -> Vec<ClaimView> {
    let losses = ask.state.losses.losses().filter(|(id, _)| loss.is_none_or(|loss| loss == *id));
    let pools = losses.flat_map(|(id, of)| of.pools.iter().map(move |pool| (id, pool)));
    let rows = pools.flat_map(|(loss, pool)| {
        let layer = match &pool.bearer {
            Bearer::Members { layer, .. } => Some(*layer),
            _ => None,
        };
        let rows = pool.bearer.rows().unwrap_or_default().iter();
        rows.map(move |row| ClaimView {
            loss,
            step: pool.step,
            layer,
            account: row.account,
            borne: row.borne,
            repaid: row.repaid,
        })
    });
    rows.filter(|row| account.is_none_or(|account| row.account == account)).collect()
}
