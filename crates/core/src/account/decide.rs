//! Every check of the area's commands. Nothing changes here.

use super::{AccountKind, Command, Event, Rejection};
use crate::bounds::{MAX_CLAIMS, MAX_TOTAL};
use crate::collateral;
use crate::domain::CauseClass;
use crate::engine::{Actor, Envelope, Events, Role, State};
use crate::ids::{AccountId, AssetId, DomainId, Name, OwnerId};
use crate::ledger::Holder;
use crate::margin;
use crate::units::Amount;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::OpenOwner { name } => open_owner(state, name, events),
        Command::OpenAccount { name, owner, kind } => {
            open_account(state, name, *owner, *kind, events)
        }
        Command::Deposit { account, number, asset, amount } => {
            let money = Money { asset: *asset, amount: *amount };
            deposit(state, *account, *number, money, events)
        }
        Command::Withdraw { account, number, asset, amount } => {
            owned_by(state, envelope.actor, *account)?;
            let money = Money { asset: *asset, amount: *amount };
            withdraw(state, *account, *number, money, events)
        }
        Command::Transfer { from, to, number, asset, amount } => {
            owned_by(state, envelope.actor, *from)?;
            let money = Money { asset: *asset, amount: *amount };
            transfer(state, (*from, *to), *number, money, events)
        }
        Command::SettleResult { domain, number, loser, winner, amount } => {
            settle_result(state, *domain, *number, (*loser, *winner), *amount, events)
        }
    }
}

#[derive(Clone, Copy)]
struct Money {
    asset: AssetId,
    amount: Amount,
}

fn open_owner(state: &State, name: &Name, events: &mut Events) -> Result<(), Rejection> {
    if state.owner_named(name).is_some() {
        return Err(Rejection::NameInUse { name: name.clone() });
    }
    let owner = next_id(state.accounts.owners.len(), "owners")?;
    events.push(Event::OwnerOpened { owner: OwnerId(owner), name: name.clone() });
    Ok(())
}

fn open_account(
    state: &State,
    name: &Name,
    owner: OwnerId,
    kind: AccountKind,
    events: &mut Events,
) -> Result<(), Rejection> {
    if state.accounts.owner(owner).is_none() {
        return Err(Rejection::UnknownOwner { owner });
    }
    let mut vaults = state.vaults.vaults().map(|(_, vault)| vault.account);
    let of_owner =
        |id: &AccountId| state.accounts.account(*id).is_some_and(|account| account.owner == owner);
    if let Some(account) = vaults.find(of_owner) {
        return Err(Rejection::OfVault { account });
    }
    if state.account_named(name).is_some() {
        return Err(Rejection::NameInUse { name: name.clone() });
    }
    let account = AccountId(next_id(state.accounts.accounts.len(), "accounts")?);
    events.push(Event::AccountOpened { account, name: name.clone(), owner, kind });
    Ok(())
}

/// The ids that an account and an owner of its own get, both named `name`: for a vault.
pub(crate) fn open_both(state: &State, name: &Name) -> Result<(AccountId, OwnerId), Rejection> {
    if state.owner_named(name).is_some() || state.account_named(name).is_some() {
        return Err(Rejection::NameInUse { name: name.clone() });
    }
    let owner = next_id(state.accounts.owners.len(), "owners")?;
    let account = next_id(state.accounts.accounts.len(), "accounts")?;
    Ok((AccountId(account), OwnerId(owner)))
}

fn next_id(count: usize, what: &'static str) -> Result<u32, Rejection> {
    match u32::try_from(count) {
        Ok(id) if id < MAX_CLAIMS => Ok(id),
        _ => Err(Rejection::TooMany { what, max: MAX_CLAIMS }),
    }
}

fn deposit(
    state: &State,
    account: AccountId,
    number: u64,
    money: Money,
    events: &mut Events,
) -> Result<(), Rejection> {
    numbered(state, account, number)?;
    let Money { asset, amount } = known(state, money)?;
    room_for(state, account, money)?;
    if let Some(room) = collateral::room(state, asset).filter(|room| amount > *room) {
        return Err(Rejection::CollateralAboveCap { asset, asked: amount, room });
    }
    // The world goes down by the amount; its size is the sum of all that came in.
    // What is issued here is held beside it.
    let outside = state.ledger.balance(asset, Holder::World).atoms();
    let held = state.held_of(asset).max(-outside);
    if amount.atoms().cast_signed() + held > MAX_TOTAL.cast_signed() {
        return Err(Rejection::TotalAboveBound { asset });
    }
    state.touch(account, events);
    events.push(Event::Deposited { account, number, asset, amount });
    Ok(())
}

fn withdraw(
    state: &State,
    account: AccountId,
    number: u64,
    money: Money,
    events: &mut Events,
) -> Result<(), Rejection> {
    numbered(state, account, number)?;
    let Money { asset, amount } = known(state, money)?;
    free_for(state, account, money)?;
    let vault = state.vault_of(asset);
    if amount > vault {
        return Err(Rejection::VaultShort { asked: amount, vault });
    }
    state.touch(account, events);
    events.push(Event::Withdrawn { account, number, asset, amount });
    Ok(())
}

