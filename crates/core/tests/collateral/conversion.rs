//! Loans past their limit. Alice holds 10,000 USDC and lost 4,000 that she did not have; half of
//! what her USDC counts for may be owed: by weights to open (nine tenths) to widen, by weights to
//! keep (95 %) before anybody may buy of it, at 2 % below the mark. Bob has cash.

use crate::world::acts::Given;
use crate::world::collateral::{NEXT, USDC, ask, counts, mark, trader, usdc, usdc_of, venue};
use crate::world::feeds::{open_feed, say_all};
use crate::world::{ASSET, World, amount};
use rhodian_core::account;
use rhodian_core::collateral::{CollateralSpec, Command, Rejection as Why};
use rhodian_core::control::Parameter;
use rhodian_core::engine::{Action, Actor, Rejection, Role};
use rhodian_core::ids::{AccountId, FeedId};
use rhodian_core::ledger::Holder;
use rhodian_core::margin::Level;
use rhodian_core::oracle::Kind;

/// Alice owes 4,000, Bob holds 5,000; neither holds a leg.
fn owing(spec: CollateralSpec) -> World {
    let mut world = venue(spec);
    trader(&mut world, "alice", 0, 10_000);
    world.account("bob", 5_000);
    world.fill("BTC", "alice", "carol", 20, 1_000);
    world.mark("BTC", 800);
    world.fill("BTC", "carol", "alice", 20, 800);
    assert_eq!(loan(&world), 4_000);
    world
}

fn loan(world: &World) -> u128 {
    world.engine.state().loan(world.id("alice"), ASSET)
}

fn limit(world: &World) -> u128 {
    world.engine.state().loan_limit(world.id("alice"), ASSET)
}

fn command(world: &World, buyer: AccountId, number: u64, atoms: u128) -> Action {
    let (account, amount) = (world.id("alice"), amount(atoms));
    Action::Collateral(Command::Convert { account, buyer, number, asset: USDC, amount })
}

fn buy(world: &mut World, buyer: &str, number: u64, atoms: u128) -> Given {
    let action = command(world, world.id(buyer), number, atoms);
    world.give(Actor::VENUE, action)
}

fn why(given: Given) -> Why {
    match given.unwrap_err() {
        Rejection::Collateral(why) => why,
        other => panic!("{other:?}"),
    }
}

/// Each row: the token's mark; what may be owed by weights to keep; whether Alice may be sold out,
/// and how much of her 10,000 then.
#[test]
fn who_is_past_the_limit_and_by_how_much() {
    let rows = [
        (1_000, 4_750, None),
        // By weights to open 3,825 may be owed: she does not widen, and keeps what she has.
        (850, 4_037, None),
        (843, 4_004, None),
        // 4,000 - 741 is within half of 9/10 of 7,244; an atom less is not.
        (800, 3_800, Some(945)),
        (600, 2_850, Some(4_090)),
        // She still stands at 9; nearly all of it goes.
        (422, 2_004, Some(9_396)),
    ];
    for (ticks, max, most) in rows {
        let mut world = owing(usdc());
        mark(&mut world, ticks);
        assert_eq!(limit(&world), max, "at {ticks}");
        let all = why(buy(&mut world, "bob", NEXT, 10_000));
        match most {
            None => {
                let within = Why::WithinLimit {
                    account: world.id("alice"),
                    loan: amount(4_000),
                    max: amount(max),
                };
                assert_eq!(all, within, "at {ticks}");
            }
            Some(most) => {
                let above = Why::AboveConversion { asked: amount(10_000), most: amount(most) };
                assert_eq!(all, above, "at {ticks}");
            }
        }
    }
}

/// Each mark that leaves her standing, against a search from one atom up.
#[test]
fn no_atom_more_than_a_search_finds() {
    let within = |ticks: u128, sold: u128| {
        let paid = (sold * ticks / 1_000 * 98).div_ceil(100);
        let counted = (10_000 - sold) * ticks / 1_000 * 9 / 10;
        4_000 - paid.min(4_000) <= counted / 2
    };
    for ticks in (422..843).step_by(20) {
        let mut world = owing(usdc());
        mark(&mut world, ticks);
        let most = (1..=10_000).find(|sold| within(u128::from(ticks), *sold)).unwrap();
        let above = why(buy(&mut world, "bob", NEXT, 10_000));
        assert_eq!(above, Why::AboveConversion { asked: amount(10_000), most: amount(most) });
    }
}

