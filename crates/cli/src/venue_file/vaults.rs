//! Vaults of a venue file, and what is asked of them.

use rhodian_core::ids::{DomainId, LayerId};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::liquidity::{
    Flaw, MAX_COOLDOWN, MAX_FEE_PERIOD, MAX_VAULT, MIN_ENTRY, MIN_FEE_PERIOD, VaultSpec,
};
use rhodian_core::units::Amount;

use super::model::Domain;
use super::shape::VaultShape;
use super::{liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::shape::At;
use crate::loss_file::words::Words;

/// A vault.
#[derive(Clone, Debug)]
pub struct Vault {
    /// What it is; its fund by its place in the file.
    pub spec: VaultSpec,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks of a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The index of the vault.
    pub vault: usize,
    /// Who asks.
    pub account: String,
    /// What.
    pub asked: Asked,
}

/// What is asked of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To put in.
    Enter(Amount),
    /// To leave with a part of the shares that stay, in millionths.
    Leave(u32),
}

/// Who asks to leave waits a day where nothing is said.
const COOLDOWN: u64 = 86_400_000;

/// Reads every vault.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<VaultShape>],
    domains: &[Domain],
) -> Result<Vec<Vault>, Diagnostic> {
    let names: Vec<String> = domains.iter().map(|of| of.name.as_str().to_owned()).collect();
    let mut found: Vec<Vault> = Vec::with_capacity(shapes.len());
    for at in shapes {
        let vault = vault(words, at, domains, &names)?;
        if found.iter().any(|other| other.spec.name == vault.spec.name) {
            let message = "a vault has this name already";
            let (help, place) = ("give every vault its own name.", &at.value.name.place);
            return Err(words.refuse("vault-twice", message, help, place, "a new name"));
        }
        found.push(vault);
    }
    Ok(found)
}

fn vault(
    words: &Words<'_>,
    at: &At<VaultShape>,
    domains: &[Domain],
    names: &[String],
) -> Result<Vault, Diagnostic> {
    let shape = &at.value;
    let domain = markets::domain(words, shape.domain.as_ref(), names, &at.place)?;
    let fund = liquidation::fund(words, &shape.fund, domains)?;
    let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let most = Amount::new(MAX_VAULT).unwrap_or(Amount::MAX);
    let least = Amount::new(MIN_ENTRY).unwrap_or(Amount::ZERO);
    let spec = VaultSpec {
        name: words.name(&shape.name, "name")?,
        domain: DomainId(index(domain)),
        fund: LayerId(index(fund)),
        max: words.amount_or(&shape.max, "max", most)?,
        min_entry: words.amount_or(&shape.min_entry, "min_entry", least)?,
        cooldown: words.span_or(&shape.cooldown, "cooldown", COOLDOWN)?,
        fee: words.part_or(&shape.fee, "fee", 0, RATE_UNIT)?,
        fee_period: words.span_or(&shape.fee_period, "fee_period", 0)?,
    };
    spec.check().map_err(|flaw| flawed(words, at, &flaw))?;
    Ok(Vault { spec, place: at.place.clone() })
}

/// What can never be right, at its key, with amounts and parts as the file writes them.
fn flawed(words: &Words<'_>, at: &At<VaultShape>, flaw: &Flaw) -> Diagnostic {
    let shape = &at.value;
    let atoms = |atoms: u128| words.format.write_grouped(Amount::new(atoms).unwrap_or(Amount::MAX));
    let (place, message, allowed) = match flaw {
        Flaw::Most { .. } => (
            shape.max.as_ref().map(|at| &at.place),
            "the most it takes is too large",
            format!("up to {}", atoms(MAX_VAULT)),
        ),
        Flaw::LeastEntry { .. } => (
            shape.min_entry.as_ref().map(|at| &at.place),
            "the least entry is too small, or above max",
            format!("{} to max", atoms(MIN_ENTRY)),
        ),
        Flaw::Cooldown { .. } => (
            shape.cooldown.as_ref().map(|at| &at.place),
            "who leaves would wait too long",
            format!("up to {} days", MAX_COOLDOWN / 86_400_000),
        ),
        Flaw::Fee { .. } => (
            shape.fee.as_ref().map(|at| &at.place),
            "the house takes all of the profit",
            "0 % or more, less than 100 %".to_owned(),
        ),
        Flaw::FeePeriod { .. } => (
            shape.fee_period.as_ref().map(|at| &at.place),
            "the fee of who stays is taken too often or too rarely, or there is no fee",
            format!(
                "{} h to {} days, beside a fee",
                MIN_FEE_PERIOD / 3_600_000,
                MAX_FEE_PERIOD / 86_400_000
            ),
        ),
    };
    let place = place.unwrap_or(&at.place);
    words.refuse("vault-flaw", message, "change the key.", place, allowed)
}
