//! A folder that `share` wrote, read back: its events replayed into the state they made.

use std::fs;
use std::path::Path;

use rhodian_core::engine::{State, evolve};
use serde::Deserialize;

use super::events;
use super::summary::hexadecimal;
use super::trail::Trail;
use crate::diagnostic::Diagnostic;

/// What of `summary.json` the events do not say.
#[derive(Debug, Deserialize)]
struct Said {
    asset: SaidAsset,
    losses: Vec<SaidLoss>,
    digest: String,
}

#[derive(Debug, Deserialize)]
struct SaidAsset {
    name: String,
    decimals: u32,
}

#[derive(Debug, Deserialize)]
struct SaidLoss {
    id: String,
}

/// A run, replayed.
#[derive(Debug)]
pub struct Replay {
    /// The state after every event.
    pub state: State,
    /// What the events left.
    pub trail: Trail,
    /// The external ids of the losses, in the engine's order.
    pub losses: Vec<String>,
    /// The name of the asset.
    pub asset: String,
    /// Its decimals.
    pub decimals: u32,
}

impl Replay {
    /// Reads `events.ndjson` and `summary.json` of `folder`.
    ///
    /// Refused: files that cannot be read, and events that make another state than the one whose
    /// digest the summary has.
    pub fn read(folder: &Path) -> Result<Self, Diagnostic> {
        let path = folder.join("summary.json");
        let name = path.display().to_string();
        let text = fs::read(&path).map_err(|e| Diagnostic::input_output("read", &name, &e))?;
        let said: Said = serde_json::from_slice(&text).map_err(|error| {
            let help = "give a folder that `rhodian share --out` wrote.";
            Diagnostic::bad_input("summary-not-read", format!("no summary: {error}"), help)
                .at(name.clone())
        })?;
        let mut state = State::new(true);
        let mut trail = Trail::default();
        events::read(&folder.join("events.ndjson"), &mut |event| {
            evolve(&mut state, &event);
            trail.follow(&event, &state);
        })?;
        if hexadecimal(&state.digest()) != said.digest {
            let message = "the events make another state than the summary says";
            let help = "one of the files was changed: run `rhodian share --out` again.";
            return Err(Diagnostic::bad_input("folder-changed", message, help).at(name));
        }
        let losses = said.losses.into_iter().map(|loss| loss.id).collect();
        let SaidAsset { name: asset, decimals } = said.asset;
        Ok(Self { state, trail, losses, asset, decimals })
    }
}
