//! The law of vaults, in both forms.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;

use super::{Broken, LIQUIDITY};
use crate::engine::{self, State};
use crate::ids::{AccountId, VaultId};
use crate::ledger::Holder;
use crate::market::RATE_UNIT;
use crate::pools::liquidity::{Event, HolderFee, Holding, Shares, Vault};
use crate::units::Amount;
use crate::wide::{compare_ratios, mul_div_floor};

fn broken(vault: VaultId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: LIQUIDITY, detail: format!("vault {vault}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for (id, vault) in state.vaults.vaults() {
        sums(id, vault)?;
        account(state, id, vault)?;
    }
    Ok(())
}

/// Shares and entry costs are its holders', and so is the queue.
fn sums(id: VaultId, vault: &Vault) -> Result<(), Broken> {
    let (mut shares, mut cost, mut queue) = (0, 0, BTreeSet::new());
    for (account, Holding { shares: held, cost: paid, exit, high_water }) in vault.holders() {
        if held.is_zero() {
            return broken(id, &format!("account {account} holds nothing"));
        }
        if high_water < paid {
            let detail = format!("account {account}: a fee from {high_water}, below its cost");
            return broken(id, &detail);
        }
        shares += held.count();
        cost += paid.atoms();
        let Some(exit) = exit else { continue };
        if exit.shares > *held || exit.shares.is_zero() {
            let (asked, held) = (exit.shares.count(), held.count());
            return broken(id, &format!("account {account} asks for {asked} of {held} shares"));
        }
        queue.insert((exit.until, account));
    }
    let pairs = [("shares", shares, vault.shares.count()), ("costs", cost, vault.cost.atoms())];
    for (what, sum, stands) in pairs {
        if sum != stands {
            return broken(id, &format!("{what}: {stands}, its holders say {sum}"));
        }
    }
    if queue == vault.queue { Ok(()) } else { broken(id, "its queue is not of its exits") }
}

/// Its account is its own, alone, and holds no share of a vault.
fn account(state: &State, id: VaultId, vault: &Vault) -> Result<(), Broken> {
    let account = vault.account;
    let owner = |of| state.accounts.account(of).map(|found| found.owner);
    let mut his = state.accounts.accounts().filter(|(of, _)| owner(*of) == owner(account));
    let alone = his.all(|(of, _)| of == account);
    let held = state.vaults.vaults().any(|(_, of)| of.holders.contains_key(&account));
    if alone && !held && state.vaults.of_account(account) == Some(id) {
        return Ok(());
    }
    broken(id, &format!("account {account} is not its own alone"))
}

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    vaults: BTreeMap<VaultId, Totals>,
    of_account: BTreeMap<AccountId, VaultId>,
}

/// What the events of one vault add up to.
#[derive(Clone, Debug, Default)]
struct Totals {
    /// What holders put in, less what left by shares.
    by_shares: i128,
    /// What else came to its account, less what went.
    result: i128,
    shares: BTreeMap<AccountId, i128>,
    costs: BTreeMap<AccountId, i128>,
    high_waters: BTreeMap<AccountId, i128>,
}

fn signed(amount: &Amount) -> i128 {
    amount.atoms().cast_signed()
}

/// What an event brings into a vault's account by shares, less what it takes out.
fn by_shares(event: &Event) -> i128 {
    match event {
        Event::Opened { .. } | Event::LeaveAsked { .. } | Event::FeesPutOff { .. } => 0,
        Event::Entered { amount, .. } => signed(amount),
        Event::Restarted { amount, .. } | Event::Left { amount, .. } => -signed(amount),
        Event::ValueTaken { rows, .. } => -rows.iter().map(|(_, of, _)| signed(of)).sum::<i128>(),
        Event::FeesTaken { rows, .. } => -rows.iter().map(|row| signed(&row.fee)).sum::<i128>(),
    }
}

impl Totals {
    fn all(&self) -> u128 {
        self.shares.values().sum::<i128>().unsigned_abs()
    }

    fn high_water(&self, account: AccountId) -> i128 {
        self.high_waters.get(&account).copied().unwrap_or(0)
    }

    fn held(&self, account: AccountId) -> u128 {
        self.shares.get(&account).copied().unwrap_or(0).unsigned_abs()
    }

    /// The part of a mark that goes with `shares` of what is held, rounded down.
    fn part_floor(&self, account: AccountId, shares: Shares) -> i128 {
        let mark = self.high_water(account).unsigned_abs();
        mul_div_floor(mark, shares.count(), self.held(account)).unwrap_or(0).cast_signed()
    }

    /// No fee but of what stands above a high-water mark, which rises by all that the fee is of,
    /// less the fee, once for each, and goes with shares within an atom: so nothing pays twice, and
    /// no mark is left behind or taken along. `equity` is the vault's before the event.
    fn is_fee_right(&self, event: &Event, rate: u32, equity: i128) -> bool {
        let within = |fee: i128, gain: i128| fee * i128::from(RATE_UNIT) <= gain * i128::from(rate);
        match event {
            Event::Left { account, amount, shares, fee, high_water, .. } => {
                let (amount, fee, part) = (signed(amount), signed(fee), signed(high_water));
                let above = part - self.part_floor(*account, *shares);
                let right = (0..=1).contains(&above) && part <= self.high_water(*account);
                right && within(fee, (amount - part).max(0))
            }
            Event::FeesTaken { rows, .. } => {
                let (total, all) = (equity.max(0).unsigned_abs(), self.all());
                let ascending = rows.is_sorted_by(|one, next| one.account < next.account);
                ascending
                    && rows.iter().all(|row| {
                        let HolderFee { account, fee, high_water, .. } = *row;
                        let book = mul_div_floor(total, self.held(account), all)
                            .unwrap_or(0)
                            .cast_signed();
                        let (fee, mark) = (signed(&fee), signed(&high_water));
                        mark + fee <= book && within(fee, mark + fee - self.high_water(account))
                    })
            }
            _ => true,
        }
    }

