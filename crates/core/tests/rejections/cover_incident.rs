//! Incidents: who claims what, who votes on it, and what a low price shows. Carol covers 40,000,
//! and Bob, who is staked too, 10,000; both covers stand since a day.

use rhodian_core::account;
use rhodian_core::control::{self, Status};
use rhodian_core::engine::Action;
use rhodian_core::ids::{AccountId, CoverId, LossId, OwnerId, RiskId, Time};
use rhodian_core::loss;
use rhodian_core::oracle::Kind;
use rhodian_core::pools::cover::{Command, Lost, PoolSpec, Rejection, RiskSpec};
use rhodian_core::units::Price;

use crate::cover::{low, refused, refused_to, with_pool};
use crate::table::Case;
use crate::world::cover::{
    BRIDGE, DAY, YEAR, bridge, buy, buy_of, give, report, report_of, spec, voted,
};
use crate::world::feeds::{FEED, open_feed, say_all};
use crate::world::{DOMAIN, World, amount, name};
use crate::{ALICE, BOB, CAROL, NEXT, owner};

/// Bob keeps 1,000 beside his stake.
fn covered(spec: PoolSpec) -> World {
    let mut world = with_pool(spec, bridge());
    world.deposit("bob", 1_000);
    buy(&mut world, "carol", 40_000, YEAR).unwrap();
    buy(&mut world, "bob", 10_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

pub fn insured() -> World {
    covered(spec())
}

/// A report of what happened at `happened`: the account of each cover, what was lost.
fn reported(happened: Time, losses: &[(u32, u128)]) -> Command {
    let lost = |(id, atoms): &(u32, u128)| Lost { cover: CoverId(*id), amount: amount(*atoms) };
    Command::Report {
        risk: BRIDGE,
        number: NEXT,
        cause: name("bridge drained"),
        evidence: Box::new([0; 32]),
        happened,
        losses: losses.iter().map(lost).collect(),
    }
}

const EVENT: [u8; 32] = [7; 32];

/// The same of the event.
fn of_event(mut command: Command) -> Command {
    if let Command::Report { evidence, .. } = &mut command {
        **evidence = EVENT;
    }
    command
}

pub const OF_REPORTS: &[Case] = &[
    ("unknown-risk", |w| {
        let risk = RiskId(9);
        let (number, cause, evidence) = (NEXT, name("drained"), [0; 32]);
        let (happened, losses) = (w.at, vec![]);
        let command =
            Command::Report { risk, number, cause, evidence: Box::new(evidence), happened, losses };
        refused(command, Rejection::UnknownRisk { risk })
    }),
    ("not-happened", |w| {
        let (happened, now) = (w.at.after(1), w.at);
        refused(reported(happened, &[(0, 1)]), Rejection::NotHappened { happened, now })
    }),
    ("cover-twice", |w| {
        let why = Rejection::CoverTwice { cover: CoverId(1) };
        refused(reported(w.at, &[(1, 1), (0, 1), (1, 2)]), why)
    }),
    ("unknown-cover", |w| {
        let why = Rejection::UnknownCover { cover: CoverId(9), risk: BRIDGE };
        refused(reported(w.at, &[(9, 1)]), why)
    }),
    ("zero-amount", |w| refused(reported(w.at, &[(0, 0)]), Rejection::ZeroAmount)),
    ("not-covered", |w| {
        // A moment before the cover began.
        let happened = Time(w.at.0 - 1);
        let (cover, from, until) = (CoverId(0), w.at, Time(w.at.0 + YEAR - DAY));
        let why = Rejection::NotCovered { cover, happened, from, until };
        refused(reported(happened, &[(0, 1)]), why)
    }),
    ("not-covered", |w| {
        // It ran then, and a month after its end nobody asks any more.
        let (happened, from) = (w.at, w.at);
        w.tick(YEAR - DAY + 30 * DAY);
        let (cover, until) = (CoverId(0), Time(from.0 + YEAR - DAY));
        let why = Rejection::NotCovered { cover, happened, from, until };
        refused(reported(happened, &[(0, 1)]), why)
    }),
    ("other-time", |w| {
        let (known, happened) = (w.at, w.at.after(1));
        report_of(w, EVENT, known, &[(0, 1)]).unwrap();
        w.tick(1);
        let why = Rejection::OtherTime { loss: LOSS, happened, known };
        refused(of_event(reported(happened, &[(1, 1)])), why)
    }),
    ("event-claimed", |w| {
        report_of(w, EVENT, w.at, &[(0, 1)]).unwrap();
        let why = Rejection::EventClaimed { cover: CoverId(0), loss: LOSS };
        refused(of_event(reported(w.at, &[(1, 1), (0, 1)])), why)
    }),
    ("nothing-due", |w| {
        report(w, &[(0, 40_000)]).unwrap();
        refused(reported(w.at, &[(0, 1)]), Rejection::NothingDue)
    }),
    ("nothing-due", |w| refused(reported(w.at, &[]), Rejection::NothingDue)),
    ("number-reserved", |w| {
        let (number, below) = (1 << 63, 1 << 63);
        let why = Rejection::from(loss::Rejection::NumberReserved { number, below });
        let Command::Report { risk, cause, evidence, happened, losses, .. } =
            reported(w.at, &[(0, 1)])
        else {
            unreachable!("it is a report");
        };
        refused(Command::Report { risk, number, cause, evidence, happened, losses }, why)
    }),
];

/// The same, where stakers decide, for three days: 10,000 of Carol's are claimed.
pub fn voting() -> World {
    let mut world = covered(voted(500_000));
    report(&mut world, &[(0, 10_000)]).unwrap();
    world
}

fn vote(account: AccountId, loss: LossId) -> Command {
    Command::Vote { loss, account, number: NEXT, accept: true }
}

const LOSS: LossId = LossId(0);

pub const OF_VOTES: &[Case] = &[
    ("unknown-incident", |_| {
        let loss = LossId(9);
        refused(vote(ALICE, loss), Rejection::UnknownIncident { loss })
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), vote(ALICE, LOSS), Rejection::Account(why))
    }),
    ("no-vote", |w| {
        w.tick(3 * DAY);
        refused(vote(ALICE, LOSS), Rejection::NoVote { loss: LOSS })
    }),
    ("no-vote", |w| {
        // A second approver decides here.
        *w = insured();
        report(w, &[(0, 1)]).unwrap();
        refused(vote(ALICE, LOSS), Rejection::NoVote { loss: LOSS })
    }),
    ("own-claim", |w| {
        // From another account of hers.
        let account = w.account_of("carol-2", "carol", 0);
        refused(vote(account, LOSS), Rejection::OwnClaim { account, loss: LOSS })
    }),
    ("not-staked", |w| {
        let account = w.account_of("bob-2", "bob", 0);
        refused(vote(account, LOSS), Rejection::NotStaked { account })
    }),
];

