//! What those who hold lots of a market pay for the losses that are expected of it.
//!
//! A market's premium of a year is its marginal share of what its domain is expected to lose, with
//! a load. It is counted by the millisecond, by the figures and terms as they stand. Once a period
//! what was counted is divided over the lots that accounts hold, long and short alike:
//!
//! ```text
//! a year     expected loss of the domain x marginal share x (1 + load), rounded up
//! a lot      what is due / lots of both sides, rounded down, and at most `most` of its value
//! ```
//!
//! and goes to the fees of the domain. What rounding down left is due with the next charge. What
//! is above the cap, what an account does not have beyond its lien, and what falls on nobody is
//! forgone, and said: counted = charged + forgone + due, to the atom.
//!
//! A charge is a fee on money and no part of what a lot is worth, unlike funding: marks, entry
//! costs and receipts know nothing of it. It is of who holds lots at that moment. Books of failed
//! accounts are not charged: their cost would be a loss for those whom the premium is to pay.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::pay::MAX_LOAD;
use super::{Duty, Event, Flaw, Rejection, Subject, WHOLE};
use crate::control::Status;
use crate::engine::{self, Events, State};
use crate::ids::{AccountId, AssetId, DomainId, MarketId, Time};
use crate::liquidation::envelope::Breach;
use crate::loss;
use crate::market::{Market, MarketSpec, PARTIES_PER_STEP, Party};
use crate::pools::YEAR;
use crate::units::{Amount, text};
use crate::wide::{mul_div_ceil, mul_div_rem};

/// The shortest period: a charge is a pass over all who hold lots.
pub const MIN_PREMIUM_PERIOD: u64 = 60_000;
/// The longest: who holds no lot at its end pays nothing for it.
pub const MAX_PREMIUM_PERIOD: u64 = 24 * 3_600_000;
/// The most that one charge may take, in millionths of what a lot is worth.
const MAX_MOST: u32 = WHOLE / 10;

/// How the premium of a market is charged.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PremiumTerms {
    /// How often, in milliseconds: a minute to a day.
    pub period: u64,
    /// What it is above the expected loss, in millionths of it: at most nine times.
    pub load: u32,
    /// What one charge takes of a lot at most, in millionths of its value at the mark: above zero,
    /// at most a tenth, and with the largest steps and the penalty no more than maintenance.
    pub most: u32,
}

impl PremiumTerms {
    /// What can never be right about them in a market.
    pub(super) fn check(&self, spec: &MarketSpec) -> Result<(), Flaw> {
        let Self { period, load, most } = *self;
        if !(MIN_PREMIUM_PERIOD..=MAX_PREMIUM_PERIOD).contains(&period) {
            let (min, max) = (MIN_PREMIUM_PERIOD, MAX_PREMIUM_PERIOD);
            return Err(Flaw::Period { period, min, max });
        }
        if load > MAX_LOAD {
            return Err(Flaw::Load { load, max: MAX_LOAD });
        }
        // Rates rise from tier to tier.
        let least = spec.tiers.first().map_or(0, |tier| tier.maintenance);
        let max = MAX_MOST.min(least);
        if most == 0 || most > max {
            return Err(Flaw::Most { most, max });
        }
        match spec.breach(most) {
            Some(Breach { size, loss, requirement }) => {
                Err(Flaw::Envelope { size, loss, requirement })
            }
            None => Ok(()),
        }
    }

    /// What a market with a marginal share of `share` millionths pays in a year where its domain
    /// is expected to lose `expected`, rounded up (for those who bear losses), in atoms: at most
    /// ten times that.
    ///
    /// ```
    /// use rhodian_core::incentive::PremiumTerms;
    /// use rhodian_core::units::Amount;
    /// let terms = PremiumTerms { period: 3_600_000, load: 250_000, most: 1_000 };
    /// let expected = Amount::new(40_000).unwrap();
    /// // A fifth of 40,000, and a quarter more.
    /// assert_eq!(terms.per_year_ceil(expected, 200_000), 10_000);
    /// assert_eq!(terms.per_year_ceil(expected, 0), 0);
    /// ```
    #[must_use]
    pub fn per_year_ceil(&self, expected: Amount, share: u32) -> u128 {
        let unit = u128::from(WHOLE);
        let rate = u128::from(share) * (unit + u128::from(self.load));
        // At most 10^28 x 10^13, over 10^12: it exists.
        mul_div_ceil(expected.atoms(), rate, unit * unit).unwrap_or(0)
    }
}

