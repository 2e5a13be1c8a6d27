//! What happens, in words, while it happens: a few lines for each moment in which something does.

use rhodian_core::closeout::{Event as CloseOutEvent, Why};
use rhodian_core::collateral::Event as CollateralEvent;
use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, AssetId, LayerId, LossId, MarketId};
use rhodian_core::loss::{Event as LossEvent, OwnMeans, PoolHolder};
use rhodian_core::market::{Event as MarketEvent, Party};
use rhodian_core::oracle::Event as OracleEvent;
use rhodian_core::units::Amount;
use rhodian_report::money::{Money, count};
use rhodian_report::run::clock;
use rhodian_report::safe::printable;

use super::names::Names;
use super::progress::Bar;
use crate::diagnostic::Diagnostic;
use crate::output::to_stdout;
use crate::run::driver::account_name;
use crate::venue_file::VenueFile;

/// The lines told of one moment; the rest is counted.
const MOST_LINES: usize = 12;
/// The moments told; the rest is counted.
const MOST_MOMENTS: usize = 40;
/// The markets whose mark heads a moment.
const MOST_MARKS: usize = 3;

/// The story of a run.
#[derive(Debug, Default)]
pub struct Story {
    lines: Vec<String>,
    marked: Vec<MarketId>,
    first: Vec<Option<u64>>,
    told: usize,
    untold: usize,
    money: Option<(Money, String)>,
    grids: Vec<(String, crate::venue_file::numbers::Grid)>,
    collaterals: Vec<(String, u128)>,
}

impl Story {
    /// A story of the file.
    #[must_use]
    pub fn of(file: &VenueFile) -> Self {
        let money = Money::new(u32::from(file.asset.decimals));
        let grid = |market: &crate::venue_file::model::Market| {
            (market.name.as_str().to_owned(), market.grid)
        };
        Self {
            money: Some((money, file.asset.name.as_str().to_owned())),
            grids: file.markets.iter().map(grid).collect(),
            collaterals: file
                .collaterals
                .iter()
                .map(|of| (of.asset.name.as_str().to_owned(), of.tick))
                .collect(),
            first: vec![None; file.markets.len()],
            ..Self::default()
        }
    }

    fn amount(&self, amount: Amount) -> String {
        match &self.money {
            Some((money, _)) => money.full(amount.atoms()),
            None => amount.to_string(),
        }
    }

    fn size(&self, market: MarketId, lots: u64) -> String {
        match self.grids.get(market.index()) {
            Some((name, grid)) => format!("{} {}", grid.size_text(lots), printable(name)),
            None => lots.to_string(),
        }
    }

    /// Takes the next event.
    pub fn follow(&mut self, event: &Event, state: &State, names: &Names) {
        let line = match event {
            Event::Market(MarketEvent::Marked { marks }) => {
                for (market, price) in marks {
                    self.first[market.index()].get_or_insert(price.ticks());
                    if !self.marked.contains(market) {
                        self.marked.push(*market);
                    }
                }
                None
            }
            Event::Market(MarketEvent::Filled { market, buyer, seller, lots, price, .. }) => {
                let book = [(buyer, "buys"), (seller, "sells")].into_iter();
                let mut book = book.filter_map(|(party, verb)| match party {
                    Party::Book(loss) => Some((*loss, verb)),
                    Party::Account(_) => None,
                });
                let mut in_trouble = [(buyer, "buys"), (seller, "sells")].into_iter();
                let in_trouble = in_trouble.find_map(|(party, verb)| match party {
                    Party::Account(id) => {
                        let open = state.closeouts.liquidation(*id).is_some();
                        open.then(|| (self.account(state, *id), verb))
                    }
                    Party::Book(_) => None,
                });
                let grid = self.grids.get(market.index()).map(|(_, grid)| grid);
                let at = grid.map_or_else(String::new, |grid| grid.price_text(*price));
                let liquidated = in_trouble.map(|(who, verb)| {
                    format!("{who} {verb} {} at {at}", self.size(*market, lots.size()))
                });
                let closed = book.next().map(|(loss, verb)| {
                    let (size, name) = (self.size(*market, lots.size()), names.loss_name(loss));
                    format!("the book of {} {verb} {size} at {at}", printable(name))
                });
                closed.or(liquidated)
            }
            Event::Market(MarketEvent::LegsTaken { loss, legs, .. }) => {
                let legs: Vec<String> = legs
                    .iter()
                    .map(|(market, lots)| {
                        let side = if lots.lots() < 0 { "short " } else { "" };
                        format!("{side}{}", self.size(*market, lots.size()))
                    })
                    .collect();
                let name = printable(names.loss_name(*loss));
                Some(format!("the close-out book of {name} takes over {}", legs.join(", ")))
            }
            Event::CloseOut(event) => self.of_close_out(event, state, names),
            Event::Loss(event) => self.of_loss(event, state, names),
            Event::Collateral(event) => self.of_collateral(event, state, names),
            Event::Oracle(OracleEvent::DomainTightened { domain, feed, to, .. }) => {
                let domain = state.domains.domain(*domain).map(|found| found.name.as_str());
                let feed = state.oracle.feed(*feed).map(|found| found.spec.name.as_str());
                let (domain, feed) = (domain.unwrap_or_default(), feed.unwrap_or_default());
                let to = crate::run::summary::kebab(to);
                let (domain, feed) = (printable(domain), printable(feed));
                Some(format!("{domain} goes to {to}: {feed} has had no good value for too long"))
            }
            _ => None,
        };
        self.lines.extend(line);
    }

