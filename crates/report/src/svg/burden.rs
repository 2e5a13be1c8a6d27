//! The burden curve: how much of what was paid the largest payers bore together. The further it
//! bends from the diagonal, the fewer bear it.

use super::{Anchor, Canvas, FAINT, PAID, TEXT, TRACK, WIDTH, along};
use crate::money;
use crate::size::SizeTable;

/// The plot's edges and extent, in tenths.
const LEFT: u32 = 520;
const TOP: u32 = 90;
const WIDE: u32 = WIDTH * 10 - LEFT - 120;
const HIGH: u32 = 2_400;

/// The burden curve of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burden {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence with the figures.
    pub about: String,
    /// All accounts.
    pub accounts: u128,
    /// What they paid.
    pub paid: u128,
    /// Accounts, largest payers first, and what they paid together.
    pub points: Vec<(u128, u128)>,
    /// The fewest accounts that bear half of it.
    pub half: usize,
}

impl Burden {
    /// The curve of a layer; nothing where fewer than two accounts paid, since there is nothing
    /// to compare.
    #[must_use]
    pub fn of(table: &SizeTable) -> Option<Self> {
        if table.payers < 2 {
            return None;
        }
        let accounts = table.accounts as u128;
        let part = money::percent(table.half as u128, accounts);
        Some(Self {
            title: format!("How concentrated the burden of {} is", table.layer),
            about: format!(
                "Of {} accounts, the {} largest payers ({part}) bear half.",
                money::count(table.accounts),
                money::count(table.half),
            ),
            accounts,
            paid: table.paid,
            points: table.curve.iter().map(|at| (at.accounts as u128, at.paid)).collect(),
            half: table.half,
        })
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let (right, bottom) = (LEFT + WIDE, TOP + HIGH);
        for quarter in 0..=4 {
            let percent = format!("{} %", quarter * 25);
            let y = bottom - HIGH * quarter / 4;
            canvas.line(&[(LEFT, y), (right, y)], TRACK, 10, false);
            canvas.text((LEFT - 70, y + 45), Anchor::End, FAINT, &percent);
            let x = LEFT + WIDE * quarter / 4;
            canvas.line(&[(x, TOP), (x, bottom)], TRACK, 10, false);
            let anchor = if quarter == 4 { Anchor::End } else { Anchor::Middle };
            canvas.text((x, bottom + 190), anchor, FAINT, &percent);
        }
        let place = |accounts: u128, paid: u128| {
            let x = LEFT + along(WIDE, accounts, self.accounts);
            (x, bottom - along(HIGH, paid, self.paid))
        };
        let curve: Vec<(u32, u32)> =
            self.points.iter().map(|(accounts, paid)| place(*accounts, *paid)).collect();
        let mut area = curve.clone();
        area.push((right, bottom));
        canvas.area(&area, PAID);
        canvas.line(&[(LEFT, bottom), (right, TOP)], FAINT, 10, true);
        canvas.line(&curve, PAID, 25, false);
        let half = self.half as u128;
        if let Some((_, paid)) = self.points.iter().find(|point| point.0 == half) {
            canvas.dot(place(half, *paid), PAID);
        }
        let words_at = (right - 80, bottom - 460);
        let part = money::percent(half, self.accounts);
        let line = match self.half {
            1 => "The largest payer alone bears half".to_owned(),
            half => format!("The {} largest payers bear half", money::count(half)),
        };
        canvas.strong(words_at, Anchor::End, TEXT, &line);
        let below = format!("{part} of accounts");
        canvas.text((words_at.0, words_at.1 + 190), Anchor::End, TEXT, &below);
        canvas.text(
            (LEFT + WIDE / 2, bottom + 400),
            Anchor::Middle,
            FAINT,
            "accounts, largest payers first; dashed: all pay the same",
        );
        canvas.reach(bottom + 450);
    }
}
