//! One random command after the other, given to the engine and to the model.

use num_traits::{Signed, ToPrimitive, Zero};
use rhodian_core::account;
use rhodian_core::control::{self, Status};
use rhodian_core::domain;
use rhodian_core::engine::Action;
use rhodian_core::ids::{AccountId, DomainId, LayerId, LossId, MarketId};
use rhodian_core::loss;
use rhodian_core::market::{self, Party};
use rhodian_core::units::{Price, Quantity};

use crate::model::Market;
use crate::numbers::{Int, positive};
use crate::setup::{ASSET, Case, FUND, HOUR, TRANCHE, atoms, id, name};
use crate::trading::{Fill, Given};
use crate::venue::Who;

fn small(value: &Int) -> u64 {
    value.to_u64().unwrap_or(u64::from(u32::MAX))
}

impl Case {
    /// Gives `action` to the engine; what it says must be what the model said.
    pub fn give(&mut self, action: Action, model: Given) -> Result<(), String> {
        let text = format!("{action:?}");
        let given = self.execute(self.now(), action);
        let engine = given.map_err(|rejection| rejection.code());
        if engine != model {
            return Err(format!("{text}: the engine says {engine:?}, the model {model:?}"));
        }
        if let Err(code) = model {
            self.model.note(code);
        }
        self.model.run_due();
        self.compare().map_err(|why| format!("after {text}: {why}"))
    }

    /// The next number of whatever is numbered; now and then an old one.
    fn next_number(&mut self) -> u64 {
        self.number += 1;
        if self.random.chance(3) { self.number / 2 } else { self.number }
    }

    fn any_account(&mut self) -> usize {
        let accounts = self.model.venue.accounts.len();
        if self.random.chance(1) { accounts } else { self.random.index(accounts) }
    }

    /// Mostly one that is not settled.
    fn any_market(&mut self) -> usize {
        let market = self.random.index(3);
        let settled = self.model.markets[market].settled;
        if settled && self.random.chance(90) { 0 } else { market }
    }

    /// First marks, first money, a first stake, a first fund.
    pub fn begin(&mut self) -> Result<(), String> {
        for market in 0..self.model.markets.len() {
            let price = self.random.between(80, 2_000);
            self.mark(vec![(market, price)])?;
        }
        for account in 0..self.model.venue.accounts.len() {
            let amount = self.random.between(5_000, 60_000);
            self.deposit(account, amount)?;
        }
        for layer in [FUND, 1] {
            let amount = self.random.between(0, 5_000);
            self.pay_into(layer, amount)?;
        }
        self.stake()
    }

    pub fn step(&mut self) -> Result<(), String> {
        let accounts = self.model.venue.accounts.len();
        let account = self.random.index(accounts);
        let closed = self.model.domains.iter().position(|domain| domain.reduce_only);
        if let Some(place) = closed.filter(|_| self.random.chance(20)) {
            return self.status(place);
        }
        if self.due_market().is_some() && self.random.chance(5) {
            return self.settle();
        }
        let option = self.model.markets.iter().any(|of| of.option.is_some());
        if option && self.random.chance(4) {
            return self.turn_volatility();
        }
        match self.random.next() % 100 {
            0..=44 => self.fill(),
            45..=61 => self.new_mark(),
            62..=70 => self.tick(),
            71..=74 => self.fund(),
            75..=78 => self.boundary(),
            79..=82 => {
                let amount = self.random.between(0, 20_000);
                self.deposit(account, amount)
            }
            83..=86 => self.withdraw(),
            87..=88 => self.transfer(),
            89..=90 => self.stake(),
            91 => self.declare(),
            92..=94 => self.recover(),
            95..=96 => self.income(),
            97 => {
                let (layer, amount) = (self.random.index(5), self.random.between(0, 5_000));
                self.pay_into(layer, amount)
            }
            98 => self.settle(),
            _ => self.status(account % 2),
        }
    }

    fn deposit(&mut self, account: usize, amount: u64) -> Result<(), String> {
        let number = self.next_number();
        let model = self.model.deposit(account, number, amount);
        let (account, amount) = (AccountId(id(account)), atoms(amount));
        let command = account::Command::Deposit { account, number, asset: ASSET, amount };
        self.give(Action::Account(command), model)
    }