/// What Bob buys leaves Alice within her limit, better off, and with the gain she had.
#[test]
fn a_conversion_brings_the_loan_back_within_its_limit() {
    let mut world = owing(usdc());
    mark(&mut world, 800);
    let before = (world.equity("alice"), world.session_gain("alice"));
    buy(&mut world, "bob", NEXT, 945).unwrap();
    assert_eq!((loan(&world), world.cash("alice"), world.cash("bob")), (3_259, -3_259, 4_259));
    let of = |text: &str| usdc_of(&world, Holder::Account(world.id(text)));
    assert_eq!((of("alice"), of("bob")), (9_055, 945));
    assert_eq!(counts(&world, "alice", Level::Initial), 6_519, "half of it is what she owes");
    assert_eq!((before.0, world.equity("alice")), (3_600, 3_622));
    assert_eq!((before.1, world.session_gain("alice")), (-4_000, -4_000), "no gain, no loss");
    let within = why(buy(&mut world, "bob", NEXT + 1, 1));
    assert!(matches!(within, Why::WithinLimit { .. }), "{within:?}");
    // He may buy in parts, each under a number of his own.
    let mut world = owing(usdc());
    mark(&mut world, 800);
    buy(&mut world, "bob", NEXT, 400).unwrap();
    let again = why(buy(&mut world, "bob", NEXT, 400));
    assert_eq!(again, Why::Account(account::Rejection::NumberNotNew { number: NEXT, last: NEXT }));
    buy(&mut world, "bob", NEXT + 1, 400).unwrap();
}

/// An owner buys for an account of his own, with what is free in it, and never of himself.
#[test]
fn who_may_buy() {
    let mut world = owing(usdc());
    mark(&mut world, 800);
    let other = world.account_of("alice-2", "alice", 1_000);
    let own = why(buy(&mut world, "alice-2", NEXT, 100));
    assert_eq!(own, Why::OwnCollateral { account: other });
    let poor = world.account("dan", 10);
    let short = why(buy(&mut world, "dan", NEXT, 100));
    assert!(matches!(short, Why::Account(account::Rejection::WithdrawalAboveFree { .. })));
    for (id, code) in [(poor.0, "not-owner"), (world.id("bob").0, "")] {
        let owner = world.engine.state().accounts.account(AccountId(id)).unwrap().owner;
        let actor = Actor { role: Role::Owner, id: owner.0 };
        let action = command(&world, world.id("bob"), NEXT, 100);
        let given = world.give(actor, action);
        assert_eq!(given.err().map_or("", |why| why.code()), code);
    }
}

/// A discount deeper than what is not counted would make the hole it should prevent.
#[test]
fn a_sale_never_lowers_what_the_account_stands_at() {
    let mut world = owing(CollateralSpec { sale_discount: 100_000, ..usdc() });
    mark(&mut world, 800);
    let deep = why(buy(&mut world, "bob", NEXT, 500));
    assert_eq!(deep, Why::CountsForMore { proceeds: amount(360), counts: amount(380) });
}

/// At a price that is not good enough to liquidate at nobody is sold out.
#[test]
fn a_feed_that_does_not_serve_sells_nobody_out() {
    let mut world = owing(usdc());
    mark(&mut world, 800);
    open_feed(&mut world, "USDC index", Kind::Price);
    let feed = Some(FeedId(0));
    ask(&mut world, Command::AttachFeed { asset: USDC, settled: ASSET, feed }).unwrap();
    assert_eq!(buy(&mut world, "bob", NEXT, 100).unwrap_err().code(), "price-unfit");
    say_all(&mut world, FeedId(0), 800);
    buy(&mut world, "bob", NEXT, 100).unwrap();
}

/// The limit is the least of the domains one traded in; at zero whoever owes is past it.
#[test]
fn a_limit_of_nothing() {
    let mut world = owing(usdc());
    world.set(Parameter::LoanLimit, 0);
    assert_eq!(limit(&world), 0);
    // 98 % of 4,081, rounded up, is 4,000; of an atom less it is not.
    let above = why(buy(&mut world, "bob", NEXT, 4_083));
    assert_eq!(above, Why::AboveConversion { asked: amount(4_083), most: amount(4_081) });
    buy(&mut world, "bob", NEXT, 4_081).unwrap();
    assert_eq!((loan(&world), world.cash("alice")), (0, 0));
}
