//! Receipts: everything that is committed passes the prover before it is applied, and the head of
//! its log is signed with a key that never leaves the service.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use ed25519_dalek::SigningKey;
use rhodian_core::engine::{Record, State};
use rhodian_core::ids::Time;
use rhodian_proof::commit::Venue;
use rhodian_proof::head::SignedHead;
use rhodian_proof::log::HeadFile;
use rhodian_proof::prover::Prover;

use crate::signature::{from_hex, to_hex};

/// The file of the signing key and of what salts come from, in hexadecimal. Where the log holds
/// checkpoints, a second line says so.
const FILE: &str = "proof.key";
/// That line.
const CHECKPOINTS: &str = "checkpoints";

/// What commits and signs.
#[allow(missing_debug_implementations, reason = "it holds a secret")]
pub struct Proofs {
    key: SigningKey,
    prover: Prover,
}

impl Proofs {
    /// A prover that has seen nothing, with the key in `folder`; a new one at the first start.
    /// `checkpoints` counts then only: the log is made again at each start, and with other entries
    /// it would belie the heads that were signed.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written.
    pub fn open(folder: &Path, venue: &str, checkpoints: bool) -> io::Result<Self> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path, checkpoints)?,
            read => read?,
        };
        let (secrets, begun) = match text.trim().split_once('\n') {
            None => (text.trim(), false),
            Some((secrets, CHECKPOINTS)) => (secrets, true),
            Some(_) => return Err(io::Error::other("not a key")),
        };
        if begun != checkpoints {
            tracing::warn!(checkpoints = begun, "the log of commitments goes on as it was begun");
        }
        let bytes = from_hex(secrets).ok_or_else(|| io::Error::other("not a key"))?;
        let whole = <[u8; 64]>::try_from(bytes).map_err(|_| io::Error::other("not a key"))?;
        let (mut seed, mut secret) = ([0; 32], [0; 32]);
        seed.copy_from_slice(&whole[..32]);
        secret.copy_from_slice(&whole[32..]);
        let venue = Venue { origin: venue.to_owned(), secret, affiliates: Vec::new() };
        Ok(Self { key: SigningKey::from_bytes(&seed), prover: Prover::new(venue, begun) })
    }

    /// Sees a record before it is applied to `before`.
    pub fn observe(&mut self, before: &State, record: &Record) {
        if let Err(flaw) = self.prover.observe(before, record) {
            // Who lacks a receipt for it can say so: the log has no entry.
            tracing::error!(?flaw, "something could not be committed");
        }
    }

    /// What makes the receipts.
    #[must_use]
    pub const fn prover(&self) -> &Prover {
        &self.prover
    }

    /// The head of the log at `at`, signed.
    #[must_use]
    pub fn head(&self, at: Time) -> SignedHead {
        self.prover.head(at).sign(&self.key)
    }

    /// The head, and the proof that the log of `from` entries begins it.
    #[must_use]
    pub fn head_file(&self, at: Time, from: Option<u32>) -> HeadFile {
        let head = self.head(at);
        let proof = from.and_then(|from| self.prover.consistency(from, head.head.size));
        HeadFile { head, consistency: proof.into_iter().collect() }
    }

    /// The public key, in hexadecimal.
    #[must_use]
    pub fn public_key(&self) -> String {
        to_hex(self.key.verifying_key().as_bytes())
    }
}

fn make(path: &Path, checkpoints: bool) -> io::Result<String> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut text = to_hex(&bytes);
    if checkpoints {
        text = text + "\n" + CHECKPOINTS;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(text)
}
