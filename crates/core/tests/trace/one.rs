//! Facts of one value: what a line says that no table holds.

use rhodian_core::closeout::{self, Why};
use rhodian_core::domain::Caps;
use rhodian_core::engine::{Event, Events, decide, duty};
use rhodian_core::ledger::Holder;
use rhodian_core::loss;
use rhodian_core::market;
use serde_json::Value;

use crate::read::{text, whole};
use crate::replay::{ASSET, Replay};

pub fn fact(replay: &Replay, line: &Value, (fact, value): (&str, &Value), at: &str) {
    let command = &line["commands"][0];
    match fact {
        "checkpoint" => {
            let now = replay.state.now();
            let made = replay.events().any(|event| match event {
                Event::Market(market::Event::PeriodEnded { of, .. }) => {
                    of.at == now && of.blocked.is_empty()
                }
                _ => false,
            });
            assert_eq!(made, value == true, "{at}: a checkpoint");
        }
        "reference_at" => {
            let domain = replay.domains[text(&command["domain"])];
            let reference = replay.state.reference(domain, replay.state.now());
            let found = replay.state.markets.checkpoint(reference).expect("a checkpoint");
            assert_eq!(Some(found.at.0), value.as_u64(), "{at}: the reference");
        }
        "opened_with" => {
            let loss = replay.losses[text(&command["loss"])];
            let opened = replay.events().find_map(|event| match event {
                Event::Market(market::Event::LegsTaken { loss: of, equity, .. }) if *of == loss => {
                    Some(equity.atoms())
                }
                _ => None,
            });
            assert_eq!(opened, Some(whole(value)), "{at}: what the book opened with");
        }
        "joins_episode" => {
            let events = due(replay, at);
            let is_of = |wanted: fn(&loss::Event) -> bool| {
                let mut events = events.as_slice().iter();
                events.any(|event| matches!(event, Event::Loss(event) if wanted(event)))
            };
            let detected = is_of(|event| matches!(event, loss::Event::LossDetected { .. }));
            let opened = is_of(|event| matches!(event, loss::Event::EpisodeOpened { .. }));
            assert!(detected, "{at}: nothing is detected next");
            assert_eq!(!opened, value == true, "{at}: joins the open episode");
        }
        "adl_trigger" => adl_trigger(replay, value, at),
        "closed_by" => closed_by(replay, command, text(value), at),
        "uncovered_repaid" => {
            let paid = replay.events().filter_map(|event| match event {
                Event::Loss(loss::Event::DebtPaid { amount, .. }) => Some(amount.atoms()),
                _ => None,
            });
            assert_eq!(paid.sum::<u128>(), whole::<u128>(value), "{at}: debts paid");
        }
        other => panic!("{at}: the fact {other} is not compared"),
    }
}

fn adl_trigger(replay: &Replay, value: &Value, at: &str) {
    let loss = replay.losses[text(&value["loss"])];
    let events = due(replay, at);
    let why = events.as_slice().iter().find_map(|event| match event {
        Event::CloseOut(closeout::Event::DeleveragingBegun { loss: of, why }) if *of == loss => {
            Some(*why)
        }
        _ => None,
    });
    let Some(Why::Budget { lost, cost, budget }) = why else { panic!("{at}: {why:?}") };
    assert_eq!(text(&value["reason"]), "budget", "{at}");
    let need = lost.atoms() + cost.atoms().cast_signed();
    assert_eq!(need, whole::<i128>(&value["need"]), "{at}: need");
    assert_eq!(budget.atoms(), whole::<u128>(&value["budget"]), "{at}: budget");
}

/// What is due after the line, decided: the line stops before it.
fn due(replay: &Replay, at: &str) -> Events {
    let next = duty(&replay.state).unwrap_or_else(|| panic!("{at}: nothing is due"));
    let mut events = Events::new();
    decide(&replay.state, &next, &mut events).expect("what is due is never refused");
    events
}

/// Why a layer pays no more: its cap for the episode is used up, or nothing is in it.
fn closed_by(replay: &Replay, command: &Value, why: &str, at: &str) {
    let layer = replay.layers[text(&command["layer"])];
    let spec = &replay.state.domains.layer(layer).expect("a layer").spec;
    let Caps { per_episode, .. } = spec.caps;
    let (_, episode) = replay.state.losses.episodes().last().expect("an episode");
    let used = episode.used.get(&layer).copied().unwrap_or_default();
    let left = replay.state.ledger.held(ASSET, Holder::Layer(layer));
    let found = match per_episode {
        Some(cap) if cap == used && !left.is_zero() => "episode-cap",
        _ if left.is_zero() => "exhausted",
        _ => "open",
    };
    assert_eq!(found, why, "{at}: why the layer closed");
}