    /// All that is free, one atom more, or any amount.
    fn up_to_free(&mut self, account: usize) -> u64 {
        let free = match self.model.venue.accounts.get(account) {
            Some(_) => small(&self.model.free(account)),
            None => 100,
        };
        match self.random.next() % 4 {
            0 => free,
            1 => free + 1,
            2 => free / 2,
            _ => self.random.between(0, 5_000),
        }
    }

    fn withdraw(&mut self) -> Result<(), String> {
        let (place, number) = (self.any_account(), self.next_number());
        let asked = self.up_to_free(place);
        let model = self.model.withdraw(place, number, asked);
        let (account, amount) = (AccountId(id(place)), atoms(asked));
        let command = account::Command::Withdraw { account, number, asset: ASSET, amount };
        self.give(Action::Account(command), model)
    }

    fn transfer(&mut self) -> Result<(), String> {
        let (from, to, number) = (self.any_account(), self.any_account(), self.next_number());
        let asked = self.up_to_free(from);
        let model = self.model.transfer(from, to, number, asked);
        let command = account::Command::Transfer {
            from: AccountId(id(from)),
            to: AccountId(id(to)),
            number,
            asset: ASSET,
            amount: atoms(asked),
        };
        self.give(Action::Account(command), model)
    }

    fn stake(&mut self) -> Result<(), String> {
        let (account, number) = (self.any_account(), self.next_number());
        let layer = if self.random.chance(90) { TRANCHE } else { self.random.index(6) };
        let asked = self.random.between(0, 3_000);
        let (of, amount) = (AccountId(id(account)), atoms(asked));
        let in_layer = LayerId(id(layer));
        if self.random.chance(70) {
            let model = self.model.stake(layer, account, number, asked);
            let command = domain::Command::Stake { layer: in_layer, account: of, number, amount };
            return self.give(Action::Domain(command), model);
        }
        let model = self.model.unstake(layer, account, number, asked);
        let command = domain::Command::Unstake { layer: in_layer, account: of, number, amount };
        self.give(Action::Domain(command), model)
    }

    fn pay_into(&mut self, layer: usize, amount: u64) -> Result<(), String> {
        let number = self.next_number();
        let model = self.model.pay_into(layer, number, amount);
        let (layer, amount) = (LayerId(id(layer)), atoms(amount));
        let command = domain::Command::PayIntoLayer { layer, number, amount };
        self.give(Action::Domain(command), model)
    }

    fn mark(&mut self, marks: Vec<(usize, u64)>) -> Result<(), String> {
        let model = self.model.mark(&marks);
        let mark =
            |(market, price): (usize, u64)| (MarketId(id(market)), Price::new(price).unwrap());
        let marks = marks.into_iter().map(mark).collect();
        self.give(Action::Market(market::Command::Mark { marks }), model)
    }

    /// Mostly a small move, sometimes a jump, of one or two markets.
    fn new_mark(&mut self) -> Result<(), String> {
        let mut marks = Vec::new();
        let first = self.any_market();
        for place in 0..self.random.between(1, 2) {
            let market = match self.random.next() % 50 {
                0 => 3,
                1 => first,
                _ if place > 0 => (first + 1) % 3,
                _ => first,
            };
            let settled = self.model.markets.get(market).is_some_and(|of| of.settled);
            if place > 0 && settled && self.random.chance(90) {
                break;
            }
            let before = self.model.markets.get(market).and_then(|of| of.mark).unwrap_or(100);
            let jump = match self.random.next() % 10 {
                0..=4 => 30,
                5..=7 => 120,
                _ => 400,
            };
            let factor = self.random.between(1_000 - jump, 1_000 + jump);
            let price = (before * factor / 1_000).clamp(5, 19_000);
            marks.push((market, if self.random.chance(1) { 30_000 } else { price }));
        }
        self.mark(marks)
    }

    fn tick(&mut self) -> Result<(), String> {
        let wait = self.random.of(&[1, 60_000, HOUR / 6, HOUR / 2, HOUR, 3 * HOUR]);
        let at = self.now().after(wait);
        self.leave_volatility_by(at.0)?;
        self.model.now = at.0;
        if let Err(rejection) = self.execute(at, Action::Tick) {
            return Err(format!("a tick was refused: {rejection}"));
        }
        self.model.run_due();
        self.compare().map_err(|why| format!("after {wait} ms: {why}"))
    }

