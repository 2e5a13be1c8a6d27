//! The money each loss event moves: both sides, by name.

use super::{Event, OwnMeans, PoolHolder, RemainderTo};
use crate::ids::{AccountId, AssetId, LossId};
use crate::ledger::{Holder, Transfer};
use crate::units::Amount;

impl Event {
    pub(crate) fn transfers(&self, visit: &mut dyn FnMut(Transfer)) {
        match self {
            Self::SharesTaken { loss, asset, shares, .. } => {
                for (account, amount) in shares {
                    let from = Holder::Account(*account);
                    let to = Holder::Unsettled(*loss);
                    visit(Transfer { asset: *asset, from, to, amount: *amount });
                }
            }
            Self::RanksSettled { domain, asset, rows, .. } => {
                for (account, amount) in rows {
                    let from = Holder::Account(*account);
                    let to = Holder::Uncovered(*domain);
                    visit(Transfer { asset: *asset, from, to, amount: *amount });
                }
            }
            Self::NoticeSettled { .. } | Self::ChallengeSettled { .. } => self.of_bonds(visit),
            Self::PoolRepaid { loss, asset, to, amount, rows, .. } => {
                pool_repaid(*loss, *asset, *to, *amount, rows, visit);
            }
            Self::TakenOver { loss, account, asset, held, owed, .. } => {
                let (book, account) = (Holder::Book(*loss), Holder::Account(*account));
                visit(Transfer { asset: *asset, from: account, to: book, amount: *held });
                visit(Transfer { asset: *asset, from: book, to: account, amount: *owed });
            }
            _ => {
                if let Some(transfer) = self.transfer() {
                    visit(transfer);
                }
            }
        }
    }

    /// What goes back of a bond, what of it the pot gets, and what the account is paid.
    fn of_bonds(&self, visit: &mut dyn FnMut(Transfer)) {
        let (Self::NoticeSettled {
            domain, account, asset, pot, returned, forfeited, bounty, ..
        }
        | Self::ChallengeSettled {
            domain,
            account,
            asset,
            pot,
            returned,
            forfeited,
            bounty,
            ..
        }) = *self
        else {
            return;
        };
        let (bonds, pot) = (Holder::Bonds(domain), Holder::Layer(pot));
        let of_bond = matches!(self, Self::ChallengeSettled { of_bond: true, .. });
        let payer = if of_bond { bonds } else { pot };
        let account = Holder::Account(account);
        let rows = [(bonds, account, returned), (bonds, pot, forfeited), (payer, account, bounty)];
        for (from, to, amount) in rows.into_iter().filter(|(.., amount)| !amount.is_zero()) {
            visit(Transfer { asset, from, to, amount });
        }
    }

    /// The one transfer of an event that moves money once.
    fn transfer(&self) -> Option<Transfer> {
        let (asset, from, to, amount) = match *self {
            Self::LossMeasured { loss, asset, shortfall, from_book, .. } => {
                let to = if from_book { Holder::Book(loss) } else { Holder::World };
                (asset, Holder::Suspense(loss), to, shortfall)
            }
            Self::RemainderReturned { loss, account, asset, amount, .. } => {
                (asset, Holder::Book(loss), Holder::Account(account), amount)
            }
            Self::DebtReturned { loss, account, asset, amount } => {
                (asset, Holder::Account(account), Holder::Book(loss), amount)
            }
            Self::RemainderMoved { loss, other, asset, amount, to, .. } => {
                (asset, Holder::Book(loss), remainder_to(to, other), amount)
            }
            Self::MarginTaken { loss, asset, from, amount }
            | Self::OwnMeansTaken { loss, asset, from, amount } => {
                (asset, own_means(from, loss)?, Holder::Suspense(loss), amount)
            }
            Self::PotDrawn { loss, layer, asset, amount, .. } => {
                (asset, Holder::Layer(layer), Holder::Suspense(loss), amount)
            }
            Self::LossDivided { loss, asset, amount, .. } => {
                (asset, Holder::Unsettled(loss), Holder::Suspense(loss), amount)
            }
            Self::ShareTouched { loss, asset, account, amount, .. } => {
                (asset, Holder::Account(account), Holder::Unsettled(loss), amount)
            }
            Self::DrawPaid { loss, asset, account, amount, .. } => {
                let from = account.map_or(Holder::World, Holder::Account);
                (asset, from, Holder::Suspense(loss), amount)
            }
            Self::ProceedsPaid { loss, asset, account, amount, .. } => {
                (asset, Holder::Account(account), Holder::Suspense(loss), amount)
            }
            Self::UncoveredBooked { loss, domain, asset, amount } => {
                (asset, Holder::Uncovered(domain), Holder::Suspense(loss), amount)
            }
            Self::RecoveryReceived { loss, asset, amount, .. } => {
                (asset, Holder::World, Holder::Recovery(loss), amount)
            }
            Self::IncomeReceived { layer, asset, amount, .. } => {
                (asset, Holder::World, Holder::Layer(layer), amount)
            }
            Self::FeesReceived { domain, layer, asset, amount, .. } => {
                (asset, Holder::Fees(domain), Holder::Layer(layer), amount)
            }
            Self::DebtPaid { layer, domain, asset, amount, .. } => {
                (asset, Holder::Layer(layer), Holder::Uncovered(domain), amount)
            }
            Self::IncomeToClaims { loss, layer, asset, amount } => {
                (asset, Holder::Layer(layer), Holder::Recovery(loss), amount)
            }
            Self::ResidueBooked { loss, domain, asset, amount } => {
                (asset, Holder::Unsettled(loss), Holder::Residue(domain), amount)
            }
            Self::ResidueUsed { loss, domain, asset, amount } => {
                (asset, Holder::Residue(domain), Holder::Unsettled(loss), amount)
            }
            _ => return self.of_what_is_kept(),
        };
        Some(Transfer { asset, from, to, amount })
    }

