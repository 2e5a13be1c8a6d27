//! The risk book: a second, narrow copy of who holds what, to find who is below maintenance fast.
//!
//! It is rebuilt from ledger and positions at any time and decides nothing: it only answers which
//! accounts have less equity than their maintenance requirement, exactly, after every event and
//! every vector of prices. How it found them never shows in the answer.
//!
//! **Certificates.** A sound account spreads its health over its legs: each leg may lose a part,
//! and has one threshold, the mark up to which it surely loses no more. While no threshold is
//! crossed, nobody need be looked at, so a tick costs what its crossings cost. An account below
//! maintenance has thresholds in the other direction, up to which it surely stays there.
//!
//! **Pass.** When more thresholds are crossed than a pass over all slabs costs, the pass is made
//! instead: a bound of health with one multiplication a leg, then an exact look at those whose
//! bound is negative. Certificates are made again in slices on later ticks.
//!
//! Health is `equity - requirement`, in millionths of an atom and exact: at most 31 legs of
//! 3 x 10^36 millionths, below 2^127. An account is below maintenance when it is negative, which is
//! the same as equity below the requirement rounded up.

mod certificate;
mod held;
mod market;
mod queue;
mod slab;
mod tick;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

pub use market::{Bracket, MarketRates};
pub use tick::{Refused, Tick};

use crate::bounds::MAX_LOTS;
use crate::ids::{AccountId, MarketId};
use held::follow;
use market::{MILLION, Market, times};
use queue::Threshold;
use slab::{Coefficients, Place, ROWS, Shelves};

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Equity covers the maintenance requirement.
    Sound,
    /// Equity is below the maintenance requirement, not below zero.
    Below,
    /// Equity is below zero.
    Negative,
}

impl Standing {
    /// The standing of `equity` atoms against a requirement of `required` atoms, rounded up.
    ///
    /// ```
    /// use rhodian_core::margin::watch::Standing;
    /// assert_eq!(Standing::of(5, 5), Standing::Sound);
    /// assert_eq!(Standing::of(4, 5), Standing::Below);
    /// assert_eq!(Standing::of(-1, 0), Standing::Negative);
    /// ```
    #[must_use]
    pub fn of(equity: i128, required: u128) -> Self {
        match u128::try_from(equity) {
            Err(_) => Self::Negative,
            Ok(equity) if equity < required => Self::Below,
            Ok(_) => Self::Sound,
        }
    }
}

/// What an account has and must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Health {
    /// Atoms.
    equity: i128,
    /// Millionths of an atom.
    required: i128,
}

impl Health {
    fn micro(self) -> i128 {
        times(self.equity, MILLION) - self.required
    }

    fn standing(self) -> Standing {
        if self.micro() >= 0 {
            Standing::Sound
        } else if self.equity >= 0 {
            Standing::Below
        } else {
            Standing::Negative
        }
    }
}

/// What the book knows of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    place: Place,
    /// Thresholds with another stamp no longer count.
    stamp: u32,
    below: bool,
    /// It waits for a certificate.
    deferred: bool,
}

/// The book. Accounts are linear or on the side: see [`RiskBook::set_account`].
#[derive(Clone, Debug)]
pub struct RiskBook {
    /// By [`MarketId`].
    markets: Vec<Option<Market>>,
    /// The market of each row of the coefficient table.
    row_market: Vec<MarketId>,
    coefficients: Coefficients,
    /// Coefficients may be of prices before: see [`Market::stale`].
    stale: bool,
    shelves: Shelves,
    /// By [`AccountId`].
    entries: Vec<Entry>,
    /// Accounts that have a slab.
    linear: usize,
    below: BTreeSet<AccountId>,
    side: BTreeMap<AccountId, Standing>,
    deferred: Vec<AccountId>,
    /// A crossed threshold may wait in a queue.
    behind: bool,
    /// Thresholds made since the last sweep, and where that one stopped.
    made: usize,
    sweep: (usize, i64),
    /// Memory that ticks use again.
    suspects: Vec<AccountId>,
    crossed: Vec<Threshold>,
}

impl Default for RiskBook {
    fn default() -> Self {
        Self::new()
    }
}

impl RiskBook {
    /// The most legs of an account with a slab; one with more stands on the side.
    pub const MOST_LEGS: usize = Shelves::MOST_LEGS;

    /// An empty book without markets.
    #[must_use]
    pub fn new() -> Self {
        Self {
            markets: Vec::new(),
            row_market: Vec::from([MarketId::default()]),
            coefficients: Box::new([0; ROWS]),
            stale: false,
            shelves: Shelves::default(),
            entries: Vec::new(),
            linear: 0,
            below: BTreeSet::new(),
            side: BTreeMap::new(),
            deferred: Vec::new(),
            behind: false,
            made: 0,
            sweep: (0, i64::MIN),
            suspects: Vec::new(),
            crossed: Vec::new(),
        }
    }