    fn fund(&mut self) -> Result<(), String> {
        let market = if self.random.chance(3) { 3 } else { self.random.index(3) };
        let mark = self.model.venue.marks.get(&market).map_or(100, small);
        let most = if self.random.chance(10) { mark } else { mark / 50 + 1 };
        let rate = self.random.between(0, 2 * most);
        let rate = i64::try_from(rate).unwrap() - i64::try_from(most).unwrap();
        let model = self.model.fund(market, rate);
        if model.is_ok() {
            self.funding[market] += rate;
        }
        let market = MarketId(id(market));
        self.give(Action::Market(market::Command::Fund { market, atoms_per_lot: rate }), model)
    }

    /// The first market that has expired and is not settled.
    fn due_market(&self) -> Option<usize> {
        let expired = |of: &Market| of.expiry.is_some_and(|expiry| expiry <= self.model.now);
        self.model.markets.iter().position(|of| !of.settled && expired(of))
    }

    fn settle(&mut self) -> Result<(), String> {
        let due = self.due_market().filter(|_| self.random.chance(80));
        let market = due.unwrap_or_else(|| self.random.index(4));
        let found = self.model.markets.get(market);
        let of = if found.is_some_and(|of| of.option.is_some()) { 0 } else { market };
        let mark = self.model.markets.get(of).and_then(|of| of.mark).unwrap_or(100);
        let price = match self.random.next() % 8 {
            0 => 0,
            1 => 30_000,
            2..=4 => mark,
            _ => self.random.between(mark * 2 / 3, mark * 4 / 3),
        };
        let model = self.model.settle(market, price);
        let (market, price) = (MarketId(id(market)), Price::new(price).unwrap());
        self.give(Action::Market(market::Command::Settle { market, price }), model)
    }

    fn boundary(&mut self) -> Result<(), String> {
        let model = self.model.end_period();
        self.give(Action::Market(market::Command::EndPeriod), model)
    }

    fn status(&mut self, place: usize) -> Result<(), String> {
        let now = self.model.domains[place].reduce_only;
        if !now && self.random.chance(80) {
            return self.fill();
        }
        self.model.domains[place].reduce_only = !now;
        let status = if now { Status::Open } else { Status::ReduceOnly };
        let domain = Some(DomainId(id(place)));
        let command = control::Command::SetStatus { domain, status, cause: name("a test") };
        self.give(Action::Control(command), Ok(()))
    }

    fn declare(&mut self) -> Result<(), String> {
        let mut account = self.any_account();
        let mut number = self.next_number();
        if let Some(loss) = self.model.losses.last().filter(|_| self.random.chance(40)) {
            // Again, by its number or by its account.
            account = loss.account;
            number = loss.number.filter(|_| self.random.chance(50)).unwrap_or(number);
        }
        let mut legs = self.model.venue.legs_of(Who::Account(account));
        let held = legs.next().map(|(market, _)| self.model.venue.domains[market]);
        drop(legs);
        let place = held.unwrap_or(self.random.index(3));
        let model = self.model.declare_default(place, number, account);
        let command = loss::Command::DeclareDefault {
            domain: DomainId(id(place)),
            number,
            account: AccountId(id(account)),
            cause: name("declared"),
            set_off: Vec::new(),
        };
        self.give(Action::Loss(command), model)
    }

    fn recover(&mut self) -> Result<(), String> {
        let place = self.random.index(self.model.losses.len() + 1);
        let (number, asked) = (self.next_number(), self.random.between(0, 3_000));
        let model = self.model.recover(place, number, asked);
        let (loss, amount) = (LossId(id(place)), atoms(asked));
        self.give(Action::Loss(loss::Command::Recover { loss, number, amount }), model)
    }

    fn income(&mut self) -> Result<(), String> {
        let place = self.random.index(3);
        let (number, asked) = (self.next_number(), self.random.between(0, 3_000));
        let model = self.model.income(place, number, asked);
        let (layer, amount) = (LayerId(id(place)), atoms(asked));
        self.give(Action::Loss(loss::Command::FundIncome { layer, number, amount }), model)
    }

