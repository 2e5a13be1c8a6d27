//! Events of lending pools.

use rhodian_core::units::Amount;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::read::unknown;
use crate::venue_file::asked::Do;
use crate::venue_file::model::What;
use crate::venue_file::pools::{Asked, Lend, Pool};

impl Reader<'_> {
    /// The pool; the only one where nothing is said.
    fn pool(&self) -> Result<usize, Diagnostic> {
        let pools = self.known.pools;
        let name = |pool: &Pool| pool.spec.name.as_str().to_owned();
        let Some(at) = &self.shape.pool else {
            return match pools.len() {
                1 => Ok(0),
                0 => {
                    let (message, help) = ("there is no pool", "add [[pool]] with name and fund.");
                    Err(self.words.refuse("pool-none", message, help, self.place, "a pool"))
                }
                _ => {
                    let (message, help) = ("which pool?", "add pool = ... to the event.");
                    let names: Vec<String> = pools.iter().map(name).collect();
                    let code = "event-missing-pool";
                    Err(self.words.refuse(code, message, help, self.place, names.join(", ")))
                }
            };
        };
        pools.iter().position(|pool| name(pool) == at.value).ok_or_else(|| {
            let names: Vec<String> = pools.iter().map(name).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            unknown(self.words, at, "pool", &names)
        })
    }

    /// An amount where one is given, above zero.
    pub(super) fn some(&self) -> Result<Option<Amount>, Diagnostic> {
        let amount = self.shape.amount.as_ref();
        amount.map(|at| self.words.amount(at, "amount", 1)).transpose()
    }

    pub(super) fn lend(&self, word: Do) -> Result<What, Diagnostic> {
        let (pool, account) = (self.pool()?, self.text("account", &self.shape.account)?);
        let pledge = || {
            self.need("asset", &self.shape.asset)?;
            let (asset, amount) = self.money()?;
            Ok((asset - 1, amount))
        };
        let asked = match word {
            Do::Supply => Asked::Supply(self.amount()?),
            Do::Redeem => Asked::Redeem(self.some()?),
            Do::Borrow => Asked::Borrow(self.amount()?),
            Do::Repay => Asked::Repay(self.some()?),
            Do::Pledge => {
                let (asset, amount) = pledge()?;
                Asked::Pledge(asset, amount)
            }
            Do::Release => {
                let (asset, amount) = pledge()?;
                Asked::Release(asset, amount)
            }
            // What is repaid is in the settled asset, for a collateral that is named.
            _ => {
                let borrower = self.text("from", &self.shape.from)?;
                Asked::Liquidate(borrower, self.collateral()?, self.amount()?)
            }
        };
        Ok(What::Lend(Lend { pool, account, asked }))
    }
}
