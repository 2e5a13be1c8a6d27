//! The law of premia, in both forms.

use alloc::collections::BTreeMap;
use alloc::format;

use super::{Broken, PREMIUM};
use crate::control::Status;
use crate::engine::{self, State};
use crate::ids::{AccountId, AssetId, DomainId, MarketId, Time};
use crate::incentive::{Event, Figure, PremiumRow, PremiumTerms, WHOLE};
use crate::market::Party;
use crate::pools::YEAR;
use crate::units::Amount;
use crate::wide::U256;

fn broken(market: MarketId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: PREMIUM, detail: format!("market {market}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    let mut charged: BTreeMap<DomainId, u128> = BTreeMap::new();
    for (market, of) in state.incentives.premia() {
        let Some(found) = state.markets.market(market) else { return broken(market, "unknown") };
        if of.charged.checked_add(of.forgone).and_then(|sum| sum.checked_add(of.due))
            != Some(of.counted)
        {
            let detail = format!(
                "{} counted, {} charged, {} forgone, {} due",
                of.counted, of.charged, of.forgone, of.due
            );
            return broken(market, &detail);
        }
        if of.rest >= YEAR || of.since > state.now() || of.charged_at > of.since {
            return broken(market, "counted ahead of time");
        }
        if of.terms.is_some_and(|terms| found.spec.breach(terms.most).is_some()) {
            return broken(market, "a charge may eat more than maintenance");
        }
        *charged.entry(found.spec.domain).or_default() += of.charged;
    }
    for (domain, sum) in charged {
        let fees = state.markets.outside.get(domain.index()).map_or(0, |of| of.fees);
        if fees < sum.cast_signed() {
            let detail = format!("domain {domain}: {sum} charged, fees of {fees}");
            return Err(Broken { law: PREMIUM, detail });
        }
    }
    Ok(())
}

/// What is counted of a market's premium and not charged.
#[derive(Clone, Copy, Debug)]
struct Count {
    since: Time,
    rest: u64,
    due: u128,
}

/// A charge that not all have paid.
#[derive(Clone, Copy, Debug)]
struct Open {
    market: MarketId,
    per_lot: u128,
    /// The lots of those who are still to pay.
    lots: u128,
    /// What is still to be paid.
    charged: u128,
    last: Option<AccountId>,
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    terms: BTreeMap<MarketId, PremiumTerms>,
    expected: BTreeMap<DomainId, Amount>,
    shares: BTreeMap<MarketId, u32>,
    counts: BTreeMap<MarketId, Count>,
    open: Option<Open>,
}

impl Running {
    /// Before any event but a payment, what was charged is paid.
    pub(super) fn any(&self, event: &engine::Event) -> Result<(), Broken> {
        match (self.open, event) {
            (None, _) | (_, engine::Event::Incentive(Event::PremiumPaid { .. })) => Ok(()),
            (Some(of), _) => broken(of.market, &format!("{} charged and not paid", of.charged)),
        }
    }

    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        match *event {
            Event::Measured { ref measured } => self.measured(measured.figure, state),
            Event::PremiumSet { market, terms } => self.set(market, terms, state),
            Event::PremiumCounted { .. } => self.counted(event, state),
            Event::PremiumCharged { .. } => self.charged(event, state),
            Event::PremiumPaid { market, asset, ref rows, .. } => {
                rows.iter().try_for_each(|row| self.paid((market, asset), row, state))
            }
            Event::PaySet { .. }
            | Event::PayFunded { .. }
            | Event::Accrued { .. }
            | Event::FeesSet { .. }
            | Event::FeesDivided { .. }
            | Event::TakenOut { .. }
            | Event::PayReturned { .. } => Ok(()),
        }
    }

    /// What stands on a figure is counted before it moves.
    fn measured(&mut self, figure: Figure, state: &State) -> Result<(), Broken> {
        let moved = |market: MarketId| match figure {
            Figure::LayerLoss { .. } => false,
            Figure::DomainLoss { domain, .. } => domain_of(state, market) == Some(domain),
            Figure::MarketShare { market: of, .. } => of == market,
        };
        let late = |market: &&MarketId| moved(**market) && !self.is_counted(**market, state);
        if let Some(market) = self.terms.keys().find(late) {
            return broken(*market, "a figure moved before what was due was counted");
        }
        match figure {
            Figure::LayerLoss { .. } => {}
            Figure::DomainLoss { domain, amount } => {
                self.expected.insert(domain, amount);
            }
            Figure::MarketShare { market, share } => {
                self.shares.insert(market, share);
            }
        }
        Ok(())
    }

    fn is_counted(&self, market: MarketId, state: &State) -> bool {
        self.counts.get(&market).is_some_and(|of| of.since == state.now())
    }

    fn set(
        &mut self,
        market: MarketId,
        terms: Option<PremiumTerms>,
        state: &State,
    ) -> Result<(), Broken> {
        let before = match terms {
            Some(terms) => self.terms.insert(market, terms),
            None => self.terms.remove(&market),
        };
        if before.is_some() && !self.is_counted(market, state) {
            return broken(market, "terms moved before what was due was counted");
        }
        if before.is_none() || terms.is_none() {
            self.counts.insert(market, Count { since: state.now(), rest: 0, due: 0 });
        }
        Ok(())
    }

    /// What was counted is the share, with the load, for the time: to the part of an atom.
    fn counted(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let Event::PremiumCounted { market, since, per_year, amount, rest } = *event else {
            return Ok(());
        };
        let (Some(terms), Some(of)) = (self.terms.get(&market), self.counts.get_mut(&market))
        else {
            return broken(market, "counted without terms");
        };
        let domain = domain_of(state, market).unwrap_or_default();
        let expected = self.expected.get(&domain).map_or(0, |of| of.atoms());
        let share = u128::from(self.shares.get(&market).copied().unwrap_or(0));
        let unit = u128::from(WHOLE);
        let exact = U256::product(expected, share * (unit + u128::from(terms.load)));
        let below = per_year > 0 && U256::product(per_year - 1, unit * unit) >= exact;
        if below || U256::product(per_year, unit * unit) < exact {
            return broken(market, &format!("{per_year} a year of {expected}, share {share}"));
        }
        let sum =
            |product: U256, rest: u64| product.checked_add(U256 { hi: 0, lo: u128::from(rest) });
        let millis = u128::from(state.now().0 - since.0);
        let due = sum(U256::product(per_year, millis), of.rest);
        if of.since != since || rest >= YEAR {
            return broken(market, &format!("counted since {since}, not since {}", of.since));
        }
        if sum(U256::product(amount, u128::from(YEAR)), rest) != due {
            return broken(market, &format!("{amount} and {rest} parts counted since {since}"));
        }
        *of = Count { since: state.now(), rest, due: of.due + amount };
        Ok(())
    }

    /// Every lot of an account pays the same, at most the cap; what is not charged has a name.
    fn charged(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let Event::PremiumCharged { market, lots, per_lot, due, charged, forgone, left } = *event
        else {
            return Ok(());
        };
        let counted = self.is_counted(market, state);
        let (Some(terms), Some(of)) = (self.terms.get(&market), self.counts.get_mut(&market))
        else {
            return broken(market, "charged without terms");
        };
        if !counted || of.due != due {
            return broken(market, &format!("{due} charged, {} due", of.due));
        }
        let Some(found) = state.markets.market(market) else { return broken(market, "unknown") };
        let domain = found.spec.domain;
        if state.control.domain_status(domain) >= Status::WithdrawOnly
            || state.has_open_episode(domain)
            || state.has_reported_loss(domain)
        {
            return broken(market, "charged where nobody may close lots, or while a loss is known");
        }
        let books = state
            .markets
            .books()
            .map(|loss| u128::from(state.markets.lots_of(Party::Book(loss), market).size()));
        let (lots, per_lot) = (u128::from(lots), u128::from(per_lot));
        if lots + books.sum::<u128>() != 2 * u128::from(found.open) {
            return broken(market, &format!("{lots} lots of {} a side", found.open));
        }
        let value = found.mark.map_or(0, |mark| found.value_at(mark).unsigned_abs());
        let most = value * u128::from(terms.most);
        let (unit, whole) = (u128::from(WHOLE), per_lot * lots);
        if per_lot * unit > most || whole > due {
            return broken(market, &format!("{per_lot} a lot, of {due} due"));
        }
        // Less than all is charged only at the cap, or where nobody holds a lot.
        let rest = due - whole;
        let capped = rest >= lots && ((per_lot + 1) * unit > most || lots == 0);
        let kept = if capped { 0 } else { rest };
        let sums = charged.atoms() <= whole
            && left == kept
            && charged.atoms().checked_add(forgone) == Some(due - left);
        if (!capped && rest >= lots) || !sums {
            let detail = format!("of {due} {charged} charged, {forgone} forgone, {left} left");
            return broken(market, &detail);
        }
        of.due = left;
        let open = Open { market, per_lot, lots, charged: charged.atoms(), last: None };
        self.open = Some(open).filter(|_| per_lot > 0 && lots > 0);
        Ok(())
    }

    /// Each pays for his lots, once, or all that he has beyond his lien.
    fn paid(
        &mut self,
        (market, asset): (MarketId, AssetId),
        row: &PremiumRow,
        state: &State,
    ) -> Result<(), Broken> {
        let Some(of) = self.open.as_mut().filter(|of| of.market == market) else {
            return broken(market, "paid and not charged");
        };
        let PremiumRow { account, amount } = *row;
        if of.last.is_some_and(|last| last >= account) {
            return broken(market, &format!("account {account} pays twice"));
        }
        let lots = u128::from(state.markets.position(account).lots(market).size());
        let (asked, paid) = (of.per_lot * lots, amount.atoms());
        let lien = state.loss_lien(account, asset).atoms().cast_signed();
        // What is held for losses stands in the asset itself, and not in collateral.
        let held = lien > 0;
        let stands =
            if held { state.settled_equity(account, asset) } else { state.equity(account, asset) };
        let left = stands - lien;
        let short = paid < asked && (left == 0 || left < 0 && paid == 0);
        // No payment makes a deficit, nor takes of what is held for losses.
        let whole = paid == asked && (paid == 0 || left >= 0);
        if lots == 0 || !(whole || short) || lots > of.lots || paid > of.charged {
            let detail = format!("account {account} pays {amount} for {lots} lots, {left} is left");
            return broken(market, &detail);
        }
        (of.last, of.lots, of.charged) = (Some(account), of.lots - lots, of.charged - paid);
        if of.lots > 0 {
            return Ok(());
        }
        if of.charged > 0 {
            return broken(market, &format!("{} charged and not paid", of.charged));
        }
        self.open = None;
        Ok(())
    }
}

fn domain_of(state: &State, market: MarketId) -> Option<DomainId> {
    state.markets.market(market).map(|found| found.spec.domain)
}
