//! Audit: everything a store holds against its batches, and its batches against their chain.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::invariants;

use crate::batch::{Batch, Head, Kept, input};
use crate::error::Error;
use crate::journal::History;
use crate::redecide::{Difference, Redecider};
use crate::replay::apply;
use crate::store::Reader;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Where the journal stands.
    pub head: Head,
    /// The digest of the state its events make.
    pub digest: [u8; 32],
    /// Commands from outside, refused ones included.
    pub commands: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// Idempotency keys.
    pub keys: u64,
    /// By the number of the last batch in it: each snapshot, and whether it is sound.
    pub snapshots: Vec<(u64, Sound)>,
    /// How many commands were decided again, duties included; none where it was not asked.
    pub redecided: Option<u64>,
}

/// Whether a snapshot is what the events make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It is.
    Yes,
    /// It is not; replay goes on from an earlier one. Nothing is lost by it.
    No(String),
}

/// Reads the whole journal: the chain of every batch, the input and key of every command, every
/// snapshot against the state at its place, the laws at the end. With `report`, every command is
/// decided again, and what differs is handed to it.
///
/// # Errors
///
/// The first damage, by place, and storage that fails.
pub fn audit(
    reader: &Reader,
    mut report: Option<&mut dyn FnMut(Difference)>,
) -> Result<Audit, Error> {
    let mut snapshots = snapshots(reader)?;
    let mut audited = Auditor { reader, commands: 0, refused: 0, keys: 0 };
    // The watch is for deciding; events need none.
    let mut state = State::new(report.is_some());
    let mut redecider = Redecider::default();
    let mut head = Head::default();
    hold_snapshot(&mut snapshots, head, &state);
    for batch in reader.read_after(0)? {
        let batch = batch?;
        audited.check(&batch)?;
        match &mut report {
            Some(report) => redecider.batch(&mut state, &batch, report),
            None => apply(&mut state, &batch),
        }
        head = batch.head();
        hold_snapshot(&mut snapshots, head, &state);
    }
    let Auditor { commands, refused, keys, .. } = audited;
    let kept = reader.keys()?;
    if kept != keys {
        let what = format!("{kept} are kept where {keys} were used");
        return Err(Error::damaged(reader.place("keys"), what));
    }
    if let Err(broken) = invariants::check(&state) {
        let what = format!("a law does not hold after it: {broken}");
        return Err(Error::damaged(reader.place(format!("batch {}", head.batches)), what));
    }
    let snapshots = snapshots.into_iter().map(|(number, found)| match found {
        Found::Held => (number, Sound::Yes),
        Found::Unsound(what) => (number, Sound::No(what)),
        Found::Waits(..) => (number, Sound::No("the journal never stood there".into())),
    });
    let redecided = report.map(|_| redecider.commands);
    let snapshots = snapshots.collect();
    let digest = state.digest();
    Ok(Audit { head, digest, commands, refused, keys, snapshots, redecided })
}

enum Found {
    /// To be held against the state at the head.
    Waits(Head, [u8; 32]),
    Held,
    Unsound(String),
}

fn snapshots(reader: &Reader) -> Result<BTreeMap<u64, Found>, Error> {
    let mut found = BTreeMap::new();
    for number in reader.snapshot_numbers()? {
        let what = match reader.snapshot(number) {
            Ok((at, state)) => Found::Waits(at, state.digest()),
            Err(Error::Damaged { what, .. }) => Found::Unsound(what),
            Err(error) => return Err(error),
        };
        found.insert(number, what);
    }
    Ok(found)
}

/// Holds the snapshot at `head`, if there is one, against the state there.
fn hold_snapshot(snapshots: &mut BTreeMap<u64, Found>, head: Head, state: &State) {
    let Some(found) = snapshots.get_mut(&head.batches) else { return };
    if let Found::Waits(at, digest) = found {
        let same = *at == head && *digest == state.digest();
        let other = || Found::Unsound("it is not the state the events make".into());
        *found = if same { Found::Held } else { other() };
    }
}

struct Auditor<'a> {
    reader: &'a Reader,
    commands: u64,
    refused: u64,
    keys: u64,
}

impl Auditor<'_> {
    fn check(&mut self, batch: &Batch) -> Result<(), Error> {
        for (at, entry) in (0_u32..).zip(&batch.entries) {
            let place = || self.reader.place(format!("batch {}, entry {at}", batch.number));
            self.commands += 1;
            self.refused += u64::from(!matches!(entry.outcome, crate::Outcome::Accepted));
            let same = |command: &rhodian_core::engine::Envelope| {
                input(&command.actor, &command.action) == entry.input
            };
            if !entry.command().is_none_or(same) {
                return Err(Error::damaged(place(), "its input is not that of its command"));
            }
            let Some(key) = &entry.key else { continue };
            self.keys += 1;
            let kept = Kept { batch: batch.number, entry: at, input: entry.input };
            if self.reader.kept(key)? != Some(kept) {
                let what = format!("its key {key} is not kept for it");
                return Err(Error::damaged(place(), what));
            }
        }
        Ok(())
    }
}
