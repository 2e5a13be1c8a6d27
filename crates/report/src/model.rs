//! What a report is made of. A door fills it; [`Report::new`] adds what follows from the shares.
//!
//! Money is in atoms. Serialised (`summary.json`), every amount is a string of digits, in atoms;
//! `asset.decimals` says where the point stands.

use std::sync::Arc;

use rhodian_core::units::Amount;
use serde::{Serialize, Serializer};

use crate::picture::{self, Sum};
use crate::size::{self, AccountShare, SizeTable};

/// The largest shares kept in a summary and listed on a page.
pub const LARGEST: usize = 25;

/// The asset of every amount in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asset {
    /// Its name, such as `USD`.
    pub name: String,
    /// Digits behind the point: 10^decimals atoms are one unit.
    pub decimals: u32,
}

/// How a layer stands after a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerState {
    /// Nothing is left in it.
    Exhausted,
    /// It paid what its cap allows; more may be in it.
    Capped,
    /// It paid a part of what it could.
    PartlyUsed,
    /// It was called and has until a deadline to pay.
    Pending,
    /// The loss never reached it, or it had no one to pay.
    Untouched,
    /// Its deadline passed; what it had not paid went on to the next step.
    ClosedAtDeadline,
}

impl LayerState {
    /// The state in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::Capped => "capped",
            Self::PartlyUsed => "partly used",
            Self::Pending => "pending",
            Self::Untouched => "untouched",
            Self::ClosedAtDeadline => "closed at deadline",
        }
    }
}

/// What one layer paid for one loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerDraw {
    /// The position of its step in the waterfall, from 1; layers side by side share it.
    pub step: u32,
    /// Its name in the waterfall.
    pub name: String,
    /// Its kind, such as `insurance-fund`.
    pub kind: String,
    /// What was called from it.
    pub planned: Amount,
    /// What it paid.
    pub received: Amount,
    /// How it stands.
    pub state: LayerState,
    /// A remark for people, such as `9.52 % of each gain, 3 accounts`; may be empty.
    pub note: String,
    /// What recoveries have given back to those who paid here.
    pub repaid: Amount,
}

/// One loss and who bore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LossSummary {
    /// The name it was reported under.
    pub id: String,
    /// The number of its episode, from 1.
    pub episode: u64,
    /// Its cause class, such as `default`.
    pub class: String,
    /// Its cause in the reporter's words; may be empty.
    pub cause: String,
    /// The close-out loss: own means + gains of other books + draws + uncovered.
    pub amount: Amount,
    /// What the failed party's own means paid.
    pub own_means: Amount,
    /// The close-out loss less own means.
    pub deficit: Amount,
    /// What other books of the domain gained and paid for it, before any layer. Not written where
    /// it is nothing.
    #[serde(skip_serializing_if = "nothing")]
    pub netted: Amount,
    /// The layers in paying order.
    pub layers: Vec<LayerDraw>,
    /// What no step absorbed.
    pub uncovered: Amount,
    /// What has come back since.
    pub recovered: Amount,
    /// The part of what came back that paid the uncovered debt.
    pub repaid_uncovered: Amount,
    /// The part of what came back that went to gains of other books, which had paid. Not written
    /// where it is nothing.
    #[serde(skip_serializing_if = "nothing")]
    pub repaid_results: Amount,
    /// What of the uncovered debt was taken from claims by rank, in settlement. Not written where
    /// it is nothing.
    #[serde(skip_serializing_if = "nothing")]
    pub settled_by_rank: Amount,
    /// What came back of that.
    #[serde(skip_serializing_if = "nothing")]
    pub repaid_by_rank: Amount,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn nothing(amount: &Amount) -> bool {
    amount.is_zero()
}

/// A domain that entered settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// The uncovered debt that moved it there.
    pub uncovered: Amount,
    /// What each account paid by the rank of its claims, in byte order of the ids.
    pub accounts: Vec<RankedShare>,
}

/// What an account paid in settlement, over all losses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RankedShare {
    /// The account's external id.
    pub account: String,
    /// What it paid.
    pub paid: Amount,
    /// What recoveries have given back to it.
    pub repaid: Amount,
}

/// One account's share of one draw: a row of `shares.csv`.
///
/// Names that repeat over rows are shared, since a report may hold a million of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRow {
    /// The loss.
    pub loss_id: Arc<str>,
    /// The number of its episode.
    pub episode: u64,
    /// The step, from 1.
    pub step: u32,
    /// The layer.
    pub layer: Arc<str>,
    /// The account's external id.
    pub account: String,
    /// The rule that divided.
    pub rule: Arc<str>,
    /// Its weight, frozen with the liable set.
    pub weight: Amount,
    /// Its cap under the liable set.
    pub cap: Amount,
    /// What it paid for this loss.
    pub share: Amount,
    /// The exact share in atoms before rounding, above the line. Digits; may pass 128 bits.
    pub exact_num: String,
    /// The exact share in atoms before rounding, below the line.
    pub exact_den: String,
    /// Its priority class, where the layer has classes: the lowest pays first.
    pub class: Option<u32>,
    /// What recoveries have given back to it.
    pub repaid: Amount,
}

/// What a report says beside the shares themselves; `summary.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The report's title.
    pub title: String,
    /// The asset of every amount.
    pub asset: Asset,
    /// The losses, in the order they were recognised.
    pub losses: Vec<LossSummary>,
    /// The settlement of the domain; not written where it did not come to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// What the reader should know before relying on this, one sentence each.
    pub warnings: Vec<String>,
    /// The laws that were checked while computing it, such as `INV-03`.
    pub laws: Vec<String>,
    /// The digest of the final state, in hexadecimal; may be empty.
    pub digest: String,
    /// The hash of the file of events that made it, in hexadecimal; not written where there is
    /// none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub events_hash: String,
    /// How many events made it.
    pub events: u64,
    /// Who pays by size class. Filled by [`Report::new`].
    pub size_tables: Vec<SizeTable>,
    /// The largest shares, at most [`LARGEST`]. Filled by [`Report::new`].
    pub largest: Vec<AccountShare>,
    /// The sums that must add up, and whether they do. Filled by [`Report::new`].
    pub sums: Vec<Sum>,
}

impl Summary {
    /// A summary of `losses`; remarks, laws and the digest are set by whoever knows them.
    #[must_use]
    pub const fn new(title: String, asset: Asset, losses: Vec<LossSummary>) -> Self {
        Self {
            title,
            asset,
            losses,
            settlement: None,
            warnings: Vec::new(),
            laws: Vec::new(),
            digest: String::new(),
            events_hash: String::new(),
            events: 0,
            size_tables: Vec::new(),
            largest: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Whether every sum that must add up does.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.sums.iter().all(Sum::holds)
    }
}

/// A summary and every share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The figures.
    pub summary: Summary,
    /// The shares, in the order of `shares.csv`.
    pub shares: Vec<ShareRow>,
}

impl Report {
    /// Works out the size classes, the largest shares and the sums from `shares`. It sorts the
    /// shares' indices once: n log n in the number of rows.
    #[must_use]
    pub fn new(mut summary: Summary, shares: Vec<ShareRow>) -> Self {
        let accounts = size::per_account(&shares);
        summary.size_tables = size::tables(&accounts, summary.asset.decimals);
        summary.largest = size::largest(&accounts, LARGEST);
        summary.sums = picture::sums(&summary.losses, &shares);
        summary.sums.extend(picture::settlement_sum(&summary));
        Self { summary, shares }
    }
}

/// Writes a total as a string of digits, as amounts are.
pub(crate) fn as_text<S: Serializer>(total: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&total.to_string())
}