    /// Adds a market without a mark; a lot of it is worth nothing until [`RiskBook::set_prices`].
    /// Accounts with legs in a market that was not added, or found no room in the table of 8,191
    /// rows (16 for a market with several brackets, 2 for others), stand on the side.
    ///
    /// # Errors
    ///
    /// Brackets that are not as [`Bracket`] says, or a market that was added before.
    pub fn add_market(&mut self, market: MarketId, brackets: &[Bracket]) -> Result<(), Refused> {
        let first_row = self.row_market.len();
        let made = Market::new(brackets, first_row).ok_or(Refused::Brackets { market })?;
        if self.market(market).is_some() {
            return Err(Refused::MarketTwice { market });
        }
        let rows = Market::rows_of(brackets.len());
        if self.markets.len() <= market.index() {
            self.markets.resize(market.index() + 1, None);
        }
        if first_row + rows <= ROWS {
            self.row_market.resize(first_row + rows, market);
            self.markets[market.index()] = Some(made);
        }
        Ok(())
    }

    fn market(&self, market: MarketId) -> Option<&Market> {
        self.markets.get(market.index())?.as_ref()
    }

    /// Sets what `account` holds: `cash` in atoms, less its liens, and one leg for each market it
    /// has lots in. To be called after any event that touched it. Who is below maintenance is right
    /// at once; the certificate is made at the next tick, once however often the account was set.
    ///
    /// What does not fit a slab (cash beyond 64 bits, over 31 legs, markets unknown here or not in
    /// rising order) stands on the side: `side` must say how it stands now, and is asked at every
    /// tick.
    pub fn set_account(
        &mut self,
        account: AccountId,
        cash: i128,
        legs: &[(MarketId, i64)],
        side: impl FnOnce() -> Standing,
    ) {
        self.set_legs(account, cash, legs.iter().copied(), side);
    }

    /// [`RiskBook::set_account`], with legs that stand elsewhere.
    pub fn set_legs(
        &mut self,
        account: AccountId,
        cash: i128,
        legs: impl Iterator<Item = (MarketId, i64)> + Clone,
        side: impl FnOnce() -> Standing,
    ) {
        match i64::try_from(cash) {
            Ok(cash) if self.fits(legs.clone()) => self.set_linear(account, cash, legs),
            _ => self.set_aside(account, side()),
        }
    }

    fn fits(&self, legs: impl Iterator<Item = (MarketId, i64)>) -> bool {
        let (mut count, mut before) = (0, None);
        for (market, lots) in legs {
            count += 1;
            if before >= Some(market)
                || count > Shelves::MOST_LEGS
                || lots.unsigned_abs() > MAX_LOTS
                || self.market(market).is_none()
            {
                return false;
            }
            before = Some(market);
        }
        true
    }

    fn set_linear(
        &mut self,
        account: AccountId,
        cash: i64,
        legs: impl Iterator<Item = (MarketId, i64)> + Clone,
    ) {
        let legs = legs.filter(|(_, lots)| *lots != 0);
        let held = legs.clone().count();
        let entry = self.entry(account);
        let mut place = entry.place;
        if !Shelves::suits(place, held) {
            self.leave(account);
            place = self.shelves.take(account, held);
            self.linear += 1;
            self.entries[account.index()].place = place;
        }
        self.write_legs(account, place, legs);
        if let Some(held) = self.shelves.words_mut(place).first_mut() {
            *held = cash;
        }
        self.touched(account);
    }

    /// Sets the cash of `account` and what it holds of one market, in place: after a trade nothing
    /// else changed. Whether it could: not where the account has no slab or no free place in it,
    /// where the leg ends, or where it would not fit; the caller then sets the whole account.
    pub fn set_leg(
        &mut self,
        account: AccountId,
        cash: i128,
        (market, lots): (MarketId, i64),
    ) -> bool {
        let place = self.entries.get(account.index()).map_or(Place::Absent, |entry| entry.place);
        let Some(of) = self.markets.get(market.index()).and_then(Option::as_ref) else {
            return false;
        };
        let Some((held, legs)) = self.shelves.words_mut(place).split_first_mut() else {
            return false;
        };
        let Ok(cash) = i64::try_from(cash) else { return false };
        if lots == 0 || lots.unsigned_abs() > MAX_LOTS {
            return false;
        }
        let rows = of.rows();
        let found = legs.iter().position(|word| rows.contains(&slab::row(*word)));
        let Some(leg) = found.or_else(|| legs.iter().position(|word| *word == 0)) else {
            return false;
        };
        *held = cash;
        let word = slab::pack(lots, of.row(lots));
        let before = core::mem::replace(&mut legs[leg], word);
        follow(&mut self.markets, &self.row_market, account, (before, word));
        self.touched(account);
        true
    }

    /// Puts `account` on the side, whatever it holds: its value is not linear (options), or its
    /// cash is worth what prices say (collateral in other assets). To be called again after any
    /// event or price that touched it; ticks ask by themselves.
    pub fn set_aside(&mut self, account: AccountId, standing: Standing) {
        if self.entry(account).place != Place::Side {
            self.leave(account);
            self.entries[account.index()].place = Place::Side;
        }
        self.side.insert(account, standing);
        self.set_below(account, standing != Standing::Sound);
    }

