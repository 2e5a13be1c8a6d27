//! From an account below zero to a settled loss: what is due is done in the order the design
//! gives it, until nothing is.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use crate::model::{Bearer, Episode, Loss, Member, Model, Pays, Pool, Set};
use crate::numbers::{Claim, Int, int, positive, rat, ratio, sum, wave};
use crate::trading::Given;
use crate::venue::Who;

impl Model {
    pub fn declare_default(&mut self, domain: usize, number: u64, account: usize) -> Given {
        if domain >= self.domains.len() {
            return Err("unknown-domain");
        }
        if number >= 1 << 63 {
            return Err("number-reserved");
        }
        let of_domain = |loss: &&Loss| loss.domain == domain;
        if self.losses.iter().filter(of_domain).any(|loss| loss.number == Some(number)) {
            return Err("loss-already-reported");
        }
        if account >= self.venue.accounts.len() {
            return Err("unknown-account");
        }
        let standing = |loss: &Loss| !loss.settled && loss.account == account;
        if self.losses.iter().filter(of_domain).any(standing) {
            return Err("already-failed");
        }
        self.losses.push(Loss { domain, number: Some(number), account, ..Loss::default() });
        let domains = self.domains_of_failure(account);
        self.fails_in(account, domains.into_iter().filter(|other| *other != domain).collect());
        self.note("default declared");
        Ok(())
    }

    /// Everything that is due, one piece after the other.
    pub fn run_due(&mut self) {
        while self.one_due() {}
    }

    fn one_due(&mut self) -> bool {
        if let Some(account) = self.negative() {
            let domains = self.domains_of_failure(account);
            if domains.len() > 1 {
                self.note("default in two domains");
            }
            self.fails_in(account, domains);
            self.note("default found");
            return true;
        }
        if let Some(id) = self.losses.iter().position(|loss| loss.detected.is_none()) {
            self.detect(id);
            return true;
        }
        if self.ceded_pays() {
            return true;
        }
        for id in 0..self.losses.len() {
            if self.losses[id].measured {
                continue;
            }
            if !self.losses[id].taken_over {
                self.take_over(id);
                return true;
            }
            if self.venue.legs_of(Who::Book(id)).next().is_none() {
                self.take_own_means(id);
                return true;
            }
        }
        if let Some(id) = self.losses.iter().position(|loss| loss.measured && !loss.settled) {
            self.absorb(id);
            return true;
        }
        if self.results_repay() {
            return true;
        }
        let settled = |episode: &Episode| episode.losses.iter().all(|id| self.losses[*id].settled);
        let ended = |episode: &Episode| !episode.closed && settled(episode);
        if let Some(place) = self.episodes.iter().position(ended) {
            self.episodes[place].closed = true;
            return true;
        }
        if self.results_rest() {
            return true;
        }
        self.deleverage_one() || self.pay_out_one() || self.one_leaves()
    }

    /// The first account below zero that no detection waits for.
    fn negative(&self) -> Option<usize> {
        let known =
            |account| self.losses.iter().any(|loss| loss.account == account && !loss.taken_over);
        let mut accounts = 0..self.venue.accounts.len();
        accounts.find(|id| self.venue.equity(Who::Account(*id)).is_negative() && !known(*id))
    }

    fn fails_in(&mut self, account: usize, domains: Vec<usize>) {
        let loss = |domain| Loss { domain, account, ..Loss::default() };
        self.losses.extend(domains.into_iter().map(loss));
    }

    /// Where it holds legs, and where it lost since the reference there.
    fn domains_of_failure(&self, account: usize) -> Vec<usize> {
        let holds = |domain| !self.venue.markets_of(Who::Account(account), domain).is_empty();
        let fails = |domain: &usize| holds(*domain) || self.lost_in(account, *domain).is_positive();
        (0..self.domains.len()).filter(fails).collect()
    }

    fn lost_in(&self, account: usize, domain: usize) -> Int {
        let session = self.session(account, self.reference(domain, self.now));
        positive(-&session.gains[domain])
    }

