//! The option pricer against Black's formula in 256-bit fixed point, over its whole domain.
//!
//! The reference (`reference.rs`) works on `num-bigint` and shares nothing with the pricer: it
//! takes the exponential as its base, the logarithm by Newton's method on it, the normal
//! distribution from its power series, and the root of time as a whole-number root.

mod laws;
mod precision;
mod reference;
mod surface;

use rhodian_core::pricing::{
    Level, MAX_FORWARD, MAX_TIME, MIN_FORWARD, OutsideDomain, TimeToExpiry, Vanilla, Volatility,
};

/// An option in plain numbers: units, millionths, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plain {
    forward: u64,
    strike: u64,
    volatility: u32,
    millis: u64,
}

impl Plain {
    fn option(self) -> Result<Vanilla, OutsideDomain> {
        Ok(Vanilla {
            forward: Level::new(self.forward)?,
            strike: Level::new(self.strike)?,
            volatility: Volatility::new(self.volatility)?,
            time: TimeToExpiry::from_millis(self.millis)?,
        })
    }

    /// Whether the pricer admits it.
    fn admitted(self) -> bool {
        self.option().is_ok_and(|option| option.prices().is_ok())
    }

    fn call(self) -> u64 {
        self.option().unwrap().prices().unwrap().call
    }

    fn put(self) -> u64 {
        self.option().unwrap().prices().unwrap().put
    }
}

/// A fixed sequence of words, from a seed.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `least` to `most`, evenly over their logarithms.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        let place = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let (low, high) = ((least as f64).ln(), (most as f64).ln());
        ((low + place * (high - low)).exp().round() as u64).clamp(least, most)
    }

    /// An option of the domain: of every size, moneyness, volatility and time; half of them within
    /// a few standard deviations of the money, where prices are neither zero nor intrinsic.
    fn option(&mut self) -> Plain {
        loop {
            let forward = self.between(MIN_FORWARD, MAX_FORWARD);
            let volatility = self.between(100, 10_000_000) as u32;
            let millis = self.between(1, MAX_TIME);
            let near = self.next().is_multiple_of(2);
            let strike = if near {
                let years = millis as f64 / 31_536_000_000.0;
                let stdev = f64::from(volatility) / 1e6 * years.sqrt();
                let place = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
                (forward as f64 * (stdev * (place * 8.0 - 4.0)).exp()).round() as u64
            } else {
                self.between(forward.div_ceil(64), forward * 64)
            };
            let option = Plain { forward, strike, volatility, millis };
            if option.admitted() {
                return option;
            }
        }
    }
}

/// The corners of the domain, with their neighbours inside it.
fn corners() -> Vec<Plain> {
    let mut corners = Vec::new();
    let forwards = [MIN_FORWARD, MIN_FORWARD + 1, 1 << 40, MAX_FORWARD - 1, MAX_FORWARD];
    let volatilities = [100, 101, 20_000, 800_000, 2_529_822, 9_999_999, 10_000_000];
    let times = [1, 2, 1_000, 86_400_000, 31_536_000_000, 20_183_040_000, MAX_TIME - 1, MAX_TIME];
    for forward in forwards {
        let strikes = [
            forward.div_ceil(64),
            forward / 2,
            forward - 1,
            forward,
            forward + 1,
            forward + forward / 1_000_000,
            forward * 3 / 2,
            forward * 64,
        ];
        for strike in strikes {
            for volatility in volatilities {
                for millis in times {
                    corners.push(Plain { forward, strike, volatility, millis });
                }
            }
        }
    }
    corners.retain(|corner| corner.admitted());
    corners
}
