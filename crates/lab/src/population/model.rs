//! What a population is drawn from: each assumption a named model, with its source, why it was
//! chosen, and when it is false.

use crate::error::{LabError, require};
use crate::quantiles::Quantiles;
use crate::seed::Stream;

/// How many there are of what, and how each is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationModel {
    /// Accounts in all, makers included.
    pub accounts: u32,
    /// Leverage at the start of the path.
    pub leverage: LeverageModel,
    /// Equity at the start of the path.
    pub equity: EquityModel,
    /// Legs of a cross account.
    pub legs: LegModel,
    /// How popular markets are.
    pub popularity: Popularity,
    /// The share of accounts of each kind.
    pub shares: Shares,
    /// How legs came to be.
    pub past: Past,
    /// Of an account's legs, how many share its main side, in millionths from 500,000 to 1,000,000.
    /// One market's legs have random sides over accounts; an account's own legs mostly agree, so
    /// that a fall of the whole market hits it in several legs at once. False where traders
    /// spread risk, as pair traders do: those are the hedged accounts.
    pub agreement: u32,
}

/// Shares of accounts by kind, in millionths. The rest are cross accounts without a mark.
///
/// Assumptions, chosen so that every path of the engine is walked by many accounts; no venue
/// publishes these shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Isolated accounts: one leg, margin of its own.
    pub isolated: u32,
    /// Hedged accounts: long a market, short its twin, the same lots. Needs a market with a twin.
    pub hedged: u32,
    /// Whales: equity from the top hundredth of the equity model.
    pub whales: u32,
    /// Accounts that stand just above maintenance, cross and isolated alike.
    pub near: u32,
    /// Accounts without legs, who must never pay.
    pub flat: u32,
    /// Accounts that trade options and nothing else. Needs a world with options.
    pub options: u32,
    /// Of those, the sellers; the others buy. Makers take what is left over.
    pub sellers: u32,
    /// How far above maintenance the near ones stand, in millionths of their gross value: least
    /// and most, drawn evenly.
    pub band: (u32, u32),
}

impl Default for Shares {
    /// A quarter isolated, 5 % hedged, 1 % whales, 2 % flat, and 5 % within 0.05 to 2 % of
    /// maintenance: the near-liquidation band of the project's benchmarks.
    fn default() -> Self {
        Self {
            isolated: 250_000,
            hedged: 50_000,
            whales: 10_000,
            near: 50_000,
            flat: 20_000,
            options: 0,
            sellers: 600_000,
            band: (500, 20_000),
        }
    }
}

/// When legs were opened, and what marks did until the path begins.
///
/// An engine refuses a fill that leaves an account below initial margin, so an account near
/// maintenance must have come there: its legs were opened at other marks, and lost. Legs are
/// opened in rounds; the marks of the last round lie one adverse move away from the start (more
/// than the gap between initial and maintenance margin), those of earlier rounds a random walk
/// away from that.
///
/// **When it is false**: real entries are spread over months and all prices between; here they
/// have as many prices as rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// How many rounds, 1 to 16.
    pub rounds: u32,
    /// Milliseconds from one round to the next, and from the last to the start.
    pub apart_ms: u64,
    /// Standard deviation of the log marks from one round to the next, 0 to 0.5.
    pub walk: f64,
    /// The share of markets that fell between the last round and the start, in millionths: those
    /// near maintenance are then long there. The others rose.
    pub falling: u32,
}

impl Default for Past {
    /// Three rounds a day apart, 5 % a day, and seven of ten markets falling: liquidations of a
    /// crash are of longs mostly, as they were on 10 October 2025.
    fn default() -> Self {
        Self { rounds: 3, apart_ms: 86_400_000, walk: 0.05, falling: 700_000 }
    }
}

