//! The steps from a loss down to what stays uncovered.

use super::{
    Anchor, Canvas, FAINT, Ink, LOSS, OPEN, OWN, PAID, TEXT, TRACK, WIDTH, along, visible,
};
use crate::model::Asset;
use crate::money::{self, Money};
use crate::picture::{Picture, Row, RowKind};
use crate::safe::{columns, fitted};

/// The most bars below the loss; smaller layers are drawn as one.
const MOST_BARS: usize = 12;
/// About how many characters fit across the chart.
const ACROSS: usize = 60;

/// One bar of a waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub kind: RowKind,
    /// Its name.
    pub name: String,
    /// What it bore.
    pub amount: u128,
    /// The label at its right.
    pub label: String,
}

/// The steps from a loss down to what stays uncovered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence with the figures.
    pub about: String,
    /// The loss.
    pub total: u128,
    /// The label of the loss.
    pub label: String,
    /// Who bore it, in order.
    pub bars: Vec<Bar>,
}

impl Waterfall {
    /// The chart of a picture. Beyond twelve bars the smallest layers are added up as one.
    #[must_use]
    pub fn of(picture: &Picture, asset: &Asset) -> Self {
        let money = Money::new(asset.decimals);
        let places = money.places(picture.amounts().chain([picture.total]));
        let amount = |atoms| {
            let full = money.with_places(atoms, places);
            if full.len() > 24 { money.short(atoms) } else { full }
        };
        let bars = bounded(&picture.rows)
            .into_iter()
            .map(|row| Bar {
                kind: row.kind,
                label: format!("{} · {} %", amount(row.amount), row.percent),
                name: row.name,
                amount: row.amount,
            })
            .collect();
        Self {
            title: format!("Who bore {}", picture.name),
            about: picture.sentence(&asset.name, money),
            total: picture.total,
            label: format!("{} {}", amount(picture.total), asset.name),
            bars,
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let full = WIDTH * 10;
        let borne: u128 = self.bars.iter().map(|bar| bar.amount).sum();
        let whole = borne.max(self.total);
        let row = |canvas: &mut Canvas, top: u32, name: &str, label: &str, ink: Ink| {
            let room = ACROSS.saturating_sub(columns(label)).max(8);
            canvas.strong((0, top + 135), Anchor::Start, ink, &fitted(name, room, "…"));
            canvas.text((full, top + 135), Anchor::End, ink, label);
            canvas.rect((0, top + 200), (full, 120), TRACK);
        };
        row(canvas, 0, "Loss", &self.label, TEXT);
        canvas.rect((0, 200), (along(full, self.total, whole), 120), LOSS);
        let mut before = 0u128;
        for (index, bar) in self.bars.iter().enumerate() {
            let top = 440 * (u32::try_from(index).unwrap_or(0) + 1);
            let nothing = bar.amount == 0;
            let start = along(full, before, whole);
            before += bar.amount;
            let width = visible(along(full, before, whole) - start, bar.amount);
            // A sliver at the right edge moves left to stay inside.
            let start = start.min(full - width);
            if index > 0 && !nothing {
                let joint = [(start, top - 120), (start, top + 200)];
                canvas.line(&joint, FAINT, 8, true);
            }
            row(canvas, top, &bar.name, &bar.label, if nothing { FAINT } else { TEXT });
            let (at, size) = ((start, top + 200), (width, 120));
            match bar.kind {
                _ if nothing => {}
                RowKind::OwnMeans => canvas.rect(at, size, OWN),
                RowKind::Results | RowKind::Layer => canvas.rect(at, size, PAID),
                RowKind::Uncovered => canvas.hatched(at, size, OPEN),
            }
            canvas.reach(top + 330);
        }
        canvas.reach(330);
    }
}

fn bounded(rows: &[Row]) -> Vec<Row> {
    let is_layer = |row: &Row| row.kind == RowKind::Layer;
    if rows.len() <= MOST_BARS {
        return rows.to_vec();
    }
    let mut amounts: Vec<u128> =
        rows.iter().filter(|row| is_layer(row)).map(|row| row.amount).collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    // Room for own means if any, uncovered, and the sum of the rest.
    let kept = MOST_BARS - 1 - (rows.len() - amounts.len());
    let least = amounts[kept - 1];
    let mut out: Vec<Row> = Vec::with_capacity(MOST_BARS);
    let (mut layers, mut rest, mut percent, mut merged) = (0, 0u128, 0, 0usize);
    for row in rows {
        if is_layer(row) && (row.amount < least || layers == kept) {
            rest += row.amount;
            percent += row.percent;
            merged += 1;
        } else {
            layers += usize::from(is_layer(row));
            out.push(row.clone());
        }
    }
    let name = format!("{} smaller layers", money::count(merged));
    let last = out.len() - 1;
    let other = Row { kind: RowKind::Layer, name, amount: rest, percent, ..out[last].clone() };
    out.insert(last, other);
    out
}
