//! Issuances of a venue file, limits of depletion, and what is asked of them.

use rhodian_core::domain::Kind;
use rhodian_core::ids::{AssetId, LayerId, Time};
use rhodian_core::issuance::{
    Buyback, Depletion, Dilution, Flaw, IssuanceSpec, Ladder, MAX_RESTARTS, Outstanding, PeriodPart,
};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::units::Amount;

use super::liquidation;
use super::model::Domain;
use super::shape::{BuybackShape, DepletionShape, IssuanceShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::{Asset, Place};
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

const DAY: u64 = 24 * 3_600_000;
/// How long a price stands where nothing is said.
const EVERY: u64 = 600_000;

/// An issuance; its layers by their places in the file.
#[derive(Clone, Debug)]
pub struct Issuance {
    /// What it is.
    pub spec: IssuanceSpec,
    /// The token.
    pub token: Asset,
    /// Who holds tokens at the beginning.
    pub holders: Vec<(String, Amount)>,
    /// Where it stands.
    pub place: Place,
}

/// A limit of depletion.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The pot, by its place in the file.
    pub layer: LayerId,
    /// How far.
    pub depletion: Depletion,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks of an issuance: of the layer it names, or of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Issue {
    /// An account takes new tokens.
    Take {
        layer: Option<String>,
        loss: String,
        account: String,
        lots: Amount,
        most: Option<Amount>,
    },
    /// An account gives tokens for money.
    Sell { layer: Option<String>, account: String, lots: Amount, most: Option<Amount> },
}

/// Reads every issuance, and every limit of depletion. Tokens are the assets after the settled one
/// and so many of collateral.
pub fn read(
    words: &Words<'_>,
    (issuances, limits): (&[At<IssuanceShape>], &[At<DepletionShape>]),
    domains: &[Domain],
    collaterals: usize,
) -> Result<(Vec<Issuance>, Vec<Limit>), Diagnostic> {
    let reader = Reader { words, domains };
    let mut found: Vec<Issuance> = Vec::new();
    for at in issuances {
        let token = AssetId(index(1 + collaterals + found.len()));
        found.push(reader.issuance(at, token)?);
    }
    let limits = limits.iter().map(|at| reader.limit(at));
    Ok((found, limits.collect::<Result<_, _>>()?))
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    words: &'a Words<'a>,
    domains: &'a [Domain],
}

impl Reader<'_> {
    fn layer(&self, at: &At<String>) -> Result<LayerId, Diagnostic> {
        let layers = || liquidation::layers_of(self.domains);
        let place = layers().position(|layer| layer.name.as_str() == at.value);
        let names: Vec<&str> = layers().map(|layer| layer.name.as_str()).collect();
        place.map(|at| LayerId(index(at))).ok_or_else(|| unknown(self.words, at, "layer", &names))
    }

    fn issuance(&self, at: &At<IssuanceShape>, id: AssetId) -> Result<Issuance, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let name = words.name(&shape.token, "token")?;
        let decimals = match &shape.decimals {
            Some(at) => words.whole(at, "decimals", (0, 30))?,
            None => 0,
        };
        let decimals = u8::try_from(decimals).unwrap_or(0);
        let token = Asset { name: name.clone(), decimals };
        let own = Words { text: words.text, format: token.format() };
        let layer = self.layer(&shape.layer)?;
        let kinds = liquidation::layers_of(self.domains).map(|layer| layer.kind);
        if kinds.into_iter().nth(layer.index()) != Some(Kind::Issuance) {
            let (message, help) = ("the layer does not issue tokens", "name one of that kind.");
            let (place, allowed) = (&shape.layer.place, "a layer of kind \"issuance\"");
            return Err(words.refuse("not-an-issuance", message, help, place, allowed));
        }
        let ladder = Ladder {
            start: words.amount(&shape.start, "start", 1)?,
            step: words.amount(&shape.step, "step", 0)?,
            every: words.span_or(&shape.every, "every", EVERY)?,
            floor: words.amount(&shape.floor, "floor", 1)?,
        };
        let restarts = shape.restarts.as_ref();
        let restarts =
            restarts.map(|at| words.whole(at, "restarts", (0, MAX_RESTARTS))).transpose()?;
        let dilution = Dilution {
            part: words.percent(&shape.dilution, "dilution", "", RATE_UNIT)?,
            window: words.span_or(&shape.window, "window", 30 * DAY)?,
        };
        let outstanding = Outstanding {
            amount: own.amount(&shape.outstanding, "outstanding", 1)?,
            source: words.name(&shape.source, "source")?,
            at: Time(0),
        };
        let buyback = shape.buyback.as_ref().map(|at| self.buyback(&at.value, &own));
        let spec = IssuanceSpec {
            name,
            layer,
            token: id,
            lot: own.amount(&shape.lot, "lot", 1)?,
            ladder,
            restarts: restarts.unwrap_or(0),
            stressed: words.amount_or(&shape.stressed, "stressed", ladder.floor)?,
            dilution,
            outstanding,
            buyback: buyback.transpose()?,
        };
        spec.check().map_err(|flaw| self.flawed(key_of(flaw, at, &spec), flaw))?;
        let holders = shape.holder.iter().map(|at| {
            let account = words.name(&at.value.account, "account")?.as_str().to_owned();
            Ok::<_, Diagnostic>((account, own.amount(&at.value.amount, "amount", 1)?))
        });
        let holders = holders.collect::<Result<_, _>>()?;
        Ok(Issuance { spec, token, holders, place: at.place.clone() })
    }

    fn buyback(&self, shape: &BuybackShape, own: &Words<'_>) -> Result<Buyback, Diagnostic> {
        let words = self.words;
        let ladder = Ladder {
            start: own.amount(&shape.start, "start", 1)?,
            step: own.amount(&shape.step, "step", 0)?,
            every: words.span_or(&shape.every, "every", EVERY)?,
            floor: own.amount(&shape.floor, "floor", 1)?,
        };
        Ok(Buyback {
            fund: self.layer(&shape.fund)?,
            target: words.amount(&shape.target, "target", 0)?,
            lot: words.amount(&shape.lot, "lot", 1)?,
            ladder,
        })
    }

    fn limit(&self, at: &At<DepletionShape>) -> Result<Limit, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let part = |at: &At<_>, key| words.percent(at, key, "", RATE_UNIT);
        let per_episode = shape.per_episode.as_ref().map(|at| part(at, "per_episode"));
        let per_period = shape.per_period.as_ref().map(|at| part(at, "per_period")).transpose()?;
        let millis = words.span_or(&shape.period, "period", 30 * DAY)?;
        let per_period = per_period.map(|part| PeriodPart { part, millis });
        let depletion = Depletion { per_episode: per_episode.transpose()?, per_period };
        let is_nothing = |part: Option<u32>| part == Some(0);
        let key = if is_nothing(depletion.per_episode) {
            place_of(&shape.per_episode)
        } else if is_nothing(depletion.per_period.map(|of| of.part)) {
            place_of(&shape.per_period)
        } else {
            place_of(&shape.period)
        };
        depletion.check().map_err(|flaw| self.flawed(key.unwrap_or(&at.place), flaw))?;
        Ok(Limit { layer: self.layer(&shape.layer)?, depletion, place: at.place.clone() })
    }

    fn flawed(&self, place: &Place, flaw: Flaw) -> Diagnostic {
        let allowed = "terms that can be right";
        self.words.refuse("issuance-flaw", flaw.words(), "change the key.", place, allowed)
    }
}

fn place_of<T>(key: &Option<At<T>>) -> Option<&Place> {
    key.as_ref().map(|at| &at.place)
}

/// The key that a flaw of an issuance is about.
fn key_of<'s>(flaw: Flaw, at: &'s At<IssuanceShape>, spec: &IssuanceSpec) -> &'s Place {
    let shape = &at.value;
    let key = match flaw {
        Flaw::Ladder if spec.ladder.is_valid() => place_of(&shape.buyback),
        Flaw::Ladder if spec.ladder.floor > spec.ladder.start => Some(&shape.floor.place),
        Flaw::Ladder if spec.ladder.step.is_zero() => Some(&shape.step.place),
        Flaw::Ladder => place_of(&shape.every),
        Flaw::Restarts => place_of(&shape.restarts),
        Flaw::Stressed => place_of(&shape.stressed),
        Flaw::Dilution if spec.dilution.part == 0 => Some(&shape.dilution.place),
        Flaw::Dilution => place_of(&shape.window),
        Flaw::NothingOutstanding => Some(&shape.outstanding.place),
        Flaw::ZeroLot | Flaw::Depletion => None,
    };
    key.unwrap_or(&at.place)
}
