//! Words of a venue file as commands of the engine. Every word has its place here, and only here.

use rhodian_core::account::{self, AccountKind};
use rhodian_core::closeout;
use rhodian_core::collateral;
use rhodian_core::control;
use rhodian_core::domain::{self, RewardFrom};
use rhodian_core::engine::{Action, Actor, Role, State};
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, FeedId, LayerId, LossId, MarketId, Name, OwnerId, SourceId, Time,
};
use rhodian_core::loss;
use rhodian_core::market::{self, Party};
use rhodian_core::oracle;
use rhodian_core::units::Amount;

use super::names::Names;
use crate::venue_file::model::{Fill, Report, Subject, What};

/// The asset that markets are settled in; collaterals come after it.
pub const ASSET: AssetId = AssetId(0);
/// Who agrees with a report: another of the venue than the one who made it.
const SECOND: Actor = Actor { role: Role::Venue, id: 1 };
/// The first actor of governance.
pub const GOVERNANCE: Actor = Actor { role: Role::Governance, id: 0 };

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuch {
    /// What it should be: `account`, `loss`.
    pub what: &'static str,
    /// The name.
    pub name: String,
}

/// Dense ids from places in the file, which are below 2^32 by far.
pub fn dense<T>(place: usize, of: fn(u32) -> T) -> T {
    of(u32::try_from(place).unwrap_or(u32::MAX))
}

/// What reads words: names, and the state for the next numbers.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Names and ids.
    pub names: &'a Names,
    /// The state.
    pub state: &'a State,
    /// The last number of a reported loss in each domain.
    pub reported: &'a [u64],
}