fn transfer(
    state: &State,
    (from, to): (AccountId, AccountId),
    number: u64,
    money: Money,
    events: &mut Events,
) -> Result<(), Rejection> {
    numbered(state, from, number)?;
    if state.accounts.account(to).is_none() {
        return Err(Rejection::UnknownAccount { account: to });
    }
    if state.vaults.of_account(to).is_some() {
        return Err(Rejection::OfVault { account: to });
    }
    if from == to {
        return Err(Rejection::SameAccount { account: from });
    }
    let Money { asset, amount } = known(state, money)?;
    free_for(state, from, money)?;
    room_for(state, to, money)?;
    state.touch(from, events);
    state.touch(to, events);
    events.push(Event::Transferred { from, to, number, asset, amount });
    Ok(())
}

fn settle_result(
    state: &State,
    domain: DomainId,
    number: u64,
    (loser, winner): (AccountId, AccountId),
    amount: Amount,
    events: &mut Events,
) -> Result<(), Rejection> {
    let asset = match state.domains.domain(domain) {
        Some(found) if found.waterfalls.contains_key(&CauseClass::Default) => found.asset,
        Some(_) => return Err(Rejection::NoWaterfall { domain }),
        None => return Err(Rejection::UnknownDomain { domain }),
    };
    for account in [loser, winner] {
        if state.accounts.account(account).is_none() {
            return Err(Rejection::UnknownAccount { account });
        }
    }
    if loser == winner {
        return Err(Rejection::SameAccount { account: loser });
    }
    let last = state.accounts.last_result.get(domain.index()).copied().unwrap_or(0);
    if number <= last {
        return Err(Rejection::NumberNotNew { number, last });
    }
    let money = known(state, Money { asset, amount })?;
    room_for(state, winner, money)?;
    let owed = state.ledger.owed(asset, Holder::Account(loser));
    if owed.checked_add(amount).is_err() {
        return Err(Rejection::BalanceAboveBound { account: loser });
    }
    state.touch(loser, events);
    state.touch(winner, events);
    events.push(Event::ResultSettled { domain, asset, number, loser, winner, amount });
    Ok(())
}

/// An owner acts on his own accounts only; the venue acts on any.
pub(crate) fn owned_by(state: &State, actor: Actor, account: AccountId) -> Result<(), Rejection> {
    let found = state.accounts.account(account).ok_or(Rejection::UnknownAccount { account })?;
    if actor.role == Role::Owner && actor.id != found.owner.0 {
        return Err(Rejection::NotOwner { account, owner: OwnerId(actor.id) });
    }
    Ok(())
}

/// The account's number rises with each command that moves its money: a repeated one is refused.
/// A vault's account has no such commands: its money comes and goes by shares, and by what it
/// trades.
pub(crate) fn numbered(state: &State, account: AccountId, number: u64) -> Result<(), Rejection> {
    let found = state.accounts.account(account).ok_or(Rejection::UnknownAccount { account })?;
    if state.vaults.of_account(account).is_some() {
        return Err(Rejection::OfVault { account });
    }
    if number <= found.last_number {
        return Err(Rejection::NumberNotNew { number, last: found.last_number });
    }
    Ok(())
}

fn known(state: &State, money: Money) -> Result<Money, Rejection> {
    if state.domains.asset(money.asset).is_none() {
        return Err(Rejection::UnknownAsset { asset: money.asset });
    }
    if money.amount.is_zero() { Err(Rejection::ZeroAmount) } else { Ok(money) }
}

fn room_for(state: &State, account: AccountId, money: Money) -> Result<(), Rejection> {
    room_above(state, account, money.asset, money.amount)
}

/// The account's balance has room for `amount` more.
pub(crate) fn room_above(
    state: &State,
    account: AccountId,
    asset: AssetId,
    amount: Amount,
) -> Result<(), Rejection> {
    match state.ledger.held(asset, Holder::Account(account)).checked_add(amount) {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::BalanceAboveBound { account }),
    }
}

pub(crate) fn free_above(
    state: &State,
    account: AccountId,
    asset: AssetId,
    asked: Amount,
) -> Result<(), Rejection> {
    let of = margin::withdrawable(state, account, asset);
    let amount = |atoms| Amount::new(atoms).unwrap_or(Amount::MAX);
    let free = state.free(account, asset);
    if asked > free {
        let held = amount(of.equity.max(0).unsigned_abs());
        let withheld = amount(of.unrealised + of.unmatured + of.margin() + of.pledged);
        let lien = amount(of.lien);
        return Err(Rejection::WithdrawalAboveFree { asked, free, held, withheld, lien });
    }
    Ok(())
}

fn free_for(state: &State, account: AccountId, money: Money) -> Result<(), Rejection> {
    free_above(state, account, money.asset, money.amount)
}
