//! Stakes on their way out: a list of requests, each with the moment from which it may be paid.

use num_traits::Signed;

use crate::model::Model;
use crate::numbers::{Int, int, sum};
use crate::venue::Who;

#[derive(Clone, Debug)]
pub struct Exit {
    pub layer: usize,
    pub until: u64,
    pub account: usize,
    pub amount: Int,
}

impl Model {
    pub fn leaving(&self, layer: usize, account: Option<usize>) -> Int {
        let his = |exit: &&Exit| account.is_none_or(|account| exit.account == account);
        let rows = self.exits.iter().filter(|exit| exit.layer == layer).filter(his);
        sum(rows.map(|exit| &exit.amount))
    }

    /// The longest cooldown of the domains that name the layer.
    pub fn cooldown(&self, layer: usize) -> u64 {
        let names =
            |steps: &[Vec<(usize, u64)>]| steps.iter().flatten().any(|(of, _)| *of == layer);
        let behind = self.domains.iter().filter(|domain| names(&domain.steps));
        behind.map(|domain| domain.parameters.cooldown).max().unwrap_or(0)
    }

    pub fn ask_to_leave(&mut self, layer: usize, account: usize, until: u64, amount: Int) {
        self.note("exit asked");
        self.exits.push(Exit { layer, until, account, amount });
    }

    /// A stake is drawn on, and what was asked for of it alike.
    pub fn draw_stake(&mut self, layer: usize, account: usize, amount: &Int) {
        let stake = self.stakes.get_mut(&(layer, account)).expect("a staker");
        let before = stake.clone();
        *stake -= amount;
        let left = stake.clone();
        // What is asked for until the same moment is one exit.
        let mut joined: Vec<Exit> = Vec::new();
        for exit in self.exits.drain(..) {
            let same = |of: &&mut Exit| {
                (of.layer, of.account, of.until) == (exit.layer, exit.account, exit.until)
            };
            match joined.iter_mut().find(same) {
                Some(of) => of.amount += exit.amount,
                None => joined.push(exit),
            }
        }
        for exit in joined.iter_mut().filter(|of| (of.layer, of.account) == (layer, account)) {
            exit.amount = &exit.amount * &left / &before;
        }
        joined.retain(|exit| exit.amount.is_positive());
        self.exits = joined;
    }

    /// Whether more of what stands behind `domain` leaves than its limit.
    pub fn exits_above_limit(&self, domain: usize) -> bool {
        let of = &self.domains[domain];
        let layers: Vec<usize> = of.steps.iter().flatten().map(|(layer, _)| *layer).collect();
        let pot = |layer: &usize| self.venue.balance(&format!("layer/{layer}"));
        let pots: Int = layers.iter().map(pot).sum();
        let asked: Int = layers.iter().map(|layer| self.leaving(*layer, None)).sum();
        asked * int(1_000_000u64) > pots * int(of.parameters.exit_limit)
    }

    /// The first that may leave does, with all he asked for until the same moment.
    pub fn one_leaves(&mut self) -> bool {
        let over = |exit: &&Exit| exit.until <= self.now && !self.may_be_drawn_on(exit.layer);
        let first = self.exits.iter().filter(over);
        let first = first.min_by_key(|exit| (exit.layer, exit.until, exit.account)).cloned();
        let Some(first) = first else { return false };
        let same = |exit: &Exit| {
            (exit.layer, exit.until, exit.account) == (first.layer, first.until, first.account)
        };
        let paid = sum(self.exits.iter().filter(|exit| same(exit)).map(|exit| &exit.amount));
        self.exits.retain(|exit| !same(exit));
        let to = Who::Account(first.account).name();
        self.venue.transfer(&format!("layer/{}", first.layer), &to, &paid);
        *self.stakes.entry((first.layer, first.account)).or_default() -= &paid;
        self.move_money(first.account, &paid);
        self.note("exit paid");
        true
    }
}
