//! The oracle: what a feed may be, and what its sources may say. Alice, Bob and Carol are the
//! sources of the first feed.

use rhodian_core::engine::{Action, Actor, Rejection as Refusal, Role};
use rhodian_core::ids::{DomainId, FeedId, SourceId, Time};
use rhodian_core::oracle::{
    Command, Duty, FeedSpec, Kind, MAX_ERRORS, Params, Purpose, Quality, Reference, Rejection,
    SourceWeight, Value,
};

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::{DOMAIN, World, name};

const FEED: FeedId = FeedId(0);
const ALICE: SourceId = SourceId(0);

/// A feed of BTC; two of three sources must count.
fn floor() -> World {
    let mut world = World::new("USD", 2);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 0);
    }
    world.must(Action::Oracle(Command::OpenFeed { spec: Box::new(btc()) }));
    world
}

fn btc() -> FeedSpec {
    FeedSpec {
        name: name("BTC"),
        kind: Kind::Price,
        domains: vec![DOMAIN],
        sources: sources(3),
        min_sources: 2,
        params: Params::of(Kind::Price),
    }
}

fn sources(count: u32) -> Vec<SourceWeight> {
    (0..count).map(|id| SourceWeight { source: SourceId(id), weight: 1 }).collect()
}

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Oracle(command), Refusal::Oracle(why))
}

/// A feed beside the first one that cannot be as `change` makes it.
fn no_feed(change: impl FnOnce(&mut FeedSpec), why: Rejection) -> Refused {
    let mut spec = FeedSpec { name: name("ETH"), ..btc() };
    change(&mut spec);
    refused(Command::OpenFeed { spec: Box::new(spec) }, why)
}

/// What a source says: 2,000 of now, for sure, unless a case changes it.
#[derive(Clone, Copy)]
struct Said {
    by: u32,
    source: SourceId,
    units: u64,
    time: Time,
}

const SAID: Said = Said { by: 0, source: ALICE, units: 2_000, time: Time(1_000) };

impl Said {
    fn action(self, number: u64) -> (Actor, Action) {
        let Self { by, source, units, time } = self;
        let (value, confidence) = (Value::new(units).unwrap(), Value::new(0).unwrap());
        let report = Command::Report { feed: FEED, source, number, value, confidence, time };
        (Actor { role: Role::Source, id: by }, Action::Oracle(report))
    }

    fn accepted(self, world: &mut World, number: u64) {
        let (by, action) = self.action(number);
        world.give(by, action).unwrap();
    }

    fn refused(self, number: u64, why: Rejection) -> Refused {
        let (by, action) = self.action(number);
        Refused::new(by, action, Refusal::Oracle(why))
    }
}

fn wrong(from: u64, to: u64, evidence: u8) -> Command {
    let (from, to, evidence) = (Time(from), Time(to), [evidence; 32]);
    Command::DeclarePriceError { feed: FEED, from, to, evidence }
}

