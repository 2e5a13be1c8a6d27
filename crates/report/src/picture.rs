//! What every form of the report shows of a loss, worked out once: the rows of its waterfall,
//! whole percentages that sum to 100, the sentence about who bore it, the sums that must add up.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{LayerState, LossSummary, ShareRow, Summary, as_text};
use crate::money::{self, Money};

/// The name of what books gained that pays for the losses of others.
pub const OTHER_BOOKS: &str = "Gains of other books";

/// What a row of the picture stands for; forms colour and hatch by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The failed party's own means.
    OwnMeans,
    /// What other books of the domain gained.
    Results,
    /// A layer of the waterfall.
    Layer,
    /// What no step absorbed.
    Uncovered,
}

/// One line of the picture of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub kind: RowKind,
    /// The step, from 1; 0 where it is no layer.
    pub step: u32,
    /// The layer's name, or what else it stands for.
    pub name: String,
    /// The layer's kind; empty for the others.
    pub layer_kind: String,
    /// What was called.
    pub planned: u128,
    /// What it bore.
    pub amount: u128,
    /// Its whole percentage of the loss.
    pub percent: u32,
    /// Its state and remark, in words.
    pub words: String,
    /// What came back to it.
    pub repaid: u128,
}

/// A loss, or several as one, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The loss's id, or how many losses it stands for.
    pub name: String,
    /// The cause, or the class where no cause was given.
    pub cause: String,
    /// The close-out loss.
    pub total: u128,
    /// Own means and gains of other books if any, the layers in order, uncovered.
    pub rows: Vec<Row>,
    /// What came back.
    pub recovered: u128,
}

impl Picture {
    /// The picture of one loss.
    #[must_use]
    pub fn of(loss: &LossSummary) -> Self {
        let cause = if loss.cause.is_empty() { &loss.class } else { &loss.cause };
        let mut rows = Vec::with_capacity(loss.layers.len() + 2);
        if !loss.own_means.is_zero() {
            rows.push(edge(RowKind::OwnMeans, "Own means", loss.own_means.atoms(), 0));
        }
        if !loss.netted.is_zero() {
            rows.push(edge(RowKind::Results, OTHER_BOOKS, loss.netted.atoms(), 0));
        }
        for layer in &loss.layers {
            rows.push(Row {
                kind: RowKind::Layer,
                step: layer.step,
                name: layer.name.clone(),
                layer_kind: layer.kind.clone(),
                planned: layer.planned.atoms(),
                amount: layer.received.atoms(),
                percent: 0,
                words: words(layer.state, &layer.note),
                repaid: layer.repaid.atoms(),
            });
        }
        // Who paid by rank stands in for the debt, and what came back to him reduced it.
        let repaid = loss.repaid_uncovered.atoms() + loss.repaid_by_rank.atoms();
        let uncovered = loss.uncovered.atoms();
        rows.push(edge(RowKind::Uncovered, "Uncovered", uncovered, repaid));
        let mut picture = Self {
            name: loss.id.clone(),
            cause: cause.clone(),
            total: loss.amount.atoms(),
            rows,
            recovered: loss.recovered.atoms(),
        };
        picture.weigh();
        picture
    }

    /// The picture of all losses of a summary as one: layers are added by step and name.
    #[must_use]
    pub fn of_all(summary: &Summary) -> Self {
        let one = match summary.losses.as_slice() {
            [only] => return Self::of(only),
            losses => losses.iter().map(Self::of),
        };
        let mut merged: BTreeMap<(u8, u32, String), Row> = BTreeMap::new();
        let (mut total, mut recovered) = (0, 0);
        for picture in one {
            total += picture.total;
            recovered += picture.recovered;
            for row in picture.rows {
                let rank = match row.kind {
                    RowKind::OwnMeans => 0,
                    RowKind::Results => 1,
                    RowKind::Layer => 2,
                    RowKind::Uncovered => 3,
                };
                let key = (rank, row.step, row.name.clone());
                let sum = merged.entry(key).or_insert_with(|| Row {
                    planned: 0,
                    amount: 0,
                    repaid: 0,
                    words: String::new(),
                    ..row.clone()
                });
                sum.planned += row.planned;
                sum.amount += row.amount;
                sum.repaid += row.repaid;
            }
        }
        let mut picture = Self {
            name: format!("All {} losses", money::count(summary.losses.len())),
            cause: String::new(),
            total,
            rows: merged.into_values().collect(),
            recovered,
        };
        if picture.rows.is_empty() {
            picture.rows.push(edge(RowKind::Uncovered, "Uncovered", 0, 0));
        }
        picture.weigh();
        picture
    }

