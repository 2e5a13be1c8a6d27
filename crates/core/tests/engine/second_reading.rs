//! Holes that a second reading of the engine found, each closed and kept as a plain test.

use crate::world::{ASSET, DOMAIN, World, amount, layer, members, name};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::domain::{CauseClass, Kind, PeriodCap, Source};
use rhodian_core::engine::{Action, Actor, Rejection, Role};
use rhodian_core::ids::DomainId;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Rank, RankedClaim, Stage};
use rhodian_core::market::MarketSpec;
use rhodian_core::units::Price;
use rhodian_core::{account, domain};

fn refused(result: Result<Vec<rhodian_core::engine::Record>, Rejection>) -> &'static str {
    result.expect_err("it is refused").code()
}

/// Two sets of one episode, each waiting at a sale before the gains: Bob's cap is one.
#[test]
fn a_cap_spent_under_one_set_is_spent_under_the_other() {
    let mut world = World::new("USD", 2);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(1));
    world.add(sale);
    world.gains("gains", None);
    world.waterfall(&["sale", "gains"]);
    world.account("bob", 1_000);
    world.claim("gains", "bob", 100, 100);
    world.set(Parameter::LiableWindow, 0);
    world.report("L1", 91);
    world.tick(1);
    world.report("L2", 91);
    assert_eq!(world.loss("L1").episode, world.loss("L2").episode);
    assert_ne!(world.loss("L1").set, world.loss("L2").set);
    world.tick(2_000);
    assert_eq!(world.received("L1", "gains"), 91);
    assert_eq!(world.received("L2", "gains"), 9, "the rest of the cap");
    assert_eq!(world.loss("L2").uncovered.atoms(), 82);
    assert_eq!(world.cash("bob"), 900);
}

/// Losses of a class whose waterfall came after the episode opened share one episode of theirs.
#[test]
fn a_class_that_came_later_has_one_episode() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 100, Some(10));
    world.waterfall(&["fund"]);
    world.hold_episode_open();
    let mut sale = layer("sale", Kind::Treasury, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(5));
    world.add(sale);
    world.waterfall_of(CauseClass::Custody, vec![world.step(&[("sale", 1)])]);
    for text in ["first", "second"] {
        world.try_report(text, CauseClass::Custody, 5, None, 0, &[]).unwrap();
        let loss = world.loss_id(text);
        let second = Actor { id: 1, ..Actor::VENUE };
        world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    }
    assert_eq!(world.loss("first").episode, world.loss("second").episode);
    assert_ne!(world.loss("first").episode, world.loss("held").episode);
}

#[test]
fn numbers_of_losses_the_engine_finds_are_its_own() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 100, None);
    world.waterfall(&["fund"]);
    let account = world.account("alice", 10);
    let cause = name("insolvent");
    let (domain, number, set_off) = (DOMAIN, 1 << 63, Vec::new());
    let command = loss::Command::DeclareDefault { domain, number, account, cause, set_off };
    let result = world.give(Actor::VENUE, Action::Loss(command));
    assert_eq!(refused(result), "number-reserved");
}

#[test]
fn ranks_bind_those_who_accepted_and_one_list_serves() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    let bob = world.account("bob", 100);
    world.set(Parameter::UncoveredThreshold, 0);
    world.report("L1", 50);
    let ranks = |account| loss::Command::SettleRanks {
        domain: DOMAIN,
        claims: vec![RankedClaim { account, rank: Rank::Principal, amount: amount(15) }],
    };
    let stranger = world.stranger("eve", 100);
    let result = world.give(Actor::VENUE, Action::Loss(ranks(stranger)));
    assert_eq!(refused(result), "not-member");
    world.loss_do(ranks(bob));
    assert_eq!(world.cash("bob"), 85);
    assert_eq!(world.uncovered(), -25);
    let again = world.give(Actor::VENUE, Action::Loss(ranks(bob)));
    assert_eq!(refused(again), "ranks-settled");
}

