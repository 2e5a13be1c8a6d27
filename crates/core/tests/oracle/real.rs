//! Real crashes: 10 October 2025, when one venue printed AVAX at 6.02 while others had 17.00 and
//! 20.88, and a print of LINK at 0.0001 in March 2020. They are read from `RHODIAN_DATA`, or from
//! `shared/data` beside the repository; where they are absent each test says so and passes.

use std::path::PathBuf;
use std::process::Command;

use rhodian_core::ids::Time;
use rhodian_core::oracle::{Kind, Purpose, Quality, Value};

use crate::bench::{ALICE, BOB, Bench, CAROL, FEED, feed};

/// The bytes of a data file, unpacked where it is packed; nothing, and a line that says so, where
/// it is absent.
fn data(name: &str) -> Option<String> {
    let folder = std::env::var_os("RHODIAN_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    let text = if name.ends_with(".gz") && path.exists() {
        Command::new("gzip").arg("-dc").arg(&path).output().ok().map(|output| output.stdout)
    } else {
        std::fs::read(&path).ok()
    };
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    if text.is_none() {
        eprintln!("skipped: no {name} under {}; set RHODIAN_DATA", folder.display());
    }
    text
}

/// A printed decimal in ticks of `10^-places`.
fn ticks(text: &str, places: usize) -> u64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<places$}");
    assert!(part[places..].bytes().all(|digit| digit == b'0'), "{text} has more places");
    format!("{whole}{}", &part[..places]).parse().unwrap()
}

/// One print of a venue: when, who, and how much.
struct Print {
    millis: u64,
    source: u32,
    units: u64,
}

/// Every bar of a venue as three prints: its open, its low, its close, spread over its second.
fn avax() -> Option<Vec<Print>> {
    let text = data("prices/oct10_1s_bars.csv.gz")?;
    let venues = [
        ("binance-delivery,AVAXUSD_PERP", ALICE),
        ("coinbase,AVAX-USD", BOB),
        ("gemini,AVAXUSD", CAROL),
    ];
    let mut prints = Vec::new();
    for line in text.lines() {
        let Some((_, source)) = venues.iter().find(|(venue, _)| line.starts_with(venue)) else {
            continue;
        };
        let fields: Vec<&str> = line.split(',').collect();
        let second: u64 = fields[2].parse().unwrap();
        for (part, field) in [(0, 3), (300, 5), (600, 6)] {
            let (millis, units) = (second * 1_000 + part, ticks(fields[field], 4));
            prints.push(Print { millis, source: *source, units });
        }
    }
    prints.sort_by_key(|print| print.millis);
    Some(prints)
}

/// One print of each venue at its low: the two that part are named, and too few are left for
/// anything but showing the last price.
#[test]
fn the_lows_of_10_october_agree_on_nothing() {
    let Some(prints) = avax() else { return };
    let low = |source| prints.iter().filter(|p| p.source == source).map(|p| p.units).min().unwrap();
    let lows = [low(ALICE), low(BOB), low(CAROL)];
    assert_eq!(lows, [60_200, 170_000, 208_830], "6.02, 17.00 and 20.88");
    let mut bench = Bench::new(feed("AVAX", Kind::Price, &[ALICE, BOB, CAROL]));
    bench.at(0).all_say(220_000);
    bench.at(1_000);
    for (source, units) in [ALICE, BOB, CAROL].into_iter().zip(lows) {
        bench.says(source, units);
    }
    bench.check(
        "the lows",
        Some(220_000),
        Quality::Indicative,
        &[
            "source 1 says 60200, far from the median 170000",
            "source 3 says 208830, far from the median 170000",
            "1 sources count, 2 are needed",
        ],
    );
    assert_eq!(bench.serves(), "");
}

