//! What happens to clearing funds, in words.

use rhodian_core::pools::clearing::Event;

use crate::money::count;
use crate::names::{MoneyOf, Names};

/// The sentence of an event of a clearing fund.
pub(super) fn of_clearing(names: &dyn Names, event: &Event) -> Option<String> {
    let account = |id| names.account(id);
    Some(match *event {
        Event::Joined { account: id, asset, required, .. } => format!(
            "{} becomes a clearing member and is to contribute {}",
            account(id),
            names.money_with_unit(MoneyOf::Asset(asset), required)
        ),
        Event::NoticeGiven { account: id, .. } => format!(
            "{} gives notice: answers for losses that are detected until it is over",
            account(id)
        ),
        Event::Sized { asset, size, ref members, .. } => {
            let called = members.iter().filter(|row| !row.called.is_zero()).count();
            format!(
                "the clearing fund is sized: {} of {} members, {} of them called",
                names.money_with_unit(MoneyOf::Asset(asset), size),
                count(members.len()),
                count(called)
            )
        }
        Event::Cleared { account: id, member, .. } => {
            format!("{} becomes a client of {}", account(id), account(member))
        }
        Event::Released { account: id, .. } => {
            format!("{} is no client any more", account(id))
        }
        Event::Ported { account: id, from, member, .. } => {
            format!("{} is ported from {} to {}", account(id), account(from), account(member))
        }
        Event::ClosedOut { account: id, .. } => {
            format!("nobody took {} in time: what it holds is closed out", account(id))
        }
        Event::AuctionOpened { loss, most, .. } => format!(
            "the book of {} is put up for auction among members, for {} at most",
            names.loss(loss),
            names.money_with_unit(MoneyOf::Loss(loss), most)
        ),
        Event::Bid { loss, account: id, asks, .. } => format!(
            "{} asks {} for taking the book of {}",
            account(id),
            names.money_with_unit(MoneyOf::Loss(loss), asks),
            names.loss(loss)
        ),
        Event::AuctionEnded { loss, winner, ref junior, .. } => {
            let first = match junior.len() {
                0 => "nobody's contribution is junior".to_owned(),
                1 => "the contribution of one member pays first in part".to_owned(),
                many => format!("the contributions of {} members pay first in part", count(many)),
            };
            match winner {
                Some((id, asks)) => format!(
                    "{} takes the book of {} for {}: {first}",
                    account(id),
                    names.loss(loss),
                    names.money_with_unit(MoneyOf::Loss(loss), asks)
                ),
                None => format!("nobody takes the book of {}: {first}", names.loss(loss)),
            }
        }
        Event::Opened { .. } => return None,
    })
}