impl Words<'_> {
    /// The commands that a word stands for, in order, each with who gives it.
    pub fn commands(&self, what: &What) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let venue = |action| Ok(vec![(Actor::VENUE, action)]);
        match what {
            What::OpenAccount { account, owner, kind } => {
                Ok(self.open_account(account, owner, *kind))
            }
            What::Deposit { .. }
            | What::Withdraw { .. }
            | What::Transfer { .. }
            | What::Stake { .. }
            | What::Unstake { .. }
            | What::Reward { .. }
            | What::TakeReward { .. }
            | What::PayIn { .. }
            | What::FundIncome { .. }
            | What::FundFees { .. } => venue(self.money(what)?),
            What::Mark { market, price } => {
                let marks = vec![(dense(*market, MarketId), *price)];
                venue(Action::Market(market::Command::Mark { marks }))
            }
            What::Fill(fill) => venue(self.fill(fill)?),
            What::Funding { market, atoms_per_lot } => {
                let (market, atoms_per_lot) = (dense(*market, MarketId), *atoms_per_lot);
                venue(Action::Market(market::Command::Fund { market, atoms_per_lot }))
            }
            What::EndPeriod => venue(Action::Market(market::Command::EndPeriod)),
            What::Settle { market, price } => {
                let (market, price) = (dense(*market, MarketId), *price);
                venue(Action::Market(market::Command::Settle { market, price }))
            }
            What::DeclareDefault { .. }
            | What::ReportLoss(_)
            | What::ApproveLoss { .. }
            | What::DismissLoss { .. }
            | What::PayDraw { .. }
            | What::Recover { .. } => self.of_loss(what),
            What::SetStatus { domain, status, cause } => {
                let domain = domain.map(|domain| dense(domain, DomainId));
                let (status, cause) = (*status, cause.clone());
                venue(Action::Control(control::Command::SetStatus { domain, status, cause }))
            }
            What::Bid { from, account, part } => {
                let (from, bidder, part) = (self.party(from)?, self.account(account)?, *part);
                venue(Action::CloseOut(closeout::Command::Bid { from, bidder, part }))
            }
            What::Report(_)
            | What::MarkFromFeeds { .. }
            | What::DeclarePriceError { .. }
            | What::MarkCollateral { .. }
            | What::SellCollateral(_)
            | What::ConvertCollateral { .. } => self.outside(what),
            What::Lend(lend) => self.lend(lend),
            What::Hold(hold) => self.hold(hold),
            What::Insure(insure) => self.insure(insure),
            What::Clear(clear) => self.clear(clear),
            What::Provide(provide) => self.provide(provide),
            What::Issue(issue) => self.issue(issue),
            What::Pay(pay) => self.pay(pay),
            What::Watch(watched) => self.watch(watched),
            What::Wait => Ok(Vec::new()),
        }
    }

    /// What sources say, and what collateral is worth and sold for.
    fn outside(&self, what: &What) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let settled = ASSET;
        Ok(vec![match what {
            What::Report(report) => {
                let (feed, source) = (dense(report.feed, FeedId), dense(report.source, SourceId));
                let found = self.state.oracle.feed(feed);
                let last = found.and_then(|found| found.report(source));
                let command = oracle::Command::Report {
                    feed,
                    source,
                    number: report.number.unwrap_or(last.map_or(0, |last| last.number) + 1),
                    value: report.value,
                    confidence: report.confidence,
                    time: report.time.map_or(self.state.now(), Time),
                };
                (Actor { role: Role::Source, id: source.0 }, Action::Oracle(command))
            }
            What::DeclarePriceError { feed, from, to } => {
                let (feed, from, to) = (dense(*feed, FeedId), Time(*from), Time(*to));
                let evidence = [0; 32];
                let command = oracle::Command::DeclarePriceError { feed, from, to, evidence };
                (Actor::VENUE, Action::Oracle(command))
            }
            What::MarkCollateral { collateral, price } => {
                let (asset, price) = (dense(*collateral + 1, AssetId), *price);
                let command = collateral::Command::Mark { asset, settled, price };
                (Actor::VENUE, Action::Collateral(command))
            }
            What::ConvertCollateral { from, account, collateral, amount } => {
                let (of, buyer) = (self.account(from)?, self.account(account)?);
                let command = collateral::Command::Convert {
                    account: of,
                    buyer,
                    number: self.next_number(buyer),
                    asset: dense(*collateral + 1, AssetId),
                    amount: *amount,
                };
                (Actor::VENUE, Action::Collateral(command))
            }
            What::SellCollateral(sale) => {
                let loss = self.loss(&sale.loss)?;
                let last = self.state.losses.loss(loss).map_or(0, |found| found.last_recovery);
                let buyer = sale.buyer.as_ref().map(|name| self.account(name)).transpose()?;
                let command = collateral::Command::Sell {
                    loss,
                    number: last + 1,
                    asset: dense(sale.collateral + 1, AssetId),
                    amount: sale.amount,
                    buyer,
                    proceeds: sale.proceeds,
                };
                (Actor::VENUE, Action::Collateral(command))
            }
            _ => return Ok(Vec::new()),
        }])
    }

    /// A new mark at the value of its feed, of a market or of a collateral.
    #[must_use]
    pub fn mark_from_feed(of: Subject) -> Action {
        match of {
            Subject::Market(market) => {
                let markets = vec![dense(market, MarketId)];
                Action::Market(market::Command::MarkFromFeeds { markets })
            }
            Subject::Collateral(of) => {
                let (asset, settled) = (dense(of + 1, AssetId), ASSET);
                Action::Collateral(collateral::Command::MarkFromFeed { asset, settled })
            }
        }
    }

    /// An owner where he is new, his account, the terms of every domain.
    pub fn open_account(
        &self,
        name: &Name,
        owner: &Name,
        kind: AccountKind,
    ) -> Vec<(Actor, Action)> {
        let mut actions = Vec::new();
        let known = self.names.owner(owner.as_str());
        let (accounts, owners) = self.names.counts();
        if known.is_none() {
            actions.push(Action::Account(account::Command::OpenOwner { name: owner.clone() }));
        }
        let owner = known.unwrap_or(dense(owners, OwnerId));
        let name = name.clone();
        actions.push(Action::Account(account::Command::OpenAccount { name, owner, kind }));
        let account = dense(accounts, AccountId);
        for (domain, _) in self.state.domains.domains() {
            actions.push(Action::Domain(domain::Command::AcceptTerms { domain, account }));
        }
        actions.into_iter().map(|action| (Actor::VENUE, action)).collect()
    }

    /// The number of an account's next command.
    #[must_use]
    pub fn next_number(&self, account: AccountId) -> u64 {
        self.state.accounts.account(account).map_or(0, |found| found.last_number) + 1
    }

    pub(super) fn account(&self, name: &str) -> Result<AccountId, NoSuch> {
        self.names.account(name).ok_or_else(|| NoSuch { what: "account", name: name.to_owned() })
    }

    pub(super) fn layer(&self, name: &str) -> Result<LayerId, NoSuch> {
        self.names.layer(name).ok_or_else(|| NoSuch { what: "layer", name: name.to_owned() })
    }

    pub(super) fn loss(&self, name: &str) -> Result<LossId, NoSuch> {
        self.names.loss(name).ok_or_else(|| NoSuch { what: "loss", name: name.to_owned() })
    }

    fn party(&self, name: &str) -> Result<Party, NoSuch> {
        match name.strip_prefix("book/") {
            Some(loss) => self.loss(loss).map(Party::Book),
            None => self.account(name).map(Party::Account),
        }
    }

    fn money(&self, what: &What) -> Result<Action, NoSuch> {
        let of = |name: &str| {
            let account = self.account(name)?;
            Ok((account, self.next_number(account)))
        };
        let last = |layer| self.state.domains.layer(layer).map_or(0, |found| found.last_number);
        Ok(match what {
            What::Deposit { account, asset, amount } => {
                let ((account, number), amount) = (of(account)?, *amount);
                let asset = dense(*asset, AssetId);
                Action::Account(account::Command::Deposit { account, number, asset, amount })
            }
            What::Withdraw { account, asset, amount } => {
                let ((account, number), amount) = (of(account)?, *amount);
                let asset = dense(*asset, AssetId);
                Action::Account(account::Command::Withdraw { account, number, asset, amount })
            }
            What::Transfer { account, to, asset, amount } => {
                let asset = dense(*asset, AssetId);
                let ((from, number), to, amount) = (of(account)?, self.account(to)?, *amount);
                Action::Account(account::Command::Transfer { from, to, number, asset, amount })
            }
            What::Stake { account, layer, amount } => {
                let ((account, number), amount) = (of(account)?, *amount);
                let layer = self.layer(layer)?;
                Action::Domain(domain::Command::Stake { layer, account, number, amount })
            }
            What::Unstake { account, layer, amount } => {
                let ((account, number), amount) = (of(account)?, *amount);
                let layer = self.layer(layer)?;
                Action::Domain(domain::Command::Unstake { layer, account, number, amount })
            }
            What::Reward { layer, domain, amount } => {
                let (layer, amount) = (self.layer(layer)?, *amount);
                let fees = |domain| RewardFrom::Fees(dense(domain, DomainId));
                let (number, from) = (last(layer) + 1, domain.map_or(RewardFrom::Outside, fees));
                Action::Domain(domain::Command::Reward { layer, number, from, amount })
            }
            What::TakeReward { account, layer } => {
                let ((account, number), layer) = (of(account)?, self.layer(layer)?);
                Action::Domain(domain::Command::TakeReward { layer, account, number })
            }
            What::PayIn { layer, amount } => {
                let (layer, amount) = (self.layer(layer)?, *amount);
                let number = last(layer) + 1;
                Action::Domain(domain::Command::PayIntoLayer { layer, number, amount })
            }
            What::FundIncome { layer, amount } => {
                let (layer, amount) = (self.layer(layer)?, *amount);
                let number = last(layer) + 1;
                Action::Loss(loss::Command::FundIncome { layer, number, amount })
            }
            What::FundFees { domain, layer, amount } => {
                let (domain, layer) = (dense(*domain, DomainId), self.layer(layer)?);
                let (number, amount) = (last(layer) + 1, *amount);
                Action::Loss(loss::Command::FundFees { domain, layer, number, amount })
            }
            _ => Action::Tick,
        })
    }

    fn fill(&self, fill: &Fill) -> Result<Action, NoSuch> {
        let (buyer, seller) = (self.party(&fill.buyer)?, self.party(&fill.seller)?);
        Ok(self.fill_of(fill.market, (buyer, seller), fill))
    }

    /// A fill between two parties; its number is the next one where none is given.
    #[must_use]
    pub fn fill_of(&self, market: usize, (buyer, seller): (Party, Party), fill: &Fill) -> Action {
        let market = dense(market, MarketId);
        let last = self.state.markets.market(market).map_or(0, |found| found.last_fill);
        Action::Market(market::Command::Fill {
            market,
            number: fill.number.unwrap_or(last + 1),
            buyer,
            seller,
            lots: fill.lots,
            price: fill.price,
            buyer_fee: fill.fee,
            seller_fee: fill.fee,
        })
    }

    fn of_loss(&self, what: &What) -> Result<Vec<(Actor, Action)>, NoSuch> {
        let mut actor = Actor::VENUE;
        let command = match what {
            What::DeclareDefault { account, domain, cause } => loss::Command::DeclareDefault {
                domain: dense(*domain, DomainId),
                number: self.next_report(*domain),
                account: self.account(account)?,
                cause: cause.clone(),
                set_off: Vec::new(),
            },
            What::ReportLoss(report) => self.report(report)?,
            What::ApproveLoss { loss } => {
                actor = SECOND;
                loss::Command::ApproveLoss { loss: self.loss(loss)? }
            }
            What::DismissLoss { loss } => {
                actor = SECOND;
                loss::Command::DismissLoss { loss: self.loss(loss)? }
            }
            What::PayDraw { loss, layer, account, amount } => {
                let (loss, layer) = (self.loss(loss)?, self.layer(layer)?);
                let account = account.as_ref().map(|name| self.account(name)).transpose()?;
                self.pay_draw(loss, layer, account, *amount)
            }
            What::Recover { loss, amount } => {
                let (loss, amount) = (self.loss(loss)?, *amount);
                let last = self.state.losses.loss(loss).map_or(0, |found| found.last_recovery);
                loss::Command::Recover { loss, number: last + 1, amount }
            }
            _ => return Ok(Vec::new()),
        };
        Ok(vec![(actor, Action::Loss(command))])
    }

    /// A payment into a pending draw.
    #[must_use]
    pub fn pay_draw(
        &self,
        loss: LossId,
        layer: LayerId,
        account: Option<AccountId>,
        amount: Amount,
    ) -> loss::Command {
        let number = match account {
            Some(account) => self.next_number(account),
            None => self.state.losses.loss(loss).map_or(0, |found| found.last_payment) + 1,
        };
        loss::Command::PayDraw { loss, layer, account, number, amount }
    }

    pub(super) fn next_report(&self, domain: usize) -> u64 {
        self.reported.get(domain).copied().unwrap_or(0) + 1
    }

    /// What an account holds that failed is margin for its loss.
    fn report(&self, report: &Report) -> Result<loss::Command, NoSuch> {
        let failed = report.failed.as_ref().map(|name| self.account(name)).transpose()?;
        let held = failed.map_or(Amount::ZERO, |account| self.state.means(account, ASSET));
        Ok(loss::Command::ReportLoss(Box::new(loss::LossReport {
            domain: dense(report.domain, DomainId),
            number: self.next_report(report.domain),
            class: report.class,
            cause: report.cause.clone(),
            evidence: report.evidence,
            amount: report.amount,
            failed,
            margin: held.min(report.amount),
            set_off: Vec::new(),
        })))
    }
}
