//! What can be changed of a world: the keys of `[world]`, with what each may be.

use super::model::World;
use crate::amount_text::{AmountFormat, ExcessDigits};
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{At, ValueText, Written};
use crate::loss_file::words::{Words, read_percent, slugged};

/// A key of `[world]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// How many accounts.
    Accounts,
    /// How many markets.
    Markets,
    /// How far markets fall at least.
    Fall,
    /// And beyond that on average.
    Beyond,
    /// What closing costs.
    Cost,
    /// Maintenance margin, of the schedule's.
    Maintenance,
    /// In how many steps a book is sold.
    Close,
    /// What markets have in common of their noise.
    Correlation,
    /// Everyone's leverage, of what is drawn.
    Leverage,
    /// What a fund holds.
    Fund,
    /// What moves a price by one per cent, of open interest.
    Depth,
    /// How the price follows.
    Impact,
    /// What is made up of what was sold, each step.
    Recovery,
    /// What is gone of the depth at the worst.
    Thinning,
    /// In how many steps half of a move is forgotten.
    Refill,
    /// What stands in stop orders.
    Stops,
    /// What hedgers sell for each per cent.
    Gamma,
    /// How the noise is spread.
    Process,
    /// What is taken out after a loss.
    Withdrawals,
    /// How many times that losers take out.
    Aversion,
    /// The part of lowest leverage that left before.
    Selection,
    /// How much higher everyone's leverage is.
    Hazard,
    /// How the oracle fails.
    Oracle,
    /// How far it is off.
    OracleError,
    /// On which side of the price.
    OracleSide,
    /// For how many steps.
    OracleSteps,
}

/// Every parameter by its key.
pub const PARAMETERS: [(Parameter, &str); 26] = [
    (Parameter::Accounts, "accounts"),
    (Parameter::Markets, "markets"),
    (Parameter::Fall, "fall"),
    (Parameter::Beyond, "beyond"),
    (Parameter::Cost, "cost"),
    (Parameter::Maintenance, "maintenance"),
    (Parameter::Close, "close"),
    (Parameter::Correlation, "correlation"),
    (Parameter::Leverage, "leverage"),
    (Parameter::Fund, "fund"),
    (Parameter::Depth, "depth"),
    (Parameter::Impact, "impact"),
    (Parameter::Recovery, "recovery"),
    (Parameter::Thinning, "thinning"),
    (Parameter::Refill, "refill"),
    (Parameter::Stops, "stops"),
    (Parameter::Gamma, "gamma"),
    (Parameter::Process, "process"),
    (Parameter::Withdrawals, "withdrawals"),
    (Parameter::Aversion, "aversion"),
    (Parameter::Selection, "selection"),
    (Parameter::Hazard, "hazard"),
    (Parameter::Oracle, "oracle"),
    (Parameter::OracleError, "oracle_error"),
    (Parameter::OracleSide, "oracle_side"),
    (Parameter::OracleSteps, "oracle_steps"),
];

/// Amounts of the lab's worlds.
pub const DOLLARS: AmountFormat = AmountFormat { decimals: 6, excess: ExcessDigits::Refuse };

/// Atoms of a dollar.
pub(super) const ATOMS: u128 = 1_000_000;

