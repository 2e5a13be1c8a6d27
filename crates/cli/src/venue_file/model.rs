//! What a venue file says, read whole: every amount in atoms, every price in ticks, every size in
//! lots, every part with its place.
//!
//! Accounts, losses and parties are texts here; whoever runs the file gives them their ids.

use rhodian_core::account::AccountKind;
use rhodian_core::closeout::{DeleveragingOrder, RouteSpec};
use rhodian_core::collateral::CollateralSpec;
use rhodian_core::control::Status;
use rhodian_core::domain::CauseClass;
use rhodian_core::ids::Name;
use rhodian_core::liquidation::breaker::Breaker;
use rhodian_core::market::{Right, StepLimits, Tier};
use rhodian_core::oracle::{FeedSpec, Kind as FeedKind, Value};
use rhodian_core::units::{Amount, Price, Quantity};

use super::bounty::{Bounty, Watched};
use super::clearing::{Clear, Clearing};
use super::cover::{Cover, Insure, Risk};
use super::incentive::{Incentives, Pay};
use super::issuance::{Issuance, Issue, Limit};
use super::numbers::{Grid, written_price};
use super::pools::{Lend, Pool};
use super::protections::{Protection, Provide};
use super::vaults::{Hold, Vault};
use crate::amount_text::AmountFormat;
use crate::loss_file::model::{Asset, Place, Step, Term};
use crate::loss_file::toml_text::TomlText;

/// Where a part stands: in which of the file's texts, and there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The index of the text in [`VenueFile::texts`].
    pub text: usize,
    /// Where in it.
    pub place: Place,
}

/// A venue file that can be right: everything but what only the engine finds was looked at.
#[derive(Debug)]
pub struct VenueFile {
    /// The texts it was read from, for places: the venue file first.
    pub texts: Vec<TomlText>,
    /// What the file is about, in words.
    pub title: Option<String>,
    /// The asset of every amount.
    pub asset: Asset,
    /// How often a period ends, in milliseconds.
    pub period: Option<u64>,
    /// The domains, in file order: at least one. Their dense ids.
    pub domains: Vec<Domain>,
    /// The markets, in file order: at least one where there is no pool of any kind. Their dense ids.
    pub markets: Vec<Market>,
    /// Other assets that count as collateral, in file order: their dense ids less one.
    pub collaterals: Vec<Collateral>,
    /// Lending pools, in file order: their dense ids.
    pub pools: Vec<Pool>,
    /// Vaults, in file order: their dense ids.
    pub vaults: Vec<Vault>,
    /// Cover pools, in file order: their dense ids.
    pub covers: Vec<Cover>,
    /// Their risks, in file order: their dense ids.
    pub risks: Vec<Risk>,
    /// Clearing funds, in file order: their dense ids.
    pub clearing: Vec<Clearing>,
    /// Protections, in file order: their dense ids.
    pub protections: Vec<Protection>,
    /// Issuances of tokens, in file order: their dense ids.
    pub issuances: Vec<Issuance>,
    /// Limits of depletion, in file order.
    pub depletions: Vec<Limit>,
    /// Risk figures, pay and tables of fees.
    pub incentives: Incentives,
    /// What domains pay to those who watch, in file order.
    pub bounties: Vec<Bounty>,
    /// The feeds, in file order: their dense ids.
    pub feeds: Vec<Feed>,
    /// The sources, as feeds first name them: their dense ids.
    pub sources: Vec<Name>,
    /// How accounts below maintenance are liquidated.
    pub liquidation: Option<Liquidation>,
    /// The accounts that are there at the beginning, in file order.
    pub accounts: Vec<Account>,
    /// New marks by time, each time once, in order.
    pub marks: Vec<Marks>,
    /// Events by time; those of one time in file order.
    pub events: Vec<Event>,
    /// What is odd and may be meant: whole sentences without a full stop.
    pub remarks: Vec<String>,
}