    /// Forgets `account`.
    pub fn remove(&mut self, account: AccountId) {
        if account.index() < self.entries.len() {
            self.leave(account);
            self.set_below(account, false);
        }
    }

    /// Sets all accounts anew; markets and their prices stay.
    pub fn rebuild<L: AsRef<[(MarketId, i64)]>>(
        &mut self,
        accounts: impl IntoIterator<Item = (AccountId, i128, L)>,
        mut side: impl FnMut(AccountId) -> Standing,
    ) {
        self.shelves = Shelves::default();
        self.markets.iter_mut().flatten().for_each(|market| market.held = Default::default());
        self.entries.clear();
        self.linear = 0;
        self.below.clear();
        self.side.clear();
        self.drop_certificates();
        for (account, cash, legs) in accounts {
            self.set_account(account, cash, legs.as_ref(), || side(account));
        }
    }

    /// Who is below maintenance, by rising id.
    pub fn below(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.below.iter().copied()
    }

    /// Who stands on the side, by rising id: what they must hold can change without a tick.
    pub fn aside(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.side.keys().copied()
    }

    /// Whether `account` has a slab, or nothing, and is not below maintenance.
    #[must_use]
    pub fn is_sound(&self, account: AccountId) -> bool {
        let entry = self.entries.get(account.index());
        entry.is_none_or(|entry| !entry.below && entry.place != Place::Side)
    }

    /// Whose equity is below zero, by rising id.
    pub fn negative(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.below().filter(|account| self.standing(*account) == Standing::Negative)
    }

    /// How `account` stands at the prices of now, exactly. An unknown account is sound.
    #[must_use]
    pub fn standing(&self, account: AccountId) -> Standing {
        match self.side.get(&account) {
            Some(standing) => *standing,
            None => self.health(account).standing(),
        }
    }

    /// Reads a word of each place of memory that `account` takes here.
    #[inline]
    pub(crate) fn touch_memory(&self, account: AccountId) -> u32 {
        let Some(entry) = self.entries.get(account.index()) else { return 0 };
        let cash = self.shelves.words(entry.place).first();
        entry.stamp ^ u32::from(cash.is_some_and(|cash| *cash < 0))
    }

    /// The account's entry, made where there was none.
    fn entry(&mut self, account: AccountId) -> Entry {
        if self.entries.len() <= account.index() {
            self.entries.resize(account.index() + 1, Entry::default());
        }
        self.entries[account.index()]
    }

    /// Takes an account off its place.
    fn leave(&mut self, account: AccountId) {
        let entry = &mut self.entries[account.index()];
        let place = core::mem::take(&mut entry.place);
        match place {
            Place::Absent => {}
            Place::Side => {
                self.side.remove(&account);
            }
            _ => {
                self.write_legs(account, place, core::iter::empty());
                self.shelves.free(place);
                self.linear -= 1;
                self.new_stamp(account);
            }
        }
    }

    /// The health of a linear account; nothing held, nothing required elsewhere.
    fn health(&self, account: AccountId) -> Health {
        let place = self.entries.get(account.index()).map_or(Place::Absent, |entry| entry.place);
        let Some((cash, legs)) = self.shelves.words(place).split_first() else {
            return Health::default();
        };
        let mut health = Health { equity: i128::from(*cash), required: 0 };
        for word in legs.iter().copied() {
            if word != 0
                && let Some(market) = self.market(self.row_market[slab::row(word)])
            {
                let (value, required) = market.weigh(slab::lots(word));
                health.equity += value;
                health.required += required;
            }
        }
        health
    }

    fn set_below(&mut self, account: AccountId, below: bool) {
        let entry = &mut self.entries[account.index()];
        if entry.below != below {
            entry.below = below;
            if below {
                self.below.insert(account);
            } else {
                self.below.remove(&account);
            }
        }
    }

    /// A linear account changed: who is below is set right, its certificate is void. As in a pass,
    /// only those whose bound of health is negative are looked at exactly.
    fn touched(&mut self, account: AccountId) {
        if self.stale {
            self.refresh_coefficients();
        }
        let bound = self.shelves.bound(self.entries[account.index()].place, &self.coefficients);
        let below = bound < 0 && self.health(account).micro() < 0;
        self.set_below(account, below);
        self.void_certificate(account);
    }

    /// Makes the coefficients again of markets whose prices moved since they were made.
    fn refresh_coefficients(&mut self) {
        self.stale = false;
        for market in self.markets.iter_mut().flatten() {
            if core::mem::take(&mut market.stale) {
                let rows = self.coefficients[market.rows()].chunks_exact_mut(2);
                for (row, sides) in rows.zip(market.coefficients()) {
                    row.copy_from_slice(&sides);
                }
            }
        }
    }
}
