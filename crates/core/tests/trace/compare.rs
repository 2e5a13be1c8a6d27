//! What the trace says after a line, against what the engine says.

use std::collections::BTreeMap;

use rhodian_core::closeout;
use rhodian_core::engine::Event;
use rhodian_core::ids::{AccountId, MarketId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss;
use rhodian_core::market::Party;
use rhodian_core::units::SignedAmount;
use serde_json::Value;

use crate::one;
use crate::read::{fraction, text, whole};
use crate::replay::{ASSET, Replay};

/// Every number of `after` is the engine's, and the engine has none that is not there.
pub fn state(replay: &Replay, after: &Value, at: &str) {
    assert_eq!(cash(replay), numbers(&after["cash"]), "{at}: cash");
    for (name, market) in &replay.markets {
        assert_eq!(lots(replay, *market), numbers(&after["lots"][name]), "{at}: lots of {name}");
        let found = replay.state.markets.market(*market).expect("a market");
        let mark = after["mark"].get(name).map(whole::<u64>);
        assert_eq!(found.mark.map(|mark| mark.ticks()), mark, "{at}: mark of {name}");
        assert_eq!(found.funding, whole::<i64>(&after["funding"][name]), "{at}: F of {name}");
        let trial: i128 = lots(replay, *market).values().sum();
        assert_eq!(trial, whole::<i128>(&after["trial"][name]), "{at}: trial of {name}");
    }
    let asset = replay.state.ledger.trial(ASSET);
    assert_eq!(asset, whole::<i128>(&after["trial"][replay.asset.as_str()]), "{at}: trial");
    for (key, of) in [
        ("equity", &(|account| replay.state.equity(account, ASSET)) as &dyn Fn(AccountId) -> i128),
        ("lien", &|account| replay.state.lien(account, ASSET).atoms().cast_signed()),
        ("free", &|account| replay.state.free(account, ASSET).atoms().cast_signed()),
    ] {
        let expected = numbers(&after[key]);
        for (name, account) in &replay.accounts {
            let expected = expected.get(name).copied().unwrap_or(0);
            assert_eq!(of(*account), expected, "{at}: {key} of {name}");
        }
    }
}

fn numbers(of: &Value) -> BTreeMap<String, i128> {
    let entries = of.as_object().into_iter().flatten();
    let numbers = entries.map(|(name, value)| (name.clone(), whole::<i128>(value)));
    numbers.filter(|(_, value)| *value != 0).collect()
}

/// Every ledger balance that is not zero, under the names of the trace.
fn cash(replay: &Replay) -> BTreeMap<String, i128> {
    let mut cash: BTreeMap<String, i128> = BTreeMap::new();
    for (holder, balance) in replay.state.ledger.holders(ASSET) {
        *cash.entry(named(replay, holder)).or_default() += SignedAmount::atoms(balance);
    }
    cash
}

fn named(replay: &Replay, holder: Holder) -> String {
    match holder {
        Holder::World => "world".into(),
        Holder::Account(id) => name_of(&replay.accounts, id),
        Holder::Layer(id) => name_of(&replay.layers, id),
        Holder::Book(id) => format!("book/{}", name_of(&replay.losses, id)),
        Holder::Suspense(id) => format!("suspense/{}", name_of(&replay.losses, id)),
        Holder::Recovery(id) => format!("recovery/{}", name_of(&replay.losses, id)),
        Holder::Uncovered(_) => "uncovered".into(),
        Holder::Fees(_) => "fees".into(),
        other => format!("{other:?}"),
    }
}

fn name_of<T: PartialEq>(names: &BTreeMap<String, T>, id: T) -> String {
    let found = names.iter().find(|(_, of)| **of == id);
    found.map_or("unnamed".into(), |(name, _)| name.clone())
}

fn lots(replay: &Replay, market: MarketId) -> BTreeMap<String, i128> {
    let of = |party| i128::from(replay.state.markets.lots_of(party, market).lots());
    let accounts = replay.accounts.iter().map(|(n, id)| (n.clone(), of(Party::Account(*id))));
    let books = replay.losses.iter().map(|(n, id)| (format!("book/{n}"), of(Party::Book(*id))));
    accounts.chain(books).filter(|(_, lots)| *lots != 0).collect()
}

/// What the line computed: weights, caps, levels, exact shares, draws. A fact that is not known
/// here fails: nothing of the file is passed over.
pub fn facts(replay: &Replay, line: &Value) {
    let at = format!("line {}", line["n"]);
    let Some(facts) = line["facts"].as_object() else { return };
    let loss = || replay.losses[text(&line["commands"][0]["loss"])];
    for (fact, value) in facts {
        match fact.as_str() {
            "weights" => frozen(replay, value, &at, &|member| member.weight.atoms()),
            "caps" => frozen(replay, value, &at, &|member| member.cap.atoms()),
            "paid_in_episode" => frozen(replay, value, &at, &|member| member.paid.atoms()),
            "close_out_loss" | "margin" | "set_off" | "deficit" => {
                let loss = replay.state.losses.loss(loss()).expect("a loss");
                let found = match fact.as_str() {
                    "close_out_loss" => loss.close_out.atoms(),
                    "margin" => loss.margin.atoms(),
                    "set_off" => loss.own_means.atoms() - loss.margin.atoms(),
                    _ => loss.deficit.atoms(),
                };
                assert_eq!(found, whole::<u128>(value), "{at}: {fact}");
            }
            "draws" => draws(replay, value, loss(), &at),
            "take" => taken(replay, value, &at),
            "level" if facts.contains_key("lien_base") => {
                liens(replay, value, &facts["lien_base"], &at);
            }
            "lien_base" => assert!(facts.contains_key("level"), "{at}: a base needs its level"),
            "level" => level(replay, value, &at),
            "shares" => shares(replay, value, &at),
            "exact" => exact(value, facts, &at),
            "units_left" => assert!(facts.contains_key("exact"), "{at}: units left of what?"),
            "cumulative" => cumulative(replay, value, &at),
            "gains" | "tranche" => repaid(replay, value, &at),
            _ => one::fact(replay, line, (fact, value), &at),
        }
    }
}

/// The liens at a detection: each its exact share rounded up, together what the level divides.
fn liens(replay: &Replay, level: &Value, base: &Value, at: &str) {
    let (num, den) = fraction(level);
    let mut sum = 0;
    for member in last_set(replay).layers.values().flat_map(|layer| &layer.members) {
        let (weight, cap) = (member.weight.atoms(), member.cap.atoms());
        let exact = (num * weight.cast_signed()).min(den * cap.cast_signed());
        sum += exact;
        let lien = replay.state.lien(member.account, ASSET).atoms().cast_signed();
        assert_eq!(lien, (exact + den - 1) / den, "{at}: lien of {}", member.account);
    }
    assert_eq!(sum, whole::<i128>(base) * den, "{at}: what the level divides");
}

/// What the layer's members bore of the episode's losses so far, this division included.
fn cumulative(replay: &Replay, value: &Value, at: &str) {
    let found = last_events(replay).find_map(|event| match event {
        Event::Loss(loss::Event::LossDivided { cumulative, .. }) => Some(cumulative.atoms()),
        _ => None,
    });
    assert_eq!(found, Some(whole(value)), "{at}: divided so far");
}

/// Every lot or atom is within one of exact, and those above the floors are the units left over.
/// What an earlier wave of the episode paid is in what stands as paid.
fn exact(value: &Value, facts: &serde_json::Map<String, Value>, at: &str) {
    let of = ["take", "paid_in_episode"].into_iter().find_map(|key| facts.get(key));
    let given = of.expect("what was taken or paid");
    let (mut sum, mut floors) = (0, 0);
    for (name, exact) in value.as_object().expect("exact shares") {
        let (num, den) = fraction(exact);
        let got = given.get(name).map_or(0, whole::<i128>);
        assert!((got * den - num).abs() < den, "{at}: {name} got {got} of {exact}");
        sum += got;
        floors += num / den;
    }
    assert_eq!(sum - floors, whole::<i128>(&facts["units_left"]), "{at}: units left");
}

/// Members were repaid `amount` together, each within an atom of his part of all that came back.
fn repaid(replay: &Replay, value: &Value, at: &str) {
    let wanted = numbers(&value["repaid"]);
    let rows = replay.events().find_map(|event| match event {
        Event::Loss(loss::Event::PoolRepaid { loss, pool, rows, .. }) => {
            let found = rows.iter().map(|(_, account, amount)| {
                (named(replay, Holder::Account(*account)), amount.atoms().cast_signed())
            });
            let found = found.filter(|(_, amount)| *amount != 0).collect::<BTreeMap<_, _>>();
            (found == wanted).then_some((*loss, *pool))
        }
        _ => None,
    });
    let (loss, pool) = rows.unwrap_or_else(|| panic!("{at}: nobody was repaid {wanted:?}"));
    assert_eq!(wanted.values().sum::<i128>(), whole::<i128>(&value["amount"]), "{at}: together");
    let pools = &replay.state.losses.loss(loss).expect("a loss").pools;
    let claims = pools[usize::try_from(pool).expect("a place")].bearer.rows();
    for (name, exact) in value["exact"].as_object().expect("exact parts") {
        let account = replay.accounts[name];
        let mine = claims.into_iter().flatten().filter(|claim| claim.account == account);
        let back: u128 = mine.map(|claim| claim.repaid.atoms()).sum();
        let (num, den) = fraction(exact);
        let off = (back.cast_signed() * den - num).abs();
        assert!(off < den, "{at}: {name} has {back} back of {exact}");
    }
}

fn last_set(replay: &Replay) -> &loss::LiableSet {
    let episodes = replay.state.losses.episodes().last();
    let set = episodes.and_then(|(_, episode)| replay.state.losses.set(*episode.sets.last()?));
    set.expect("a liable set")
}

fn frozen(replay: &Replay, value: &Value, at: &str, of: &dyn Fn(&loss::Member) -> u128) {
    let members = last_set(replay).layers.values().flat_map(|layer| layer.members.iter());
    let found: BTreeMap<String, i128> = members
        .map(|member| {
            let name = named(replay, Holder::Account(member.account));
            (name, of(member).cast_signed())
        })
        .filter(|(_, value)| *value != 0)
        .collect();
    assert_eq!(found, numbers(value), "{at}");
}

fn draws(replay: &Replay, value: &Value, loss: rhodian_core::ids::LossId, at: &str) {
    let found = replay.state.losses.loss(loss).expect("a loss");
    for (layer, amount) in value.as_object().expect("draws") {
        let received = match replay.layers.get(layer) {
            Some(layer) => found.received_from(*layer).atoms(),
            None => found.uncovered.atoms(),
        };
        assert_eq!(received, whole::<u128>(amount), "{at}: drawn from {layer}");
    }
}

fn last_events(replay: &Replay) -> impl Iterator<Item = &Event> {
    replay.records.last().into_iter().flat_map(|record| record.events.iter())
}

fn taken(replay: &Replay, value: &Value, at: &str) {
    let found = last_events(replay).find_map(|event| match event {
        Event::CloseOut(closeout::Event::Deleveraged { taken, .. }) => Some(taken),
        _ => None,
    });
    let rows = found.expect("a deleveraging").iter().map(|(party, lots)| {
        let lots = i128::from(lots.size());
        (named(replay, party.holder()), lots)
    });
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), numbers(value), "{at}: taken");
}

