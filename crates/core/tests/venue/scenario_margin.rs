//! Scenario margin: portfolios whose requirement can be worked out by hand, and what holds for all.
//!
//! The spot stands at 50,000 ticks; a tick has a million units and a lot a thousand atoms a tick,
//! so one lot is worth 50,000,000 atoms.

use proptest::prelude::*;
use rhodian_core::margin::scenario::{
    BasisPair, Cell, Expiry, Fault, Grid, Linear, OptionLeg, Parameters, Portfolio, Requirement,
    Sensitivities, VolMove, requirement,
};
use rhodian_core::market::Right;
use rhodian_core::pricing::{Level, OutsideDomain, TimeToExpiry, Vanilla, Volatility};

const DAY: u64 = 86_400_000;
const TICK: u64 = 1_000_000;
const SPOT: u64 = 50_000 * TICK;
const SPOTS: &[i32] = &[-200_000, -100_000, 0, 100_000, 200_000];
const GRID: Grid<'_> =
    Grid { spots: SPOTS, vol: 300_000, vol_power_quarters: 2, vol_cap: 1_000_000 };
/// No add-ons; maintenance is 80 % of initial.
const BARE: Parameters =
    Parameters { basis: 0, concentration: 0, short_minimum: 0, maintenance: 800_000 };
/// Expiring now, in 30 days and in 120.
const EXPIRIES: &[Expiry] = &[
    Expiry { forward: 52_500 * TICK, millis: 0 },
    Expiry { forward: SPOT, millis: 30 * DAY },
    Expiry { forward: 51_000 * TICK, millis: 120 * DAY },
];

fn portfolio<'a>(linear: &'a [Linear], options: &'a [OptionLeg]) -> Portfolio<'a> {
    let (spot, units_per_tick) = (SPOT, TICK);
    Portfolio { spot, units_per_tick, expiries: EXPIRIES, linear, options, depth: None }
}

fn linear(expiry: Option<usize>, lots: i64) -> Linear {
    Linear { expiry, lots, atoms_per_tick: 1_000 }
}

fn option(expiry: usize, strike_ticks: u64, right: Right, lots: i64) -> OptionLeg {
    let strike = strike_ticks * TICK;
    OptionLeg { expiry, strike, right, volatility: 600_000, lots, atoms_per_tick: 1_000 }
}

fn bare(linear: &[Linear], options: &[OptionLeg]) -> Requirement {
    requirement(&portfolio(linear, options), &GRID, &BARE).unwrap()
}

fn profits(of: &Requirement, vol: VolMove) -> Vec<i128> {
    of.cells.iter().filter(|cell| cell.vol == vol).map(|cell| cell.profit).collect()
}

/// At expiry prices are payoffs. From 52,500, a call bought at 50,000 and one sold at 55,000 are
/// worth 2,500 ticks; the moves go to 42,000, 47,250, 52,500, 57,750 and 63,000.
#[test]
fn a_vertical_spread_loses_at_most_what_it_is_worth() {
    let spread =
        bare(&[], &[option(0, 50_000, Right::Call, 1), option(0, 55_000, Right::Call, -1)]);
    // Two options are a unit each from their prices, which is less than an atom and takes one.
    let expected = [-2_500_001, -2_500_001, 0, 2_499_999, 2_499_999];
    assert_eq!(profits(&spread, VolMove::None), expected);
    assert_eq!(spread.cells[spread.worst].spot, -200_000);
    assert_eq!((spread.grid_loss, spread.initial), (2_500_001, 2_500_001));
    assert_eq!(spread.maintenance, 2_000_001);
    // Delta is that of the long call, 52,500,000; at -20 % it foretells 10,500,000.
    assert_eq!(spread.greeks.delta, 52_500_000);
    assert_eq!(spread.acceleration.delta_loss, 10_500_000);
    assert!(!spread.acceleration.is_faster());
    assert_eq!(spread.acceleration.millionths(), Some(238_096));
}