    fn weigh(&mut self) {
        let parts: Vec<u128> = self.rows.iter().map(|row| row.amount).collect();
        for (row, percent) in self.rows.iter_mut().zip(money::percentages(&parts)) {
            row.percent = percent;
        }
    }

    /// The amounts of the rows, in order.
    pub fn amounts(&self) -> impl Iterator<Item = u128> {
        self.rows.iter().map(|row| row.amount)
    }

    /// What no step absorbed.
    #[must_use]
    pub fn uncovered(&self) -> u128 {
        self.rows.iter().filter(|row| row.kind == RowKind::Uncovered).map(|row| row.amount).sum()
    }

    /// Each row's amount and their total: without decimals where all are whole, else with those
    /// of a column.
    /// Layers that paid nothing are left out beyond five terms.
    #[must_use]
    pub fn sum_in_words(&self, money: Money) -> String {
        let whole = self.amounts().all(|atoms| money.needed(atoms) == 0);
        let places = if whole { 0 } else { money.places(self.amounts()) };
        let written = |atoms| money.with_places(atoms, places);
        let short = self.rows.len() <= 5;
        let shown = |row: &&Row| short || row.amount > 0 || row.kind == RowKind::Uncovered;
        let terms: Vec<String> =
            self.rows.iter().filter(shown).map(|row| written(row.amount)).collect();
        format!("{} = {}", terms.join(" + "), written(self.amounts().sum()))
    }

    /// Who bore it, in one sentence.
    #[must_use]
    pub fn sentence(&self, asset: &str, money: Money) -> String {
        if self.total == 0 {
            return "There was no loss to share.".to_owned();
        }
        let written = |atoms| {
            let places = if money.needed(atoms) == 0 { 0 } else { money.places([atoms]) };
            money.with_places(atoms, places)
        };
        let mut bearers: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| row.amount > 0 && row.kind != RowKind::Uncovered)
            .collect();
        // One more is named: to count it as another would take no fewer words.
        let others = if bearers.len() > 5 { bearers.len() - 4 } else { 0 };
        if others > 0 {
            // The four that bore most, still in paying order; the rest are counted.
            let mut places: Vec<usize> = (0..bearers.len()).collect();
            places.sort_by_key(|place| std::cmp::Reverse(bearers[*place].amount));
            places.truncate(4);
            places.sort_unstable();
            bearers = places.into_iter().map(|place| bearers[place]).collect();
        }
        let mut parts: Vec<String> =
            bearers.iter().map(|row| format!("{} {} %", row.name, row.percent)).collect();
        if let Some(first) = bearers.first() {
            parts[0] = format!("{} bore {} %", first.name, first.percent);
        }
        if others > 0 {
            let shown: u32 = bearers.iter().map(|row| row.percent).sum();
            let open: u32 = self.rows.last().map_or(0, |row| row.percent);
            parts.push(format!("{others} others {} %", 100 - shown - open));
        }
        let end = match self.uncovered() {
            0 => "nothing stayed uncovered".to_owned(),
            open => format!("{} {asset} stayed uncovered", written(open)),
        };
        parts.push(end);
        let last = parts.pop().unwrap_or_default();
        let loss = written(self.total);
        if parts.is_empty() {
            return format!("Of {loss} {asset} lost, {last}.");
        }
        format!("Of {loss} {asset} lost, {}; {last}.", parts.join(", "))
    }
}

fn edge(kind: RowKind, name: &str, amount: u128, repaid: u128) -> Row {
    Row {
        kind,
        step: 0,
        name: name.to_owned(),
        layer_kind: String::new(),
        planned: amount,
        amount,
        percent: 0,
        words: String::new(),
        repaid,
    }
}

/// The remark alone where the layer was partly used (it says how far), else the state first.
fn words(state: LayerState, note: &str) -> String {
    match (state, note) {
        (state, "") => state.words().to_owned(),
        (LayerState::PartlyUsed, note) => note.to_owned(),
        (state, note) => format!("{}, {note}", state.words()),
    }
}

