//! Who pays by size: classes by powers of ten, how concentrated the burden is, and the largest
//! shares.
//!
//! The size of an account in a layer is its weight where the layer's accounts have weights, else
//! its cap. Amounts of several losses of one episode add up; different episodes and layers
//! stay apart, since their sizes mean different things.

use std::sync::Arc;

use rhodian_core::units::Amount;
use serde::Serialize;

use crate::model::{ShareRow, as_text};

/// The most points of a burden curve.
const CURVE_POINTS: usize = 64;

/// What one account paid in one layer over the losses of one episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountShare {
    /// The episode.
    pub episode: u64,
    /// The step, from 1.
    pub step: u32,
    /// The layer.
    pub layer: String,
    /// The account's external id.
    pub account: String,
    /// Its weight; the largest where liable sets of the episode differ.
    pub weight: Amount,
    /// Its cap; the largest where liable sets of the episode differ.
    pub cap: Amount,
    /// What it paid in all.
    #[serde(serialize_with = "as_text")]
    pub paid: u128,
    /// What it got back in all.
    #[serde(serialize_with = "as_text")]
    pub repaid: u128,
}

/// What a size is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizeBy {
    /// The weights of the division.
    Weight,
    /// The caps, where no account has a weight.
    Cap,
}

impl SizeBy {
    /// The measure in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Cap => "cap",
        }
    }
}

/// The accounts of one layer in one episode, by size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SizeTable {
    /// The episode.
    pub episode: u64,
    /// The step, from 1.
    pub step: u32,
    /// The layer.
    pub layer: String,
    /// What sizes are measured by.
    pub by: SizeBy,
    /// The number of accounts.
    pub accounts: usize,
    /// Accounts that paid something.
    pub payers: usize,
    /// The sizes in all.
    #[serde(serialize_with = "as_text")]
    pub size: u128,
    /// What was paid in all.
    #[serde(serialize_with = "as_text")]
    pub paid: u128,
    /// The classes that hold an account, smallest first.
    pub classes: Vec<SizeClass>,
    /// The fewest accounts that bear half of what was paid together; 0 where nothing was.
    pub half: usize,
    /// The burden curve, from nobody to everybody, largest payers first.
    pub curve: Vec<CurvePoint>,
}

/// The accounts whose size lies in one power of ten of whole units of the asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SizeClass {
    /// The smallest size of the class, in atoms; zero for the class of all below one unit.
    #[serde(serialize_with = "as_text")]
    pub from: u128,
    /// The first size above the class, in atoms.
    #[serde(serialize_with = "as_text")]
    pub below: u128,
    /// The number of accounts.
    pub accounts: usize,
    /// Their sizes in all. With `paid`, the mean rate as an exact ratio.
    #[serde(serialize_with = "as_text")]
    pub size: u128,
    /// What they paid in all.
    #[serde(serialize_with = "as_text")]
    pub paid: u128,
}

/// The `accounts` that paid most paid this much together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CurvePoint {
    /// A number of accounts.
    pub accounts: usize,
    /// What they paid.
    #[serde(serialize_with = "as_text")]
    pub paid: u128,
}

/// One account's rows as one, ordered by episode, step, layer, account.
pub(crate) struct Gathered<'a> {
    row: &'a ShareRow,
    weight: Amount,
    cap: Amount,
    paid: u128,
    repaid: u128,
}

impl Gathered<'_> {
    fn same_layer(&self, other: &Self) -> bool {
        layer_key(self.row) == layer_key(other.row)
    }

    fn size(&self, by: SizeBy) -> u128 {
        match by {
            SizeBy::Weight => self.weight.atoms(),
            SizeBy::Cap => self.cap.atoms(),
        }
    }
}

fn layer_key(row: &ShareRow) -> (u64, u32, &Arc<str>) {
    (row.episode, row.step, &row.layer)
}

pub(crate) fn per_account(shares: &[ShareRow]) -> Vec<Gathered<'_>> {
    let mut rows: Vec<&ShareRow> = shares.iter().collect();
    rows.sort_by(|a, b| layer_key(a).cmp(&layer_key(b)).then_with(|| a.account.cmp(&b.account)));
    let mut gathered: Vec<Gathered<'_>> = Vec::new();
    for row in rows {
        match gathered.last_mut() {
            Some(last)
                if layer_key(last.row) == layer_key(row) && last.row.account == row.account =>
            {
                last.weight = last.weight.max(row.weight);
                last.cap = last.cap.max(row.cap);
                last.paid += row.share.atoms();
                last.repaid += row.repaid.atoms();
            }
            _ => gathered.push(Gathered {
                row,
                weight: row.weight,
                cap: row.cap,
                paid: row.share.atoms(),
                repaid: row.repaid.atoms(),
            }),
        }
    }
    gathered
}

