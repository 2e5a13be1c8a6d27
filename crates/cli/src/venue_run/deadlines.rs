//! When something falls due of itself while a file runs: the driver moves the clock there.

use rhodian_core::control::Parameter;
use rhodian_core::ids::{LossId, Time};
use rhodian_core::loss::{Loss, Stage};
use rhodian_core::market::{Instrument, Leg, Market};
use rhodian_report::safe::printable;

use super::commands::ASSET;
use super::driver::Driver;

impl Driver<'_> {
    /// The next moment at which a challenge, a vote, a cover, a cooldown or a protection ends, a fund
    /// is sized, a premium is due, a draw's deadline passes, a report or a bounty waits no longer, or a book's time is out.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        let state = &self.state;
        let deadlines = state.losses.losses().flat_map(|(id, loss)| {
            let challenge = match loss.stage {
                Stage::Challengeable { until } => Some(until),
                _ => None,
            };
            let draws = loss.draws.iter().filter(|draw| loss.is_open() && !draw.closed);
            challenge.into_iter().chain(draws.filter_map(|d| d.deadline)).chain(self.book(id, loss))
        });
        let deadlines = deadlines.chain(self.routes_end()).chain(self.exits_end());
        let deadlines = deadlines.chain(state.covers.votes_end()).chain(self.covers_end());
        let deadlines = deadlines.chain(self.clearing_ends()).chain(self.protections_end());
        let deadlines = deadlines.chain(self.rounds_end()).chain(self.fees_end());
        let deadlines = deadlines.chain(self.watching_ends()).chain(self.premia_end());
        deadlines.filter(|deadline| *deadline > state.now()).min().map(|time| time.0)
    }

    /// When a cooldown or a period of a vault's fee ends while the file goes on. What ends later
    /// is told at the end of the run.
    fn exits_end(&self) -> impl Iterator<Item = Time> + '_ {
        let (domains, end) = (&self.state.domains, Time(self.file.end()));
        let layers = domains.layers().filter_map(|(id, _)| domains.exits(id));
        let stakes = layers.flat_map(|exits| exits.ends());
        let vaults = self.state.vaults.vaults();
        let shares = vaults.flat_map(|(_, vault)| vault.exits().map(|(_, exit)| exit.until));
        let periods = self.state.vaults.vaults().filter_map(|(_, vault)| vault.next_fees());
        stakes.chain(shares).chain(periods).filter(move |until| *until <= end)
    }

    /// When a cover ends, or nothing more can be claimed of it, while the file goes on.
    fn covers_end(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        self.state.covers.ends().filter(move |at| *at <= end)
    }

    /// When the term of a protected position is over, while the file goes on.
    fn protections_end(&self) -> impl Iterator<Item = Time> + '_ {
        let end = Time(self.file.end());
        let protections = self.state.protections.protections();
        protections.flat_map(|(_, of)| of.ends()).filter(move |at| *at <= end)
    }

    /// When the time of the route of an open liquidation is out, while another one follows.
    fn routes_end(&self) -> impl Iterator<Item = Time> + '_ {
        let routes = self.state.closeouts.routes(ASSET);
        self.state.closeouts.liquidations().filter_map(move |(_, of)| {
            let list = &routes?.list;
            (of.route + 1 < list.len()).then(|| of.since.after(list[of.route].time))
        })
    }

    /// When the time of an open book is out.
    fn book(&self, id: LossId, loss: &Loss) -> Option<Time> {
        let legs: &[Leg] = self.state.markets.book(id);
        let begun = self.state.closeouts.deleveraging(id).is_some();
        let time = self.state.control.millis(loss.domain, Parameter::CloseOutTime);
        let taken = self.state.collaterals.taken(id).filter(|taken| !taken.aside);
        let legs =
            (loss.is_open() && !legs.is_empty() && !begun).then(|| loss.detected.after(time));
        let aside = taken.map(|taken| taken.since.after(time));
        legs.into_iter().chain(aside).filter(|at| *at > self.state.now()).min()
    }

    /// The next moment at which a domain has been without a good price for too long, or a market
    /// with a feed expires. Sources are silent after the end of a file: that is no outage, so
    /// whoever asks stops there.
    pub(super) fn next_of_feeds(&self) -> Option<u64> {
        let state = &self.state;
        let waits = state.oracle.feeds().flat_map(|(_, feed)| {
            let since = feed.confirmed();
            feed.spec.domains.iter().flat_map(move |domain| {
                let after = |parameter| since.after(state.control.millis(*domain, parameter));
                [after(Parameter::ReduceOnlyAfter), after(Parameter::SettleAfter)]
            })
        });
        let expiries = state.markets.markets().filter_map(|(_, market)| {
            let open = market.settlement.is_none() && self.settles_by_feed(market);
            market.spec.instrument.expiry().filter(|_| open)
        });
        let due = waits.chain(expiries).filter(|at| *at > state.now());
        due.min().map(|time| time.0)
    }

    /// Whether the price that a market settles at comes from a feed: its own, or its underlying's.
    fn settles_by_feed(&self, market: &Market) -> bool {
        let of = match market.spec.instrument {
            Instrument::Option { underlying, .. } => self.state.markets.market(underlying),
            Instrument::Perpetual | Instrument::Future { .. } => Some(market),
        };
        of.is_some_and(|of| of.feeds.price.is_some())
    }

    /// What stakers asked for and has not left when the file ends.
    pub(super) fn tell_exits(&mut self) {
        let state = &self.state;
        let waiting = state.domains.layers().filter_map(|(id, of)| {
            let asked = state.domains.exits(id)?.total();
            Some((printable(of.spec.name.as_str()), self.file.format().write_grouped(asked)))
        });
        let remarks: Vec<String> = waiting
            .map(|(layer, asked)| {
                format!("{asked} of \"{layer}\" is asked for and has not left when the file ends")
            })
            .collect();
        remarks.into_iter().for_each(|remark| self.figures.remark(remark));
    }
}