/// Terms that must add up to a total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// What must add up, in words.
    pub what: String,
    /// The terms with their names.
    pub terms: Vec<Term>,
    /// What they must sum to.
    #[serde(serialize_with = "as_text")]
    pub total: u128,
}

/// One named term of a sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// What it is.
    pub name: String,
    /// How much.
    #[serde(serialize_with = "as_text")]
    pub amount: u128,
}

impl Sum {
    fn new(what: String, terms: Vec<(String, u128)>, total: u128) -> Self {
        let terms = terms.into_iter().map(|(name, amount)| Term { name, amount }).collect();
        Self { what, terms, total }
    }

    /// Whether it adds up, exactly.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.terms.iter().map(|term| term.amount).sum::<u128>() == self.total
    }
}

/// Every sum that must add up, each checked against the numbers of the report itself.
pub(crate) fn sums(losses: &[LossSummary], shares: &[ShareRow]) -> Vec<Sum> {
    let mut paid: BTreeMap<(&str, u32, &str), u128> = BTreeMap::new();
    for share in shares {
        *paid.entry((&share.loss_id, share.step, &share.layer)).or_default() += share.share.atoms();
    }
    let mut found = Vec::new();
    for loss in losses {
        let id = &loss.id;
        found.push(Sum::new(
            format!("{id}: own means and deficit are the loss"),
            vec![
                ("Own means".to_owned(), loss.own_means.atoms()),
                ("Deficit".to_owned(), loss.deficit.atoms()),
            ],
            loss.amount.atoms(),
        ));
        let mut draws: Vec<(String, u128)> =
            loss.layers.iter().map(|layer| (layer.name.clone(), layer.received.atoms())).collect();
        if !loss.netted.is_zero() {
            draws.insert(0, (OTHER_BOOKS.to_owned(), loss.netted.atoms()));
        }
        draws.push(("Uncovered".to_owned(), loss.uncovered.atoms()));
        let deficit = loss.deficit.atoms();
        found.push(Sum::new(format!("{id}: draws and uncovered are the deficit"), draws, deficit));
        for layer in &loss.layers {
            if let Some(total) = paid.get(&(id.as_str(), layer.step, layer.name.as_str())) {
                found.push(Sum::new(
                    format!("{id}: the shares of {} are its draw", layer.name),
                    vec![("All shares".to_owned(), *total)],
                    layer.received.atoms(),
                ));
            }
        }
        if !loss.recovered.is_zero() {
            found.push(recoveries(loss));
        }
    }
    found
}

/// What accounts paid by rank is what was settled of the losses.
pub(crate) fn settlement_sum(summary: &Summary) -> Option<Sum> {
    let settlement = summary.settlement.as_ref()?;
    let paid = settlement.accounts.iter().map(|account| account.paid.atoms()).sum();
    let settled = summary.losses.iter().map(|loss| loss.settled_by_rank.atoms()).sum();
    let what = "what accounts paid by rank is what was settled of the uncovered debt".to_owned();
    Some(Sum::new(what, vec![("All accounts".to_owned(), paid)], settled))
}

/// What came back went to those who paid, to the uncovered debt, or beyond them to the owner.
fn recoveries(loss: &LossSummary) -> Sum {
    let mut terms: Vec<(String, u128)> = loss
        .layers
        .iter()
        .filter(|layer| !layer.repaid.is_zero())
        .map(|layer| (layer.name.clone(), layer.repaid.atoms()))
        .collect();
    if !loss.repaid_uncovered.is_zero() {
        terms.push(("Uncovered".to_owned(), loss.repaid_uncovered.atoms()));
    }
    if !loss.repaid_by_rank.is_zero() {
        terms.push(("Settled by rank".to_owned(), loss.repaid_by_rank.atoms()));
    }
    if !loss.repaid_results.is_zero() {
        terms.push((OTHER_BOOKS.to_owned(), loss.repaid_results.atoms()));
    }
    // What results repaid they are owed in their turn.
    let borne = loss.deficit.atoms() + loss.repaid_results.atoms();
    if loss.recovered.atoms() > borne {
        terms.push(("Left over".to_owned(), loss.recovered.atoms() - borne));
    }
    let what = format!("{}: what came back went to those who bore it", loss.id);
    Sum::new(what, terms, loss.recovered.atoms())
}
