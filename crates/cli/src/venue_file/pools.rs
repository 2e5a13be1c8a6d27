//! Lending pools of a venue file, and what is asked of them.

use rhodian_core::ids::{AssetId, DomainId, LayerId};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::lending::{MAX_POOL, MIN_DEBT, PoolSpec, Rates};
use rhodian_core::units::Amount;

use super::model::{Collateral, Domain};
use super::shape::{PoolShape, RatesShape};
use super::{collateral, liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::shape::{AmountText, At, PercentText};
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
            rates: shape.rates.as_ref().map_or(Ok(RATES), |at| self.rates(&at.value))?,
            fee: self.part(&shape.fee, "fee", 100_000, RATE_UNIT)?,
            fund: LayerId(index(fund)),
            max_supply: self.amount(&shape.max_supply, "max_supply", most)?,
            max_debt: self.amount(&shape.max_debt, "max_debt", most)?,
            min_debt: self.amount(&shape.min_debt, "min_debt", least)?,
            bonus: self.part(&shape.bonus, "bonus", 50_000, RATE_UNIT)?,
            target: self.part(&shape.target, "target", RATE_UNIT + RATE_UNIT / 4, 2 * RATE_UNIT)?,
        };
        spec.check().map_err(|flaw| {
            let help = "see `rhodian schema venue` for what each key may be.";
            words.refuse("pool-flaw", flaw.to_string(), help, &at.place, "a pool that can be right")
        })?;
        Ok(Pool { spec, place: at.place.clone() })
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

    fn rates(&self, shape: &RatesShape) -> Result<Rates, Diagnostic> {
        let rate = |at: &At<PercentText>, key| self.words.percent(at, key, "", MOST_RATE);
        Ok(Rates {
            at_zero: rate(&shape.at_zero, "at_zero")?,
            kink: self.words.percent(&shape.kink, "kink", "", RATE_UNIT)?,
            at_kink: rate(&shape.at_kink, "at_kink")?,
            at_full: rate(&shape.at_full, "at_full")?,
        })
    }

    fn part(
        &self,
        at: &Option<At<PercentText>>,
        key: &str,
        otherwise: u32,
        most: u32,
    ) -> Result<u32, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.words.percent(at, key, "", most))
    }

    fn amount(
        &self,
        at: &Option<At<AmountText>>,
        key: &str,
        otherwise: Amount,
    ) -> Result<Amount, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.words.amount(at, key, 1))
    }
}
