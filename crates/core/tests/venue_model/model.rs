//! The model: the venue now, copies of it at every period boundary, what is known of losses, and
//! what follows for each account: session, liens, margin, what is free.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{Signed, Zero};

use crate::exits::Exit;
use crate::numbers::{
    Claim, Int, Rat, ceil, int, level, millionths, positive, share_at, split, sum, wave,
};
use crate::venue::{Trade, Venue, Who};

#[derive(Clone, Debug)]
pub struct Parameters {
    pub reference_age: u64,
    pub stress: u64,
    pub budget: u64,
    pub opening_profit: u64,
    pub closeout_time: u64,
    pub episode_length: u64,
    pub window: u64,
    pub income_to_claims: u64,
    pub drawdown: u64,
    pub cooldown: u64,
    pub exit_limit: u64,
}

#[derive(Clone, Debug)]
pub struct Market {
    pub domain: usize,
    pub unit: u64,
    pub max_price: u64,
    pub max_position: u64,
    pub max_open: u64,
    pub band: u64,
    /// From how many atoms of value on, initial and maintenance margin in millionths.
    pub tiers: Vec<(u64, u64, u64)>,
    pub last_fill: u64,
    pub mark: Option<u64>,
    pub expiry: Option<u64>,
    /// Of an option: the strike, and whether it is a call.
    pub option: Option<(u64, bool)>,
    /// It has a feed of its volatility, and nobody says one.
    pub unsaid: bool,
    pub settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pays {
    Fund,
    Stakes,
    Gains,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub pays: Pays,
    pub per_event: Option<u64>,
    pub per_episode: Option<u64>,
    pub last_number: u64,
}

#[derive(Clone, Debug)]
pub struct Domain {
    pub parameters: Parameters,
    /// By step: layers side by side and their weights.
    pub steps: Vec<Vec<(usize, u64)>>,
    pub reduce_only: bool,
}

/// A period boundary: everything as it was, and the domains with an episode open then.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub at: u64,
    pub venue: Venue,
    pub blocked: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    Layer(usize),
    Members(usize),
    Uncovered,
    /// What books of the loss's domain gained.
    Results,
}

/// Who bore a part of a loss: in all, and account by account where accounts did.
#[derive(Clone, Debug)]
pub struct Pool {
    pub step: usize,
    pub bearer: Bearer,
    pub borne: Int,
    pub repaid: Int,
    pub rows: BTreeMap<usize, (Int, Int)>,
}

#[derive(Clone, Debug, Default)]
pub struct Loss {
    pub domain: usize,
    pub number: Option<u64>,
    pub account: usize,
    pub detected: Option<u64>,
    pub episode: usize,
    pub set: usize,
    pub taken_over: bool,
    /// Its book is flat and own means are taken.
    pub measured: bool,
    pub settled: bool,
    pub opened: Int,
    pub since: u64,
    pub deleveraging: bool,
    pub margin: Int,
    pub close_out: Int,
    pub own_means: Int,
    pub deficit: Int,
    pub netted: Int,
    pub uncovered: Int,
    pub received: BTreeMap<usize, Int>,
    pub pools: Vec<Pool>,
    pub last_recovery: u64,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub weight: Int,
    pub cap: Int,
    pub paid: Int,
}

/// A liable set: by layer and account.
#[derive(Clone, Debug)]
pub struct Set {
    pub episode: usize,
    pub until: u64,
    pub layers: BTreeMap<usize, BTreeMap<usize, Member>>,
}

#[derive(Clone, Debug)]
pub struct Episode {
    pub domain: usize,
    pub opened: u64,
    pub closed: bool,
    pub losses: Vec<usize>,
    pub sets: Vec<usize>,
    pub failed: BTreeSet<usize>,
    pub used: BTreeMap<usize, Int>,
}

/// How an account fared since a reference checkpoint.
#[derive(Clone, Debug)]
pub struct Session {
    pub gains: Vec<Int>,
    pub equity: Int,
    pub principal: Int,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: u64,
    pub venue: Venue,
    pub checkpoints: Vec<Checkpoint>,
    pub markets: Vec<Market>,
    pub domains: Vec<Domain>,
    pub layers: Vec<Layer>,
    pub stakes: BTreeMap<(usize, usize), Int>,
    pub exits: Vec<Exit>,
    pub losses: Vec<Loss>,
    pub episodes: Vec<Episode>,
    pub sets: Vec<Set>,
    /// What happened, counted.
    pub seen: BTreeMap<&'static str, u32>,
}