/// Sold at the money: gamma is negative, both ways lose, and faster than delta says.
#[test]
fn a_short_straddle_loses_faster_than_its_delta() {
    let legs = [option(1, 50_000, Right::Call, -1), option(1, 50_000, Right::Put, -1)];
    let straddle = bare(&[], &legs);
    assert!(straddle.greeks.gamma < 0 && straddle.greeks.vega < 0 && straddle.greeks.theta > 0);
    // N(d1) with d1 = 0.6 sqrt(30 / 365) / 2 is 0.5343, so delta is -0.0685 of 50,000,000.
    assert!((-3_430_000..-3_420_000).contains(&straddle.greeks.delta), "{:?}", straddle.greeks);
    let worst = straddle.cells[straddle.worst];
    assert_eq!((worst.spot, worst.vol), (200_000, VolMove::Up));
    assert!(straddle.acceleration.is_faster());
    assert!(straddle.acceleration.millionths().unwrap() > 5_000_000);
    assert!(profits(&straddle, VolMove::None)[0] < 0);

    // The worst cell from the pricer itself: 60 % becomes 78 %, 50,000 becomes 60,000.
    let value = |forward: u64, volatility: u32| {
        let option = Vanilla {
            forward: Level::new(forward * TICK).unwrap(),
            strike: Level::new(SPOT).unwrap(),
            volatility: Volatility::new(volatility).unwrap(),
            time: TimeToExpiry::from_millis(30 * DAY).unwrap(),
        };
        let prices = option.prices().unwrap();
        i128::from(prices.call + prices.put)
    };
    let change = value(60_000, 780_000) - value(50_000, 600_000) + 2;
    assert_eq!(worst.profit, (-change * 1_000).div_euclid(i128::from(TICK)));
    // Bought, the same options lose at most what they cost, and more slowly than that.
    let bought = bare(&[], &legs.map(|leg| OptionLeg { lots: 1, ..leg }));
    assert!(bought.grid_loss < straddle.grid_loss);
    assert!(bought.greeks.gamma > 0);
}

/// A future in 30 days against the perpetual, one for one at one price: no move costs anything, and
/// the basis is what is left.
#[test]
fn a_hedged_future_needs_its_basis_only() {
    let legs = [linear(Some(1), 10), linear(None, -10)];
    let parameters = Parameters { basis: 5_000, ..BARE };
    let hedged = requirement(&portfolio(&legs, &[]), &GRID, &parameters).unwrap();
    assert!(hedged.cells.iter().all(|cell| cell.profit == 0));
    // 0.5 % of 500,000,000.
    let pair = BasisPair { long: Some(1), short: None, hedged: 500_000_000, charge: 2_500_000 };
    assert_eq!(hedged.basis_pairs, [pair]);
    assert_eq!((hedged.basis, hedged.initial), (2_500_000, 2_500_000));
    assert_eq!(hedged.maintenance, 2_000_000);
    assert_eq!(hedged.acceleration.loss, 0);

    // Two shorts of different expiries against one long, in the order of the expiries.
    let legs = [linear(Some(1), 10), linear(None, -4), linear(Some(2), -10)];
    let hedged = requirement(&portfolio(&legs, &[]), &GRID, &parameters).unwrap();
    let sizes: Vec<_> = hedged.basis_pairs.iter().map(|p| (p.short, p.hedged)).collect();
    assert_eq!(sizes, [(None, 200_000_000), (Some(2), 300_000_000)]);
}

#[test]
fn a_naked_perpetual_needs_its_worst_move() {
    let long = bare(&[linear(None, 3)], &[]);
    let fifth = 30_000_000;
    assert_eq!(profits(&long, VolMove::None), [-fifth, -fifth / 2, 0, fifth / 2, fifth]);
    assert_eq!(long.cells[0], Cell { spot: -200_000, vol: VolMove::Down, profit: -fifth });
    assert_eq!(long.initial, 30_000_000);
    assert_eq!(long.greeks.delta, 150_000_000);
    assert_eq!(long.acceleration.millionths(), Some(1_000_000));
    assert!(!long.acceleration.is_faster());
}

