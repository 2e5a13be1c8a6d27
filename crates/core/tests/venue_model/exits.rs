//! Stakes on their way out: a list of requests, each with the moment from which it may be paid.

use num_traits::{Signed, Zero};

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

    /// Of a stake that was drawn on no more leaves than is there; what was asked for last yields.
    pub fn leave_what_is_there(&mut self) {
        let mut stakes = self.stakes.clone();
        self.exits.sort_by_key(|exit| exit.until);
        for exit in &mut self.exits {
            let left = stakes.entry((exit.layer, exit.account)).or_default();
            exit.amount = exit.amount.clone().min(left.clone());
            *left -= &exit.amount;
        }
        self.exits.retain(|exit| exit.amount.is_positive());
    }

    /// Whether more of what stands behind `domain` leaves than its limit.
    pub fn backstop_leaves(&self, domain: usize) -> bool {
        let of = &self.domains[domain];
        of.steps.iter().flatten().any(|(layer, _)| {
            let stakes = self.stakes.iter().filter(|((of, _), _)| of == layer);
            let pot = sum(stakes.map(|(_, stake)| stake));
            let leaving = self.leaving(*layer, None);
            leaving * int(1_000_000u64) > pot * int(of.parameters.exit_limit)
        })
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
        *self.stakes.entry((first.layer, first.account)).or_insert_with(Int::zero) -= &paid;
        self.move_money(first.account, &paid);
        self.note("exit paid");
        true
    }
}
