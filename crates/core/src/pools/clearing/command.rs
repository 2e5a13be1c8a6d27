//! What may be asked of clearing funds, and what then happens.

use alloc::boxed::Box;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{FundSpec, SizedMember};
use crate::ids::{AccountId, AssetId, ClearingId, LossId, OwnerId, Time};
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Open a fund.
    Open {
        /// What it is.
        spec: Box<FundSpec>,
    } = 1,
    /// An account's owner becomes a member; he contributes by staking in the fund's layer.
    Join {
        /// The fund.
        fund: ClearingId,
        /// The account that contributes; its owner accepted the terms of the fund's domain.
        account: AccountId,
        /// The account's next number.
        number: u64,
    } = 2,
    /// A member gives notice: it stands.
    Leave {
        /// The fund.
        fund: ClearingId,
        /// The account that contributes.
        account: AccountId,
        /// The account's next number.
        number: u64,
    } = 3,
    /// Size the fund now, before its period is over.
    Size {
        /// The fund.
        fund: ClearingId,
    } = 4,
    /// A member answers for another owner's account from now on, and holds it apart: a client.
    Clear {
        /// The fund.
        fund: ClearingId,
        /// The client's account.
        account: AccountId,
        /// The member's account.
        member: AccountId,
    } = 5,
    /// A client that holds nothing in the domain is one no longer.
    Release {
        /// The fund.
        fund: ClearingId,
        /// The client's account.
        account: AccountId,
    } = 6,
    /// A client goes to another member, who answers for it from now on.
    Port {
        /// The fund.
        fund: ClearingId,
        /// The client's account.
        account: AccountId,
        /// The other member's account.
        member: AccountId,
    } = 7,
    /// Members may bid for the close-out book of a loss.
    Auction {
        /// The fund.
        fund: ClearingId,
        /// The loss, of the fund's domain.
        loss: LossId,
        /// The most that is paid for taking the book at the marks.
        most: Amount,
    } = 8,
    /// A member bids for a book; a later bid of his stands for the earlier.
    Bid {
        /// The fund.
        fund: ClearingId,
        /// The loss.
        loss: LossId,
        /// The member's account, which takes the legs if he wins.
        account: AccountId,
        /// The account's next number.
        number: u64,
        /// What he asks to be paid for taking all of the book at the marks.
        asks: Amount,
    } = 9,
}

/// An internal command of clearing funds.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A period is over: the fund is sized again.
    Size { fund: ClearingId } = 1,
    /// Nobody took a client of a member in default in time: its account is closed out.
    CloseOut { fund: ClearingId, account: AccountId } = 2,
    /// The time to bid for a book is over, or nothing of it is left.
    EndAuction { fund: ClearingId, loss: LossId } = 3,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ClearingEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A fund was opened.
    Opened { fund: ClearingId, spec: Box<FundSpec> } = 1,
    /// An owner became a member: he is to contribute `required` until `due`.
    Joined {
        fund: ClearingId,
        account: AccountId,
        number: u64,
        owner: OwnerId,
        /// What the fund contributes in.
        asset: AssetId,
        required: Amount,
        due: Time,
    } = 2,
    /// A member gave notice: he answers for what is detected until then.
    NoticeGiven { fund: ClearingId, account: AccountId, number: u64, until: Time } = 3,
    /// The fund was sized: what each scenario would cost beyond margins, what all are to contribute
    /// and each of it, until `due` where he is called for more than he has.
    Sized {
        fund: ClearingId,
        /// What the fund contributes in.
        asset: AssetId,
        uncovered: Vec<Amount>,
        size: Amount,
        due: Time,
        members: Vec<SizedMember>,
    } = 4,
    /// A member answers for a client from now on.
    Cleared { fund: ClearingId, account: AccountId, member: AccountId } = 5,
    /// A client is one no longer.
    Released { fund: ClearingId, account: AccountId } = 6,
    /// A client went to another member.
    Ported { fund: ClearingId, account: AccountId, from: AccountId, member: AccountId } = 7,
    /// Nobody took a client of a member in default in time: what it holds is closed out, as the
    /// loss that follows; what is left is the client's.
    ClosedOut { fund: ClearingId, account: AccountId } = 8,
    /// Members may bid for a book until then.
    AuctionOpened { fund: ClearingId, loss: LossId, most: Amount, until: Time } = 9,
    /// A member bid for a book.
    Bid { fund: ClearingId, loss: LossId, account: AccountId, number: u64, asks: Amount } = 10,
    /// An auction is over: who takes the book, if anybody, for what; and what of each member's
    /// contribution pays first for the loss, in millionths.
    AuctionEnded {
        fund: ClearingId,
        loss: LossId,
        winner: Option<(AccountId, Amount)>,
        junior: Vec<(AccountId, u32)>,
    } = 11,
}

impl Event {
    /// The fund.
    #[must_use]
    pub const fn fund(&self) -> ClearingId {
        match self {
            Self::Opened { fund, .. }
            | Self::Joined { fund, .. }
            | Self::NoticeGiven { fund, .. }
            | Self::Sized { fund, .. }
            | Self::Cleared { fund, .. }
            | Self::Released { fund, .. }
            | Self::Ported { fund, .. }
            | Self::ClosedOut { fund, .. }
            | Self::AuctionOpened { fund, .. }
            | Self::Bid { fund, .. }
            | Self::AuctionEnded { fund, .. } => *fund,
        }
    }

    /// The account whose number it uses up, and the number.
    pub(crate) const fn numbered(&self) -> Option<(AccountId, u64)> {
        match self {
            Self::Joined { account, number, .. }
            | Self::NoticeGiven { account, number, .. }
            | Self::Bid { account, number, .. } => Some((*account, *number)),
            _ => None,
        }
    }

    /// The loss it is about, if it is about one.
    pub(crate) const fn loss(&self) -> Option<LossId> {
        match self {
            Self::AuctionOpened { loss, .. }
            | Self::Bid { loss, .. }
            | Self::AuctionEnded { loss, .. } => Some(*loss),
            _ => None,
        }
    }
}
