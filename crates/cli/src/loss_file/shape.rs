//! The shape of a loss file: its tables and keys, as TOML gives them. Every doc line here is a
//! description in the JSON Schema that `rhodian schema loss` prints, so it is written for whoever
//! writes the file. What the texts say is read elsewhere.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

pub use super::written::{
    AmountText, At, ClassText, DecimalText, DurationText, ExcessText, ExperimentText, HashText,
    KindText, LeastText, OrderText, ParameterText, PartText, PercentText, PointsText, ResampleText,
    RuleText, SettleText, SignalText, ValueText, Written,
};

/// Who bears a loss: one or more losses, the steps that absorb them in paying order, and what
/// came back. `rhodian share` reads it.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LossFile")]
pub struct FileShape {
    /// What the file is about; the title of the report.
    pub title: Option<At<String>>,
    /// The asset of every amount.
    pub asset: At<AssetShape>,
    /// The losses, in the order of their reports. An id that is listed twice is recognised once.
    pub loss: At<Vec<At<LossShape>>>,
    /// The steps, in paying order.
    pub step: At<Vec<At<LayerShape>>>,
    /// Money that came back after every loss was settled: repays the last step first.
    #[serde(default)]
    pub recovery: Vec<At<RecoveryShape>>,
    /// What funds earned after every loss was settled: pays uncovered debt first.
    #[serde(default)]
    pub income: Vec<At<IncomeShape>>,
    /// What accounts hold when the domain is settled: pays the uncovered debt by rank, once that
    /// is above `uncovered_threshold`.
    pub settlement: Option<At<SettlementShape>>,
    /// The terms of the domain; each has a default.
    pub terms: Option<At<TermsShape>>,
}

/// The asset of every amount.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Asset")]
pub struct AssetShape {
    /// Its name, 1 to 64 bytes.
    pub name: At<String>,
    /// One unit is 10^decimals atoms.
    #[schemars(range(min = 0, max = 30))]
    pub decimals: At<i64>,
}

/// One report of a loss.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Loss")]
pub struct LossShape {
    /// What the loss is called, 1 to 64 bytes; listed twice, recognised once.
    pub id: At<String>,
    /// The class of its cause; "default" where nothing is said.
    pub class: Option<At<ClassText>>,
    /// The cause in words, 1 to 64 bytes.
    pub cause: At<String>,
    /// The close-out loss, gross, above zero.
    pub amount: At<AmountText>,
    /// The account that failed, if one did.
    pub failed: Option<At<String>>,
    /// What the failed account held as margin for it: pays before any step.
    pub margin: Option<At<AmountText>>,
    /// The failed owner's other accounts and the most each is held for: pay after the margin.
    #[serde(default)]
    pub set_off: Vec<At<SetOffShape>>,
    /// When it was reported, after the first one: "10 min". The same time where nothing is said.
    pub at: Option<At<DurationText>>,
    /// A hash of the evidence, 64 hexadecimal digits.
    pub evidence: Option<At<HashText>>,
}

/// An amount of an account.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccountAmount")]
pub struct AccountAmountShape {
    /// The account.
    pub account: At<String>,
    /// The amount, above zero.
    pub amount: At<AmountText>,
}

/// Another account of a failed owner.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetOff")]
pub struct SetOffShape {
    /// The account.
    pub account: At<String>,
    /// The most that is taken from it, above zero: its session gain.
    pub up_to: At<AmountText>,
}

/// A step with one layer; further layers that share the step stand in `beside`.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub struct LayerShape {
    /// The name of the layer, 1 to 64 bytes, once in the file.
    pub layer: At<String>,
    /// What it is: whose money pays.
    pub kind: At<KindText>,
    /// Its part of the step against the layers beside it; 1 where nothing is said.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub share: Option<At<i64>>,
    /// What its pot holds.
    pub capacity: Option<At<AmountText>>,
    /// The most it pays for one loss.
    pub per_event: Option<At<AmountText>>,
    /// The most it pays in one episode.
    pub per_episode: Option<At<AmountText>>,
    /// The most it pays within any span of a length.
    pub per_period: Option<At<PeriodShape>>,
    /// It pays only for the part of an episode's losses above this amount.
    pub attach: Option<At<AmountText>>,
    /// It pays only for the part of an episode's losses below this amount.
    pub detach: Option<At<AmountText>>,
    /// How its draw is divided over its members; "proportional" where nothing is said.
    pub rule: Option<At<RuleText>>,
    /// Whether members' classes are read: the lowest pays first, the rule divides inside each.
    pub classes: Option<At<bool>>,
    /// The claims of its members: a CSV or Parquet file, or the rows themselves.
    pub claims: Option<At<ClaimsShape>>,
    /// The most a member pays in one episode: "30 % of weight".
    pub cap: Option<At<PartText>>,
    /// When shares are taken: at once, or when an account is next touched.
    pub settle: Option<At<SettleText>>,
    /// How long its money may take to come in: "48 h".
    pub deadline: Option<At<DurationText>>,
    /// What came in before the deadline: "in-full", or a list of payments.
    pub paid: Option<At<PaidShape>>,
    /// Who holds stakes in its pot: a CSV or Parquet file, or the rows themselves.
    pub stakes: Option<At<StakesShape>>,
    /// Layers that share the step with this one, each by its share.
    #[serde(default)]
    pub beside: Vec<At<Self>>,
}

