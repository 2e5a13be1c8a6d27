//! The risk book against a slow list of accounts: whoever is below maintenance is found, nobody
//! else is, after every event and every tick, however it was found.

#[path = "../benches/books/mod.rs"]
mod books;

use books::slow::SlowBook;
use books::{Held, Rng, Shape, World, rates};
use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::margin::watch::{Bracket, MarketRates, Refused, RiskBook, Standing};
use rhodian_core::margin::{Level, tiered};
use rhodian_core::market::Tier;
use rhodian_core::units::Amount;

const ALICE: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);
const CAROL: AccountId = AccountId(2);
const BTC: MarketId = MarketId(0);
const ETH: MarketId = MarketId(1);

fn never() -> Standing {
    panic!("no account of this test stands on the side")
}

fn flat_rate(rate: u32) -> [Bracket; 1] {
    [Bracket { above: 0, rate }]
}

fn priced(book: &mut RiskBook, prices: &[(MarketId, i64)]) -> Vec<AccountId> {
    let prices: Vec<_> = prices.iter().map(|(market, gross)| (*market, rates(*gross, 0))).collect();
    book.set_prices(&prices, |_| never()).unwrap();
    book.below().collect()
}

/// Alice is long 30 lots bought at 100 with 300 atoms, Bob short; 5 % is to be held. Alice's health
/// is 300 - 30 (100 - p) - 1.5 p.
#[test]
fn the_first_price_below_maintenance_and_below_zero() {
    let mut book = RiskBook::new();
    book.add_market(BTC, &flat_rate(50_000)).unwrap();
    assert_eq!(priced(&mut book, &[(BTC, 100)]), []);
    book.set_account(ALICE, 300 - 3_000, &[(BTC, 30)], never);
    book.set_account(BOB, 3_000 + 3_000, &[(BTC, -30)], never);
    book.certify_all();
    assert_eq!(priced(&mut book, &[(BTC, 95)]), [], "equity 150 of 142.5");
    assert_eq!(priced(&mut book, &[(BTC, 94)]), [ALICE], "equity 120 of 141");
    assert_eq!(book.standing(ALICE), Standing::Below);
    assert_eq!(priced(&mut book, &[(BTC, 90)]), [ALICE], "equity 0");
    assert_eq!(book.standing(ALICE), Standing::Below);
    assert_eq!(priced(&mut book, &[(BTC, 89)]), [ALICE], "equity -30");
    assert_eq!(book.negative().collect::<Vec<_>>(), [ALICE]);
    assert_eq!(priced(&mut book, &[(BTC, 95)]), [], "and back");
    assert_eq!(priced(&mut book, &[(BTC, 190)]), [], "Bob: equity 300 of 285");
    assert_eq!(priced(&mut book, &[(BTC, 191)]), [BOB], "Bob: equity 270 of 286.5");
}

/// A lot of ETH falls while BTC rises by as much: nothing is lost, though both moved far.
#[test]
fn all_prices_of_a_tick_count_at_once() {
    let mut book = RiskBook::new();
    book.add_market(BTC, &flat_rate(10_000)).unwrap();
    book.add_market(ETH, &flat_rate(10_000)).unwrap();
    priced(&mut book, &[(BTC, 1_000), (ETH, 1_000)]);
    book.set_account(ALICE, 60 - 2_000, &[(BTC, 1), (ETH, 1)], never);
    book.certify_all();
    assert_eq!(priced(&mut book, &[(BTC, 1_500), (ETH, 500)]), []);
    assert_eq!(priced(&mut book, &[(ETH, 459)]), [ALICE]);
}

/// 1 % up to 1,000 atoms, 5 % above: the slope of the requirement grows inside a certificate.
#[test]
fn the_requirement_grows_with_size_between_ticks() {
    let brackets = [Bracket { above: 0, rate: 10_000 }, Bracket { above: 1_000, rate: 50_000 }];
    for end in 101..400 {
        let mut book = RiskBook::new();
        book.add_market(BTC, &brackets).unwrap();
        priced(&mut book, &[(BTC, 100)]);
        // Requires 10 now; at 200 atoms a lot, 10 + 50.
        book.set_account(BOB, 2_060, &[(BTC, -10)], never);
        book.certify_all();
        let below = priced(&mut book, &[(BTC, end)]);
        assert_eq!(below.contains(&BOB), end > 200, "at {end}");
    }
}

