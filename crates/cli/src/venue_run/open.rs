//! What stands at the beginning: the asset, domains and their parameters, accounts, layers and
//! stakes, waterfalls, reported claims, markets and their first marks, pools.

use std::collections::BTreeSet;

use rhodian_core::account::{AccountKind, Command as AccountCommand};
use rhodian_core::closeout::{Command as CloseOutCommand, Route, Routes};
use rhodian_core::collateral::Command as CollateralCommand;
use rhodian_core::control::Command as ControlCommand;
use rhodian_core::domain::{Command as DomainCommand, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AssetId, DomainId, FeedId, LayerId, MarketId, Name, Time};
use rhodian_core::loss::{Command as LossCommand, ReportedClaim, SHARES_PER_EVENT};
use rhodian_core::market::{self, Feeds, Instrument, MarketSpec};
use rhodian_core::oracle::{Command as OracleCommand, Kind};
use rhodian_core::pools::cover::Command as CoverCommand;
use rhodian_core::pools::lending::Command as LendingCommand;
use rhodian_core::pools::liquidity::Command as LiquidityCommand;
use rhodian_core::pools::protection::Command as ProtectionCommand;
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

use super::commands::{ASSET, GOVERNANCE, dense};
use super::driver::Driver;
use super::{bounty, clearing, incentive, issuance};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::{Layer, Place};
use crate::venue_file::VenueFile;
use crate::venue_file::model::{Feed, Instrument as Listed, Market, Origin, Subject};

/// A place of the venue file itself.
pub(super) fn at(place: &Place) -> Origin {
    Origin { text: 0, place: place.clone() }
}

/// Gives the engine everything that stands at the beginning.
pub(super) fn open(driver: &mut Driver<'_>) -> Result<(), Diagnostic> {
    let file = driver.file;
    let top = Origin::default();
    let (name, decimals) = (file.asset.name.clone(), file.asset.decimals);
    driver.must(Actor::VENUE, Action::Domain(DomainCommand::AddAsset { name, decimals }), &top)?;
    for (index, found) in file.domains.iter().enumerate() {
        let domain = dense(index, DomainId);
        let open = DomainCommand::OpenDomain { name: found.name.clone(), asset: ASSET };
        driver.must(Actor::VENUE, Action::Domain(open), &at(&found.place))?;
        for term in &found.terms {
            let (parameter, value) = (term.parameter, term.value);
            let set = ControlCommand::SetParameter { domain, parameter, value };
            driver.must(GOVERNANCE, Action::Control(set), &at(&term.place))?;
        }
    }
    for of in &file.collaterals {
        let (name, decimals) = (of.asset.name.clone(), of.asset.decimals);
        let add = DomainCommand::AddAsset { name, decimals };
        driver.must(Actor::VENUE, Action::Domain(add), &at(&of.place))?;
    }
    issuance::tokens(driver, file)?;
    accounts(driver, file)?;
    for (index, (domain, layer)) in file.layers().enumerate() {
        add_layer(driver, dense(index, LayerId), domain, layer)?;
    }
    waterfalls(driver, file)?;
    for (index, market) in file.markets.iter().enumerate() {
        list(driver, index, market)?;
    }
    for vault in &file.vaults {
        let open = LiquidityCommand::Open { spec: Box::new(vault.spec.clone()) };
        driver.must(Actor::VENUE, Action::Liquidity(open), &at(&vault.place))?;
    }
    collaterals(driver, file)?;
    for pool in &file.pools {
        let open = LendingCommand::Open { spec: Box::new(pool.spec.clone()) };
        driver.must(Actor::VENUE, Action::Lending(open), &at(&pool.place))?;
    }
    feeds(driver, file)?;
    covers(driver, file)?;
    clearing::open(driver, file)?;
    for protection in &file.protections {
        let open = ProtectionCommand::Open { spec: Box::new(protection.spec.clone()) };
        driver.must(Actor::VENUE, Action::Protection(open), &at(&protection.place))?;
    }
    issuance::open(driver, file)?;
    incentive::open(driver, file)?;
    bounty::open(driver, file)?;
    routes(driver, file)
}

/// What other assets count for, with their first marks, and what accounts pay in of them.
fn collaterals(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for of in &file.collaterals {
        let (origin, spec) = (at(&of.place), of.spec.clone());
        let (asset, settled) = (spec.asset, spec.settled);
        let accept = CollateralCommand::Accept { spec: Box::new(spec) };
        driver.must(Actor::VENUE, Action::Collateral(accept), &origin)?;
        if let Some(price) = of.mark {
            let mark = CollateralCommand::Mark { asset, settled, price };
            driver.must(Actor::VENUE, Action::Collateral(mark), &origin)?;
        }
    }
    for account in &file.accounts {
        for (collateral, amount) in &account.collateral {
            let asset = dense(*collateral + 1, AssetId);
            pay_in(driver, account.id.as_str(), (asset, *amount), &at(&account.place))?;
        }
    }
    Ok(())
}