/// Every order of auto-deleveraging by its name.
pub const ORDERS: [(DeleveragingOrder, &str); 7] = [
    (DeleveragingOrder::Draining, "draining"),
    (DeleveragingOrder::QueueByBankruptcy, "queue-by-bankruptcy"),
    (DeleveragingOrder::QueueByEntry, "queue-by-entry"),
    (DeleveragingOrder::QueueByProfit, "queue-by-profit"),
    (DeleveragingOrder::Contracts, "contracts"),
    (DeleveragingOrder::Profit, "profit"),
    (DeleveragingOrder::RandomStart, "random-start"),
];

/// A loss domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its name.
    pub name: Name,
    /// The classes of causes its steps answer; defaults among them.
    pub classes: Vec<CauseClass>,
    /// The steps in paying order; at least one.
    pub steps: Vec<Step>,
    /// The parameters it sets.
    pub terms: Vec<Term>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// What is traded in a market, as the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// A perpetual future.
    Perpetual,
    /// A dated future.
    Future {
        /// The index of the perpetual it converges to, listed before it.
        underlying: Option<usize>,
        /// When it expires, in milliseconds after the beginning.
        expiry: u64,
    },
    /// A European option.
    Option {
        /// The index of the market it is written on, listed before it.
        underlying: usize,
        /// The strike, in ticks of the underlying.
        strike: Price,
        /// When it expires.
        expiry: u64,
        /// Call or put.
        right: Right,
    },
}

/// A market.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its name.
    pub name: Name,
    /// The index of its domain.
    pub domain: usize,
    /// What is traded.
    pub instrument: Instrument,
    /// The index of the feed of volatility that an option names.
    pub volatility: Option<usize>,
    /// Its ticks and lots.
    pub grid: Grid,
    /// The first mark.
    pub mark: Option<Price>,
    /// The largest price.
    pub max_price: Price,
    /// The most lots of one account.
    pub max_position: u64,
    /// The most lots open, each side.
    pub max_open: u64,
    /// How far a fill may lie from the mark, in millionths.
    pub band: u32,
    /// Margin tiers.
    pub tiers: Vec<Tier>,
    /// Who trades with close-out books.
    pub depth: Option<Depth>,
    /// The largest steps it admits.
    pub steps: Option<StepLimits>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// Another asset that counts as collateral.
#[derive(Clone, Debug)]
pub struct Collateral {
    /// The asset.
    pub asset: Asset,
    /// One tick of its price, in 10^-12 units of the settled asset for one unit.
    pub tick: u128,
    /// What it counts for, with its dense ids.
    pub spec: CollateralSpec,
    /// The first mark.
    pub mark: Option<Price>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// What a feed speaks of, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A market.
    Market(usize),
    /// A collateral.
    Collateral(usize),
}

/// A feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// What it is, with its dense ids.
    pub spec: FeedSpec,
    /// What it speaks of.
    pub of: Subject,
    /// Whether that is marked by it.
    pub attached: bool,
    /// Where it stands in the venue file.
    pub place: Place,
}

impl Feed {
    /// Whether it is the price that what it speaks of is marked at.
    #[must_use]
    pub fn marks(&self) -> bool {
        self.attached && self.spec.kind == FeedKind::Price
    }
}

