//! `rhodian init`: a commented file to begin with.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::data_to_stdout;
use crate::terminal::visible;

const EXAMPLES: &str = "\
Examples:
  rhodian init loss > LOSS.toml
  rhodian init loss --out LOSS.toml
  rhodian check LOSS.toml
  rhodian share LOSS.toml --out result
  rhodian init venue > VENUE.toml
  rhodian run VENUE.toml --out run
  rhodian init loan | rhodian run - --out loan
  rhodian init cover | rhodian run - --out cover
  rhodian init vault | rhodian run - --out vault
  rhodian init clearing | rhodian run - --out clearing
  rhodian init experiment | rhodian lab run -
  rhodian init protection | rhodian run - --out protection
  rhodian init issuance | rhodian run - --out issuance
  rhodian init incentives | rhodian run - --out incentives
  rhodian init premium | rhodian run - --out premium
  rhodian init watch | rhodian run - --out watch

The file needs no other: `rhodian check`, and `rhodian share` or `rhodian run`, take it as it stands;
an experiment is for `rhodian lab run` alone.";

/// The loss file that `init loss` writes.
pub const LOSS_TEMPLATE: &str = include_str!("../../templates/loss.toml");

/// The venue file that `init venue` writes.
pub const VENUE_TEMPLATE: &str = include_str!("../../templates/venue.toml");

/// The venue file with a lending pool that `init loan` writes.
pub const LOAN_TEMPLATE: &str = include_str!("../../../../scenarios/loan.toml");

/// The venue file with a cover pool that `init cover` writes.
pub const COVER_TEMPLATE: &str = include_str!("../../../../scenarios/bridge.toml");

/// The venue file with a vault that `init vault` writes.
pub const VAULT_TEMPLATE: &str = include_str!("../../../../scenarios/vault.toml");
/// The venue file with a clearing fund that `init clearing` writes.
pub const CLEARING_TEMPLATE: &str = include_str!("../../../../scenarios/nasdaq-clearing.toml");
/// The venue file with a debt auction that `init issuance` writes.
pub const ISSUANCE_TEMPLATE: &str = include_str!("../../../../scenarios/debt-auction.toml");
/// The venue file with pay for stakers and a fee table that `init incentives` writes.
pub const INCENTIVES_TEMPLATE: &str = include_str!("../../../../scenarios/fee-switch.toml");
/// The venue file with premia of markets that `init premium` writes.
pub const PREMIUM_TEMPLATE: &str = include_str!("../../../../scenarios/market-premium.toml");
/// The venue file with notices and bounties that `init watch` writes.
pub const WATCH_TEMPLATE: &str = include_str!("../../../../scenarios/watch.toml");

/// The experiment file that `init experiment` writes.
pub const EXPERIMENT_TEMPLATE: &str = include_str!("../../templates/experiment.toml");
/// The venue file with a protection that `init protection` writes.
pub const PROTECTION_TEMPLATE: &str = include_str!("../../../../scenarios/impermanent-loss.toml");

/// Write a commented file to begin with
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InitArgs {
    /// What to begin
    #[arg(value_enum)]
    pub what: Template,
    /// Write it to FILE, not to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace FILE where it exists
    #[arg(long)]
    pub force: bool,
}

/// What can be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// A loss file: losses, steps, claims, recoveries.
    Loss,
    /// A venue file: domains, markets, accounts, prices, events.
    Venue,
    /// A venue file with a lending pool, and a loan that fails.
    Loan,
    /// A venue file with a cover pool, and a bridge that is drained.
    Cover,
    /// A venue file with a vault, whose holders bear a loss.
    Vault,
    /// A venue file with a clearing fund, and a member who fails.
    Clearing,
    /// An experiment file: a question to the laboratory.
    Experiment,
    /// A venue file with a protection against impermanent loss.
    Protection,
    /// A venue file with new tokens that are sold into a hole, and a surplus that buys them back.
    Issuance,
    /// A venue file whose stakers are paid by time, and whose fees go where a table says.
    Incentives,
    /// A venue file whose holders of lots pay for the losses that are expected of them.
    Premium,
    /// A venue file with notices of a theft, bounties and a bond that is lost.
    Watch,
}

impl Template {
    /// The file.
    const fn text(self) -> &'static str {
        match self {
            Self::Loss => LOSS_TEMPLATE,
            Self::Venue => VENUE_TEMPLATE,
            Self::Loan => LOAN_TEMPLATE,
            Self::Cover => COVER_TEMPLATE,
            Self::Vault => VAULT_TEMPLATE,
            Self::Clearing => CLEARING_TEMPLATE,
            Self::Experiment => EXPERIMENT_TEMPLATE,
            Self::Protection => PROTECTION_TEMPLATE,
            Self::Issuance => ISSUANCE_TEMPLATE,
            Self::Incentives => INCENTIVES_TEMPLATE,
            Self::Premium => PREMIUM_TEMPLATE,
            Self::Watch => WATCH_TEMPLATE,
        }
    }
}

/// Writes the template.
pub fn run(args: &InitArgs) -> Result<Exit, Diagnostic> {
    match &args.out {
        None => data_to_stdout(|out| out.write_all(args.what.text().as_bytes()))?,
        Some(path) => write_file(path, args.what.text(), args.force)?,
    }
    Ok(Exit::Done)
}

/// Writes the file whole or not at all: beside it first, then in one step into its place.
fn write_file(path: &Path, text: &str, force: bool) -> Result<(), Diagnostic> {
    let name = path.display().to_string();
    let failed = |error: io::Error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            let help = "name another file, or replace this one with --force.";
            Diagnostic::bad_input("out-exists", format!("{} exists", visible(&name)), help)
                .at("--out")
        } else {
            Diagnostic::input_output("write", &name, &error)
        }
    };
    if path.is_dir() {
        let help = "name a file.";
        let message = format!("{} is a folder", visible(&name));
        return Err(Diagnostic::bad_input("out-a-folder", message, help).at("--out"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let write = || -> io::Result<()> {
        let mut beside = readable_to_all().tempfile_in(folder.unwrap_or(Path::new(".")))?;
        beside.write_all(text.as_bytes())?;
        beside.as_file().sync_all()?;
        if force {
            beside.persist(path)?
        } else {
            beside.persist_noclobber(path)?
        };
        Ok(())
    };
    write().map_err(failed)
}

/// A hidden file with the rights of any new file, not only the owner's.
fn readable_to_all() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rhodian-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
