//! When what is left of a book leaves the market, and who takes it: leverage is drained to one
//! level, which is found by trying every breakpoint.

use num_traits::{Signed, Zero};

use crate::model::Model;
use crate::numbers::{Int, Rat, floor, int, positive, rat, ratio, sum};
use crate::setup::FUND;
use crate::venue::{Trade, Who};

/// One account on the other side.
#[derive(Clone, Debug)]
struct Giver {
    account: usize,
    lots: Int,
    /// Net value of all its legs, on the side it gives.
    net: Int,
    equity: Int,
}

impl Giver {
    /// The lots it gives, exactly, when drained to `level`.
    fn gives(&self, level: &Rat, lot: &Int) -> Rat {
        let wanted = (rat(&self.net) - level * rat(&self.equity)) / rat(lot);
        wanted.max(Rat::zero()).min(rat(&self.lots))
    }

    /// The levels at which it begins to give and has given all.
    fn breakpoints(&self, lot: &Int) -> [Rat; 2] {
        [ratio(&self.net, &self.equity), ratio(&(&self.net - lot * &self.lots), &self.equity)]
    }
}

/// What each gives of `needed` lots: exact gifts at the common level, floored, the lots left over
/// one each to the largest fractions, the first account before others.
fn drain(givers: &[Giver], lot: &Int, needed: &Int) -> Vec<Int> {
    let all: Vec<Int> = givers.iter().map(|giver| giver.lots.clone()).collect();
    if sum(&all) <= *needed {
        return all;
    }
    let total = |level: &Rat| -> Rat { givers.iter().map(|giver| giver.gives(level, lot)).sum() };
    let mut levels: Vec<Rat> = givers.iter().flat_map(|giver| giver.breakpoints(lot)).collect();
    levels.sort();
    // Between two neighbouring breakpoints what is given is linear in the level.
    let above = levels.iter().position(|level| total(level) <= rat(needed));
    let above = above.expect("at the highest level nobody gives");
    let level = match above.checked_sub(1) {
        None => levels[above].clone(),
        Some(below) => {
            let (low, high) = (&levels[below], &levels[above]);
            let (most, least) = (total(low), total(high));
            let part = (&most - rat(needed)) / (&most - &least);
            low + (high - low) * part
        }
    };
    let exact: Vec<Rat> = givers.iter().map(|giver| giver.gives(&level, lot)).collect();
    let mut lots: Vec<Int> = exact.iter().map(floor).collect();
    while sum(&lots) < *needed {
        let rest = |place: usize| &exact[place] - rat(&lots[place]);
        let mut best = 0;
        for place in 1..lots.len() {
            if rest(place) > rest(best) {
                best = place;
            }
        }
        lots[best] += 1;
    }
    lots
}

impl Model {
    /// Begins to deleverage a book, or assigns what one holds in one market.
    pub fn deleverage_one(&mut self) -> bool {
        for id in 0..self.losses.len() {
            let book = Who::Book(id);
            let markets: Vec<usize> = self.venue.legs_of(book).map(|(market, _)| market).collect();
            if markets.is_empty() {
                continue;
            }
            if self.losses[id].deleveraging {
                // A settled market is paid out: there is nothing to assign.
                let open = |market: usize| !self.markets[market].settled;
                let other = |market: &&usize| open(**market) && self.other_side(book, **market);
                if let Some(market) = markets.iter().find(other) {
                    self.deleverage(id, *market);
                    return true;
                }
            } else if let Some(why) = self.leaves_the_market(id) {
                self.note(why);
                self.losses[id].deleveraging = true;
                return true;
            }
        }
        false
    }

    /// Lost since takeover plus the stressed cost of the rest, against the budget; and the time.
    fn leaves_the_market(&self, id: usize) -> Option<&'static str> {
        let (loss, book) = (&self.losses[id], Who::Book(id));
        let parameters = &self.domains[loss.domain].parameters;
        let lost = &loss.opened - self.venue.equity(book);
        if lost + self.stressed_cost(loss.domain, book) > int(parameters.budget) {
            return Some("deleveraging by budget");
        }
        if loss.since + parameters.closeout_time <= self.now {
            return Some("deleveraging by time");
        }
        // The insurance fund paid more of what it held than it may in an episode.
        let used = &self.episodes[loss.episode].used;
        let paid = used.get(&FUND).cloned().unwrap_or_default();
        let held = self.venue.balance(&format!("layer/{FUND}"));
        let drained = &paid * int(1_000_000) > (&paid + held) * int(parameters.drawdown);
        drained.then_some("deleveraging by drawdown")
    }

    /// At the mark, without a fee: other books first, then accounts.
    fn deleverage(&mut self, id: usize, market: usize) {
        let book = Who::Book(id);
        let held = self.venue.lots(book, market);
        let lot = self.venue.marks[&market].clone();
        let mut left = held.abs();
        let mut taken: Vec<(Who, Int)> = Vec::new();
        for other in 0..self.losses.len() {
            let lots = self.venue.lots(Who::Book(other), market);
            if lots.signum() == -held.signum() {
                let gives = lots.abs().min(left.clone());
                left -= &gives;
                taken.push((Who::Book(other), gives));
                self.note("book meets book");
            }
        }
        let givers = self.givers(market, &held);
        for (giver, gives) in givers.iter().zip(drain(&givers, &lot, &left)) {
            taken.push((Who::Account(giver.account), gives));
        }
        for (who, gives) in taken.into_iter().filter(|(_, gives)| gives.is_positive()) {
            let lots = gives * held.signum();
            let domain = self.markets[market].domain;
            let money = &lots * &lot;
            let takes =
                Trade { market, domain, lots: lots.clone(), money: money.clone(), fee: int(0) };
            let brings = Trade { lots: -lots, money: -money, ..takes.clone() };
            self.venue.trade(who, &takes, "clearing");
            self.venue.trade(book, &brings, "clearing");
            self.note("lots assigned");
        }
    }

    fn givers(&self, market: usize, held: &Int) -> Vec<Giver> {
        let mut givers = Vec::new();
        for account in 0..self.venue.accounts.len() {
            let who = Who::Account(account);
            let lots = self.venue.lots(who, market);
            if lots.signum() != -held.signum() {
                continue;
            }
            let signed =
                |(of, leg): (usize, &crate::venue::Leg)| &leg.lots * &self.venue.marks[&of];
            let net =
                self.venue.legs_of(who).map(signed).fold(Int::zero(), |sum, value| sum + value);
            let equity = positive(self.venue.equity(who) - self.lien(account)).max(int(1));
            givers.push(Giver { account, net: net * lots.signum(), lots: lots.abs(), equity });
        }
        givers
    }
}
