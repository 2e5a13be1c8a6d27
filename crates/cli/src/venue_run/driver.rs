//! Runs a venue file through the engine: time by time the marks, the end of a period, the events,
//! and whatever falls due between them. Every law is checked after every event.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use rhodian_core::engine::{
    Action, Actor, Envelope, Event as Fact, Events, Rejection, State, decide, duty, evolve,
};
use rhodian_core::ids::{LayerId, LossId, Time};
use rhodian_core::invariants::{self, Running};
use rhodian_core::market::Command as MarketCommand;

use super::commands::{NoSuch, Words, dense};
use super::figures::Figures;
use super::journal::CommandLog;
use super::names::Names;
use super::open;
use super::progress::Bar;
use super::story::Story;
use crate::diagnostic::Diagnostic;
use crate::run::events::EventLog;
use crate::run::trail::Trail;
use crate::venue_file::VenueFile;
use crate::venue_file::asked::Do;
use crate::venue_file::model::{Event, Feed, Marks, Origin, Subject, What};
use crate::venue_file::no_such;

/// The accounts up to which every law is checked from the raw state after every event.
const FULL_EACH: usize = 64;
/// Beyond them: after so many events, and at the end.
const FULL_EVERY: u64 = 4_096;

/// Where a run stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After everything of this time, in milliseconds after the beginning.
    Time(u64),
    /// Before the event on this line of the events.
    Line(usize),
}

/// How a file is run.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "a stream has no debug form")]
pub struct Options {
    /// Where to stop.
    pub until: Option<Until>,
    /// How many milliseconds of the file pass in one of the clock on the wall; at once without.
    pub speed: Option<u32>,
    /// Whether a refused event is an error.
    pub strict: bool,
    /// Whether events and commands are kept.
    pub keep: bool,
    /// Whether the engine goes without its watch: slower, with the same events.
    pub without_watch: bool,
    /// Where events go as they happen, one JSON object a line.
    pub stream: Option<Box<dyn Write>>,
    /// Tells what happens in words.
    pub story: Option<Story>,
    /// Shows how far the run is.
    pub bar: Bar,
}

/// A venue file being run.
#[allow(missing_debug_implementations, reason = "its stream has no debug form")]
pub struct Driver<'f> {
    pub(super) file: &'f VenueFile,
    pub(super) names: Names,
    /// The index of the domain of each layer.
    pub(super) layer_domains: Vec<usize>,
    pub(super) options: Options,
    pub(super) state: State,
    running: Running,
    trail: Trail,
    pub(super) figures: Figures,
    log: Option<EventLog>,
    commands: Option<CommandLog>,
    reported: Vec<u64>,
    /// The asset that the last event is about: 0 is the settled one.
    asked: usize,
    /// What has feeds that got reports which it is not yet marked by.
    pub(super) to_mark: BTreeSet<Subject>,
    /// Draws whose payments were tried.
    pub(super) tried: Vec<(LossId, LayerId)>,
    began: Instant,
}

/// A venue file that was run.
#[derive(Debug)]
pub struct Run {
    /// The state after everything.
    pub state: State,
    /// What its events left.
    pub trail: Trail,
    /// Names and ids.
    pub names: Names,
    /// What was counted and sampled.
    pub figures: Figures,
    /// Its events, where they were kept.
    pub log: Option<EventLog>,
    /// Its commands, where they were kept.
    pub commands: Option<CommandLog>,
}

impl<'f> Driver<'f> {
    /// Opens the venue the file describes.
    ///
    /// Refused: what the engine refuses, in the words of the file.
    pub fn open(file: &'f VenueFile, options: Options) -> Result<Self, Diagnostic> {
        let keep = options.keep;
        let mut driver = Self {
            file,
            names: Names::default(),
            layer_domains: Vec::new(),
            state: State::new(!options.without_watch),
            running: Running::default(),
            trail: Trail::default(),
            figures: Figures::of(file),
            log: keep.then(EventLog::new).transpose()?,
            commands: keep.then(CommandLog::new).transpose()?,
            reported: vec![0; file.domains.len()],
            asked: 0,
            to_mark: BTreeSet::new(),
            tried: Vec::new(),
            began: Instant::now(),
            options,
        };
        open::open(&mut driver)?;
        driver.step_done(0)?;
        Ok(driver)
    }

