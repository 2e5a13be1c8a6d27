//! What is asked of lending pools, as commands of the engine.

use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AssetId, PoolId};
use rhodian_core::pools::lending::Command;

use super::commands::{NoSuch, Words, dense};
use crate::venue_file::pools::{Asked, Lend};

impl Words<'_> {
    /// The command that an event of a pool stands for.
    pub(super) fn lend(&self, lend: &Lend) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let (pool, account) = (dense(lend.pool, PoolId), self.account(&lend.account)?);
        let number = self.next_number(account);
        let asset = |collateral: usize| dense(collateral + 1, AssetId);
        let command = match lend.asked {
            Asked::Supply(amount) => Command::Supply { pool, account, number, amount },
            Asked::Redeem(amount) => Command::Redeem { pool, account, number, amount },
            Asked::Pledge(of, amount) => {
                Command::Pledge { pool, account, number, asset: asset(of), amount }
            }
            Asked::Release(of, amount) => {
                Command::Release { pool, account, number, asset: asset(of), amount }
            }
            Asked::Borrow(amount) => Command::Borrow { pool, account, number, amount },
            Asked::Repay(amount) => Command::Repay { pool, account, number, amount },
            Asked::Liquidate(ref borrower, of, amount) => {
                let (borrower, liquidator) = (self.account(borrower)?, account);
                let asset = asset(of);
                Command::Liquidate { pool, borrower, liquidator, number, asset, amount }
            }
        };
        Ok(vec![(Actor::VENUE, Action::Lending(command))])
    }
}
