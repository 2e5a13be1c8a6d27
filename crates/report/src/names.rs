//! What people call things, and how they read sizes, prices and money: what a sentence about an
//! event needs to know beside the event.

use rhodian_core::engine::State;
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, FeedId, LayerId, LossId, MarketId, Name, RiskId,
};
use rhodian_core::market::Party;
use rhodian_core::units::{Amount, Price};

use crate::money::Money;

/// Whose money it is: what says in which asset, and so with how many decimals, an amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyOf {
    /// An asset.
    Asset(AssetId),
    /// The asset of a loss's domain.
    Loss(LossId),
    /// The asset a layer pays in.
    Layer(LayerId),
    /// The asset an account trades in.
    Account(AccountId),
    /// The asset a market is settled in.
    Market(MarketId),
}

/// The names a sentence uses.
pub trait Names {
    /// An account.
    fn account(&self, id: AccountId) -> String;
    /// A loss.
    fn loss(&self, id: LossId) -> String;
    /// A layer.
    fn layer(&self, id: LayerId) -> String;
    /// A domain.
    fn domain(&self, id: DomainId) -> String;
    /// A market.
    fn market(&self, id: MarketId) -> String;
    /// Lots of a market, without their side.
    fn size(&self, market: MarketId, lots: u64) -> String;
    /// A price in a market.
    fn price(&self, market: MarketId, price: Price) -> String;
    /// A feed.
    fn feed(&self, id: FeedId) -> String;
    /// A risk of a cover pool.
    fn risk(&self, id: RiskId) -> String;
    /// Money, without the asset's name.
    fn money(&self, of: MoneyOf, amount: Amount) -> String;
    /// The name of the asset that money is in.
    fn unit(&self, of: MoneyOf) -> String;

    /// Money with the asset's name behind it.
    fn money_with_unit(&self, of: MoneyOf, amount: Amount) -> String {
        format!("{} {}", self.money(of, amount), self.unit(of))
    }

    /// A party to a trade.
    fn party(&self, party: Party) -> String {
        match party {
            Party::Account(account) => self.account(account),
            Party::Book(loss) => format!("the book of {}", self.loss(loss)),
        }
    }
}

/// The external names that a state holds; sizes in lots and prices in ticks, which is all that core
/// knows of them.
#[derive(Clone, Copy, Debug)]
pub struct StateNames<'a>(pub &'a State);

impl StateNames<'_> {
    /// A market.
    #[must_use]
    pub fn market(&self, id: MarketId) -> String {
        named(self.0.markets.market(id).map(|market| &market.spec.name), "market", id.0)
    }

    fn asset(&self, of: MoneyOf) -> Option<AssetId> {
        match of {
            MoneyOf::Asset(asset) => Some(asset),
            MoneyOf::Loss(loss) => {
                let domain = self.0.losses.loss(loss)?.domain;
                self.0.domains.domain(domain).map(|domain| domain.asset)
            }
            MoneyOf::Layer(layer) => self.0.domains.layer(layer).map(|layer| layer.spec.asset),
            MoneyOf::Account(account) => self.0.markets.position(account).asset,
            MoneyOf::Market(market) => {
                let domain = self.0.markets.market(market)?.spec.domain;
                self.0.domains.domain(domain).map(|domain| domain.asset)
            }
        }
    }
}

impl Names for StateNames<'_> {
    fn account(&self, id: AccountId) -> String {
        named(self.0.accounts.account(id).map(|account| &account.name), "account", id.0)
    }

    /// By its place among the venue's losses, from L1: the number a domain gives a loss that the
    /// engine found is no number that people read.
    fn loss(&self, id: LossId) -> String {
        format!("L{}", u64::from(id.0) + 1)
    }

    fn layer(&self, id: LayerId) -> String {
        named(self.0.domains.layer(id).map(|layer| &layer.spec.name), "layer", id.0)
    }

    fn domain(&self, id: DomainId) -> String {
        named(self.0.domains.domain(id).map(|domain| &domain.name), "domain", id.0)
    }

    fn market(&self, id: MarketId) -> String {
        StateNames::market(self, id)
    }

    fn size(&self, market: MarketId, lots: u64) -> String {
        let unit = if lots == 1 { "lot" } else { "lots" };
        format!("{lots} {unit} {}", self.market(market))
    }

    fn price(&self, _: MarketId, price: Price) -> String {
        format!("{} ticks", price.ticks())
    }

    fn feed(&self, id: FeedId) -> String {
        named(self.0.oracle.feed(id).map(|feed| &feed.spec.name), "feed", id.0)
    }

    fn risk(&self, id: RiskId) -> String {
        named(self.0.covers.risk(id).map(|risk| &risk.spec.name), "risk", id.0)
    }

    fn unit(&self, of: MoneyOf) -> String {
        let asset = self.asset(of);
        let found = asset.and_then(|asset| self.0.domains.asset(asset));
        named(found.map(|asset| &asset.name), "asset", asset.unwrap_or_default().0)
    }

    fn money(&self, of: MoneyOf, amount: Amount) -> String {
        let asset = self.asset(of).and_then(|asset| self.0.domains.asset(asset));
        let decimals = asset.map_or(0, |asset| u32::from(asset.decimals));
        Money::new(decimals).full(amount.atoms())
    }
}

/// The name, or what it is and its id.
fn named(name: Option<&Name>, what: &str, id: u32) -> String {
    name.map_or_else(|| format!("{what} {id}"), |name| name.as_str().to_owned())
}
