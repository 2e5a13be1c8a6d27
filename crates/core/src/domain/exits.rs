//! Stakes on their way out. Who asks for his stake leaves when the cooldown is over, and not while
//! a loss that is known may draw on the layer; until then the stake is drawn on like any other. An
//! exit stands: whoever asks leaves, so that nobody keeps a way out open by asking early.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

use super::{Domains, Duty, Event, Rejection};
use crate::account;
use crate::control::{Parameter, Status};
use crate::engine::{Events, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Time};
use crate::ledger::Holder;
use crate::loss::Losses;
use crate::units::Amount;
use crate::wide::mul_div_floor;

/// The exits of one layer: its exit queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Exits {
    total: Amount,
    /// What each account asked for, by the end of its cooldown: above zero, and together at most
    /// its stake.
    of: BTreeMap<AccountId, BTreeMap<Time, Amount>>,
    /// The same exits in the order in which they are paid.
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

    /// What `account` asked for with a cooldown that ends at `until`.
    fn exit(&self, account: AccountId, until: Time) -> Option<Amount> {
        self.of.get(&account)?.get(&until).copied()
    }

    /// Every account that asked, in id order.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.of.keys().copied()
    }

    /// Whether the total, and the order, are those of the exits.
    pub(crate) fn agrees(&self) -> bool {
        let rows = || {
            let of = self.of.iter();
            of.flat_map(|(account, rows)| rows.keys().map(|until| (*until, *account)))
        };
        let sum = Amount::sum(self.accounts().map(|account| self.asked(account)));
        let none = self.of.values().flat_map(BTreeMap::values).any(|amount| amount.is_zero());
        sum == self.total && !none && rows().collect::<BTreeSet<_>>() == self.queue
    }

    /// The ends of the cooldowns, soonest first.
    pub fn ends(&self) -> impl Iterator<Item = Time> + '_ {
        self.queue.iter().map(|(until, _)| *until)
    }

    fn cooled_down(&self, now: Time) -> impl Iterator<Item = (Time, AccountId)> + '_ {
        self.queue.iter().copied().take_while(move |(until, _)| *until <= now)
    }

    fn ask(&mut self, account: AccountId, until: Time, amount: Amount) {
        let row = self.of.entry(account).or_default().entry(until).or_default();
        // Together at most the stake, and all stakes at most the pot.
        *row = row.checked_add(amount).unwrap_or(Amount::MAX);
        self.total = self.total.checked_add(amount).unwrap_or(Amount::MAX);
        self.queue.insert((until, account));
    }

    /// The exit whose cooldown ended at `until` is over, whatever of it was paid.
    fn end(&mut self, account: AccountId, until: Time) {
        let Some(rows) = self.of.get_mut(&account) else { return };
        let Some(row) = rows.remove(&until) else { return };
        if rows.is_empty() {
            self.of.remove(&account);
        }
        self.total = self.total.less_or_zero(row);
        self.queue.remove(&(until, account));
    }

    /// A stake of `before` was drawn on and `left` is there: of what was asked for as much of each
    /// part is, rounded down (for those who stay).
    fn drawn(&mut self, account: AccountId, before: Amount, left: Amount) {
        let rows: Vec<(Time, Amount)> = self.of(account).collect();
        for (until, row) in rows {
            self.end(account, until);
            let part = mul_div_floor(row.atoms(), left.atoms(), before.atoms());
            let part = part.and_then(|part| Amount::new(part).ok()).unwrap_or_default();
            if !part.is_zero() {
                self.ask(account, until, part);
            }
        }
    }
}

/// The exit queues of the layers behind a domain, together, where they are more than it takes for
/// new risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExitQueue {
    /// What is asked for, in atoms.
    pub asked: Amount,
    /// What all pots behind the domain hold, in atoms.
    pub pots: Amount,
    /// How much of them may be asked for, in millionths.
    pub limit: u128,
}

impl Domains {
    /// The exit queue of `layer`; nothing where nobody asked.
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

