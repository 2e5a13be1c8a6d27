//! Clearing funds: what can never be right about them.

use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::MarketId;
use rhodian_core::pools::clearing::{Assessment, Command, Flaw, FundSpec, Rejection, Scenario};

use crate::codes::variants;
use crate::table::{Case, Refused, Table};
use crate::world::clearing::{TERMS, house, scenario, spec};
use crate::world::{World, amount, name};

fn flawed(spec: FundSpec, flaw: Flaw) -> Refused {
    let why = Refusal::Clearing(Rejection::Flaw { flaw });
    Refused::new(Actor::VENUE, Action::Clearing(Command::Open { spec: Box::new(spec) }), why)
}

fn no_fund() -> World {
    house(1_000)
}

fn moved(of: Scenario) -> Refused {
    let scenarios = vec![of];
    flawed(FundSpec { scenarios, ..spec(1) }, Flaw::Scenario { name: name("odd") })
}

fn span(what: &'static str, max: u64, change: fn(&mut FundSpec, u64)) -> Refused {
    let mut of = spec(1);
    change(&mut of, max + 1);
    flawed(of, Flaw::Span { what, millis: max + 1, max })
}

const YEAR: u64 = 366 * 86_400_000;
const MONTH: u64 = 30 * 86_400_000;

fn assessed(per_event: u32, per_window: u32) -> Refused {
    let assessment = Some(Assessment { per_event, per_window, ..TERMS });
    flawed(FundSpec { assessment, ..spec(1) }, Flaw::AssessmentCaps { per_event, per_window })
}

const FLAWS: &[Case] = &[
    ("0 members", |_| flawed(spec(0), Flaw::Cover { cover: 0 })),
    ("1025 members", |_| flawed(spec(1_025), Flaw::Cover { cover: 1_025 })),
    ("there are 0 scenarios", |_| {
        flawed(FundSpec { scenarios: vec![], ..spec(1) }, Flaw::Scenarios { count: 0 })
    }),
    ("there are 65 scenarios", |_| {
        let scenarios = vec![scenario("same", 1); 65];
        flawed(FundSpec { scenarios, ..spec(1) }, Flaw::Scenarios { count: 65 })
    }),
    ("scenario odd moves", |_| moved(scenario("odd", -1_000_000))),
    ("scenario odd moves", |_| moved(scenario("odd", 1_000_000_001))),
    ("scenario odd moves", |_| {
        moved(Scenario { moves: vec![(MarketId(0), 1), (MarketId(0), 2)], ..scenario("odd", 0) })
    }),
    ("the least size is 0", |_| {
        let (least, least_contribution) = (amount(0), amount(1));
        flawed(
            FundSpec { least, least_contribution, ..spec(1) },
            Flaw::Least { least, least_contribution },
        )
    }),
    ("the least size is 1", |_| {
        let (least, least_contribution) = (amount(1), amount(10_u128.pow(26) + 1));
        flawed(
            FundSpec { least, least_contribution, ..spec(1) },
            Flaw::Least { least, least_contribution },
        )
    }),
    ("the period is", |_| span("period", YEAR, |of, millis| of.period = millis)),
    ("the deadline is", |_| span("deadline", MONTH, |of, millis| of.deadline = millis)),
    ("the notice is", |_| span("notice", YEAR, |of, millis| of.notice = millis)),
    ("the time to port is", |_| span("time to port", MONTH, |of, millis| of.porting = millis)),
    ("the time to bid is", |_| span("time to bid", MONTH, |of, millis| of.bidding = millis)),
    ("the window is", |_| {
        span("window", YEAR, |of, window| {
            of.assessment = Some(Assessment { window, ..TERMS });
        })
    }),
    ("the period is 0", |_| {
        let flaw = Flaw::Span { what: "period", millis: 0, max: YEAR };
        flawed(FundSpec { period: 0, ..spec(1) }, flaw)
    }),
    ("the juniority is 1000001", |_| {
        let juniority = 1_000_001;
        flawed(FundSpec { juniority, ..spec(1) }, Flaw::Juniority { juniority })
    }),
    ("assessments of 0 for a loss", |_| assessed(0, 1)),
    ("assessments of 2 for a loss and 1", |_| assessed(2, 1)),
    ("assessments of 1 for a loss and 100000001", |_| assessed(1, 100_000_001)),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Clearing(Flaw { flaw: ",
        arms: variants(include_str!("../../src/pools/clearing/spec.rs"), "Flaw"),
        cases: &[(no_fund, FLAWS)],
        unreachable: &[],
    };
    table.check();
}
