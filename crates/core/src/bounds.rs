//! Every bound of the engine, once. Doors print the words; code asserts the numbers.
//!
//! A participant's amount is at most 10^30 atoms and there are at most 10^8 accounts or claims,
//! so a sum of amounts is at most 10^38 < 2^127, and an amount times such a sum is at most
//! 10^68 < 2^227: a 256-bit intermediate holds every product the engine forms.

/// Largest amount, weight or cap, in atoms: 10^30.
pub const MAX_AMOUNT: u128 = 10u128.pow(30);

/// Largest number of accounts, or of claims in one division: 10^8.
pub const MAX_CLAIMS: u32 = 100_000_000;

/// Largest sum of amounts: 10^38, below 2^127.
pub const MAX_TOTAL: u128 = 10u128.pow(38);

/// Largest price, in ticks: 10^15.
pub const MAX_TICKS: u64 = 1_000_000_000_000_000;

/// Largest quantity, in lots either way: 10^15.
pub const MAX_LOTS: u64 = 1_000_000_000_000_000;

/// Largest value of one lot, and largest cumulative funding of one lot, in atoms: 10^15. Listing
/// refuses a market whose largest price times its atoms per tick and lot would pass it, so a leg
/// is worth at most 10^30 atoms and an account of 10^8 legs stays below 2^127.
pub const MAX_LOT_VALUE: u64 = 1_000_000_000_000_000;

/// Largest risk factor, in millionths: 10^12, that is a factor of one million.
pub const MAX_RISK: u64 = 1_000_000_000_000;

/// The unit of a risk factor: millionths.
pub const RISK_UNIT: u64 = 1_000_000;

/// Longest deadline of a pending draw, and longest span of a cap, in milliseconds: 30 days.
pub const MAX_PENDING: u64 = 30 * 24 * 3_600_000;

/// Longest name of an account, layer or domain, in bytes.
pub const MAX_NAME: usize = 64;

const _: () = {
    assert!(MAX_AMOUNT * 100_000_000 == MAX_TOTAL);
    assert!(MAX_TOTAL < 1 << 127);
    // 10^68 < 2^227, stated on halves: (10^34)^2 with 10^34 < 2^113.5.
    assert!(10u128.pow(34) < 1 << 113);
};