/// The premium of a market, and what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketPremium"))]
pub struct Premium {
    /// How it is charged; nothing while it is not.
    pub terms: Option<PremiumTerms>,
    /// When it was charged last, or said.
    pub charged_at: Time,
    /// Until when it is counted.
    pub since: Time,
    /// What of an atom is counted beyond what is due, in parts of a year's milliseconds.
    pub rest: u64,
    /// What is counted and not charged yet, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub due: u128,
    /// What was ever counted, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub counted: u128,
    /// What was ever charged, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub charged: u128,
    /// What was ever counted and fell on nobody, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub forgone: u128,
}

/// What an account pays of a charge.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PremiumRow {
    /// The account.
    pub account: AccountId,
    /// How much: less than for its lots, or nothing, where it does not have more.
    pub amount: Amount,
}

/// The premium of a market as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PremiumNow {
    /// What is counted for a year, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub per_year: u128,
    /// What would be due now, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub due: u128,
    /// What of an atom is counted beyond, in parts of a year's milliseconds.
    pub rest: u64,
    /// The lots that accounts hold, both sides.
    pub lots: u64,
    /// What a lot would pay now, in atoms.
    pub per_lot: u64,
    /// What a lot would pay at most, in atoms.
    pub most_per_lot: u64,
    /// When the next charge is due.
    pub next: Time,
}

impl Premium {
    pub(super) const fn new(now: Time) -> Self {
        Self {
            terms: None,
            charged_at: now,
            since: now,
            rest: 0,
            due: 0,
            counted: 0,
            charged: 0,
            forgone: 0,
        }
    }

    /// What was said while nothing was charged is counted for no time before; what is due as it
    /// ends falls on nobody.
    pub(super) const fn set(&mut self, terms: Option<PremiumTerms>, now: Time) {
        if self.terms.is_none() || terms.is_none() {
            self.forgone += self.due;
            (self.due, self.rest) = (0, 0);
            (self.since, self.charged_at) = (now, now);
        }
        self.terms = terms;
    }

    /// At most 10^29 a year, for fewer than 6 x 10^8 years: sums stay below 2^127.
    pub(super) const fn counted(&mut self, now: Time, atoms: u128, rest: u64) {
        self.since = now;
        self.rest = rest;
        self.due += atoms;
        self.counted += atoms;
    }

    /// What is charged stays due until it is paid.
    pub(super) const fn was_charged(&mut self, now: Time, forgone: u128) {
        self.charged_at = now;
        self.due -= forgone;
        self.forgone += forgone;
    }

    /// At most what was due and is not forgone.
    pub(super) const fn paid(&mut self, amount: Amount) {
        self.due -= amount.atoms();
        self.charged += amount.atoms();
    }

    /// When the next charge is due, while terms stand.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.terms.map(|terms| self.charged_at.after(terms.period))
    }
}

/// How what is due is divided over lots.
#[derive(Clone, Copy)]
struct PerLot {
    /// The lots that accounts hold, both sides.
    lots: u64,
    /// What each pays.
    pays: u64,
    /// What each would pay at most.
    most: u64,
    /// What is due with the next charge.
    left: u128,
}

impl State {
    /// The premium of `market` as it stands; nothing where it has no terms.
    #[must_use]
    pub fn premium_now(&self, market: MarketId) -> Option<PremiumNow> {
        let premium = self.incentives.premium(market)?;
        let terms = premium.terms?;
        let found = self.markets.market(market)?;
        let per_year = self.premium_per_year(market, found.spec.domain, &terms);
        let (whole, rest) = counted(premium, per_year, self.now());
        let due = premium.due + whole;
        let of = self.per_lot(market, found, &terms, due);
        let (lots, per_lot, most_per_lot) = (of.lots, of.pays, of.most);
        let next = premium.charged_at.after(terms.period);
        Some(PremiumNow { per_year, due, rest, lots, per_lot, most_per_lot, next })
    }

    fn premium_per_year(&self, market: MarketId, domain: DomainId, terms: &PremiumTerms) -> u128 {
        let expected = self.incentives.domain_loss(domain).unwrap_or_default();
        terms.per_year_ceil(expected, self.incentives.market_share(market).unwrap_or(0))
    }

