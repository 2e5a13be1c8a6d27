//! What an opponent tries with a vault, by the traps that others fell into: each is refused, or
//! costs him more than it brings.

use crate::world::acts::Given;
use crate::world::liquidity::*;
use crate::world::venue::perpetual;
use crate::world::{ASSET, DOMAIN, World, amount, clearing, layer, name};
use rhodian_core::account;
use rhodian_core::account::AccountKind;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain;
use rhodian_core::domain::{CauseClass, Kind, Source};
use rhodian_core::engine::{Action, Actor, Event, Role};
use rhodian_core::ids::{DomainId, LayerId};
use rhodian_core::loss::Stage;
use rhodian_core::market::MarketSpec;
use rhodian_core::pools::clearing::{Command as Clear, FundSpec};
use rhodian_core::pools::liquidity::{self, VaultSpec};
use rhodian_core::pools::{cover, lending};
use rhodian_core::waterfall::{Side, Step};

fn code(given: Given) -> &'static str {
    given.expect_err("it is refused").code()
}

/// T20 (Injective's guard, many): whoever came first gave himself a share, raised its price by a
/// gift, and took what rounding left of the next one's money.
#[test]
fn t20_the_first_depositor_cannot_raise_the_price_of_a_share_by_gifts() {
    let mut world = vault_of(spec(), 0);
    world.account("mal", 1_000_000_000);
    assert_eq!(code(try_enter(&mut world, "mal", 1)), "below-least");
    try_enter(&mut world, "mal", 1_000).unwrap();
    assert_eq!(code(world.try_deposit("vault", 10_000)), "of-vault");
    assert_eq!(code(world.transfer("mal", "vault", 10_000)), "of-vault");
    // He may lose to it in a trade: a million for one share is his, and the next one loses nothing.
    world.result("mal", "vault", 1_000_000);
    world.account("bob", 1_500_000);
    try_enter(&mut world, "bob", 1_500_000).unwrap();
    assert_eq!(fetches(&world, "bob"), 1_499_999, "an atom is the most that rounding takes");
    try_leave(&mut world, "mal", None).unwrap();
    assert!(world.cash("mal") <= 1_000_000_000 + 1, "he gained no more than it");
}

/// T20, almost empty: a share that is worth ten thousand atoms sells no part of itself.
#[test]
fn t20_an_almost_empty_vault_rounds_for_those_who_stay() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "ann", 1_000);
    try_leave(&mut world, "ann", Some(999_999_999)).unwrap();
    assert_eq!((shares(&world, "ann"), worth(&world).book), (1, amount(1)));
    world.account("tom", 1_000_000_000);
    world.result("tom", "vault", 1_000_000);
    world.account("bob", 2_500_000);
    assert_eq!(code(try_enter(&mut world, "bob", 1_000_000)), "below-a-share");
    // He would get one share of the 1,000,001 atoms of two, and lose a third of what he put in.
    assert_eq!(code(try_enter(&mut world, "bob", 1_500_000)), "below-a-share");
}

/// Nobody moves the vault's money but by shares and trades: not its owner, and not the venue.
#[test]
fn a_vaults_account_pays_for_nothing_else() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "ann", 60_000);
    world.tranche("tranche");
    assert_eq!(code(world.withdraw("vault", 1)), "of-vault");
    assert_eq!(code(world.transfer("vault", "ann", 1)), "of-vault");
    assert_eq!(code(world.try_stake("vault", "tranche", 1)), "of-vault");
    assert_eq!(code(try_enter(&mut world, "vault", 1_000)), "of-vault");
    let owner = world.engine.state().accounts.account(world.id("vault")).unwrap().owner;
    let open =
        account::Command::OpenAccount { name: name("side"), owner, kind: AccountKind::Cross };
    assert_eq!(code(world.give(Actor::VENUE, Action::Account(open))), "of-vault");
    let actor = Actor { role: Role::Owner, id: owner.0 };
    let (account, number) = (world.id("vault"), 1_000_000);
    let take = account::Command::Withdraw { account, number, asset: ASSET, amount: amount(1) };
    assert_eq!(code(world.give(actor, Action::Account(take))), "of-vault");
    // Another's shares are another's.
    let (account, number) = (world.id("ann"), world.next_number());
    let leave = liquidity::Command::Leave { vault: VAULT, account, number, shares: None };
    assert_eq!(code(world.give(actor, Action::Liquidity(leave))), "not-owner");
}

