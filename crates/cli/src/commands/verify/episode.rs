//! `rhodian verify episode`: everybody's share in an episode, computed again from all its leaves.

use std::path::PathBuf;

use clap::Args;
use rhodian_proof::episode::EpisodeFile;

use super::outcome::{CheckerArgs, Outcome, public_key, text, unreadable};
use crate::diagnostic::{Diagnostic, Exit};
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  rhodian verify episode episode.json
  rhodian verify episode episode.json --key venue.pub
  rhodian verify episode episode.json --key venue.pub --head witness.json --format json

The file holds every account and every share of an episode, without names. The trees are built
again, gains and losses must balance, and everybody's share is computed by the rule. Without --key
the signature is trusted.

Exit: 0 proven, 1 a check failed, 2 bad input, 3 input/output.";

/// Check an episode: build its trees again, balance it, compute everybody's share again
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EpisodeArgs {
    /// The committed episode, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The venue's public key, known from elsewhere
    #[arg(long, value_name = "PUB")]
    pub key: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub checker: CheckerArgs,
}

/// Reads the file, checks it, prints the checks.
pub fn run(args: &EpisodeArgs) -> Result<Exit, Diagnostic> {
    let key = args.key.as_deref().map(|key| public_key(key, "--key")).transpose()?;
    let known = &args.checker;
    let asks = known.head.is_some() || !known.witness.is_empty() || known.since.is_some();
    if key.is_none() && asks {
        let help = "give the venue's key with --key.";
        let message = "heads and witnesses are checked with a key, and there is none";
        return Err(Diagnostic::bad_input("key-missing", message, help).at("--key"));
    }
    let policy = key.map(|key| known.policy(key)).transpose()?;
    let source = Source::read(&args.file)?;
    let file = EpisodeFile::from_json(text(&source)).map_err(|why| {
        let help = "give a committed episode as the venue wrote it: one line of JSON.";
        unreadable("episode-unreadable", &source.name, &why, help)
    })?;
    let report = file.verify(policy.as_ref());
    let accounts = file.sets.iter().map(|set| set.leaves.len()).max().unwrap_or(0);
    let divisions: usize = file.sets.iter().map(|set| set.divisions.len()).sum();
    let about = format!(
        "{} liable sets, {accounts} accounts, {divisions} divisions at {}",
        file.sets.len(),
        file.head.head.origin
    );
    Outcome::new(&source.name, about, report).print(args.checker.format)
}