    /// The equity that goes with a loss: a hole is split over the domains still to be taken over by
    /// what was lost there, a remainder by what the legs there must hold.
    pub fn part_of_failure(&self, id: usize) -> Int {
        let account = self.losses[id].account;
        let equity = self.venue.equity(Who::Account(account));
        let waits = |loss: &&Loss| loss.account == account && !loss.taken_over;
        let mut domains: Vec<usize> =
            self.losses.iter().filter(waits).map(|loss| loss.domain).collect();
        domains.sort_unstable();
        let weigh = |domain: &usize| match equity.is_negative() {
            true => self.lost_in(account, *domain),
            false => self.maintenance_in(account, *domain),
        };
        let weights: Vec<Int> = domains.iter().map(weigh).collect();
        let total = sum(&weights);
        let place = domains.iter().position(|domain| *domain == self.losses[id].domain);
        let place = place.expect("its own loss waits");
        if total.is_zero() {
            return if place == 0 { equity } else { Int::zero() };
        }
        // Up to each domain the sum of parts is rounded toward zero.
        let upto = |count: usize| {
            let part = rat(&equity) * ratio(&sum(&weights[..count]), &total);
            part.trunc().to_integer()
        };
        upto(place + 1) - upto(place)
    }

    /// Opens or joins the domain's episode, and fixes the liable set where none is open.
    fn detect(&mut self, id: usize) {
        let (domain, account) = (self.losses[id].domain, self.losses[id].account);
        let owner = self.venue.accounts[account].owner;
        let (now, parameters) = (self.now, self.domains[domain].parameters.clone());
        let joins = |episode: &Episode| {
            let takes = now < episode.opened + parameters.episode_length;
            episode.domain == domain && !episode.closed && takes
        };
        let place = self.episodes.iter().position(joins).unwrap_or_else(|| {
            self.episodes.push(Episode {
                domain,
                opened: now,
                closed: false,
                losses: vec![],
                sets: vec![],
                failed: Default::default(),
                used: Default::default(),
            });
            self.episodes.len() - 1
        });
        let last = self.episodes[place].sets.last().copied();
        let set = match last.filter(|set| now <= self.sets[*set].until) {
            Some(set) => set,
            None => self.fix_set(place, owner, now + parameters.window),
        };
        if last.is_some_and(|last| last != set) {
            self.note("second liable set");
        }
        if !self.episodes[place].losses.is_empty() {
            self.note("loss joins an episode");
        }
        self.episodes[place].losses.push(id);
        self.episodes[place].failed.insert(owner);
        let loss = &mut self.losses[id];
        (loss.detected, loss.episode, loss.set) = (Some(now), place, set);
    }

    fn fix_set(&mut self, place: usize, failing: usize, until: u64) -> usize {
        let episode = &self.episodes[place];
        let steps = self.domains[episode.domain].steps.iter().flatten();
        let gains = steps.filter(|(layer, _)| self.layers[*layer].pays == Pays::Gains);
        let mut layers = BTreeMap::new();
        let mut again = false;
        for (layer, _) in gains {
            let mut members = BTreeMap::new();
            let spent = |account: usize| {
                let paid = |set: &usize| {
                    let of = self.sets[*set].layers.get(layer)?.get(&account)?;
                    Some(of.paid.clone())
                };
                sum(&episode.sets.iter().filter_map(paid).collect::<Vec<_>>())
            };
            let out = |account: usize| {
                let mut back = Int::zero();
                for pool in episode.losses.iter().flat_map(|id| &self.losses[*id].pools) {
                    let through = pool.bearer == Bearer::Members(*layer);
                    if let Some((_, repaid)) = pool.rows.get(&account).filter(|_| through) {
                        back += repaid;
                    }
                }
                positive(spent(account) - back)
            };
            for (account, (weight, cap)) in self.session_gains(episode.domain, &out) {
                let owner = self.venue.accounts[account].owner;
                if owner == failing || episode.failed.contains(&owner) {
                    continue;
                }
                let spent = spent(account);
                again |= spent.is_positive() && cap > spent;
                let (weight, cap) = (positive(weight - &spent), positive(cap - &spent));
                if !cap.is_zero() {
                    members.insert(account, Member { weight, cap, paid: Int::zero() });
                }
            }
            layers.insert(*layer, members);
        }
        if again {
            self.note("liable again");
        }
        self.sets.push(Set { episode: place, until, layers });
        self.episodes[place].sets.push(self.sets.len() - 1);
        self.sets.len() - 1
    }

    /// Legs at the mark and the whole balance: the book opens with exactly the account's equity.
    fn take_over(&mut self, id: usize) {
        let (account, domain) = (self.losses[id].account, self.losses[id].domain);
        let equity = self.part_of_failure(id);
        self.venue.take_over(account, domain, id, &equity);
        if equity.is_positive() {
            self.note("margin left");
        }
        let loss = &mut self.losses[id];
        loss.taken_over = true;
        loss.margin = positive(equity.clone());
        (loss.opened, loss.since) = (equity, self.now);
    }

