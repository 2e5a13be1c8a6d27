//! Replay: the state again, from the events alone.

use rhodian_core::engine::{State, evolve};

use crate::batch::{Batch, Head};
use crate::error::Error;
use crate::journal::History;

/// A state that was rebuilt.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The state, its watch built.
    pub state: State,
    /// Where the journal stood.
    pub head: Head,
    /// The snapshot it began from; nothing where it began from zero.
    pub from: Option<Head>,
}

/// The state at the head, from the latest snapshot on.
///
/// # Errors
///
/// What is damaged, by name, and storage that fails.
pub fn replay(history: &(impl History + ?Sized)) -> Result<Replayed, Error> {
    match history.latest_snapshot()? {
        Some((head, state)) => replay_on(history, state, head, Some(head)),
        None => replay_from_zero(history),
    }
}

/// The state at the head, from the first batch on, whatever snapshots there are.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_from_zero(history: &(impl History + ?Sized)) -> Result<Replayed, Error> {
    replay_on(history, State::new(false), Head::default(), None)
}

/// Events need no watch: it is built once, at the end.
fn replay_on(
    history: &(impl History + ?Sized),
    mut state: State,
    mut head: Head,
    from: Option<Head>,
) -> Result<Replayed, Error> {
    for batch in history.read_after(head.batches)? {
        let batch = batch?;
        apply(&mut state, &batch);
        head = batch.head();
    }
    Ok(Replayed { state: state.watched(), head, from })
}

/// Applies the events of `batch`.
pub(crate) fn apply(state: &mut State, batch: &Batch) {
    for event in batch.records().flat_map(|record| &record.events) {
        evolve(state, event);
    }
}