    /// Mostly an account other than `who`.
    fn another_than(&mut self, who: Who) -> usize {
        let other = self.any_account();
        if who == Who::Account(other) && self.random.chance(90) {
            return (other + 1) % self.model.venue.accounts.len();
        }
        other
    }

    /// A book with open legs, and a market it holds.
    fn open_book(&mut self) -> Option<(usize, usize)> {
        let legs = self.model.venue.legs.keys();
        let books = legs.filter_map(|(who, market)| match who {
            Who::Book(loss) => Some((*loss, *market)),
            Who::Account(_) => None,
        });
        let books: Vec<(usize, usize)> = books.collect();
        (!books.is_empty()).then(|| self.random.of(&books))
    }

    fn fill(&mut self) -> Result<(), String> {
        let book = self.open_book().filter(|_| self.random.chance(50));
        let market = book.map_or_else(|| self.any_market(), |(_, market)| market);
        let account = Who::Account(self.any_account());
        let mark = self.model.markets[market].mark.unwrap_or(100);
        let mark = mark.max(1);
        let band = self.model.markets[market].band * mark / 1_000_000;
        let off = match self.random.next() % 10 {
            0 => band + 1,
            1 | 2 => mark / 20,
            _ => mark / 200,
        };
        let price = self.random.between(mark.saturating_sub(off), mark + off);
        let option = self.model.markets[market].option.is_some();
        // Nobody says a volatility: an option needs the whole value of its underlying.
        let (priced, times) = if option { (0, 1) } else { (market, 5) };
        let worth = small(&self.model.venue.marks[&priced]).max(1);
        let (buyer, seller, most) = match book {
            Some((loss, _)) => {
                let held = self.model.venue.lots(Who::Book(loss), market);
                let sells = held.is_positive() != self.random.chance(3);
                let book = Who::Book(loss);
                let sides = if sells { (account, book) } else { (book, account) };
                (sides.0, sides.1, small(&held.abs()) + u64::from(self.random.chance(10)))
            }
            None => {
                let other = match self.random.chance(1) {
                    true => Who::Book(self.model.losses.len()),
                    false => Who::Account(self.another_than(account)),
                };
                let rich = |who: Who| small(&positive(self.model.venue.equity(who)));
                let least = rich(account).min(rich(other)).max(1_000);
                (account, other, times * least / worth + 1)
            }
        };
        let lots = if self.random.chance(15) { most } else { self.random.between(0, most) };
        let lots = if self.random.chance(10) { self.closes(buyer, market, lots) } else { lots };
        let fees = if self.random.chance(40) { (self.random.between(0, 60), 13) } else { (0, 0) };
        let market = if self.random.chance(1) { 3 } else { market };
        let number = self.next_number();
        self.give_fill(Fill {
            market,
            number,
            buyer,
            seller,
            lots: i64::try_from(lots).unwrap(),
            price,
            fees,
        })
    }

    /// As many lots as the buyer is short, where he is.
    fn closes(&self, buyer: Who, market: usize, otherwise: u64) -> u64 {
        let held = self.model.venue.lots(buyer, market);
        if held.is_negative() && !held.is_zero() { small(&held.abs()) } else { otherwise }
    }

    fn give_fill(&mut self, fill: Fill) -> Result<(), String> {
        let model = self.model.fill(&fill);
        if model.is_ok() {
            self.model.note("fill");
            if self.model.markets[fill.market].option.is_some() {
                self.model.note("fill of an option");
            }
            if matches!((fill.buyer, fill.seller), (Who::Book(_), _) | (_, Who::Book(_))) {
                self.model.note("fill of a book");
            }
        }
        let party = |who: Who| match who {
            Who::Account(account) => Party::Account(AccountId(id(account))),
            Who::Book(loss) => Party::Book(LossId(id(loss))),
        };
        let command = market::Command::Fill {
            market: MarketId(id(fill.market)),
            number: fill.number,
            buyer: party(fill.buyer),
            seller: party(fill.seller),
            lots: Quantity::new(fill.lots).unwrap(),
            price: Price::new(fill.price).unwrap(),
            buyer_fee: atoms(fill.fees.0),
            seller_fee: atoms(fill.fees.1),
        };
        self.give(Action::Market(command), model)
    }
}
