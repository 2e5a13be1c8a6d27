//! The words that events of a venue file ask with.

use super::bounty::Watched;
use super::clearing::Clear;
use super::cover::Insure;
use super::incentive::Pay;
use super::issuance::Issue;
use super::model::What;
use super::pools::Asked;
use super::protections::Provide;
use super::vaults::Asked as Held;

/// What an event asks, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    /// A new account.
    OpenAccount,
    /// Money comes in.
    Deposit,
    /// Money leaves.
    Withdraw,
    /// Money moves between accounts.
    Transfer,
    /// A stake in a layer.
    Stake,
    /// An account asks for its stake: it leaves when the cooldown is over and no loss is known that
    /// may draw on the layer.
    Unstake,
    /// Those who are staked in a layer earn.
    Reward,
    /// An account takes what it earned.
    TakeReward,
    /// The operator pays into a pot.
    PayIn,
    /// A new mark.
    Mark,
    /// A trade.
    Fill,
    /// Longs pay shorts.
    Funding,
    /// A period ends.
    EndPeriod,
    /// A market's last price.
    Settle,
    /// An account is declared in default.
    DeclareDefault,
    /// A loss that was measured outside.
    ReportLoss,
    /// A second approver agrees.
    ApproveLoss,
    /// A challenge succeeds.
    DismissLoss,
    /// Money for a pending draw.
    PayDraw,
    /// Money came back for a loss.
    Recover,
    /// A fund earns.
    FundIncome,
    /// Fees of trades become a fund's.
    FundFees,
    /// A status of a domain or the venue.
    SetStatus,
    /// A bidder takes a part of what is in auction.
    Bid,
    /// A source says a value.
    Report,
    /// Markets are marked at their feeds' values.
    MarkFromFeeds,
    /// Values of a feed were wrong for a time.
    DeclarePriceError,
    /// A new price of a collateral.
    MarkCollateral,
    /// Collateral of a failed account was sold.
    SellCollateral,
    /// Somebody buys collateral of an account that owes too much.
    ConvertCollateral,
    /// An account lends to a pool.
    Supply,
    /// A lender takes out.
    Redeem,
    /// Collateral is pledged for a loan.
    Pledge,
    /// Collateral comes back.
    Release,
    /// An account borrows from a pool.
    Borrow,
    /// A borrower repays.
    Repay,
    /// Somebody repays for a borrower and gets collateral.
    Liquidate,
    /// An account puts money into a vault.
    Enter,
    /// A holder asks to leave a vault.
    Leave,
    /// An account buys cover.
    BuyCover,
    /// Insured accounts lost by a risk.
    ReportIncident,
    /// A staker votes on claims.
    Vote,
    /// A low price claims what is covered.
    Trigger,
    /// An account's owner becomes a clearing member.
    JoinFund,
    /// A clearing member gives notice.
    LeaveFund,
    /// A clearing fund is sized now.
    SizeFund,
    /// A member answers for a client.
    ClearClient,
    /// A client is one no longer.
    ReleaseClient,
    /// A client goes to another member.
    PortClient,
    /// Members may bid for a book.
    OpenAuction,
    /// A member bids for a book.
    BidForBook,
    /// Liquidity that is protected was put into a pool outside.
    Protect,
    /// It was taken out.
    EndProtection,
    /// An account takes new tokens.
    TakeTokens,
    /// An account gives tokens for money of a surplus.
    SellTokens,
    /// Money comes into the pot that stakers are paid out of.
    FundPay,
    /// Stakers are paid no more; what is left of the pot goes to fees.
    EndPay,
    /// The house takes money of its own out of a layer.
    TakeOut,
    /// A risk figure is measured anew.
    Measure,
    /// An account gives notice of an event.
    Notice,
    /// An account challenges a report.
    Challenge,
    /// Nothing but the clock.
    Wait,
}

impl Do {
    /// Every word with its name in the file.
    pub const ALL: [(Self, &'static str); 62] = [
        (Self::Fill, "fill"),
        (Self::Mark, "mark"),
        (Self::Funding, "funding"),
        (Self::EndPeriod, "end-period"),
        (Self::Settle, "settle"),
        (Self::OpenAccount, "open-account"),
        (Self::Deposit, "deposit"),
        (Self::Withdraw, "withdraw"),
        (Self::Transfer, "transfer"),
        (Self::Stake, "stake"),
        (Self::Unstake, "unstake"),
        (Self::Reward, "reward"),
        (Self::TakeReward, "take-reward"),
        (Self::PayIn, "pay-in"),
        (Self::DeclareDefault, "declare-default"),
        (Self::ReportLoss, "report-loss"),
        (Self::ApproveLoss, "approve-loss"),
        (Self::DismissLoss, "dismiss-loss"),
        (Self::PayDraw, "pay-draw"),
        (Self::Recover, "recover"),
        (Self::FundIncome, "fund-income"),
        (Self::FundFees, "fund-fees"),
        (Self::SetStatus, "set-status"),
        (Self::Bid, "bid"),
        (Self::Report, "report"),
        (Self::MarkFromFeeds, "mark-from-feeds"),
        (Self::DeclarePriceError, "declare-price-error"),
        (Self::MarkCollateral, "mark-collateral"),
        (Self::SellCollateral, "sell-collateral"),
        (Self::ConvertCollateral, "convert-collateral"),
        (Self::Supply, "supply"),
        (Self::Redeem, "redeem"),
        (Self::Pledge, "pledge"),
        (Self::Release, "release"),
        (Self::Borrow, "borrow"),
        (Self::Repay, "repay"),
        (Self::Liquidate, "liquidate"),
        (Self::Enter, "enter"),
        (Self::Leave, "leave"),
        (Self::BuyCover, "buy-cover"),
        (Self::ReportIncident, "report-incident"),
        (Self::Vote, "vote"),
        (Self::Trigger, "trigger"),
        (Self::JoinFund, "join-fund"),
        (Self::LeaveFund, "leave-fund"),
        (Self::SizeFund, "size-fund"),
        (Self::ClearClient, "clear-client"),
        (Self::ReleaseClient, "release-client"),
        (Self::PortClient, "port-client"),
        (Self::OpenAuction, "open-auction"),
        (Self::BidForBook, "bid-for-book"),
        (Self::Protect, "protect"),
        (Self::EndProtection, "end-protection"),
        (Self::TakeTokens, "take-tokens"),
        (Self::SellTokens, "sell-tokens"),
        (Self::FundPay, "fund-pay"),
        (Self::EndPay, "end-pay"),
        (Self::TakeOut, "take-out"),
        (Self::Measure, "measure"),
        (Self::Notice, "notice"),
        (Self::Challenge, "challenge"),
        (Self::Wait, "wait"),
    ];

    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        // The table holds every word.
        Self::ALL.iter().find(|(word, _)| *word == self).map_or("", |(_, name)| name)
    }

