//! Losses: what may be reported, who agrees, and until when it may be challenged.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Event, Rejection as Refusal, evolve};
use rhodian_core::ids::{AccountId, DomainId, LayerId, LossId};
use rhodian_core::loss::{Command, Duty, LossReport, Rejection, ReportedClaim, SetOff};
use rhodian_core::units::Amount;

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::{DOMAIN, World, amount, layer, members, name};
use crate::{ALICE, BOB, FULL, NEXT, SECOND, bounty, cover_incident, loss_money};

const FUND: LayerId = LayerId(0);

/// A fund of 100, then claims that were reported. Alice and Bob have 1,000 each, Carol nothing.
pub fn floor() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 100, None);
    world.gains("gains", None);
    world.waterfall(&["fund", "gains"]);
    for (text, cash) in [("alice", 1_000), ("bob", 1_000), ("carol", 0)] {
        world.account(text, cash);
    }
    world
}

pub fn refused(command: Command, why: Rejection) -> Refused {
    refused_to(Actor::VENUE, command, why)
}

pub fn refused_to(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Loss(command), Refusal::Loss(why))
}

/// A report: 5,000 lost by default, by nobody here, unless a case changes it.
struct Report {
    domain: DomainId,
    number: u64,
    class: CauseClass,
    atoms: u128,
    failed: Option<AccountId>,
    margin: u128,
    set_off: Vec<SetOff>,
}

impl Report {
    fn new() -> Self {
        let (domain, number, class, atoms) = (DOMAIN, NEXT, CauseClass::Default, 5_000);
        Self { domain, number, class, atoms, failed: None, margin: 0, set_off: vec![] }
    }

    fn command(self) -> Command {
        let Self { domain, number, class, atoms, failed, margin, set_off } = self;
        let (amount, margin, evidence) = (amount(atoms), amount(margin), [7; 32]);
        let cause = name("market move");
        Command::ReportLoss(Box::new(LossReport {
            domain,
            number,
            class,
            cause,
            evidence,
            amount,
            failed,
            margin,
            set_off,
        }))
    }

    fn refused(self, why: Rejection) -> Refused {
        refused(self.command(), why)
    }
}

/// A price error of 5 is reported, and waits for a second approver.
fn reported(world: &mut World) -> LossId {
    world.set(Parameter::ChallengeTime, 100);
    let steps = vec![world.step(&[("fund", 1)])];
    world.waterfall_of(CauseClass::PriceError, steps);
    world.try_report("L", CauseClass::PriceError, 5, Some("alice"), 0, &[]).unwrap();
    world.loss_id("L")
}

fn claim(account: AccountId) -> ReportedClaim {
    let (weight, cap) = (amount(1), amount(1));
    ReportedClaim { account, weight, cap, score: 0, risk: 1_000_000, class: 0 }
}

fn basis(layer: LayerId, claims: Vec<ReportedClaim>) -> Command {
    Command::ReportBasis { layer, number: NEXT, claims }
}

const OF_BASES: &[Case] = &[
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(basis(layer, vec![]), Rejection::UnknownLayer { layer })
    }),
    ("no-basis", |_| refused(basis(FUND, vec![]), Rejection::NoBasis { layer: FUND })),
    ("number-not-new", |w| {
        let command = basis(w.layer_id("gains"), vec![]);
        w.loss_do(command.clone());
        refused(command, Rejection::NumberNotNew { number: NEXT, last: NEXT })
    }),
    ("account-twice", |w| {
        let command = basis(w.layer_id("gains"), vec![claim(BOB), claim(ALICE), claim(BOB)]);
        refused(command, Rejection::AccountTwice { account: BOB })
    }),
    ("unknown-account", |w| {
        let account = AccountId(9);
        let why = account::Rejection::UnknownAccount { account };
        refused(basis(w.layer_id("gains"), vec![claim(account)]), Rejection::Account(why))
    }),
    ("risk-above-bound", |w| {
        let (account, risk, max) = (ALICE, 1_000_000_000_001, 1_000_000_000_000);
        let command = basis(w.layer_id("gains"), vec![ReportedClaim { risk, ..claim(account) }]);
        refused(command, Rejection::RiskAboveBound { account, risk, max })
    }),
    ("weights-above-bound", |w| {
        // 10^30 at a risk of a hundred: 10^38 in millionths. One more is too much.
        let source = Source::Members(members(Rule::RiskWeighted));
        let layer = w.add(layer("by risk", Kind::GainsHaircut, source));
        let of = ReportedClaim { weight: Amount::MAX, risk: 100_000_000, ..claim(ALICE) };
        w.loss_do(Command::ReportBasis { layer, number: 1, claims: vec![of] });
        refused(basis(layer, vec![claim(BOB)]), Rejection::EffectiveWeights { layer })
    }),
];