    /// The transfer of what is kept for later: results of books, and what was ceded.
    fn of_what_is_kept(&self) -> Option<Transfer> {
        let (asset, from, to, amount) = match *self {
            Self::ResultKept { loss, domain, asset, amount } => {
                (asset, Holder::Book(loss), Holder::Results(domain), amount)
            }
            Self::ResultNetted { loss, domain, asset, amount } => {
                (asset, Holder::Results(domain), Holder::Suspense(loss), amount)
            }
            Self::ResultToClaims { loss, domain, asset, amount } => {
                (asset, Holder::Results(domain), Holder::Recovery(loss), amount)
            }
            Self::ResultToFund { domain, layer, asset, amount } => {
                (asset, Holder::Results(domain), Holder::Layer(layer), amount)
            }
            Self::ClaimCeded { loss, account, asset, amount, .. } => {
                (asset, Holder::Account(account), Holder::Ceded(loss), amount)
            }
            Self::MeansCeded { loss, account, asset, amount } => {
                (asset, Holder::Account(account), Holder::Ceded(loss), amount)
            }
            Self::NoticeGiven { domain, account, asset, bond, .. }
            | Self::Challenged { domain, account, asset, bond, .. } => {
                (asset, Holder::Account(account), Holder::Bonds(domain), bond)
            }
            Self::CededMoved { loss, other, asset, amount } => {
                (asset, Holder::Ceded(loss), Holder::Ceded(other), amount)
            }
            Self::CededPaid { loss, asset, amount, to } => {
                (asset, Holder::Ceded(loss), remainder_to(to, loss), amount)
            }
            Self::CededReturned { loss, account, asset, amount } => {
                (asset, Holder::Ceded(loss), Holder::Account(account), amount)
            }
            _ => return None,
        };
        Some(Transfer { asset, from, to, amount })
    }
}

/// Margin that is in the book already does not move again: the book's shortfall is net of it.
const fn own_means(from: OwnMeans, loss: LossId) -> Option<Holder> {
    match from {
        OwnMeans::Account(account) => Some(Holder::Account(account)),
        OwnMeans::Stake { layer, .. } => Some(Holder::Layer(layer)),
        OwnMeans::Reward { layer, .. } => Some(Holder::Rewards(layer)),
        OwnMeans::Ceded => Some(Holder::Ceded(loss)),
        OwnMeans::Book => None,
    }
}

const fn remainder_to(to: RemainderTo, other: LossId) -> Holder {
    match to {
        RemainderTo::Book => Holder::Book(other),
        RemainderTo::Suspense => Holder::Suspense(other),
        RemainderTo::Claims => Holder::Recovery(other),
    }
}

fn pool_repaid(
    loss: LossId,
    asset: AssetId,
    to: PoolHolder,
    amount: Amount,
    rows: &[(u32, AccountId, Amount)],
    visit: &mut dyn FnMut(Transfer),
) {
    let from = Holder::Recovery(loss);
    match to {
        PoolHolder::Members => {
            for (_, account, amount) in rows {
                let to = Holder::Account(*account);
                visit(Transfer { asset, from, to, amount: *amount });
            }
        }
        PoolHolder::Layer(layer) => {
            visit(Transfer { asset, from, to: Holder::Layer(layer), amount });
        }
        PoolHolder::Uncovered(domain) => {
            visit(Transfer { asset, from, to: Holder::Uncovered(domain), amount });
        }
        PoolHolder::Results(domain) => {
            visit(Transfer { asset, from, to: Holder::Results(domain), amount });
        }
    }
}
