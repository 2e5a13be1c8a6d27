//! Events of a venue file: each word's keys, read or refused with their places.

mod bounty;
mod clearing;
mod cover;
mod incentive;
mod issuance;
mod lending;
mod outside;
mod protections;
mod vaults;

use rhodian_core::account::AccountKind;
use rhodian_core::control::Status;
use rhodian_core::domain::CauseClass;
use rhodian_core::ids::Name;
use rhodian_core::market::RATE_UNIT;
use rhodian_core::units::{Amount, Price};

use super::asked::Do;
use super::collateral;
use super::cover::Risk;
use super::issuance::Issuance;
use super::markets;
use super::model::{Collateral, Event, Feed, Fill, Market, Origin, Report, What};
use super::pools::Pool;
use super::protections::Protection;
use super::shape::EventShape;
use super::vaults::Vault;
use crate::diagnostic::Diagnostic;
use crate::loss_file::decimal::Decimal;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{AmountText, At, DurationText};
use crate::loss_file::words::{CLASSES, Words, written_duration};

/// Every status by its name.
pub const STATUSES: [(Status, &str); 6] = [
    (Status::Open, "open"),
    (Status::ReduceOnly, "reduce-only"),
    (Status::WithdrawOnly, "withdraw-only"),
    (Status::Halted, "halted"),
    (Status::Settling, "settling"),
    (Status::Closed, "closed"),
];

/// What events may name.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The markets.
    pub markets: &'a [Market],
    /// The names of the domains.
    pub domains: &'a [String],
    /// The names of their layers.
    pub layers: &'a [&'a str],
    /// The collaterals.
    pub collaterals: &'a [Collateral],
    /// The lending pools.
    pub pools: &'a [Pool],
    /// The vaults.
    pub vaults: &'a [Vault],
    /// The risks of cover pools.
    pub risks: &'a [Risk],
    /// The names of the clearing funds.
    pub clearing: &'a [&'a str],
    /// The protections.
    pub protections: &'a [Protection],
    /// The issuances.
    pub issuances: &'a [Issuance],
    /// The feeds.
    pub feeds: &'a [Feed],
    /// The sources.
    pub sources: &'a [Name],
}

/// Reads one event; `before` is the time of the event above it, `text` the index of its text.
pub fn read(
    words: &Words<'_>,
    at: &At<EventShape>,
    known: Known<'_>,
    before: u64,
    text: usize,
) -> Result<Event, Diagnostic> {
    let reader = Reader { words, shape: &at.value, place: &at.place, known };
    let when = match &at.value.at {
        Some(at) => reader.when(at, "at")?,
        None => before,
    };
    if when < before {
        let place = at.value.at.as_ref().map_or(&at.place, |at| &at.place);
        let message = "at is before the event listed above it";
        let help = "list events in the order of their times.";
        let allowed = format!("{} or later", written_duration(before));
        return Err(words.refuse("at-before", message, help, place, allowed));
    }
    let what = reader.what()?;
    let expect = at.value.expect.as_ref().map(|at| at.value.clone());
    let origin = Origin { text, place: at.place.clone() };
    Ok(Event { at: when, what, expect, origin })
}

struct Reader<'a> {
    words: &'a Words<'a>,
    shape: &'a EventShape,
    place: &'a Place,
    known: Known<'a>,
}

