//! What an experiment file says, with every default filled in.

use rhodian_lab::crisis::model::{CrisisModel, Severity};
use rhodian_lab::experiment::rare::Law;
use rhodian_lab::path::candles::Candles;
use serde::Serialize;

use super::contagion::Contagion;
use super::cover::Cover;
use super::given::Given;
use super::models::Models;
use super::optimise::Optimise;
use super::ruin::Ruin;
use super::tune::Tune;

/// A question to the laboratory. What it holds decides every byte of the answer: its hash is the
/// configuration that results name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Experiment {
    /// What it is about.
    pub title: String,
    /// From which everything is drawn.
    pub seed: u32,
    /// How many crises are played of each world; of the kind reverse-stress, how many paths.
    pub crises: usize,
    /// What is asked.
    pub question: Question,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Question {
    /// What crises take of one world.
    MonteCarlo {
        /// The world.
        world: World,
    },
    /// The same for one value of a parameter after the other.
    Sweep {
        /// The parameter.
        parameter: &'static str,
        /// Its values as written, each with its world.
        sides: Vec<Side>,
    },
    /// Two worlds over the same crises.
    Ab {
        /// The worlds.
        sides: Vec<Side>,
    },
    /// How often a crisis takes more than the fund, where that is rare.
    Rare {
        /// The world; it has a fund.
        world: World,
        /// How all markets move; nothing where they only fall.
        moves: Option<Moves>,
        /// The part drawn by the law itself, in millionths.
        defensive: u32,
        /// By what points.
        points: Points,
    },
    /// The mildest shock that breaks each layer.
    ReverseStress {
        /// The world.
        world: World,
        /// What a deviation of the log return is, in millionths.
        deviation: u32,
        /// The part of a move that comes at once, in millionths.
        gap: u32,
        /// The layers, in paying order.
        layers: Vec<Layer>,
    },
    /// What one crisis in more than are played takes, by the law of the largest.
    Tail {
        /// The world.
        world: World,
        /// The part of crises that may take more, in millionths.
        target: u32,
        /// The part of crises the law is made of, in millionths.
        above: u32,
    },
    /// What layers lose in a year, and the fund that costs least.
    Tranches {
        /// The world.
        world: World,
        /// The layers behind the fund, in paying order.
        layers: Vec<Layer>,
        /// How many crises there are in a year.
        a_year: u32,
        /// What capital costs a year, in millionths.
        capital: u32,
        /// What a dollar that a fund lacks costs, in dollars.
        shortfall: u32,
    },
    /// Recorded prices through many drawn books.
    Replay {
        /// The world: its falls are not read.
        world: World,
        /// The prices.
        files: Vec<Prices>,
        /// In which order a candle's low and high are visited, by its word.
        order: &'static str,
        /// How many candles in a row may be missing.
        gaps: u32,
        /// How each run's prices are made of the record: by its word; the record itself where
        /// empty.
        resample: &'static str,
        /// How many candles a block has on average.
        block: u32,
        /// The layers behind the fund, in paying order.
        layers: Vec<Layer>,
    },
    /// Who pays how much under each mechanism, over the same crises.
    Mechanisms {
        /// The world.
        world: World,
        /// The part of those who are liable that would leave within an hour, in millionths.
        leave: u32,
    },
    /// The least of a figure over a parameter or two.
    Optimise {
        /// What, over what, and within what.
        of: Optimise,
    },
    /// Which control law costs least.
    Tune {
        /// The laws, the weather, and what counts.
        of: Tune,
    },
    /// Whether a fund that gets an income is ever emptied.
    Ruin {
        /// The fund, and what it gets.
        of: Ruin,
    },
    /// What a book would lose as it stands.
    Book {
        /// The world: who is there, and the fund.
        world: World,
        /// The deviation of each market's log return, in millionths.
        deviation: u32,
        /// The part drawn by the law itself, in millionths.
        defensive: u32,
        /// The book of a run, where it is not drawn.
        #[serde(skip_serializing_if = "Option::is_none")]
        given: Option<Given>,
    },
    /// Who falls when others fall.
    Contagion {
        /// Who is there, and who owes whom.
        of: Contagion,
    },
    /// Whether a fund for the largest members is enough.
    #[serde(rename = "cover-n")]
    Cover {
        /// Members, and what they would lose.
        of: Cover,
    },
    /// What two parameters do together.
    Map {
        /// From left to right: the parameter, and its values as written.
        across: (&'static str, Vec<String>),
        /// Downwards.
        down: (&'static str, Vec<String>),
        /// The worlds, row by row.
        sides: Vec<Side>,
    },
}

impl Question {
    /// The word of the key `kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MonteCarlo { .. } => "monte-carlo",
            Self::Sweep { .. } => "sweep",
            Self::Ab { .. } => "ab",
            Self::Rare { .. } => "rare",
            Self::ReverseStress { .. } => "reverse-stress",
            Self::Tail { .. } => "tail",
            Self::Tranches { .. } => "tranches",
            Self::Replay { .. } => "replay",
            Self::Mechanisms { .. } => "mechanisms",
            Self::Optimise { .. } => "optimise",
            Self::Tune { .. } => "tune",
            Self::Ruin { .. } => "ruin",
            Self::Book { .. } => "book",
            Self::Contagion { .. } => "contagion",
            Self::Cover { .. } => "cover-n",
            Self::Map { .. } => "map",
        }
    }

    /// Every world that is asked about.
    pub fn worlds(&self) -> impl Iterator<Item = &World> {
        let (one, sides) = match self {
            Self::MonteCarlo { world }
            | Self::Rare { world, .. }
            | Self::Tail { world, .. }
            | Self::Mechanisms { world, .. }
            | Self::Tranches { world, .. }
            | Self::Replay { world, .. }
            | Self::Book { world, .. }
            | Self::ReverseStress { world, .. } => (Some(world), [].as_slice()),
            Self::Sweep { sides, .. } | Self::Ab { sides } | Self::Map { sides, .. } => {
                (None, sides.as_slice())
            }
            Self::Tune { of } => (None, of.sides.as_slice()),
            Self::Optimise { of } => (Some(&of.world), [].as_slice()),
            Self::Ruin { of } => (Some(&of.world), [].as_slice()),
            Self::Contagion { .. } | Self::Cover { .. } => (None, [].as_slice()),
        };
        one.into_iter().chain(sides.iter().map(|side| &side.world))
    }
}

