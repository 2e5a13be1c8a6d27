//! What comes from outside while a file runs: the market in which close-outs trade, as the file
//! assumes it, and payments into draws that wait.

use rhodian_core::closeout::{self, Route};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AccountId, AssetId, LayerId, LossId};
use rhodian_core::loss::{Command as LossCommand, Draw, Loss};
use rhodian_core::market::Party;
use rhodian_core::oracle::Purpose;
use rhodian_core::units::{Amount, Price, Quantity};

use super::commands::{ASSET, Words, dense};
use super::driver::{Driver, MARKET};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Paid;
use crate::venue_file::model::{Depth, Fill, Origin, Subject};

/// The most steps in which a mark follows its feed at one moment.
const MOST_STEPS: usize = 256;

/// Who pays into a draw (nothing for money from outside), and how much.
type Payment = (Option<AccountId>, Amount);

impl Driver<'_> {
    /// Trades with every open book that holds a market in which the file assumes depth.
    pub(super) fn trade_books(&mut self, market: usize) -> Result<(), Diagnostic> {
        let Some(depth) = &self.file.markets[market].depth else { return Ok(()) };
        let id = dense(market, MARKET);
        let losses = self.state.losses.losses().filter(|(_, loss)| loss.is_open());
        let held = losses.filter_map(|(loss, _)| {
            let lots = self.state.markets.lots_of(Party::Book(loss), id);
            (!lots.is_flat()).then_some((loss, lots))
        });
        for (loss, lots) in held.collect::<Vec<_>>() {
            self.trade_book(market, depth, Party::Book(loss), lots)?;
        }
        // What stands on the market's route is sold there too, as much as its plan says.
        let open = self.state.closeouts.liquidations();
        let on_market = open.filter(|(_, of)| self.on_market(of.route)).map(|(account, _)| account);
        for account in on_market.collect::<Vec<AccountId>>() {
            let plan = closeout::planned(&self.state, account).into_iter();
            let planned = plan.filter(|(of, lots)| *of == id && !lots.is_flat()).map(|(_, l)| l);
            for lots in planned {
                self.trade_book(market, depth, Party::Account(account), lots)?;
            }
        }
        Ok(())
    }

    /// Whether the route at a place is the venue's own market.
    fn on_market(&self, route: usize) -> bool {
        let routes = self.state.closeouts.routes(ASSET);
        let spec = routes.and_then(|routes| routes.list.get(route));
        spec.is_some_and(|spec| spec.route == Route::Market)
    }

    /// A feed got a report: what it speaks of is marked before anything else happens.
    pub(super) fn told(&mut self, feed: usize) {
        if let Some(of) = self.file.feeds.get(feed).filter(|of| of.marks()) {
            self.to_mark.insert(of.of);
        }
    }

    /// Marks what has feeds that got reports, at the feeds' values, markets before collateral, which
    /// is marked with them. Where a value is not good enough the mark stays.
    pub(super) fn mark_reported(&mut self) -> Result<(), Diagnostic> {
        for of in std::mem::take(&mut self.to_mark) {
            match of {
                Subject::Market(market) => self.mark_market(market)?,
                Subject::Collateral(place) if !self.is_at_feed(place) => {
                    self.mark_from_feed(of)?;
                }
                Subject::Collateral(_) => {}
            }
        }
        Ok(())
    }

    /// A market with limits of steps follows its feed by one admitted step at a time.
    fn mark_market(&mut self, market: usize) -> Result<(), Diagnostic> {
        let mark = |driver: &Self| {
            driver.state.markets.market(dense(market, MARKET)).and_then(|found| found.mark)
        };
        for _ in 0..MOST_STEPS {
            let before = mark(self);
            if !self.mark_from_feed(Subject::Market(market))? {
                break;
            }
            self.trade_books(market)?;
            if mark(self) == before || self.file.markets[market].steps.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Whether what a feed speaks of was marked.
    fn mark_from_feed(&mut self, of: Subject) -> Result<bool, Diagnostic> {
        let refused = self.give(Actor::VENUE, Words::mark_from_feed(of))?;
        if refused.is_some() {
            self.figures.feeds.withheld(of);
            return Ok(false);
        }
        self.pay_pending()?;
        Ok(true)
    }

    /// Whether a collateral stands where its feed is, so that there is nothing to mark.
    fn is_at_feed(&self, place: usize) -> bool {
        let found = self.state.collaterals.collateral(ASSET, dense(place + 1, AssetId));
        found.is_some_and(|found| {
            let value = |feed| {
                self.state.oracle.for_action(feed, Purpose::Liquidate, self.state.now()).ok()
            };
            found.mark.is_some() && found.mark == found.feed.and_then(value)
        })
    }

    fn trade_book(
        &mut self,
        market: usize,
        depth: &Depth,
        from: Party,
        held: Quantity,
    ) -> Result<(), Diagnostic> {
        let mark = self.state.markets.market(dense(market, MARKET)).and_then(|found| found.mark);
        let (Some(mark), Some(account)) = (mark, self.names.account(&depth.account)) else {
            return Ok(());
        };
        let long = held.lots() > 0;
        let price = worse(mark, depth.discount, long);
        let lots = held.lots().abs().min(depth.lots);
        let (Some(price), Ok(lots)) = (price, Quantity::new(lots)) else { return Ok(()) };
        let account = Party::Account(account);
        let parties = if long { (account, from) } else { (from, account) };
        let (buyer, seller) = (String::new(), String::new());
        let (fee, number) = (Amount::ZERO, None);
        let fill = Fill { market, buyer, seller, lots, price, fee, number };
        let action = self.words().fill_of(market, parties, &fill);
        let origin = Origin { text: 0, place: depth.place.clone() };
        if let Some(rejection) = self.give(Actor::VENUE, action)? {
            self.note(&rejection, &origin, "fill by the depth of the market")?;
        }
        self.pay_pending()
    }

    /// Pays into every draw that waits and whose layer says "in-full". A member who cannot pay is
    /// a remark: the rest goes on at the deadline.
    pub(super) fn pay_pending(&mut self) -> Result<(), Diagnostic> {
        while let Some((loss, layer, payments)) = self.next_payments() {
            self.tried.push((loss, layer));
            for (account, amount) in payments {
                let pay: LossCommand = self.words().pay_draw(loss, layer, account, amount);
                if let Some(rejection) = self.give(Actor::VENUE, Action::Loss(pay))? {
                    self.note(&rejection, &Origin::default(), "pay-draw")?;
                }
            }
        }
        Ok(())
    }

    /// The payments of the first pending draw that nobody has paid into.
    fn next_payments(&self) -> Option<(LossId, LayerId, Vec<Payment>)> {
        let state = &self.state;
        state.losses.losses().filter(|(_, loss)| loss.is_open()).find_map(|(id, loss)| {
            let untried = |draw: &&Draw| {
                let waits = !draw.closed && draw.deadline.is_some() && draw.received.is_zero();
                waits && !self.tried.contains(&(id, draw.layer))
            };
            loss.draws.iter().filter(untried).find_map(|draw| {
                let (_, layer) = self.file.layers().nth(draw.layer.index())?;
                let in_full = layer.paid == Paid::InFull;
                let payments = if in_full { self.payments(loss, draw) } else { Vec::new() };
                (!payments.is_empty()).then_some((id, draw.layer, payments))
            })
        })
    }

    fn payments(&self, loss: &Loss, draw: &Draw) -> Vec<Payment> {
        let set = loss.set.and_then(|set| self.state.losses.set(set));
        let Some(members) = set.and_then(|set| set.layers.get(&draw.layer)) else {
            return vec![(None, draw.planned)];
        };
        let calls = members.members.iter().zip(&draw.called);
        let calls = calls.filter(|(_, called)| !called.is_zero());
        calls.map(|(member, called)| (Some(member.account), *called)).collect()
    }

    /// Takes the shares that wait for a touch: the file asks who bears what, now.
    pub(super) fn take_shares(&mut self) -> Result<(), Diagnostic> {
        let waits = |(_, layer): (usize, &crate::loss_file::model::Layer)| {
            layer.source.members().is_some_and(|members| members.on_touch)
        };
        if !self.file.layers().any(waits) {
            return Ok(());
        }
        let losses: Vec<LossId> = self.state.losses.losses().map(|(id, _)| id).collect();
        for loss in losses {
            let take = Action::Loss(LossCommand::TakeShares { loss });
            self.must(Actor::VENUE, take, &Origin::default())?;
        }
        Ok(())
    }
}

/// The mark less (for a long book) or plus a discount, rounded against the book; nothing where
/// that is no price.
fn worse(mark: Price, discount: u32, long: bool) -> Option<Price> {
    let unit = u128::from(rhodian_core::market::RATE_UNIT);
    let (ticks, part) = (u128::from(mark.ticks()), u128::from(discount));
    let off = (ticks * part).div_ceil(unit);
    let price = if long { ticks.checked_sub(off)? } else { ticks + off };
    Price::new(u64::try_from(price).ok()?).ok().filter(|price| *price != Price::ZERO)
}