/// How accounts below maintenance are liquidated: rates in millionths, times in milliseconds.
#[derive(Clone, Debug)]
pub struct Liquidation {
    /// The index of the layer that gets penalties.
    pub fund: usize,
    /// Beyond maintenance, of it.
    pub buffer: u32,
    /// On what is closed.
    pub penalty: u32,
    /// Reckoned against the mark.
    pub slippage: u32,
    /// How much may be closed now.
    pub breaker: Breaker,
    /// The routes, in order.
    pub routes: Vec<Route>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// A route with its limits; a backstop's account by name.
#[derive(Clone, Debug)]
pub struct Route {
    /// What of it the engine takes as it is: all but a backstop's account.
    pub spec: RouteSpec,
    /// A backstop's account.
    pub account: Option<String>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// An outside market for close-out books.
#[derive(Clone, Debug)]
pub struct Depth {
    /// The account.
    pub account: String,
    /// The most lots of one book after each mark, above zero.
    pub lots: i64,
    /// How much worse than the mark, in millionths, below one.
    pub discount: u32,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// An account that is there at the beginning.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: Name,
    /// Its owner.
    pub owner: Name,
    /// Cross or isolated.
    pub kind: AccountKind,
    /// What it pays in.
    pub deposit: Amount,
    /// What it pays in of other assets, by index of the collateral.
    pub collateral: Vec<(usize, Amount)>,
    /// The indices of the domains whose terms it accepts.
    pub accepts: Vec<usize>,
    /// Where it stands in the venue file.
    pub place: Place,
}

/// New marks that count at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// When, in milliseconds after the beginning.
    pub at: u64,
    /// By index of the market, each once.
    pub prices: Vec<(usize, Price)>,
}

/// An event of the stream.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, in milliseconds after the beginning.
    pub at: u64,
    /// What is asked.
    pub what: What,
    /// The code the engine must refuse it with.
    pub expect: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// What an event asks, with all it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are the keys of the event")]
pub enum What {
    OpenAccount {
        account: Name,
        owner: Name,
        kind: AccountKind,
    },
    Deposit {
        account: String,
        asset: usize,
        amount: Amount,
    },
    Withdraw {
        account: String,
        asset: usize,
        amount: Amount,
    },
    Transfer {
        account: String,
        to: String,
        asset: usize,
        amount: Amount,
    },
    Stake {
        account: String,
        layer: String,
        amount: Amount,
    },
    Unstake {
        account: String,
        layer: String,
        amount: Amount,
    },
    Reward {
        layer: String,
        domain: Option<usize>,
        amount: Option<Amount>,
    },
    TakeReward {
        account: String,
        layer: String,
    },
    PayIn {
        layer: String,
        amount: Amount,
    },
    Mark {
        market: usize,
        price: Price,
    },
    Fill(Fill),
    Funding {
        market: usize,
        atoms_per_lot: i64,
    },
    EndPeriod,
    Settle {
        market: usize,
        price: Price,
    },
    DeclareDefault {
        account: String,
        domain: usize,
        cause: Name,
    },
    ReportLoss(Report),
    ApproveLoss {
        loss: String,
    },
    DismissLoss {
        loss: String,
    },
    PayDraw {
        loss: String,
        layer: String,
        account: Option<String>,
        amount: Amount,
    },
    Recover {
        loss: String,
        amount: Amount,
    },
    FundIncome {
        layer: String,
        amount: Amount,
    },
    FundFees {
        domain: usize,
        layer: String,
        amount: Option<Amount>,
    },
    SetStatus {
        domain: Option<usize>,
        status: Status,
        cause: Name,
    },
    Bid {
        from: String,
        account: String,
        part: u32,
    },
    Report(FeedReport),
    MarkFromFeeds {
        of: Option<Subject>,
    },
    DeclarePriceError {
        feed: usize,
        from: u64,
        to: u64,
    },
    MarkCollateral {
        collateral: usize,
        price: Price,
    },
    SellCollateral(Sale),
    ConvertCollateral {
        from: String,
        account: String,
        collateral: usize,
        amount: Amount,
    },
    Lend(Lend),
    Insure(Insure),
    Hold(Hold),
    Clear(Clear),
    Provide(Provide),
    /// Something is asked of an issuance of tokens.
    Issue(Issue),
    /// Something is asked of pay, fees or risk figures.
    Pay(Pay),
    /// An account gives notice of an event, or challenges a report.
    Watch(Watched),
    Wait,
}

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedReport {
    /// The index of the feed.
    pub feed: usize,
    /// The index of the source.
    pub source: usize,
    /// The value, in the feed's unit.
    pub value: Value,
    /// Give or take this.
    pub confidence: Value,
    /// Of when it is; now where nothing is said.
    pub time: Option<u64>,
    /// Its number; the source's next one where none is given.
    pub number: Option<u64>,
}

/// A sale of collateral that was taken of a failed account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The loss.
    pub loss: String,
    /// The index of the collateral.
    pub collateral: usize,
    /// How much.
    pub amount: Amount,
    /// What came in, in the settled asset.
    pub proceeds: Amount,
    /// Who bought; nothing for the outside.
    pub buyer: Option<String>,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The index of the market.
    pub market: usize,
    /// Who bought: an account, or `book/LOSS`.
    pub buyer: String,
    /// Who sold.
    pub seller: String,
    /// How many lots, above zero.
    pub lots: Quantity,
    /// At what price.
    pub price: Price,
    /// What each side pays the venue.
    pub fee: Amount,
    /// The fill's number; the next one where none is given.
    pub number: Option<u64>,
}

