//! Traps that real venues fell into, by their numbers: what happened there, and that it does not
//! happen here. Alice fails, Bob and Carol won, Dan is flat, Mallory attacks.

use crate::world::venue::{perpetual, routes};
use crate::world::{ASSET, World, name};
use rhodian_core::closeout::{self, Route};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, CauseClass};
use rhodian_core::engine::Event;
use rhodian_core::ids::DomainId;
use rhodian_core::loss::Stage;
use rhodian_core::market::{self, Flaw, MarketSpec, StepLimits};
use rhodian_core::units::Price;

const HOUR: u64 = 3_600_000;
/// 3.5 % of price, 0.1 % of funding and 1 % of penalty: 4.635 % against 5 % of maintenance.
const STEPS: StepLimits = StepLimits { price: 35_000, funding: 1_000, penalty: 10_000 };

fn flaw(steps: StepLimits) -> Option<Flaw> {
    MarketSpec { unit: 1_000, steps: Some(steps), ..perpetual("X") }.check().err()
}

/// T1 (percolator): with no cap on the price step, one owner's pair was moved by 64 % at once, and
/// the winner took out of the insurance fund what the loser did not have. Here a market with such
/// a step is refused with the size it breaks at, and one without limits says that it admits gaps.
#[test]
fn t01_a_wide_step_is_refused_at_listing() {
    let wide = StepLimits { price: 640_000, funding: 0, penalty: 0 };
    let broken = Flaw::Envelope { size: 1_000, loss: 640, requirement: 50 };
    assert_eq!(flaw(wide), Some(broken));
    assert_eq!(flaw(STEPS), None);
    let mut world = World::venue(0, 1_000);
    let flags: Vec<bool> = [None, Some(STEPS)]
        .into_iter()
        .zip(["OPEN", "BOUND"])
        .flat_map(|(steps, text)| {
            let spec = MarketSpec { steps, ..perpetual(text) };
            let records = world.market_do(market::Command::List { spec: Box::new(spec) }).unwrap();
            records.into_iter().flat_map(|record| record.events)
        })
        .filter_map(|event| match event {
            Event::Market(market::Event::Listed { gaps_admitted, .. }) => Some(gaps_admitted),
            _ => None,
        })
        .collect();
    assert_eq!(flags, [true, false]);
}

/// T1: in a market whose envelope holds, a pair of two owners on the edge of maintenance walks up
/// by the largest steps and fundings, twenty times: nobody ever fails, the fund only gains.
#[test]
fn t01_the_largest_steps_make_no_loss() {
    let mut world = World::venue(5_000, 1_000);
    world.list(MarketSpec { steps: Some(STEPS), ..perpetual("THIN") });
    world.mark("THIN", 10_000);
    world.account("mallory", 100_000);
    world.account("partner", 100_000);
    let of = routes(&world, "fund", &[Route::Deleverage]);
    world.set_routes(of).unwrap();
    world.fill("THIN", "mallory", "partner", 100, 10_000);
    let mut price = 10_000;
    for _ in 0..20 {
        price += price * 35 / 1_000;
        world.mark("THIN", price);
        world.fund_lots("THIN", -i64::try_from(price / 1_000).unwrap());
        assert_eq!(world.engine.state().losses.losses().count(), 0, "at {price}");
        assert!(world.equity("partner") >= 0 && world.pot("fund") >= 5_000);
    }
    assert!(world.pot("fund") > 5_000, "penalties were charged on the way");
    assert!(world.lots("partner", "THIN") > -100, "and the partner was liquidated");
}

