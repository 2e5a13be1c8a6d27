//! The door for venues: the engine beside a matching engine, durable, with an API, streams and a
//! dashboard. Async lives here only; nothing here decides about money.
//!
//! ```text
//!  doors (async) --bounded queue--> engine thread --groups--> journal thread --> disk
//!       ^                                                          |
//!       |  answers, after the sync                                 v
//!       +------------------------------------------------- follower (committed only)
//! ```
//!
//! One thread owns the engine, one the journal. Commands wait in a bounded queue; while a group of
//! them is written, the next one gathers. An answer leaves when its group is durable and the
//! follower has applied it, so whoever got an answer finds it in every query. Queries, lists and
//! streams read the follower alone, and name the sequence number they stand at.
#![forbid(unsafe_code)]

pub mod access;
pub mod answer;
pub mod api;
pub mod audit;
pub mod clock;
pub mod config;
pub mod dashboard;
pub mod engine_thread;
pub mod folder;
pub mod follower;
pub mod gather;
pub mod journal_thread;
pub mod keys;
pub mod kinds;
pub mod logs;
pub mod metrics;
pub mod notable;
pub mod outgoing;
pub mod problem;
pub mod proofs;
pub mod rate;
pub mod recent;
pub mod secure;
pub mod service;
pub mod signature;
pub mod tls;
pub mod traces;
pub mod webhooks;

pub use config::Config;
pub use service::{Error, Running, start};
