//! What closing out leaves: the remainder of a margin, and what a book gained beyond it.

use num_traits::{Signed, Zero};

use crate::defaults::bearer;
use crate::model::{Bearer, Episode, Loss, Model, Pool};
use crate::numbers::Int;
use crate::venue::Who;

impl Model {
    /// What is left of a margin stands behind the account's other losses: a book that is still
    /// being closed gets all of it; else it pays what is to absorb, and who bore what is settled.
    pub fn give_back(&mut self, id: usize, remainder: &Int) {
        let (account, from) = (self.losses[id].account, format!("book/{id}"));
        let his = (0..self.losses.len()).filter(|other| *other != id);
        let his: Vec<usize> = his.filter(|other| self.losses[*other].account == account).collect();
        let open = |of: &Loss| of.taken_over && !of.measured;
        if remainder.is_zero() {
            return;
        }
        if let Some(other) = his.iter().copied().find(|other| open(&self.losses[*other])) {
            self.note("remainder moved");
            self.venue.transfer(&from, &format!("book/{other}"), remainder);
            self.losses[other].margin += remainder;
            self.losses[other].opened += remainder;
            return;
        }
        let mut left = remainder.clone();
        for other in his {
            let of = &self.losses[other];
            if of.settled {
                let pays = self.claims_where(other, &|_| true).min(left.clone());
                if pays.is_positive() {
                    self.note("remainder repays");
                    self.venue.transfer(&from, &format!("recovery/{other}"), &pays);
                    left -= &pays;
                    self.repay_where(other, pays, &|_| true);
                }
            } else if of.measured {
                let pays = (&of.deficit - &of.netted).min(left.clone());
                if pays.is_positive() {
                    self.note("remainder absorbs");
                }
                self.venue.transfer(&from, &format!("suspense/{other}"), &pays);
                left -= &pays;
                self.losses[other].netted += pays;
            }
        }
        if left.is_positive() {
            self.note("remainder returned");
        }
        self.venue.transfer(&from, &Who::Account(account).name(), &left);
    }

    /// What a domain's books gained repays the settled losses of its open episodes, one at a time,
    /// then debts of the domain that are older.
    pub fn results_repay(&mut self) -> bool {
        let open: Vec<Episode> = self.episodes.iter().filter(|of| !of.closed).cloned().collect();
        for episode in open {
            let results = format!("results/{}", episode.domain);
            let held = self.venue.balance(&results);
            let domain = |id: &usize| self.losses[*id].domain == episode.domain;
            let all = (0..self.losses.len()).filter(domain);
            for id in episode.losses.iter().copied().chain(all.collect::<Vec<_>>()) {
                let settled = self.losses[id].settled;
                let now = settled && !self.episodes[self.losses[id].episode].closed;
                let counts = move |pool: &Pool| match pool.bearer {
                    Bearer::Results => false,
                    Bearer::Uncovered => true,
                    _ => now,
                };
                let pays = self.claims_where(id, &counts).min(held.clone());
                if settled && pays.is_positive() {
                    self.note(if now { "result repays" } else { "result pays an old debt" });
                    self.venue.transfer(&results, &format!("recovery/{id}"), &pays);
                    self.repay_where(id, pays.clone(), &counts);
                    bearer(&mut self.losses[id], 0, Bearer::Results).borne += pays;
                    return true;
                }
            }
        }
        false
    }

    /// The fund gets what is left when the domain's last episode closes, and pays debts first.
    pub fn results_to_fund(&mut self, place: usize) {
        let domain = self.episodes[place].domain;
        let results = format!("results/{domain}");
        let left = self.venue.balance(&results);
        let mut others = self.episodes.iter().enumerate();
        let others = others.any(|(other, of)| other != place && !of.closed && of.domain == domain);
        if left.is_positive() && !others {
            self.note("result to fund");
            self.venue.transfer(&results, "layer/0", &left);
            self.pay_debts(0, left);
        }
    }
}
