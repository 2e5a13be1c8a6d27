//! Money that comes back: recoveries of one loss, last step first, and what a fund earns.

use num_traits::{Signed, Zero};

use crate::defaults::bearer;
use crate::model::{Bearer, Model, Pays, Pool};
use crate::numbers::{Claim, Int, floor, int, millionths, positive, sum, wave};
use crate::trading::Given;
use crate::venue::Who;

fn open(pool: &Pool) -> Int {
    &pool.borne - &pool.repaid
}

impl Model {
    pub fn recover(&mut self, id: usize, number: u64, amount: u64) -> Given {
        let loss = self.losses.get(id).ok_or("unknown-loss")?;
        if !loss.settled {
            return Err("loss-stage");
        }
        if number <= loss.last_recovery {
            return Err("number-not-new");
        }
        if amount == 0 {
            return Err("zero-amount");
        }
        let amount = int(amount);
        if amount > sum(&loss.pools.iter().map(open).collect::<Vec<_>>()) {
            return Err("recovery-above-claims");
        }
        self.losses[id].last_recovery = number;
        self.venue.transfer("world", &format!("recovery/{id}"), &amount);
        self.repay(id, amount, None);
        self.note("recovery");
        Ok(())
    }

    /// Repays a loss's claims; a fund that pays does not repay itself, nor debts.
    fn repay(&mut self, id: usize, amount: Int, payer: Option<usize>) {
        self.repay_where(id, amount, &|pool| is_open(pool, payer));
    }

    /// The open claims of a loss that `counts`, together.
    pub fn claims_where(&self, id: usize, counts: &dyn Fn(&Pool) -> bool) -> Int {
        let pools = self.losses[id].pools.iter().filter(|pool| counts(pool));
        sum(&pools.map(open).collect::<Vec<_>>())
    }

    /// Repays those claims of a loss that `counts`; who failed himself cedes what he gets.
    pub fn repay_where(&mut self, id: usize, amount: Int, counts: &dyn Fn(&Pool) -> bool) {
        for (account, gets) in self.repay_rows(id, amount, counts) {
            self.cede(id, account, &gets);
        }
    }

    /// The same, each for himself; who got what.
    pub fn repay_rows(
        &mut self,
        id: usize,
        amount: Int,
        counts: &dyn Fn(&Pool) -> bool,
    ) -> Vec<(usize, Int)> {
        let mut rows = Vec::new();
        let mut left = amount;
        let mut steps: Vec<usize> = self.losses[id].pools.iter().map(|pool| pool.step).collect();
        steps.sort_unstable();
        steps.dedup();
        for step in steps.into_iter().rev() {
            let pools = self.losses[id].pools.iter().enumerate();
            let there = pools
                .filter(|(_, pool)| pool.step == step && open(pool).is_positive() && counts(pool));
            let (places, claims): (Vec<usize>, Vec<Claim>) = there
                .map(|(place, pool)| {
                    let cap = open(pool);
                    (place, Claim { weight: cap.clone(), cap, paid: Int::zero() })
                })
                .unzip();
            for (place, share) in places.into_iter().zip(wave(&left, &claims)) {
                left -= &share;
                rows.extend(self.repay_pool(id, place, &share));
            }
        }
        assert!(left.is_zero(), "what comes back has claims");
        rows
    }

    /// Repays one pool; what each of its members got.
    fn repay_pool(&mut self, id: usize, place: usize, share: &Int) -> Vec<(usize, Int)> {
        let from = format!("recovery/{id}");
        let loss = &mut self.losses[id];
        let pool = &mut loss.pools[place];
        let mut paid = Vec::new();
        let claim = |(borne, repaid): &(Int, Int)| Claim {
            cap: borne.clone(),
            weight: borne.clone(),
            paid: repaid.clone(),
        };
        match pool.bearer {
            Bearer::Layer(layer) => self.venue.transfer(&from, &format!("layer/{layer}"), share),
            Bearer::Uncovered => {
                self.venue.transfer(&from, &format!("uncovered/{}", loss.domain), share);
            }
            Bearer::Results => {
                self.venue.transfer(&from, &format!("results/{}", loss.domain), share);
            }
            Bearer::Members(_) => {
                let claims: Vec<Claim> = pool.rows.values().map(claim).collect();
                let gets = wave(&(&pool.repaid + share), &claims);
                for ((account, row), gets) in pool.rows.iter_mut().zip(gets) {
                    self.venue.transfer(&from, &Who::Account(*account).name(), &gets);
                    // What an account holds at its first trade is its principal, whatever brought
                    // it: nothing of it was ever at risk in a market.
                    let of = &mut self.venue.accounts[*account];
                    if of.traded.is_empty() {
                        of.moved += &gets;
                    }
                    row.1 += &gets;
                    paid.push((*account, gets));
                }
            }
        }
        pool.repaid += share;
        paid
    }