#[test]
fn size_against_depth_is_charged_by_its_square() {
    let parameters = Parameters { concentration: 20_000, ..BARE };
    let needed = |lots, depth| {
        let legs = [linear(None, lots)];
        let portfolio = Portfolio { depth, ..portfolio(&legs, &[]) };
        requirement(&portfolio, &GRID, &parameters).unwrap().concentration
    };
    // 2 % of the depth at a delta of the depth: 10 lots, 500,000,000.
    assert_eq!(needed(10, Some(500_000_000)), 10_000_000);
    assert_eq!(needed(20, Some(500_000_000)), 40_000_000);
    assert_eq!(needed(-20, Some(500_000_000)), 40_000_000);
    assert_eq!(needed(10, Some(5_000_000_000)), 1_000_000);
    assert_eq!(needed(20, None), 0);
}

/// A call at nearly twice the forward at 10 % volatility: no move of the grid reaches it.
#[test]
fn a_short_option_beyond_the_grid_needs_its_minimum() {
    let legs = [option(1, 99_000, Right::Call, -2)];
    let legs = legs.map(|leg| OptionLeg { volatility: 100_000, ..leg });
    let parameters = Parameters { short_minimum: 10_000, ..BARE };
    let short = requirement(&portfolio(&[], &legs), &GRID, &parameters).unwrap();
    // 1 % of two lots of 50,000,000.
    assert_eq!((short.short_minimum, short.initial), (1_000_000, 1_000_000));
    assert!(short.grid_loss <= 1);
    let long = legs.map(|leg| OptionLeg { lots: 2, ..leg });
    let long = requirement(&portfolio(&[], &long), &GRID, &parameters).unwrap();
    assert_eq!(long.short_minimum, 0);
}

/// Volatility moves by 30 % at 30 days, half of it at 120, and not at all in price at expiry.
#[test]
fn volatility_moves_less_far_out() {
    assert_eq!(GRID.vol_part(30 * DAY), 300_000);
    assert_eq!(GRID.vol_part(120 * DAY), 150_000);
    assert_eq!(GRID.vol_part(0), GRID.vol_cap);
    let flat = Grid { vol_power_quarters: 0, ..GRID };
    assert_eq!(flat.vol_part(3 * DAY), 300_000);
    let quick = Grid { vol_power_quarters: 4, ..GRID };
    assert_eq!(quick.vol_part(15 * DAY), 600_000);
    let near = bare(&[], &[option(1, 50_000, Right::Put, -1)]);
    let [down, none, up] = VolMove::ALL.map(|vol| profits(&near, vol)[2]);
    assert!(down > none && none == 0 && none > up);
}

/// A short call 60 times out of the money has no price after a fall, and counts as the forward.
#[test]
fn beyond_the_domain_the_bound_counts() {
    let legs = [option(1, 3_000_000, Right::Call, -1)];
    let short = bare(&[], &legs);
    assert_eq!(profits(&short, VolMove::None)[0], -40_000_001);
    let long = bare(&[], &legs.map(|leg| OptionLeg { lots: 1, ..leg }));
    assert!(profits(&long, VolMove::None)[0] >= -1);
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let call = option(1, 50_000, Right::Call, 1);
    let too_far = OptionLeg { strike: 65 * SPOT, ..call };
    let huge = Linear { expiry: None, lots: i64::MAX, atoms_per_tick: u64::MAX };
    let ask = |linear: &[Linear], options: &[OptionLeg], grid: Grid<'_>, parameters: Parameters| {
        requirement(&portfolio(linear, options), &grid, &parameters).unwrap_err()
    };
    let moneyness = OutsideDomain::Moneyness { forward: SPOT, strike: 65 * SPOT };
    let cases = [
        (ask(&[], &[], Grid { spots: &[], ..GRID }, BARE), Fault::EmptyGrid),
        (
            ask(&[], &[], Grid { spots: &[0, -1_000_000], ..GRID }, BARE),
            Fault::SpotMove { millionths: -1_000_000 },
        ),
        (
            ask(&[], &[], Grid { vol_power_quarters: 5, ..GRID }, BARE),
            Fault::VolPower { quarters: 5 },
        ),
        (
            ask(&[], &[], GRID, Parameters { maintenance: 1_000_001, ..BARE }),
            Fault::Maintenance { millionths: 1_000_001 },
        ),
        (ask(&[linear(Some(3), 1)], &[], GRID, BARE), Fault::Expiry { leg: 0 }),
        (ask(&[], &[call, OptionLeg { expiry: 3, ..call }], GRID, BARE), Fault::Expiry { leg: 1 }),
        (ask(&[], &[call, too_far], GRID, BARE), Fault::Option { leg: 1, why: moneyness }),
        (ask(&[huge], &[], GRID, BARE), Fault::TooLarge),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
        assert!(!expected.to_string().is_empty());
    }
    let shallow = Portfolio { depth: Some(0), ..portfolio(&[], &[]) };
    assert_eq!(requirement(&shallow, &GRID, &BARE), Err(Fault::NoDepth));
    let coarse = Portfolio { units_per_tick: 0, ..portfolio(&[], &[]) };
    assert_eq!(requirement(&coarse, &GRID, &BARE), Err(Fault::NoUnits));
    assert_eq!(bare(&[], &[]).initial, 0);
}

