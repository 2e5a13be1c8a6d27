//! Treasury and issuance: how far the house's pots may be drawn on, new tokens that are sold into a
//! hole, and a surplus that buys them back.
//!
//! A layer of kind issuance is asked for money like any other; nothing of it counts before it
//! stands in suspense. Its auction opens when its draw is planned: the price of a lot goes down a
//! ladder that was stated beforehand, whoever has cash takes lots at the price that stands, and
//! what he pays goes into the hole in the same transition. It ends when the hole is full, when as
//! many tokens were issued as the cap on dilution admits, or when its time is up; the rest goes on
//! to the next step.
//!
//! When a fund holds more than its target, and nothing is known that could draw on it, it buys
//! tokens back down a ladder of its own; they are burned.

mod buyback;
mod command;
mod decide;
mod duty;
mod rejection;
mod sale;
mod spec;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

pub use buyback::BuybackSale;
pub use command::{Command, Duty, Event};
pub(crate) use decide::decide;
pub(crate) use duty::{decide_duty, duty};
pub use rejection::Rejection;
pub use sale::Sale;
pub use spec::{
    Buyback, Depletion, Dilution, Flaw, IssuanceSpec, Ladder, MAX_RESTARTS, Outstanding,
    PeriodPart, WHOLE,
};

use crate::basis::part_of_weight_floor;
use crate::bounds::MAX_PENDING;
use crate::ids::{AssetId, IssuanceId, LayerId, LossId, Time};
use crate::loss::is_within;
use crate::units::Amount;

/// A sale of new tokens into one hole.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DebtAuction"))]
pub struct Auction {
    /// When it opened.
    pub opened: Time,
    /// Since when its price goes down.
    pub since: Time,
    /// How often it began anew.
    pub round: u32,
    /// When it is over at the latest.
    pub until: Time,
    /// The tokens it issued.
    pub tokens: Amount,
    /// What they brought.
    pub paid: Amount,
    /// When it ended.
    pub end: Option<Time>,
}

/// An issuance.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Issuance {
    /// What it is.
    pub spec: IssuanceSpec,
    /// The tokens it ever issued, in atoms: at most 10^38.
    pub issued: u128,
    /// The tokens it ever burned, in atoms: at most 10^38.
    pub burned: u128,
    /// What it issued, and when: as far back as a window may reach.
    pub sold: Vec<(Time, Amount)>,
    /// Its auctions, by their losses.
    pub auctions: BTreeMap<LossId, Auction>,
    /// Since when the price of buying back goes down; nothing while nothing is bought.
    pub buying: Option<Time>,
}

impl Issuance {
    /// What the cap on dilution admits within a window, rounded down (for the holders).
    #[must_use]
    pub fn cap(&self) -> Amount {
        part_of_weight_floor(self.spec.outstanding.amount, Some(self.spec.dilution.part))
    }

    /// How many tokens may be issued now.
    #[must_use]
    pub fn issuable(&self, now: Time) -> Amount {
        let window = self.spec.dilution.window;
        let inside = self.sold.iter().filter(|(at, _)| is_within(*at, now, window));
        self.cap().less_or_zero(Amount::sum(inside.map(|(_, tokens)| *tokens)))
    }

    /// How many whole lots may be issued now.
    #[must_use]
    pub fn lots(&self, now: Time) -> u128 {
        self.issuable(now).atoms() / self.spec.lot.atoms().max(1)
    }