/// Leverage: the gross value of an account's legs over its equity.
///
/// What is published is one-sided. For the auto-deleveraged accounts of 10 October 2025, all
/// winners, the record gives a median of 0.18 to 0.20 by position, and by account a median of 0.43,
/// quartiles of 0.16 and 0.99 and a 95th percentile of 6.5 (19,337 accounts of the public
/// reconstruction of that event). They are low because equity there includes the profit just
/// made. For the losers nothing is published; venues allow up to 20 to 50 and retail traders use
/// it, and only that is known. So the rest is assumed, and said to be.
#[derive(Clone, Debug, PartialEq)]
pub struct LeverageModel {
    /// The name, for reports.
    pub name: &'static str,
    /// Parts with their weights; weights need not sum to one.
    parts: Vec<(f64, Quantiles)>,
}

/// The largest leverage any model may draw.
pub const MAX_LEVERAGE: f64 = 100.0;

impl LeverageModel {
    /// A mixture of parts. Values lie between 0.01 and 100.
    pub fn new(name: &'static str, parts: Vec<(f64, Quantiles)>) -> Result<Self, LabError> {
        let weights = parts.iter().all(|part| part.0 > 0.0 && part.0.is_finite());
        let within = |(low, high): (f64, f64)| low >= 0.01 && high <= MAX_LEVERAGE;
        let values = parts.iter().all(|part| within(part.1.range()));
        require(
            !parts.is_empty() && weights && values,
            "leverage",
            "0.01 to 100, weights above 0",
        )?;
        Ok(Self { name, parts })
    }

    /// The same people with so many times the leverage, between 0.01 and 100. **When it is false**:
    /// whoever borrows more takes smaller or safer positions, too.
    #[must_use]
    pub fn scaled(&self, times: f64) -> Self {
        let part =
            |(weight, of): &(f64, Quantiles)| (*weight, of.scaled(times, (0.01, MAX_LEVERAGE)));
        Self { name: self.name, parts: self.parts.iter().map(part).collect() }
    }

    /// The people of the law but the part of lowest leverage, 0 to 0.95: exactly what is left of
    /// it.
    #[must_use]
    pub fn without_lowest(&self, part: f64) -> Self {
        let total: f64 = self.parts.iter().map(|(weight, _)| weight).sum();
        let below = |value: f64| {
            let of = |(weight, of): &(f64, Quantiles)| weight * of.below(value);
            self.parts.iter().map(of).sum::<f64>() / total
        };
        // The leverage that the part is below, by halving: sixty times is to the last bits.
        let (mut low, mut high) = (0.01, MAX_LEVERAGE);
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if below(middle) < part { low = middle } else { high = middle }
        }
        let left = |(weight, of): &(f64, Quantiles)| {
            let rest = 1.0 - of.below(high);
            (rest > 0.0).then(|| (weight * rest, of.above(high)))
        };
        Self { name: self.name, parts: self.parts.iter().filter_map(left).collect() }
    }

    /// `winners`: published quantiles, by account, of the auto-deleveraged of 10 October 2025. The
    /// file's values above its 95th percentile are artefacts of equity near zero, so the tail
    /// ends at 20. False for everyone who lost that day.
    #[must_use]
    pub fn winners() -> Self {
        Self { name: "winners", parts: vec![(1.0, winners())] }
    }

    /// `retail`: every doubling from 1 to 20 equally likely, median 4.5. An assumption: the range
    /// that retail venues offer by default, and no more information than that.
    #[must_use]
    pub fn retail() -> Self {
        Self { name: "retail", parts: vec![(1.0, log_uniform(1.0, 20.0))] }
    }

    /// `mixed`, the default: half `winners`, 45 % `retail`, and 5 % from 20 to 50. The half is an
    /// assumption with one check: it puts 39 % of accounts above 3, so about 19 % long above 3,
    /// whom a fall of a third empties; on 10 October 2025, when all but the largest markets fell
    /// further, 63,637 liquidations met 437,723 accounts, 15 % if each met another one.
    #[must_use]
    pub fn mixed() -> Self {
        let parts = vec![
            (0.50, winners()),
            (0.45, log_uniform(1.0, 20.0)),
            (0.05, log_uniform(20.0, 50.0)),
        ];
        Self { name: "mixed", parts }
    }

    /// A leverage in hundredths, at least 1.
    pub(crate) fn draw(&self, stream: &mut Stream) -> u32 {
        let total: f64 = self.parts.iter().map(|part| part.0).sum();
        let mut left = stream.unit() * total;
        let mut chosen = &self.parts[self.parts.len() - 1].1;
        for (weight, part) in &self.parts {
            if left < *weight {
                chosen = part;
                break;
            }
            left -= weight;
        }
        // At most 10,000 hundredths.
        (libm::round(chosen.draw(stream) * 100.0) as u32).max(1)
    }

    /// The largest leverage the model draws.
    #[must_use]
    pub fn most(&self) -> f64 {
        self.parts.iter().map(|part| part.1.range().1).fold(0.0, f64::max)
    }
}

