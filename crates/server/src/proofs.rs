//! Receipts: everything that is committed passes the prover before it is applied, and the head of
//! its log is signed with a key that never leaves the service.

use std::fs;
use std::io;
use std::path::Path;

use ed25519_dalek::SigningKey;
use rhodian_core::engine::{Record, State};
use rhodian_core::ids::Time;
use rhodian_proof::commit::Venue;
use rhodian_proof::head::SignedHead;
use rhodian_proof::log::HeadFile;
use rhodian_proof::prover::Prover;

use crate::folder::{self, Identity, Signer};
use crate::service::Error;
use crate::signature::{from_hex, to_hex};

/// The file of the signing key and of what salts come from, in hexadecimal. Where the log holds
/// checkpoints, a second line says so.
const FILE: &str = "proof.key";
/// That line.
const CHECKPOINTS: &str = "checkpoints";
/// What the fingerprint of that file is derived under.
const FINGERPRINT: &str = "Rhodian 2025 fingerprint of proof.key";

/// What commits and signs.
#[allow(missing_debug_implementations, reason = "it holds a secret")]
pub struct Proofs {
    key: SigningKey,
    signer: Signer,
    prover: Prover,
}

impl Proofs {
    /// A prover that has seen nothing, with the key in `folder`, which must be the one `identity`
    /// knows; a new one where it knows none.
    /// `checkpoints` counts then only: the log is made again at each start, and with other entries
    /// it would belie the heads that were signed.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, is missing, or holds another key.
    pub fn open(folder: &Path, identity: &Identity, checkpoints: bool) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let wrong = |code, what: &str| Error::Folder {
            code,
            what: format!("{} {what}", path.display()),
            help: "put the file back from a backup: another key would make other roots and other \
                   signatures for the same losses, as a venue does that shows two stories."
                .to_owned(),
        };
        let text = match fs::read(&path) {
            Ok(text) => String::from_utf8(text).unwrap_or_default(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Err(_) if identity.signer.is_none() && !identity.lost => make(&path, checkpoints)?,
            Err(_) => return Err(wrong("signing-key-missing", "is missing")),
        };
        let not_read = || wrong("signing-key-not-read", "holds no key");
        let (secrets, begun) = match text.trim().split_once('\n') {
            None => (text.trim(), false),
            Some((secrets, CHECKPOINTS)) => (secrets, true),
            Some(_) => return Err(not_read()),
        };
        let bytes = from_hex(secrets).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let whole = bytes.ok_or_else(not_read)?;
        if begun != checkpoints {
            tracing::warn!(checkpoints = begun, "the log of commitments goes on as it was begun");
        }
        let (mut seed, mut secret) = ([0; 32], [0; 32]);
        seed.copy_from_slice(&whole[..32]);
        secret.copy_from_slice(&whole[32..]);
        let key = SigningKey::from_bytes(&seed);
        let signer = Signer {
            public_key: to_hex(key.verifying_key().as_bytes()),
            fingerprint: to_hex(&blake3::derive_key(FINGERPRINT, text.trim().as_bytes())),
        };
        if identity.signer.as_ref().is_some_and(|kept| *kept != signer) {
            return Err(wrong(
                "signing-key-changed",
                "holds another key than this venue signs with",
            ));
        }
        let (origin, affiliates) = (identity.name.clone(), Vec::new());
        let venue = Venue { origin, secret, affiliates };
        Ok(Self { key, signer, prover: Prover::new(venue, begun) })
    }

    /// The key without its secret.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
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
        self.signer.public_key.clone()
    }
}

fn make(path: &Path, checkpoints: bool) -> io::Result<String> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let mut text = to_hex(&bytes);
    if checkpoints {
        text = text + "\n" + CHECKPOINTS;
    }
    folder::put(path, text.as_bytes())?;
    Ok(text)
}
