//! What is asked of the model: refused by the first rule that it breaks, or done.

use std::collections::{BTreeMap, BTreeSet};

use rhodian_core::pools::cover::Experience;

use super::model::{Cover, Found, Incident, Model, Stage, down, part, up, whole};
use super::slow;
use super::steps::Step;

pub type Refused = Result<(), &'static str>;

impl Model {
    pub fn say(&mut self, step: &Step) -> Refused {
        match *step {
            Step::Buy(who, risk, amount, period, most) => {
                self.buy(who, risk, (amount, period), most)
            }
            Step::Stake(who, amount) => self.stakes(who, amount),
            Step::Unstake(who, amount) => self.unstakes(who, amount),
            Step::Take(who) => self.take(who),
            Step::Report(risk, ago, event, ref rows) => self.report(risk, (ago, event), rows),
            Step::Vote(who, back, accept) => self.vote(who, back, accept),
            Step::Approve(back) => self.approve(back),
            Step::Dismiss(back) => self.dismiss(back),
            Step::Income(amount) => self.income(amount),
            Step::Recover(back, amount) => self.recover(back, amount),
            Step::Wait(_) => Ok(()),
        }
    }

    /// The incident so many before the last.
    pub fn back(&self, back: usize) -> Option<usize> {
        self.incidents.len().checked_sub(back + 1)
    }

    /// A cover of `risk` that somebody means: one of the last six, or one that is not there.
    pub fn meant(&self, risk: usize, place: usize) -> usize {
        let of_risk = (0..self.covers.len()).rev().filter(|id| self.covers[*id].risk == risk);
        let last: Vec<usize> = of_risk.take(6).collect();
        let lucky = !place.is_multiple_of(50) && !last.is_empty();
        if lucky { last[place % last.len()] } else { place % (self.covers.len() + 1) }
    }

    fn buy(&mut self, who: usize, risk: usize, of: (u128, u64), most: u128) -> Refused {
        let (amount, period) = of;
        if amount < self.spec.min_cover.atoms() {
            return Err("below-least-cover");
        }
        if period <= self.spec.waiting || period > self.spec.max_period {
            return Err("period");
        }
        if self.debt() > 0 {
            return Err("domain-owes");
        }
        if self.incidents.iter().any(|of| of.risk == risk && of.is_waiting()) {
            return Err("incident-open");
        }
        if amount + self.covered(None) - self.claimed() > self.most() {
            return Err("above-capacity");
        }
        if amount + self.covered(Some(risk)) > self.most_of(risk) {
            return Err("above-concentration");
        }
        let (rate, exact, premium) = self.price(risk, amount, period);
        if premium > most {
            return Err("premium-above-most");
        }
        if premium > self.cash[who] {
            return Err("withdrawal-above-free");
        }
        self.book_now();
        self.booked = self.now;
        self.cash[who] -= premium;
        self.held += premium;
        self.rest += whole(premium) - exact;
        self.covers.push(Cover {
            risk,
            who,
            left: amount,
            claimed: 0,
            rate,
            from: self.now + self.spec.waiting,
            until: self.now + period,
            stage: Stage::Standing,
        });
        Ok(())
    }

    fn stakes(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if self.incidents.iter().any(|of| of.stage == Found::Reported && of.ballot.is_some()) {
            return Err("loss-known");
        }
        if amount > self.cash[who] {
            return Err("withdrawal-above-free");
        }
        self.book_now();
        self.cash[who] -= amount;
        self.stake[who] += amount;
        Ok(())
    }

    fn unstakes(&mut self, who: usize, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > self.stake[who] {
            return Err("above-stake");
        }
        if self.incidents.iter().any(|of| match of.stage {
            Found::Approved(_) => true,
            Found::Reported => of.ballot.is_some(),
            _ => false,
        }) {
            return Err("loss-known");
        }
        let covered = self.covered(None) - self.claimed();
        let needed = up(&(whole(covered) * whole(1_000_000) / whole(self.spec.leverage.into())));
        if amount + needed + self.claimed() > self.staked() {
            return Err("backs-cover");
        }
        self.book_now();
        self.stake[who] -= amount;
        self.cash[who] += amount;
        Ok(())
    }

    fn take(&mut self, who: usize) -> Refused {
        let atoms = down(&self.reward[who]);
        if atoms == 0 {
            return Err("nothing-earned");
        }
        self.reward[who] -= whole(atoms);
        self.cash[who] += atoms;
        Ok(())
    }

    /// When what is reported happened: events most often when a day began, so that reports meet.
    pub fn happened(&self, ago: u64, event: u8) -> u64 {
        const DAY: u64 = 86_400_000;
        let at = self.now.saturating_sub(ago);
        if ago == 0 && event != 0 { at - at % DAY } else { at }
    }

    /// What stands of an event.
    fn known(&self, risk: usize, event: u8) -> impl Iterator<Item = &Incident> {
        let same = move |of: &&Incident| event != 0 && (of.risk, of.event) == (risk, event);
        self.incidents.iter().filter(same).filter(|of| of.stage != Found::Dismissed)
    }

