//! Commands as an opponent would give them: the wrong actor, the wrong status, the wrong time,
//! twice.

use crate::world::{ASSET, DOMAIN, World, amount, name};
use rhodian_core::account;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain;
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::loss::{self, Duty, Rank, RankedClaim};

fn set_status(domain: bool, status: Status) -> Action {
    let domain = domain.then_some(DOMAIN);
    Action::Control(control::Command::SetStatus { domain, status, cause: name("test") })
}

fn code(world: &mut World, actor: Actor, action: Action) -> &'static str {
    match world.give(actor, action) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.code(),
    }
}

fn two_accounts() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.tranche("tranche");
    world.waterfall(&["fund", "tranche"]);
    world.account("ann", 100);
    world.account("ben", 100);
    world
}

/// The commands one may give about money and rules, each valid but for who gives it.
fn all_of(world: &World) -> Vec<(&'static str, Action)> {
    let (ann, ben) = (world.id("ann"), world.id("ben"));
    let (layer, number, amount) = (world.layer_id("tranche"), 1_000, amount(1));
    let (domain, asset) = (DOMAIN, ASSET);
    let account = |command| Action::Account(command);
    let of_domain = |command| Action::Domain(command);
    let of_loss = |command| Action::Loss(command);
    vec![
        ("withdraw", account(account::Command::Withdraw { account: ann, number, asset, amount })),
        (
            "transfer",
            account(account::Command::Transfer { from: ann, to: ben, number, asset, amount }),
        ),
        ("accept", of_domain(domain::Command::AcceptTerms { domain, account: ann })),
        ("stake", of_domain(domain::Command::Stake { layer, account: ann, number, amount })),
        ("unstake", of_domain(domain::Command::Unstake { layer, account: ann, number, amount })),
        ("open-owner", account(account::Command::OpenOwner { name: name("eve") })),
        ("deposit", account(account::Command::Deposit { account: ann, number, asset, amount })),
        (
            "result",
            account(account::Command::SettleResult {
                domain,
                number,
                loser: ann,
                winner: ben,
                amount,
            }),
        ),
        (
            "pay-in",
            of_domain(domain::Command::PayIntoLayer {
                layer: world.layer_id("fund"),
                number,
                amount,
            }),
        ),
        (
            "default",
            of_loss(loss::Command::DeclareDefault {
                domain,
                number,
                account: ann,
                cause: name("said so"),
                set_off: vec![],
            }),
        ),
        (
            "parameter",
            Action::Control(control::Command::SetParameter {
                domain,
                parameter: Parameter::ChallengeTime,
                value: 0,
            }),
        ),
        ("status", set_status(false, Status::ReduceOnly)),
        ("tick", Action::Tick),
    ]
}

#[test]
fn an_owner_acts_on_his_own_accounts_only() {
    let base = two_accounts();
    let stranger = Actor { role: Role::Owner, id: 1 };
    let own = Actor { role: Role::Owner, id: 0 };
    for (text, action) in all_of(&base) {
        let mut world = base.clone();
        if text == "unstake" {
            world.stake("ann", "tranche", 1);
        }
        let owners = ["withdraw", "transfer", "accept", "stake", "unstake"].contains(&text);
        let expected =
            if owners { ("accepted", "not-owner") } else { ("not-for-actor", "not-for-actor") };
        assert_eq!(code(&mut world.clone(), own, action.clone()), expected.0, "{text}");
        assert_eq!(code(&mut world.clone(), stranger, action.clone()), expected.1, "{text}");
        assert_eq!(code(&mut world, Actor::VENUE, action), "accepted", "{text}");
    }
}

#[test]
fn a_guardian_may_only_tighten() {
    let base = two_accounts();
    let guardian = Actor { role: Role::Guardian, id: 0 };
    for (text, action) in all_of(&base) {
        let expected = if text == "status" { "accepted" } else { "not-for-actor" };
        assert_eq!(code(&mut base.clone(), guardian, action), expected, "{text}");
    }
    let mut world = base;
    for domain in [true, false] {
        world.must(set_status(domain, Status::WithdrawOnly));
        let loosen = set_status(domain, Status::ReduceOnly);
        assert_eq!(code(&mut world, guardian, loosen), "guardian-loosens");
        assert_eq!(code(&mut world, guardian, set_status(domain, Status::Halted)), "accepted");
    }
}