/// Carol holds all that an account may and a profit that is not realised: her equity passes the
/// bound. Taken over, what the book has beyond it is the domain's, and nothing stays in the book.
/// (Random commands left 59 atoms there.)
#[test]
fn a_book_beyond_the_bound_is_empty_when_it_is_measured() {
    let mut world = World::venue(50, 100);
    for (text, cash) in [("bob", 1_000), ("dora", 1_000), ("carol", 10)] {
        world.account(text, cash);
    }
    world.fill("BTC", "carol", "bob", 1, 60);
    world.deposit("carol", 10u128.pow(30));
    assert_eq!(world.cash("carol"), 10i128.pow(30) - 50);
    world.mark("BTC", 200);
    assert!(world.equity("carol") > 10i128.pow(30));
    world.declare("L", "carol", &[]);
    world.fill("BTC", "dora", "book/L", 1, 200);
    assert_eq!(world.loss("L").stage, Stage::Settled);
    assert_eq!(world.cash("carol"), 10i128.pow(30), "all that she may hold");
    assert_eq!(world.balance(Holder::Book(world.loss_id("L"))), 0);
    assert_eq!(
        world.pot("fund"),
        50 + 150,
        "and what is beyond it went to the domain, and its fund"
    );
}

/// Carol lost all that an amount can be, and 90 on a leg beyond her cash: the one loss is as large
/// as a loss can be, and what it leaves she owes again and fails with again. (Random commands left
/// 2,632 in the book.)
#[test]
fn a_hole_beyond_the_bound_is_two_losses() {
    let bound = 10i128.pow(30);
    let mut world = World::venue(50, 100);
    for (text, cash) in [("bob", 1_000), ("dora", 1_000), ("carol", 10), ("erin", 0)] {
        world.account(text, cash);
    }
    world.fill("BTC", "bob", "carol", 1, 100);
    world.result("carol", "erin", bound.unsigned_abs());
    world.loss_of("L", "carol");
    world.mark("BTC", 200);
    world.fill("BTC", "book/L", "dora", 1, 200);
    let first = world.loss("L");
    assert_eq!(first.close_out.atoms().cast_signed(), bound);
    assert_eq!(world.balance(Holder::Book(world.loss_id("L"))), 0);
    let losses = world.engine.state().losses.losses().filter(|(_, of)| of.failed == first.failed);
    let deficits: Vec<u128> = losses.map(|(_, of)| of.close_out.atoms()).collect();
    assert_eq!(deficits, [bound.unsigned_abs(), 90], "10 less 100, to the atom");
    assert_eq!(world.cash("carol"), 0);
}

/// Carol had a margin when she was taken over, and her book owes more than an amount can be: the
/// loss is her margin and what was lost beyond it, together as large as a loss can be, and no atom
/// of the margin is nobody's.
#[test]
fn a_margin_before_a_hole_at_the_bound_is_part_of_the_loss() {
    let (most, lots, top) = (10i128.pow(30), 600_000_000_000_000u64, 1_000_000_000_000_000);
    let mut world = World::venue(50, 1);
    for text in ["ETH", "SOL"] {
        let (max_price, max) = (Price::new(top).unwrap(), lots);
        let base = crate::world::venue::perpetual(text);
        world.list(MarketSpec { max_price, max_position: max, max_open: max, ..base });
        world.mark(text, 1);
    }
    for text in ["bob", "dora", "carol"] {
        world.account(text, 10u128.pow(16));
    }
    world.deposit("dora", 10u128.pow(29) * 2);
    for market in ["ETH", "SOL"] {
        world.fill(market, "bob", "carol", lots.cast_signed(), 1);
    }
    world.declare("L", "carol", &[]);
    let margin = world.loss("L").margin.atoms().cast_signed();
    assert_eq!(margin, 10i128.pow(16));
    world.mark("ETH", top);
    world.fill("ETH", "book/L", "dora", lots.cast_signed(), top);
    // Bob's profit is closed against the rest of the book.
    world.mark("SOL", top);
    let hole = 2 * i128::from(lots) * (i128::from(top) - 1) - margin;
    assert!(hole > most);
    let first = world.loss("L");
    assert_eq!(first.close_out.atoms().cast_signed(), most, "with the margin");
    assert_eq!(first.deficit.atoms().cast_signed(), most - margin);
    let losses = world.engine.state().losses.losses();
    let deficits = losses.map(|(_, loss)| loss.deficit.atoms().cast_signed());
    assert_eq!(deficits.sum::<i128>(), hole, "no atom of it is nobody's");
}

