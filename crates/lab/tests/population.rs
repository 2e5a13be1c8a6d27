//! What holds in every population, and that each model's numbers come out as its words say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rhodian_core::ids::Time;
use rhodian_core::units::Price;
use rhodian_lab::error::LabError;
use rhodian_lab::options::OptionsModel;
use rhodian_lab::population::model::{
    EquityModel, LegModel, LeverageModel, Past, PopulationModel, Shares,
};
use rhodian_lab::population::{AccountKind, Cohort, Standing};
use rhodian_lab::quantiles::Quantiles;
use rhodian_lab::seed::Seed;
use rhodian_lab::valuation::Valuation;
use rhodian_lab::world::{Schedules, Simulated, World};

/// A world with a path of a few ticks, for tests of its people.
fn small(accounts: u32, perpetuals: u32, twins: u32, rounds: u32) -> Simulated {
    let mut world = Simulated::book(accounts);
    world.perpetuals = perpetuals;
    world.twins.count = twins;
    world.population.past.rounds = rounds;
    if twins == 0 {
        world.population.shares.hedged = 0;
    }
    for segment in &mut world.prices.segments {
        segment.ticks = 2;
    }
    world
}

/// Every law of a population; `Err` names the one that is broken.
fn lawful(world: &World) -> Result<(), String> {
    let population = &world.population;
    let start = world.start();
    let mut net = vec![0i128; world.markets.len()];
    let mut filled: Vec<Vec<i64>> = vec![vec![0; world.markets.len()]; population.accounts.len()];
    let mut opened = 0;
    let mut rounds = Vec::new();
    for (number, round) in (0..).zip(&population.rounds) {
        let (marks, vols) = (round.marks.clone(), start.volatilities().to_vec());
        rounds.push(Valuation::new(&world.markets, marks, vols, round.at));
        if rounds[rounds.len() - 1].marks() != round.marks {
            return Err(format!("round {number} has marks that the lab's model does not give"));
        }
        if round.accounts.start != opened {
            return Err(format!("round {number} does not follow the one before"));
        }
        opened = round.accounts.end;
        for fill in &population.fills[round.fills.clone()] {
            let inside = |account: u32| round.accounts.contains(&account);
            if !inside(fill.buyer) || !inside(fill.seller) || fill.buyer == fill.seller {
                return Err(format!("{fill:?} is not between two accounts of round {number}"));
            }
            if fill.lots.lots() <= 0 || fill.price != round.marks[fill.market as usize] {
                return Err(format!("{fill:?} has no lots or not the round's mark"));
            }
            filled[fill.buyer as usize][fill.market as usize] += fill.lots.lots();
            filled[fill.seller as usize][fill.market as usize] -= fill.lots.lots();
        }
        if round.marks.iter().any(|mark| mark.ticks() == 0) {
            return Err(format!("round {number} has a mark of zero"));
        }
    }
    if opened as usize != population.accounts.len() {
        return Err("accounts outside every round".into());
    }
    for (place, account) in (0..).zip(&population.accounts) {
        let mut held = vec![0; world.markets.len()];
        for leg in population.legs(place) {
            if leg.lots.is_flat() || held[leg.market as usize] != 0 {
                return Err(format!("account {place} has an empty or a second leg"));
            }
            held[leg.market as usize] = leg.lots.lots();
            net[leg.market as usize] += i128::from(leg.lots.lots());
        }
        if held != filled[place as usize] {
            return Err(format!("account {place} holds what its fills do not give"));
        }
        if account.deposit.is_zero() {
            return Err(format!("account {place} deposits nothing"));
        }
        if account.kind == AccountKind::Isolated && population.legs(place).len() > 1 {
            return Err(format!("isolated account {place} has several legs"));
        }
        let opening = &rounds[account.round as usize];
        let at = |then| population.standing(place, &world.markets, then).ok_or("no account");
        let (open, now) = (at(opening)?, at(&start)?);
        if open.equity < open.initial.cast_signed() {
            return Err(format!("account {place} opens below initial margin: {open:?}"));
        }
        if now.equity <= now.maintenance.cast_signed() && now.gross > 0 {
            return Err(format!("account {place} starts at or below maintenance: {now:?}"));
        }
    }
    if net.iter().any(|lots| *lots != 0) {
        return Err(format!("open lots do not sum to zero: {net:?}"));
    }
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_population_is_lawful(
        seed in any::<u64>(),
        accounts in 2u32..400,
        perpetuals in 1u32..40,
        twins in 0u32..3,
        rounds in 1u32..5,
        most in 1u32..30,
        by_depth in any::<bool>(),
        options in any::<bool>(),
    ) {
        let mut model = small(accounts, perpetuals, twins.min(perpetuals), rounds);
        model.population.legs.most = most.max(2);
        if options {
            model.options = Some(OptionsModel::default());
            model.population.shares.options = 100_000;
        }
        if by_depth {
            model.schedules = Schedules::ByDepth;
        }
        match model.draw(Seed(seed)) {
            Ok(world) => {
                prop_assert_eq!(world.population.accounts.len(), accounts as usize);
                prop_assert_eq!(lawful(&world), Ok(()));
                let most = model.population.legs.most as usize;
                let longest = (0..accounts).map(|at| world.population.legs(at).len()).max();
                prop_assert!(longest <= Some(most), "{:?} legs", longest);
                let leverage = model.population.leverage.most();
                for (place, account) in (0..).zip(&world.population.accounts) {
                    // One lot may be worth more than a small account wants; margin still bounds it.
                    let limit = if account.cohort == Cohort::Near { 200.0 } else { leverage };
                    let found = world.population.standing(place, &world.markets, &world.start());
                    let Standing { equity, gross, .. } = found.expect("an account");
                    let leverage = gross as f64 / equity as f64;
                    prop_assert!(leverage <= limit * 1.000_001, "{} of {:?}", leverage, account);
                }
            }
            Err(LabError::TooFewAccounts { needed, given }) => {
                prop_assert!(needed > given && given == accounts);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// The value below which a share of `values` lies.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[(share * (values.len() - 1) as f64) as usize]
}

/// 30,000 accounts in one round: shares, legs, leverage and sizes as their models say.
#[test]
fn models_come_out_as_their_words_say() {
    let world = small(30_000, 48, 2, 1).draw(Seed(5)).unwrap();
    lawful(&world).unwrap();
    let population = &world.population;
    let share = |wanted: &dyn Fn(u32) -> bool| {
        (0..30_000).filter(|place| wanted(*place)).count() as f64 / 30_000.0
    };
    let cohort = |cohort: Cohort| share(&|at| population.accounts[at as usize].cohort == cohort);
    for (name, found, asked) in [
        ("hedged", cohort(Cohort::Hedged), 0.05),
        ("whales", cohort(Cohort::Whale), 0.01),
        ("near", cohort(Cohort::Near), 0.05),
        ("flat", cohort(Cohort::Flat), 0.02),
        (
            "isolated",
            share(&|at| population.accounts[at as usize].kind == AccountKind::Isolated),
            0.25,
        ),
    ] {
        assert!((found - asked).abs() < 0.005, "{name}: {found} where {asked} is asked");
    }
    let traders = |at: &u32| {
        let account = population.accounts[*at as usize];
        account.cohort == Cohort::Trader && account.kind == AccountKind::Cross
    };
    let legs: Vec<f64> =
        (0..30_000).filter(traders).map(|at| population.legs(at).len() as f64).collect();
    let mean = legs.iter().sum::<f64>() / legs.len() as f64;
    assert!((mean - 4.0).abs() < 0.1, "mean of {mean} legs");
    let holders =
        |market: u32| share(&|at| population.legs(at).iter().any(|leg| leg.market == market));
    let (first, tenth) = (holders(0), holders(9));
    assert!(first > 0.4 && first < 0.6 && tenth > 0.05 && tenth < 0.2, "{first} and {tenth}");
    let start = world.start();
    let standing = |at: u32| population.standing(at, &world.markets, &start).unwrap();
    let mut leverage: Vec<f64> = (0..30_000)
        .filter(|at| population.accounts[*at as usize].cohort == Cohort::Trader)
        .map(|at| standing(at).gross as f64 / standing(at).equity as f64)
        .collect();
    // The mixture's own quartiles are 0.51, 1.4 and 6; whole lots and margins pull a little.
    for (share, low, high) in [(0.25, 0.35, 0.6), (0.5, 1.1, 1.8), (0.75, 4.5, 7.0)] {
        let found = quantile(&mut leverage, share);
        assert!(low < found && found < high, "quantile {share} of leverage is {found}");
    }
}

/// Those near maintenance stand inside their band, and all of them would fail by a small move
/// against them.
#[test]
fn near_accounts_stand_in_their_band() {
    for schedules in [Schedules::Book, Schedules::ByDepth] {
        let mut model = small(6_000, 20, 2, 3);
        model.schedules = schedules;
        let world = model.draw(Seed(9)).unwrap();
        let (least, most) = model.population.shares.band;
        let mut count = 0;
        for (place, account) in (0..).zip(&world.population.accounts) {
            if account.cohort != Cohort::Near {
                continue;
            }
            count += 1;
            let at = world.population.standing(place, &world.markets, &world.start()).unwrap();
            let above = (at.equity - at.maintenance.cast_signed()) as f64 / at.gross as f64;
            let band = f64::from(least) / 1e6 - 1e-6..f64::from(most) / 1e6 + 1e-6;
            assert!(band.contains(&above), "{above} above maintenance is outside {band:?}");
        }
        assert!((250..350).contains(&count), "{count} near accounts where 300 are asked");
    }
}

#[test]
fn hedged_accounts_hold_opposite_lots_of_twins() {
    let world = small(3_000, 10, 2, 3).draw(Seed(2)).unwrap();
    let mut hedged = 0;
    for (place, account) in (0..).zip(&world.population.accounts) {
        if account.cohort == Cohort::Hedged {
            hedged += 1;
            let legs = world.population.legs(place);
            assert_eq!(legs.len(), 2);
            assert_eq!(legs[0].lots, legs[1].lots.opposite());
            let base = world.markets[legs[1].market as usize].base;
            assert_eq!(base, Some(legs[0].market));
        }
    }
    assert!(hedged > 100, "{hedged}");
}

#[test]
fn owners_are_dense_and_have_one_cross_account() {
    let population = small(2_000, 10, 0, 2).draw(Seed(3)).unwrap().population;
    let cross: Vec<u32> = population
        .accounts
        .iter()
        .filter(|account| account.kind == AccountKind::Cross)
        .map(|account| account.owner)
        .collect();
    assert_eq!(cross, (0..population.owners).collect::<Vec<_>>());
    let isolated = population.accounts.iter().filter(|a| a.kind == AccountKind::Isolated);
    let owners: BTreeSet<u32> = isolated.map(|account| account.owner).collect();
    assert!(owners.len() > 100 && owners.iter().all(|owner| *owner < population.owners));
}

/// Sellers are short, buyers long, both in options only; and a seller loses faster the further
/// the base moves, which is what they are there for.
#[test]
fn option_accounts_trade_options() {
    let mut model = small(3_000, 10, 2, 2);
    model.options = Some(OptionsModel { bases: 2, ..OptionsModel::default() });
    model.population.shares.options = 100_000;
    let world = model.draw(Seed(6)).unwrap();
    lawful(&world).unwrap();
    assert_eq!(world.markets.len(), 12 + 2 * 20);
    let start = world.start();
    let moved = |share: f64| {
        let marks = start
            .marks()
            .iter()
            .map(|mark| Price::new((mark.ticks() as f64 * (1.0 - share)) as u64).unwrap());
        let vols = start.volatilities().to_vec();
        Valuation::new(&world.markets, marks.collect(), vols, start.at())
    };
    let (little, much) = (moved(0.05), moved(0.1));
    let (mut sellers, mut buyers, mut worse) = (0, 0, 0);
    for (place, account) in (0..).zip(&world.population.accounts) {
        let long = match account.cohort {
            Cohort::OptionSeller => false,
            Cohort::OptionBuyer => true,
            _ => continue,
        };
        let legs = world.population.legs(place);
        assert!((1..=4).contains(&legs.len()));
        for leg in legs {
            assert!(world.markets[leg.market as usize].underlying().is_some());
            assert_eq!(leg.lots.lots() > 0, long);
        }
        let at = |then| world.population.standing(place, &world.markets, then).unwrap().equity;
        if long {
            buyers += 1;
            assert!(at(&much) > 0, "a buyer loses no more than he paid");
        } else {
            sellers += 1;
            let (now, then, last) = (at(&start), at(&little), at(&much));
            worse += usize::from(then - last > now - then);
        }
    }
    assert!((140..220).contains(&sellers) && (90..150).contains(&buyers), "{sellers} {buyers}");
    assert!(worse == sellers, "only {worse} of {sellers} sellers lose faster");
}

/// A model draws from a stream of its own: what one account deposits does not depend on how many
/// legs another has.
#[test]
fn one_model_does_not_shift_another() {
    let first = small(500, 10, 0, 1);
    let mut second = first.clone();
    second.population.leverage = LeverageModel::retail();
    let (first, second) = (first.draw(Seed(4)).unwrap(), second.draw(Seed(4)).unwrap());
    let shape = |world: &World| {
        let account = |at: u32| {
            let legs = world.population.legs(at).iter();
            let kind = world.population.accounts[at as usize].cohort;
            (kind, legs.map(|leg| (leg.market, leg.lots.lots() > 0)).collect::<Vec<_>>())
        };
        // All but the maker, who takes what is left.
        (0..499).map(account).collect::<Vec<_>>()
    };
    assert_eq!(shape(&first), shape(&second));
    assert_ne!(first.digest(), second.digest());
}

#[test]
fn models_out_of_range_are_refused() {
    type Change = fn(&mut PopulationModel);
    let cases: &[(&str, Change)] = &[
        ("shares of kinds", |model| model.shares.isolated = 950_000),
        ("option accounts", |model| model.shares.options = 1),
        ("band above maintenance", |model| model.shares.band = (0, 10)),
        ("band above maintenance", |model| model.shares.band = (20, 10)),
        ("accounts near maintenance", |model| model.shares.near = 400_000),
        ("rounds of the past", |model| model.past.rounds = 0),
        ("time between rounds", |model| model.past.apart_ms = 0),
        ("walk between rounds", |model| model.past.walk = f64::NAN),
        ("falling markets", |model| model.past.falling = 1_000_001),
        ("agreement", |model| model.agreement = 400_000),
        ("legs", |model| model.legs = LegModel { mean: 0.5, most: 3 }),
        ("popularity", |model| model.popularity.exponent = -1.0),
        ("equity", |model| {
            let quantiles = Quantiles::log_uniform(0.1, 10.0).unwrap();
            model.equity = EquityModel { name: "poor", quantiles };
        }),
    ];
    for (parameter, change) in cases {
        let mut model = small(1_000, 10, 2, 3);
        change(&mut model.population);
        let refusal = model.draw(Seed(1)).unwrap_err().to_string();
        assert!(refusal.starts_with(parameter), "{refusal} does not name {parameter}");
    }
    let mut alone = small(1_000, 10, 0, 3);
    alone.population.shares = Shares::default();
    assert!(alone.draw(Seed(1)).unwrap_err().to_string().starts_with("hedged accounts"));
    let early = PopulationModel { past: Past::default(), ..PopulationModel::of(100) };
    let world = small(1_000, 3, 0, 1).draw(Seed(1)).unwrap();
    let marks = world.start().marks().to_vec();
    let refusal = rhodian_lab::population::build(
        &PopulationModel { shares: Shares { hedged: 0, ..Shares::default() }, ..early },
        &world.markets,
        &Valuation::new(&world.markets, marks, Vec::new(), Time(5)),
        Seed(1),
    );
    assert!(refusal.unwrap_err().to_string().starts_with("start of the path"));
}
