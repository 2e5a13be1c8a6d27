//! What comes back to an owner who failed is for those who bear his own losses.

use num_traits::{Signed, Zero};

use crate::model::Model;
use crate::numbers::Int;
use crate::venue::Who;

impl Model {
    fn ceded(&self, id: usize) -> Int {
        self.venue.balance(&format!("ceded/{id}"))
    }

    /// Moves what is there for an owner to his losses, but for one: first to those whose holes are
    /// known, in order, each what it lacks; all that is left to the first whose book is open.
    fn pass_on(&mut self, owner: usize, except: usize, from: &str, there: &Int) -> Int {
        let mut left = there.clone();
        for known in [true, false] {
            for id in 0..self.losses.len() {
                let loss = &self.losses[id];
                let his = self.venue.accounts[loss.account].owner == owner;
                if id == except || !his || loss.detected.is_none() || loss.measured != known {
                    continue;
                }
                let takes = match (loss.measured, loss.settled) {
                    (false, _) => left.clone(),
                    (true, false) => loss.deficit.clone() - self.ceded(id),
                    (true, true) => self.claims_where(id, &|_| true) - self.ceded(id),
                };
                let takes = takes.min(left.clone());
                if takes.is_positive() {
                    self.venue.transfer(from, &format!("ceded/{id}"), &takes);
                    left -= takes;
                }
            }
        }
        left
    }

    /// Of what an account was repaid for a loss.
    pub fn cede(&mut self, repaid: usize, account: usize, gets: &Int) {
        let owner = self.venue.accounts[account].owner;
        let left = self.pass_on(owner, repaid, &Who::Account(account).name(), gets);
        if left < *gets {
            self.note("claim ceded");
        }
    }

    /// What was ceded to a loss that is measured and not absorbed yet is the last of own means.
    /// To a settled one it repays its claims; what it does not lack goes to its owner's other
    /// losses, then back.
    pub fn ceded_pays(&mut self) -> bool {
        let waits = |id: &usize| {
            let loss = &self.losses[*id];
            let lacks = loss.measured && loss.deficit.is_positive();
            (loss.settled || lacks) && self.ceded(*id).is_positive()
        };
        let Some(id) = (0..self.losses.len()).find(waits) else { return false };
        if !self.losses[id].settled {
            let pays = self.ceded(id).min(self.losses[id].deficit.clone());
            self.note("ceded absorbs");
            self.venue.transfer(&format!("ceded/{id}"), &format!("suspense/{id}"), &pays);
            self.losses[id].own_means += &pays;
            self.losses[id].deficit -= pays;
            return true;
        }
        let (held, open) = (self.ceded(id), self.claims_where(id, &|_| true));
        let from = format!("ceded/{id}");
        if open.is_positive() {
            let pays = open.min(held);
            self.note("ceded repays");
            self.venue.transfer(&from, &format!("recovery/{id}"), &pays);
            self.repay_rows(id, pays, &|_| true);
            return true;
        }
        let account = self.losses[id].account;
        let left = self.pass_on(self.venue.accounts[account].owner, id, &from, &held);
        self.note(if left.is_zero() { "ceded moved" } else { "ceded returned" });
        self.venue.transfer(&from, &Who::Account(account).name(), &left);
        true
    }

    /// What was ceded while the book was open is the last of own means.
    pub fn ceded_means(&mut self, id: usize, left: &Int) -> Int {
        let takes = self.ceded(id).min(left.clone());
        if takes.is_positive() {
            self.note("ceded means");
        }
        self.venue.transfer(&format!("ceded/{id}"), &format!("suspense/{id}"), &takes);
        takes
    }
}