/// A domain closes when its own losses are settled; those of another are no business of it.
#[test]
fn a_domain_closes_beside_an_open_loss_of_another() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    world.try_report("stolen", CauseClass::Default, 5, None, 0, &[]).unwrap();
    world.hold_episode_open();
    let set = |domain, status| {
        let cause = name("the end");
        Action::Control(control::Command::SetStatus { domain, status, cause })
    };
    for domain in [Some(DomainId(1)), Some(DOMAIN), None] {
        world.must(set(domain, Status::Settling));
    }
    world.must(set(Some(DomainId(1)), Status::Closed));
    for domain in [Some(DOMAIN), None] {
        let refused = refused(world.give(Actor::VENUE, set(domain, Status::Closed)));
        assert_eq!(refused, "status-too-far", "{domain:?}: its loss is open");
    }
}

/// A division goes up to 10^30 atoms; what claims pay by rank for several debts may be more.
#[test]
fn ranks_pay_more_debts_than_one_division_holds() {
    const MOST: u128 = 1_000_000_000_000_000_000_000_000_000_000;
    let mut world = World::new("USD", 2);
    world.fund("fund", 0, None);
    world.waterfall(&["fund"]);
    let accounts = ["alice", "bob", "carol"].map(|text| world.account(text, MOST));
    for text in ["L1", "L2"] {
        world.report(text, MOST);
    }
    assert_eq!(world.uncovered(), -2 * MOST.cast_signed());
    let (status, domain, cause) = (Status::Settling, Some(DOMAIN), name("the end"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    let claim = |account| RankedClaim { account, rank: Rank::Principal, amount: amount(MOST) };
    let claims = accounts.map(claim).into();
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims });
    assert_eq!(world.uncovered(), 0, "both debts are paid");
    let third = MOST.cast_signed() / 3;
    for text in ["alice", "bob", "carol"] {
        assert!((world.cash(text) - third).abs() <= 2, "{text} keeps {}", world.cash(text));
    }
}

/// A claim by rank takes no more than the account has: what it owes on its legs at the marks is not
/// its own, whatever its balance says.
#[test]
fn ranks_take_no_more_than_equity() {
    let mut world = World::venue(1_000, 1_000);
    world.account("alice", 140_000);
    world.account("bob", 100_000);
    world.fill("BTC", "alice", "bob", 200, 1_000);
    world.mark("BTC", 1_300);
    assert_eq!((world.cash("bob"), world.equity("bob")), (300_000, 40_000));
    world.report("L", 5_000);
    let (status, domain, cause) = (Status::Settling, Some(DOMAIN), name("end"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    let account = world.id("bob");
    for (asked, accepted) in [(40_001, false), (40_000, true)] {
        let claims = vec![RankedClaim { account, rank: Rank::Principal, amount: amount(asked) }];
        let command = loss::Command::SettleRanks { domain: DOMAIN, claims };
        let given = world.give(Actor::VENUE, Action::Loss(command));
        let code = given.err().map(|refused| refused.code());
        assert_eq!(code, (!accepted).then_some("ranks-above-free"), "{asked}");
    }
}

/// T18: in settlement nobody leaves at par before the ranks are settled; afterwards what is left
/// is free.
#[test]
fn nobody_leaves_settlement_at_par() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    let (bob, carol) = (world.account("bob", 100), world.account("carol", 100));
    world.stranger("eve", 100);
    world.set(Parameter::UncoveredThreshold, 0);
    world.report("L1", 50);
    assert_eq!(refused(world.withdraw("bob", 1)), "withdrawal-above-free");
    world.withdraw("eve", 100).unwrap();
    let claims = [bob, carol].map(|account| RankedClaim {
        account,
        rank: Rank::Principal,
        amount: amount(100),
    });
    let claims = claims.into();
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims });
    assert_eq!((world.free("bob"), world.free("carol"), world.uncovered()), (80, 80, 0));
    world.withdraw("bob", 80).unwrap();
}

