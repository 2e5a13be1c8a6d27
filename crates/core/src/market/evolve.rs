//! What an event does to the area's state. It cannot fail: `decide` made every check.

use alloc::vec::Vec;

use super::position::Trade;
use super::{Book, Event, Feeds, Leg, Market, Markets, Party, Position, Settlement};
use crate::account;
use crate::closeout;
use crate::collateral;
use crate::domain;
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, LossId, MarketId, Time};
use crate::incentive;
use crate::issuance;
use crate::loss;
use crate::pools::{cover, lending, liquidity, protection};
use crate::units::{Amount, Quantity};

impl Market {
    /// The long side grows by `lots`, or shrinks where they are below zero.
    const fn opened(&mut self, lots: i64) {
        if let Some(open) = self.open.checked_add_signed(lots) {
            self.open = open;
        }
    }
}

impl Markets {
    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match event {
            Event::Listed { spec, .. } => self.markets.push(Market {
                spec: (**spec).clone(),
                mark: None,
                funding: 0,
                funding_rest: 0,
                last_fill: 0,
                open: 0,
                feeds: Feeds::default(),
                settlement: None,
            }),
            Event::Marked { marks } => {
                for (market, price) in marks {
                    self.markets[market.index()].mark = Some(*price);
                }
            }
            Event::Filled { .. } => self.filled(event),
            Event::Funded { market, atoms_per_lot } => {
                self.markets[market.index()].funding += atoms_per_lot;
            }
            Event::PeriodEnded { checkpoint, of, oldest } => {
                self.keep_outside(*checkpoint, *oldest);
                self.checkpoints.insert(*checkpoint, of.clone());
                self.checkpoints = self.checkpoints.split_off(oldest);
            }
            Event::FeedsAttached { market, feeds } => {
                self.markets[market.index()].feeds = *feeds;
            }
            Event::PriceSettled { market, price, pays, lot_value } => {
                let found = &mut self.markets[market.index()];
                found.mark = Some(*pays);
                let (price, lot_value) = (*price, *lot_value);
                let next = AccountId(0);
                found.settlement = Some(Settlement { price, lot_value, next, net: 0 });
            }
            Event::PaidOut { market, domain, asset, lot_value, paid } => {
                for (party, lots) in paid {
                    self.pay_out((*market, *domain, *asset), *lot_value, *party, lots.lots());
                }
            }
            Event::LegsTaken { loss, account, equity, legs } => {
                let legs = self.legs_taken(*account, legs);
                let book = Book { legs, opened: equity.atoms(), since: now };
                self.books.insert(*loss, book);
            }
        }
    }

    /// The legs that leave a failed account for its book. For the account that is a trade at the
    /// mark: what it gained or lost on them is realised, else a leg that is gone would look like a
    /// gain or a loss of its whole value.
    fn legs_taken(&mut self, account: AccountId, taken: &[(MarketId, Quantity)]) -> Vec<Leg> {
        let legs = &self.position(account).legs;
        let legs = legs.iter().filter(|leg| taken.iter().any(|(market, _)| *market == leg.market));
        let legs: Vec<Leg> = legs.copied().collect();
        for leg in &legs {
            let Some(domain) = self.market(leg.market).map(|found| found.spec.domain) else {
                continue;
            };
            let (market, lots, cost) = (leg.market, -leg.lots.lots(), -self.leg_value(leg));
            let trade = Trade { market, domain, lots, cost, fee: 0 };
            self.outside_mut(domain).books += cost;
            self.position_mut(account).book(&trade);
        }
        legs
    }

    fn filled(&mut self, event: &Event) {
        let Event::Filled {
            market,
            domain,
            asset,
            number,
            buyer,
            seller,
            lots,
            cost,
            buyer_fee,
            seller_fee,
            ..
        } = *event
        else {
            return;
        };
        let (lots, cost) = (lots.lots(), cost.atoms());
        let fee = |fee: Amount| fee.atoms().cast_signed();
        let bought = Trade { market, domain, lots, cost, fee: fee(buyer_fee) };
        let sold = Trade { lots: -lots, cost: -cost, fee: fee(seller_fee), ..bought };
        let opened = self.trade(buyer, asset, &bought) + self.trade(seller, asset, &sold);
        let found = &mut self.markets[market.index()];
        found.opened(opened);
        found.last_fill = number;
    }

    /// Lots that close-outs moved: trades of each party with the one that gave them up.
    pub(crate) fn evolve_close_out(&mut self, event: &closeout::Event) {
        match event {
            closeout::Event::Deleveraged {
                from, market, domain, asset, lot_value, taken, ..
            } => {
                for (party, lots) in taken {
                    let at = (*market, *domain, *asset);
                    self.passed(at, (*from, *party), lots.lots(), *lot_value, 0);
                }
            }
            closeout::Event::LegsSold { from, to, asset, legs, bonus, .. } => {
                // The bonus is a part of the price of the first leg.
                let mut bonus = bonus.atoms().cast_signed();
                for (market, domain, lots, lot_value) in legs {
                    let at = (*market, *domain, *asset);
                    let to = Party::Account(*to);
                    self.passed(at, (*from, to), lots.lots(), *lot_value, bonus);
                    bonus = 0;
                }
            }
            _ => {}
        }
    }

    /// `lots` pass from one party to another at `lot_value`, less `bonus` in all.
    fn passed(
        &mut self,
        (market, domain, asset): (MarketId, DomainId, AssetId),
        (from, to): (Party, Party),
        lots: i64,
        lot_value: i64,
        bonus: i128,
    ) {
        let cost = i128::from(lots) * i128::from(lot_value) - bonus;
        let trade = Trade { market, domain, lots, cost, fee: 0 };
        let back = Trade { lots: -lots, cost: -cost, ..trade };
        let opened = self.trade(to, asset, &trade) + self.trade(from, asset, &back);
        self.markets[market.index()].opened(opened);
    }

    /// A leg ends at its last value: it is sold to nobody, and its lots are counted as paid out.
    fn pay_out(
        &mut self,
        (market, domain, asset): (MarketId, DomainId, AssetId),
        lot_value: i64,
        party: Party,
        lots: i64,
    ) {
        let cost = i128::from(-lots) * i128::from(lot_value);
        let trade = Trade { market, domain, lots: -lots, cost, fee: 0 };
        let opened = self.trade(party, asset, &trade);
        let found = &mut self.markets[market.index()];
        found.opened(opened);
        if let Some(of) = &mut found.settlement {
            of.net += lots;
            if let Party::Account(account) = party {
                of.next = account;
            }
        }
    }

    /// One side of a trade. By how many lots its long side grows.
    fn trade(&mut self, party: Party, asset: AssetId, trade: &Trade) -> i64 {
        let outside = self.outside_mut(trade.domain);
        outside.fees += trade.fee;
        let held = match party {
            Party::Account(account) => {
                let position = self.position_mut(account);
                position.asset = Some(asset);
                position.book(trade)
            }
            Party::Book(loss) => {
                outside.books -= trade.cost + trade.fee;
                self.trade_book(loss, trade)
            }
        };
        trade.opens(held)
    }

    /// The same of a book, which holds what it gives up. The lots held before.
    fn trade_book(&mut self, loss: LossId, trade: &Trade) -> i64 {
        let Some(book) = self.books.get_mut(&loss) else { return 0 };
        let legs = &mut book.legs;
        let mut held = 0;
        if let Some(leg) = legs.iter_mut().find(|leg| leg.market == trade.market) {
            held = leg.lots.lots();
            *leg = leg.after(trade).0;
        }
        legs.retain(|leg| !leg.lots.is_flat());
        if legs.is_empty() {
            self.books.remove(&loss);
        }
        held
    }

    fn position_mut(&mut self, account: AccountId) -> &mut Position {
        if self.positions.len() <= account.index() {
            self.positions.resize_with(account.index() + 1, Position::default);
        }
        &mut self.positions[account.index()]
    }

    /// Whether it is kept what `account` held at the checkpoint `latest`.
    pub(crate) fn is_kept(&self, account: AccountId, latest: CheckpointId) -> bool {
        self.position(account).history.last().is_some_and(|last| last.at >= latest)
    }

    /// Before `account`'s balance in `asset` or its legs change for the first time in a period,
    /// what it holds is kept as what it held at the last boundary. `trades` says that it is about
    /// to hold its first leg.
    pub(crate) fn before_touch(
        &mut self,
        account: AccountId,
        asset: AssetId,
        cash: i128,
        trades: bool,
    ) {
        let (known, latest) = (self.position(account).asset, self.latest());
        if self.is_kept(account, latest) || known.map_or(!trades, |known| known != asset) {
            return;
        }
        let oldest = self.checkpoints.first_key_value().map_or(latest, |(id, _)| *id);
        self.position_mut(account).keep(latest, oldest, cash);
    }

    /// Money that came to an account or left it otherwise than by gain or loss.
    pub(crate) fn evolve_account(&mut self, event: &account::Event) {
        match *event {
            account::Event::Deposited { account, asset, amount, .. } => {
                self.moved(account, asset, amount, false);
            }
            account::Event::Withdrawn { account, asset, amount, .. } => {
                self.moved(account, asset, amount, true);
            }
            account::Event::Transferred { from, to, asset, amount, .. } => {
                self.moved(from, asset, amount, true);
                self.moved(to, asset, amount, false);
            }
            _ => {}
        }
    }

    /// Own money in another form is no gain and no loss: what is paid for collateral leaves as a
    /// transfer does, at what was paid; what is bought or given back comes as one, as it is.
    pub(crate) fn evolve_collateral(&mut self, event: &collateral::Event) {
        match *event {
            collateral::Event::Sold {
                settled, asset, amount, buyer, proceeds, ref over, ..
            } => {
                if let Some(buyer) = buyer {
                    self.moved(buyer, settled, proceeds, true);
                    self.moved(buyer, asset, amount, false);
                }
                if let Some((owner, rest)) = over.as_deref().copied() {
                    self.moved(owner, settled, rest, false);
                }
            }
            collateral::Event::Returned { account, asset, amount, .. } => {
                self.moved(account, asset, amount, false);
            }
            collateral::Event::Converted {
                account,
                buyer,
                settled,
                asset,
                amount,
                proceeds,
                ..
            } => {
                self.moved(buyer, settled, proceeds, true);
                self.moved(buyer, asset, amount, false);
                self.moved(account, asset, amount, true);
                self.moved(account, settled, proceeds, false);
            }
            _ => {}
        }
    }

    /// What comes back of a loan or of a supply that paid for one was lent or pledged before: it
    /// left as a transfer.
    pub(crate) fn came_back(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        self.moved(account, asset, amount, false);
    }

    /// What came back and was ceded at once to those who bore the account's own loss.
    pub(crate) fn went_away(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        self.moved(account, asset, amount, true);
    }

    /// What is lent, borrowed and pledged leaves an account and comes back to it. Supply that pays
    /// a loss only passes through.
    pub(crate) fn evolve_lending(&mut self, event: &lending::Event) {
        use lending::Event as L;
        match *event {
            L::Supplied { account, asset, amount, .. }
            | L::Pledged { account, asset, amount, .. }
            | L::Repaid { account, asset, amount, .. } => {
                self.moved(account, asset, amount, true);
            }
            L::Redeemed { account, asset, amount, .. }
            | L::Released { account, asset, amount, .. }
            | L::Borrowed { account, asset, amount, .. } => {
                self.moved(account, asset, amount, false);
            }
            L::Liquidated { liquidator, asset, amount, collateral, seized, .. } => {
                self.moved(liquidator, asset, amount, true);
                self.moved(liquidator, collateral, seized, false);
            }
            L::Opened { .. } | L::Accrued { .. } | L::Failed { .. } | L::SupplyTaken { .. } => {}
        }
    }

    /// Bonds leave an account and come back to it, bounties come, and what goes on to creditors
    /// leaves: none of it is gained or lost in the session.
    pub(crate) fn evolve_bonds(&mut self, event: &loss::Event) {
        use loss::Event as L;
        match *event {
            L::NoticeGiven { account, asset, bond, .. }
            | L::Challenged { account, asset, bond, .. } => {
                self.moved(account, asset, bond, true);
            }
            L::NoticeSettled { account, asset, returned, bounty, .. }
            | L::ChallengeSettled { account, asset, returned, bounty, .. } => {
                self.moved(account, asset, returned, false);
                self.moved(account, asset, bounty, false);
            }
            L::MeansCeded { account, asset, amount, .. } => {
                self.moved(account, asset, amount, true);
            }
            _ => {}
        }
    }

    /// What tokens are sold and bought for leaves an account, and comes to it, as transfers do.
    pub(crate) fn evolve_issuance(&mut self, event: &issuance::Event) {
        use issuance::Event as I;
        let (account, sold, bought) = match *event {
            I::Sold { account, token, tokens, asset, paid, .. } => {
                (account, (asset, paid), (token, tokens))
            }
            I::BoughtBack { account, asset, paid, token, tokens, .. } => {
                (account, (token, tokens), (asset, paid))
            }
            _ => return,
        };
        self.moved(account, sold.0, sold.1, true);
        self.moved(account, bought.0, bought.1, false);
    }

    /// Premia leave an account as deposits to others do, and what the insured are paid comes as
    /// one.
    pub(crate) fn evolve_cover(&mut self, event: &cover::Event) {
        match *event {
            cover::Event::Bought { account, asset, premium, .. } => {
                self.moved(account, asset, premium, true);
            }
            cover::Event::Paid { asset, ref rows, .. } => {
                for (_, account, amount) in rows {
                    self.moved(*account, asset, *amount, false);
                }
            }
            _ => {}
        }
    }

    /// What is put into a vault leaves an account and comes to the vault's, and back. Shares that
    /// pay a loss only pass through the holder's.
    pub(crate) fn evolve_liquidity(&mut self, event: &liquidity::Event) {
        match *event {
            liquidity::Event::Entered { into, account, asset, amount, .. } => {
                self.moved(account, asset, amount, true);
                self.moved(into, asset, amount, false);
            }
            liquidity::Event::Left { from, account, asset, amount, fee, .. } => {
                self.moved(from, asset, amount, true);
                self.moved(account, asset, amount.less_or_zero(fee), false);
            }
            liquidity::Event::ValueTaken { from, asset, ref rows, .. } => {
                for (_, amount, _) in rows {
                    self.moved(from, asset, *amount, true);
                }
            }
            liquidity::Event::Restarted { account, asset, amount, .. } => {
                self.moved(account, asset, amount, true);
            }
            liquidity::Event::FeesTaken { from, asset, ref rows, .. } => {
                self.moved(from, asset, liquidity::fee_sum(rows), true);
            }
            liquidity::Event::Opened { .. }
            | liquidity::Event::LeaveAsked { .. }
            | liquidity::Event::FeesPutOff { .. } => {}
        }
    }

    /// The premium of a provider leaves his account, and what he is paid comes, as with covers.
    pub(crate) fn evolve_protection(&mut self, event: &protection::Event) {
        match *event {
            protection::Event::Protected { account, asset, premium, .. } => {
                self.moved(account, asset, premium, true);
            }
            protection::Event::Paid { account, asset, amount, .. } => {
                self.moved(account, asset, amount, false);
            }
            protection::Event::Opened { .. } | protection::Event::Ended { .. } => {}
        }
    }

    /// A premium is a cost of holding lots, as fees are of trading them.
    pub(crate) fn evolve_incentive(&mut self, event: &incentive::Event) {
        if let incentive::Event::PremiumPaid { domain, rows, .. } = event {
            for row in rows {
                let paid = row.amount.atoms().cast_signed();
                self.position_mut(row.account).totals.pay_fee(*domain, paid);
                self.outside_mut(*domain).fees += paid;
            }
        }
    }

    /// Stakes leave an account and come back to it, as what they earned comes.
    pub(crate) fn evolve_domain(
        &mut self,
        event: &domain::Event,
        asset_of: impl Fn(crate::ids::LayerId) -> Option<AssetId>,
    ) {
        let (account, layer, amount, out) = match *event {
            domain::Event::Staked { account, layer, amount, .. } => (account, layer, amount, true),
            domain::Event::Unstaked { account, layer, amount, .. }
            | domain::Event::ExitPaid { account, layer, amount, .. }
            | domain::Event::RewardTaken { account, layer, amount, .. } => {
                (account, layer, amount, false)
            }
            _ => return,
        };
        if let Some(asset) = asset_of(layer) {
            self.moved(account, asset, amount, out);
        }
    }

    fn moved(&mut self, account: AccountId, asset: AssetId, amount: Amount, out: bool) {
        if self.position(account).asset == Some(asset) {
            let atoms = amount.atoms().cast_signed();
            self.position_mut(account).totals.transfers += if out { -atoms } else { atoms };
        }
    }
}