    /// Close-out loss = margin - balance of the flat book. Margin pays first, then the owner's
    /// gains in his other accounts, then his stakes.
    fn take_own_means(&mut self, id: usize) {
        let loss = self.losses[id].clone();
        let (book, suspense) = (format!("book/{id}"), format!("suspense/{id}"));
        let balance = self.venue.balance(&book);
        let close_out = positive(&loss.margin - &balance);
        if balance.is_negative() {
            self.venue.transfer(&suspense, &book, &-balance);
        } else {
            let remainder = balance.clone().min(loss.margin.clone());
            self.give_back(id, &remainder);
            let gained = balance - remainder;
            if gained.is_positive() {
                self.note("result kept");
            }
            self.venue.transfer(&book, &format!("results/{}", loss.domain), &gained);
        }
        let mut left = &close_out - loss.margin.clone().min(close_out.clone());
        let owner = self.venue.accounts[loss.account].owner;
        for account in 0..self.venue.accounts.len() {
            let holder = Who::Account(account);
            let means = positive(self.venue.equity(holder));
            let takes = self.own_gain(&loss, account).min(means).min(left.clone());
            if takes.is_positive() {
                self.note("set-off");
            }
            self.venue.transfer(&holder.name(), &suspense, &takes);
            left -= takes;
        }
        for (layer, account) in self.stakes.keys().copied().collect::<Vec<_>>() {
            let steps = &self.domains[loss.domain].steps;
            let named = steps.iter().flatten().any(|(of, _)| *of == layer);
            if !named || self.venue.accounts[account].owner != owner {
                continue;
            }
            let takes = self.stakes[&(layer, account)].clone().min(left.clone());
            if takes.is_positive() {
                self.note("own stake taken");
            }
            self.venue.transfer(&format!("layer/{layer}"), &suspense, &takes);
            if takes.is_positive() {
                self.draw_stake(layer, account, &takes);
            }
            left -= takes;
        }
        left -= self.ceded_means(id, &left);
        let loss = &mut self.losses[id];
        loss.own_means = &close_out - &left;
        (loss.close_out, loss.deficit) = (close_out, left);
        loss.measured = true;
    }

    /// Step by step, round by round; what no step absorbs is a debt of the domain.
    fn absorb(&mut self, id: usize) {
        let domain = self.losses[id].domain;
        let mut left = &self.losses[id].deficit - &self.losses[id].netted;
        let steps = self.domains[domain].steps.clone();
        let results = format!("results/{domain}");
        let netted = self.venue.balance(&results).min(left.clone());
        if netted.is_positive() {
            self.note("result netted");
            self.venue.transfer(&results, &format!("suspense/{id}"), &netted);
            left -= &netted;
            self.losses[id].netted += &netted;
            bearer(&mut self.losses[id], 0, Bearer::Results).borne += netted;
        }
        for (number, sides) in (1..).zip(&steps) {
            loop {
                let side = |(layer, weight): &(usize, u64)| Claim {
                    cap: self.capacity(id, *layer),
                    weight: int(*weight),
                    paid: Int::zero(),
                };
                let planned = wave(&left, &sides.iter().map(side).collect::<Vec<_>>());
                if planned.iter().all(Zero::is_zero) {
                    break;
                }
                for ((layer, _), planned) in sides.iter().zip(planned) {
                    left -= self.draw(id, number, *layer, &planned);
                }
            }
        }
        if left.is_positive() {
            self.note("uncovered");
            self.venue.transfer(&format!("uncovered/{domain}"), &format!("suspense/{id}"), &left);
            let pool = bearer(&mut self.losses[id], steps.len() + 1, Bearer::Uncovered);
            pool.borne += &left;
        }
        self.losses[id].uncovered = left;
        self.losses[id].settled = true;
    }

    fn capacity(&self, id: usize, layer: usize) -> Int {
        let loss = &self.losses[id];
        let of = &self.layers[layer];
        let has = match of.pays {
            Pays::Fund | Pays::Stakes => self.venue.balance(&format!("layer/{layer}")),
            Pays::Gains => {
                let claims = self.claims(loss.set, layer);
                claims.iter().fold(Int::zero(), |sum, claim| sum + &claim.cap - &claim.paid)
            }
        };
        let paid = |of: &BTreeMap<usize, Int>| of.get(&layer).cloned().unwrap_or_default();
        let by_event = of.per_event.map(|cap| positive(int(cap) - paid(&loss.received)));
        let used = paid(&self.episodes[loss.episode].used);
        let by_episode = of.per_episode.map(|cap| positive(int(cap) - used));
        [by_event, by_episode].into_iter().flatten().fold(has, Int::min)
    }