/// T18 (Paradex; Derive, Morpho, Euler): the first out left at par. Here he asked a day before the
/// loss, waits for it, and bears it; and he cannot take back what he asked.
#[test]
fn t18_an_exit_that_is_asked_for_early_is_no_way_out() {
    let mut world = vault_of(VaultSpec { cooldown: DAY, ..spec() }, 0);
    for text in ["ann", "bob"] {
        holder(&mut world, text, 50_000);
    }
    world.account("tom", 20_000);
    world.account("eve", 100_000);
    try_leave(&mut world, "bob", None).unwrap();
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.tick(DAY - 1);
    world.mark("BTC", 760);
    world.loss_of("tom's", "tom");
    world.tick(1);
    assert_eq!(world.cash("bob"), 0, "his time is over, and a loss is known");
    world.fill("BTC", "eve", "book/tom's", 150, 760);
    assert_eq!((world.cash("bob"), fetches(&world, "ann")), (42_000, 42_000));
}

/// T23 (MetaMorpho): integrators read the book. Here the two figures stand beside each other, and
/// nobody is paid by the book.
#[test]
fn t23_nobody_leaves_by_the_book() {
    let mut world = vault_of(spec(), 0);
    for text in ["ann", "bob"] {
        holder(&mut world, text, 50_000);
    }
    world.account("eve", 100_000);
    world.set(Parameter::StressRate, 100_000);
    world.fill("BTC", "eve", "vault", 300, 1_000);
    try_leave(&mut world, "ann", None).unwrap();
    assert_eq!(world.cash("ann"), 35_000, "half of 70,000");
    world.fill("BTC", "vault", "eve", 300, 1_000);
    assert_eq!(fetches(&world, "bob"), 65_000);
}

/// T7 (percolator, Drift, Mango): a loss charged holders who had gained nothing with those who had.
#[test]
fn t07_who_gained_nothing_pays_nothing_while_others_gained() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "ann", 50_000);
    world.account("tom", 20_000);
    world.account("eve", 200_000);
    world.result("eve", "vault", 50_000);
    holder(&mut world, "bob", 50_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 760);
    world.loss_of("tom's", "tom");
    world.fill("BTC", "eve", "book/tom's", 150, 760);
    assert_eq!((fetches(&world, "ann"), fetches(&world, "bob")), (84_000, 50_000));
}

/// T30: splitting a holding over accounts changes what is borne by an atom at most.
#[test]
fn t30_splitting_a_holding_pays_no_less() {
    let borne = |parts: &[u128]| {
        let mut world = vault_of(spec(), 0);
        holder(&mut world, "ann", 50_000);
        for (place, atoms) in parts.iter().enumerate() {
            world.account_of(&format!("bob-{place}"), "bob", *atoms);
            try_enter(&mut world, &format!("bob-{place}"), *atoms).unwrap();
        }
        world.account("tom", 20_000);
        world.account("eve", 100_000);
        world.result("eve", "vault", 7_777);
        world.fill("BTC", "tom", "eve", 150, 1_000);
        world.mark("BTC", 760);
        world.loss_of("tom's", "tom");
        world.fill("BTC", "eve", "book/tom's", 150, 760);
        let of = |place: usize| fetches(&world, &format!("bob-{place}"));
        (0..parts.len()).map(of).sum::<u128>()
    };
    let whole = borne(&[30_000]);
    let split = borne(&[7_000, 11_000, 12_000]);
    assert!(whole.abs_diff(split) <= 6, "{whole} and {split}: an atom an account and layer");
}

