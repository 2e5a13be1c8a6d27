//! Cover pools: what they may cover and do, what cover costs, who is covered, what is claimed.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, CoverId, CoverPoolId, LossId, RiskId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss;
use rhodian_core::pools::cover::{
    Capacity, Claim, Count, Cover, Incident, Pool, PoolSpec, Risk, RiskSpec,
};
use rhodian_core::units::{Amount, SignedAmount};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, Param, list, one, page};
use super::super::views::{Digits, Row};
use super::accounts::own_account;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    let param = |name, about| Param { name, about, required: true };
    let price_of = [
        param("amount", "How much cover, in atoms."),
        param("period", "For how long, in milliseconds, the time to wait included."),
    ];
    vec![
        list("/v1/cover-pools", "Every cover pool.", Level::Public, &[], pools),
        one(
            "/v1/cover-pools/{pool}",
            "A cover pool: what it may cover and covers, what it holds and earns.",
            Level::Public,
            &[],
            the_pool,
        ),
        list(
            "/v1/cover-pools/{pool}/risks",
            "The risks of a cover pool: what is covered of each, how much more may be, its rate.",
            Level::Public,
            &[],
            risks,
        ),
        one(
            "/v1/risks/{risk}/price",
            "What cover of a risk costs now, and how much there is room for.",
            Level::Public,
            &price_of,
            price,
        ),
        list(
            "/v1/cover-pools/{pool}/covers",
            "The covers of a pool, with what is left and claimed of each.",
            Level::Everyone,
            &[],
            covers,
        ),
        list(
            "/v1/cover-pools/{pool}/incidents",
            "What was claimed of a cover pool, how stakers vote on it, what was paid; an owner \
             sees his own claims and votes.",
            Level::Public,
            &[],
            incidents,
        ),
        list(
            "/v1/accounts/{account}/covers",
            "The covers of an account, with what was claimed and paid of each.",
            Level::Public,
            &[],
            of_account,
        ),
    ]
}

/// What a pool may cover, and what it may cover more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverCapacityView")]
struct CapacityView {
    /// What stands behind it and what of that is covered.
    #[serde(flatten)]
    of: Capacity,
    /// What may be covered more.
    room: Amount,
}

/// A pool now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverPoolView")]
struct PoolView {
    /// As it was opened.
    #[serde(flatten)]
    spec: PoolSpec,
    /// What it covers and pays in.
    asset: Option<AssetId>,
    /// What it may cover, and covers.
    capacity: CapacityView,
    /// Premia it has not earned yet, and what it is owed or has for claims, in atoms.
    holds: SignedAmount,
    /// What all standing covers earn in a year, in millionths of atoms.
    earns: Digits,
    /// Until when it has earned: what came since is booked within an hour.
    earned: Time,
}

fn view(ask: &Ask<'_>, id: CoverPoolId, pool: &Pool) -> Row<PoolView> {
    let state = ask.state;
    let asset = state.domains.domain(pool.spec.domain).map(|found| found.asset);
    let capacity = state.cover_capacity(pool);
    let of = PoolView {
        spec: pool.spec.clone(),
        asset,
        capacity: CapacityView { of: capacity, room: capacity.room() },
        holds: state.ledger.balance(asset.unwrap_or_default(), Holder::Cover(id)),
        earns: pool.rate.to_string(),
        earned: pool.earned,
    };
    Row { id: id.0, of }
}

