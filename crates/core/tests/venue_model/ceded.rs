//! What comes back to an owner who failed is for those who bear his own losses.

use num_traits::Signed;

use crate::model::Model;
use crate::numbers::Int;
use crate::venue::Who;

impl Model {
    fn ceded(&self, id: usize) -> Int {
        self.venue.balance(&format!("ceded/{id}"))
    }

    /// Of what an account was repaid for `repaid`, each of its owner's other losses takes what it
    /// lacks, in order; all of it while its hole is not known.
    pub fn cede(&mut self, repaid: usize, account: usize, gets: &Int) {
        let owner = self.venue.accounts[account].owner;
        let mut left = gets.clone();
        for id in 0..self.losses.len() {
            let loss = &self.losses[id];
            let his = self.venue.accounts[loss.account].owner == owner;
            if id == repaid || !his || loss.detected.is_none() {
                continue;
            }
            let takes = match (loss.measured, loss.settled) {
                (false, _) => left.clone(),
                (true, false) => loss.deficit.clone() - self.ceded(id),
                (true, true) => self.claims_where(id, &|_| true) - self.ceded(id),
            };
            let takes = takes.min(left.clone());
            if takes.is_positive() {
                self.note("claim ceded");
                let to = format!("ceded/{id}");
                self.venue.transfer(&Who::Account(account).name(), &to, &takes);
                left -= takes;
            }
        }
    }

    /// What was ceded to a settled loss repays its claims; what nobody is owed is the account's.
    pub fn ceded_pays(&mut self) -> bool {
        let waits = |id: &usize| self.losses[*id].settled && self.ceded(*id).is_positive();
        let Some(id) = (0..self.losses.len()).find(waits) else { return false };
        let (held, open) = (self.ceded(id), self.claims_where(id, &|_| true));
        let from = format!("ceded/{id}");
        if open.is_positive() {
            let pays = open.min(held);
            self.note("ceded repays");
            self.venue.transfer(&from, &format!("recovery/{id}"), &pays);
            self.repay_where(id, pays, &|_| true);
        } else {
            self.note("ceded returned");
            let account = Who::Account(self.losses[id].account).name();
            self.venue.transfer(&from, &account, &held);
        }
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
