//! What watching pays: terms of domains, notices and challenges that stand.

use rhodian_core::ids::{DomainId, LossId};
use rhodian_core::loss::{BountyTerms, Challenge, Notice, Outcome};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::id;
use crate::access::Level;
use crate::problem::Problem;
use crate::signature::to_hex;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        one(
            "/v1/domains/{domain}/bounty",
            "What a domain pays to those who watch, and what it paid within the window.",
            Level::Public,
            &[],
            terms,
        ),
        list(
            "/v1/notices",
            "The notices that stand: of which event, by whom, until when, and of which loss.",
            Level::Everyone,
            &[],
            notices,
        ),
        list(
            "/v1/challenges",
            "The challenges that stand: of which loss, by whom.",
            Level::Everyone,
            &[],
            challenges,
        ),
    ]
}

/// What a domain pays to those who watch.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BountyView")]
struct BountyView {
    /// The domain.
    domain: DomainId,
    /// The terms; nothing where it pays nothing.
    terms: Option<BountyTerms>,
    /// What it paid within the window.
    paid: Amount,
    /// What it may still pay within it.
    room: Amount,
}

fn terms(ask: &Ask<'_>) -> Result<BountyView, Problem> {
    let domain = id(ask.args, "domain", DomainId)?;
    let known = ask.state.domains.domain(domain);
    known.ok_or_else(|| Problem::not_found("domain", domain))?;
    let bounties = ask.state.losses.bounties();
    let terms = bounties.terms(domain).copied();
    let (paid, room) = terms.map_or((Amount::ZERO, Amount::ZERO), |terms| {
        let paid = bounties.paid_within(domain, terms.window, ask.state.now());
        (paid, terms.most.less_or_zero(paid))
    });
    Ok(BountyView { domain, terms, paid, room })
}

/// A notice that stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "NoticeView")]
struct NoticeView {
    /// The domain.
    domain: DomainId,
    /// The hash of the evidence.
    evidence: String,
    /// How it stands.
    #[serde(flatten)]
    of: Notice,
    /// What became of the report, while the bond waits for it.
    outcome: Option<Outcome>,
}

fn notices(ask: &Ask<'_>) -> Result<Page<NoticeView>, Problem> {
    let bounties = ask.state.losses.bounties();
    let rows = (0..).zip(bounties.notices()).map(|(place, ((domain, evidence), of))| {
        let outcome = of.loss.and_then(|loss| bounties.outcome(loss));
        let (domain, evidence, of) = (*domain, to_hex(evidence), of.clone());
        (place, NoticeView { domain, evidence, of, outcome })
    });
    page(ask, rows)
}

/// A challenge that stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChallengeView")]
struct ChallengeView {
    /// The loss.
    loss: LossId,
    /// How it stands.
    #[serde(flatten)]
    of: Challenge,
}

fn challenges(ask: &Ask<'_>) -> Result<Page<ChallengeView>, Problem> {
    let rows = ask.state.losses.bounties().challenges();
    page(ask, rows.map(|(loss, of)| (u64::from(loss.0), ChallengeView { loss, of: of.clone() })))
}
