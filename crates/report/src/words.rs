//! What an event says, as a sentence. Events that people need not read say nothing.

mod bounty;
mod clearing;
mod cover;
mod incentive;
mod issuance;
mod liquidity;
mod protection;

use rhodian_core::closeout::{Event as CloseOutEvent, Why};
use rhodian_core::collateral::Event as CollateralEvent;
use rhodian_core::control::{Event as ControlEvent, Status};
use rhodian_core::domain::{Event as DomainEvent, RewardFrom};
use rhodian_core::engine::{Actor, Event};
use rhodian_core::ids::{AssetId, LayerId, LossId, MarketId};
use rhodian_core::loss::{Event as LossEvent, OwnMeans, PoolHolder};
use rhodian_core::market::{Event as MarketEvent, Party};
use rhodian_core::oracle::Event as OracleEvent;
use rhodian_core::pools::lending::Event as LendingEvent;
use rhodian_core::units::{Amount, Quantity};
use serde::Serialize;

use crate::money::count;
use crate::names::{MoneyOf, Names};

/// The parties of an auto-deleveraging that are named; the rest is counted.
const MOST_PARTIES: usize = 3;

/// The sentence of `event`, if it has one.
#[must_use]
pub fn of_event(names: &dyn Names, event: &Event) -> Option<String> {
    match event {
        Event::Market(event) => of_market(names, event),
        Event::CloseOut(event) => of_close_out(names, event),
        Event::Loss(event) => of_loss(names, event),
        Event::Collateral(event) => of_collateral(names, event),
        Event::Lending(event) => of_lending(names, event),
        Event::Cover(event) => cover::of_cover(names, event),
        Event::Liquidity(event) => liquidity::of_liquidity(names, event),
        Event::Clearing(event) => clearing::of_clearing(names, event),
        Event::Protection(event) => protection::of_protection(names, event),
        Event::Issuance(event) => issuance::of_issuance(names, event),
        Event::Incentive(event) => incentive::of_incentive(names, event),
        Event::Control(event) => of_control(names, event),
        Event::Oracle(OracleEvent::DomainTightened { domain, feed, to, .. }) => Some(format!(
            "{} goes to {}: {} has had no good value for too long",
            names.domain(*domain),
            status_words(*to),
            names.feed(*feed)
        )),
        Event::Domain(event) => of_domain(names, event),
        Event::Account(_) | Event::Oracle(_) | Event::TimePassed { .. } => None,
    }
}

/// Stakes that leave, and what stakers earn: who stands behind a domain, and for what, is
/// everybody's to know.
fn of_domain(names: &dyn Names, event: &DomainEvent) -> Option<String> {
    let stake = |layer: LayerId, account, amount| {
        let money = names.money(MoneyOf::Layer(layer), amount);
        (money, names.account(account), names.layer(layer))
    };
    match *event {
        DomainEvent::ExitAsked { layer, account, amount, .. } => {
            let (money, account, layer) = stake(layer, account, amount);
            Some(format!("{account} asks for {money} staked in {layer}: drawn on until it leaves"))
        }
        DomainEvent::ExitPaid { layer, account, amount, .. }
        | DomainEvent::Unstaked { layer, account, amount, .. } => {
            let (money, account, layer) = stake(layer, account, amount);
            Some(format!("{money} staked in {layer} go back to {account}"))
        }
        DomainEvent::Rewarded { layer, from, amount, .. } => {
            let money = names.money(MoneyOf::Layer(layer), amount);
            let what = match from {
                RewardFrom::Outside => "",
                RewardFrom::Fees(_) => " of fees",
                // As long as a cover stands its premium is earned: nobody reads that each time.
                RewardFrom::Premia(_) => return None,
                RewardFrom::Pay => " by time",
            };
            Some(format!("stakers of {} earn {money}{what}", names.layer(layer)))
        }
        DomainEvent::RewardTaken { layer, account, amount, .. } => {
            let (money, account, layer) = stake(layer, account, amount);
            Some(format!("{account} takes {money} earned in {layer}"))
        }
        _ => None,
    }
}

