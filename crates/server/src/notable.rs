//! Which batches hold something of a loss, a close-out, a stake or a cover. Few do, and what a
//! participant or the page of a loss asks for stands in them alone: they are read, and the others
//! are not.

use std::sync::Arc;

use rhodian_core::domain;
use rhodian_core::engine::Event;
use rhodian_core::incentive;
use rhodian_core::market::{self, Party};
use rhodian_core::pools::{cover, liquidity, protection};
use rhodian_journal::Batch;

/// The numbers of batches, rising.
#[derive(Clone, Debug, Default)]
pub struct Notable {
    /// Batches up to this one were not looked at: each of them may hold something.
    unknown: u64,
    /// Shared with whoever reads by it, and copied only while somebody does.
    known: Arc<Vec<u64>>,
}

impl Notable {
    /// Nothing is known of the batches up to `unknown`.
    #[must_use]
    pub fn after(unknown: u64) -> Self {
        Self { unknown, known: Arc::default() }
    }

    /// Looks at the next batch.
    pub fn note(&mut self, batch: &Batch) {
        let mut events = batch.records().flat_map(|record| &record.events);
        if events.any(is_notable) {
            Arc::make_mut(&mut self.known).push(batch.number);
        }
    }

    /// The batches from `first` on that may hold something, in order.
    pub fn from(&self, first: u64) -> impl Iterator<Item = u64> + '_ {
        let place = self.known.partition_point(|number| *number < first);
        (first.max(1)..=self.unknown).chain(self.known[place..].iter().copied())
    }
}

/// Whether `event` is of a loss or a close-out, a book's fills and payouts among them, of a stake
/// that leaves or what it earned, of a cover, a clearing fund, a protection or new tokens, or a premium that holders paid. What pools earn by the
/// hour is not.
fn is_notable(event: &Event) -> bool {
    let of_account = match event {
        Event::Domain(event) => matches!(
            event,
            domain::Event::ExitAsked { .. }
                | domain::Event::ExitPaid { .. }
                | domain::Event::RewardTaken { .. }
        ),
        Event::Liquidity(event) => !matches!(event, liquidity::Event::Opened { .. }),
        Event::Cover(event) => !matches!(event, cover::Event::Earned { .. }),
        Event::Clearing(_) | Event::Issuance(_) => true,
        Event::Protection(event) => !matches!(event, protection::Event::Opened { .. }),
        Event::Incentive(event) => matches!(event, incentive::Event::PremiumPaid { .. }),
        _ => false,
    };
    let of_book = matches!(
        event,
        Event::Market(
            market::Event::Filled { seller: Party::Book(_), .. } | market::Event::PaidOut { .. }
        )
    );
    of_account
        || of_book
        || matches!(event, Event::Loss(_) | Event::CloseOut(_))
        || event.loss().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_at_is_read_and_the_rest_where_it_is_known() {
        let of = Notable { unknown: 3, known: Arc::new(vec![5, 9]) };
        let from = |first| of.from(first).collect::<Vec<u64>>();
        assert_eq!(from(0), [1, 2, 3, 5, 9]);
        assert_eq!(from(2), [2, 3, 5, 9]);
        assert_eq!(from(5), [5, 9]);
        assert_eq!(from(6), [9]);
        assert!(from(10).is_empty());
    }
}
