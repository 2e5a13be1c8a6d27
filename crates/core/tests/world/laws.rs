//! What a test world reads after every command, beside the numbered laws: sentences that hold
//! between commands and not between events. Written against the public state only.

use std::collections::BTreeMap;

use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Event, State, duty};
use rhodian_core::ids::{AssetId, DomainId, LiableSetId, LossId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{Loss, Stage};
use rhodian_core::recovery::Bearer;

pub fn after_command(state: &State) {
    assert!(duty(state).is_none(), "what is due is done: {:?}", duty(state));
    for (id, loss) in state.losses.losses() {
        let asset = state.domains.domain(loss.domain).unwrap().asset;
        let balance = |holder| state.ledger.balance(asset, holder).atoms();
        assert_eq!(balance(Holder::Recovery(id)), 0, "what came back for {id} is paid out");
        if loss.stage == Stage::Settled {
            settled(id, loss);
            assert_eq!(balance(Holder::Suspense(id)), 0, "suspense of {id}");
            assert_eq!(balance(Holder::Book(id)), 0, "book of {id}");
        }
    }
    nobody_owes_unseen(state);
    caps(state);
    debts(state);
    unsettled(state);
    gains_balance(state);
}

/// Whatever accounts gained in a domain, since any checkpoint that can be its reference, others of
/// them lost, or fees and close-out books made it: whoever is left out of a list breaks the sum.
fn gains_balance(state: &State) {
    for (domain, _) in state.domains.domains() {
        for reference in [state.reference(domain, state.now()), state.markets.latest()] {
            let of = |account| state.session(account, reference).map_or(0, |s| s.gain(domain));
            let gains: i128 = state.accounts.accounts().map(|(account, _)| of(account)).sum();
            let outside = state.markets.outside(domain, reference);
            let sum = gains + outside.fees + outside.books;
            assert_eq!(sum, 0, "gains of {domain} since checkpoint {reference}: {outside:?}");
        }
    }
}

/// A balance below zero is a loss somebody answers for: it is taken over at once.
fn nobody_owes_unseen(state: &State) {
    for (id, account) in state.accounts.accounts() {
        let domain = account.last_domain.and_then(|domain| state.domains.domain(domain));
        if domain.is_none_or(|d| d.waterfalls.contains_key(&CauseClass::Default)) {
            for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
                let equity = state.equity(id, asset);
                assert!(equity >= 0, "account {id} stands at {equity}");
            }
        }
    }
}

/// INV-03, to the atom.
fn settled(id: LossId, loss: &Loss) {
    let absorbed = loss.own_means.atoms()
        + loss.netted.atoms()
        + loss.received().atoms()
        + loss.uncovered.atoms();
    assert_eq!(loss.close_out.atoms(), absorbed, "INV-03 of {id}");
    assert_eq!(loss.close_out.atoms(), loss.own_means.atoms() + loss.deficit.atoms(), "{id}");
    for draw in &loss.draws {
        assert!(draw.closed && draw.received <= draw.planned, "{id}: {draw:?}");
    }
}

/// Layers stay within their caps, per event and per episode.
fn caps(state: &State) {
    for (id, episode) in state.losses.episodes() {
        for (layer, used) in &episode.used {
            let cap = state.domains.layer(*layer).unwrap().spec.caps.per_episode;
            assert!(cap.is_none_or(|cap| *used <= cap), "episode {id}: layer {layer} paid {used}");
        }
    }
    for (id, loss) in state.losses.losses() {
        for draw in &loss.draws {
            let cap = state.domains.layer(draw.layer).unwrap().spec.caps.per_event;
            let paid = loss.received_from(draw.layer);
            assert!(cap.is_none_or(|cap| paid <= cap), "cap per event of {id}");
        }
    }
}

/// The uncovered debt of a domain is what its losses left uncovered and nobody paid since.
fn debts(state: &State) {
    let mut open: BTreeMap<DomainId, u128> = BTreeMap::new();
    for (_, loss) in state.losses.losses() {
        let debt = Bearer::Uncovered(loss.domain);
        let pools = loss.pools.iter().filter(|pool| pool.bearer == debt);
        *open.entry(loss.domain).or_default() += pools.map(|p| p.open().atoms()).sum::<u128>();
    }
    for (domain, found) in state.domains.domains() {
        let owed = state.ledger.balance(found.asset, Holder::Uncovered(domain)).atoms();
        let debt = open.get(&domain).copied().unwrap_or(0);
        assert_eq!(owed, -i128::try_from(debt).unwrap(), "uncovered of {domain}");
    }
}

/// INV-08: what is divided and not taken stands in `Unsettled`; when every member of a layer was
/// touched nothing does, and rounding left at most an atom for each.
fn unsettled(state: &State) {
    let mut waits: BTreeMap<LossId, bool> = BTreeMap::new();
    let mut members: u128 = 0;
    let mut index = 0;
    while let Some(set) = state.losses.set(LiableSetId(index)) {
        for layer in set.layers.values() {
            members += layer.members.len() as u128;
            for wave in &layer.waves {
                *waits.entry(wave.loss).or_default() |= layer.untouched > 0;
            }
        }
        index += 1;
    }
    for (loss, waits) in waits {
        let domain = state.losses.loss(loss).unwrap().domain;
        let asset = state.domains.domain(domain).unwrap().asset;
        let open = state.ledger.balance(asset, Holder::Unsettled(loss)).atoms();
        assert!(waits || open == 0, "INV-08: {open} of {loss} stands unsettled for ever");
    }
    for (domain, found) in state.domains.domains() {
        let residue = state.ledger.balance(found.asset, Holder::Residue(domain)).atoms();
        let most = i128::try_from(members).unwrap();
        assert!((0..=most).contains(&residue), "INV-08: residue {residue} of {members} members");
    }
}

/// An event is about every loss it names, of itself or by its book, and about no other.
pub fn says_its_losses(event: &Event) {
    let text = format!("{event:?}");
    let named = text.split("LossId(").skip(1).filter_map(|rest| rest.split(')').next());
    let named: Vec<LossId> = named.map(|id| LossId(id.parse().unwrap())).collect();
    assert!(named.iter().all(|loss| event.is_about(*loss)), "not about all it names: {text}");
    assert!(event.loss().is_none_or(|loss| named.contains(&loss)), "names no such loss: {text}");
    assert!(!event.is_about(LossId(u32::MAX)), "about a loss that is none: {text}");
}