/// Only what close-out books trade: participants' own trades are no part of a loss.
fn of_market(names: &dyn Names, event: &MarketEvent) -> Option<String> {
    match event {
        MarketEvent::Filled { market, buyer, seller, lots, price, .. } => {
            let (book, verb) = match (buyer, seller) {
                (Party::Book(loss), _) => (*loss, "buys"),
                (_, Party::Book(loss)) => (*loss, "sells"),
                _ => return None,
            };
            let (size, at) = (names.size(*market, lots.size()), names.price(*market, *price));
            Some(format!("the book of {} {verb} {size} at {at}", names.loss(book)))
        }
        MarketEvent::LegsTaken { loss, legs, .. } => {
            let legs = listed(names, legs.iter().copied());
            Some(format!("the close-out book of {} takes over {legs}", names.loss(*loss)))
        }
        _ => None,
    }
}

/// Legs with their sides.
fn listed(names: &dyn Names, legs: impl Iterator<Item = (MarketId, Quantity)>) -> String {
    let leg = |(market, lots): (MarketId, Quantity)| {
        let side = if lots.lots() < 0 { "short " } else { "" };
        format!("{side}{}", names.size(market, lots.size()))
    };
    let legs: Vec<String> = legs.map(leg).collect();
    if legs.is_empty() { "no legs".to_owned() } else { legs.join(", ") }
}

fn of_close_out(names: &dyn Names, event: &CloseOutEvent) -> Option<String> {
    Some(match event {
        CloseOutEvent::DeleveragingBegun { loss, why } => {
            let money = |amount: &Amount| names.money(MoneyOf::Loss(*loss), *amount);
            let why = match why {
                Why::Budget { budget, .. } => {
                    format!("closing would pass its budget of {}", money(budget))
                }
                Why::Deadline { .. } => "its time is out".to_owned(),
                Why::NoBid => "no member took it in the auction".to_owned(),
                Why::Drawdown { paid, held } => {
                    let (paid, held) = (money(paid), money(held));
                    format!("the funds paid {paid} in this episode and hold {held}")
                }
            };
            format!("auto-deleveraging of {} begins: {why}", names.loss(*loss))
        }
        CloseOutEvent::Deleveraged { market, taken, .. } => {
            let mut rows: Vec<(u64, Party)> =
                taken.iter().map(|(party, lots)| (lots.size(), *party)).collect();
            rows.sort_by(|a, b| b.cmp(a));
            let shown = rows.iter().take(MOST_PARTIES);
            let mut parts: Vec<String> = shown
                .map(|(lots, party)| {
                    format!("{} {}", names.party(*party), names.size(*market, *lots))
                })
                .collect();
            if rows.len() > MOST_PARTIES {
                parts.push(format!("{} others", count(rows.len() - MOST_PARTIES)));
            }
            format!("taken off the other side, at the mark: {}", parts.join(", "))
        }
        CloseOutEvent::LiquidationBegun { account, equity, maintenance, .. } => {
            let equity = Amount::new(equity.atoms().max(0).unsigned_abs()).unwrap_or_default();
            let money = |amount| names.money(MoneyOf::Account(*account), amount);
            format!(
                "{} is liquidated: equity {} below maintenance {}",
                names.account(*account),
                money(equity),
                money(*maintenance)
            )
        }
        CloseOutEvent::RouteTaken { account, route, .. } => {
            format!("{} goes to route {}", names.account(*account), u32::from(*route) + 1)
        }
        CloseOutEvent::DeleveragingPlanned { account, plan } => {
            let legs = listed(names, plan.iter().copied());
            format!("{legs} of {} are to go to the other side", names.account(*account))
        }
        CloseOutEvent::LegsSold { from, to, legs, backstop, .. } => {
            let verb = if *backstop { "the backstop" } else { "the bidder" };
            let legs = listed(names, legs.iter().map(|(market, _, lots, _)| (*market, *lots)));
            let (from, to) = (names.party(*from), names.account(*to));
            format!("{verb} {to} takes {legs} from {from}")
        }
        CloseOutEvent::LiquidationEnded { account } => {
            format!("the liquidation of {} is over", names.account(*account))
        }
        CloseOutEvent::PenaltyCharged { .. } | CloseOutEvent::RoutesSet { .. } => return None,
    })
}

fn of_loss(names: &dyn Names, event: &LossEvent) -> Option<String> {
    let of_loss = found(names, event).or_else(|| absorbed(names, event));
    of_loss.or_else(|| repaid(names, event)).or_else(|| bounty::of_bounty(names, event))
}

