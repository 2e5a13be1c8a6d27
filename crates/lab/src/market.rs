//! Markets of a world: what a driver lists before it fills.
//!
//! Prices are whole ticks and quantities whole lots; one tick times one lot is a whole number of
//! atoms, so that a leg's value is exact. One quote unit (a dollar) is 10^6 atoms.

use rhodian_core::bounds::{MAX_LOT_VALUE, MAX_LOTS, MAX_TICKS};
use rhodian_core::ids::{DomainId, Name};
use rhodian_core::margin::{Level, tiered};
use rhodian_core::market::{Instrument, MarketSpec, Tier};
use rhodian_core::units::{Amount, Price, Quantity};

use crate::decimal::{Decimal, UNITS};
use crate::error::{LabError, require};

/// Atoms of one quote unit.
pub const ATOMS_PER_UNIT: u64 = 1_000_000;

/// The largest suggested price, as a multiple of the price at listing.
const HEADROOM: u64 = 1_000;

/// A market: its name, its arithmetic and its margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// The name, as in the price file where there is one.
    pub name: String,
    /// What is traded. An option's underlying is a place in the world: the market's id at a venue
    /// that lists nothing else.
    pub instrument: Instrument,
    /// The place of the market that this one is a twin of: same tick, same lot.
    pub base: Option<u32>,
    /// The price of one tick, in quote units.
    pub tick: Decimal,
    /// The size of one lot, in units of what is traded.
    pub lot: Decimal,
    /// The value of one lot at a price of one tick, in atoms.
    pub atoms_per_tick_lot: u64,
    /// The mark at the start of the path.
    pub start: Price,
    /// A bound for listing: a thousand times the start, or what one lot may be worth.
    pub max_price: Price,
    /// Margin rates by the value of a leg.
    pub schedule: MarginSchedule,
}

impl Market {
    /// Lists a perpetual at a price. The lot is the largest power of ten that is worth at most ten
    /// quote units there, and larger where one tick and lot would not be a whole atom.
    ///
    /// Refused: a tick that is not a power of ten, and a price that is not a tick at least or whose
    /// lot would be worth more than the engine's bound.
    ///
    /// ```
    /// use rhodian_lab::decimal::Decimal;
    /// use rhodian_lab::market::{MarginSchedule, Market};
    ///
    /// let price = |text| Decimal::parse(text).unwrap();
    /// let list = |at, tick| Market::list("BTCUSDT", at, tick, MarginSchedule::book());
    /// let market = list(price("8885.25"), price("0.01")).unwrap();
    /// assert_eq!((market.lot, market.atoms_per_tick_lot), (price("0.001"), 10));
    /// assert_eq!(market.start.ticks(), 888_525);
    /// assert!(list(price("0.004"), price("0.01")).is_err());
    /// ```
    pub fn list(
        name: &str,
        price: Decimal,
        tick: Decimal,
        schedule: MarginSchedule,
    ) -> Result<Self, LabError> {
        let power = |units: u64| units > 0 && 10u64.pow(units.ilog10()) == units;
        require(power(tick.units()), "tick", "a power of ten")?;
        let ticks = price.in_steps(tick);
        if ticks == 0 {
            return Err(LabError::BelowTick { market: name.into(), tick: tick.to_string() });
        }
        let (lot, atoms_per_tick_lot) = lot_for(price, tick)?;
        let most = (MAX_LOT_VALUE / atoms_per_tick_lot).min(MAX_TICKS);
        require(ticks <= most, "price", "a lot worth at most 10^15 atoms")?;
        let max_price = Price::new(ticks.checked_mul(HEADROOM).map_or(most, |far| far.min(most)))?;
        Ok(Self {
            name: name.into(),
            instrument: Instrument::Perpetual,
            base: None,
            tick,
            lot,
            atoms_per_tick_lot,
            start: Price::new(ticks)?,
            max_price,
            schedule,
        })
    }

    /// The value of one lot at `price`, in atoms: at most 10^15 up to the largest price.
    #[must_use]
    pub fn lot_value(&self, price: Price) -> u128 {
        u128::from(price.ticks()) * u128::from(self.atoms_per_tick_lot)
    }

    /// The value of a leg at `price`, in atoms, without its side.
    #[must_use]
    pub fn value(&self, lots: Quantity, price: Price) -> u128 {
        u128::from(lots.size()) * self.lot_value(price)
    }