/// T1: where gaps are admitted, the owner's other account pays for the hole before the fund does.
#[test]
fn t01_a_pair_of_one_owner_pays_its_own_hole() {
    let mut world = World::venue(300_000, 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.account_of("long", "mallory", 100_000);
    world.account_of("short", "mallory", 100_000);
    world.fill("BTC", "long", "short", 900, 1_000);
    world.mark("BTC", 1_640);
    world.loss_of("L", "short");
    assert_eq!(world.loss("L").stage, Stage::Settled);
    assert_eq!((world.pot("fund"), world.uncovered()), (300_000, 0), "nobody else pays");
    assert_eq!(world.cash("long") + world.cash("short"), 200_000, "what she brought");
}

/// K longs of 100 lots each fail against one whale at the same mark: how many records the engine
/// writes, and what the fund paid.
fn cascade(count: u128) -> (usize, i128) {
    let mut world = World::venue(1_000_000, 1_000);
    world.set(Parameter::CloseOutBudget, 0);
    world.account("whale", 100_000_000);
    for place in 0..count {
        let text = format!("a{place}");
        world.account(&text, 10_000);
        world.fill("BTC", &text, "whale", 100, 1_000);
    }
    let records = world.try_mark("BTC", 850).unwrap();
    assert_eq!(world.engine.state().losses.losses().count() as u128, count);
    (records.len(), 1_000_000 - world.pot("fund"))
}

/// T2 (percolator): a risk buffer of four slots made K bankrupt pairs cost K x K liquidations, and
/// each round drained the fund again. Here K failures are K times the work and K times the hole.
#[test]
fn t02_liquidations_do_not_cascade_quadratically() {
    let [(four, paid_4), (eight, paid_8), (sixteen, paid_16)] = [4, 8, 16].map(cascade);
    assert_eq!((paid_4, paid_8, paid_16), (20_000, 40_000, 80_000), "5,000 each");
    assert_eq!(sixteen - eight, 2 * (eight - four), "{four}, {eight}, {sixteen} records");
}

/// T3 (percolator): a crank moved the price while its caller chose which accounts it looked at,
/// and left out the bankrupt one. Here a mark names no account: who failed is found in the same
/// command, wherever he stands, and who won cannot leave before.
#[test]
fn t03_a_mark_reaches_everyone() {
    for place in [0, 7, 19] {
        let mut world = World::venue(0, 1_000);
        world.account("bob", 1_000_000);
        for other in 0..20 {
            let (text, cash) = (format!("a{other}"), if other == place { 10_000 } else { 90_000 });
            world.account(&text, cash);
            world.fill("BTC", &text, "bob", 100, 1_000);
        }
        world.mark("BTC", 850);
        let losses: Vec<_> = world.engine.state().losses.losses().collect();
        assert_eq!(losses.len(), 1);
        assert_eq!(losses[0].1.failed, Some(world.id(&format!("a{place}"))));
        assert!(world.lien("bob") >= 5_000, "the winner's part is held at once");
        // What he brought, less 10 % of what he stands in.
        assert!(world.free("bob") <= 1_000_000 - 170_000, "an unrealised gain is not free");
    }
}

/// T4 (percolator): a bound inflated in one market haircut the users of another. Here SOL is
/// pumped in its own domain until a short of Mallory's partner fails: the fund and the winners of
/// Majors are not touched.
#[test]
fn t04_a_pumped_mark_haircuts_no_other_domain() {
    let mut world = World::venue(10_000, 1_000);
    let alts = DomainId(1);
    world.session_gains("alts gains");
    let steps = vec![world.step(&[("alts gains", 1)])];
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain: alts, class, steps });
    world.list(MarketSpec { domain: alts, ..perpetual("SOL") });
    world.mark("SOL", 1_000);
    for text in ["alice", "bob", "mallory", "partner", "maker"] {
        world.account(text, 100_000);
    }
    world.fill("BTC", "bob", "alice", 100, 1_000);
    world.fill("SOL", "mallory", "partner", 900, 1_000);
    world.mark("BTC", 1_100);
    let bob = (world.equity("bob"), world.free("bob"));
    world.mark("SOL", 1_500);
    world.loss_of("L", "partner");
    world.deposit("maker", 10_000_000);
    world.fill("SOL", "book/L", "maker", 900, 1_500);
    let loss = world.loss("L");
    assert_eq!((loss.domain, loss.stage), (alts, Stage::Settled));
    assert_eq!((loss.deficit.atoms(), loss.uncovered.atoms()), (350_000, 0));
    assert_eq!(world.received("L", "alts gains"), 350_000, "Mallory's gain pays it");
    assert_eq!((world.equity("bob"), world.free("bob")), bob);
    assert_eq!((world.pot("fund"), world.lien("bob")), (10_000, 0));
}

/// T5 (percolator, bounty 5): the fund was credited with the fee requested, the vault with the fee
/// charged, and the difference was taken out. Here, at every depth of trouble, the fund gains what
/// the events say was charged, the account loses it, and it never exceeds what the account had.
#[test]
fn t05_the_fund_gets_what_was_charged() {
    let (mut full, mut cut) = (0, 0);
    for ticks in [949, 940, 930, 920, 910, 902, 901, 900] {
        let mut world = World::venue(0, 1_000);
        world.account("alice", 40_000);
        world.account("bob", 400_000);
        world.fill("BTC", "alice", "bob", 400, 1_000);
        let mut of = routes(&world, "fund", &[Route::Market]);
        of.penalty = 30_000;
        world.set_routes(of).unwrap();
        world.mark("BTC", ticks);
        let before = world.equity("alice");
        world.fill("BTC", "bob", "alice", 400, ticks);
        let (mut asked, mut charged) = (0, 0);
        for event in world.close_outs() {
            if let closeout::Event::PenaltyCharged { asked: a, charged: c, .. } = event {
                asked += a.atoms().cast_signed();
                charged += c.atoms().cast_signed();
            }
        }
        assert_eq!((world.pot("fund"), before - world.equity("alice")), (charged, charged));
        assert_eq!(charged, asked.min(before), "at {ticks}");
        assert_eq!(world.engine.state().losses.losses().count(), 0, "at {ticks}");
        full += u32::from(asked > 0 && charged == asked);
        cut += u32::from(charged < asked);
    }
    assert!(full > 1 && cut > 1, "{full} in full, {cut} cut");
}

