//! The models of a world, each off unless its key is written: what is sold moves prices, noise
//! clusters, people leave, the oracle fails.

use rhodian_lab::crisis::behaviour::Behaviour;
use rhodian_lab::crisis::flow::Flow;
use rhodian_lab::crisis::impact::{Impact, Shape};
use rhodian_lab::crisis::model::CrisisModel;
use rhodian_lab::crisis::oracle::{Failure, Mode};
use rhodian_lab::path::climate::Climate;
use serde::Serialize;

use super::parameter::{Parameter, count, percent};
use crate::diagnostic::Diagnostic;
use crate::loss_file::shape::{At, ValueText};
use crate::loss_file::words::Words;

/// How prices follow what is sold, by the word of the key `impact`.
pub const IMPACTS: [(Shape, &str); 2] =
    [(Shape::Linear, "linear"), (Shape::SquareRoot, "square-root")];
/// How the noise of a crisis is spread, by the word of the key `process`.
pub const PROCESSES: [(Climate, &str); 3] =
    [(Climate::Jumps, "jumps"), (Climate::Garch, "garch"), (Climate::Regimes, "regimes")];
/// How the oracle fails, by the word of the key `oracle`.
pub const ORACLES: [(Option<Mode>, &str); 6] = [
    (None, "sound"),
    (Some(Mode::Stale), "stale"),
    (Some(Mode::Stuck), "stuck"),
    (Some(Mode::Spike), "spike"),
    (Some(Mode::Drift), "drift"),
    (Some(Mode::Divergence), "divergence"),
];

/// On which side of the price it then is.
pub const SIDES: [(&str, &str); 2] = [("below", "below"), ("above", "above")];

/// Every model's numbers. Parts are in millionths, times in steps of five seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Models {
    /// What moves a price by one per cent, of open interest; nothing moves it where there is none.
    pub depth: Option<u32>,
    /// How the price follows, by its word.
    pub impact: &'static str,
    /// What is made up each step of what was sold.
    pub recovery: u32,
    /// What is gone of the depth at the worst.
    pub thinning: u32,
    /// In how many steps half of a move is forgotten.
    pub refill: u32,
    /// What stands in stop orders, of open interest, on each side.
    pub stops: u32,
    /// What hedgers sell for each per cent that prices fall.
    pub gamma: u32,
    /// How the noise is spread, by its word.
    pub process: &'static str,
    /// What is taken out of equity after a loss.
    pub withdrawals: u32,
    /// How many times that whoever has lost takes out.
    pub aversion: u32,
    /// The part of accounts, those of lowest leverage, that left before.
    pub selection: u32,
    /// How much higher everyone's leverage is.
    pub hazard: u32,
    /// How the oracle fails, by its word.
    pub oracle: &'static str,
    /// How far it is off.
    pub oracle_error: u32,
    /// On which side of the price, by its word.
    pub oracle_side: &'static str,
    /// For how many steps.
    pub oracle_steps: u32,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            depth: None,
            impact: "linear",
            recovery: 0,
            thinning: 0,
            refill: 12,
            stops: 0,
            gamma: 0,
            process: "jumps",
            withdrawals: 0,
            aversion: 1_000_000,
            selection: 0,
            hazard: 0,
            oracle: "sound",
            oracle_error: 100_000,
            oracle_side: "below",
            oracle_steps: 12,
        }
    }
}