/// The whole two hours, print by print. The venue that fell to 6.02 liquidates nobody: wherever
/// liquidations were allowed the price is one that another venue had traded at, and nothing was
/// settled below the lows of the two spot venues.
#[test]
fn the_crash_of_10_october_print_by_print() {
    let Some(prints) = avax() else { return };
    let mut bench = Bench::new(feed("AVAX", Kind::Price, &[ALICE, BOB, CAROL]));
    bench.world.checked = false;
    let start = prints[0].millis;
    let (mut liquidated, mut settled, mut low, mut asked) = (0u32, 0u32, u64::MAX, 0u32);
    let mut six = None;
    for print in &prints {
        bench.at(print.millis - start).says(print.source, print.units);
        asked += 1;
        if let Ok(price) = bench.get(Purpose::Liquidate) {
            liquidated += 1;
            low = low.min(price);
            assert!(price >= 170_000, "liquidated at {price}, below every spot print");
        }
        settled += u32::from(bench.get(Purpose::Settle).is_ok());
        if print.units == 60_200 {
            six = Some((bench.answer(), bench.get(Purpose::Liquidate)));
        }
    }
    let (answer, liquidate) = six.expect("6.02 is in the file");
    println!(
        "AVAX: {asked} prints; liquidations allowed at {liquidated}, settlement at {settled}; \
         lowest price to liquidate at {low}; at 6.02: {:?}, {liquidate:?}",
        answer.quality
    );
    assert!(liquidated > asked / 4, "an oracle that never answers is safe and useless");
    assert!(settled > 0);
}

/// LINK at 0.0001: as one source of three it is left out; as the only source it moves the price
/// by one step for the second it stood, and liquidates nobody.
#[test]
fn a_print_of_link_at_a_hundredth_of_a_cent() {
    let Some(text) = data("prices/covid_2020_03_2h.csv") else { return };
    let bars = text.lines().filter(|line| line.starts_with("LINKUSDT,"));
    let bars: Vec<Vec<u64>> = bars
        .map(|line| line.split(',').skip(2).take(4).map(|field| ticks(field, 8)).collect())
        .collect();
    let at = bars.iter().position(|bar| bar[2] == 10_000).expect("0.0001 is in the file");
    let [open, _, low, close] = bars[at][..] else { panic!("four prices a bar") };
    assert_eq!((open, low, close), (306_340_000, 10_000, 234_790_000));

    let mut bench = Bench::new(feed("LINK", Kind::Price, &[ALICE, BOB, CAROL]));
    bench.at(0).all_say(open).at(1_000).says(ALICE, low);
    let outlier = format!("source 1 says 10000, far from the median {open}");
    bench.check("one of three", Some(open), Quality::Settlement, &[&outlier]);
    bench.at(2_000).says(ALICE, open);
    bench.check("the print is gone", Some(open), Quality::Settlement, &[]);

    let mut spec = feed("LINK", Kind::Price, &[ALICE]);
    spec.params.needs.liquidate = Quality::Mark;
    for (case, liquidates, spec) in
        [("by default", false, feed("LINK", Kind::Price, &[ALICE])), ("where marks do", true, spec)]
    {
        let mut bench = Bench::new(spec);
        bench.at(0).says(ALICE, open).at(1_000).says(ALICE, low);
        assert_eq!(bench.units(), open - open / 100, "{case}: one step of 1 %");
        assert_eq!(bench.get(Purpose::Liquidate).is_ok(), liquidates, "{case}");
        assert!(bench.get(Purpose::Settle).is_err() && bench.get(Purpose::Open).is_err());
        bench.at(2_000).says(ALICE, open).at(3_000);
        assert_eq!(bench.units(), open, "{case}: back after two");
    }

    // The crash itself is real: within the bar the price goes to its close, and the value follows.
    let mut bench = Bench::new(feed("LINK", Kind::Price, &[ALICE, BOB, CAROL]));
    bench.at(0).all_say(open);
    let seconds = (1..=60u64).find(|second| {
        bench.at(second * 1_000).all_say(close);
        bench.quality() == Quality::Settlement
    });
    assert_eq!(seconds, Some(27), "1.01 to the 27th is more than 306 / 235: {}", bench.units());
    assert_eq!(bench.answer_of(FEED).value.map(Value::units), Some(close));
    assert!(bench.world.engine.state().oracle.was_wrong(FEED, Time(0)).is_none());
}