    /// An amount of any asset, with its name.
    fn of_asset(state: &State, asset: AssetId, amount: Amount) -> String {
        let Some(found) = state.domains.asset(asset) else { return amount.to_string() };
        let money = Money::new(u32::from(found.decimals));
        format!("{} {}", money.full(amount.atoms()), printable(found.name.as_str()))
    }

    fn of_collateral(
        &self,
        event: &CollateralEvent,
        state: &State,
        names: &Names,
    ) -> Option<String> {
        let amount = |asset: &AssetId, amount: &Amount| Self::of_asset(state, *asset, *amount);
        let name = |loss: &LossId| printable(names.loss_name(*loss));
        Some(match event {
            CollateralEvent::Marked { asset, price, .. } => {
                let place = asset.index().checked_sub(1)?;
                let (name, tick) = self.collaterals.get(place)?;
                let price = crate::venue_file::numbers::written_price(*price, *tick);
                format!("{} stands at {price}", printable(name))
            }
            CollateralEvent::Taken { loss, asset, amount: of, .. } => {
                format!("the book of {} takes over {}", name(loss), amount(asset, of))
            }
            CollateralEvent::Sold { loss, asset, amount: of, proceeds, .. } => {
                let proceeds = self.amount(*proceeds);
                format!("{} of {} is sold for {proceeds}", amount(asset, of), name(loss))
            }
            CollateralEvent::Returned { account, asset, amount: of, .. } => {
                format!("{} goes back to {}", amount(asset, of), self.account(state, *account))
            }
            CollateralEvent::SetAside { loss, .. } => {
                format!("what {} left finds no buyer in time and is set aside", name(loss))
            }
            CollateralEvent::Accepted { .. } => return None,
        })
    }