/// From the first sign of a loss to its exact size.
fn found(names: &dyn Names, event: &LossEvent) -> Option<String> {
    let money = |loss: LossId, amount: Amount| names.money(MoneyOf::Loss(loss), amount);
    Some(match event {
        LossEvent::DefaultFound { account, cause, .. } => {
            format!("{} fails: {cause}", names.account(*account))
        }
        LossEvent::LossReported(report) => {
            let (name, amount) = (names.loss(report.loss), money(report.loss, report.amount));
            format!("{name} is reported: {amount} lost, {}", report.cause)
        }
        // What stakers decided is told where their votes are counted.
        LossEvent::LossApproved { by, .. } | LossEvent::LossDismissed { by, .. }
            if *by == Actor::ENGINE =>
        {
            return None;
        }
        LossEvent::LossApproved { loss, .. } => {
            format!("a second approver agrees to {}", names.loss(*loss))
        }
        LossEvent::LossDismissed { loss, .. } => {
            format!("a challenge of {} succeeds: it is no loss", names.loss(*loss))
        }
        LossEvent::EpisodeOpened { domain, .. } => {
            format!("an episode of {} opens; its rules are frozen", names.domain(*domain))
        }
        LossEvent::LiableSetFixed { layers, .. } => {
            let members: usize = layers.iter().map(|(_, rows)| rows.len()).sum();
            format!("the liable set is fixed: {} weights and caps are frozen", count(members))
        }
        LossEvent::LossDetected { loss, .. } => format!("{} is detected", names.loss(*loss)),
        LossEvent::TakenOver { loss, account, held, owed, .. } => {
            let (what, amount) = if owed.is_zero() { ("has", held) } else { ("owes", owed) };
            let amount = money(*loss, *amount);
            format!(
                "the balance of {} moves to the book: it {what} {amount}",
                names.account(*account)
            )
        }
        LossEvent::LossMeasured { loss, close_out, .. } => {
            format!("the close-out loss of {} is {}", names.loss(*loss), money(*loss, *close_out))
        }
        LossEvent::RemainderMoved { loss, other, amount, .. } => {
            let (from, to) = (names.loss(*loss), names.loss(*other));
            format!("{} left of {from} pays for {to}", money(*loss, *amount))
        }
        LossEvent::MarginTaken { loss, amount, .. } if !amount.is_zero() => {
            format!("{}: margin pays {}", names.loss(*loss), money(*loss, *amount))
        }
        LossEvent::OwnMeansTaken { loss, from, amount, .. } if !amount.is_zero() => {
            let who = match from {
                OwnMeans::Account(account)
                | OwnMeans::Stake { account, .. }
                | OwnMeans::Reward { account, .. } => names.account(*account),
                OwnMeans::Book => "the book".to_owned(),
                OwnMeans::Ceded => "the owner, repaid for other losses,".to_owned(),
            };
            let amount = money(*loss, *amount);
            format!("{}: own means of {who} pay {amount}", names.loss(*loss))
        }
        LossEvent::DeficitRecognised { loss, deficit } if !deficit.is_zero() => {
            let deficit = names.money_with_unit(MoneyOf::Loss(*loss), *deficit);
            format!("the deficit of {} is {deficit}", names.loss(*loss))
        }
        _ => return None,
    })
}