/// The level of a division or of a deleveraging; that of the liens at detection is in the liens.
fn level(replay: &Replay, value: &Value, at: &str) {
    let found = last_events(replay).find_map(|event| match event {
        Event::CloseOut(closeout::Event::Deleveraged { level, .. }) => level.as_deref().copied(),
        Event::Loss(loss::Event::LossDivided { levels, .. }) => levels.first().copied().flatten(),
        _ => None,
    });
    let Some(found) = found else { return };
    let (num, den) = fraction(value);
    assert_eq!((found.num.cast_signed(), found.den.cast_signed()), (num, den), "{at}: level");
}

fn shares(replay: &Replay, value: &Value, at: &str) {
    let taken = last_events(replay).filter_map(|event| match event {
        Event::Loss(loss::Event::SharesTaken { shares, .. }) => Some(shares),
        _ => None,
    });
    let rows = taken.flatten().map(|(account, share)| {
        (named(replay, Holder::Account(*account)), share.atoms().cast_signed())
    });
    let found: BTreeMap<String, i128> = rows.filter(|(_, share)| *share != 0).collect();
    assert_eq!(found, numbers(value), "{at}: shares");
}

/// What it came to.
pub fn summary(replay: &Replay, summary: &Value) {
    for (name, of) in summary["losses"].as_object().expect("losses") {
        let id = replay.losses[name];
        let loss = replay.state.losses.loss(id).expect("a loss");
        let own_means = whole::<u128>(&of["margin"]) + whole::<u128>(&of["set_off"]);
        for (what, found, expected) in [
            ("close-out loss", loss.close_out.atoms(), whole(&of["close_out_loss"])),
            ("margin", loss.margin.atoms(), whole(&of["margin"])),
            ("own means", loss.own_means.atoms(), own_means),
            ("deficit", loss.deficit.atoms(), whole(&of["deficit"])),
            ("uncovered", loss.uncovered.atoms(), whole(&of["uncovered"])),
        ] {
            assert_eq!(found, expected, "summary of {name}: {what}");
        }
        draws(replay, &of["draws"], id, &format!("summary of {name}"));
    }
    for (name, of) in summary["accounts"].as_object().expect("accounts") {
        let account = replay.accounts[name];
        let mut borne = 0;
        let mut back = 0;
        for (loss_name, paid) in of["paid"].as_object().expect("paid") {
            let loss = replay.state.losses.loss(replay.losses[loss_name]).expect("a loss");
            let rows = loss.pools.iter().filter_map(|pool| pool.bearer.rows()).flatten();
            let mine: Vec<_> = rows.filter(|row| row.account == account).collect();
            let paid_here: u128 = mine.iter().map(|row| row.borne.atoms()).sum();
            assert_eq!(paid_here, whole::<u128>(paid), "summary: {name} paid {loss_name}");
            borne += paid_here;
            back += mine.iter().map(|row| row.repaid.atoms()).sum::<u128>();
        }
        assert_eq!(back, whole::<u128>(&of["repaid"]), "summary: {name} repaid");
        assert_eq!(borne - back, whole::<u128>(&of["net"]), "summary: {name} net");
    }
}
