//! The running form of what is said of lots: each trade moves them between two parties, a market's
//! fills come once, in the order of their numbers, and a close-out book only reduces.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::{BOOK, Broken, MARKETS, ONCE};
use crate::closeout;
use crate::engine::{Event, State};
use crate::ids::MarketId;
use crate::market::{self, Party};

/// What the events so far moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Lots {
    held: BTreeMap<(MarketId, Party), i128>,
    /// The number of each market's last fill.
    fills: BTreeMap<MarketId, u64>,
}

impl Lots {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        if let Event::Market(market::Event::Filled { market, number, .. }) = event {
            let last = self.fills.insert(*market, *number);
            if last.is_some_and(|last| last >= *number) {
                let detail = format!("market {market}: fill {number} after {last:?}");
                return Err(Broken { law: ONCE, detail });
            }
        }
        let takes_over = matches!(event, Event::Market(market::Event::LegsTaken { .. }));
        let mut before = BTreeMap::new();
        for (market, party, lots) in moves(event) {
            let held = self.held.entry((market, party)).or_default();
            before.entry((market, party)).or_insert(*held);
            *held += lots;
        }
        for ((market, party), before) in before {
            let followed = self.held[&(market, party)];
            let held = i128::from(state.markets.lots_of(party, market).lots());
            if followed != held {
                let detail = format!("market {market}: {party:?} holds {held}, not {followed}");
                return Err(Broken { law: MARKETS, detail });
            }
            let reduces =
                followed.signum() * before.signum() >= 0 && followed.abs() <= before.abs();
            if matches!(party, Party::Book(_)) && !takes_over && !reduces {
                let detail = format!("market {market}: {party:?} went from {before} to {followed}");
                return Err(Broken { law: BOOK, detail });
            }
        }
        Ok(())
    }
}

/// The lots an event moves: market, party, lots; every one has its other side.
fn moves(event: &Event) -> Vec<(MarketId, Party, i128)> {
    let (market, rows) = match event {
        Event::Market(market::Event::Filled { market, buyer, seller, lots, .. }) => {
            let lots = i128::from(lots.lots());
            (*market, Vec::from([(*buyer, lots), (*seller, -lots)]))
        }
        Event::Market(market::Event::LegsTaken { loss, account, legs, .. }) => {
            let rows = legs.iter().flat_map(|(market, lots)| {
                let lots = i128::from(lots.lots());
                [(*market, Party::Account(*account), -lots), (*market, Party::Book(*loss), lots)]
            });
            return rows.collect();
        }
        Event::CloseOut(closeout::Event::Deleveraged { from, market, taken, .. }) => {
            let rows = taken.iter().flat_map(|(party, lots)| {
                let lots = i128::from(lots.lots());
                [(*party, lots), (*from, -lots)]
            });
            (*market, rows.collect())
        }
        Event::CloseOut(closeout::Event::LegsSold { from, to, legs, .. }) => {
            let rows = legs.iter().flat_map(|(market, _, lots, _)| {
                let lots = i128::from(lots.lots());
                [(*market, Party::Account(*to), lots), (*market, *from, -lots)]
            });
            return rows.collect();
        }
        Event::Market(market::Event::PaidOut { market, paid, .. }) => {
            let rows = paid.iter().map(|(party, lots)| (*party, -i128::from(lots.lots())));
            (*market, rows.collect())
        }
        _ => return Vec::new(),
    };
    rows.into_iter().map(|(party, lots)| (market, party, lots)).collect()
}
