//! The rules: who bears a loss, how much each, exactly.
//!
//! Read in the order of one loss: [`bounds`], [`units`] and [`ids`] say what a number may be;
//! [`ledger`] where money stands; [`account`] and [`domain`] who is there and what absorbs;
//! [`oracle`] at which price, and how good it is; [`pricing`] what an option is worth; [`loss`]
//! what happens; [`waterfall`] in which order; [`basis`] and [`allocation`] who shares and how it
//! is divided; [`recovery`] who is repaid; [`pools`] whose members lend; [`control`] which
//! parameters and statuses hold; [`engine`] nests them; [`invariants`] are the laws.
//!
//! One loss in twenty lines: 12 atoms over three claims, each capped at half its weight.
//!
//! ```
//! use rhodian_core::allocation::{Claims, Rule, divide};
//! use rhodian_core::units::{Amount, Fraction};
//!
//! let amounts = |atoms: &[u128]| -> Vec<Amount> {
//!     atoms.iter().map(|atoms| Amount::new(*atoms).unwrap()).collect()
//! };
//! let (weights, caps) = (amounts(&[30, 9, 3]), amounts(&[15, 4, 1]));
//! let claims = Claims { weights: &weights, caps: &caps, ..Claims::default() };
//!
//! let division = divide(Rule::Proportional, Amount::new(12).unwrap(), &claims).unwrap();
//! assert_eq!(division.shares, amounts(&[9, 2, 1]));
//! assert_eq!(division.levels, [Some(Fraction { num: 2, den: 7 })]);
//! assert!(division.residual.is_zero());
//!
//! // More than all caps together: everyone pays his cap, and the rest is for the next step.
//! let division = divide(Rule::Proportional, Amount::new(25).unwrap(), &claims).unwrap();
//! assert_eq!(division.shares, caps);
//! assert_eq!(division.residual.atoms(), 5);
//! ```
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod account;
pub mod allocation;
pub mod basis;
pub mod bounds;
pub mod closeout;
pub mod collateral;
mod compact;
pub mod control;
pub mod domain;
pub mod engine;
pub mod ids;
pub mod incentive;
pub mod invariants;
pub mod issuance;
pub mod ledger;
pub mod liquidation;
pub mod loss;
pub mod margin;
pub mod market;
pub mod oracle;
pub mod pools;
pub mod pricing;
pub mod recovery;
#[cfg(feature = "schema")]
mod schema;
pub mod units;
pub mod waterfall;
pub mod wide;
