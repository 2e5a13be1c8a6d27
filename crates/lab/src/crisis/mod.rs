//! Many crises of one venue: the same book meets a drawn fall again and again, each time through
//! the engine itself, and what its losses lack beyond own means is counted.
//!
//! A crisis is a [`model::Severity`], a path drawn for it, and the engine: marks come tick by tick,
//! whoever falls below maintenance is closed in part against the outside at a cost, whoever falls
//! below nothing is taken over and his book is sold there. Nothing is sold to the population, so
//! that the sum of its profits is what its losers lost and the outside bears no one's default.
//!
//! **When it is false**: the cost of closing is the same however much is closed at once, prices do
//! not react to it, and nobody deposits, withdraws or trades while it lasts. The first two make
//! real crises worse than these. Models of their own, each off unless it is asked for, say
//! otherwise: [`impact`] of what is sold on prices, with a depth that withdraws; [`flow`] of stop
//! orders and hedgers; [`behaviour`] of people about losses; [`oracle`]s that fail; and
//! [`crate::path::climate`], noise that clusters.

pub mod aftermath;
pub mod behaviour;
pub mod flow;
pub mod fund;
pub mod impact;
pub mod model;
pub mod oracle;
pub mod recorded;
pub mod rounds;
mod venue;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::LabError;
use crate::path::{Path, climate};
use crate::seed::Seed;
use aftermath::Aftermath;
use model::{CrisisModel, Shock};
use rounds::{Episode, Rounds};
pub use venue::Refused;
use venue::Venue;

/// What one crisis came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crisis {
    /// The fall that was drawn, in millionths.
    pub fall: u32,
    /// What losses lacked beyond own means, together, in atoms: what a fund in front would pay.
    pub deficit: u128,
    /// How many accounts failed.
    pub failed: u32,
    /// How many were liquidated in part.
    pub liquidated: u32,
    /// The gross value at the marks that was closed of them, in atoms.
    pub closed: u128,
    /// How far prices stood from those of the path by what was sold, where that was furthest, on
    /// average by what was open: in millionths, below zero where they were lower.
    pub pushed: i32,
    /// How much of the fall of prices since the start that was then, in millionths.
    pub sold_part: u32,
    /// What accounts withdrew after a loss, in atoms.
    pub withdrawn: u128,
    /// What purchases would have paid above twice the mark, which no fill pays, in atoms.
    pub capped: u128,
}

/// A venue with its book, ready for crises.
#[derive(Debug)]
pub struct Stage {
    model: CrisisModel,
    venue: Venue,
    seed: Seed,
}

/// Why there is no stage, or a crisis ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A model refused its parameters.
    Model(LabError),
    /// The engine refused what the lab asked of it.
    Engine(Refused),
}

impl core::fmt::Display for Stopped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Model(error) => error.fmt(f),
            Self::Engine(refused) => refused.fmt(f),
        }
    }
}

impl std::error::Error for Stopped {}

impl Stage {
    /// Opens every account of the model's book at a new venue.
    ///
    /// # Errors
    ///
    /// A parameter out of its range, or a book that the engine does not accept.
    pub fn of(model: CrisisModel, seed: Seed) -> Result<Self, Stopped> {
        model.check().map_err(Stopped::Model)?;
        let world = model.world().draw(seed).map_err(Stopped::Model)?;
        let venue = Venue::of(&world, &model).map_err(Stopped::Engine)?;
        Ok(Self { model, venue, seed })
    }

    /// What all accounts hold together at the start, in atoms.
    #[must_use]
    pub const fn equity(&self) -> u128 {
        self.venue.equity
    }

    /// The gross value of all legs at the start, long and short, in atoms.
    #[must_use]
    pub const fn open_value(&self) -> u128 {
        self.venue.open_value
    }

    /// Plays the crisis number `index`: it depends on nothing but the seed and its number.
    ///
    /// # Errors
    ///
    /// What the engine refuses; a drawn path that cannot be.
    pub fn play(&self, index: u64) -> Result<Aftermath, Stopped> {
        let fall = self.model.severity.draw(&mut self.seed.stream_at("severity", index));
        let played = self.play_shock(index, Shock::fall(fall))?;
        let crisis = Crisis { fall: (fall * 1e6) as u32, ..played.crisis };
        Ok(Aftermath { crisis, ..played })
    }

    /// Plays `shock` with the noise of the crisis number `index`: shocks under one number differ in
    /// nothing else. The fall of its crisis is left at zero.
    ///
    /// # Errors
    ///
    /// What the engine refuses; a drawn path that cannot be.
    pub fn play_shock(&self, index: u64, shock: Shock) -> Result<Aftermath, Stopped> {
        let path = self.path(index, shock)?;
        self.venue.play(&path, &mut ()).map_err(Stopped::Engine)
    }

    /// Plays the crisis number `index` and tells it wave by wave.
    ///
    /// # Errors
    ///
    /// What the engine refuses; a drawn path that cannot be.
    pub fn play_rounds(&self, index: u64) -> Result<Episode, Stopped> {
        let fall = self.model.severity.draw(&mut self.seed.stream_at("severity", index));
        let path = self.path(index, Shock::fall(fall))?;
        let mut rounds = Rounds::default();
        let played = self.venue.play(&path, &mut rounds).map_err(Stopped::Engine)?;
        let crisis = Crisis { fall: (fall * 1e6) as u32, ..played.crisis };
        Ok(rounds.episode(Aftermath { crisis, ..played }))
    }

    fn path(&self, index: u64, shock: Shock) -> Result<Path, Stopped> {
        let path = Seed(self.seed.stream_at("crisis", index).bits());
        let prices = self.model.prices(shock);
        let (at, starts) = (self.venue.at, &self.venue.starts);
        climate::draw(self.model.climate, &prices, at, starts, path).map_err(Stopped::Model)
    }

    /// Plays the crises numbered from 0 on, on so many threads, and keeps what `of` makes of each;
    /// the same at any number of threads. `played` hears how many are done, now and then, from one
    /// of them.
    ///
    /// # Errors
    ///
    /// That of the first crisis that has one.
    pub fn play_all<T: Send>(
        &self,
        crises: usize,
        threads: usize,
        of: &(dyn Fn(Aftermath) -> T + Sync),
        played: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<T>, Stopped> {
        let threads = threads.clamp(1, crises.max(1));
        let done = AtomicUsize::new(0);
        let one = |index: usize| {
            let crisis = self.play(index as u64).map(of);
            played(done.fetch_add(1, Ordering::Relaxed) + 1);
            crisis
        };
        let part = |thread: usize| (thread..crises).step_by(threads).map(&one).collect();
        let parts: Vec<Vec<Result<T, Stopped>>> = std::thread::scope(|scope| {
            let part = &part;
            let others: Vec<_> =
                (1..threads).map(|thread| scope.spawn(move || part(thread))).collect();
            let mut parts = vec![part(0)];
            parts.extend(others.into_iter().map(|other| match other.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            }));
            parts
        });
        // Round by round, as the threads took them.
        let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
        (0..crises).filter_map(|index| parts[index % threads].next()).collect()
    }
}
