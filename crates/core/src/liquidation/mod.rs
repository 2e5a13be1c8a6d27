//! Liquidation: how much of a failing account is closed, by which route, at what price.
//!
//! Arithmetic on plain slices: nothing here reads the state, knows a command or moves an atom. The
//! engine hands in what it measured and turns the answer into events.
//!
//! | file | answers |
//! |---|---|
//! | `tiers` | what a leg must hold, growing with its size |
//! | `price` | the price, or the move, at which an account is due or bankrupt |
//! | `envelope` | whether one admitted step can pass the requirement, and at which size |
//! | `breaker` | how many lots may be liquidated now |
//! | `partial` | how many lots of each leg to close; what penalty is charged |
//! | `auction` | what a bidder pays now, and which part he may take |
//! | `quote` | the price at which a backstop pool buys |
//! | `adl` | who gives up exposure when no one buys: draining, venue orders, an account's place |

pub mod adl;
pub mod auction;
pub mod breaker;
pub mod envelope;
pub mod partial;
pub mod price;
pub mod quote;
pub mod tiers;
