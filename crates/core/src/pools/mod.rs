//! Pools: money that many put together for others to use. A pool meets a loss at two points: it
//! reports a detection, and it states a basis, its members' claims in account order. Everything
//! between is the waterfall's, which knows nothing of pools.

pub mod lending;
