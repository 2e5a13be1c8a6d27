//! Commands that need no loss: money in and out, marks, fills, funding, boundaries. Each is
//! checked, refused with a code, or done.

use num_traits::{Signed, Zero};

use crate::model::{Checkpoint, Model, Pays};
use crate::numbers::{Int, int, positive};
use crate::venue::{Trade, Venue, Who};

pub type Given = Result<(), &'static str>;

/// A fill as the venue reports it.
#[derive(Clone, Debug)]
pub struct Fill {
    pub market: usize,
    pub number: u64,
    pub buyer: Who,
    pub seller: Who,
    pub lots: i64,
    pub price: u64,
    pub fees: (u64, u64),
}

fn refuse(when: bool, code: &'static str) -> Given {
    if when { Err(code) } else { Ok(()) }
}

impl Model {
    fn new_number(&self, account: usize, number: u64) -> Given {
        let found = self.venue.accounts.get(account).ok_or("unknown-account")?;
        refuse(number <= found.last_number, "number-not-new")
    }

    pub fn move_money(&mut self, account: usize, amount: &Int) {
        self.venue.accounts[account].moved += amount;
    }

    pub fn deposit(&mut self, account: usize, number: u64, amount: u64) -> Given {
        self.new_number(account, number)?;
        refuse(amount == 0, "zero-amount")?;
        let amount = int(amount);
        self.venue.accounts[account].last_number = number;
        self.venue.transfer("world", &Who::Account(account).name(), &amount);
        self.move_money(account, &amount);
        Ok(())
    }

    pub fn withdraw(&mut self, account: usize, number: u64, amount: u64) -> Given {
        self.new_number(account, number)?;
        refuse(amount == 0, "zero-amount")?;
        let amount = int(amount);
        refuse(amount > self.free(account), "withdrawal-above-free")?;
        refuse(amount > -self.venue.balance("world"), "vault-short")?;
        self.venue.accounts[account].last_number = number;
        self.venue.transfer(&Who::Account(account).name(), "world", &amount);
        self.move_money(account, &-amount);
        Ok(())
    }

    pub fn transfer(&mut self, from: usize, to: usize, number: u64, amount: u64) -> Given {
        self.new_number(from, number)?;
        refuse(to >= self.venue.accounts.len(), "unknown-account")?;
        refuse(from == to, "same-account")?;
        refuse(amount == 0, "zero-amount")?;
        let amount = int(amount);
        refuse(amount > self.free(from), "withdrawal-above-free")?;
        self.venue.accounts[from].last_number = number;
        let (payer, payee) = (Who::Account(from).name(), Who::Account(to).name());
        self.venue.transfer(&payer, &payee, &amount);
        self.move_money(to, &amount);
        self.move_money(from, &-amount);
        Ok(())
    }

    pub fn may_be_drawn_on(&self, layer: usize) -> bool {
        let open = self.episodes.iter().filter(|episode| !episode.closed);
        let mut steps = open.flat_map(|episode| self.domains[episode.domain].steps.iter());
        steps.any(|step| step.iter().any(|(of, _)| *of == layer))
    }

    fn staked(&self, layer: usize, account: usize, number: u64, amount: u64) -> Given {
        self.new_number(account, number)?;
        let found = self.layers.get(layer).ok_or("unknown-layer")?;
        refuse(found.pays != Pays::Stakes, "layer-not-staked")?;
        refuse(amount == 0, "zero-amount")
    }

    pub fn stake(&mut self, layer: usize, account: usize, number: u64, amount: u64) -> Given {
        self.staked(layer, account, number, amount)?;
        refuse(self.may_be_drawn_on(layer), "episode-open")?;
        let amount = int(amount);
        refuse(amount > self.free(account), "withdrawal-above-free")?;
        self.venue.accounts[account].last_number = number;
        self.venue.transfer(&Who::Account(account).name(), &format!("layer/{layer}"), &amount);
        *self.stakes.entry((layer, account)).or_default() += &amount;
        self.move_money(account, &-amount);
        Ok(())
    }

    pub fn unstake(&mut self, layer: usize, account: usize, number: u64, amount: u64) -> Given {
        self.staked(layer, account, number, amount)?;
        let amount = int(amount);
        let stake = self.stakes.get(&(layer, account)).cloned().unwrap_or_default();
        let stays = &stake - self.leaving(layer, Some(account));
        refuse(amount > stays, "above-stake")?;
        let cooldown = self.cooldown(layer);
        refuse(cooldown == 0 && self.may_be_drawn_on(layer), "episode-open")?;
        self.venue.accounts[account].last_number = number;
        if cooldown > 0 {
            self.ask_to_leave(layer, account, self.now + cooldown, amount);
            return Ok(());
        }
        self.venue.transfer(&format!("layer/{layer}"), &Who::Account(account).name(), &amount);
        self.stakes.insert((layer, account), stake - &amount);
        self.move_money(account, &amount);
        Ok(())
    }