fn winners() -> Quantiles {
    let knots = [
        (0.0, 0.01),
        (0.1, 0.05),
        (0.25, 0.16),
        (0.5, 0.43),
        (0.75, 0.99),
        (0.9, 3.2),
        (0.95, 6.5),
        (1.0, 20.0),
    ];
    Quantiles::new(&knots).unwrap_or_else(|_| unreachable!("these knots are in order"))
}

fn log_uniform(low: f64, high: f64) -> Quantiles {
    Quantiles::log_uniform(low, high).unwrap_or_else(|_| unreachable!("{low} to {high}"))
}

/// Equity of an account, in quote units.
#[derive(Clone, Debug, PartialEq)]
pub struct EquityModel {
    /// The name, for reports.
    pub name: &'static str,
    /// The distribution: whales have its top hundredth, everyone else the rest.
    pub quantiles: Quantiles,
}

impl EquityModel {
    /// `october`: account values of the auto-deleveraged of 10 October 2025, by their published
    /// quantiles, rounded: median 940, quartiles 280 and 6,000, and a tail with an index below one
    /// (from the 95th to the 99th percentile values grow ninefold, from there to the 999th
    /// permille fourteenfold). Ends at 23 million. False for a venue of retail only, whose tail
    /// is thinner, and for that venue's own backstop, which is larger than any account here.
    #[must_use]
    pub fn october() -> Self {
        let knots = [
            (0.0, 10.0),
            (0.05, 12.0),
            (0.25, 280.0),
            (0.5, 940.0),
            (0.75, 6_000.0),
            (0.9, 44_000.0),
            (0.95, 180_000.0),
            (0.99, 1_700_000.0),
            (1.0, 23_000_000.0),
        ];
        let quantiles = Quantiles::new(&knots).unwrap_or_else(|_| unreachable!("in order"));
        Self { name: "october", quantiles }
    }
}

/// The number of legs of a cross account: geometric.
///
/// The project's benchmarks assume mean 4 and at most 24. Chosen because it has one parameter, a
/// mode of one leg and a long tail. False where bots hold every market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegModel {
    /// The mean before the cut, at least 1.
    pub mean: f64,
    /// The most legs of any account, makers included; above it a draw is repeated.
    pub most: u32,
}

impl Default for LegModel {
    fn default() -> Self {
        Self { mean: 4.0, most: 24 }
    }
}

impl LegModel {
    /// A number of legs, 1 to the smaller of `most` and `markets`.
    pub(crate) fn draw(self, markets: u32, stream: &mut Stream) -> u32 {
        let most = self.most.min(markets);
        let stop = 1.0 / self.mean;
        loop {
            let mut legs = 1;
            while legs <= most && stream.unit() >= stop {
                legs += 1;
            }
            if legs <= most {
                return legs;
            }
        }
    }
}

/// How often each market is chosen: the one at rank r with weight 1 / r^exponent (Zipf).
///
/// With exponent 1 and fifty markets the first has 22 % of choices. Chosen because volumes by
/// symbol fall about so. False in its tail: many listed markets have next to no holder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Popularity {
    /// 0 makes all equally popular; at most 4.
    pub exponent: f64,
}

impl Default for Popularity {
    fn default() -> Self {
        Self { exponent: 1.0 }
    }
}

impl Popularity {
    /// The cumulative weights of so many markets.
    pub(crate) fn cumulative(self, markets: u32) -> Vec<f64> {
        let mut sum = 0.0;
        let weigh = |rank: u32| {
            sum += libm::pow(f64::from(rank), -self.exponent);
            sum
        };
        (1..=markets).map(weigh).collect()
    }
}

