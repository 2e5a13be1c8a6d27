//! The model: members by number, in small whole numbers. It shares no code with the engine.

use std::collections::BTreeMap;

use crate::slow;

pub const DAY: u64 = 86_400_000;
/// Contracts are marked at this, and a tenth of their value is margin.
pub const MARK: i64 = 1_000;
pub const MEMBERS: usize = 4;

/// The terms that differ from case to case.
#[derive(Clone, Debug)]
pub struct Terms {
    pub cover: usize,
    /// Moves of every price, in thousandths.
    pub scenarios: Vec<i64>,
    pub least: i64,
    pub least_contribution: i64,
    pub per_event: i64,
    pub per_window: i64,
    pub window: u64,
    pub notice: u64,
    pub house: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Member {
    pub lots: i64,
    pub stake: i64,
    pub required: i64,
    pub due: Option<u64>,
    pub notice: Option<(u64, u64)>,
    pub assessed: Vec<(u64, i64)>,
    pub is_member: bool,
}

/// A call that is open.
#[derive(Clone, Debug)]
pub struct Call {
    pub set: usize,
    pub planned: i64,
    pub received: i64,
    pub called: Vec<i64>,
    pub deadline: u64,
}

/// Who was liable at a detection.
#[derive(Clone, Debug)]
pub struct Set {
    pub fixed: u64,
    pub weights: Vec<i64>,
    pub caps: Vec<i64>,
    pub paid: Vec<i64>,
    pub called: Vec<i64>,
    /// The losses of its episode that are open.
    pub open: usize,
}

pub struct Model {
    pub terms: Terms,
    pub now: u64,
    pub members: Vec<Member>,
    pub size: i64,
    pub uncovered: Vec<i64>,
    pub sized: u64,
    pub house: i64,
    pub debt: i64,
    pub sets: Vec<Set>,
    /// Calls that are open, by the number of the loss.
    pub calls: BTreeMap<usize, Call>,
}

fn part(weight: i64, thousandths: i64) -> i64 {
    weight * thousandths / 1_000
}

impl Model {
    pub fn new(terms: Terms, now: u64) -> Self {
        let least = terms.least_contribution;
        let member = Member {
            required: least,
            due: Some(now + 2 * DAY),
            is_member: true,
            ..Member::default()
        };
        let members = vec![member; MEMBERS];
        Self {
            now,
            size: least * i64::try_from(MEMBERS).unwrap(),
            uncovered: Vec::new(),
            sized: now,
            house: terms.house,
            debt: 0,
            sets: Vec::new(),
            calls: BTreeMap::new(),
            members,
            terms,
        }
    }

    fn is_gone(&self, who: usize) -> bool {
        let of = &self.members[who];
        of.notice.is_some_and(|(_, until)| until <= self.now) && of.lots == 0
    }

    fn is_liable(&self, who: usize) -> bool {
        self.members[who].is_member && !self.is_gone(who)
    }

    fn is_open(&self) -> bool {
        !self.calls.is_empty()
    }

    pub fn trade(&mut self, buyer: usize, seller: usize, lots: i64) -> Result<(), &'static str> {
        for (who, lots) in [(buyer, lots), (seller, -lots)] {
            let of = &self.members[who];
            let reduces = of.lots.signum() * lots.signum() < 0 && lots.abs() <= of.lots.abs();
            if reduces {
                continue;
            }
            if !of.is_member {
                return Err("not-cleared");
            }
            if of.notice.is_some() {
                return Err("member-leaves");
            }
            if of.due.is_some() {
                return Err("contribution-due");
            }
        }
        self.members[buyer].lots += lots;
        self.members[seller].lots -= lots;
        Ok(())
    }

    /// What `who` loses beyond a tenth of what he holds.
    fn beyond(&self, who: usize, thousandths: i64) -> i64 {
        let value = self.members[who].lots * MARK;
        let loss = -value * thousandths / 1_000;
        (loss - value.abs() / 10).max(0)
    }