/// Cover pools, and what they cover: after the feeds that triggers name.
fn covers(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for pool in &file.covers {
        let open = CoverCommand::Open { spec: Box::new(pool.spec.clone()) };
        driver.must(Actor::VENUE, Action::Cover(open), &at(&pool.place))?;
    }
    for risk in &file.risks {
        let add = CoverCommand::AddRisk { spec: Box::new(risk.spec.clone()) };
        driver.must(Actor::VENUE, Action::Cover(add), &at(&risk.place))?;
    }
    Ok(())
}

/// Feeds, then the markets and collaterals that are attached to them.
fn feeds(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    for feed in &file.feeds {
        let open = OracleCommand::OpenFeed { spec: Box::new(feed.spec.clone()) };
        driver.must(Actor::VENUE, Action::Oracle(open), &at(&feed.place))?;
    }
    for market in 0..file.markets.len() {
        let id = |kind| {
            let market = Subject::Market(market);
            let of = |feed: &Feed| feed.attached && feed.of == market && feed.spec.kind == kind;
            file.feeds.iter().position(of).map(|place| dense(place, FeedId))
        };
        let named = |market: usize| file.markets.get(market)?.volatility;
        let named = |market| named(market).map(|place| dense(place, FeedId));
        let feeds = Feeds {
            price: id(Kind::Price),
            depth: id(Kind::Depth),
            volatility: named(market).or_else(|| id(Kind::Volatility)),
        };
        if feeds != Feeds::default() {
            let market = dense(market, MarketId);
            let attach = market::Command::AttachFeeds { market, feeds };
            driver.must(Actor::VENUE, Action::Market(attach), &Origin::default())?;
        }
    }
    for (place, feed) in file.feeds.iter().enumerate().filter(|(_, feed)| feed.attached) {
        let Subject::Collateral(of) = feed.of else { continue };
        let (asset, feed) = (dense(of + 1, AssetId), Some(dense(place, FeedId)));
        let attach = CollateralCommand::AttachFeed { asset, settled: ASSET, feed };
        driver.must(Actor::VENUE, Action::Collateral(attach), &Origin::default())?;
    }
    Ok(())
}

/// The routes of liquidation, where the file has any.
fn routes(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    let Some(of) = &file.liquidation else { return Ok(()) };
    let list = of.routes.iter().map(|route| {
        let mut spec = route.spec;
        let named = route.account.as_ref().and_then(|name| driver.names.account(name));
        if let (Route::Backstop { account, .. }, Some(named)) = (&mut spec.route, named) {
            *account = named;
        }
        spec
    });
    let routes = Routes {
        buffer: of.buffer,
        penalty: of.penalty,
        slippage: of.slippage,
        fund: dense(of.fund, LayerId),
        breaker: of.breaker.clone(),
        list: list.collect(),
    };
    let set = CloseOutCommand::SetRoutes { asset: ASSET, routes };
    driver.must(Actor::VENUE, Action::CloseOut(set), &at(&of.place))
}

/// The accounts of the file, then those that only stakes and claims name.
fn accounts(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for account in &file.accounts {
        let origin = at(&account.place);
        open.insert(account.id.as_str());
        open_one(driver, (&account.id, &account.owner), account.kind, &account.accepts, &origin)?;
        pay_in(driver, account.id.as_str(), (ASSET, account.deposit), &origin)?;
    }
    let all: Vec<usize> = (0..file.domains.len()).collect();
    for (_, layer) in file.layers() {
        let stakers = layer.stakes.iter().map(|stake| stake.account.as_str());
        let claims = layer.claims.iter().flat_map(|claims| &claims.kept);
        let named: Vec<&str> = stakers.chain(claims.map(|claim| claim.id.as_str())).collect();
        for id in named {
            if !open.insert(id) {
                continue;
            }
            let Some(name) = Name::new(id) else { continue };
            open_one(driver, (&name, &name), AccountKind::Cross, &all, &at(&layer.place))?;
        }
    }
    Ok(())
}

fn open_one(
    driver: &mut Driver<'_>,
    (id, owner): (&Name, &Name),
    kind: AccountKind,
    accepts: &[usize],
    origin: &Origin,
) -> Result<(), Diagnostic> {
    for (actor, action) in driver.words().open_account(id, owner, kind) {
        let refused = matches!(&action, Action::Domain(DomainCommand::AcceptTerms { domain, .. })
            if !accepts.contains(&domain.index()));
        if !refused {
            driver.must(actor, action, origin)?;
        }
    }
    Ok(())
}

