//! Markets of a venue file: ticks and lots, limits, margin tiers, and the depth a scenario assumes
//! for close-outs.

use rhodian_core::bounds::MAX_LOT_VALUE;
use rhodian_core::market::{RATE_UNIT, Right, StepLimits, Tier};
use rhodian_core::units::{Price, Quantity};

use super::model::{Depth, Instrument, Market};
use super::numbers::{Grid, OffGrid, read_step};
use super::shape::{DepthShape, MarketShape, StepsShape, TierShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{At, DecimalText, PercentText, Written};
use crate::loss_file::words::{Words, slugged};

/// The words for instruments.
const INSTRUMENTS: [&str; 3] = ["perpetual", "future", "option"];
/// The band of fills where nothing is said: a tenth.
const BAND: u32 = RATE_UNIT / 10;
/// The largest price where nothing is said, as a multiple of the first mark.
const HEADROOM: u64 = 100;

/// Reads one market; those before it may be its underlying, and its steps admit `penalty` where
/// they say nothing of one.
pub fn read(
    words: &Words<'_>,
    at: &At<MarketShape>,
    domains: &[String],
    before: &[Market],
    penalty: u32,
) -> Result<Market, Diagnostic> {
    let shape = &at.value;
    let name = words.name(&shape.name, "name")?;
    if let Some(first) = before.iter().find(|market| market.name == name) {
        let line = words.text.line(first.place.span.start);
        let message = format!("market \"{name}\" stands twice");
        let help = "give every market a name of its own.";
        let allowed = format!("a new name, this one is on line {line} already");
        return Err(words.refuse("market-twice", message, help, &shape.name.place, allowed));
    }
    let grid = grid(words, shape)?;
    let mark = shape.mark.as_ref().map(|at| price(words, &grid, at, "mark")).transpose()?;
    Ok(Market {
        domain: domain(words, shape.domain.as_ref(), domains, &at.place)?,
        instrument: instrument(words, at, before)?,
        // Feeds are read after markets.
        volatility: None,
        max_price: max_price(words, at, &grid, mark)?,
        mark,
        max_position: size(words, &grid, &shape.max_position, "max_position")?.size(),
        max_open: size(words, &grid, &shape.max_open, "max_open")?.size(),
        band: match &shape.band {
            Some(at) => words.percent(at, "band", "", RATE_UNIT)?,
            None => BAND,
        },
        tiers: tiers(words, &shape.tiers)?,
        depth: shape.depth.as_ref().map(|at| depth(words, &grid, at)).transpose()?,
        steps: shape.steps.as_ref().map(|at| steps(words, &at.value, penalty)).transpose()?,
        grid,
        name,
        place: at.place.clone(),
    })
}

/// The index of a domain by name; of the only one where none is named.
pub fn domain(
    words: &Words<'_>,
    named: Option<&At<String>>,
    domains: &[String],
    place: &crate::loss_file::model::Place,
) -> Result<usize, Diagnostic> {
    match (named, domains) {
        (None, [_]) => Ok(0),
        (None, _) => {
            let help = "add domain = ... : the file has several.";
            let allowed = domains.join(", ");
            Err(words.refuse("domain-missing", "no domain is named", help, place, allowed))
        }
        (Some(at), _) => domains.iter().position(|name| *name == at.value).ok_or_else(|| {
            let known: Vec<&str> = domains.iter().map(String::as_str).collect();
            unknown(words, at, "domain", &known)
        }),
    }
}

fn grid(words: &Words<'_>, shape: &MarketShape) -> Result<Grid, Diagnostic> {
    let step = |at: &At<DecimalText>, key: &str| -> Result<u128, Diagnostic> {
        let text = words.text(at, key, "0.01")?;
        let told = |code: String, message: String| {
            let help = "give the smallest step, above zero, with at most 12 decimals.";
            words.refuse(code, message, help, &at.place, "as \"0.01\"")
        };
        match read_step(text) {
            Ok(0) => Err(told(format!("{key}-zero"), format!("{key} is zero"))),
            Ok(step) => Ok(step),
            Err(kind) => {
                Err(told(format!("{key}-{}", kind.slug()), format!("{key} {}", kind.words())))
            }
        }
    };
    let (tick, lot) = (step(&shape.tick, "tick")?, step(&shape.lot, "lot")?);
    Grid::new(tick, lot, words.format.decimals).ok_or_else(|| {
        let message = "one tick times one lot is no whole number of atoms";
        let help = "take a larger tick or lot, or an asset of more decimals.";
        let allowed = format!("tick x lot a multiple of 10^-{}", words.format.decimals);
        words.refuse("lot-no-whole-atoms", message, help, &shape.lot.place, allowed)
    })
}

/// The error of a text that is no step of a grid.
fn off_grid(
    words: &Words<'_>,
    key: &str,
    (step, written): (&str, String),
    fault: OffGrid,
    place: &crate::loss_file::model::Place,
) -> Diagnostic {
    let slug = slugged(key);
    let (code, message, help) = match fault {
        OffGrid::Fault(kind) => (
            format!("{slug}-{}", kind.slug()),
            format!("{key} {}", kind.words()),
            "write decimal digits, at most 12 after the point.".to_owned(),
        ),
        OffGrid::Between => (
            format!("{slug}-off-{step}"),
            format!("{key} is no whole number of {step}s"),
            format!("the market's {step} is {written}: write a multiple of it."),
        ),
        OffGrid::TooMany => (
            format!("{slug}-too-large"),
            format!("{key} is more than the engine counts"),
            format!("at most 10^15 {step}s: check the unit."),
        ),
    };
    words.refuse(code, message, help, place, format!("a multiple of {written}"))
}

/// A price of a market, above zero.
pub fn price<T: AsRef<Written>>(
    words: &Words<'_>,
    grid: &Grid,
    at: &At<T>,
    key: &str,
) -> Result<Price, Diagnostic> {
    let text = words.text(at, key, "60000")?;
    let tick = || ("tick", grid.price_text(Price::new(1).unwrap_or_default()));
    let read = grid.price(text, false);
    let price = read.map_err(|fault| off_grid(words, key, tick(), fault, &at.place))?;
    if price == Price::ZERO {
        let (code, message) = (format!("{}-zero", slugged(key)), format!("{key} is zero"));
        let help = "give a price above zero.";
        return Err(words.refuse(code, message, help, &at.place, "above 0"));
    }
    Ok(price)
}

/// A size of a market, above zero.
pub fn size<T: AsRef<Written>>(
    words: &Words<'_>,
    grid: &Grid,
    at: &At<T>,
    key: &str,
) -> Result<Quantity, Diagnostic> {
    let text = words.text(at, key, "1.5")?;
    let lot = || ("lot", grid.size_text(1));
    let lots = grid.lots(text).map_err(|fault| off_grid(words, key, lot(), fault, &at.place))?;
    if lots.is_flat() {
        let (code, message) = (format!("{}-zero", slugged(key)), format!("{key} is zero"));
        let help = "give a size above zero: the side is in buyer and seller.";
        return Err(words.refuse(code, message, help, &at.place, "above 0"));
    }
    Ok(lots)
}

fn instrument(
    words: &Words<'_>,
    at: &At<MarketShape>,
    before: &[Market],
) -> Result<Instrument, Diagnostic> {
    let shape = &at.value;
    let word = shape.instrument.as_ref().map_or(Ok("perpetual"), |at| {
        let found = INSTRUMENTS.iter().find(|word| **word == at.value).copied();
        found.ok_or_else(|| unknown(words, at, "instrument", &INSTRUMENTS))
    })?;
    let missing = |key: &str| {
        let message = format!("a market of instrument \"{word}\" needs {key}");
        let help = format!("add {key} = ... here.");
        words.refuse(format!("market-missing-{key}"), message, help, &at.place, key)
    };
    let extra = [
        ("expiry", shape.expiry.as_ref().map(|at| &at.place), word != "perpetual"),
        ("underlying", shape.underlying.as_ref().map(|at| &at.place), word != "perpetual"),
        ("strike", shape.strike.as_ref().map(|at| &at.place), word == "option"),
        ("right", shape.right.as_ref().map(|at| &at.place), word == "option"),
        ("volatility", shape.volatility.as_ref().map(|at| &at.place), word == "option"),
    ];
    for (key, place, fits) in extra {
        if let (Some(place), false) = (place, fits) {
            let message = format!("{key} means nothing for a {word}");
            let help = "drop the key, or name another instrument.";
            let code = format!("{key}-not-for-instrument");
            return Err(words.refuse(code, message, help, place, "no such key here"));
        }
    }
    if word == "perpetual" {
        return Ok(Instrument::Perpetual);
    }
    let expiry = shape.expiry.as_ref().ok_or_else(|| missing("expiry"))?;
    let expiry = words.duration(expiry, "expiry", (1, MAX_SPAN))?;
    let named = |named: &At<String>| {
        let found = before.iter().position(|market| market.name.as_str() == named.value);
        found.ok_or_else(|| {
            let known: Vec<&str> = before.iter().map(|market| market.name.as_str()).collect();
            unknown(words, named, "market", &known)
        })
    };
    let underlying = shape.underlying.as_ref().map(named).transpose()?;
    if word == "future" {
        return Ok(Instrument::Future { underlying, expiry });
    }
    let underlying = underlying.ok_or_else(|| missing("underlying"))?;
    let strike = shape.strike.as_ref().ok_or_else(|| missing("strike"))?;
    let strike = price(words, &before[underlying].grid, strike, "strike")?;
    let right = shape.right.as_ref().ok_or_else(|| missing("right"))?;
    let right = match right.value.as_str() {
        "call" => Right::Call,
        "put" => Right::Put,
        _ => return Err(unknown(words, right, "right", &["call", "put"])),
    };
    Ok(Instrument::Option { underlying, strike, expiry, right })
}

fn max_price(
    words: &Words<'_>,
    at: &At<MarketShape>,
    grid: &Grid,
    mark: Option<Price>,
) -> Result<Price, Diagnostic> {
    if let Some(at) = &at.value.max_price {
        return price(words, grid, at, "max_price");
    }
    let most = MAX_LOT_VALUE / grid.unit;
    let far = mark.and_then(|mark| mark.ticks().checked_mul(HEADROOM));
    far.and_then(|far| Price::new(far.min(most)).ok()).ok_or_else(|| {
        let message = "neither max_price nor a first mark is given";
        let help = "add max_price = ... : the largest price the market admits.";
        let place = &at.place;
        words.refuse("market-missing-max-price", message, help, place, "a market with max_price")
    })
}

fn tiers(words: &Words<'_>, at: &At<Vec<At<TierShape>>>) -> Result<Vec<Tier>, Diagnostic> {
    let read = |at: &At<TierShape>| {
        Ok(Tier {
            above: words.amount(&at.value.above, "above", 0)?,
            initial: words.percent(&at.value.initial, "initial", "", RATE_UNIT)?,
            maintenance: words.percent(&at.value.maintenance, "maintenance", "", RATE_UNIT)?,
        })
    };
    at.value.iter().map(read).collect()
}

fn depth(words: &Words<'_>, grid: &Grid, at: &At<DepthShape>) -> Result<Depth, Diagnostic> {
    let account = words.name(&at.value.account, "account")?.as_str().to_owned();
    let lots = size(words, grid, &at.value.size, "size")?.lots();
    let discount = words.percent(&at.value.discount, "discount", "", RATE_UNIT / 2)?;
    Ok(Depth { account, lots, discount, place: at.place.clone() })
}

fn steps(words: &Words<'_>, shape: &StepsShape, penalty: u32) -> Result<StepLimits, Diagnostic> {
    let part = |at: &Option<At<PercentText>>, key: &str, otherwise: u32| {
        at.as_ref().map_or(Ok(otherwise), |at| words.percent(at, key, "", RATE_UNIT))
    };
    Ok(StepLimits {
        price: words.percent(&shape.price, "price", "", RATE_UNIT)?,
        funding: part(&shape.funding, "funding", 0)?,
        penalty: part(&shape.penalty, "penalty", penalty)?,
    })
}
