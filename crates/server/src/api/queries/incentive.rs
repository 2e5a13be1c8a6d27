//! Incentives: risk figures, what stakers are paid by time, where the fees of domains go.

use rhodian_core::domain::LayerSpec;
use rhodian_core::ids::DomainId;
use rhodian_core::incentive::{
    FeePlan, Fees, FirstLossGap, Measured, Pay, PayNow, Premium, PremiumNow,
};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, page};
use super::super::views::Row;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list(
            "/v1/figures",
            "Risk figures as they were measured last: expected losses and marginal shares.",
            Level::Public,
            &[],
            figures,
        ),
        list(
            "/v1/pays",
            "What stakers of layers are paid by time, by the layers: terms, and how it stands now.",
            Level::Public,
            &[],
            pays,
        ),
        list(
            "/v1/fee-tables",
            "Where the fees of domains go, by the domains: the table, how the fees booked now would \
             be divided, and the operator's first loss.",
            Level::Public,
            &[],
            fee_tables,
        ),
        list(
            "/v1/premia",
            "What those who hold lots pay for the losses that are expected of their market, by the \
             markets: terms, what it came to, and what a lot would pay now.",
            Level::Public,
            &[],
            premia,
        ),
    ]
}

/// A risk figure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskFigureView")]
struct FigureView {
    /// What was measured, by whom, when.
    #[serde(flatten)]
    of: Measured,
    /// Whether it serves now.
    serves: bool,
}

fn figures(ask: &Ask<'_>) -> Result<Page<FigureView>, Problem> {
    let incentives = &ask.state.incentives;
    let rows = (1u64..).zip(incentives.figures()).map(|(place, of)| {
        let serves = incentives.serves(of.figure.subject(), ask.state.now());
        (place, FigureView { of: of.clone(), serves })
    });
    page(ask, rows)
}

/// What stakers of a layer are paid.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "LayerPayView")]
struct PayView {
    /// The layer's name.
    name: String,
    /// The terms, and what it came to.
    #[serde(flatten)]
    of: Pay,
    /// What the layer is expected to lose in a year, in millionths, as it was measured last.
    expected_loss: Option<u32>,
    /// How it stands now; nothing without terms.
    now: Option<PayNow>,
}

fn pays(ask: &Ask<'_>) -> Result<Page<Row<PayView>>, Problem> {
    let rows = ask.state.incentives.pays().map(|(layer, of)| {
        let spec = ask.state.domains.layer(layer).map(|found| &found.spec);
        let name = spec.map_or_else(String::new, |spec: &LayerSpec| spec.name.to_string());
        let expected_loss = ask.state.incentives.layer_loss(layer);
        let view = PayView { name, of: *of, expected_loss, now: ask.state.pay_now(layer) };
        (u64::from(layer.0), Row { id: layer.0, of: view })
    });
    page(ask, rows)
}

/// Where the fees of a domain go.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "FeeTableView")]
struct FeesView {
    /// The table, and when fees were divided last.
    #[serde(flatten)]
    of: Fees,
    /// How what is booked now would be divided.
    plan: Option<FeePlan>,
    /// What the deficits of the domain are expected to be in a year, as it was measured last.
    expected_loss: Option<Amount>,
    /// What the operator's first loss must hold.
    first_loss_required: Option<Amount>,
    /// How far it is below, where that keeps new risk out.
    first_loss_short: Option<FirstLossGap>,
}

fn view(ask: &Ask<'_>, domain: DomainId, of: &Fees) -> FeesView {
    FeesView {
        of: of.clone(),
        plan: ask.state.fee_plan(domain),
        expected_loss: ask.state.incentives.domain_loss(domain),
        first_loss_required: ask.state.first_loss_required(domain),
        first_loss_short: ask.state.first_loss_short(domain),
    }
}

fn fee_tables(ask: &Ask<'_>) -> Result<Page<Row<FeesView>>, Problem> {
    let tables = ask.state.incentives.tables();
    page(ask, tables.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: view(ask, id, of) })))
}

/// What those who hold lots of a market pay.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "MarketPremiumView")]
struct PremiumView {
    /// The market's name.
    name: String,
    /// The terms, and what it came to.
    #[serde(flatten)]
    of: Premium,
    /// The marginal share of the market, in millionths, as it was measured last.
    share: Option<u32>,
    /// How it stands now; nothing without terms.
    now: Option<PremiumNow>,
}

fn premia(ask: &Ask<'_>) -> Result<Page<Row<PremiumView>>, Problem> {
    let rows = ask.state.incentives.premia().map(|(market, of)| {
        let found = ask.state.markets.market(market);
        let name = found.map_or_else(String::new, |found| found.spec.name.to_string());
        let share = ask.state.incentives.market_share(market);
        let view = PremiumView { name, of: *of, share, now: ask.state.premium_now(market) };
        (u64::from(market.0), Row { id: market.0, of: view })
    });
    page(ask, rows)
}
