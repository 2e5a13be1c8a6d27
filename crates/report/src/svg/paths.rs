//! Paths over time, one panel below the other, each on its own scale, with the moments at which
//! accounts failed.

use super::{Anchor, Canvas, FAINT, OWN, PAID, TEXT, TRACK, WIDTH, along};
use crate::run::{Path, clock};
use crate::safe::fitted;

/// The height of a panel and of its plot, in tenths.
const PANEL: u32 = 980;
const PLOT: u32 = 620;
/// Where the plots end and the labels of their extremes begin.
const RIGHT: u32 = WIDTH * 10 - 900;
/// The failures that are marked.
const MOST_FAILURES: usize = 200;

/// Paths over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// The paths.
    pub paths: Vec<Path>,
    /// When accounts failed.
    pub failures: Vec<u64>,
    /// The end of the time shown.
    pub end: u64,
}

impl Paths {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let first = self.paths.iter().filter_map(|path| Some(path.points.first()?.0)).min();
        let first = first.unwrap_or(0);
        let span = u128::from(self.end.saturating_sub(first).max(1));
        let across = |at: u64| along(RIGHT, u128::from(at.saturating_sub(first)), span);
        for (index, path) in self.paths.iter().enumerate() {
            let top = PANEL * u32::try_from(index).unwrap_or(0);
            self.panel(canvas, top, path, &across);
        }
        let bottom = PANEL * u32::try_from(self.paths.len()).unwrap_or(0);
        canvas.text((0, bottom + 110), Anchor::Start, FAINT, &clock(first));
        canvas.text((RIGHT, bottom + 110), Anchor::End, FAINT, &clock(self.end));
        canvas.reach(bottom + 160);
    }

    fn panel(&self, canvas: &mut Canvas, top: u32, path: &Path, across: &dyn Fn(u64) -> u32) {
        let (plot, bottom) = (top + 210, top + 210 + PLOT);
        canvas.strong((0, top + 135), Anchor::Start, TEXT, &fitted(&path.name, 30, "…"));
        canvas.text((RIGHT, top + 135), Anchor::End, TEXT, &path.last);
        for y in [plot, bottom] {
            canvas.line(&[(0, y), (RIGHT, y)], TRACK, 10, false);
        }
        for at in self.failures.iter().take(MOST_FAILURES) {
            let x = across(*at);
            canvas.line(&[(x, plot), (x, bottom)], FAINT, 6, true);
        }
        let values = || path.points.iter().map(|point| point.1);
        let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let range = high.abs_diff(low).max(1);
        let height = |value: i128| bottom - along(PLOT, value.abs_diff(low), range);
        if low < 0 && high > 0 {
            canvas.line(&[(0, height(0)), (RIGHT, height(0))], OWN, 8, false);
        }
        let mut points: Vec<(u32, u32)> = Vec::with_capacity(path.points.len() * 2);
        for (at, value) in &path.points {
            let (x, y) = (across(*at), height(*value));
            // A value holds until the next one.
            if let Some((_, before)) = points.last().copied().filter(|last| last.1 != y) {
                points.push((x, before));
            }
            points.push((x, y));
        }
        if let Some((_, y)) = points.last().copied() {
            points.push((RIGHT, y));
        }
        let mut area = points.clone();
        if let Some((x, _)) = points.first().copied() {
            area.push((RIGHT, bottom));
            area.push((x, bottom));
        }
        canvas.area(&area, PAID);
        canvas.line(&points, PAID, 18, false);
        canvas.text((RIGHT + 70, plot + 60), Anchor::Start, FAINT, &path.high);
        if high != low {
            canvas.text((RIGHT + 70, bottom + 30), Anchor::Start, FAINT, &path.low);
        }
    }
}
