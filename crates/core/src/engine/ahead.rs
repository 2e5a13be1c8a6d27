//! Reading ahead. What a trade reads of its two accounts lies in a dozen places of memory, in no
//! cache where accounts are many. Met one after the other, each would be waited for; asked for
//! together, they come in the time of two. Nothing hangs on what is read here.

use core::hint::black_box;

use super::State;
use crate::ids::AssetId;
use crate::ledger::Holder;
use crate::market::Party;

impl State {
    /// Asks memory for what a trade in `asset` reads and writes of `parties`. It takes so few steps
    /// that a processor begins with the second party while it waits for the first.
    #[inline]
    pub(crate) fn read_ahead(&self, [one, other]: [Party; 2], asset: AssetId) {
        black_box(self.touch_memory(one, asset) ^ self.touch_memory(other, asset));
    }

    #[inline]
    fn touch_memory(&self, party: Party, asset: AssetId) -> u32 {
        let Party::Account(account) = party else { return 0 };
        let owes = self.ledger.balance(asset, Holder::Account(account)).is_negative();
        let watched = self.watch.risk().map_or(0, |risk| risk.touch_memory(account));
        self.markets.position(account).touch_memory() ^ watched ^ u32::from(owes)
    }
}