/// A report of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub loss: Name,
    /// The index of its domain.
    pub domain: usize,
    /// The class of its cause.
    pub class: CauseClass,
    /// The cause in words.
    pub cause: Name,
    /// How much, above zero.
    pub amount: Amount,
    /// The account that failed, if one did: what it holds is its margin.
    pub failed: Option<String>,
    /// The hash of the evidence; zeros where none is given.
    pub evidence: [u8; 32],
}

impl VenueFile {
    /// The name that an event gives the loss it reports, if it reports one: that of its risk where
    /// a trigger has none.
    #[must_use]
    pub fn loss_named_by<'a>(&'a self, what: &'a What) -> Option<&'a Name> {
        match what {
            What::ReportLoss(report) => Some(&report.loss),
            What::Insure(Insure::Report { loss, .. }) => Some(loss),
            What::Insure(Insure::Trigger { loss, risk, .. }) => {
                loss.as_ref().or(self.risks.get(*risk).map(|risk| &risk.spec.name))
            }
            _ => None,
        }
    }

    /// The venue file's own text.
    #[must_use]
    pub fn text(&self) -> &TomlText {
        &self.texts[0]
    }

    /// How amounts of the file are written.
    #[must_use]
    pub const fn format(&self) -> AmountFormat {
        self.asset.format()
    }

    /// `name:line` of a part.
    #[must_use]
    pub fn cite(&self, origin: &Origin) -> String {
        self.texts.get(origin.text).unwrap_or(&self.texts[0]).cite(&origin.place)
    }

    /// What a feed speaks of, and how that is called in a summary.
    #[must_use]
    pub fn about(&self, of: Subject) -> (&'static str, &str) {
        match of {
            Subject::Market(place) => ("market", self.markets[place].name.as_str()),
            Subject::Collateral(place) => {
                ("collateral", self.collaterals[place].asset.name.as_str())
            }
        }
    }

    /// How a price of what a feed speaks of is written.
    #[must_use]
    pub fn price_text(&self, of: Subject, price: Price) -> String {
        match of {
            Subject::Market(place) => self.markets[place].grid.price_text(price),
            Subject::Collateral(place) => written_price(price, self.collaterals[place].tick),
        }
    }

    /// How amounts of an asset are written: the settled one is 0, then the collaterals.
    #[must_use]
    pub fn format_of(&self, asset: usize) -> AmountFormat {
        let found = asset.checked_sub(1).and_then(|place| self.collaterals.get(place));
        found.map_or(self.asset.format(), |found| found.asset.format())
    }

    /// When the last mark or event is, in milliseconds after the beginning.
    #[must_use]
    pub fn end(&self) -> u64 {
        let marks = self.marks.last().map_or(0, |marks| marks.at);
        marks.max(self.events.last().map_or(0, |event| event.at))
    }

    /// Every layer with the index of its domain, in the order of the file: their dense ids.
    pub fn layers(&self) -> impl Iterator<Item = (usize, &crate::loss_file::model::Layer)> {
        let domains = self.domains.iter().enumerate();
        domains.flat_map(|(index, domain)| {
            domain.steps.iter().flat_map(|step| &step.layers).map(move |layer| (index, layer))
        })
    }
}