impl Model {
    pub fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// The reference checkpoint of `domain`: the last that is old enough and had no episode of it
    /// open; nothing where the venue's beginning is it.
    pub fn reference(&self, domain: usize, at: u64) -> Option<usize> {
        let age = self.domains[domain].parameters.reference_age;
        let fits = |one: &Checkpoint| one.at + age <= at && !one.blocked.contains(&domain);
        self.checkpoints.iter().rposition(fits)
    }

    pub fn session(&self, account: usize, reference: Option<usize>) -> Session {
        let beginning = Venue::default();
        let then = reference.map_or(&beginning, |place| &self.checkpoints[place].venue);
        let domains = 0..self.domains.len();
        let gain = |domain| self.venue.gained(account, domain) - then.gained(account, domain);
        let moved = |venue: &Venue| venue.accounts.get(account).map(|of| of.moved.clone());
        let moved = moved(&self.venue).unwrap_or_default() - moved(then).unwrap_or_default();
        Session {
            gains: domains.map(gain).collect(),
            equity: self.venue.equity(Who::Account(account)),
            principal: positive(then.equity(Who::Account(account)) + moved),
        }
    }

    /// The requirement on legs of so many lots and these gross values, rounded up once. Options
    /// are written on the first market; nobody says a volatility, so the whole value of the
    /// underlying is held for them and for the leg that hedges them.
    fn requirement(&self, venue: &Venue, legs: &[(usize, Int, Int)], initial: bool) -> Int {
        let mut exact = Rat::zero();
        let options = legs.iter().any(|(market, ..)| self.markets[*market].option.is_some());
        let mut units_on_underlying = Int::zero();
        for (market, lots, gross) in legs {
            if self.markets[*market].option.is_some() || (options && *market == 0) {
                units_on_underlying += lots * int(self.markets[*market].unit);
                continue;
            }
            let tiers = &self.markets[*market].tiers;
            for (place, (above, to_open, to_keep)) in tiers.iter().enumerate() {
                let to = tiers.get(place + 1).map(|next| int(next.0)).unwrap_or(gross.clone());
                let part = positive(gross.min(&to) - int(*above));
                exact += millionths(&part, &int(if initial { *to_open } else { *to_keep }));
            }
        }
        // A mark is kept in atoms of a lot.
        let known = venue.marks.get(&0).map(|mark| mark / int(self.markets[0].unit));
        let ticks = known.unwrap_or_else(|| int(self.markets[0].max_price));
        ceil(&exact) + units_on_underlying * ticks
    }

    pub fn margin(&self, account: usize, initial: bool) -> Int {
        self.margin_at(&self.venue, account, initial)
    }

    pub fn margin_at(&self, venue: &Venue, account: usize, initial: bool) -> Int {
        let legs = venue.legs_of(Who::Account(account));
        let legs = legs.map(|(market, leg)| (market, leg.lots.abs(), venue.gross(market, leg)));
        self.requirement(venue, &legs.collect::<Vec<_>>(), initial)
    }

    /// After a trade: the balance, opening equity, initial margin and loan of an account.
    pub fn opening_after(&self, account: usize, trade: &Trade) -> (Int, Int, Int, Int) {
        let mut venue = self.venue.clone();
        venue.trade(Who::Account(account), trade, "clearing");
        let mut uncounted = Rat::zero();
        for (market, leg) in venue.legs_of(Who::Account(account)) {
            let profit = positive(venue.value(market, leg) - &leg.paid);
            let of = &self.domains[self.markets[market].domain].parameters;
            uncounted += millionths(&profit, &int(1_000_000 - of.opening_profit));
        }
        let uncounted = ceil(&uncounted);
        let equity = venue.equity(Who::Account(account)) - uncounted - self.lien(account);
        let initial = self.margin_at(&venue, account, true);
        let balance = venue.balance(&Who::Account(account).name());
        (balance, equity, initial, venue.loan(account))
    }

    pub fn maintenance_in(&self, account: usize, domain: usize) -> Int {
        let legs = self.venue.legs_of(Who::Account(account));
        let there = legs.filter(|(market, _)| self.markets[*market].domain == domain);
        let legs =
            there.map(|(market, leg)| (market, leg.lots.abs(), self.venue.gross(market, leg)));
        self.requirement(&self.venue, &legs.collect::<Vec<_>>(), false)
    }