/// A cap over a span of time.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PerPeriod")]
pub struct PeriodShape {
    /// The most within any such span.
    pub amount: At<AmountText>,
    /// The span: "24 h".
    pub length: At<DurationText>,
}

/// Claims: a CSV or Parquet file with its columns, or the rows themselves.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Claims")]
pub enum ClaimsShape {
    /// A CSV or Parquet file.
    File(Box<ClaimsFileShape>),
    /// The rows.
    Rows(Vec<At<ClaimShape>>),
}

/// A CSV or Parquet file of claims: one row for each member, with a header.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClaimsFile")]
pub struct ClaimsFileShape {
    /// The file, relative to the folder of the loss file.
    pub file: At<String>,
    /// The column of the account; "id" where nothing is said.
    pub id: Option<At<String>>,
    /// The column of the weight; "weight" where there is one, else the cap.
    pub weight: Option<At<String>>,
    /// The column of the most he may pay; "cap" where there is one, else the weight. A list of
    /// columns: the smallest of them, at least zero.
    pub cap: Option<At<ColumnsShape>>,
    /// The column of the place in the queue; "score" where nothing is said.
    pub score: Option<At<String>>,
    /// The column of the risk factor; "risk" where nothing is said.
    pub risk: Option<At<String>>,
    /// The column of the class. Named, it is read; with `classes`, "class" where nothing is said.
    pub class: Option<At<String>>,
    /// Which rows are claims: "closed_pnl > 0 and status = 'open'".
    pub keep: Option<At<String>>,
    /// What happens to digits beyond the asset's decimals; "refuse" where nothing is said.
    pub excess_digits: Option<At<ExcessText>>,
    /// Whether numbers like 1.5e-05 are read; not where nothing is said.
    pub exponents: Option<At<bool>>,
}

/// One column or several.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Columns")]
pub enum ColumnsShape {
    /// One column.
    One(String),
    /// The smallest of several, at least zero.
    SmallestOf(Vec<String>),
}

/// One claim.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Claim")]
pub struct ClaimShape {
    /// The account, 1 to 64 bytes.
    pub id: At<String>,
    /// Its weight; the cap where nothing is said.
    pub weight: Option<At<AmountText>>,
    /// The most it may pay; the weight where nothing is said.
    pub cap: Option<At<AmountText>>,
    /// Its place in a queue: highest pays first.
    pub score: Option<At<i64>>,
    /// Its risk factor, at most 6 decimals.
    pub risk: Option<At<DecimalText>>,
    /// Its class: lowest pays first.
    #[schemars(range(min = 0, max = 4_294_967_295_i64))]
    pub class: Option<At<i64>>,
}

/// Stakes: a CSV or Parquet file with its columns, or the rows themselves.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Stakes")]
pub enum StakesShape {
    /// A CSV or Parquet file.
    File(Box<StakesFileShape>),
    /// The rows.
    Rows(Vec<At<AccountAmountShape>>),
}

/// A CSV or Parquet file of stakes: one row for each staker, with a header.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StakesFile")]
pub struct StakesFileShape {
    /// The file, relative to the folder of the loss file.
    pub file: At<String>,
    /// The column of the account; "account" where nothing is said.
    pub account: Option<At<String>>,
    /// The column of the stake; "amount" where nothing is said.
    pub amount: Option<At<String>>,
    /// Which rows are stakes: "amount > 0".
    pub keep: Option<At<String>>,
    /// What happens to digits beyond the asset's decimals; "refuse" where nothing is said.
    pub excess_digits: Option<At<ExcessText>>,
    /// Whether numbers like 1.5e-05 are read; not where nothing is said.
    pub exponents: Option<At<bool>>,
}

/// What came in before a deadline.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Paid")]
pub enum PaidShape {
    /// "in-full": all that is asked for.
    Word(String),
    /// These payments.
    Rows(Vec<At<PaymentShape>>),
}

/// A payment before a deadline.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Payment")]
pub struct PaymentShape {
    /// The loss it is for; the first where nothing is said.
    pub loss: Option<At<String>>,
    /// The member who pays; left out for money from outside.
    pub account: Option<At<String>>,
    /// How much, above zero.
    pub amount: At<AmountText>,
}