/// T8 (Mango, Drift): the last holder out leaves no loss to nobody. He bears what he stood for, and
/// what is held of the vault's account for a loss elsewhere stays until that is settled.
#[test]
fn t08_the_last_one_out_leaves_no_loss_behind() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "ann", 10_000);
    world.account("tom", 20_000);
    world.account("eve", 100_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 700);
    let loss = world.loss_of("tom's", "tom");
    try_leave(&mut world, "ann", None).unwrap();
    world.fill("BTC", "eve", "book/tom's", 150, 700);
    let found = world.engine.state().losses.loss(loss).unwrap();
    assert_eq!((found.stage, found.deficit), (Stage::Settled, amount(25_000)));
    assert_eq!((found.received(), found.uncovered), (amount(10_000), amount(15_000)));
    assert_eq!((world.cash("ann"), shares(&world, "ann")), (0, 0));
}

/// An endless queue of exits is no way to keep others from entering, nor to leave twice.
#[test]
fn nobody_asks_twice_for_a_share() {
    let mut world = vault_of(VaultSpec { cooldown: DAY, ..spec() }, 0);
    holder(&mut world, "ann", 10_000);
    try_leave(&mut world, "ann", Some(6_000_000_000)).unwrap();
    assert_eq!(code(try_leave(&mut world, "ann", Some(4_000_000_001))), "above-shares");
    world.tick(DAY / 2);
    try_leave(&mut world, "ann", None).unwrap();
    world.tick(DAY / 2);
    assert_eq!(world.cash("ann"), 0, "who asks for more waits for all of it anew");
    world.tick(DAY / 2);
    assert_eq!(world.cash("ann"), 10_000);
}

/// A mark that comes between two steps of a waterfall brings back no profit that was left behind:
/// else principal would have paid before it.
#[test]
fn profit_that_comes_back_behind_its_step_is_not_drawn_on() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "ann", 50_000);
    world.account("tom", 20_000);
    world.account("eve", 200_000);
    world.fill("BTC", "eve", "vault", 100, 1_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.mark("BTC", 760);
    world.loss_of("tom's", "tom");
    // The vault gained 24,000 by then; before the book is flat it loses them again, and more.
    world.mark("BTC", 1_010);
    world.fill("BTC", "eve", "book/tom's", 150, 760);
    assert_eq!(world.bore("tom's", "profit").len(), 0, "there is none any more");
    let events = world.records.iter().flat_map(|record| &record.events);
    let taken = |e: &&Event| matches!(e, Event::Liquidity(liquidity::Event::ValueTaken { .. }));
    assert_eq!(events.filter(taken).count(), 1, "principal alone");
}

/// Layers by shares stand where they may, and nowhere else: principal right behind profit.
#[test]
fn principal_never_stands_without_profit_before_it() {
    let mut world = market_of_providers(0);
    let set = |world: &mut World, order: &[&str]| {
        let steps = order.iter().map(|text| world.step(&[(text, 1)])).collect();
        let class = CauseClass::Default;
        let command = domain::Command::SetWaterfall { domain: DOMAIN, class, steps };
        world.give(Actor::VENUE, Action::Domain(command))
    };
    assert_eq!(code(set(&mut world, &["principal"])), "no-profit-before");
    assert_eq!(code(set(&mut world, &["principal", "profit"])), "no-profit-before");
    assert_eq!(code(set(&mut world, &["profit", "fund", "principal"])), "no-profit-before");
    set(&mut world, &["profit", "principal", "fund"]).unwrap();
    set(&mut world, &["profit"]).unwrap();
    let _ = LayerId(0);
}

/// A client's collateral stands behind nobody else's loss; his shares of a vault do, as all do.
#[test]
fn clara_is_a_client_and_her_shares_pay_as_bobs() {
    let mut world = vault_of(spec(), 0);
    world.account("tom", 20_000);
    world.account("eve", 200_000);
    world.fill("BTC", "tom", "eve", 150, 1_000);
    world.add(layer("Members", Kind::DefaultFund, Source::Pot));
    world.waterfall(&["fund", "Members", "profit", "principal"]);
    let of = clearing::spec(1);
    let fund = world.layer_id("Members");
    let spec = FundSpec { layer: fund, assessment: None, ..of };
    clearing::give(&mut world, Clear::Open { spec: Box::new(spec) }).unwrap();
    world.account("alice", 40_000);
    clearing::join(&mut world, "alice").unwrap();
    for text in ["bob", "clara"] {
        holder(&mut world, text, 50_000);
    }
    clearing::clear(&mut world, "clara", "alice").unwrap();
    world.result("eve", "vault", 20_000);
    world.mark("BTC", 660);
    world.loss_of("tom's", "tom");
    world.fill("BTC", "eve", "book/tom's", 150, 660);
    for text in ["profit", "principal"] {
        let bore = world.bore("tom's", text);
        assert_eq!(bore[&world.id("bob")], bore[&world.id("clara")], "{text}");
    }
    assert_eq!(fetches(&world, "clara"), fetches(&world, "bob"));
}

