//! Redecide: would today's rules decide the recorded commands as they were decided?

use std::fmt;

use rhodian_core::engine::{
    Action, Envelope, Event, Events, Record, Rejection, Role, STEP_LIMIT, State, decide, duty,
    evolve,
};

use crate::batch::{Batch, Entry, Outcome};
use crate::error::Error;
use crate::journal::History;

/// A command that today's rules decide otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The batch it is in.
    pub batch: u64,
    /// The sequence number of its first event, or of the next where it has none.
    pub sequence: u64,
    /// The rules it was decided by.
    pub rules: u16,
    /// The command.
    pub command: Envelope,
    /// What differs first.
    pub divergence: Divergence,
}

/// What differs first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// It was accepted; today it is refused.
    Refused(Rejection),
    /// It was refused with this code; today it is accepted.
    Accepted(String),
    /// It was refused with this code; today for another reason.
    Reason(String, Rejection),
    /// The event at `sequence`: as it was recorded and as it would be, nothing past the end.
    Event {
        /// Its sequence number.
        sequence: u64,
        /// What was recorded.
        recorded: Option<Box<Event>>,
        /// What would happen today.
        today: Option<Box<Event>>,
    },
    /// The engine's own next command: today another, or none.
    Duty(Option<Box<Envelope>>),
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(rejection) => {
                write!(f, "was accepted, is refused: {}: {rejection}", rejection.code())
            }
            Self::Accepted(code) => write!(f, "was refused ({code}), is accepted"),
            Self::Reason(code, rejection) => {
                write!(f, "was refused ({code}), is refused otherwise: {}", rejection.code())
            }
            Self::Event { sequence, recorded, today } => {
                let shown = |event: &Option<Box<Event>>| match event {
                    Some(event) => format!("{event:?}"),
                    None => "nothing".into(),
                };
                let (recorded, today) = (shown(recorded), shown(today));
                write!(f, "event {sequence} was {recorded}, is {today}")
            }
            Self::Duty(Some(due)) => write!(f, "first due is {:?}", due.action),
            Self::Duty(None) => f.write_str("nothing is due"),
        }
    }
}

/// Decides every recorded command again, on the state its recorded events made. What differs is
/// handed to `report`; the recorded events go on to count. Returns how many commands there were.
///
/// # Errors
///
/// Damage and storage that fails, as replay.
pub fn redecide(
    history: &(impl History + ?Sized),
    mut report: impl FnMut(Difference),
) -> Result<u64, Error> {
    let mut state = State::new(true);
    let mut redecider = Redecider::default();
    for batch in history.read_after(0)? {
        redecider.batch(&mut state, &batch?, &mut report);
    }
    Ok(redecider.commands)
}

/// The one that decides again, batch by batch.
#[derive(Debug, Default)]
pub struct Redecider {
    buffer: Events,
    /// Duties since the last command that was none: at the step limit the rest waits.
    duties: usize,
    /// How many commands were decided again, refused ones and duties included.
    pub commands: u64,
}

impl Redecider {
    /// Decides the commands of `batch` again and applies its events to `state`.
    pub fn batch(&mut self, state: &mut State, batch: &Batch, report: &mut impl FnMut(Difference)) {
        let mut sequence = batch.first;
        for entry in &batch.entries {
            for record in &entry.records {
                let found = self.record(state, record, sequence);
                if let Some(divergence) = found {
                    report(difference(batch, sequence, &record.envelope, divergence));
                }
                for event in &record.events {
                    evolve(state, event);
                    sequence += 1;
                }
            }
            if let Some((command, divergence)) = self.refused(state, entry) {
                report(difference(batch, sequence, command, divergence));
            }
        }
    }

    fn record(&mut self, state: &State, record: &Record, sequence: u64) -> Option<Divergence> {
        self.commands += 1;
        let Record { envelope, events } = record;
        let own = envelope.actor.role == Role::Engine && envelope.action != Action::Tick;
        let due = duty(state);
        let waits = self.duties >= STEP_LIMIT;
        self.duties = if own { self.duties + 1 } else { 0 };
        let in_turn = if own { due.as_ref() == Some(envelope) } else { due.is_none() || waits };
        if !in_turn {
            return Some(Divergence::Duty(due.map(Box::new)));
        }
        self.buffer = Events::default();
        if let Err(rejection) = decide(state, envelope, &mut self.buffer) {
            return Some(Divergence::Refused(rejection));
        }
        let today = self.buffer.as_slice();
        let same = today.iter().zip(events).take_while(|(a, b)| a == b).count();
        if same == today.len() && same == events.len() {
            return None;
        }
        let at = |events: &[Event]| events.get(same).cloned().map(Box::new);
        let sequence = sequence + same as u64;
        Some(Divergence::Event { sequence, recorded: at(events), today: at(today) })
    }

    fn refused<'a>(
        &mut self,
        state: &State,
        entry: &'a Entry,
    ) -> Option<(&'a Envelope, Divergence)> {
        let Outcome::Rejected { command, code, .. } = &entry.outcome else { return None };
        self.commands += 1;
        self.buffer = Events::default();
        let divergence = match decide(state, command, &mut self.buffer) {
            Ok(()) => Divergence::Accepted(code.clone()),
            Err(rejection) if rejection.code() == code => return None,
            Err(rejection) => Divergence::Reason(code.clone(), rejection),
        };
        Some((command, divergence))
    }
}

fn difference(
    batch: &Batch,
    sequence: u64,
    command: &Envelope,
    divergence: Divergence,
) -> Difference {
    let (batch, rules) = (batch.number, batch.rules);
    Difference { batch, sequence, rules, command: command.clone(), divergence }
}