fn legs() -> impl Strategy<Value = (Vec<Linear>, Vec<OptionLeg>)> {
    let linears = (proptest::option::of(0usize..3), -50i64..50).prop_map(|(e, l)| linear(e, l));
    let options = (0usize..3, 20_000u64..120_000, any::<bool>(), -50i64..50, 50_000u32..2_000_000)
        .prop_map(|(expiry, strike, call, lots, volatility)| {
            let right = if call { Right::Call } else { Right::Put };
            OptionLeg { volatility, ..option(expiry, strike, right, lots) }
        });
    (prop::collection::vec(linears, 0..4), prop::collection::vec(options, 0..5))
}

/// All add-ons, in a market of some depth.
fn full(linear: &[Linear], options: &[OptionLeg]) -> Requirement {
    let parameters = Parameters {
        basis: 5_000,
        concentration: 20_000,
        short_minimum: 10_000,
        maintenance: 800_000,
    };
    let portfolio = Portfolio { depth: Some(3_000_000_000), ..portfolio(linear, options) };
    requirement(&portfolio, &GRID, &parameters).unwrap()
}

proptest! {
    /// Twice, three times the portfolio never needs less, part by part.
    #[test]
    fn more_lots_never_need_less((linear, options) in legs(), factor in 2i64..5) {
        let small = full(&linear, &options);
        let linear: Vec<_> =
            linear.iter().map(|leg| Linear { lots: leg.lots * factor, ..*leg }).collect();
        let options: Vec<_> =
            options.iter().map(|leg| OptionLeg { lots: leg.lots * factor, ..*leg }).collect();
        let large = full(&linear, &options);
        prop_assert!(small.grid_loss <= large.grid_loss);
        prop_assert!(small.short_minimum <= large.short_minimum);
        prop_assert!(small.basis <= large.basis + 4);
        prop_assert!(small.concentration <= large.concentration);
        prop_assert!(small.initial <= large.initial);
        prop_assert!(small.maintenance <= small.initial);
        // A profit is rounded down once, however large.
        prop_assert!(large.grid_loss <= small.grid_loss * u128::from(factor.unsigned_abs()));
    }

    /// Two portfolios together lose at most what they lose apart.
    #[test]
    fn grid_losses_are_subadditive(one in legs(), other in legs()) {
        let apart = bare(&one.0, &one.1).grid_loss + bare(&other.0, &other.1).grid_loss;
        let together = bare(&[one.0, other.0].concat(), &[one.1, other.1].concat());
        prop_assert!(together.grid_loss <= apart);
    }

    /// The sensitivities of a portfolio are those of its legs, within an atom each.
    #[test]
    fn sensitivities_add_up((linear, options) in legs()) {
        let whole = bare(&linear, &options).greeks;
        let parts: Vec<_> = linear
            .iter()
            .map(|leg| bare(&[*leg], &[]).greeks)
            .chain(options.iter().map(|leg| bare(&[], &[*leg]).greeks))
            .collect();
        let readings: [fn(&Sensitivities) -> i128; 5] =
            [|g| g.delta, |g| g.gamma, |g| g.vega, |g| g.vanna, |g| g.theta];
        for read in readings {
            let sum: i128 = parts.iter().map(read).sum();
            let difference = read(&whole) - sum;
            prop_assert!((0..=i128::try_from(parts.len()).unwrap()).contains(&difference));
        }
    }
}