    /// What each lot pays of `due`.
    fn per_lot(&self, id: MarketId, found: &Market, terms: &PremiumTerms, due: u128) -> PerLot {
        let in_books = self.markets.books().map(Party::Book);
        let in_books: u64 = in_books.map(|book| self.markets.lots_of(book, id).size()).sum();
        // Open lots are at most 10^15 a side, those of books among them.
        let lots = 2 * found.open - in_books;
        let value = found.mark.map_or(0, |mark| found.value_at(mark).unsigned_abs());
        // A lot is worth 10^15 at most.
        let most = value * u128::from(terms.most) / u128::from(WHOLE);
        let most = u64::try_from(most).unwrap_or(0);
        let Some(whole) = due.checked_div(u128::from(lots)) else {
            return PerLot { lots, pays: 0, most, left: 0 };
        };
        match u64::try_from(whole) {
            Ok(pays) if pays <= most => {
                PerLot { lots, pays, most, left: due - u128::from(lots) * whole }
            }
            _ => PerLot { lots, pays: most, most, left: 0 },
        }
    }

    /// The figures or the terms of a premium are about to change, or it is charged: what is due
    /// until now is counted, once in a command.
    pub(super) fn count_premium(&self, market: MarketId, events: &mut Events) {
        let of_market = |event: &engine::Event| match event {
            engine::Event::Incentive(Event::PremiumCounted { market: of, .. }) => *of == market,
            _ => false,
        };
        if events.as_slice().iter().any(of_market) {
            return;
        }
        let premium = self.incentives.premium(market).filter(|of| of.since < self.now());
        let Some((premium, terms)) = premium.and_then(|of| Some((of, of.terms?))) else { return };
        let Some(found) = self.markets.market(market) else { return };
        let per_year = self.premium_per_year(market, found.spec.domain, &terms);
        let (amount, rest) = counted(premium, per_year, self.now());
        let since = premium.since;
        events.push(Event::PremiumCounted { market, since, per_year, amount, rest });
    }

    /// `market` gets its last price: what is due of its premium falls on nobody, and its terms end.
    pub(crate) fn end_premium(&self, market: MarketId, events: &mut Events) {
        if self.incentives.premium(market).is_some_and(|of| of.terms.is_some()) {
            self.count_premium(market, events);
            events.push(Event::PremiumSet { market, terms: None });
        }
    }

    /// What `subject` is about is measured anew: premia that stand on it are counted first.
    pub(super) fn count_premia_of(&self, subject: Subject, events: &mut Events) {
        for (market, _) in self.incentives.premia() {
            let domain = self.markets.market(market).map(|found| found.spec.domain);
            if subject == Subject::Market(market) || domain.map(Subject::Domain) == Some(subject) {
                self.count_premium(market, events);
            }
        }
    }

    /// The markets of `domain` that a premium is charged in, or was at `since` or later: also one
    /// whose terms ended since, as what it brought stands in the fees.
    pub(super) fn charged_markets(
        &self,
        domain: DomainId,
        since: Time,
    ) -> impl Iterator<Item = MarketId> + '_ {
        let charged = self.incentives.premia();
        let charged = charged.filter(move |(_, of)| of.terms.is_some() || of.charged_at >= since);
        charged.map(|(market, _)| market).filter(move |market| {
            self.markets.market(*market).is_some_and(|of| of.spec.domain == domain)
        })
    }
}

/// What is counted at `per_year` since it was counted last: whole atoms, and parts of one.
fn counted(premium: &Premium, per_year: u128, now: Time) -> (u128, u64) {
    let year = u128::from(YEAR);
    // Time never goes back; at most 10^29 by 2^64, over more than 2^34: it exists.
    let millis = u128::from(now.0 - premium.since.0);
    let (whole, rest) = mul_div_rem(per_year, millis, year).unwrap_or((0, 0));
    let rest = rest + u128::from(premium.rest);
    (whole + rest / year, u64::try_from(rest % year).unwrap_or(0))
}

