//! Pages, tables and charts as values. No I/O: pure functions from a [`Report`] to strings.
//!
//! A door fills the [`model`], calls [`Report::new`] (which adds what can be worked out from the
//! shares: size classes, the burden curve, the largest shares) and asks for the forms it needs:
//!
//! - [`text::picture`], the picture for a terminal;
//! - [`csv::shares`], the table of every share;
//! - `Summary` through serde, for `summary.json`;
//! - [`html::page`], one self-contained page with charts ([`svg`]).
//!
//! An episode of a venue is told by [`incident`], from its events and the state after them.
//!
//! Everything is deterministic: the same input gives the same bytes. There are no floats;
//! percentages and lengths are integer divisions with their rounding stated.
#![forbid(unsafe_code)]

pub mod csv;
pub mod html;
pub mod incident;
mod markup;
pub mod model;
pub mod money;
pub mod names;
pub mod picture;
pub mod rules;
pub mod run;
pub mod safe;
pub mod size;
pub mod svg;
pub mod text;
pub mod words;

pub use model::{
    Asset, LayerDraw, LayerState, LossSummary, RankedShare, Report, Settlement, ShareRow, Summary,
};
