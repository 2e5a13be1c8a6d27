//! Collateral of a venue file: what other assets count for, in ticks and atoms.

use rhodian_core::collateral::{CollateralSpec, MAX_SCALE, WeightTier, WrongWay};
use rhodian_core::ids::{AssetId, MarketId, Name};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::units::{Amount, Price};

use super::events::market_of;
use super::model::{Collateral, Market};
use super::numbers::{gcd, price_in, read_step};
use super::shape::{AssetAmountShape, CollateralShape, WeightShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Asset;
use crate::loss_file::read::{asset, unknown};
use crate::loss_file::shape::{At, DecimalText};
use crate::loss_file::words::{Words, slugged};

/// How far below the mark taken collateral may be sold where nothing is said: a tenth.
const SALE_DISCOUNT: u32 = RATE_UNIT / 10;

/// Reads every collateral; the settled asset is `settled`.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<CollateralShape>],
    markets: &[Market],
    settled: &Asset,
) -> Result<Vec<Collateral>, Diagnostic> {
    let mut found: Vec<Collateral> = Vec::with_capacity(shapes.len());
    for at in shapes {
        let of = asset(words.text, &at.value.asset.value)?;
        let known = found.iter().map(|known| &known.asset.name);
        if known.chain([&settled.name]).any(|name| *name == of.name) {
            let message = format!("asset \"{}\" stands twice", of.name);
            let help = "list every asset once; the settled one is no collateral for itself.";
            let place = &at.value.asset.place;
            return Err(words.refuse("asset-twice", message, help, place, "a new asset"));
        }
        let place = found.len() + 1;
        found.push(one(words, at, (of, place), markets, settled)?);
    }
    Ok(found)
}

fn one(
    words: &Words<'_>,
    at: &At<CollateralShape>,
    (of, place): (Asset, usize),
    markets: &[Market],
    settled: &Asset,
) -> Result<Collateral, Diagnostic> {
    let shape = &at.value;
    let own = Words { text: words.text, format: of.format() };
    let tick = step(words, &shape.tick)?;
    let (num, den) = scale(tick, settled.decimals, of.decimals).ok_or_else(|| {
        let message = "tick and decimals make a scale beyond 10^15";
        let help = "take a larger tick, or an asset of fewer decimals.";
        let allowed = "a tick worth 10^-15 to 10^15 atoms for an atom";
        words.refuse("tick-scale", message, help, &shape.tick.place, allowed)
    })?;
    let priced = |at: &At<DecimalText>, key: &str| price(words, tick, at, key);
    let most = |at: &Option<At<_>>, words: &Words<'_>, key: &str| {
        at.as_ref().map_or(Ok(Amount::MAX), |at| words.amount(at, key, 1))
    };
    let wrong_way = shape.wrong_way.as_ref().map(|at| {
        let market = market_of(words, markets, &at.value.market)?;
        let discount = words.percent(&at.value.discount, "discount", "", RATE_UNIT)?;
        let market = u32::try_from(market).map(MarketId).unwrap_or_default();
        Ok::<WrongWay, Diagnostic>(WrongWay { market, discount })
    });
    let discount = shape.sale_discount.as_ref();
    let spec = CollateralSpec {
        asset: u32::try_from(place).map(AssetId).unwrap_or_default(),
        settled: AssetId(0),
        num,
        den,
        tiers: shape.weights.value.iter().map(|at| weight(words, at)).collect::<Result<_, _>>()?,
        max_counted: most(&shape.max_counted, words, "max_counted")?,
        max_held: most(&shape.max_held, &own, "max_held")?,
        wrong_way: wrong_way.transpose()?,
        own_token: shape.own_token.as_ref().is_some_and(|at| at.value),
        peg: shape.peg.as_ref().map(|at| priced(at, "peg")).transpose()?,
        sale_discount: match discount {
            Some(at) => words.percent(at, "sale_discount", "", RATE_UNIT)?,
            None => SALE_DISCOUNT,
        },
    };
    let mark = shape.mark.as_ref().map(|at| priced(at, "mark")).transpose()?;
    Ok(Collateral { asset: of, tick, spec, mark, place: at.place.clone() })
}