/// From the first draw to settlement.
fn absorbed(names: &dyn Names, event: &LossEvent) -> Option<String> {
    let money = |loss: LossId, amount: Amount| names.money(MoneyOf::Loss(loss), amount);
    Some(match event {
        LossEvent::ResultKept { loss, domain, amount, .. } => {
            let (amount, domain) = (money(*loss, *amount), names.domain(*domain));
            format!("the book of {} gained {amount}: kept for {domain}", names.loss(*loss))
        }
        LossEvent::DebtReturned { loss, account, amount, .. } => {
            let (amount, account) = (money(*loss, *amount), names.account(*account));
            let loss = names.loss(*loss);
            format!("{loss} is as large as a loss can be: {account} owes {amount} again")
        }
        LossEvent::ResultNetted { loss, amount, .. } => {
            let amount = money(*loss, *amount);
            format!("what other books gained pays {amount} for {}", names.loss(*loss))
        }
        LossEvent::PotDrawn { loss, layer, amount, .. } => {
            let amount = money(*loss, *amount);
            format!("{} pays {amount} for {}", names.layer(*layer), names.loss(*loss))
        }
        LossEvent::LossDivided { loss, layer, amount, members, .. } => {
            let (amount, layer) = (money(*loss, *amount), names.layer(*layer));
            let members = count(usize::try_from(*members).unwrap_or(0));
            format!("{amount} for {} is divided over {members} of {layer}", names.loss(*loss))
        }
        LossEvent::CallsMade { loss, layer, calls, .. } => {
            let sum: u128 = calls.iter().map(|call| call.atoms()).sum();
            let sum = money(*loss, Amount::new(sum).unwrap_or(Amount::MAX));
            format!("{} is called for {sum} for {}", names.layer(*layer), names.loss(*loss))
        }
        LossEvent::DrawPaid { loss, layer, account, amount, .. } => {
            let who = account.map_or_else(|| "the outside".to_owned(), |id| names.account(id));
            format!("{who} pays {} into {}", money(*loss, *amount), names.layer(*layer))
        }
        LossEvent::ProceedsPaid { loss, layer, account, amount, .. } => {
            let (who, amount) = (names.account(*account), money(*loss, *amount));
            format!("{who} pays {amount} into {} for what it is sold", names.layer(*layer))
        }
        LossEvent::UncoveredBooked { loss, amount, .. } => {
            format!("{} of {} stays uncovered", money(*loss, *amount), names.loss(*loss))
        }
        LossEvent::RanksSettled { loss, amount, rows, .. } => {
            let (amount, accounts) = (money(*loss, *amount), count(rows.len()));
            format!("{amount} of {} is taken by rank from {accounts} accounts", names.loss(*loss))
        }
        LossEvent::SettlementEntered { domain, .. } => {
            format!("{} enters settlement: its uncovered debt is too large", names.domain(*domain))
        }
        LossEvent::LossSettled { loss } => format!("{} is settled", names.loss(*loss)),
        LossEvent::EpisodeClosed { .. } => "the episode is over".to_owned(),
        _ => return None,
    })
}

/// What comes back.
fn repaid(names: &dyn Names, event: &LossEvent) -> Option<String> {
    Some(match event {
        LossEvent::RecoveryReceived { loss, amount, .. } => {
            format!(
                "{} of {} comes back",
                names.money(MoneyOf::Loss(*loss), *amount),
                names.loss(*loss)
            )
        }
        LossEvent::ResultToClaims { loss, amount, .. } => {
            let amount = names.money(MoneyOf::Loss(*loss), *amount);
            format!("{amount} that books gained goes to the claims of {}", names.loss(*loss))
        }
        LossEvent::ResultToFund { layer, amount, .. } => {
            let amount = names.money(MoneyOf::Layer(*layer), *amount);
            format!("{amount} that books gained goes to {}", names.layer(*layer))
        }
        LossEvent::PoolRepaid { loss, to, amount, rows, .. } => {
            let who = match to {
                PoolHolder::Members if rows.len() == 1 => "1 account".to_owned(),
                PoolHolder::Members => format!("{} accounts", count(rows.len())),
                PoolHolder::Layer(layer) => names.layer(*layer),
                PoolHolder::Uncovered(_) => "the uncovered debt".to_owned(),
                PoolHolder::Results(domain) => {
                    format!("what books of {} gained", names.domain(*domain))
                }
            };
            format!("it repays {who} {}", names.money(MoneyOf::Loss(*loss), *amount))
        }
        LossEvent::ClaimCeded { loss, account, amount, .. } => {
            let (amount, loss) = (names.money(MoneyOf::Loss(*loss), *amount), names.loss(*loss));
            format!("{amount} of it, of {}, is for those who bear {loss}", names.account(*account))
        }
        LossEvent::CededPaid { loss, amount, .. } => {
            let (amount, loss) = (names.money(MoneyOf::Loss(*loss), *amount), names.loss(*loss));
            format!("{amount} that came back to its owner pays for {loss}")
        }
        LossEvent::CededMoved { loss, other, amount, .. } => {
            let amount = names.money(MoneyOf::Loss(*loss), *amount);
            format!(
                "{} lacks nothing more: {amount} is for {}",
                names.loss(*loss),
                names.loss(*other)
            )
        }
        LossEvent::CededReturned { loss, account, amount, .. } => {
            let (amount, loss) = (names.money(MoneyOf::Loss(*loss), *amount), names.loss(*loss));
            format!("{loss} lacks nothing more: {amount} goes to {}", names.account(*account))
        }
        LossEvent::IncomeReceived { layer, amount, .. } => {
            format!(
                "{} earns {}",
                names.layer(*layer),
                names.money(MoneyOf::Layer(*layer), *amount)
            )
        }
        LossEvent::FeesReceived { domain, layer, amount, .. } => {
            let amount = names.money(MoneyOf::Layer(*layer), *amount);
            format!("{} earns {amount}, fees of {}", names.layer(*layer), names.domain(*domain))
        }
        LossEvent::DebtPaid { loss, amount, .. } => {
            let amount = names.money(MoneyOf::Loss(*loss), *amount);
            format!("{amount} of it pays uncovered debt of {}", names.loss(*loss))
        }
        _ => return None,
    })
}