#[test]
fn funding_alone_brings_below_and_back() {
    let mut book = RiskBook::new();
    book.add_market(BTC, &flat_rate(50_000)).unwrap();
    priced(&mut book, &[(BTC, 100)]);
    book.set_account(ALICE, 300 - 3_000, &[(BTC, 30)], never);
    book.set_account(BOB, 3_000 + 300, &[(BTC, -30)], never);
    book.certify_all();
    for (funding, below) in
        [(5, vec![]), (6, vec![ALICE]), (5, vec![]), (0, vec![]), (-5, vec![]), (-6, vec![BOB])]
    {
        book.set_prices(&[(BTC, rates(100, funding))], |_| never()).unwrap();
        assert_eq!(book.below().collect::<Vec<_>>(), below, "funding of {funding}");
    }
}

#[test]
fn what_fits_no_slab_stands_on_the_side() {
    let mut book = RiskBook::new();
    let markets: Vec<MarketId> = (0..32).map(MarketId).collect();
    for market in &markets {
        book.add_market(*market, &flat_rate(50_000)).unwrap();
    }
    let legs: Vec<(MarketId, i64)> = markets.iter().map(|market| (*market, 1)).collect();
    book.set_account(ALICE, 0, &legs, || Standing::Below);
    book.set_account(BOB, 1 << 64, &[], || Standing::Negative);
    book.set_aside(CAROL, Standing::Sound);
    assert_eq!(book.below().collect::<Vec<_>>(), [ALICE, BOB]);
    assert_eq!(book.negative().collect::<Vec<_>>(), [BOB]);
    let mut asked = Vec::new();
    let tick = book.set_prices(&[], |account| {
        asked.push(account);
        if account == CAROL { Standing::Negative } else { Standing::Sound }
    });
    tick.unwrap();
    assert_eq!(asked, [ALICE, BOB, CAROL]);
    assert_eq!(book.below().collect::<Vec<_>>(), [CAROL]);
    // Back from the side: 31 legs and 64 bits fit.
    book.set_account(CAROL, -1, &legs[..31], never);
    assert_eq!(book.standing(CAROL), Standing::Negative, "no market has a mark: only cash counts");
    book.remove(CAROL);
    assert_eq!(book.below().count(), 0);
}

#[test]
fn refusals_change_nothing() {
    let mut book = RiskBook::new();
    let brackets = |list: &[(u128, u32)]| -> Vec<Bracket> {
        list.iter().map(|(above, rate)| Bracket { above: *above, rate: *rate }).collect()
    };
    for flawed in [&[][..], &[(1, 5)], &[(0, 5), (0, 6)], &[(0, 5), (9, 4)], &[(0, 1_000_001)]] {
        let refused = book.add_market(BTC, &brackets(flawed));
        assert_eq!(refused, Err(Refused::Brackets { market: BTC }), "{flawed:?}");
    }
    book.add_market(BTC, &flat_rate(5)).unwrap();
    let twice = book.add_market(BTC, &flat_rate(5));
    assert_eq!(twice, Err(Refused::MarketTwice { market: BTC }));
    book.set_account(ALICE, 0, &[(BTC, 1)], never);
    for flawed in [rates(-1, 0), rates(10i64.pow(15) + 1, 0), rates(1, -(10i64.pow(15)) - 1)] {
        let refused = book.set_prices(&[(BTC, rates(1, 9)), (BTC, flawed)], |_| never());
        assert_eq!(refused, Err(Refused::Rates { market: BTC }));
        assert_eq!(book.below().count(), 0);
    }
}

