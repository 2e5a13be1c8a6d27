//! What is taken of a pool for a loss passes through its member's account: it pays for the loss at
//! once, and nothing else.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Broken, LENDING, LIQUIDITY};
use crate::engine::Event;
use crate::ids::{AccountId, LossId};
use crate::loss::{self, OwnMeans};
use crate::pools::{lending, liquidity};
use crate::units::Amount;

/// What the event before took.
#[derive(Clone, Debug, Default)]
pub(super) struct Passes {
    taken: Option<Taken>,
}

/// What was taken of which pool, for which loss.
#[derive(Clone, Debug)]
struct Taken {
    law: &'static str,
    pool: String,
    loss: LossId,
    rows: Vec<(AccountId, Amount)>,
}

impl Passes {
    /// Follows any event.
    pub(super) fn after(&mut self, event: &Event) -> Result<(), Broken> {
        let Some(taken) = self.taken.take() else {
            self.taken = taken_by(event);
            return Ok(());
        };
        if taken.is_paid_by(event) {
            return Ok(());
        }
        let Taken { law, pool, loss, .. } = taken;
        Err(Broken { law, detail: format!("{pool}: what was taken for loss {loss} strays") })
    }
}

fn taken_by(event: &Event) -> Option<Taken> {
    let (law, pool, loss, rows) = match event {
        Event::Lending(lending::Event::SupplyTaken { pool, loss, rows, .. }) => {
            (LENDING, format!("pool {pool}"), *loss, rows)
        }
        Event::Liquidity(liquidity::Event::ValueTaken { vault, loss, rows, .. }) => {
            (LIQUIDITY, format!("vault {vault}"), *loss, rows)
        }
        _ => return None,
    };
    let rows = rows.iter().map(|(account, amount, _)| (*account, *amount)).collect();
    Some(Taken { law, pool, loss, rows })
}

impl Taken {
    fn is_paid_by(&self, event: &Event) -> bool {
        match event {
            Event::Loss(loss::Event::SharesTaken { loss, shares, .. }) => {
                let paying = shares.iter().filter(|(_, share)| !share.is_zero());
                *loss == self.loss && paying.copied().eq(self.rows.iter().copied())
            }
            Event::Loss(loss::Event::OwnMeansTaken { loss, from, amount, .. }) => {
                let from = |account| OwnMeans::Account(account) == *from;
                let paid = |(account, of): &(AccountId, Amount)| from(*account) && of == amount;
                *loss == self.loss && self.rows.iter().all(paid)
            }
            _ => false,
        }
    }
}
