//! Every reason for which an area refuses a command, each met by a case of its own: the command,
//! the numbers of the refusal, and nothing changed. The reasons are read from the sources, so that
//! a new one without a case fails. Those of markets and close-outs are in `venue/rejections`.
//!
//! The owners are Alice, Bob and Carol.

mod account;
mod bounty;
mod clearing;
mod clearing_fund;
mod codes;
mod collateral;
mod control;
mod cover;
mod cover_incident;
mod cover_pool;
mod domain;
mod engine;
mod incentive;
mod issuance;
mod lending;
mod lending_pool;
mod liquidity;
mod loss;
mod loss_money;
mod oracle;
mod protection;
mod table;
mod waterfall;
#[path = "../world/mod.rs"]
mod world;

use rhodian_core::engine::{Actor, Role};
use rhodian_core::ids::AccountId;

/// The accounts of the three, and the numbers of their owners, in most worlds.
const ALICE: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);
const CAROL: AccountId = AccountId(2);

/// A number that no command of a world used yet.
const NEXT: u64 = 1_000;

/// Why what needs a full table of ids is not met.
const FULL: &str = "four billion entries of a table of ids do not fit into a test";

/// Why a sum of balances above 10^38 atoms is not met.
const TOTAL: &str = "no account holds more than 10^30 atoms: it takes a hundred million of them";

const fn owner(id: u32) -> Actor {
    Actor { role: Role::Owner, id }
}

/// The second key of the venue, who approves what the first reported.
const SECOND: Actor = Actor { id: 1, ..Actor::VENUE };
