//! What a run of a venue adds to a report: paths over time, takeovers by market and time, how
//! books were closed, the accounts it touched most, refusals, and how often laws were checked.
//! A door fills it; the page draws it.

/// A path over time, drawn in a panel of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Its name.
    pub name: String,
    /// Times in milliseconds, ascending, and values in any one unit.
    pub points: Vec<(u64, i128)>,
    /// The highest value, written.
    pub high: String,
    /// The lowest value, written.
    pub low: String,
    /// The last value, written.
    pub last: String,
}

/// Values of one market taken over, by moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapRow {
    /// The market.
    pub market: String,
    /// The value taken over in each part of the run's time, in atoms.
    pub cells: Vec<u128>,
    /// How many legs.
    pub legs: usize,
}

/// How one book was closed in one market. Sizes are whole lots; `unit` writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseOutRow {
    /// The loss.
    pub loss: String,
    /// The market.
    pub market: String,
    /// Taken over: lots, and as written.
    pub taken: (u64, String),
    /// Closed in the market.
    pub filled: (u64, String),
    /// Sold to a bidder or a backstop.
    pub sold: (u64, String),
    /// What was left when auto-deleveraging began: the need.
    pub need: (u64, String),
    /// What it assigned.
    pub assigned: (u64, String),
    /// To how many parties.
    pub parties: u64,
}

/// An account that the run touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub account: String,
    /// What there is to say beside it; may be empty.
    pub note: String,
    /// Paid in, in atoms.
    pub deposited: u128,
    /// Its equity at the end, in atoms.
    pub equity: i128,
    /// What it paid for others' losses, or of its own means.
    pub paid: u128,
    /// What came back.
    pub repaid: u128,
    /// The value that auto-deleveraging took off it.
    pub deleveraged: u128,
    /// The deficit it left to others.
    pub left: u128,
}

/// A stake in a layer, in atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StakeRow {
    /// Who staked.
    pub account: String,
    /// The layer.
    pub layer: String,
    /// What was staked in all.
    pub put_in: u128,
    /// What losses took of it.
    pub drawn: u128,
    /// What is staked now.
    pub staked: u128,
    /// What of it was asked for and has not left.
    pub leaving: u128,
    /// What it earned and was taken.
    pub rewards_taken: u128,
    /// What it earned and was not taken.
    pub earned: u128,
}

/// A cover that was bought, in atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverRow {
    /// Who bought it.
    pub account: String,
    /// The risk.
    pub risk: String,
    /// Up to how much it covers.
    pub amount: u128,
    /// What was paid for it.
    pub premium: u128,
    /// What was lost by its risk.
    pub lost: u128,
    /// What of it is due.
    pub due: u128,
    /// What of that was paid.
    pub paid: u128,
}

/// Refusals of one code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// The code.
    pub code: String,
    /// Those that were expected.
    pub expected: u64,
    /// The others.
    pub others: u64,
}

/// An account that held options, at the moment at which its worst move was worst; in atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionsRow {
    /// The account.
    pub account: String,
    /// The underlying.
    pub underlying: String,
    /// When.
    pub at: u64,
    /// Its equity then.
    pub equity: i128,
    /// Change of value with the price, with volatility, and with time: for the price moved by all
    /// of itself, volatility by one, a year passed.
    pub delta: i128,
    /// Change of delta with the price.
    pub gamma: i128,
    /// Change of value with volatility.
    pub vega: i128,
    /// Change of delta with volatility.
    pub vanna: i128,
    /// Change of value with time.
    pub theta: i128,
    /// What it would lose at the worst move.
    pub loss: u128,
    /// What delta alone foretells there; below zero a profit.
    pub delta_loss: i128,
    /// The loss over what delta foretells, in millionths; nothing where delta foretells none.
    pub times: Option<u128>,
}

/// A source of a feed over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRow {
    /// Its name.
    pub source: String,
    /// How often it was left out of the value in each part of the run's time.
    pub cells: Vec<u128>,
    /// How often it was left out, and why.
    pub left_out: Vec<(String, u64)>,
}

/// A feed over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedRow {
    /// Its name.
    pub feed: String,
    /// What it says, and of which market.
    pub about: String,
    /// The reports it got.
    pub reports: u64,
    /// Of them, after how many it was of each quality.
    pub qualities: Vec<(String, u64)>,
    /// How often a mark stayed because the value was not good enough.
    pub withheld: u64,
    /// Its sources.
    pub sources: Vec<SourceRow>,
}

/// What a run adds to a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFigures {
    /// When the run ended, in milliseconds after its beginning.
    pub end: u64,
    /// When accounts failed.
    pub failures: Vec<u64>,
    /// Prices.
    pub prices: Vec<Path>,
    /// Equities.
    pub equities: Vec<Path>,
    /// What was taken over, by market.
    pub map: Vec<MapRow>,
    /// What liquidations closed of accounts that had not failed, by market.
    pub liquidated: Vec<MapRow>,
    /// How books were closed.
    pub close_outs: Vec<CloseOutRow>,
    /// Greeks and loss acceleration, where options were held.
    pub options: Vec<OptionsRow>,
    /// How good the feeds were.
    pub feeds: Vec<FeedRow>,
    /// The accounts touched most.
    pub accounts: Vec<AccountRow>,
    /// The stakes, largest first, and how many there are in all.
    pub stakes: (Vec<StakeRow>, usize),
    /// The covers, those that were paid most first, and how many there are in all.
    pub covers: (Vec<CoverRow>, usize),
    /// What happened how often.
    pub counts: Vec<(String, u64)>,
    /// What was refused.
    pub refusals: Vec<Refusals>,
    /// The laws, how often they were checked after an event, how often from the raw state.
    pub laws: (usize, u64, u64),
}

/// A time after the beginning: `1d 02:03:04`, with milliseconds where there are some.
///
/// ```
/// use rhodian_report::run::clock;
/// assert_eq!(clock(93_784_000), "1d 02:03:04");
/// assert_eq!(clock(1_500), "00:00:01.500");
/// ```
#[must_use]
pub fn clock(at: u64) -> String {
    let (seconds, millis) = (at / 1_000, at % 1_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let days = if days > 0 { format!("{days}d ") } else { String::new() };
    let rest = if millis > 0 { format!(".{millis:03}") } else { String::new() };
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}{rest}")
}
