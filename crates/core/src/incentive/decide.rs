//! Every check of the area's commands. Nothing changes here.

use alloc::boxed::Box;

use super::{
    Command, Duty, Event, FeeTable, Figure, MAX_EXPECTED, Measured, PayTerms, Rejection, Subject,
    WHOLE, fees, house, premium,
};
use crate::domain::{self, Kind, Source};
use crate::engine::{Events, State};
use crate::ids::{AssetId, DomainId, LayerId, MarketId, Time};
use crate::ledger::Holder;
use crate::pools::YEAR;
use crate::units::Amount;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Measure { ref measured } => measure(state, measured, events),
        Command::SetPay { layer, pay } => set_pay(state, layer, pay, events),
        Command::FundPay { layer, number, amount } => {
            fund_pay(state, (layer, number), amount, events)
        }
        Command::SetFees { domain, ref table } => set_fees(state, domain, table.as_deref(), events),
        Command::TakeOut { layer, number, amount } => {
            house::take_out(state, (layer, number), amount, events)
        }
        Command::SetPremium { market, terms } => premium::set(state, market, terms, events),
        Command::ReturnPay { layer, number } => return_pay(state, (layer, number), events),
    }
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if next_duty(state).as_ref() != Some(duty) {
        return Err(Rejection::NotDue);
    }
    match *duty {
        Duty::DivideFees { domain } => fees::divide(state, domain, events),
        Duty::ChargePremium { market } => premium::charge(state, market, events),
    }
}

/// What is due of incentives: premia first, so that fees are divided with them.
pub(crate) fn next_duty(state: &State) -> Option<Duty> {
    premium::duty(state).or_else(|| fees::duty(state))
}

fn measure(state: &State, measured: &Measured, events: &mut Events) -> Result<(), Rejection> {
    let subject = measured.figure.subject();
    within(state, &measured.figure)?;
    let (at, until, now) = (measured.at, measured.until, state.now());
    let last = state.incentives.measured(subject).map_or(Time(0), |last| last.at);
    if at > now || at < last {
        return Err(Rejection::FigureNotNew { subject, at, last, now });
    }
    if until <= now || until > at.after(YEAR) {
        return Err(Rejection::FigureServes { subject, at, until, now });
    }
    if let Subject::Layer(layer) = subject {
        state.book_pay(layer, events);
    }
    state.count_premia_of(subject, events);
    events.push(Event::Measured { measured: measured.clone() });
    Ok(())
}

/// Whether what it is about is known, and it is within its bound.
fn within(state: &State, figure: &Figure) -> Result<(), Rejection> {
    let whole = u128::from(WHOLE);
    let (subject, (value, max)) = match *figure {
        Figure::LayerLoss { layer, rate } => {
            state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
            (Subject::Layer(layer), (u128::from(rate), whole))
        }
        Figure::DomainLoss { domain, amount } => {
            state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
            (Subject::Domain(domain), (amount.atoms(), MAX_EXPECTED))
        }
        Figure::MarketShare { market, share } => {
            let sum = shares_beside(state, market)? + u128::from(share);
            (Subject::Market(market), (sum, whole))
        }
    };
    if value > max { Err(Rejection::FigureAboveBound { subject, value, max }) } else { Ok(()) }
}

/// The marginal shares of the other markets of the domain, in millionths.
fn shares_beside(state: &State, market: MarketId) -> Result<u128, Rejection> {
    let found = state.markets.market(market).ok_or(Rejection::UnknownMarket { market })?;
    let domain = found.spec.domain;
    let beside = |id: &MarketId| {
        let of = state.markets.market(*id).map(|of| of.spec.domain);
        *id != market && of == Some(domain)
    };
    let all = state.incentives.figures().filter_map(|measured| match measured.figure {
        Figure::MarketShare { market, share } => Some((market, share)),
        _ => None,
    });
    Ok(all.filter(|(id, _)| beside(id)).map(|(_, share)| u128::from(share)).sum())
}

fn set_pay(
    state: &State,
    layer: LayerId,
    pay: Option<PayTerms>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    if !found.spec.kind.is_staked() {
        return Err(Rejection::NotStaked { layer });
    }
    pay.map_or(Ok(()), |terms| terms.check())?;
    let filled = |of: &FeeTable| of.tranches.iter().any(|of| of.layer == layer);
    let mut tables = state.incentives.tables();
    if pay.is_none()
        && let Some((domain, _)) = tables.find(|(_, fees)| filled(&fees.table))
    {
        return Err(Rejection::PayFilled { layer, domain });
    }
    state.book_pay(layer, events);
    events.push(Event::PaySet { layer, pay });
    Ok(())
}