    /// One layer pays what was planned, or what it can.
    fn draw(&mut self, id: usize, step: usize, layer: usize, planned: &Int) -> Int {
        let suspense = format!("suspense/{id}");
        let rows = match self.layers[layer].pays {
            Pays::Fund | Pays::Stakes => {
                self.venue.transfer(&format!("layer/{layer}"), &suspense, planned);
                self.stakes_pay(layer, planned)
            }
            Pays::Gains => self.gains_pay(id, layer, planned),
        };
        let received = if rows.is_empty() && self.layers[layer].pays != Pays::Gains {
            planned.clone()
        } else {
            sum(rows.values())
        };
        let loss = &mut self.losses[id];
        *loss.received.entry(layer).or_default() += &received;
        *self.episodes[loss.episode].used.entry(layer).or_default() += &received;
        if received.is_positive() {
            let of = if self.layers[layer].pays == Pays::Fund {
                Bearer::Layer(layer)
            } else {
                Bearer::Members(layer)
            };
            let pool = bearer(loss, step, of);
            pool.borne += &received;
            for (account, share) in rows {
                pool.rows.entry(account).or_default().0 += share;
            }
            self.note(["fund pays", "stakes pay", "gains pay"][self.layers[layer].pays as usize]);
        }
        received
    }

    fn stakes_pay(&mut self, layer: usize, amount: &Int) -> BTreeMap<usize, Int> {
        let stakes = self.stakes.iter().filter(|((of, _), _)| *of == layer);
        let claim =
            |stake: &Int| Claim { cap: stake.clone(), weight: stake.clone(), paid: Int::zero() };
        let (accounts, claims): (Vec<usize>, Vec<Claim>) =
            stakes.map(|((_, account), stake)| (*account, claim(stake))).unzip();
        let shares = wave(amount, &claims);
        let rows: BTreeMap<usize, Int> = accounts.into_iter().zip(shares).collect();
        for (account, share) in &rows {
            if share.is_positive() {
                self.draw_stake(layer, *account, share);
            }
        }
        rows
    }

    /// A wave over the liable set: exact cumulative shares, each account's caps as they stand.
    fn gains_pay(&mut self, id: usize, layer: usize, planned: &Int) -> BTreeMap<usize, Int> {
        let set = self.losses[id].set;
        let claims = self.claims(set, layer);
        let before = sum(claims.iter().map(|claim| &claim.paid));
        if before.is_positive() && planned.is_positive() {
            self.note("later wave");
        }
        if claims.iter().any(|claim| claim.cap == claim.paid && claim.weight.is_positive()) {
            self.note("member without means");
        }
        let shares = wave(&(before + planned), &claims);
        let accounts: Vec<usize> = self.sets[set].layers[&layer].keys().copied().collect();
        let others = self.episodes[self.sets[set].episode].sets.clone();
        let rows: BTreeMap<usize, Int> = accounts.into_iter().zip(shares).collect();
        for (account, share) in &rows {
            let name = Who::Account(*account).name();
            self.venue.transfer(&name, &format!("suspense/{id}"), share);
            let means = positive(self.venue.equity(Who::Account(*account)));
            for other in &others {
                let members = self.sets[*other].layers.get_mut(&layer);
                let Some(member) = members.and_then(|of| of.get_mut(account)) else { continue };
                if *other == set {
                    member.paid += share;
                    member.cap = member.cap.clone().min(&member.paid + &means);
                } else {
                    member.cap = (&member.cap - share).max(member.paid.clone());
                }
            }
        }
        rows
    }
}

/// The pool of a bearer, new if he bore nothing yet.
pub fn bearer(loss: &mut Loss, step: usize, of: Bearer) -> &mut Pool {
    let same = |pool: &Pool| pool.step == step && pool.bearer == of;
    let place = loss.pools.iter().position(same).unwrap_or_else(|| {
        let (borne, repaid) = (Int::zero(), Int::zero());
        loss.pools.push(Pool { step, bearer: of, borne, repaid, rows: BTreeMap::new() });
        loss.pools.len() - 1
    });
    &mut loss.pools[place]
}