const OF_REPORTS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        Report { domain, ..Report::new() }.refused(Rejection::UnknownDomain { domain })
    }),
    ("loss-already-reported", |w| {
        w.loss_do(Report::new().command());
        let why = Rejection::LossAlreadyReported { number: NEXT, loss: LossId(0) };
        Report::new().refused(why)
    }),
    ("number-reserved", |_| {
        let (number, below) = (1 << 63, 1 << 63);
        Report { number, ..Report::new() }.refused(Rejection::NumberReserved { number, below })
    }),
    ("no-waterfall", |_| {
        let (domain, class) = (DOMAIN, CauseClass::Custody);
        Report { class, ..Report::new() }.refused(Rejection::NoWaterfall { domain, class })
    }),
    ("for-a-vote", |w| {
        *w = cover_incident::voting();
        let (domain, class) = (DOMAIN, CauseClass::Custody);
        Report { class, ..Report::new() }.refused(Rejection::ForAVote { domain, class })
    }),
    ("zero-amount", |_| Report { atoms: 0, ..Report::new() }.refused(Rejection::ZeroAmount)),
    ("already-failed", |w| {
        let loss = reported(w);
        let (number, failed) = (NEXT + 1, Some(ALICE));
        let why = Rejection::AlreadyFailed { account: ALICE, loss };
        Report { number, failed, ..Report::new() }.refused(why)
    }),
    ("margin-above-held", |_| {
        let (failed, margin) = (Some(ALICE), 1_001);
        let why = Rejection::MarginAboveHeld { margin: amount(1_001), held: amount(1_000) };
        Report { failed, margin, ..Report::new() }.refused(why)
    }),
    ("margin-above-held", |_| {
        // No more of it than was lost.
        let (atoms, failed, margin) = (10, Some(ALICE), 11);
        let why = Rejection::MarginAboveHeld { margin: amount(11), held: amount(10) };
        Report { atoms, failed, margin, ..Report::new() }.refused(why)
    }),
    ("set-off-not-owners", |_| {
        let (failed, account) = (Some(ALICE), BOB);
        let set_off = vec![SetOff { account, up_to: amount(1) }];
        let why = Rejection::SetOffNotOwners { account };
        Report { failed, set_off, ..Report::new() }.refused(why)
    }),
    ("account-twice", |w| {
        let account = w.account_of("alice-2", "alice", 0);
        let off = SetOff { account, up_to: amount(1) };
        let (domain, number, cause, set_off) = (DOMAIN, NEXT, name("declared"), vec![off, off]);
        let command = Command::DeclareDefault { domain, number, account: ALICE, cause, set_off };
        refused(command, Rejection::AccountTwice { account })
    }),
];

const OF_STAGES: &[Case] = &[
    ("unknown-loss", |_| {
        let loss = LossId(9);
        refused(Command::ApproveLoss { loss }, Rejection::UnknownLoss { loss })
    }),
    ("voted-on", |w| {
        *w = cover_incident::voting();
        let loss = LossId(0);
        refused_to(SECOND, Command::ApproveLoss { loss }, Rejection::VotedOn { loss })
    }),
    ("same-approver", |w| {
        let loss = reported(w);
        refused(Command::ApproveLoss { loss }, Rejection::SameApprover { loss })
    }),
    ("loss-stage", |w| {
        let loss = reported(w);
        w.give(SECOND, Action::Loss(Command::ApproveLoss { loss })).unwrap();
        let why = Rejection::Stage { loss, needs: "waiting for a second approver" };
        refused_to(SECOND, Command::ApproveLoss { loss }, why)
    }),
    ("loss-stage", |w| {
        w.report("L", 5);
        let loss = w.loss_id("L");
        let why = Rejection::Stage { loss, needs: "open to challenge" };
        refused(Command::DismissLoss { loss }, why)
    }),
    ("challenge-over", |w| {
        // At the last moment the loss is detected first; only between the two it still waits.
        let loss = reported(w);
        w.give(SECOND, Action::Loss(Command::ApproveLoss { loss })).unwrap();
        let (mut state, until) = (w.engine.state().clone(), w.at.after(100));
        evolve(&mut state, &Event::TimePassed { at: until });
        w.at = until;
        let why = Rejection::ChallengeOver { loss, until };
        refused(Command::DismissLoss { loss }, why).between(state)
    }),
    ("not-due", |w| {
        w.report("L", 5);
        let duty = Action::Duty(Duty::Settle { loss: w.loss_id("L") });
        Refused::new(Actor::ENGINE, duty, Refusal::Loss(Rejection::NotDue))
    }),
];

const UNREACHABLE: &[(&str, &str)] = &[
    ("TooMany", FULL),
    (
        "Allocation",
        "weights that are reported fit; gains of 10^32 atoms do not fit into a small world",
    ),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Loss(",
        arms: arms(include_str!("../../src/loss/rejection.rs")),
        cases: &[
            (floor, OF_BASES),
            (floor, OF_REPORTS),
            (floor, OF_STAGES),
            (loss_money::called, loss_money::OF_DRAWS),
            (floor, loss_money::OF_INCOME),
            (loss_money::settling, loss_money::OF_RANKS),
            (bounty::floor, bounty::OF_TERMS),
            (bounty::floor, bounty::OF_NOTICES),
            (bounty::floor, bounty::OF_CHALLENGES),
        ],
        unreachable: UNREACHABLE,
    };
    table.check();
}