impl Reader<'_> {
    /// A time: "10 min", or whole milliseconds.
    fn when(&self, at: &At<DurationText>, key: &str) -> Result<u64, Diagnostic> {
        let text = self.words.text(at, key, "10 min")?;
        match text.parse::<u64>() {
            Ok(millis) if millis <= MAX_SPAN => Ok(millis),
            _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(self.words.too_long(key, &at.place, (0, MAX_SPAN)))
            }
            _ => self.words.duration(at, key, (0, MAX_SPAN)),
        }
    }

    /// The value of a key that the word needs.
    fn need<'v, T>(&self, key: &str, value: &'v Option<At<T>>) -> Result<&'v At<T>, Diagnostic> {
        value.as_ref().ok_or_else(|| {
            let word = self.shape.what.as_ref().map_or("", |at| match &at.value.0 {
                crate::loss_file::shape::Written::Text(text) => text,
                _ => "",
            });
            let message = format!("\"{word}\" needs {key}");
            let help = format!("add {key} = ... to the event.");
            let code = format!("event-missing-{key}");
            self.words.refuse(code, message, help, self.place, format!("an event with {key}"))
        })
    }

    fn text(&self, key: &str, value: &Option<At<String>>) -> Result<String, Diagnostic> {
        Ok(self.words.name(self.need(key, value)?, key)?.as_str().to_owned())
    }

    fn name(&self, key: &str, value: &Option<At<String>>) -> Result<Name, Diagnostic> {
        self.words.name(self.need(key, value)?, key)
    }

    fn layer(&self) -> Result<String, Diagnostic> {
        let name = self.text("layer", &self.shape.layer)?;
        let at = self.need("layer", &self.shape.layer)?;
        if self.known.layers.contains(&name.as_str()) {
            return Ok(name);
        }
        Err(unknown(self.words, at, "layer", self.known.layers))
    }

    fn amount(&self) -> Result<Amount, Diagnostic> {
        self.words.amount(self.need("amount", &self.shape.amount)?, "amount", 1)
    }

    fn market(&self) -> Result<usize, Diagnostic> {
        market_of(self.words, self.known.markets, self.need("market", &self.shape.market)?)
    }

    /// An amount of money with its asset: 0 is the settled one.
    fn money(&self) -> Result<(usize, Amount), Diagnostic> {
        let Some(at) = &self.shape.asset else { return Ok((0, self.amount()?)) };
        let place = collateral::named(self.words, at, self.known.collaterals)?;
        let format = self.known.collaterals[place].asset.format();
        let own = Words { text: self.words.text, format };
        let amount = own.amount(self.need("amount", &self.shape.amount)?, "amount", 1)?;
        Ok((place + 1, amount))
    }

    fn price(&self, market: usize) -> Result<Price, Diagnostic> {
        let at = self.need("price", &self.shape.price)?;
        markets::price(self.words, &self.known.markets[market].grid, at, "price")
    }

    fn domain(&self) -> Result<usize, Diagnostic> {
        markets::domain(self.words, self.shape.domain.as_ref(), self.known.domains, self.place)
    }

    fn cause(&self, otherwise: &str) -> Result<Name, Diagnostic> {
        match &self.shape.cause {
            Some(at) => self.words.name(at, "cause"),
            None => self
                .words
                .name(&At { value: otherwise.to_owned(), place: self.place.clone() }, "cause"),
        }
    }

    fn what(&self) -> Result<What, Diagnostic> {
        let shape = self.shape;
        let word = self.words.one_of(self.need("do", &shape.what)?, "do", &Do::ALL)?;
        self.keys_fit(word)?;
        let account = || self.text("account", &shape.account);
        let layer = || self.layer();
        let loss = || self.text("loss", &shape.loss);
        Ok(match word {
            Do::OpenAccount => self.open_account()?,
            Do::Deposit => {
                let (asset, amount) = self.money()?;
                What::Deposit { account: account()?, asset, amount }
            }
            Do::Withdraw => {
                let (asset, amount) = self.money()?;
                What::Withdraw { account: account()?, asset, amount }
            }
            Do::Transfer => {
                let ((asset, amount), to) = (self.money()?, self.text("to", &shape.to)?);
                What::Transfer { account: account()?, to, asset, amount }
            }
            Do::Stake => {
                What::Stake { account: account()?, layer: layer()?, amount: self.amount()? }
            }
            Do::Unstake => {
                What::Unstake { account: account()?, layer: layer()?, amount: self.amount()? }
            }
            Do::Reward => {
                let domain = shape.domain.as_ref().map(|_| self.domain()).transpose()?;
                let amount = match domain {
                    Some(_) => self.some()?,
                    None => Some(self.amount()?),
                };
                What::Reward { layer: layer()?, domain, amount }
            }
            Do::TakeReward => What::TakeReward { account: account()?, layer: layer()? },
            Do::PayIn => What::PayIn { layer: layer()?, amount: self.amount()? },
            Do::Mark => {
                let market = self.market()?;
                What::Mark { market, price: self.price(market)? }
            }
            Do::Settle => {
                let market = self.market()?;
                What::Settle { market, price: self.price(market)? }
            }
            Do::Fill => What::Fill(self.fill()?),
            Do::Funding => self.funding()?,
            Do::EndPeriod => What::EndPeriod,
            Do::Wait => What::Wait,
            Do::DeclareDefault => {
                let (domain, cause) = (self.domain()?, self.cause("declared")?);
                What::DeclareDefault { account: account()?, domain, cause }
            }
            Do::ReportLoss => What::ReportLoss(self.report()?),
            Do::ApproveLoss => What::ApproveLoss { loss: loss()? },
            Do::DismissLoss => What::DismissLoss { loss: loss()? },
            Do::PayDraw => {
                let account = shape.account.as_ref().map(|at| self.words.name(at, "account"));
                let account = account.transpose()?.map(|name| name.as_str().to_owned());
                What::PayDraw { loss: loss()?, layer: layer()?, account, amount: self.amount()? }
            }
            Do::Recover => What::Recover { loss: loss()?, amount: self.amount()? },
            Do::FundIncome => What::FundIncome { layer: layer()?, amount: self.amount()? },
            Do::FundFees => {
                let (domain, amount) = (self.domain()?, self.some()?);
                What::FundFees { domain, layer: layer()?, amount }
            }
            Do::Bid => self.bid()?,
            Do::SetStatus => self.status()?,
            Do::Report => self.feed_report()?,
            Do::MarkFromFeeds => self.mark_from_feeds()?,
            Do::DeclarePriceError => self.price_error()?,
            Do::MarkCollateral => self.mark_collateral()?,
            Do::SellCollateral => self.sale()?,
            Do::ConvertCollateral => self.conversion()?,
            Do::Supply
            | Do::Redeem
            | Do::Pledge
            | Do::Release
            | Do::Borrow
            | Do::Repay
            | Do::Liquidate => self.lend(word)?,
            Do::Enter | Do::Leave => self.hold(word)?,
            Do::BuyCover | Do::ReportIncident | Do::Vote | Do::Trigger => self.insure(word)?,
            Do::JoinFund
            | Do::LeaveFund
            | Do::SizeFund
            | Do::ClearClient
            | Do::ReleaseClient
            | Do::PortClient
            | Do::OpenAuction
            | Do::BidForBook => self.clear(word)?,
            Do::Protect | Do::EndProtection => self.provide(word)?,
            Do::TakeTokens | Do::SellTokens => self.issue(word)?,
            Do::FundPay | Do::EndPay | Do::TakeOut | Do::Measure => self.pay(word)?,
            Do::Notice | Do::Challenge => self.watch(word)?,
        })
    }

    fn open_account(&self) -> Result<What, Diagnostic> {
        let account = self.name("account", &self.shape.account)?;
        let owner = self.shape.owner.as_ref().map(|at| self.words.name(at, "owner"));
        let owner = owner.transpose()?.unwrap_or_else(|| account.clone());
        let kind = account_kind(self.words, self.shape.kind.as_ref())?;
        Ok(What::OpenAccount { account, owner, kind })
    }

    fn fill(&self) -> Result<Fill, Diagnostic> {
        let shape = self.shape;
        let market = self.market()?;
        let size = self.need("size", &shape.size)?;
        let fee = shape.fee.as_ref().map(|at| self.words.amount(at, "fee", 0)).transpose()?;
        Ok(Fill {
            market,
            buyer: self.text("buyer", &shape.buyer)?,
            seller: self.text("seller", &shape.seller)?,
            lots: markets::size(self.words, &self.known.markets[market].grid, size, "size")?,
            price: self.price(market)?,
            fee: fee.unwrap_or(Amount::ZERO),
            number: self.number()?,
        })
    }

    /// The number of a fill or a report, where one is given.
    fn number(&self) -> Result<Option<u64>, Diagnostic> {
        let number = self.shape.number.as_ref().map(|at| {
            let text = self.words.text(at, "number", "7")?;
            text.parse::<u64>().ok().filter(|number| *number > 0).ok_or_else(|| {
                let help = "they are numbered from 1 upwards.";
                let message = "number is no whole number above zero";
                self.words.refuse("number-not-whole", message, help, &at.place, "1 or more")
            })
        });
        number.transpose()
    }

    /// Funding for a size of one, as atoms for a lot.
    fn funding(&self) -> Result<What, Diagnostic> {
        let market = self.market()?;
        let at = self.need("amount", &self.shape.amount)?;
        let text = self.words.text(at, "amount", "-0.25")?;
        let told = |message: String, help: String| {
            let allowed = "whole atoms for each lot";
            self.words.refuse("amount-not-for-funding", message, help, &at.place, allowed)
        };
        let read = Decimal::read(text.as_bytes(), false)
            .map_err(|kind| told(format!("amount {}", kind.words()), kind.help().to_owned()))?;
        let magnitude = AmountText(crate::loss_file::shape::Written::Text(
            String::from_utf8_lossy(&read.magnitude()).into_owned(),
        ));
        let magnitude = At { value: magnitude, place: at.place.clone() };
        let atoms = self.words.amount(&magnitude, "amount", 0)?.atoms();
        let lots = self.known.markets[market].grid.lots_of_one().unwrap_or(0);
        if lots == 0 || atoms % lots != 0 {
            let message = "the amount for a size of one is no whole number of atoms for each lot";
            let help = format!("a size of one is {lots} lots: write a multiple of so many atoms.");
            return Err(told(message.to_owned(), help));
        }
        let size = i64::try_from(atoms / lots).map_err(|_| {
            told("amount is too large".to_owned(), "funding is a part of a price.".to_owned())
        })?;
        let atoms_per_lot = if read.negative { -size } else { size };
        Ok(What::Funding { market, atoms_per_lot })
    }

    fn bid(&self) -> Result<What, Diagnostic> {
        let part = self.need("part", &self.shape.part)?;
        Ok(What::Bid {
            from: self.text("from", &self.shape.from)?,
            account: self.text("account", &self.shape.account)?,
            part: self.words.percent(part, "part", "", RATE_UNIT)?,
        })
    }

    fn report(&self) -> Result<Report, Diagnostic> {
        let class = self.shape.class.as_ref();
        let class = class.map(|at| self.words.one_of(at, "class", &CLASSES)).transpose()?;
        Ok(Report {
            loss: self.name("loss", &self.shape.loss)?,
            domain: self.domain()?,
            class: class.unwrap_or(CauseClass::Default),
            cause: self.cause("reported")?,
            amount: self.amount()?,
            failed: self.shape.account.as_ref().map(|at| at.value.clone()),
            evidence: self.evidence()?,
        })
    }

    fn status(&self) -> Result<What, Diagnostic> {
        let at = self.need("status", &self.shape.status)?;
        let found = STATUSES.iter().find(|(_, name)| *name == at.value);
        let (status, _) =
            found.ok_or_else(|| unknown(self.words, at, "status", &STATUSES.map(|s| s.1)))?;
        let domain = self.shape.domain.as_ref().map(|_| self.domain()).transpose()?;
        Ok(What::SetStatus { domain, status: *status, cause: self.cause("by the venue")? })
    }

    /// Refuses keys that mean nothing for the word.
    fn keys_fit(&self, word: Do) -> Result<(), Diagnostic> {
        let shape = self.shape;
        let texts = [
            ("account", &shape.account),
            ("owner", &shape.owner),
            ("kind", &shape.kind),
            ("to", &shape.to),
            ("from", &shape.from),
            ("market", &shape.market),
            ("buyer", &shape.buyer),
            ("seller", &shape.seller),
            ("layer", &shape.layer),
            ("loss", &shape.loss),
            ("domain", &shape.domain),
            ("cause", &shape.cause),
            ("status", &shape.status),
            ("asset", &shape.asset),
            ("pool", &shape.pool),
            ("vault", &shape.vault),
            ("feed", &shape.feed),
            ("source", &shape.source),
            ("risk", &shape.risk),
            ("vote", &shape.vote),
            ("fund", &shape.fund),
            ("protection", &shape.protection),
        ];
        let given = texts.into_iter().filter_map(|(key, at)| Some((key, &at.as_ref()?.place)));
        let amounts = [
            ("price", shape.price.as_ref().map(|at| &at.place)),
            ("size", shape.size.as_ref().map(|at| &at.place)),
            ("amount", shape.amount.as_ref().map(|at| &at.place)),
            ("number", shape.number.as_ref().map(|at| &at.place)),
            ("fee", shape.fee.as_ref().map(|at| &at.place)),
            ("part", shape.part.as_ref().map(|at| &at.place)),
            ("class", shape.class.as_ref().map(|at| &at.place)),
            ("proceeds", shape.proceeds.as_ref().map(|at| &at.place)),
            ("value", shape.value.as_ref().map(|at| &at.place)),
            ("confidence", shape.confidence.as_ref().map(|at| &at.place)),
            ("since", shape.since.as_ref().map(|at| &at.place)),
            ("until", shape.until.as_ref().map(|at| &at.place)),
            ("period", shape.period.as_ref().map(|at| &at.place)),
            ("most", shape.most.as_ref().map(|at| &at.place)),
            ("lost", shape.lost.as_ref().map(|at| &at.place)),
            ("asks", shape.asks.as_ref().map(|at| &at.place)),
            ("lots", shape.lots.as_ref().map(|at| &at.place)),
            ("evidence", shape.evidence.as_ref().map(|at| &at.place)),
        ];
        let given = given.chain(amounts.into_iter().filter_map(|(key, at)| Some((key, at?))));
        let keys = keys_of(word);
        for (key, place) in given {
            if !keys.contains(&key) {
                let message = format!("{key} means nothing for \"{}\"", word.name());
                let code = format!("{key}-not-for-event");
                let help = "drop the key, or ask for something else.";
                let allowed = format!("at, do, expect, {}", keys.join(", "));
                return Err(self.words.refuse(code, message, help, place, allowed));
            }
        }
        Ok(())
    }
}

