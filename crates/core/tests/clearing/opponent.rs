//! Whoever would have others pay: members who shrink before a sizing, hide behind clients, come and
//! go around a loss, and venues that move a failed client to somebody else.

use crate::world::acts::Given;
use crate::world::clearing::*;
use crate::world::{ASSET, World, amount, layer, members, name};
use rhodian_core::allocation::Rule;
use rhodian_core::closeout::{self, AuctionCourse, Route, RouteSpec, Routes};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, Basis, CauseClass, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{DomainId, LossId};
use rhodian_core::liquidation::breaker::Breaker;
use rhodian_core::loss::Stage;
use rhodian_core::pools::clearing::{Assessment, Flaw, FundSpec};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

fn keep_books(world: &mut World) {
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, u128::from(DAY));
}

/// The same hundred lots, on one account, on two of the owner, or with a client: they ask the same.
#[test]
fn lots_are_counted_wherever_they_stand() {
    let stressed = |place: &dyn Fn(&mut World)| {
        let mut world = fund_of(spec(1), &FOUR, 40_000);
        place(&mut world);
        size(&mut world).unwrap();
        (member(&world, "alice").stressed.atoms(), the_fund(&world).size.atoms())
    };
    let one = stressed(&|world| world.fill("BTC", "alice", "bob", 100, 1_000));
    assert_eq!(one, (10_000, 20_000));
    let two = stressed(&|world| {
        world.account_of("alice-2", "alice", 40_000);
        world.fill("BTC", "alice", "bob", 60, 1_000);
        world.fill("BTC", "alice-2", "bob", 40, 1_000);
    });
    assert_eq!(two, one, "on two accounts");
    let hidden = stressed(&|world| {
        world.account("clara", 40_000);
        clear(world, "clara", "alice").unwrap();
        world.fill("BTC", "alice", "bob", 20, 1_000);
        world.fill("BTC", "clara", "bob", 80, 1_000);
    });
    assert_eq!(hidden, one, "with a client");
    let offset = stressed(&|world| {
        world.account("clara", 40_000);
        clear(world, "clara", "alice").unwrap();
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.fill("BTC", "bob", "clara", 100, 1_000);
    });
    assert_eq!(offset.0, 20_000, "a client's other side makes nothing less");
}

/// Who moves the lots away before the sizing and takes them back after it is called at the next
/// one, and opens nothing until he has paid.
#[test]
fn who_is_flat_for_a_day_is_called_after_it() {
    let mut world = fund_of(spec(1), &FOUR, 40_000);
    size(&mut world).unwrap();
    assert_eq!(required(&world, ["alice"]), [1_000]);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    size(&mut world).unwrap();
    assert_eq!(required(&world, ["alice"]), [9_000]);
    assert_eq!(code(world.try_fill("BTC", "alice", "carol", 1, 1_000)), "contribution-due");
}

/// Who comes when a loss is known pays nothing of it, and gets nothing: nobody stakes then.
#[test]
fn who_joins_late_is_not_liable() {
    let mut world = funded();
    world.report("known", 31_000);
    assert_eq!(world.loss("known").stage, Stage::Absorbing);
    world.account("eve", 10_000);
    join(&mut world, "eve").unwrap();
    assert_eq!(code(world.try_stake("eve", "Fund", 1_000)), "episode-open");
    let set = world.loss("known").set.unwrap();
    let of = &world.engine.state().losses.set(set).unwrap().layers[&TERMS.layer];
    assert_eq!(of.place(world.id("eve")), None);
    assert_eq!(code(world.pay_draw("known", "Calls", Some("eve"), 1)), "not-member");
}

/// Notice, and the membership it ends, cannot be had anew to begin another window.
#[test]
fn nobody_leaves_to_come_back_clean() {
    let mut world = funded();
    leave(&mut world, "dan").unwrap();
    assert_eq!(code(join(&mut world, "dan")), "owner-is-member");
    world.account_of("dan-2", "dan", 1_000);
    assert_eq!(code(join(&mut world, "dan-2")), "owner-is-member");
    assert_eq!(code(clear(&mut world, "dan-2", "bob")), "owner-is-member");
}

