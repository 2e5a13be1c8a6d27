//! Keys of the door: 256 random bits each, kept as a hash. The one that is printed at the first
//! start is an administrator's; no key is known beforehand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Caller, Role};
use crate::clock::wall;
use crate::folder;
use crate::problem::Problem;
use crate::service::Error;
use crate::signature::{from_hex, public_key, to_hex};

/// What is asked for a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Of a participant or keeper: his owner id. Of a source: its source id. Else nothing.
    #[serde(default)]
    pub subject: Option<u32>,
    /// Of a source: its Ed25519 public key, 64 hexadecimal digits.
    #[serde(default)]
    pub public_key: Option<String>,
}

/// A key as it is shown: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its id, never reused.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Whom it speaks for.
    pub subject: Option<u32>,
    /// Of a source: its public key.
    pub public_key: Option<String>,
    /// When it was given, in milliseconds since 1970.
    pub created: u64,
    /// When it was taken, if it was.
    pub revoked: Option<u64>,
}

/// A new key with its secret: shown once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    /// The key.
    pub key: Key,
    /// What the caller sends: `Authorization: Bearer` and this. It is not kept.
    pub secret: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    key: Key,
    /// blake3 of the secret's bytes.
    hash: String,
}

/// The keys of the door.
#[derive(Debug)]
pub struct Keys {
    path: PathBuf,
    kept: RwLock<Vec<Kept>>,
}

const PREFIX: &str = "rhodian_";

impl Keys {
    /// The keys kept in `folder`; none where there is no file.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("keys.json");
        let kept = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::Folder {
                code: "keys-not-read",
                what: format!("{} cannot be read: {error}", path.display()),
                help: "put it back from a backup; without one, remove it and start once with \
                       --new-administrator."
                    .to_owned(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, kept: RwLock::new(kept) })
    }

    /// Whether a start must give an administrator's key: nobody has one and the journal is not
    /// `used`, or one is `asked` for.
    ///
    /// # Errors
    ///
    /// Nobody has one though the journal is used: whoever removes a file gets no key by it.
    pub fn needs_first(&self, used: bool, asked: bool) -> Result<bool, Error> {
        if asked || !self.nobody_rules() {
            return Ok(asked);
        }
        if used {
            let path = self.path.display();
            return Err(Error::Folder {
                code: "keys-missing",
                what: format!("no administrator in {path}, and the journal is not empty"),
                help: "put the file back from a backup; without one, start once with \
                       --new-administrator, which prints a new key: all others must be given anew."
                    .to_owned(),
            });
        }
        Ok(true)
    }

    /// Whether nobody can give keys.
    fn nobody_rules(&self) -> bool {
        !self.list().iter().any(|key| key.role == Role::Administrator && key.revoked.is_none())
    }

    /// Every key, in order of ids.
    #[must_use]
    pub fn list(&self) -> Vec<Key> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|one| one.key.clone()).collect()
    }

    /// Gives a key.
    ///
    /// # Errors
    ///
    /// What is asked for cannot be, or cannot be stored.
    pub fn give(&self, asked: NewKey) -> Result<Secret, Problem> {
        self.give_from(1, asked)
    }

    /// Gives a key whose id is `first` where no other key is.
    ///
    /// # Errors
    ///
    /// As [`Self::give`].
    pub(crate) fn give_from(&self, first: u32, asked: NewKey) -> Result<Secret, Problem> {
        check(&asked)?;
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Problem::new("not-stored", format!("no randomness: {error}")))?;
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let id = kept.last().map_or(first, |last| last.key.id.saturating_add(1));
        let NewKey { name, role, subject, public_key } = asked;
        let (created, revoked) = (wall().0, None);
        let key = Key { id, name, role, subject, public_key, created, revoked };
        let hash = blake3::hash(&bytes).to_hex().to_string();
        kept.push(Kept { key: key.clone(), hash });
        if let Err(error) = self.store(&kept) {
            kept.pop();
            return Err(not_stored(&error));
        }
        Ok(Secret { key, secret: format!("{PREFIX}{id}_{}", to_hex(&bytes)) })
    }

    /// Takes a key: it is worth nothing from now on.
    ///
    /// # Errors
    ///
    /// There is none, it is the last administrator's, or the change cannot be stored.
    pub fn revoke(&self, id: u32) -> Result<Key, Problem> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let rules = |one: &Kept| one.key.role == Role::Administrator && one.key.revoked.is_none();
        let last = kept.iter().filter(|one| rules(one)).count() == 1;
        let place = kept.iter().position(|one| one.key.id == id);
        let place = place.ok_or_else(|| Problem::not_found("key", id))?;
        if last && rules(&kept[place]) {
            let detail = "without it nobody could give keys: give another administrator one first";
            return Err(Problem::new("last-administrator", detail));
        }
        let before = kept[place].key.revoked;
        kept[place].key.revoked = before.or(Some(wall().0));
        if let Err(error) = self.store(&kept) {
            kept[place].key.revoked = before;
            return Err(not_stored(&error));
        }
        Ok(kept[place].key.clone())
    }

    /// Who shows `secret`, and the public key of a source.
    #[must_use]
    pub fn who(&self, secret: &str) -> Option<(Caller, Option<String>)> {
        let (id, digits) = secret.strip_prefix(PREFIX)?.split_once('_')?;
        let (id, bytes) = (id.parse::<u32>().ok()?, from_hex(digits)?);
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let one = kept.iter().find(|one| one.key.id == id && one.key.revoked.is_none())?;
        let hash = blake3::Hash::from_hex(&one.hash).ok()?;
        // Hashes are compared in constant time.
        if blake3::hash(&bytes) != hash {
            return None;
        }
        let caller = Caller { key: Some(id), role: one.key.role, subject: one.key.subject };
        Some((caller, one.key.public_key.clone()))
    }

    /// Whether the key of `caller` still counts.
    #[must_use]
    pub fn stands(&self, caller: &Caller) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let mut ids = kept.iter().filter(|one| one.key.revoked.is_none()).map(|one| one.key.id);
        caller.key.is_none_or(|key| ids.any(|id| id == key))
    }

    /// Writes all keys.
    fn store(&self, kept: &[Kept]) -> io::Result<()> {
        folder::put(&self.path, &serde_json::to_vec_pretty(kept).map_err(io::Error::other)?)
    }
}

fn not_stored(error: &io::Error) -> Problem {
    Problem::new("not-stored", format!("the keys could not be stored: {error}"))
}

fn check(asked: &NewKey) -> Result<(), Problem> {
    let wrong = |detail: &str| Err(Problem::new("key-not-read", detail));
    if asked.name.is_empty() || asked.name.len() > 64 || asked.name.chars().any(char::is_control) {
        return wrong("a name has 1 to 64 bytes, no control characters");
    }
    let speaks = matches!(asked.role, Role::Participant | Role::Keeper | Role::Source);
    if speaks != asked.subject.is_some() {
        return wrong("participants, keepers and sources have a subject, the others none");
    }
    let signs = asked.role == Role::Source;
    if signs != asked.public_key.is_some() {
        return wrong("sources have a public key, the others none");
    }
    if asked.public_key.as_deref().is_some_and(|text| public_key(text).is_none()) {
        return wrong("the public key is not 64 hexadecimal digits of a sound Ed25519 key");
    }
    Ok(())
}