/// Money that came back.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Recovery")]
pub struct RecoveryShape {
    /// The loss it came back for.
    pub loss: At<String>,
    /// How much, above zero.
    pub amount: At<AmountText>,
}

/// Income of a fund.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Income")]
pub struct IncomeShape {
    /// The layer that earned it; one with a pot.
    pub layer: At<String>,
    /// How much, above zero.
    pub amount: At<AmountText>,
}

/// What accounts hold when the domain is settled. Session gains pay the uncovered debt first, then
/// matured gains, principal and segregated assets; inside a rank all pay the same part.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Settlement")]
pub struct SettlementShape {
    /// The accounts, beside what their shares took: a CSV or Parquet file, or the rows themselves.
    pub accounts: At<HoldingsShape>,
}

/// What accounts hold by rank: a CSV or Parquet file with its columns, or the rows themselves.
#[derive(Clone, Debug, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Holdings")]
pub enum HoldingsShape {
    /// A CSV or Parquet file.
    File(Box<HoldingsFileShape>),
    /// The rows.
    Rows(Vec<At<HoldingShape>>),
}

/// What one account holds by rank; at least one of them.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Holding")]
pub struct HoldingShape {
    /// The account, 1 to 64 bytes.
    pub account: At<String>,
    /// Gains since the reference: pay first.
    pub session_gains: Option<At<AmountText>>,
    /// Gains older than that: pay second.
    pub matured_gains: Option<At<AmountText>>,
    /// What was paid in: pays third.
    pub principal: Option<At<AmountText>>,
    /// Assets held apart: pay last.
    pub segregated: Option<At<AmountText>>,
}

/// A CSV or Parquet file of what accounts hold: one row for each, a column for each of its
/// ranks.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HoldingsFile")]
pub struct HoldingsFileShape {
    /// The file, relative to the folder of the loss file.
    pub file: At<String>,
    /// The column of the account; "account" where nothing is said.
    pub account: Option<At<String>>,
    /// The column of session gains; "session_gains" where there is one.
    pub session_gains: Option<At<String>>,
    /// The column of matured gains; "matured_gains" where there is one.
    pub matured_gains: Option<At<String>>,
    /// The column of principal; "principal" where there is one.
    pub principal: Option<At<String>>,
    /// The column of segregated assets; "segregated" where there is one.
    pub segregated: Option<At<String>>,
    /// Which rows count: "principal > 0".
    pub keep: Option<At<String>>,
    /// What happens to digits beyond the asset's decimals; "refuse" where nothing is said.
    pub excess_digits: Option<At<ExcessText>>,
    /// Whether numbers like 1.5e-05 are read; not where nothing is said.
    pub exponents: Option<At<bool>>,
}

/// The terms of the domain.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Terms")]
pub struct TermsShape {
    /// How long an episode takes new losses; "4 h" where nothing is said.
    pub episode_length: Option<At<DurationText>>,
    /// How long one liable set serves; "4 h" where nothing is said, "0 ms" for each loss its own.
    pub liable_window: Option<At<DurationText>>,
    /// The uncovered debt above which the domain enters settlement; never where nothing is said.
    pub uncovered_threshold: Option<At<AmountText>>,
    /// How long a report of a price error or a theft may be challenged; "24 h".
    pub challenge_time: Option<At<DurationText>>,
    /// The part of a fund's income, after debts, that repays open claims; "0 %".
    pub income_to_claims: Option<At<PercentText>>,
}

/// Types that are one thing or another, told apart by what stands there.
macro_rules! either {
    ($name:ident, $expecting:literal, $($visit:item)+) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    $($visit)+
                }
                deserializer.deserialize_any(Either)
            }
        }
    };
}

either! { ClaimsShape, "a table with `file`, or a list of claims",
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClaimsShape, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(ClaimsShape::File)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ClaimsShape, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(ClaimsShape::Rows)
    }
}

either! { StakesShape, "a table with `file`, or a list of stakes",
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StakesShape, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(StakesShape::File)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<StakesShape, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(StakesShape::Rows)
    }
}

either! { HoldingsShape, "a table with `file`, or a list of accounts",
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HoldingsShape, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(HoldingsShape::File)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<HoldingsShape, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(HoldingsShape::Rows)
    }
}

either! { ColumnsShape, "the name of a column, or a list of names",
    fn visit_str<E>(self, text: &str) -> Result<ColumnsShape, E> {
        Ok(ColumnsShape::One(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ColumnsShape, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(ColumnsShape::SmallestOf)
    }
}

either! { PaidShape, "\"in-full\", or a list of payments",
    fn visit_str<E>(self, text: &str) -> Result<PaidShape, E> {
        Ok(PaidShape::Word(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PaidShape, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(PaidShape::Rows)
    }
}
