//! Every check of the area's commands. Nothing changes here.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::position::Trade;
use super::{
    Checkpoint, Command, Duty, Event, Instrument, Market, MarketSpec, Party, Rejection, StepLimits,
};
use super::{feed, limits, settle, volatility};
use crate::bounds::MAX_LOT_VALUE;
use crate::closeout;
use crate::control::Status;
use crate::domain::CauseClass;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, LossId, MarketId};
use crate::loss::{self, Losses};
use crate::margin;
use crate::oracle::Purpose;
use crate::units::{Amount, Price, Quantity, SignedAmount};

pub(crate) fn decide(
    state: &State,
    _envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::List { spec } => list(state, spec, events),
        Command::Mark { marks } => mark(state, marks, events),
        Command::Fill { market, number, buyer, seller, lots, price, buyer_fee, seller_fee } => {
            let fill = Fill {
                market: *market,
                number: *number,
                buyer: *buyer,
                seller: *seller,
                lots: *lots,
                price: *price,
                buyer_fee: *buyer_fee,
                seller_fee: *seller_fee,
            };
            fill.decide(state, events)
        }
        Command::Fund { market, atoms_per_lot } => fund(state, *market, *atoms_per_lot, events),
        Command::EndPeriod => end_period(state, events),
        Command::Settle { market, price } => settle::settle(state, *market, *price, events),
        Command::AttachFeeds { market, feeds } => feed::attach(state, *market, *feeds, events),
        Command::MarkFromFeeds { markets } => feed::mark(state, markets, events),
    }
}

pub(crate) fn duty(state: &State) -> Option<Duty> {
    settle::duty(state).or_else(|| settle::from_feed(state))
}

/// Marks that strayed are taken from their feeds before anyone is looked at.
pub(crate) fn strayed(state: &State) -> Option<Duty> {
    feed::has_strayed(state).then_some(Duty::MarkStrayed)
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *duty {
        Duty::PayOut { market } => settle::pay_out(state, market, events),
        Duty::MarkStrayed => feed::mark_strayed(state, events),
        Duty::SettleFromFeed { market } => {
            let price = feed::last_price(state, market).ok_or(Rejection::NotDue)?;
            settle::settle(state, market, price, events)
        }
    }
}

fn list(state: &State, spec: &MarketSpec, events: &mut Events) -> Result<(), Rejection> {
    let domain = spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if !found.waterfalls.contains_key(&CauseClass::Default) {
        return Err(Rejection::NoWaterfall { domain });
    }
    if state.has_pool(domain) {
        return Err(Rejection::DomainOfPool { domain });
    }
    if state.markets.markets().any(|(_, market)| market.spec.name == spec.name) {
        return Err(Rejection::NameInUse { name: spec.name.clone() });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    if let Some(underlying) = spec.instrument.underlying() {
        let of = known(state, underlying)?;
        // An option on an option has no value to hold margin for, nor a future that converges to
        // what has a date of its own.
        let fits = match of.spec.instrument {
            Instrument::Perpetual => true,
            Instrument::Future { .. } => matches!(spec.instrument, Instrument::Option { .. }),
            Instrument::Option { .. } => false,
        };
        if !fits || of.spec.domain != spec.domain {
            return Err(Rejection::NoUnderlying { market: underlying });
        }
    }
    if let (Some(steps), Some(routes)) = (spec.steps, state.closeouts.routes(found.asset))
        && routes.penalty > steps.penalty
    {
        let (penalty, max) = (routes.penalty, steps.penalty);
        return Err(Rejection::PenaltyAboveLimit { penalty, max });
    }
    let market =
        MarketId::at(state.markets.markets.len()).ok_or(Rejection::TooMany { what: "markets" })?;
    let gaps_admitted = spec.admits_gaps();
    events.push(Event::Listed { market, spec: Box::new(spec.clone()), gaps_admitted });
    Ok(())
}

fn known(state: &State, market: MarketId) -> Result<&Market, Rejection> {
    state.markets.market(market).ok_or(Rejection::UnknownMarket { market })
}

pub(super) fn unsettled(state: &State, market: MarketId) -> Result<&Market, Rejection> {
    let found = known(state, market)?;
    match found.settlement {
        Some(_) => Err(Rejection::AlreadySettled { market }),
        None => Ok(found),
    }
}

fn mark(state: &State, marks: &[(MarketId, Price)], events: &mut Events) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for (market, price) in marks {
        let found = unsettled(state, *market)?;
        in_range(*market, *price, found.spec.max_price)?;
        if found.feeds.price.is_some() {
            return Err(Rejection::HasFeed { market: *market });
        }
        if !seen.insert(*market) {
            return Err(Rejection::MarketTwice { market: *market });
        }
        found.within_step(*market, *price)?;
    }
    touch_exposed(state, &|market| seen.contains(&market), events);
    events.push(Event::Marked { marks: marks.to_vec() });
    Ok(())
}

