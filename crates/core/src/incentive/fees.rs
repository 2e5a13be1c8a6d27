//! Where the fees of a domain go. Once a period, with nothing known that may become a loss of it,
//! they are divided in this order, each part full before the next gets anything:
//!
//! 1. what the domain owes, through its first fund;
//! 2. what the operator's first loss lacks;
//! 3. what the pots of pay lack, so that those who bear losses are paid for a time ahead;
//! 4. what the funds lack of their targets;
//! 5. the rest, by parts: more for funds and pots of pay, and the house's.
//!
//! The house gets its part only where all before is full, and by figures that are in date: else
//! the rest is the funds'. What several lack is divided by what each lacks, the rest by parts,
//! with the largest remainders: nothing is lost or left over.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::house::MAX_FACTOR;
use super::{Duty, Event, FirstLoss, Flaw, Rejection, Subject, WHOLE};
use crate::allocation::{self, Claims, Rule};
use crate::bounds::MAX_PENDING;
use crate::control::Status;
use crate::domain;
use crate::engine::{Events, State};
use crate::ids::{AssetId, DomainId, LayerId, Time};
use crate::ledger::Holder;
use crate::loss;
use crate::pools::YEAR;
use crate::units::Amount;
use crate::wide::mul_div_ceil;

/// A fund in a table of fees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FundFees {
    /// The layer: an insurance fund, named by the domain's waterfalls.
    pub layer: LayerId,
    /// What it is to hold, in atoms.
    pub target: Amount,
    /// Its part of what is left when all is full, in millionths.
    pub part: u32,
}

/// A staked layer in a table of fees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrancheFees {
    /// The layer, named by the domain's waterfalls; its pay has terms.
    pub layer: LayerId,
    /// Its part of what is left when all is full, in millionths: into its pot of pay.
    pub part: u32,
}

/// The house in a table of fees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "HouseFees"))]
#[serde(deny_unknown_fields)]
pub struct HouseFees {
    /// The layer: a pot of the operator's or of the treasury.
    pub layer: LayerId,
    /// Its part of what is left when all is full, in millionths.
    pub part: u32,
}

/// Where the fees of a domain go. Each layer stands in it once.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FeeTable {
    /// How often they are divided, in milliseconds: at most 30 days.
    pub period: u64,
    /// For how long ahead the pots of pay are filled, in milliseconds: at most a year.
    pub ahead: u64,
    /// The operator's first loss.
    pub first_loss: Option<FirstLoss>,
    /// The funds, at least one with a part.
    pub funds: Vec<FundFees>,
    /// The staked layers whose pots of pay are filled.
    pub tranches: Vec<TrancheFees>,
    /// What the house gets; nothing for none. All parts are the whole together.
    pub house: Option<HouseFees>,
}

/// A domain's table, and when its fees were divided last.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DomainFees"))]
pub struct Fees {
    /// The table.
    pub table: FeeTable,
    /// When fees were divided last, or the table was set.
    pub divided: Time,
}

/// What a part of fees is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum FeeTo {
    /// The domain's debts, through this fund.
    Debts(LayerId) = 1,
    /// The operator's first loss.
    FirstLoss(LayerId) = 2,
    /// The pot that the stakers of a layer are paid out of.
    Pay(LayerId) = 3,
    /// A fund.
    Fund(LayerId) = 4,
    /// The house.
    House(LayerId) = 5,
}

impl FeeTo {
    /// The layer.
    #[must_use]
    pub const fn layer(self) -> LayerId {
        match self {
            Self::Debts(layer)
            | Self::FirstLoss(layer)
            | Self::Pay(layer)
            | Self::Fund(layer)
            | Self::House(layer) => layer,
        }
    }

    /// Who holds it then.
    pub(super) const fn holder(self) -> Holder {
        match self {
            Self::Pay(layer) => Holder::Pay(layer),
            other => Holder::Layer(other.layer()),
        }
    }
}

/// A part of divided fees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeeRow {
    /// What it is for.
    pub to: FeeTo,
    /// How much, above zero.
    pub amount: Amount,
}

