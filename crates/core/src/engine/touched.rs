//! Whom an event touches: whose money or legs it moves.

use alloc::vec::Vec;

use super::Event;
use crate::closeout;
use crate::ids::{AccountId, AssetId};
use crate::ledger::Holder;
use crate::market::{self, Party};

/// Adds `account` to those touched. Most events name few accounts, several times.
pub(super) fn note(touched: &mut Vec<AccountId>, account: AccountId) {
    if !touched.iter().rev().take(2).any(|last| *last == account) {
        touched.push(account);
    }
}

/// Whether `touched`, in id order, are all whose money `event` moves, and maybe more.
pub(super) fn are_touched(event: &Event, touched: &[AccountId]) -> bool {
    let mut all = true;
    event.transfers(&mut |transfer| {
        for holder in [transfer.from, transfer.to] {
            if let Holder::Account(account) = holder {
                all &= touched.binary_search(&account).is_ok();
            }
        }
    });
    all
}

/// Calls `visit` with each account whose legs `event` changes, and the asset of the trade where the
/// event says it.
pub(super) fn traders(event: &Event, visit: &mut dyn FnMut(AccountId, Option<AssetId>)) {
    let mut party = |party: Party, asset| {
        if let Party::Account(account) = party {
            visit(account, Some(asset));
        }
    };
    match event {
        Event::Market(market::Event::Filled { buyer, seller, asset, .. }) => {
            party(*buyer, *asset);
            party(*seller, *asset);
        }
        Event::Market(market::Event::PaidOut { paid, asset, .. }) => {
            paid.iter().for_each(|(of, _)| party(*of, *asset));
        }
        Event::Market(market::Event::LegsTaken { account, .. }) => visit(*account, None),
        Event::CloseOut(closeout::Event::Deleveraged { from, taken, asset, .. }) => {
            party(*from, *asset);
            taken.iter().for_each(|(of, _)| party(*of, *asset));
        }
        Event::CloseOut(closeout::Event::LegsSold { from, to, asset, .. }) => {
            party(*from, *asset);
            party(Party::Account(*to), *asset);
        }
        _ => {}
    }
}
