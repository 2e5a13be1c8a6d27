//! What may be asked of markets, what then happens, and why it may be refused.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Feeds, Flaw, MarketSpec, Party};
use crate::domain::ExitQueue;
use crate::ids::{AccountId, AssetId, CheckpointId, DomainId, FeedId, LossId, MarketId, Name};
use crate::incentive::FirstLossGap;
use crate::ledger::{Holder, Transfer};
use crate::oracle::Unfit;
use crate::pools::clearing::Bar;
use crate::units::{Amount, Price, Quantity, SignedAmount};

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// List a market.
    List {
        /// What it is.
        spec: Box<MarketSpec>,
    } = 1,
    /// New marks: all of them count at once.
    Mark {
        /// By market, each at most once.
        marks: Vec<(MarketId, Price)>,
    } = 2,
    /// Two parties traded, outside.
    Fill {
        /// Where.
        market: MarketId,
        /// The market's next fill number: higher than any before.
        number: u64,
        /// Who bought.
        buyer: Party,
        /// Who sold.
        seller: Party,
        /// How many lots, above zero.
        lots: Quantity,
        /// At what price.
        price: Price,
        /// What the buyer pays the venue.
        buyer_fee: Amount,
        /// What the seller pays the venue.
        seller_fee: Amount,
    } = 3,
    /// Each long lot owes each short lot so much more; below zero, the other way.
    Fund {
        /// Where.
        market: MarketId,
        /// In atoms.
        atoms_per_lot: i64,
    } = 4,
    /// A period ends: the prices are kept.
    EndPeriod = 5,
    /// An expired market, or one whose domain is in settlement, gets its last price.
    Settle {
        /// Which.
        market: MarketId,
        /// The settlement price; of an option, its underlying's.
        price: Price,
    } = 6,
    /// From now on a market's prices come from feeds.
    AttachFeeds {
        /// Which.
        market: MarketId,
        /// Its feeds.
        feeds: Feeds,
    } = 7,
    /// New marks from the markets' feeds, and from those of all collateral that can be liquidated
    /// at: all of them count at once.
    MarkFromFeeds {
        /// Which, each at most once.
        markets: Vec<MarketId>,
    } = 8,
}

/// An internal command of markets.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketDuty"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "duty", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "a duty names what it works on")]
#[repr(u8)]
pub enum Duty {
    /// A market has its last price: the next legs are paid out at it.
    PayOut { market: MarketId } = 1,
    /// An expired market, or one whose domain is in settlement, gets its last price from its
    /// feed.
    SettleFromFeed { market: MarketId } = 2,
    /// Marks of markets or collateral are a jump away from what their feeds are worth: all are
    /// taken from their feeds.
    MarkStrayed = 3,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command; each variant says its fact")]
#[repr(u8)]
pub enum Event {
    /// A market was listed.
    Listed {
        market: MarketId,
        spec: Box<MarketSpec>,
        /// It has no limits of steps: a gap may cost an account more than it holds.
        gaps_admitted: bool,
    } = 1,
    /// The marks moved; no balance did.
    Marked { marks: Vec<(MarketId, Price)> } = 2,
    /// Lots moved from seller to buyer, and lots x (price - F) atoms the other way.
    Filled {
        market: MarketId,
        domain: DomainId,
        asset: AssetId,
        number: u64,
        buyer: Party,
        seller: Party,
        lots: Quantity,
        price: Price,
        /// From buyer to seller, in atoms; below zero, the other way.
        cost: SignedAmount,
        buyer_fee: Amount,
        seller_fee: Amount,
    } = 3,
    /// Cumulative funding moved; no balance did.
    Funded { market: MarketId, atoms_per_lot: i64 } = 4,
    /// A period ended: a checkpoint, and the oldest one that may still be a reference.
    PeriodEnded { checkpoint: CheckpointId, of: Checkpoint, oldest: CheckpointId } = 5,
    /// A failed account's legs moved to the close-out book, with their entry costs.
    LegsTaken {
        loss: LossId,
        account: AccountId,
        /// The equity the book opens with.
        equity: SignedAmount,
        legs: Vec<(MarketId, Quantity)>,
    } = 6,
    /// A market got its last price: what a lot pays of it, in ticks and, funding included, in
    /// atoms.
    PriceSettled { market: MarketId, price: Price, pays: Price, lot_value: i64 } = 7,
    /// Legs were paid out at the last price: who held how many lots.
    PaidOut {
        market: MarketId,
        domain: DomainId,
        asset: AssetId,
        lot_value: i64,
        paid: Vec<(Party, Quantity)>,
    } = 8,
    /// A market's prices come from feeds.
    FeedsAttached { market: MarketId, feeds: Feeds } = 9,
}

impl Event {
    /// The loss whose book the event is about, if it is about one.
    pub(crate) fn loss(&self) -> Option<LossId> {
        match self {
            Self::LegsTaken { loss, .. } => Some(*loss),
            Self::Filled { buyer, seller, .. } => buyer.loss().or_else(|| seller.loss()),
            _ => None,
        }
    }