fn set_of(world: &mut World, class: CauseClass, order: &[&[&str]]) -> Given {
    let step = |sides: &&[&str]| {
        world.step(&sides.iter().map(|text| (*text, 1)).collect::<Vec<(&str, u32)>>())
    };
    let steps = order.iter().map(step).collect();
    let command = domain::Command::SetWaterfall { domain: DOMAIN, class, steps };
    world.give(Actor::VENUE, Action::Domain(command))
}

/// What a vault gained is a gain of its account and its holders' profit: it pays once, and as a
/// gain first.
#[test]
fn holders_profit_never_stands_before_the_gains_that_it_is() {
    let mut world = market_of_providers(0);
    world.session_gains("gains");
    let (default, prices) = (CauseClass::Default, CauseClass::PriceError);
    let behind = "gains-behind-profit";
    let mut set = |class, order: &[&[&str]]| set_of(&mut world, class, order);
    let code = |given: Given| given.map(|_| ()).map_err(|why| why.code());
    // The first waterfall takes profit without gains.
    assert_eq!(code(set(prices, &[&["gains"]])), Err(behind));
    assert_eq!(code(set(prices, &[&["gains"], &["profit"]])), Err(behind));
    assert_eq!(code(set(default, &[&["profit"], &["gains"]])), Err(behind));
    assert_eq!(code(set(default, &[&["profit"], &["principal"], &["gains"]])), Err(behind));
    assert_eq!(code(set(default, &[&["profit", "gains"]])), Err(behind));
    assert_eq!(code(set(default, &[&["gains", "profit"]])), Err(behind));
    assert_eq!(code(set(default, &[&["gains"], &["profit"], &["principal"]])), Ok(()));
    assert_eq!(code(set(prices, &[&["gains"]])), Ok(()));
    assert_eq!(code(set(prices, &[&["gains"], &["fund"], &["profit"]])), Ok(()));
    assert_eq!(code(set(prices, &[&["fund"], &["profit"]])), Err(behind));
    assert_eq!(code(set(prices, &[&["gains"]])), Ok(()));
    assert_eq!(code(set(default, &[&["fund"], &["profit"]])), Err(behind));
}

/// A domain of a vault is none of a pool: its holders would stand beside what nobody asked them.
#[test]
fn no_pool_opens_beside_a_vault() {
    let mut world = crate::world::lending::domain(0);
    open(&mut world, spec()).unwrap();
    let command = lending::Command::Open { spec: Box::new(crate::world::lending::spec()) };
    let given = world.give(Actor::VENUE, Action::Lending(command));
    assert_eq!(code(given), "domain-in-use");
    let mut world = crate::world::cover::domain(0);
    open(&mut world, spec()).unwrap();
    let command = cover::Command::Open { spec: Box::new(crate::world::cover::spec()) };
    let given = world.give(Actor::VENUE, Action::Cover(command));
    assert_eq!(code(given), "domain-in-use");
}

/// An entry of whole shares loses nothing by rounding, and still raises no vault that is almost
/// empty: what Mal leaves in one share would else be a step that others climb.
#[test]
fn nobody_enters_where_a_share_is_worth_more_than_an_atom() {
    let mut world = vault_of(spec(), 0);
    holder(&mut world, "mal", 1_000);
    try_leave(&mut world, "mal", Some(999_999_999)).unwrap();
    world.account("tom", 1_000_000);
    world.result("tom", "vault", 1_999);
    assert_eq!((shares(&world, "mal"), worth(&world).book), (1, amount(2_000)));
    world.account("bob", 4_000);
    assert_eq!(code(try_enter(&mut world, "bob", 4_000)), "below-a-share");
}