    pub fn income(&mut self, layer: usize, number: u64, amount: u64) -> Given {
        let found = self.layers.get(layer).ok_or("unknown-layer")?;
        if found.pays != Pays::Fund {
            return Err("layer-not-paid-into");
        }
        if number <= found.last_number {
            return Err("number-not-new");
        }
        if amount == 0 {
            return Err("zero-amount");
        }
        self.layers[layer].last_number = number;
        let fund = format!("layer/{layer}");
        let left = int(amount);
        self.venue.transfer("world", &fund, &left);
        let left = self.pay_debts(layer, left);
        let behind = self.behind(layer);
        let Some(first) = behind.first() else { return Ok(()) };
        let part = self.domains[*first].parameters.income_to_claims;
        let mut left = floor(&millionths(&left, &int(part)));
        for id in 0..self.losses.len() {
            let loss = &self.losses[id];
            let pools = loss.pools.iter().filter(|pool| is_open(pool, Some(layer)));
            // What is ceded to it, and had no room yet, is as good as paid.
            let claims = sum(&pools.map(open).collect::<Vec<_>>());
            let coming = self.venue.balance(&format!("ceded/{id}"));
            let pays = positive(claims - coming).min(left.clone());
            if loss.settled && behind.contains(&loss.domain) && pays.is_positive() {
                self.venue.transfer(&fund, &format!("recovery/{id}"), &pays);
                left -= &pays;
                self.repay(id, pays.clone(), Some(layer));
                bearer(&mut self.losses[id], 0, Bearer::Layer(layer)).borne += pays;
                self.note("income to claims");
            }
        }
        Ok(())
    }

    /// The domains whose waterfalls name a layer.
    fn behind(&self, layer: usize) -> Vec<usize> {
        let names = |domain: &usize| {
            let steps = &self.domains[*domain].steps;
            steps.iter().flatten().any(|(of, _)| *of == layer)
        };
        (0..self.domains.len()).filter(names).collect()
    }

    /// Of what a fund got, debts of the domains it stands behind are paid first; what is left.
    pub fn pay_debts(&mut self, layer: usize, mut left: Int) -> Int {
        let behind = self.behind(layer);
        for id in 0..self.losses.len() {
            if behind.contains(&self.losses[id].domain) {
                left -= self.pay_debt(id, layer, &left);
            }
        }
        left
    }

    /// A fund pays an uncovered debt: the claim on the failed party is now the fund's.
    fn pay_debt(&mut self, id: usize, layer: usize, left: &Int) -> Int {
        let loss = &mut self.losses[id];
        let debts = loss.pools.iter_mut().find(|pool| pool.bearer == Bearer::Uncovered);
        let Some(pool) = debts else { return Int::zero() };
        let pays = open(pool).min(left.clone());
        if pays.is_zero() {
            return pays;
        }
        pool.borne -= &pays;
        let (step, of) = (pool.step, Bearer::Layer(layer));
        let domain = loss.domain;
        let same = loss.pools.iter_mut().find(|pool| pool.step == step && pool.bearer == of);
        match same {
            Some(pool) => pool.borne += &pays,
            None => loss.pools.push(Pool {
                step,
                bearer: of,
                borne: pays.clone(),
                repaid: Int::zero(),
                rows: Default::default(),
            }),
        }
        self.venue.transfer(&format!("layer/{layer}"), &format!("uncovered/{domain}"), &pays);
        self.note("debt paid");
        pays
    }
}

/// Whether a pool has an open claim on what `payer` repays.
fn is_open(pool: &Pool, payer: Option<usize>) -> bool {
    let claims = match (&pool.bearer, payer) {
        (Bearer::Uncovered | Bearer::Results, Some(_)) => false,
        (Bearer::Layer(layer), Some(payer)) => *layer != payer,
        _ => true,
    };
    claims && open(pool).is_positive()
}
