//! Who pays by size class: for each class its part of the accounts and its part of what was paid.

use super::{Anchor, Canvas, FAINT, OWN, PAID, TEXT, TRACK, WIDTH, along, visible};
use crate::model::Asset;
use crate::money::{self, Money};
use crate::size::SizeTable;
use crate::text::class_name;

/// The longest bar, in tenths: it leaves room for its label.
const LONGEST: u32 = 3_120;

/// One class of a [`Classes`] chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassBar {
    /// The class's name.
    pub name: String,
    /// A remark at the right, such as the mean rate.
    pub rate: String,
    /// The number of accounts in it.
    pub accounts: u128,
    /// Its whole percentage of accounts.
    pub accounts_percent: u32,
    /// What it paid.
    pub paid: u128,
    /// Its whole percentage of what was paid.
    pub paid_percent: u32,
}

/// Who pays by size class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence with the figures.
    pub about: String,
    /// The classes, smallest accounts first.
    pub bars: Vec<ClassBar>,
}

impl Classes {
    /// The chart of a table.
    #[must_use]
    pub fn of(table: &SizeTable, asset: &Asset) -> Self {
        let money = Money::new(asset.decimals);
        let accounts: Vec<u128> =
            table.classes.iter().map(|class| class.accounts as u128).collect();
        let paid: Vec<u128> = table.classes.iter().map(|class| class.paid).collect();
        let (of_accounts, of_paid) = (money::percentages(&accounts), money::percentages(&paid));
        let bars: Vec<ClassBar> = (0..table.classes.len())
            .map(|index| {
                let class = &table.classes[index];
                let rate = money::percent(class.paid, class.size);
                ClassBar {
                    name: format!("{} {}", class_name(class.from, class.below, money), asset.name),
                    rate: format!("{rate} of {}", table.by.word()),
                    accounts: accounts[index],
                    accounts_percent: of_accounts[index],
                    paid: paid[index],
                    paid_percent: of_paid[index],
                }
            })
            .collect();
        let parts: Vec<String> = bars
            .iter()
            .map(|bar| {
                format!(
                    "{}: {} % of accounts pay {} %",
                    bar.name, bar.accounts_percent, bar.paid_percent
                )
            })
            .collect();
        Self {
            title: format!("Who pays in {} by size class", table.layer),
            about: format!("{}.", parts.join("; ")),
            bars,
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let full = WIDTH * 10;
        let accounts: u128 = self.bars.iter().map(|bar| bar.accounts).sum();
        let paid: u128 = self.bars.iter().map(|bar| bar.paid).sum();
        for (index, bar) in self.bars.iter().enumerate() {
            let top = 690 * u32::try_from(index).unwrap_or(0);
            canvas.strong((0, top + 135), Anchor::Start, TEXT, &bar.name);
            canvas.text((full, top + 135), Anchor::End, FAINT, &bar.rate);
            let width = visible(along(LONGEST, bar.accounts, accounts), bar.accounts);
            canvas.rect((0, top + 225), (LONGEST, 110), TRACK);
            canvas.hatched((0, top + 225), (width, 110), OWN);
            let label = format!("{} of accounts", at_least(bar.accounts_percent, bar.accounts));
            canvas.text((LONGEST + 80, top + 325), Anchor::Start, FAINT, &label);
            let width = visible(along(LONGEST, bar.paid, paid), bar.paid);
            canvas.rect((0, top + 395), (LONGEST, 110), TRACK);
            if width > 0 {
                canvas.rect((0, top + 395), (width, 110), PAID);
            }
            let label = format!("{} of payments", at_least(bar.paid_percent, bar.paid));
            canvas.text((LONGEST + 80, top + 495), Anchor::Start, TEXT, &label);
            canvas.reach(top + 520);
        }
    }
}

/// A whole percentage that does not say 0 for something.
fn at_least(percent: u32, part: u128) -> String {
    if percent == 0 && part > 0 { "< 1 %".to_owned() } else { format!("{percent} %") }
}