    pub(super) fn exit_ended(&mut self, layer: LayerId, account: AccountId, until: Time) {
        self.change_exits(layer, |exits| exits.end(account, until));
    }

    /// A stake is drawn on, and what was asked for of it alike.
    pub(crate) fn draw_stake(&mut self, layer: LayerId, account: AccountId, left: Amount) {
        let before = self.stake(layer, account);
        self.change_exits(layer, |exits| exits.drawn(account, before, left));
        self.set_stake(layer, account, left);
    }

    fn change_exits(&mut self, layer: LayerId, change: impl FnOnce(&mut Exits)) {
        if let Some(exits) = self.exits.get_mut(&layer) {
            change(exits);
            if exits.of.is_empty() {
                self.exits.remove(&layer);
            }
        }
    }
}

impl State {
    /// Whether the cooldown of an exit is over that no cover holds back. What covers hold back may
    /// wait for years, and only events of domains, losses and covers let it go.
    pub(crate) fn has_exit_to_pay(&self) -> bool {
        let first = |(layer, exits): (&LayerId, &Exits)| {
            let (until, account) = exits.cooled_down(self.now()).next()?;
            Some((*layer, exits.exit(account, until)?))
        };
        let mut first = self.domains.exits.iter().filter_map(first);
        first.any(|(layer, asked)| backs_no_cover(self, layer, asked).is_ok())
    }

    /// How long who asks for his stake in `layer` waits: the longest cooldown of the domains whose
    /// waterfalls in force name it, in milliseconds; none where no domain does.
    #[must_use]
    pub fn stake_cooldown(&self, layer: LayerId) -> u64 {
        let cooldown = |domain| self.control.millis(domain, Parameter::StakeCooldown);
        self.domains.behind(layer).map(|(domain, _)| cooldown(domain)).max().unwrap_or(0)
    }

    /// What is asked for of all stakes behind `domain`, where that is more than its limit: a part
    /// of all pots that its waterfalls in force name. While it is, no fill that widens a position
    /// and no new loan is accepted in the domain. Withdrawals, auctions, deleveraging and whatever
    /// takes over from an account in liquidation or a book go on; once the stakes have left, the
    /// limit binds no longer.
    #[must_use]
    pub fn exits_above_limit(&self, domain: DomainId) -> Option<ExitQueue> {
        if self.domains.exits.is_empty() {
            return None;
        }
        let found = self.domains.domain(domain)?;
        let limit = self.control.value(domain, Parameter::ExitQueueLimit);
        let layers = self.domains.layers_of(&found.waterfalls);
        let exits = layers.iter().filter_map(|layer| self.domains.exits(*layer));
        let asked = Amount::sum(exits.map(Exits::total));
        let held = |layer: &LayerId| self.ledger.held(found.asset, Holder::Layer(*layer));
        let pots = Amount::sum(layers.iter().map(held));
        let queue = ExitQueue { asked, pots, limit };
        queue.is_above().then_some(queue)
    }
}

impl ExitQueue {
    /// Sums are capped at 10^30, and a part is up to 10^6: below 2^127.
    const fn is_above(&self) -> bool {
        self.asked.atoms() * 1_000_000 > self.limit * self.pots.atoms()
    }
}

impl fmt::Display for ExitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, pots, limit } = self;
        write!(
            f,
            "{asked} of the {pots} in the pots behind the domain are asked for, above the limit of \
             {limit} millionths: no fill that widens a position and no new loan"
        )
    }
}

/// Nobody leaves while a loss that is known may draw on `layer`: one of an open episode, one that
/// was approved and may still be challenged or is voted on, or an account below zero that waits for
/// a price.
pub(crate) fn knows_no_loss(state: &State, layer: LayerId) -> Result<(), Rejection> {
    if Losses::may_draw_on(state, layer) {
        return Err(Rejection::EpisodeOpen { layer });
    }
    let stands_behind = |domain: DomainId| state.domains.behind(layer).any(|(id, _)| id == domain);
    let approved = Losses::approved(state).any(|loss| stands_behind(loss.domain));
    if approved || state.is_voting(layer) || state.unseen_failures().any(stands_behind) {
        return Err(Rejection::LossKnown { layer });
    }
    Ok(())
}