/// Before what a lot is worth moves, the shares that wait for a touch are taken of those who hold
/// lots: they were divided over what each could pay at the prices of then.
pub(super) fn touch_exposed(state: &State, moves: &dyn Fn(MarketId) -> bool, events: &mut Events) {
    let legs = |account| &state.markets.position(account).legs;
    let exposed = |account| legs(account).iter().any(|leg| moves(leg.market));
    loss::touch_where(state, &exposed, events);
}

pub(super) fn in_range(market: MarketId, price: Price, max: Price) -> Result<(), Rejection> {
    if price == Price::ZERO || price > max {
        return Err(Rejection::PriceOutOfRange { market, price, max });
    }
    Ok(())
}

fn fund(
    state: &State,
    market: MarketId,
    atoms_per_lot: i64,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = unsettled(state, market)?;
    if let Some(steps) = found.spec.steps {
        let lot = found.mark.map_or(0, |mark| found.value_at(mark));
        let lot = u64::try_from(lot).unwrap_or(0);
        let max = steps.funding;
        if !StepLimits::admits(max, atoms_per_lot.unsigned_abs(), lot) {
            return Err(Rejection::FundingStepAboveLimit { market, atoms_per_lot, lot, max });
        }
    }
    let funding = found.funding.checked_add(atoms_per_lot);
    match funding {
        Some(funding) if funding.unsigned_abs() <= MAX_LOT_VALUE => {
            touch_exposed(state, &|of| of == market, events);
            events.push(Event::Funded { market, atoms_per_lot });
            Ok(())
        }
        _ => Err(Rejection::FundingAboveBound {
            funding: funding.unwrap_or(atoms_per_lot),
            max: MAX_LOT_VALUE,
        }),
    }
}

/// A boundary keeps what a lot of each market is worth. It is a checkpoint of every domain that
/// has no episode open, and waits for no loss that is approved: else gains that are to pay for it
/// would mature and leave while it may be challenged.
fn end_period(state: &State, events: &mut Events) -> Result<(), Rejection> {
    let markets = &state.markets;
    let next = markets.latest().index() + 1;
    let checkpoint = CheckpointId::at(next).ok_or(Rejection::TooMany { what: "periods" })?;
    let lot_value = |market: &Market| i64::try_from(market.lot_value()?).ok();
    let open = state.losses.episodes().filter(|(_, episode)| !episode.closed);
    // Who is below zero and not yet found blocks his domains as an episode does.
    let blocked = open.map(|(_, episode)| episode.domain).chain(state.unseen_failures());
    let approved = Losses::approved(state).map(|loss| loss.domain);
    let blocked: BTreeSet<DomainId> = blocked.chain(approved).collect();
    let of = Checkpoint {
        at: state.now(),
        lot_values: markets.markets.iter().map(lot_value).collect(),
        blocked: blocked.into_iter().collect(),
    };
    let now = state.domains.domains().map(|(domain, _)| state.reference(domain, state.now()));
    let open = state.losses.episodes().filter(|(_, episode)| !episode.closed);
    let frozen = open.map(|(_, episode)| state.reference(episode.domain, episode.opened));
    let oldest = now.chain(frozen).min().unwrap_or(checkpoint);
    // What is divided and not taken is no equity to begin a period with.
    loss::touch_where(state, &|_| true, events);
    events.push(Event::PeriodEnded { checkpoint, of, oldest });
    Ok(())
}

/// A fill, as it was reported.
struct Fill {
    market: MarketId,
    number: u64,
    buyer: Party,
    seller: Party,
    lots: Quantity,
    price: Price,
    buyer_fee: Amount,
    seller_fee: Amount,
}

impl Fill {
    fn decide(&self, state: &State, events: &mut Events) -> Result<(), Rejection> {
        let found = self.stands(state)?;
        let domain = found.spec.domain;
        let asset = state
            .domains
            .domain(domain)
            .map(|found| found.asset)
            .ok_or(Rejection::UnknownDomain { domain })?;
        state.read_ahead([self.buyer, self.seller], asset);
        let (market, lots) = (self.market, self.lots.lots());
        let cost = i128::from(lots) * (found.value_at(self.price) - i128::from(found.funding));
        let fee = |fee: Amount| fee.atoms().cast_signed();
        let bought = Trade { market, domain, lots, cost, fee: fee(self.buyer_fee) };
        let sold = Trade { lots: -lots, cost: -cost, fee: fee(self.seller_fee), ..bought };
        let opened = side(state, (self, found), asset, self.buyer, &bought)?
            + side(state, (self, found), asset, self.seller, &sold)?;
        within_open(found, opened)?;
        let cost = SignedAmount::new(cost).map_err(|_| self.above_bound())?;
        for party in [self.buyer, self.seller] {
            if let Party::Account(account) = party {
                state.touch(account, events);
            }
        }
        events.push(Event::Filled {
            market: self.market,
            domain,
            asset,
            number: self.number,
            buyer: self.buyer,
            seller: self.seller,
            lots: self.lots,
            price: self.price,
            cost,
            buyer_fee: self.buyer_fee,
            seller_fee: self.seller_fee,
        });
        let charged = self.penalties(state, found, cost, events);
        closeout::penalties_pay_debts(state, asset, charged, events);
        Ok(())
    }