/// A failed client is its member's: it is neither ported nor released while its loss is open.
#[test]
fn a_failed_client_is_nobody_elses() {
    let mut world = funded();
    keep_books(&mut world);
    world.account("clara", 10_000);
    clear(&mut world, "clara", "alice").unwrap();
    world.fill("BTC", "clara", "bob", 50, 1_000);
    world.mark("BTC", 750);
    world.loss_of("client", "clara");
    assert_eq!(world.lots("clara", "BTC"), 0, "its legs are in a book");
    assert_eq!(code(port(&mut world, "clara", "carol")), "loss-open");
    assert_eq!(code(release(&mut world, "clara")), "loss-open");
    world.fill("BTC", "bob", "book/client", 50, 750);
    let loss = world.loss("client");
    // 2,500 beyond what Clara had, and all of it Alice's.
    assert_eq!((loss.stage, loss.deficit), (Stage::Settled, amount(0)));
    assert_eq!(world.stake_of("alice", "Fund"), 9_571 - 2_500);
    release(&mut world, "clara").unwrap();
}

/// A bidder who fails before the auction ends takes nothing, and his bid counts for nobody.
#[test]
fn a_bid_of_who_failed_is_none() {
    let mut world = funded();
    keep_books(&mut world);
    world.mark("BTC", 600);
    let loss = world.loss_of("gone", "alice");
    auction(&mut world, loss, 10_000).unwrap();
    bid(&mut world, loss, "bob", 0).unwrap();
    bid(&mut world, loss, "dan", 4_000).unwrap();
    world.report_failed("bobs", 10, "bob", 10, &[]);
    world.tick(HOUR);
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!(end.winner, Some((world.id("dan"), amount(4_000))));
    assert!(!end.junior.contains_key(&world.id("bob")), "who failed is no member");
}

/// The largest fund there can be: its parts are exact, and none passes a bound.
#[test]
fn sizes_stay_below_their_bounds() {
    let least = amount(10_u128.pow(26));
    let spec = FundSpec { least: amount(10_u128.pow(30)), least_contribution: least, ..spec(1) };
    let mut world = house(0);
    give(&mut world, rhodian_core::pools::clearing::Command::Open { spec: Box::new(spec) })
        .unwrap();
    for text in FOUR {
        world.account(text, 1_000);
        join(&mut world, text).unwrap();
    }
    size(&mut world).unwrap();
    assert_eq!(the_fund(&world).size, amount(10_u128.pow(30)));
    assert_eq!(required(&world, FOUR), [10_u128.pow(30) / 4; 4]);
}

/// Alice's hundred lots in a book at 600, for which there is an auction of parts too.
fn in_a_book() -> (World, LossId) {
    let mut world = funded();
    keep_books(&mut world);
    let course =
        AuctionCourse { first: 980_000, knee: 800_000, fast: 900_000, slow: HOUR, insolvent: HOUR };
    let list =
        vec![RouteSpec { route: Route::Auction { course }, time: 9 * HOUR, budget: Amount::MAX }];
    let routes = Routes {
        buffer: 200_000,
        penalty: 10_000,
        slippage: 10_000,
        fund: world.layer_id("House"),
        breaker: Breaker::default(),
        list,
    };
    let command = closeout::Command::SetRoutes { asset: ASSET, routes };
    world.give(Actor::VENUE, Action::CloseOut(command)).unwrap();
    world.mark("BTC", 600);
    let loss = world.loss_of("gone", "alice");
    (world, loss)
}

fn take_part(world: &mut World, text: &str, part: u32) -> Given {
    let (from, bidder) = (world.party("book/gone"), world.id(text));
    let command = closeout::Command::Bid { from, bidder, part };
    world.give(Actor::VENUE, Action::CloseOut(command))
}

/// The largest leg's profit at the largest move still fits.
#[test]
fn a_price_moves_up_a_hundredfold_at_most() {
    let of = |by| FundSpec { scenarios: vec![scenario("up", by)], ..spec(1) }.check();
    assert_eq!(of(100_000_000), Ok(()));
    assert!(matches!(of(100_000_001), Err(Flaw::Scenario { .. })));
}

/// What members are paid for is the whole book: nobody takes parts of it while they bid.
#[test]
fn a_book_that_is_put_up_goes_nowhere_else() {
    let (mut world, loss) = in_a_book();
    take_part(&mut world, "bob", 100_000).unwrap();
    auction(&mut world, loss, 10_000).unwrap();
    assert_eq!(code(take_part(&mut world, "bob", 100_000)), "no-auction");
    bid(&mut world, loss, "bob", 2_000).unwrap();
    world.set(Parameter::CloseOutBudget, 0);
    world.tick(HOUR / 2);
    assert!(world.engine.state().closeouts.deleveraging(loss).is_none());
    world.tick(HOUR / 2);
    let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
    assert_eq!(end.winner, Some((world.id("bob"), amount(2_000))));
}