/// Why the house gets nothing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Shut {
    /// The domain owes what no step absorbed.
    Owes = 1,
    /// The operator's first loss is below what it must hold.
    FirstLoss = 2,
    /// Stakers of a layer are not paid for the time ahead.
    Pay(LayerId) = 3,
    /// A fund is below its target.
    Fund(LayerId) = 4,
    /// A figure is out of date, or was never measured.
    Figure(Subject) = 5,
    /// The domain's waterfalls do not name this layer of the table any more.
    NotBehind(LayerId) = 6,
    /// Who bore losses of the domain is not repaid, and its income is to repay him.
    Claims = 7,
}

/// How the fees of a domain would be divided now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeePlan {
    /// What is booked, in atoms.
    pub booked: Amount,
    /// What each gets, in the order in which it is given.
    pub rows: Vec<FeeRow>,
    /// Why the house gets nothing; nothing where it may.
    pub shut: Option<Shut>,
}

impl FeeTable {
    /// What can never be right about it.
    pub(super) fn check(&self) -> Result<(), Flaw> {
        let (period, ahead) = (self.period, self.ahead);
        if period == 0 || period > MAX_PENDING || ahead == 0 || ahead > YEAR {
            return Err(Flaw::Times { period, ahead });
        }
        if self.first_loss.is_some_and(|first| first.factor > MAX_FACTOR) {
            return Err(Flaw::Factor { max: MAX_FACTOR });
        }
        let of_funds = self.funds.iter().map(|of| u64::from(of.part));
        let funds: u64 = of_funds.sum();
        let tranches: u64 = self.tranches.iter().map(|of| u64::from(of.part)).sum();
        let parts = funds + tranches + self.house.map_or(0, |of| u64::from(of.part));
        if funds == 0 || parts != u64::from(WHOLE) {
            return Err(Flaw::Parts { parts, funds });
        }
        let mut layers: Vec<LayerId> = self.layers().collect();
        layers.sort_unstable();
        match layers.windows(2).find(|two| two[0] == two[1]) {
            Some(two) => Err(Flaw::Twice { layer: two[0] }),
            None => Ok(()),
        }
    }

    /// Every layer in it.
    pub fn layers(&self) -> impl Iterator<Item = LayerId> + '_ {
        let first = self.first_loss.map(|of| of.layer).into_iter();
        let funds = self.funds.iter().map(|of| of.layer);
        let tranches = self.tranches.iter().map(|of| of.layer);
        first.chain(funds).chain(tranches).chain(self.house.map(|of| of.layer))
    }

    /// Whether the money in `layer` is the house's own.
    pub(super) fn is_of_house(&self, layer: LayerId) -> bool {
        self.first_loss.is_some_and(|of| of.layer == layer)
            || self.house.is_some_and(|of| of.layer == layer)
    }
}

/// A plan as it is made.
struct Planning<'a> {
    state: &'a State,
    domain: DomainId,
    asset: AssetId,
    left: Amount,
    rows: Vec<FeeRow>,
    shut: Option<Shut>,
}

