//! Runs a loss file through the engine: losses in the order of their reports, approvals and
//! deadlines as they fall due, payments into pending draws, then what came back.
//!
//! Losses that the file reports at one time are reported together, before anything that follows
//! from them: so they are of one episode, under one liable set. A later one joins an episode that
//! a pending draw keeps open; where every loss was settled before, it opens the next.

use rhodian_core::control::Status;
use rhodian_core::engine::{
    Action, Actor, Envelope, Events, Rejection, Role, State, decide, duty, evolve,
};
use rhodian_core::ids::{AccountId, LayerId, LossId, Name, Time};
use rhodian_core::loss::{
    Command as LossCommand, Draw, Duty, LossReport, RankedClaim, Rejection as LossRejection,
    SetOff, Stage,
};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Plan, plan};

use super::events::EventLog;
use super::settlement;
use super::trail::Trail;
use super::venue::{self, DOMAIN, Roster};
use crate::diagnostic::Diagnostic;
use crate::loss_file::LossFile;
use crate::loss_file::model::{Later, Loss, Paid, Place, RankedPart};

/// Who agrees with a report: another of the venue than the one who made it.
const SECOND: Actor = Actor { role: Role::Venue, id: 1 };

/// A payment into a draw: who pays (nothing for money from outside), how much, where it stands.
type Paying = (Option<AccountId>, Amount, Place);

/// A loss file being run.
#[derive(Debug)]
pub struct Driver<'f> {
    pub(super) file: &'f LossFile,
    pub(super) roster: Roster<'f>,
    plans_wanted: bool,
    state: State,
    trail: Trail,
    log: Option<EventLog>,
    events: u64,
    plans: Vec<(LossId, Option<Plan>)>,
}

/// A loss file that was run: every loss settled, everything that came back repaid.
#[derive(Debug)]
pub struct Run {
    /// The state after everything.
    pub state: State,
    /// What its events left.
    pub trail: Trail,
    /// Its events, where they were asked for.
    pub log: Option<EventLog>,
    /// How many events there were.
    pub events: u64,
    /// What the waterfall planned for each deficit before it ran.
    pub plans: Vec<(LossId, Option<Plan>)>,
    /// What happened that the reader may not expect: whole sentences without a full stop.
    pub remarks: Vec<String>,
}

impl<'f> Driver<'f> {
    /// Opens the venue the file describes. `log` keeps the events where someone wants them,
    /// `plans_wanted` the plan of each deficit.
    ///
    /// Refused: what the engine refuses, in the words of the file.
    pub fn open(
        file: &'f LossFile,
        log: Option<EventLog>,
        plans_wanted: bool,
    ) -> Result<Self, Diagnostic> {
        Self::begin(file, log, plans_wanted, State::new(true))
    }

    /// The same with an engine that goes without its watch: slower, with the same events.
    pub fn without_watch(file: &'f LossFile, log: EventLog) -> Result<Self, Diagnostic> {
        Self::begin(file, Some(log), false, State::new(false))
    }

