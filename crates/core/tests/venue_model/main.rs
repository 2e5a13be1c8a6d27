//! Random venues of up to 6 accounts, 3 markets and 200 commands: the engine and an independent
//! slow model must say the same after every command, to the atom: every balance, every lot, every
//! equity, margin and lien, every weight, cap and share, and every refusal by its code.
//!
//! The model holds a list of legs, collects funding leg by leg, copies the whole venue at every
//! period boundary, and divides with unbounded fractions. It shares no code with the engine but
//! the commands it is fed. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` set how many venues are tried,
//! and the first of them: one venue for ten cases of a property, but never less than the usual.
//! At the end of each venue the laws hold, in one of ten after every command, and the engine
//! without its watch stands the same.

mod ceded;
mod compare;
mod defaults;
mod deleveraging;
mod driver;
mod exits;
mod income;
mod laws;
mod model;
mod numbers;
mod random;
mod results;
mod setup;
mod trading;
mod venue;
mod volatility;

use std::collections::BTreeMap;

use rhodian_core::invariants;
use setup::Case;

const COMMANDS: usize = 200;

/// How many venues are tried, unless more are asked for.
const VENUES: u64 = 200;

/// Runs one venue; what happened in it, counted, or where engine and model part.
fn run(seed: u64) -> Result<BTreeMap<&'static str, u32>, String> {
    let mut case = Case::new(seed);
    case.begin().map_err(|why| format!("venue {seed}, at first: {why}"))?;
    for step in 0..COMMANDS {
        case.step().map_err(|why| format!("venue {seed}, command {step}: {why}"))?;
    }
    let (state, blind) = (case.engine.state(), case.blind.state());
    assert_eq!(state.digest(), blind.digest(), "venue {seed}: the watch is no part of the state");
    invariants::check(state).map_err(|broken| format!("venue {seed}, at the end: {broken}"))?;
    Ok(case.model.seen)
}

/// What must be reached in all venues together.
const REACHED: &[&str] = &[
    "fill",
    "fill of a book",
    "default found",
    "default declared",
    "default in two domains",
    "margin left",
    "remainder returned",
    "remainder moved",
    "remainder repays",
    "result kept",
    "result netted",
    "result repays",
    "result pays an old debt",
    "result to fund",
    "deleveraging by budget",
    "deleveraging by time",
    "deleveraging by drawdown",
    "lots assigned",
    "book meets book",
    "set-off",
    "own stake taken",
    "fund pays",
    "stakes pay",
    "gains pay",
    "later wave",
    "member without means",
    "second liable set",
    "loss joins an episode",
    "uncovered",
    "recovery",
    "claim ceded",
    "debt paid",
    "income to claims",
    "market settled",
    "leg paid out",
    "book paid out",
    "fill of an option",
    "option settled",
    "option paid out in the money",
    "already-settled",
    "not-expired",
    "unknown-market",
    "unknown-account",
    "unknown-book",
    "unknown-layer",
    "unknown-loss",
    "unknown-domain",
    "fill-number-not-new",
    "number-not-new",
    "zero-lots",
    "zero-amount",
    "same-party",
    "same-account",
    "price-out-of-range",
    "market-twice",
    "outside-band",
    "price-unfit",
    "held for a volatility",
    "position-above-limit",
    "open-above-limit",
    "book-would-grow",
    "only-reduces",
    "below-initial-margin",
    "deepens-shortfall",
    "loan-above-limit",
    "withdrawal-above-free",
    "loss-already-reported",
    "already-failed",
    "loss-stage",
    "recovery-above-claims",
    "layer-not-staked",
    "layer-not-paid-into",
    "episode-open",
    "above-stake",
    "exit asked",
    "exit paid",
    "exit-queue-above-limit",
];

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn engine_and_slow_model_agree_on_random_venues() {
    let cases = (number("PROPTEST_CASES").unwrap_or(0) / 10).max(VENUES);
    let first = number("PROPTEST_RNG_SEED").unwrap_or(1);
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    let mut apart = Vec::new();
    for seed in (0..cases).map(|place| first.wrapping_add(place)) {
        match run(seed) {
            Ok(happened) => happened
                .into_iter()
                .for_each(|(what, times)| *seen.entry(what).or_default() += times),
            Err(why) => apart.push(why),
        }
    }
    let first: Vec<&String> = apart.iter().take(20).collect();
    assert!(apart.is_empty(), "{} of {cases} venues differ: {first:#?}", apart.len());
    println!("{cases} venues: {seen:#?}");
    let missed = REACHED.iter().filter(|what| !seen.contains_key(*what));
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<&&str>::new(), "never reached");
}
