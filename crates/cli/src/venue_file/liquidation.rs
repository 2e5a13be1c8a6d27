//! How accounts below maintenance are liquidated: rates, and the routes in the venue's order.

use rhodian_core::closeout::{AuctionCourse, Route as Way, RouteFlaw, RouteSpec};
use rhodian_core::domain::Source;
use rhodian_core::ids::AccountId;
use rhodian_core::liquidation::breaker::{Breaker, Limit, Stage, Wrong};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::units::Amount;

use super::model::{Domain, Liquidation, Route};
use super::shape::{LimitShape, LiquidationShape, RouteShape, StageShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::model::{Layer, Place};
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{AmountText, At, DurationText, PercentText};
use crate::loss_file::words::Words;

/// The words for routes.
const ROUTES: [&str; 4] = ["market", "auction", "backstop", "deleverage"];
const MINUTE: u64 = 60_000;
/// The penalty where nothing is said: a hundredth.
const PENALTY: u32 = RATE_UNIT / 100;

/// Reads `[liquidation]`.
pub fn read(
    words: &Words<'_>,
    at: &At<LiquidationShape>,
    domains: &[Domain],
) -> Result<Liquidation, Diagnostic> {
    let shape = &at.value;
    let reader = Reader { words };
    Ok(Liquidation {
        fund: fund(words, &shape.fund, domains)?,
        buffer: reader.part(&shape.buffer, "buffer", 200_000)?,
        penalty: reader.part(&shape.penalty, "penalty", PENALTY)?,
        slippage: reader.part(&shape.slippage, "slippage", 10_000)?,
        breaker: reader.breaker(shape)?,
        routes: shape.route.value.iter().map(|at| reader.route(at)).collect::<Result<_, _>>()?,
        place: at.place.clone(),
    })
}

/// The penalty that `[liquidation]` charges; none where there is none.
pub fn penalty(words: &Words<'_>, at: Option<&At<LiquidationShape>>) -> Result<u32, Diagnostic> {
    at.map_or(Ok(0), |at| Reader { words }.part(&at.value.penalty, "penalty", PENALTY))
}

/// The layers of domains, in order.
pub fn layers_of(domains: &[Domain]) -> impl Iterator<Item = &Layer> {
    domains.iter().flat_map(|domain| &domain.steps).flat_map(|step| &step.layers)
}

/// The index of the layer that gets penalties, or the fees of a pool.
pub fn fund(words: &Words<'_>, at: &At<String>, domains: &[Domain]) -> Result<usize, Diagnostic> {
    let layers: Vec<&Layer> = layers_of(domains).collect();
    let Some(index) = layers.iter().position(|layer| layer.name.as_str() == at.value) else {
        let known: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        return Err(unknown(words, at, "layer", &known));
    };
    if layers[index].source != Source::Pot || layers[index].kind.is_staked() {
        let message = format!("layer \"{}\" has no pot to pay into", layers[index].name);
        let help = "name a layer with a pot that nobody staked: an insurance fund.";
        return Err(words.refuse("fund-no-pot", message, help, &at.place, "a layer with a pot"));
    }
    Ok(index)
}

struct Reader<'a> {
    words: &'a Words<'a>,
}

