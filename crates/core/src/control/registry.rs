//! Every parameter, once: name, unit, bounds, and the default with its reason.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::MAX_AMOUNT;

/// A parameter of a domain.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Parameter {
    /// How long an episode takes new losses.
    EpisodeLength = 1,
    /// How long a liable set serves detections.
    LiableWindow = 2,
    /// The uncovered debt above which a domain enters settlement.
    UncoveredThreshold = 3,
    /// How long an approved report may be challenged.
    ChallengeTime = 4,
    /// The part of a fund's income, after debts, that repays open claims.
    IncomeToClaims = 5,
    /// How long an uncovered debt may stand before the domain enters settlement.
    UncoveredDeadline = 6,
    /// How long a halt may last, and how long the rest after it lasts at least.
    HaltLength = 7,
    /// How long a domain may be without a price of settlement quality before it only reduces.
    ReduceOnlyAfter = 8,
    /// How long a domain may be without a price of settlement quality before it settles at the
    /// last good one.
    SettleAfter = 9,
    /// How old a checkpoint must be to be the reference of session gains.
    ReferenceAge = 10,
    /// What closing a leg may cost under stress, as a part of its gross value.
    StressRate = 11,
    /// What closing out one loss may cost, with the stressed cost of the rest, before what is left
    /// goes to auto-deleveraging.
    CloseOutBudget = 12,
    /// The part of positive unrealised profit that counts for opening.
    OpeningProfit = 13,
    /// How long a book may stay open before what is left goes to auto-deleveraging.
    CloseOutTime = 14,
    /// How much of what a domain's insurance funds held may be paid in an episode before what is
    /// left of its books goes to auto-deleveraging.
    FundDrawdown = 15,
    /// Over which window before its expiry a market with a feed settles at the mean price.
    ExpiryWindow = 16,
    /// How much of what its collateral counts for an account may owe beyond its cash, and still
    /// widen positions or take collateral out.
    LoanLimit = 20,
    /// In which order auto-deleveraging takes lots: a [`DeleveragingOrder`] by its number.
    ///
    /// [`DeleveragingOrder`]: crate::closeout::DeleveragingOrder
    DeleveragingOrder = 24,
    /// How long who asks for his stake in a layer of the domain waits, and is drawn on.
    StakeCooldown = 25,
    /// How much of the pots behind the domain may be asked for by stakers before it takes no fill
    /// that widens and no new loan.
    ExitQueueLimit = 26,
    /// What is required for a hedge between two dates, or a date and the spot, in a portfolio with
    /// options.
    BasisCharge = 27,
    /// What is required in a portfolio with options for a delta as large as its market is deep; it
    /// grows with the square of the delta. Only where a feed says the depth.
    ConcentrationCharge = 28,
    /// How long a report may wait for a second approver, before it is no loss.
    ApprovalTime = 32,
}

/// A parameter as it is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ControlDeclared"))]
pub struct Declared {
    /// Which.
    pub parameter: Parameter,
    /// Its name at the doors.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub min: u128,
    /// The largest value.
    pub max: u128,
    /// The value until one is set.
    pub default: u128,
    /// Why that is the default.
    pub reason: &'static str,
}

const MINUTE: u128 = 60_000;
const HOUR: u128 = 60 * MINUTE;