#[test]
fn closing_follows_settlement() {
    let mut world = World::new("USD", 2);
    let set = |status| {
        let (domain, cause) = (None, name("test"));
        Action::Control(control::Command::SetStatus { domain, status, cause })
    };
    let guardian = Actor { role: Role::Guardian, id: 0 };
    assert_eq!(refused(world.give(guardian, set(Status::Settling))), "status-too-far");
    assert_eq!(refused(world.give(Actor::VENUE, set(Status::Closed))), "status-too-far");
    world.must(set(Status::Settling));
    world.must(set(Status::Closed));
}

#[test]
fn what_can_never_be_right_side_by_side() {
    let mut world = World::new("USD", 2);
    let proportional = || Source::Members(members(Rule::Proportional));
    world.add(layer("capital", Kind::OperatorCapital, Source::Pot));
    world.add(layer("profit", Kind::ProviderProfit, proportional()));
    world.add(layer("principal", Kind::ProviderPrincipal, proportional()));
    let cases = [
        ("principal, profit", CauseClass::Default, &["principal", "profit"][..]),
        ("profit, principal", CauseClass::Default, &["profit", "principal"]),
        ("operator beside members", CauseClass::Custody, &["capital", "profit"]),
    ];
    for (case, class, sides) in cases {
        let sides: Vec<(&str, u32)> = sides.iter().map(|text| (*text, 1)).collect();
        let steps = vec![world.step(&sides)];
        let domain = DOMAIN;
        let command = domain::Command::SetWaterfall { domain, class, steps };
        let code = refused(world.give(Actor::VENUE, Action::Domain(command)));
        let expected = match class {
            CauseClass::Custody => "custody-not-own-money",
            _ => "principal-before-profit",
        };
        assert_eq!(code, expected, "{case}");
    }
}

#[test]
fn a_result_needs_a_waterfall_for_its_hole() {
    let mut world = World::new("USD", 2);
    let (loser, winner) = (world.account("alice", 10), world.account("bob", 10));
    let (domain, number, amount) = (DOMAIN, 1, amount(20));
    let command = account::Command::SettleResult { domain, number, loser, winner, amount };
    let result = world.give(Actor::VENUE, Action::Account(command));
    assert_eq!(refused(result), "no-waterfall");
}

#[test]
fn nothing_pends_for_ever() {
    let mut world = World::new("USD", 2);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: u64::MAX });
    sale.caps.per_event = Some(amount(1));
    let mut fund = layer("fund", Kind::InsuranceFund, Source::Pot);
    fund.caps.per_period = Some(PeriodCap { amount: amount(1), millis: 0 });
    for (spec, expected) in [(sale, "layer-unbounded"), (fund, "zero-cap")] {
        let command = domain::Command::AddLayer { spec: Box::new(spec) };
        let result = world.give(Actor::VENUE, Action::Domain(command));
        assert_eq!(refused(result), expected);
    }
}

/// A balance may not pass 10^30 by taking stake out either.
#[test]
fn stake_comes_back_only_where_it_fits() {
    let most = 10u128.pow(30);
    let mut world = World::new("USD", 2);
    world.tranche("tranche");
    let account = world.account("sam", most);
    world.stake("sam", "tranche", most);
    world.deposit("sam", most);
    let layer = world.layer_id("tranche");
    let (number, amount) = (1_000, amount(1));
    let command = domain::Command::Unstake { layer, account, number, amount };
    let result = world.give(Actor::VENUE, Action::Domain(command));
    assert_eq!(refused(result), "balance-above-bound");
}