    /// Runs everything the file says, then what falls due after it.
    pub fn run(mut self) -> Result<Run, Diagnostic> {
        let file = self.file;
        let (mut marks, mut events) = (file.marks.iter().peekable(), file.events.iter().peekable());
        let end = file.end();
        let mut boundary = file.period.unwrap_or(u64::MAX);
        let mut stopped = false;
        while !stopped {
            let due = [marks.peek().map(|m| m.at), events.peek().map(|e| e.at)].into_iter();
            let due = due.flatten().chain((boundary <= end).then_some(boundary));
            let due = due.chain(self.next_of_feeds().filter(|at| *at <= end));
            let Some(next) = due.chain(self.next_deadline()).min() else { break };
            if matches!(self.options.until, Some(Until::Time(time)) if next > time) {
                break;
            }
            self.pace(next);
            self.tick(next)?;
            while let Some(of) = marks.next_if(|m| m.at == next) {
                self.mark(of)?;
            }
            if boundary == next && boundary <= end {
                boundary = boundary.saturating_add(file.period.unwrap_or(u64::MAX));
                self.event_of(&What::EndPeriod, None, &Origin::default())?;
            }
            while let Some(event) = events.peek().filter(|event| event.at == next) {
                if !matches!(event.what, What::Report(_)) {
                    self.mark_reported()?;
                }
                stopped = self.stops_before(event);
                if stopped {
                    break;
                }
                self.event_of(&event.what, event.expect.as_deref(), &event.origin)?;
                events.next();
            }
            self.mark_reported()?;
            self.step_done(next)?;
            self.options.bar.at(next, end, self.figures.losses());
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Run, Diagnostic> {
        self.take_shares()?;
        self.check_all()?;
        self.tell_exits();
        self.figures.finish(&self.state, &self.names);
        self.options.bar.done();
        if let Some(story) = &mut self.options.story {
            story.end()?;
        }
        if let Some(stream) = &mut self.options.stream {
            // Whoever read enough of a stream is no reason to fail.
            let _ = stream.flush();
        }
        let Self { state, trail, names, figures, log, commands, .. } = self;
        Ok(Run { state, trail, names, figures, log, commands })
    }

    /// Whether the run stops before an event, because of its line.
    fn stops_before(&self, event: &Event) -> bool {
        let Some(Until::Line(line)) = self.options.until else { return false };
        let streamed = self.file.texts.len() > 1;
        let of = usize::from(streamed);
        let text = self.file.texts.get(event.origin.text);
        let at = text.map_or(0, |text| text.line(event.origin.place.span.start));
        event.origin.text == of && at >= line
    }

    /// Waits until it is time for `next`, where the run is paced.
    fn pace(&mut self, next: u64) {
        let Some(speed) = self.options.speed.filter(|speed| *speed > 0) else { return };
        if let Some(stream) = &mut self.options.stream {
            // As above: a reader that is gone ends nothing.
            let _ = stream.flush();
        }
        let due = self.began + Duration::from_millis(next / u64::from(speed));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }

    /// What reads words of the file now.
    pub(super) fn words(&self) -> Words<'_> {
        Words { names: &self.names, state: &self.state, reported: &self.reported }
    }

    /// Gives the engine a command that a right file never makes it refuse.
    pub(super) fn must(
        &mut self,
        actor: Actor,
        action: Action,
        origin: &Origin,
    ) -> Result<(), Diagnostic> {
        match self.give(actor, action)? {
            None => Ok(()),
            Some(rejection) => Err(self.refused(&rejection, origin)),
        }
    }

    /// One command and the duties that follow it; what the engine refuses comes back.
    pub(super) fn give(
        &mut self,
        actor: Actor,
        action: Action,
    ) -> Result<Option<Rejection>, Diagnostic> {
        let envelope = Envelope { at: self.state.now(), actor, action };
        let before = self.figures.events;
        let rejection = self.one(&envelope)?;
        self.run_duties()?;
        let events = self.figures.events - before;
        if let Some(commands) = &mut self.commands {
            commands.push(&envelope, events, rejection.as_ref())?;
        }
        self.figures.commands += 1;
        Ok(rejection)
    }

    fn one(&mut self, envelope: &Envelope) -> Result<Option<Rejection>, Diagnostic> {
        let mut events = Events::new();
        if let Err(rejection) = decide(&self.state, envelope, &mut events) {
            return Ok(Some(rejection));
        }
        for event in events.as_slice() {
            evolve(&mut self.state, event);
            self.follow(event)?;
        }
        if let Some(log) = &mut self.log {
            log.push(envelope.at, events.as_slice())?;
        }
        Ok(None)
    }

    /// Everything that follows one event: the laws, and whoever wants to know.
    fn follow(&mut self, event: &Fact) -> Result<(), Diagnostic> {
        let (state, at) = (&self.state, self.state.now());
        self.running.after(event, state).map_err(|broken| law_broken(&broken))?;
        self.names.follow(event, state);
        self.trail.follow(event, state);
        self.figures.follow(event, state);
        let often = self.names.counts().0 <= FULL_EACH;
        if often || self.figures.events.is_multiple_of(FULL_EVERY) {
            self.check_all()?;
        }
        if let Some(story) = &mut self.options.story {
            story.follow(event, &self.state, &self.names);
        }
        if let Some(stream) = &mut self.options.stream {
            crate::run::events::write_line(stream, at, event)?;
        }
        Ok(())
    }

    /// Every law from the raw state.
    fn check_all(&mut self) -> Result<(), Diagnostic> {
        self.figures.full_checks += 1;
        invariants::check(&self.state).map_err(|broken| law_broken(&broken))
    }

    /// Runs what is due, until nothing is.
    fn run_duties(&mut self) -> Result<(), Diagnostic> {
        while let Some(next) = duty(&self.state) {
            if let Some(rejection) = self.one(&next)? {
                return Err(self.refused(&rejection, &Origin::default()));
            }
        }
        Ok(())
    }

    fn tick(&mut self, at: u64) -> Result<(), Diagnostic> {
        if Time(at) > self.state.now() {
            let tick = Envelope { at: Time(at), actor: Actor::VENUE, action: Action::Tick };
            if let Some(rejection) = self.one(&tick)? {
                return Err(self.refused(&rejection, &Origin::default()));
            }
        }
        self.run_duties()?;
        self.pay_pending()
    }

    /// New marks count at once; then the depth of each market trades with open books.
    fn mark(&mut self, of: &Marks) -> Result<(), Diagnostic> {
        let marks = of.prices.iter().map(|(market, price)| (dense(*market, MARKET), *price));
        let command = MarketCommand::Mark { marks: marks.collect() };
        if let Some(rejection) = self.give(Actor::VENUE, Action::Market(command))? {
            self.note(&rejection, &Origin::default(), "mark")?;
        }
        self.pay_pending()?;
        for (market, _) in &of.prices {
            self.trade_books(*market)?;
        }
        Ok(())
    }

    /// One event of the file.
    fn event_of(
        &mut self,
        what: &What,
        expect: Option<&str>,
        origin: &Origin,
    ) -> Result<(), Diagnostic> {
        if let What::MarkFromFeeds { of } = what {
            let marks = |feed: &&Feed| feed.marks() && of.is_none_or(|of| feed.of == of);
            self.to_mark.extend(self.file.feeds.iter().filter(marks).map(|feed| feed.of));
            return self.mark_reported();
        }
        self.asked = match what {
            What::Deposit { asset, .. }
            | What::Withdraw { asset, .. }
            | What::Transfer { asset, .. } => *asset,
            _ => 0,
        };
        let commands = self.words().commands(what).map_err(|none| self.nothing(&none, origin))?;
        let reported = self.file.loss_named_by(what).map(|name| name.as_str().to_owned());
        self.names.reporting.clone_from(&reported);
        let mut refused = None;
        for (actor, action) in commands {
            refused = self.give(actor, action)?;
            if refused.is_some() {
                break;
            }
        }
        if let (Some(name), true) = (reported, refused.is_some()) {
            self.names.refused.insert(name);
        }
        if refused.is_none() {
            if let Some(domain) = self.words().reports_in(what) {
                self.reported[domain] += 1;
            }
            if let What::Report(report) = what {
                self.told(report.feed);
            }
        }
        self.pay_pending()?;
        if let What::Mark { market, .. } = what {
            self.trade_books(*market)?;
        }
        self.judge(refused.as_ref(), expect, origin, what)
    }

    /// Whether an event went as it says it should.
    fn judge(
        &mut self,
        refused: Option<&Rejection>,
        expect: Option<&str>,
        origin: &Origin,
        what: &What,
    ) -> Result<(), Diagnostic> {
        match (refused, expect) {
            (None, None) => Ok(()),
            (Some(rejection), Some(code)) if rejection.code() == code => {
                self.figures.refused(rejection, true);
                let words = self.words_of(rejection);
                if let Some(story) = &mut self.options.story {
                    story.refused(Do::of(what).name(), &words);
                }
                Ok(())
            }
            (Some(rejection), None) if !self.options.strict => {
                self.note(rejection, origin, Do::of(what).name())
            }
            (Some(rejection), expect) => {
                let told = self.refused(rejection, origin);
                let help = match expect {
                    Some(code) => format!("the event expects it to be refused with {code}."),
                    None => "write expect = \"CODE\" where it is meant, or run without --strict."
                        .to_owned(),
                };
                Err(Diagnostic { help, ..told })
            }
            (None, Some(code)) => {
                let message = format!("the engine takes what should be refused with {code}");
                let help = "drop expect, or change the event.";
                Err(Diagnostic::bad_input("not-refused", message, help).at(self.file.cite(origin)))
            }
        }
    }

    /// Keeps a refusal as a remark.
    pub(super) fn note(
        &mut self,
        rejection: &Rejection,
        origin: &Origin,
        word: &str,
    ) -> Result<(), Diagnostic> {
        let words = self.words_of(rejection);
        let cited = self.file.cite(origin);
        self.figures.refused(rejection, false);
        self.figures.remark(format!("{cited}: {word} refused, {}: {words}", rejection.code()));
        if let Some(story) = &mut self.options.story {
            story.refused(word, &words);
        }
        Ok(())
    }

    /// A refusal in the words of the file.
    fn words_of(&self, rejection: &Rejection) -> String {
        super::refusal::refusal(rejection, self.asked, &self.state, self.file)
    }

    fn refused(&self, rejection: &Rejection, origin: &Origin) -> Diagnostic {
        let message = format!("the engine refuses: {}", self.words_of(rejection));
        let help = "change the file so that the engine can take it.";
        Diagnostic::bad_input(rejection.code(), message, help).at(self.file.cite(origin))
    }

    pub(super) fn nothing(&self, none: &NoSuch, origin: &Origin) -> Diagnostic {
        let known = match none.what {
            "loss" => self.names.known_losses(),
            _ => self.names.known_accounts(),
        };
        let told = no_such(self.file, origin, none.what, &none.name, &known);
        if none.what == "loss" && self.names.refused.contains(&none.name) {
            let help = "its report was refused: see the remarks above.".to_owned();
            return Diagnostic { help, ..told };
        }
        told
    }

    /// Everything of one time is done.
    fn step_done(&mut self, at: u64) -> Result<(), Diagnostic> {
        self.figures.sample(at, &self.state);
        match &mut self.options.story {
            Some(story) => story.step(at, &self.state, &mut self.options.bar),
            None => Ok(()),
        }
    }
}

pub(super) const MARKET: fn(u32) -> rhodian_core::ids::MarketId = rhodian_core::ids::MarketId;

fn law_broken(broken: &invariants::Broken) -> Diagnostic {
    let help = "this is a fault of the program: please report it with the file.";
    Diagnostic::bad_input("law-broken", broken.to_string(), help)
}