    /// The profit of a leg from one price to another, in atoms, negative for a loss.
    #[must_use]
    pub fn profit(&self, lots: Quantity, from: Price, to: Price) -> i128 {
        // 10^15 lots, 10^15 ticks and 10^15 atoms at most, and the product of the last two is
        // bounded by 10^15 at listing: below 2^127.
        let move_ticks = i128::from(to.ticks()) - i128::from(from.ticks());
        i128::from(lots.lots()) * move_ticks * i128::from(self.atoms_per_tick_lot)
    }

    /// The market an option is written on.
    #[must_use]
    pub const fn underlying(&self) -> Option<u32> {
        match self.instrument {
            Instrument::Option { underlying, .. } => Some(underlying.0),
            Instrument::Perpetual | Instrument::Future { .. } => None,
        }
    }

    /// The market as a venue lists it in `domain`, with no limit of lots but the engine's and fills
    /// within `band` millionths of the mark. Nothing where the name is no name of the engine.
    #[must_use]
    pub fn spec(&self, domain: DomainId, band: u32) -> Option<MarketSpec> {
        Some(MarketSpec {
            name: Name::new(&self.name)?,
            domain,
            instrument: self.instrument,
            unit: self.atoms_per_tick_lot,
            max_price: self.max_price,
            max_position: MAX_LOTS,
            max_open: MAX_LOTS,
            band,
            tiers: self.schedule.tiers().to_vec(),
            // Real prices gap: crises are to reach deficits.
            steps: None,
        })
    }
}

/// The lot and the atoms of one tick and lot.
fn lot_for(price: Decimal, tick: Decimal) -> Result<(Decimal, u64), LabError> {
    // Units of 10^-8 times units of 10^-8, and 10^6 atoms to a quote unit: 10^-10 atoms.
    let unit = u128::from(UNITS) * u128::from(UNITS) / u128::from(ATOMS_PER_UNIT);
    let ten = 10 * u128::from(UNITS) * u128::from(UNITS);
    let mut found = None;
    for exponent in -8..=11 {
        let Some(lot) = Decimal::power_of_ten(exponent) else { continue };
        let atoms = u128::from(tick.units()) * u128::from(lot.units());
        if atoms % unit != 0 {
            continue;
        }
        if found.is_some() && u128::from(price.units()) * u128::from(lot.units()) > ten {
            break;
        }
        if let Ok(atoms) = u64::try_from(atoms / unit) {
            found = Some((lot, atoms));
        }
    }
    found.ok_or_else(|| LabError::Model {
        parameter: "tick",
        allowed: "a tick of which some lot is worth a whole atom".into(),
    })
}

/// Margin rates that grow with the value of a leg. Each rate holds for the part of the value
/// inside its tier, as tax brackets do: so margin is continuous and convex in size.
///
/// The rates of the named schedules are assumptions in the range that large venues publish; no
/// one venue's table is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginSchedule {
    tiers: Vec<Tier>,
}

/// Atoms of a million quote units.
const MILLION: u128 = 1_000_000 * ATOMS_PER_UNIT as u128;

impl MarginSchedule {
    /// A schedule of these tiers: the first from zero on, values and rates growing, maintenance
    /// at least 1 millionth and below initial, initial at most all of the value.
    pub fn new(tiers: Vec<Tier>) -> Result<Self, LabError> {
        let sound = |tier: &Tier| {
            tier.maintenance > 0 && tier.maintenance < tier.initial && tier.initial <= 1_000_000
        };
        let grows = |pair: &[Tier]| {
            pair[0].above < pair[1].above
                && pair[0].initial <= pair[1].initial
                && pair[0].maintenance <= pair[1].maintenance
        };
        let begins = tiers.first().is_some_and(|tier| tier.above.is_zero());
        require(
            begins && tiers.iter().all(sound) && tiers.windows(2).all(grows),
            "margin schedule",
            "tiers from zero on, growing in value and rates, 0 < maintenance < initial <= 100 %",
        )?;
        Ok(Self { tiers })
    }

    /// Maintenance 0.5, 1 and 2.5 % with initial margin twice that, from 0, 0.25 M and 5 M quote
    /// units on: the book of the project's benchmarks.
    #[must_use]
    pub fn book() -> Self {
        Self::doubled(&[(0, 5_000), (MILLION / 4, 10_000), (5 * MILLION, 25_000)])
    }

    /// For the two deepest markets of a venue: maintenance 1, 2 and 4 %, initial twice that.
    #[must_use]
    pub fn deep() -> Self {
        Self::doubled(&[(0, 10_000), (MILLION, 20_000), (20 * MILLION, 40_000)])
    }