/// The first market, in id order, whose premium is due: not while nobody could close a lot or add
/// money before it, in a halt or where money may only leave, nor while something is known that may
/// become a loss of its domain, nor once it expired.
pub(super) fn duty(state: &State) -> Option<Duty> {
    let now = state.now();
    let due = |(market, premium): &(MarketId, &Premium)| {
        let over = premium.next().is_some_and(|next| next.has_come(now));
        over && state.markets.market(*market).is_some_and(|found| is_charged(state, found))
    };
    state.incentives.premia().find(due).map(|(market, _)| Duty::ChargePremium { market })
}

fn is_charged(state: &State, found: &Market) -> bool {
    let domain = found.spec.domain;
    found.settlement.is_none()
        && found.spec.instrument.expiry().is_none_or(|expiry| expiry > state.now())
        && state.control.domain_status(domain) < Status::WithdrawOnly
        && !state.has_open_episode(domain)
        && !state.has_reported_loss(domain)
}

/// Says how a premium is charged from now on.
pub(super) fn set(
    state: &State,
    market: MarketId,
    terms: Option<PremiumTerms>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
    if let Some(of) = terms {
        of.check(&found.spec)?;
        for subject in [Subject::Domain(found.spec.domain), Subject::Market(market)] {
            if !state.incentives.serves(subject, state.now()) {
                return Err(Rejection::FigureOld { subject });
            }
        }
        if found.settlement.is_some() {
            return Err(Rejection::MarketSettled { market });
        }
        let (most, whole) = (u128::from(of.most), u128::from(WHOLE));
        let value = found.mark.map(|mark| found.value_at(mark).unsigned_abs());
        // A lot is worth 10^15 at most.
        if let Some(value) = value.filter(|value| value * most < whole) {
            return Err(Rejection::Flaw { flaw: Flaw::Nothing { most: of.most, value } });
        }
    }
    state.count_premium(market, events);
    events.push(Event::PremiumSet { market, terms });
    Ok(())
}

/// Charges the premium of `market`, which is due.
pub(super) fn charge(
    state: &State,
    market: MarketId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let now = state.premium_now(market).ok_or(Rejection::NotDue)?;
    let premium = state.incentives.premium(market).ok_or(Rejection::NotDue)?;
    let found = state.markets.market(market).ok_or(Rejection::NotDue)?;
    let terms = premium.terms.ok_or(Rejection::NotDue)?;
    let domain = found.spec.domain;
    let asset = state.domains.asset_of(domain).ok_or(Rejection::NotDue)?;
    let of = state.per_lot(market, found, &terms, now.due);
    let lots = |account| state.markets.position(account).lots(market).size();
    // Shares that wait for a touch come first: they were divided over what each could pay then.
    loss::touch_where(state, &|account| lots(account) > 0, events);
    let holders = (0..state.markets.positions.len()).filter_map(AccountId::at);
    let holders = holders.filter(|account| of.pays > 0 && lots(*account) > 0);
    let rows: Vec<PremiumRow> = holders
        .map(|account| {
            // At most a tenth of 10^15 atoms for each of 10^15 lots.
            let asked = u128::from(of.pays) * u128::from(lots(account));
            let amount = asked.min(beyond_lien(state, account, asset));
            PremiumRow { account, amount: Amount::new(amount).unwrap_or(Amount::MAX) }
        })
        .collect();
    let charged = Amount::sum(rows.iter().map(|row| row.amount));
    state.count_premium(market, events);
    let (due, left) = (now.due, of.left);
    let forgone = due - left - charged.atoms();
    let (lots, per_lot) = (of.lots, of.pays);
    events.push(Event::PremiumCharged { market, lots, per_lot, due, charged, forgone, left });
    for rows in rows.chunks(PARTIES_PER_STEP) {
        events.push(Event::PremiumPaid { market, domain, asset, rows: rows.to_vec() });
    }
    Ok(())
}

/// What a charge may take of an account at most, in atoms. Collateral counts as it does for the
/// legs, but where something is held for losses of other domains: they take their shares of what
/// is held in the asset itself. Shares that wait for a touch are taken before.
fn beyond_lien(state: &State, account: AccountId, asset: AssetId) -> u128 {
    let lien = state.loss_lien(account, asset);
    let stays = lien > state.losses.untaken_in(state, account, asset);
    let stands =
        if stays { state.settled_equity(account, asset) } else { state.equity(account, asset) };
    (stands - lien.atoms().cast_signed()).max(0).unsigned_abs()
}