    fn of_close_out(&self, event: &CloseOutEvent, state: &State, names: &Names) -> Option<String> {
        match event {
            CloseOutEvent::DeleveragingBegun { loss, why } => {
                let why = match why {
                    Why::Budget { budget, .. } => {
                        format!("closing would pass its budget of {}", self.amount(*budget))
                    }
                    Why::Deadline { .. } => "its time is out".to_owned(),
                    Why::Drawdown { paid, held } => format!(
                        "the funds paid {} in this episode and hold {}",
                        self.amount(*paid),
                        self.amount(*held)
                    ),
                };
                let name = printable(names.loss_name(*loss));
                Some(format!("auto-deleveraging of {name} begins: {why}"))
            }
            CloseOutEvent::Deleveraged { market, taken, .. } => {
                let mut rows: Vec<(u64, Party)> =
                    taken.iter().map(|(party, lots)| (lots.size(), *party)).collect();
                rows.sort_by(|a, b| b.cmp(a));
                let shown = rows.iter().take(3).map(|(lots, party)| {
                    let who = self.party(*party, state, names);
                    format!("{who} {}", self.size(*market, *lots))
                });
                let mut parts: Vec<String> = shown.collect();
                if rows.len() > 3 {
                    parts.push(format!("{} others", count(rows.len() - 3)));
                }
                Some(format!("taken off the other side, at the mark: {}", parts.join(", ")))
            }
            CloseOutEvent::LiquidationBegun { account, equity, maintenance, .. } => {
                let equity = Amount::new(equity.atoms().max(0).unsigned_abs()).unwrap_or_default();
                Some(format!(
                    "{} is liquidated: equity {} below maintenance {}",
                    self.account(state, *account),
                    self.amount(equity),
                    self.amount(*maintenance)
                ))
            }
            CloseOutEvent::RouteTaken { account, route, .. } => {
                let name = self.account(state, *account);
                Some(format!("{name} goes to route {}", route + 1))
            }
            CloseOutEvent::LegsSold { from, to, legs, backstop, .. } => {
                let legs: Vec<String> = legs
                    .iter()
                    .map(|(market, _, lots, _)| self.size(*market, lots.size()))
                    .collect();
                let verb = if *backstop { "the backstop" } else { "the bidder" };
                let (from, to) = (self.party(*from, state, names), self.account(state, *to));
                Some(format!("{verb} {to} takes {} from {from}", legs.join(", ")))
            }
            CloseOutEvent::LiquidationEnded { account } => {
                Some(format!("the liquidation of {} is over", self.account(state, *account)))
            }
            CloseOutEvent::PenaltyCharged { .. } | CloseOutEvent::RoutesSet { .. } => None,
        }
    }

    fn of_loss(&self, event: &LossEvent, state: &State, names: &Names) -> Option<String> {
        let layer = |id: &LayerId| layer_name(state, *id);
        let name = |loss| printable(names.loss_name(loss));
        Some(match event {
            LossEvent::DefaultFound { account, cause, .. } => {
                format!("{} fails: {}", self.account(state, *account), printable(cause.as_str()))
            }
            LossEvent::LossReported { loss, amount, cause, .. } => format!(
                "{} is reported: {} lost, {}",
                name(*loss),
                self.amount(*amount),
                printable(cause.as_str())
            ),
            LossEvent::MarginTaken { loss, amount, .. } if !amount.is_zero() => {
                format!("{}: margin pays {}", name(*loss), self.amount(*amount))
            }
            LossEvent::OwnMeansTaken { loss, from, amount, .. } if !amount.is_zero() => {
                let who = match from {
                    OwnMeans::Account(account) | OwnMeans::Stake { account, .. } => {
                        self.account(state, *account)
                    }
                    OwnMeans::Book => "the book".to_owned(),
                };
                format!("{}: own means of {who} pay {}", name(*loss), self.amount(*amount))
            }
            LossEvent::DeficitRecognised { loss, deficit } if !deficit.is_zero() => {
                let unit = self.money.as_ref().map_or("", |(_, name)| name.as_str());
                let (name, deficit) = (name(*loss), self.amount(*deficit));
                format!("the deficit of {name} is {deficit} {}", printable(unit))
            }
            LossEvent::PotDrawn { loss, layer: id, amount, .. } => {
                format!("{} pays {} for {}", layer(id), self.amount(*amount), name(*loss))
            }
            LossEvent::LossDivided { loss, layer: id, amount, members, .. } => {
                let members = count(usize::try_from(*members).unwrap_or(0));
                let amount = self.amount(*amount);
                format!("{amount} for {} is divided over {members} of {}", name(*loss), layer(id))
            }
            LossEvent::CallsMade { loss, layer: id, calls, .. } => {
                let sum: u128 = calls.iter().map(|call| call.atoms()).sum();
                let sum = self.amount(Amount::new(sum).unwrap_or(Amount::MAX));
                format!("{} is called for {sum} for {}", layer(id), name(*loss))
            }
            LossEvent::UncoveredBooked { loss, amount, .. } => {
                format!("{} of {} stays uncovered", self.amount(*amount), name(*loss))
            }
            LossEvent::LossSettled { loss } => format!("{} is settled", name(*loss)),
            LossEvent::EpisodeClosed { .. } => "the episode is over".to_owned(),
            LossEvent::RecoveryReceived { loss, amount, .. } => {
                format!("{} of {} comes back", self.amount(*amount), name(*loss))
            }
            LossEvent::PoolRepaid { to, amount, rows, .. } => {
                let who = match to {
                    PoolHolder::Members => crate::run::notes::accounts(rows.len()),
                    PoolHolder::Layer(id) => layer(id),
                    PoolHolder::Uncovered(_) => "the uncovered debt".to_owned(),
                };
                format!("it repays {who} {}", self.amount(*amount))
            }
            LossEvent::IncomeReceived { layer: id, amount, .. } => {
                format!("{} earns {}", layer(id), self.amount(*amount))
            }
            LossEvent::DebtPaid { loss, amount, .. } => {
                format!("{} of it pays uncovered debt of {}", self.amount(*amount), name(*loss))
            }
            _ => return None,
        })
    }

