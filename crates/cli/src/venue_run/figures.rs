//! What a run is told by: counts, prices and equities over time, takeovers, close-outs. Gathered
//! from the events while the engine runs; nothing here decides anything.

use std::collections::BTreeMap;

use rhodian_core::closeout::{Event as CloseOutEvent, Why};
use rhodian_core::engine::{Event, Rejection, State};
use rhodian_core::ids::{AccountId, LossId, MarketId};
use rhodian_core::loss::Event as LossEvent;
use rhodian_core::market::{Event as MarketEvent, Party};
use rhodian_core::pools::lending;
use rhodian_core::{account, collateral, oracle};

use super::commands::ASSET;
use super::feed_figures::Feeds;
use super::names::Names;
use super::options_figures::OptionsAt;
use crate::venue_file::VenueFile;
use crate::venue_file::model::{Instrument as Listed, Market};

/// The most points of a price kept before every second one is dropped.
const MOST_MARKS: usize = 2_048;
/// The most moments at which equities are kept, and the most equities in all.
const MOST_SAMPLES: usize = 512;
const MOST_EQUITIES: usize = 4_000_000;
/// The accounts up to which equities are kept.
const MOST_ACCOUNTS: usize = 20_000;
/// The remarks that are kept.
const MOST_REMARKS: usize = 20;

/// A leg that moved to a close-out book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// When.
    pub at: u64,
    /// The loss.
    pub loss: LossId,
    /// The account.
    pub account: AccountId,
    /// The market.
    pub market: MarketId,
    /// The lots, short below zero.
    pub lots: i64,
    /// Their value at the mark, without side, in atoms.
    pub value: u128,
}

/// How a book was brought to nothing in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloseOut {
    /// The lots taken over, without side.
    pub taken: u64,
    /// Of them, closed by fills.
    pub filled: u64,
    /// Of them, sold to a bidder or a backstop.
    pub sold: u64,
    /// The lots that stood in the book when auto-deleveraging began.
    pub need: u64,
    /// Of them, assigned.
    pub assigned: u64,
    /// To how many parties.
    pub parties: u64,
}

/// What one account did and what was done to it, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFigures {
    /// Paid in.
    pub deposited: u128,
    /// Taken out.
    pub withdrawn: u128,
    /// Fees and premia paid.
    pub fees: u128,
    /// The value of what auto-deleveraging took off it.
    pub deleveraged: u128,
    /// The value of what it bought in liquidations.
    pub bought: u128,
    /// Penalties of its own liquidations.
    pub penalties: u128,
    /// The loss it failed in, the last where there are several.
    pub failed: Option<LossId>,
}

/// The figures of a run.
#[derive(Debug, Default)]
pub struct Figures {
    /// Events; after each of them the laws were checked in their running form.
    pub events: u64,
    /// Commands from outside.
    pub commands: u64,
    /// How often every law was checked from the raw state.
    pub full_checks: u64,
    /// What happened how often, by name.
    pub counts: BTreeMap<&'static str, u64>,
    /// Refusals by code: those that the file expects, and the others.
    pub refusals: BTreeMap<&'static str, (u64, u64)>,
    /// Refusals and other remarks in words, the first ones.
    pub remarks: Vec<String>,
    /// How many remarks there were in all.
    pub all_remarks: u64,
    /// The marks of each market over time, thinned evenly.
    pub marks: Vec<Vec<(u64, u64)>>,
    /// Equities of all accounts over time, thinned evenly.
    pub samples: Vec<(u64, Vec<i128>)>,
    /// Legs that moved to books, in order.
    pub takeovers: Vec<Takeover>,
    /// How each book was closed in each market.
    pub close_outs: BTreeMap<(LossId, MarketId), CloseOut>,
    /// Why a close-out left the market.
    pub whys: BTreeMap<LossId, Why>,
    /// When each loss was detected, and when it was settled.
    pub times: BTreeMap<LossId, (u64, Option<u64>)>,
    /// By dense id.
    pub accounts: Vec<AccountFigures>,
    /// What was closed of accounts in liquidation: when, where, its value in atoms.
    pub liquidated: Vec<(u64, MarketId, u128)>,
    /// By account and underlying: the moment at which its worst move was worst.
    pub options: BTreeMap<(AccountId, MarketId), OptionsAt>,
    /// How good the feeds were.
    pub feeds: Feeds,
    /// The marks of each collateral over time, in ticks.
    pub collateral_marks: Vec<Vec<(u64, u64)>>,
    /// When the run ended.
    pub end: u64,
    has_options: bool,
    strides: Vec<(usize, usize)>,
    stride: usize,
    steps: usize,
}