    /// What closing the legs of a domain may cost under stress.
    pub fn stressed_cost(&self, domain: usize, who: Who) -> Int {
        let legs = self.venue.legs_of(who);
        let there = legs.filter(|(market, _)| self.markets[*market].domain == domain);
        let gross: Vec<Int> = there.map(|(market, leg)| self.venue.gross(market, leg)).collect();
        ceil(&millionths(&sum(&gross), &int(self.domains[domain].parameters.stress)))
    }

    /// Profit realised since the oldest reference of the domains it traded in; or what it gained
    /// since any of them beyond the profit of its legs, if that is more.
    pub fn unmatured(&self, account: usize) -> Int {
        let of = &self.venue.accounts[account];
        let references = of.traded.iter().map(|domain| self.reference(*domain, self.now));
        let references: BTreeSet<Option<usize>> = references.collect();
        let Some(reference) = references.first() else { return Int::zero() };
        let then = reference.and_then(|place| self.checkpoints[place].venue.accounts.get(account));
        let before = then.map(|of| of.realised.clone()).unwrap_or_default();
        let gained = references.iter().map(|of| sum(&self.session(account, *of).gains));
        let beyond = gained.max().unwrap_or_default() - self.venue.unrealised(account);
        positive((&of.realised - before).max(beyond))
    }

    pub fn free(&self, account: usize) -> Int {
        if self.is_held(account) {
            return Int::zero();
        }
        let held = self.venue.unrealised(account)
            + self.unmatured(account)
            + self.margin(account, true)
            + self.lien(account);
        positive(self.venue.equity(Who::Account(account)) - held)
    }

    /// What may be held of an account for open losses.
    pub fn lien(&self, account: usize) -> Int {
        let mut lien = Int::zero();
        for episode in self.episodes.iter().filter(|episode| !episode.closed) {
            for set in &episode.sets {
                for layer in self.sets[*set].layers.keys() {
                    lien += self.lien_under(*set, *layer, account);
                }
            }
        }
        // A gain is held once, however many losses of its owner are open.
        let open = self.losses.iter().filter(|loss| self.waits_for_own_means(loss));
        lien + open.map(|loss| self.own_gain(loss, account)).max().unwrap_or_default()
    }

    fn waits_for_own_means(&self, loss: &Loss) -> bool {
        loss.detected.is_some() && !loss.settled
    }

    fn lien_under(&self, set: usize, layer: usize, account: usize) -> Int {
        let claims = self.claims(set, layer);
        let members = &self.sets[set].layers[&layer];
        let Some(place) = members.keys().position(|member| *member == account) else {
            return Int::zero();
        };
        let losses = self.losses.iter().enumerate();
        let open = losses.filter(|(_, loss)| self.waits_for_own_means(loss) && loss.set == set);
        let holes = open.fold(Int::zero(), |holes, (id, loss)| holes + self.hole(id, loss));
        if holes.is_zero() {
            return holes;
        }
        let claim = &claims[place];
        let base = sum(claims.iter().map(|claim| &claim.paid)) + holes;
        let level = level(&base, &claims);
        let cap = self.cap_now(set, account, &members[&account]);
        positive(ceil(&share_at(level.as_ref(), &claim.weight, &cap)) - &claim.paid)
    }

    /// What a loss whose book is open lacks at the marks, with the stressed cost of closing.
    fn hole(&self, id: usize, loss: &Loss) -> Int {
        if loss.taken_over {
            let book = Who::Book(id);
            return positive(self.stressed_cost(loss.domain, book) - self.venue.equity(book));
        }
        let cost = self.stressed_cost(loss.domain, Who::Account(loss.account));
        positive(cost - self.part_of_failure(id))
    }

    /// The most a member can be made to pay in all, as it stands now.
    fn cap_now(&self, set: usize, account: usize, member: &Member) -> Int {
        let episode = &self.episodes[self.sets[set].episode];
        if episode.failed.contains(&self.venue.accounts[account].owner) {
            return member.paid.clone();
        }
        let equity = positive(self.venue.equity(Who::Account(account)));
        member.cap.clone().min(&member.paid + equity)
    }