/// What a word stands for.
fn named<T: Copy>(word: &str, of: &[(T, &'static str)]) -> Option<T> {
    of.iter().find(|(_, known)| *known == word).map(|(of, _)| *of)
}

/// How an oracle of such a word fails; nothing where it is sound.
pub(super) fn failing(word: &str) -> Option<Mode> {
    named(word, &ORACLES).flatten()
}

impl Models {
    /// Whether none is asked for.
    #[must_use]
    pub fn are_off(&self) -> bool {
        *self == Self::default()
    }

    /// The model with these in it.
    #[must_use]
    pub fn in_model(&self, model: CrisisModel) -> CrisisModel {
        let shape = named(self.impact, &IMPACTS).unwrap_or_default();
        let impact = self.depth.map(|depth| Impact {
            shape,
            depth,
            recovery: self.recovery,
            thinning: self.thinning,
            refill: self.refill,
        });
        let oracle = failing(self.oracle).map(|mode| Failure {
            mode,
            error: self.oracle_error,
            above: self.oracle_side == "above",
            ticks: self.oracle_steps,
        });
        CrisisModel {
            impact,
            flow: Flow { stops: self.stops, gamma: self.gamma },
            climate: named(self.process, &PROCESSES).unwrap_or_default(),
            behaviour: Behaviour {
                withdraws: self.withdrawals,
                aversion: self.aversion,
                selection: self.selection,
                hazard: self.hazard,
            },
            oracle,
            ..model
        }
    }

    /// Sets the one of a key to what stands in the file.
    pub(super) fn set(
        &mut self,
        parameter: Parameter,
        words: &Words<'_>,
        at: &At<ValueText>,
    ) -> Result<(), Diagnostic> {
        let key = parameter.key();
        let part = |most: u32| percent(words, at, key, (0, most));
        let one = |of: &[(&'static str, &'static str)]| words.one_of(at, key, of);
        match parameter {
            Parameter::Depth => self.depth = Some(depth(words, at)?),
            Parameter::Impact => self.impact = one(&IMPACTS.map(|(_, word)| (word, word)))?,
            Parameter::Recovery => self.recovery = part(100)?,
            Parameter::Thinning => self.thinning = part(99)?,
            Parameter::Refill => self.refill = count(words, at, key, (1, 1_000))?,
            Parameter::Stops => self.stops = part(100)?,
            Parameter::Gamma => self.gamma = part(100)?,
            Parameter::Process => self.process = one(&PROCESSES.map(|(_, word)| (word, word)))?,
            Parameter::Withdrawals => self.withdrawals = part(100)?,
            Parameter::Aversion => self.aversion = percent(words, at, key, (100, 1_000))?,
            Parameter::Selection => self.selection = part(90)?,
            Parameter::Hazard => self.hazard = part(200)?,
            Parameter::Oracle => self.oracle = one(&ORACLES.map(|(_, word)| (word, word)))?,
            Parameter::OracleError => self.oracle_error = part(25)?,
            Parameter::OracleSide => self.oracle_side = one(&SIDES)?,
            Parameter::OracleSteps => self.oracle_steps = count(words, at, key, (1, 40))?,
            // The others are numbers of the world itself.
            _ => {}
        }
        Ok(())
    }

    /// What these assume, in sentences.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.depth.is_some() {
            let mut moves = format!(
                "What is closed moves the price by the {} law, and the next marks carry it; a \
                 depth is a part of each market's open interest, and what one market sells moves \
                 no other. No fill is above twice the mark.",
                if self.impact == "linear" { "linear" } else { "square-root" }
            );
            if self.thinning > 0 {
                moves += " Depth withdraws by the moves of the last minutes and by no news.";
            }
            notes.push(moves);
        }
        if self.stops > 0 {
            notes.push(
                "Stop orders stand evenly within a fifth of the price at the start, and are of \
                 nobody in the book."
                    .to_owned(),
            );
        }
        if self.gamma > 0 {
            notes.push("Hedgers are short gamma, the same at every price.".to_owned());
        }
        if self.process != "jumps" {
            notes.push(format!(
                "The noise of a crisis clusters ({}), with the mean and the deviation it has \
                 otherwise: its numbers are chosen and fitted to nothing.",
                self.process
            ));
        }
        if self.withdrawals > 0 {
            notes.push(
                "Once a loss is known everyone takes out the same part of what he has, losers by \
                 their aversion more, as far as it is free: nobody has measured who runs."
                    .to_owned(),
            );
        }
        if self.selection > 0 || self.hazard > 0 {
            notes.push(
                "Who left before, and how much more those who stay borrow, is given and not an \
                 outcome of what they were charged."
                    .to_owned(),
            );
        }
        if self.oracle != "sound" {
            notes.push(format!(
                "The oracle fails ({}) in all markets from the tenth step on; the venue takes \
                 every mark as it comes, fills are at the price and at most at twice the mark, and \
                 nobody trades against it.",
                self.oracle
            ));
        }
        notes
    }
}

fn depth(words: &Words<'_>, at: &At<ValueText>) -> Result<u32, Diagnostic> {
    let depth = percent(words, at, "depth", (0, 1_000))?;
    if depth >= 1_000 {
        return Ok(depth);
    }
    let message = "a depth of nothing is moved without end";
    let allowed = "\"0.1 %\" to \"1000 %\"";
    let help = "leave it out where nothing moves prices.";
    Err(words.refuse("depth-out-of-bounds", message, help, &at.place, allowed))
}

#[cfg(test)]
mod tests {
    use rhodian_lab::crisis::model::CrisisModel;

    use super::super::model::World;
    use super::Models;

    /// What an experiment's hash is made of names no model that is off: an experiment of before
    /// has the hash it had.
    #[test]
    fn what_is_off_is_not_in_the_hash() {
        let plain = serde_json::to_string(&World::default()).unwrap();
        assert!(plain.ends_with("\"leverage\":1000000,\"fund\":null}"), "{plain}");
        let models = Models { depth: Some(50_000), ..Models::default() };
        let told = serde_json::to_string(&World { models, ..World::default() }).unwrap();
        assert!(told.contains("\"depth\":50000,\"impact\":\"linear\""), "{told}");
        assert!(World::default().model() == CrisisModel::default());
    }
}