/// The book's brackets and the venue's tiers are one requirement, to the atom.
#[test]
fn it_requires_what_the_tiers_of_a_market_require() {
    let tiers = [(0, 5_001), (70_001, 10_003), (350_007, 25_009)].map(|(above, rate)| Tier {
        above: Amount::from(above),
        initial: 2 * rate,
        maintenance: rate,
    });
    let bracket = |tier: &Tier| Bracket { above: tier.above.atoms(), rate: tier.maintenance };
    let mut book = RiskBook::new();
    book.add_market(BTC, &tiers.iter().map(bracket).collect::<Vec<_>>()).unwrap();
    priced(&mut book, &[(BTC, 7)]);
    for lots in (1..100_000).step_by(37) {
        for side in [-1, 1] {
            let required = tiered(&tiers, lots * 7, Level::Maintenance) as i128;
            let value = i64::try_from(lots * 7).unwrap() * side;
            for (missing, standing) in [(0, Standing::Sound), (1, Standing::Below)] {
                let cash = required - i128::from(value) - missing;
                book.set_account(ALICE, cash, &[(BTC, lots as i64 * side)], never);
                assert_eq!(book.standing(ALICE), standing, "{lots} lots, side {side}");
            }
        }
    }
}

/// The largest legs the bounds admit, at the largest prices.
#[test]
fn sums_at_the_bounds_are_exact() {
    let most = 10i64.pow(15);
    let mut book = RiskBook::new();
    let markets: Vec<MarketId> = (0..31).map(MarketId).collect();
    for market in &markets {
        book.add_market(*market, &flat_rate(1_000_000)).unwrap();
    }
    for (side, funding, standing) in [
        (1, most, Standing::Negative),
        (-1, -most, Standing::Negative),
        (1, -most, Standing::Sound),
    ] {
        let legs: Vec<_> = markets.iter().map(|market| (*market, side * most)).collect();
        book.set_account(ALICE, i128::from(i64::MIN), &legs, never);
        for gross in [most, 0, most] {
            let prices: Vec<_> = markets.iter().map(|m| (*m, rates(gross, funding))).collect();
            book.set_prices(&prices, |_| never()).unwrap();
            book.pass();
        }
        assert_eq!(book.standing(ALICE), standing, "side {side}, funding {funding}");
    }
}

/// One random event on a random account, in the world and in the book.
fn random_event(world: &mut World, book: &mut RiskBook, rng: &mut Rng) {
    let account = AccountId(rng.below(world.accounts.len() as u64) as u32);
    match rng.below(8) {
        0 => {
            world.accounts[account.index()] = Held::default();
            book.remove(account);
        }
        1..4 => {
            let mut held = world.random_held(rng);
            let part = 0.03 * rng.unit() - 0.005;
            world.put_near(&mut held, part);
            world.accounts[account.index()] = held;
        }
        _ => return add_lots(world, book, rng, account),
    }
    set(world, book, account);
}

fn set(world: &World, book: &mut RiskBook, account: AccountId) {
    let held = &world.accounts[account.index()];
    book.set_account(account, held.cash, &held.legs, || world.standing(account));
}

fn add_lots(world: &mut World, book: &mut RiskBook, rng: &mut Rng, account: AccountId) {
    let market = MarketId(rng.below(world.rates.len() as u64) as u32);
    let MarketRates { gross, funding } = world.rates[market.index()];
    let held = &mut world.accounts[account.index()];
    let found = held.legs.iter().position(|leg| leg.0 == market);
    let before = found.map_or(0, |place| held.legs[place].1);
    let lots = if rng.below(3) == 0 { -before } else { rng.below(2_000) as i64 - 1_000 };
    let cost = lots * (gross - funding);
    held.legs.retain(|leg| leg.0 != market);
    if before + lots != 0 {
        held.legs.push((market, before + lots));
        held.legs.sort_unstable();
    }
    held.cash -= i128::from(cost);
    if !book.set_leg(account, held.cash, (market, before + lots)) {
        set(world, book, account);
    }
}