    /// For the other markets: maintenance 2.5, 5 and 10 %, initial twice that.
    #[must_use]
    pub fn thin() -> Self {
        Self::doubled(&[(0, 25_000), (MILLION / 2, 50_000), (5 * MILLION, 100_000)])
    }

    fn doubled(tiers: &[(u128, u32)]) -> Self {
        let tier = |&(above, maintenance): &(u128, u32)| Tier {
            // At most twenty million quote units.
            above: Amount::new(above).unwrap_or_default(),
            initial: 2 * maintenance,
            maintenance,
        };
        Self { tiers: tiers.iter().map(tier).collect() }
    }

    /// The tiers, smallest value first.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Initial margin of a leg of this value, in atoms, rounded up.
    #[must_use]
    pub fn initial(&self, value: u128) -> u128 {
        tiered(&self.tiers, value, Level::Initial)
    }

    /// Maintenance margin of a leg of this value, in atoms, rounded up.
    ///
    /// ```
    /// use rhodian_lab::market::MarginSchedule;
    /// let million = 1_000_000_000_000;
    /// // A quarter at 0.5 %, the rest at 1 %.
    /// assert_eq!(MarginSchedule::book().maintenance(million), 8_750_000_000);
    /// ```
    #[must_use]
    pub fn maintenance(&self, value: u128) -> u128 {
        tiered(&self.tiers, value, Level::Maintenance)
    }

    /// The largest gap between initial and maintenance rate of any tier, in millionths.
    #[must_use]
    pub fn widest_gap(&self) -> u32 {
        self.tiers.iter().map(|tier| tier.initial - tier.maintenance).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use rhodian_core::ids::DomainId;
    use rhodian_core::market::Tier;
    use rhodian_core::units::Amount;

    use super::{MarginSchedule, Market};
    use crate::decimal::Decimal;

    #[test]
    fn lots_are_worth_whole_atoms() {
        for (price, tick, lot, atoms) in [
            ("8885.25", "0.01", "0.001", 10),
            ("121332.96", "0.01", "0.0001", 1),
            ("0.0024029", "0.0000001", "1000", 100),
            ("4.3468", "0.0001", "1", 100),
            ("0.00000002", "0.00000001", "100000000", 1_000_000),
        ] {
            let value = |text| Decimal::parse(text).unwrap();
            let schedule = MarginSchedule::deep();
            let market = Market::list(price, value(price), value(tick), schedule).unwrap();
            assert_eq!(market.lot.to_string(), lot, "{price}");
            assert_eq!(market.atoms_per_tick_lot, atoms, "{price}");
            assert_eq!(market.start.ticks(), value(price).in_steps(value(tick)));
            assert!(market.max_price > market.start);
            assert_eq!(market.spec(DomainId(0), 100_000).unwrap().check(), Ok(()));
        }
    }

    #[test]
    fn ticks_that_are_no_power_of_ten_are_refused() {
        for tick in ["0", "0.05", "3"] {
            let (price, tick) = (Decimal::parse("100").unwrap(), Decimal::parse(tick).unwrap());
            let listed = Market::list("X", price, tick, MarginSchedule::deep());
            assert!(listed.is_err(), "{tick}");
        }
    }

    #[test]
    fn schedules_out_of_order_are_refused() {
        let tier = |above: u32, initial, maintenance| Tier {
            above: Amount::from(above),
            initial,
            maintenance,
        };
        for (tiers, sound) in [
            (vec![tier(0, 20, 10)], true),
            (vec![tier(0, 20, 10), tier(5, 20, 10)], true),
            (vec![], false),
            (vec![tier(1, 20, 10)], false),
            (vec![tier(0, 10, 10)], false),
            (vec![tier(0, 20, 0)], false),
            (vec![tier(0, 1_000_001, 10)], false),
            (vec![tier(0, 20, 10), tier(0, 30, 20)], false),
            (vec![tier(0, 20, 10), tier(5, 30, 9)], false),
        ] {
            assert_eq!(MarginSchedule::new(tiers.clone()).is_ok(), sound, "{tiers:?}");
        }
    }

    #[test]
    fn margin_is_continuous_and_rounded_up() {
        let schedule = MarginSchedule::deep();
        assert_eq!(schedule.maintenance(1), 1);
        assert_eq!(schedule.initial(0), 0);
        for tier in schedule.tiers() {
            let from = tier.above.atoms();
            let (at, after) = (schedule.initial(from), schedule.initial(from + 1));
            assert!(after - at <= 1);
        }
    }
}