impl Planning<'_> {
    fn room(&self, to: FeeTo) -> Amount {
        let held = self.state.ledger.held(self.asset, to.holder());
        let room = match to {
            FeeTo::Pay(layer) => self.state.incentives.pay(layer).map(|pay| pay.room(held)),
            _ => Some(Amount::MAX.less_or_zero(held)),
        };
        let given = self.rows.iter().filter(|row| row.to.holder() == to.holder());
        let given = Amount::sum(given.map(|row| row.amount));
        room.unwrap_or_default().less_or_zero(given)
    }

    /// Gives `lacks` as far as what is left goes, by what each lacks; the first that is not full
    /// shuts the house out.
    fn fill(&mut self, lacks: &[(FeeTo, Amount)], shut: impl Fn(LayerId) -> Shut) {
        let gaps: Vec<Amount> = lacks.iter().map(|(_, gap)| *gap).collect();
        let caps: Vec<Amount> = lacks.iter().map(|(to, gap)| (*gap).min(self.room(*to))).collect();
        for ((to, gap), amount) in lacks.iter().zip(over(self.left, &caps, &gaps)) {
            self.give(*to, amount);
            if amount < *gap {
                self.shut = self.shut.or(Some(shut(to.layer())));
            }
        }
    }

    /// The rest by parts, as far as there is room.
    fn share(&mut self, parts: &[(FeeTo, u32)]) {
        let weights: Vec<Amount> = parts.iter().map(|(_, part)| Amount::from(*part)).collect();
        let caps: Vec<Amount> = parts.iter().map(|(to, _)| self.room(*to)).collect();
        for ((to, _), amount) in parts.iter().zip(over(self.left, &caps, &weights)) {
            self.give(*to, amount);
        }
    }

    fn give(&mut self, to: FeeTo, amount: Amount) {
        self.left = self.left.less_or_zero(amount);
        match self.rows.iter_mut().find(|row| row.to == to) {
            Some(row) => row.amount = row.amount.checked_add(amount).unwrap_or(Amount::MAX),
            None if amount.is_zero() => {}
            None => self.rows.push(FeeRow { to, amount }),
        }
    }

    /// A figure that the house stands on serves no more, or was never measured.
    fn needs(&mut self, subject: Subject) {
        if !self.state.incentives.serves(subject, self.state.now()) {
            self.shut = self.shut.or(Some(Shut::Figure(subject)));
        }
    }

    /// Whether the domain's waterfalls still name `layer`: else what it gets is not behind it.
    fn is_behind(&self, layer: LayerId) -> bool {
        self.state.domains.behind(layer).any(|(id, _)| id == self.domain)
    }

    fn debts(&mut self, funds: &[FundFees]) {
        let owed = self.state.ledger.owed(self.asset, Holder::Uncovered(self.domain));
        if owed.is_zero() {
            return;
        }
        self.shut = Some(Shut::Owes);
        if let Some(fund) = funds.first() {
            let to = FeeTo::Debts(fund.layer);
            let amount = owed.min(self.left).min(self.room(to));
            self.give(to, amount);
        }
    }

    /// All that comes before the house stands behind the domain, and nobody waits to be repaid.
    fn stand(&mut self, table: &FeeTable) {
        let house = table.house.map(|of| of.layer);
        let mut before = table.layers().filter(|layer| Some(*layer) != house);
        if let Some(gone) = before.find(|layer| !self.is_behind(*layer)) {
            self.shut = self.shut.or(Some(Shut::NotBehind(gone)));
        }
        if self.state.repays_claims(self.domain) {
            self.shut = self.shut.or(Some(Shut::Claims));
        }
    }

    fn first_loss(&mut self, first: FirstLoss) {
        let held = self.state.ledger.held(self.asset, Holder::Layer(first.layer));
        let required = self.state.first_loss_of_layer(first.layer);
        let lack = (FeeTo::FirstLoss(first.layer), required.less_or_zero(held));
        self.fill(&[lack], |_| Shut::FirstLoss);
        if first.factor > 0 {
            self.needs(Subject::Domain(self.domain));
        }
    }
}

/// What is left of `amount` over claims by `weights`, at most `caps`: floored, and what is left
/// over to the largest remainders.
fn over(amount: Amount, caps: &[Amount], weights: &[Amount]) -> Vec<Amount> {
    let none = || caps.iter().map(|_| Amount::ZERO).collect();
    if amount.is_zero() || weights.iter().all(|weight| weight.is_zero()) {
        return none();
    }
    let claims = Claims { caps, weights, ..Claims::default() };
    // As many columns as claims, and few of them: it divides.
    allocation::divide(Rule::Proportional, amount, &claims).map_or_else(|_| none(), |of| of.shares)
}

impl State {
    /// How the fees of `domain` would be divided now; nothing where it has no table.
    #[must_use]
    pub fn fee_plan(&self, domain: DomainId) -> Option<FeePlan> {
        let fees = self.incentives.fees(domain)?;
        let table = &fees.table;
        let asset = self.domains.asset_of(domain)?;
        let booked = self.ledger.held(asset, Holder::Fees(domain));
        let (rows, shut) = (Vec::new(), None);
        let mut plan = Planning { state: self, domain, asset, left: booked, rows, shut };
        let funds = table.funds.iter().copied().filter(|of| plan.is_behind(of.layer));
        let funds: Vec<FundFees> = funds.collect();
        let tranches = table.tranches.iter().copied().filter(|of| plan.is_behind(of.layer));
        let tranches: Vec<TrancheFees> = tranches.collect();
        plan.debts(&funds);
        plan.stand(table);
        if let Some(first) = table.first_loss.filter(|of| plan.is_behind(of.layer)) {
            plan.first_loss(first);
        }
        let lacks: Vec<_> =
            tranches.iter().map(|of| self.lacks_pay(of.layer, table.ahead)).collect();
        plan.fill(&lacks, Shut::Pay);
        for tranche in &tranches {
            plan.needs(Subject::Layer(tranche.layer));
        }
        // What premia brought is no income of the house by figures of before.
        for market in self.charged_markets(domain, fees.divided) {
            plan.needs(Subject::Domain(domain));
            plan.needs(Subject::Market(market));
        }
        let lacks: Vec<_> = funds.iter().map(|of| self.lacks_target(of, asset)).collect();
        plan.fill(&lacks, Shut::Fund);
        let mut parts: Vec<_> = funds.iter().map(|of| (FeeTo::Fund(of.layer), of.part)).collect();
        if plan.shut.is_none() {
            parts.extend(tranches.iter().map(|of| (FeeTo::Pay(of.layer), of.part)));
            parts.extend(table.house.map(|of| (FeeTo::House(of.layer), of.part)));
        }
        plan.share(&parts);
        Some(FeePlan { booked, rows: plan.rows, shut: plan.shut })
    }

