//! The routes of a close-out, in the venue's order, and what can never be right about them.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::MAX_PENDING;
use crate::engine::State;
use crate::ids::{AccountId, LayerId, MarketId};
use crate::liquidation::auction::Course;
use crate::liquidation::breaker::{Breaker, MOST, Wrong};
use crate::liquidation::quote::Quoting;
use crate::market::{self, RATE_UNIT};
use crate::units::Amount;

/// How legs of a failing account find a new holder.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(tag = "route", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Route {
    /// The venue closes them in its market and reports the fills.
    Market = 1,
    /// Bidders take a part of everything at a price that falls with time.
    Auction {
        /// How it falls.
        course: AuctionCourse,
    } = 2,
    /// A backstop account buys at a quoted discount, inside its own margin and budget.
    Backstop {
        /// The account.
        account: AccountId,
        /// The discount for the smallest size, in millionths of the mark.
        base: u32,
        /// The factor of impact with the square root of size over depth, in millionths.
        impact: u32,
        /// The volatility the quote reckons with, in millionths.
        volatility: u32,
        /// Lots a day that count as depth.
        depth: u64,
        /// The largest discount, in millionths of the mark.
        band: u32,
        /// The most gross value it takes under these routes, in atoms.
        budget: Amount,
    } = 3,
    /// Accounts on the other side take them at the mark.
    Deleverage = 4,
}

/// The course of an auction: shares in millionths of equity, times in milliseconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuctionCourse {
    /// What a bidder pays of equity at the start.
    pub first: u32,
    /// What he pays when the fast phase ends.
    pub knee: u32,
    /// How long the fast phase takes.
    pub fast: u64,
    /// How long the slow phase takes, to nothing.
    pub slow: u64,
    /// How long it takes an insolvent auction to pay a bidder the whole requirement.
    pub insolvent: u64,
}

impl AuctionCourse {
    pub(crate) const fn course(&self) -> Course {
        Course {
            first: self.first,
            knee: self.knee,
            fast: self.fast,
            slow: self.slow,
            insolvent: self.insolvent,
        }
    }
}

impl Route {
    /// How a backstop quotes; nothing for another route.
    pub(crate) const fn quoting(&self) -> Option<Quoting> {
        match *self {
            Self::Backstop { base, impact, band, .. } => Some(Quoting { base, impact, band }),
            _ => None,
        }
    }
}

/// One route with what it may take and cost.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// The route.
    pub route: Route,
    /// How long it is tried, in milliseconds.
    pub time: u64,
    /// How far equity may fall while it is tried, in atoms, before the next route.
    pub budget: Amount,
}

/// How accounts below maintenance in one asset are liquidated.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// Equity is brought to maintenance and so many millionths of it more.
    pub buffer: u32,
    /// The penalty on what is closed, in millionths of its value.
    pub penalty: u32,
    /// What closing is reckoned to cost against the mark, in millionths.
    pub slippage: u32,
    /// The fund that is credited with what is charged.
    pub fund: LayerId,
    /// How much the engine's own routes, backstops and deleveraging, may close now, against
    /// cascades. What others close of their own will, by fills and bids, neither waits for it nor
    /// counts in it. A market without a feed of its price has no slow price, and so no stages.
    pub breaker: Breaker,
    /// The routes, in order; the last one has no other after it.
    pub list: Vec<RouteSpec>,
}

/// What can never be right about routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "flaw", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the flaw")]
pub enum RouteFlaw {
    /// There is no route.
    None,
    /// A rate above all of the value.
    Rate { what: &'static str, rate: u32 },
    /// More limits or stages of the breaker than are looked at.
    Many { most: usize },
    /// A limit of the breaker of nothing, over no time or over too much.
    Limit { limit: usize, max: u64 },
    /// A stage of the breaker that begins at once, allows everything, or is no tighter than the one
    /// before.
    Stage { stage: usize },
    /// A time beyond the bound, or none.
    Time { route: usize, time: u64, max: u64 },
    /// An auction whose shares do not fall or whose phases have no length.
    Course { route: usize },
}

impl fmt::Display for RouteFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no route: nothing would ever be closed"),
            Self::Rate { what, rate } => {
                write!(f, "{what} is {rate} millionths, allowed: 0 to {RATE_UNIT}")
            }
            Self::Many { most } => {
                write!(f, "the breaker has too many limits or stages, allowed: {most} of each")
            }
            Self::Limit { limit, max } => write!(
                f,
                "limit {limit} of the breaker: its value must be above zero, its window 1 to {max} \
                 milliseconds"
            ),
            Self::Stage { stage } => write!(
                f,
                "stage {stage} of the breaker: it must begin above zero and further away than the \
                 one before, allow less than all and no more than the one before; without a limit \
                 it can only stop, and allow nothing"
            ),
            Self::Time { route, time, max } => {
                write!(f, "route {route} lasts {time} milliseconds, allowed: 1 to {max}")
            }
            Self::Course { route } => {
                write!(f, "route {route}: an auction's shares must fall, over lengths above zero")
            }
        }
    }
}

impl Routes {
    /// The part of the breaker's limits that may be used of legs in `markets`, which go together:
    /// the smallest that any of their marks leaves, in millionths.
    pub(super) fn allowed(&self, state: &State, markets: impl Iterator<Item = MarketId>) -> u32 {
        if self.breaker.stages.is_empty() {
            return RATE_UNIT;
        }
        let of = |market| {
            let found = state.markets.market(market)?;
            let slow = market::slow_price(state, found)?;
            Some(self.breaker.allowed(found.mark?.ticks(), slow.ticks()))
        };
        markets.filter_map(of).min().unwrap_or(RATE_UNIT)
    }

    /// What is wrong with the routes, if anything.
    ///
    /// # Errors
    ///
    /// The first flaw, in the order of their declarations.
    pub fn check(&self) -> Result<(), RouteFlaw> {
        if self.list.is_empty() {
            return Err(RouteFlaw::None);
        }
        for (what, rate) in
            [("buffer", self.buffer), ("penalty", self.penalty), ("slippage", self.slippage)]
        {
            if rate > RATE_UNIT {
                return Err(RouteFlaw::Rate { what, rate });
            }
        }
        // Each at most 10^6: the sum fits.
        let rate = self.penalty + self.slippage;
        if rate > RATE_UNIT {
            return Err(RouteFlaw::Rate { what: "penalty with slippage", rate });
        }
        match self.breaker.wrong() {
            Some(Wrong::Many) => return Err(RouteFlaw::Many { most: MOST }),
            Some(Wrong::Limit(limit)) => return Err(RouteFlaw::Limit { limit, max: MAX_PENDING }),
            Some(Wrong::Stage(stage)) => return Err(RouteFlaw::Stage { stage }),
            None => {}
        }
        for (place, of) in self.list.iter().enumerate() {
            let route = place + 1;
            if of.time == 0 || of.time > MAX_PENDING {
                return Err(RouteFlaw::Time { route, time: of.time, max: MAX_PENDING });
            }
            match of.route {
                Route::Auction { course } if !course.course().is_valid() => {
                    return Err(RouteFlaw::Course { route });
                }
                Route::Backstop { band: rate, .. } if rate >= RATE_UNIT => {
                    return Err(RouteFlaw::Rate { what: "band", rate });
                }
                _ => {}
            }
        }
        Ok(())
    }
}
