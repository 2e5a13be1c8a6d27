//! Setting parameters and statuses.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Parameter, Status, halt};
use crate::engine::{Envelope, Events, Role, State};
use crate::ids::{DomainId, Name, Time};
use crate::ledger::Holder;
use crate::loss::Loss;
use crate::units::Amount;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ControlCommand"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[repr(u8)]
pub enum Command {
    /// Set a parameter of a domain. Open episodes keep the rules they were opened under.
    SetParameter {
        /// The domain.
        domain: DomainId,
        /// Which.
        parameter: Parameter,
        /// The value, in the parameter's unit.
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        value: u128,
    } = 1,
    /// Set the status of a domain, or of the venue. A guardian may only go down the ladder. A
    /// halt lasts its length at most, and the next comes as long after it at the soonest.
    SetStatus {
        /// The domain; nothing for the venue.
        domain: Option<DomainId>,
        /// The new status.
        status: Status,
        /// Why.
        cause: Name,
    } = 2,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ControlEvent"))]
#[borsh(use_discriminant = true)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are those of the command of the same name")]
#[repr(u8)]
pub enum Event {
    /// A parameter was set.
    ParameterSet {
        domain: DomainId,
        parameter: Parameter,
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        value: u128,
    } = 1,
    /// A status was set.
    StatusSet { domain: Option<DomainId>, status: Status, cause: Name } = 2,
    /// The status set next is a halt, until then at most.
    HaltBegun { domain: Option<DomainId>, until: Time } = 3,
    /// A halt has lasted its length: from now on money may leave again.
    HaltEnded { domain: Option<DomainId> } = 4,
}

/// Why a command is refused, in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ControlRejection"))]
#[serde(tag = "code", content = "numbers", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "fields are the numbers that explain the refusal")]
pub enum Rejection {
    /// There is no such domain.
    UnknownDomain { domain: DomainId },
    /// The value is outside the parameter's bounds.
    ParameterOutOfBounds {
        name: &'static str,
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        value: u128,
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        min: u128,
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
        max: u128,
    },
    /// The parameter decides who pays for a loss, and one of the domain is open: nothing changes a
    /// loss that is detected.
    ParameterFrozen { name: &'static str },
    /// The domain owes what no ranks were settled for, and accounts are held for it: closed, they
    /// always would be.
    DebtUnranked { domain: DomainId, owed: Amount },
    /// The status is that one already, or `Closed` was left.
    StatusNotNew { status: Status },
    /// A guardian may only tighten.
    GuardianLoosens { from: Status, to: Status },
    /// A guardian halts at most; `Closed` follows settlement, when no loss is open.
    TooFar { from: Status, to: Status },
    /// The last halt is used up, and the rest after it is not over.
    HaltSpent { until: Time, again: Time },
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDomain { .. } => "unknown-domain",
            Self::ParameterOutOfBounds { .. } => "parameter-out-of-bounds",
            Self::ParameterFrozen { .. } => "parameter-frozen",
            Self::DebtUnranked { .. } => "debt-unranked",
            Self::StatusNotNew { .. } => "status-not-new",
            Self::GuardianLoosens { .. } => "guardian-loosens",
            Self::TooFar { .. } => "status-too-far",
            Self::HaltSpent { .. } => "halt-spent",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDomain { domain } => write!(f, "there is no domain {domain}"),
            Self::ParameterOutOfBounds { name, value, min, max } => {
                write!(f, "{name} is {value}, allowed: {min} to {max}")
            }
            Self::DebtUnranked { domain, owed } => write!(
                f,
                "domain {domain} owes {owed} that nobody covered: pay it, or settle it by rank, \
                 before it is closed"
            ),
            Self::ParameterFrozen { name } => {
                write!(f, "{name} stays while an episode or a loss of the domain is open")
            }
            Self::StatusNotNew { status } => write!(f, "the status is {status:?} and stays so"),
            Self::TooFar { from, to } => write!(
                f,
                "from {from:?} to {to:?} is too far: a guardian halts at most, and only what is \
                 settling, with no loss open, is closed"
            ),
            Self::HaltSpent { until, again } => {
                write!(f, "the last halt ended by {until}, the next may begin at {again}")
            }
            Self::GuardianLoosens { from, to } => {
                write!(f, "a guardian may only tighten: not from {from:?} to {to:?}")
            }
        }
    }
}