/// Who asked 2,000 for a hundred lots is not paid that for one.
#[test]
fn a_bid_is_for_the_book_as_it_was() {
    let cases: [(&str, Option<u128>); 2] = [("none anew", None), ("anew", Some(20))];
    for (text, anew) in cases {
        let (mut world, loss) = in_a_book();
        auction(&mut world, loss, 10_000).unwrap();
        bid(&mut world, loss, "dan", 2_000).unwrap();
        world.fill("BTC", "bob", "book/gone", 99, 600);
        if let Some(asks) = anew {
            bid(&mut world, loss, "dan", asks).unwrap();
        }
        world.tick(HOUR);
        let end = the_fund(&world).auctions[&loss].end.clone().unwrap();
        assert_eq!(end.winner, anew.map(|asks| (world.id("dan"), amount(asks))), "{text}");
    }
}

/// Whom the fund bars takes no risk out of a book either; who only reduces may.
#[test]
fn who_is_barred_takes_nothing_of_a_book() {
    let (mut world, _) = in_a_book();
    world.account("eve", 40_000);
    assert_eq!(code(take_part(&mut world, "eve", 100_000)), "not-cleared");
    leave(&mut world, "carol").unwrap();
    assert_eq!(code(take_part(&mut world, "carol", 100_000)), "member-leaves");
    leave(&mut world, "bob").unwrap();
    take_part(&mut world, "bob", 100_000).unwrap();
    assert_eq!(world.lots("bob", "BTC"), -90);
}

/// Who left his stake behind and joins again is called for nothing that he has.
#[test]
fn who_joins_with_a_stake_is_not_called() {
    let mut world = funded();
    leave(&mut world, "dan").unwrap();
    world.fill("BTC", "dan", "carol", 40, 1_000);
    world.tick(51 * DAY);
    assert!(!the_fund(&world).members.contains_key(&world.id("dan")));
    join(&mut world, "dan").unwrap();
    assert_eq!((world.stake_of("dan", "Fund"), member(&world, "dan").due), (4_429, None));
    world.fill("BTC", "carol", "dan", 1, 1_000);
}

/// Leaving forgets nothing of what counts in a window: who paid comes back when it is over.
#[test]
fn a_window_does_not_begin_again_for_who_comes_back() {
    let terms = Assessment { window: 60 * DAY, ..TERMS };
    let mut world = funded_by(FundSpec { notice: DAY, assessment: Some(terms), ..spec(2) });
    world.report("first", 31_000);
    world.pay_draw("first", "Calls", Some("dan"), 1).unwrap();
    leave(&mut world, "dan").unwrap();
    world.fill("BTC", "dan", "carol", 40, 1_000);
    world.tick(31 * DAY);
    world.tick(DAY);
    assert_eq!(world.loss("first").stage, Stage::Settled);
    assert_eq!(code(join(&mut world, "dan")), "owner-is-member");
    world.tick(31 * DAY);
    join(&mut world, "dan").unwrap();
}

/// A client whom nobody took is his member's until his loss is over: the contribution stays, and
/// pays before the house.
#[test]
fn a_client_that_is_closed_out_is_still_his_members() {
    let mut world = funded();
    keep_books(&mut world);
    world.account("clara", 2_000);
    clear(&mut world, "clara", "alice").unwrap();
    world.fill("BTC", "clara", "bob", 10, 1_000);
    world.declare("gone", "alice", &[]);
    world.fill("BTC", "bob", "book/gone", 100, 1_000);
    assert_eq!(world.loss("gone").stage, Stage::Settled);
    assert_eq!(code(world.try_unstake("alice", "Fund", 1)), "backs-clearing");
    world.tick(DAY);
    world.loss_of("closed", "clara");
    assert_eq!(code(release(&mut world, "clara")), "loss-open");
    world.mark("BTC", 700);
    world.fill("BTC", "bob", "book/closed", 10, 700);
    assert_eq!(world.loss("closed").stage, Stage::Settled);
    // 3,000 lost, of which Clara had 2,000.
    assert_eq!((world.stake_of("alice", "Fund"), world.pot("House")), (9_571 - 1_000, 1_000));
    assert_eq!(client(&world, "clara"), None);
    world.try_unstake("alice", "Fund", 9_571 - 1_000).unwrap();
}

