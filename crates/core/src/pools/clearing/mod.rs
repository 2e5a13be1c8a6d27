//! Clearing funds: the members of a loss domain put contributions together, sized so that the
//! largest of them may fail at once under stress, and answer for their clients.
//!
//! Contributions are stakes in a layer of the domain's waterfall: the failed member's own are his
//! own means, the others' pay where the waterfall says so. What is called beyond them is a layer of
//! assessments, whose members and caps this area states; from there the waterfall runs, which
//! knows nothing of members.
//!
//! The fund is sized again each period, as large as the worst scenario asks, and each member's part
//! follows what he could lose beyond his margin. Who is called and has not paid opens no risk. Who
//! gave notice answers for what is detected until it is over.

mod assess;
mod auction;
mod clients;
mod command;
mod decide;
mod duty;
mod evolve;
mod rejection;
mod size;
mod spec;
mod standing;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Serialize;

pub use auction::{Auction, AuctionEnd};
pub use clients::Client;
pub use command::{Command, Duty, Event};
pub(crate) use decide::decide;
pub(crate) use duty::{decide_duty, duty};
pub use rejection::Rejection;
pub use size::{SizedMember, Sizing};
pub use spec::{Assessment, Flaw, FundSpec, MAX_MEMBERS, Scenario};
pub use standing::Bar;

use crate::ids::{AccountId, ClearingId, DomainId, LayerId, LossId, OwnerId, Time};
use crate::units::Amount;

/// A member's notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingNotice"))]
pub struct Notice {
    /// When it was given.
    pub given: Time,
    /// Until when he answers for losses that are detected.
    pub until: Time,
}

/// A member of a fund.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingMember"))]
pub struct Member {
    /// Whose account it is: all that he holds counts.
    pub owner: OwnerId,
    /// Since when.
    pub joined: Time,
    /// What he is to contribute, by the last sizing.
    pub required: Amount,
    /// What he and his clients could lose beyond their margins, in the mean of the scenarios at the
    /// last sizing, rounded up.
    pub stressed: Amount,
    /// Until when he is to pay what he is called for; nothing where he contributed it.
    pub due: Option<Time>,
    /// His notice.
    pub notice: Option<Notice>,
    /// Since when he is in default.
    pub failed: Option<Time>,
    /// What he paid of assessments, and when: as far back as a cap counts it.
    pub assessed: Vec<(Time, Amount)>,
}

/// A clearing fund.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fund {
    /// As it was opened.
    pub spec: FundSpec,
    /// The members, by the account that contributes.
    pub members: BTreeMap<AccountId, Member>,
    /// Clients, by account.
    pub clients: BTreeMap<AccountId, Client>,
    /// Auctions of books, by their losses.
    pub auctions: BTreeMap<LossId, Auction>,
    /// What all are to contribute, by the last sizing and who came or left since.
    pub size: Amount,
    /// What each scenario would cost beyond margins, the largest members failing at once.
    pub uncovered: Vec<Amount>,
    /// When it was sized.
    pub sized: Time,
}

impl Fund {
    /// The member that `owner` is, with the account that contributes.
    #[must_use]
    pub fn member_of(&self, owner: OwnerId) -> Option<(AccountId, &Member)> {
        let mut members = self.members.iter();
        members.find(|(_, member)| member.owner == owner).map(|(account, of)| (*account, of))
    }

    /// The scenario that asks most, by its place; nothing where none asks anything.
    #[must_use]
    pub fn worst(&self) -> Option<usize> {
        size::worst(&self.uncovered)
    }
}

/// The area's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Clearing {
    pub(crate) funds: Vec<Fund>,
}

impl Clearing {
    /// The fund `id`.
    #[must_use]
    pub fn fund(&self, id: ClearingId) -> Option<&Fund> {
        self.funds.get(id.index())
    }

    /// Every fund, in id order.
    pub fn funds(&self) -> impl Iterator<Item = (ClearingId, &Fund)> {
        let funds = self.funds.iter().enumerate();
        funds.filter_map(|(place, fund)| Some((ClearingId::at(place)?, fund)))
    }

    /// The fund of `domain`: a domain has one at most.
    #[must_use]
    pub fn in_domain(&self, domain: DomainId) -> Option<(ClearingId, &Fund)> {
        self.funds().find(|(_, fund)| fund.spec.domain == domain)
    }

    /// The fund whose contributions are the stakes in `layer`.
    #[must_use]
    pub fn of_layer(&self, layer: LayerId) -> Option<(ClearingId, &Fund)> {
        self.funds().find(|(_, fund)| fund.spec.layer == layer)
    }

    /// The fund whose members `layer` assesses.
    #[must_use]
    pub fn assessed_by(&self, layer: LayerId) -> Option<(ClearingId, &Fund)> {
        self.funds().find(|(_, fund)| fund.spec.assessment.is_some_and(|of| of.layer == layer))
    }
}