/// T6 (percolator 2025): saturating sums and x / 0 = 0 hid wrong totals. At the bounds of prices
/// and lots a fill is exact to the atom or refused; nobody on the other side, and nothing to
/// divide by, leaves the loss uncovered by its name.
#[test]
fn t06_exact_at_the_bounds_and_nothing_to_divide_by() {
    let most = 1_000_000_000_000_000;
    let mut world = World::venue(0, 1_000);
    world.list(MarketSpec {
        max_price: Price::new(most).unwrap(),
        max_position: most,
        max_open: most,
        ..perpetual("BIG")
    });
    world.mark("BIG", most);
    let cash = 2 * 10u128.pow(29);
    world.account("alice", cash);
    world.account("bob", cash);
    let all = i64::try_from(most).unwrap();
    let refused = world.try_fill("BIG", "alice", "bob", all, most).unwrap_err();
    assert_eq!(refused.code(), "balance-above-bound", "{refused}");
    world.fill("BIG", "alice", "bob", all / 2, most);
    world.mark("BIG", most - 1);
    let moved = i128::from(all / 2);
    let cash = cash.cast_signed();
    assert_eq!((world.equity("alice"), world.equity("bob")), (cash - moved, cash + moved));
    let market = world.market_id("BIG");
    for atoms_per_lot in [i64::MAX, i64::MIN, all + 1] {
        let refused = world.market_do(market::Command::Fund { market, atoms_per_lot });
        assert_eq!(refused.unwrap_err().code(), "funding-above-bound");
    }
    let heavy = MarketSpec { unit: 2, max_price: Price::new(most).unwrap(), ..perpetual("X") };
    let value = 2 * u128::from(most);
    assert_eq!(heavy.check(), Err(Flaw::LotValueAboveBound { value, max: most }));

    // The one who won is gone: his basis is nothing, and the rest has a name.
    let mut world = World::venue(0, 1_000);
    world.account("alice", 10_000);
    world.account("bob", 10_000);
    world.fill("BTC", "alice", "bob", 100, 1_000);
    world.boundary();
    world.tick(9 * HOUR);
    world.mark("BTC", 850);
    world.loss_of("L", "alice");
    world.account("maker", 1_000_000);
    world.boundary();
    world.fill("BTC", "maker", "book/L", 100, 800);
    let loss = world.loss("L");
    assert_eq!(loss.stage, Stage::Settled);
    assert_eq!(loss.received().atoms() + loss.uncovered.atoms(), loss.deficit.atoms());
    assert_eq!(world.uncovered().unsigned_abs(), loss.uncovered.atoms());
}

/// T7 (percolator's index, Drift, Mango): a loss spread by contracts charged holders who had made
/// nothing, out of principal. Here the hole is larger than every gain, and still who is flat, who
/// lost and who came later pay nothing: the rest is uncovered.
#[test]
fn t07_no_flat_or_losing_holder_pays_a_gains_haircut() {
    let mut world = World::venue(0, 1_000);
    world.list(perpetual("ETH"));
    world.mark("ETH", 1_000);
    for (text, cash) in [("alice", 42_000), ("bob", 100_000), ("carol", 100_000), ("dan", 90_000)] {
        world.account(text, cash);
    }
    world.fill("BTC", "alice", "bob", 100, 1_000);
    // Carol holds the same contracts on Bob's side, and lost more in ETH.
    world.fill("BTC", "alice", "carol", 300, 1_000);
    world.fill("ETH", "carol", "bob", 300, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * HOUR);
    world.mark("ETH", 800);
    world.mark("BTC", 850);
    world.loss_of("L", "alice");
    let before = ["carol", "dan"].map(|text| world.equity(text));
    assert_eq!(world.session_gain("carol"), -15_000);
    world.account("hugo", 10_000_000);
    world.fill("BTC", "hugo", "book/L", 400, 800);
    let loss = world.loss("L");
    assert_eq!((loss.stage, loss.deficit.atoms()), (Stage::Settled, 38_000));
    assert_eq!(["carol", "dan"].map(|text| world.equity(text)), before);
    assert_eq!(world.equity("hugo"), 10_000_000 + 400 * 50, "a newcomer's bargain is his");
    world.check_paid("L", &[("bob", 38_000)]);
}
