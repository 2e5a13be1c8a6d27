//! A refusal in the words of the file: names for ids, decimals for atoms, prices for ticks.

use rhodian_core::account::Rejection as AccountRejection;
use rhodian_core::closeout::Rejection as CloseOutRejection;
use rhodian_core::collateral::Rejection as CollateralRejection;
use rhodian_core::domain::{ExitQueue, Rejection as DomainRejection};
use rhodian_core::engine::{Rejection, State};
use rhodian_core::ids::{AccountId, AssetId, DomainId, FeedId, LayerId, MarketId};
use rhodian_core::loss::Rejection as LossRejection;
use rhodian_core::market::{Flaw, Rejection as MarketRejection};
use rhodian_core::pools::lending::Rejection as LendingRejection;
use rhodian_core::units::{Amount, Price, SignedAmount};
use rhodian_core::waterfall::Flaw as WaterfallFlaw;
use rhodian_report::money::{Money, percent_of_millionths};
use rhodian_report::safe::printable;

use crate::run::driver::account_name;
use crate::venue_file::VenueFile;

/// Writes what a rejection is about.
pub(super) struct In<'a> {
    pub(super) state: &'a State,
    pub(super) file: &'a VenueFile,
    /// The asset that was asked for: 0 is the settled one.
    asset: usize,
}

/// A refusal in the words of the file, of a command about `asset` (0 is the settled one).
#[must_use]
pub fn refusal(rejection: &Rejection, asset: usize, state: &State, file: &VenueFile) -> String {
    let words = In { state, file, asset };
    let told = match rejection {
        Rejection::Account(of) => words.account(of),
        Rejection::Domain(of) => words.domain(of),
        Rejection::Loss(of) => words.loss(of).or_else(|| words.watching(of)),
        Rejection::Market(of) => words.market(of),
        Rejection::CloseOut(of) => words.close_out(of),
        Rejection::Collateral(of) => words.collateral(of),
        Rejection::Lending(of) => words.lending(of),
        Rejection::Cover(of) => words.cover(of),
        Rejection::Liquidity(of) => words.liquidity(of),
        Rejection::Clearing(of) => words.clearing(of),
        Rejection::Protection(of) => words.protection(of),
        Rejection::Issuance(of) => words.issuance(of),
        Rejection::Incentive(of) => words.incentive(of),
        _ => None,
    };
    told.unwrap_or_else(|| rejection.to_string())
}

