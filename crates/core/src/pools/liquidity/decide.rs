//! Every check of the area's commands. Nothing changes here.

use super::{Command, Event, Rejection, Shares, Side, Vault, VaultSpec};
use crate::account::{self, AccountKind};
use crate::domain;
use crate::domain::Source;
use crate::engine::{Envelope, Events, State};
use crate::ids::{AccountId, AssetId, VaultId};
use crate::ledger::Holder;
use crate::loss;
use crate::units::Amount;
use alloc::boxed::Box;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *command {
        Command::Open { ref spec } => open(state, spec, events),
        Command::Enter { vault, account, number, amount } => {
            let vault = known(state, vault)?;
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            enter(state, vault, (account, number), amount, events)
        }
        Command::Leave { vault, account, number, shares } => {
            let (id, vault) = known(state, vault)?;
            account::owned_by(state, envelope.actor, account)?;
            account::numbered(state, account, number)?;
            let holding = vault.holding(account);
            let asked = holding.exit.map_or(Shares::ZERO, |exit| exit.shares);
            let stays = holding.shares.less(asked);
            let more = shares.unwrap_or(stays);
            if more.is_zero() || more > stays {
                return Err(Rejection::AboveShares { asked: more, stays });
            }
            let (shares, until) = (asked.plus(more), state.now().after(vault.spec.cooldown));
            events.push(Event::LeaveAsked { vault: id, account, number, shares, until });
            Ok(())
        }
    }
}

fn known(state: &State, id: VaultId) -> Result<(VaultId, &Vault), Rejection> {
    let found = state.vaults.vault(id).ok_or(Rejection::UnknownVault { vault: id })?;
    Ok((id, found))
}

fn open(state: &State, spec: &VaultSpec, events: &mut Events) -> Result<(), Rejection> {
    let domain = spec.domain;
    let found = state.domains.domain(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if let Some((vault, _)) = state.vaults.in_domain(domain) {
        return Err(Rejection::DomainTaken { domain, vault });
    }
    if state.has_pool(domain) || state.has_open_episode(domain) {
        return Err(Rejection::DomainInUse { domain });
    }
    spec.check().map_err(|flaw| Rejection::Flaw { flaw })?;
    let layer = spec.fund;
    let fund = state.domains.layer(layer).map(|found| &found.spec);
    let is_fund = fund.is_some_and(|of| {
        of.source == Source::Pot && of.kind.is_house() && of.asset == found.asset
    });
    if !is_fund {
        return Err(Rejection::NotAFund { layer });
    }
    let vaults = state.vaults.vaults().count();
    let vault = VaultId::at(vaults).ok_or(Rejection::TooMany { what: "vaults" })?;
    let (account, owner) = account::open_both(state, &spec.name)?;
    let name = || spec.name.clone();
    events.push(account::Event::OwnerOpened { owner, name: name() });
    let kind = AccountKind::Cross;
    events.push(account::Event::AccountOpened { account, name: name(), owner, kind });
    let terms = found.terms;
    events.push(domain::Event::TermsAccepted { domain, account, terms });
    events.push(Event::Opened { vault, account, spec: Box::new(spec.clone()) });
    Ok(())
}

fn enter(
    state: &State,
    (id, vault): (VaultId, &Vault),
    (account, number): (AccountId, u64),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (domain, into) = (vault.spec.domain, vault.account);
    let asset = state.domains.asset_of(domain).ok_or(Rejection::UnknownDomain { domain })?;
    if !state.domains.accepted(domain, account) {
        return Err(Rejection::TermsNotAccepted { account, domain });
    }
    let least = vault.spec.min_entry;
    if amount < least {
        return Err(Rejection::BelowLeast { amount, least });
    }
    let worth = state.vault_worth(vault);
    if !worth.lien.is_zero() {
        return Err(Rejection::Held { lien: worth.lien });
    }
    if state.vault_loss_known(vault) {
        return Err(Rejection::LossKnown { vault: id });
    }
    if !state.vault_prices_fit(vault) {
        return Err(Rejection::PriceUnfit { vault: id });
    }
    let new = restarts(state, id, vault, worth.book)?;
    // What it fetches is at most the book: the higher of the two is the book.
    let side = match new {
        true => Side::default(),
        false => Side { total: worth.book, shares: vault.shares },
    };
    let room = vault.spec.max.less_or_zero(side.total);
    let above = Rejection::AboveMost { asked: amount, room };
    if amount > room {
        return Err(above);
    }
    let shares = side.shares_floor(amount).ok_or(above.clone())?;
    let all = side.shares.count().checked_add(shares.count());
    if all.and_then(Shares::new).is_none() {
        return Err(above);
    }
    // Where a share is worth so much that rounding would take more than an atom, the vault is
    // almost empty: whoever raised its price would have what the next one loses.
    let bought = if new { amount } else { side.worth_floor(shares) };
    let dear = side.total.atoms() > side.shares.count();
    if dear || shares.is_zero() || amount.less_or_zero(bought).atoms() > 1 {
        return Err(Rejection::BelowAShare { amount });
    }
    account::free_above(state, account, asset, amount)?;
    account::room_above(state, into, asset, amount)?;
    state.touch(account, events);
    state.touch(into, events);
    if new {
        restart(state, (id, vault), asset, events)?;
    }
    events.push(Event::Entered { vault: id, into, account, number, asset, amount, shares });
    Ok(())
}

/// Whether a vault begins anew: nobody has shares of it, or they are worth nothing.
fn restarts(state: &State, id: VaultId, vault: &Vault, book: Amount) -> Result<bool, Rejection> {
    if !vault.shares.is_zero() && !book.is_zero() {
        return Ok(false);
    }
    match state.markets.position(vault.account).legs.is_empty() {
        true => Ok(true),
        false => Err(Rejection::HasLegs { vault: id }),
    }
}

/// What is left where nobody has shares is the fund's: neither those who were there before nor
/// those who come have a claim to it.
fn restart(
    state: &State,
    (id, vault): (VaultId, &Vault),
    asset: AssetId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let (account, fund) = (vault.account, vault.spec.fund);
    let amount = state.ledger.held(asset, Holder::Account(account));
    if vault.shares.is_zero() && amount.is_zero() {
        return Ok(());
    }
    if state.ledger.held(asset, Holder::Layer(fund)).checked_add(amount).is_err() {
        return Err(Rejection::FundFull { layer: fund });
    }
    let epoch = vault.epoch.checked_add(1).ok_or(Rejection::TooMany { what: "epochs" })?;
    events.push(Event::Restarted { vault: id, epoch, account, asset, fund, amount });
    loss::pay_debts_of(state, fund, asset, amount, events);
    Ok(())
}
