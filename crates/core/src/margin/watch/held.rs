//! Where to look for who holds a market on one side: how many do of each sixty-four accounts.
//!
//! Most markets are held by few of all accounts. To find them by looking at every slab costs what
//! all accounts cost, at each deleveraging; here a book is found where it stands.

use alloc::vec::Vec;
use core::ops::Range;

use super::RiskBook;
use super::market::Market;
use super::slab::{self, Place};
use crate::ids::{AccountId, MarketId};

/// Accounts that are counted together.
const BLOCK: usize = 64;

/// From this part of the blocks on, one in so many, all slabs are looked at in their order.
const FEW: usize = 4;

/// How many accounts hold a market on one side, by blocks of their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    counts: Vec<u8>,
    /// Blocks with a count above zero.
    blocks: usize,
}

impl Held {
    /// `account` holds it from now on.
    pub(super) fn enter(&mut self, account: AccountId) {
        let block = account.index() / BLOCK;
        if self.counts.len() <= block {
            self.counts.resize(block + 1, 0);
        }
        // At most 64 accounts, and one of them twice while its legs are written.
        self.counts[block] += 1;
        self.blocks += usize::from(self.counts[block] == 1);
    }

    /// `account`, which entered, holds it no more.
    pub(super) fn leave(&mut self, account: AccountId) {
        let block = account.index() / BLOCK;
        self.counts[block] -= 1;
        self.blocks -= usize::from(self.counts[block] == 0);
    }

    /// Whether few blocks have a holder, of as many as `accounts` fill.
    pub(super) const fn is_few(&self, accounts: usize) -> bool {
        self.blocks * BLOCK * FEW < accounts
    }

    /// The places of the accounts among whom all holders are, by rising id.
    pub(super) fn places(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(block, _)| block * BLOCK..(block + 1) * BLOCK)
    }
}

impl RiskBook {
    /// Who may hold lots of `market` on a side, long or short, in no order: all who do, and whoever
    /// stands on the side.
    pub fn holders(&self, market: MarketId, long: bool) -> impl Iterator<Item = AccountId> + '_ {
        let found = self.market(market);
        let rows = found.map_or(0..0, Market::rows);
        let held = found.map(|of| &of.held[usize::from(long)]);
        let few = held.filter(|held| held.is_few(self.linear));
        let all = few.is_none().then(|| self.shelves.holders(rows.clone(), long));
        let places = few.into_iter().flat_map(Held::places).flatten();
        let near = places.filter(move |place| {
            let place = self.entries.get(*place).map_or(Place::Absent, |entry| entry.place);
            self.shelves.holds(place, &rows, long)
        });
        near.filter_map(AccountId::at).chain(all.into_iter().flatten()).chain(self.aside())
    }

    /// Writes `legs` over those of the slab at `place`, which has room for them.
    pub(super) fn write_legs(
        &mut self,
        account: AccountId,
        place: Place,
        mut legs: impl Iterator<Item = (MarketId, i64)>,
    ) {
        let Some((_, words)) = self.shelves.words_mut(place).split_first_mut() else { return };
        for word in words {
            let leg = legs.next().and_then(|(market, lots)| {
                let of = self.markets.get(market.index()).and_then(Option::as_ref)?;
                Some(slab::pack(lots, of.row(lots)))
            });
            let before = core::mem::replace(word, leg.unwrap_or(0));
            follow(&mut self.markets, &self.row_market, account, (before, *word));
        }
    }
}

/// Follows who holds what, as a leg of `account` becomes another word.
#[inline]
pub(super) fn follow(
    markets: &mut [Option<Market>],
    row_market: &[MarketId],
    account: AccountId,
    (before, after): (i64, i64),
) {
    let side = |word: i64| {
        let lots = slab::lots(word);
        (lots != 0).then(|| (row_market[slab::row(word)], usize::from(lots > 0)))
    };
    let (left, entered) = (side(before), side(after));
    if left == entered {
        return;
    }
    let mut of = |(market, side): (MarketId, usize), change: fn(&mut Held, AccountId)| {
        if let Some(Some(found)) = markets.get_mut(market.index()) {
            change(&mut found.held[side], account);
        }
    };
    left.into_iter().for_each(|side| of(side, Held::leave));
    entered.into_iter().for_each(|side| of(side, Held::enter));
}