/// A haircut by anything but the session's gains reaches no client, whatever it is called.
#[test]
fn only_gains_are_cut_of_clients() {
    let mut world = funded();
    world.account("clara", 10_000);
    clear(&mut world, "clara", "alice").unwrap();
    let rule = MemberRule { basis: Basis::Reported, ..members(Rule::Proportional) };
    let mut cut = layer("Cut", Kind::GainsHaircut, Source::Members(rule));
    cut.caps.per_episode = Some(amount(10u128.pow(30)));
    world.add(cut);
    world.waterfall(&["House", "Fund", "Calls", "Cut"]);
    world.claims("Cut", &[("clara", 5_000, 5_000), ("bob", 5_000, 5_000)]);
    world.report("big", 100_000);
    let set = world.loss("big").set.unwrap();
    let of = &world.engine.state().losses.set(set).unwrap().layers[&world.layer_id("Cut")];
    assert_eq!((of.place(world.id("clara")), of.place(world.id("bob")).is_some()), (None, true));
}

/// A notice before the first sizing freezes nothing that is too small: Alice pays her part of what
/// she brings, as if she stayed.
#[test]
fn a_notice_before_a_sizing_is_no_way_round_it() {
    let sized = |notice: bool| {
        let mut world = fund_of(spec(1), &FOUR, 40_000);
        world.fill("BTC", "alice", "bob", 100, 1_000);
        if notice {
            leave(&mut world, "alice").unwrap();
        }
        size(&mut world).unwrap();
        (required(&world, FOUR), the_fund(&world).size.atoms())
    };
    assert_eq!(sized(true), sized(false));
    assert!(sized(true).0[0] > 1_000, "{:?}", sized(true));
    // Nor does it fall afterwards: she is held to what she was to contribute, and it lowers the
    // others' parts.
    let mut world = fund_of(spec(1), &FOUR, 40_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    size(&mut world).unwrap();
    let before = required(&world, FOUR);
    contribute(&mut world, &FOUR);
    leave(&mut world, "alice").unwrap();
    world.fill("BTC", "carol", "alice", 100, 1_000);
    size(&mut world).unwrap();
    let after = required(&world, FOUR);
    assert_eq!(after[0], before[0]);
    assert_eq!(after.iter().sum::<u128>(), 20_000, "{after:?}");
}

/// Six friends join and pay nothing: what they are to pay stands on paper only, and Alice owes what
/// she owed without them.
#[test]
fn who_only_joins_lowers_nobodys_part() {
    let sized = |friends: usize| {
        let mut world = fund_of(spec(1), &FOUR, 40_000);
        world.fill("BTC", "alice", "bob", 100, 1_000);
        for place in 0..friends {
            let text = format!("friend-{place}");
            world.account(&text, 0);
            join(&mut world, &text).unwrap();
        }
        size(&mut world).unwrap();
        (required(&world, FOUR), the_fund(&world).size.atoms())
    };
    let ((alone, size), (among, larger)) = (sized(0), sized(6));
    assert_eq!(alone, among);
    assert_eq!((size, larger), (20_000, 26_000), "each friend is asked for the least beside it");
}

/// Members were sized for one domain: another cannot draw on what they put together.
#[test]
fn no_other_domain_draws_on_the_members_fund() {
    let mut world = funded();
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    for text in ["Fund", "Calls"] {
        let layers = vec![Side { layer: world.layer_id(text), weight: 1 }];
        let (domain, class, steps) = (DomainId(1), CauseClass::Default, vec![Step { layers }]);
        let command = domain::Command::SetWaterfall { domain, class, steps };
        let given = world.give(Actor::VENUE, Action::Domain(command));
        assert_eq!(code(given), "clearing-stands", "{text}");
    }
}

/// Dan's notice is over and he holds nothing: he answers for nothing, and takes no book.
#[test]
fn who_is_gone_takes_no_book() {
    let mut world = fund_of(spec(2), &FOUR, 40_000);
    keep_books(&mut world);
    leave(&mut world, "dan").unwrap();
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.tick(spec(2).notice);
    world.declare("gone", "alice", &[]);
    let loss = world.loss_id("gone");
    auction(&mut world, loss, 5_000).unwrap();
    assert_eq!(code(bid(&mut world, loss, "dan", 0)), "notice-given");
    bid(&mut world, loss, "carol", 1_000).unwrap();
}
