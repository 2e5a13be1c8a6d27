//! Owners and accounts: deposits, withdrawals and transfers, liens respected.

use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bounds::{MAX_CLAIMS, MAX_TOTAL};
use crate::engine::{Actor, Envelope, Events, Role, State};
use crate::ids::{AccountId, AssetId, DomainId, Name, OwnerId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

/// Cross accounts share an owner's margin; isolated ones stand alone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum AccountKind {
    /// Shares margin over its legs.
    Cross = 1,
    /// Holds one leg's margin.
    Isolated = 2,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
pub struct Account {
    /// The external id.
    pub name: Name,
    /// Whose it is.
    pub owner: OwnerId,
    /// Cross or isolated.
    pub kind: AccountKind,
    /// The number of its last deposit, withdrawal or transfer: numbers only rise.
    pub last_number: u64,
    /// The domain in which it last lost a settled result.
    pub last_domain: Option<DomainId>,
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Accounts {
    pub(crate) owners: Vec<Name>,
    pub(crate) accounts: Vec<Account>,
    /// By domain: the number of the last result settled between accounts.
    pub(crate) last_result: Vec<u64>,
}

impl Accounts {
    /// The account `id`.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id.index())
    }

    /// The owner's external id.
    #[must_use]
    pub fn owner(&self, id: OwnerId) -> Option<&Name> {
        self.owners.get(id.index())
    }

    /// Every account, in id order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().enumerate().filter_map(|(i, a)| Some((AccountId::at(i)?, a)))
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::OwnerOpened { name, .. } => self.owners.push(name.clone()),
            Event::AccountOpened { name, owner, kind, .. } => self.accounts.push(Account {
                name: name.clone(),
                owner: *owner,
                kind: *kind,
                last_number: 0,
                last_domain: None,
            }),
            Event::Deposited { account, number, .. }
            | Event::Withdrawn { account, number, .. }
            | Event::Transferred { from: account, number, .. } => {
                self.accounts[account.index()].last_number = *number;
            }
            Event::ResultSettled { domain, number, loser, .. } => {
                self.accounts[loser.index()].last_domain = Some(*domain);
                if self.last_result.len() <= domain.index() {
                    self.last_result.resize(domain.index() + 1, 0);
                }
                self.last_result[domain.index()] = *number;
            }
        }
    }
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open an owner.
    OpenOwner {
        /// His external id.
        name: Name,
    } = 1,
    /// Open an account.
    OpenAccount {
        /// Its external id.
        name: Name,
        /// Whose it is.
        owner: OwnerId,
        /// Cross or isolated.
        kind: AccountKind,
    } = 2,
    /// Money comes in.
    Deposit {
        /// To whom.
        account: AccountId,
        /// The account's next number: higher than any before.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 3,
    /// Money leaves; only what is free.
    Withdraw {
        /// From whom.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 4,
    /// Money moves between accounts; only what is free.
    Transfer {
        /// From whom.
        from: AccountId,
        /// To whom.
        to: AccountId,
        /// The payer's next number.
        number: u64,
        /// The asset.
        asset: AssetId,
        /// How much, above zero.
        amount: Amount,
    } = 5,
    /// The venue settles a result between two accounts of a domain; the loser's balance may
    /// fall below zero, and is then detected.
    SettleResult {
        /// The domain it was made in.
        domain: DomainId,
        /// The domain's next number.
        number: u64,
        /// Who lost.
        loser: AccountId,
        /// Who won.
        winner: AccountId,
        /// How much, above zero.
        amount: Amount,
    } = 6,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// An owner was opened.
    OwnerOpened { owner: OwnerId, name: Name } = 1,
    /// An account was opened.
    AccountOpened { account: AccountId, name: Name, owner: OwnerId, kind: AccountKind } = 2,
    /// Money came in.
    Deposited { account: AccountId, number: u64, asset: AssetId, amount: Amount } = 3,
    /// Money left.
    Withdrawn { account: AccountId, number: u64, asset: AssetId, amount: Amount } = 4,
    /// Money moved between accounts.
    Transferred { from: AccountId, to: AccountId, number: u64, asset: AssetId, amount: Amount } = 5,
    /// A result was settled between two accounts.
    ResultSettled {
        domain: DomainId,
        asset: AssetId,
        number: u64,
        loser: AccountId,
        winner: AccountId,
        amount: Amount,
    } = 6,
}

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        let (asset, from, to, amount) = match *self {
            Self::OwnerOpened { .. } | Self::AccountOpened { .. } => return,
            Self::Deposited { account, asset, amount, .. } => {
                (asset, Holder::World, Holder::Account(account), amount)
            }
            Self::Withdrawn { account, asset, amount, .. } => {
                (asset, Holder::Account(account), Holder::World, amount)
            }
            Self::Transferred { from, to, asset, amount, .. } => {
                (asset, Holder::Account(from), Holder::Account(to), amount)
            }
            Self::ResultSettled { asset, loser, winner, amount, .. } => {
                (asset, Holder::Account(loser), Holder::Account(winner), amount)
            }
        };
        visit(Transfer { asset, from, to, amount });
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such owner.
    UnknownOwner { owner: OwnerId },
    /// There is no such account.
    UnknownAccount { account: AccountId },
    /// There is no such asset.
    UnknownAsset { asset: AssetId },
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The external id is already in use.
    NameInUse { name: Name },
    /// The table is full.
    TooMany { what: &'static str, max: u32 },
    /// The actor does not own the account.
    NotOwner { account: AccountId, owner: OwnerId },
    /// The number was used before, or a higher one was.
    NumberNotNew { number: u64, last: u64 },
    /// The amount is zero.
    ZeroAmount,
    /// Payer and payee are one.
    SameAccount { account: AccountId },
    /// More than is free.
    WithdrawalAboveFree { asked: Amount, free: Amount, held: Amount, lien: Amount },
    /// The venue holds less of the asset outside than is asked.
    VaultShort { asked: Amount, vault: Amount },
    /// The payee's balance would pass 10^30.
    BalanceAboveBound { account: AccountId },
    /// The asset's balances would pass 10^38.
    TotalAboveBound { asset: AssetId },
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownOwner { .. } => "unknown-owner",
            Self::UnknownAccount { .. } => "unknown-account",
            Self::UnknownAsset { .. } => "unknown-asset",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::NameInUse { .. } => "name-in-use",
            Self::TooMany { .. } => "too-many",
            Self::NotOwner { .. } => "not-owner",
            Self::NumberNotNew { .. } => "number-not-new",
            Self::ZeroAmount => "zero-amount",
            Self::SameAccount { .. } => "same-account",
            Self::WithdrawalAboveFree { .. } => "withdrawal-above-free",
            Self::VaultShort { .. } => "vault-short",
            Self::BalanceAboveBound { .. } => "balance-above-bound",
            Self::TotalAboveBound { .. } => "total-above-bound",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOwner { owner } => write!(f, "there is no owner {owner}"),
            Self::UnknownAccount { account } => write!(f, "there is no account {account}"),
            Self::UnknownAsset { asset } => write!(f, "there is no asset {asset}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::NameInUse { name } => write!(f, "the name {name} is in use"),
            Self::TooMany { what, max } => write!(f, "there are {max} {what} already, the most"),
            Self::NotOwner { account, owner } => {
                write!(f, "account {account} does not belong to owner {owner}")
            }
            Self::NumberNotNew { number, last } => {
                write!(f, "number {number} is not above the last one, {last}")
            }
            Self::ZeroAmount => f.write_str("the amount is zero, allowed: 1 to 10^30 atoms"),
            Self::SameAccount { account } => write!(f, "account {account} is payer and payee"),
            Self::WithdrawalAboveFree { asked, free, held, lien } => {
                write!(f, "{asked} asked, {free} is free: held {held} less lien {lien}")
            }
            Self::VaultShort { asked, vault } => {
                write!(f, "{asked} asked, the vault holds {vault}")
            }
            Self::BalanceAboveBound { account } => {
                write!(f, "the balance of account {account} would pass 10^30 atoms")
            }
            Self::TotalAboveBound { asset } => {
                write!(f, "the balances of asset {asset} would pass 10^38 atoms")
            }
        }
    }
}

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
    if state.account_named(name).is_some() {
        return Err(Rejection::NameInUse { name: name.clone() });
    }
    let account = AccountId(next_id(state.accounts.accounts.len(), "accounts")?);
    events.push(Event::AccountOpened { account, name: name.clone(), owner, kind });
    Ok(())
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
    // The world goes down by the amount; its size is the sum of all that came in.
    let outside = state.ledger.balance(asset, Holder::World).atoms();
    if amount.atoms().cast_signed() - outside > MAX_TOTAL.cast_signed() {
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
    let vault = state.ledger.owed(asset, Holder::World);
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
        Some(found) => found.asset,
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

fn numbered(state: &State, account: AccountId, number: u64) -> Result<(), Rejection> {
    let found = state.accounts.account(account).ok_or(Rejection::UnknownAccount { account })?;
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
    let held = state.ledger.held(money.asset, Holder::Account(account));
    match held.checked_add(money.amount) {
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
    let held = state.ledger.held(asset, Holder::Account(account));
    let lien = state.lien(account, asset);
    let free = held.less_or_zero(lien);
    if asked > free {
        return Err(Rejection::WithdrawalAboveFree { asked, free, held, lien });
    }
    Ok(())
}

fn free_for(state: &State, account: AccountId, money: Money) -> Result<(), Rejection> {
    free_above(state, account, money.asset, money.amount)
}
