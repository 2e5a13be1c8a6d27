//! An independent, slow model of watching: every window summed anew, every state of a report told
//! by its time. What the engine accepts and where every atom is are the model's, over random worlds
//! whose pot bears losses, or bears none.

use crate::world::World;
use crate::world::acts::word;
use crate::world::bounty::*;
use crate::world::cover::DAY;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rhodian_core::engine::Actor;

const WHO: [&str; 3] = ["alice", "bob", "carol"];
const BOND: i128 = 100;

#[derive(Clone, Copy, Debug)]
enum Ask {
    Wait(u64),
    Notice(usize, u8),
    Report(u8, i128, Option<usize>),
    Challenge(usize, usize),
    Approve(usize),
    /// By the reporter himself, or by another.
    Dismiss(usize, bool),
    Income(i128),
}

fn ask() -> impl Strategy<Value = Ask> {
    let wait = prop_oneof![1..DAY, Just(DAY), 0..3 * DAY, Just(5 * DAY)];
    let who = || 0..3usize;
    let failed = prop_oneof![3 => Just(None), 1 => who().prop_map(Some)];
    let back = || prop_oneof![4 => Just(0usize), 1 => 0..3usize];
    prop_oneof![
        5 => wait.prop_map(Ask::Wait),
        4 => (who(), 0..4u8).prop_map(|(who, event)| Ask::Notice(who, event)),
        4 => (0..4u8, 1..6_000i128, failed)
            .prop_map(|(event, of, who)| Ask::Report(event, of, who)),
        3 => (who(), back()).prop_map(|(who, back)| Ask::Challenge(who, back)),
        5 => back().prop_map(Ask::Approve),
        2 => (back(), any::<bool>()).prop_map(|(back, own)| Ask::Dismiss(back, own)),
        1 => (1..4_000i128).prop_map(Ask::Income),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Reported,
    Approved(u64),
    Settled,
    Wrong,
    Withdrawn,
    Expired,
}

#[derive(Clone, Debug)]
struct Loss {
    event: u8,
    size: i128,
    failed: Option<usize>,
    at: u64,
    stage: Stage,
    since: u64,
    agreed: bool,
    /// What the fund bore and was not repaid, and what nobody paid.
    fund: i128,
    debt: i128,
}

impl Loss {
    fn is_dead(&self) -> bool {
        matches!(self.stage, Stage::Wrong | Stage::Withdrawn | Stage::Expired)
    }
}

#[derive(Clone, Debug)]
struct Notice {
    who: usize,
    event: u8,
    bond: i128,
    until: u64,
    loss: Option<usize>,
}

#[derive(Clone, Debug)]
struct Model {
    now: u64,
    cash: [i128; 3],
    fund: i128,
    pot: i128,
    /// Whether the fund pays bounties.
    by_fund: bool,
    losses: Vec<Loss>,
    notices: Vec<Notice>,
    challenges: Vec<(usize, usize)>,
    paid: Vec<(u64, i128)>,
    bounties: u32,
    of_bonds: u32,
    late: u32,
}

impl Model {
    fn new(now: u64, fund: i128, by_fund: bool) -> Self {
        Self {
            now,
            cash: [1_000; 3],
            fund,
            pot: 5_000,
            by_fund,
            losses: Vec::new(),
            notices: Vec::new(),
            challenges: Vec::new(),
            paid: Vec::new(),
            bounties: 0,
            of_bonds: 0,
            late: 0,
        }
    }

    fn back(&self, back: usize) -> Option<usize> {
        self.losses.len().checked_sub(back + 1)
    }

    fn say(&mut self, ask: Ask) -> &'static str {
        match ask {
            Ask::Wait(_) => {}
            Ask::Notice(who, event) => {
                if event == 0 {
                    return "no-evidence";
                }
                if self.notices.iter().any(|of| of.event == event) {
                    return "already-noticed";
                }
                if self.losses.iter().any(|of| of.event == event && !of.is_dead()) {
                    return "event-reported";
                }
                if self.cash[who] < BOND {
                    return "withdrawal-above-free";
                }
                self.cash[who] -= BOND;
                let until = self.now + 5 * DAY;
                self.notices.push(Notice { who, event, bond: BOND, until, loss: None });
            }
            Ask::Report(event, size, failed) => return self.report(event, size, failed),
            Ask::Challenge(who, back) => return self.challenge(who, back),
            Ask::Approve(back) => {
                let Some(loss) = self.back(back) else { return "unknown-loss" };
                if self.losses[loss].stage != Stage::Reported {
                    return "loss-stage";
                }
                self.losses[loss].stage = Stage::Approved(self.now + DAY);
                self.losses[loss].agreed = true;
            }
            Ask::Dismiss(back, own) => {
                let Some(loss) = self.back(back) else { return "unknown-loss" };
                if !matches!(self.losses[loss].stage, Stage::Reported | Stage::Approved(_)) {
                    return "loss-stage";
                }
                self.decide(loss, if own { Stage::Withdrawn } else { Stage::Wrong });
            }
            Ask::Income(atoms) => self.income(atoms),
        }
        self.settle();
        "accepted"
    }

    fn report(&mut self, event: u8, size: i128, failed: Option<usize>) -> &'static str {
        let open = |of: &Loss| matches!(of.stage, Stage::Reported | Stage::Approved(_));
        let his = |of: &Loss| failed.is_some() && of.failed == failed;
        // A report that nobody decided on is no failure yet.
        if self.losses.iter().any(|of| open(of) && his(of)) {
            return "already-failed";
        }
        let loss = self.losses.len();
        let waits = |of: &&mut Notice| of.event == event && of.loss.is_none();
        if let Some(notice) = self.notices.iter_mut().find(waits) {
            notice.loss = Some(loss);
        }
        let (at, stage, since, agreed) = (self.now, Stage::Reported, self.now, false);
        let (fund, debt) = (0, 0);
        self.losses.push(Loss { event, size, failed, at, stage, since, agreed, fund, debt });
        self.settle();
        "accepted"
    }

    fn challenge(&mut self, who: usize, back: usize) -> &'static str {
        let Some(loss) = self.back(back) else { return "unknown-loss" };
        if !matches!(self.losses[loss].stage, Stage::Reported | Stage::Approved(_)) {
            return "loss-stage";
        }
        if self.challenges.iter().any(|(_, of)| *of == loss) {
            return "already-challenged";
        }
        if self.cash[who] < BOND {
            return "withdrawal-above-free";
        }
        let event = self.losses[loss].event;
        if self.notices.iter().any(|of| of.event == event && of.who == who) {
            return "own-report";
        }
        self.cash[who] -= BOND;
        self.challenges.push((who, loss));
        self.settle();
        "accepted"
    }

    /// What a fund paid of a debt and what of it is still owed share what comes back: that is for
    /// models of recoveries. Here income pays all debts, and where lost bonds may pay a part of
    /// them, nobody who could pay back failed.
    fn simple(&self, ask: Ask) -> Ask {
        let debts = self.losses.iter().map(|of| of.debt).sum::<i128>();
        match ask {
            Ask::Income(atoms) => Ask::Income(atoms + debts),
            Ask::Report(event, size, _) if self.by_fund => Ask::Report(event, size, None),
            _ => ask,
        }
    }

    fn decide(&mut self, loss: usize, stage: Stage) {
        (self.losses[loss].stage, self.losses[loss].since) = (stage, self.now);
        if matches!(stage, Stage::Withdrawn | Stage::Expired) {
            self.wait_again(loss);
        }
    }

    /// The notice of a report that came to nothing is answered by another of its event, or waits.
    fn wait_again(&mut self, loss: usize) {
        let Some(place) = self.notices.iter().position(|of| of.loss == Some(loss)) else { return };
        let event = self.losses[loss].event;
        let other = self.losses.iter().position(|of| of.event == event && !of.is_dead());
        self.notices[place].loss = other;
        match other {
            Some(other) if self.losses[other].stage == Stage::Settled => {
                self.losses[other].since = self.now;
            }
            Some(_) => {}
            None => self.notices[place].until = self.now + 5 * DAY,
        }
    }

    /// What comes to the fund pays what nobody paid, the oldest first.
    fn income(&mut self, atoms: i128) {
        let mut left = atoms;
        for of in &mut self.losses {
            let pays = of.debt.min(left);
            of.debt -= pays;
            of.fund += pays;
            left -= pays;
        }
        self.fund += left;
    }

    fn at_rest(&self) -> bool {
        let known = |of: &Loss| matches!(of.stage, Stage::Approved(_)) || of.debt > 0;
        !self.by_fund || !self.losses.iter().any(known)
    }

    fn settle(&mut self) {
        for loss in 0..self.losses.len() {
            let Stage::Approved(until) = self.losses[loss].stage else { continue };
            if until <= self.now {
                let of = &mut self.losses[loss];
                of.fund = of.size.min(self.fund);
                of.debt = of.size - of.fund;
                self.fund -= of.fund;
                self.decide(loss, Stage::Settled);
            }
        }
        for loss in 0..self.losses.len() {
            let of = &self.losses[loss];
            if of.stage == Stage::Reported && of.at + 2 * DAY <= self.now {
                self.decide(loss, Stage::Expired);
            }
        }
        while self.one() {}
    }

    /// The next bond or bounty.
    fn one(&mut self) -> bool {
        let waits = |of: &&Notice| of.loss.is_none() && of.until <= self.now;
        let late = self.notices.iter().filter(waits).min_by_key(|of| (of.until, of.event));
        if let Some(event) = late.map(|of| of.event) {
            let notice = self.take(event);
            self.give(notice.who, notice.bond);
            return true;
        }
        (0..self.losses.len()).any(|loss| self.of_loss(loss))
    }

    fn of_loss(&mut self, loss: usize) -> bool {
        let of = self.losses[loss].clone();
        if matches!(of.stage, Stage::Reported | Stage::Approved(_)) {
            return false;
        }
        let noticed = self.notices.iter().position(|notice| notice.loss == Some(loss));
        let ready = self.at_rest() || of.since + 5 * DAY <= self.now;
        let challenge = self.challenges.iter().position(|(_, id)| *id == loss);
        if let Some(place) = challenge {
            let (who, _) = self.challenges[place];
            let concerned = self.concerned(who, loss);
            let of_other = noticed.is_none()
                && self.notices.iter().any(|n| n.event == of.event && n.loss.is_some());
            match of.stage {
                Stage::Settled => {
                    self.challenges.remove(place);
                    self.lose(BOND);
                }
                Stage::Wrong if noticed.is_some() => {
                    self.challenges.remove(place);
                    let bond = &mut self.notices[noticed.unwrap()].bond;
                    let bounty = if concerned { 0 } else { (of.size / 10).min(*bond / 2) };
                    *bond -= bounty;
                    self.of_bonds += u32::from(bounty > 0);
                    self.give(who, BOND + bounty);
                }
                Stage::Wrong if !ready && !of_other => return false,
                Stage::Wrong => {
                    self.challenges.remove(place);
                    let concerned = concerned || of_other;
                    let bounty = if concerned { 0 } else { self.bounty(of.size) };
                    self.give(who, BOND + bounty);
                }
                _ => {
                    self.challenges.remove(place);
                    self.give(who, BOND);
                }
            }
            return true;
        }
        let Some(place) = noticed else { return false };
        if of.stage == Stage::Settled && !ready {
            return false;
        }
        let notice = self.take(self.notices[place].event);
        match of.stage {
            Stage::Settled => {
                let pays = of.agreed && !self.concerned(notice.who, loss);
                let bounty = if pays { self.bounty(of.size) } else { 0 };
                self.give(notice.who, notice.bond + bounty);
            }
            Stage::Wrong => self.lose(notice.bond),
            _ => self.give(notice.who, notice.bond),
        }
        true
    }

    /// Whether he failed by the loss, or by another that stands of its event.
    fn concerned(&self, who: usize, loss: usize) -> bool {
        let event = self.losses[loss].event;
        let asked = |(place, of): (usize, &Loss)| {
            place == loss || of.event == event && event > 0 && !of.is_dead()
        };
        let mut losses = self.losses.iter().enumerate();
        losses.any(|(place, of)| asked((place, of)) && of.failed == Some(who))
    }

    fn take(&mut self, event: u8) -> Notice {
        let place = self.notices.iter().position(|of| of.event == event).unwrap();
        self.notices.remove(place)
    }

    /// What is paid of the pot for `base`.
    fn bounty(&mut self, base: i128) -> i128 {
        if !self.at_rest() {
            self.late += 1;
            return 0;
        }
        let now = self.now;
        let inside = self.paid.iter().filter(|(at, _)| at + 10 * DAY > now).map(|(_, of)| of);
        let room = 400 - inside.sum::<i128>();
        let pot = if self.by_fund { &mut self.fund } else { &mut self.pot };
        let bounty = (base / 10).min(room).min(*pot / 10);
        *pot -= bounty;
        self.paid.push((now, bounty));
        self.bounties += u32::from(bounty > 0);
        bounty
    }

    /// What comes to an account goes to those who bore its owner's losses first: what nobody paid,
    /// then the fund.
    fn give(&mut self, who: usize, atoms: i128) {
        let mut left = atoms;
        for of in self.losses.iter_mut().filter(|of| of.failed == Some(who)) {
            let debt = of.debt.min(left);
            of.debt -= debt;
            left -= debt;
            let fund = of.fund.min(left);
            of.fund -= fund;
            self.fund += fund;
            left -= fund;
        }
        self.cash[who] += left;
    }

    fn lose(&mut self, bond: i128) {
        if self.by_fund {
            self.income(bond);
        } else {
            self.pot += bond;
        }
    }
}

