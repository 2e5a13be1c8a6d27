//! Knowing that nothing is due without looking: once `duty` found nothing, most commands cannot
//! have made anything due but through the health of the accounts they touch. The watch keeps that
//! knowledge; whatever is not listed here ends it, and `duty` looks again.

use super::{Event, Events, State, due};
use crate::account;
use crate::ids::AccountId;
use crate::market;
use crate::pools::lending;

impl State {
    /// Whether it is known that nothing is due.
    pub(super) const fn is_quiet(&self) -> bool {
        self.watch.is_quiet()
    }

    /// `duty` found nothing.
    pub(super) const fn nothing_is_due(&mut self) {
        self.watch.set_quiet(true);
    }

    /// Whether nothing is due where the watch says so.
    pub(super) fn is_quiet_right(&self) -> bool {
        !self.is_quiet() || due(self, &mut Events::new()).is_none()
    }

    /// Whether `event`, which touched balances or legs of `touched`, leaves nothing due where
    /// nothing was.
    pub(super) fn stays_quiet(&self, event: &Event, touched: &[AccountId]) -> bool {
        use account::Event as A;
        use lending::Event as L;
        use market::Event as M;
        match event {
            Event::Account(A::OwnerOpened { .. } | A::AccountOpened { .. }) => true,
            Event::Account(_) | Event::Market(M::Filled { .. }) => {
                self.nothing_is_open() && touched.iter().all(|account| self.is_sound(*account))
            }
            // What is asked of a pool leaves the loan it is about covered, and interest to now
            // counts already where it is not booked.
            Event::Lending(
                L::Accrued { .. }
                | L::Supplied { .. }
                | L::Redeemed { .. }
                | L::Pledged { .. }
                | L::Released { .. }
                | L::Borrowed { .. }
                | L::Repaid { .. },
            ) => self.nothing_is_open() && touched.iter().all(|account| self.is_sound(*account)),
            Event::Market(M::Marked { .. } | M::Funded { .. }) => {
                self.nothing_is_open() && self.watch.is_everyone_sound()
            }
            _ => false,
        }
    }

    /// Whether no loss, episode, liquidation or collateral in a book is open, whose duties depend
    /// on more than the health of accounts. Collateral that stands aside may do so for months: it
    /// goes back when nobody is to be repaid any more, which only events of losses change. A
    /// stake whose cooldown is over counts as open: it waits for a loss, or for room; so does what
    /// an insured is to be paid and has no room for, who asked to leave a vault and waits for its
    /// margin, and what a provider is to be paid or measured for; so does a fund's surplus that is
    /// not offered yet, fees of a domain or a vault whose period is over, and a bounty whose pot is
    /// not at rest.
    fn nothing_is_open(&self) -> bool {
        !self.may_hold_liens()
            && self.losses.ceded.is_empty()
            && !self.has_exit_to_pay()
            && !self.cover_waits_for_room()
            && !self.has_shares_to_pay()
            && !self.has_vault_fees_to_take()
            && !self.protection_waits()
            && !self.has_buyback_to_open()
            && !self.has_fees_to_divide()
            && !self.bounty_waits()
            && self.markets.books.is_empty()
            && self.closeouts.liquidations.is_empty()
            && self.collaterals.taken.values().all(|taken| taken.aside)
    }

    /// Whether `account` is neither below maintenance nor below zero.
    fn is_sound(&self, account: AccountId) -> bool {
        self.watch.is_sound(account)
            || !self.is_below_maintenance(account) && !self.is_negative(account)
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::collections::BTreeMap;

    use super::*;
    use crate::collateral::Taken;
    use crate::control::{self, Status};
    use crate::ids::{AssetId, DomainId, LayerId, LossId, Name, Time, VaultId};
    use crate::pools::liquidity::{self, MIN_FEE_PERIOD, Shares, VaultSpec};
    use crate::units::Amount;

    /// What an old failure left may stand aside for months: no fill looks for duties because of it.
    #[test]
    fn collateral_that_stands_aside_keeps_nothing_open() {
        for aside in [true, false] {
            let mut state = State::new(true);
            let (settled, since) = (AssetId(0), Time(0));
            let taken = Taken { settled, since, aside, held: BTreeMap::new() };
            state.collaterals.taken.insert(LossId(0), taken);
            assert_eq!(state.nothing_is_open(), aside);
        }
    }

    /// In a settlement no fee leaves a vault any more: a period that is over keeps nothing open.
    #[test]
    fn a_fee_in_a_settlement_keeps_nothing_open() {
        let ways = [(Status::Halted, true), (Status::Settling, false), (Status::Closed, false)];
        for (status, waits) in ways {
            let mut state = State::new(true);
            let (vault, domain, account) = (VaultId(0), DomainId(0), AccountId(0));
            let (name, amount) = (Name::new("vault").unwrap(), Amount::new(1_000).unwrap());
            let spec = VaultSpec {
                name: name.clone(),
                domain,
                fund: LayerId(0),
                max: amount,
                min_entry: amount,
                cooldown: 0,
                fee: 200_000,
                fee_period: MIN_FEE_PERIOD,
            };
            state.vaults.evolve(
                &liquidity::Event::Opened { vault, account, spec: Box::new(spec) },
                Time(0),
            );
            state.vaults.vaults[0].shares = Shares::new(1_000).unwrap();
            state.vaults.vaults[0].next_fees = Time(0);
            assert!(!state.nothing_is_open(), "its period is over");
            let domain = Some(domain);
            state.control.evolve(&control::Event::StatusSet { domain, status, cause: name });
            assert_eq!(!state.nothing_is_open(), waits, "{status:?}");
        }
    }
}
