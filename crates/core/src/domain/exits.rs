//! Stakes on their way out. Who asks for his stake leaves when the cooldown is over, and not while
//! a loss that is known may draw on the layer; until then the stake is drawn on like any other. A
//! request stands: whoever makes one leaves, so that nobody keeps a way out open by asking early.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Domains, Duty, Event, Rejection};
use crate::account;
use crate::control::{Parameter, Status};
use crate::engine::{Events, State};
use crate::ids::{AccountId, DomainId, LayerId, Time};
use crate::ledger::Holder;
use crate::loss::Losses;
use crate::units::Amount;

/// The requests of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Exits {
    total: Amount,
    /// What each account asked for, by the end of its cooldown: above zero, and together at most
    /// its stake.
    of: BTreeMap<AccountId, BTreeMap<Time, Amount>>,
    /// The same requests in the order in which they are paid.
    queue: BTreeSet<(Time, AccountId)>,
}

impl Exits {
    /// What is asked for in all.
    #[must_use]
    pub const fn total(&self) -> Amount {
        self.total
    }

    /// What `account` asked for, with the end of each cooldown, soonest first.
    pub fn of(&self, account: AccountId) -> impl Iterator<Item = (Time, Amount)> + '_ {
        self.of.get(&account).into_iter().flatten().map(|(until, amount)| (*until, *amount))
    }

    /// What `account` asked for in all.
    #[must_use]
    pub fn asked(&self, account: AccountId) -> Amount {
        Amount::sum(self.of(account).map(|(_, amount)| amount))
    }

    /// Every account that asked, in id order.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.of.keys().copied()
    }

    /// Whether the total, and the order, are those of the requests.
    pub(crate) fn is_whole(&self) -> bool {
        let rows = || {
            let of = self.of.iter();
            of.flat_map(|(account, rows)| rows.keys().map(|until| (*until, *account)))
        };
        let sum = Amount::sum(self.accounts().map(|account| self.asked(account)));
        let none = self.of.values().flat_map(BTreeMap::values).any(|amount| amount.is_zero());
        sum == self.total && !none && rows().collect::<BTreeSet<_>>() == self.queue
    }

    fn over(&self, now: Time) -> impl Iterator<Item = (Time, AccountId)> + '_ {
        self.queue.iter().copied().take_while(move |(until, _)| *until <= now)
    }

    fn ask(&mut self, account: AccountId, until: Time, amount: Amount) {
        let row = self.of.entry(account).or_default().entry(until).or_default();
        // Together at most the stake, and all stakes at most the pot.
        *row = row.checked_add(amount).unwrap_or(Amount::MAX);
        self.total = self.total.checked_add(amount).unwrap_or(Amount::MAX);
        self.queue.insert((until, account));
    }

    /// Takes `amount` off the request that ends at `until`.
    fn take(&mut self, account: AccountId, until: Time, amount: Amount) {
        let Some(rows) = self.of.get_mut(&account) else { return };
        let Some(row) = rows.get_mut(&until) else { return };
        self.total = self.total.less_or_zero(amount.min(*row));
        *row = row.less_or_zero(amount);
        if row.is_zero() {
            rows.remove(&until);
            self.queue.remove(&(until, account));
        }
        if rows.is_empty() {
            self.of.remove(&account);
        }
    }

    /// Of a stake that was drawn on no more leaves than is there: the latest request yields first.
    fn shrink(&mut self, account: AccountId, stake: Amount) {
        let mut above = self.asked(account).less_or_zero(stake);
        while !above.is_zero() {
            let last = self.of.get(&account).and_then(BTreeMap::last_key_value);
            let Some((until, row)) = last.map(|(until, row)| (*until, *row)) else { return };
            self.take(account, until, row.min(above));
            above = above.less_or_zero(row);
        }
    }
}

/// What is on its way out of a layer, where it is more than the domain takes for new risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Leaving {
    /// The layer.
    pub layer: LayerId,
    /// What is asked for, in atoms.
    pub leaving: Amount,
    /// What the pot holds, in atoms.
    pub pot: Amount,
}

impl Domains {
    /// The requests to leave `layer`; nothing where there are none.
    #[must_use]
    pub fn exits(&self, layer: LayerId) -> Option<&Exits> {
        self.exits.get(&layer)
    }

    pub(super) fn exit_asked(
        &mut self,
        (layer, account): (LayerId, AccountId),
        until: Time,
        amount: Amount,
    ) {
        self.exits.entry(layer).or_default().ask(account, until, amount);
    }

    pub(super) fn exit_paid(
        &mut self,
        (layer, account): (LayerId, AccountId),
        until: Time,
        amount: Amount,
    ) {
        self.change_exits(layer, |exits| exits.take(account, until, amount));
    }

