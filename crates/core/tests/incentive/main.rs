//! What those who stand behind losses are paid: an independent model, opponents.

#[path = "../world/mod.rs"]
mod world;

mod behind;
mod model;
mod opponent;
mod pay;
mod premium;
mod premium_model;
