//! A small venue whose commands are kept: what every test of the journal appends.
#![allow(dead_code, reason = "each test uses a part of it")]

use rhodian_core::account::{self, AccountKind};
use rhodian_core::domain;
use rhodian_core::engine::{self, Action, Actor, Engine, Envelope, State};
use rhodian_core::ids::{AccountId, AssetId, Name, OwnerId, Time};
use rhodian_core::units::Amount;
use rhodian_journal::{Batch, Entry, Error, Head, Journal, Key, Outcome, input};

/// A story of losses, recoveries and a halt, refusals included.
pub const STORY: &str = include_str!("../golden/story.ndjson");

pub fn story() -> Vec<Envelope> {
    STORY.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// An engine whose commands become entries.
#[derive(Debug, Default)]
pub struct Venue {
    pub engine: Engine,
    pub at: Time,
    numbers: u64,
}

impl Venue {
    pub fn new() -> Self {
        Self { engine: Engine::new(), at: Time(1_000), numbers: 0 }
    }

    /// Goes on where `state` stands.
    pub fn resume(state: State) -> Self {
        let at = state.now();
        Self { engine: Engine::resume(state), at, numbers: at.0 }
    }

    pub fn give(&mut self, key: Option<Key>, envelope: Envelope) -> Entry {
        let input = input(&envelope.actor, &envelope.action);
        match self.engine.execute(envelope.clone()) {
            engine::Outcome::Accepted(records) => {
                Entry { key, input, records, outcome: Outcome::Accepted }
            }
            engine::Outcome::Rejected(records, rejection) => {
                let code = rejection.code().to_owned();
                let problem = serde_json::to_string(&rejection).unwrap();
                let command = Box::new(envelope);
                let outcome = Outcome::Rejected { command, code, problem };
                Entry { key, input, records, outcome }
            }
        }
    }

    pub fn act(&mut self, key: Option<Key>, action: Action) -> Entry {
        self.give(key, Envelope { at: self.at, actor: Actor::VENUE, action })
    }

    /// An asset, and Alice, Bob and Carol with an account each.
    pub fn open(&mut self) -> Vec<Entry> {
        let add = domain::Command::AddAsset { name: name("USD"), decimals: 2 };
        let mut entries = vec![self.act(None, Action::Domain(add))];
        for (owner, text) in (0..).map(OwnerId).zip(["alice", "bob", "carol"]) {
            let (name, kind) = (name(text), AccountKind::Cross);
            let command = account::Command::OpenOwner { name: name.clone() };
            entries.push(self.act(None, Action::Account(command)));
            let command = account::Command::OpenAccount { name, owner, kind };
            entries.push(self.act(None, Action::Account(command)));
        }
        entries
    }

    /// A deposit to one of the three, each a millisecond after the one before.
    pub fn deposit(&mut self, account: u32, atoms: u128) -> Entry {
        self.deposit_as(None, account, atoms)
    }

    pub fn deposit_as(&mut self, key: Option<Key>, account: u32, atoms: u128) -> Entry {
        self.numbers += 1;
        self.at = self.at.after(1);
        let (account, number) = (AccountId(account), self.numbers);
        let amount = Amount::new(atoms).unwrap();
        let command = account::Command::Deposit { account, number, asset: AssetId(0), amount };
        self.act(key, Action::Account(command))
    }
}

/// Appends `entries` where the journal stands.
pub fn append(journal: &mut impl Journal, at: Time, entries: Vec<Entry>) -> Batch {
    try_append(journal, at, entries).unwrap()
}

pub fn try_append(
    journal: &mut impl Journal,
    at: Time,
    entries: Vec<Entry>,
) -> Result<Batch, Error> {
    let head: Head = journal.head().unwrap();
    journal.append_if(head, at, entries)
}

/// The story in batches of up to five commands, with a key on every third.
pub fn tell(journal: &mut impl Journal) -> Venue {
    let mut venue = Venue::new();
    for (number, commands) in (0..).zip(story().chunks(5)) {
        let give = |(at, command): (usize, &Envelope)| {
            let key = at.is_multiple_of(3).then(|| key(&format!("story-{number}-{at}")));
            venue.give(key, command.clone())
        };
        let entries = commands.iter().enumerate().map(give).collect();
        let at = commands[0].at;
        append(journal, at, entries);
    }
    venue
}