    /// What the pot of pay of `layer` lacks of what is paid out of it for a time of `ahead`,
    /// rounded up (for those who are paid).
    fn lacks_pay(&self, layer: LayerId, ahead: u64) -> (FeeTo, Amount) {
        let lack = self.pay_now(layer).map_or(Amount::ZERO, |now| {
            let needed = mul_div_ceil(now.per_year, u128::from(ahead), u128::from(YEAR));
            // No pot holds more than an amount.
            let needed = needed.and_then(|atoms| Amount::new(atoms).ok()).unwrap_or(Amount::MAX);
            needed.less_or_zero(now.left)
        });
        (FeeTo::Pay(layer), lack)
    }

    fn lacks_target(&self, fund: &FundFees, asset: AssetId) -> (FeeTo, Amount) {
        let held = self.ledger.held(asset, Holder::Layer(fund.layer));
        (FeeTo::Fund(fund.layer), fund.target.less_or_zero(held))
    }

    /// Whether a period is over in which fees were booked: they may wait for a loss.
    pub(crate) fn has_fees_to_divide(&self) -> bool {
        self.incentives.tables().any(|(domain, fees)| is_over(self, domain, fees))
    }
}

/// Whether they are to be divided by time: claims of a domain in settlement are paid by rank.
fn is_over(state: &State, domain: DomainId, fees: &Fees) -> bool {
    let booked = |asset| !state.ledger.held(asset, Holder::Fees(domain)).is_zero();
    fees.divided.after(fees.table.period).has_come(state.now())
        && state.control.domain_status(domain) < Status::Settling
        && state.domains.asset_of(domain).is_some_and(booked)
}

/// The first domain, in id order, whose fees are due to be divided: not while something is known
/// that may become a loss which one of its layers bears, reported ones too, nor when its claims are
/// settled by rank.
pub(super) fn duty(state: &State) -> Option<Duty> {
    let rests =
        |fees: &Fees| fees.table.layers().all(|layer| domain::knows_no_loss(state, layer).is_ok());
    let due = |(domain, fees): &(DomainId, &Fees)| {
        is_over(state, *domain, fees)
            && !state.has_open_episode(*domain)
            && !state.has_reported_loss(*domain)
            && rests(fees)
    };
    state.incentives.tables().find(due).map(|(domain, _)| Duty::DivideFees { domain })
}

/// Divides the fees of `domain`, which are due.
pub(super) fn divide(
    state: &State,
    domain: DomainId,
    events: &mut Events,
) -> Result<(), Rejection> {
    let plan = state.fee_plan(domain).ok_or(Rejection::NotDue)?;
    let asset = state.domains.asset_of(domain).ok_or(Rejection::NotDue)?;
    for row in &plan.rows {
        if let FeeTo::Pay(layer) = row.to {
            state.book_pay(layer, events);
        }
    }
    let FeePlan { booked, rows, shut } = plan;
    let paying = rows.iter().find_map(|row| match row.to {
        FeeTo::Debts(layer) => Some((layer, row.amount)),
        _ => None,
    });
    events.push(Event::FeesDivided { domain, asset, booked, rows, shut });
    if let Some((layer, amount)) = paying {
        loss::pay_debts_in(state, domain, (layer, asset), amount, events);
    }
    Ok(())
}