/// A command repeated with its number changes nothing (INV-06), whatever it moves.
#[test]
fn a_repeated_number_is_refused() {
    let mut world = World::new("USD", 2);
    world.tranche("tranche");
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(10));
    world.add(sale);
    world.waterfall(&["sale"]);
    let account = world.account("sam", 100);
    let (layer, amount, number) = (world.layer_id("tranche"), amount(5), 500);
    let sale = world.layer_id("sale");
    world.report("L1", 20);
    let loss = world.loss_id("L1");
    use rhodian_core::domain::Command as D;
    let twice = [
        Action::Domain(D::Stake { layer, account, number, amount }),
        Action::Domain(D::Unstake { layer, account, number: 501, amount }),
        Action::Loss(loss::Command::PayDraw { loss, layer: sale, account: None, number, amount }),
    ];
    for action in twice {
        world.give(Actor::VENUE, action.clone()).unwrap();
        let before = world.engine.state().digest();
        assert_eq!(refused(world.give(Actor::VENUE, action)), "number-not-new");
        assert_eq!(world.engine.state().digest(), before);
    }
}

/// Two owners fail at the same tick: neither is liable for the other.
#[test]
fn who_fails_at_the_same_time_is_not_liable() {
    let mut world = World::new("USD", 2);
    world.add(layer("capital", Kind::OperatorCapital, Source::Pot));
    world.gains("gains", None);
    let steps = vec![world.step(&[("capital", 1)]), world.step(&[("gains", 1)])];
    world.waterfall_of(CauseClass::Custody, steps);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 100);
    }
    world.claim("gains", "bob", 50, 50);
    world.claim("gains", "carol", 50, 50);
    for (text, failed) in [("L1", "alice"), ("L2", "bob")] {
        world.try_report(text, CauseClass::Custody, 30, Some(failed), 0, &[]).unwrap();
        let loss = world.loss_id(text);
        let second = Actor { id: 1, ..Actor::VENUE };
        world.give(second, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
    }
    world.tick(24 * 3_600_000);
    assert_eq!(world.cash("bob"), 100);
    assert_eq!(world.cash("carol"), 50);
    assert_eq!(world.loss("L2").uncovered.atoms(), 10);
}

/// Alice's isolated account has gained 500 on 10,000 of principal; a loss of hers is reported with
/// 9,000 stated for it. What is known of its session counts, and not what was stated.
#[test]
fn a_stated_set_off_takes_no_principal_of_who_trades() {
    let mut world = World::venue(0, 1_000);
    world.account("alice", 100);
    world.account_of("alice-iso", "alice", 10_000);
    world.account("bob", 100_000);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.fill("BTC", "alice-iso", "bob", 10, 1_000);
    world.mark("BTC", 1_050);
    let stated = [("alice-iso", 9_000)];
    world.report_failed("L", 5_000, "alice", 100, &stated);
    assert_eq!(world.loss("L").own_means.atoms(), 100 + 500, "her margin, and what it gained");
    assert_eq!(world.equity("alice-iso"), 10_000, "its principal stays");
}

/// What was stated for an account that had no session is held and taken, though it trades before
/// own means are: a loss that is found does not change.
#[test]
fn a_trade_after_a_loss_is_found_frees_no_set_off() {
    let mut world = World::venue(0, 1_000);
    world.account("alice", 10_000);
    world.account_of("savings", "alice", 2_000);
    world.account("bob", 100_000);
    world.fill("BTC", "alice", "bob", 50, 1_000);
    world.declare("L", "alice", &[("savings", 1_000)]);
    assert_eq!(world.loss("L").stage, Stage::Detected);
    assert_eq!(world.lien("savings"), 1_000);
    world.fill("BTC", "savings", "bob", 1, 1_000);
    assert_eq!(world.lien("savings"), 1_000);
    world.fill("BTC", "bob", "book/L", 50, 790);
    assert_eq!(world.loss("L").own_means.atoms(), 10_000 + 500, "its margin, and what it lacks");
}