    pub fn pay_into(&mut self, layer: usize, number: u64, amount: u64) -> Given {
        let found = self.layers.get(layer).ok_or("unknown-layer")?;
        refuse(found.pays != Pays::Fund, "layer-not-paid-into")?;
        refuse(number <= found.last_number, "number-not-new")?;
        refuse(amount == 0, "zero-amount")?;
        self.layers[layer].last_number = number;
        self.venue.transfer("world", &format!("layer/{layer}"), &int(amount));
        Ok(())
    }

    pub fn mark(&mut self, marks: &[(usize, u64)]) -> Given {
        for (place, (market, price)) in marks.iter().enumerate() {
            let found = self.markets.get(*market).ok_or("unknown-market")?;
            refuse(found.settled, "already-settled")?;
            refuse(*price == 0 || *price > found.max_price, "price-out-of-range")?;
            let twice = marks[..place].iter().any(|(before, _)| before == market);
            refuse(twice, "market-twice")?;
        }
        for (market, price) in marks {
            self.set_mark(*market, *price);
        }
        Ok(())
    }

    fn set_mark(&mut self, market: usize, price: u64) {
        self.markets[market].mark = Some(price);
        let worth = int(price) * int(self.markets[market].unit);
        self.venue.marks.insert(market, worth);
    }

    /// A market gets its last price: of an option, what its right is worth at `price`.
    pub fn settle(&mut self, market: usize, price: u64) -> Given {
        let found = self.markets.get(market).ok_or("unknown-market")?;
        refuse(found.settled, "already-settled")?;
        refuse(found.expiry.is_none_or(|expiry| expiry > self.now), "not-expired")?;
        let price = i128::from(price);
        let strike = found.option.map(|(strike, _)| i128::from(strike));
        let pays = match (strike, found.option) {
            (Some(strike), Some((_, true))) => (price - strike).max(0),
            (Some(strike), _) => (strike - price).max(0),
            _ => price,
        };
        let pays = u64::try_from(pays).expect("not below zero");
        // An option pays what its underlying makes it worth.
        refuse(found.option.is_none() && pays > found.max_price, "price-out-of-range")?;
        self.set_mark(market, pays);
        self.markets[market].settled = true;
        self.note("market settled");
        if strike.is_some() {
            self.note("option settled");
        }
        Ok(())
    }

    /// Every leg of a settled market is paid out at its last price.
    pub fn pay_out_one(&mut self) -> bool {
        let settled = |market: usize| self.markets[market].settled;
        let legs = self.venue.legs.keys();
        let Some(market) = legs.map(|(_, market)| *market).filter(|of| settled(*of)).min() else {
            return false;
        };
        let holders = self.venue.legs.iter().filter(|((_, of), _)| *of == market);
        let holders: Vec<(Who, Int)> =
            holders.map(|((who, _), leg)| (*who, leg.lots.clone())).collect();
        for (who, lots) in holders {
            let money = -&lots * &self.venue.marks[&market];
            let domain = self.markets[market].domain;
            let trade = Trade { market, domain, lots: -lots, money, fee: int(0) };
            self.venue.trade(who, &trade, "clearing");
            self.note(if matches!(who, Who::Book(_)) { "book paid out" } else { "leg paid out" });
            if self.markets[market].option.is_some() && !self.venue.marks[&market].is_zero() {
                self.note("option paid out in the money");
            }
        }
        true
    }

    pub fn fund(&mut self, market: usize, atoms_per_lot: i64) -> Given {
        let found = self.markets.get(market).ok_or("unknown-market")?;
        refuse(found.settled, "already-settled")?;
        self.venue.accrue(market, atoms_per_lot);
        Ok(())
    }

    pub fn end_period(&mut self) -> Given {
        let open = self.episodes.iter().filter(|episode| !episode.closed);
        let blocked = open.map(|episode| episode.domain).collect();
        self.checkpoints.push(Checkpoint { at: self.now, venue: self.venue.clone(), blocked });
        Ok(())
    }