    /// Whether a book or an account in liquidation gives up what the other side takes over.
    fn takes_over(&self, state: &State) -> bool {
        let lots = self.lots.lots();
        [(self.buyer, lots), (self.seller, -lots)].into_iter().any(|(party, lots)| {
            let fails = match party {
                Party::Book(_) => true,
                Party::Account(account) => state.closeouts.liquidation(account).is_some(),
            };
            let trade = Trade { market: self.market, lots, ..Trade::default() };
            fails && limits::reduces(state.markets.lots_of(party, self.market), &trade)
        })
    }

    /// An account in liquidation that gives up lots pays the penalty on them. What both pay.
    fn penalties(
        &self,
        state: &State,
        found: &Market,
        cost: SignedAmount,
        events: &mut Events,
    ) -> Amount {
        let mut sum = Amount::ZERO;
        if state.closeouts.liquidations.is_empty() {
            return sum;
        }
        let lot = found.mark.map_or(0, |mark| found.value_at(mark)).unsigned_abs();
        let value = i128::from(self.lots.lots()) * found.lot_value().unwrap_or(0);
        for (party, lots, gain, fee) in [
            (self.buyer, self.lots.lots(), value - cost.atoms(), self.buyer_fee),
            (self.seller, -self.lots.lots(), cost.atoms() - value, self.seller_fee),
        ] {
            let Party::Account(account) = party else { continue };
            if state.closeouts.liquidation(account).is_none() {
                continue;
            }
            let held = state.markets.lots_of(party, self.market).lots();
            if held.signum() * lots.signum() < 0 {
                let closed = held.unsigned_abs().min(lots.unsigned_abs());
                let gain = gain - fee.atoms().cast_signed();
                let charged =
                    closeout::penalty(state, account, u128::from(closed) * lot, gain, events);
                sum = sum.checked_add(charged).unwrap_or(Amount::MAX);
            }
        }
        sum
    }

    fn above_bound(&self) -> Rejection {
        match self.buyer {
            Party::Account(account) => Rejection::BalanceAboveBound { account },
            Party::Book(loss) => Rejection::UnknownBook { loss },
        }
    }

    /// What the fill says of itself is right.
    fn stands<'a>(&self, state: &'a State) -> Result<&'a Market, Rejection> {
        let found = unsettled(state, self.market)?;
        if self.number <= found.last_fill {
            return Err(Rejection::FillNumberNotNew { number: self.number, last: found.last_fill });
        }
        if self.lots.lots() <= 0 {
            return Err(Rejection::ZeroLots);
        }
        in_range(self.market, self.price, found.spec.max_price)?;
        if self.buyer == self.seller {
            return Err(Rejection::SameParty);
        }
        let mark = found.mark.ok_or(Rejection::NoMark { market: self.market })?;
        let apart = u128::from(self.price.ticks().abs_diff(mark.ticks()));
        let band = found.spec.band;
        if apart * u128::from(super::RATE_UNIT) > u128::from(mark.ticks()) * u128::from(band) {
            return Err(Rejection::OutsideBand { price: self.price, mark, band });
        }
        Ok(found)
    }
}

/// The open lots of a market, `opened` more of them, stay within its limit, or grow no further.
fn within_open(found: &Market, opened: i64) -> Result<(), Rejection> {
    let (open, max) = (i128::from(found.open) + i128::from(opened), found.spec.max_open);
    if opened > 0 && open > i128::from(max) {
        return Err(Rejection::OpenAboveLimit { lots: u64::try_from(open).unwrap_or(max), max });
    }
    Ok(())
}

/// One side of a fill may stand: a book reduces; an account keeps its limits and its margin. By how
/// many lots its long side grows.
fn side(
    state: &State,
    (fill, found): (&Fill, &Market),
    asset: AssetId,
    party: Party,
    trade: &Trade,
) -> Result<i64, Rejection> {
    let held = state.markets.lots_of(party, trade.market);
    let reduces = limits::reduces(held, trade);
    match party {
        Party::Book(loss) => book_side(state, loss, held, reduces)?,
        Party::Account(account) => {
            account_side(state, (fill, found), (account, asset), (held, reduces), trade)?;
        }
    }
    Ok(trade.opens(held.lots()))
}