fn pools(ask: &Ask<'_>) -> Result<Page<Row<PoolView>>, Problem> {
    page(ask, ask.state.covers.pools().map(|(id, of)| (u64::from(id.0), view(ask, id, of))))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(CoverPoolId, &'a Pool), Problem> {
    let pool = id(ask.args, "pool", CoverPoolId)?;
    let found = ask.state.covers.pool(pool);
    Ok((pool, found.ok_or_else(|| Problem::not_found("cover pool", pool))?))
}

fn the_pool(ask: &Ask<'_>) -> Result<Row<PoolView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(view(ask, id, of))
}

/// A risk now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverRiskView")]
struct RiskView {
    /// As it was added, or changed last.
    #[serde(flatten)]
    spec: RiskSpec,
    /// What is covered of it.
    covered: Amount,
    /// The most that may be.
    most: Amount,
    /// What may be covered more.
    room: Amount,
    /// The rate of a year that cover begins at now, in millionths: it rises with what is covered.
    rate: u32,
}

/// What may be covered of `risk` more: of its own most, and of what its pool has room for.
pub(crate) fn room_of(state: &State, pool: &Pool, risk: &Risk) -> Amount {
    let own = state.cover_most(pool, risk).less_or_zero(risk.covered);
    own.min(state.cover_capacity(pool).room())
}

/// The risks of a pool, in id order.
pub(crate) fn risks_of(state: &State, pool: CoverPoolId) -> impl Iterator<Item = (RiskId, &Risk)> {
    state.covers.risks().filter(move |(_, risk)| risk.spec.pool == pool)
}

fn risks(ask: &Ask<'_>) -> Result<Page<Row<RiskView>>, Problem> {
    let ((pool_id, pool), state) = (found(ask)?, ask.state);
    let rows = risks_of(state, pool_id).map(|(id, risk)| {
        let of = RiskView {
            spec: risk.spec.clone(),
            covered: risk.covered,
            most: state.cover_most(pool, risk),
            room: room_of(state, pool, risk),
            rate: state.cover_rate_floor(pool, risk),
        };
        (u64::from(id.0), Row { id: id.0, of })
    });
    page(ask, rows)
}

/// What a cover would cost now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverPriceView")]
struct PriceView {
    /// How much cover.
    amount: Amount,
    /// For how long, in milliseconds.
    period: u64,
    /// What its buyer would pay, rounded up: beyond the room at the rate where all is covered.
    /// Nothing where it is no amount.
    premium: Option<Amount>,
    /// What it would earn the pool in a year, in millionths of atoms.
    rate: Option<Digits>,
    /// What may be covered of the risk more: a larger cover is not sold.
    room: Amount,
}

fn price(ask: &Ask<'_>) -> Result<PriceView, Problem> {
    let risk = id(ask.args, "risk", RiskId)?;
    let (atoms, period): (u128, u64) = (ask.args.must("amount")?, ask.args.must("period")?);
    let refused = |detail: String| Problem::new("parameter-not-read", detail);
    let amount = Amount::new(atoms)
        .map_err(|_| refused(format!("amount is {atoms}, allowed: up to {} atoms", Amount::MAX)))?;
    let covers = &ask.state.covers;
    let of = covers.risk(risk).zip(covers.pool_of(risk));
    let (found, (_, pool)) = of.ok_or_else(|| Problem::not_found("risk", risk))?;
    let price = ask.state.cover_price(risk, amount, period);
    let (premium, rate) = (price.map(|of| of.premium), price.map(|of| of.rate.to_string()));
    Ok(PriceView { amount, period, premium, rate, room: room_of(ask.state, pool, found) })
}

/// The covers of a pool, in id order.
pub(crate) fn covers_of(state: &State, of: CoverPoolId) -> impl Iterator<Item = (CoverId, &Cover)> {
    let pool = move |risk| state.covers.pool_of(risk).map(|(id, _)| id);
    state.covers.covers().filter(move |(_, cover)| pool(cover.risk) == Some(of))
}

fn covers(ask: &Ask<'_>) -> Result<Page<Row<Cover>>, Problem> {
    let (pool, _) = found(ask)?;
    let all = covers_of(ask.state, pool);
    page(ask, all.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: of.clone() })))
}

/// What one insured claims, and was paid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverClaimView")]
struct ClaimView {
    /// Whose cover it is.
    account: Option<AccountId>,
    /// The claim.
    #[serde(flatten)]
    of: Claim,
    /// What was paid of it.
    paid: Amount,
}

/// How a vote stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverVoteView")]
struct VoteView {
    /// Until when stakers may vote.
    until: Time,
    /// What the vote would come to if it ended now.
    #[serde(flatten)]
    count: Count,
    /// Who accepts the claims and who does not.
    votes: BTreeMap<AccountId, bool>,
}

/// An incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverIncidentView")]
struct IncidentView {
    /// The loss that it is.
    loss: LossId,
    /// Where that stands.
    stage: Option<loss::Stage>,
    /// The risk.
    risk: RiskId,
    /// When it happened.
    happened: Time,
    /// What is due in all.
    due: Amount,
    /// What was paid in all.
    paid: Amount,
    /// Whether the loss was detected: what is due is owed from then on.
    owed: bool,
    /// How many covers it claims of.
    claimed: usize,
    /// Who claims what, in the order of the covers.
    claims: Vec<ClaimView>,
    /// The vote on it, while it runs.
    vote: Option<VoteView>,
}

