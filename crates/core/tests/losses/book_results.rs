//! What a flat book holds beyond the margin it opened with: it nets with what the domain's other
//! books lost, repays what they took already, and is the fund's when nobody is owed anything. What
//! is left of a margin pays for the same account's loss elsewhere first, then the penalty.

use crate::world::venue::{perpetual, routes};
use crate::world::{ASSET, DOMAIN, World, amount, layer, name};
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Attachment, CauseClass, Kind, Source};
use rhodian_core::engine::Action;
use rhodian_core::ids::DomainId;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::market::{self, MarketSpec};
use rhodian_core::units::Price;
use rhodian_core::waterfall::plan;

/// Alice is long 100 BTC and Dora 100 ETH at 1,000, each on 5,000. Both fall to 900: two books that
/// open 5,000 below zero. Bob sold both and has gained 20,000.
fn two_books() -> World {
    two_books_within(14_400_000)
}

/// The same, a liable set serving so many milliseconds.
fn two_books_within(window: u128) -> World {
    two_books_of(window, &|_| {})
}

/// The same, with what was prepared before anybody traded.
fn two_books_of(window: u128, prepare: &dyn Fn(&mut World)) -> World {
    let mut world = World::venue(1_000, 1_000);
    world.set(Parameter::LiableWindow, window);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    for (text, cash) in [("alice", 10_000), ("dora", 10_000), ("bob", 100_000)] {
        world.account(text, cash);
    }
    world.account("maker", 1_000_000);
    prepare(&mut world);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.fill("ETH", "dora", "bob", 100, 1_000);
    for text in ["alice", "dora"] {
        world.withdraw(text, 1).unwrap_err();
    }
    let marks = ["BTC", "ETH"].map(|text| (world.market_id(text), Price::new(850).unwrap()));
    world.market_do(market::Command::Mark { marks: marks.to_vec() }).unwrap();
    for text in ["alice", "dora"] {
        world.loss_of(text, text);
        assert_eq!(world.loss(text).stage, Stage::Detected);
    }
    world
}

/// BTC recovers to 1,000, and Alice's book is sold there: it opened with -5,000 and gains 15,000.
fn alice_gains(world: &mut World) {
    world.mark("BTC", 1_000);
    world.fill("BTC", "maker", "book/alice", 100, 1_000);
    assert_eq!(world.loss("alice").stage, Stage::Settled);
    assert_eq!(world.loss("alice").close_out.atoms(), 0);
    assert_eq!(world.cash("alice"), 0, "no margin was left, and no gain of the book is hers");
}

/// Dora's book is sold at the mark: 5,000 are missing.
fn dora_loses(world: &mut World) {
    world.fill("ETH", "maker", "book/dora", 100, 850);
    assert_eq!(world.loss("dora").stage, Stage::Settled);
    assert_eq!(world.loss("dora").deficit.atoms(), 5_000);
}

fn results(world: &World) -> i128 {
    world.balance(Holder::Results(DOMAIN))
}

#[test]
fn a_gain_nets_before_any_layer_pays() {
    let mut world = two_books();
    alice_gains(&mut world);
    assert_eq!(results(&world), 10_000, "15,000 less what it opened below zero");
    dora_loses(&mut world);
    assert_eq!(world.loss("dora").netted.atoms(), 5_000);
    assert_eq!(world.loss("dora").received().atoms(), 0, "no layer paid");
    assert_eq!((results(&world), world.pot("fund")), (0, 6_000), "the rest is the fund's");
    assert_eq!(world.equity("bob"), 100_000 + 15_000, "he keeps his gain");
    // Netting pays for Dora, it does not forgive her: what is recovered goes to the results.
    assert_eq!(open(&world, "dora"), 5_000);
    world.recover("dora", 3_000);
    assert_eq!((open(&world, "dora"), results(&world), world.pot("fund")), (2_000, 0, 9_000));
}

