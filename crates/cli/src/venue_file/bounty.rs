//! What a venue file says and asks of watching: terms of domains, notices and challenges.

use rhodian_core::ids::LayerId;
use rhodian_core::loss::BountyTerms;
use rhodian_core::market::RATE_UNIT;

use super::liquidation;
use super::model::Domain;
use super::shape::BountyShape;
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

const DAY: u64 = 24 * 3_600_000;
/// The longest window and wait: 30 days.
const LONGEST: u64 = 30 * DAY;
/// How long a notice waits where nothing is said.
const WAIT: u64 = 14 * DAY;
/// What of the pot a bounty takes at most where nothing is said: a tenth.
const POT_PART: u32 = RATE_UNIT / 10;

/// What a domain pays, by its place in the file.
#[derive(Clone, Debug)]
pub struct Bounty {
    /// The domain.
    pub domain: usize,
    /// What it pays; its pot by its place in the file.
    pub terms: BountyTerms,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Watched {
    /// An account gives notice of an event.
    Notice { domain: usize, account: String, evidence: [u8; 32] },
    /// An account challenges a report.
    Challenge { loss: String, account: String, evidence: [u8; 32] },
}

/// The bounties of the domains; `shapes` are theirs, in file order.
pub(super) fn read<'a>(
    words: &Words<'_>,
    shapes: impl Iterator<Item = Option<&'a At<BountyShape>>>,
    domains: &[Domain],
) -> Result<Vec<Bounty>, Diagnostic> {
    let mut found = Vec::new();
    for (domain, at) in shapes.enumerate() {
        let Some(at) = at else { continue };
        let terms = terms(words, &at.value, domains)?;
        found.push(Bounty { domain, terms, place: at.place.clone() });
    }
    Ok(found)
}

fn terms(
    words: &Words<'_>,
    shape: &BountyShape,
    domains: &[Domain],
) -> Result<BountyTerms, Diagnostic> {
    let layers = liquidation::layers_of(domains);
    let names: Vec<&str> = layers.map(|layer| layer.name.as_str()).collect();
    let pot = names.iter().position(|name| *name == shape.pot.value);
    let pot = pot.ok_or_else(|| unknown(words, &shape.pot, "layer", &names))?;
    let length = |at, key, otherwise| words.length_or(at, key, otherwise, (1, LONGEST));
    let pot_part = shape.pot_part.as_ref();
    let pot_part = pot_part.map(|at| words.percent(at, "pot_part", "", RATE_UNIT)).transpose()?;
    Ok(BountyTerms {
        pot: LayerId(u32::try_from(pot).unwrap_or(u32::MAX)),
        part: words.percent(&shape.part, "part", "", RATE_UNIT)?,
        most: words.amount(&shape.most, "most", 1)?,
        window: length(&shape.window, "window", LONGEST)?,
        pot_part: pot_part.unwrap_or(POT_PART),
        bond: words.amount(&shape.bond, "bond", 1)?,
        wait: length(&shape.wait, "wait", WAIT)?,
    })
}
