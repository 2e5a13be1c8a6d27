//! Runs a loss file through the engine: losses in the order of their reports, approvals and
//! deadlines as they fall due, payments into pending draws, then what came back.

use rhodian_core::engine::{
    Action, Actor, Engine, Envelope, Outcome, Record, Rejection, Role, State,
};
use rhodian_core::ids::{AccountId, LayerId, LossId, Name, Time};
use rhodian_core::loss::{Command as LossCommand, Draw, Rejection as LossRejection, SetOff, Stage};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Plan, plan};

use super::events::EventLog;
use super::trail::Trail;
use super::venue::{self, DOMAIN, Roster};
use crate::diagnostic::Diagnostic;
use crate::loss_file::LossFile;
use crate::loss_file::model::{Later, Loss, Paid, Place};
use crate::terminal::visible;

/// Who agrees with a report: another of the venue than the one who made it.
const SECOND: Actor = Actor { role: Role::Venue, id: 1 };

/// A loss file being run.
#[derive(Debug)]
pub struct Driver<'f> {
    pub(super) file: &'f LossFile,
    pub(super) roster: Roster<'f>,
    engine: Engine,
    trail: Trail,
    log: Option<EventLog>,
    remarks: Vec<String>,
    plans: Vec<(String, Option<Plan>)>,
}

/// A loss file that was run: every loss settled, everything that came back repaid.
#[derive(Debug)]
pub struct Run {
    /// The engine, for its state.
    pub engine: Engine,
    /// What its events left.
    pub trail: Trail,
    /// Its events, where they were asked for.
    pub log: Option<EventLog>,
    /// What the reader should know, one sentence each without a full stop.
    pub remarks: Vec<String>,
    /// What the waterfall planned for each loss before it ran.
    pub plans: Vec<(String, Option<Plan>)>,
}

impl<'f> Driver<'f> {
    /// Opens the venue the file describes. `log` keeps the events where someone wants them.
    ///
    /// Refused: what the engine refuses, in the words of the file.
    pub fn open(file: &'f LossFile, log: Option<EventLog>) -> Result<Self, Diagnostic> {
        let mut driver = Self {
            file,
            roster: Roster::of(file),
            engine: Engine::new(),
            trail: Trail::default(),
            log,
            remarks: Vec::new(),
            plans: Vec::new(),
        };
        venue::open(&mut driver)?;
        Ok(driver)
    }

