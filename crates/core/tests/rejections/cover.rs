//! Cover pools and their risks: what can never be right about them, and which domain, fund, layers
//! and feeds they may have.

use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{CoverPoolId, DomainId, FeedId, LayerId, RiskId};
use rhodian_core::oracle::Kind;
use rhodian_core::pools::Rates;
use rhodian_core::pools::cover::{
    Command, Experience, Flaw, PoolSpec, Rejection, RiskSpec, Trigger, VoteTerms,
};
use rhodian_core::units::{Amount, Price};

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::cover::{BRIDGE, POOL, YEAR, bridge, domain, give, spec, staker};
use crate::world::feeds::{FEED, open_feed};
use crate::world::{DOMAIN, World, amount};
use crate::{FULL, cover_incident, cover_pool};

/// An operator, a fund and a tranche of stakers, without a pool.
fn no_pool() -> World {
    let mut world = domain(5_000);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 0);
    }
    world
}

/// Alice has 60,000 staked and Bob 40,000, of which each atom covers two; Carol has 10,000.
pub fn pool() -> World {
    with_pool(spec(), bridge())
}

pub fn with_pool(spec: PoolSpec, risk: RiskSpec) -> World {
    let mut world = domain(5_000);
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    give(&mut world, Command::AddRisk { spec: Box::new(risk) }).unwrap();
    staker(&mut world, "alice", 60_000);
    staker(&mut world, "bob", 40_000);
    world.account("carol", 10_000);
    world
}

pub fn refused(command: Command, why: Rejection) -> Refused {
    refused_to(Actor::VENUE, command, why)
}

pub fn refused_to(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Cover(command), Refusal::Cover(why))
}

fn not_opened(spec: PoolSpec, why: Rejection) -> Refused {
    refused(Command::Open { spec: Box::new(spec) }, why)
}

fn not_added(spec: RiskSpec, why: Rejection) -> Refused {
    refused(Command::AddRisk { spec: Box::new(spec) }, why)
}

const OPERATOR: LayerId = LayerId(0);
const STAKERS: LayerId = LayerId(2);

/// A trigger on the first feed.
pub fn low(window: u64) -> Option<Trigger> {
    Some(Trigger { feed: FEED, below: Price::new(900).unwrap(), window })
}

const OF_POOLS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        not_opened(PoolSpec { domain, ..spec() }, Rejection::UnknownDomain { domain })
    }),
    ("domain-in-use", |w| {
        give(w, Command::Open { spec: Box::new(spec()) }).unwrap();
        not_opened(spec(), Rejection::DomainInUse { domain: DOMAIN })
    }),
    ("flaw", |_| {
        let flaw = Flaw::Leverage { leverage: 0 };
        not_opened(PoolSpec { leverage: 0, ..spec() }, Rejection::Flaw { flaw })
    }),
    ("not-a-fund", |_| {
        // The stakers' own layer.
        let why = Rejection::NotAFund { layer: STAKERS };
        not_opened(PoolSpec { fund: STAKERS, ..spec() }, why)
    }),
    ("not-a-fund", |w| {
        // A fund that pays for nothing here.
        w.fund("other", 1, None);
        let fund = w.layer_id("other");
        not_opened(PoolSpec { fund, ..spec() }, Rejection::NotAFund { layer: fund })
    }),
    ("layer-not-behind", |_| {
        let premia = vec![(STAKERS, 1), (OPERATOR, 1)];
        not_opened(PoolSpec { premia, ..spec() }, Rejection::NotBehind { layer: OPERATOR })
    }),
    ("layer-not-behind", |w| {
        w.tranche("other");
        let layer = w.layer_id("other");
        let premia = vec![(layer, 1)];
        not_opened(PoolSpec { premia, ..spec() }, Rejection::NotBehind { layer })
    }),
    ("nobody-behind", |w| {
        let steps = ["Operator", "Fund"].map(|text| w.step(&[(text, 1)])).into();
        w.waterfall_of(CauseClass::Custody, steps);
        let premia = vec![];
        not_opened(PoolSpec { premia, ..spec() }, Rejection::NobodyBehind { domain: DOMAIN })
    }),
];

