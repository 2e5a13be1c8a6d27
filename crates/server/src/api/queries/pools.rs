//! Lending pools: their books, who borrows and how healthily, what an account has in them.

use std::collections::BTreeMap;

use rhodian_core::ids::{AccountId, AssetId, DomainId, LossId, PoolId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::lending::{Books, Health, Pool, PoolSpec};
use rhodian_core::units::{Amount, SignedAmount};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::{Digits, Row};
use super::accounts::own_account;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list("/v1/pools", "Every lending pool, with interest to now.", Level::Public, &[], pools),
        one(
            "/v1/pools/{pool}",
            "A lending pool: its books, rate, cash, and what its supply would fetch now.",
            Level::Public,
            &[],
            the_pool,
        ),
        list(
            "/v1/pools/{pool}/loans",
            "The loans of a pool, with the health of each.",
            Level::Liquidations,
            &[],
            loans,
        ),
        list(
            "/v1/accounts/{account}/pools",
            "What an account supplied to pools, owes to them and pledged, and what is held of it.",
            Level::Public,
            &[],
            of_account,
        ),
    ]
}

/// A pool now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct PoolView {
    /// As it was opened.
    #[serde(flatten)]
    spec: PoolSpec,
    /// What it lends.
    asset: Option<AssetId>,
    /// Its books, interest to now included.
    books: Books,
    /// When interest was last booked.
    accrued: Time,
    /// How much of it is lent, in millionths.
    utilisation: u32,
    /// The rate of a year now, in millionths.
    rate: u32,
    /// What it has in cash, in atoms.
    cash: SignedAmount,
    /// What of it may be redeemed or borrowed.
    liquid: Amount,
    /// What its whole supply would fetch now: less than the books say while its domain owes.
    realisable: Amount,
    /// What is to come for loans that failed, by loss.
    failing: BTreeMap<LossId, Amount>,
}

fn view(ask: &Ask<'_>, id: PoolId, pool: &Pool) -> PoolView {
    let state = ask.state;
    let domain: DomainId = pool.spec.domain;
    let asset = state.domains.domain(domain).map(|found| found.asset);
    let books = pool.books_at(state.now());
    let utilisation = books.utilisation();
    PoolView {
        spec: pool.spec.clone(),
        asset,
        books,
        accrued: pool.accrued,
        utilisation,
        rate: pool.spec.rates.at(utilisation),
        cash: state.ledger.balance(asset.unwrap_or_default(), Holder::Pool(id)),
        liquid: state.liquid(pool, id),
        realisable: state.realisable(pool).total,
        failing: pool.failing.clone(),
    }
}

fn pools(ask: &Ask<'_>) -> Result<Page<Row<PoolView>>, Problem> {
    let rows = ask.state.lending.pools();
    page(ask, rows.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: view(ask, id, of) })))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(PoolId, &'a Pool), Problem> {
    let pool = id(ask.args, "pool", PoolId)?;
    let found = ask.state.lending.pool(pool);
    Ok((pool, found.ok_or_else(|| Problem::not_found("pool", pool))?))
}

fn the_pool(ask: &Ask<'_>) -> Result<Row<PoolView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(Row { id: id.0, of: view(ask, id, of) })
}

/// How a loan stands, in atoms of what is lent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct LoanView {
    /// The borrower.
    account: AccountId,
    /// What he pledged, by asset.
    pledged: BTreeMap<AssetId, Amount>,
    /// How it stands.
    health: HealthView,
}

/// What is owed and what stands for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct HealthView {
    /// What is owed, rounded up.
    debt: Amount,
    /// What the collateral counts for to borrow.
    to_borrow: Digits,
    /// What it counts for to keep the loan: below the debt it may be liquidated.
    to_keep: Digits,
    /// What it is worth at the marks.
    gross: Digits,
    /// The least it may be sold for: below the debt the loan fails.
    cover: Digits,
    /// Whether it may be liquidated now.
    liquidatable: bool,
}

impl From<Health> for HealthView {
    fn from(of: Health) -> Self {
        Self {
            debt: of.debt,
            to_borrow: of.to_borrow.to_string(),
            to_keep: of.to_keep.to_string(),
            gross: of.gross.to_string(),
            cover: of.cover.to_string(),
            liquidatable: of.to_keep < of.debt.atoms(),
        }
    }
}

fn loans(ask: &Ask<'_>) -> Result<Page<LoanView>, Problem> {
    let (_, pool) = found(ask)?;
    let owing = pool.positions().filter(|(_, position)| !position.debt.is_zero());
    let rows = owing.filter_map(|(account, position)| {
        let health = ask.state.loan_health(pool, account)?.into();
        let pledged = position.pledged.clone();
        Some((u64::from(account.0), LoanView { account, pledged, health }))
    });
    page(ask, rows)
}

/// What an account has in a pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct PooledView {
    /// The pool.
    pool: PoolId,
    /// What it may claim by the books, in atoms, rounded down.
    supply: Amount,
    /// What of it would be paid now: less while the pool's domain owes.
    realisable: Amount,
    /// What of it is held for losses.
    lien: Amount,
    /// What it pledged, by asset.
    pledged: BTreeMap<AssetId, Amount>,
    /// How its loan stands, where it has one.
    loan: Option<HealthView>,
}

fn of_account(ask: &Ask<'_>) -> Result<Page<PooledView>, Problem> {
    let account = own_account(ask)?;
    let state = ask.state;
    let rows = state.lending.pools().filter_map(|(id, pool)| {
        let position = pool.position(account)?;
        let shares = pool.supply_shares(account);
        let health = state.loan_health(pool, account).filter(|of| !of.debt.is_zero());
        let of = PooledView {
            pool: id,
            supply: pool.books_at(state.now()).supply.worth_floor(shares),
            realisable: state.realisable(pool).worth_floor(shares),
            lien: state.supply_lien(id, account),
            pledged: position.pledged.clone(),
            loan: health.map(HealthView::from),
        };
        Some((u64::from(id.0), of))
    });
    page(ask, rows)
}