/// How many markets of each kind a world lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Perpetuals and dated futures: they come first.
    pub linear: u32,
    /// Dated futures among them.
    pub twins: u32,
    /// Options.
    pub options: u32,
}

impl PopulationModel {
    /// A population of so many accounts with every default.
    #[must_use]
    pub fn of(accounts: u32) -> Self {
        Self {
            accounts,
            leverage: LeverageModel::mixed(),
            equity: EquityModel::october(),
            legs: LegModel::default(),
            popularity: Popularity::default(),
            shares: Shares::default(),
            past: Past::default(),
            agreement: 800_000,
        }
    }

    /// How many makers each round needs, so that together they can hold every market and none
    /// holds more legs than the model allows: at least that many, and one in two thousand.
    pub(crate) fn makers_per_round(&self, markets: u32) -> u32 {
        let groups = markets.div_ceil(self.legs.most);
        let many = self.accounts / self.past.rounds / 2_000;
        many.div_ceil(groups).max(1) * groups
    }

    /// The chance that a trader of the last round stands near maintenance, in millionths, such that
    /// these are the wanted share of all accounts: only traders can, so the share is raised by all
    /// that are not.
    pub(crate) fn near_in_last_round(&self) -> u32 {
        let Shares { hedged, whales, near, flat, options, .. } = self.shares;
        let traders = 1_000_000 - u64::from(hedged + whales + flat + options);
        let wanted = u64::from(near) * u64::from(self.past.rounds) * 1_000_000;
        u32::try_from(wanted / traders.max(1)).unwrap_or(1_000_000)
    }

    pub(crate) fn check(&self, found: Listed) -> Result<(), LabError> {
        let Shares { isolated, hedged, whales, near, flat, options, sellers, band } = self.shares;
        let sum = [isolated, hedged, whales, flat, options]
            .iter()
            .map(|part| u64::from(*part))
            .sum::<u64>();
        require(sum <= 1_000_000, "shares of kinds", "at most 1,000,000 millionths in all")?;
        let options_there = found.options > 0 && sellers <= 1_000_000;
        require(options == 0 || options_there, "option accounts", "0 in a world without options")?;
        require(hedged == 0 || found.twins > 0, "hedged accounts", "0 in a world without a twin")?;
        let ordered = 0 < band.0 && band.0 <= band.1 && band.1 <= 100_000;
        require(ordered, "band above maintenance", "1 to 100,000 millionths, least then most")?;
        require((1..=16).contains(&self.past.rounds), "rounds of the past", "1 to 16")?;
        let others = [hedged, whales, flat, options].into_iter().map(u64::from).sum::<u64>();
        let fits = u64::from(near) * u64::from(self.past.rounds) + others <= 1_000_000;
        require(fits, "accounts near maintenance", "no more than the traders of one round")?;
        require(self.past.apart_ms > 0, "time between rounds", "at least 1 ms")?;
        require((0.0..=0.5).contains(&self.past.walk), "walk between rounds", "0 to 0.5")?;
        require(self.past.falling <= 1_000_000, "falling markets", "at most 1,000,000")?;
        require((500_000..=1_000_000).contains(&self.agreement), "agreement", "500,000 on")?;
        let legs = self.legs.mean >= 1.0 && self.legs.mean <= 1_000.0 && self.legs.most > 0;
        require(legs, "legs", "mean 1 to 1,000, most at least 1")?;
        require(hedged == 0 || self.legs.most > 1, "legs", "at least 2 where accounts are hedged")?;
        require((0.0..=4.0).contains(&self.popularity.exponent), "popularity", "0 to 4")?;
        require(found.linear > 0, "markets", "at least one")?;
        let equity = self.equity.quantiles.range();
        require(equity.0 >= 1.0 && equity.1 <= 1e12, "equity", "1 to 10^12 quote units")?;
        let needed = self.past.rounds * 2 * self.makers_per_round(found.linear + found.options);
        if self.accounts < needed {
            return Err(LabError::TooFewAccounts { needed, given: self.accounts });
        }
        Ok(())
    }
}
