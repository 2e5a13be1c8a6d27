//! Holes that a third reading of the venue found, each closed and kept as a plain test.

use crate::world::acts::Given;
use crate::world::collateral::{HOUR, USDC, accept, ask, mark, trader, usdc, venue};
use crate::world::venue::{backstop, perpetual, routes};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::account;
use rhodian_core::closeout::{self, AuctionCourse, Route};
use rhodian_core::collateral::{self, CollateralSpec};
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::engine::{
    Action, Actor, Envelope, Event, Events, Rejection, State, decide, duty, evolve,
};
use rhodian_core::ids::{AssetId, DomainId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::market::{self, MarketSpec};
use rhodian_core::units::Price;
use rhodian_core::waterfall::{Side, Step};

const EUR: AssetId = AssetId(1);
const OTHER: DomainId = DomainId(1);

/// A venue in USD where Alice is long 50 lots against Bob, and a domain in EUR with a fund of
/// 1,000 beside it, where results are settled.
fn two_assets() -> World {
    let mut world = World::venue(1_000, 1_000);
    for text in ["alice", "bob"] {
        world.account(text, 50_000);
    }
    world.fill("BTC", "alice", "bob", 50, 1_000);
    world.domain_do(domain::Command::AddAsset { name: name("EUR"), decimals: 2 });
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: EUR });
    let spec = LayerSpec { asset: EUR, ..layer("euro fund", Kind::InsuranceFund, Source::Pot) };
    let fund = world.add(spec);
    let number = world.next_number();
    let pay = domain::Command::PayIntoLayer { layer: fund, number, amount: amount(1_000) };
    world.domain_do(pay);
    let steps = vec![Step { layers: vec![Side { layer: fund, weight: 1 }] }];
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain: OTHER, class, steps });
    world
}

fn euros(world: &mut World, text: &str, atoms: u128) {
    let (account, number, amount) = (world.id(text), world.next_number(), amount(atoms));
    world.account_do(account::Command::Deposit { account, number, asset: EUR, amount });
}

fn result_in(world: &mut World, domain: DomainId, loser: &str, winner: &str, atoms: u128) {
    let (loser, winner, number) = (world.id(loser), world.id(winner), world.next_number());
    let amount = amount(atoms);
    let command = account::Command::SettleResult { domain, number, loser, winner, amount };
    world.must(Action::Account(command));
}

fn held(world: &World, asset: AssetId, text: &str) -> i128 {
    world.engine.state().ledger.balance(asset, Holder::Account(world.id(text))).atoms()
}

/// Alice owes euros, with legs in dollars or without: she failed in the domain of the euros, and
/// what she has in dollars stays where it is.
#[test]
fn who_owes_an_asset_he_does_not_trade_in_fails_in_its_domain() {
    for (case, closes) in [("with legs", false), ("without legs", true)] {
        let mut world = two_assets();
        if closes {
            world.fill("BTC", "bob", "alice", 50, 1_000);
        }
        euros(&mut world, "alice", 100);
        result_in(&mut world, OTHER, "alice", "bob", 300);
        let loss = world.loss_of("L1", "alice");
        let found = world.engine.state().losses.loss(loss).expect("a loss").clone();
        assert_eq!((found.domain, found.stage), (OTHER, Stage::Settled), "{case}");
        assert_eq!(found.deficit, amount(200), "{case}: the fund of that domain bears it");
        assert_eq!((held(&world, EUR, "alice"), held(&world, EUR, "bob")), (0, 300), "{case}");
        assert_eq!(world.equity("alice"), 50_000, "{case}: her dollars are hers");
        assert_eq!(world.lots("alice", "BTC"), if closes { 0 } else { 50 }, "{case}");
        assert_eq!(world.pot("fund"), 1_000, "{case}: the fund of the dollars pays nothing");
    }
}