impl In<'_> {
    /// An amount of the settled asset.
    pub(super) fn money(&self, amount: &Amount) -> String {
        self.file.format().write_grouped(*amount)
    }

    fn atoms(&self, atoms: u128) -> String {
        Money::new(u32::from(self.file.asset.decimals)).full(atoms)
    }

    /// An amount of another asset, with its name.
    fn of_asset(&self, asset: AssetId, amount: &Amount) -> String {
        let name = self.state.domains.asset(asset).map_or("", |found| found.name.as_str());
        let format = self.file.format_of(asset.index());
        format!("{} {}", format.write_grouped(*amount), printable(name))
    }

    fn signed(&self, amount: &SignedAmount) -> String {
        let sign = if amount.is_negative() { "-" } else { "" };
        format!("{sign}{}", self.atoms(amount.atoms().unsigned_abs()))
    }

    pub(super) fn name(&self, account: AccountId) -> String {
        printable(account_name(self.state, account))
    }

    pub(super) fn market_name(&self, market: MarketId) -> String {
        let found = self.file.markets.get(market.index());
        printable(found.map_or("", |found| found.name.as_str()))
    }

    fn price(&self, market: MarketId, price: Price) -> String {
        let found = self.file.markets.get(market.index());
        found.map_or_else(|| price.to_string(), |found| found.grid.price_text(price))
    }

    /// A price as what a feed speaks of is priced.
    pub(super) fn said_price(&self, feed: FeedId, price: Price) -> String {
        let found = self.file.feeds.get(feed.index());
        found.map_or_else(|| price.to_string(), |found| self.file.price_text(found.of, price))
    }

    /// An amount of the asset that was asked for.
    fn asked(&self, amount: &Amount) -> String {
        self.file.format_of(self.asset).write_grouped(*amount)
    }

    pub(super) fn account(&self, rejection: &AccountRejection) -> Option<String> {
        Some(match rejection {
            AccountRejection::OfVault { account } => format!(
                "{} is a vault's account: its money comes and goes by shares alone",
                printable(account_name(self.state, *account))
            ),
            AccountRejection::WithdrawalAboveFree { asked, free, held, withheld, lien } => format!(
                "{} asked, {} is free: equity {} less {} for margin and profit not yet matured \
                 less lien {}",
                self.asked(asked),
                self.asked(free),
                self.asked(held),
                self.asked(withheld),
                self.asked(lien)
            ),
            AccountRejection::VaultShort { asked, vault } => {
                format!("{} asked, the venue holds {}", self.asked(asked), self.asked(vault))
            }
            AccountRejection::CollateralAboveCap { asset, asked, room } => format!(
                "{} paid in, the venue takes {} more",
                self.of_asset(*asset, asked),
                self.of_asset(*asset, room)
            ),
            _ => return None,
        })
    }

    fn domain(&self, rejection: &DomainRejection) -> Option<String> {
        Some(match rejection {
            DomainRejection::AboveStake { asked, stays } => format!(
                "{} asked, {} is staked and not asked for yet",
                self.money(asked),
                self.money(stays)
            ),
            DomainRejection::NotStaked { layer } => {
                format!("{} takes no stakes", self.layer_name(*layer))
            }
            DomainRejection::DomainOwes { domain, owed } => format!(
                "{} owes {}: its debts are paid before stakers earn",
                self.domain_name(*domain),
                self.money(owed)
            ),
            DomainRejection::BacksClearing { asked, room } => format!(
                "{} asked, the clearing fund's terms leave {} of the stake",
                self.money(asked),
                self.money(room)
            ),
            DomainRejection::NotMember { layer, account } => format!(
                "{} is no clearing member: only members contribute to {}",
                self.name(*account),
                self.layer_name(*layer)
            ),
            DomainRejection::NotBehind { layer, domain } => format!(
                "{} does not stand behind {}: no waterfall of it names the layer",
                self.layer_name(*layer),
                self.domain_name(*domain)
            ),
            DomainRejection::AboveFees { asked, booked } => {
                format!("{} asked, fees of {} were booked", self.money(asked), self.money(booked))
            }
            DomainRejection::NobodyStaked { layer } => {
                format!("nobody is staked in {}", self.layer_name(*layer))
            }
            DomainRejection::NothingEarned { layer, account } => format!(
                "{} earned nothing in {} that it has not taken",
                self.name(*account),
                self.layer_name(*layer)
            ),
            DomainRejection::RewardsAboveBound { layer } => format!(
                "it is too much for so small a stake in {}: give less",
                self.layer_name(*layer)
            ),
            DomainRejection::EpisodeOpen { layer } => {
                format!("an episode is open that may draw on {}", self.layer_name(*layer))
            }
            DomainRejection::LossKnown { layer } => format!(
                "a loss may come to draw on {}: approved and open to challenge, or an account \
                 below zero",
                self.layer_name(*layer)
            ),
            DomainRejection::Waterfall { flaw: WaterfallFlaw::GainsTwice { layer, other, .. } } => {
                format!(
                    "{} and {} both take session gains, the same ones: leave one out, or give it \
                     claims of its own",
                    self.layer_name(*other),
                    self.layer_name(*layer)
                )
            }
            _ => return None,
        })
    }

    /// What stakers ask for, against the domain's limit.
    pub(super) fn exits(&self, queue: &ExitQueue) -> String {
        let limit = i64::try_from(queue.limit).unwrap_or(i64::MAX);
        format!(
            "stakers ask for {} of the {} behind the domain, above its exit_queue_limit of {}: no \
             fill that widens and no new loan until they left or more is paid in",
            self.money(&queue.asked),
            self.money(&queue.pots),
            percent_of_millionths(limit).replace('+', "")
        )
    }

    pub(super) fn domain_name(&self, domain: DomainId) -> String {
        let found = self.state.domains.domain(domain);
        format!("\"{}\"", printable(found.map_or("", |found| found.name.as_str())))
    }

    pub(super) fn layer_name(&self, layer: LayerId) -> String {
        let found = self.state.domains.layer(layer);
        let known = found.map(|found| found.spec.name.as_str());
        // A layer that is refused is not in the state: the file has it at its place.
        let written = || self.file.layers().nth(layer.index()).map(|(_, of)| of.name.as_str());
        format!("\"{}\"", printable(known.or_else(written).unwrap_or_default()))
    }

    fn loss(&self, rejection: &LossRejection) -> Option<String> {
        Some(match rejection {
            LossRejection::MarginAboveHeld { margin, held } => {
                let (margin, held) = (self.money(margin), self.money(held));
                format!("margin {margin} is above what there is, {held}")
            }
            LossRejection::AboveDraw { asked, open } => {
                let (asked, open) = (self.money(asked), self.money(open));
                format!("{asked} paid, the draw still asks for {open}")
            }
            LossRejection::AboveCall { asked, open } => {
                let (asked, open) = (self.money(asked), self.money(open));
                format!("{asked} paid, the member may still pay {open}")
            }
            LossRejection::RecoveryAboveClaims { asked, open } => {
                let (asked, open) = (self.money(asked), self.money(open));
                format!("{asked} came back, {open} is still open")
            }
            LossRejection::AboveFees { asked, booked } => {
                let (asked, booked) = (self.money(asked), self.money(booked));
                format!("{asked} asked, {booked} is booked as fees of the domain")
            }
            LossRejection::RanksAboveFree { account, asked, free } => format!(
                "{} is ranked with {}, {} is free in it",
                self.name(*account),
                self.money(asked),
                self.money(free)
            ),
            LossRejection::Account(of) => return self.account(of),
            LossRejection::Domain(of) => return self.domain(of),
            _ => return None,
        })
    }

    fn market(&self, rejection: &MarketRejection) -> Option<String> {
        Some(match rejection {
            MarketRejection::BelowInitialMargin { account, equity, initial } => format!(
                "{} would have opening equity {}, initial margin {}",
                self.name(*account),
                self.signed(equity),
                self.money(initial)
            ),
            MarketRejection::DeepensShortfall { account, equity, maintenance } => format!(
                "{} would have equity {}, maintenance margin {}: it stood better before",
                self.name(*account),
                self.signed(equity),
                self.money(maintenance)
            ),
            MarketRejection::LoanAboveLimit { account, loan, max } => format!(
                "{} would owe {} beyond its cash, allowed: {}",
                self.name(*account),
                self.money(loan),
                self.money(max)
            ),
            MarketRejection::ExitQueueAboveLimit { queue } => self.exits(queue),
            MarketRejection::FirstLossShort { gap } => self.first_loss(gap),
            MarketRejection::Clearing { account, bar } => self.bar(*account, bar),
            MarketRejection::MarkStrayed { market } => format!(
                "the mark of {} is a jump away from its feed: mark it first",
                self.market_name(*market)
            ),
            MarketRejection::Unfit { market, unfit } => {
                return self.unfit(&self.market_name(*market), unfit);
            }
            MarketRejection::PositionAboveLimit { account, lots, max } => {
                format!("{} would hold {lots} lots, allowed: {max}", self.name(*account))
            }
            MarketRejection::OnlyReduces { account } => {
                format!("the status accepts only fills that reduce: {}", self.name(*account))
            }
            MarketRejection::Flaw { flaw: Flaw::Envelope { size, loss, requirement } } => format!(
                "a leg of {} {} can lose {} in one admitted step of price and funding with the \
                 penalty, and holds {} at maintenance",
                self.atoms(*size),
                printable(self.file.asset.name.as_str()),
                self.atoms(*loss),
                self.atoms(*requirement)
            ),
            MarketRejection::StepAboveLimit { market, from, to, max } => format!(
                "{} would move from {} to {}, one step: {}",
                self.market_name(*market),
                self.price(*market, *from),
                self.price(*market, *to),
                percent_of_millionths(i64::from(*max)).replace('+', "")
            ),
            _ => return None,
        })
    }

    fn close_out(&self, rejection: &CloseOutRejection) -> Option<String> {
        match rejection {
            CloseOutRejection::Market(of) => self.market(of),
            _ => None,
        }
    }

    fn asset_name(&self, asset: AssetId) -> String {
        printable(self.state.domains.asset(asset).map_or("", |found| found.name.as_str()))
    }

    fn collateral(&self, rejection: &CollateralRejection) -> Option<String> {
        Some(match rejection {
            CollateralRejection::BelowFloor { proceeds, least } => {
                let (proceeds, least) = (self.money(proceeds), self.money(least));
                format!("sold for {proceeds}, at least {least} at the mark less the discount")
            }
            CollateralRejection::WithinLimit { account, loan, max } => format!(
                "{} owes {}, its collateral is sold above {}",
                self.name(*account),
                self.money(loan),
                self.money(max)
            ),
            CollateralRejection::AboveConversion { asked, most } => format!(
                "{} asked, {} bring the loan back within its limit",
                self.asked(asked),
                self.asked(most)
            ),
            CollateralRejection::CountsForMore { proceeds, counts } => {
                let (proceeds, counts) = (self.money(proceeds), self.money(counts));
                format!("sold for {proceeds}, what counts for {counts}")
            }
            CollateralRejection::HasFeed { asset } => {
                format!("{} is marked from its feed", self.asset_name(*asset))
            }
            CollateralRejection::Unfit { asset, unfit } => {
                return self.unfit(&self.asset_name(*asset), unfit);
            }
            CollateralRejection::Account(of) => return self.account(of),
            _ => return None,
        })
    }

    /// Of a pool, whose amounts are of the settled asset but for what is pledged.
    fn lending(&self, rejection: &LendingRejection) -> Option<String> {
        use LendingRejection as L;
        let money = |amount: &Amount| self.money(amount);
        let percent = |part: u32| percent_of_millionths(i64::from(part)).replace('+', "");
        Some(match rejection {
            L::Envelope { asset, threshold, most } => format!(
                "{} keeps a loan at {} of its value, allowed: up to {}, what its sale discount and \
                 the bonus leave",
                printable(self.state.domains.asset(*asset).map_or("", |found| found.name.as_str())),
                percent(*threshold),
                percent(*most)
            ),
            L::ExitQueueAboveLimit { queue } => self.exits(queue),
            L::FirstLossShort { gap } => self.first_loss(gap),
            L::NoSupplyLayer { domain } => format!(
                "no step of \"{}\" takes supply: add one of the kind \"lender-supply\" without \
                 claims",
                printable(self.state.domains.domain(*domain).map_or("", |of| of.name.as_str()))
            ),
            L::NotAFund { .. } => "the fund is no pot of the house in the waterfall of the pool's \
                                   domain"
                .to_owned(),
            L::SupplyAboveMost { asked, room } => {
                format!("{} supplied, the pool takes {} more", money(asked), money(room))
            }
            L::DebtAboveMost { asked, room } => {
                format!("{} borrowed, the pool lends {} more", money(asked), money(room))
            }
            L::DomainOwes { owed } => {
                format!("the pool's domain owes {}: it takes supply when that is paid", money(owed))
            }
            L::AboveFree { asked, supply, lien } => format!(
                "{} asked of a supply of {}, {} of it held for losses",
                money(asked),
                money(supply),
                money(lien)
            ),
            L::NotLiquid { asked, cash } => format!(
                "{} asked, the pool has {} that is neither lent nor still to come",
                money(asked),
                money(cash)
            ),
            L::AboveBorrowable { debt, counted } => {
                format!("a debt of {}, the collateral counts for {}", money(debt), money(counted))
            }
            L::BelowLeastDebt { debt, least } => {
                let (debt, least) = (money(debt), money(least));
                format!("a debt of {debt} would be left, allowed: none, or {least} and more")
            }
            L::AboveDebt { asked, debt } => {
                format!("{} repaid of a debt of {}", money(asked), money(debt))
            }
            L::Healthy { debt, counted } => format!(
                "a debt of {}, the collateral counts for {}: nothing to do",
                money(debt),
                money(counted)
            ),
            L::Failing { debt, cover } | L::LeavesFailing { debt, cover } => {
                format!("a debt of {} over collateral that covers {}", money(debt), money(cover))
            }
            L::AboveTarget { asked, most } => {
                format!("{} repaid, a liquidation goes up to {} now", money(asked), money(most))
            }
            L::AbovePledged { asked, pledged } => {
                format!("{} asked, {} is pledged", self.asked(asked), self.asked(pledged))
            }
            L::Unfit { asset, unfit } => return self.unfit(&self.asset_name(*asset), unfit),
            L::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