    fn begin(
        file: &'f LossFile,
        log: Option<EventLog>,
        plans_wanted: bool,
        state: State,
    ) -> Result<Self, Diagnostic> {
        let mut driver = Self {
            file,
            roster: Roster::of(file),
            plans_wanted,
            state,
            trail: Trail::default(),
            log,
            events: 0,
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
        for together in self.file.losses.chunk_by(|a, b| a.at == b.at) {
            self.advance(Time(together[0].at))?;
            for loss in together {
                self.report(loss)?;
            }
            self.run_duties()?;
            self.pay_pending()?;
        }
        while let Some(next) = self.next_deadline() {
            self.tick(next)?;
        }
        self.take_shares()?;
        self.settle_ranks()?;
        for later in self.file.later() {
            self.come_back(later)?;
        }
        let remarks = settlement::remarks(self.file, &self.state, &self.trail);
        let Self { state, trail, log, events, plans, .. } = self;
        Ok(Run { state, trail, log, events, plans, remarks })
    }

    /// Gives the engine one command, or one of its own, and nothing that follows it; what it
    /// refuses comes back.
    fn one(&mut self, envelope: &Envelope) -> Result<Option<Rejection>, Diagnostic> {
        let mut events = Events::new();
        if let Err(rejection) = decide(&self.state, envelope, &mut events) {
            return Ok(Some(rejection));
        }
        for event in events.as_slice() {
            evolve(&mut self.state, event);
            self.trail.follow(event, &self.state);
            self.events += 1;
        }
        match &mut self.log {
            Some(log) => log.push(envelope.at, events.as_slice()).map(|()| None),
            None => Ok(None),
        }
    }

    fn ask(&mut self, actor: Actor, action: Action) -> Result<Option<Rejection>, Diagnostic> {
        let at = self.state.now();
        self.one(&Envelope { at, actor, action })
    }

    /// Runs what is due, until nothing is.
    fn run_duties(&mut self) -> Result<(), Diagnostic> {
        while let Some(next) = duty(&self.state) {
            if let Action::Duty(Duty::Recognise { loss }) = next.action {
                self.plan(loss);
            }
            if let Some(rejection) = self.one(&next)? {
                let loss = self.file.losses.first();
                let place = loss.map_or_else(Place::default, |loss| loss.place.clone());
                return Err(self.refused(&rejection, &place));
            }
        }
        Ok(())
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
        let amount = |amount| self.file.format().write_grouped(amount);
        let message = match rejection {
            Rejection::Loss(LossRejection::RecoveryAboveClaims { asked, open }) => {
                format!("{} came back, {} is still open", amount(*asked), amount(*open))
            }
            Rejection::Loss(LossRejection::AboveDraw { asked, open }) => {
                format!("{} is paid, the draw still asks for {}", amount(*asked), amount(*open))
            }
            Rejection::Loss(LossRejection::AboveCall { asked, open }) => {
                format!("{} is paid, the member is called for {}", amount(*asked), amount(*open))
            }
            other => format!("the engine refuses: {other}"),
        };
        let help = "change the file so that the engine can take it.";
        Diagnostic::bad_input(rejection.code(), message, help).at(self.file.text.cite(place))
    }

    fn tick(&mut self, at: Time) -> Result<(), Diagnostic> {
        let tick = Envelope { at, actor: Actor::VENUE, action: Action::Tick };
        if let Some(rejection) = self.one(&tick)? {
            return Err(self.refused(&rejection, &Place::default()));
        }
        self.run_duties()?;
        self.pay_pending()
    }

    /// Moves the clock to `to`, stopping wherever something falls due.
    fn advance(&mut self, to: Time) -> Result<(), Diagnostic> {
        while let Some(next) = self.next_deadline().filter(|next| *next <= to) {
            self.tick(next)?;
        }
        if to > self.state.now() { self.tick(to) } else { Ok(()) }
    }

    /// The next moment at which a challenge ends or a draw's deadline passes.
    fn next_deadline(&self) -> Option<Time> {
        let state = &self.state;
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
        let failed = loss.failed.as_ref().map(|id| self.roster.account(id));
        let set_off = loss
            .set_off
            .iter()
            .map(|off| SetOff { account: self.roster.account(&off.account), up_to: off.amount });
        let report = LossCommand::ReportLoss(Box::new(LossReport {
            domain: DOMAIN,
            number: loss.number,
            class: loss.class,
            cause: loss.cause.clone(),
            evidence: loss.evidence.unwrap_or([0; 32]),
            amount: loss.amount,
            failed,
            margin: loss.margin,
            set_off: set_off.collect(),
        }));
        match self.ask(Actor::VENUE, Action::Loss(report))? {
            None => {}
            // Whoever read the file has said that it is listed again.
            Some(Rejection::Loss(LossRejection::LossAlreadyReported { .. })) => return Ok(()),
            Some(rejection) => return Err(self.refused(&rejection, &loss.place)),
        }
        let Some(id) = self.state.losses.numbered(DOMAIN, loss.number) else {
            return Ok(());
        };
        let waits = |found: &rhodian_core::loss::Loss| found.stage == Stage::Reported;
        if self.state.losses.loss(id).is_some_and(waits) {
            self.must(SECOND, Action::Loss(LossCommand::ApproveLoss { loss: id }), &loss.place)?;
        }
        Ok(())
    }

    /// Keeps what the waterfall would pay of a deficit that is about to be recognised.
    fn plan(&mut self, id: LossId) {
        if let Some(loss) = self.state.losses.loss(id).filter(|_| self.plans_wanted) {
            let planned = plan(&self.state, DOMAIN, loss.class, loss.deficit);
            self.plans.push((id, planned));
        }
    }

    /// Pays into every draw that waits, as the file says: in full, or what it lists.
    fn pay_pending(&mut self) -> Result<(), Diagnostic> {
        while let Some((loss, layer, payments)) = self.next_payments() {
            for (account, amount, place) in payments {
                let number = match account {
                    Some(account) => self.next_number(account),
                    None => self.state.losses.loss(loss).map_or(0, |l| l.last_payment) + 1,
                };
                let pay = LossCommand::PayDraw { loss, layer, account, number, amount };
                self.must(Actor::VENUE, Action::Loss(pay), &place)?;
            }
            self.run_duties()?;
        }
        Ok(())
    }

    /// The number of an account's next command.
    pub(super) fn next_number(&self, account: AccountId) -> u64 {
        self.state.accounts.account(account).map_or(0, |found| found.last_number) + 1
    }

    /// The payments of the first pending draw that nobody has paid into.
    fn next_payments(&self) -> Option<(LossId, LayerId, Vec<Paying>)> {
        let state = &self.state;
        state.losses.losses().filter(|(_, loss)| loss.is_open()).find_map(|(id, loss)| {
            let untouched =
                |draw: &&Draw| !draw.closed && draw.deadline.is_some() && draw.received.is_zero();
            loss.draws.iter().filter(untouched).find_map(|draw| {
                let payments = self.payments(state, id, draw);
                (!payments.is_empty()).then_some((id, draw.layer, payments))
            })
        })
    }

    fn payments(&self, state: &State, loss: LossId, draw: &Draw) -> Vec<Paying> {
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
        let calls = members.zip(&draw.called).filter(|(_, called)| !called.is_zero());
        calls.map(|(m, called)| (Some(m.account), *called, layer.place.clone())).collect()
    }

    /// Takes the shares that wait for a touch: the file asks who bears what, now.
    fn take_shares(&mut self) -> Result<(), Diagnostic> {
        let on_touch = |layer: &crate::loss_file::model::Layer| {
            layer.source.members().is_some_and(|members| members.on_touch)
        };
        if !self.file.layers().any(on_touch) {
            return Ok(());
        }
        let losses: Vec<LossId> = self.state.losses.losses().map(|(id, _)| id).collect();
        for loss in losses {
            let take = LossCommand::TakeShares { loss };
            self.must(Actor::VENUE, Action::Loss(take), &Place::default())?;
        }
        Ok(())
    }

    /// Takes what is uncovered from the accounts by rank, where the domain is in settlement.
    fn settle_ranks(&mut self) -> Result<(), Diagnostic> {
        let Some(settlement) = &self.file.settlement else { return Ok(()) };
        let settling = self.state.control.domain_status(DOMAIN) == Status::Settling;
        if !settling || settlement.parts.is_empty() {
            return Ok(());
        }
        let claim = |part: &RankedPart| RankedClaim {
            account: self.roster.account(&part.account),
            rank: part.rank,
            amount: part.amount,
        };
        let claims = settlement.parts.iter().map(claim).collect();
        let settle = LossCommand::SettleRanks { domain: DOMAIN, claims };
        self.must(Actor::VENUE, Action::Loss(settle), &settlement.place)
    }

    fn come_back(&mut self, later: Later<'_>) -> Result<(), Diagnostic> {
        let state = &self.state;
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
