//! Curves with bands on two axes. Places along an axis are whole, from 0 to ten thousand: whoever
//! has the figures says where they stand, so nothing here needs floats.

use super::{Anchor, Canvas, FAINT, LOSS, OPEN, OWN, PAID, TEXT, TRACK, WIDTH, along};
use crate::safe::fitted;

/// The far end of an axis.
pub const FULL: u32 = 10_000;

/// The plot's edges and extent, in tenths.
const LEFT: u32 = 720;
const TOP: u32 = 90;
const WIDE: u32 = WIDTH * 10 - LEFT - 160;
const HIGH: u32 = 2_300;

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    /// What stands along it.
    pub name: String,
    /// Places with their labels.
    pub marks: Vec<(u32, String)>,
}

/// A curve with what lies around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// Its name, in the legend; none where there is but one.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(u32, u32)>,
    /// Bands, the widest first: along it, from, to.
    pub bands: Vec<Vec<(u32, u32, u32)>>,
    /// Whether its points are dots, not joined.
    pub dots: bool,
}

/// Curves on two axes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plot {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// From left to right.
    pub across: Axis,
    /// From below.
    pub up: Axis,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Places across that are marked by a line, with a word each.
    pub lines: Vec<(u32, String)>,
}

const fn x(place: u32) -> u32 {
    LEFT + WIDE * place / FULL
}

const fn y(place: u32) -> u32 {
    TOP + HIGH - HIGH * place / FULL
}

impl Plot {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let bottom = y(0);
        for (place, label) in &self.up.marks {
            canvas.line(&[(LEFT, y(*place)), (x(FULL), y(*place))], TRACK, 10, false);
            canvas.text((LEFT - 70, y(*place) + 45), Anchor::End, FAINT, label);
        }
        for (place, label) in &self.across.marks {
            canvas.line(&[(x(*place), TOP), (x(*place), bottom)], TRACK, 10, false);
            canvas.text((x(*place), bottom + 190), Anchor::Middle, FAINT, label);
        }
        let mut rows = Rows::default();
        for (place, word) in &self.lines {
            canvas.line(&[(x(*place), TOP), (x(*place), bottom)], FAINT, 12, true);
            if word.is_empty() {
                continue;
            }
            let (at, anchor) = if *place > FULL / 2 {
                (x(*place) - 50, Anchor::End)
            } else {
                (x(*place) + 50, Anchor::Start)
            };
            let wide = LETTER * u32::try_from(word.chars().count()).unwrap_or(u32::MAX / LETTER);
            let from = if matches!(anchor, Anchor::End) { at.saturating_sub(wide) } else { at };
            let row = rows.free(from, from + wide);
            canvas.text((at, TOP + 140 + 180 * row), anchor, FAINT, word);
        }
        let inks = [PAID, OPEN, OWN, LOSS];
        for (curve, ink) in self.curves.iter().zip(inks.iter().cycle()) {
            for band in &curve.bands {
                let lower = band.iter().map(|(at, low, _)| (x(*at), y(*low)));
                let upper = band.iter().rev().map(|(at, _, high)| (x(*at), y(*high)));
                canvas.area(&lower.chain(upper).collect::<Vec<_>>(), *ink);
            }
            let points: Vec<(u32, u32)> =
                curve.points.iter().map(|(across, up)| (x(*across), y(*up))).collect();
            if !curve.dots {
                canvas.line(&points, *ink, 22, false);
            }
            if curve.dots || points.len() <= 24 {
                points.iter().for_each(|point| canvas.dot(*point, *ink));
            }
        }
        canvas.text((LEFT + WIDE / 2, bottom + 400), Anchor::Middle, FAINT, &self.across.name);
        canvas.text((0, bottom + 400), Anchor::Start, FAINT, &format!("up: {}", self.up.name));
        let mut below = bottom + 450;
        let named = self.curves.iter().zip(inks.iter().cycle());
        for (curve, ink) in named.filter(|(curve, _)| !curve.name.is_empty()) {
            canvas.rect((0, below + 40), (110, 110), *ink);
            canvas.text((180, below + 140), Anchor::Start, TEXT, &fitted(&curve.name, 60, "…"));
            below += 190;
        }
        canvas.reach(below + 20);
    }
}

/// About how wide a letter is.
const LETTER: u32 = 85;

/// What is taken of each row of words, from above: one that would stand on another goes below it.
#[derive(Debug, Default)]
struct Rows(Vec<Vec<(u32, u32)>>);

impl Rows {
    /// The first row where nothing stands between two places, which then are taken.
    fn free(&mut self, from: u32, to: u32) -> u32 {
        let apart = |row: &Vec<(u32, u32)>| row.iter().all(|taken| to < taken.0 || taken.1 < from);
        let found = self.0.iter().position(apart).unwrap_or(self.0.len());
        if found == self.0.len() {
            self.0.push(Vec::new());
        }
        self.0[found].push((from, to));
        u32::try_from(found).unwrap_or(0)
    }
}

/// One cell of a [`Heat`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeatCell {
    /// How dark it is, from 0 to ten thousand.
    pub strength: u32,
    /// What stands in it.
    pub text: String,
}

/// A figure over two parameters: the darker a cell, the larger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heat {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// What changes from left to right, and its values.
    pub across: (String, Vec<String>),
    /// What changes downwards, and its values.
    pub down: (String, Vec<String>),
    /// The cells, row by row.
    pub cells: Vec<Vec<HeatCell>>,
}

/// So many letters of a row's name are shown.
const NAME: usize = 18;

/// The height of a row, in tenths.
const ROW: u32 = 330;

impl Heat {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let columns = u32::try_from(self.across.1.len()).unwrap_or(1).max(1);
        // Names of rows that are longer than a value have more room.
        let longest = self.down.1.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let longest = u32::try_from(longest.min(NAME)).unwrap_or(0);
        let (left, top) = ((80 + 80 * longest).max(950), 420);
        let width = (WIDTH * 10 - left) / columns;
        let middle = left + width * columns / 2;
        canvas.text((middle, 120), Anchor::Middle, FAINT, &self.across.0);
        canvas.text((0, 120), Anchor::Start, FAINT, &format!("down: {}", self.down.0));
        for (place, value) in (0u32..).zip(&self.across.1) {
            let at = (left + width * place + width / 2, top - 90);
            canvas.text(at, Anchor::Middle, TEXT, &fitted(value, 10, "…"));
        }
        for ((place, row), value) in (0u32..).zip(&self.cells).zip(&self.down.1) {
            let from = top + ROW * place;
            canvas.text((left - 80, from + 205), Anchor::End, TEXT, &fitted(value, NAME, "…"));
            for (column, cell) in (0u32..).zip(row) {
                let at = (left + width * column, from);
                // Half at the darkest, so that the figure on it can be read.
                let strength = 4 + along(46, u128::from(cell.strength), u128::from(FULL));
                canvas.shade(at, (width - 20, ROW - 20), OPEN, strength);
                let centre = (at.0 + width / 2, from + 205);
                canvas.text(centre, Anchor::Middle, TEXT, &fitted(&cell.text, 10, "…"));
            }
        }
        let rows = u32::try_from(self.cells.len()).unwrap_or(0);
        canvas.reach(top + ROW * rows + 20);
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn words_that_would_stand_on_another_go_below_it() {
        let mut rows = Rows::default();
        let taken = [(0, 100), (50, 150), (60, 90), (101, 140), (300, 400), (160, 200)];
        assert_eq!(taken.map(|(from, to)| rows.free(from, to)), [0, 1, 2, 0, 0, 0]);
    }
}