/// Each claim with what was paid of it.
fn claims_of(of: &Incident) -> impl Iterator<Item = (Claim, Amount)> {
    of.claims.iter().copied().zip(of.paid.iter().copied())
}

fn incidents(ask: &Ask<'_>) -> Result<Page<IncidentView>, Problem> {
    let ((_, pool), state) = (found(ask)?, ask.state);
    let owner = |account| state.accounts.account(account).map(|found| found.owner);
    let may = |account| owner(account).is_some_and(|owner| ask.caller.may_read_of(owner).is_ok());
    let views = pool.incidents.iter().map(|(loss, of)| {
        let claims = claims_of(of).filter_map(|(claim, paid)| {
            let account = state.covers.cover(claim.cover).map(|cover| cover.account);
            account.is_some_and(may).then_some(ClaimView { account, of: claim, paid })
        });
        let vote = of.ballot.as_ref().map(|ballot| VoteView {
            until: ballot.until,
            count: state.cover_count(pool, of),
            votes: ballot.votes.clone().into_iter().filter(|(account, _)| may(*account)).collect(),
        });
        let view = IncidentView {
            loss: *loss,
            stage: state.losses.loss(*loss).map(|found| found.stage),
            risk: of.risk,
            happened: of.happened,
            due: of.due,
            paid: of.paid(),
            owed: of.owed,
            claimed: of.claims.len(),
            claims: claims.collect(),
            vote,
        };
        (u64::from(loss.0), view)
    });
    page(ask, views)
}

/// What was claimed of a cover by one incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CoverClaimedView")]
struct ClaimedView {
    /// The loss that the incident is.
    loss: LossId,
    /// Where that stands.
    stage: Option<loss::Stage>,
    /// What was lost by the risk, as it was reported.
    lost: Amount,
    /// What of it the pool owes, once the loss is detected.
    due: Amount,
    /// What was paid.
    paid: Amount,
}

/// A cover, and what was claimed of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnCoverView")]
struct OwnCoverView {
    /// The pool.
    pool: Option<CoverPoolId>,
    /// The cover.
    #[serde(flatten)]
    of: Cover,
    /// What was paid of it in all.
    paid: Amount,
    /// What of a loss that happens now its owner would bear himself, in millionths.
    retention: Option<u32>,
    /// What was claimed of it, incident by incident.
    claims: Vec<ClaimedView>,
}

/// What was claimed and paid of `cover`, incident by incident.
pub(crate) fn claimed_of<'a>(
    pool: &'a Pool,
    cover: CoverId,
) -> impl Iterator<Item = (LossId, Claim, Amount)> + 'a {
    // Claims stand in the order of the covers.
    pool.incidents.iter().filter_map(move |(loss, of)| {
        let place = of.claims.binary_search_by_key(&cover, |claim| claim.cover).ok()?;
        Some((*loss, *of.claims.get(place)?, *of.paid.get(place)?))
    })
}

fn of_account(ask: &Ask<'_>) -> Result<Page<Row<OwnCoverView>>, Problem> {
    let (account, state) = (own_account(ask)?, ask.state);
    let own = state.covers.covers().filter(|(_, cover)| cover.account == account);
    let owner = state.accounts.account(account).map(|found| found.owner);
    let rows = own.map(|(id, cover)| {
        let pool = state.covers.pool_of(cover.risk);
        let claims = pool.into_iter().flat_map(|(_, pool)| claimed_of(pool, id));
        let claims = claims.map(|(loss, claim, paid)| {
            let stage = state.losses.loss(loss).map(|found| found.stage);
            ClaimedView { loss, stage, lost: claim.lost, due: claim.due, paid }
        });
        let claims: Vec<ClaimedView> = claims.collect();
        let sum = |sum: Amount, of: &ClaimedView| sum.checked_add(of.paid).unwrap_or(Amount::MAX);
        let paid = claims.iter().fold(Amount::ZERO, sum);
        let pool = pool.map(|(id, _)| id);
        let retention = owner.and_then(|owner| state.cover_retention(cover.risk, owner));
        let of = OwnCoverView { pool, of: cover.clone(), paid, retention, claims };
        (u64::from(id.0), Row { id: id.0, of })
    });
    page(ask, rows)
}