    pub(super) fn exits_within(&mut self, layer: LayerId, account: AccountId, stake: Amount) {
        self.change_exits(layer, |exits| exits.shrink(account, stake));
    }

    fn change_exits(&mut self, layer: LayerId, change: impl FnOnce(&mut Exits)) {
        if let Some(exits) = self.exits.get_mut(&layer) {
            change(exits);
            if exits.of.is_empty() {
                self.exits.remove(&layer);
            }
        }
    }

    /// Whether the cooldown of some request is over.
    pub(crate) fn exit_is_over(&self, now: Time) -> bool {
        self.exits.values().any(|exits| exits.over(now).next().is_some())
    }
}

impl State {
    /// How long who asks for his stake in `layer` waits: the longest cooldown of the domains whose
    /// waterfalls in force name it, in milliseconds; none where no domain does.
    #[must_use]
    pub fn stake_cooldown(&self, layer: LayerId) -> u64 {
        let domains = self.domains.domains();
        let behind = domains.filter(|(_, domain)| self.domains.names(&domain.waterfalls, layer));
        let cooldowns =
            behind.map(|(domain, _)| self.control.millis(domain, Parameter::StakeCooldown));
        cooldowns.max().unwrap_or(0)
    }

    /// The first layer of the waterfalls in force of `domain` of whose stakes more is on its way
    /// out than the domain's limit: until it has left, or came back as stakes, nothing that widens
    /// risk in the domain is accepted.
    #[must_use]
    pub fn backstop_leaves(&self, domain: DomainId) -> Option<Leaving> {
        if self.domains.exits.is_empty() {
            return None;
        }
        let waterfalls = &self.domains.domain(domain)?.waterfalls;
        let limit = self.control.value(domain, Parameter::ExitQueueLimit);
        let named = self.domains.exits.iter();
        let named = named.filter(|(layer, _)| self.domains.names(waterfalls, **layer));
        let mut found = named.filter_map(|(layer, exits)| {
            let asset = self.domains.asset_of_layer(*layer)?;
            let pot = self.ledger.held(asset, Holder::Layer(*layer));
            let leaving = exits.total();
            // Up to 10^30 times 10^6: below 2^127.
            let above = leaving.atoms() * MILLION > limit * pot.atoms();
            above.then_some(Leaving { layer: *layer, leaving, pot })
        });
        found.next()
    }
}

impl fmt::Display for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, leaving, pot } = self;
        write!(
            f,
            "{leaving} of the {pot} staked in layer {layer} are on their way out: above the limit \
             of the domain only what reduces risk is accepted"
        )
    }
}

/// The unit of the limit.
const MILLION: u128 = 1_000_000;

/// Nobody leaves while a loss that is known may draw on `layer`: one of an open episode, or one
/// that was approved and may still be challenged.
pub(super) fn may_leave(state: &State, layer: LayerId) -> Result<(), Rejection> {
    if Losses::may_draw_on(state, layer) {
        return Err(Rejection::EpisodeOpen { layer });
    }
    if Losses::may_come_to_draw_on(state, layer) {
        return Err(Rejection::LossKnown { layer });
    }
    Ok(())
}

/// The first request that can be paid. In a halt nothing of participants moves.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    if state.domains.exits.is_empty() || state.control.venue_status() == Status::Halted {
        return None;
    }
    state.domains.exits.iter().find_map(|(layer, exits)| {
        let mut over = exits.over(state.now()).peekable();
        over.peek()?;
        may_leave(state, *layer).ok()?;
        let asset = state.domains.asset_of_layer(*layer)?;
        let fits = |(until, account): &(Time, AccountId)| {
            let asked = exits.of(*account).find(|(of, _)| of == until);
            let amount = asked.map(|(_, amount)| amount).unwrap_or_default();
            account::room_above(state, *account, asset, amount).is_ok()
        };
        let (until, account) = over.find(fits)?;
        Some(Duty::PayExit { layer: *layer, until, account })
    })
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Duty::PayExit { layer, until, account } = *duty;
    if state.control.venue_status() == Status::Halted || until > state.now() {
        return Err(Rejection::NotDue);
    }
    may_leave(state, layer)?;
    let asked = state
        .domains
        .exits(layer)
        .and_then(|exits| exits.of(account).find(|(of, _)| *of == until).map(|(_, amount)| amount));
    let (Some(amount), Some(asset)) = (asked, state.domains.asset_of_layer(layer)) else {
        return Err(Rejection::NotDue);
    };
    account::room_above(state, account, asset, amount)?;
    let stake = state.domains.stake(layer, account).less_or_zero(amount);
    state.touch(account, events);
    events.push(Event::ExitPaid { layer, account, until, asset, amount, stake });
    Ok(())
}