/// What nets does not enter the waterfall: capital that attaches at 4,000 bears a part of the 5,000
/// that Dora lacks where nothing nets, and nothing of the 3,000 or 4,000 that are left.
#[test]
fn layers_attach_to_what_netting_leaves() {
    for (price, netted, capital, winners) in
        [(900, 0, 1_000, 3_000), (910, 1_000, 0, 3_000), (920, 2_000, 0, 2_000)]
    {
        let mut world = two_books_of(14_400_000, &|world| {
            let mut spec = layer("capital", Kind::OperatorCapital, Source::Pot);
            spec.attachment = Some(Attachment { attach: amount(4_000), detach: amount(9_000) });
            world.add(spec);
            world.pay_into("capital", 5_000);
            world.waterfall(&["fund", "capital", "gains"]);
        });
        world.fill("BTC", "maker", "book/alice", 100, price);
        let plan = plan(world.engine.state(), DOMAIN, CauseClass::Default, amount(5_000)).unwrap();
        let planned = plan.rounds.iter().flat_map(|round| &round.draws);
        let planned: Vec<u128> = planned.map(|draw| draw.planned.atoms()).collect();
        dora_loses(&mut world);
        let ran: Vec<u128> =
            world.loss("dora").draws.iter().map(|draw| draw.received.atoms()).collect();
        let pays = |row: &u128| *row > 0;
        assert!(planned.iter().copied().filter(pays).eq(ran), "{price}: as planned, {planned:?}");
        let paid = ["fund", "capital", "gains"].map(|text| world.received("dora", text));
        assert_eq!(world.loss("dora").netted.atoms(), netted, "{price}");
        assert_eq!(paid, [1_000, capital, winners], "{price}");
    }
}

#[test]
fn a_later_gain_repays_those_who_paid_last_step_first() {
    let mut world = two_books();
    dora_loses(&mut world);
    assert_eq!(world.pot("fund"), 0);
    assert_eq!(world.received("dora", "gains"), 4_000);
    alice_gains(&mut world);
    assert_eq!(
        (results(&world), world.pot("fund")),
        (0, 6_000),
        "1,000 back and 5,000 of the rest"
    );
    assert_eq!(world.equity("bob"), 100_000 + 15_000, "4,000 came back to him");
    // What Dora owes she owes still: to the results that repaid them.
    assert_eq!(open(&world, "dora"), 5_000);
    world.recover("dora", 5_000);
    assert_eq!((open(&world, "dora"), results(&world)), (0, 0));
    assert_eq!(world.pot("fund"), 11_000, "no loss is open: it is the fund's");
}

/// What is still to be repaid of a loss.
fn open(world: &World, text: &str) -> u128 {
    world.loss(text).pools.iter().map(|pool| pool.open().atoms()).sum()
}

/// A gain pays at once what others paid before, whatever other book is still open: no loss waits.
#[test]
fn a_later_gain_does_not_wait_for_the_next_loss() {
    let mut world = two_books();
    world.account("eve", 10_000);
    world.fill("BTC", "eve", "bob", 50, 850);
    world.mark("BTC", 600);
    world.loss_of("eve", "eve");
    dora_loses(&mut world);
    alice_gains(&mut world);
    assert_eq!(open(&world, "dora"), 5_000, "owed to the results alone");
    assert_eq!((results(&world), world.pot("fund")), (5_000, 1_000));
    assert_eq!(world.loss("eve").stage, Stage::Detected);
}

/// A later set of the episode counts what Bob paid once: his equity is lower by it already.
#[test]
fn a_later_set_counts_what_was_paid_once() {
    let mut world = two_books_within(0);
    dora_loses(&mut world);
    assert_eq!(world.received("dora", "gains"), 4_000);
    world.account("eve", 10_000);
    world.tick(1);
    world.fill("BTC", "eve", "bob", 50, 850);
    world.mark("BTC", 600);
    world.loss_of("eve", "eve");
    let state = world.engine.state();
    let set = state.losses.set(world.loss("eve").set.unwrap()).unwrap();
    assert_ne!(world.loss("eve").set, world.loss("dora").set);
    let gains = &set.layers[&world.layer_id("gains")];
    let bob = &gains.members[gains.place(world.id("bob")).unwrap()];
    // 40,000 on what he sold Alice, 15,000 on ETH, 12,500 on what he sold Eve; less 4,000.
    assert_eq!((bob.weight.atoms(), bob.cap.atoms()), (63_500, 63_500));
}