fn of_collateral(names: &dyn Names, event: &CollateralEvent) -> Option<String> {
    let of =
        |asset: &AssetId, amount: &Amount| names.money_with_unit(MoneyOf::Asset(*asset), *amount);
    Some(match event {
        CollateralEvent::Taken { loss, asset, amount, .. } => {
            format!("the book of {} takes over {}", names.loss(*loss), of(asset, amount))
        }
        CollateralEvent::Sold { loss, settled, asset, amount, proceeds, .. } => {
            let proceeds = names.money(MoneyOf::Asset(*settled), *proceeds);
            format!("{} of {} is sold for {proceeds}", of(asset, amount), names.loss(*loss))
        }
        CollateralEvent::Returned { account, asset, amount, .. } => {
            format!("{} goes back to {}", of(asset, amount), names.account(*account))
        }
        CollateralEvent::SetAside { loss, .. } => {
            format!("what {} left finds no buyer in time and is set aside", names.loss(*loss))
        }
        CollateralEvent::Converted { account, buyer, settled, asset, amount, proceeds, .. } => {
            let (bought, paid) =
                (of(asset, amount), names.money(MoneyOf::Asset(*settled), *proceeds));
            let (buyer, account) = (names.account(*buyer), names.account(*account));
            format!("{buyer} buys {bought} of {account}, who owes too much, for {paid}")
        }
        CollateralEvent::Accepted { .. }
        | CollateralEvent::Marked { .. }
        | CollateralEvent::FeedAttached { .. } => return None,
    })
}

fn of_lending(names: &dyn Names, event: &LendingEvent) -> Option<String> {
    let of =
        |asset: &AssetId, amount: &Amount| names.money_with_unit(MoneyOf::Asset(*asset), *amount);
    let who = |account: &_| names.account(*account);
    Some(match event {
        LendingEvent::Supplied { account, asset, amount, .. } => {
            format!("{} supplies {}", who(account), of(asset, amount))
        }
        LendingEvent::Redeemed { account, asset, amount, .. } => {
            format!("{} redeems {} of supply", who(account), of(asset, amount))
        }
        LendingEvent::Borrowed { account, asset, amount, .. } => {
            format!("{} borrows {}", who(account), of(asset, amount))
        }
        LendingEvent::Repaid { account, asset, amount, .. } => {
            format!("{} repays {}", who(account), of(asset, amount))
        }
        LendingEvent::Liquidated {
            borrower,
            liquidator,
            asset,
            amount,
            collateral,
            seized,
            ..
        } => {
            let (paid, got) = (of(asset, amount), of(collateral, seized));
            format!("{} repays {paid} for {} and gets {got}", who(liquidator), who(borrower))
        }
        LendingEvent::Failed { loss, account, asset, debt, .. } => format!(
            "the collateral of {} covers a loan of {} no more: both go to the book of {}",
            who(account),
            of(asset, debt),
            names.loss(*loss)
        ),
        LendingEvent::Opened { .. }
        | LendingEvent::Accrued { .. }
        | LendingEvent::Pledged { .. }
        | LendingEvent::Released { .. }
        | LendingEvent::SupplyTaken { .. } => return None,
    })
}

fn of_control(names: &dyn Names, event: &ControlEvent) -> Option<String> {
    let of = |domain: &Option<_>| {
        domain.map_or_else(|| "the venue".to_owned(), |domain| names.domain(domain))
    };
    Some(match event {
        ControlEvent::StatusSet { domain, status, cause } => {
            format!("{} is {} from now on: {cause}", of(domain), status_words(*status))
        }
        ControlEvent::HaltEnded { domain } => format!("the halt of {} is over", of(domain)),
        _ => return None,
    })
}

const fn status_words(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::ReduceOnly => "reduce-only",
        Status::WithdrawOnly => "withdraw-only",
        Status::Halted => "halted",
        Status::Settling => "settling",
        Status::Closed => "closed",
    }
}

/// The name a unit variant has in JSON: kebab-case.
pub(crate) fn kebab(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
