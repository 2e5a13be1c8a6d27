//! The double-entry ledger. Every transfer names both sides, so the balances of an asset sum to
//! zero after every event; the outside world is a holder like any other. A loss cannot vanish
//! because there is nowhere for it to go.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, AssetId, CoverPoolId, DomainId, LayerId, LossId, MarketId, PoolId};
use crate::units::{Amount, SignedAmount};

/// Who holds a balance.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Holder {
    /// Outside the venue. Its balance is minus what the venue must hold.
    World = 0,
    /// A participant's account.
    Account(AccountId) = 1,
    /// The pot of a layer.
    Layer(LayerId) = 2,
    /// The close-out book of a loss.
    Book(LossId) = 3,
    /// A loss between its measurement and its settlement: negative by what is still to absorb.
    Suspense(LossId) = 4,
    /// What came back for a loss and is on its way to those who bore it.
    Recovery(LossId) = 5,
    /// The debt of a domain that no step absorbed: negative while it stands.
    Uncovered(DomainId) = 6,
    /// What rounding up collected too much, where shares are taken on touch.
    Residue(DomainId) = 7,
    /// Shares divided and not yet taken, by loss: negative until every account has paid.
    Unsettled(LossId) = 8,
    /// What participants paid the venue for trades in a domain.
    Fees(DomainId) = 9,
    /// What goes through while the legs of a settled market are paid out: zero when all are.
    Clearing(MarketId) = 10,
    /// What books of a domain came out above the margin they opened with: it nets with what the
    /// domain's other books lost.
    Results(DomainId) = 11,
    /// A pool: its cash, and what was pledged to it in other assets.
    Pool(PoolId) = 12,
    /// What came back to a failed owner for losses of others, and is for those who bear this one.
    Ceded(LossId) = 13,
    /// What stakers of a layer earned and have not taken.
    Rewards(LayerId) = 14,
    /// A cover pool: premia it has not earned yet, and what it is owed or has for claims.
    Cover(CoverPoolId) = 15,
    /// Where new tokens come from and burned ones go: minus what was issued, less what was burned.
    Issued = 17,
    /// What stakers of a layer are to be paid by time, and have not earned yet.
    Pay(LayerId) = 20,
    /// The bonds of those who gave notice of an event in a domain, or challenged a report.
    Bonds(DomainId) = 18,
}

/// One movement of money.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transfer {
    /// The asset.
    pub asset: AssetId,
    /// Whose balance falls.
    pub from: Holder,
    /// Whose balance rises.
    pub to: Holder,
    /// By how many atoms.
    pub amount: Amount,
}

/// The balances of every asset, dense by the ids of the holders.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    assets: Vec<Balances>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Balances {
    /// Indexed by the kind of holder, then by its id.
    by_kind: [Vec<SignedAmount>; KINDS],
}

const KINDS: usize = 19;

/// The kind and the place of a holder in [`Balances`].
const fn slot(holder: Holder) -> (usize, usize) {
    match holder {
        Holder::World => (0, 0),
        Holder::Account(id) => (1, id.index()),
        Holder::Layer(id) => (2, id.index()),
        Holder::Book(id) => (3, id.index()),
        Holder::Suspense(id) => (4, id.index()),
        Holder::Recovery(id) => (5, id.index()),
        Holder::Uncovered(id) => (6, id.index()),
        Holder::Residue(id) => (7, id.index()),
        Holder::Unsettled(id) => (8, id.index()),
        Holder::Fees(id) => (9, id.index()),
        Holder::Clearing(id) => (10, id.index()),
        Holder::Results(id) => (11, id.index()),
        Holder::Pool(id) => (12, id.index()),
        Holder::Ceded(id) => (13, id.index()),
        Holder::Rewards(id) => (14, id.index()),
        Holder::Cover(id) => (15, id.index()),
        Holder::Issued => (16, 0),
        Holder::Pay(id) => (17, id.index()),
        Holder::Bonds(id) => (18, id.index()),
    }
}