fn fund_pay(
    state: &State,
    (layer, number): (LayerId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    let pay = state.incentives.pay(layer).filter(|pay| pay.terms.is_some());
    let pay = pay.ok_or(Rejection::PayUnset { layer })?;
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    let asset = found.spec.asset;
    if amount > pay.room(state.ledger.held(asset, Holder::Pay(layer))) {
        return Err(Rejection::PotAboveBound { layer });
    }
    state.book_pay(layer, events);
    events.push(Event::PayFunded { layer, number, asset, amount });
    Ok(())
}

/// All that is left, or as much as the fees of the domain take.
fn return_pay(
    state: &State,
    (layer, number): (LayerId, u64),
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
    let domain = state.pay_returns_to(layer).ok_or(Rejection::BehindNone { layer })?;
    let pay = state.incentives.pay(layer).ok_or(Rejection::PayUnset { layer })?;
    if pay.terms.is_some() {
        return Err(Rejection::PayRuns { layer });
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    let asset = found.spec.asset;
    let held = |holder| state.ledger.held(asset, holder);
    let room = Amount::MAX.less_or_zero(held(Holder::Fees(domain)));
    let amount = held(Holder::Pay(layer)).min(room);
    if amount.is_zero() {
        return Err(Rejection::ZeroAmount);
    }
    events.push(Event::PayReturned { layer, number, domain, asset, amount });
    Ok(())
}

fn set_fees(
    state: &State,
    domain: DomainId,
    table: Option<&FeeTable>,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if let Some(table) = table {
        table.check()?;
        layers_fit(state, (domain, found.asset), table)?;
    }
    // The rules of a loss that is known stay as they are, and so does what pays for it.
    let last = state.incentives.fees(domain).map(|fees| &fees.table);
    let mut layers = last.into_iter().chain(table).flat_map(FeeTable::layers);
    if let Some(layer) = layers.find(|layer| domain::knows_no_loss(state, *layer).is_err()) {
        return Err(Rejection::LossKnown { layer });
    }
    events.push(Event::FeesSet { domain, table: table.cloned().map(Box::new) });
    Ok(())
}

/// Whether each layer of a table is what its place is for.
fn layers_fit(
    state: &State,
    (domain, asset): (DomainId, AssetId),
    table: &FeeTable,
) -> Result<(), Rejection> {
    let fits = |layer: LayerId, admits: &dyn Fn(Kind) -> bool, behind: bool| {
        let found = state.domains.layer(layer).ok_or(Rejection::UnknownLayer { layer })?;
        let spec = &found.spec;
        if !admits(spec.kind) || spec.source != Source::Pot || spec.asset != asset {
            return Err(Rejection::WrongPlace { layer });
        }
        if behind && !state.domains.behind(layer).any(|(id, _)| id == domain) {
            return Err(Rejection::NotBehind { layer, domain });
        }
        Ok(())
    };
    if let Some(first) = table.first_loss {
        fits(first.layer, &|kind| kind == Kind::OperatorCapital, true)?;
        let subject = Subject::Domain(domain);
        if first.factor > 0 && !state.incentives.serves(subject, state.now()) {
            return Err(Rejection::FigureOld { subject });
        }
    }
    for fund in &table.funds {
        fits(fund.layer, &|kind| kind == Kind::InsuranceFund, true)?;
    }
    for tranche in &table.tranches {
        fits(tranche.layer, &Kind::is_staked, true)?;
        let layer = tranche.layer;
        let pay = state.incentives.pay(layer).and_then(|pay| pay.terms);
        pay.ok_or(Rejection::PayUnset { layer })?;
    }
    let of_house = |kind| matches!(kind, Kind::OperatorCapital | Kind::Treasury);
    table.house.map_or(Ok(()), |house| fits(house.layer, &of_house, false))
}

impl State {
    /// The domain whose status counts for a command about incentives: of all that a layer stands
    /// behind, the one that stands worst.
    pub(crate) fn domain_of_incentive(&self, command: &Command) -> Option<DomainId> {
        match *command {
            Command::SetFees { domain, .. } => Some(domain),
            Command::TakeOut { layer, .. } => {
                let behind = self.domains.behind(layer).map(|(id, _)| id);
                behind.max_by_key(|id| self.control.domain_status(*id))
            }
            Command::SetPremium { market, .. } => {
                self.markets.market(market).map(|found| found.spec.domain)
            }
            Command::ReturnPay { layer, .. } => self.pay_returns_to(layer),
            Command::Measure { .. } | Command::SetPay { .. } | Command::FundPay { .. } => None,
        }
    }

    /// The domain to whose fees goes what is left of the pay of `layer`: the first of those that it
    /// stands behind in their asset, so that nobody chooses.
    fn pay_returns_to(&self, layer: LayerId) -> Option<DomainId> {
        let asset = self.domains.asset_of_layer(layer)?;
        let mut behind = self.domains.behind(layer).map(|(id, _)| id);
        behind.find(|id| self.domains.asset_of(*id) == Some(asset))
    }
}
