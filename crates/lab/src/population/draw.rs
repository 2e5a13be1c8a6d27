//! Drawing accounts and their legs, before makers and deposits.

use rhodian_core::units::Quantity;

use super::model::PopulationModel;
use super::{AccountKind, Cohort, Leg};
use crate::error::LabError;
use crate::market::{ATOMS_PER_UNIT, Market};
use crate::seed::{Seed, Stream};
use crate::valuation::Valuation;

/// An account before its deposit is known.
pub(super) struct Draft {
    pub owner: u32,
    pub kind: AccountKind,
    pub cohort: Cohort,
    /// Leverage in hundredths.
    pub leverage: u32,
    /// Equity in atoms, for an account without legs.
    pub equity: u128,
    /// Distance above maintenance, in millionths of gross value, where the cohort is `Near`.
    pub band: u32,
}

/// What drawing needs to know of the world.
pub(super) struct Drawer<'a> {
    pub model: &'a PopulationModel,
    pub markets: &'a [Market],
    /// What everything is worth at the start of the path.
    pub start: &'a Valuation,
    /// For each market, whether it fell between the last round and the start.
    pub fell: &'a [bool],
    /// Pairs of a market and its twin.
    pub twins: &'a [(u32, u32)],
    /// The options, by place: after every other market.
    options: Vec<u32>,
    /// Cumulative popularity of the other markets.
    cumulative: Vec<f64>,
    /// One stream per question, so that a change of one model leaves the other draws alone.
    kinds: Stream,
    sizes: Stream,
    leverages: Stream,
    choices: Stream,
    sides: Stream,
    owners: u32,
    /// The markets chosen for the account being drawn, and their weights.
    chosen: Vec<(u32, f64)>,
}

impl<'a> Drawer<'a> {
    pub fn new(
        model: &'a PopulationModel,
        markets: &'a [Market],
        start: &'a Valuation,
        fell: &'a [bool],
        twins: &'a [(u32, u32)],
        seed: Seed,
    ) -> Self {
        let options = (0..).zip(markets).filter(|(_, market)| market.underlying().is_some());
        let options: Vec<u32> = options.map(|(place, _)| place).collect();
        let linear = (markets.len() - options.len()) as u32;
        Self {
            model,
            markets,
            start,
            fell,
            twins,
            options,
            cumulative: model.popularity.cumulative(linear),
            kinds: seed.stream("kinds"),
            sizes: seed.stream("equities"),
            leverages: seed.stream("leverages"),
            choices: seed.stream("markets"),
            sides: seed.stream("sides"),
            owners: 0,
            chosen: Vec::new(),
        }
    }

    /// How many owners were drawn.
    pub const fn owners(&self) -> u32 {
        self.owners
    }

    /// The next account, its legs appended to `legs`, by market. `near` is the chance of standing
    /// near maintenance, in millionths: accounts do so in the last round only.
    pub fn account(&mut self, near: u32, legs: &mut Vec<Leg>) -> Result<Draft, LabError> {
        let shares = self.model.shares;
        let dice = self.kinds.below(1_000_000) as u32;
        let bounds = [shares.isolated, shares.hedged, shares.whales, shares.flat, shares.options];
        let mut drawn = bounds.len();
        let mut left = dice;
        for (place, share) in bounds.iter().enumerate() {
            if left < *share {
                drawn = place;
                break;
            }
            left -= share;
        }
        // An owner's first account is cross; isolated ones belong to the owner drawn last.
        let isolated = drawn == 0 && self.owners > 0;
        let kind = if isolated { AccountKind::Isolated } else { AccountKind::Cross };
        let mut cohort = match drawn {
            1 => Cohort::Hedged,
            2 => Cohort::Whale,
            3 => Cohort::Flat,
            4 if self.kinds.chance(shares.sellers) => Cohort::OptionSeller,
            4 => Cohort::OptionBuyer,
            _ => Cohort::Trader,
        };
        if cohort == Cohort::Trader && self.kinds.chance(near) {
            cohort = Cohort::Near;
        }
        let mut draft = self.draft(kind, cohort);
        if !isolated {
            draft.owner = self.owners;
            self.owners += 1;
        }
        self.legs_of(&mut draft, legs)?;
        Ok(draft)
    }

    /// A maker: a cross account of an owner of its own, without legs yet, with leverage 1 to 5.
    /// Makers are assumed to be careful; false for those that failed first in past crashes.
    pub fn maker(&mut self) -> Draft {
        let mut draft = self.draft(AccountKind::Cross, Cohort::Maker);
        draft.owner = self.owners;
        draft.leverage = 100 + self.leverages.below(401) as u32;
        self.owners += 1;
        draft
    }

