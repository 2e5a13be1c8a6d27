//! Real claims: the deleveraged accounts of 10 October 2025, one whole queue, and the worked
//! examples of the claims literature. They are read from `RHODIAN_DATA`, or from `shared/data`
//! beside the repository; where they are absent each test says so and passes.

#[path = "../against/mod.rs"]
mod against;
mod episode;
#[path = "../model/mod.rs"]
mod model;

use std::collections::BTreeMap;
use std::path::PathBuf;

use against::{Columns, amount, amounts, atoms, engine_exact, rule};
use model::{Claim, Exact, Method, World, integer};
use num_traits::Zero;
use rhodian_core::allocation;

/// Fractions of any size.
type Whole = num_bigint::BigInt;

/// The text of a data file; nothing, and a line that says so, where it is absent.
fn data(name: &str) -> Option<String> {
    let folder = std::env::var_os("RHODIAN_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no {name} under {}; set RHODIAN_DATA", folder.display());
    }
    text
}

/// The rows of a plain CSV by column name; these files quote nothing.
fn rows(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields.len(), header.len(), "{line}");
            header.iter().copied().zip(fields).collect()
        })
        .collect()
}

/// A printed decimal, exponents included, exactly.
fn decimal(text: &str) -> Exact {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{places}").parse().expect("decimal digits");
    let scale = exponent.parse::<i32>().expect("an exponent")
        - i32::try_from(places.len()).expect("a number is short");
    Exact::from_integer(digits.into()) * integer(10).pow(scale)
}

/// Atoms of `10^-places` nearest to `value`, halves to even; nothing below zero.
fn half_even(value: &Exact, places: i32) -> u128 {
    let scaled = value * integer(10).pow(places);
    let floor = scaled.floor();
    let rest = &scaled - &floor;
    let half = model::fraction(1, 2);
    let odd = !(&floor / integer(2)).is_integer();
    let up = rest > half || (rest == half && odd);
    let rounded = if up { floor + integer(1) } else { floor };
    u128::try_from(rounded.to_integer()).unwrap_or(0)
}

/// Atoms of the realised profit are millionths of a dollar.
const PLACES: i32 = 6;

/// The accounts with a profit, in byte order of their ids: weight = realised profit, cap = the
/// smaller of it and what is left of the account's value above nothing.
fn october() -> Option<World> {
    let text = data("oct10/adl_by_user.csv")?;
    let mut rows = rows(&text);
    rows.sort_by_key(|row| row["user"]);
    let claims: Vec<Claim> = rows
        .iter()
        .map(|row| {
            let weight = half_even(&decimal(row["closed_pnl"]), PLACES);
            let value = half_even(&decimal(row["account_value_realtime"]), PLACES);
            Claim::of(weight.min(value)).weighing(weight)
        })
        .filter(|claim| claim.weight > 0)
        .collect();
    assert_eq!(claims.len(), 19_230);
    let profit: u128 = claims.iter().map(|claim| claim.weight).sum();
    assert_eq!(profit, 834_554_147_756_510);
    Some(World::new(Method::Proportional, claims))
}

/// The budgets the 16 waves needed, in atoms.
fn needed_budgets() -> Option<Vec<u128>> {
    let text = data("oct10/policy_per_wave_metrics.csv")?;
    let budgets: Vec<u128> =
        rows(&text).iter().map(|row| half_even(&decimal(row["budget_needed"]), PLACES)).collect();
    assert_eq!(budgets.len(), 16);
    assert_eq!(budgets.iter().sum::<u128>(), 15_079_669_609_008);
    Some(budgets)
}

/// A loss in 16 uneven waves: the first is a sixteenth and the others differ.
fn in_sixteen(loss: u128) -> Vec<u128> {
    let mut waves: Vec<u128> = (0..15).map(|i| loss * (2 * i + 1) / 256).collect();
    waves.push(loss - waves.iter().sum::<u128>());
    waves
}