/// Alice owes dollars on euros she posted, and her last result was lost in euros: when the euro
/// falls she is found all the same, in the domain of the dollars.
#[test]
fn a_result_in_another_asset_does_not_hide_a_failure() {
    let mut world = two_assets();
    let spec = CollateralSpec { asset: EUR, peg: None, ..usdc() };
    accept(&mut world, spec).unwrap();
    mark(&mut world, 1_000);
    world.fill("BTC", "bob", "alice", 50, 1_000);
    world.withdraw("alice", 50_000).unwrap();
    euros(&mut world, "alice", 10_100);
    world.fill("BTC", "alice", "bob", 20, 1_000);
    world.mark("BTC", 700);
    world.fill("BTC", "bob", "alice", 20, 700);
    for _ in 0..3 {
        world.tick(9 * HOUR);
        world.boundary();
    }
    result_in(&mut world, OTHER, "alice", "bob", 100);
    assert_eq!((world.cash("alice"), held(&world, EUR, "alice")), (-6_000, 10_000));
    mark(&mut world, 600);
    world.loss_of("L1", "alice");
    assert_eq!(world.loss("L1").domain, DOMAIN);
    assert_eq!((world.cash("alice"), held(&world, EUR, "alice")), (0, 0), "taken over");
}

/// What Bob is frozen with in the last liable set: weight, cap.
fn frozen(world: &World, text: &str) -> (u128, u128) {
    let losses = &world.engine.state().losses;
    let (_, episode) = losses.episodes().last().expect("an episode");
    let set = losses.set(*episode.sets.last().expect("a set")).expect("a set");
    let members = set.layers.values().flat_map(|layer| layer.members.iter());
    let mut rows = members.filter(|member| member.account == world.id(text));
    let row = rows.next_back().expect("a member");
    (row.weight.atoms(), row.cap.atoms())
}

/// Dora failed, and her 10,000 USDC found no buyer. Then Alice is long 100 lots against Bob, and a
/// checkpoint nine hours old. At 730 Bob has won 10,000.
fn seized() -> World {
    let mut world = venue(usdc());
    world.tranche("tranche");
    trader(&mut world, "dora", 0, 10_000);
    world.account("alice", 20_000);
    world.account("bob", 60_000);
    world.account_of("purse", "bob", 0);
    world.fill("BTC", "dora", "carol", 50, 1_000);
    world.mark("BTC", 830);
    mark(&mut world, 875);
    world.loss_of("dora", "dora");
    world.fill("BTC", "carol", "book/dora", 50, 830);
    world.tick(9 * HOUR);
    assert_eq!(world.loss("dora").stage, Stage::Settled, "what was taken stands aside");
    world.fill("BTC", "alice", "bob", 100, 830);
    world.boundary();
    world.tick(9 * HOUR);
    world.mark("BTC", 730);
    assert_eq!(world.session_gain("bob"), 10_000);
    world
}

/// Bob buys what was taken of Dora with 8,750 of his own.
fn bob_buys(world: &mut World) -> collateral::Command {
    collateral::Command::Sell {
        loss: world.loss_id("dora"),
        number: world.next_number(),
        asset: USDC,
        amount: amount(10_000),
        buyer: Some(world.id("bob")),
        proceeds: amount(8_750),
    }
}

/// Alice stands below zero and is not yet found: nothing that could be held leaves for collateral.
#[test]
fn nobody_buys_collateral_before_what_is_due_is_done() {
    let mut world = seized();
    let action = Action::Collateral(bob_buys(&mut world));
    let envelope = Envelope { at: world.at, actor: Actor::VENUE, action };
    let mut state = world.engine.state().clone();
    let asked = |state: &State| decide(state, &envelope, &mut Events::new());
    assert_eq!(asked(&state), Ok(()));
    let marks = vec![(world.market_id("BTC"), Price::new(600).unwrap())];
    evolve(&mut state, &Event::Market(market::Event::Marked { marks }));
    assert!(duty(&state).is_some(), "Alice is to be found");
    assert_eq!(asked(&state), Err(Rejection::DutiesDue));
}

/// Whatever Bob does with money of his own before Alice fails, he is liable with all he won.
#[test]
fn own_money_in_another_form_shrinks_no_cap() {
    type Move = fn(&mut World);
    let cases: [(&str, Move); 5] = [
        ("keeps it", |_| {}),
        ("takes it out", |world| drop(world.withdraw("bob", 8_750).unwrap())),
        ("stakes it", |world| world.stake("bob", "tranche", 8_750)),
        ("moves it", |world| drop(world.transfer("bob", "purse", 8_750).unwrap())),
        ("buys seized collateral", |world| {
            let command = bob_buys(world);
            ask(world, command).unwrap();
            mark(world, 2_000);
        }),
    ];
    for (case, moves) in cases {
        let mut world = seized();
        moves(&mut world);
        world.mark("BTC", 600);
        world.loss_of("L1", "alice");
        assert_eq!(frozen(&world, "bob"), (23_000, 23_000), "{case}");
    }
}