/// The world's next prices: calm, wild, a crash or a squeeze, and sometimes funding.
fn random_prices(world: &mut World, rng: &mut Rng, regime: u64) -> Vec<(MarketId, MarketRates)> {
    let (deviation, drift) = match regime {
        0..8 => (0.000_14, 0.0),
        8..10 => (0.001, 0.0),
        10 => (0.003, 0.0),
        11 => (0.002, -0.002),
        12 => (0.002, 0.002),
        13 => (0.05, 0.0),
        _ => (0.0, 0.0),
    };
    world.step(rng, deviation, drift);
    if rng.below(20) == 0 {
        for rates in &mut world.rates {
            let part = (rng.normal() * 0.001 * rates.gross as f64) as i64;
            rates.funding = (rates.funding + part).clamp(-(1 << 40), 1 << 40);
        }
    }
    let mut prices = world.prices();
    if rng.below(4) == 0 {
        // A single market: the others keep what the book knows.
        let market = rng.below(prices.len() as u64) as usize;
        prices = vec![prices[market]];
    }
    prices
}

struct Count {
    ticks: usize,
    passes: usize,
    found: usize,
}

/// Random ticks and events; who is below is compared after each, everyone with the exact pass,
/// and every `slow_every`th tick with the slow book.
fn compare(shape: Shape, seed: u64, ticks: usize, slow_every: usize) -> Count {
    let mut world = World::new(shape, seed);
    for account in (0..shape.accounts).step_by(97) {
        world.accounts[account].cash += 1 << 70;
    }
    let mut book = world.book();
    let mut rng = Rng::new(seed ^ 0x5eed);
    let mut known = world.rates.clone();
    let mut count = Count { ticks, passes: 0, found: 0 };
    let mut regime = 0;
    for tick in 0..ticks {
        if rng.below(40) == 0 {
            regime = rng.below(16);
        }
        let prices = random_prices(&mut world, &mut rng, regime);
        for (market, rates) in &prices {
            known[market.index()] = *rates;
        }
        // Markets that were not told of stand where the book knows them.
        let ahead = std::mem::replace(&mut world.rates, known.clone());
        let done = book.set_prices(&prices, |account| world.standing(account)).unwrap();
        count.passes += usize::from(done.passed);
        for _ in 0..rng.below(4) {
            random_event(&mut world, &mut book, &mut rng);
        }
        let below: Vec<AccountId> = book.below().collect();
        assert_eq!(below, world.below(), "seed {seed}, tick {tick}");
        if tick % slow_every == 0 {
            let slow = SlowBook::new(&world);
            assert_eq!(below, slow.below(&world.brackets, &world.rates), "seed {seed}, {tick}");
            let negative: Vec<_> = book.negative().collect();
            let owing = |account: &&AccountId| world.standing(**account) == Standing::Negative;
            assert!(below.iter().filter(owing).eq(&negative), "seed {seed}, tick {tick}");
            check_holders(&world, &book);
        }
        count.found += below.len();
        // Most of those below are liquidated; the rest must be found below, or sound again.
        for account in below.into_iter().filter(|account| account.0 % 8 != 0) {
            let mut held = world.random_held(&mut rng);
            world.put_near(&mut held, 0.001 + 0.05 * rng.unit());
            world.accounts[account.index()] = held;
            set(&world, &mut book, account);
        }
        world.rates = ahead;
    }
    count
}

/// Market by market and side by side: who is named holds lots, or stands on the side, and nobody
/// who holds lots is not named.
fn check_holders(world: &World, book: &RiskBook) {
    let aside: Vec<AccountId> = book.aside().collect();
    for market in (0..world.rates.len()).filter_map(MarketId::at) {
        for long in [false, true] {
            let mut named: Vec<_> = book.holders(market, long).collect();
            named.sort_unstable();
            let holds = |held: &Held| {
                held.legs.iter().any(|(of, lots)| *of == market && (*lots > 0) == long)
            };
            let accounts = world.accounts.iter().enumerate();
            let mut all: Vec<_> = accounts
                .filter(|(_, held)| holds(held))
                .filter_map(|(place, _)| AccountId::at(place))
                .filter(|account| !aside.contains(account))
                .chain(aside.iter().copied())
                .collect();
            all.sort_unstable();
            assert_eq!(named, all, "{market:?} long {long}");
        }
    }
}