const OF_FEEDS: &[Case] = &[
    ("unknown-feed", |_| {
        let feed = FeedId(9);
        refused(Command::SetFeed { feed, spec: Box::new(btc()) }, Rejection::UnknownFeed { feed })
    }),
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        no_feed(|spec| spec.domains = vec![domain], Rejection::UnknownDomain { domain })
    }),
    ("too-many", |_| {
        let why = Rejection::TooMany { what: "sources", max: 32 };
        no_feed(|spec| spec.sources = sources(33), why)
    }),
    ("too-many", |w| {
        w.checked = false;
        for at in 0..u64::try_from(MAX_ERRORS).unwrap() {
            w.must(Action::Oracle(wrong(at, at, 1)));
        }
        refused(wrong(1, 2, 1), Rejection::TooMany { what: "declared errors", max: 256 })
    }),
    ("name-in-use", |_| {
        no_feed(|spec| spec.name = name("BTC"), Rejection::NameInUse { name: name("BTC") })
    }),
    ("kind-fixed", |_| {
        let spec = FeedSpec { kind: Kind::Depth, params: Params::of(Kind::Depth), ..btc() };
        refused(
            Command::SetFeed { feed: FEED, spec: Box::new(spec) },
            Rejection::KindFixed { kind: Kind::Price },
        )
    }),
    ("unordered", |_| {
        let why = Rejection::Unordered { what: "domains" };
        no_feed(|spec| spec.domains = vec![DOMAIN, DOMAIN], why)
    }),
    ("unordered", |_| {
        no_feed(|spec| spec.sources.reverse(), Rejection::Unordered { what: "sources" })
    }),
    ("zero-weight", |_| {
        no_feed(|spec| spec.sources[0].weight = 0, Rejection::ZeroWeight { source: ALICE })
    }),
    ("min-sources", |_| {
        no_feed(|spec| spec.min_sources = 4, Rejection::MinSources { min_sources: 4, sources: 3 })
    }),
    ("parameter-out-of-bounds", |_| {
        let (name, value, min, max) = ("step", 3_600_001, 1, 3_600_000);
        let why = Rejection::ParameterOutOfBounds { name, value, min, max };
        no_feed(|spec| spec.params.step = value, why)
    }),
    ("bad-reference", |_| {
        // A feed is not compared with itself.
        let mut spec = btc();
        spec.params.reference = Some(Reference { feed: FEED, bound: 1 });
        refused(
            Command::SetFeed { feed: FEED, spec: Box::new(spec) },
            Rejection::BadReference { feed: FEED },
        )
    }),
    ("need-too-low", |_| {
        let (purpose, needed) = (Purpose::Open, Quality::Indicative);
        let why = Rejection::NeedTooLow { purpose, needed };
        no_feed(|spec| spec.params.needs.open = needed, why)
    }),
];

const OF_REPORTS: &[Case] = &[
    ("unknown-source", |_| {
        let source = SourceId(9);
        let said = Said { by: 9, source, ..SAID };
        said.refused(1, Rejection::UnknownSource { feed: FEED, source })
    }),
    ("not-source", |_| {
        Said { by: 1, ..SAID }.refused(1, Rejection::NotSource { source: ALICE, actor: 1 })
    }),
    ("number-not-new", |w| {
        SAID.accepted(w, 5);
        SAID.refused(5, Rejection::NumberNotNew { number: 5, last: 5 })
    }),
    ("zero-value", |_| {
        Said { units: 0, ..SAID }.refused(1, Rejection::ZeroValue { kind: Kind::Price })
    }),
    ("time-ahead", |_| {
        let (time, now) = (Time(1_001), Time(1_000));
        Said { time, ..SAID }.refused(1, Rejection::TimeAhead { time, now })
    }),
    ("time-ahead", |_| {
        let (time, now) = (Time(1_001), Time(1_000));
        refused(wrong(900, 1_001, 1), Rejection::TimeAhead { time, now })
    }),
    ("time-back", |w| {
        SAID.accepted(w, 1);
        let (time, last) = (Time(999), Time(1_000));
        Said { time, ..SAID }.refused(2, Rejection::TimeBack { time, last })
    }),
    ("empty-span", |_| {
        let why = Rejection::EmptySpan { from: Time(900), to: Time(899) };
        refused(wrong(900, 899, 1), why)
    }),
    ("already-declared", |w| {
        w.must(Action::Oracle(wrong(800, 900, 1)));
        let why = Rejection::AlreadyDeclared { from: Time(800), to: Time(900) };
        refused(wrong(800, 900, 1), why)
    }),
    ("not-due", |w| {
        // A minute before: ten are what a domain may be without a price.
        w.tick(9 * 60_000);
        let duty = Duty::Tighten { feed: FEED, domain: DOMAIN };
        Refused::new(Actor::ENGINE, Action::OracleDuty(duty), Refusal::Oracle(Rejection::NotDue))
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Oracle(",
        arms: arms(include_str!("../../src/oracle/command.rs")),
        cases: &[(floor, OF_FEEDS), (floor, OF_REPORTS)],
        unreachable: &[],
    };
    table.check();
}
