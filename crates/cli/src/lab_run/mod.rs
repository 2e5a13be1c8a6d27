//! An experiment, from what its file says to its answer: [`work`] says what the runs are and plays
//! them, [`keep`] plays them side by side and keeps what was played, and the others make figures
//! and pictures of the rows that runs left.
//!
//! A run is a row of text, a function of the experiment and its number alone. Figures are made of
//! the rows and of nothing else, so that an answer is the same bytes at any number of threads, and
//! whether or not it was interrupted.

pub mod answer;
pub mod book;
pub mod contagion;
pub mod cover;
pub mod crises;
pub mod keep;
pub mod mechanisms;
pub mod optimise;
pub mod optimised;
pub mod pictures;
pub mod rare;
pub mod replay;
pub mod ruin;
mod several;
pub mod stress;
pub mod tail;
pub mod tranches;
pub mod tune;
pub mod work;