const OF_RISKS: &[Case] = &[
    ("unknown-pool", |_| {
        let pool = CoverPoolId(9);
        not_added(RiskSpec { pool, ..bridge() }, Rejection::UnknownPool { pool })
    }),
    ("no-waterfall", |_| {
        let (domain, class) = (DOMAIN, CauseClass::PriceError);
        not_added(RiskSpec { class, ..bridge() }, Rejection::NoWaterfall { domain, class })
    }),
    ("layer-not-behind", |w| {
        // What is staked counts for what is covered, and would not pay for errors of prices.
        let (class, steps) = (CauseClass::PriceError, vec![w.step(&[("Operator", 1)])]);
        w.waterfall_of(class, steps);
        not_added(RiskSpec { class, ..bridge() }, Rejection::NotBehind { layer: STAKERS })
    }),
    ("flaw", |_| {
        let flaw = Flaw::Concentration { concentration: 0 };
        not_added(RiskSpec { concentration: 0, ..bridge() }, Rejection::Flaw { flaw })
    }),
    ("no-feed", |_| {
        not_added(RiskSpec { trigger: low(60_000), ..bridge() }, Rejection::NoFeed { feed: FEED })
    }),
    ("no-feed", |w| {
        // There is one, of something that is no price.
        open_feed(w, "BTC depth", Kind::Depth);
        let feed = FeedId(0);
        not_added(RiskSpec { trigger: low(60_000), ..bridge() }, Rejection::NoFeed { feed })
    }),
    ("window", |w| {
        open_feed(w, "DAI index", Kind::Price);
        let (window, cell, most) = (60_001, 60_000, 7_140_000);
        let why = Rejection::Window { window, cell, most };
        not_added(RiskSpec { trigger: low(window), ..bridge() }, why)
    }),
    ("window", |w| {
        open_feed(w, "DAI index", Kind::Price);
        let (window, cell, most) = (7_200_000, 60_000, 7_140_000);
        let why = Rejection::Window { window, cell, most };
        not_added(RiskSpec { trigger: low(window), ..bridge() }, why)
    }),
    ("unknown-risk", |_| {
        let risk = RiskId(9);
        refused(
            Command::SetRisk { risk, spec: Box::new(bridge()) },
            Rejection::UnknownRisk { risk },
        )
    }),
    ("stays", |_| {
        let spec = RiskSpec { class: CauseClass::PriceError, ..bridge() };
        refused(
            Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) },
            Rejection::Stays { risk: BRIDGE },
        )
    }),
    ("stays", |_| {
        // Else who is insured would bear what he bought cover of.
        let spec = RiskSpec { retention: 1, ..bridge() };
        refused(
            Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) },
            Rejection::Stays { risk: BRIDGE },
        )
    }),
    ("stays", |_| {
        let experience = Some(Experience { step: 1, most: 2, window: 3 });
        let spec = RiskSpec { experience, ..bridge() };
        refused(
            Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) },
            Rejection::Stays { risk: BRIDGE },
        )
    }),
    ("flaw", |_| {
        let spec = RiskSpec { concentration: 0, ..bridge() };
        let flaw = Flaw::Concentration { concentration: 0 };
        refused(Command::SetRisk { risk: BRIDGE, spec: Box::new(spec) }, Rejection::Flaw { flaw })
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Cover(",
        arms: arms(include_str!("../../src/pools/cover/rejection.rs")),
        cases: &[
            (no_pool, OF_POOLS),
            (pool, OF_RISKS),
            (pool, cover_pool::OF_BUYERS),
            (cover_incident::insured, cover_incident::OF_REPORTS),
            (cover_incident::voting, cover_incident::OF_VOTES),
            (cover_incident::pegged, cover_incident::OF_TRIGGERS),
        ],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}

fn flawed(spec: PoolSpec, flaw: Flaw) -> Refused {
    not_opened(spec, Rejection::Flaw { flaw })
}

/// No flaw of a risk depends on its pool, which is there.
fn risky(spec: RiskSpec, flaw: Flaw) -> Refused {
    not_added(RiskSpec { pool: POOL, ..spec }, Rejection::Flaw { flaw })
}

const TWO_YEARS: u64 = 2 * YEAR;

const FLAWS: &[Case] = &[
    ("parts of the premia sum to 1000001", |_| {
        let premia = vec![(STAKERS, 1_000_000), (OPERATOR, 1)];
        flawed(PoolSpec { premia, ..spec() }, Flaw::Premia { parts: 1_000_001 })
    }),
    ("parts of the premia sum to 2", |_| {
        // The same layer twice.
        let premia = vec![(STAKERS, 1), (STAKERS, 1)];
        flawed(PoolSpec { premia, ..spec() }, Flaw::Premia { parts: 2 })
    }),
    ("the leverage is 100000001", |_| {
        let leverage = 100_000_001;
        flawed(PoolSpec { leverage, ..spec() }, Flaw::Leverage { leverage })
    }),
    ("the most covered is 1000000000000000000000001", |_| {
        let amount = amount(10u128.pow(24) + 1);
        flawed(PoolSpec { max_covered: amount, ..spec() }, Flaw::MostCovered { amount })
    }),
    ("the most covered is 0", |_| {
        let amount = Amount::ZERO;
        flawed(PoolSpec { max_covered: amount, ..spec() }, Flaw::MostCovered { amount })
    }),
    ("the least cover is 999", |_| {
        let amount = amount(999);
        flawed(PoolSpec { min_cover: amount, ..spec() }, Flaw::LeastCover { amount })
    }),
    ("the least cover is 10000001", |_| {
        let amount = amount(10_000_001);
        flawed(PoolSpec { min_cover: amount, ..spec() }, Flaw::LeastCover { amount })
    }),
    ("a cover runs for 63072000001", |_| {
        let (max_period, waiting) = (TWO_YEARS + 1, 0);
        flawed(PoolSpec { max_period, waiting, ..spec() }, Flaw::Period { max_period, waiting })
    }),
    ("a cover runs for 5 milliseconds at most and waits for 5", |_| {
        let (max_period, waiting) = (5, 5);
        flawed(PoolSpec { max_period, waiting, ..spec() }, Flaw::Period { max_period, waiting })
    }),
    ("the time to claim is 0", |_| {
        flawed(PoolSpec { claim_time: 0, ..spec() }, Flaw::ClaimTime { millis: 0 })
    }),
    ("the time to claim is 63072000001", |_| {
        let millis = TWO_YEARS + 1;
        flawed(PoolSpec { claim_time: millis, ..spec() }, Flaw::ClaimTime { millis })
    }),
    ("an incident pays nothing", |_| {
        let incident_cap = Some(Amount::ZERO);
        flawed(PoolSpec { incident_cap, ..spec() }, Flaw::IncidentCap)
    }),
    ("the tail index is 1000000", |_| {
        let tail_index = 1_000_000;
        flawed(PoolSpec { tail_index, ..spec() }, Flaw::Uncapped { tail_index })
    }),
    ("a vote of 0 milliseconds", |_| {
        let (length, quorum) = (0, 1);
        let vote = Some(VoteTerms { length, quorum });
        flawed(PoolSpec { vote, ..spec() }, Flaw::Vote { length, quorum })
    }),
    ("a vote of 1 milliseconds with a quorum of 1000001", |_| {
        let (length, quorum) = (1, 1_000_001);
        let vote = Some(VoteTerms { length, quorum });
        flawed(PoolSpec { vote, ..spec() }, Flaw::Vote { length, quorum })
    }),
];

const FLAWS_OF_RISKS: &[Case] = &[
    ("rates are 2, 1 and 3", |_| {
        let (at_zero, at_kink, at_full, max) = (2, 1, 3, 1_000_000);
        let rates = Rates { at_zero, kink: 1, at_kink, at_full };
        risky(RiskSpec { rates, ..bridge() }, Flaw::Rates { at_zero, at_kink, at_full, max })
    }),
    ("rates are 1, 1 and 1000001", |_| {
        let (at_zero, at_kink, at_full, max) = (1, 1, 1_000_001, 1_000_000);
        let rates = Rates { at_zero, kink: 1, at_kink, at_full };
        risky(RiskSpec { rates, ..bridge() }, Flaw::Rates { at_zero, at_kink, at_full, max })
    }),
    ("the kink is 1000000", |_| {
        let rates = Rates { kink: 1_000_000, ..bridge().rates };
        risky(RiskSpec { rates, ..bridge() }, Flaw::Kink { kink: 1_000_000 })
    }),
    ("the price begins at 100000 millionths", |_| {
        // 66,667 and half of it, rounded up.
        let flaw = Flaw::BelowExpectedLoss { at_zero: 100_000, least: 100_001 };
        risky(RiskSpec { expected_loss: 66_667, load: 500_000, ..bridge() }, flaw)
    }),
    ("the concentration is 1000001", |_| {
        let concentration = 1_000_001;
        risky(RiskSpec { concentration, ..bridge() }, Flaw::Concentration { concentration })
    }),
    ("the retention is 1000000", |_| {
        let retention = 1_000_000;
        risky(RiskSpec { retention, ..bridge() }, Flaw::Retention { retention })
    }),
    ("the retention rises by 1 to 5 for incidents of 0", |_| {
        let (step, most, window) = (1, 5, 0);
        let experience = Some(Experience { step, most, window });
        risky(RiskSpec { experience, ..bridge() }, Flaw::Experience { step, most, window })
    }),
    ("the retention rises by 0 to 5 for incidents of 1", |_| {
        let (step, most, window) = (0, 5, 1);
        let experience = Some(Experience { step, most, window });
        risky(RiskSpec { experience, ..bridge() }, Flaw::Experience { step, most, window })
    }),
    ("the retention rises by 1 to 5 for incidents of 1", |_| {
        let (step, most, window) = (1, 5, 1);
        let experience = Some(Experience { step, most, window });
        let spec = RiskSpec { retention: 5, experience, ..bridge() };
        risky(spec, Flaw::Experience { step, most, window })
    }),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Cover(Flaw { flaw: ",
        arms: variants(include_str!("../../src/pools/cover/spec.rs"), "Flaw"),
        cases: &[(no_pool, FLAWS), (pool, FLAWS_OF_RISKS)],
        unreachable: &[],
    };
    table.check();
}