/// Where less came late than was paid, the winners are repaid before the fund.
#[test]
fn a_small_gain_repays_the_last_step() {
    let mut world = two_books();
    dora_loses(&mut world);
    world.mark("BTC", 920);
    world.fill("BTC", "maker", "book/alice", 100, 920);
    // -5,000 and 7,000.
    assert_eq!((results(&world), world.pot("fund")), (0, 0));
    assert_eq!(world.loss("dora").pools[1].repaid.atoms(), 2_000);
}

/// A loss that was reported begins with other people's money and ends with it.
#[test]
fn a_gain_is_for_losses_of_books() {
    let mut world = two_books();
    alice_gains(&mut world);
    world.report("hack", 1_500);
    assert_eq!(world.loss("hack").netted.atoms(), 0);
    assert_eq!((world.received("hack", "fund"), world.received("hack", "gains")), (1_000, 500));
    assert_eq!(results(&world), 10_000);
    dora_loses(&mut world);
    assert_eq!((results(&world), world.pot("fund")), (0, 5_000), "5,000 netted, 5,000 left");
    assert_eq!(open(&world, "hack"), 1_500, "its claims are open");
}

/// An old debt of the domain is paid by what books gain, where no fund stands between.
#[test]
fn a_gain_pays_an_old_debt() {
    let mut world = without_a_fund();
    world.report("hack", 2_000);
    assert_eq!(world.loss("hack").uncovered.atoms(), 2_000, "nobody had gained");
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.mark("BTC", 890);
    world.loss_of("alice", "alice");
    world.mark("BTC", 1_000);
    world.fill("BTC", "bob", "book/alice", 100, 1_000);
    assert_eq!((results(&world), world.uncovered()), (8_000, 0));
    assert_eq!(open(&world, "hack"), 2_000, "owed to the results now");
}

fn without_a_fund() -> World {
    let mut world = World::new("USD", 2);
    world.session_gains("gains");
    world.waterfall(&["gains"]);
    world.set(Parameter::OpeningProfit, 1_000_000);
    world.list(perpetual("BTC"));
    world.mark("BTC", 1_000);
    for (text, cash) in [("alice", 10_000), ("dora", 10_000), ("bob", 1_000_000)] {
        world.account(text, cash);
    }
    world
}

/// A domain without a fund keeps it for its next book.
#[test]
fn without_a_fund_a_gain_waits_for_the_next_loss() {
    let mut world = two_books();
    world.waterfall(&["gains"]);
    // The episode's rules are frozen: the fund paid and is repaid; the rest has no fund to go to.
    dora_loses(&mut world);
    alice_gains(&mut world);
    assert_eq!((results(&world), world.pot("fund")), (5_000, 1_000));

    let mut world = without_a_fund();
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.mark("BTC", 890);
    world.loss_of("alice", "alice");
    world.mark("BTC", 1_000);
    world.fill("BTC", "bob", "book/alice", 100, 1_000);
    assert_eq!(results(&world), 10_000, "the episode is over, and nobody was owed anything");
    world.fill("BTC", "dora", "bob", 100, 1_000);
    world.mark("BTC", 870);
    world.loss_of("dora", "dora");
    world.fill("BTC", "bob", "book/dora", 100, 870);
    assert_eq!(world.loss("dora").netted.atoms(), 3_000);
    assert_eq!((world.loss("dora").received().atoms(), results(&world)), (0, 7_000));
}

/// A penalty is the published fee of a takeover: on the value taken over, and only of the
/// remainder.
#[test]
fn the_penalty_of_a_takeover_comes_off_the_remainder() {
    // 1 % of 100,000 taken over: all of it, what is there, nothing.
    for (case, cash, charged) in
        [("rich", 20_000, 1_000), ("poor", 10_600, 600), ("lost", 9_000, 0)]
    {
        let mut world = World::venue(1_000, 1_000);
        for (text, cash) in [("alice", 20_000), ("maker", 1_000_000)] {
            world.account(text, cash);
        }
        world.fill("BTC", "alice", "maker", 100, 1_000);
        world.withdraw("alice", world.free("alice")).unwrap();
        let top_up: u128 = cash - 10_000.min(cash);
        world.deposit("alice", top_up + 1);
        world.withdraw("alice", 1).unwrap_or_default();
        let equity = u128::try_from(world.equity("alice")).unwrap();
        let of = routes(&world, "fund", &[rhodian_core::closeout::Route::Market]);
        world.set_routes(of).unwrap();
        world.declare("L1", "alice", &[]);
        // Sold at 900: the book loses 10,000.
        world.fill("BTC", "maker", "book/L1", 100, 900);
        let left = equity.saturating_sub(10_000);
        assert_eq!(world.pot("fund") - 1_000, i128::try_from(left.min(charged)).unwrap(), "{case}");
        let back = left - left.min(charged);
        assert_eq!(world.equity("alice"), i128::try_from(back).unwrap(), "{case}");
        assert_eq!(world.loss("L1").uncovered.atoms(), 0, "{case}");
    }
}