fn asked(world: &mut World, model: &Model, ask: Ask) -> String {
    let id = |back: usize| u32::try_from(model.back(back).unwrap_or(99)).unwrap();
    match ask {
        Ask::Wait(millis) => {
            world.tick(millis);
            "accepted".into()
        }
        Ask::Notice(who, event) => word(notice(world, WHO[who], event)),
        Ask::Report(event, size, failed) => {
            word(report(world, event, size.unsigned_abs(), failed.map(|who| WHO[who])))
        }
        Ask::Challenge(who, back) => word(challenge(world, WHO[who], id(back))),
        Ask::Approve(back) => word(approve(world, id(back))),
        Ask::Dismiss(back, own) => {
            word(dismiss(world, if own { Actor::VENUE } else { SECOND }, id(back)))
        }
        Ask::Income(atoms) => {
            world.income("Fund", atoms.unsigned_abs());
            "accepted".into()
        }
    }
}

fn play(fund: u128, by_fund: bool, asks: &[Ask]) -> Model {
    let mut world = paying(fund, if by_fund { "Fund" } else { "Pot" });
    let mut model = Model::new(world.at.0, fund.cast_signed(), by_fund);
    for (step, ask) in asks.iter().enumerate() {
        let ask = &model.simple(*ask);
        let said = asked(&mut world, &model, *ask);
        if let Ask::Wait(millis) = ask {
            model.now += millis;
        }
        let expected = model.say(*ask);
        assert_eq!(said, expected, "step {step}: {ask:?}");
        let cash = WHO.map(|who| world.cash(who));
        let stands = (cash, world.pot("Fund"), world.pot("Pot"), bonds(&world), world.uncovered());
        let held: i128 = model.notices.iter().map(|of| of.bond).sum();
        let held = held + BOND * model.challenges.len() as i128;
        let debt: i128 = model.losses.iter().map(|of| of.debt).sum();
        let of = (model.cash, model.fund, model.pot, held, -debt);
        assert_eq!(stands, of, "step {step}: {ask:?}");
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn watching_is_the_model_s(
        fund in 0..20_000u128,
        by_fund in any::<bool>(),
        asks in vec(ask(), 0..60),
    ) {
        play(fund, by_fund, &asks);
    }
}

/// Random asks meet what the model is about.
#[test]
fn the_model_is_reached() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (0..20_000u128, any::<bool>(), vec(ask(), 60..120));
    let (mut bounties, mut of_bonds, mut late) = (0, 0, 0);
    for _ in 0..400 {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let (fund, by_fund, asks) = tree.current();
        let model = play(fund, by_fund, &asks);
        bounties += model.bounties;
        of_bonds += model.of_bonds;
        late += model.late;
    }
    assert!(bounties > 100 && of_bonds > 4 && late > 10, "{bounties} {of_bonds} {late}");
}