/// One division, checked without the model's slow rounding: the shares sum to the loss, are the
/// exact ones rounded up or down, and whoever is rounded up has a larger fraction than whoever is
/// rounded down, or an equal one and comes first.
fn check_one_loss(world: &World, loss: u128) -> (Vec<u128>, Vec<Exact>) {
    let columns = Columns::of(&world.claims);
    let division = allocation::divide(rule(world.method), amount(loss), &columns.claims())
        .expect("the engine divides real claims");
    let exact = world.exact(loss);
    assert_eq!(engine_exact(world, &columns, loss), exact, "exact shares of {loss}");
    let shares = atoms(&division.shares);
    assert_eq!(shares.iter().sum::<u128>(), loss);
    assert!(division.residual.is_zero());
    let mut rest: Vec<(Exact, usize, bool)> = Vec::new();
    for (i, (&share, exact)) in shares.iter().zip(&exact).enumerate() {
        assert!(share <= world.claims[i].cap);
        let floor = exact.floor();
        let up = integer(share) - &floor;
        assert!(up.is_zero() || up == integer(1), "claim {i}");
        rest.push((exact - floor, i, !up.is_zero()));
    }
    rest.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    assert!(rest.windows(2).all(|pair| pair[0].2 >= pair[1].2), "largest remainder first");
    (shares, exact)
}

/// The waves through `next_wave`, everyone's total within one atom per loss of one division of
/// their sum and of his exact share; and through the engine, where other weights are reported
/// between the waves and change nothing. Returns how many pay their cap.
fn check_waves(world: &World, waves: &[u128]) -> usize {
    let total: u128 = waves.iter().sum();
    let (once, exact) = check_one_loss(world, total);
    let columns = Columns::of(&world.claims);
    let mut paid = vec![0; world.claims.len()];
    let mut cumulative = 0;
    for &loss in waves {
        cumulative += loss;
        let wave = allocation::next_wave(
            rule(world.method),
            amount(cumulative),
            &columns.claims(),
            &amounts(&paid),
        );
        let wave = wave.expect("the engine divides every wave");
        assert_eq!(wave.allocated.atoms(), loss);
        for (paid, now) in paid.iter_mut().zip(atoms(&wave.shares)) {
            *paid += now;
        }
    }
    let bound = integer(waves.len() as u128);
    for (i, claim) in world.claims.iter().enumerate() {
        assert!(paid[i] <= claim.cap, "claim {i} above its cap");
        assert!(paid[i].abs_diff(once[i]) <= waves.len() as u128, "claim {i}: waves, one loss");
        let off = integer(paid[i]) - &exact[i];
        assert!(off < bound && off > -&bound, "claim {i}: waves, exact");
    }
    assert_eq!(episode::paid(&world.claims, waves), paid, "the engine's episode");
    world.claims.iter().zip(&exact).filter(|(claim, share)| integer(claim.cap) == **share).count()
}

#[test]
fn october_needed_budgets() {
    let (Some(world), Some(budgets)) = (october(), needed_budgets()) else { return };
    assert_eq!(check_waves(&world, &budgets), 276);
}

#[test]
fn october_larger_losses() {
    let Some(world) = october() else { return };
    for (millions, bound) in [(100, 346), (300, 436), (600, 547)] {
        let waves = in_sixteen(millions * 10_u128.pow(12));
        assert_eq!(check_waves(&world, &waves), bound, "{millions} M USD");
    }
}

/// A thousand light accounts at their cap, a thousand without, and one whale: where rounding
/// wave by wave drifts by hundreds of atoms.
#[test]
fn adversarial_world() {
    let whale = 10_000_000;
    let mut claims = vec![Claim::of(1).weighing(6); 1_000];
    claims.extend(vec![Claim::of(4); 1_000]);
    claims.push(Claim::of(whale));
    let weight: u128 = claims.iter().map(|claim| claim.weight).sum();
    let world = World::new(Method::Proportional, claims);
    check_waves(&world, &in_sixteen(weight / 10));
    check_waves(&world, &in_sixteen(weight / 5));
    check_waves(&world, &[weight / 160; 16]);
    check_waves(&world, &[weight / 80; 16]);
}

