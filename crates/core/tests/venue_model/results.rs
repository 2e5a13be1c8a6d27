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
                let pays = of.deficit.clone().min(left.clone());
                if pays.is_positive() {
                    self.note("remainder absorbs");
                }
                self.venue.transfer(&from, &format!("suspense/{other}"), &pays);
                left -= &pays;
                self.losses[other].own_means += &pays;
                self.losses[other].deficit -= pays;
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
        open.into_iter().any(|episode| {
            let of_domain = |id: &usize| self.losses[*id].domain == episode.domain;
            let all = (0..self.losses.len()).filter(of_domain);
            let all: Vec<usize> = episode.losses.iter().copied().chain(all).collect();
            all.into_iter().any(|id| self.result_repays(id))
        })
    }

    fn result_repays(&mut self, id: usize) -> bool {
        let of = &self.losses[id];
        if !of.settled {
            return false;
        }
        let results = format!("results/{}", of.domain);
        let now = !self.episodes[of.episode].closed;
        let counts = move |pool: &Pool| match pool.bearer {
            Bearer::Results => false,
            Bearer::Uncovered => true,
            _ => now,
        };
        let pays = self.claims_where(id, &counts).min(self.venue.balance(&results));
        if !pays.is_positive() {
            return false;
        }
        self.note(if now { "result repays" } else { "result pays an old debt" });
        self.venue.transfer(&results, &format!("recovery/{id}"), &pays);
        self.repay_where(id, pays.clone(), &counts);
        bearer(&mut self.losses[id], 0, Bearer::Results).borne += pays;
        true
    }

    /// Where no episode of a domain is open, what its books gained pays its debts, and the fund
    /// gets the rest.
    pub fn results_rest(&mut self) -> bool {
        (0..self.domains.len()).any(|domain| {
            let results = format!("results/{domain}");
            let open = self.episodes.iter().any(|of| !of.closed && of.domain == domain);
            if open || !self.venue.balance(&results).is_positive() {
                return false;
            }
            let of_domain = |id: &usize| self.losses[*id].domain == domain;
            let all: Vec<usize> = (0..self.losses.len()).filter(of_domain).collect();
            if all.into_iter().any(|id| self.result_repays(id)) {
                return true;
            }
            self.note("result to fund");
            let left = self.venue.balance(&results);
            self.venue.transfer(&results, "layer/0", &left);
            self.pay_debts(0, left);
            true
        })
    }
}
