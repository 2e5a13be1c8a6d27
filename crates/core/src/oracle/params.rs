//! Every parameter of a feed, once: name, unit, bounds, and the default of each kind of feed with
//! its reason.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Kind, Purpose, Quality};
use crate::ids::FeedId;

/// What a feed is read by. Shares are in millionths, times in milliseconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// How old a report may be and count.
    pub max_age: u64,
    /// How long a source may say the same and count; nothing where standing still is normal.
    pub stuck_after: Option<u64>,
    /// How far from the median a report may be and count, in millionths of the median.
    pub outlier: u64,
    /// How wide a report's own confidence may be and count, in millionths of its value.
    pub max_confidence: u64,
    /// How far apart the reports that count may lie, in millionths of their median.
    pub max_spread: u64,
    /// The length of one step of time.
    pub step: u64,
    /// How far the effective value moves in one step at most, in millionths of it.
    pub step_cap: u64,
    /// How far effective value and target may be apart before even liquidations wait for them to
    /// meet, in millionths of the effective value.
    pub jump: u64,
    /// How far the stable value moves in one step at most, in millionths of it.
    pub stable_cap: u64,
    /// How far the stable value may be from the delayed mean, in millionths of that mean.
    pub stable_band: u64,
    /// The length of one interval of the delayed means.
    pub delay_interval: u64,
    /// How far one delayed mean may be from that of the interval before, in millionths of it.
    pub delay_cap: u64,
    /// The length of one cell of the history: a window begins and ends on a cell.
    pub window_cell: u64,
    /// How many cells the history keeps.
    pub window_cells: u64,
    /// Another feed of the same kind and unit that must not be far away.
    pub reference: Option<Reference>,
    /// The quality each purpose needs.
    pub needs: Needs,
}

/// Another feed to compare with: an index against a mark, a coin against its dollar.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The other feed.
    pub feed: FeedId,
    /// How far the targets of both may be apart, in millionths of the other's.
    pub bound: u64,
}

/// The quality that each purpose needs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// To mark a position.
    pub mark: Quality,
    /// To liquidate.
    pub liquidate: Quality,
    /// To let money out.
    pub withdraw: Quality,
    /// To let risk grow.
    pub open: Quality,
    /// To settle, expire, or deleverage.
    pub settle: Quality,
}

impl Needs {
    /// Whoever gains time by a wrong price waits: opening and withdrawing need what settling
    /// needs. Liquidations go on while the effective price walks to its target, because waiting
    /// is what turns a deficit into a larger one.
    pub const SAFE: Self = Self {
        mark: Quality::Mark,
        liquidate: Quality::Liquidation,
        withdraw: Quality::Settlement,
        open: Quality::Settlement,
        settle: Quality::Settlement,
    };

    /// The quality that `purpose` needs.
    #[must_use]
    pub const fn of(&self, purpose: Purpose) -> Quality {
        match purpose {
            Purpose::Mark => self.mark,
            Purpose::Liquidate => self.liquidate,
            Purpose::Withdraw => self.withdraw,
            Purpose::Open => self.open,
            Purpose::Settle => self.settle,
        }
    }
}

/// A parameter of a feed as it is declared.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OracleDeclared"))]
pub struct Declared {
    /// Its name at the doors.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub min: u64,
    /// The largest value.
    pub max: u64,
    /// The default for a price, for depth, for volatility.
    pub defaults: [u64; 3],
    /// Why those are the defaults.
    pub reason: &'static str,
    /// Where it stands.
    #[serde(skip)]
    get: fn(&Params) -> Option<u64>,
}

