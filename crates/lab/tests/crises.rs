//! The six recorded crashes, where their files are there: each becomes a lawful world whose lows
//! are those of the record.

use std::path::PathBuf;

use rhodian_lab::path::candles::Candles;
use rhodian_lab::path::replay::{Bridge, Replay};
use rhodian_lab::population::Cohort;
use rhodian_lab::seed::Seed;
use rhodian_lab::world::{Replayed, World};

/// File, symbols, candles, and BTC's low against its first open in tenths of a percent.
const CRISES: [(&str, usize, usize, i64); 6] = [
    ("covid_2020_03_2h", 7, 96, -574),
    ("may_2021_2h", 10, 108, -358),
    ("luna_2022_05_1h", 10, 240, -327),
    ("ftx_2022_11_1h", 10, 192, -263),
    ("aug_2024_30m", 10, 336, -242),
    ("oct_2025_15m", 10, 480, -159),
];

/// The text of a file of prices, or nothing with a line that says so.
fn prices(name: &str) -> Option<String> {
    let folder = std::env::var_os("RHODIAN_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("prices").join(format!("{name}.csv"));
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    text
}

fn lowest(world: &World, market: usize) -> u64 {
    let quotes = world.path.ticks().flat_map(|tick| tick.quotes.iter());
    let of = quotes.filter(|quote| quote.market as usize == market);
    of.map(|quote| quote.price.ticks()).min().unwrap()
}

#[test]
fn each_crash_becomes_a_world() {
    for (name, symbols, count, fall) in CRISES {
        let Some(text) = prices(name) else { continue };
        let candles = Candles::parse(&text).unwrap();
        assert_eq!((candles.series.len(), candles.count), (symbols, count), "{name}");
        let world = Replayed::crash(name, 2_000).draw(&candles, Seed(1)).unwrap();
        assert_eq!(world.path.len(), 4 * count);
        assert_eq!(world.markets.len(), symbols + 2);
        let bitcoin = world.markets.iter().position(|market| market.name == "BTCUSDT").unwrap();
        assert!(bitcoin < 2, "{name}: among the two with the most volume");
        let (low, open) = (lowest(&world, bitcoin), world.markets[bitcoin].start.ticks());
        let found = (low as f64 / open as f64 - 1.0) * 1_000.0;
        assert!((found - fall as f64).abs() <= 0.5, "{name}: {found} where {fall} is published");
    }
}

/// The print of 12 March 2020: LINK at 0.0001, one tick, between prices above one.
#[test]
fn the_wrong_print_of_2020_is_visited() {
    let Some(text) = prices("covid_2020_03_2h") else { return };
    let candles = Candles::parse(&text).unwrap();
    for bridge in [None, Some(Bridge { points: 9, correlation: 0.6 })] {
        let mut model = Replayed::crash("covid", 500);
        model.replay = Replay { bridge, ..Replay::default() };
        let world = model.draw(&candles, Seed(1)).unwrap();
        let link = world.markets.iter().position(|market| market.name == "LINKUSDT").unwrap();
        assert_eq!(lowest(&world, link), 1);
        let tick = world.markets[link].tick.to_string();
        assert_eq!(tick, "0.0001");
    }
}

/// How many accounts, by their marks alone and with nobody acting, would fall below maintenance
/// and below zero somewhere on the path: each crash has thousands of the first and some of the
/// second, so a replay has something to share.
#[test]
fn each_crash_has_losses_to_share() {
    for (name, ..) in CRISES {
        let Some(text) = prices(name) else { continue };
        let candles = Candles::parse(&text).unwrap();
        let world = Replayed::crash(name, 5_000).draw(&candles, Seed(1)).unwrap();
        let mut below = vec![false; 5_000];
        let mut gapped = vec![false; 5_000];
        for marks in world.valuations() {
            for place in 0..5_000u32 {
                let at = world.population.standing(place, &world.markets, &marks).unwrap();
                let (below, gapped) = (&mut below[place as usize], &mut gapped[place as usize]);
                if at.gross > 0 && at.equity < at.maintenance.cast_signed() && !*below {
                    // A deficit needs a fall through the whole margin at the tick that crosses it.
                    *below = true;
                    *gapped = at.equity < 0;
                }
            }
        }
        let count = |flags: &[bool], cohort: Option<Cohort>| {
            let of = |place: &usize| {
                flags[*place]
                    && cohort.is_none_or(|c| world.population.accounts[*place].cohort == c)
            };
            (0..flags.len()).filter(of).count()
        };
        let (all, deficits) = (count(&below, None), count(&gapped, None));
        println!("{name}: {all} of 5000 below maintenance, {deficits} of them below zero at once");
        assert!(all > 500 && deficits > 50, "{name}: {all} and {deficits}");
        assert!(count(&below, Some(Cohort::Hedged)) < all / 20, "{name}: hedges mostly survive");
        assert!(count(&below, Some(Cohort::Flat)) == 0, "{name}: those without legs are safe");
    }
}