/// The keys of each word, beside `at`, `do` and `expect`.
const fn keys_of(word: Do) -> &'static [&'static str] {
    match word {
        Do::Fill => &["market", "buyer", "seller", "size", "price", "fee", "number"],
        Do::Mark | Do::Settle => &["market", "price"],
        Do::Funding => &["market", "amount"],
        Do::EndPeriod | Do::Wait => &[],
        Do::Bid => &["from", "account", "part"],
        Do::OpenAccount => &["account", "owner", "kind"],
        Do::Deposit | Do::Withdraw => &["account", "asset", "amount"],
        Do::Transfer => &["account", "to", "asset", "amount"],
        Do::Stake | Do::Unstake => &["account", "layer", "amount"],
        Do::PayIn | Do::FundIncome => &["layer", "amount"],
        Do::FundFees | Do::Reward => &["domain", "layer", "amount"],
        Do::TakeReward => &["account", "layer"],
        Do::DeclareDefault => &["account", "domain", "cause"],
        Do::ReportLoss => &["loss", "domain", "class", "cause", "amount", "account", "evidence"],
        Do::Notice => &["account", "domain", "evidence"],
        Do::Challenge => &["account", "loss", "evidence"],
        Do::ApproveLoss | Do::DismissLoss => &["loss"],
        Do::PayDraw => &["loss", "layer", "account", "amount"],
        Do::Recover => &["loss", "amount"],
        Do::SetStatus => &["domain", "status", "cause"],
        Do::Report => &["feed", "source", "value", "confidence", "since", "number"],
        Do::MarkFromFeeds => &["market", "asset"],
        Do::DeclarePriceError => &["feed", "since", "until"],
        Do::MarkCollateral => &["asset", "price"],
        Do::SellCollateral => &["loss", "asset", "amount", "proceeds", "account"],
        Do::ConvertCollateral => &["account", "from", "asset", "amount"],
        Do::Supply | Do::Redeem | Do::Borrow | Do::Repay => &["account", "pool", "amount"],
        Do::Pledge | Do::Release => &["account", "pool", "asset", "amount"],
        Do::Liquidate => &["account", "pool", "from", "asset", "amount"],
        Do::Enter => &["account", "vault", "amount"],
        Do::Leave => &["account", "vault", "part"],
        Do::BuyCover => &["account", "risk", "amount", "period", "most"],
        Do::ReportIncident => {
            &["risk", "loss", "cause", "since", "lost", "account", "amount", "evidence"]
        }
        Do::Vote => &["account", "loss", "vote"],
        Do::Trigger => &["account", "risk", "loss"],
        Do::JoinFund | Do::LeaveFund | Do::ReleaseClient => &["account", "fund"],
        Do::SizeFund => &["fund"],
        Do::ClearClient | Do::PortClient => &["account", "to", "fund"],
        Do::OpenAuction => &["loss", "most", "fund"],
        Do::BidForBook => &["loss", "account", "asks", "fund"],
        Do::Protect => &["account", "protection", "amount"],
        Do::EndProtection => &["account", "protection"],
        Do::TakeTokens => &["account", "loss", "layer", "lots", "most"],
        Do::SellTokens => &["account", "layer", "lots", "most"],
        Do::FundPay | Do::TakeOut => &["layer", "amount"],
        Do::EndPay => &["layer"],
        Do::Measure => &["layer", "domain", "market", "part", "amount", "source", "period"],
    }
}

/// The index of a market by name.
pub fn market_of(
    words: &Words<'_>,
    known: &[Market],
    at: &At<String>,
) -> Result<usize, Diagnostic> {
    known.iter().position(|market| market.name.as_str() == at.value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|market| market.name.as_str()).collect();
        unknown(words, at, "market", &names)
    })
}

/// Cross where nothing is said.
pub fn account_kind(words: &Words<'_>, at: Option<&At<String>>) -> Result<AccountKind, Diagnostic> {
    match at.map(|at| (at, at.value.as_str())) {
        None | Some((_, "cross")) => Ok(AccountKind::Cross),
        Some((_, "isolated")) => Ok(AccountKind::Isolated),
        Some((at, _)) => Err(unknown(words, at, "kind", &["cross", "isolated"])),
    }
}
