//! The auction of a book among members: each says what he asks to take all of it at the marks, and
//! who asks least takes it. Whoever did not bid, or asked more, pays first from the fund: by how
//! much more he asked, against what the book requires to be opened. A bid that its account could
//! not take is none.
//!
//! What of a contribution is junior pays before anybody's rest, so that a bid is worth its price to
//! who makes it; `juniority` says how strong that is, and nothing makes it none.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use super::{Event, Fund, Rejection, decide};
use crate::basis::part_of_weight_floor;
use crate::closeout;
use crate::engine::{Events, State};
use crate::ids::{AccountId, ClearingId, LayerId, LossId, Time};
use crate::margin::{self, Level};
use crate::market;
use crate::oracle::Purpose;
use crate::units::Amount;
use crate::wide::mul_div_floor;

/// An auction of a book among members.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingAuction"))]
pub struct Auction {
    /// The most that is paid for taking the book.
    pub most: Amount,
    /// Until when members may bid.
    pub until: Time,
    /// What each asks.
    pub bids: BTreeMap<AccountId, Amount>,
    /// How it ended.
    pub end: Option<AuctionEnd>,
}

/// How an auction ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuctionEnd {
    /// Who took the book, and what he was paid for it.
    pub winner: Option<(AccountId, Amount)>,
    /// What of each member's contribution pays first, in millionths.
    pub junior: BTreeMap<AccountId, u32>,
}

pub(super) fn open(
    state: &State,
    id: ClearingId,
    loss: LossId,
    most: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let fund = decide::fund(state, id)?;
    let found = state.losses.loss(loss).filter(|found| found.domain == fund.spec.domain);
    let begun = state.closeouts.deleveraging(loss).is_some();
    if found.is_none() || begun || state.markets.book(loss).is_empty() {
        return Err(Rejection::NoBook { loss });
    }
    if fund.auctions.contains_key(&loss) {
        return Err(Rejection::AuctionTwice { loss });
    }
    let until = state.now().after(fund.spec.bidding);
    events.push(Event::AuctionOpened { fund: id, loss, most, until });
    Ok(())
}

pub(super) fn bid(
    state: &State,
    (id, loss): (ClearingId, LossId),
    (account, number): (AccountId, u64),
    asks: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let fund = decide::fund(state, id)?;
    let member = decide::standing(fund, account)?;
    // Who is gone answers for nothing, nor takes anything.
    if !state.is_liable(fund, member) {
        return Err(Rejection::NoticeGiven { account });
    }
    let auction = fund.auctions.get(&loss).filter(|auction| auction.end.is_none());
    let auction = auction.ok_or(Rejection::NoAuction { loss })?;
    if asks > auction.most {
        return Err(Rejection::AboveMost { asks, most: auction.most });
    }
    events.push(Event::Bid { fund: id, loss, account, number, asks });
    Ok(())
}

/// The first auction whose time is up, or of whose book nothing is left.
pub(super) fn due(state: &State, fund: &Fund) -> Option<LossId> {
    let open = fund.auctions.iter().filter(|(_, auction)| auction.end.is_none());
    // At a mark that is good for nothing nobody could take it: it waits.
    let over = |(loss, auction): &(&LossId, &Auction)| {
        let book = state.markets.book(**loss);
        let fits = auction.until <= state.now() && market::all_fit(state, book, Purpose::Liquidate);
        fits || book.is_empty()
    };
    open.filter(over).map(|(loss, _)| *loss).next()
}

/// The bids that stand, least first, the first of equals by account.
fn standing_bids(
    state: &State,
    fund: &Fund,
    loss: LossId,
    auction: &Auction,
) -> Vec<(Amount, AccountId)> {
    let stands = |account: &AccountId, asks: Amount| {
        let member = fund.members.get(account);
        member.is_some_and(|member| state.is_liable(fund, member))
            && closeout::could_take(state, loss, *account, asks)
    };
    let bids = auction.bids.iter().filter(|(account, asks)| stands(account, **asks));
    let mut bids: Vec<(Amount, AccountId)> =
        bids.map(|(account, asks)| (*asks, *account)).collect();
    bids.sort_unstable();
    bids
}

pub(super) fn end(
    state: &State,
    (id, fund): (ClearingId, &Fund),
    loss: LossId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let auction = fund.auctions.get(&loss).ok_or(Rejection::NotDue)?;
    // Where nothing is left to take nobody is worse for not having bid.
    if state.markets.book(loss).is_empty() {
        events.push(Event::AuctionEnded { fund: id, loss, winner: None, junior: Vec::new() });
        return Ok(());
    }
    let bids = standing_bids(state, fund, loss, auction);
    let winner = bids.first().map(|(asks, account)| (*account, *asks));
    let least = bids.first().map_or(Amount::ZERO, |(asks, _)| *asks);
    let scale = margin::of_legs(state, state.markets.book(loss), Level::Initial);
    let liable = fund.members.iter().filter(|(_, member)| state.is_liable(fund, member));
    let junior = liable.map(|(account, _)| {
        let asked = bids.iter().find(|(_, bidder)| bidder == account).map(|(asks, _)| *asks);
        let more = asked.map(|asks| asks.less_or_zero(least));
        (*account, junior_floor(fund.spec.juniority, more, scale))
    });
    let junior = junior.filter(|(_, part)| *part > 0).collect();
    events.push(Event::AuctionEnded { fund: id, loss, winner, junior });
    if let Some((account, asks)) = winner {
        closeout::award(state, loss, account, asks, events).map_err(|_| Rejection::NotDue)?;
    }
    Ok(())
}

/// `juniority` of who did not bid; of who asked `more` than the least its part over `scale`, at
/// most all of it, rounded down (for the member).
fn junior_floor(juniority: u32, more: Option<Amount>, scale: u128) -> u32 {
    let Some(more) = more else { return juniority };
    let (more, scale) = (more.atoms().min(scale.max(1)), scale.max(1));
    let part = mul_div_floor(u128::from(juniority), more, scale);
    part.and_then(|part| u32::try_from(part).ok()).unwrap_or(juniority)
}

impl State {
    /// What of each stake in `layer` pays first for `loss`, rounded down (for the staker).
    pub(crate) fn junior_parts(
        &self,
        loss: LossId,
        layer: LayerId,
        accounts: &[AccountId],
        stakes: &[Amount],
    ) -> Vec<Amount> {
        let fund = self.clearing.of_layer(layer);
        let auction = fund.and_then(|(_, fund)| fund.auctions.get(&loss));
        let junior = auction.and_then(|auction| auction.end.as_ref()).map(|end| &end.junior);
        let part = |(account, stake): (&AccountId, &Amount)| {
            let part = junior.and_then(|junior| junior.get(account)).copied().unwrap_or(0);
            part_of_weight_floor(*stake, Some(part))
        };
        accounts.iter().zip(stakes).map(part).collect()
    }

    /// Whether members bid for the whole book of `loss`: it goes to nobody else meanwhile.
    pub(crate) fn is_put_up(&self, loss: LossId) -> bool {
        let open = |fund: &Fund| fund.auctions.get(&loss).is_some_and(|of| of.end.is_none());
        self.clearing.funds().any(|(_, fund)| open(fund))
    }

    /// Whether the book of `loss` was put up and nobody took it.
    pub(crate) fn is_unsold(&self, loss: LossId) -> bool {
        self.clearing.funds().any(|(_, fund)| {
            let end = fund.auctions.get(&loss).and_then(|auction| auction.end.as_ref());
            end.is_some_and(|end| end.winner.is_none())
        })
    }
}
