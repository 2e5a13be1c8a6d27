//! Who may do what. The door says who is who; what a role may ask of the engine, core says.

use rhodian_core::closeout;
use rhodian_core::engine::{Action, Actor, Rejection, Role as CoreRole, may};
use rhodian_core::ids::OwnerId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::problem::Problem;

/// What a key is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The venue's operation: everything but duties and the reports of sources.
    Venue,
    /// Governance: parameters, waterfalls, and whatever the venue may.
    Governance,
    /// May only tighten.
    Guardian,
    /// A source of the oracle: its own reports, each signed.
    Source,
    /// An owner who takes part in liquidations: his bids; sees what is below maintenance.
    Keeper,
    /// An owner, over his own accounts.
    Participant,
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives and takes keys, reads everything; commands nothing.
    Administrator,
}

/// Every role.
pub const ROLES: &[Role] = &[
    Role::Venue,
    Role::Governance,
    Role::Guardian,
    Role::Source,
    Role::Keeper,
    Role::Participant,
    Role::Auditor,
    Role::Administrator,
];

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The id of the key; nothing where the door is open and none was shown.
    pub key: Option<u32>,
    /// What it is for.
    pub role: Role,
    /// The owner or the source it speaks for.
    pub subject: Option<u32>,
}

impl Caller {
    /// Whoever reads at an open door.
    pub const ANYONE: Self = Self { key: None, role: Role::Auditor, subject: None };

    /// The actor of this caller's commands. What core would refuse him whatever the state is
    /// refused here, in the same words: it never takes a place in the queue.
    ///
    /// # Errors
    ///
    /// The role gives no commands, or not this one.
    pub fn actor(&self, action: &Action) -> Result<Actor, Problem> {
        let actor = self.speaks_as(action)?;
        if may(actor.role, action) {
            return Ok(actor);
        }
        let rejection = Rejection::NotForActor { role: actor.role };
        Err(Problem::rejected(rejection.code(), &answer::refusal(&rejection)))
    }

    fn speaks_as(&self, action: &Action) -> Result<Actor, Problem> {
        let id = self.key.unwrap_or_default();
        let subject = self.subject.unwrap_or(u32::MAX);
        if *action == Action::Tick {
            return Err(refused(self.role, "the clock is the engine's"));
        }
        match self.role {
            Role::Venue => Ok(Actor { role: CoreRole::Venue, id }),
            Role::Governance => Ok(Actor { role: CoreRole::Governance, id }),
            Role::Guardian => Ok(Actor { role: CoreRole::Guardian, id }),
            Role::Source => Ok(Actor { role: CoreRole::Source, id: subject }),
            Role::Participant => Ok(Actor { role: CoreRole::Owner, id: subject }),
            Role::Keeper if matches!(action, Action::CloseOut(closeout::Command::Bid { .. })) => {
                Ok(Actor { role: CoreRole::Owner, id: subject })
            }
            Role::Keeper => Err(refused(self.role, "a keeper only bids")),
            Role::Auditor | Role::Administrator => {
                Err(refused(self.role, "this role gives no commands"))
            }
        }
    }

    /// Whether the caller may read what is of `level`.
    ///
    /// # Errors
    ///
    /// The role may not.
    pub fn may_read(&self, level: Level) -> Result<(), Problem> {
        use Role::{Administrator, Auditor, Keeper};
        let may = match level {
            Level::Public => true,
            Level::Liquidations => self.sees_everyone() || self.role == Keeper,
            Level::Everyone => self.sees_everyone(),
            Level::Audit => matches!(self.role, Auditor | Administrator),
            Level::Keys => self.role == Administrator && self.key.is_some(),
        };
        if may { Ok(()) } else { Err(refused(self.role, "this is not for the role")) }
    }

    /// Whether every participant's accounts are open to the caller.
    #[must_use]
    pub const fn sees_everyone(&self) -> bool {
        matches!(
            self.role,
            Role::Venue | Role::Governance | Role::Guardian | Role::Auditor | Role::Administrator
        )
    }

    /// Whether the caller may read what is `owner`'s alone.
    ///
    /// # Errors
    ///
    /// It is someone else's.
    pub fn may_read_of(&self, owner: OwnerId) -> Result<(), Problem> {
        let own =
            matches!(self.role, Role::Participant | Role::Keeper) && self.subject == Some(owner.0);
        if own || self.sees_everyone() {
            return Ok(());
        }
        Err(Problem::new("not-own", "this belongs to another owner"))
    }
}

fn refused(role: Role, why: &str) -> Problem {
    let name = serde_json::to_value(role).unwrap_or_default();
    let name = name.as_str().unwrap_or_default();
    Problem::new("not-for-role", format!("the key's role is {name}: {why}"))
}

/// How widely something may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// By every key: rules, layers, markets, prices, what happened in sum.
    Public,
    /// By keepers too: what is being liquidated.
    Liquidations,
    /// What tells of every participant: for the venue's roles and auditors. Owners read their own
    /// by the same paths.
    Everyone,
    /// Refused calls.
    Audit,
    /// Keys and webhooks: the administrator's alone.
    Keys,
}
