//! The published record of 10 October 2025: Table 2 of arXiv 2602.15182 to the cent, and what the
//! same file says beside it. It is read from `RHODIAN_DATA`, or from `shared/data` beside the
//! repository; where it is absent each test says so and passes.

use std::path::PathBuf;

use rhodian_core::units::Amount;
use rhodian_lab::october::findings::{counted, production};
use rhodian_lab::october::ours::{self, Winner};
use rhodian_lab::october::{COUNT, POLICIES, Scores, Wave};

fn data(name: &str) -> Option<String> {
    let folder = std::env::var_os("RHODIAN_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join("oct10").join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: no oct10/{name} under {}; set RHODIAN_DATA", folder.display());
    }
    text
}

/// The columns `names` of a plain CSV, row by row.
fn columns(text: &str, names: &[String]) -> Vec<Vec<f64>> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let places: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|of| of == name).expect("the column is there"))
        .collect();
    let row =
        |line: Vec<&str>| places.iter().map(|at| line[*at].parse().expect("a number")).collect();
    lines.map(row).collect()
}

fn waves() -> Option<Vec<Wave>> {
    let text = data("policy_per_wave_metrics.csv")?;
    let mut names: Vec<String> =
        ["wave", "budget_needed", "deficit_usd", "max_loss_usd"].map(str::to_owned).to_vec();
    for prefix in ["budget", "max_pct"] {
        names.extend(POLICIES.iter().map(|policy| format!("{prefix}_{}", policy.column)));
    }
    let wave = |row: Vec<f64>| Wave {
        number: row[0] as u32,
        needed: row[1],
        deficit: row[2],
        largest: row[3],
        taken: core::array::from_fn(|place| row[4 + place]),
        burden: core::array::from_fn(|place| row[4 + COUNT + place]),
    };
    Some(columns(&text, &names).into_iter().map(wave).collect())
}

fn cents(dollars: f64) -> String {
    format!("{dollars:.2}").replace("-0.00", "0.00")
}

#[test]
fn table_2_to_the_cent() {
    let Some(waves) = waves() else { return };
    assert_eq!(waves.len(), 16);
    for (place, expected) in [
        ["53782490.53", "49405578.12", "4376912.41", "11077031.68", "64859522.21"],
        ["3020120.65", "0.00", "3020120.65", "384064.35", "3404185.00"],
        ["1793022.03", "0.00", "1793022.03", "2620345.57", "4413367.61"],
        ["106205.81", "99196.40", "7009.41", "0.00", "106205.81"],
        ["0.00", "0.00", "0.00", "2732437.29", "2732437.29"],
    ]
    .into_iter()
    .enumerate()
    {
        let of = Scores::of(&waves, place);
        let found = [of.tracking, of.over, of.under, of.fairness, of.total].map(cents);
        assert_eq!(found, expected, "{}", POLICIES[place].name);
    }
}

#[test]
fn what_the_same_file_says_beside_it() {
    let Some(waves) = waves() else { return };
    let above = |place| Scores::of(&waves, place).above_least;
    let rounded: [String; COUNT] = core::array::from_fn(|place| format!("{:.0}", above(place)));
    assert_eq!(rounded, ["13808410", "2987244", "112028", "2731658", "0"]);
    assert_eq!(cents(Scores::of(&waves, 4).above_program), "779.16");
    let counted = counted(&waves);
    assert_eq!((cents(counted.largest.0).as_str(), counted.largest.1), ("10925707.16", 9));
    assert_eq!(cents(counted.deficits), "100063386.69");
    assert_eq!(cents(counted.once), "12657729.41");
    assert_eq!(cents(counted.bounds.0), "129699802.43");
    assert_eq!(format!("{:.1}", counted.bounds.1 / 1e6), "31.9");
    let production = production(&waves);
    assert_eq!((production.worst.0, production.short), (13, 6));
    assert_eq!(
        format!("{:.2} {:.0}", production.worst.1, 100.0 * production.part),
        "32864909.56 67"
    );
}

#[test]
fn our_rule_meets_every_wave() {
    let (Some(waves), Some(text)) = (waves(), data("adl_by_user.csv")) else { return };
    let names = ["closed_pnl", "account_value_realtime"].map(str::to_owned);
    let atoms = |dollars: f64| {
        Amount::new((dollars.max(0.0) * ours::UNIT).round_ties_even() as u128).expect("an amount")
    };
    let won = columns(&text, &names).into_iter().filter(|row| row[0] > 0.0);
    let winners: Vec<Winner> =
        won.map(|row| Winner { weight: atoms(row[0]), cap: atoms(row[0].min(row[1])) }).collect();
    assert_eq!(winners.len(), 19_230);
    let ours = ours::divide(&waves, &winners).expect("real claims divide");
    assert!(ours.tracking <= 0.01, "{} in a wave", ours.tracking);
    assert_eq!((cents(ours.excess).as_str(), ours.inversions), ("0.00", 0));
    // The last level is that of one loss of all that was needed.
    let last = ours.waves.last().expect("waves");
    assert_eq!(format!("{:.6}", last.level), format!("{:.6}", last.level.clamp(0.018, 0.0185)));
}

/// A world in which nobody can pay the half of it: what is missing is seen.
#[test]
fn what_is_missing_is_seen() {
    let wave = |number, needed| Wave {
        number,
        needed,
        deficit: 0.0,
        largest: 0.0,
        taken: [0.0; COUNT],
        burden: [0.0; COUNT],
    };
    let winner = |weight: u32, cap: u32| Winner { weight: weight.into(), cap: cap.into() };
    let winners = [winner(2_000_000, 1_000_000), winner(1_000_000, 1_000_000)];
    let ours = ours::divide(&[wave(1, 1.0), wave(2, 3.0)], &winners).expect("claims divide");
    assert_eq!((ours.waves[0].taken, ours.waves[1].taken, ours.tracking), (1.0, 1.0, 2.0));
    let nobody = ours::divide(&[wave(1, 1.0)], &[]).expect("no claims divide");
    assert_eq!((nobody.waves[0].taken, nobody.tracking), (0.0, 1.0));
}