#[test]
fn golden_claims_problems() {
    let Some(text) = data("claims/golden_vectors.csv") else { return };
    let mut checked = 0;
    for row in rows(&text) {
        let method = match row["rule"] {
            "PRO" => Method::Proportional,
            "CEA" => Method::EqualAwards,
            "CEL" => Method::EqualLosses,
            "Talmud" => Method::Talmud,
            "RTalmud" => Method::ReverseTalmud,
            "RA" => Method::RandomArrival,
            "PIN" => Method::Piniles,
            "APRO" => Method::AdjustedProportional,
            "MO" => Method::MinimalOverlap,
            _ => continue,
        };
        check_golden(&row, method);
        checked += 1;
    }
    assert_eq!(checked, 99, "eleven problems under nine rules");
}

/// One row: claims and estate in millionths, every exact award the printed one within 1e-9, or
/// within 1e-12 of the claim where that is more: the printed awards are floats, and those of
/// random arrival over 20 claims, in millions, are off by up to 2.4e-7.
fn check_golden(row: &BTreeMap<&str, &str>, method: Method) {
    let claims: Vec<Exact> = row["claims"].split(';').map(decimal).collect();
    let estate = decimal(row["E"]);
    let scale = integer(1_000_000);
    let whole = |value: &Exact| {
        let scaled = value * &scale;
        assert!(scaled.is_integer(), "{row:?}");
        u128::try_from(scaled.to_integer()).expect("claims are small")
    };
    let caps: Vec<u128> = claims.iter().map(whole).collect();
    let world = World::of_caps(method, &caps);
    let loss = caps.iter().sum::<u128>() - whole(&estate);
    against::check(&world, loss);
    let shares = engine_exact(&world, &Columns::of(&world.claims), loss);
    let printed: Vec<Exact> = row["award"].split(';').map(decimal).collect();
    assert_eq!(printed.len(), claims.len(), "{row:?}");
    let (close, relative) = (integer(1) / integer(10u128.pow(9)), integer(10u128.pow(12)));
    for ((claim, share), printed) in claims.iter().zip(shares).zip(printed) {
        let off = claim - share / &scale - printed;
        let close = close.clone().max(claim / &relative);
        assert!(off < close && off > -&close, "{row:?}: off by {off}");
    }
}

/// One whole queue of 10 October 2025 in file order: 49 accounts in full, the last in part; in
/// hundredths of AVAX, and in ten-thousandths of a dollar at the mark's gap of 0.05 USD.
#[test]
fn avax_queue() {
    let Some(text) = data("oct10/avax_wave1_fixture.csv") else { return };
    let rows = rows(&text);
    for (atoms_each, expected_loss) in [(1, 8_445_465), (5, 42_227_325)] {
        let atoms_of = |size: &str| half_even(&decimal(size), 2) * atoms_each;
        let claims: Vec<Claim> = rows
            .iter()
            .map(|row| {
                let seq: i64 = row["seq"].parse().expect("a place in the queue");
                let size = row["position_size"].trim_start_matches('-');
                Claim { score: -seq, ..Claim::of(atoms_of(size)) }
            })
            .collect();
        let closed: Vec<u128> = rows.iter().map(|row| atoms_of(row["adl_size"])).collect();
        assert_eq!(closed.iter().sum::<u128>(), expected_loss);
        let world = World::new(Method::Queue, claims);
        against::check(&world, expected_loss);
        assert_eq!(world.divide(expected_loss), closed);
        let in_full = |(claim, share): &(&Claim, &u128)| claim.cap == **share;
        assert_eq!(world.claims.iter().zip(&closed).filter(in_full).count(), 49);
    }
}
