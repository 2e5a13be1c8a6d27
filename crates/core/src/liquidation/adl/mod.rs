//! Auto-deleveraging: who gives up how many lots. It assigns quantity at a fair price and takes
//! no profit from anyone; who funds the hole is another question with another rule.
//!
//! [`draining`] is the default; [`orders`] are the rules of other venues, for comparison and for
//! venues bound to them; [`place`] tells an account where it stands before anything happens.

pub mod draining;
#[cfg(test)]
mod draining_tests;
mod level;
pub mod orders;
pub mod place;