/// The vault gained in another domain, where an account fails: nobody comes or goes by that gain.
#[test]
fn a_loss_where_the_vault_trades_is_known_to_all() {
    let mut world = vault_of(spec(), 0);
    for text in ["alice", "bob"] {
        world.account(text, 20_000);
    }
    holder(&mut world, "ann", 20_000);
    world.account("cid", 20_000);
    let (domain, class) = (DomainId(1), CauseClass::Default);
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    world.fund("alts fund", 0, None);
    let sides = vec![Side { layer: world.layer_id("alts fund"), weight: 1 }];
    let steps = vec![Step { layers: sides }];
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let (parameter, value) = (Parameter::StressRate, 0);
    let set = control::Command::SetParameter { domain, parameter, value };
    world.must(Action::Control(set));
    world.list(MarketSpec { domain, ..perpetual("ETH") });
    world.mark("ETH", 1_000);
    world.fill("ETH", "alice", "vault", 10, 1_000);
    world.fill("ETH", "alice", "bob", 100, 1_000);
    world.mark("ETH", 700);
    world.loss_of("alice's", "alice");
    assert_eq!(code(try_enter(&mut world, "cid", 5_000)), "loss-known");
    try_leave(&mut world, "ann", Some(1_000_000_000)).unwrap();
    assert_eq!(world.cash("ann"), 0, "she waits for it");
}

/// Ann, who has nine tenths, leaves right after a gain. Were she paid for it, Bob's tenth would pay
/// what a loss takes of the whole gain.
#[test]
fn nobody_carries_a_gain_out_that_a_loss_may_take() {
    for (matured, paid, left) in [(false, 90_000, 20_000), (true, 99_000, 11_000)] {
        let mut world = vault_of(spec(), 0);
        world.session_gains("gains");
        world.waterfall(&["fund", "gains", "profit", "principal"]);
        holder(&mut world, "ann", 90_000);
        holder(&mut world, "bob", 10_000);
        world.account("eve", 200_000);
        world.fill("BTC", "eve", "vault", 100, 1_000);
        world.mark("BTC", 900);
        world.fill("BTC", "vault", "eve", 100, 900);
        if matured {
            world.set(Parameter::ReferenceAge, 0);
            world.boundary();
        }
        try_leave(&mut world, "ann", None).unwrap();
        assert_eq!((world.cash("ann"), fetches(&world, "bob")), (paid, left), "{matured}");
        world.account("dan", 20_000);
        world.fill("BTC", "dan", "eve", 150, 900);
        world.mark("BTC", 700);
        world.loss_of("dan's", "dan");
        world.fill("BTC", "eve", "book/dan's", 150, 700);
        let gains = world.bore("dan's", "gains");
        assert_eq!(gains.contains_key(&world.id("vault")), !matured);
        assert!(fetches(&world, "bob") >= 10_000, "he loses no more than what he gained");
    }
}

/// Closing costs 40,000 of 100,000: whoever pays 24,000 at once or in three parts gives the same.
#[test]
fn many_payments_are_as_one() {
    let after = |parts: &[u128]| {
        let mut world = vault_of(spec(), 0);
        holder(&mut world, "ann", 50_000);
        holder(&mut world, "bob", 50_000);
        world.account("tom", 1_000_000);
        world.fill("BTC", "vault", "tom", 80, 1_000);
        world.set(Parameter::StressRate, 500_000);
        world.hold_episode_open();
        for (place, atoms) in parts.iter().enumerate() {
            world.report(&format!("loss-{place}"), *atoms);
        }
        let of = |text: &str| (shares(&world, text), fetches(&world, text));
        assert_eq!(worth(&world).book, amount(76_000), "{parts:?}");
        [of("ann"), of("bob")]
    };
    let [ann, bob] = after(&[24_000]);
    assert_eq!(ann, bob);
    let near = |one: (u128, u128), other: (u128, u128)| {
        one.0.abs_diff(other.0) <= 3_000_000 && one.1.abs_diff(other.1) <= 1
    };
    for parts in [&[8_000, 8_000, 8_000][..], &[23_000, 1_000]] {
        let [other, _] = after(parts);
        assert!(near(ann, other), "{ann:?}, and in {parts:?} {other:?}");
    }
}