/// Whether nothing is known that `layer` may have to pay first: no loss, and no debt of a domain
/// that it stands behind. An episode draws by the waterfalls that were frozen for it; one of a
/// domain that names the layer since counts, too.
pub(crate) fn is_at_rest(state: &State, layer: LayerId) -> bool {
    let behind = |domain: DomainId| state.domains.behind(layer).any(|(id, _)| id == domain);
    let owes = state.debts().any(|(_, loss)| behind(loss.domain));
    let open = state.open_episodes().any(|(_, episode)| behind(episode.domain));
    !owes && !open && knows_no_loss(state, layer).is_ok()
}

/// What stands behind covers stays until they have lapsed.
fn backs_no_cover(state: &State, layer: LayerId, asked: Amount) -> Result<(), Rejection> {
    match state.may_leave_cover(layer) {
        Some(room) if asked > room => Err(Rejection::BacksCover { asked, room }),
        _ => Ok(()),
    }
}

/// An account asks for `amount` of its stake in `layer`.
pub(super) fn ask(
    state: &State,
    (layer, asset): (LayerId, AssetId),
    (account, number): (AccountId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let staked = state.domains.stake(layer, account);
    let asked = state.domains.exits(layer).map_or(Amount::ZERO, |exits| exits.asked(account));
    let stays = staked.less_or_zero(asked);
    if amount > stays {
        return Err(Rejection::AboveStake { asked: amount, stays });
    }
    if let Some(room) = state.may_leave_fund(layer, account).filter(|room| amount > *room) {
        return Err(Rejection::BacksClearing { asked: amount, room });
    }
    let cooldown = state.stake_cooldown(layer);
    if cooldown > 0 {
        let until = state.now().after(cooldown);
        events.push(Event::ExitAsked { layer, account, number, amount, until });
        return Ok(());
    }
    knows_no_loss(state, layer)?;
    backs_no_cover(state, layer, amount)?;
    account::room_above(state, account, asset, amount)?;
    state.touch(account, events);
    state.earn_premia(layer, events);
    state.book_pay(layer, events);
    let stake = staked.less_or_zero(amount);
    events.push(Event::Unstaked { layer, account, number, asset, amount, stake });
    Ok(())
}

/// The first exit that can be paid. In a halt nothing of participants moves.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    if state.domains.exits.is_empty() || state.control.venue_status() == Status::Halted {
        return None;
    }
    state.domains.exits.iter().find_map(|(layer, exits)| {
        let (until, account) = exits.cooled_down(state.now()).next()?;
        knows_no_loss(state, *layer).ok()?;
        // Whoever asked first leaves first: no smaller exit goes round one that waits for room.
        backs_no_cover(state, *layer, exits.exit(account, until)?).ok()?;
        Some(Duty::PayExit { layer: *layer, until, account })
    })
}

/// An exit is paid as far as its account has room for it: what has no room stays staked, and is
/// asked for again or not. Else whoever fills his account keeps a way out that is always open.
pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    let Duty::PayExit { layer, until, account } = *duty;
    if state.control.venue_status() == Status::Halted || until > state.now() {
        return Err(Rejection::NotDue);
    }
    knows_no_loss(state, layer)?;
    let exit = state.domains.exits(layer).and_then(|exits| exits.exit(account, until));
    let of = state.domains.asset_of_layer(layer).zip(exit);
    let (asset, asked) = of.ok_or(Rejection::NotDue)?;
    backs_no_cover(state, layer, asked)?;
    let held = state.ledger.held(asset, Holder::Account(account));
    let amount = asked.min(Amount::MAX.less_or_zero(held));
    let stake = state.domains.stake(layer, account).less_or_zero(amount);
    state.touch(account, events);
    state.earn_premia(layer, events);
    state.book_pay(layer, events);
    events.push(Event::ExitPaid { layer, account, until, asset, amount, stake });
    Ok(())
}
