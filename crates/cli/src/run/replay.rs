//! A folder that `share` wrote, read back: its events replayed into the state they made.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;

use rhodian_core::account::Event as AccountEvent;
use rhodian_core::closeout::Event as CloseOutEvent;
use rhodian_core::control::Event as ControlEvent;
use rhodian_core::engine::{Event, State, evolve};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Event as LossEvent;
use rhodian_core::market::Event as MarketEvent;
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
    /// Refused: files that cannot be read, what [`replayed`] refuses, and events that make another
    /// state than the one whose digest the summary has.
    pub fn read(folder: &Path) -> Result<Self, Diagnostic> {
        let path = folder.join("summary.json");
        let name = path.display().to_string();
        let text = fs::read(&path).map_err(|e| Diagnostic::input_output("read", &name, &e))?;
        let said: Said = serde_json::from_slice(&text).map_err(|error| {
            let help = "give a folder that `rhodian share --out` or `rhodian run --out` wrote.";
            Diagnostic::bad_input("summary-not-read", format!("no summary: {error}"), help)
                .at(name.clone())
        })?;
        let Replayed { state, trail, .. } = replayed(folder)?;
        if hexadecimal(&state.digest()) != said.digest {
            let message = "the events make another state than the summary says";
            let help = "one of the files was changed: write the folder again.";
            return Err(Diagnostic::bad_input("folder-changed", message, help).at(name));
        }
        let losses = said.losses.into_iter().map(|loss| loss.id).collect();
        let SaidAsset { name: asset, decimals } = said.asset;
        Ok(Self { state, trail, losses, asset, decimals })
    }
}

/// Replays `events.ndjson` of `folder`: the state its events make, and their trail.
///
/// Refused: a file that cannot be read, a line that is no event, and an event that cannot follow
/// those before it.
pub fn replayed(folder: &Path) -> Result<Replayed, Diagnostic> {
    replayed_with(folder, &mut |_, _| {})
}

/// As [`replayed`]; each event is shown with the state it made.
pub fn replayed_with(
    folder: &Path,
    show: &mut dyn FnMut(&Event, &State),
) -> Result<Replayed, Diagnostic> {
    let path = folder.join("events.ndjson");
    following(&mut |visit| events::read(&path, visit), show)
}

/// As [`replayed`], of a text that is cited by `name`.
pub fn replayed_from(text: &[u8], name: &str) -> Result<Replayed, Diagnostic> {
    following(&mut |visit| events::read_from(text, name, visit), &mut |_, _| {})
}

/// What events made.
#[derive(Debug)]
pub struct Replayed {
    /// The state after every event.
    pub state: State,
    /// What the events left.
    pub trail: Trail,
    /// How many there were.
    pub events: u64,
}

/// Reads events by calling what it is given with each.
type Reading<'a> = dyn FnMut(&mut dyn FnMut(Event) -> bool) -> Result<(), Diagnostic> + 'a;

fn following(
    read: &mut Reading<'_>,
    show: &mut dyn FnMut(&Event, &State),
) -> Result<Replayed, Diagnostic> {
    let mut state = State::new(true);
    let mut trail = Trail::default();
    let mut before = 0;
    let mut visit = |event: Event| {
        // Events the engine decided cannot fail. Those of a file that someone changed may speak
        // of what is not there, and then end here.
        let follow = AssertUnwindSafe(|| {
            evolve(&mut state, &event);
            trail.follow(&event, &state);
            show(&event, &state);
        });
        let follows = names_known(&event, before) && catch_unwind(follow).is_ok();
        before += 1;
        follows
    };
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let read = read(&mut visit);
    set_hook(hook);
    let events = u64::try_from(before).unwrap_or(u64::MAX);
    read.map(|()| Replayed { state, trail, events })
}

/// Whether every id that tables are made to hold can be known after `before` events: each of a
/// kind's ids is made by an event of its own, in order.
fn names_known(event: &Event, before: usize) -> bool {
    let mut known = true;
    event.transfers(&mut |transfer| {
        known &= transfer.asset.index() <= before;
        known &= [transfer.from, transfer.to].iter().all(|holder| place(*holder) <= before);
    });
    known
        && match event {
            Event::Account(AccountEvent::ResultSettled { domain, .. })
            | Event::Loss(LossEvent::SettlementEntered { domain, .. })
            | Event::Control(
                ControlEvent::StatusSet { domain: Some(domain), .. }
                | ControlEvent::HaltBegun { domain: Some(domain), .. }
                | ControlEvent::HaltEnded { domain: Some(domain) },
            ) => domain.index() <= before,
            Event::Market(MarketEvent::LegsTaken { account, .. }) => account.index() <= before,
            Event::Market(MarketEvent::Filled { buyer, seller, .. }) => {
                [buyer, seller].iter().all(|party| place(party.holder()) <= before)
            }
            Event::Market(MarketEvent::PaidOut { paid, .. }) => {
                paid.iter().all(|(party, _)| place(party.holder()) <= before)
            }
            Event::CloseOut(CloseOutEvent::Deleveraged { from, taken, .. }) => {
                let taken = taken.iter().map(|(party, _)| party);
                taken.chain([from]).all(|party| place(party.holder()) <= before)
            }
            Event::CloseOut(CloseOutEvent::LegsSold { from, to, .. }) => {
                [from.holder(), Holder::Account(*to)].iter().all(|of| place(*of) <= before)
            }
            _ => true,
        }
}

/// The place of a holder among those of its kind.
const fn place(holder: Holder) -> usize {
    match holder {
        Holder::World | Holder::Issued => 0,
        Holder::Account(id) => id.index(),
        Holder::Layer(id) | Holder::Rewards(id) | Holder::Pay(id) => id.index(),
        Holder::Book(id)
        | Holder::Suspense(id)
        | Holder::Recovery(id)
        | Holder::Unsettled(id)
        | Holder::Ceded(id) => id.index(),
        Holder::Uncovered(id)
        | Holder::Residue(id)
        | Holder::Fees(id)
        | Holder::Results(id)
        | Holder::Bonds(id) => id.index(),
        Holder::Clearing(id) => id.index(),
        Holder::Pool(id) => id.index(),
        Holder::Cover(id) => id.index(),
    }
}
