//! Protections: what each may owe against what its fund holds, its positions, and what ending one
//! now would claim.

use rhodian_core::ids::{AssetId, ProtectionId};
use rhodian_core::oracle::Unfit;
use rhodian_core::pools::protection::{
    Coverage, Measured, Position, Protection, ProtectionSpec, Stage,
};
use rhodian_core::units::Amount;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::endpoint::{Ask, Endpoint, Page, list, one, page};
use super::super::views::Row;
use super::accounts::own_account;
use super::id;
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    vec![
        list(
            "/v1/protections",
            "Every protection against impermanent loss.",
            Level::Public,
            &[],
            protections,
        ),
        one(
            "/v1/protections/{protection}",
            "A protection: its terms, what its fund may owe at most, and what it holds.",
            Level::Public,
            &[],
            the_protection,
        ),
        list(
            "/v1/protections/{protection}/positions",
            "The positions of a protection: what each is paid at most, and what ending it now \
             would claim.",
            Level::Everyone,
            &[],
            positions,
        ),
        list(
            "/v1/accounts/{account}/protections",
            "The protected positions of an account.",
            Level::Public,
            &[],
            of_account,
        ),
    ]
}

/// A protection now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProtectionView {
    /// As it was opened.
    #[serde(flatten)]
    spec: ProtectionSpec,
    /// What it pays in.
    asset: Option<AssetId>,
    /// How many positions stand.
    standing: u64,
    /// How many claims are to be paid.
    claims: u64,
    /// What the fund may owe at most, and what it holds.
    coverage: Coverage,
}

fn view(ask: &Ask<'_>, of: &Protection) -> ProtectionView {
    ProtectionView {
        spec: of.spec.clone(),
        asset: ask.state.domains.domain(of.spec.domain).map(|found| found.asset),
        standing: of.standing() as u64,
        claims: of.claims().count() as u64,
        coverage: ask.state.protection_coverage(of),
    }
}

fn protections(ask: &Ask<'_>) -> Result<Page<Row<ProtectionView>>, Problem> {
    let rows = ask.state.protections.protections();
    page(ask, rows.map(|(id, of)| (u64::from(id.0), Row { id: id.0, of: view(ask, of) })))
}

fn found<'a>(ask: &Ask<'a>) -> Result<(ProtectionId, &'a Protection), Problem> {
    let protection = id(ask.args, "protection", ProtectionId)?;
    let found = ask.state.protections.protection(protection);
    Ok((protection, found.ok_or_else(|| Problem::not_found("protection", protection))?))
}

fn the_protection(ask: &Ask<'_>) -> Result<Row<ProtectionView>, Problem> {
    let (id, of) = found(ask)?;
    Ok(Row { id: id.0, of: view(ask, of) })
}

/// A protected position.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct PositionView {
    /// As it stands.
    #[serde(flatten)]
    position: Position,
    /// What of the fund is there for it now, by its cap; nothing where it is over.
    share: Amount,
    /// What ending it now would claim; nothing where it ended, or where the price is not good
    /// enough.
    now: Option<Measured>,
    /// Why the price is not good enough, where it stands.
    unfit: Option<Unfit>,
}

fn position(ask: &Ask<'_>, of: &Protection, position: &Position) -> PositionView {
    let stands = position.stage == Stage::Standing;
    let now = stands.then(|| ask.state.protection_measured(of, position));
    let (now, unfit) = match now {
        None => (None, None),
        Some(Ok(measured)) => (Some(measured), None),
        Some(Err(unfit)) => (None, Some(unfit)),
    };
    let share = match position.stage {
        Stage::Over => Amount::ZERO,
        Stage::Standing | Stage::Claiming => ask.state.protection_share(of, position),
    };
    PositionView { position: position.clone(), share, now, unfit }
}

fn positions(ask: &Ask<'_>) -> Result<Page<Row<PositionView>>, Problem> {
    let (id, of) = found(ask)?;
    let his = ask.state.protections.positions().filter(|(_, found)| found.protection == id);
    page(
        ask,
        his.map(|(id, found)| (u64::from(id.0), Row { id: id.0, of: position(ask, of, found) })),
    )
}

fn of_account(ask: &Ask<'_>) -> Result<Page<Row<PositionView>>, Problem> {
    let account = own_account(ask)?;
    let protections = &ask.state.protections;
    let his = protections.positions().filter(|(_, found)| found.account == account);
    let rows = his.filter_map(|(id, found)| {
        let of = protections.protection(found.protection)?;
        Some((u64::from(id.0), Row { id: id.0, of: position(ask, of, found) }))
    });
    page(ask, rows)
}