/// A stablecoin is covered too, against a price below 900 for ten minutes; Bob covers 10,000 of it.
pub fn pegged() -> World {
    let mut world = insured();
    open_feed(&mut world, "DAI index", Kind::Price);
    let peg = RiskSpec { name: name("DAI"), trigger: low(600_000), ..bridge() };
    give(&mut world, Command::AddRisk { spec: Box::new(peg) }).unwrap();
    world.deposit("bob", 1_000);
    said(&mut world, 1_000);
    buy_of(&mut world, PEG, "bob", 10_000, YEAR).unwrap();
    world.tick(DAY);
    world
}

const PEG: RiskId = RiskId(1);

/// All sources say `ticks`, a tick more or less, for half an hour.
fn said(world: &mut World, ticks: u64) {
    for step in 0..180 {
        say_all(world, FEED, ticks + step % 2);
        world.tick(10_000);
    }
}

fn shown(risk: RiskId) -> Command {
    Command::Trigger { risk, account: BOB, number: NEXT }
}

fn price(ticks: u64) -> Price {
    Price::new(ticks).unwrap()
}

pub const OF_TRIGGERS: &[Case] = &[
    ("unknown-risk", |_| {
        let risk = RiskId(9);
        refused(shown(risk), Rejection::UnknownRisk { risk })
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: BOB, owner: OwnerId(0) };
        refused_to(owner(0), shown(PEG), Rejection::Account(why))
    }),
    ("no-trigger", |_| refused(shown(BRIDGE), Rejection::NoTrigger { risk: BRIDGE })),
    ("no-mean", |_| refused(shown(PEG), Rejection::NoMean { feed: FEED })),
    ("not-below", |w| {
        said(w, 900);
        refused(shown(PEG), Rejection::NotBelow { feed: FEED, mean: price(900), below: price(900) })
    }),
    ("incident-open", |w| {
        said(w, 850);
        let command = Command::Trigger { risk: PEG, account: CAROL, number: w.next_number() };
        give(w, command).unwrap();
        refused(shown(PEG), Rejection::IncidentOpen { risk: PEG, loss: LOSS })
    }),
    ("price-low", |w| {
        // What is bought now would be paid for a few days of a premium.
        said(w, 850);
        let (account, number, period) = (CAROL, NEXT, YEAR);
        let (amount, max_premium) = (amount(1_000), amount(100));
        let command = Command::Buy { risk: PEG, account, number, amount, period, max_premium };
        let (domain, status, cause) = (Some(DOMAIN), Status::Open, name("prices are back"));
        w.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
        refused(command, Rejection::PriceLow { feed: FEED, price: price(850), below: price(900) })
    }),
    ("nothing-due", |w| {
        // All of it was claimed before, and paid.
        said(w, 850);
        let command = Command::Trigger { risk: PEG, account: CAROL, number: w.next_number() };
        give(w, command).unwrap();
        w.tick(DAY);
        said(w, 850);
        refused(shown(PEG), Rejection::NothingDue)
    }),
];
