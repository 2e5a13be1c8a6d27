//! What the events say of an episode that the state after them does not: when, in which order, at
//! which prices, and what the pots held before.

use std::collections::{BTreeMap, BTreeSet};

use rhodian_core::control::Event as ControlEvent;
use rhodian_core::domain::Source;
use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, DomainId, EpisodeId, LayerId, LossId, MarketId, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{Episode, Event as LossEvent};
use rhodian_core::market::Event as MarketEvent;
use rhodian_core::oracle::Event as OracleEvent;
use rhodian_core::units::{Amount, Price, Quantity};

use super::{Line, Moment, Origin, PayerRow, PriceRow};
use crate::names::{Names, StateNames};
use crate::words;

/// What is gathered while the events pass by.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    names: StateNames<'a>,
    pub(super) origin: Origin,
    pub(super) id: EpisodeId,
    now: Time,
    /// Whether the episode is open, as the events go by.
    open: bool,
    domain: DomainId,
    losses: BTreeSet<LossId>,
    pub(super) timeline: Vec<Line>,
    /// Balances of pots, in atoms, as they stand.
    pots: BTreeMap<LayerId, i128>,
    /// The same when the episode opened.
    at_opening: BTreeMap<LayerId, i128>,
    marks: BTreeMap<MarketId, Price>,
    funding: BTreeMap<MarketId, i64>,
    prices: Vec<(LossId, MarketId, Price, i128, Quantity)>,
    paid: BTreeMap<(LossId, LayerId, AccountId), u128>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(state: &'a State, id: EpisodeId, episode: &Episode, origin: Origin) -> Self {
        Self {
            names: StateNames(state),
            origin,
            id,
            now: Time::default(),
            open: false,
            domain: episode.domain,
            losses: episode.losses.iter().copied().collect(),
            timeline: Vec::new(),
            pots: BTreeMap::new(),
            at_opening: BTreeMap::new(),
            marks: BTreeMap::new(),
            funding: BTreeMap::new(),
            prices: Vec::new(),
            paid: BTreeMap::new(),
        }
    }

    pub(super) fn follow(&mut self, sequence: u64, event: &Event) {
        match event {
            Event::Loss(LossEvent::EpisodeOpened { episode, .. }) if *episode == self.id => {
                self.at_opening.clone_from(&self.pots);
                self.open = true;
            }
            Event::Loss(LossEvent::EpisodeClosed { episode }) if *episode == self.id => {
                self.open = false;
            }
            _ => {}
        }
        event.transfers(&mut |transfer| {
            let atoms = i128::try_from(transfer.amount.atoms()).unwrap_or(i128::MAX);
            for (holder, atoms) in [(transfer.from, -atoms), (transfer.to, atoms)] {
                if let Holder::Layer(layer) = holder {
                    *self.pots.entry(layer).or_default() += atoms;
                }
            }
        });
        match event {
            Event::TimePassed { at } => self.now = *at,
            Event::Market(event) => self.of_market(event),
            Event::Loss(event) => self.of_payers(event),
            _ => {}
        }
        let (loss, concerns) = self.about(event);
        if concerns && let Some(what) = words::of_event(&self.names, event) {
            let at = Moment::new(self.now, self.origin);
            let loss = loss.map(|loss| self.names.loss(loss));
            self.timeline.push(Line { sequence, at, loss, what });
        }
    }

    /// The loss an event is about, and whether it belongs to this episode.
    fn about(&self, event: &Event) -> (Option<LossId>, bool) {
        let of = |loss: LossId| (Some(loss), self.losses.contains(&loss));
        match event {
            Event::Loss(LossEvent::EpisodeOpened { episode, .. })
            | Event::Loss(LossEvent::LiableSetFixed { episode, .. })
            | Event::Loss(LossEvent::EpisodeClosed { episode }) => (None, *episode == self.id),
            Event::Loss(
                LossEvent::SettlementEntered { domain, .. }
                | LossEvent::ResultToFund { domain, .. },
            ) => (None, self.open && *domain == self.domain),
            Event::Control(ControlEvent::StatusSet { domain, .. }) => {
                (None, self.open && domain.is_none_or(|of| of == self.domain))
            }
            Event::Oracle(OracleEvent::DomainTightened { domain, .. }) => {
                (None, self.open && *domain == self.domain)
            }
            // A remainder is told of the loss that it pays for.
            Event::Loss(LossEvent::RemainderMoved { other, .. }) if self.losses.contains(other) => {
                (Some(*other), true)
            }
            // What is ceded is told where it comes from, and where it pays.
            Event::Loss(LossEvent::ClaimCeded { repaid: other, .. })
            | Event::Loss(LossEvent::CededMoved { other, .. })
                if self.losses.contains(other) =>
            {
                (Some(*other), true)
            }
            _ => event.loss().map_or((None, false), of),
        }
    }

    fn of_market(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Marked { marks } => self.marks.extend(marks.iter().copied()),
            MarketEvent::Funded { market, atoms_per_lot } => {
                *self.funding.entry(*market).or_default() += atoms_per_lot;
            }
            MarketEvent::LegsTaken { loss, legs, .. } if self.losses.contains(loss) => {
                for (market, lots) in legs {
                    let Some(found) = self.names.0.markets.market(*market) else { continue };
                    let mark = self.marks.get(market).copied().unwrap_or_default();
                    let funding = self.funding.get(market).copied().unwrap_or_default();
                    let value = found.value_at(mark) - i128::from(funding);
                    self.prices.push((*loss, *market, mark, value, *lots));
                }
            }
            _ => {}
        }
    }

    fn of_payers(&mut self, event: &LossEvent) {
        let mut paid = |loss: &LossId, layer: &LayerId, account: &AccountId, amount: &Amount| {
            if self.losses.contains(loss) && !amount.is_zero() {
                *self.paid.entry((*loss, *layer, *account)).or_default() += amount.atoms();
            }
        };
        match event {
            LossEvent::PotDrawn { loss, layer, stakes, .. } => {
                for (account, bore, _) in stakes {
                    paid(loss, layer, account, bore);
                }
            }
            LossEvent::SharesTaken { loss, layer, shares, .. } => {
                for (account, share) in shares {
                    paid(loss, layer, account, share);
                }
            }
            LossEvent::ShareTouched { loss, layer, account, amount, .. }
            | LossEvent::DrawPaid { loss, layer, account: Some(account), amount, .. } => {
                paid(loss, layer, account, amount);
            }
            _ => {}
        }
    }

    /// What the pot of `layer` held when the episode opened.
    pub(super) fn held_at_opening(&self, layer: LayerId, source: &Source) -> Option<Amount> {
        let held = self.at_opening.get(&layer).copied().unwrap_or_default();
        matches!(source, Source::Pot)
            .then(|| Amount::new(held.max(0).unsigned_abs()).unwrap_or(Amount::MAX))
    }

    pub(super) fn prices(&self) -> Vec<PriceRow> {
        let names = &self.names;
        let rows = self.prices.iter().map(|(loss, market, mark, value, lots)| {
            let found = names.0.markets.market(*market);
            let feed = found.and_then(|market| market.feeds.price);
            let feed = feed.and_then(|feed| names.0.oracle.feed(feed));
            let from = feed.map_or_else(
                || "the venue's mark".to_owned(),
                |feed| format!("feed {}, by {} sources", feed.spec.name, feed.spec.sources.len()),
            );
            PriceRow {
                loss: names.loss(*loss),
                market: names.market(*market),
                ticks: mark.ticks(),
                lot_value: value.to_string(),
                lots: lots.lots(),
                from,
            }
        });
        rows.collect()
    }

    pub(super) fn payers(&self) -> Vec<PayerRow> {
        let names = &self.names;
        let state = names.0;
        let row = |((loss, layer, account), paid): (&(LossId, LayerId, AccountId), &u128)| {
            let found = state.losses.loss(*loss);
            let set = found.and_then(|loss| loss.set).and_then(|set| state.losses.set(set));
            let members = set.and_then(|set| set.layers.get(layer));
            let member = members.and_then(|of| of.members.get(of.place(*account)?));
            PayerRow {
                loss: names.loss(*loss),
                layer: names.layer(*layer),
                account: names.account(*account),
                weight: member.map(|member| member.weight),
                cap: member.map(|member| member.cap),
                paid: Amount::new(*paid).unwrap_or(Amount::MAX),
                repaid: found.map_or(Amount::ZERO, |loss| repaid(loss, *layer, *account)),
            }
        };
        self.paid.iter().map(row).collect()
    }
}

/// What came back to `account` of what it bore of `loss` through `layer`.
fn repaid(loss: &rhodian_core::loss::Loss, layer: LayerId, account: AccountId) -> Amount {
    use rhodian_core::recovery::Bearer;
    let of = |bearer: &Bearer| match bearer {
        Bearer::Members { layer: through, rows } if *through == layer => {
            let place = rows.binary_search_by_key(&account, |row| row.account).ok()?;
            rows.get(place).map(|row| row.repaid)
        }
        _ => None,
    };
    super::sum(loss.pools.iter().filter_map(|pool| of(&pool.bearer)))
}