impl Declared {
    /// Its value in `params`; nothing where it is off.
    #[must_use]
    pub fn value(&self, params: &Params) -> Option<u64> {
        (self.get)(params)
    }
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A share without meaning as a limit: a factor of one million.
const NO_LIMIT: u64 = 1_000_000_000_000;

const fn share(
    name: &'static str,
    min: u64,
    defaults: [u64; 3],
    reason: &'static str,
    get: fn(&Params) -> Option<u64>,
) -> Declared {
    Declared { name, unit: "millionths", min, max: NO_LIMIT, defaults, reason, get }
}

const fn span(
    name: &'static str,
    (min, max): (u64, u64),
    default: u64,
    reason: &'static str,
    get: fn(&Params) -> Option<u64>,
) -> Declared {
    let defaults = [default; 3];
    Declared { name, unit: "milliseconds", min, max, defaults, reason, get }
}

/// The parameters of feeds, in the order of [`Params`].
pub const FEED_PARAMETERS: &[Declared] = &[
    span(
        "max-age",
        (1, DAY),
        30 * SECOND,
        "sources report every few seconds; ten missed reports are an outage",
        |p| Some(p.max_age),
    ),
    span(
        "stuck-after",
        (SECOND, DAY),
        10 * MINUTE,
        "a traded price moves within minutes; off for depth, volatility and pegged assets",
        |p| p.stuck_after,
    ),
    share(
        "outlier",
        1,
        [50_000, 900_000, 250_000],
        "venues part by a few percent in a crash; depth is of its venue, so that only nothing and \
         twice as much stand out",
        |p| Some(p.outlier),
    ),
    share(
        "max-confidence",
        1,
        [20_000, 1_000_000, 250_000],
        "a source that cannot say the price within 2 % does not say it",
        |p| Some(p.max_confidence),
    ),
    share(
        "max-spread",
        1,
        [30_000, 2_000_000, 250_000],
        "below the outlier bound: sources that all count but disagree settle nothing",
        |p| Some(p.max_spread),
    ),
    span(
        "step",
        (1, HOUR),
        SECOND,
        "fine enough to follow a crash, coarse enough for several reports within one step",
        |p| Some(p.step),
    ),
    share(
        "step-cap",
        1,
        [10_000, NO_LIMIT, 10_000],
        "1 % a second follows every crash on record within a minute, and gives a wrong print of \
         one second 1 %; depth may vanish at once",
        |p| Some(p.step_cap),
    ),
    share(
        "jump",
        1,
        [50_000, NO_LIMIT, 250_000],
        "five steps: a gap that wide is a wrong print or gone in seconds",
        |p| Some(p.jump),
    ),
    share(
        "stable-cap",
        1,
        [300, 10_000, 300],
        "about 1.8 % a minute: a price held up for minutes buys little initial margin",
        |p| Some(p.stable_cap),
    ),
    share(
        "stable-band",
        1,
        [250_000, NO_LIMIT, 1_000_000],
        "within a quarter of the mean of a day ago, however long the price is held up",
        |p| Some(p.stable_band),
    ),
    span("delay-interval", (MINUTE, DAY), HOUR, "24 means are kept: a day of delay", |p| {
        Some(p.delay_interval)
    }),
    share(
        "delay-cap",
        1,
        [60_000, NO_LIMIT, 250_000],
        "6 % an hour, fourfold in a day: above what a large asset does, below what a pump needs",
        |p| Some(p.delay_cap),
    ),
    span("window-cell", (SECOND, DAY), MINUTE, "expiries settle on whole minutes", |p| {
        Some(p.window_cell)
    }),
    Declared {
        name: "window-cells",
        unit: "cells",
        min: 1,
        max: 10_000,
        defaults: [120; 3],
        reason: "an hour's window can be asked for during another hour",
        get: |p| Some(p.window_cells),
    },
];

impl Params {
    /// The defaults of a kind of feed.
    ///
    /// ```
    /// use rhodian_core::oracle::{Kind, Params};
    /// assert_eq!(Params::of(Kind::Price).step_cap, 10_000);
    /// ```
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        let at = match kind {
            Kind::Price => 0,
            Kind::Depth => 1,
            Kind::Volatility => 2,
        };
        const fn default(place: usize, kind: usize) -> u64 {
            FEED_PARAMETERS[place].defaults[kind]
        }
        Self {
            max_age: default(0, at),
            stuck_after: if at == 0 { Some(default(1, at)) } else { None },
            outlier: default(2, at),
            max_confidence: default(3, at),
            max_spread: default(4, at),
            step: default(5, at),
            step_cap: default(6, at),
            jump: default(7, at),
            stable_cap: default(8, at),
            stable_band: default(9, at),
            delay_interval: default(10, at),
            delay_cap: default(11, at),
            window_cell: default(12, at),
            window_cells: default(13, at),
            reference: None,
            needs: Needs::SAFE,
        }
    }
}