    /// The members of a layer as claims, in account order, with the caps of now.
    pub fn claims(&self, set: usize, layer: usize) -> Vec<Claim> {
        let members = self.sets[set].layers[&layer].iter();
        let claim = |(account, member): (&usize, &Member)| Claim {
            cap: self.cap_now(set, *account, member).max(member.paid.clone()),
            weight: member.weight.clone(),
            paid: member.paid.clone(),
        };
        members.map(claim).collect()
    }

    /// What another account of a failed owner may be made to pay: its session gain over all
    /// domains, never into its protected principal.
    pub fn own_gain(&self, loss: &Loss, account: usize) -> Int {
        let accounts = &self.venue.accounts;
        let same = accounts[account].owner == accounts[loss.account].owner;
        if !same || account == loss.account {
            return Int::zero();
        }
        let at = loss.detected.expect("a detected loss");
        let session = self.session(account, self.reference(loss.domain, at));
        let above = positive(&session.equity - &session.principal);
        positive(sum(&session.gains)).min(above)
    }

    /// Session gains of a domain by account: weight and cap, netted by owner, as they would stand
    /// had each account kept what it paid.
    pub fn session_gains(
        &self,
        domain: usize,
        paid: &dyn Fn(usize) -> Int,
    ) -> BTreeMap<usize, (Int, Int)> {
        let reference = self.reference(domain, self.now);
        let mut owners: BTreeMap<usize, Vec<(usize, Session)>> = BTreeMap::new();
        for (account, of) in self.venue.accounts.iter().enumerate() {
            let mut session = self.session(account, reference);
            session.equity += paid(account);
            owners.entry(of.owner).or_default().push((account, session));
        }
        let mut claims = BTreeMap::new();
        for sessions in owners.values() {
            let gain = |session: &Session| session.gains[domain].clone();
            let net = sessions.iter().fold(Int::zero(), |sum, (_, one)| sum + gain(one));
            let above = |one: &Session| &one.equity - &one.principal;
            let above = sessions.iter().fold(Int::zero(), |sum, (_, one)| sum + above(one));
            let weight = positive(net);
            let cap = positive(above).min(weight.clone());
            let gains: Vec<Int> = sessions.iter().map(|(_, one)| positive(gain(one))).collect();
            let accounts = sessions.iter().map(|(account, _)| *account);
            let (mut weights, mut caps) = (split(&weight, &gains), split(&cap, &gains));
            let means = |one: &Session| positive(one.equity.clone());
            if sessions.iter().zip(&caps).any(|((_, one), part)| *part > means(one)) {
                caps = spill(&cap, &gains, sessions);
                weights = split(&weight, &caps);
            }
            let claims_of = weights.into_iter().zip(caps);
            let claims_of = accounts.zip(claims_of).filter(|(_, (weight, _))| weight.is_positive());
            for (account, claim) in claims_of {
                claims.insert(account, claim);
            }
        }
        claims.retain(|_, (weight, _)| !weight.is_zero());
        claims
    }
}

/// An owner's cap over his accounts by gain, each up to its equity; what is left, by what stands
/// above their principals; then by gain again.
fn spill(cap: &Int, gains: &[Int], sessions: &[(usize, Session)]) -> Vec<Int> {
    let fill = |total: &Int, caps: &[Int], weights: &[Int]| {
        let rows = caps.iter().zip(weights);
        let rows = rows.map(|(cap, weight)| Claim {
            cap: cap.clone(),
            weight: weight.clone(),
            paid: Int::zero(),
        });
        if sum(weights).is_zero() {
            return vec![Int::zero(); weights.len()];
        }
        wave(total, &rows.collect::<Vec<_>>())
    };
    let add = |one: Vec<Int>, more: Vec<Int>| -> Vec<Int> {
        one.into_iter().zip(more).map(|(a, b)| a + b).collect()
    };
    let means: Vec<Int> = sessions.iter().map(|(_, one)| positive(one.equity.clone())).collect();
    let caps = fill(cap, &means, gains);
    let above = |one: &Session| positive((&one.equity - &one.principal).min(one.equity.clone()));
    let beyond = sessions.iter().zip(&caps).map(|((_, one), taken)| positive(above(one) - taken));
    let beyond: Vec<Int> = beyond.collect();
    let caps = add(caps.clone(), fill(&(cap - sum(&caps)), &beyond, &beyond));
    add(caps.clone(), split(&(cap - sum(&caps)), gains))
}