/// Alice is declared in default with 40,000, long 100 BTC in Majors and 100 SOL in Alts, whose fund
/// holds 10,000; Alts may sell what its fund does not cover.
fn two_domains() -> World {
    let alts = DomainId(1);
    let mut world = World::venue(1_000, 1_000);
    world.fund("alts fund", 10_000, None);
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
    sale.caps.per_event = Some(amount(1_000_000));
    world.add(sale);
    let steps = ["alts fund", "sale"].map(|text| world.step(&[(text, 1)])).to_vec();
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain: alts, class, steps });
    let (parameter, value) = (Parameter::OpeningProfit, 1_000_000);
    let command = control::Command::SetParameter { domain: alts, parameter, value };
    world.must(Action::Control(command));
    world.list(MarketSpec { domain: alts, ..perpetual("SOL") });
    world.mark("SOL", 1_000);
    world.account("alice", 40_000);
    world.account("maker", 1_000_000);
    world.fill("BTC", "alice", "maker", 100, 1_000);
    world.fill("SOL", "alice", "maker", 100, 1_000);
    world.declare("majors", "alice", &[]);
    for (text, domain) in [("majors", DOMAIN), ("alts", alts)] {
        let losses = world.engine.state().losses.losses();
        let found: Vec<_> = losses.filter(|(_, loss)| loss.domain == domain).collect();
        world.alias(text, found[0].0);
    }
    world
}

/// The margin that Majors leaves stands behind her loss in Alts, whichever book is closed first:
/// Alice bears the 35,000, and nobody else in the end.
#[test]
fn a_remainder_stands_behind_the_same_accounts_other_losses() {
    // As margin of the book that is open.
    let mut world = two_domains();
    world.fill("BTC", "maker", "book/majors", 100, 1_000);
    assert_eq!(world.loss("majors").stage, Stage::Settled);
    assert_eq!(world.free("alice"), 0, "nothing leaves while SOL is being closed");
    assert_eq!(world.loss("alts").margin.atoms(), 40_000);
    world.fill("SOL", "maker", "book/alts", 100, 650);
    let loss = world.loss("alts");
    assert_eq!((loss.close_out.atoms(), loss.own_means.atoms()), (35_000, 35_000));
    assert_eq!((world.pot("alts fund"), world.equity("alice")), (10_000, 5_000));

    // While its loss is being absorbed: 15,000 beyond 20,000 of margin, the fund paid 10,000.
    let mut world = two_domains();
    world.fill("SOL", "maker", "book/alts", 100, 650);
    assert_eq!(world.loss("alts").stage, Stage::Absorbing, "the sale has a deadline");
    world.fill("BTC", "maker", "book/majors", 100, 1_000);
    // 20,000 of margin and 5,000 that came later; nobody is asked for the sale any more.
    let loss = world.loss("alts");
    assert_eq!((loss.own_means.atoms(), loss.deficit.atoms()), (25_000, 10_000));
    let episode = loss.episode.and_then(|id| world.engine.state().losses.episode(id)).unwrap();
    assert_eq!(episode.deficits.atoms(), 10_000, "what attaches above 10,000 is not reached");
    assert_eq!((loss.stage, loss.uncovered.atoms()), (Stage::Settled, 0));
    assert!(world.pay_draw("alts", "sale", None, 1).is_err());
    assert_eq!(world.equity("alice"), 15_000, "but for what the fund paid before");

    // When it is settled: those who bore it are repaid.
    let mut world = two_domains();
    world.fill("SOL", "maker", "book/alts", 100, 650);
    world.tick(1_000);
    assert_eq!(world.loss("alts").uncovered.atoms(), 5_000);
    world.fill("BTC", "maker", "book/majors", 100, 1_000);
    assert_eq!(open(&world, "alts"), 0);
    assert_eq!((world.pot("alts fund"), world.equity("alice")), (10_000, 5_000));
}