pub(super) fn pay_in(
    driver: &mut Driver<'_>,
    id: &str,
    (asset, amount): (AssetId, Amount),
    origin: &Origin,
) -> Result<(), Diagnostic> {
    let Some(account) = driver.names.account(id).filter(|_| !amount.is_zero()) else {
        return Ok(());
    };
    let number = driver.words().next_number(account);
    let deposit = AccountCommand::Deposit { account, number, asset, amount };
    driver.must(Actor::VENUE, Action::Account(deposit), origin)
}

fn add_layer(
    driver: &mut Driver<'_>,
    id: LayerId,
    domain: usize,
    layer: &Layer,
) -> Result<(), Diagnostic> {
    let origin = at(&layer.place);
    let add = DomainCommand::AddLayer { spec: Box::new(layer.spec(ASSET)) };
    driver.must(Actor::VENUE, Action::Domain(add), &origin)?;
    driver.layer_domains.push(domain);
    for stake in &layer.stakes {
        // What is staked was paid in for it.
        pay_in(driver, &stake.account, (ASSET, stake.amount), &origin)?;
        let Some(account) = driver.names.account(&stake.account) else { continue };
        let (number, amount) = (driver.words().next_number(account), stake.amount);
        let stake = DomainCommand::Stake { layer: id, account, number, amount };
        driver.must(Actor::VENUE, Action::Domain(stake), &origin)?;
    }
    let pays_in = layer.source == Source::Pot && !layer.kind.is_staked();
    if pays_in && !layer.capacity.is_zero() {
        let amount = layer.capacity;
        let pay = DomainCommand::PayIntoLayer { layer: id, number: 1, amount };
        driver.must(Actor::VENUE, Action::Domain(pay), &origin)?;
    }
    let claims = layer.claims.iter().flat_map(|claims| &claims.kept);
    let names = &driver.names;
    let claims = claims.filter_map(|claim| {
        Some(ReportedClaim {
            account: names.account(&claim.id)?,
            weight: claim.weight,
            cap: claim.cap,
            score: claim.score,
            risk: claim.risk,
            class: claim.class,
        })
    });
    let mut claims: Vec<ReportedClaim> = claims.collect();
    claims.sort_unstable_by_key(|claim| claim.account);
    for (number, chunk) in (1..).zip(claims.chunks(SHARES_PER_EVENT)) {
        let report = LossCommand::ReportBasis { layer: id, number, claims: chunk.to_vec() };
        driver.must(Actor::VENUE, Action::Loss(report), &origin)?;
    }
    Ok(())
}

fn waterfalls(driver: &mut Driver<'_>, file: &VenueFile) -> Result<(), Diagnostic> {
    let mut next = 0;
    for (index, found) in file.domains.iter().enumerate() {
        let mut steps = Vec::with_capacity(found.steps.len());
        for step in &found.steps {
            let side = |layer: &Layer| {
                let id = LayerId(next);
                next += 1;
                Side { layer: id, weight: layer.share }
            };
            steps.push(Step { layers: step.layers.iter().map(side).collect() });
        }
        for class in &found.classes {
            let (domain, class, steps) = (dense(index, DomainId), *class, steps.clone());
            let set = DomainCommand::SetWaterfall { domain, class, steps };
            driver.must(GOVERNANCE, Action::Domain(set), &at(&found.place))?;
        }
    }
    Ok(())
}

fn list(driver: &mut Driver<'_>, index: usize, of: &Market) -> Result<(), Diagnostic> {
    let origin = at(&of.place);
    let spec = MarketSpec {
        steps: of.steps,
        name: of.name.clone(),
        domain: dense(of.domain, DomainId),
        instrument: match of.instrument {
            Listed::Perpetual => Instrument::Perpetual,
            Listed::Future { underlying, expiry } => Instrument::Future {
                expiry: Time(expiry),
                underlying: underlying.map(|of| dense(of, MarketId)),
            },
            Listed::Option { underlying, strike, expiry, right } => Instrument::Option {
                underlying: dense(underlying, MarketId),
                strike,
                expiry: Time(expiry),
                right,
            },
        },
        unit: of.grid.unit,
        max_price: of.max_price,
        max_position: of.max_position,
        max_open: of.max_open,
        band: of.band,
        tiers: of.tiers.clone(),
    };
    driver.must(
        Actor::VENUE,
        Action::Market(market::Command::List { spec: Box::new(spec) }),
        &origin,
    )?;
    if let Some(mark) = of.mark {
        let marks = vec![(dense(index, MarketId), mark)];
        driver.must(Actor::VENUE, Action::Market(market::Command::Mark { marks }), &origin)?;
    }
    Ok(())
}