/// The accounts that paid most in one layer of one episode, at most `most` of them; ties in the
/// order of episode, step, layer and the bytes of the account's id.
pub(crate) fn largest(accounts: &[Gathered<'_>], most: usize) -> Vec<AccountShare> {
    let mut order: Vec<usize> =
        (0..accounts.len()).filter(|index| accounts[*index].paid > 0).collect();
    let by_paid = |a: &usize, b: &usize| accounts[*b].paid.cmp(&accounts[*a].paid).then(a.cmp(b));
    if order.len() > most {
        order.select_nth_unstable_by(most, by_paid);
        order.truncate(most);
    }
    order.sort_by(by_paid);
    order
        .into_iter()
        .map(|index| {
            let account = &accounts[index];
            AccountShare {
                episode: account.row.episode,
                step: account.row.step,
                layer: account.row.layer.to_string(),
                account: account.row.account.clone(),
                weight: account.weight,
                cap: account.cap,
                paid: account.paid,
                repaid: account.repaid,
            }
        })
        .collect()
}

/// One table for each layer of each episode.
pub(crate) fn tables(accounts: &[Gathered<'_>], decimals: u32) -> Vec<SizeTable> {
    accounts.chunk_by(Gathered::same_layer).map(|layer| table(layer, decimals)).collect()
}

fn table(layer: &[Gathered<'_>], decimals: u32) -> SizeTable {
    let weighted = layer.iter().any(|account| !account.weight.is_zero());
    let by = if weighted { SizeBy::Weight } else { SizeBy::Cap };
    let row = layer[0].row;
    let mut paid: Vec<u128> = layer.iter().map(|account| account.paid).collect();
    paid.sort_unstable_by(|a, b| b.cmp(a));
    SizeTable {
        episode: row.episode,
        step: row.step,
        layer: row.layer.to_string(),
        by,
        accounts: layer.len(),
        payers: layer.iter().filter(|account| account.paid > 0).count(),
        size: layer.iter().map(|account| account.size(by)).sum(),
        paid: paid.iter().sum(),
        classes: classes(layer, by, decimals),
        half: half(&paid),
        curve: curve(&paid, half(&paid)),
    }
}

fn classes(layer: &[Gathered<'_>], by: SizeBy, decimals: u32) -> Vec<SizeClass> {
    let mut sizes: Vec<(u128, u128)> =
        layer.iter().map(|account| (account.size(by), account.paid)).collect();
    sizes.sort_unstable();
    // Sizes are at most 10^30, so the top class ends at 10^31 however many decimals there are.
    let mut below = 10u128.saturating_pow(decimals).min(10u128.pow(31));
    let mut from = 0;
    let mut found: Vec<SizeClass> = Vec::new();
    for (size, paid) in sizes {
        while size >= below {
            (from, below) = (below, below * 10);
        }
        match found.last_mut() {
            Some(class) if class.below == below => {
                class.accounts += 1;
                class.size += size;
                class.paid += paid;
            }
            _ => found.push(SizeClass { from, below, accounts: 1, size, paid }),
        }
    }
    found
}

/// How many of `paid`, largest first, it takes to reach half of their sum.
fn half(paid: &[u128]) -> usize {
    let total: u128 = paid.iter().sum();
    let mut sum = 0;
    let before = paid.iter().take_while(|one| {
        let short = sum < total - sum;
        sum += **one;
        short
    });
    before.count()
}

/// Points through the payers, largest first. Denser at the start, where the curve bends most:
/// the i-th of n points stands at all x (i / n)^2, and one stands at `half`.
fn curve(paid: &[u128], half: usize) -> Vec<CurvePoint> {
    let all = paid.len();
    let mut stops: Vec<usize> = (0..=CURVE_POINTS)
        .map(|point| {
            let square = (point * point) as u128 * all as u128;
            let stop = square.div_ceil((CURVE_POINTS * CURVE_POINTS) as u128);
            usize::try_from(stop).unwrap_or(all)
        })
        .collect();
    stops.push(half);
    stops.sort_unstable();
    stops.dedup();
    let mut points = Vec::with_capacity(stops.len());
    let (mut taken, mut sum) = (0, 0u128);
    for stop in stops {
        sum += paid[taken..stop].iter().sum::<u128>();
        taken = stop;
        points.push(CurvePoint { accounts: stop, paid: sum });
    }
    points
}
