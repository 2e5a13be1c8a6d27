//! Issuances: what they are, what is for sale now and at what price, what is bought back, and how
//! far pots may be drawn on.

use rhodian_core::ids::{IssuanceId, LossId};
use rhodian_core::issuance::{Auction, BuybackSale, Depletion, Issuance, IssuanceSpec, Sale};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::Row;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list("/v1/issuances", "Every issuance of tokens.", Level::Public, &[], issuances),
        one(
            "/v1/issuances/{issuance}",
            "An issuance: its terms, how many tokens may be issued now, what is bought back now.",
            Level::Public,
            &[],
            the_issuance,
        ),
        list(
            "/v1/issuances/{issuance}/auctions",
            "The auctions of an issuance; of those that are open the price now and the lots left.",
            Level::Public,
            &[],
            auctions,
        ),
        list(
            "/v1/depletions",
            "How far pots may be drawn on, as parts of what they held, by their layers.",
            Level::Public,
            &[],
            depletions,
        ),
    ]
}

/// An issuance now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "IssuanceView")]
struct IssuanceView {
    /// What it is.
    #[serde(flatten)]
    spec: IssuanceSpec,
    /// What the cap on dilution admits within a window.
    cap: Amount,
    /// How many tokens may be issued now.
    issuable: Amount,
    /// The tokens it ever issued.
    issued: String,
    /// The tokens it ever burned.
    burned: String,
    /// What is bought back now.
    buying: Option<BuybackSale>,
}

fn view(ask: &Ask<'_>, id: IssuanceId, of: &Issuance) -> Row<IssuanceView> {
    let view = IssuanceView {
        spec: of.spec.clone(),
        cap: of.cap(),
        issuable: of.issuable(ask.state.now()),
        issued: of.issued.to_string(),
        burned: of.burned.to_string(),
        buying: ask.state.buyback(id),
    };
    Row { id: id.0, of: view }
}

fn issuances(ask: &Ask<'_>) -> Result<Page<Row<IssuanceView>>, Problem> {
    let all = ask.state.issuances.issuances();
    page(ask, all.map(|(id, of)| (u64::from(id.0), view(ask, id, of))))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(IssuanceId, &'a Issuance), Problem> {
    let issuance = id(ask.args, "issuance", IssuanceId)?;
    let found = ask.state.issuances.issuance(issuance);
    Ok((issuance, found.ok_or_else(|| Problem::not_found("issuance", issuance))?))
}

fn the_issuance(ask: &Ask<'_>) -> Result<Row<IssuanceView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(view(ask, id, of))
}

/// An auction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "DebtAuctionView")]
struct AuctionView {
    /// The loss whose hole it fills.
    loss: LossId,
    /// How it stands.
    #[serde(flatten)]
    of: Auction,
    /// What is for sale now; nothing where it is over.
    now: Option<Sale>,
}

fn auctions(ask: &Ask<'_>) -> Result<Page<AuctionView>, Problem> {
    let (id, of) = found(ask)?;
    let rows = of.auctions.iter().map(|(loss, auction)| {
        let now = ask.state.sale(id, *loss);
        (u64::from(loss.0), AuctionView { loss: *loss, of: auction.clone(), now })
    });
    page(ask, rows)
}

fn depletions(ask: &Ask<'_>) -> Result<Page<Row<Depletion>>, Problem> {
    let limited = ask.state.domains.layers().filter_map(|(layer, _)| {
        let of = *ask.state.issuances.depletion(layer)?;
        Some((u64::from(layer.0), Row { id: layer.0, of }))
    });
    page(ask, limited)
}