    pub fn size(&mut self) -> Result<(), &'static str> {
        if self.is_open() {
            return Err("episode-open");
        }
        let who: Vec<usize> = (0..MEMBERS).filter(|who| self.is_liable(*who)).collect();
        let moves = self.terms.scenarios.clone();
        let losses = |place: usize| -> Vec<i64> {
            who.iter().map(|who| self.beyond(*who, moves[place])).collect()
        };
        let uncovered = (0..moves.len()).map(|place| {
            let mut losses = losses(place);
            losses.sort_by(|one, other| other.cmp(one));
            losses.iter().take(self.terms.cover).sum()
        });
        let uncovered: Vec<i64> = uncovered.collect();
        let count = i64::try_from(moves.len()).unwrap();
        let mean = |who: usize| {
            let sum: i64 = moves.iter().map(|by| self.beyond(who, *by)).sum();
            (sum + count - 1) / count
        };
        let asked = uncovered.iter().copied().max().unwrap().max(self.terms.least);
        let least = self.terms.least_contribution;
        let paid = |who: &usize| self.members[*who].stake >= least || self.members[*who].lots != 0;
        let nobody = !who.iter().any(paid);
        // Whose notice holds him to more than his part contributes that; try without him again.
        let mut held: Vec<usize> = Vec::new();
        let required: BTreeMap<usize, i64> = loop {
            let part: Vec<usize> = who
                .iter()
                .copied()
                .filter(|of| !held.contains(of) && (nobody || paid(of)))
                .collect();
            let counted = held.iter().filter(|of| nobody || paid(of));
            let before: i64 = counted.map(|of| self.members[*of].required).sum();
            let rest = asked - before - least * i64::try_from(part.len()).unwrap();
            let rest = rest.max(0);
            let means: Vec<i64> = part.iter().map(|of| mean(*of)).collect();
            let even = means.iter().all(|mean| *mean == 0);
            let weights: Vec<i64> = means.iter().map(|of| if even { 1 } else { *of }).collect();
            let shares = slow::wave(rest, &weights, &vec![rest; part.len()], &vec![0; part.len()]);
            let mut all: BTreeMap<usize, i64> = who.iter().map(|of| (*of, least)).collect();
            all.extend(part.iter().copied().zip(shares.iter().map(|share| least + share)));
            all.extend(held.iter().map(|of| (*of, self.members[*of].required)));
            let short = |of: &usize| {
                let of_notice = self.members[*of].notice.is_some();
                of_notice && !held.contains(of) && all[of] < self.members[*of].required
            };
            let short: Vec<usize> = who.iter().copied().filter(short).collect();
            if short.is_empty() {
                break all;
            }
            held.extend(short);
        };
        self.uncovered = uncovered;
        self.size = required.values().sum();
        self.sized = self.now;
        for (place, of) in self.members.iter_mut().enumerate() {
            let Some(asked) = required.get(&place) else {
                (of.required, of.due, of.is_member) = (0, None, false);
                continue;
            };
            of.required = *asked;
            let ends = of.due.map_or(self.now + 2 * DAY, |due| due.min(self.now + 2 * DAY));
            of.due = (of.stake < *asked).then_some(ends);
        }
        Ok(())
    }

    pub fn stake(&mut self, who: usize, atoms: i64) -> Result<(), &'static str> {
        if !self.members[who].is_member {
            return Err("not-a-member");
        }
        if self.is_open() {
            return Err("episode-open");
        }
        let of = &mut self.members[who];
        of.stake += atoms;
        if of.stake >= of.required {
            of.due = None;
        }
        Ok(())
    }

    pub fn unstake(&mut self, who: usize, atoms: i64) -> Result<(), &'static str> {
        let of = &self.members[who];
        if atoms > of.stake {
            return Err("above-stake");
        }
        if self.is_liable(who) && atoms > of.stake - of.required {
            return Err("backs-clearing");
        }
        if self.is_open() {
            return Err("episode-open");
        }
        self.members[who].stake -= atoms;
        Ok(())
    }

    pub fn leave(&mut self, who: usize) -> Result<(), &'static str> {
        let (now, notice) = (self.now, self.terms.notice);
        let of = &mut self.members[who];
        if !of.is_member {
            return Err("unknown-member");
        }
        if of.notice.is_some() {
            return Err("notice-given");
        }
        of.notice = Some((now, now + notice));
        Ok(())
    }

    /// What of assessments counts now: of a window, or of one that began before his notice.
    fn counted(&self, who: usize) -> i64 {
        let of = &self.members[who];
        let from = of.notice.map_or(self.now, |(given, _)| given);
        let counts = |at: u64| at + self.terms.window > from;
        of.assessed.iter().filter(|(at, _)| counts(*at)).map(|(_, atoms)| atoms).sum()
    }

    fn fix(&mut self) -> usize {
        // A set serves what is detected with it, as long as its episode is open.
        if let Some(last) = self.sets.last()
            && last.fixed == self.now
            && last.open > 0
        {
            return self.sets.len() - 1;
        }
        let weights = (0..MEMBERS)
            .map(|who| if self.is_liable(who) { self.members[who].required } else { 0 });
        let weights: Vec<i64> = weights.collect();
        let caps = (0..MEMBERS)
            .map(|who| (part(weights[who], self.terms.per_window) - self.counted(who)).max(0));
        let caps: Vec<i64> = caps.collect();
        let none = vec![0; MEMBERS];
        self.sets.push(Set {
            fixed: self.now,
            weights,
            caps,
            paid: none.clone(),
            called: none,
            open: 0,
        });
        self.sets.len() - 1
    }

    /// The house pays, then stakes, then a call is made.
    pub fn lose(&mut self, number: usize, atoms: i64) {
        let set = self.fix();
        let mut left = atoms;
        let house = left.min(self.house);
        (self.house, left) = (self.house - house, left - house);
        let stakes: Vec<i64> = self.members.iter().map(|of| of.stake).collect();
        let drawn = left.min(stakes.iter().sum());
        if drawn > 0 {
            let shares = slow::wave(drawn, &stakes, &stakes, &[0; MEMBERS]);
            for (of, share) in self.members.iter_mut().zip(shares) {
                of.stake -= share;
            }
        }
        left -= drawn;
        let of = &self.sets[set];
        // Who can pay nothing more stands in no set.
        let weights: Vec<i64> =
            (0..MEMBERS).map(|who| if of.caps[who] == 0 { 0 } else { of.weights[who] }).collect();
        let reserved: Vec<i64> = (0..MEMBERS).map(|who| of.paid[who] + of.called[who]).collect();
        let caps: Vec<i64> = (0..MEMBERS).map(|who| self.cap(set, who)).collect();
        let caps: Vec<i64> = caps.iter().zip(&reserved).map(|(cap, paid)| *cap.max(paid)).collect();
        let room: i64 =
            (0..MEMBERS).filter(|who| weights[*who] > 0).map(|who| caps[who] - reserved[who]).sum();
        let planned = left.min(room);
        if planned == 0 {
            self.debt += left;
            return;
        }
        let before: i64 = reserved.iter().sum();
        let called = slow::wave(before + planned, &weights, &caps, &reserved);
        for (sum, more) in self.sets[set].called.iter_mut().zip(&called) {
            *sum += more;
        }
        self.sets[set].open += 1;
        let deadline = self.now + 2 * DAY;
        self.calls.insert(number, Call { set, planned, received: 0, called, deadline });
        // What the call does not ask for is nobody's.
        self.debt += left - planned;
    }

    fn cap(&self, set: usize, who: usize) -> i64 {
        let of = &self.sets[set];
        let weight = of.weights[who];
        let open: i64 =
            self.sets.iter().filter(|set| set.open > 0).map(|set| set.called[who]).sum();
        let window = part(weight, self.terms.per_window) - self.counted(who) - open;
        let room = if self.members[who].is_member { window } else { 0 };
        let room = room.max(0).min(part(weight, self.terms.per_event));
        of.caps[who].min(of.paid[who] + of.called[who] + room)
    }

    pub fn pay(&mut self, number: usize, who: usize, atoms: i64) -> Result<(), &'static str> {
        let Some(call) = self.calls.get_mut(&number) else { return Err("draw-not-pending") };
        if atoms > call.planned - call.received {
            return Err("above-draw");
        }
        let set = &mut self.sets[call.set];
        if set.caps[who] == 0 {
            return Err("not-member");
        }
        if atoms > call.called[who].min(set.caps[who] - set.paid[who]) {
            return Err("above-call");
        }
        call.received += atoms;
        call.called[who] -= atoms;
        set.called[who] -= atoms;
        set.paid[who] += atoms;
        self.members[who].assessed.push((self.now, atoms));
        self.close();
        Ok(())
    }

    /// Calls that are full, or whose time is over.
    fn close(&mut self) {
        let now = self.now;
        let over: Vec<usize> = self
            .calls
            .iter()
            .filter(|(_, call)| call.deadline <= now || call.received == call.planned)
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            let call = self.calls.remove(&number).unwrap();
            let set = &mut self.sets[call.set];
            for (sum, less) in set.called.iter_mut().zip(&call.called) {
                *sum -= less;
            }
            set.open -= 1;
            self.debt += call.planned - call.received;
        }
    }

    pub fn wait(&mut self, days: u64) {
        self.now += days * DAY;
        self.close();
        if self.sized + 30 * DAY <= self.now {
            let _ = self.size();
        }
    }
}