    /// Calls `visit` with each transfer of money the event makes, in order.
    #[inline]
    pub(crate) fn transfers(&self, visit: &mut impl FnMut(Transfer)) {
        if let Self::PaidOut { market, asset, lot_value, paid, .. } = self {
            for (party, lots) in paid {
                let value = i128::from(lots.lots()) * i128::from(*lot_value);
                let (party, clearing) = (party.holder(), Holder::Clearing(*market));
                let (from, to) = if value < 0 { (party, clearing) } else { (clearing, party) };
                let amount = Amount::new(value.unsigned_abs()).unwrap_or(Amount::MAX);
                if !amount.is_zero() {
                    visit(Transfer { asset: *asset, from, to, amount });
                }
            }
        }
        let Self::Filled { domain, asset, buyer, seller, cost, buyer_fee, seller_fee, .. } = *self
        else {
            return;
        };
        let (payer, payee) = if cost.is_negative() { (seller, buyer) } else { (buyer, seller) };
        let paid = Amount::new(cost.atoms().unsigned_abs()).unwrap_or(Amount::MAX);
        let fees = Holder::Fees(domain);
        for (from, to, amount) in [
            (payer.holder(), payee.holder(), paid),
            (buyer.holder(), fees, buyer_fee),
            (seller.holder(), fees, seller_fee),
        ] {
            if !amount.is_zero() {
                visit(Transfer { asset, from, to, amount });
            }
        }
    }
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "MarketRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such market.
    UnknownMarket { market: MarketId },
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The domain bears the losses of a pool alone.
    DomainOfPool { domain: DomainId },
    /// There is no such account.
    UnknownAccount { account: AccountId },
    /// There is no such close-out book, or it is flat.
    UnknownBook { loss: LossId },
    /// The domain has no waterfall for defaults: a hole would stand for ever.
    NoWaterfall { domain: DomainId },
    /// The name is in use.
    NameInUse { name: Name },
    /// The table is full.
    TooMany { what: &'static str },
    /// The market can never be right.
    Flaw { flaw: Flaw },
    /// The feed is none, or of another kind.
    WrongFeed { market: MarketId, feed: FeedId },
    /// The market's marks come from its feed.
    HasFeed { market: MarketId },
    /// The market has no feed of prices.
    NoFeed { market: MarketId },
    /// The feed's quality does not serve the purpose.
    Unfit { market: MarketId, unfit: Unfit },
    /// The market can be no underlying here: it is an option, of another domain, or has a date of
    /// its own where a future is to converge to it.
    NoUnderlying { market: MarketId },
    /// A market stands twice in one command.
    MarketTwice { market: MarketId },
    /// The price is zero, or above the largest the market admits.
    PriceOutOfRange { market: MarketId, price: Price, max: Price },
    /// Routes in force charge a higher penalty than the market admits.
    PenaltyAboveLimit { penalty: u32, max: u32 },
    /// The price lies further from the mark than one admitted step, in millionths of the mark: it
    /// is to be reached by several marks.
    StepAboveLimit { market: MarketId, from: Price, to: Price, max: u32 },
    /// The funding is more than one admitted step, in millionths of a lot's value at the mark.
    FundingStepAboveLimit { market: MarketId, atoms_per_lot: i64, lot: u64, max: u32 },
    /// The number was used before, or a higher one was.
    FillNumberNotNew { number: u64, last: u64 },
    /// Nothing was traded.
    ZeroLots,
    /// Buyer and seller are one.
    SameParty,
    /// The market has no mark yet.
    NoMark { market: MarketId },
    /// The price lies too far from the mark.
    OutsideBand { price: Price, mark: Price, band: u32 },
    /// All markets of an account are settled in one asset.
    OtherAsset { account: AccountId, asset: AssetId, held: AssetId },
    /// The account would hold more than the market admits.
    PositionAboveLimit { account: AccountId, lots: u64, max: u64 },
    /// More would be open than the market admits.
    OpenAboveLimit { lots: u64, max: u64 },
    /// A close-out book only reduces.
    BookWouldGrow { loss: LossId, holds: Quantity },
    /// The status accepts only what reduces positions.
    OnlyReduces { account: AccountId },
    /// Too much of what stands behind the domain is asked for by stakers: only what reduces
    /// positions, or takes over from a book or an account in liquidation.
    ExitQueueAboveLimit { queue: ExitQueue },
    /// The operator's first loss is short: as above.
    FirstLossShort { gap: FirstLossGap },
    /// The domain's clearing fund lets the account take on no more risk.
    Clearing { account: AccountId, bar: Bar },
    /// The mark is a jump away from what the market's feed is worth.
    MarkStrayed { market: MarketId },
    /// The account would stand below its initial margin.
    BelowInitialMargin { account: AccountId, equity: SignedAmount, initial: Amount },
    /// The account would reduce at a price that leaves it below zero, or further below its
    /// maintenance margin than it stood.
    DeepensShortfall { account: AccountId, equity: SignedAmount, maintenance: Amount },
    /// The account lost more than its cash, and collateral covers too much of it.
    LoanAboveLimit { account: AccountId, loan: Amount, max: Amount },
    /// The account's balance would pass the bound.
    BalanceAboveBound { account: AccountId },
    /// The market has its last price.
    AlreadySettled { market: MarketId },
    /// The market is not expired, and its domain not in settlement.
    NotExpired { market: MarketId },
    /// It is not due.
    NotDue,
    /// Cumulative funding would pass the bound.
    FundingAboveBound { funding: i64, max: u64 },
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownMarket { .. } => "unknown-market",
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::DomainOfPool { .. } => "domain-of-pool",
            Self::UnknownAccount { .. } => "unknown-account",
            Self::UnknownBook { .. } => "unknown-book",
            Self::NoWaterfall { .. } => "no-waterfall",
            Self::NameInUse { .. } => "name-in-use",
            Self::TooMany { .. } => "too-many",
            Self::Flaw { .. } => "flaw",
            Self::WrongFeed { .. } => "wrong-feed",
            Self::HasFeed { .. } => "has-feed",
            Self::NoFeed { .. } => "no-feed",
            Self::Unfit { .. } => "price-unfit",
            Self::NoUnderlying { .. } => "no-underlying",
            Self::MarketTwice { .. } => "market-twice",
            Self::PriceOutOfRange { .. } => "price-out-of-range",
            Self::PenaltyAboveLimit { .. } => "penalty-above-limit",
            Self::StepAboveLimit { .. } => "step-above-limit",
            Self::FundingStepAboveLimit { .. } => "funding-step-above-limit",
            Self::FillNumberNotNew { .. } => "fill-number-not-new",
            Self::ZeroLots => "zero-lots",
            Self::SameParty => "same-party",
            Self::NoMark { .. } => "no-mark",
            Self::OutsideBand { .. } => "outside-band",
            Self::OtherAsset { .. } => "other-asset",
            Self::PositionAboveLimit { .. } => "position-above-limit",
            Self::OpenAboveLimit { .. } => "open-above-limit",
            Self::BookWouldGrow { .. } => "book-would-grow",
            Self::OnlyReduces { .. } => "only-reduces",
            Self::Clearing { bar, .. } => bar.code(),
            Self::MarkStrayed { .. } => "mark-strayed",
            Self::ExitQueueAboveLimit { .. } => "exit-queue-above-limit",
            Self::FirstLossShort { .. } => "first-loss-short",
            Self::BelowInitialMargin { .. } => "below-initial-margin",
            Self::DeepensShortfall { .. } => "deepens-shortfall",
            Self::LoanAboveLimit { .. } => "loan-above-limit",
            Self::BalanceAboveBound { .. } => "balance-above-bound",
            Self::AlreadySettled { .. } => "already-settled",
            Self::NotExpired { .. } => "not-expired",
            Self::NotDue => "not-due",
            Self::FundingAboveBound { .. } => "funding-above-bound",
        }
    }
}