fn account_side(
    state: &State,
    (fill, found): (&Fill, &Market),
    (account, asset): (AccountId, AssetId),
    (held, reduces): (Quantity, bool),
    trade: &Trade,
) -> Result<(), Rejection> {
    if state.accounts.account(account).is_none() {
        return Err(Rejection::UnknownAccount { account });
    }
    limits::trades_in(state, account, asset)?;
    limits::within_position(found, account, held, trade)?;
    if !reduces && state.control.domain_status(trade.domain) >= Status::ReduceOnly {
        return Err(Rejection::OnlyReduces { account });
    }
    if !reduces
        && let Some(queue) = state.exits_above_limit(trade.domain)
        && !fill.takes_over(state)
    {
        return Err(Rejection::ExitQueueAboveLimit { queue });
    }
    if !reduces
        && let Some(gap) = state.first_loss_short(trade.domain)
        && !fill.takes_over(state)
    {
        return Err(Rejection::FirstLossShort { gap });
    }
    if !reduces {
        let market = trade.market;
        let serves = volatility::serves(state, market, Purpose::Open);
        serves.map_err(|unfit| Rejection::Unfit { market, unfit })?;
        let barred = state.may_trade(account, trade);
        barred.map_err(|bar| Rejection::Clearing { account, bar })?;
    }
    if let (false, Some(feed)) = (reduces, found.feeds.price) {
        let market = trade.market;
        let fit = state.oracle.for_action(feed, Purpose::Open, state.now());
        fit.map_err(|unfit| Rejection::Unfit { market, unfit })?;
        if !feed::fits(state, found, Purpose::Open) {
            return Err(Rejection::MarkStrayed { market });
        }
    }
    if margin::surely_opens(state, account, asset, trade) {
        let exactly = || keeps_margin(state, (account, asset), reduces, trade);
        debug_assert!(exactly().is_ok(), "a bound above opening equity less margin");
        return Ok(());
    }
    keeps_margin(state, (account, asset), reduces, trade)
}

/// An account keeps its margin in a trade, exactly.
fn keeps_margin(
    state: &State,
    (account, asset): (AccountId, AssetId),
    reduces: bool,
    trade: &Trade,
) -> Result<(), Rejection> {
    let opening = margin::opening_after(state, account, asset, trade);
    limits::within_balance(account, &opening)?;
    let short = limits::above_initial(account, &opening).err();
    if let Some(below) = &short
        && opening.initial >= margin::initial(state, account)
    {
        return Err(below.clone());
    }
    if !reduces {
        limits::within_loan(state, account, trade.domain, &opening)?;
    }
    if short.is_some() { deepens(state, account, asset, trade) } else { Ok(()) }
}

/// A fill that lowers the requirement may stand below initial margin, but not at any price: it may
/// not take the account below zero, its lien counted, nor further below maintenance than it stood.
/// Else an account could sell what it lacks to a friend far from the mark, and leave the hole to
/// the layers.
fn deepens(
    state: &State,
    account: AccountId,
    asset: AssetId,
    trade: &Trade,
) -> Result<(), Rejection> {
    let nothing = Trade { market: trade.market, domain: trade.domain, ..Trade::default() };
    let before = margin::keeping_after(state, account, asset, &nothing);
    let after = margin::keeping_after(state, account, asset, trade);
    let short = |of: &margin::Keeping| (of.equity - of.maintenance).min(0);
    if after.equity >= before.equity.min(0) && short(&after) >= short(&before) {
        return Ok(());
    }
    Err(Rejection::DeepensShortfall {
        account,
        equity: SignedAmount::new(after.equity).unwrap_or_default(),
        maintenance: Amount::new(after.maintenance.unsigned_abs()).unwrap_or(Amount::MAX),
    })
}

fn book_side(state: &State, loss: LossId, holds: Quantity, reduces: bool) -> Result<(), Rejection> {
    if state.markets.book(loss).is_empty() {
        return Err(Rejection::UnknownBook { loss });
    }
    if reduces { Ok(()) } else { Err(Rejection::BookWouldGrow { loss, holds }) }
}

/// The legs of a failed account in one domain move to the book, if it has any.
pub(crate) fn take_legs(
    state: &State,
    loss: LossId,
    (account, domain): (AccountId, DomainId),
    equity: SignedAmount,
    events: &mut Events,
) {
    let legs = state.markets.legs_in(account, domain);
    if !legs.is_empty() {
        let legs: Vec<_> = legs.iter().map(|leg| (leg.market, leg.lots)).collect();
        events.push(Event::LegsTaken { loss, account, equity, legs });
    }
}