impl Figures {
    /// Nothing yet.
    #[must_use]
    pub fn of(file: &VenueFile) -> Self {
        let is_option = |of: &Market| matches!(of.instrument, Listed::Option { .. });
        let has_options = file.markets.iter().any(is_option);
        Self { has_options, ..Self::of_sizes(file.markets.len(), file.collaterals.len()) }
    }

    /// Nothing yet, of so many markets and collaterals; options are not watched.
    #[must_use]
    pub fn of_sizes(markets: usize, collaterals: usize) -> Self {
        let (marks, strides) = (vec![Vec::new(); markets], vec![(1, 0); markets]);
        let collateral_marks = vec![Vec::new(); collaterals];
        Self { marks, strides, collateral_marks, stride: 1, ..Self::default() }
    }

    /// How many losses there were.
    #[must_use]
    pub fn losses(&self) -> usize {
        self.times.len()
    }

    /// How often something happened.
    #[must_use]
    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    pub(super) fn counted(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Keeps a remark, if there are not too many.
    pub fn remark(&mut self, remark: String) {
        self.all_remarks += 1;
        if self.remarks.len() < MOST_REMARKS {
            self.remarks.push(remark);
        }
    }

    /// Counts a refusal.
    pub fn refused(&mut self, rejection: &Rejection, expected: bool) {
        let counts = self.refusals.entry(rejection.code()).or_default();
        if expected {
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
    }

    pub(super) fn account(&mut self, account: AccountId) -> &mut AccountFigures {
        if self.accounts.len() <= account.index() {
            self.accounts.resize(account.index() + 1, AccountFigures::default());
        }
        &mut self.accounts[account.index()]
    }

    /// Takes the next event; `state` is the engine's right after it.
    pub fn follow(&mut self, event: &Event, state: &State) {
        self.events += 1;
        match event {
            Event::Account(event) => self.of_account(event),
            Event::Market(event) => self.of_market(event, state),
            Event::CloseOut(event) => self.of_close_out(event, state),
            Event::Loss(event) => self.of_loss(event, state.now().0),
            Event::Oracle(event) => self.of_oracle(event, state),
            Event::Collateral(event) => self.of_collateral(event, state.now().0),
            Event::Lending(event) => self.of_lending(event),
            Event::Cover(event) => self.of_cover(event),
            Event::Liquidity(event) => self.of_liquidity(event),
            Event::Clearing(event) => self.of_clearing(event),
            Event::Protection(event) => self.of_protection(event),
            Event::Issuance(event) => self.of_issuance(event),
            Event::Incentive(event) => self.of_incentive(event),
            Event::Domain(_) | Event::Control(_) | Event::TimePassed { .. } => {}
        }
    }

    fn of_account(&mut self, event: &account::Event) {
        match event {
            account::Event::Deposited { account, asset, amount, .. } => {
                self.counted("deposits");
                let of = self.account(*account);
                if *asset == ASSET {
                    of.deposited += amount.atoms();
                }
            }
            account::Event::Withdrawn { account, asset, amount, .. } => {
                self.counted("withdrawals");
                let of = self.account(*account);
                if *asset == ASSET {
                    of.withdrawn += amount.atoms();
                }
            }
            account::Event::Transferred { .. } => self.counted("transfers"),
            _ => {}
        }
    }

    fn of_oracle(&mut self, event: &oracle::Event, state: &State) {
        match event {
            oracle::Event::Reported { feed, .. } => {
                self.counted("reports");
                self.feeds.reported(feed.index());
            }
            oracle::Event::Moved { feed, .. } => self.feeds.told(feed.index(), state, state.now()),
            oracle::Event::PriceErrorDeclared { .. } => self.counted("declared price errors"),
            oracle::Event::DomainTightened { .. } => self.counted("domains without a good price"),
            _ => {}
        }
    }

    fn of_collateral(&mut self, event: &collateral::Event, at: u64) {
        match event {
            collateral::Event::Marked { asset, price, .. } => {
                self.counted("marks of collateral");
                let place = asset.index().checked_sub(1);
                if let Some(marks) = place.and_then(|place| self.collateral_marks.get_mut(place)) {
                    marks.push((at, price.ticks()));
                }
            }
            collateral::Event::Taken { .. } => self.counted("collaterals taken over"),
            collateral::Event::Sold { .. } => self.counted("sales of collateral"),
            collateral::Event::Returned { .. } => self.counted("collaterals returned"),
            collateral::Event::SetAside { .. } => self.counted("collaterals set aside"),
            collateral::Event::Converted { .. } => self.counted("conversions of loans"),
            collateral::Event::Accepted { .. } | collateral::Event::FeedAttached { .. } => {}
        }
    }

    fn of_lending(&mut self, event: &lending::Event) {
        use lending::Event as L;
        match event {
            L::Supplied { .. } => self.counted("supplies"),
            L::Redeemed { .. } => self.counted("redemptions"),
            L::Borrowed { .. } => self.counted("loans"),
            L::Repaid { .. } => self.counted("repayments"),
            L::Liquidated { .. } => self.counted("liquidations of loans"),
            L::Failed { .. } => self.counted("loans that failed"),
            L::Opened { .. }
            | L::Accrued { .. }
            | L::Pledged { .. }
            | L::Released { .. }
            | L::SupplyTaken { .. } => {}
        }
    }

    fn of_market(&mut self, event: &MarketEvent, state: &State) {
        match event {
            MarketEvent::Marked { marks } => {
                self.counted("marks");
                for (market, price) in marks {
                    self.marked(market.index(), state.now().0, price.ticks());
                }
            }
            MarketEvent::Filled { market, buyer, seller, lots, buyer_fee, seller_fee, .. } => {
                self.counted("fills");
                for (party, fee) in [(buyer, buyer_fee), (seller, seller_fee)] {
                    match party {
                        Party::Account(account) => {
                            self.account(*account).fees += fee.atoms();
                            if state.closeouts.liquidation(*account).is_some() {
                                self.liquidated(*market, lots.size(), state);
                            }
                        }
                        Party::Book(loss) => {
                            self.counted("fills of close-out books");
                            let close_out = self.close_outs.entry((*loss, *market)).or_default();
                            close_out.filled += lots.size();
                        }
                    }
                }
            }
            MarketEvent::Funded { .. } => self.counted("fundings"),
            MarketEvent::PeriodEnded { .. } => self.counted("periods"),
            MarketEvent::PriceSettled { .. } => self.counted("settlements of markets"),
            MarketEvent::LegsTaken { loss, account, legs, .. } => {
                for (market, lots) in legs {
                    let found = state.markets.market(*market);
                    let value = found.and_then(|m| Some(m.value_at(m.mark?))).unwrap_or(0);
                    let value = value.unsigned_abs() * u128::from(lots.size());
                    let (at, lots) = (state.now().0, lots.lots());
                    let (loss, account, market) = (*loss, *account, *market);
                    self.takeovers.push(Takeover { at, loss, account, market, lots, value });
                    let close_out = self.close_outs.entry((loss, market)).or_default();
                    close_out.taken += lots.unsigned_abs();
                }
            }
            _ => {}
        }
    }

    /// Lots of an account in liquidation were closed: their value at the mark.
    fn liquidated(&mut self, market: MarketId, lots: u64, state: &State) {
        let found = state.markets.market(market);
        let value = found.and_then(|found| Some(found.value_at(found.mark?))).unwrap_or(0);
        let value = value.unsigned_abs() * u128::from(lots);
        self.liquidated.push((state.now().0, market, value));
    }

    fn marked(&mut self, market: usize, at: u64, ticks: u64) {
        let Some((series, strides)) = self.marks.get_mut(market).zip(self.strides.get_mut(market))
        else {
            return;
        };
        let (stride, seen) = strides;
        if seen.is_multiple_of(*stride) {
            series.push((at, ticks));
        }
        *seen += 1;
        if series.len() > MOST_MARKS {
            thin(series);
            *stride *= 2;
        }
    }

    fn of_close_out(&mut self, event: &CloseOutEvent, state: &State) {
        match event {
            CloseOutEvent::DeleveragingBegun { loss, why } => {
                self.counted("auto-deleveragings");
                self.whys.insert(*loss, *why);
                for leg in state.markets.book(*loss) {
                    let close_out = self.close_outs.entry((*loss, leg.market)).or_default();
                    close_out.need += leg.lots.size();
                }
            }
            CloseOutEvent::LiquidationBegun { .. } => self.counted("liquidations"),
            CloseOutEvent::LiquidationEnded { .. } => self.counted("liquidations ended"),
            CloseOutEvent::RouteTaken { .. } => self.counted("changes of route"),
            CloseOutEvent::LegsSold { from, to, value, backstop, legs, .. } => {
                let what = if *backstop { "sales to a backstop" } else { "sales by auction" };
                self.counted(what);
                self.account(*to).bought += value.atoms();
                if matches!(from, Party::Account(_)) {
                    for (market, _, lots, _) in legs {
                        self.liquidated(*market, lots.size(), state);
                    }
                }
                if let Party::Book(loss) = from {
                    for (market, _, lots, _) in legs {
                        let close_out = self.close_outs.entry((*loss, *market)).or_default();
                        close_out.sold += lots.size();
                    }
                }
            }
            CloseOutEvent::PenaltyCharged { account, charged, .. } => {
                self.counted("penalties");
                self.account(*account).penalties += charged.atoms();
            }
            CloseOutEvent::RoutesSet { .. } | CloseOutEvent::DeleveragingPlanned { .. } => {}
            CloseOutEvent::Deleveraged { from, market, price, taken, .. } => {
                let value = state.markets.market(*market).map_or(0, |found| found.value_at(*price));
                for (party, lots) in taken {
                    self.counted("auto-deleveraging fills");
                    if let Party::Account(account) = party {
                        let value = value.unsigned_abs() * u128::from(lots.size());
                        self.account(*account).deleveraged += value;
                    }
                    let Party::Book(loss) = from else { continue };
                    let close_out = self.close_outs.entry((*loss, *market)).or_default();
                    close_out.assigned += lots.size();
                    close_out.parties += 1;
                }
                if matches!(from, Party::Account(_)) {
                    let lots = taken.iter().map(|(_, lots)| lots.size()).sum();
                    self.liquidated(*market, lots, state);
                    self.counted("auto-deleveragings of accounts");
                }
            }
        }
    }

    fn of_loss(&mut self, event: &LossEvent, at: u64) {
        match event {
            LossEvent::DefaultFound { loss, account, .. } => {
                self.counted("failures");
                self.account(*account).failed = Some(*loss);
            }
            LossEvent::LossReported(report) => {
                self.counted("reported losses");
                self.times.insert(report.loss, (at, None));
            }
            LossEvent::LossDetected { loss, .. } => {
                self.times.insert(*loss, (at, None));
            }
            LossEvent::TakenOver { .. } => self.counted("takeovers"),
            LossEvent::EpisodeOpened { .. } => self.counted("episodes"),
            LossEvent::DeficitRecognised { deficit, .. } if !deficit.is_zero() => {
                self.counted("deficits");
            }
            LossEvent::PotDrawn { .. } => self.counted("draws on pots"),
            LossEvent::LossDivided { .. } => self.counted("divisions"),
            LossEvent::CallsMade { .. } => self.counted("calls"),
            LossEvent::UncoveredBooked { .. } => self.counted("uncovered losses"),
            LossEvent::LossSettled { loss } => {
                self.counted("settled losses");
                if let Some(times) = self.times.get_mut(loss) {
                    times.1 = Some(at);
                }
            }
            LossEvent::RecoveryReceived { .. } => self.counted("recoveries"),
            LossEvent::SettlementEntered { .. } => self.counted("domains in settlement"),
            _ => self.of_watching(event),
        }
    }

    /// Everything of one time is done: the moment to look at equities.
    pub fn sample(&mut self, at: u64, state: &State) {
        self.end = at;
        if self.has_options {
            self.watch_options(at, state);
        }
        let accounts = self.accounts.len();
        if accounts == 0 || accounts > MOST_ACCOUNTS {
            return;
        }
        if self.steps.is_multiple_of(self.stride) {
            let all = (0..accounts).filter_map(AccountId::at);
            let supplied = |account| state.supplied(account, ASSET).atoms().cast_signed();
            let equity = |account| state.equity(account, ASSET) + supplied(account);
            let equities = all.map(equity).collect();
            self.samples.push((at, equities));
        }
        self.steps += 1;
        if self.samples.len() > MOST_SAMPLES.min(MOST_EQUITIES / accounts).max(32) {
            thin(&mut self.samples);
            self.stride *= 2;
        }
    }

    /// The run is over.
    pub fn finish(&mut self, state: &State, names: &Names) {
        let (accounts, _) = names.counts();
        self.accounts.resize(accounts, AccountFigures::default());
        self.end = state.now().0;
        if self.samples.last().is_some_and(|(at, _)| *at < self.end) {
            self.stride = 1;
            self.steps = 0;
            self.sample(self.end, state);
        }
    }
}

/// Drops every second one.
pub(super) fn thin<T>(list: &mut Vec<T>) {
    let mut keep = false;
    list.retain(|_| {
        keep = !keep;
        keep
    });
}