/// The penalty is asked for all that was taken over, wherever the remainder went before.
#[test]
fn a_moved_remainder_pays_both_penalties() {
    for (case, first) in [("majors first", true), ("alts first", false)] {
        let mut world = two_domains();
        let of = routes(&world, "fund", &[rhodian_core::closeout::Route::Market]);
        world.set_routes(of).unwrap();
        let mut books = [("BTC", "book/majors"), ("SOL", "book/alts")];
        if !first {
            books.reverse();
        }
        for (market, book) in books {
            world.fill(market, "maker", book, 100, 1_000);
        }
        assert_eq!(world.pot("fund"), 1_000 + 2_000, "{case}: 1 % of 200,000");
        assert_eq!(world.equity("alice"), 38_000, "{case}");
    }
    // Alts leaves nothing: what was taken over there is charged for all the same.
    for (case, first) in [("majors first", true), ("alts first", false)] {
        let mut world = two_domains();
        let of = routes(&world, "fund", &[rhodian_core::closeout::Route::Market]);
        world.set_routes(of).unwrap();
        let mut books = [("BTC", "book/majors", 1_000), ("SOL", "book/alts", 800)];
        if !first {
            books.reverse();
        }
        for (market, book, price) in books {
            world.fill(market, "maker", book, 100, price);
        }
        assert_eq!(world.equity("alice"), 18_000, "{case}: 20,000 left, 2,000 of penalty");
    }
}

/// What a remainder paid of a debt the penalty on the rest of it does not pay again.
#[test]
fn a_remainder_and_its_penalty_pay_a_debt_once() {
    let mut world = two_domains();
    let of = routes(&world, "alts fund", &[rhodian_core::closeout::Route::Market]);
    world.set_routes(of).unwrap();
    world.fill("SOL", "maker", "book/alts", 100, 650);
    world.tick(1_000);
    assert_eq!(world.loss("alts").uncovered.atoms(), 5_000);
    world.fill("BTC", "maker", "book/majors", 100, 1_000);
    let owed = world.balance(Holder::Uncovered(DomainId(1)));
    // 15,000 to those who bore it; of 5,000 left, 2,000 are the penalty on both.
    assert_eq!((owed, open(&world, "alts")), (0, 0));
    assert_eq!((world.pot("alts fund"), world.equity("alice")), (12_000, 3_000));
}

/// A fund's penalties pay the debts it stands behind, each debt once: both sides of a fill pay one.
#[test]
fn penalties_of_one_fill_pay_a_debt_once() {
    let mut world = World::venue(0, 1_000);
    world.account("maker", 1_000_000);
    for text in ["alice", "dora"] {
        world.account(text, 20_000);
    }
    world.report("hack", 500);
    assert_eq!(world.uncovered(), -500);
    world.fill("BTC", "alice", "maker", 100, 1_000);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    world.fill("ETH", "dora", "maker", 100, 1_000);
    world.fill("BTC", "maker", "dora", 60, 1_000);
    let of = routes(&world, "fund", &[rhodian_core::closeout::Route::Market]);
    world.set_routes(of).unwrap();
    // Alice: 20,000 - 16,000; Dora: 20,000 - 26,000 + 9,600.
    let marks = [("BTC", 840), ("ETH", 740)];
    let marks = marks.map(|(text, ticks)| (world.market_id(text), Price::new(ticks).unwrap()));
    world.market_do(market::Command::Mark { marks: marks.to_vec() }).unwrap();
    for text in ["alice", "dora"] {
        let open = world.engine.state().closeouts.liquidation(world.id(text)).is_some();
        assert!(open, "{text} is liquidated");
    }
    // 50 lots at 840: 420 of each.
    world.fill("BTC", "dora", "alice", 50, 840);
    assert_eq!((world.uncovered(), world.pot("fund")), (0, 340), "840 less 500");
    assert_eq!(open(&world, "hack"), 500, "the claim is the fund's now");
}