    /// What of a loss `who` bears himself: more after each event that he was claimed for.
    fn retention(&self, (risk, event): (usize, u8), who: usize, happened: u64) -> u32 {
        let spec = &self.risks[risk];
        let Some(Experience { step, most, window }) = spec.experience else {
            return spec.retention;
        };
        let his = |of: &Incident| {
            let counts = of.risk == risk && of.stage != Found::Dismissed;
            let recent = happened.abs_diff(of.happened) < window;
            let claimed = |(cover, due): &(usize, u128)| self.covers[*cover].who == who && *due > 0;
            counts && recent && of.claims.iter().any(claimed)
        };
        let all = self.incidents.iter().enumerate().filter(|(_, of)| his(of));
        let others = all.filter(|(_, of)| event == 0 || of.event != event);
        let named =
            |(id, of): (usize, &Incident)| if of.event == 0 { (0, id) } else { (of.event, 0) };
        let times = others.map(named).collect::<BTreeSet<_>>().len() as u64;
        (u64::from(spec.retention) + u64::from(step) * times).min(u64::from(most)) as u32
    }

    fn report(&mut self, risk: usize, (ago, event): (u64, u8), rows: &[(usize, u128)]) -> Refused {
        let happened = self.happened(ago, event);
        if self.known(risk, event).any(|of| of.happened != happened) {
            return Err("other-time");
        }
        let mut rows: Vec<(usize, u128)> =
            rows.iter().map(|(place, lost)| (self.meant(risk, *place), *lost)).collect();
        rows.sort_by_key(|(cover, _)| *cover);
        if rows.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err("cover-twice");
        }
        let (mut dues, mut raised) = (Vec::new(), 0);
        for (id, lost) in &rows {
            let cover = self.covers.get(*id).filter(|of| of.risk == risk);
            let cover = cover.ok_or("unknown-cover")?;
            if *lost == 0 {
                return Err("zero-amount");
            }
            let ran = cover.from <= happened && happened < cover.until;
            if !ran || cover.stage == Stage::Lapsed {
                return Err("not-covered");
            }
            let claimed = |of: &Incident| of.claims.iter().any(|(of, due)| of == id && *due > 0);
            if self.known(risk, event).any(claimed) {
                return Err("event-claimed");
            }
            let retention = self.retention((risk, event), cover.who, happened);
            raised += usize::from(retention > self.risks[risk].retention);
            let borne = up(&part(*lost, retention));
            dues.push(i64::try_from((lost - borne).min(cover.left - cover.claimed)).unwrap());
        }
        let known: u128 = self.known(risk, event).map(Incident::due).sum();
        let cap = self.spec.incident_cap.map_or(u128::MAX, |cap| cap.atoms() - known);
        let sum: i64 = dues.iter().sum();
        let due = i64::try_from(cap.min(sum.unsigned_abs().into())).unwrap();
        if due == 0 {
            return Err("nothing-due");
        }
        let dues = slow::wave(due, &dues, &dues, &vec![0; dues.len()]);
        let claims = rows.iter().zip(&dues).map(|((id, _), due)| (*id, due.unsigned_abs().into()));
        let claims: Vec<(usize, u128)> = claims.collect();
        for (cover, due) in &claims {
            self.covers[*cover].claimed += due;
        }
        let ballot = self.spec.vote.map(|terms| (self.now + terms.length, BTreeMap::new()));
        self.incidents.push(Incident {
            risk,
            event,
            happened,
            raised,
            paid: vec![0; claims.len()],
            claims,
            stage: Found::Reported,
            ballot,
            operator: (0, 0),
            fund: (0, 0),
            stakers: (vec![0; 6], vec![0; 6]),
            fund_later: (0, 0),
            debt: 0,
        });
        Ok(())
    }

    fn vote(&mut self, who: usize, back: usize, accept: bool) -> Refused {
        let id = self.back(back).ok_or("unknown-incident")?;
        let his = |(cover, _): &(usize, u128)| self.covers[*cover].who == who;
        let own = self.incidents[id].claims.iter().any(his);
        let of = &mut self.incidents[id];
        match &mut of.ballot {
            Some(_) if of.stage != Found::Reported => Err("no-vote"),
            None => Err("no-vote"),
            Some(_) if own => Err("own-claim"),
            Some(_) if self.stake[who] == 0 => Err("not-staked"),
            Some((_, votes)) => {
                votes.insert(who, accept);
                Ok(())
            }
        }
    }

    fn approve(&mut self, back: usize) -> Refused {
        let id = self.back(back).ok_or("unknown-loss")?;
        let of = &mut self.incidents[id];
        if of.stage != Found::Reported {
            return Err("loss-stage");
        }
        if of.ballot.is_some() {
            return Err("voted-on");
        }
        of.stage = Found::Approved(self.now + self.challenge);
        Ok(())
    }

    fn dismiss(&mut self, back: usize) -> Refused {
        let id = self.back(back).ok_or("unknown-loss")?;
        if !self.incidents[id].is_waiting() {
            return Err("loss-stage");
        }
        self.incidents[id].stage = Found::Dismissed;
        self.unclaim(id);
        Ok(())
    }

    fn income(&mut self, amount: u128) -> Refused {
        if amount == 0 {
            return Err("zero-amount");
        }
        self.fund += amount;
        self.pay_debts(amount);
        Ok(())
    }

    fn recover(&mut self, back: usize, amount: u128) -> Refused {
        let id = self.back(back).ok_or("unknown-loss")?;
        if self.incidents[id].stage != Found::Settled {
            return Err("loss-stage");
        }
        if amount == 0 {
            return Err("zero-amount");
        }
        if amount > self.incidents[id].open() {
            return Err("recovery-above-claims");
        }
        self.repay(id, amount);
        Ok(())
    }
}