    /// How many accounts there are.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.roster.len()
    }

    /// Runs everything the file says.
    pub fn run(mut self) -> Result<Run, Diagnostic> {
        for loss in &self.file.losses {
            self.advance(Time(loss.at))?;
            self.report(loss)?;
            self.pay_pending()?;
        }
        while let Some(next) = self.next_deadline() {
            self.tick(next)?;
        }
        self.take_shares()?;
        for later in self.file.later() {
            self.come_back(later)?;
        }
        let Self { engine, trail, log, remarks, plans, .. } = self;
        Ok(Run { engine, trail, log, remarks, plans })
    }

    /// Gives the engine a command at its clock; what it refuses comes back.
    fn ask(&mut self, actor: Actor, action: Action) -> Result<Option<Rejection>, Diagnostic> {
        let at = self.engine.state().now();
        let (records, refused) = match self.engine.execute(Envelope { at, actor, action }) {
            Outcome::Accepted(records) => (records, None),
            Outcome::Rejected(records, rejection) => (records, Some(rejection)),
        };
        self.follow(&records)?;
        Ok(refused)
    }

    /// Gives the engine a command that a right file never makes it refuse.
    pub(super) fn must(
        &mut self,
        actor: Actor,
        action: Action,
        place: &Place,
    ) -> Result<(), Diagnostic> {
        match self.ask(actor, action)? {
            None => Ok(()),
            Some(rejection) => Err(self.refused(&rejection, place)),
        }
    }

    fn refused(&self, rejection: &Rejection, place: &Place) -> Diagnostic {
        let message = format!("the engine refuses: {rejection}");
        let help = "change the file so that the engine can take it.";
        Diagnostic::bad_input(rejection.code(), message, help).at(self.file.text.cite(place))
    }

    fn follow(&mut self, records: &[Record]) -> Result<(), Diagnostic> {
        for record in records {
            for event in &record.events {
                self.trail.follow(event, self.engine.state());
            }
            if let Some(log) = &mut self.log {
                log.push(record)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self, at: Time) -> Result<(), Diagnostic> {
        let tick = Envelope { at, actor: Actor::VENUE, action: Action::Tick };
        let (Outcome::Accepted(records) | Outcome::Rejected(records, _)) =
            self.engine.execute(tick);
        self.follow(&records)?;
        self.pay_pending()
    }

    /// Moves the clock to `to`, stopping wherever something falls due.
    fn advance(&mut self, to: Time) -> Result<(), Diagnostic> {
        while let Some(next) = self.next_deadline().filter(|next| *next <= to) {
            self.tick(next)?;
        }
        if to > self.engine.state().now() { self.tick(to) } else { Ok(()) }
    }

    /// The next moment at which a challenge ends or a draw's deadline passes.
    fn next_deadline(&self) -> Option<Time> {
        let state = self.engine.state();
        let deadlines = state.losses.losses().flat_map(|(_, loss)| {
            let challenge = match loss.stage {
                Stage::Challengeable { until } => Some(until),
                _ => None,
            };
            let draws = loss.draws.iter().filter(|draw| loss.is_open() && !draw.closed);
            challenge.into_iter().chain(draws.filter_map(|draw| draw.deadline))
        });
        deadlines.filter(|deadline| *deadline > state.now()).min()
    }

    fn report(&mut self, loss: &Loss) -> Result<(), Diagnostic> {
        if self.engine.state().losses.numbered(DOMAIN, loss.number).is_none() {
            self.plan(loss);
        }
        let failed = loss.failed.as_ref().map(|id| self.roster.account(id));
        let set_off = loss
            .set_off
            .iter()
            .map(|off| SetOff { account: self.roster.account(&off.account), up_to: off.amount });
        let report = LossCommand::ReportLoss {
            domain: DOMAIN,
            number: loss.number,
            class: loss.class,
            cause: loss.cause.clone(),
            evidence: loss.evidence.unwrap_or([0; 32]),
            amount: loss.amount,
            failed,
            margin: loss.margin,
            set_off: set_off.collect(),
        };
        match self.ask(Actor::VENUE, Action::Loss(report))? {
            None => {}
            Some(Rejection::Loss(LossRejection::LossAlreadyReported { .. })) => {
                self.remark_repeated(&loss.id);
                return Ok(());
            }
            Some(rejection) => return Err(self.refused(&rejection, &loss.place)),
        }
        let Some(id) = self.engine.state().losses.numbered(DOMAIN, loss.number) else {
            return Ok(());
        };
        let waits = |found: &rhodian_core::loss::Loss| found.stage == Stage::Reported;
        if self.engine.state().losses.loss(id).is_some_and(waits) {
            self.must(SECOND, Action::Loss(LossCommand::ApproveLoss { loss: id }), &loss.place)?;
        }
        Ok(())
    }

    /// Keeps what the waterfall would pay for what own means may leave of a loss.
    fn plan(&mut self, loss: &Loss) {
        let mut deficit = loss.amount.less_or_zero(loss.margin);
        for off in &loss.set_off {
            deficit = deficit.less_or_zero(off.amount);
        }
        let planned = plan(self.engine.state(), DOMAIN, loss.class, deficit);
        self.plans.push((loss.id.clone(), planned));
    }

    fn remark_repeated(&mut self, id: &str) {
        let times = self.file.losses.iter().filter(|loss| loss.id == id).count();
        let times = match times {
            2 => "twice".to_owned(),
            times => format!("{times} times"),
        };
        let remark = format!("loss {} is listed {times}, recognised once", visible(id));
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Pays into every draw that waits, as the file says: in full, or what it lists.
    fn pay_pending(&mut self) -> Result<(), Diagnostic> {
        while let Some((loss, layer, payments)) = self.next_payments() {
            for (account, amount, place) in payments {
                let pay = LossCommand::PayDraw { loss, layer, account, amount };
                self.must(Actor::VENUE, Action::Loss(pay), &place)?;
            }
        }
        Ok(())
    }

    /// The payments of the first pending draw that nobody has paid into.
    fn next_payments(&self) -> Option<(LossId, LayerId, Vec<(Option<AccountId>, Amount, Place)>)> {
        let state = self.engine.state();
        state.losses.losses().filter(|(_, loss)| loss.is_open()).find_map(|(id, loss)| {
            let untouched =
                |draw: &&Draw| !draw.closed && draw.deadline.is_some() && draw.received.is_zero();
            loss.draws.iter().filter(untouched).find_map(|draw| {
                let payments = self.payments(state, id, draw);
                (!payments.is_empty()).then_some((id, draw.layer, payments))
            })
        })
    }

    fn payments(
        &self,
        state: &State,
        loss: LossId,
        draw: &Draw,
    ) -> Vec<(Option<AccountId>, Amount, Place)> {
        let found = self.file.layers().nth(draw.layer.index());
        let (Some(layer), Some(of)) = (found, state.losses.loss(loss)) else { return Vec::new() };
        if let Paid::Listed(listed) = &layer.paid {
            let mine = listed.iter().filter(|payment| payment.loss == of.number);
            let account = |id: &Option<String>| id.as_ref().map(|id| self.roster.account(id));
            return mine.map(|p| (account(&p.account), p.amount, p.place.clone())).collect();
        }
        if layer.source.members().is_none() {
            return vec![(None, draw.planned, layer.place.clone())];
        }
        let set = of.set.and_then(|set| state.losses.set(set));
        let members = set.and_then(|set| set.layers.get(&draw.layer));
        let members = members.into_iter().flat_map(|members| &members.members);
        let called = members.filter(|member| !member.called.is_zero());
        called.map(|m| (Some(m.account), m.called, layer.place.clone())).collect()
    }

    /// Takes the shares that wait for a touch: the file asks who bears what, now.
    fn take_shares(&mut self) -> Result<(), Diagnostic> {
        let on_touch = |layer: &crate::loss_file::model::Layer| {
            layer.source.members().is_some_and(|members| members.on_touch)
        };
        if !self.file.layers().any(on_touch) {
            return Ok(());
        }
        let losses: Vec<LossId> = self.engine.state().losses.losses().map(|(id, _)| id).collect();
        for loss in losses {
            let take = LossCommand::TakeShares { loss };
            self.must(Actor::VENUE, Action::Loss(take), &Place::default())?;
        }
        Ok(())
    }

    fn come_back(&mut self, later: Later<'_>) -> Result<(), Diagnostic> {
        let state = self.engine.state();
        let (command, place) = match later {
            Later::Recovery(recovery) => {
                let Some(loss) = state.losses.numbered(DOMAIN, recovery.loss) else {
                    return Ok(());
                };
                let last = state.losses.loss(loss).map_or(0, |found| found.last_recovery);
                let (number, amount) = (last + 1, recovery.amount);
                (LossCommand::Recover { loss, number, amount }, &recovery.place)
            }
            Later::Income(income) => {
                let layer = LayerId(u32::try_from(income.layer).unwrap_or(u32::MAX));
                let last = state.domains.layer(layer).map_or(0, |found| found.last_number);
                let (number, amount) = (last + 1, income.amount);
                (LossCommand::FundIncome { layer, number, amount }, &income.place)
            }
        };
        self.must(Actor::VENUE, Action::Loss(command), place)
    }
}

/// The external id of an account.
#[must_use]
pub fn account_name(state: &State, account: AccountId) -> &str {
    state.accounts.account(account).map_or("", |found: &rhodian_core::account::Account| {
        let name: &Name = &found.name;
        name.as_str()
    })
}