impl Rejection {
    /// What stands against one side of a fill, in words.
    fn fmt_side(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherAsset { account, asset, held } => write!(
                f,
                "account {account} trades in asset {held}; the market is settled in {asset}"
            ),
            Self::PositionAboveLimit { account, lots, max } => {
                write!(f, "account {account} would hold {lots} lots, allowed: {max}")
            }
            Self::OpenAboveLimit { lots, max } => {
                write!(f, "{lots} lots would be open, allowed: {max}")
            }
            Self::BookWouldGrow { loss, holds } => {
                write!(f, "the book of loss {loss} holds {holds} lots and only reduces")
            }
            Self::OnlyReduces { account } => {
                write!(f, "the status accepts only fills that reduce: account {account}")
            }
            Self::NoUnderlying { market } => write!(
                f,
                "market {market} is no underlying: name one of the same domain, for a future a \
                 perpetual, for an option no option"
            ),
            Self::Clearing { account, bar } => {
                write!(f, "account {account} may only reduce: {bar}")
            }
            Self::MarkStrayed { market } => {
                write!(f, "the mark of market {market} is a jump away from its feed: mark it first")
            }
            Self::ExitQueueAboveLimit { queue } => write!(f, "{queue}"),
            Self::FirstLossShort { gap } => write!(f, "{gap}"),
            Self::BelowInitialMargin { account, equity, initial } => write!(
                f,
                "account {account} would have opening equity {equity}, initial margin {initial}"
            ),
            Self::DeepensShortfall { account, equity, maintenance } => write!(
                f,
                "account {account} would have equity {equity}, maintenance margin {maintenance}"
            ),
            Self::LoanAboveLimit { account, loan, max } => {
                write!(f, "account {account} owes {loan} against collateral, allowed: {max}")
            }
            Self::BalanceAboveBound { account } => {
                write!(f, "the balance of account {account} would pass 10^30 atoms")
            }
            _ => f.write_str(self.code()),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMarket { market } => write!(f, "there is no market {market}"),
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::DomainOfPool { domain } => {
                write!(f, "domain {domain} bears the losses of a pool alone")
            }
            Self::UnknownAccount { account } => write!(f, "there is no account {account}"),
            Self::UnknownBook { loss } => write!(f, "loss {loss} has no open close-out book"),
            Self::NoWaterfall { domain } => {
                write!(f, "domain {domain} has no waterfall for defaults")
            }
            Self::NameInUse { name } => write!(f, "the name {name} is in use"),
            Self::TooMany { what } => write!(f, "there is no room for more {what}"),
            Self::Flaw { flaw } => flaw.fmt(f),
            Self::WrongFeed { market, feed } => {
                write!(f, "feed {feed} is not of the kind that market {market} needs")
            }
            Self::HasFeed { market } => write!(f, "market {market} is marked from its feed"),
            Self::NoFeed { market } => write!(f, "market {market} has no feed of prices"),
            Self::Unfit { market, unfit } => write!(f, "market {market}: {unfit}"),
            Self::MarketTwice { market } => write!(f, "market {market} stands twice"),
            Self::PriceOutOfRange { market, price, max } => {
                write!(f, "market {market}: a price of {price} ticks, allowed: 1 to {max}")
            }
            Self::PenaltyAboveLimit { penalty, max } => {
                write!(f, "routes in force charge {penalty} millionths, the market admits {max}")
            }
            Self::StepAboveLimit { market, from, to, max } => write!(
                f,
                "market {market}: from {from} to {to} is more than {max} millionths in one step"
            ),
            Self::FundingStepAboveLimit { market, atoms_per_lot, lot, max } => write!(
                f,
                "market {market}: {atoms_per_lot} atoms are more than {max} millionths of a \
                 lot of {lot}"
            ),
            Self::FillNumberNotNew { number, last } => {
                write!(f, "fill {number} is not above the last one, {last}")
            }
            Self::ZeroLots => f.write_str("a fill of no lots, allowed: 1 to 10^15"),
            Self::SameParty => f.write_str("buyer and seller are one"),
            Self::NoMark { market } => write!(f, "market {market} has no mark yet"),
            Self::OutsideBand { price, mark, band } => {
                write!(f, "price {price} is more than {band} millionths from the mark {mark}")
            }
            Self::AlreadySettled { market } => write!(f, "market {market} has its last price"),
            Self::NotExpired { market } => {
                write!(f, "market {market} is not expired, nor its domain in settlement")
            }
            Self::NotDue => f.write_str("this is not due"),
            Self::FundingAboveBound { funding, max } => {
                write!(f, "cumulative funding would be {funding} atoms a lot, allowed: {max}")
            }
            _ => self.fmt_side(f),
        }
    }
}