/// How all markets move, up or down, by a normal law. Parts are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moves {
    /// The deviation of the log return.
    pub deviation: u32,
    /// The part of a move that comes at once.
    pub gap: u32,
}

/// A world under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What tells it from the others.
    pub name: String,
    /// The world.
    pub world: World,
}

/// What points crises are drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// Drawn, each on its own.
    Random,
    /// Sobol's, in scramblings that are drawn.
    Sobol,
}

/// A file of prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prices {
    /// Its name, without its end.
    pub name: String,
    /// The hash of its bytes: other prices are another experiment.
    pub digest: String,
    /// What it holds.
    #[serde(skip)]
    pub candles: Candles,
}

/// A layer by its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// What it holds, in atoms.
    pub size: u128,
}

/// A venue and the crises it meets. Parts are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct World {
    /// How many accounts.
    pub accounts: u32,
    /// How many markets.
    pub markets: u32,
    /// How far markets fall at least.
    pub fall: u32,
    /// The mean of what they fall beyond that.
    pub beyond: u32,
    /// What closing costs against the mark.
    pub cost: u32,
    /// Maintenance margin, of the schedule's.
    pub maintenance: u32,
    /// In how many steps of five seconds a failed account's book is sold.
    pub close: u32,
    /// What any two markets have in common of their noise.
    pub correlation: u32,
    /// Everyone's leverage, of what is drawn.
    pub leverage: u32,
    /// What a fund before everyone else holds, in atoms.
    pub fund: Option<u128>,
    /// Its models: those of a world without any are left out, so that hashes stay.
    #[serde(flatten, skip_serializing_if = "Models::are_off")]
    pub models: Models,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: 400,
            markets: 8,
            fall: 160_000,
            beyond: 160_000,
            cost: 10_000,
            maintenance: 1_000_000,
            close: 1,
            correlation: 800_000,
            leverage: 1_000_000,
            fund: None,
            models: Models::default(),
        }
    }
}

/// Millionths as a part.
pub(crate) fn part(millionths: u32) -> f64 {
    f64::from(millionths) / 1e6
}

impl World {
    /// What is played: a fund is counted afterwards and changes nothing in it.
    #[must_use]
    pub fn model(&self) -> CrisisModel {
        let plain = CrisisModel {
            accounts: self.accounts,
            markets: self.markets,
            severity: self.severity(),
            cost: self.cost,
            maintenance: self.maintenance,
            close: self.close,
            correlation: self.correlation,
            leverage: self.leverage,
            ..CrisisModel::default()
        };
        self.models.in_model(plain)
    }

    fn severity(&self) -> Severity {
        Severity { least: part(self.fall), beyond: part(self.beyond) }
    }

    /// The law of its common factor: these moves, or its own falls.
    #[must_use]
    pub fn law(&self, moves: Option<Moves>) -> Law {
        match moves {
            Some(of) => Law::Both { deviation: part(of.deviation), gap: part(of.gap) },
            None => Law::Falls(self.severity()),
        }
    }
}