/// The holder at a kind and place; the inverse of [`slot`].
fn holder(kind: usize, place: usize) -> Option<Holder> {
    let id = u32::try_from(place).ok()?;
    Some(match kind {
        0 => Holder::World,
        1 => Holder::Account(AccountId(id)),
        2 => Holder::Layer(LayerId(id)),
        3 => Holder::Book(LossId(id)),
        4 => Holder::Suspense(LossId(id)),
        5 => Holder::Recovery(LossId(id)),
        6 => Holder::Uncovered(DomainId(id)),
        7 => Holder::Residue(DomainId(id)),
        8 => Holder::Unsettled(LossId(id)),
        9 => Holder::Fees(DomainId(id)),
        10 => Holder::Clearing(MarketId(id)),
        11 => Holder::Results(DomainId(id)),
        12 => Holder::Pool(PoolId(id)),
        13 => Holder::Ceded(LossId(id)),
        14 => Holder::Rewards(LayerId(id)),
        15 => Holder::Cover(CoverPoolId(id)),
        16 => Holder::Issued,
        17 => Holder::Pay(LayerId(id)),
        18 => Holder::Bonds(DomainId(id)),
        _ => return None,
    })
}

impl Ledger {
    /// The balance of `holder`; zero where nothing ever moved.
    #[must_use]
    pub fn balance(&self, asset: AssetId, holder: Holder) -> SignedAmount {
        let (kind, place) = slot(holder);
        self.assets
            .get(asset.index())
            .and_then(|balances| balances.by_kind[kind].get(place))
            .copied()
            .unwrap_or(SignedAmount::ZERO)
    }

    /// What `holder` holds, in atoms; nothing when it owes.
    #[must_use]
    pub fn held(&self, asset: AssetId, holder: Holder) -> Amount {
        self.balance(asset, holder).held().unwrap_or(Amount::MAX)
    }

    /// What `holder` owes, in atoms; nothing when it holds.
    #[must_use]
    pub fn owed(&self, asset: AssetId, holder: Holder) -> Amount {
        self.balance(asset, holder).owed().unwrap_or(Amount::MAX)
    }

    /// Moves money. It cannot fail: `decide` checked the bounds before the event was made.
    pub(crate) fn apply(&mut self, transfer: &Transfer) {
        self.add(transfer.asset, transfer.from, transfer.amount, true);
        self.add(transfer.asset, transfer.to, transfer.amount, false);
    }

    /// Adds money from nowhere, so that tests can see the laws fire.
    #[cfg(test)]
    pub(crate) fn spoil(&mut self, asset: AssetId, holder: Holder, amount: Amount) {
        self.add(asset, holder, amount, false);
    }

    fn add(&mut self, asset: AssetId, holder: Holder, amount: Amount, negative: bool) {
        let (kind, place) = slot(holder);
        let found = self.assets.get_mut(asset.index());
        if let Some(balance) = found.and_then(|of| of.by_kind[kind].get_mut(place)) {
            *balance = balance.moved(amount, negative);
            return;
        }
        // The first time.
        if self.assets.len() <= asset.index() {
            self.assets.resize_with(asset.index() + 1, Balances::default);
        }
        let column = &mut self.assets[asset.index()].by_kind[kind];
        column.resize(place + 1, SignedAmount::ZERO);
        column[place] = SignedAmount::ZERO.moved(amount, negative);
    }

    /// The sum over all holders of `asset`, in atoms: zero, by INV-01.
    #[must_use]
    pub fn trial(&self, asset: AssetId) -> i128 {
        self.holders(asset).map(|(_, balance)| balance.atoms()).sum()
    }

    /// Every holder of `asset` whose balance is not zero, in the order of kinds and ids.
    pub fn holders(&self, asset: AssetId) -> impl Iterator<Item = (Holder, SignedAmount)> + '_ {
        self.assets.get(asset.index()).into_iter().flat_map(|balances| {
            balances.by_kind.iter().enumerate().flat_map(|(kind, column)| {
                column.iter().enumerate().filter_map(move |(place, balance)| {
                    let holder = holder(kind, place)?;
                    (*balance != SignedAmount::ZERO).then_some((holder, *balance))
                })
            })
        })
    }

    /// The number of assets that ever moved.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.assets.len()
    }
}