    /// The word that asks for `what`.
    #[must_use]
    pub fn of(what: &What) -> Self {
        match what {
            What::OpenAccount { .. } => Self::OpenAccount,
            What::Deposit { .. } => Self::Deposit,
            What::Withdraw { .. } => Self::Withdraw,
            What::Transfer { .. } => Self::Transfer,
            What::Stake { .. } => Self::Stake,
            What::Unstake { .. } => Self::Unstake,
            What::Reward { .. } => Self::Reward,
            What::TakeReward { .. } => Self::TakeReward,
            What::PayIn { .. } => Self::PayIn,
            What::Mark { .. } => Self::Mark,
            What::Fill(_) => Self::Fill,
            What::Funding { .. } => Self::Funding,
            What::EndPeriod => Self::EndPeriod,
            What::Settle { .. } => Self::Settle,
            What::DeclareDefault { .. } => Self::DeclareDefault,
            What::ReportLoss(_) => Self::ReportLoss,
            What::ApproveLoss { .. } => Self::ApproveLoss,
            What::DismissLoss { .. } => Self::DismissLoss,
            What::PayDraw { .. } => Self::PayDraw,
            What::Recover { .. } => Self::Recover,
            What::FundIncome { .. } => Self::FundIncome,
            What::FundFees { .. } => Self::FundFees,
            What::SetStatus { .. } => Self::SetStatus,
            What::Bid { .. } => Self::Bid,
            What::Report(_) => Self::Report,
            What::MarkFromFeeds { .. } => Self::MarkFromFeeds,
            What::DeclarePriceError { .. } => Self::DeclarePriceError,
            What::MarkCollateral { .. } => Self::MarkCollateral,
            What::SellCollateral(_) => Self::SellCollateral,
            What::ConvertCollateral { .. } => Self::ConvertCollateral,
            What::Lend(lend) => match lend.asked {
                Asked::Supply(_) => Self::Supply,
                Asked::Redeem(_) => Self::Redeem,
                Asked::Pledge(..) => Self::Pledge,
                Asked::Release(..) => Self::Release,
                Asked::Borrow(_) => Self::Borrow,
                Asked::Repay(_) => Self::Repay,
                Asked::Liquidate(..) => Self::Liquidate,
            },
            What::Hold(hold) => match hold.asked {
                Held::Enter(_) => Self::Enter,
                Held::Leave(_) => Self::Leave,
            },
            What::Insure(insure) => match insure {
                Insure::Buy { .. } => Self::BuyCover,
                Insure::Report { .. } => Self::ReportIncident,
                Insure::Vote { .. } => Self::Vote,
                Insure::Trigger { .. } => Self::Trigger,
            },
            What::Clear(clear) => match clear {
                Clear::Join { .. } => Self::JoinFund,
                Clear::Leave { .. } => Self::LeaveFund,
                Clear::Size { .. } => Self::SizeFund,
                Clear::Client { .. } => Self::ClearClient,
                Clear::Release { .. } => Self::ReleaseClient,
                Clear::Port { .. } => Self::PortClient,
                Clear::Auction { .. } => Self::OpenAuction,
                Clear::Bid { .. } => Self::BidForBook,
            },
            What::Provide(Provide::Protect { .. }) => Self::Protect,
            What::Provide(Provide::End { .. }) => Self::EndProtection,
            What::Issue(Issue::Take { .. }) => Self::TakeTokens,
            What::Issue(Issue::Sell { .. }) => Self::SellTokens,
            What::Pay(Pay::Fund { .. }) => Self::FundPay,
            What::Pay(Pay::End { .. }) => Self::EndPay,
            What::Pay(Pay::TakeOut { .. }) => Self::TakeOut,
            What::Pay(Pay::Measure { .. }) => Self::Measure,
            What::Watch(Watched::Notice { .. }) => Self::Notice,
            What::Watch(Watched::Challenge { .. }) => Self::Challenge,
            What::Wait => Self::Wait,
        }
    }
}