    fn party(&self, party: Party, state: &State, names: &Names) -> String {
        match party {
            Party::Account(account) => self.account(state, account),
            Party::Book(loss) => format!("the book of {}", printable(names.loss_name(loss))),
        }
    }

    fn account(&self, state: &State, account: AccountId) -> String {
        printable(account_name(state, account))
    }

    /// A refusal.
    pub fn refused(&mut self, word: &str, words: &str) {
        self.lines.push(format!("{word} refused: {words}"));
    }

    /// Everything of one time is done: tells what happened, if anything did.
    pub fn step(&mut self, at: u64, state: &State, bar: &mut Bar) -> Result<(), Diagnostic> {
        let marked = std::mem::take(&mut self.marked);
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        if self.told == MOST_MOMENTS {
            self.untold += 1;
            return Ok(());
        }
        self.told += 1;
        bar.done();
        let clock = clock(at);
        let width = clock.len();
        let mut heads: Vec<String> =
            marked.iter().take(MOST_MARKS).map(|market| self.mark(*market, state)).collect();
        if marked.len() > MOST_MARKS {
            heads.push(format!("{} more", marked.len() - MOST_MARKS));
        }
        let head = if heads.is_empty() { String::new() } else { heads.join("   ") };
        to_stdout(|out| {
            writeln!(out, "{}", format!("{clock}  {head}").trim_end())?;
            for line in lines.iter().take(MOST_LINES) {
                writeln!(out, "{:width$}  {line}", "")?;
            }
            if lines.len() > MOST_LINES {
                let more = count(lines.len() - MOST_LINES);
                writeln!(out, "{:width$}  and {more} things more", "")?;
            }
            Ok(())
        })
    }

    /// A mark with how far it is from the first one.
    fn mark(&self, market: MarketId, state: &State) -> String {
        let Some((name, grid)) = self.grids.get(market.index()) else { return String::new() };
        let mark = state.markets.market(market).and_then(|found| found.mark).unwrap_or_default();
        let first = self.first[market.index()].unwrap_or(mark.ticks());
        let moved = mark.ticks().abs_diff(first);
        let sign = if mark.ticks() < first { "-" } else { "+" };
        let part = rhodian_report::money::percent(u128::from(moved), u128::from(first));
        let moved = if moved == 0 { String::new() } else { format!(" ({sign}{part})") };
        format!("{} {}{moved}", printable(name), grid.price_text(mark))
    }

    /// The run is over.
    pub fn end(&mut self) -> Result<(), Diagnostic> {
        let (told, untold) = (self.told, self.untold);
        to_stdout(|out| {
            if untold > 0 {
                writeln!(out, "and {} moments more", count(untold))?;
            }
            if told > 0 { writeln!(out) } else { Ok(()) }
        })
    }
}

fn layer_name(state: &State, id: LayerId) -> String {
    printable(state.domains.layer(id).map_or("", |found| found.spec.name.as_str()))
}
