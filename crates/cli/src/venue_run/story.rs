//! What happens, in words, while it happens: a few lines for each moment in which something does.

use std::collections::BTreeMap;

use rhodian_core::closeout;
use rhodian_core::collateral::Event as CollateralEvent;
use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{AccountId, DomainId, FeedId, LayerId, LossId, MarketId, RiskId};
use rhodian_core::loss::Event as LossEvent;
use rhodian_core::market::{Event as MarketEvent, Party};
use rhodian_core::units::{Amount, Price};
use rhodian_report::money::count;
use rhodian_report::names::{MoneyOf, Names as _, StateNames};
use rhodian_report::run::clock;
use rhodian_report::safe::printable;
use rhodian_report::words;

use super::names::Names;
use super::progress::Bar;
use super::waits;
use crate::diagnostic::Diagnostic;
use crate::output::to_stdout;
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
    grids: Vec<(String, crate::venue_file::numbers::Grid)>,
    collaterals: Vec<(String, u128)>,
    waiting: BTreeMap<AccountId, String>,
}

impl Story {
    /// A story of the file.
    #[must_use]
    pub fn of(file: &VenueFile) -> Self {
        let grid = |market: &crate::venue_file::model::Market| {
            (market.name.as_str().to_owned(), market.grid)
        };
        Self {
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

    /// Takes the next event.
    pub fn follow(&mut self, event: &Event, state: &State, names: &Names) {
        if let Event::Market(MarketEvent::Marked { marks }) = event {
            for (market, price) in marks {
                self.first[market.index()].get_or_insert(price.ticks());
                if !self.marked.contains(market) {
                    self.marked.push(*market);
                }
            }
        }
        let told = Told { story: self, state, names };
        let line = told.of_file(event).or_else(|| words::of_event(&told, event));
        self.lines.extend(line.filter(|_| is_told(event)).map(|line| printable(&line)));
    }

    /// A refusal.
    pub fn refused(&mut self, word: &str, words: &str) {
        self.lines.push(format!("{word} refused: {words}"));
    }

    /// Everything of one time is done: tells what happened, if anything did.
    pub fn step(&mut self, at: u64, state: &State, bar: &mut Bar) -> Result<(), Diagnostic> {
        let marked = std::mem::take(&mut self.marked);
        self.tell_waits(state);
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

    /// What liquidations on the engine's own routes wait for, where that is news.
    fn tell_waits(&mut self, state: &State) {
        let waits = state.closeouts.liquidations().filter_map(|(account, _)| {
            Some((account, waits::told(state, account, closeout::waits(state, account)?)))
        });
        let waits: BTreeMap<AccountId, String> = waits.take(MOST_LINES).collect();
        for (account, line) in &waits {
            if self.waiting.get(account) != Some(line) {
                self.lines.push(printable(line));
            }
        }
        self.waiting = waits;
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

/// Whether someone who watches a run wants it told: the sentences of a report that only repeat what
/// the next one says are left out.
const fn is_told(event: &Event) -> bool {
    !matches!(
        event,
        Event::Control(_)
            | Event::Loss(
                LossEvent::EpisodeOpened { .. }
                    | LossEvent::LiableSetFixed { .. }
                    | LossEvent::LossDetected { .. }
                    | LossEvent::TakenOver { .. }
                    | LossEvent::LossMeasured { .. }
            )
    )
}

/// The names of a venue file: prices and sizes as it writes them, losses by their accounts.
struct Told<'a> {
    story: &'a Story,
    state: &'a State,
    names: &'a Names,
}

impl Told<'_> {
    /// What only a run tells: what an account in liquidation trades, where collateral stands.
    fn of_file(&self, event: &Event) -> Option<String> {
        match event {
            Event::Market(MarketEvent::Filled { market, buyer, seller, lots, price, .. }) => {
                let (who, verb) = [(buyer, "buys"), (seller, "sells")].into_iter().find_map(
                    |(party, verb)| match party {
                        Party::Account(id) => {
                            self.state.closeouts.liquidation(*id).map(|_| (*id, verb))
                        }
                        Party::Book(_) => None,
                    },
                )?;
                let to_a_book = [buyer, seller].iter().any(|of| matches!(of, Party::Book(_)));
                let (size, at) = (self.size(*market, lots.size()), self.price(*market, *price));
                (!to_a_book).then(|| format!("{} {verb} {size} at {at}", self.account(who)))
            }
            Event::Collateral(CollateralEvent::Marked { asset, price, .. }) => {
                let (name, tick) = self.story.collaterals.get(asset.index().checked_sub(1)?)?;
                let price = crate::venue_file::numbers::written_price(*price, *tick);
                Some(format!("{name} stands at {price}"))
            }
            _ => None,
        }
    }

    const fn known(&self) -> StateNames<'_> {
        StateNames(self.state)
    }
}

impl rhodian_report::names::Names for Told<'_> {
    fn account(&self, id: AccountId) -> String {
        self.known().account(id)
    }

    fn loss(&self, id: LossId) -> String {
        self.names.loss_name(id).to_owned()
    }

    fn layer(&self, id: LayerId) -> String {
        self.known().layer(id)
    }

    fn domain(&self, id: DomainId) -> String {
        self.known().domain(id)
    }

    fn feed(&self, id: FeedId) -> String {
        self.known().feed(id)
    }

    fn risk(&self, id: RiskId) -> String {
        self.known().risk(id)
    }

    fn market(&self, id: MarketId) -> String {
        self.known().market(id)
    }

    fn size(&self, market: MarketId, lots: u64) -> String {
        match self.story.grids.get(market.index()) {
            Some((name, grid)) => format!("{} {name}", grid.size_text(lots)),
            None => self.known().size(market, lots),
        }
    }

    fn price(&self, market: MarketId, price: Price) -> String {
        match self.story.grids.get(market.index()) {
            Some((_, grid)) => grid.price_text(price),
            None => self.known().price(market, price),
        }
    }

    fn money(&self, of: MoneyOf, amount: Amount) -> String {
        self.known().money(of, amount)
    }

    fn unit(&self, of: MoneyOf) -> String {
        self.known().unit(of)
    }
}
