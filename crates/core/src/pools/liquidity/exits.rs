//! Exits on their way out. Who asks to leave is paid when the cooldown is over, at what his shares
//! would fetch then, and not while a loss is known: until then he gains and bears as everybody.
//! Whoever asked first leaves first; no smaller exit goes round one that waits for money.

use super::{Duty, Event, Leaves, Rejection, Vault, fees};
use crate::control::Status;
use crate::engine::{Events, State};
use crate::ids::{AccountId, VaultId};
use crate::loss;

/// The first exit that can be paid, then fees. In a halt nothing of participants moves.
pub(crate) fn duty(state: &State) -> Option<Duty> {
    if state.control.venue_status() == Status::Halted {
        return None;
    }
    let exit = state.vaults.vaults().find_map(|(id, vault)| {
        let (account, _) = first(state, vault)?;
        Some(Duty::PayExit { vault: id, account })
    });
    exit.or_else(|| fees::duty(state))
}

/// Who is paid next, and with what.
fn first(state: &State, vault: &Vault) -> Option<(AccountId, Leaves)> {
    let (until, account) = *vault.queue.first()?;
    if until > state.now() || state.vault_loss_known(vault) {
        return None;
    }
    Some((account, state.leaves(vault, account)?))
}

impl State {
    /// Whether the cooldown of an exit is over: where it is not paid it waits for the vault's
    /// margin, for a price or for a loss.
    pub(crate) fn has_shares_to_pay(&self) -> bool {
        let mut vaults = self.vaults.vaults();
        vaults.any(|(_, vault)| vault.queue.first().is_some_and(|(until, _)| *until <= self.now()))
    }
}

pub(crate) fn decide_duty(
    state: &State,
    duty_: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    if duty(state).as_ref() != Some(duty_) {
        return Err(Rejection::NotDue);
    }
    let done = match *duty_ {
        Duty::PayExit { vault, .. } => pay(state, vault, events),
        Duty::TakeFees { vault } => fees::take(state, vault, events),
    };
    done.ok_or(Rejection::NotDue)
}

fn pay(state: &State, id: VaultId, events: &mut Events) -> Option<()> {
    let vault = state.vaults.vault(id)?;
    let (account, leaves) = first(state, vault)?;
    let (from, fund, asset) = (vault.account, vault.spec.fund, state.vault_asset(vault));
    let Leaves { amount, shares, cost, fee, high_water } = leaves;
    state.touch(account, events);
    state.touch(from, events);
    events.push(Event::Left {
        vault: id,
        from,
        account,
        asset,
        amount,
        shares,
        cost,
        fund,
        fee,
        high_water,
    });
    loss::pay_debts_of(state, fund, asset, fee, events);
    Some(())
}
