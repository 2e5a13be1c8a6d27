//! Lending pools of a venue file, and what is asked of them.

use rhodian_core::ids::{AssetId, DomainId, LayerId};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::lending::{Flaw, MAX_POOL, MIN_DEBT, PoolSpec, Rates};
use rhodian_core::units::Amount;

use super::model::{Collateral, Domain};
use super::shape::PoolShape;
use super::{collateral, liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

/// A lending pool.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What it is; its fund and its assets by their places in the file.
    pub spec: PoolSpec,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lend {
    /// The index of the pool.
    pub pool: usize,
    /// Who asks.
    pub account: String,
    /// What.
    pub asked: Asked,
}

/// What is asked of a pool. Indices are those of collaterals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To lend.
    Supply(Amount),
    /// To take out so much; nothing for all that can be had.
    Redeem(Option<Amount>),
    /// To pledge.
    Pledge(usize, Amount),
    /// To take back.
    Release(usize, Amount),
    /// To borrow.
    Borrow(Amount),
    /// To repay so much; nothing for all that is owed.
    Repay(Option<Amount>),
    /// To repay for a borrower, for a collateral.
    Liquidate(String, usize, Amount),
}

/// The most a rate may be a year: a thousand per cent.
const MOST_RATE: u32 = 10 * RATE_UNIT;
/// Rates where nothing is said: nothing to 4 % at the kink, and to 60 % where all is lent.
const RATES: Rates = Rates { at_zero: 0, kink: 800_000, at_kink: 40_000, at_full: 600_000 };

/// Reads every pool.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<PoolShape>],
    domains: &[Domain],
    collaterals: &[Collateral],
) -> Result<Vec<Pool>, Diagnostic> {
    let names: Vec<String> = domains.iter().map(|of| of.name.as_str().to_owned()).collect();
    let reader = Reader { words, collaterals };
    let mut found: Vec<Pool> = Vec::with_capacity(shapes.len());
    for at in shapes {
        let pool = reader.pool(at, domains, &names)?;
        if found.iter().any(|other| other.spec.name == pool.spec.name) {
            let (message, help) = ("a pool has this name already", "give every pool its own name.");
            let place = &at.value.name.place;
            return Err(words.refuse("pool-twice", message, help, place, "a new name"));
        }
        found.push(pool);
    }
    Ok(found)
}

struct Reader<'a> {
    words: &'a Words<'a>,
    collaterals: &'a [Collateral],
}

impl Reader<'_> {
    fn pool(
        &self,
        at: &At<PoolShape>,
        domains: &[Domain],
        names: &[String],
    ) -> Result<Pool, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let domain = markets::domain(words, shape.domain.as_ref(), names, &at.place)?;
        let fund = liquidation::fund(words, &shape.fund, domains)?;
        let most = Amount::new(MAX_POOL).unwrap_or(Amount::MAX);
        let least = Amount::new(MIN_DEBT).unwrap_or(Amount::ZERO);
        let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let spec = PoolSpec {
            name: words.name(&shape.name, "name")?,
            domain: DomainId(index(domain)),
            collateral: self.assets(shape, &index)?,
            rates: shape
                .rates
                .as_ref()
                .map_or(Ok(RATES), |at| words.rates(&at.value, MOST_RATE))?,
            fee: words.part_or(&shape.fee, "fee", 100_000, RATE_UNIT)?,
            fund: LayerId(index(fund)),
            max_supply: words.amount_or(&shape.max_supply, "max_supply", most)?,
            max_debt: words.amount_or(&shape.max_debt, "max_debt", most)?,
            min_debt: words.amount_or(&shape.min_debt, "min_debt", least)?,
            bonus: words.part_or(&shape.bonus, "bonus", 50_000, RATE_UNIT)?,
            target: words.part_or(
                &shape.target,
                "target",
                RATE_UNIT + RATE_UNIT / 4,
                2 * RATE_UNIT,
            )?,
        };
        spec.check().map_err(|flaw| self.flawed(at, &flaw))?;
        Ok(Pool { spec, place: at.place.clone() })
    }

    /// What can never be right, at its key, with amounts and parts as the file writes them.
    fn flawed(&self, at: &At<PoolShape>, flaw: &Flaw) -> Diagnostic {
        let shape = &at.value;
        let atoms = |atoms: u128| {
            self.words.format.write_grouped(Amount::new(atoms).unwrap_or(Amount::MAX))
        };
        let percent = "more than 0 %, less than 100 %".to_owned();
        let (place, message, allowed) = match flaw {
            Flaw::Rates { .. } => (
                shape.rates.as_ref().map(|at| &at.place),
                "the rate falls as more is lent".to_owned(),
                "at_zero <= at_kink <= at_full".to_owned(),
            ),
            Flaw::Kink { .. } => (
                shape.rates.as_ref().map(|at| &at.value.kink.place),
                "the kink is at nothing or at all".to_owned(),
                percent,
            ),
            Flaw::Fee { .. } => (
                shape.fee.as_ref().map(|at| &at.place),
                "the house takes all of the interest".to_owned(),
                "0 % or more, less than 100 %".to_owned(),
            ),
            Flaw::Most { what, .. } => {
                let at = if *what == "supplied" { &shape.max_supply } else { &shape.max_debt };
                let message = format!("the most that may be {what} is too large");
                (at.as_ref().map(|at| &at.place), message, format!("up to {}", atoms(MAX_POOL)))
            }
            Flaw::LeastDebt { .. } => (
                shape.min_debt.as_ref().map(|at| &at.place),
                "the least debt is too small, or above max_debt".to_owned(),
                format!("{} to max_debt", atoms(MIN_DEBT)),
            ),
            Flaw::Bonus { .. } => (
                shape.bonus.as_ref().map(|at| &at.place),
                "the bonus is all of what is repaid".to_owned(),
                "0 % or more, less than 100 %".to_owned(),
            ),
            Flaw::Target { .. } => (
                shape.target.as_ref().map(|at| &at.place),
                "a liquidation would end below the threshold".to_owned(),
                "100 % to 200 %".to_owned(),
            ),
            Flaw::Collateral => (
                shape.collateral.as_ref().map(|at| &at.place),
                "nothing may be pledged, or the same twice".to_owned(),
                "at least one [[collateral]], each once".to_owned(),
            ),
        };
        let place = place.unwrap_or(&at.place);
        self.words.refuse("pool-flaw", message, "change the key.", place, allowed)
    }

    /// What may be pledged: every collateral where nothing is said.
    fn assets(
        &self,
        shape: &PoolShape,
        index: &dyn Fn(usize) -> u32,
    ) -> Result<Vec<AssetId>, Diagnostic> {
        let Some(list) = &shape.collateral else {
            return Ok((0..self.collaterals.len())
                .map(|place| AssetId(index(place + 1)))
                .collect());
        };
        let named = |at: &At<String>| collateral::named(self.words, at, self.collaterals);
        list.value.iter().map(|at| Ok(AssetId(index(named(at)? + 1)))).collect()
    }
}