    pub fn fill(&mut self, fill: &Fill) -> Given {
        self.says_right(fill)?;
        let market = &self.markets[fill.market];
        let money = int(fill.price) * int(market.unit) * int(fill.lots);
        let side = |lots: i64, money: Int, fee: u64| Trade {
            market: fill.market,
            domain: market.domain,
            lots: int(lots),
            money,
            fee: int(fee),
        };
        let bought = side(fill.lots, money.clone(), fill.fees.0);
        let sold = side(-fill.lots, -money, fill.fees.1);
        let sides = [(fill.buyer, &bought), (fill.seller, &sold)];
        let takes_over = sides
            .iter()
            .any(|(who, trade)| matches!(who, Who::Book(_)) && self.reduces(*who, trade));
        for (who, trade) in sides {
            self.may_trade(who, trade, takes_over)?;
        }
        let before = self.venue.open(fill.market);
        let mut after = self.venue.clone();
        after.trade(fill.buyer, &bought, "clearing");
        after.trade(fill.seller, &sold, "clearing");
        let open = after.open(fill.market);
        refuse(open > before && open > int(market.max_open), "open-above-limit")?;
        self.venue = after;
        self.markets[fill.market].last_fill = fill.number;
        Ok(())
    }

    fn says_right(&self, fill: &Fill) -> Given {
        let market = self.markets.get(fill.market).ok_or("unknown-market")?;
        refuse(market.settled, "already-settled")?;
        refuse(fill.number <= market.last_fill, "fill-number-not-new")?;
        refuse(fill.lots <= 0, "zero-lots")?;
        refuse(fill.price == 0 || fill.price > market.max_price, "price-out-of-range")?;
        refuse(fill.buyer == fill.seller, "same-party")?;
        let mark = int(market.mark.ok_or("no-mark")?);
        let apart = (int(fill.price) - &mark).abs() * int(1_000_000);
        refuse(apart > mark * int(market.band), "outside-band")
    }

    fn reduces(&self, who: Who, trade: &Trade) -> bool {
        let held = self.venue.lots(who, trade.market);
        let after = &held + &trade.lots;
        (held.signum() * trade.lots.signum()).is_negative()
            && after.abs() < held.abs()
            && !(held.signum() * after.signum()).is_negative()
    }

    fn may_trade(&self, who: Who, trade: &Trade, takes_over: bool) -> Given {
        let after = self.venue.lots(who, trade.market) + &trade.lots;
        let reduces = self.reduces(who, trade);
        let account = match who {
            Who::Book(_) => {
                refuse(self.venue.legs_of(who).next().is_none(), "unknown-book")?;
                return refuse(!reduces, "book-would-grow");
            }
            Who::Account(account) => account,
        };
        refuse(account >= self.venue.accounts.len(), "unknown-account")?;
        let market = &self.markets[trade.market];
        refuse(!reduces && after.abs() > int(market.max_position), "position-above-limit")?;
        refuse(!reduces && self.domains[trade.domain].reduce_only, "only-reduces")?;
        let widens = !reduces && !takes_over;
        refuse(widens && self.exits_above_limit(trade.domain), "exit-queue-above-limit")?;
        refuse(!reduces && self.is_unsaid(trade.market), "price-unfit")?;
        let (balance, equity, initial, loan) = self.opening_after(account, trade);
        refuse(balance.abs() > int(10u128.pow(30)), "balance-above-bound")?;
        let short = equity < initial;
        refuse(short && initial >= self.margin(account, true), "below-initial-margin")?;
        // There is no collateral here: nobody who owes more than his cash widens.
        refuse(!reduces && loan > Int::zero(), "loan-above-limit")?;
        if !short {
            return Ok(());
        }
        refuse(self.deepens(account, trade), "deepens-shortfall")
    }

    /// Whether a fill takes the account below zero, or further below it or below maintenance than
    /// it stands, its lien counted.
    fn deepens(&self, account: usize, trade: &Trade) -> bool {
        let lien = self.lien(account);
        let stands = |venue: &Venue| {
            let equity = venue.equity(Who::Account(account)) - &lien;
            let short = positive(self.margin_at(venue, account, false) - &equity);
            (equity, short)
        };
        let mut after = self.venue.clone();
        after.trade(Who::Account(account), trade, "clearing");
        let ((before, short_before), (equity, short)) = (stands(&self.venue), stands(&after));
        equity < before.min(Int::zero()) || short > short_before
    }

    /// Whether anyone holds the other side of what `who` holds.
    pub fn other_side(&self, who: Who, market: usize) -> bool {
        let side = self.venue.lots(who, market).signum();
        let legs = self.venue.legs.iter().filter(|((_, of), _)| *of == market);
        let mut signs = legs.map(|(_, leg)| leg.lots.signum());
        !side.is_zero() && signs.any(|sign| sign == -&side)
    }
}
