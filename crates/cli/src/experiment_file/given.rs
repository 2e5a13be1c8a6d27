//! The book of a run, read when the experiment is, so that its digest is part of what it asks.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::ids::{AssetId, MarketId};
use rhodian_core::market::Instrument;
use rhodian_lab::book::standing::{Account, Standing, mark};
use rhodian_lab::book::{Leg, Mark};
use rhodian_lab::error::LabError;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;
use crate::run::replay::Replay;
use crate::run::summary::hexadecimal;
use crate::terminal::visible;

/// The asset that a venue file settles in.
const ASSET: AssetId = AssetId(0);
/// The decimals that experiments reckon in.
const DECIMALS: u32 = 6;

/// A book that a run ended with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The folder, as it is written.
    pub run: String,
    /// The digest of the run's state: another run is another experiment.
    pub digest: String,
    /// The asset that amounts are in.
    pub asset: String,
    #[serde(skip)]
    held: Held,
}

/// Accounts with what they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held {
    /// Of markets that somebody holds.
    marks: Vec<Mark>,
    /// The accounts by name, each a group of its own.
    names: Vec<String>,
    accounts: Vec<Account>,
}

impl Given {
    /// Reads the folder of a run.
    ///
    /// Refused: what is no such folder or was changed; an asset of more decimals than experiments
    /// have; accounts that hold options, whose value is no multiple of a price.
    pub(super) fn read(words: &Words<'_>, at: &At<String>) -> Result<Self, Diagnostic> {
        let cited = || words.text.cite(&at.place);
        let replay = Replay::read(&words.text.folder.join(&at.value)).map_err(|error| {
            // What is wrong within the folder has its own place.
            let placed = error.place.is_some();
            if placed { error } else { error.at(cited()) }
        })?;
        let refuse = |code: &str, message: String, help: &str, allowed: &str| {
            Err(words.refuse(code, message, help, &at.place, allowed))
        };
        let Some(more) = DECIMALS.checked_sub(replay.decimals) else {
            let message = format!("{} has {} decimals", visible(&replay.asset), replay.decimals);
            let help = "experiments reckon in six decimals, and rounding would move losses.";
            return refuse("book-decimals", message, help, "an asset of at most six decimals");
        };
        let held = match Held::of(&replay.state, 10_i128.pow(more)) {
            Ok(held) if held.marks.is_empty() => {
                let message = "nobody holds anything when the run ends".to_owned();
                let help = "end it earlier: `rhodian run VENUE.toml --until \"40 min\" --out DIR`.";
                return refuse("book-empty", message, help, "a run that ends with open positions");
            }
            Ok(held) => held,
            Err(Unfit::Option(name)) => {
                let message = format!("{} holds options", visible(&name));
                let help =
                    "a night moves prices, and options are worth what volatility makes them, too.";
                return refuse("book-options", message, help, "a run without open options");
            }
            Err(Unfit::Equity(name)) => {
                let message = format!("{} has more equity than is reckoned with", visible(&name));
                let help = "an experiment has six decimals and 128 bits.";
                return refuse("book-equity", message, help, "equity below 10^31 units");
            }
            Err(Unfit::Price(error)) => {
                let help = "a night takes prices up to ten times what they are.";
                return refuse("book-price", error.to_string(), help, "smaller prices, in ticks");
            }
        };
        let run = visible(&at.value).into_owned();
        let digest = hexadecimal(&replay.state.digest());
        Ok(Self { run, digest, asset: replay.asset, held })
    }

    /// The book.
    ///
    /// # Errors
    ///
    /// An account too large.
    pub fn standing(&self) -> Result<Standing, LabError> {
        let Held { marks, names, accounts } = self.held.clone();
        Standing::of(marks, names, accounts)
    }

    /// What is known of it, in a sentence.
    pub fn told(&self) -> String {
        format!(
            "The book is that which the run in {} ended with: {} accounts that hold or owe anything, {} \
             markets that any of them is in. Amounts are in {}.",
            self.run,
            rhodian_report::money::count(self.held.accounts.len()),
            self.held.marks.len(),
            self.asset
        )
    }
}

/// Why a state is no such book.
enum Unfit {
    Option(String),
    Equity(String),
    Price(LabError),
}

impl Held {
    /// What the accounts of a state hold, amounts times `scale`.
    fn of(state: &State, scale: i128) -> Result<Self, Unfit> {
        let mut found = Self::default();
        let mut places: BTreeMap<MarketId, u32> = BTreeMap::new();
        for (id, account) in state.accounts.accounts() {
            let (equity, mut legs) = (state.equity(id, ASSET), Vec::new());
            for leg in &state.markets.position(id).legs {
                let Some(market) = state.markets.market(leg.market) else { continue };
                if matches!(market.spec.instrument, Instrument::Option { .. }) {
                    return Err(Unfit::Option(account.name.as_str().to_owned()));
                }
                let Some(price) = market.mark else { continue };
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let place = *places.entry(leg.market).or_insert(next);
                if place == next {
                    found.marks.push(mark(price.ticks()).map_err(Unfit::Price)?);
                }
                // Lots and what a tick of one is worth are 10^15 at most each, the scale 10^6.
                let a_tick = i128::from(leg.lots.lots()) * i128::from(market.spec.unit) * scale;
                legs.push(Leg { market: place, a_tick });
            }
            if equity != 0 || !legs.is_empty() {
                let group = found.names.len();
                let name = || Unfit::Equity(account.name.as_str().to_owned());
                let equity = equity.checked_mul(scale).ok_or_else(name)?;
                found.accounts.push(Account { group, equity, legs });
                found.names.push(account.name.as_str().to_owned());
            }
        }
        Ok(found)
    }
}
