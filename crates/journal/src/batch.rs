//! What is kept: entries in batches, each batch chained to the one before.

use std::fmt;
use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use rhodian_core::engine::{Action, Actor, Envelope, Event, RULES_VERSION, Record, Role};
use rhodian_core::ids::Time;

use crate::error::Error;

/// The version of the format of a batch. Raised with every change of its bytes.
pub const FORMAT: u16 = 2;

/// The most bytes of a batch: more than a batch of the longest run of duties has.
pub const MAX_BATCH: usize = 1 << 31;

/// The most characters of an idempotency key.
pub const MAX_KEY: usize = 128;

/// Where a journal stands: after which batch, after which event, with which chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// How many batches there are: the number of the last.
    pub batches: u64,
    /// How many events there are: the sequence number of the last. The first event has 1.
    pub events: u64,
    /// The chain after the last batch; zeros before the first.
    pub chain: [u8; 32],
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain = blake3::Hash::from_bytes(self.chain).to_hex();
        write!(f, "batch {}, event {}, chain {}", self.batches, self.events, &chain[..16])
    }
}

/// An idempotency key: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Key(String);

impl Key {
    /// Checks `text`; nothing when it is empty, too long, or holds anything but visible ASCII.
    ///
    /// ```
    /// use rhodian_journal::Key;
    /// assert_eq!(Key::new("order-17").unwrap().as_str(), "order-17");
    /// assert!(Key::new("order 17").is_none() && Key::new("").is_none());
    /// ```
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= MAX_KEY;
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BorshDeserialize for Key {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = String::deserialize_reader(reader)?;
        let fault = "not a key of 1 to 128 visible ASCII characters";
        Self::new(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, fault))
    }
}

/// What a key was used for: in which entry of which batch, and the hash of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Kept {
    /// The number of the batch.
    pub batch: u64,
    /// The place of the entry in it, from 0.
    pub entry: u32,
    /// The input of the command: another input under the same key is a mistake.
    pub input: [u8; 32],
}

/// What came of a command from outside.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Outcome {
    /// It was accepted: it stands among the records.
    Accepted = 0,
    /// It was refused: a retry gets the same answer, an audit sees what was asked.
    Rejected {
        /// The command: it stands in no record.
        command: Box<Envelope>,
        /// The stable code of the rejection.
        code: String,
        /// The rejection as the door showed it, in JSON.
        problem: String,
    } = 1,
}

/// One command from outside and all it did: the tick before, itself, the duties after.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    /// The idempotency key, if it came with one.
    pub key: Option<Key>,
    /// The hash of actor and action: see [`input`].
    pub input: [u8; 32],
    /// What was done, in order.
    pub records: Vec<Record>,
    /// What came of the command.
    pub outcome: Outcome,
}

impl Entry {
    /// The command from outside: the first of the records that is not the engine's own, or the
    /// one that was refused.
    #[must_use]
    pub fn command(&self) -> Option<&Envelope> {
        match &self.outcome {
            Outcome::Rejected { command, .. } => Some(command),
            Outcome::Accepted => {
                let mut commands = self.records.iter().map(|record| &record.envelope);
                commands.find(|envelope| envelope.actor.role != Role::Engine)
            }
        }
    }
}

/// blake3 of the canonical bytes of actor and action. Not of the time: a retry comes later.
#[must_use]
pub fn input(actor: &Actor, action: &Action) -> [u8; 32] {
    let mut sink = HashSink(blake3::Hasher::new());
    match (actor, action).serialize(&mut sink) {
        Ok(()) => *sink.0.finalize().as_bytes(),
        // Writing into a hasher has no way to fail.
        Err(_) => [0; 32],
    }
}

/// A hasher that is written to.
pub(crate) struct HashSink(pub(crate) blake3::Hasher);

impl io::Write for HashSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is committed together: the unit of durability and of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The version of the format it is written in.
    pub format: u16,
    /// The version of the rules that decided it.
    pub rules: u16,
    /// Its number, from 1.
    pub number: u64,
    /// The sequence number of its first event, or of the next where it has none.
    pub first: u64,
    /// When it was committed, by the door's clock.
    pub at: Time,
    /// The chain before it.
    pub previous: [u8; 32],
    /// What it holds.
    pub entries: Vec<Entry>,
    /// The chain after it: blake3 of its canonical bytes, which begin with all of the above.
    pub chain: [u8; 32],
}

/// The part of a batch before its entries, as it is written.
#[derive(BorshSerialize, BorshDeserialize)]
struct Header {
    format: u16,
    rules: u16,
    number: u64,
    first: u64,
    at: Time,
    previous: [u8; 32],
}

impl Batch {
    /// The batch that follows `head` with `entries`, its canonical bytes left in `bytes`.
    pub(crate) fn after(head: &Head, at: Time, entries: Vec<Entry>, bytes: &mut Vec<u8>) -> Self {
        let mut batch = Self {
            format: FORMAT,
            rules: RULES_VERSION,
            number: head.batches + 1,
            first: head.events + 1,
            at,
            previous: head.chain,
            entries,
            chain: [0; 32],
        };
        bytes.clear();
        batch.write(bytes);
        batch.chain = *blake3::hash(bytes).as_bytes();
        batch
    }

    /// Adds the canonical bytes: the header, then the entries.
    fn write(&self, bytes: &mut Vec<u8>) {
        let Self { format, rules, number, first, at, previous, ref entries, .. } = *self;
        let header = Header { format, rules, number, first, at, previous };
        // A length above 2^32 has no bytes; memory ends before.
        let written = header.serialize(bytes).and_then(|()| entries.serialize(bytes));
        debug_assert!(written.is_ok(), "writing into memory fails for lengths alone");
    }

    /// The canonical bytes: what the chain is the hash of.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Reads canonical bytes, found at `place`.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`] for bytes of a later version, [`Error::Older`] for those of a format before,
    /// [`Error::Damaged`] for what is no batch.
    pub fn read(bytes: &[u8], place: impl Fn() -> String) -> Result<Self, Error> {
        let broken = |error: io::Error| Error::damaged(place(), error.to_string());
        let mut rest = bytes;
        let Header { format, rules, number, first, at, previous } =
            Header::deserialize(&mut rest).map_err(broken)?;
        if format > FORMAT || rules > RULES_VERSION {
            return Err(Error::Newer { place: place(), format, rules });
        }
        if format < FORMAT {
            return Err(Error::Older { place: place(), format });
        }
        let entries = Vec::<Entry>::deserialize(&mut rest).map_err(broken)?;
        if !rest.is_empty() {
            let what = format!("{} bytes follow its last entry", rest.len());
            return Err(Error::damaged(place(), what));
        }
        let chain = *blake3::hash(bytes).as_bytes();
        Ok(Self { format, rules, number, first, at, previous, entries, chain })
    }

    /// The records, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.iter().flat_map(|entry| &entry.records)
    }

    /// The events with their sequence numbers, in order.
    pub fn events(&self) -> impl Iterator<Item = (u64, &Event)> {
        (self.first..).zip(self.records().flat_map(|record| &record.events))
    }

    /// How many events it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.records().map(|record| record.events.len() as u64).sum()
    }

    /// Where the journal stands after it.
    #[must_use]
    pub fn head(&self) -> Head {
        let events = self.first - 1 + self.count();
        Head { batches: self.number, events, chain: self.chain }
    }
}