    fn draft(&mut self, kind: AccountKind, cohort: Cohort) -> Draft {
        let equity = &self.model.equity.quantiles;
        let units = if cohort == Cohort::Whale {
            equity.draw_between(0.99, 1.0, &mut self.sizes)
        } else {
            equity.draw_between(0.0, 0.99, &mut self.sizes)
        };
        let (least, most) = self.model.shares.band;
        let band = if cohort == Cohort::Near {
            least + self.sizes.below(u64::from(most - least) + 1) as u32
        } else {
            0
        };
        Draft {
            owner: self.owners.max(1) - 1,
            kind,
            cohort,
            leverage: self.model.leverage.draw(&mut self.leverages),
            // At most 10^12 quote units: 10^18 atoms.
            equity: libm::round(units * ATOMS_PER_UNIT as f64) as u128,
            band,
        }
    }

    fn legs_of(&mut self, draft: &mut Draft, legs: &mut Vec<Leg>) -> Result<(), LabError> {
        let gross = draft.equity * u128::from(draft.leverage) / 100;
        let begin = legs.len();
        match draft.cohort {
            Cohort::Flat | Cohort::Maker => {}
            Cohort::Hedged => self.hedge(gross, legs)?,
            Cohort::OptionSeller => self.options(gross, false, legs)?,
            Cohort::OptionBuyer => self.options(gross, true, legs)?,
            _ => {
                let wanted = if draft.kind == AccountKind::Isolated {
                    1
                } else {
                    self.model.legs.draw(self.cumulative.len() as u32, &mut self.choices)
                };
                self.choose(wanted);
                self.fill(gross, draft.cohort == Cohort::Near, legs)?;
            }
        }
        legs[begin..].sort_unstable_by_key(|leg| leg.market);
        Ok(())
    }

    /// Long a market, short its twin, or the other way round: half the gross value each.
    fn hedge(&mut self, gross: u128, legs: &mut Vec<Leg>) -> Result<(), LabError> {
        let (base, twin) = self.twins[self.choices.below(self.twins.len() as u64) as usize];
        let lots = self.lots(base, gross / 2)?;
        let lots = if self.sides.chance(500_000) { lots } else { lots.opposite() };
        legs.push(Leg { market: base, lots });
        legs.push(Leg { market: twin, lots: lots.opposite() });
        Ok(())
    }

    /// One to four options, all long or all short, with equal exposure.
    fn options(&mut self, gross: u128, long: bool, legs: &mut Vec<Leg>) -> Result<(), LabError> {
        let most = self.options.len().min(4).min(self.model.legs.most as usize);
        let count = 1 + self.choices.below(most as u64) as usize;
        for place in 0..count {
            // The first places of a shuffle, so that no option is chosen twice.
            let left = (self.options.len() - place) as u64;
            let other = place + self.choices.below(left) as usize;
            self.options.swap(place, other);
            let market = self.options[place];
            let lots = self.lots(market, gross / count as u128)?;
            legs.push(Leg { market, lots: if long { lots } else { lots.opposite() } });
        }
        Ok(())
    }

    /// Chooses so many markets, all different, the popular ones more often, with weights.
    fn choose(&mut self, wanted: u32) {
        self.chosen.clear();
        let total = self.cumulative[self.cumulative.len() - 1];
        while self.chosen.len() < wanted as usize {
            let at = self.choices.unit() * total;
            let market = self.cumulative.partition_point(|sum| *sum <= at) as u32;
            if self.chosen.iter().all(|(other, _)| *other != market) {
                // Exponential weights, normalised, are uniform over all splits.
                self.chosen.push((market, -libm::log(self.choices.unit())));
            }
        }
    }

    /// Spreads the gross value over the chosen markets, evenly over all ways to split it, and
    /// gives each leg a side. Those near maintenance hold the side that lost since the last round.
    fn fill(&mut self, gross: u128, losing: bool, legs: &mut Vec<Leg>) -> Result<(), LabError> {
        let bullish = self.sides.chance(500_000);
        let total: f64 = self.chosen.iter().map(|(_, weight)| weight).sum();
        for place in 0..self.chosen.len() {
            let (market, weight) = self.chosen[place];
            // Gross is below 10^20 atoms; what the product loses to rounding is no one's money.
            let lots = self.lots(market, (gross as f64 * (weight / total)) as u128)?;
            let agrees = self.sides.chance(self.model.agreement);
            let long = if losing { self.fell[market as usize] } else { bullish == agrees };
            let lots = if long { lots } else { lots.opposite() };
            legs.push(Leg { market, lots });
        }
        Ok(())
    }

    /// The lots nearest below a value at the start, at least one.
    fn lots(&self, market: u32, value: u128) -> Result<Quantity, LabError> {
        let lots = (value / self.start.exposure(self.markets, market)).max(1);
        // 10^20 atoms over at least one atom a lot may pass the bound, and is refused there.
        let lots = i64::try_from(lots).unwrap_or(i64::MAX / 4);
        Ok(Quantity::new(lots)?)
    }
}
