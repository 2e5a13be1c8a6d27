//! Every check of the area's commands. Nothing changes here.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use super::earn::earn_once;
use super::{Command, Event, Pool, PoolSpec, Price, Rejection, Risk, RiskSpec, Trigger};
use super::{incident, vote};
use crate::account;
use crate::domain::Source;
use crate::engine::{Actor, Envelope, Events, State};
use crate::ids::{AccountId, CoverId, CoverPoolId, RiskId};
use crate::ledger::Holder;
use crate::oracle::Kind;
use crate::units::Amount;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Open { ref spec } => open(state, spec, events),
        Command::AddRisk { ref spec } => add_risk(state, spec, events),
        Command::SetRisk { risk, ref spec } => set_risk(state, risk, spec, events),
        Command::Buy { risk, account, number, amount, period, max_premium } => {
            let asked = Asked { risk, account, number, amount, period, max_premium };
            asked.buy(state, envelope.actor, events)
        }
        Command::Report { .. } => incident::report(state, envelope, command, events),
        Command::Vote { loss, account, number, accept } => {
            vote::vote(state, envelope, loss, (account, number), accept, events)
        }
        Command::Trigger { risk, account, number } => {
            incident::trigger(state, envelope, risk, (account, number), events)
        }
    }
}

fn open(state: &State, spec: &PoolSpec, events: &mut Events) -> Result<(), Rejection> {
    let domain = spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let listed = state.markets.markets().any(|(_, market)| market.spec.domain == domain);
    let vault = state.vaults.in_domain(domain).is_some();
    if listed || vault || state.has_pool(domain) || state.has_open_episode(domain) {
        return Err(Rejection::DomainInUse { domain });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    let layers = state.domains.layers_of(&found.waterfalls);
    let of = |layer| state.domains.layer(layer).map(|found| &found.spec);
    let is_fund = of(spec.fund).is_some_and(|of| {
        of.source == Source::Pot && of.kind.is_house() && of.asset == found.asset
    });
    if !is_fund || !layers.contains(&spec.fund) {
        return Err(Rejection::NotAFund { layer: spec.fund });
    }
    let staked = |layer| of(layer).is_some_and(|of| of.kind.is_staked());
    for (layer, _) in &spec.premia {
        if !staked(*layer) || !layers.contains(layer) {
            return Err(Rejection::NotBehind { layer: *layer });
        }
    }
    if !layers.iter().any(|layer| staked(*layer)) {
        return Err(Rejection::NobodyBehind { domain });
    }
    let pools = state.covers.pools().count();
    let pool = CoverPoolId::at(pools).ok_or(Rejection::TooMany { what: "cover pools" })?;
    events.push(Event::Opened { pool, spec: Box::new(spec.clone()) });
    Ok(())
}

fn add_risk(state: &State, spec: &RiskSpec, events: &mut Events) -> Result<(), Rejection> {
    let pool = state.covers.pool(spec.pool).ok_or(Rejection::UnknownPool { pool: spec.pool })?;
    let domain = pool.spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    let class = spec.class;
    let waterfall = found.waterfalls.get(&class).ok_or(Rejection::NoWaterfall { domain, class })?;
    // All that is staked behind the pool counts for what it covers: none of it stands aside here.
    let named = state.domains.layers_of(&BTreeMap::from([(class, *waterfall)]));
    if let Some(layer) = state.cover_layers(pool).find(|layer| !named.contains(layer)) {
        return Err(Rejection::NotBehind { layer });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    if let Some(trigger) = spec.trigger {
        check_trigger(state, trigger)?;
    }
    let risks = state.covers.risks().count();
    let risk = RiskId::at(risks).ok_or(Rejection::TooMany { what: "risks" })?;
    events.push(Event::RiskAdded { risk, spec: Box::new(spec.clone()) });
    Ok(())
}

/// The window is one that the feed keeps.
fn check_trigger(state: &State, trigger: Trigger) -> Result<(), Rejection> {
    let Trigger { feed, window, .. } = trigger;
    let found = state.oracle.feed(feed).filter(|found| found.spec.kind == Kind::Price);
    let params = &found.ok_or(Rejection::NoFeed { feed })?.spec.params;
    let cell = params.window_cell;
    let cells = window.checked_div(cell).unwrap_or(0);
    // The mean ends at the last whole cell, while the next one is filled.
    if window == 0 || !window.is_multiple_of(cell) || cells >= params.window_cells {
        let most = cell * params.window_cells.max(1) - cell;
        return Err(Rejection::Window { window, cell, most });
    }
    Ok(())
}

fn set_risk(
    state: &State,
    risk: RiskId,
    spec: &RiskSpec,
    events: &mut Events,
) -> Result<(), Rejection> {
    let found = state.covers.risk(risk).ok_or(Rejection::UnknownRisk { risk })?;
    let old = &found.spec;
    let stays = |of: &RiskSpec| (of.pool, of.class, of.trigger, of.retention, of.experience);
    if stays(old) != stays(spec) {
        return Err(Rejection::Stays { risk });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    events.push(Event::RiskSet { risk, spec: Box::new(spec.clone()) });
    Ok(())
}

/// A cover that someone wants.
struct Asked {
    risk: RiskId,
    account: AccountId,
    number: u64,
    amount: Amount,
    period: u64,
    max_premium: Amount,
}

impl Asked {
    fn buy(&self, state: &State, actor: Actor, events: &mut Events) -> Result<(), Rejection> {
        let Self { risk, account, number, amount, period, .. } = *self;
        let found = state.covers.risk(risk).ok_or(Rejection::UnknownRisk { risk })?;
        let of = state.covers.pool_of(risk).ok_or(Rejection::UnknownRisk { risk })?;
        let (id, pool) = of;
        account::owned_by(state, actor, account)?;
        account::numbered(state, account, number)?;
        let domain = pool.spec.domain;
        if !state.domains.accepted(domain, account) {
            return Err(Rejection::TermsNotAccepted { account, domain });
        }
        let (least, shortest) = (pool.spec.min_cover, pool.spec.waiting);
        // What is paid for is earned before time ends.
        let longest = pool.spec.max_period.min(u64::MAX - state.now().0);
        if amount < least {
            return Err(Rejection::BelowLeastCover { amount, least });
        }
        if period <= shortest || period > longest {
            return Err(Rejection::Period { period, shortest, longest });
        }
        self.stands(state, pool, found)?;
        let price = self.price(state, pool, found)?;
        let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
        account::free_above(state, account, asset, price.premium)?;
        let held = state.ledger.held(asset, Holder::Cover(id));
        let cover = CoverId::at(state.covers.covers().count());
        let room = held.checked_add(price.premium).is_ok();
        let cover = cover.filter(|_| room).ok_or(Rejection::TooMany { what: "covers" })?;
        state.touch(account, events);
        earn_once(state, id, pool, events);
        let Price { rate, premium, slack } = price;
        let now = state.now();
        let (from, until) = (now.after(shortest), now.after(period));
        events.push(Event::Bought {
            cover,
            pool: id,
            risk,
            account,
            number,
            asset,
            amount,
            premium,
            rate,
            slack,
            from,
            until,
        });
        Ok(())
    }

    /// Nothing is known that what stands behind the cover has to pay first, and nothing of the
    /// risk: who buys then knows more than who is priced.
    fn stands(&self, state: &State, pool: &Pool, risk: &Risk) -> Result<(), Rejection> {
        let domain = pool.spec.domain;
        let asset = state.domains.asset_of(domain).unwrap_or_default();
        let owed = state.ledger.owed(asset, Holder::Uncovered(domain));
        if !owed.is_zero() {
            return Err(Rejection::DomainOwes { owed });
        }
        // What stands behind the pool may stand behind others too.
        let draws = |waterfalls| {
            let named = |layer| state.domains.names(waterfalls, layer);
            state.cover_layers(pool).any(named)
        };
        let mut open = state.open_episodes().map(|(_, episode)| episode);
        let open = open.find(|of| of.domain == domain || draws(&of.rules.waterfalls));
        if let Some(episode) = open {
            return Err(Rejection::EpisodeOpen { domain: episode.domain });
        }
        if let Some(loss) = incident::waiting(pool, self.risk) {
            return Err(Rejection::IncidentOpen { risk: self.risk, loss });
        }
        if let Some(trigger) = risk.spec.trigger {
            incident::is_sold(state, trigger)?;
        }
        if let Some(queue) = state.exits_above_limit(domain) {
            return Err(Rejection::ExitQueueAboveLimit { queue });
        }
        let (asked, capacity) = (self.amount, state.cover_capacity(pool));
        if asked > capacity.room() {
            return Err(Rejection::AboveCapacity { asked, room: capacity.room() });
        }
        let room = state.cover_most(pool, risk).less_or_zero(risk.covered);
        if asked > room {
            return Err(Rejection::AboveConcentration { asked, room });
        }
        Ok(())
    }

    fn price(&self, state: &State, pool: &Pool, risk: &Risk) -> Result<Price, Rejection> {
        let (asked, max) = (self.amount, self.max_premium);
        let room = state.cover_most(pool, risk).less_or_zero(risk.covered);
        let above = Rejection::AboveConcentration { asked, room };
        let price = state.cover_price(self.risk, asked, self.period).ok_or(above)?;
        if price.premium > max {
            return Err(Rejection::PremiumAboveMost { premium: price.premium, max });
        }
        Ok(price)
    }
}