/// A market that few of many hold is found without a look at all of them, while they come, turn
/// and leave.
#[test]
fn the_holders_of_a_rare_market_are_found() {
    let shape = Shape { markets: 2, accounts: 3_000, legs: 1.0, near: 0.0 };
    let mut world = World::new(shape, 7);
    for account in &mut world.accounts {
        account.legs = vec![(BTC, if account.cash % 2 == 0 { 1 } else { -1 })];
    }
    let mut book = world.book();
    let mut rng = Rng::new(11);
    for _ in 0..2_000 {
        let near = rng.below(3) as usize * 900 + rng.below(3) as usize;
        let account = AccountId(near as u32);
        let lots = [-3, 0, 2][rng.below(3) as usize];
        let held = &mut world.accounts[near];
        held.legs.retain(|leg| leg.0 == BTC);
        if lots != 0 {
            held.legs.push((ETH, lots));
        }
        match rng.below(4) {
            0 => {
                held.legs.clear();
                book.remove(account);
            }
            1 => set(&world, &mut book, account),
            _ => {
                if !book.set_leg(account, held.cash, (ETH, lots)) {
                    set(&world, &mut book, account);
                }
            }
        }
        check_holders(&world, &book);
    }
    let few = book.holders(ETH, true).count();
    assert!(few < 10, "{few}");
}

#[test]
fn nobody_is_missed_and_nobody_is_wrongly_found() {
    let shape = Shape { markets: 12, accounts: 1_000, legs: 4.0, near: 0.1 };
    for seed in 1..=3 {
        let count = compare(shape, seed, 1_000, 10);
        assert!(count.passes > 100 && count.passes < 900, "{} passes", count.passes);
        assert!(count.found > 1_000, "{} found", count.found);
    }
}

/// `cargo test --release -p rhodian-core --test risk_book -- --ignored --nocapture`
#[test]
#[ignore = "100,000 ticks of 10,000 accounts take minutes; .ci/full runs it"]
fn nobody_is_missed_in_a_hundred_thousand_ticks() {
    let count = compare(Shape::usual(10_000), 20_251_010, 100_000, 1_000);
    let Count { ticks, passes, found } = count;
    println!("{ticks} ticks, {passes} with a pass, {found} found below: none missed, none wrong");
}

/// A book set up at once equals one that events led to.
#[test]
fn a_rebuilt_book_equals_the_incremental_one() {
    let shape = Shape { markets: 12, accounts: 600, legs: 5.0, near: 0.2 };
    for seed in 0..8 {
        let mut world = World::new(shape, 100 + seed);
        let mut book = world.book();
        let mut rng = Rng::new(seed);
        for _ in 0..60 {
            world.step(&mut rng, 0.004, -0.001);
            book.set_prices(&world.prices(), |account| world.standing(account)).unwrap();
            for _ in 0..20 {
                random_event(&mut world, &mut book, &mut rng);
            }
        }
        let mut rebuilt = book.clone();
        let held = world.accounts.iter().enumerate();
        let all = held.map(|(id, held)| (AccountId(id as u32), held.cash, held.legs.clone()));
        rebuilt.rebuild(all, |account| world.standing(account));
        for _ in 0..60 {
            assert!(rebuilt.below().eq(book.below()), "seed {seed}");
            assert!(rebuilt.negative().eq(book.negative()), "seed {seed}");
            world.step(&mut rng, 0.004, -0.001);
            for book in [&mut book, &mut rebuilt] {
                book.set_prices(&world.prices(), |account| world.standing(account)).unwrap();
            }
        }
        assert!(book.below().eq(world.below()), "seed {seed}");
    }
}