/// Numbers beyond 2^53 are strings in JSON.
mod as_text {
    use alloc::string::{String, ToString};

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Whether what a detected loss takes, and of whom, is read from the parameter as it stands: since
/// when gains are at stake, and who gives lots first.
const fn is_frozen(parameter: Parameter) -> bool {
    matches!(parameter, Parameter::ReferenceAge | Parameter::DeleveragingOrder)
}

fn is_anything_open(state: &State, domain: DomainId) -> bool {
    let of = |loss| state.losses.loss(loss).is_some_and(|found| found.domain == domain);
    state.open_losses().any(of)
        || state.open_episodes().any(|(_, episode)| episode.domain == domain)
}

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::SetParameter { domain, parameter, value } => {
            known(state, *domain)?;
            let declared = parameter.declared();
            if *value < declared.min || *value > declared.max {
                return Err(Rejection::ParameterOutOfBounds {
                    name: declared.name,
                    value: *value,
                    min: declared.min,
                    max: declared.max,
                });
            }
            if is_frozen(*parameter) && is_anything_open(state, *domain) {
                return Err(Rejection::ParameterFrozen { name: declared.name });
            }
            let (domain, parameter, value) = (*domain, *parameter, *value);
            events.push(Event::ParameterSet { domain, parameter, value });
            Ok(())
        }
        Command::SetStatus { domain, status, cause } => {
            set_status(state, envelope.actor.role, *domain, (*status, cause), events)
        }
    }
}

fn set_status(
    state: &State,
    role: Role,
    domain: Option<DomainId>,
    (status, cause): (Status, &Name),
    events: &mut Events,
) -> Result<(), Rejection> {
    let from = match domain {
        Some(domain) => {
            known(state, domain)?;
            state.control.domain_status(domain)
        }
        None => state.control.venue_status(),
    };
    if from == status || from == Status::Closed {
        return Err(Rejection::StatusNotNew { status: from });
    }
    if role == Role::Guardian && status < from {
        return Err(Rejection::GuardianLoosens { from, to: status });
    }
    let guardian = role == Role::Guardian && status > Status::Halted;
    // A domain closes when its own losses are settled, the venue when all are.
    let of_it = |loss: &Loss| domain.is_none_or(|only| loss.domain == only);
    let mut losses = state.open_losses().filter_map(|id| state.losses.loss(id));
    let closes = from == Status::Settling && !losses.any(of_it);
    if guardian || (status == Status::Closed && !closes) {
        return Err(Rejection::TooFar { from, to: status });
    }
    if status == Status::Closed {
        no_debts(state, domain)?;
    }
    if status == Status::Halted {
        let until = halt::until(state, domain)?;
        events.push(Event::HaltBegun { domain, until });
    }
    events.push(Event::StatusSet { domain, status, cause: cause.clone() });
    Ok(())
}

/// A debt that is not settled by rank holds all that is in accounts, if they have anything; nothing
/// pays it when the domain, or the venue, is closed.
fn no_debts(state: &State, domain: Option<DomainId>) -> Result<(), Rejection> {
    let closes = |id: &DomainId| domain.is_none_or(|only| only == *id);
    let domains = state.domains.domains().filter(|(id, _)| closes(id));
    for (domain, found) in domains.filter(|(id, _)| !state.losses.ranked.contains(id)) {
        let owed = state.ledger.owed(found.asset, Holder::Uncovered(domain));
        let holds = |id| !state.means(id, found.asset).is_zero();
        let accepted = |id| state.domains.accepted(domain, id);
        let mut accounts = state.accounts.accounts().map(|(id, _)| id);
        if !owed.is_zero() && accounts.any(|id| accepted(id) && holds(id)) {
            return Err(Rejection::DebtUnranked { domain, owed });
        }
    }
    Ok(())
}

fn known(state: &State, domain: DomainId) -> Result<(), Rejection> {
    match state.domains.domain(domain) {
        Some(_) => Ok(()),
        None => Err(Rejection::UnknownDomain { domain }),
    }
}
