//! Pools: money that many put together for others to use. A pool meets a loss where it reports a
//! detection, where it states a basis, its members' claims in account order, and where members pay
//! from it, by a purse. Everything between is the waterfall's, which knows nothing of pools.

pub mod clearing;
pub mod cover;
pub mod lending;
pub mod liquidity;
pub mod protection;
mod rates;
mod shares;

pub(crate) use rates::RATE_TIME;
pub use rates::{Rates, YEAR};
pub use shares::{SHARES_PER_ATOM, Shares, Side};
