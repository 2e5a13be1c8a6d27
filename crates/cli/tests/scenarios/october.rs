//! October 2025 in the shape of its published book: made by a generator, and in waves what it is at
//! once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use super::binary::{atoms, done, folder, rows, scenarios};
use super::run;

/// A number of the generator: xorshift, so that any language can make the same book.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A made-up book in the shape of the published one: about 5 % without a profit; of the profits
/// 8 % are of 1 to 10 USD, and 25, 38.5, 18, 7.4, 2.6, 0.42 and 0.08 % in the decades above; most
/// accounts are worth more than they won, a few far less.
pub fn october_book() -> String {
    const ACCOUNTS: usize = 2_000;
    // Out of 10,000: profits of 1 to 10 USD, then each decade up.
    const DECADES: [u64; 8] = [800, 3_300, 7_150, 8_950, 9_690, 9_950, 9_992, 10_000];
    let mut sequence = Sequence(0x0ad1_2025_1010_2116);
    let mut text = "user,closed_pnl,account_value\n".to_owned();
    for _ in 0..ACCOUNTS {
        let id = sequence.next();
        let place = sequence.below(10_000);
        let decade = DECADES.iter().position(|end| place < *end).unwrap();
        // Cents, the leading digits closer to the lower end of the decade, as in a heavy tail.
        let low = 100 * 10u64.pow(u32::try_from(decade).unwrap());
        let lead = sequence.below(9_000).min(sequence.below(9_000));
        let profit = low + low * lead / 1_000 + sequence.below(100);
        let worth = match sequence.below(100) {
            0..=2 => profit * sequence.below(40) / 1_000,
            _ => profit * (100 + sequence.below(1_500)) / 100,
        };
        let sign = if sequence.below(1_000) < 55 { "-" } else { "" };
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        writeln!(text, "0x{id:016x},{sign}{},{}", money(profit), money(worth)).unwrap();
    }
    text
}

#[test]
fn the_october_book_is_what_its_generator_makes() {
    let book = fs::read_to_string(scenarios().join("october.csv")).unwrap();
    assert!(book == october_book(), "scenarios/october.csv is another book");
}

/// Sixteen waves of one episode take from each what one loss of their sum would take, within an
/// atom a wave.
#[test]
fn october_in_waves_is_october_at_once() {
    let text = fs::read_to_string(scenarios().join("october.toml")).unwrap();
    let (head, steps) = text.split_at(text.find("[[step]]").unwrap());
    let budgets = head.lines().filter_map(|line| line.strip_prefix("amount = \""));
    let budgets: Vec<u128> =
        budgets.map(|rest| atoms(rest.split('"').next().unwrap(), 2)).collect();
    assert_eq!(budgets.len(), 16);
    let sum: u128 = budgets.iter().sum();
    let out = folder();
    let asset = "asset = { name = \"USD\", decimals = 2 }\n";
    let loss = format!(
        "[[loss]]\nid = \"all\"\ncause = \"x\"\namount = \"{}.{:02}\"\n",
        sum / 100,
        sum % 100
    );
    fs::write(out.path().join("one.toml"), format!("{asset}{loss}\n{steps}")).unwrap();
    fs::copy(scenarios().join("october.csv"), out.path().join("october.csv")).unwrap();
    done(out.path(), &["share", "one.toml", "--out", "one", "--quiet"]);
    let mut once: BTreeMap<String, u128> = BTreeMap::new();
    for row in rows(&out.path().join("one/shares.csv")) {
        *once.entry(row["account"].clone()).or_default() += atoms(&row["share"], 2);
    }
    let mut waves: BTreeMap<String, u128> = BTreeMap::new();
    for ((_, _, account), share) in run("october").1 {
        *waves.entry(account).or_default() += atoms(&share, 2);
    }
    assert!(once.len() > 1_800);
    assert_eq!(once.len(), waves.len());
    for (account, share) in &once {
        let apart = share.abs_diff(waves[account]);
        assert!(apart <= 1, "{account}: {share} at once, {} in waves", waves[account]);
    }
    assert_eq!(once.values().sum::<u128>(), waves.values().sum::<u128>());
}