/// Bob is down 10,000 at the checkpoint and gets it back: a gain of this session like any other,
/// liable and not free before it matured, closed or not.
#[test]
fn a_gain_that_recovers_an_older_loss_stays_until_it_matured() {
    for (case, closes) in [("open", false), ("closed", true)] {
        let mut world = World::venue(0, 1_000);
        for text in ["alice", "bob", "carol"] {
            world.account(text, 50_000);
        }
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.mark("BTC", 1_100);
        world.boundary();
        world.tick(9 * HOUR);
        world.mark("BTC", 1_000);
        let margin = if closes { 0 } else { 10_000 };
        if closes {
            world.fill("BTC", "bob", "carol", 100, 1_000);
        }
        assert_eq!((world.session_gain("bob"), world.equity("bob")), (10_000, 50_000), "{case}");
        assert_eq!(world.free("bob"), 40_000 - margin, "{case}: not before it matured");
        world.boundary();
        world.tick(9 * HOUR);
        assert_eq!(world.free("bob"), 50_000 - margin, "{case}: matured");
    }
}

const COURSE: AuctionCourse =
    AuctionCourse { first: 980_000, knee: 800_000, fast: 900_000, slow: HOUR, insolvent: HOUR };

fn bid_for_all(world: &mut World, book: &str, bidder: &str) -> Given {
    let (from, bidder) = (world.party(book), world.id(bidder));
    let command = closeout::Command::Bid { from, bidder, part: 1_000_000 };
    world.give(Actor::VENUE, Action::CloseOut(command))
}

/// Bob may hold a hundred lots and holds ninety, when Alice's hundred are sold: neither as a bidder
/// nor as a backstop does he come to hold more.
#[test]
fn a_sale_leaves_no_buyer_above_his_position_limit() {
    for backed in [false, true] {
        let mut world = World::venue(10_000, 1_000);
        world.set(Parameter::CloseOutTime, u128::from(10 * HOUR));
        world.list(MarketSpec { max_position: 100, ..perpetual("THIN") });
        world.mark("THIN", 1_000);
        world.account("alice", 20_000);
        for text in ["bob", "carol", "dan"] {
            world.account(text, 500_000);
        }
        let route =
            if backed { backstop(&world, "bob") } else { Route::Auction { course: COURSE } };
        let of = routes(&world, "fund", &[route]);
        world.set_routes(of).unwrap();
        world.fill("THIN", "alice", "carol", 100, 1_000);
        world.fill("THIN", "bob", "dan", 90, 1_000);
        world.mark("THIN", 790);
        world.loss_of("L1", "alice");
        if backed {
            assert_eq!((world.lots("bob", "THIN"), world.lots("book/L1", "THIN")), (100, 90));
        } else {
            let refused = bid_for_all(&mut world, "book/L1", "bob").unwrap_err();
            assert_eq!(refused.code(), "position-above-limit");
        }
    }
}

/// Bob lost 4,900 beyond his cash and may cover 4,500 of it with collateral: he widens by no sale.
#[test]
fn a_sale_widens_nobody_beyond_his_loan_limit() {
    let mut world = venue(usdc());
    world.set(Parameter::CloseOutTime, u128::from(10 * HOUR));
    let of = routes(&world, "fund", &[Route::Auction { course: COURSE }]);
    world.set_routes(of).unwrap();
    trader(&mut world, "bob", 0, 10_000);
    world.account("dora", 1_500);
    world.fill("BTC", "bob", "carol", 20, 1_000);
    world.mark("BTC", 755);
    world.fill("BTC", "carol", "bob", 20, 755);
    world.fill("BTC", "dora", "carol", 10, 755);
    world.mark("BTC", 600);
    world.loss_of("L1", "dora");
    let refused = bid_for_all(&mut world, "book/L1", "bob").unwrap_err();
    assert_eq!(refused.code(), "loan-above-limit");
    world.set(Parameter::LoanLimit, 1_000_000);
    bid_for_all(&mut world, "book/L1", "bob").unwrap();
}

