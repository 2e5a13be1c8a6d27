//! What events do to clearing funds. Nothing here can fail.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Auction, AuctionEnd, Clearing, Client, Event, Fund, Member, Notice, SizedMember};
use crate::domain::{self, Domains};
use crate::ids::{AccountId, DomainId, LayerId, LossId, OwnerId, Time};
use crate::loss;
use crate::market;
use crate::units::Amount;

impl Clearing {
    pub(crate) fn evolve(&mut self, event: &Event, domains: &Domains, now: Time) {
        if let Event::Opened { spec, .. } = event {
            self.funds.push(Fund {
                spec: (**spec).clone(),
                members: BTreeMap::new(),
                clients: BTreeMap::new(),
                auctions: BTreeMap::new(),
                size: Amount::ZERO,
                uncovered: Vec::new(),
                sized: now,
            });
            return;
        }
        let Some(fund) = self.funds.get_mut(event.fund().index()) else { return };
        match event {
            Event::Opened { .. } => {}
            Event::Joined { account, owner, required, due, .. } => {
                fund.size = fund.size.checked_add(*required).unwrap_or(Amount::MAX);
                // A stake of an earlier time may still be there.
                let lacks = contributed(domains, fund.spec.layer, *account) < *required;
                let due = lacks.then_some(*due);
                fund.members.insert(*account, joined(*owner, *required, due, now));
            }
            Event::NoticeGiven { account, until, .. } => {
                if let Some(member) = fund.members.get_mut(account) {
                    member.notice = Some(Notice { given: now, until: *until });
                }
            }
            Event::Sized { uncovered, size, due, members, .. } => {
                fund.uncovered.clone_from(uncovered);
                (fund.size, fund.sized) = (*size, now);
                fund.sized_as(members, *due, now);
            }
            Event::Cleared { account, member, .. } | Event::Ported { account, member, .. } => {
                fund.clients.insert(*account, Client { member: *member, until: None });
            }
            // His member answers for the loss: he is released once it is over.
            Event::ClosedOut { .. } => {}
            Event::Released { account, .. } => {
                fund.clients.remove(account);
            }
            Event::AuctionOpened { loss, most, until, .. } => {
                let (bids, end) = (BTreeMap::new(), None);
                fund.auctions.insert(*loss, Auction { most: *most, until: *until, bids, end });
            }
            Event::Bid { loss, account, asks, .. } => {
                if let Some(auction) = fund.auctions.get_mut(loss) {
                    auction.bids.insert(*account, *asks);
                }
            }
            Event::AuctionEnded { loss, winner, junior, .. } => {
                if let Some(auction) = fund.auctions.get_mut(loss) {
                    let junior = junior.iter().copied().collect();
                    auction.end = Some(AuctionEnd { winner: *winner, junior });
                }
            }
        }
    }

    /// A contribution came in, or stays after an exit: who has what he is to contribute is called
    /// for nothing.
    pub(crate) fn evolve_domain(&mut self, event: &domain::Event, domains: &Domains) {
        let (domain::Event::Staked { layer, account, stake, .. }
        | domain::Event::ExitPaid { layer, account, stake, .. }) = *event
        else {
            return;
        };
        let Some(fund) = self.funds.iter_mut().find(|fund| fund.spec.layer == layer) else {
            return;
        };
        let Some(member) = fund.members.get_mut(&account) else { return };
        let asked = domains.exits(layer).map_or(Amount::ZERO, |of| of.asked(account));
        if stake.less_or_zero(asked) >= member.required {
            member.due = None;
        }
    }

    /// A book became another by a fill or a last price: whoever bid for it bid for what is gone.
    pub(crate) fn evolve_market(&mut self, event: &market::Event) {
        let books: Vec<LossId> = match event {
            market::Event::Filled { buyer, seller, .. } => {
                [buyer, seller].into_iter().filter_map(|party| party.loss()).collect()
            }
            market::Event::PaidOut { paid, .. } => {
                paid.iter().filter_map(|(party, _)| party.loss()).collect()
            }
            _ => return,
        };
        for loss in books {
            let auctions = self.funds.iter_mut().filter_map(|fund| fund.auctions.get_mut(&loss));
            auctions.filter(|of| of.end.is_none()).for_each(|of| of.bids.clear());
        }
    }

    /// A member is in default: he is to contribute no more, and his clients may be ported.
    pub(crate) fn failed(&mut self, domain: DomainId, owner: OwnerId, now: Time) {
        let Some(fund) = self.funds.iter_mut().find(|fund| fund.spec.domain == domain) else {
            return;
        };
        let mut members = fund.members.iter_mut();
        let Some((account, member)) = members.find(|(_, of)| of.owner == owner) else { return };
        fund.size = fund.size.less_or_zero(member.required);
        (member.required, member.due) = (Amount::ZERO, None);
        member.failed.get_or_insert(now);
        let until = now.after(fund.spec.porting);
        for client in fund.clients.values_mut().filter(|client| client.member == *account) {
            client.until.get_or_insert(until);
        }
    }

    /// A member paid what a layer called him for.
    pub(crate) fn assessed(
        &mut self,
        (layer, account): (LayerId, AccountId),
        amount: Amount,
        now: Time,
    ) {
        for fund in &mut self.funds {
            let Some(terms) = fund.spec.assessment.filter(|of| of.layer == layer) else {
                continue;
            };
            if let Some(member) = fund.members.get_mut(&account) {
                member.pay(amount, terms.window, now);
            }
        }
    }
}

impl Fund {
    /// Who is not sized is to contribute nothing; if his notice is over, and what he paid of
    /// assessments counts in no window, he is a member no longer: nobody leaves and joins again to
    /// be assessed anew.
    /// A call that was not met keeps its end.
    fn sized_as(&mut self, sized: &[SizedMember], due: Time, now: Time) {
        let of = |account: &AccountId| {
            let place = sized.binary_search_by_key(account, |row| row.account).ok()?;
            sized.get(place)
        };
        let window = self.spec.assessment.map_or(0, |of| of.window);
        self.members.retain(|account, member| {
            let over = member.notice.is_some_and(|notice| notice.until <= now);
            let last = member.assessed.last();
            let counts = last.is_some_and(|(at, _)| loss::is_within(*at, now, window));
            of(account).is_some() || member.failed.is_some() || !over || counts
        });
        for (account, member) in &mut self.members {
            let Some(row) = of(account) else {
                (member.required, member.due) = (Amount::ZERO, None);
                continue;
            };
            (member.required, member.stressed) = (row.required, row.stressed);
            let ends = member.due.map_or(due, |before| before.min(due));
            member.due = (!row.called.is_zero()).then_some(ends);
        }
    }
}

/// What an account's stake in `layer` is, less what it asked for.
fn contributed(domains: &Domains, layer: LayerId, account: AccountId) -> Amount {
    let asked = domains.exits(layer).map_or(Amount::ZERO, |of| of.asked(account));
    domains.stake(layer, account).less_or_zero(asked)
}

const fn joined(owner: OwnerId, required: Amount, due: Option<Time>, now: Time) -> Member {
    Member {
        owner,
        joined: now,
        required,
        stressed: Amount::ZERO,
        due,
        notice: None,
        failed: None,
        assessed: Vec::new(),
    }
}