fn step(words: &Words<'_>, at: &At<DecimalText>) -> Result<u128, Diagnostic> {
    let text = words.text(at, "tick", "0.0001")?;
    let told = |code: String, message: String| {
        let help = "give the smallest step, above zero, with at most 12 decimals.";
        words.refuse(code, message, help, &at.place, "as \"0.0001\"")
    };
    match read_step(text) {
        Ok(0) => Err(told("tick-zero".to_owned(), "tick is zero".to_owned())),
        Ok(step) => Ok(step),
        Err(kind) => Err(told(format!("tick-{}", kind.slug()), format!("tick {}", kind.words()))),
    }
}

/// What an atom is worth at one tick of `tick` 10^-12 units, as a fraction in lowest terms: an atom
/// of the collateral is 10^-own units, an atom of the settled asset 10^-settled.
fn scale(tick: u128, settled: u8, own: u8) -> Option<(u64, u64)> {
    let ten = |power: u8| 10u128.checked_pow(u32::from(power));
    // 10^(settled - own - 12), the smaller power taken out of both sides first.
    let (up, down) = (settled, own.checked_add(12)?);
    let common = up.min(down);
    let (num, den) = (tick, ten(down - common)?);
    let shared = gcd(num, den);
    let (num, den) = ((num / shared).checked_mul(ten(up - common)?)?, den / shared);
    let shared = gcd(num, den);
    let fits = |side: u128| u64::try_from(side).ok().filter(|side| *side <= MAX_SCALE);
    Some((fits(num / shared)?, fits(den / shared)?))
}

/// A price of a collateral; zero where it is dead.
pub fn price(
    words: &Words<'_>,
    tick: u128,
    at: &At<DecimalText>,
    key: &str,
) -> Result<Price, Diagnostic> {
    let text = words.text(at, key, "1")?;
    let told = |slug: &str, what: String| {
        let help = "write decimal digits, a multiple of the collateral's tick.";
        let code = format!("{}-{slug}", slugged(key));
        words.refuse(code, format!("{key} {what}"), help, &at.place, "a multiple of its tick")
    };
    let read = read_step(text).map_err(|kind| told(kind.slug(), kind.words().to_owned()))?;
    price_in(read, tick).ok_or_else(|| told("off-tick", "is no whole number of ticks".to_owned()))
}

fn weight(words: &Words<'_>, at: &At<WeightShape>) -> Result<WeightTier, Diagnostic> {
    Ok(WeightTier {
        above: words.amount(&at.value.above, "above", 0)?,
        initial: words.percent(&at.value.initial, "initial", "", RATE_UNIT)?,
        maintenance: words.percent(&at.value.maintenance, "maintenance", "", RATE_UNIT)?,
    })
}

/// The index of an asset among the collaterals.
pub fn named(
    words: &Words<'_>,
    at: &At<String>,
    known: &[Collateral],
) -> Result<usize, Diagnostic> {
    let place = known.iter().position(|of| of.asset.name.as_str() == at.value);
    place.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|of| of.asset.name.as_str()).collect();
        unknown(words, at, "asset", &names)
    })
}

/// What an account pays in of other assets.
pub fn deposits(
    words: &Words<'_>,
    list: &[At<AssetAmountShape>],
    known: &[Collateral],
) -> Result<Vec<(usize, Amount)>, Diagnostic> {
    let one = |at: &At<AssetAmountShape>| {
        let place = named(words, &at.value.asset, known)?;
        let own = Words { text: words.text, format: known[place].asset.format() };
        Ok((place, own.amount(&at.value.amount, "amount", 1)?))
    };
    list.iter().map(one).collect()
}

/// The name of the asset: 0 is the settled one.
#[must_use]
pub fn name_of<'a>(settled: &'a Asset, known: &'a [Collateral], asset: usize) -> &'a Name {
    let found = asset.checked_sub(1).and_then(|place| known.get(place));
    found.map_or(&settled.name, |of| &of.asset.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_tick_in_atoms_for_an_atom() {
        let of = |tick, settled, own| scale(read_step(tick).unwrap(), settled, own);
        // A thousandth of a dollar for a coin of 6 decimals: 0.1 cents over 10^6 atoms.
        assert_eq!(of("0.001", 2, 6), Some((1, 10_000_000)));
        assert_eq!(of("1", 6, 6), Some((1, 1)));
        assert_eq!(of("0.01", 6, 2), Some((100, 1)));
        assert_eq!(of("0.0001", 2, 18), None, "beyond 10^15");
        assert_eq!(of("50", 2, 8), Some((1, 20_000)));
    }
}
