//! The memory: an append-only, hash-chained, durable log of commands and events.
//!
//! A [`Journal`] keeps [`Entry`]s in [`Batch`]es: what is committed together is durable together,
//! and each batch's chain is the hash of its bytes, which begin with the chain before it. The
//! reading side is [`History`]. [`Store`] keeps it in a folder, on an embedded database;
//! [`Memory`] in memory. [`replay`] rebuilds the state from the events, [`redecide`] asks whether
//! today's rules would decide the recorded commands alike. The format is in
//! `docs/journal-format.md`.
//!
//! ```
//! use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
//! use rhodian_core::ids::Time;
//! use rhodian_journal::{Entry, History, Journal, Memory, Outcome as Kept, input, replay};
//!
//! let mut engine = Engine::new();
//! let (at, actor, action) = (Time(1_000), Actor::VENUE, Action::Tick);
//! let input = input(&actor, &action);
//! let Outcome::Accepted(records) = engine.execute(Envelope { at, actor, action }) else {
//!     panic!("a tick is accepted")
//! };
//!
//! let mut journal = Memory::new();
//! let entry = Entry { key: None, input, records, outcome: Kept::Accepted };
//! let batch = journal.append_if(journal.head()?, at, vec![entry])?;
//! assert_eq!(journal.head()?, batch.head());
//!
//! let replayed = replay(&journal)?;
//! assert_eq!(replayed.state.digest(), engine.state().digest());
//! # Ok::<(), rhodian_journal::Error>(())
//! ```
#![forbid(unsafe_code)]

mod audit;
mod batch;
mod error;
mod journal;
mod keys;
mod memory;
mod redecide;
mod replay;
mod snapshot;
mod store;

pub use audit::{Audit, Sound, audit};
pub use batch::{Batch, Entry, FORMAT, Head, Kept, Key, MAX_BATCH, MAX_KEY, Outcome, input};
pub use error::Error;
pub use journal::{Batches, History, Journal};
pub use memory::Memory;
pub use redecide::{Difference, Divergence, Redecider, redecide};
pub use replay::{Replayed, replay, replay_from_zero};
pub use snapshot::KEPT_SNAPSHOTS;
pub use store::{CACHE, Reader, Remark, Store};
