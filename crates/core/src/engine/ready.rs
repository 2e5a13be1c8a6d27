//! Who is next in liquidation, kept account by account: whose liquidation is over, and whose is to
//! begin. Both depend on the account alone while nobody holds a lien, so that an event changes them
//! only for those it touches; whatever is not listed here ends that knowledge, and a scan finds
//! them. Ten thousand liquidations at one mark then cost what one does, ten thousand times.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Event, State};
use crate::closeout;
use crate::ids::AccountId;
use crate::market;

/// The next accounts, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    /// Their liquidation is over.
    over: BTreeSet<AccountId>,
    /// They stand below maintenance, and their liquidation is to begin.
    begins: BTreeSet<AccountId>,
}

impl State {
    /// The first account whose liquidation is over, where it is known.
    pub(crate) fn first_over(&self) -> Option<Option<AccountId>> {
        self.watch.ready().map(|ready| ready.over.first().copied())
    }

    /// The first account whose liquidation is to begin, where it is known.
    pub(crate) fn first_begins(&self) -> Option<Option<AccountId>> {
        self.watch.ready().map(|ready| ready.begins.first().copied())
    }

    /// Finds who is next, where that is not known and there may be somebody.
    pub(super) fn find_ready(&mut self) {
        let watch = &self.watch;
        if watch.is_on() && !watch.is_quiet() && watch.ready().is_none() && !self.holds_liens() {
            let ready = self.scanned();
            self.watch.set_ready(Some(ready));
        }
    }

    fn scanned(&self) -> Ready {
        let open = self.closeouts.liquidations.keys().copied();
        let accounts: Vec<AccountId> = open.chain(self.below_maintenance()).collect();
        let mut ready = Ready::default();
        accounts.into_iter().for_each(|account| self.note_ready(&mut ready, account));
        ready
    }

    fn note_ready(&self, ready: &mut Ready, account: AccountId) {
        let due = [closeout::is_over(self, account), closeout::begins(self, account)];
        for (set, due) in [&mut ready.over, &mut ready.begins].into_iter().zip(due) {
            if due {
                set.insert(account);
            } else {
                set.remove(&account);
            }
        }
    }

    /// Follows `event`, after it was applied; it touched balances or legs of `touched`.
    pub(super) fn follow_ready(&mut self, event: &Event, touched: &[AccountId]) {
        if self.watch.ready().is_none() {
            return;
        }
        let Some(mut ready) = self.watch.take_ready() else { return };
        if !is_local(event) || self.holds_liens() {
            return;
        }
        for account in touched.iter().copied().chain(liquidated(event)) {
            self.note_ready(&mut ready, account);
        }
        self.watch.set_ready(Some(ready));
    }

    /// Whether who is next is right, where it is known.
    pub(super) fn is_ready_right(&self) -> bool {
        self.watch.ready().is_none_or(|ready| {
            let scanned = self.scanned();
            scanned.over == ready.over && scanned.begins == ready.begins
        })
    }
}

/// Whether `event` changes nobody's health but that of those it touches.
pub(super) const fn is_local(event: &Event) -> bool {
    use closeout::Event as C;
    match event {
        Event::Account(_) | Event::Market(market::Event::Filled { .. }) => true,
        Event::CloseOut(event) => !matches!(event, C::RoutesSet { .. }),
        _ => false,
    }
}

/// Whose liquidation `event` moves on.
const fn liquidated(event: &Event) -> Option<AccountId> {
    use closeout::Event as C;
    match event {
        Event::CloseOut(
            C::LiquidationBegun { account, .. }
            | C::RouteTaken { account, .. }
            | C::LiquidationEnded { account },
        ) => Some(*account),
        _ => None,
    }
}
