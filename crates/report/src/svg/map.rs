//! What was taken over, by market and time: the darker a cell, the more value.

use super::{Anchor, Canvas, FAINT, OPEN, TEXT, TRACK, WIDTH};
use crate::run::{MapRow, clock};
use crate::safe::fitted;

/// Where the cells begin, and the height of a row, in tenths.
const LEFT: u32 = 1_250;
const ROW: u32 = 240;

/// A map of takeovers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// A row for each market; all have as many cells.
    pub rows: Vec<MapRow>,
    /// The end of the time shown.
    pub end: u64,
}

impl Map {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let cells = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(1).max(1);
        let cells = u32::try_from(cells).unwrap_or(1);
        let width = (WIDTH * 10 - LEFT) / cells;
        let most = self.rows.iter().flat_map(|row| &row.cells).copied().max().unwrap_or(0);
        for (index, row) in self.rows.iter().enumerate() {
            let top = ROW * u32::try_from(index).unwrap_or(0);
            let name = fitted(&row.market, 13, "…");
            canvas.text((0, top + 165), Anchor::Start, TEXT, &name);
            canvas.rect((LEFT, top + 30), (width * cells, ROW - 60), TRACK);
            for (place, value) in (0u32..).zip(&row.cells) {
                if *value > 0 {
                    let (at, size) = ((LEFT + width * place, top + 30), (width.max(20), ROW - 60));
                    canvas.shade(at, size, OPEN, strength(*value, most));
                }
            }
        }
        let bottom = ROW * u32::try_from(self.rows.len()).unwrap_or(0);
        canvas.text((LEFT, bottom + 110), Anchor::Start, FAINT, "00:00:00");
        let end = clock(self.end);
        canvas.text((LEFT + width * cells, bottom + 110), Anchor::End, FAINT, &end);
        canvas.reach(bottom + 160);
    }
}

/// How dark a cell is, in percent: something is never as light as nothing.
fn strength(value: u128, most: u128) -> u32 {
    let (part, _) = crate::money::scaled(value, 75, most);
    25 + u32::try_from(part).unwrap_or(75).min(75)
}
