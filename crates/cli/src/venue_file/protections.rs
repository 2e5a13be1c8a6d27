//! Protections of a venue file, and what is asked of them.

use rhodian_core::ids::{DomainId, FeedId, LayerId};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::oracle::Kind;
use rhodian_core::pools::protection::{Flaw, MAX_LEVERAGE, MIN_CLIFF, MIN_DEPOSIT, ProtectionSpec};
use rhodian_core::units::Amount;

use super::model::{Domain, Feed};
use super::shape::ProtectionShape;
use super::{liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::{Words, written_duration};

const DAY: u64 = 86_400_000;

/// A protection.
#[derive(Clone, Debug)]
pub struct Protection {
    /// What it is; its domain, fund and feed by their places in the file.
    pub spec: ProtectionSpec,
    /// Where it stands.
    pub place: Place,
}

/// What an event says of a protection, by its index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Provide {
    /// An account put liquidity into the pool outside.
    Protect { protection: usize, account: String, deposit: Amount },
    /// It took out what it put in first, of what stands.
    End { protection: usize, account: String },
}

/// Reads every protection.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<ProtectionShape>],
    domains: &[Domain],
    feeds: &[Feed],
) -> Result<Vec<Protection>, Diagnostic> {
    let mut found: Vec<Protection> = Vec::with_capacity(shapes.len());
    for at in shapes {
        let protection = protection(words, at, domains, feeds)?;
        if found.iter().any(|other| other.spec.name == protection.spec.name) {
            let message = "a protection has this name already";
            let (help, place) = ("give every protection its own name.", &at.value.name.place);
            return Err(words.refuse("protection-twice", message, help, place, "a new name"));
        }
        found.push(protection);
    }
    Ok(found)
}

fn protection(
    words: &Words<'_>,
    at: &At<ProtectionShape>,
    domains: &[Domain],
    feeds: &[Feed],
) -> Result<Protection, Diagnostic> {
    let shape = &at.value;
    let names: Vec<String> = domains.iter().map(|of| of.name.as_str().to_owned()).collect();
    let domain = markets::domain(words, shape.domain.as_ref(), &names, &at.place)?;
    let fund = liquidation::fund(words, &shape.fund, domains)?;
    let priced = feeds.iter().enumerate().filter(|(_, feed)| feed.spec.kind == Kind::Price);
    let priced: Vec<(usize, &str)> =
        priced.map(|(place, feed)| (place, feed.spec.name.as_str())).collect();
    let Some((feed, _)) = priced.iter().find(|(_, name)| *name == shape.feed.value) else {
        let known: Vec<&str> = priced.iter().map(|(_, name)| *name).collect();
        return Err(unknown(words, &shape.feed, "feed", &known));
    };
    let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let least = Amount::new(MIN_DEPOSIT).unwrap_or(Amount::ZERO);
    let spec = ProtectionSpec {
        name: words.name(&shape.name, "name")?,
        domain: DomainId(index(domain)),
        fund: LayerId(index(fund)),
        feed: FeedId(index(*feed)),
        cap: words.part_or(&shape.cap, "cap", 250_000, RATE_UNIT)?,
        fee: words.part_or(&shape.fee, "fee", 40_000, RATE_UNIT)?,
        leverage: words.part_or(&shape.leverage, "leverage", RATE_UNIT, MAX_LEVERAGE)?,
        least: words.amount_or(&shape.least, "least", least)?,
        cliff: words.span_or(&shape.cliff, "cliff", DAY)?,
        vesting: words.span_or(&shape.vesting, "vesting", 30 * DAY)?,
        term: words.span_or(&shape.term, "term", 90 * DAY)?,
    };
    spec.check().map_err(|flaw| flawed(words, at, &flaw))?;
    Ok(Protection { spec, place: at.place.clone() })
}

/// What can never be right, at its key, with amounts and parts as the file writes them.
fn flawed(words: &Words<'_>, at: &At<ProtectionShape>, flaw: &Flaw) -> Diagnostic {
    let shape = &at.value;
    let (place, message, allowed) = match flaw {
        Flaw::Cap { .. } => (
            shape.cap.as_ref().map(|at| &at.place),
            "the cap is of nothing, or above what was put in",
            "0.1 % to 100 %".to_owned(),
        ),
        Flaw::Fee { .. } => (
            shape.fee.as_ref().map(|at| &at.place),
            "the premium is more than what is paid at most",
            "0 % to 100 %".to_owned(),
        ),
        Flaw::Leverage { .. } => (
            shape.leverage.as_ref().map(|at| &at.place),
            "nothing could be protected",
            format!("above 0 %, up to {} %", MAX_LEVERAGE / 10_000),
        ),
        Flaw::Least { .. } => (
            shape.least.as_ref().map(|at| &at.place),
            "the least deposit is too small",
            format!(
                "{} or more",
                words.format.write_grouped(Amount::new(MIN_DEPOSIT).unwrap_or(Amount::MAX))
            ),
        ),
        Flaw::Spans { .. } => (
            [&shape.cliff, &shape.vesting, &shape.term]
                .into_iter()
                .find_map(|at| at.as_ref().map(|at| &at.place)),
            "the spans are out of order, too short or too long",
            format!("{} <= cliff <= vesting <= term <= 365 d", written_duration(MIN_CLIFF)),
        ),
    };
    let place = place.unwrap_or(&at.place);
    words.refuse("protection-flaw", message, "change the key.", place, allowed)
}