/// Bob won 10,000 in BTC with one account that then lost as much in ETH, of another domain, and is
/// empty; his other account won in ETH what that one lost. He gained 10,000 in all, and it is
/// in the other account: there he is liable for it.
#[test]
fn an_owner_is_liable_where_his_gain_went() {
    let mut world = World::venue(0, 1_000);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let class = CauseClass::Default;
    let steps = vec![world.step(&[("fund", 1)])];
    world.domain_do(domain::Command::SetWaterfall { domain: OTHER, class, steps });
    world.list(MarketSpec { domain: OTHER, ..perpetual("ETH") });
    world.mark("ETH", 1_000);
    world.account("alice", 30_000);
    world.account_of("won", "bob", 20_000);
    world.account_of("purse", "bob", 20_000);
    world.account("carol", 50_000);
    world.fill("BTC", "alice", "won", 100, 1_000);
    world.fill("ETH", "won", "purse", 100, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * HOUR);
    world.mark("BTC", 900);
    world.mark("ETH", 900);
    world.fill("ETH", "purse", "won", 100, 900);
    world.fill("BTC", "won", "carol", 100, 900);
    assert_eq!((world.equity("won"), world.equity("purse")), (20_000, 30_000));
    world.withdraw("won", 20_000).unwrap();
    world.mark("BTC", 690);
    world.loss_of("L1", "alice");
    assert_eq!(frozen(&world, "purse"), (10_000, 10_000));
    assert_eq!(frozen(&world, "carol"), (21_000, 21_000));
    world.account("dan", 50_000);
    world.fill("BTC", "dan", "book/L1", 100, 690);
    world.check_paid("L1", &[("purse", 323), ("carol", 677)]);
}

/// The trace's decision 10: a failed owner is never in the liable set, however little he lacks.
/// What that is worth to Bob is written in DESIGN.md, with these numbers.
#[test]
fn a_failed_owner_is_liable_for_nobody_else_however_little_he_lacks() {
    for (case, fails, shares) in [
        ("Bob stands", false, &[("bob", 4_000), ("carol", 4_000)][..]),
        ("Bob fails by 40", true, &[("carol", 8_000)][..]),
    ] {
        let mut world = World::venue(0, 1_000);
        world.account("alice", 20_000);
        for text in ["bob", "carol", "dan"] {
            world.account(text, 50_000);
        }
        world.account_of("bob-2", "bob", 100);
        world.fill("BTC", "alice", "bob", 100, 1_000);
        world.fill("BTC", "alice", "carol", 100, 1_000);
        if fails {
            world.fill("BTC", "bob-2", "carol", 1, 1_000);
        }
        world.mark("BTC", 860);
        world.loss_of("L1", "alice");
        if fails {
            world.loss_of("L2", "bob-2");
            world.fill("BTC", "dan", "book/L2", 1, 860);
            assert_eq!(world.loss("L2").own_means.atoms(), 40, "out of his gain");
        }
        world.fill("BTC", "dan", "book/L1", 200, 860);
        assert_eq!(world.loss("L1").deficit.atoms(), 8_000, "{case}");
        world.check_paid("L1", shares);
    }
}

/// A whale stands above the bound of an amount by what it won: deleveraging reaches it all the
/// same, and the venue goes on.
#[test]
fn an_equity_beyond_the_bound_of_amounts_freezes_no_deleveraging() {
    let mut world = World::venue(1_000, 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.account("alice", 1_000);
    world.account("bob", 1_000);
    world.account("whale", 10u128.pow(30));
    world.fill("BTC", "whale", "alice", 10, 1_000);
    world.mark("BTC", 1_110);
    world.loss_of("L1", "alice");
    assert_eq!((world.lots("whale", "BTC"), world.lots("book/L1", "BTC")), (0, 0));
    world.withdraw("bob", 1_000).unwrap();
}

/// Found by a reader of the design: nothing changes a loss already detected, and these two decide
/// what it takes and of whom. Other parameters may be set; afterwards these may, too.
#[test]
fn what_decides_who_pays_stays_while_an_episode_is_open() {
    let mut world = World::venue(1_000, 1_000);
    world.hold_episode_open();
    let set = |world: &mut World, parameter| {
        let command = control::Command::SetParameter { domain: DOMAIN, parameter, value: 1 };
        world.give(Actor::VENUE, Action::Control(command)).map_err(|refused| refused.code())
    };
    let frozen = [Parameter::ReferenceAge, Parameter::DeleveragingOrder];
    for parameter in frozen {
        assert_eq!(set(&mut world, parameter).err(), Some("parameter-frozen"), "{parameter:?}");
    }
    assert!(set(&mut world, Parameter::CloseOutBudget).is_ok());
    world.tick(2 * HOUR);
    for parameter in frozen {
        assert!(set(&mut world, parameter).is_ok(), "{parameter:?}");
    }
}
