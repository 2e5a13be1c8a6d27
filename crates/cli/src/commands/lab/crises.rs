//! What the questions about crises share: the venue and the crises that are drawn, as options.

use std::sync::Mutex;

use clap::Args;
use rhodian_lab::crisis::aftermath::Aftermath;
use rhodian_lab::crisis::model::{CrisisModel, Severity};
use rhodian_lab::crisis::{Crisis, Stage, fund};
use rhodian_lab::seed::Seed;
use rhodian_report::money;

use crate::diagnostic::Diagnostic;
use crate::side_by_side;
use crate::venue_run::progress::Bar;

/// The venue, and the crises it meets.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "World")]
pub struct CrisesArgs {
    /// How many crises are drawn [default: as many as the answer needs]
    #[arg(long, value_name = "N", value_parser = crises)]
    pub crises: Option<usize>,
    /// From which they are drawn
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// How many accounts the venue has
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub accounts: u32,
    /// How many markets
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub markets: u32,
    /// How far markets fall at least
    #[arg(long, value_name = "PART", default_value = "16%", value_parser = part)]
    pub fall: f64,
    /// The mean of what they fall beyond that
    #[arg(long, value_name = "PART", default_value = "16%", value_parser = part)]
    pub beyond: f64,
    /// What closing costs against the mark
    #[arg(long, value_name = "PART", default_value = "1%", value_parser = part)]
    pub cost: f64,
    /// How many threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
}

fn crises(text: &str) -> Result<usize, String> {
    within(text, 10_000_000)
}

pub(super) fn threads(text: &str) -> Result<usize, String> {
    within(text, 256)
}

fn within(text: &str, most: usize) -> Result<usize, String> {
    let found = text.parse().ok().filter(|count| (1..=most).contains(count));
    found.ok_or_else(|| format!("allowed: 1 to {most}"))
}

/// A part of one: `1/1000`, `0.1%`, `0.001`.
pub(super) fn part(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let found = if let Some((above, below)) = text.split_once('/') {
        number(above).zip(number(below)).map(|(above, below)| above / below)
    } else if let Some(percent) = text.trim().strip_suffix('%') {
        number(percent).map(|percent| percent / 100.0)
    } else {
        number(text)
    };
    let found = found.filter(|part| (0.0..=1.0).contains(part));
    found.ok_or_else(|| "a part of one is written 1/1000, 0.1% or 0.001, from 0 to 1".to_owned())
}

/// A part strictly between none and all.
pub(super) fn target(text: &str) -> Result<f64, String> {
    let inside = |target: &f64| (1e-6..=0.5).contains(target);
    let found = part(text)?;
    Some(found).filter(inside).ok_or_else(|| "a target is from 1/1000000 to 1/2".to_owned())
}

/// A part in millionths, rounded.
pub(super) fn millionths(part: f64) -> u32 {
    // At most one, so at most a million.
    format!("{:.0}", part * 1e6).parse().unwrap_or(u32::MAX)
}

/// What was kept of the crises that were played, and where that was.
pub(super) struct Played<T> {
    pub stage: Stage,
    pub kept: Vec<T>,
}

impl CrisesArgs {
    pub(super) fn model(&self) -> CrisisModel {
        CrisisModel {
            accounts: self.accounts,
            markets: self.markets,
            severity: Severity { least: self.fall, beyond: self.beyond },
            cost: millionths(self.cost),
            ..CrisisModel::default()
        }
    }

    /// How many crises: what was asked for, or a twelfth more than back the target.
    pub(super) fn count(&self, target: f64) -> usize {
        self.crises.unwrap_or_else(|| fund::least_crises(target) * 13 / 12)
    }

    /// Plays `crises` of them on `model`, and shows how far it is.
    pub(super) fn play(
        &self,
        model: CrisisModel,
        crises: usize,
        quiet: bool,
    ) -> Result<Played<Crisis>, Diagnostic> {
        self.play_as(model, crises, quiet, &|after| after.crisis)
    }

    /// The same, and keeps what `of` makes of each.
    pub(super) fn play_as<T: Send>(
        &self,
        model: CrisisModel,
        crises: usize,
        quiet: bool,
        of: &(dyn Fn(Aftermath) -> T + Sync),
    ) -> Result<Played<T>, Diagnostic> {
        let refused = |why: rhodian_lab::crisis::Stopped| {
            let help = "change the option that it names.";
            Diagnostic::bad_input("lab-world", why.to_string(), help)
        };
        let stage = Stage::of(model, Seed(self.seed)).map_err(refused)?;
        let threads = self.threads.unwrap_or_else(side_by_side::threads);
        let bar = Mutex::new(Bar::new(quiet));
        let heard = |done: usize| {
            // Where another thread draws the bar, this one goes on.
            if let Ok(mut bar) = bar.try_lock() {
                bar.of("crises", done as u64, crises as u64);
            }
        };
        let kept = stage.play_all(crises, threads, of, &heard).map_err(refused)?;
        Ok(Played { stage, kept })
    }
}

impl Played<Crisis> {
    /// What each crisis took, in atoms.
    pub(super) fn deficits(&self) -> Vec<u128> {
        self.kept.iter().map(|crisis| crisis.deficit).collect()
    }
}

/// A part in per cent.
pub(crate) fn percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}

/// Atoms of the lab's worlds as whole dollars, with commas.
pub(crate) fn dollars(atoms: u128) -> String {
    money::Money::new(6).with_places((atoms + 500_000) / 1_000_000 * 1_000_000, 0)
}

#[cfg(test)]
mod tests {
    use super::{part, target};

    #[test]
    fn parts_are_written_in_three_ways() {
        for (text, expected) in [
            ("1/1000", Some(0.001)),
            ("0.1%", Some(0.001)),
            ("0.001", Some(0.001)),
            ("100 %", Some(1.0)),
            ("1/0", None),
            ("-1%", None),
            ("2", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(part(text).ok(), expected, "{text}");
        }
        assert!(target("0").is_err() && target("1").is_err() && target("1/100").is_ok());
    }
}