    fn add(&mut self, account: AccountId, shares: i128, cost: i128, high_water: i128) {
        let held = self.shares.entry(account).or_default();
        *held += shares;
        let paid = self.costs.entry(account).or_default();
        *paid += cost;
        let mark = self.high_waters.entry(account).or_default();
        *mark += high_water;
        // What was paid for shares that are gone is nobody's cost.
        if *held == 0 {
            self.shares.remove(&account);
            self.costs.remove(&account);
            self.high_waters.remove(&account);
        }
    }

    fn follow(&mut self, event: &Event) {
        self.by_shares += by_shares(event);
        match event {
            Event::Opened { .. } | Event::LeaveAsked { .. } | Event::FeesPutOff { .. } => {}
            Event::Restarted { .. } => {
                self.shares.clear();
                self.costs.clear();
                self.high_waters.clear();
            }
            Event::Entered { account, amount, shares, .. } => {
                let put_in = signed(amount);
                self.add(*account, shares.count().cast_signed(), put_in, put_in);
            }
            Event::Left { account, shares, cost, high_water, .. } => {
                let given = -shares.count().cast_signed();
                self.add(*account, given, -signed(cost), -signed(high_water));
            }
            Event::ValueTaken { rows, .. } => {
                for (account, _, shares) in rows {
                    self.add(*account, -shares.count().cast_signed(), 0, 0);
                }
            }
            Event::FeesTaken { rows, .. } => {
                for row in rows {
                    let stood = self.high_water(row.account);
                    let rises = signed(&row.high_water) - stood;
                    self.add(row.account, -row.shares.count().cast_signed(), 0, rises);
                }
            }
        }
    }
}

impl Running {
    /// Follows any event: what comes to a vault's account other than by shares is its result.
    pub(super) fn any(&mut self, event: &engine::Event) {
        if let engine::Event::Liquidity(event) = event {
            if let Event::Opened { vault, account, .. } = event {
                self.of_account.insert(*account, *vault);
            }
            return;
        }
        if self.of_account.is_empty() {
            return;
        }
        event.transfers(&mut |transfer| {
            for (holder, sign) in [(transfer.from, -1), (transfer.to, 1)] {
                let Holder::Account(account) = holder else { continue };
                let Some(id) = self.of_account.get(&account) else { continue };
                let totals = self.vaults.entry(*id).or_default();
                totals.result += sign * transfer.amount.atoms().cast_signed();
            }
        });
    }

    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let id = event.vault();
        let Some(vault) = state.vaults.vault(id) else { return broken(id, "there is none") };
        let totals = self.vaults.entry(id).or_default();
        let shares = totals.all();
        let asset = state.domains.asset_of(vault.spec.domain).unwrap_or_default();
        let equity = state.settled_equity(vault.account, asset);
        let before = equity - by_shares(event);
        if !totals.is_fee_right(event, vault.spec.fee, before) {
            return broken(id, "a fee of what is not above a high-water mark");
        }
        totals.follow(event);
        let stands = state.ledger.balance(asset, Holder::Account(vault.account)).atoms();
        if totals.by_shares + totals.result != stands {
            let (by_shares, result) = (totals.by_shares, totals.result);
            let detail = format!("{stands} held, {by_shares} by shares and {result} of results");
            return broken(id, &detail);
        }
        for (account, holding) in vault.holders() {
            let of = |sums: &BTreeMap<_, i128>| sums.get(&account).copied().unwrap_or(0);
            let stands = (signed(&holding.cost), signed(&holding.high_water));
            let stands = (holding.shares.count().cast_signed(), stands);
            let followed = (of(&totals.costs), of(&totals.high_waters));
            let followed = (of(&totals.shares), followed);
            if stands != followed {
                let detail = format!("account {account}: {stands:?}, the events say {followed:?}");
                return broken(id, &detail);
            }
        }
        if totals.all() != vault.shares.count() {
            return broken(id, "shares that no event gave");
        }
        nobody_pays(id, event, (before, shares), (equity, totals.all()))
    }
}

/// Nobody's coming or going takes from the others: a share is worth by the book what it was, or
/// more, and no more leaves than there is.
fn nobody_pays(
    id: VaultId,
    event: &Event,
    before: (i128, u128),
    after: (i128, u128),
) -> Result<(), Broken> {
    let goes =
        matches!(event, Event::Left { .. } | Event::ValueTaken { .. } | Event::FeesTaken { .. });
    if goes && after.0 < 0 {
        return broken(id, &format!("more left than came: equity {}", after.0));
    }
    let comes = matches!(event, Event::Entered { .. });
    let shared = before.1 > 0 && after.1 > 0 && (goes || comes);
    let worth = |of: i128| of.max(0).unsigned_abs();
    if shared && compare_ratios(worth(after.0), after.1, worth(before.0), before.1).is_lt() {
        return broken(id, &format!("a share moved from {before:?} to {after:?}"));
    }
    Ok(())
}