impl Reader<'_> {
    fn part(
        &self,
        at: &Option<At<PercentText>>,
        key: &str,
        otherwise: u32,
    ) -> Result<u32, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.words.percent(at, key, "", RATE_UNIT))
    }

    fn time(
        &self,
        at: &Option<At<DurationText>>,
        key: &str,
        otherwise: u64,
    ) -> Result<u64, Diagnostic> {
        at.as_ref().map_or(Ok(otherwise), |at| self.words.duration(at, key, (1, MAX_SPAN)))
    }

    fn amount(&self, at: &Option<At<AmountText>>, key: &str) -> Result<Amount, Diagnostic> {
        at.as_ref().map_or(Ok(Amount::MAX), |at| self.words.amount(at, key, 0))
    }

    fn breaker(&self, shape: &LiquidationShape) -> Result<Breaker, Diagnostic> {
        let limit = |at: &At<LimitShape>| {
            let value = self.words.amount(&at.value.value, "value", 1)?;
            let window = self.time(&at.value.window, "window", 60 * MINUTE)?;
            Ok(Limit { value, window })
        };
        let stage = |at: &At<StageShape>| {
            let part = |at, key| self.words.percent(at, key, "", RATE_UNIT);
            let beyond = part(&at.value.beyond, "beyond")?;
            Ok(Stage { beyond, allowed: part(&at.value.allowed, "allowed")? })
        };
        let (limits, stages) = (shape.limit.iter().flatten(), shape.stage.iter().flatten());
        let limits = limits.map(limit).collect::<Result<_, _>>()?;
        let breaker = Breaker { limits, stages: stages.map(stage).collect::<Result<_, _>>()? };
        match breaker.wrong() {
            Some(Wrong::Stage(number)) => Err(self.wrong_stage(shape, number)),
            // A limit of nothing or over no time was refused with its cell; of too many the
            // engine tells, at the table.
            Some(Wrong::Limit(_) | Wrong::Many) | None => Ok(breaker),
        }
    }

    /// A stage that can never be right, where it stands; `number` counts from 1.
    fn wrong_stage(&self, shape: &LiquidationShape, number: usize) -> Diagnostic {
        let stage = shape.stage.iter().flatten().nth(number - 1);
        let place = stage.map_or(&shape.fund.place, |at| &at.place);
        let message = RouteFlaw::Stage { stage: number }.to_string();
        let help = "write stages from the nearest to the furthest, each tighter than the last.";
        let allowed = "beyond above the one before, allowed at most as much";
        self.words.refuse("stage-not-tighter", message, help, place, allowed)
    }

    fn route(&self, at: &At<RouteShape>) -> Result<Route, Diagnostic> {
        let shape = &at.value;
        let word = ROUTES.iter().find(|word| **word == shape.route.value);
        let word = *word.ok_or_else(|| unknown(self.words, &shape.route, "route", &ROUTES))?;
        self.keys_fit(word, shape)?;
        let mut account = None;
        let route = match word {
            "market" => Way::Market,
            "deleverage" => Way::Deleverage,
            "auction" => Way::Auction { course: self.course(shape)? },
            _ => {
                let Some(named) = &shape.account else {
                    let message = "a backstop needs account";
                    let help = "add account = ... : who buys.";
                    let allowed = "a route with account";
                    let code = "route-missing-account";
                    return Err(self.words.refuse(code, message, help, &at.place, allowed));
                };
                account = Some(self.words.name(named, "account")?.as_str().to_owned());
                self.backstop(shape)?
            }
        };
        let time = self.time(&shape.time, "time", 10 * MINUTE)?;
        let budget = self.amount(&shape.budget, "budget")?;
        let spec = RouteSpec { route, time, budget };
        Ok(Route { spec, account, place: at.place.clone() })
    }

    fn course(&self, shape: &RouteShape) -> Result<AuctionCourse, Diagnostic> {
        Ok(AuctionCourse {
            first: self.part(&shape.first, "first", 980_000)?,
            knee: self.part(&shape.knee, "knee", 800_000)?,
            fast: self.time(&shape.fast, "fast", 15 * MINUTE)?,
            slow: self.time(&shape.slow, "slow", 60 * MINUTE)?,
            insolvent: self.time(&shape.insolvent, "insolvent", 60 * MINUTE)?,
        })
    }

    /// Its account gets its id when it is there.
    fn backstop(&self, shape: &RouteShape) -> Result<Way, Diagnostic> {
        let depth = shape.lots_a_day.as_ref();
        let depth = depth.map_or(Ok(1_000), |at| self.words.whole(at, "lots_a_day", (1, u32::MAX)));
        Ok(Way::Backstop {
            account: AccountId(u32::MAX),
            base: self.part(&shape.base, "base", 10_000)?,
            impact: self.part(&shape.impact, "impact", 0)?,
            volatility: self.part(&shape.volatility, "volatility", 0)?,
            depth: u64::from(depth?),
            band: self.part(&shape.band, "band", 100_000)?,
            budget: self.amount(&shape.most, "most")?,
        })
    }

    /// Refuses keys that mean nothing for the route.
    fn keys_fit(&self, word: &str, shape: &RouteShape) -> Result<(), Diagnostic> {
        let (backstop, auction) = (word == "backstop", word == "auction");
        let place = |at: &Option<At<PercentText>>| at.as_ref().map(|at| at.place.clone());
        let time = |at: &Option<At<DurationText>>| at.as_ref().map(|at| at.place.clone());
        let keys: [(&str, Option<Place>, bool); 12] = [
            ("account", shape.account.as_ref().map(|at| at.place.clone()), backstop),
            ("base", place(&shape.base), backstop),
            ("impact", place(&shape.impact), backstop),
            ("volatility", place(&shape.volatility), backstop),
            ("lots_a_day", shape.lots_a_day.as_ref().map(|at| at.place.clone()), backstop),
            ("band", place(&shape.band), backstop),
            ("most", shape.most.as_ref().map(|at| at.place.clone()), backstop),
            ("first", place(&shape.first), auction),
            ("knee", place(&shape.knee), auction),
            ("fast", time(&shape.fast), auction),
            ("slow", time(&shape.slow), auction),
            ("insolvent", time(&shape.insolvent), auction),
        ];
        for (key, place, fits) in keys {
            if let (Some(place), false) = (place, fits) {
                let message = format!("{key} means nothing for the route \"{word}\"");
                let help = "drop the key, or name another route.";
                let code = format!("{}-not-for-route", key.replace('_', "-"));
                return Err(self.words.refuse(code, message, help, &place, "no such key here"));
            }
        }
        Ok(())
    }
}