#[test]
fn duties_are_the_engines_alone() {
    let mut world = two_accounts();
    let loss = rhodian_core::ids::LossId(0);
    let duty = Action::Duty(Duty::Detect { loss });
    for role in [Role::Venue, Role::Owner, Role::Governance, Role::Guardian] {
        let actor = Actor { role, id: 0 };
        assert_eq!(code(&mut world, actor, duty.clone()), "not-for-actor");
    }
    assert_eq!(code(&mut world, Actor::ENGINE, duty), "unknown-loss");
    assert_eq!(code(&mut world, Actor::ENGINE, set_status(false, Status::Halted)), "not-for-actor");
}

/// What each status still accepts, of the venue and of the domain.
#[test]
fn the_status_ladder() {
    use Status::{Closed, Halted, Open, ReduceOnly, Settling, WithdrawOnly};
    let furthest = [
        ("withdraw", WithdrawOnly),
        ("transfer", ReduceOnly),
        ("accept", ReduceOnly),
        ("stake", ReduceOnly),
        ("open-owner", ReduceOnly),
        ("deposit", ReduceOnly),
        ("result", ReduceOnly),
        ("pay-in", Settling),
        ("default", Settling),
        ("parameter", Settling),
        ("tick", Closed),
    ];
    let of_domain = ["accept", "result", "default"];
    let base = two_accounts();
    for status in [Open, ReduceOnly, WithdrawOnly, Halted, Settling, Closed] {
        for domain in [false, true] {
            let mut world = base.clone();
            if status == Closed {
                world.must(set_status(domain, Settling));
            }
            if status != Open {
                world.must(set_status(domain, status));
            }
            for (text, action) in all_of(&base) {
                let Some((_, most)) = furthest.iter().find(|(known, _)| *known == text) else {
                    continue;
                };
                let counts = !domain || of_domain.contains(&text);
                let leaves = text == "withdraw" && status > Halted;
                let refused = counts && status > *most && !leaves;
                let expected = if refused { "status" } else { "accepted" };
                let found = code(&mut world.clone(), Actor::VENUE, action);
                assert_eq!(found, expected, "{text} when {status:?}, domain {domain}");
            }
        }
    }
}

/// A venue with an open loss is not closed; in settlement the loss is absorbed to its end, and
/// then the venue may close.
#[test]
fn closing_the_venue_strands_no_loss() {
    let mut world = World::new("USD", 2);
    world.account("bob", 10);
    world.hold_episode_open();
    world.must(set_status(false, Status::Settling));
    let early = code(&mut world, Actor::VENUE, set_status(false, Status::Closed));
    assert_eq!(early, "status-too-far");
    world.tick(3_600_000);
    assert_eq!(world.loss("held").stage, loss::Stage::Settled);
    // Closed with a debt nothing could pay it, and it would hold all that is in accounts for ever.
    assert_eq!(world.uncovered(), -1);
    for domain in [false, true] {
        let owing = code(&mut world, Actor::VENUE, set_status(domain, Status::Closed));
        assert_eq!(owing, "debt-unranked");
    }
    let claims =
        vec![RankedClaim { account: world.id("bob"), rank: Rank::Principal, amount: amount(10) }];
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims });
    assert_eq!((world.uncovered(), world.free("bob")), (0, 9));
    world.must(set_status(false, Status::Closed));
}

/// A debt that holds nobody's money keeps nothing from being closed.
#[test]
fn a_domain_whose_accounts_hold_nothing_is_closed_with_its_debt() {
    let mut world = World::new("USD", 2);
    world.account("bob", 0);
    world.fund("fund", 0, None);
    world.waterfall(&["fund"]);
    world.set(Parameter::UncoveredThreshold, 0);
    world.report("lost", 10);
    assert_eq!(world.uncovered(), -10);
    world.must(set_status(true, Status::Closed));
}
