//! Markets and feeds: at which price, how good it is, and why.

use rhodian_core::ids::{CheckpointId, FeedId, MarketId};
use rhodian_core::market::{Checkpoint, Market};
use rhodian_core::oracle::Answer;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::{FeedView, Row};
use super::{IN_DOMAIN, id, in_domain};
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list("/v1/markets", "Every market, with its mark.", Level::Public, &[IN_DOMAIN], markets),
        one("/v1/markets/{market}", "A market, with its mark.", Level::Public, &[], market),
        one(
            "/v1/markets/{market}/volatility",
            "The volatility that an option is valued at: its own or its underlying's, how good it is \
             there, and why.",
            Level::Public,
            &[],
            volatility,
        ),
        one(
            "/v1/checkpoints/{checkpoint}",
            "A checkpoint that may still be a reference: what a lot of each market was worth.",
            Level::Public,
            &[],
            checkpoint,
        ),
        list("/v1/feeds", "Every feed: value, quality and why.", Level::Public, &[], feeds),
        one(
            "/v1/feeds/{feed}",
            "A feed: value, quality and why. A volatility is no better than where the surface that it \
             is a part of leaves a sure profit; there, its reasons say, and nowhere else.",
            Level::Public,
            &[],
            feed,
        ),
    ]
}

fn markets(ask: &Ask<'_>) -> Result<Page<Row<Market>>, Problem> {
    let domain = in_domain(ask)?;
    let all = ask.state.markets.markets();
    let rows = all.filter(|(_, of)| domain.is_none_or(|domain| of.spec.domain == domain));
    page(ask, rows.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: of.clone() })))
}

fn market(ask: &Ask<'_>) -> Result<Row<Market>, Problem> {
    let market = id(ask.args, "market", MarketId)?;
    let of = ask.state.markets.market(market).cloned();
    Ok(Row { id: market.0, of: of.ok_or_else(|| Problem::not_found("market", market))? })
}

/// The volatility of one option.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct VolatilityView {
    /// The feed: its own, or its underlying's; nothing where neither is, or the market is no
    /// option.
    feed: Option<FeedId>,
    /// What it says, in millionths a year, how good that is for this option, and why.
    answer: Option<Answer>,
}

fn volatility(ask: &Ask<'_>) -> Result<Row<VolatilityView>, Problem> {
    let market = id(ask.args, "market", MarketId)?;
    ask.state.markets.market(market).ok_or_else(|| Problem::not_found("market", market))?;
    let (feed, answer) = ask.state.option_answer(market).unzip();
    Ok(Row { id: market.0, of: VolatilityView { feed, answer } })
}

fn checkpoint(ask: &Ask<'_>) -> Result<Row<Checkpoint>, Problem> {
    let checkpoint = id(ask.args, "checkpoint", CheckpointId)?;
    let of = ask.state.markets.checkpoint(checkpoint).cloned();
    let of = of.ok_or_else(|| Problem::not_found("checkpoint", checkpoint))?;
    Ok(Row { id: checkpoint.0, of })
}

pub(crate) fn feed_view(ask: &Ask<'_>, feed: FeedId) -> Option<Row<FeedView>> {
    let (oracle, now) = (&ask.state.oracle, ask.state.now());
    let found = oracle.feed(feed)?;
    let of = FeedView {
        spec: found.spec.clone(),
        opened: found.opened,
        answer: ask.state.feed_answer(feed),
        reports: found.reports().to_vec(),
        last_good: oracle.last_good(feed),
        wrong_now: oracle.was_wrong(feed, now).copied(),
    };
    Some(Row { id: feed.0, of })
}

fn feeds(ask: &Ask<'_>) -> Result<Page<Row<FeedView>>, Problem> {
    let ids = ask.state.oracle.feeds().map(|(id, _)| id);
    page(ask, ids.filter_map(|id| Some((u64::from(id.0), feed_view(ask, id)?))))
}

fn feed(ask: &Ask<'_>) -> Result<Row<FeedView>, Problem> {
    let feed = id(ask.args, "feed", FeedId)?;
    feed_view(ask, feed).ok_or_else(|| Problem::not_found("feed", feed))
}