impl Parameter {
    /// Its key.
    #[must_use]
    pub fn key(self) -> &'static str {
        PARAMETERS.iter().find(|(known, _)| *known == self).map_or("", |(_, key)| key)
    }

    /// Whether a least is looked for over it: neither where worlds of other values are another book,
    /// nor over what the models of a world assume, which is nobody's to choose.
    #[must_use]
    pub const fn is_choice(self) -> bool {
        matches!(
            self,
            Self::Fall
                | Self::Beyond
                | Self::Cost
                | Self::Maintenance
                | Self::Close
                | Self::Correlation
                | Self::Leverage
                | Self::Fund
        )
    }

    /// Its value in `world`: millionths, how many steps, or whole dollars; nothing where it is no
    /// choice, and where there is no such fund.
    #[must_use]
    pub fn value(self, world: &World) -> Option<u32> {
        match self {
            Self::Fall => Some(world.fall),
            Self::Beyond => Some(world.beyond),
            Self::Cost => Some(world.cost),
            Self::Maintenance => Some(world.maintenance),
            Self::Close => Some(world.close),
            Self::Correlation => Some(world.correlation),
            Self::Leverage => Some(world.leverage),
            Self::Fund => u32::try_from(world.fund? / ATOMS).ok(),
            _ => None,
        }
    }

    /// Sets such a value, which is within its bounds.
    #[must_use]
    pub fn with(self, world: World, value: u32) -> World {
        match self {
            Self::Fall => World { fall: value, ..world },
            Self::Beyond => World { beyond: value, ..world },
            Self::Cost => World { cost: value, ..world },
            Self::Maintenance => World { maintenance: value, ..world },
            Self::Close => World { close: value, ..world },
            Self::Correlation => World { correlation: value, ..world },
            Self::Leverage => World { leverage: value, ..world },
            Self::Fund => World { fund: Some(u128::from(value) * ATOMS), ..world },
            _ => world,
        }
    }

    /// Sets it in `world` to what stands in the file.
    pub fn set(
        self,
        words: &Words<'_>,
        at: &At<ValueText>,
        world: &mut World,
    ) -> Result<(), Diagnostic> {
        let key = self.key();
        match self {
            Self::Accounts => world.accounts = count(words, at, key, (20, 100_000))?,
            Self::Markets => world.markets = count(words, at, key, (1, 50))?,
            Self::Fall => world.fall = percent(words, at, key, (0, 90))?,
            Self::Beyond => world.beyond = percent(words, at, key, (0, 50))?,
            Self::Cost => world.cost = percent(words, at, key, (0, 20))?,
            Self::Maintenance => world.maintenance = percent(words, at, key, (50, 200))?,
            Self::Close => world.close = count(words, at, key, (1, 40))?,
            Self::Correlation => world.correlation = percent(words, at, key, (0, 100))?,
            Self::Leverage => world.leverage = percent(words, at, key, (10, 300))?,
            Self::Fund => world.fund = Some(words.amount(at, key, 0)?.atoms()),
            _ => world.models.set(self, words, at)?,
        }
        Ok(())
    }
}

/// A number of things.
pub(super) fn count(
    words: &Words<'_>,
    at: &At<ValueText>,
    key: &str,
    bounds: (u32, u32),
) -> Result<u32, Diagnostic> {
    // What is not whole is out of every bound.
    let value = if let Written::Integer(number) = at.value.as_ref() { *number } else { -1 };
    words.whole(&At { value, place: at.place.clone() }, key, bounds)
}

/// A part, in whole per cent from `min` to `max`, in millionths.
pub(super) fn percent<T: AsRef<Written>>(
    words: &Words<'_>,
    at: &At<T>,
    key: &str,
    (min, max): (u32, u32),
) -> Result<u32, Diagnostic> {
    let text = words.text(at, key, "10 %")?;
    let within = |part: &u32| (min * 10_000..=max * 10_000).contains(part);
    read_percent(text, "").filter(within).ok_or_else(|| {
        let allowed = format!("\"{min} %\" to \"{max} %\", at most 4 decimals");
        let message = format!("{key} is out of bounds, or no part in per cent");
        let help = "write it as \"10 %\".";
        words.refuse(format!("{}-out-of-bounds", slugged(key)), message, help, &at.place, allowed)
    })
}

/// The chance that a fund is sized for, above zero to `max` per cent, in millionths: no fund is
/// passed by nothing for certain.
pub(super) fn target<T: AsRef<Written>>(
    words: &Words<'_>,
    at: &At<T>,
    max: u32,
) -> Result<u32, Diagnostic> {
    let found = percent(words, at, "target", (0, max))?;
    if found > 0 {
        return Ok(found);
    }
    let (message, help) = ("target is zero", "no fund is passed by none.");
    let allowed = format!("\"0.0001 %\" to \"{max} %\"");
    Err(words.refuse("target-zero", message, help, &at.place, allowed))
}

/// What stands in the file, as a name.
pub(super) fn written(at: &At<ValueText>) -> String {
    match at.value.as_ref() {
        Written::Text(text) => text.clone(),
        Written::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}
