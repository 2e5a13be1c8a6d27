//! Clearing funds: what members are to contribute and did, clients, auctions, and how a fund would
//! be sized now.

use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, AssetId, ClearingId, LossId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::clearing::{
    Auction, AuctionEnd, Bar, Client, Fund, FundSpec, Member, Sizing,
};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::Row;
use super::accounts::own_account;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list("/v1/clearing-funds", "Every clearing fund.", Level::Public, &[], funds),
        one(
            "/v1/clearing-funds/{fund}",
            "A clearing fund: its terms, its size, what each scenario would cost beyond margins.",
            Level::Public,
            &[],
            the_fund,
        ),
        list(
            "/v1/clearing-funds/{fund}/members",
            "The members of a clearing fund: what each is to contribute and did, and may be called \
             for.",
            Level::Everyone,
            &[],
            members,
        ),
        list(
            "/v1/clearing-funds/{fund}/clients",
            "The clients of a clearing fund's members.",
            Level::Everyone,
            &[],
            clients,
        ),
        list(
            "/v1/clearing-funds/{fund}/auctions",
            "The auctions of books among the members of a clearing fund; bids are read when they \
             are over.",
            Level::Public,
            &[],
            auctions,
        ),
        one(
            "/v1/clearing-funds/{fund}/sizing",
            "How a clearing fund would be sized now: it costs a pass over its members' legs.",
            Level::Everyone,
            &[],
            sizing,
        )
        .heavy(),
        one(
            "/v1/accounts/{account}/clearing",
            "How an account stands in the clearing funds: as a member, as a client, and whether it \
             may take on risk.",
            Level::Public,
            &[],
            of_account,
        ),
    ]
}

/// A clearing fund now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingFundView")]
struct FundView {
    /// As it was opened.
    #[serde(flatten)]
    spec: FundSpec,
    /// What it contributes in.
    asset: Option<AssetId>,
    /// What all are to contribute.
    size: Amount,
    /// What the layer of contributions holds.
    holds: Amount,
    /// What each scenario would cost beyond margins, as it was sized last.
    uncovered: Vec<Amount>,
    /// The scenario that asks most, by its place.
    worst: Option<usize>,
    /// When it was sized.
    sized: Time,
    /// How many members it has, those in default among them.
    members: usize,
    /// How many clients they have.
    clients: usize,
}

fn view(ask: &Ask<'_>, id: ClearingId, fund: &Fund) -> Row<FundView> {
    let asset = asset_of(ask.state, fund);
    let layer = Holder::Layer(fund.spec.layer);
    let of = FundView {
        spec: fund.spec.clone(),
        asset,
        size: fund.size,
        holds: ask.state.ledger.held(asset.unwrap_or_default(), layer),
        uncovered: fund.uncovered.clone(),
        worst: fund.worst(),
        sized: fund.sized,
        members: fund.members.len(),
        clients: fund.clients.len(),
    };
    Row { id: id.0, of }
}

pub(crate) fn asset_of(state: &State, fund: &Fund) -> Option<AssetId> {
    state.domains.domain(fund.spec.domain).map(|found| found.asset)
}

fn funds(ask: &Ask<'_>) -> Result<Page<Row<FundView>>, Problem> {
    let funds = ask.state.clearing.funds();
    page(ask, funds.map(|(id, of)| (u64::from(id.0), view(ask, id, of))))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(ClearingId, &'a Fund), Problem> {
    let fund = id(ask.args, "fund", ClearingId)?;
    let found = ask.state.clearing.fund(fund);
    Ok((fund, found.ok_or_else(|| Problem::not_found("clearing fund", fund))?))
}

fn the_fund(ask: &Ask<'_>) -> Result<Row<FundView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(view(ask, id, of))
}

/// A member now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingMemberView")]
struct MemberView {
    /// How he stands.
    #[serde(flatten)]
    of: Member,
    /// What he contributed: his stake, less what he asked for.
    contributed: Amount,
    /// The most that he can be called for now, however large the next loss is.
    may_be_called: Amount,
}

fn member_view(
    state: &State,
    id: ClearingId,
    fund: &Fund,
    account: AccountId,
) -> Option<MemberView> {
    let of = fund.members.get(&account)?.clone();
    let may_be_called = state.assessment_room(id, account, of.required);
    Some(MemberView { contributed: state.contributed(fund, account), may_be_called, of })
}

fn members(ask: &Ask<'_>) -> Result<Page<Row<MemberView>>, Problem> {
    let ((id, fund), state) = (found(ask)?, ask.state);
    let rows = fund.members.keys().filter_map(|account| {
        let of = member_view(state, id, fund, *account)?;
        Some((u64::from(account.0), Row { id: account.0, of }))
    });
    page(ask, rows)
}

fn clients(ask: &Ask<'_>) -> Result<Page<Row<Client>>, Problem> {
    let (_, fund) = found(ask)?;
    let clients = fund.clients.iter();
    page(ask, clients.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: *of })))
}

/// An auction of a book.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingAuctionView")]
struct AuctionView {
    /// The loss whose book it is of.
    loss: LossId,
    /// The most that is paid for taking the book.
    most: Amount,
    /// Until when members may bid.
    until: Time,
    /// How many bid.
    bidders: usize,
    /// What each asked, when it is over.
    bids: Vec<(AccountId, Amount)>,
    /// How it ended.
    end: Option<AuctionEnd>,
}

fn auctions(ask: &Ask<'_>) -> Result<Page<AuctionView>, Problem> {
    let (_, fund) = found(ask)?;
    let view = |(loss, of): (&LossId, &Auction)| {
        let over = of.end.is_some();
        let bids = of.bids.iter().filter(|_| over).map(|(account, asks)| (*account, *asks));
        let view = AuctionView {
            loss: *loss,
            most: of.most,
            until: of.until,
            bidders: of.bids.len(),
            bids: bids.collect(),
            end: of.end.clone(),
        };
        (u64::from(loss.0), view)
    };
    page(ask, fund.auctions.iter().map(view))
}

fn sizing(ask: &Ask<'_>) -> Result<Sizing, Problem> {
    let (id, _) = found(ask)?;
    let sizing = ask.state.fund_sizing(id);
    sizing.ok_or_else(|| Problem::not_found("clearing fund", id))
}

/// How an account stands in one clearing fund.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnClearingView")]
struct OwnClearing {
    /// The fund.
    fund: ClearingId,
    /// As a member, where its owner is one that contributes from it.
    member: Option<MemberView>,
    /// As a client, where a member answers for it.
    client: Option<Client>,
    /// Why it may take on no more risk; nothing where it may.
    bar: Option<Bar>,
}

/// How an account stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnClearingFunds")]
struct OwnFunds {
    /// By fund.
    funds: Vec<OwnClearing>,
}

fn of_account(ask: &Ask<'_>) -> Result<OwnFunds, Problem> {
    let (account, state) = (own_account(ask)?, ask.state);
    let funds = state.clearing.funds().map(|(id, fund)| OwnClearing {
        fund: id,
        member: member_view(state, id, fund, account),
        client: fund.clients.get(&account).copied(),
        bar: state.may_open_risk(fund.spec.domain, account).err(),
    });
    Ok(OwnFunds { funds: funds.collect() })
}
