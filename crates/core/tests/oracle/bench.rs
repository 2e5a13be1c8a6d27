//! A venue with feeds, told in words: who reports what, when, and what the oracle then says.

use rhodian_core::engine::{Action, Actor, Record, Rejection, Role};
use rhodian_core::ids::{FeedId, SourceId, Time};
use rhodian_core::oracle::{
    Answer, Command, FeedSpec, Kind, Params, Purpose, Quality, SourceWeight, Unfit, Value, Why,
};

use crate::world::{DOMAIN, World, name};

/// The three sources of most tests.
pub const ALICE: u32 = 1;
pub const BOB: u32 = 2;
pub const CAROL: u32 = 3;

/// The first feed.
pub const FEED: FeedId = FeedId(0);

/// Midnight of the tests: time is counted from here, in milliseconds.
pub const START: u64 = 1_000_000_000;

pub fn value(units: u64) -> Value {
    Value::new(units).unwrap()
}

/// A feed of `sources` with one vote each that guards the domain; two must count where there are
/// two.
pub fn feed(text: &str, kind: Kind, sources: &[u32]) -> FeedSpec {
    FeedSpec {
        name: name(text),
        kind,
        domains: vec![DOMAIN],
        sources: sources
            .iter()
            .map(|id| SourceWeight { source: SourceId(*id), weight: 1 })
            .collect(),
        min_sources: if sources.len() > 1 { 2 } else { 1 },
        params: Params::of(kind),
    }
}

#[derive(Clone)]
pub struct Bench {
    pub world: World,
    numbers: u64,
}

impl Bench {
    /// A domain and one feed.
    pub fn new(spec: FeedSpec) -> Self {
        let mut world = World::new("USD", 2);
        world.at = Time(START);
        let mut bench = Self { world, numbers: 0 };
        bench.open(spec);
        bench
    }

    /// The price of three sources, with the defaults.
    pub fn price() -> Self {
        Self::new(feed("BTC", Kind::Price, &[ALICE, BOB, CAROL]))
    }

    pub fn open(&mut self, spec: FeedSpec) {
        self.world.must(Action::Oracle(Command::OpenFeed { spec: Box::new(spec) }));
    }

    /// Moves the clock to `millis` after the start.
    pub fn at(&mut self, millis: u64) -> &mut Self {
        self.world.at = Time(START + millis);
        self.world.must(Action::Tick);
        self
    }

    pub fn now(&self) -> Time {
        self.world.engine.state().now()
    }

    /// `source` says `units` of now, for sure.
    pub fn says(&mut self, source: u32, units: u64) -> &mut Self {
        self.says_of(FEED, source, units, self.now()).unwrap();
        self
    }

    /// All three say `units` of now.
    pub fn all_say(&mut self, units: u64) -> &mut Self {
        self.says(ALICE, units).says(BOB, units).says(CAROL, units)
    }

    pub fn says_of(
        &mut self,
        feed: FeedId,
        source: u32,
        units: u64,
        time: Time,
    ) -> Result<Vec<Record>, Rejection> {
        self.numbers += 1;
        let command = Command::Report {
            feed,
            source: SourceId(source),
            number: self.numbers,
            value: value(units),
            confidence: value(0),
            time,
        };
        self.report(source, command)
    }

    pub fn report(&mut self, source: u32, command: Command) -> Result<Vec<Record>, Rejection> {
        let actor = Actor { role: Role::Source, id: source };
        self.world.give(actor, Action::Oracle(command))
    }

    pub fn answer(&self) -> Answer {
        self.answer_of(FEED)
    }

    pub fn answer_of(&self, feed: FeedId) -> Answer {
        self.world.engine.state().oracle.answer(feed, self.now()).unwrap()
    }

    pub fn units(&self) -> u64 {
        self.answer().value.unwrap().units()
    }

    pub fn quality(&self) -> Quality {
        self.answer().quality
    }

    /// The price for `purpose`, in ticks.
    pub fn get(&self, purpose: Purpose) -> Result<u64, Unfit> {
        let oracle = &self.world.engine.state().oracle;
        oracle.for_action(FEED, purpose, self.now()).map(|price| price.ticks())
    }

    /// The purposes that are served now, as letters: Mark, Liquidate, Withdraw, Open, Settle.
    pub fn serves(&self) -> String {
        use Purpose::{Liquidate, Mark, Open, Settle, Withdraw};
        let letters = [(Mark, 'm'), (Liquidate, 'l'), (Withdraw, 'w'), (Open, 'o'), (Settle, 's')];
        letters.iter().filter(|(p, _)| self.get(*p).is_ok()).map(|(_, letter)| letter).collect()
    }

    /// What the answer says beside the value, in words.
    pub fn why(&self) -> Vec<String> {
        self.answer().reasons.iter().map(Why::to_string).collect()
    }

    /// Checks the value, the quality, and the words of the reasons.
    pub fn check(&self, case: &str, units: Option<u64>, quality: Quality, why: &[&str]) {
        let answer = self.answer();
        assert_eq!(answer.value.map(Value::units), units, "{case}: {answer:?}");
        assert_eq!(answer.quality, quality, "{case}: {answer:?}");
        assert_eq!(self.why(), why, "{case}");
    }
}
