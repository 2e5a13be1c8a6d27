//! A loss from its detection through the layers to what comes back for it.

#[path = "../slow/mod.rs"]
mod slow;
#[path = "../world/mod.rs"]
mod world;

mod book_results;
mod boundaries;
mod ceded_claims;
mod episode_on_touch;
mod episode_waves;
mod exhaustive;
mod fund_fees;
mod liens;
mod pending;
mod recovery_interleaving;
mod stake_exits;
mod stake_rewards;
mod tranche;