    /// What so many lots bring at `price` each, as far as it is an amount.
    fn worth(lots: u128, price: Amount) -> Amount {
        let worth = lots.checked_mul(price.atoms()).and_then(|atoms| Amount::new(atoms).ok());
        worth.unwrap_or(Amount::MAX)
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Issuances {
    pub(crate) issuances: Vec<Issuance>,
    depletions: BTreeMap<LayerId, Depletion>,
}

impl Issuances {
    /// The issuance `id`.
    #[must_use]
    pub fn issuance(&self, id: IssuanceId) -> Option<&Issuance> {
        self.issuances.get(id.index())
    }

    /// Every issuance, in id order.
    pub fn issuances(&self) -> impl Iterator<Item = (IssuanceId, &Issuance)> {
        let all = self.issuances.iter().enumerate();
        all.filter_map(|(place, of)| Some((IssuanceId::at(place)?, of)))
    }

    /// The issuance that sells for the draws of `layer`.
    #[must_use]
    pub fn of_layer(&self, layer: LayerId) -> Option<(IssuanceId, &Issuance)> {
        self.issuances().find(|(_, of)| of.spec.layer == layer)
    }

    /// The issuance that sells `token`.
    #[must_use]
    pub fn of_token(&self, token: AssetId) -> Option<(IssuanceId, &Issuance)> {
        self.issuances().find(|(_, of)| of.spec.token == token)
    }

    /// How far `layer` may be drawn on, as a part of what it held.
    #[must_use]
    pub fn depletion(&self, layer: LayerId) -> Option<&Depletion> {
        self.depletions.get(&layer)
    }

    pub(crate) fn evolve(&mut self, event: &Event, now: Time) {
        match *event {
            Event::Specified { issuance, ref spec } => self.specified(issuance, spec),
            Event::Counted { issuance, ref outstanding } => {
                self.change(issuance, |of| of.spec.outstanding = outstanding.clone());
            }
            Event::Limited { layer, depletion } => {
                match depletion {
                    Some(depletion) => self.depletions.insert(layer, depletion),
                    None => self.depletions.remove(&layer),
                };
            }
            Event::Opened { issuance, loss, until, .. } => {
                let (none, round) = (Amount::ZERO, 0);
                let auction = Auction {
                    opened: now,
                    since: now,
                    round,
                    until,
                    tokens: none,
                    paid: none,
                    end: None,
                };
                self.change(issuance, |of| {
                    of.auctions.insert(loss, auction);
                });
            }
            Event::Restarted { issuance, loss, round } => self.change(issuance, |of| {
                if let Some(auction) = of.auctions.get_mut(&loss) {
                    (auction.since, auction.round) = (now, round);
                }
            }),
            Event::Sold { issuance, loss, tokens, .. } => self.change(issuance, |of| {
                of.issued += tokens.atoms();
                keep_sold(&mut of.sold, now, tokens);
                if let Some(auction) = of.auctions.get_mut(&loss) {
                    auction.tokens = auction.tokens.checked_add(tokens).unwrap_or(Amount::MAX);
                }
            }),
            Event::BuybackOpened { issuance } | Event::BuybackRestarted { issuance } => {
                self.change(issuance, |of| of.buying = Some(now));
            }
            Event::BuybackClosed { issuance } => self.change(issuance, |of| of.buying = None),
            Event::BoughtBack { issuance, tokens, .. } => {
                self.change(issuance, |of| of.burned += tokens.atoms());
            }
        }
    }

    fn specified(&mut self, id: IssuanceId, spec: &IssuanceSpec) {
        match self.issuances.get_mut(id.index()) {
            // What was issued counts on, whatever is said now.
            Some(of) => (of.spec, of.buying) = (spec.clone(), None),
            None => self.issuances.push(Issuance {
                spec: spec.clone(),
                issued: 0,
                burned: 0,
                sold: Vec::new(),
                auctions: BTreeMap::new(),
                buying: None,
            }),
        }
    }

    fn change(&mut self, id: IssuanceId, change: impl FnOnce(&mut Issuance)) {
        if let Some(of) = self.issuances.get_mut(id.index()) {
            change(of);
        }
    }

    /// A draw of `loss` on `layer` has answered: its auction is over.
    pub(crate) fn draw_closed(&mut self, loss: LossId, layer: LayerId, now: Time) {
        if let Some(auction) = self.of_draw(loss, layer) {
            auction.end.get_or_insert(now);
        }
    }

    /// Money came into the draw of `loss` on `layer`.
    pub(crate) fn draw_paid(&mut self, loss: LossId, layer: LayerId, amount: Amount) {
        if let Some(auction) = self.of_draw(loss, layer) {
            auction.paid = auction.paid.checked_add(amount).unwrap_or(Amount::MAX);
        }
    }

    fn of_draw(&mut self, loss: LossId, layer: LayerId) -> Option<&mut Auction> {
        let of_layer = self.issuances.iter_mut().find(|of| of.spec.layer == layer);
        of_layer.and_then(|of| of.auctions.get_mut(&loss))
    }
}

/// Keeps what was issued now, and forgets what no window reaches any more.
fn keep_sold(sold: &mut Vec<(Time, Amount)>, now: Time, tokens: Amount) {
    let old = sold.partition_point(|(at, _)| !is_within(*at, now, MAX_PENDING));
    sold.drain(..old);
    match sold.last_mut() {
        Some((at, sum)) if *at == now => *sum = sum.checked_add(tokens).unwrap_or(Amount::MAX),
        _ => sold.push((now, tokens)),
    }
}