/// The registry, in the order of the parameters' numbers.
pub const PARAMETERS: &[Declared] = &[
    Declared {
        parameter: Parameter::EpisodeLength,
        name: "episode-length",
        unit: "milliseconds",
        min: 1,
        max: 30 * 24 * HOUR,
        default: 4 * HOUR,
        reason: "the cascades on record run for minutes to a few hours",
    },
    Declared {
        parameter: Parameter::LiableWindow,
        name: "liable-window",
        unit: "milliseconds",
        min: 0,
        max: 30 * 24 * HOUR,
        default: 4 * HOUR,
        reason: "the whole episode: one set, so that waves of one crash equal one loss",
    },
    Declared {
        parameter: Parameter::UncoveredThreshold,
        name: "uncovered-threshold",
        unit: "atoms",
        min: 0,
        max: MAX_AMOUNT,
        default: MAX_AMOUNT,
        reason: "settlement is the domain's choice: off until a threshold is set",
    },
    Declared {
        parameter: Parameter::ChallengeTime,
        name: "challenge-time",
        unit: "milliseconds",
        min: 0,
        max: 30 * 24 * HOUR,
        default: 24 * HOUR,
        reason: "a day, so that every time zone has working hours to object in",
    },
    Declared {
        parameter: Parameter::IncomeToClaims,
        name: "income-to-claims",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 0,
        reason: "a fund that was drawn on refills first: it is the next loss's first defence",
    },
    Declared {
        parameter: Parameter::UncoveredDeadline,
        name: "uncovered-deadline",
        unit: "milliseconds",
        min: 1,
        max: 10 * 365 * 24 * HOUR,
        default: 10 * 365 * 24 * HOUR,
        reason: "settlement is the domain's choice: far off until a deadline is set",
    },
    Declared {
        parameter: Parameter::HaltLength,
        name: "halt-length",
        unit: "milliseconds",
        min: 1,
        max: 7 * 24 * HOUR,
        default: 24 * HOUR,
        reason: "a day to find a fault; a domain that may need more can say so, up to a week",
    },
    Declared {
        parameter: Parameter::ReduceOnlyAfter,
        name: "reduce-only-after",
        unit: "milliseconds",
        min: MINUTE,
        max: 7 * 24 * HOUR,
        default: 10 * MINUTE,
        reason: "longer than a source takes to restart; risk does not grow unseen beyond it",
    },
    Declared {
        parameter: Parameter::SettleAfter,
        name: "settle-after",
        unit: "milliseconds",
        min: MINUTE,
        max: 365 * 24 * HOUR,
        default: 24 * HOUR,
        reason: "a day, so that every time zone has working hours to bring sources back",
    },
    Declared {
        parameter: Parameter::ReferenceAge,
        name: "reference-age",
        unit: "milliseconds",
        min: 0,
        max: 30 * 24 * HOUR,
        default: 8 * HOUR,
        reason: "a third of a day: gains of the event itself are never matured",
    },
    Declared {
        parameter: Parameter::StressRate,
        name: "stress-rate",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 30_000,
        reason: "the spread and impact of closing in a crash: some per cent of the value",
    },
    Declared {
        parameter: Parameter::CloseOutBudget,
        name: "close-out-budget",
        unit: "atoms",
        min: 0,
        max: MAX_AMOUNT,
        default: MAX_AMOUNT,
        reason: "no auto-deleveraging by cost until the venue sets what a close-out may cost",
    },
    Declared {
        parameter: Parameter::OpeningProfit,
        name: "opening-profit",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 500_000,
        reason: "half: a mark that is pushed opens at most half of what it pretends",
    },
    Declared {
        parameter: Parameter::CloseOutTime,
        name: "close-out-time",
        unit: "milliseconds",
        min: 0,
        max: 30 * 24 * HOUR,
        default: HOUR,
        reason: "most of the forced selling of past crashes is over within half of it",
    },
    Declared {
        parameter: Parameter::FundDrawdown,
        name: "fund-drawdown",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 1_000_000,
        reason: "off: a fund is there to be used; venues that promise a floor set one",
    },
    Declared {
        parameter: Parameter::ExpiryWindow,
        name: "expiry-window",
        unit: "milliseconds",
        min: 60_000,
        max: 24 * HOUR,
        default: HOUR / 2,
        reason: "half an hour, as dated futures and options commonly settle: no one print decides",
    },
    Declared {
        parameter: Parameter::LoanLimit,
        name: "loan-limit",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 500_000,
        reason: "half: what is owed is cash, and collateral must be sold before it pays",
    },
    Declared {
        parameter: Parameter::DeleveragingOrder,
        name: "deleveraging-order",
        unit: "order",
        min: 0,
        max: 6,
        default: 0,
        reason: "leverage draining; the orders of other venues are for venues bound to them",
    },
    Declared {
        parameter: Parameter::StakeCooldown,
        name: "stake-cooldown",
        unit: "milliseconds",
        min: 0,
        max: 90 * 24 * HOUR,
        default: 7 * 24 * HOUR,
        reason: "a week: longer than it takes to find a theft, agree on it and report it",
    },
    Declared {
        parameter: Parameter::ExitQueueLimit,
        name: "exit-queue-limit",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 500_000,
        reason: "half: what is opened now would stand on the other half alone; at 100 % it is off",
    },
    Declared {
        parameter: Parameter::BasisCharge,
        name: "basis-charge",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 20_000,
        reason: "futures and spot were apart by a few per cent in the crashes on record",
    },
    Declared {
        parameter: Parameter::ConcentrationCharge,
        name: "concentration-charge",
        unit: "millionths",
        min: 0,
        max: 1_000_000,
        default: 100_000,
        reason: "to leave all that a market is deep costs about a tenth; half of it a fortieth",
    },
    Declared {
        parameter: Parameter::ApprovalTime,
        name: "approval-time",
        unit: "milliseconds",
        min: MINUTE,
        max: 90 * 24 * HOUR,
        default: 14 * 24 * HOUR,
        reason: "two weeks: evidence of a theft takes days to read; whoever is late reports anew",
    },
];

impl Parameter {
    /// As it is declared in the registry.
    #[must_use]
    pub const fn declared(self) -> &'static Declared {
        &PARAMETERS[match self {
            Self::EpisodeLength => 0,
            Self::LiableWindow => 1,
            Self::UncoveredThreshold => 2,
            Self::ChallengeTime => 3,
            Self::IncomeToClaims => 4,
            Self::UncoveredDeadline => 5,
            Self::HaltLength => 6,
            Self::ReduceOnlyAfter => 7,
            Self::SettleAfter => 8,
            Self::ReferenceAge => 9,
            Self::StressRate => 10,
            Self::CloseOutBudget => 11,
            Self::OpeningProfit => 12,
            Self::CloseOutTime => 13,
            Self::FundDrawdown => 14,
            Self::ExpiryWindow => 15,
            Self::LoanLimit => 16,
            Self::DeleveragingOrder => 17,
            Self::StakeCooldown => 18,
            Self::ExitQueueLimit => 19,
            Self::BasisCharge => 20,
            Self::ConcentrationCharge => 21,
            Self::ApprovalTime => 22,
        }]
    }
}
